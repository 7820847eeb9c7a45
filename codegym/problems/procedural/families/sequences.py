"""Sequences of numbers: what comes next, how far they go, what they have in common."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("figurate-numbers", lends="number_function")
def figurate_numbers(draw: Draw) -> str:
    """Triangular, square, pentagonal numbers and their kin."""
    f = draw.name("figurate", "dots_in_figure", "polygonal", "figure_size")
    step = draw.choice("1", "2", "3", f"{draw.integer(4, 6)}", "i", "i % 3")
    start = draw.integer(0, 2)
    loop = draw.choice(
        f"side = {start}\n            for i in range(1, n + 1):\n                total += side\n                side += {step}",
        f"side = {start}\n            for i in range(n):\n                side += {step}\n                total += side",
        f"for i in range(1, n + 1):\n                total += {draw.choice('i', 'i * i', '2 * i - 1', '3 * i - 2', 'i * (i + 1) // 2')}",
    )
    guard = (
        f"\n                if {draw.condition('i', 12)}:\n                    total += {draw.choice('1', 'i')}"
        if draw.chance(0.6)
        else ""
    )
    ending = draw.choice("total", "total", "total % 1000", "total - n", "total + n * n")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Count the dots of a figure with so many rows."""
            total = 0
            {loop}{guard}
            return {ending}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(12, 40))


@family("look-and-say")
def look_and_say(draw: Draw) -> str:
    """Reads a row of digits aloud, again and again."""
    f = draw.name("say_aloud", "look_and_say", "describe_digits", "next_row")
    limit = draw.choice("", "", f" and run < {draw.integer(2, 9)}")
    piece = draw.choice(
        "str(run) + text[i]", "text[i] + str(run)", 'str(run) + "x" + text[i]', "str(run + 1) + text[i]"
    )
    guard = draw.choice(
        f"result = result + {piece}",
        f"if run > 1:\n                    result = result + {piece}\n                else:\n                    result = result + text[i]",
        f'if run {draw.choice("> 1", "== 1", "% 2 == 0")} or text[i] {draw.choice("==", ">", "<")} "{draw.integer(1, 6)}":\n                    result = result + {piece}',
    )
    draw.define(f'''
        def {f}(text: str) -> str:
            """Rewrite a row of digits, run by run of equal ones."""
            result = ""
            i = 0
            while i < len(text):
                run = 1
                while i + run < len(text) and text[i + run] == text[i]{limit}:
                    run += 1
                {guard}
                i += run
            return result
        ''')
    if draw.chance(0.5):
        return compose.text_map(draw, f, draw.choice("digits", "bits"), 1, draw.scale(6, 12))
    times = draw.integer(1, draw.scale(3, 5))
    show = draw.choice("print(row)", "print(len(row))", "print(i + 1, row)", "print(row, len(row))")
    return draw.program(
        f"n = read_int(1, {times + 1})\nrow = {draw.choice('str(n)', chr(34) + '1' + chr(34), 'str(n * 11)')}\n"
        f"for i in range(n):\n    row = {f}(row)\n    {show}\n"
        + draw.choice("", compose.say(draw, "len(row)"), compose.say(draw, "row[::-1]"))
    )


