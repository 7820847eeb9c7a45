"""How tests are appended to C# programs, and what in a program would spoil them.

A test is often the rest of a class that the program leaves open. `Debug.Assert` in it becomes a method of the test's
own that throws: the real one depends on a symbol and on listeners that a program could take away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from tree_sitter import Node

LEXIS = Lexis(
    r"""(?x)
    (?P<directive> ^[ \t]*\#[^\n]* )
    | (?P<comment> //[^\n\r]* | /\*[\s\S]*?\*/ )
    | (?P<woven> \$@?" | @\$" )
    | (?P<text> @"(?:[^"]|"")*" | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<open> /\* | @" )
    | (?P<number> \.?\d(?:[eE][+-]|[\w])*(?:\.\d(?:[eE][+-]|\w)*)? )
    | (?P<name> @?[A-Za-z_\x80-\xff][\w\x80-\xff]* )
    | (?P<sign> => | :: | [=!<>]= | && | \|\| | \?\? | \S )
    """
)

LIBRARY = words(
    """
    Action Array ArrayList ArgumentException Assert BigInteger Boolean Byte Char Collection Comparer Console Convert
    DateTime Debug Decimal Dictionary Double Enumerable EqualityComparer Environment Exception Func Guid HashSet
    IComparable ICollection IDictionary IEnumerable IEnumerator IEquatable IList ISet Int16 Int32 Int64
    InvalidOperationException KeyValuePair LinkedList List Math Match Nullable Object Predicate Queue Random Regex
    SequenceEqual Single SortedDictionary SortedList SortedSet Stack String StringBuilder StringComparison
    StringComparer StructuralComparisons System TimeSpan Trace Tuple Type UInt32 UInt64 ValueTuple
    """
)
VALUES = words(
    """
    ArrayList BigInteger BitArray Collection CollectionBase Dictionary HashSet Hashtable ICollection IDictionary
    IList IReadOnlyCollection IReadOnlyDictionary IReadOnlyList ISet IStructuralEquatable LinkedList List
    ObservableCollection Queue ReadOnlyCollection SortedDictionary SortedList SortedSet Stack Tuple Random
    """
)
"""Types of the library whose objects are answers."""

DECIDING = words("Equals GetHashCode CompareTo GetEnumerator Contains ContainsKey CopyTo MoveNext SequenceEqual")
COMPARING = words("== != < > <= >= ! - + * / % & | ^ ~ true false implicit explicit")
OPEN = frozenset(
    {"object", "dynamic", "var", "Object", "IComparable", "IEquatable", "IEnumerable", "ICollection", "IList", "ISet"}
)
NO_TYPE = words("as case else in is nameof new return static throw typeof using")
"""Words that stand before a type, not before a variable."""

TYPE_KEYWORDS = ("class", "struct", "interface", "enum", "record", "delegate")

REFUSED = words(
    """
    Activator AppDomain Assembly BindingFlags CallSite Conditional ConstructorInfo DangerousAddRef
    DefaultTraceListener Directory DllImport DynamicMethod Emit FieldInfo File FileInfo FileStream FileSystemInfo
    FormatterServices GCHandle GetConstructor GetConstructors GetField GetFields GetMember GetMembers GetMethod
    GetMethods GetNestedType GetNestedTypes GetRuntimeFields GetRuntimeMethods InternalCall InvokeMember IntPtr
    Listeners LoadFile LoadFrom Marshal MemberInfo MemoryMappedFile MethodBase MethodImpl MethodInfo Process
    ProcessStartInfo Reflection RuntimeHelpers RuntimeMethodHandle StackFrame StackTrace TypedReference Unsafe
    __arglist __makeref __reftype __refvalue extern fixed stackalloc unsafe
    """
)
"""Words of programs that reach into the process instead of computing something."""

AMBIGUOUS = words("File Directory Process Conditional Assembly Listeners Emit Activator")
"""Of these, the ones that a program may mean otherwise: it then defines them itself."""


def tampering(case: Case) -> str:
    """Returns what in a program spoils its test, in one sentence, or nothing."""
    return of_directives(case.tokens) or of_words(case) or of_names(case) or of_values(case)


def of_directives(tokens: Sequence[Token]) -> str:
    """Returns what is wrong with the lines of the preprocessor."""
    depth = 0
    for directive in (token.text.strip().lstrip("#").strip() for token in tokens if token.kind == "directive"):
        depth += directive.startswith("if") - directive.startswith("endif")
    return "The program leaves a condition of the preprocessor open." if depth else ""


def of_words(case: Case) -> str:
    """Returns which of its words reaches into the process."""
    if any("\\u" in token.text.lower() for token in case.tokens if token.kind == "sign") or b"\\u" in outside_texts(
        case
    ):
        return "The program spells a name with an escape."
    own = {*own_types(case.tokens), *(name for name, _ in declarations(case.tokens, AMBIGUOUS))}
    if word := first_of((word.lstrip("@") for word in case.words), REFUSED - (AMBIGUOUS & own)):
        return f"The program uses {word}, by which it could reach the code that tests it."
    if "StreamReader" in case.words and "OpenStandardInput" not in case.words:
        return "The program reads a file."
    if word := first_of(case.words, set(own_types(case.test)) - own):
        return f"The program mentions {word}, which is the test's."
    return ""


def outside_texts(case: Case) -> bytes:
    """Returns what of the program is neither text nor comment."""
    return b" ".join(token.text.encode("latin-1") for token in case.tokens if token.kind in ("name", "sign")).replace(
        b" ", b""
    )


def of_names(case: Case) -> str:
    """Returns which name of the library it gives to something of its own, though the test uses that of the library."""
    tokens = case.tokens
    taken = LIBRARY & case.test_words | {"System"}
    if name := first_of((name.lstrip("@") for name in own_types(tokens)), taken):
        return f"The program has a type {name} of its own, and the test uses that of the library."
    for place, token in enumerate(tokens[:-2]):
        following, behind = tokens[place + 1], tokens[place + 2]
        if token.text == "namespace":
            path = []
            for part in tokens[place + 1 : place + NEAR]:
                if part.text in ("{", ";"):
                    break
                path.append(part.text.lstrip("@"))
            if {"System", "Microsoft", "Mono", *after(case.test, "namespace")} & set(path):
                return f"The program adds to the namespace {''.join(path)}."
        if (
            token.text == "using"
            and following.kind == "name"
            and behind.text == "="
            and following.text in case.test_words
        ):
            return f"The program gives the name {following.text}, which the test uses, another meaning."
        if (
            following.text.lstrip("@") in taken
            and token.kind == "name"
            and token.text not in NO_TYPE
            and behind.text in ("=", ";", ",", ")", "{", "=>")
        ):
            return f"The program has a variable {following.text}, and the test uses the type of the library."
        if following.text == "(" and behind.text == "this" and token.text in case.test_words:
            return f"The program has a method {token.text} for types that are not its own."
        if following.text == "<" and token.text in case.test_words and token.kind == "name":
            end = closing(tokens, place + 1, "<>", within=NEAR)
            if [part.text for part in tokens[end + 1 : end + 3]] == ["(", "this"]:
                return f"The program has a method {token.text} for types that are not its own."
    bare = {
        token.text
        for previous, token, following in zip(case.test, case.test[1:], case.test[2:], strict=False)
        if previous.text != "." and following.text == "("
    }
    for name, _ in declarations(tokens, {"Equals", "ReferenceEquals"} & bare):
        return f"The program has a method {name}, and the test uses that of the library."
    return ""


def of_values(case: Case) -> str:
    """Returns what it does to how answers are compared."""
    tokens = case.tokens
    deciding = {name for name, _ in declarations(tokens, DECIDING)}
    signs = {following.text for token, following in pairwise(tokens) if token.text == "operator"}
    signs |= {"implicit"} & case.words
    if (
        (deciding or "this" in case.words or "new" in signs)
        and (value := first_of(supertypes(tokens), VALUES))
        and deciding
    ):
        return f"The program has a {value} of its own with another {min(deciding)}."
    if not deciding & {"Equals", "CompareTo", "GetHashCode"} and not signs & COMPARING:
        return ""
    own, known = set(own_types(tokens)), case.test_words - OPEN
    for name, head in declarations(tokens, case.test_words | {case.entry_point}):
        returned = {token.text for token in head if token.kind == "name" and token.text not in known}
        if unclear := first_of(returned, own | OPEN) or next(
            (word for word in sorted(returned) if is_parameter(word)), ""
        ):
            return f"The program has its own idea of equality, and {name} returns {unclear}."
    return ""


def is_parameter(word: str) -> bool:
    """Returns whether a name looks like that of a type parameter."""
    return word[:1] == "T" and (len(word) == 1 or word[1:2].isupper())


def own_types(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the names of the types that a program defines."""
    for token, following in pairwise(tokens):
        if token.text in TYPE_KEYWORDS and following.kind == "name":
            yield following.text


