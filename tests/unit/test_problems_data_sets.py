"""Every loader of a data set: on small files of its format, and on the real ones."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from codegym import languages, problems
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.judge import shared_judge
from codegym.problems import InMemoryProblems
from codegym.types import Grade, HarnessTest, Problem, TestCase

Record = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@dataclass(frozen=True)
class Sample:
    """One good record of a data set.

    Attributes:
        name: The data set.
        language: The language that it is opened in.
        file: The name of the file that the record is in.
        record: The record.
        id: The id of its problem.
        split: The split that it is in.
        others: Further files that belong to it.
        optional: Fields that may be missing, because nothing or only the choice of the record depends on them.
        options: What else the data set is opened with.
    """

    name: str
    language: str
    file: str
    record: Record
    id: str
    split: str = "test"
    others: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)


PYTHON_TEST = "\n\ndef check(candidate):\n    assert candidate(1) == 2\n"
HUMANEVAL: Record = {
    "task_id": "HumanEval/0",
    "prompt": 'def add_one(n):\n    """Adds one."""\n',
    "canonical_solution": "    return n + 1\n",
    "test": PYTHON_TEST,
    "entry_point": "add_one",
}
X_PYTHON: Record = {
    **HUMANEVAL,
    "task_id": "Python/0",
    "declaration": "def add_one(n):\n",
    "test": f"{PYTHON_TEST}\ncheck(add_one)\n",
}
X_CPP: Record = {
    "task_id": "CPP/0",
    "prompt": "// Adds one.\nint add_one(int n){\n",
    "declaration": "int add_one(int n){\n",
    "canonical_solution": "    return n + 1;\n}\n",
    "test": "#include<assert.h>\nint main(){\n    assert (add_one(1) == 2);\n}\n",
}
PACK: Record = {
    **X_PYTHON,
    "buggy_solution": "    return n - 1\n",
    "bug_type": "operator misuse",
    "failure_symptoms": "incorrect output",
    "instruction": "Write a function that adds one.",
}
MBXP: Record = {**HUMANEVAL, "task_id": "MBPP/2", "language": "python", "description": "Adds one."}
PHP_PROMPT = "<?php\n\n// Adds one.\nfunction addOne($n) {\n"
PHP_TEST = "if (addOne(1) != 2) { throw new Exception('wrong'); }\n"
MBXP_PHP: Record = {
    "task_id": "MBPHP/2",
    "language": "php",
    "prompt": PHP_PROMPT,
    "canonical_solution": "    return $n + 1;\n}",
    "test": f"\n\n{PHP_TEST}",
    "entry_point": "addOne",
}
MCEVAL: Record = {
    **HUMANEVAL,
    "task_id": "Python/2",
    "prompt": 'def add_one(n):\n    """Adds one."""',
    "test": f"{PYTHON_TEST}\ncheck(add_one)\n",
    "instruction": "Write a function that adds one.",
    "level": "easy",
}
NODE = "class Node:\n    def __init__(self, value=None, successor=None):\n        self.value = value\n"
JAVA_NODE = "package java_programs;\nimport java.util.*;\n\npublic class Node {\n    int value;\n}\n"
ORACLE = (
    "package java_testcases.junit;\n\npublic class QuixFixOracleHelper {\n"
    "    public static String format(Object o, boolean cut) { return o.toString(); }\n}\n"
)
QUIXBUGS: Record = {
    "name": "add_one",
    "python_programs": '\ndef add_one(n):\n    return n - 1\n\n\n"""\nAdds one.\n"""\n',
    "correct_python_programs": "\ndef add_one(n):\n    return n + 1\n",
    "json_testcases": "[[1], 2]\n[[2], 3]\n",
    "python_testcases": "import pytest\n",
    "java_programs": "package java_programs;\npublic class ADD_ONE {\n"
    "    public static int add_one(int n) {\n        return n - 1;\n    }\n}\n",
    "correct_java_programs": "package correct_java_programs;\nimport java.util.*;\npublic class ADD_ONE {\n"
    "    public static int add_one(int n) {\n        return n + 1;\n    }\n}\n",
    "java_testcases_junit": "package java_testcases.junit;\n\npublic class ADD_ONE_TEST {\n"
    "    @org.junit.Test(timeout = 3000)\n    public void test_0() throws java.lang.Exception {\n"
    "        int result = java_programs.ADD_ONE.add_one((int)1);\n"
    "        org.junit.Assert.assertEquals( (int) 2, result);\n    }\n\n"
    "    @org.junit.Ignore\n    @org.junit.Test(timeout = 3000)\n    public void test_1() {\n"
    "        org.junit.Assert.assertEquals(1, 2);\n    }\n}\n",
}
QUIXBUGS_SUPPORT: Mapping[str, Sequence[Record]] = {
    "support_files.jsonl": [
        {"path": "python_testcases/node.py", "text": NODE},
        {"path": "java_programs/Node.java", "text": JAVA_NODE},
        {"path": "java_testcases/junit/QuixFixOracleHelper.java", "text": ORACLE},
    ]
}
C_HEAD = "#include <stdio.h>\n\nint min(int x, int y) { return (x < y)? x: y; }\nint len (int arr [ ]) { return 2; }\n"
GFG: Record = {
    "name": "ADD_ONE_1",
    "c": f"// licence\n\n{C_HEAD}\nint f_gold ( int n ) {{\n  return min ( n + 1, 99 );\n}}\n\n\n"
    "int f_filled ( int n ) {}\n\nint main(void) {\n    int n_success = 0;\n    int param0[] = {1,2,3};\n"
    "    for(int i = 0; i < len(param0); ++i)\n    {\n"
    "        if(f_filled(param0[i]) == f_gold(param0[i])) n_success+=1;\n"
    '    }\n    printf("#Results:", " ", n_success, ", ", len(param0));\n    return 0;\n}\n',
    "cpp": "// licence\n//\n\n#include <iostream>\n#include <vector>\nusing namespace std;\n"
    "int f_gold ( int n ) {\n  return n + 1;\n}\n\n\n//TOFILL\n\nint main() {\n    int n_success = 0;\n"
    "    vector<int> param0 {1,2,3};\n    for(int i = 0; i < param0.size(); ++i)\n    {\n"
    "        if(f_filled(param0[i]) == f_gold(param0[i])) n_success+=1;\n    }\n"
    '    cout << "#Results:" << " " << n_success << ", " << param0.size();\n    return 0;\n}\n',
    "java": "// licence\n\nimport java.util. *;\nimport javafx.util.Pair;\npublic class ADD_ONE_1{\n"
    "static int f_gold ( int n ) {\n  return n + 1 ;\n}\n\n\n//TOFILL\n\npublic static void main(String args[]) {\n"
    "    int n_success = 0;\n    List<Integer> param0 = new ArrayList<>();\n    param0.add(1);\n"
    "    for(int i = 0; i < param0.size(); ++i)\n    {\n"
    "        if(f_filled(param0.get(i)) == f_gold(param0.get(i))) n_success+=1;\n    }\n"
    '    System.out.println("#Results:" + n_success + ", " + param0.size());\n}\n}\n',
    "python": "# licence\n#\nimport math\ndef f_gold ( n ) :\n    return n + 1\n\n\n#TOFILL\n\n"
    "if __name__ == '__main__':\n    param = [\n    (1,),\n    (2,)\n        ]\n    n_success = 0\n"
    "    for i, parameters_set in enumerate(param):\n"
    "        if f_filled(*parameters_set) == f_gold(*parameters_set):\n            n_success+=1\n"
    '    print("#Results: %i, %i" % (n_success, len(param)))\n',
}
INTROCLASS: Record = {
    "program": "smallest",
    "repo": "0a1b2c3d4e5f6071",
    "revision": "003",
    "source": "int main(void) { return 0; }\n",
    "blackbox": {"pass": [], "fail": ["1"]},
    "whitebox": {"pass": ["1"], "fail": []},
}
INTROCLASS_PROGRAMS: Mapping[str, Sequence[Record]] = {
    "problems.jsonl": [
        {
            "program": "smallest",
            "reference": '#include <stdio.h>\nint main(void) { puts("1"); return 0; }\n',
            "tests": {
                "blackbox": [{"id": "1", "in": "1 2\n", "out": "1\n"}],
                "whitebox": [{"id": "1", "in": "2 1\n", "out": "1\n"}],
            },
        }
    ]
}
APPS: Record = {
    "problem_id": 7,
    "question": "Print the number plus one.",
    "solutions": json.dumps(["print int(raw_input()) + 1", "print(int(input()) + 1)\n"]),
    "input_output": json.dumps({"inputs": ["1\n", ["2", ""]], "outputs": ["2\n", "3.0\n"]}),
    "difficulty": "interview",
    "starter_code": "",
}
APPS_CALLS: Record = {
    **APPS,
    "solutions": json.dumps(["class Solution:\n    def addOne(self, n):\n        return (n + 1, n)\n"]),
    "input_output": json.dumps({"fn_name": "addOne", "inputs": [[1]], "outputs": [[2, 1]]}),
    "starter_code": "class Solution:\n    def addOne(self, n):\n",
}
SEARCHNET: Record = {
    "func_name": "Adder.add_one",
    "func_code_string": "def add_one(self, n):\n        return n + 1",
    "func_code_tokens": ["token"] * 64,
    "func_documentation_string": "Adds one.",
    "func_code_url": "https://github.com/someone/adder/blob/0/adder.py#L1-L2",
    "language": "python",
}
SEARCHNET_PHP: Record = {
    "func_name": "Adder.addOne",
    "code": "public function addOne($n)\n    {\n        return $n + 1;\n    }",
    "code_tokens": ["token"] * 64,
    "docstring": "Adds one.",
    "url": "https://github.com/someone/adder/blob/0/adder.php#L1-L4",
    "language": "php",
}
MULTIPL_E: Record = {
    "name": "HumanEval_0_add_one",
    "language": "php",
    "prompt": PHP_PROMPT,
    "tests": f"}}\n\n{PHP_TEST}",
}

SAMPLES = (
    Sample("humaneval", "python", "HumanEval.jsonl", HUMANEVAL, "humaneval://HumanEval/0"),
    Sample("humaneval_x", "python", "humaneval_python.jsonl", X_PYTHON, "humaneval-x://Python/0"),
    Sample("humaneval_x", "cpp", "humaneval_cpp.jsonl", X_CPP, "humaneval-x://CPP/0"),
    Sample("humanevalpack", "python", "humanevalpack_python.jsonl", PACK, "humanevalpack://Python/0"),
    Sample(
        "humaneval_c",
        "c",
        "decompile-eval-O0.jsonl",
        {
            "task_id": 0,
            "type": "O0",
            "c_func": "int func0(int n) {\n    return n + 1;\n}",
            "c_test": "#include <assert.h>\nint main(){\n    assert(func0(1) == 2);\n    return 0;\n}",
        },
        "humaneval-c://0",
    ),
    Sample(
        "humaneval_infilling",
        "python",
        "HumanEval-SingleLineInfilling.jsonl",
        {
            **HUMANEVAL,
            "task_id": "SingleLineInfilling/HumanEval/0/L0",
            "prompt": "def add_one(n):\n",
            "canonical_solution": "    n = n + 1\n",
            "suffix": "    return n\n",
        },
        "humaneval-infilling://SingleLineInfilling/HumanEval/0/L0",
    ),
    Sample(
        "mbpp",
        "python",
        "mbpp.jsonl",
        {
            "task_id": 11,
            "text": "Write a function that adds one.",
            "code": "def add_one(n):\r\n  return n + 1",
            "test_setup_code": "",
            "test_list": ["assert add_one(1) == 2", "assert add_one(2) == 3"],
            "challenge_test_list": [],
        },
        "mbpp://11",
        optional=frozenset({"challenge_test_list"}),
    ),
    Sample(
        "mbxp",
        "python",
        "mbpp_release_v1.jsonl",
        MBXP,
        "mbxp://MBPP/2",
        optional=frozenset({"description"}),
    ),
    Sample("mbxp", "php", "mbphp_release_v1.2.jsonl", MBXP_PHP, "mbxp://MBPHP/2"),
    Sample(
        "multilingual_humaneval",
        "python",
        "HumanEval.jsonl",
        MBXP,
        "multilingual-humaneval://MBPP/2",
        optional=frozenset({"description"}),
    ),
    Sample(
        "multilingual_humaneval",
        "php",
        "HumanEval_php_v1.1.jsonl",
        {**MBXP_PHP, "canonical_solution": None},
        "multilingual-humaneval://MBPHP/2",
        optional=frozenset({"canonical_solution"}),
    ),
    Sample("mceval", "python", "Python.jsonl", MCEVAL, "mceval://Python/2"),
    Sample(
        "quixbugs",
        "python",
        "quixbugs.jsonl",
        QUIXBUGS,
        "quixbugs://python/add_one",
        others=QUIXBUGS_SUPPORT,
        optional=frozenset(
            {
                "json_testcases",  # then the other test is taken
                "python_testcases",
                "java_programs",
                "correct_java_programs",
                "java_testcases_junit",
            }
        ),
    ),
    Sample(
        "quixbugs",
        "java",
        "quixbugs.jsonl",
        QUIXBUGS,
        "quixbugs://java/add_one",
        others=QUIXBUGS_SUPPORT,
        optional=frozenset({"json_testcases", "python_testcases", "correct_python_programs"}),
    ),
    Sample(
        "introclass",
        "c",
        "submissions.jsonl",
        INTROCLASS,
        "introclass://smallest/0a1b2c3d4e5f/003",
        split="train",
        others=INTROCLASS_PROGRAMS,
    ),
    *(
        Sample(
            "transcoder_gfg",
            language,
            "transcoder_gfg.jsonl",
            GFG,
            f"transcoder-gfg://{language}/ADD_ONE_1",
            split="train",
            optional=frozenset({"c", "cpp", "java", "python"}),  # a function need not be there in all of them
        )
        for language in ("c", "cpp", "java", "python")
    ),
    Sample(
        "apps", "python", "train.jsonl", APPS, "apps://train/7", split="train", optional=frozenset({"starter_code"})
    ),
    Sample("apps", "python", "test.jsonl.gz", APPS_CALLS, "apps://test/7", optional=frozenset({"starter_code"})),
    Sample(
        "codesearchnet",
        "python",
        "python_train_0.jsonl",
        SEARCHNET,
        "codesearchnet://python/https://github.com/someone/adder/blob/0/adder.py#L1-L2",
        split="train",
    ),
    Sample(
        "codesearchnet",
        "php",
        "php_valid_0.jsonl.gz",
        SEARCHNET_PHP,
        "codesearchnet://php/https://github.com/someone/adder/blob/0/adder.php#L1-L4",
        split="validation",
    ),
    Sample(
        "multipl_e",
        "php",
        "humaneval-php.jsonl",
        MULTIPL_E,
        "multipl-e://humaneval-php/HumanEval_0_add_one",
        optional=frozenset({"language"}),
    ),
)
samples = pytest.mark.parametrize(
    "sample", SAMPLES, ids=lambda sample: f"{sample.name}-{sample.language}-{sample.split}"
)


def write(path: Path, records: Sequence[object]) -> None:
    content = "".join(f"{json.dumps(record)}\n" for record in records).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def opened(sample: Sample, folder: Path, *more: Record, **options: Any) -> InMemoryProblems:
    """Opens a data set that holds the sample's record, and more."""
    for name, records in {sample.file: [sample.record, *more], **sample.others}.items():
        write(folder / name, records)
    options = {**sample.options, **options}
    if problems.takes(sample.name, "verify"):
        options = {"verify": False, **options}
    found = problems.load(sample.name, language=sample.language, split=sample.split, path=folder, **options)
    assert isinstance(found, InMemoryProblems)
    return found


