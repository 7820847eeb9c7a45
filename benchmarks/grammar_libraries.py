"""The mask from the grammar beside llguidance, a library for constrained decoding, with a published grammar of Java.

    pip install llguidance
    pip download --no-deps --no-binary :all: syncode==0.4.16 && tar xzf syncode-0.4.16.tar.gz
    python benchmarks/grammar_libraries.py --lark syncode-0.4.16/syncode/parsers/grammars/java.lark

Real programs that compile, and procedural ones, are written token by token; before each token both are asked for their
mask. A mask without the token is unsound; the program ends there for the library, which cannot go on. Speed and the
share that is masked are compared on the steps before, which both have made. Times are the processor's.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from codegym import problems
from codegym.envs import Completion, DecisionProcess
from codegym.envs.episode import Episode
from codegym.envs.grammar import GrammarGuide
from codegym.errors import CodegymError
from codegym.judge import shared_judge
from codegym.problems.procedural import procedural
from codegym.types import Problem

LANGUAGE = "java"
SETS = ("humaneval_x", "mbxp", "xlcost", "transcoder_gfg")
WAYS = ("codegym", "llguidance")
# llguidance takes `*?` for `*`, so that a text would go on to the last quotation mark: the same without `?`.
WITHOUT_LAZY = {
    r"""/".*?"/""": r"""/"([^"\\\n]|\\.)*"/""",
    r"/\/\*[\s\S]*?\*\//": r"/\/\*([^*]|\*+[^*\/])*\*+\//",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lark", type=Path, required=True, help="grammar of Java in the notation of Lark")
    parser.add_argument("--programs", type=int, default=200, help="real programs")
    parser.add_argument("--procedural", type=int, default=40, help="procedural programs")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/grammar_libraries.json"))
    options = parser.parse_args()
    try:
        import llguidance
    except ImportError:
        print("llguidance is not installed, so there is nothing to compare with: pip install llguidance")
        return
    process = DecisionProcess.open(Completion(), LANGUAGE, reward="1*compilation")
    lark = options.lark.read_text("utf-8")
    for lazy, plain in WITHOUT_LAZY.items():
        lark = lark.replace(lazy, plain)
    library = Library(llguidance, lark, process)
    kinds = {
        "real": real(options.programs),
        "procedural": [procedural((LANGUAGE,), seed=7)[index] for index in range(options.procedural)],
    }
    found: dict[str, Any] = {"llguidance": llguidance.__version__}
    shown = Table("programs", "of", "masks of", "sound", "us a step (median)", "mean", "masked", title="Java")
    for kind, some in kinds.items():
        if not some:
            print(f"No {kind} programs: set CODEGYM_DATA to the folder of the data sets.")
            continue
        found[kind] = compared(process, library, some)
        for way in WAYS:
            row = found[kind][way]
            shown.add_row(
                kind,
                str(len(some)),
                way,
                f"{row['sound']} ({row['sound'] / len(some):.0%})",
                f"{row['median_us']:,.0f}",
                f"{row['mean_us']:,.0f}",
                f"{row['masked']:.1%}",
            )
    Console().print(shown)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


class Library:
    """llguidance with one grammar and the vocabulary of a process.

    Args:
        llguidance: The package.
        lark: The grammar.
        process: Whose vocabulary.
    """

    def __init__(self, llguidance: Any, lark: str, process: DecisionProcess) -> None:
        import llguidance.numpy  # a part that the package does not import by itself

        self._package, self._table = llguidance, process.vocabulary
        self._tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(_Vocabulary(process)))
        self._grammar = llguidance.LLMatcher.grammar_from_lark(lark)
        if complaint := llguidance.LLMatcher.validate_grammar(self._grammar, self._tokenizer):
            raise SystemExit(f"llguidance does not take the grammar: {complaint}")
        self._bits = llguidance.numpy.allocate_token_bitmask(1, self._table.vocabulary_size)
        self._matcher: Any = None

    def start(self) -> None:
        """Begins a program."""
        self._matcher = self._package.LLMatcher(self._tokenizer, self._grammar)

    def mask(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Returns which tokens can follow, (vocabulary_size,)."""
        self._package.numpy.fill_next_token_bitmask(self._matcher, self._bits)
        bits = np.unpackbits(self._bits.view(np.uint8), bitorder="little", count=self._table.vocabulary_size)
        return bits.astype(np.bool_)

    def push(self, token: int) -> None:
        """Goes on by a token."""
        self._matcher.consume_token(token)


class _Vocabulary:
    """What llguidance asks of a tokenizer."""

    def __init__(self, process: DecisionProcess) -> None:
        table = process.vocabulary
        self.eos_token_id, self.bos_token_id = table.end_id, None
        legal = [bool(one) for one in table.legal]
        self.tokens = [table.token_bytes(token) if legal[token] else b"" for token in range(table.vocabulary_size)]
        self.tokens[table.end_id] = b"<end>"
        self.special_token_ids = [token for token in range(table.vocabulary_size) if not self.tokens[token]]
        self.special_token_ids.append(table.end_id)
        self._encode = process.tokenizer.encode

    def __call__(self, text: str) -> list[int]:
        return list(self._encode(text))


def real(count: int) -> list[Problem]:
    """Returns real programs that compile, as many of each data set that is there."""
    some: list[Problem] = []
    for name in SETS:
        try:
            loaded = problems.load(name, language=LANGUAGE, split="test")
            size = min(loaded.size or 0, count)
        except CodegymError:
            continue
        candidates = [loaded[index] for index in range(size)]
        grades = shared_judge().map_compile(LANGUAGE, [one.reference.encode() for one in candidates])
        right = (one for one, grade in zip(candidates, grades, strict=True) if grade.ok)
        some += itertools.islice(right, -(-count // len(SETS)))
    return some[:count]


def compared(process: DecisionProcess, library: Library, programs: Sequence[Problem]) -> dict[str, Any]:
    """Returns how often each mask allows whole programs, what it costs, and how much it masks."""
    guide = GrammarGuide(process.vocabulary)
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    sound = dict.fromkeys(WAYS, 0)
    for problem in programs:
        tokens = [*process.tokenizer.encode(problem.reference), process.tokenizer.end_id]
        assignment = dataclasses.replace(process.task.assign(problem, process.tokenizer), prefix=b"", suffix=b"")
        episode = Episode(assignment, process.vocabulary, process.mix, len(tokens))
        library.start()
        going = dict.fromkeys(WAYS, True)
        for token in tokens:
            both = all(going.values())
            for way, mask_of in (
                ("codegym", lambda episode=episode: guide.mask(episode)),
                ("llguidance", library.mask),
            ):
                if not going[way]:
                    continue
                start = time.process_time_ns()
                mask = mask_of()
                if both:
                    times[way].append((time.process_time_ns() - start) / 1_000)
                    shares[way].append(1 - float(mask.mean()))
                going[way] = bool(mask[token])
            episode.push(token)
            if going["llguidance"]:
                library.push(token)
        for way in WAYS:
            sound[way] += going[way]
    return {
        way: {
            "programs": len(programs),
            "sound": sound[way],
            "steps": len(times[way]),
            "median_us": statistics.median(times[way]),
            "mean_us": statistics.fmean(times[way]),
            "masked": statistics.fmean(shares[way]),
        }
        for way in WAYS
    }


if __name__ == "__main__":
    main()
