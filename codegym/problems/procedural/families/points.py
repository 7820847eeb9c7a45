"""Points, vectors, lines and robots, as records."""

from __future__ import annotations

from codegym.problems.procedural import compose, records
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _places(draw: Draw) -> records.Many:
    """Adds a record of a point in the plane to the program."""
    if draw.chance(0.3):
        return records.declare(draw, ("City", "Star", "Town"), name="str", x="int", y="int")
    return records.declare(draw, ("Point", "Position", "Spot"), x="int", y="int")


_MEASURES = (
    ("abs(a.x - b.x) + abs(a.y - b.y)", "Add up how far two {} are apart in both directions."),
    ("max(abs(a.x - b.x), abs(a.y - b.y))", "Return how far two {} are apart in the direction in which it is more."),
    ("dx * dx + dy * dy", "Return the square of the distance between two {}."),
    ("abs(dx) + abs(dy)", "Add up how far two {} are apart in both directions."),
    ("(a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)", "Return the square of the distance between two {}."),
)


@family("closest-points")
def closest_points(draw: Draw) -> str:
    """Pairs of points and paths along points."""
    many = _places(draw)
    one, every, record = many.one, many.every, many.record
    f = draw.name("gap", "separation", "distance_between", "apart")
    root = draw.harder(0.1, 0.3)
    formula, summary = (
        draw.choice(*_MEASURES)
        if not root
        else ("sqrt(dx * dx + dy * dy)", "Measure the straight line between two {}.")
    )
    body = f"return {formula}"
    if "dx" in formula:
        body = f"dx = a.x - b.x\ndy = a.y - b.y\n{body}"
    records.define(draw, f"{f}(a: {record}, b: {record}) -> {'float' if root else 'int'}", summary.format(every), body)
    reads = many.read(draw, *draw.choice((-9, 9), (0, 12), (-20, 20)), least=2)
    compare = draw.choice("<", ">", "<", ">", "<=")
    if root:
        along = draw.choice(f"{f}({every}[n - 1], {every}[0])", "0.0")
        other = draw.choice("", f"    if total > {draw.integer(10, 40)}:\n        print(i)\n        break\n")
        return draw.program(
            reads
            + draw.choice("", f"{every} = sorted({every}, key={records.order(draw, many.fields)})\n")
            + draw.choice(
                f"total = {along}\nfor i in range(1, n):\n    total += {f}({every}[i - 1], {every}[i])\n{other}",
                f"total = 0.0\nfor {one} in {every}:\n    total += {f}({one}, {every}[0])\n",
                f"total = 0.0\nfor i in range(n):\n    for j in range(i + 1, n):\n        total += {f}({every}[i], {every}[j])\n",
                f"total = 0.0\nfor i in range(n):\n    for j in range(i):\n        total = max(total, {f}({every}[i], {every}[j]))\n",
            )
            + draw.choice('print(f"{total:.3f}")\n', 'print(f"Length: {total:.2f}")\n', 'print(f"{total / n:.3f}")\n'),
        )
    limit = draw.integer(3, 12)
    match draw.integer(0, 6):
        case 0:
            main = (
                f"first = {every}[0]\nsecond = {every}[1]\nfor i in range(n):\n    for j in range(i + 1, n):\n"
                f"        if {f}({every}[i], {every}[j]) {compare} {f}(first, second):\n            first = {every}[i]\n            second = {every}[j]\n"
                + draw.choice(
                    f"print({many.show('first')})\nprint({many.show('second')})\n",
                    f"print({many.show('first')}, {many.show('second')})\n",
                    f"print({many.show('first')}, {many.show('second')}, {f}(first, second))\n",
                )
            )
        case 1:
            act = draw.choice(
                "count += 1",
                "count += 1",
                f"print({many.show(f'{every}[i]')}, {many.show(f'{every}[j]')})\n            count += 1",
            )
            main = (
                f"count = 0\nfor i in range(n):\n    for j in range({draw.choice('i + 1, n', 'i')}):\n"
                f"        if {f}({every}[i], {every}[j]) {draw.choice('<', '<=', '>')} {limit}:\n            {act}\n"
                + compose.say(draw, "count")
            )
        case 2:
            along = draw.choice(f"{f}({every}[n - 1], {every}[0])", "0")
            step = draw.choice(
                "    total += value\n",
                f"    if value {draw.choice('>', '<')} {limit}:\n        total += value\n",
                f"    total += value\n    if total > {limit * 3}:\n        print({many.show(f'{every}[i]')})\n        break\n",
                "    total = max(total, value)\n",
            )
            main = (
                draw.choice("", f"{every} = sorted({every}, key={records.order(draw, many.fields)})\n")
                + f"total = {along}\nfor i in range(1, n):\n    value = {f}({every}[i - 1], {every}[i])\n{step}"
                + compose.say(draw, "total")
            )
        case 3:
            made = f'{record}("home", px, py)' if "name" in many.fields else f"{record}(px, py)"
            near = f"{f}({one}, home) {compare} {f}(best, home)"
            main = "px, py = read_int(-9, 9)\n" + draw.choice(
                f"home = {made}\nbest = {every}[0]\nfor {one} in {every}:\n    if {near}:\n        best = {one}\nprint({many.show('best')})\n",
                f"home = {made}\nfor {one} in {every}:\n    print({many.show(one)}, {f}({one}, home))\n",
                f"home = {made}\ncount = 0\nfor {one} in {every}:\n    if {f}({one}, home) {draw.choice('<=', '>')} {limit}:\n        count += 1\nprint(count)\n",
            )
        case 4:
            walked = draw.harder(0.4, 0.8)
            add = f"    total += {f}(current, {every}[best])\n" if walked else ""
            show = f"    print({many.show('current')})\n" if not walked or draw.chance(0.4) else ""
            main = (
                f"seen = [False] * n\nseen[0] = True\ncurrent = {every}[0]\n{'total = 0' + chr(10) if walked else ''}for k in range(1, n):\n    best = -1\n    for i in range(n):\n"
                f"        if not seen[i] and (best < 0 or {f}(current, {every}[i]) {compare} {f}(current, {every}[best])):\n            best = i\n"
                f"    seen[best] = True\n{add}    current = {every}[best]\n{show}"
                + ("print(total)\n" if walked else "")
            )
        case 5:
            main = (
                f"for i in range(n):\n    best = {draw.choice('(i + 1) % n', '1 if i == 0 else 0')}\n    for j in range(n):\n        if j != i and {f}({every}[i], {every}[j]) {compare} {f}({every}[i], {every}[best]):\n            best = j\n"
                + draw.choice(
                    "    print(i, best)\n",
                    f"    print({many.show(f'{every}[best]')})\n",
                    f"    print({f}({every}[i], {every}[best]))\n",
                )
            )
        case _:
            g = draw.name("total_distance", "remoteness", "spread_from")
            update = draw.choice(
                ("total += value", "Add up how far all {} are from one."),
                ("total = max(total, value)", "Return how far the farthest of the {} is from one."),
            )
            records.define(
                draw,
                f"{g}({every}: array[{record}], a: {record}) -> int",
                update[1].format(every),
                f"total = 0\nfor b in {every}:\n    value = {f}(a, b)\n    {update[0]}\nreturn total",
            )
            main = (
                f"best = {every}[0]\nfor {one} in {every}:\n    if {g}({every}, {one}) {compare} {g}({every}, best):\n        best = {one}\n"
                f"print({many.show('best')}{draw.choice('', f', {g}({every}, best)')})\n"
            )
    return draw.program(reads + main)


