"""Counting: histograms, modes, ranks, what is missing and what is there twice."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _tally(draw: Draw, key: str, size: str) -> str:
    """Returns a loop that counts `key` of each value in an array of counters."""
    guard = f"if {draw.comparison('x', 12)}:\n                    " if draw.harder(0.2, 0.5) else ""
    return f"counts = [0] * {size}\n            for x in xs:\n                {guard}counts[{key}] += 1"


@family("histogram", lends="list_function")
def histogram(draw: Draw) -> str:
    """Counts values in classes and looks at the classes."""
    f = draw.name("histogram_score", "class_counts", "bucket_value", "spread_of_classes")
    k = draw.integer(3, 9)
    key = draw.choice(
        f"x % {k}", f"min(x // {draw.integer(2, 6)}, {k - 1})", f"min(x, {k - 1})", f"(x + {draw.integer(1, 5)}) % {k}"
    )
    ask = draw.choice(
        f"for i in range({k}):\n                if counts[i] {draw.choice('==', '>', '<')} {draw.integer(0, 2)}:\n                    result += {draw.choice('1', 'i', 'counts[i]', 'i * counts[i]')}",
        f"for i in range(1, {k}):\n                if counts[i] {draw.choice('>', '<', '==')} counts[i - 1]:\n                    result += {draw.choice('1', 'counts[i]', 'i')}",
        f"for i in range({k}):\n                if counts[i] {draw.choice('>', '>=')} counts[result]:\n                    result = i",
        f"for i in range({k}):\n                result += counts[i] * counts[{k} - 1 - i]",
        f"for i in range({k}):\n                result {draw.choice('+= counts[i] * counts[i]', '= max(result, counts[i])', '+= counts[i] % 2')}",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Count the values in {k} classes and combine the counts."""
            {_tally(draw, key, str(k))}
            result = 0
            {ask}
            return {draw.choice("result", "result", "result + counts[0]", "result * 10 + counts[1]")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(12, 40))


@family("counting-sort")
def counting_sort(draw: Draw) -> str:
    """Sorts by counting."""
    f = draw.name("counting_sort", "sort_by_counts", "ordered_values", "spread_out")
    high = draw.scale(8, 20)
    order = draw.choice(f"range({high + 1})", f"range({high}, -1, -1)", f"range(1, {high + 1})")
    inner = draw.choice(
        "for j in range(counts[i]):\n                    result.append(i)",
        "while counts[i] > 0:\n                    result.append(i)\n                    counts[i] -= 1",
        f"if counts[i] {draw.choice('> 0', '== 1', '> 1')}:\n                    result.append(i)",
        f"if counts[i] > 0:\n                    result.append({draw.choice('i', 'i * counts[i]', 'counts[i]')})",
        f"if {draw.condition('i', high)}:\n                    for j in range(counts[i]):\n                        result.append(i)",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> list[int]:
            """Go through the possible values in order, knowing how often each is there."""
            {_tally(draw, "x", str(high + 1))}
            result: list[int] = []
            for i in {order}:
                {inner}
            return result
        ''')
    return compose.list_builder(draw, f, 0, high)


@family("most-frequent", lends="list_function")
def most_frequent(draw: Draw) -> str:
    """The value that is there most often, found without a map."""
    f = draw.name("most_frequent", "common_value", "popular", "favourite")
    same = draw.choice(
        "xs[i] == xs[j]",
        "xs[i] == xs[j]",
        f"abs(xs[i] - xs[j]) <= {draw.integer(1, 2)}",
        f"floor_mod(xs[i] - xs[j], {draw.integer(3, 7)}) == 0",
    )
    tie = draw.choice("", " or count == best and xs[i] < answer", " or count == best and xs[i] > answer")
    sign = draw.choice(">", ">", "<") if not tie else ">"
    start = "0" if sign == ">" else "100"
    guard = (
        f"if {draw.signed_condition('xs[i]')}:\n                    continue\n                "
        if draw.harder(0.2, 0.6)
        else ""
    )
    others, places = draw.choice(
        ("all values", "len(xs)"), ("those from it on", "i, len(xs)"), ("those up to it", "i + 1")
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Compare each value with {others} and keep the one that has the {"most" if sign == ">" else "fewest"} like it."""
            answer = xs[0]
            best = {start}
            for i in range(len(xs)):
                {guard}count = 0
                for j in range({places}):
                    if {same}:
                        count += 1
                if count {sign} best{tie}:
                    best = count
                    answer = xs[i]
            return {draw.choice("answer", "answer", "answer + best", "answer * best")}
        ''')
    return compose.list_function(draw, f, draw.choice(-6, 0), draw.scale(6, 12))


