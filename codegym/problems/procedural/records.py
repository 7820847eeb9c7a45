"""Programs about many records: how the records are declared and read, and main parts by a function of one record."""

from __future__ import annotations

from dataclasses import dataclass

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw


@dataclass(frozen=True, slots=True)
class Many:
    """The records that a program reads.

    Attributes:
        record: Their type.
        one: The variable for one of them.
        every: The array of all of them.
        fields: The types of their fields, by name.
        shown: What is printed of one: parts of a print, with `@` for its variable.
    """

    record: str
    one: str
    every: str
    fields: dict[str, str]
    shown: str

    def show(self, variable: str) -> str:
        """Returns the parts of a print that show the record in a variable."""
        return self.shown.replace("@", variable)

    def read(self, draw: Draw, low: int, high: int, *, least: int = 1, most: int = 0, decimals: int = 0) -> str:
        """Returns the reads of `n` and of so many records."""
        bounds = f"{low}, {high}, {decimals}" if decimals else f"{low}, {high}"
        most = most or max(least + 1, draw.scale(4, 8))
        return f"n = read_int({least}, {most})\n{self.every} = read_records({self.record}, n, {bounds})\n"


def declare(draw: Draw, options: tuple[str, ...], **fields: str) -> Many:
    """Adds a record with one of these names to the program and says what it is called there."""
    record = draw.record(*options, **fields)
    word = record.lower()
    every = f"{word}es" if word.endswith(("x", "s", "ch")) else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    one = draw.choice(word, word, word[0]) if word[0] not in "cdijkmnr" else word
    parts = [f"@.{field}:.2f" if type_ == "float" else f"@.{field}" for field, type_ in fields.items()]
    options = (
        ", ".join(f'f"{{{part}}}"' if ":" in part else part for part in parts),
        f'f"{{{parts[0]}}}: {", ".join(f"{{{part}}}" for part in parts[1:])}"',
        'f"' + draw.choice(" ", ", ", "/").join(f"{{{part}}}" for part in parts) + '"',
        f'f"({", ".join(f"{{{part}}}" for part in parts)})"',
    )
    named = "str" in fields.values()
    return Many(
        record, one, every, fields, draw.choice(*options[:3]) if named else draw.choice(options[0], *options[2:])
    )


def define(draw: Draw, head: str, summary: str, body: str) -> str:
    """Adds a function to the program, given by its signature, summary and body; returns its name."""
    return draw.define(f'def {head}:\n    """{summary}"""\n    {_inside(4, body)}\n')


