from __future__ import annotations

import heapq
import inspect
import itertools
import re
import shlex
import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from codegym import languages
from codegym.structure import MatchMode, StructureReference, StructureTracker, dataflow_match, syntax_match

PYTHON = [
    textwrap.dedent(inspect.getsource(function))
    for function in (inspect.cleandoc, heapq.nsmallest, shlex.split, textwrap.TextWrapper._split_chunks)
]

JAVA = [
    """class Sums {
    private int count = 0;
    int add(int[] values, int limit) {
        int total = 0;
        for (int i = 0; i < values.length; i++) {
            if (values[i] > limit) continue;
            total += values[i];
            this.count = count + 1;
        }
        return total;
    }
}
""",
    """static String join(List<String> parts, String glue) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Writer writer = open(text)) {
        while (!parts.isEmpty()) { writer.write(parts.remove(0)); if (parts.size() > 0) writer.write(glue); }
    } catch (IOException error) { throw new IllegalStateException("cannot join", error); }
    return text.toString();
}
""",
]

LANGUAGES = ["c", "cpp", "csharp", "java", "php", "python"]
PROGRAMS = [("python", program) for program in PYTHON] + [("java", program) for program in JAVA]

programs = st.sampled_from(PROGRAMS)
modes = st.sampled_from(["f1", "recall"])
words = [
    "x",
    "y",
    "def f(a):",
    "return",
    "for",
    "(",
    ")",
    "{",
    "}",
    "=",
    "+=",
    ";",
    "\n",
    "    ",
    "1",
    '"s"',
    "é",
    "if",
]
texts = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(words), max_size=40).map(" ".join), st.binary(max_size=60)
)


def cut(program: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(position % (len(program) + 1) for position in cuts), len(program)]
    return [program[start:end] for start, end in itertools.pairwise(edges)]


def renamed_everywhere(program: str, language: str, pattern: str) -> str:
    """Returns the program with every identifier renamed."""
    text = program.encode()
    pending, identifiers = [languages.get(language).parser().parse(text).root_node], []
    while pending:
        node = pending.pop()
        pending += node.children
        if node.type == "identifier":
            identifiers.append((node.start_byte, node.end_byte))
    for start, end in sorted(identifiers, reverse=True):
        text = text[:start] + (pattern % text[start:end].decode()).encode() + text[end:]
    return text.decode()


@given(programs, texts, modes)
def test_scores__are_between_zero_and_one(program: tuple[str, str], text: str | bytes, mode: MatchMode) -> None:
    language, reference = program
    for one, other in ((reference, text), (text, reference)):
        assert 0.0 <= syntax_match(one, other, language, mode) <= 1.0
        assert 0.0 <= dataflow_match(one, other, language, mode) <= 1.0


@given(st.sampled_from(LANGUAGES), texts, modes)
def test_any_text__matches_itself(language: str, text: str | bytes, mode: MatchMode) -> None:
    inactive = StructureReference(text, language, mode).inactive
    assert syntax_match(text, text, language, mode) == float("syntax" not in inactive)
    assert dataflow_match(text, text, language, mode) == float("dataflow" not in inactive)


@settings(max_examples=40)
@given(programs, st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=8), modes)
def test_splitting__changes_nothing(program: tuple[str, str], end: int, cuts: list[int], mode: MatchMode) -> None:
    language, reference = program
    text = ("é = '€'\n" + reference)[: end % len(reference) + 1].encode()
    tracker = StructureTracker(reference, language, mode)
    for piece in cut(text, cuts):
        tracker.push(piece)
    assert tracker.scores.syntax == syntax_match(reference, text, language, mode)
    assert tracker.scores.dataflow == dataflow_match(reference, text, language, mode)


@settings(max_examples=200)
@given(st.sampled_from(LANGUAGES), texts, st.lists(texts, max_size=12), modes)
def test_any_pieces__score_as_the_whole_where_a_line_ends(
    language: str, reference: str | bytes, pieces: list[str | bytes], mode: MatchMode
) -> None:
    shared = StructureReference(reference, language, mode)
    tracker, text = StructureTracker(shared, language), b""
    for piece in pieces:
        encoded = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
        text += encoded
        scores = tracker.push(piece)
        if b"\n" in encoded:
            assert scores == shared.scores(text)
    assert tracker.push("", exact=True) == shared.scores(text)


@settings(max_examples=30)
@given(programs, st.integers(0, 10_000), texts, texts)
def test_forks__do_not_see_each_other(program: tuple[str, str], end: int, one: str | bytes, other: str | bytes) -> None:
    language, reference = program
    tracker = StructureTracker(reference, language)
    before = tracker.push(reference[: end % len(reference)])
    fork, untouched = tracker.fork(), tracker.fork()
    after = tracker.push(one)
    fork.push(other)
    assert (untouched.scores, tracker.scores) == (before, after)
    assert untouched.push(one) == after


@settings(max_examples=30)
@given(programs, st.sampled_from(["renamed_%s", "%s2", "_%s_"]), modes)
def test_consistent_renaming__changes_nothing(program: tuple[str, str], pattern: str, mode: MatchMode) -> None:
    language, reference = program
    renamed = renamed_everywhere(reference, language, pattern)
    assert renamed != reference
    assert syntax_match(reference, renamed, language, mode) == 1.0
    assert dataflow_match(reference, renamed, language, mode) == 1.0


@settings(max_examples=30)
@given(programs, programs, st.integers(1, 4))
def test_junk__costs_in_f1(program: tuple[str, str], junk: tuple[str, str], times: int) -> None:
    language, reference = program
    spoiled = reference + "\n" + (junk[1] + "\n") * times
    assert syntax_match(reference, spoiled, language) < 1.0
    assert dataflow_match(reference, spoiled, language) < 1.0


@given(st.data())
def test_flipped_operator__costs_in_f1(data: st.DataObject) -> None:
    language, reference = data.draw(st.sampled_from([PROGRAMS[1], *PROGRAMS[4:]]))
    flips = {"<": ">", ">": "<", "+": "-", "is": "==", "+=": "-="}
    code = re.sub(r"#.*", "", reference[reference.rfind('"""') + 3 :])
    places = [operator.span() for operator in re.finditer(r"(?<= )(<|>|\+|is|\+=)(?= )", code)]
    start, end = data.draw(st.sampled_from(places))
    flipped = code[:start] + flips[code[start:end]] + code[end:]
    assert syntax_match(code, code, language) == 1.0
    assert syntax_match(code, flipped, language) < 1.0
