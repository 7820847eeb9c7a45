"""What CodeBLEU knows about C: its keywords. The statements are C#'s, so that much of the data flow is missed."""

from __future__ import annotations

from codegym.languages.csharp.codebleu import STATEMENTS
from codegym.structure.codebleu import CodebleuRules, without_c_comments

KEYWORDS = """
_Packed auto break case char const continue default do double else enum extern float for goto if int long register
return short signed sizeof static struct switch typedef union unsigned void volatile while
"""

RULES = CodebleuRules(frozenset(KEYWORDS.split()), without_c_comments, STATEMENTS)
