"""Small machines, robots and accounts."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("robot", lends="text_function")
def robot(draw: Draw) -> str:
    """Walks by a string of moves."""
    f = draw.name("final_distance", "walk", "follow", "robot_score")
    size = draw.integer(2, 5)
    step = draw.choice("1", "1", "2", "i % 2 + 1", "steps")
    track = draw.choice(
        "best = max(best, abs(a) + abs(b))",
        "if a == 0 and b == 0:\n                    best += 1",
        f"if abs(a) > {size} or abs(b) > {size}:\n                    {draw.choice('break', 'best += 1', 'a = 0')}",
        "best += abs(a - b)",
        f"if {draw.signed_condition('a', 3)}:\n                    best += 1",
        "best = min(best, a + b)",
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Follow the moves on a grid."""
            a = 0
            b = 0
            best = 0
            steps = 1
            for i in range(len(text)):
                ch = text[i]
                if ch == "U":
                    b += {step}
                elif ch == "D":
                    b -= {step}
                elif ch == "L":
                    a -= {draw.choice("1", step)}
                {draw.choice("else:", 'elif ch == "R":')}
                    a += {draw.choice("1", step)}
                {track}
                {draw.choice("steps = 3 - steps", "steps = steps % 3 + 1", "if i % 2 == 1:" + chr(10) + "                    steps += 1")}
            return {draw.choice("abs(a) + abs(b)", "abs(best)", "max(abs(a), abs(b)) + abs(best)", "a * a + b * b", "abs(best) * 10 + abs(a)")}
        ''')
    return compose.text_function(draw, f, "moves", 0, draw.scale(6, 16))


@family("account", lends="list_function")
def account(draw: Draw) -> str:
    """Deposits and withdrawals with rules."""
    f = draw.name("settle", "final_balance", "run_account", "apply_changes")
    reject = draw.choice(
        "count += 1",
        f"balance -= {draw.integer(1, 5)}",
        "continue",
        "count += 1\n                    continue",
        "break",
    )
    rule = draw.choice(
        f"balance + x < {draw.choice(0, -10)}",
        f"x > {draw.integer(10, 30)}",
        f"balance > {draw.integer(20, 60)} and x > 0",
        draw.signed_condition("x"),
    )
    second = draw.choice(
        "",
        f"\n                if {draw.signed_condition('balance', 40)}:\n                    balance {draw.choice('+= 1', '-= 1', '= floor_div(balance, 2)', '+= count')}",
        f"\n                if count >= {draw.integer(2, 3)}:\n                    break",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Apply changes to an account, one after the other."""
            balance = {draw.choice("0", str(draw.integer(5, 50)))}
            count = 0
            for x in xs:
                if {rule}:
                    {reject}
                {draw.choice("else:", "elif x != 0:")}
                    balance += x{draw.choice("", " - 1", " * 2")}{second}
            return {draw.choice("balance", "balance", "balance - count", "balance * 10 + count", "max(balance, count)")}
        ''')
    return compose.list_function(draw, f, -draw.integer(10, 30), draw.scale(20, 60))


@family("state-machine", lends="text_function")
def state_machine(draw: Draw) -> str:
    """A machine with a few states that reads a text."""
    f = draw.name("run_machine", "final_state", "scan", "automaton")
    alphabet = draw.choice("bits", "lower")
    one, two = ("0", "1") if alphabet == "bits" else draw.choice(("a", "b"), ("e", "t"), ("s", "r"))
    states = draw.integer(2, 4)
    rules = ""
    for index in range(states):
        word = "if" if index == 0 else "elif"
        test = draw.choice(
            f'ch == "{one}"',
            f'ch == "{two}"',
            f'ch != "{one}"',
            'ch in "aeiou1"',
            'ch > "0"' if alphabet == "bits" else 'ch > "k"',
        )
        action = draw.choice("", "\n                        count += 1", "")
        other = draw.choice(
            "", f"\n                    else:\n                        state = {draw.integer(0, states - 1)}"
        )
        rules += f"{'' if index == 0 else chr(10) + '                '}{word} state == {index}:\n                    if {test}:\n                        state = {draw.integer(0, states - 1)}{action}{other}"
    draw.define(f'''
        def {f}(text: str) -> int:
            """Read a text and change state with every character."""
            state = 0
            count = 0
            for ch in text:
                {rules}
            return {draw.choice("state", "count", "count * 10 + state", "state + count")}
        ''')
    return compose.text_function(draw, f, alphabet, 1, draw.scale(7, 15))


