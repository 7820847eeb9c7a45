"""Tables that are filled step by step."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("coin-change", lends="number_function")
def coin_change(draw: Draw) -> str:
    """Ways or fewest pieces to make an amount."""
    f = draw.name("count_change", "make_amount", "coin_ways", "fewest_coins")
    coins = ", ".join(str(coin) for coin in sorted({draw.integer(1, 4), draw.integer(2, 9), draw.integer(5, 15)}))
    guard = draw.choice(
        "", f" and {draw.comparison('i', 40)}", f" and dp[i - x] {draw.choice('<', '>')} {draw.integer(1, 9)}"
    )
    ways = draw.chance(0.5)
    start, update = (
        (
            "0",
            draw.choice(
                "dp[i] += dp[i - x]",
                f"dp[i] = (dp[i] + dp[i - x]) % {draw.integer(50, 1000)}",
                "dp[i] = max(dp[i], dp[i - x] + x)",
            ),
        )
        if ways
        else (
            "999",
            draw.choice(
                "dp[i] = min(dp[i], dp[i - x] + 1)",
                "if dp[i - x] + 1 < dp[i]:\n                        dp[i] = dp[i - x] + 1",
                "dp[i] = min(dp[i], dp[i - x] + x % 3)",
            ),
        )
    )
    update = update.replace("\n                    ", "\n                        ") if "\n" in update else update
    order = draw.chance(0.5)
    outer, inner = (
        ("for x in coins:", "for i in range(1, n + 1):") if order else ("for i in range(1, n + 1):", "for x in coins:")
    )
    final = draw.choice(
        "return dp[n]",
        f"total = 0\n            for value in dp:\n                if {draw.comparison('value', 30)}:\n                    total += 1\n            return total",
        "return dp[n] % 100",
        "if dp[n] == 999:\n                return 0\n            return dp[n]",
        "return max(dp)" if ways else "return dp[n] + dp[n // 2]",
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Fill a table of amounts, coin by coin."""
            coins = [{coins}]
            dp = [{start}] * (n + 1)
            dp[0] = {"1" if ways else "0"}
            {outer}
                {inner}
                    if i >= x{guard}:
                        {update.replace("                        ", "                            ") if "if" in update else update}
            {final}
        ''')
    return compose.number_function(draw, f, 0, draw.scale(15, 30))


@family("increasing-subsequence", lends="list_function")
def increasing_subsequence(draw: Draw) -> str:
    """Longest or heaviest subsequence in some order."""
    f = draw.name("best_subsequence", "longest_chain", "chain_value", "subsequence_length")
    relation = draw.choice(
        "xs[j] < xs[i]",
        "xs[j] <= xs[i]",
        "xs[j] > xs[i]",
        f"abs(xs[i] - xs[j]) <= {draw.integer(1, 6)}",
        f"(xs[i] + xs[j]) % {draw.integer(2, 4)} == 0",
        f"xs[i] - xs[j] > {draw.integer(1, 4)}",
        "xs[i] % (xs[j] + 1) == 0",
    )
    if draw.harder(0.1, 0.5):
        relation += (
            f" {draw.choice('and', 'or')} {draw.choice(f'i - j <= {draw.integer(2, 4)}', draw.comparison('xs[j]', 20))}"
        )
    start, gain = draw.choice(("1", "1"), ("1", "1"), ("xs[i]", "xs[i]"), ("1", "2"), ("xs[i]", "1"))
    update = draw.choice(
        f"dp[i] = max(dp[i], dp[j] + {gain})",
        f"if dp[j] + {gain} > dp[i]:\n                            dp[i] = dp[j] + {gain}",
    )
    final = draw.choice(
        "return max(dp)",
        "return dp[len(xs) - 1]",
        "return sum(dp)",
        f"count = 0\n            for x in dp:\n                if {draw.choice('x == max(dp)', draw.comparison('x', 6))}:\n                    count += 1\n            return count",
        "best = 0\n            for i in range(len(dp)):\n                if dp[i] > dp[best]:\n                    best = i\n            return xs[best]",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Extend the best chains that end earlier."""
            dp = [0] * len(xs)
            for i in range(len(xs)):
                dp[i] = {start}
                for j in range(i):
                    if {relation}:
                        {update}
            {final}
        ''')
    return compose.list_function(draw, f, draw.choice(0, 1), draw.scale(9, 30))