@family("point-frame")
def point_frame(draw: Draw) -> str:
    """The smallest rectangle around points."""
    many = records.declare(draw, ("Point", "Position"), x="int", y="int")
    one, every, record = many.one, many.every, many.record
    bounds = draw.choice((-9, 9), (0, 15), (-20, 20))
    reads = many.read(draw, *bounds)
    box = draw.record("Box", "Rectangle", "Frame", left="int", bottom="int", right="int", top="int")
    extended = draw.name("extended", "stretched", "grown_to")
    k = draw.integer(1, 3)
    limits = f"min(box.left, {one}.x), min(box.bottom, {one}.y), max(box.right, {one}.x), max(box.top, {one}.y)"
    start = f"{box}({every}[0].x, {every}[0].y, {every}[0].x, {every}[0].y)"

    def stretching() -> None:
        summary = f"Make the smallest rectangle around a rectangle and a {record.lower()}."
        records.define(draw, f"{extended}(box: {box}, {one}: {record}) -> {box}", summary, f"return {box}({limits})")

    def framed() -> str:
        stretching()
        if draw.harder(0.7, 0.3):
            return f"box = {start}\nfor {one} in {every}:\n    box = {extended}(box, {one})\n"
        around = draw.name("bounding_box", "frame_of", "enclose")
        summary = "Find the smallest rectangle around all points."
        body = f"box = {start}\nfor {one} in {every}:\n    box = {extended}(box, {one})\nreturn box"
        return f"box = {records.define(draw, f'{around}({every}: array[{record}]) -> {box}', summary, body)}({every})\n"

    width, height = "(box.right - box.left)", "(box.top - box.bottom)"
    size, what = draw.choice(
        (f"{width} * {height}", "Return the area of a rectangle."),
        (f"2 * ({width} + {height})", "Return how long the sides of a rectangle are together."),
        ("max(box.right - box.left, box.top - box.bottom)", "Return how long the longer side of a rectangle is."),
        (
            f"({width} + 1) * ({height} + 1)",
            "Count the points with whole coordinates in a rectangle, its border included.",
        ),
    )
    match draw.integer(0, 4):
        case 0:
            f = records.define(
                draw, f"{draw.name('size_of', 'extent', 'measure_box')}(box: {box}) -> int", what, f"return {size}"
            )
            return draw.program(
                reads
                + framed()
                + compose.say(draw, f"{f}(box)")
                + compose.coda(draw, "n", 8)
                + draw.choice("", "print(box.left, box.top)\n", "print(box.right, box.bottom)\n"),
            )
        case 1:
            stretching()
            f = records.define(
                draw, f"{draw.name('size_of', 'extent', 'measure_box')}(box: {box}) -> int", what, f"return {size}"
            )
            step = draw.choice(
                f"    print({f}(box))\n",
                f"    if {f}(box) > {draw.integer(5, 40)}:\n        print({many.show(one)})\n        break\n    count += 1\n",
                f"    if {f}(box) > size:\n        size = {f}(box)\n        count += 1\n",
                f"    if {f}(box) > size:\n        size = {f}(box)\n        print({many.show(one)}, size)\n",
            )
            end = compose.say(draw, "count") if "count" in step else ""
            size = "size = 0\n" if "size" in step else ""
            return draw.program(
                f"{reads}box = {start}\n{size}{'count = 0' + chr(10) if end else ''}for {one} in {every}:\n    box = {extended}(box, {one})\n{step}{end}"
                + compose.coda(draw, "n", 8),
            )
        case 2:
            inside, meant = draw.choice(
                (
                    f"box.left < {one}.x < box.right and box.bottom < {one}.y < box.top",
                    "Tell whether a point lies inside of a rectangle, not on its border.",
                ),
                (
                    f"{one}.x == box.left or {one}.x == box.right or {one}.y == box.bottom or {one}.y == box.top",
                    "Tell whether a point has a coordinate of a side of a rectangle.",
                ),
                (
                    f"{one}.x <= box.left + {k} or {one}.x >= box.right - {k}",
                    f"Tell whether a point lies at most {k} from the left or the right side of a rectangle.",
                ),
            )
            g = records.define(
                draw,
                f"{draw.name('is_inside', 'is_special', 'lies_there')}(box: {box}, {one}: {record}) -> bool",
                meant,
                f"return {inside}",
            )
            return draw.program(
                reads
                + framed()
                + draw.choice(
                    f"count = 0\nfor {one} in {every}:\n    if {draw.choice('', 'not ')}{g}(box, {one}):\n        count += 1\n"
                    + compose.say(draw, "count"),
                    f"for {one} in {every}:\n    if {g}(box, {one}):\n        print({many.show(one)})\n    else:\n        print({compose.verdicts(draw)[1]})\n",
                    f"answer = -1\nfor i in range(n):\n    if {g}(box, {every}[i]):\n        answer = i\n{draw.choice('', '        break' + chr(10))}print(answer)\n",
                )
                + compose.coda(draw, "n", 8),
            )
        case 3:
            p, q, r, s = draw.choice(("a", "b", "c", "d"), ("left", "bottom", "right", "top"), ("x", "y", "u", "v"))
            inside = f"window.left <= {one}.x <= window.right and window.bottom <= {one}.y <= window.top"
            other, end = draw.choice(
                ("", ""),
                (f"    else:\n        print({many.show(one)})\n", ""),
                (f"    else:\n        window = {extended}(window, {one})\n", "print(window.right, window.top)\n"),
                (
                    "",
                    f"window = {extended}(window, {every}[0])\nprint(window.left, window.bottom, window.right, window.top)\n",
                ),
            )
            if extended in other + end:
                stretching()
            return draw.program(
                f"{p}, {q}, {r}, {s} = read_int({bounds[0]}, {bounds[1]})\n{reads}"
                f"window = {box}(min({p}, {r}), min({q}, {s}), max({p}, {r}), max({q}, {s}))\n"
                f"count = 0\nfor {one} in {every}:\n    if {inside}:\n        count += {draw.choice('1', '1', f'abs({one}.x)')}\n{other}"
                + compose.say(draw, "count")
                + end
                + compose.coda(draw, "n", 8),
            )
        case _:
            shifted = draw.name("moved", "shifted", "centred")
            body, meant = draw.choice(
                (
                    f"return {record}({one}.x - box.left, {one}.y - box.bottom)",
                    "Move a point so that the rectangle starts at the origin.",
                ),
                (
                    f"return {record}({one}.x - box.left, box.top - {one}.y)",
                    "Measure a point from the upper left corner of the rectangle.",
                ),
                (
                    f"return {record}(min({one}.x, box.right - {k}), max({one}.y, box.bottom + {k}))",
                    f"Keep a point {k} away from the right and the lower side of the rectangle.",
                ),
            )
            records.define(draw, f"{shifted}(box: {box}, {one}: {record}) -> {record}", meant, body)
            return draw.program(
                reads
                + framed()
                + draw.choice(
                    f"for i in range(n):\n    {every}[i] = {shifted}(box, {every}[i])\n    print({many.show(f'{every}[i]')})\n",
                    f"total = 0\nfor {one} in {every}:\n    placed = {shifted}(box, {one})\n    total += {draw.choice('placed.x + placed.y', 'placed.x * placed.y', 'abs(placed.x)')}\n"
                    + compose.say(draw, "total"),
                )
                + compose.coda(draw, "n", 8),
            )


