"""Prints procedural programs in C++17."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from codegym.languages.c.printer import (
    ATOM,
    CONDITIONAL,
    EQUALITY,
    MATHEMATICS,
    PRODUCT,
    RELATION,
    SUM,
    UNARY,
    Printer,
    Text,
    assigned_variables,
    enclosed,
    flattened,
    is_fixed,
    is_last,
    is_length,
    is_shared,
    merged,
    quoted,
    replaced,
    root_of,
)
from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import used_names

_SHIFTED = 9
_ZERO = ir.Constant(0, ir.INT)
_ZEROS = (_ZERO, ir.Constant(0.0, ir.FLOAT))


def emit(program: ir.Program) -> str:
    """Returns the C++ source of a program, a pure function of it: functions and `main`."""
    return _Emitter(program).source()


class _Emitter(Printer):
    def __init__(self, program: ir.Program) -> None:
        super().__init__(program, salt=4, camel_share=0.35, reserved=_RESERVED)
        choices = self._random
        self._std = choices.choice(("", "", "std::"))
        self._end = choices.choice(('"\\n"', "'\\n'", f"{self._std}endl", f"{self._std}endl"))
        self._fast = choices.random() < 0.2
        self._cast = choices.choice(("(int) {}", "(int){}", "static_cast<int>({})", "int({})"))
        self._char_cast = choices.choice(("(char) {}", "static_cast<char>({})", "char({})"))
        self._measures = choices.random() < 0.5
        self._size = choices.choice(("size", "size", "length"))
        self._auto = choices.random() < 0.4
        self._range_reads = choices.random() < 0.4
        self._record_form = choices.choice(("struct", "struct", "struct", "constructor", "constructor", "tuple"))
        self._alias = choices.choice(("using {0} = {1};", "typedef {1} {0};"))
        self._grouped = choices.random() < 0.5
        self._bare = choices.random() < 0.6
        self._unpacks = choices.random() < (0.85 if self._record_form == "tuple" else 0.35)
        self._comparisons = choices.choice(("lambda", "lambda", "function", "operator"))
        self._ties = choices.random() < 0.5
        self._copies_small = choices.random() < 0.3
        self._absolute = choices.choice(("abs", "fabs"))
        self._float_form = choices.choice(("once", "once", "at each", "at each", "precision", "printf"))
        if self._float_form == "printf" and self._fast:
            self._float_form = "at each"  # the two ways of output are not in step
        self._prints_in_order = self._float_form != "printf"
        self._decimals = _printed_decimals(self._program)
        self._loose: set[str] = set()
        self._block_now: ir.Block = ()
        parts = (*self._program.functions, *self._program.main)
        self._variables = {self._name(name) for part in parts for name in declared_names(part)}
        self._helpers: dict[str, list[str]] = {}
        self._comparators: dict[str, str] = {}
        self._map = f"{self._std}map"
        if not any(isinstance(n, ir.Builtin) and n.builtin == "keys" for n in ir.walk(self._program)):
            self._map = choices.choice((self._map, f"{self._std}unordered_map"))
        self._by_value = _parameters_by_value(self._program, self._changing)
        self._lengths: dict[str, str] = {}

    def _preamble(self) -> list[list[str]]:
        if any(isinstance(statement, ir.Read | ir.Print) for statement in ir.walk(self._program.main)):
            self._includes.add("iostream")
        records = [self._record(record) for record in self._program.records]
        lines = [f"#include <{name}>" for name in sorted(self._includes)]
        return [lines, *([] if self._std else [["using namespace std;"]]), *records, *self._helpers.values()]

    def _enter(self, block: ir.Block, function: ir.Function | None) -> None:
        super()._enter(block, function)
        self._loose, self._block_now = set(), block

    def _head(self, function: ir.Function) -> str:
        parameters = [self._parameter(function, position) for position in range(len(function.parameters))]
        return f"{self._type(function.result)} {self._name(function.name)}({', '.join(parameters)})"

    def _parameter(self, function: ir.Function, position: int) -> str:
        parameter = function.parameters[position]
        type_, name = self._type(parameter.type), self._name(parameter.name)
        if not (is_shared(parameter.type) or parameter.type == ir.STR or self._is_large(parameter.type)):
            return f"{type_} {name}"
        # What is given by reference might be an element that the function changes.
        changed = any(
            flag and other.type.element == parameter.type
            for other, flag in zip(function.parameters, self._changing[function.name], strict=True)
        )
        by_value = (function.name, position) in self._by_value or (changed and not is_shared(parameter.type))
        if by_value or parameter.name in assigned_variables(function.body):
            return f"{type_} {name}"
        return f"{type_}& {name}" if self._changing[function.name][position] else f"const {type_}& {name}"

    def _opening(self, function: ir.Function) -> list[str]:
        """Measures what the function asks for the length of again and again, and takes tuples apart."""
        self._lengths = {}
        assigned = assigned_variables(function.body)
        lines = []
        for parameter in function.parameters:
            whole = ir.Variable(parameter.name, parameter.type)
            asked = sum(1 for node in ir.walk(function.body) if is_length(node, whole))
            fixed = parameter.type.kind in ("array", "str") and parameter.name not in assigned
            kept = any(isinstance(s, ir.Declare) and is_length(s.value, whole) for s in function.body)
            if asked and fixed and not kept and self._measures:
                length = self._fresh("n", "len", "length", "size", f"{parameter.name}_size")
                lines.append(f"int {length} = {self._name(parameter.name)}.{self._sized(parameter.type)}();")
                self._lengths[parameter.name] = length
            if parameter.type.kind == "record" and self._shape(parameter.type) in ("pair", "tuple"):
                names = self._unpacked(parameter.name, parameter.type, function.body)
                lines += [f"const auto& [{names}] = {self._name(parameter.name)};"] if names else []
        return lines

    def _main(self) -> list[str]:
        self._lengths = {}
        head, *lines = super()._main()
        start = next((i for i, line in enumerate(lines) if "sync_with_stdio" not in line and "cin.tie" not in line), 0)
        return [head, *lines[:start], *self._indented(self._prepared_output()), *lines[start:]]

    def _prepared_output(self) -> list[str]:
        """Returns what tells the output once how floats are printed."""
        if not self._decimals or self._float_form not in ("once", "precision"):
            return []
        only = self._decimals[0] if len(self._decimals) == 1 else None
        if self._float_form == "precision" and only is not None:
            return [f"{self._std}cout.setf({self._std}ios::fixed);", f"{self._std}cout.precision({only});"]
        shown = [f"{self._std}cout", f"{self._library('fixed')}"]
        if only is not None:
            self._includes.add("iomanip")
            shown.append(f"{self._library('setprecision')}({only})")
        return [f"{' << '.join(shown)};"]

    def _library(self, name: str) -> str:
        """Returns how something of the standard library is called, also where a variable has the same name."""
        return f"std::{name}" if name in self._variables else f"{self._std}{name}"

    # Types.

    def _type(self, type_: ir.Type) -> str:
        match type_.kind:
            case "str":
                self._includes.add("string")
                return f"{self._std}string"
            case "array" | "list":
                self._includes.add("vector")
                return f"{self._std}vector<{self._type(type_.item)}>"
            case "map":
                self._includes.add(self._map.removeprefix("std::"))
                return f"{self._map}<{self._type(type_.key or ir.INT)}, {self._type(type_.item)}>"
            case "record":
                return type_.name
            case "float":
                return "double"
        return type_.kind

    def _shape(self, record: ir.Type) -> str:
        """Returns what a record is: a `"struct"`, one with a `"constructor"`, a `"pair"` or a `"tuple"`."""
        if self._record_form != "tuple":
            return self._record_form
        fields = len(self._program.fields(record))
        return "struct" if fields == 1 else "pair" if fields == 2 else "tuple"

    def _is_large(self, type_: ir.Type) -> bool:
        """Whether it is a record that functions are given by reference."""
        if type_.kind != "record":
            return False
        fields = self._program.fields(type_)
        return not self._copies_small or len(fields) > 2 or any(field.type == ir.STR for field in fields)

    def _record(self, record: ir.Record) -> list[str]:
        """Returns the declaration of a record."""
        type_ = ir.Type("record", name=record.name)
        shape = self._shape(type_)
        if shape in ("pair", "tuple"):
            self._includes.add("utility" if shape == "pair" else "tuple")
            listed = ", ".join(self._type(field.type) for field in record.fields)
            return [self._alias.format(record.name, f"{self._std}{shape}<{listed}>")]
        members: list[str] = []
        for member_type, group in itertools.groupby(record.fields, key=lambda field: field.type):
            names = [self._name(field.name) for field in group]
            names = [", ".join(names)] if self._grouped else names
            members += [f"{self._type(member_type)} {name};" for name in names]
        if shape == "constructor":
            names = [self._name(field.name) for field in record.fields]
            types = [self._type(field.type) for field in record.fields]
            types = [f"const {text}&" if text.endswith("string") else text for text in types]
            parameters = ", ".join(f"{text} {name}" for text, name in zip(types, names, strict=True))
            members += ["", f"{record.name}({parameters}) : {', '.join(f'{name}({name})' for name in names)} {{}}"]
        order = self._own_order(type_)
        if order is not None:
            compared = self._compared(
                order, lambda field: self._name(field), lambda field: f"other.{self._name(field)}"
            )
            head = f"bool operator<(const {record.name}& other) const {{"
            members += ["", head, *self._indented(compared), "}"]
        return [f"struct {record.name} {{", *self._indented(members), "};"]

    def _sized(self, type_: ir.Type) -> str:
        return self._size if type_ == ir.STR else "size"

    # Statements.

    def _declare(self, node: ir.Declare) -> list[str]:
        name, type_ = self._name(node.name), self._type(node.type)
        match node.value:
            case ir.Display((), _):
                return [f"{type_} {name};"]
            case ir.Display(elements, _):
                return [f"{type_} {name} = {{{', '.join(map(self._element, elements))}}};"]
            case ir.Construct():
                return [self._declare_record(name, node.value)]
            case ir.Call() | ir.Index() if node.type.kind == "record" and self._is_alone(node):
                names = self._unpacked(node.name, node.type, self._block_now)
                if names:
                    return [f"auto [{names}] = {self._expression(node.value)};"]
            case ir.Filled(value, count):
                return [f"{type_} {name}({self._filling(value, count)});"]
            case ir.Constant("", ir.Type("str")):
                return [f"{type_} {name};" if self._auto else f'{type_} {name} = "";']
            case ir.Builtin("sorted", (whole,)) | ir.Ordered(whole):
                return [f"{type_} {name} = {self._expression(whole)};", *self._sort(name, node.value)]
            case ir.Builtin("copy", (whole,)):
                return [f"{type_} {name} = {self._expression(whole)};"]
            case ir.Builtin("split", (text,)):
                stream, word = self._stream(text), self._fresh("word", "token", "part", "piece")
                self._taken.discard(word)
                return [
                    *stream[1],
                    f"{type_} {name};",
                    *self._around(
                        f"for ({self._std}string {word}; {stream[0]} >> {word};)", [f"{name}.push_back({word});"]
                    ),
                ]
            case ir.Index() | ir.Variable() if is_shared(node.type) and not self._assigned & {
                node.name,
                root_of(node.value),
            }:
                const = "" if node.name in self._changed else "const "
                return [f"{const}{'auto' if self._auto else type_}& {name} = {self._expression(node.value)};"]
            case ir.Call() if (is_shared(node.type) or node.type.kind == "record") and self._auto:
                type_ = "auto"
        return [f"{type_} {name} = {self._uncast(node.value)};"]

    def _declare_record(self, name: str, value: ir.Construct) -> str:
        """Returns the declaration of a variable that is a new record."""
        type_ = self._type(value.type)
        if self._shape(value.type) == "constructor" and not self._bare:
            values = ", ".join(map(self._converted, value.arguments))
            # With casts like int(x) in it, it might be the declaration of a function.
            return f"{type_} {name} = {self._construct(value)};" if "(" in values else f"{type_} {name}({values});"
        return f"{type_} {name}{' = ' if self._bare else ''}{self._braced(value)};"

    def _is_alone(self, node: ir.Declare) -> bool:
        """Whether no other variable of the function has this name."""
        names = [name for statement in self._block_now for name in declared_names(statement)]
        return names.count(node.name) == 1

    def _unpacked(self, name: str, record: ir.Type, block: ir.Block) -> str:
        """Returns names for the fields of a record of which a block wants nothing else; they stand for the fields."""
        variable = ir.Variable(name, record)
        nodes = list(ir.walk(block))
        looked_into = sum(isinstance(node, ir.Field) and node.owner == variable for node in nodes)
        names = [self._name(field.name) for field in self._program.fields(record)]
        if not self._unpacks or not looked_into or nodes.count(variable) != looked_into:
            return ""
        if self._taken.intersection(names):
            return ""
        self._taken.update(names)
        self._loose.add(name)
        return ", ".join(names)

    def _sort(self, name: str, order: ir.Builtin | ir.Ordered) -> list[str]:
        """Returns a statement that puts the elements of a vector in order."""
        self._includes.add("algorithm")
        start = f"{self._library('sort')}({name}.begin(), {name}.end()"
        if isinstance(order, ir.Builtin) or self._is_natural(order):
            return [f"{start});"]
        if self._comparisons == "function":
            return [f"{start}, {self._comparator(order)});"]
        head, body = self._lambda(order)
        if len(body) == 1 and len(f"{start}, {head} {body[0]}") < 90:
            return [f"{start}, {head} {body[0]} }});"]
        return [f"{start}, {head}", *self._indented(body), "});"]

    def _assign(self, target: ir.Variable | ir.Index, value: ir.Expression) -> list[str]:
        match value:
            case ir.Builtin("sorted", (whole,)) | ir.Ordered(whole) if whole == target and isinstance(
                whole, ir.Variable
            ):
                return self._sort(self._name(whole.name), value)
            case ir.Construct() if self._bare:
                return [f"{self._expression(target)} = {self._braced(value)};"]
        return super()._assign(target, value)

    def _return(self, value: ir.Expression | None) -> list[str]:
        match value:
            case ir.Construct() if self._bare:
                return [f"return {self._braced(value)};"]
            case ir.Ordered(whole):
                name = self._fresh("ordered", "result", "in_order")
                copy = f"{self._type(value.type)} {name} = {self._expression(whole)};"
                return [copy, *self._sort(name, value), f"return {name};"]
        return super()._return(value)

    def _unsigned_length(self, whole: ir.Expression) -> str | None:
        if isinstance(whole, ir.Variable) and whole.name in self._lengths:
            return None
        return f"{self._expression(whole, ATOM)}.{self._sized(whole.type)}()"

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> list[str]:
        if target.type != ir.STR:
            return super()._augment(target, operator, value)
        place = self._expression(target)
        if value.type == ir.CHAR and self._random.random() < 0.3:
            return [f"{place}.push_back({self._expression(value)});"]
        return [f"{place} += {self._expression(value)};"]

    def _pair(self, node: ir.AssignPair) -> list[str]:
        if node.first == node.second_value and node.second == node.first_value:
            self._includes.add("utility")
            return [f"{self._std}swap({self._expression(node.first)}, {self._expression(node.second)});"]
        return super()._pair(node)

    def _append(self, collection: ir.Expression, value: ir.Expression) -> list[str]:
        place = self._expression(collection, ATOM)
        if isinstance(value, ir.Construct):
            if self._shape(value.type) != "struct" and not self._bare:
                return [f"{place}.emplace_back({', '.join(map(self._converted, value.arguments))});"]
            return [f"{place}.push_back({self._element(value)});"]
        return [f"{place}.push_back({self._converted(value)});"]

    def _pop(self, collection: ir.Expression) -> list[str]:
        return [f"{self._expression(collection, ATOM)}.pop_back();"]

    def _for_each(self, node: ir.ForEach) -> list[str]:
        variable, type_ = self._name(node.variable), self._type(node.type)
        match node.iterable:
            case ir.Builtin("keys", (counts,)):
                return self._for_keys(node, counts)
            case ir.Builtin("split", (text,)):
                stream, lines = self._stream(text)
                return [*lines, *self._body(f"for ({type_} {variable}; {stream} >> {variable};)", node.body)]
        assigned = node.variable in assigned_variables(node.body)
        # An element that gets another value inside the loop must not change what the loop's variable is.
        steady = is_shared(node.type) or root_of(node.iterable) not in self._changed
        if node.type.kind == "record":
            names = "" if assigned else self._unpacked(node.variable, node.type, node.body)
            if names:
                auto = "const auto&" if steady else "auto"
                lines = self._body(f"for ({auto} [{names}] : {self._expression(node.iterable)})", node.body)
                self._loose.discard(node.variable)
                self._taken.difference_update(names.split(", "))
                return lines
        if node.type == ir.STR or is_shared(node.type) or self._is_large(node.type):
            if node.variable in self._changed and not _is_temporary(node.iterable):
                type_ = f"{'auto' if self._auto else type_}&"
            elif not assigned and steady and node.variable not in self._changed:
                type_ = f"const {'auto' if self._auto else type_}&"
        return self._body(f"for ({type_} {variable} : {self._expression(node.iterable)})", node.body)

    def _for_keys(self, node: ir.ForEach, counts: ir.Expression) -> list[str]:
        """Walks over the entries of a map, which it keeps in the order of its keys."""
        key = ir.Variable(node.variable, node.type)
        entry = ir.Index(counts, key, counts.type.item)
        if not any(inner == entry for inner in ir.walk(node.body)):
            name = self._fresh("entry", "item", "pair")
            first = f"{self._type(node.type)} {self._name(node.variable)} = {name}.first;"
            lines = [first, *self._lines(node.body)]
            return self._around(f"for (const auto& {name} : {self._expression(counts)})", lines)
        value = self._fresh_variable("value", "count", "times", "how_many", "stored")
        body = tuple(replaced(statement, entry, ir.Variable(value, entry.type)) for statement in node.body)
        names = f"{self._name(node.variable)}, {self._name(value)}"
        return self._body(f"for (const auto& [{names}] : {self._expression(counts)})", body)

    def _stream(self, text: ir.Expression) -> tuple[str, list[str]]:
        """Returns a stream over the words of a text, and the lines that open it."""
        self._includes.update({"sstream", "string"})
        name = self._fresh("stream", "iss", "ss", "in")
        return name, [f"{self._std}istringstream {name}({self._expression(text)});"]

    def _shown(self, pieces: Sequence[ir.Expression], *, last: bool = False) -> list[str]:
        pieces = merged(tuple(pieces))
        if self._float_form == "printf" and any(map(is_fixed, pieces)):
            return [self._printf(pieces, last=last)]
        texts: list[str] = []
        decimals: int | None = None
        for piece in pieces:
            match piece:
                case ir.Builtin("fixed", (number, ir.Constant(int(wanted)))):
                    texts += self._manipulators(wanted, decimals)
                    texts.append(self._expression(number, _SHIFTED + 1))
                    decimals = wanted
                case ir.Builtin("ord", (character,)):
                    texts.append(enclosed(self._to(self._cast, character), _SHIFTED + 1))
                case _:
                    texts.append(self._uncast(piece, _SHIFTED + 1))
        if last and self._end == '"\\n"' and pieces and isinstance(pieces[-1], ir.Constant) and texts[-1].endswith('"'):
            texts[-1] = f'{texts[-1][:-1]}\\n"'
        elif last:
            texts.append(self._end)
        return [f"{self._std}cout << {' << '.join(texts)};"]

    def _manipulators(self, decimals: int, before: int | None) -> list[str]:
        """Returns what tells the output about a float, after one with `before` decimals in the same statement."""
        prepared = self._float_form in ("once", "precision")
        if decimals == before or (prepared and len(self._decimals) == 1):
            return []
        self._includes.add("iomanip")
        fixed = [] if prepared or before is not None else [f"{self._library('fixed')}"]
        return [*fixed, f"{self._library('setprecision')}({decimals})"]

    def _printf(self, pieces: Sequence[ir.Expression], *, last: bool) -> str:
        self._includes.add("cstdio")
        pattern, values = "", [""]
        for piece in pieces:
            match piece:
                case ir.Constant(value, ir.Type("str" | "char")):
                    pattern += str(value).replace("%", "%%")
                case ir.Builtin("fixed", (number, ir.Constant(decimals))):
                    pattern += f"%.{decimals}f"
                    values.append(self._expression(number))
                case _ if piece.type == ir.STR:
                    pattern += "%s"
                    is_array = _is_plain(piece)
                    values.append(self._expression(piece) if is_array else f"{self._expression(piece, ATOM)}.c_str()")
                case _:
                    pattern += "%c" if piece.type == ir.CHAR else "%d"
                    values.append(self._expression(piece))
        return f"{self._std}printf({quoted(pattern + last * chr(10), chr(34))}{', '.join(values)});"

    def _joined(self, separator: ir.Expression, items: ir.Expression) -> list[str]:
        lines = []
        name = self._expression(items, ATOM)
        if _is_temporary(items):
            name = self._fresh("items", "parts", "elements", "listed")
            lines = [f"{'auto' if self._auto else self._type(items.type)} {name} = {self._expression(items)};"]
        index = self._counter()
        self._taken.discard(index)
        between = self._expression(separator)
        if self._random.random() < 0.5:
            shown = [
                *self._around(f"if ({index} > 0)", [f"{self._std}cout << {between};"]),
                f"{self._std}cout << {name}[{index}];",
            ]
        else:
            shown = [f'{self._std}cout << ({index} > 0 ? {between} : "") << {name}[{index}];']
        head = f"for ({self._std}size_t {index} = 0; {index} < {name}.size(); {self._step(index, '+')})"
        return [*lines, *self._around(head, shown)]

    def _read(self, node: ir.Read) -> list[str]:
        self._includes.add("iostream")
        lines = self._opened(node)
        cin = f"{self._std}cin"
        match node:
            case ir.ReadInts(names) | ir.ReadFloats(names):
                spelled = [self._name(name) for name in names]
                kind = "int" if isinstance(node, ir.ReadInts) else "double"
                lines += [f"{kind} {', '.join(spelled)};", f"{cin} >> {' >> '.join(spelled)};"]
            case ir.ReadRecords():
                lines += self._read_records(node)
            case ir.ReadLine(name):
                lines.append(f"{self._type(ir.STR)} {self._name(name)};")
                if self._reads_words:
                    lines.append(f"{cin} >> {self._name(name)};")
                else:
                    lines.append(f"{self._std}getline({cin}, {self._name(name)});")
            case ir.ReadArray(name, count) | ir.ReadWords(name, count):
                item = ir.STR if isinstance(node, ir.ReadWords) else node.type.item
                lines.append(f"{self._type(ir.Type('array', item))} {self._name(name)}({self._expression(count)});")
                lines += self._filled_from_input(self._name(name), count, item)
            case ir.ReadGrid(name, rows, columns):
                row_type = self._type(ir.Type("array", ir.INT))
                shape = f"{self._expression(rows)}, {row_type}({self._expression(columns)})"
                lines.append(f"{self._type(ir.Type('array', ir.Type('array', ir.INT)))} {self._name(name)}({shape});")
                row = self._fresh("row", "line", "cells") if self._range_reads else self._fresh("i", "r", "row")
                place = row if self._range_reads else f"{self._name(name)}[{row}]"
                inner = self._filled_from_input(place, columns, ir.INT)
                head = (
                    f"for ({'auto' if self._auto else row_type}& {row} : {self._name(name)})"
                    if self._range_reads
                    else self._loop_head(row, "0", f"{row} < {self._expression(rows, RELATION + 1)}")
                )
                self._taken.discard(row)
                lines += [f"{head} {{", *self._indented(inner), "}"]
        following = self._program.main[self._program.main.index(node) + 1 :]
        if not isinstance(node, ir.ReadLine) and following and isinstance(following[0], ir.ReadLine):
            lines.append(f"{cin}.ignore();")
        return lines

    def _read_records(self, node: ir.ReadRecords) -> list[str]:
        name, type_ = self._name(node.name), node.type.item
        if self._shape(type_) in ("struct", "pair"):
            declared = f"{self._type(node.type)} {name}({self._expression(node.count)});"
            return [declared, *self._filled_from_input(name, node.count, type_)]
        index = self._counter()
        self._taken.discard(index)
        # These may hide other variables, except for those that the loop needs.
        needed = {name, index, *map(self._name, used_names(node.count))}
        fields = [(field.type, self._name(field.name)) for field in self._program.fields(type_)]
        fields = [(kind, f"{field}_read" if field in needed else field) for kind, field in fields]
        body: list[str] = []
        for kind, group in itertools.groupby(fields, key=lambda field: field[0]):
            body.append(f"{self._type(kind)} {', '.join(field for _, field in group)};")
        names = [field for _, field in fields]
        added = f"push_back({{{', '.join(names)}}})" if self._bare else f"emplace_back({', '.join(names)})"
        body += [f"{self._std}cin >> {' >> '.join(names)};", f"{name}.{added};"]
        head = self._loop_head(index, "0", f"{index} < {self._expression(node.count, RELATION + 1)}")
        return [f"{self._type(node.type)} {name};", *self._around(head, body)]

    def _opened(self, node: ir.Read) -> list[str]:
        first = next(statement for statement in self._program.main if isinstance(statement, ir.Read))
        if node is not first or not self._fast:
            return []
        return [f"{self._std}ios::sync_with_stdio(false);", f"{self._std}cin.tie(nullptr);"]

    def _filled_from_input(self, place: str, count: ir.Expression, item: ir.Type) -> list[str]:
        if self._range_reads:
            options = {"str": ("word", "w", "entry"), "record": (item.name[:1].lower(), _noun(item), "entry")}
            name = self._fresh(*options.get(item.kind, ("x", "value", "v", "cell")))
            head, cell = f"for ({'auto' if self._auto else self._type(item)}& {name} : {place})", name
        else:
            name = self._fresh("i", "j", "k", "c")
            head = self._loop_head(name, "0", f"{name} < {self._expression(count, RELATION + 1)}")
            cell = f"{place}[{name}]"
        self._taken.discard(name)
        cells = [cell]
        if item.kind == "record":
            cells = [self._member(cell, item, field.name) for field in self._program.fields(item)]
        return self._around(head, [f"{self._std}cin >> {' >> '.join(cells)};"])

    # Expressions.

    def _negation(self, operand: ir.Expression) -> Text:
        match operand:
            case ir.Builtin("contains", (part, whole)):
                return self._contains(part, whole, found=False)
        return super()._negation(operand)

    def _binary(self, node: ir.Binary) -> Text:
        if node.type == ir.STR:
            return self._format(tuple(flattened(node)))
        if node.left.type == ir.STR and isinstance(node.left, ir.Constant):
            node = ir.Binary(node.operator, node.right, node.left, node.type)  # == and != of two texts
        return super()._binary(node)

    def _call(self, node: ir.Call) -> str:
        arguments = []
        for position, argument in enumerate(node.arguments):
            text = self._converted(argument)
            changed = self._changing[node.function][position] and (node.function, position) not in self._by_value
            if changed and _is_temporary(argument):
                return self._call_with_lvalues(node)
            arguments.append(text)
        return f"{self._name(node.function)}({', '.join(arguments)})"

    def _call_with_lvalues(self, node: ir.Call) -> str:
        """Returns a call of a function that changes what it is given, and is given values without a name."""
        lines, arguments = [], []
        for argument in node.arguments:
            text = self._converted(argument)
            if is_shared(argument.type) and _is_temporary(argument):
                name = self._fresh("part", "copy", "given")
                lines.append(f"auto {name} = {text};")
                text = name
            arguments.append(text)
        return f"[&] {{ {' '.join(lines)} return {self._name(node.function)}({', '.join(arguments)}); }}()"

    def _index(self, collection: ir.Expression, index: ir.Expression) -> str:
        whole = self._expression(collection, ATOM)
        if is_last(index, collection) and collection.type.kind in ("list", "str"):
            return f"{whole}.back()"
        return f"{whole}[{self._expression(index)}]"

    def _builtin(self, node: ir.Builtin) -> Text:
        name, arguments, std = node.builtin, node.arguments, self._std
        first, kind = arguments[0], arguments[0].type.kind
        listed = self._listed(arguments)
        match name:
            case "abs" | "sqrt" if node.type == ir.FLOAT:
                self._includes.add("cmath")
                called = self._absolute if name == "abs" else name
                return f"{self._library(called)}({self._converted(first)})", ATOM
            case "float":
                if isinstance(first, ir.Constant):
                    return f"{first.value}.0", ATOM
                return self._to(self._cast.replace("int", "double"), first)
            case "truncate":
                return self._to(self._cast, first)
            case "fixed":
                return f"{self._helper('to_fixed')}({listed})", ATOM
            case "abs":
                self._includes.add("cstdlib")
                return f"{self._library('abs')}({listed})", ATOM
            case "min" | "max":
                self._includes.add("algorithm")
                numbers = [self._expression(_as_number(argument)) for argument in arguments]
                return f"{self._library(name)}({', '.join(numbers)})", ATOM
            case "floor_div" | "floor_mod":
                return self._floored(node)
            case "len":
                if isinstance(first, ir.Variable) and first.name in self._lengths:
                    return self._lengths[first.name], ATOM
                return self._cast.format(self._uncast(node)), UNARY if self._cast.startswith("(") else ATOM
            case "sum" | "smallest" | "largest":
                return self._folded(name, first)
            case "sorted":
                return f"{self._helper('sorted_copy')}({listed})", ATOM
            case "copy":
                return f"{self._type(node.type)}({listed})", ATOM
            case "keys":
                raise TypeError("The keys of a map are only walked over.")
            case "slice":
                return self._slice(node), ATOM
            case "reversed":
                if _is_temporary(first):
                    return f"{self._helper('reversed')}({listed})", ATOM
                text = self._expression(first, ATOM)
                return f"{self._type(ir.STR)}({text}.rbegin(), {text}.rend())", ATOM
            case "contains":
                return self._contains(first, arguments[1], found=True)
            case "get":
                owner, key = self._expression(first, ATOM), self._expression(arguments[1])
                default = self._expression(arguments[2], CONDITIONAL + 1)
                return f"{owner}.count({key}) ? {owner}[{key}] : {default}", CONDITIONAL
            case "split":
                return f"{self._helper('split')}({listed})", ATOM
            case "join":
                return f"{self._helper('join')}({listed})", ATOM
            case "count":
                self._includes.add("algorithm")
                if _is_temporary(first):
                    return f"{self._helper('count_of')}({listed})", ATOM
                text = self._expression(first, ATOM)
                counted = f"{self._library('count')}({text}.begin(), {text}.end(), {self._expression(arguments[1])})"
                return self._cast.format(counted), UNARY if self._cast.startswith("(") else ATOM
            case "ord":
                return self._text(first)  # a char is a number in arithmetic
            case "chr":
                operand = self._expression(first, ATOM if self._char_cast.startswith("(") else 0)
                return self._char_cast.format(operand), UNARY if self._char_cast.startswith("(") else ATOM
            case "text":
                self._includes.add("string")
                if kind == "char":
                    return f"{std}string(1, {listed})", ATOM
                return f"{std}to_string({self._expression(_as_number(first))})", ATOM
            case "number":
                self._includes.add("string")
                return f"{std}stoi({listed})", ATOM
            case "upper" | "lower" if node.type == ir.STR:
                return f"{self._helper('to_' + name)}({listed})", ATOM
            case "upper" | "lower":
                self._includes.add("cctype")
                called = f"{std}to{name}({listed})"
                return self._char_cast.format(called), UNARY if self._char_cast.startswith("(") else ATOM
        self._includes.add("cctype")
        return f"{std}{_CHARACTER_TESTS[name]}({listed})", ATOM

    def _to(self, cast: str, node: ir.Expression) -> Text:
        """Returns a number as one of another type."""
        if cast.startswith("("):
            return cast.format(self._uncast(node, UNARY)), UNARY
        return cast.format(self._uncast(node)), ATOM

    def _floored(self, node: ir.Builtin) -> Text:
        value, divisor = node.arguments
        if node.builtin == "floor_div" or not isinstance(value, ir.Variable):
            return f"{self._helper(node.builtin)}({self._listed(node.arguments)})", ATOM
        number, by = self._expression(value, PRODUCT), self._expression(divisor, PRODUCT + 1)
        return f"({number} % {by} + {by}) % {by}", PRODUCT

    def _folded(self, name: str, items: ir.Expression) -> Text:
        self._includes.add("numeric" if name == "sum" else "algorithm")
        is_float = items.type.item == ir.FLOAT
        if _is_temporary(items):
            return f"{self._helper(name + '_of', is_float=is_float)}({self._expression(items)})", ATOM
        whole = self._expression(items, ATOM)
        ends = f"{whole}.begin(), {whole}.end()"
        if name == "sum":
            return f"{self._library('accumulate')}({ends}, {'0.0' if is_float else '0'})", ATOM
        return f"*{self._library('min_element' if name == 'smallest' else 'max_element')}({ends})", UNARY

    def _slice(self, node: ir.Builtin) -> str:
        whole, start, stop = node.arguments
        text, begin = self._expression(whole, ATOM), self._expression(start)
        if whole.type == ir.STR:
            if is_length(stop, whole):
                return f"{text}.substr({begin})"
            match start, stop:
                case ir.Constant(0), _:
                    length = self._expression(stop)
                case ir.Constant(int(low)), ir.Constant(int(high)):
                    length = str(high - low)
                case _, ir.Binary("+", left, right) if left == start:
                    length = self._expression(right)
                case _:
                    length = f"{self._expression(stop, SUM)} - {self._expression(start, SUM + 1)}"
            return f"{text}.substr({begin}, {length})"
        if _is_temporary(whole):
            raise TypeError("Only a part of a variable is taken.")
        first = f"{text}.begin()" if start == _ZERO else f"{text}.begin() + {self._expression(start, SUM + 1)}"
        last = f"{text}.end()" if is_length(stop, whole) else f"{text}.begin() + {self._expression(stop, SUM + 1)}"
        return f"{self._type(node.type)}({first}, {last})"

    def _contains(self, part: ir.Expression, whole: ir.Expression, *, found: bool) -> Text:
        text, owner = self._expression(part), self._expression(whole, ATOM)
        different = "!=" if found else "=="
        match whole.type.kind:
            case "map":
                if self._auto:
                    return f"{owner}.find({text}) {different} {owner}.end()", EQUALITY
                return f"{owner}.count({text}) {'>' if found else '=='} 0", RELATION if found else EQUALITY
            case "str":
                if isinstance(whole, ir.Constant):
                    owner = f"{self._type(ir.STR)}({owner})"
                return f"{owner}.find({text}) {different} {self._std}string::npos", EQUALITY
        self._includes.add("algorithm")
        return f"{self._library('find')}({owner}.begin(), {owner}.end(), {text}) {different} {owner}.end()", EQUALITY

    def _format(self, parts: tuple[ir.Expression, ...]) -> Text:
        self._includes.add("string")
        pieces = merged(tuple(piece for part in parts for piece in flattened(part)))
        texts = [
            self._expression(ir.Builtin("text", (piece,), ir.STR) if piece.type == ir.INT else piece, SUM + 1)
            for piece in pieces
        ]
        if all(_is_plain(piece) for piece in pieces[:2]):
            texts[0] = f"{self._std}string({'1, ' if pieces[0].type == ir.CHAR else ''}{texts[0]})"
        return " + ".join(texts), SUM if len(texts) > 1 else ATOM

    def _filling(self, value: ir.Expression, count: ir.Expression) -> str:
        size = self._uncast(count)
        return size if value in _ZEROS and self._auto else f"{size}, {self._element(value)}"

    def _new(self, node: ir.Display | ir.Filled) -> str:
        if isinstance(node, ir.Filled):
            return f"{self._type(node.type)}({self._filling(node.value, node.count)})"
        return f"{self._type(node.type)}{{{', '.join(map(self._element, node.elements))}}}"

    def _element(self, node: ir.Expression) -> str:
        """Returns what an element of a new or growing vector is."""
        if isinstance(node, ir.Construct) and self._bare:
            return self._braced(node)
        return self._expression(node)

    # Records.

    def _construct(self, node: ir.Construct) -> str:
        if self._shape(node.type) == "struct":
            return f"{self._type(node.type)}{self._braced(node)}"
        return f"{self._type(node.type)}({', '.join(map(self._converted, node.arguments))})"

    def _braced(self, node: ir.Construct) -> str:
        """Returns the fields of a new record in braces, where C++ turns no variable into a float by itself."""
        values = [
            self._converted(argument) if isinstance(argument, ir.Constant) else self._expression(argument)
            for argument in node.arguments
        ]
        return f"{{{', '.join(values)}}}"

    def _field(self, node: ir.Field) -> str:
        if isinstance(node.owner, ir.Variable) and node.owner.name in self._loose:
            return self._name(node.field)
        shape = self._shape(node.owner.type)
        return self._member(self._expression(node.owner, 0 if shape == "tuple" else ATOM), node.owner.type, node.field)

    def _member(self, owner: str, record: ir.Type, field: str) -> str:
        position = [declared.name for declared in self._program.fields(record)].index(field)
        match self._shape(record):
            case "pair":
                return f"{owner}.{('first', 'second')[position]}"
            case "tuple":
                return f"{self._library('get')}<{position}>({owner})"
        return f"{owner}.{self._name(field)}"

    def _ordered(self, node: ir.Ordered) -> str:
        whole = self._expression(node.records)
        if self._is_natural(node):
            return f"{self._helper('sorted_copy')}({whole})"
        return f"{self._helper('sorted_by')}({whole}, {self._comparator(node)})"

    def _is_natural(self, order: ir.Ordered) -> bool:
        """Whether records are compared in this order without being told how."""
        record = order.type.item
        if self._shape(record) in ("pair", "tuple"):
            fields = [field.name for field in self._program.fields(record)]
            return [key.field for key in order.keys] == fields and not any(key.descending for key in order.keys)
        return self._own_order(record) is not None

    def _own_order(self, record: ir.Type) -> ir.Ordered | None:
        """Returns the one order that records of a kind are put in, where they are compared by an operator."""
        if self._comparisons != "operator" or self._shape(record) in ("pair", "tuple"):
            return None
        nodes = ir.walk((*self._program.functions, *self._program.main))
        orders = [node for node in nodes if isinstance(node, ir.Ordered) and node.type.item == record]
        return orders[0] if orders and all(order.keys == orders[0].keys for order in orders) else None

    def _compared(self, order: ir.Ordered, left: Callable[[str], str], right: Callable[[str], str]) -> list[str]:
        """Returns the body of a function that tells whether the left one of two records comes first."""
        pairs = [(right, left) if key.descending else (left, right) for key in order.keys]
        sides = [(one(key.field), two(key.field)) for key, (one, two) in zip(order.keys, pairs, strict=True)]
        if len(sides) > 1 and self._ties:
            self._includes.add("tuple")
            texts = [f"{self._library('tie')}({', '.join(side)})" for side in zip(*sides, strict=True)]
            return [f"return {texts[0]} < {texts[1]};"]
        lines: list[str] = []
        for key in order.keys:
            one, two = left(key.field), right(key.field)
            compared = f"return {one} {'>' if key.descending else '<'} {two};"
            lines += [compared] if key is order.keys[-1] else self._around(f"if ({one} != {two})", [compared])
        return lines

    def _lambda(self, order: ir.Ordered) -> tuple[str, list[str]]:
        """Returns the head and the body of a function without a name that compares two records."""
        head, body = self._comparing("", order)
        return f"[]{head}", body

    def _comparing(self, name: str, order: ir.Ordered) -> tuple[str, list[str]]:
        record = order.type.item
        type_ = "auto" if self._auto and not name else self._type(record)
        head = f"{name}(const {type_}& a, const {type_}& b) {{"
        body = self._compared(
            order, lambda field: self._member("a", record, field), lambda field: self._member("b", record, field)
        )
        return head, body

    def _comparator(self, order: ir.Ordered) -> str:
        """Returns the name of the function that compares two records, and adds it."""
        record, first = order.type.item, order.keys[0].field
        key = f"{record.name} {order.keys}"
        if key not in self._comparators:
            used = self._everywhere | self._variables | set(self._comparators.values())
            options = [f"by_{first}", f"compare_by_{first}", f"comes_before_{len(used)}"]
            name = next(name for name in map(self._name, options) if name not in used)
            head, body = self._comparing(name, order)
            self._comparators[key] = name
            self._helpers[f"compare {key}"] = [f"bool {head}", *self._indented(body), "}"]
        return self._comparators[key]

    def _helper(self, name: str, *, is_float: bool = False) -> str:
        """Returns the name of a function that the program needs besides its own, and adds it."""
        includes, text = _HELPERS[name]
        self._includes.update(includes)
        spelled = self._name(name)
        while spelled in self._everywhere:
            spelled += "_text" if name in ("split", "join", "reversed") else "_value"
        key = f"{name} of floats" if is_float else name
        if key not in self._helpers:
            if is_float:
                text = text.replace("int", "double").replace(", 0)", ", 0.0)")
            text = text.replace("NAME", spelled).replace("std::", self._std)
            self._helpers[key] = text.replace("    ", self._indent).strip("\n").split("\n")
        return spelled


# Types and the like of namespace std, which hide a function of the same name; functions are told apart.
_RESERVED = frozenset(
    (  # noqa: SIM905  # a list of words says no more
        "main std rank extent ratio plus minus multiplies divides modulus negate less greater hash array map set pair "
        "tuple list queue deque stack vector string function optional any variant byte ignore in_place nothrow "
        "complex locale chrono regex thread mutex future promise allocator iterator"
    ).split()
).union(MATHEMATICS)
_CHARACTER_TESTS: dict[str, str] = {
    "is_digit": "isdigit",
    "is_letter": "isalpha",
    "is_upper": "isupper",
    "is_lower": "islower",
}
_HELPERS: dict[str, tuple[tuple[str, ...], str]] = {
    "floor_mod": (
        (),
        """
