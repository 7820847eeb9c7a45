"""Quantities with two parts or more, as records: fractions, times, complex numbers, matrices."""

from __future__ import annotations

from dataclasses import replace

from codegym.problems.procedural import compose, records
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("fraction-sums")
def fraction_sums(draw: Draw) -> str:
    """Fractions that are added, compared and reduced."""
    top, bottom = draw.choice(("top", "bottom"), ("numerator", "denominator"), ("over", "under"))
    many = records.declare(draw, ("Fraction", "Ratio"), **{top: "int", bottom: "int"})
    one, every, record = many.one, many.every, many.record

    def show(variable: str) -> str:
        return f'f"{{{variable}.{top}}}/{{{variable}.{bottom}}}"'

    high = draw.integer(5, 9)
    reads = many.read(draw, 1, high, most=draw.integer(3, 4))
    gcd, reduced = draw.name("common_divisor", "largest_divisor"), draw.name("reduced", "simplified", "lowest_terms")
    compare = draw.choice("<", ">")

    def add_reduced(signed: bool) -> None:
        by_hand = "d = min(a, b)\nwhile a % d != 0 or b % d != 0:\n    d -= 1\nreturn d"
        euclid = "while b > 0:\n    a, b = b, a % b\nreturn a"
        recursive = f"if b == 0:\n    return a\nreturn {gcd}(b, a % b)"
        divisor = draw.choice(euclid, recursive, *([] if signed else [by_hand]))
        records.define(draw, f"{gcd}(a: int, b: int) -> int", "Find the largest number that divides two.", divisor)
        value, over = (
            (f"abs({one}.{top})", f"floor_div({one}.{top}, d)") if signed else (f"{one}.{top}", f"{one}.{top} // d")
        )
        body = f"d = {gcd}({value}, {one}.{bottom})\nreturn {record}({over}, {one}.{bottom} // d)"
        records.define(
            draw, f"{reduced}({one}: {record}) -> {record}", f"Reduce the {record.lower()} to lowest terms.", body
        )

    match draw.integer(0, 5):
        case 0 | 1 | 2:
            f, formula, summary, signed = draw.choice(
                (
                    "total_of",
                    (f"a.{top} * b.{bottom} + b.{top} * a.{bottom}", f"a.{bottom} * b.{bottom}"),
                    f"Add two {every}.",
                    False,
                ),
                (
                    "difference",
                    (f"a.{top} * b.{bottom} - b.{top} * a.{bottom}", f"a.{bottom} * b.{bottom}"),
                    f"Subtract the second of two {every} from the first.",
                    True,
                ),
                ("product", (f"a.{top} * b.{top}", f"a.{bottom} * b.{bottom}"), f"Multiply two {every}.", False),
                (
                    "quotient",
                    (f"a.{top} * b.{bottom}", f"a.{bottom} * b.{top}"),
                    "Divide the first of two fractions by the second.",
                    False,
                ),
                (
                    "mediant",
                    (f"a.{top} + b.{top}", f"a.{bottom} + b.{bottom}"),
                    f"Find the mediant of two {every}.",
                    False,
                ),
                (
                    "mean_of",
                    (f"a.{top} * b.{bottom} + b.{top} * a.{bottom}", f"2 * a.{bottom} * b.{bottom}"),
                    f"Find the middle between two {every}.",
                    False,
                ),
            )
            add_reduced(signed)
            whole = f"{record}({formula[0]}, {formula[1]})"
            body = draw.choice(
                f"return {reduced}({whole})",
                f"upper = {formula[0]}\nlower = {formula[1]}\nreturn {reduced}({record}(upper, lower))",
            )
            records.define(draw, f"{f}(a: {record}, b: {record}) -> {record}", summary, body)
            decimal = f'f"{{result.{top} / result.{bottom}:.4f}}"'
            fold = f"result = {every}[0]\nfor i in range(1, n):\n    result = {f}(result, {every}[i])\n"
            main = draw.choice(
                f"{fold}print({show('result')})\n",
                f"{fold}print({show('result')}, {decimal})\n",
                f"{fold}print({decimal})\n",
                f"result = {every}[0]\nfor i in range(1, n):\n    result = {f}(result, {every}[i])\n    print({show('result')})\n",
                f"result = {record}({draw.choice('1, 1', '1, 2', '2, 3')})\nfor {one} in {every}:\n    result = {f}(result, {one})\nprint({show('result')})\n",
                f"for i in range(n):\n    for j in range(i + 1, n):\n        result = {f}({every}[i], {every}[j])\n        print({show('result')})\nprint(n)\n",
                f"for {one} in {every}:\n    result = {f}({one}, {record}(1, {draw.integer(2, 5)}))\n    print({show(one)}, {show('result')})\n",
                f"for i in range(1, n):\n    {every}[i] = {f}({every}[i - 1], {every}[i])\nfor {one} in {every}:\n    print({show(one)})\n",
                f"{fold}if result.{top} {compare} result.{bottom}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({show('result')})\n",
            )
            if not signed and draw.chance(0.3):
                main += compose.coda(draw, "n", 4)
        case 3:
            f = draw.name("is_less", "smaller_than", "comes_first")
            records.define(
                draw,
                f"{f}(a: {record}, b: {record}) -> bool",
                f"Tell whether the first of two {every} is {'smaller' if compare == '<' else 'larger'}.",
                f"return a.{top} * b.{bottom} {compare} b.{top} * a.{bottom}",
            )
            half = f"{record}(1, {draw.integer(2, 4)})"
            match draw.integer(0, 4):
                case 0:
                    main = f"best = {every}[0]\nfor {one} in {every}:\n    if {f}({one}, best):\n        best = {one}\nprint({show('best')})\n"
                case 1:
                    main = (
                        f"count = 0\nfor {one} in {every}:\n    if {draw.choice('', 'not ')}{f}({one}, {half}):\n        count += 1\n"
                        + compose.say(draw, "count")
                    )
                case 2:
                    main = f"limit = {half}\nfor {one} in {every}:\n    if {draw.choice('', 'not ')}{f}({one}, limit):\n        print({show(one)})\nprint(n)\n"
                case 3:
                    main = (
                        f"count = 0\nfor i in range(1, n):\n    if {draw.choice('', 'not ')}{f}({every}[i - 1], {every}[i]):\n        count += 1\n"
                        + compose.say(draw, "count")
                    )
                case _:
                    main = f"{records.sort(draw, many, f)}({every})\n" + draw.choice(
                        f"for {one} in {every}:\n    print({show(one)})\n",
                        f"print({show(f'{every}[0]')})\nprint({show(f'{every}[n - 1]')})\n",
                        f"print({show(f'{every}[n // 2]')})\n",
                    )
        case 4:
            add_reduced(False)
            same = f"result.{bottom} {draw.choice('<', '==')} {one}.{bottom}"
            main = draw.choice(
                f"for {one} in {every}:\n    result = {reduced}({one})\n    print({show('result')})\n",
                f"count = 0\nfor {one} in {every}:\n    result = {reduced}({one})\n    if {same}:\n        count += 1\n"
                + compose.say(draw, "count"),
                f"for {one} in {every}:\n    result = {reduced}({one})\n    if result.{bottom} == 1:\n        print(result.{top})\n    else:\n        print({show('result')})\n",
                f'for {one} in {every}:\n    result = {reduced}({one})\n    whole = result.{top} // result.{bottom}\n    rest = result.{top} % result.{bottom}\n    if rest == 0:\n        print(whole)\n    else:\n        print(whole, f"{{rest}}/{{result.{bottom}}}")\n',
                f"counts: dict[int, int] = {{}}\nfor {one} in {every}:\n    result = {reduced}({one})\n    counts[result.{bottom}] = counts.get(result.{bottom}, 0) + {draw.choice('1', f'result.{top}')}\nfor key in sorted(counts):\n    print(key, counts[key])\n",
            )
        case _:
            f = draw.name("value_of", "as_decimal", "quotient")
            k = draw.integer(2, 9)
            body, summary = draw.choice(
                (f"return {one}.{top} / {one}.{bottom}", f"Turn the {record.lower()} into a decimal."),
                (f"return {one}.{top} / ({one}.{bottom} + {k})", f"Divide by {k} more than what is below the line."),
                (f"return 100 * {one}.{top} / {one}.{bottom}", f"Turn the {record.lower()} into a percentage."),
            )
            records.define(draw, f"{f}({one}: {record}) -> float", summary, body)
            main = records.ask_float(draw, many, f, 5)
    return draw.program(reads + main + (compose.coda(draw, "n", 8) if "n = read_int" in reads else ""))


