'''The notation that families are written in: a small, typed part of Python's syntax.

    def count_divisors(n: int) -> int:
        """Count the divisors of a number."""
        count = 0
        for d in range(1, n + 1):
            if n % d == 0:
                count += 1
        return count

    n = read_int(1, 60)
    print(count_divisors(n))

Records first, then functions, then the main part. What differs from Python:

- Types: `int`, `float`, `bool`, `char`, `str`, `array[...]` (fixed length), `list[...]` (grows), `dict[...]`, and
  records: `class Point:` with a line `x: int` for each field. `Point(1, 2)` makes one, `point.x` is never assigned.
  Parameters and results are annotated; an empty list or map is too (`xs: list[int] = []`); everything else
  is inferred.
- Input: `n = read_int(low, high)`, `a, b = read_int(low, high)`, `xs = read_array(count, low, high)`,
  `xs = read_sorted(count, low, high)`, `words = read_words(count)`,
  `grid = read_grid(rows, columns, low, high)`, `s = read_line("alphabet", low, high)`,
  `x, y = read_float(low, high, decimals)`, `xs = read_floats(count, low, high, decimals)`,
  `points = read_records(Point, count, low, high, decimals)` (`decimals` only where a field is a float).
- Where a float is wanted, an integer is turned into one; `/` wants two. `int(x)` of a float drops what is behind the
  point, `sqrt(x)` is a function. A float is printed as `f"{x:.2f}"` and in no other way.
- `sorted(points, key=lambda p: (-p.x, p.y))` sorts an array of records by fields, `-` from large to small.
- `x % k` and `x // k` are for `x >= 0`; `floor_mod(x, k)` and `floor_div(x, k)` for any `x`.
- `sorted(mapping)` is what a loop over a map walks over. `[0] * n` is an array,
  `[[0] * m for _ in range(n)]` a grid.
- A string alone on a line is a remark; a function's docstring is its summary.
'''

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from codegym.problems.procedural import program as ir

