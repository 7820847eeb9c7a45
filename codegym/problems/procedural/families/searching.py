"""Searching: halving, merging, walking from both ends."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _halves(draw: Draw) -> str:
    return draw.choice("(low + high) // 2", "low + (high - low) // 2")


@family("integer-root", lends="number_function")
def integer_root(draw: Draw) -> str:
    """Binary search for the number at which something becomes too large."""
    f = draw.name("integer_root", "largest_fitting", "search_answer", "floor_root")
    size = draw.choice(
        "middle * middle",
        "middle * (middle + 1) // 2",
        f"middle * middle + {draw.integer(1, 9)} * middle",
        "middle * middle * middle",
        f"{draw.integer(2, 9)} * middle + middle // {draw.integer(2, 4)}",
    )
    if draw.chance(0.5):
        body = f"""low = 0
            high = {draw.choice("n + 1", "n // 2 + 2")}
            while high - low > 1:
                middle = {_halves(draw)}
                if {size} {draw.choice("<=", "<")} n:
                    low = middle
                else:
                    high = middle
            """
        result = draw.choice("low", "high", "low * 10 + n % 10", "n - low")
    else:
        body = f"""low = 1
            high = n
            best = 0
            while low <= high:
                middle = {_halves(draw)}
                if {size} {draw.choice("<=", "<")} n:
                    best = middle
                    low = middle + 1
                else:
                    high = middle - 1
            """
        result = draw.choice("best", "best", "n - best", "best + low")
    guard = (
        f"if {draw.condition('n', 40)}:\n                n {draw.choice('+= 1', '*= 2', '-= 1')}\n            "
        if draw.harder(0.2, 0.6)
        else ""
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Search for the last number that is not too large for a bound."""
            {guard}{body}return {result}
        ''')
    return compose.number_function(draw, f, 2, draw.choice(60, 400, 1000))


@family("merge-sorted")
def merge_sorted(draw: Draw) -> str:
    """Two sorted lists become one."""
    f = draw.name("merge", "combine_sorted", "zip_sorted", "merge_lists")
    keep = draw.choice(
        "",
        "",
        f"if {draw.comparison('x', 20)}:\n                    ",
        "if len(result) == 0 or result[len(result) - 1] != x:\n                    ",
    )
    if draw.chance(0.5):
        draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> list[int]:
            """Take the smaller first value of two sorted lists, again and again."""
            result: list[int] = []
            i = 0
            j = 0
            while i < len(xs) or j < len(ys):
                x = 0
                if j == len(ys) or i < len(xs) and xs[i] {draw.choice("<", "<=")} ys[j]:
                    x = xs[i]
                    i += 1
                else:
                    x = ys[j]
                    j += 1
                {keep}result.append({draw.choice("x", "x", "x + i", "x - j")})
            return result
        ''')
    else:
        equal = draw.choice(
            "result.append(xs[i])\n                    i += 1\n                    j += 1",
            "i += 1\n                    j += 1",
            "result.append(xs[i])\n                    i += 1",
        )
        less = draw.choice("", "result.append(xs[i])\n                    ")
        more = draw.choice("", "result.append(ys[j])\n                    ")
        draw.define(f'''
        def {f}(xs: array[int], ys: array[int]) -> list[int]:
            """Walk through two sorted lists side by side."""
            result: list[int] = []
            i = 0
            j = 0
            while i < len(xs) and j < len(ys):
                if xs[i] == ys[j]:
                    {equal}
                elif xs[i] < ys[j]:
                    {less}i += 1
                else:
                    {more}j += 1
            return result
        ''')
    size, high = draw.scale(5, 9), draw.scale(12, 40)
    head = f"n, m = read_int(1, {size})\nxs = read_sorted(n, 0, {high})\nys = read_sorted(m, 0, {high})\n"
    return draw.program(
        head
        + draw.choice(
            f'print("{draw.choice(" ", ", ")}".join({f}(xs, ys)))\n',
            f"result = {f}(xs, ys)\nprint(len(result))\nfor x in result:\n    print(x)\n",
            f"result = {f}(xs, ys)\nif len(result) > {draw.integer(0, 3)}:\n    print(result[len(result) // 2])\nelse:\n    print({compose.verdicts(draw)[1]})\n",
            f"total = 0\nfor x in {f}(xs, ys):\n    if {draw.condition('x', 20)}:\n        total += {draw.choice('x', '1')}\n"
            + compose.say(draw, "total"),
            f"result = {f}(ys, xs)\n"
            + compose.say(draw, draw.choice("len(result)", "sum(result)", "len(result) * 2 - n")),
        )
        + compose.coda(draw, "n", 8)
    )


