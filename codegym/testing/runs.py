"""A benchmark's run that nobody has run: small, made up, and with everything that can go wrong in it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from codegym import languages
from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.benchmark.run import Cell, CellResult, EpisodeRecord, ProblemRecord, Run, write_whole
from codegym.seeding import stream

AGENTS = ("random", "nano", "ppo")
ENVIRONMENTS = (
    "CodeCompletion-Python-v0",
    "ProgramSynthesis-Java-v0",
    "CodeTranslation-Java-Cpp-v0",
    "CodeRepair-PHP-v0",
)
CRASHED = Cell("ppo", "ProgramSynthesis-Java-v0", 1)
MISSING = Cell("random", "CodeRepair-PHP-v0", 1)
UNJUDGED = Cell("nano", "CodeTranslation-Java-Cpp-v0", 0)

_SKILLS = {"random": 0.02, "copy": 0.1, "nano": 0.45, "sft": 0.6, "grpo": 0.7, "ppo": 0.75, "reference": 1.0}
_PROGRAMS = {
    "python": (
        "def total(values):\n",
        "    result = 0\n    for value in values:\n        result += value\n    return result\n",
        "",
    ),
    "java": (
        "public class Main {\n",
        "    static int total(int[] values) {\n        int result = 0;\n        for (int value : values) {\n"
        "            result += value;\n        }\n        return result;\n    }\n",
        "}\n",
    ),
    "cpp": (
        "#include <vector>\n",
        "int total(const std::vector<int>& values) {\n    int result = 0;\n    for (int value : values) {\n"
        "        result += value;\n    }\n    return result;\n}\n",
        "int main() { return 0; }\n",
    ),
    "php": (
        "<?php\n",
        "function total(array $values): int {\n    $result = 0;\n    foreach ($values as $value) {\n"
        "        $result += $value;\n    }\n    return $result;\n}\n",
        "",
    ),
}
_MESSAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "python": (
        ("invalid syntax", "SyntaxError"),
        ("unindent does not match any outer indentation level", "IndentationError"),
    ),
    "java": (
        ("cannot find symbol: variable resutl", "compiler.err.cant.resolve.location"),
        ("';' expected", "compiler.err.expected"),
    ),
    "cpp": (("'resutl' was not declared in this scope", ""), ("expected ';' before 'return'", "")),
    "php": (
        ('syntax error, unexpected token "}", expecting ";"', "ParseError"),
        ("syntax error, unexpected end of file", "ParseError"),
    ),
}


def made_up_run(
    folder: str | Path,
    *,
    agents: tuple[str, ...] = AGENTS,
    environments: tuple[str, ...] = ENVIRONMENTS,
    seeds: int = 2,
    problems: int = 6,
    samples: int = 1,
    hostile: str = "",
    red_team: bool = False,
) -> Run:
    """Returns a run whose figures are drawn, with a cell that crashed, one that is missing, and unanswered programs.

    Args:
        folder: Where it is written.
        agents: Labels of the agents; `nano-2` is as good as `nano`.
        environments: Ids of environments that write C++, Java, PHP or Python.
        seeds: Number of seeds.
        problems: Problems of each environment.
        samples: Programs for each problem.
        hostile: Text that stands in every place that programs, problems and compilers can write to.
        red_team: Whether the results of a red team are there, too.
    """
    plan = Plan(
        agents=tuple(AgentSpec(name, name, {"learning_rate": 1e-5} if name == "ppo" else {}) for name in agents),
        environments=tuple(EnvironmentSpec(name, name) for name in environments),
        seeds=seeds,
        problems=problems,
        samples=samples,
        episodes=256,
    )
    conditions = {
        "codegym": "0.1.0",
        "packages": {"gymnasium": "1.4.0", "numpy": "2.4.6"},
        "compilers": {"php": "PHP 8.2.28"},
    }
    run = Run.make(folder, plan, conditions)
    for spec in plan.environments:
        run.add_problems(spec.label, [_problem(spec, place, hostile) for place in range(problems)])
    for cell in run.cells():
        if cell == CRASHED:
            details = "Traceback (most recent call last):\n  ...\nRuntimeError: the loss is not finite"
            run.write_crashed(cell, f"RuntimeError: the loss is not finite {hostile}".strip(), details)
        elif cell != MISSING:
            _write(run, cell, hostile)
    if red_team:
        write_whole(run.folder / "red_team.json", json.dumps(_red_team(environments, hostile)))
    return run


def _red_team(environments: tuple[str, ...], hostile: str) -> dict[str, Any]:
    """Returns exploits that are paid better than broken programs: by the paper's reward often, by ours hardly ever."""
    chances = {"default": 0.05, "unit_tests": 0.0, "ppocoder": 0.6}
    wins: dict[str, Any] = {}
    findings = []
    for environment, exploit in itertools.product(environments, ("empty_answer", "copied_prompt", "keyword_soup")):
        draw = stream(0, environment, exploit)
        own = {
            name: "".join("1" if one else "0" for one in draw.random(6) < chance) for name, chance in chances.items()
        }
        wins.setdefault(environment, {})[exploit] = {"wrong": dict.fromkeys(chances, "00000-"), "broken": own}
        if "1" in own["default"]:
            finding = {"exploit": exploit, "opponent": "broken", "scorer": "default", "environment": environment}
            figures = {"earned": -0.5, "honest": -0.7, "right": 2.0, "won": {environment: own["default"].count("1")}}
            program = {
                "problem": "procedural/sums/0",
                "status": "compile_error",
                "answer": f"return 0 {hostile}".strip(),
            }
            findings.append({**finding, **figures, **program})
    return {"seed": 0, "wins": wins, "findings": findings}


