"""Where C programs define and use variables.

The rules hold for C++ as well, whose grammar extends that of C; its own are in `codegym.languages.cpp.dataflow`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from codegym.structure.dataflow import (
    BRANCH,
    BREAK,
    CASE,
    CLOSE_FUNCTION,
    CLOSE_SCOPE,
    CONTINUE,
    DROP_VALUE,
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
    later,
    parameter,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import DefinitionKind, Step

NAMES = ("identifier", "field_identifier")
SHORT_CIRCUITS = ("&&", "||", "and", "or")
CONTAINERS = {"field_expression": "argument", "subscript_expression": "argument", "pointer_expression": "argument"}
POINTERS = {
    **CONTAINERS,
    "update_expression": "argument",
    "parenthesized_expression": "",
    "binary_expression": "left",
    "cast_expression": "value",
}
PARAMETERS = ("parameter_declaration", "optional_parameter_declaration", "variadic_parameter_declaration")


def parts(node: Node) -> list[Node]:
    """Returns the named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def nothing(node: Node) -> Iterator[Step]:
    """Types, labels, attributes and the like: neither defines nor uses a variable."""
    return iter(())


def inner_declarator(node: Node) -> Node | None:
    """Returns what a declarator of a pointer, a reference, an array or a function declares."""
    inner = node.child_by_field_name("declarator")
    if inner is None and node.type.endswith("declarator"):
        inner = next((child for child in parts(node) if child.type.endswith(("declarator", "identifier"))), None)
    return inner


def declared_name(node: Node | None) -> Node | None:
    """Returns the name that a declarator declares, or the names, in C++, where it takes a value apart."""
    while node is not None and node.type not in NAMES and node.type != "structured_binding_declarator":
        if node.type.endswith("identifier"):
            return None
        node = inner_declarator(node)
    return node


def sizes(node: Node | None) -> Iterator[Node]:
    """Yields the sizes in a declarator of an array."""
    while node is not None:
        size = node.child_by_field_name("size")
        if size is not None:
            yield size
        node = inner_declarator(node)


def function_of(declarator: Node | None) -> Node | None:
    """Returns the part of a declarator that declares a function, unless it declares a pointer to one."""
    while declarator is not None and declarator.type != "function_declarator":
        declarator = inner_declarator(declarator)
    if declarator is not None:
        inner = declarator.child_by_field_name("declarator")
        if inner is not None and inner.type == "parenthesized_declarator":
            return None
    return declarator


def declaration(node: Node) -> Iterator[Step]:
    """`int a = value, *b, c[n];`, and `int f(int);`."""
    yield from map(visit, node.children_by_field_name("type"))
    for declarator in node.children_by_field_name("declarator"):
        yield from declared(declarator)


def declared(declarator: Node) -> Iterator[Step]:
    """One of the variables and functions of a declaration."""
    if declarator.type == "init_declarator":
        yield from init_declarator(declarator)
    else:
        yield from map(visit, sizes(declarator))
        yield NO_VALUE
        kind: DefinitionKind = "declaration" if function_of(declarator) is None else "function"
        yield declare(declared_name(declarator), kind)


def init_declarator(node: Node) -> Iterator[Step]:
    """`name = value`, and in C++ also `name(values)` and `name{values}`."""
    target, source = node.child_by_field_name("declarator"), node.child_by_field_name("value")
    yield from map(visit, sizes(target))
    if is_lambda(source):  # the variable is there when the lambda runs, and calls itself
        yield NO_VALUE
        yield declare(declared_name(target), "assignment")
    yield from value(source)
    yield declare(declared_name(target), "assignment")


def is_lambda(source: Node | None) -> bool:
    """Whether a value is a lambda of C++."""
    return source is not None and source.type == "lambda_expression"


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
        yield from store(target, "augmented")
        return
    targets = [node.child_by_field_name("left")]
    while source is not None and source.type == "assignment_expression" and operator_of(source) == "=":
        targets.append(source.child_by_field_name("left"))
        source = source.child_by_field_name("right")
    for target in targets if is_lambda(source) else []:
        if is_variable(target):
            yield NO_VALUE
            yield assign(target, "assignment")
    yield from value(source)
    for target in targets:
        yield REPEAT_VALUE
        yield from store(target, "assignment")
    yield DROP_VALUE


def store(target: Node | None, kind: DefinitionKind) -> Iterator[Step]:
    """The last value goes into a target; `*p++ = v`, `*(p + i) = v` and `((T *) p)->x = v` change what p points to."""
    while target is not None and target.type == "parenthesized_expression" and len(parts(target)) == 1:
        target = parts(target)[0]
    pointer = computed_pointer(target)
    if pointer is None:
        yield assign(target, kind)
    else:
        yield visit(target)
        yield assign(pointer, "element")


