"""Maps and counting."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _count_up(draw: Draw, key: str) -> str:
    if draw.chance(0.5):
        return f"counts[{key}] = counts.get({key}, 0) + 1"
    return f"if {key} not in counts:\n                    counts[{key}] = 0\n                counts[{key}] += 1"


@family("letter-frequency", lends="text_function")
def letter_frequency(draw: Draw) -> str:
    """Counts letters, then asks something about the counts."""
    f = draw.name("letter_summary", "frequency_score", "most_common", "repeat_value")
    loop = draw.choice(
        f"for ch in sorted(counts):\n                if counts[ch] {draw.choice('>', '>=', '==')} {draw.integer(1, 2)}{draw.choice('', ' and ch > ' + chr(34) + 'f' + chr(34))}:\n                    result += {draw.choice('1', 'counts[ch]', 'counts[ch] * counts[ch]')}",
        "for ch in sorted(counts):\n                result = max(result, counts[ch])",
        f"for ch in text:\n                if counts[ch] == {draw.integer(1, 2)}:\n                    result += {draw.choice('1', 'ord(ch) % 7', '2')}{draw.choice('', chr(10) + '                    break')}",
        f"for i in range(len(text)):\n                if counts[text[i]] {draw.choice('>', '==')} 1:\n                    result {draw.choice('+= i', '= i + 1', '= max(result, i)')}",
        f"for ch in sorted(counts):\n                if counts[ch] % 2 == {draw.integer(0, 1)}:\n                    result += {draw.choice('1', 'counts[ch]')}\n                else:\n                    result {draw.choice('-= 1', '+= 2', '= max(0, result - counts[ch])')}",
    )
    guard = (
        draw.choice(
            "",
            "if ch.isupper():\n                    continue\n                ",
            "if not ch.isalpha():\n                    continue\n                ",
        )
        if "in text" not in loop and "len(text)" not in loop
        else ""
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Count how often each character occurs, and sum that up."""
            counts: dict[char, int] = {{}}
            for ch in text:
                {guard}{_count_up(draw, "ch")}
            result = 0
            {loop}
            return {draw.choice("result", "abs(result)", "abs(result) + len(counts)")}
        ''')
    return compose.text_function(draw, f, draw.choice("lower", "letters", "mixed"), 0, draw.scale(7, 15))


@family("value-frequency", lends="list_function")
def value_frequency(draw: Draw) -> str:
    """Counts values, or classes of values."""
    f = draw.name("mode", "distinct_score", "count_groups", "rare_value")
    key = draw.choice("x", "x", f"floor_mod(x, {draw.integer(3, 7)})", "abs(x)", f"floor_div(x, {draw.integer(2, 6)})")
    loop = draw.choice(
        f"for key in sorted(counts):\n                if counts[key] {draw.choice('>', '>=', '<')} best:\n                    best = counts[key]\n                    result = key",
        f"for key in sorted(counts):\n                if counts[key] {draw.choice('==', '>', '>=')} {draw.integer(1, 2)}:\n                    result += {draw.choice('1', 'key', 'counts[key]', 'key * counts[key]')}",
        f"for key in sorted(counts):\n                if {draw.signed_condition('key', 9)}:\n                    result += counts[key]\n                else:\n                    best = max(best, counts[key])",
        f"for x in xs:\n                key = {key}\n                if counts[key] {draw.choice('==', '>')} 1:\n                    result += {draw.choice('1', 'x', 'key')}",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Count how often each value occurs, and ask about the counts."""
            counts: dict[int, int] = {{}}
            for x in xs:
                value = {key}
                {_count_up(draw, "value")}
            best = {draw.choice("0", "1", "len(xs)")}
            result = {draw.choice("0", "0", "-1")}
            {loop}
            return {draw.choice("result", "result", "result + best", "result * 2 - len(counts)")}
        ''')
    return compose.list_function(draw, f, draw.choice(-6, 0, 1), draw.scale(6, 12))


