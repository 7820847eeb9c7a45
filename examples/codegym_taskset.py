"""A taskset of verifiers over any environment.

    uv run eval codegym_taskset --env.taskset.task.env CodeRepair-Python-v0 --env.taskset.count 50 -m MODEL

verifiers takes a taskset by the name of its module, which has to be on the Python path: copy this file.
"""

from codegym.adapters.verifiers import CodegymEnv, CodegymTaskset

__all__ = ["CodegymEnv", "CodegymTaskset"]
