"""Prints procedural programs in C.

Arrays are pointers or arrays on the stack, and their lengths are passed along with them; records, lists and maps are
structures, the last two with functions of their own; a string is never written to once another variable may mean it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import TypeGuard

from codegym.languages.c.library import HELPERS, STRUCTURES
from codegym.languages.c.printer import (
    ATOM,
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
    growing_strings,
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

_ZERO = ir.Constant(0, ir.INT)
_NOUN = {"int": "int", "float": "double", "bool": "bool", "char": "char", "str": "text"}
_FORMS = {"int": "%d", "float": "%lf"}


def emit(program: ir.Program) -> str:
    """Returns the C source of a program, a pure function of it: functions and `main`."""
    return _Emitter(program).source()


class _Emitter(Printer):
    def __init__(self, program: ir.Program) -> None:
        super().__init__(program, salt=3, camel_share=0.15, reserved=_LIBRARY)
        choices = self._random
        self._bool = choices.choice(("bool", "bool", "bool", "int"))
        self._static = choices.choice(("", "", "", "static "))
        self._main_parameters = choices.choice(("void", "void", ""))
        self._star = choices.choice((" *", " *", " *", "* "))
        self._stack = choices.random() < 0.55
        self._sizes = choices.choice(("variable", "type"))
        self._const = choices.random() < 0.7
        self._brackets = choices.random() < 0.4
        self._checks = choices.random() < 0.2
        self._frees = choices.random() < 0.6
        self._casts = choices.random() < 0.5
        self._pointer_loops = choices.random() < 0.3
        self._elements = choices.random() < 0.5
        self._helper_loops = choices.random() < 0.35
        self._text_capacity = choices.choice((64, 100, 128, 256, 1000))
        self._size_name = choices.choice(("n", "n", "size", "count", "length", "len"))
        grids = any(f.result.kind == "array" and is_shared(f.result.item) for f in self._program.functions)
        self._row_pointers = grids or choices.random() < 0.4
        self._fields = choices.choice((("items", "size"), ("data", "size"), ("data", "count"), ("items", "length")))
        self._record_form = choices.choice(("typedef", "typedef", "tagged typedef", "struct"))
        self._constructs = choices.choice(("in order", "in order", "in order", "by name", "function"))
        self._grouped = choices.random() < 0.5
        self._named_results = choices.random() < 0.3
        self._extremes = choices.choice(("fmin and fmax", "functions"))
        self._word_capacity = choices.choice((16, 20, 32, 50))
        self._by_address = frozenset[tuple[str, int]]()
        if choices.random() < 0.35:
            # What is given by its address might be an element that the function changes.
            changing = {name for name, flags in self._changing.items() if any(flags)}
            self._by_address = frozenset(p for p in _records_looked_into(self._program) if p[0] not in changing)
        self._buffers = _records_read_only(self._program) if choices.random() < 0.75 else frozenset()
        self._helpers: dict[str, list[str]] = {}
        self._spelled: dict[str, str] = {}
        self._structures: dict[ir.Type, tuple[str, list[str]]] = {}
        self._entries: dict[ir.Type, str] = {}
        self._constant: dict[str, tuple[bool, ...]] = {}
        self._result_sizes: dict[str, list[tuple[int, int]]] = {}
        self._parameter_sizes: dict[str, list[list[str]]] = {}
        self._function_now: ir.Function | None = None
        self._block_now: ir.Block = ()
        self._sized: dict[str, list[Text]] = {}
        self._lengths: dict[str, str] = {}
        self._escaping: frozenset[str] = frozenset()
        self._growing: frozenset[str] = frozenset()
        self._sorted_in_place: frozenset[str] = frozenset()
        self._pointers: set[str] = set()
        self._on_heap: list[str] = []
        self._flat_words: set[str] = set()
        parts = (*self._program.functions, *self._program.main)
        self._variables = {name for part in parts for name in declared_names(part)}

    # The whole program.

    def _preamble(self) -> list[list[str]]:
        self._includes.add("stdio")
        structures = [self._record(record) for record in self._program.records]
        structures += [lines for _, lines in self._structures.values()]
        return [[f"#include <{name}.h>" for name in sorted(self._includes)], *structures, *self._helpers.values()]

    def _main_head(self) -> str:
        return f"int main({self._main_parameters})"

    def _enter(self, block: ir.Block, function: ir.Function | None) -> None:
        super()._enter(block, function)
        self._function_now, self._block_now = function, block
        self._sorted_in_place = _sorted_in_place(block)
        self._assigned = self._assigned - self._sorted_in_place
        self._escaping = _escaping(block)
        self._growing = growing_strings(block) - _kept_strings(block)
        self._sized, self._lengths, self._on_heap = {}, {}, []
        self._pointers = set()
        for parameter, sizes in zip(
            function.parameters if function else (), self._sizes_of(function) if function else (), strict=True
        ):
            self._sized[parameter.name] = [(size, ATOM) for size in sizes]
            if parameter.type.kind in ("list", "map"):
                self._pointers.add(parameter.name)
        if function:
            self._pointers |= {
                parameter.name
                for position, parameter in enumerate(function.parameters)
                if (function.name, position) in self._by_address
            }
            self._constant[function.name] = tuple(self._is_constant(function, p) for p in function.parameters)

    def _is_constant(self, function: ir.Function, parameter: ir.Parameter) -> bool:
        """Whether a function neither changes nor hands on what a parameter points to."""
        name = parameter.name
        flat = parameter.type == ir.STR or (parameter.type.kind == "array" and not is_shared(parameter.type.item))
        if not self._const or not flat or name in self._changed | self._escaping | self._assigned:
            return False
        if parameter.type == ir.STR and name in _kept_strings(function.body):
            return False
        for node in ir.walk(function.body):
            if isinstance(node, ir.Call) and node.function != function.name:
                flags = self._constant[node.function]
                if any(root_of(_whole(a)) == name and not f for a, f in zip(node.arguments, flags, strict=True)):
                    return False
        return not any(_hands_on(node, name) for node in ir.walk(function.body))

    def _sizes_of(self, function: ir.Function) -> list[list[str]]:
        """Returns how a function calls the sizes of each of its parameters."""
        if function.name in self._parameter_sizes:
            return self._parameter_sizes[function.name]
        assigned = assigned_variables(function.body)
        sizes: list[list[str]] = []
        for parameter in function.parameters:
            whole: ir.Expression = ir.Variable(parameter.name, parameter.type)
            names: list[str] = []
            while whole.type.kind == "array":
                known = _named_length(function.body, whole, assigned)
                if known is not None:
                    names.append(self._name(known))
                elif is_shared(parameter.type.item):
                    names.append(self._fresh(*(("cols", "columns", "m") if names else ("rows", "n", "height"))))
                else:
                    names.append(self._fresh(self._size_name, f"{parameter.name}_size", f"{parameter.name}_length"))
                whole = ir.Index(whole, _ZERO, whole.type.item)
            sizes.append(names)
        self._parameter_sizes[function.name] = sizes
        return sizes

    def _head(self, function: ir.Function) -> str:
        parameters: list[str] = []
        for position, parameter in enumerate(function.parameters):
            sizes = self._parameter_sizes[function.name][position]
            const = "const " if self._constant[function.name][position] else ""
            name = self._name(parameter.name)
            ints = [f"int {size}" for size in sizes]
            match parameter.type.kind:
                case "array" if len(sizes) == 2 and not self._row_pointers:
                    item = self._type(parameter.type.item.item)
                    parameters += [*ints, f"{item} {name}[{sizes[0]}][{sizes[1]}]"]
                case "array" if self._brackets and len(sizes) == 1:
                    parameters += [self._declaration(parameter.type.item, f"{name}[]", const), *ints]
                case "list" | "map":
                    parameters.append(f"{self._type(parameter.type)}{self._star}{name}")
                case "record" if (function.name, position) in self._by_address:
                    parameters.append(f"const {self._type(parameter.type)}{self._star}{name}")
                case _:
                    parameters += [self._declaration(parameter.type, name, const), *ints]
        result = self._declaration(function.result, self._name(function.name), self._static)
        return f"{result}({', '.join(parameters) or 'void'})"

    def _opening(self, function: ir.Function) -> list[str]:
        """Measures the strings whose length the function asks for."""
        lines = []
        for parameter in function.parameters:
            if parameter.type == ir.STR:
                lines += self._measured(parameter.name)
        return lines

    def _measured(self, name: str) -> list[str]:
        """Returns the declaration of a string's length, where it is asked for and stays the same."""
        whole = ir.Variable(name, ir.STR)
        asked = sum(1 for node in ir.walk(self._block_now) if is_length(node, whole))
        if not asked or name in self._assigned:
            return []
        known = _named_length(self._block_now, whole, self._assigned)
        if known is None:
            if asked == 1 and self._casts and not _asks_in_loop(self._block_now, whole):
                return []
            known = self._fresh(self._size_name, "length", f"{name}_length")
        else:
            known = self._name(known)
        self._includes.add("string")
        self._lengths[name] = known
        return [f"int {known} = strlen({self._name(name)});"]

    def _main(self) -> list[str]:
        lines = super()._main()
        frees = [line for name in self._on_heap for line in self._freed(name)] if self._frees else []
        at = len(lines) - (2 if self._returns_zero else 1)
        return [*lines[:at], *self._indented(frees), *lines[at:]]

    def _freed(self, name: str) -> list[str]:
        self._includes.add("stdlib")
        spelled = self._name(name)
        if len(self._sized.get(name, ())) == 2:
            row = self._counter()
            self._taken.discard(row)
            head = self._loop_head(row, "0", f"{row} < {enclosed(self._sized[name][0], RELATION + 1)}")
            return [*self._around(head, [f"free({spelled}[{row}]);"]), f"free({spelled});"]
        return [f"free({spelled});" if name in self._sized else f"free({spelled}.{self._fields[0]});"]

    # Types.

    def _type(self, type_: ir.Type) -> str:
        match type_.kind:
            case "bool":
                if self._bool == "bool":
                    self._includes.add("stdbool")
                return self._bool
            case "str":
                return "char *"
            case "array":
                inner = self._type(type_.item)
                return f"{inner}*" if inner.endswith("*") else f"{inner} *"
            case "list" | "map":
                return self._structure(type_)
            case "record":
                return f"struct {type_.name}" if self._record_form == "struct" else type_.name
            case "float":
                return "double"
        return type_.kind

    def _record(self, record: ir.Record) -> list[str]:
        """Returns the structure of a record."""
        members: list[str] = []
        for type_, group in itertools.groupby(record.fields, key=lambda field: field.type):
            names = [self._name(field.name) for field in group]
            if type_ == ir.STR and record.name in self._buffers:
                members += [f"char {name}[{self._word_capacity}];" for name in names]
            elif self._grouped and type_ != ir.STR:
                members.append(f"{self._type(type_)} {', '.join(names)};")
            else:
                members += [f"{self._declaration(type_, name)};" for name in names]
        typedef = self._record_form != "struct"
        tag = "" if self._record_form == "typedef" else f"{record.name} "
        head = f"{'typedef ' if typedef else ''}struct {tag}{{"
        return [head, *self._indented(members), f"}} {record.name};" if typedef else "};"]

    def _declaration(self, type_: ir.Type, name: str, prefix: str = "") -> str:
        """Returns a type and a name: `int *xs`."""
        text = self._type(type_)
        stars = text[len(text.rstrip("*")) :]
        if not stars:
            return f"{prefix}{text} {name}"
        text = text.rstrip("* ")
        return f"{prefix}{text}{self._star.replace('*', stars)}{name}"

    def _size_of(self, type_: ir.Type, name: str) -> str:
        return f"sizeof *{name}" if self._sizes == "variable" else f"sizeof({self._type(type_).rstrip()})"

    def _structure(self, type_: ir.Type) -> str:
        """Returns the name of the structure of a list or a map, and adds the structure."""
        if type_ in self._structures:
            return self._structures[type_][0]
        item = self._type(type_.item)
        if type_.kind == "list":
            options = {
                "int": ("IntList", "IntVector", "List"),
                "float": ("DoubleList", "DoubleVector", "Numbers"),
                "char": ("CharList", "CharStack", "Letters"),
                "record": (f"{type_.item.name}List", f"{type_.item.name}Vector", f"{type_.item.name}Array"),
            }
            name = self._structure_name(*options.get(type_.item.kind, ("TextList", "WordList", "StringList")))
            names = {"ITEM": item, "NAME": name}
            text = STRUCTURES["list"]
        else:
            key = self._type(type_.key or ir.INT)
            prefix = {"int": "Int", "char": "Char"}.get(key, "Word")
            noun = "Counts" if type_.item == ir.INT else "Values"
            name = self._structure_name(f"{prefix}Map", f"{prefix}{noun}", f"{prefix}Table")
            self._entries[type_] = self._structure_name(f"{prefix}Entry", last=f"{name}Entry")
            names = {"KEY": key, "VALUE": item, "NAME": name, "ENTRY": self._entries[type_]}
            text = STRUCTURES["map"]
        self._structures[type_] = (name, self._template(text, names))
        return name

    def _structure_name(self, *options: str, last: str = "") -> str:
        """Returns one of the names that no other structure has; the last one is for when there is no other."""
        used = self._everywhere | {name for name, _ in self._structures.values()} | set(self._entries.values())
        free = [option for option in options if option not in used]
        return self._random.choice(free) if free else last or f"{options[0]}{len(used)}"

    def _template(self, text: str, names: dict[str, str]) -> list[str]:
        names = {"ITEMS": self._fields[0], "SIZE": self._fields[1], **names}
        text = re.sub(r"\b[A-Z]+\b", lambda match: names.get(match[0], match[0]), text)
        text = re.sub(r"@(\w+)", lambda match: self._helper(match[1]), text).replace("* *", "**")
        text = text.replace("char * ", "char *")
        text = text.replace("bool ", f"{self._bool} ") if self._bool == "int" else text
        if self._increment == "before":
            text = re.sub(r"; (\w+)\+\+\)", r"; ++\1)", text)
        return text.replace("    ", self._indent).strip("\n").split("\n")

    def _helper(self, name: str, names: dict[str, str] | None = None, suffix: str = "") -> str:
        """Returns the name of a function that the program needs besides its own, and adds it."""
        key = name + suffix
        if key not in self._spelled:
            helper = HELPERS[name]
            options = [option.replace("TYPE", suffix or "int") for option in helper.names]
            self._spelled[key] = spelled = self._helper_name(*options, f"{options[0]}_{suffix or 'value'}")
            self._includes.update(helper.includes)
            if "bool" in helper.text and self._bool == "bool":
                self._includes.add("stdbool")
            lines = self._template(helper.text, {"NAME": spelled, **(names or {})})
            self._helpers[key] = [self._static + lines[0], *lines[1:]]
        return self._spelled[key]

    def _helper_name(self, *options: str) -> str:
        """Returns one of the names that nothing else has; the last one is for when there is no other."""
        used = self._everywhere | set(self._spelled.values()) | {self._name(name) for name in self._variables}
        *free, last = (name for name in map(self._name, options) if name not in used or name == self._name(options[-1]))
        return self._random.choice(free) if free else last

    # Arrays and their sizes.

    def _sizes_at(self, node: ir.Expression) -> list[Text]:
        """Returns the sizes of an array: its length, then that of its rows."""
        match node:
            case ir.Variable(name):
                return self._sized[name]
            case ir.Index(collection):
                return self._sizes_at(collection)[1:]
            case ir.Call(name, arguments):
                if name not in self._result_sizes:
                    raise TypeError(f"C does not know how long the result of {name} is.")
                return [self._sizes_at(arguments[position])[axis] for position, axis in self._result_sizes[name]]
            case ir.Builtin("copy" | "sorted", (whole,)) | ir.Ordered(whole):
                return self._sizes_at(whole)
            case ir.Builtin("slice", (_, start, stop)):
                return [self._text(_difference(stop, start))]
            case ir.Filled(value, count):
                return [self._text(count), *(self._sizes_at(value) if value.type.kind == "array" else [])]
            case ir.Display(elements):
                return [(str(len(elements)), ATOM)]
            case ir.Conditional(_, then):
                return self._sizes_at(then)
        raise TypeError(f"C does not know how long {node} is.")

    def _settled(self, count: ir.Expression, name: str) -> tuple[list[str], Text]:
        """Returns a size that stays the same: the expression, or a new variable and its declaration."""
        text = self._text(count)
        steady = not any(
            isinstance(node, ir.Call) or (isinstance(node, ir.Variable) and node.name in self._assigned)
            for node in ir.walk(count)
        )
        if steady and (text[1] == ATOM or isinstance(count, ir.Binary)):
            return [], text
        size = self._fresh(f"{name}_size", f"{name}_length", "size")
        return [f"int {size} = {text[0]};"], (size, ATOM)

    def _is_on_stack(self, name: str, count: ir.Expression) -> bool:
        if not self._stack or name in self._escaping or name in self._assigned:
            return False
        match count:
            case ir.Constant(int(value)) | ir.Binary("+", _, ir.Constant(int(value))):
                return value > 0
            case ir.Variable(size):
                reads = [node for node in self._block_now if isinstance(node, ir.ReadInts) and size in node.names]
                return bool(reads) and reads[0].low > 0
        return False

    def _allocated(self, name: str, type_: ir.Type, count: Text, *, zero: bool = False) -> str:
        """Returns the declaration of an array on the heap."""
        self._includes.add("stdlib")
        if self._depth == 1 and name not in self._escaping and name not in self._assigned:
            self._on_heap.append(name)
        spelled = self._name(name)
        return f"{self._declaration(ir.Type('array', type_), spelled)} = {self._memory(spelled, type_, count, zero)};"

    def _memory(self, place: str, type_: ir.Type, count: Text, zero: bool = False) -> str:
        size = self._size_of(type_, place)
        if zero:
            return f"calloc({count[0]}, {size})"
        return f"malloc({enclosed(count, PRODUCT)} * {size})"

    # Statements.

    def _idiom(self, first: ir.Statement, second: ir.Statement) -> list[str] | None:
        match first, second:
            case ir.Declare(name, type_, ir.Index(whole, index)), ir.Pop(popped) if whole == popped and is_last(
                index, whole
            ):
                place, size = self._list_parts(whole)
                return [f"{self._declaration(type_, self._name(name))} = {place}[--{size}];"]
        return None

    def _declare(self, node: ir.Declare) -> list[str]:
        if node.type.kind == "array":
            return self._declare_array(node)
        name = self._name(node.name)
        head = self._declaration(node.type, name)
        match node.value:
            case ir.Builtin("len", (whole,)) if self._is_size_already(node, whole):
                return []
            case ir.Display(elements, type_) if type_.kind in ("list", "map"):
                self._track_list(node)
                lines = [f"{head} = {{0}};"]
                variable = ir.Variable(node.name, type_)
                return lines + [line for element in elements for line in self._append(variable, element)]
            case ir.Builtin("copy" | "sorted", (whole,)):
                self._track_list(node)
                lines, items = self._named(whole)
                copied = self._each(
                    (self._list_parts(items)[1], ATOM),
                    lambda i: self._append(ir.Variable(node.name, node.type), _element(items, i)),
                )
                sort = [] if node.value.builtin == "copy" else self._sort(node.name, node.value)
                return [*lines, f"{head} = {{0}};", *copied, *sort]
            case ir.Constant("") if node.name in self._growing:
                self._includes.add("stdlib")
                return [f"{head} = calloc(1, 1);"]
        return [f"{head} = {self._initial(node.value)};"]

    def _initial(self, value: ir.Expression) -> str:
        """Returns what a new variable or element is set to."""
        if isinstance(value, ir.Construct) and self._constructs != "function":
            return self._braced(value)
        return self._uncast(value)

    def _is_size_already(self, node: ir.Declare, whole: ir.Expression) -> bool:
        """Whether the variable is what the length is called already: a parameter, or a string's length."""
        name = self._name(node.name)
        if whole.type == ir.STR:
            return isinstance(whole, ir.Variable) and self._lengths.get(whole.name) == name
        return whole.type.kind == "array" and self._sizes_at(whole)[0] == (name, ATOM)

    def _track_list(self, node: ir.Declare) -> None:
        free = self._depth == 1 and node.type.kind == "list" and node.name not in self._escaping
        if free and node.name not in self._assigned:
            self._on_heap.append(node.name)

    def _declare_array(self, node: ir.Declare) -> list[str]:
        name, type_ = self._name(node.name), node.type.item
        match node.value:
            case ir.Display(elements):
                self._sized[node.name] = [(str(len(elements)), ATOM)]
                listed = ", ".join(map(self._initial, elements))
                if node.name not in self._escaping | self._assigned:
                    return [f"{self._declaration(type_, f'{name}[]')} = {{{listed}}};"]
                lines = [self._allocated(node.name, type_, (str(len(elements)), ATOM))]
                return lines + [f"{name}[{i}] = {self._converted(element)};" for i, element in enumerate(elements)]
            case ir.Filled(value, count):
                return self._declare_filled(node.name, type_, value, count)
            case ir.Builtin("copy" | "sorted", (whole,)) | ir.Ordered(whole):
                size = self._sizes_at(whole)[0]
                self._sized[node.name] = [size]
                self._includes.update({"stdlib", "string"})
                length = f"{enclosed(size, PRODUCT)} * {self._size_of(type_, name)}"
                is_copy = isinstance(node.value, ir.Builtin) and node.value.builtin == "copy"
                return [
                    self._allocated(node.name, type_, size),
                    f"memcpy({name}, {self._expression(whole)}, {length});",
                    *([] if is_copy else self._sort(node.name, node.value)),
                ]
            case ir.Builtin("split", (text,)):
                return self._declare_split(node.name, text)
        self._sized[node.name] = self._sizes_at(node.value)
        const = ""
        root = root_of(node.value)
        if root is not None and self._is_const_name(root) and not is_shared(type_):
            const = "const "
        return [f"{self._declaration(node.type, name, const)} = {self._expression(node.value)};"]

    def _is_const_name(self, name: str) -> bool:
        function = self._function_now
        if function is None or function.name not in self._constant:
            return False
        flags = zip(function.parameters, self._constant[function.name], strict=True)
        return any(flag and parameter.name == name for parameter, flag in flags)

    def _sort(self, name: str, order: ir.Builtin | ir.Ordered) -> list[str]:
        """Returns a statement that puts the elements of an array or a list in order."""
        self._includes.add("stdlib")
        place, size = self._counted(ir.Variable(name, order.type))
        return [f"qsort({place}, {size}, {self._size_of(order.type.item, place)}, {self._comparison(order)});"]

    def _comparison(self, order: ir.Builtin | ir.Ordered) -> str:
        """Returns the name of the function that `qsort` compares two elements with, and adds it."""
        item = order.type.item
        if isinstance(order, ir.Ordered):
            return self._record_comparison(item, order.keys)
        if item == ir.STR:
            return self._helper("compare_texts")
        return self._helper("compare", {"ITEM": self._type(item)}, _NOUN[item.kind])

    def _record_comparison(self, record: ir.Type, keys: tuple[ir.SortKey, ...]) -> str:
        place = f"compare {record.name} {keys}"
        if place in self._spelled:
            return self._spelled[place]
        noun, first = _noun(record), keys[0].field
        plural = re.sub("y$", "ie", noun) + "s"
        names = (f"compare_{plural}", f"by_{first}", f"compare_by_{first}", f"cmp_{noun}")
        self._spelled[place] = name = self._helper_name(*names, f"compare_{plural}_{len(self._spelled)}")
        pointer = f"const {self._type(record)}{self._star}"
        cast = f"(const {self._type(record)} *) " if self._casts else ""
        lines = [f"{pointer}a = {cast}left;", f"{pointer}b = {cast}right;"]
        orders = (f"order{number}" if number > 1 else "order" for number in itertools.count(1))
        for key in keys[:-1]:
            left, right = (f"{side}->{self._name(key.field)}" for side in "ab")
            if key.type == ir.STR:
                order = next(orders)
                lines.append(f"int {order} = strcmp({left}, {right});")
                lines += self._around(f"if ({order} != 0)", [f"return {order};"])
            else:
                comparison = f"{left} {'>' if key.descending else '<'} {right}"
                lines += self._around(f"if ({left} != {right})", [f"return {comparison} ? -1 : 1;"])
        left, right = (f"{side}->{self._name(keys[-1].field)}" for side in ("ba" if keys[-1].descending else "ab"))
        is_text = keys[-1].type == ir.STR
        lines.append(f"return {f'strcmp({left}, {right})' if is_text else f'({left} > {right}) - ({left} < {right})'};")
        if any(key.type == ir.STR for key in keys):
            self._includes.add("string")
        head = f"{self._static}int {name}(const void *left, const void *right) {{"
        self._helpers[place] = [head, *self._indented(lines), "}"]
        return name

    def _declare_filled(self, name: str, type_: ir.Type, value: ir.Expression, count: ir.Expression) -> list[str]:
        lines, size = self._settled(count, name)
        spelled = self._name(name)
        if isinstance(value, ir.Filled):
            more, width = self._settled(value.count, f"{name}_row")
            self._sized[name] = [size, width]
            return lines + more + self._declare_grid(name, value, size, width)
        self._sized[name] = [size]
        zero = isinstance(value, ir.Constant) and not value.value and value.type in (ir.INT, ir.FLOAT, ir.BOOL)
        if self._is_on_stack(name, count):
            lines.append(f"{self._declaration(type_, f'{spelled}[{size[0]}]')};")
            if zero:
                self._includes.add("string")
                return [*lines, f"memset({spelled}, 0, sizeof {spelled});"]
        else:
            lines.append(self._allocated(name, type_, size, zero=zero))
        return lines if zero else lines + self._each(size, lambda i: [f"{spelled}[{i}] = {self._converted(value)};"])

    def _declare_grid(self, name: str, value: ir.Filled, rows: Text, columns: Text) -> list[str]:
        spelled, type_ = self._name(name), value.type.item
        zero = isinstance(value.value, ir.Constant) and not value.value.value
        if not self._row_pointers:
            lines = [f"{self._declaration(type_, f'{spelled}[{rows[0]}][{columns[0]}]')};"]
            if zero:
                self._includes.add("string")
                return [*lines, f"memset({spelled}, 0, sizeof {spelled});"]
        else:
            lines = [self._allocated(name, value.type, rows)]
            allocate = self._memory(f"{spelled}[0]", type_, columns, zero)
            lines += self._each(rows, lambda r: [f"{spelled}[{r}] = {allocate};"])
        if zero:
            return lines
        cell = self._converted(value.value)
        return lines + self._each(rows, lambda r: self._each(columns, lambda c: [f"{spelled}[{r}][{c}] = {cell};"]))

    def _each(self, size: Text, body: Callable[[str], list[str]]) -> list[str]:
        """Returns a loop over the positions of an array."""
        index = self._counter()
        lines = self._around(self._loop_head(index, "0", f"{index} < {enclosed(size, RELATION + 1)}"), body(index))
        self._taken.discard(index)
        return lines

    def _declare_split(self, name: str, text: ir.Expression) -> list[str]:
        """Cuts a text into words, or a copy of it where the text is needed later."""
        self._includes.update({"stdlib", "string"})
        spelled = self._name(name)
        size = self._fresh(f"{name}_count" if not self._program_uses(f"{name}_count") else "count", "word_count", "n")
        self._sized[name] = [(size, ATOM)]
        lines, source = self._cuttable(text)
        length = f"strlen({source}) / 2 + 1"
        if self._stack and name not in self._escaping | self._assigned:
            lines.append(f"char *{spelled}[{length}];")
        else:
            lines.append(self._allocated(name, ir.STR, (length, SUM)))
        token = self._fresh("token", "word", "part", "piece")
        self._taken.discard(token)
        head = f'for (char *{token} = strtok({source}, " "); {token} != NULL; {token} = strtok(NULL, " "))'
        lines.append(f"int {size} = 0;")
        return [*lines, *self._around(head, [f"{spelled}[{size}++] = {token};"])]

    def _program_uses(self, name: str) -> bool:
        return self._name(name) in self._taken

    def _cuttable(self, text: ir.Expression) -> tuple[list[str], str]:
        """Returns the name of a string that may be overwritten, and the lines that declare it."""
        uses = sum(isinstance(node, ir.Variable) and node == text for node in ir.walk(self._block_now))
        if isinstance(text, ir.Variable) and uses == 1 and self._function_now is None:
            return [], self._name(text.name)
        name = self._fresh("copy", "buffer", "remaining")
        return [f"char *{name} = strdup({self._expression(text)});"], name

    def _assign(self, target: ir.Variable | ir.Index, value: ir.Expression) -> list[str]:
        if isinstance(target, ir.Variable) and target.name in self._sorted_in_place and _is_in_order(value, target):
            return self._sort(target.name, value)
        if value.type.kind == "list" and isinstance(value, ir.Builtin):
            name = self._fresh_variable("ordered" if value.builtin == "sorted" else "copy", "listed", "elements")
            return [*self._declare(ir.Declare(name, value.type, value)), self._store(target, self._name(name))]
        array = isinstance(target, ir.Variable) and target.type.kind == "array"
        if array and self._sizes_at(value) != self._sizes_at(target):
            raise TypeError("The length of an array may not change in C.")
        return super()._assign(target, value)

    def _store(self, target: ir.Variable | ir.Index, value: str) -> str:
        if isinstance(target, ir.Index) and target.collection.type.kind == "map":
            put = self._map_helper("map_put", target.collection.type)
            return f"{put}({self._address(target.collection)}, {self._expression(target.index)}, {value});"
        return f"{self._expression(target)} = {value};"

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> list[str]:
        if target.type == ir.STR:
            return self._augment_text(target, value)
        if isinstance(target, ir.Index) and target.collection.type.kind == "map":
            at = self._map_helper("map_at", target.collection.type)
            place = f"*{at}({self._address(target.collection)}, {self._expression(target.index)})"
            if value == ir.Constant(1, ir.INT) and operator in ("+", "-") and self._increment == "after":
                return [f"({place}){operator * 2};"]
            return [f"{place} {operator.replace('//', '/')}= {self._converted(value)};"]
        return super()._augment(target, operator, value)

    def _augment_text(self, target: ir.Variable | ir.Index, value: ir.Expression) -> list[str]:
        place = self._expression(target)
        if not (isinstance(target, ir.Variable) and target.name in self._growing):
            return [f"{place} = {self._expression(ir.Binary('+', target, value, ir.STR))};"]
        if root_of(value) == target.name or any(n == target for n in ir.walk(value)):
            return [f"{place} = {self._format((target, value))[0]};"]
        lines = []
        for piece in merged(tuple(flattened(value))):
            match piece.type:
                case ir.CHAR:
                    lines.append(f"{place} = {self._helper('append_char')}({place}, {self._expression(piece)});")
                case ir.INT:
                    text = self._format((piece,))[0]
                    lines.append(f"{place} = {self._helper('append_text')}({place}, {text});")
                case _:
                    lines.append(f"{place} = {self._helper('append_text')}({place}, {self._expression(piece)});")
        return lines

    def _return(self, value: ir.Expression | None) -> list[str]:
        function = self._function_now
        if function is None or value is None:
            return super()._return(value)
        if function.result.kind == "array":
            sizes = {
                text: (position, axis)
                for position, parameter in reversed(list(enumerate(function.parameters)))
                for axis, text in enumerate(self._sized[parameter.name])
            }
            self._result_sizes[function.name] = [sizes[text] for text in self._sizes_at(value) if text in sizes]
        frees: list[str] = []
        returns = sum(isinstance(node, ir.Return) for node in ir.walk(function.body))
        if self._frees and returns == 1 and not is_shared(function.result):
            frees = [line for name in self._on_heap for line in self._freed(name)]
        named = isinstance(value, ir.Construct) and self._named_results and self._constructs != "function"
        if not frees and not named:
            return super()._return(value)
        used = {node.name for node in ir.walk(value) if isinstance(node, ir.Variable)}
        if not used & set(self._on_heap) and not named:
            return [*frees, *super()._return(value)]
        result = self._fresh("result", "answer", "outcome", "value")
        return [
            f"{self._declaration(function.result, result)} = {self._initial(value)};",
            *frees,
            f"return {result};",
        ]

    def _append(self, collection: ir.Expression, value: ir.Expression) -> list[str]:
        type_ = collection.type
        push = self._helper("push", {"ITEM": self._type(type_.item), "LIST": self._structure(type_)}, _noun(type_.item))
        return [f"{push}({self._address(collection)}, {self._converted(value)});"]

    def _pop(self, collection: ir.Expression) -> list[str]:
        return [f"{self._step(self._list_parts(collection)[1], '-')};"]

    def _list_parts(self, node: ir.Expression) -> tuple[str, str]:
        """Returns the elements of a list and their number."""
        whole = self._expression(node, ATOM)
        access = "->" if isinstance(node, ir.Variable) and node.name in self._pointers else "."
        return f"{whole}{access}{self._fields[0]}", f"{whole}{access}{self._fields[1]}"

    def _address(self, node: ir.Expression) -> str:
        if isinstance(node, ir.Variable) and node.name in self._pointers:
            return self._name(node.name)
        return f"&{self._expression(node, UNARY)}"

    def _map_helper(self, name: str, type_: ir.Type) -> str:
        texts = type_.key == ir.STR
        key = self._type(type_.key or ir.INT)
        names = {
            "KEY": key,
            "VALUE": self._type(type_.item),
            "MAP": self._structure(type_),
            "ENTRY": self._entries[type_],
        }
        suffix = _NOUN[(type_.key or ir.INT).kind]
        if type_.item != ir.INT:
            suffix += f"_{_noun(type_.item)}"
        if texts:
            self._includes.add("string")
        names["EQUAL"] = "strcmp(map->entries[i].key, key) == 0" if texts else "map->entries[i].key == key"
        if name == "map_put":
            names["AT"] = self._map_helper("map_at", type_)
        elif name != "map_find":
            names["FIND"] = self._map_helper("map_find", type_)
        return self._helper(f"{name}_text" if name == "map_find" and texts else name, names, suffix)

    # Loops over collections.

    def _for_each(self, node: ir.ForEach) -> list[str]:
        match node.iterable:
            case ir.Builtin("keys", (counts,)):
                return self._for_keys(node, counts)
            case ir.Builtin("split", (text,)):
                lines, source = self._cuttable(text)
                self._includes.add("string")
                word = self._name(node.variable)
                head = f'for (char *{word} = strtok({source}, " "); {word} != NULL; {word} = strtok(NULL, " "))'
                return [*lines, *self._body(head, node.body)]
        if node.iterable.type == ir.STR:
            return self._for_characters(node)
        lines, items = self._named(node.iterable)
        index = self._counter()
        place, size = (
            (self._name(items.name), self._sizes_at(items)[0])
            if items.type.kind == "array"
            else (
                self._list_parts(items)[0],
                (self._list_parts(items)[1], ATOM),
            )
        )
        head = self._loop_head(index, "0", f"{index} < {enclosed(size, RELATION + 1)}")
        element = ir.Index(items, ir.Variable(index, ir.INT), node.type)
        variable = ir.Variable(node.variable, node.type)
        uses = sum(inner == variable for inner in ir.walk(node.body))
        direct = self._elements and uses <= 2 and node.variable not in assigned_variables(node.body)
        if items.type.kind == "array" and is_shared(node.type):
            self._sized[node.variable] = self._sizes_at(items)[1:]
        if direct and items.name not in self._changed and self._name(index) == index:
            body = tuple(replaced(statement, variable, element) for statement in node.body)
            result = [*lines, *self._body(head, body)]
        else:
            declaration = f"{self._declaration(node.type, self._name(node.variable))} = {place}[{index}];"
            result = [*lines, *self._around(head, [declaration, *self._lines(node.body)])]
        self._taken.discard(index)
        return result

    def _named(self, node: ir.Expression) -> tuple[list[str], ir.Variable]:
        """Returns a variable that holds an array or a list, and the lines that declare it."""
        if isinstance(node, ir.Variable):
            return [], node
        options = ("row", "cells") if isinstance(node, ir.Index) else ("items", "values", "elements", "listed")
        name = self._fresh(*options)
        if node.type.kind == "array":
            self._sized[name] = self._sizes_at(node)
        return [f"{self._declaration(node.type, name)} = {self._expression(node)};"], ir.Variable(name, node.type)

    def _for_characters(self, node: ir.ForEach) -> list[str]:
        character, text = self._name(node.variable), self._expression(node.iterable, ATOM)
        lines: list[str] = []
        if not isinstance(node.iterable, ir.Variable | ir.Index | ir.Field):
            name = self._fresh("letters", "characters", "symbols")
            lines, text = [f"char *{name} = {text};"], name
        if self._pointer_loops:
            pointer = self._fresh("p", "cursor", "at", "next")
            head = f"for (const char *{pointer} = {text}; *{pointer} != '\\0'; {self._step(pointer, '+')})"
            declared = f"char {character} = *{pointer};"
        else:
            pointer = self._counter()
            known = self._lengths.get(node.iterable.name) if isinstance(node.iterable, ir.Variable) else None
            test = f"{pointer} < {known}" if known else f"{text}[{pointer}] != '\\0'"
            head = self._loop_head(pointer, "0", test)
            declared = f"char {character} = {text}[{pointer}];"
        body = self._around(head, [declared, *self._lines(node.body)])
        self._taken.discard(pointer)
        return [*lines, *body]

    def _for_keys(self, node: ir.ForEach, counts: ir.Expression) -> list[str]:
        """Walks over the entries of a map, which it keeps in the order of its keys."""
        entries, size = self._list_parts(counts)
        entries = entries[: -len(self._fields[0])] + "entries"
        index = self._counter()
        entry = ir.Index(counts, ir.Variable(node.variable, node.type), counts.type.item)
        body, lines = node.body, []
        if any(inner == entry for inner in ir.walk(body)):
            value = self._fresh_variable("value", "count", "times", "how_many", "stored")
            lines.append(f"{self._declaration(entry.type, self._name(value))} = {entries}[{index}].value;")
            body = tuple(replaced(statement, entry, ir.Variable(value, entry.type)) for statement in body)
        if node.variable in used_names(body):
            lines.insert(0, f"{self._declaration(node.type, self._name(node.variable))} = {entries}[{index}].key;")
        head = self._loop_head(index, "0", f"{index} < {size}")
        result = self._around(head, [*lines, *self._lines(body)])
        self._taken.discard(index)
        return result

    # Output and input.

    def _shown(self, pieces: Sequence[ir.Expression], *, last: bool = False) -> list[str]:
        pieces = merged(tuple(pieces))
        if not pieces:
            return ["putchar('\\n');" if self._casts else 'printf("\\n");']
        puts = self._pointer_loops or (self._casts and isinstance(pieces[0], ir.Constant))
        if last and puts and len(pieces) == 1 and pieces[0].type == ir.STR and not is_fixed(pieces[0]):
            return [f"puts({self._expression(pieces[0])});"]
        pattern, values = self._pattern(pieces)
        return [f"printf({', '.join([quoted(pattern + last * chr(10), chr(34)), *values])});"]

    def _pattern(self, pieces: Sequence[ir.Expression]) -> tuple[str, list[str]]:
        """Returns the pattern of a `printf`, and the values in it."""
        pattern, values = "", []
        for piece in pieces:
            match piece:
                case ir.Constant(value, ir.Type("str" | "char")):
                    pattern += str(value).replace("%", "%%")
                    continue
                case ir.Builtin("fixed", (number, ir.Constant(decimals))):
                    pattern += f"%.{decimals}f"
                    values.append(self._expression(number))
                    continue
                case ir.Builtin("len", (whole,)) if self._casts and (length := self._unsigned_length(whole)):
                    pattern += "%zu"
                    values.append(length)
                    continue
            pattern += {"int": "%d", "char": "%c"}.get(piece.type.kind, "%s")
            values.append(self._expression(piece))
        return pattern, values

    def _joined(self, separator: ir.Expression, items: ir.Expression) -> list[str]:
        item = items.type.item
        lines, variable = self._named(items)
        if variable.type.kind == "array":
            place, size = self._name(variable.name), self._sizes_at(variable)[0]
        else:
            place, number = self._list_parts(variable)
            size = (number, ATOM)
        if self._helper_loops and place not in self._flat_words:
            shown = self._helper("print_texts" if item == ir.STR else "print_ints")
            return [*lines, f"{shown}({place}, {size[0]}, {self._expression(separator)});"]
        form = "%s" if item == ir.STR else "%d"

        def body(index: str) -> list[str]:
            between = self._expression(separator)
            if self._pointer_loops:
                return [f'printf("%s{form}", {index} > 0 ? {between} : "", {place}[{index}]);']
            match separator:
                case ir.Constant(value):
                    text = quoted(str(value).replace("%", "%%"), '"')
                case _:
                    text = f'"%s", {between}'
            return [
                *self._around(f"if ({index} > 0)", [f"printf({text});"]),
                f'printf("{form}", {place}[{index}]);',
            ]

        return [*lines, *self._each(size, body)]

    def _scan(self, pattern: str, *places: str) -> list[str]:
        call = f'scanf("{pattern}", {", ".join(places)})'
        if not self._checks:
            return [f"{call};"]
        return self._around(f"if ({call} != {len(places)})", ["return 1;"])

    def _read(self, node: ir.Read) -> list[str]:
        match node:
            case ir.ReadInts(names) | ir.ReadFloats(names):
                type_ = ir.INT if isinstance(node, ir.ReadInts) else ir.FLOAT
                spelled = [self._name(name) for name in names]
                lines = [f"{self._type(type_)} {', '.join(spelled)};"]
                lines += self._scan(" ".join(_FORMS[type_.kind] for _ in names), *(f"&{name}" for name in spelled))
            case ir.ReadLine():
                return self._read_line(node)
            case ir.ReadArray(name, count, type=type_):
                form = _FORMS[type_.item.kind]
                lines, size = self._declare_read(name, type_.item, count)
                lines += self._each(size, lambda i: self._scan(form, f"&{self._name(name)}[{i}]"))
            case ir.ReadRecords(name, type_, count):
                lines, size = self._declare_read(name, type_.item, count)
                lines += self._each(size, lambda i: self._read_record(f"{self._name(name)}[{i}]", type_.item))
            case ir.ReadWords(name, count):
                lines = self._read_words(name, count)
            case ir.ReadGrid():
                lines = self._read_grid(node)
        following = self._program.main[self._program.main.index(node) + 1 :]
        if following and isinstance(following[0], ir.ReadLine):
            lines.append("getchar();")
        return lines

    def _declare_read(self, name: str, type_: ir.Type, count: ir.Expression) -> tuple[list[str], Text]:
        """Returns the declaration of an array that is read, and its size."""
        lines, size = self._settled(count, name)
        self._sized[name] = [size]
        if self._is_on_stack(name, count):
            return [*lines, f"{self._declaration(type_, f'{self._name(name)}[{size[0]}]')};"], size
        return [*lines, self._allocated(name, type_, size)], size

    def _read_record(self, place: str, record: ir.Type) -> list[str]:
        lines: list[str] = []
        forms: list[str] = []
        places: list[str] = []
        for field in self._program.fields(record):
            member = f"{place}.{self._name(field.name)}"
            if field.type != ir.STR:
                forms.append(_FORMS[field.type.kind])
                places.append(f"&{member}")
                continue
            if record.name not in self._buffers:
                self._includes.add("stdlib")
                lines.append(f"{member} = malloc({self._word_capacity});")
            forms.append(f"%{self._word_capacity - 1}s")
            places.append(member)
        return [*lines, *self._scan(" ".join(forms), *places)]

    def _read_line(self, node: ir.ReadLine) -> list[str]:
        self._includes.add("string")
        name, longest = self._name(node.name), node.high * (8 if node.alphabet == "words" else 1) + 2
        capacity = max(self._text_capacity, 1 << longest.bit_length())
        buffer = name if node.name not in self._assigned else self._fresh("buffer", "line", f"{node.name}_buffer")
        lines = [f"char {buffer}[{capacity}];"]
        if self._reads_words:
            lines += self._scan(f"%{capacity - 1}s", buffer)
        else:
            call = f"fgets({buffer}, sizeof {buffer}, stdin)"
            lines += self._around(f"if ({call} == NULL)", ["return 1;"]) if self._checks else [f"{call};"]
            lines.append(f"{buffer}[strcspn({buffer}, \"\\n\")] = '\\0';")
        if buffer != name:
            lines.append(f"char *{name} = {buffer};")
        return [*lines, *self._measured(node.name)]

    def _read_words(self, name: str, count: ir.Expression) -> list[str]:
        lines, size = self._settled(count, name)
        self._sized[name] = [size]
        spelled = self._name(name)
        capacity = self._random.choice((16, 32, 64))
        flat = name not in self._changed | self._escaping | self._assigned and all(
            node.builtin in ("len", "join") or ir.Variable(name, ir.Type("array", ir.STR)) not in node.arguments
            for node in ir.walk(self._block_now)
            if isinstance(node, ir.Builtin)
        )
        if flat and self._is_on_stack(name, count):
            self._flat_words.add(spelled)
            lines.append(f"char {spelled}[{size[0]}][{capacity}];")
            return lines + self._each(size, lambda i: self._scan(f"%{capacity - 1}s", f"{spelled}[{i}]"))
        self._includes.add("stdlib")
        if self._is_on_stack(name, count):
            lines.append(f"char *{spelled}[{size[0]}];")
        else:
            lines.append(self._allocated(name, ir.STR, size))
            if name in self._on_heap:
                self._on_heap.remove(name)
        return lines + self._each(
            size,
            lambda i: [
                f"{spelled}[{i}] = malloc({capacity});",
                *self._scan(f"%{capacity - 1}s", f"{spelled}[{i}]"),
            ],
        )

    def _read_grid(self, node: ir.ReadGrid) -> list[str]:
        name, spelled = node.name, self._name(node.name)
        lines, rows = self._settled(node.rows, name)
        more, columns = self._settled(node.columns, f"{name}_row")
        lines += more
        self._sized[name] = [rows, columns]
        item = ir.Type("array", ir.INT)
        if self._row_pointers:
            lines.append(self._allocated(name, item, rows))
        else:
            lines.append(f"int {spelled}[{rows[0]}][{columns[0]}];")

        def row(r: str) -> list[str]:
            allocated = [f"{spelled}[{r}] = {self._memory(f'{spelled}[{r}]', ir.INT, columns)};"]
            cells = self._each(columns, lambda c: self._scan("%d", f"&{spelled}[{r}][{c}]"))
            return [*(allocated if self._row_pointers else []), *cells]

        return lines + self._each(rows, row)

    # Expressions.

    def _boolean(self, value: bool) -> str:
        if self._bool == "int":
            return str(int(value))
        self._includes.add("stdbool")
        return str(value).lower()

    def _negation(self, operand: ir.Expression) -> Text:
        match operand:
            case ir.Builtin("contains", (part, whole)) if whole.type == ir.STR:
                return self._within(part, whole, found=False)
        return super()._negation(operand)

    def _binary(self, node: ir.Binary) -> Text:
        if node.type == ir.STR:
            return self._format(tuple(flattened(node)))
        if node.left.type == ir.STR:
            self._includes.add("string")
            return f"strcmp({self._expression(node.left)}, {self._expression(node.right)}) {node.operator} 0", 7
        return super()._binary(node)

    def _call(self, node: ir.Call) -> str:
        arguments: list[str] = []
        for position, argument in enumerate(node.arguments):
            match argument.type.kind:
                case "array":
                    sizes = [text for text, _ in self._sizes_at(argument)]
                    array = self._array_argument(node.function, position, argument)
                    first = len(sizes) == 2 and not self._row_pointers
                    arguments += [*sizes, array] if first else [array, *sizes]
                case "list" | "map":
                    arguments.append(self._address(argument))
                case "record" if (node.function, position) in self._by_address:
                    arguments.append(self._address(argument))
                case _:
                    arguments.append(self._converted(argument))
        return f"{self._name(node.function)}({', '.join(arguments)})"

    def _array_argument(self, function: str, position: int, argument: ir.Expression) -> str:
        match argument:
            case ir.Builtin("slice", (whole, start, _)) if not self._changing[function][position]:
                if self._result_kind(function) != "array":  # what is not changed need not be copied
                    return self._moved(whole, start)
        return self._expression(argument)

    def _result_kind(self, function: str) -> str:
        return next(f.result.kind for f in self._program.functions if f.name == function)

    def _moved(self, whole: ir.Expression, start: ir.Expression) -> str:
        if start == _ZERO:
            return self._expression(whole)
        return f"{self._expression(whole, SUM)} + {self._expression(start, SUM + 1)}"

    def _index(self, collection: ir.Expression, index: ir.Expression) -> str:
        match collection.type.kind:
            case "list":
                return f"{self._list_parts(collection)[0]}[{self._expression(index)}]"
            case "map":
                get = self._map_helper("map_get", collection.type)
                return f"{get}({self._address(collection)}, {self._expression(index)}, 0)"
        return f"{self._expression(collection, ATOM)}[{self._expression(index)}]"

    def _counted(self, items: ir.Expression) -> tuple[str, str]:
        """Returns the elements of an array or a list and their number, as arguments of a call."""
        if items.type.kind == "list":
            if not isinstance(items, ir.Variable):
                raise TypeError("Only a list that has a name is looked into.")
            return self._list_parts(items)
        return self._expression(items), self._sizes_at(items)[0][0]

    def _builtin(self, node: ir.Builtin) -> Text:
        name, arguments = node.builtin, node.arguments
        first = arguments[0]
        match name:
            case "len":
                return self._length(first)
            case "abs" | "min" | "max" | "sqrt" if node.type == ir.FLOAT:
                return self._mathematics(node), ATOM
            case "abs":
                self._includes.add("stdlib")
                return f"abs({self._listed(arguments)})", ATOM
            case "min" | "max":
                return f"{self._helper(name, {'ITEM': 'int'})}({self._listed(arguments)})", ATOM
            case "floor_div" | "floor_mod":
                return f"{self._helper(name)}({self._listed(arguments)})", ATOM
            case "sum" | "smallest" | "largest":
                suffix = "" if node.type == ir.INT else _NOUN[node.type.kind]
                fold = self._helper(name, {"ITEM": self._type(node.type)}, suffix)
                return f"{fold}({', '.join(self._counted(first))})", ATOM
            case "copy":
                return self._copied(first), ATOM
            case "sorted":
                return self._in_order_of(node, first), ATOM
            case "float":
                number = self._uncast(first, UNARY)
                return (f"{number}.0", ATOM) if isinstance(first, ir.Constant) else (f"(double) {number}", UNARY)
            case "truncate":
                return f"(int) {self._expression(first, UNARY)}", UNARY
            case "slice":
                return self._slice(node)
            case "reversed":
                return f"{self._helper('reversed')}({self._listed(arguments)})", ATOM
            case "contains":
                return self._contains(first, arguments[1])
            case "get":
                get = self._map_helper("map_get", first.type)
                return f"{get}({self._address(first)}, {self._listed(arguments[1:])})", ATOM
            case "join":
                helper = "join_texts" if arguments[1].type.item == ir.STR else "join_ints"
                place, size = self._counted(arguments[1])
                return f"{self._helper(helper)}({place}, {size}, {self._expression(first)})", ATOM
            case "count":
                return f"{self._helper('count')}({self._listed(arguments)})", ATOM
            case "ord":
                return self._text(first)  # a char is a number
            case "chr":
                if isinstance(first, ir.Constant) or self._casts:
                    return f"(char) {self._expression(first, ATOM)}", UNARY
                return self._text(first)
            case "text":
                return self._format((first,))
            case "fixed":
                return self._format((node,))
            case "number":
                self._includes.add("stdlib")
                return f"atoi({self._listed(arguments)})", ATOM
            case "upper" | "lower" if node.type == ir.STR:
                return f"{self._helper(name)}({self._listed(arguments)})", ATOM
            case "upper" | "lower":
                self._includes.add("ctype")
                return f"to{name}({self._character(first)})", ATOM
            case "keys" | "split":
                raise TypeError("Keys and words are only walked over or kept in a variable.")
        self._includes.add("ctype")
        return f"{_CHARACTER_TESTS[name]}({self._character(first)})", ATOM

    def _mathematics(self, node: ir.Builtin) -> str:
        """Returns a call of a function of floats."""
        name = node.builtin
        if name in ("min", "max") and self._extremes == "functions":
            called = self._helper(name, {"ITEM": "double"}, "double")
        else:
            self._includes.add("math")
            called = "sqrt" if name == "sqrt" else f"f{name}"
        return f"{called}({', '.join(map(self._converted, node.arguments))})"

    def _copied(self, items: ir.Expression) -> str:
        if items.type.kind != "array":
            raise TypeError("A list is copied only for a new variable.")
        copy = self._helper("copy", {"ITEM": self._type(items.type.item)}, _noun(items.type.item))
        return f"{copy}({', '.join(self._counted(items))})"

    def _in_order_of(self, order: ir.Builtin | ir.Ordered, items: ir.Expression) -> str:
        """Returns a call that makes a new array of the same elements in order."""
        item, copied = items.type.item, self._copied(items)
        names = {"ITEM": self._type(item), "COMPARE": self._comparison(order)}
        suffix = _noun(item) if isinstance(order, ir.Builtin) else names["COMPARE"]
        return f"{self._helper('sorted', names, suffix)}({copied}, {self._counted(items)[1]})"

    def _ordered(self, node: ir.Ordered) -> str:
        return self._in_order_of(node, node.records)

    def _construct(self, node: ir.Construct) -> str:
        if self._constructs != "function":
            return f"({self._type(node.type)}) {self._braced(node)}"
        return f"{self._constructor(node.type)}({', '.join(map(self._converted, node.arguments))})"

    def _braced(self, node: ir.Construct) -> str:
        """Returns the fields of a new record in braces."""
        values = [self._converted(argument) for argument in node.arguments]
        if self._constructs == "by name":
            names = [self._name(field.name) for field in self._program.fields(node.type)]
            values = [f".{name} = {value}" for name, value in zip(names, values, strict=True)]
        return f"{{{', '.join(values)}}}"

    def _constructor(self, record: ir.Type) -> str:
        """Returns the name of the function that makes a record, and adds it."""
        key = f"make {record.name}"
        if key not in self._spelled:
            noun, type_ = _noun(record), self._type(record)
            self._spelled[key] = name = self._helper_name(
                f"make_{noun}", f"new_{noun}", f"create_{noun}", f"make_{noun}_value"
            )
            fields = [(field.type, self._name(field.name)) for field in self._program.fields(record)]
            parameters = ", ".join(self._declaration(*field) for field in fields)
            literal = f"({type_}) {{{', '.join(field for _, field in fields)}}}"
            head = f"{self._static}{type_} {name}({parameters}) {{"
            self._helpers[key] = [head, *self._indented([f"return {literal};"]), "}"]
        return self._spelled[key]

    def _field(self, node: ir.Field) -> str:
        owner = self._expression(node.owner, ATOM)
        is_pointer = isinstance(node.owner, ir.Variable) and node.owner.name in self._pointers
        return f"{owner}{'->' if is_pointer else '.'}{self._name(node.field)}"

    def _character(self, node: ir.Expression) -> str:
        if self._casts and self._star == " *":
            return f"(unsigned char) {self._expression(node, UNARY)}"
        return self._expression(node)

    def _length(self, whole: ir.Expression) -> Text:
        match whole.type.kind:
            case "array":
                return self._sizes_at(whole)[0]
            case "list" | "map":
                return self._list_parts(whole)[1], ATOM
        length = self._unsigned_length(whole)
        return (self._lengths[root_of(whole) or ""], ATOM) if length is None else (f"(int) {length}", UNARY)

    def _unsigned_length(self, whole: ir.Expression) -> str | None:
        if whole.type != ir.STR or (isinstance(whole, ir.Variable) and whole.name in self._lengths):
            return None
        self._includes.add("string")
        return f"strlen({self._expression(whole)})"

    def _slice(self, node: ir.Builtin) -> Text:
        whole, start, stop = node.arguments
        if node.type != ir.STR:
            length = self._expression(_difference(stop, start))
            copy = self._helper("copy", {"ITEM": self._type(node.type.item)}, _noun(node.type.item))
            return f"{copy}({self._moved(whole, start)}, {length})", ATOM
        if is_length(stop, whole) and isinstance(whole, ir.Variable) and whole.name not in self._growing:
            return self._moved(whole, start), (ATOM if start == _ZERO else SUM)
        return f"{self._helper('slice')}({self._listed((whole, start, stop))})", ATOM

    def _contains(self, part: ir.Expression, whole: ir.Expression) -> Text:
        if whole.type == ir.STR:
            return self._within(part, whole, found=True)
        if whole.type.kind == "map":
            has = self._map_helper("map_has", whole.type)
            return f"{has}({self._address(whole)}, {self._expression(part)})", ATOM
        helper = "contains_text" if part.type == ir.STR else "contains"
        place, size = self._counted(whole)
        has = self._helper(helper, {"ITEM": self._type(part.type)}, _NOUN[part.type.kind])
        return f"{has}({place}, {size}, {self._expression(part)})", ATOM

    def _within(self, part: ir.Expression, whole: ir.Expression, *, found: bool) -> Text:
        self._includes.add("string")
        search = "strchr" if part.type == ir.CHAR else "strstr"
        text = f"{search}({self._expression(whole)}, {self._expression(part)})"
        if self._pointer_loops and not found:
            return f"!{text}", UNARY
        return f"{text} {'!=' if found else '=='} NULL", 7

    def _format(self, parts: tuple[ir.Expression, ...]) -> Text:
        pieces = merged(tuple(piece for part in parts for piece in flattened(part)))
        pattern, values = self._pattern(pieces)
        return f"{self._helper('format')}({', '.join([quoted(pattern, chr(34)), *values])})", ATOM

    def _new(self, node: ir.Display | ir.Filled) -> str:
        item = node.type.item
        if isinstance(node, ir.Display) and node.type.kind == "array":
            copy = self._helper("copy", {"ITEM": self._type(item)}, _noun(item))
            listed = ", ".join(map(self._initial, node.elements))
            return f"{copy}(({self._type(item)}[]) {{{listed}}}, {len(node.elements)})"
        if isinstance(node, ir.Filled) and not is_shared(item):
            fill = self._helper("filled", {"ITEM": self._type(item)}, _noun(item))
            return f"{fill}({self._expression(node.count)}, {self._converted(node.value)})"
        raise TypeError("C makes such a value only for a new variable.")


