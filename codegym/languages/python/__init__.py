"""Python, compiled by the interpreter that runs codegym."""

from codegym.languages.base import Language


def prefix_of_string(start: bytes) -> bytes:
    """Returns the `b`, `f` or `r` of a string's beginning, without the quotes, which are a matter of taste."""
    return start.rstrip(b"\"'").lower()


LANGUAGE = Language(
    name="python",
    id_name="Python",
    title="Python",
    suffix=".py",
    grammar="tree_sitter_python:language",
    toolchain_path="codegym.languages.python.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.python.dataflow:RULES",
    codebleu_path="codegym.languages.python.codebleu:RULES",
    emitter_path="codegym.languages.python.emitter:emit",
    errors_path="codegym.languages.python.errors:ERRORS",
    lexicon_path="codegym.languages.python.lexicon:LEXICON",
    function_kinds=frozenset({"function_definition"}),
    identifier_kinds=frozenset({"identifier"}),
    literal_kinds=frozenset(
        {
            "integer",
            "float",
            "string_start",
            "string_content",
            "escape_sequence",
            "escape_interpolation",
            "type_conversion",
            "format_specifier",
            "true",
            "false",
            "none",
        }
    ),
    comment_kinds=frozenset({"comment", "line_continuation"}),
    literal_values=(("string_start", prefix_of_string),),
)
