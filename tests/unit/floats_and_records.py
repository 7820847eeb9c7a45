"""A procedural program that uses floats and records in every way, for the tests of several languages."""

from __future__ import annotations

PROGRAM = '''
class Item:
    name: str
    price: float
    amount: int

class Point:
    x: int
    y: int

def cost(item: Item) -> float:
    """Return what an item costs in all."""
    return item.price * item.amount

def best(items: array[Item]) -> Item:
    """Find the item that costs most."""
    top = items[0]
    for item in items:
        if cost(item) > cost(top):
            top = item
    return top

def moved(p: Point, dx: int) -> Point:
    """Move a point to the right."""
    return Point(p.x + dx, p.y)

def distance(p: Point, q: Point) -> float:
    """Measure how far two points are apart."""
    dx = p.x - q.x
    dy = p.y - q.y
    return sqrt(dx * dx + dy * dy)

n = read_int(1, 4)
items = read_records(Item, n, 1, 20, 2)
points = read_records(Point, n, -9, 9)
rate, tax = read_float(0, 3, 2)
xs = read_floats(n, 0, 10, 1)
total = 0.0
for item in items:
    total += cost(item)
print(f"total {total:.2f}", int(total))
print(f"{total * (1 + rate / 100) - tax:.3f}", f"{n / 3 + 1 / 3:.3f}", f"{(n + 1) / (n + 2):.3f}")
ordered = sorted(items, key=lambda i: (-i.price, i.name, i.amount))
for item in ordered:
    print(item.name, f"{item.price:.2f}", item.amount)
points = sorted(points, key=lambda p: (p.x, -p.y))
chosen: list[Point] = []
for p in points:
    if p.x > 0 and p.y != 3:
        chosen.append(moved(p, 2))
chosen.append(Point(n, 2 * n))
for p in chosen:
    print(f"({p.x}, {p.y}): {distance(p, points[0]):.3f}")
top = best(items)
print(top.name)
for i in range(n):
    points[i] = moved(points[i], i)
print(points[n - 1].x + points[0].y)
sums: dict[str, float] = {}
for item in items:
    sums[item.name] = sums.get(item.name, 0.0) + item.price
for key in sorted(sums):
    print(key, f"{sums[key]:.2f}")
xs = sorted(xs)
print(f"{xs[0]:.1f} {max(xs):.1f} {sum(xs) / len(xs):.3f}")
big = max(rate, 1)
big = big * 1.5 if big < 3 else -big / 2
print(f"{big:.4f}", f"{abs(big):.4f}")
first = Point(1, 2)
second = Point(3, 4)
first, second = second, first
print(first.x, second.y)
'''
