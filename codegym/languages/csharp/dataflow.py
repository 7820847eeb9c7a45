"""Where C# programs define and use variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from codegym.structure.dataflow import (
    BRANCH,
    BREAK,
    CASE,
    CLOSE_FUNCTION,
    CLOSE_SCOPE,
    CONTINUE,
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
    declare,
    later,
    parameter,
    read_member,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import DefinitionKind, Step

TUPLES = ("tuple_expression", "tuple_pattern", "parenthesized_variable_designation")


def parts(node: Node) -> list[Node]:
    """Returns the named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def nothing(node: Node) -> Iterator[Step]:
    """Types, labels, attributes and the like: neither defines nor uses a variable."""
    return iter(())


def only(*names: str) -> Callable[[Node], Iterator[Step]]:
    """Returns the rule of nodes of which some fields happen, and nothing else."""
    return lambda node: (visit(child) for name in names for child in node.children_by_field_name(name))


def has_token(node: Node, *tokens: str) -> bool:
    """Whether one of the tokens stands directly in the node."""
    return any(child.type in tokens for child in node.children)


# Declarations and assignments.


def elements(node: Node) -> list[Node]:
    """Returns the elements of a tuple, without the names that it may give them."""
    return [(parts(child) or [child])[-1] if child.type == "argument" else child for child in parts(node)]


def store(
    target: Node | None, kind: DefinitionKind, put: Callable[[Node | None, DefinitionKind], Step]
) -> Iterator[Step]:
    """The last value goes into a variable, a new one (`var x`), a part of one, or several (`(x, y)`)."""
    if target is None or target.text == b"_":
        yield DROP_VALUE
    elif target.type == "declaration_expression":
        yield from store(target.child_by_field_name("name"), kind, declare)
    elif target.type in TUPLES:
        for element in elements(target):
            yield REPEAT_VALUE
            yield from store(element, kind, put)
        yield DROP_VALUE
    else:
        yield put(target, kind)


def move(
    target: Node, source: Node | None, kind: DefinitionKind, put: Callable[[Node | None, DefinitionKind], Step]
) -> Iterator[Step]:
    """`target = source`; of two tuples, all values are there before the first one is stored."""
    if target.type not in TUPLES:
        yield from value(source)
        yield from store(target, kind, put)
        return
    targets, sources = elements(target), [] if source is None else [source]
    if source is not None and source.type == "tuple_expression" and len(elements(source)) == len(targets):
        sources = elements(source)
    if len(sources) != len(targets):
        yield from value(source, None)
        yield from store(target, kind, put)
        return
    for element in sources:
        yield from value(element)
    for element in reversed(targets):
        yield from store(element, kind, put)


def declarators(node: Node, kind: DefinitionKind) -> Iterator[Step]:
    """`int a = value, b;`."""
    for child in parts(node):
        if child.type == "variable_declaration":
            yield from declarators(child, kind)
        elif child.type == "variable_declarator":
            yield from variable_declarator(child, kind)
        elif child.type == "ERROR":
            yield visit(child)


def variable_declarator(node: Node, kind: DefinitionKind = "assignment") -> Iterator[Step]:
    """`name = value`, `(a, b) = value`, or a name alone."""
    if not parts(node):
        return
    target, *others = parts(node)
    if others and has_token(node, "="):
        yield from move(target, others[-1], kind, declare)
    else:
        yield from map(visit, others)
        yield NO_VALUE
        yield declare(target, "declaration" if kind == "assignment" else kind)


def local_declaration_statement(node: Node) -> Iterator[Step]:
    """`int a = value;` and `using var a = value;`."""
    return declarators(node, "context" if has_token(node, "using") else "assignment")


def operator_of(node: Node) -> str:
    """Returns the operator of an expression; `=` where there is none."""
    operator = node.child_by_field_name("operator")
    return "=" if operator is None else operator.type


