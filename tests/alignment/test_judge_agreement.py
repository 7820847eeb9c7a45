"""The warm compilers of the judge against the same compilers, asked as a person would, on real and damaged programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import real_programs

from codegym import Judge, languages

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("CODEGYM_AGREEMENT", "60"))
"""Programs a language; with 500 a language takes several minutes, nearly all of them for the cold compiler."""

WORKERS = 2
SEED = 20_251


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=WORKERS, time_limit=real_programs.COLD_TIME) as opened:
        yield opened


@pytest.mark.parametrize("language", list(real_programs.TITLES))
def test_compile__agrees_with_the_cold_compiler(language: str, judge: Judge, data_folder: Path) -> None:
    toolchain = languages.get(language).toolchain
    if toolchain.version() is None:
        pytest.skip(f"{toolchain.program} is not installed: {toolchain.install}")
    try:
        real = real_programs.load(language)
    except FileNotFoundError as error:
        pytest.skip(f"needs {error.filename} (set CODEGYM_DATA)")
    whole = real[: COUNT // 2]
    programs = whole + real_programs.mutants(real[COUNT // 2 :], COUNT - len(whole), SEED)
    assert len(programs) == COUNT
    warm = [verdict.ok for verdict in judge.map_compile(language, programs)]
    with ThreadPoolExecutor(WORKERS) as threads:
        cold = list(threads.map(lambda program: real_programs.cold_verdict(language, program), programs))
    disagreements = [at for at in range(COUNT) if warm[at] != cold[at]]
    print(f"\n{language}: {COUNT - len(disagreements)} of {COUNT} verdicts agree; {sum(cold)} programs compile")
    for at in disagreements:
        print(f"--- program {at}: warm {warm[at]}, cold {cold[at]}\n{programs[at]}")
    assert not disagreements
    assert 0 < sum(cold) < COUNT
