"""Leaves out of a program what nobody would have written: functions, records and variables that nothing looks at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.style import has_calls, negate


def tidy(program: ir.Program) -> ir.Program:
    """Returns a program that prints the same, without what nothing in it depends on."""
    tidied = dataclasses.replace(
        program,
        functions=tuple(
            dataclasses.replace(function, body=_tidy_block(function.body)) for function in program.functions
        ),
        main=_tidy_block(program.main),
    )
    return _without_idle(tidied)


def _without_idle(program: ir.Program) -> ir.Program:
    called = _called(program.main)
    kept: list[ir.Function] = []
    for function in reversed(program.functions):  # a function is called by those behind it
        if function.name in called:
            called |= _called(function.body)
            kept.insert(0, function)
    whole = dataclasses.replace(program, functions=tuple(kept))
    if len(kept) == len(program.functions) and not program.records:
        return whole
    used = {type_.name for type_ in _types(whole)}
    return dataclasses.replace(whole, records=tuple(record for record in program.records if record.name in used))


def _called(block: ir.Block) -> set[str]:
    return {node.function for node in ir.walk(block) if isinstance(node, ir.Call)}


def _types(program: ir.Program) -> Iterator[ir.Type]:
    for node in ir.walk((*program.functions, *program.main)):
        waiting = [node.result] if isinstance(node, ir.Function) else [getattr(node, "type", None)]
        while waiting:
            type_ = waiting.pop()
            if type_ is not None:
                yield type_
                waiting += [type_.element, type_.key]


def _tidy_block(block: ir.Block) -> ir.Block:
    while unread := _written(block) - _read_names(block) - _set_by_calls(block):
        smaller = _without(block, unread)
        if smaller == block:
            break
        block = smaller
    return block


def _written(block: ir.Block) -> set[str]:
    """Returns the plain variables that a block declares by itself, not from the input."""
    return {node.name for node in ir.walk(block) if isinstance(node, ir.Declare) and node.type.kind in _PLAIN}


def _set_by_calls(block: ir.Block) -> set[str]:
    """Returns the variables whose values come from calls, which may do more than return something."""
    names: set[str] = set()
    for node in ir.walk(block):
        match node:
            case (
                ir.Declare(name, _, value)
                | ir.Assign(ir.Variable(name), value)
                | ir.Augment(ir.Variable(name), _, value)
            ) if has_calls(value):
                names.add(name)
    return names


_PLAIN = ("int", "float", "bool", "char", "str", "record")


def _read_names(node: Any) -> set[str]:
    """Returns the variables whose values something depends on, other than the variable's own next value."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        match inner:
            case ir.Variable(name):
                names.add(name)
            case ir.Assign(ir.Variable(name), value) | ir.Augment(ir.Variable(name), _, value):
                names |= _read_names(value) - {name}
            case _:
                waiting.extend(ir.children(inner))
    return names


def _without(block: ir.Block, names: set[str]) -> ir.Block:
    """Returns a block without these variables, and without branches and loops that did nothing else."""
    kept: list[ir.Statement] = []
    for node in block:
        match node:
            case ir.Declare(name) | ir.Assign(ir.Variable(name)) | ir.Augment(ir.Variable(name)) if name in names:
                continue
            case ir.If(condition, then, otherwise):
                branch = _branch(condition, _without(then, names), _without(otherwise, names))
                kept.extend(branch)
            case ir.ForRange() | ir.ForEach():
                body = _without(node.body, names)
                if _acts(body) or has_calls(node):
                    kept.append(dataclasses.replace(node, body=body) if _acts(body) else node)
            case ir.While():
                body = _without(node.body, names)
                kept.append(dataclasses.replace(node, body=body) if _acts(body) else node)
            case _:
                kept.append(node)
    return tuple(kept)


def _branch(condition: ir.Expression, then: ir.Block, otherwise: ir.Block) -> ir.Block:
    if _acts(then):
        return (ir.If(condition, then, otherwise if _acts(otherwise) else ()),)
    if _acts(otherwise):
        return (ir.If(negate(condition), otherwise),)
    return (ir.If(condition, then, otherwise),) if has_calls(condition) and then else ()


def _acts(block: ir.Block) -> bool:
    return any(not isinstance(node, ir.Comment) for node in block)
