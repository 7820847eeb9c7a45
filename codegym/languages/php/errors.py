"""What the messages of PHP's compiler are about; most programs do not get beyond its parser."""

from codegym.languages.base import ErrorRules

ERRORS: ErrorRules = (
    ("syntax", r"^(ParseError|TEXT)"),
    ("limit", r"Allowed memory|Out of memory|nesting level|too (many|deep|large)"),
    (
        "redeclaration",
        r"redeclare|Redefinition|[Dd]uplicate|already (in use|used|been|declared|defined)|[Mm]ultiple \w+",
    ),
    ("missing return", r"must return a value"),
    ("control flow", r"not in the .* context|levels?$|goto|jump|yield|outside|must not return"),
    ("undeclared name", r"[Uu]ndefined|not found"),
    ("missing import", r"[Ff]ailed (to open|opening)"),
    ("wrong call", r"argument|unpack|by reference|variadic"),
    (
        "type mismatch",
        r"offset type|must have type|default value|compatible|nullable|can only be|must be of|must contain only"
        r"|return type|Unsupported|type declaration",
    ),
    ("syntax", r"empty array elements|strict_types|[Nn]amespace|encoding"),
    (
        "illegal use",
        r"[Cc]annot|[Cc]an't|abstract|Access level|(must|may) (not )?(be|have)|static|constant|readonly"
        r"|interface|final",
    ),
)