def with_article(word: str) -> str:
    """Returns a noun with its article."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _inside(depth: int, piece: str) -> str:
    """Returns a piece of a text whose lines after the first stand `depth` spaces further to the right."""
    return piece.replace("\n", "\n" + " " * depth)


def order(draw: Draw, fields: dict[str, str]) -> str:
    """Returns a key that sorts records by all of their fields."""
    waiting, keys = list(fields), []
    while waiting:
        field = draw.choice(*waiting)
        waiting.remove(field)
        keys.append(f"{'-' if fields[field] in ('int', 'float') and draw.chance(0.4) else ''}r.{field}")
    return f"lambda r: ({', '.join(keys)})"


def formula(draw: Draw, a: str, b: str) -> str:
    """Returns an expression in two numbers that are not negative, which is not negative either."""
    k = draw.integer(2, 9)
    return draw.choice(
        f"{a} + {b}",
        f"{a} * {k} + {b}",
        f"{a} + {b} * {k}",
        f"max({a}, {b})",
        f"min({a}, {b}) + {k}",
        f"abs({a} - {b})",
        f"{a} * {b}",
        f"{a} * ({b} + {k})",
        f"({a} + {b}) // 2",
        f"{a} * {a} + {b}",
    )


def formula_body(draw: Draw, a: str, b: str) -> str:
    """Returns the body of a function that is such an expression, or one of two."""
    match draw.integer(0, 3):
        case 0:
            return f"if {draw.comparison(a, 12)}:\n    return {formula(draw, a, b)}\nreturn {formula(draw, b, a)}"
        case 1:
            value = f"value = {formula(draw, a, b)}\nif {draw.comparison('value', 20)}:\n"
            return (
                value + f"    {draw.choice('value += ' + b, 'value *= 2', 'value //= 2', 'return ' + a)}\nreturn value"
            )
        case _:
            return f"return {formula(draw, a, b)}"


def ask(draw: Draw, many: Many, f: str, high: int = 20, *, signed: bool = False) -> str:
    """Returns a main part, without its reads, that uses a function from a record to an integer.

    Args:
        draw: The choices of the program.
        many: The records.
        f: Name of the function.
        high: About how large its values get.
        signed: Whether they can be negative.
    """
    one, every = many.one, many.every

    def condition() -> str:
        return draw.signed_condition("value", high) if signed else draw.condition("value", high)

    match draw.integer(0, 9):
        case 0:
            return f"for {one} in {every}:\n    print({many.show(one)}, {f}({one}))\n"
        case 1:
            return (
                f"for {one} in {every}:\n    value = {f}({one})\n    if {condition()}:\n"
                f"        print({draw.choice(many.show(one), f'{many.show(one)}, value')})\n"
                + draw.choice("", f"    else:\n        print({compose.verdicts(draw)[1]})\n")
            )
        case 2:
            return (
                f"best = {every}[0]\nfor {one} in {every}:\n    if {f}({one}) {draw.choice('>', '<', '>=', '<=')} {f}(best):\n"
                f"        best = {one}\nprint({many.show('best')}{draw.choice('', f', {f}(best)')})\n"
            )
        case 3:
            guard = f"    value = {f}({one})\n    if {condition()}:\n        total += value\n"
            return (
                f"total = 0\nfor {one} in {every}:\n"
                + (guard if draw.harder(0.4, 0.9) else f"    total += {f}({one})\n")
                + compose.say(draw, "total")
            )
        case 4:
            return (
                f"count = 0\nfor {one} in {every}:\n    value = {f}({one})\n    if {condition()}:\n        count += 1\n"
                + compose.say(draw, draw.choice("count", "count", "n - count"))
            )
        case 5:
            ordered = draw.choice(every, "ordered")
            return (
                f"{ordered} = sorted({every}, key={order(draw, many.fields)})\n"
                f"for {one} in {ordered}:\n    print({many.show(one)}, {f}({one}))\n"
            )
        case 6:
            return (
                f"count = {draw.integer(0, 1)}\nfor i in range(1, n):\n"
                f"    if {f}({every}[i]) {draw.choice('>', '<', '!=', '==')} {f}({every}[i - 1]):\n        count += 1\n"
                + compose.say(draw, "count")
            )
        case 7:
            kept = f"counts[value] = counts.get(value, 0) + {draw.choice('1', '1', *(f'{one}.{k}' for k, t in many.fields.items() if t == 'int'))}"
            return (
                f"counts: dict[int, int] = {{}}\nfor {one} in {every}:\n    value = {f}({one})\n    {kept}\n"
                "for key in sorted(counts):\n    print(key, counts[key])\n"
            )
        case 8:
            return (
                f"chosen: list[{many.record}] = []\nfor {one} in {every}:\n    value = {f}({one})\n    if {condition()}:\n"
                f"        chosen.append({one})\nprint(len(chosen))\nfor {one} in chosen:\n    print({many.show(one)})\n"
            )
        case _:
            return (
                f"answer = -1\nfor i in range(n):\n    value = {f}({every}[i])\n    if {condition()}:\n        answer = i\n"
                + draw.choice("        break\n", "")
                + f"if answer < 0:\n    print({compose.verdicts(draw)[1]})\nelse:\n    print({draw.choice('', 'answer, ')}{many.show(f'{every}[answer]')})\n"
            )


def ask_float(draw: Draw, many: Many, f: str, high: int) -> str:
    """Returns a main part, without its reads, that uses a function from a record to a float; arguments as for `_ask`."""
    one, every = many.one, many.every
    places = draw.choice(2, 2, 4)
    limit = f"{draw.integer(high // 5, high)}{draw.choice('', '.25', '.5')}"
    compare = draw.choice(">", "<")
    match draw.integer(0, 7):
        case 0:
            return f'for {one} in {every}:\n    print({many.show(one)}, f"{{{f}({one}):.{places}f}}")\n'
        case 1:
            return (
                f"best = {every}[0]\nfor i in range(1, n):\n    if {f}({every}[i]) {compare} {f}(best):\n"
                f"        best = {every}[i]\nprint({many.show('best')})\n"
            )
        case 2:
            guard = f"    value = {f}({one})\n    if value {compare} {limit}:\n        total += value\n"
            return (
                f"total = 0.0\nfor {one} in {every}:\n"
                + draw.choice(guard, f"    total += {f}({one})\n")
                + draw.choice(
                    f'print(f"{{total:.{places}f}}")\n',
                    f'print(f"{draw.choice("Total", "Result")}: {{total:.{places}f}}")\n',
                    'print(f"{total:.2f}", f"{total / n:.4f}")\n',
                    'print(f"{total / n:.4f}")\n',
                )
            )
        case 3:
            other = draw.choice("", f"    else:\n        print({many.show(one)})\n")
            return (
                f"count = 0\nfor {one} in {every}:\n    if {f}({one}) {compare} {limit}:\n        count += 1\n{other}"
                + compose.say(draw, draw.choice("count", "count", "n - count"))
            )
        case 4:
            ordered = draw.choice(every, "ordered")
            return (
                f"{ordered} = sorted({every}, key={order(draw, many.fields)})\n"
                f"for {one} in {ordered}:\n    value = {f}({one})\n"
                f'    print({many.show(one)}, f"{{value:.{places}f}}")\n'
            )
        case 5:
            return (
                f"total = 0.0\nfor {one} in {every}:\n    total += {f}({one})\nmean = total / n\ncount = 0\n"
                f"for {one} in {every}:\n    if {f}({one}) {compare} mean:\n        count += 1\n"
                + draw.choice('print(f"{mean:.4f}", count)\n', "print(count)\n", 'print(f"{count} of {n}")\n')
            )
        case 6:
            spread = draw.choice("high - low", "low + high", "(low + high) / 2")
            return (
                f"low = {f}({every}[0])\nhigh = low\nfor {one} in {every}:\n    low = min(low, {f}({one}))\n"
                f'    high = max(high, {f}({one}))\nprint(f"{{{spread}:.4f}}")\n'
            )
        case _:
            return (
                f"total = 0.0\nfor i in range(n):\n    total += {f}({every}[i])\n    if total > {limit}:\n"
                f"        print({draw.choice('i', 'i + 1', many.show(f'{every}[i]'))})\n        break\n"
                f'print(f"{{total:.{places}f}}")\n'
            )


def change(draw: Draw, many: Many, g: str, summary: str) -> str:
    """Returns a main part, without its reads, that uses a function from a record to a record of the same type.

    Args:
        draw: The choices of the program.
        many: The records.
        g: Name of the function.
        summary: An expression in a record `@` that is printed as a number or a text.
    """
    one, every = many.one, many.every
    changed = many.show("changed")
    match draw.integer(0, 4):
        case 0:
            return (
                f"for i in range(n):\n    {every}[i] = {g}({every}[i])\n"
                f"for {one} in {every}:\n    print({many.show(one)})\n"
            )
        case 1:
            return (
                f"for {one} in {every}:\n    changed = {g}({one})\n"
                f"    print({draw.choice(changed, f'{many.show(one)}, {changed}')})\n"
            )
        case 2:
            rounds = draw.integer(2, 4)
            return (
                f"for k in range({rounds}):\n    for i in range(n):\n        {every}[i] = {g}({every}[i])\n"
                f"    print({many.show(f'{every}[0]')})\nfor {one} in {every}:\n    print({summary.replace('@', one)})\n"
            )
        case 3:
            return (
                f"result: list[{many.record}] = []\nfor {one} in {every}:\n    result.append({g}({one}))\n"
                f"for {one} in result:\n    print({many.show(one)})\n"
            )
        case _:
            return (
                f"for i in range(n):\n    {every}[i] = {g}({every}[i])\n"
                f"{every} = sorted({every}, key={order(draw, many.fields)})\n"
                f"for {one} in {every}:\n    print({draw.choice(many.show(one), summary.replace('@', one))})\n"
            )


def sort(draw: Draw, many: Many, before: str) -> str:
    """Defines a function that sorts an array of records by a function that compares two; returns its name."""
    f = draw.name(f"sort_{many.every}", f"arrange_{many.every}", f"order_{many.every}")
    xs = many.every
    body = draw.choice(
        f"for i in range(len({xs})):\n    for j in range(len({xs}) - 1 - i):\n        if {before}({xs}[j + 1], {xs}[j]):\n"
        f"            {xs}[j], {xs}[j + 1] = {xs}[j + 1], {xs}[j]",
        f"for i in range(len({xs})):\n    best = i\n    for j in range(i + 1, len({xs})):\n        if {before}({xs}[j], {xs}[best]):\n"
        f"            best = j\n    {xs}[i], {xs}[best] = {xs}[best], {xs}[i]",
        f"for i in range(1, len({xs})):\n    j = i\n    while j > 0 and {before}({xs}[j], {xs}[j - 1]):\n"
        f"        {xs}[j], {xs}[j - 1] = {xs}[j - 1], {xs}[j]\n        j -= 1",
        f"for i in range(1, len({xs})):\n    current = {xs}[i]\n    j = i\n    while j > 0 and {before}(current, {xs}[j - 1]):\n"
        f"        {xs}[j] = {xs}[j - 1]\n        j -= 1\n    {xs}[j] = current",
    )
    return define(draw, f"{f}({xs}: array[{many.record}]) -> None", f"Bring the {xs} into their order.", body)
