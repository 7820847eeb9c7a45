"""Where Java programs define and use variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from codegym.structure.dataflow import (
    BRANCH,
    BREAK,
    CASE,
    CLOSE_FUNCTION,
    CLOSE_SCOPE,
    DROP_VALUE,
    HANDLER,
    IN_SCOPE,
    JOIN,
    JOIN_OR_SKIP,
    LOOP,
    NO_VALUE,
    OPEN_FUNCTION,
    OPEN_SCOPE,
    OTHERWISE,
    REPEAT,
    REPEAT_FOREVER,
    REPEAT_ONCE,
    REPEAT_VALUE,
    RESUME,
    STOP,
    SWITCH,
    DataflowRules,
    assign,
    declare,
    labelled,
    later,
    leave,
    parameter,
    proceed,
    read_member,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import DefinitionKind, Step


def parts(node: Node) -> list[Node]:
    """Returns the named children, without comments."""
    return [child for child in node.named_children if not child.type.endswith("_comment")]


def nothing(node: Node) -> Iterator[Step]:
    """Types, labels, annotations and the like: neither defines nor uses a variable."""
    return iter(())


def declarators(node: Node, kind: DefinitionKind) -> Iterator[Step]:
    """`int a = value, b;`."""
    for declarator in node.children_by_field_name("declarator"):
        yield from variable_declarator(declarator, kind)


def variable_declarator(node: Node, kind: DefinitionKind = "assignment") -> Iterator[Step]:
    """`name = value`, or a name alone."""
    source = node.child_by_field_name("value")
    if source is not None:
        yield from value(source)
    else:
        yield NO_VALUE
        kind = "declaration" if kind == "assignment" else kind
    yield declare(node.child_by_field_name("name"), kind)


def operator_of(node: Node) -> str:
    """Returns the operator of an expression; `=` where there is none."""
    operator = node.child_by_field_name("operator")
    return "=" if operator is None else operator.type


def assignment_expression(node: Node) -> Iterator[Step]:
    """`a = b = value` and `a += value`, which takes its value from a, too."""
    source = node.child_by_field_name("right")
    if operator_of(node) != "=":
        target = node.child_by_field_name("left")
        yield from value(*((target, source) if is_variable(target) else (source, None)))
        yield assign(target, "augmented")
        return
    targets = [node.child_by_field_name("left")]
    while source is not None and source.type == "assignment_expression" and operator_of(source) == "=":
        targets.append(source.child_by_field_name("left"))
        source = source.child_by_field_name("right")
    yield from value(source)
    for target in targets:
        yield REPEAT_VALUE
        yield assign(target, "assignment")
    yield DROP_VALUE


def is_variable(node: Node | None) -> bool:
    """Whether an expression is a variable or a field `this.x`."""
    return node is not None and (node.type == "identifier" or own_member(node) is not None)


def update_expression(node: Node) -> Iterator[Step]:
    """`x++`."""
    for operand in parts(node)[:1]:
        yield from value(operand, None) if is_variable(operand) else [NO_VALUE]
        yield assign(operand, "augmented")


def for_statement(node: Node) -> Iterator[Step]:
    """`for (init; condition; update) body`; without a condition it ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield OPEN_SCOPE
    yield from map(visit, node.children_by_field_name("init"))
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield RESUME
    yield from map(visit, node.children_by_field_name("update"))
    yield REPEAT_FOREVER if condition is None else REPEAT
    yield JOIN
    yield CLOSE_SCOPE


def enhanced_for_statement(node: Node) -> Iterator[Step]:
    """`for (type name : values) body`."""
    yield OPEN_SCOPE
    yield from value(node.child_by_field_name("value"), None)
    yield LOOP
    yield REPEAT_VALUE
    yield declare(node.child_by_field_name("name"), "loop")
    yield visit(node.child_by_field_name("body"))
    yield REPEAT
    yield JOIN
    yield DROP_VALUE
    yield CLOSE_SCOPE


def while_statement(node: Node) -> Iterator[Step]:
    """`while (condition) body`; `while (true)` ends by a break only."""
    condition = node.child_by_field_name("condition")
    endless = condition is not None and [part.type for part in parts(condition)] == ["true"]
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield REPEAT_FOREVER if endless else REPEAT
    yield JOIN


def do_statement(node: Node) -> Iterator[Step]:
    """`do body while (condition);`."""
    yield LOOP
    yield visit(node.child_by_field_name("body"))
    yield RESUME
    yield visit(node.child_by_field_name("condition"))
    yield REPEAT_ONCE
    yield JOIN


def if_statement(node: Node) -> Iterator[Step]:
    """`if (condition) ... else ...`, and `condition ? a : b`."""
    yield visit(node.child_by_field_name("condition"))
    yield BRANCH
    yield visit(node.child_by_field_name("consequence"))
    yield OTHERWISE
    yield visit(node.child_by_field_name("alternative"))
    yield JOIN


