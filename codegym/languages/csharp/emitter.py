"""Prints procedural programs in C# 7, which both Mono's compiler and Roslyn accept."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import (
    assigned_names,
    is_integral,
    is_widening,
    narrowed,
    negate,
    restyle,
    shown,
    spaced,
    used_names,
)

_CONDITIONAL, _EQUALITY, _RELATION, _SUM, _PRODUCT, _UNARY, _ATOM = 1, 7, 8, 10, 11, 12, 14
_PRECEDENCE = {
    "or": 2,
    "and": 3,
    "|": 4,
    "^": 5,
    "&": 6,
    "==": _EQUALITY,
    "!=": _EQUALITY,
    "<": _RELATION,
    "<=": _RELATION,
    ">": _RELATION,
    ">=": _RELATION,
    "<<": 9,
    ">>": 9,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
}
_SPELLING = {"or": "||", "and": "&&", "//": "/"}
_SCALARS = {"int": "int", "float": "double", "bool": "bool", "char": "char", "str": "string", "void": "void"}
_ORDINAL = "StringComparer.Ordinal"
"""Without it, C# sorts strings as the user's language does."""

_ONE = ir.Constant(1, ir.INT)
_ZERO = ir.Constant(0, ir.INT)


def emit(program: ir.Program) -> str:
    """Returns the C# source of a program, a pure function of it: one class with static methods."""
    return _Emitter(program).source()


