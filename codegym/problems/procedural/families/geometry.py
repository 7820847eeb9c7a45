"""Geometry on whole numbers: rectangles, distances, directions, areas."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _points(draw: Draw, least: int = 1) -> str:
    """Returns reads of `n` points with the coordinates `xs` and `ys`."""
    low, high = draw.choice((-9, 9), (0, 12), (-20, 20))
    return (
        f"n = read_int({least}, {max(least + 1, draw.scale(4, 8))})\n"
        f"xs = read_array(n, {low}, {high})\nys = read_array(n, {low}, {high})\n"
    )


@family("rectangle-overlap")
def rectangle_overlap(draw: Draw) -> str:
    """Rectangles with sides along the axes."""
    f = draw.name("overlap", "common_length", "shared_part", "intersection")
    common, apart = "what two stretches have in common", "what two stretches have in common or how far they are apart"
    low, high, result, measured = draw.choice(
        ("max(a, c)", "min(b, d)", "max(0, high - low)", common),
        ("max(a, c)", "min(b, d)", "max(0, high - low)", common),
        ("max(a, c)", "min(b, d)", "max(0, high - low + 1)", common),
        ("max(a, c)", "min(b, d)", "high - low", apart),
        ("max(a, c)", "min(b, d)", "abs(high - low)", apart),
        ("min(a, c)", "max(b, d)", "high - low", "how far two stretches reach together"),
        ("min(a, c)", "max(b, d)", "max(0, high - low)", "how far two stretches reach together"),
        ("max(a, c)", "max(b, d)", "abs(high - low)", "how far the later end of two stretches is from the later start"),
    )
    order = draw.choice(
        "",
        "if b < a:\n                a, b = b, a\n            ",
        "if d < c:\n                c, d = d, c\n            ",
    )
    draw.define(f'''
        def {f}(a: int, b: int, c: int, d: int) -> int:
            """Measure {measured}, from a to b and from c to d."""
            {order}low = {low}
            high = {high}
            return {result}
        ''')
    limit = draw.scale(8, 20)
    area = draw.choice(
        f"{f}(a, c, p, r) * {f}(b, d, q, s)",
        f"{f}(a, c, p, r) + {f}(b, d, q, s)",
        f"min({f}(a, c, p, r), {f}(b, d, q, s))",
        f"{f}(a, c, p, r) * 2 + {f}(b, d, q, s) * 2",
    )
    two = f"a, b, c, d = read_int(0, {limit})\np, q, r, s = read_int(0, {limit})\n"
    words = compose.verdicts(draw)
    return draw.program(
        draw.choice(
            two + f"area = {area}\n" + compose.say(draw, "area"),
            two
            + f"area = {area}\nwhole = abs(c - a) * abs(d - b) + abs(r - p) * abs(s - q)\nprint({draw.choice('whole - area', 'area, whole', 'whole, whole - area')})\n",
            two
            + f"area = {area}\nif area {draw.choice('>', '==', '<')} {draw.integer(0, 6)}{draw.choice('', f' and {draw.signed_condition(chr(97))}')}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'area')})\n",
            f"n = read_int(2, {draw.scale(4, 7)})\nxs = read_array(n, 0, {limit})\nys = read_array(n, 0, {limit})\ntotal = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        value = {f}(min(xs[i], ys[i]), max(xs[i], ys[i]), min(xs[j], ys[j]), max(xs[j], ys[j]))\n        {draw.choice('total += value', 'total = max(total, value)', f'if {draw.signed_condition(chr(118) + chr(97) + chr(108) + chr(117) + chr(101), 6)}:' + chr(10) + '            total += 1')}\n"
            + compose.say(draw, "total"),
        )
    )


@family("nearest-point")
def nearest_point(draw: Draw) -> str:
    """Distances between points, in several measures."""
    f = draw.name("distance", "gap", "how_far", "measure")
    formula = draw.choice(
        "abs(a - c) + abs(b - d)",
        "abs(a - c) + abs(b - d)",
        "max(abs(a - c), abs(b - d))",
        "(a - c) * (a - c) + (b - d) * (b - d)",
        "abs(a - c) + 2 * abs(b - d)",
        "abs(a - c) * abs(b - d)",
    )
    early = draw.choice(
        "",
        f"if a == c:\n                return {draw.choice('abs(b - d)', '0', '1')}\n            ",
        f"if {draw.signed_condition('a - c', 9)}:\n                return {draw.choice('abs(a - c)', 'abs(b - d)', '99')}\n            ",
    )
    draw.define(f'''
        def {f}(a: int, b: int, c: int, d: int) -> int:
            """Measure how far the point (a, b) is from (c, d){", with an exception" if early else ""}."""
            {early}return {formula}
        ''')
    sign = draw.choice("<", "<", ">", "<=")
    own = f"{f}(px, py, xs[i], ys[i])"
    near = draw.integer(3, 15)
    return draw.program(
        draw.choice(
            _points(draw)
            + f"px, py = read_int(-9, 9)\nbest = 0\nfor i in range(n):\n    if {own} {sign} {f}(px, py, xs[best], ys[best]):\n        best = i\nprint({draw.choice('xs[best], ys[best]', 'best', 'best + 1, ' + f'{f}(px, py, xs[best], ys[best])')})\n",
            _points(draw)
            + f"px, py = read_int(-9, 9)\ncount = 0\nfor i in range(n):\n    if {own} {draw.choice('<', '<=', '>')} {near}{draw.choice('', f' and {draw.signed_condition(chr(120) + chr(115) + chr(91) + chr(105) + chr(93), 9)}')}:\n        count += {draw.choice('1', '1', 'i')}\n"
            + compose.say(draw, "count"),
            _points(draw, 2)
            + f"best = {f}(xs[0], ys[0], xs[1], ys[1])\nfor i in range(n):\n    for j in range(i + 1, n):\n        best = {draw.choice('min', 'max')}(best, {f}(xs[i], ys[i], xs[j], ys[j]))\n"
            + compose.say(draw, "best"),
            _points(draw, 2)
            + f"total = {draw.choice('0', f'{f}(xs[n - 1], ys[n - 1], xs[0], ys[0])')}\nfor i in range(1, n):\n    {draw.choice('', f'if {draw.signed_condition(chr(120) + chr(115) + chr(91) + chr(105) + chr(93), 9)}:' + chr(10) + '        ')}total += {f}(xs[i - 1], ys[i - 1], xs[i], ys[i])\n"
            + compose.say(draw, "total"),
        )
        + compose.coda(draw, "n", 8)
    )


@family("polygon-area")
def polygon_area(draw: Draw) -> str:
    """Areas of polygons, doubled so that they are whole."""
    f = draw.name("double_area", "shoelace", "signed_area", "polygon_sum")
    following, other = draw.choice(
        ("(i + 1) % len(xs)", "the next one"),
        ("(i + 1) % len(xs)", "the next one"),
        ("(i + 2) % len(xs)", "the next but one"),
        ("(i + len(xs) - 1) % len(xs)", "the one before it"),
    )
    term, product = draw.choice(
        ("xs[i] * ys[j] - xs[j] * ys[i]", "the cross products"),
        ("xs[i] * ys[j] - xs[j] * ys[i]", "the cross products"),
        ("(xs[i] + xs[j]) * (ys[j] - ys[i])", "twice the areas beside the lines"),
        ("xs[i] * ys[j]", "the products of coordinates"),
        ("abs(xs[i] * ys[j] - xs[j] * ys[i])", "the absolute cross products"),
    )
    guard = f"if {draw.signed_condition('xs[i]', 9)}:\n                    " if draw.harder(0.2, 0.5) else ""
    result = draw.choice("abs(total)", "abs(total)", "total", "abs(total) // 2", "abs(total) % 2 + abs(total) // 2")
    draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> int:
            """Add up {product} of {"some corners" if guard else "each corner"} of a polygon and {other}."""
            total = 0
            for i in range(len(xs)):
                j = {following}
                {guard}total += {term}
            return {result}
        ''')
    words = compose.verdicts(draw)
    return draw.program(
        _points(draw, 3)
        + draw.choice(
            compose.say(draw, f"{f}(xs, ys)"),
            f"area = {f}(xs, ys)\nif area {draw.choice('== 0', '> 20', '< 0', '> 0')}:\n    print({words[0]})\nelse:\n    print({draw.choice('area', words[1])})\n",
            f"first = {f}(xs, ys)\nsecond = {f}(ys, xs)\nprint({draw.choice('first, second', 'first + second', 'max(first, second)', 'first - second')})\n",
            f"for k in range(3, n + 1):\n    print({draw.choice('k, ', '')}{f}(xs[:k], ys[:k]))\n",
            f"width = max(xs) - min(xs)\nheight = max(ys) - min(ys)\nprint({draw.choice(f'2 * width * height - {f}(xs, ys)', f'width * height, {f}(xs, ys)', f'{f}(xs, ys), width, height')})\n",
        )
        + compose.coda(draw, "n", 8)
    )


@family("turns")
def turns(draw: Draw) -> str:
    """Which way a path bends."""
    f = draw.name("turn", "orientation", "bend", "side_of_line")
    cross = draw.choice(
        "(c - a) * (s - q) - (r - a) * (d - q)",
        "(c - a) * (s - q) - (r - a) * (d - q)",
        "(r - c) * (d - q) - (c - a) * (s - d)",
    )
    labels = draw.choice(("1", "-1", "0"), ("1", "2", "0"), ("2", "0", "1"))
    tail, aim = draw.choice(
        (
            f"if value > 0:\n                return {labels[0]}\n            if value < 0:\n                return {labels[1]}\n            return {labels[2]}",
            "Tell which way",
        ),
        (
            f"if value == 0:\n                return {labels[2]}\n            return {labels[0]} if value > 0 else {labels[1]}",
            "Tell which way",
        ),
        (
            f"if {draw.signed_condition('value', 12)}:\n                return {labels[0]}\n            return {labels[1]}",
            "Classify how",
        ),
        ("return value", "Measure how"),
    )
    draw.define(f'''
        def {f}(a: int, q: int, c: int, d: int, r: int, s: int) -> int:
            """{aim} one turns at (c, d) on the way from (a, q) to (r, s)."""
            value = {cross}
            {tail}
        ''')
    call = f"{f}(xs[i - 2], ys[i - 2], xs[i - 1], ys[i - 1], xs[i], ys[i])"
    condition = draw.signed_condition("value", 3)
    words = compose.verdicts(draw)
    main = draw.choice(
        _points(draw, 3)
        + f"count = 0\nfor i in range(2, n):\n    value = {call}\n    if {condition}:\n        count += {draw.choice('1', 'value', 'i')}\n"
        + compose.say(draw, "count"),
        _points(draw, 3) + f"for i in range(2, n):\n    print({draw.choice('i, ', '')}{call})\n",
        _points(draw, 3)
        + f"best = 0\nrun = 0\nfor i in range(2, n):\n    value = {call}\n    if {condition}:\n        run += 1\n        best = max(best, run)\n    else:\n        run = {draw.choice('0', 'run // 2')}\n"
        + compose.say(draw, "best"),
        f"a, q, c, d, r, s = read_int(-9, 9)\nvalue = {f}(a, q, c, d, r, s)\nif {condition}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'value')})\n",
        _points(draw, 3)
        + f"same = True\nfirst = {f}(xs[0], ys[0], xs[1], ys[1], xs[2], ys[2])\nfor i in range(3, n):\n    if {call} {draw.choice('!=', '<', '>')} first:\n        same = False\nif same:\n    print({words[0]})\nelse:\n    print({words[1]})\n",
    )
    return draw.program(main + (compose.coda(draw, "n", 8) if "n = read" in main else ""))


@family("quadrants")
def quadrants(draw: Draw) -> str:
    """Sorts points by where they lie."""
    f = draw.name("quadrant", "sector", "zone", "part_of_plane")
    first = draw.choice("x > 0 and y > 0", "x >= 0 and y >= 0", "x > y", "x * x + y * y < 40", "abs(x) > abs(y)")
    second = draw.choice("x < 0 and y > 0", "x < 0", "y > 0", "x + y < 0", "x == 0 or y == 0")
    third = draw.choice("y < 0", "x > 0", "x == y", "abs(x - y) < 3")
    numbers = draw.choice(("1", "2", "3", "4"), ("1", "2", "3", "0"), ("3", "2", "1", "0"))
    both = "and" if second == "x == 0 or y == 0" else draw.choice("and", "or")
    origin = draw.choice(
        "",
        f"if x == 0 {both} y == 0:\n                return {draw.choice('0', '5')}\n            ",
    )
    draw.define(f'''
        def {f}(x: int, y: int) -> int:
            """Number the part of the plane in which a point lies."""
            {origin}if {first}:
                return {numbers[0]}
            if {second}:
                return {numbers[1]}
            if {third}:
                return {numbers[2]}
            return {numbers[3]}
        ''')
    words = compose.verdicts(draw)
    return draw.program(
        draw.choice(
            _points(draw)
            + f"counts = [0] * 6\nfor i in range(n):\n    counts[{f}(xs[i], ys[i])] += {draw.choice('1', '1', 'i + 1')}\n"
            + draw.choice(
                "print(counts[0], counts[1], counts[2], counts[3])\n",
                "print(max(counts))\n",
                "for k in range(6):\n    if counts[k] > 0:\n        print(k, counts[k])\n",
            ),
            _points(draw)
            + f"for i in range(n):\n    print({draw.choice('xs[i], ys[i], ', 'i, ', '')}{f}(xs[i], ys[i]))\n",
            _points(draw, 2)
            + f"changes = 0\nfor i in range(1, n):\n    if {f}(xs[i], ys[i]) {draw.choice('!=', '>', '==')} {f}(xs[i - 1], ys[i - 1]):\n        changes += {draw.choice('1', 'i')}\n"
            + compose.say(draw, "changes"),
            f"x, y = read_int(-20, 20)\nif {f}(x, y) {draw.choice('==', '>', '<')} {draw.integer(1, 3)}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], f'{f}(y, x)')})\n",
            _points(draw)
            + f"total = 0\nfor i in range(n):\n    if {f}(xs[i], ys[i]) {draw.choice('==', '!=')} {draw.integer(1, 3)}:\n        total += {draw.choice('xs[i]', 'ys[i]', 'abs(xs[i]) + abs(ys[i])', 'xs[i] * ys[i]')}\n"
            + compose.say(draw, "total"),
        )
    )


@family("lattice-points", lends="number_function")
def lattice_points(draw: Draw) -> str:
    """Counts the points with whole coordinates in a figure."""
    f = draw.name("points_inside", "lattice_count", "grid_points", "cells_inside")
    inside = draw.choice(
        "x * x + y * y <= n",
        "x * x + y * y <= n * n",
        "x + y <= n",
        f"{draw.integer(2, 3)} * x + y <= n",
        "x * y <= n",
        "abs(x - y) <= n // 2",
        f"x * x + {draw.integer(2, 3)} * y * y < n * 2",
    )
    more = (
        f" {draw.choice('and', 'and', 'or')} {draw.comparison(draw.choice('(x + y)', '(x * y)'), 12)}"
        if draw.harder(0.2, 0.7)
        else ""
    )
    ranges = draw.choice(
        ("range(n + 1)", "range(n + 1)"),
        ("range(1, n + 1)", "range(1, n + 1)"),
        ("range(n)", "range(x, n + 1)"),
        ("range(n + 1)", "range(x + 1)"),
    )
    update = draw.choice("count += 1", "count += 1", "count += x", "count += x + y", "count += x * y")
    weight = draw.choice(
        "",
        "\n                        if x > 0 and y > 0:\n                            count += 1",
        f"\n                        if x == y:\n                            count += {draw.integer(1, 3)}",
    )
    plain = update == "count += 1" and not weight
    draw.define(f'''
        def {f}(n: int) -> int:
            """Look at points with whole coordinates that are not negative, and {"count" if plain else "add up a score of"} those in a figure."""
            count = 0
            for x in {ranges[0]}:
                for y in {ranges[1]}:
                    if {inside}{more}:
                        {update}{weight}
            return {draw.choice("count", "count", "count * 4", "count + n")}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(7, 12), large=True)


@family("walks", lends="text_function")
def walks(draw: Draw) -> str:
    """Where a walk leads, and how far away it comes."""
    f = draw.name("walk_end", "farthest", "trail_value", "walk_score")
    steps = draw.choice(("1", "1"), ("1", "1"), ("2", "1"), ("i + 1", "1"), ("1", "i % 3 + 1"))
    track = draw.choice(
        "best = max(best, abs(x) + abs(y))",
        "best = max(best, x * x + y * y)",
        "if x == 0 and y == 0:\n                    best += 1",
        "best = max(best, x - y)",
        f"if {draw.signed_condition('x + y', 4)}:\n                    best += 1",
        "best += abs(x)",
    )
    wall = draw.choice(
        "",
        f"if abs(x) + abs(y) > {draw.integer(3, 7)}:\n                    {draw.choice('break', 'x = 0', 'y = 0')}\n                ",
        f"if x {draw.choice('>', '<')} {draw.integer(1, 4)}:\n                    x = {draw.choice('0', '-1', 'y')}\n                ",
    )
    result = draw.choice("best", "abs(x) + abs(y)", "best * 10 + abs(x)", "abs(x * y) + best", "best + abs(y)")
    if "best" not in result:
        track = ""
    elif "y" not in track + wall + result:
        track = "best += abs(x) + abs(y)"
    draw.define(f'''
        def {f}(text: str) -> int:
            """Walk up, down, left and right as the letters say, and watch where that leads."""
            x = 0
            y = 0
            {"best = 0" if track else ""}
            for i in range(len(text)):
                if text[i] == "U":
                    y += {steps[0]}
                elif text[i] == "D":
                    y -= {steps[1]}
                elif text[i] == "{draw.choice("L", "R")}":
                    x -= {steps[1]}
                else:
                    x += {steps[0]}
                {wall}{track}
            return {result}
        ''')
    return compose.text_function(draw, f, "moves", draw.choice(0, 1), draw.scale(8, 16))


@family("interval-union")
def interval_union(draw: Draw) -> str:
    """How much of a line is covered by stretches of it."""
    size = draw.scale(15, 30)
    f = draw.name("covered", "coverage", "painted_length", "union_length")
    paint = draw.choice("line[p] += 1", "line[p] += 1", "line[p] = 1", "line[p] = i + 1", "line[p] = 1 - line[p]")
    ends = draw.choice(
        "range(min(xs[i], ys[i]), max(xs[i], ys[i]))",
        "range(min(xs[i], ys[i]), max(xs[i], ys[i]) + 1)",
        "range(min(xs[i], ys[i]), max(xs[i], ys[i]), 2)",
        "range(xs[i], ys[i])",
    )
    ask = draw.choice(
        "if line[p] > 0:\n                    count += 1",
        "count = max(count, line[p])",
        f"if line[p] {draw.choice('==', '>')} 1:\n                    count += {draw.choice('1', 'p')}",
        "if p > 0 and line[p] != line[p - 1]:\n                    count += 1",
        "if line[p] == 0:\n                    run = 0\n                else:\n                    run += 1\n                    count = max(count, run)",
    )
    run = "run" in ask
    draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> int:
            """Paint the stretches between pairs of numbers on a line of {size} places, and look at the line."""
            line = [0] * {size}
            for i in range(len(xs)):
                {draw.choice("", f"if {draw.comparison('xs[i]', 15)}:" + chr(10) + "                    continue" + chr(10) + "                ")}for p in {ends}:
                    {paint}
            count = 0
            {"run = 0" + chr(10) + "            " if run else ""}for p in range({size}):
                {ask}
            return count
        ''')
    n = draw.scale(3, 7)
    head = f"n = read_int(1, {n})\nxs = read_array(n, 0, {size - 1})\nys = read_array(n, 0, {size - 1})\n"
    return draw.program(
        head
        + draw.choice(
            compose.say(draw, f"{f}(xs, ys)"),
            f"value = {f}(xs, ys)\nif {draw.condition('value', 12)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('value', f'{size} - value')})\n",
            f"for k in range(1, n + 1):\n    print({draw.choice('k, ', '')}{f}(xs[:k], ys[:k]))\n",
            f"whole = 0\nfor i in range(n):\n    whole += abs(xs[i] - ys[i])\nprint({draw.choice(f'whole - {f}(xs, ys)', f'whole, {f}(xs, ys)', f'max(whole, {f}(xs, ys))')})\n",
        )
    )


@family("bounding-box")
def bounding_box(draw: Draw) -> str:
    """The smallest rectangle around points, and the points in rectangles."""
    f = draw.name("extent", "width_of", "span", "spread_along")
    body = draw.choice(
        "return max(xs) - min(xs)",
        "low = xs[0]\n            high = xs[0]\n            for x in xs:\n                low = min(low, x)\n                high = max(high, x)\n            return high - low",
        "low = xs[0]\n            high = xs[0]\n            for x in xs:\n                if x < low:\n                    low = x\n                elif x > high:\n                    high = x\n            return high - low + 1",
        "values = sorted(xs)\n            return values[len(values) - 1] - values[0]",
        "values = sorted(xs)\n            return values[len(values) - 1] - values[len(values) // 2]",
        f"best = 0\n            for x in xs:\n                if {draw.signed_condition('x', 9)}:\n                    best = max(best, abs(x - xs[0]))\n            return best",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Measure how far coordinates lie apart."""
            {body}
        ''')
    inside = draw.choice(
        "a <= xs[i] and xs[i] <= c and b <= ys[i] and ys[i] <= d",
        "a < xs[i] and xs[i] < c and b < ys[i] and ys[i] < d",
        "xs[i] - a <= c and ys[i] - b <= d",
        "xs[i] >= a and ys[i] >= b or xs[i] == c and ys[i] == d",
    )
    words = compose.verdicts(draw)
    return draw.program(
        _points(draw)
        + draw.choice(
            compose.say(draw, f"{f}(xs) * {f}(ys)"),
            f"width = {f}(xs)\nheight = {f}(ys)\nprint({draw.choice('width, height', '2 * (width + height)', 'max(width, height), min(width, height)')})\n",
            f"width = {f}(xs)\nheight = {f}(ys)\nif width {draw.choice('>', '==', '>=')} height{draw.choice('', f' and {draw.signed_condition(chr(119) + chr(105) + chr(100) + chr(116) + chr(104), 9)}')}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'width - height')})\n",
            f"a, b, c, d = read_int(-9, 12)\ncount = 0\nfor i in range(n):\n    if {inside}:\n        count += {draw.choice('1', '1', 'xs[i]')}\n"
            + draw.choice("", f"print({f}(xs))\n")
            + compose.say(draw, "count"),
            f"for k in range(1, n + 1):\n    print({f}(xs[:k]){draw.choice(f' * {f}(ys[:k])', f' + {f}(ys[:k])', f', {f}(ys[:k])')})\n",
        )
        + compose.coda(draw, "n", 8)
    )


@family("points-in-rectangle")
def points_in_rectangle(draw: Draw) -> str:
    """Which points lie in a rectangle."""
    f = draw.name("inside", "contains_point", "is_in_rectangle", "hits")
    less, border = draw.choice(("<=", "border included"), ("<", "border excluded"))
    outside = ">" if less == "<=" else ">="
    within = f"left {less} x {less} right and bottom {less} y {less} top"
    body = draw.choice(
        f"return {within}",
        f"return left {less} x and x {less} right and bottom {less} y and y {less} top",
        f"if left {outside} x or x {outside} right:\n                return False\n            return bottom {less} y and y {less} top",
        f"if left {less} x {less} right:\n                return bottom {less} y {less} top\n            return False",
        f"if x {outside} right or y {outside} top:\n                return False\n            return x {outside} left and y {outside} bottom"
        if less == "<"
        else f"if x {outside} right or y {outside} top:\n                return False\n            return x >= left and y >= bottom",
    )
    rule, exception = draw.choice(
        ("", ""),
        ("", ""),
        ("if x == left and y == bottom:\n                return False\n            ", " but not its lower left corner"),
        (
            f"if x == {draw.choice('y', '-y')}:\n                return True\n            ",
            " or on a diagonal of the plane",
        ),
        (
            f"if {draw.signed_condition('x', 9)}:\n                return False\n            ",
            " and a rule does not exclude it",
        ),
    )
    if less == "<" and "left" in rule:
        rule, exception = "", ""
    draw.define(f'''
        def {f}(x: int, y: int, left: int, bottom: int, right: int, top: int) -> bool:
            """Tell whether a point lies in a rectangle, {border}{exception}."""
            {rule}{body}
        ''')
    box = "left, bottom = read_int(-9, 2)\nright, top = read_int(3, 12)\n"
    own = f"{f}(xs[i], ys[i], left, bottom, right, top)"
    holds = draw.choice(own, own, f"not {own}", f"{own} and {draw.signed_condition('ys[i]', 9)}")
    words = compose.verdicts(draw)
    main = draw.choice(
        f"count = 0\nfor i in range(n):\n    if {holds}:\n        count += 1\n"
        + draw.choice(compose.say(draw, "count"), "print(count, n - count)\n"),
        f"for i in range(n):\n    if {holds}:\n        print({draw.choice('i + 1', 'xs[i], ys[i]', 'i, xs[i], ys[i]')})\n",
        f"total = 0\nfor i in range(n):\n    if {holds}:\n        total += {draw.choice('xs[i]', 'xs[i] + ys[i]', 'abs(xs[i] - left)', 'xs[i] * ys[i]')}\n"
        + compose.say(draw, "total"),
        f"position = -1\nfor i in range({draw.choice('n', 'n - 1, -1, -1')}):\n    if {holds}:\n        position = i\n{draw.choice('', '        break' + chr(10))}"
        + compose.say(draw, "position"),
        f"for i in range(n):\n    if {holds}:\n        print({words[0]})\n    else:\n        print({draw.choice(words[1], 'xs[i], ys[i]')})\n",
        f"best = 0\nrun = 0\nfor i in range(n):\n    if {holds}:\n        run += 1\n        best = max(best, run)\n    else:\n        run = 0\n"
        + compose.say(draw, "best"),
        f"found = False\nfor i in range(n):\n    if {holds}:\n        found = True\nif {draw.choice('found', 'not found')}:\n    print({words[0]})\nelse:\n    print({words[1]})\n",
    )
    return draw.program(_points(draw) + box + main + compose.coda(draw, "n", 8))


@family("farthest-pair")
def farthest_pair(draw: Draw) -> str:
    """The two points with the largest or smallest distance."""
    sign, extreme = draw.choice((">", "largest"), (">", "largest"), ("<", "smallest"))
    name = (
        ("farthest_pair", "largest_gap", "diameter") if sign == ">" else ("closest_pair", "smallest_gap", "nearest_two")
    )
    f = draw.name(*name, "pair_distance")
    formula, measure = draw.choice(
        ("dx * dx + dy * dy", "squared distance"),
        ("dx * dx + dy * dy", "squared distance"),
        ("abs(dx) + abs(dy)", "distance along the axes"),
        ("max(abs(dx), abs(dy))", "larger difference of coordinates"),
    )
    rule, excluded = draw.choice(
        ("", ""),
        ("", ""),
        ("dx == 0", " that differ in x"),
        ("dx == 0 or dy == 0", " that differ in both coordinates"),
        (f"j - i < {draw.integer(2, 3)}", " that do not follow each other"),
        (draw.signed_condition("xs[i] + xs[j]", 9), " that a rule does not exclude"),
    )
    skip = f"if {rule}:\n                        continue\n                    " if rule else ""
    which, start, update, result = draw.choice(
        ("the", "", "", "best"),
        ("the", "", "", "best"),
        (
            "a number for the pair with the",
            "pair = -1\n            ",
            "\n                        pair = i * 10 + j",
            "pair",
        ),
        (
            "how often a new record is set on the way to the",
            "records = 0\n            ",
            "\n                        records += 1",
            "records",
        ),
    )
    if not start and draw.chance(0.4):
        compare = f"best = {'max' if sign == '>' else 'min'}(best, distance)"
    else:
        compare = f"if distance {sign} best:\n                        best = distance{update}"
    deltas = draw.choice(
        "dx = xs[i] - xs[j]\n                    dy = ys[i] - ys[j]",
        "dx = abs(xs[i] - xs[j])\n                    dy = abs(ys[i] - ys[j])",
    )
    if "abs(" in deltas:
        formula = {"abs(dx) + abs(dy)": "dx + dy", "max(abs(dx), abs(dy))": "max(dx, dy)"}.get(formula, formula)
    deltas += "\n                    "
    start_of_pair = deltas + skip if rule.startswith("dx") else skip + deltas
    draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> int:
            """Find {which} {extreme} {measure} between two points{excluded}."""
            best = {"-1" if sign == ">" else "9999"}
            {start}for i in range(len(xs)):
                for j in range(i + 1, len(xs)):
                    {start_of_pair}distance = {formula}
                    {compare}
            return {result}
        ''')
    call = f"{f}(xs, ys)"
    words = compose.verdicts(draw)
    main = draw.choice(
        compose.say(draw, call),
        f"value = {call}\nif value {draw.choice('>', '<', '>=')} {draw.integer(4, 60)}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'value')})\n",
        f"for k in range(2, n + 1):\n    print({draw.choice('k, ', '')}{f}(xs[:k], ys[:k]))\n",
        f"first = {call}\nxs[{draw.choice('0', 'n - 1')}] = {draw.choice('0', 'ys[0]', 'xs[1]')}\nsecond = {call}\nprint({draw.choice('first, second', 'first - second', 'max(first, second)')})\n",
        f"px, py = read_int(-9, 9)\nfor i in range(n):\n    xs[i] {draw.choice('+=', '-=')} px{draw.choice('', ' * i')}\n    ys[i] {draw.choice('+=', '-=')} py{draw.choice('', ' * i', ' * 2')}\n"
        + compose.say(draw, call),
        f"total = 0\nfor i in range(2, n + 1):\n    value = {f}(xs[:i], ys[:i])\n    if {draw.signed_condition('value', 30)}:\n        total += {draw.choice('1', 'i', 'value')}\n"
        + compose.say(draw, "total"),
    )
    return draw.program(_points(draw, 2) + main + compose.coda(draw, "n", 8))