def assignment_expression(node: Node) -> Iterator[Step]:
    """`a = b = value`, `(a, var b) = value`, and `a += value`, which takes its value from a, too."""
    target, source = node.child_by_field_name("left"), node.child_by_field_name("right")
    if target is None:
        yield visit(source)
        return
    if operator_of(node) != "=":
        yield from value(*((target, source) if is_variable(target) else (source, None)))
        yield assign(target, "augmented")
        return
    targets: list[Node | None] = [target]
    while source is not None and source.type == "assignment_expression" and operator_of(source) == "=":
        targets.append(source.child_by_field_name("left"))
        source = source.child_by_field_name("right")
    if len(targets) == 1:
        yield from move(target, source, "assignment", assign)
        return
    yield from value(source)
    for each in targets:
        yield REPEAT_VALUE
        yield from store(each, "assignment", assign)
    yield DROP_VALUE


def is_variable(node: Node) -> bool:
    """Whether an expression is a variable or a field `this.x`."""
    return node.type == "identifier" or own_member(node) is not None


def unary_expression(node: Node) -> Iterator[Step]:
    """`x++`, and what has one operand and changes nothing."""
    operands = parts(node)
    if not has_token(node, "++", "--"):
        yield from map(visit, operands)
        return
    for operand in operands[:1]:
        yield from value(operand, None) if is_variable(operand) else [NO_VALUE]
        yield assign(operand, "augmented")


def binary_expression(node: Node) -> list[Step]:
    """Two operands; the second one of `a && b`, `a || b` and `a ?? b` may not happen."""
    operands = [visit(child) for child in node.named_children]
    if operator_of(node) not in ("&&", "||", "??"):
        return operands
    return [*operands[:1], BRANCH, *operands[1:], JOIN_OR_SKIP]


def initializer_expression(node: Node) -> Iterator[Step]:
    """`{ a, b }` of an array, `{ Member = a }` of an object, whose members are no variables."""
    for child in parts(node):
        if child.type != "assignment_expression":
            yield visit(child)
            continue
        target = child.child_by_field_name("left")
        if target is not None and target.type != "identifier":
            yield visit(target)
        yield visit(child.child_by_field_name("right"))


def named_values(node: Node) -> Iterator[Step]:
    """`{ Name = a, b }` of an anonymous object, and of `with`."""
    children = [child for child in node.children if child.type != "comment"]
    for child, following in zip(children, [*children[1:], None], strict=True):
        if child.is_named and not (child.type == "identifier" and following is not None and following.type == "="):
            yield visit(child)


# Calls.


def argument(node: Node) -> Iterator[Step]:
    """`value`, `name: value`, `out x`."""
    passed = parts(node)[-1:]
    if has_token(node, "out"):
        yield NO_VALUE
        yield from store(passed[0] if passed else None, "assignment", assign)
    else:
        yield from map(visit, passed)


def invocation_expression(node: Node) -> Iterator[Step]:
    """`f(x, ref y, out z)`: f may be a delegate; y and z take their values from what is passed."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is not None and function.text == b"nameof":
        return
    if function is not None and function.type == "generic_name":
        function = function.named_child(0)
    listed = [] if arguments is None else parts(arguments)
    changed = [child for child in listed if child.type == "argument" and has_token(child, "out", "ref")]
    if not changed:
        yield visit(function)
        yield visit(arguments)
        return
    yield from value(function, None, *(child for child in listed if not has_token(child, "out")))
    for child in changed:
        yield REPEAT_VALUE
        yield from store(parts(child)[-1] if parts(child) else None, "assignment", assign)
    yield DROP_VALUE


def own_member(node: Node) -> Node | None:
    """Returns the name x of `this.x` and `base.x`."""
    whole = node.child_by_field_name("expression") if node.type == "member_access_expression" else None
    member = node.child_by_field_name("name") if whole is not None and whole.type in ("this", "base") else None
    return member if member is not None and member.type == "identifier" else None


def member_access_expression(node: Node) -> Iterator[Step]:
    """`this.x` reads the field x, `a.x` reads a."""
    member = own_member(node)
    yield read_member(member) if member is not None else visit(node.child_by_field_name("expression"))


# Control flow.


def block(node: Node) -> Iterator[Step]:
    """Declarations are seen to the end of their block, those of functions in all of it."""
    yield OPEN_SCOPE
    yield from map(visit, sorted(parts(node), key=lambda child: child.type != "local_function_statement"))
    yield CLOSE_SCOPE


def compilation_unit(node: Node) -> Iterator[Step]:
    """A file. Functions among its statements are declared in all of it."""

    def is_function(child: Node) -> bool:
        return child.type == "global_statement" and any(
            part.type == "local_function_statement" for part in child.named_children[:1]
        )

    yield from map(visit, sorted(parts(node), key=lambda child: not is_function(child)))


def using_statement(node: Node) -> Iterator[Step]:
    """`using (var name = value) body`."""
    yield OPEN_SCOPE
    for child in parts(node):
        if child.type == "variable_declaration":
            yield from declarators(child, "context")
        else:
            yield visit(child)
    yield CLOSE_SCOPE


def for_statement(node: Node) -> Iterator[Step]:
    """`for (initializer; condition; update) body`; without a condition it ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield OPEN_SCOPE
    yield from map(visit, node.children_by_field_name("initializer"))
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield RESUME
    yield from map(visit, node.children_by_field_name("update"))
    yield REPEAT_FOREVER if condition is None else REPEAT
    yield JOIN
    yield CLOSE_SCOPE