def computed_pointer(target: Node | None) -> Node | None:
    """Returns the variable of an expression that computes where to store; None where it is stored to directly."""
    if target is None or target.type not in CONTAINERS:
        return None
    is_computed = False
    inner: Node | None = target
    while inner is not None and (place := POINTERS.get(inner.type)) is not None:
        is_computed = is_computed or inner.type not in CONTAINERS
        inner = inner.child_by_field_name(place) if place else inner.named_child(0)
    return inner if is_computed and inner is not None and inner.type == "identifier" else None


def is_variable(node: Node | None) -> bool:
    """Whether an expression is a variable or, in C++, a field `this->x`."""
    if node is not None and node.type == "field_expression":
        node = node.child_by_field_name("argument")
        return node is not None and node.type == "this"
    return node is not None and node.type == "identifier"


def update_expression(node: Node) -> Iterator[Step]:
    """`x++`."""
    operand = node.child_by_field_name("argument")
    yield from value(operand, None) if is_variable(operand) else [NO_VALUE]
    yield assign(operand, "augmented")


def call_expression(node: Node) -> Iterator[Step]:
    """`f(a, &b)`: the function may change what it is given the address of."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    listed = [] if arguments is None else parts(arguments)
    yield visit(function)
    if function is not None and function.text == b"va_arg":  # its second argument is a type
        yield from map(visit, listed[:1])
        return
    yield visit(arguments)
    for argument in listed:
        if argument.type == "pointer_expression" and operator_of(argument) == "&":
            yield NO_VALUE
            yield assign(pointed_at(argument), "element")


def pointed_at(node: Node) -> Node | None:
    """Returns the variable that `&x`, `&x[i]` or `&x.a` points into; None where it cannot be told."""
    inner = node.child_by_field_name("argument")
    while inner is not None and inner.type in ("subscript_expression", "field_expression"):
        inner = inner.child_by_field_name("argument")
    return inner if inner is not None and inner.type == "identifier" else None


def binary_expression(node: Node) -> list[Step]:
    """Two operands; the second one of `a && b` and `a || b` may not happen."""
    operands = [visit(child) for child in node.named_children]
    if operator_of(node) not in SHORT_CIRCUITS:
        return operands
    return [*operands[:1], BRANCH, *operands[1:], JOIN_OR_SKIP]


def field_expression(node: Node) -> Iterator[Step]:
    """`a.x` and `a->x` read a."""
    yield visit(node.child_by_field_name("argument"))


def is_always_true(condition: Node | None) -> bool:
    """Whether a loop with this condition ends by a break only."""
    if condition is None:
        return True
    while condition.type in ("parenthesized_expression", "condition_clause") and len(parts(condition)) == 1:
        condition = parts(condition)[0]
    return condition.type == "true" or (condition.type == "number_literal" and condition.text == b"1")


def for_statement(node: Node) -> Iterator[Step]:
    """`for (init; condition; update) body`; without a condition it ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("initializer"))
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield RESUME
    yield visit(node.child_by_field_name("update"))
    yield REPEAT_FOREVER if is_always_true(condition) else REPEAT
    yield JOIN
    yield CLOSE_SCOPE


def while_statement(node: Node) -> Iterator[Step]:
    """`while (condition) body`; `while (1)` ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield OPEN_SCOPE
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield REPEAT_FOREVER if condition is not None and is_always_true(condition) else REPEAT
    yield JOIN
    yield CLOSE_SCOPE


def do_statement(node: Node) -> Iterator[Step]:
    """`do body while (condition);`."""
    condition = node.child_by_field_name("condition")
    yield LOOP
    yield visit(node.child_by_field_name("body"))
    yield RESUME
    yield visit(condition)
    yield REPEAT_FOREVER if condition is not None and is_always_true(condition) else REPEAT_ONCE
    yield JOIN


def if_statement(node: Node) -> Iterator[Step]:
    """`if (condition) ... else ...`, and `condition ? a : b`."""
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("condition"))
    yield BRANCH
    yield visit(node.child_by_field_name("consequence"))
    yield OTHERWISE
    yield visit(node.child_by_field_name("alternative"))
    yield JOIN
    yield CLOSE_SCOPE


def switch_statement(node: Node) -> Iterator[Step]:
    """`switch (value) { case ...: default: }`: each case falls into the next one."""
    body = node.child_by_field_name("body")
    complete = False
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("condition"))
    yield SWITCH
    for child in [] if body is None else parts(body):
        if child.type == "case_statement":
            yield CASE
            complete = complete or child.child_by_field_name("value") is None
            yield from map(visit, parts(child))
        else:
            yield visit(child)
    yield JOIN if complete else JOIN_OR_SKIP
    yield CLOSE_SCOPE


def leave_function(node: Node) -> Iterator[Step]:
    """`return`, and `throw` in C++."""
    yield from map(visit, parts(node))
    yield STOP


def goto_statement(node: Node) -> Iterator[Step]:
    """Where control goes on is not followed."""
    yield STOP


def parameters(node: Node | None, store: Callable[[Node | None], Step]) -> Iterator[Step]:
    """The parameters of a function, with their defaults in C++."""
    for child in [] if node is None else parts(node):
        if child.type in PARAMETERS:
            default = child.child_by_field_name("default_value")
            if default is not None:
                yield from value(default)
            else:
                yield NO_VALUE
            yield store(declared_name(child.child_by_field_name("declarator")))
        elif child.type == "identifier":  # int f(a) int a; { ... }
            yield NO_VALUE
            yield store(child)


def declare_parameter(node: Node | None) -> Step:
    """A parameter of a lambda or a template, or one whose function the parser could not finish."""
    return declare(node, "parameter")


def parameter_declaration(node: Node) -> Iterator[Step]:
    """A parameter outside of a function's head."""
    yield NO_VALUE
    yield declare_parameter(declared_name(node.child_by_field_name("declarator")))


