"""Players and goods, accounts and time sheets, jobs, intervals, cards, links, runs."""

from __future__ import annotations

from codegym.problems.procedural import compose, records
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("player-ranking")
def player_ranking(draw: Draw) -> str:
    """Players in an order by several keys, and their places."""
    second = draw.choice("level", "age", "games", "bonus", "wins")
    many = records.declare(
        draw,
        ("Player", "Student", "Team", "Runner", "Candidate"),
        **draw.choice(
            {"name": "str", "score": "int", second: "int"},
            {"name": "str", second: "int", "score": "int"},
            {"score": "int", second: "int"},
        ),
    )
    one, every, word = many.one, many.every, many.record.lower()
    reads = many.read(draw, *draw.choice((0, 9), (1, 6), (0, 30)))
    match draw.integer(0, 5):
        case 0 | 1:
            f = draw.name("rating", "strength", "worth_of", "overall")
            body = records.formula_body(draw, f"{one}.score", f"{one}.{second}")
            records.define(
                draw,
                f"{f}({one}: {many.record}) -> int",
                f"Rate {records.with_article(word)} by score and {second}.",
                body,
            )
            return draw.program(reads + records.ask(draw, many, f, 40))
        case 2 | 3:
            before = _precedence(draw, many, second)
            if draw.harder(0.6, 0.2):
                return draw.program(
                    reads
                    + f"for {one} in {every}:\n    place = 1\n    for other in {every}:\n        if {before}(other, {one}):\n            place += 1\n"
                    + draw.choice(
                        f"    print(place, {many.show(one)})\n",
                        f"    if place {draw.choice('<=', '==', '>')} {draw.integer(1, 3)}:\n        print({many.show(one)})\n",
                    ),
                )
            sort = records.sort(draw, many, before)
            shown = draw.choice(many.show(one), f"{one}.{draw.choice(*many.fields)}")
            return draw.program(
                reads
                + f"{sort}({every})\n"
                + draw.choice(
                    f"for {one} in {every}:\n    print({shown})\n",
                    f"for i in range(min({draw.integer(2, 3)}, n)):\n    print(i + 1, {many.show(f'{every}[i]')})\n",
                    f"print({many.show(f'{every}[0]')})\nprint({many.show(f'{every}[n - 1]')})\n",
                    f"print({many.show(f'{every}[n // 2]')})\n",
                ),
            )
        case _:
            key = draw.choice("score", "score", second)
            step = draw.choice("place = i + 1", "place += 1")
            show = f"{every}[i].name" if "name" in many.fields else many.show(f"{every}[i]")
            rest = {field: type_ for field, type_ in many.fields.items() if field != key}
            order = records.order(draw, rest).replace("(", f"(-r.{key}, ")
            last = draw.choice(
                "",
                f"    if place > {draw.integer(2, 3)}:\n        break\n",
                f"    if {every}[i].{second} {draw.choice('<', '>')} {draw.integer(1, 5)}:\n        continue\n",
            )
            return draw.program(
                reads + f"{every} = sorted({every}, key={order})\nplace = 1\nfor i in range(n):\n"
                f"    if i > 0 and {every}[i].{key} {draw.choice('!=', '<')} {every}[i - 1].{key}:\n        {step}\n{last}"
                f"    print({draw.choice(f'place, {show}', f'{show}, place', f'place, {show}, {every}[i].{key}')})\n"
                + draw.choice("", compose.say(draw, "place")),
            )


def _precedence(draw: Draw, many: records.Many, second: str) -> str:
    """Defines a function that tells which of two records with a score comes first; returns its name."""
    f = draw.name("comes_before", "outranks", "is_ahead", "beats")
    first, then = draw.choice(("score", second), (second, "score"))
    signs = draw.choice(">", "<"), draw.choice(">", "<")
    k = draw.integer(2, 5)
    body = draw.choice(
        f"if a.{first} != b.{first}:\n    return a.{first} {signs[0]} b.{first}\nreturn a.{then} {signs[1]} b.{then}",
        f"return a.{first} {signs[0]} b.{first} or a.{first} == b.{first} and a.{then} {signs[1]} b.{then}",
        f"return a.{first} * {k} + a.{then} {signs[0]} b.{first} * {k} + b.{then}",
        f"if a.{first} {signs[0]} b.{first}:\n    return True\nif a.{first} != b.{first}:\n    return False\nreturn a.{then} {signs[1]} b.{then}",
    )
    summary = f"Tell whether the first of two {many.every} comes before the second."
    return records.define(draw, f"{f}(a: {many.record}, b: {many.record}) -> bool", summary, body)


