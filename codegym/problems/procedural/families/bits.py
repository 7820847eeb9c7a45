"""Bits: counting, moving and comparing them."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("bit-count", lends="number_function")
def bit_count(draw: Draw) -> str:
    """Counts bits that satisfy a rule."""
    f = draw.name("bit_score", "count_ones", "weigh_bits", "set_bits")
    test = draw.choice(
        "(n & 1) == 1",
        "n % 2 == 1",
        "n % 2 == 0",
        "(n & 3) == 1",
        "(n & 3) == 2",
        f"(n >> 1) % 2 == n % 2 and {draw.comparison('place', 9)}",
    )
    update = draw.choice(
        "count += 1",
        "count += place",
        "count = max(count, place)",
        "count += 1 << (place % 8)",
        "count = count * 2 + 1",
    )
    other = draw.choice(
        "", "", f"\n                else:\n                    count {draw.choice('-= 1', '+= 2', '= count // 2')}"
    )
    step = draw.choice("n >>= 1", "n //= 2", "n >>= 1", "n //= 4")
    place = "place = 0\n            " if "place" in test + update else ""
    draw.define(f'''
        def {f}(n: int) -> int:
            """Look at the bits of a number from the lowest to the highest."""
            count = 0
            {place}while n > 0:
                if {test}:
                    {update}{other}
                {step}{chr(10) + "                place += 1" if place else ""}
            return {draw.choice("abs(count)", "max(count, 0)", "abs(count) % 97") if "-=" in other else draw.choice("count", "count", "count % 97")}
        ''')
    return compose.number_function(draw, f, 0, draw.choice(200, 4000, 60000))


@family("bit-parity")
def bit_parity(draw: Draw) -> str:
    """Whether the number of ones is even, and other checks of bits."""
    f = draw.name("has_even_parity", "bits_match", "is_balanced_in_bits", "passes_bit_check")
    count = draw.choice(
        "ones += n & 1", "ones += n % 2", "if (n & 3) == 3:\n                    ones += 1", "ones ^= n & 1"
    )
    extra = draw.choice("", "zeros += 1 - n % 2\n                ")
    start = "zeros = 0\n            " if extra else ""
    rule = (
        draw.choice(
            "ones == zeros", "ones > zeros", f"abs(ones - zeros) < {draw.integer(2, 3)}", "zeros % 2 == ones % 2"
        )
        if extra
        else draw.choice(
            "ones % 2 == 0", "ones % 2 == 1", f"ones == {draw.integer(1, 3)}", f"ones > {draw.integer(1, 3)}"
        )
    )
    if "^" in count and not extra:
        rule = f"ones == {draw.integer(0, 1)}"
    if draw.harder(0.2, 0.6):
        rule += f" {draw.choice('and', 'or')} {draw.choice('whole % 2 == 0', draw.comparison('whole', 60), f'whole > {draw.integer(9, 30)}')}"
    whole = "whole = n\n            " if "whole" in rule else ""
    draw.define(f'''
        def {f}(n: int) -> bool:
            """Check a number by the ones in its binary form."""
            {whole}ones = 0
            {start}while n > 0:
                {count}
                {extra}n >>= {draw.choice("1", "1", "2")}
            return {rule}
        ''')
    return compose.number_test(draw, f, 0, draw.scale(40, 300))


@family("highest-bit", lends="number_function")
def highest_bit(draw: Draw) -> str:
    """The highest power of two in a number, and the next one."""
    f = draw.name("highest_power", "next_power", "bit_length", "round_to_power")
    base = draw.choice("power *= 2", "power <<= 1", "power *= 2", "power *= 3", "power += power")
    bound = draw.choice("power * 2 <= n", "power < n", "power <= n", "power * power <= n", "power * 3 < n + 1")
    result = draw.choice(
        "power",
        "n - power",
        "power - n if power > n else n - power",
        "steps",
        "power + steps",
        "power * 2 - n if power * 2 > n else 0",
    )
    steps = "\n                steps += 1" if "steps" in result else ""
    change = (
        f"if {draw.condition('n', 60)}:\n                n {draw.choice('+= 1', '= n // 2 + 1', '*= 2')}\n            "
        if draw.harder(0.4, 0.9)
        else ""
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Raise a power step by step as far as a number allows."""
            {change}power = 1
            {"steps = 0" + chr(10) + "            " if steps else ""}while {bound}:
                {base}{steps}
            return {result}
        ''')
    return compose.number_function(draw, f, 1, draw.choice(60, 500, 5000))


@family("gray-code")
def gray_code(draw: Draw) -> str:
    """Codes in which neighbours differ in one bit."""
    f = draw.name("gray_code", "to_gray", "encode_bits", "mix_bits")
    formula = draw.choice(
        "n ^ (n >> 1)",
        "n ^ (n // 2)",
        f"n ^ (n >> {draw.integer(2, 3)})",
        f"(n ^ (n >> 1)) & {draw.choice(255, 127, 1023)}",
        f"(n | (n >> 1)) ^ {draw.integer(1, 7)}",
        "(n & (n >> 1)) + n",
    )
    back = draw.name("from_gray", "decode_bits", "unmix_bits")
    if draw.chance(0.4):
        draw.define(f'''
        def {f}(n: int) -> int:
            """Return the code of a number."""
            {draw.choice("", f"if {draw.condition('n', 30)}:" + chr(10) + "                return n" + chr(10) + "            ")}return {formula}
        ''')
        use = f
    else:
        draw.define(f'''
        def {f}(n: int) -> int:
            """Return the code of a number."""
            return {formula}
        ''')
        stop, where = draw.choice(("128", "below 128"), ("n + 1", "up to n"), ("2 * n + 1", "up to twice n"))
        sign, wanted = draw.choice(("==", "n as its code"), ("==", "n as its code"), (">", "a code above n"))
        draw.define(f'''
        def {back}(n: int) -> int:
            """Search the first number {where} that has {wanted}."""
            for i in range({stop}):
                if {f}(i) {sign} n:
                    return i
            return {draw.choice("0", "n", "128")}
        ''')
        use = back
    high = draw.scale(30, 100)
    if draw.chance(0.5):
        return compose.number_function(draw, use, 0, high)
    return draw.program(
        f"n = read_int(1, {draw.scale(6, 14)})\n"
        + draw.choice(
            f"for i in range(n):\n    print(i, {use}(i))\n",
            f"total = 0\nfor i in range(1, n):\n    total += {use}(i) ^ {use}(i - 1)\n" + compose.say(draw, "total"),
            f"best = 0\nfor i in range(n):\n    if {use}(i) > {use}(best):\n        best = i\n"
            + compose.say(draw, "best"),
            f"for i in range(n, 0, -1):\n    if {draw.condition('i', 12)}:\n        print({use}(i))\nprint({use}(n))\n",
        )
    )


@family("reverse-bits", lends="number_function")
def reverse_bits(draw: Draw) -> str:
    """Turns the bits of a number round, or moves them in a circle."""
    width = draw.choice(6, 8, 10, 12)
    f = draw.name("reverse_bits", "rotate_bits", "swap_bits", "shuffle_bits")
    body = draw.choice(
        f"result = 0\n            for i in range({width}):\n                result = result * 2 + (n >> i) % 2\n            return result",
        f"result = 0\n            for i in range({width}):\n                if (n >> i) % 2 == {draw.integer(0, 1)}:\n                    result += 1 << ({width - 1} - i)\n            return result",
        f"for i in range({draw.integer(1, 5)}):\n                n = (n * 2) % {2**width} + n // {2 ** (width - 1)} % 2\n            return n",
        f"low = n % {2 ** (width // 2)}\n            high = n // {2 ** (width // 2)}\n            return {draw.choice(f'low * {2 ** (width // 2)} + high', 'low ^ high', 'abs(high - low)', 'low & high')}",
        f"result = 0\n            for i in range(0, {width}, 2):\n                pair = (n >> i) % 4\n                if {draw.choice('pair == 1 or pair == 2', 'pair > 1', 'pair != 0')}:\n                    pair = 3 - pair\n                result += pair << i\n            return result",
    )
    aim = "Combine the two halves of" if "high" in body else "Arrange anew"
    guard = (
        f"if {draw.condition('n', 60)}:\n                {draw.choice('return n', 'n += 1', 'n = n // 2', 'return 0')}\n            "
        if draw.harder(0.4, 0.9)
        else ""
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """{aim} the lowest {width} bits of a number{", with an exception" if guard else ""}."""
            {guard}{body}
        ''')
    return compose.number_function(draw, f, 0, draw.choice(60, 2 ** (width - 1) - 2))


