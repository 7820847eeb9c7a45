"""C, compiled by gcc."""

import re

from codegym.languages.base import Language


def value_of_macro(text: bytes) -> bytes:
    """Returns the text of a macro without the blanks and comments around it."""
    return re.sub(rb"//.*|/\*.*?\*/", b" ", text, flags=re.DOTALL).strip()


LANGUAGE = Language(
    name="c",
    id_name="C",
    title="C",
    suffix=".c",
    grammar="tree_sitter_c:language",
    toolchain_path="codegym.languages.c.toolchain:TOOLCHAIN",
    dataflow_path="codegym.languages.c.dataflow:RULES",
    codebleu_path="codegym.languages.c.codebleu:RULES",
    emitter_path="codegym.languages.c.emitter:emit",
    errors_path="codegym.languages.c.errors:ERRORS",
    lexicon_path="codegym.languages.c.lexicon:LEXICON",
    function_kinds=frozenset({"function_definition"}),
    identifier_kinds=frozenset({"identifier", "field_identifier", "statement_identifier", "type_identifier"}),
    literal_kinds=frozenset(
        {
            "number_literal",
            "character",
            "string_content",
            "escape_sequence",
            "system_lib_string",
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