@family("inventory")
def inventory(draw: Draw) -> str:
    """Goods with a price and an amount."""
    fields = {"name": "str", "price": "float", "amount": "int"}
    if draw.chance(0.3):
        fields = {"name": "str", "amount": "int", "price": "float"}
    many = records.declare(draw, ("Item", "Product", "Article"), **fields)
    one, every, word = many.one, many.every, many.record.lower()
    reads = many.read(draw, 1, 20, decimals=2)
    k, off = draw.integer(3, 15), draw.choice("0.93", "0.89", "0.97", "0.83")

    def worth() -> str:
        body, summary = draw.choice(
            (f"return {one}.price * {one}.amount", "what all pieces cost"),
            (f"return {one}.price * min({one}.amount, {k})", f"what all pieces cost, but at most {k}"),
            (
                f"if {one}.amount {draw.choice('>=', '>')} {k}:\n    return {one}.price * {one}.amount * {off}\nreturn {one}.price * {one}.amount",
                f"what all pieces cost, {off} times as much for large amounts",
            ),
            (
                f"value = {one}.price * {one}.amount\nif value > {k * 10}:\n    value -= {k}\nreturn value",
                f"what all pieces cost, with {k} off where it is more than {k * 10}",
            ),
            (
                f"return {one}.price * {one}.amount if {one}.price > {k} else {one}.price * {one}.amount + {k}",
                f"what all pieces cost, and {k} more for cheap ones",
            ),
        )
        name = draw.name("worth", "cost", "value_of", "total_price")
        return records.define(draw, f"{name}({one}: {many.record}) -> float", f"Compute {summary}.", body)

    def made(price: str, amount: str) -> str:
        parts = {"name": f"{one}.name", "price": price, "amount": amount}
        return f"{many.record}({', '.join(parts[field] for field in fields)})"

    match draw.integer(0, 5):
        case 0 | 1 | 2:
            return draw.program(reads + records.ask_float(draw, many, worth(), 150))
        case 3:
            g = draw.name("updated", "revised", "next_day", "adjusted")
            price, amount = f"{one}.price", f"{one}.amount"
            new, what = draw.choice(
                (made(f"{price} * {off}", amount), f"with {off} times the price"),
                (made(f"{price} + {draw.choice('0.5', '0.25', '1.1')}", amount), "at a higher price"),
                (made(price, f"{amount} + {k}"), f"with {k} more pieces"),
                (made(price, f"max({amount}, {k})"), f"with at least {k} pieces"),
                (made(f"max({price} - {k}, 1)", f"{amount} + 1"), f"for {k} less, at least 1, and with one more piece"),
            )
            test = draw.choice(f"{price} > {k}", f"{amount} < {k}", f"{amount} > {k} and {price} < {k + 2}")
            body, when = draw.choice(
                (f"return {new}", ""), (f"if {test}:\n    return {new}\nreturn {one}", ", where that is due")
            )
            records.define(draw, f"{g}({one}: {many.record}) -> {many.record}", f"Offer the {word} {what}{when}.", body)
            return draw.program(
                reads + records.change(draw, many, g, draw.choice("@.name", "@.amount", "@.name, @.amount"))
            )
        case 4:
            f = worth()
            refuse = draw.choice("", f"    else:\n        print({one}.name)\n", "    else:\n        break\n")
            return draw.program(
                f"budget = read_float(10, 200, 2)\n{reads}"
                + draw.choice("", f"{every} = sorted({every}, key={records.order(draw, fields)})\n")
                + f"count = 0\nfor {one} in {every}:\n    if {f}({one}) {draw.choice('<', '<=')} budget:\n"
                f"        budget -= {f}({one})\n        count += {draw.choice('1', f'{one}.amount')}\n{refuse}"
                + draw.choice('print(count, f"{budget:.2f}")\n', 'print(f"{budget:.2f}")\n', "print(count)\n"),
            )
        case _:
            f, test = worth(), draw.choice(f"{one}.price", f"{one}.amount")
            end = draw.choice(
                'print(f"{total / pieces:.3f}")',
                'print(pieces, f"{total:.2f}")',
                f'if pieces > {k * 3}:\n    print(f"{{total:.2f}}")\nelse:\n    print(pieces)',
            )
            guard = draw.choice("", f"    if {test} {draw.choice('<', '>')} {draw.integer(2, 9)}:\n        continue\n")
            return draw.program(
                reads
                + f"total = 0.0\npieces = {'1' if guard else '0'}\nfor {one} in {every}:\n{guard}    total += {f}({one})\n"
                f"    pieces += {one}.amount\n{end}\n",
            )


@family("bank-transfers")
def bank_transfers(draw: Draw) -> str:
    """Accounts, and payments between them."""
    second = draw.choice("", "", "limit", "points")
    many = records.declare(
        draw, ("Account", "Wallet", "Customer"), owner="str", balance="int", **({second: "int"} if second else {})
    )
    one, every, record = many.one, many.every, many.record
    paid = draw.name("deposited", "altered", "booked", "with_amount")
    fee = draw.integer(1, 3)
    rest = f", {one}.{second}" if second else ""
    new = f"{record}({one}.owner, {one}.balance + amount{rest})"
    if second == "points":
        new = f"{record}({one}.owner, {one}.balance + amount, {one}.points + {draw.choice('1', 'max(amount, 0)', 'abs(amount) // 5')})"
    floor = f"-{one}.limit" if second == "limit" else draw.choice("0", str(-5 * fee))
    test, summary = draw.choice(
        ("", f"Add an amount to the balance of {records.with_article(record.lower())}."),
        (
            f"if {one}.balance + amount < {floor}:\n    return {one}\n",
            f"Add an amount to the balance of {records.with_article(record.lower())}, unless it gets too low.",
        ),
        (f"if amount < 0:\n    amount -= {fee}\n", f"Add an amount to the balance, less {fee} if it is negative."),
        (f"if amount > {fee * 8}:\n    amount = {fee * 8}\n", f"Add an amount of at most {fee * 8} to the balance."),
    )
    records.define(draw, f"{paid}({one}: {record}, amount: int) -> {record}", summary, f"{test}return {new}")
    reads = many.read(draw, *draw.choice((0, 20), (5, 40), (0, 60)), most=max(2, draw.scale(2, 5)))
    show = draw.choice(
        f"{one}.owner, {one}.balance", many.show(one), f'f"{{{one}.owner}}: {{{one}.balance}}"', f"{one}.balance"
    )
    each = f"for {one} in {every}:\n    print({show})\n"
    ending = draw.choice(
        each,
        f"best = {every}[0]\nfor {one} in {every}:\n    if {one}.balance {draw.choice('>', '<')} best.balance:\n        best = {one}\nprint(best.owner, best.balance)\n",
        f"total = 0\nfor {one} in {every}:\n    total += {one}.{second or 'balance'}\n" + compose.say(draw, "total"),
        f"{every} = sorted({every}, key={records.order(draw, many.fields)})\n{each}",
        f"count = 0\nfor {one} in {every}:\n    if {draw.signed_condition(f'{one}.balance', 30)}:\n        count += 1\n"
        + compose.say(draw, "count"),
    )
    transfers = f"m = read_int(1, {draw.scale(4, 8)})\n"
    if draw.harder(0.5, 0.2):
        when = draw.choice(
            "", "", f"    if {every}[i % n].balance {draw.choice('<', '>')} {fee * 10}:\n        continue\n"
        )
        amount = draw.choice("amounts[i]", "amounts[i]", "amounts[i] * 2", "-abs(amounts[i])")
        return draw.program(
            f"{reads}{transfers}amounts = read_array(m, -20, 30)\nfor i in range(m):\n{when}    {every}[i % n] = {paid}({every}[i % n], {amount})\n{ending}",
        )
    transfer = draw.record("Transfer", "Payment", source="int", target="int", amount="int")
    each_one, plural = (
        (draw.choice("transfer", "t"), "transfers")
        if transfer == "Transfer"
        else (draw.choice("payment", "p"), "payments")
    )
    refuse = draw.choice(
        "continue",
        "failed += 1\n        continue",
        "print(payer.owner)\n        continue",
        "failed += 1\n        continue",
        "break",
    )
    rule = draw.choice(
        f"source == target or payer.balance < {each_one}.amount",
        f"payer.balance < {each_one}.amount",
        f"{each_one}.amount > {fee * 5}",
        f"source == target or {each_one}.amount % {fee + 1} == 0",
        f"payer.balance - {each_one}.amount < {-fee * 5}",
    )
    failed = "failed" in refuse
    guard = f"    if {rule}:\n        {refuse}\n" if draw.harder(0.7, 1.0) else ""
    failed = failed and bool(guard)
    loop = (
        f"for {each_one} in {plural}:\n    source = {each_one}.source % n\n    target = {each_one}.target % n\n"
        + (f"    payer = {every}[source]\n" if "payer" in guard else "")
        + guard
        + f"    {every}[source] = {paid}({every}[source], -{each_one}.amount)\n    {every}[target] = {paid}({every}[target], {each_one}.amount)\n"
    )
    return draw.program(
        f"{reads}{transfers}{plural} = read_records({transfer}, m, 0, {draw.integer(8, 25)})\n"
        + ("failed = 0\n" if failed else "")
        + loop
        + ending
        + ("print(failed)\n" if failed else ""),
    )