@family("subset-masks", lends="list_function")
def subset_masks(draw: Draw) -> str:
    """Goes through all subsets of a list by the bits of a number."""
    f = draw.name("best_subset", "count_subsets", "subset_search", "try_masks")
    inner = draw.choice(
        "total += xs[i]",
        "total += xs[i]",
        "total = max(total, xs[i])",
        "total += xs[i] * (i + 1)",
        "total ^= abs(xs[i])",
    )
    size = draw.choice("", "\n                        chosen += 1")
    begin = "\n                chosen = 0" if size else ""
    goal = draw.integer(3, 25)
    rule = draw.choice(
        f"total == {goal}",
        f"total <= {goal}",
        f"total > {goal}",
        f"floor_mod(total, {draw.integer(3, 7)}) == {draw.integer(0, 2)}",
    )
    if size:
        rule += draw.choice(
            " and chosen > 1",
            " and chosen % 2 == 0",
            f" or chosen == {draw.integer(1, 3)}",
            f" and chosen < {draw.integer(2, 4)}",
        )
    update = draw.choice(
        "best += 1",
        "best = max(best, total)",
        "best += total % 10" if "abs" in inner else "best += 1",
        "best = mask",
        f"best = min(best, abs(total - {goal}))",
    )
    skip = draw.choice(
        "",
        f"if (mask & (mask >> 1)) {draw.choice('!=', '==')} 0:\n                    continue\n                ",
        f"if {draw.comparison('mask', 30)}:\n                    continue\n                ",
    )
    most = draw.integer(4, 6)
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Go through subsets of the first {most} values, as the bits of a number name them."""
            best = {"1000" if "min" in update else "0"}
            size = min(len(xs), {most})
            for mask in range({draw.choice("1 << size", "1, 1 << size")}):
                {skip}total = 0{begin}
                for i in range(size):
                    if (mask >> i) % 2 == 1:
                        {inner}{size}
                if {rule}:
                    {update}
            return best
        ''')
    return compose.list_function(draw, f, draw.choice(0, 1, -5), draw.scale(8, 15))


@family("xor-fold", lends="list_function")
def xor_fold(draw: Draw) -> str:
    """Combines a list bit by bit."""
    f = draw.name("combine_bits", "odd_one_out", "xor_fold", "mask_of")
    step = draw.choice(
        "result ^= x",
        "result ^= x",
        f"result = (result * 2 ^ x) % {draw.choice(256, 512, 1024)}",
        "result |= x",
        "result ^= x & (result + 1)",
        f"result = (result ^ x) & {draw.choice(63, 127, 255)}",
        "result ^= x << (i % 3)",
    )
    position = "i += 1" if "(i %" in step else ""
    guard = f"if {draw.condition('x', 30)}:\n                    " if draw.harder(0.3, 0.7) else ""
    other = (
        f"\n                else:\n                    result {draw.choice('^= 1', '|= 2', '&= 30', '+= 1')}"
        if guard and draw.chance(0.5)
        else ""
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Combine the bits of {"values that a rule picks" if guard else "all values"}."""
            result = {draw.choice("0", "0", str(draw.integer(1, 15)))}
            {"i = 0" + chr(10) + "            " if position else ""}for x in xs:
                {guard}{step}{other}{chr(10) + "                " + position if position else ""}
            return {draw.choice("result", "result", "result % 64", "result ^ len(xs)", "result & 63")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(15, 60))


