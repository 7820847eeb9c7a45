"""Where C++ programs define and use variables: as C programs do, and in the ways that C does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codegym.languages.c import dataflow as c
from codegym.languages.c.dataflow import declared_name, leave_function, nothing, parameters, parts
from codegym.structure.dataflow import (
    BRANCH,
    CLOSE_SCOPE,
    DROP_VALUE,
    HANDLER,
    IN_SCOPE,
    JOIN,
    JOIN_OR_SKIP,
    LOOP,
    NO_VALUE,
    OPEN_SCOPE,
    REPEAT,
    REPEAT_VALUE,
    DataflowRules,
    assign,
    computed,
    declare,
    read,
    read_member,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import Step

STATEMENTS = ("compound_statement", "case_statement", "labeled_statement", "for_statement", "init_statement")
CASTS = (b"static_cast", b"dynamic_cast", b"const_cast", b"reinterpret_cast")
CONDITIONS = ("condition_clause", "for_statement", "expression_statement", "comma_expression")


def declaration(node: Node) -> Iterator[Step]:
    """Like C's, and `if (int x = value)`.

    `vector<int> xs(n);` in a function, which parses as if n were a type, makes a variable.
    """
    yield from map(visit, node.children_by_field_name("type"))
    source = node.child_by_field_name("value")
    if source is not None:
        yield from value(source)
        yield declare(declared_name(node.child_by_field_name("declarator")), "assignment")
        return
    for declarator in node.children_by_field_name("declarator"):
        head = c.function_of(declarator) if is_in_function(node) else None
        arguments = [] if head is None else constructor_arguments(head)
        if arguments:
            yield from computed(*map(read, arguments))
            yield declare(declared_name(head), "assignment")
        else:
            yield from c.declared(declarator)


def is_in_function(node: Node) -> bool:
    """Whether a declaration is one of a function's statements."""
    return node.parent is not None and node.parent.type in STATEMENTS


def constructor_arguments(head: Node) -> list[Node]:
    """Returns the names that stand for types in what would be a function's parameters; none if it is a function."""
    listed = head.child_by_field_name("parameters")
    found: list[Node] = []
    for child in [] if listed is None else parts(listed):
        type_, declarator = child.child_by_field_name("type"), child.child_by_field_name("declarator")
        if child.type != "parameter_declaration" or type_ is None or declared_name(declarator) is not None:
            return []
        if declarator is not None:
            found += constructor_arguments(declarator)
        elif type_.type == "type_identifier":
            found.append(type_)
        else:
            return []
    return found


def function_definition(node: Node) -> Iterator[Step]:
    """Like C's. One without a type among a function's statements is a macro and a block, `rep(i, n) { ... }`."""
    head = c.function_of(node.child_by_field_name("declarator"))
    name = declared_name(head)
    if head is None or name is None or node.child_by_field_name("type") is not None or not is_in_function(node):
        yield from c.function_definition(node)
        return
    yield from map(read, [name, *constructor_arguments(head)])
    yield visit(node.child_by_field_name("body"))


def is_statement_or_condition(node: Node) -> bool:
    """Whether an expression is a statement or a condition, perhaps in parentheses or negated."""
    around = node.parent
    while around is not None and around.type in ("parenthesized_expression", "unary_expression"):
        around = around.parent
    return around is not None and around.type in CONDITIONS


def binary_expression(node: Node) -> Iterator[Step]:
    """`stream >> a >> b;` stores to a and b; where its value is used otherwise, it is a shift."""
    if c.operator_of(node) != ">>" or not is_statement_or_condition(node):
        yield from c.binary_expression(node)
        return
    targets: list[Node] = []
    stream: Node | None = node
    while stream is not None and stream.type == "binary_expression" and c.operator_of(stream) == ">>":
        target = stream.child_by_field_name("right")
        targets += [] if target is None else [target]
        stream = stream.child_by_field_name("left")
    yield from value(stream, None)
    for target in reversed(targets):
        yield REPEAT_VALUE
        yield assign(target, "assignment")
    yield DROP_VALUE


def assignment_expression(node: Node) -> Iterator[Step]:
    """Like C's, and `std::tie(a, b) = value`."""
    target = node.child_by_field_name("left")
    tied = tied_variables(target)
    if not tied:
        yield from c.assignment_expression(node)
        return
    yield from value(node.child_by_field_name("right"), None)
    for each in tied:
        yield REPEAT_VALUE
        yield assign(each, "assignment")
    yield DROP_VALUE


def tied_variables(target: Node | None) -> list[Node]:
    """Returns the arguments of `std::tie(a, b)`; none for anything else."""
    if target is None or target.type != "call_expression":
        return []
    function, arguments = target.child_by_field_name("function"), target.child_by_field_name("arguments")
    is_tie = function is not None and function.text in (b"std::tie", b"tie")
    return parts(arguments) if is_tie and arguments is not None else []


