"""Twenty thousand programs of all languages, while workers are killed at random: every verdict right, nothing left."""

from __future__ import annotations

import gc
import os
import random
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codegym import languages
from codegym.errors import ToolchainMissingError
from codegym.judge import Judge
from codegym.types import TestCase

PROGRAMS = int(os.environ.get("CODEGYM_SOAK", "20000"))
KILL_EVERY = 0.5
"""Seconds between two killings."""

ECHO = {
    "python": "# {n}\nprint(int(input()) + {n})\n",
    "java": "public class Main {{ public static void main(String[] a) {{"
    " System.out.println(new java.util.Scanner(System.in).nextInt() + {n}); }} }}",
    "c": '#include <stdio.h>\nint main(void) {{ int x; scanf("%d", &x); printf("%d\\n", x + {n}); return 0; }}\n',
    "cpp": "#include <iostream>\nint main() {{ int x; std::cin >> x; std::cout << x + {n} << '\\n'; }}\n",
    "csharp": "class P {{ static void Main() {{"
    " System.Console.WriteLine(int.Parse(System.Console.ReadLine()) + {n}); }} }}",
    "php": "<?php\necho (int)fgets(STDIN) + {n}, PHP_EOL;\n",
}
SHARE = {"python": 8, "java": 4, "c": 4, "cpp": 2, "csharp": 1, "php": 4}
"""How many of each language there are: those that take longer are fewer."""


def installed(language: str) -> bool:
    try:
        languages.get(language).toolchain.compile_worker()
    except ToolchainMissingError:
        return False
    return True


@pytest.mark.slow
def test_soak__every_verdict_is_right_and_nothing_is_left() -> None:
    known = [language for language in sorted(ECHO) if installed(language)]
    random_numbers = random.Random(0)
    work = [
        (random_numbers.choices(known, [SHARE[language] for language in known])[0], number)
        for number in range(PROGRAMS)
    ]
    files = names_in(tempfile.gettempdir())
    descriptors = len(names_in("/proc/self/fd"))
    killed = 0
    memory = []
    with Judge(workers=2, retries=30) as judge, ThreadPoolExecutor(4) as threads:
        done = threading.Event()

        def kill() -> None:
            nonlocal killed
            chance = random.Random(1)
            while not done.wait(KILL_EVERY):
                if pids := judge.worker_pids():
                    try:
                        os.kill(chance.choice(pids), signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    killed += 1

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            for start in range(0, PROGRAMS, 1_000):
                batch = work[start : start + 1_000]
                wrong = [item for item in threads.map(lambda item: verdict(judge, *item), batch) if item]
                assert not wrong
                memory.append(resident_megabytes())
        finally:
            done.set()
            killer.join()
        pids = judge.worker_pids()
    print(f"{PROGRAMS} programs in {', '.join(known)}; {killed} workers killed; resident MB: {memory}")
    assert killed > 0
    time.sleep(1.0)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    gc.collect()
    assert len(names_in("/proc/self/fd")) <= descriptors
    assert names_in(tempfile.gettempdir()) == files
    assert memory[-1] - memory[min(1, len(memory) - 1)] < 64


def verdict(judge: Judge, language: str, number: int) -> tuple[str, int] | None:
    """Asks about one program, and returns it where the answer is wrong."""
    program = ECHO[language].format(n=number)
    match number % 4:
        case 0:
            right = judge.compile(language, program).ok
        case 1:
            right = not judge.compile(language, f"{program})").ok
        case 2:
            right = judge.grade(language, program, [TestCase("1\n", f"{number + 1}\n")]).status == "passed"
        case _:
            tests = [TestCase("1\n", f"{number + 1}"), TestCase("2\n", "wrong")]
            right = judge.grade(language, program, tests).outcomes == ("passed", "wrong_answer")
    return None if right else (language, number)


def resident_megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def names_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())