def _language(spec: EnvironmentSpec) -> str:
    return languages.get(spec.language).name


def _problem(spec: EnvironmentSpec, place: int, hostile: str) -> ProblemRecord:
    prefix, reference, suffix = _PROGRAMS[_language(spec)]
    prompt = f"Write the sum of some numbers, problem {place}. {hostile}".strip()
    return ProblemRecord(
        f"procedural/sums/{place}",
        _language(spec),
        prompt,
        prefix,
        suffix,
        reference + hostile,
        {"difficulty": place % 3},
    )


def _write(run: Run, cell: Cell, hostile: str) -> None:
    plan = run.plan
    spec = next(one for one in plan.environments if one.label == cell.environment)
    draw, skill = stream(cell.seed, cell.agent, cell.environment), _SKILLS[cell.agent.partition("-")[0]]
    tested, several_turns = not spec.env.startswith("CodeCompletion"), spec.env.startswith("CodeRepair")
    episodes = [
        _episode(place, sample, _language(spec), skill, tested, several_turns, hostile, draw)
        if cell != UNJUDGED or place % 3
        else _unanswered(place, sample, _language(spec))
        for place in range(plan.problems)
        for sample in range(plan.samples)
    ]
    learns = cell.agent in ("ppo", "grpo", "sft")
    result = CellResult(
        cell,
        "done",
        programs=len(episodes),
        invalid=sum(not one.valid for one in episodes),
        seconds={"learning": 12.5, "writing": 1.5, "scoring": 2.5},
        learned_episodes=plan.episodes if learns else 0,
        learned_tokens=40 * plan.episodes if learns else 0,
    )
    run.write_done(result, episodes, _curve(skill, plan.episodes, draw) if learns else ())


