"""How tests are appended to C programs, and what in a program would spoil them; C++ builds on it.

A program and its test are one translation unit. Macros of the program that would reach into the test are undefined
between the two, and the assembler refuses a file in which the program, by whatever means, has defined a function of
the C library that the test relies on. What no text can rule out: native code can search its own memory. Nothing that
the marker could be found by is there as text, and whatever C offers to reach other code (assembly, signals, jumps,
attributes that move code or run it before `main`) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from codegym.languages.harness import (
    NEAR,
    Case,
    Edit,
    Lexis,
    Main,
    MarkedMain,
    Secret,
    Token,
    closing,
    declarations,
    first_of,
    statement_start,
    words,
)

LEXIS = Lexis(
    r"""(?x)
    (?P<comment> //[^\n]* | /\*[\s\S]*?\*/ )
    | (?P<text> (?:u8|[uUL])?R"(?P<delimiter>[^()\\\s"]{0,16})\([\s\S]*?\)(?P=delimiter)"
        | (?:u8|[uUL])?"(?:[^"\\\n]|\\[\s\S])*" | (?:u8|[uUL])?'(?:[^'\\\n]|\\[\s\S])*' )
    | (?P<open> /\* | (?:u8|[uUL])?R"[^()\\\s"]{0,16}\( )
    | (?P<number> \.?\d(?:[eEpP][+-]|'\w|[\w.])* )
    | (?P<name> [A-Za-z_$\x80-\xff][\w$\x80-\xff]* )
    | (?P<sign> \#\# | %:%: | <=> | [=!<>]= | && | \|\| | -> | :: | \S )
    """
)

KEYWORDS = words(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    compl concept const const_cast consteval constexpr constinit continue decltype default delete do double
    dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace
    new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires
    restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local
    throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor
    xor_eq NULL EOF complex I
    """
)

LIBRARY = words(
    """
    abort abs acos acosh aligned_alloc asctime asin asinh assert at_quick_exit atan atan2 atanh atexit atof atoi
    atol atoll bcmp bsearch bzero calloc cbrt ceil clearerr clock cos cosh ctime difftime div erf erfc exit exp exp2
    expm1 fabs fabsf fabsl fclose fdim feof ferror fflush fgetc fgets floor floorf fma fmax fmaxf fmin fminf fmod
    fmodf fopen fprintf fputc fputs fread free frexp fscanf fseek ftell fwrite getc getchar getenv gets gmtime hypot
    ilogb isalnum isalpha isblank iscntrl isdigit isfinite isgraph isinf islower isnan isprint ispunct isspace
    isupper isxdigit labs ldexp ldiv lgamma llabs lldiv llrint llround localtime log log10 log1p log2 logb lrint
    lround malloc mblen memchr memcmp memcpy memmove mempcpy memset mktime modf nan nearbyint nextafter perror pow
    powf powl printf putc putchar puts qsort quick_exit raise rand realloc remainder remove rewind rint round roundf
    scanf setbuf setvbuf sin sinh snprintf sprintf sqrt sqrtf srand sscanf stpcpy strcasecmp strcat strchr strcmp
    strcoll strcpy strcspn strdup strerror strftime strlen strncasecmp strncat strncmp strncpy strndup strnlen
    strpbrk strrchr strspn strstr strtod strtof strtok strtok_r strtol strtold strtoll strtoul strtoull strxfrm tan
    tanh tgamma time tolower toupper trunc vfprintf vprintf vsnprintf wcscmp wcslen wmemcmp write _exit _Exit
    """
)

UNMENTIONED = words("_Exit _exit abort exit fflush memchr memcmp memcpy memmove printf puts putchar strlen write")
"""What a test relies on without mentioning it: to fail, to print, to compare."""

INTERNAL = (
    "__assert_fail",
    "__assert_perror_fail",
    "__stack_chk_fail",
    "__printf_chk",
    "__cxa_throw",
    "__libc_start_main",
)

REFUSED = words(
    """
    asm __asm __asm__ __CONCAT __REDIRECT __REDIRECT_NTH __REDIRECT_NTHNL __ASMNAME __ASMNAME2 _Pragma __BASE_FILE__
    __assert __assert_fail __assert_fail_base __assert_perror_fail _assert __stack_chk_fail __cxa_throw setjmp
    _setjmp sigsetjmp __sigsetjmp longjmp _longjmp siglongjmp getcontext setcontext makecontext swapcontext
    __builtin_setjmp __builtin_longjmp __builtin_eh_return __builtin_unwind_init __builtin_apply
    __builtin_apply_args __builtin_return __builtin_return_address __builtin_frame_address
    __builtin_extract_return_addr __builtin_stack_address sigaction bsd_signal sysv_signal sigset signalfd
    sigaltstack sigprocmask pthread_sigmask backtrace _Unwind_Backtrace _Unwind_RaiseException _Unwind_ForcedUnwind
    _Unwind_Resume dlopen dlsym dlvsym dladdr dl_iterate_phdr mprotect pkey_mprotect process_vm_readv
    process_vm_writev ptrace syscall chmod fchmod fchmodat etext edata _etext _edata __executable_start __data_start
    data_start __bss_start _start _r_debug __libc_stack_end __libc_start_main __ehdr_start fopencookie main
    """
)
"""Words of programs that reach into the process instead of computing something."""

REFUSED_CALLS = frozenset({"signal"})
"""Ordinary words that are refused where they are called."""

REFUSED_ATTRIBUTES = words(
    "alias weak weakref ifunc section constructor destructor naked symver copy always_inline gnu_inline artificial"
)
PRAGMAS = re.compile(
    r"\s*(?:once|pack|omp|STDC|region|endregion|comment|warning|message"
    r"|GCC\s+(?:optimize|target|diagnostic|push_options|pop_options|ivdep|unroll|warning|error))\b"
)
DIRECTIVE = re.compile(r"^[ \t]*(?:#|%:)[ \t]*(\w+)(.*)$", re.MULTILINE)
SPLICE = re.compile(rb"\\[ \t]*\r?\n")
HEADER = re.compile(r"""\s*(?:<\s*(?![./])(?!.*\.\.)[\w./+-]+\s*>|"(?![./])(?!.*\.\.)[\w/+-]+(?:\.h|\.hpp)?")\s*""")
NAME = re.compile(r"[A-Za-z_$]\w*")
GUARD = re.compile(r"_[A-Z]\w*|__[A-Z][A-Z0-9_]*")


@dataclass(frozen=True)
class Macro:
    """One `#define` of a program."""

    name: str
    body: str
    has_parameters: bool
    place: int


@dataclass(frozen=True)
class Directives:
    """The lines of a program that are the preprocessor's, and what is left without them."""

    source: bytes

    @cached_property
    def text(self) -> str:
        """The program without comments."""
        return LEXIS.without_comments(self.source)

    @cached_property
    def lines(self) -> list[tuple[str, str, int]]:
        """Each directive, the rest of its line, and where it stands."""
        return [(found[1], found[2], found.start()) for found in DIRECTIVE.finditer(self.text)]

    @cached_property
    def macros(self) -> list[Macro]:
        """What is defined."""
        found = []
        for directive, rest, place in self.lines:
            if directive == "define" and (name := re.match(r"\s*([\w$\x80-\xff]+)", rest)):
                found.append(Macro(name[1], rest[name.end() :].strip(), rest[name.end() :][:1] == "(", place))
        return found

    @cached_property
    def tokens(self) -> list[Token]:
        """The other lines' tokens, with the names for which a macro only stands in."""
        meant = {macro.name: macro.body for macro in self.macros if NAME.fullmatch(macro.body)}
        found = []
        for token in LEXIS.tokens(DIRECTIVE.sub("", self.text).encode("latin-1")):
            name = token.text
            for _ in range(8):  # a macro may stand for a macro
                name = meant.get(name, name)
            found.append(token._replace(text=name))
        return found

    @property
    def balanced(self) -> bool:
        """Whether each condition is closed."""
        depth = 0
        for directive, _, _ in self.lines:
            depth += (directive in ("if", "ifdef", "ifndef")) - (directive == "endif")
            if depth < 0:
                return False
        return depth == 0


@dataclass(frozen=True)
class Tampering:
    """What in a program spoils its test.

    Attributes:
        library: The names of the standard library that matter where the test mentions them.
    """

    library: frozenset[str] = LIBRARY

    def __call__(self, case: Case) -> str:
        """Returns it in one sentence, or nothing."""
        directives = Directives(case.program)
        return self.of_preprocessor(directives) or self.of_words(case) or self.of_library(case, directives)

    def of_preprocessor(self, directives: Directives) -> str:
        """Returns what is wrong with the lines of the preprocessor."""
        if not directives.balanced:
            return "The program leaves a condition of the preprocessor open."
        last_include = -1
        for directive, rest, place in directives.lines:
            if directive in ("include", "include_next", "import"):
                last_include = place
                if not HEADER.fullmatch(rest):
                    return f"The program includes {rest.strip()}, which is no header of a library."
            if directive == "pragma" and not PRAGMAS.match(rest):
                return f"The program uses #pragma {rest.strip()}."
            if directive in ("assert", "unassert", "sccs", "ident"):
                return f"The program uses #{directive}."
        for macro in directives.macros:
            if "##" in macro.body.replace("%:%:", "##").replace("##__VA_ARGS__", "").replace("## __VA_ARGS__", ""):
                return f"The program's macro {macro.name} makes names that stand nowhere."
            if is_reserved(macro.name) and not (
                GUARD.fullmatch(macro.name) and re.fullmatch(r"\d*[uUlL]*", macro.body)
            ):
                return f"The program redefines {macro.name}, which is reserved for the compiler."
            if macro.place < last_include and macro.name in KEYWORDS | self.library:
                return f"The program redefines {macro.name} for the headers that it includes."
        return ""

    def of_words(self, case: Case) -> str:
        """Returns which of its words reaches into the process."""
        if word := first_of(case.words, REFUSED):
            return f"The program uses {word}, by which it could reach the code that tests it."
        for token, following in zip(case.tokens, case.tokens[1:], strict=False):
            if token.text in REFUSED_CALLS and following.text == "(":
                return f"The program calls {token.text}."
        if case.words & {"__attribute__", "__attribute", "gnu"}:
            words = {word.strip("_") for word in case.words}
            if attribute := first_of(words, REFUSED_ATTRIBUTES):
                return f"The program uses the attribute {attribute}."
        return ""

    def of_library(self, case: Case, directives: Directives) -> str:
        """Returns which function of the library it replaces, though the test uses that."""
        relied_on = self.library & (case.test_words | UNMENTIONED) - {case.entry_point}
        outside = file_scope(directives.tokens)
        for name, _ in declarations(outside, relied_on):
            return f"The program has a function {name} of its own, and the test uses that of the library."
        makers = {macro.name for macro in directives.macros if macro.has_parameters}
        for place, token in enumerate(outside):
            if token.text in makers and (
                made := first_of(words_of(outside[place : closing(outside, place + 1, within=NEAR)]), relied_on)
            ):
                return f"The program's macro {token.text} makes something of the name {made}."
        return ""


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Returns the texts of tokens."""
    return [token.text for token in tokens]


def is_reserved(name: str) -> bool:
    """Returns whether a name belongs to the compiler and its libraries."""
    return name.startswith("__") or (name[:1] == "_" and name[1:2].isupper())


def file_scope(tokens: Sequence[Token]) -> list[Token]:
    """Returns the tokens outside of functions, classes and initial values; what is in a namespace is outside."""
    kept: list[Token] = []
    place = 0
    while place < len(tokens):
        kept.append(tokens[place])
        if tokens[place].text == "{":
            head = tokens[statement_start(tokens, place) : place]
            if not head or (head[-1].kind != "text" and not any(token.text == "namespace" for token in head)):
                place = closing(tokens, place, "{}") - 1
        place += 1
    return kept


def spliced(program: bytes) -> bytes:
    """Returns a program without the line breaks that are behind a backslash."""
    return SPLICE.sub(b"", program).replace(b"\r\n", b"\n")


def joint(case: Case) -> str:
    """Returns what takes the program's macros from the test, and gives the test its `assert`."""
    names = sorted({macro.name for macro in Directives(case.program).macros})
    # The empty line is for a program that ends in a backslash.
    lines = ["", "", *(f"#undef {name}" for name in names if name in KEYWORDS | LIBRARY or is_reserved(name))]
    if "assert" in case.test_words:
        lines += ["#undef NDEBUG", "#undef assert", "#include <assert.h>"]
    return "\n".join([*lines, ""])


def wrap(main: Main, secret: Secret) -> list[Edit]:
    """Returns the `main` that calls the test's.

    The marker is in no text that stays in memory, and is made of numbers that stand in the code.
    """
    count, values, environment, entered, status = map(
        secret.hide, ("count", "values", "environment", "entered", "status")
    )
    arguments = ", ".join([count, values, environment][: main.parameters])
    call = f"{secret.hide('main')}({arguments})"
    halves = ", ".join(f"0x{secret.marker[place : place + 16]}ULL" for place in (0, 16))
    comes_back = f"{call}; int {status} = 0;" if main.type == "void" else f"int {status} = {call};"
    wrapper = (
        f"\nint main(int {count}, char **{values}, char **{environment}) {{ "
        f"static int {entered}; if ({entered}++) __builtin_trap(); {comes_back} "
        f'if ({status} == 0) __builtin_printf("\\n%016llx%016llx\\n", {halves}); return {status}; }}\n'
    )
    end: list[Edit] = [] if main.type == "void" else [(main.body_end, main.body_end, " return 0; ")]
    return [*end, (main.end, main.end, wrapper)]


def guard(case: Case) -> str:
    """Returns lines that make the assembler refuse a file in which a function that the test relies on is defined."""
    names = sorted(LIBRARY & (case.test_words | UNMENTIONED) - {case.entry_point}) + sorted(INTERNAL)
    return "".join(f'__asm__(".ifdef {name}\\n.error \\"{name} is replaced\\"\\n.endif");\n' for name in names)


APPEND = MarkedMain(
    language="c",
    lexis=LEXIS,
    openings=("",),
    definition="function_definition",
    main="main",
    wrap=wrap,
    joint=joint,
    tampering=Tampering(),
    plain=spliced,
    ending=guard,
)