class _Emitter:
    def __init__(self, program: ir.Program) -> None:
        self._program = _with_distinct_names(restyle(program))
        self._random = choices = random.Random(program.style_seed + 3)
        self._indent = choices.choice(("    ", "    ", "    ", "    ", "  "))
        self._own_line = choices.random() < 0.75
        self._visibility = choices.choice(("static ", "static ", "private static ", "public static "))
        self._summaries = choices.choice(("none", "none", "xml", "comment", "comment"))
        self._remarks = choices.random() < 0.35
        self._brief = choices.random() < 0.3
        self._arrows = choices.random() < 0.25
        self._inferred = choices.random() < 0.4
        self._increments = choices.random() < 0.9
        self._texts = choices.choice(("interpolation", "interpolation", "interpolation", "sum", "format"))
        self._queries = choices.choice((0.0, 0.2, 0.8))
        self._rows = choices.choice(("method", "lambda", "convert"))
        self._buffered = choices.random() < 0.6
        self._lookups = choices.choice(("contains", "contains", "try"))
        self._main_first = choices.random() < 0.4
        self._arguments = choices.choice(("string[] args", "string[] args", ""))
        self._namespace = choices.choice(("", "", "", "", "Solutions", "Exercise"))
        self._methods = {_method_name(function.name) for function in self._program.functions}
        self._parser = "int.Parse"
        if choices.random() < 0.25 and "Convert" not in self._methods:
            self._parser = "Convert.ToInt32"
        self._usings = {"System"}
        if choices.random() < 0.15:
            self._usings |= {"System.Collections.Generic", "System.Linq"}
        self._least = {
            name: read.low for read in self._program.main if isinstance(read, ir.ReadInts) for name in read.names
        }
        self._structs = choices.random() < 0.5
        self._properties = choices.random() < 0.6
        self._nested = choices.random() < 0.35
        self._integral = choices.random() < 0.5
        self._comparisons = choices.random() < 0.3
        used = self._methods | _LIBRARY
        self._record_names = {
            record.name: f"{record.name}Record" if record.name in used else record.name
            for record in self._program.records
        }
        self._taken: set[str] = set()
        self._builders: frozenset[str] = frozenset()

    def source(self) -> str:
        name = self._class_name()
        methods = [self._method(function) for function in self._program.functions]
        main = self._main()
        methods = [main, *methods] if self._main_first else [*methods, main]
        records = self._records() if self._program.records else []
        if self._nested:
            methods, records = records + methods, []
        whole = self._braced(f"{self._random.choice(('', '', 'public ', 'static '))}class {name}", _apart(methods))
        lines = _apart([*records, whole])
        if self._namespace:
            lines = self._braced(f"namespace {self._namespace}", lines)
        usings = [f"using {using};" for using in sorted(self._usings)]
        return "\n".join([*usings, "", *lines]) + "\n"

    def _class_name(self) -> str:
        words = self._random.choice((self._program.name, "program", "program", "program", "solution"))
        name = "".join(word.capitalize() for word in words.replace("-", " ").replace("_", " ").split())
        # A member may not be called like its class, nor a class like another.
        return "Program" if name in self._methods or name in self._record_names.values() else name

    def _fresh(self, *options: str) -> str:
        """Returns a name that the method does not use, and keeps it."""
        name = self._free(*options)
        self._taken.add(name)
        return name

    def _free(self, *options: str) -> str:
        """Returns a name that the method does not use, for a variable that is soon forgotten."""
        return next((option for option in options if option not in self._taken), f"{options[0]}{len(self._taken)}")

    # Records.

    def _records(self) -> list[list[str]]:
        visibility = self._random.choice(("", "", "private " if self._nested else "", "public "))
        if self._visibility.startswith("public"):  # what a public method takes is public too
            visibility = "public "
        return [self._record(record, visibility) for record in self._program.records]

    def _record(self, record: ir.Record, visibility: str) -> list[str]:
        name = self._record_names[record.name]
        fields = [(self._type(field.type), self._member(record.name, field.name), field) for field in record.fields]
        kept = "public {} {} {{ get; }}" if self._properties else "public readonly {} {};"
        lines = [kept.format(type_, member) for type_, member, _ in fields]
        parameters = ", ".join(f"{type_} {_name(field.name)}" for type_, _, field in fields)
        assigned = [f"{member} = {_name(field.name)};" for _, member, field in fields]
        lines += ["", *self._braced(f"public {name}({parameters})", assigned)]
        return self._braced(f"{visibility}{'struct' if self._structs else 'class'} {name}", lines)

    def _member(self, record: str, field: str) -> str:
        member = _method_name(field)
        return f"{member}Value" if member == self._record_names[record] else member

    def _ordered(self, records: ir.Expression, keys: tuple[ir.SortKey, ...]) -> str:
        self._usings.add("System.Linq")
        item = self._free(records.type.item.name[0].lower(), "x", "each", "item")
        text = self._expression(records, _ATOM)
        for place, key in enumerate(keys):
            method = ("ThenBy" if place else "OrderBy") + ("Descending" if key.descending else "")
            field = f"{item}.{self._member(records.type.item.name, key.field)}"
            text += f".{method}({item} => {field}{self._comparer(key.type)})"
        return f"{text}.ToArray()"

    def _comparison(self, record: ir.Type, keys: tuple[ir.SortKey, ...]) -> str:
        """Returns a function that says which of two records comes first."""
        one, other = self._free("a", "first", "left"), self._free("b", "second", "right")
        text = ""
        for key in reversed(keys):
            left, right = (f"{item}.{self._member(record.name, key.field)}" for item in (one, other))
            first, second = (right, left) if key.descending else (left, right)
            order = (
                f"string.CompareOrdinal({first}, {second})" if key.type == ir.STR else f"{first}.CompareTo({second})"
            )
            text = f"{left} != {right} ? {order} : {text}" if text else order
        return f"({one}, {other}) => {text}"

    # Methods.

    def _method(self, function: ir.Function) -> list[str]:
        self._enter(function.body, set(declared_names(function)))
        parameters = ", ".join(f"{self._type(p.type)} {_name(p.name)}" for p in function.parameters)
        result = self._type(function.result)
        head = f"{self._visibility}{result} {_method_name(function.name)}({parameters})"
        match function.body:
            case (ir.Return(ir.Binary() | ir.Call() | ir.Builtin() | ir.Conditional() as value),) if self._arrows:
                lines = [f"{head} => {self._expression(value)};"]
            case _:
                lines = self._braced(head, self._lines(function.body))
        if function.summary and self._summaries == "xml":
            summary = function.summary.replace("&", "&amp;").replace("<", "&lt;")
            return ["/// <summary>", f"/// {summary}", "/// </summary>", *lines]
        if function.summary and self._summaries == "comment":
            return [f"// {function.summary.rstrip('.')}", *lines]
        return lines

    def _main(self) -> list[str]:
        self._enter(self._program.main, {name for part in self._program.main for name in declared_names(part)})
        visibility = self._random.choice(("static", "static", "public static"))
        return self._braced(f"{visibility} void Main({self._arguments})", self._lines(self._program.main))

    def _enter(self, block: ir.Block, declared: set[str]) -> None:
        self._taken = {_name(name) for name in declared} | {"args"}
        self._builders = _string_builders(block) if self._buffered else frozenset()

    # Statements.

    def _indented(self, lines: list[str]) -> list[str]:
        return [self._indent + line if line else line for line in lines]

    def _braced(self, head: str, lines: list[str]) -> list[str]:
        opened = [head, "{"] if self._own_line else [f"{head} {{"]
        return [*opened, *self._indented(lines), "}"]

    def _lines(self, block: ir.Block) -> list[str]:
        lines: list[str] = []
        rest = block
        while rest:
            query = self._query(rest[0], rest[1]) if len(rest) > 1 and self._random.random() < self._queries else None
            if query is not None:
                self._usings.add("System.Linq")
                lines.append(query)
            else:
                lines += self._statement(rest[0])
            rest = rest[1 if query is None else 2 :]
        return lines

    def _body(self, head: str, block: ir.Block) -> list[str]:
        """Returns a statement with a body, without braces where the programmer leaves them out."""
        lines = self._lines(block)
        short = (ir.Continue, ir.Break, ir.Return, ir.Assign, ir.Augment, ir.Print, ir.Append)
        if self._brief and len(lines) == 1 and len(block) == 1 and isinstance(block[0], short):
            return [head, *self._indented(lines)]
        return self._braced(head, lines)

    def _statement(self, node: ir.Statement) -> list[str]:
        match node:
            case ir.Declare(name, type_, value):
                return self._declare(name, type_, value)
            case ir.Assign(target, value):
                return self._assign(target, value)
            case ir.Augment(target, operator, value):
                return [self._augment(target, operator, value)]
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
                return ["return;" if value is None else f"return {self._widened(value)};"]
            case ir.Print(parts):
                return [f"Console.WriteLine({self._printed(parts)});"]
            case ir.Evaluate(call):
                return [f"{self._expression(call)};"]
            case ir.Append(collection, value):
                return [f"{self._expression(collection, _ATOM)}.Add({self._widened(value)});"]
            case ir.Pop(collection):
                text = self._expression(collection, _ATOM)
                return [f"{text}.RemoveAt({text}.Count - 1);"]
            case ir.Comment(text):
                return [f"// {text}"] if self._remarks else []
            case _:
                return self._read(node)

    def _declare(self, name: str, type_: ir.Type, value: ir.Expression) -> list[str]:
        if name in self._builders:
            self._usings.add("System.Text")
            return [f"{'var' if self._inferred else 'StringBuilder'} {_name(name)} = new StringBuilder();"]
        head = f"{self._declared(type_)} {_name(name)} ="
        match value:
            case ir.Builtin("sorted", (whole,)) if type_.kind == "array":
                copy = f"({self._type(type_)}){self._expression(whole, _ATOM)}.Clone()"
                return [f"{head} {copy};", f"Array.Sort({_name(name)}{self._comparer(type_.item)});"]
            case ir.Ordered(whole, keys) if self._comparisons:
                copy = f"({self._type(type_)}){self._expression(whole, _ATOM)}.Clone()"
                return [f"{head} {copy};", f"Array.Sort({_name(name)}, {self._comparison(type_.item, keys)});"]
            case ir.Display((_, *_) as elements, ir.Type("array")) if not self._inferred:
                return [f"{head} {{ {self._listed(elements)} }};"]
            case ir.Filled(ir.Filled() as row, count):
                index = self._free("i", "r", "j", "row", "index")
                fill = f"{_name(name)}[{index}] = {self._expression(row)};"
                test = f"{index} < {self._expression(count, _RELATION + 1)}"
                return [
                    f"{head} new {self._type(row.type.item)}[{self._expression(count)}][];",
                    *self._braced(f"for (int {index} = 0; {test}; {index}++)", [fill]),
                ]
        return [f"{head} {self._expression(value) if self._inferred else self._widened(value)};"]

    def _assign(self, target: ir.Variable | ir.Index, value: ir.Expression) -> list[str]:
        place = self._expression(target)
        match target, value:
            case ir.Index(mapping, key), ir.Binary(operator, ir.Builtin("get", (other, again, default)), amount) if (
                mapping,
                key,
            ) == (other, again) and isinstance(key, ir.Variable | ir.Index):
                owner, added = self._expression(mapping, _ATOM), self._expression(amount)
                if self._lookups == "try" and _is_default(default):
                    name = self._fresh("old", "known", "soFar", "existing")
                    total = f"{name} {_SPELLING.get(operator, operator)} {self._expression(amount, _SUM + 1)}"
                    return [
                        f"{owner}.TryGetValue({self._expression(key)}, out {self._type(default.type)} {name});",
                        f"{place} = {total};",
                    ]
                missing = f"!{owner}.ContainsKey({self._expression(key)})"
                first = f"{place} = {self._expression(default)};"
                lines = [f"if ({missing})", f"{self._indent}{first}"] if self._brief else []
                lines = lines or self._braced(f"if ({missing})", [first])
                step = operator in "+-" and amount == _ONE and self._increments
                change = f"{place}{operator * 2};" if step else f"{place} {operator}= {added};"
                return [*lines, change]
        return [f"{place} = {self._widened(value)};"]

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> str:
        if isinstance(target, ir.Variable) and target.name in self._builders:
            return f"{_name(target.name)}.Append({self._expression(value)});"
        place = self._expression(target)
        if operator in "+-" and value == _ONE and self._increments:
            return f"{place}{operator * 2};"
        amount = self._number(value, 0, other=target) if target.type == ir.FLOAT else self._expression(value)
        return f"{place} {_SPELLING.get(operator, operator)}= {amount};"

    def _pair(self, node: ir.AssignPair) -> list[str]:
        first, second = self._expression(node.first), self._expression(node.second)
        one, two = self._expression(node.first_value), self._expression(node.second_value)
        # The second value waits in a variable until the first target has its value. (A tuple would do, were it not
        # that Mono's compiler stores the first value of `(a, b) = (b, a)` before it reads the second.)
        name = self._fresh("temp", "tmp", "swap", "held")
        return [f"{self._declared(node.second.type)} {name} = {two};", f"{first} = {one};", f"{second} = {name};"]

    def _if(self, node: ir.If) -> list[str]:
        head = f"if ({self._expression(node.condition)})"
        if not node.otherwise:
            return self._body(head, node.then)
        lines = self._braced(head, self._lines(node.then))
        match node.otherwise:
            case (ir.If() as inner,):
                below = self._if(inner)
                below[0] = f"else {below[0]}"
            case otherwise:
                below = self._braced("else", self._lines(otherwise))
        return [*lines, *below] if self._own_line else [*lines[:-1], f"}} {below[0]}", *below[1:]]

    def _for_range(self, node: ir.ForRange) -> list[str]:
        name = _name(node.variable)
        stop, relation = node.stop, "<" if node.step > 0 else ">"
        match stop:
            case ir.Binary("+", bound, ir.Constant(1)) if node.step > 0:
                stop, relation = bound, "<="
            case ir.Binary("-", bound, ir.Constant(1)) if node.step < 0:
                stop, relation = bound, ">="
            case ir.Constant(int(value)) if node.step < 0:
                stop, relation = ir.Constant(value + 1, ir.INT), ">="
        if abs(node.step) == 1:
            step = f"{name}++" if node.step > 0 else f"{name}--"
        else:
            step = f"{name} {'+' if node.step > 0 else '-'}= {abs(node.step)}"
        test = f"{name} {relation} {self._expression(stop, _RELATION + 1)}"
        return self._body(f"for (int {name} = {self._expression(node.start)}; {test}; {step})", node.body)

    def _for_each(self, node: ir.ForEach) -> list[str]:
        whole = node.iterable
        if whole.type.kind == "list" and isinstance(whole, ir.Variable) and whole.name in assigned_names(node.body):
            # A list may not change while it is walked over, not even one element of it.
            index = self._fresh("i", "j", "k", "index", "at")
            self._taken.discard(index)
            element = ir.Index(whole, ir.Variable(index, ir.INT), node.type)
            body = (ir.Declare(node.variable, node.type, element), *node.body)
            length = ir.Builtin("len", (whole,), ir.INT)
            return self._for_range(ir.ForRange(index, _ZERO, length, 1, body))
        head = f"foreach ({self._declared(node.type)} {_name(node.variable)} in {self._walked(whole)})"
        return self._body(head, node.body)

    def _walked(self, iterable: ir.Expression) -> str:
        if isinstance(iterable, ir.Builtin) and iterable.builtin == "keys":
            self._usings.add("System.Linq")
            (mapping,) = iterable.arguments
            key, order = self._free("k", "key", "x", "each"), self._comparer(mapping.type.key or ir.INT)
            return f"{self._expression(mapping, _ATOM)}.Keys.OrderBy({key} => {key}{order})"
        return self._expression(iterable)

    # Queries.

    def _query(self, first: ir.Statement, second: ir.Statement) -> str | None:
        """Returns two statements, a declaration and a loop or a loop and a return, as one query if they are one."""
        match first, second:
            case ir.Declare(), ir.ForEach() | ir.ForRange():
                return self._collected(first, second)
            case ir.ForEach() | ir.ForRange(), ir.Return(ir.Constant(bool(other))):
                return self._quantified(first, other)
        return None

    def _collected(self, first: ir.Declare, loop: ir.ForEach | ir.ForRange) -> str | None:
        body, source, variable = loop.body, self._source(loop), _name(loop.variable)
        if source is None or first.name in used_names(loop.iterable if isinstance(loop, ir.ForEach) else loop.stop):
            return None
        condition = ""
        match body:
            case (ir.If(test, then, ()),):
                if first.name in used_names(test):
                    return None
                condition, body = f"{variable} => {self._expression(test)}", then
        filtered = f"{source}.Where({condition})" if condition else source
        head = f"{self._declared(first.type)} {_name(first.name)} ="
        match first.value, body:
            case ir.Display((), ir.Type("list")), (ir.Append(ir.Variable(name), value),) if (
                name == first.name and name not in used_names(value)
            ):
                if value != ir.Variable(loop.variable, value.type):
                    filtered += f".Select({variable} => {self._expression(value)})"
                return f"{head} {filtered}.ToList();"
            case ir.Constant(0, ir.Type("int")), (ir.Augment(ir.Variable(name), "+", ir.Constant(1)),) if (
                name == first.name and condition
            ):
                return f"{head} {source}.Count({condition});"
            case ir.Constant(0), (ir.Augment(ir.Variable(name), "+", value),) if (
                name == first.name and name not in used_names(value)
            ):
                if value == ir.Variable(loop.variable, first.type):
                    return f"{head} {filtered}.Sum();"
                return f"{head} {filtered}.Sum({variable} => {self._expression(value)});"
        return None

    def _quantified(self, loop: ir.ForEach | ir.ForRange, other: bool) -> str | None:
        source, variable = self._source(loop), _name(loop.variable)
        match loop.body:
            case (ir.If(condition, (ir.Return(ir.Constant(bool(found))),), ()),) if found is not other and source:
                test = self._expression(condition if found else negate(condition))
                return f"return {source}.{'Any' if found else 'All'}({variable} => {test});"
        return None

    def _source(self, loop: ir.ForEach | ir.ForRange) -> str | None:
        """Returns what a query runs over, or None for a loop that is plainer as a loop."""
        if isinstance(loop, ir.ForEach):
            if used_names(loop.iterable) & assigned_names(loop.body):
                return None
            walked, keys = loop.iterable, isinstance(loop.iterable, ir.Builtin) and loop.iterable.builtin == "keys"
            return self._walked(walked) if keys else self._expression(walked, _ATOM)
        match loop.start, loop.stop:
            case ir.Constant(0), ir.Builtin("len") as stop if loop.step == 1:  # never negative
                return f"Enumerable.Range(0, {self._expression(stop)})"
        return None

    # Output and input.

    def _printed(self, parts: tuple[ir.Expression, ...]) -> str:
        match parts:
            case (ir.Format(inner),) if self._texts == "format":
                return self._composite(inner)
            case (only,):
                return self._expression(only)
        merged = spaced(parts)
        return self._composite(merged) if self._texts == "format" else self._format(merged)[0]

    def _read(self, node: ir.Read) -> list[str]:
        match node:
            case ir.ReadInts((name,)):
                return [f"{self._declared(ir.INT)} {_name(name)} = {self._parser}(Console.ReadLine());"]
            case ir.ReadInts(names):
                parts = self._fresh("parts", "pieces", "fields", "input")
                if self._random.random() < 0.5:
                    row, element = self._row(), f"{parts}[{{}}]"
                else:
                    row, element = "Console.ReadLine().Split(' ')", f"{self._parser}({parts}[{{}}])"
                kind = "var" if self._inferred else "int[]" if element.startswith(parts) else "string[]"
                return [
                    f"{kind} {parts} = {row};",
                    *(f"int {_name(name)} = {element.format(index)};" for index, name in enumerate(names)),
                ]
            case ir.ReadFloats((name,)):
                return [f"{self._declared(ir.FLOAT)} {_name(name)} = {self._float_parser()}(Console.ReadLine());"]
            case ir.ReadFloats(names):
                parts = self._fresh("parts", "pieces", "fields", "input")
                return [
                    f"{'var' if self._inferred else 'string[]'} {parts} = Console.ReadLine().Split(' ');",
                    *(
                        f"{self._declared(ir.FLOAT)} {_name(name)} = {self._float_parser()}({parts}[{index}]);"
                        for index, name in enumerate(names)
                    ),
                ]
            case ir.ReadArray(name, count) if node.type.item == ir.FLOAT:
                return [f"{self._declared(node.type)} {_name(name)} = {self._row(count, self._float_parser())};"]
            case ir.ReadArray(name, count):
                return [f"{self._declared(ir.Type('array', ir.INT))} {_name(name)} = {self._row(count)};"]
            case ir.ReadRecords():
                return self._read_records(node)
            case ir.ReadWords(name, count):
                words = f"Console.ReadLine().{self._split(count)}"
                return [f"{self._declared(ir.Type('array', ir.STR))} {_name(name)} = {words};"]
            case ir.ReadLine(name):
                return [f"{self._declared(ir.STR)} {_name(name)} = Console.ReadLine();"]
            case ir.ReadGrid(name, rows, columns):
                head = f"{self._declared(ir.Type('array', ir.Type('array', ir.INT)))} {_name(name)} ="
                index = self._free("i", "r", "y", "rowIndex")
                test = f"{index} < {self._expression(rows, _RELATION + 1)}"
                return [
                    f"{head} new int[{self._expression(rows)}][];",
                    *self._braced(
                        f"for (int {index} = 0; {test}; {index}++)", [f"{_name(name)}[{index}] = {self._row(columns)};"]
                    ),
                ]

    def _float_parser(self) -> str:
        # The judge's programs run in the invariant culture, whose decimal point is a point.
        return "double.Parse" if self._parser == "int.Parse" else "Convert.ToDouble"

    def _read_records(self, node: ir.ReadRecords) -> list[str]:
        record, name, index = self._type(node.type.item), _name(node.name), self._free("i", "j", "k", "index")
        parts = self._fresh("parts", "line", "pieces", "fields")
        parsers = {"int": self._parser, "float": self._float_parser(), "str": ""}
        values = []
        for place, field in enumerate(self._program.fields(node.type.item)):
            parser = parsers[field.type.kind]
            values.append(f"{parser}({parts}[{place}])" if parser else f"{parts}[{place}]")
        body = [
            f"{'var' if self._inferred else 'string[]'} {parts} = Console.ReadLine().Split(' ');",
            f"{name}[{index}] = new {record}({', '.join(values)});",
        ]
        test = f"{index} < {self._expression(node.count, _RELATION + 1)}"
        return [
            f"{self._declared(node.type)} {name} = new {record}[{self._expression(node.count)}];",
            *self._braced(f"for (int {index} = 0; {test}; {index}++)", body),
        ]

    def _row(self, count: ir.Expression = _ONE, parser: str = "") -> str:
        """Returns the numbers of the next line of the input as an array: integers, if not parsed otherwise."""
        words = f"Console.ReadLine().{self._split(count)}"
        if self._rows == "convert":
            return f"Array.ConvertAll({words}, {parser or 'int.Parse'})"
        self._usings.add("System.Linq")
        text = self._free("x", "s", "part", "token")
        function = parser or "int.Parse" if self._rows == "method" else f"{text} => {parser or self._parser}({text})"
        return f"{words}.Select({function}).ToArray()"

    def _split(self, count: ir.Expression) -> str:
        match count:
            case ir.Variable(name):
                least = self._least.get(name, 0)
            case ir.Constant(int(value)):
                least = value
            case _:
                least = 0
        if least > 0:
            return "Split(' ')"
        return "Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries)"  # nothing is no empty word

    # Expressions.

    def _expression(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns the text of an expression, in parentheses if it binds less than `outer`."""
        text, precedence = self._text(node)
        return f"({text})" if precedence < outer else text

    def _listed(self, nodes: tuple[ir.Expression, ...]) -> str:
        return ", ".join(self._expression(node) for node in nodes)

    def _text(self, node: ir.Expression) -> tuple[str, int]:
        match node:
            case ir.Constant(bool(value)):
                return str(value).lower(), _ATOM
            case ir.Constant(int(value) | float(value)):
                return str(value), _ATOM if value >= 0 else _UNARY
            case ir.Constant(value, type_):
                return _quoted(str(value), "'" if type_ == ir.CHAR else '"'), _ATOM
            case ir.Variable(name):
                return (f"{_name(name)}.ToString()" if name in self._builders else _name(name)), _ATOM
            case ir.Unary("-", ir.Constant(int(value) | float(value))) if value > 0:
                return f"-{value}", _UNARY
            case ir.Unary("-", ir.Constant() | ir.Unary() as operand):
                return f"-({self._expression(operand)})", _UNARY
            case ir.Unary(operator, operand):
                return f"{'-' if operator == '-' else '!'}{self._expression(operand, _UNARY)}", _UNARY
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                if is_widening(then) != is_widening(otherwise):  # where one is a float, both are
                    then, otherwise = narrowed(then), narrowed(otherwise)
                texts = [self._expression(part, _CONDITIONAL + 1) for part in (condition, then, otherwise)]
                return f"{texts[0]} ? {texts[1]} : {texts[2]}", _CONDITIONAL
            case ir.Call(name, arguments):
                return f"{_method_name(name)}({', '.join(map(self._widened, arguments))})", _ATOM
            case ir.Construct(arguments, type_):
                return f"new {self._type(type_)}({', '.join(map(self._widened, arguments))})", _ATOM
            case ir.Field(record, field):
                return f"{self._expression(record, _ATOM)}.{self._member(record.type.name, field)}", _ATOM
            case ir.Ordered(records, keys):
                return self._ordered(records, keys), _ATOM
            case ir.Builtin(name, arguments, type_):
                return self._builtin(name, arguments, type_)
            case ir.Index(ir.Variable(name), index) if name in self._builders:
                return f"{_name(name)}[{self._expression(index)}]", _ATOM
            case ir.Index(collection, index):
                return f"{self._expression(collection, _ATOM)}[{self._expression(index)}]", _ATOM
            case ir.Format(parts):
                return self._format(parts)
            case ir.Display(elements, type_):
                return self._display(elements, type_), _ATOM
            case ir.Filled(value, count, type_):
                return self._filled(value, count, type_), _ATOM

    def _binary(self, node: ir.Binary) -> tuple[str, int]:
        operator, precedence = node.operator, _PRECEDENCE[node.operator]
        if node.left.type == ir.FLOAT:
            left = self._number(node.left, precedence, other=node.right)
            right = self._number(node.right, precedence + 1, other=node.left)
            if is_widening(node.left) and is_widening(node.right):  # else it were a division of integers
                left = self._expression(node.left, precedence)
        else:
            left, right = self._operand(node.left, precedence), self._operand(node.right, precedence + 1)
        if node.type == ir.STR and node.left.type == ir.CHAR == node.right.type:
            left = f"{self._expression(node.left, _ATOM)}.ToString()"  # two characters would be added as numbers
        return f"{left} {_SPELLING.get(operator, operator)} {right}", precedence

    def _operand(self, node: ir.Expression, precedence: int) -> str:
        if isinstance(node, ir.Builtin) and node.builtin == "ord":
            return self._expression(node.arguments[0], precedence)  # a char is a number in arithmetic
        return self._expression(node, precedence)

    def _widened(self, node: ir.Expression) -> str:
        """Returns an expression where C# itself makes a float of an integer."""
        return self._expression(narrowed(node))

    def _number(self, node: ir.Expression, outer: int, *, other: ir.Expression) -> str:
        """Returns a side of an operation of floats; beside one that is a float, integers may stand."""
        match node:
            case ir.Builtin("float", (number,)):
                return self._operand(number, outer)
            case ir.Constant(float(value)) if value.is_integer() and self._integral and not is_integral(other):
                return self._expression(ir.Constant(int(value), ir.INT), outer)
        return self._expression(node, outer)

    def _builtin(self, name: ir.BuiltinName, arguments: tuple[ir.Expression, ...], type_: ir.Type) -> tuple[str, int]:
        first, kind = arguments[0], arguments[0].type.kind
        owner, listed = self._expression(first, _ATOM), self._listed(arguments)
        match name:
            case "abs" | "min" | "max":
                texts = list(map(self._widened, arguments))
                if all(map(is_widening, arguments)):  # else the result were an integer
                    texts[0] = self._expression(first)
                return f"Math.{name.capitalize()}({', '.join(texts)})", _ATOM
            case "sqrt":
                return f"Math.Sqrt({self._widened(first)})", _ATOM
            case "float" | "truncate":
                return f"({'int' if name == 'truncate' else 'double'}){owner}", _UNARY
            case "fixed":
                return f'{owner}.ToString("{_specification(ir.Builtin(name, arguments, type_))[1:]}")', _ATOM
            case "floor_div" | "floor_mod":
                return self._floored(name, first, arguments[1])
            case "len":
                if isinstance(first, ir.Variable) and first.name in self._builders:
                    owner = _name(first.name)
                return f"{owner}.{'Length' if kind in ('str', 'array') else 'Count'}", _ATOM
            case "sum" | "smallest" | "largest":
                self._usings.add("System.Linq")
                return f"{owner}.{_SUMMARIES[name]}()", _ATOM
            case "sorted":
                self._usings.add("System.Linq")
                value = self._free("v", "x", "e", "each")
                order = self._comparer(first.type.item)
                return f"{owner}.OrderBy({value} => {value}{order}).To{kind.capitalize()}()", _ATOM
            case "copy":
                self._usings.add("System.Linq")
                return f"{owner}.To{kind.capitalize()}()", _ATOM
            case "slice":
                return self._slice(arguments, owner), _ATOM
            case "reversed":
                self._usings.add("System.Linq")
                return f"new string({owner}.Reverse().ToArray())", _ATOM
            case "contains":
                return self._contains(first, arguments[1])
            case "get":
                key, default = self._expression(arguments[1]), self._expression(arguments[2], _CONDITIONAL + 1)
                return f"{owner}.ContainsKey({key}) ? {owner}[{key}] : {default}", _CONDITIONAL
            case "split":
                return f"{owner}.Split(' ')", _ATOM
            case "join":
                return f"string.Join({listed})", _ATOM
            case "count":
                self._usings.add("System.Linq")
                character = self._free("c", "ch", "x", "each")
                wanted = self._expression(arguments[1], _EQUALITY + 1)
                return f"{owner}.Count({character} => {character} == {wanted})", _ATOM
            case "ord":
                return f"(int){owner}", _UNARY
            case "chr":
                return f"(char){owner}", _UNARY
            case "text":
                return f"{owner}.ToString()", _ATOM
            case "number":
                return f"{self._parser}({listed})", _ATOM
            case "upper" | "lower" if type_ == ir.STR:
                return f"{owner}.To{name.capitalize()}()", _ATOM
        return f"char.{_CHARACTER_METHODS[name]}({listed})", _ATOM

    def _floored(self, name: str, value: ir.Expression, divisor: ir.Expression) -> tuple[str, int]:
        """C# rounds towards zero, so that remainders have the sign of the dividend."""
        right = self._expression(divisor, _UNARY)
        if name == "floor_mod":
            left = self._expression(ir.Binary("%", value, divisor, ir.INT))
            return f"({left} + {right}) % {right}", _PRODUCT
        exact = f"{divisor.value}.0" if isinstance(divisor, ir.Constant) else f"(double){right}"
        return f"(int)Math.Floor({self._expression(value, _PRODUCT)} / {exact})", _UNARY

    def _slice(self, arguments: tuple[ir.Expression, ...], owner: str) -> str:
        whole, start, stop = arguments
        to_end = stop == ir.Builtin("len", (whole,), ir.INT)
        length = stop if start == _ZERO else ir.Binary("-", stop, start, ir.INT)
        if whole.type == ir.STR:
            return f"{owner}.Substring({self._listed((start,) if to_end else (start, length))})"
        self._usings.add("System.Linq")
        skipped = owner if start == _ZERO else f"{owner}.Skip({self._expression(start)})"
        return f"{skipped if to_end else f'{skipped}.Take({self._expression(length)})'}.ToArray()"

    def _contains(self, part: ir.Expression, whole: ir.Expression) -> tuple[str, int]:
        owner, text = self._expression(whole, _ATOM), self._expression(part)
        if whole.type.kind == "map":
            return f"{owner}.ContainsKey({text})", _ATOM
        if part.type == ir.CHAR and whole.type == ir.STR:
            if self._queries < 0.5:
                return f"{owner}.IndexOf({text}) >= 0", _RELATION
            self._usings.add("System.Linq")
        return f"{owner}.Contains({text})", _ATOM

    def _display(self, elements: tuple[ir.Expression, ...], type_: ir.Type) -> str:
        listed = f" {{ {self._listed(elements)} }}" if elements else ""
        return f"new {self._type(type_)}{listed or '()'}"

    def _filled(self, value: ir.Expression, count: ir.Expression, type_: ir.Type) -> str:
        if _is_default(value):
            return f"new {self._type(type_.item)}[{self._expression(count)}]"
        self._usings.add("System.Linq")
        if not isinstance(value, ir.Filled | ir.Display):
            return f"Enumerable.Repeat({self._expression(value)}, {self._expression(count)}).ToArray()"
        row = self._free("_", "row", "index")
        return f"Enumerable.Range(0, {self._expression(count)}).Select({row} => {self._expression(value)}).ToArray()"

    def _format(self, parts: tuple[ir.Expression, ...]) -> tuple[str, int]:
        texts = [self._expression(shown(part), _CONDITIONAL + 1) for part in parts]
        values = [text for part, text in zip(parts, texts, strict=True) if not isinstance(part, ir.Constant)]
        if self._texts == "interpolation" and not any(set(text) & set("\"':") for text in values):
            inner = "".join(
                _escaped(str(part.value), '"').replace("{", "{{").replace("}", "}}")
                if isinstance(part, ir.Constant)
                else f"{{{text}{_specification(part)}}}"
                for part, text in zip(parts, texts, strict=True)
            )
            return f'$"{inner}"', _ATOM
        if self._texts == "format" and any(isinstance(part, ir.Constant) for part in parts):
            return f"string.Format({self._composite(parts)})", _ATOM
        terms = [self._expression(part, _SUM + 1) for part in parts]
        # Numbers and characters are added up from the left until the first string.
        if all(part.type != ir.STR for part in parts[:2]):
            terms.insert(0, '""')
        return " + ".join(terms), _SUM if len(terms) > 1 else _ATOM

    def _composite(self, parts: tuple[ir.Expression, ...]) -> str:
        """Returns the arguments of `string.Format` and its relatives: a pattern with numbered places, and values."""
        pattern, values = "", list[str]()
        for part in parts:
            if isinstance(part, ir.Constant):
                pattern += str(part.value).replace("{", "{{").replace("}", "}}")
            else:
                pattern += f"{{{len(values)}{_specification(part)}}}"
                values.append(self._expression(shown(part)))
        return ", ".join([_quoted(pattern, '"'), *values])

    # Types.

    def _declared(self, type_: ir.Type) -> str:
        """Returns the type of a local variable as the programmer writes it."""
        return "var" if self._inferred else self._type(type_)

    def _type(self, type_: ir.Type) -> str:
        match type_.kind:
            case "array":
                return f"{self._type(type_.item)}[]"
            case "list":
                self._usings.add("System.Collections.Generic")
                return f"List<{self._type(type_.item)}>"
            case "map":
                self._usings.add("System.Collections.Generic")
                return f"Dictionary<{self._type(type_.key or ir.INT)}, {self._type(type_.item)}>"
            case "record":
                return self._record_names[type_.name]
        return _SCALARS[type_.kind]

    @staticmethod
    def _comparer(type_: ir.Type) -> str:
        return f", {_ORDINAL}" if type_ == ir.STR else ""


_SUMMARIES: dict[str, str] = {"sum": "Sum", "smallest": "Min", "largest": "Max"}
_CHARACTER_METHODS: dict[str, str] = {
    "is_digit": "IsDigit",
    "is_letter": "IsLetter",
    "is_upper": "IsUpper",
    "is_lower": "IsLower",
    "upper": "ToUpper",
    "lower": "ToLower",
}
_LIBRARY = {
    "Array",
    "Console",
    "Convert",
    "Dictionary",
    "Enumerable",
    "List",
    "Math",
    "StringBuilder",
    "StringComparer",
}
_KEYWORDS = frozenset(
    (  # noqa: SIM905  # a column of words is no easier to read
        "base checked decimal delegate event explicit fixed foreach implicit in internal is lock object operator "
        "out override params readonly ref sbyte sealed sizeof stackalloc string struct uint ulong unchecked unsafe "
        "ushort using virtual"
    ).split()
)
"""Words that a family may use as a name and C# may not."""


def _name(name: str) -> str:
    first, *others = name.split("_")
    camel = first + "".join(word.capitalize() for word in others)
    return f"@{camel}" if camel in _KEYWORDS else camel


def _method_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _with_distinct_names(program: ir.Program) -> ir.Program:
    """Renames variables of blocks: C# takes no name there that a block around it declares, not even further down."""
    functions = tuple(
        replace(function, body=_distinct(function.body, frozenset(p.name for p in function.parameters)))
        for function in program.functions
    )
    return replace(program, functions=functions, main=_distinct(program.main, frozenset()))


def _distinct(block: ir.Block, around: frozenset[str]) -> ir.Block:
    loops = (ir.ForRange, ir.ForEach, ir.While, ir.If)
    own = frozenset(
        name for statement in block if not isinstance(statement, loops) for name in declared_names(statement)
    )
    around, block = around | own, _renamed(block, own & around)
    return tuple(_inside(statement, around) for statement in block)


def _inside(node: ir.Statement, around: frozenset[str]) -> ir.Statement:
    match node:
        case ir.If(condition, then, otherwise):
            return ir.If(condition, _distinct(then, around), _distinct(otherwise, around))
        case ir.While(condition, body):
            return ir.While(condition, _distinct(body, around))
        case ir.ForRange(variable) | ir.ForEach(variable):
            (loop,) = _renamed((node,), frozenset({variable}) & around)
            assert isinstance(loop, ir.ForRange | ir.ForEach)
            return replace(loop, body=_distinct(loop.body, around | {loop.variable}))
    return node


def _renamed(block: ir.Block, names: frozenset[str]) -> ir.Block:
    table = {name: f"inner_{name}" for name in names}
    return ir.rename(ir.Program("", (), block), {}, table).main if names else block


def _is_default(node: ir.Expression) -> bool:
    """Whether a new C# array is filled with this value already."""
    return isinstance(node, ir.Constant) and node.type in (ir.INT, ir.FLOAT, ir.BOOL) and not node.value


def _specification(part: ir.Expression) -> str:
    """Returns how a part stands in a pattern: `:F2` for a number with two decimals."""
    match part:
        case ir.Builtin("fixed", (_, ir.Constant(decimals))):
            return f":F{decimals}"
    return ""


def _apart(members: list[list[str]]) -> list[str]:
    """Returns members one below the other, with empty lines between."""
    lines: list[str] = []
    for member in members:
        lines += [*([""] if lines else []), *member]
    return lines


def _quoted(value: str, quote: str) -> str:
    return f"{quote}{_escaped(value, quote)}{quote}"


def _escaped(value: str, quote: str) -> str:
    return value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")


def _string_builders(block: ir.Block) -> frozenset[str]:
    """Returns the string variables that start empty and only grow at their end: `StringBuilder`s in C#."""
    empty, changed = set[str](), set[str]()
    declarations = Counter(name for statement in block for name in declared_names(statement))
    for node in (inner for statement in block for inner in ir.walk(statement)):
        match node:
            case ir.Declare(name, ir.Type("str"), ir.Constant("")) if declarations[name] == 1:
                empty.add(name)
            case ir.Assign(ir.Variable(name)):
                changed.add(name)
            case ir.AssignPair(ir.Variable(first), ir.Variable(second)):
                changed.update((first, second))
    return frozenset(empty - changed)
