"""What a procedural program has to do, in English.

The statement says everything that the program's output depends on: what is read, what is computed, what is printed.
Each construct has several phrasings; `program.style_seed` decides which, apart from the style of the program itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from codegym.problems.procedural import program as ir
from codegym.types import TestCase

_INDENT: Final = "  "

_ALPHABETS: Final[dict[ir.Alphabet, str]] = {
    "lower": "lower-case letters",
    "letters": "letters",
    "digits": "digits",
    "bits": "characters 0 and 1",
    "brackets": "brackets ()[]{}",
    "words": "lower-case words with single spaces between them",
    "mixed": "letters and digits",
    "moves": "letters U, D, L and R",
}


def statement(program: ir.Program, example: TestCase | None = None) -> str:
    """Returns the statement of a program, with an example of input and output if one is given."""
    writer = _Writer(program)
    parts = [writer.opening(), *writer.records(), writer.inputs(), *writer.functions(), writer.main()]
    if writer.uses_positions:
        parts.insert(
            1, writer.choose("Positions count from 0.", "The first position is 0.", "All positions start at 0.")
        )
    if example is not None:
        parts.append(writer.example(example))
    return "\n\n".join(part for part in parts if part) + "\n"


class _Writer:
    """Chooses one phrasing of each construct for a whole statement, and writes with them."""

    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._random = random.Random(program.style_seed ^ 0x5EED)
        self._phrases: dict[str, str] = {}
        self.uses_positions = any(
            (isinstance(node, ir.Index) and node.collection.type.kind != "map")
            or (isinstance(node, ir.Builtin) and node.builtin == "slice")
            for node in ir.walk((*program.functions, *program.main))
        )

    def choose(self, *phrases: str) -> str:
        """Returns one of the phrases: the same one whenever it is asked for these phrases."""
        return self._phrases.setdefault(phrases[0], phrases[self._random.randrange(len(phrases))])

    # The parts of a statement.

    def opening(self) -> str:
        name = self._program.name
        return self.choose(
            f"Write a program about the following task: {name}.",
            f"Task: {name}. Write a complete program.",
            f"This exercise is about: {name}. The program reads standard input and writes standard output.",
            f"Implement the following, named {name}.",
            f"Solve this problem ({name}).",
        )

    def records(self) -> Iterator[str]:
        for record in self._program.records:
            fields = [f"{field.name} ({_KINDS[field.type.kind]})" for field in record.fields]
            yield self.choose(
                "Every {} has these fields: {}.", "Each {} consists of {}.", "A record {} holds {}."
            ).format(record.name, _listed(fields))

    def inputs(self) -> str:
        reads = [node for node in self._program.main if isinstance(node, ir.Read)]
        if not reads:
            return self.choose("There is no input.", "The program reads nothing.")
        lines = [self._read(read, first=place == 0) for place, read in enumerate(reads)]
        return self.choose("Input: ", "The input looks like this. ", "What is read: ") + " ".join(lines)

    def functions(self) -> Iterator[str]:
        for function in self._program.functions:
            signature = f"{function.name}({', '.join(parameter.name for parameter in function.parameters)})"
            head = self.choose(
                "Let {} be a function",
                "Define a function {}",
                "There is a function {}",
                "The function {} works like this",
            ).format(signature)
            summary = f": {_lowered(function.summary)}" if function.summary else ""
            body = "\n".join(self._block(function.body, 0))
            yield f"{head}{summary.rstrip('.')}.\n{body}"

    def main(self) -> str:
        rest = [node for node in self._program.main if not isinstance(node, ir.Read)]
        head = self.choose("Then do this:", "The program does the following:", "With the input, do this:", "Output:")
        return f"{head}\n" + "\n".join(self._block(tuple(rest), 0))

    def example(self, test: TestCase) -> str:
        given, wanted = test.stdin.rstrip("\n"), test.stdout.rstrip("\n")
        if not given:
            return f"{self.choose('The output is:', 'It prints:')}\n{wanted}"
        return self.choose(
            "Example input:\n{}\nExample output:\n{}",
            "For the input\n{}\nthe output is\n{}",
            "Sample\n{}\ngives\n{}",
        ).format(given, wanted)

    def _read(self, read: ir.Read, *, first: bool) -> str:
        line = self.choose("The first line", "Line 1") if first else self.choose("The next line", "The line after it")
        match read:
            case ir.ReadInts((name,), low, high):
                return f"{line} holds an integer {name}, from {low} to {high}."
            case ir.ReadInts(names, low, high):
                return f"{line} holds the integers {_listed(names)}, each from {low} to {high}."
            case ir.ReadFloats((name,), low, high):
                return f"{line} holds a number {name}, from {low} to {high}, with {_decimals(read.decimals)}."
            case ir.ReadFloats(names, low, high):
                return (
                    f"{line} holds the numbers {_listed(names)}, from {low} to {high}, with {_decimals(read.decimals)}."
                )
            case ir.ReadArray(name, count, low, high, ascending):
                order = ", in ascending order" if ascending else ""
                number = self._expression(count)
                kind, order = "integers", order
                if read.decimals:
                    kind, order = "numbers", f", with {_decimals(read.decimals)}"
                return f"{line} holds {number} {kind} from {low} to {high}{order}: the list {name}."
            case ir.ReadRecords(name):
                return f"{self._read_records(read)}: the list {name}."
            case ir.ReadWords(name, count):
                return f"{line} holds {self._expression(count)} words: the list {name}."
            case ir.ReadGrid(name, rows, columns, low, high):
                shape = f"{self._expression(rows)} lines with {self._expression(columns)} integers each"
                return f"Then follow {shape}, from {low} to {high}: the rows of {name}."
            case ir.ReadLine(name, "words", low, high):
                return f"{line} is {name}: {low} to {high} {_ALPHABETS['words']}."
            case ir.ReadLine(name, alphabet, low, high):
                return f"{line} is the text {name}: {low} to {high} {_ALPHABETS[alphabet]}."

    def _read_records(self, read: ir.ReadRecords) -> str:
        fields = self._program.fields(read.type.item)
        kinds = [
            f"{field.name} (a word)" if field.type == ir.STR else f"{field.name} (from {read.low} to {read.high})"
            for field in fields
        ]
        decimals = f", floats with {_decimals(read.decimals)}" if read.decimals else ""
        return (
            f"Then follow {self._expression(read.count)} lines, one for each {read.type.item.name}: "
            f"{_listed(kinds)}{decimals}, with spaces between them"
        )

    # Statements: one line each, what is inside of them further to the right.

    def _block(self, block: ir.Block, depth: int) -> list[str]:
        lines: list[str] = []
        for node in block:
            lines += self._statement(node, depth)
        return lines

    def _statement(self, node: ir.Statement, depth: int) -> list[str]:
        bullet = f"{_INDENT * depth}- "
        match node:
            case ir.Comment():
                return []
            case ir.If():
                return self._if(node, depth, self.choose("If", "When", "In case"))
            case ir.ForRange() | ir.ForEach() | ir.While():
                return self._headed(f"{bullet}{self._loop(node)}", node.body, depth)
            case _:
                return [f"{bullet}{self._simple(node)}."]

    def _headed(self, head: str, body: ir.Block, depth: int) -> list[str]:
        """Returns a head and its body: on one line if the body is one simple statement."""
        body = tuple(node for node in body if not isinstance(node, ir.Comment))
        if len(body) == 1 and not isinstance(body[0], ir.If | ir.ForRange | ir.ForEach | ir.While):
            return [f"{head}, {_lowered(self._simple(body[0]))}."]
        return [f"{head}:", *self._block(body, depth + 1)]

    def _if(self, node: ir.If, depth: int, word: str) -> list[str]:
        bullet = f"{_INDENT * depth}- "
        lines = self._headed(f"{bullet}{word} {self._expression(node.condition)}", node.then, depth)
        match node.otherwise:
            case ():
                return lines
            case (ir.If() as following,):
                return lines + self._if(following, depth, self.choose("Otherwise, if", "Else if"))
        return lines + self._headed(f"{bullet}{self.choose('Otherwise', 'If not', 'Else')}", node.otherwise, depth)

    def _loop(self, node: ir.ForRange | ir.ForEach | ir.While) -> str:
        match node:
            case ir.While(condition):
                return f"{self.choose('As long as', 'While', 'Repeat while')} {self._expression(condition)}"
            case ir.ForEach(variable, _, ir.Builtin("keys", (mapping,))):
                return f"For each key {variable} of {self._expression(mapping)}, in ascending order"
            case ir.ForEach(variable, type_, iterable):
                kind = "character " if type_ == ir.CHAR else ""
                whole = self._expression(iterable)
                return (
                    f"{self.choose('For each', 'For every', 'Go through each')} {kind}{variable} of {whole}, in order"
                )
            case ir.ForRange(variable, start, stop, step):
                first, last = self._expression(start), self._expression(_shifted(stop, -1 if step > 0 else 1))
                way = "to" if step > 0 else "down to"
                pace = "" if abs(step) == 1 else f" in steps of {abs(step)}"
                return f"{self.choose('For', 'For each', 'For every')} {variable} from {first} {way} {last}{pace}"

    def _simple(self, node: ir.Statement) -> str:
        value = self._expression
        match node:
            case ir.Declare(name, _, initial):
                phrase = self.choose("Let {} be {}", "Start with {} = {}", "Set {} to {} at first")
                return phrase.format(name, value(initial))
            case ir.Assign(target, new):
                return f"{self.choose('Set', 'Change')} {value(target)} to {value(new)}"
            case ir.Augment(target, operator, amount):
                return self._augment(target, operator, amount)
            case ir.AssignPair(first, second, one, two) if (one, two) == (second, first):
                return f"{self.choose('Swap', 'Exchange')} {value(first)} and {value(second)}"
            case ir.AssignPair(first, second, one, two):
                return f"At the same time, set {value(first)} to {value(one)} and {value(second)} to {value(two)}"
            case ir.Break():
                return self.choose("Leave this loop", "Stop this loop", "End the loop here")
            case ir.Continue():
                return self.choose("Go on with the next turn of this loop", "Skip the rest of this turn of the loop")
            case ir.Return(None):
                return self.choose("Return", "End here")
            case ir.Return(result) if result is not None:
                return f"{self.choose('Return', 'Give back', 'Stop and return')} {value(result)}"
            case ir.Print(parts):
                return self._print(parts)
            case ir.Evaluate(call):
                return f"Carry out {value(call)}"
            case ir.Append(collection, item):
                return f"{self.choose('Append', 'Add')} {value(item)} at the end of {value(collection)}"
            case ir.Pop(collection):
                return f"{self.choose('Remove', 'Take away')} the last element of {value(collection)}"
        raise TypeError(f"No statement of this kind stands here: {node!r}")

    def _augment(self, target: ir.Expression, operator: ir.BinaryOperator, amount: ir.Expression) -> str:
        place, value = self._expression(target), self._expression(amount)
        if target.type == ir.STR:
            return self.choose("Append {1} to {0}", "Put {1} at the end of {0}").format(place, value)
        match operator:
            case "+":
                return self.choose("Increase {0} by {1}", "Add {1} to {0}").format(place, value)
            case "-":
                return self.choose("Decrease {0} by {1}", "Subtract {1} from {0}").format(place, value)
            case "*":
                return f"Multiply {place} by {value}"
        replaced = self._expression(ir.Binary(operator, target, amount, target.type))
        return f"{self.choose('Replace', 'Change')} {place} by {replaced}"

    def _print(self, parts: Sequence[ir.Expression]) -> str:
        texts = [self._expression(part) for part in parts]
        line = self.choose("on a line", "on a line of its own")
        if len(texts) == 1:
            return f"{self.choose('Print', 'Write', 'Output')} {texts[0]} {line}"
        return f"{self.choose('Print', 'Write', 'Output')} {_listed(texts)}, with a space between, {line}"

    # Expressions.

    def _expression(self, node: ir.Expression) -> str:
        match node:
            case ir.Constant(bool(value)):
                return "true" if value else "false"
            case ir.Constant(str(text)):
                return _quoted(text)
            case ir.Constant(value):
                return str(value)
            case ir.Variable(name):
                return name
            case ir.Unary("-", operand):
                return f"-{self._operand(operand)}"
            case ir.Unary(_, operand):
                return f"it is not true that {self._operand(operand)}"
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                choice = f"{self._expression(then)} if {self._expression(condition)}"
                return f"({choice}, else {self._expression(otherwise)})"
            case ir.Call(function, arguments):
                return f"{function}({', '.join(map(self._expression, arguments))})"
            case ir.Builtin(name, arguments):
                return self._builtin(name, arguments)
            case ir.Index(collection, index):
                return f"{self._operand(collection)}[{self._expression(index)}]"
            case ir.Format(parts):
                return f"the text {' followed by '.join(map(self._expression, parts))}"
            case ir.Display((), type_):
                return "an empty map" if type_.kind == "map" else "an empty list"
            case ir.Display(elements):
                return f"the list [{', '.join(map(self._expression, elements))}]"
            case ir.Construct(arguments, type_):
                fields = [field.name for field in self._program.fields(type_)]
                values = [f"{name} = {self._expression(a)}" for name, a in zip(fields, arguments, strict=True)]
                return f"{_with_article(type_.name)} with {_listed(values)}"
            case ir.Field(owner, field):
                return self.choose("{0}.{1}", "the {1} of {0}").format(self._operand(owner), field)
            case ir.Ordered(records, keys):
                ways = [f"by {key.field}, {'from large to small' if key.descending else 'ascending'}" for key in keys]
                return f"{self._operand(records)} sorted {', then '.join(ways)}"
            case ir.Filled(value, count):
                return f"a list of {self._operand(count)} elements, each of them {self._expression(value)}"

    def _operand(self, node: ir.Expression) -> str:
        text = self._expression(node)
        wordy = isinstance(node, ir.Builtin) and node.builtin in ("get", "min", "max")
        return f"({text})" if wordy or isinstance(node, ir.Binary | ir.Unary) else text

    def _binary(self, node: ir.Binary) -> str:
        match node:
            case ir.Binary("==", ir.Binary("%", number, divisor), ir.Constant(0)):
                divides = self.choose("{0} is divisible by {1}", "{0} mod {1} is 0", "{1} divides {0}")
                return divides.format(self._operand(number), self._operand(divisor))
            case ir.Binary("+", left, right) if node.type == ir.STR:
                return f"{self._operand(left)} followed by {self._operand(right)}"
            case ir.Binary("and" | "or" as word, left, right):
                sides = [
                    self._expression(side)
                    if not isinstance(side, ir.Binary) or side.operator not in ("and", "or") or side.operator == word
                    else self._operand(side)
                    for side in (left, right)
                ]
                return f" {word} ".join(sides)
        # The sides of a comparison need no brackets: words stand between them.
        if node.operator in _COMPARISONS:
            words = self.choose(*_COMPARISONS[node.operator])
            return f"{self._expression(node.left)} {words} {self._expression(node.right)}"
        first, second = self._operand(node.left), self._operand(node.right)
        if node.operator == "//":
            return self.choose("floor({} / {})", "the whole part of {} / {}").format(first, second)
        return f"{first} {_OPERATORS.get(node.operator, node.operator)} {second}"

    def _builtin(self, name: ir.BuiltinName, nodes: Sequence[ir.Expression]) -> str:
        arguments = [self._operand(node) for node in nodes]
        if name == "len":
            what = {"str": "length", "map": "number of keys"}.get(nodes[0].type.kind, "number of elements")
            return f"the {what} of {arguments[0]}"
        if name == "contains":
            where = {"map": "is a key of", "str": "occurs in"}.get(nodes[1].type.kind, "is an element of")
            return f"{arguments[0]} {where} {arguments[1]}"
        return _BUILTINS[name](*arguments)


_COMPARISONS: Final[dict[str, tuple[str, ...]]] = {
    "==": ("equals", "is equal to", "is"),
    "!=": ("differs from", "is not equal to", "is not"),
    "<": ("is less than", "is smaller than", "is below"),
    "<=": ("is at most", "is less than or equal to"),
    ">": ("is greater than", "is more than", "is above"),
    ">=": ("is at least", "is greater than or equal to"),
}
_OPERATORS: Final[dict[str, str]] = {
    "%": "mod",
    "&": "bitwise-and",
    "|": "bitwise-or",
    "^": "bitwise-xor",
    "<<": "shifted left by",
    ">>": "shifted right by",
}
_BUILTINS: Final[dict[str, Callable[..., str]]] = {
    "abs": "the absolute value of {}".format,
    "min": "the smaller of {} and {}".format,
    "max": "the larger of {} and {}".format,
    "floor_div": "floor({} / {})".format,
    "floor_mod": "the non-negative remainder of {} modulo {}".format,
    "sum": "the sum of {}".format,
    "smallest": "the smallest element of {}".format,
    "largest": "the largest element of {}".format,
    "sorted": "{} in ascending order".format,
    "keys": "the keys of {} in ascending order".format,
    "copy": "a copy of {}".format,
    "slice": "the part of {} from position {} up to and without position {}".format,
    "reversed": "{} backwards".format,
    "get": "the value of key {1} in {0}, or {2} if there is none".format,
    "split": "the words of {}".format,
    "join": "the elements of {1}, joined by {0}".format,
    "upper": "{} in upper case".format,
    "lower": "{} in lower case".format,
    "is_digit": "{} is a digit".format,
    "is_letter": "{} is a letter".format,
    "is_upper": "{} is an upper-case letter".format,
    "is_lower": "{} is a lower-case letter".format,
    "count": "how often {1} occurs in {0}".format,
    "ord": "the ASCII code of {}".format,
    "chr": "the character with ASCII code {}".format,
    "text": "{} as text".format,
    "number": "{} as an integer".format,
    "float": "{}".format,
    "truncate": "the whole part of {}".format,
    "sqrt": "the square root of {}".format,
    "fixed": lambda number, decimals: f"{number} rounded to {_decimals(int(decimals))}",
}
_KINDS: Final[dict[ir.Kind, str]] = {
    "int": "an integer",
    "float": "a number with decimals",
    "bool": "true or false",
    "char": "a character",
    "str": "a text",
}


def _shifted(bound: ir.Expression, step: int) -> ir.Expression:
    """Returns a bound that is one further, written as a person would."""
    match bound:
        case ir.Constant(int(value)):
            return ir.Constant(value + step, ir.INT)
        case ir.Binary("+" | "-" as sign, left, ir.Constant(int(value))):
            value = (value if sign == "+" else -value) + step
        case _:
            left, value = bound, step
    if value == 0:
        return left
    return ir.Binary("+" if value > 0 else "-", left, ir.Constant(abs(value), ir.INT), ir.INT)


def _decimals(decimals: int) -> str:
    return f"{decimals} decimal{'s' if decimals > 1 else ''}"


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "AEIOU" else f"a {noun}"


def _quoted(text: str) -> str:
    return {"": "the empty text", " ": "a space"}.get(text, f'"{text}"')


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
