"""Small machines: what they do next depends on the state that they are in."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("traffic-light", lends="number_function")
def traffic_light(draw: Draw) -> str:
    """A light with three colours and a timer."""
    f = draw.name("cars_through", "light_after", "run_signal", "waiting_time")
    red, green, yellow = draw.integer(2, 5), draw.integer(2, 6), draw.integer(1, 3)
    effect = draw.choice("total += 1", "total += t", "total += wait", "total += 2")
    when = draw.choice(
        "state == 1",
        "state == 0",
        "state != 2",
        "state == 2 or wait == 1",
        f"state == 1 and {draw.comparison('t', 12)}",
    )
    order = draw.choice("(state + 1) % 3", "(state + 2) % 3")
    first, ticks = draw.choice((0, red), (0, red), (1, green))
    hold = (
        f"if {draw.comparison('t', 15)}:\n                    {draw.choice('continue', 'wait += 1', 'total += 1')}\n                "
        if draw.harder(0.2, 0.7)
        else ""
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Run a traffic light for so many ticks: {red} of red, {green} of green, {yellow} of yellow."""
            state = {first}
            wait = {ticks}
            total = 0
            for t in range({draw.choice("n", "1, n + 1")}):
                {hold}if {when}:
                    {effect}
                wait -= 1
                if wait {draw.choice("== 0", "<= 0")}:
                    state = {order}
                    if state == 0:
                        wait = {red}
                    elif state == 1:
                        wait = {green}
                    else:
                        wait = {yellow}
            return {draw.choice("total", "total", "total * 3 + state", "total + wait")}
        ''')
    return compose.number_function(draw, f, 0, draw.scale(20, 60))


@family("elevator", lends="list_function")
def elevator(draw: Draw) -> str:
    """A lift that answers calls one after the other."""
    f = draw.name("floors_travelled", "lift_work", "elevator_cost", "run_lift")
    cost = draw.choice(
        "total += abs(x - floor)",
        "total += abs(x - floor)",
        "if x > floor:\n                    total += x - floor",
        "if x > floor:\n                    total += 2 * (x - floor)\n                else:\n                    total += floor - x",
        "total += abs(x - floor) + 1",
        "total = max(total, abs(x - floor))",
    )
    stop = draw.choice(
        "",
        f"if x == floor:\n                    {draw.choice('continue', 'stops += 1', 'total += 1')}\n                ",
        f"if {draw.signed_condition('x - floor', 5)}:\n                    stops += 1\n                ",
        f"if stops {draw.choice('>', '==')} {draw.integer(3, 6)}:\n                    break\n                ",
    )
    arrive = draw.choice(
        "floor = x",
        "floor = x",
        "floor = (floor + x) // 2",
        "if x > floor:\n                    floor += 1\n                elif x < floor:\n                    floor -= 1",
        f"floor = min(x, {draw.integer(4, 9)})",
    )
    count = "\n                stops += 1" if "break" in stop or draw.chance(0.6) else ""
    counts = count or "stops" in stop
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Let a lift answer its calls in order, and add up what that takes."""
            floor = {draw.choice("0", "0", "1", "xs[0]")}
            total = 0
            {"stops = 0" + chr(10) + "            " if counts else ""}for x in xs:
                {stop}{cost}
                {arrive}{count}
            return {draw.choice("total + stops", "total * 2 - stops", "total * 10 + stops", "total - stops") if counts else draw.choice("total", "total + floor", "total - floor")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(6, 15))


@family("vending-machine", lends="list_function")
def vending_machine(draw: Draw) -> str:
    """Coins go in, goods and change come out."""
    f = draw.name("bottles_sold", "sales", "serve_customers", "run_machine")
    price = draw.integer(3, 9)
    accept = draw.choice(
        "",
        f"if {draw.comparison('x', 12)}:\n                    {draw.choice('continue', 'refused += 1' + chr(10) + '                    continue')}\n                ",
    )
    refused = "refused" in accept
    sale = draw.choice(
        f"if credit >= {price}:\n                    credit -= {price}\n                    sold += 1",
        f"while credit >= {price}:\n                    credit -= {price}\n                    sold += 1",
        f"if credit >= {price}:\n                    sold += credit // {price}\n                    credit = {draw.choice('0', f'credit % {price}')}",
        f"if credit >= {price} and stock > 0:\n                    credit -= {price}\n                    sold += 1\n                    stock -= 1",
    )
    stock = "stock" in sale
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Put coins into a machine whose goods cost {price}, and see what it does."""
            credit = 0
            sold = 0
            {f"stock = {draw.integer(2, 5)}" + chr(10) + "            " if stock else ""}{"refused = 0" + chr(10) + "            " if refused else ""}for x in xs:
                {accept}credit += {draw.choice("x", "x", "x // 2 + 1", "min(x, 10)")}
                {sale}
            return {draw.choice("sold", "sold * 10 + credit", "credit + sold", "sold - credit")}{" + refused" if refused else ""}{draw.choice("", " + stock") if stock else ""}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(9, 20))


@family("turnstile", lends="text_function")
def turnstile(draw: Draw) -> str:
    """A gate that opens, lets one pass, and closes."""
    f = draw.name("people_through", "gate_score", "passes", "turnstile_run")
    key = draw.choice('"U"', '"D"', '"L"', '"R"')
    other = draw.choice('"U"', '"D"', '"L"', '"R"')
    opened = draw.choice(
        "opened = True", "opened = True", "opened = not opened", "opened = True\n                    total += 1"
    )
    passing = draw.choice(
        "total += 1\n                    opened = False",
        "total += 1",
        "total += i\n                    opened = False",
        "opened = False\n                    total += 2",
    )
    blocked = draw.choice(
        "",
        f"\n                else:\n                    total {draw.choice('-= 1', '+= 1')}",
        f"\n                elif text[i] == {other}:\n                    blocked += 1",
        "\n                else:\n                    blocked += 1",
    )
    counts = "blocked" in blocked
    draw.define(f'''
        def {f}(text: str) -> int:
            """Open a gate at one sign and go through it at the others."""
            opened = {draw.choice("False", "True", "False")}
            total = 0
            {"blocked = 0" + chr(10) + "            " if counts else ""}for i in range(len(text)):
                if text[i] == {key}{draw.choice("", "", f" and i % {draw.integer(2, 3)} == 0")}:
                    {opened}
                elif {draw.choice("opened", "opened", f"opened and text[i] != {other}", f"opened or text[i] == {other}")}:
                    {passing}{blocked}
            return {draw.choice("abs(total) + blocked", "abs(total) * 2 + blocked", "max(0, total - blocked)") if counts else draw.choice("abs(total)", "max(total, 0)")}
        ''')
    return compose.text_function(draw, f, "moves", draw.choice(0, 1), draw.scale(8, 16))


@family("tape-machine", lends="list_function")
def tape_machine(draw: Draw) -> str:
    """A head that walks over a tape, reads and writes."""
    f = draw.name("run_head", "tape_steps", "walk_tape", "head_position")
    write = draw.choice(
        "tape[head] = 1 - tape[head] % 2",
        "tape[head] += 1",
        "tape[head] = tape[head] // 2",
        "tape[head] = (tape[head] * 2 + 1) % 7",
        "tape[head] = state",
    )
    rule = draw.choice(
        "tape[head] % 2 == 0",
        "tape[head] > state",
        f"tape[head] < {draw.integer(2, 5)}",
        "(tape[head] + state) % 2 == 0",
        draw.comparison("tape[head] + state", 9),
    )
    right, left = draw.choice(
        ("head += 1", "head -= 1"),
        ("head += 2", "head -= 1"),
        ("head += 1", "head = head // 2"),
        ("head += state + 1", "head -= 1"),
    )
    change = draw.choice(
        "state = 1 - state", "state = tape[head] % 2", "state = (state + 1) % 3", "state = min(state + 1, 3)"
    )
    limit = draw.integer(8, 30)
    if "state" in rule + write + right:
        result = draw.choice("steps", "sum(tape)", "steps + tape[0]", "head", "head * 10 + state", "max(tape)")
    else:
        result = draw.choice("head * 10 + state", "steps * 3 + state", "sum(tape) - state")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Let a head walk over a tape until it leaves it or has made {limit} steps."""
            tape = xs[:]
            head = {draw.choice("0", "0", "len(xs) // 2")}
            state = 0
            steps = 0
            while head >= 0 and head < len(tape) and steps < {limit}:
                steps += 1
                if {rule}:
                    {write}
                    {right}
                else:
                    {draw.choice("", write + chr(10) + "                    ")}{change}
                    {left}
            return {result}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(5, 12))


@family("circular-buffer", lends="list_function")
def circular_buffer(draw: Draw) -> str:
    """A buffer that forgets the oldest values."""
    f = draw.name("ring_sum", "recent_values", "buffer_score", "window_memory")
    size = draw.choice(3, 4, 5)
    update = draw.choice(
        "total = max(total, sum(ring))",
        "total += ring[(place + 1) % size]",
        "if x > ring[(place + 1) % size]:\n                    total += 1",
        f"if sum(ring) {draw.choice('>', '<')} {draw.integer(5, 40)}:\n                    total += {draw.choice('1', 'x')}",
        "total += x - ring[(place + size - 1) % size]",
    )
    before = draw.choice(
        "",
        f"if {draw.signed_condition('x')}:\n                    continue\n                ",
        "if x == ring[place]:\n                    total += 1\n                ",
    )
    write = draw.choice("ring[place] = x", "ring[place] = x", "ring[place] += x", "ring[place] = max(ring[place], x)")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Write values into a ring of {size} places, one after the other."""
            size = {size}
            ring = [0] * {size}
            place = 0
            total = 0
            for x in xs:
                {before}{write}
                {update}
                place = (place + {draw.choice("1", "1", "2")}) % size
            return {draw.choice("total", "total", "total + ring[0]", "total - max(ring)", "sum(ring) + total")}
        ''')
    return compose.list_function(draw, f, draw.choice(0, -9), draw.scale(9, 30))


