"""CodeBLEU as papers report it: the scores of the PyPI package `codebleu` 0.7.0, number for number.

The measure (arXiv 2009.10297) is the weighted sum of four parts: BLEU over tokens, BLEU in which keywords weigh more,
the share of the reference's sub-trees that the candidate has, and the share of its data-flow items. As a reward it is
easily gamed: both structural parts are recall only, and what is added to a program costs nothing there. For rewards
there are `syntax_match` and `dataflow_match`.

What looks odd below defines the published numbers, and is kept:

- Tokens are what stands between white space, and the weighted n-gram match has no penalty for brevity to speak of.
- A sub-tree is compared by its named nodes, with the fields that they fill; operators and the texts of names and
  literals do not count. One sub-tree of the candidate can match any number of the reference's.
- The data flow of a program is empty when any statement lacks a part that its rule asks for, and a data-flow match of
  0 counts as 1 in the total.
- Columns that the parser counts in bytes are used on lines of characters, so that names after a character beyond ASCII
  are cut in the wrong place.

Two things are not kept. Where several values flow into one variable, the package orders their names by hash, so that
its score can change from run to run. Here they are in alphabetical order, which is one of the orders that it can take.
And programs may be nested as deep as they like: nothing here recurses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from codegym import languages
from codegym.errors import ConfigurationError

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.languages.base import Language

Tokens = Sequence[str]

Corpus = Sequence[tuple[Sequence[Tokens], Tokens]]
"""For each candidate the tokens of its references, and its own."""

ORDERS = (1, 2, 3, 4)
"""Lengths of the n-grams."""

SMOOTHING = 0.1
"""Stands for the number of n-grams of an order of which none is found."""

OTHER_WEIGHT = 0.2
"""Weight of a token that is no keyword; a keyword's is 1."""


@dataclass(frozen=True, slots=True)
class CodebleuScores:
    """The four parts of CodeBLEU and their weighted sum, each in [0, 1].

    Attributes:
        ngram: BLEU over tokens.
        weighted_ngram: BLEU over tokens, as recall, with weights for keywords.
        syntax: Share of the references' sub-trees that the candidate has.
        dataflow: Share of the references' data-flow items that the candidate has; 0 where they have none.
        total: Weighted sum, in which a `dataflow` of 0 counts as 1.
    """

    ngram: float
    weighted_ngram: float
    syntax: float
    dataflow: float
    total: float


def codebleu(
    references: str | Sequence[str],
    candidate: str,
    language: str | Language,
    weights: Sequence[float] = (0.25, 0.25, 0.25, 0.25),
) -> CodebleuScores:
    """Returns the published CodeBLEU scores of one program.

    Args:
        references: The program that it is compared with, or several.
        candidate: The program.
        language: Language of all of them.
        weights: Weights of `ngram`, `weighted_ngram`, `syntax` and `dataflow` in the total.

    Raises:
        UnknownNameError: There is no such language.
        ConfigurationError: There is no reference, or not exactly four weights.
    """
    return corpus_codebleu([references], [candidate], language, weights)