def members(found: InMemoryProblems) -> list[Problem]:
    return [found[index] for index in range(found.size)]


def test_samples__there_is_one_of_every_data_set() -> None:
    elsewhere = {
        "jsonl",
        "procedural",
        "source",
        "stdlib",
        "xlcost",  # has tests of its own
        "codexglue_refinement",  # is made of lines, not of records: see below
        "codexglue_translation",
    }
    assert {sample.name for sample in SAMPLES} == set(problems.names()) - elsewhere


@samples
def test_record__becomes_a_problem(sample: Sample, tmp_path: Path) -> None:
    found = opened(sample, tmp_path)
    (problem,) = members(found)
    assert (problem.id, problem.language) == (sample.id, sample.language)
    assert (found.split, found.card.name, dict(found.card.dropped)) == (sample.split, sample.name, {})
    assert problem.reference.strip()
    assert problem.tests or sample.name == "codesearchnet"


@samples
def test_record__a_missing_field_is_counted(sample: Sample, tmp_path: Path) -> None:
    for name in sample.record.keys() - sample.optional:
        bad = {field: value for field, value in sample.record.items() if field != name}
        found = opened(sample, tmp_path, bad)
        assert sum(found.card.dropped.values()) == found.size == 1, name
        with pytest.raises(DataError, match=", line 2: "):
            opened(sample, tmp_path, bad, strict=True)