@family("centroid")
def centroid(draw: Draw) -> str:
    """How points lie around the point in the middle of them."""
    weight = draw.choice("", "", "mass", "people")
    many = (
        records.declare(draw, ("Body", "Town", "Place"), x="int", y="int", **{weight: "int"})
        if weight
        else _places(draw)
    )
    one, every, record = many.one, many.every, many.record
    low, high = draw.choice((1, 9), (1, 15), (1, 20)) if weight else draw.choice((-9, 9), (0, 15), (-20, 20))
    reads = many.read(draw, low, high)
    centre = draw.record("Centre", "Middle", "Mean", x="float", y="float")
    f = draw.name("centre_of", "middle_of", "mean_point")
    if weight:
        body = (
            f"sum_x = 0\nsum_y = 0\ntotal = 0\nfor {one} in {every}:\n    sum_x += {one}.x * {one}.{weight}\n"
            f"    sum_y += {one}.y * {one}.{weight}\n    total += {one}.{weight}\nreturn {centre}(sum_x / total, sum_y / total)"
        )
        what = f"Add up the coordinates, each times the {weight}, and divide by the total."
    else:
        body, what = draw.choice(
            (
                f"sum_x = 0\nsum_y = 0\nfor {one} in {every}:\n    sum_x += {one}.x\n    sum_y += {one}.y\nreturn {centre}(sum_x / len({every}), sum_y / len({every}))",
                f"Average the coordinates of the {every}.",
            ),
            (
                f"low = {every}[0].x\nhigh = {every}[0].x\nsum_y = 0\nfor {one} in {every}:\n    low = min(low, {one}.x)\n    high = max(high, {one}.x)\n"
                f"    sum_y += {one}.y\nreturn {centre}((low + high) / 2, sum_y / len({every}))",
                "Return the middle between the extremes to the left and to the right, at the average height.",
            ),
        )
    records.define(draw, f"{f}({every}: array[{record}]) -> {centre}", what, body)
    head = f"{reads}centre = {f}({every})\n"

    def apart() -> str:
        dx, dy = f"{one}.x - centre.x", f"{one}.y - centre.y"
        g = draw.name("apart", "offset", "remoteness")
        formula, meant = draw.choice(
            ("sqrt(dx * dx + dy * dy)", "Measure the straight line between {} and the middle."),
            ("abs(dx) + abs(dy)", "Add up how far {} is from the middle in both directions."),
            ("max(abs(dx), abs(dy))", "Return how far {} is from the middle in the direction in which it is more."),
            ("dx * dx + dy * dy", "Return the square of the distance between {} and the middle."),
        )
        return records.define(
            draw,
            f"{g}({one}: {record}, centre: {centre}) -> float",
            meant.format(records.with_article(record.lower())),
            f"dx = {dx}\ndy = {dy}\nreturn {formula}",
        )

    compare = draw.choice("<", ">")
    match draw.integer(0, 6):
        case 0:
            main = draw.choice(
                'print(f"{centre.x:.3f} {centre.y:.3f}")\n',
                'print(f"({centre.x:.2f}, {centre.y:.2f})")\n',
                'print(f"{centre.x:.3f}")\nprint(f"{centre.y:.3f}")\n',
            )
            main += compose.coda(draw, "n", 8)
        case 1:
            g, places = apart(), draw.choice(2, 3)
            guard = draw.choice(
                "",
                f"    if {one}.x {compare} {draw.integer(1, 7)}:\n        continue\n",
                f"    if {one}.y {compare} centre.y:\n        continue\n",
            )
            main = f"total = 0.0\nfor {one} in {every}:\n{guard}    total += {g}({one}, centre)\n"
            main += draw.choice(
                f'print(f"{{total:.{places}f}}")\n',
                f'print(f"{{total / n:.{places}f}}")\n',
                f'print(f"Total: {{total:.{places}f}}")\n',
            )
        case 2:
            main = f"farthest = 0.0\nfor {one} in {every}:\n    farthest = max(farthest, {apart()}({one}, centre))\n"
            main += draw.choice(
                'print(f"{farthest:.3f}")\n', 'print(f"({centre.x:.3f}, {centre.y:.3f})", f"{farthest:.3f}")\n'
            )
        case 3:
            test = _beside(draw, one, compare)
            main = f"count = 0\nfor {one} in {every}:\n    if {test}:\n        count += {draw.choice('1', '1', f'{one}.{weight}' if weight else '1')}\n"
            main += draw.choice("", f"    else:\n        print({many.show(one)})\n") + compose.say(draw, "count")
        case 4:
            g = apart()
            main = f'for {one} in {every}:\n    print({draw.choice(many.show(one) + ", ", "")}f"{{{g}({one}, centre):.3f}}")\n'
        case 5:
            g = apart()
            main = f"best = {every}[0]\nfor i in range(1, n):\n    if {g}({every}[i], centre) {compare} {g}(best, centre):\n        best = {every}[i]\nprint({many.show('best')})\n"
        case _:
            g = apart()
            main = f"chosen: list[{record}] = []\nfor {one} in {every}:\n    if {g}({one}, centre) {compare} {draw.integer(2, 6)}.5:\n        chosen.append({one})\n"
            main += f"print(len(chosen))\nfor {one} in chosen:\n    print({many.show(one)})\n"
    return draw.program(head + main + compose.coda(draw, "n", 8))