@family("anagrams")
def anagrams(draw: Draw) -> str:
    """Whether words are made of the same letters."""
    f = draw.name("same_letters", "are_anagrams", "can_be_built", "letter_distance")
    boolean = draw.chance(0.6)
    code = draw.choice('ord(ch) - ord("a")', '(ord(ch) - ord("a") + 3) % 26', '25 - (ord(ch) - ord("a"))')
    second = draw.choice("-= 1", "-= 1", "+= 1")
    differs = draw.choice(
        "counts[i] != 0",
        "counts[i] < 0",
        f"counts[i] > {draw.integer(0, 1)}",
        "abs(counts[i]) % 2 == 1",
    )
    head = f"""
            counts = [0] * 26
            for ch in first:
                counts[{code}] += 1
            for ch in second:
                counts[{code}] {second}"""
    guard = (
        ""
        if draw.chance(0.6)
        else f"\n            if len(first) {draw.choice('!=', '<', '>')} len(second):\n                return {'False' if boolean else '0'}"
    )
    if boolean:
        draw.define(f'''
        def {f}(first: str, second: str) -> bool:
            """Compare the letters of two words."""{guard}{head}
            for i in range(26):
                if {differs}:
                    return False
            return True
        ''')
    else:
        draw.define(f'''
        def {f}(first: str, second: str) -> int:
            """Score two words by how often each letter occurs in them."""{guard}{head}
            total = 0
            for i in range(26):
                if {differs}:
                    total += {draw.choice("abs(counts[i])", "1", "counts[i] * counts[i]", "abs(counts[i]) * (i % 3 + 1)")}
            return total
        ''')
    words = compose.verdicts(draw)
    two = f'first = read_line("lower", 1, {draw.scale(5, 8)})\nsecond = read_line("lower", 1, {draw.scale(5, 8)})\n'
    many = f"n = read_int(2, {draw.scale(4, 7)})\nwords = read_words(n)\n"
    limit = "" if boolean else f" {draw.choice('<', '>', '<=')} {draw.integer(2, 6)}"
    match draw.integer(0, 3):
        case 0 if boolean:
            return draw.program(
                two
                + f"if {f}(first, second):\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'first', 'second + first')})\n"
            )
        case 0:
            return draw.program(two + compose.say(draw, f"{f}(first, second)"))
        case 1:
            return draw.program(
                many
                + f"count = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        if {f}(words[i], words[j]){limit}:\n            count += {draw.choice('1', '1', 'j - i', 'len(words[i])')}\n"
                + compose.say(draw, "count")
            )
        case 2:
            other = draw.choice("words[0]", "words[i - 1]", "words[n - 1]")
            return draw.program(
                many
                + f"for i in range(1, n):\n    if {f}(words[i], {other}){limit}:\n        print({draw.choice('words[i]', 'i', f'{other}, words[i]')})\n"
                + draw.choice("print(words[0])\n", "print(len(words[0]))\n", "print(n)\n")
            )
        case _:
            return draw.program(
                f"{two}if {f'{f}(first, second[::-1])' if boolean else f'{f}(first, second[::-1]) > {draw.integer(1, 4)}'} {draw.choice('and', 'or')} {draw.choice('len(first) > len(second)', 'first[0] == second[0]', 'len(second) % 2 == 0')}:\n"
                f"    print({words[0]})\nelse:\n    print({words[1]})\n"
            )


