"""Main parts: what a program does with a function, by the function's signature.

Each function here takes the `Draw` of the program and the name of a function that the program has, and returns
the whole program in the notation. A family that brings a function is thereby used in many ways: on one input or
several, over a range, on the result of another function, as the input of one.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegym.problems.procedural.draw import Draw


@dataclass
class _Lent(Exception):  # noqa: N818  # it carries an answer out of a family, and is caught where it was asked for
    """A function that a family would have used: its name, and the bounds of what it is given."""

    name: str
    low: int
    high: int
    alphabet: str = ""


def _borrow(draw: Draw, kind: str, low: int, high: int, alphabet: str = "") -> _Lent | None:
    """Returns another family's function for arguments within bounds, or None where none suit both."""
    from codegym.problems.procedural.families.registry import FAMILIES, LENDERS

    name = draw.choice(*LENDERS[kind])
    records, functions = dict(draw.records), dict(draw.functions)
    draw.lending = kind
    try:
        FAMILIES[name](draw)
    except _Lent as lent:
        low, high = max(low, lent.low), min(high, lent.high)
        if low > high or alphabet != lent.alphabet:
            draw.records, draw.functions = records, functions
            return None
        draw.borrowed.append(name)
        return _Lent(lent.name, low, high, alphabet)
    finally:
        draw.lending = ""
    raise ValueError(f"Family {name!r} says that it lends a function for {kind!r}, and does not.")


def _two_functions(draw: Draw, value: str, other: str, reads: str) -> str:
    """Returns a program that says something about the values of two functions of the same input."""
    words = verdicts(draw)
    first, second, equal = draw.choice(("first", "second", "equal"), ("left", "right", "same"), ("A", "B", "tie"))
    return draw.program(
        reads
        + draw.choice(
            f"print({value}, {other})\n",
            f"print({value})\nprint({other})\n",
            f"first = {value}\nsecond = {other}\n" + say(draw, draw.choice("first + second", "first - second")),
            f"first = {value}\nsecond = {other}\n" + say(draw, draw.choice("max(first, second)", "min(first, second)")),
            f'first = {value}\nsecond = {other}\nif first > second:\n    print("{first}")\n'
            f'elif first < second:\n    print("{second}")\nelse:\n    print("{equal}")\n',
            f"first = {value}\nsecond = {other}\nif {draw.signed_condition('first', 20)}:\n    print({words[0]})\n"
            f"else:\n    print({draw.choice('second', 'first, second', 'second - first')})\n",
        )
    )


