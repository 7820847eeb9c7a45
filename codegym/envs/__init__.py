"""The environments."""

from codegym.envs.base import TokenEnv
from codegym.envs.completion import Completion, code_completion, edit_similarity, exact_match
from codegym.envs.episode import Assignment, Episode
from codegym.envs.layout import Observation, ObservationLayout
from codegym.envs.make import make_vec
from codegym.envs.process import DecisionProcess, Grader, ReferenceScorer, Task
from codegym.envs.repair import Repair, code_repair
from codegym.envs.scoring import Score
from codegym.envs.synthesis import Synthesis, program_synthesis
from codegym.envs.translation import Translation, code_translation
from codegym.envs.vector import CodeVectorEnv

__all__ = [
    "Assignment",
    "CodeVectorEnv",
    "Completion",
    "DecisionProcess",
    "Episode",
    "Grader",
    "Observation",
    "ObservationLayout",
    "ReferenceScorer",
    "Repair",
    "Score",
    "Synthesis",
    "Task",
    "TokenEnv",
    "Translation",
    "code_completion",
    "code_repair",
    "code_translation",
    "edit_similarity",
    "exact_match",
    "make_vec",
    "program_synthesis",
]
