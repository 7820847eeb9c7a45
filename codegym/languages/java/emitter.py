"""Prints procedural programs in Java."""

from __future__ import annotations

import random

from codegym.problems.procedural import program as ir
from codegym.problems.procedural.names import declared_names
from codegym.problems.procedural.style import is_integral, is_widening, narrowed, restyle, spaced, used_names

_CONDITIONAL, _EQUALITY, _RELATION, _UNARY, _ATOM = 1, 7, 8, 12, 14
_SUM = 10
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
    "*": 11,
    "/": 11,
    "//": 11,
    "%": 11,
}
_SPELLING = {"or": "||", "and": "&&", "//": "/"}
_PRIMITIVE = {"int": "int", "float": "double", "bool": "boolean", "char": "char", "str": "String", "void": "void"}
_BOXED = {"int": "Integer", "float": "Double", "bool": "Boolean", "char": "Character", "str": "String"}
_PARSERS = {"int": "Integer.parseInt", "float": "Double.parseDouble"}
_READERS = {"int": "nextInt", "float": "nextDouble", "str": "next"}


def emit(program: ir.Program) -> str:
    """Returns the Java source of a program, a pure function of it: one public class with static methods."""
    return _Emitter(program).source()


class _Emitter:
    def __init__(self, program: ir.Program) -> None:
        self._program = restyle(program)
        self._random = choices = random.Random(program.style_seed + 2)
        self._indent = choices.choice(("    ", "    ", "    ", "  "))
        self._visibility = choices.choice(("private ", "private ", "public ", ""))
        self._summaries = choices.choice(("none", "none", "javadoc", "comment", "comment"))
        self._remarks = choices.random() < 0.35
        self._brief = choices.random() < 0.25
        self._increments = choices.random() < 0.85
        self._formatted = choices.random() < 0.2
        self._lambdas = choices.random() < 0.5
        self._main_first = choices.random() < 0.2
        self._records = choices.choice(("record", "record", "fields", "getters"))
        self._integral = choices.random() < 0.5
        self._prints = choices.choice(("printf", "printf", "format", "joined"))
        self._line_end = choices.choice(("%n", "\\n"))
        self._comparators = choices.choice(("chain", "chain", "ternary", "block"))
        self._reads = [statement for statement in self._program.main if isinstance(statement, ir.Read)]
        only_numbers = not any(isinstance(read, ir.ReadLine | ir.ReadWords) for read in self._reads)
        self._scanner = only_numbers and choices.random() < 0.65
        self._input = (
            choices.choice(("scanner", "in", "input", "sc"))
            if self._scanner
            else (choices.choice(("reader", "br", "in", "stdin")))
        )
        self._imports: set[str] = set()
        self._taken = {function.name for function in program.functions} | {self._input}
        for part in (*self._program.functions, *self._program.main):
            self._taken.update(declared_names(part))
        self._builders: frozenset[str] = frozenset()

    def source(self) -> str:
        class_name = self._class_name()
        records = [self._record(record) for record in self._program.records]
        methods = [self._method(function) for function in self._program.functions]
        main = self._main()
        methods = records + ([main, *methods] if self._main_first else [*methods, main])
        lines = [f"public class {class_name} {{"]
        for index, method in enumerate(methods):
            lines += ([""] if index else []) + self._indented(method)
        lines.append("}")
        imports = [f"import {name};" for name in sorted(self._imports)]
        return "\n".join([*imports, *([""] if imports else []), *lines]) + "\n"

    def _class_name(self) -> str:
        words = self._random.choice((self._program.name, self._program.name, "main", "solution"))
        name = "".join(word.capitalize() for word in words.replace("-", " ").replace("_", " ").split())
        return "Main" if any(record.name == name for record in self._program.records) else name

    def _fresh(self, *options: str) -> str:
        """Returns a name that the program does not use, and keeps it."""
        name = next((option for option in options if option not in self._taken), "")
        while not name or name in self._taken:
            name = f"{options[0]}{len(self._taken)}"
        self._taken.add(name)
        return name

    # Methods.

    def _record(self, record: ir.Record) -> list[str]:
        fields = [(f"{_type(field.type)} {_field(field.name)}", _field(field.name)) for field in record.fields]
        parameters = ", ".join(declaration for declaration, _ in fields)
        if self._records == "record":
            return [f"{self._visibility}record {record.name}({parameters}) {{}}"]
        hidden = "private " if self._records == "getters" else ""
        lines = [f"{hidden}final {declaration};" for declaration, _ in fields]
        lines += ["", f"{record.name}({parameters}) {{"]
        lines += [*self._indented([f"this.{name} = {name};" for _, name in fields]), "}"]
        for field, (declaration, name) in zip(record.fields, fields, strict=True):
            if self._records == "getters":
                head = f"{declaration.removesuffix(name)}{_getter(field.name)}() {{"
                lines += ["", head, f"{self._indent}return {name};", "}"]
        return [f"{self._visibility}static class {record.name} {{", *self._indented(lines), "}"]

    def _method(self, function: ir.Function) -> list[str]:
        self._builders = _string_builders(function.body)
        parameters = ", ".join(f"{_type(p.type)} {_name(p.name)}" for p in function.parameters)
        for parameter in function.parameters:
            self._import_type(parameter.type)
        self._import_type(function.result)
        head = f"{self._visibility}static {_type(function.result)} {_name(function.name)}({parameters}) {{"
        lines = [head, *self._block(function.body), "}"]
        if function.summary and self._summaries == "javadoc":
            return ["/**", f" * {function.summary}", " */", *lines]
        if function.summary and self._summaries == "comment":
            return [f"// {function.summary.rstrip('.')}", *lines]
        return lines

    def _main(self) -> list[str]:
        self._builders = _string_builders(self._program.main)
        throws, opened = "", []
        if self._reads and self._scanner:
            self._imports.add("java.util.Scanner")
            opened = [f"Scanner {self._input} = new Scanner(System.in);"]
        elif self._reads:
            self._imports.update({"java.io.BufferedReader", "java.io.IOException", "java.io.InputStreamReader"})
            throws = " throws IOException"
            opened = [f"BufferedReader {self._input} = new BufferedReader(new InputStreamReader(System.in));"]
        body = opened + self._lines(self._program.main)
        if self._reads and self._scanner and self._random.random() < 0.3:
            body.append(f"{self._input}.close();")
        return [f"public static void main(String[] args){throws} {{", *self._indented(body), "}"]

    # Statements.

    def _indented(self, lines: list[str]) -> list[str]:
        return [self._indent + line if line else line for line in lines]

    def _block(self, block: ir.Block) -> list[str]:
        return self._indented(self._lines(block))

    def _lines(self, block: ir.Block) -> list[str]:
        return [line for statement in block for line in self._statement(statement)]

    def _body(self, head: str, block: ir.Block) -> list[str]:
        """Returns a statement with a body, without braces where the programmer leaves them out."""
        lines = self._lines(block)
        if self._brief and len(lines) == 1 and isinstance(block[0], ir.Continue | ir.Break | ir.Return):
            return [head, *self._indented(lines)]
        return [f"{head} {{", *self._indented(lines), "}"]

    def _statement(self, node: ir.Statement) -> list[str]:
        match node:
            case ir.Declare(name, type_, value):
                return self._declare(name, type_, value)
            case ir.Assign(target, ir.Ordered(whole, keys)) if target == whole and self._owns(whole):
                self._imports.add("java.util.Arrays")
                return [f"Arrays.sort({self._place(target)}, {self._comparator(keys, whole.type.item)});"]
            case ir.Assign(ir.Variable(name), ir.Filled() as value) if _is_filled_later(value, name):
                return self._fill(_name(name), _name(name), value)
            case ir.Assign(target, value):
                held = isinstance(target, ir.Variable) or target.collection.type.kind == "array"
                return [self._store(target, self._widened(value) if held else self._expression(value))]
            case ir.Augment(target, operator, value):
                return [self._augment(target, operator, value)]
            case ir.AssignPair():
                return self._pair(node)
            case ir.If():
                return self._if(node)
            case ir.ForRange():
                return self._for_range(node)
            case ir.ForEach(variable, type_, iterable, body):
                return self._body(f"for ({_type(type_)} {_name(variable)} : {self._walked(iterable)})", body)
            case ir.While(condition, body):
                return self._body(f"while ({self._expression(condition)})", body)
            case ir.Break():
                return ["break;"]
            case ir.Continue():
                return ["continue;"]
            case ir.Return(ir.Filled(_, _, type_) as value) if _is_filled_later(value):
                name = self._fresh("filled", "values", "made")
                return [*self._fill(f"{_type(type_)} {name}", name, value), f"return {name};"]
            case ir.Return(value):
                return ["return;" if value is None else f"return {self._widened(value)};"]
            case ir.Print(parts) if self._prints == "printf" and any(map(_is_fixed, parts)):
                return [self._print_formatted(parts)]
            case ir.Print(parts):
                return [f"System.out.println({self._printed(parts)});"]
            case ir.Evaluate(call):
                return [f"{self._expression(call)};"]
            case ir.Append(collection, value):
                return [f"{self._expression(collection, _ATOM)}.add({self._expression(value)});"]
            case ir.Pop(collection):
                text = self._expression(collection, _ATOM)
                return [f"{text}.remove({text}.size() - 1);"]
            case ir.Comment(text):
                return [f"// {text}"] if self._remarks else []
            case _:
                return self._read(node)

    def _declare(self, name: str, type_: ir.Type, value: ir.Expression) -> list[str]:
        self._import_type(type_)
        if name in self._builders:
            return [f"StringBuilder {_name(name)} = new StringBuilder();"]
        head = f"{_type(type_)} {_name(name)} ="
        match value:
            case ir.Builtin("sorted", (whole,)) if type_.kind == "array":
                self._imports.add("java.util.Arrays")
                return [f"{head} {self._expression(whole, _ATOM)}.clone();", f"Arrays.sort({_name(name)});"]
            case ir.Ordered(whole, keys):
                self._imports.add("java.util.Arrays")
                comparator = self._comparator(keys, type_.item)
                return [
                    f"{head} {self._expression(whole, _ATOM)}.clone();",
                    f"Arrays.sort({_name(name)}, {comparator});",
                ]
            case ir.Display(elements, ir.Type("array")):
                return [f"{head} {{{', '.join(map(self._widened, elements))}}};"]
            case ir.Filled() if _is_filled_later(value):
                return self._fill(f"{_type(type_)} {_name(name)}", _name(name), value)
        return [f"{head} {self._widened(value)};"]

    def _fill(self, place: str, name: str, value: ir.Filled) -> list[str]:
        """Returns statements that put a new array in its place and fill it."""
        self._imports.add("java.util.Arrays")
        length = f"{_type(value.type.item)}[{self._expression(value.count)}]"
        return [f"{place} = new {length};", f"Arrays.fill({name}, {self._widened(value.value)});"]

    def _store(self, target: ir.Variable | ir.Index, value: str) -> str:
        if isinstance(target, ir.Index) and target.collection.type.kind in ("list", "map"):
            method = "set" if target.collection.type.kind == "list" else "put"
            whole = self._expression(target.collection, _ATOM)
            return f"{whole}.{method}({self._expression(target.index)}, {value});"
        return f"{self._place(target)} = {value};"

    def _place(self, target: ir.Variable | ir.Index) -> str:
        if isinstance(target, ir.Variable):
            return _name(target.name)
        return f"{self._expression(target.collection, _ATOM)}[{self._expression(target.index)}]"

    def _augment(self, target: ir.Variable | ir.Index, operator: ir.BinaryOperator, value: ir.Expression) -> str:
        if isinstance(target, ir.Variable) and target.name in self._builders:
            return f"{_name(target.name)}.append({self._expression(value)});"
        if isinstance(target, ir.Index) and target.collection.type.kind in ("list", "map"):
            if target.collection.type.kind == "map" and operator == "+":
                whole, key = self._expression(target.collection, _ATOM), self._expression(target.index)
                return f"{whole}.merge({key}, {self._expression(value)}, {_boxed_type(target.type)}::sum);"
            return self._store(target, self._expression(ir.Binary(operator, target, value, target.type)))
        place = self._place(target)
        if operator in "+-" and value == ir.Constant(1, ir.INT) and self._increments:
            return f"{place}{operator * 2};"
        amount = self._number(value, 0, other=target) if target.type == ir.FLOAT else self._expression(value)
        return f"{place} {_SPELLING.get(operator, operator)}= {amount};"

    def _pair(self, node: ir.AssignPair) -> list[str]:
        # The second value waits in a variable until the first target has its value.
        name = self._fresh("temp", "tmp", "swap", "held")
        return [
            f"{_type(node.second.type)} {name} = {self._expression(node.second_value)};",
            self._store(node.first, self._expression(node.first_value)),
            self._store(node.second, name),
        ]

    def _if(self, node: ir.If) -> list[str]:
        if not node.otherwise:
            return self._body(f"if ({self._expression(node.condition)})", node.then)
        lines = [f"if ({self._expression(node.condition)}) {{", *self._block(node.then)]
        match node.otherwise:
            case (ir.If() as inner,):
                below = self._if(inner)
                if not below[0].endswith("{"):
                    below = [f"{below[0]} {{", *below[1:], "}"]
                return [*lines, f"}} else {below[0]}", *below[1:]]
        return [*lines, "} else {", *self._block(node.otherwise), "}"]

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

    def _walked(self, iterable: ir.Expression) -> str:
        if iterable.type == ir.STR:
            return f"{self._expression(iterable, _ATOM)}.toCharArray()"
        if isinstance(iterable, ir.Builtin) and iterable.builtin == "keys":
            self._imports.add("java.util.TreeSet")
            return f"new TreeSet<>({self._expression(iterable.arguments[0], _ATOM)}.keySet())"
        return self._expression(iterable)

    def _printed(self, parts: tuple[ir.Expression, ...]) -> str:
        if len(parts) == 1 and parts[0].type == ir.CHAR:
            return self._expression(parts[0])
        return self._expression(parts[0] if len(parts) == 1 else ir.Format(spaced(parts)))

    def _read(self, node: ir.Read) -> list[str]:
        match node:
            case ir.ReadInts(names):
                if self._scanner:
                    return [f"int {_name(name)} = {self._input}.nextInt();" for name in names]
                if len(names) == 1:
                    return [f"int {_name(names[0])} = Integer.parseInt({self._input}.readLine().trim());"]
                parts = self._fresh("parts", "pieces", "fields")
                return [
                    f'String[] {parts} = {self._input}.readLine().split(" ");',
                    *(f"int {_name(name)} = Integer.parseInt({parts}[{i}]);" for i, name in enumerate(names)),
                ]
            case ir.ReadFloats(names):
                return self._read_floats(names)
            case ir.ReadArray(name, count):
                length, item = self._expression(count), _type(node.type.item)
                return [
                    f"{item}[] {_name(name)} = new {item}[{length}];",
                    *self._fill_row(_name(name), self._expression(count, _RELATION + 1), kind=node.type.item.kind),
                ]
            case ir.ReadRecords():
                return self._read_records(node)
            case ir.ReadWords(name):
                return [f'String[] {_name(name)} = {self._input}.readLine().split(" ");']
            case ir.ReadLine(name):
                return [f"String {_name(name)} = {self._input}.readLine();"]
            case ir.ReadGrid(name, rows, columns):
                height, width = self._expression(rows), self._expression(columns)
                row = self._free("r", "i", "y", "rowIndex")
                inner = self._fill_row(f"{_name(name)}[{row}]", self._expression(columns, _RELATION + 1), row)
                return [
                    f"int[][] {_name(name)} = new int[{height}][{width}];",
                    f"for (int {row} = 0; {row} < {self._expression(rows, _RELATION + 1)}; {row}++) {{",
                    *self._indented(inner),
                    "}",
                ]

    def _read_floats(self, names: tuple[str, ...]) -> list[str]:
        if self._scanner:
            return [f"double {_name(name)} = {self._input}.nextDouble();" for name in names]
        if len(names) == 1:
            return [f"double {_name(names[0])} = Double.parseDouble({self._input}.readLine().trim());"]
        parts = self._fresh("parts", "pieces", "fields")
        return [
            f'String[] {parts} = {self._input}.readLine().split(" ");',
            *(f"double {_name(name)} = Double.parseDouble({parts}[{i}]);" for i, name in enumerate(names)),
        ]

    def _read_records(self, node: ir.ReadRecords) -> list[str]:
        record, name, index = node.type.item.name, _name(node.name), self._free("i", "j", "k", "index")
        kinds = [field.type.kind for field in self._program.fields(node.type.item)]
        body: list[str] = []
        if self._scanner:
            values = [f"{self._input}.{_READERS[kind]}()" for kind in kinds]
        else:
            parts = self._fresh("parts", "line", "pieces", "fields")
            body = [f'String[] {parts} = {self._input}.readLine().split(" ");']
            values = [
                f"{_PARSERS[kind]}({parts}[{place}])" if kind in _PARSERS else f"{parts}[{place}]"
                for place, kind in enumerate(kinds)
            ]
        body.append(f"{name}[{index}] = new {record}({', '.join(values)});")
        return [
            f"{record}[] {name} = new {record}[{self._expression(node.count)}];",
            f"for (int {index} = 0; {index} < {self._expression(node.count, _RELATION + 1)}; {index}++) {{",
            *self._indented(body),
            "}",
        ]

    def _fill_row(self, row: str, length: str, *used: str, kind: ir.Kind = "int") -> list[str]:
        index = self._free(*(name for name in ("i", "j", "k", "x", "position") if name not in used))
        head = f"for (int {index} = 0; {index} < {length}; {index}++) {{"
        if self._scanner:
            return [head, f"{self._indent}{row}[{index}] = {self._input}.{_READERS[kind]}();", "}"]
        self._imports.add("java.util.StringTokenizer")
        tokens = self._fresh("tokens", "tokenizer", "st", "numbersLine") if not used else self._free("st", "tokens")
        return [
            f"StringTokenizer {tokens} = new StringTokenizer({self._input}.readLine());",
            head,
            f"{self._indent}{row}[{index}] = {_PARSERS[kind]}({tokens}.nextToken());",
            "}",
        ]

    def _free(self, *options: str) -> str:
        """Returns a name for a variable of a short loop in the main part: one that it does not declare."""
        main = {name for statement in self._program.main for name in declared_names(statement)}
        return next((option for option in options if option not in main | {self._input}), f"{options[0]}0")

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
                return (f"{_name(name)}.toString()" if name in self._builders else _name(name)), _ATOM
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
                return f"{_name(name)}({', '.join(map(self._widened, arguments))})", _ATOM
            case ir.Construct(arguments, type_):
                return f"new {type_.name}({', '.join(map(self._widened, arguments))})", _ATOM
            case ir.Field(record, field):
                return f"{self._expression(record, _ATOM)}.{self._accessor(field)}", _ATOM
            case ir.Ordered(records, keys, type_):
                self._imports.add("java.util.Arrays")
                ordered = f"sorted({self._comparator(keys, type_.item)})"
                return f"Arrays.stream({self._expression(records)}).{ordered}.toArray({_type(type_)}::new)", _ATOM
            case ir.Builtin(name, arguments, type_):
                return self._builtin(name, arguments, type_)
            case ir.Index(collection, index):
                whole, position = self._expression(collection, _ATOM), self._expression(index)
                method = {"str": "charAt", "list": "get", "map": "get"}.get(collection.type.kind)
                return (f"{whole}.{method}({position})" if method else f"{whole}[{position}]"), _ATOM
            case ir.Format(parts):
                return self._format(parts)
            case ir.Display(elements, type_):
                return self._display(elements, type_), _ATOM
            case ir.Filled(value, count, type_):
                return self._filled(value, count, type_)

    def _binary(self, node: ir.Binary) -> tuple[str, int]:
        operator, precedence = node.operator, _PRECEDENCE[node.operator]
        if operator in ("==", "!=") and (node.left.type == ir.STR or (_boxed(node.left) and _boxed(node.right))):
            # References: two equal objects need not be the same object.
            text = f"{self._expression(node.left, _ATOM)}.equals({self._expression(node.right)})"
            return (text, _ATOM) if operator == "==" else (f"!{text}", _UNARY)
        if node.left.type == ir.FLOAT:
            left = self._number(node.left, precedence, other=node.right)
            right = self._number(node.right, precedence + 1, other=node.left)
            if is_widening(node.left) and is_widening(node.right):  # else it were a division of integers
                left = self._expression(node.left, precedence)
        else:
            left, right = self._operand(node.left, precedence), self._operand(node.right, precedence + 1)
        return f"{left} {_SPELLING.get(operator, operator)} {right}", precedence

    def _operand(self, node: ir.Expression, precedence: int) -> str:
        if isinstance(node, ir.Builtin) and node.builtin == "ord":
            return self._expression(node.arguments[0], precedence)  # a char is a number in arithmetic
        return self._expression(node, precedence)

    def _widened(self, node: ir.Expression) -> str:
        """Returns an expression where Java itself makes a float of an integer."""
        return self._expression(narrowed(node))

    def _number(self, node: ir.Expression, outer: int, *, other: ir.Expression) -> str:
        """Returns a side of an operation of floats; beside one that is a float, integers may stand."""
        match node:
            case ir.Builtin("float", (number,)):
                return self._operand(number, outer)
            case ir.Constant(float(value)) if value.is_integer() and self._integral and not is_integral(other):
                return self._expression(ir.Constant(int(value), ir.INT), outer)
        return self._expression(node, outer)

    def _accessor(self, field: str) -> str:
        if self._records == "getters":
            return f"{_getter(field)}()"
        return f"{_field(field)}()" if self._records == "record" else _field(field)

    def _comparator(self, keys: tuple[ir.SortKey, ...], record: ir.Type) -> str:
        """Returns what says which of two records comes first."""
        one, other = self._fresh("a", "first", "left"), self._fresh("b", "second", "right")
        self._taken -= {one, other}
        if self._comparators == "chain":
            self._imports.add("java.util.Comparator")
            return self._chain(keys, record, one)
        tests = [self._compared(key, one, other) for key in keys]
        if self._comparators == "ternary" or len(keys) == 1:
            text = tests[-1][1]
            for differs, compared in reversed(tests[:-1]):
                text = f"{differs} ? {compared} : {text}"
            return f"({one}, {other}) -> {text}"
        lines: list[str] = []
        for differs, compared in tests[:-1]:
            lines += [f"if ({differs}) {{", f"{self._indent}return {compared};", "}"]
        lines.append(f"return {tests[-1][1]};")
        depth = "\n" + self._indent * 2
        return f"({one}, {other}) -> {{\n{self._indent * 3}" + f"\n{self._indent * 3}".join(lines) + f"{depth}}}"

    def _compared(self, key: ir.SortKey, one: str, other: str) -> tuple[str, str]:
        """Returns whether two records differ in a field, and which of them comes first by it."""
        left, right = (f"{item}.{self._accessor(key.field)}" for item in (one, other))
        first, second = (right, left) if key.descending else (left, right)
        if key.type == ir.STR:
            return f"!{left}.equals({right})", f"{first}.compareTo({second})"
        return f"{left} != {right}", f"{_boxed_type(key.type)}.compare({first}, {second})"

    def _chain(self, keys: tuple[ir.SortKey, ...], record: ir.Type, item: str) -> str:
        chain = ""
        for key in keys:
            way = {"int": "comparingInt", "float": "comparingDouble"}.get(key.type.kind, "comparing")
            typed = f"{record.name}::{self._accessor(key.field).removesuffix('()')}"
            if self._records == "fields":
                typed = f"({record.name} {item}) -> {item}.{self._accessor(key.field)}"
            alone = f"Comparator.{way}({typed})" + (".reversed()" if key.descending else "")
            if not chain:
                chain = alone
            elif key.descending:
                chain += f".thenComparing({alone})"
            else:
                inferred = f"{item} -> {item}.{self._accessor(key.field)}" if self._records == "fields" else typed
                chain += f".then{way[0].upper()}{way[1:]}({inferred})"
        return chain

    def _owns(self, whole: ir.Expression) -> bool:
        """Whether the main part read an array that nothing else can be the same as, so that it is sorted in place."""
        if not isinstance(whole, ir.Variable) or not any(
            isinstance(read, ir.ReadRecords) and read.name == whole.name for read in self._reads
        ):
            return False
        for node in ir.walk(self._program.main):
            match node:
                case ir.Declare(_, _, value) | ir.Assign(_, value) | ir.Append(_, value) if value == whole:
                    return False
                case ir.Conditional(_, then, otherwise) if whole in (then, otherwise):
                    return False
                case ir.Display(elements) if whole in elements:
                    return False
                case ir.AssignPair(_, _, one, two) if whole in (one, two):
                    return False
                case ir.Call(_, arguments, type_) if whole in arguments and type_.kind in ("array", "list"):
                    return False
        return True

    def _builtin(self, name: ir.BuiltinName, arguments: tuple[ir.Expression, ...], type_: ir.Type) -> tuple[str, int]:
        first, kind = arguments[0], arguments[0].type.kind
        owner, listed = self._expression(first, _ATOM), self._listed(arguments)
        match name:
            case "abs" | "min" | "max":
                texts = list(map(self._widened, arguments))
                if all(map(is_widening, arguments)):  # else the result were an integer
                    texts[0] = self._expression(first)
                return f"Math.{name}({', '.join(texts)})", _ATOM
            case "sqrt":
                return f"Math.sqrt({self._widened(first)})", _ATOM
            case "float" | "truncate":
                return f"({'int' if name == 'truncate' else 'double'}) {self._expression(first, _ATOM)}", _UNARY
            case "fixed":
                pattern, value = self._specified(ir.Builtin(name, arguments, type_))
                return f"String.format({_quoted(pattern, chr(34))}, {value})", _ATOM
            case "floor_div" | "floor_mod":
                return f"Math.{'floorDiv' if name == 'floor_div' else 'floorMod'}({listed})", _ATOM
            case "len":
                if isinstance(first, ir.Variable) and first.name in self._builders:
                    return f"{_name(first.name)}.length()", _ATOM
                return f"{owner}{ {'str': '.length()', 'array': '.length'}.get(kind, '.size()') }", _ATOM
            case "sum":
                return f"{self._stream(first)}.sum()", _ATOM
            case "smallest" | "largest":
                value = f"getAs{'Double' if type_ == ir.FLOAT else 'Int'}()"
                return f"{self._stream(first)}.{'min' if name == 'smallest' else 'max'}().{value}", _ATOM
            case "sorted":
                return self._sorted(first, owner), _ATOM
            case "copy":
                if kind == "array":
                    return f"{owner}.clone()", _ATOM
                self._imports.add("java.util.ArrayList")
                return f"new ArrayList<>({self._expression(first)})", _ATOM
            case "slice":
                return self._slice(arguments, owner), _ATOM
            case "reversed":
                return f"new StringBuilder({self._expression(first)}).reverse().toString()", _ATOM
            case "contains":
                return self._contains(first, arguments[1])
            case "get":
                return f"{owner}.getOrDefault({self._listed(arguments[1:])})", _ATOM
            case "split":
                return f'{owner}.split(" ")', _ATOM
            case "join":
                return self._join(*arguments), _ATOM
            case "count":
                character = self._expression(ir.Builtin("text", (arguments[1],), ir.STR))
                return f'{owner}.length() - {owner}.replace({character}, "").length()', _SUM
            case "ord":
                return f"(int) {self._expression(first, _ATOM)}", _UNARY
            case "chr":
                return f"(char) {self._expression(first, _ATOM)}", _UNARY
            case "text":
                return f"String.valueOf({listed})", _ATOM
            case "number":
                return f"Integer.parseInt({listed})", _ATOM
            case "upper" | "lower" if type_ == ir.STR:
                return f"{owner}.to{name.capitalize()}Case()", _ATOM
        return f"Character.{_CHARACTER_METHODS[name]}({listed})", _ATOM

    def _stream(self, items: ir.Expression) -> str:
        if items.type.kind == "list":
            way = "mapToDouble(Double::doubleValue)" if items.type.item == ir.FLOAT else "mapToInt(Integer::intValue)"
            return f"{self._expression(items, _ATOM)}.stream().{way}"
        self._imports.add("java.util.Arrays")
        return f"Arrays.stream({self._expression(items)})"

    def _sorted(self, items: ir.Expression, owner: str) -> str:
        if items.type.kind == "list":
            self._imports.add("java.util.stream.Collectors")
            return f"{owner}.stream().sorted().collect(Collectors.toList())"
        self._imports.add("java.util.Arrays")
        array = "toArray()" if items.type.item in (ir.INT, ir.FLOAT) else "toArray(String[]::new)"
        return f"Arrays.stream({self._expression(items)}).sorted().{array}"

    def _slice(self, arguments: tuple[ir.Expression, ...], owner: str) -> str:
        whole, start, stop = arguments
        if whole.type == ir.STR:
            to_end = stop == ir.Builtin("len", (whole,), ir.INT)
            return f"{owner}.substring({self._listed((start,) if to_end else (start, stop))})"
        self._imports.add("java.util.Arrays")
        return f"Arrays.copyOfRange({self._listed(arguments)})"

    def _contains(self, part: ir.Expression, whole: ir.Expression) -> tuple[str, int]:
        owner, text = self._expression(whole, _ATOM), self._expression(part)
        if whole.type.kind == "map":
            return f"{owner}.containsKey({text})", _ATOM
        if part.type == ir.CHAR:
            return f"{owner}.indexOf({text}) >= 0", _RELATION
        return f"{owner}.contains({text})", _ATOM

    def _join(self, separator: ir.Expression, items: ir.Expression) -> str:
        between = self._expression(separator)
        if items.type.item == ir.STR:
            return f"String.join({between}, {self._expression(items)})"
        self._imports.add("java.util.stream.Collectors")
        if items.type.kind == "list":
            stream, mapping = f"{self._expression(items, _ATOM)}.stream()", "map"
        else:
            self._imports.add("java.util.Arrays")
            stream, mapping = f"Arrays.stream({self._expression(items)})", "mapToObj"
        value = self._fresh("v", "e", "z") if self._lambdas else ""
        function = f"{value} -> String.valueOf({value})" if self._lambdas else "String::valueOf"
        self._taken.discard(value)
        if mapping == "mapToObj" or not self._lambdas:
            function = "Integer::toString" if not self._lambdas and mapping == "mapToObj" else function
        return f"{stream}.{mapping}({function}).collect(Collectors.joining({between}))"

    def _display(self, elements: tuple[ir.Expression, ...], type_: ir.Type) -> str:
        if type_.kind == "array":
            return f"new {_type(type_)} {{{', '.join(map(self._widened, elements))}}}"
        if type_.kind == "map":
            self._imports.add("java.util.HashMap")
            return "new HashMap<>()"
        self._imports.add("java.util.ArrayList")
        if not elements:
            return "new ArrayList<>()"
        self._imports.add("java.util.List")
        return f"new ArrayList<>(List.of({self._listed(elements)}))"

    def _filled(self, value: ir.Expression, count: ir.Expression, type_: ir.Type) -> tuple[str, int]:
        if isinstance(value, ir.Filled) and _is_zero(value.value):
            inner = _type(value.type.item)
            return f"new {inner}[{self._expression(count)}][{self._expression(value.count)}]", _ATOM
        if _is_zero(value):
            return f"new {_type(type_.item)}[{self._expression(count)}]", _ATOM
        if value.type.kind in ("str", "record"):
            self._imports.add("java.util.Collections")
            copies = f"Collections.nCopies({self._listed((count, value))})"
            return f"{copies}.toArray(new {_type(value.type)}[0])", _ATOM
        self._imports.add("java.util.stream.IntStream")
        variable = self._fresh("index", "each", "slot")
        filled = self._expression(value)  # with a variable of its own, if it is filled as well
        self._taken.discard(variable)
        mapping = {"int": "map", "float": "mapToDouble"}.get(value.type.kind, "mapToObj")
        array = f"toArray({_type(value.type)}[]::new)" if mapping == "mapToObj" else "toArray()"
        stream = f"IntStream.range(0, {self._expression(count)})"
        return f"{stream}.{mapping}({variable} -> {filled}).{array}", _ATOM

    def _format(self, parts: tuple[ir.Expression, ...]) -> tuple[str, int]:
        fixed = any(map(_is_fixed, parts)) and len(parts) > 1 and self._prints != "joined"
        if fixed or (self._formatted and any(isinstance(part, ir.Constant) for part in parts)):
            return f"String.format({self._pattern(parts)})", _ATOM
        texts = [self._expression(part, _SUM + 1) for part in parts]
        # Java adds numbers up from the left until the first string.
        if all(part.type != ir.STR for part in parts[:2]):
            texts.insert(0, '""')
        return " + ".join(texts), _SUM if len(texts) > 1 else _ATOM

    def _print_formatted(self, parts: tuple[ir.Expression, ...]) -> str:
        return f"System.out.printf({self._pattern(spaced(parts), self._line_end)});"

    def _pattern(self, parts: tuple[ir.Expression, ...], end: str = "") -> str:
        """Returns a pattern and its values, as arguments."""
        pattern, values = "", []
        for part in parts:
            if isinstance(part, ir.Constant):
                pattern += str(part.value).replace("%", "%%")
            else:
                specification, value = self._specified(part)
                pattern += specification
                values.append(value)
        quoted = _quoted(pattern, chr(34))
        return ", ".join([f"{quoted[:-1]}{end}{quoted[-1]}", *values])

    def _specified(self, part: ir.Expression) -> tuple[str, str]:
        match part:
            case ir.Builtin("fixed", (number, ir.Constant(decimals))):
                return f"%.{decimals}f", self._expression(number)
        return {"int": "%d", "char": "%c"}.get(part.type.kind, "%s"), self._expression(part)

    def _import_type(self, type_: ir.Type) -> None:
        if type_.kind in ("list", "map"):
            self._imports.add("java.util.List" if type_.kind == "list" else "java.util.Map")
        for inner in (type_.element, type_.key):
            if inner is not None:
                self._import_type(inner)