def number_function(draw: Draw, f: str, low: int, high: int, *, large: bool = False) -> str:
    """Uses a function from a number that is not negative to another.

    Args:
        draw: The choices of the program.
        f: Name of the function.
        low: Least argument.
        high: Greatest argument.
        large: Whether results can be too large to be added up or multiplied.
    """
    if draw.lending:
        raise _Lent(f, low, high)
    if draw.harder(0.06, 0.34) and (other := _borrow(draw, "number_function", low, high)):
        return _two_functions(draw, f"{f}(n)", f"{other.name}(n)", f"n = read_int({other.low}, {other.high})\n")
    one = f"n = read_int({low}, {high})\n"
    short = min(high, low + 12)
    several = f"n = read_int(1, {draw.scale(5, 9)})\nxs = read_array(n, {low}, {high})\n"
    pair = f"a, b = read_int({low}, {high})\n"
    words = verdicts(draw)
    match draw.integer(0, 11):
        case 0:
            g = draw.number_map()
            return draw.program(one + say(draw, f"{g}({f}(n))", "n"))
        case 1:
            line = draw.choice(f"print(i, {f}(i))", f'print(f"{{i}}: {{{f}(i)}}")', f'print(f"{{i}} -> {{{f}(i)}}")')
            guard = (
                f"    if {draw.condition('i', short)}:\n        {line}\n" if draw.harder(0.3, 0.8) else f"    {line}\n"
            )
            return draw.program(f"n = read_int({low}, {short})\nfor i in range({low}, n + 1):\n{guard}")
        case 2 if not large:
            if draw.chance(0.6):
                condition, added = draw.condition("i", short), draw.choice("value", "value + i")
            else:
                condition, added = draw.condition("value", 50), draw.choice("value", "value + i", "1")
            return draw.program(
                f"a, b = read_int({low}, {short})\ntotal = 0\nfor i in range(min(a, b), max(a, b) + 1):\n"
                f"    value = {f}(i)\n    if {condition}:\n        total += {added}\n" + say(draw, "total")
            )
        case 3:
            g = draw.choice("", draw.number_map())
            inner = f"{g}({f}(x))" if g else f"{f}(x)"
            return draw.program(several + f"for x in xs:\n    print({draw.choice('x, ', '')}{inner})\n")
        case 4:
            compare = draw.choice(">", "<", ">=", "<=")
            return draw.program(
                several
                + f"best = xs[0]\nfor x in xs:\n    if {f}(x) {compare} {f}(best):\n        best = x\n"
                + say(draw, draw.choice("best", f"{f}(best)"))
            )
        case 5:
            return draw.program(
                several + f"count = 0\nfor x in xs:\n    value = {f}(x)\n    if {draw.condition('value', 40)}:\n"
                f"        count += 1\n" + say(draw, "count")
            )
        case 6:
            return draw.program(
                one + f"value = {f}(n)\nif {draw.condition('value', 60)}:\n    print({words[0]})\n"
                f"else:\n    print({draw.choice(words[1], 'value')})\n"
            )
        case 7:
            first, second, equal = draw.choice(
                ("first", "second", "equal"), ("left", "right", "same"), ("A", "B", "tie")
            )
            return draw.program(
                pair + f'first = {f}(a)\nsecond = {f}(b)\nif first > second:\n    print("{first}")\n'
                f'elif first < second:\n    print("{second}")\nelse:\n    print("{equal}")\n'
            )
        case 8:
            return draw.program(
                f"n = read_int({low}, {high})\nanswer = -1\nfor i in range({low}, min(n, {low + 40}) + 1):\n"
                f"    value = {f}(i)\n    if {draw.condition('value', 30)}:\n        answer = i\n"
                + draw.choice("        break\n", "")
                + say(draw, "answer")
            )
        case 9:
            g = draw.number_map()
            operator = draw.choice("+", "-")
            return draw.program(one + say(draw, f"{f}(n) {operator} {g}(n)", "n"))
        case 10:
            return draw.program(
                f"n = read_int({low}, {short})\nresult: list[int] = []\nfor i in range({low}, n + 1):\n"
                f"    value = {f}(i)\n    if {draw.condition('value', 30)}:\n"
                f"        result.append({draw.choice('i', 'value')})\n"
                'print(len(result))\nprint(" ".join(result))\n'
            )
        case _:
            return draw.program(one + say(draw, f"{f}(n)", "n"))


