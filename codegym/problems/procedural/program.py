"""The intermediate representation of procedural programs: small, typed, frozen.

A program means the same in every language, by construction:

- Integers stay within 32-bit signed; the dividend of `//` and `%` and the operands of bit operations are
  never negative, and divisors are positive (`floor_div` and `floor_mod` take any dividend). The interpreter
  checks all of it.
- Floats are doubles that are computed by `+ - * /` and `sqrt` alone, compared only where rounding cannot decide, and
  printed only with a fixed number of decimals; the interpreter checks that no tie is rounded.
- Records are values: they are made whole and never changed, so that it does not matter who else holds one.
- Variables belong to the block that declares them, have one type, and are never uninitialised.
- The bounds of a counted loop, and what it walks over, do not change inside the loop; nor does its variable.
- Every path through a function that has a result ends in a return, and no statement is unreachable.
- A character is not a string of length one; booleans are never printed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

Kind = Literal["int", "float", "bool", "char", "str", "array", "list", "map", "record", "void"]
"""An `array` keeps its length, a `list` grows; languages that do not tell them apart print both alike."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type; `element` is what arrays and lists hold and what maps map to, `key` what maps map from.

    `name` is that of a record: `"Point"`; the program has its fields.
    """

    kind: Kind
    element: Type | None = None
    key: Type | None = None
    name: str = ""

    @property
    def item(self) -> Type:
        """What a collection holds: characters of a string, elements of an array or list, values of a map."""
        if self.kind == "str":
            return CHAR
        if self.element is None:
            raise TypeError(f"A value of type {self.kind} holds nothing.")
        return self.element


INT, FLOAT, BOOL = Type("int"), Type("float"), Type("bool")
CHAR, STR, VOID = Type("char"), Type("str"), Type("void")


_INTS = Type("array", INT)


# Expressions. Every expression knows its type.


@dataclass(frozen=True, slots=True)
class Constant:
    """An integer, a float, a boolean, a character or a string; the Python value is an int, a float, a bool or a str."""

    value: int | float | bool | str
    type: Type


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of a variable."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Unary:
    """`-` of a number or `not` of a boolean."""

    operator: Literal["-", "not"]
    operand: Expression
    type: Type


BinaryOperator = Literal[
    "+", "-", "*", "/", "//", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "and", "or"
]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands of one type. `+` also joins a string with a string or a character; `and` and `or` are lazy.

    `/` divides floats; `//`, `%` and the operations on bits are for integers alone, and floats are never asked whether
    they are equal.
    """

    operator: BinaryOperator
    left: Expression
    right: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then` where the condition holds, `otherwise` where not; only one of them is evaluated."""

    condition: Expression
    then: Expression
    otherwise: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the program's functions."""

    function: str
    arguments: tuple[Expression, ...]
    type: Type


BuiltinName = Literal[
    "abs",  # int or float -> the same type
    "min",  # int, int or float, float -> the same type
    "max",  # int, int or float, float -> the same type
    "floor_div",  # int, positive int -> int
    "floor_mod",  # int, positive int -> int
    "len",  # str, array, list or map -> int
    "sum",  # array or list of int or float -> an element
    "smallest",  # array or list of int or float, not empty -> an element
    "largest",  # array or list of int or float, not empty -> an element
    "sorted",  # array or list of int, float, char or str -> a new one of the same kind, ascending
    "keys",  # map -> array of its keys, ascending; only as what a loop walks over
    "copy",  # array or list -> a new one
    "slice",  # str or array, start, stop (0 <= start <= stop <= length) -> the same type
    "reversed",  # str -> str
    "contains",  # a char or str and a str, a key and a map, an element and a list -> bool
    "get",  # map, key, default -> value
    "split",  # str with single spaces between words, not empty -> array of str
    "join",  # separator, array or list of int or str -> str
    "upper",  # str or char -> the same type
    "lower",  # str or char -> the same type
    "is_digit",  # char -> bool
    "is_letter",  # char -> bool
    "is_upper",  # char -> bool
    "is_lower",  # char -> bool
    "count",  # str, char -> int
    "ord",  # char -> int
    "chr",  # int -> char
    "text",  # int or char -> str
    "number",  # str of decimal digits -> int
    "float",  # int -> float
    "truncate",  # float -> int, toward zero
    "sqrt",  # float that is not negative -> float
    "fixed",  # float, constant from 1 to 6 -> str with as many decimals
]


@dataclass(frozen=True, slots=True)
class Builtin:
    """An operation that every language has, under whatever name."""

    builtin: BuiltinName
    arguments: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Index:
    """`collection[index]`: a character of a string, an element, or the value of a key that is present."""

    collection: Expression
    index: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Format:
    """A string put together from string constants and values (integers, characters, strings)."""

    parts: tuple[Expression, ...]
    type: Type = STR


@dataclass(frozen=True, slots=True)
class Display:
    """A new array with these elements, or a new empty list or map."""

    elements: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Filled:
    """A new array of `count` elements; `value` is evaluated for each, so rows of a grid are independent."""

    value: Expression
    count: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Construct:
    """A new record; the arguments are its fields, in the order in which the record declares them."""

    arguments: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Field:
    """The value of a record's field."""

    owner: Expression
    field: str
    type: Type


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field that records are ordered by: an integer, a float, a character or a string; only numbers descend."""

    field: str
    type: Type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """A new array of the same records, ordered by the first key, where that is equal by the second ...

    Records that are equal by all keys are equal, so that it does not matter whether a language sorts stably.
    """

    records: Expression
    keys: tuple[SortKey, ...]
    type: Type


Expression: TypeAlias = (
    Constant
    | Variable
    | Unary
    | Binary
    | Conditional
    | Call
    | Builtin
    | Index
    | Format
    | Display
    | Filled
    | Construct
    | Field
    | Ordered
)


# Statements.


@dataclass(frozen=True, slots=True)
class Declare:
    """A new variable of the enclosing block."""

    name: str
    type: Type
    value: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, where the target is a variable or an element."""

    target: Variable | Index
    value: Expression


@dataclass(frozen=True, slots=True)
class Augment:
    """`target operator= value`."""

    target: Variable | Index
    operator: BinaryOperator
    value: Expression


@dataclass(frozen=True, slots=True)
class AssignPair:
    """`first, second = first_value, second_value`, at once."""

    first: Variable | Index
    second: Variable | Index
    first_value: Expression
    second_value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """A branch; `otherwise` may be empty, and an `elif` is an `If` alone in it."""

    condition: Expression
    then: Block
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class ForRange:
    """A counted loop from `start` to `stop` (exclusive); `step` is not zero."""

    variable: str
    start: Expression
    stop: Expression
    step: int
    body: Block


@dataclass(frozen=True, slots=True)
class ForEach:
    """A loop over a string, an array, a list, or the `keys` of a map."""

    variable: str
    type: Type
    iterable: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class While:
    """A loop that ends when its condition does not hold; the condition is never a constant."""

    condition: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class Break:
    """Leaves the innermost loop."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on with the next turn of the innermost loop."""


@dataclass(frozen=True, slots=True)
class Return:
    """Leaves the function."""

    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Print:
    """Writes the parts, joined by single spaces, and a line end."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """A call for its effect."""

    call: Call


@dataclass(frozen=True, slots=True)
class Append:
    """Adds an element to the end of a list."""

    collection: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Pop:
    """Removes the last element of a list that is not empty."""

    collection: Expression


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark for the reader."""

    text: str


Alphabet = Literal["lower", "letters", "digits", "bits", "brackets", "words", "mixed", "moves"]
"""What a line of input is made of; `words` is a sentence of lower-case words with single spaces."""


@dataclass(frozen=True, slots=True)
class ReadInts:
    """Declares integers that stand on one line of the input, each from `low` to `high`."""

    names: tuple[str, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ReadFloats:
    """Declares floats that stand on one line of the input, each from `low` to `high`, with as many decimals."""

    names: tuple[str, ...]
    low: int
    high: int
    decimals: int


@dataclass(frozen=True, slots=True)
class ReadArray:
    """Declares an array of integers, or of floats with as many decimals, that stand on one line of the input."""

    name: str
    count: Expression
    low: int
    high: int
    ascending: bool = False
    type: Type = _INTS
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class ReadWords:
    """Declares an array of words that stand on one line of the input."""

    name: str
    count: Expression


@dataclass(frozen=True, slots=True)
class ReadGrid:
    """Declares an array of arrays of integers: one line of the input for each row."""

    name: str
    rows: Expression
    columns: Expression
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """Declares an array of records: one line of the input for each, with its fields in order and spaces between.

    Integers and floats lie between `low` and `high`, floats have as many decimals, strings are words.
    """

    name: str
    type: Type
    count: Expression
    low: int
    high: int
    decimals: int


@dataclass(frozen=True, slots=True)
class ReadLine:
    """Declares a string: one line of the input, with `low` to `high` characters (words, for `words`)."""

    name: str
    alphabet: Alphabet
    low: int
    high: int


Read: TypeAlias = ReadInts | ReadFloats | ReadArray | ReadWords | ReadGrid | ReadRecords | ReadLine

Statement: TypeAlias = (
    Declare
    | Assign
    | Augment
    | AssignPair
    | If
    | ForRange
    | ForEach
    | While
    | Break
    | Continue
    | Return
    | Print
    | Evaluate
    | Append
    | Pop
    | Comment
    | Read
)
Block: TypeAlias = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Function:
    """A function; `summary` is one sentence about what it does, or empty."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    body: Block
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record; its fields are integers, floats, booleans, characters and strings."""

    name: str
    fields: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A complete program.

    Attributes:
        name: What it is about, in lower-case words: `"digit sums"`.
        functions: Its functions; a function may call itself and the ones before it.
        main: What it does; reads come first, outside of branches and loops.
        style_seed: Decides everything about how the program is printed and nothing about what it does.
        records: The records that it uses.
    """

    name: str
    functions: tuple[Function, ...]
    main: Block
    style_seed: int = 0
    records: tuple[Record, ...] = ()

    def fields(self, record: Type) -> tuple[Parameter, ...]:
        """Returns the fields of a record, in the order in which they are declared."""
        for declared in self.records:
            if declared.name == record.name:
                return declared.fields
        raise KeyError(record.name)


Node: TypeAlias = Expression | Statement | Function | Parameter | Record | Program

_NAMED = frozenset({"name", "names", "variable", "function"})
_UNSEEN = frozenset({"summary", "style_seed", "low", "high", "ascending", "alphabet", "decimals"})
_PLAIN = _NAMED | _UNSEEN | {"type", "operator", "builtin", "step", "text", "result", "field", "keys"}
_FIELDS: dict[type[Any], tuple[str, ...]] = {
    node_class: tuple(field.name for field in dataclasses.fields(node_class))
    for node_class in (*get_args(Expression), *get_args(Statement), SortKey, Function, Parameter, Record, Program)
}
# The fields that hold other nodes, that hold names, and that belong to the structure.
_CHILD_FIELDS = {c: tuple(f for f in fields if f not in _PLAIN) for c, fields in _FIELDS.items()}
_CHILD_FIELDS[Constant] = ()
_NAMED_FIELDS = {c: tuple(f for f in fields if f in _NAMED) for c, fields in _FIELDS.items()}
_STRUCTURE_FIELDS = {c: tuple(f for f in fields if f not in _UNSEEN) for c, fields in _FIELDS.items()}


def children(node: Any) -> list[Any]:
    """Returns the nodes directly under `node`, a node or a block, in the order of the text."""
    if type(node) is tuple:
        return list(node)
    found: list[Any] = []
    for field in _CHILD_FIELDS[type(node)]:
        value = getattr(node, field)
        if type(value) is tuple:
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


def walk(node: Any) -> Iterator[Any]:
    """Returns `node`, a node or a block, and everything under it, depth first, in the order of the text."""
    found: list[Any] = []
    _collect(node, found)
    return iter(found)


def _collect(node: Any, found: list[Any]) -> None:
    found.append(node)
    node_class = type(node)
    if node_class is tuple:
        for item in node:
            _collect(item, found)
        return
    for field in _CHILD_FIELDS[node_class]:
        value = getattr(node, field)
        if type(value) is tuple:
            for item in value:
                _collect(item, found)
        elif value is not None:
            _collect(value, found)


def map_children(node: Any, transform: Callable[[Any], Any]) -> Any:
    """Returns `node` with every node directly under it replaced by `transform` of it."""
    changes: dict[str, Any] = {}
    for field in _CHILD_FIELDS[type(node)]:
        value = getattr(node, field)
        if type(value) is tuple:
            new = tuple([transform(item) for item in value])
            for one, other in zip(new, value, strict=True):
                if one is not other:
                    changes[field] = new
                    break
        elif value is not None:
            replaced = transform(value)
            if replaced is not value:
                changes[field] = replaced
    return _changed(node, changes) if changes else node


def _changed(node: Any, changes: dict[str, Any]) -> Any:
    """Returns a node with other values in some fields; what `dataclasses.replace` does, in a third of the time."""
    node_class = type(node)
    return node_class(*[changes[field] if field in changes else getattr(node, field) for field in _FIELDS[node_class]])


def rename(program: Program, functions: dict[str, str], variables: dict[str, str]) -> Program:
    """Returns the program under other names; a name that is in neither table stays."""

    def renamed(node: Any) -> Any:
        node = map_children(node, renamed)
        changes: dict[str, Any] = {}
        for field in _NAMED_FIELDS[type(node)]:
            value = getattr(node, field)
            table = functions if field == "function" or type(node) is Function else variables
            new = tuple([table.get(name, name) for name in value]) if type(value) is tuple else table.get(value, value)
            if new != value:
                changes[field] = new
        return _changed(node, changes) if changes else node

    return dataclasses.replace(
        program,
        functions=tuple(renamed(function) for function in program.functions),
        main=tuple(renamed(statement) for statement in program.main),
    )


def measures(program: Program) -> dict[str, int]:
    """Returns how large a program is: its functions, its nodes, and how deep its loops and branches are nested."""

    def depth(block: Block) -> int:
        deepest = 0
        for statement in block:
            match statement:
                case If(_, then, otherwise):
                    deepest = max(deepest, 1 + depth(then), 1 + depth(otherwise))
                case ForRange() | ForEach() | While():
                    deepest = max(deepest, 1 + depth(statement.body))
        return deepest

    return {
        "functions": len(program.functions),
        "nodes": sum(1 for _ in walk((*program.functions, *program.main))),
        "nesting": max(depth(program.main), *(depth(function.body) for function in program.functions), 0),
    }


def structure(program: Program) -> str:
    """Returns what is left of a program when names, values of constants, remarks and style are taken away.

    Two programs with the same structure are one program under other names, with other numbers and texts.
    """
    pieces: list[str] = []
    numbers: dict[str, int] = {}

    def add(node: Any) -> None:
        node_class = type(node)
        if node_class is tuple:
            pieces.append("(")
            for item in node:
                add(item)
            pieces.append(")")
        elif node_class is str or node_class is int or node_class is bool:
            pieces.append(str(node))
        elif node_class is Constant:
            pieces.append(node.type.kind)
        elif node_class is Variable:
            pieces.append(f"v{numbers.setdefault(node.name, len(numbers))}")
        elif node_class is Type:
            add_type(node)
        elif node is None:
            pieces.append("-")
        elif node_class is not Comment:
            pieces.append(node_class.__name__)
            named = _NAMED_FIELDS[node_class]
            for field in _STRUCTURE_FIELDS[node_class]:
                value = getattr(node, field)
                if node_class is ReadArray and value == _INTS:
                    continue  # what is read is integers unless it is said
                if field in named or field == "field":
                    names = value if type(value) is tuple else (value,)
                    prefix = "f:" if field == "function" else "m:" if field == "field" else ""
                    for name in names:
                        key = prefix + name
                        pieces.append(f"{prefix}v{numbers.setdefault(key, len(numbers))}")
                else:
                    add(value)

    def add_type(node: Type) -> None:
        pieces.append(node.kind)
        if node.name:
            pieces.append(str(records[node.name]))
        for inner in (node.key, node.element):
            if inner is not None:
                add_type(inner)

    records = {record.name: index for index, record in enumerate(program.records)}
    for record in program.records:
        pieces.append("record")
        for member in record.fields:
            add_type(member.type)
    functions = {f"f:{function.name}": index for index, function in enumerate(program.functions)}
    for function in program.functions:
        numbers = dict(functions)
        pieces.append("def")
        for parameter in function.parameters:
            pieces.append(f"v{numbers.setdefault(parameter.name, len(numbers))}")
            add_type(parameter.type)
        add_type(function.result)
        add(function.body)
    numbers = dict(functions)
    pieces.append("main")
    add(program.main)
    return " ".join(pieces)
