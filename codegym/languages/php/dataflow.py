"""Where PHP programs define and use variables.

A variable's name has its `$`; a name without one is that of a property, a constant or an enum's case, which
live in the scope of their class. Functions and classes have names of other kinds, which are no variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from codegym.structure.dataflow import (
    BRANCH,
    BREAK,
    CASE,
    CLOSE_FUNCTION,
    CLOSE_SCOPE,
    DROP_VALUE,
    HANDLER,
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
    computed,
    declare,
    delete,
    later,
    leave,
    make_global,
    make_nonlocal,
    parameter,
    proceed,
    read,
    read_member,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import DefinitionKind, Step

SHORT_CIRCUITS = ("&&", "||", "and", "or", "??")
NAMES = ("name", "qualified_name", "relative_name", "relative_scope")

SORTING: Final = (
    b"sort rsort usort ksort krsort uksort asort arsort uasort natsort natcasesort shuffle array_multisort settype"
).split()
STACKING: Final = b"array_push array_unshift array_pop array_shift array_splice array_walk".split()
SCANNING: Final = b"preg_match preg_match_all fscanf sscanf".split()
CHANGING: Final[dict[bytes, tuple[int, DefinitionKind]]] = {
    **dict.fromkeys(SORTING, (0, "augmented")),
    **dict.fromkeys(STACKING, (0, "element")),
    **dict.fromkeys(SCANNING, (2, "assignment")),
}
"""PHP's own functions that change their arguments: from which argument on, and how."""


def parts(node: Node) -> list[Node]:
    """Returns the named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def nothing(node: Node) -> Iterator[Step]:
    """Types, names of functions and classes, labels: neither defines nor uses a variable."""
    return iter(())


def only(*names: str) -> Callable[[Node], Iterator[Step]]:
    """Returns the rule of nodes of which some fields happen, and nothing else."""
    return lambda node: (visit(child) for name in names for child in node.children_by_field_name(name))


def unnamed(*nodes: Node | None) -> Iterator[Step]:
    """The nodes happen, those that only name a function or a class aside."""
    return (visit(node) for node in nodes if node is not None and node.type not in NAMES)


# Assignments.


def elements(node: Node) -> list[Node]:
    """Returns the elements of `[a, 'key' => b]`, without their keys."""
    children = [child for child in node.children if child.type != "comment"]
    found = []
    for child, following in zip(children, [*children[1:], None], strict=True):
        if child.is_named and (following is None or following.type != "=>"):
            found.append(elements(child)[-1] if child.type == "array_element_initializer" else child)
    return found


def pairwise(target: Node | None, source: Node | None) -> list[tuple[Node, Node]]:
    """Returns which element goes where in `[$a, $b] = [$x, $y]`, or nothing where that cannot be told."""
    if target is None or target.type != "list_literal":
        return []
    if source is None or source.type != "array_creation_expression":
        return []
    plain = [child for child in parts(source) if len(parts(child)) == 1]
    targets, sources = elements(target), elements(source)
    if len(parts(target)) != len(targets) or len(plain) != len(sources) or len(targets) != len(sources):
        return []
    return list(zip(targets, sources, strict=True))


def assignment_expression(node: Node) -> Iterator[Step]:
    """`$a = $b = value`, `[$a, $b] = value`, `$a = &$b`."""
    targets, source = [node.child_by_field_name("left")], node.child_by_field_name("right")
    while source is not None and source.type == "assignment_expression":
        targets.append(source.child_by_field_name("left"))
        source = source.child_by_field_name("right")
    if len(targets) == 1 and (pairs := pairwise(targets[0], source)):
        for _, element in pairs:
            yield from value(element)
        for variable, _ in reversed(pairs):
            yield assign(variable, "assignment")
        return
    yield from value(source)
    for target in targets:
        yield REPEAT_VALUE
        yield assign(target, "assignment")
    yield DROP_VALUE


def augmented_assignment_expression(node: Node) -> Iterator[Step]:
    """`$x += value` takes its value from $x, too."""
    target, source = node.child_by_field_name("left"), node.child_by_field_name("right")
    yield from value(*((target, source) if is_variable(target) else (source, None)))
    yield assign(target, "augmented")


def is_variable(node: Node | None) -> bool:
    """Whether an expression is a variable or a property `$this->x`."""
    return node is not None and (node.type == "variable_name" or own_member(node) is not None)


def update_expression(node: Node) -> Iterator[Step]:
    """`$x++`."""
    operand = node.child_by_field_name("argument")
    yield from value(operand, None) if is_variable(operand) else [NO_VALUE]
    yield assign(operand, "augmented")


def unset_statement(node: Node) -> Iterator[Step]:
    """`unset($x)` takes $x away; `unset($x['key'])` reads $x."""
    return (delete(child) if child.type == "variable_name" else visit(child) for child in parts(node))


def function_static_declaration(node: Node) -> Iterator[Step]:
    """`static $x = value;`."""
    for child in parts(node):
        source = child.child_by_field_name("value")
        yield from value(source) if source is not None else [NO_VALUE]
        yield assign(child.child_by_field_name("name"), "assignment" if source is not None else "declaration")


# Calls and members.


def argument(node: Node) -> Iterator[Step]:
    """`value` and `name: value`."""
    return map(visit, parts(node)[-1:])


def function_call_expression(node: Node) -> Iterator[Step]:
    """`f(arguments)`; some of PHP's own functions store to their arguments, and two of them end the program."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    yield from unnamed(function)
    name = (function.text or b"").lower() if function is not None else b""
    first, kind = CHANGING.get(name, (-1, "element"))
    if first < 0 or arguments is None:
        yield visit(arguments)
        yield from [STOP] if name in (b"exit", b"die") else []
        return
    listed = parts(arguments)
    changed = listed[first : None if kind == "assignment" else first + 1]
    read = listed if kind == "augmented" else [child for child in listed if child not in changed]
    yield from value(*read, None)
    for child in changed:
        yield REPEAT_VALUE
        yield assign(parts(child)[-1] if parts(child) else None, kind)
    yield DROP_VALUE


