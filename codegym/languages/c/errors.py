"""What GCC's messages are about, by their wording: its errors have no numbers."""

from codegym.languages.base import ErrorRules

ERRORS: ErrorRules = (
    ("missing import", r"No such file or directory"),
    (
        "limit",
        r"instantiation depth|memory exhausted|nesting (level|depth)|too (deep|large|big)|internal compiler error",
    ),
    ("syntax", r"^expected|is not allowed here|#\w+ expects"),
    ("missing return", r"with no value"),
    (
        "redeclaration",
        r"redeclar|redefin|conflicting (types|declaration)|previously (declared|defined)|multiple definition"
        r"|duplicate (case|member|label|base)|multiple default|shadows|follows non-static|ambiguating"
        r"|cannot be overloaded|different kind of symbol|with no linkage|different access|already (defined|been)",
    ),
    (
        "wrong call",
        r"no matching function|no match for call|too (few|many) arguments|for argument \d|passing argument \d"
        r"|call of overloaded|called object|used as a function|wrong number of",
    ),
    (
        "undeclared name",
        r"undeclared|not declared|not been declared|does not name a|unknown type name|no (member|type) named"
        r"|not a member of"
        r"|is not a (namespace-name|class|template|type|base)|undefined reference|but not defined|implicit declaration"
        r"|incomplete type|isn.t known|declaration .* must be available|is (ambiguous|incomplete)"
        r"|have any field",
    ),
    (
        "control flow",
        r"not within|jump to|crosses|enters (the )?scope|outside (of )?(a )?(switch|loop|function)|case label",
    ),
    (
        "illegal use",
        r"lvalue required|read-only|(is|are) (private|protected|inaccessible)|discards qualifiers|without (an )?object"
        r"|invalid use of|to be a global variable|must return|deleted function|abstract type|not captured|storage class"
        r"|variable-sized object|not a? ?constant|variably modified|non-static|static member|address of|register"
        r"|cannot be (declared|defined|used|static|virtual|const)|qualified|specified with"
        r"|constant expression|requires .* syntax|to expression with array type",
    ),
    (
        "type mismatch",
        r"conver(t|sion)|is a pointer|invalid operands|no match for|incompatible|wrong type|comparison|subscript"
        r"|request for member|type argument|operand|void value|invalid initializer|deduc|data types|was expected|cast"
        r"|narrowing|quantity|template argument|structured binding|different types|initializ|scalar|aggregate"
        r"|with no type|invalid types|must have|takes (no|exactly|either)|array of|of type|returning"
        r"|incomplete element|size missing|non-integer|not an integer|negative|exceeds|overflow"
        r"|placeholder|contextual type|template-id",
    ),
    (
        "syntax",
        r"expected|stray|missing|unterminated|without|block scope|invalid suffix|numeric|consecutive|named return"
        r"|forbids|preprocessing|directive|token|declarator|declaration|decimal|exponent|character|identifier|constant"
        r"|specifier|parameter|attribute|macro|#\w+|brace|parenthes|empty|label",
    ),
)