def corpus_codebleu(
    references: Sequence[str | Sequence[str]],
    candidates: Sequence[str],
    language: str | Language,
    weights: Sequence[float] = (0.25, 0.25, 0.25, 0.25),
) -> CodebleuScores:
    """Returns the published CodeBLEU scores of a corpus: of its counts, added up, not the mean of its programs' scores.

    Args:
        references: For each candidate the program that it is compared with, or several.
        candidates: The programs.
        language: Language of all of them.
        weights: Weights of `ngram`, `weighted_ngram`, `syntax` and `dataflow` in the total.

    Raises:
        UnknownNameError: There is no such language.
        ConfigurationError: There is no candidate, a candidate without a reference, or not exactly four weights.
    """
    if len(weights) != 4:
        raise ConfigurationError(f"CodeBLEU has four parts, so it takes four weights; {len(weights)} were given.")
    if isinstance(references, str) or isinstance(candidates, str) or len(references) != len(candidates):
        raise ConfigurationError("A corpus is a list of candidates and a list of as many references, or lists of them.")
    if not candidates or not all(references_of for references_of in map(_several, references)):
        raise ConfigurationError("CodeBLEU needs at least one candidate, and for each candidate a reference.")
    declared = languages.get(language)
    rules = declared.codebleu

    words: list[tuple[Sequence[Tokens], Tokens]] = []
    syntax, dataflow = [], []
    for references_of, candidate in zip(map(_several, references), candidates, strict=True):
        words.append(([reference.split() for reference in references_of], candidate.split()))
        compared = candidate
        for text in references_of:
            reference = _counted(text, declared.name)
            syntax.append(reference.matched_subtrees(compared))
            dataflow.append(reference.matched_dataflow(compared))
            # Comments are taken out once more for every reference; a docstring in several parts goes part by part.
            compared = rules.without_comments(compared.strip())

    parts = (
        _ngram_match(words),
        _weighted_ngram_match(words, rules.keywords),
        Share.of_all(syntax).value,
        Share.of_all(dataflow).value,
    )
    counted = (*parts[:3], parts[3] or 1.0)
    return CodebleuScores(*parts, total=math.fsum(weight * part for weight, part in zip(weights, counted, strict=True)))


@lru_cache(maxsize=512)
def _counted(reference: str, language: str) -> LegacyReference:
    """Returns a reference that many candidates are compared with, as those of several agents and seeds are."""
    return LegacyReference(reference, language)


def legacy_syntax_match(reference: str, candidate: str, language: str | Language) -> float:
    """Returns the share of a reference's sub-trees that a candidate has, as CodeBLEU counts them, in [0, 1].

    Raises:
        UnknownNameError: There is no such language.
    """
    return LegacyReference(reference, language).syntax_match(candidate)


def legacy_dataflow_match(reference: str, candidate: str, language: str | Language) -> float:
    """Returns the share of a reference's data flow that a candidate has, as CodeBLEU counts it, in [0, 1].

    Raises:
        UnknownNameError: There is no such language.
    """
    return LegacyReference(reference, language).dataflow_match(candidate)


def _several(references: str | Sequence[str]) -> Sequence[str]:
    return [references] if isinstance(references, str) else references


# BLEU


def _ngrams(words: Tokens, order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(order)), strict=False))


def _ngram_match(corpus: Corpus) -> float:
    """Returns BLEU: the precision of the candidates' n-grams."""
    matched, total = [0] * len(ORDERS), [0] * len(ORDERS)
    expected = 0
    for references, candidate in corpus:
        for at, order in enumerate(ORDERS):
            counts = _ngrams(candidate, order)
            allowed: Counter[tuple[str, ...]] = Counter()
            for reference in references:
                allowed |= _ngrams(reference, order)
            matched[at] += (counts & allowed).total()
            total[at] += max(1, counts.total())
        expected += min((abs(len(reference) - len(candidate)), len(reference)) for reference in references)[1]
    return _bleu(matched, total, expected, corpus)


def _weighted_ngram_match(corpus: Corpus, keywords: frozenset[str]) -> float:
    """Returns the recall of the references' n-grams, single tokens by weight.

    For brevity the package takes each reference, which it keeps with its weights in a pair, to have two tokens.
    """
    matched, total = [0.0] * len(ORDERS), [0.0] * len(ORDERS)
    for references, candidate in corpus:
        for at, order in enumerate(ORDERS):
            counts = _ngrams(candidate, order)
            for reference in references:
                expected = _ngrams(reference, order)
                matched[at] += _weight(expected & counts, keywords)
                total[at] += max(1.0, _weight(expected, keywords))
    return _bleu(matched, total, 2 * len(corpus), corpus)


def _weight(ngrams: Counter[tuple[str, ...]], keywords: frozenset[str]) -> float:
    weights = (1.0 if len(ngram) > 1 or ngram[0] in keywords else OTHER_WEIGHT for ngram in ngrams)
    return math.fsum(weight * count for weight, count in zip(weights, ngrams.values(), strict=True))