@family("first-unique")
def first_unique(draw: Draw) -> str:
    """The first character or value that satisfies a rule about its number."""
    if draw.chance(0.5):
        f = draw.name("first_unique", "lonely_position", "first_repeat", "unique_place")
        rule = draw.choice(
            "text.count(ch) == 1",
            "text.count(ch) > 1",
            f"text.count(ch) == {draw.integer(2, 3)}",
            "text.count(ch) % 2 == 0",
            "text[:i].count(ch) > 0",
            "text[i + 1:].count(ch) == 0",
        )
        if draw.harder(0.2, 0.6):
            rule += f' {draw.choice("and", "or")} ch {draw.choice("<", ">", "!=")} "{draw.choice("e", "m", "s")}"'
        found = draw.choice("return i + 1", "return i", "return ord(ch) % 32", "found += 1", "found = i", "found += i")
        direction = draw.choice("range(len(text))", "range(len(text) - 1, -1, -1)", "range(1, len(text))")
        finds = not found.startswith("return")
        draw.define(f'''
        def {f}(text: str) -> int:
            """Look for characters by how often they occur."""
            {"found = 0" + chr(10) + "            " if finds else ""}for i in {direction}:
                ch = text[i]
                if {rule}:
                    {found}
            return {"found" if finds else draw.choice("0", "len(text)")}
        ''')
        return compose.text_function(draw, f, draw.choice("lower", "letters", "mixed"), 1, draw.scale(7, 14))
    f = draw.name("first_single", "duplicate_score", "pairs_of_equals", "unpaired")
    rule = draw.choice(
        "count == 1",
        "count > 1",
        f"count == {draw.integer(2, 3)}",
        f"count % 2 == {draw.integer(0, 1)}",
        f"count >= 1 and {draw.signed_condition('xs[i]')}",
    )
    update = draw.choice("return xs[i]", "total += xs[i]", "total += 1", "total = max(total, xs[i])", "total += i")
    first = draw.choice("0", "-1")
    totals = not update.startswith("return")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Look for values by how often they occur."""
            {f"total = {first}" + chr(10) + "            " if totals else ""}for i in range({draw.choice("len(xs)", "1, len(xs)", "len(xs) - 1")}):
                count = 0
                for x in xs{draw.choice("", "[i:]", "[:i + 1]")}:
                    if x == xs[i]{draw.choice("", "", " or x == -xs[i]")}:
                        count += 1
                if {rule}:
                    {update}
            return {"total" if totals else draw.choice("0", "-1", "len(xs)")}
        ''')
    return compose.list_function(draw, f, draw.choice(-5, 0), draw.scale(5, 12))


@family("missing-number", lends="list_function")
def missing_number(draw: Draw) -> str:
    """Which numbers of a range are not there."""
    f = draw.name("missing_number", "first_gap", "missing_values", "gap_score")
    size = draw.choice("(len(xs) + 2)", "(max(xs) + 2)", "(len(xs) * 2 + 1)", f"{draw.integer(7, 16)}")
    absent = draw.choice("not seen[i]", "not seen[i]", "seen[i]")
    more = f" {draw.choice('and', 'or')} {draw.comparison('i', 12)}" if draw.harder(0.3, 0.7) else ""
    update = draw.choice("return i", "total += i", "total += 1", "total = i", "total = max(total, i)")
    mark = draw.choice(
        "if x < len(seen):\n                    seen[x] = True",
        "if x + 1 < len(seen):\n                    seen[x + 1] = True",
        "if x > 0 and x <= len(seen):\n                    seen[x - 1] = True",
        "seen[x % len(seen)] = True",
    )
    totals = not update.startswith("return")
    if totals:
        result = draw.choice("total", "total", "total - sum(xs)", "total + len(xs)")
    else:
        result = draw.choice("0", "-1", "len(xs)")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Mark the numbers that are there and look at the marks."""
            seen = [False] * {size}
            for x in xs:
                {mark}
            {"total = 0" + chr(10) + "            " if totals else ""}for i in range({draw.choice("1", "1", "0")}, {draw.choice("len(seen)", "len(seen) - 1")}):
                if {absent}{more}:
                    {update}
            return {result}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(8, 16))