_CHARACTER_TESTS: dict[str, str] = {
    "is_digit": "isdigit",
    "is_letter": "isalpha",
    "is_upper": "isupper",
    "is_lower": "islower",
}

# Names of the C library's functions, and of the ones that GCC takes for them, that no function may have.
_LIBRARY = frozenset(
    (  # noqa: SIM905  # a list of words says no more
        "main abs div exit free malloc calloc realloc rand random select index rindex remove rename time clock "
        "signal read write open close link pipe sleep system atoi atof qsort bsearch strcmp strlen strcpy strcat "
        "strdup printf puts gets putchar getchar scanf encrypt setkey toupper tolower isalpha isdigit truncate "
        "mktemp labs"
    ).split()
).union(MATHEMATICS)


def _noun(type_: ir.Type) -> str:
    """Returns what functions call a value of a type."""
    if type_.kind == "record":
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type_.name).lower()
    return _NOUN[type_.kind]


def _element(items: ir.Variable, index: str) -> ir.Index:
    return ir.Index(items, ir.Variable(index, ir.INT), items.type.item)


def _escaping(block: ir.Block) -> frozenset[str]:
    """Returns the arrays and lists that a function returns, or that another variable may mean."""
    names = set(_shared(block))
    for node in ir.walk(block):
        match node:
            case ir.Return(value) if value is not None and is_shared(value.type):
                names.update(name for name in _named_parts(value) if name is not None)
    return frozenset(names)