@samples
@pytest.mark.parametrize("wrong", [3.5, None, [{}], {"a": 1}, True], ids=repr)
def test_record__a_field_of_another_type_is_counted(sample: Sample, wrong: object, tmp_path: Path) -> None:
    for name in sample.record.keys() - sample.optional:
        if isinstance(wrong, type(sample.record[name])):
            continue
        found = opened(sample, tmp_path, {**sample.record, name: wrong})
        assert found.size == 1, name
        assert sum(found.card.dropped.values()) == 1, name


@samples
def test_record__is_taken_once(sample: Sample, tmp_path: Path) -> None:
    found = opened(sample, tmp_path, sample.record)
    assert found.size == sum(found.card.dropped.values()) == 1


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param(
            sample,
            marks=() if sample.language in ("python", "php") else pytest.mark.slow,
            id=f"{sample.name}-{sample.language}-{sample.split}",
        )
        for sample in SAMPLES
        if (sample.name, sample.language) not in (("multilingual_humaneval", "php"), ("multipl_e", "php"))
    ],
)
def test_reference__passes_its_tests(sample: Sample, tmp_path: Path) -> None:
    (problem,) = members(opened(sample, tmp_path))
    if languages.get(sample.language).toolchain.version() is None:
        pytest.skip(f"no toolchain for {sample.language}")
    grade = grade_of(problem, problem.reference)
    assert grade.status == ("passed" if problem.tests else "compiled"), grade
    if problem.broken:
        assert grade_of(problem, problem.broken).status not in ("passed", "judge_error")