@family("timesheets")
def timesheets(draw: Draw) -> str:
    """Entries that are grouped by a key into a map of totals."""
    options = draw.choice(
        (("Shift", "Entry", "Task"), "worker", "project", "hours"),
        (("Sale", "Order", "Purchase"), "product", "shop", "amount"),
        (("Trip", "Ride", "Flight"), "driver", "zone", "distance"),
        (("Employee", "Member"), "name", "office", "pay"),
    )
    names, word, group, amount = options
    fields = draw.choice(
        {word: "str", group: "int", amount: "int"},
        {word: "str", group: "int", amount: "int"},
        {group: "int", amount: "int"},
        {word: "str", amount: "int", group: "int"},
    )
    many = records.declare(draw, names, **fields)
    one, every, record = many.one, many.every, many.record
    high = draw.integer(4, 8)
    reads = many.read(draw, 1, high, least=draw.choice(1, 2), most=max(3, draw.scale(5, 10)))
    kind, key, said = draw.choice(
        ("int", f"{one}.{group}", f"its {group}"),
        ("int", f"{one}.{group}", f"its {group}"),
        ("int", f"{one}.{group} % {draw.integer(2, 3)}", f"its {group}, in classes"),
        *(
            (
                ("str", f"{one}.{word}[:1]", f"the first letter of its {word}"),
                ("int", f"len({one}.{word})", f"the length of its {word}"),
            )
            if word in fields
            else ()
        ),
    )
    worth, value = draw.choice(
        (f"{one}.{amount}", ""),
        (f"{one}.{amount}", ""),
        ("1", ""),
        (f"{one}.{amount} * {one}.{amount}", ""),
        (f"f({one})", records.formula_body(draw, f"{one}.{amount}", f"{one}.{group}")),
        (
            f"f({one})",
            f"if {one}.{amount} > {draw.integer(2, high - 1)}:\n    return {one}.{amount} * {draw.integer(2, 3)}\nreturn {one}.{amount}",
        ),
    )
    if value:
        f = draw.name("worth", "credit", "weighted", "value_of")
        records.define(draw, f"{f}({one}: {record}) -> int", f"Compute what the {record.lower()} counts for.", value)
        worth = worth.replace("f(", f"{f}(")
    if draw.harder(0.2, 0.6):
        g = draw.name("key_of", "group_of", "class_of")
        records.define(
            draw,
            f"{g}({one}: {record}) -> {kind}",
            f"Return what the {record.lower()} is grouped by: {said}.",
            f"return {key}",
        )
        key = f"{g}({one})"
    add = draw.choice(
        f"totals[key] = totals.get(key, 0) + {worth}",
        f"if key not in totals:\n        totals[key] = 0\n    totals[key] += {worth}",
        f"if key in totals:\n        totals[key] += {worth}\n    else:\n        totals[key] = {worth}",
        f"totals[key] = max(totals.get(key, 0), {worth})",
    )
    skip = draw.choice(
        "", "", "", f"    if {one}.{amount} {draw.choice('<', '>')} {draw.integer(2, high - 1)}:\n        continue\n"
    )
    head = f"totals: dict[{kind}, int] = {{}}\nfor {one} in {every}:\n{skip}    key = {key}\n    {add}\n"
    compare = draw.choice(">", "<", ">=")
    limit = draw.integer(2, high * 2)
    show = draw.choice("key, totals[key]", 'f"{key}: {totals[key]}"', 'f"{key} -> {totals[key]}"')
    match draw.integer(0, 5):
        case 0:
            main = f"for key in sorted(totals):\n    print({show})\n"
        case 1:
            main = (
                f"for key in sorted(totals):\n    if totals[key] {compare} {limit}:\n        print({show})\n"
                + draw.choice(
                    "print(len(totals))\n", f"    else:\n        print({draw.choice('key', 'totals[key]')})\n"
                )
            )
        case 2:
            first = '""' if kind == "str" else "0"
            main = f"best = 0\nanswer = {first}\nfor key in sorted(totals):\n    if totals[key] {draw.choice('>', '>=')} best:\n        best = totals[key]\n        answer = key\nprint({draw.choice('answer, best', 'best, answer', 'answer')})\n"
            if skip:
                main = f"{main[: main.rindex('print')]}print(len(totals), best)\n"
        case 3:
            main = (
                f"count = 0\nfor key in sorted(totals):\n    if totals[key] {compare} {limit}:\n        count += {draw.choice('1', '1', 'totals[key]')}\n"
                + compose.say(draw, "count")
            )
        case 4:
            main = f"for {one} in {every}:\n    key = {key}\n    print({many.show(one)}, totals.get(key, 0){draw.choice('', f' - {one}.{amount}')})\n"
        case _:
            main = "total = 0\nfor key in sorted(totals):\n    total += totals[key]\n" + draw.choice(
                'if len(totals) > 0:\n    print(f"{total / len(totals):.3f}")\nelse:\n    print("none")\n'
                if skip
                else 'print(f"{total / len(totals):.3f}")\n',
                "print(len(totals), total)\n",
                "for key in sorted(totals):\n    print(key, totals[key] * 100 // total)\n"
                if not skip
                else "print(total)\n",
            )
    return draw.program(reads + head + main)