def _beside(draw: Draw, one: str, compare: str) -> str:
    """Returns a condition on how a point lies beside the middle."""
    return draw.choice(
        f"{one}.x {compare} centre.x",
        f"{one}.y {compare} centre.y",
        f"{one}.x {compare} centre.x and {one}.y {draw.choice('<', '>')} centre.y",
        f"{one}.x {compare} centre.x or {one}.y {draw.choice('<', '>')} centre.y",
        f"abs({one}.x - centre.x) {compare} {draw.integer(1, 5)}.5",
        f"abs({one}.x - centre.x) {compare} abs({one}.y - centre.y)",
    )


@family("moving-robots")
def moving_robots(draw: Draw) -> str:
    """Robots with a position and a speed that move for some steps."""
    line = draw.harder(0.55, 0.15)
    fields = {"x": "int", "speed": "int"} if line else {"x": "int", "y": "int", "dx": "int", "dy": "int"}
    many = records.declare(draw, ("Robot", "Drone", "Particle", "Ball", "Ant"), **fields)
    one, every, record = many.one, many.every, many.record
    word = record.lower()
    bound = draw.integer(4, 9)
    step = draw.name("moved", "stepped", "after_step")
    pairs = [("x", "speed")] if line else [("x", "dx"), ("y", "dy")]

    def made(places: list[str], speeds: list[str]) -> str:
        return f"{record}({', '.join([*places, *speeds])})"

    here = [f"{one}.{place} + {one}.{speed}" for place, speed in pairs]
    speeds = [f"{one}.{speed}" for _, speed in pairs]
    match draw.integer(0, 4):
        case 0:
            body, summary = f"return {made(here, speeds)}", f"Move {records.with_article(word)} by its speed."
        case 1:
            wrapped = [f"floor_mod({place}, {bound})" for place in here]
            body, summary = (
                f"return {made(wrapped, speeds)}",
                f"Move {records.with_article(word)} by its speed, and from one border to the other, {bound} away.",
            )
        case 2:
            turned = "".join(
                f"\nif {place} < {-bound} or {place} > {bound}:\n    {speed} = -{speed}" for place, speed in pairs
            )
            start = "\n".join(f"{speed} = {one}.{speed}\n{place} = {one}.{place} + {speed}" for place, speed in pairs)
            names = made([place for place, _ in pairs], [speed for _, speed in pairs])
            body, summary = (
                f"{start}{turned}\nreturn {names}",
                f"Move {records.with_article(word)} by its speed, which turns where it is more than {bound} away.",
            )
        case 3:
            less = draw.integer(1, 2)
            slower = [*speeds[:-1], f"{speeds[-1]} - {less}"]
            body = f"return {made(here, slower)}"
            summary = f"Move {records.with_article(word)} by its speed, and take {less} from {pairs[-1][1]}."
        case _:
            kept = [f"max({-bound}, min({bound}, {place}))" for place in here]
            body, summary = (
                f"return {made(kept, speeds)}",
                f"Move {records.with_article(word)} by its speed, at most {bound} away in each direction.",
            )
    records.define(draw, f"{step}({one}: {record}) -> {record}", summary, body)
    apart = (
        "abs(@.x)"
        if line
        else draw.choice("abs(@.x) + abs(@.y)", "max(abs(@.x), abs(@.y))", "@.x * @.x + @.y * @.y", "abs(@.x - @.y)")
    )
    most = draw.scale(3, 6)
    low, high = draw.choice((-4, 4), (0, 6), (-3, 5))
    reads = f"steps = read_int(1, {most})\n" + many.read(draw, low, high, most=max(2, draw.scale(2, 5)))
    move = f"    for i in range(n):\n        {every}[i] = {step}({every}[i])\n"
    show = draw.choice(many.show("@"), f"@.x, @.{'speed' if line else 'y'}", "@.x")
    shown_one, other = show.replace("@", one), draw.choice("<", ">")
    condition = draw.signed_condition(f"{one}.x", 4)
    match draw.integer(0, 7):
        case 0:
            main = f"for t in range(steps):\n{move}for {one} in {every}:\n    print({shown_one})\n"
        case 1:
            target = draw.choice("total", "best")
            update = {"total": f"total += {apart}", "best": f"best = max(best, {apart})"}[target].replace("@", one)
            main = f"for t in range(steps):\n{move}{target} = 0\nfor {one} in {every}:\n    {update}\n" + compose.say(
                draw, target
            )
        case 2:
            main = (
                f"count = 0\nfor t in range(steps):\n{move}    for {one} in {every}:\n        if {condition}:\n            count += 1\n"
                + draw.choice("    print(count)\n", "")
                + compose.say(draw, "count")
            )
        case 3:
            same = f"{every}[i].x == {every}[j].x" + (
                "" if line or draw.chance(0.3) else f" and {every}[i].y == {every}[j].y"
            )
            found = draw.choice("count += 1", "count += 1", "print(t, i, j)\n                count += 1")
            main = (
                f"count = 0\nfor t in range(steps):\n{move}    for i in range(n):\n        for j in range(i + 1, n):\n            if {same}:\n                {found}\n"
                + compose.say(draw, "count")
            )
        case 4:
            far = f"{apart.replace('@', one)} {other} {apart.replace('@', 'best')}"
            main = f"for t in range(steps):\n{move}best = {every}[0]\nfor {one} in {every}:\n    if {far}:\n        best = {one}\nprint({show.replace('@', 'best')})\n"
        case 5:
            limit = draw.integer(3, 10)
            main = (
                f"for {one} in {every}:\n    current = {one}\n    count = 0\n    while count < steps and {apart.replace('@', 'current')} {draw.choice('<', '<=', '!=')} {limit}:\n"
                f"        current = {step}(current)\n        count += 1\n    print({draw.choice('count', 'count, ' + show.replace('@', 'current'), show.replace('@', 'current'))})\n"
            )
        case 6:
            main = f"for t in range(steps):\n{move}    low = {every}[0].x\n    high = {every}[0].x\n    for {one} in {every}:\n        low = min(low, {one}.x)\n        high = max(high, {one}.x)\n    print({draw.choice('high - low', 'low, high', 't, high - low')})\n"
        case _:
            order = records.order(draw, many.fields)
            main = f"for t in range(steps):\n{move}{every} = sorted({every}, key={order})\n" + draw.choice(
                f"for {one} in {every}:\n    print({shown_one})\n",
                f"print({show.replace('@', f'{every}[0]')})\nprint({show.replace('@', f'{every}[n - 1]')})\n",
                f"for i in range(1, n):\n    print({every}[i].x - {every}[i - 1].x)\nprint(n)\n",
            )
    return draw.program(reads + main)