_CHARACTER_METHODS: dict[str, str] = {
    "is_digit": "isDigit",
    "is_letter": "isLetter",
    "is_upper": "isUpperCase",
    "is_lower": "isLowerCase",
    "upper": "toUpperCase",
    "lower": "toLowerCase",
}

_OBJECT_METHODS = frozenset({"clone", "finalize", "hashCode", "notify", "notifyAll", "toString", "wait"})
"""Methods that every object has, so that no component of a record may be called like them."""


def _name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _field(name: str) -> str:
    field = _name(name)
    return f"{field}Value" if field in _OBJECT_METHODS else field


def _type(type_: ir.Type) -> str:
    match type_.kind:
        case "array":
            return f"{_type(type_.item)}[]"
        case "list":
            return f"List<{_boxed_type(type_.item)}>"
        case "map":
            return f"Map<{_boxed_type(type_.key or ir.INT)}, {_boxed_type(type_.item)}>"
        case "record":
            return type_.name
    return _PRIMITIVE[type_.kind]


def _boxed_type(type_: ir.Type) -> str:
    return _BOXED.get(type_.kind) or _type(type_)


def _boxed(node: ir.Expression) -> bool:
    """Whether Java sees an object where the representation has a number or a character."""
    match node:
        case ir.Index(collection):
            return collection.type.kind in ("list", "map")
        case ir.Builtin("get"):
            return True
    return False


