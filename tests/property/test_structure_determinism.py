"""The scores of a program follow from its text alone: not from hash seeds, processes, or how the text comes in."""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegym.structure import MatchMode, StructureReference, StructureTracker

ROOT = Path(__file__).parents[2]

PROGRAMS = {
    "c": """#include <stdio.h>
#define LIMIT 10
static int größe = 0;
int count(const char *text, int step) {
    int total = 0, odd = 0, other = step;
    for (int i = 0; text[i] && i < LIMIT; i += step) {
        if (text[i] == 'a') { total++; other = odd; } else if (i % 2) odd += other; else continue;
        größe = total + odd * other;
    }
    switch (odd) { case 0: total = other; case 1: total--; break; default: odd = total; }
    printf("€ %d %d 😀\\n", total, odd); // é
    return total > odd ? größe : other;
}
""",
    "cpp": """#include <map>
template <typename T> struct Box { T value; T take(T größe) { T old = value; value = größe; return old; } };
std::map<int, int> count(const std::vector<int> &values, int step) {
    std::map<int, int> counts;
    auto add = [&counts, step](int key) { counts[key] += step; return key; };
    try {
        for (const auto &value : values) { int key = add(value); if (key > step) counts["€😀"] = key; }
    } catch (const std::exception &error) { step = 0; throw; } // é
    return counts;
}
""",
    "csharp": """using System;
class Größe {
    private int total = 0; public int Limit { get; set; } = 10;
    int Count(string text, int step, out int odd) {
        int other = step; odd = 0;
        foreach (var letter in text) {
            if (letter == 'é') { total++; other = odd; } else if (total % 2 == 0) odd += other; else continue;
            Func<int, int> add = x => x + other * step;
            this.total = add(odd) + Limit;
        }
        try { Console.WriteLine($"€ {total} 😀 {odd}"); } catch (Exception error) when (odd > 0) { throw error; }
        return total > odd ? step : other; /* é */
    }
}
""",
    "java": """class Größe {
    private int total = 0; static final int LIMIT = 10;
    int count(String text, int step) {
        int odd = 0, other = step;
        for (char letter : text.toCharArray()) {
            if (letter == 'é') { total++; other = odd; } else if (total % 2 == 0) odd += other; else continue;
            Function<Integer, Integer> add = x -> x + other * step;
            this.total = add.apply(odd) + LIMIT;
        }
        try (Writer out = open("€😀")) { out.write(total); } catch (IOException error) { odd = 1; }
        finally { other = odd; }
        return total > odd ? step : other; // é
    }
}
""",
    "php": """<?php
class Größe { private $total = 0; const LIMIT = 10;
    function count(string $text, &$odd, $step = 1) {
        $other = $step; [$first, $last] = [$text, 'é'];
        foreach (str_split($text) as $place => $letter) {
            if ($letter == 'a') { $this->total++; $other = $odd; } elseif ($place % 2) $odd .= $other; else continue;
            $add = fn($x) => $x + $other * $step;
            $this->total = $add($odd) + self::LIMIT;
        }
        try { echo "€ {$this->total} 😀 $odd\\n"; } catch (A | B $error) { $odd = $error; } finally { $first = $odd; }
        return $this->total > $odd ? $first : $last; // é
    }
}
""",
    "python": """import os, sys as système
class Größe:
    limit = 10
    def count(self, text, *rest, step=1, **options):
        total, odd, other = 0, [], step
        for place, letter in enumerate(text):
            if letter == "é" and (found := place) > 0:
                total += found; other = odd
            elif place % 2: odd = [x for x in rest if x in options]
            else: continue
            self.total = (lambda x, y=other: x + y * step)(total)
        try:
            print(f"€ {total} 😀 {odd}", os.sep)
        except (OSError, KeyError) as error:
            return error
        finally: total = other
        return système if total > len(odd) else other  # é
""",
}

LANGUAGES = list(PROGRAMS)


def broken(program: str) -> str:
    """Returns the program with a part that does not parse, and without its end."""
    middle = len(program) // 2
    return program[:middle] + " )) é { = = € ' " + program[middle:-30]


def texts(language: str) -> list[bytes]:
    """Returns a right program, a broken one, one with halves of characters, and one of another language."""
    program = PROGRAMS[language]
    other = PROGRAMS[LANGUAGES[LANGUAGES.index(language) - 1]]
    halves = program.encode().replace("é".encode(), b"\xc3").replace("€".encode(), b"\xe2\x82")
    return [program.encode(), broken(program).encode(), halves, other.encode()]


