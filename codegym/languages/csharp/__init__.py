"""C#, compiled by Mono's mcs."""

from codegym.languages.base import Language

LANGUAGE = Language(
    name="csharp",
    id_name="CSharp",
    title="C#",
    suffix=".cs",
    grammar="tree_sitter_c_sharp:language",
    toolchain_path="codegym.languages.csharp.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.csharp.dataflow:RULES",
    codebleu_path="codegym.languages.csharp.codebleu:RULES",
    emitter_path="codegym.languages.csharp.emitter:emit",
    errors_path="codegym.languages.csharp.errors:ERRORS",
    lexicon_path="codegym.languages.csharp.lexicon:LEXICON",
    function_kinds=frozenset({"method_declaration", "constructor_declaration", "local_function_statement"}),
    identifier_kinds=frozenset({"identifier"}),
    literal_kinds=frozenset(
        {
            "integer_literal",
            "real_literal",
            "boolean_literal",
            "null_literal",
            "character_literal_content",
            "string_literal_content",
            "string_content",
            "escape_sequence",
            "verbatim_string_literal",
            "raw_string_content",
            "interpolation_format_clause",
            # Words of the language that the grammar keeps in one leaf each.
            "predefined_type",
            "modifier",
        }
    ),
    comment_kinds=frozenset({"comment"}),
)