@family("durations")
def durations(draw: Draw) -> str:
    """Times of day and lengths of time that are added, compared and written down."""
    large, small = draw.choice(("hours", "minutes"), ("minutes", "seconds"))
    record = draw.record("Time", "Duration", "Clock", **{large: "int", small: "int"})
    one, every = draw.choice(("time", "times"), ("t", "times"), ("entry", "entries"))
    day = 24 if large == "hours" else 60
    total = draw.name(f"to_{small}", f"total_{small}", f"all_{small}")
    made = draw.name("to_time", "make_time", f"from_{small}")
    records.define(
        draw,
        f"{total}({one}: {record}) -> int",
        f"Count the {small} of a time.",
        f"return {one}.{large} * 60 + {one}.{small}",
    )
    shown = draw.choice("colon", "colon", "plain", "words")
    if shown == "colon":
        f = draw.name("show", "format_time", "written")
        body = draw.choice(
            f'if {one}.{small} < 10:\n    return f"{{{one}.{large}}}:0{{{one}.{small}}}"\nreturn f"{{{one}.{large}}}:{{{one}.{small}}}"',
            f'zero = "0" if {one}.{small} < 10 else ""\nreturn f"{{{one}.{large}}}:{{zero}}{{{one}.{small}}}"',
            f'text = str({one}.{small})\nif len(text) < 2:\n    text = "0" + text\nreturn str({one}.{large}) + ":" + text',
        )
        records.define(draw, f"{f}({one}: {record}) -> str", f"Write a time with two digits for the {small}.", body)

    def show(variable: str) -> str:
        if shown == "colon":
            return f"{f}({variable})"
        if shown == "plain":
            return f"{variable}.{large}, {variable}.{small}"
        return (
            f'f"{{{variable}.{large}}} {large[0]} {{{variable}.{small}}} {small[0]}"'
            if large == "hours"
            else f'f"{{{variable}.{large}}} min {{{variable}.{small}}} s"'
        )

    def make(wrap: bool) -> None:
        value = f"count // 60 % {day}" if wrap else "count // 60"
        summary = f"Make a time from {small}" + (f", starting again after {day} {large}." if wrap else ".")
        records.define(draw, f"{made}(count: int) -> {record}", summary, f"return {record}({value}, count % 60)")

    seconds = large == "minutes"
    reads = f"n = read_int(1, {max(2, draw.scale(4, 8))})\n"
    if seconds:
        reads += f"{every} = read_records({record}, n, 0, 59)\n"
    else:
        reads += f"xs = read_array(n, 0, {24 * 60 - 1})\n"
    compare = draw.choice("<", ">", "<=")
    step = draw.integer(5, 90)
    kind = draw.integer(0, 6)
    if not seconds or kind in (0, 1, 4):
        make(draw.harder(0.3, 0.7) and kind in (0, 1, 4))
    if not seconds:
        reads += draw.choice(
            f"{every}: list[{record}] = []\nfor x in xs:\n    {every}.append({made}(x))\n",
            f"{every} = [{record}(0, 0)] * n\nfor i in range(n):\n    {every}[i] = {made}(xs[i])\n",
        )
    match kind:
        case 0:
            g = draw.name("later", "shifted", "postponed", "after")
            added = draw.choice("count", str(step), f"{one}.{small}", f"count * {draw.integer(2, 5)}")
            given = ", count: int" if "count" in added else ""
            argument = ", " + draw.choice("i", str(step), "n") if given else ""
            records.define(
                draw,
                f"{g}({one}: {record}{given}) -> {record}",
                f"Make the time that is {'some' if given else 'a number of'} {small} later.",
                f"return {made}({total}({one}) + {added})",
            )
            main = draw.choice(
                f"for i in range(n):\n    result = {g}({every}[i]{argument})\n    print({show('result')})\n",
                f"for i in range(n):\n    result = {g}({every}[i]{argument})\n    print({show(f'{every}[i]')}, {show('result')})\n",
                f"count = 0\nfor i in range(n):\n    result = {g}({every}[i]{argument})\n    if result.{large} {draw.choice('!=', '<', '==')} {every}[i].{large}:\n        count += 1\n"
                + compose.say(draw, "count"),
                f"current = {every}[0]\nfor i in range({draw.integer(2, 5)}):\n    current = {g}(current{argument})\n    print({show('current')})\n"
                + compose.coda(draw, "n", 8),
            )
        case 1:
            start = draw.choice("0", str(step))
            guard = draw.choice(
                "",
                f"    if {one}.{small} {draw.choice('<', '>')} {draw.integer(10, 50)}:\n        continue\n",
                f"    if {one}.{large} % 2 == {draw.integer(0, 1)}:\n        continue\n",
            )
            main = (
                f"total = {start}\nfor {one} in {every}:\n{guard}    total += {total}({one})\n"
                + draw.choice(
                    "",
                    f"    if total > {draw.integer(2, 6) * 600}:\n        break\n",
                    f"    total += {draw.integer(2, 9)}\n",
                )
                + draw.choice(
                    f"result = {made}(total)\nprint({show('result')})\n",
                    f"result = {made}(total)\nprint({show('result')})\nprint(total)\n",
                    f"result = {made}(total // n)\nprint({show('result')})\n",
                )
            )
        case 2:
            main = (
                f"best = {every}[0]\nfor {one} in {every}:\n    if {total}({one}) {compare} {total}(best):\n        best = {one}\nprint({show('best')})\n"
                + draw.choice("", f"print({total}(best))\n", f"print({total}(best) - {total}({every}[0]))\n")
            )
        case 3:
            g = draw.name("difference", "between", "gap")
            body, summary = draw.choice(
                (f"return abs({total}(a) - {total}(b))", f"Count the {small} between two times."),
                (
                    f"return floor_mod({total}(b) - {total}(a), {day * 60})",
                    f"Count the {small} from one time to the next time that the clock shows another.",
                ),
                (
                    f"if {total}(a) > {total}(b):\n    return 0\nreturn {total}(b) - {total}(a)",
                    f"Count the {small} from one time to a later one; there are none if it is earlier.",
                ),
            )
            records.define(draw, f"{g}(a: {record}, b: {record}) -> int", summary, body)
            main = draw.choice(
                f"total = 0\nfor i in range(1, n):\n    total += {g}({every}[i - 1], {every}[i])\n"
                + compose.say(draw, "total"),
                f"for i in range(1, n):\n    print({g}({every}[i - 1], {every}[i]))\nprint({show(f'{every}[0]')})\n",
                f"count = 0\nfor i in range(n):\n    for j in range(i):\n        if {g}({every}[i], {every}[j]) {draw.choice('<', '>')} {draw.integer(100, 700)}:\n            count += 1\n"
                + compose.say(draw, "count"),
                f"best = {g}({every}[0], {every}[n - 1])\nfor i in range(1, n):\n    best = {draw.choice('max', 'min')}(best, {g}({every}[i - 1], {every}[i]))\n"
                + compose.say(draw, "best"),
            )
        case 4:
            price = draw.integer(2, 9)
            unit = draw.choice(15, 20, 30)
            g = draw.name("rounded", "snapped", "on_the_grid")
            value, summary = draw.choice(
                (
                    f"({total}({one}) + {unit - 1}) // {unit} * {unit}",
                    f"Round a time up to a multiple of {unit} {small}.",
                ),
                (f"{total}({one}) // {unit} * {unit}", f"Round a time down to a multiple of {unit} {small}."),
                (
                    f"({total}({one}) + {unit // 2}) // {unit} * {unit}",
                    f"Round a time to the nearest multiple of {unit} {small}.",
                ),
            )
            records.define(draw, f"{g}({one}: {record}) -> {record}", summary, f"return {made}({value})")
            main = draw.choice(
                f"for {one} in {every}:\n    result = {g}({one})\n    print({show('result')})\n",
                f"total = 0\nfor {one} in {every}:\n    total += {total}({g}({one}))\nprint(total * {price})\n",
                f"count = 0\nfor {one} in {every}:\n    if {total}({g}({one})) {draw.choice('==', '>', '<', '!=')} {total}({one}):\n        count += 1\n"
                + compose.say(draw, "count"),
                f"most = 0\nfor {one} in {every}:\n    most = max(most, abs({total}({g}({one})) - {total}({one})))\n"
                + compose.say(draw, "most"),
            )
        case 5:
            g = draw.name("is_late", "counts", "is_special")
            low = draw.integer(6, 12)
            test, what = draw.choice(
                (
                    f"{one}.{large} >= {low + 10} or {one}.{large} < {low - 4}",
                    f"is after {low + 9} or before {low - 4} {large}",
                ),
                (f"{one}.{large} >= {low} and {one}.{large} < {low + 8}", f"lies between {low} and {low + 8} {large}"),
                (f"{one}.{small} % 15 == 0", f"has a multiple of 15 {small}"),
                (
                    f"{one}.{large} == {one}.{small} % {day}",
                    f"shows the same number of {large} and of {small}, modulo {day}",
                ),
                (f"{total}({one}) % {low} == 0", f"is a multiple of {low} {small}"),
            )
            records.define(draw, f"{g}({one}: {record}) -> bool", f"Tell whether a time {what}.", f"return {test}")
            words = compose.verdicts(draw)
            main = draw.choice(
                f"count = 0\nfor {one} in {every}:\n    if {draw.choice('', 'not ')}{g}({one}):\n        count += 1\n"
                + compose.say(draw, "count"),
                f"for {one} in {every}:\n    if {g}({one}):\n        print({show(one)})\n    else:\n        print({words[1]})\n",
                f"total = 0\nfor {one} in {every}:\n    if {g}({one}):\n        total += {total}({one})\n    else:\n        total {draw.choice('+= 1', f'-= {one}.{small}', f'+= {one}.{small}')}\n"
                + compose.say(draw, "total"),
            )
        case _:
            main = (
                f"counts = [0] * {day}\nfor {one} in {every}:\n    counts[{one}.{large}] += {draw.choice('1', '1', f'{one}.{small}', f'{total}({one})')}\n"
                + draw.choice(
                    f"for i in range({day}):\n    if counts[i] > {draw.integer(0, 1)}:\n        print(i, counts[i])\n",
                    "print(max(counts))\n" + f"print({total}({every}[0]))\n",
                    f"best = 0\nfor i in range({day}):\n    if counts[i] {draw.choice('>', '>=')} counts[best]:\n        best = i\nprint(best, counts[best])\n",
                )
            )
    return draw.program(reads + main)