def grade_of(problem: Problem, program: str) -> Grade:
    return shared_judge().grade(problem.language, program, problem.tests)


@samples
def test_load__unknown_language_and_split_are_named(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no language named 'cobol'"):
        problems.load(sample.name, language="cobol", split=sample.split, path=tmp_path)
    with pytest.raises(UnknownNameError, match="no split named 'tset'"):
        problems.load(sample.name, language=sample.language, split="tset", path=tmp_path)
    with pytest.raises(DataError, match="There is no file"):
        problems.load(sample.name, language=sample.language, split=sample.split, path=tmp_path)


def sample_of(name: str, language: str = "python", split: str | None = None) -> Sample:
    return next(
        sample
        for sample in SAMPLES
        if (sample.name, sample.language) == (name, language) and split in (None, sample.split)
    )


# What is special in one data set


def test_mbpp__splits_are_the_published_ones(tmp_path: Path) -> None:
    record = sample_of("mbpp").record
    write(tmp_path / "mbpp.jsonl", [{**record, "task_id": n} for n in (1, 10, 11, 510, 511, 600, 601, 974)])
    found = {
        split: [
            p.id for p in members(problems.load("mbpp", language="python", split=split, path=tmp_path, verify=False))
        ]  # type: ignore[arg-type]
        for split in ("train", "validation", "test")
    }
    assert found == {
        "train": ["mbpp://1", "mbpp://10", "mbpp://601", "mbpp://974"],
        "validation": ["mbpp://511", "mbpp://600"],
        "test": ["mbpp://11", "mbpp://510"],
    }


def test_mbpp__states_the_task_and_one_assertion(tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of("mbpp"), tmp_path))
    assert problem.statement == "Write a function that adds one.\nassert add_one(1) == 2"
    assert problem.reference == "def add_one(n):\n  return n + 1"