@family("vector-products")
def vector_products(draw: Draw) -> str:
    """Sums and products of vectors."""
    axes = draw.choice(("x", "y"), ("x", "y"), ("x", "y", "z"))
    many = records.declare(draw, ("Vector", "Vec", "Direction"), **dict.fromkeys(axes, "int"))
    one, every, record = many.one, many.every, many.record
    solid = len(axes) == 3
    reads = many.read(draw, *draw.choice((-5, 5), (0, 6), (-3, 4)), least=2, most=max(3, draw.scale(3, 6)))
    dot = draw.name("dot", "inner_product", "scalar_product")
    product = " + ".join(f"a.{axis} * b.{axis}" for axis in axes)
    body = draw.choice(f"return {product}", f"value = {product}\nreturn value")
    records.define(
        draw,
        f"{dot}(a: {record}, b: {record}) -> int",
        "Compute the scalar product of two vectors.",
        f"return {product}" if solid else body,
    )
    cross = draw.name("cross", "vector_product", "cross_product")
    if solid:
        turned = "a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x"
        records.define(
            draw,
            f"{cross}(a: {record}, b: {record}) -> {record}",
            "Compute the cross product of two vectors.",
            f"return {record}({turned})",
        )
    else:
        records.define(
            draw,
            f"{cross}(a: {record}, b: {record}) -> int",
            "Compute the cross product of two vectors in the plane.",
            "return a.x * b.y - a.y * b.x",
        )
    added = draw.name("added", "combined", "sum_of")
    k = draw.integer(2, 4)
    formula, summary = draw.choice(
        ("a.{0} + b.{0}", "Add two vectors."),
        ("a.{0} - b.{0}", "Subtract the second of two vectors from the first."),
        (f"a.{{0}} + {k} * b.{{0}}", f"Add {k} times the second of two vectors to the first."),
        ("max(a.{0}, b.{0})", "Take the larger of each coordinate of two vectors."),
    )
    parts = ", ".join(formula.format(axis) for axis in axes)
    records.define(draw, f"{added}(a: {record}, b: {record}) -> {record}", summary, f"return {record}({parts})")
    scaled = draw.name("scaled", "stretched", "multiple")
    parts = ", ".join(draw.choice("k * a.{0}", "a.{0} * k").format(axis) for axis in axes)
    records.define(
        draw,
        f"{scaled}(a: {record}, k: int) -> {record}",
        "Multiply a vector by a number.",
        f"return {record}({parts})",
    )
    pairs = f"for i in range(n):\n    for j in range({draw.choice('i + 1, n', 'i')}):\n"
    number = (
        draw.choice(f"{dot}({every}[i], {every}[j])", f"{cross}({every}[i], {every}[j])")
        if not solid
        else f"{dot}({every}[i], {every}[j])"
    )
    zero = f"{record}({', '.join('0' for _ in axes)})"
    match draw.integer(0, 7):
        case 0:
            test = draw.choice("value == 0", "value > 0", "value < 0", draw.signed_condition("value", 9))
            main = f"count = 0\n{pairs}        value = {number}\n        if {test}:\n            count += 1\n"
            main = main.replace(
                "count += 1", draw.choice("count += 1", "count += 1", "count += 1\n            print(i, j)")
            ) + compose.say(draw, "count")
        case 1:
            best = draw.choice("max", "min")
            main = (
                f"best = {dot}({every}[0], {every}[1])\n{pairs}        best = {best}(best, {number})\n"
                + compose.say(draw, "best")
            )
        case 2:
            other = draw.choice(one, f"{scaled}({one}, {draw.choice('2', '3', '-1')})")
            main = (
                f"result = {draw.choice(zero, f'{every}[0]')}\nfor {one} in {every}:\n    result = {added}(result, {other})\n"
                + draw.choice(
                    f"print({many.show('result')})\n",
                    f"    print({many.show('result')})\n",
                    f"print({many.show('result')}, {dot}(result, result))\n",
                    f'print(f"{{sqrt({dot}(result, result)):.3f}}")\n',
                )
            )
        case 3:
            main = (
                f"weights = read_array(n, -3, 3)\nresult = {zero}\nfor i in range(n):\n    result = {added}(result, {scaled}({every}[i], weights[i]))\n"
                + draw.choice(
                    f"print({many.show('result')})\n",
                    f"    print({many.show('result')})\n",
                    f"print({dot}(result, {every}[0]))\n",
                )
            )
        case 4 if solid:
            main = draw.choice(
                f"result = {every}[0]\nfor i in range(1, min(n, 4)):\n    result = {cross}(result, {every}[i])\nprint({many.show('result')})\n",
                f"for i in range(1, n):\n    result = {cross}({every}[i - 1], {every}[i])\n    print({many.show('result')})\n",
                f"total = 0\nfor i in range(2, n):\n    total += {draw.choice('', 'abs')}({dot}({every}[i - 2], {cross}({every}[i - 1], {every}[i])))\n"
                + compose.say(draw, "total"),
                f"count = 0\nfor i in range(n):\n    for j in range(i):\n        result = {cross}({every}[i], {every}[j])\n        if {dot}(result, result) {draw.choice('== 0', f'> {k * 10}')}:\n            count += 1\n"
                + compose.say(draw, "count"),
            )
        case 4:
            main = draw.choice(
                f"total = {cross}({every}[n - 1], {every}[0])\nfor i in range(1, n):\n    total += {cross}({every}[i - 1], {every}[i])\nprint({draw.choice('abs(total)', 'total')})\n",
                f'for i in range(1, n):\n    value = {cross}({every}[i - 1], {every}[i])\n    if value > 0:\n        print("left")\n    elif value < 0:\n        print("right")\n    else:\n        print({draw.choice(chr(34) + "straight" + chr(34), f"{dot}({every}[i - 1], {every}[i])")})\n',
                f"count = 0\nfor {one} in {every}:\n    if {cross}({every}[0], {one}) {draw.choice('>', '>=', '<', '==')} 0:\n        count += 1\n"
                + compose.say(draw, "count"),
            )
        case 5:
            main = (
                f"total = 0.0\nfor {one} in {every}:\n    length = sqrt({dot}({one}, {one}))\n"
                + draw.choice(
                    "    total += length\n",
                    f"    if {dot}({one}, {every}[0]) {draw.choice('>', '<')} 0:\n        total += length\n",
                    f'    print({many.show(one)}, f"{{length:.3f}}")\n    total += length\n',
                )
                + draw.choice('print(f"{total:.3f}")\n', 'print(f"{total / n:.3f}")\n')
            )
        case 6:
            ratio = f"{dot}({one}, {every}[0]) / ({dot}({every}[0], {every}[0]) + 1)"
            share = draw.choice("share", "ratio", "part")
            main = f'for {one} in {every}:\n    {share} = {ratio}\n    print({draw.choice(many.show(one) + ", ", "")}f"{{{share}:.3f}}")\n'
            main += draw.choice("", compose.coda(draw, "n", 6))
        case _:
            f = draw.name("square_of", "energy", "size_of")
            body, what = draw.choice(
                (f"return {dot}(a, a)", "Return the square of the length of a vector."),
                (
                    "return " + " + ".join(f"abs(a.{axis})" for axis in axes),
                    "Add up the absolute values of the coordinates of a vector.",
                ),
                (
                    f"return {dot}(a, {record}({', '.join(draw.choice('1', '2', '-1') for _ in axes)}))",
                    "Return the scalar product of a vector and a certain one.",
                ),
            )
            records.define(draw, f"{f}(a: {record}) -> int", what, body)
            main = records.ask(draw, many, f, 20, signed=True)
    return draw.program(reads + main + (compose.coda(draw, "n", 8) if "n = read_int" in reads else ""))


