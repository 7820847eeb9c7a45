"""Reading texts: numbers in them, their structure, and other ways to write them."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("numbers-in-text", lends="text_function")
def numbers_in_text(draw: Draw) -> str:
    """Finds the numbers that stand in a text of letters and digits."""
    f = draw.name("sum_of_numbers", "numbers_inside", "largest_number", "extract_total")
    grow = draw.choice(
        'value = value * 10 + ord(ch) - ord("0")',
        'value += ord(ch) - ord("0")',
        'value = (value * 10 + ord(ch) - ord("0")) % 1000',
        'value = max(value, ord(ch) - ord("0"))',
    )
    close = draw.choice(
        "total += value",
        "total = max(total, value)",
        f"total += min(value, {draw.integer(3, 12)})",
        "total += value % 10",
        "total = total * 2 % 1000 + value",
    )
    when = draw.choice("inside", "inside", f"inside and {draw.comparison('value', 20)}", "inside and total < 500")
    letter = draw.choice(
        "",
        f'\n                    if ch {draw.choice("<", ">")} "{draw.choice("g", "m", "s")}":\n                        total += {draw.choice("1", "2")}',
    )
    limit = " and value < 1000" if "* 10" in grow and "%" not in grow else ""
    last = close.replace("total = total * 2 % 1000 + value", "total += value")
    at_end = draw.choice(f"if inside:\n                {last}\n            ", "")
    draw.define(f'''
        def {f}(text: str) -> int:
            """Find the numbers in a text{"" if at_end else ", except for one at its end,"} and combine their values."""
            total = 0
            value = 0
            inside = False
            for ch in text:
                if ch.isdigit(){limit}:
                    {grow}
                    inside = True
                else:
                    if {when}:
                        {close}
                    value = 0
                    inside = False{letter}
            {at_end}return total
        ''')
    return compose.text_function(draw, f, "mixed", 1, draw.scale(8, 15))


@family("signed-terms", lends="text_function")
def signed_terms(draw: Draw) -> str:
    """Evaluates a row of digits with a sign between them that follows a rule."""
    f = draw.name("evaluate", "alternating_value", "calculate", "signed_total")
    switch = draw.choice(
        "sign = -sign",
        "sign = -sign",
        f"if digit {draw.choice('>', '<', '==')} {draw.integer(2, 7)}:\n                    sign = -sign",
        f"if i % {draw.integer(2, 4)} == {draw.integer(0, 1)}:\n                    sign = -sign",
        "sign = 1 if digit % 2 == 0 else -1",
    )
    term = draw.choice(
        "total += sign * digit",
        "total += sign * digit",
        "total += sign * digit * (i + 1)",
        "total += sign * (digit + 1)",
        "total = abs(total + sign * digit)",
        "total += sign * digit * digit",
    )
    skip = draw.choice(
        "",
        f"if digit == {draw.integer(0, 5)}:\n                    continue\n                ",
        f"if {draw.comparison('digit', 9)}:\n                    total += {draw.choice('1', 'i')}\n                    continue\n                ",
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Add and subtract the digits of a text."""
            total = 0
            sign = {draw.choice("1", "1", "-1")}
            for i in range(len(text)):
                digit = ord(text[i]) - ord("0")
                {skip}{term}
                {switch}
            return {draw.choice("abs(total)", "max(total, 0)", "total * total", "abs(total) % 100")}
        ''')
    return compose.text_function(draw, f, "digits", 1, draw.scale(7, 14))


@family("roman-numerals")
def roman_numerals(draw: Draw) -> str:
    """Writes numbers with letters of fixed values, and reads them."""
    f = draw.name("to_roman", "in_letters", "write_numeral", "as_symbols")
    system = draw.choice(
        ("50, 40, 10, 9, 5, 4, 1", '"L", "XL", "X", "IX", "V", "IV", "I"', 99),
        ("10, 9, 5, 4, 1", '"X", "IX", "V", "IV", "I"', 60),
        ("50, 10, 5, 1", '"L", "X", "V", "I"', 99),
        ("20, 5, 1", '"#", "+", "|"', 60),
        ("12, 6, 3, 1", '"D", "H", "Q", "I"', 60),
    )
    take = draw.choice(
        "while n >= values[i]:\n                    result = result + symbols[i]\n                    n -= values[i]",
        "for j in range(n // values[i]):\n                    result = result + symbols[i]\n                n %= values[i]",
        f"if n >= values[i]{draw.choice('', ' and len(result) < 6')}:\n                    result = result + symbols[i]\n                    n -= values[i]",
        "count = n // values[i]\n                if count > 1:\n                    result = result + str(count)\n                if count > 0:\n                    result = result + symbols[i]\n                n = n % values[i]",
    )
    take = take.replace("n %= values[i]", "n = n % values[i]")
    loop = draw.choice(
        f"for i in range(len(values)):\n                {take}",
        f"for i in range(len(values)):\n                {take}",
        "i = 0\n            while n > 0:\n                if n >= values[i]:\n                    result = result + symbols[i]\n"
        "                    n -= values[i]\n                else:\n                    i += 1",
    )
    once = ", each of them once at most" if "if n >= values[i]" in loop and "for" in loop else ""
    draw.define(f'''
        def {f}(n: int) -> str:
            """Write a number with symbols that stand for fixed values{once}."""
            values = [{system[0]}]
            symbols = [{system[1]}]
            result = ""
            {loop}
            return result{draw.choice("", "", ' + "."')}
        ''')
    high = min(system[2], draw.scale(30, 99))
    several = f"n = read_int(1, {draw.scale(4, 8)})\nxs = read_array(n, 1, {high})\n"
    return draw.program(
        draw.choice(
            f"n = read_int(1, {high})\n" + compose.say(draw, f"{f}(n)", "n"),
            several + f"for x in xs:\n    print({draw.choice('x, ', '')}{f}(x))\n",
            f"a, b = read_int(1, {min(high, 20)})\nfor i in range(min(a, b), max(a, b) + 1):\n    {draw.choice('', f'if {draw.condition(chr(105), 20)}:' + chr(10) + '        ')}print({draw.choice('i, ', '')}{f}(i))\n",
            several
            + f"best = xs[0]\nfor x in xs:\n    if len({f}(x)) {draw.choice('>', '<', '>=')} len({f}(best)):\n        best = x\n"
            + compose.say(draw, draw.choice("best", f"{f}(best)")),
            several
            + f"total = 0\nfor x in xs:\n    if {draw.condition('x', 40)}:\n        total += len({f}(x))\n"
            + compose.say(draw, "total"),
        )
    )


@family("nesting-depth", lends="text_function")
def nesting_depth(draw: Draw) -> str:
    """How deep brackets stand inside of each other."""
    f = draw.name("nesting_depth", "deepest_level", "bracket_score", "depth_profile")
    opening = draw.choice('ch == "("', 'ch in "([{"', 'ch in "(["', 'ch == "(" or ch == "{"')
    closing = draw.choice('ch == ")"', 'ch in ")]}"', 'ch in ")]"', 'ch == ")" or ch == "}"')
    up = draw.choice(
        "best = max(best, depth)",
        "best += depth",
        "if depth > best:\n                        best = depth",
        "if depth > 1:\n                        best += 1",
        "best = best * 2 % 101 + depth",
    )
    down = draw.choice(
        "depth -= 1",
        "depth = max(0, depth - 1)",
        "if depth > 0:\n                        depth -= 1\n                    else:\n                        errors += 1",
        "depth -= 1\n                    if depth < 0:\n                        return 0",
    )
    errors = "errors" in down
    other = draw.choice("", f"\n                else:\n                    best += {draw.choice('1', 'max(depth, 0)')}")
    draw.define(f'''
        def {f}(text: str) -> int:
            """Follow how deep the brackets of a text stand inside of each other."""
            depth = 0
            best = 0
            {"errors = 0" + chr(10) + "            " if errors else ""}for ch in text:
                if {opening}:
                    depth += 1
                    {up}
                elif {closing}:
                    {down}{other}
            return {draw.choice("max(best, 0)", "abs(best) + abs(depth)", "max(best - depth, 0)")}{" + errors" if errors else ""}
        ''')
    return compose.text_function(draw, f, "brackets", draw.choice(0, 2), draw.scale(8, 16))


@family("run-length-decoding")
def run_length_decoding(draw: Draw) -> str:
    """Writes out what a text abbreviates."""
    f = draw.name("expand", "decode", "unpack", "write_out")
    digit = draw.choice(
        'count = ord(ch) - ord("0")', 'count = (ord(ch) - ord("0")) % 4', 'count = count + ord(ch) - ord("0")'
    )
    cap = "count = min(count, 5)\n                    " if "% 4" not in digit else ""
    body = draw.choice(
        "for j in range(count):\n                        result = result + ch",
        "result = result + ch\n                    for j in range(count):\n                        result = result + ch",
        "while count > 0:\n                        result = result + ch\n                        count -= 1",
        "if count > 1:\n                        result = result + ch + ch\n                    else:\n                        result = result + ch",
        "for j in range(count):\n                        result = ch + result",
    )
    reset = "count = 1" if "count -= 1" in body else draw.choice("count = 1", "count = 0", "count = 1")
    skip = draw.choice(
        "",
        f'if ch {draw.choice("<", ">")} "{draw.choice("g", "m", "S")}" and ch.isalpha():\n                    continue\n                ',
    )
    ending = draw.choice(
        "", f"if len(result) == 0:\n                return {draw.choice('text', chr(34) + '?' + chr(34))}\n            "
    )
    draw.define(f'''
        def {f}(text: str) -> str:
            """Write out a text in which digits tell how letters are repeated."""
            result = ""
            count = {draw.choice("1", "0", "1")}
            for ch in text:
                {skip}if ch.isdigit():
                    {digit}
                else:
                    {cap}{body}
                    {reset}
            {ending}return result
        ''')
    return compose.text_map(draw, f, "mixed", 1, draw.scale(6, 10))


@family("base-conversion")
def base_conversion(draw: Draw) -> str:
    """Writes numbers in other bases."""
    f = draw.name("to_base", "write_in_base", "digits_in_base", "convert")
    base = draw.choice("2", "3", "8", "16", "7", "k")
    digits = "0123456789abcdef"
    parameter = ", k: int" if base == "k" else ""
    digit = draw.choice("digits[n % BASE]", "digits[n % BASE]", "digits[BASE - 1 - n % BASE]")
    grow = draw.choice("result = DIGIT + result", "result = DIGIT + result", "result = result + DIGIT")
    group = draw.choice("", "", "\n                if n % 2 == 1:\n                    ones += 1")
    ones = "ones" in group
    step = draw.choice("n //= BASE", "n //= BASE", "n = n // BASE")
    zero = draw.choice('if n == 0:\n                return "0"\n            ', "")
    pad = draw.choice(
        "",
        f'while len(result) < {draw.integer(3, 6)}:\n                result = "{draw.choice("0", ".", "*")}" + result\n            ',
    )
    remarks = ", the lowest digit first" if grow.startswith("result = result") else ""
    if "- 1 -" in digit:
        remarks += ", each digit as what it lacks to the largest"
    if ones:
        remarks += ", and say how often an odd number was divided"
    text = f'''
        def {f}(n: int{parameter}) -> str:
            """Write a number in base {base}{remarks}."""
            digits = "{digits}"
            {zero}result = ""
            {"ones = 0" + chr(10) + "            " if ones else ""}while n > 0:
                {grow.replace("DIGIT", digit)}{group}
                {step}
            {pad}return result{" + str(ones)" if ones else ""}
        '''
    draw.define(text.replace("BASE", base))
    high = draw.choice(60, 300, 2000)
    call = f"{f}({{}}, k)" if parameter else f"{f}({{}})"
    k = "k = read_int(2, 9)\n" if parameter else ""
    several = f"n = read_int(1, {draw.scale(4, 7)})\nxs = read_array(n, 0, {high})\n"
    word = call.format("x")
    return draw.program(
        k
        + draw.choice(
            f"n = read_int(0, {high})\n" + compose.say(draw, call.format("n"), "n"),
            several + f"for x in xs:\n    print({draw.choice('x, ', '')}{word})\n",
            several
            + f"total = 0\nfor x in xs:\n    text = {word}\n    if text {draw.choice('== text[::-1]', '!= text[::-1]')}{draw.choice('', f' {draw.choice(chr(97) + chr(110) + chr(100), chr(111) + chr(114))} {draw.comparison(chr(120), 40)}')}:\n        total += {draw.choice('1', 'x')}\n"
            + compose.say(draw, "total"),
            several
            + f"longest = 0\nfor x in xs:\n    longest = max(longest, len({word}))\n"
            + compose.say(draw, "longest"),
            f"n = read_int(1, 12)\nfor i in range({draw.choice('n', '1, n + 1')}):\n    {draw.choice('', f'if {draw.condition(chr(105), 12)}:' + chr(10) + '        ')}print({draw.choice('i, ', '')}{call.format('i')})\n",
        )
    )


@family("postfix", lends="text_function")
def postfix(draw: Draw) -> str:
    """Evaluates digits and signs in postfix order, with a stack."""
    f = draw.name("evaluate_postfix", "stack_value", "postfix", "compute")
    plus = draw.choice('ch == "a"', 'ch < "f"', "ch.isupper()", 'ch in "aeiou"')
    one = draw.choice(
        "stack.append((b + a) % 1000)",
        "stack.append(max(a, b))",
        "stack.append((a * b) % 100)",
        "stack.append(abs(a - b))",
    )
    two = draw.choice(
        "stack.append(abs(b - a))",
        "stack.append(min(a, b))",
        "stack.append((a + 2 * b) % 500)",
        "stack.append(a)\n                        stack.append(b)",
    )
    short = draw.choice(
        "",
        "\n                else:\n                    stack.append(1)",
        "\n                else:\n                    missing += 1",
    )
    missing = "missing" in short
    draw.define(f'''
        def {f}(text: str) -> int:
            """Put digits on a stack and combine the two on top of it at each letter."""
            stack: list[int] = []
            {"missing = 0" + chr(10) + "            " if missing else ""}for ch in text:
                if ch.isdigit():
                    stack.append(ord(ch) - ord("0"))
                elif len(stack) > 1:
                    a = stack[len(stack) - 1]
                    stack.pop()
                    b = stack[len(stack) - 1]
                    stack.pop()
                    if {plus}:
                        {one}
                    else:
                        {two}{short}
            if len(stack) == 0:
                return {draw.choice("0", "1", "len(text)")}
            return {draw.choice("stack[len(stack) - 1]", "sum(stack)", "stack[0] + len(stack)", "max(stack)")}{" + missing" if missing else ""}
        ''')
    return compose.text_function(draw, f, "mixed", 1, draw.scale(8, 15))


@family("checksum")
def checksum(draw: Draw) -> str:
    """Check digits, as they stand on cards and books."""
    f = draw.name("check_digit", "checksum", "weighted_digits", "luhn_sum")
    where = draw.choice(
        "i % 2 == 0", "i % 2 == 1", "(len(text) - i) % 2 == 0", f"i % {draw.integer(3, 4)} == {draw.integer(0, 2)}"
    )
    change = draw.choice(
        "digit *= 2\n                    if digit > 9:\n                        digit -= 9",
        "digit *= 3",
        "digit = digit * 2 % 10 + digit // 5",
        "digit = 9 - digit",
        "digit += i",
    )
    weight = draw.choice(
        "total += digit",
        "total += digit",
        "total += digit * (i + 1)",
        "total += digit * (10 - i % 10)",
        "total = (total + digit) * 2 % 97",
    )
    modulus = draw.choice(10, 10, 11, 9, 97)
    end = draw.choice(
        f"total % {modulus}",
        f"({modulus} - total % {modulus}) % {modulus}",
        f"total // {modulus} + total % {modulus}",
        "total",
    )
    skip = draw.choice("", f"if digit == {draw.integer(0, 5)}:\n                    continue\n                ")
    if draw.chance(0.65):
        draw.define(f'''
        def {f}(text: str) -> int:
            """Combine the digits of a number that is given as text into a checksum."""
            total = 0
            for i in range(len(text)):
                digit = ord(text[i]) - ord("0")
                {skip}if {where}:
                    {change}
                {weight}
            return {end}
        ''')
        return compose.text_function(draw, f, "digits", draw.choice(1, 4), draw.scale(7, 13))
    draw.define(f'''
        def {f}(text: str) -> bool:
            """Check the digits of a number that is given as text."""
            total = 0
            for i in range(len(text)):
                digit = ord(text[i]) - ord("0")
                {skip}if {where}:
                    {change}
                {weight}
            return total % {modulus} {draw.choice("== 0", "!= 0", "< 3", f"== {draw.integer(1, 5)}")}
        ''')
    return compose.text_test(draw, f, "digits", draw.choice(1, 4), draw.scale(7, 13))


@family("clock-times")
def clock_times(draw: Draw) -> str:
    """Hours and minutes: differences, sums, and how they are written."""
    f = draw.name("as_time", "format_minutes", "clock", "time_text")
    hour = draw.choice("24", "12", "24")
    pad = draw.choice(
        'if minutes < 10:\n                return str(hours) + ":0" + str(minutes)\n            return str(hours) + ":" + str(minutes)',
        'return str(hours) + "h" + str(minutes)',
        'if hours == 0:\n                return str(minutes) + " min"\n            return str(hours) + " h " + str(minutes) + " min"',
        'text = str(minutes)\n            if minutes < 10:\n                text = "0" + text\n            return str(hours) + "." + text',
        'if minutes == 0:\n                return str(hours) + " sharp"\n            return str(hours) + " " + str(minutes)',
    )
    wrap = draw.choice(
        "",
        "",
        "" if "hours == 0" in pad else f"if hours == 0:\n                hours = {hour}\n            ",
        f"if {draw.comparison('total', 900)}:\n                minutes = minutes // 5 * 5\n            ",
    )
    draw.define(f'''
        def {f}(total: int) -> str:
            """Write a number of minutes as a time."""
            hours = total // 60 % {hour}
            minutes = total % 60
            {wrap}{pad}
        ''')
    pair = "hours = read_int(0, 23)\nminutes = read_int(0, 59)\n"
    move = draw.choice("+ d", "+ 2 * d", "+ d * d", "+ d // 2 * 3")
    match draw.integer(0, 4):
        case 0:
            return draw.program(
                f"{pair}d = read_int(0, {draw.scale(60, 300)})\nstart = hours * 60 + minutes\nprint({f}(start {move}))\n"
                + draw.choice("", f"print({f}(start))\n", "print(start)\n")
            )
        case 1:
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 8)})\nxs = read_array(n, 0, {draw.scale(120, 600)})\nt = {draw.choice('0', '480', '600')}\nfor x in xs:\n    {draw.choice('', f'if {draw.condition(chr(120), 200)}:' + chr(10) + '        t += 5' + chr(10) + '    ')}t += x\n    print({draw.choice('x, ', '')}{f}(t))\n"
            )
        case 2:
            return draw.program(
                f"a, b = read_int(0, 1439)\ngap = {draw.choice('abs(a - b)', 'floor_mod(b - a, 1440)', 'min(abs(a - b), 1440 - abs(a - b))', 'max(a, b) - min(a, b)')}\nprint({f}(a), {f}(b))\nprint({draw.choice(f'{f}(gap)', 'gap')})\n"
            )
        case 3:
            return draw.program(
                f"n = read_int(1, {draw.scale(4, 8)})\nxs = read_array(n, 0, 1439)\nbest = xs[0]\nfor x in xs:\n    if {draw.choice('x % 60 > best % 60', 'x < best', 'x > best', 'abs(x - 720) < abs(best - 720)')}{draw.choice('', f' and {draw.comparison(chr(120), 900)}')}:\n        best = x\n"
                + compose.say(draw, f"{f}(best)")
            )
        case _:
            return draw.program(
                f"start, step = read_int(10, {draw.scale(60, 200)})\nt = start\nfor i in range({draw.integer(3, 7)}):\n    print({f}(t))\n    t += {draw.choice('step', 'step + i', 'step * (i + 1)', 'step % 45 + 15')}\n"
            )


@family("case-conversion")
def case_conversion(draw: Draw) -> str:
    """Names of several words, joined and taken apart."""
    separator = draw.choice("_", "-", ".", "")
    if draw.chance(0.5):
        f = draw.name("split_words", "to_snake", "separate", "unjoin")
        test = draw.choice(
            "ch.isupper()",
            "ch.isupper() and i > 0",
            "i > 0 and ch.isupper() and text[i - 1].islower()",
            "ch.isdigit()",
            "i > 0 and ch.isalpha() and text[i - 1].isdigit()",
        )
        write = draw.choice("result = result + ch.lower()", "result = result + ch", "result = result + ch.upper()")
        plain = draw.choice(
            "result = result + ch",
            "result = result + ch",
            "result = result + ch.upper()",
            f'if ch != "{draw.choice("e", "a", "0")}":\n                        result = result + ch',
        )
        mark = draw.choice(
            f'result = result + "{separator or "/"}"',
            f'result = result + "{separator or ":"}"',
            f'if len(result) > 0:\n                        result = result + "{separator or " "}"',
            "words += 1",
        )
        words = "words" in mark
        if "isdigit" in test:
            write = "result = result + ch"
        aim = "Write a name anew behind the number of its words" if words else "Take a name of several words apart"
        draw.define(f'''
        def {f}(text: str) -> str:
            """{aim}."""
            result = ""
            {"words = 1" + chr(10) + "            " if words else ""}for i in range(len(text)):
                ch = text[i]
                if {test}:
                    {mark}
                    {write}
                else:
                    {plain}
            return {"str(words) + " if words else ""}result
        ''')
        return compose.text_map(
            draw, f, "mixed" if "isdigit" in test else draw.choice("letters", "mixed"), 1, draw.scale(6, 12)
        )
    f = draw.name("capitalise", "initial_caps", "style_word", "shape_word")
    rest = draw.choice("word[1:]", "word[1:]", "word[1:].upper()", "word[1:]")
    rule = draw.choice(
        f"len(word) > {draw.integer(2, 4)}",
        f"len(word) {draw.choice('<', '==')} {draw.integer(3, 5)}",
        'word[0] in "aeiou"',
        f'word[0] {draw.choice("<", ">")} "m"',
        "len(word) % 2 == 0",
    )
    other = draw.choice("word", "word.upper()", "word[:1]", "word[::-1]", "word + word[:1]")
    draw.define(f'''
        def {f}(word: str) -> str:
            """Write a word in the style that a rule picks."""
            if {rule}:
                return word[:1].upper() + {rest}
            return {other}
        ''')
    n = draw.scale(4, 7)
    return draw.program(
        draw.choice(
            f'text = read_line("words", 1, {n})\nresult = ""\nfor word in text.split():\n    result = result + {f}(word)\n'
            + compose.say(draw, draw.choice("result", "result", "result[1:]", "result.lower()")),
            f'text = read_line("words", 1, {n})\nparts: list[str] = []\nfor word in text.split():\n    {draw.choice("", "if len(word) > " + str(draw.integer(1, 3)) + ":" + chr(10) + "        ")}parts.append({f}(word))\nprint("{separator or "+"}".join(parts))\n',
            f'n = read_int(1, {n})\nwords = read_words(n)\nresult = words[0]\nfor i in range(1, n):\n    {draw.choice("", f"if {draw.comparison(chr(105), 6)}:" + chr(10) + "        ")}result = result + "{separator}" + {f}(words[i])\n'
            + draw.choice("print(result)\n", "print(result)\nprint(len(result))\n"),
            f"n = read_int(1, {n})\nwords = read_words(n)\nfor word in words:\n    if {f}(word) {draw.choice('==', '!=')} word:\n        print({draw.choice('word', 'word.upper()', 'len(word)')})\n    else:\n        print({f}(word))\n",
        )
    )


@family("key-values")
def key_values(draw: Draw) -> str:
    """Lines of entries such as `name=3`."""
    f = draw.name("look_up", "value_of", "find_entry", "setting")
    mark = draw.choice("=", ":", "@")
    search = draw.choice(
        f'position = 0\n                while entry[position] != "{mark}":\n                    position += 1',
        f'position = 0\n                for i in range(len(entry)):\n                    if entry[i] == "{mark}":\n                        position = i',
    )
    match, wanted = draw.choice(
        ("entry[:position] == key", "a key"),
        ("entry[:position] == key", "a key"),
        ("entry[:position].lower() == key.lower()", "a key in whatever case"),
        ("entry[:1] == key[:1]", "keys with the same first letter"),
        ("position == len(key)", "keys of the same length"),
        ("entry[:position] != key", "all keys but one"),
    )
    value = "int(entry[position + 1:])"
    default = draw.choice("0", "-1", "1")
    start, update, result, aim = draw.choice(
        ("", f"return {value}", default, "Find the first value of"),
        (f"result = {default}\n            ", f"result = {value}", "result", "Find the last value of"),
        ("total = 0\n            ", f"total += {value}", "total", "Add up the values of"),
        ("best = 0\n            ", f"best = max(best, {value})", "best", "Find the largest value of"),
        ("count = 0\n            ", "count += 1", "count", "Count the entries of"),
        (
            "count = 0\n            ",
            f"if {draw.comparison(value, 20)}:\n                        count += 1",
            "count",
            "Count the values that a rule picks of",
        ),
    )
    draw.define(f'''
        def {f}(line: str, key: str) -> int:
            """{aim} {wanted} in a line of entries such as key{mark}7."""
            {start}for entry in line.split():
                {search}
                if {match}:
                    {update}
            return {result}
        ''')
    high = draw.choice(9, 30, 100)
    build = draw.choice(
        f'entries: list[str] = []\nfor i in range(n):\n    entries.append(words[i] + "{mark}" + str(xs[i]))\nline = " ".join(entries)\n',
        f'line = words[0] + "{mark}" + str(xs[0])\nfor i in range(1, n):\n    line = line + " " + words[i] + "{mark}" + str(xs[i])\n',
    )
    head = f"n = read_int(1, {draw.scale(4, 8)})\nwords = read_words(n)\nxs = read_array(n, 0, {high})\n"
    words = compose.verdicts(draw)
    ask = draw.choice('key = read_line("lower", 1, 3)\n', "keys = read_words(1)\nkey = keys[0]\n", "")
    if not ask:
        build += f"key = words[{draw.choice('0', 'n - 1', 'n // 2')}]\n"
    main = draw.choice(
        compose.say(draw, f"{f}(line, key)"),
        f"value = {f}(line, key)\nif value {draw.choice('>', '==', '<')} {draw.integer(0, 4)}:\n    print({words[0]})\nelse:\n    print({draw.choice('value', words[1])})\n",
        f"print({draw.choice('key', 'line', 'key.upper()')}, {f}(line, key))\n",
        f"total = {f}(line, key)\nfor word in words:\n    if {draw.choice('word != key', 'len(word) > 3', 'len(word) % 2 == 0')}:\n        total += {f}(line, word)\n"
        + compose.say(draw, "total"),
        f"for word in words:\n    if {f}(line, word) {draw.choice('>', '<', '==', '>=')} {f}(line, key):\n        print({draw.choice('word', 'word.upper()', f'word, {f}(line, word)')})\nprint(line)\n",
    )
    return draw.program(head + ask + build + main)


@family("separated-fields")
def separated_fields(draw: Draw) -> str:
    """Numbers in a line, with a sign between them, as in a table that was saved as text."""
    f = draw.name("sum_fields", "fields_to_number", "field_total", "evaluate_line")
    separator, sign = draw.choice((",", "a comma"), (";", "a semicolon"), ("|", "a bar"))
    value = draw.choice(
        'value = value * 10 + ord(ch) - ord("0")',
        'value = 10 * value + (ord(ch) - ord("0"))',
    )
    start, close, result, aim = draw.choice(
        ("total = 0", "total += value", "total", "Add up the fields"),
        (
            "total = 0",
            "total += value * column",
            "total + column",
            "Add up the fields, each times its column from nought on, and the number of fields",
        ),
        ("best = 0", "best = max(best, value)", "best", "Find the largest field"),
        (
            "total = 0",
            f"if {draw.condition('value', 40)}:\n                        total += value",
            "total",
            "Add up the fields that a rule picks",
        ),
        (
            "count = 0",
            f"if {draw.condition('value', 40)}:\n                        count += 1",
            "count",
            "Count the fields that a rule picks",
        ),
        (
            "total = 0",
            f"if column % 2 == {draw.integer(0, 1)}:\n                        total += value\n                    else:\n                        total -= value",
            "total",
            "Add and subtract the fields in turn",
        ),
        (
            "previous = 0",
            "changes += abs(value - previous)\n                    previous = value",
            "changes",
            "Add up the steps between the fields",
        ),
        (
            "total = 0",
            f"if column == {draw.integer(0, 2)}:\n                        total = value",
            "total",
            "Find a field by its column",
        ),
    )
    column = "column" in close + result
    changes = "changes = 0\n            " if "changes" in close else ""
    draw.define(f'''
        def {f}(line: str) -> int:
            """{aim} of a line in which {sign} ends each field."""
            {changes}{start}
            value = 0
            {"column = 0" if column else ""}
            for ch in line:
                if ch == "{separator}":
                    {close}
                    value = 0
                    {"column += 1" if column else ""}
                {draw.choice("else", "elif ch.isdigit()")}:
                    {value}
            return {result}
        ''')
    high = draw.choice(9, 50, 300)
    words = compose.verdicts(draw)
    n = draw.scale(4, 8)
    several = f"n = read_int(1, {n})\nxs = read_array(n, 0, {high})\n"
    line = draw.choice(
        f'line = "{separator}".join(xs) + "{separator}"\n',
        f'line = ""\nfor x in xs:\n    line = line + str(x) + "{separator}"\n',
        f'line = ""\nfor x in xs:\n    if {draw.condition("x", high)}:\n        line = line + str(x) + "{separator}"\n    else:\n        line = line + "{draw.integer(1, 9)}{separator}"\n',
    )
    rows = f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, 0, {high})\n"
    row = f'{f}("{separator}".join(row) + "{separator}")'
    return draw.program(
        draw.choice(
            several + line + compose.say(draw, f"{f}(line)"),
            several
            + line
            + f"print(line)\nprint({draw.choice('', 'len(line), ', 'n, ')}{f}(line))\n"
            + compose.coda(draw, "n", n),
            several
            + line
            + f"value = {f}(line)\nif {draw.signed_condition('value', high)}:\n    print({words[0]})\nelse:\n    print({draw.choice('value', words[1])})\n",
            rows
            + f"for row in grid:\n    print({draw.choice('', 'len(row), ', 'row[0], ')}{row})\n"
            + compose.coda(draw, "rows", 5),
            rows
            + f"total = 0\nfor row in grid:\n    value = {row}\n    if {draw.signed_condition('value', high)}:\n        total += {draw.choice('1', 'value', 'row[0]')}\n"
            + compose.say(draw, "total"),
            rows
            + f"best = {row.replace('(row)', '(grid[0])')}\nfor row in grid:\n    best = {draw.choice('max', 'min')}(best, {row})\n"
            + compose.say(draw, "best"),
        )
    )


@family("letter-values", lends="text_function")
def letter_values(draw: Draw) -> str:
    """Reads numerals whose letters have fixed values, as the Roman ones."""
    g = draw.name("letter_value", "worth", "value_of_symbol", "weight_of")
    f = draw.name("from_numeral", "numeral_value", "reading_of", "decode_numeral")
    alphabet = draw.choice("moves", "moves", "lower", "mixed")
    one, two, three = draw.choice(("5", "10", "50"), ("3", "9", "27"), ("50", "5", "500"), ("10", "5", "2"))
    if alphabet == "moves":
        tests = ('ch == "L"', 'ch == "D"', 'ch == "R"')
    else:
        tests = draw.choice(
            ('ch in "aeiou"', 'ch < "h"', 'ch in "lmn"'),
            ('ch in "xyz"', 'ch > "m"', 'ch == "a"'),
            ('ch == "i"', 'ch in "vwx"', 'ch in "lcd"'),
        )
    chain = draw.choice("if", "elif")
    rest = draw.choice("1", "1", "0")
    draw.define(f'''
        def {g}(ch: char) -> int:
            """Tell what a letter of a numeral is worth."""
            if {tests[0]}:
                return {one}
            {chain} {tests[1]}:
                return {two}
            {chain} {tests[2]}:
                return {three}
            return {rest}
        ''')
    sign = draw.choice("<", "<", ">", "<=", "!=")
    before = f"{g}(text[i]) {sign} {g}(text[i + 1])"
    peek = draw.choice(
        f"value = {g}(text[i])\n                if i + 1 < len(text) and value {sign} {g}(text[i + 1]):\n                    total -= value\n                else:\n                    total += value",
        f"if i + 1 < len(text) and {before}:\n                    total -= {g}(text[i])\n                else:\n                    total += {g}(text[i])",
    )
    back = (
        f"value = {g}(text[i])\n                if value {sign} previous:\n                    total -= value\n"
        f"                else:\n                    total += value\n                previous = value"
    )
    twice = (
        f"value = {g}(text[i])\n                total += value\n                if i > 0 and {g}(text[i - 1]) {sign} value:\n"
        f"                    total -= {draw.choice('2 * ', '')}{g}(text[i - 1])"
    )
    largest = (
        f"value = {g}(text[i])\n                if value {draw.choice('>=', '>')} previous:\n                    previous = value\n"
        f"                    total += value\n                else:\n                    total -= value"
    )
    loop, body, rule = draw.choice(
        ("range(len(text))", peek, "by the letter after it"),
        ("range(len(text) - 1, -1, -1)", back, "by the letter after it"),
        ("range(len(text))", twice, "by the letter before it"),
        ("range(len(text) - 1, -1, -1)", largest, "by the largest letter after it"),
    )
    previous = "previous = 0" if "previous" in body else ""
    draw.define(f'''
        def {f}(text: str) -> int:
            """Add or subtract the worth of each letter of a numeral, as decided {rule}."""
            total = 0
            {previous}
            for i in {loop}:
                {body}
            return {draw.choice("abs(total)", "max(total, 0)", "abs(total) % 100")}
        ''')
    return compose.text_function(draw, f, alphabet, 1, draw.scale(6, 12))