def number_test(draw: Draw, f: str, low: int, high: int) -> str:
    """Uses a function from a number that is not negative to a boolean; arguments as for `number_function`."""
    short = min(high, low + 30)
    several = f"n = read_int(1, {draw.scale(5, 10)})\nxs = read_array(n, {low}, {high})\n"
    words = verdicts(draw)
    holds = draw.choice(f"{f}(i)", f"{f}(i)", f"not {f}(i)", f"{f}(i) and {draw.condition('i', short)}")
    match draw.integer(0, 7):
        case 0:
            return draw.program(
                f"n = read_int({low}, {high})\nif {f}(n):\n    print({words[0]})\nelse:\n    print({words[1]})\n"
            )
        case 1:
            return draw.program(
                f"a, b = read_int({low}, {short})\ncount = 0\nfor i in range(min(a, b), max(a, b) + 1):\n"
                f"    if {holds}:\n        count += {draw.choice('1', '1', 'i')}\n" + say(draw, "count")
            )
        case 2:
            return draw.program(
                f"n = read_int({low}, {short})\nresult: list[int] = []\nfor i in range({low}, n + 1):\n"
                f"    if {holds}:\n        result.append({draw.term('i')})\n"
                + draw.choice("", "print(len(result))\n")
                + 'print(" ".join(result))\n'
            )
        case 3:
            g = draw.number_map()
            return draw.program(
                several + f"total = 0\nfor x in xs:\n    if {holds.replace('(i)', '(x)').replace('i ', 'x ')}:\n"
                f"        total += {g}(x)\n" + say(draw, "total")
                if " and " not in holds
                else several
                + f"total = 0\nfor x in xs:\n    if {f}(x):\n        total += {g}(x)\n"
                + say(draw, "total")
            )
        case 4:
            return draw.program(
                f"n = read_int({low}, {high})\nanswer = -1\nfor i in range(min(n, {short}), {low - 1}, -1):\n"
                f"    if {holds}:\n        answer = i\n        break\n" + say(draw, "answer")
            )
        case 5:
            return draw.program(
                several + f"for x in xs:\n    if {f}(x):\n        print(x, {words[0]})\n    else:\n"
                f"        print(x, {words[1]})\n"
            )
        case 6:
            return draw.program(
                several + f"best = 0\nrun = 0\nfor x in xs:\n    if {f}(x):\n        run += 1\n"
                "        best = max(best, run)\n    else:\n        run = 0\n" + say(draw, "best")
            )
        case _:
            g = draw.number_map()
            return draw.program(
                f"n = read_int({low}, {high})\nvalue = {g}(n)\nif {f}(n) {draw.choice('and', 'or')} {f}(value):\n"
                f"    print({draw.choice('value', words[0])})\nelse:\n    print({words[1]})\n"
            )


def list_function(draw: Draw, f: str, low: int, high: int) -> str:
    """Uses a function from an array that is not empty to an integer; elements lie between `low` and `high`."""
    if draw.lending:
        raise _Lent(f, low, high)
    least = draw.choice(1, 1, 2)
    size = draw.scale(6, 11)
    if draw.harder(0.06, 0.34) and (other := _borrow(draw, "list_function", low, high)):
        reads = f"n = read_int({least}, {size})\nxs = read_array(n, {other.low}, {other.high})\n"
        # The first function may change the values, so each is given its own.
        return _two_functions(draw, f"{f}(ys)", f"{other.name}(xs)", f"{reads}ys = xs[:]\n")
    several = f"n = read_int({least}, {size})\nxs = read_array(n, {low}, {high})\n"
    condition = draw.condition if low >= 0 else draw.signed_condition
    match draw.integer(0, 10):
        case 0:
            g = draw.list_summary()
            return draw.program(several + f"print({f}(xs), {g}(xs))\n")
        case 1:
            g = draw.list_summary()
            return draw.program(
                several
                + f"first = {f}(xs)\nsecond = {g}(xs)\n"
                + say(
                    draw,
                    draw.choice("max(first, second)", "min(first, second)", "first + second", "first - second"),
                )
            )
        case 2:
            first, second, equal = draw.choice(
                ("first", "second", "equal"), ("left", "right", "same"), ("A", "B", "tie")
            )
            return draw.program(
                f"n, m = read_int(1, {size})\nxs = read_array(n, {low}, {high})\nys = read_array(m, {low}, {high})\n"
                f'first = {f}(xs)\nsecond = {f}(ys)\nif first > second:\n    print("{first}")\n'
                f'elif first < second:\n    print("{second}")\nelse:\n    print("{equal}")\n'
            )
        case 3:
            return draw.program(
                f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, {low}, {high})\n"
                f"for row in grid:\n    print({f}(row))\n"
            )
        case 4:
            return draw.program(
                f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, {low}, {high})\n"
                f"best = {f}(grid[0])\nfor row in grid:\n    best = {draw.choice('max', 'min')}(best, {f}(row))\n"
                + say(draw, "best")
            )
        case 5:
            return draw.program(
                several + f"for i in range(1, n + 1):\n    print({draw.choice('i, ', '')}{f}(xs[:i]))\n"
            )
        case 6:
            g = draw.choice("sorted(xs)", f"{list_transform(draw)}(xs)")
            return draw.program(several + f"ys = {g}\n" + say(draw, f"{f}(ys)"))
        case 7:
            words = verdicts(draw)
            return draw.program(
                several + f"value = {f}(xs)\nif {draw.signed_condition('value', 30)}:\n    print({words[0]})\n"
                f"else:\n    print({draw.choice(words[1], 'value')})\n"
            )
        case 8:
            return draw.program(
                several
                + f"count = 0\nfor x in xs:\n    if {condition('x')}:\n        count += 1\n"
                + draw.choice(
                    f"print(count)\nprint({f}(xs))\n",
                    f"print(count, {f}(xs))\n",
                    say(draw, f"count + {f}(xs)"),
                )
            )
        case 9:
            return draw.program(
                several
                + f"for i in range(n):\n    xs[i] = {draw.choice('abs(xs[i])', f'min(xs[i], {max(low + 1, high // 2)})', f'max(xs[i], {low + 3})')}\n"
                + say(draw, f"{f}(xs)")
            )
        case _:
            return draw.program(several + say(draw, f"{f}(xs)") + coda(draw, "n", 10))


