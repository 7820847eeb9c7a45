"""Lists of numbers: folding, searching, sorting, windows."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("conditional-sum", lends="list_function")
def conditional_sum(draw: Draw) -> str:
    """Adds up or counts what satisfies a condition."""
    f = draw.name("filtered_sum", "selected_total", "score", "sum_matching")
    term = draw.choice("x", "x", "1", "abs(x)", "x * x", f"x + {draw.integer(1, 9)}", f"{draw.integer(2, 5)} * x")
    other = draw.choice(
        "",
        f"\n                else:\n                    total -= {draw.choice('1', 'x')}",
        f"\n                elif {draw.signed_condition('x')}:\n                    total += {draw.choice('1', 'x', '2 * x')}",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Combine the values that satisfy the rule."""
            total = {draw.choice("0", "0", "xs[0]", "len(xs)")}
            for x in xs:
                if {draw.signed_condition("x")}:
                    total += {term}{other}
            return total
        ''')
    return compose.list_function(draw, f, draw.choice(-20, -9, 0), draw.scale(15, 60))


@family("best-subarray", lends="list_function")
def best_subarray(draw: Draw) -> str:
    """Kadane's scan and its relatives."""
    f = draw.name("best_subarray", "max_run_sum", "largest_segment", "best_segment")
    reset = draw.choice(
        "current = max(x, current + x)",
        "current = max(0, current) + x",
        "current += x\n                if current < 0:\n                    current = 0",
    )
    extra = draw.choice(
        "",
        f"if {draw.signed_condition('x')}:\n                    {draw.choice('continue', 'current = 0', 'current -= 1')}\n                ",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Find the best sum of neighbouring values."""
            best = {draw.choice("xs[0]", "0")}
            current = 0
            for x in xs:
                {extra}{reset}
                {draw.choice("best = max(best, current)", "if current > best:" + chr(10) + "                    best = current")}
            return best{draw.choice("", "", " - min(xs)", " + len(xs)")}
        ''')
    return compose.list_function(draw, f, -draw.integer(5, 20), draw.scale(10, 40))


