"""Java, compiled by the JDK's javac."""

from codegym.languages.base import Language

LANGUAGE = Language(
    name="java",
    id_name="Java",
    title="Java",
    suffix=".java",
    grammar="tree_sitter_java:language",
    toolchain_path="codegym.languages.java.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.java.dataflow:RULES",
    codebleu_path="codegym.languages.java.codebleu:RULES",
    emitter_path="codegym.languages.java.emitter:emit",
    errors_path="codegym.languages.java.errors:ERRORS",
    lexicon_path="codegym.languages.java.lexicon:LEXICON",
    function_kinds=frozenset({"method_declaration", "constructor_declaration"}),
    identifier_kinds=frozenset({"identifier", "type_identifier"}),
    literal_kinds=frozenset(
        {
            "decimal_integer_literal",
            "hex_integer_literal",
            "octal_integer_literal",
            "binary_integer_literal",
            "decimal_floating_point_literal",
            "hex_floating_point_literal",
            "character_literal",
            "string_fragment",
            "multiline_string_fragment",
            "escape_sequence",
            "true",
            "false",
            "null_literal",
        }
    ),
    comment_kinds=frozenset({"line_comment", "block_comment"}),
)
