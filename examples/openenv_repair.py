"""OpenEnv serves repair, and clients take part in it at the same time.

    python examples/openenv_repair.py --env-id CodeRepair-Python-v0 --clients 4

The server would stand on another machine: `python -m codegym.adapters.openenv CodeRepair-Python-v0`. Here it runs in a
thread. The clients write nothing of their own: they hand the wrong program back, until the turns are over.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Annotated

import typer
import uvicorn

from codegym.adapters.openenv import CodeAction, CodeClient, app


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeRepair-Python-v0",
    clients: Annotated[int, typer.Option(help="At the same time.")] = 4,
) -> None:
    """Serves, and plays an episode for each client."""
    server = uvicorn.Server(uvicorn.Config(app(env_id), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        asyncio.run(play_all(f"http://127.0.0.1:{port}", clients))
    finally:
        server.should_exit = True
        thread.join()


async def play_all(url: str, clients: int) -> None:
    """Plays with all clients at once."""
    for line in await asyncio.gather(*(play(url, seed) for seed in range(clients))):
        print(line)


async def play(url: str, seed: int) -> str:
    """Plays one episode and says how it ended."""
    earned = 0.0
    async with CodeClient(url) as client:
        result = await client.reset(seed=seed)
        while not result.done:
            result = await client.step(CodeAction(program=result.observation.prompt))
            earned += result.reward or 0.0
        state = await client.state()
    return f"{state.uri}: {result.observation.grade['status']} after {state.step_count} turns, earned {earned:+.2f}"


if __name__ == "__main__":
    typer.run(main)