def list_transform(draw: Draw) -> str:
    """Defines a function from an array that is not empty to an array of the same length, and returns its name."""
    name = draw.name("rearrange", "transform", "adjust")
    body = draw.choice(
        f"ys[i] = xs[(i + {draw.integer(1, 4)}) % len(xs)]",
        "ys[i] = xs[len(xs) - 1 - i]",
        f"ys[i] = xs[i] + {draw.integer(1, 9)} * i",
        f"ys[i] = {draw.choice('max', 'min')}(xs[i], xs[0])",
        "ys[i] = xs[i] - xs[0]",
        "if i > 0:\n            ys[i] = xs[i] - xs[i - 1]\n        else:\n            ys[i] = xs[i]",
    )
    return draw.define(
        f"def {name}(xs: array[int]) -> array[int]:\n"
        f'    """Build a new array from the old one."""\n'
        f"    ys = [0] * len(xs)\n    for i in range(len(xs)):\n        {body}\n    return ys\n"
    )


def list_builder(draw: Draw, f: str, low: int, high: int, *, grows: bool = True) -> str:
    """Uses a function from an array that is not empty to a list (or, if not `grows`, an array) of integers."""
    several = f"n = read_int(1, {draw.scale(6, 11)})\nxs = read_array(n, {low}, {high})\n"
    separator = draw.choice(" ", " ", ", ", ",")
    match draw.integer(0, 5):
        case 0:
            return draw.program(
                several
                + f"result = {f}(xs)\nprint(len(result))\nfor x in result:\n    print(x)\n"
                + coda(draw, "n", 10)
            )
        case 1:
            return draw.program(
                several
                + f"result = {f}(xs)\ntotal = 0\nfor x in result:\n    total += {draw.choice('x', 'abs(x)')}\n"
                + f'print("{separator}".join(result))\n'
                + say(draw, "total")
            )
        case 2:
            return draw.program(
                several
                + f"count = 0\nfor x in {f}(xs):\n    if {draw.signed_condition('x')}:\n        count += 1\n"
                + say(draw, "count")
            )
        case 3:
            return draw.program(
                several + f"result = {f}(xs)\nif len(result) == {draw.integer(0, 2)}:\n    print({verdicts(draw)[1]})\n"
                f'else:\n    print("{separator}".join(result))\n' + coda(draw, "n", 10)
            )
        case 4 if not grows:
            return draw.program(several + f'result = {f}({f}(xs))\nprint("{separator}".join(result))\n')
        case _:
            return draw.program(several + f'print("{separator}".join({f}(xs)))\n' + coda(draw, "n", 10))


