"""Other people's trainers: one thin module for each, over `TextTask`, which knows no trainer.

`codegym.adapters.trl`, `verl`, `verifiers`, `openenv`, `datasets` and `rllib` are imported by who uses them; the last
one needs no `TextTask`, because RLlib steps through environments.
"""

from codegym.adapters.text_task import Dialogue, TextTask, columns_of, problem_of, token_pieces, total

__all__ = ["Dialogue", "TextTask", "columns_of", "problem_of", "token_pieces", "total"]
