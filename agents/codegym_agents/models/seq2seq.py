"""The policy of PPOCoder: a T5 that writes, and a value head that says how well it will end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import T5Config, T5ForConditionalGeneration
from transformers.utils import logging

from codegym.envs.layout import Observation
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer

NANO = "nano"
"""Name of the checkpoint inside the package."""

_VALUE_HEAD_FILE = "value_head.safetensors"
_TOKENIZER_FILE = "tokenizer.json"


class PaddedSources(NamedTuple):
    """Source tokens of a batch, padded at the end."""

    tokens: Tensor  # (batch, source) int64
    mask: Tensor  # (batch, source) int64, 1 where there is a token


class Evaluation(NamedTuple):
    """What the policy says about given programs, token by token."""

    log_probs: Tensor  # (batch, target) float32: log pi(a_t | s_t)
    values: Tensor  # (batch, target) float32: V(s_t)
    all_log_probs: Tensor  # (batch, target, vocabulary) float32: -inf at tokens that may not be written


@final
class Seq2SeqPolicy(nn.Module):
    """CodeT5, or any other T5, with a value head on the decoder's last hidden state.

    The policy is the softmax over the tokens that may be written (`Tokenizer.legal`): special tokens and the
    padding of a vocabulary matrix have probability 0, in writing and in training alike. The value head is
    linear, as in PPOCoder (arXiv 2301.13816, section 3.2).

    Args:
        model: The transformer.
        tokenizer: Its vocabulary.

    Attributes:
        temperature: Logits are divided by it. It is part of the policy, in writing and in training alike: below 1
            the policy keeps to what it finds likely.

    Raises:
        ConfigurationError: The tokenizer has tokens that the model's vocabulary has not.
    """

    def __init__(self, model: T5ForConditionalGeneration, tokenizer: Tokenizer) -> None:
        super().__init__()
        rows = model.config.vocab_size
        if tokenizer.vocabulary_size > rows:
            raise ConfigurationError(
                f"Tokenizer {tokenizer.name!r} has {tokenizer.vocabulary_size} tokens, the model's vocabulary only "
                f"{rows}: they do not belong together."
            )
        self.model = model
        self.tokenizer = tokenizer
        self.temperature = 1.0
        self.value_head = nn.Linear(model.config.d_model, 1)
        # Zero: before its first update the value head claims nothing, instead of adding noise to the advantages.
        nn.init.zeros_(self.value_head.weight)
        nn.init.zeros_(self.value_head.bias)
        forbidden = np.ones(rows, dtype=bool)
        forbidden[: tokenizer.vocabulary_size] = ~tokenizer.legal
        self.register_buffer("forbidden", torch.from_numpy(forbidden), persistent=False)
        self.forbidden: Tensor

    @classmethod
    def from_pretrained(cls, name: str | Path = NANO, tokenizer: str | Path | Tokenizer | None = None) -> Self:
        """Loads a policy; a checkpoint is weights and JSON only and cannot execute code.

        Args:
            name: `"nano"`, a folder written by `save_pretrained` or by transformers, or a name on the Hugging Face
                hub: `"Salesforce/codet5-base"`.
            tokenizer: Whose vocabulary the checkpoint was trained with; by default the one beside the weights.

        Raises:
            UnknownNameError: There is no such checkpoint.
            DataError: The checkpoint is broken, or of another architecture.
        """
        folder = _checkpoint_folder(str(name))
        architecture = _architecture(folder)
        if architecture != "t5":
            raise DataError(f"{folder} does not hold a T5: config.json says {architecture!r}.")
        try:
            with _no_progress_bar():
                loaded: Any = T5ForConditionalGeneration.from_pretrained(
                    folder, dtype=torch.float32, output_loading_info=True
                )
            model, report = loaded
            value_head = load_file(folder / _VALUE_HEAD_FILE) if (folder / _VALUE_HEAD_FILE).is_file() else None
        except (SafetensorError, StrictDataclassError, OSError, RuntimeError) as error:
            raise DataError(f"The checkpoint in {folder} is broken: {error}") from error
        if missing := sorted(report["missing_keys"]):  # transformers would go on with random weights instead
            raise DataError(f"The checkpoint in {folder} is broken: it lacks {', '.join(missing)}.")
        policy = cls(model, load_tokenizer(tokenizer if tokenizer is not None else folder))
        if value_head is not None:
            try:
                policy.value_head.load_state_dict({key: value.float() for key, value in value_head.items()})
            except RuntimeError as error:
                raise DataError(f"{folder / _VALUE_HEAD_FILE} does not fit the model: {error}") from error
        return policy.eval()

    def save_pretrained(self, folder: str | Path, dtype: torch.dtype = torch.float32) -> None:
        """Writes weights, value head and tokenizer; transformers can read the folder too.

        Args:
            folder: Created if missing.
            dtype: Precision of the stored weights.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = {key: value.to("cpu", dtype).contiguous() for key, value in self.model.state_dict().items()}
        # The embedding is shared: stored once, under the name that the other two are tied to.
        for alias in ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"):
            if torch.equal(weights[alias], weights["shared.weight"]):
                del weights[alias]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        head = self.value_head.state_dict()
        save_file({key: value.to("cpu", dtype) for key, value in head.items()}, folder / _VALUE_HEAD_FILE)
        self.model.config.save_pretrained(folder)
        self.tokenizer.save(folder / _TOKENIZER_FILE)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.value_head.weight.device

    @property
    def vocabulary_size(self) -> int:
        """Columns of the logits: at least as many as the tokenizer has tokens."""
        return int(self.model.config.vocab_size)

    def pad(self, sources: Sequence[Sequence[int]]) -> PaddedSources:
        """Returns the sources as one batch on the policy's device; an empty source becomes one padding token."""
        tokens, mask = self.pad_targets([source or (self.tokenizer.pad_id,) for source in sources])
        return PaddedSources(tokens, mask.long())

    def pad_targets(self, programs: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Returns programs as (batch, time) int64, padded at the end, and a bool mask of their real tokens."""
        shape = (len(programs), max(len(program) for program in programs))
        tokens, mask = np.full(shape, self.tokenizer.pad_id, dtype=np.int64), np.zeros(shape, dtype=bool)
        for row, program in enumerate(programs):
            tokens[row, : len(program)] = program
            mask[row, : len(program)] = True
        return torch.from_numpy(tokens).to(self.device), torch.from_numpy(mask).to(self.device)

    def encode(self, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, d_model)."""
        states: Tensor = self.model.encoder(input_ids=sources.tokens, attention_mask=sources.mask).last_hidden_state
        return states

    def decode(self, states: Tensor, source_mask: Tensor, target: Tensor) -> Tensor:
        """Returns the decoder's last hidden states (batch, target, d_model) before each target token.

        Args:
            states: The encoder's states (batch, source, d_model).
            source_mask: (batch, source).
            target: (batch, target) int64; the decoder is fed with it shifted right by the start token.
        """
        start = torch.full_like(target[:, :1], self.model.config.decoder_start_token_id)
        hidden: Tensor = self.model.decoder(
            input_ids=torch.cat([start, target[:, :-1]], dim=1),
            encoder_hidden_states=states,
            encoder_attention_mask=source_mask,
            use_cache=False,
        ).last_hidden_state
        return hidden

    def hidden(self, sources: PaddedSources, target: Tensor, states: Tensor | None = None) -> Tensor:
        """Returns the last hidden states (batch, target, d_model) before each target token.

        Args:
            sources: What the programs are written from.
            target: (batch, target) int64, padded at the end.
            states: The encoder's states, where they are known already.
        """
        return self.decode(self.encode(sources) if states is None else states, sources.mask, target)

    def forward(
        self, sources: PaddedSources, target: Tensor, mask: Tensor, states: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Returns log pi(. | s) as (tokens, vocabulary) and V(s) as (tokens,), at the real tokens alone.

        Args:
            sources: As in `hidden`.
            target: As in `hidden`.
            mask: (batch, target) bool, True at real tokens.
            states: As in `hidden`.
        """
        hidden = self.hidden(sources, target, states)[mask]
        return self.log_softmax(hidden), self.value(hidden)

    def checkpoint_gradients(self) -> None:
        """Has activations computed again in the backward pass, instead of being kept; there is no dropout from here on.

        transformers does so in training mode only, in which dropout is active.
        """
        modules: list[Any] = list(self.modules())
        for module in modules:
            if isinstance(module, nn.Dropout):
                module.p = 0.0
            elif isinstance(getattr(module, "dropout", None), float):
                module.dropout = 0.0
        # The method was renamed in transformers 5.
        enable: Any = getattr(self.model, "activation_checkpointing_enable", None)
        (enable or self.model.gradient_checkpointing_enable)({"use_reentrant": False})
        self.model.train()

    def logits(self, hidden: Tensor) -> Tensor:
        """Returns what `log_softmax` normalises, (..., vocabulary) float32: -inf at tokens that may not be written."""
        if self.model.config.scale_decoder_outputs:
            hidden = hidden * self.model.config.d_model**-0.5
        logits: Tensor = self.model.lm_head(hidden).float().masked_fill(self.forbidden, -torch.inf)
        return logits if self.temperature == 1.0 else logits / self.temperature

    def log_softmax(self, hidden: Tensor) -> Tensor:
        """Returns log pi(. | s) as (..., vocabulary) float32 from the decoder's hidden states (..., d_model)."""
        return torch.log_softmax(self.logits(hidden), dim=-1)

    def value(self, hidden: Tensor) -> Tensor:
        """Returns V(s) as (...) float32 from the decoder's hidden states (..., d_model)."""
        values: Tensor = self.value_head(hidden).squeeze(-1).float()
        return values

    def evaluate(self, sources: PaddedSources, target: Tensor, states: Tensor | None = None) -> Evaluation:
        """Evaluates whole programs in one pass.

        Args:
            sources: What the programs were written from.
            target: (batch, target) int64, padded at the end.
            states: The encoder's states, where they are known already.
        """
        hidden = self.hidden(sources, target, states)
        all_log_probs = self.log_softmax(hidden)
        log_probs = all_log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        return Evaluation(log_probs, self.value(hidden), all_log_probs)

    def log_prob(self, observation: Observation, action: int) -> float:
        """Returns log pi(action | observation) for one observation of an environment."""
        return float(self.log_probs(observation)[int(action)])

    @torch.no_grad()
    def log_probs(self, observation: Observation) -> NDArray[np.float64]:
        """Returns log pi(. | observation) of every token, (vocabulary_size,), for one observation of an environment."""
        source = observation["source"][observation["source_mask"].astype(bool)].tolist()
        target = observation["target"][observation["target_mask"].astype(bool)].tolist()
        sources = self.pad([source])
        # What is said of a place follows from the tokens before it: at the last one any token will do.
        tokens = torch.tensor([[*target, 0]], device=self.device)
        hidden = self.decode(self.encode(sources), sources.mask, tokens)
        log_probs: NDArray[np.float64] = self.log_softmax(hidden[:, -1])[0].double().cpu().numpy()
        return log_probs


def read_once(
    policy: Seq2SeqPolicy, sources: Sequence[Sequence[int]], encode: Callable[[PaddedSources], Tensor]
) -> tuple[PaddedSources, Tensor]:
    """Returns the sources as one batch and their states; sources that are equal are encoded once."""
    places: dict[tuple[int, ...], int] = {}
    rows = [places.setdefault(tuple(source), len(places)) for source in sources]
    with torch.no_grad():
        read = policy.pad(list(places))
        states = encode(read)
        if len(places) == len(rows):
            return read, states
        again = torch.tensor(rows, device=policy.device)
        return PaddedSources(read.tokens[again], read.mask[again]), states[again]


def kl_divergence(log_probs: Tensor, reference: Tensor) -> Tensor:
    """Returns KL(pi || pi_ref) in nats as (...) from log-probabilities (..., vocabulary), -inf where impossible."""
    impossible = log_probs.isneginf()
    # Two infinities have no difference; what is impossible adds nothing.
    difference = log_probs.masked_fill(impossible, 0.0) - reference.masked_fill(impossible, 0.0)
    return (log_probs.exp() * difference).sum(dim=-1)


def nano() -> Seq2SeqPolicy:
    """Returns the shipped checkpoint: `reference="codegym_agents.models:nano"` makes it an environment's reference."""
    return Seq2SeqPolicy.from_pretrained(NANO)


def nano_config(vocabulary_size: int) -> T5Config:
    """Returns the architecture of the nano checkpoint: 5.4 M parameters, deep encoder, shallow decoder.

    Writing a token costs a pass through the decoder, reading the source costs one pass through the encoder: on a
    CPU, layers are cheaper where they run once.
    """
    return T5Config(  # type: ignore[call-arg]  # the start token is an attribute that transformers does not declare
        vocab_size=vocabulary_size,
        d_model=256,
        d_kv=32,
        d_ff=768,
        num_layers=4,
        num_decoder_layers=2,
        num_heads=8,
        dropout_rate=0.0,
        feed_forward_proj="relu",
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _architecture(folder: Path) -> str | None:
    file = folder / "config.json"
    if not file.is_file():
        return None
    try:
        architecture: str | None = json.loads(file.read_text("utf-8")).get("model_type")
    except (ValueError, AttributeError) as error:
        raise DataError(f"{file} is not a JSON object: {error}") from error
    return architecture


def _checkpoint_folder(name: str) -> Path:
    if name == NANO:
        return Path(str(resources.files("codegym_agents.models").joinpath(NANO)))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        patterns = ["*.json", "*.txt", "*.safetensors"]
        return Path(snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # unreachable, unknown, private, malformed: all mean that there is no such name here
        hint = f"A path is accepted too, and so is a name on the Hugging Face hub ({type(error).__name__})."
        raise UnknownNameError("model", name, (NANO,), hint) from error