def _bleu(matched: Sequence[float], total: Sequence[float], expected: int, corpus: Corpus) -> float:
    """Returns the geometric mean of the shares of n-grams, less when candidates have fewer tokens than expected."""
    if not matched[0]:
        return 0.0
    logarithms = [math.log((found or SMOOTHING) / of) for found, of in zip(matched, total, strict=True)]
    written = sum(len(candidate) for _, candidate in corpus)
    brevity = min(0.0, 1 - expected / written)
    return math.exp(brevity + math.fsum(logarithms) / len(ORDERS))


# The two parts that need a tree


class Share(NamedTuple):
    """How many of a reference's parts a candidate has."""

    matched: int
    total: int

    @classmethod
    def of_all(cls, shares: Iterable[Share]) -> Share:
        """Returns the share in a corpus."""
        return cls(*(sum(column) for column in zip(*shares, strict=True)))

    @property
    def value(self) -> float:
        """The share as a number; 0 where there was nothing to match."""
        return self.matched / self.total if self.total else 0.0


class LegacyReference:
    """A reference, counted once as CodeBLEU counts it, for any number of candidates.

    Args:
        reference: The program.
        language: Language of the reference and of the candidates.

    Raises:
        UnknownNameError: There is no such language.
    """

    def __init__(self, reference: str, language: str | Language) -> None:
        declared = languages.get(language)
        self._rules = declared.codebleu
        self._language = declared
        self._reference = reference
        self._numbers: dict[Subtree, int] = {}

    def syntax_match(self, candidate: str) -> float:
        """Returns the share of the reference's sub-trees that a candidate has."""
        return self.matched_subtrees(candidate).value

    def dataflow_match(self, candidate: str) -> float:
        """Returns the share of the reference's data-flow items that a candidate has; 0 where it has none."""
        return self.matched_dataflow(candidate).value

    def matched_subtrees(self, candidate: str) -> Share:
        """Returns how many of the reference's sub-trees occur in a candidate; one of its own can match several."""
        reference = self._subtrees
        found = Counter(_subtrees(self._parsed(candidate)[0], lambda subtree: self._numbers.get(subtree, UNKNOWN)))
        return Share(sum(count for number, count in reference.items() if number in found), reference.total())

    def matched_dataflow(self, candidate: str) -> Share:
        """Returns how many of the reference's data-flow items a candidate has."""
        reference = self._dataflow
        found = Counter(_dataflow(*self._parsed(candidate), self._rules))
        return Share((reference & found).total(), reference.total())

    @cached_property
    def _subtrees(self) -> Counter[int]:
        root, _ = self._parsed(self._reference)
        return Counter(_subtrees(root, lambda subtree: self._numbers.setdefault(subtree, len(self._numbers))))

    @cached_property
    def _dataflow(self) -> Counter[Item]:
        return Counter(_dataflow(*self._parsed(self._reference), self._rules))

    def _parsed(self, program: str) -> tuple[Node, str]:
        text = self._rules.without_comments(program.strip())
        # A parser of its own each time: threads may share a reference, and must not share a parser.
        return self._language.parser().parse(text.encode("utf-8", "surrogatepass")).root_node, text


# Syntax

Subtree = tuple[str | int | None, ...]
"""What makes a sub-tree itself: its kind, and then of every named node right below it the field and the number."""

UNKNOWN = -1
"""Number of every sub-tree that the reference does not have."""


PRINTED_LEVELS = 500
"""How many levels a broken tree may have to be compared as it is printed, which takes C's stack and quadratic time."""


def _subtrees(root: Node, number_of: Callable[[Subtree], int]) -> Iterator[int]:
    """Yields the number of the root and of every sub-tree below it that is more than a leaf, children first.

    Two sub-trees have the same number when tree-sitter prints them as the same s-expression.
    """
    # What the parser skipped or made up can be seen in the print alone.
    broken = root.has_error and _levels(root) <= PRINTED_LEVELS
    cursor = root.walk()
    open_nodes: list[tuple[Node, str | None, list[str | int | None]]] = []
    while True:
        node, field, children = cast("Node", cursor.node), cursor.field_name, list[str | int | None]()
        if cursor.goto_first_child():
            open_nodes.append((node, field, children))
            continue
        while True:
            number = number_of((str(node),) if broken and node.has_error else (node.type, *children))
            if node.child_count or not open_nodes:
                yield number
            if not open_nodes:
                return
            siblings = open_nodes[-1][2]
            if node.is_named or node.is_missing:
                siblings += (field, number)
            else:  # An s-expression skips operators and keywords, but not what is below them.
                for own_field, child in zip(children[::2], children[1::2], strict=True):
                    siblings += (own_field or field, child)
            if cursor.goto_next_sibling():
                break
            cursor.goto_parent()
            node, field, children = open_nodes.pop()


