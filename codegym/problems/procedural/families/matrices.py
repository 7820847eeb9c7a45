"""Grids of numbers."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("grid-sum")
def grid_sum(draw: Draw) -> str:
    """Adds up part of a grid."""
    f = draw.name("region_sum", "grid_score", "pattern_total", "select_cells")
    where = draw.choice(
        "r == c",
        "r + c == len(grid) - 1",
        "r < c",
        "r >= c",
        "r == 0 or c == 0",
        f"(r + c) % {draw.integer(2, 3)} == 0",
        f"r % 2 == {draw.integer(0, 1)}",
        "r == 0 or r == len(grid) - 1",
        f"r * c % {draw.integer(2, 4)} == 1",
    )
    if draw.harder(0.3, 0.7):
        where += f" {draw.choice('and', 'or')} " + draw.comparison("value", 20)
    update = draw.choice(
        "total += value",
        "total += value",
        "total += 1",
        "total = max(total, value)",
        "total += value * (r + 1)",
        "total -= value",
    )
    other = draw.choice(
        "",
        f"\n                    else:\n                        total {draw.choice('-= 1', '+= value % 2', '-= value')}",
    )
    draw.define(f'''
        def {f}(grid: array[array[int]]) -> int:
            """Combine the cells in one region of a grid."""
            total = 0
            for r in range(len(grid)):
                for c in range(len(grid[r])):
                    value = grid[r][c]
                    if {where}:
                        {update}{other}
            return total
        ''')
    g = draw.list_summary()
    return draw.program(
        f"rows, columns = read_int(1, {draw.scale(3, 6)})\ngrid = read_grid(rows, columns, 0, {draw.scale(9, 40)})\n"
        + draw.choice(
            compose.say(draw, f"{f}(grid)"),
            f"total = {f}(grid)\nfor row in grid:\n    total += {g}(row)\n" + compose.say(draw, "total"),
            f"print({f}(grid))\nprint({g}(grid[0]), {g}(grid[rows - 1]))\n",
            f"value = {f}(grid)\nif {draw.signed_condition('value', 40)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print(value)\n",
            f"for row in grid:\n    print({g}(row))\n" + compose.say(draw, f"{f}(grid)"),
        )
    )


@family("grid-transform")
def grid_transform(draw: Draw) -> str:
    """Turns, mirrors and combines grids."""
    f = draw.name("turn", "rotate", "flip_grid", "rearrange_grid")
    rows, columns, cell = draw.choice(
        ("columns", "rows", "grid[c][r]"),
        ("columns", "rows", "grid[rows - 1 - c][r]"),
        ("columns", "rows", "grid[c][columns - 1 - r]"),
        ("rows", "columns", "grid[rows - 1 - r][c]"),
        ("rows", "columns", "grid[r][columns - 1 - c]"),
        ("rows", "columns", f"grid[(r + {draw.integer(1, 3)}) % rows][c]"),
        ("rows", "columns", "grid[r][(c + r) % columns]"),
        ("rows", "columns", "grid[rows - 1 - r][columns - 1 - c]"),
    )
    change = draw.choice("", "", f" * {draw.integer(2, 5)}", f" + {draw.choice('r', 'c', 'r * c')}", " - grid[0][0]")
    guard = draw.choice(
        "",
        f"if {draw.comparison('grid[0][0] + r', 9)}:\n                        result[r][c] += {draw.choice('1', 'r', 'c', '10')}",
    )
    draw.define(f'''
        def {f}(grid: array[array[int]]) -> array[array[int]]:
            """Build a new grid out of the cells of the old one."""
            rows = len(grid)
            columns = len(grid[0])
            result = [[0] * {columns} for _ in range({rows})]
            for r in range({rows}):
                for c in range({columns}):
                    result[r][c] = {cell}{change}
                    {guard or '"One cell after the other."'}
            return result
        ''')
    head = f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, {draw.choice(0, 1)}, {draw.scale(9, 30)})\n"
    twice = draw.choice(f"{f}(grid)", f"{f}(grid)", f"{f}({f}(grid))")
    match draw.integer(0, 3):
        case 0:
            g = draw.list_summary()
            return draw.program(head + f"for row in {twice}:\n    print({draw.choice('', 'len(row), ')}{g}(row))\n")
        case 1:
            return draw.program(
                head
                + f"total = 0\nfor row in {twice}:\n    for x in row:\n        if {draw.signed_condition('x')}:\n            total += {draw.choice('x', '1')}\n    {draw.choice('total += row[0]', 'total -= row[0]', 'total = abs(total)')}\n"
                + compose.say(draw, "total")
            )
        case 2:
            g = draw.list_summary()
            return draw.program(
                head
                + f'result = {twice}\nfor row in result:\n    print(" ".join(row))\n'
                + compose.say(draw, f"{g}(result[0])")
            )
        case _:
            return draw.program(head + f'for row in {twice}:\n    print("{draw.choice(" ", ",", " | ")}".join(row))\n')


@family("neighbours")
def neighbours(draw: Draw) -> str:
    """Looks around in a grid."""
    f = draw.name("count_neighbours", "around", "local_value", "peaks")
    relation = draw.choice(
        "grid[i][j] > grid[r][c]",
        "grid[i][j] < grid[r][c]",
        "grid[i][j] == grid[r][c]",
        f"grid[i][j] > {draw.integer(2, 7)}",
        f"(grid[i][j] + grid[r][c]) % {draw.integer(2, 4)} == 0",
    )
    shape = draw.choice("abs(i - r) + abs(j - c) == 1", "i != r or j != c", "abs(i - r) == abs(j - c) and i != r")
    count_update = draw.choice("count += 1", "count += 1", "count += grid[i][j]", "count = max(count, grid[i][j])")
    draw.define(f'''
        def {f}(grid: array[array[int]], r: int, c: int) -> int:
            """Look at the cells around one cell."""
            count = 0
            for i in range(max(0, r - 1), min(len(grid), r + 2)):
                for j in range(max(0, c - 1), min(len(grid[0]), c + 2)):
                    if ({shape}) and {relation}:
                        {count_update}
            return count
        ''')
    head = f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, 0, {draw.scale(4, 12)})\n"
    match draw.integer(0, 2):
        case 0:
            body = (
                f"total = 0\nfor r in range(rows):\n    for c in range(columns):\n        value = {f}(grid, r, c)\n        if {draw.condition('value', 5)}:\n            total += {draw.choice('1', 'value', 'grid[r][c]', 'r + c')}\n"
                + compose.say(draw, "total")
            )
        case 1:
            body = f"best = -1\nposition = 0\nfor r in range(rows):\n    for c in range(columns):\n        value = {f}(grid, r, c)\n        if value {draw.choice('>', '>=')} best{draw.choice('', ' and grid[r][c] > 0')}:\n            best = value\n            position = r * columns + c\nprint({draw.choice('best, position', 'position', 'position // columns, position % columns', 'position, best')})\n"
        case _:
            body = (
                f"for r in range(rows):\n    line: list[int] = []\n    for c in range(columns):\n        line.append({f}(grid, r, c){draw.choice('', ' + grid[r][c]', f' % {draw.integer(2, 4)}')})\n"
                + draw.choice(
                    '    print(" ".join(line))\n',
                    "    print(sum(line), max(line))\n",
                    '    if sum(line) > 3:\n        print(" ".join(line))\n    else:\n        print(len(line))\n',
                )
            )
    return draw.program(head + body)
