"""Python, compiled by the interpreter that runs codegym."""

from codegym.languages.base import Language

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
    function_kinds=frozenset({"function_definition"}),
    identifier_kinds=frozenset({"identifier"}),
    literal_kinds=frozenset({"integer", "float", "string_content", "escape_sequence", "true", "false", "none"}),
    comment_kinds=frozenset({"comment"}),
)
