"""Measurements and money: averages, interest, conversions, roots, areas, distances, all with floats."""

from __future__ import annotations

import re
import textwrap
from typing import TypeAlias

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family

_Conversion: TypeAlias = tuple[str, str, str, tuple[int, int], tuple[float, float]]
"""A name, a summary without its full stop, a formula of `x`, between what `x` lies, and the results."""


def _define(draw: Draw, signature: str, summary: str, body: str) -> None:
    """Adds a function; its body is given without indentation."""
    draw.define(f'def {signature}:\n    """{summary}"""\n{textwrap.indent(body, "    ")}')


def _of(text: str, name: str) -> str:
    """Returns a text in `x` as one in a variable of another name."""
    return re.sub(r"\bx\b", name, text)


def _fixed(value: str, decimals: int) -> str:
    """Returns the text of a float, with as many decimals."""
    return f'f"{{{value}:.{decimals}f}}"'


def _say(draw: Draw, value: str, decimals: int) -> str:
    """Returns statements that print a float: alone, by way of a variable, or in a sentence."""
    label = draw.choice("Result", "Value", "Answer", "Output", "The result")
    shown = f"{{{value}:.{decimals}f}}"
    return draw.choice(
        compose.say(draw, _fixed(value, decimals)),
        f'print(f"{label}: {shown}")\n',
        f'print(f"{label} = {shown}")\n',
        f"answer = {value}\nprint({_fixed('answer', decimals)})\n",
    )


def _quarter(draw: Draw, low: float, high: float) -> str:
    """Returns a number between two others that floats hold exactly, so that comparisons with it are certain."""
    return str(draw.integer(round(low * 4), round(high * 4)) / 4)


def _half(draw: Draw, low: float, high: float) -> str:
    """Returns a number with one decimal between two others, which does not add decimals to what has one."""
    return str(draw.integer(round(low * 2), round(high * 2)) / 2)


def _condition(draw: Draw, x: str, low: float, high: float) -> str:
    """Returns a condition on a float, the name of a variable, that lies about between two numbers."""
    quarter = (high - low) / 4
    small, middle, large = (_quarter(draw, low + quarter * k, low + quarter * (k + 1)) for k in range(3))
    if draw.harder(0.1, 0.4):
        return draw.choice(f"{x} < {small} or {x} > {large}", f"{x} > {small} and {x} < {large}", f"{x} <= {middle}")
    distance = _quarter(draw, quarter / 2, quarter * 1.5)
    return draw.choice(
        f"{x} > {middle}",
        f"{x} < {middle}",
        f"{x} >= {large}",
        f"{small} < {x} < {large}",
        f"abs({x} - {middle}) > {distance}",
        f"abs({x} - {middle}) < {distance}",
    )


def _readings(draw: Draw, low: int, high: int) -> str:
    """Returns reads of the `n` floats `xs`: of so few that the mean of numbers with one decimal has no more than three."""
    return f"n = read_int(3, {draw.scale(5, 7)})\nxs = read_floats(n, {low}, {high}, 1)\n"


def _use_summary(draw: Draw, f: str, low: int, high: int, decimals: int, *, level: bool = True) -> str:
    """Uses a function from an array of at least two floats to a float.

    Args:
        draw: The choices of the program.
        f: Name of the function.
        low: Least element.
        high: Greatest element.
        decimals: With how many decimals results are printed.
        level: Whether the result lies between the elements, not near their distances.
    """
    reads = _readings(draw, low, high)
    words = compose.verdicts(draw)
    values = (low, high) if level else (0.0, (high - low) / 2)
    match draw.integer(0, 11):
        case 0:
            return draw.program(reads + _say(draw, f"{f}(xs)", decimals) + compose.coda(draw, "n", 7))
        case 1:
            guard = draw.choice("", f"    if i % {draw.integer(2, 3)} != 0:\n        continue\n")
            line = draw.choice("i, ", "", f"{_fixed('xs[i - 1]', 1)}, ") + _fixed(f"{f}(xs[:i])", decimals)
            return draw.program(f"{reads}for i in range(2, n + 1):\n{guard}    print({line})\n")
        case 2:
            limit = draw.choice("limit", f"limit {draw.choice('+', '-')} {_quarter(draw, 0.5, 2)}", "limit * 0.75")
            sign = draw.choice(">", "<")
            added, start = draw.choice(("1", "0"), ("1", "0"), ("x", "0.0"))
            said = compose.say(draw, "count") if added == "1" else _say(draw, "count", 2)
            return draw.program(
                f"{reads}limit = {f}(xs)\ncount = {start}\nfor x in xs:\n    if x {sign} {limit}:\n"
                f"        count += {added}\n" + said
            )
        case 3:
            shown = draw.choice(
                f"print({_fixed('x', 1)}, {words[0]} if x {draw.choice('>', '<')} middle else {words[1]})",
                f"print({_fixed('abs(x - middle)', decimals)})",
                f"print({_fixed('x / middle', decimals)})",
                f"if x {draw.choice('>', '<')} middle:\n        print({_fixed('x', 1)})",
            )
            return draw.program(f"{reads}middle = {f}(xs) + {_quarter(draw, 1, 3)}\nfor x in xs:\n    {shown}\n")
        case 4:
            offset = draw.integer(1, 32)
            formula = draw.choice("x * 3", f"x * 2 + {offset}", f"(x + {offset}) / 3", "x * x", f"abs(x - {offset})")
            change = f"ys[i] = {formula.replace('x', 'xs[i]')}"
            guard = draw.choice("", f"if {_condition(draw, 'xs[i]', low, high)}:")
            body = f"    {guard}\n        {change}\n" if guard else f"    {change}\n"
            start = "xs[:]" if guard else draw.choice("[0.0] * n", "xs[:]")
            return draw.program(f"{reads}ys = {start}\nfor i in range(n):\n{body}" + _say(draw, f"{f}(ys)", decimals))
        case 5:
            return draw.program(
                f"{reads}value = {f}(xs)\nif {_condition(draw, 'value', *values)}:\n    print({words[0]})\n"
                f"else:\n    print({draw.choice(words[1], _fixed('value', decimals))})\n"
            )
        case 6:
            first, second = draw.choice(("first", "second"), ("left", "right"), ("A", "B"))
            more = draw.choice("", f"print({_fixed('abs(one - other)', decimals)})\n")
            return draw.program(
                f"n, m = read_int(3, {draw.scale(5, 7)})\nxs = read_floats(n, {low}, {high}, 1)\n"
                f"ys = read_floats(m, {low}, {high}, 1)\none = {f}(xs)\nother = {f}(ys)\n"
                f'if one {draw.choice(">", "<")} other:\n    print("{first}")\nelse:\n    print("{second}")\n{more}'
            )
        case 7:
            cut = draw.choice("ys[1:]", "ys[:n - 1]", "ys[:n // 2 + 1]")
            both = draw.choice(f"print({_fixed(f'{f}(xs)', decimals)})\n", "")
            return draw.program(f"{reads}ys = sorted(xs)\n{both}" + _say(draw, f"{f}({cut})", decimals))
        case 8:
            lines = [
                f"print({_fixed('min(xs)', 1)}, {_fixed(f'{f}(xs)', decimals)}, {_fixed('max(xs)', 1)})\n",
                f"print({_fixed(f'{f}(xs)', decimals)}, {_fixed('max(xs) - min(xs)', 1)})\n",
                f"print(n, {_fixed('sum(xs)', 1)}, {_fixed(f'{f}(xs)', decimals)})\n",
                f"print({_fixed(f'{f}(xs) / max(xs)', decimals)})\n",
            ]
            return draw.program(reads + draw.choice(*lines) + compose.coda(draw, "n", 7))
        case 9:
            step = draw.choice(
                f"xs[i] = xs[i] * {draw.choice('2', '3')}",
                f"xs[i] = min(xs[i], {_half(draw, (low + high) / 2, high)})",
                f"xs[i] = max(xs[i], {_half(draw, low + 1, (low + high) / 2)})",
                f"xs[i] += {_half(draw, 0.5, 3)}",
                "xs[i] += i * 0.5",
            )
            condition = draw.choice("", f"    if {draw.comparison('i', 5)}:\n    ")
            return draw.program(
                f"{reads}for i in range(n):\n{condition}    {step}\n" + _say(draw, f"{f}(xs)", decimals)
            )
        case 10:
            return draw.program(
                f"{reads}best = {f}(xs[:2])\nfor i in range(2, n):\n"
                f"    best = {draw.choice('max', 'min')}(best, {f}(xs[i - 1:i + 1]))\n" + _say(draw, "best", decimals)
            )
        case _:
            return draw.program(
                f"{reads}count = 0\nfor x in xs:\n    if {_condition(draw, 'x', low, high)}:\n        count += 1\n"
                + draw.choice("print(count)\n", 'print("count:", count)\n', 'print(f"{count} of {n}")\n')
                + _say(draw, f"{f}(xs)", decimals)
            )