def test_humaneval_x__is_translated_from_its_other_languages(tmp_path: Path) -> None:
    write(tmp_path / "humaneval_python.jsonl", [X_PYTHON])
    found = opened(sample_of("humaneval_x", "cpp"), tmp_path, {**X_CPP, "task_id": "CPP/1"}, sources=("python",))
    (problem,) = members(found)
    assert problem.sources == {"python": X_PYTHON["prompt"] + X_PYTHON["canonical_solution"]}
    assert found.card.dropped == {"no program in python to translate from": 1}
    with pytest.raises(ConfigurationError, match="as a sequence"):
        opened(sample_of("humaneval_x", "cpp"), tmp_path, sources="python")
    with pytest.raises(UnknownNameError, match="php"):
        opened(sample_of("humaneval_x", "cpp"), tmp_path, sources=("php",))


def test_humaneval_x__one_file_may_hold_all_languages(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    write(file, [X_PYTHON, X_CPP])
    found = problems.load("humaneval_x", language="cpp", split="test", path=file, sources=("python",), verify=False)
    assert (found.size, set(found[0].sources)) == (1, {"python"})


def test_humaneval_c__is_translated_from_humaneval_x(tmp_path: Path) -> None:
    write(tmp_path / "humaneval_python.jsonl", [X_PYTHON])
    found = opened(sample_of("humaneval_c", "c"), tmp_path, sources=("python",), sources_path=tmp_path)
    assert set(found[0].sources) == {"python"}


def test_humaneval_infilling__kinds_are_chosen(tmp_path: Path) -> None:
    sample = sample_of("humaneval_infilling")
    (problem,) = members(opened(sample, tmp_path, kinds=("single-line",)))
    assert (problem.prefix, problem.suffix) == ("def add_one(n):\n", "    return n\n")
    assert problem.attributes["kind"] == "single-line"
    with pytest.raises(DataError, match="0 of 0 records"):
        opened(sample, tmp_path, kinds=("random-span",))
    with pytest.raises(UnknownNameError, match="no kind of hole named 'line'"):
        opened(sample, tmp_path, kinds=("line",))


def test_mbxp__a_record_without_a_solution_is_dropped(tmp_path: Path) -> None:
    found = opened(sample_of("mbxp"), tmp_path, {**MBXP, "task_id": "MBPP/4", "canonical_solution": None})
    assert found.card.dropped == {"without a reference solution": 1}


@pytest.mark.parametrize("name", ["multilingual_humaneval", "multipl_e"])
def test_prompt__without_a_solution_is_a_problem_all_the_same(name: str, tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of(name, "php"), tmp_path))
    assert problem.reference == problem.prefix == problem.statement == PHP_PROMPT
    assert problem.attributes["reference"] is False
    if languages.get("php").toolchain.version() is None:
        pytest.skip("no toolchain for php")
    assert grade_of(problem, f"{PHP_PROMPT}    return $n + 1;\n}}\n").status == "passed"
    assert grade_of(problem, f"{PHP_PROMPT}    return $n + 2;\n}}\n").status not in ("passed", "judge_error")


@pytest.mark.parametrize("split", ["train", "validation"])
def test_multipl_e__is_not_for_training(split: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="licence forbids training"):
        problems.load("multipl_e", language="php", split=split, path=tmp_path)


