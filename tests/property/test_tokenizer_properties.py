from __future__ import annotations

import pickle

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import decoders, models, pre_tokenizers

from codegym.testing import byte_tokenizer
from codegym.tokens import Tokenizer, load


def sentencepiece() -> Tokenizer:
    """A Unigram vocabulary with byte fallback, in which special and byte pieces are the likeliest."""
    certain = ["<pad>", "</s>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces = ["▁", "▁▁▁▁", "\n", "▁return", "▁=", "def", "self.", "pad", "extra", *map(chr, range(0x21, 0x7F))]
    vocabulary = [(piece, 0.0) for piece in certain] + [(piece, -float(rank + 2)) for rank, piece in enumerate(pieces)]
    backend = tokenizers.Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    backend.add_special_tokens(["<pad>", "</s>"])
    return Tokenizer(backend, "sentencepiece")


VOCABULARIES = {"embedded": load(), "bytes": byte_tokenizer(), "sentencepiece": sentencepiece()}
TRAVELLED = {name: pickle.loads(pickle.dumps(tokenizer)) for name, tokenizer in VOCABULARIES.items()}

every_vocabulary = pytest.mark.parametrize("name", VOCABULARIES)

look_alikes = st.sampled_from(
    ["<pad>", "</s>", "<sep>", "<unk>", "<s>", "<mask>", "<extra_id_0>", "<extra_id_99>", "<0x0A>", "<0xFF>", "Ġ", "Ċ"]
)
layout = st.sampled_from([" ", "    ", "\t", "\n", "\r\n", "\r", "\0", "\x0b", "\x85", "\xa0", "\u2028", "\ufeff"])
code = st.sampled_from(
    ["def f(x):", "return", "self.x = 1", "public static void main", "{", "}", ");", "'é'", "🙂", "//"]
)
# A sentencepiece vocabulary writes a space as U+2581, so it alone cannot tell the two apart.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="▁")
texts = st.lists(look_alikes | layout | code | st.text(characters), max_size=12).map("".join)


@every_vocabulary
@settings(max_examples=150)
@given(texts)
@example("")
@example("</s>")
@example("<pad></s><extra_id_0>\0\r\n")
def test_encode__round_trips_byte_for_byte(name: str, text: str) -> None:
    tokenizer = VOCABULARIES[name]
    ids = tokenizer.encode(text)
    assert b"".join([tokenizer.token_bytes(token) for token in ids]) == text.encode()
    assert tokenizer.decode_bytes(ids) == text.encode()
    assert tokenizer.decode(ids) == text


@every_vocabulary
@settings(max_examples=60)
@given(texts)
def test_encode__takes_every_text_for_text(name: str, text: str) -> None:
    tokenizer = VOCABULARIES[name]
    ids = np.array(tokenizer.encode(text), dtype=np.int64)
    assert ((ids >= 0) & (ids < tokenizer.vocabulary_size)).all()
    assert tokenizer.legal[ids].all()
    assert not np.isin([tokenizer.pad_id, tokenizer.end_id], ids).any()


@every_vocabulary
@settings(max_examples=60)
@given(texts)
def test_encode__says_the_same_again_and_elsewhere(name: str, text: str) -> None:
    ids = VOCABULARIES[name].encode(text)
    assert VOCABULARIES[name].encode(text) == TRAVELLED[name].encode(text) == ids


@every_vocabulary
@settings(max_examples=40)
@given(st.lists(texts, max_size=4))
def test_encode_batch__equals_encode(name: str, batch: list[str]) -> None:
    tokenizer = VOCABULARIES[name]
    assert tokenizer.encode_batch(batch) == [tokenizer.encode(text) for text in batch]


@every_vocabulary
@settings(max_examples=60)
@given(texts, texts)
def test_encode__may_be_cut_anywhere(name: str, first: str, second: str) -> None:
    tokenizer = VOCABULARIES[name]
    assert tokenizer.decode(tokenizer.encode(first) + tokenizer.encode(second)) == first + second


@every_vocabulary
@given(st.text(st.characters(exclude_characters="▁") | st.characters(categories=["Cs"])))
def test_encode__answers_for_lone_surrogates(name: str, text: str) -> None:
    tokenizer = VOCABULARIES[name]
    assert tokenizer.decode_bytes(tokenizer.encode(text)) == text.encode("utf-8", "replace")


@every_vocabulary
@given(st.data())
def test_decode__answers_for_any_tokens(name: str, data: st.DataObject) -> None:
    tokenizer = VOCABULARIES[name]
    token = st.integers(0, tokenizer.vocabulary_size - 1)
    first, second = data.draw(st.lists(token)), data.draw(st.lists(token))
    assert tokenizer.decode_bytes(first + second) == tokenizer.decode_bytes(first) + tokenizer.decode_bytes(second)
    assert tokenizer.decode(first) == tokenizer.decode_bytes(first).decode("utf-8", "replace")
