"""Characters, words, encodings."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _character_test(draw: Draw) -> str:
    """Returns a condition on the character `ch`."""
    letters = draw.choice("aeiou", "aeiouAEIOU", "xyz", "abc", "rstlne", "02468", "13579")
    options = (
        f'ch in "{letters}"',
        f'ch not in "{letters}"',
        "ch.isdigit()",
        "ch.isalpha()",
        "ch.isupper()",
        "ch.islower()",
        f'ch == "{draw.choice("a", "e", "t", "0", "1")}"',
        f'ch < "{draw.choice("h", "m", "p")}"',
        f'(ord(ch) - ord("a") + 26 * 4) % {draw.integer(2, 5)} == 0',
        f"ord(ch) % {draw.integer(2, 5)} == {draw.integer(0, 1)}",
    )
    first = draw.choice(*options)
    if not draw.harder(0.15, 0.5):
        return first
    return f"{first} {draw.choice('and', 'or')} {draw.choice(*options)}"


@family("count-characters", lends="text_function")
def count_characters(draw: Draw) -> str:
    """Counts or weighs characters."""
    f = draw.name("count_letters", "text_score", "count_symbols", "letter_value")
    update = draw.choice("1", "1", "i", "i + 1", f"{draw.integer(2, 9)}", 'ord(ch) - ord("0")')
    other = draw.choice(
        "",
        f"\n                elif {_character_test(draw)}:\n                    count += {draw.choice('1', '2', 'i')}",
        "\n                else:\n                    count = max(0, count - 1)",
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Count the characters of a certain kind."""
            count = 0
            for i in range(len(text)):
                ch = text[i]
                if {_character_test(draw)}:
                    count += {update}{other}
            return count
        ''')
    return compose.text_function(draw, f, draw.choice("mixed", "letters"), 0, draw.scale(8, 16))


@family("palindrome")
def palindrome(draw: Draw) -> str:
    """Reads from both ends."""
    f = draw.name("is_mirrored", "is_palindromic", "reads_both_ways", "nearly_palindrome")
    allowed = draw.choice(0, 0, 1, 2)
    pointers = f'''
        def {f}(text: str) -> bool:
            """Compare a text with itself from both ends."""
            left = 0
            right = len(text) - 1
            count = 0
            while left < right:
                if text[left]{draw.choice("", ".lower()")} != text[right]{draw.choice("", ".lower()")}:
                    count += 1
                {draw.choice("", f"if count > {allowed + 1}:" + chr(10) + "                    return False" + chr(10) + "                ")}left += 1
                right -= 1
            return count {draw.choice("<=", "==", ">")} {allowed}
        '''
    indexed = f'''
        def {f}(text: str) -> bool:
            """Compare each character with its mirror image."""
            for i in range(len(text) // 2):
                ch = text[i]
                if ch != text[len(text) - 1 - i]{draw.choice("", " and " + _character_test(draw))}:
                    return False
            return {draw.choice("True", "True", f"len(text) > {draw.integer(1, 4)}", f"len(text) % 2 == {draw.integer(0, 1)}")}
        '''
    reverse = f'''
        def {f}(text: str) -> bool:
            """Compare what counts in a text with its reverse."""
            kept = ""
            for ch in text:
                if {_character_test(draw)}:
                    kept {draw.choice("+= ch", "+= ch.lower()")}
            return kept == kept[::-1]{draw.choice("", f" and len(kept) > {draw.integer(1, 3)}", f" or len(kept) < {draw.integer(1, 3)}")}
        '''
    draw.define(draw.choice(pointers, indexed, reverse))
    return compose.text_test(draw, f, draw.choice("letters", "lower"), 0, draw.scale(7, 14))


@family("caesar")
def caesar(draw: Draw) -> str:
    """Shifts letters around the alphabet."""
    f = draw.name("encode", "encrypt", "shift_letters", "cipher")
    shift = draw.choice(
        str(draw.integer(1, 25)),
        f"(i + {draw.integer(1, 9)})",
        f"(i * {draw.integer(2, 7)})",
        "len(text)",
        f"(i % {draw.integer(2, 4)} + 1)",
    )
    upper = draw.choice(
        "",
        f'\n                elif ch.isupper():\n                    result += chr((ord(ch) - ord("A") + {draw.integer(1, 25)}) % 26 + ord("A"))',
    )
    condition = draw.choice("ch.islower()", "ch.islower()", "ch.islower() and " + _character_test(draw))
    last = draw.choice("result += ch", f'result += "{draw.choice("*", "-", "_", "#")}"', "result = ch + result")
    draw.define(f'''
        def {f}(text: str) -> str:
            """Replace letters by others further on in the alphabet."""
            result = ""
            for i in range(len(text)):
                ch = text[i]
                if {condition}:
                    result += chr((ord(ch) - ord("a") + {shift}) % 26 + ord("a")){upper}
                else:
                    {last}
            return result
        ''')
    return compose.text_map(draw, f, draw.choice("mixed", "letters"), 1, draw.scale(7, 15))


@family("run-length")
def run_length(draw: Draw) -> str:
    """Run-length encoding and its relatives."""
    f = draw.name("compress", "encode_runs", "squeeze", "run_length")
    emit = draw.choice(
        "result += text[i - 1] + str(run)",
        "result += str(run) + text[i - 1]",
        "result += text[i - 1]\n                    if run > 1:\n                        result += str(run)",
        f"if run >= {draw.integer(2, 3)}:\n                        result += text[i - 1]{draw.choice('', ' + str(run)')}",
        "result += text[i - 1]\n                    if run % 2 == 0:\n                        result += text[i - 1].upper()",
    )
    draw.define(f'''
        def {f}(text: str) -> str:
            """Describe runs of equal characters."""
            result = ""
            run = 1
            for i in range(1, len(text) + 1):
                if i < len(text) and text[i] == text[i - 1]:
                    run += 1
                else:
                    {emit}
                    run = 1
            return result
        ''')
    return compose.text_map(draw, f, draw.choice("lower", "bits"), 1, draw.scale(8, 16))


@family("rewrite-text")
def rewrite_text(draw: Draw) -> str:
    """Drops, doubles and moves characters."""
    f = draw.name("rewrite", "clean", "decorate", "convert")

    def action() -> str:
        return draw.choice(
            "result += ch",
            "result += ch.upper()",
            "result = ch + result",
            "result += ch\n                    result += ch",
            "continue",
            f'result += "{draw.choice("*", ".", "-")}"',
            "result += ch.lower()",
            "result += str(i)",
        )

    rules = f"if {_character_test(draw)}:\n                    {action()}"
    for _ in range(draw.scale(0, 2)):
        rules += f"\n                elif {_character_test(draw)}:\n                    {action()}"
    rules += f"\n                else:\n                    {draw.choice('result += ch', 'result += ch', 'result = ch + result')}"
    draw.define(f'''
        def {f}(text: str) -> str:
            """Write a text again by other rules."""
            result = ""
            for i in range(len(text)):
                ch = text[i]
                {rules}
            return result
        ''')
    return compose.text_map(draw, f, draw.choice("mixed", "letters"), 1, draw.scale(7, 15))


@family("brackets")
def brackets(draw: Draw) -> str:
    """Matches brackets with a stack."""
    f = draw.name("is_balanced", "check_brackets", "well_formed", "nesting")
    depth = draw.chance(0.5)
    track = (
        f"best = {draw.choice('max(best, len(stack))', 'best + len(stack)', 'best + 1')}"
        if depth
        else '"Wait for the other side."'
    )
    result, failure, success = (
        (
            "int",
            draw.choice("-1", "best", "0"),
            draw.choice("best", "best + len(stack)", "best * 10 + len(stack)"),
        )
        if depth
        else ("bool", "False", draw.choice("len(stack) == 0", f"len(stack) <= {draw.integer(1, 2)}"))
    )
    pairs = draw.choice('"([{"', '"(["', '"({"', '"("')
    draw.define(f'''
        def {f}(text: str) -> {result}:
            """Match opening and closing brackets."""
            stack: list[char] = []
            {"best = 0" if depth else '"Open brackets wait here."'}
            for ch in text:
                if ch in {pairs}:
                    stack.append(ch)
                    {track}
                elif ch == ")" or ch == "]" or ch == "{"}"}":
                    if len(stack) == 0:
                        {draw.choice(f"return {failure}", "continue")}
                    top = stack[len(stack) - 1]
                    stack.pop()
                    if ch == ")" and top != "(":
                        return {failure}
                    {draw.choice("", 'if ch == "]" and top != "[":' + chr(10) + f"                        return {failure}" + chr(10) + "                    ")}{'"Closed."' if not depth or draw.chance(0.5) else "best += 1"}
            return {success}
        ''')
    use = compose.text_function if depth else compose.text_test
    return use(draw, f, "brackets", 0, draw.scale(6, 14))


@family("word-statistics")
def word_statistics(draw: Draw) -> str:
    """Looks at the words of a sentence."""
    f = draw.name("rate_word", "word_value", "word_score")
    draw.define(f'''
        def {f}(word: str) -> int:
            """Give a word a number."""
            score = {draw.choice("0", "len(word)", "1")}
            for ch in word:
                if {_character_test(draw)}:
                    score += {draw.choice("1", "2", 'ord(ch) - ord("a")', str(draw.integer(3, 9)))}
            return score{draw.choice("", f" % {draw.integer(5, 20)}", " + len(word)")}
        ''')
    head = 'text = read_line("words", 1, 9)\nwords = text.split()\n'
    match draw.integer(0, 4):
        case 0:
            return draw.program(
                head
                + f"best = words[0]\nfor word in words:\n    if {f}(word) {draw.choice('>', '>=', '<')} {f}(best):\n        best = word\n"
                + compose.say(draw, draw.choice("best", f"{f}(best)", "best.upper()"))
            )
        case 1:
            return draw.program(
                head
                + f"total = 0\nfor i in range(len(words)):\n    value = {f}(words[i])\n    if {draw.condition('value', 12)}:\n        total += {draw.choice('value', 'value * (i + 1)', 'i', '1')}\n"
                + compose.say(draw, "total")
            )
        case 2:
            return draw.program(
                head
                + f"result: list[str] = []\nfor word in words:\n    value = {f}(word)\n    if {draw.condition('value', 12)}:\n        result.append({draw.choice('word', 'word[::-1]', 'word.upper()', 'word[:1]')})\n"
                + 'print(len(result))\nprint(" ".join(result))\n'
            )
        case 3:
            return draw.program(
                head
                + f"for i in range(1, len(words)):\n    if {f}(words[i]) {draw.choice('>', '<', '==', '!=')} {f}(words[i - 1]):\n        print({draw.choice('words[i]', 'i', 'i, words[i]', 'words[i - 1], words[i]')})\n    else:\n        print({draw.choice(chr(34) + '-' + chr(34), '0', 'len(words[i])')})\n"
            )
        case _:
            return draw.program(
                head
                + f'result = ""\nfor word in words:\n    value = {f}(word)\n    if {draw.condition("value", 12)}:\n        result += {draw.choice("word[:1]", "word[len(word) - 1]", "word[1:]")}\n    {draw.choice("else:", f"elif len(word) > {draw.integer(2, 4)}:")}\n        result += {draw.choice(chr(34) + "." + chr(34), "str(len(word))", "word[:1].upper()")}\nprint(result)\n'
            )


@family("parse-number", lends="text_function")
def parse_number(draw: Draw) -> str:
    """Reads numbers out of a text, digit by digit."""
    f = draw.name("parse_digits", "to_number", "checksum", "decode")
    base = draw.choice(2, 3, 7, 10)
    update = draw.choice(
        f"total = (total * {base} + digit) % {draw.integer(97, 9999)}",
        f"total += digit * ({draw.choice('i + 1', 'len(text) - i', f'i % {draw.integer(2, 3)} + 1')})",
        f"if i % {draw.integer(2, 3)} == 0:\n                        total += digit\n                    else:\n                        total += digit * {draw.integer(2, 3)} % 9",
        "total = abs(total - digit)",
        "total = max(total, digit) + 1",
        "total += digit\n                    if total > 50:\n                        total -= 50",
    )
    guard = draw.choice("ch.isdigit()", f'ch >= "0" and ch <= "{draw.integer(5, 9)}"', 'ch.isdigit() and ch != "0"')
    other = draw.choice(
        "",
        f"\n                else:\n                    {draw.choice('total += 1', 'total = total * 2 % 1000', f'total = (total + i) % {draw.integer(20, 99)}')}",
        f"\n                elif {_character_test(draw)}:\n                    total = (total + {draw.integer(1, 20)}) % 1000",
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Turn the digits of a text into one number."""
            total = 0
            for i in range(len(text)):
                ch = text[i]
                if {guard}:
                    digit = {draw.choice("int(text[i:i + 1])", 'ord(ch) - ord("0")')}
                    {update}{other}
            return total
        ''')
    return compose.text_function(draw, f, draw.choice("mixed", "digits"), 1, draw.scale(6, 12))
