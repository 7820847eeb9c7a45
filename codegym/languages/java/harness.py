"""How tests are appended to Java programs, and what in a program would spoil them.

The test's class is often the program's, which then ends in the middle of it. In the JVM nothing but reflection
reaches what has no name that a program can know; that, and files, are refused. What an answer is equal to is decided
by its class: so a program may not bring collections of its own making, nor, if it has its own idea of equality,
answer with a type that could hide them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from codegym.languages.harness import (
    NEAR,
    Case,
    Edit,
    Lexis,
    Main,
    MarkedMain,
    Secret,
    Token,
    after,
    closing,
    declarations,
    first_of,
    words,
)

LEXIS = Lexis(
    r"""(?x)
    (?P<comment> //[^\n\r]* | /\*[\s\S]*?\*/ )
    | (?P<text> \"""(?:[^\\]|\\[\s\S])*?\""" | "(?!"")(?:[^"\\\n\r]|\\.)*" | "" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<open> /\* | \""" )
    | (?P<number> \.?\d(?:[eEpP][+-]|[\w.])* )
    | (?P<name> [A-Za-z_$\x80-\xff][\w$\x80-\xff]* )
    | (?P<sign> -> | :: | [=!<>]= | && | \|\| | \S )
    """
)
ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u+([0-9a-fA-F]{4})")

LANG = words(
    """
    ArithmeticException AssertionError Boolean Byte CharSequence Character Class ClassLoader Comparable Double Enum
    Error Exception Float IllegalArgumentException IllegalStateException Integer Iterable Long Math Number Object
    Override Process Record Runnable Runtime RuntimeException Short StrictMath String StringBuffer StringBuilder
    System Thread Throwable Void java javax
    """
)
LIBRARY = LANG | words(
    """
    AbstractMap ArrayDeque ArrayList Arrays BigDecimal BigInteger BitSet Collection Collections Collectors
    Comparator Deque DoubleStream Entry EnumMap Function HashMap HashSet Hashtable IntStream Iterator LinkedHashMap
    LinkedHashSet LinkedList List ListIterator LongStream Map MathContext NavigableMap NavigableSet Objects Optional
    OptionalDouble OptionalInt OptionalLong Predicate PriorityQueue Queue Random RoundingMode Scanner Set SortedMap
    SortedSet Stack Stream StringJoiner Supplier TreeMap TreeSet Vector
    """
)
VALUES = words(
    """
    AbstractCollection AbstractList AbstractMap AbstractQueue AbstractSequentialList AbstractSet ArrayDeque
    ArrayList BigDecimal BigInteger CharSequence Collection Deque Entry HashMap HashSet Hashtable IdentityHashMap
    LinkedHashMap LinkedHashSet LinkedList List Map NavigableMap NavigableSet Number PriorityQueue Queue Random
    RandomAccess Set SimpleEntry SortedMap SortedSet Stack TreeMap TreeSet Vector WeakHashMap
    """
)
"""Types of the library whose objects are answers."""

GENERIC = VALUES - {"BigDecimal", "BigInteger", "CharSequence", "Number", "Random"} | {
    "Optional",
    "Iterator",
    "Iterable",
}
DECIDING = words(
    """
    charAt compareTo contains containsAll containsKey containsValue doubleValue entrySet equals floatValue get
    getKey getValue hashCode intValue isEmpty iterator keySet length listIterator longValue next hasNext size stream
    toArray values
    """
)
"""Methods by which the library finds out what a collection, a number or a text holds."""

OPEN = words("Object Comparable Number CharSequence Serializable Iterable var ? Record Cloneable")
"""Types that could be anything."""

PLAIN = words("Boolean Byte Character Double Float Integer Long Short String StringBuilder")
PRIMITIVE = words("boolean byte char double float int long short")

REFUSED = words(
    """
    AccessibleObject ClassLoader Console Constructor Field File FileChannel FileDescriptor FileInputStream
    FileReader Files Instrumentation JavaCompiler JavaFileManager ManagementFactory MethodHandle MethodHandles
    Method ObjectInputStream ProcessHandle Proxy RandomAccessFile ScriptEngineManager ServiceLoader StackWalker
    ToolProvider URLClassLoader Unsafe VarHandle addShutdownHook forName getClassLoader getContextClassLoader
    getDeclaredClasses getDeclaredConstructor getDeclaredConstructors getDeclaredField getDeclaredFields
    getDeclaredMethod getDeclaredMethods getEnclosingClass getEnclosingMethod getResource getResourceAsStream
    getStackTrace getAllStackTraces getSystemClassLoader invoke loadClass newProxyInstance setAccessible
    setDefaultAssertionStatus setClassAssertionStatus setPackageAssertionStatus setUncaughtExceptionHandler
    setDefaultUncaughtExceptionHandler
    """
)
"""Words of programs that reach into the JVM instead of computing something."""

AMBIGUOUS = frozenset({"Field", "File", "Method", "Constructor", "Console", "Files", "Proxy", "invoke"})
"""Of these, the ones that a program may mean otherwise: it then defines them itself."""

NO_TYPE = words(
    """
    abstract case default else extends final implements import instanceof new package permits private protected public
    return static super synchronized throw throws transient volatile
    """
)
"""Words that stand before a type, not before a variable."""

TYPE_KEYWORDS = ("class", "interface", "enum", "record")


def tampering(case: Case) -> str:
    """Returns what in a program spoils its test, in one sentence, or nothing."""
    return of_words(case) or of_names(case) or of_values(case)


def unescaped(program: bytes) -> bytes:
    r"""Returns a program with `A` instead of `\u0041`, as the compiler reads it."""

    def character(match: re.Match[str]) -> str:
        return match[1] + chr(int(match[2], 16)).encode("utf-8", "surrogatepass").decode("latin-1")

    return ESCAPE.sub(character, program.decode("latin-1")).encode("latin-1")


def of_words(case: Case) -> str:
    """Returns which of its words reaches into the JVM."""
    own = {*own_types(case.tokens), *own_functions(case.tokens)}
    word = first_of(case.words, REFUSED - (AMBIGUOUS & own))
    if word:
        return f"The program uses {word}, by which it could reach the code that tests it."
    for place, token in enumerate(case.tokens):
        behind = [following.text for following in case.tokens[place + 1 : place + 3]]
        if token.text == "reflect" and behind != [".", "Array"]:
            return "The program uses reflection."
    if word := first_of(case.words, set(after(case.test, *TYPE_KEYWORDS)) - own):
        return f"The program mentions {word}, which is the test's."
    return ""


def of_names(case: Case) -> str:
    """Returns which name of the library it gives to something of its own, though the test uses that of the library."""
    taken = LIBRARY & case.test_words | {"System", "java", "String", "IllegalStateException", "Throwable"}
    if name := first_of(own_types(case.tokens), taken):
        return f"The program has a class {name} of its own, and the test uses that of the library."
    for before, token, behind in zip(case.tokens, case.tokens[1:], case.tokens[2:], strict=False):
        named = token.kind == "name" and token.text in taken
        typed = before.kind == "name" and before.text not in NO_TYPE
        if named and (typed or before.text in (">", "]", "...")) and behind.text in ("=", ";", ",", ")", ":", "["):
            return f"The program has a variable {token.text}, and the test uses the class of the library."
    return ""


def of_values(case: Case) -> str:
    """Returns what it does to how answers are compared."""
    tokens = case.tokens
    deciding = {name for name, head in declarations(tokens, DECIDING) if head}
    if deciding and (value := first_of(supertypes(tokens), VALUES)):
        return f"The program has a {value} of its own with another {min(deciding)}."
    if not deciding & {"equals", "compareTo", "hashCode"}:
        return ""
    own, known = set(own_types(tokens)), case.test_words
    for name, head in declarations(tokens, case.test_words | {case.entry_point}):
        returned = [token.text for token in head if token.text not in known]
        if unclear := first_of(returned, own | OPEN | type_parameters(head)):
            return f"The program has its own idea of equality, and {name} returns {unclear}."
    if cast := unchecked(tokens, own):
        return f"The program has its own idea of equality, and an unchecked {cast}."
    return ""


def own_types(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the names of the types that a program defines."""
    for before, token, following in zip([Token("sign", "", 0), *tokens], tokens, tokens[1:], strict=False):
        if token.text in TYPE_KEYWORDS and following.kind == "name" and before.text not in (".", "::"):
            yield following.text


def own_functions(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields those of the ambiguous words that are names of the program's methods."""
    yield from (name for name, _ in declarations(tokens, AMBIGUOUS))


def supertypes(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the types that the program's classes inherit from, those without names, too."""
    for place, token in enumerate(tokens):
        if token.text in ("extends", "implements") and (not place or tokens[place - 1].text != "?"):
            depth = 0
            for following in tokens[place + 1 : place + NEAR]:
                if following.text in ("{", "implements", "permits", ";", ")") or depth < 0:
                    break
                depth += (following.text == "<") - (following.text == ">")
                if following.kind == "name" and depth == 0:
                    yield following.text
        elif token.text == "new":
            opened = place + 1
            while opened < min(len(tokens), place + NEAR) and tokens[opened].text not in ("(", "[", ";", "{"):
                opened += 1
            if opened < len(tokens) and tokens[opened].text == "(":
                end = closing(tokens, opened, within=NEAR)
                if end + 1 < len(tokens) and tokens[end + 1].text == "{":
                    yield from (part.text for part in tokens[place + 1 : opened] if part.kind == "name")


def type_parameters(head: Sequence[Token]) -> set[str]:
    """Returns the type parameters that stand before the type of a generic method."""
    for place, token in enumerate(head):
        if token.text == "<" and (
            not place or head[place - 1].text in ("public", "static", "private", "protected", "final")
        ):
            return {part.text for part in head[place : closing(head, place, "<>")] if part.kind == "name"}
    return set()


def unchecked(tokens: Sequence[Token], own: set[str]) -> str:
    """Returns what could put an object of any class where the types say otherwise, or nothing."""
    for place, token in enumerate(tokens[:-2]):
        if token.text in GENERIC and tokens[place + 1].text not in ("<", ".", "::", ";", ",", "{"):
            return f"use of {token.text}"
        if token.text == "SuppressWarnings":
            return "operation that is said to be none"
        if token.text == "(" and tokens[place - 1].kind != "name":
            end = closing(tokens, place, within=30)
            inside = tokens[place + 1 : end]
            if end + 1 == len(tokens) or not inside or inside[0].kind != "name":
                continue
            behind = tokens[end + 1]
            casts = behind.text in ("(", "new", "this") or behind.kind in ("name", "text")
            simple = inside[0].text in own | PLAIN | PRIMITIVE and all(
                part.text in ("[", "]", ".") for part in inside[1:]
            )
            typed = all(part.kind == "name" or part.text in "<>,.?[]&" for part in inside)
            if casts and typed and not simple and behind.text not in ("instanceof",):
                return f"cast to {''.join(part.text for part in inside)}"
    return ""


def joint(case: Case) -> str:
    """Returns a line break."""
    return "\n"


def wrap(main: Main, secret: Secret) -> list[Edit]:
    """Returns the `main` that calls the test's, in front of it."""
    entered = secret.hide("entered")
    arguments = "arguments" if main.parameters else ""
    wrapper = (
        f"private static boolean {entered}; public static void main(java.lang.String[] arguments) throws "
        f"java.lang.Throwable {{ "
        f"if ({entered}) throw new java.lang.IllegalStateException(); {entered} = true; "
        f"{secret.hide('main')}({arguments}); "
        f'java.lang.System.out.print("\\n{secret.marker}\\n"); java.lang.System.out.flush(); }} '
    )
    return [(main.start, main.start, wrapper)]


APPEND = MarkedMain(
    language="java",
    lexis=LEXIS,
    openings=("", "class Program {", "class Program { class Program {"),
    definition="method_declaration",
    main="main",
    wrap=wrap,
    joint=joint,
    tampering=tampering,
    plain=unescaped,
)