def own_member(node: Node) -> Node | None:
    """Returns the name x of `$this->x` and `self::$x`."""
    member = node.child_by_field_name("name")
    if node.type == "scoped_property_access_expression":
        return member.named_child(0) if member is not None and member.type == "variable_name" else None
    if node.type != "member_access_expression":
        return None
    whole = node.child_by_field_name("object")
    return (
        member
        if whole is not None and whole.text == b"$this" and member is not None and member.type == "name"
        else None
    )


def member_access_expression(node: Node) -> Iterator[Step]:
    """`$this->x` reads the property x, `$a->x` reads $a."""
    member = own_member(node)
    if member is not None:
        yield read_member(member)
    else:
        yield from unnamed(*(node.child_by_field_name(name) for name in ("object", "scope", "name")))


def class_constant_access_expression(node: Node) -> Iterator[Step]:
    """`self::X`, and `X::class`, which is no constant."""
    for child in parts(node)[-1:]:
        yield from unnamed(*parts(node)[:-1])
        if child.type == "name" and child.text != b"class":
            yield read_member(child)


def initial(source: Node | None) -> Iterator[Step]:
    """The value that stands in a declaration, where `self::X` is a constant of the class around."""
    if source is None:
        yield NO_VALUE
    elif source.type == "class_constant_access_expression" and [part.type for part in parts(source)[-1:]] == ["name"]:
        yield from computed(read(parts(source)[-1]))
    else:
        yield from value(source)


def call_of_member(node: Node) -> Iterator[Step]:
    """`$object->name(arguments)`, `Name::name(arguments)`."""
    yield from unnamed(*(node.child_by_field_name(name) for name in ("object", "scope", "name")))
    yield visit(node.child_by_field_name("arguments"))


