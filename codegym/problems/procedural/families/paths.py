"""Grids and graphs: what is reachable, how far it is, what it costs."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


def _grid(draw: Draw, high: int) -> str:
    return f"rows, columns = read_int(1, {draw.scale(3, 5)})\ngrid = read_grid(rows, columns, 0, {high})\n"


def _edges(draw: Draw, size: int, *, weighted: bool = False) -> str:
    """Returns reads of a graph with `size` nodes and `m` edges from `sources` to `targets`."""
    weights = f"weights = read_array(m, 1, {draw.scale(6, 12)})\n" if weighted else ""
    return (
        f"m = read_int(1, {draw.scale(5, 9)})\nsources = read_array(m, 0, {size - 1})\n"
        f"targets = read_array(m, 0, {size - 1})\n{weights}"
    )


@family("flood-fill")
def flood_fill(draw: Draw) -> str:
    """Fills a region of a grid, with a stack of cells that are still to be looked at."""
    f = draw.name("fill_region", "flood_fill", "region_size", "spread_from")
    same = draw.choice(
        "grid[r][c] == colour",
        "grid[r][c] == colour",
        "grid[r][c] >= colour",
        "grid[r][c] > 0",
        "abs(grid[r][c] - colour) <= 1",
        "grid[r][c] != colour + 1",
    )
    score = draw.choice("size += 1", "size += 1", "size += grid[r][c]", "size += r + c", "size = max(size, grid[r][c])")
    diagonal = draw.choice(
        "",
        "",
        "stack.append(cell + width + 1)\n                    stack.append(cell - width - 1)\n                    ",
    )
    wall = (
        ""
        if not draw.harder(0.1, 0.5)
        else f"if {draw.comparison('r + c', 8)}:\n                        continue\n                    "
    )
    colour = f"colour = grid[0][{draw.choice('start', '0')}]\n            " if "colour" in same else ""
    draw.define(f'''
        def {f}(grid: array[array[int]], start: int) -> int:
            """Visit the cells that hang together with a cell of the first row, and score them."""
            width = len(grid[0]) + 2
            seen = [False] * ((len(grid) + 2) * width)
            stack: list[int] = []
            stack.append(width + 1 + start)
            {colour}size = 0
            while len(stack) > 0:
                cell = stack[len(stack) - 1]
                stack.pop()
                r = cell // width - 1
                c = cell % width - 1
                if r < 0 or c < 0 or r >= len(grid) or c >= len(grid[0]) or seen[cell]:
                    continue
                seen[cell] = True
                if {same}:
                    {wall}{score}
                    {diagonal}stack.append(cell + 1)
                    stack.append(cell + width)
                    {draw.choice("stack.append(cell - 1)" + chr(10) + "                    stack.append(cell - width)", "stack.append(cell - 1)", "stack.append(cell - width)")}
            return size
        ''')
    head = _grid(draw, draw.choice(1, 2, 3))
    return draw.program(
        head
        + draw.choice(
            compose.say(draw, f"{f}(grid, 0)"),
            f"for c in range(columns):\n    print({draw.choice('c, ', '')}{f}(grid, c))\n",
            f"best = 0\nfor c in range(columns):\n    best = max(best, {f}(grid, c))\n" + compose.say(draw, "best"),
            f"value = {f}(grid, columns - 1)\nif {draw.condition('value', 8)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('value', compose.verdicts(draw)[1])})\n",
        )
        + compose.coda(draw, "rows", 5)
    )


@family("islands")
def islands(draw: Draw) -> str:
    """Counts the regions of a grid, by recursion."""
    sink = draw.name("sink", "clear_region", "erase", "mark")
    high = draw.choice(1, 1, 2)
    water = draw.choice("grid[r][c] != 1", "grid[r][c] == 0", f"grid[r][c] < {draw.integer(1, high)}")
    more = draw.choice("", "", f" + {sink}(grid, r + 1, c + 1)")
    value = draw.choice("1", "1", "r + 1", "cell", "cell * (c + 1)")
    keep = "cell = grid[r][c]\n            " if "cell" in value else ""
    draw.define(f'''
        def {sink}(grid: array[array[int]], r: int, c: int) -> int:
            """Clear a region and return what its cells are worth."""
            if r < 0 or c < 0 or r >= len(grid) or c >= len(grid[0]):
                return 0
            if {water}:
                return 0
            {keep}grid[r][c] = 0
            return {value} + {sink}(grid, r + 1, c) + {sink}(grid, r - 1, c) + {sink}(grid, r, c + 1) + {sink}(grid, r, c - 1){more}
        ''')
    update = draw.choice(
        "count += 1",
        "count = max(count, size)",
        "count += size * size",
        f"if {draw.comparison('size', 6)}:\n                count += {draw.choice('1', 'size')}",
        "print(size)\n            count += 1",
    )
    where = draw.choice("size > 0", "size > 0", f"size > {draw.integer(1, 2)}")
    body = f"count = 0\nfor r in range(rows):\n    for c in range(columns):\n        size = {sink}(grid, r, c)\n        if {where}:\n            "
    body += update
    return draw.program(
        _grid(draw, high)
        + body
        + "\n"
        + compose.say(draw, draw.choice("count", "count", "count * 2", "rows * columns - count"))
        + compose.coda(draw, "rows", 5)
    )


@family("grid-distance")
def grid_distance(draw: Draw) -> str:
    """Breadth-first search on a grid with obstacles."""
    f = draw.name("shortest_path", "steps_to", "distance_map", "walk_length")
    free = draw.choice(
        "grid[y][x] == 0",
        "grid[y][x] < 2",
        "grid[y][x] <= grid[r][c] + 1",
        f"(grid[y][x] + {draw.integer(0, 3)}) % 3 != 0",
    )
    moves = draw.choice(
        ("0, 1, 0, -1", "1, 0, -1, 0"),
        ("1, 0, -1, 0", "0, 1, 0, -1"),
        ("1, 1, -1, -1", "1, -1, 1, -1"),
        ("0, 1, 1", "1, 0, 1"),
        ("1, 2, 2, 1", "2, 1, -1, -2"),
    )
    result = draw.choice(
        "return distance[len(grid) - 1][len(grid[0]) - 1]",
        "best = 0\n            for line in distance:\n                best = max(best, max(line))\n            return best",
        "count = 0\n            for line in distance:\n                for d in line:\n                    if d "
        + draw.choice(">= 0", "< 0", "> 1")
        + ":\n                        count += 1\n            return count",
        "total = 0\n            for line in distance:\n                total += sum(line)\n            return total",
    )
    corner, start = draw.choice(("first", "0"), ("first", "0"), ("last", "len(grid[0]) - 1"))
    draw.define(f'''
        def {f}(grid: array[array[int]]) -> int:
            """Search from the {corner} cell of the first row, ring after ring."""
            distance = [[-1] * len(grid[0]) for _ in range(len(grid))]
            down = [{moves[0]}]
            right = [{moves[1]}]
            queue: list[int] = []
            queue.append({start})
            distance[0][queue[0]] = 0
            front = 0
            while front < len(queue):
                r = queue[front] // len(grid[0])
                c = queue[front] % len(grid[0])
                front += 1
                for k in range(len(down)):
                    y = r + down[k]
                    x = c + right[k]
                    if y >= 0 and y < len(grid) and x >= 0 and x < len(grid[0]):
                        if distance[y][x] < 0 and {free}:
                            distance[y][x] = distance[r][c] + {draw.choice("1", "1", "1 + grid[y][x]")}
                            queue.append(y * len(grid[0]) + x)
            {result}
        ''')
    high = draw.choice(1, 2, 3)
    return draw.program(
        _grid(draw, high)
        + draw.choice(
            compose.say(draw, f"{f}(grid)"),
            f"steps = {f}(grid)\nif steps {draw.choice('< 0', '> 3', '== 2', '> rows')}:\n    print({compose.verdicts(draw)[1]})\nelse:\n    print(steps)\n",
            f"before = {f}(grid)\ngrid[rows // 2][columns // 2] = {draw.integer(0, 1)}\nafter = {f}(grid)\nprint({draw.choice('before, after', 'after - before', 'max(before, after)')})\n",
        )
        + compose.coda(draw, "rows", 5)
    )


@family("minimum-path")
def minimum_path(draw: Draw) -> str:
    """The cheapest, or dearest, way through a grid of numbers."""
    f = draw.name("cheapest_path", "best_route", "path_cost", "way_through")
    choose = draw.choice("min", "min", "max")
    diagonal = draw.choice(
        "",
        "",
        "if r > 0 and c > 0:\n                        best = "
        + choose
        + "(best, cost[r - 1][c - 1] + "
        + draw.choice("1", "0", "2")
        + ")\n                    ",
    )
    price = draw.choice(
        "grid[r][c]",
        "grid[r][c]",
        "grid[r][c] * (r + 1)",
        "abs(grid[r][c] - grid[0][0])",
        f"(grid[r][c] if {draw.comparison('grid[r][c]', 9)} else {draw.integer(1, 9)})",
    )
    penalty = (
        f"if {draw.comparison('r + c', 9)}:\n                        best += {draw.choice('1', 'c', 'r')}\n                    "
        if draw.harder(0.2, 0.7)
        else ""
    )
    result = draw.choice(
        "return cost[len(grid) - 1][len(grid[0]) - 1]",
        f"return {choose}(cost[len(grid) - 1])",
        "return cost[len(grid) - 1][len(grid[0]) - 1] - cost[0][0]",
        f"return {choose}(cost[len(grid) - 1]) + cost[0][0]",
    )
    if choose == "min":
        kind, start = "cheapest", "1000\n                    if r == 0 and c == 0:\n                        best = 0"
    else:
        kind, start = "dearest", "0"
    draw.define(f'''
        def {f}(grid: array[array[int]]) -> int:
            """Find the {kind} ways from the first cell by going right{", down and diagonally" if diagonal else " and down"}."""
            cost = [[0] * len(grid[0]) for _ in range(len(grid))]
            for r in range(len(grid)):
                for c in range(len(grid[0])):
                    best = {start}
                    if r > 0:
                        best = {choose}(best, cost[r - 1][c])
                    if c > 0:
                        best = {choose}(best, cost[r][c - 1]{draw.choice("", " + 1", "")})
                    {diagonal}{penalty}cost[r][c] = best + {price}
            {result}
        ''')
    g = draw.list_summary()
    return draw.program(
        _grid(draw, draw.scale(6, 20))
        + draw.choice(
            compose.say(draw, f"{f}(grid)"),
            f"print({f}(grid))\nfor row in grid:\n    print({g}(row))\n",
            f"value = {f}(grid)\nif {draw.condition('value', 30)}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print(value)\n",
            f"first = {f}(grid)\ngrid[0][0], grid[rows - 1][0] = grid[rows - 1][0], grid[0][0]\nprint(first, {f}(grid))\n",
        )
        + compose.coda(draw, "rows", 5)
    )


@family("graph-degrees")
def graph_degrees(draw: Draw) -> str:
    """Counts the edges at each node."""
    size = draw.scale(4, 7)
    f = draw.name("count_edges", "node_degrees", "connections", "node_loads")
    second, counted = draw.choice(
        ("degrees[targets[i]] += 1", "Count the edges"),
        ("degrees[targets[i]] -= 1", "Count the edges that leave less those that arrive"),
        ("degrees[targets[i]] += 2", "Count the edges, those that arrive twice,"),
        ("if sources[i] != targets[i]:\n                    degrees[targets[i]] += 1", "Count the edges, loops once,"),
    )
    skip = draw.choice(
        "",
        f"if sources[i] {draw.choice('==', '>', '<')} targets[i]:\n                    continue\n                ",
        f"if {draw.comparison('sources[i] + targets[i]', 9)}:\n                    continue\n                ",
    )
    draw.define(f'''
        def {f}(sources: array[int], targets: array[int]) -> list[int]:
            """{counted} at each of {size} nodes{", leaving some edges out" if skip else ""}."""
            degrees: list[int] = []
            for v in range({size}):
                degrees.append(0)
            for i in range(len(sources)):
                {skip}degrees[sources[i]] += 1
                {second}
            return degrees
        ''')
    condition = draw.signed_condition("degrees[v]", 4)
    return draw.program(
        _edges(draw, size)
        + f"degrees = {f}(sources, targets)\n"
        + draw.choice(
            f'print("{draw.choice(" ", ",")}".join(degrees))\n',
            f"for v in range({size}):\n    if {condition}:\n        print({draw.choice('v', 'v, degrees[v]')})\n"
            + draw.choice("", "print(max(degrees))\n"),
            f"best = 0\nfor v in range({size}):\n    if degrees[v] {draw.choice('>', '>=', '<')} degrees[best]:\n        best = v\n"
            + compose.say(draw, "best"),
            compose.say(
                draw, draw.choice("max(degrees) - min(degrees)", "sum(degrees)", "max(degrees) * len(degrees)")
            ),
            f"count = 0\nfor v in range({size}):\n    if {condition}:\n        count += {draw.choice('1', 'degrees[v]', 'v')}\n"
            + compose.say(draw, "count"),
            f"even = 0\nfor d in degrees:\n    if abs(d) % 2 == 0:\n        even += {draw.choice('1', 'd')}\nprint(even)\n",
        )
        + compose.coda(draw, "m", 8)
    )


@family("connected-components")
def connected_components(draw: Draw) -> str:
    """Joins nodes into groups."""
    size = draw.scale(5, 9)
    find = draw.name("find", "find_root", "leader", "representative")
    if draw.chance(0.5):
        draw.define(f'''
        def {find}(parents: array[int], node: int) -> int:
            """Follow the parents of a node to the last one."""
            while parents[node] != node:
                {draw.choice("", "parents[node] = parents[parents[node]]" + chr(10) + "                ")}node = parents[node]
            return node
        ''')
    else:
        draw.define(f'''
        def {find}(parents: array[int], node: int) -> int:
            """Follow the parents of a node to the last one."""
            if parents[node] == node:
                return node
            {draw.choice(f"return {find}(parents, parents[node])", f"parents[node] = {find}(parents, parents[node])" + chr(10) + "            return parents[node]")}
        ''')
    skip = draw.choice(
        "",
        "",
        f"if {draw.comparison('sources[i] + targets[i]', 9)}:\n        continue\n    ",
        "if i % 3 == 2:\n        continue\n    ",
    )
    join = draw.choice(
        "parents[a] = b",
        "parents[b] = a",
        "parents[max(a, b)] = min(a, b)",
        "if a < b:\n            parents[b] = a\n        else:\n            parents[a] = b",
    )
    ask = draw.choice(
        compose.say(draw, "groups"),
        f"for v in range({size}):\n    print({draw.choice('v, ', '')}{find}(parents, v))\n",
        f"sizes = [0] * {size}\nfor v in range({size}):\n    sizes[{find}(parents, v)] += {draw.choice('1', '1', 'v')}\n"
        + compose.say(draw, draw.choice("max(sizes)", "max(sizes) - groups", "sorted(sizes)[" + str(size - 2) + "]")),
        f"if {find}(parents, 0) == {find}(parents, {size - 1}){draw.choice('', f' and groups < {draw.integer(3, 5)}')}:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('groups', compose.verdicts(draw)[1])})\n",
        f"count = 0\nfor v in range({size}):\n    if {find}(parents, v) {draw.choice('==', '!=', '<')} {draw.choice('v', f'{find}(parents, 0)')}:\n        count += 1\n"
        + compose.say(draw, "count"),
    )
    groups, fewer = (f"groups = {size}\n", "\n        groups -= 1") if "groups" in ask else ("", "")
    last, latest = draw.choice(("", ""), ("", ""), ("last = -1\n", "\n        last = i"))
    return draw.program(
        _edges(draw, size)
        + f"parents = [0] * {size}\nfor v in range({size}):\n    parents[v] = v\n{groups}{last}for i in range(m):\n    {skip}a = {find}(parents, sources[i])\n    b = {find}(parents, targets[i])\n    if a != b:\n        {join}{fewer}{latest}\n"
        + ask
        + (draw.choice("print(last)\n", compose.say(draw, "last")) if last else "")
    )


@family("shortest-routes")
def shortest_routes(draw: Draw) -> str:
    """Improves distances along weighted edges until nothing changes."""
    size = draw.scale(4, 6)
    f = draw.name("relax", "shortest_routes", "travel_costs", "cheapest_routes")
    cost = draw.choice("weights[i]", "weights[i]", "weights[i] + 1", "weights[i] * 2", "max(weights[i], 2)")
    both = draw.choice(
        "",
        "",
        f"\n                    if distance[targets[i]] + {cost} < distance[sources[i]]:\n                        distance[sources[i]] = distance[targets[i]] + {cost}",
    )
    skip = (
        f"if {draw.comparison('weights[i]', 8)}:\n                        continue\n                    "
        if draw.harder(0.2, 0.6)
        else ""
    )
    rounds = draw.choice(f"turn in range({size})", f"turn in range({size} - 1)", "turn in range(len(weights))")
    draw.define(f'''
        def {f}(sources: array[int], targets: array[int], weights: array[int]) -> list[int]:
            """Find what the cheapest way from the first of {size} nodes to each costs; 999 where there is none."""
            distance: list[int] = [0]
            while len(distance) < {size}:
                distance.append(999)
            for {rounds}:
                for i in range(len(weights)):
                    {skip}if distance[sources[i]] + {cost} < distance[targets[i]]:
                        distance[targets[i]] = distance[sources[i]] + {cost}{both}
            return distance
        ''')
    condition = draw.condition("distance[v]", 12)
    return draw.program(
        _edges(draw, size, weighted=True)
        + f"distance = {f}(sources, targets, weights)\n"
        + draw.choice(
            f"for v in range({size}):\n    print({draw.choice('v, ', '')}distance[v])\n",
            compose.say(draw, f"distance[{size - 1}]"),
            f"reached = 0\nfor v in range({size}):\n    if distance[v] < 999{draw.choice('', f' and {condition}')}:\n        reached += {draw.choice('1', 'distance[v]', 'v')}\n"
            + compose.say(draw, "reached"),
            "best = 0\nfor d in distance:\n    if d < 999:\n        best = max(best, d)\n" + compose.say(draw, "best"),
            f"if distance[{draw.integer(1, size - 1)}] {draw.choice('<', '==')} 999:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({draw.choice('sum(distance)', compose.verdicts(draw)[1])})\n",
        )
        + compose.coda(draw, "m", 8)
    )


@family("reachability")
def reachability(draw: Draw) -> str:
    """Which nodes can be reached from which."""
    size = draw.scale(4, 6)
    f = draw.name("reach", "reachable", "closure", "can_get_to")
    both = draw.choice("", "", "\n                links[targets[i]][sources[i]] = True")
    start = draw.choice("", "for v in range(" + str(size) + "):\n                links[v][v] = True\n            ")
    more, remark = draw.choice(
        ("", ""), (" and a != b", ""), (f" and {draw.comparison('k', 6)}", " by way of certain nodes")
    )
    draw.define(f'''
        def {f}(links: array[array[bool]], sources: array[int], targets: array[int]) -> None:
            """Find for each of {size} nodes which others can be reached from it{remark}."""
            {start}for i in range(len(sources)):
                links[sources[i]][targets[i]] = True{both}
            for k in range({size}):
                for a in range({size}):
                    for b in range({size}):
                        if links[a][k] and links[k][b]{more}:
                            links[a][b] = True
        ''')
    return draw.program(
        _edges(draw, size)
        + f"links = [[False] * {size} for _ in range({size})]\n{f}(links, sources, targets)\n"
        + draw.choice(
            f"count = 0\nfor a in range({size}):\n    for b in range({size}):\n        if links[a][b]{draw.choice('', ' and not links[b][a]', ' and a < b')}:\n            count += {draw.choice('1', '1', 'a + b')}\n"
            + compose.say(draw, "count"),
            f"for a in range({size}):\n    reached = 0\n    for b in range({size}):\n        if links[{draw.choice('a][b', 'b][a')}]:\n            reached += {draw.choice('1', 'b')}\n    print({draw.choice('a, ', '')}reached)\n",
            f"best = -1\nfor a in range({size}):\n    if {draw.choice('links[a][a]', 'links[0][a]', 'links[a][0] and links[0][a]', 'not links[0][a]')}:\n        best = a\n        {draw.choice('break', 'print(a)')}\n"
            + compose.say(draw, "best"),
            f"if links[0][{size - 1}] {draw.choice('and', 'or')} links[{size - 1}][0]:\n    print({compose.verdicts(draw)[0]})\nelse:\n    print({compose.verdicts(draw)[1]})\n",
        )
        + compose.coda(draw, "m", 8)
    )