@family("job-queue")
def job_queue(draw: Draw) -> str:
    """Jobs with a start, a priority and a length that are done in order."""
    word = draw.choice("", "name")
    priority = draw.choice("priority", "urgency", "weight")
    fields = {**({word: "str"} if word else {}), "start": "int", priority: "int", "length": "int"}
    many = records.declare(draw, ("Job", "Task", "Request", "Order"), **fields)
    one, every, record = many.one, many.every, many.record
    reads = many.read(draw, *draw.choice((0, 9), (1, 12), (0, 6)), most=max(3, draw.scale(4, 7)))
    name = "@.name" if word else many.show("@")
    before = draw.name("goes_first", "is_preferred", "comes_before")
    rule, said = draw.choice(
        (
            f"if a.{priority} != b.{priority}:\n    return a.{priority} > b.{priority}\nreturn a.start < b.start",
            f"higher {priority}, then earlier start",
        ),
        (
            f"if a.length != b.length:\n    return a.length < b.length\nreturn a.{priority} > b.{priority}",
            f"shorter, then higher {priority}",
        ),
        (
            f"return a.{priority} * (b.length + 1) > b.{priority} * (a.length + 1)",
            f"more {priority} for each unit of its length and one",
        ),
        ("return a.start + a.length < b.start + b.length", "could be finished earlier"),
        (f"return a.{priority} - a.length > b.{priority} - b.length", f"{priority} exceeds its length by more"),
    )
    late = draw.integer(3, 15)
    note = draw.choice("wait", "wait", "late", "order")
    tail = {
        "wait": f"    total += clock - {{0}}.start{draw.choice('', ' - {0}.length')}\n",
        "late": f"    if clock > {{0}}.start + {late}:\n        total += {draw.choice('1', '{0}.' + priority)}\n",
        "order": f"    print({name.replace('@', '{0}')}{draw.choice('', ', clock')})\n",
    }[note]

    def noted(variable: str) -> str:
        return tail.replace("{0}", variable)

    say = (
        compose.say(draw, draw.choice("total", "total", "clock"))
        if note != "order"
        else draw.choice("print(clock)\n", "")
    )
    total = "total = 0\n" if "total" in say else ""
    if "total" not in say and note != "order":
        say, total = "print(total, clock)\n", "total = 0\n"
    step = draw.choice(
        "clock = max(clock, {0}.start) + {0}.length",
        f"clock = max(clock, {{0}}.start)\n    clock += {{0}}.length + {draw.integer(1, 2)}",
        "if clock < {0}.start:\n        clock = {0}.start\n    clock += {0}.length",
    )
    if draw.harder(0.65, 0.25):
        skip = draw.choice(
            "",
            f"    if clock > {one}.start + {late}:\n        continue\n",
            f"    if {one}.length == 0:\n        continue\n",
            f"    if {one}.{priority} < {draw.integer(1, 4)} and clock > {one}.start:\n        continue\n",
        )
        first = draw.choice("start", priority, "length")
        rest = {field: type_ for field, type_ in fields.items() if field != first}
        order = records.order(draw, rest).replace(
            "(", f"({draw.choice('', '-') if first != 'start' else ''}r.{first}, "
        )
        return draw.program(
            f"{reads}{every} = sorted({every}, key={order})\nclock = 0\n{total}for {one} in {every}:\n{skip}    {step.replace('{0}', one)}\n{noted(one)}{say}",
        )
    records.define(
        draw,
        f"{before}(a: {record}, b: {record}) -> bool",
        f"Tell whether the first of two {every} is done before the second: {said}.",
        rule,
    )
    ready = draw.harder(0.4, 0.8)
    test = f"{every}[i].start <= clock" if ready else ""
    pick = (
        f"    best = -1\n    for i in range(n):\n        if not done[i]{' and ' + test if ready else ''}:\n"
        f"            if best < 0 or {before}({every}[i], {every}[best]):\n                best = i\n"
    )
    move = step.replace("{0}", f"{every}[best]")
    wait = ("    if best < 0:\n        clock += 1\n        continue\n") if ready else ""
    loop = f"while remaining > 0:\n{pick}{wait}    done[best] = True\n    remaining -= 1\n    {move}\n{noted(f'{every}[best]')}"
    count = "remaining = n\n"
    if not ready:
        loop = f"for k in range(n):\n{pick}    done[best] = True\n    {move}\n{noted(f'{every}[best]')}"
        count = ""
    return draw.program(f"{reads}done = [False] * n\nclock = 0\n{total}{count}{loop}{say}")


