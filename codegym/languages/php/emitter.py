"""Prints procedural programs in PHP 8."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import negate, restyle, used_names

_CONDITIONAL, _COALESCE, _EQUALITY, _RELATION, _JOIN, _SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 8, 9, 10, 12, 13, 14, 15
_PRECEDENCE = {
    "or": 3,
    "and": 4,
    "|": 5,
    "^": 6,
    "&": 7,
    "==": _EQUALITY,
    "!=": _EQUALITY,
    "<": _RELATION,
    "<=": _RELATION,
    ">": _RELATION,
    ">=": _RELATION,
    "<<": 11,
    ">>": 11,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "%": _PRODUCT,
}
_SPELLING = {"or": "||", "and": "&&"}
_COLLECTIONS = ("array", "list", "map")
_ONE, _ZERO = ir.Constant(1, ir.INT), ir.Constant(0, ir.INT)


def emit(program: ir.Program) -> str:
    """Returns the PHP source of a program, a pure function of it."""
    return _Emitter(program).source()


class _Emitter:
    def __init__(self, program: ir.Program) -> None:
        restyled = restyle(program)
        # PHP copies arrays when it passes them, unless the parameter is a reference.
        self._references = _references(restyled)
        self._program = _with_places(restyled, self._references)
        self._random = choices = random.Random(program.style_seed + 4)
        self._quote = choices.choice(("'", "'", "'", '"'))
        self._camel = choices.random() < 0.6
        self._typed = choices.random() < 0.75
        self._strict_types = self._typed and choices.random() < 0.35
        self._identical = choices.random() < 0.7
        self._own_line = choices.random() < 0.8
        self._brief = choices.random() < 0.12
        self._else_if = choices.choice(("elseif", "elseif", "elseif", "else if"))
        self._summaries = choices.choice(("none", "none", "doc", "doc", "comment"))
        self._remarks = choices.random() < 0.35
        self._increments = choices.choice(("after", "after", "after", "before", "none"))
        self._texts = choices.choice(("inside", "inside", "join", "join", "format"))
        self._line_end = choices.choice(("PHP_EOL", "PHP_EOL", '"\\n"'))
        self._listed_echo = choices.random() < 0.35
        self._integers = choices.choice(("cast", "intval"))
        self._scanned = choices.random() < 0.2
        self._whole_division = choices.random() < 0.75
        self._swaps = choices.choice(("brackets", "brackets", "list", "held"))
        self._functional = choices.choice((0.0, 0.2, 0.8))
        self._key_order = choices.choice(("ksort", "ksort", "keys"))
        self._main_function = choices.random() < 0.35
        self._main_first = choices.random() < 0.15
        self._records = choices.choice(("promoted", "promoted", "properties", "keys", "keys", "list"))
        self._read_only = choices.random() < 0.6
        self._final = choices.random() < 0.3
        self._decimals = choices.choice(("printf", "printf", "sprintf", "number_format"))
        self._integral = choices.random() < 0.7
        self._whole_floats = choices.random() < 0.35
        self._order = choices.choice(("chain", "chain", "arrays"))
        self._arrows = choices.random() < 0.7
        self._taken: set[str] = set()
        self._part: tuple[Any, ...] = ()
        self._sorted_copy = ""
        self._sortings: dict[str, tuple[ir.Type, tuple[ir.SortKey, ...]]] = {}
        self._by_value: frozenset[str] = frozenset()
        self._unpacked: dict[str, dict[str, str]] = {}
        self._least = {
            name: read.low for read in self._program.main if isinstance(read, ir.ReadInts) for name in read.names
        }
        self._never_empty = _never_empty(self._program)
        self._certain = frozenset[str]()

    def source(self) -> str:
        functions = [self._function(function) for function in self._program.functions]
        main = self._main()
        if self._sorted_copy:
            body = ["sort($values);", "", "return $values;"]
            functions.insert(0, self._definition(f"{self._sorted_copy}(array $values): array", body))
        for name, (record, keys) in self._sortings.items():
            body = [*self._sort("$items", keys, record), "", "return $items;"]
            functions.insert(0, self._definition(f"{name}(array $items): array", body))
        parts = [main, *functions] if self._main_first else [*functions, main]
        if self._records in ("promoted", "properties"):
            parts = [*map(self._record, self._program.records), *parts]
        if self._main_function:
            parts.append([f"{self._function_name('main')}();"])
        opening = ["<?php"]
        if self._strict_types:
            opening += ["", "declare(strict_types=1);"]
        return "\n\n".join("\n".join(part) for part in [opening, *parts]) + "\n"

    def _function_name(self, name: str) -> str:
        spelled = _camel(name) if self._camel else name
        if spelled.lower() not in _BUILT_IN:  # PHP takes small letters and capitals of a function's name for the same
            return spelled
        return _camel(f"my_{name}") if self._camel else f"my_{name}"

    def _name(self, name: str) -> str:
        return f"${_camel(name) if self._camel else name}"

    def _fresh(self, *options: str) -> str:
        """Returns the name of a variable that the function does not use, and keeps it."""
        name = next((option for option in options if option not in self._taken), f"{options[0]}_{len(self._taken)}")
        self._taken.add(name)
        return name

    # Records.

    def _class_name(self, name: str) -> str:
        return f"{name}Record" if name.lower() in _CLASSES else name

    def _field_name(self, name: str) -> str:
        return _camel(name) if self._camel else name

    def _record(self, record: ir.Record) -> list[str]:
        """Returns the class of a record."""
        fields = [f"{self._hint(field.type)}{self._name(field.name)}" for field in record.fields]
        if self._records == "promoted":
            # Only what has a type can be read-only.
            visible = "public readonly" if self._typed and self._read_only else "public"
            body = self._constructor([f"{visible} {field}" for field in fields], [])
        else:
            names = [self._field_name(field.name) for field in record.fields]
            stored = [f"$this->{name} = ${name};" for name in names]
            body = [*(f"public {field};" for field in fields), "", *self._constructor(fields, stored)]
        head = f"{'final ' if self._final else ''}class {self._class_name(record.name)}"
        opened = [head, "{"] if self._own_line else [f"{head} {{"]
        return [*opened, *_indented(body), "}"]

    def _constructor(self, parameters: list[str], body: list[str]) -> list[str]:
        line = f"public function __construct({', '.join(parameters)})"
        if len(line) > 90:
            head = ["public function __construct(", *_indented([f"{p}," for p in parameters])]
            return [*head, ") {", *_indented(body), "}"] if body else [*head, ") {}"]
        if not body:
            return [f"{line} {{}}"]
        return [*([line, "{"] if self._own_line else [f"{line} {{"]), *_indented(body), "}"]

    def _construct(self, record: ir.Type, values: list[str]) -> str:
        if self._records in ("promoted", "properties"):
            return f"new {self._class_name(record.name)}({', '.join(values)})"
        if self._records == "list":
            return f"[{', '.join(values)}]"
        names = [self._string(self._field_name(field.name)) for field in self._program.fields(record)]
        return f"[{', '.join(f'{name} => {value}' for name, value in zip(names, values, strict=True))}]"

    def _access(self, record: ir.Type, field: str) -> str:
        """Returns what stands behind a record to get the value of its field."""
        if self._records in ("promoted", "properties"):
            return f"->{self._field_name(field)}"
        if self._records == "keys":
            return f"[{self._string(self._field_name(field))}]"
        return f"[{[declared.name for declared in self._program.fields(record)].index(field)}]"

    def _sort(self, variable: str, keys: tuple[ir.SortKey, ...], record: ir.Type) -> list[str]:
        """Returns statements that sort the records in a variable."""
        places = [self._access(record, key.field) for key in keys]
        sides = [
            (f"$b{place}", f"$a{place}") if key.descending else (f"$a{place}", f"$b{place}")
            for key, place in zip(keys, places, strict=True)
        ]
        texts = [key.type in (ir.STR, ir.CHAR) for key in keys]
        if self._order == "arrays" and len(keys) > 1 and not any(texts):
            left, right = (", ".join(side) for side in zip(*sides, strict=True))
            result = f"[{left}] <=> [{right}]"
        else:
            # `<=>` takes texts that look like numbers for numbers.
            result = " ?: ".join(
                f"strcmp({first}, {second})" if text else f"{first} <=> {second}"
                for (first, second), text in zip(sides, texts, strict=True)
            )
        hint = self._hint(record)
        if self._arrows:
            return [f"usort({variable}, fn({hint}$a, {hint}$b) => {result});"]
        return [f"usort({variable}, function ({hint}$a, {hint}$b) {{", *_indented([f"return {result};"]), "});"]

    def _sorting(self, node: ir.Ordered) -> str:
        """Returns the name of a function that sorts a copy of an array of records."""
        record, functions = node.type.item, {function.name for function in self._program.functions}
        base = f"sorted_by_{'_and_'.join(key.field for key in node.keys)}"
        options = [base, f"{base}_keys", *(f"{base}_{number}" for number in range(2, 99))]
        for name in (self._function_name(option) for option in options if option not in functions):
            if self._sortings.setdefault(name, (record, node.keys)) == (record, node.keys):
                return name
        raise AssertionError("there are not so many orders")

    # Functions.

    def _function(self, function: ir.Function) -> list[str]:
        self._enter((function,), self._never_empty.get(function.name, frozenset()))
        by_reference = self._references[function.name]
        self._by_value = frozenset(
            p.name for p, reference in zip(function.parameters, by_reference, strict=True) if not reference
        )
        parameters = ", ".join(
            self._parameter(parameter, reference)
            for parameter, reference in zip(function.parameters, by_reference, strict=True)
        )
        result = f": {self._type(function.result)}" if self._typed else ""
        head = f"{self._function_name(function.name)}({parameters}){result}"
        lines = self._definition(head, self._lines(function.body))
        if function.summary and self._summaries == "doc":
            return ["/**", f" * {function.summary}", " */", *lines]
        if function.summary and self._summaries == "comment":
            return [f"// {function.summary.rstrip('.')}", *lines]
        return lines

    def _parameter(self, parameter: ir.Parameter, by_reference: bool) -> str:
        return f"{self._hint(parameter.type)}{'&' if by_reference else ''}{self._name(parameter.name)}"

    def _type(self, type_: ir.Type) -> str:
        if type_.kind == "record" and self._records in ("promoted", "properties"):
            return self._class_name(type_.name)
        return _TYPES.get(type_.kind, "array")

    def _hint(self, type_: ir.Type) -> str:
        """Returns the type that stands before a parameter, where types are written, and a space."""
        return f"{self._type(type_)} " if self._typed else ""

    def _definition(self, head: str, body: list[str]) -> list[str]:
        opened = [f"function {head}", "{"] if self._own_line else [f"function {head} {{"]
        return [*opened, *_indented(body), "}"]

    def _main(self) -> list[str]:
        self._enter(self._program.main, self._never_empty[""])
        lines = self._lines(self._program.main)
        if not self._main_function:
            return lines
        return self._definition(f"{self._function_name('main')}(){': void' if self._typed else ''}", lines)

    def _enter(self, part: tuple[Any, ...], certain: frozenset[str]) -> None:
        self._part, self._certain, self._by_value = part, certain, frozenset()
        self._taken = {name for node in part for name in declared_names(node)}

    # Statements.

    def _lines(self, block: ir.Block) -> list[str]:
        lines: list[str] = []
        rest = block
        while rest:
            short = self._shorter(rest[0], rest[1]) if len(rest) > 1 else None
            lines += self._statement(rest[0]) if short is None else [short]
            rest = rest[1 if short is None else 2 :]
        return lines

    def _body(self, head: str, block: ir.Block) -> list[str]:
        """Returns a statement with a body, without braces where the programmer leaves them out."""
        lines = self._lines(block)
        if self._brief and len(lines) == 1 and len(block) == 1 and not isinstance(block[0], ir.Comment):
            return [head, *_indented(lines)]
        return [f"{head} {{", *_indented(lines), "}"]

    def _statement(self, node: ir.Statement) -> list[str]:
        match node:
            case ir.Declare(name, type_, value):
                return self._declare(name, type_, value)
            case ir.Assign(ir.Variable() as target, ir.Builtin("sorted") | ir.Ordered() as value):
                return self._ordered(target, value)
            case ir.Assign(target, value):
                return [f"{self._expression(target)} = {self._expression(value)};"]
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
            case ir.Return(ir.Ordered(ir.Variable(name) as whole) as value) if name in self._by_value:
                return [*self._ordered(whole, value), f"return {self._name(name)};"]
            case ir.Return(value):
                return ["return;" if value is None else f"return {self._expression(value)};"]
            case ir.Print(parts):
                return [self._print(parts)]
            case ir.Evaluate(call):
                return [f"{self._expression(call)};"]
            case ir.Append(collection, value):
                return [f"{self._expression(collection)}[] = {self._expression(value)};"]
            case ir.Pop(collection):
                return [f"array_pop({self._expression(collection)});"]
            case ir.Comment(text):
                return [f"// {text}"] if self._remarks else []
            case _:
                return self._read(node)

    def _declare(self, name: str, type_: ir.Type, value: ir.Expression) -> list[str]:
        variable = self._name(name)
        match value:
            case ir.Builtin("sorted") | ir.Ordered():
                return self._ordered(ir.Variable(name, type_), value)
            case ir.Index() if type_.kind in _COLLECTIONS and name in _changed(self._part, self._references):
                return [f"{variable} = &{self._expression(value)};"]
        return [f"{variable} = {self._expression(value)};"]

    def _ordered(self, target: ir.Variable, value: ir.Builtin | ir.Ordered) -> list[str]:
        """Returns statements that give a variable the elements in order; PHP sorts in place."""
        whole = value.records if isinstance(value, ir.Ordered) else value.arguments[0]
        variable = self._name(target.name)
        held = [] if whole == target else [f"{variable} = {self._expression(whole)};"]
        if isinstance(value, ir.Ordered):
            return [*held, *self._sort(variable, value.keys, value.type.item)]
        return [*held, f"sort({variable}{_order(value.type.item)});"]

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> str:
        place = self._expression(target)
        if target.type == ir.STR:
            return f"{place} .= {self._expression(value)};"
        if operator == "//":
            return f"{place} = {self._expression(ir.Binary(operator, target, value, ir.INT))};"
        if operator in "+-" and value == _ONE and self._increments != "none":
            return f"{place}{operator * 2};" if self._increments == "after" else f"{operator * 2}{place};"
        return f"{place} {operator}= {self._operand(value)};"

    def _pair(self, node: ir.AssignPair) -> list[str]:
        first, second = self._expression(node.first), self._expression(node.second)
        one, two = self._expression(node.first_value), self._expression(node.second_value)
        if self._swaps == "brackets":
            return [f"[{first}, {second}] = [{one}, {two}];"]
        if self._swaps == "list":
            return [f"list({first}, {second}) = [{one}, {two}];"]
        held = self._name(self._fresh("temp", "tmp", "swap", "held"))
        return [f"{held} = {two};", f"{first} = {one};", f"{second} = {held};"]

    def _if(self, node: ir.If) -> list[str]:
        head = f"if ({self._expression(node.condition)})"
        if not node.otherwise:
            return self._body(head, node.then)
        lines = [f"{head} {{", *_indented(self._lines(node.then))]
        match node.otherwise:
            case (ir.If() as inner,):
                below = self._if(inner)
                if not below[0].endswith("{"):
                    below = [f"{below[0]} {{", *below[1:], "}"]
                return [*lines, f"}} {self._else_if}{below[0].removeprefix('if')}", *below[1:]]
        return [*lines, "} else {", *_indented(self._lines(node.otherwise)), "}"]

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
        if abs(node.step) == 1:
            sign = "++" if node.step > 0 else "--"
            step = f"{sign}{name}" if self._increments == "before" else f"{name}{sign}"
        else:
            step = f"{name} {'+' if node.step > 0 else '-'}= {abs(node.step)}"
        test = f"{name} {relation} {self._expression(stop, _RELATION + 1)}"
        return self._body(f"for ({name} = {self._expression(node.start)}; {test}; {step})", node.body)

    def _for_each(self, node: ir.ForEach) -> list[str]:
        changed = _changed(node.body, self._references)
        name = self._name(node.variable)
        match node.iterable:
            case ir.Builtin("keys", (mapping,)):
                return self._for_keys(node, mapping)
            case ir.Variable(whole, ir.Type("str")) if whole in self._certain:
                return self._body(f"foreach (str_split({self._expression(node.iterable)}) as {name})", node.body)
        if node.iterable.type == ir.STR or used_names(node.iterable) & changed:
            return self._for_positions(node)
        walked = self._expression(node.iterable)
        if node.variable in changed and node.type.kind in _COLLECTIONS:
            return [*self._body(f"foreach ({walked} as &{name})", node.body), f"unset({name});"]
        fields = self._unpacking(node)
        if fields:
            name = f"[{', '.join(map(self._name, fields.values()))}]"
            self._unpacked[node.variable] = fields
        lines = self._body(f"foreach ({walked} as {name})", node.body)
        self._unpacked.pop(node.variable, None)
        self._taken.difference_update(fields.values())
        return lines

    def _unpacking(self, node: ir.ForEach) -> dict[str, str]:
        """Returns variables for the fields of the records that a loop walks over, if it only looks into them."""
        if node.type.kind != "record" or self._records != "list":
            return {}
        item = ir.Variable(node.variable, node.type)
        nodes = list(ir.walk(node.body))
        looked_into = sum(1 for inner in nodes if isinstance(inner, ir.Field) and inner.owner == item)
        fields = [field.name for field in self._program.fields(node.type)]
        if nodes.count(item) != looked_into or self._taken.intersection(fields):
            return {}
        return {field: self._fresh(field) for field in fields}

    def _for_positions(self, node: ir.ForEach) -> list[str]:
        """A loop by index: of an array that changes on the way, or of a string, which PHP does not walk over."""
        index, held = self._fresh("i", "j", "k", "index", "at"), list[str]()
        whole = node.iterable
        if not isinstance(whole, ir.Variable):
            whole = ir.Variable(self._fresh("characters", "items"), node.iterable.type)
            held = [f"{self._name(whole.name)} = {self._expression(node.iterable)};"]
        element = ir.Declare(node.variable, node.type, ir.Index(whole, ir.Variable(index, ir.INT), node.type))
        length = ir.Builtin("len", (whole,), ir.INT)
        lines = self._for_range(ir.ForRange(index, _ZERO, length, 1, (element, *node.body)))
        self._taken.discard(index)
        return [*held, *lines]

    def _for_keys(self, node: ir.ForEach, mapping: ir.Expression) -> list[str]:
        """Keys that look like integers are integers in PHP, whatever they were."""
        whole, name = self._expression(mapping), self._name(node.variable)
        texts = node.type != ir.INT
        if self._key_order == "keys":
            keys = self._name(self._fresh("keys", "sorted_keys", "labels"))
            listed, strval = f"array_keys({whole})", self._string("strval")
            return [
                f"{keys} = {f'array_map({strval}, {listed})' if texts else listed};",
                f"sort({keys}{_order(ir.STR if texts else ir.INT)});",
                *self._body(f"foreach ({keys} as {name})", node.body),
            ]
        entry = ir.Index(mapping, ir.Variable(node.variable, node.type), mapping.type.item)
        body = node.body
        head = f"foreach (array_keys({whole}) as {name}) {{"
        if any(inner == entry for statement in body for inner in ir.walk(statement)):
            value = self._fresh("amount", "times", "entry_value", "occurrence_count")
            body = tuple(_replaced(statement, entry, ir.Variable(value, entry.type)) for statement in body)
            head = f"foreach ({whole} as {name} => {self._name(value)}) {{"
        lines = self._lines(body)
        if texts:
            lines.insert(0, f"{name} = (string) {name};")
        return [f"ksort({whole}{_order(ir.STR if texts else ir.INT)});", head, *_indented(lines), "}"]

    # Shorter ways.

    def _shorter(self, first: ir.Statement, second: ir.Statement) -> str | None:
        """Returns two statements as one, if PHP has a shorter way for them."""
        match first, second:
            case ir.Declare(name, _, ir.Index(whole, index)), ir.Pop(popped) if whole == popped:
                length = ir.Builtin("len", (whole,), ir.INT)
                if index == ir.Binary("-", length, _ONE, ir.INT):
                    return f"{self._name(name)} = array_pop({self._expression(whole)});"
            case ir.Declare(), ir.ForEach() if self._random.random() < self._functional:
                return self._mapped(first, second)
        return None

    def _mapped(self, first: ir.Declare, loop: ir.ForEach) -> str | None:
        body = loop.body
        if loop.iterable.type == ir.STR or any(isinstance(node, ir.Call) for node in _walked(body)):
            return None
        if first.name in used_names(loop.iterable) or _is_keys(loop.iterable):
            return None
        items = self._expression(loop.iterable)
        filtered = ""
        match body:
            case (ir.If(test, then, ()),):
                if first.name in used_names(test):
                    return None
                filtered, body = f"array_filter({items}, {self._arrow(loop, test)})", then
        head, alone = f"{self._name(first.name)} =", ir.Variable(loop.variable, loop.type)
        match first.value, body:
            case ir.Display((), ir.Type("list")), (ir.Append(ir.Variable(name), value),) if (
                name == first.name and name not in used_names(value)
            ):
                kept = f"array_values({filtered})" if filtered else items
                return f"{head} {kept if value == alone else f'array_map({self._arrow(loop, value)}, {kept})'};"
            case ir.Constant(0), (ir.Augment(ir.Variable(name), "+", ir.Constant(1)),) if (
                name == first.name and filtered
            ):
                return f"{head} count({filtered});"
            case ir.Constant(0), (ir.Augment(ir.Variable(name), "+", value),) if (
                name == first.name and name not in used_names(value)
            ):
                kept = filtered or items
                return (
                    f"{head} array_sum({kept if value == alone else f'array_map({self._arrow(loop, value)}, {kept})'});"
                )
        return None

    def _arrow(self, loop: ir.ForEach, value: ir.Expression) -> str:
        return f"fn({self._hint(loop.type)}{self._name(loop.variable)}) => {self._expression(value)}"

    # Output and input.

    def _print(self, parts: tuple[ir.Expression, ...]) -> str:
        spaced: list[ir.Expression] = [parts[0]]
        for part in parts[1:]:
            spaced += [ir.Constant(" ", ir.STR), part]
        merged = _merged(inner for part in spaced for inner in (part.parts if isinstance(part, ir.Format) else [part]))
        end = ir.Constant("\n", ir.STR)
        patterned = self._texts == "format" and any(isinstance(part, ir.Constant) for part in merged)
        if patterned or (self._decimals == "printf" and any(map(_is_fixed, merged))):
            return f"printf({self._arguments(_merged([*merged, end]))});"
        if self._texts == "inside" and all(map(_fits_inside, merged)):
            if self._line_end != "PHP_EOL":
                return f"echo {self._inside(_merged([*merged, end]))};"
            if len(merged) > 1:
                return f"echo {self._inside(merged)} . PHP_EOL;"
        if self._listed_echo:
            return f"echo {', '.join([*map(self._expression, merged), self._line_end])};"
        return f"echo {' . '.join([*(self._expression(part, _JOIN + 1) for part in merged), self._line_end])};"

    def _read(self, node: ir.Read) -> list[str]:
        match node:
            case ir.ReadInts(names):
                return self._read_numbers(names, ir.INT)
            case ir.ReadFloats(names):
                return self._read_numbers(names, ir.FLOAT)
            case ir.ReadArray(name, count):
                return [f"{self._name(name)} = {self._row(count, node.type.item)};"]
            case ir.ReadRecords(name, type_, count):
                return self._for_lines(name, count, self._read_record(type_.item))
            case ir.ReadWords(name, count):
                return [f"{self._name(name)} = {self._words(count)};"]
            case ir.ReadLine(name):
                text = "trim(fgets(STDIN))" if self._quote == "'" else 'rtrim(fgets(STDIN), "\\r\\n")'
                return [f"{self._name(name)} = {text};"]
            case ir.ReadGrid(name, rows, columns):
                return self._for_lines(name, rows, ([], self._row(columns, ir.INT)))

    def _read_numbers(self, names: tuple[str, ...], type_: ir.Type) -> list[str]:
        variables = ", ".join(map(self._name, names))
        if self._scanned:
            return [self._scan(names, [type_] * len(names))]
        if len(names) == 1:
            return [f"{variables} = {self._number('trim(fgets(STDIN))', type_)};"]
        return [f"{self._several(names)} = {self._row(_ONE, type_)};"]

    def _scan(self, names: tuple[str, ...], types: list[ir.Type]) -> str:
        pattern = self._string(" ".join(_SCANNED[type_.kind] for type_ in types))
        return f"fscanf(STDIN, {pattern}, {', '.join(map(self._name, names))});"

    def _several(self, names: tuple[str, ...]) -> str:
        """Returns variables as what an array is assigned to."""
        variables = ", ".join(map(self._name, names))
        return f"list({variables})" if self._swaps == "list" else f"[{variables}]"

    def _number(self, text: str, type_: ir.Type) -> str:
        """Returns the number that a text holds; it does not depend on the locale."""
        if self._integers == "cast":
            return f"({type_.kind}) {text}"
        return f"{_CONVERSIONS[type_.kind]}({text})"

    def _for_lines(self, name: str, count: ir.Expression, body: tuple[list[str], str]) -> list[str]:
        """Returns a loop that reads as many lines; the body has statements and what they add to an array."""
        index = self._fresh("i", "r", "line_number")
        self._taken.discard(index)
        counter = self._name(index)
        test = f"{counter} < {self._expression(count, _RELATION + 1)}"
        step = f"++{counter}" if self._increments == "before" else f"{counter}++"
        statements, value = body
        return [
            f"{self._name(name)} = [];",
            f"for ({counter} = 0; {test}; {step}) {{",
            *_indented([*statements, f"{self._name(name)}[] = {value};"]),
            "}",
        ]

    def _read_record(self, record: ir.Type) -> tuple[list[str], str]:
        fields = self._program.fields(record)
        types = [field.type for field in fields]
        alike = len(set(types)) == 1 and types[0] != ir.STR
        row = self._row(_ONE, types[0]) if alike else self._words(_ONE)
        if alike and not self._scanned and self._records != "keys":
            return [], row if self._records == "list" else self._construct(record, [f"...{row}"])
        names = tuple(
            self._fresh(field.name, f"{field.name}_text", f"{field.name}_value", f"{field.name}_part")
            for field in fields
        )
        self._taken.difference_update(names)
        values = [self._name(name) for name in names]
        if self._scanned:
            return [self._scan(names, types)], self._construct(record, values)
        if not alike:
            values = [
                value if type_ == ir.STR else self._number(value, type_)
                for value, type_ in zip(values, types, strict=True)
            ]
        return [f"{self._several(names)} = {row};"], self._construct(record, values)

    def _row(self, count: ir.Expression, type_: ir.Type) -> str:
        return f"array_map({self._string(_CONVERSIONS[type_.kind])}, {self._words(count)})"

    def _words(self, count: ir.Expression) -> str:
        """Returns the words of the next line of the input; a line of none has an empty word for `explode`."""
        least = self._least.get(count.name, 0) if isinstance(count, ir.Variable) else int(count == _ONE)
        if least > 0:
            return f"explode({self._string(' ')}, trim(fgets(STDIN)))"
        return f"preg_split({self._string('/ /')}, trim(fgets(STDIN)), -1, PREG_SPLIT_NO_EMPTY)"

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
            case ir.Constant(int(value)):
                return str(value), _ATOM if value >= 0 else _UNARY
            case ir.Constant(float(value)):
                return self._float(value, whole=self._whole_floats), _ATOM if value >= 0 else _UNARY
            case ir.Constant(value):
                return self._string(str(value)), _ATOM
            case ir.Variable(name):
                return self._name(name), _ATOM
            case ir.Unary("-", ir.Constant(float(value))) if value > 0:
                return f"-{value}", _UNARY
            case ir.Unary("-", ir.Constant() | ir.Unary() as operand):
                return f"-({self._expression(operand)})", _UNARY
            case ir.Unary(operator, operand):
                return f"{'-' if operator == '-' else '!'}{self._expression(operand, _UNARY)}", _UNARY
            case ir.Binary():
                return self._binary(node)
            case ir.Conditional(condition, then, otherwise):
                texts = [self._expression(part, _CONDITIONAL + 1) for part in (condition, then, otherwise)]
                return f"{texts[0]} ? {texts[1]} : {texts[2]}", _CONDITIONAL
            case ir.Call(name, arguments):
                return f"{self._function_name(name)}({self._listed(arguments)})", _ATOM
            case ir.Builtin(name, arguments, type_):
                return self._builtin(name, arguments, type_)
            case ir.Index(collection, index):
                return f"{self._expression(collection, _ATOM)}[{self._expression(index)}]", _ATOM
            case ir.Field(ir.Variable(name), field) if name in self._unpacked:
                return self._name(self._unpacked[name][field]), _ATOM
            case ir.Field(owner, field):
                return f"{self._expression(owner, _ATOM)}{self._access(owner.type, field)}", _ATOM
            case ir.Construct(arguments, type_):
                text = self._construct(type_, [self._expression(argument) for argument in arguments])
                return text, _UNARY if text.startswith("new ") else _ATOM
            case ir.Ordered(records):
                return f"{self._sorting(node)}({self._expression(records)})", _ATOM
            case ir.Format(parts):
                return self._format(_merged(parts))
            case ir.Display(elements):
                return f"[{self._listed(elements)}]", _ATOM
            case ir.Filled(value, count):
                return f"array_fill(0, {self._expression(count)}, {self._expression(value)})", _ATOM

    def _float(self, value: float, *, whole: bool) -> str:
        return str(int(value)) if whole and value.is_integer() else str(value)

    def _operand(self, node: ir.Expression, outer: int = 0) -> str:
        """Returns a side of an operation; what is a whole number need not look like a float."""
        match node:
            case ir.Constant(float(value)) if value >= 0:
                return self._float(value, whole=self._integral)
        return self._expression(node, outer)

    def _binary(self, node: ir.Binary) -> tuple[str, int]:
        operator = node.operator
        if operator == "//":
            if self._whole_division:
                return f"intdiv({self._expression(node.left)}, {self._expression(node.right)})", _ATOM
            sides = self._expression(node.left, _PRODUCT), self._expression(node.right, _PRODUCT + 1)
            return f"(int) ({sides[0]} / {sides[1]})", _UNARY
        precedence, spelling = _PRECEDENCE[operator], _SPELLING.get(operator, operator)
        left_precedence = precedence
        if operator == "+" and node.type == ir.STR:
            spelling, precedence, left_precedence = ".", _JOIN, _JOIN
        elif precedence in (_EQUALITY, _RELATION):
            left_precedence += 1  # comparisons do not follow each other
            if operator in ("==", "!=") and (self._identical or node.left.type != ir.INT):
                spelling += "="  # "1" == "01" in PHP
        left, right = self._operand(node.left, left_precedence), self._operand(node.right, precedence + 1)
        return f"{left} {spelling} {right}", precedence

    def _builtin(self, name: ir.BuiltinName, arguments: tuple[ir.Expression, ...], type_: ir.Type) -> tuple[str, int]:
        first, listed = arguments[0], self._listed(arguments)
        match name:
            case "floor_div":
                sides = self._expression(first, _PRODUCT), self._expression(arguments[1], _PRODUCT + 1)
                return f"(int) floor({sides[0]} / {sides[1]})", _UNARY
            case "floor_mod":
                left = self._expression(ir.Binary("%", first, arguments[1], ir.INT))
                right = self._expression(arguments[1], _UNARY)
                return f"(({left}) + {right}) % {right}", _PRODUCT
            case "len":
                return f"{'strlen' if first.type == ir.STR else 'count'}({listed})", _ATOM
            case "sorted":
                if not self._sorted_copy:
                    self._sorted_copy = self._function_name("sorted_copy")
                return f"{self._sorted_copy}({listed})", _ATOM
            case "copy":
                return self._text(first)  # every use of an array's value is a copy
            case "slice":
                return self._slice(*arguments), _ATOM
            case "contains":
                return self._contains(first, arguments[1])
            case "get":
                place = self._expression(ir.Index(first, arguments[1], type_))
                return f"{place} ?? {self._expression(arguments[2], _COALESCE)}", _COALESCE
            case "split":
                return f"explode({self._string(' ')}, {listed})", _ATOM
            case "float":
                return self._text(first)  # numbers of both kinds are calculated with alike
            case "truncate":
                if self._integers == "cast":
                    return f"(int) {self._expression(first, _UNARY)}", _UNARY
                return f"intval({listed})", _ATOM
            case "fixed":
                number, decimals = self._expression(first), self._expression(arguments[1])
                if self._decimals == "number_format":
                    return f"number_format({number}, {decimals}, {self._string('.')}, {self._string('')})", _ATOM
                return f"sprintf({self._string(f'%.{decimals}f')}, {number})", _ATOM
            case "text":
                if first.type == ir.CHAR:
                    return self._text(first)
                if self._integers == "cast":
                    return f"(string) {self._expression(first, _UNARY)}", _UNARY
                return f"strval({listed})", _ATOM
            case "number":
                if self._integers == "cast":
                    return f"(int) {self._expression(first, _UNARY)}", _UNARY
                return f"intval({listed})", _ATOM
        return f"{_FUNCTIONS.get(name, name)}({listed})", _ATOM

    def _slice(self, whole: ir.Expression, start: ir.Expression, stop: ir.Expression) -> str:
        function = "substr" if whole.type == ir.STR else "array_slice"
        length = stop if start == _ZERO else ir.Binary("-", stop, start, ir.INT)
        to_end = stop == ir.Builtin("len", (whole,), ir.INT)
        return f"{function}({self._listed((whole, start) if to_end else (whole, start, length))})"

    def _contains(self, part: ir.Expression, whole: ir.Expression) -> tuple[str, int]:
        owner, text = self._expression(whole), self._expression(part)
        if whole.type.kind == "map":
            if self._identical:
                return f"isset({self._expression(ir.Index(whole, part, whole.type.item))})", _ATOM
            return f"array_key_exists({text}, {owner})", _ATOM
        if whole.type.kind == "list":
            return f"in_array({text}, {owner}, true)", _ATOM
        if self._whole_division:
            return f"str_contains({owner}, {text})", _ATOM
        return f"strpos({owner}, {text}) !== false", _EQUALITY

    def _format(self, parts: list[ir.Expression]) -> tuple[str, int]:
        constants = [isinstance(part, ir.Constant) for part in parts]
        if self._texts == "inside" and not all(constants) and all(map(_fits_inside, parts)):
            return self._inside(parts), _ATOM
        patterned = self._texts == "format" or (self._decimals == "printf" and any(map(_is_fixed, parts)))
        if patterned and any(constants) and not all(constants):
            return f"sprintf({self._arguments(parts)})", _ATOM
        if len(parts) == 1 and parts[0].type == ir.INT:
            return self._text(ir.Builtin("text", (parts[0],), ir.STR))
        texts = [self._expression(part, _JOIN + 1 if len(parts) > 1 else 0) for part in parts]
        return " . ".join(texts), _JOIN if len(parts) > 1 else _COALESCE

    def _inside(self, parts: list[ir.Expression]) -> str:
        """Returns a string with variables in it."""
        pieces: list[str] = []
        for index, part in enumerate(parts):
            if isinstance(part, ir.Constant):
                pieces.append(_escaped(str(part.value)))
                continue
            text = self._expression(part).replace('"', "'")
            following = parts[index + 1] if index + 1 < len(parts) else ir.Constant("", ir.STR)
            plain = isinstance(following, ir.Constant) and str(following.value)[:1] in ("", " ", ",", ".", "\n")
            braces = self._identical or not plain or not isinstance(part, ir.Variable)
            pieces.append(f"{{{text}}}" if braces else text)
        return f'"{"".join(pieces)}"'

    def _arguments(self, parts: list[ir.Expression]) -> str:
        """Returns the arguments of `sprintf` and its relatives."""
        pattern, values = "", list[str]()
        for part in parts:
            match part:
                case ir.Constant(value):
                    pattern += str(value).replace("%", "%%")
                    continue
                case ir.Builtin("fixed", (number, ir.Constant(decimals))) if self._decimals != "number_format":
                    pattern += f"%.{decimals}f"
                    values.append(self._expression(number))
                    continue
            pattern += "%d" if part.type == ir.INT else "%s"
            values.append(self._expression(part))
        return ", ".join([self._string(pattern), *values])

    def _string(self, value: str) -> str:
        if self._quote == '"' or "\n" in value:
            return f'"{_escaped(value)}"'
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"


_FUNCTIONS: dict[str, str] = {
    "sum": "array_sum",
    "smallest": "min",
    "largest": "max",
    "reversed": "strrev",
    "join": "implode",
    "upper": "strtoupper",
    "lower": "strtolower",
    "is_digit": "ctype_digit",
    "is_letter": "ctype_alpha",
    "is_upper": "ctype_upper",
    "is_lower": "ctype_lower",
    "count": "substr_count",
}
_TYPES = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "char": "string",
    "str": "string",
    "void": "void",
}
_CONVERSIONS = {"int": "intval", "float": "floatval"}
_SCANNED = {"int": "%d", "float": "%f", "str": "%s"}
_BUILT_IN = frozenset(
    (  # noqa: SIM905  # a column of words is no easier to read
        "abs array assert basename bindec ceil checkdate chop chr clone compact constant copy cos count crypt current "
        "date decbin dechex decoct define defined die dir each echo empty end eval exec exit exp explode extract fdiv "
        "file filesize floor flush fmod fn getdate glob goto hash header hexdec hypot idate implode include intdiv "
        "isset join key levenshtein link list log mail match max metaphone min next octdec ord pack pi pos pow prev "
        "print printf rand range readline rename require reset rewind round serialize settype shuffle sin sizeof sleep "
        "sort soundex sprintf sqrt stat static strcmp strlen strpos strrev substr system tan time touch trim ucwords "
        "uniqid unlink unpack unset use usort var wordwrap xor yield count_chars is_float is_int is_nan is_numeric "
        "number_format similar_text str_pad str_repeat"
    ).split()
)
"""Names of PHP's own functions and statements that a function of a program might have as well."""

