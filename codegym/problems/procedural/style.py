"""Surface style: the same program, as another programmer would have written it.

`restyle` rewrites a program without changing what it does: counted loops become `while` loops, branches that
return become conditional expressions or the other way round, guards replace nesting. It knows no language;
every emitter calls it first, then adds the choices of its own language.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names

_OPPOSITE: dict[str, ir.BinaryOperator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED: dict[str, ir.BinaryOperator] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def restyle(program: ir.Program) -> ir.Program:
    """Returns a program that does the same, in the style that `program.style_seed` decides."""
    choices = random.Random(program.style_seed)
    functions = tuple(_Rewriter(choices, function).function(function) for function in program.functions)
    main = _Rewriter(choices, dataclasses.replace(program, functions=())).block(program.main)
    return dataclasses.replace(program, functions=functions, main=main)


def negate(condition: ir.Expression) -> ir.Expression:
    """Returns the opposite of a condition, without a `not` where there is a shorter way."""
    match condition:
        case ir.Unary("not", operand):
            return operand
        case ir.Binary(operator, left, right) if operator in _OPPOSITE:
            return ir.Binary(_OPPOSITE[operator], left, right, ir.BOOL)
        case ir.Constant(bool(value)):
            return ir.Constant(not value, ir.BOOL)
    return ir.Unary("not", condition, ir.BOOL)


def assigned_names(node: Any) -> set[str]:
    """Returns the variables that are assigned, or whose contents change, under a node."""
    names: set[str] = set()
    for inner in ir.walk(node):
        match inner:
            case ir.Assign(target) | ir.Augment(target):
                places: tuple[ir.Expression, ...] = (target,)
            case ir.AssignPair(first, second):
                places = (first, second)
            case ir.Append(collection) | ir.Pop(collection):
                places = (collection,)
            case ir.Call(_, arguments):
                # A function may change the arrays that it is given.
                places = tuple(a for a in arguments if a.type.kind in ("array", "list", "map"))
            case _:
                continue
        for place in places:
            while isinstance(place, ir.Index):
                place = place.collection
            if isinstance(place, ir.Variable):
                names.add(place.name)
    return names


def used_names(node: Any) -> set[str]:
    """Returns the variables whose values are used under a node."""
    return {inner.name for inner in ir.walk(node) if isinstance(inner, ir.Variable)}


def jumps(block: ir.Block, kind: type[ir.Break] | type[ir.Continue]) -> bool:
    """Whether a block holds a `break` or `continue` that belongs to the loop around the block."""
    for statement in block:
        if isinstance(statement, kind):
            return True
        if isinstance(statement, ir.If) and (jumps(statement.then, kind) or jumps(statement.otherwise, kind)):
            return True
    return False


class _Rewriter:
    """Rewrites one function or the main part; how often each rule is used is drawn once for all of it."""

    def __init__(self, choices: random.Random, scope: ir.Function | ir.Program) -> None:
        self._random = choices
        self._declared = declared_names(scope)
        self._while_rate = choices.choice((0.0, 0.0, 0.0, 0.15, 0.5))
        self._index_rate = choices.choice((0.0, 0.0, 0.1, 0.5))
        self._plain_rate = choices.choice((0.0, 0.0, 0.0, 0.1, 0.8))
        self._mirror_rate = choices.choice((0.0, 0.0, 0.05, 0.2))
        self._guard_rate = choices.choice((0.0, 0.1, 0.3))
        self._shortcut_rate = choices.choice((0.1, 0.4, 0.8))

    def function(self, function: ir.Function) -> ir.Function:
        return dataclasses.replace(function, body=self.block(function.body))

    def block(self, block: ir.Block) -> ir.Block:
        statements: list[ir.Statement] = []
        for statement in block:
            statements.extend(self._statement(statement))
        return self._returns(tuple(statements))

    def _chance(self, rate: float) -> bool:
        return self._random.random() < rate

    def _expression(self, node: Any) -> Any:
        if not self._mirror_rate:
            return node
        node = ir.map_children(node, self._expression)
        if isinstance(node, ir.Binary) and node.operator in _MIRRORED and self._chance(self._mirror_rate):
            return ir.Binary(_MIRRORED[node.operator], node.right, node.left, ir.BOOL)
        return node

    def _statement(self, node: ir.Statement) -> tuple[ir.Statement, ...]:
        match node:
            case ir.If(condition, then, otherwise):
                return (self._if(ir.If(self._expression(condition), self.block(then), self.block(otherwise))),)
            case ir.ForRange(variable, start, stop, step, body):
                loop = ir.ForRange(
                    variable, self._expression(start), self._expression(stop), step, self._loop_body(body)
                )
                return self._for_range(loop)
            case ir.ForEach(variable, type_, iterable, body):
                return (self._for_each(ir.ForEach(variable, type_, self._expression(iterable), self._loop_body(body))),)
            case ir.While(condition, body):
                return (ir.While(self._expression(condition), self._loop_body(body)),)
            case ir.Augment(target, operator, value) if isinstance(target, ir.Variable) and self._chance(
                self._plain_rate
            ):
                return (ir.Assign(target, ir.Binary(operator, target, self._expression(value), target.type)),)
        return (self._expression(node),)

    def _if(self, node: ir.If) -> ir.Statement:
        match node:
            case ir.If(condition, (ir.Assign(first, then),), (ir.Assign(second, otherwise),)) if (
                first == second and self._chance(self._shortcut_rate * 0.5)
            ):
                return ir.Assign(first, ir.Conditional(condition, then, otherwise, first.type))
            case ir.If(condition, (ir.If(inner, then, ()),), ()) if self._chance(self._shortcut_rate):
                return ir.If(ir.Binary("and", condition, inner, ir.BOOL), then)
            case ir.If(condition, then, otherwise) if (
                len(otherwise) > 0 and not isinstance(otherwise[0], ir.If) and self._chance(self._guard_rate * 0.3)
            ):
                return ir.If(negate(condition), otherwise, then)
        return node

    def _loop_body(self, body: ir.Block) -> ir.Block:
        rewritten = self.block(body)
        match rewritten:
            case (ir.If(condition, then, ()),) if len(then) > 1 and self._chance(self._guard_rate):
                if not isinstance(then[-1], ir.Break | ir.Return | ir.Continue):
                    return (ir.If(negate(condition), (ir.Continue(),)), *then)
        return rewritten

    def _for_range(self, loop: ir.ForRange) -> tuple[ir.Statement, ...]:
        # The counter moves into the enclosing block, so its name must be declared nowhere else.
        alone = self._declared.count(loop.variable) == 1
        steady = not used_names(loop.stop) & assigned_names(loop.body) and not has_calls(loop.stop)
        if not (alone and steady) or jumps(loop.body, ir.Continue) or not self._chance(self._while_rate):
            return (loop,)
        if loop.body and isinstance(loop.body[-1], ir.Break | ir.Return):
            return (loop,)
        counter = ir.Variable(loop.variable, ir.INT)
        forward = loop.step > 0
        test = ir.Binary("<" if forward else ">", counter, loop.stop, ir.BOOL)
        match loop.stop:
            case ir.Binary("+", bound, ir.Constant(1)) if forward:
                test = ir.Binary("<=", counter, bound, ir.BOOL)
        step = ir.Augment(counter, "+" if forward else "-", ir.Constant(abs(loop.step), ir.INT))
        return ir.Declare(loop.variable, ir.INT, loop.start), ir.While(test, (*loop.body, step))

    def _for_each(self, loop: ir.ForEach) -> ir.Statement:
        collection = loop.iterable
        if not isinstance(collection, ir.Variable) or not self._chance(self._index_rate):
            return loop
        if collection.name in assigned_names(loop.body):
            return loop
        index = next((name for name in ("i", "idx", "j", "p") if name not in self._declared), None)
        if index is None:
            return loop
        self._declared.append(index)
        element = ir.Index(collection, ir.Variable(index, ir.INT), loop.type)
        length = ir.Builtin("len", (collection,), ir.INT)
        body = (ir.Declare(loop.variable, loop.type, element), *loop.body)
        return ir.ForRange(index, ir.Constant(0, ir.INT), length, 1, body)

    def _returns(self, block: ir.Block) -> ir.Block:
        """Rewrites a block that ends in a choice between two results."""
        match block:
            case (*before, ir.If(condition, (ir.Return(value),), ()), ir.Return(other)) if value and other:
                pass
            case _:
                return block
        if value == ir.Constant(True, ir.BOOL) and other == ir.Constant(False, ir.BOOL):
            if self._chance(self._shortcut_rate):
                return (*before, ir.Return(condition))
        elif value == ir.Constant(False, ir.BOOL) and other == ir.Constant(True, ir.BOOL):
            if self._chance(self._shortcut_rate):
                return (*before, ir.Return(negate(condition)))
        elif self._chance(self._shortcut_rate * 0.4):
            return (*before, ir.Return(ir.Conditional(condition, value, other, value.type)))
        elif self._chance(self._guard_rate * 0.6):
            return (*before, ir.If(condition, (ir.Return(value),), (ir.Return(other),)))
        return block


def has_calls(node: Any) -> bool:
    """Whether one of the program's functions is called under a node."""
    return any(isinstance(inner, ir.Call) for inner in ir.walk(node))


