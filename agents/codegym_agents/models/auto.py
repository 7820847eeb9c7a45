"""A policy around any model of transformers that writes text: decoder-only models, and encoder-decoders but T5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from codegym.envs.layout import Observation
from codegym.errors import ConfigurationError, MissingDependencyError
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer
from codegym_agents.models.base import (
    Evaluation,
    PaddedSources,
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

_ADAPTER_FILE = "adapter_config.json"


@final
class AutoPolicy(nn.Module):
    """A model of `AutoModelForCausalLM` or `AutoModelForSeq2SeqLM` with a value head on its last hidden state.

    A decoder-only model reads the source and goes on with the program. Everything else is as in `Seq2SeqPolicy`, whose
    engine is much faster: this one writes through `generate`.

    Args:
        model: The transformer, or one that peft has put adapters into: only what requires a gradient learns.
        tokenizer: Its vocabulary.

    Attributes:
        temperature: Logits are divided by it, in writing and in training alike.

    Raises:
        ConfigurationError: The tokenizer has tokens that the model's vocabulary has not.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.temperature = 1.0
        self.reads_apart = bool(model.config.is_encoder_decoder)
        self.value_head = new_value_head(int(model.config.get_text_config().hidden_size))
        self.register_buffer("forbidden", forbidden_tokens(tokenizer, self.vocabulary_size), persistent=False)
        self.forbidden: Tensor

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        tokenizer: str | Path | Tokenizer | None = None,
        lora: Mapping[str, Any] | None = None,
    ) -> Self:
        """Loads a policy; a checkpoint is weights and JSON only and cannot execute code.

        Args:
            name: A folder written by `save_pretrained`, by transformers or by peft, or a name on the Hugging Face hub:
                `"Qwen/Qwen2.5-Coder-0.5B"`.
            tokenizer: Whose vocabulary the checkpoint was trained with; by default the one beside the weights.
            lora: Arguments of peft's `LoraConfig`, `{"r": 16}`: nothing learns but low-rank adapters of all linear
                layers and the value head (Hu et al. 2021, arXiv 2106.09685). None: all weights learn, or the adapters
                that the folder holds.

        Raises:
            UnknownNameError: There is no such checkpoint.
            DataError: The checkpoint is broken, or of an architecture that transformers does not know.
            MissingDependencyError: peft is needed and not installed.
        """
        folder = checkpoint_folder(str(name))
        adapted = (folder / _ADAPTER_FILE).is_file()
        peft: Any = _peft() if adapted or lora is not None else None
        with reading(folder):
            if adapted:
                base = peft.PeftConfig.from_pretrained(str(folder)).base_model_name_or_path
                model = peft.PeftModel.from_pretrained(
                    _load(checkpoint_folder(str(base))), str(folder), is_trainable=True
                )
            else:
                model = _load(folder)
        if lora is not None:
            kind = "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"
            settings = {"task_type": kind, "target_modules": "all-linear", "lora_dropout": 0.0, **lora}
            model = peft.get_peft_model(model, peft.LoraConfig(**settings))
            model.base_model_name_or_path = str(folder)
        policy = cls(model, load_tokenizer(tokenizer if tokenizer is not None else folder))
        load_value_head(policy.value_head, folder)
        return policy.eval()

    def save_pretrained(self, folder: str | Path, dtype: torch.dtype = torch.float32) -> None:
        """Writes weights, value head and tokenizer; of an adapted model the adapters alone, and the name of its base.

        Args:
            folder: Created if missing.
            dtype: Precision of the value head; the model's weights are stored as they are.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        save_head_and_tokenizer(self, folder, dtype)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.value_head.weight.device

    @property
    def vocabulary_size(self) -> int:
        """Columns of the logits: at least as many as the tokenizer has tokens."""
        return int(self.model.get_output_embeddings().weight.shape[0])

    def pad(self, sources: Sequence[Sequence[int]]) -> PaddedSources:
        """Returns the sources as one batch on the policy's device, each within the frame of the vocabulary.

        A decoder-only model goes on with the source, which does not end for it: it gets what stands in front alone.
        """
        before, after = self.tokenizer.frame
        return pad_sources(self, sources, before, after if self.reads_apart else ())

    def pad_targets(self, programs: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Returns programs as (batch, time) int64, padded at the end, and a bool mask of their real tokens."""
        return pad_programs(self, programs)

    def hidden(self, sources: PaddedSources, target: Tensor, states: Tensor | None = None) -> Tensor:
        """Returns logits and last hidden state before each target token: (batch, target, vocabulary + width).

        Args:
            sources: What the programs are written from.
            target: (batch, target) int64, padded at the end.
            states: None; there are none to be kept.
        """
        if self.reads_apart:
            start = torch.full_like(target[:, :1], self.model.config.decoder_start_token_id)
            said = self.model(
                input_ids=sources.tokens,
                attention_mask=sources.mask,
                decoder_input_ids=torch.cat([start, target[:, :-1]], dim=1),
                output_hidden_states=True,
                use_cache=False,
            )
            return torch.cat([said.logits, said.decoder_hidden_states[-1]], dim=-1)
        read = sources.mask.sum(dim=1, keepdim=True)
        places = read + torch.arange(target.shape[1], device=target.device)
        width = sources.tokens.shape[1] + target.shape[1]
        tokens = nn.functional.pad(sources.tokens, (0, target.shape[1]), value=self.tokenizer.pad_id)
        tokens = tokens.scatter(1, places, target)
        mask = (torch.arange(width, device=target.device) < places[:, -1:] + 1).long()
        said = self.model(input_ids=tokens, attention_mask=mask, output_hidden_states=True, use_cache=False)
        known = torch.cat([said.logits, said.hidden_states[-1]], dim=-1)
        return known.gather(1, (places - 1).unsqueeze(-1).expand(-1, -1, known.shape[-1]))

    def forward(
        self, sources: PaddedSources, target: Tensor, mask: Tensor, states: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Returns log pi(. | s) as (tokens, vocabulary) and V(s) as (tokens,), at the real tokens alone."""
        hidden = self.hidden(sources, target, states)[mask]
        return self.log_softmax(hidden), self.value(hidden)

    def logits(self, hidden: Tensor) -> Tensor:
        """Returns what `log_softmax` normalises, (..., vocabulary) float32: -inf at tokens that may not be written."""
        logits = hidden[..., : self.vocabulary_size].float().masked_fill(self.forbidden, -torch.inf)
        return logits if self.temperature == 1.0 else logits / self.temperature

    def log_softmax(self, hidden: Tensor) -> Tensor:
        """Returns log pi(. | s) as (..., vocabulary) float32 from what `hidden` returned."""
        return torch.log_softmax(self.logits(hidden), dim=-1)

    def value(self, hidden: Tensor) -> Tensor:
        """Returns V(s) as (...) float32 from what `hidden` returned."""
        values: Tensor = self.value_head(hidden[..., self.vocabulary_size :].to(self.value_head.weight.dtype))
        return values.squeeze(-1).float()

    def evaluate(self, sources: PaddedSources, target: Tensor, states: Tensor | None = None) -> Evaluation:
        """Evaluates whole programs in one pass; the arguments are those of `hidden`."""
        return evaluation_of(self, self.hidden(sources, target, states), target)

    def set_trainable(self, train_encoder: bool) -> None:
        """Lets all learn that requires a gradient; raises ConfigurationError if the encoder is not to learn."""
        if not train_encoder:
            raise ConfigurationError(f"train_encoder=False is for T5 policies, not for {type(self.model).__name__}.")

    def query_weights(self) -> list[nn.Parameter]:
        """Raises ConfigurationError: no weights are made smaller by attention's scale."""
        raise ConfigurationError(
            f"query_learning_rate_factor is for T5 policies, not for {type(self.model).__name__}: leave it at 1."
        )

    def checkpoint_gradients(self) -> None:
        """Has activations computed again in the backward pass, instead of being kept; there is no dropout then."""
        checkpoint_activations(self.model)

    def log_prob(self, observation: Observation, action: int) -> float:
        """Returns log pi(action | observation) for one observation of an environment."""
        return float(self.log_probs(observation)[int(action)])

    def log_probs(self, observation: Observation) -> NDArray[np.float64]:
        """Returns log pi(. | observation) of every token, (vocabulary_size,), for one observation of an environment."""
        return log_probs_of(self, observation)


def _load(folder: Path) -> Any:
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    kind: Any = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    model, report = kind.from_pretrained(
        folder, config=config, dtype=torch.float32, output_loading_info=True, trust_remote_code=False
    )
    check_complete(report, folder)
    return model


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise MissingDependencyError("peft", "lora", "low-rank adapters") from error
    return peft