_CLASSES = frozenset(
    (  # noqa: SIM905  # a column of words is no easier to read
        "array attribute bool closure countable directory enum error exception false fiber float generator int "
        "iterable iterator list match mixed never null numeric object parent resource self static string stringable "
        "throwable traversable true void"
    ).split()
)
"""Names of PHP's own classes and types that a record of a program might have as well."""


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _order(type_: ir.Type) -> str:
    return ", SORT_STRING" if type_ in (ir.STR, ir.CHAR) else ""


def _escaped(value: str) -> str:
    for character in '\\"$':
        value = value.replace(character, f"\\{character}")
    return value.replace("\n", "\\n")


def _walked(nodes: tuple[Any, ...]) -> Iterator[Any]:
    return (inner for node in nodes for inner in ir.walk(node))


def _is_keys(node: ir.Expression) -> bool:
    return isinstance(node, ir.Builtin) and node.builtin == "keys"


def _is_fixed(part: ir.Expression) -> bool:
    return isinstance(part, ir.Builtin) and part.builtin == "fixed"


def _fits_inside(part: ir.Expression) -> bool:
    """Whether a string in double quotes can hold the value: a constant, a variable, a plain element."""
    match part:
        case ir.Constant() | ir.Variable():
            return True
        case ir.Index(ir.Variable(), ir.Variable() | ir.Constant(int())):
            return True
        case ir.Field(ir.Variable() | ir.Index() as owner):
            return _fits_inside(owner)
    return False