@family("booked-intervals")
def booked_intervals(draw: Draw) -> str:
    """Intervals that are joined, counted or chosen."""
    options = ("Interval", "Booking", "Meeting", "Segment")
    ordered = draw.chance(0.6)
    many = (
        records.declare(draw, options, start="int", end="int")
        if ordered
        else records.declare(draw, options, start="int", length="int")
    )
    one, every, record = many.one, many.every, many.record
    reads = many.read(draw, *draw.choice((0, 12), (1, 20), (0, 30)))
    word = record.lower()
    if ordered:
        g = draw.name("proper", "put_in_order", "normalised")
        body = draw.choice(
            f"if {one}.start > {one}.end:\n    return {record}({one}.end, {one}.start)\nreturn {one}",
            f"return {record}(min({one}.start, {one}.end), max({one}.start, {one}.end))",
        )
        records.define(
            draw, f"{g}({one}: {record}) -> {record}", f"Make the start of the {word} come before its end.", body
        )
        head = reads + f"for i in range(n):\n    {every}[i] = {g}({every}[i])\n"
        last = draw.choice("@.end", "@.end", "@.end + 1")

        def made(start: str, end: str) -> str:
            return f"{record}({start}, {end})"
    else:
        head = reads
        g = draw.name("end_of", "finish", "last_moment")
        last = f"{g}(@)"
        extra = draw.choice("", "", f" + {draw.integer(1, 2)}")
        summary = f"Return where the {word} ends" + (f", {extra[3:]} later than its length says." if extra else ".")
        records.define(draw, f"{g}({one}: {record}) -> int", summary, f"return {one}.start + {one}.length{extra}")

        def made(start: str, end: str) -> str:
            return f"{record}({start}, {end} - {start}{extra.replace('+', '-')})"

    def end(variable: str) -> str:
        return last.replace("@", variable)

    second = "end" if ordered else "length"
    by_start = f"{every} = sorted({every}, key=lambda r: ({draw.choice('r.start', '-r.start')}, {draw.choice('', '-')}r.{second}))\n"
    forward = by_start.replace("-r.start", "r.start")
    limit = draw.integer(2, 15)
    match draw.integer(0, 6):
        case 0 | 1:
            near = draw.choice("", "", f" + {draw.integer(1, 3)}")
            joined = made("last.start", f"max({last.replace('@', 'last')}, {end(one)})")
            main = (
                f"{forward}merged: list[{record}] = []\nfor {one} in {every}:\n"
                f"    if len(merged) > 0 and {one}.start {draw.choice('<', '<=')} {end('merged[len(merged) - 1]')}{near}:\n"
                f"        last = merged[len(merged) - 1]\n        merged[len(merged) - 1] = {joined}\n    else:\n        merged.append({one})\n"
            )
            kept = draw.choice("block", "part", "whole")
            main += draw.choice(
                f"for {kept} in merged:\n    print({many.show(kept)})\n",
                f"print(len(merged))\nfor {kept} in merged:\n    print({many.show(kept)})\n",
                f"total = 0\nfor {kept} in merged:\n    total += {end(kept)} - {kept}.start\nprint({draw.choice('', 'len(merged), ')}total)\n",
                f"best = merged[0]\nfor {kept} in merged:\n    if {end(kept)} - {kept}.start {draw.choice('>', '<', '>=')} {end('best')} - best.start:\n        best = {kept}\nprint({many.show('best')})\n",
                "for i in range(1, len(merged)):\n    print(merged[i].start - "
                + end("merged[i - 1]")
                + ")\nprint(len(merged))\n",
            )
        case 2:
            f = draw.name("overlap", "common_part", "shared_time")
            both = draw.choice(
                (
                    f"max(0, min({end('a')}, {end('b')}) - max(a.start, b.start))",
                    f"Return how long two {every} have in common.",
                ),
                (
                    f"min({end('a')}, {end('b')}) - max(a.start, b.start)",
                    f"Return how long two {every} have in common, or minus the gap between them.",
                ),
            )
            body = draw.choice(
                f"return {both[0]}",
                f"start = max(a.start, b.start)\nstop = min({end('a')}, {end('b')})\nreturn stop - start"
                if "0" not in both[0]
                else f"start = max(a.start, b.start)\nstop = min({end('a')}, {end('b')})\nif stop <= start:\n    return 0\nreturn stop - start",
            )
            records.define(draw, f"{f}(a: {record}, b: {record}) -> int", both[1], body)
            pair = f"{f}({every}[i], {every}[j])"
            main = draw.choice(
                f"count = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        if {pair} {draw.choice('>', '>=', '<')} {draw.integer(0, 2)}:\n            count += 1\n"
                + compose.say(draw, "count"),
                f"best = 0\nfor i in range(n):\n    for j in range(i):\n        best = max(best, {pair})\n"
                + compose.say(draw, "best"),
                f"for i in range(n):\n    count = 0\n    for j in range(n):\n        if i != j and {pair} > {draw.integer(0, 2)}:\n            count += 1\n    print({draw.choice('i, ', '')}count)\n",
                f"total = 0\nfor i in range(1, n):\n    total += {f}({every}[i - 1], {every}[i])\n"
                + compose.say(draw, "total"),
                f"for i in range(n):\n    for j in range(i + 1, n):\n        if {pair} > {draw.integer(0, 3)}:\n            print(i, j{draw.choice('', f', {pair}')})\nprint(n)\n",
            )
        case 3:
            f = draw.name("busy_at", "active_at", "open_at")
            body = f"count = 0\nfor {one} in {every}:\n    if {one}.start <= moment {draw.choice('<', '<=')} {end(one)}:\n        count += 1\nreturn count"
            records.define(
                draw,
                f"{f}({every}: array[{record}], moment: int) -> int",
                f"Count the {every} that a moment belongs to.",
                body,
            )
            main = draw.choice(
                f"best = 0\nfor {one} in {every}:\n    best = max(best, {f}({every}, {one}.start))\n"
                + compose.say(draw, "best"),
                f"moment = {every}[0].start\nfor {one} in {every}:\n    if {f}({every}, {one}.start) {draw.choice('>', '>=', '<')} {f}({every}, moment):\n        moment = {one}.start\nprint(moment, {f}({every}, moment))\n",
                f"count = 0\nfor t in range({limit * 2 + 1}):\n    if {f}({every}, t) {draw.choice('==', '>', '>=')} {draw.choice(1, 1, 2)}:\n        count += 1\n"
                + compose.say(draw, "count"),
                f"for t in range(0, {limit * 2 + 1}, {draw.integer(3, 5)}):\n    print({draw.choice('t, ', '')}{f}({every}, t))\n",
            )
        case 4:
            order = f"{every} = sorted({every}, key=lambda r: ({draw.choice(f'r.{second}, r.start', f'r.{second}, -r.start', f'r.start, r.{second}')}))\n"
            start = draw.choice(
                f"{one}.start >= free", f"{one}.start > free", f"{one}.start >= free + {draw.integer(1, 2)}"
            )
            main = f"{order}free = {draw.choice('0', '0', str(draw.integer(1, 5)))}\ncount = 0\nfor {one} in {every}:\n    if {start}:\n        count += 1\n        free = {end(one)}\n"
            main += draw.choice(
                compose.say(draw, "count"),
                f"        print({many.show(one)})\nprint(count)\n",
                f"    else:\n        print({many.show(one)})\nprint(count)\n",
                "print(count, free)\n",
            )
        case 5:
            main = (
                f"{forward}reach = {every}[0].start\ntotal = 0\nfor {one} in {every}:\n    if {one}.start > reach:\n        "
                + draw.choice(
                    f"total += {one}.start - reach",
                    f"print(reach, {one}.start)\n        total += 1",
                    f"total = max(total, {one}.start - reach)",
                )
                + f"\n    reach = max(reach, {end(one)})\n"
                + draw.choice(
                    compose.say(draw, "total"), "print(total, reach)\n", f"print(reach - {every}[0].start - total)\n"
                )
            )
        case _:
            f = draw.name("duration", "size_of", "worth")
            k = draw.integer(2, 6)
            length = f"{end(one)} - {one}.start"
            body, summary = draw.choice(
                (f"return {length}", f"Return how long the {word} takes."),
                (f"return min({length}, {limit})", f"Return how long the {word} takes, at most {limit}."),
                (
                    f"if {one}.start < {limit}:\n    return {k} * ({length})\nreturn {length}",
                    f"Return how long the {word} takes, {k} times as much if it starts before {limit}.",
                ),
                (f"return ({length} + {k - 1}) // {k}", f"Count the pieces of {k} that the {word} needs."),
            )
            records.define(draw, f"{f}({one}: {record}) -> int", summary, body)
            main = records.ask(draw, many, f, 15)
    return draw.program(head + main)


