"""How many tokens a second a policy writes, against transformers' `generate`.

    python benchmarks/decoding.py [--sizes small base] [--rows 256] [--source 320] [--tokens 256] [--json FILE]

Models of CodeT5's sizes with random weights (or the shipped nano policy), top-k sampling with k = 5, programs that all
have the same length. `generate` is run as it comes, with a cache that grows, and with its static cache; the engine
returns the log-probability and the value of each token as well. On a GPU all of them compute in bfloat16, on a CPU in
float32; there, the way of Stable-Baselines3 is measured too, once: a full forward pass for each token.

The floor is the time that moving the bytes takes that a step cannot do without: the decoder's weights, the keys and
values of the sources, and those of the tokens written so far; at the bandwidth that copying a large tensor reaches on
the same device. Figures are medians over rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.decoding import DecodingEngine, Sampling
from codegym_agents.models.base import PaddedSources
from rich.console import Console
from rich.table import Table
from transformers import T5Config, T5ForConditionalGeneration

from codegym.tokens import load as load_tokenizer

SIZES: dict[str, dict[str, int]] = {
    "small": {"d_model": 512, "d_ff": 2048, "num_layers": 6, "num_heads": 8},
    "base": {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12},
    "large": {"d_model": 1024, "d_ff": 4096, "num_layers": 24, "num_heads": 16},
}
VOCABULARY = 32_100
TOP_K = 5
FORWARD = "full forward pass per token"


def main() -> None:
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=["nano", *SIZES], default=["base"] if on_gpu else ["nano"])
    parser.add_argument("--rows", type=int, default=256 if on_gpu else 16, help="programs")
    parser.add_argument("--source", type=int, default=320 if on_gpu else 400, help="tokens of a source")
    parser.add_argument("--tokens", type=int, default=256 if on_gpu else 128, help="tokens of a program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/decoding.json"))
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*past_key_values.*")
    device = torch.device("cuda" if on_gpu else "cpu")
    bandwidth = copy_bandwidth(device)
    name = torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} CPU threads"
    table = Table(title=f"{name}: {options.rows} programs of {options.tokens} tokens from {options.source}")
    for column in ("size", "way", "tokens/s", "ratio", "of the floor"):
        table.add_column(column, justify="left" if column in ("size", "way") else "right")
    rows: list[dict[str, Any]] = []
    for size in options.sizes:
        policy = make_policy(size).to(device)
        floor = options.rows / (bytes_of_step(policy, options, 2 if on_gpu else 4) / bandwidth)
        ways = ways_to_write(policy, options, device)
        figures: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(options.rounds + 1):  # in turns: what else the machine does slows all of them down
            for way, write in ways.items():
                if way == FORWARD and turn != 1:  # once is enough
                    continue
                elapsed = seconds(write, device)
                if turn > 0:  # at first graphs are captured and kernels compiled
                    figures[way].append(options.rows * options.tokens / elapsed)
        ours = statistics.median(figures["engine"])
        for way, found in figures.items():
            rate = statistics.median(found)
            rows.append({"size": size, "way": way, "tokens_per_second": found, "floor": floor, "ratio": ours / rate})
            table.add_row(size, way, f"{rate:,.0f}", f"{ours / rate:.2f}", f"{rate / floor:.1%}")
        del ways, policy
    Console().print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"device": name, "bandwidth": bandwidth, "options": {k: str(v) for k, v in vars(options).items()}}
    options.json.write_text(json.dumps({**report, "rows": rows}, indent=1) + "\n")
    Console().print(f"[dim]Written to {options.json}[/dim]")


def make_policy(size: str, *, only_known: bool = False) -> Seq2SeqPolicy:
    """Returns a policy that never ends a program by itself; one that an environment scores writes known tokens only."""
    if size == "nano":
        policy = Seq2SeqPolicy.from_pretrained("nano")
    else:
        config: Any = T5Config(
            vocab_size=VOCABULARY,
            d_kv=64,
            feed_forward_proj="relu",
            dropout_rate=0.0,
            **{"num_decoder_layers": SIZES[size]["num_layers"], **SIZES[size]},
            decoder_start_token_id=0,
        )
        torch.manual_seed(0)
        policy = Seq2SeqPolicy(T5ForConditionalGeneration(config), load_tokenizer("codegym"))
        if not only_known:
            policy.forbidden[:] = False
    policy.forbidden[policy.tokenizer.end_id] = True
    return policy.eval()


def ways_to_write(
    policy: Seq2SeqPolicy, options: argparse.Namespace, device: torch.device
) -> dict[str, Callable[[], object]]:
    """Returns each way of writing all programs."""
    random = np.random.default_rng(0)
    sources = random.integers(100, 4_000, size=(options.rows, options.source)).tolist()
    read = policy.pad(sources)
    engine = DecodingEngine(policy, options.tokens, rows=options.rows, sampling=Sampling(top_k=TOP_K))
    model: Any = policy.model
    model.generation_config.eos_token_id = None
    suppressed = [policy.tokenizer.end_id]

    def generate(**arguments: Any) -> object:
        reduced = device.type == "cuda"
        with torch.no_grad():
            return (half if reduced else model).generate(
                input_ids=read.tokens,
                attention_mask=read.mask,
                do_sample=True,
                top_k=TOP_K,
                max_new_tokens=options.tokens,
                min_new_tokens=options.tokens,
                suppress_tokens=suppressed,
                **arguments,
            )

    half: Any = None
    if device.type == "cuda":
        half = T5ForConditionalGeneration(model.config).to(device, torch.bfloat16).eval()
        half.load_state_dict(model.state_dict())
        half.generation_config.eos_token_id = None
    ways: dict[str, Callable[[], object]] = {
        "generate": generate,
        "generate, static cache": lambda: generate(cache_implementation="static"),
        "engine": lambda: engine.write(sources, range(options.rows)),
    }
    if device.type == "cpu":
        del ways["generate, static cache"]
        ways[FORWARD] = lambda: forward_per_token(policy, read.tokens, read.mask, options.tokens)
    return ways


@torch.no_grad()
def forward_per_token(policy: Seq2SeqPolicy, tokens: torch.Tensor, mask: torch.Tensor, budget: int) -> object:
    """Writes as an agent does that sees an observation at each step: source and target are padded, nothing is kept."""
    target = torch.zeros((len(tokens), budget), dtype=torch.int64)
    generator = torch.Generator().manual_seed(0)
    for place in range(budget):
        evaluation = policy.evaluate(PaddedSources(tokens, mask), target)
        probabilities = evaluation.all_log_probs[:, place].exp()
        target[:, place] = torch.multinomial(probabilities, 1, generator=generator).squeeze(-1)
    return target


def bytes_of_step(policy: Seq2SeqPolicy, options: argparse.Namespace, size: int) -> float:
    """Returns how many bytes a step moves at least, on average over a program."""
    config = policy.model.config
    inner = config.num_heads * config.d_kv
    weights = sum(weight.numel() for name, weight in policy.model.decoder.named_parameters() if "embed" not in name)
    # The sources' keys and values were computed before the first step.
    weights -= config.num_decoder_layers * 2 * inner * config.d_model
    weights += config.vocab_size * config.d_model
    kept = options.source + (options.tokens + 1) / 2
    return size * (weights + options.rows * config.num_decoder_layers * 2 * inner * kept)


def copy_bandwidth(device: torch.device) -> float:
    """Returns bytes a second, read and written, of copying a large tensor."""
    count = 2**30 if device.type == "cuda" else 2**26
    one, other = (torch.zeros(count, dtype=torch.float32, device=device) for _ in range(2))
    found = [2 * 4 * count / seconds(lambda: other.copy_(one), device) for _ in range(5)]
    return max(found)


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """Returns how long something takes."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