MULTIPL_E_ENDS = {
    "cpp": (
        "int add_one(int n) {\n",
        "    return n + 1;\n}\n",
        "}\nint main() {\n    auto candidate = add_one;\n    assert(candidate(1) == 2);\n}\n",
    ),
    "java": (
        "import java.util.*;\nclass Problem {\n    public static long addOne(long n) {\n",
        "        return n + 1;\n    }\n",
        "    }\n    public static void main(String[] args) {\n    assert(addOne(1) == 2);\n    }\n\n}\n",
    ),
    "csharp": (
        "using System;\nusing System.Diagnostics;\nclass Problem {\n    public static long AddOne(long n) {\n",
        "        return n + 1;\n    }\n",
        "    }\n    public static void Main(string[] args) {\n    Debug.Assert(AddOne(1) == 2);\n    }\n\n}\n",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("language", MULTIPL_E_ENDS)
def test_multipl_e__an_answer_closes_its_function(language: str, tmp_path: Path) -> None:
    prompt, answer, test = MULTIPL_E_ENDS[language]
    if language == "cpp":
        prompt = f"#include<assert.h>\n{prompt}"
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"no toolchain for {language}")
    file = tmp_path / "humaneval.jsonl"
    write(file, [{"name": "HumanEval_0", "prompt": prompt, "tests": test}])
    problem = problems.load("multipl_e", language=language, split="test", path=file)[0]
    assert grade_of(problem, prompt + answer).status == "passed"
    assert grade_of(problem, prompt + answer.replace("1", "2")).status not in ("passed", "judge_error")


def test_quixbugs__python_tests_of_graphs_are_those_of_pytest(tmp_path: Path) -> None:
    graph = {
        **QUIXBUGS,
        "name": "depth",
        "json_testcases": None,
        "correct_python_programs": "\ndef depth(node):\n    return node.value + 1\n",
        "python_programs": "\ndef depth(node):\n    return node.value\n",
        "python_testcases": (
            "import pytest\nfrom node import Node\n\nif pytest.use_correct:\n"
            "    from correct_python_programs.depth import depth\nelse:\n    from python_programs.depth import depth\n"
            "\n\ndef test1():\n    assert depth(Node(1)) == 2\n"
        ),
    }
    found = opened(sample_of("quixbugs"), tmp_path, graph, verify=True)
    assert [problem.id for problem in members(found)] == ["quixbugs://python/add_one", "quixbugs://python/depth"]
    assert grade_of(found[1], found[1].broken).status == "failed"
    write(tmp_path / "support_files.jsonl", [])
    lost = problems.load("quixbugs", language="python", split="test", path=tmp_path, verify=False)
    assert isinstance(lost, InMemoryProblems)
    assert lost.card.dropped == {"no support file 'node.py'": 1}


def test_quixbugs__states_what_the_text_at_the_end_says(tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of("quixbugs"), tmp_path))
    assert (problem.statement, problem.broken) == ("Adds one.", "def add_one(n):\n    return n - 1\n")


def test_introclass__takes_what_failed_once(tmp_path: Path) -> None:
    found = opened(
        sample_of("introclass", "c"),
        tmp_path,
        {**INTROCLASS, "revision": "004"},
        {**INTROCLASS, "revision": "005", "source": "int main(void) { return 1; }\n"},
        {**INTROCLASS, "revision": "006", "blackbox": {"pass": ["1"], "fail": []}},
        {**INTROCLASS, "program": "median"},
    )
    assert [problem.id.rpartition("/")[2] for problem in members(found)] == ["003", "005"]
    assert found.card.dropped == {
        "of a program that is not there": 1,
        "that failed no test": 1,
        "the same program was handed in before": 1,
    }
    assert found[0].tests == (TestCase("1 2\n", "1\n"), TestCase("2 1\n", "1\n"))


@pytest.mark.parametrize("language", ["c", "cpp", "java", "python"])
def test_transcoder__names_the_function_alike_everywhere(language: str, tmp_path: Path) -> None:
    others = tuple(name for name in ("c", "cpp", "java", "python") if name != language)
    (problem,) = members(opened(sample_of("transcoder_gfg", language), tmp_path, sources=others))
    assert tuple(problem.sources) == others
    for text in (problem.reference, *problem.sources.values()):
        assert "f_filled" in text and "f_gold" not in text and "licence" not in text
    (test,) = problem.tests
    assert isinstance(test, HarnessTest) and "f_gold" in test.code and "f_filled" not in test.code.partition("main")[0]


def test_transcoder__keeps_the_helpers_that_are_called(tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of("transcoder_gfg", "c"), tmp_path))
    assert "int min" in problem.reference and "int len" not in problem.reference


@pytest.mark.slow
def test_transcoder__all_inputs_count_in_c(tmp_path: Path) -> None:
    if languages.get("c").toolchain.version() is None:
        pytest.skip("no toolchain for c")
    (problem,) = members(opened(sample_of("transcoder_gfg", "c"), tmp_path))
    assert grade_of(problem, problem.reference.replace("n + 1", "n < 3 ? n + 1 : n")).status == "failed"