@family("switches", lends="number_function")
def switches(draw: Draw) -> str:
    """A row of lamps that are switched again and again."""
    n = draw.name("lamps_on", "toggle_all", "switch_lamps", "doors_open")
    start = draw.choice("1", "2", "1")
    toggle = draw.choice(
        "lamps[i] = not lamps[i]",
        "lamps[i] = not lamps[i]",
        "lamps[i] = lamps[i] or i % 2 == 0",
        "lamps[i] = i > 0 and lamps[i - 1]",
    )
    rule = draw.comparison("(i + step)", 12)
    guard = f"if {rule}:\n                            " if draw.harder(0.2, 0.6) else ""
    count = draw.choice("count += 1", "count += i + 1", "count = i + 1", "count = (count * 2 + 1) % 97")
    draw.define(f'''
        def {n}(n: int) -> int:
            """Switch lamps in rounds, and {"count" if count == "count += 1" else "combine"} those that a rule picks in the end."""
            lamps = [{draw.choice("False", "False", "True")}] * n
            for step in range({start}, n + 1):
                for i in range(n):
                    if {draw.choice("(i + 1) % step == 0", "i % step == 0", "(i + step) % 3 == 0", "i >= step")}:
                        {guard}{toggle}
            count = 0
            for i in range(n):
                if {draw.choice("lamps[i]", "not lamps[i]", "lamps[i] and i % 2 == 1", "i > 0 and lamps[i] != lamps[i - 1]")}:
                    {count}
            return count
        ''')
    return compose.number_function(draw, n, 1, draw.scale(8, 16))


