"""Where Python programs define and use variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from codegym.structure.dataflow import (
    BRANCH,
    BREAK,
    CLOSE_FUNCTION,
    CLOSE_SCOPE,
    CONTINUE,
    DROP_VALUE,
    HANDLER,
    JOIN,
    JOIN_OR_SKIP,
    LOOP,
    NO_VALUE,
    OPEN_CLASS_SCOPE,
    OPEN_FUNCTION,
    OPEN_SCOPE,
    OTHERWISE,
    REPEAT,
    REPEAT_FOREVER,
    REPEAT_VALUE,
    STOP,
    DataflowRules,
    assign,
    declare,
    delete,
    later,
    make_global,
    make_nonlocal,
    parameter,
    value,
    visit,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.structure.flow import Step

DISPLAYS = ("expression_list", "tuple", "list")
PATTERNS = ("pattern_list", "tuple_pattern", "list_pattern")
STARRED = ("list_splat", "list_splat_pattern")


def parts(node: Node) -> list[Node]:
    """Returns the named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def nothing(node: Node) -> Iterator[Step]:
    """Types and the like: neither defines nor uses a variable."""
    return iter(())


def assignment(node: Node) -> Iterator[Step]:
    """`a = b = value`; an annotation alone defines nothing."""
    targets, source = [node.child_by_field_name("left")], node.child_by_field_name("right")
    while source is not None and source.type == "assignment":
        targets.append(source.child_by_field_name("left"))
        source = source.child_by_field_name("right")
    if source is None:
        return
    if len(targets) == 1 and (pairs := pairwise(targets[0], source)):
        for _, element in pairs:
            yield from value(element)
        for variable, _ in reversed(pairs):
            yield assign(variable, "assignment")
        return
    for target in targets if source.type == "lambda" else []:
        if target is not None and target.type == "identifier":  # it is there when the lambda runs, and calls itself
            yield NO_VALUE
            yield assign(target, "assignment")
    yield from value(source)
    for target in targets:
        yield REPEAT_VALUE
        yield assign(target, "assignment")
    yield DROP_VALUE


def pairwise(target: Node | None, source: Node) -> list[tuple[Node, Node]]:
    """Returns which element goes where in `a, b = x, y`, or nothing where that cannot be told."""
    if target is None or target.type not in PATTERNS or source.type not in DISPLAYS:
        return []
    targets, elements = parts(target), parts(source)
    if len(targets) != len(elements) or any(node.type in STARRED for node in (*targets, *elements)):
        return []
    return list(zip(targets, elements, strict=True))


def augmented_assignment(node: Node) -> Iterator[Step]:
    """`x += value` takes its value from x, too."""
    target, source = node.child_by_field_name("left"), node.child_by_field_name("right")
    operands = (target, source) if target is not None and target.type == "identifier" else (source, None)
    yield from value(*operands)
    yield assign(target, "augmented")


def named_expression(node: Node) -> Iterator[Step]:
    """`(name := value)`."""
    yield from value(node.child_by_field_name("value"))
    yield assign(node.child_by_field_name("name"), "assignment")


def for_statement(node: Node) -> Iterator[Step]:
    """`for target in values: ... else: ...`."""
    yield from value(node.child_by_field_name("right"), None)
    yield LOOP
    yield REPEAT_VALUE
    yield assign(node.child_by_field_name("left"), "loop")
    yield visit(node.child_by_field_name("body"))
    yield REPEAT
    yield visit(node.child_by_field_name("alternative"))
    yield JOIN
    yield DROP_VALUE


def while_statement(node: Node) -> Iterator[Step]:
    """`while condition: ... else: ...`; `while True` ends by a break only."""
    condition = node.child_by_field_name("condition")
    yield LOOP
    yield visit(condition)
    yield visit(node.child_by_field_name("body"))
    yield REPEAT_FOREVER if condition is not None and condition.text in (b"True", b"1") else REPEAT
    yield visit(node.child_by_field_name("alternative"))
    yield JOIN


def if_statement(node: Node) -> Iterator[Step]:
    """`if ... elif ... else ...`: each condition is met by those who failed the ones before."""
    yield visit(node.child_by_field_name("condition"))
    yield BRANCH
    yield visit(node.child_by_field_name("consequence"))
    joins = [JOIN_OR_SKIP]
    for alternative in node.children_by_field_name("alternative"):
        yield OTHERWISE
        joins[-1] = JOIN
        if alternative.type == "elif_clause":
            yield visit(alternative.child_by_field_name("condition"))
            yield BRANCH
            yield visit(alternative.child_by_field_name("consequence"))
            joins.append(JOIN_OR_SKIP)
        else:
            yield visit(alternative)
    yield from reversed(joins)


