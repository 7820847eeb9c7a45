"""Running a benchmark: what is written, gone on with, and judged again."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codegym.benchmark.agents import Lesson, Request
from codegym.benchmark.analysis import analyse
from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan, parse_agents, parse_environments
from codegym.benchmark.report import write_report
from codegym.benchmark.run import Cell, Run
from codegym.benchmark.runner import posed_problems, run, verify
from codegym.benchmark.tables import metrics_rows, pass_at
from codegym.envs.process import DecisionProcess
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.judge import Judge

COMPLETION = EnvironmentSpec("completion", "CodeCompletion-Python-v0")
SYNTHESIS = EnvironmentSpec("synthesis", "ProgramSynthesis-Python-v0")


def plan(*agents: str, environments: tuple[EnvironmentSpec, ...] = (COMPLETION,), **numbers: int) -> Plan:
    return Plan(parse_agents(agents, {}), environments, **{"seeds": 2, "problems": 3, "samples": 2, **numbers})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("benchmark") / "run"
    return run(plan("random", "reference", environments=(COMPLETION, SYNTHESIS)), folder, workers=1)


def rows(found: Run) -> dict[tuple[str, str, int], dict[str, object]]:
    return {(row["agent"], row["environment"], row["seed"]): row for row in metrics_rows(found)}


def test_run__writes_every_cell_and_the_table(finished: Run) -> None:
    assert [one.status for one in finished.results()] == ["done"] * 8
    table = (finished.folder / "metrics.csv").read_text().splitlines()
    assert len(table) == 9
    assert {"agent", "solved", "compilation_rate", "codebleu", "return_of_syntax", "pass@2"} <= set(table[0].split(","))
    found = finished.problems("synthesis")
    assert len(found) == 3
    assert all(one.prompt and one.reference for one in found.values())


def test_run__measures_experts_and_random_agents_as_what_they_are(finished: Run) -> None:
    found = rows(finished)
    for environment in ("completion", "synthesis"):
        expert, monkey = (found[agent, environment, 1] for agent in ("reference", "random"))
        assert expert["solved"] == expert["pass@1"] == expert["pass@2"] == expert["exact_match"] == 1.0
        assert expert["codebleu"] == expert["bleu"] == expert["syntax"] == expert["dataflow"] == 1.0
        assert monkey["solved"] == 0.0 == monkey["exact_match"]
        assert monkey["episode_return"] < expert["episode_return"]


def test_analysis__warns_of_agents_that_seeds_do_not_change(finished: Run) -> None:
    assert (
        "reference wrote the same with every seed: intervals over seeds say nothing there."
        in analyse(finished).warnings
    )


def test_run__asks_all_agents_and_seeds_for_the_same_problems(finished: Run) -> None:
    asked = [[(one.problem, one.sample) for one in finished.episodes(cell)] for cell in finished.cells()[:4]]
    assert asked == [asked[0]] * 4
    assert [sample for _, sample in asked[0]] == [0, 1] * 3


def test_run__has_other_programs_with_other_seeds_and_samples(finished: Run) -> None:
    first, second = (finished.episodes(Cell("random", "completion", seed)) for seed in (0, 1))
    assert len({one.answer for one in [*first, *second]}) == 12


def test_run__is_the_same_whoever_takes_part(finished: Run, tmp_path: Path) -> None:
    alone = run(plan("random", seeds=1), tmp_path / "alone", workers=1)
    assert alone.episodes(Cell("random", "completion", 0)) == finished.episodes(Cell("random", "completion", 0))


def test_run__pieces_and_terms_stand_beside_each_token(finished: Run) -> None:
    for cell in finished.cells():
        for one in finished.episodes(cell):
            assert len(one.tokens) == len(one.pieces) == len(one.terms["syntax"])
            assert "".join(one.pieces) == one.answer
            total = sum(sum(term) for name, term in one.terms.items() if name != "kl")
            assert total == pytest.approx(one.measures["episode_return"], abs=1e-4)


def test_run__reuses_what_is_done_and_adds_what_is_new(tmp_path: Path) -> None:
    calls: list[Cell] = []
    folder = tmp_path / "run"

    def report(cell: Cell, doing: str) -> None:
        calls.append(cell)

    run(plan("reference", seeds=1), folder, workers=1, report=report)
    assert set(calls) == {Cell("reference", "completion", 0)}
    calls.clear()
    again = run(plan("reference", "copy", seeds=2), folder, workers=1, report=report)
    assert set(calls) == {
        Cell("reference", "completion", 1),
        Cell("copy", "completion", 0),
        Cell("copy", "completion", 1),
    }
    assert len(again.cells()) == 4
    # A plan that asks for less does not make the run forget the rest.
    assert len(run(plan("copy", seeds=1), folder, workers=1).cells()) == 4


@pytest.mark.parametrize("changed", [{"problems": 4}, {"samples": 1}, {"episodes": 7}])
def test_run__does_not_mix_runs_that_measure_differently(finished: Run, changed: dict[str, int]) -> None:
    (name,) = changed
    with pytest.raises(ConfigurationError, match=rf"{name}=.*another folder"):
        run(plan("random", **changed), finished.folder, workers=1)


def test_run__does_not_mix_versions(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(plan("reference", seeds=1), folder, workers=1)
    file = folder / "run.json"
    content = json.loads(file.read_text())
    content["conditions"]["codegym"] = "0.0.1"
    file.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=r"codegym = '0.0.1'"):
        run(plan("reference"), folder, workers=1)
    with pytest.raises(ConfigurationError, match=r"codegym = '0.0.1'"):
        verify(folder, workers=1)


def test_run__marks_an_agent_that_crashes_and_goes_on(tmp_path: Path) -> None:
    def divide(prompt: str) -> str:
        return str(1 // (len(prompt) * 0))

    asked = Plan((AgentSpec("mine", "mine"), AgentSpec("copy", "copy")), (COMPLETION,), seeds=1, problems=2)
    folder = tmp_path / "run"
    found = run(asked, folder, agents={"mine": divide}, workers=1)
    crashed, done = found.results()
    assert (crashed.status, done.status) == ("crashed", "done")
    assert crashed.error.startswith("ZeroDivisionError")
    assert "divide" in crashed.details
    table = (folder / "metrics.csv").read_text()
    assert "mine,completion,0,crashed,ZeroDivisionError" in table
    # It is tried again, and may do better.
    assert run(asked, folder, agents={"mine": lambda prompt: "pass"}, workers=1).results()[0].status == "done"


def test_run__refuses_what_is_no_program(tmp_path: Path) -> None:
    asked = Plan((AgentSpec("mine", "mine"),), (COMPLETION,), seeds=1, problems=2)
    found = run(asked, tmp_path / "run", agents={"mine": lambda prompt: 7}, workers=1)  # type: ignore[dict-item,return-value]
    assert "must return a program as a string, not int" in found.results()[0].error


def test_run__remembers_which_problems_were_learned_from(tmp_path: Path) -> None:
    drawn: list[str] = []

    class Reader:
        tokenizer = "codegym"

        def learn(self, lesson: Lesson) -> Reader:
            env = lesson.make_env(None, "train")
            drawn.extend(env.reset(seed=3)[1]["problem_id"])
            return self

        def write(self, process: DecisionProcess, requests: list[Request]) -> list[list[int]]:
            return [[process.tokenizer.end_id] for _ in requests]

    asked = Plan((AgentSpec("reader", "mine"), AgentSpec("copy", "copy")), (COMPLETION,), seeds=1, problems=2)
    found = run(asked, tmp_path / "run", agents={"reader": Reader()}, workers=1)
    learned_from = found.learned_from(Cell("reader", "completion", 0))
    assert drawn and set(drawn) <= set(learned_from)
    assert not {one.problem for one in found.episodes(Cell("reader", "completion", 0))} & set(learned_from)
    assert found.learned_from(Cell("copy", "completion", 0)) == []


def test_run__takes_agents_that_choose_tokens(tmp_path: Path) -> None:
    class Silent:
        tokenizer = "codegym"

        def learn(self, lesson: Lesson) -> Silent:
            lesson.report({"episodes": 8, "length": 2.0, "solved": 0.0})
            return self

        def write(self, process: DecisionProcess, requests: list[Request]) -> list[list[int]]:
            return [[process.tokenizer.end_id] for _ in requests]

    asked = Plan((AgentSpec("silent", "mine"),), (COMPLETION,), seeds=1, problems=2)
    found = run(asked, tmp_path / "run", agents={"silent": Silent()}, workers=1)
    (result,) = found.results()
    assert (result.learned_episodes, result.learned_tokens) == (8, 16)
    assert found.curve(result.cell) == [{"episodes": 8, "length": 2.0, "solved": 0.0}]
    assert [one.answer for one in found.episodes(result.cell)] == ["", ""]


def test_run__runs_cells_in_several_processes(tmp_path: Path) -> None:
    together = run(plan("random", "reference"), tmp_path / "together", workers=2, jobs=2)
    alone = run(plan("random", "reference"), tmp_path / "alone", workers=1)
    assert [together.episodes(cell) for cell in together.cells()] == [alone.episodes(cell) for cell in alone.cells()]


class Numbered:
    """Writes as many tokens as its cell's number says."""

    tokenizer = "codegym"

    def learn(self, lesson: Lesson) -> Numbered:
        self.number = lesson.number
        return self

    def write(self, process: DecisionProcess, requests: list[Request]) -> list[list[int]]:
        return [process.tokenizer.encode(" x" * self.number)[: self.number] for _ in requests]