@family("pascal-row")
def pascal_row(draw: Draw) -> str:
    """Rows of Pascal's triangle and of triangles like it."""
    f = draw.name("pascal_row", "triangle_row", "row_of_triangle", "binomials")
    combine = draw.choice(
        "row[i - 1] + row[i]",
        "row[i] + row[i - 1]",
        f"(row[i - 1] + row[i]) % {draw.integer(2, 12)}",
        "max(row[i - 1], row[i]) + 1",
        f"row[i - 1] + {draw.integer(2, 3)} * row[i]",
        "abs(row[i - 1] - row[i]) + r",
    )
    edge = draw.choice("1", "1", "r", "r + 1", str(draw.integer(2, 5)))
    condition = draw.choice(
        "", f"if {draw.condition('i + r', 12)}:\n                        ", "if i % 2 == 1:\n                        "
    )
    draw.define(f'''
        def {f}(n: int) -> list[int]:
            """Build a row of the triangle from the rows above it."""
            row: list[int] = []
            row.append({draw.choice("1", "1", str(draw.integer(2, 4)))})
            for r in range(1, n + 1):
                row.append({draw.choice("0", "0", "1")})
                for i in range(r, 0, -1):
                    {condition}row[i] = {combine}
                row[0] = {edge}
            return row
        ''')
    high = draw.scale(6, 10)
    words = compose.verdicts(draw)
    match draw.integer(0, 4):
        case 0:
            return draw.program(f'n = read_int(0, {high})\nprint("{draw.choice(" ", ", ")}".join({f}(n)))\n')
        case 1:
            return draw.program(
                f'n = read_int(0, {high})\nfor i in range(n + 1):\n    print("{draw.choice(" ", ",")}".join({f}(i)))\n'
            )
        case 2:
            return draw.program(
                f"n = read_int(0, {high})\nrow = {f}(n)\n"
                + compose.say(draw, draw.choice("sum(row)", "max(row)", "row[n // 2]", "max(row) - min(row)"))
            )
        case 3:
            return draw.program(
                f"n = read_int(0, {high})\ntotal = 0\nfor x in {f}(n):\n    if {draw.condition('x', 30)}:\n"
                f"        total += {draw.choice('x', '1')}\n" + compose.say(draw, "total")
            )
        case _:
            return draw.program(
                f"n, k = read_int(0, {high})\nrow = {f}(max(n, k))\nvalue = row[min(n, k)]\n"
                f"if {draw.condition('value', 20)}:\n    print({words[0]})\nelse:\n    print({draw.choice('value', words[1])})\n"
            )