@family("counter-machine", lends="list_function")
def counter_machine(draw: Draw) -> str:
    """A processor with two registers and a handful of instructions."""
    f = draw.name("execute", "run_code", "interpret", "process_codes")
    a = [
        draw.choice("a += 1", "a += x", "a += 2", "a = a * 2 % 100"),
        draw.choice("b += a", "b += 1", "b = a", "b = max(a, b)"),
        draw.choice("a, b = b, a", "a = abs(a - b)", "a = b", "a += b"),
        draw.choice(
            "place += 1", "a -= 1", "b -= 1", "if a > b:\n                        place += 1", "place += a % 2"
        ),
    ]
    count = draw.integer(3, 4)
    branches = "\n                ".join(
        f"{'if' if i == 0 else 'elif'} x % {count + 1} == {i}:\n                    {a[i]}" for i in range(count)
    )
    final = draw.choice(
        "", f"\n                else:\n                    {draw.choice('a += 3', 'b = 0', 'break', 'a, b = b, a')}"
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Carry out the instructions that the numbers stand for, with two registers."""
            a = {draw.choice("0", "1", "len(xs)")}
            b = {draw.choice("0", "1", "xs[0]")}
            place = 0
            steps = 0
            while place < len(xs) and steps < {draw.integer(20, 40)}:
                x = xs[place]
                {branches}{final}
                place += 1
                steps += 1
            return {draw.choice("a", "b - a", "a + b", "a * 2 - b", "a + steps", "max(a, b)")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(6, 12))


@family("text-editor")
def text_editor(draw: Draw) -> str:
    """Types a text with keys that delete, repeat and capitalise."""
    f = draw.name("type_text", "edit", "apply_keys", "replay_keys")
    keys = draw.choice(("a", "e", "o"), ("x", "s", "n"), ("0", "5", "9"), ("t", "r", "l"))
    alphabet = "mixed" if keys[0] == "0" else draw.choice("lower", "letters", "mixed")
    erase = draw.choice(
        "result = result[:len(result) - 1]", "result = result[:len(result) // 2]", "result = result[1:]", 'result = ""'
    )
    double = draw.choice(
        "result = result + result[len(result) - 1]",
        "result = result + result[::-1]",
        'result = result + "-"',
        "result = result.upper()",
    )
    third = draw.choice("shift = not shift", "result = result[::-1]", "result = ch + result")
    shift = "shift" in third
    limit = draw.choice(
        "len(result) > 0", "len(result) > 1", f"len(result) > 0 and len(result) < {draw.integer(6, 12)}"
    )
    plain = (
        "if shift:\n                    result = result + ch.upper()\n                else:\n                    result = result + ch"
        if shift
        else draw.choice(
            "result = result + ch",
            f"if i % {draw.integer(2, 4)} == 0:\n                    result = ch + result\n                else:\n                    result = result + ch",
        )
    )
    plain = plain.replace("\n", "\n    ")
    draw.define(f'''
        def {f}(text: str) -> str:
            """Type a text in which {keys[0]!r} and {keys[1]!r} are keys for editing."""
            result = ""
            {"shift = False" + chr(10) + "            " if shift else ""}for i in range(len(text)):
                ch = text[i]
                if ch == "{keys[0]}":
                    if {limit}:
                        {erase}
                elif ch == "{keys[1]}"{draw.choice("", f" and i > {draw.integer(1, 3)}")}:
                    if len(result) > 0 and len(result) < 20:
                        {double}
                elif ch == "{keys[2]}":
                    {third}
                else:
                    {plain}
            return result
        ''')
    return compose.text_map(draw, f, alphabet, 1, draw.scale(7, 12))


@family("elimination")
def elimination(draw: Draw) -> str:
    """Goes round in a circle and takes every k-th out."""
    f = draw.name("last_left", "survivor", "winner_of_circle", "final_place")
    if draw.chance(0.5):
        step = draw.choice(
            "(place + k) % count",
            "(place + k - 1) % count",
            "(place * 2 + k) % count",
            "(place + k + count % 2) % count",
        )
        draw.define(f'''
        def {f}(n: int, k: int) -> int:
            """Follow the place that survives in a circle that grows to n."""
            place = 0
            for count in range({draw.choice("2", "2", "1")}, n + 1):
                place = {step}{chr(10) + "                if " + draw.comparison("count", 9) + ":" + chr(10) + "                    place = " + draw.choice("0", "count - 1", "place // 2") if draw.harder(0.3, 0.8) else ""}
            return {draw.choice("place + 1", "place", "n - place")}
        ''')
    else:
        collect = draw.choice(
            "",
            "total += place + 1\n                        ",
            "total += rounds\n                        ",
            "total = place\n                        ",
        )
        total = "total = 0\n            " if collect else ""
        until, remainder = draw.choice(("1", "one is"), ("1", "one is"), ("n // 2", "half of them are"))
        rounds = "rounds" in collect
        draw.define(f'''
        def {f}(n: int, k: int) -> int:
            """Count up to k round a circle of n, again and again, and take one out each time until {remainder} left."""
            inside = [True] * n
            left = n
            place = 0
            count = 0
            {total}{"rounds = 0" + chr(10) + "            " if rounds else ""}while left > {until}:
                if inside[place]:
                    count += {draw.choice("1", "1", "1 + place % 2")}
                    if count {draw.choice(">=", ">=", ">")} k:
                        inside[place] = False
                        {collect}left -= 1
                        count = 0
                place = (place + 1) % n{chr(10) + "                rounds += 1" if rounds else ""}
            {"return total" if total and draw.chance(0.6) else "for i in range(n):" + chr(10) + "                if inside[i]:" + chr(10) + "                    return " + draw.choice("i + 1", "i") + (" + total" if total else "") + chr(10) + "            return 0"}
        ''')
    high = draw.scale(6, 14)
    return draw.program(
        draw.choice(
            f"n, k = read_int(1, {high})\n" + compose.say(draw, f"{f}(n, k)"),
            f"n, k = read_int(1, {high})\nfor i in range(1, n + 1):\n    print({draw.choice('i, ', '')}{f}(i, {draw.choice('k', 'k + i', 'min(i, k)')}))\n",
            f"n = read_int(1, {high})\ntotal = 0\nfor i in range(1, n + 1):\n    value = {f}({draw.choice('i, n', 'n, i')})\n    if {draw.signed_condition('value', 6)}:\n        total += {draw.choice('1', 'value', 'i')}\n"
            + compose.say(draw, "total"),
            f"n, k = read_int(1, {high})\nif {f}(n, k) {draw.choice('==', '>', '<')} {draw.choice('k', 'n // 2', f'{f}(n, k + 1)')}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({compose.verdicts(draw)[1]})\n",
        )
    )