def _merged(parts: Any) -> list[ir.Expression]:
    """Joins string constants that follow each other, as a programmer would write them."""
    result: list[ir.Expression] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(part, ir.Constant) and part.type != ir.INT and isinstance(last, ir.Constant):
            result[-1] = ir.Constant(f"{last.value}{part.value}", ir.STR)
        else:
            result.append(part)
    return result


def _replaced(node: Any, old: ir.Expression, new: ir.Expression) -> Any:
    return new if node == old else ir.map_children(node, lambda child: _replaced(child, old, new))


# References.


def _changed(nodes: tuple[Any, ...], references: dict[str, tuple[bool, ...]]) -> frozenset[str]:
    """Returns the variables that are assigned, or whose elements change, under nodes."""
    names: set[str] = set()
    for node in _walked(nodes):
        places: tuple[ir.Expression, ...] = ()
        match node:
            case ir.Assign(target) | ir.Augment(target):
                places = (target,)
            case ir.AssignPair(first, second):
                places = (first, second)
            case ir.Append(collection) | ir.Pop(collection):
                places = (collection,)
            case ir.Call(function, arguments):
                known = references.get(function, ())
                places = tuple(a for a, by_reference in zip(arguments, known, strict=False) if by_reference)
        for place in places:
            while isinstance(place, ir.Index):
                place = place.collection
            if isinstance(place, ir.Variable):
                names.add(place.name)
    return frozenset(names)