def _use_formula(draw: Draw, f: str, bounds: tuple[int, int], results: tuple[float, float], decimals: int) -> str:
    """Uses a function from a float to a float.

    Args:
        draw: The choices of the program.
        f: Name of the function.
        bounds: Between what arguments lie.
        results: About between what results lie, in either order.
        decimals: With how many decimals results are printed.
    """
    low, high = bounds
    least, greatest = min(results), max(results)
    one = f"x = read_float({low}, {high}, 1)\n"
    several = f"n = read_int(2, {draw.scale(4, 8)})\nxs = read_floats(n, {low}, {high}, 1)\n"
    words = compose.verdicts(draw)
    kept = f"if {_condition(draw, 'x', low, high)}:" if draw.harder(0.2, 0.6) else ""
    result = _fixed(f"{f}(x)", decimals)
    match draw.integer(0, 11):
        case 0:
            arrow = f'print(f"{{x:.1f}} {draw.choice("->", "=", "is")} {{{f}(x):.{decimals}f}}")\n'
            return draw.program(one + draw.choice(_say(draw, f"{f}(x)", decimals), arrow))
        case 1:
            stride = max(1, (high - low) // 8)
            line = draw.choice(f"print(i, {_fixed(f'{f}(i)', decimals)})", f'print(f"{{i}}: {{{f}(i):.{decimals}f}}")')
            guard = draw.choice("", f"    if {draw.comparison('i', high)}:\n    ") if low >= 0 else ""
            ranged = draw.choice(
                f"range({low}, n + 1)", f"range({low}, n + 1, {stride})", f"range(n, {low - 1}, -{stride})"
            )
            return draw.program(f"n = read_int({low}, {low + 8 * stride})\nfor i in {ranged}:\n{guard}    {line}\n")
        case 2:
            step = draw.choice("0.5", "0.25", "1.5")
            start = draw.choice(str(low), f"{low + 0.5}")
            body = f"print({_fixed('x', 2)}, {result})"
            if draw.chance(0.5):
                return draw.program(
                    f"n = read_int(1, 8)\nfor i in range(n):\n    x = {start} + i * {step}\n    {body}\n"
                )
            return draw.program(
                f"n = read_int(1, 8)\nx = {float(start)}\nfor i in range(n):\n    {body}\n    x += {step}\n"
            )
        case 3:
            line = draw.choice(f"print({result})", f"print({_fixed('x', 1)}, {result})")
            body = f"    {kept}\n        {line}\n" if kept else f"    {line}\n"
            otherwise = draw.choice("", f"    else:\n        print({words[1]})\n") if kept else ""
            return draw.program(f"{several}for x in xs:\n{body}{otherwise}")
        case 4:
            shown = draw.choice("total", "total / n", "total")
            body = f"    {kept}\n        total += {f}(x)\n" if kept else f"    total += {f}(x)\n"
            return draw.program(f"{several}total = 0.0\nfor x in xs:\n{body}" + _say(draw, shown, decimals))
        case 5:
            which = draw.choice("max", "min")
            body = f"best = {which}(best, {f}(x))"
            body = f"    {kept}\n        {body}\n" if kept else f"    {body}\n"
            more = draw.choice("", f"print({_fixed(f'{f}({which}(xs))', decimals)})\n")
            return draw.program(
                f"{several}best = {f}(xs[0])\nfor x in xs:\n{body}" + _say(draw, "best", decimals) + more
            )
        case 6:
            pair = f"a, b = read_float({low}, {high}, 1)\n"
            value = draw.choice(
                f"abs({f}(a) - {f}(b))",
                f"max({f}(a), {f}(b))",
                f"min({f}(a), {f}(b))",
                f"({f}(a) + {f}(b)) / 2",
                f"{f}((a + b) / 2)",
            )
            return draw.program(pair + _say(draw, value, decimals))
        case 7:
            return draw.program(
                f"{one}value = {f}(x)\nif {_condition(draw, 'value', least, greatest)}:\n    print({words[0]})\n"
                f"else:\n    print({draw.choice(words[1], _fixed('value', decimals))})\n"
            )
        case 8:
            added = draw.choice("1", "1", "i", "i * i")
            return draw.program(
                f"{several}count = 0\nfor i in range(n):\n    value = {f}(xs[i])\n"
                f"    if {_condition(draw, 'value', least, greatest)}:\n        count += {added}\n"
                + compose.say(draw, "count")
            )
        case 9:
            position = draw.choice("i", "i + 1")
            stop = draw.choice("", "        break\n")
            return draw.program(
                f"{several}position = -1\nfor i in range(n):\n    value = {f}(xs[i])\n"
                f"    if {_condition(draw, 'value', least, greatest)}:\n        position = {position}\n{stop}"
                + compose.say(draw, "position")
            )
        case 10:
            return draw.program(
                f"{several}ys: list[float] = []\nfor x in xs:\n    ys.append({f}(x))\n"
                + draw.choice(
                    f"print({_fixed('max(ys)', decimals)}, {_fixed('min(ys)', decimals)})\n",
                    f"print({_fixed('max(ys) - min(ys)', decimals)})\n",
                    f"ordered = sorted(ys)\nfor y in ordered:\n    print({_fixed('y', decimals)})\n",
                    f"for i in range(1, n):\n    print({_fixed('abs(ys[i] - ys[i - 1])', decimals)})\n",
                    f"for i in range(n):\n    print({_fixed('xs[i]', 1)}, {_fixed('ys[i]', decimals)})\n",
                )
            )
        case _:
            low_text, high_text = draw.choice(("low", "high"), ("small", "large"), ("under", "over"))
            first, second = sorted(float(_quarter(draw, least, greatest)) for _ in range(2))
            return draw.program(
                f'{several}for x in xs:\n    value = {f}(x)\n    if value < {first}:\n        print("{low_text}")\n'
                f'    elif value > {second + 0.25}:\n        print("{high_text}")\n'
                f"    else:\n        print({_fixed('value', decimals)})\n"
            )


@family("averages")
def averages(draw: Draw) -> str:
    """What is typical of some measurements."""
    f = draw.name("average", "mean_of", "typical_value", "center", "mean_value")
    low, high = draw.choice((1, 10), (1, 30), (5, 50), (10, 99))
    each = draw.choice("for x in xs:\n", "for i in range(len(xs)):\n    x = xs[i]\n")
    limit = _condition(draw, "x", low, high)
    summary, body = draw.choice(
        ("Average some measurements.", f"total = 0.0\n{each}    total += x\nreturn total / len(xs)\n"),
        ("Average some measurements.", "return sum(xs) / len(xs)\n"),
        (
            "Average measurements, one after the other.",
            "mean = xs[0]\nfor i in range(1, len(xs)):\n    mean += (xs[i] - mean) / (i + 1)\nreturn mean\n",
        ),
        (
            "Average measurements without the largest one.",
            f"total = 0.0\nlargest = xs[0]\n{each}    total += x\n    largest = max(largest, x)\n"
            "return (total - largest) / (len(xs) - 1)\n",
        ),
        (
            "Average measurements without the largest and the smallest, where there are more than two.",
            "if len(xs) < 3:\n    return sum(xs) / len(xs)\nreturn (sum(xs) - max(xs) - min(xs)) / (len(xs) - 2)\n",
        ),
        (
            "Average the measurements that a rule picks.",
            f"total = 0.0\ncount = 0\n{each}    if {limit}:\n        total += x\n        count += 1\n"
            f"if count == 0:\n    return {draw.choice('0.0', 'xs[0]', 'sum(xs) / len(xs)', 'max(xs)')}\nreturn total / count\n",
        ),
        (
            "Average measurements, of which those that a rule picks count twice.",
            f"total = 0.0\nweight_sum = 0\n{each}    if {limit}:\n        total += x * 2\n        weight_sum += 2\n"
            "    else:\n        total += x\n        weight_sum += 1\nreturn total / weight_sum\n",
        ),
        (
            "Average measurements, each weighted with its place.",
            "total = 0.0\nweight_sum = 0\nfor i in range(len(xs)):\n    total += xs[i] * (i + 1)\n    weight_sum += i + 1\n"
            "return total / weight_sum\n",
        ),
        (
            "Compute the root of the mean of the squares.",
            f"total = 0.0\n{each}    total += x * x\nreturn sqrt(total / len(xs))\n",
        ),
        (
            "Compute the harmonic mean of some measurements.",
            f"total = 0.0\n{each}    total += 1 / x\nreturn len(xs) / total\n",
        ),
        ("Find the middle between the largest and the smallest measurement.", "return (max(xs) + min(xs)) / 2\n"),
        (
            "Find the median of some measurements.",
            "ys = sorted(xs)\nmiddle = len(ys) // 2\nif len(ys) % 2 == 1:\n    return ys[middle]\n"
            "return (ys[middle - 1] + ys[middle]) / 2\n",
        ),
        (
            "Average how much measurements differ from the ones before them.",
            "total = 0.0\nfor i in range(1, len(xs)):\n    total += abs(xs[i] - xs[i - 1])\nreturn total / (len(xs) - 1)\n",
        ),
        (
            "Average the squares of some measurements and divide that by their average.",
            f"squares = 0.0\ntotal = 0.0\n{each}    squares += x * x\n    total += x\nreturn squares / total\n",
        ),
    )
    _define(draw, f"{f}(xs: array[float]) -> float", summary, body)
    return _use_summary(draw, f, low, high, 3)


@family("spread-of-measurements")
def spread_of_measurements(draw: Draw) -> str:
    """How far measurements lie from their middle."""
    f = draw.name("deviation", "variation", "scatter", "spread_of", "dispersion")
    low, high = draw.choice((1, 10), (1, 30), (5, 50), (10, 99))
    if draw.chance(0.3):
        summary, body, decimals = _spread_without_middle(draw)
        _define(draw, f"{f}(xs: array[float]) -> float", summary, body)
        return _use_summary(draw, f, low, high, decimals, level=False)
    middle, about = draw.choice(
        ("sum(xs) / len(xs)", "the mean"),
        ("sum(xs) / len(xs)", "the mean"),
        ("(max(xs) + min(xs)) / 2", "the middle of the range"),
        ("sorted(xs)[len(xs) // 2]", "the median"),
        ("mean", "the mean"),
    )
    if middle == "mean":
        mean = draw.name("mean", "average", "mean_of")
        _define(
            draw,
            f"{mean}(xs: array[float]) -> float",
            "Average some measurements.",
            draw.choice(
                "return sum(xs) / len(xs)\n", "total = 0.0\nfor x in xs:\n    total += x\nreturn total / len(xs)\n"
            ),
        )
        middle = f"{mean}(xs)"
    start = f"middle = {middle}\n"
    if middle.startswith("sorted"):
        start = "ys = sorted(xs)\nmiddle = ys[len(ys) // 2]\n"
    divisor, sample = draw.choice(
        ("len(xs)", ""), ("len(xs)", ""), ("(len(xs) - 1)", ", divided by one less than their number")
    )
    each = draw.choice("for x in xs:\n    gap = x - middle\n", "for i in range(len(xs)):\n    gap = xs[i] - middle\n")
    gathered = draw.choice(
        "total += gap * gap\n", "total += gap * gap\n", "total += abs(gap)\n", "total = max(total, abs(gap))\n"
    )
    rule, told = draw.choice(
        *[("", "")] * 3,
        ("    if gap > 0:\n    ", ", taken as zero below it"),
        ("    if gap < 0:\n    ", ", taken as zero above it"),
    )
    if "max(" in gathered:
        result, what, decimals = "total", "largest distance from", 3
    elif "abs(" in gathered:
        result, what, decimals = f"total / {divisor}", "mean distance from", 3
    else:
        # The middle of a range has two decimals, and its square too many.
        result, what, decimals = draw.choice(
            (f"total / {divisor}", "mean squared distance from", 2)
            if "range" not in about
            else (f"sqrt(total) / {divisor}", "root of the sum, by their number, of squared distances from", 3),
            (f"sqrt(total / {divisor})", "root of the mean squared distance from", 2),
            (f"sqrt(total / {divisor})", "root of the mean squared distance from", 3),
            (f"sqrt(total / {divisor}) / middle", "root, relative to it, of the mean squared distance from", 3),
        )
    if divisor not in result:
        sample = ""
    summary = f"Compute the {what} {about}{told}{sample}."
    body = f"{start}total = 0.0\n{each}{rule}    {gathered}return {result}\n"
    _define(draw, f"{f}(xs: array[float]) -> float", summary, body)
    return _use_summary(draw, f, low, high, decimals, level=False)


def _spread_without_middle(draw: Draw) -> tuple[str, str, int]:
    """Returns a summary and a body, and with how many decimals its results are printed."""
    each = draw.choice("for x in xs:\n", "for i in range(len(xs)):\n    x = xs[i]\n")
    squares = f"total = 0.0\nsquares = 0.0\n{each}    total += x\n    squares += x * x\nlevel = total / len(xs)\n"
    pairs = draw.choice(
        "total = 0.0\nfor i in range(len(xs)):\n    for j in range(i):\n        ",
        "total = 0.0\nfor i in range(len(xs) - 1):\n    for j in range(i + 1, len(xs)):\n        ",
    )
    return draw.choice(
        (
            "Compute the mean of the squares less the square of the mean.",
            f"{squares}return squares / len(xs) - level * level\n",
            2,
        ),
        (
            "Compute the root of how much the mean of the squares is above the square of the mean.",
            f"{squares}return sqrt(abs(squares / len(xs) - level * level))\n",
            3,
        ),
        (
            "Average the distances between all pairs of measurements.",
            f"{pairs}total += abs(xs[i] - xs[j])\nreturn total / (len(xs) * (len(xs) - 1) // 2)\n",
            3,
        ),
        (
            "Find the largest distance between two measurements.",
            f"{pairs}total = max(total, abs(xs[i] - xs[j]))\nreturn total\n".replace("total", "largest"),
            3,
        ),
        (
            "Compute the root of the sum, by the number of measurements, of squared distances between two of them.",
            f"{pairs}total += (xs[i] - xs[j]) * (xs[i] - xs[j])\nreturn sqrt(total) / len(xs)\n",
            3,
        ),
        (
            "Find the distance between the largest and the smallest measurement.",
            "return max(xs) - min(xs)\n",
            3,
        ),
    )


@family("compound-interest")
def compound_interest(draw: Draw) -> str:
    """Money that grows, and debts that shrink."""
    if draw.chance(0.3):
        return _debts(draw)
    f = draw.name("grow", "final_balance", "savings", "balance_after", "capital")
    rate = draw.choice("2", "3", "4", "6", "8")
    share = draw.choice(f"{rate} / 100", "rate / 100")
    parameter = ", rate: int" if share == "rate / 100" else ""
    extra = draw.choice("", "", "before", "after", "fee", "bonus", "tiers", "tax")
    interest = draw.choice(
        "balance += balance * {}\n", "balance = balance * (1 + {})\n", "interest = balance * {}\nbalance += interest\n"
    )
    growth = interest.format(share)
    payment = draw.integer(5, 60)
    deposit = draw.choice(
        f"balance += {payment}\n",
        f"balance += {payment} + year\n",
        f"if year % {draw.integer(2, 3)} == 0:\n    balance += {payment}\n",
    )
    step, told = {
        "": (growth, "with compound interest"),
        "before": (deposit + growth, "with compound interest and deposits before it"),
        "after": (growth + deposit, "with compound interest and deposits after it"),
        "fee": (
            f"{growth}if balance {draw.choice('<', '>')} {draw.integer(2, 9) * 100 + 50}:\n    balance -= {draw.integer(2, 9)}\n",
            "with compound interest and a fee",
        ),
        "bonus": (
            f"{growth}if year % {draw.integer(2, 5)} == {draw.choice('0', '1')}:\n    balance += {draw.choice('1.5', '2.75', 'balance * 0.01', '12')}\n",
            "with compound interest and a bonus in some years",
        ),
        "tiers": (
            f"if balance > {draw.integer(3, 9) * 100 + 50}:\n{textwrap.indent(growth, '    ')}else:\n"
            f"    balance += balance * {draw.choice('0.01', '0.02')}\n",
            "with compound interest that depends on the balance",
        ),
        "tax": (
            f"gain = balance * {share}\nbalance += gain * {draw.choice('0.8', '0.6')}\n",
            "with compound interest of which a tax is taken",
        ),
    }[extra]
    if "year" in step or draw.chance(0.6):
        loop = f"for year in range(1, years + 1):\n{textwrap.indent(step, '    ')}"
    else:
        loop = f"while years > 0:\n{textwrap.indent(step, '    ')}    years -= 1\n"
    _define(
        draw,
        f"{f}(balance: float{parameter}, years: int) -> float",
        f"Return what a balance has become after some years, {told}.",
        f"{loop}return balance\n",
    )
    low, high = draw.choice((100, 900), (50, 500), (200, 2000))
    given = "principal, years" if not parameter else "principal, rate, years"
    reads = f"principal = read_int({low}, {high})\nyears = read_int(1, {draw.scale(6, 12)})\n"
    if parameter:
        reads += "rate = read_int(1, 4)\n"
    call = f"{f}({given})"
    yearly = call.replace("years)", "year)")
    words = compose.verdicts(draw)
    main = draw.choice(
        _say(draw, call, 2),
        f"for year in range(1, years + 1):\n    print({draw.choice('year, ', '')}{_fixed(yearly, 2)})\n",
        f"before = float(principal)\nfor year in range(1, years + 1):\n    now = {yearly}\n    print({draw.choice('year, ', '')}{_fixed('now - before', 2)})\n    before = now\n",
        f"gain = {call} - principal\nprint({_fixed('gain', 2)}, {_fixed('gain * 100 / principal', 2)})\n",
        f"gain = {call} - principal\nif gain {draw.choice('>', '<')} principal {draw.choice('* 0.25', '* 0.5', '/ 3', '* 0.1')}:\n    print({words[0]})\nelse:\n    print({_fixed('gain', 2)})\n",
        f"year = 0\nwhile year < {draw.integer(20, 40)} and {yearly} < principal * {draw.choice('1.25', '1.5', '2')}:\n    year += 1\n"
        + compose.say(draw, "year"),
        f"total = 0.0\nfor year in range(1, years + 1):\n    total += {yearly}\n"
        + _say(draw, draw.choice("total", "total / years"), 2),
        f"one = {call}\nother = {call.replace('years', 'years + 1').replace('principal', draw.choice('principal', 'principal - 50.0'))}\nprint({draw.choice(_fixed('abs(other - one)', 2), _fixed('max(one, other)', 2), _fixed('one', 2) + ', ' + _fixed('other', 2))})\n",
    )
    return draw.program(reads + main)


def _debts(draw: Draw) -> str:
    """A debt that is paid back in parts."""
    f = draw.name("months_to_pay", "instalments", "payments_needed", "pay_back")
    rate = draw.choice("0.01", "0.005", "0.012", "0.02")
    pay = draw.choice(
        "debt -= payment\n",
        "debt -= payment + months\n",
        f"debt -= max(payment, debt / {draw.integer(4, 9)})\n",
        "debt -= min(payment, debt)\n",
    )
    charge = f"debt += debt * {rate}\n"
    step = draw.choice(charge + pay, pay + charge, f"{pay}if debt > {draw.integer(1, 4) * 100 + 50}:\n    {charge}")
    test = draw.choice("debt > 0.005", f"debt > {_quarter(draw, 1, 20)}")
    limit = draw.integer(24, 60)
    counted = f"months = 0\nwhile {test} and months < {limit}:\n{textwrap.indent(step, '    ')}"
    result, kind, told, start, gathered = draw.choice(
        ("months", "int", f"Count the months, at most {limit}, until a debt is paid back", "", ""),
        ("months", "int", f"Count the months, at most {limit}, until a debt is paid back", "", ""),
        ("debt", "float", f"Return what is left of a debt when it is paid back or {limit} months are over", "", ""),
        (
            "highest",
            "float",
            f"Find the highest debt after any of at most {limit} months of paying back",
            "highest = 0.0\n",
            "    highest = max(highest, debt)\n",
        ),
    )
    _define(
        draw,
        f"{f}(debt: float, payment: int) -> {kind}",
        f"{told}, with interest.",
        f"{start}{counted}{gathered}    months += 1\nreturn {result}\n",
    )
    low, high = draw.choice((100, 500), (200, 900))
    reads = f"debt = read_int({low}, {high})\npayment = read_int(10, {draw.scale(40, 90)})\n"
    call = f"{f}(debt, payment)"
    words = compose.verdicts(draw)

    def show(value: str) -> str:
        return value if kind == "int" else _fixed(value, 2)

    more = f"{f}(debt, payment + {draw.integer(5, 30)})"
    condition = draw.comparison("value", 30) if kind == "int" else f"value > {draw.integer(2, 9) * 10 + 5}"
    main = draw.choice(
        f"print({show(call)})\n",
        f'print("after:", {show(call)})\n',
        f"value = {call}\nif {condition}:\n    print({words[0]})\nelse:\n    print({show('value')})\n",
        f"print({show(call)}, {show(more)})\n",
        f"for extra in range({draw.integer(2, 4)}):\n    print({draw.choice('extra, ', 'payment + extra * 10, ')}{show(f'{f}(debt, payment + extra * 10)')})\n",
        f"one = {call}\nother = {f}(debt * {draw.choice('0.75', '1.25', '1.5')}, payment)\nprint({show('max(one, other)')})\n",
    )
    return draw.program(reads + main)


@family("unit-conversion")
def unit_conversion(draw: Draw) -> str:
    """Temperatures, lengths, weights, money and times in other units."""
    theme, unit = draw.choice(
        *[(_temperature, "degrees")] * 2,
        (_factor, "quantity"),
        (_money, "money"),
        (_consumption, "litres"),
        (_tax, "price"),
        (_hours, "hours"),
    )
    name, summary, formula, bounds, results = theme(draw)
    low, high = bounds
    f = draw.name(name)
    limit = _quarter(draw, low + 1, high - 1)
    condition = _condition(draw, "x", low, high)
    start, change, told = draw.choice(
        ("", "", ""),
        ("", "", ""),
        ("", f"if {condition}:\n    result += {draw.integer(1, 5)}\n", ", with something added where a rule says so"),
        ("", f"if {condition}:\n    result *= {draw.choice('1.2', '0.8', '0.6')}\n", ", scaled where a rule says so"),
        (f"if {condition}:\n    return x\n", "", ", unless a rule leaves it as it is"),
        (f"if x > {limit}:\n    x = {limit}\n", "", f", taking what is above {limit} for {limit}"),
        (f"x = max(x, {limit})\n", "", f", taking what is below {limit} for {limit}"),
    )
    if change or draw.chance(0.3):
        body = f"{start}result = {formula}\n{change}return result\n"
    else:
        body = f"{start}return {formula}\n"
    _define(draw, f"{f}({unit}: float) -> float", f"{summary}{told}.", _of(body, unit))
    return _use_formula(draw, f, bounds, results, draw.choice(2, 3, 3))


def _temperature(draw: Draw) -> _Conversion:
    low, high = draw.choice((0, 40), (10, 100), (35, 210))
    return draw.choice(
        (
            draw.choice("to_fahrenheit", "fahrenheit_of"),
            "Convert degrees Celsius to Fahrenheit",
            draw.choice("x * 9 / 5 + 32", "x * 1.8 + 32", "32 + 9 * x / 5"),
            (low, high),
            (1.8 * low + 32, 1.8 * high + 32),
        ),
        (
            draw.choice("to_celsius", "celsius_of"),
            "Convert degrees Fahrenheit to Celsius",
            draw.choice("(x - 32) * 5 / 9", "(x - 32) / 1.8", "5 * (x - 32) / 9"),
            (low, high),
            ((low - 32) / 1.8, (high - 32) / 1.8),
        ),
        ("to_kelvin", "Convert degrees Celsius to Kelvin", "x + 273.15", (low, high), (low + 273, high + 273)),
    )


def _factor(draw: Draw) -> _Conversion:
    low, high = draw.choice((1, 50), (5, 100), (1, 20))
    name, summary, operator, factor = draw.choice(
        ("to_inches", "Convert centimetres to inches", "/", 2.54),
        ("to_centimetres", "Convert inches to centimetres", "*", 2.54),
        ("to_miles", "Convert kilometres to miles", "/", 1.609344),
        ("to_pounds", "Convert kilograms to pounds", "/", 0.45359237),
        ("to_metres", "Convert feet to metres", "*", 0.3048),
        ("to_knots", "Convert kilometres an hour to knots", "/", 1.852),
        ("to_litres", "Convert gallons to litres", "*", 3.7854),
    )
    scale = factor if operator == "*" else 1 / factor
    return name, summary, f"x {operator} {factor}", (low, high), (low * scale, high * scale)


def _money(draw: Draw) -> _Conversion:
    low, high = draw.choice((5, 80), (10, 200))
    rate = draw.choice(1.08, 0.92, 7.45, 1.27, 11.3)
    fee, share = draw.integer(1, 4), draw.choice(0.98, 0.99, 0.97)
    formula, told = draw.choice(
        (f"x * {rate}", ""),
        (f"(x - {fee}) * {rate}", f" and a fee of {fee}"),
        (f"x * {rate} * {share}", f", of which {share} is paid out"),
        (f"x / {rate}", " in the other direction"),
    )
    results = (low / rate, high / rate) if " / " in formula else (low * rate, high * rate)
    name = draw.choice("exchange", "exchanged", "in_other_currency")
    return name, f"Exchange money at a rate of {rate}{told}", formula, (low, high), results


def _consumption(draw: Draw) -> _Conversion:
    tank = draw.integer(35, 70)
    return draw.choice(
        (
            "miles_per_gallon",
            "Convert litres on a hundred kilometres to miles from a gallon",
            "235.215 / x",
            (4, 20),
            (11.0, 58.0),
        ),
        (
            "reach",
            f"Return how far a tank of {tank} litres lasts at a consumption on a hundred kilometres",
            draw.choice(f"{tank} / x * 100", f"{tank} / (x / 100)", f"100 * {tank} / x"),
            (4, 20),
            (tank * 5.0, tank * 25.0),
        ),
        (
            "kilometres_per_litre",
            "Convert litres on a hundred kilometres to kilometres from a litre",
            draw.choice("100 / x", "1 / (x / 100)"),
            (4, 20),
            (5.0, 25.0),
        ),
    )


def _tax(draw: Draw) -> _Conversion:
    tax = draw.choice(7, 8, 19, 20)
    bounds = draw.choice((2, 90), (10, 300))
    name, summary, formula, scale = draw.choice(
        ("gross_price", f"Add a tax of {tax} percent to a price", f"x * (1 + {tax} / 100)", 1 + tax / 100),
        ("gross_price", f"Add a tax of {tax} percent to a price", f"x + x * {tax} / 100", 1 + tax / 100),
        ("net_price", f"Take a tax of {tax} percent out of a price", f"x / (1 + {tax} / 100)", 1 / (1 + tax / 100)),
        ("tax_on", f"Return the tax of {tax} percent on a price", f"x * {tax} / 100", tax / 100),
    )
    return name, summary, formula, bounds, (bounds[0] * scale, bounds[1] * scale)


def _hours(draw: Draw) -> _Conversion:
    hours, wage = draw.integer(6, 10), draw.choice("12.5", "15.75", "11")
    return draw.choice(
        (
            "hand_angle",
            "Return the angle of the hour hand at a time in hours",
            draw.choice("(x - 12) * 30 if x >= 12 else x * 30", "(x if x < 12 else x - 12) / 12 * 360"),
            (1, 23),
            (0.0, 360.0),
        ),
        (
            "wage_for",
            f"Return the wage for hours of work, with more for those after {hours}",
            f"x * {wage} + max(x - {hours}, 0) * {draw.choice('6.25', '3.5', '12.5')}",
            (1, 23),
            (12.0, 400.0),
        ),
        (
            "wage_for",
            f"Return the wage for hours of work, of which no more than {hours} are paid",
            f"min(x, {hours}) * {wage}",
            (1, 23),
            (12.0, 12.0 * hours),
        ),
        (
            "parking_fee",
            f"Return what it costs to park for some hours, with another price from {hours} hours on",
            f"{draw.choice('1.5', '2.25')} * (int(x) + 1) if x < {hours} else {draw.choice('0.75', '1.25')} * int(x) + {draw.integer(9, 15)}",
            (1, 23),
            (2.0, 40.0),
        ),
    )


@family("roots-by-iteration")
def roots_by_iteration(draw: Draw) -> str:
    """Newton's method, and halving an interval, with few steps."""
    f = draw.name("root", "newton_root", "approximate_root", "iterate", "estimate_root")
    low, high = draw.choice((1, 20), (1, 50), (2, 90))
    guess = draw.choice("guess", "r", "estimate")
    what, power, update = draw.choice(
        (
            "square root",
            f"{guess} * {guess}",
            draw.choice(
                f"({guess} + x / {guess}) / 2",
                f"0.5 * ({guess} + x / {guess})",
                f"{guess} - ({guess} * {guess} - x) / (2 * {guess})",
            ),
        ),
        (
            "cube root",
            f"{guess} * {guess} * {guess}",
            draw.choice(
                f"(2 * {guess} + x / ({guess} * {guess})) / 3",
                f"{guess} - ({guess} * {guess} * {guess} - x) / (3 * {guess} * {guess})",
            ),
        ),
    )
    given = draw.chance(0.35)
    most = draw.integer(4, 9)
    steps = "steps" if given else str(most)
    start = draw.choice("x", "x / 2", "1.0", "(x + 1) / 2", "x if x < 9 else x / 3", "1 + x / 4")
    close = draw.choice("0.02", "0.005", "0.05")
    limited, body = draw.choice(
        *[("in", f"{guess} = {start}\nfor i in range({steps}):\n    {guess} = {update}\n")] * 2,
        ("in", f"{guess} = {start}\ni = 0\nwhile i < {steps}:\n    {guess} = {update}\n    i += 1\n"),
        (
            "in at most",
            f"{guess} = {start}\ni = 0\nwhile i < {steps} and abs({power} - x) > {close}:\n"
            f"    {guess} = {update}\n    i += 1\n",
        ),
        (
            "by halving an interval, in",
            f"low = {draw.choice('0.0', '1.0')}\nhigh = {draw.choice('x', 'x + 1')}\n{guess} = (low + high) / 2\n"
            f"for i in range({steps}):\n    if {power} < x:\n        low = {guess}\n    else:\n        high = {guess}\n"
            f"    {guess} = (low + high) / 2\n",
        ),
    )
    result, told = draw.choice(
        *[(guess, "")] * 3,
        (f"abs({power} - x)", ", and tell what its power misses"),
        (f"x / {guess}", ", and divide the number by it"),
    )
    summary = f"Approximate the {what} of a number {limited} {'some' if given else most} steps{told}."
    parameter = ", steps: int" if given else ""
    whole = _of(f"{body}return {result}\n", "number")
    _define(draw, f"{f}(number: float{parameter}) -> float", summary, whole)
    if not given:
        return _use_formula(draw, f, (low, high), (1.0, high**0.5), draw.choice(3, 4))
    words = compose.verdicts(draw)
    other = draw.choice(f"{f}(x, steps)", f"{f}(x, steps + {draw.integer(1, 3)})")
    return draw.program(
        f"x = read_float({low}, {high}, 1)\nsteps = read_int(1, {most})\n"
        + draw.choice(
            _say(draw, other, 4),
            f"for i in range(1, steps + 1):\n    print({draw.choice('i, ', '')}{_fixed(f'{f}(x, i)', 4)})\n",
            f"before = {f}(x, 0)\nfor i in range(1, steps + 1):\n    now = {f}(x, i)\n"
            f"    print({_fixed('abs(now - before)', 4)})\n    before = now\n",
            f"one = {f}(x, 1)\nother = {other}\nif abs(one - other) {draw.choice('<', '>')} {close}:\n"
            f"    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('other', 4))})\n",
            f"used = 0\nwhile used < 20 and abs({f}(x, used + 1) - {f}(x, used)) > {close}:\n    used += 1\n"
            f"print({draw.choice('used', 'used, ' + _fixed(f'{f}(x, used)', 4))})\n",
            f"total = 0.0\nfor i in range(steps):\n    total += {f}(x {draw.choice('+', '*')} {draw.choice('1.5', '2')}, i)\n"
            + _say(draw, "total", 3),
        )
    )


@family("polynomials-at-floats")
def polynomials_at_floats(draw: Draw) -> str:
    """Polynomials and their slopes at numbers with decimals."""
    f = draw.name("evaluate", "polynomial", "value_at", "horner", "poly_at")
    order = draw.choice("from the highest power down", "from the lowest power up")
    if order == "from the highest power down":
        summary, body = draw.choice(
            (
                "Evaluate a polynomial whose coefficients are given",
                "result = 0.0\nfor c in coefficients:\n    result = result * x + c\nreturn result\n",
            ),
            (
                "Evaluate a polynomial whose coefficients are given",
                "result = float(coefficients[0])\nfor i in range(1, len(coefficients)):\n    result = result * x + coefficients[i]\nreturn result\n",
            ),
            (
                "Compute the slope of a polynomial whose coefficients are given",
                "slope = 0.0\nresult = 0.0\nfor c in coefficients:\n    slope = slope * x + result\n    result = result * x + c\nreturn slope\n",
            ),
            (
                "Compute the slope of a polynomial whose coefficients are given",
                "slope = 0.0\nn = len(coefficients)\nfor i in range(n - 1):\n    slope = slope * x + coefficients[i] * (n - 1 - i)\nreturn slope\n",
            ),
            (
                "Find the largest amount on the way of Horner's method for coefficients",
                "result = 0.0\nlargest = 0.0\nfor c in coefficients:\n    result = result * x + c\n    largest = max(largest, abs(result))\nreturn largest\n",
            ),
        )
    else:
        rule = draw.choice(
            f"coefficients[i] {draw.choice('>', '<')} 0",
            f"i % 2 == {draw.choice(0, 1)}",
            f"abs(coefficients[i]) > {draw.integer(1, 4)}",
        )
        summary, body = draw.choice(
            (
                "Evaluate a polynomial whose coefficients are given",
                "result = 0.0\npower = 1.0\nfor c in coefficients:\n    result += c * power\n    power *= x\nreturn result\n",
            ),
            (
                "Evaluate a polynomial whose coefficients are given",
                "result = 0.0\nfor i in range(len(coefficients) - 1, -1, -1):\n    result = result * x + coefficients[i]\nreturn result\n",
            ),
            (
                "Compute the slope of a polynomial whose coefficients are given",
                "slope = 0.0\npower = 1.0\nfor i in range(1, len(coefficients)):\n    slope += i * coefficients[i] * power\n    power *= x\nreturn slope\n",
            ),
            (
                "Integrate a polynomial from zero to a number; its coefficients are given",
                "area = 0.0\npower = x\nfor i in range(len(coefficients)):\n    area += coefficients[i] * power / (i + 1)\n    power *= x\nreturn area\n",
            ),
            (
                "Add up the terms that a rule picks of a polynomial whose coefficients are given",
                f"result = 0.0\npower = 1.0\nfor i in range(len(coefficients)):\n    if {rule}:\n        result += coefficients[i] * power\n    power *= x\nreturn result\n",
            ),
        )
    kind = draw.choice("int", "int", "float")
    if kind == "float":
        body = body.replace("float(coefficients[0])", "coefficients[0]")
    _define(draw, f"{f}(coefficients: array[{kind}], t: float) -> float", f"{summary} {order}.", _of(body, "t"))
    low, high = draw.choice((-5, 5), (-9, 9), (0, 6))
    d = draw.choice(3, 4)
    reads = f"n = read_int(2, {draw.scale(4, 5)})\ncoefficients = read_array(n, {low}, {high})\n"
    if kind == "float":
        reads = f"n = read_int(2, 4)\ncoefficients = read_floats(n, {low}, {high}, 1)\n"
    at = f"x = read_float({draw.choice('-2', '0', '1')}, {draw.choice('2', '3')}, 1)\n"
    words = compose.verdicts(draw)
    call = f"{f}(coefficients, x)"
    step = draw.choice("0.5", "0.1", "0.2")
    start = draw.choice("0.0", "-1.0", "1.0")
    shown = draw.choice(
        f"print({_fixed('x', 1)}, {_fixed('y', d)})",
        f"if y {draw.choice('>', '<')} {_quarter(draw, -3, 5)}:\n        print({_fixed('x', 1)}, {_fixed('y', d)})",
        f"if abs(y) < {draw.integer(3, 9)}:\n        print({_fixed('y', d)})\n    else:\n        print({words[1]})",
    )
    walk = f"for i in range({draw.integer(4, 7)}):\n    x = {start} + i * {step}\n    y = {call}\n"
    main = draw.choice(
        at + _say(draw, call, d),
        f"{walk}    {shown}\n",
        f"{walk}    {shown}\n",
        f"best = {f}(coefficients, {start})\n{walk}    best = {draw.choice('max(best, y)', 'min(best, y)')}\n"
        + _say(draw, "best", d),
        f"total = 0.0\n{walk}    total += {draw.choice('y', 'abs(y)', 'y * y')}\n"
        + _say(draw, draw.choice("total", f"total * {step}"), d),
        f"changes = 0\nbefore = {f}(coefficients, {start} - {step})\n{walk}    if before * y < 0:\n        changes += {draw.choice('1', 'i + 1')}\n    before = y\n"
        + compose.say(draw, "changes"),
        f"{at}y = {call}\nif y {draw.choice('>', '<')} {_quarter(draw, -2, 4)}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('y', d))})\n",
        f"{at}slope = ({f}(coefficients, x + {step}) - {f}(coefficients, x - {step})) / {draw.choice(f'(2 * {step})', step)}\nprint({_fixed('slope', d)})\n",
        f"{at}high = {f}(coefficients, x + {step})\nlow = {f}(coefficients, x - {step})\nprint({draw.choice(_fixed('max(high, low)', d), _fixed('(high + low) / 2', d), _fixed('high', d) + ', ' + _fixed('low', d))})\n",
        f"{at}for k in range(1, n + 1):\n    print({draw.choice('k, ', '')}{_fixed(f'{f}(coefficients[:k], x)', d)})\n",
    )
    return draw.program(reads + main + compose.coda(draw, "n", 5))


@family("numerical-integration")
def numerical_integration(draw: Draw) -> str:
    """Areas under curves, cut into a few strips."""
    curve = draw.name("height", "curve", "f", "density_at")
    # With a division by such a number the areas hardly ever end in a five.
    k = draw.choice(3, 6, 7)
    formula = draw.choice(
        f"x * x / {k}",
        f"1 / (x * x + {k})",
        f"{k} / (x + 1)",
        f"sqrt(x + {k})",
        "x * sqrt(x)",
        f"(x * x + {draw.integer(1, 9)}) / {k}",
        f"(4 * x * x - {draw.integer(2, 5)} * x + {draw.integer(1, 9)}) / {k}",
        f"x * ({k + 8} - x) / 3",
        f"abs(x - {k - 0.5}) / 3",
        f"x * x * x / {k}",
        f"max(x, {k / 2}) / 7",
        f"sqrt(x) if x < {k - 0.75} else x / {k}",
        f"x - sqrt(x) + {draw.integer(1, 9)}",
    )
    _define(
        draw,
        f"{curve}(t: float) -> float",
        "Return the height of a curve at a place.",
        f"return {_of(formula, 't')}\n",
    )
    f = draw.name("area_below", "integral", "area_under", "integrate")
    summary, body = draw.choice(
        *[
            (
                "Approximate an area with trapezoids.",
                draw.choice(
                    f"total = ({curve}(a) + {curve}(b)) / 2\nfor i in range(1, n):\n    total += {curve}(a + i * width)\nreturn total * width\n",
                    f"total = 0.0\nfor i in range(n):\n    x = a + i * width\n    total += ({curve}(x) + {curve}(x + width)) / 2 * width\nreturn total\n",
                    f"total = 0.0\nleft = {curve}(a)\nfor i in range(1, n + 1):\n    right = {curve}(a + i * width)\n    total += (left + right) * width / 2\n    left = right\nreturn total\n",
                ),
            )
        ]
        * 3,
        (
            "Approximate an area with rectangles as high as the curve in their middle.",
            f"total = 0.0\nfor i in range(n):\n    total += {curve}(a + (i + 0.5) * width)\nreturn total * width\n",
        ),
        (
            "Approximate an area with rectangles as high as the curve at their left.",
            f"total = 0.0\nx = a\nfor i in range(n):\n    total += {curve}(x) * width\n    x += width\nreturn total\n",
        ),
        (
            "Approximate an area with rectangles as high as the curve at their right.",
            f"total = 0.0\nfor i in range(1, n + 1):\n    total += {curve}(a + i * width)\nreturn total * width\n",
        ),
        (
            "Approximate an area with rectangles that reach the higher of their two ends.",
            f"total = 0.0\nfor i in range(n):\n    x = a + i * width\n    total += max({curve}(x), {curve}(x + width))\nreturn total * width\n",
        ),
        (
            "Approximate an area with parabolas.",
            f"total = 0.0\nfor i in range(n):\n    x = a + i * width\n    total += {curve}(x) + 4 * {curve}(x + width / 2) + {curve}(x + width)\nreturn total * width / 6\n",
        ),
    )
    _define(draw, f"{f}(a: float, b: float, n: int) -> float", summary, f"width = (b - a) / n\n{body}")
    ends = draw.choice(
        "a = read_float(0, 3, 1)\nb = read_float(4, 9, 1)\n",
        "a = read_int(0, 3)\nb = read_int(4, 9)\n",
        "a = read_float(0, 2, 2)\nb = a + 3\n",
    )
    fixed = draw.integer(3, 7)
    strips, reads = draw.choice((str(fixed), ends), ("n", f"n = read_int(2, {draw.scale(6, 9)})\n{ends}"))
    call = f"{f}(a, b, {strips})"
    words = compose.verdicts(draw)
    part = f"{f}(i, i + {draw.choice('1', '0.5', '2')}, {strips})"
    main = draw.choice(
        _say(draw, call, 3),
        _say(draw, f"{call} / (b - a)", 3),
        f"for i in range({draw.integer(1, 3)}, {strips} + {draw.integer(1, 3)}):\n"
        f"    print({draw.choice('i, ', '')}{_fixed(f'{f}(a, b, i)', 3)})\n",
        f"coarse = {call}\nfine = {f}(a, b, {draw.choice('2', '4')} * {strips})\n"
        + draw.choice(
            f"print({_fixed('fine', 3)}, {_fixed('abs(fine - coarse)', 3)})\n",
            f"print({_fixed('abs(fine - coarse)', 3)})\n",
            f"print({_fixed('(4 * fine - coarse) / 3', 3)})\n",
        ),
        f"middle = (a + b) / 2\nleft = {f}(a, middle, {strips})\nright = {f}(middle, b, {strips})\n"
        f"if left {draw.choice('>', '<')} right{draw.choice('', ' * 0.5', ' * 2')}:\n    print({words[0]})\n"
        f"else:\n    print({draw.choice(words[1], _fixed('right', 3), _fixed('left + right', 3))})\n",
        f"total = 0.0\nfor i in range({fixed}):\n    part = {part}\n    total {draw.choice('+= part', '= max(total, part)')}\n"
        f"    print({draw.choice('', 'i, ')}{_fixed('part', 3)}, {_fixed('total', 3)})\n",
        f"whole = {call}\nend = a + 0.5\nsteps = 0\n"
        f"while steps < 12 and {f}(a, end, {strips}) < whole / {draw.choice('2', '3', '4')}:\n"
        f"    end += 0.5\n    steps += 1\nprint({draw.choice('steps', _fixed('end', 2), 'steps, ' + _fixed('whole', 3))})\n",
        f"surface = {call}\nbox = (b - a) * max({curve}(a), {curve}(b))\n"
        + draw.choice(
            f"print({_fixed('surface / (box + 1)', 3)})\n",
            f"print({_fixed('abs(box - surface)', 3)})\n",
            f"if surface {draw.choice('>', '<')} box {draw.choice('* 0.75', '/ 2')}:\n    print({words[0]})\n"
            f"else:\n    print({_fixed('box', 3)})\n",
        ),
    )
    if part in main:
        main = main.replace(f"range({fixed})", "range(n)").replace(f", {strips})", f", {fixed})")
        reads = "n = read_int(2, 5)\n"
    return draw.program(reads + main)


@family("weighted-grades")
def weighted_grades(draw: Draw) -> str:
    """Grades from scores that count differently much."""
    f = draw.name("final_grade", "weighted_mean", "course_grade", "weighted_score")
    limit = draw.choice(30, 40, 85, 90)
    pick, limited = draw.choice(
        ("scores[i]", ""),
        ("scores[i]", ""),
        (f"min(scores[i], {limit})", f", none taken for more than {limit}")
        if limit > 50
        else (f"max(scores[i], {limit})", f", none taken for less than {limit}"),
    )
    rule = draw.choice(
        f"scores[i] {draw.choice('<', '>=')} {draw.integer(40, 70)}",
        f"weights[i] > {draw.integer(1, 3)}",
        f"i % 2 == {draw.choice(0, 1)}",
    )
    skip, told = draw.choice(
        ("", "Average scores with their weights"),
        ("", "Average scores with their weights"),
        (f"    if {rule}:\n        continue\n", "Average the scores that a rule does not exclude with their weights"),
    )
    loop = f"total = 0\nweight_sum = 0\nfor i in range(len(scores)):\n{skip}    total += {pick} * weights[i]\n    weight_sum += weights[i]\n"
    guard = f"if weight_sum == 0:\n    return {draw.choice('0.0', 'scores[0]', '50.0')}\n" if skip else ""
    ends = [("return total / weight_sum\n", ""), ("return total / weight_sum\n", "")]
    if not skip and not limited:
        ends += [
            (
                "grade = total / weight_sum\nif min(scores) < 50:\n    grade -= 5\nreturn grade\n",
                ", with five less for a score below fifty",
            ),
            (
                f"grade = total / weight_sum\nif max(scores) > {draw.integer(80, 95)}:\n    grade += {draw.choice('2', '1.5')}\nreturn min(grade, 100)\n",
                ", with a bonus for a high score and a limit of 100",
            ),
            ("low = min(scores)\nreturn (total - low) / (weight_sum - 1)\n", ", taking the lowest score out once"),
            ("return (total / weight_sum + max(scores)) / 2\n", ", and average that with the highest score"),
        ]
    end, more = draw.choice(*ends)
    _define(
        draw, f"{f}(scores: array[int], weights: array[int]) -> float", f"{told}{limited}{more}.", loop + guard + end
    )
    letters = draw.chance(0.6)
    if letters:
        g = draw.name("letter", "grade_letter", "mark_of", "classify")
        names = draw.choice(("A", "B", "C", "F"), ("top", "good", "fair", "fail"), ("1", "2", "3", "5"))
        first = draw.integer(78, 90)
        second, third = first - draw.integer(8, 14), first - draw.integer(20, 35)
        body = draw.choice(
            f'if grade >= {first}:\n    return "{names[0]}"\nif grade >= {second}:\n    return "{names[1]}"\nif grade >= {third}:\n    return "{names[2]}"\nreturn "{names[3]}"\n',
            f'if grade < {third}:\n    return "{names[3]}"\nelif grade < {second}:\n    return "{names[2]}"\nelif grade < {first}:\n    return "{names[1]}"\nreturn "{names[0]}"\n',
            f'if grade < {third}:\n    return "{names[3]}"\nreturn "{names[0]}" if grade >= {first} else "{names[1]}"\n',
            f'result = "{names[2]}"\nif grade >= {first}:\n    result = "{names[0]}"\nelif grade < {third}:\n    result = "{names[3]}"\nreturn result\n',
        )
        _define(draw, f"{g}(grade: float) -> str", "Name the class that a grade belongs to.", body)
    reads = f"n = read_int(2, {draw.scale(4, 6)})\nscores = read_array(n, 20, 100)\nweights = read_array(n, 1, 5)\n"
    call = f"{f}(scores, weights)"
    words = compose.verdicts(draw)
    bound = draw.integer(50, 80)
    said = [
        _say(draw, call, 3),
        f"grade = {call}\nif grade {draw.choice('>=', '<')} {bound}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('grade', 3))})\n",
        f"before = {call}\nscores[{draw.choice('0', 'n - 1')}] = {draw.integer(60, 100)}\nafter = {call}\nprint({draw.choice(_fixed('before', 3) + ', ' + _fixed('after', 3), _fixed('abs(after - before)', 3), _fixed('max(before, after)', 3))})\n",
        f"for i in range(n):\n    scores[i] = {draw.choice('min(100, scores[i] + 5)', 'scores[i] * 9 // 10', '100 - scores[i] // 2')}\n"
        + _say(draw, call, 3),
        f"for i in range(2, n + 1):\n    print({draw.choice('i, ', '')}{_fixed(f'{f}(scores[:i], weights[:i])', 3)})\n",
        f"plain = sum(scores) / n\nprint({draw.choice(_fixed('plain', 3) + ', ' + _fixed(call, 3), _fixed(f'abs(plain - {call})', 3))})\n",
        f"grade = {call}\nabove = 0\nfor score in scores:\n    if score {draw.choice('>', '<')} grade:\n        above += {draw.choice('1', 'score')}\nprint(above)\n",
    ]
    students = f"rows, columns = read_int(2, {draw.scale(3, 4)})\ngrid = read_grid(rows, columns, 20, 100)\nweights = read_array(columns, 1, 5)\n"
    each = draw.choice(
        f"for row in grid:\n    print({_fixed(f'{f}(row, weights)', 3)})\n",
        f"best = {f}(grid[0], weights)\nfor row in grid:\n    best = {draw.choice('max', 'min')}(best, {f}(row, weights))\n"
        + _say(draw, "best", 3),
        f"passed = 0\nfor row in grid:\n    if {f}(row, weights) {draw.choice('>=', '<')} {bound}:\n        passed += 1\nprint({draw.choice('passed', 'passed, rows - passed')})\n",
        f"total = 0.0\nfor i in range(rows):\n    total += {f}(grid[i], weights)\n" + _say(draw, "total / rows", 3),
    )
    if letters:
        said += [
            f"grade = {call}\nprint({_fixed('grade', 3)}, {g}(grade))\n",
            f"print({g}({call}))\n",
            f"grade = {call}\nfor i in range(3):\n    print({g}(grade {draw.choice('+', '-')} i * {draw.choice('5', '7.5')}))\n",
        ]
        each = draw.choice(
            f"for row in grid:\n    print({g}({f}(row, weights)))\n",
            f"for row in grid:\n    grade = {f}(row, weights)\n    print({_fixed('grade', 3)}, {g}(grade))\n",
            f"counts: dict[str, int] = {{}}\nfor row in grid:\n    name = {g}({f}(row, weights))\n    counts[name] = counts.get(name, 0) + 1\nfor name in sorted(counts):\n    print(name, counts[name])\n",
            f'count = 0\nfor row in grid:\n    if {g}({f}(row, weights)) {draw.choice("==", "!=")} "{names[0]}":\n        count += 1\n'
            + compose.say(draw, "count"),
        )
        # A class that is not used by the single main parts would be left over.
        said = said[-3:]
    if draw.chance(0.4):
        return draw.program(students + each)
    return draw.program(reads + draw.choice(*said) + compose.coda(draw, "n", 6))


@family("moving-averages")
def moving_averages(draw: Draw) -> str:
    """Measurements that are smoothed."""
    f = draw.name("smooth", "moving_average", "smoothed", "rolling_mean")
    low, high = draw.choice((0, 20), (5, 50), (1, 99))
    k = draw.choice(2, 3, 3, 5)
    share = draw.choice("0.2", "0.3", "0.4", "0.6")
    weight = draw.integer(2, 5)
    kept, told = draw.choice(
        ("ys.append({})\n", ""),
        ("ys.append({})\n", ""),
        (f"ys.append(min({{}}, {_half(draw, (low + high) / 2, high)}))\n", ", with a limit"),
        (f"ys.append({{}} + {_half(draw, 0.5, 3)})\n", ", and add a constant"),
    )
    summary, same_length, body = draw.choice(
        *[
            (
                f"Average each {k} measurements that follow each other",
                False,
                f"for i in range(len(xs) - {k - 1}):\n    total = 0.0\n    for j in range(i, i + {k}):\n"
                f"        total += xs[j]\n    {kept.format(f'total / {k}')}",
            )
        ]
        * 2,
        (
            f"Average each {k} measurements that follow each other, with a sum that moves along",
            False,
            f"total = 0.0\nfor i in range(len(xs)):\n    total += xs[i]\n    if i >= {k}:\n        total -= xs[i - {k}]\n"
            f"    if i >= {k - 1}:\n        {kept.format(f'total / {k}')}",
        ),
        (
            f"Average each measurement with at most {k - 1} before it",
            True,
            f"for i in range(len(xs)):\n    first = max(0, i - {k - 1})\n    total = 0.0\n"
            f"    for j in range(first, i + 1):\n        total += xs[j]\n    {kept.format('total / (i + 1 - first)')}",
        ),
        (
            "Average each measurement with its neighbours",
            True,
            "for i in range(len(xs)):\n    total = xs[i]\n    count = 1\n    if i > 0:\n        total += xs[i - 1]\n"
            "        count += 1\n    if i < len(xs) - 1:\n        total += xs[i + 1]\n        count += 1\n"
            f"    {kept.format('total / count')}",
        ),
        *[
            (
                "Smooth measurements exponentially",
                True,
                "level = xs[0]\nfor x in xs:\n    level "
                + draw.choice(f"+= {share} * (x - level)", f"= {share} * x + (1 - {share}) * level")
                + f"\n    {kept.format('level')}",
            )
        ]
        * 2,
        (
            "Average measurements from the first to each of them",
            True,
            f"total = 0.0\nfor i in range(len(xs)):\n    total += xs[i]\n    {kept.format('total / (i + 1)')}",
        ),
        (
            "Average each measurement with the one before, which counts less",
            False,
            f"for i in range(1, len(xs)):\n    {kept.format(f'(xs[i] * {weight} + xs[i - 1]) / {weight + 1}')}",
        ),
    )
    signature = f"{f}(xs: array[float]) -> list[float]"
    _define(draw, signature, f"{summary}{told}.", f"ys: list[float] = []\n{body}return ys\n")
    least = max(3, k)
    reads = f"n = read_int({least}, {least + draw.scale(2, 5)})\nxs = read_floats(n, {low}, {high}, 1)\nys = {f}(xs)\n"
    condition = _condition(draw, "y", low, high)
    words = compose.verdicts(draw)
    mains = [
        f"for y in ys:\n    print({_fixed('y', 3)})\n",
        f"for i in range(len(ys)):\n    print({draw.choice('i', 'i + 1')}, {_fixed('ys[i]', 3)})\n",
        f"for y in ys:\n    if {condition}:\n        print({_fixed('y', 3)})\n"
        + draw.choice("", f"    else:\n        print({words[1]})\n"),
        f"print({_fixed('max(ys)', 3)}{draw.choice('', ', ' + _fixed('min(ys)', 3), ', ' + _fixed('max(xs)', 1))})\n",
        f"count = 0\nfor y in ys:\n    if {condition}:\n        count += 1\n" + compose.say(draw, "count"),
        f"rises = 0\nfor i in range(1, len(ys)):\n    if ys[i] {draw.choice('>', '<')} ys[i - 1]{draw.choice('', ' + 0.5', ' * 1.1')}:\n        rises += {draw.choice('1', 'i')}\n"
        + compose.say(draw, "rises"),
        "total = 0.0\nfor y in ys:\n    total += y\n" + _say(draw, draw.choice("total", "total / len(ys)"), 3),
        f"last = ys[len(ys) - 1]\nif last {draw.choice('>', '<')} xs[0] + 0.25:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('last', 3))})\n",
        f"run = 0\nbest = 0\nfor y in ys:\n    if {condition}:\n        run += 1\n        best = max(best, run)\n    else:\n        run = 0\n"
        + compose.say(draw, "best"),
    ]
    if same_length:
        mains += [
            f"for i in range(n):\n    print({_fixed('xs[i]', 1)}, {_fixed('ys[i]', 3)})\n",
            "gap = 0.0\nfor i in range(n):\n    gap "
            + draw.choice("+= abs(xs[i] - ys[i])", "= max(gap, abs(xs[i] - ys[i]))")
            + "\n"
            + _say(draw, "gap", 3),
            f"count = 0\nfor i in range(1, n):\n    if xs[i] {draw.choice('>', '<')} ys[i] {draw.choice('+', '-')} 0.25:\n        count += {draw.choice('1', 'i')}\n"
            + compose.say(draw, "count"),
        ]
    return draw.program(reads + draw.choice(*mains) + compose.coda(draw, "n", 8))


@family("distances-with-roots")
def distances_with_roots(draw: Draw) -> str:
    """How far points are apart, and how long ways are."""
    kind, decimals = draw.choice(("int", ""), ("float", ", 1"))
    point = draw.record("Point", "Place", "Position", "Spot", x=kind, y=kind)
    distance = draw.name("distance", "gap", "dist", "length_between")
    formula, measure = draw.choice(
        *[("sqrt(dx * dx + dy * dy)", "Measure how far two points are apart")] * 3,
        ("sqrt(abs(dx) + abs(dy))", "Return the root of how far two points are apart along the axes"),
        ("abs(dx) + abs(dy) - sqrt(dx * dx + dy * dy)", "Return how much longer the way along the axes is"),
        ("sqrt(dx * dx + dy * dy) / 2", "Measure half the distance of two points"),
        ("sqrt(dx * dx + 2 * dy * dy)", "Measure a distance in which the second coordinate counts twice"),
    )
    _define(
        draw,
        f"{distance}(p: {point}, q: {point}) -> float",
        f"{measure}.",
        draw.choice(
            f"dx = p.x - q.x\ndy = p.y - q.y\nreturn {formula}\n",
            f"dx = abs(p.x - q.x)\ndy = abs(p.y - q.y)\nreturn {formula.replace('abs(dx)', 'dx').replace('abs(dy)', 'dy')}\n",
        ),
    )
    low, high = draw.choice((-9, 9), (0, 20), (-20, 20))
    reads = f"n = read_int(3, {draw.scale(4, 7)})\npoints = read_records({point}, n, {low}, {high}{decimals})\n"
    if draw.chance(0.4):
        return draw.program(reads + _distances_from(draw, point, distance, whole=kind == "int"))
    f = draw.name("measure", "summary_of", "length_of", "extent_of")
    skip = draw.choice("", f"    if points[i].x {draw.choice('<', '>')} {draw.integer(-3, 3)}:\n        continue\n")
    legs = f"total = 0.0\nfor i in range(1, len(points)):\n{skip}    total += {distance}(points[i - 1], points[i])\n"
    picked = ", of which a rule leaves out some," if skip else ""
    summary, body = draw.choice(
        (f"Add up the distances between points that follow each other{picked} on a way.", f"{legs}return total\n"),
        (
            f"Add up the distances between points that follow each other{picked} on a way and back to its start.",
            f"{legs}return total + {distance}(points[len(points) - 1], points[0])\n",
        ),
        (
            f"Compare the distances{picked} along a way with that between its ends.",
            f"{legs}return total - {distance}(points[len(points) - 1], points[0])\n",
        ),
        (
            "Find the {} distance between two points.",
            "best = {}\nfor i in range(len(points)):\n    for j in range(i + 1, len(points)):\n"
            f"        best = {{}}(best, {distance}(points[i], points[j]))\nreturn best\n",
        ),
        (
            "Find the {} distance from the first point.",
            f"best = {distance}(points[0], points[1])\nfor i in range(2, len(points)):\n"
            f"    best = {{}}(best, {distance}(points[0], points[i]))\nreturn best\n",
        ),
        (
            "Average the distances between all pairs of points.",
            f"total = 0.0\ncount = 0\nfor i in range(len(points)):\n    for j in range(i):\n"
            f"        total += {distance}(points[i], points[j])\n        count += 1\nreturn total / count\n",
        ),
        (
            "Find the longest of the distances between points that follow each other.",
            f"longest = 0.0\nfor i in range(1, len(points)):\n{skip}"
            f"    longest = max(longest, {distance}(points[i - 1], points[i]))\nreturn longest\n",
        ),
        (
            "Add up the distances from the first point.",
            f"total = 0.0\nfor p in points:\n    total += {distance}(points[0], p)\nreturn total\n",
        ),
    )
    if "{}" in summary:
        word, extreme = draw.choice(("largest", "max"), ("smallest", "min"))
        first = "0.0" if extreme == "max" else f"{distance}(points[0], points[1])"
        summary = summary.format(word)
        body = body.replace("best = {}\n", f"best = {first}\n").replace("{}", extreme)
    if skip and "a rule" not in summary and skip in body:
        summary = summary.replace(".", ", except where a rule leaves one out.")
    _define(draw, f"{f}(points: array[{point}]) -> float", summary, body)
    words = compose.verdicts(draw)
    limit = draw.choice("3.3", "5.7", "8.2")
    moved = f"points[0] = {point}({draw.integer(-3, 5)}, {draw.integer(-3, 5)})\n"
    return draw.program(
        reads
        + draw.choice(
            _say(draw, f"{f}(points)", 3),
            f"for i in range(2, n + 1):\n    print({draw.choice('i, ', '')}{_fixed(f'{f}(points[:i])', 3)})\n",
            f"value = {f}(points)\nif value {draw.choice('>', '<')} {limit} * {draw.choice('n', '2', '(n - 1)')}:\n"
            f"    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('value', 3))})\n",
            f"points = sorted(points, key=lambda p: ({draw.choice('p.x, p.y', 'p.y, p.x', '-p.x, p.y')}))\n"
            + _say(draw, f"{f}(points)", 3),
            f"whole = {f}(points)\n{moved}print({_fixed('whole', 3)}, {_fixed(f'{f}(points)', 3)})\n",
        )
    )


def _distances_from(draw: Draw, point: str, distance: str, *, whole: bool) -> str:
    """Returns a main part about how far points are from one of them, or from home."""
    shown = "{p.x}, {p.y}" if whole else "{p.x:.1f}, {p.y:.1f}"
    limit = draw.choice("3.3", "5.7", "8.2")
    sign, rule = draw.choice("<", ">"), f"p.{draw.choice('x', 'y')} {draw.choice('>', '<')} {draw.integer(-2, 6)}"
    place, start = draw.choice(
        *[("home", f"home = {point}({draw.integer(-3, 5)}, {draw.integer(-3, 5)})\n")] * 2,
        ("points[0]", ""),
        ("points[n - 1]", ""),
    )
    far = f"{distance}(p, {place}) {sign} {limit}"
    main = draw.choice(
        f'for p in points:\n    print(f"({shown}): {{{distance}(p, {place}):.3f}}")\n',
        f"for p in points:\n    if {rule}:\n        print({_fixed(f'{distance}(p, {place})', 3)})\n",
        f"count = 0\nfor p in points:\n    if {far}{draw.choice('', f' and {rule}', f' or {rule}')}:\n"
        f"        count += {draw.choice('1', '1', 'n')}\n" + compose.say(draw, "count"),
        f"total = 0.0\nfor p in points:\n    if {rule}:\n        total += {distance}(p, {place})\n"
        + _say(draw, draw.choice("total", "total / n"), 3),
        f"near: list[{point}] = []\nfor p in points:\n    if {far}:\n        near.append(p)\nprint(len(near))\n"
        f'for p in near:\n    print(f"{shown}")\n',
        f"best = {distance}(points[0], {place})\nfor p in points:\n"
        f"    best = {draw.choice('max', 'min')}(best, {distance}(p, {place}))\n" + _say(draw, "best", 3),
        f"farthest = 0\nfor i in range(1, n):\n    if {distance}(points[i], points[0]) > {distance}(points[farthest], points[0]):\n"
        f"        farthest = i\nprint({draw.choice('farthest', 'farthest + 1')})\n",
        f"total = 0.0\nfor p in points:\n    for q in points:\n        total += {distance}(p, q)\n"
        + _say(draw, draw.choice("total / 2", "total / (n * n)"), 3),
    )
    return start + main if place in main else main


@family("classified-ratios")
def classified_ratios(draw: Draw) -> str:
    """Ratios of two quantities, and the classes that they fall in."""
    f, label, a, b, formula, summary, first, second, results = draw.choice(
        (
            "body_mass_index",
            "mass_class",
            "mass",
            "height",
            "mass / (height * height)",
            "Divide a weight by the square of a height",
            (45, 110),
            (1.5, 2.0),
            (16.0, 36.0),
        ),
        (
            "density",
            "material_class",
            "mass",
            "volume",
            "mass / volume",
            "Return the mass of a volume",
            (20, 90),
            (10.0, 30.0),
            (0.5, 9.0),
        ),
        (
            "speed",
            "pace_class",
            "distance",
            "hours",
            "distance / hours",
            "Return the speed of a way",
            (10, 300),
            (1.0, 6.0),
            (3.0, 90.0),
        ),
        (
            "unit_price",
            "price_class",
            "price",
            "quantity",
            "price / quantity",
            "Return the price of a part",
            (5, 80),
            (2.0, 12.0),
            (1.0, 20.0),
        ),
        (
            "aspect_ratio",
            "shape_class",
            "width",
            "height",
            draw.choice("width / height", "max(width, height) / min(width, height)"),
            "Compare the sides of a rectangle",
            (2, 40),
            (2.0, 30.0),
            (0.5, 6.0),
        ),
        (
            "growth_rate",
            "growth_class",
            "before",
            "after",
            "(after - before) * 100 / before",
            "Return by how many percent a value has changed",
            (20, 90),
            (20.0, 99.0),
            (-40.0, 70.0),
        ),
        (
            "slope",
            "slope_class",
            "rise",
            "run",
            draw.choice("rise / run", "rise / sqrt(rise * rise + run * run)"),
            "Return how steep a way is",
            (1, 30),
            (4.0, 60.0),
            (0.1, 1.2),
        ),
    )
    f, label = draw.name(f), draw.name(label)
    _define(
        draw,
        f"{f}({a}: float, {b}: float) -> float",
        f"{summary}.",
        draw.choice(f"return {formula}\n", f"ratio = {formula}\nreturn ratio\n"),
    )
    low, high = results
    shares = draw.integer(15, 35), draw.integer(40, 60), draw.integer(65, 90)
    small, middle, large = (round(low + (high - low) * share / 100, 1) for share in shares)
    names = draw.choice(("low", "normal", "high", "extreme"), ("small", "fair", "large", "huge"), ("D", "C", "B", "A"))
    classes = draw.choice(
        f'if value < {small}:\n    return "{names[0]}"\nif value < {middle}:\n    return "{names[1]}"\nif value < {large}:\n    return "{names[2]}"\nreturn "{names[3]}"\n',
        f'if value > {large}:\n    return "{names[3]}"\nelif value > {middle}:\n    return "{names[2]}"\nelif value > {small}:\n    return "{names[1]}"\nreturn "{names[0]}"\n',
        f'if {small} < value < {large}:\n    return "{names[1]}"\nreturn "{names[0]}"\n',
        f'if value < {small}:\n    return "{names[0]}"\nreturn "{names[2]}" if value > {large} else "{names[1]}"\n',
        f'name = "{names[1]}"\nif value < {small}:\n    name = "{names[0]}"\nelif value > {middle}:\n    name = "{names[2]}"\nreturn name\n',
        f'if abs(value - {middle}) < {round((large - small) / 3, 2)}:\n    return "{names[1]}"\nif value > {middle}:\n    return "{names[3]}"\nreturn "{names[0]}"\n',
    )
    _define(draw, f"{label}(value: float) -> str", "Name the class that a value belongs to.", classes)
    top = max(2, round(second[1]))
    bottom = 1 if second[0] < 2 else round(second[0])
    first_read = draw.choice(
        f"{a} = read_int({first[0]}, {first[1]})\n", f"{a} = read_float({first[0]}, {first[1]}, 1)\n"
    )
    one = f"{first_read}{b} = read_float({bottom}, {top}, {draw.choice(1, 2)})\n"
    many = f"n = read_int(1, {draw.scale(4, 7)})\nfirsts = read_{draw.choice(f'array(n, {first[0]}, {first[1]})', f'floats(n, {first[0]}, {first[1]}, 1)')}\nseconds = read_floats(n, {bottom}, {top}, 2)\n"
    each = f"for i in range(n):\n    value = {f}(firsts[i], seconds[i])\n"
    threshold = draw.choice(small, middle, large)
    compare = draw.choice(">", "<")
    wanted = draw.choice(*[name for name in names if f'"{name}"' in classes])
    equal = draw.choice("==", "!=")
    d = draw.choice(2, 3)
    main = draw.choice(
        f"{one}value = {f}({a}, {b})\nprint({_fixed('value', d)}, {label}(value))\n",
        f'{one}value = {f}({a}, {b})\nprint(f"{{value:.{d}f}}{draw.choice(" is ", ": ", " = ")}{{{label}(value)}}")\n',
        f"{one}value = {f}({a}, {b})\nprint({label}(value))\nif value {compare} {threshold}:\n    print({_fixed('value', d)})\n",
        f"{one}for i in range({draw.integer(3, 5)}):\n    value = {f}({a} {draw.choice('+ i * 2', '+ i', '* (1 + i * 0.25)')}, {b})\n    print({draw.choice('i, ', '')}{_fixed('value', d)}, {label}(value))\n",
        f"{many}{each}    print({draw.choice('i + 1, ', '', _fixed('value', d) + ', ')}{label}(value))\n",
        f'{many}count = 0\n{each}    if {label}(value) {equal} "{wanted}":\n        count += {draw.choice("1", "1", "i")}\n'
        + compose.say(draw, "count"),
        f'{many}total = 0.0\n{each}    if {label}(value) {equal} "{wanted}":\n        total += {draw.choice("value", "seconds[i]", "firsts[i]")}\n'
        + _say(draw, "total", 3),
        f"{many}counts: dict[str, int] = {{}}\n{each}    name = {label}(value)\n    counts[name] = counts.get(name, 0) + 1\nfor name in sorted(counts):\n    print(name, counts[name])\n",
        f"{many}sums: dict[str, float] = {{}}\n{each}    name = {label}(value)\n    sums[name] = sums.get(name, 0.0) + value\nfor name in sorted(sums):\n    print(name, {_fixed('sums[name]', d)})\n",
        f"{many}best = {f}(firsts[0], seconds[0])\n{each}    best = {draw.choice('max', 'min')}(best, value)\nprint({_fixed('best', d)}, {label}(best))\n",
        f"{many}total = 0.0\n{each}    total += value\nprint({draw.choice('', _fixed('total / n', d) + ', ')}{label}(total / n))\n",
        f'{many}position = -1\n{each}    if {label}(value) {equal} "{wanted}":\n        position = i\n{draw.choice("", "        break" + chr(10))}'
        + compose.say(draw, "position"),
    )
    return draw.program(main)


@family("partial-sums")
def partial_sums(draw: Draw) -> str:
    """Series that are added up for a while."""
    f = draw.name("partial_sum", "series", "series_value", "approximate")
    term = draw.choice(
        "1 / k",
        "1 / (k * k)",
        "1 / (2 * k - 1)",
        "1 / (k * (k + 1))",
        "1 / sqrt(k)",
        "sqrt(k)",
        f"k / (k * k + {draw.integer(1, 9)})",
        f"{draw.integer(2, 5)} / (k + {draw.integer(1, 5)})",
    )
    told, start, add = draw.choice(
        *[("Add up", "", f"    total += {term}\n")] * 2,
        (
            "Add up and subtract in turn",
            "",
            f"    if k % 2 == {draw.choice(0, 1)}:\n        total -= {term}\n    else:\n        total += {term}\n",
        ),
        ("Add up and subtract in turn", "sign = 1.0\n", f"    total += sign * {term}\n    sign = -sign\n"),
        ("Look at the", "", f"    if {draw.comparison('k', 15)}:\n        total += {term}\n"),
    )
    first = (
        "first terms of a series, and add up those that a rule picks"
        if told == "Look at the"
        else "first terms of a series"
    )
    result = draw.choice("total", "total", f"total * {draw.integer(2, 6)}", "total + 1", "sqrt(abs(total) * 6)")
    factor = draw.choice("1.0 / k", "2.0 / k", "0.7 / k", "0.3", "0.6", "(k + 1) / (2 * k)", "1.5 / k")
    update = draw.choice(
        f"total += term\n    term *= {factor}\n",
        f"term *= {factor}\n    total += term\n",
        f"term = -term * {factor}\n    total += term\n",
    )
    summary, body = draw.choice(
        *[(f"{told} the {first}.", f"total = 0.0\n{start}for k in range(1, n + 1):\n{add}return {result}\n")] * 2,
        (f"{told} the {first}.", f"total = 0.0\n{start}k = 1\nwhile k <= n:\n{add}    k += 1\nreturn {result}\n"),
        (
            "Add up terms that are each made from the one before.",
            f"total = {draw.choice('0.0', '1.0')}\nterm = 1.0\nfor k in range(1, n + 1):\n    {update}"
            f"return {draw.choice('total', 'total', 'abs(total)')}\n",
        ),
        (
            f"{told} the {first}, with at most four times as many as asked for, while they are large.",
            f"total = 0.0\n{start}k = 1\nwhile k <= n * 4 and {term} > {draw.choice('0.07', '0.045', '0.032')}:\n"
            f"{add}    k += 1\nreturn {result}\n",
        ),
    )
    _define(draw, f"{f}(n: int) -> float", summary, body)
    top = draw.scale(8, 20)
    d = 4
    one = f"n = read_int(2, {top})\n"
    words = compose.verdicts(draw)
    main = draw.choice(
        one + _say(draw, f"{f}(n)", d),
        f"{one}for i in range(1, min(n, 9) + 1):\n    print({draw.choice('i, ', '')}{_fixed(f'{f}(i)', d)})\n",
        f"{one}for i in range(1, min(n, 9) + 1):\n    if {draw.comparison('i', 8)}:\n        print({draw.choice('i, ', '')}{_fixed(f'{f}(i)', d)})\n",
        f"{one}gap = abs({f}(n) - {f}(n {draw.choice('- 1', '+ 1', '* 2', '// 2')}))\nprint({_fixed('gap', d)})\n",
        f"{one}value = {f}(n)\nif {draw.choice('value > 1.5', 'value < 2.25', 'abs(value) > 1.25', '0.5 < value < 2.5')}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], _fixed('value', d))})\n",
        f"a, b = read_int(2, {top})\nprint({draw.choice(_fixed(f'abs({f}(a) - {f}(b))', d), _fixed(f'max({f}(a), {f}(b))', d), _fixed(f'({f}(a) + {f}(b)) / 2', d))})\n",
        f"limit = read_float(0, 3, 2)\nn = 1\nwhile n < {top} and {f}(n) < limit:\n    n += 1\nprint({draw.choice('n', 'n, ' + _fixed(f'{f}(n)', d))})\n",
        f"n = read_int(1, {draw.scale(3, 6)})\nxs = read_array(n, 1, {top})\nbest = {f}(xs[0])\nfor x in xs:\n    best = {draw.choice('max', 'min')}(best, {f}(x))\n"
        + _say(draw, "best", d),
        f"n = read_int(1, {draw.scale(3, 6)})\nxs = read_array(n, 1, {top})\nfor x in xs:\n    if {draw.comparison('x', top)}:\n        print(x, {_fixed(f'{f}(x)', d)})\n"
        + draw.choice("", f"    else:\n        print({words[1]})\n"),
    )
    return draw.program(main + (compose.coda(draw, "n", top) if main.startswith("n = ") else ""))