int NAME(int a, int b) {
    return (a % b + b) % b;
}
""",
    ),
    "floor_div": (
        (),
        """
int NAME(int a, int b) {
    return a / b - (a % b < 0 ? 1 : 0);
}
""",
    ),
    "to_upper": (
        ("cctype", "string"),
        """
std::string NAME(std::string text) {
    for (char& c : text) {
        c = std::toupper(c);
    }
    return text;
}
""",
    ),
    "to_lower": (
        ("cctype", "string"),
        """
std::string NAME(std::string text) {
    for (char& c : text) {
        c = std::tolower(c);
    }
    return text;
}
""",
    ),
    "reversed": (
        ("algorithm", "string"),
        """
std::string NAME(std::string text) {
    std::reverse(text.begin(), text.end());
    return text;
}
""",
    ),
    "count_of": (
        ("algorithm", "string"),
        """
int NAME(const std::string& text, char wanted) {
    return std::count(text.begin(), text.end(), wanted);
}
""",
    ),
    "sum_of": (
        ("numeric", "vector"),
        """
int NAME(const std::vector<int>& values) {
    return std::accumulate(values.begin(), values.end(), 0);
}
""",
    ),
    "smallest_of": (
        ("algorithm", "vector"),
        """
int NAME(const std::vector<int>& values) {
    return *std::min_element(values.begin(), values.end());
}
""",
    ),
    "largest_of": (
        ("algorithm", "vector"),
        """