def digest(window: int = 8) -> str:
    """Returns a hash of all scores: after single tokens in mode `"f1"`, at the end in all modes.

    Args:
        window: How many tokens of each program come one by one, in another part of each; the others come at once.
    """
    written = hashlib.sha256()
    modes: tuple[MatchMode, ...] = ("f1", "recall", "codebleu")
    for language, program in PROGRAMS.items():
        references = {mode: StructureReference(program, language, mode) for mode in modes}
        for number, text in enumerate(texts(language)):
            tokens = re.findall(rb"\s*(?:\w+|[^\w\s])", text)
            start = max(0, (len(tokens) - window) * number // 3)
            end = start + window
            tracker = StructureTracker(references["f1"], language)
            for piece in [b"".join(tokens[:start]), *tokens[start:end], b"".join(tokens[end:])]:
                written.update(repr(tracker.push(piece)).encode())
            for mode in modes:
                written.update(repr(references[mode].scores(text)).encode())
    return written.hexdigest()


WINDOWS = [8, pytest.param(10_000, marks=pytest.mark.slow)]

SEEDS = ("0", "1", "2", "3", "42", "1000", "123456789", "4294967295")


@pytest.mark.parametrize("window", WINDOWS)
def test_scores__are_the_same_under_any_hash_seed(window: int) -> None:
    folders = os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))
    digests = {
        subprocess.run(
            [sys.executable, "-c", f"from {__name__} import digest; print(digest({window}))"],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": folders},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in (SEEDS if window > 8 else SEEDS[::3])
    }
    assert digests == {digest(window)}


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_scores__are_the_same_in_another_process(method: Literal["spawn", "fork"]) -> None:
    here = digest()
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as process:
        assert process.submit(digest).result(timeout=120) == here


def pieces_of(text: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def assert_scored_as_from_scratch(reference: StructureReference, language: str, pieces: list[bytes]) -> None:
    tracker, text = StructureTracker(reference, language), b""
    for piece in pieces:
        text += piece
        scores = tracker.push(piece)
        if b"\n" in piece:
            assert scores == reference.scores(text)
    assert tracker.push(b"", exact=True) == reference.scores(text)
    assert tracker.scores == reference.scores(text)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=8)
@given(st.integers(0, 3), st.lists(st.integers(0, 10_000), max_size=40), st.sampled_from(["f1", "recall"]))
def test_random_pieces__score_as_the_whole(language: str, which: int, cuts: list[int], mode: MatchMode) -> None:
    text = texts(language)[which]
    reference = StructureReference(PROGRAMS[language], language, mode)
    assert_scored_as_from_scratch(reference, language, pieces_of(text, cuts))


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=8)
@given(st.integers(0, 3), st.lists(st.integers(0, 10_000), max_size=40))
def test_last_piece__makes_up_for_any_pieces_before(language: str, which: int, cuts: list[int]) -> None:
    *pieces, end = pieces_of(texts(language)[which], cuts)
    reference = StructureReference(PROGRAMS[language], language)
    tracker = StructureTracker(reference, language)
    for piece in pieces:
        tracker.push(piece)
    assert tracker.push(end, exact=True) == reference.scores(b"".join([*pieces, end]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pieces_of_one_byte__score_as_the_whole(language: str) -> None:
    reference = StructureReference(PROGRAMS[language], language)
    for text in texts(language)[1:3] if language == "python" else texts(language)[1:2]:
        assert_scored_as_from_scratch(reference, language, [bytes([byte]) for byte in text])


@pytest.mark.parametrize("language", LANGUAGES)
def test_characters_cut_in_half__score_as_the_whole(language: str) -> None:
    """Every cut through a character, one at a time."""
    text = broken(PROGRAMS[language]).encode()
    reference = StructureReference(PROGRAMS[language], language)
    whole = reference.scores(text)
    for cut in [place for place, byte in enumerate(text) if byte & 0xC0 == 0x80]:
        tracker = StructureTracker(reference, language)
        tracker.push(text[:cut])
        assert tracker.push(text[cut:], exact=True) == whole


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_many_random_pieces__score_as_the_whole(language: str) -> None:
    source = random.Random(7)
    for mode in ("f1", "recall"):
        reference = StructureReference(PROGRAMS[language], language, mode)
        for _ in range(150):
            text = source.choice(texts(language))
            start, end = sorted(source.choices(range(len(text) + 1), k=2))
            damaged = text[:start] + text[end:] if source.random() < 0.5 else text
            cuts = source.choices(range(len(damaged) + 1), k=source.randrange(60))
            assert_scored_as_from_scratch(reference, language, pieces_of(damaged, cuts))
