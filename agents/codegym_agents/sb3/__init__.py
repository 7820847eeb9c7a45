"""Stable-Baselines3 and sb3-contrib on codegym's environments: vector environment, policy, features and buffer."""

from codegym.errors import MissingDependencyError

try:
    from codegym_agents.sb3.buffers import PackedMaskRolloutBuffer
    from codegym_agents.sb3.features import TokenFeatures
    from codegym_agents.sb3.policy import Seq2SeqActorCriticPolicy
    from codegym_agents.sb3.vec_env import CodeVecEnv, make_vec_env
except ModuleNotFoundError as error:
    packages = {"stable_baselines3": "stable-baselines3", "sb3_contrib": "sb3-contrib"}
    missing = packages.get((error.name or "").partition(".")[0])
    if missing is None:
        raise
    raise MissingDependencyError(missing, "sb3", "codegym_agents.sb3") from error

__all__ = ["CodeVecEnv", "PackedMaskRolloutBuffer", "Seq2SeqActorCriticPolicy", "TokenFeatures", "make_vec_env"]