def foreach_statement(node: Node) -> Iterator[Step]:
    """`foreach (var name in values) body`, `foreach (var (a, b) in values) body`."""
    yield OPEN_SCOPE
    yield from value(node.child_by_field_name("right"), None)
    yield LOOP
    yield REPEAT_VALUE
    yield from store(node.child_by_field_name("left"), "loop", declare)
    yield visit(node.child_by_field_name("body"))
    yield REPEAT
    yield JOIN
    yield DROP_VALUE
    yield CLOSE_SCOPE


def while_statement(node: Node) -> Iterator[Step]:
    """`while (condition) body`; `while (true)` ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield REPEAT_FOREVER if condition is not None and condition.text == b"true" else REPEAT
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


def switch_statement(node: Node) -> Iterator[Step]:
    """`switch (value) { case pattern when guard: ... }`: a pattern takes the subject's value."""
    body = node.child_by_field_name("body")
    complete = False
    yield from value(node.child_by_field_name("value"))
    yield OPEN_SCOPE
    yield SWITCH
    for section in [] if body is None else parts(body):
        yield CASE
        complete = complete or has_token(section, "default", "discard")
        yield from map(visit, [section] if section.type != "switch_section" else [])
        yield from alternative(section if section.type == "switch_section" else None)
    yield JOIN if complete else JOIN_OR_SKIP
    yield CLOSE_SCOPE
    yield DROP_VALUE


def switch_expression(node: Node) -> Iterator[Step]:
    """`value switch { pattern when guard => result }`, which throws where no pattern matches."""
    yield from value(*parts(node)[:1])
    yield OPEN_SCOPE
    yield SWITCH
    for arm in parts(node)[1:]:
        yield CASE
        if arm.type == "switch_expression_arm":
            yield from alternative(arm)
        else:
            yield visit(arm)
        yield BREAK  # nothing falls out of an arm
    yield JOIN
    yield CLOSE_SCOPE
    yield DROP_VALUE


def alternative(node: Node | None) -> Iterator[Step]:
    """One section or arm of a switch: its patterns take the last value and leave it for the next."""
    for child in [] if node is None else parts(node):
        if child.type.endswith("_pattern"):
            yield REPEAT_VALUE
            yield from captured(child)
        elif child.type != "discard":
            yield visit(child)


def captured(pattern: Node | None) -> Iterator[Step]:
    """The last value is what a pattern is compared with: `A a` and `A { ... } a` copy it, others take parts of it."""
    while pattern is not None and pattern.type in ("negated_pattern", "parenthesized_pattern") and parts(pattern):
        pattern = parts(pattern)[0]
    targets = [pattern]
    if pattern is not None and pattern.type in ("declaration_pattern", "var_pattern", "recursive_pattern"):
        targets = [*names_of(pattern)]
    for target in targets:
        yield REPEAT_VALUE
        yield declare(target, "pattern")
    yield DROP_VALUE


