"""What families draw from: numbers, names, conditions, terms and whole helper functions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """The random choices of one program, and the functions that it has been given so far.

    Args:
        generator: Where the choices come from.
        difficulty: From 0 to 1: how many pieces, and how large, a program is made of.

    Attributes:
        difficulty: The same.
        lending: The function of `compose` whose call is answered with what it would have used, while another family
            lends its function to the program; else empty.
        records: The records that the program has been given, in the notation, by their names.
        functions: The functions that the program has been given, in the notation, by their names.
        borrowed: Names of the other families that the program has a function of.
    """

    def __init__(self, generator: np.random.Generator, difficulty: float) -> None:
        self.difficulty = difficulty
        self._generator = generator
        self.records: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self._reserved: list[str] = []
        self._helpers = 0
        self.lending = ""
        self.borrowed: list[str] = []

    # Choices.

    def integer(self, low: int, high: int) -> int:
        """Returns an integer from `low` to `high`, both included."""
        return int(self._generator.integers(low, high + 1))

    def choice(self, *options: T) -> T:
        """Returns one of the options."""
        return options[int(self._generator.integers(len(options)))]

    def chance(self, probability: float) -> bool:
        """Returns True with this probability."""
        return bool(self._generator.random() < probability)

    def harder(self, low: float, high: float) -> bool:
        """Returns True with a probability that rises with the difficulty from `low` to `high`."""
        return self.chance(low + (high - low) * self.difficulty)

    def scale(self, low: int, high: int) -> int:
        """Returns a bound between `low` and `high` that rises with the difficulty, give or take a little."""
        spread = self._generator.uniform(-0.15, 0.15)
        share = min(1.0, max(0.0, self.difficulty + spread))
        return low + round((high - low) * share)

    # Functions.

    def name(self, *options: str) -> str:
        """Returns one of the names that no function of the program has yet, and keeps it for the caller."""
        free = [option for option in options if option not in self._reserved] or [f"{options[0]}_again"]
        name = self.choice(*free)
        self._reserved.append(name)
        return name

    def record(self, *options: str, **fields: str) -> str:
        """Adds a record with one of these names to the program; returns its name.

        Args:
            options: Names that fit: `"Point"`, `"Position"`.
            fields: The type of each field, in the notation: `x="int"`.
        """
        name = self.name(*options)
        self.records[name] = f"class {name}:\n" + "".join(f"    {field}: {type_}\n" for field, type_ in fields.items())
        return name

    def define(self, text: str) -> str:
        """Adds a function, given in the notation, to the program; returns its name."""
        text = textwrap.dedent(text).strip("\n") + "\n"
        match = re.match(r"def (\w+)", text)
        if match is None:
            raise ValueError(f"This is not a function:\n{text}")
        self.functions[match[1]] = text
        return match[1]

    def program(self, main: str) -> str:
        """Returns the whole program in the notation: all records, all functions, then the main part."""
        return "\n".join([*self.records.values(), *self.functions.values()]) + textwrap.dedent(main).strip("\n") + "\n"

    # Conditions and terms.

    def condition(self, x: str, high: int = 100) -> str:
        """Returns a condition on a number that is not negative: a comparison, several, or a call of a helper.

        Args:
            x: Name of the number.
            high: About how large the number gets.
        """
        if self._helpers < 2 and self.harder(0.1, 0.35):
            self._helpers += 1
            return f"{self.choice('', '', 'not ')}{self.number_test()}({x})"
        first = self.comparison(x, high)
        if not self.harder(0.2, 0.55):
            return first
        return f"{first} {self.choice('and', 'or')} {self.comparison(x, high)}"

    def comparison(self, x: str, high: int = 100) -> str:
        """Returns one comparison of a number that is not negative."""
        k = self.integer(2, 9)
        threshold = self.integer(1, max(2, high - 1))
        match self.integer(0, 9):
            case 0 | 1:
                return f"{x} % {k} == {self.integer(0, k - 1)}"
            case 2:
                return f"{x} % {k} != {self.integer(0, k - 1)}"
            case 3:
                return f"{x} {self.choice('>', '>=')} {threshold}"
            case 4:
                return f"{x} {self.choice('<', '<=')} {threshold}"
            case 5:
                return f"({x} + {self.integer(1, 9)}) % {k} {self.choice('<', '>')} {self.integer(1, k - 1)}"
            case 6:
                return f"{x} // {k} % 2 == {self.integer(0, 1)}"
            case 7:
                return f"({x} & {self.choice(1, 2, 4, 8)}) {self.choice('==', '!=')} 0"
            case 8:
                return f"{self.integer(1, 9)} <= {x} % {k + 8} <= {k + 8 - self.integer(1, 3)}"
            case _:
                return f"{x} % 10 {self.choice('==', '!=', '<', '>')} {self.integer(2, 7)}"

    def signed_condition(self, x: str, high: int = 20) -> str:
        """Returns a condition on a number of either sign."""
        k = self.integer(2, 7)
        options = (
            f"{x} > 0",
            f"{x} < 0",
            f"{x} > {self.integer(1, high)}",
            f"{x} <= {self.integer(-high, high)}",
            f"floor_mod({x}, {k}) == {self.integer(0, k - 1)}",
            f"floor_mod({x}, {k}) != 0",
            f"abs({x}) % {k} == {self.integer(0, k - 1)}",
            f"abs({x}) > {self.integer(1, high)}",
            f"{self.integer(-high, 0)} <= {x} <= {self.integer(1, high)}",
        )
        first = self.choice(*options)
        if not self.harder(0.15, 0.45):
            return first
        return f"{first} {self.choice('and', 'or')} {self.choice(*options)}"

    def term(self, x: str) -> str:
        """Returns a small expression in a number; it is negative only where the number is."""
        k = self.integer(2, 9)
        return self.choice(
            x,
            x,
            f"{x} * {k}",
            f"{x} + {k}",
            f"{x} * {x}",
            f"{k} * {x} + {self.integer(1, 9)}",
            f"({x} + {k}) * {k}",
        )

    # Helper functions, each returned by name.

    def number_test(self) -> str:
        """Defines a function from a number that is not negative to a boolean."""
        options = {
            "is_prime": self._is_prime,
            "is_palindrome": self._is_palindrome,
            "is_square": self._is_square,
            "has_digit": self._has_digit,
            "is_harshad": self._is_harshad,
            "is_smooth": self._is_smooth,
        }
        return self._helper(options)

    def number_map(self) -> str:
        """Defines a function from a number that is not negative to one that is not either, and not much larger."""
        options = {
            "digit_sum": self._digit_sum,
            "reverse_number": self._reverse_number,
            "count_bits": self._count_bits,
            "scramble": self._scramble,
            "largest_digit": self._largest_digit,
            "digital_root": self._digital_root,
        }
        return self._helper(options)

    def list_summary(self) -> str:
        """Defines a function from an array that is not empty to an integer."""
        options = {
            "spread": self._spread,
            "weighted_sum": self._weighted_sum,
            "count_matching": self._count_matching,
            "alternating_sum": self._alternating_sum,
            "count_rises": self._count_rises,
        }
        return self._helper(options)

    def _helper(self, options: Mapping[str, Callable[[], str]]) -> str:
        free = [name for name in options if name not in self.functions and name not in self._reserved]
        if not free:
            return next(name for name in options if name in self.functions)
        name = self.choice(*free)
        self._reserved.append(name)
        return self.define(options[name]())

    def _is_prime(self) -> str:
        if self.chance(0.5):
            return '''
                def is_prime(n: int) -> bool:
                    """Tell whether a number is prime."""
                    if n < 2:
                        return False
                    d = 2
                    while d * d <= n:
                        if n % d == 0:
                            return False
                        d += 1
                    return True
                '''
        return '''
            def is_prime(n: int) -> bool:
                """Check that a number has no divisor but one and itself."""
                if n < 2:
                    return False
                for d in range(2, n // 2 + 1):
                    if n % d == 0:
                        return False
                return True
            '''

    def _is_palindrome(self) -> str:
        if self.chance(0.5):
            return '''
                def is_palindrome(n: int) -> bool:
                    """Check whether a number reads the same backwards."""
                    digits = str(n)
                    return digits == digits[::-1]
                '''
        return '''
            def is_palindrome(n: int) -> bool:
                """Check whether the digits of a number are symmetric."""
                mirrored = 0
                current = n
                while current > 0:
                    mirrored = mirrored * 10 + current % 10
                    current //= 10
                return mirrored == n
            '''

    def _is_square(self) -> str:
        return '''
            def is_square(n: int) -> bool:
                """Tell whether a number is a perfect square."""
                root = 0
                while root * root < n:
                    root += 1
                return root * root == n
            '''

    def _has_digit(self) -> str:
        return f'''
            def has_digit(n: int) -> bool:
                """Look for a certain digit in a number."""
                while n > 0:
                    if n % 10 == {self.integer(1, 9)}:
                        return True
                    n //= 10
                return False
            '''

    def _is_harshad(self) -> str:
        return '''
            def is_harshad(n: int) -> bool:
                """Tell whether a number is divisible by the sum of its digits."""
                total = 0
                current = n
                while current > 0:
                    total += current % 10
                    current //= 10
                return total > 0 and n % total == 0
            '''

    def _is_smooth(self) -> str:
        p, q = self.choice((2, 3), (2, 5), (3, 5), (2, 7))
        return f'''
            def is_smooth(n: int) -> bool:
                """Check that a number has only small prime factors."""
                if n < 1:
                    return False
                while n % {p} == 0:
                    n //= {p}
                while n % {q} == 0:
                    n //= {q}
                return n == 1
            '''

    def _digit_sum(self) -> str:
        if self.chance(0.3):
            return '''
                def digit_sum(n: int) -> int:
                    """Add up the digits of a number."""
                    if n < 10:
                        return n
                    return n % 10 + digit_sum(n // 10)
                '''
        addend = self.choice("n % 10", "n % 10", "(n % 10) * (n % 10)")
        return f'''
            def digit_sum(n: int) -> int:
                """Add up what the digits of a number are worth."""
                total = 0
                while n > 0:
                    total += {addend}
                    n //= 10
                return total
            '''

    def _reverse_number(self) -> str:
        return '''
            def reverse_number(n: int) -> int:
                """Write the digits of a number backwards."""
                result = 0
                while n > 0:
                    result = result * 10 + n % 10
                    n //= 10
                return result
            '''

    def _count_bits(self) -> str:
        if self.chance(0.5):
            return '''
                def count_bits(n: int) -> int:
                    """Count the ones in the binary form of a number."""
                    count = 0
                    while n > 0:
                        count += n & 1
                        n >>= 1
                    return count
                '''
        return '''
            def count_bits(n: int) -> int:
                """Count the ones in the binary form of a number."""
                count = 0
                while n > 0:
                    if n % 2 == 1:
                        count += 1
                    n //= 2
                return count
            '''

    def _scramble(self) -> str:
        return f'''
            def scramble(n: int) -> int:
                """Map a number to a small one."""
                return ({self.term("n % 1000")} + {self.integer(1, 50)}) % {self.integer(11, 97)}
            '''

    def _largest_digit(self) -> str:
        return '''
            def largest_digit(n: int) -> int:
                """Find the largest digit of a number."""
                best = 0
                while n > 0:
                    best = max(best, n % 10)
                    n //= 10
                return best
            '''

    def _digital_root(self) -> str:
        return '''
            def digital_root(n: int) -> int:
                """Sum digits again and again until one digit is left."""
                while n >= 10:
                    total = 0
                    while n > 0:
                        total += n % 10
                        n //= 10
                    n = total
                return n
            '''

    def _spread(self) -> str:
        if self.chance(0.4):
            return '''
                def spread(xs: array[int]) -> int:
                    """Return the distance between the largest and the smallest value."""
                    return max(xs) - min(xs)
                '''
        return '''
            def spread(xs: array[int]) -> int:
                """Return the distance between the extremes."""
                low = xs[0]
                high = xs[0]
                for x in xs:
                    if x < low:
                        low = x
                    if x > high:
                        high = x
                return high - low
            '''

    def _weighted_sum(self) -> str:
        weight = self.choice("i + 1", "len(xs) - i", f"i % {self.integer(2, 4)} + 1", f"i + {self.integer(2, 5)}")
        return f'''
            def weighted_sum(xs: array[int]) -> int:
                """Add up the values, each times a weight that depends on its position."""
                total = 0
                for i in range(len(xs)):
                    total += xs[i] * ({weight})
                return total
            '''

    def _count_matching(self) -> str:
        return f'''
            def count_matching(xs: array[int]) -> int:
                """Count the values that satisfy the rule."""
                count = 0
                for x in xs:
                    if {self.signed_condition("x")}:
                        count += 1
                return count
            '''

    def _alternating_sum(self) -> str:
        return '''
            def alternating_sum(xs: array[int]) -> int:
                """Add and subtract the values in turn."""
                total = 0
                sign = 1
                for x in xs:
                    total += sign * x
                    sign = -sign
                return total
            '''

    def _count_rises(self) -> str:
        return f'''
            def count_rises(xs: array[int]) -> int:
                """Count neighbours that are in the given order."""
                count = 0
                for i in range(1, len(xs)):
                    if xs[i] {self.choice(">", "<", ">=", "!=")} xs[i - 1]{self.choice("", "", f" + {self.integer(1, 5)}")}:
                        count += 1
                return count
            '''