def _shared(block: ir.Block) -> frozenset[str]:
    """Returns the arrays and lists that another variable may mean."""
    names: set[str | None] = set()
    for node in ir.walk(block):
        match node:
            case ir.Assign(_, value) | ir.Declare(_, _, value) | ir.Append(_, value) if is_shared(value.type):
                names.update(_named_parts(value))
    return frozenset(name for name in names if name is not None)


def _sorted_in_place(block: ir.Block) -> frozenset[str]:
    """Returns the arrays and lists that only change by being put in order, and that no other variable may mean."""
    made, sorted_, changed = set[str](), set[str](), set[str]()
    for node in ir.walk(block):
        match node:
            case ir.ReadArray(name) | ir.ReadWords(name) | ir.ReadRecords(name):
                made.add(name)
            case ir.Declare(name, _, ir.Display() | ir.Filled() | ir.Ordered() | ir.Builtin("copy" | "sorted")):
                made.add(name)
            case ir.Declare(name, type_, ir.Call(_, arguments)) if all(a.type != type_ for a in arguments):
                made.add(name)
            case ir.Assign(ir.Variable(name) as target, value):
                (sorted_ if _is_in_order(value, target) else changed).add(name)
            case ir.AssignPair(first, second):
                changed.update(target.name for target in (first, second) if isinstance(target, ir.Variable))
    return frozenset((sorted_ & made) - changed - _shared(block))


