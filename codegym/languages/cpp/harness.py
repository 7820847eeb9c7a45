"""How tests are appended to C++ programs, and what in a program would spoil them, beside what would in C.

An overloaded operator can make an answer equal to everything. Operators of a program's own types are its own
business, as long as the functions that the test calls return types of the language and its library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from codegym.languages.c import harness as c
from codegym.languages.harness import (
    NEAR,
    Case,
    MarkedMain,
    Token,
    after,
    closing,
    declarations,
    statement_start,
    words,
)

LIBRARY = c.LIBRARY | words(
    """
    accumulate advance all_of any array any_of back_inserter basic_string begin binary_search bitset cerr chrono cin
    complex copy count count_if cout crbegin crend deque distance empty end endl equal equal_range exception
    exchange fill find find_if forward_list function gcd generate get getline greater hash includes initializer_list
    inner_product iota is_permutation is_same is_sorted iter_swap iterator lcm less lexicographical_compare list
    logic_error lower_bound make_pair make_tuple map max max_element merge min min_element minmax mismatch move
    multimap multiset next none_of nth_element nullopt numeric_limits optional ostream ostringstream pair
    partial_sort partition prev priority_queue queue range_error rbegin regex remove_if rend replace reverse rotate
    runtime_error search set shared_ptr size sort stable_sort stack stod stof stoi stol stoll stoul string
    string_view stringstream swap terminate tie to_string transform tuple unique unique_ptr unordered_map
    unordered_multimap unordered_multiset unordered_set upper_bound valarray variant vector weak_ptr wstring
    uncaught_exceptions
    """
)

COMPARING = words("== != < > <= >= <=> ! not && and || or - + * / % & | ^ ~ ,")
"""Operators that can decide what a test finds."""

OWN_TYPE = ("class", "struct", "union", "enum", "using", "concept")


@dataclass(frozen=True)
class Operator:
    """An overloaded operator: its sign, nothing for a conversion; the tokens of its parameters; whether in a class."""

    sign: str
    parameters: Sequence[Token]
    is_member: bool


@dataclass(frozen=True)
class Tampering(c.Tampering):
    """What in a program spoils its test."""

    def __call__(self, case: Case) -> str:
        """Returns it in one sentence, or nothing."""
        directives = c.Directives(case.program)
        return (
            super().__call__(case)
            or of_namespace_std(directives)
            or self.of_types(case, directives.tokens)
            or of_operators(case, directives)
        )

    def of_types(self, case: Case, tokens: Sequence[Token]) -> str:
        """Returns which type of the library it has one of its own for, though the test uses that of the library."""
        outside = c.file_scope(tokens)
        for name in (*after(outside, *OWN_TYPE, "typename"), *typedefs(outside)):
            if name in self.library & case.test_words:
                return f"The program has a type {name} of its own, and the test uses that of the library."
        return ""


def of_namespace_std(directives: c.Directives) -> str:
    """Returns what a program adds to the library: only hash functions are harmless."""
    tokens = directives.tokens
    for place, token in enumerate(tokens):
        if token.text == "namespace" and tokens[place + 1 : place + 2]:
            name = tokens[place + 1].text
            if name in ("std", "__gnu_cxx", "__cxxabiv1") and tokens[place - 1].text != "using":
                opened = place + 2
                if tokens[opened].text == "{" and all(
                    head == "hash" for head in specialised(tokens[opened + 1 : closing(tokens, opened, "{}")])
                ):
                    continue
                return f"The program adds to the namespace {name}."
            if tokens[place + 2 : place + 3] and tokens[place + 2].text == "=":
                return f"The program gives a namespace another name, {name}."
        behind = [following.text for following in tokens[place + 1 : place + 4]]
        if token.text in ("struct", "class", "operator") and behind[:2] == ["std", "::"] and behind[2:] != ["hash"]:
            return "The program specialises a template of the library."
        if token.text == "std" and behind[:1] == ["::"] and behind[1:2] == ["operator"]:
            return "The program specialises an operator of the library."
    macros = {macro.name for macro in directives.macros}
    if macros.intersection(after(tokens, "namespace")) or any("namespace" in macro.body for macro in directives.macros
                                                              if "using" not in macro.body):  # fmt: skip
        return "The program hides the name of a namespace behind a macro."
    return ""


def specialised(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the name of each template that is specialised, and `?` for anything else in these tokens."""
    place = 0
    while place < len(tokens):
        texts = [token.text for token in tokens[place : place + 5]]
        if texts[:1] == [";"]:
            place += 1
            continue
        if texts[:1] == ["template"] and "<" in texts[1:2]:
            place = closing(tokens, place + 1, "<>") + 1
            texts = ["template", "<", ">", *(token.text for token in tokens[place : place + 2])]
        yield texts[4] if texts[3:4] in (["struct"], ["class"]) and len(texts) > 4 else "?"
        while place < len(tokens) and tokens[place].text != "{":
            place += 1
        place = closing(tokens, place, "{}") + 1 if place < len(tokens) else place