def binary_expression(node: Node) -> list[Step]:
    """Two operands; the second one of `a && b` and `a || b` may not happen."""
    operands = [visit(child) for child in node.named_children]
    if operator_of(node) not in ("&&", "||"):
        return operands
    return [*operands[:1], BRANCH, *operands[1:], JOIN_OR_SKIP]


def switch_expression(node: Node) -> Iterator[Step]:
    """`switch`: `case a:` falls through, `case a ->` does not; a pattern takes the subject's value."""
    body = node.child_by_field_name("body")
    complete = False
    yield from value(node.child_by_field_name("condition"))
    yield OPEN_SCOPE
    yield SWITCH
    for group in [] if body is None else parts(body):
        yield CASE
        for child in parts(group):
            if child.type == "switch_label":
                complete = complete or any(token.text == b"default" for token in child.children)
                yield from switch_label(child)
            else:
                yield visit(child)
        if group.type == "switch_rule":
            yield BREAK  # nothing falls out of a rule
    yield JOIN if complete else JOIN_OR_SKIP
    yield CLOSE_SCOPE
    yield DROP_VALUE


def switch_label(node: Node) -> Iterator[Step]:
    """`case constant`, `case Type name when guard`, `case null, default`."""
    for child in parts(node):
        if child.type == "pattern":
            names = [name for inner in parts(child) if inner.type == "type_pattern" for name in names_in(inner)]
            yield REPEAT_VALUE
            yield declare(names[0] if names else child, "pattern")
        elif child.text != b"default":
            yield visit(child)


def yield_statement(node: Node) -> Iterator[Step]:
    """`yield value;` leaves the switch."""
    yield from map(visit, parts(node))
    yield BREAK


def try_statement(node: Node) -> Iterator[Step]:
    """`try (resources) { ... } catch ... finally ...`: handlers are reached from anywhere in the body."""
    clauses = parts(node)
    yield OPEN_SCOPE
    yield BRANCH
    for clause in clauses:
        if clause.type not in ("catch_clause", "finally_clause"):
            yield visit(clause)
    for clause in clauses:
        if clause.type == "catch_clause":
            yield HANDLER
            yield visit(clause)
    yield JOIN
    yield CLOSE_SCOPE
    for clause in clauses:
        if clause.type == "finally_clause":
            yield visit(clause)


def resource(node: Node) -> Iterator[Step]:
    """`type name = value` of a try statement, or a variable."""
    name = node.child_by_field_name("name")
    if name is None:
        yield from map(visit, parts(node))
    else:
        yield from value(node.child_by_field_name("value"))
        yield declare(name, "context")


def instanceof_expression(node: Node) -> Iterator[Step]:
    """`value instanceof Type name`, `value instanceof Record(Type name)`."""
    yield from value(node.child_by_field_name("left"))
    yield REPEAT_VALUE
    yield declare(node.child_by_field_name("name"), "pattern")
    pattern = node.child_by_field_name("pattern")
    if pattern is not None:
        yield REPEAT_VALUE
        yield declare(pattern, "pattern")
    yield DROP_VALUE


def parameters(node: Node | None, store: Callable[[Node | None], Step]) -> Iterator[Step]:
    """The parameters of a method, a lambda or a record."""
    if node is None:
        return
    for child in [node] if node.type == "identifier" else parts(node):
        yield NO_VALUE
        if child.type == "spread_parameter":
            child = (parts(child) or [child])[-1]
        yield store(child if child.type == "identifier" else child.child_by_field_name("name"))


def declare_parameter(node: Node | None) -> Step:
    """A parameter of a lambda or a record, or one whose method the parser could not finish."""
    return declare(node, "parameter")


def body_of(function: Node) -> list[Node]:
    """Returns the body of a function, and what the parser could not finish of it."""
    return [child for child in parts(function) if child.type in ("block", "constructor_body", "ERROR")]


def method_declaration(node: Node) -> Iterator[Step]:
    """A method or a constructor: its body runs later, when all fields are there."""
    yield OPEN_FUNCTION
    yield from parameters(node.child_by_field_name("parameters"), parameter)
    yield from map(later, body_of(node))
    yield CLOSE_FUNCTION


def class_body(node: Node) -> Iterator[Step]:
    """Fields and methods; `{ ... }` and `static { ... }` run later, when all fields are there."""
    yield OPEN_SCOPE
    for child in parts(node):
        if child.type in ("block", "static_initializer"):
            yield OPEN_FUNCTION
            yield from map(later, parts(child))
            yield CLOSE_FUNCTION
        else:
            yield visit(child)
    yield CLOSE_SCOPE


def lambda_expression(node: Node) -> Iterator[Step]:
    """`parameters -> body`, taken as something that may happen where it stands."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), declare_parameter)
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    yield JOIN_OR_SKIP
    yield CLOSE_SCOPE


def record_declaration(node: Node) -> Iterator[Step]:
    """`record Name(parameters) { ... }`: the parameters are its fields."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), declare_parameter)
    yield visit(node.child_by_field_name("body"))
    yield CLOSE_SCOPE