@family("fence-length", lends="list_function")
def fence_length(draw: Draw) -> str:
    """A way along the axes, the way home, and what lies between them."""
    f = draw.name("fence_length", "walk_perimeter", "closed_walk", "trail_length")
    turn, order = draw.choice(
        ("facing = (facing + 1) % 4", "turning left after each of them"),
        ("facing = (facing + 3) % 4", "turning right after each of them"),
        (
            f"if {draw.condition('x', 12)}:\n                    facing = (facing + {draw.choice(1, 3)}) % 4",
            "turning after those that a rule picks",
        ),
        (
            f"if {draw.condition('x', 12)}:\n                    facing = (facing + 1) % 4\n                else:\n                    facing = (facing + 3) % 4",
            "turning left or right after each as a rule says",
        ),
    )
    east, north = draw.choice(("px", "py"), ("across", "up"), ("dx", "dy"))
    if draw.chance(0.5):
        move = (
            f"if facing == 0:\n                    {east} += x\n                elif facing == 1:\n                    {north} += x\n"
            f"                elif facing == 2:\n                    {east} -= x\n                else:\n                    {north} -= x"
        )
    else:
        move = (
            f"if facing % 2 == 0:\n                    {east} += x * (1 - facing)\n"
            f"                else:\n                    {north} += x * (2 - facing)"
        )
    home = draw.choice(
        f"abs({east}) + abs({north})", f"max(abs({east}), abs({north}))", f"{east} * {east} + {north} * {north}"
    )
    gather, result, aim = draw.choice(
        ("length += x", f"length + {home}", "measure the way together with the way home"),
        ("length += x", f"length - {home}", "compare the way with the way home"),
        ("", home, "measure how far the end is from the start"),
        (f"farthest = max(farthest, {home})", "farthest", "measure the largest distance from the start"),
        (
            f"if {east} == 0 or {north} == 0:\n                    crossings += 1",
            "crossings",
            "count the stops on an axis",
        ),
        (f"length += {home}", "length", "add up the distances from the start"),
    )
    counter = result.split()[0] if gather else ""
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Walk stretches of the given lengths, {order}, and {aim}."""
            {east} = 0
            {north} = 0
            facing = {draw.choice("0", "0", "1")}
            {f"{counter} = 0" if counter else ""}
            for x in xs:
                {move}
                {turn}
                {gather}
            return {result}
        ''')
    return compose.list_function(draw, f, draw.choice(0, 1), draw.scale(8, 20))