def is_pattern_expression(node: Node) -> Iterator[Step]:
    """`value is Type name`, `value is { Member: var name }`."""
    yield from value(node.child_by_field_name("expression"))
    yield from captured(node.child_by_field_name("pattern"))


def constant_pattern(node: Node) -> Iterator[Step]:
    """A constant; after `is`, a name is a type's."""
    around = node.parent
    while around is not None and around.type.endswith(("_pattern", "_clause", "subpattern")):
        around = around.parent
    tested = around is not None and around.type == "is_pattern_expression"
    return iter(()) if tested and [part.type for part in parts(node)] == ["identifier"] else map(visit, parts(node))


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


def leave_method(node: Node) -> Iterator[Step]:
    """`return`, `throw` and `goto`."""
    yield from map(visit, [] if node.type == "goto_statement" else parts(node))
    yield STOP


def yield_statement(node: Node) -> Iterator[Step]:
    """`yield return value;` and `yield break;`."""
    yield from map(visit, parts(node))
    if has_token(node, "break"):
        yield STOP


# Queries.


def query_expression(node: Node) -> Iterator[Step]:
    """`from x in xs where ... join y in ys on ... let z = ... select ... into w ...`, in a scope of its own."""
    clauses = parts(node)
    loops = 0
    yield OPEN_SCOPE
    for clause, following in zip(clauses, [*clauses[1:], None], strict=True):
        if clause.type == "from_clause":
            yield from value(*parts(clause)[-1:], None)
            yield LOOP
            yield declare(clause.child_by_field_name("name"), "loop")
            loops += 1
        elif clause.type == "join_clause":
            yield from join_clause(clause)
        elif clause.type == "let_clause":
            name, *expressions = parts(clause)
            yield from value(*expressions[-1:])
            yield declare(name, "assignment")
        elif clause.type == "identifier":
            yield declare(clause, "loop")  # the value is the clause before `into`
        elif following is not None and following.type == "identifier":
            yield from value(clause, None)
        else:
            yield visit(clause)
    for _ in range(loops):
        yield REPEAT
        yield JOIN
    yield CLOSE_SCOPE


def join_clause(node: Node) -> Iterator[Step]:
    """`join Type name in values on key equals key into group`."""
    types = node.children_by_field_name("type")
    name, source, *keys = [*(child for child in parts(node) if child not in types), None, None][: len(parts(node))]
    yield from value(source, None)
    yield REPEAT_VALUE
    yield declare(name, "loop")
    for key in keys:
        if key is not None and key.type == "join_into_clause":
            yield REPEAT_VALUE
            yield declare(key.named_child(0), "loop")
        else:
            yield visit(key)
    yield DROP_VALUE


# Functions and types.


def parameters(node: Node | None, put: Callable[[Node | None], Step]) -> Iterator[Step]:
    """The parameters of a method, a lambda or a record, with their defaults."""
    if node is None:
        return
    if node.type == "implicit_parameter":
        yield NO_VALUE
        yield put(node)
    for child in parts(node):
        if child.type == "parameter":
            yield from value(*parts(child)[-1:]) if has_token(child, "=") else [NO_VALUE]
            yield put(child.child_by_field_name("name"))
        elif child.type == "ERROR":
            yield visit(child)
    for name in node.children_by_field_name("name"):  # of `params int[] name`
        yield NO_VALUE
        yield put(name)


def declare_parameter(node: Node | None) -> Step:
    """A parameter of a lambda or a record, or one whose method the parser could not finish."""
    return declare(node, "parameter")


def function(node: Node, inputs: Node | None, given: Node | None = None) -> Iterator[Step]:
    """A function's parameters; its body runs later, when all fields are there."""
    bodies = ("block", "arrow_expression_clause", "constructor_initializer", "ERROR")
    yield OPEN_FUNCTION
    yield from parameters(inputs, parameter)
    yield NO_VALUE
    yield parameter(given)
    yield from (later(child) for child in parts(node) if child.type in bodies)
    yield CLOSE_FUNCTION


