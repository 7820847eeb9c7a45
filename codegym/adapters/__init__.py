"""Other people's trainers: one thin module for each, over `TextTask`, which knows no trainer.

`codegym.adapters.trl`, `verl`, `verifiers`, `openenv` and `datasets` are imported by who uses them.
"""

from codegym.adapters.text_task import Dialogue, TextTask, columns_of, problem_of, token_pieces, total

__all__ = ["Dialogue", "TextTask", "columns_of", "problem_of", "token_pieces", "total"]