def _references(program: ir.Program) -> dict[str, tuple[bool, ...]]:
    """Returns which parameters of each function are references: arrays of others that it changes."""
    found: dict[str, tuple[bool, ...]] = {}
    for function in program.functions:
        # The function may call itself: what is found first is known to its own calls.
        for _ in range(1 + len(function.parameters)):
            # A parameter that is given another array is no longer that of the caller.
            changed = _changed(function.body, found) - _given_anew(function.body)
            found[function.name] = tuple(p.type.kind in _COLLECTIONS and p.name in changed for p in function.parameters)
    for function in program.functions:
        given = [call.arguments for call in _calls(function.name, (*program.functions, *program.main))]
        found[function.name] = tuple(
            by_reference and any(_is_place(arguments[index]) for arguments in given)
            for index, by_reference in enumerate(found[function.name])
        )
    return found


def _given_anew(body: ir.Block) -> frozenset[str]:
    assigned = (node.target for node in ir.walk(body) if isinstance(node, ir.Assign))
    return frozenset(target.name for target in assigned if isinstance(target, ir.Variable))


def _is_place(node: ir.Expression) -> bool:
    while isinstance(node, ir.Index):
        node = node.collection
    return isinstance(node, ir.Variable)


def _with_places(program: ir.Program, references: dict[str, tuple[bool, ...]]) -> ir.Program:
    """Returns the program with variables for the values that it passes by reference."""
    functions = tuple(
        dataclasses.replace(function, body=_Places(function, references).block(function.body))
        for function in program.functions
    )
    main = _Places(dataclasses.replace(program, functions=()), references).block(program.main)
    return dataclasses.replace(program, functions=functions, main=main)