@family("ranking")
def ranking(draw: Draw) -> str:
    """Places in a competition."""
    f = draw.name("ranks", "places", "competition_ranks", "positions_in_order")
    sign = draw.choice(">", "<", ">=", "<=")
    tie = draw.choice("", f" or xs[j] == xs[i] and j {draw.choice('<', '>')} i")
    start = draw.choice("1", "0", "1")
    count = draw.choice("rank += 1", "rank += 1", "rank += abs(xs[j] - xs[i]) % 3", "rank += j % 2 + 1")
    value = draw.choice("rank", "rank", "xs[i] * rank", "len(xs) - rank", "xs[i] - rank")
    guard = (
        f"if {draw.signed_condition('xs[i]')}:\n                    continue\n                "
        if draw.harder(0.2, 0.6)
        else ""
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> array[int]:
            """Rate each value by counting those that come before it."""
            result = [0] * len(xs)
            for i in range(len(xs)):
                {guard}rank = {start}
                for j in range(len(xs)):
                    if xs[j] {sign} xs[i]{tie}:
                        {count}
                result[i] = {value}
            return result
        ''')
    return compose.list_builder(draw, f, draw.choice(-9, 0), draw.scale(9, 30), grows=False)


@family("range-queries")
def range_queries(draw: Draw) -> str:
    """Answers questions about parts of a list from sums that were made before."""
    f = draw.name("running_counts", "prefix_table", "cumulative")
    add = draw.choice(
        f"(1 if {draw.signed_condition('xs[i]')} else 0)",
        "xs[i]",
        "abs(xs[i])",
        f"(xs[i] if {draw.signed_condition('xs[i]')} else {draw.choice('0', '1', '-1')})",
        "xs[i] * xs[i]",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> list[int]:
            """Build a table of running totals over the values."""
            table: list[int] = [0]
            for i in range(len(xs)):
                table.append(table[i] + {add})
            return table
        ''')
    size, high = draw.scale(6, 11), draw.scale(9, 30)
    head = f"n = read_int(2, {size})\nxs = read_array(n, {draw.choice(-9, 0)}, {high})\ntable = {f}(xs)\n"
    many = f"n, m = read_int(2, {size})\nxs = read_array(n, {draw.choice(-9, 0)}, {high})\nqueries = read_array(m, 0, {size})\ntable = {f}(xs)\n"
    part = draw.choice("table[n] - table[k]", "table[k]", "table[k] - table[k // 2]", "table[n] - 2 * table[k]")
    words = compose.verdicts(draw)

    def finish(main: str) -> str:
        return draw.program(main + compose.coda(draw, "n", 10))

    match draw.integer(0, 4):
        case 0:
            return finish(
                many
                + f"for q in queries:\n    k = {draw.choice('min(q, n)', 'q % n', 'n - min(q, n)')}\n    print({part})\n"
            )
        case 1:
            return finish(
                many
                + f"total = 0\nfor q in queries:\n    k = {draw.choice('min(q, n)', 'q % n')}\n    value = {part}\n    if {draw.signed_condition('value')}:\n        total += {draw.choice('1', 'value', 'q')}\n"
                + compose.say(draw, "total")
            )
        case 2:
            fits = draw.signed_condition("value")
            return finish(
                head
                + f"best = table[1]\nfor i in range(n):\n    for j in range(i + 1, n + 1):\n        value = table[j] - table[i]\n        if {draw.choice('value > best', 'value < best', f'value > best and (j - i) % {draw.integer(2, 3)} == 0', f'{fits} and value > best')}:\n            best = value\n"
                + compose.say(draw, "best")
            )
        case 3:
            return finish(
                head
                + f"count = 0\nfor k in range({draw.choice('1, n', 'n', 'n + 1')}):\n    if {draw.choice('table[k] == table[n] - table[k]', 'table[k] > table[n] - table[k]', f'abs(table[n] - 2 * table[k]) < {draw.integer(3, 12)}')}:\n        count += {draw.choice('1', 'k')}\n"
                + compose.say(draw, "count")
            )
        case _:
            return finish(
                head
                + f"middle = n // 2\nleft = table[middle]\nright = table[n] - left\nif left {draw.choice('>', '<', '==')} right{draw.choice('', ' and n > 3')}:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], 'right', 'left - right')})\n"
            )


@family("group-sizes")
def group_sizes(draw: Draw) -> str:
    """Groups words or numbers by a property, and compares the groups."""
    f = draw.name("group_of", "category", "class_of", "bucket")
    draw.define(f'''
        def {f}(word: str) -> int:
            """Return the number of the group that a word belongs to."""
            {draw.choice("", f"if len(word) {draw.choice('>', '<')} {draw.integer(2, 5)}:" + chr(10) + "                return " + draw.choice("0", "len(word) * 2") + chr(10) + "            ")}return {draw.choice("len(word)", "ord(word[0]) % " + str(draw.integer(3, 7)), "len(word) % 3", 'word.count("e")', "len(word) * 10 + ord(word[0]) % 10", "ord(word[len(word) - 1]) % 4")}
        ''')
    size = draw.scale(5, 10)
    update = draw.choice(
        "groups[key] = groups.get(key, 0) + 1",
        "groups[key] = groups.get(key, 0) + len(word)",
        "groups[key] = max(groups.get(key, 0), len(word))",
        "if key not in groups:\n        groups[key] = len(groups)",
    )
    body = f"n = read_int(1, {size})\nwords = read_words(n)\ngroups: dict[int, int] = {{}}\nfor word in words:\n    key = {f}(word)\n    {update}\n"
    name = "key" if draw.chance(0.5) else "group"
    return draw.program(
        body.replace("key", name)
        + draw.choice(
            "for g in sorted(groups):\n    print(g, groups[g])\n",
            f"for g in sorted(groups):\n    if {draw.condition('groups[g]', 6)}:\n        print({draw.choice('g', 'groups[g]', 'g + groups[g]')})\nprint(len(groups))\n",
            f"best = 0\nfor g in sorted(groups):\n    if groups[g] {draw.choice('>', '>=')} best:\n        best = groups[g]\n"
            + compose.say(draw, "best"),
            f"total = 0\nfor g in sorted(groups):\n    total += {draw.choice('groups[g] * groups[g]', 'g * groups[g]', 'groups[g] % 2')}\n"
            + compose.say(draw, "total"),
            f"for word in words:\n    if groups[{f}(word)] {draw.choice('>', '==', '<')} {draw.integer(1, 3)}:\n        print(word)\nprint(len(groups))\n",
        )
    )