@family("two-pointers")
def two_pointers(draw: Draw) -> str:
    """Walks towards the middle from both ends of a sorted list."""
    f = draw.name("closest_sum", "count_fitting_pairs", "best_pair", "pair_search")
    target = draw.choice("target", "target", "target * 2", "target + xs[0]")
    value = draw.choice(
        "xs[left] + xs[right]", "xs[left] + xs[right]", "xs[left] * 2 + xs[right]", "xs[right] + right - left"
    )
    record = draw.choice(
        f"if abs(value - {target}) < abs(best - {target}):\n                    best = value",
        f"if value {draw.choice('<=', '<', '==')} {target}:\n                    best {draw.choice('+= 1', '+= right - left', '= max(best, value)')}",
        f"if value == {target} {draw.choice('or', 'and')} {draw.comparison('value', 20)}:\n                    best += {draw.choice('1', 'value', 'left')}",
    )
    move = draw.choice(
        f"if value {draw.choice('<', '<=')} {target}:\n                    left += 1\n                else:\n                    right -= 1",
        f"if value > {target}:\n                    right -= 1\n                elif value < {target}:\n                    left += 1\n                else:\n                    left += 1\n                    right -= 1",
    )
    draw.define(f'''
        def {f}(xs: array[int], target: int) -> int:
            """Move two places towards each other, depending on what stands there."""
            left = 0
            right = len(xs) - 1
            best = {draw.choice("0", "xs[0]", "100")}
            while left < right:
                value = {value}
                {record}
                {move}
            return best
        ''')
    size, high = draw.scale(6, 11), draw.scale(12, 40)
    head = f"n, target = read_int(2, {size})\nxs = read_sorted(n, {draw.choice(0, 1, -9)}, {high})\n"
    several = f"n = read_int(2, {size})\nxs = read_sorted(n, 0, {high})\n"
    return draw.program(
        draw.choice(
            head + compose.say(draw, f"{f}(xs, target)"),
            several
            + f"for t in range(1, n + 1):\n    print({draw.choice('t, ', '')}{f}(xs, t * {draw.integer(2, 9)}))\n",
            several
            + f"total = 0\nfor x in xs:\n    value = {f}(xs, x)\n    if {draw.signed_condition('value')}:\n        total += {draw.choice('value', '1')}\n"
            + compose.say(draw, "total"),
            head
            + f"if {f}(xs, target) {draw.choice('>', '<', '!=')} {draw.choice('target', str(draw.integer(0, 9)))}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({compose.verdicts(draw)[1]})\n",
        )
        + compose.coda(draw, "n", 8)
    )


