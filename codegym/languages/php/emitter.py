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
        self._taken: set[str] = set()
        self._part: tuple[Any, ...] = ()
        self._sorted_copy = ""
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
        parts = [main, *functions] if self._main_first else [*functions, main]
        if self._main_function:
            parts.append([f"{self._function_name('main')}();"])
        opening = ["<?php"]
        if self._strict_types:
            opening += ["", "declare(strict_types=1);"]
        return "\n\n".join("\n".join(part) for part in [opening, *parts]) + "\n"

    def _function_name(self, name: str) -> str:
        if name in _BUILT_IN:
            name = f"my_{name}"
        return _camel(name) if self._camel else name

    def _name(self, name: str) -> str:
        return f"${_camel(name) if self._camel else name}"

    def _fresh(self, *options: str) -> str:
        """Returns the name of a variable that the function does not use, and keeps it."""
        name = next((option for option in options if option not in self._taken), f"{options[0]}_{len(self._taken)}")
        self._taken.add(name)
        return name

    # Functions.

    def _function(self, function: ir.Function) -> list[str]:
        self._enter((function,), self._never_empty.get(function.name, frozenset()))
        by_reference = self._references[function.name]
        parameters = ", ".join(
            self._parameter(parameter, reference)
            for parameter, reference in zip(function.parameters, by_reference, strict=True)
        )
        result = f": {_type(function.result)}" if self._typed else ""
        head = f"{self._function_name(function.name)}({parameters}){result}"
        lines = self._definition(head, self._lines(function.body))
        if function.summary and self._summaries == "doc":
            return ["/**", f" * {function.summary}", " */", *lines]
        if function.summary and self._summaries == "comment":
            return [f"// {function.summary.rstrip('.')}", *lines]
        return lines

    def _parameter(self, parameter: ir.Parameter, by_reference: bool) -> str:
        hint = f"{_type(parameter.type)} " if self._typed else ""
        return f"{hint}{'&' if by_reference else ''}{self._name(parameter.name)}"

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
        self._part, self._certain = part, certain
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
            case ir.Builtin("sorted", (whole,)):
                return [f"{variable} = {self._expression(whole)};", f"sort({variable}{_order(type_.item)});"]
            case ir.Index() if type_.kind in _COLLECTIONS and name in _changed(self._part, self._references):
                return [f"{variable} = &{self._expression(value)};"]
        return [f"{variable} = {self._expression(value)};"]

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> str:
        place = self._expression(target)
        if target.type == ir.STR:
            return f"{place} .= {self._expression(value)};"
        if operator == "//":
            return f"{place} = {self._expression(ir.Binary(operator, target, value, ir.INT))};"
        if operator in "+-" and value == _ONE and self._increments != "none":
            return f"{place}{operator * 2};" if self._increments == "after" else f"{operator * 2}{place};"
        return f"{place} {operator}= {self._expression(value)};"

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
        return self._body(f"foreach ({walked} as {name})", node.body)

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
        hint = f"{_type(loop.type)} " if self._typed else ""
        return f"fn({hint}{self._name(loop.variable)}) => {self._expression(value)}"

    # Output and input.

    def _print(self, parts: tuple[ir.Expression, ...]) -> str:
        spaced: list[ir.Expression] = [parts[0]]
        for part in parts[1:]:
            spaced += [ir.Constant(" ", ir.STR), part]
        merged = _merged(inner for part in spaced for inner in (part.parts if isinstance(part, ir.Format) else [part]))
        end = ir.Constant("\n", ir.STR)
        if self._texts == "format" and any(isinstance(part, ir.Constant) for part in merged):
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
                variables = ", ".join(map(self._name, names))
                if self._scanned:
                    pattern = self._string(" ".join(["%d"] * len(names)))
                    return [f"fscanf(STDIN, {pattern}, {variables});"]
                if len(names) == 1:
                    text = "trim(fgets(STDIN))"
                    return [f"{variables} = {f'(int) {text}' if self._integers == 'cast' else f'intval({text})'};"]
                target = f"list({variables})" if self._swaps == "list" else f"[{variables}]"
                return [f"{target} = {self._row(_ONE)};"]
            case ir.ReadArray(name, count):
                return [f"{self._name(name)} = {self._row(count)};"]
            case ir.ReadWords(name, count):
                return [f"{self._name(name)} = {self._words(count)};"]
            case ir.ReadLine(name):
                text = "trim(fgets(STDIN))" if self._quote == "'" else 'rtrim(fgets(STDIN), "\\r\\n")'
                return [f"{self._name(name)} = {text};"]
            case ir.ReadGrid(name, rows, columns):
                index = self._fresh("i", "r", "line_number")
                self._taken.discard(index)
                counter = self._name(index)
                test = f"{counter} < {self._expression(rows, _RELATION + 1)}"
                step = f"++{counter}" if self._increments == "before" else f"{counter}++"
                return [
                    f"{self._name(name)} = [];",
                    f"for ({counter} = 0; {test}; {step}) {{",
                    *_indented([f"{self._name(name)}[] = {self._row(columns)};"]),
                    "}",
                ]

    def _row(self, count: ir.Expression) -> str:
        return f"array_map({self._string('intval')}, {self._words(count)})"

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
            case ir.Constant(value):
                return self._string(str(value)), _ATOM
            case ir.Variable(name):
                return self._name(name), _ATOM
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
            case ir.Format(parts):
                return self._format(_merged(parts))
            case ir.Display(elements):
                return f"[{self._listed(elements)}]", _ATOM
            case ir.Filled(value, count):
                return f"array_fill(0, {self._expression(count)}, {self._expression(value)})", _ATOM

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
        left, right = self._expression(node.left, left_precedence), self._expression(node.right, precedence + 1)
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
        if self._texts == "format" and any(constants) and not all(constants):
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
            text = self._expression(part)
            following = parts[index + 1] if index + 1 < len(parts) else ir.Constant("", ir.STR)
            plain = isinstance(following, ir.Constant) and str(following.value)[:1] in ("", " ", ",", ".", "\n")
            braces = self._identical or not plain or not isinstance(part, ir.Variable)
            pieces.append(f"{{{text}}}" if braces else text)
        return f'"{"".join(pieces)}"'

    def _arguments(self, parts: list[ir.Expression]) -> str:
        """Returns the arguments of `sprintf` and its relatives."""
        pattern = "".join(
            str(part.value).replace("%", "%%")
            if isinstance(part, ir.Constant)
            else ("%d" if part.type == ir.INT else "%s")
            for part in parts
        )
        values = [self._expression(part) for part in parts if not isinstance(part, ir.Constant)]
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
_BUILT_IN = frozenset(
    (  # noqa: SIM905  # a column of words is no easier to read
        "abs array assert basename ceil chop clone compact constant copy count crypt current date define die dir "
        "each echo empty end eval exec exit exp explode extract file floor flush fn glob goto hash header idate "
        "implode include intdiv isset join key link list log mail match max min next pack pos pow prev print rand "
        "range rename require reset rewind round serialize shuffle sleep sort sprintf stat static substr system tan "
        "time touch trim unlink unpack unset use var xor yield count_chars similar_text"
    ).split()
)
"""Names of PHP's own functions and statements that a function of a program might have as well."""


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _type(type_: ir.Type) -> str:
    return {"int": "int", "bool": "bool", "char": "string", "str": "string", "void": "void"}.get(type_.kind, "array")


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


def _fits_inside(part: ir.Expression) -> bool:
    """Whether a string in double quotes can hold the value: a constant, a variable, a plain element."""
    match part:
        case ir.Constant() | ir.Variable():
            return True
        case ir.Index(ir.Variable(), ir.Variable() | ir.Constant(int())):
            return True
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
            changed = _changed(function.body, found)
            found[function.name] = tuple(p.type.kind in _COLLECTIONS and p.name in changed for p in function.parameters)
    for function in program.functions:
        given = [call.arguments for call in _calls(function.name, (*program.functions, *program.main))]
        found[function.name] = tuple(
            by_reference and any(_is_place(arguments[index]) for arguments in given)
            for index, by_reference in enumerate(found[function.name])
        )
    return found


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