@family("hamming-distance")
def hamming_distance(draw: Draw) -> str:
    """In how many places two things differ."""
    f = draw.name("hamming", "distance", "differing_bits", "bit_difference")
    more = draw.integer(1, 5)
    both, meaning = draw.choice(
        ("a ^ b", "in which two numbers differ"),
        ("a ^ b", "in which two numbers differ"),
        ("a | b", "that are set in one of two numbers or in both"),
        ("a & b", "that two numbers have in common"),
        (f"a ^ (b + {more})", f"in which a and {more} more than b differ"),
    )
    result = draw.choice("count", "count", "count * 2 + a % 2", "max(count, 1)")
    draw.define(f'''
        def {f}(a: int, b: int) -> int:
            """{"Count" if result == "count" else "Score"} the bits {meaning}."""
            rest = {both}
            count = 0
            while rest > 0:
                {draw.choice("count += rest & 1", "count += rest % 2", "if rest % 2 == 1:" + chr(10) + "                    count += 1")}
                rest >>= 1
            return {result}
        ''')
    picks = f"if {draw.comparison('(i + j)', 8)}:\n            " if draw.chance(0.5) else ""
    high = draw.choice(30, 200, 1000)
    several = f"n = read_int(2, {draw.scale(4, 8)})\nxs = read_array(n, 0, {high})\n"
    return draw.program(
        draw.choice(
            f"a, b = read_int(0, {high})\n" + compose.say(draw, f"{f}(a, b)"),
            several
            + f"total = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        {picks}total {draw.choice('+=', '+=', '-=')} {f}(xs[i], xs[j])\n"
            + compose.say(draw, "total"),
            several
            + f"best = 1\nfor i in range(1, n):\n    if {f}(xs[i], xs[{draw.choice('i - 1', '0')}]) {draw.choice('>', '<', '>=')} {f}(xs[best], xs[{draw.choice('best - 1', '0')}]):\n        best = i\n"
            + compose.say(draw, "best"),
            several
            + f"for i in range(1, n):\n    if {draw.condition(f'{f}(xs[i], xs[i - 1])', 6)}:\n        print({draw.choice('i', 'xs[i]', 'xs[i - 1], xs[i]')})\nprint({f}(xs[0], xs[n - 1]))\n",
            f"a, b = read_int(0, {high})\nd = {f}(a, b)\nif {draw.condition('d', 6)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('d', compose.verdicts(draw)[1])})\n",
        )
    )