@family("progressions", lends="list_function")
def progressions(draw: Draw) -> str:
    """Whether numbers follow each other by a rule."""
    f = draw.name("follows_rule", "rule_breaks", "longest_progression", "count_steps")
    rule = draw.choice(
        "xs[i] - xs[i - 1] == xs[1] - xs[0]",
        "xs[i] - xs[i - 1] == step",
        f"xs[i] == xs[i - 1] * {draw.integer(2, 3)}",
        "xs[i] * xs[i] >= xs[i - 1] * xs[1]",
        f"xs[i] == xs[i - 1] + {draw.integer(1, 4)}",
        f"abs(xs[i] - xs[i - 1]) <= {draw.integer(1, 6)}",
    )
    extra = f" {draw.choice('and', 'or')} {draw.signed_condition('xs[i]')}" if draw.harder(0.3, 0.7) else ""
    before = "step = xs[1] - xs[0]\n            " if "step" in rule else ""
    counter = draw.choice("count += 1", "count += i", "count += xs[i] - xs[i - 1]", "count = max(count, i)")
    other = draw.choice(
        "",
        f"\n                else:\n                    count {draw.choice('= 0', '-= 1', '= count // 2 if count > 0 else 0')}",
        f"\n                elif {draw.signed_condition('xs[i - 1]')}:\n                    count -= 1",
    )
    if "step" in rule:
        result = draw.choice("count", "count + step", "count * step", "count - step")
    else:
        result = draw.choice("count", f"max({draw.integer(1, 3)}, count)", "count * 2 - len(xs)", "count + xs[0]")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Score how well the numbers follow each other by a rule."""
            if len(xs) < {draw.choice("2", "2", "3")}:
                return {draw.choice("0", "len(xs)", "xs[0]")}
            {before}count = 0
            for i in range(1, len(xs)):
                if {rule}{extra}:
                    {counter}{other}
            return {result}
        ''')
    return compose.list_function(draw, f, draw.choice(-9, 0), draw.scale(9, 30))


@family("linear-recurrence", lends="number_function")
def linear_recurrence(draw: Draw) -> str:
    """Fibonacci's numbers and others that follow from the ones before."""
    f = draw.name("recurrence", "nth_term", "tribonacci", "sequence_term")
    modulus = draw.choice(97, 101, 1000, 997, 256)
    a, b, c = draw.integer(0, 3), draw.integer(1, 4), draw.integer(1, 5)
    p, q = draw.integer(1, 3), draw.integer(1, 3)
    update = draw.choice(
        f"first, second = second, ({p} * second + {q} * first) % {modulus}",
        f"first, second = second, (first + second + i) % {modulus}",
        f"first, second = (first + {q} * second) % {modulus}, first",
        f"following = ({p} * second + first) % {modulus}\n                first = second\n                second = following",
        f"following = (first + second) % {modulus}\n                if following % {draw.integer(2, 5)} == 0:\n                    following += {draw.choice('1', 'i')}\n                first = second\n                second = following",
        f"following = (first + second + third) % {modulus}\n                first = second\n                second = third\n                third = following",
    )
    third = f"third = {c}\n            " if "third" in update else ""
    guard = (
        f"\n                if {draw.condition('second', 60)}:\n                    second {draw.choice('+= 1', '//= 2', '+= i', '= first + 1')}"
        if draw.harder(0.3, 0.7)
        else ""
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Return a term of a sequence in which each term follows from the ones before it."""
            first = {a}
            second = {b}
            {third}for i in range({draw.choice("n", "2, n + 1", "1, n + 1")}):
                {update}{guard}
            return {draw.choice("first", "second", "first + second", "max(first, second)")}
        ''')
    return compose.number_function(draw, f, 0, draw.scale(20, 60))


@family("hailstone-records", lends="number_function")
def hailstone_records(draw: Draw) -> str:
    """How high, and how long, a number travels until it comes to rest."""
    f = draw.name("travel", "highest_point", "journey", "flight")
    divisor = draw.choice(2, 2, 2, 3)
    jump = (
        "current = 3 * current + 1" if divisor == 2 else f"current = current + {draw.choice(1, 2, 4, 5)} - current % 3"
    )
    limit = draw.integer(20, 60)
    record = draw.choice(
        "best = max(best, current)",
        "if current > best:\n                    best = current",
        f"if current > best and {draw.comparison('current', 60)}:\n                    best = current",
        f"if {draw.comparison('current', 60)}:\n                    best += 1",
        "best += current % 10",
    )
    result = draw.choice("best", "steps * 2 + best", "best + steps", "abs(best - current)", "best * 100 + steps")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Follow a number that is divided by {divisor} or raised, and keep a record of its way."""
            current = n
            best = {draw.choice("n", "0")}
            steps = 0
            while current > {draw.choice("1", "1", "4")} and steps < {limit}{draw.choice("", f" and current < {draw.integer(2, 9)}000")}:
                if current % {divisor} == 0:
                    current //= {divisor}
                else:
                    {jump}
                {record}
                steps += {draw.choice("1", "1", "1 + current % 2")}
            return {result}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(20, 60))


