"""CodeBLEU against the scores that the PyPI package `codebleu` 0.7.0 gave for real pairs of programs.

The package ran with tree-sitter 0.22.3 and the grammars of its time. With today's grammars two of the programs are
parsed in another way, both of them broken (recovery from errors, in PHP and C#), and no score changes: what is listed
below, all of it data flow, is the package's own uncertainty.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from codegym.structure import CodebleuScores, codebleu

LANGUAGES = {"c": "c", "cpp": "cpp", "c_sharp": "csharp", "java": "java", "php": "php", "python": "python"}
PARTS = {"ngram": "ngram_match", "weighted_ngram": "weighted_ngram_match", "syntax": "syntax_match"}
TOLERANCE = 1e-6

# Where several values flow into a variable, the package puts their names in the order of a set, so that the score
# depends on PYTHONHASHSEED. For each such pair whose recorded score is not the one that alphabetical order gives: the
# lowest and the highest score that the package gave under the seeds 0 to 199.
DEPENDS_ON_THE_HASH_SEED = {
    "codesynapse-deepseek-cpp_to_java/1531": (0.2500000, 0.3529412),
    "codesynapse-deepseek-cpp_to_java/1824": (0.3291139, 0.3544304),
    "codesynapse-deepseek-cpp_to_java/2048": (0.2941176, 0.3529412),
    "codesynapse-deepseek-java_to_cpp/13913": (0.2179487, 0.2628205),
    "codesynapse-phi-cpp_to_java/1531": (0.2500000, 0.2647059),
    "codesynapse-phi-cpp_to_java/1584": (0.4918033, 0.5409836),
    "codesynapse-phi-cpp_to_java/1682": (0.3725490, 0.3921569),
    "codesynapse-phi-cpp_to_java/1687": (0.6923077, 0.7307692),
    "codesynapse-phi-cpp_to_java/1704": (0.2954545, 0.3181818),
    "codesynapse-phi-cpp_to_java/1705": (0.3932584, 0.4044944),
    "codesynapse-phi-cpp_to_java/1824": (0.1265823, 0.1518987),
    "codesynapse-phi-cpp_to_java/2048": (0.2794118, 0.3382353),
    "codesynapse-phi-cpp_to_java/2174": (0.3454545, 0.4000000),
    "codesynapse-phi-cpp_to_java/7323": (0.3750000, 0.4531250),
    "codexglue-evaluator/8": (0.6000000, 0.7000000),
    "humanevalpack-bug/CPP/32": (0.9777778, 1.0000000),
    "humanevalpack-bug/Java/0": (0.8571429, 0.8928571),
    "mbxp-sample/MBJP/24": (0.4000000, 0.4666667),
    "mbxp-sample/MBJP/28": (0.8400000, 0.8800000),
    "mbxp-sample/MBJP/4": (0.4482759, 0.4827586),
    "mbxp-sample/MBJP/82": (0.7500000, 1.0000000),
    "mbxp-sample/MBJP/94": (0.6176471, 0.7352941),
    "mbxp-sample/MBPHP/2": (0.5882353, 0.6470588),
}


@pytest.fixture(scope="module")
def pairs(data_folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The pairs of each language."""
    path = data_folder / "codebleu-goldens" / "pairs.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"needs pairs with the package's scores in {path} (set CODEGYM_DATA)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert {row["lang"] for row in rows} == set(LANGUAGES)
    return {name: [row for row in rows if row["lang"] == lang] for lang, name in LANGUAGES.items()}


@cache
def scored(reference: str, candidate: str, language: str) -> CodebleuScores:
    return codebleu(reference, candidate, language)


def difference(row: dict[str, Any], language: str, part: str, recorded: str) -> float:
    scores = scored(row["reference"], row["candidate"], language)
    return abs(getattr(scores, part) - row["codebleu_0_7_0"][recorded])


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES.values())
def test_codebleu__has_the_packages_scores(pairs: dict[str, list[dict[str, Any]]], language: str, part: str) -> None:
    different = [row["id"] for row in pairs[language] if difference(row, language, part, PARTS[part]) > TOLERANCE]
    print(f"\n{language}: {part} equal on {len(pairs[language]) - len(different)} of {len(pairs[language])} pairs")
    assert not different


@pytest.mark.parametrize("language", LANGUAGES.values())
def test_codebleu__has_the_packages_data_flow(pairs: dict[str, list[dict[str, Any]]], language: str) -> None:
    rows = pairs[language]
    different = {row["id"] for row in rows if difference(row, language, "dataflow", "dataflow_match") > TOLERANCE}
    listed = {row["id"] for row in rows if row["id"] in DEPENDS_ON_THE_HASH_SEED}
    print(f"\n{language}: dataflow equal on {len(rows) - len(different)} of {len(rows)} pairs, {len(listed)} listed")
    assert different == listed


@pytest.mark.parametrize("language", LANGUAGES.values())
def test_codebleu__has_the_packages_total(pairs: dict[str, list[dict[str, Any]]], language: str) -> None:
    different = {row["id"] for row in pairs[language] if difference(row, language, "total", "codebleu") > TOLERANCE}
    assert different <= set(DEPENDS_ON_THE_HASH_SEED)


def test_codebleu__is_a_score_of_the_package_where_that_depends_on_the_hash_seed(
    pairs: dict[str, list[dict[str, Any]]],
) -> None:
    rows = {row["id"]: (language, row) for language in pairs for row in pairs[language]}
    for name, (lowest, highest) in DEPENDS_ON_THE_HASH_SEED.items():
        language, row = rows[name]
        dataflow = scored(row["reference"], row["candidate"], language).dataflow
        assert lowest - TOLERANCE <= dataflow <= highest + TOLERANCE, name
        assert lowest - TOLERANCE <= row["codebleu_0_7_0"]["dataflow_match"] <= highest + TOLERANCE, name