@family("binary-gap", lends="number_function")
def binary_gap(draw: Draw) -> str:
    """The longest stretch of equal bits."""
    f = draw.name("longest_gap", "binary_gap", "widest_run", "gap_sum")
    wanted = draw.choice("0", "1")
    update = draw.choice(
        "best = max(best, run)",
        "best = max(best, run)",
        "best += run",
        "if run > 1:\n                        best += 1",
        "if run > best:\n                        best = run\n                        place = steps",
    )
    tracks = "place" in update
    after = draw.choice("run = 0", "run = 0", "run //= 2", "run = run % 2")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Measure the runs of {"zeros" if wanted == "0" else "ones"} in the binary form of a number."""
            best = 0
            run = 0
            {"place = 0" + chr(10) + "            steps = 0" + chr(10) + "            " if tracks else ""}while n > 0:
                if n % 2 == {wanted}:
                    run += {draw.choice("1", "1", "n % 4 + 1")}
                    {update}
                else:
                    {after}
                n {draw.choice(">>= 1", "//= 2")}{chr(10) + "                steps += 1" if tracks else ""}
            return {draw.choice("best + place", "place", "best * 10 + place") if tracks else draw.choice("best", "best", "best + run", "best * 2")}
        ''')
    return compose.number_function(draw, f, 0, draw.choice(200, 4000, 60000))


@family("bit-strings")
def bit_strings(draw: Draw) -> str:
    """Numbers written with zeros and ones, and back."""
    if draw.chance(0.5):
        f = draw.name("from_binary", "parse_bits", "value_of_bits", "decode")
        step = draw.choice(
            "value = value * 2 + bit",
            "value = (value * 2 + bit) % 1000",
            "value += bit * (i + 1)",
            f"value = (value * {draw.integer(2, 3)} + 1 - bit) % 4096",
            "value += bit << (i % 10)",
        )
        guard = draw.choice(
            "",
            f"if i % {draw.integer(2, 4)} == {draw.integer(0, 1)}:\n                    bit = 1 - bit\n                ",
            "if i > 0 and text[i] == text[i - 1]:\n                    bit += 1\n                ",
            "if bit == 0 and value > 50:\n                    continue\n                ",
        )
        draw.define(f'''
        def {f}(text: str) -> int:
            """Turn a text of zeros and ones into a number."""
            value = {draw.choice("0", "0", "1")}
            for i in range(len(text)):
                bit = ord(text[i]) - ord("0")
                {guard}{step}
            return {draw.choice("value", "value % 512", "value + len(text)")}
        ''')
        return compose.text_function(draw, f, "bits", draw.choice(0, 1), draw.scale(7, 11))
    f = draw.name("flip", "complement", "stuff_bits", "transform_bits")
    rule = draw.choice(
        'ch == "0"',
        'ch == "1"',
        "i % 2 == 0",
        "i > 0 and text[i - 1] == ch",
        f"i % {draw.integer(3, 4)} == 1",
        "i + 1 < len(text) and text[i + 1] != ch",
    )
    one = draw.choice(
        'result += "1"',
        'result += "0"',
        'result = result + ch + "0"',
        'result = "1" + result',
        "result = result + ch + ch",
    )
    two = draw.choice(
        'result += "0"', "result += ch", "result = ch + result", 'result = result + "1" + ch', "result = result + ch"
    )
    if one == two or "ch" not in rule + one + two:
        two = "result += ch"
    draw.define(f'''
        def {f}(text: str) -> str:
            """Write a text of zeros and ones anew, sign by sign."""
            result = {draw.choice('""', '""', '"1"')}
            for i in range(len(text)):
                ch = text[i]
                if {rule}:
                    {one}
                else:
                    {two}
            return result
        ''')
    return compose.text_map(draw, f, "bits", 0, draw.scale(7, 12))


@family("power-mask", lends="list_function")
def power_mask(draw: Draw) -> str:
    """Sets of small numbers, kept as the bits of one number."""
    f = draw.name("collect_mask", "set_of", "membership", "as_mask")
    value = draw.choice("x % 12", "x % 10", "min(x, 12)", f"(x * {draw.integer(3, 7)}) % 11", "(x + 1) % 13")
    step = draw.choice(
        "mask |= 1 << bit",
        "mask |= 1 << bit",
        "mask ^= 1 << bit",
        "if (mask >> bit) % 2 == 1:\n                    repeats += 1\n                mask |= 1 << bit",
        "if (mask >> bit) % 2 == 0:\n                    mask += 1 << bit\n                else:\n                    repeats += bit",
    )
    repeats = "repeats = 0\n            " if "repeats" in step else ""
    guard = (
        f"if {draw.condition('x', 20)}:\n                    continue\n                "
        if draw.harder(0.3, 0.7)
        else ""
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Note values as the bits of one number{", and watch for repeated ones" if repeats else ""}."""
            mask = {draw.choice("0", "0", "1")}
            {repeats}for x in xs:
                {guard}bit = {value}
                {step}
            return {draw.choice("mask + repeats", "repeats", "mask % 100 + repeats * 100") if repeats else draw.choice("mask", "mask", "mask % 1000", "mask >> 1")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(15, 40))


