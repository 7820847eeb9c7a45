from __future__ import annotations

import copy
import hashlib
import heapq
import inspect
import json
import pickle
import shlex
import textwrap
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.testing import byte_tokenizer
from codegym.tokens import EMBEDDED, Tokenizer, load

EMBEDDED_JSON = resources.files("codegym.tokens").joinpath("codegym.json").read_text("utf-8")

STDLIB = [
    inspect.getsource(function)
    for module in (heapq, shlex, textwrap, zipfile, pickle, inspect)
    for _, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
]

LOOK_ALIKES = ["<pad>", "</s>", "<sep>", "<extra_id_0>", "<extra_id_12>", "<unk>", "<s>", "<mask>", "<0x41>", "<0x0A>"]

# U+2581 is the one character that a sentencepiece vocabulary cannot tell from another: it is how it writes a space.
ODD = [
    "",
    " ",
    "   x",
    "x   ",
    "\n\n\n",
    "\t\tif x:\r\n\t\t\treturn\r\n",
    "\r",
    "a\0b",
    "\x7f\x1b[0m\x85\xa0\xad",
    "s = 'é' + 'e\u0301' + 'ﬁ' + 'Å'",
    "\ufeffimport os",
    "𝒳 = '🙂‍↔️'  # 漢字\u2028\u2029\ufffe\uffff\U0010ffff",
    "ĠĊ Ġ",
    *LOOK_ALIKES,
    *(f"x = '{text}'  # {text}{text}\n" for text in LOOK_ALIKES),
]


def edited(path: Path, **changes: Any) -> Path:
    """Writes the embedded tokenizer with some parts replaced."""
    path.write_text(json.dumps(json.loads(EMBEDDED_JSON) | changes), "utf-8")
    return path


def byte_level(**model: Any) -> tokenizers.Tokenizer:
    """A vocabulary of 256 bytes, and "</s>" as one more piece of it."""
    vocabulary = {character: index for index, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = tokenizers.Tokenizer(models.BPE(vocab=vocabulary | {"</s>": 256}, merges=[], **model))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return backend


def unigram(byte_fallback: bool = True, characters: str = "".join(map(chr, range(0x21, 0x7F)))) -> tokenizers.Tokenizer:
    """A vocabulary in the manner of T5: special and byte pieces are the likeliest, a text begins with a space."""
    pieces = ["▁return", "▁x", "▁", "▁▁", "\n", "\t", *characters]
    vocabulary = [(piece, 0.0) for piece in ("<pad>", "</s>", "<unk>")]
    vocabulary += [(f"<0x{byte:02X}>", 0.0) for byte in range(256)] if byte_fallback else []
    vocabulary += [(piece, -5.0 - index / 8) for index, piece in enumerate(pieces)]
    backend = tokenizers.Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=byte_fallback))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    backend.add_special_tokens(["<pad>", "</s>"])
    return backend