def template_function(node: Node) -> Iterator[Step]:
    """`name<types>`: the grammar takes `static_cast` for a name."""
    name = node.child_by_field_name("name")
    if name is not None and name.text not in CASTS:
        yield visit(name)
    yield visit(node.child_by_field_name("arguments"))


def for_range_loop(node: Node) -> Iterator[Step]:
    """`for (type name : values) body`."""
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("initializer"))
    yield from value(node.child_by_field_name("right"), None)
    yield LOOP
    yield REPEAT_VALUE
    yield declare(declared_name(node.child_by_field_name("declarator")), "loop")
    yield visit(node.child_by_field_name("body"))
    yield REPEAT
    yield JOIN
    yield DROP_VALUE
    yield CLOSE_SCOPE


def lambda_expression(node: Node) -> Iterator[Step]:
    """`[captures](parameters) { body }`, taken as something that may happen where it stands."""
    head = node.child_by_field_name("declarator")
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("captures"))
    if head is not None:
        yield from parameters(head.child_by_field_name("parameters"), c.declare_parameter)
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    yield JOIN_OR_SKIP
    yield CLOSE_SCOPE


def capture_initializer(node: Node) -> Iterator[Step]:
    """`name = value` among the captures of a lambda."""
    yield from value(node.child_by_field_name("right"))
    yield declare(node.child_by_field_name("left"), "assignment")


def try_statement(node: Node) -> Iterator[Step]:
    """`try { ... } catch (...) { ... }`: handlers are reached from anywhere in the body."""
    clauses = parts(node)
    yield BRANCH
    for clause in clauses:
        if clause.type == "catch_clause":
            yield HANDLER
        yield visit(clause)
    yield JOIN


def catch_clause(node: Node) -> Iterator[Step]:
    """`catch (type name) { body }`."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), lambda name: declare(name, "exception"))
    yield visit(node.child_by_field_name("body"))
    yield CLOSE_SCOPE


def field_declaration(node: Node) -> Iterator[Step]:
    """`int a = value, b;` in a class; a method that is only declared is not a field."""
    yield from map(visit, node.children_by_field_name("type"))
    fields: list[tuple[Node, Node | None]] = []
    for position, child in enumerate(node.children):
        match node.field_name_for_child(position):
            case "declarator":
                fields.append((child, None))
            case "default_value" if fields:
                fields[-1] = (fields[-1][0], child)
    for declarator, default in fields:
        if default is not None:
            yield from value(default)
        else:
            yield NO_VALUE
        yield declare(declared_name(declarator), "field" if c.function_of(declarator) is None else "function")


def field_initializer(node: Node) -> Iterator[Step]:
    """`: name(value)` of a constructor defines the field, whatever parameter has the same name."""
    name, *values = parts(node)
    sources = [source for each in values for source in parts(each)]
    yield from value(*sources) if len(sources) == 1 else value(*sources, None)
    yield assign(node, "assignment") if name.type == "field_identifier" else DROP_VALUE


def field_expression(node: Node) -> Iterator[Step]:
    """`this->x` reads the field x, `a.x` and `a->x` read a."""
    member = own_member(node)
    yield visit(node.child_by_field_name("argument")) if member is None else read_member(member)


def own_member(node: Node) -> Node | None:
    """Returns the name x of `this->x`, and of `: x(value)`."""
    if node.type == "field_initializer":
        return parts(node)[0]
    whole = node.child_by_field_name("argument") if node.type == "field_expression" else None
    field = node.child_by_field_name("field")
    if whole is None or whole.type != "this" or field is None or field.type != "field_identifier":
        return None
    return field


RULES = DataflowRules(
    variable_kinds=c.RULES.variable_kinds | {"field_identifier"},
    steps={
        **c.STEPS,
        "declaration": declaration,
        "function_definition": function_definition,
        "assignment_expression": assignment_expression,
        "binary_expression": binary_expression,
        "template_function": template_function,
        "for_range_loop": for_range_loop,
        "lambda_expression": lambda_expression,
        "lambda_capture_initializer": capture_initializer,
        "try_statement": try_statement,
        "catch_clause": catch_clause,
        "throw_statement": leave_function,
        "co_return_statement": leave_function,
        "field_declaration_list": IN_SCOPE,
        "field_declaration": field_declaration,
        "field_initializer": field_initializer,
        "field_expression": field_expression,
        "optional_parameter_declaration": c.parameter_declaration,
        "variadic_parameter_declaration": c.parameter_declaration,
        "decltype": nothing,
        "qualified_identifier": nothing,
        "using_declaration": nothing,
        "alias_declaration": nothing,
        "namespace_alias_definition": nothing,
        "friend_declaration": lambda node: [
            visit(child) for child in parts(node) if child.type == "function_definition"
        ],
        "concept_definition": nothing,
        "requires_clause": nothing,
        "base_class_clause": nothing,
    },
    targets={**c.RULES.targets, "structured_binding_declarator": parts},
    containers={**c.RULES.containers, "field_initializer": "name"},
    wrappers=c.RULES.wrappers,
    assignment_declares=False,
    own_member=own_member,
)