_COMPARISONS: dict[type[ast.cmpop], ir.BinaryOperator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OPERATORS: dict[type[ast.operator], ir.BinaryOperator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_METHODS: dict[str, tuple[ir.BuiltinName, ir.Type]] = {
    "isdigit": ("is_digit", ir.BOOL),
    "isalpha": ("is_letter", ir.BOOL),
    "isupper": ("is_upper", ir.BOOL),
    "islower": ("is_lower", ir.BOOL),
}
_SCALARS = {"int": ir.INT, "float": ir.FLOAT, "bool": ir.BOOL, "char": ir.CHAR, "str": ir.STR}
_CONSTANTS = {int: ir.INT, float: ir.FLOAT, bool: ir.BOOL, str: ir.STR}
_NUMBERS = (ir.INT, ir.FLOAT)
_ORDERED = (ir.INT, ir.FLOAT, ir.CHAR)
_FLOAT_OPERATORS = ("+", "-", "*", "/")


class NotationError(Exception):
    """A text that is not a program of the notation: a mistake in a family, never a user's."""


def parse(text: str, name: str = "program") -> ir.Program:
    """Returns the program that a text in the notation describes.

    Raises:
        NotationError: The text is not a program; the message names the line.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise NotationError(f"{error}\n{text}") from error
    return _Parser(text).program(tree, name)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._records: dict[str, ir.Record] = {}
        self._signatures: dict[str, tuple[tuple[ir.Type, ...], ir.Type]] = {}
        self._scopes: list[dict[str, ir.Type]] = []
        self._result = ir.VOID
        self._fixed: list[frozenset[str]] = []

    def program(self, tree: ast.Module, name: str) -> ir.Program:
        functions: list[ir.Function] = []
        rest = tree.body
        while rest and isinstance(rest[0], ast.ClassDef):
            record = self._record(rest[0])
            self._records[record.name] = record
            rest = rest[1:]
        while rest and isinstance(rest[0], ast.FunctionDef):
            functions.append(self._function(rest[0]))
            rest = rest[1:]
        self._scopes, self._result = [{}], ir.VOID
        return ir.Program(name, tuple(functions), self._statements(rest), records=tuple(self._records.values()))

    def _error(self, node: ast.AST, problem: str) -> NotationError:
        line = getattr(node, "lineno", 0)
        return NotationError(f"line {line}: {problem}: {ast.unparse(node)}\n{self._text}")

    def _record(self, node: ast.ClassDef) -> ir.Record:
        fields: list[ir.Parameter] = []
        for line in node.body:
            if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
                raise self._error(line, "not a field")
            type_ = self._type(line.annotation)
            self._check(line, type_ in _SCALARS.values(), "a field is a number, a boolean, a character or a text")
            fields.append(ir.Parameter(line.target.id, type_))
        return ir.Record(node.name, tuple(fields))

    def _function(self, node: ast.FunctionDef) -> ir.Function:
        if node.name in self._signatures:
            raise self._error(node, "the function exists already")
        parameters = tuple(ir.Parameter(argument.arg, self._type(argument.annotation)) for argument in node.args.args)
        returns = node.returns
        result = ir.VOID if isinstance(returns, ast.Constant) and returns.value is None else self._type(returns)
        self._signatures[node.name] = (tuple(parameter.type for parameter in parameters), result)
        self._scopes, self._result = [{p.name: p.type for p in parameters}], result
        summary, body = ast.get_docstring(node) or "", node.body
        block = self._statements(body[1:] if summary else body)
        if result != ir.VOID and not _leaves(block):
            raise self._error(node, "a path ends without a return")
        return ir.Function(node.name, parameters, result, block, summary)

    def _type(self, node: ast.expr | None) -> ir.Type:
        match node:
            case ast.Name(id=name) if name in _SCALARS:
                return _SCALARS[name]
            case ast.Name(id=name) if name in self._records:
                return ir.Type("record", name=name)
            case ast.Subscript(value=ast.Name(id="array" | "list" as kind), slice=element):
                return ir.Type(cast("ir.Kind", kind), self._type(element))
            case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])):
                mapped = ir.Type("map", self._type(value), self._type(key))
                self._check(key, mapped.key in (ir.INT, ir.CHAR, ir.STR), "nothing to look values up by")
                self._check(value, mapped.item.kind != "record", "a map has no records")
                return mapped
        raise NotationError(f"not a type: {ast.unparse(node) if node else None}\n{self._text}")

    # Names.

    def _lookup(self, name: str) -> ir.Type | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def _declare(self, node: ast.AST, name: str, type_: ir.Type) -> None:
        if self._lookup(name) is not None:
            raise self._error(node, f"{name!r} is declared already")
        self._check(node, name not in self._signatures, f"{name!r} is a function")
        self._scopes[-1][name] = type_

    # Statements.

    def _block(self, nodes: list[ast.stmt], **variables: ir.Type) -> ir.Block:
        self._scopes.append(dict(variables))
        block = self._statements(nodes)
        self._scopes.pop()
        return block

    def _statements(self, nodes: list[ast.stmt]) -> ir.Block:
        block = tuple(self._statement(node) for node in nodes)
        for node, statement in zip(nodes, block[:-1], strict=False):
            if _leaves((statement,)):
                raise self._error(node, "what follows is unreachable")
        return block

    def _statement(self, node: ast.stmt) -> ir.Statement:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                type_ = self._type(annotation)
                initial = self._expression(value, type_)
                self._declare(node, name, type_)
                return ir.Declare(name, type_, initial)
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id=reader)) as call) if (
                reader.startswith("read_") and reader not in self._signatures
            ):
                return self._read(node, target, reader, call.args)
            case ast.Assign(targets=[ast.Tuple(elts=[first, second])], value=ast.Tuple(elts=[one, two])):
                left, right = self._target(first), self._target(second)
                return ir.AssignPair(left, right, self._expression(one, left.type), self._expression(two, right.type))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if self._lookup(name) is None:
                initial = self._expression(value)
                self._declare(node, name, initial.type)
                return ir.Declare(name, initial.type, initial)
            case ast.Assign(targets=[target], value=value):
                place = self._target(target)
                return ir.Assign(place, self._expression(value, place.type))
            case ast.AugAssign(target=target, op=op, value=value):
                place, operator = self._target(target), _OPERATORS[type(op)]
                self._check(
                    node, operator in _FLOAT_OPERATORS or place.type != ir.FLOAT, "floats have no such operation"
                )
                self._check(node, operator != "/" or place.type == ir.FLOAT, "only floats are divided like this")
                wanted = None if place.type == ir.STR else place.type
                return ir.Augment(place, operator, self._expression(value, wanted))
            case ast.If(test=test, body=body, orelse=orelse):
                return ir.If(self._expression(test, ir.BOOL), self._block(body), self._block(orelse))
            case ast.While(test=test, body=body):
                condition = self._expression(test, ir.BOOL)
                if isinstance(condition, ir.Constant):
                    raise self._error(node, "the condition is a constant")
                return ir.While(condition, self._block(body))
            case ast.For(target=ast.Name(id=name), iter=iterable, body=body):
                return self._for(node, name, iterable, body)
            case ast.Break():
                return ir.Break()
            case ast.Continue():
                return ir.Continue()
            case ast.Return(value=None):
                return ir.Return()
            case ast.Return(value=ast.expr() as value):
                return ir.Return(self._expression(value, self._result))
            case ast.Expr(value=ast.Constant(value=str(remark))):
                return ir.Comment(remark)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=arguments)):
                parts = tuple(self._expression(argument) for argument in arguments)
                if not parts or any(part.type not in (ir.INT, ir.CHAR, ir.STR) for part in parts):
                    raise self._error(node, "languages print this differently")
                return ir.Print(parts)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="append"), args=[value])):
                collection = self._expression(owner)
                self._check(node, collection.type.kind == "list", "only a list grows")
                self._check_mutable(node, collection)
                return ir.Append(collection, self._expression(value, collection.type.item))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="pop"), args=[])):
                collection = self._expression(owner)
                self._check(node, collection.type.kind == "list", "only a list shrinks")
                self._check_mutable(node, collection)
                return ir.Pop(collection)
            case ast.Expr(value=ast.Call() as call_node):
                effect = self._expression(call_node)
                if isinstance(effect, ir.Call):
                    return ir.Evaluate(effect)
        raise self._error(node, "not a statement of the notation")

    def _check(self, node: ast.AST, holds: bool, problem: str) -> None:
        if not holds:
            raise self._error(node, problem)

    def _check_mutable(self, node: ast.AST, place: ir.Expression) -> None:
        while isinstance(place, ir.Index):
            place = place.collection
        if isinstance(place, ir.Variable) and any(place.name in names for names in self._fixed):
            raise self._error(node, f"{place.name!r} may not change inside this loop")

    def _target(self, node: ast.expr) -> ir.Variable | ir.Index:
        place = self._expression(node)
        if isinstance(place, ir.Variable):
            self._check_mutable(node, place)
            return place
        if isinstance(place, ir.Index) and place.collection.type != ir.STR:
            if place.collection.type.kind == "map":
                self._check_mutable(node, place)
            return place
        raise self._error(node, "nothing can be assigned to it")

    def _for(self, node: ast.For, name: str, iterable: ast.expr, body: list[ast.stmt]) -> ir.Statement:
        if self._lookup(name) is not None:
            raise self._error(node, f"{name!r} is declared already")
        self._check(node, name not in self._signatures, f"{name!r} is a function")
        if isinstance(iterable, ast.Call) and ast.unparse(iterable.func) == "range":
            bounds = [self._expression(bound, ir.INT) for bound in iterable.args]
            step = 1
            if len(bounds) == 3:
                step = ast.literal_eval(iterable.args[2])
            start = ir.Constant(0, ir.INT) if len(bounds) == 1 else bounds[0]
            stop = bounds[0] if len(bounds) == 1 else bounds[1]
            fixed = frozenset(_variables(stop)) | {name}
            self._fixed.append(fixed)
            block = self._block(body, **{name: ir.INT})
            self._fixed.pop()
            return ir.ForRange(name, start, stop, step, block)
        items = self._expression(iterable)
        if isinstance(items, ir.Builtin) and items.builtin == "sorted" and items.type.kind == "map":
            type_ = items.type.key
            items = ir.Builtin("keys", items.arguments, ir.Type("array", type_))
        self._check(node, items.type.kind in ("str", "array", "list"), "not something to walk over")
        copied = isinstance(items, ir.Builtin) and items.builtin in ("sorted", "copy") and items.type.kind == "list"
        self._check(node, not copied and not isinstance(items, ir.Ordered), "give it a name first")
        self._fixed.append(frozenset(_variables(items)) | {name})
        block = self._block(body, **{name: items.type.item})
        self._fixed.pop()
        return ir.ForEach(name, items.type.item, items, block)

    def _read(self, node: ast.Assign, target: ast.expr, reader: str, arguments: list[ast.expr]) -> ir.Read:
        self._check(node, len(self._scopes) == 1, "input is read outside of branches and loops")
        if reader == "read_records":
            return self._read_records(node, target, arguments)
        names = [
            element.id
            for element in (target.elts if isinstance(target, ast.Tuple) else [target])
            if isinstance(element, ast.Name)
        ]
        counted = {"read_array": 1, "read_sorted": 1, "read_words": 1, "read_grid": 2, "read_floats": 1}.get(reader, 0)
        counts = [self._expression(argument, ir.INT) for argument in arguments[:counted]]
        bounds = [ast.literal_eval(argument) for argument in arguments[counted:]]
        numbers = ir.Type("array", ir.INT)
        match reader:
            case "read_int":
                for name in names:
                    self._declare(node, name, ir.INT)
                return ir.ReadInts(tuple(names), *bounds)
            case "read_float":
                for name in names:
                    self._declare(node, name, ir.FLOAT)
                return ir.ReadFloats(tuple(names), *bounds)
            case "read_floats":
                type_ = ir.Type("array", ir.FLOAT)
                self._declare(node, names[0], type_)
                return ir.ReadArray(names[0], counts[0], bounds[0], bounds[1], type=type_, decimals=bounds[2])
            case "read_array" | "read_sorted":
                self._declare(node, names[0], numbers)
                return ir.ReadArray(names[0], counts[0], bounds[0], bounds[1], reader == "read_sorted")
            case "read_words":
                self._declare(node, names[0], ir.Type("array", ir.STR))
                return ir.ReadWords(names[0], counts[0])
            case "read_grid":
                self._declare(node, names[0], ir.Type("array", numbers))
                return ir.ReadGrid(names[0], counts[0], counts[1], *bounds)
            case "read_line":
                self._declare(node, names[0], ir.STR)
                return ir.ReadLine(names[0], *bounds)
        raise self._error(node, "not a way to read input")

    def _read_records(self, node: ast.Assign, target: ast.expr, arguments: list[ast.expr]) -> ir.ReadRecords:
        kind, count, *bounds = arguments
        type_ = self._type(kind)
        fields = self._records[type_.name].fields
        self._check(node, all(field.type in (*_NUMBERS, ir.STR) for field in fields), "such a field cannot be read")
        name = cast("ast.Name", target).id
        counted = self._expression(count, ir.INT)
        self._declare(node, name, ir.Type("array", type_))
        low, high, *decimals = map(ast.literal_eval, bounds)
        self._check(node, len(decimals) == any(field.type == ir.FLOAT for field in fields), "decimals are for floats")
        return ir.ReadRecords(name, ir.Type("array", type_), counted, low, high, decimals[0] if decimals else 0)

    # Expressions.

    def _expression(self, node: ast.expr, wanted: ir.Type | None = None) -> ir.Expression:
        """Returns the expression, as a `wanted`; raises where it cannot be one."""
        result = self._untyped(node, wanted)
        return result if wanted is None else self._converted(node, result, wanted)

    def _converted(self, node: ast.AST, result: ir.Expression, wanted: ir.Type) -> ir.Expression:
        if result.type is wanted or result.type == wanted:
            return result
        if wanted == ir.CHAR and isinstance(result, ir.Constant) and len(str(result.value)) == 1:
            return ir.Constant(result.value, ir.CHAR)
        if wanted == ir.STR and result.type == ir.CHAR:
            return ir.Builtin("text", (result,), ir.STR)
        if wanted == ir.FLOAT and result.type == ir.INT:
            return _as_float(result)
        raise self._error(node, f"this is a {_spell(result.type)}, not a {_spell(wanted)}")

    def _untyped(self, node: ast.expr, wanted: ir.Type | None) -> ir.Expression:
        # What is frequent comes first: half of the time of a new problem is spent on reading its family's text.
        match node:
            case ast.Name(id=name):
                type_ = self._lookup(name)
                if type_ is None:
                    raise self._error(node, "unknown variable")
                return ir.Variable(name, type_)
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return ir.Constant(value, _CONSTANTS[type(value)])
            case ast.BinOp(left=ast.List(elts=[item]), op=ast.Mult(), right=count):
                fill = self._expression(item)
                return ir.Filled(fill, self._expression(count, ir.INT), ir.Type("array", fill.type))
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(node, left, _OPERATORS[type(op)], right)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=value, slice=index):
                collection = self._expression(value)
                if isinstance(index, ast.Slice):
                    return self._slice(collection, index)
                key = collection.type.key or ir.INT
                return ir.Index(collection, self._expression(index, key), collection.type.item)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[whole]):
                return self._contains(left, whole, negated=isinstance(op, ast.NotIn))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._comparison(node, left, ops, comparators)
            case ast.Attribute(value=owner, attr=name):
                return self._field(node, self._expression(owner), name)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return ir.Constant(-value, ir.INT)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self._expression(operand)
                self._check(node, number.type in _NUMBERS, "not a number")
                return ir.Unary("-", number, number.type)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ir.Unary("not", self._expression(operand, ir.BOOL), ir.BOOL)
            case ast.BoolOp(op=op, values=values):
                result, *others = [self._expression(value, ir.BOOL) for value in values]
                for other in others:
                    result = ir.Binary("and" if isinstance(op, ast.And) else "or", result, other, ir.BOOL)
                return result
            case ast.IfExp(test=test, body=body, orelse=orelse):
                then, otherwise = self._expression(body, wanted), self._expression(orelse, wanted)
                type_ = ir.FLOAT if ir.FLOAT in (then.type, otherwise.type) else then.type
                then, otherwise = self._converted(body, then, type_), self._converted(orelse, otherwise, type_)
                return ir.Conditional(self._expression(test, ir.BOOL), then, otherwise, type_)
            case ast.JoinedStr(values=[ast.FormattedValue(format_spec=ast.JoinedStr()) as formatted]):
                return self._part(formatted)
            case ast.JoinedStr(values=values):
                return ir.Format(tuple(self._part(value) for value in values))
            case ast.List(elts=[]) if wanted and wanted.kind == "list":
                return ir.Display((), wanted)
            case ast.List(elts=elements) if elements:
                items = [self._expression(e, wanted.item if wanted else None) for e in elements]
                type_ = wanted or ir.Type("array", items[0].type)
                return ir.Display(tuple(items), type_)
            case ast.Dict(keys=[]) if wanted and wanted.kind == "map":
                return ir.Display((), wanted)
            case ast.ListComp(elt=element, generators=[generator]):
                row = self._expression(element)
                count = cast("ast.Call", generator.iter).args[0]
                return ir.Filled(row, self._expression(count, ir.INT), ir.Type("array", row.type))
        raise self._error(node, "not an expression of the notation")

    def _call(self, node: ast.Call) -> ir.Expression:
        match node:
            case ast.Call(func=ast.Name(id="sorted"), args=[whole], keywords=[ast.keyword(arg="key", value=key)]):
                return self._ordered(node, self._expression(whole), key)
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in self._signatures:
                types, result_type = self._signatures[name]
                return ir.Call(name, self._arguments(node, arguments, types), result_type)
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in self._records:
                types = tuple(field.type for field in self._records[name].fields)
                return ir.Construct(self._arguments(node, arguments, types), ir.Type("record", name=name))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._builtin(node, name, arguments)
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=arguments):
                return self._method(node, owner, method, arguments)
        raise self._error(node, "not a call of the notation")

    def _arguments(
        self, node: ast.Call, arguments: list[ast.expr], types: tuple[ir.Type, ...]
    ) -> tuple[ir.Expression, ...]:
        self._check(node, len(arguments) == len(types), f"this takes {len(types)} arguments")
        return tuple([self._expression(argument, type_) for argument, type_ in zip(arguments, types, strict=True)])

    def _field(self, node: ast.expr, owner: ir.Expression, name: str) -> ir.Field:
        if owner.type.kind == "record":
            for field in self._records[owner.type.name].fields:
                if field.name == name:
                    return ir.Field(owner, name, field.type)
        raise self._error(node, "unknown field")

    def _ordered(self, node: ast.expr, whole: ir.Expression, key: ast.expr) -> ir.Ordered:
        self._check(node, whole.type.kind == "array" and whole.type.item.kind == "record", "not an array of records")
        record = whole.type.item
        keys: list[ir.SortKey] = []
        body = cast("ast.Lambda", key).body
        for part in body.elts if isinstance(body, ast.Tuple) else [body]:
            descending = isinstance(part, ast.UnaryOp)
            place = part.operand if isinstance(part, ast.UnaryOp) else part
            field = self._field(part, ir.Variable("", record), cast("ast.Attribute", place).attr)
            self._check(part, field.type in ((*_NUMBERS,) if descending else (*_ORDERED, ir.STR)), "no such order")
            keys.append(ir.SortKey(field.field, field.type, descending))
        return ir.Ordered(whole, tuple(keys), whole.type)

    def _part(self, node: ast.expr) -> ir.Expression:
        match node:
            case ast.FormattedValue(value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])):
                number, decimals = self._expression(value, ir.FLOAT), int(spec.removeprefix(".").removesuffix("f"))
                self._check(node, 1 <= decimals <= 6, "languages print this differently")
                return ir.Builtin("fixed", (number, ir.Constant(decimals, ir.INT)), ir.STR)
        part = self._expression(node.value if isinstance(node, ast.FormattedValue) else node)
        self._check(node, part.type in (ir.INT, ir.CHAR, ir.STR), "languages print this differently")
        return part

    def _contains(self, left: ast.expr, whole: ast.expr, *, negated: bool) -> ir.Expression:
        collection = self._expression(whole)
        self._check(whole, collection.type.kind in ("str", "list", "map"), "nothing can be looked up in it")
        # C++ looks between the beginning and the end, which must be those of the same list.
        self._check(whole, collection.type == ir.STR or not isinstance(collection, ir.Call), "give it a name first")
        part = self._expression(left)
        if collection.type != ir.STR:
            part = self._converted(left, part, collection.type.key or collection.type.item)
        self._check(whole, part.type.kind not in ("float", "record"), "languages compare this differently")
        result: ir.Expression = ir.Builtin("contains", (part, collection), ir.BOOL)
        return ir.Unary("not", result, ir.BOOL) if negated else result

    def _comparison(
        self, node: ast.AST, left: ast.expr, ops: list[ast.cmpop], comparators: list[ast.expr]
    ) -> ir.Expression:
        result: ir.Expression | None = None
        following = self._expression(left)
        for op, right in zip(ops, comparators, strict=True):
            first, second = following, self._expression(right)
            following = second
            if second.type in (ir.CHAR, ir.FLOAT):
                first = self._converted(left, first, second.type)
            second = self._converted(right, second, first.type)
            operator = _COMPARISONS[type(op)]
            allowed = (ir.INT, ir.CHAR, ir.STR, ir.BOOL) if operator in ("==", "!=") else _ORDERED
            self._check(node, first.type in allowed, "languages compare this differently")
            comparison = ir.Binary(operator, first, second, ir.BOOL)
            result = comparison if result is None else ir.Binary("and", result, comparison, ir.BOOL)
            left = right
        return cast("ir.Expression", result)

    def _arithmetic(self, node: ast.AST, left: ast.expr, operator: ir.BinaryOperator, right: ast.expr) -> ir.Expression:
        first, second = self._expression(left), self._expression(right)
        if operator == "+" and ir.STR in (first.type, second.type):
            for operand in (first, second):
                self._check(node, operand.type in (ir.STR, ir.CHAR), "only texts are joined")
            return ir.Binary("+", first, second, ir.STR)
        self._check(node, first.type in _NUMBERS and second.type in _NUMBERS, "not arithmetic of numbers")
        if operator == "/" or ir.FLOAT in (first.type, second.type):
            self._check(node, operator in _FLOAT_OPERATORS, "floats have no such operation")
            return ir.Binary(operator, _as_float(first), _as_float(second), ir.FLOAT)
        return ir.Binary(operator, first, second, ir.INT)

    def _slice(self, whole: ir.Expression, bounds: ast.Slice) -> ir.Expression:
        if bounds.step is not None:
            return ir.Builtin("reversed", (whole,), ir.STR)
        if bounds.lower is None and bounds.upper is None:
            return ir.Builtin("copy", (whole,), whole.type)
        start = self._expression(bounds.lower, ir.INT) if bounds.lower else ir.Constant(0, ir.INT)
        length = ir.Builtin("len", (whole,), ir.INT)
        stop = self._expression(bounds.upper, ir.INT) if bounds.upper else length
        return ir.Builtin("slice", (whole, start, stop), whole.type)

    def _builtin(self, node: ast.expr, name: str, nodes: list[ast.expr]) -> ir.Expression:
        arguments = tuple(self._expression(argument) for argument in nodes)
        kinds = tuple(argument.type.kind for argument in arguments)
        match name, kinds:
            case "len", ("str" | "array" | "list" | "map",):
                return ir.Builtin("len", arguments, ir.INT)
            case "abs", ("int" | "float",):
                return ir.Builtin("abs", arguments, arguments[0].type)
            case (("min" | "max" | "floor_mod" | "floor_div"), ("int", "int")):
                return ir.Builtin(cast("ir.BuiltinName", name), arguments, ir.INT)
            case (("min" | "max"), ("int" | "float", "int" | "float")):
                numbers = tuple(map(_as_float, arguments))
                return ir.Builtin(cast("ir.BuiltinName", name), numbers, ir.FLOAT)
            case (("sum" | "min" | "max"), ("array" | "list",)):
                self._check(node, arguments[0].type.item in _NUMBERS, "not numbers")
                whole: ir.BuiltinName = "sum" if name == "sum" else "smallest" if name == "min" else "largest"
                return ir.Builtin(whole, arguments, arguments[0].type.item)
            case "sorted", ("array" | "list" | "map",):
                self._check(node, arguments[0].type.item.kind != "record", "records are sorted by a key")
                return ir.Builtin("sorted", arguments, arguments[0].type)
            case "ord", ("char" | "str",):
                return ir.Builtin("ord", (self._expression(nodes[0], ir.CHAR),), ir.INT)
            case "chr", ("int",):
                return ir.Builtin("chr", arguments, ir.CHAR)
            case "str", ("int" | "char",):
                return ir.Builtin("text", arguments, ir.STR)
            case "int", ("str",):
                return ir.Builtin("number", arguments, ir.INT)
            case "int", ("float",):
                return ir.Builtin("truncate", arguments, ir.INT)
            case "float", ("int",):
                return ir.Builtin("float", arguments, ir.FLOAT)
            case "sqrt", ("int" | "float",):
                return ir.Builtin("sqrt", (_as_float(arguments[0]),), ir.FLOAT)
        raise self._error(node, "not a function of the notation")

    def _method(self, node: ast.expr, owner: ast.expr, method: str, nodes: list[ast.expr]) -> ir.Expression:
        value = self._expression(owner)
        match method, value.type.kind:
            case (("upper" | "lower"), ("str" | "char")):
                return ir.Builtin(cast("ir.BuiltinName", method), (value,), value.type)
            case (("isdigit" | "isalpha" | "isupper" | "islower"), "char"):
                name, type_ = _METHODS[method]
                return ir.Builtin(name, (value,), type_)
            case "count", "str":
                return ir.Builtin("count", (value, self._expression(nodes[0], ir.CHAR)), ir.INT)
            case "split", "str":
                return ir.Builtin("split", (value,), ir.Type("array", ir.STR))
            case "join", "str":
                return ir.Builtin("join", (value, self._expression(nodes[0])), ir.STR)
            case "get", "map":
                key = self._expression(nodes[0], value.type.key)
                default = self._expression(nodes[1], value.type.item)
                return ir.Builtin("get", (value, key, default), value.type.item)
        raise self._error(node, "not a method of the notation")


def _as_float(number: ir.Expression) -> ir.Expression:
    if number.type == ir.FLOAT:
        return number
    if isinstance(number, ir.Constant):
        return ir.Constant(float(number.value), ir.FLOAT)
    return ir.Builtin("float", (number,), ir.FLOAT)


def _spell(type_: ir.Type) -> str:
    inner = ", ".join(_spell(part) for part in (type_.key, type_.element) if part is not None)
    return f"{type_.kind}[{inner}]" if inner else type_.name or type_.kind


def _variables(node: ir.Expression) -> Iterator[str]:
    return (inner.name for inner in ir.walk(node) if isinstance(inner, ir.Variable))


def _leaves(block: ir.Block) -> bool:
    """Whether control never comes out at the end of a block."""
    if not block:
        return False
    match block[-1]:
        case ir.Return() | ir.Break() | ir.Continue():
            return True
        case ir.If(_, then, otherwise):
            return _leaves(then) and _leaves(otherwise)
    return False
