"""What printing a procedural program in C and in C++ has in common: statements, operators, layout, names."""

from __future__ import annotations

import dataclasses
import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import restyle, used_names

CONDITIONAL, EQUALITY, RELATION, SUM, PRODUCT, UNARY, ATOM = 1, 7, 8, 10, 11, 12, 14
_PRECEDENCE = {
    "or": 2,
    "and": 3,
    "|": 4,
    "^": 5,
    "&": 6,
    "==": EQUALITY,
    "!=": EQUALITY,
    "<": RELATION,
    "<=": RELATION,
    ">": RELATION,
    ">=": RELATION,
    "<<": 9,
    ">>": 9,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "//": PRODUCT,
    "%": PRODUCT,
}
_SPELLING = {"or": "||", "and": "&&", "//": "/"}
# Compilers warn of these without parentheses: && in ||, a comparison in a comparison, arithmetic in bit operations.
_EXPLICIT = {"or": ATOM, "&": UNARY, "|": UNARY, "^": UNARY, "<<": UNARY, ">>": UNARY, "==": 9, "!=": 9}

KEYWORDS = frozenset(
    (  # noqa: SIM905  # a list of a hundred literals says no more
        "alignas alignof and_eq asm auto bitand bitor bool break case catch char class compl concept const consteval "
        "constexpr constinit continue decltype default delete do double else enum explicit export extern false float "
        "for friend goto if inline int long mutable namespace new noexcept not_eq nullptr operator private protected "
        "public register requires restrict return short signed sizeof static struct switch template this throw true "
        "try typedef typeid typename typeof union unsigned using virtual void volatile while xor xor_eq"
    ).split()
)

# Functions of the C library's <math.h>, and of the ones that GCC takes for them.
MATHEMATICS = frozenset(
    (  # noqa: SIM905  # a list of words says no more
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp10 exp2 expm1 fabs "
        "fdim floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint llround log log10 log1p "
        "log2 logb lrint lround modf nan nearbyint nextafter pow pow10 remainder rint round scalb scalbn signbit "
        "significand sin sinh sqrt tan tanh tgamma trunc y0 y1 yn"
    ).split()
)

Text = tuple[str, int]
"""An expression and how strongly it binds."""


