"""What programmers call their variables: for each name that families use, others that would fit as well."""

from __future__ import annotations

from typing import Any

import numpy as np

from codegym.problems.procedural import program as ir

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "n": ("n", "num", "number", "value"),
    "m": ("m", "limit", "bound", "upper"),
    "k": ("k", "t"),
    "x": ("x", "item", "value", "element", "v"),
    "y": ("y", "other", "w"),
    "i": ("i", "i", "idx", "pos"),
    "j": ("j", "j", "col", "inner"),
    "d": ("d", "divisor", "i", "candidate"),
    "xs": ("xs", "values", "numbers", "nums", "data", "arr", "items"),
    "ys": ("ys", "others", "right", "second_list"),
    "total": ("total", "result", "acc", "sum_so_far", "answer", "s"),
    "count": ("count", "counter", "cnt", "hits", "amount"),
    "best": ("best", "top", "best_so_far", "record"),
    "result": ("result", "res", "answer", "out", "output"),
    "answer": ("answer", "ans", "result", "outcome"),
    "digit": ("digit", "d", "last", "rest"),
    "current": ("current", "cur", "now", "running"),
    "previous": ("previous", "prev", "before", "last_seen"),
    "text": ("text", "s", "line", "word", "source"),
    "ch": ("ch", "c", "letter", "symbol"),
    "word": ("word", "w", "token", "term"),
    "words": ("words", "tokens", "parts", "terms"),
    "counts": ("counts", "frequency", "freq", "occurrences", "tally"),
    "seen": ("seen", "visited", "known"),
    "grid": ("grid", "matrix", "board", "table"),
    "row": ("row", "line_values", "row_values"),
    "r": ("r", "row_index", "i"),
    "c": ("c", "col", "column", "j"),
    "rows": ("rows", "height", "row_count"),
    "columns": ("columns", "cols", "width", "column_count"),
    "left": ("left", "lo", "low", "l"),
    "right": ("right", "hi", "high"),
    "middle": ("middle", "mid", "center"),
    "target": ("target", "wanted", "goal", "needle"),
    "dp": ("dp", "ways", "memo", "f"),
    "stack": ("stack", "pending", "open_items"),
    "steps": ("steps", "rounds", "moves", "turns"),
    "limit": ("limit", "maximum", "cap", "threshold"),
    "length": ("length", "size", "n_items"),
    "value": ("value", "val", "v", "entry"),
    "score": ("score", "points", "rating"),
    "found": ("found", "ok", "hit"),
    "key": ("key", "k", "name_key"),
    "state": ("state", "mode", "phase"),
    "shift": ("shift", "offset", "key_shift"),
    "run": ("run", "streak", "run_length"),
    "position": ("position", "pos", "place", "where"),
    "balance": ("balance", "account", "funds"),
    "first": ("first", "s"),
    "second": ("second", "t"),
    "weight": ("weight", "factor", "coefficient"),
    "amount": ("amount", "change", "delta"),
    "sign": ("sign", "direction", "flip"),
    "size": ("size", "n", "length", "count_of_items"),
}

_RESERVED = frozenset(
    (  # noqa: SIM905  # a list of two hundred literals says no more
        "and as assert async await break class continue def del elif else except finally for from "
        "global if import in is lambda nonlocal not or pass raise return try while with yield match "
        "case type abstract boolean byte catch char const default do double enum extends final float "
        "goto implements instanceof int interface long native new null package private protected "
        "public short static strictfp super switch synchronized this throw throws transient void "
        "volatile var record true false abs min max sum len list dict set str input print range "
        "sorted map ord chr bool sys out err args main reader scanner line_reader tokenizer format "
        "filter any all next iter id hash auto signed unsigned struct union typedef sizeof extern "
        "register namespace using template typename string vector object ref params decimal lock "
        "event delegate operator function echo array isset empty unset fn"
    ).split()  # a list of two hundred literals says no more
)


def choose_names(program: ir.Program, generator: np.random.Generator) -> ir.Program:
    """Returns the program with a fitting name, drawn from the synonyms, for each of its variables."""
    functions = {function.name for function in program.functions}
    roles = dict.fromkeys(declared_names(program))
    taken = functions | set(roles)
    chosen: dict[str, str] = {}
    for role in roles:
        synonyms = _SYNONYMS.get(role, ())
        if not synonyms or generator.random() < 0.35:
            continue
        name = synonyms[int(generator.integers(len(synonyms)))]
        if name not in taken and name not in _RESERVED:
            taken.add(name)
            chosen[role] = name
    return ir.rename(program, {}, chosen)


def terse_names(program: ir.Program) -> ir.Program:
    """Returns the program with a letter, then a letter and a number, for each of its variables, in their order."""
    functions = {function.name for function in program.functions}
    letters = (letter + number for number in ("", *map(str, range(1, 100))) for letter in "abcdeghmnpqrstuvwxyz")
    free = (name for name in letters if name not in functions and name not in _RESERVED)
    return ir.rename(program, {}, dict(zip(dict.fromkeys(declared_names(program)), free, strict=False)))


def is_reserved(name: str) -> bool:
    """Whether a name means something in a language, so that no program may use it for its own."""
    return name in _RESERVED


def declared_names(node: ir.Node) -> list[str]:
    """Returns the variables and parameters that are declared under a node, in the order of the text."""
    names: list[str] = []
    waiting: list[Any] = [node]
    while waiting:
        inner = waiting.pop()
        field = _DECLARING.get(type(inner))
        if field == "names":
            names.extend(inner.names)
        elif field is not None:
            names.append(getattr(inner, field))
        for block in _BLOCKS.get(type(inner), ()):  # the last first, as they are taken from the end
            waiting.extend(reversed(getattr(inner, block)))
    return names


_DECLARING = {
    ir.ReadInts: "names",
    ir.ReadFloats: "names",
    ir.ForRange: "variable",
    ir.ForEach: "variable",
    **dict.fromkeys(
        (ir.Declare, ir.Parameter, ir.ReadArray, ir.ReadWords, ir.ReadGrid, ir.ReadRecords, ir.ReadLine), "name"
    ),
}
"""The nodes that declare variables, and the field that holds the name or the names."""

_BLOCKS: dict[type[ir.Node], tuple[str, ...]] = {
    ir.Program: ("main", "functions"),
    ir.Function: ("body", "parameters"),
    ir.If: ("otherwise", "then"),
    ir.ForRange: ("body",),
    ir.ForEach: ("body",),
    ir.While: ("body",),
}
"""The nodes that hold others that may declare something, and the fields that hold them, from the last to the first."""