@family("pair-sum", lends="list_function")
def pair_sum(draw: Draw) -> str:
    """Finds partners with a map of what was seen."""
    f = draw.name("find_partners", "pairs_with_sum", "two_sum", "partner_count")
    target = draw.integer(3, 15)
    need = draw.choice(
        f"{target} - x", f"x - {target}", "-x", f"x + {draw.integer(1, 5)}", f"abs(x) - {draw.integer(1, 4)}"
    )
    update = draw.choice(
        "count += 1",
        "count += seen[other]",
        "count = max(count, i - seen[other])",
        "count += i",
        "count += abs(x)",
    )
    save = draw.choice(
        "seen[x] = i", "seen[x] = seen.get(x, 0) + 1", "if x not in seen:\n                    seen[x] = i"
    )
    guard = draw.choice("", f" and {draw.signed_condition('x', 9)}")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Look for the partner of each value among the earlier ones."""
            seen: dict[int, int] = {{}}
            count = 0
            for i in range(len(xs)):
                x = xs[i]
                other = {need}
                if other in seen{guard}:
                    {update}
                {save}
            return count
        ''')
    return compose.list_function(draw, f, draw.choice(-6, 0, 1), draw.scale(7, 15))


@family("word-count")
def word_count(draw: Draw) -> str:
    """Counts words, or classes of words."""
    f = draw.name("key_of", "group_of", "class_of")
    body = draw.choice(
        "return word[:1]",
        "return word[len(word) - 1:]",
        "return word",
        "return word[::-1]",
        f"if len(word) > {draw.integer(2, 5)}:\n                return {draw.choice(chr(34) + 'long' + chr(34), 'word[:2]')}\n            return {draw.choice(chr(34) + 'short' + chr(34), 'word', 'word.upper()')}",
        "return str(len(word))",
        f'count = 0\n            for ch in word:\n                if ch in "{draw.choice("aeiou", "aeo", "rstln")}":\n                    count += 1\n            return str(count)',
    )
    draw.define(f'''
        def {f}(word: str) -> str:
            """Tell under which key a word is counted."""
            {body}
        ''')
    add = draw.choice(
        "counts[key] = counts.get(key, 0) + 1",
        "if key in counts:\n        counts[key] += 1\n    else:\n        counts[key] = 1",
        "counts[key] = counts.get(key, 0) + len(word)",
        "if len(word) > counts.get(key, 0):\n        counts[key] = len(word)",
    )
    guard = draw.choice("", f"if len(word) {draw.choice('<', '>')} {draw.integer(2, 6)}:\n        continue\n    ")
    head = draw.choice(
        f"n = read_int(1, {draw.scale(5, 9)})\nwords = read_words(n)\n",
        'text = read_line("words", 1, 9)\nwords = text.split()\n',
    )
    head += f"counts: dict[str, int] = {{}}\nfor word in words:\n    {guard}key = {f}(word)\n    {add}\n"
    show = draw.choice(
        "print(key, counts[key])",
        'print(f"{key}: {counts[key]}")',
        'print(f"{key}={counts[key]}")',
        "print(counts[key], key)",
    )
    match draw.integer(0, 3):
        case 0:
            return draw.program(head + f"for key in sorted(counts):\n    {show}\n")
        case 1:
            return draw.program(
                head
                + f"for key in sorted(counts):\n    if counts[key] {draw.choice('>', '>=', '==')} {draw.integer(1, 3)}:\n        {show}\n    {draw.choice('else:', f'elif len(key) > {draw.integer(1, 3)}:')}\n        print({draw.choice('key', 'key.upper()')})\n"
            )
        case 2:
            return draw.program(
                head
                + f'best = 0\nanswer = "{draw.choice("none", "-")}"\nfor key in sorted(counts):\n    if counts[key] {draw.choice(">", ">=")} best:\n        best = counts[key]\n        answer = key\nprint(answer, best)\n'
            )
        case _:
            return draw.program(
                head
                + f"total = 0\nfor key in sorted(counts):\n    value = counts[key]\n    if {draw.condition('value', 5)}:\n        total += {draw.choice('value', '1', 'len(key)')}\nprint({draw.choice('len(counts), ', '')}total)\n"
            )