@family("fitted-lines")
def fitted_lines(draw: Draw) -> str:
    """Straight lines: fitted to points, evaluated, crossed."""
    slope, offset = draw.choice(("slope", "offset"), ("slope", "intercept"), ("a", "b"), ("rate", "base"))
    fields = {slope: "float", offset: "float"}
    u = draw.choice("place", "moment", "u")
    at = draw.name("value_at", "predicted", "height_at")
    if draw.chance(0.5):
        line = draw.record("Line", "Trend", "Model", **fields)
        many = records.declare(draw, ("Point", "Sample", "Measurement"), x="int", y="int")
        one, every, record = many.one, many.every, many.record
        records.define(
            draw,
            f"{at}(line: {line}, {u}: int) -> float",
            "Return how high a line is at some place.",
            f"return line.{slope} * {u} + line.{offset}",
        )
        fit = draw.name("fitted", "fit_line", "regression", "trend_of")
        sums = (
            f"sx = 0\nsy = 0\nfor {one} in {every}:\n    sx += {one}.x\n    sy += {one}.y\n"
            f"mx = sx / len({every})\nmy = sy / len({every})\n"
        )
        top, bottom = f"({one}.x - mx) * ({one}.y - my)", f"({one}.x - mx) * ({one}.x - mx)"
        body, what = draw.choice(
            (
                f"{sums}above = 0.0\nbelow = 0.0\nfor {one} in {every}:\n    above += {top}\n    below += {bottom}\n"
                f"if below < 0.001:\n    return {line}(0.0, my)\nreturn {line}(above / below, my - above / below * mx)",
                "Fit a line to points by least squares; it is level if all points have one x.",
            ),
            (
                f"first = {every}[0]\nlast = {every}[len({every}) - 1]\nif first.x == last.x:\n    return {line}(0.0, first.y)\n"
                f"steep = (last.y - first.y) / (last.x - first.x)\nreturn {line}(steep, first.y - steep * first.x)",
                "Draw a line through the first and the last point; it is level if they have one x.",
            ),
            (
                f"above = 0\nbelow = 1\nfor {one} in {every}:\n    above += {one}.x * {one}.y\n    below += {one}.x * {one}.x\nreturn {line}(above / below, 0.0)",
                "Divide the sum of the products of x and y by one more than the sum of the squares of x, for a line through the origin.",
            ),
        )
        records.define(draw, f"{fit}({every}: array[{record}]) -> {line}", what, body)
        reads = many.read(draw, *draw.choice((0, 9), (-5, 5), (0, 20)), least=2)
        error = draw.choice(
            f"abs({one}.y - {at}(line, {one}.x))",
            f"({one}.y - {at}(line, {one}.x)) * ({one}.y - {at}(line, {one}.x))",
            f"{one}.y - {at}(line, {one}.x)",
        )
        head = f"line = {fit}({every})\n"
        if draw.harder(0.1, 0.4):
            head = f"{every} = sorted({every}, key={records.order(draw, many.fields)})\n{head}"
        equation = f'print(f"{{line.{slope}:.3f}}", f"{{line.{offset}:.3f}}")\n'
        match draw.integer(0, 5):
            case 0:
                main = draw.choice(
                    equation, f'print(f"y = {{line.{slope}:.3f}} * x + {{line.{offset}:.3f}}")\n'
                ) + compose.coda(draw, "n", 8)
            case 1:
                main = (
                    draw.choice(equation, "")
                    + f'for {u} in range({draw.integer(2, 5)}):\n    print({draw.choice(f"{u}, ", "")}f"{{{at}(line, {u}):.3f}}")\n'
                )
            case 2:
                main = f"total = 0.0\nfor {one} in {every}:\n    total += {error}\n".replace(
                    f"+= {one}.y -", f"+= {one}.x + {one}.y -"
                ) + draw.choice(
                    'print(f"{total:.3f}")\n', 'print(f"{total / n:.3f}")\n', f'{equation}print(f"{{total:.3f}}")\n'
                )
            case 3:
                test = draw.choice(
                    f"{one}.y {draw.choice('<', '>')} {at}(line, {one}.x) {draw.choice('+', '-')} 0.{draw.choice('05', '25', '55')}",
                    f"abs({one}.y - {at}(line, {one}.x)) {draw.choice('<', '>')} {draw.integer(1, 3)}.{draw.choice('15', '5', '35')}",
                )
                main = (
                    f"count = 0\nfor {one} in {every}:\n    if {test}:\n        count += 1\n"
                    + draw.choice("", f"    else:\n        print({many.show(one)})\n")
                    + compose.say(draw, "count")
                )
            case 4:
                main = (
                    f"worst = 0.0\nfor {one} in {every}:\n    worst = max(worst, abs({one}.y - {at}(line, {one}.x)))\n"
                    + draw.choice('print(f"{worst:.3f}")\n', f'{equation}print(f"{{worst:.3f}}")\n')
                )
            case _:
                main = f"k = {draw.integer(8, 20)}\nvalue = {at}(line, k)\n" + draw.choice(
                    'print(f"{value:.3f}")\n',
                    f'if value > {draw.integer(3, 9)}.25:\n    print("above")\nelse:\n    print(f"{{value:.3f}}")\n',
                    f'if line.{slope} > 0.001:\n    print("rising")\nelif line.{slope} < -0.001:\n    print("falling")\nelse:\n    print("level")\nprint(f"{{value:.2f}}")\n',
                )
        return draw.program(reads + head + main + compose.coda(draw, "n", 8))
    many = records.declare(draw, ("Line", "Tariff", "Plan"), **({"name": "str"} if draw.chance(0.4) else {}), **fields)
    one, every, record = many.one, many.every, many.record
    reads = many.read(draw, *draw.choice((0, 5), (-4, 4), (1, 9)), least=2, decimals=2)
    records.define(
        draw,
        f"{at}({one}: {record}, {u}: float) -> float",
        f"Return how high {records.with_article(record.lower())} is at some place.",
        f"return {one}.{slope} * {u} + {one}.{offset}",
    )
    compare = draw.choice("<", ">")
    x = f"{draw.integer(1, 9)}.{draw.choice('3', '37', '7')}"
    best = f"best = {every}[0]\nfor i in range(1, n):\n    if {at}({every}[i], {u}) {compare} {at}(best, {u}):\n        best = {every}[i]\n"
    match draw.integer(0, 4):
        case 0:
            main = f"{u} = {x}\n{best}" + draw.choice(
                f"print({many.show('best')})\n",
                f'print(f"{{{at}(best, {u}):.2f}}")\n',
                f'print({many.show("best")}, f"{{{at}(best, {u}):.3f}}")\n',
            )
        case 1:
            f = draw.name("best_index", "chosen", "choice_at")
            records.define(
                draw,
                f"{f}({every}: array[{record}], {u}: float) -> int",
                f"Find the {record.lower()} that is {'lowest' if compare == '<' else 'highest'} at some place.",
                f"best = 0\nfor i in range(1, len({every})):\n    if {at}({every}[i], {u}) {compare} {at}({every}[best], {u}):\n        best = i\nreturn best",
            )
            main = draw.choice(
                f"for k in range({draw.integer(3, 6)}):\n    print({draw.choice('k, ', '')}{f}({every}, k + 0.37))\n",
                f"changes = 0\nfor k in range(1, {draw.integer(5, 10)}):\n    if {f}({every}, k + 0.37) != {f}({every}, k - 0.63):\n        changes += 1\n"
                + compose.say(draw, "changes"),
                f"counts = [0] * n\nfor k in range({draw.integer(5, 12)}):\n    counts[{f}({every}, k * 0.73)] += 1\nfor i in range(n):\n    print({draw.choice('i, ', '')}counts[i])\n",
                f"index = {f}({every}, {x})\nprint({many.show(f'{every}[index]')})\n",
            )
        case 2 | 3:
            cross = draw.name("crossing", "meeting_point", "break_even")
            apart = draw.choice(0.005, 0.015, 0.025)
            records.define(
                draw,
                f"{cross}(p: {record}, q: {record}) -> float",
                f"Find where two {every} are equally high, 0 if their slopes are about the same.",
                f"if abs(p.{slope} - q.{slope}) < {apart}:\n    return 0\nreturn (q.{offset} - p.{offset}) / (p.{slope} - q.{slope})",
            )
            value = f"{cross}({every}[i], {every}[j])"
            pairs = f"for i in range(n):\n    for j in range({draw.choice('i + 1, n', 'i')}):\n"
            main = draw.choice(
                f'{pairs}        print({draw.choice("i, j, ", "")}f"{{{value}:.3f}}")\nprint(n)\n',
                f"count = 0\n{pairs}        {u} = {value}\n        if {u} {draw.choice('>', '<')} {draw.integer(0, 2)}.5:\n            count += 1\n"
                + compose.say(draw, "count"),
                f'most = 0.0\n{pairs}        most = max(most, {value})\nprint(f"{{most:.3f}}")\n',
                f'for i in range(1, n):\n    {u} = {cross}({every}[i - 1], {every}[i])\n    print(f"{{{u}:.3f}}", f"{{{at}({every}[i], {u}):.3f}}")\n',
                f'total = 0.0\nfor {one} in {every}:\n    total += {cross}({one}, {every}[0])\nprint(f"{{total:.3f}}")\n',
            )
        case _:
            f = draw.name("area_below", "total_up_to", "sum_below")
            k = draw.integer(2, 6)
            body, what = draw.choice(
                (
                    f"return ({one}.{offset} + {at}({one}, {k})) * {k} / 2",
                    f"Measure the area below {records.with_article(record.lower())} from 0 to {k}.",
                ),
                (
                    f"total = 0.0\nfor i in range({k}):\n    total += {at}({one}, i)\nreturn total",
                    f"Add up how high {records.with_article(record.lower())} is at the first {k} places.",
                ),
                (
                    f"return max({at}({one}, 0), {at}({one}, {k}))",
                    f"Find the highest point of {records.with_article(record.lower())} from 0 to {k}.",
                ),
            )
            records.define(draw, f"{f}({one}: {record}) -> float", what, body)
            main = records.ask_float(draw, many, f, 30)
    return draw.program(reads + main + compose.coda(draw, "n", 8))


