"""Prints procedural programs in Python."""

from __future__ import annotations

import random

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import negate, restyle, shown, used_names

_CONDITIONAL, _OR, _AND, _NOT, _COMPARISON, _UNARY, _ATOM = 1, 2, 3, 4, 5, 12, 14
_PRECEDENCE = {
    "or": _OR,
    "and": _AND,
    "|": 6,
    "^": 7,
    "&": 8,
    "<<": 9,
    ">>": 9,
    "+": 10,
    "-": 10,
    "*": 11,
    "/": 11,
    "//": 11,
    "%": 11,
}
_ORDER = ("<", "<=")
_INDENT = "    "


def emit(program: ir.Program) -> str:
    """Returns the Python source of a program, a pure function of it."""
    return _Emitter(program).source()


class _Emitter:
    def __init__(self, program: ir.Program) -> None:
        self._program = restyle(program)
        self._random = choices = random.Random(program.style_seed + 1)
        self._quote = choices.choice(('"', '"', '"', "'"))
        self._annotated = choices.random() < 0.3
        self._summaries = choices.choice(("none", "none", "docstring", "docstring", "comment"))
        self._remarks = choices.random() < 0.35
        self._main = choices.choice(("bare", "bare", "guard", "function", "function", "guarded function"))
        self._idioms = choices.choice((0.0, 0.3, 0.9))
        self._mapped = choices.random() < 0.6
        self._texts = choices.choice(("f-string", "f-string", "f-string", "join", "format"))
        self._stdin = choices.choice(("input", "input", "input", "input", "sys"))
        self._starred = choices.random() < 0.3
        self._gap = "\n\n\n" if choices.random() < 0.75 else "\n\n"
        self._records = choices.choice(("dataclass", "frozen dataclass", "namedtuple", "NamedTuple", "tuple", "tuple"))
        self._integral = choices.random() < 0.7
        self._root = choices.choice(("math.sqrt", "math.sqrt", "sqrt"))
        self._imports: set[str] = set()
        self._loose: set[str] = set()
        functions = [function.name for function in self._program.functions]
        self._everywhere = {*functions, *declared_names(self._program)}

    def source(self) -> str:
        records = [] if self._records == "tuple" else [self._record(record) for record in self._program.records]
        parts = ["\n".join(records)] if records and self._records == "namedtuple" else records
        parts += [self._function(function) for function in self._program.functions]
        main = self._lines(self._program.main)
        name = self._free_name("main", "solve", "run")
        if self._main == "bare":
            body = "\n".join(main)
        elif self._main == "guard":
            body = "\n".join([f"if __name__ == {self._string('__main__')}:", *self._indented(main)])
        else:
            body = "\n".join([f"def {name}(){' -> None' if self._annotated else ''}:", *self._indented(main)])
            call = f"{name}()"
            if self._main == "guarded function":
                call = f"if __name__ == {self._string('__main__')}:\n{_INDENT}{call}"
            body += self._gap + call
        parts.append(body)
        source = self._gap.join(parts) + "\n"
        imports = "".join(
            f"{line}\n" for line in sorted(self._imports, key=lambda line: (line.startswith("from"), line))
        )
        return f"{imports}{self._gap[1:]}{source}" if imports else source

    def _free_name(self, *options: str) -> str:
        taken = {function.name for function in self._program.functions}
        free = [option for option in options if option not in taken]
        return free[0] if self._random.random() < 0.7 else free[-1]

    def _record(self, record: ir.Record) -> str:
        if self._records == "namedtuple":
            self._imports.add("from collections import namedtuple")
            names = ", ".join(self._string(field.name) for field in record.fields)
            return f"{record.name} = namedtuple({self._string(record.name)}, [{names}])"
        fields = [f"{_INDENT}{field.name}: {self._annotation(field.type)}" for field in record.fields]
        if self._records == "NamedTuple":
            self._imports.add("from typing import NamedTuple")
            return "\n".join([f"class {record.name}(NamedTuple):", *fields])
        self._imports.add("from dataclasses import dataclass")
        arguments = "(frozen=True)" if self._records == "frozen dataclass" else ""
        return "\n".join([f"@dataclass{arguments}", f"class {record.name}:", *fields])

    def _function(self, function: ir.Function) -> str:
        parameters = ", ".join(
            f"{p.name}: {self._annotation(p.type)}" if self._annotated else p.name for p in function.parameters
        )
        result = f" -> {self._annotation(function.result)}" if self._annotated else ""
        body = self._indented(self._lines(function.body))
        lines = [f"def {function.name}({parameters}){result}:", *body]
        if function.summary and self._summaries == "docstring":
            lines.insert(1, f'{_INDENT}"""{function.summary}"""')
        elif function.summary and self._summaries == "comment":
            lines.insert(0, f"# {function.summary.rstrip('.')}")
        return "\n".join(lines)

    # Statements.

    def _indented(self, lines: list[str]) -> list[str]:
        return [_INDENT + line for line in lines] or [f"{_INDENT}pass"]

    def _block(self, block: ir.Block) -> list[str]:
        return self._indented(self._lines(block))

    def _lines(self, block: ir.Block) -> list[str]:
        lines: list[str] = []
        rest = tuple(s for s in block if self._remarks or not isinstance(s, ir.Comment))
        while rest:
            idiom = self._idiom(rest) if len(rest) > 1 else None
            if idiom is not None:
                lines.append(idiom)
                rest = rest[2:]
            else:
                lines.extend(self._statement(rest[0]))
                rest = rest[1:]
        return lines

    def _idiom(self, block: ir.Block) -> str | None:
        """Returns the first two statements of a block as one, if Python has a shorter way for them."""
        first, second = block[0], block[1]
        match first, second:
            case ir.Declare(name, _, ir.Index(whole, index)), ir.Pop(popped) if whole == popped:
                if index == _last(whole):
                    return f"{name} = {self._expression(whole, _ATOM)}.pop()"
        if self._random.random() >= self._idioms:
            return None
        if isinstance(first, ir.Declare) and isinstance(second, ir.ForEach | ir.ForRange):
            return self._comprehension(first, second)
        if isinstance(second, ir.Return) and isinstance(first, ir.ForEach | ir.ForRange):
            return self._quantifier(first, second)
        return None

    def _comprehension(self, first: ir.Declare, loop: ir.ForEach | ir.ForRange) -> str | None:
        body, condition = loop.body, ""
        if len(body) == 1 and isinstance(body[0], ir.If) and not body[0].otherwise:
            if first.name in used_names(body[0].condition):
                return None
            condition, body = f" if {self._expression(body[0].condition)}", body[0].then
        head = f" for {loop.variable} in {self._walked(loop)}{condition}"
        if first.name in used_names(loop.iterable if isinstance(loop, ir.ForEach) else loop.stop):
            return None
        match first.value, body:
            case ir.Display((), ir.Type("list")), (ir.Append(ir.Variable(name), value),) if (
                name == first.name and name not in used_names(value)
            ):
                return f"{name} = [{self._expression(value)}{head}]"
            case ir.Constant(0, ir.Type("int")), (ir.Augment(ir.Variable(name), "+", value),) if (
                name == first.name and name not in used_names(value)
            ):
                return f"{name} = sum({self._expression(value)}{head})"
        return None

    def _quantifier(self, loop: ir.ForEach | ir.ForRange, last: ir.Return) -> str | None:
        match loop.body, last.value:
            case (ir.If(condition, (ir.Return(ir.Constant(bool(found))),), ()),), ir.Constant(bool(other)) if (
                found is not other
            ):
                head = f" for {loop.variable} in {self._walked(loop)}"
                if found:
                    return f"return any({self._expression(condition)}{head})"
                return f"return all({self._expression(negate(condition))}{head})"
        return None

    def _for(self, loop: ir.ForEach | ir.ForRange) -> list[str]:
        fields = self._unpacked(loop)
        if fields:
            self._loose.add(loop.variable)
        lines = [f"for {fields or loop.variable} in {self._walked(loop)}:", *self._block(loop.body)]
        self._loose.discard(loop.variable)
        return lines

    def _unpacked(self, loop: ir.ForEach | ir.ForRange) -> str:
        """Returns the fields of the records that a loop walks over, if they are tuples and only looked into."""
        if not isinstance(loop, ir.ForEach) or loop.type.kind != "record" or self._records != "tuple":
            return ""
        item = ir.Variable(loop.variable, loop.type)
        fields = [field.name for field in self._program.fields(loop.type)]
        nodes = list(ir.walk(loop.body))
        looked_into = sum(1 for node in nodes if isinstance(node, ir.Field) and node.owner == item)
        if nodes.count(item) != looked_into or self._everywhere.intersection(fields):
            return ""
        return ", ".join(fields)

    def _walked(self, loop: ir.ForEach | ir.ForRange) -> str:
        if isinstance(loop, ir.ForEach):
            return self._expression(loop.iterable)
        bounds = [loop.start, loop.stop]
        if loop.step == 1 and loop.start == ir.Constant(0, ir.INT):
            bounds = [loop.stop]
        texts = [self._expression(bound) for bound in bounds]
        return f"range({', '.join(texts if loop.step == 1 else [*texts, str(loop.step)])})"

    def _statement(self, node: ir.Statement) -> list[str]:
        match node:
            case ir.Declare(name, type_, value):
                hint = f": {self._annotation(type_)}" if self._annotated and isinstance(value, ir.Display) else ""
                if value.type == ir.FLOAT and isinstance(value, ir.Builtin) and value.builtin == "float":
                    return [f"{name} = float({self._expression(value.arguments[0])})"]
                return [f"{name}{hint} = {self._expression(value)}"]
            case ir.Assign(target, value):
                return [f"{self._expression(target)} = {self._expression(value)}"]
            case ir.Augment(target, operator, value):
                amount = self._operand(value, 0) if target.type == ir.FLOAT else self._expression(value)
                return [f"{self._expression(target)} {operator}= {amount}"]
            case ir.AssignPair(first, second, one, two):
                values = f"{self._expression(one)}, {self._expression(two)}"
                return [f"{self._expression(first)}, {self._expression(second)} = {values}"]
            case ir.If():
                return self._if(node)
            case ir.ForRange() | ir.ForEach():
                return self._for(node)
            case ir.While(condition, body):
                return [f"while {self._expression(condition)}:", *self._block(body)]
            case ir.Break():
                return ["break"]
            case ir.Continue():
                return ["continue"]
            case ir.Return(value):
                return ["return" if value is None else f"return {self._expression(value)}"]
            case ir.Print(parts):
                return [f"print({self._printed(parts)})"]
            case ir.Evaluate(call):
                return [self._expression(call)]
            case ir.Append(collection, value):
                return [f"{self._expression(collection, _ATOM)}.append({self._expression(value)})"]
            case ir.Pop(collection):
                return [f"{self._expression(collection, _ATOM)}.pop()"]
            case ir.Comment(text):
                return [f"# {text}"]
            case _:
                return self._read(node)

    def _if(self, node: ir.If) -> list[str]:
        lines = [f"if {self._expression(node.condition)}:", *self._block(node.then)]
        match node.otherwise:
            case ():
                pass
            case (ir.If() as inner,):
                below = self._if(inner)
                lines += [f"el{below[0]}", *below[1:]]
            case otherwise:
                lines += ["else:", *self._block(otherwise)]
        return lines

    def _printed(self, parts: tuple[ir.Expression, ...]) -> str:
        match parts:
            case (ir.Builtin("join", (ir.Constant(" "), items)),) if self._starred:
                return f"*{self._expression(items, _ATOM)}"
        return ", ".join(self._expression(part) for part in parts)

    def _read(self, node: ir.Read) -> list[str]:
        line = "sys.stdin.readline()" if self._stdin == "sys" else "input()"
        if self._stdin == "sys":
            self._imports.add("import sys")
        kind = "float" if isinstance(node, ir.ReadArray) and node.type.item == ir.FLOAT else "int"
        numbers = f"list(map({kind}, {line}.split()))" if self._mapped else f"[{kind}(x) for x in {line}.split()]"
        match node:
            case ir.ReadInts((name,)):
                return [f"{name} = int({line})"]
            case ir.ReadInts(names):
                return [f"{', '.join(names)} = map(int, {line}.split())"]
            case ir.ReadFloats((name,)):
                return [f"{name} = float({line})"]
            case ir.ReadFloats(names):
                return [f"{', '.join(names)} = map(float, {line}.split())"]
            case ir.ReadArray(name):
                return [f"{name} = {numbers}"]
            case ir.ReadRecords():
                return self._read_records(node, line)
            case ir.ReadWords(name):
                return [f"{name} = {line}.split()"]
            case ir.ReadLine(name):
                return [f"{name} = {line}.strip()" if self._stdin == "sys" else f"{name} = {line}"]
            case ir.ReadGrid(name, rows):
                return [f"{name} = [{numbers} for _ in range({self._expression(rows)})]"]

    def _read_records(self, node: ir.ReadRecords, line: str) -> list[str]:
        fields = self._program.fields(node.type.item)
        kinds = [field.type.kind for field in fields]
        head = f"for _ in range({self._expression(node.count)})"
        if len(set(kinds)) == 1:
            line = f"{line}.split()" if kinds[0] == "str" else f"map({kinds[0]}, {line}.split())"
            made = f"tuple({line})" if self._records == "tuple" else f"{node.type.item.name}(*{line})"
            return [f"{node.name} = [{made} {head}]"]
        words = [f"{field.name}_text" if field.type != ir.STR else field.name for field in fields]
        if self._everywhere.intersection(words):
            words = [f"{word}_part" for word in words]
        values = [word if kind == "str" else f"{kind}({word})" for word, kind in zip(words, kinds, strict=True)]
        name = "" if self._records == "tuple" else node.type.item.name
        body = [f"{', '.join(words)} = {line}.split()", f"{node.name}.append({name}({', '.join(values)}))"]
        return [f"{node.name} = []", f"{head}:", *self._indented(body)]

    def _annotation(self, type_: ir.Type) -> str:
        match type_.kind:
            case "array" | "list":
                return f"list[{self._annotation(type_.item)}]"
            case "map":
                return f"dict[{self._annotation(type_.key or ir.INT)}, {self._annotation(type_.item)}]"
            case "char":
                return "str"
            case "record" if self._records == "tuple":
                fields = self._program.fields(type_)
                return f"tuple[{', '.join(self._annotation(field.type) for field in fields)}]"
            case "record":
                return type_.name
            case "void":
                return "None"
        return type_.kind

    # Expressions.

    def _expression(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns the text of an expression, in parentheses if it binds less than `outer`."""
        text, precedence = self._text(node)
        return f"({text})" if precedence < outer else text

    def _text(self, node: ir.Expression) -> tuple[str, int]:
        match node:
            case ir.Constant(bool(value)):
                return str(value), _ATOM
            case ir.Constant(int(value) | float(value)):
                return str(value), _ATOM if value >= 0 else _UNARY
            case ir.Constant(value):
                return self._string(str(value)), _ATOM
            case ir.Variable(name):
                return name, _ATOM
            case ir.Unary("-", operand):
                return f"-{self._expression(operand, _UNARY)}", _UNARY
            case ir.Unary(_, ir.Builtin("contains", (part, whole))):
                sides = [self._expression(side, _COMPARISON + 1) for side in (part, whole)]
                return f"{sides[0]} not in {sides[1]}", _COMPARISON
            case ir.Unary(_, operand):
                return f"not {self._expression(operand, _NOT)}", _NOT
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                texts = [self._expression(part, _OR) for part in (then, condition, otherwise)]
                return f"{texts[0]} if {texts[1]} else {texts[2]}", _CONDITIONAL
            case ir.Call(name, arguments):
                return f"{name}({self._listed(arguments)})", _ATOM
            case ir.Builtin("float", (number,)):
                return self._text(number)  # Python computes with both kinds of numbers
            case ir.Builtin(name, arguments):
                return self._builtin(name, arguments)
            case ir.Index(collection, index):
                owner = self._expression(collection, _ATOM)
                match index:
                    case ir.Binary("-", ir.Builtin("len", (of,)), ir.Constant(int(distance))) if of == collection:
                        return f"{owner}[-{distance}]", _ATOM
                return f"{owner}[{self._expression(index)}]", _ATOM
            case ir.Format(parts):
                return self._format(parts)
            case ir.Display(elements, type_):
                return ("{}" if type_.kind == "map" else f"[{self._listed(elements)}]"), _ATOM
            case ir.Construct(arguments, type_):
                if self._records != "tuple":
                    return f"{type_.name}({self._listed(arguments)})", _ATOM
                return f"({self._listed(arguments)}{',' if len(arguments) == 1 else ''})", _ATOM
            case ir.Field(ir.Variable(name), field) if name in self._loose:
                return field, _ATOM
            case ir.Field(owner, field):
                record = self._expression(owner, _ATOM)
                if self._records != "tuple":
                    return f"{record}.{field}", _ATOM
                return f"{record}[{self._position_of(owner.type, field)}]", _ATOM
            case ir.Ordered(records, keys, type_):
                return f"sorted({self._expression(records)}, key={self._key(keys, type_.item)})", _ATOM
            case ir.Filled(value, count):
                if isinstance(value, ir.Filled | ir.Display):
                    return f"[{self._expression(value)} for _ in range({self._expression(count)})]", _ATOM
                return f"[{self._expression(value)}] * {self._expression(count, 12)}", 11

    def _position_of(self, record: ir.Type, field: str) -> int:
        return [declared.name for declared in self._program.fields(record)].index(field)

    def _key(self, keys: tuple[ir.SortKey, ...], record: ir.Type) -> str:
        """Returns the function that says what records are sorted by."""
        item = next(name for name in (record.name[0].lower(), "item", "record") if name not in self._everywhere)
        parts = []
        for key in keys:
            place = f"[{self._position_of(record, key.field)}]" if self._records == "tuple" else f".{key.field}"
            parts.append(f"{'-' if key.descending else ''}{item}{place}")
        return f"lambda {item}: {parts[0]}" if len(parts) == 1 else f"lambda {item}: ({', '.join(parts)})"

    def _listed(self, nodes: tuple[ir.Expression, ...]) -> str:
        return ", ".join(self._expression(node) for node in nodes)

    def _binary(self, node: ir.Binary) -> tuple[str, int]:
        operator = node.operator
        if operator not in _PRECEDENCE:
            sides = [self._operand(side, _COMPARISON + 1) for side in (node.left, node.right)]
            return f"{sides[0]} {operator} {sides[1]}", _COMPARISON
        match node:
            case ir.Binary("and", ir.Binary(first, low, middle), ir.Binary(second, again, high)) if (
                first in _ORDER and second in _ORDER and middle == again
            ):
                sides = [self._operand(side, _COMPARISON + 1) for side in (low, middle, high)]
                return f"{sides[0]} {first} {sides[1]} {second} {sides[2]}", _COMPARISON
        precedence = _PRECEDENCE[operator]
        left, right = self._operand(node.left, precedence), self._operand(node.right, precedence + 1)
        return f"{left} {operator} {right}", precedence

    def _operand(self, node: ir.Expression, outer: int) -> str:
        """Returns a side of an operation; numbers of both kinds may stand in one."""
        match node:
            case ir.Constant(float(value)) if value.is_integer() and self._integral:
                return self._expression(ir.Constant(int(value), ir.INT), outer)
        return self._expression(node, outer)

    def _builtin(self, name: ir.BuiltinName, arguments: tuple[ir.Expression, ...]) -> tuple[str, int]:
        if name in _CALLS:
            return f"{_CALLS[name]}({self._listed(arguments)})", _ATOM
        if name in _METHODS:
            owner, *others = arguments
            return f"{self._expression(owner, _ATOM)}.{_METHODS[name]}({self._listed(tuple(others))})", _ATOM
        first = self._expression(arguments[0], _ATOM)
        match name:
            case "sqrt":
                self._imports.add("import math" if self._root == "math.sqrt" else "from math import sqrt")
                return f"{self._root}({self._operand(arguments[0], 0)})", _ATOM
            case "fixed":
                return self._format((ir.Builtin("fixed", arguments, ir.STR),))
            case "floor_div" | "floor_mod":
                operator: ir.BinaryOperator = "//" if name == "floor_div" else "%"
                return self._binary(ir.Binary(operator, arguments[0], arguments[1], ir.INT))
            case "copy":
                return f"{first}[:]" if self._mapped else f"list({self._expression(arguments[0])})", _ATOM
            case "reversed":
                return f"{first}[::-1]", _ATOM
            case "contains":
                part, whole = (self._expression(argument, _COMPARISON + 1) for argument in arguments)
                return f"{part} in {whole}", _COMPARISON
            case "slice":
                whole_node, start_node, stop_node = arguments
                start = "" if start_node == ir.Constant(0, ir.INT) else self._expression(start_node)
                length = ir.Builtin("len", (whole_node,), ir.INT)
                stop = "" if stop_node == length else self._expression(stop_node)
                return f"{first}[{start}:{stop}]", _ATOM
        separator, items = arguments  # what is left is "join"
        listed = self._expression(items)
        if items.type.item == ir.INT:
            listed = f"map(str, {listed})" if self._mapped else f"str(x) for x in {listed}"
        return f"{self._expression(separator)}.join({listed})", _ATOM

    def _format(self, parts: tuple[ir.Expression, ...]) -> tuple[str, int]:
        texts = [self._expression(shown(part)) for part in parts]
        values = [text for part, text in zip(parts, texts, strict=True) if not isinstance(part, ir.Constant)]
        nested = any(character in text for text in values for character in "\"'\\{}")
        if self._texts == "join" or (nested and self._texts == "f-string"):
            joined = [
                f"format({text}, {self._string(_specification(part)[1:])})"
                if shown(part) is not part
                else self._expression(part, 11)
                if part.type != ir.INT
                else f"str({text})"
                for part, text in zip(parts, texts, strict=True)
            ]
            return " + ".join(joined), 10 if len(joined) > 1 else _ATOM
        pattern = "".join(
            str(part.value).replace("{", "{{").replace("}", "}}")
            if isinstance(part, ir.Constant)
            else f"{{{text if self._texts == 'f-string' else ''}{_specification(part)}}}"
            for part, text in zip(parts, texts, strict=True)
        )
        if self._texts == "f-string":
            return f"f{self._string(pattern)}", _ATOM
        return f"{self._string(pattern)}.format({', '.join(values)})", _ATOM

    def _string(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace(self._quote, f"\\{self._quote}").replace("\n", "\\n")
        return f"{self._quote}{escaped}{self._quote}"


_CALLS: dict[ir.BuiltinName, str] = {
    "abs": "abs",
    "min": "min",
    "max": "max",
    "len": "len",
    "sum": "sum",
    "smallest": "min",
    "largest": "max",
    "sorted": "sorted",
    "keys": "sorted",
    "ord": "ord",
    "chr": "chr",
    "text": "str",
    "number": "int",
    "truncate": "int",
}
_METHODS: dict[ir.BuiltinName, str] = {
    "get": "get",
    "split": "split",
    "upper": "upper",
    "lower": "lower",
    "is_digit": "isdigit",
    "is_letter": "isalpha",
    "is_upper": "isupper",
    "is_lower": "islower",
    "count": "count",
}


def _specification(part: ir.Expression) -> str:
    """Returns how a part stands in a pattern: `:.2f` for a number with two decimals."""
    match part:
        case ir.Builtin("fixed", (_, ir.Constant(decimals))):
            return f":.{decimals}f"
    return ""


def _last(collection: ir.Expression) -> ir.Expression:
    length = ir.Builtin("len", (collection,), ir.INT)
    return ir.Binary("-", length, ir.Constant(1, ir.INT), ir.INT)
