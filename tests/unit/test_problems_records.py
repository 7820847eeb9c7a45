from __future__ import annotations

import gzip
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegym.errors import ConfigurationError, DataError, JudgeError, MissingDependencyError, UnknownNameError
from codegym.problems import load
from codegym.problems.aligned import aligned_lines
from codegym.problems.base import Card, InMemoryProblems
from codegym.problems.jsonl import jsonl
from codegym.problems.records import BadRecord, Origin, Record, collect, read_json_lines
from codegym.testing import FakeJudge
from codegym.types import HarnessTest, Problem, TestCase

CARD = Card("things", "Things.", "MIT", "1", "nowhere")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def write(path: Path, *records: object) -> Path:
    content = "".join(f"{json.dumps(record)}\n" for record in records).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def numbers(records: Iterator[Record]) -> list[object]:
    return [record.values["n"] for record in records]


# One record


def test_record__gives_fields_of_the_type_that_is_asked_for() -> None:
    record = Record({"name": "a", "count": 3, "parts": [1]}, "file, line 1")
    assert (record.text("name"), record.get("count", int), record.get("parts", list)) == ("a", 3, [1])


@pytest.mark.parametrize(
    ("field", "kind", "reason"),
    [
        ("lost", str, "no field 'lost'"),
        ("count", str, "field 'count' is of type int, not str"),
        ("flag", int, "field 'flag' is of type bool, not int"),
        ("nothing", str, "field 'nothing' is of type NoneType, not str"),
    ],
)
def test_record__says_what_is_wrong_with_a_field(field: str, kind: type, reason: str) -> None:
    record = Record({"count": 3, "flag": True, "nothing": None}, "file, line 1")
    with pytest.raises(BadRecord) as error:
        record.get(field, kind)
    assert str(error.value) == reason


def test_record__a_blank_text_is_none() -> None:
    with pytest.raises(BadRecord, match="field 'name' is empty"):
        Record({"name": " \n"}, "file, line 1").text("name")


# Files


