"""Writes the pages of the reference: what the docstrings of each package say."""

from __future__ import annotations

from importlib.util import find_spec

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_MODULES = {
    "codegym": ("codegym",),
    "codegym.types": ("codegym.types",),
    "codegym.errors": ("codegym.errors",),
    "codegym.cluster": ("codegym.cluster",),
    "codegym.envs": ("codegym.envs",),
    "codegym.rewards": ("codegym.rewards",),
    "codegym.wrappers": ("codegym.wrappers", "codegym.wrappers.vector"),
    "codegym.multiagent": ("codegym.multiagent",),
    "codegym.adapters": (
        "codegym.adapters",
        "codegym.adapters.trl",
        "codegym.adapters.verl",
        "codegym.adapters.verifiers",
        "codegym.adapters.openenv",
        "codegym.adapters.datasets",
    ),
    "codegym.judge": ("codegym.judge",),
    "codegym.structure": ("codegym.structure",),
    "codegym.tokens": ("codegym.tokens",),
    "codegym.languages": ("codegym.languages",),
    "codegym.problems": (
        "codegym.problems",
        "codegym.problems.curriculum",
        "codegym.problems.mutations",
    ),
    "codegym.benchmark": (
        "codegym.benchmark",
        "codegym.benchmark.plan",
        "codegym.benchmark.runner",
        "codegym.benchmark.run",
        "codegym.benchmark.agents",
        "codegym.benchmark.statistics",
        "codegym.benchmark.report",
        "codegym.benchmark.red_team",
    ),
    "codegym.testing": ("codegym.testing",),
    "codegym_agents": (
        "codegym_agents",
        "codegym_agents.common.algorithm",
        "codegym_agents.common.hyperparameters",
        "codegym_agents.common.advantages",
        "codegym_agents.common.evaluation",
        "codegym_agents.models",
        "codegym_agents.decoding",
        "codegym_agents.sb3",
    ),
}
"""The modules that each page is about."""

_WITHOUT_HEADING = "    options: {show_root_heading: false, show_root_toc_entry: false}"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds a page for each package that is there."""
    for name, modules in _MODULES.items():
        if there := [module for module in modules if _is_there(module)]:
            # The heading of the page is that of its first module.
            parts = [f"# {name}", f"::: {there[0]}\n{_WITHOUT_HEADING}", *(f"::: {module}" for module in there[1:])]
            files.append(File.generated(config, f"api/{name}.md", content="\n\n".join(parts) + "\n"))
    return files


def _is_there(module: str) -> bool:
    """Whether a module has a file."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.origin is not None
