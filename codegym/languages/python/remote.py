"""Tests a program's functions from another process: only plain values pass between the two.

`serve` is the program's side: it runs the program, then does what it is asked. `test` is the harness's side: it runs
the harness with stand-ins (`Remote`) for whatever the harness takes from the program. Numbers, texts and containers
cross as values, rebuilt from the built-in type that they are or inherit from; everything else stays where it is and
is referred to.

What the program's side says is data: it can answer wrongly, but not otherwise than by a wrong value.
"""

from __future__ import annotations

import array
import builtins
import collections
import datetime
import decimal
import fractions
import importlib
import json
import operator
import os
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

BITS_IN_JSON = 64
LINE_LIMIT = 32 << 20
"""Bytes of one document: what a test can take in without running out of memory."""

MUTABLE = (list, dict, set, bytearray, collections.deque)

Encoded = Any
Encoder = Callable[[Any], Encoded]


class ClosedError(BaseException):
    """The program's process is gone; no test can take that for an exception that it expects."""


class Channel:
    """One JSON document a line, both ways."""

    def __init__(self, pipe: int) -> None:
        self._reader = open(pipe, "rb", closefd=False)  # noqa: SIM115
        self._pipe = pipe

    def send(self, document: Encoded) -> None:
        """Writes one document."""
        unsent = memoryview(json.dumps(document).encode("ascii") + b"\n")
        try:
            while unsent:
                unsent = unsent[os.write(self._pipe, unsent) :]
        except OSError as error:
            raise ClosedError from error

    def receive(self) -> Any:
        """Returns the next document.

        Raises:
            ClosedError: There is none, or it is too long.
        """
        line = self._reader.readline(LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise ClosedError
        return json.loads(line)


def encode(value: Any, refer: Encoder) -> Encoded:
    """Returns a value as JSON; `refer` encodes what cannot be passed by value."""
    kind = type(value)
    if value is None or kind in (bool, str) or (kind is float) or (kind is int and value.bit_length() < BITS_IN_JSON):
        return value
    for base, name, parts in BY_VALUE:
        if issubclass(kind, base):
            return {"kind": name, "parts": [encode(part, refer) for part in parts(value)]}
    if kind is types.ModuleType:
        return {"kind": "module", "parts": [value.__name__]}
    if issubclass(kind, collections.abc.Iterator):
        return {"kind": "iterator", "parts": [encode(part, refer) for part in value]}
    return refer(value)


def decode(document: Encoded, resolve: Callable[[dict[str, Any]], Any]) -> Any:
    """Returns the value that a document holds; `resolve` returns what is referred to."""
    if not isinstance(document, dict):
        return document
    kind = document["kind"]
    if kind == "remote":
        return resolve(document)
    return BUILD[kind]([decode(part, resolve) for part in document["parts"]])


def pairs(value: dict[Any, Any]) -> Iterable[Any]:
    """Returns keys and values in turn, asking the built-in type and not what overrides it."""
    return [part for pair in dict.items(value) for part in pair]


def mapping(parts: list[Any]) -> dict[Any, Any]:
    """Returns the dictionary of keys and values in turn."""
    return dict(zip(parts[::2], parts[1::2], strict=True))


def ordered(parts: list[Any]) -> collections.OrderedDict[Any, Any]:
    """Returns the ordered dictionary of keys and values in turn."""
    return collections.OrderedDict(mapping(parts))


def imported(parts: list[Any]) -> Any:
    """Returns a module of the standard library."""
    if parts[0].partition(".")[0] not in sys.stdlib_module_names:
        raise ValueError(parts[0])
    return importlib.import_module(parts[0])


BY_VALUE: tuple[tuple[type, str, Callable[[Any], Iterable[Any]]], ...] = (
    (bool, "bool", lambda value: [bool(int.__index__(value))]),
    (int, "int", lambda value: [int.__format__(value, "x")]),
    (float, "float", lambda value: [float.__float__(value)]),
    (str, "str", lambda value: [str.__str__(value)]),
    (complex, "complex", lambda value: [complex.__complex__(value).real, complex.__complex__(value).imag]),
    (bytes, "bytes", lambda value: [bytes.hex(value)]),
    (bytearray, "bytearray", lambda value: [bytearray.hex(value)]),
    (list, "list", list.__iter__),
    (tuple, "tuple", tuple.__iter__),
    (set, "set", set.__iter__),
    (frozenset, "frozenset", frozenset.__iter__),
    (collections.OrderedDict, "ordered", pairs),
    (dict, "dict", pairs),
    (type({}.keys()), "list", lambda value: list(value)),
    (type({}.values()), "list", lambda value: list(value)),
    (type({}.items()), "list", lambda value: list(value)),
    (collections.deque, "deque", collections.deque.__iter__),
    (range, "range", lambda value: [value.start, value.stop, value.step]),
    (array.array, "array", lambda value: [value.typecode, *array.array.tolist(value)]),
    (decimal.Decimal, "decimal", lambda value: [decimal.Decimal.__str__(value)]),
    (fractions.Fraction, "fraction", lambda value: [value.numerator, value.denominator]),
    (
        datetime.datetime,
        "datetime",
        lambda v: [v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond],
    ),
    (datetime.date, "date", lambda value: [value.year, value.month, value.day]),
    (datetime.time, "time", lambda value: [value.hour, value.minute, value.second, value.microsecond]),
    (datetime.timedelta, "timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
)
"""Types whose values cross: the type, its name, and its parts; a value of a type that inherits crosses as its base."""

BUILD: dict[str, Callable[[list[Any]], Any]] = {
    "bool": lambda parts: parts[0],
    "int": lambda parts: int(parts[0], 16),
    "float": lambda parts: float(parts[0]),
    "str": lambda parts: str(parts[0]),
    "complex": lambda parts: complex(*parts),
    "bytes": lambda parts: bytes.fromhex(parts[0]),
    "bytearray": lambda parts: bytearray.fromhex(parts[0]),
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "ordered": ordered,
    "dict": mapping,
    "deque": collections.deque,
    "range": lambda parts: range(*parts),
    "array": lambda parts: array.array(parts[0], parts[1:]),
    "decimal": lambda parts: decimal.Decimal(parts[0]),
    "fraction": lambda parts: fractions.Fraction(*parts),
    "datetime": lambda parts: datetime.datetime(*parts),
    "date": lambda parts: datetime.date(*parts),
    "time": lambda parts: datetime.time(*parts),
    "timedelta": lambda parts: datetime.timedelta(*parts),
    "iterator": iter,
    "module": imported,
}


def serve(pipe: int, module: types.ModuleType) -> None:
    """Does what the harness asks with the objects of a program, until the harness is gone."""
    channel = Channel(pipe)
    objects: list[Any] = []

    def refer(value: Any) -> Encoded:
        objects.append(value)
        return {"kind": "remote", "object": len(objects) - 1, "type": id(type(value))}

    def resolve(document: dict[str, Any]) -> Any:
        return objects[document["object"]]

    while True:
        try:
            request = channel.receive()
        except ClosedError:
            return
        arguments: list[Any] = []
        try:
            if "name" in request:
                names = module.__dict__
                answer = {"value": encode(names[request["name"]], refer)} if request["name"] in names else {}
            else:
                arguments = [decode(part, resolve) for part in request["arguments"]]
                named = {name: decode(part, resolve) for name, part in request["named"].items()}
                value = OPERATIONS[request["operation"]](*arguments, **named)
                answer = {"value": encode(value, refer)}
                returned = [place for place, part in enumerate(arguments) if part is value]
                if returned and issubclass(type(value), MUTABLE):
                    answer = {"argument": returned[0]}
                changeable = [part if issubclass(type(part), MUTABLE) else None for part in arguments]
                answer["arguments"] = [encode(part, refer) for part in changeable]
        except BaseException as error:
            answer = {
                "raised": [base.__name__ for base in type(error).__mro__],
                "message": [encode(part, lambda _: None) for part in error.args],
            }
        channel.send(answer)


def call(function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    """Calls a function."""
    return function(*arguments, **named)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "instance": lambda kind, value: isinstance(value, kind),
    "str": str,
    "repr": repr,
    "len": len,
    "iter": lambda value: iter(list(value)),
    "bool": bool,
    "hash": hash,
    "int": int,
    "float": float,
    **{
        name: getattr(operator, name)
        for name in [
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "add",
            "sub",
            "mul",
            "truediv",
            "floordiv",
            "mod",
            "pow",
            "and_",
            "or_",
            "xor",
            "lshift",
            "rshift",
            "neg",
            "pos",
            "abs",
            "invert",
            "getitem",
            "setitem",
            "delitem",
        ]
    },
}
"""What the harness may have done with the program's objects."""


class Program:
    """The harness's end of the channel to a program."""

    def __init__(self, pipe: int) -> None:
        self._channel = Channel(pipe)

    def get(self, name: str) -> tuple[bool, Any]:
        """Returns whether the program defines a name, and what it stands for."""
        answer = self._ask({"name": name})
        return "value" in answer, self._decode(answer["value"]) if "value" in answer else None

    def operate(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """Has an operation done in the program's process, and returns its result."""
        request = {
            "operation": operation,
            "arguments": [encode(argument, self._refer) for argument in arguments],
            "named": {name: encode(argument, self._refer) for name, argument in named.items()},
        }
        answer = self._ask(request)
        if "raised" in answer:
            raise self._exception(answer)
        for argument, changed in zip(arguments, answer["arguments"], strict=True):
            if issubclass(type(argument), MUTABLE) and changed is not None:
                replace(argument, self._decode(changed))
        if "argument" in answer:  # not equal to it: the same object, which a later call may change
            return arguments[answer["argument"]]
        return self._decode(answer["value"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self._channel.send(request)
        answer = self._channel.receive()
        if not isinstance(answer, dict):
            raise ClosedError
        return answer

    def _refer(self, value: Any) -> Encoded:
        if type(value) is Remote:
            return {"kind": "remote", "object": object.__getattribute__(value, "_object")}
        raise TypeError(f"a {type(value).__name__} of the test cannot be passed to the program")

    def _decode(self, document: Encoded) -> Any:
        return decode(document, lambda reference: Remote(self, reference["object"], reference["type"]))

    def _exception(self, answer: dict[str, Any]) -> BaseException:
        """Returns the exception that the program raised, as the nearest built-in one."""
        message = [self._decode(part) for part in answer["message"]]
        for name in answer["raised"]:
            kind = getattr(builtins, str(name), None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                try:
                    return kind(*message)
                except TypeError:
                    continue
        return ClosedError("the program ended itself")


def replace(value: Any, changed: Any) -> None:
    """Makes a container hold what another one holds."""
    if isinstance(value, list | bytearray) and isinstance(changed, list | bytearray):
        value[:] = changed
    elif isinstance(value, dict | set) and isinstance(changed, dict | set):
        value.clear()
        value.update(changed)
    elif isinstance(value, collections.deque):
        value.clear()
        value.extend(changed)


def _forward(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *arguments: Any) -> Any:
        return object.__getattribute__(self, "_program").operate(operation, self, *arguments)

    return method


def _among(operation: str) -> Callable[..., Any]:
    """Returns a method for two objects of the program; values of the test's own are no business of such objects.

    `abs(answer - 0.5) < 1e-6` would be for the program to decide, if it had a say in what its answer minus 0.5 is.
    """

    def method(self: Remote, other: Any) -> Any:
        if type(other) is not Remote:
            return NotImplemented
        return object.__getattribute__(self, "_program").operate(operation, self, other)

    return method


class Remote:
    """Stands for an object of the program: a function, a class, an instance of one."""

    __slots__ = ("_object", "_program", "_type")

    def __init__(self, program: Program, number: int, kind: int) -> None:
        object.__setattr__(self, "_program", program)
        object.__setattr__(self, "_object", number)
        object.__setattr__(self, "_type", kind)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Calls the program's function."""
        return object.__getattribute__(self, "_program").operate("call", self, *arguments, **named)

    def __eq__(self, other: object) -> bool:
        """Compares with another object of the same type, as that type wants; nothing else is equal to it."""
        if type(other) is not Remote:
            return False
        if object.__getattribute__(self, "_type") != object.__getattribute__(other, "_type"):
            return False
        return bool(object.__getattribute__(self, "_program").operate("eq", self, other))

    def __ne__(self, other: object) -> bool:
        """Is the opposite of equality."""
        return not self == other

    def __contains__(self, item: object) -> bool:
        """Looks through the elements."""
        return any(element == item for element in self)

    __hash__ = _forward("hash")
    __getattribute__ = _forward("getattr")
    __setattr__ = _forward("setattr")
    __delattr__ = _forward("delattr")
    __instancecheck__ = _forward("instance")
    __str__ = _forward("str")
    __repr__ = _forward("repr")
    __len__ = _forward("len")
    __iter__ = _forward("iter")
    __bool__ = _forward("bool")
    __int__ = _forward("int")
    __float__ = _forward("float")
    __getitem__ = _forward("getitem")
    __setitem__ = _forward("setitem")
    __delitem__ = _forward("delitem")
    __lt__ = _among("lt")
    __le__ = _among("le")
    __gt__ = _among("gt")
    __ge__ = _among("ge")
    __neg__ = _forward("neg")
    __pos__ = _forward("pos")
    __abs__ = _forward("abs")
    __invert__ = _forward("invert")


for _symbol, _operation in (
    ("add", "add"),
    ("sub", "sub"),
    ("mul", "mul"),
    ("truediv", "truediv"),
    ("floordiv", "floordiv"),
    ("mod", "mod"),
    ("pow", "pow"),
    ("and", "and_"),
    ("or", "or_"),
    ("xor", "xor"),
    ("lshift", "lshift"),
    ("rshift", "rshift"),
):
    setattr(Remote, f"__{_symbol}__", _among(_operation))


def test(pipe: int, harness: str, entry_point: str, module: types.ModuleType) -> None:
    """Runs a harness in a module, with stand-ins for what it takes from the program.

    A name that Python itself defines is Python's, unless it is the entry point: a program cannot replace `len` for
    its test. A module of the standard library that the program has imported is the real one.
    """
    program = Program(pipe)
    code = compile(harness, "test.py", "exec", dont_inherit=True)
    for name in sorted(names_of(code)):
        if name == entry_point or not (hasattr(builtins, name) or name.startswith("__")):
            defined, value = program.get(name)
            if defined and name != entry_point and name in sys.stdlib_module_names:
                value = importlib.import_module(name)
            if defined:
                module.__dict__[name] = value
    exec(code, module.__dict__)


def names_of(code: types.CodeType) -> set[str]:
    """Returns every global name and attribute that code, and all code in it, mentions."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= names_of(constant)
    return names
