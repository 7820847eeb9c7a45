"""Runs Python programs in forked children of a warm interpreter: a script that needs nothing but the interpreter.

The children, their limits and the protocol are `codegym.judge.runner`'s. A program sees what it would see as
`python program.py`: a module named `__main__`, fresh standard streams, `atexit`, exit statuses, tracebacks.

A test harness runs in a process of its own, and the program's functions in another one: what the harness calls are
stand-ins that pass arguments and results from one to the other. So the program can neither end the harness early, nor
replace what it compares with, nor answer with an object that is equal to everything: results arrive as plain values.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import contextlib
import gc
import io
import os
import random
import signal
import site
import sys
import threading
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegym.judge import runner
    from codegym.languages.python import remote
else:  # a script has no package
    sys.path[:0] = [sys.argv[1], os.path.dirname(__file__)]  # noqa: PTH120
    import remote
    import runner

OWN_FOLDERS = (sys.argv[1], os.path.dirname(__file__))  # noqa: PTH120

COMMON = """
    abc array bisect cmath collections contextlib copy dataclasses datetime decimal enum fractions functools hashlib
    heapq io itertools json math operator os queue random re statistics string struct textwrap threading time typing
    unittest
"""
"""Modules that programs import often: loaded once, before the children are forked."""

STREAMS = (("stdin", "r", "surrogateescape"), ("stdout", "w", "surrogateescape"), ("stderr", "w", "backslashreplace"))

SETTINGS = runner.Settings(command=(), out_of_memory=("MemoryError",), completion="pipe", overhead=96 << 20)


class PythonProgram:
    """A program's source, and the harness that tests it, if there is one."""

    def __init__(self, source: bytes, request: dict[str, Any]) -> None:
        self._source = source
        self._code: types.CodeType | None = None
        self._harness: str | None = request.get("harness")
        self._entry_point: str = request.get("entry_point", "")
        self.tested = self._harness is not None

    def prepare(self) -> None:
        """Compiles the source; where that fails, each run does, and with the same message."""
        with contextlib.suppress(BaseException):
            self._code = compile_source(self._source)
        module = types.ModuleType("__main__")
        module.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = module
        sys.argv = ["program.py"]
        sys.path = [path for path in sys.path if path not in OWN_FOLDERS]

    def enter(self) -> None:
        """Becomes the program; one that is tested then waits for what the test asks of it."""
        self._harness = None  # the frames and objects of this process are open to the program

        def body(module: types.ModuleType) -> None:
            module.__dict__["__file__"] = "program.py"
            exec(self._code or compile_source(self._source), module.__dict__)
            if self.tested:
                remote.serve(runner.CHANNEL_OF_PROGRAM, module)

        finish(execute(body))

    def test(self) -> None:
        """Becomes the harness that tests the program, with the program's limit of memory: it takes in its answers."""

        def body(module: types.ModuleType) -> None:
            remote.test(runner.CHANNEL_OF_TEST, self._harness or "", self._entry_point, module)

        status = execute(body)
        if status == 0:
            runner.prove_completion()
        finish(status)

    def place(self) -> None:
        """Does nothing: there are no files."""


def compile_source(source: bytes) -> types.CodeType:
    """Returns the code of a program."""
    code: types.CodeType = compile(source, "program.py", "exec", dont_inherit=True)
    return code


def execute(body: Callable[[types.ModuleType], None]) -> int:
    """Runs a body with the main module, and returns the exit status that the interpreter would end with."""
    os.close(runner.FAILURE)  # from here on whatever goes wrong is the program's fault
    gc.enable()
    status = 0
    try:
        body(sys.modules["__main__"])
    except SystemExit as end:
        status = status_of(end)
    except BaseException as error:
        report(error)
        status = 1
    return status


def finish(status: int) -> None:
    """Ends the process as the interpreter ends: threads, exit functions, output, status."""
    try:
        if threading.active_count() > 1 or threading._threading_atexits:  # type: ignore[attr-defined]
            threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are not daemons
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        status = status_of(end)
    except BaseException as error:
        report(error)
        status = status or 120
    os._exit(status & 0xFF)


def status_of(end: SystemExit) -> int:
    """Returns the exit status that a SystemExit asks for; a text is printed."""
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    sys.stderr.write(f"{end.code}\n")
    return 1


def report(error: BaseException) -> None:
    """Prints the traceback of what ended the program, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    try:
        sys.stdout.flush()
    finally:
        try:
            sys.excepthook(type(error), error.with_traceback(trace), trace)
            sys.stderr.flush()
        except BaseException:
            os.write(2, type(error).__name__.encode())


def open_streams() -> None:
    """Opens the standard streams as the interpreter does at its start, where they are a file and two pipes.

    Each child has such a file and such pipes of its own there, under the same numbers.
    """
    own = [os.dup(number) for number in range(3)]
    empty = os.open("stdin", os.O_RDWR | os.O_CREAT)
    os.unlink("stdin")  # noqa: PTH108
    reader, writer = os.pipe()
    for number, place in enumerate((empty, writer, writer)):
        os.dup2(place, number)
    for number, (name, mode, errors) in enumerate(STREAMS):
        file = io.FileIO(number, mode, closefd=False)
        buffer = io.BufferedReader(file) if mode == "r" else io.BufferedWriter(file)
        stream = io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=name == "stderr")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number, place in enumerate(own):
        os.dup2(place, number)
    for place in (*own, empty, reader, writer):
        os.close(place)


def main() -> None:
    """Loads what programs need, then answers until standard input ends."""
    for name in COMMON.split():
        __import__(name)
    site.setquit()
    site.setcopyright()
    site.sethelper()
    ast.parse("x = 1")
    random.seed(0)  # each run starts from here, so that no verdict depends on chance
    open_streams()
    gc.disable()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runner.serve(SETTINGS, PythonProgram)


if __name__ == "__main__":
    main()