def enum_constant(node: Node) -> Iterator[Step]:
    """`NAME(arguments) { ... }` of an enum."""
    arguments = node.child_by_field_name("arguments")
    yield from value(arguments, None)
    yield declare(node.child_by_field_name("name"), "field")
    yield visit(node.child_by_field_name("body"))


def own_member(node: Node) -> Node | None:
    """Returns the name x of `this.x` and `super.x`."""
    whole = node.child_by_field_name("object") if node.type == "field_access" else None
    return node.child_by_field_name("field") if whole is not None and whole.type in ("this", "super") else None


def field_access(node: Node) -> Iterator[Step]:
    """`this.x` reads the field x, `a.x` reads a."""
    member = own_member(node)
    yield read_member(member) if member is not None else visit(node.child_by_field_name("object"))


def method_invocation(node: Node) -> Iterator[Step]:
    """`object.name(arguments)`: the name is no variable."""
    yield visit(node.child_by_field_name("object"))
    yield visit(node.child_by_field_name("arguments"))


def label_of(node: Node) -> str:
    """Returns the label of a statement, of `break` or of `continue`, or nothing."""
    names = [child for child in parts(node)[:1] if child.type == "identifier"]
    return names[0].text.decode("utf-8", "replace") if names and names[0].text else ""


def labeled_statement(node: Node) -> Iterator[Step]:
    """`label: statement`."""
    yield labelled(label_of(node))
    yield from map(visit, parts(node)[1:])
    yield JOIN


def leave_method(node: Node) -> Iterator[Step]:
    """`return` and `throw`."""
    yield from map(visit, parts(node))
    yield STOP


def names_in(node: Node) -> Sequence[Node]:
    """The names that a type pattern binds."""
    return [child for child in parts(node) if child.type == "identifier"]


RULES = DataflowRules(
    variable_kinds=frozenset({"identifier"}),
    steps={
        "local_variable_declaration": lambda node: declarators(node, "assignment"),
        "field_declaration": lambda node: declarators(node, "field"),
        "constant_declaration": lambda node: declarators(node, "field"),
        "variable_declarator": variable_declarator,
        "assignment_expression": assignment_expression,
        "update_expression": update_expression,
        "block": IN_SCOPE,
        "constructor_body": IN_SCOPE,
        "class_body": class_body,
        "interface_body": IN_SCOPE,
        "enum_body": IN_SCOPE,
        "annotation_type_body": IN_SCOPE,
        "for_statement": for_statement,
        "enhanced_for_statement": enhanced_for_statement,
        "while_statement": while_statement,
        "do_statement": do_statement,
        "if_statement": if_statement,
        "ternary_expression": if_statement,
        "binary_expression": binary_expression,
        "switch_expression": switch_expression,
        "yield_statement": yield_statement,
        "try_statement": try_statement,
        "try_with_resources_statement": try_statement,
        "resource": resource,
        "catch_clause": IN_SCOPE,
        "catch_formal_parameter": lambda node: [
            NO_VALUE,
            declare(node.child_by_field_name("name"), "exception"),
        ],
        "instanceof_expression": instanceof_expression,
        "method_declaration": method_declaration,
        "constructor_declaration": method_declaration,
        "compact_constructor_declaration": method_declaration,
        "formal_parameters": lambda node: parameters(node, declare_parameter),
        "inferred_parameters": lambda node: parameters(node, declare_parameter),
        "lambda_expression": lambda_expression,
        "class_declaration": lambda node: [visit(node.child_by_field_name("body"))],
        "interface_declaration": lambda node: [visit(node.child_by_field_name("body"))],
        "enum_declaration": lambda node: [visit(node.child_by_field_name("body"))],
        "annotation_type_declaration": lambda node: [visit(node.child_by_field_name("body"))],
        "record_declaration": record_declaration,
        "enum_constant": enum_constant,
        "field_access": field_access,
        "method_invocation": method_invocation,
        "method_reference": lambda node: map(visit, parts(node)[:1]),
        "labeled_statement": labeled_statement,
        "break_statement": lambda node: [leave(label_of(node))],
        "continue_statement": lambda node: [proceed(label_of(node))],
        "return_statement": leave_method,
        "throw_statement": leave_method,
        "modifiers": nothing,
        "annotation": nothing,
        "marker_annotation": nothing,
        "import_declaration": nothing,
        "package_declaration": nothing,
        "scoped_identifier": nothing,
        "receiver_parameter": nothing,
    },
    targets={
        "pattern": parts,
        "type_pattern": names_in,
        "record_pattern": lambda node: [child for child in parts(node) if child.type == "record_pattern_body"],
        "record_pattern_body": parts,
        "record_pattern_component": lambda node: [
            child for child in parts(node) if child.type in ("identifier", "record_pattern")
        ],
        "parenthesized_expression": parts,
    },
    containers={"field_access": "object", "array_access": "array"},
    wrappers=frozenset({"parenthesized_expression"}),
    assignment_declares=False,
    own_member=own_member,
)