def test_read_json_lines__takes_plain_and_gzipped_files(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n\n{"n": 2}')
    assert numbers(read_json_lines(tmp_path / "a.jsonl")) == [1, 2]
    records = list(read_json_lines(write(tmp_path / "b.jsonl.gz", {"n": 3}, {"n": 4})))
    assert [record.place for record in records] == ["b.jsonl.gz, line 1", "b.jsonl.gz, line 2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"n": 1}\n{"n":\n', "a.jsonl, line 2: this is no JSON \\("),
        ("a.jsonl", b"[1]\n", "a.jsonl, line 1: this is no JSON object"),
        ("a.jsonl", b'{"n": "\xff"}\n', "a.jsonl, line 1: the file cannot be read"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl, line 1: this is no JSON \\("),
        ("a.jsonl.gz", b"plain", "a.jsonl.gz, line 1: the file cannot be read"),
        ("a.jsonl.gz", gzip.compress(b'{"n": 1}\n', mtime=0)[:-10], "a.jsonl.gz, line .: the file cannot be read"),
    ],
)
def test_read_json_lines__names_the_line_that_is_broken(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_json_lines(tmp_path / name))


def test_aligned_lines__read_files_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "x.java").write_text("a\nb\u2028c\n")
    (tmp_path / "x.cs").write_text("A\nB\n")
    read = aligned_lines({"java": ".java", "cs": ".cs"})
    assert [record.values for record in read(tmp_path / "x.java")] == [
        {"java": "a", "cs": "A"},
        {"java": "b\u2028c", "cs": "B"},
    ]
    (tmp_path / "x.cs").write_text("A\n")
    with pytest.raises(DataError, match=r"x\.cs, line 2: it is missing"):
        list(read(tmp_path / "x.java"))
    (tmp_path / "x.cs").unlink()
    with pytest.raises(DataError, match=r"x\.cs, line 1: the file cannot be read"):
        list(read(tmp_path / "x.java"))
    with pytest.raises(DataError, match=r"does not end in '\.java'"):
        list(read(tmp_path / "x.cs"))


# Where the records are

ORIGIN = Origin("things", "part-*.jsonl*", "someone/things")


def test_origin__reads_a_folder_in_the_order_of_its_files(tmp_path: Path) -> None:
    write(tmp_path / "part-2.jsonl", {"n": 2})
    write(tmp_path / "part-1.jsonl.gz", {"n": 1})
    write(tmp_path / "other.jsonl", {"n": 3})
    assert numbers(ORIGIN.read(tmp_path)) == numbers(ORIGIN.read(str(tmp_path))) == [1, 2]


def test_origin__reads_a_file_whatever_its_name(tmp_path: Path) -> None:
    assert numbers(ORIGIN.read(write(tmp_path / "other.jsonl", {"n": 3}))) == [3]


def test_origin__reads_the_usual_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "things").mkdir()
    write(tmp_path / "things" / "part-1.jsonl", {"n": 1})
    monkeypatch.setenv("CODEGYM_DATA", str(tmp_path))
    assert numbers(ORIGIN.read(None)) == [1]


def test_origin__has_a_reader_of_its_own(tmp_path: Path) -> None:
    def read(file: Path) -> Iterator[Record]:
        yield Record({"n": file.name}, file.name)

    write(tmp_path / "part-1.jsonl")
    assert numbers(Origin("things", "part-*.jsonl", reader=read).read(tmp_path)) == ["part-1.jsonl"]


def test_origin__says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGYM_DATA", raising=False)
    with pytest.raises(DataError, match=r"no file 'part-\*\.jsonl\*' in"):
        list(ORIGIN.read(tmp_path))
    for path in ("/no/such/folder", "./nowhere", tmp_path / "lost.jsonl"):
        with pytest.raises(DataError, match=r"no file or folder .* Check the path"):
            list(ORIGIN.read(path))
    with pytest.raises(DataError, match=r"Pass path=.*or set CODEGYM_DATA to the folder in which 'things' is"):
        list(Origin("things", "part-*.jsonl").read(None))


class Hub:
    """What stands for the package `datasets`: it reads folders of JSON lines, one file for each split."""

    def __init__(self, records: Mapping[str, list[dict[str, Any]]]) -> None:
        self.records, self.asked = records, list[tuple[str, str | None, str]]()

    def load_dataset(self, name: str, config: str | None, *, split: str) -> list[dict[str, Any]]:
        self.asked.append((name, config, split))
        return self.records[split]


def test_origin__asks_the_hub_where_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub({"test": [{"n": 1}], "train+test": [{"n": 2}]})
    monkeypatch.setitem(sys.modules, "datasets", hub)
    monkeypatch.delenv("CODEGYM_DATA", raising=False)
    (record,) = ORIGIN.read(None)
    assert (record.values, record.place) == ({"n": 1}, "someone/things, record 1")
    assert numbers(Origin("things", "*.jsonl", "a/b", "java", "train+test").read("me/copy")) == [2]
    assert hub.asked == [("someone/things", None, "test"), ("me/copy", "java", "train+test")]


def test_origin__says_why_the_hub_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGYM_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "datasets", Hub({}))
    with pytest.raises(DataError, match=r"'someone/things' cannot be had from the hub \(KeyError.*Pass path="):
        list(ORIGIN.read(None))
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingDependencyError, match="datasets"):
        list(ORIGIN.read(None))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of another package
def test_origin__reads_with_the_real_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.delenv("CODEGYM_DATA", raising=False)
    folder = tmp_path / "copy"
    folder.mkdir()
    write(folder / "train.jsonl", {"n": 1})
    write(folder / "test.jsonl", {"n": 2}, {"n": 3})
    assert numbers(Origin("things", "*.jsonl", str(folder)).read(None)) == [2, 3]
    assert numbers(Origin("things", "*.jsonl", str(folder), hub_split="train+test").read(None)) == [1, 2, 3]