def method_declaration(node: Node) -> Iterator[Step]:
    """A method, a constructor, an operator or a local function."""
    yield from function(node, node.child_by_field_name("parameters"))
    if node.type in ("method_declaration", "local_function_statement"):
        yield NO_VALUE
        yield declare(node.child_by_field_name("name"), "function")


def property_declaration(node: Node) -> Iterator[Step]:
    """A property, an event or an indexer: a field with functions around it."""
    inputs, accessors = node.child_by_field_name("parameters"), node.child_by_field_name("accessors")
    for accessor in [] if accessors is None else parts(accessors):
        yield from function(accessor, inputs, given_value(accessor))
    source = node.child_by_field_name("value")
    if source is not None and source.type == "arrow_expression_clause":
        yield from function(node, inputs)
        source = None
    yield from value(source) if source is not None else [NO_VALUE]
    yield declare(node.child_by_field_name("name"), "field")


def given_value(accessor: Node) -> Node | None:
    """Returns where `set`, `init`, `add` or `remove` first mention the parameter `value` that they all have."""
    pending = [accessor] if has_token(accessor, "set", "init", "add", "remove") else []
    while pending:
        node = pending.pop()
        if node.type == "identifier" and node.text == b"value":
            return node
        pending += reversed(node.children)
    return None


def conditional_text(node: Node) -> Iterator[Step]:
    """`#if condition ... #else ... #endif`: one of the alternatives is part of the program."""
    alternative = node.child_by_field_name("alternative")
    yield BRANCH
    yield from (visit(child) for child in parts(node)[1:] if child != alternative)
    if alternative is not None:
        yield OTHERWISE
        yield visit(alternative)
    yield JOIN if alternative is not None else JOIN_OR_SKIP


def enum_member_declaration(node: Node) -> Iterator[Step]:
    """`Name = value` of an enum."""
    source = node.child_by_field_name("value")
    yield from value(source) if source is not None else [NO_VALUE]
    yield declare(node.child_by_field_name("name"), "field")


