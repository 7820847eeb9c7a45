"""Java programs of every family compile and print what the oracle prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codegym.problems.procedural import family_names, procedural
from codegym.types import Problem

pytestmark = pytest.mark.needs_javac

# One virtual machine runs every program on every input; a run that throws prints the exception instead.
DRIVER = """
import java.io.*;
import java.nio.file.*;

public class Driver {
    public static void main(String[] args) throws Exception {
        PrintStream console = System.out;
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] fields = line.split(" ");
            System.setIn(new ByteArrayInputStream(Files.readAllBytes(Path.of(fields[1]))));
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            System.setOut(new PrintStream(output, true));
            try {
                Object none = new String[0];
                Class.forName(fields[0]).getMethod("main", String[].class).invoke(null, none);
            } catch (Exception failure) {
                System.out.println("failed: " + failure.getCause());
            }
            Files.write(Path.of(fields[1] + ".out"), output.toByteArray());
        }
        System.setOut(console);
    }
}
"""


def check_batch(problems: list[Problem], folder: Path) -> None:
    sources, runs, expected = [folder / "Driver.java"], [], {}
    sources[0].write_text(DRIVER)
    for number, problem in enumerate(problems):
        match = re.search(r"public class (\w+)", problem.reference)
        assert match is not None
        package = folder / f"p{number}"
        package.mkdir()
        source = package / f"{match[1]}.java"
        source.write_text(f"package p{number};\n{problem.reference}")
        sources.append(source)
        for case, test in enumerate(problem.tests):
            stdin = package / f"{case}.in"
            stdin.write_text(test.stdin)
            runs.append(f"p{number}.{match[1]} {stdin}")
            expected[Path(f"{stdin}.out")] = (problem, test)
    (folder / "runs").write_text("\n".join(runs))
    compiled = subprocess.run(
        ["javac", "-d", str(folder), *map(str, sources)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert compiled.returncode == 0, compiled.stderr[-4000:]
    subprocess.run(["java", "-cp", str(folder), "Driver", str(folder / "runs")], check=True, timeout=300)
    for path, (problem, test) in expected.items():
        assert path.read_text() == test.stdout, f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


def test_java__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    problems = [procedural(("java",), families=[name], seed=11)[0] for name in family_names()]
    check_batch(problems, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_java__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("java",), seed=seed, split="train")
    check_batch([problems[index] for index in range(300)], tmp_path)