@family("cell-search")
def cell_search(draw: Draw) -> str:
    """A search from cell to cell of a grid, by a queue or a stack of cells."""
    row, column = draw.choice(("row", "column"), ("row", "column"), ("x", "y"), ("line", "place"))
    fields = {row: "int", column: "int"}
    steps = draw.harder(0.4, 0.8)
    counted = draw.choice("steps", "depth", "distance")
    if steps:
        fields[counted] = "int"
    cell = draw.record("Cell", "Position", "Node", **fields)
    knight = draw.harder(0.1, 0.4)
    diagonal = not knight and draw.harder(0.1, 0.5)
    moves = (
        [(1, 2), (2, 1), (-1, 2), (2, -1), (1, -2), (-2, 1), (-1, -2), (-2, -1)]
        if knight
        else [(0, 1), (1, 0), (0, -1), (-1, 0)]
    )
    if diagonal:
        moves += [(1, 1), (-1, -1)] if draw.chance(0.4) else [(1, 1), (-1, -1), (1, -1), (-1, 1)]
    first = ", ".join(str(move[0]) for move in moves)
    second = ", ".join(str(move[1]) for move in moves)
    wall = draw.integer(0, 1)
    free, where = draw.choice(
        (f"grid[r][c] != {wall}", f"cells that are not {wall}"),
        (f"grid[r][c] > {wall}", f"cells above {wall}"),
        (f"abs(grid[r][c] - grid[here.{row}][here.{column}]) <= 1", "cells that differ by at most 1"),
        (f"grid[r][c] >= grid[here.{row}][here.{column}]", "cells that are not lower"),
    )
    queue, stack = draw.choice("queue", "waiting", "frontier"), draw.choice("stack", "pending", "todo")
    use_stack = not steps and draw.chance(0.6)
    name = stack if use_stack else queue
    take = f"here = {name}[len({name}) - 1]\n    {name}.pop()" if use_stack else f"here = {name}[i]\n    i += 1"
    more = f"len({name}) > 0" if use_stack else f"i < len({name})"
    start_counter = "" if use_stack else "i = 0\n"
    depth = f", here.{counted} + 1" if steps else ""
    zero = ", 0" if steps else ""
    score, meaning = draw.choice(
        *(
            [
                (f"result = max(result, here.{counted})", "Return how many steps the farthest cell is away"),
                (f"result += here.{counted}", "Add up the steps to all cells that are reached"),
                (
                    f"if here.{counted} == {draw.integer(1, 3)}:\n        result += 1",
                    "Count the cells at a certain number of steps",
                ),
                (
                    f"if here.{counted} <= {draw.integer(1, 3)}:\n        result += grid[here.{row}][here.{column}]",
                    "Add up the values of the cells that a few steps reach",
                ),
                (
                    f"if here.{row} == len(grid) - 1:\n        return here.{counted}",
                    "Return after how many steps the last row is reached, 0 if it is not",
                ),
            ]
            if steps
            else [
                ("result += 1", "Count the cells that are reached"),
                (f"result += grid[here.{row}][here.{column}]", "Add up the values of the cells that are reached"),
                (
                    f"result = max(result, grid[here.{row}][here.{column}])",
                    "Find the largest value of the cells that are reached",
                ),
                (
                    f"result = max(result, here.{row} + here.{column})",
                    "Find the largest sum of coordinates of the cells that are reached",
                ),
                (
                    f"if here.{row} == here.{column}:\n        result += 1",
                    "Count the cells on the main diagonal that are reached",
                ),
            ]
        )
    )
    f = draw.name("explore", "search", "reach", "walk_from").replace("search", "search_from")
    inside = "0 <= r < len(grid) and 0 <= c < len(grid[0])"
    test = draw.choice(
        f"if {inside} and not seen[r][c] and {free}:\n            seen[r][c] = True\n            {name}.append({cell}(r, c{depth}))",
        f"if {inside}:\n            if not seen[r][c] and {free}:\n                seen[r][c] = True\n                {name}.append({cell}(r, c{depth}))",
        f"if r < 0 or c < 0 or r >= len(grid) or c >= len(grid[0]):\n            continue\n        if {free} and not seen[r][c]:\n            seen[r][c] = True\n            {name}.append({cell}(r, c{depth}))",
    )
    body = (
        f"seen = [[False] * len(grid[0]) for _ in range(len(grid))]\nseen[start.{row}][start.{column}] = True\n"
        f"down = [{first}]\nacross = [{second}]\n{name}: list[{cell}] = []\n{name}.append(start)\nresult = 0\n{start_counter}while {more}:\n    {take}\n    {score}\n"
        f"    for k in range(len(down)):\n        r = here.{row} + down[k]\n        c = here.{column} + across[k]\n        {test}\nreturn result"
    )
    way = "knight's moves" if knight else "steps to neighbours" + (", some of them diagonal" if diagonal else "")
    summary = f"{meaning}, going by {way} on {where}."
    records.define(draw, f"{f}(grid: array[array[int]], start: {cell}) -> int", summary, body)
    size = draw.scale(3, 4)
    reads = f"rows, columns = read_int(2, {size})\ngrid = read_grid(rows, columns, 0, {draw.integer(2, 5)})\n"
    call = f"{f}(grid, {cell}(0, 0{zero}))"
    every_cell = "for i in range(rows):\n    for j in range(columns):\n"
    call_here = f"{f}(grid, {cell}(i, j{zero}))"
    words = compose.verdicts(draw)
    match draw.integer(0, 5):
        case 0:
            main = compose.say(draw, call) + compose.coda(draw, "rows", 6)
        case 1:
            main = f"best = 0\n{every_cell}        best = max(best, {call_here})\n" + compose.say(draw, "best")
        case 2:
            main = f"for i in range(rows):\n    print({draw.choice('i, ', '')}{f}(grid, {cell}(i, {draw.choice('0', 'columns - 1')}{zero})))\n"
        case 3:
            main = (
                f"count = 0\n{every_cell}        if {call_here} {draw.choice('>', '==', '<')} {draw.integer(2, 6)}:\n            count += 1\n"
                + compose.say(draw, "count")
            )
        case 4:
            main = f"value = {call}\nif {draw.condition('value', 12)}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'value')})\n"
        case _:
            main = f"first = {call}\nsecond = {f}(grid, {cell}(rows - 1, columns - 1{zero}))\n" + draw.choice(
                "print(first, second)\n",
                "print(max(first, second))\n",
                "print(first - second)\n",
                f"if first == second:\n    print({words[0]})\nelse:\n    print(first, second)\n",
            )
    return draw.program(reads + main)