def lambda_expression(node: Node) -> Iterator[Step]:
    """`parameters => body` and `delegate (parameters) { ... }`, taken as something that may happen where it stands."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), declare_parameter)
    yield BRANCH
    body = node.child_by_field_name("body")
    yield from map(visit, [body] if body is not None else [child for child in parts(node) if child.type == "block"])
    yield JOIN_OR_SKIP
    yield CLOSE_SCOPE


def class_declaration(node: Node) -> Iterator[Step]:
    """`class Name(parameters) : Base(arguments) { ... }`: its own parameters are fields."""
    yield OPEN_SCOPE
    for child in parts(node):
        if child.type == "parameter_list":
            yield from parameters(child, declare_parameter)
        elif child.type == "base_list":
            bases = ("argument_list", "primary_constructor_base_type")
            yield from (visit(base) for base in parts(child) if base.type in bases)
    yield visit(node.child_by_field_name("body"))
    yield CLOSE_SCOPE


def names_of(node: Node) -> Sequence[Node]:
    """The name that a pattern binds, where it has one, and its patterns of parts."""
    clauses = [child for child in parts(node) if child.type.endswith("_pattern_clause")]
    return [*clauses, *node.children_by_field_name("name")]


RULES = DataflowRules(
    variable_kinds=frozenset({"identifier", "implicit_parameter"}),
    steps={
        "local_declaration_statement": local_declaration_statement,
        "variable_declaration": lambda node: declarators(node, "assignment"),
        "field_declaration": lambda node: declarators(node, "field"),
        "event_field_declaration": lambda node: declarators(node, "field"),
        "variable_declarator": variable_declarator,
        "assignment_expression": assignment_expression,
        "binary_expression": binary_expression,
        "prefix_unary_expression": unary_expression,
        "postfix_unary_expression": unary_expression,
        "initializer_expression": initializer_expression,
        "anonymous_object_creation_expression": named_values,
        "with_initializer": named_values,
        "declaration_expression": lambda node: [NO_VALUE, declare(node.child_by_field_name("name"), "declaration")],
        "argument": argument,
        "invocation_expression": invocation_expression,
        "member_access_expression": member_access_expression,
        "member_binding_expression": nothing,
        "compilation_unit": compilation_unit,
        "block": block,
        "using_statement": using_statement,
        "fixed_statement": block,
        "for_statement": for_statement,
        "foreach_statement": foreach_statement,
        "while_statement": while_statement,
        "do_statement": do_statement,
        "if_statement": if_statement,
        "conditional_expression": if_statement,
        "switch_statement": switch_statement,
        "switch_expression": switch_expression,
        "is_pattern_expression": is_pattern_expression,
        "constant_pattern": constant_pattern,
        "try_statement": try_statement,
        "catch_clause": block,
        "catch_declaration": lambda node: [NO_VALUE, declare(node.child_by_field_name("name"), "exception")],
        "return_statement": leave_method,
        "throw_statement": leave_method,
        "goto_statement": leave_method,
        "yield_statement": yield_statement,
        "break_statement": lambda node: [BREAK],
        "continue_statement": lambda node: [CONTINUE],
        "labeled_statement": lambda node: map(visit, parts(node)[1:]),
        "query_expression": query_expression,
        "method_declaration": method_declaration,
        "local_function_statement": method_declaration,
        "constructor_declaration": method_declaration,
        "destructor_declaration": method_declaration,
        "operator_declaration": method_declaration,
        "conversion_operator_declaration": method_declaration,
        "property_declaration": property_declaration,
        "indexer_declaration": property_declaration,
        "event_declaration": property_declaration,
        "enum_member_declaration": enum_member_declaration,
        "parameter_list": lambda node: parameters(node, declare_parameter),
        "lambda_expression": lambda_expression,
        "anonymous_method_expression": lambda_expression,
        "class_declaration": class_declaration,
        "struct_declaration": class_declaration,
        "record_declaration": class_declaration,
        "interface_declaration": class_declaration,
        "enum_declaration": class_declaration,
        "namespace_declaration": only("body"),
        "primary_constructor_base_type": lambda node: map(visit, parts(node)[1:]),
        "object_creation_expression": only("arguments", "initializer"),
        "cast_expression": only("value"),
        "as_expression": only("left"),
        "is_expression": only("left"),
        "array_type": only("rank"),
        "preproc_if": conditional_text,
        "preproc_elif": conditional_text,
        "typeof_expression": nothing,
        "sizeof_expression": nothing,
        "default_expression": nothing,
        "delegate_declaration": nothing,
        "generic_name": nothing,
        "qualified_name": nothing,
        "alias_qualified_name": nothing,
        "nullable_type": nothing,
        "pointer_type": nothing,
        "ref_type": nothing,
        "scoped_type": nothing,
        "tuple_type": nothing,
        "function_pointer_type": nothing,
        "type_pattern": nothing,
        "type_argument_list": nothing,
        "type_parameter_list": nothing,
        "type_parameter_constraints_clause": nothing,
        "explicit_interface_specifier": nothing,
        "attribute_list": nothing,
        "global_attribute": nothing,
        "using_directive": nothing,
        "extern_alias_directive": nothing,
        "file_scoped_namespace_declaration": nothing,
    },
    targets={
        "declaration_pattern": names_of,
        "var_pattern": names_of,
        "recursive_pattern": names_of,
        "property_pattern_clause": parts,
        "positional_pattern_clause": parts,
        "subpattern": lambda node: parts(node)[-1:],
        "list_pattern": parts,
        "parenthesized_pattern": parts,
        "negated_pattern": parts,
        "and_pattern": parts,
        "or_pattern": parts,
        "tuple_pattern": parts,
        "parenthesized_variable_designation": parts,
        "parenthesized_expression": parts,
    },
    containers={"member_access_expression": "expression", "element_access_expression": "expression"},
    wrappers=frozenset({"parenthesized_expression", "ref_expression"}),
    assignment_declares=False,
    own_member=own_member,
)
