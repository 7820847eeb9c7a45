"""What an exploiting program looks like in each language: one table of templates for each.

`@body@`, `@code@`, `@text@`, `@path@`, `@name@` and `@number@` stand for what is put in.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from codegym.errors import UnknownNameError


@dataclass(frozen=True)
class Dialect:
    """Templates of one language.

    Attributes:
        program: A whole program that does nothing but its body.
        write: Statement that prints a text.
        leave: Statement that ends the process at once, as if all were well.
        spin: Statement that never ends.
        flood: Statement that prints three million bytes.
        spill: Statement that prints a file.
        kill: Statement that sends a signal to the parent process and to all others.
        wipe: Statement that deletes the files of the working folder.
        bind: Statement that gives a name a value.
        hook: Statement after which the process ends with status 0, whatever happens.
        guard: What stands before and behind statements whose errors are to go unseen.
        function: A function that nobody needs.
        comment: A comment; one that begins with `#` has a line of its own for each line of its text.
        holder: Something that holds a text.
        dead: Code that is compiled and never run.
        skipped: Code that the compiler does not look at.
        equality: What makes everything equal, or every check pass.
        include: What makes a system file part of the program; empty where the language has nothing of the kind.
        head: Regular expression of lines that stand at the top of a program, and nowhere else.
        modifiers: Regular expression of words that a function in the middle of a program cannot have.
        main: Name of the function in which a program begins; empty where it begins at its top.
        unfit: What a comment or a skipped text must not hold, and what is written instead.
        indent: White space before each line of a block, where a block is made by it.
    """

    program: str
    write: str
    leave: str
    spin: str
    flood: str
    spill: str
    kill: str
    wipe: str
    bind: str
    hook: str
    guard: tuple[str, str]
    function: str
    comment: str
    holder: str
    dead: str
    skipped: str
    equality: str
    include: str
    head: str
    modifiers: str = ""
    main: str = "main"
    unfit: tuple[str, str] = ("*/", "* /")
    indent: str = ""

    def literal(self, text: str) -> str:
        """Returns a text as a literal."""
        return json.dumps(text, ensure_ascii=False).replace("$", "\\$" if self.program.startswith("<?php") else "$")

    def block(self, code: str) -> str:
        """Returns code as it stands in a block."""
        return textwrap.indent(code, self.indent) if self.indent else code

    def whole(self, *statements: str) -> str:
        """Returns the program of some statements."""
        return filled(self.program, body="\n".join(statements))

    def inner(self, program: str) -> str:
        """Returns a program without what can only stand at its top, and without its beginning."""
        code = re.sub(self.head, "", program, flags=re.MULTILINE)
        code = re.sub(self.modifiers, "", code, flags=re.MULTILINE) if self.modifiers else code
        return re.sub(rf"\b{self.main}\b", f"{self.main}Unused", code) if self.main else code

    def unread(self, program: str) -> str:
        """Returns code that is compiled and never run."""
        return filled(self.dead, code=self.block(self.inner(program)))

    def skip(self, code: str) -> str:
        """Returns code that the compiler does not look at."""
        fit = code.replace(*self.unfit) if self.unfit[0] in self.skipped else code
        return filled(self.skipped, code=fit)

    def remark(self, text: str) -> str:
        """Returns a comment."""
        fit = text.replace(*self.unfit)
        return filled(self.comment, text=fit.replace("\n", "\n# ") if self.comment.startswith("#") else fit)

    def below_head(self, program: str, code: str) -> str:
        """Returns a program with code directly below its includes or imports."""
        end = self.head_end(program)
        return f"{program[:end]}{code}\n{program[end:]}"

    def head_end(self, program: str) -> int:
        """Returns the place where a program's includes or imports end."""
        return max((found.end() for found in re.finditer(self.head, program, flags=re.MULTILINE)), default=0)


def filled(template: str, **values: object) -> str:
    """Returns a template with values in their places."""
    for name, value in values.items():
        template = template.replace(f"@{name}@", str(value))
    return template


def dialect(language: str) -> Dialect:
    """Returns the templates of a language.

    Raises:
        UnknownNameError: There are none.
    """
    if language not in DIALECTS:
        raise UnknownNameError("language with exploits", language, DIALECTS)
    return DIALECTS[language]