@family("card-hands")
def card_hands(draw: Draw) -> str:
    """Playing cards with a rank and a suit."""
    rank = draw.choice("rank", "value", "number")
    card = draw.record("Card", "PlayingCard", **{rank: "int", "suit": "int"})
    suits, ranks = draw.choice((4, 13), (4, 13), (4, 8), (3, 6))
    make = draw.name("make_card", "card_of", "to_card")
    low = draw.choice(0, 1, 2)
    body = draw.choice(
        f"return {card}(n % {ranks} + {low}, n // {ranks})", f"return {card}(n // {suits} + {low}, n % {suits})"
    )
    records.define(draw, f"{make}(n: int) -> {card}", f"Turn a number into one of {suits * ranks} cards.", body)
    one, every = draw.choice(("card", "cards"), ("card", "hand"), ("card", "hand"))
    reads = (
        f"n = read_int({draw.choice(1, 2)}, {max(3, draw.scale(4, 8))})\nxs = read_array(n, 0, {suits * ranks - 1})\n"
    )
    reads += draw.choice(
        f"{every}: list[{card}] = []\nfor x in xs:\n    {every}.append({make}(x))\n",
        f"{every} = [{card}(0, 0)] * n\nfor i in range(n):\n    {every}[i] = {make}(xs[i])\n",
    )
    fixed = "* n" in reads
    letters = draw.harder(0.4, 0.8)
    show_card = draw.name("card_name", "written", "face")
    names = {4: draw.choice("CDHS", "SHDC", "cdhs"), 3: "RGB"}[suits]
    faces = {13: "23456789TJQKA", 8: "789TJQKA", 6: "9TJQKA"}[ranks]
    text = draw.choice(
        f'faces = "{faces}"\nsuits = "{names}"\nreturn f"{{faces[card.{rank} - {low}]}}{{suits[card.suit]}}"',
        f'suits = "{names}"\nreturn f"{{suits[card.suit]}}{{card.{rank}}}"',
        f'if card.suit == 0:\n    return f"{{card.{rank}}} of {draw.choice("clubs", "hearts")}"\nreturn f"{{card.{rank}}} of suit {{card.suit}}"',
    )
    records.define(draw, f"{show_card}(card: {card}) -> str", "Write a card.", text)

    def show(variable: str) -> str:
        return f"{show_card}({variable})" if letters else f"{variable}.{rank}, {variable}.suit"

    beats = draw.name("beats", "is_higher", "wins_against")
    trump = draw.integer(0, suits - 1)
    rule, said = draw.choice(
        (
            f"if a.suit == b.suit:\n    return a.{rank} > b.{rank}\nreturn a.suit == {trump}",
            f"higher in the same suit, or of suit {trump} where the other is not",
        ),
        (
            f"if a.{rank} != b.{rank}:\n    return a.{rank} > b.{rank}\nreturn a.suit {draw.choice('>', '<')} b.suit",
            "higher, with the suit where the ranks are equal",
        ),
        (f"return a.suit == b.suit and a.{rank} > b.{rank}", "higher in the same suit"),
        (
            f"if a.suit != b.suit:\n    return a.suit {draw.choice('>', '<')} b.suit\nreturn a.{rank} > b.{rank}",
            "of a better suit, or higher in the same one",
        ),
    )
    records.define(
        draw, f"{beats}(a: {card}, b: {card}) -> bool", f"Tell whether the first of two cards wins: {said}.", rule
    )
    worth = draw.name("points", "worth", "card_value")
    top = low + ranks - 1
    value, said = draw.choice(
        (f"return min(card.{rank}, {low + 8})", f"its rank, at most {low + 8}"),
        (
            f"if card.{rank} == {top}:\n    return {draw.choice(11, 15, 20)}\nreturn card.{rank}",
            "its rank, and more for the highest",
        ),
        (
            f"if card.suit == {trump}:\n    return 2 * card.{rank}\nreturn card.{rank}",
            f"its rank, twice as much in suit {trump}",
        ),
        (
            f"return max(0, card.{rank} - {top - 4}) + card.suit // 2",
            "how far its rank is above a bound, and more for the last suits",
        ),
        (f"return card.{rank} * {draw.integer(2, 4)} + card.suit", "its rank some times, and its suit"),
    )
    records.define(draw, f"{worth}(card: {card}) -> int", f"Return what a card is worth: {said}.", value)
    words = compose.verdicts(draw)
    key = draw.choice(f"{one}.{rank}", f"{one}.suit")
    counting = f"counts: dict[int, int] = {{}}\nfor {one} in {every}:\n    counts[{key}] = counts.get({key}, 0) + 1\n"
    limit = draw.integer(8, 30)
    match draw.integer(0, 7):
        case 0:
            main = f"total = 0\nfor {one} in {every}:\n    total += {worth}({one})\n" + draw.choice(
                compose.say(draw, "total"),
                f"if total > {limit}:\n    print({words[0]})\nelse:\n    print({draw.choice('total', words[1])})\n",
                f"    if total > {limit}:\n        print({show(one)})\n        break\nprint(total)\n",
            )
        case 1:
            main = (
                f"best = {every}[0]\nfor {one} in {every}:\n    if {beats}({one}, best):\n        best = {one}\nprint({show('best')})\n"
                + draw.choice("", f"print({worth}(best))\n")
            )
        case 2:
            main = counting + draw.choice(
                "for key in sorted(counts):\n    print(key, counts[key])\n",
                f"count = 0\nfor key in sorted(counts):\n    if counts[key] {draw.choice('==', '>=')} 2:\n        count += {draw.choice('1', 'key')}\n"
                + compose.say(draw, "count"),
                f"best = 0\nfor key in sorted(counts):\n    best = max(best, counts[key])\nif best == n:\n    print({words[0]})\nelse:\n    print(best)\n",
                f'best = 0\nfor key in sorted(counts):\n    best = max(best, counts[key])\nif best >= 4:\n    print("four")\nelif best == 3:\n    print("three")\nelif best == 2:\n    print("pair")\nelse:\n    print({draw.choice(chr(34) + "nothing" + chr(34), "len(counts)")})\n',
                "print(len(counts))\n"
                + f"for {one} in {every}:\n    if counts[{key}] == 1:\n        print({show(one)})\n",
            )
        case 3:
            same = draw.choice("suit", rank)
            main = f"same = True\nfor {one} in {every}:\n    if {one}.{same} != {every}[0].{same}:\n        same = False\nif same:\n    print({words[0]})\nelse:\n    print({draw.choice(words[1], show(f'{every}[0]'))})\n"
        case 4:
            main = f"score = [0] * 2\nfor i in range(1, n{'' if draw.chance(0.5) else ', 2'}):\n    if {beats}({every}[i], {every}[i - 1]):\n        score[i % 2] += {draw.choice('1', f'{worth}({every}[i])')}\n    else:\n        score[1 - i % 2] += {draw.choice('1', f'{worth}({every}[i - 1])')}\nprint(score[0], score[1])\n"
        case 5 if fixed:
            order = records.order(draw, {rank: "int", "suit": "int"})
            main = f"{every} = sorted({every}, key={order})\n" + draw.choice(
                f"for {one} in {every}:\n    print({show(one)})\n",
                f"run = 1\nbest = 1\nfor i in range(1, n):\n    if {every}[i].{rank} - {every}[i - 1].{rank} == {draw.choice('1', '-1', '0')}:\n        run += 1\n        best = max(best, run)\n    else:\n        run = 1\nprint(best)\n",
                f"print({show(f'{every}[0]')})\nprint({show(f'{every}[n - 1]')})\n",
            )
        case 6:
            main = f"for {one} in {every}:\n    count = 0\n    for other in {every}:\n        if {beats}({one}, other):\n            count += 1\n    print({show(one)}, count)\n"
        case _:
            main = (
                f"for {one} in {every}:\n    if {draw.condition('value', 12)}:\n        print({show(one)})\n".replace(
                    "    if ", f"    value = {worth}({one})\n    if ", 1
                )
                + draw.choice(
                    f"    else:\n        print({words[1]})\n", "    else:\n        print(value)\n", "print(n)\n"
                )
            )
    return draw.program(reads + main)


