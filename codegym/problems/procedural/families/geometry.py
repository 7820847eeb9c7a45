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
    result = draw.choice(
        "max(0, high - low)", "max(0, high - low)", "high - low", "abs(high - low)", "max(0, high - low + 1)"
    )
    ends = draw.choice(
        ("max(a, c)", "min(b, d)"), ("max(a, c)", "min(b, d)"), ("min(a, c)", "max(b, d)"), ("max(a, c)", "max(b, d)")
    )
    order = draw.choice(
        "",
        "if b < a:\n                a, b = b, a\n            ",
        "if d < c:\n                c, d = d, c\n            ",
    )
    draw.define(f'''
        def {f}(a: int, b: int, c: int, d: int) -> int:
            """Measure what the stretch from a to b and the one from c to d have to do with each other."""
            {order}low = {ends[0]}
            high = {ends[1]}
            return {result}
        ''')
    high = draw.scale(8, 20)
    area = draw.choice(
        f"{f}(a, c, p, r) * {f}(b, d, q, s)",
        f"{f}(a, c, p, r) + {f}(b, d, q, s)",
        f"min({f}(a, c, p, r), {f}(b, d, q, s))",
        f"{f}(a, c, p, r) * 2 + {f}(b, d, q, s) * 2",
    )
    two = f"a, b, c, d = read_int(0, {high})\np, q, r, s = read_int(0, {high})\n"
    words = compose.verdicts(draw)
    return draw.program(
        draw.choice(
            two + f"area = {area}\n" + compose.say(draw, "area"),
            two
            + f"area = {area}\nwhole = abs(c - a) * abs(d - b) + abs(r - p) * abs(s - q)\nprint({draw.choice('whole - area', 'area, whole', 'whole, whole - area')})\n",
            two
            + f"area = {area}\nif area {draw.choice('>', '==', '<')} {draw.integer(0, 6)}{draw.choice('', f' and {draw.signed_condition(chr(97))}')}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'area')})\n",
            f"n = read_int(2, {draw.scale(4, 7)})\nxs = read_array(n, 0, {high})\nys = read_array(n, 0, {high})\ntotal = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        value = {f}(min(xs[i], ys[i]), max(xs[i], ys[i]), min(xs[j], ys[j]), max(xs[j], ys[j]))\n        {draw.choice('total += value', 'total = max(total, value)', f'if {draw.signed_condition(chr(118) + chr(97) + chr(108) + chr(117) + chr(101), 6)}:' + chr(10) + '            total += 1')}\n"
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
            """Measure how far the point (a, b) is from (c, d)."""
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
    following = draw.choice(
        "(i + 1) % len(xs)", "(i + 1) % len(xs)", "(i + 2) % len(xs)", "(i + len(xs) - 1) % len(xs)"
    )
    term = draw.choice(
        "xs[i] * ys[j] - xs[j] * ys[i]",
        "xs[i] * ys[j] - xs[j] * ys[i]",
        "(xs[i] + xs[j]) * (ys[j] - ys[i])",
        "xs[i] * ys[j]",
        "abs(xs[i] * ys[j] - xs[j] * ys[i])",
    )
    guard = f"if {draw.signed_condition('xs[i]', 9)}:\n                    " if draw.harder(0.2, 0.5) else ""
    result = draw.choice("abs(total)", "abs(total)", "total", "abs(total) // 2", "abs(total) % 2 + abs(total) // 2")
    draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> int:
            """Add up the cross products of the corners of a polygon."""
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
    tail = draw.choice(
        f"if value > 0:\n                return {labels[0]}\n            if value < 0:\n                return {labels[1]}\n            return {labels[2]}",
        f"if value == 0:\n                return {labels[2]}\n            return {labels[0]} if value > 0 else {labels[1]}",
        f"if {draw.signed_condition('value', 12)}:\n                return {labels[0]}\n            return {labels[1]}",
        "return value",
    )
    draw.define(f'''
        def {f}(a: int, q: int, c: int, d: int, r: int, s: int) -> int:
            """Tell which way one turns at (c, d) on the way from (a, q) to (r, s)."""
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
    origin = draw.choice(
        "",
        f"if x == 0 {draw.choice('and', 'or')} y == 0:\n                return {draw.choice('0', '5')}\n            ",
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
    more = f" {draw.choice('and', 'and', 'or')} {draw.comparison('x + y', 12)}" if draw.harder(0.2, 0.7) else ""
    if "x - y" in inside:
        more = more.replace("x + y", "x * y")
    ranges = draw.choice(
        ("range(n + 1)", "range(n + 1)"),
        ("range(1, n + 1)", "range(1, n + 1)"),
        ("range(n)", "range(x, n + 1)"),
        ("range(n + 1)", "range(x + 1)"),
    )
    update = draw.choice("count += 1", "count += 1", "count += x", "count += x + y", "count = max(count, x * y)")
    weight = draw.choice(
        "",
        "\n                        if x > 0 and y > 0:\n                            count += 1",
        f"\n                        if x == y:\n                            count += {draw.integer(1, 3)}",
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Look at each point with whole coordinates that are not negative, and count those in a figure."""
            count = 0
            for x in {ranges[0]}:
                for y in {ranges[1]}:
                    if {inside}{more}:
                        {update}{weight}
            return {draw.choice("count", "count", "count * 4", "count - n")}
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
    draw.define(f'''
        def {f}(text: str) -> int:
            """Walk up, down, left and right as the letters say, and watch where that leads."""
            x = 0
            y = 0
            best = 0
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
        "a < xs[i] and xs[i] < c",
        "xs[i] - a <= c and ys[i] - b <= d",
        "xs[i] >= a and ys[i] >= b or xs[i] == c",
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
            f"for k in range(1, n + 1):\n    print({f}(xs[:k]){draw.choice(f' * {f}(ys[:k])', f' + {f}(ys[:k])', '')})\n",
        )
        + compose.coda(draw, "n", 8)
    )
