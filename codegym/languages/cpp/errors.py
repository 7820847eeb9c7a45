"""C++ errors are GCC's, like those of C."""

from codegym.languages.c.errors import ERRORS

__all__ = ["ERRORS"]