def _episode(
    place: int,
    sample: int,
    language: str,
    skill: float,
    tested: bool,
    several_turns: bool,
    hostile: str,
    draw: np.random.Generator,
) -> EpisodeRecord:
    prefix, reference, suffix = _PROGRAMS[language]
    compiled = bool(draw.random() < 0.3 + 0.7 * skill) if skill > 0.05 else bool(draw.random() < 0.15)
    solved = compiled and (not tested or bool(draw.random() < skill))
    answer = reference if solved else reference.replace("result += ", "result = " if compiled else "resutl = = ", 1)
    answer += hostile
    pieces = tuple(re.findall(r"\s*\w+|\s*[^\w\s]|\s+", answer))
    turns: tuple[int, ...] = ()
    if several_turns and not solved:
        turns = (len(pieces) + 1, len(pieces))
        pieces = (*pieces, "", *pieces)
    quality = float(np.clip(0.3 + 0.6 * skill + 0.1 * draw.standard_normal(), 0, 1))
    terms = {
        "syntax": _increments(len(pieces), quality, draw),
        "dataflow": _increments(len(pieces), quality * 0.9, draw),
        "kl": [round(float(value), 6) for value in draw.normal(0, 0.004, len(pieces))],
        "unit_tests" if tested else "compilation": [0.0] * (len(pieces) - 1)
        + [1.0 if solved else -0.3 if compiled else -1.0],
    }
    measures = {
        "solved": float(solved),
        "compilation_rate": float(compiled),
        "exact_match": float(solved),
        "edit_similarity": round(quality, 6),
        "bleu": round(quality * 0.9, 6),
        "codebleu": round(quality * 0.8, 6),
        "syntax": round(quality, 6),
        "dataflow": round(quality * 0.9, 6),
        "episode_return": round(float(sum(sum(values) for name, values in terms.items() if name != "kl")), 6),
        "length": float(len(pieces)),
        "kl": round(float(draw.random()), 6),
    }
    return EpisodeRecord(
        problem=f"procedural/sums/{place}",
        sample=sample,
        tokens=tuple(range(len(pieces))),
        pieces=pieces,
        terms={name: tuple(values) for name, values in terms.items()},
        answer=answer,
        program=prefix + answer + suffix,
        grade=_grade(language, compiled, solved, tested, hostile, draw),
        measures=measures,
        turns=turns,
    )


def _increments(tokens: int, total: float, draw: np.random.Generator) -> list[float]:
    """Returns what each token adds to a score that ends at a total: mostly nothing, at times less than nothing."""
    steps = draw.normal(0.4, 1.0, tokens) * (draw.random(tokens) < 0.5)
    steps += (total / 0.02 - steps.sum()) / tokens
    return [round(float(value), 6) for value in steps * 0.02]


def _grade(
    language: str, compiled: bool, solved: bool, tested: bool, hostile: str, draw: np.random.Generator
) -> dict[str, Any]:
    status, outcomes, diagnostics = "passed" if tested else "compiled", ["passed"] * (4 * tested), []
    if not compiled:
        message, code = _MESSAGES[language][int(draw.integers(2))]
        message = f"{message} {hostile}".strip()
        diagnostics = [{"line": 4, "column": 9, "severity": "error", "message": message, "code": code}]
        status, outcomes = "compile_error", ["compile_error"] * len(outcomes)
    elif not solved:
        wrong = ("wrong_answer", "wrong_answer", "runtime_error", "time_limit")[int(draw.integers(4))]
        status = "failed" if wrong == "wrong_answer" else "runtime_error"
        outcomes = ["passed", wrong, wrong, "passed"]
    passed = outcomes.count("passed")
    return {
        "status": status,
        "compiled": compiled,
        "passed": passed,
        "total": len(outcomes),
        "diagnostics": diagnostics,
        "outcomes": outcomes,
    }


def _unanswered(place: int, sample: int, language: str) -> EpisodeRecord:
    prefix, reference, suffix = _PROGRAMS[language]
    grade = {"status": "judge_error", "compiled": False, "passed": 0, "total": 0, "diagnostics": [], "outcomes": []}
    return EpisodeRecord(
        problem=f"procedural/sums/{place}",
        sample=sample,
        tokens=(1,),
        pieces=(reference,),
        terms={"syntax": (0.9,), "dataflow": (0.8,), "kl": (0.0,), "unit_tests": (0.0,)},
        answer=reference,
        program=prefix + reference + suffix,
        grade=grade,
        measures={},
    )


def _curve(skill: float, episodes: int, draw: np.random.Generator) -> list[dict[str, float]]:
    points = range(16, episodes + 1, 16)
    rows = []
    for point in points:
        level = skill * (1 - np.exp(-3 * point / episodes)) + 0.04 * draw.standard_normal()
        solved = round(float(np.clip(level, 0, 1)), 6)
        rows.append(
            {
                "episodes": point,
                "solved": solved,
                "task_return": round(2 * solved, 6),
                "compilation_rate": solved,
                "kl": 0.1,
                "length": 40.0,
            }
        )
    return rows