class Printer(ABC):
    """Prints one program; a language adds types, values, input and output.

    Args:
        program: The program.
        salt: Added to the program's style seed, so that languages choose independently of each other.
        camel_share: Share of the programs whose names are written `likeThis` and not `like_this`.
        reserved: Names that no function of the program may have.
    """

    _prints_in_order = False
    """Whether what a statement writes is evaluated from left to right."""

    def __init__(self, program: ir.Program, salt: int, camel_share: float, reserved: frozenset[str]) -> None:
        self._program = restyle(program)
        self._random = choices = random.Random(program.style_seed + salt)
        self._indent = choices.choice(("    ", "    ", "    ", "  "))
        self._braces = choices.choice(("attached", "attached", "attached", "functions below", "below"))
        self._camel = choices.random() < camel_share
        self._summaries = choices.choice(("none", "none", "line", "line", "block"))
        self._remarks = choices.random() < 0.35
        self._brief = choices.random() < 0.25
        self._increment = choices.choice(("after", "after", "before", "sum"))
        self._main_first = choices.random() < 0.15
        self._returns_zero = choices.random() < 0.85
        self._includes: set[str] = set()
        self._changing = changed_parameters(self._program)
        self._may_interfere = any(any(flags) for flags in self._changing.values())
        self._changed: frozenset[str] = frozenset()
        self._assigned: set[str] = set()
        self._avoided = KEYWORDS | (reserved & {function.name for function in program.functions})
        self._everywhere = {self._name(function.name) for function in program.functions}
        self._everywhere |= {record.name for record in program.records}
        lines = [statement for statement in program.main if isinstance(statement, ir.ReadLine)]
        self._reads_words = choices.random() < 0.6 and all(x.low > 0 and x.alphabet != "words" for x in lines)
        self._whole = choices.random() < 0.5
        self._ratio = choices.random() < 0.25
        self._taken: set[str] = set()
        self._depth = 0

    # The whole program.

    def source(self) -> str:
        """Returns the text of the program."""
        functions = [self._function(function) for function in self._program.functions]
        main = self._main()
        if self._main_first and functions:
            heads = [f"{self._head(function)};" for function in self._program.functions]
            parts = [heads, main, *functions]
        else:
            parts = [*functions, main]
        preamble = self._preamble()
        lines = "\n\n".join("\n".join(part) for part in [*preamble, *parts] if part).split("\n")
        return "\n".join(self._laid_out(lines)) + "\n"

    @abstractmethod
    def _preamble(self) -> list[list[str]]:
        """Returns what stands before the functions: includes, types, functions that the program needs."""

    @abstractmethod
    def _head(self, function: ir.Function) -> str:
        """Returns a function's result, name and parameters."""

    @abstractmethod
    def _opening(self, function: ir.Function) -> list[str]:
        """Returns what a function does before its first statement."""

    def _function(self, function: ir.Function) -> list[str]:
        self._taken = self._everywhere | {self._name(name) for name in declared_names(function)}
        self._enter(function.body, function)
        head = self._head(function)
        body = [*self._opening(function), *self._lines(function.body)]
        lines = [f"{head} {{", *self._indented(body), "}"]
        if function.summary and self._summaries != "none":
            lines.insert(0, self._remark(function.summary.rstrip("."), block=self._summaries == "block"))
        return lines

    def _main(self) -> list[str]:
        self._taken = self._everywhere | {
            self._name(name) for statement in self._program.main for name in declared_names(statement)
        }
        self._enter(self._program.main, None)
        body = self._lines(self._program.main)
        last = ["return 0;"] if self._returns_zero else []
        return [f"{self._main_head()} {{", *self._indented(body + last), "}"]

    def _main_head(self) -> str:
        return "int main()"

    def _enter(self, block: ir.Block, function: ir.Function | None) -> None:
        """Looks at the body of a function, or of the main part, before it is printed."""
        self._changed = changed_contents(block, self._changing)
        self._assigned = assigned_variables(block)

    def _remark(self, text: str, *, block: bool = False) -> str:
        return f"/* {text} */" if block else f"// {text}"

    def _laid_out(self, lines: list[str]) -> list[str]:
        """Returns the lines with braces where this program's author puts them."""
        if self._braces == "attached":
            return lines
        result: list[str] = []
        for line in lines:
            margin = line[: len(line) - len(line.lstrip())]
            if not line.endswith(" {") or (self._braces == "functions below" and margin) or "typedef" in line:
                result.append(line)
                continue
            head = line[:-2].strip()
            if head.startswith("} else"):
                result.append(f"{margin}}}")
                head = head[2:]
            result += [f"{margin}{head}", f"{margin}{{"]
        return result

    # Names.

    def _name(self, name: str) -> str:
        if self._camel:
            first, *others = name.split("_")
            name = first + "".join(word.capitalize() for word in others)
        return f"{name}_value" if name in self._avoided else name

    def _fresh(self, *options: str) -> str:
        """Returns a name that the function does not use, and keeps it."""
        spelled = [self._name(option) for option in options]
        name = next((option for option in spelled if option not in self._taken), "")
        number = 2
        while not name or name in self._taken:
            name, number = f"{spelled[0]}{number}", number + 1
        self._taken.add(name)
        return name

    def _fresh_variable(self, *options: str) -> str:
        """Returns a name, as the representation spells it, that the function does not use, and keeps it."""
        numbered = (f"{options[0]}_{number}" for number in itertools.count(2))
        name = next(name for name in itertools.chain(options, numbered) if self._name(name) not in self._taken)
        self._taken.add(self._name(name))
        return name

    def _counter(self) -> str:
        """Returns a name for the counter of a loop that the program does not have."""
        return self._fresh("i", "j", "k", "p", "index", "position")

    # Statements.

    def _indented(self, lines: list[str]) -> list[str]:
        return [self._indent + line if line else line for line in lines]

    def _block(self, block: ir.Block) -> list[str]:
        return self._indented(self._lines(block))

    def _lines(self, block: ir.Block) -> list[str]:
        self._depth += 1
        lines: list[str] = []
        rest = tuple(s for s in block if self._remarks or not isinstance(s, ir.Comment))
        while rest:
            idiom = self._idiom(rest[0], rest[1]) if len(rest) > 1 else None
            lines.extend(self._statement(rest[0]) if idiom is None else idiom)
            rest = rest[1:] if idiom is None else rest[2:]
        self._depth -= 1
        return lines

    def _idiom(self, first: ir.Statement, second: ir.Statement) -> list[str] | None:
        """Returns two statements as one, where the language has a shorter way for them."""
        return None

    def _body(self, head: str, block: ir.Block) -> list[str]:
        return self._around(head, self._lines(block))

    def _around(self, head: str, lines: list[str]) -> list[str]:
        """Returns a branch or a loop with these lines in it, without braces where its author leaves them out."""
        if self._brief and len(lines) == 1 and lines[0].endswith(";"):
            return [head, self._indent + lines[0]]
        return [f"{head} {{", *self._indented(lines), "}"]

    def _loop_head(self, variable: str, start: str, test: str, step: str | None = None) -> str:
        return f"for (int {variable} = {start}; {test}; {step or self._step(variable, '+')})"

    def _step(self, place: str, sign: str) -> str:
        return f"{sign * 2}{place}" if self._increment == "before" else f"{place}{sign * 2}"

    def _statement(self, node: ir.Statement) -> list[str]:
        if not self._may_interfere:
            return self._ordered_statement(node)
        before: list[str] = []
        node = self._sequenced(node, before)
        return [*before, *self._ordered_statement(node)]

    def _sequenced(self, node: ir.Statement, before: list[str]) -> ir.Statement:
        """Returns a statement that does the same in whatever order operands and arguments are evaluated.

        What must come first, since a call changes what others of them look at, is kept in variables, whose
        declarations are added to `before`.
        """
        match node:
            case ir.Print(parts):
                return ir.Print(self._in_order(parts, before, ordered=self._prints_in_order))
            case ir.Declare(value=value) | ir.Assign(value=value) | ir.Augment(value=value) | ir.Append(value=value):
                return dataclasses.replace(node, value=self._steady(value, before))
            case ir.Return(value) if value is not None:
                return ir.Return(self._steady(value, before))
            case ir.If(condition):
                return dataclasses.replace(node, condition=self._steady(condition, before))
            case ir.ForEach(iterable=iterable):
                return dataclasses.replace(node, iterable=self._steady(iterable, before))
        return node

    def _steady(self, node: ir.Expression, before: list[str]) -> ir.Expression:
        """Does for the operands of an expression what `_sequenced` does for a statement."""
        if isinstance(node, ir.Conditional) or (isinstance(node, ir.Binary) and node.operator in ("and", "or")):
            return node  # evaluated from left to right in every language
        operands = iter(self._in_order(tuple(ir.children(node)), before))
        steady: ir.Expression = ir.map_children(node, lambda _: next(operands))
        return steady

    def _in_order(
        self, parts: tuple[ir.Expression, ...], before: list[str], *, ordered: bool = False
    ) -> tuple[ir.Expression, ...]:
        result: list[ir.Expression] = []
        for position, part in enumerate(parts):
            steady = self._steady(part, before)
            if not ordered and any(self._interfere(part, other) for other in parts[position + 1 :]):
                name = self._fresh_variable("first", "second", "third", "before")
                before += self._declare(ir.Declare(name, part.type, steady))
                steady = ir.Variable(name, part.type)
            result.append(steady)
        return tuple(result)

    def _interfere(self, one: ir.Expression, other: ir.Expression) -> bool:
        """Whether one of two expressions changes what the other one looks at; arrays themselves stay the same."""
        if is_shared(one.type):
            return False
        changes = [changed_contents((ir.Return(node),), self._changing) for node in (one, other)]
        return bool(changes[0] & used_names(other) or changes[1] & used_names(one))

    def _ordered_statement(self, node: ir.Statement) -> list[str]:
        match node:
            case ir.Declare():
                return self._declare(node)
            case ir.Assign(target, value):
                return self._assign(target, value)
            case ir.Augment(target, operator, value):
                return self._augment(target, operator, value)
            case ir.AssignPair():
                return self._pair(node)
            case ir.If():
                return self._if(node)
            case ir.ForRange():
                return self._for_range(node)
            case ir.ForEach():
                return self._for_each(node)
            case ir.While(condition, body):
                return self._body(f"while ({self._expression(condition)})", body)
            case ir.Break():
                return ["break;"]
            case ir.Continue():
                return ["continue;"]
            case ir.Return(value):
                return self._return(value)
            case ir.Print(parts):
                return self._print(parts)
            case ir.Evaluate(call):
                return [f"{self._expression(call)};"]
            case ir.Append(collection, value):
                return self._append(collection, value)
            case ir.Pop(collection):
                return self._pop(collection)
            case ir.Comment(text):
                return [self._remark(text)]
            case _:
                return self._read(node)

    @abstractmethod
    def _declare(self, node: ir.Declare) -> list[str]: ...

    @abstractmethod
    def _for_each(self, node: ir.ForEach) -> list[str]: ...

    def _print(self, parts: tuple[ir.Expression, ...]) -> list[str]:
        lines: list[str] = []
        pieces: list[ir.Expression] = []
        for part in merged(parts, " "):
            for piece in flattened(part):
                if isinstance(piece, ir.Builtin) and piece.builtin == "join":
                    lines += self._shown(pieces) if pieces else []
                    lines += self._joined(*piece.arguments)
                    pieces = []
                else:
                    pieces.append(piece)
        return [*lines, *self._shown(pieces, last=True)]

    @abstractmethod
    def _shown(self, pieces: Sequence[ir.Expression], *, last: bool = False) -> list[str]:
        """Returns statements that write the pieces, and the line's end where they are the last ones."""

    @abstractmethod
    def _joined(self, separator: ir.Expression, items: ir.Expression) -> list[str]:
        """Returns statements that write the items with the separator between them."""

    @abstractmethod
    def _append(self, collection: ir.Expression, value: ir.Expression) -> list[str]: ...

    @abstractmethod
    def _pop(self, collection: ir.Expression) -> list[str]: ...

    @abstractmethod
    def _read(self, node: ir.Read) -> list[str]: ...

    @abstractmethod
    def _type(self, type_: ir.Type) -> str: ...

    def _return(self, value: ir.Expression | None) -> list[str]:
        return ["return;" if value is None else f"return {self._converted(value)};"]

    def _assign(self, target: ir.Variable | ir.Index, value: ir.Expression) -> list[str]:
        match target, value:
            case ir.Index(whole, key), ir.Binary("+", ir.Builtin("get", (owner, asked, ir.Constant(0))), more) if (
                whole == owner and key == asked
            ):
                # A key that is not there yet gets the value 0.
                return self._augment(target, "+", more)
        return [self._store(target, self._uncast(value))]

    def _store(self, target: ir.Variable | ir.Index, value: str) -> str:
        return f"{self._expression(target)} = {value};"

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> list[str]:
        place = self._expression(target)
        if operator in ("+", "-") and value == ir.Constant(1, ir.INT) and self._increment != "sum":
            return [f"{self._step(place, operator)};"]
        added = self._uncast(value) if operator in ("+", "-") else self._converted(value)
        return [f"{place} {_SPELLING.get(operator, operator)}= {added};"]

    def _pair(self, node: ir.AssignPair) -> list[str]:
        # The second value waits in a variable until the first target has its value.
        name = self._fresh("temp", "tmp", "held", "kept")
        return [
            f"{self._type(node.second.type)} {name} = {self._converted(node.second_value)};",
            self._store(node.first, self._converted(node.first_value)),
            self._store(node.second, name),
        ]

    def _if(self, node: ir.If) -> list[str]:
        condition = self._expression(node.condition)
        if not node.otherwise:
            return self._body(f"if ({condition})", node.then)
        lines = [f"if ({condition}) {{", *self._block(node.then)]
        match node.otherwise:
            case (ir.If() as inner,) if not self._may_interfere or self._sequenced(inner, []) == inner:
                below = self._if(inner)
                if not below[0].endswith("{"):
                    below = [f"{below[0]} {{", *below[1:], "}"]
                return [*lines, f"}} else {below[0]}", *below[1:]]
        return [*lines, "} else {", *self._block(node.otherwise), "}"]

    def _for_range(self, node: ir.ForRange) -> list[str]:
        name = self._name(node.variable)
        stop, relation = node.stop, "<" if node.step > 0 else ">"
        match stop:
            case ir.Binary("+", bound, ir.Constant(1)) if node.step > 0:
                stop, relation = bound, "<="
            case ir.Binary("-", bound, ir.Constant(1)) if node.step < 0:
                stop, relation = bound, ">="
            case ir.Constant(int(value)) if node.step < 0:
                stop, relation = ir.Constant(value + 1, ir.INT), ">="
        sign = "+" if node.step > 0 else "-"
        step = self._step(name, sign) if abs(node.step) == 1 else f"{name} {sign}= {abs(node.step)}"
        test = f"{name} {relation} {self._expression(stop, RELATION + 1)}"
        return self._body(self._loop_head(name, self._expression(node.start), test, step), node.body)

    # Expressions.

    def _expression(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns the text of an expression, in parentheses if it binds less than `outer`."""
        return enclosed(self._text(node), outer)

    def _uncast(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns an expression for a place that takes a length as the library gives it, an unsigned number."""
        length = (
            self._unsigned_length(node.arguments[0]) if isinstance(node, ir.Builtin) and node.builtin == "len" else None
        )
        return self._converted(node, outer) if length is None else length

    def _converted(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns an expression for a place that turns an integer into a float where it wants one."""
        return enclosed(self._number(node), outer)

    def _number(self, node: ir.Expression) -> Text:
        """Returns an expression that may be an integer where it stands for a float."""
        match node:
            case ir.Builtin("float", (ir.Builtin("len", (whole,)),)) if length := self._unsigned_length(whole):
                return length, ATOM
            case ir.Builtin("float", (number,)):
                return self._text(number)
            case ir.Constant(float(value)) if self._is_whole(node):
                return self._text(ir.Constant(int(value), ir.INT))
        return self._text(node)

    def _is_whole(self, node: ir.Expression) -> bool:
        """Whether an expression of a float may be printed as an integer."""
        match node:
            case ir.Builtin("float"):
                return True
            case ir.Constant(float(value)):
                return value.is_integer() and self._whole
        return False

    def _sides(self, left: ir.Expression, right: ir.Expression) -> tuple[Text, Text]:
        """Returns two numbers that become one; of two floats at least one is printed as such."""
        if left.type != ir.FLOAT:
            return self._text(left), self._text(right)
        if not (self._is_whole(left) and self._is_whole(right)):
            return self._number(left), self._number(right)
        if isinstance(right, ir.Constant) and not isinstance(left, ir.Constant):
            return self._number(left), self._text(right)
        return self._text(left), self._number(right)

    @abstractmethod
    def _unsigned_length(self, whole: ir.Expression) -> str | None:
        """Returns a call that gives a length as an unsigned number; None where the length is an `int`."""

    def _listed(self, nodes: tuple[ir.Expression, ...]) -> str:
        return ", ".join(self._expression(node) for node in nodes)

    def _text(self, node: ir.Expression) -> Text:
        match node:
            case ir.Constant(bool(value)):
                return self._boolean(value), ATOM
            case ir.Constant(int(value)):
                return str(value), ATOM if value >= 0 else UNARY
            case ir.Constant(float(value)):
                return repr(value), ATOM if value >= 0 else UNARY
            case ir.Constant(value, type_):
                return quoted(str(value), "'" if type_ == ir.CHAR else '"'), ATOM
            case ir.Variable(name):
                return self._name(name), ATOM
            case ir.Unary("-", operand):
                inner = self._expression(operand, UNARY)
                return (f"-({inner})" if inner.startswith("-") else f"-{inner}"), UNARY
            case ir.Unary(_, operand):
                return self._negation(operand)
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                parts = (self._text(condition), *self._sides(then, otherwise))
                texts = [enclosed(part, CONDITIONAL + 1) for part in parts]
                return f"{texts[0]} ? {texts[1]} : {texts[2]}", CONDITIONAL
            case ir.Call():
                return self._call(node), ATOM
            case ir.Builtin():
                return self._builtin(node)
            case ir.Index(collection, index):
                return self._index(collection, index), ATOM
            case ir.Format(parts):
                return self._format(parts)
            case ir.Display() | ir.Filled():
                return self._new(node), ATOM
            case ir.Construct():
                return self._construct(node), ATOM
            case ir.Field():
                return self._field(node), ATOM
            case ir.Ordered():
                return self._ordered(node), ATOM

    def _boolean(self, value: bool) -> str:
        return str(value).lower()

    def _negation(self, operand: ir.Expression) -> Text:
        return f"!{self._expression(operand, UNARY)}", UNARY

    def _binary(self, node: ir.Binary) -> Text:
        operator, precedence = node.operator, _PRECEDENCE[node.operator]
        match node:
            case ir.Binary(_, ir.Builtin("len") as length, ir.Constant(int(number)), ir.Type("bool")) if number >= 0:
                return f"{self._uncast(length)} {operator} {number}", precedence
            case ir.Binary("/", ir.Builtin("float", (left,)), ir.Builtin("float", (right,))) if self._ratio:
                dividend, divisor = (self._expression(number, PRODUCT + 1) for number in (left, right))
                return f"1.0 * {dividend} / {divisor}", PRODUCT
        explicit = _EXPLICIT.get(operator, 0)
        first, second = self._sides(node.left, node.right)

        def side(operand: ir.Expression, text: str, strength: int, least: int) -> str:
            plain = strength >= least and not (isinstance(operand, ir.Binary) and strength < explicit)
            if operator == "or" and isinstance(operand, ir.Binary):
                plain = operand.operator != "and"
            return text if plain else f"({text})"

        left_text, right_text = side(node.left, *first, precedence), side(node.right, *second, precedence + 1)
        return f"{left_text} {_SPELLING.get(operator, operator)} {right_text}", precedence

    @abstractmethod
    def _call(self, node: ir.Call) -> str: ...

    @abstractmethod
    def _builtin(self, node: ir.Builtin) -> Text: ...

    @abstractmethod
    def _index(self, collection: ir.Expression, index: ir.Expression) -> str: ...

    @abstractmethod
    def _format(self, parts: tuple[ir.Expression, ...]) -> Text: ...

    @abstractmethod
    def _new(self, node: ir.Display | ir.Filled) -> str:
        """Returns a new array, list or map."""

    @abstractmethod
    def _construct(self, node: ir.Construct) -> str: ...

    @abstractmethod
    def _field(self, node: ir.Field) -> str: ...

    @abstractmethod
    def _ordered(self, node: ir.Ordered) -> str:
        """Returns a new array with the same records in order."""


def enclosed(text: Text, outer: int) -> str:
    """Returns an expression in parentheses if it binds less than `outer`."""
    return f"({text[0]})" if text[1] < outer else text[0]


def quoted(value: str, quote: str) -> str:
    """Returns a string or character constant."""
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
    return f"{quote}{escaped}{quote}"


def merged(parts: tuple[ir.Expression, ...], between: str = "") -> list[ir.Expression]:
    """Returns the parts with constants that follow each other joined, as a programmer would write them."""
    result: list[ir.Expression] = []
    for position, part in enumerate(parts):
        for piece in [ir.Constant(between, ir.STR), part] if between and position else [part]:
            match piece, result[-1:]:
                case ir.Constant(value, ir.Type("str" | "char")), [ir.Constant(before, ir.Type("str"))]:
                    result[-1] = ir.Constant(f"{before}{value}", ir.STR)
                case _:
                    result.append(piece)
    return result


def flattened(node: ir.Expression) -> list[ir.Expression]:
    """Returns the pieces that a string is joined from; numbers and characters among them stand for their text."""
    match node:
        case ir.Binary("+", left, right, ir.Type("str")):
            return [*flattened(left), *flattened(right)]
        case ir.Format(parts):
            return [piece for part in parts for piece in flattened(part)]
        case ir.Builtin("text", (value,)):
            return [value]
    return [node]


def is_fixed(node: ir.Expression) -> bool:
    """Whether an expression is the text of a number with so many decimals."""
    return isinstance(node, ir.Builtin) and node.builtin == "fixed"


def is_length(node: ir.Expression, of: ir.Expression) -> bool:
    """Whether an expression is the length of another."""
    return node == ir.Builtin("len", (of,), ir.INT)


def is_last(index: ir.Expression, of: ir.Expression) -> bool:
    """Whether an index is that of the last element."""
    match index:
        case ir.Binary("-", length, ir.Constant(1)):
            return is_length(length, of)
    return False


def root_of(node: ir.Expression) -> str | None:
    """Returns the variable that an expression is, or is an element of; None for a value of its own."""
    while isinstance(node, ir.Index):
        node = node.collection
    return node.name if isinstance(node, ir.Variable) else None


def is_shared(type_: ir.Type) -> bool:
    """Whether variables of the type may mean the same array, list or map."""
    return type_.kind in ("array", "list", "map")


def changed_contents(block: ir.Block, changing: Mapping[str, Sequence[bool]]) -> frozenset[str]:
    """Returns the variables whose elements change in a block, also by way of another name or of a call.

    Args:
        block: The block.
        changing: Of each function, which of its parameters' elements it changes.
    """
    changed: set[str | None] = set()
    aliases: list[tuple[str, ir.Expression]] = []
    for node in ir.walk(block):
        match node:
            case ir.Assign(ir.Index() as target) | ir.Augment(ir.Index() as target):
                changed.add(root_of(target))
            case ir.AssignPair(first, second):
                changed.update(root_of(target) for target in (first, second) if isinstance(target, ir.Index))
            case ir.Append(collection) | ir.Pop(collection):
                changed.add(root_of(collection))
            case ir.Call(name, arguments):
                flags = changing.get(name, ())
                changed.update(root_of(a) for a, flag in zip(arguments, flags, strict=False) if flag)
            case ir.ForEach(name, type_, value) | ir.Declare(name, type_, value) if is_shared(type_):
                aliases.append((name, value))
    for name, value in reversed(aliases):
        if name in changed:
            changed.add(root_of(value))
    return frozenset(name for name in changed if name is not None)


def changed_parameters(program: ir.Program) -> dict[str, tuple[bool, ...]]:
    """Returns of each function which of its parameters' elements it changes."""
    changing: dict[str, tuple[bool, ...]] = {}
    for function in program.functions:
        # Twice: the second time it is known what the function does when it calls itself.
        for _ in range(2):
            changed = changed_contents(function.body, changing)
            changing[function.name] = tuple(p.name in changed for p in function.parameters)
    return changing


def assigned_variables(block: ir.Block) -> set[str]:
    """Returns the variables that get a new value, not only new contents."""
    names: set[str] = set()
    for node in ir.walk(block):
        match node:
            case ir.Assign(ir.Variable(name)) | ir.Augment(ir.Variable(name)):
                names.add(name)
            case ir.AssignPair(first, second):
                names.update(target.name for target in (first, second) if isinstance(target, ir.Variable))
    return names


def replaced(node: Any, old: ir.Expression, new: ir.Expression) -> Any:
    """Returns a node with one expression in place of another wherever it occurs."""
    return new if node == old else ir.map_children(node, lambda inner: replaced(inner, old, new))


def growing_strings(block: ir.Block) -> frozenset[str]:
    """Returns the string variables that start empty and from then on only grow at their end."""
    empty, changed = set[str](), set[str]()
    for node in ir.walk(block):
        match node:
            case ir.Declare(name, ir.Type("str"), value):
                (empty if value == ir.Constant("", ir.STR) else changed).add(name)
            case ir.Assign(ir.Variable(name)):
                changed.add(name)
            case ir.AssignPair(ir.Variable(first), ir.Variable(second)):
                changed.update((first, second))
    return frozenset(empty - changed)
