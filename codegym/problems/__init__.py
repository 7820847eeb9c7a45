"""Where problems come from: real code, data sets, and a generator that never ends.

`load` opens any of them by name. To add a data set, write one module here and one row of `_SETS`.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.languages.base import load_object
from codegym.problems.base import Card, InMemoryProblems, ProblemSet

# Two of these functions are named like their modules. Imported here, once and for all, the names mean the
# functions: a module that is imported for the first time later would take its name over.
from codegym.problems.procedural import procedural
from codegym.problems.source import source_tree
from codegym.problems.xlcost import xlcost

__all__ = [
    "Card",
    "InMemoryProblems",
    "ProblemSet",
    "card",
    "load",
    "names",
    "procedural",
    "source_tree",
    "takes",
    "xlcost",
]

_SETS: Final[Mapping[str, str]] = {
    "apps": "codegym.problems.apps:apps",
    "codesearchnet": "codegym.problems.codesearchnet:codesearchnet",
    "codexglue_refinement": "codegym.problems.codexglue_refinement:codexglue_refinement",
    "codexglue_translation": "codegym.problems.codexglue_translation:codexglue_translation",
    "humaneval": "codegym.problems.humaneval:humaneval",
    "humaneval_c": "codegym.problems.humaneval_c:humaneval_c",
    "humaneval_infilling": "codegym.problems.humaneval_infilling:humaneval_infilling",
    "humaneval_x": "codegym.problems.humaneval_x:humaneval_x",
    "humanevalpack": "codegym.problems.humanevalpack:humanevalpack",
    "introclass": "codegym.problems.introclass:introclass",
    "jsonl": "codegym.problems.jsonl:jsonl",
    "mbpp": "codegym.problems.mbpp:mbpp",
    "mbxp": "codegym.problems.mbxp:mbxp",
    "mceval": "codegym.problems.mceval:mceval",
    "multilingual_humaneval": "codegym.problems.multilingual_humaneval:multilingual_humaneval",
    "multipl_e": "codegym.problems.multipl_e:multipl_e",
    "procedural": "codegym.problems.procedural:procedural",
    "quixbugs": "codegym.problems.quixbugs:quixbugs",
    "source": "codegym.problems.source:source_tree",
    "stdlib": "codegym.problems.source:stdlib",
    "transcoder_gfg": "codegym.problems.transcoder_gfg:transcoder_gfg",
    "xlcost": "codegym.problems.xlcost:xlcost",
}
"""Name of each problem set to the function that opens it, looked up when it is asked for.

Such a function takes `split`, and `language` or `languages`; `path` if it reads from a folder; and whatever
options it documents. It returns a `ProblemSet`.
"""


def names() -> tuple[str, ...]:
    """Returns the names that `load` knows, sorted."""
    return tuple(sorted(_SETS))


def card(name: str) -> Card:
    """Returns what a problem set is, without reading it.

    Raises:
        UnknownNameError: There is no set of that name.
    """
    if name not in _SETS:
        raise UnknownNameError("problem set", name, _SETS)
    function = load_object(_SETS[name])
    known = getattr(inspect.getmodule(function), "CARD", None)
    if isinstance(known, Card) and known.name == name:
        return known
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Card(name, summary, "see the card of what is opened", "", "")


def takes(name: str, argument: str) -> bool:
    """Whether a problem set takes an argument: `"path"`, `"verify"`, `"sources"` ...

    Raises:
        UnknownNameError: There is no set of that name.
    """
    if name not in _SETS:
        raise UnknownNameError("problem set", name, _SETS)
    return argument in inspect.signature(load_object(_SETS[name])).parameters


def load(
    name: str | os.PathLike[str],
    *,
    language: str,
    split: str = "train",
    path: str | Path | None = None,
    **options: object,
) -> ProblemSet:
    """Opens a problem set.

    Args:
        name: `"procedural"` (endless, generated), `"stdlib"` (the functions of Python's standard library),
            `"source"` (the functions of the code in `path`), `"jsonl"` (your own, see `codegym.problems.jsonl`), a
            data set's name (`names()`), or a path: of a folder of code, which is short for `"source"` with that path,
            or of a file that ends in `.jsonl` or `.jsonl.gz`. A set's name may be followed by its options, several
            values with commas between: `"procedural?difficulty=0.8,1&families=primes,"`.
        language: The language that the answers are written in.
        split: `"train"`, `"validation"` or `"test"`.
        path: Where the data is, for sets that read from a folder.
        **options: What else the set takes: `min_tokens=` for a source tree, `difficulty=` for the procedural.

    Raises:
        UnknownNameError: There is no set of that name, no such language, or no such split.
        ConfigurationError: The set does not take one of the arguments.
        DataError: The data is missing or broken.
    """
    name = os.fspath(name)
    base, question_mark, query = name.partition("?")
    if question_mark and base in _SETS:
        name, options = base, _options(query) | options
    if name not in _SETS:
        if not _is_path(name):
            raise UnknownNameError(
                "problem set", name, _SETS, "A path to a folder of code or to a .jsonl file is accepted as well."
            )
        if path is not None:
            raise ConfigurationError(f"problems={name!r} is a path already; leave path={str(path)!r} out.")
        name, path = "jsonl" if name.endswith((".jsonl", ".jsonl.gz")) else "source", Path(name)
    function = cast("Callable[..., ProblemSet]", load_object(_SETS[name]))
    accepted = inspect.signature(function).parameters
    arguments: dict[str, Any] = {"split": split, **options}
    arguments |= {"languages": (language,)} if "languages" in accepted else {"language": language}
    if path is not None:
        arguments["path"] = path
    if refused := sorted(arguments.keys() - accepted.keys()):
        raise ConfigurationError(
            f"Problem set {name!r} does not take {', '.join(refused)}. It takes: {', '.join(accepted)}."
        )
    return function(**arguments)


def _options(query: str) -> dict[str, object]:
    """Returns the options that stand behind a problem set's name."""
    options: dict[str, object] = {}
    for part in query.split("&"):
        key, equals, text = part.partition("=")
        if not equals or not key.isidentifier():
            raise ConfigurationError(f"{part!r} is not option=value, as in 'procedural?difficulty=0.8,1'.")
        values = [_value(one) for one in text.split(",") if one]
        options[key] = tuple(values) if "," in text else _value(text)
    return options


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_path(name: str) -> bool:
    return "/" in name or os.sep in name or name in (".", "..", "~") or os.path.exists(name)  # noqa: PTH110  # Path's raises for names that are too long