def text_function(draw: Draw, f: str, alphabet: str, low: int, high: int) -> str:
    """Uses a function from a string of `low` to `high` characters to an integer that is not negative."""
    if draw.lending:
        raise _Lent(f, low, high, alphabet)
    if draw.harder(0.06, 0.34) and (other := _borrow(draw, "text_function", low, high, alphabet)):
        reads = f'text = read_line("{alphabet}", {other.low}, {other.high})\n'
        return _two_functions(draw, f"{f}(text)", f"{other.name}(text)", reads)
    one = f'text = read_line("{alphabet}", {low}, {high})\n'
    words = verdicts(draw)
    match draw.integer(0, 6):
        case 0:
            g = draw.number_map()
            return draw.program(one + say(draw, f"{g}({f}(text))") + coda(draw, "len(text)", high))
        case 1:
            return draw.program(
                one + f"value = {f}(text)\nif {draw.condition('value', 8)}:\n    print({words[0]})\n"
                f"else:\n    print({draw.choice(words[1], 'value')})\n" + coda(draw, "len(text)", high)
            )
        case 2 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 7)})\nwords = read_words(n)\nfor word in words:\n"
                f"    print({draw.choice('word, ', '')}{f}(word))\n"
            )
        case 3 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 8)})\nwords = read_words(n)\nbest = words[0]\nfor word in words:\n"
                f"    if {f}(word) {draw.choice('>', '<', '>=')} {f}(best):\n        best = word\n" + say(draw, "best")
            )
        case 4 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                'text = read_line("words", 1, 8)\ntotal = 0\nfor word in text.split():\n'
                f"    value = {f}(word)\n    if {draw.condition('value', 8)}:\n        total += {draw.choice('value', '1')}\n"
                + say(draw, "total")
            )
        case 5:
            return draw.program(
                f'text = read_line("{alphabet}", {low}, {high})\nother = read_line("{alphabet}", {low}, {high})\n'
                f"if {f}(text) {draw.choice('==', '>', '<')} {f}(other):\n    print({words[0]})\nelse:\n    print({words[1]})\n"
            )
        case _:
            return draw.program(
                one
                + say(draw, draw.choice(f"{f}(text)", f"{f}(text) * {draw.integer(2, 9)}"))
                + coda(draw, "len(text)", high)
            )


def text_test(draw: Draw, f: str, alphabet: str, low: int, high: int) -> str:
    """Uses a function from a string to a boolean."""
    words = verdicts(draw)
    match draw.integer(0, 4):
        case 0 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 8)})\nwords = read_words(n)\ncount = 0\nfor word in words:\n"
                f"    if {f}(word){draw.choice('', f' and len(word) > {draw.integer(2, 5)}')}:\n        count += 1\n"
                + say(draw, "count")
            )
        case 1 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                'text = read_line("words", 1, 8)\nfor word in text.split():\n'
                f"    if {draw.choice('', 'not ')}{f}(word):\n        print({draw.choice('word', 'word.upper()', 'len(word)')})\n"
            )
        case 2:
            return draw.program(
                f'text = read_line("{alphabet}", {low}, {high})\ncount = 0\nfor i in range(len(text) + 1):\n'
                f"    if {f}(text[{draw.choice(':i', 'i:')}]):\n        count += {draw.choice('1', 'i')}\n"
                + say(draw, "count")
                + coda(draw, "len(text)", high)
            )
        case _:
            return draw.program(
                f'text = read_line("{alphabet}", {low}, {high})\nif {f}(text):\n    print({words[0]})\n'
                f"else:\n    print({words[1]})\n" + coda(draw, "len(text)", high)
            )