def _is_in_order(value: ir.Expression, target: ir.Variable) -> TypeGuard[ir.Builtin | ir.Ordered]:
    """Whether a value is the elements of a variable in order."""
    match value:
        case ir.Builtin("sorted", (whole,)) | ir.Ordered(whole):
            return whole == target
    return False


def _records_looked_into(program: ir.Program) -> frozenset[tuple[str, int]]:
    """Returns the records that a function is given only to look into, always a variable or an element."""
    chosen = {
        (function.name, position)
        for function in program.functions
        for position, parameter in enumerate(function.parameters)
        if parameter.type.kind == "record"
        and _is_looked_into(function.body, ir.Variable(parameter.name, parameter.type))
    }
    for node in ir.walk((*program.functions, *program.main)):
        if isinstance(node, ir.Call):
            for position, argument in enumerate(node.arguments):
                if not isinstance(argument, ir.Variable | ir.Index):
                    chosen.discard((node.function, position))
    return frozenset(chosen)


def _is_looked_into(block: ir.Block, record: ir.Variable) -> bool:
    """Whether nothing is done with a record but to ask for its fields."""
    nodes = list(ir.walk(block))
    return nodes.count(record) == sum(isinstance(node, ir.Field) and node.owner == record for node in nodes)


def _records_read_only(program: ir.Program) -> frozenset[str]:
    """Returns the records that only come from the input, and whose texts nobody keeps: these may lie in the record."""
    names = {record.name for record in program.records}
    for node in ir.walk((*program.functions, *program.main)):
        match node:
            case ir.Construct(_, type_):
                names.discard(type_.name)
            case ir.Print() | ir.Format() | ir.Binary() | ir.Builtin("len" | "contains" | "count" | "upper" | "lower"):
                continue
            case ir.Index(ir.Field(), _) | ir.ForEach(_, _, ir.Field()):
                continue
            case _:
                for child in ir.children(node):
                    if isinstance(child, ir.Field) and child.type == ir.STR:
                        names.discard(child.owner.type.name)
    return frozenset(names)


