"""Writes the pages of the reference: what the docstrings of each package say."""

from __future__ import annotations

from importlib.util import find_spec

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_MODULES = {
    "codegym": ("codegym",),
    "codegym.types": ("codegym.types",),
    "codegym.errors": ("codegym.errors",),
    "codegym.envs": ("codegym.envs",),
    "codegym.rewards": ("codegym.rewards",),
    "codegym.wrappers": ("codegym.wrappers", "codegym.wrappers.vector"),
    "codegym.multiagent": ("codegym.multiagent",),
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
        if find_spec(name) is not None:
            # The heading of the page is that of its first module.
            parts = [f"# {name}", f"::: {modules[0]}\n{_WITHOUT_HEADING}", *(f"::: {one}" for one in modules[1:])]
            files.append(File.generated(config, f"api/{name}.md", content="\n\n".join(parts) + "\n"))
    return files