SLOW = """
import sys, time
from codegym.benchmark.plan import EnvironmentSpec, Plan, parse_agents
from codegym.benchmark.runner import run

def slow(prompt):
    time.sleep(0.0 if QUICK else 600.0)
    return "pass"

if __name__ == "__main__":
    cells = Plan(parse_agents(["copy", "mine"], {}), (EnvironmentSpec("e", "CodeCompletion-Python-v0"),), 2, 2)
    run(cells, sys.argv[1], agents={"mine": slow}, workers=1, jobs=2)
"""


def test_run__that_was_killed_leaves_no_process_and_is_gone_on_with(tmp_path: Path) -> None:
    script, folder = tmp_path / "script.py", tmp_path / "run"
    script.write_text(SLOW.replace("QUICK", "False"))
    process = subprocess.Popen([sys.executable, script, folder])
    cells = [folder / "cells" / "copy" / "e" / str(seed) / "cell.json" for seed in range(2)]
    assert soon(lambda: all(cell.is_file() for cell in cells))
    started = [child for task in Path(f"/proc/{process.pid}/task").iterdir() for child in children(task)]
    written = [cell.stat().st_mtime_ns for cell in cells]
    process.kill()
    process.wait()
    assert started and soon(lambda: not any(map(runs, started)))
    script.write_text(SLOW.replace("QUICK", "True"))
    subprocess.run([sys.executable, script, folder], check=True)
    assert [one.status for one in Run(folder).results()] == ["done"] * 4
    assert [cell.stat().st_mtime_ns for cell in cells] == written