def _levels(root: Node) -> int:
    cursor, levels = root.walk(), 1
    while True:
        if cursor.goto_first_child():
            levels = max(levels, cursor.depth + 1)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return levels


# Data flow

Reaching = dict[str, tuple[int, ...]]
"""For each variable the positions of the tokens that define it where the walk has come to."""

Visits = Iterator[tuple["Node | None", Reaching]]
"""What a rule wants visited next, and the definitions that reach it, which the visit brings up to date."""

Rule = Callable[["FlowWalk", "Node", Reaching], Visits]
"""What a kind of statement does to the variables."""

Parts = Callable[["Node"], Sequence["Node | None"]]
"""Returns the parts of a statement; None stands for one that it does not have."""

Item = tuple[str, str, tuple[str, ...]]
"""One data-flow item: a variable, how it gets its value, and the variables that the value comes from."""

WHOLE = frozenset({"string_literal", "string", "character_literal"})
"""Kinds of nodes that are one token, though they have children."""

COMES_FROM, COMPUTED_FROM = "comesFrom", "computedFrom"
"""How a variable gets its value: as it is, or by a computation."""

ROUNDS = 2
"""How often a loop is walked: the second round sees the definitions of the first."""


@dataclass(frozen=True, slots=True)
class CodebleuRules:
    """What CodeBLEU knows about a language.

    Attributes:
        keywords: Tokens that weigh more in the weighted n-gram match.
        without_comments: Returns a program without its comments.
        statements: Kind of node to what it does to the variables; a node of another kind does what its children do.
        ahead: Kinds of nodes that come before their siblings.
    """

    keywords: frozenset[str]
    without_comments: Callable[[str], str]
    statements: Mapping[str, Rule]
    ahead: frozenset[str] = frozenset()


class Token(NamedTuple):
    """A token of a program: its number, and its text."""

    position: int
    text: str


class Edge(NamedTuple):
    """How one variable gets its value, at one place in a program."""

    name: str
    position: int
    relation: str
    sources: tuple[str, ...] = ()
    source_positions: tuple[int, ...] = ()