@family("cheapest-links")
def cheapest_links(draw: Draw) -> str:
    """Links between places that are taken from the cheapest on, while they join what is apart."""
    cost = draw.choice("cost", "length", "weight")
    link = draw.record("Link", "Road", "Edge", "Cable", first="int", second="int", **{cost: "int"})
    one, every = link.lower(), f"{link.lower()}s"
    places = draw.scale(5, 9)
    find = draw.name("root_of", "find_root", "group_of")
    body = draw.choice(
        "while parent[place] != place:\n    place = parent[place]\nreturn place",
        f"if parent[place] == place:\n    return place\nreturn {find}(parent, parent[place])",
        f"if parent[place] != place:\n    parent[place] = {find}(parent, parent[place])\nreturn parent[place]",
        "while parent[place] != place:\n    parent[place] = parent[parent[place]]\n    place = parent[place]\nreturn place",
    )
    records.define(
        draw,
        f"{find}(parent: array[int], place: int) -> int",
        "Find the place that stands for the group of a place.",
        body,
    )
    sign = draw.choice("", "", "", "-")
    order = (
        f"lambda r: ({sign}r.{cost}, r.first, r.second)"
        if draw.chance(0.7)
        else f"lambda r: ({sign}r.{cost}, r.second, r.first)"
    )
    in_order = draw.chance(0.8)
    reads = (
        f"m = read_int({draw.integer(2, 4)}, {draw.scale(6, 11)})\n{every} = read_records({link}, m, 0, {places - 1})\n"
    )
    start = f"parent = [0] * {places}\nfor i in range({places}):\n    parent[i] = i\n"
    arrange = f"{every} = sorted({every}, key={order})\n" if in_order else ""
    skip = draw.choice(
        "", "", f"    if {one}.{cost} {draw.choice('<', '>')} {draw.integer(2, places - 2)}:\n        continue\n"
    )
    join = draw.choice("parent[a] = b", "parent[b] = a", "parent[max(a, b)] = min(a, b)")
    want = draw.choice("total", "count", "print", "groups", "both", "largest", "verdict")
    keep = {
        "total": f"total += {one}.{cost}",
        "count": "count += 1",
        "print": f"print({one}.first, {one}.second{draw.choice('', f', {one}.{cost}')})",
        "groups": "groups -= 1",
        "both": f"total += {one}.{cost}\n        count += 1",
        "largest": f"most = max(most, {one}.{cost})",
        "verdict": f"groups -= 1\n        if groups == {draw.integer(1, 3)}:\n            print({draw.choice(f'{one}.{cost}', f'{one}.first, {one}.second')})\n            break",
    }[want]
    begin = {
        "total": "total = 0\n",
        "count": "count = 0\n",
        "both": "total = 0\ncount = 0\n",
        "largest": "most = 0\n",
        "groups": f"groups = {places}\n",
        "verdict": f"groups = {places}\n",
    }.get(want, "")
    refused = draw.choice(
        "",
        "",
        f"    else:\n        print({one}.first, {one}.second)\n",
        f"    else:\n        spare += {draw.choice('1', f'{one}.{cost}')}\n",
    )
    begin += "spare = 0\n" if "spare" in refused else ""
    union = draw.harder(0.15, 0.45)
    if union:
        g = draw.name("joined", "connect", "unite")
        records.define(
            draw,
            f"{g}(parent: array[int], first: int, second: int) -> bool",
            "Join the groups of two places, and tell whether they were apart.",
            f"a = {find}(parent, first)\nb = {find}(parent, second)\nif a == b:\n    return False\n{join}\nreturn True",
        )
        loop = f"for {one} in {every}:\n{skip}    if {g}(parent, {one}.first, {one}.second):\n        {keep}\n{refused}"
    else:
        loop = f"for {one} in {every}:\n{skip}    a = {find}(parent, {one}.first)\n    b = {find}(parent, {one}.second)\n    if a != b:\n        {join}\n        {keep}\n{refused}"
    words = compose.verdicts(draw)
    end = {
        "total": compose.say(draw, "total"),
        "count": compose.say(draw, "count"),
        "print": "print(m)\n",
        "groups": draw.choice(
            compose.say(draw, "groups"),
            f"if groups == 1:\n    print({words[0]})\nelse:\n    print({draw.choice('groups', words[1])})\n",
        ),
        "both": draw.choice(
            "print(count, total)\n",
            f"if count == {places - 1}:\n    print(total)\nelse:\n    print({words[1]}, count)\n",
        ),
        "largest": compose.say(draw, "most"),
        "verdict": "print(groups)\n",
    }[want]
    end += "print(spare)\n" if "spare" in refused else ""
    end += draw.choice(
        "",
        "",
        f"size = 0\nfor i in range({places}):\n    if {find}(parent, i) == {find}(parent, 0):\n        size += 1\nprint(size)\n",
    )
    return draw.program(reads + arrange + start + begin + loop + end)