def _is_zero(node: ir.Expression) -> bool:
    """Whether a new Java array is filled with this value already."""
    return isinstance(node, ir.Constant) and node.type in (ir.INT, ir.FLOAT, ir.BOOL) and not node.value


def _is_filled_later(node: ir.Filled, name: str = "") -> bool:
    """Whether a new array is filled by a statement of its own, when it has its name already."""
    plain = not isinstance(node.value, ir.Filled | ir.Display)
    return plain and not _is_zero(node.value) and name not in used_names(node)


def _is_fixed(part: ir.Expression) -> bool:
    """Whether a part of what is printed has a number with decimals."""
    if isinstance(part, ir.Format):
        return any(map(_is_fixed, part.parts))
    return isinstance(part, ir.Builtin) and part.builtin == "fixed"


def _getter(field: str) -> str:
    name = _name(field)
    return f"get{name[0].upper()}{name[1:]}"


def _quoted(value: str, quote: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
    return f"{quote}{escaped}{quote}"


def _string_builders(block: ir.Block) -> frozenset[str]:
    """Returns the string variables that start empty and only grow at their end: `StringBuilder`s in Java."""
    empty, changed = set[str](), set[str]()
    for node in (inner for statement in block for inner in ir.walk(statement)):
        match node:
            case ir.Declare(name, ir.Type("str"), value):
                (empty if value == ir.Constant("", ir.STR) else changed).add(name)
            case ir.Assign(ir.Variable(name)):
                changed.add(name)
            case ir.AssignPair(ir.Variable(first), ir.Variable(second)):
                changed.update((first, second))
    return frozenset(empty - changed)
