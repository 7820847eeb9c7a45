"""The policy of PPOCoder: a T5 that writes, and a value head that says how well it will end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import T5ForConditionalGeneration

from codegym.envs.layout import Observation
from codegym.errors import DataError
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer
from codegym_agents.models.base import (
    NANO,
    Evaluation,
    PaddedSources,
    architecture_of,
    check_complete,
    checkpoint_activations,
    checkpoint_folder,
    evaluation_of,
    forbidden_tokens,
    load_value_head,
    log_probs_of,
    new_value_head,
    pad_programs,
    pad_sources,
    reading,
    save_head_and_tokenizer,
)

_ROWS_AT_ONCE_ON_CPU = 8
"""Sources of similar length that an encoder reads together; 4 and 16 were measured, too, and are as fast and slower."""


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
        self.model = model
        self.tokenizer = tokenizer
        self.temperature = 1.0
        self.value_head = new_value_head(model.config.d_model)
        self.register_buffer("forbidden", forbidden_tokens(tokenizer, rows), persistent=False)
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
        folder = checkpoint_folder(str(name))
        architecture = architecture_of(folder)
        if architecture != "t5":
            raise DataError(f"{folder} does not hold a T5: config.json says {architecture!r}.")
        with reading(folder):
            loaded: Any = T5ForConditionalGeneration.from_pretrained(
                folder, dtype=torch.float32, output_loading_info=True
            )
        model, report = loaded
        check_complete(report, folder)
        policy = cls(model, load_tokenizer(tokenizer if tokenizer is not None else folder))
        load_value_head(policy.value_head, folder)
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
        self.model.config.save_pretrained(folder)
        save_head_and_tokenizer(self, folder, dtype)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.value_head.weight.device

    @property
    def vocabulary_size(self) -> int:
        """Columns of the logits: at least as many as the tokenizer has tokens."""
        return int(self.model.config.vocab_size)

    def pad(self, sources: Sequence[Sequence[int]]) -> PaddedSources:
        """Returns the sources as one batch on the policy's device, each within the frame of the vocabulary."""
        return pad_sources(self, sources, *self.tokenizer.frame)

    def pad_targets(self, programs: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Returns programs as (batch, time) int64, padded at the end, and a bool mask of their real tokens."""
        return pad_programs(self, programs)

    def encode(self, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, d_model); what they are at padding is undefined.

        Sources that are equal, as where several programs are written about a problem, are read once.
        """
        first, places = _distinct(sources)
        if len(first) == len(places):
            return self._encode_each(sources)
        states = self._encode_each(PaddedSources(sources.tokens[first], sources.mask[first]))
        # Its gradient is the same each time on a CPU, unlike that of states[places].
        return states.index_select(0, torch.tensor(places, device=states.device))

    def _encode_each(self, sources: PaddedSources) -> Tensor:
        if torch.is_grad_enabled() or self.device.type != "cpu":
            return self._encode(sources)
        # On a CPU padding takes as long as text, and what outgrows the cache takes longer.
        lengths = sources.mask.sum(dim=1)
        states = torch.zeros((*sources.tokens.shape, self.model.config.d_model), dtype=self.model.dtype)
        for rows in lengths.argsort(stable=True).split(_ROWS_AT_ONCE_ON_CPU):
            width = int(lengths[rows].amax())
            read = self._encode(PaddedSources(sources.tokens[rows, :width], sources.mask[rows, :width]))
            states[rows, :width] = read.to(states.dtype)
        return states

    def _encode(self, sources: PaddedSources) -> Tensor:
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

    def set_trainable(self, train_encoder: bool) -> None:
        """Makes the encoder learn or not; the embedding is shared by encoder, decoder and output, and goes with it."""
        self.model.encoder.requires_grad_(train_encoder)
        self.model.shared.requires_grad_(train_encoder)

    def query_weights(self) -> list[nn.Parameter]:
        """Returns the matrices that make queries, which T5 has made as small as attention's scale."""
        return [weight for name, weight in self.model.named_parameters() if name.endswith("Attention.q.weight")]

    def has_encoder_of(self, other: Self) -> bool:
        """Whether the encoders are equal, to the last bit."""
        ours, theirs = self.model.encoder.state_dict(), other.model.encoder.state_dict()
        return ours.keys() == theirs.keys() and all(
            torch.equal(ours[name], theirs[name].to(self.device)) for name in ours
        )

    def checkpoint_gradients(self) -> None:
        """Has activations computed again in the backward pass, instead of being kept; there is no dropout from here on.

        transformers does so in training mode only, in which dropout is active.
        """
        checkpoint_activations(self.model)

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
        return evaluation_of(self, self.hidden(sources, target, states), target)

    def log_prob(self, observation: Observation, action: int) -> float:
        """Returns log pi(action | observation) for one observation of an environment."""
        return float(self.log_probs(observation)[int(action)])

    @torch.no_grad()
    def log_probs(self, observation: Observation) -> NDArray[np.float64]:
        """Returns log pi(. | observation) of every token, (vocabulary_size,), for one observation of an environment."""
        return log_probs_of(self, observation)


def _distinct(sources: PaddedSources) -> tuple[list[int], list[int]]:
    """Returns the rows in which a source stands for the first time, and for each row which of those it is equal to."""
    rows = [row.tobytes() for row in torch.cat(sources, dim=1).cpu().numpy()]
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    return [rows.index(row) for row in numbers], [numbers[row] for row in rows]


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


def nano() -> Seq2SeqPolicy:
    """Returns the shipped checkpoint: `reference="codegym_agents.models:nano"` makes it an environment's reference."""
    return Seq2SeqPolicy.from_pretrained(NANO)