def is_widening(node: ir.Expression) -> bool:
    """Whether an expression makes a float of an integer."""
    return isinstance(node, ir.Builtin) and node.builtin == "float"


def narrowed(node: ir.Expression) -> ir.Expression:
    """Returns an expression without its conversion to a float, for where a language converts by itself."""
    match node:
        case ir.Builtin("float", (number,)):
            return number
    return node


def is_integral(node: ir.Expression) -> bool:
    """Whether a side of an operation of floats may be printed as an integer, if the other side is not one."""
    return isinstance(node, ir.Constant) or is_widening(node)


def shown(part: ir.Expression) -> ir.Expression:
    """Returns what stands in a pattern for a part of a text: of a number with decimals the number."""
    match part:
        case ir.Builtin("fixed", (number, _)):
            return number
    return part


def spaced(parts: Sequence[ir.Expression]) -> tuple[ir.Expression, ...]:
    """Returns what is printed, with spaces between, as pieces of one text; constants that meet are one."""
    pieces: list[ir.Expression] = []
    for part in parts:
        inner = part.parts if isinstance(part, ir.Format) else (part,)
        for piece in (ir.Constant(" ", ir.STR), *inner) if pieces else inner:
            last = pieces[-1] if pieces else None
            if isinstance(piece, ir.Constant) and piece.type == ir.STR and isinstance(last, ir.Constant):
                pieces[-1] = ir.Constant(f"{last.value}{piece.value}", ir.STR)
            else:
                pieces.append(piece)
    return tuple(pieces)