def supertypes(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the types that the program's types inherit from."""
    for place, token in enumerate(tokens):
        if token.text in TYPE_KEYWORDS:
            for part in tokens[place + 1 : place + NEAR]:
                if part.text in ("{", ";", "(", "where"):
                    break
                if part.kind == "name":
                    yield part.text


def joint(case: Case) -> str:
    """Returns a line break."""
    return "\n"


def wrap(main: Main, secret: Secret) -> list[Edit]:
    """Returns the `Main` that calls the test's, in front of it, and the test's own `Assert`."""
    entered, status, arguments = map(secret.hide, ("entered", "status", "arguments"))
    call = f"{secret.hide('Main')}({arguments if main.parameters else ''})"
    if "Task" in main.type:
        call += ".GetAwaiter().GetResult()"
    comes_back = f"int {status} = {call};" if main.type in ("int", "Task<int>") else f"{call}; int {status} = 0;"
    wrapper = (
        f"static bool {entered}; static int Main(string[] {arguments}) {{ "
        f"if ({entered}) throw new global::System.InvalidOperationException(); {entered} = true; {comes_back} "
        f"if ({status} == 0) {{ global::System.Console.Out.Flush(); "
        f'byte[] {secret.hide("end")} = global::System.Text.Encoding.ASCII.GetBytes("\\n{secret.marker}\\n"); '
        f"global::System.Console.OpenStandardOutput().Write({secret.hide('end')}, 0, {len(secret.marker) + 2}); }} "
        f"return {status}; }} "
        f"static void {secret.hide('Assert')}(bool holds, params object[] message) {{ "
        'if (!holds) throw new global::System.Exception("Assertion failed"); } '
    )
    return [(main.start, main.start, wrapper)]


def rewrite(root: Node, shift: int, secret: Secret) -> list[Edit]:
    """Returns what makes `Debug.Assert` the test's own, and parts a test from attributes that await a method."""
    edits: list[Edit] = [(0, 0, f"static bool {secret.hide('begun')}; ")] if shift else []
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.children
        function = node.child_by_field_name("function") if node.type == "invocation_expression" else None
        name = b"" if function is None else (function.text or b"")
        if function is not None and name.split(b".")[-2:] in ([b"Debug", b"Assert"], [b"Trace", b"Assert"]):
            edits.append((function.start_byte - shift, function.end_byte - shift, secret.hide("Assert")))
    return edits


APPEND = MarkedMain(
    language="csharp",
    lexis=LEXIS,
    openings=("", "class Program {", "namespace Solution { class Program {"),
    definition="method_declaration",
    main="Main",
    wrap=wrap,
    joint=joint,
    tampering=tampering,
    rewrite=rewrite,
)
