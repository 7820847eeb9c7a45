"""One view on every tokenizer: text to token ids, and each token's exact bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, final

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import decoders, models, pre_tokenizers, processors

from codegym.errors import ConfigurationError, DataError, UnknownNameError

EMBEDDED = "codegym"
"""Name of the tokenizer inside the package: byte-level BPE of 4,096 tokens, trained on Python and Java."""

_PAD_NAMES = ("<pad>", "[PAD]", "<|pad|>")
_END_NAMES = ("</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<eos>", "[SEP]")
_MASK_NAMES = ("<extra_id_0>", "<mask>", "[MASK]")
_USUAL_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<mask>")

_REWRITING = ("Prepend", "NFC", "NFD", "NFKC", "NFKD")
"""Normalizers that a vocabulary of fixed bytes can do without, and that change a program."""
_BYTE_PIECE = re.compile("<0x[0-9A-F]{2}>")
"""How a sentencepiece vocabulary with byte fallback writes the byte that a token stands for."""
_NEVER = -1e9
"""Log-probability of the pieces of a Unigram vocabulary that no text may be cut into."""
_PROBE = "".join(map(chr, range(0x20, 0x7F))) + "\n\tif (x):\n\n        x  =  '<pad></s><unk><0x41>'\n"


@final
class Tokenizer:
    """A vocabulary with the bytes that each token writes.

    Byte-level and sentencepiece-like vocabularies are supported: those in which a text is exactly the
    concatenation of its tokens' bytes, which is what lets an environment append one token at a time. The space
    that a vocabulary would put before a text, and Unicode normalisation, are therefore left out. Two losses are
    a sentencepiece vocabulary's own: it reads U+2581 as a space, and without byte fallback a character outside
    ASCII that it does not know writes nothing.

    Args:
        backend: The tokenizer of Hugging Face's `tokenizers`; it is this object's from now on.
        name: What it is called in messages and file names.
        pad: Text of the padding token; found by its usual names when None, else the end token pads.
        end: Text of the end-of-sequence token; found by its usual names when None.

    Attributes:
        name: What the tokenizer is called.
        vocabulary_size: Number of token ids.
        pad_id: Id of the padding token.
        end_id: Id of the end-of-sequence token.
        mask_id: Id of the token that stands for hidden text in a prompt: the first sentinel of T5, or a mask token; the
            end token where there is neither.
        frame: The tokens that a model of this vocabulary expects before and after a text, as the tokenizer's
            post-processor says: `</s>` behind it for T5, `<s>` and `</s>` around it for CodeT5. An encoder has no other
            way to see where a text ends.
        legal: (vocabulary_size,) bool: the tokens that a policy may write, the end token and every token that
            stands for text.

    Raises:
        ConfigurationError: There is no end token, the tokens do not stand for fixed bytes, or a program does not
            come back from them as it was.
    """

    def __init__(
        self,
        backend: tokenizers.Tokenizer,
        name: str,
        *,
        pad: str | None = None,
        end: str | None = None,
    ) -> None:
        vocabulary = backend.get_vocab(with_added_tokens=True)
        end = _find(vocabulary, (end,) if end else _END_NAMES, name, "end-of-sequence")
        pad = next((text for text in ((pad,) if pad else _PAD_NAMES) if text in vocabulary), end)
        backend.no_padding()
        backend.no_truncation()
        backend.add_special_tokens([pad, end])
        backend = _exact(backend)
        # A program may hold the text "</s>"; it must come back as text, not as the end of the sequence.
        backend.encode_special_tokens = True
        self._backend = backend
        self.name = name
        self.vocabulary_size = max(vocabulary.values()) + 1
        self.end_id = vocabulary[end]
        self.pad_id = vocabulary[pad]
        self.mask_id = next((vocabulary[text] for text in _MASK_NAMES if text in vocabulary), self.end_id)
        self.frame = _frame(backend)
        self._bytes = _bytes_of_tokens(backend, self.vocabulary_size, name)
        self.legal: NDArray[np.bool_] = np.array([bool(piece) for piece in self._bytes])
        self.legal[self.end_id] = True
        self.legal.setflags(write=False)
        for probe in (_PROBE, pad, end):
            found = self.decode(self.encode(probe))
            if found != probe:
                raise ConfigurationError(
                    f"Tokenizer {name!r} does not give programs back as they are: {probe!r} comes back as {found!r}. "
                    "Take one that neither normalises text nor lacks printable characters, such as a byte-level BPE."
                )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Neither of these travels with a pickle or a copy.
        self._backend.encode_special_tokens = True
        self.legal.setflags(write=False)

    def encode(self, text: str) -> list[int]:
        """Returns the tokens of `text`, without special tokens; a lone surrogate, which UTF-8 lacks, counts as "?"."""
        ids: list[int] = self._backend.encode(_encodable(text), add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of each text, encoded in parallel."""
        encodable = [_encodable(text) for text in texts]
        return [encoding.ids for encoding in self._backend.encode_batch(encodable, add_special_tokens=False)]

    def token_bytes(self, token: int) -> bytes:
        """Returns the UTF-8 bytes that a token writes: empty for special tokens, possibly part of a character."""
        return self._bytes[token]

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """Returns the bytes that the tokens write."""
        return b"".join([self._bytes[token] for token in tokens])

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text that the tokens write, with U+FFFD for characters that were cut in half."""
        return self.decode_bytes(tokens).decode("utf-8", "replace")

    def save(self, path: str | Path) -> None:
        """Writes the tokenizer as one `tokenizer.json`."""
        Path(path).write_text(self._backend.to_str(pretty=True), "utf-8")

    def __repr__(self) -> str:
        return f"Tokenizer({self.name!r}, vocabulary_size={self.vocabulary_size})"


def load(tokenizer: str | Path | Tokenizer = EMBEDDED) -> Tokenizer:
    """Returns a tokenizer.

    Args:
        tokenizer: `"codegym"` (embedded), a `tokenizer.json`, a folder with one or with a byte-level BPE's
            `*vocab.json` and `*merges.txt`, or a name on the Hugging Face hub: `"Salesforce/codet5-base"`.

    Raises:
        UnknownNameError: It is none of these.
        DataError: The files are broken.
        ConfigurationError: The tokens do not stand for fixed bytes, or there is no end token.
    """
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    if str(tokenizer) == EMBEDDED:
        return _embedded()
    path = Path(tokenizer).expanduser()
    if path.is_file():
        return Tokenizer(_read(path), name=str(tokenizer))
    if path.is_dir():
        return _from_folder(path, name=str(tokenizer))
    return _from_hub(str(tokenizer))


@cache
def _embedded() -> Tokenizer:
    text = resources.files("codegym.tokens").joinpath("codegym.json").read_text("utf-8")
    return Tokenizer(tokenizers.Tokenizer.from_str(text), EMBEDDED)


def _read(path: Path) -> tokenizers.Tokenizer:
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception for a broken file
        raise DataError(f"{path} is not a tokenizer.json of Hugging Face's tokenizers: {error}") from error


def _from_folder(folder: Path, name: str) -> Tokenizer:
    config = _read_json(folder / "special_tokens_map.json") | _read_json(folder / "tokenizer_config.json")
    pad, end = _token_text(config.get("pad_token")), _token_text(config.get("eos_token"))
    if (folder / "tokenizer.json").is_file():
        return Tokenizer(_read(folder / "tokenizer.json"), name, pad=pad, end=end)
    vocabulary = next(iter(sorted(folder.glob("*vocab.json"))), None)
    merges = next(iter(sorted(folder.glob("*merges.txt"))), None)
    if vocabulary is None or merges is None:
        raise DataError(f"{folder} holds neither a tokenizer.json nor a *vocab.json with a *merges.txt.")
    try:
        backend = tokenizers.Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
    except Exception as error:  # the library raises a bare Exception for a broken file
        raise DataError(f"{vocabulary} and {merges} are not a byte-level BPE: {error}") from error
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    known = backend.get_vocab()
    backend.add_special_tokens([token for token in _USUAL_SPECIAL if token in known])
    listed = [_token_text(token) for token in config.get("additional_special_tokens") or ()]
    special = dict.fromkeys(token for token in listed if token)
    # Ids are given out in the order of adding; where a file says them, it is followed.
    added = _read_json(folder / "added_tokens.json")
    for token in sorted(added, key=added.__getitem__):
        backend.add_tokens([tokenizers.AddedToken(token, special=token in special, normalized=False)])
        if backend.token_to_id(token) != added[token]:
            raise DataError(
                f"{folder / 'added_tokens.json'} gives {token!r} the id {added[token]}; with {vocabulary.name} it "
                f"is {backend.token_to_id(token)}."
            )
    backend.add_special_tokens(list(special))
    before, after = (_token_text(config.get(role)) for role in ("cls_token", "sep_token"))
    if before in known and after in known:
        # RoBERTa's files, which CodeT5 has, say by these two roles alone what stands around a text.
        backend.post_processor = processors.RobertaProcessing((after, known[after]), (before, known[before]))
    return Tokenizer(backend, name, pad=pad, end=end)


def _from_hub(name: str) -> Tokenizer:
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(name, allow_patterns=["*.json", "*.txt"])
    except Exception as error:  # unreachable, unknown, private, malformed: all mean that there is no such name here
        hint = f"A path is accepted too, and so is a name on the Hugging Face hub ({type(error).__name__})."
        raise UnknownNameError("tokenizer", name, (EMBEDDED,), hint) from error
    return _from_folder(Path(folder), name)


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} holds a {type(content).__name__}, not an object.")
    return content


def _token_text(token: Any) -> str | None:
    return token.get("content") if isinstance(token, dict) else token


def _encodable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _frame(backend: tokenizers.Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns what the tokenizer puts before and after a text."""
    alone, framed = (backend.encode("x", add_special_tokens=added).ids for added in (False, True))
    before = next(place for place in range(len(framed) + 1) if framed[place : place + len(alone)] == alone)
    return tuple(framed[:before]), tuple(framed[before + len(alone) :])


