"""Writes the pages about the environments, from the environments themselves.

Each family gets a page with what its docstring says, and a page for each language that it writes in: the line that
makes it, spaces, budgets, problems, reward, and the picture of an episode. The page `environments.md` becomes their
index.
"""

from __future__ import annotations

import importlib
import inspect
import io
import math
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import chain, islice

import gymnasium as gym
from codegym_registry import TABLE, Row
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from PIL import Image, ImageChops

from codegym import Judge, languages
from codegym.envs import DecisionProcess, Episode, Grader, TokenEnv, viewer
from codegym.envs.process import is_right
from codegym.errors import CodegymError
from codegym.problems.mutations import Bugs, mutants
from codegym.rewards import PRESETS, all_terms, find_term
from codegym.testing import FakeJudge
from codegym.types import Problem

INDEX = "environments.md"

# The program of a picture has so many lines at most; so many problems are looked at for it, and so many bugs are tried.
_SHOWN_LINES, _LOOKED_AT, _BUGS = 24, 200, 40


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages and the pictures."""
    families = _families(files)
    with ExitStack() as stack:
        judge = _real_judge(stack)
        for row in TABLE:
            content = _with_ids(families[row.name], row)
            files.append(File.generated(config, f"environments/{row.name}/index.md", content=content))
            for language in row.languages:
                ids = [row.id_of(member) for member in row.members() if member["language"] == language]
                folder = f"environments/{row.name}"
                episode, is_real = _episode(ids[0], judge)
                picture = f"{folder}/{language}.png"
                files.append(File.generated(config, picture, content=_picture(episode)))
                page = _page(row, language, ids, is_real)
                files.append(File.generated(config, f"{folder}/{language}.md", content=page))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns the page about all environments into an index: what it says of each family has a page of its own."""
    if page.file.src_uri != INDEX:
        return markdown
    table = markdown.partition("\n## ")[0].partition("\n| Id ")
    linked = re.sub(r"^\| `(.*?)`", lambda match: f"| {_link(match[1])}", table[1] + table[2], flags=re.MULTILINE)
    return "\n".join([_INTRODUCTION, linked, "", "## Rewards", "", *_rewards()])


_INTRODUCTION = """\
# Environments

An episode is one program. An action is one token of it, an observation is the prompt and the tokens written so far, and
the reward of a step is what the token earned. Each environment is a task in a language; `gym.make` takes its id, and
options that the task's page lists. All of them draw problems from the generator `procedural` unless `problems=` says
otherwise: [data sets](data.md). Prompt and budget are in tokens.

`codegym list` prints this table, with the compilers that are installed.
"""


def _families(files: Files) -> dict[str, str]:
    """Returns the page of each family: its part of `environments.md`, one level higher."""
    index = files.get_file_from_path(INDEX)
    assert index is not None
    sections = re.split(r"^## ", index.content_string, flags=re.MULTILINE)[1:]
    names = [section.partition("\n")[0] for section in sections]
    return {name: f"# {section}".replace("\n### ", "\n## ") for name, section in zip(names, sections, strict=True)}


def _with_ids(family: str, row: Row) -> str:
    """Returns the page of a family with the ids of its environments below its first paragraph."""
    rows = ["| Writes | Ids |", "|---|---|"]
    for language in row.languages:
        ids = [row.id_of(member) for member in row.members() if member["language"] == language]
        links = ", ".join(f"[`{env_id}`]({language}.md#{env_id.lower()})" for env_id in ids)
        rows.append(f"| {languages.get(language).title} | {links} |")
    first, _, rest = family.partition("\n## ")
    return "\n".join([first, *rows, "", f"## {rest}"])


def _link(env_id: str) -> str:
    """Returns the link from the index to an environment's section."""
    spec = gym.spec(env_id)
    family = env_id.partition("-")[0]
    return f"[`{env_id}`](environments/{family}/{spec.kwargs['language']}.md#{env_id.lower()})"