@family("complex-powers")
def complex_powers(draw: Draw) -> str:
    """Complex numbers with whole parts that are multiplied, and powers of them; orbits of others."""
    real, imaginary = draw.choice(("re", "im"), ("real", "imag"), ("a", "b"))
    orbit = draw.harder(0.15, 0.45)
    kind = "float" if orbit else "int"
    many = records.declare(draw, ("Complex", "ComplexNumber"), **{real: kind, imaginary: kind})
    many = replace(many, one=draw.choice("z", "number"), every="numbers")
    record = many.record
    product = draw.name("product", "multiplied", "times")
    p = f"p.{real} * q.{real} - p.{imaginary} * q.{imaginary}, p.{real} * q.{imaginary} + p.{imaginary} * q.{real}"
    made = f"return {record}({p})"
    first, second = p.split(", ")
    made = draw.choice(made, made, f"u = {first}\nv = {second}\nreturn {record}(u, v)")
    records.define(draw, f"{product}(p: {record}, q: {record}) -> {record}", "Multiply two complex numbers.", made)
    square = f"p.{real} * p.{real} + p.{imaginary} * p.{imaginary}"
    size = draw.name("square_size", "size_of", "magnitude")
    records.define(
        draw,
        f"{size}(p: {record}) -> {kind}",
        "Return the square of the distance of a complex number from zero.",
        f"return {square}",
    )
    if orbit:
        added = draw.choice("", "added")
        new = f"z = {product}(z, z)\nz = {record}(z.{real} + start.{real}, z.{imaginary} + start.{imaginary})"
        if added:
            g = draw.name("total_of", "added", "sum_of")
            records.define(
                draw,
                f"{g}(p: {record}, q: {record}) -> {record}",
                "Add two complex numbers.",
                f"return {record}(p.{real} + q.{real}, p.{imaginary} + q.{imaginary})",
            )
            new = draw.choice(
                f"z = {g}({product}(z, z), start)",
                f"z = {g}({product}({product}(z, z), z), start)"
                if draw.chance(0.5)
                else f"z = {product}({g}(z, start), z)",
            )
        limit = draw.integer(6, 12)
        f = draw.name("escape_time", "steps_inside", "orbit_length")
        new = new.replace("\n", "\n    ")
        stop = draw.choice(
            f"while count < {limit} and {size}(z) {draw.choice('<', '<=')} 4:\n    {new}\n    count += 1\nreturn count",
            f"for k in range({limit}):\n    {new}\n    if {size}(z) > 4:\n        return k\nreturn {limit}",
        )
        start = f"{record}(0.0, 0.0)" if "(z, start), z)" not in new else "start"
        counter = "count = 0\n" if "count" in stop else ""
        records.define(
            draw,
            f"{f}(start: {record}) -> int",
            f"Count the steps, at most {limit}, after which the orbit of a number is far away.",
            f"z = {start}\n{counter}{stop}",
        )
        return draw.program(
            many.read(draw, *draw.choice((-2, 2), (-1, 1), (-2, 1)), decimals=2) + records.ask(draw, many, f, limit),
        )
    one, every = many.one, many.every

    def show(variable: str) -> str:
        return f"{variable}.{real}, {variable}.{imaginary}" if shown == "plain" else f"{written}({variable})"

    shown = draw.choice("plain", "written", "written")
    written = draw.name("show", "written", "as_text")
    if shown == "written":
        text = draw.choice(
            f'if p.{imaginary} < 0:\n    return f"{{p.{real}}} - {{-p.{imaginary}}}i"\nreturn f"{{p.{real}}} + {{p.{imaginary}}}i"',
            f'sign = "-" if p.{imaginary} < 0 else "+"\nreturn f"{{p.{real}}}{{sign}}{{abs(p.{imaginary})}}i"',
            f'if p.{imaginary} == 0:\n    return str(p.{real})\nreturn f"({{p.{real}}}, {{p.{imaginary}}})"',
        )
        records.define(draw, f"{written}(p: {record}) -> str", "Write a complex number.", text)
    power = draw.name("power", "raised", "power_of")
    body = draw.choice(
        f"result = {record}(1, 0)\nfor k in range(n):\n    result = {product}(result, p)\nreturn result",
        f"result = {record}(1, 0)\nwhile n > 0:\n    if n % 2 == 1:\n        result = {product}(result, p)\n    p = {product}(p, p)\n    n //= 2\nreturn result",
        f"if n == 0:\n    return {record}(1, 0)\nhalf = {power}(p, n // 2)\nif n % 2 == 0:\n    return {product}(half, half)\nreturn {product}({product}(half, half), p)",
        f"if n == 0:\n    return {record}(1, 0)\nreturn {product}({power}(p, n - 1), p)",
    )
    records.define(draw, f"{power}(p: {record}, n: int) -> {record}", "Raise a complex number to a power.", body)
    single = f"u, v = read_int(-3, 3)\nk = read_int(0, {draw.scale(4, 7)})\nstart = {record}(u, v)\n"
    reads = many.read(draw, *draw.choice((-3, 3), (-4, 2), (0, 4)), most=max(2, draw.scale(3, 5)))
    condition = draw.signed_condition(f"result.{real}", 20)
    words = compose.verdicts(draw)
    match draw.integer(0, 6):
        case 0:
            main = (
                single
                + f"result = {power}(start, k)\n"
                + draw.choice(
                    f"print({show('result')})\n",
                    f"print({show('result')}, {size}(result))\n",
                    f"print({size}(result))\n",
                    f"if {condition}:\n    print({words[0]})\nelse:\n    print({show('result')})\n",
                )
            )
        case 1:
            main = (
                single
                + f"for i in range(k + 1):\n    result = {power}(start, i)\n"
                + draw.choice(
                    f"    print({show('result')})\n",
                    f"    print(i, {show('result')})\n",
                    f"    if {condition}:\n        print(i, {show('result')})\n    else:\n        print({size}(result))\n",
                )
            )
        case 2:
            main = (
                reads
                + f"result = {record}(1, 0)\nfor {one} in {every}:\n    result = {product}(result, {one})\n"
                + draw.choice("", f"    print({size}(result))\n")
                + f"print({show('result')})\n"
            )
        case 3:
            main = (
                reads
                + f"for {one} in {every}:\n    result = {power}({one}, {draw.integer(2, 4)})\n    print({draw.choice('', show(one) + ', ')}{show('result')})\n"
            )
        case 4:
            main = (
                reads
                + f"total = 0\nfor i in range(n):\n    for j in range({draw.choice('i', 'i + 1', 'n')}):\n        result = {product}({every}[i], {every}[j])\n        if {condition}:\n            total += {draw.choice('1', f'result.{imaginary}', f'{size}(result)')}\n"
                + compose.say(draw, "total")
            )
        case 5:
            main = (
                reads
                + f"best = {every}[0]\nfor {one} in {every}:\n    if {size}({one}) {draw.choice('>', '<', '>=')} {size}(best):\n        best = {one}\nprint({show('best')})\n"
                + draw.choice("", f"result = {power}(best, {draw.integer(2, 3)})\nprint({show('result')})\n")
            )
        case _:
            main = (
                single
                + f"result = start\ncount = 0\nwhile {size}(result) < {draw.integer(3, 9) * 20} and count < k + 2:\n    result = {product}(result, start)\n    count += 1\n"
                + draw.choice(
                    "    print(" + show("result") + ")\nprint(count)\n",
                    f"print(count, {show('result')})\n",
                    "print(count)\n",
                )
            )
    return draw.program(main)


