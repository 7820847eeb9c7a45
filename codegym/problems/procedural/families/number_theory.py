"""Divisors, digits, primes, sequences of numbers."""

from __future__ import annotations

from codegym.problems.procedural import compose
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families.registry import family


@family("divisor-sum", lends="number_function")
def divisor_sum(draw: Draw) -> str:
    """Adds up, counts or picks divisors."""
    f = draw.name("divisor_sum", "sum_divisors", "divisor_score", "aliquot")
    stop = draw.choice("n", "n + 1", "n // 2 + 1")
    condition = draw.choice("", f" and {draw.comparison('d', 40)}")
    update = draw.choice(f"total += {draw.term('d')}", "total += 1", "total = max(total, d)")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Combine the divisors of a number."""
            total = 0
            for d in range(1, {stop}):
                if n % d == 0{condition}:
                    {update}
            return total
        ''')
    return compose.number_function(draw, f, 1, draw.scale(30, 120))


@family("greatest-common-divisor", lends="number_function")
def greatest_common_divisor(draw: Draw) -> str:
    """Euclid's algorithm and what follows from it."""
    g = draw.name("gcd", "greatest_common_divisor", "common_divisor")
    loop = f'''
        def {g}(a: int, b: int) -> int:
            """Return the greatest common divisor of two numbers."""
            while b > 0:
                a, b = b, a % b
            return a
        '''
    recursive = f'''
        def {g}(a: int, b: int) -> int:
            """Return the greatest common divisor of two numbers."""
            if b == 0:
                return a
            return {g}(b, a % b)
        '''
    draw.define(draw.choice(loop, recursive))
    f = draw.name("count_coprime", "coprime_partners", "totient_like")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Count or add up the smaller numbers in a certain relation to a number."""
            count = 0
            for k in range(1, n{draw.choice("", " + 1")}):
                if {g}(n, k) {draw.choice("== 1", "> 1", f"== {draw.integer(2, 4)}", f"> {draw.integer(2, 4)}")}:
                    count += {draw.choice("1", "1", draw.term("k"))}
            return count
        ''')
    return compose.number_function(draw, f, 1, draw.scale(15, 40))


@family("least-common-multiple", lends="list_function")
def least_common_multiple(draw: Draw) -> str:
    """Folds a list with the least common multiple, kept small by a modulus."""
    g, f = draw.name("gcd", "common"), draw.name("combine", "lcm_of", "merge_periods")
    draw.define(f'''
        def {g}(a: int, b: int) -> int:
            """Return the greatest common divisor."""
            while a {draw.choice("!=", ">")} 0:
                a, b = b % a, a
            return b
        ''')
    cap = draw.choice(1000, 5000, 997, 2048)
    change = draw.choice("total", f"(total + {draw.integer(1, 5)})", "(total * 2)")
    draw.define(f'''
        def {f}(xs: array[int]) -> int:
            """Combine the periods of all values."""
            total = 1
            for x in xs:
                if {draw.comparison("x", 20)}:
                    total = {change} // {g}({change}, x) * x
                if total > {cap}:
                    total = total % {cap} + 1
            return total
        ''')
    return compose.list_function(draw, f, 1, draw.scale(12, 40))


@family("digit-walk", lends="number_function")
def digit_walk(draw: Draw) -> str:
    """Takes a number apart digit by digit."""
    f = draw.name("digit_score", "digits_value", "fold_digits", "digit_check")
    base = draw.choice(10, 10, 10, 2, 3, 8)
    update = draw.choice(
        "total += digit",
        "total += digit * digit",
        "total = max(total, digit)",
        f"total = (total * {draw.integer(2, 9)} + digit) % {draw.integer(50, 200)}",
        "total += 1",
        "total += digit * (steps + 1)",
        "total = abs(total - digit)",
    )
    guard = draw.choice(True, False)
    line = f"if {draw.comparison('digit', base)}:\n                    {update}" if guard else update
    draw.define(f'''
        def {f}(n: int) -> int:
            """Combine the digits of a number."""
            total = {draw.choice(0, 0, 1)}
            steps = 0
            while n > 0:
                digit = n % {base}
                {line}
                steps += 1
                n //= {base}
            return total{draw.choice("", "", " + steps", " * steps")}
        ''')
    return compose.number_function(draw, f, 1, draw.choice(500, 9999, 99999))


@family("primes", lends="number_function")
def primes(draw: Draw) -> str:
    """Sieve of Eratosthenes, then something about the primes."""
    f = draw.name("prime_sieve", "sieve", "count_primes", "prime_total")
    start = draw.choice("d * d", "2 * d", "d + d")
    condition = draw.choice("", f" and {draw.condition('i', 50)}", f" and {draw.comparison('i', 50)}")
    update = draw.choice(
        "total += 1",
        f"total += {draw.term('i')}",
        "total = i",
        "total = max(total, i - previous)\n                    previous = i",
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Cross out the multiples, then look at the primes that are left."""
            composite = [False] * (n + 1)
            for d in range(2, n + 1):
                if not composite[d]:
                    k = {start}
                    while k <= n:
                        composite[k] = True
                        k += d
            total = 0
            {"previous = 2" if "previous" in update else '"Look at the survivors."'}
            for i in range(2, n + 1):
                if not composite[i]{condition}:
                    {update}
            return total
        ''')
    return compose.number_function(draw, f, 1, draw.scale(20, 60))


@family("prime-factors", lends="number_function")
def prime_factors(draw: Draw) -> str:
    """Trial division."""
    f = draw.name("factor_score", "count_factors", "prime_factors", "largest_factor")
    update = draw.choice("count += 1", "count += d", "count = d", f"count += {draw.term('d')}", "count = count * 2 + 1")
    inner = draw.choice(
        f"while n % d == 0:\n                    {update}\n                    n //= d\n                d += 1",
        f"if n % d == 0:\n                    {update}\n                    while n % d == 0:\n                        n //= d\n                d += 1",
        f"if n % d == 0:\n                    {update}\n                    n //= d\n                else:\n                    d += 1",
    )
    tail = draw.choice("return count", f"return count % {draw.integer(5, 50)}", "return count + 1")
    limit = draw.choice(
        "",
        f"if {draw.comparison('count', 20)}:\n                return {draw.choice('0', 'd', 'count + 1')}\n            ",
    )
    draw.define(f'''
        def {f}(n: int) -> int:
            """Divide a number by its prime factors, one after the other."""
            count = 0
            d = 2
            while n > 1 and count < 5000:
                {inner}
            {limit}{tail}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(60, 300))