def children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def runs(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def soon(is_so: Callable[[], bool]) -> bool:
    """Returns whether something comes true within a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not is_so():
        time.sleep(0.1)
    return is_so()


def test_run__numbers_the_cells_that_run_together(tmp_path: Path) -> None:
    asked = Plan((AgentSpec("numbered", "mine"),), (COMPLETION,), seeds=3, problems=1)
    together = run(asked, tmp_path / "together", agents={"numbered": Numbered()}, workers=2, jobs=2)
    assert [len(together.episodes(cell)[0].tokens) for cell in together.cells()] == [0, 1, 2]
    alone = run(asked, tmp_path / "alone", agents={"numbered": Numbered()}, workers=1)
    assert [len(alone.episodes(cell)[0].tokens) for cell in alone.cells()] == [0, 0, 0]


def test_run__numbers_the_cells_of_an_agent_one_after_the_other(tmp_path: Path) -> None:
    """By its number a cell takes a GPU: every second one would put all who learn on the same of two."""
    both = {"here": Numbered(), "there": Numbered()}
    asked = Plan(tuple(AgentSpec(name, "mine") for name in both), (COMPLETION,), seeds=2, problems=1)
    together = run(asked, tmp_path / "run", agents=both, workers=2, jobs=2)
    numbers = {(cell.agent, cell.seed): len(together.episodes(cell)[0].tokens) for cell in together.cells()}
    assert numbers == {("here", 0): 0, ("here", 1): 1, ("there", 0): 2, ("there", 1): 3}


def test_run__names_an_agent_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="randon"):
        run(plan("randon"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_programs__take_part_from_a_file(tmp_path: Path) -> None:
    with Judge(workers=1) as judge:
        problems = posed_problems(SYNTHESIS, "test", 2, judge)
    file = tmp_path / "written.jsonl"
    answers = [
        {"problem": problems[0].problem, "program": problems[0].reference},
        {"problem": problems[1].problem, "answer": "print(1)\n", "language": "python"},
    ]
    file.write_text("".join(json.dumps(one) + "\n" for one in answers))
    found = run(
        Plan((AgentSpec("outside", f"programs:{file}"),), (SYNTHESIS,), seeds=1, problems=2),
        tmp_path / "run",
        workers=1,
    )
    first, second = found.episodes(found.cells()[0])
    assert first.measures["solved"] == 1.0
    assert (second.answer, second.measures["solved"]) == ("print(1)\n", 0.0)


def test_programs__of_several_seeds_are_told_apart(tmp_path: Path) -> None:
    with Judge(workers=1) as judge:
        (problem,) = posed_problems(SYNTHESIS, "test", 1, judge)
    file = tmp_path / "written.jsonl"
    answers = [
        {"problem": problem.problem, "answer": "print(0)\n", "seed": 0},
        {"problem": problem.problem, "answer": "print(2)\n", "seed": 2, "language": "python"},
        {"problem": problem.problem, "answer": "print()\n"},
    ]
    file.write_text("".join(json.dumps(one) + "\n" for one in answers))
    asked = Plan((AgentSpec("outside", f"programs:{file}"),), (SYNTHESIS,), seeds=3, problems=1)
    found = run(asked, tmp_path / "run", workers=1)
    written = [found.episodes(cell)[0].answer for cell in found.cells()]
    assert written == ["print(0)\n", "print()\n", "print(2)\n"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}\n", "line 1 is not a JSON object with 'problem'"),
        ("nonsense\n", "line 1 is not a JSON object"),
        ('{"problem": "x", "answer": 7}\n', "of another type"),
        ('{"problem": "x", "answer": "", "seed": "0"}\n', "of another type"),
        ('{"problem": "x", "answer": ""}\n' * 2, "line 2 is a second program for 'x'"),
    ],
)
def test_programs__that_are_broken_are_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "written.jsonl"
    file.write_text(text)
    with pytest.raises(DataError, match=message):
        run(Plan((AgentSpec("outside", f"programs:{file}"),), (SYNTHESIS,)), tmp_path / "run")


def test_programs__that_are_missing_are_a_crash_that_says_so(tmp_path: Path) -> None:
    file = tmp_path / "written.jsonl"
    file.write_text('{"problem": "x", "answer": ""}\n')
    asked = Plan((AgentSpec("outside", f"programs:{file}"),), (SYNTHESIS,), seeds=1, problems=1)
    (result,) = run(asked, tmp_path / "run", workers=1).results()
    assert result.status == "crashed"
    assert "has no program for sample 0 of problem 'procedural://" in result.error


def test_verify__confirms_a_run(finished: Run) -> None:
    found = verify(finished.folder, workers=1)
    assert found.differences == ()
    assert found.programs == 48


def tampered(finished: Run, folder: Path) -> Run:
    """Returns a copy of a run with one cell's programs, made by the same hands."""
    import shutil

    shutil.copytree(finished.folder, folder)
    return Run(folder)


def test_verify__finds_a_changed_file(finished: Run, tmp_path: Path) -> None:
    copy = tampered(finished, tmp_path / "run")
    file = copy.folder_of(Cell("random", "completion", 0)) / "episodes.jsonl"
    file.write_text(file.read_text().replace('"solved": 0.0', '"solved": 1.0', 1))
    (difference,) = verify(copy.folder, workers=1).differences
    assert "random in completion, seed 0" in difference
    assert "checksum" in difference
    with pytest.raises(DataError, match="checksum"):
        copy.episodes(Cell("random", "completion", 0))


def test_verify__finds_a_verdict_that_was_made_up(finished: Run, tmp_path: Path) -> None:
    copy = tampered(finished, tmp_path / "run")
    cell = Cell("random", "synthesis", 1)
    episodes = copy.episodes(cell)
    import dataclasses

    better = dataclasses.replace(episodes[0], measures={**episodes[0].measures, "solved": 1.0})
    copy.write_done(copy.result(cell), [better, *episodes[1:]])
    measures, table = verify(copy.folder, workers=1).differences
    assert "random in synthesis, seed 1: measures of sample 0" in measures
    assert table == "metrics.csv does not follow from the programs."


def test_verify__finds_a_changed_table_and_missing_cells(finished: Run, tmp_path: Path) -> None:
    copy = tampered(finished, tmp_path / "run")
    table = copy.folder / "metrics.csv"
    table.write_text(table.read_text().replace(",1.0,", ",0.9,", 1))
    assert verify(copy.folder, workers=1).differences == ("metrics.csv does not follow from the programs.",)
    (copy.folder_of(Cell("reference", "completion", 1)) / "cell.json").unlink()
    assert "reference in completion, seed 1: missing." in verify(copy.folder, workers=1).differences


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        pytest.param("problems/synthesis.jsonl", '"prompt": "', '"prompt": "Nicely, ', "posed otherwise", id="problem"),
        pytest.param(
            "cells/random/completion/0/cell.json", '"programs": 6', '"programs": 7', "should be 6", id="count"
        ),
        pytest.param("cells/random/completion/0/cell.json", '"done"', '"excellent"', "cannot be", id="status"),
        pytest.param("run.json", '"agent": "random"', '"agent": "copy"', "made_by is", id="agent"),
        pytest.param("report.md", "random", "genius", "report.md does not follow", id="report"),
    ],
)
def test_verify__finds_what_was_edited(
    finished: Run, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    copy = tampered(finished, tmp_path / "run")
    write_report(copy)
    assert verify(copy.folder, workers=1).differences == ()
    edited(copy.folder / name, old, new)
    assert any(message in one for one in verify(copy.folder, workers=1).differences)


def test_verify__finds_lost_problems_and_cells_that_nobody_asked_for(finished: Run, tmp_path: Path) -> None:
    copy = tampered(finished, tmp_path / "run")
    (copy.folder / "problems" / "completion.jsonl").unlink()
    content = json.loads((copy.folder / "run.json").read_text())
    content["plan"]["agents"] = [one for one in content["plan"]["agents"] if one["label"] != "random"]
    (copy.folder / "run.json").write_text(json.dumps(content))
    found = verify(copy.folder, workers=1).differences
    assert "Problems of completion: they are posed otherwise now." in found
    assert sum("no cell of the plan" in one for one in found) == 4
    assert not (copy.folder / "problems" / "completion.jsonl").exists()  # it only looks


def test_verify__confirms_the_others_where_an_agent_crashed(tmp_path: Path) -> None:
    def boom(prompt: str) -> str:
        raise RuntimeError("no")

    cells = plan("reference", "mine", seeds=1)
    run(cells, tmp_path / "run", workers=1, agents={"mine": boom})
    found = verify(tmp_path / "run", workers=1)
    assert (found.differences, found.crashed) == ((), (Cell("mine", "completion", 0),))
    edited(tmp_path / "run" / "metrics.csv", ",1.0,", ",0.9,")
    assert verify(tmp_path / "run", workers=1).differences == ("metrics.csv does not follow from the programs.",)


@pytest.mark.parametrize(
    ("old", "new"), [('"terms"', '"turms"'), ('"status"', '"stutus"'), ('{"answer"', '{"extra": 1, "answer"')]
)
def test_episodes__that_lack_something_are_named(finished: Run, tmp_path: Path, old: str, new: str) -> None:
    copy = tampered(finished, tmp_path / "run")
    cell = Cell("random", "completion", 0)
    file = copy.folder_of(cell) / "episodes.jsonl"
    edited(file, old, new)
    entry = copy.folder_of(cell) / "cell.json"
    edited(entry, copy.result(cell).digest, hashlib.sha256(file.read_bytes()).hexdigest())
    with pytest.raises(DataError, match=r"episodes.jsonl, line 1 is no record"):
        copy.episodes(cell)


def test_run__does_not_mix_two_agents_of_one_name(tmp_path: Path) -> None:
    def first(prompt: str) -> str:
        return "pass"

    def second(prompt: str) -> str:
        return "pass  # otherwise"

    cells = plan("mine", seeds=1)
    run(cells, tmp_path / "run", workers=1, agents={"mine": first})
    with pytest.raises(ConfigurationError, match="mine in completion, seed 0 was run with another 'mine'"):
        run(plan("mine", seeds=2), tmp_path / "run", workers=1, agents={"mine": second})


def test_run__does_not_mix_problems_that_have_changed(finished: Run, tmp_path: Path) -> None:
    copy = tampered(finished, tmp_path / "run")
    edited(copy.folder / "problems" / "completion.jsonl", '"reference": "', '"reference": "# once\\n')
    again = run(plan("copy", environments=(COMPLETION, SYNTHESIS)), copy.folder, workers=1)
    failed = again.result(Cell("copy", "completion", 0))
    assert failed.status == "crashed" and "posed otherwise when the run" in failed.error
    assert again.result(Cell("copy", "synthesis", 0)).status == "done"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "holds no benchmark"), ("[]", "not a JSON object"), ("{", "not JSON"), ('{"format": 99}', "format 99")],
)
def test_run_folder__that_is_none_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises((DataError, ConfigurationError), match=message):
        Run(tmp_path)


