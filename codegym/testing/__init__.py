"""For tests of environments, tasks and trainers: fakes, tiny problems, and a check of everything promised."""

from codegym.testing.check import check_token_env
from codegym.testing.fakes import FakeJudge, brackets_balance, byte_tokenizer, tiny_problems

__all__ = ["FakeJudge", "brackets_balance", "byte_tokenizer", "check_token_env", "tiny_problems"]