@family("longest-run", lends="list_function")
def longest_run(draw: Draw) -> str:
    """The longest stretch of neighbours in some relation."""
    f = draw.name("longest_run", "longest_streak", "best_streak", "run_length")
    relation = draw.choice(
        "xs[i] > xs[i - 1]",
        "xs[i] >= xs[i - 1]",
        "xs[i] == xs[i - 1]",
        "xs[i] != xs[i - 1]",
        f"abs(xs[i] - xs[i - 1]) <= {draw.integer(2, 8)}",
        f"floor_mod(xs[i] - xs[i - 1], {draw.integer(2, 4)}) == 0",
        f"xs[i] + xs[i - 1] > {draw.integer(3, 20)}",
    )
    if draw.harder(0.1, 0.5):
        relation += f" {draw.choice('and', 'or')} " + draw.signed_condition("xs[i]")
    after = draw.choice(
        "best = max(best, run)",
        "if run > best:\n                    best = run",
        "if run >= best:\n                    best = run\n                    position = i",
        f"if run > {draw.integer(1, 3)}:\n                    best += 1",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Find the longest run of neighbours that belong together."""
            best = {draw.choice("1", "0")}
            run = 1
            {"position = 0" if "position" in after else '"A run starts anywhere."'}
            for i in range(1, len(xs)):
                if {relation}:
                    run += 1
                else:
                    run = {draw.choice("1", "1", "0")}
                {after}
            return {draw.choice("best", "position", "best * 10 + position") if "position" in after else "best"}
        ''')
    return compose.list_function(draw, f, draw.choice(-9, 0, 1), draw.scale(5, 20))


@family("second-largest", lends="list_function")
def second_largest(draw: Draw) -> str:
    """The runner-up."""
    f = draw.name("runner_up", "second_largest", "second_best", "next_to_top")
    sign = draw.choice(">", "<")
    middle = draw.choice(f"elif x {sign} second and x != first:", f"elif x {sign} second:")
    start = "-1000" if sign == ">" else "1000"
    guard = draw.choice("", f"if {draw.signed_condition('x')}:\n                    continue\n                ")
    final = draw.choice("second", "first - second", "first + second", "max(first, second * 2)")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Keep the two most extreme values."""
            first = {start}
            second = {start}
            for x in xs:
                {guard}if x {sign} first:
                    second = first
                    first = x
                {middle}
                    second = x
            {draw.choice("", f"if second == {start}:" + chr(10) + "                return first" + chr(10) + "            ")}return {final}
        ''')
    return compose.list_function(draw, f, draw.choice(-20, 0), draw.scale(15, 60))


@family("pair-count", lends="list_function")
def pair_count(draw: Draw) -> str:
    """Looks at every pair."""
    f = draw.name("count_pairs", "pairs", "good_pairs", "pair_score")
    relation = draw.choice(
        f"xs[i] + xs[j] == {draw.integer(3, 20)}",
        "xs[i] > xs[j]",
        f"xs[i] - xs[j] == {draw.integer(1, 5)}",
        f"abs(xs[i] - xs[j]) {draw.choice('<', '>')} {draw.integer(2, 8)}",
        f"(xs[i] + xs[j]) % {draw.integer(2, 7)} == 0",
        f"xs[i] * xs[j] % {draw.integer(3, 9)} == {draw.integer(0, 2)}",
        "xs[i] == xs[j]",
        f"(xs[i] ^ xs[j]) > {draw.integer(2, 9)}",
    )
    if draw.harder(0.2, 0.7):
        relation += f" {draw.choice('and', 'or')} " + draw.choice(
            draw.comparison("xs[i]", 20),
            draw.comparison("xs[j]", 20),
            f"j - i {draw.choice('>', '<')} {draw.integer(1, 3)}",
        )
    update = draw.choice(
        "count += 1",
        "count += 1",
        "count += xs[i] + xs[j]",
        "count = max(count, xs[i] + xs[j])",
        "count += j - i",
        "count = max(count, j - i)",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Look at every pair of positions."""
            count = 0
            for i in range(len(xs)):
                for j in range(i + 1, len(xs)):
                    if {relation}:
                        {update}
            return count
        ''')
    return compose.list_function(draw, f, draw.choice(0, 1), draw.scale(8, 30))


@family("simple-sort")
def simple_sort(draw: Draw) -> str:
    """Bubble, selection and insertion sort by several keys."""
    f = draw.name("arrange", "sort_values", "ordered", "order_by_rule")
    key = draw.name("sort_key", "weight_of", "rank")
    draw.define(f'''
        def {key}(x: int) -> int:
            """Tell by what a value is ordered."""
            return {draw.choice("x", "-x", "abs(x)", f"x % {draw.integer(3, 12)}", f"x % 10 * {draw.integer(20, 100)} + x", f"(x * {draw.integer(2, 9)} + {draw.integer(1, 9)}) % {draw.integer(11, 31)}", f"x // {draw.integer(2, 10)} - x")}
        ''')
    sign = draw.choice(">", "<")
    bubble = f'''
        def {f}(xs: array[int]) -> array[int]:
            """Swap neighbours until they are in order."""
            for i in range(len(xs)):
                for j in range(len(xs) - 1{draw.choice("", " - i")}):
                    if {key}(xs[j]) {sign} {key}(xs[j + 1]):
                        xs[j], xs[j + 1] = xs[j + 1], xs[j]
            return xs
        '''
    selection = f'''
        def {f}(xs: array[int]) -> array[int]:
            """Move the next value to its place, again and again."""
            ys = xs[:]
            for i in range(len(ys)):
                best = i
                for j in range(i + 1, len(ys)):
                    if {key}(ys[best]) {sign} {key}(ys[j]):
                        best = j
                {draw.choice("", "if best != i:" + chr(10) + "                    ")}ys[i], ys[best] = ys[best], ys[i]
            return ys
        '''
    insertion = f'''
        def {f}(xs: array[int]) -> array[int]:
            """Insert each value among the ones before it."""
            for i in range(1, len(xs)):
                x = xs[i]
                j = i
                while j > 0 and {key}(xs[j - 1]) {sign} {key}(x):
                    xs[j] = xs[j - 1]
                    j -= 1
                xs[j] = x
            return xs
        '''
    counting = f'''
        def {f}(xs: array[int]) -> array[int]:
            """Swap neighbours and stop as soon as nothing moves."""
            moved = True
            while moved:
                moved = False
                for i in range(1, len(xs)):
                    if {key}(xs[i - 1]) {sign} {key}(xs[i]):
                        xs[i - 1], xs[i] = xs[i], xs[i - 1]
                        moved = True
            return xs
        '''
    draw.define(draw.choice(bubble, selection, insertion, counting))
    return compose.list_builder(draw, f, 0, draw.scale(20, 90), grows=False)