@family("stack-machine", lends="text_function")
def stack_machine(draw: Draw) -> str:
    """Interprets single-character instructions with a stack of numbers."""
    f = draw.name("execute", "calculate", "run_program", "evaluate")
    binary = draw.choice("(a + b) % 1000", "max(a, b)", "abs(a - b)", "(a * b) % 100", "a ^ b", "min(a, b) + 1")
    rule = draw.choice('ch in "aeiou"', "ch.isupper()", 'ch < "m"', "i % 3 == 2")
    push = draw.choice('ord(ch) - ord("0")', 'ord(ch) - ord("0") + i', f'(ord(ch) - ord("0")) * {draw.integer(2, 5)}')
    third = draw.choice(
        "",
        f"\n                elif len(stack) > {draw.integer(1, 3)}:\n                    stack.pop()",
        f"\n                elif {draw.choice('len(stack) == 0', 'ch.islower()')}:\n                    stack.append({draw.choice('1', 'i', 'len(stack)')})",
        f"\n                else:\n                    stack.append({draw.choice('0', 'i', 'len(stack)')})",
    )
    final = draw.choice(
        "sum(stack) % 10000",
        "stack[len(stack) - 1]",
        "max(stack)",
        "len(stack)",
        "stack[0] + len(stack)",
        "stack[len(stack) - 1] * 10 + len(stack)",
    )
    draw.define(f'''
        def {f}(text: str) -> int:
            """Carry out instructions on a stack."""
            stack: list[int] = []
            for i in range(len(text)):
                ch = text[i]
                if ch.isdigit():
                    stack.append({push})
                elif {rule} and len(stack) >= 2:
                    b = stack[len(stack) - 1]
                    stack.pop()
                    a = stack[len(stack) - 1]
                    stack.pop()
                    stack.append({binary}){third}
            if len(stack) == 0:
                return {draw.choice("0", "1", "len(text)")}
            return {final}
        ''')
    return compose.text_function(draw, f, "mixed", 1, draw.scale(7, 15))


@family("cellular-automaton")
def cellular_automaton(draw: Draw) -> str:
    """Lets a row of cells develop."""
    f = draw.name("evolve", "develop", "next_generation", "advance")
    rule = draw.choice(
        "left != right",
        "left == right",
        "left + right == 1 and xs[i] == 0",
        "left + xs[i] + right == 1",
        "left + xs[i] + right >= 2",
        "left > right or xs[i] == 0",
        "left + right > xs[i]",
    )
    wrap = draw.chance(0.5)
    left = "xs[(i + len(xs) - 1) % len(xs)]" if wrap else "xs[max(0, i - 1)]"
    right = "xs[(i + 1) % len(xs)]" if wrap else "xs[min(len(xs) - 1, i + 1)]"
    one = draw.choice("1", "1 - xs[i]", "left", "right")
    other = draw.choice(
        "",
        f"\n                else:\n                    result[i] = {draw.choice('xs[i]', '1 - xs[i]', 'left')}",
        f"\n                elif {draw.choice('i % 2 == 0', 'xs[i] == 1', 'left == 1')}:\n                    result[i] = {draw.choice('xs[i]', 'right', '1')}",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> array[int]:
            """Compute the next generation of a row of cells."""
            result = [0] * len(xs)
            for i in range(len(xs)):
                left = {left}
                right = {right}
                if {rule}:
                    result[i] = {one}{other}
            return result
        ''')
    if draw.chance(0.4):
        return compose.list_builder(draw, f, 0, 1, grows=False)
    g = draw.list_summary() if draw.chance(0.4) else ""
    line = draw.choice('print("".join(xs))', 'print(" ".join(xs))', "print(sum(xs))", f"print(i, {g or 'sum'}(xs))")
    stop = draw.choice(
        "",
        f"    if sum(xs) {draw.choice('==', '<=')} {draw.integer(0, 2)}:\n        break\n",
        f"    if sum(xs) == n:\n        print({compose.verdicts(draw)[0]})\n",
    )
    return draw.program(
        f"n = read_int(2, {draw.scale(5, 10)})\nsteps = read_int(1, {draw.scale(3, 6)})\nxs = read_array(n, 0, 1)\n"
        f"for i in range(steps):\n    xs = {f}(xs)\n    {line}\n{stop}"
        + draw.choice("", compose.say(draw, draw.choice("sum(xs)", "xs[0] + xs[n - 1]", "n - sum(xs)")))
    )


@family("queue-rounds", lends="list_function")
def queue_rounds(draw: Draw) -> str:
    """Rounds in which values change until nothing happens any more."""
    f = draw.name("rounds", "settle_down", "play_rounds", "reduce_all")
    change = draw.choice(
        "xs[i] //= 2",
        "xs[i] -= 1",
        f"xs[i] = max(0, xs[i] - {draw.integer(2, 6)})",
        f"xs[i] = max(0, xs[i] - xs[i] % {draw.integer(2, 4)} - 1)",
        "xs[i] = xs[i] * 2 // 3",
    )
    condition = draw.choice(
        "xs[i] > 0", f"xs[i] > {draw.integer(1, 6)}", f"xs[i] > 0 and {draw.comparison('xs[i]', 15)}"
    )
    extra = draw.choice(
        "",
        f"\n                        total += {draw.choice('xs[i]', '1', 'i')}",
        "\n                        if i > 0 and xs[i - 1] == 0:\n                            xs[i] = 0",
    )
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Let all values shrink, round by round."""
            steps = 0
            total = 0
            changed = True
            while changed and steps < {draw.integer(8, 20)}:
                changed = False
                for i in range(len(xs)):
                    if {condition}:
                        {change}
                        changed = True{extra}
                steps += 1
            return {draw.choice("steps", "steps + total", "total * 10 + steps", "steps * len(xs) - total", "sum(xs) + steps")}
        ''')
    return compose.list_function(draw, f, 0, draw.scale(9, 40))