def text_map(draw: Draw, f: str, alphabet: str, low: int, high: int) -> str:
    """Uses a function from a string to a string."""
    one = f'text = read_line("{alphabet}", {low}, {high})\n'
    words = verdicts(draw)
    match draw.integer(0, 6):
        case 0 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 7)})\nwords = read_words(n)\nfor i in range(n):\n"
                f"    words[i] = {f}(words[i])\n" + f'print("{draw.choice(" ", "-", ", ")}".join(words))\n'
            )
        case 1:
            return draw.program(
                one
                + f"result = {f}(text)\nif result == text:\n    print({words[0]})\nelse:\n    print(result)\n"
                + coda(draw, "len(text)", high)
            )
        case 2:
            return draw.program(
                one
                + f"result = {f}(text)\nprint({draw.choice('len(result), result', 'result, len(result)')})\n"
                + coda(draw, "len(result)", high)
            )
        case 3:
            return draw.program(
                one
                + f"result = {f}(text)\n"
                + say(draw, draw.choice("result[::-1]", "result.upper()", f"{f}(result)"))
                + coda(draw, "len(result)", high)
            )
        case 4 if alphabet in ("lower", "letters", "mixed"):
            return draw.program(
                'text = read_line("words", 1, 7)\nresult: list[str] = []\nfor word in text.split():\n'
                f"    if len(word) {draw.choice('>', '>=', '<', '!=')} {draw.integer(2, 5)}:\n        result.append({f}(word))\n"
                f'print("{draw.choice(" ", "-", ", ")}".join(result))\n'
            )
        case 5:
            ch = draw.choice("a", "e", "s", "t", "0", "1")
            return draw.program(
                one
                + f'result = {f}(text)\ncount = 0\nfor ch in result:\n    if ch == "{ch}":\n        count += 1\nprint(result)\n'
                + say(draw, "count")
            )
        case _:
            return draw.program(one + say(draw, f"{f}(text)") + coda(draw, "len(text)", high))


def coda(draw: Draw, value: str, high: int) -> str:
    """Returns statements that say something more at the end, about a number that is not negative; or nothing.

    Args:
        draw: The choices of the program.
        value: The number: a variable, or the length of something.
        high: About how large it gets.
    """
    match draw.integer(0, 3):
        case 0:
            return f"print({draw.number_map()}({value}))\n"
        case 1:
            yes, no = verdicts(draw)
            otherwise = draw.choice("", f"else:\n    print({no})\n")
            return f"if {draw.condition(value, high)}:\n    print({draw.choice(yes, yes, value)})\n{otherwise}"
        case 2:
            return f"print({draw.choice(value, f'{value} * {value}', draw.term(value))})\n"
        case _:
            return ""


def say(draw: Draw, value: str, given: str = "") -> str:
    """Returns statements that print a value: alone, by way of a variable, or in a sentence.

    Args:
        draw: The choices of the program.
        value: The expression.
        given: Name of a variable that a sentence may mention.
    """
    label = draw.choice("Result", "Answer", "Value", "Output", "Total", "The result")
    sentences = [f"{label}: {{{value}}}", f"{label} = {{{value}}}", f"{label} is {{{value}}}"]
    if given:
        sentences += [f"{{{given}}}: {{{value}}}", f"{label} for {{{given}}}: {{{value}}}"]
    match draw.integer(0, 5):
        case 0 if not value.isidentifier():
            return f"answer = {value}\nprint(answer)\n" if "answer" not in value else f"print({value})\n"
        case 1 if '"' not in value:
            return f'print(f"{draw.choice(*sentences)}")\n'
        case 2:
            return f'print("{label}:", {value})\n'
        case _:
            return f"print({value})\n"


def verdicts(draw: Draw) -> tuple[str, str]:
    """Returns what a program says when something holds and when it does not, as string constants."""
    yes, no = draw.choice(
        ("yes", "no"), ("YES", "NO"), ("Yes", "No"), ("true", "false"), ("ok", "none"), ("match", "no match")
    )
    return f'"{yes}"', f'"{no}"'
