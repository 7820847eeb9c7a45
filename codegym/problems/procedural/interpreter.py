"""The oracle: what a procedural program prints.

A program is turned into a tree of closures once and can then be run on many inputs. The interpreter is
strict: it stops at anything that languages could disagree about (see
`codegym.problems.procedural.program`).
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from codegym.errors import CodegymError
from codegym.problems.procedural import program as ir

STEP_LIMIT = 200_000

Frame: TypeAlias = dict[str, Any]
Evaluator: TypeAlias = Callable[[Frame], Any]
Executor: TypeAlias = Callable[[Frame], int]

_NORMAL, _BREAK, _CONTINUE, _RETURN = range(4)
_RESULT = "<result>"
_LOW, _HIGH = -(2**31), 2**31 - 1
_ENDLESS = "The program does not end within its steps."
_NEAR, _FLOAT_LIMIT = 1e-9, 1e12


class ExecutionError(CodegymError):
    """A program did something that is not defined in all languages, or ran for too long."""


class RoundingError(ExecutionError):
    """For this input, what the program prints depends on how floats are rounded; others may be fine."""


def run(program: ir.Program, stdin: str, step_limit: int = STEP_LIMIT) -> str:
    """Returns what the program prints for an input.

    Args:
        program: What to run.
        stdin: The whole input.
        step_limit: The most turns of loops and calls of functions, together.

    Raises:
        ExecutionError: The limit is reached, an integer leaves 32 bits, an index is out of range ...
    """
    return Interpreter(program)(stdin, step_limit)


class Interpreter:
    """One program, ready to run on any number of inputs."""

    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._functions: dict[str, tuple[tuple[str, ...], Executor]] = {}
        self._steps = 0
        self._lines: list[str] = []
        self._position = 0
        self._output: list[str] = []
        for function in program.functions:
            # Registered first, so that the function can call itself.
            self._functions[function.name] = (tuple(p.name for p in function.parameters), _nothing)
            body = self._block(function.body)
            self._functions[function.name] = (tuple(p.name for p in function.parameters), body)
        self._main = self._block(program.main)

    def __call__(self, stdin: str, step_limit: int = STEP_LIMIT) -> str:
        """Returns what the program prints for `stdin`; raises as `run` does."""
        self._steps = step_limit
        self._lines, self._position, self._output = stdin.split("\n"), 0, []
        try:
            self._main({})
        except RecursionError as error:
            raise ExecutionError("The program recurses too deeply.") from error
        except (LookupError, ValueError) as error:
            raise ExecutionError(f"The program failed: {error!r}.") from error
        return "".join(self._output)

    def _line(self) -> str:
        if self._position >= len(self._lines):
            raise ExecutionError("The program reads more lines than the input has.")
        self._position += 1
        return self._lines[self._position - 1]

    # Expressions.

    def _expression(self, node: ir.Expression) -> Evaluator:
        match node:
            case ir.Constant(value):
                return lambda frame: value
            case ir.Variable(name):
                return operator.itemgetter(name)
            case ir.Unary("not", operand):
                inner = self._expression(operand)
                return lambda frame: not inner(frame)
            case ir.Unary(_, operand):
                inner = self._expression(operand)
                return (lambda frame: _bounded(-inner(frame))) if node.type == ir.INT else lambda frame: -inner(frame)
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                test, first, second = map(self._expression, (condition, then, otherwise))
                return lambda frame: first(frame) if test(frame) else second(frame)
            case ir.Call():
                return self._call(node)
            case ir.Builtin(name, arguments):
                evaluators = [self._expression(argument) for argument in arguments]
                builtin = (
                    _BUILTINS[name] if arguments[0].type.element != ir.FLOAT else _FLOATS.get(name, _BUILTINS[name])
                )
                if len(evaluators) == 1:
                    only = evaluators[0]
                    return lambda frame: builtin(only(frame))
                return lambda frame: builtin(*[evaluate(frame) for evaluate in evaluators])
            case ir.Index(collection, index):
                whole, position = self._expression(collection), self._expression(index)
                if collection.type.kind == "map":
                    return lambda frame: whole(frame)[position(frame)]
                return lambda frame: whole(frame)[_natural(position(frame))]
            case ir.Format(parts):
                evaluators = [self._expression(part) for part in parts]
                return lambda frame: "".join([str(evaluate(frame)) for evaluate in evaluators])
            case ir.Display(elements, type_):
                evaluators = [self._expression(element) for element in elements]
                if type_.kind == "map":
                    return lambda frame: {}
                return lambda frame: [evaluate(frame) for evaluate in evaluators]
            case ir.Filled(value_node, count):
                fill, number = self._expression(value_node), self._expression(count)
                return lambda frame: [fill(frame) for _ in range(_natural(number(frame)))]
            case ir.Construct(arguments):
                evaluators = [self._expression(argument) for argument in arguments]
                return lambda frame: tuple([evaluate(frame) for evaluate in evaluators])
            case ir.Field(owner, field):
                record, place = self._expression(owner), self._position_of(owner.type, field)
                return lambda frame: record(frame)[place]
            case ir.Ordered(records, keys, type_):
                return self._ordered(
                    self._expression(records), [(self._position_of(type_.item, k.field), k) for k in keys]
                )

    def _position_of(self, record: ir.Type, field: str) -> int:
        return [parameter.name for parameter in self._program.fields(record)].index(field)

    def _ordered(self, records: Evaluator, keys: list[tuple[int, ir.SortKey]]) -> Evaluator:
        def rank(record: tuple[Any, ...]) -> list[Any]:
            return [-record[position] if key.descending else record[position] for position, key in keys]

        def order(frame: Frame) -> list[Any]:
            items = sorted(records(frame), key=rank)
            for one, other in itertools.pairwise(items):
                if rank(one) == rank(other) and one != other:
                    raise ExecutionError(f"Different records, {one} and {other}, have the same place in the order.")
                for position, key in keys:
                    gap = abs(one[position] - other[position]) if key.type == ir.FLOAT else 0.0
                    if 0.0 < gap <= _NEAR * max(1.0, abs(one[position])):
                        raise RoundingError(f"Which of {one} and {other} comes first depends on rounding.")
            return items

        return order

    def _binary(self, node: ir.Binary) -> Evaluator:
        left, right = self._expression(node.left), self._expression(node.right)
        name = node.operator
        if name == "and":
            return lambda frame: left(frame) and right(frame)
        if name == "or":
            return lambda frame: left(frame) or right(frame)
        if name in _COMPARISONS:
            compare = _COMPARISONS[name]
            if node.left.type == ir.FLOAT:
                return lambda frame: compare(*_apart(left(frame), right(frame)))
            if isinstance(node.right, ir.Constant):
                constant = node.right.value
                return lambda frame: compare(left(frame), constant)
            return lambda frame: compare(left(frame), right(frame))
        if node.type == ir.STR:
            return lambda frame: left(frame) + right(frame)
        if node.type == ir.FLOAT:
            calculation = _FLOAT_ARITHMETIC[name]
            return lambda frame: _finite(calculation(left(frame), right(frame)))
        if name in ("//", "%") and isinstance(node.right, ir.Constant):
            divide, divisor = _DIVISIONS[name], _positive(int(node.right.value))
            return lambda frame: divide(_natural(left(frame)), divisor)
        arithmetic = _ARITHMETIC[name]

        def calculate(frame: Frame) -> int:
            value = arithmetic(left(frame), right(frame))
            if _LOW <= value <= _HIGH:
                return value
            return _bounded(value)

        return calculate

    def _call(self, node: ir.Call) -> Evaluator:
        arguments = [self._expression(argument) for argument in node.arguments]
        functions, name = self._functions, node.function
        names = functions[name][0]

        def call(frame: Frame) -> Any:
            self._steps -= 1
            if self._steps < 0:
                raise ExecutionError(_ENDLESS)
            inner = {parameter: argument(frame) for parameter, argument in zip(names, arguments, strict=True)}
            functions[name][1](inner)
            return inner.get(_RESULT)

        return call

    # Statements.

    def _block(self, block: ir.Block) -> Executor:
        statements = [self._statement(s) for s in block if not isinstance(s, ir.Comment)]
        if len(statements) == 1:
            return statements[0]

        def execute(frame: Frame) -> int:
            for statement in statements:
                signal = statement(frame)
                if signal:
                    return signal
            return _NORMAL

        return execute

    def _statement(self, node: ir.Statement) -> Executor:
        match node:
            case ir.Declare(name, _, value):
                return _store_name(name, self._expression(value))
            case ir.Assign(target, value):
                return self._store(target, self._expression(value))
            case ir.Augment(target, name, value):
                return self._store(target, self._binary(ir.Binary(name, target, value, target.type)))
            case ir.AssignPair():
                return self._pair(node)
            case ir.If(condition, then, otherwise):
                test, first, second = self._expression(condition), self._block(then), self._block(otherwise)
                return lambda frame: first(frame) if test(frame) else second(frame)
            case ir.ForRange() | ir.ForEach():
                return self._for(node)
            case ir.While(condition, body):
                return self._while(self._expression(condition), self._block(body))
            case ir.Break():
                return lambda frame: _BREAK
            case ir.Continue():
                return lambda frame: _CONTINUE
            case ir.Return(result):
                return self._return(result)
            case ir.Print(parts):
                return self._print([self._expression(part) for part in parts])
            case ir.Evaluate(call):
                return _for_effect(self._expression(call))
            case ir.Append(collection, value):
                target_list, item = self._expression(collection), self._expression(value)
                return _for_effect(lambda frame: target_list(frame).append(item(frame)))
            case ir.Pop(collection):
                target_list = self._expression(collection)
                return _for_effect(lambda frame: target_list(frame).pop())
            case ir.Comment():
                return _nothing
            case _:
                return self._read(node)

    def _store(self, target: ir.Variable | ir.Index, value: Evaluator) -> Executor:
        if isinstance(target, ir.Variable):
            return _store_name(target.name, value)
        whole, index = self._expression(target.collection), self._expression(target.index)
        is_map = target.collection.type.kind == "map"

        def execute(frame: Frame) -> int:
            collection, position = whole(frame), index(frame)
            if is_map:
                collection[position] = value(frame)
            else:
                collection[_natural(position)] = value(frame)
            return _NORMAL

        return execute

    def _pair(self, node: ir.AssignPair) -> Executor:
        first_value, second_value = self._expression(node.first_value), self._expression(node.second_value)
        first = self._store(node.first, lambda frame: frame["<first>"])
        second = self._store(node.second, lambda frame: frame["<second>"])

        def execute(frame: Frame) -> int:
            frame["<first>"], frame["<second>"] = first_value(frame), second_value(frame)
            return first(frame) or second(frame)

        return execute

    def _for(self, node: ir.ForRange | ir.ForEach) -> Executor:
        body, name = self._block(node.body), node.variable
        items = self._range(node) if isinstance(node, ir.ForRange) else self._expression(node.iterable)

        def execute(frame: Frame) -> int:
            for item in items(frame):
                self._steps -= 1
                if self._steps < 0:
                    raise ExecutionError(_ENDLESS)
                frame[name] = item
                signal = body(frame)
                if signal == _BREAK:
                    break
                if signal == _RETURN:
                    return _RETURN
            return _NORMAL

        return execute

    def _range(self, node: ir.ForRange) -> Evaluator:
        start, stop, stride = self._expression(node.start), self._expression(node.stop), node.step
        return lambda frame: range(start(frame), stop(frame), stride)

    def _while(self, condition: Evaluator, body: Executor) -> Executor:
        def execute(frame: Frame) -> int:
            while condition(frame):
                self._steps -= 1
                if self._steps < 0:
                    raise ExecutionError(_ENDLESS)
                signal = body(frame)
                if signal == _BREAK:
                    break
                if signal == _RETURN:
                    return _RETURN
            return _NORMAL

        return execute

    def _return(self, result: ir.Expression | None) -> Executor:
        if result is None:
            return lambda frame: _RETURN
        value = self._expression(result)

        def execute(frame: Frame) -> int:
            frame[_RESULT] = value(frame)
            return _RETURN

        return execute

    def _print(self, parts: list[Evaluator]) -> Executor:
        def execute(frame: Frame) -> int:
            self._output.append(" ".join([str(part(frame)) for part in parts]) + "\n")
            return _NORMAL

        return execute

    def _read(self, node: ir.Read) -> Executor:
        match node:
            case ir.ReadInts(names):

                def read(frame: Frame) -> None:
                    frame.update(zip(names, map(int, self._line().split()), strict=True))

            case ir.ReadLine(name):

                def read(frame: Frame) -> None:
                    frame[name] = self._line()

            case ir.ReadWords(name, count):
                number = self._expression(count)

                def read(frame: Frame) -> None:
                    frame[name] = _exactly(number(frame), self._line().split())

            case ir.ReadFloats(names):

                def read(frame: Frame) -> None:
                    frame.update(zip(names, map(float, self._line().split()), strict=True))

            case ir.ReadArray(name, count):
                number = self._expression(count)
                convert = _READERS[node.type.item.kind]

                def read(frame: Frame) -> None:
                    frame[name] = _exactly(number(frame), [convert(word) for word in self._line().split()])

            case ir.ReadRecords(name, type_, count):
                number = self._expression(count)
                converters = [_READERS[field.type.kind] for field in self._program.fields(type_.item)]

                def read(frame: Frame) -> None:
                    frame[name] = [
                        tuple([convert(word) for convert, word in zip(converters, self._line().split(), strict=True)])
                        for _ in range(_natural(number(frame)))
                    ]

            case ir.ReadGrid(name, rows, columns):
                height, width = self._expression(rows), self._expression(columns)

                def read(frame: Frame) -> None:
                    frame[name] = [
                        _exactly(width(frame), [int(word) for word in self._line().split()])
                        for _ in range(height(frame))
                    ]

        return _for_effect(read)


def _nothing(frame: Frame) -> int:
    return _NORMAL


def _store_name(name: str, value: Evaluator) -> Executor:
    def execute(frame: Frame) -> int:
        frame[name] = value(frame)
        return _NORMAL

    return execute


def _for_effect(effect: Callable[[Frame], object]) -> Executor:
    def execute(frame: Frame) -> int:
        effect(frame)
        return _NORMAL

    return execute


def _bounded(value: int) -> int:
    if _LOW <= value <= _HIGH:
        return value
    raise ExecutionError(f"The integer {value} does not fit into 32 bits.")


def _natural(value: int) -> int:
    if value < 0:
        raise ExecutionError(f"{value} is negative where languages disagree about negative integers.")
    return value


def _positive(value: int) -> int:
    if value <= 0:
        raise ExecutionError(f"The divisor {value} is not positive.")
    return value


def _exactly(count: int, items: list[Any]) -> list[Any]:
    if len(items) != count:
        raise ExecutionError(f"A line of the input has {len(items)} items, not {count}.")
    return items


def _slice(whole: Any, start: int, stop: int) -> Any:
    if not 0 <= start <= stop <= len(whole):
        raise ExecutionError(f"The slice from {start} to {stop} does not lie within {len(whole)} items.")
    return whole[start:stop]


def _split(text: str) -> list[str]:
    words = text.split(" ")
    if not all(words):
        raise ExecutionError("Only a text of words with single spaces between them can be split.")
    return words


def _shift(value: int, distance: int) -> int:
    if not 0 <= distance < 31:
        raise ExecutionError(f"A shift by {distance} is not defined.")
    return distance


# Floats. Sums may be rounded differently (Python adds up with a correction), so that a result is only used where a
# difference in its last digits changes nothing. What is a multiple of 2^-12 is taken to be exact.


def _finite(value: float) -> float:
    if abs(value) < _FLOAT_LIMIT:
        return value
    raise ExecutionError(f"The float {value} is too large.")


def _is_exact(value: float) -> bool:
    return (value * 4096.0).is_integer()


def _apart(left: float, right: float) -> tuple[float, float]:
    """Returns both numbers, of which is certain which is larger or that they are equal."""
    if abs(left - right) > _NEAR * max(1.0, abs(left)) or (left == right and _is_exact(left)):
        return left, right
    raise RoundingError(f"How {left} compares to {right} depends on rounding.")


def _divide(left: float, right: float) -> float:
    if abs(right) <= _NEAR:
        raise ExecutionError(f"{left} is divided by {right}.")
    return left / right


def _sum_floats(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    if total != math.fsum(values) and abs(total * 4096.0 - round(total * 4096.0)) < 4096.0 * _NEAR:
        raise RoundingError(f"Whether the sum is {total} depends on rounding.")
    return _finite(total)


def _truncate(value: float) -> int:
    if value != round(value) and abs(value - round(value)) <= _NEAR * max(1.0, abs(value)):
        raise RoundingError(f"Whether {value} reaches {round(value)} depends on rounding.")
    return _bounded(int(value))


def _square_root(value: float) -> float:
    if value < 0.0:
        raise ExecutionError(f"The square root of {value} is not defined.")
    return math.sqrt(value)


def _fixed(value: float, decimals: int) -> str:
    rest = abs(value) * 10.0**decimals % 1.0
    if abs(rest - 0.5) < 1e-6:
        raise RoundingError(f"{value} lies halfway between two numbers with {decimals} decimals.")
    text = f"{value:.{decimals}f}"
    if text.startswith("-") and not text.strip("-0."):
        raise RoundingError("Languages disagree about how a negative number is printed that is rounded to zero.")
    return text


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_DIVISIONS: dict[str, Callable[[int, int], int]] = {"//": operator.floordiv, "%": operator.mod}

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": lambda left, right: _natural(left) // _positive(right),
    "%": lambda left, right: _natural(left) % _positive(right),
    "&": lambda left, right: _natural(left) & _natural(right),
    "|": lambda left, right: _natural(left) | _natural(right),
    "^": lambda left, right: _natural(left) ^ _natural(right),
    "<<": lambda left, right: _natural(left) << _shift(left, right),
    ">>": lambda left, right: _natural(left) >> _shift(left, right),
}

_FLOAT_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
}

_READERS: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "str": str}

_FLOATS: dict[str, Callable[..., Any]] = {"sum": _sum_floats}

_BUILTINS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "floor_div": lambda value, divisor: value // _positive(divisor),
    "floor_mod": lambda value, divisor: value % _positive(divisor),
    "len": len,
    "sum": lambda values: _bounded(sum(values)),
    "smallest": min,
    "largest": max,
    "sorted": sorted,
    "keys": sorted,
    "copy": list,
    "slice": _slice,
    "reversed": lambda text: text[::-1],
    "contains": lambda part, whole: part in whole,
    "get": lambda mapping, key, default: mapping.get(key, default),
    "split": _split,
    "join": lambda separator, items: separator.join(map(str, items)),
    "upper": str.upper,
    "lower": str.lower,
    "is_digit": str.isdigit,
    "is_letter": str.isalpha,
    "is_upper": str.isupper,
    "is_lower": str.islower,
    "count": str.count,
    "ord": ord,
    "chr": chr,
    "text": str,
    "number": int,
    "float": float,
    "truncate": _truncate,
    "sqrt": _square_root,
    "fixed": _fixed,
}