def test_transcoder__a_function_that_is_not_there_is_no_bad_record(tmp_path: Path) -> None:
    found = opened(sample_of("transcoder_gfg", "c"), tmp_path, {"name": "OTHER", "java": GFG["java"]}, strict=True)
    assert found.size == 1
    malformed = {**GFG, "name": "ADD_ONE_2", "c": "int main(void) { return 0; }\n"}
    assert opened(sample_of("transcoder_gfg", "c"), tmp_path, malformed).card.dropped == {
        "a file without reference, hole or result": 1
    }


def test_apps__takes_the_first_solution_in_python_3(tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of("apps", split="train"), tmp_path))
    assert problem.reference == "print(int(input()) + 1)\n"
    assert problem.tests == (TestCase("1\n", "2\n"), TestCase("2\n", "3.0\n", 1e-6))


def test_apps__calls_are_tested_by_a_harness(tmp_path: Path) -> None:
    (problem,) = members(opened(sample_of("apps", split="test"), tmp_path))
    assert problem.statement.endswith("\n\nclass Solution:\n    def addOne(self, n):\n")
    plain = "def addOne(n):\n    return [n + 1, n]\n"
    assert grade_of(problem, plain).status == "passed"
    assert grade_of(problem, plain.replace("+", "-")).status == "failed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"solutions": "[]"}, "without a reference solution"),
        ({"solutions": ""}, "without a reference solution"),
        ({"solutions": '["print 1"]'}, "without a reference solution in Python 3"),
        ({"solutions": "["}, "field 'solutions' is no JSON"),
        ({"input_output": ""}, "field 'input_output' holds no inputs and outputs, one for one"),
        ({"input_output": '{"inputs": [], "outputs": []}'}, "without a test"),
        ({"input_output": '{"inputs": ["1"], "outputs": []}'}, "field 'input_output' holds no inputs and outputs, one"),
        ({"input_output": '{"inputs": [1], "outputs": ["1"]}'}, "field 'input_output' holds inputs or outputs that"),
        (
            {"input_output": '{"inputs": [[1]], "outputs": [1], "fn_name": "a b"}'},
            "field 'input_output' holds no calls of a function",
        ),
    ],
)
def test_apps__says_what_is_wrong_with_a_record(change: Record, reason: str, tmp_path: Path) -> None:
    found = opened(sample_of("apps", split="train"), tmp_path, {**APPS, "problem_id": 8, **change})
    (only,) = found.card.dropped
    assert only.startswith(reason)


def test_apps__difficulties_are_chosen(tmp_path: Path) -> None:
    sample = sample_of("apps", split="train")
    assert opened(sample, tmp_path, {**APPS, "problem_id": 8, "difficulty": "competition"}).size == 2
    chosen = opened(
        sample, tmp_path, {**APPS, "problem_id": 8, "difficulty": "competition"}, difficulties=("interview",)
    )
    assert [problem.attributes["difficulty"] for problem in members(chosen)] == ["interview"]
    with pytest.raises(UnknownNameError, match="no difficulty named 'easy'"):
        opened(sample, tmp_path, difficulties=("easy",))


def test_codesearchnet__leaves_short_functions_out(tmp_path: Path) -> None:
    short = {**SEARCHNET, "func_code_url": "another", "func_code_tokens": ["token"] * 63}
    sample = sample_of("codesearchnet")
    assert opened(sample, tmp_path, short, strict=True).size == 1
    assert opened(sample, tmp_path, short, min_tokens=63).size == 2


# Lines instead of records

JAVA_LINE = "public int addOne(int n) {return n + 1;}"
CS_LINE = "public virtual int AddOne(int n){return n + 1;}"


@pytest.mark.parametrize("language", ["java", "csharp"])
def test_codexglue_translation__wraps_methods(language: str, tmp_path: Path) -> None:
    (tmp_path / "valid.java-cs.txt.java").write_text(f"{JAVA_LINE}\n\n{JAVA_LINE}\n")
    (tmp_path / "valid.java-cs.txt.cs").write_text(f"{CS_LINE}\nx\n{CS_LINE}\n")
    found = problems.load("codexglue_translation", language=language, split="validation", path=tmp_path)
    assert isinstance(found, InMemoryProblems)
    assert [problem.id.rpartition("/")[2] for problem in members(found)] == ["1", "3"]
    assert found.card.dropped == {"field 'java' is empty": 1}
    texts = {"java": JAVA_LINE, "csharp": CS_LINE}
    assert found[0].reference == f"public class Wrapper {{\n{texts.pop(language)}\n}}\n"
    assert found[0].sources == {name: f"public class Wrapper {{\n{text}\n}}\n" for name, text in texts.items()}
    assert not languages.get(language).parser().parse(found[0].reference.encode()).root_node.has_error
    with pytest.raises(DataError, match="field 'java' is empty"):
        problems.load("codexglue_translation", language=language, split="validation", path=tmp_path, strict=True)
    with pytest.raises(DataError, match="no file 'train"):
        problems.load("codexglue_translation", language=language, split="train", path=tmp_path)