@family("binary-search")
def binary_search(draw: Draw) -> str:
    """Halves an interval in a sorted array."""
    f = draw.name("search", "find_position", "locate", "lower_bound")
    exact = f'''
        def {f}(xs: array[int], target: int) -> int:
            """Search a sorted array; minus one if there is no such value."""
            left = 0
            right = len(xs) - 1
            while left <= right:
                middle = (left + right) // 2
                if xs[middle] == target:
                    return middle
                if xs[middle] < target:
                    left = middle + 1
                else:
                    right = middle - 1
            return -1
        '''
    bound = f'''
        def {f}(xs: array[int], target: int) -> int:
            """Find where a value belongs in a sorted array."""
            left = 0
            right = len(xs)
            while left < right:
                middle = {draw.choice("(left + right) // 2", "left + (right - left) // 2")}
                if xs[middle] {draw.choice("<", "<=")} target:
                    left = middle + 1
                else:
                    right = middle
            return left
        '''
    is_exact = draw.chance(0.45)
    draw.define(exact if is_exact else bound)
    size, high = draw.scale(6, 12), draw.scale(15, 50)
    head = f"n = read_int(1, {size})\nxs = read_sorted(n, 0, {high})\n"
    many = head + f"m = read_int(1, {draw.scale(3, 6)})\nys = read_array(m, 0, {high})\n"
    words = compose.verdicts(draw)

    def finish(main: str) -> str:
        return draw.program(main + compose.coda(draw, "n", 10))

    match draw.integer(0, 6):
        case 0:
            return finish(head + f"target = read_int(0, {high})\n" + compose.say(draw, f"{f}(xs, target)"))
        case 1:
            return finish(many + f"for y in ys:\n    print({draw.choice('y, ', '')}{f}(xs, y))\n")
        case 2:
            return finish(
                many + f"count = 0\nfor y in ys:\n    value = {f}(xs, {draw.choice('y', draw.term('y'))})\n"
                f"    if {draw.signed_condition('value', 6)}:\n        count += {draw.choice('1', 'y', 'value')}\n"
                + compose.say(draw, "count")
            )
        case 3:
            g = draw.number_map()
            return finish(
                many + f"total = 0\nfor y in ys:\n    total += {f}(xs, {g}(y))\n" + compose.say(draw, "total")
            )
        case 4:
            return finish(
                head + f"target = read_int(0, {high})\nposition = {f}(xs, target)\n"
                f"if position {draw.choice('> 0', '>= 0')} and position < n and xs[position] {draw.choice('==', '!=', '>')} target:\n"
                f"    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'position')})\n"
            )
        case 5:
            a, b = f"{f}(xs, a)", f"{f}(xs, b)"
            return finish(
                head
                + f"a, b = read_int(0, {high})\n"
                + compose.say(draw, draw.choice(f"{b} - {a}", f"abs({a} - {b})", f"{a} + {b}", f"max({a}, {b})"))
            )
        case _:
            return finish(
                head
                + f"answer = 0\nfor x in xs:\n    if {f}(xs, x {draw.choice('+', '*')} {draw.integer(1, 4)}) {draw.choice('> 0', '< n', '== n', '!= 1')}"
                f"{draw.choice('', f' and {draw.comparison(chr(120), high)}')}:\n        answer += {draw.choice('1', 'x')}\n"
                + compose.say(draw, "answer")
            )