def _joined(edges: Iterable[Edge], key: Callable[[Edge], Hashable]) -> list[Edge]:
    """Returns one edge for all that have the same key, where the first of them stands; the last one's relation counts.

    Sources that come from several edges are without repetitions and in alphabetical order.
    """
    groups: dict[Hashable, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(key(edge), []).append(edge)
    return [
        group[-1]._replace(
            sources=tuple(sorted({name for edge in group for name in edge.sources})),
            source_positions=tuple(sorted({position for edge in group for position in edge.source_positions})),
        )
        if len(group) > 1
        else group[0]
        for group in groups.values()
    ]


class IncompleteStatementError(Exception):
    """A statement lacks a part that its rule asks for: the walk of the whole program is given up."""


class FlowWalk:
    """A walk through a program that collects the edges of its data flow; rules use it.

    Args:
        root: Root of the program's tree.
        text: The program.
        rules: The rules of its language.
    """

    def __init__(self, root: Node, text: str, rules: CodebleuRules) -> None:
        self.edges: list[Edge] = []
        self._rules = rules
        self._loops: dict[int, list[tuple[Reaching, list[Edge], Reaching]]] = {}
        lines = text.split("\n")
        # Tokens are known by where they are: of several without any text in the same place, the last one counts.
        self._tokens = {
            (leaf.start_byte, leaf.end_byte): Token(position, _text(leaf, lines))
            for position, leaf in enumerate(_leaves(root))
        }
        pending = [self._visit(root, {})]
        while pending:
            visit = next(pending[-1], None)
            if visit is None:
                pending.pop()
            else:
                pending.append(self._visit(*visit))

    def _visit(self, node: Node | None, reaching: Reaching) -> Visits:
        if node is None:
            raise IncompleteStatementError
        if _is_token(node):
            self._read(node, reaching)
            return iter(())
        rule = self._rules.statements.get(node.type)
        if rule:
            return rule(self, node, reaching)
        children = sorted(node.children, key=lambda child: child.type not in self._rules.ahead)
        return ((child, reaching) for child in children)

    def _read(self, leaf: Node, reaching: Reaching) -> None:
        position, text = self._token(leaf)
        if text == leaf.type:
            return
        if text in reaching:
            self.edges.append(Edge(text, position, COMES_FROM, (text,), reaching[text]))
            return
        if leaf.type == "identifier":
            reaching[text] = (position,)
        self.edges.append(Edge(text, position, COMES_FROM))

    def _token(self, leaf: Node) -> Token:
        token = self._tokens.get((leaf.start_byte, leaf.end_byte))
        if token is None:  # a piece of a string, which is one token
            raise IncompleteStatementError
        return token

    def variables(self, node: Node | None) -> list[Token]:
        """Returns the tokens of a node that are more than their kind says: names, and literals too."""
        if node is None:
            raise IncompleteStatementError
        tokens = [(leaf.type, self._token(leaf)) for leaf in _leaves(node)]
        return [token for kind, token in tokens if token.text != kind]

    def declare(self, name: Node | None, reaching: Reaching) -> None:
        """Every variable of the name is new, and has no value yet."""
        for position, text in self.variables(name):
            self.edges.append(Edge(text, position, COMES_FROM))
            reaching[text] = (position,)

    def define(self, name: Node | None, value: Node | None, relation: str, reaching: Reaching) -> None:
        """Every variable of the name gets its value from every variable of the value, one edge each."""
        sources = self.variables(value)
        for position, text in self.variables(name):
            self.edges += (Edge(text, position, relation, (source.text,), (source.position,)) for source in sources)
            reaching[text] = (position,)

    def define_jointly(self, name: Node | None, value: Node | None, reaching: Reaching) -> None:
        """Every variable of the name is computed from all variables of the value, in one edge."""
        sources = self.variables(value)
        texts, positions = tuple(source.text for source in sources), tuple(source.position for source in sources)
        for position, text in self.variables(name):
            self.edges.append(Edge(text, position, COMPUTED_FROM, texts, positions))
            reaching[text] = (position,)

    def loop(self, node: Node, reaching: Reaching, rounds: Visits) -> Visits:
        """A loop: edges of the same variable, place and relation are joined when all its rounds are over.

        What a loop does depends on the definitions that reach it alone, and is remembered: loops within loops would
        otherwise take time that doubles with each level.
        """
        known = self._loops.setdefault(node.id, [])
        for before, edges, after in known:
            if before == reaching:
                self.edges += edges
                reaching |= after
                return
        before, start = dict(reaching), len(self.edges)
        yield from rounds
        self.edges[start:] = _joined(self.edges[start:], key=lambda edge: edge[:3])
        known.append((before, self.edges[start:], dict(reaching)))


def _is_token(node: Node) -> bool:
    return (not node.child_count or node.type in WHOLE) and node.type != "comment"


def _leaves(root: Node) -> Iterator[Node]:
    """Yields the tokens of a tree, in the order of the text."""
    pending = [root]
    while pending:
        node = pending.pop()
        if _is_token(node):
            yield node
        else:
            pending += reversed(node.children)


def _text(leaf: Node, lines: Sequence[str]) -> str:
    """Returns a token's text, by columns that count bytes in lines of characters, and without ends of lines."""
    (first, start), (last, end) = leaf.start_point, leaf.end_point
    if first == last:
        return lines[first][start:end]
    return "".join((lines[first][start:], *lines[first + 1 : last], lines[last][:end]))


def _dataflow(root: Node, text: str, rules: CodebleuRules) -> list[Item]:
    """Returns the data-flow items of a program, in the order of the variables that get values."""
    try:
        edges = sorted(FlowWalk(root, text, rules).edges, key=lambda edge: edge.position)
    except IncompleteStatementError:
        return []
    linked = {position for edge in edges for position in edge.source_positions}
    edges = [edge for edge in edges if edge.source_positions or edge.position in linked]
    return _renamed(_joined(edges, key=lambda edge: edge.position))


def _renamed(edges: Iterable[Edge]) -> list[Item]:
    """Returns edges with their variables numbered in the order in which they come, those of the value first."""
    numbers: dict[str, str] = {}

    def number(name: str) -> str:
        return numbers.setdefault(name, f"var_{len(numbers)}")

    items = []
    for edge in edges:
        sources = tuple(map(number, edge.sources))
        items.append((number(edge.name), edge.relation, sources))
    return items


# What the languages choose from

COMMENTS_AND_STRINGS = re.compile(
    r"""
      (?P<comment> // [^\n]* | /\* [\s\S]*? \*/ )
    | ' [^'\\]* (?: \\ [\s\S] [^'\\]* )* '
    | " [^"\\]* (?: \\ [\s\S] [^"\\]* )* "
    """,
    re.VERBOSE,
)


def without_c_comments(program: str) -> str:
    """Returns a program with a space for every comment as C++ writes them, and without blank lines."""
    return without_blank_lines(COMMENTS_AND_STRINGS.sub(lambda found: " " if found["comment"] else found[0], program))


def without_blank_lines(program: str) -> str:
    """Returns a program without lines of white space alone."""
    return "\n".join(line for line in program.split("\n") if line.strip())


def fields(*names: str) -> Parts:
    """The parts of a statement are fields of its node."""
    return lambda node: [node.child_by_field_name(name) for name in names]


def declaration(parts: Parts) -> Rule:
    """A new variable; its parts are a name and, if it has one, a value."""

    def rule(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
        name, value = parts(node)
        if value is None:
            walk.declare(name, reaching)
        else:
            yield value, reaching
            walk.define(name, value, COMES_FROM, reaching)

    return rule


def assignment(parts: Parts) -> Rule:
    """A new value of a variable; its parts are a name and a value."""

    def rule(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
        name, value = parts(node)
        yield value, reaching
        walk.define(name, value, COMPUTED_FROM, reaching)

    return rule


def increment(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
    """A new value of a variable, computed from its old one."""
    walk.define(node, node, COMPUTED_FROM, reaching)
    return iter(())


def choice(alternatives: frozenset[str], *, rest: bool = True, skippable: bool = False) -> Rule:
    """A statement of which one part or another happens.

    Args:
        alternatives: Kinds of children that happen instead of what comes before them.
        rest: Whether that holds for all that follows the first of them, too.
        skippable: Whether none of it may happen even where there is an `else`.
    """

    def rule(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
        first, ends, instead = dict(reaching), [], False
        for child in node.children:
            instead = child.type in alternatives or (instead and rest)
            end = dict(reaching) if instead else first
            yield child, end
            ends.append(end)
        ends.append(first)
        if skippable or not any("else" in child.type for child in node.children):
            ends.append(dict(reaching))
        joined: dict[str, set[int]] = {}
        for end in ends:
            for name, positions in end.items():
                joined.setdefault(name, set()).update(positions)
        reaching |= {name: tuple(sorted(positions)) for name, positions in joined.items()}

    return rule


def counting_loop(start: str) -> Rule:
    """A loop that starts with a child of this kind: all of it happens, and all but the start happens again."""

    def rule(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
        kinds = [child.type for child in node.children]
        again = node.children[kinds.index(start) + 1 :] if start in kinds else []
        return walk.loop(node, reaching, ((child, reaching) for child in (*node.children, *again)))

    return rule


def loop(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
    """A loop of which everything happens again."""
    return walk.loop(node, reaching, ((child, reaching) for child in node.children * ROUNDS))


def iteration(parts: Parts) -> Rule:
    """A loop over the elements of a value; its parts are the element's name, the value and the body."""

    def rule(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
        name, value, body = parts(node)

        def rounds() -> Visits:
            for _ in range(ROUNDS):
                yield value, reaching
                walk.define(name, value, COMPUTED_FROM, reaching)
                yield body, reaching

        return walk.loop(node, reaching, rounds())

    return rule