@family("majority-vote", lends="list_function")
def majority_vote(draw: Draw) -> str:
    """Finds a majority in one walk."""
    f = draw.name("majority", "winner", "surviving_value", "vote")
    same = draw.choice(
        "x == candidate",
        "x == candidate",
        f"abs(x - candidate) <= {draw.integer(1, 2)}",
        f"floor_mod(x - candidate, {draw.integer(2, 4)}) == 0",
    )
    gain, loss = draw.choice(("1", "1"), ("1", "1"), ("2", "1"), ("1", "2"))
    skip = (
        f"if {draw.signed_condition('x')}:\n                    continue\n                "
        if draw.harder(0.3, 0.7)
        else ""
    )
    check = draw.choice(
        "",
        f"times = 0\n            for x in xs:\n                if x == candidate:\n                    times += 1\n            if times * 2 {draw.choice('<=', '<')} len(xs):\n                return {draw.choice('-1', '0', 'times')}\n            ",
        f"if votes {draw.choice('== 0', '< 2', '> 3')}:\n                return {draw.choice('-1', 'xs[0]', 'len(xs)')}\n            ",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Let each value vote for a candidate or against it."""
            candidate = xs[0]
            votes = 0
            for x in xs:
                {skip}if votes {draw.choice("== 0", "<= 0")}:
                    candidate = x
                    votes = {draw.choice("1", "1", "2")}
                elif {same}:
                    votes += {gain}
                else:
                    votes -= {loss}
            {check}return {draw.choice("candidate", "candidate", "candidate * 10 + votes", "votes")}
        ''')
    return compose.list_function(draw, f, draw.choice(0, 1, -3), draw.scale(3, 6))


@family("inversions", lends="list_function")
def inversions(draw: Draw) -> str:
    """How far a list is from being in order."""
    f = draw.name("inversions", "disorder", "out_of_order", "swaps_needed")
    relation = draw.choice(
        "xs[i] > xs[j]",
        "xs[i] > xs[j]",
        f"xs[i] > xs[j] + {draw.integer(1, 4)}",
        "xs[i] >= xs[j]",
        f"xs[i] > {draw.integer(2, 3)} * xs[j]",
        "abs(xs[i]) < abs(xs[j])",
    )
    more = (
        f" and {draw.choice(f'j - i {draw.choice(chr(60), chr(62))} {draw.integer(1, 4)}', draw.signed_condition('xs[i]'), draw.signed_condition('xs[j]'))}"
        if draw.harder(0.3, 0.8)
        else ""
    )
    update = draw.choice(
        "count += 1", "count += 1", "count += j - i", "count += xs[i] - xs[j]", "count = max(count, j - i)"
    )
    shape = draw.choice(
        ("i in range(len(xs))", "j in range(i + 1, len(xs))"),
        ("j in range(len(xs))", "i in range(j)"),
        ("i in range(len(xs) - 1, -1, -1)", "j in range(len(xs) - 1, i, -1)"),
    )
    stop = draw.choice(
        "",
        "",
        "\n                        break",
        "\n                        if count > 9:\n                            return count",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Measure how far a list is from the order that a rule asks for."""
            count = {draw.choice("0", "0", "1")}
            for {shape[0]}:
                for {shape[1]}:
                    if {relation}{more}:
                        {update}{stop}
            return count
        ''')
    return compose.list_function(draw, f, draw.choice(-9, 0), draw.scale(9, 30))


@family("kth-smallest")
def kth_smallest(draw: Draw) -> str:
    """The value at a place of the sorted list, found without sorting all of it."""
    f = draw.name("kth_smallest", "select_value", "order_statistic", "pick_by_rank")
    sign = draw.choice("<", ">")
    skip = f" and {draw.signed_condition('xs[i]')}" if draw.harder(0.1, 0.5) else ""
    after = draw.choice(
        "used[best] = True",
        "used[best] = True\n                total += xs[best]",
        f"used[best] = True\n                if {draw.signed_condition('xs[best]')}:\n                    total += {draw.choice('1', 'xs[best]', 'turn')}",
    )
    result = (
        draw.choice("answer + total", "total - answer", "max(answer, total)")
        if "total" in after
        else draw.choice("answer", "answer + k", "answer * 2")
    )
    total = "total = 0\n            " if "total" in after else ""
    kind = ("fitting " if skip else "") + "value"
    none_left = (
        f"if best < 0:\n                    return {draw.choice('answer', '-1', 'xs[0]')}\n                "
        if skip
        else ""
    )
    draw.define(f'''
        def {f}(xs: array[int], k: int) -> int:
            """Take the {"smallest" if sign == "<" else "largest"} {kind} that is left, k times."""
            used = [False] * len(xs)
            answer = xs[0]
            {total}for turn in range(min(k, len(xs))):
                best = -1
                for i in range(len(xs)):
                    if not used[i]{skip} and (best < 0 or xs[i] {sign} xs[best]):
                        best = i
                {none_left}{after}
                answer = xs[best]
            return {result}
        ''')
    size, high = draw.scale(5, 9), draw.scale(12, 40)
    head = f"n, k = read_int(1, {size})\nxs = read_array(n, {draw.choice(0, -9)}, {high})\n"
    alone = f"n = read_int(1, {size})\nxs = read_array(n, {draw.choice(0, -9)}, {high})\n"
    return draw.program(
        draw.choice(
            head + compose.say(draw, f"{f}(xs, k)"),
            alone + f"for i in range(1, n + 1):\n    print({draw.choice('i, ', '')}{f}(xs, i))\n",
            alone
            + compose.say(
                draw,
                draw.choice(
                    f"{f}(xs, n // 2 + 1)",
                    f"{f}(xs, 1) + {f}(xs, n)",
                    f"{f}(xs, n) - {f}(xs, 1)",
                    f"{f}(xs, (n + 1) // 2) * 2",
                ),
            ),
            head
            + f"value = {f}(xs, k)\nif {draw.signed_condition('value')}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('value', compose.verdicts(draw)[1])})\n",
        )
        + compose.coda(draw, "n", 8)
    )


@family("peak-search", lends="list_function")
def peak_search(draw: Draw) -> str:
    """Places that stand out from their neighbours."""
    f = draw.name("peaks", "find_peak", "local_extremes", "ridge_score")
    a, b = draw.choice((">", ">"), ("<", "<"), (">=", ">"), (">", "<"), ("<=", "<="))
    relation = f"xs[i] {a} xs[i - 1] {draw.choice('and', 'and', 'or')} xs[i] {b} xs[i + 1]"
    more = f" and {draw.signed_condition('xs[i]')}" if draw.harder(0.2, 0.6) else ""
    update = draw.choice(
        "total += 1",
        "total += xs[i]",
        "total = max(total, xs[i])",
        "return i",
        "total = i",
        "total += min(xs[i] - xs[i - 1], xs[i] - xs[i + 1])",
    )
    edge = draw.choice(
        "",
        f"if xs[0] {draw.choice('>', '<')} xs[len(xs) - 1]:\n                total {draw.choice('+= 1', '+= xs[0]')}\n            ",
    )
    other = draw.choice(
        "",
        f"\n                elif xs[i] == xs[i - 1]:\n                    total {draw.choice('-= 1', '+= 2')}",
        f"\n                else:\n                    total {draw.choice('-= 1', '+= xs[i] - xs[i + 1]')}",
    )
    first = draw.choice("0", "0", "-1")
    totals = "total" in edge + update + other
    total = f"total = {first}\n            " if totals else ""
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Compare each value with its two neighbours."""
            {total}{edge}for i in range(1, len(xs) - 1{draw.choice("", ", 2")}):
                if {relation}{more}:
                    {update}{other}
            return {"total" if totals else draw.choice("-1", "0", "len(xs)")}
        ''')
    return compose.list_function(draw, f, draw.choice(-9, 0), draw.scale(9, 30))