def test_codexglue_refinement__repairs_methods(tmp_path: Path) -> None:
    buggy = "public int METHOD_1 ( int VAR_1 ) { return VAR_1 - 1 ; }"
    fixed = buggy.replace("-", "+")
    for name, lines in (("buggy", [buggy, buggy]), ("fixed", [fixed, buggy])):
        file = tmp_path / f"medium.test.buggy-fixed.{name}.gz"
        file.write_bytes(gzip.compress("".join(f"{line} \n" for line in lines).encode()))
    found = problems.load("codexglue_refinement", language="java", split="test", path=tmp_path, size="medium")
    assert isinstance(found, InMemoryProblems)
    (problem,) = members(found)
    assert (problem.id, found.card.dropped) == ("codexglue-refinement://medium/test/1", {"without a change": 1})
    assert problem.reference == f"public class Wrapper {{\n{fixed}\n}}\n"
    assert problem.broken == f"public class Wrapper {{\n{buggy}\n}}\n"
    with pytest.raises(UnknownNameError, match="no size named 'large'"):
        problems.load("codexglue_refinement", language="java", split="test", path=tmp_path, size="large")


# The real files

TAKEN = {
    ("humaneval", "python", "test"): 82,
    ("humaneval_c", "c", "test"): 82,
    ("humaneval_infilling", "python", "test"): 3_584,
    ("humaneval_x", "cpp", "test"): 80,
    ("humaneval_x", "java", "test"): 82,
    ("humaneval_x", "python", "test"): 82,
    ("humanevalpack", "cpp", "test"): 80,
    ("humanevalpack", "java", "test"): 82,
    ("humanevalpack", "python", "test"): 82,
    ("introclass", "c", "train"): 181,
    ("introclass", "c", "validation"): 7,
    ("introclass", "c", "test"): 18,
    ("mbpp", "python", "train"): 192,
    ("mbpp", "python", "validation"): 45,
    ("mbpp", "python", "test"): 250,
    ("mbxp", "cpp", "test"): 390,
    ("mbxp", "csharp", "test"): 352,
    ("mbxp", "java", "test"): 423,
    ("mbxp", "php", "test"): 393,
    ("mbxp", "python", "test"): 481,
    ("mceval", "c", "test"): 24,
    ("mceval", "cpp", "test"): 25,
    ("mceval", "csharp", "test"): 19,
    ("mceval", "java", "test"): 26,
    ("mceval", "php", "test"): 25,
    ("mceval", "python", "test"): 25,
    ("multilingual_humaneval", "csharp", "test"): 79,
    ("multilingual_humaneval", "java", "test"): 79,
    ("multilingual_humaneval", "php", "test"): 79,
    ("multilingual_humaneval", "python", "test"): 82,
    ("quixbugs", "java", "test"): 20,
    ("quixbugs", "python", "test"): 20,
    ("codexglue_translation", "csharp", "train"): 10_295,
    ("codexglue_translation", "csharp", "validation"): 499,
    ("codexglue_translation", "java", "train"): 10_295,
    ("codexglue_translation", "java", "validation"): 499,
    ("codexglue_refinement", "java", "validation"): 5_835,
}
"""How many problems each data set has in the files at hand, where the programs that they need are installed."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "language", "split"), TAKEN)
def test_real_files__have_so_many_problems(
    name: str, language: str, split: str, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"no toolchain for {language}")
    monkeypatch.setenv("CODEGYM_DATA", str(data_folder))
    monkeypatch.setitem(sys.modules, "datasets", None)  # the network is no source here
    try:
        found = problems.load(name, language=language, split=split)
    except ImportError:
        pytest.skip(f"{data_folder} does not hold {name}")
    assert isinstance(found, InMemoryProblems)
    print(f"\n{name} {language} {split}: {found.size}, dropped: {dict(found.card.dropped)}")
    assert found.size == TAKEN[name, language, split]
    assert len({problem.id for problem in members(found)}) == found.size


@pytest.mark.slow
@pytest.mark.parametrize(("language", "taken"), {"c": 236, "cpp": 343, "java": 358, "python": 360}.items())
def test_real_files__of_transcoder_have_so_many_problems(language: str, taken: int, data_folder: Path) -> None:
    folder = data_folder / "transcoder-gfg"
    if not folder.is_dir() or languages.get(language).toolchain.version() is None:
        pytest.skip(f"needs {folder} and a toolchain for {language}")
    sizes = [
        problems.load("transcoder_gfg", language=language, split=split, path=folder).size or 0
        for split in ("train", "validation", "test")
    ]
    assert sum(sizes) == taken
