"""What javac's messages are about, by their keys in javac's own catalogue."""

from codegym.languages.base import ErrorRules


def keys(*beginnings: str) -> str:
    """Returns the expression that finds keys which begin like this."""
    return rf"^compiler\.err\.({'|'.join(beginnings)})\b"


ERRORS: ErrorRules = (
    # javac knows no variable of this name, and so takes it to be a package: `Sytem.out`.
    ("undeclared name", keys(r"doesnt.exist package [A-Z]\w*")),
    (
        "missing import",
        keys("doesnt.exist", "cant.access", "package.not.visible", "module.not.found", "import.requires"),
    ),
    ("undeclared name", keys("cant.resolve", "undef.label")),
    ("missing return", keys("missing.ret.stmt") + "|missing return value"),
    ("limit", keys("limit", "too.many")),
    (
        "redeclaration",
        keys("already.defined", "duplicate", "name.clash", "same.binary.name", "repeated.(interface|annotation)")
        + "|"
        + keys("label.already", "match.binding", "clash", "type.var.more"),
    ),
    (
        "wrong call",
        keys("cant.apply.(symbols?|diamond)", "ref.ambiguous", "encl.class.required", "call.must", "varargs.argument"),
    ),
    (
        "control flow",
        keys("unreachable.stmt", "var.(might|not.initialized)", "unreported.exception", "except.(never|already)")
        + "|"
        + keys("ret.outside", "(break|cont).outside", "not.exhaustive", "initializer.must", "flows.through")
        + "|"
        + keys(
            "final.parameter",
            "no.switch.expression",
            "pattern.dominated",
            "(continue|return).outside",
            "rule.completes",
        ),
    ),
    (
        "illegal use",
        keys("non-static", "cant.(assign|inherit|ref.non)", "report.access", "not.def", "abstract", "does.not.override")
        + "|"
        + keys("local.(var|classes)", "class.public", "mod.not.allowed", "illegal.(combination|static|forward|self)")
        + "|"
        + keys("enum", "override", "void.not", "static", "method.does.not.override", "not.encl.class", "icls.cant")
        + "|"
        + keys(
            "cyclic", "recursive", "call.to.super", "cant.(ref.before|select|extend)", "intf.(meth|not)", "non.sealed"
        )
        + "|"
        + keys(
            "no.encl.instance", "try.resource", "multicatch", "native.meth", "sealed", "anon.class", "qualified.new"
        ),
    ),
    (
        "type mismatch",
        keys("prob.found.req", "operator.cant", "incomparable", "incompatible", "cant.(deref|infer|ret)", "array.req")
        + "|"
        + keys("foreach", "type.(found|doesnt)", "unexpected.(type|lambda|mref)", "not.within.bounds", "const.expr")
        + "|"
        + keys("illegal.(initializer|generic)", "generic", "improperly", "wrong.number", "invalid.mref", "instanceof")
        + "|"
        + keys("types.incompatible", r"\w+.const.req", "constant.label", "selector", "not.(loop|annotation)")
        + "|"
        + keys(
            "lambda.body", "type.var.cant", "signature.doesnt", "(no.)?intf.expected", "cannot.create", "bad.functional"
        ),
    ),
    (
        "syntax",
        keys(r"expected\d?", "premature.eof", "illegal", "not.stmt", "unclosed", "dot.class", "orphaned", "invalid")
        + "|"
        + keys("(else|catch|finally|try).without", "malformed", "int.number", "bad.initializer", "variable.not")
        + "|"
        + keys("array", "empty.char", "class", "initializer.not", "statement.not", "missing.meth", "underscore", "this")
        + "|"
        + keys("repeated.modifier", "wrong.receiver", "restricted", "switch", "default", "text.block", "local.enum")
        + "|"
        + keys("varargs", "record", "preview", "feature", "modifier", "annotation", "try.with")
        + "|"
        + keys("fp.number", "pattern.expected", "assert.as", "first.statement", "instance.initializer"),
    ),
)