def _find(vocabulary: dict[str, int], texts: Sequence[str], name: str, role: str) -> str:
    for text in texts:
        if text in vocabulary:
            return text
    raise ConfigurationError(f"Tokenizer {name!r} has no {role} token; looked for {', '.join(texts)}.")


def _exact(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """Returns the tokenizer without what it adds to a text or changes in it."""
    description = json.loads(backend.to_str())
    exact = description | {
        "normalizer": _without_rewriting(description["normalizer"]),
        "pre_tokenizer": _without_prefix(description["pre_tokenizer"]),
        "model": _without_look_alikes(description),
        "added_tokens": [token | {"lstrip": False, "rstrip": False} for token in description["added_tokens"]],
    }
    return backend if exact == description else tokenizers.Tokenizer.from_str(json.dumps(exact))


def _without_rewriting(normalizer: dict[str, Any] | None) -> dict[str, Any] | None:
    if normalizer is None or normalizer["type"] in _REWRITING:
        return None
    if normalizer["type"] == "Sequence":
        parts = [_without_rewriting(part) for part in normalizer["normalizers"]]
        return normalizer | {"normalizers": [part for part in parts if part is not None]}
    return normalizer


def _without_prefix(pre_tokenizer: dict[str, Any] | None) -> dict[str, Any] | None:
    if pre_tokenizer is None:
        return None
    match pre_tokenizer["type"]:
        case "Sequence":
            return pre_tokenizer | {"pretokenizers": [_without_prefix(part) for part in pre_tokenizer["pretokenizers"]]}
        case "Metaspace":
            return pre_tokenizer | {"prepend_scheme": "never"}
        case "ByteLevel":
            return pre_tokenizer | {"add_prefix_space": False}
    return pre_tokenizer


def _without_look_alikes(description: dict[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = description["model"]
    if model["type"] != "Unigram":
        return model
    # A merge never makes "</s>", but Unigram cuts a text into its likeliest pieces, and special ones are certain.
    silent = _special_ids(description)
    pieces = [
        [piece, _NEVER if index in silent or (model.get("byte_fallback") and _BYTE_PIECE.fullmatch(piece)) else score]
        for index, (piece, score) in enumerate(model["vocab"])
    ]
    return model | {"vocab": pieces}


def _special_ids(description: dict[str, Any]) -> set[int]:
    """Returns the ids that stand for no text: special tokens, and the token of what a vocabulary does not know."""
    special = {token["id"] for token in description["added_tokens"] if token["special"]}
    model = description["model"]
    unknown = model["unk_id"] if model["type"] == "Unigram" else model["vocab"].get(model["unk_token"])
    return special if unknown is None else special | {unknown}


def _bytes_of_tokens(backend: tokenizers.Tokenizer, size: int, name: str) -> list[bytes]:
    """Returns the bytes of every token id, empty for special tokens and for ids without a token."""
    description = json.loads(backend.to_str())
    kinds = _decoder_kinds(description["decoder"])
    if "ByteLevel" in kinds:
        to_bytes = _byte_level_bytes
    elif "Metaspace" in kinds or "ByteFallback" in kinds or "Replace" in kinds:
        to_bytes = _byte_fallback_bytes if description["model"].get("byte_fallback") else _sentencepiece_bytes
    else:
        raise ConfigurationError(
            f"Tokenizer {name!r} has a decoder of kind {', '.join(kinds) or 'none'}; its tokens do not stand for "
            "fixed bytes. Byte-level BPE and sentencepiece vocabularies are supported."
        )
    added = {token["id"] for token in description["added_tokens"]}
    silent = _special_ids(description)
    pieces = []
    for index in range(size):
        text = backend.id_to_token(index)
        if text is None or index in silent:
            pieces.append(b"")
        else:
            pieces.append(text.encode() if index in added else to_bytes(text))
    return pieces


def _decoder_kinds(decoder: dict[str, Any] | None) -> list[str]:
    if decoder is None:
        return []
    if decoder["type"] == "Sequence":
        return [kind for part in decoder["decoders"] for kind in _decoder_kinds(part)]
    return [decoder["type"]]


@cache
def _byte_of_character() -> dict[str, int]:
    # Byte-level BPE writes each byte as one printable character: printable ones as themselves, the others as
    # the characters from U+0100 on, in order (Radford et al. 2019, section 2.2).
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + position): byte for position, byte in enumerate(others)}


def _byte_level_bytes(token: str) -> bytes:
    table = _byte_of_character()
    try:
        return bytes([table[character] for character in token])
    except KeyError:  # a token of the base vocabulary that was never written in the byte alphabet
        return b""


def _byte_fallback_bytes(token: str) -> bytes:
    return bytes.fromhex(token[3:5]) if _BYTE_PIECE.fullmatch(token) else _sentencepiece_bytes(token)


def _sentencepiece_bytes(token: str) -> bytes:
    return token.replace("▁", " ").encode()