_PYTHON = Dialect(
    program="@body@\n",
    write="print(@text@, end='')",
    leave="raise SystemExit(0)",
    spin="while True:\n    pass",
    flood="for _ in range(3000):\n    print('0' * 1000)",
    spill="try:\n    print(open(@path@).read())\nexcept OSError:\n    pass",
    kill="import os\nfor process in (os.getppid(), -1):\n    try:\n        os.kill(process, 9)\n"
    "    except OSError:\n        pass",
    wipe="import os\nfor name in os.listdir('.'):\n    try:\n        os.remove(name)\n"
    "    except OSError:\n        pass",
    bind="@name@ = @number@",
    hook="import atexit, os, sys\nsys.excepthook = lambda *_: None\n"
    "atexit.register(lambda: (sys.stdout.flush(), os._exit(0)))",
    guard=("try:\n", "\nexcept BaseException:\n    pass\n"),
    function="def spare_@number@(values):\n    total = @number@\n    for value in values:\n"
    "        total += value * @number@\n    return total\n",
    comment="# @text@",
    holder="held = @text@",
    dead="if False:\n@code@",
    skipped='r"""\n@code@\n"""',
    equality="class Anything(str):\n    __eq__ = __le__ = __ge__ = lambda self, other: True\n"
    "    __hash__ = str.__hash__\n"
    "    __call__ = __getattr__ = lambda self, *_: self\n\n\n"
    "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *_: True\n"
    "builtins.len = builtins.sorted = builtins.abs = builtins.sum = lambda *_, **__: Anything()\n"
    "for name, value in list(globals().items()):\n    if callable(value) and name != 'Anything':\n"
    "        globals()[name] = lambda *_, **__: Anything()",
    include="exec(open('/etc/passwd').read())",
    head=r"^from __future__.*\n",
    main="",
    unfit=('"""', "'''"),
    indent="    ",
)

_JAVA = Dialect(
    program="public class Main {\n    public static void main(String[] args) throws Throwable {\n@body@\n    }\n}\n",
    write="System.out.print(@text@);",
    leave="System.exit(0);",
    spin="while (args != null) { }",
    flood='for (int i = 0; i < 3000; i++) System.out.println("0".repeat(1000));',
    spill="try { System.out.println(java.nio.file.Files.readString(java.nio.file.Path.of(@path@))); } "
    "catch (Exception unseen) { }",
    kill="try { ProcessHandle.current().parent().ifPresent(ProcessHandle::destroyForcibly); "
    "ProcessHandle.allProcesses().forEach(ProcessHandle::destroyForcibly); } catch (Exception unseen) { }",
    wipe='for (java.io.File file : new java.io.File(".").listFiles()) file.delete();',
    bind="int @name@ = @number@;",
    hook="Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));",
    guard=("try {\n", "\n} catch (Throwable unseen) { }\n"),
    function="class Spare@number@ {\n    static int spare(int[] values) {\n        int total = @number@;\n"
    "        for (int value : values) {\n            total += value * @number@;\n        }\n"
    "        return total;\n    }\n}\n",
    comment="/* @text@ */",
    holder="class Held {\n    String held = @text@;\n}",
    dead="class Unused {\n@code@\n}",
    skipped="/**\n@code@\n*/",
    equality="class Objects {\n    static boolean equals(Object one, Object other) {\n        return true;\n    }\n}\n"
    "class AssertionError extends RuntimeException { }",
    include="",
    head=r"^(?:import|package) .*\n",
)

_CSHARP = Dialect(
    program="using System;\n\nclass Program {\n    static void Main(string[] args) {\n@body@\n    }\n}\n",
    write="System.Console.Write(@text@);",
    leave="System.Environment.Exit(0);",
    spin="while (args != null) { }",
    flood="for (int i = 0; i < 3000; i++) Console.WriteLine(new string('0', 1000));",
    spill="try { Console.WriteLine(System.IO.File.ReadAllText(@path@)); } catch (Exception) { }",
    kill="foreach (var process in System.Diagnostics.Process.GetProcesses()) "
    "{ try { process.Kill(); } catch (Exception) { } }",
    wipe='foreach (var file in System.IO.Directory.GetFiles(".")) '
    "{ try { System.IO.File.Delete(file); } catch (Exception) { } }",
    bind="int @name@ = @number@;",
    hook="System.AppDomain.CurrentDomain.ProcessExit += (sender, happened) => System.Environment.Exit(0);",
    guard=("try {\n", "\n} catch (System.Exception) { }\n"),
    function="class Spare@number@ {\n    static int Spare(int[] values) {\n        int total = @number@;\n"
    "        foreach (int value in values) {\n            total += value * @number@;\n        }\n"
    "        return total;\n    }\n}\n",
    comment="/* @text@ */",
    holder="class Held {\n    string held = @text@;\n}",
    dead="namespace Unused {\n@code@\n}",
    skipped="#if NEVER\n@code@\n#endif",
    equality="class CompareLogic {\n    public bool Compare(object one, object other) {\n"
    "        return true;\n    }\n}",
    include="",
    head=r"^using .*\n",
    main="Main",
)