def conditional_expression(node: Node) -> Iterator[Step]:
    """`a if condition else b`."""
    branches = parts(node)
    yield from map(visit, branches[1:2])
    yield BRANCH
    yield from map(visit, branches[:1])
    yield OTHERWISE
    yield from map(visit, branches[2:])
    yield JOIN


def boolean_operator(node: Node) -> Iterator[Step]:
    """`a and b`, `a or b`: b may not happen."""
    yield visit(node.child_by_field_name("left"))
    yield BRANCH
    yield visit(node.child_by_field_name("right"))
    yield JOIN_OR_SKIP


def comprehension(node: Node) -> Iterator[Step]:
    """`[body for target in values if condition]`, in a scope of its own."""
    loops = 0
    yield OPEN_SCOPE
    for clause in parts(node)[1:]:
        if clause.type == "for_in_clause":
            yield from value(*clause.children_by_field_name("right"), None)
            yield LOOP
            yield declare(clause.child_by_field_name("left"), "loop")
            loops += 1
        else:
            yield visit(clause)
    yield visit(node.child_by_field_name("body"))
    for _ in range(loops):
        yield REPEAT
        yield JOIN
    yield CLOSE_SCOPE


def parameters(node: Node | None, store: Callable[[Node | None], Step]) -> Iterator[Step]:
    """The parameters of a function or a lambda, with their defaults."""
    for child in [] if node is None else parts(node):
        if child.type in ("default_parameter", "typed_default_parameter"):
            yield from value(child.child_by_field_name("value"))
            yield store(child.child_by_field_name("name"))
        elif child.type not in ("keyword_separator", "positional_separator"):
            yield NO_VALUE
            yield store(child)


def declare_parameter(node: Node | None) -> Step:
    """A parameter of a lambda, or one whose function the parser could not finish."""
    return declare(node, "parameter")


def body_of(function: Node) -> list[Node]:
    """Returns the body of a function, and what the parser could not finish of it."""
    return [child for child in parts(function) if child.type in ("block", "ERROR")]


def function_definition(node: Node) -> Iterator[Step]:
    """`def name(parameters): body`: defaults are read here, the body runs later."""
    yield OPEN_FUNCTION
    yield from parameters(node.child_by_field_name("parameters"), parameter)
    yield from map(later, body_of(node))
    yield CLOSE_FUNCTION
    yield NO_VALUE
    yield assign(node.child_by_field_name("name"), "function")


def lambda_expression(node: Node) -> Iterator[Step]:
    """`lambda parameters: body`, taken as something that may happen where it stands."""
    yield OPEN_SCOPE
    yield from parameters(node.child_by_field_name("parameters"), declare_parameter)
    yield BRANCH
    yield visit(node.child_by_field_name("body"))
    yield JOIN_OR_SKIP
    yield CLOSE_SCOPE


def class_definition(node: Node) -> Iterator[Step]:
    """`class name(bases): body`: the body runs here, in a scope that methods do not see."""
    yield visit(node.child_by_field_name("superclasses"))
    yield OPEN_CLASS_SCOPE
    yield visit(node.child_by_field_name("body"))
    yield CLOSE_SCOPE
    yield NO_VALUE
    yield assign(node.child_by_field_name("name"), "class")


def context(node: Node) -> Iterator[Step]:
    """`manager as target` of a with statement."""
    yield from value(*parts(node)[:1], None)
    yield assign(node.child_by_field_name("alias"), "context")


def try_statement(node: Node) -> Iterator[Step]:
    """`try ... except ... else ... finally`: handlers are reached from anywhere in the body."""
    clauses = parts(node)
    yield BRANCH
    for clause in clauses:
        if clause.type not in ("except_clause", "finally_clause"):
            yield visit(clause)
    for clause in clauses:
        if clause.type == "except_clause":
            yield HANDLER
            yield visit(clause)
    yield JOIN
    for clause in clauses:
        if clause.type == "finally_clause":
            yield visit(clause)


def except_clause(node: Node) -> Iterator[Step]:
    """`except error as name: body`, and the name is gone."""
    names: list[Node] = []
    for child in parts(node):
        alias = child.child_by_field_name("alias") if child.type == "as_pattern" else None
        if alias is not None:
            yield from value(*parts(child)[:1], None)
            yield assign(alias, "exception")
            names += parts(alias)
        else:
            yield visit(child)
    yield from map(delete, names)


def match_statement(node: Node) -> Iterator[Step]:
    """`match subject: case pattern if guard: body`: captures take their value from the subject."""
    body = node.child_by_field_name("body")
    clauses = [] if body is None else [clause for clause in parts(body) if clause.type == "case_clause"]
    exhaustive = False
    yield from value(*node.children_by_field_name("subject"))
    yield BRANCH
    for clause in clauses:
        guard = clause.child_by_field_name("guard")
        patterns = [child for child in parts(clause) if child.type == "case_pattern"]
        yield from captured(patterns)
        yield visit(guard)
        yield visit(clause.child_by_field_name("consequence"))
        yield OTHERWISE
        exhaustive = guard is None and len(patterns) == 1 and matches_all(patterns[0])
    if exhaustive:
        yield STOP
    yield JOIN
    yield DROP_VALUE