@family("sliding-window", lends="list_function")
def sliding_window(draw: Draw) -> str:
    """Sums over windows."""
    f = draw.name("window_score", "best_window", "moving_sum", "window_count")
    width = draw.integer(2, 4)
    relation = draw.choice(
        "current > best",
        "current < best",
        f"current % {draw.integer(2, 5)} == {draw.integer(0, 1)}",
        f"current > best + {draw.integer(1, 6)}",
    )
    update = draw.choice("best = current", "best += 1", "best = max(best, current)", "best += current % 10")
    slide = draw.choice(
        "current += xs[i]\n                if i >= k:\n                    current -= xs[i - k]",
        "current = 0\n                for j in range(max(0, i - k + 1), i + 1):\n                    current += xs[j]",
        "current = xs[i]\n                if i > 0:\n                    current = max(current, xs[i - 1]) + min(k, i)",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Move a window over the values."""
            k = {draw.choice(str(width), f"min({width}, len(xs))", "len(xs) // 2 + 1")}
            best = {draw.choice("0", "xs[0]")}
            current = 0
            for i in range(len(xs)):
                {slide}
                if {draw.choice("i >= k - 1 and ", "")}{relation}:
                    {update}
            return best
        ''')
    return compose.list_function(draw, f, 0, draw.scale(9, 50))


@family("filter-map")
def filter_map(draw: Draw) -> str:
    """Keeps some values and changes them."""
    f = draw.name("select", "keep", "pick_values", "transform_values", "collect")
    change = draw.choice(
        "x",
        f"x * {draw.integer(2, 5)}",
        f"x + {draw.integer(1, 9)}",
        "x * x",
        "abs(x)",
        "x - xs[0]",
        f"floor_mod(x, {draw.integer(3, 9)})",
    )
    body = draw.choice(
        f"if {draw.signed_condition('x')}:\n                    result.append({change})",
        f"if {draw.signed_condition('x')}:\n                    result.append({change})\n                elif {draw.signed_condition('x')}:\n                    result.append({draw.choice('0', '-x', 'x + 1')})",
        "if x not in result:\n                    result.append(x)",
        f"if len(result) == 0 or x {draw.choice('>', '<', '!=', '>=')} result[len(result) - 1]:\n                    result.append(x)",
        f"if {draw.signed_condition('x')}:\n                    continue\n                result.append({change})",
        f"if {draw.signed_condition('x')} and x not in result:\n                    result.append({change})",
    )
    stop = draw.choice("", f"\n                if len(result) >= {draw.integer(3, 6)}:\n                    break")
    draw.define(f'''
        def {f}(xs: array[int]) -> list[int]:
            """Collect what is to be kept."""
            result: list[int] = []
            for x in xs:
                {body}{stop}
            return result
        ''')
    return compose.list_builder(draw, f, draw.choice(-9, 0, 1), draw.scale(9, 40))


@family("prefix-sums")
def prefix_sums(draw: Draw) -> str:
    """Running values and differences."""
    f = draw.name("running", "prefix_values", "accumulate", "partial_sums")
    step = draw.choice(
        "current += x",
        "current = max(current, x)",
        "current = x - current",
        f"current = floor_mod(current + x, {draw.integer(7, 60)})",
        "current = abs(current - x)",
        "current = min(current, x)",
    )
    emit = draw.choice(
        "result.append(current)",
        f"if {draw.signed_condition('current', 30)}:\n                    result.append(current)",
        "result.append(current - x)",
        f"if {draw.signed_condition('x')}:\n                    result.append(current)\n                else:\n                    result.append({draw.choice('x', '0', 'len(result)')})",
    )
    first, second = draw.choice((step, emit), (emit, step))
    draw.define(f'''
        def {f}(xs: array[int]) -> list[int]:
            """Write down what has come together so far."""
            result: list[int] = []
            current = {draw.choice("0", "xs[0]", str(draw.integer(1, 5)))}
            for x in xs:
                {first}
                {second}
            return result
        ''')
    return compose.list_builder(draw, f, draw.choice(-9, 0), draw.scale(9, 40))