def of_operators(case: Case, directives: c.Directives) -> str:
    """Returns what the program does to the operators by which the test compares."""
    tokens = directives.tokens
    macros = {macro.name for macro in directives.macros}
    used = {token.text for token in case.test if token.kind in ("sign", "name")}
    types = own_types(tokens)
    found = [operator for operator in operators(tokens) if not operator.sign or operator.sign in COMPARING & used]
    for operator in found:
        if operator.sign and not operator.is_member and not any(token.text in types for token in operator.parameters):
            return f"The program overloads {operator.sign} for types that are not its own."
    if not found:
        return ""
    outside = c.file_scope(tokens)
    tested = ({token.text for token in outside} | macros) & (case.test_words | {case.entry_point})
    declared = dict(declarations(outside, tested))
    for name in sorted(tested - c.KEYWORDS - LIBRARY - {"std"} - types):
        head = declared.get(name)
        if head is None:
            if name not in macros and not is_variable(outside, name):
                continue
            return f"The program has operators that compare, and {name}, which the test uses, is no plain function."
        returned = {token.text for token in head} - case.test_words
        if unclear := min(returned & (types | {"auto", "decltype", "template"} | macros), default=""):
            return f"The program has operators that compare, and {name} returns {unclear}."
    return ""


def is_variable(outside: Sequence[Token], name: str) -> bool:
    """Returns whether a name is that of a variable, and not only a parameter's."""
    for place, token in enumerate(outside):
        if token.text == name and place:
            head = outside[statement_start(outside, place) : place]
            typed = bool(head) and (head[-1].kind == "name" or head[-1].text in ("*", "&", ">"))
            if typed and sum((part.text == "(") - (part.text == ")") for part in head) == 0:
                return True
    return False


def operators(tokens: Sequence[Token]) -> Iterator[Operator]:
    """Yields each operator that is overloaded."""
    depths: list[bool] = []
    for place, token in enumerate(tokens):
        if token.text == "{":
            head = {part.text for part in tokens[statement_start(tokens, place) : place]}
            depths.append(bool(head & {"class", "struct", "union"}) and ")" not in {tokens[place - 1].text})
        elif token.text == "}" and depths:
            depths.pop()
        elif token.text == "operator":
            opened = place + 1
            while opened < min(len(tokens), place + 30) and (tokens[opened].text != "(" or opened == place + 1):
                opened += 1
            sign = "".join(part.text for part in tokens[place + 1 : opened])
            if sign and (sign[0].isalpha() or sign[0] == "_") and sign not in ("not", "and", "or", "new", "delete"):
                sign = ""  # a conversion
            head = {part.text for part in tokens[statement_start(tokens, place) : place]}
            is_member = (bool(depths) and depths[-1] and "friend" not in head) or "::" in head
            yield Operator(sign, tokens[opened : closing(tokens, opened, within=NEAR)], is_member)


def own_types(tokens: Sequence[Token]) -> set[str]:
    """Returns the names of the types that a program defines, but not of the parameters of its templates."""
    found = set(typedefs(tokens))
    parameters = 0
    for place, token in enumerate(tokens[:-1]):
        if token.text == "<" and tokens[place - 1].text == "template":
            parameters = closing(tokens, place, "<>")
        if token.text in OWN_TYPE and place >= parameters and tokens[place + 1].kind == "name":
            found.add(tokens[place + 1].text)
    return found - c.KEYWORDS - {"std"}


def typedefs(tokens: Sequence[Token]) -> Iterator[str]:
    """Yields the names that `typedef` declares."""
    for place, token in enumerate(tokens):
        if token.text == "typedef":
            end = place
            while end < min(len(tokens), place + NEAR) and tokens[end].text != ";":
                end = closing(tokens, end, "{}") if tokens[end].text == "{" else end
                end += 1
            if tokens[end - 1].kind == "name":
                yield tokens[end - 1].text


APPEND: MarkedMain = replace(c.APPEND, language="cpp", tampering=Tampering(LIBRARY))