def captured(patterns: Sequence[Node]) -> Iterator[Step]:
    """A name alone, and the one after `as`, copies the subject; other names take a part of it."""
    targets = list(patterns)
    while len(targets) == 1 and len(parts(targets[0])) == 1 and targets[0].type in ("case_pattern", "dotted_name"):
        targets = parts(targets[0])
    if len(targets) == 1 and targets[0].type == "as_pattern" and parts(targets[0]):
        *inner, name = parts(targets[0])
        yield from captured(inner)
        targets = [name]
    for target in targets:
        yield REPEAT_VALUE
        yield assign(target, "pattern")


def matches_all(pattern: Node) -> bool:
    """Whether a pattern is `_` or a name alone."""
    inner = parts(pattern)
    if len(inner) == 1 and inner[0].type == "as_pattern":
        return matches_all(parts(inner[0])[0])
    return len(captures(inner[0])) == 1 and inner[0].type == "dotted_name" if inner else pattern.text == b"_"


def imported(node: Node) -> Iterator[Step]:
    """`import a.b` defines a, `import a.b as c` and `from a import b as c` define c."""
    for name in node.children_by_field_name("name"):
        bound = name.child_by_field_name("alias") if name.type == "aliased_import" else name.named_child(0)
        yield NO_VALUE
        yield assign(bound, "import")


def delete_statement(node: Node) -> Iterator[Step]:
    """`del x` and `del (x, y)` take variables away; `del x[i]` reads x and i."""
    pending = parts(node)
    for target in pending:  # grows while it runs
        if target.type in (*DISPLAYS, "parenthesized_expression"):
            pending += parts(target)
        else:
            yield delete(target) if target.type == "identifier" else visit(target)


def leave_function(node: Node) -> Iterator[Step]:
    """`return` and `raise`."""
    yield from map(visit, parts(node))
    yield STOP


def captures(node: Node) -> Sequence[Node]:
    """The names that a pattern binds: a dotted name is a value to compare with, a plain one is bound."""
    names = parts(node)
    return names if len(names) == 1 else []


RULES = DataflowRules(
    variable_kinds=frozenset({"identifier"}),
    steps={
        "assignment": assignment,
        "augmented_assignment": augmented_assignment,
        "named_expression": named_expression,
        "for_statement": for_statement,
        "while_statement": while_statement,
        "if_statement": if_statement,
        "conditional_expression": conditional_expression,
        "boolean_operator": boolean_operator,
        "list_comprehension": comprehension,
        "set_comprehension": comprehension,
        "dictionary_comprehension": comprehension,
        "generator_expression": comprehension,
        "function_definition": function_definition,
        "parameters": lambda node: parameters(node, declare_parameter),
        "lambda_parameters": lambda node: parameters(node, declare_parameter),
        "lambda": lambda_expression,
        "class_definition": class_definition,
        "as_pattern": context,
        "try_statement": try_statement,
        "except_clause": except_clause,
        "match_statement": match_statement,
        "import_statement": imported,
        "import_from_statement": imported,
        "future_import_statement": imported,
        "delete_statement": delete_statement,
        "return_statement": leave_function,
        "raise_statement": leave_function,
        "break_statement": lambda node: [BREAK],
        "continue_statement": lambda node: [CONTINUE],
        "global_statement": lambda node: map(make_global, parts(node)),
        "nonlocal_statement": lambda node: map(make_nonlocal, parts(node)),
        "attribute": lambda node: [visit(node.child_by_field_name("object"))],
        "keyword_argument": lambda node: [visit(node.child_by_field_name("value"))],
        "type": nothing,
        "type_parameter": nothing,
    },
    targets={
        "pattern_list": parts,
        "tuple_pattern": parts,
        "list_pattern": parts,
        "tuple": parts,
        "list": parts,
        "list_splat": parts,
        "list_splat_pattern": parts,
        "dictionary_splat_pattern": parts,
        "parenthesized_expression": parts,
        "as_pattern_target": parts,
        "typed_parameter": lambda node: parts(node)[:1],
        "case_pattern": parts,
        "union_pattern": parts,
        "splat_pattern": parts,
        "as_pattern": parts,
        "dict_pattern": lambda node: [
            *node.children_by_field_name("value"),
            *(child for child in parts(node) if child.type == "splat_pattern"),
        ],
        "class_pattern": lambda node: parts(node)[1:],
        "keyword_pattern": lambda node: parts(node)[1:],
        "dotted_name": captures,
    },
    containers={"attribute": "object", "subscript": "value"},
    wrappers=frozenset({"parenthesized_expression"}),
    assignment_declares=True,
)
