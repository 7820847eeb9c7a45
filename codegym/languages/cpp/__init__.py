"""C++, compiled by g++."""

from codegym.languages.base import Language
from codegym.languages.c import value_of_macro

LANGUAGE = Language(
    name="cpp",
    id_name="Cpp",
    title="C++",
    suffix=".cpp",
    grammar="tree_sitter_cpp:language",
    toolchain_path="codegym.languages.cpp.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.cpp.dataflow:RULES",
    codebleu_path="codegym.languages.cpp.codebleu:RULES",
    emitter_path="codegym.languages.cpp.emitter:emit",
    errors_path="codegym.languages.cpp.errors:ERRORS",
    lexicon_path="codegym.languages.cpp.lexicon:LEXICON",
    function_kinds=frozenset({"function_definition"}),
    identifier_kinds=frozenset(
        {
            "identifier",
            "field_identifier",
            "namespace_identifier",
            "statement_identifier",
            "type_identifier",
        }
    ),
    literal_kinds=frozenset(
        {
            "number_literal",
            "character",
            "string_content",
            "escape_sequence",
            "raw_string_content",
            "system_lib_string",
            "literal_suffix",
            "true",
            "false",
            "null",
            # Words of the language and the text of a macro, which the grammar keeps in one leaf each.
            "primitive_type",
            "preproc_arg",
            "preproc_directive",
        }
    ),
    comment_kinds=frozenset({"comment"}),
    literal_values=(("preproc_arg", value_of_macro),),
)