def _named_parts(value: ir.Expression) -> set[str | None]:
    """Returns the variables that a value may be the same as: itself, or what a function that makes it is given."""
    match value:
        case ir.Variable() | ir.Index():
            return {root_of(value)}
        case ir.Call(_, arguments):
            return {name for a in arguments if is_shared(a.type) for name in _named_parts(a)}
        case ir.Conditional(_, then, otherwise):
            return _named_parts(then) | _named_parts(otherwise)
    return set()


def _kept_strings(block: ir.Block) -> frozenset[str]:
    """Returns the string variables that another variable, a list or a function's result may mean as well."""
    names: set[str] = set()

    def keep(value: ir.Expression) -> None:
        match value:
            case ir.Variable(name, ir.Type("str")):
                names.add(name)
            case ir.Builtin("slice", (ir.Variable(name, ir.Type("str")), _, _)):
                names.add(name)
            case ir.Conditional(_, then, otherwise):
                keep(then)
                keep(otherwise)
            case ir.Call(_, arguments):
                for argument in arguments:
                    keep(argument)

    for node in ir.walk(block):
        match node:
            case ir.Construct(arguments):
                for argument in arguments:
                    keep(argument)
            case ir.Declare(_, _, value) | ir.Assign(_, value) | ir.Append(_, value):
                keep(value)
            case ir.AssignPair(_, _, one, two):
                keep(one)
                keep(two)
    return frozenset(names)