@family("letter-runs", lends="text_function")
def letter_runs(draw: Draw) -> str:
    """Runs of equal characters in a text, kept as records."""
    f = draw.name("run_score", "block_value", "runs_value")
    alphabet = draw.choice("lower", "letters", "bits", "digits")
    run = draw.record("Run", "Block", "Group", letter="char", length="int")
    build = draw.choice(
        f"start = 0\nwhile start < len(text):\n    stop = start\n    while stop < len(text) and text[stop] == text[start]:\n        stop += 1\n    runs.append({run}(text[start], stop - start))\n    start = stop",
        f"for ch in text:\n    if len(runs) > 0 and runs[len(runs) - 1].letter == ch:\n        last = runs[len(runs) - 1]\n        runs[len(runs) - 1] = {run}(ch, last.length + 1)\n    else:\n        runs.append({run}(ch, 1))",
        f"length = 1\nfor i in range(1, len(text)):\n    if text[i] == text[i - 1]:\n        length += 1\n    else:\n        runs.append({run}(text[i - 1], length))\n        length = 1\nif len(text) > 0:\n    runs.append({run}(text[len(text) - 1], length))",
    )
    block = draw.choice("block", "part", "piece")
    limit = draw.integer(1, 3)
    middle = {"lower": "m", "letters": "m", "bits": "0", "digits": "4"}[alphabet]
    test = draw.choice(
        f"{block}.length > {limit}",
        f"{block}.length == {limit}",
        f'{block}.letter > "{middle}"',
        f"{block}.length % 2 == {draw.integer(0, 1)}",
        f'{block}.length > {limit} and {block}.letter != "{middle}"',
    )
    add = draw.choice(
        "1",
        f"{block}.length",
        f"{block}.length * {block}.length",
        f"{block}.length * (ord({block}.letter) % {draw.integer(3, 7)})",
    )
    loop, summary = draw.choice(
        (
            f"for {block} in runs:\n    if {test}:\n        result += {add}",
            "Add up what some runs of equal characters count for.",
        ),
        (f"for {block} in runs:\n    result += {add}", "Add up what the runs of equal characters count for."),
        (
            f"for {block} in runs:\n    result = max(result, {add})",
            "Find the most that a run of equal characters counts for.",
        ),
        (
            f"for i in range(1, len(runs)):\n    if runs[i].length {draw.choice('>', '<', '==')} runs[i - 1].length:\n        result += {draw.choice('1', 'runs[i].length', 'i')}",
            "Compare each run of equal characters with the one before it, and add up.",
        ),
        (
            f"for {block} in runs:\n    if {test}:\n        result += {add}\n    else:\n        result {draw.choice('+= 1', '= max(0, result - 1)', '+= 2')}",
            "Add up what the runs of equal characters count for, in two ways.",
        ),
        (
            f"best = 0\nfor i in range(len(runs)):\n    if runs[i].length {draw.choice('>', '>=')} runs[best].length:\n        best = i\n        result = {draw.choice('i', 'i + runs[i].length', 'ord(runs[i].letter) % 50')}",
            "Look for the longest run of equal characters, and say where it is or what it is.",
        ),
    )
    result, note = draw.choice(
        ("result", ""),
        ("result", ""),
        ("result + len(runs)", " The number of runs is added."),
        (
            f"abs(result - {draw.choice('len(runs)', 'len(text)')})",
            " The result is the difference to their number or total length.",
        ),
    )
    records.define(
        draw,
        f"{f}(text: str) -> int",
        summary + note,
        f"runs: list[{run}] = []\n{build}\nresult = 0\n{loop}\nreturn {result}",
    )
    return compose.text_function(draw, f, alphabet, draw.choice(0, 1), draw.scale(8, 16))