int NAME(const std::vector<int>& values) {
    return *std::max_element(values.begin(), values.end());
}
""",
    ),
    "sorted_copy": (
        ("algorithm", "vector"),
        """
template <typename T>
std::vector<T> NAME(std::vector<T> values) {
    std::sort(values.begin(), values.end());
    return values;
}
""",
    ),
    "sorted_by": (
        ("algorithm", "vector"),
        """
template <typename T, typename Compare>
std::vector<T> NAME(std::vector<T> values, Compare compare) {
    std::sort(values.begin(), values.end(), compare);
    return values;
}
""",
    ),
    "to_fixed": (
        ("iomanip", "sstream", "string"),
        """
std::string NAME(double value, int decimals) {
    std::ostringstream stream;
    stream << std::fixed << std::setprecision(decimals) << value;
    return stream.str();
}
""",
    ),
    "split": (
        ("sstream", "string", "vector"),
        """
std::vector<std::string> NAME(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}
""",
    ),
    "join": (
        ("sstream", "string", "vector"),
        """
template <typename T>
std::string NAME(const std::string& separator, const std::vector<T>& items) {
    std::ostringstream stream;
    for (std::size_t i = 0; i < items.size(); i++) {
        if (i > 0) {
            stream << separator;
        }
        stream << items[i];
    }
    return stream.str();
}
""",
    ),
}


def _noun(record: ir.Type) -> str:
    """Returns what a variable that holds a record may be called."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record.name).lower()


