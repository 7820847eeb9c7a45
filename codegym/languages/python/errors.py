"""What the messages of Python's compiler are about; most programs do not get beyond its parser."""

from codegym.languages.base import ErrorRules

ERRORS: ErrorRules = (
    (
        "limit",
        r"too many|too (complex|large|deep)|more than 255|RecursionError|MemoryError|OverflowError|Exceeds the limit",
    ),
    ("undeclared name", r"no binding for nonlocal"),
    ("missing import", r"future feature|not a chance"),
    (
        "redeclaration",
        r"duplicate|prior to|before (global|nonlocal)|(parameter|local|nonlocal) and|nonlocal declaration",
    ),
    ("wrong call", r"positional argument|keyword argument|argument (unpacking|repeated)|Generator expression must"),
    (
        "control flow",
        r"outside|not properly in loop|in async|default 'except:'|makes remaining|cannot be in|__future__",
    ),
    ("illegal use", r"(cannot|can't) (assign|delete|use)|illegal target|only allowed at|starred assignment"),
    ("syntax", r"SyntaxError|IndentationError|TabError|null bytes|encoding|decode|codec|source code"),
)