class _Places:
    """Moves values that are passed by reference into variables, before the statement that passes them."""

    def __init__(self, scope: ir.Function | ir.Program, references: dict[str, tuple[bool, ...]]) -> None:
        self._taken = set(declared_names(scope))
        self._references = references
        self._moved: list[ir.Statement] = []

    def block(self, block: ir.Block) -> ir.Block:
        statements: list[ir.Statement] = []
        for statement in block:
            rewritten = self._statement(statement)
            statements += [*self._moved, rewritten]
            self._moved = []
        return tuple(statements)

    def _statement(self, node: ir.Statement) -> ir.Statement:
        match node:
            case ir.If(condition, then, otherwise):
                then, otherwise = self.block(then), self.block(otherwise)
                return ir.If(self._expression(condition), then, otherwise)
            case ir.ForRange(variable, start, stop, step, body):
                body = self.block(body)
                return ir.ForRange(variable, self._expression(start), self._expression(stop), step, body)
            case ir.ForEach(variable, type_, iterable, body):
                body = self.block(body)
                return ir.ForEach(variable, type_, self._expression(iterable), body)
            case ir.While(condition, body):
                body = self.block(body)
                test = self._expression(condition)
                if not self._moved:
                    return ir.While(test, body)
                leave = ir.If(negate(test), (ir.Break(),))
                moved, self._moved = self._moved, []
                return ir.While(ir.Constant(True, ir.BOOL), (*moved, leave, *body))
        return self._expression(node)  # type: ignore[no-any-return]  # what is left holds expressions alone

    def _expression(self, node: Any) -> Any:
        node = ir.map_children(node, self._expression)
        if not isinstance(node, ir.Call):
            return node
        arguments = list(node.arguments)
        for index, by_reference in enumerate(self._references.get(node.function, ())):
            value = arguments[index]
            if by_reference and not _is_place(value):
                options = (*("values", "numbers", "items", "copy"), *(f"values{number}" for number in range(2, 99)))
                name = next(option for option in options if option not in self._taken)
                self._taken.add(name)
                self._moved.append(ir.Declare(name, value.type, value))
                arguments[index] = ir.Variable(name, value.type)
        return dataclasses.replace(node, arguments=tuple(arguments))