@family("capacity-search")
def capacity_search(draw: Draw) -> str:
    """The least capacity with which a task can be done, by trying or by halving."""
    g = draw.name("loads_needed", "trips", "days_needed")
    fits = draw.choice(
        "load + x > capacity", "load + x > capacity", f"load + x > capacity or {draw.comparison('x', 12)} and load > 0"
    )
    first, counted = draw.choice((1, "the loads"), (1, "the loads"), (0, "the changes of load"))
    draw.define(f'''
        def {g}(xs: array[int], capacity: int) -> int:
            """Put the values into loads that respect a capacity, and count {counted}."""
            count = {first}
            load = 0
            for x in xs:
                if {fits}:
                    count += 1
                    load = {draw.choice("0", "0", "load // 4")}
                load += x
            return count
        ''')
    f = draw.name("least_capacity", "smallest_truck", "minimum_size")
    start = draw.choice("max(xs)", "max(xs)", "1")
    limit = draw.choice(str(draw.integer(2, 4)), "len(xs) // 2 + 1", str(draw.integer(2, 3)))
    if draw.chance(0.5):
        body = f"""capacity = {start}
            while {g}(xs, capacity) > {limit} and capacity < {draw.integer(60, 150)}:
                capacity += {draw.choice("1", "1", "2")}
            return {draw.choice("capacity", "capacity", f"{g}(xs, capacity)", "capacity - max(xs)")}"""
    else:
        body = f"""low = {start}
            high = sum(xs) + 1
            while low < high:
                middle = {_halves(draw)}
                if {g}(xs, middle) {draw.choice("<=", "<")} {limit}:
                    high = middle
                else:
                    low = middle + 1
            return {draw.choice("low", "low", "low - max(xs)", f"low + {g}(xs, low)")}"""
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Search for the least capacity with which few loads are enough."""
            {body}
        ''')
    return compose.list_function(draw, f, 1, draw.scale(9, 15))


@family("rotated-search")
def rotated_search(draw: Draw) -> str:
    """Searches a sorted list that was rotated."""
    rotate = draw.name("rotate", "turn_round", "shift_values")
    distance, side = draw.choice(("k", "right"), ("len(xs) - k % len(xs)", "left"))
    change, remark = draw.choice(
        ("", ""), (" + i % 2", " and add one to every second of them"), (" * 2", " and double them")
    )
    draw.define(f'''
        def {rotate}(xs: array[int], k: int) -> array[int]:
            """Turn the values round by k places to the {side}{remark}."""
            ys = [0] * len(xs)
            for i in range(len(xs)):
                ys[(i + {distance}) % len(xs)] = xs[i]{change}
            return ys
        ''')
    f = draw.name("find_start", "turning_point", "smallest_place", "rotation")
    if draw.chance(0.5):
        draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Halve the list again and again to find where it begins."""
            low = 0
            high = len(xs) - 1
            while low < high:
                middle = {_halves(draw)}
                if xs[middle] {draw.choice(">", ">=")} xs[high]:
                    low = middle + 1
                else:
                    high = middle
            return {draw.choice("low", "xs[low]", "low * 10 + xs[low] % 10")}
        ''')
    else:
        draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Walk to the first value that breaks the order by a rule."""
            for i in range(1, len(xs)):
                if xs[i] {draw.choice("<", "<=", "!=")} xs[i - 1]{draw.choice("", f" and {draw.comparison('xs[i]', 20)}")}:
                    return {draw.choice("i", "xs[i]", "i + 1", "xs[i - 1] - xs[i]")}
            return {draw.choice("0", "-1", "len(xs)")}
        ''')
    size, high = draw.scale(5, 9), draw.scale(12, 40)
    head = f"n, k = read_int(1, {size})\nxs = read_sorted(n, 0, {high})\n"
    return draw.program(
        head
        + draw.choice(
            f"ys = {rotate}(xs, k)\n" + compose.say(draw, f"{f}(ys)"),
            f'ys = {rotate}(xs, k)\nprint(" ".join(ys))\nprint({f}(ys))\n',
            f"for i in range(n):\n    print({draw.choice('i, ', '')}{f}({rotate}(xs, i {draw.choice('+', '*')} k)))\n",
            f"total = 0\nfor i in range(k):\n    value = {f}({rotate}(xs, i))\n    if {draw.signed_condition('value')}:\n        total += {draw.choice('value', '1', 'i')}\n"
            + compose.say(draw, "total"),
            f"if {f}({rotate}(xs, k)) {draw.choice('==', '>', '<')} {draw.choice('k', 'k % n', 'xs[0]')}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({compose.verdicts(draw)[1]})\n",
        )
        + compose.coda(draw, "n", 8)
    )
