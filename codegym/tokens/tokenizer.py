"""One view on every tokenizer: text to token ids, and each token's exact bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, final

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import decoders, models, pre_tokenizers

from codegym.errors import ConfigurationError, DataError, UnknownNameError

EMBEDDED = "codegym"
"""Name of the tokenizer inside the package: byte-level BPE of 4,096 tokens, trained on Python and Java."""

_PAD_NAMES = ("<pad>", "[PAD]", "<|pad|>")
_END_NAMES = ("</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<eos>", "[SEP]")
_USUAL_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<mask>")


@final
class Tokenizer:
    """A vocabulary with the bytes that each token writes.

    Byte-level and sentencepiece-like vocabularies are supported: those in which a text is exactly the
    concatenation of its tokens' bytes, which is what lets an environment append one token at a time.

    Args:
        backend: The tokenizer of Hugging Face's `tokenizers`.
        name: What it is called in messages and file names.
        pad: Text of the padding token; found by its usual names when None, else the end token pads.
        end: Text of the end-of-sequence token; found by its usual names when None.

    Attributes:
        name: What the tokenizer is called.
        vocabulary_size: Number of token ids.
        pad_id: Id of the padding token.
        end_id: Id of the end-of-sequence token.
        legal: (vocabulary_size,) bool: the tokens that a policy may write, the end token and every token that
            stands for text.

    Raises:
        ConfigurationError: There is no end token, or the tokens do not stand for fixed bytes.
    """

    def __init__(
        self,
        backend: tokenizers.Tokenizer,
        name: str,
        *,
        pad: str | None = None,
        end: str | None = None,
    ) -> None:
        # A program may hold the text "</s>"; it must come back as text, not as the end of the sequence.
        backend.encode_special_tokens = True
        backend.no_padding()
        backend.no_truncation()
        self._backend = backend
        self.name = name
        vocabulary = backend.get_vocab(with_added_tokens=True)
        self.vocabulary_size = max(vocabulary.values()) + 1
        self.end_id = _find(vocabulary, (end,) if end else _END_NAMES, name, "end-of-sequence")
        pads = (pad,) if pad else _PAD_NAMES
        self.pad_id = next((vocabulary[text] for text in pads if text in vocabulary), self.end_id)
        self._bytes = _bytes_of_tokens(backend, self.vocabulary_size, name)
        self.legal: NDArray[np.bool_] = np.array([bool(piece) for piece in self._bytes])
        self.legal[self.end_id] = True
        self.legal.setflags(write=False)

    def encode(self, text: str) -> list[int]:
        """Returns the tokens of `text`, without special tokens."""
        ids: list[int] = self._backend.encode(text, add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of each text, encoded in parallel."""
        return [encoding.ids for encoding in self._backend.encode_batch(list(texts), add_special_tokens=False)]

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
        self._backend.save(str(path))

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
        ConfigurationError: The tokens do not stand for fixed bytes.
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
    config = _read_json(folder / "tokenizer_config.json")
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
    listed = [_token_text(token) for token in config.get("additional_special_tokens", [])]
    backend.add_special_tokens([token for token in _USUAL_SPECIAL if token in known])
    backend.add_special_tokens([token for token in listed if token])
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
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    return content


def _token_text(token: Any) -> str | None:
    return token.get("content") if isinstance(token, dict) else token


def _find(vocabulary: dict[str, int], texts: Sequence[str], name: str, role: str) -> int:
    for text in texts:
        if text in vocabulary:
            return vocabulary[text]
    raise ConfigurationError(f"Tokenizer {name!r} has no {role} token; looked for {', '.join(texts)}.")


def _bytes_of_tokens(backend: tokenizers.Tokenizer, size: int, name: str) -> list[bytes]:
    """Returns the bytes of every token id, empty for special tokens and for ids without a token."""
    description = json.loads(backend.to_str())
    kinds = _decoder_kinds(description.get("decoder"))
    if "ByteLevel" in kinds:
        to_bytes = _byte_level_bytes
    elif "Metaspace" in kinds or "ByteFallback" in kinds or "Replace" in kinds:
        to_bytes = _sentencepiece_bytes
    else:
        raise ConfigurationError(
            f"Tokenizer {name!r} has a decoder of kind {', '.join(kinds) or 'none'}; its tokens do not stand for "
            "fixed bytes. Byte-level BPE and sentencepiece vocabularies are supported."
        )
    added = {token["id"]: token for token in description.get("added_tokens", [])}
    pieces = []
    for index in range(size):
        text = backend.id_to_token(index)
        if text is None or (index in added and added[index]["special"]):
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


def _sentencepiece_bytes(token: str) -> bytes:
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace("▁", " ").encode()