def test_run_folder__is_not_made_where_something_else_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for place in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(DataError, match="with something else in it"):
            run(plan("random"), place)


def test_plan__takes_labels_patterns_and_settings() -> None:
    agents = parse_agents(["nano", "tuned=ppo", "random"], {"temperature": 0.7, "tuned.learning_rate": 1e-5})
    assert agents == (
        AgentSpec("nano", "nano", {"temperature": 0.7}),
        AgentSpec("tuned", "ppo", {"temperature": 0.7, "learning_rate": 1e-5}),
        AgentSpec("random", "random", {}),
    )
    found = parse_environments(["CodeRepair-*", "far=CodeCompletion-C-v0"], {"far.problems": "stdlib"})
    assert [one.label for one in found[:2]] == ["CodeRepair-C-v0", "CodeRepair-CSharp-v0"]
    assert found[-1] == EnvironmentSpec("far", "CodeCompletion-C-v0", {"problems": "stdlib"})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: plan(), "at least one agent"),
        (lambda: plan("random", "random"), "Two agents are called 'random'"),
        (lambda: plan("call:math:sin"), "label=call:math:sin"),
        (lambda: plan("random", seeds=0), "seeds=0"),
        (lambda: parse_agents(["random"], {"ppo.x": 1}), "takes no part"),
        (lambda: Plan((AgentSpec("a", "random"),), (EnvironmentSpec("b", "CodeCompletion-Jave-v0"),)), "Java"),
        (lambda: parse_environments(["Nothing-*"], {}), "Nothing"),
    ],
)
def test_plan__says_what_is_wrong(make: object, message: str) -> None:
    with pytest.raises((ConfigurationError, UnknownNameError), match=message):
        make()  # type: ignore[operator]


def test_pass_at_k__leaves_out_what_the_judge_could_not_answer(finished: Run) -> None:
    import dataclasses

    episodes = finished.episodes(Cell("reference", "completion", 0))
    unknown = dataclasses.replace(episodes[0], grade={**episodes[0].grade, "status": "judge_error"}, measures={})
    assert pass_at([unknown, *episodes[1:]], 1) == 1.0
    assert pass_at([unknown, *episodes[1:]], 2) == 1.0
    assert pass_at([unknown], 1) != pass_at([unknown], 1)  # NaN: nothing is known


def test_documentation__runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "benchmark.md"
    (block,) = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, str(page), "exec"), {"__name__": "__main__"})  # the page's own code