@family("matrix-powers", lends="number_function")
def matrix_powers(draw: Draw) -> str:
    """Powers of matrices with four entries, as they belong to recurrences."""
    a, b, c, d = fields = draw.choice(("a", "b", "c", "d"), ("a", "b", "c", "d"), ("u", "v", "w", "z"))
    record = draw.record("Matrix", "Square", "Table", **dict.fromkeys(fields, "int"))
    modulus = draw.choice(10, 97, 100, 101, 1000)
    product = draw.name("multiply", "product", "times")
    first = f"(p.{a} * q.{a} + p.{b} * q.{c}) % {modulus}, (p.{a} * q.{b} + p.{b} * q.{d}) % {modulus}"
    second = f"(p.{c} * q.{a} + p.{d} * q.{c}) % {modulus}, (p.{c} * q.{b} + p.{d} * q.{d}) % {modulus}"
    records.define(
        draw,
        f"{product}(p: {record}, q: {record}) -> {record}",
        f"Multiply two matrices, modulo {modulus}.",
        f"return {record}({first}, {second})",
    )
    one = f"{record}(1, 0, 0, 1)"
    power = draw.name("matrix_power", "raise_matrix", "repeat_product")
    body = draw.choice(
        f"result = {one}\nwhile n > 0:\n    if n % 2 == 1:\n        result = {product}(result, p)\n    p = {product}(p, p)\n    n //= 2\nreturn result",
        f"result = {one}\nfor i in range(n):\n    result = {product}({draw.choice('result, p', 'p, result')})\nreturn result",
        f"if n == 0:\n    return {one}\nhalf = {power}(p, n // 2)\nresult = {product}(half, half)\nif n % 2 == 1:\n    result = {product}(result, p)\nreturn result",
        f"if n == 0:\n    return {one}\nif n % 2 == 0:\n    return {power}({product}(p, p), n // 2)\nreturn {product}(p, {power}(p, n - 1))",
    )
    records.define(draw, f"{power}(p: {record}, n: int) -> {record}", "Raise a matrix to a power.", body)
    f = draw.name("entry_of_power", "recurrence_term", "sequence_term", "power_value")
    entries = draw.choice(
        "1, 1, 1, 0",
        "2, 1, 1, 0",
        "1, 2, 1, 0",
        f"{draw.integer(1, 4)}, {draw.integer(1, 4)}, {draw.integer(0, 3)}, {draw.integer(1, 3)}",
    )
    k = draw.integer(2, 5)
    value, said = draw.choice(
        (f"p.{b}", "the entry to the upper right"),
        (f"p.{a}", "the entry to the upper left"),
        (f"p.{a} + p.{d}", "the sum of the diagonal"),
        (f"p.{a} + p.{b} + p.{c} + p.{d}", "the sum of all entries"),
        (f"max(max(p.{a}, p.{b}), max(p.{c}, p.{d}))", "the largest entry"),
        (f"(p.{a} * {k} + p.{b}) % {modulus}", f"{k} times the upper left entry, plus the one beside it"),
        (f"abs(p.{a} * p.{d} - p.{b} * p.{c}) % {modulus}", "the size of the determinant"),
        (
            f"p.{a} if p.{a} > p.{d} else p.{d} + p.{b}",
            "the upper left entry, if it is larger than the lower right one, else the sum of that one and the upper right one",
        ),
    )
    start = draw.choice(f"p = {power}({record}({entries}), n)", f"start = {record}({entries})\np = {power}(start, n)")
    tail = draw.choice("", "", f"\nif {draw.comparison('n', 15)}:\n    p = {product}(p, p)")
    note = f"the matrix ({entries}) to the power n" + (", in some cases squared," if tail else "")
    records.define(
        draw, f"{f}(n: int) -> int", f"Return {said} of {note} modulo {modulus}.", f"{start}{tail}\nreturn {value}"
    )
    return compose.number_function(draw, f, 0, draw.scale(12, 40))