@family("happy-numbers")
def happy_numbers(draw: Draw) -> str:
    """Sums of powers of digits, until they repeat."""
    g = draw.name("next_number", "power_sum", "digit_power_sum")
    power = draw.choice(
        "digit * digit",
        "digit * digit",
        "digit * digit * digit",
        f"(digit + {draw.integer(1, 3)}) * digit",
        "digit * position",
    )
    position = "position = 1\n            " if "position" in power else ""
    move = "\n                position += 1" if position else ""
    guard = draw.choice("", f"if {draw.comparison('digit', 9)}:\n                    ")
    draw.define(f'''
        def {g}(n: int) -> int:
            """Add up what the digits of a number are worth."""
            total = 0
            {position}while n > 0:
                digit = n % 10
                {guard}total += {power}{move}
                n //= 10
            return total
        ''')
    f = draw.name("is_happy", "comes_to_rest", "ends_at_one", "settles")
    rest = draw.choice("1", "1", "0", str(draw.integer(2, 9)))
    limit = draw.integer(8, 20)
    if draw.chance(0.5):
        holds, remark = draw.choice(
            (f"n == {rest}", f"the sums come down to {rest} in {limit} steps"),
            (f"steps < {limit}", f"the sums come down to {rest} in fewer than {limit} steps"),
            ("n < 10", f"one digit is left when the sums have come down to {rest} or after {limit} steps"),
        )
        draw.define(f'''
            def {f}(n: int) -> bool:
                """Tell whether {remark}."""
                steps = 0
                while n != {rest} and steps < {limit}:
                    n = {g}(n){draw.choice("", " % 500")}
                    steps += 1
                return {holds}
            ''')
        return compose.number_test(draw, f, 1, draw.scale(40, 200))
    draw.define(f'''
        def {f}(n: int) -> int:
            """Follow the sums until they repeat, come down to {rest}, or {limit} of them are seen."""
            seen: list[int] = []
            while n != {rest} and n not in seen and len(seen) < {limit}:
                seen.append(n)
                n = {g}(n)
            return {draw.choice("len(seen)", "n", "len(seen) + n", "max(n, len(seen))")}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(40, 200))


@family("ulam-sequence")
def ulam_sequence(draw: Draw) -> str:
    """Sequences that grow by numbers that are not yet there."""
    f = draw.name("grow_sequence", "lucky_terms", "next_terms", "sieve_sequence")
    rule = draw.choice(
        "candidate not in result and ways == 1",
        "ways == 1",
        "ways == 0",
        f"ways < {draw.integer(2, 3)} and {draw.comparison('candidate', 20)}",
        f"ways % 2 == {draw.integer(0, 1)}",
    )
    pair = draw.choice(
        "result[i] + result[j] == candidate",
        "result[i] + result[j] == candidate",
        f"result[i] + {draw.integer(2, 3)} * result[j] == candidate",
        "candidate - result[i] == result[j]",
        "result[i] * result[j] == candidate",
    )
    a = draw.integer(1, 3)
    b = a + draw.integer(1, 3)
    draw.define(f'''
        def {f}(n: int) -> list[int]:
            """Start with {a} and {b} and append numbers by how they are made of two earlier ones."""
            result: list[int] = [{a}, {b}]
            candidate = {b + 1}
            while len(result) < n and candidate < {draw.integer(14, 26)}:
                ways = 0
                for i in range(len(result)):
                    for j in range({draw.choice("i + 1", "i + 1", "i")}, len(result)):
                        if {pair}:
                            ways += 1
                if {rule}:
                    result.append(candidate)
                candidate += 1
            return result
        ''')
    high = draw.scale(6, 8)
    g = draw.number_map()
    match draw.integer(0, 3):
        case 0:
            return draw.program(f'n = read_int(2, {high})\nprint("{draw.choice(" ", ", ")}".join({f}(n)))\n')
        case 1:
            return draw.program(
                f"n = read_int(2, {high})\ntotal = 0\nfor x in {f}(n):\n    if {draw.condition('x', 20)}:\n        total += {draw.choice('x', f'{g}(x)')}\n"
                + compose.say(draw, "total")
            )
        case 2:
            return draw.program(
                f"n = read_int(2, {high})\nxs = {f}(n)\n"
                + compose.say(draw, draw.choice("xs[len(xs) - 1]", "sum(xs)", "len(xs)", f"{g}(xs[len(xs) - 1])"))
            )
        case _:
            return draw.program(
                f"n, m = read_int(2, {high})\nxs = {f}(n)\nif m in xs{draw.choice('', f' and {draw.comparison(chr(109), 9)}')}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('m', compose.verdicts(draw)[1])})\n"
            )