@family("bits-in-range")
def bits_in_range(draw: Draw) -> str:
    """Counts the bits of all numbers from one to another."""
    f = draw.name("bits_in_range", "ones_between", "count_over_range", "bits_from_to")
    if draw.chance(0.4):
        # Each place of the binary form goes through blocks of zeros and ones.
        g = draw.name("bits_below", "ones_up_to", "prefix_bits", "bits_so_far")
        block = draw.choice("size = half * 2", "size = half + half", "size = 2 << place")
        full = draw.choice("n // size * half", "(n // size) * half")
        part = draw.choice(
            "total += max(0, n % size - half)",
            "if n % size > half:\n                    total += n % size - half",
        )
        places, which = draw.choice(
            ("range(8)", ""),
            ("range(8)", ""),
            ("range(0, 8, 2)", " at even places"),
            ("range(1, 8, 2)", " at odd places"),
        )
        weight = draw.choice("", "", " * (place + 1)")
        part = part.replace("n % size - half", f"(n % size - half){weight}") if weight else part
        draw.define(f'''
        def {g}(n: int) -> int:
            """{"Weigh" if weight else "Count"} the ones{which} in the binary forms of all numbers below n."""
            total = 0
            for place in {places}:
                half = 1 << place
                {block}
                total += {full}{weight}
                {part}
            return total
        ''')
        draw.define(f'''
        def {f}(low: int, high: int) -> int:
            """{"Weigh" if weight else "Count"} the ones{which} in the binary forms of the numbers from low to high."""
            return {g}(high + 1) - {g}(low)
        ''')
    else:
        bit = draw.choice("rest % 2", "(rest & 1)")
        count, counted = draw.choice(
            (f"found += {bit}", "ones"),
            (f"if {bit} == 1:\n                        found += 1", "ones"),
            (f"found += 1 - {bit}", "zeros"),
            ("if (rest & 3) == 3:\n                        found += 1", "pairs of ones"),
        )
        step = draw.choice("rest >>= 1", "rest //= 2")
        update, aim = draw.choice(
            ("total += found", f"Count the {counted} in the binary forms of the numbers"),
            (
                "total = max(total, found)",
                f"Find how many {counted} the binary form of a number has at most, for those",
            ),
            (
                f"if found == {draw.integer(1, 3)}:\n                    total += 1",
                f"Count by their {counted} the numbers",
            ),
            (
                f"if found {draw.choice('> 2', '< 2', '% 2 == 0', '% 2 == 1')}:\n                    total += {draw.choice('1', 'number')}",
                f"Combine by their {counted} the numbers",
            ),
            (
                f"if {draw.condition('number', 40)}:\n                    total += found",
                f"Count the {counted} in the binary forms of some numbers",
            ),
        )
        draw.define(f'''
        def {f}(low: int, high: int) -> int:
            """{aim} from low to high."""
            total = 0
            for number in range(low, high + 1):
                rest = number
                found = 0
                while rest > 0:
                    {count}
                    {step}
                {update}
            return total
        ''')
    high = draw.choice(12, 20, 30)
    pair = f"a, b = read_int(0, {high})\n"
    several = f"n = read_int(1, {draw.scale(4, 7)})\nxs = read_array(n, 0, {high})\n"
    words = compose.verdicts(draw)
    own = f"{f}(min(a, b), max(a, b))"
    return draw.program(
        draw.choice(
            pair + compose.say(draw, own) + compose.coda(draw, "a", high),
            pair
            + f"if a > b:\n    a, b = b, a\nprint({draw.choice('', 'b - a + 1, ')}{f}(a, b))\n"
            + compose.coda(draw, "b", high),
            pair
            + f"value = {own}\nif {draw.condition('value', 60)}:\n    print({words[0]})\nelse:\n    print({draw.choice('value', words[1])})\n",
            several
            + f"for x in xs:\n    print({draw.choice('x, ', '')}{f}({draw.choice('0, x', 'x // 2, x', 'x, x + 8', 'x, 2 * x')}))\n",
            several
            + f"total = 0\nfor i in range(1, n):\n    total += {f}({draw.choice('min(xs[i - 1], xs[i]), max(xs[i - 1], xs[i])', '0, abs(xs[i] - xs[i - 1])', 'i, i + xs[i] // 2')})\n"
            + compose.say(draw, "total"),
            f"goal = read_int(1, {draw.choice(10, 20)})\nn = {draw.choice('0', '1', '8')}\nwhile n < 20 and {f}({draw.choice('0', '1')}, n) < goal:\n    n += 1\n"
            + compose.say(draw, "n"),
        )
    )
