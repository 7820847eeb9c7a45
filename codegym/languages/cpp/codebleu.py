"""What CodeBLEU knows about C++: its keywords. The statements are C#'s, so that much of the data flow is missed."""

from __future__ import annotations

from codegym.languages.csharp.codebleu import STATEMENTS
from codegym.structure.codebleu import CodebleuRules, without_c_comments

KEYWORDS = """
INT_MAX INT_MIN MAX_RAND NULL and and_eq asm auto bitand bitor bool break case catch char cin class compl const
const_cast continue cout default delete do double dynamic_cast else endl enum explicit extern false float for friend
goto if include inline int iomanip iostream long main mutable namespace new not not_eq npos operator or or_eq private
protected public register reinterpret_cast return short signed sizeof static static_cast std string struct switch
template this throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
"""

RULES = CodebleuRules(frozenset(KEYWORDS.split()), without_c_comments, STATEMENTS)