def _hands_on(node: ir.Node, name: str) -> bool:
    """Whether a statement returns a string parameter, or a part of it, as it is."""
    match node:
        case ir.Return(value) if value is not None and value.type == ir.STR:
            return _may_be(value, name)
    return False


def _may_be(value: ir.Expression, name: str) -> bool:
    match value:
        case ir.Conditional(_, then, otherwise):
            return _may_be(then, name) or _may_be(otherwise, name)
        case ir.Builtin("slice", (whole, _, _)):
            return _may_be(whole, name)
        case ir.Call(_, arguments):
            return any(_may_be(argument, name) for argument in arguments)
    return root_of(value) == name


def _whole(node: ir.Expression) -> ir.Expression:
    """Returns what a slice is a part of; anything else as it is."""
    match node:
        case ir.Builtin("slice", (whole, _, _)):
            return whole
    return node


def _named_length(block: ir.Block, whole: ir.Expression, assigned: set[str]) -> str | None:
    """Returns the variable that a function keeps the length of its parameter in, if it does at its beginning."""
    for statement in block:
        match statement:
            case ir.Declare(name, _, value) if is_length(value, whole) and name not in assigned:
                return name
    return None


def _asks_in_loop(block: ir.Block, whole: ir.Expression) -> bool:
    return any(
        is_length(inner, whole)
        for node in ir.walk(block)
        if isinstance(node, ir.While | ir.ForRange | ir.ForEach)
        for inner in ir.walk(node)
    )


def _difference(stop: ir.Expression, start: ir.Expression) -> ir.Expression:
    """Returns the length of a slice."""
    match stop, start:
        case _, ir.Constant(0):
            return stop
        case ir.Constant(int(high)), ir.Constant(int(low)):
            return ir.Constant(high - low, ir.INT)
        case ir.Binary("+", left, right), _ if left == start:
            return right
    return ir.Binary("-", stop, start, ir.INT)