def _never_empty(program: ir.Program) -> dict[str, frozenset[str]]:
    """Returns the strings of each function ("": of the main part) that never are empty.

    What `str_split` makes of an empty string depends on the version of PHP.
    """
    lines = {read.name for read in program.main if isinstance(read, ir.ReadLine) and read.low > 0}
    arrays = {read.name for read in program.main if isinstance(read, ir.ReadWords)}
    for node in _walked(program.main):
        match node:
            case ir.ForEach(name, ir.Type("str"), ir.Variable(words)) if words in arrays:
                lines.add(name)
            case ir.ForEach(name, ir.Type("str"), ir.Builtin("split")):
                lines.add(name)
    main = frozenset(lines - _changed(program.main, {}))
    found = {"": main}
    for function in program.functions:
        elsewhere = _calls(function.name, program.functions)
        given = [call.arguments for call in _calls(function.name, program.main)]
        changed = _changed(function.body, {})
        found[function.name] = frozenset(
            parameter.name
            for index, parameter in enumerate(function.parameters)
            if not elsewhere and parameter.name not in changed
            if all(_is_one_of(arguments[index], main) for arguments in given)
        )
    return found


def _calls(function: str, nodes: tuple[Any, ...]) -> list[ir.Call]:
    return [node for node in _walked(nodes) if isinstance(node, ir.Call) and node.function == function]


def _is_one_of(node: ir.Expression, names: frozenset[str]) -> bool:
    return isinstance(node, ir.Variable) and node.name in names