def function_definition(node: Node) -> Iterator[Step]:
    """A function: its body runs later, when everything around it is there."""
    head = function_of(node.child_by_field_name("declarator"))
    listed = None if head is None else head.child_by_field_name("parameters")
    yield OPEN_FUNCTION
    yield from parameters(listed, parameter)
    for child in [] if listed is None else parts(listed):
        yield from map(later, sizes(child.child_by_field_name("declarator")))
    yield from map(later, body_of(node))
    yield CLOSE_FUNCTION
    name = declared_name(head)
    if name is not None:
        yield NO_VALUE
        yield declare(name, "function")


def body_of(function: Node) -> list[Node]:
    """Returns the body of a function, what stands before it in C++, and what the parser could not finish of it."""
    kinds = ("field_initializer_list", "compound_statement", "try_statement", "ERROR")
    return [child for child in parts(function) if child.type in kinds]


def macro(node: Node) -> Iterator[Step]:
    """`#define name text` and `#define name(parameters) text`: what the text reads is not known."""
    yield NO_VALUE
    yield declare(node.child_by_field_name("name"), "function" if "function" in node.type else "assignment")


def conditional_text(node: Node) -> Iterator[Step]:
    """`#if condition ... #else ... #endif`: one of the alternatives is part of the program."""
    alternative = node.child_by_field_name("alternative")
    skipped = {child.id for name in ("name", "condition", "alternative") for child in node.children_by_field_name(name)}
    yield BRANCH
    yield from (visit(child) for child in parts(node) if child.id not in skipped)
    if alternative is not None:
        yield OTHERWISE
        yield visit(alternative)
    yield JOIN if alternative is not None else JOIN_OR_SKIP


def enumerator(node: Node) -> Iterator[Step]:
    """`NAME = value` of an enum."""
    yield from value(node.child_by_field_name("value"))
    yield declare(node.child_by_field_name("name"), "field")


STEPS: dict[str, Callable[[Node], Iterable[Step]]] = {
    "declaration": declaration,
    "init_declarator": init_declarator,
    "assignment_expression": assignment_expression,
    "update_expression": update_expression,
    "binary_expression": binary_expression,
    "call_expression": call_expression,
    "field_expression": field_expression,
    "compound_statement": IN_SCOPE,
    "for_statement": for_statement,
    "while_statement": while_statement,
    "do_statement": do_statement,
    "if_statement": if_statement,
    "conditional_expression": if_statement,
    "switch_statement": switch_statement,
    "break_statement": lambda node: iter([BREAK]),
    "continue_statement": lambda node: iter([CONTINUE]),
    "return_statement": leave_function,
    "goto_statement": goto_statement,
    "function_definition": function_definition,
    "parameter_declaration": parameter_declaration,
    "type_definition": lambda node: map(visit, node.children_by_field_name("type")),
    "enumerator": enumerator,
    "preproc_def": macro,
    "preproc_function_def": macro,
    "preproc_if": conditional_text,
    "preproc_ifdef": conditional_text,
    "preproc_elif": conditional_text,
    "preproc_elifdef": conditional_text,
    "preproc_call": nothing,
    "preproc_include": nothing,
    "field_designator": nothing,
    "field_declaration": nothing,
    "sizeof_expression": nothing,
    "alignof_expression": nothing,
    "offsetof_expression": nothing,
    "attribute_specifier": nothing,
    "attribute_declaration": nothing,
    "ms_declspec_modifier": nothing,
    "gnu_asm_expression": nothing,
}

RULES = DataflowRules(
    variable_kinds=frozenset({"identifier"}),
    steps=STEPS,
    targets={"parenthesized_expression": parts},
    containers=CONTAINERS,
    wrappers=frozenset({"parenthesized_expression"}),
    assignment_declares=False,
)