# What becomes of the records


def problem(record: Record) -> Problem | None:
    if record.values.get("split") == "train":
        return None
    return Problem(
        f"things://{record.get('n', int)}", "python", record.text("code"), (HarnessTest("\nassert f() == 1\n", "f"),)
    )


def collected(records: list[dict[str, Any]], strict: bool = False, verify: bool = False) -> InMemoryProblems:
    places = (Record(values, f"things.jsonl, line {line}") for line, values in enumerate(records, start=1))
    return collect(CARD, "test", places, problem, strict=strict, verify=verify)


GOOD = {"n": 1, "code": "def f():\n    return 1\n"}


def test_collect__counts_what_it_drops(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "codegym"):
        problems = collected([GOOD, {"n": 2}, {**GOOD, "n": "3"}, {"n": 4}, GOOD, {"split": "train"}])
    assert (problems.size, problems[0].id) == (1, "things://1")
    assert problems.card.dropped == {
        "no field 'code'": 2,
        "field 'n' is of type str, not int": 1,
        "the same problem is there before": 1,
    }
    assert "1 of 5 records; dropped: 1 field 'n' is of type str" in caplog.text


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"n": 2}, "things: things.jsonl, line 2: no field 'code'"),
        (GOOD, "things: things.jsonl, line 2: the same problem is there before"),
    ],
)
def test_collect__strict_names_the_record(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        collected([GOOD, bad], strict=True)
    assert collected([GOOD], strict=True).card.dropped == {}


def test_collect__verifies_references() -> None:
    records = [
        GOOD,
        {"n": 2, "code": "def f():\n    return 2\n"},
        {"n": 3, "code": "def f(:\n"},
        {"n": 4, "code": "def f():\n    return 1 / 0\n"},
    ]
    problems = collected(records, verify=True)
    assert [problems[index].id for index in range(problems.size)] == ["things://1"]
    assert problems.card.dropped == {
        "whose reference crashes or exceeds a limit in its own tests": 1,
        "whose reference does not compile": 1,
        "whose reference fails its own tests": 1,
    }
    assert collected(records, verify=True) == problems  # from the cache
    with pytest.raises(DataError, match=r"things\.jsonl, line 2: whose reference fails its own tests"):
        collected(records[:2], strict=True, verify=True)
    assert collected(records).size == 4


def test_collect__a_test_that_is_none_is_the_record_s_fault() -> None:
    def convert(record: Record) -> Problem:
        code = record.text("code")
        return Problem(code, "c", "int f(void) { return 1; }\n", (HarnessTest(code, "f"),))

    records = [Record({"code": code}, "file") for code in ("\nint main(void) { return 0; }\n", "\nint x;\n")]
    try:
        problems = collect(CARD, "test", iter(records), convert)
    except Exception as error:  # the compiler need not be there
        pytest.skip(str(error))
    assert problems.card.dropped == {"whose test is not one": 1}


def test_collect__nothing_left_is_an_error() -> None:
    with pytest.raises(DataError, match="Nothing of things can be used in the test split: 0 of 1 records; dropped: 1"):
        collected([{"n": 1}])
    with pytest.raises(DataError, match="0 of 0 records"):
        collected([])


# A user's own records


def test_jsonl__a_record_is_a_problem(tmp_path: Path) -> None:
    record = {
        "language": "Java",
        "reference": "class Main { }",
        "id": "mine://1",
        "statement": "Nothing.",
        "tests": [{"stdin": "1", "stdout": "2", "tolerance": 0.1}, {"code": "x", "entry_point": "f"}],
        "sources": {".py": "pass"},
        "prefix": "class",
        "suffix": "}",
        "broken": "class Main { ",
        "attributes": {"level": 3},
        "split": "test",
    }
    problems = jsonl(write(tmp_path / "mine.jsonl", record), ("java",), "test", sources=("python",), verify=False)
    assert problems[0] == Problem(
        id="mine://1",
        language="java",
        reference="class Main { }",
        tests=(TestCase("1", "2", 0.1), HarnessTest("x", "f")),
        attributes={"level": 3},
        sources={"python": "pass"},
        statement="Nothing.",
        prefix="class",
        suffix="}",
        broken="class Main { ",
    )
    assert load(str(tmp_path / "mine.jsonl"), language="java", split="test", verify=False)[0] == problems[0]


def test_jsonl__ids_and_splits_follow_from_the_records(tmp_path: Path) -> None:
    records = [{"language": "python", "reference": f"x = {n}\n"} for n in range(60)]
    write(tmp_path / "a.jsonl", *records)
    write(tmp_path / "b.jsonl.gz", {"language": "python", "reference": "y = 1\n", "split": "train"})
    sets = {split: jsonl(tmp_path, split=split, verify=False) for split in ("train", "test")}
    assert sets["train"].size > 4 * sets["test"].size
    assert sets["train"].problems[-1].id == "jsonl://b.jsonl.gz/line 1".replace("line ", "")
    assert not {problem.reference for problem in sets["train"].problems} & {
        problem.reference for problem in sets["test"].problems
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reference": None}, "field 'reference' is of type NoneType, not str"),
        ({"reference": " "}, "field 'reference' is empty"),
        ({"language": "cobol"}, "no language named 'cobol'"),
        ({"split": "dev"}, "no split named 'dev'"),
        ({"sources": {"cobol": "x"}}, "no language named 'cobol'"),
        ({"prefix": "no part"}, "prefix and suffix are no parts of the reference"),
        ({"test": []}, "unknown field 'test'"),
        ({"tests": {}}, "field 'tests' is of type dict, not list"),
        ({"tests": [{"stdin": "1"}]}, "a test is neither"),
        ({"tests": [{"stdin": "1", "stdout": 2}]}, "a test is neither"),
        ({"tests": [{"stdin": "1", "stdout": "2", "tolerance": "0"}]}, "a test is neither"),
        ({"tests": [{"code": "x", "name": "f"}]}, "a test is neither"),
        ({"tests": [3]}, "a test is neither"),
    ],
)
def test_jsonl__a_bad_record_is_dropped_with_a_reason(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    good = {"language": "python", "reference": "x = 1\n", "split": "train"}
    file = write(tmp_path / "mine.jsonl", good, {**good, **change})
    problems = jsonl(file, verify=False)
    (found,) = problems.card.dropped
    assert problems.size == 1 and found.startswith(reason)
    with pytest.raises(DataError, match=r"jsonl: mine\.jsonl, line 2: "):
        jsonl(file, strict=True, verify=False)


def test_jsonl__misuse_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", {"language": "python", "reference": "x = 1\n", "split": "train"})
    with pytest.raises(ConfigurationError, match="as a sequence"):
        jsonl(file, "python")
    with pytest.raises(UnknownNameError, match="cobol"):
        jsonl(file, ("cobol",))
    with pytest.raises(DataError, match="no file of JSON lines"):
        jsonl(tmp_path / "lost.jsonl")
    with pytest.raises(DataError, match="no program in java to translate from"):
        jsonl(file, sources=("java",), verify=False)


def test_collect__a_judge_that_fails_says_nothing_of_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def problems() -> InMemoryProblems:
        def convert(record: Record) -> Problem:
            return Problem(f"things://{record.values['n']}", "python", "print(7)\n")

        return collect(CARD, "test", iter([Record({"n": 77}, "here, line 1")]), convert)

    with monkeypatch.context() as patch:
        patch.setattr("codegym.judge.shared_judge", lambda: FakeJudge(lambda source: "judge_error"))
        with pytest.raises(JudgeError, match="1 references of things"):
            problems()
    monkeypatch.setattr("codegym.judge.shared_judge", FakeJudge)
    assert problems().size == 1  # the failure is not remembered
