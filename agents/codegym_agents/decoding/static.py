"""Decoding for a GPU: one step over buffers of fixed size, captured as a CUDA graph.

Every row has a position of its own, so that a row whose program has ended is given the next source while the others go
on. The step runs the policy's weights in the engine's precision; what is added up along the layers stays in float32, as
it does under autocast.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Protocol, cast, final

import torch
from torch import Tensor

from codegym_agents.decoding.choose import Sampling
from codegym_agents.decoding.compact import Written
from codegym_agents.decoding.encoder import Encoder
from codegym_agents.decoding.weights import DecoderLayer, DecoderWeights
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import Seq2SeqPolicy


class Operations(Protocol):
    """What a step is made of besides matrix products; everything is written to tensors that are there already."""

    def add_norm(self, residual: Tensor, added: Tensor | None, weight: Tensor, epsilon: float, out: Tensor) -> None:
        """Adds to the residual (batch, width) float32 in place, and writes its root-mean-square norm to `out`."""
        ...

    def attend_source(self, query: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, out: Tensor) -> None:
        """Attends from one position of each row to its source.

        Args:
            query: (batch, heads, width).
            keys: (batch, heads, length, width).
            values: (batch, heads, length, width).
            lengths: (batch,) int32: how many of the keys there are; of none the result is 0.
            out: (batch, heads, width).
        """
        ...

    def attend_target(
        self, projected: Tensor, keys: Tensor, values: Tensor, visible: Tensor, bias: Tensor, out: Tensor
    ) -> None:
        """Puts each row's new key and value behind those before it, and attends to all of them.

        Args:
            projected: (batch, 3, heads, width) query, key and value of the position.
            keys: (batch, heads, length, width).
            values: (batch, heads, length, width).
            visible: (batch,) int32: how many of the keys there are with the new one; of none the result is 0.
            bias: (length, heads) float32, added to the score of the key so many positions back.
            out: (batch, heads, width).
        """
        ...

    def project(self, inner: Tensor, weight: Tensor) -> Tensor:
        """Returns inner (batch, width) times weight (vocabulary, width), transposed, in float32."""
        ...

    def choose(self, logits: Tensor, state: State, sampling: Sampling | None) -> None:
        """Chooses a token for each row that runs, notes it, and moves the row on; see `choose.choose`.

        Args:
            logits: (batch, vocabulary) float32, not yet divided by the temperature, nor without forbidden tokens.
            state: Where the tokens go.
            sampling: Which tokens may be chosen; None takes the most probable one.
        """
        ...


@final
class State:
    """Where every row stands, and what has been written; all on the device.

    Attributes:
        token: (rows,) int64, fed next.
        position: (rows,) int32, tokens written so far.
        running: (rows,) int32, 1 while a program is being written.
        visible: (rows,) int32, keys that the next token sees: `position` + 1, 0 where nothing runs.
        source_length: (rows,) int32, 0 where nothing runs.
        uniforms: (rows, max_tokens) float32.
        tokens: (rows, max_tokens) int64.
        log_probs: (rows, max_tokens) float32.
        values: (rows, max_tokens) float32.
        value: (rows,) float32, of the state before the token that is chosen next.
        forbidden: (vocabulary,) bool.
        temperature: (1,) float32.
        end_id: Ends a program.
    """

    def __init__(self, rows: int, max_tokens: int, forbidden: Tensor, end_id: int) -> None:
        device = forbidden.device
        self.token = torch.zeros(rows, dtype=torch.int64, device=device)
        self.position = torch.zeros(rows, dtype=torch.int32, device=device)
        self.running = torch.zeros_like(self.position)
        self.visible = torch.zeros_like(self.position)
        self.source_length = torch.zeros_like(self.position)
        self.uniforms = torch.zeros((rows, max_tokens), device=device)
        self.tokens = torch.zeros((rows, max_tokens), dtype=torch.int64, device=device)
        self.log_probs = torch.zeros_like(self.uniforms)
        self.values = torch.zeros_like(self.uniforms)
        self.value = torch.zeros(rows, device=device)
        self.forbidden = forbidden
        self.temperature = torch.ones(1, device=device)
        self.end_id = end_id


@final
class StaticDecoder:
    """Rows of a fixed number, each of which writes one program at a time.

    Args:
        policy: Whose weights are used; `load_weights` fetches them.
        rows: Programs at once.
        max_source_tokens: Length of the caches of sources.
        max_tokens: Length of the caches of programs.
        dtype: Of weights and caches.
        sampling: Which tokens may be sampled.
    """

    def __init__(
        self,
        policy: Seq2SeqPolicy,
        *,
        rows: int,
        max_source_tokens: int,
        max_tokens: int,
        dtype: torch.dtype,
        sampling: Sampling,
    ) -> None:
        config = policy.model.config
        device = policy.device
        module = "fused" if device.type == "cuda" and importlib.util.find_spec("triton") else "plain"
        operations = importlib.import_module(f"codegym_agents.decoding.{module}")
        self._operations = cast("Operations", operations.OPERATIONS)
        self._policy, self._sampling = policy, sampling
        self.rows, self.max_source_tokens, self.max_tokens = rows, max_source_tokens, max_tokens
        self._heads, self._width = config.num_heads, config.d_kv
        self._weights = DecoderWeights(policy, max_tokens, dtype)
        self._encoder = Encoder(policy, dtype)
        layers = len(self._weights.layers)
        source_shape = (layers, 2, rows, self._heads, max_source_tokens, self._width)
        target_shape = (layers, 2, rows, self._heads, max_tokens, self._width)
        self._source_caches = torch.zeros(source_shape, dtype=dtype, device=device)
        self._target_caches = torch.zeros(target_shape, dtype=dtype, device=device)
        self._residual = torch.zeros((rows, config.d_model), device=device)
        self._normed = torch.zeros((rows, config.d_model), dtype=dtype, device=device)
        self._attended = torch.zeros((rows, self._heads, self._width), dtype=dtype, device=device)
        self._state = State(rows, max_tokens, policy.forbidden, policy.tokenizer.end_id)
        self._greedy = False
        self._graphs: dict[bool, torch.cuda.CUDAGraph] = {}

    def load_weights(self) -> None:
        """Takes the policy's weights and temperature as they are now."""
        self._weights.load()
        self._encoder.load_weights()
        self._state.temperature.fill_(self._policy.temperature)

    def reset(self, *, greedy: bool) -> None:
        """Stops all rows; from here on the most probable tokens are taken, or tokens are sampled."""
        self._greedy = greedy
        for tensor in (self._state.running, self._state.visible, self._state.source_length):
            tensor.zero_()

    def encode(self, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, d_model) in the decoder's precision."""
        return self._encoder.encode(sources)

    def admit(self, rows: Sequence[int], sources: PaddedSources, states: Tensor, uniforms: Tensor | None) -> None:
        """Starts a new program in each of these rows.

        Args:
            rows: Rows that do not run.
            sources: What they read.
            states: (rows, length, d_model) the encoder's states.
            uniforms: (rows, max_tokens) random numbers; None where tokens are not sampled.
        """
        states = states.to(self._source_caches.dtype)
        place, state = torch.tensor(rows, device=states.device), self._state
        length = states.shape[1]
        for layer, weights in enumerate(self._weights.layers):
            projected = states @ weights.source_keys_values.T
            halves = projected.view(len(rows), length, 2, self._heads, self._width).permute(2, 0, 3, 1, 4)
            for half in (0, 1):
                self._source_caches[layer, half][place, :, :length] = halves[half]
        state.source_length[place] = sources.mask.sum(dim=1, dtype=torch.int32)
        state.token[place] = self._policy.model.config.decoder_start_token_id
        state.position[place] = 0
        state.visible[place] = 1
        state.running[place] = 1
        if uniforms is not None:
            state.uniforms[place] = uniforms

    def run(self, steps: int) -> None:
        """Writes so many tokens in each row that runs."""
        if self._residual.device.type != "cuda":
            for _ in range(steps):
                self._step()
            return
        if self._greedy not in self._graphs:
            self._graphs[self._greedy] = self._capture()
        for _ in range(steps):
            self._graphs[self._greedy].replay()

    def running(self) -> list[bool]:
        """Returns for each row whether it runs; waits for the device."""
        return [bool(flag) for flag in self._state.running.tolist()]

    def take(self, rows: Sequence[int]) -> list[Written]:
        """Returns what rows have written."""
        place, state = torch.tensor(rows, device=self._residual.device), self._state
        tensors = (state.position, state.tokens, state.log_probs, state.values)
        lengths, tokens, log_probs, values = (tensor[place].tolist() for tensor in tensors)
        return [
            Written(tokens[row][:length], log_probs[row][:length], values[row][:length])
            for row, length in enumerate(lengths)
        ]

    def _capture(self) -> torch.cuda.CUDAGraph:
        """Returns a graph of one step; the step itself changes nothing, for no row runs while it is captured."""
        running, visible = self._state.running.clone(), self._state.visible.clone()
        source_length = self._state.source_length.clone()
        self.reset(greedy=self._greedy)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):  # kernels are compiled, and libraries take their workspace
                self._step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side):  # the default one is on the GPU of the first graph
            self._step()
        self._state.running.copy_(running)
        self._state.visible.copy_(visible)
        self._state.source_length.copy_(source_length)
        return graph

    def _step(self) -> None:
        weights, state, operations = self._weights, self._state, self._operations
        self._residual.copy_(torch.nn.functional.embedding(state.token, weights.embedding))
        added: Tensor | None = None
        for layer, own in enumerate(weights.layers):
            self._norm(added, own.norms[0])
            added = self._attend_target(layer, own)
            self._norm(added, own.norms[1])
            query = (self._normed @ own.source_query.T).view(self._attended.shape)
            keys, values = self._source_caches[layer]
            operations.attend_source(query, keys, values, state.source_length, self._attended)
            added = self._attended.flatten(1) @ own.source_output.T
            self._norm(added, own.norms[2])
            added = own.feed_forward(self._normed)
        self._norm(added, weights.final_norm)
        torch.addmv(weights.value_bias, self._normed.float(), weights.value_weight, out=state.value)
        logits = operations.project(self._normed, weights.vocabulary)
        operations.choose(logits, state, None if self._greedy else self._sampling)

    def _norm(self, added: Tensor | None, weight: Tensor) -> None:
        self._operations.add_norm(self._residual, added, weight, self._weights.epsilon, self._normed)

    def _attend_target(self, layer: int, own: DecoderLayer) -> Tensor:
        projected = (self._normed @ own.query_keys_values.T).view(self.rows, 3, self._heads, self._width)
        keys, values = self._target_caches[layer]
        self._operations.attend_target(projected, keys, values, self._state.visible, self._weights.bias, self._attended)
        added: Tensor = self._attended.flatten(1) @ own.output.T
        return added