def _rewards() -> Iterator[str]:
    yield """\
A step's reward is a weighted sum of terms, which `info["reward_terms"]` names one by one. A preset is a set of weights
and a way to compare structure; `reward=` takes a preset, a sum such as `"compilation+0.5*syntax"`, or a
[`RewardMix`][codegym.rewards.RewardMix]."""
    yield ""
    yield "| Term | One step | What it is | " + " | ".join(f"`{name}`" for name in PRESETS) + " |"
    yield "|---" * (3 + len(PRESETS)) + "|"
    for name, term in all_terms().items():
        weights = " | ".join(f"{mix.weights[name]:g}" if name in mix.weights else "" for mix in PRESETS.values())
        yield f"| `{name}` | {_range(term.range)} | {_meaning(name)} | {weights} |"
    matches = " | ".join(f"`{mix.match}`" for mix in PRESETS.values())
    yield f"| | | *how structure is [compared](structure.md)* | {matches} |"


def _range(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return "unbounded" if math.isinf(low) or math.isinf(high) else f"{low:g} to {high:g}"


def _meaning(term: str) -> str:
    """Returns the sentence that begins the file of a reward term."""
    return (inspect.getdoc(importlib.import_module(f"codegym.rewards.{term}")) or "").partition("\n")[0]


def _page(row: Row, language: str, ids: list[str], is_real: bool) -> str:
    """Returns the page of a family's environments that write in a language."""
    spoken = languages.get(language)
    # The sign of C# would end the heading.
    title = f"{row.name} {'to' if row.source_languages else 'in'} {spoken.title}".replace("#", r"\#")
    lines = [f"# {title}", "", f"{_summary(row)} [What all languages have in common](index.md).", ""]
    for env_id in ids:
        lines += [f"## {env_id}", "", "```python", "import codegym", "import gymnasium as gym", ""]
        lines += [f'env = gym.make("{env_id}")', "observation, info = env.reset(seed=0)", "```", ""]
    lines += ["## Facts", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in _facts(row, ids)]
    lines += [
        "",
        "## Observations",
        "",
        "A flat `Dict`, padded on the right:",
        "",
        _made(ids[0], FakeJudge()).process.layout.table(),
        "",
    ]
    lines += ["## Reward", "", *_weighted(row.reward), "", "## Episode end", "", _docstring(row, "Episode End"), ""]
    lines += ["## An episode", "", *_shown(row, language, is_real)]
    return "\n".join(lines) + "\n"


def _facts(row: Row, ids: list[str]) -> Iterator[tuple[str, str]]:
    problem = _short_problem(ids[0])
    env = _made(ids[0], _stand_in(problem))
    process = env.process
    language = languages.get(gym.spec(ids[0]).kwargs["language"])
    sources = [
        languages.get(gym.spec(env_id).kwargs["source_language"]).title for env_id in ids if row.source_languages
    ]
    card, turns = process.problems.card, process.assign(problem).turns
    if sources:
        yield "Reads", ", ".join(sources)
    yield "Writes", f"{language.title}, judged by `{language.toolchain.program}`"
    yield "Actions", f"`{env.action_space}`: the tokens of `{process.tokenizer.name}`"
    yield "Prompt", f"{process.layout.source_tokens} tokens"
    yield "Budget", f"{process.layout.target_tokens} tokens{f' in each of {turns} turns' if turns > 1 else ''}"
    size = "endless" if process.problems.size is None else f"{process.problems.size:,} problems"
    yield "Problems", f"`{card.name}`, version {card.version}, {size}. {card.description}"
    yield "Their licence", card.licence
    yield "Other problems", "`problems=`: a [data set](../../data.md), a folder of code, a `.jsonl` file"
    yield "In parallel", f'`gym.make_vec("{ids[0]}", num_envs=64, vectorization_mode="vector_entry_point")`'
    yield "Version", f"{row.version}; a change after which results cannot be compared makes a new one"


def _weighted(preset: str) -> Iterator[str]:
    mix = PRESETS[preset]
    yield f"The preset is `{preset}`; structure is compared in the mode `{mix.match}`."
    yield ""
    yield "| Term | Weight | One step, before its weight | What it is |"
    yield "|---|---|---|---|"
    for name, weight in mix.weights.items():
        yield f"| `{name}` | {weight:g} | {_range(find_term(name).range)} | {_meaning(name)} |"
    others = ", ".join(f"`{name}`" for name in PRESETS if name != preset)
    yield ""
    yield f"Other presets: {others}. [Their weights](../../environments.md#rewards)."


def _shown(row: Row, language: str, is_real: bool) -> Iterator[str]:
    what = "The expert's program" if _repairs(row) else "The expert's program with one bug in it"
    yield f"![An episode of {row.name} in {language}]({language}.png)"
    yield ""
    yield f"""\
{what}, written token by token, as `render_mode="rgb_array"` shows it. What is given is dim; a written token is green
where it earned something and red where it cost something."""
    if not is_real:
        yield """
The compiler was not at hand when this page was made: the verdict is that of a stand-in, which accepts the expert's
program and nothing else."""


def _summary(row: Row) -> str:
    return _entry_point_docs(row).partition("\n")[0]


def _docstring(row: Row, heading: str) -> str:
    """Returns a section of what a family's entry point says of itself."""
    return _entry_point_docs(row).partition(f"## {heading}\n")[2].partition("\n## ")[0].strip()


def _entry_point_docs(row: Row) -> str:
    module, _, name = row.entry_point.partition(":")
    return inspect.getdoc(getattr(importlib.import_module(module), name)) or ""


def _repairs(row: Row) -> bool:
    return row.name == "CodeRepair"


# --- Pictures of episodes ------------------------------------------------------------------------------------


def _real_judge(stack: ExitStack) -> Judge | None:
    """Returns a judge, or None where programs cannot be judged."""
    try:
        return stack.enter_context(Judge(workers=1))
    except CodegymError:
        return None


def _episode(env_id: str, judge: Judge | None) -> tuple[Episode, bool]:
    """Returns an episode, and whether the real judge gave its verdict."""
    problem = _short_problem(env_id)
    if judge is not None:
        with suppress(CodegymError):
            episode = _written(env_id, problem, judge)
            if episode.grade is not None and episode.grade.valid:
                return episode, True
    return _written(env_id, problem, _stand_in(problem)), False


def _stand_in(problem: Problem) -> FakeJudge:
    """Returns a judge without a compiler, which accepts the expert's program alone."""
    return FakeJudge(lambda program: "compiled" if program == problem.reference.encode() else "compile_error")


def _short_problem(env_id: str) -> Problem:
    """Returns the first problem whose program fits the picture."""
    problems = _made(env_id, FakeJudge()).process.problems
    candidates = (problems[index] for index in range(_LOOKED_AT))
    return next(one for one in candidates if one.reference.count("\n") <= _SHOWN_LINES)


def _written(env_id: str, problem: Problem, judge: Grader) -> Episode:
    """Returns an episode whose program is wrong, if a bug of a few makes it so; of a repair, one that is right."""
    env = _made(env_id, judge)
    for answer in _answers(env.process, problem):
        env.reset(options={"problem": problem})
        for token in (*env.process.tokenizer.encode(answer), env.process.tokenizer.end_id):
            if not env.episode.over:
                env.step(token)
        if env.episode.grade is None or not is_right(env.episode.grade):
            break
    return env.episode


def _answers(process: DecisionProcess, problem: Problem) -> Iterator[str]:
    """Yields what is written: the expert's answer with different bugs, and in the end as it is."""
    assignment = process.assign(problem)
    prefix, suffix = assignment.prefix.decode(), assignment.suffix.decode()
    programs: Iterator[str] = iter(())
    if not assignment.drafts:
        bugs: Bugs = "semantic" if "unit_tests" in process.mix.needs else "syntax"
        programs = islice(mutants(problem.reference, problem.language, problem.id, bugs), _BUGS)
    for program in chain(programs, (problem.reference,)):
        if program.startswith(prefix) and program.endswith(suffix):
            yield program[len(prefix) : len(program) - len(suffix)]


def _made(env_id: str, judge: Grader) -> TokenEnv:
    env = gym.make(env_id, judge=judge, disable_env_checker=True).unwrapped
    assert isinstance(env, TokenEnv)
    return env


def _picture(episode: Episode) -> bytes:
    """Returns the picture of an episode as a PNG, without the empty space below and beside it."""
    image = Image.fromarray(viewer.rgb_array(episode))
    background = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, background).getbbox()
    assert box is not None
    margin = 12
    image = image.crop((0, 0, min(box[2] + margin, image.width), min(box[3] + margin, image.height)))
    file = io.BytesIO()
    image.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
