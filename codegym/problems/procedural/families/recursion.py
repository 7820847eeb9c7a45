"""Functions that call themselves."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("recurrence", lends="number_function")
def recurrence(draw: Draw) -> str:
    """Recursive sequences of numbers."""
    f = draw.name("sequence", "term_at", "recur", "nth_value")
    modulus = draw.choice(97, 1000, 1009)
    branch = draw.choice(
        f"if n % 2 == 0:\n                return ({f}(n // 2) + {draw.integer(1, 9)}) % {modulus}\n            return ({f}(n - 1) * {draw.integer(2, 3)} + {draw.choice('n', '1', str(draw.integer(2, 9)))}) % {modulus}",
        f"if {draw.condition('n', 20)}:\n                return {draw.choice('n', '1', 'n % 5')} + {f}(n {draw.choice('- 1', '- 2', '// 2')})\n            return {f}(n {draw.choice('- 1', '// 2', '- 2')}){draw.choice('', ' + 1', ' * 2 % 500')}",
        f"return ({f}(n // {draw.integer(2, 3)}) + {f}(n // {draw.integer(3, 4)}) + {draw.choice('n', '1', 'n % 3')}) % {modulus}",
        f"return max({f}(n // 2) + {f}(n // 3), {draw.choice('n', 'n - 1', f'{f}(n // 4) + 1')})",
        f"value = {f}(n // {draw.choice(2, 10, 3)})\n            if {draw.comparison('value', 20)}:\n                return value + {draw.choice('n % 10', '1', 'n % 2')}\n            return value {draw.choice('* 2 % 1000', '+ 2', '// 2')}",
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Compute a value from the values of smaller numbers."""
            if n {draw.choice("<= 1", "< 2", f"<= {draw.integer(2, 3)}")}:
                return {draw.choice("1", "max(n, 0)", str(draw.integer(1, 5)))}
            {branch}
        ''')
    return compose.number_function(draw, f, 0, draw.scale(20, 40))


@family("grid-paths")
def grid_paths(draw: Draw) -> str:
    """Counts ways through a grid or up a staircase, recursively."""
    f = draw.name("count_ways", "paths", "routes", "ways_to_reach")
    block = draw.choice(
        "",
        f"if {draw.choice('a', 'b')} % {draw.integer(2, 4)} == {draw.integer(0, 1)} and {draw.choice('a', 'b')} {draw.choice('>', '!=')} {draw.integer(1, 3)}:\n                return {draw.choice('0', '1')}\n            ",
        f"if (a + b) % {draw.integer(3, 5)} == {draw.integer(0, 2)}:\n                return {draw.choice('0', '1', 'a')}\n            ",
        f"if a == b:\n                return {draw.choice('1', '2', 'a + 1')}\n            ",
    )
    step = draw.choice(
        f"{f}(a - 1, b) + {f}(a, b - 1)",
        f"{f}(a - 1, b) + {f}(a, b - 1) + {f}(a - 1, b - 1)",
        f"max({f}(a - 1, b), {f}(a, b - 1)) + {draw.choice('a', '1', 'a * b % 3')}",
        f"{f}(a - 1, b) + {f}(a - 1, b - 1)",
        f"min({f}(a - 1, b), {f}(a, b - 1)) + {draw.choice('1', 'a % 3 + b % 2', 'abs(a - b)')}",
    )
    draw.define(f'''
        def {f}(a: int, b: int) -> int:
            """Count the ways that lead to a place."""
            if a {draw.choice("== 0", "<= 0")} or b {draw.choice("== 0", "<= 0")}:
                return {draw.choice("1", "1", "a + b", "0")}
            {block}return {step}
        ''')
    high = draw.scale(3, 5)
    head = f"a, b = read_int(0, {high})\n"
    match draw.integer(0, 4):
        case 0:
            return draw.program(head + compose.say(draw, f"{f}(a, b)"))
        case 1:
            g = draw.number_map()
            return draw.program(head + compose.say(draw, f"{g}({f}(a, b))"))
        case 2:
            return draw.program(
                f"n = read_int(1, {high})\nfor i in range(n + 1):\n    print({draw.choice('i, ', '')}{f}({draw.choice('i, n - i', 'i, i', 'i, n', 'n, i')}))\n"
            )
        case 3:
            return draw.program(
                f"n = read_int(1, {high})\ntotal = 0\nfor i in range(n + 1):\n    value = {f}(i, {draw.choice('n - i', 'n', 'i')})\n    if {draw.condition('value', 15)}:\n        total += {draw.choice('value', '1', 'i')}\n"
                + compose.say(draw, "total")
            )
        case _:
            return draw.program(
                head
                + f"value = {f}(a, b)\nif {draw.condition('value', 15)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('value', f'{f}(b, a)', compose.verdicts(draw)[1])})\n"
            )


@family("subset-sums", lends="list_function")
def subset_sums(draw: Draw) -> str:
    """Tries every subset, recursively."""
    f = draw.name("explore", "search_subsets", "count_subsets", "try_all")
    finish = draw.choice(
        f"if {draw.condition('total', 20)}:\n                    return 1\n                return 0",
        "return total % 10",
        f"if total > {draw.integer(5, 20)}:\n                    return {draw.choice('0', '-1', 'total - 5')}\n                return total",
        f"return abs(total - {draw.integer(4, 20)})",
    )
    skip, take = (
        f"{f}(xs, i + 1, total)",
        f"{f}(xs, i + {draw.choice(1, 1, 2)}, {draw.choice('total + xs[i]', 'total + xs[i]', 'total ^ xs[i]', 'total + xs[i] * 2')})",
    )
    combine = draw.choice(f"{skip} + {take}", f"max({skip}, {take})", f"min({skip}, {take})", f"{take} - {skip}")
    prune = draw.choice(
        "",
        f"if {draw.comparison('xs[i]', 12)}:\n                return {draw.choice(skip, take)}\n            ",
        f"if total > {draw.integer(10, 30)}:\n                return {draw.choice('0', '1')}\n            ",
    )
    draw.define(f'''
        def {f}(xs: array[int], i: int, total: int) -> int:
            """Decide for each value whether it belongs to the subset."""
            if i {draw.choice(">=", ">=")} len(xs):
                {finish}
            {prune}return {combine}
        ''')
    g = draw.name("evaluate", "best_subset", "measure", "subset_score")
    draw.define(f'''
        def {g}(xs: array[int]) -> int:
            """Start with the empty subset{draw.choice("", " of all values")}."""
            return {f}(xs[:min(len(xs), 6)], 0, {draw.choice("0", "0", str(draw.integer(1, 4)))})
        ''')
    return compose.list_function(draw, g, draw.choice(0, 1), draw.scale(6, 15))


@family("recursive-text")
def recursive_text(draw: Draw) -> str:
    """Takes a text apart from one end, recursively."""
    f = draw.name("unfold", "rebuild", "fold_text", "peel")
    test = draw.choice(
        'text[0] in "aeiou"',
        "text[0] == text[len(text) - 1]",
        'text[0] < "m"',
        f"len(text) % {draw.integer(2, 3)} == 0",
        "text[0].isupper()",
        "len(text) > 1 and text[0] == text[1]",
    )
    rest = f"{f}(text[1:])"
    one = draw.choice(
        f"{rest} + text[0]",
        f"text[:1] + {rest}",
        f'"{draw.choice("*", "-", ".")}" + {rest}',
        f"text[:1].upper() + {rest}",
        rest,
    )
    two = draw.choice(
        f"text[:1] + {rest}",
        f"{f}(text[:len(text) - 1]) + text[len(text) - 1]",
        f"{f}(text[len(text) // 2:]) + text[:len(text) // 2]",
        f"{rest} + text[:1]",
    )
    draw.define(f'''
        def {f}(text: str) -> str:
            """Treat the first character, then the rest in the same way."""
            if len(text) {draw.choice("<= 1", "< 2")}:
                return text{draw.choice("", ".upper()", f' + "{draw.choice("!", ".", "|")}"')}
            if {test}:
                return {one}
            return {two}
        ''')
    return compose.text_map(draw, f, draw.choice("lower", "letters"), 0, draw.scale(6, 12))


@family("digit-recursion", lends="number_function")
def digit_recursion(draw: Draw) -> str:
    """Takes a number apart, recursively."""
    f = draw.name("digits_fold", "reduce_number", "weigh_digits", "shrink")
    base = draw.choice(2, 3, 5, 10, 10)
    rest, last = f"{f}(n // {base})", f"n % {base}"
    rules = [
        f"if {draw.choice(draw.comparison('n', 50), f'{last} > {draw.integer(1, base - 1)}', f'{last} == {draw.integer(0, base - 1)}')}:\n                return {draw.choice(f'{rest} + {last}', f'{rest} + 1', rest, f'max({rest}, {last})', f'{rest} * 2 % 1000')}"
        for _ in range(draw.scale(1, 3))
    ]
    body = "\n            ".join(rules)
    draw.define(f'''
        def {f}(n: int) -> int:
            """Treat the last digit, then the others in the same way."""
            if n {draw.choice("== 0", f"< {base}")}:
                return {draw.choice("n", "0", "1")}
            {body}
            return {draw.choice(f"{rest} + {last}", rest, f"abs({rest} - {last})", f"{rest} + 1")}
        ''')
    return compose.number_function(draw, f, 0, draw.choice(300, 5000, 60000))