def binary_expression(node: Node) -> Iterator[Step]:
    """Two operands; the second one may not happen (`or`, `??`), or names a type (`instanceof`)."""
    operator, right = node.child_by_field_name("operator"), node.child_by_field_name("right")
    kind = "" if operator is None else operator.type
    yield visit(node.child_by_field_name("left"))
    if kind in SHORT_CIRCUITS:
        yield BRANCH
        yield visit(right)
        yield JOIN_OR_SKIP
    else:
        yield from unnamed(right) if kind == "instanceof" else [visit(right)]


# Control flow.


def foreach_statement(node: Node) -> Iterator[Step]:
    """`foreach ($values as $key => $value) body`."""
    body = node.child_by_field_name("body")
    source, target = [*(child for child in parts(node) if child != body), None, None][:2]
    yield from value(source, None)
    yield LOOP
    for each in parts(target) if target is not None and target.type == "pair" else [target]:
        yield REPEAT_VALUE
        yield assign(each, "loop")
    yield visit(body)
    yield REPEAT
    yield JOIN
    yield DROP_VALUE


def for_statement(node: Node) -> Iterator[Step]:
    """`for (initialize; condition; update) body`; without a condition it ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield from map(visit, node.children_by_field_name("initialize"))
    yield LOOP
    yield visit(condition)
    yield from map(visit, node.children_by_field_name("body"))
    yield RESUME
    yield from map(visit, node.children_by_field_name("update"))
    yield REPEAT_FOREVER if condition is None else REPEAT
    yield JOIN


def while_statement(node: Node) -> Iterator[Step]:
    """`while (condition) body`; `while (true)` ends by a break only."""
    condition = node.child_by_field_name("condition")
    endless = condition is not None and [(part.text or b"").lower() for part in parts(condition)] == [b"true"]
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
    """`if ... elseif ... else ...`: each condition is met by those who failed the ones before."""
    yield visit(node.child_by_field_name("condition"))
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    joins = [JOIN_OR_SKIP]
    for alternative in node.children_by_field_name("alternative"):
        yield OTHERWISE
        joins[-1] = JOIN
        if alternative.type == "else_if_clause":
            yield visit(alternative.child_by_field_name("condition"))
            yield BRANCH
            yield visit(alternative.child_by_field_name("body"))
            joins.append(JOIN_OR_SKIP)
        else:
            yield visit(alternative)
    yield from reversed(joins)


def conditional_expression(node: Node) -> Iterator[Step]:
    """`condition ? a : b` and `a ?: b`."""
    yield visit(node.child_by_field_name("condition"))
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    yield OTHERWISE
    yield visit(node.child_by_field_name("alternative"))
    yield JOIN


def switch_statement(node: Node) -> Iterator[Step]:
    """`switch (value) { case ...: ... default: ... }`."""
    body = node.child_by_field_name("body")
    sections = [] if body is None else parts(body)
    yield visit(node.child_by_field_name("condition"))
    yield SWITCH
    for section in sections:
        yield CASE
        yield from map(visit, parts(section) if section.type.endswith("_statement") else [section])
    yield JOIN if any(section.type == "default_statement" for section in sections) else JOIN_OR_SKIP


def match_expression(node: Node) -> Iterator[Step]:
    """`match (value) { condition, ... => result, default => result }`, which throws where nothing matches."""
    body = node.child_by_field_name("body")
    yield visit(node.child_by_field_name("condition"))
    yield SWITCH
    for arm in [] if body is None else parts(body):
        yield CASE
        yield visit(arm)
        yield BREAK  # nothing falls out of an arm
    yield JOIN


def try_statement(node: Node) -> Iterator[Step]:
    """`try { ... } catch ... finally ...`: handlers are reached from anywhere in the body."""
    clauses = parts(node)
    yield BRANCH
    for clause in clauses:
        if clause.type not in ("catch_clause", "finally_clause"):
            yield visit(clause)
    for clause in clauses:
        if clause.type == "catch_clause":
            yield HANDLER
            yield visit(clause)
    yield JOIN
    for clause in clauses:
        if clause.type == "finally_clause":
            yield visit(clause)


def catch_clause(node: Node) -> Iterator[Step]:
    """`catch (Type $name) { ... }`."""
    yield NO_VALUE
    yield assign(node.child_by_field_name("name"), "exception")
    yield visit(node.child_by_field_name("body"))


def leave_function(node: Node) -> Iterator[Step]:
    """`return` and `exit`."""
    yield from map(visit, parts(node))
    yield STOP


def throw_expression(node: Node) -> Iterator[Step]:
    """`throw`; inside of an expression, it is what happens only sometimes."""
    yield from map(visit, parts(node))
    if node.parent is not None and node.parent.type == "expression_statement":
        yield STOP


# Functions and classes.


def parameters(node: Node | None, put: Callable[[Node | None], Step]) -> Iterator[Step]:
    """The parameters of a function, with their defaults."""
    for child in [] if node is None else parts(node):
        yield from initial(child.child_by_field_name("default_value"))
        yield put(child.child_by_field_name("name"))


def declare_parameter(node: Node | None) -> Step:
    """A parameter of an arrow function, or one whose function the parser could not finish."""
    return declare(node, "parameter")


def bodies(node: Node) -> list[Node]:
    """Returns the body of a function, and what the parser could not finish of it."""
    return [child for child in parts(node) if child.type in ("compound_statement", "ERROR")]


def function_definition(node: Node) -> Iterator[Step]:
    """A function or a method: its body runs later; a constructor's parameters may be properties, too."""
    inputs = node.child_by_field_name("parameters")
    yield OPEN_FUNCTION
    yield from parameters(inputs, parameter)
    yield from map(later, bodies(node))
    yield CLOSE_FUNCTION
    for child in [] if inputs is None else parts(inputs):
        name = child.child_by_field_name("name") if child.type == "property_promotion_parameter" else None
        if name is not None:
            yield NO_VALUE
            yield declare(name.named_child(0), "field")