@family("collatz", lends="number_function")
def collatz(draw: Draw) -> str:
    """Walks along a sequence in which even and odd numbers go different ways."""
    f = draw.name("sequence_length", "walk_length", "orbit", "collatz_steps")
    cap = draw.scale(12, 40)
    odd = draw.choice("3 * n + 1", "n + 3", f"n * {draw.choice(3, 5)} + 1", f"n - 1 + {draw.choice(0, 4)}", "3 * n - 1")
    even = draw.choice("n // 2", "n // 2", "n // 2 + 1")
    track = draw.choice(
        "",
        "best = max(best, n)",
        f"if {draw.comparison('n', 60)}:\n                    best += 1",
        "best += n % 10",
    )
    result = "steps" if not track else draw.choice("best", "best + steps", "max(best, steps)")
    draw.define(f'''
        def {f}(n: int) -> int:
            """Follow the sequence until it ends, but not for ever."""
            steps = 0
            {"best = 0" if track else '"Even numbers shrink."'}
            while n {draw.choice("> 1", "!= 1")} and steps < {cap} and n < 100000:
                {track or '"One more step."'}
                if n % 2 == 0:
                    n = {even}
                else:
                    n = {odd}
                steps += 1
            return {result}
        ''')
    return compose.number_function(draw, f, 1, draw.scale(30, 90))


@family("perfect-numbers")
def perfect_numbers(draw: Draw) -> str:
    """Compares a number with the sum of its divisors."""
    f = draw.name("is_abundant", "is_special", "is_perfect_like", "is_rich")
    condition = draw.choice("", f" and {draw.comparison('d', 30)}")
    relation = draw.choice(
        "total > n",
        "total == n",
        "total < n",
        f"total > n + {draw.integer(1, 9)}",
        f"total * 2 > n * {draw.integer(1, 3)}",
        f"total % {draw.integer(2, 6)} == n % {draw.integer(2, 6)}",
    )
    draw.define(f'''
        def {f}(n: int) -> bool:
            """Compare a number with the sum of its proper divisors."""
            total = 0
            for d in range(1, {draw.choice("n", "n // 2 + 1")}):
                if n % d == 0{condition}:
                    total += {draw.choice("d", "d", draw.term("d"))}
            return {relation}
        ''')
    return compose.number_test(draw, f, 1, draw.scale(30, 100))


@family("number-predicate")
def number_predicate(draw: Draw) -> str:
    """A test of numbers made of several rules."""
    f = draw.name("is_lucky", "accepts", "is_valid", "matches", "is_interesting")
    rules = [
        f"if {draw.condition('n', 60)}:\n                return {draw.choice('True', 'False')}"
        for _ in range(draw.scale(1, 3))
    ]
    body = "\n            ".join(rules)
    last = draw.choice(draw.condition("n", 60), draw.comparison("n", 60), "True", "False")
    draw.define(f'''
        def {f}(n: int) -> bool:
            """Decide by several rules whether a number counts."""
            {body}
            return {last}
        ''')
    return compose.number_test(draw, f, draw.choice(0, 1), draw.scale(30, 150))


@family("modular-power", lends="number_function")
def modular_power(draw: Draw) -> str:
    """Powers and linear recurrences under a modulus."""
    f = draw.name("power_mod", "residue", "modular_value", "remainder_of_power")
    modulus = draw.choice(97, 101, 257, 1009, 7919)
    base = draw.choice(str(draw.integer(2, 9)), f"n % {draw.integer(5, 30)} + 2")
    fast = f'''
        def {f}(n: int) -> int:
            """Raise a number to a power by squaring, under a modulus."""
            result = {draw.choice("1", str(draw.integer(2, 5)))}
            a = {base}
            k = n
            while k > 0:
                if k % 2 == 1:
                    result = result * a % {modulus}
                a = a * a % {modulus}
                k //= 2
            return {draw.choice("result", "result", f"result % {draw.integer(10, 50)}")}
        '''
    slow = f'''
        def {f}(n: int) -> int:
            """Multiply again and again, and keep the remainder."""
            result = {draw.integer(1, 3)}
            for k in range(n % 60):
                {draw.choice(f"if {draw.comparison('k', 30)}:", f"if {draw.comparison('result', 60)}:")}
                    result = (result * {draw.integer(2, 9)} + {draw.choice("k", str(draw.integer(1, 9)))}) % {modulus}
                {draw.choice("else:", "elif k > 2:")}
                    result = {draw.choice("result + k", "result + 1", "result * 2 % 500")}
            return result
        '''
    draw.define(draw.choice(fast, slow))
    return compose.number_function(draw, f, 0, draw.scale(50, 1000))