def llama() -> tokenizers.Tokenizer:
    """A vocabulary in the manner of Llama: BPE of characters with byte fallback."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "r", "e", "re", "▁re", "x"]
    backend = tokenizers.Tokenizer(
        models.BPE(
            vocab={piece: index for index, piece in enumerate(pieces)},
            merges=[("r", "e"), ("▁", "re")],
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    backend.add_special_tokens(["<unk>", "<s>", "</s>"])
    return backend


VOCABULARIES: dict[str, Callable[[], Tokenizer]] = {
    "embedded": load,
    "bytes": byte_tokenizer,
    "unigram": lambda: Tokenizer(unigram(), "unigram"),
    "llama": lambda: Tokenizer(llama(), "llama"),
}


@pytest.fixture(params=VOCABULARIES, scope="module")
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return VOCABULARIES[request.param]()


# Every vocabulary


@pytest.mark.parametrize("text", ODD)
def test_encode__round_trips_odd_texts(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert all(0 <= token < tokenizer.vocabulary_size for token in ids)
    assert tokenizer.decode_bytes(ids) == b"".join(map(tokenizer.token_bytes, ids)) == text.encode()
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_encode__takes_look_alikes_of_special_tokens_for_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(f"print({text!r})")
    assert tokenizer.legal[ids].all()
    assert tokenizer.end_id not in ids


def test_encode__round_trips_whole_functions(tokenizer: Tokenizer) -> None:
    assert len(STDLIB) > 100
    for source in STDLIB:
        assert tokenizer.decode(tokenizer.encode(source)) == source


def test_encode__a_lone_surrogate_counts_as_a_question_mark(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("'\ud800é'") == tokenizer.encode("'?é'")
    assert tokenizer.encode_batch(["'\ud800é'"]) == [tokenizer.encode("'?é'")]


def test_encode_batch__equals_encode(tokenizer: Tokenizer) -> None:
    texts = [*ODD, *STDLIB[:20]]
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]
    assert tokenizer.encode_batch(tuple(texts[:2])) == tokenizer.encode_batch(texts)[:2]
    assert tokenizer.encode_batch([]) == []


def test_legal__is_the_end_token_and_every_token_that_writes(tokenizer: Tokenizer) -> None:
    assert (tokenizer.legal.shape, tokenizer.legal.dtype) == ((tokenizer.vocabulary_size,), np.bool_)
    assert tokenizer.legal[tokenizer.end_id]
    assert tokenizer.token_bytes(tokenizer.end_id) == b""
    for token in range(tokenizer.vocabulary_size):
        assert tokenizer.legal[token] == (token == tokenizer.end_id or tokenizer.token_bytes(token) != b"")


def test_legal__cannot_be_written_to(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tokenizer.legal[0] = True


def test_legal_tokens__write_any_byte(tokenizer: Tokenizer) -> None:
    writable = {tokenizer.token_bytes(int(token)) for token in np.flatnonzero(tokenizer.legal)}
    assert writable >= {bytes([byte]) for byte in range(256)}


@pytest.mark.parametrize("travel", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy])
def test_tokenizer__is_the_same_after_travelling(
    tokenizer: Tokenizer, travel: Callable[[Tokenizer], Tokenizer]
) -> None:
    arrived = travel(tokenizer)
    assert_equal(arrived, tokenizer)
    assert repr(arrived) == repr(tokenizer)
    assert not arrived.legal.flags.writeable


def test_save__writes_what_load_reads(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "é" / "tokenizer.json"
    path.parent.mkdir()
    tokenizer.save(path)
    for place in (path, str(path), path.parent, str(path.parent)):
        loaded = load(place)
        assert_equal(loaded, tokenizer)
        assert loaded.name == str(place)
    load(path).save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_save__needs_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        load().save(tmp_path / "missing" / "tokenizer.json")


def assert_equal(one: Tokenizer, other: Tokenizer) -> None:
    assert (one.vocabulary_size, one.pad_id, one.end_id) == (other.vocabulary_size, other.pad_id, other.end_id)
    np.testing.assert_array_equal(one.legal, other.legal)
    tokens = range(one.vocabulary_size)
    assert [one.token_bytes(token) for token in tokens] == [other.token_bytes(token) for token in tokens]
    texts = [*ODD, *STDLIB[:20]]
    assert one.encode_batch(texts) == other.encode_batch(texts)


# The embedded vocabulary


def test_embedded__has_the_documented_tokens() -> None:
    tokenizer = load()
    assert (tokenizer.name, tokenizer.vocabulary_size, tokenizer.pad_id, tokenizer.end_id) == (EMBEDDED, 4096, 0, 1)
    assert repr(tokenizer) == "Tokenizer('codegym', vocabulary_size=4096)"
    assert np.flatnonzero(~tokenizer.legal).tolist() == [0, *range(2, 16)]
    written = [tokenizer.token_bytes(token) for token in range(16, 4096)]
    assert len(set(written)) == 4080


def test_embedded__never_changes() -> None:
    # Checkpoints are made for these ids: another vocabulary needs another name.
    assert (
        hashlib.sha256(EMBEDDED_JSON.encode()).hexdigest()
        == "855f1aab84084dbab99de452f57b1cd62b41389a70aa7e717191349d283bf26f"
    )
    assert load().encode("def f(x):\n    return x + 1\n") == [370, 299, 23, 103, 367, 277, 345, 401, 355, 327, 214]


def test_frame__is_what_transformers_puts_around_a_text() -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer.from_str(EMBEDDED_JSON))
    ours = load()
    before, after = ours.frame
    for text in ("x", "", STDLIB[0]):
        assert [*before, *ours.encode(text), *after] == theirs(text).input_ids
    assert (before, after) == ((), (ours.end_id,))


@pytest.mark.parametrize(
    ("roles", "frame"),
    [
        ({}, ((), ())),
        ({"cls_token": "<sep>", "sep_token": {"content": "</s>"}}, ((2,), (1,))),
        ({"cls_token": "<s>", "sep_token": "</s>"}, ((), ())),  # there is no <s>
    ],
)
def test_frame__of_vocabulary_and_merges_follows_the_roles(
    roles: dict[str, Any], frame: tuple[tuple[int, ...], tuple[int, ...]], tmp_path: Path
) -> None:
    tokenizers.Tokenizer.from_str(EMBEDDED_JSON).model.save(str(tmp_path))
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(roles), "utf-8")
    loaded = load(tmp_path)
    assert loaded.frame == frame
    loaded.save(tmp_path / "tokenizer.json")
    assert load(tmp_path).frame == frame


def test_frame__may_stand_in_front() -> None:
    template = processors.TemplateProcessing("<sep> $A", "<sep> $A $B", [("<sep>", 2)])
    tokenizer = tokenizers.Tokenizer.from_str(EMBEDDED_JSON)
    tokenizer.post_processor = template
    assert Tokenizer(tokenizer, "llama's").frame == ((2,), ())


def test_embedded__writes_at_least_2_8_bytes_a_token() -> None:
    programs = [source for source in STDLIB if len(source) > 200]
    tokens = sum(map(len, load().encode_batch(programs)))
    assert sum(len(source.encode()) for source in programs) / tokens >= 2.8


def test_decode__replaces_characters_that_are_cut_in_half() -> None:
    tokenizer = load()
    ids = tokenizer.encode("🙂")
    assert len(ids) > 1
    assert tokenizer.decode(ids[:-1]) == "\ufffd"
    assert tokenizer.decode_bytes(ids[:-1]) == "🙂".encode()[: len(tokenizer.decode_bytes(ids[:-1]))]


def test_decode__skips_special_tokens() -> None:
    tokenizer = load()
    x, y = tokenizer.encode("x"), tokenizer.encode("y")
    special = list(range(16))
    assert tokenizer.decode([*special, *x, *special, *y]) == "xy"
    assert tokenizer.decode([]) == ""


# load()


def test_load__is_the_embedded_tokenizer_by_default() -> None:
    assert load() is load(EMBEDDED) is load("codegym")


def test_load__gives_a_tokenizer_back() -> None:
    tokenizer = byte_tokenizer()
    assert load(tokenizer) is tokenizer


def test_load__twice_from_a_file_is_the_same(tmp_path: Path) -> None:
    path = edited(tmp_path / "tokenizer.json")
    assert_equal(load(path), load(path))
    assert_equal(load(path), load())


def test_load__expands_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    edited(tmp_path / "mine.json")
    assert_equal(load("~/mine.json"), load())


def test_load__reads_vocabulary_and_merges(tmp_path: Path) -> None:
    model = json.loads(EMBEDDED_JSON)["model"]
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]), "utf-8")
    merges = "".join(f"{left} {right}\n" for left, right in model["merges"])
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + merges, "utf-8")
    loaded = load(tmp_path)
    assert (loaded.vocabulary_size, loaded.pad_id, loaded.end_id) == (4096, 0, 1)
    assert loaded.encode_batch(STDLIB) == load().encode_batch(STDLIB)
    # Nothing in such a folder says that these are special; that they are in the vocabulary makes them text.
    assert loaded.token_bytes(2) == b"<sep>"

    special = {"additional_special_tokens": ["<sep>", *({"content": f"<extra_id_{index}>"} for index in range(13))]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(special), "utf-8")
    assert_equal(load(tmp_path), load())


def test_load__follows_the_ids_of_added_tokens(tmp_path: Path) -> None:
    byte_level().model.save(str(tmp_path))
    (tmp_path / "special_tokens_map.json").write_text('{"additional_special_tokens": ["<mark>"], "eos_token": "</s>"}')
    added = {"<mark>": 258, "    ": 257, "<word>": 259}
    (tmp_path / "added_tokens.json").write_text(json.dumps(added))
    loaded = load(tmp_path)
    assert loaded.vocabulary_size == 260
    assert [loaded.token_bytes(token) for token in (256, 257, 258, 259)] == [b"", b"    ", b"", b"<word>"]
    assert loaded.encode("    <word><mark>")[:2] == [257, 259]
    assert loaded.decode(loaded.encode("    <word><mark>")) == "    <word><mark>"

    path = tmp_path / "added_tokens.json"
    path.write_text(json.dumps(added | {"<word>": 300}))
    with pytest.raises(DataError, match=r"added_tokens\.json gives '<word>' the id 300; with vocab\.json it is 259"):
        load(tmp_path)


@pytest.mark.parametrize("token", ["<sep>", {"content": "<sep>", "lstrip": True}])
def test_load__takes_the_end_token_that_a_folder_names(tmp_path: Path, token: object) -> None:
    edited(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": token, "pad_token": token}))
    loaded = load(tmp_path)
    assert loaded.end_id == loaded.pad_id == 2
    assert loaded.legal[2]
    assert not loaded.legal[:2].any()


def test_load__asks_the_hub_for_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(tmp_path / "tokenizer.json")
    asked = []

    def download(name: str, **_: object) -> str:
        asked.append(name)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    loaded = load("someone/some-model")
    assert (asked, loaded.name) == (["someone/some-model"], "someone/some-model")
    assert_equal(loaded, load())


@pytest.mark.parametrize(
    ("name", "nearest"), [("codegm", True), ("CodeGym", True), ("./missing/tokenizer.json", False)]
)
def test_load__names_what_exists_and_the_nearest(name: str, nearest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(UnknownNameError, match=f"no tokenizer named '{name}'") as caught:
        load(name)
    assert "Known: codegym. A path is accepted too" in str(caught.value)
    assert ("Did you mean 'codegym'?" in str(caught.value)) == nearest
    assert caught.value.known == (EMBEDDED,)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"\xff\xfe\x00", EMBEDDED_JSON[:-200].encode()],
    ids=["empty", "open", "list", "object", "binary", "cut"],
)
def test_load__names_the_file_that_is_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    for place in (path, tmp_path):
        with pytest.raises(DataError, match=r"not a tokenizer\.json of Hugging Face's tokenizers") as caught:
            load(place)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("file", ["tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_load__names_the_configuration_that_is_broken(tmp_path: Path, file: str, content: bytes) -> None:
    edited(tmp_path / "tokenizer.json")
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert str(tmp_path / file) in str(caught.value)


def test_load__names_the_vocabulary_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("{")
    with pytest.raises(DataError, match=r"neither a tokenizer\.json nor a \*vocab\.json with a \*merges\.txt"):
        load(tmp_path)
    (tmp_path / "merges.txt").write_text("a b\n")
    with pytest.raises(DataError, match="not a byte-level BPE") as caught:
        load(tmp_path)
    assert str(tmp_path / "vocab.json") in str(caught.value)


@pytest.mark.parametrize(
    ("decoder", "kind"),
    [
        (None, "none"),
        ({"type": "WordPiece", "prefix": "##", "cleanup": True}, "WordPiece"),
        ({"type": "BPEDecoder", "suffix": "</w>"}, "BPEDecoder"),
        (
            {"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "BPEDecoder", "suffix": ""}]},
            "Fuse, BPEDecoder",
        ),
    ],
)
def test_load__refuses_tokens_without_fixed_bytes(tmp_path: Path, decoder: object, kind: str) -> None:
    path = edited(tmp_path / "tokenizer.json", decoder=decoder)
    with pytest.raises(ConfigurationError, match=f"decoder of kind {kind}; its tokens do not stand for fixed bytes"):
        load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"normalizer": {"type": "Lowercase"}},
        {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<pad>": 0, "</s>": 1, "x": 2, "<unk>": 3}}},
    ],
    ids=["lower case", "strip", "whitespace", "words"],
)
def test_load__refuses_a_vocabulary_that_loses_text(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = edited(tmp_path / "tokenizer.json", **changes)
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json' does not give programs back as they are"):
        load(path)


def test_load__refuses_a_vocabulary_without_an_end_token(tmp_path: Path) -> None:
    model = json.loads(EMBEDDED_JSON)["model"] | {"vocab": {}, "merges": []}
    path = edited(tmp_path / "tokenizer.json", added_tokens=[], model=model)
    with pytest.raises(ConfigurationError, match="no end-of-sequence token; looked for </s>, "):
        load(path)
    (tmp_path / "tokenizer_config.json").write_text('{"eos_token": "<stop>"}')
    with pytest.raises(ConfigurationError, match="no end-of-sequence token; looked for <stop>"):
        load(tmp_path)


# Vocabularies that would add to a text, or change it


def test_byte_level__puts_no_space_before_a_text() -> None:
    backend = byte_level()
    backend.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.ByteLevel()])
    tokenizer = Tokenizer(backend, "prefixed")
    assert tokenizer.decode(tokenizer.encode("x")) == "x"


@pytest.mark.parametrize("form", ["nfc", "nfd", "nfkc", "nfkd"])
def test_byte_level__normalises_nothing(form: str) -> None:
    backend = byte_level()
    backend.normalizer = normalizers.Sequence([normalizers.unicode_normalizer_from_str(form)])
    tokenizer = Tokenizer(backend, form)
    for text in ("é", "e\u0301", "ﬁ", "Å"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_byte_level__ignores_padding_and_truncation() -> None:
    backend = byte_level()
    backend.enable_padding(length=8)
    backend.enable_truncation(2)
    tokenizer = Tokenizer(backend, "padded")
    assert [len(ids) for ids in tokenizer.encode_batch(["", "abc"])] == [0, 3]


@pytest.mark.parametrize("added", [False, True])
def test_end_token__is_special_even_if_the_file_does_not_say_so(added: bool) -> None:
    backend = byte_level()
    if added:
        backend.add_tokens(["</s>"])
    tokenizer = Tokenizer(backend, "unmarked")
    assert (tokenizer.end_id, tokenizer.pad_id, tokenizer.vocabulary_size) == (256, 256, 257)
    assert tokenizer.token_bytes(256) == b""
    assert 256 not in tokenizer.encode("</s>")
    assert tokenizer.legal.all()


def test_added_tokens__keep_the_spaces_around_them() -> None:
    backend = byte_level()
    backend.add_tokens([tokenizers.AddedToken("return", lstrip=True, rstrip=True)])
    tokenizer = Tokenizer(backend, "added")
    ids = tokenizer.encode("  return  x")
    assert (257 in ids, tokenizer.decode(ids)) == (True, "  return  x")


def test_unknown_token__writes_nothing_and_is_not_legal() -> None:
    tokenizer = Tokenizer(unigram(), "unigram")
    assert (tokenizer.token_bytes(2), tokenizer.legal[2]) == (b"", False)


def test_sentencepiece__writes_spaces_and_bytes() -> None:
    for backend, text, pieces in (
        (unigram(), " return x\n\né", [b" return", b" x", b"\n", b"\n", b"\xc3", b"\xa9"]),
        (llama(), "re rex\n", [b"re", b" re", b"x", b"\n"]),
    ):
        tokenizer = Tokenizer(backend, "sentencepiece")
        assert [tokenizer.token_bytes(token) for token in tokenizer.encode(text)] == pieces


def test_sentencepiece__reads_its_own_space_as_a_space() -> None:
    for backend in (unigram(), llama()):
        tokenizer = Tokenizer(backend, "sentencepiece")
        assert tokenizer.decode(tokenizer.encode("x▁x")) == "x x"


def test_sentencepiece__without_byte_fallback_loses_only_what_it_does_not_know() -> None:
    tokenizer = Tokenizer(unigram(byte_fallback=False), "unigram")
    assert tokenizer.decode(tokenizer.encode("  return 'é'\n\t<0x41></s>")) == "  return ''\n\t<0x41></s>"


def test_sentencepiece__without_braces_is_refused() -> None:
    characters = "".join(map(chr, range(0x21, 0x7B)))
    with pytest.raises(ConfigurationError, match="does not give programs back as they are"):
        Tokenizer(unigram(byte_fallback=False, characters=characters), "t5")
