"""The exceptions of the suite.

    CodegymError
    ├── UnknownNameError (also LookupError)   a name that nothing is registered under
    ├── ConfigurationError (also ValueError)  an argument or a combination of arguments that makes no sense
    ├── DataError (also ValueError)           a data file or folder that is missing, empty or broken
    ├── MissingDependencyError (also ImportError)  an optional Python package is not installed
    ├── ToolchainMissingError                 a compiler or interpreter is not installed
    ├── IsolationError                        this host cannot keep untrusted code apart
    ├── InvalidActionError (also ValueError)  an action that is not in the action space
    ├── DeviceError                           a GPU that fails or disappears while it computes
    ├── ClusterError                          a cluster that is not there, or whose machines fail again and again
    └── JudgeError                            the judge itself failed: no verdict on the program

A program that does not compile is not an error here: it is a `codegym.types.CompileResult`. A `JudgeError` is
neither a verdict nor a zero reward: environments retry, then end the episode with `truncated=True` and
`info["reward_valid"] = False`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class CodegymError(Exception):
    """Base class of every exception that codegym raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors travel between processes as they are: their constructors take other things than the message.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[CodegymError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> CodegymError:
    """Returns an exception that another process has raised."""
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error


class UnknownNameError(CodegymError, LookupError):
    """A name under which nothing is registered.

    Args:
        kind: What was looked up, in the singular: `"language"`.
        name: The name that was given.
        known: The names that exist.
        hint: What else would have been accepted, appended to the message.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        folded = {candidate.lower(): candidate for candidate in self.known}
        close = difflib.get_close_matches(str(name).lower(), folded, n=1, cutoff=0.5)
        suggestion = f" Did you mean {folded[close[0]]!r}?" if close else ""
        super().__init__(
            f"There is no {kind} named {name!r}.{suggestion} "
            f"Known: {', '.join(self.known) or 'none'}.{' ' + hint if hint else ''}"
        )


class ConfigurationError(CodegymError, ValueError):
    """An argument, or a combination of arguments, that makes no sense."""


class DataError(CodegymError, ValueError):
    """A data file or folder that is missing, empty or broken; the message names the file and the line."""


class MissingDependencyError(CodegymError, ImportError):
    """An optional package is not installed.

    Args:
        package: The package that is missing.
        extra: The extra of codegym that brings it.
        purpose: What it is needed for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}. Install it with: pip install 'codegym[{extra}]'")


class ToolchainMissingError(CodegymError):
    """A compiler or interpreter is not installed.

    Args:
        program: The program that was looked for.
        language: Title of the language that needs it.
        install: The line that installs it on Debian and Ubuntu.
        host: The machine that lacks it; empty: this one.
    """

    def __init__(self, program: str, language: str, install: str, host: str = "") -> None:
        self.program, self.language, self.install = program, language, install
        where = f"the PATH of {host}" if host else "the PATH"
        super().__init__(f"{language} needs {program!r}, which is not on {where}. Install it with: {install}")


class IsolationError(CodegymError):
    """This host cannot keep untrusted code apart, so nothing is compiled or run on it.

    Args:
        failures: One line for each layer of isolation: its name and why it is not to be had.
        host: The machine; empty: this one.
    """

    def __init__(self, failures: Iterable[str], host: str = "") -> None:
        self.failures = tuple(failures)
        super().__init__(
            f"Programs are hostile, and {host or 'this host'} cannot isolate them. {'; '.join(self.failures)}. "
            "Only where the whole machine may be lost, ask for isolation='none' (or set CODEGYM_ISOLATION=none)."
        )


class InvalidActionError(CodegymError, ValueError):
    """An action outside the action space."""


class DeviceError(CodegymError):
    """A GPU that fails or disappears while it computes; what was saved before is not lost."""


class ClusterError(CodegymError):
    """A cluster that is not there, or whose machines fail again and again."""


class JudgeError(CodegymError):
    """The judge failed, repeatedly: nothing is known about the program."""