def anonymous_function(node: Node) -> Iterator[Step]:
    """`function (parameters) use ($copied, &$shared) { ... }`."""
    clauses = [child for child in parts(node) if child.type == "anonymous_function_use_clause"]
    yield OPEN_FUNCTION
    yield from parameters(node.child_by_field_name("parameters"), parameter)
    for variable in (variable for clause in clauses for variable in parts(clause)):
        if variable.type == "variable_name":
            yield from value(variable)
            yield parameter(variable)
    yield from map(later, clauses)
    yield from map(later, bodies(node))
    yield CLOSE_FUNCTION


def shared_variables(node: Node) -> Iterator[Step]:
    """The `&$shared` of an anonymous function, as its body begins."""
    for child in parts(node):
        if child.type == "by_ref":
            yield from map(make_nonlocal, parts(child))


def arrow_function(node: Node) -> Iterator[Step]:
    """`fn (parameters) => value`, taken as something that may happen where it stands."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), declare_parameter)
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    yield JOIN_OR_SKIP
    yield CLOSE_SCOPE


def class_declaration(node: Node) -> Iterator[Step]:
    """`class Name { ... }` and `class (arguments) { ... }`: properties are seen in all of it."""
    yield from map(visit, [child for child in parts(node) if child.type == "arguments"])
    yield OPEN_SCOPE
    yield visit(node.child_by_field_name("body"))
    yield CLOSE_SCOPE


def property_element(node: Node) -> Iterator[Step]:
    """`$name = value` in the body of a class."""
    name = node.child_by_field_name("name")
    yield from initial(node.child_by_field_name("default_value"))
    yield declare(None if name is None else name.named_child(0), "field")


def constant(node: Node) -> Iterator[Step]:
    """`NAME = value` of a class, a program or an enum."""
    yield from initial(parts(node)[-1] if len(parts(node)) > 1 else None)
    yield declare(node.named_child(0), "field")


def number_of(node: Node) -> str:
    """Returns how many loops and switches `break 2` is about, or nothing."""
    numbers = [child.text.decode("utf-8", "replace") for child in parts(node)[:1] if child.text]
    return numbers[0] if numbers and numbers[0].isdecimal() else ""


def global_declaration(node: Node) -> Iterator[Step]:
    """`global $x;`."""
    return (make_global(child) for child in parts(node) if child.type == "variable_name")


def element_of(node: Node) -> Sequence[Node]:
    """The variable of `&$x`."""
    return parts(node)[-1:]


RULES = DataflowRules(
    variable_kinds=frozenset({"variable_name", "name"}),
    steps={
        "assignment_expression": assignment_expression,
        "reference_assignment_expression": assignment_expression,
        "augmented_assignment_expression": augmented_assignment_expression,
        "update_expression": update_expression,
        "unset_statement": unset_statement,
        "function_static_declaration": function_static_declaration,
        "global_declaration": global_declaration,
        "argument": argument,
        "function_call_expression": function_call_expression,
        "member_access_expression": member_access_expression,
        "nullsafe_member_access_expression": member_access_expression,
        "scoped_property_access_expression": member_access_expression,
        "class_constant_access_expression": class_constant_access_expression,
        "member_call_expression": call_of_member,
        "nullsafe_member_call_expression": call_of_member,
        "scoped_call_expression": call_of_member,
        "object_creation_expression": lambda node: unnamed(*parts(node)),
        "dynamic_variable_name": lambda node: unnamed(*parts(node)),
        "binary_expression": binary_expression,
        "foreach_statement": foreach_statement,
        "for_statement": for_statement,
        "while_statement": while_statement,
        "do_statement": do_statement,
        "if_statement": if_statement,
        "conditional_expression": conditional_expression,
        "switch_statement": switch_statement,
        "match_expression": match_expression,
        "try_statement": try_statement,
        "catch_clause": catch_clause,
        "return_statement": leave_function,
        "exit_statement": leave_function,
        "goto_statement": lambda node: [STOP],
        "throw_expression": throw_expression,
        "break_statement": lambda node: [leave(number_of(node))],
        "continue_statement": lambda node: [proceed(number_of(node) or "1")],
        "function_definition": function_definition,
        "method_declaration": function_definition,
        "formal_parameters": lambda node: parameters(node, declare_parameter),
        "anonymous_function": anonymous_function,
        "anonymous_function_use_clause": shared_variables,
        "arrow_function": arrow_function,
        "class_declaration": class_declaration,
        "interface_declaration": class_declaration,
        "trait_declaration": class_declaration,
        "enum_declaration": class_declaration,
        "anonymous_class": class_declaration,
        "property_element": property_element,
        "const_element": constant,
        "enum_case": constant,
        "namespace_definition": only("body"),
        "namespace_use_declaration": nothing,
        "use_declaration": nothing,
        "base_clause": nothing,
        "class_interface_clause": nothing,
        "attribute_list": nothing,
        "named_type": nothing,
        "qualified_name": nothing,
        "relative_name": nothing,
        "relative_scope": nothing,
        "namespace_name": nothing,
        "named_label_statement": nothing,
        "declare_directive": nothing,
    },
    targets={
        "list_literal": elements,
        "array_creation_expression": elements,
        "by_ref": element_of,
        "parenthesized_expression": parts,
    },
    containers={
        "subscript_expression": "",
        "member_access_expression": "object",
        "nullsafe_member_access_expression": "object",
        "scoped_property_access_expression": "scope",
    },
    wrappers=frozenset({"parenthesized_expression"}),
    assignment_declares=True,
    local_prefix=b"$",
    own_member=own_member,
)