def _printed_decimals(program: ir.Program) -> list[int]:
    """Returns with how many decimals the program prints floats, in the order of the text."""
    decimals: dict[int, None] = {}
    for node in ir.walk((*program.functions, *program.main)):
        if isinstance(node, ir.Print):
            for piece in (piece for part in node.parts for piece in flattened(part)):
                match piece:
                    case ir.Builtin("fixed", (_, ir.Constant(int(wanted)))):
                        decimals[wanted] = None
    return list(decimals)


def _is_temporary(node: ir.Expression) -> bool:
    """Whether an expression makes a value that nobody else has."""
    return not isinstance(node, ir.Variable | ir.Index)


def _as_number(node: ir.Expression) -> ir.Expression:
    """Returns an expression that is an `int` in C++, where a character alone stays a character."""
    match node:
        case ir.Builtin("ord", (character,)):
            return ir.Binary("+", character, _ZERO, ir.INT)
    return node


def _is_plain(node: ir.Expression) -> bool:
    """Whether C++ sees a character or an array of characters, which + does not join."""
    match node:
        case ir.Conditional(_, then, otherwise):
            return _is_plain(then) and _is_plain(otherwise)
    return isinstance(node, ir.Constant) or node.type == ir.CHAR


def _parameters_by_value(program: ir.Program, changing: dict[str, tuple[bool, ...]]) -> set[tuple[str, int]]:
    """Returns the parameters that a function changes and nobody else looks at afterwards."""
    chosen: set[tuple[str, int]] = set()
    scopes = [function.body for function in program.functions] + [program.main]
    for function in program.functions:
        for position, changed in enumerate(changing[function.name]):
            if not changed:
                continue
            given = [
                (node.arguments[position], scope)
                for scope in scopes
                for node in ir.walk(scope)
                if isinstance(node, ir.Call) and node.function == function.name
            ]
            if any(not isinstance(argument, ir.Variable | ir.Index) for argument, _ in given) and all(
                _is_last_use(argument, scope) for argument, scope in given
            ):
                chosen.add((function.name, position))
    return chosen


def _is_last_use(argument: ir.Expression, scope: ir.Block) -> bool:
    root = root_of(argument)
    uses = [node.name for node in ir.walk(scope) if isinstance(node, ir.Variable)]
    return root is None or uses.count(root) == 1
