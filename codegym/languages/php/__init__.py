"""PHP, compiled by its command-line interpreter."""

from codegym.languages.base import Language

LANGUAGE = Language(
    name="php",
    id_name="PHP",
    title="PHP",
    suffix=".php",
    grammar="tree_sitter_php:language_php",
    toolchain_path="codegym.languages.php.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.php.dataflow:RULES",
    codebleu_path="codegym.languages.php.codebleu:RULES",
    emitter_path="codegym.languages.php.emitter:emit",
    errors_path="codegym.languages.php.errors:ERRORS",
    lexicon_path="codegym.languages.php.lexicon:LEXICON",
    function_kinds=frozenset({"function_definition", "method_declaration"}),
    identifier_kinds=frozenset({"name"}),
    literal_kinds=frozenset(
        {
            "integer",
            "float",
            "boolean",
            "null",
            "string_content",
            "escape_sequence",
            "nowdoc_string",
            "text",
            # A word of the language that the grammar keeps in one leaf.
            "cast_type",
        }
    ),
    comment_kinds=frozenset({"comment"}),
)