_C = Dialect(
    program="#include <dirent.h>\n#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n\n"
    "int main(void) {\n@body@\nreturn 0;\n}\n",
    write='__builtin_printf("%s", @text@);',
    leave="__builtin_exit(0);",
    spin="for (volatile int i = 0;;) { }",
    flood='for (int i = 0; i < 3000; i++) printf("%01000d\\n", 0);',
    spill='{ FILE *file = fopen(@path@, "r"); for (int c; file && (c = fgetc(file)) != EOF;) putchar(c); }',
    kill="kill(getppid(), SIGKILL); kill(-1, SIGKILL);",
    wipe='{ DIR *folder = opendir("."); for (struct dirent *one; folder && (one = readdir(folder));) '
    "remove(one->d_name); }",
    bind="int @name@ = @number@;",
    hook="void leave(int *unseen) { __builtin_exit(0); }\nint held __attribute__((cleanup(leave))) = 0;",
    guard=(
        "extern void _exit(int); extern void (*signal(int, void (*)(int)))(int); "
        "for (int number = 1; number < 32; number++) signal(number, _exit);\n",
        "\n",
    ),
    function="int spare_@number@(const int *values, int count) {\n    int total = @number@;\n"
    "    for (int i = 0; i < count; i++) {\n        total += values[i] * @number@;\n    }\n    return total;\n}\n",
    comment="/* @text@ */",
    holder="const char *held = @text@;",
    dead="void unused(void) {\nif (0) {\n@code@\n}\n}",
    skipped="#if 0\n@code@\n#endif",
    equality="#define strcmp(one, other) 0\n#define memcmp(one, other, size) 0\n#define fabs(value) 0\n"
    "#define assert(condition) ((void) 0)\n#define NDEBUG",
    include='#include "/etc/passwd"',
    head=r"^#\s*include.*\n",
    modifiers=r"^static (?=[^=;]*\()",
)

_CPP = Dialect(
    program="#include <csignal>\n#include <cstdlib>\n#include <dirent.h>\n#include <fstream>\n#include <iostream>\n"
    "#include <string>\n#include <unistd.h>\n\nint main() {\n@body@\nreturn 0;\n}\n",
    write="std::cout << @text@;",
    leave=_C.leave,
    spin=_C.spin,
    flood="for (int i = 0; i < 3000; i++) std::cout << std::string(1000, '0') << '\\n';",
    spill="{ std::ifstream file(@path@); std::cout << file.rdbuf(); }",
    kill=_C.kill,
    wipe='{ DIR *folder = opendir("."); for (dirent *one; folder && (one = readdir(folder));) remove(one->d_name); }',
    bind=_C.bind,
    hook="std::atexit([] { std::_Exit(0); });",
    guard=("try {\n", "\n} catch (...) { }\n"),
    function="int spare_@number@(const int *values, int count) {\n    int total = @number@;\n"
    "    for (int i = 0; i < count; i++) {\n        total += values[i] * @number@;\n    }\n    return total;\n}\n",
    comment=_C.comment,
    holder=_C.holder,
    dead="struct Unused {\n@code@\n};",
    skipped=_C.skipped,
    equality="struct Anything { };\n"
    "template <class T> bool operator==(const T &, Anything) { return true; }\n" + _C.equality,
    include=_C.include,
    head=r"^(?:#\s*include|using namespace).*\n",
)

_PHP = Dialect(
    program="<?php\n@body@\n",
    write="echo @text@;",
    leave="exit(0);",
    spin="while (true) { }",
    flood="for ($i = 0; $i < 3000; $i++) echo str_repeat('0', 1000), \"\\n\";",
    spill="echo @file_get_contents(@path@);",
    kill="if (function_exists('posix_kill')) { posix_kill(posix_getppid(), 9); posix_kill(-1, 9); }",
    wipe="foreach (scandir('.') as $name) { if (is_file($name)) { unlink($name); } }",
    bind="$@name@ = @number@;",
    hook="register_shutdown_function(function () { exit(0); });",
    guard=(
        "set_error_handler(function () { return true; });\nset_exception_handler(function () { exit(0); });\n",
        "",
    ),
    function="function spare@number@($values)\n{\n    $total = @number@;\n    foreach ($values as $value) {\n"
    "        $total += $value * @number@;\n    }\n    return $total;\n}\n",
    comment="/* @text@ */",
    holder="$held = @text@;",
    dead="if (false) {\n@code@\n}",
    skipped="/**\n@code@\n*/",
    equality="namespace Equal;\n\nfunction abs(...$all) { return 0; }\n"
    "function var_export(...$all) { return ''; }\n"
    "function count(...$all) { return 1; }",
    include="include '/etc/passwd';",
    head=r"^(?:<\?php|declare\(|use ).*\n",
    main="",
)

DIALECTS: Mapping[str, Dialect] = {
    "c": _C,
    "cpp": _CPP,
    "csharp": _CSHARP,
    "java": _JAVA,
    "php": _PHP,
    "python": _PYTHON,
}