@family("common-subsequence")
def common_subsequence(draw: Draw) -> str:
    """Compares two texts in a table: common subsequence, substring, edit distance."""
    f = draw.name("similarity", "compare_texts", "common_length", "distance")
    same = draw.choice(
        "first[i - 1] == second[j - 1]",
        "first[i - 1].lower() == second[j - 1].lower()",
        f"abs(ord(first[i - 1]) - ord(second[j - 1])) <= {draw.integer(1, 3)}",
        'first[i - 1] == second[j - 1] and first[i - 1] not in "aeiou"',
    )
    hit, miss = draw.choice(
        ("dp[i - 1][j - 1] + 1", "max(dp[i - 1][j], dp[i][j - 1])"),
        ("dp[i - 1][j - 1] + 1", "0"),
        ("dp[i - 1][j - 1]", "min(dp[i - 1][j], dp[i][j - 1]) + 1"),
        ("dp[i - 1][j - 1]", "min(min(dp[i - 1][j], dp[i][j - 1]), dp[i - 1][j - 1]) + 1"),
        ("dp[i - 1][j - 1] + i", "max(dp[i - 1][j], dp[i][j - 1])"),
        ("dp[i - 1][j] + dp[i][j - 1] + 1", "max(dp[i - 1][j], dp[i][j - 1])"),
    )
    edges = "min" in miss
    final = draw.choice("dp[len(first)][len(second)]", "dp[len(first)][len(second)]", "best")
    track = "best = max(best, dp[i][j])" if final == "best" else '"The corner holds the result."'
    setup = (
        "for i in range(len(first) + 1):\n                dp[i][0] = i\n            for j in range(len(second) + 1):\n                dp[0][j] = j"
        if edges
        else '"The borders stay at zero."'
    )
    draw.define(f'''
        def {f}(first: str, second: str) -> int:
            """Compare two texts, prefix by prefix."""
            dp = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
            {setup}
            {"best = 0" if final == "best" else '"Now every pair of prefixes."'}
            for i in range(1, len(first) + 1):
                for j in range(1, len(second) + 1):
                    if {same}:
                        dp[i][j] = {hit}
                    else:
                        dp[i][j] = {miss}
                    {track}
            return {final}
        ''')
    high = draw.scale(4, 7)
    head = f'first = read_line("letters", 1, {high})\nsecond = read_line("letters", 1, {high})\n'
    words = compose.verdicts(draw)
    match draw.integer(0, 5):
        case 0:
            return draw.program(head + compose.say(draw, f"{f}(first, second)"))
        case 1:
            return draw.program(
                head
                + f"value = {f}(first, second)\nif {draw.condition('value', 5)}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'value')})\n"
            )
        case 2:
            return draw.program(
                head
                + compose.say(
                    draw,
                    f"{f}(first, {draw.choice('second[::-1]', 'first[::-1]', 'second.lower()', 'second + first')})",
                )
            )
        case 3:
            return draw.program(
                f"n = read_int(2, {draw.scale(3, 5)})\nwords = read_words(n)\nfor i in range(1, n):\n    print({draw.choice('words[i], ', '')}{f}(words[{draw.choice('i - 1', '0')}], words[i]))\n"
            )
        case 4:
            return draw.program(
                f"n = read_int(2, {draw.scale(3, 4)})\nwords = read_words(n)\nbest = {draw.choice('0', '-1')}\nanswer = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        value = {f}(words[i], words[j])\n        if value {draw.choice('>', '>=')} best:\n            best = value\n            answer = {draw.choice('i', 'j', 'i * 10 + j')}\nprint({draw.choice('best', 'answer, best', 'best, answer')})\n"
            )
        case _:
            g = draw.number_map()
            return draw.program(
                head
                + compose.say(
                    draw,
                    f"{g}({f}(first, second)) {draw.choice('+', '*')} {draw.choice('len(first)', 'len(second)')}",
                )
            )


@family("knapsack", lends="list_function")
def knapsack(draw: Draw) -> str:
    """Chooses items under a limit."""
    f = draw.name("best_load", "fill_bag", "max_value", "pack")
    worth = draw.choice("x", "x * x % 10", "i + 1", f"x % {draw.integer(2, 7)} + 1", "1", f"x + {draw.integer(1, 5)}")
    guard = draw.choice("", f"if {draw.comparison('x', 15)}:\n                    continue\n                ")
    direction = draw.choice("range(limit, x - 1, -1)", "range(x, limit + 1)")
    extra = draw.choice(
        "",
        "",
        f"\n                    if {draw.comparison('j', 20)}:\n                        dp[j] += {draw.choice('1', 'i')}",
    )
    final = draw.choice("dp[limit]", "dp[limit]", "dp[limit] - dp[limit // 2]", "max(dp)", "sum(dp) % 1000")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Find the best choice of items that fits."""
            limit = {draw.integer(8, 20)}
            dp = [0] * (limit + 1)
            for i in range(len(xs)):
                x = xs[i]
                {guard}for j in {direction}:
                    dp[j] = max(dp[j], dp[j - x] + {worth}){extra}
            return {final}
        ''')
    return compose.list_function(draw, f, 1, draw.scale(8, 20))


@family("house-robber", lends="list_function")
def house_robber(draw: Draw) -> str:
    """Best choice with a rule about neighbours."""
    f = draw.name("best_pick", "skip_neighbours", "max_without_adjacent", "pick_houses")
    take = draw.choice(
        "previous + x",
        "previous + x",
        "previous + abs(x)",
        f"previous + min(x, {draw.integer(5, 20)})",
        f"previous + x - {draw.integer(1, 3)}",
    )
    guard = draw.choice(
        "",
        f"if {draw.signed_condition('x')}:\n                    {draw.choice('continue', 'previous = current', 'current += 1')}\n                ",
    )
    body = draw.choice(
        f"best = max(current, {take})\n                previous = current\n                current = best",
        f"previous, current = current, max(current, {take})",
        f"if {take} > current:\n                    previous, current = current, {take}\n                else:\n                    previous = current",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Choose values that are not next to each other."""
            previous = {draw.choice("0", "0", "xs[0]")}
            current = {draw.choice("0", "0", "max(0, xs[0])")}
            for x in xs:
                {guard}{body}
            return {draw.choice("current", "max(current, previous)", "current + previous", "current - previous")}
        ''')
    return compose.list_function(draw, f, draw.choice(-9, 0, 1), draw.scale(10, 40))
