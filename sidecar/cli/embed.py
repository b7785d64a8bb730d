"""`opensync embed`: how far search by meaning has come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sidecar.cli.console import errors, output, print_json, run
from sidecar.config import Settings
from sidecar.errors import ConfigError
from sidecar.lifespan import chosen_embedder
from sidecar.pocketbase.client import Json, PocketBase
from sidecar.workers.embedding import EmbeddingWorker
from sidecar.workers.embedding_rows import EmbeddingRows

app = typer.Typer(help="Show and wait for embeddings.", no_args_is_help=True)

JSON = typer.Option(False, "--json", help="Print JSON.")
_EVERY: Final = 1.0  # seconds between looks
_ABSENT: Final = "The sidecar does not run."


@app.command()
def status(json: bool = JSON) -> None:
    """Show how many messages and sessions are embedded, how many wait, and what holds it up."""
    found = run(lambda pocketbase, settings: _status(pocketbase, settings))
    if json:
        print_json(found)
        return
    output.print(f"Embedded  {found['embedded']:,}", highlight=False)
    output.print(f"Waiting   {found['pending']:,}", highlight=False)
    output.print(f"Model     {found['model'] or 'none'}", highlight=False)
    output.print(f"State     {found['state']}", highlight=False)
    for sentence in filter(None, (found["reason"], found["embedder"])):
        output.print(f"          {sentence}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def backfill() -> None:
    """Wait until everything is embedded. Does the work itself where no sidecar runs."""
    run(_backfill)


async def _status(pocketbase: PocketBase, settings: Settings) -> Json:
    counts = await EmbeddingRows(pocketbase).counts()
    state = await _state(settings)
    return {
        "pending": counts.pending,
        "embedded": counts.embedded,
        "state": state["state"],
        "reason": state["reason"],
        "model": state["model"],
        "embedder": state["embedder"],
    }


async def _state(settings: Settings) -> dict[str, Any]:
    """Return what the running sidecar says of its embedder."""
    url = f"http://{settings.host}:{settings.sidecar_port}/ready"
    with contextlib.suppress(httpx.HTTPError, ValueError, KeyError, TypeError):
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            answer: dict[str, Any] = (await http.get(url)).json()["embedding"]
            return answer
    choice = chosen_embedder(settings)
    if choice.embedder is None:
        return {"state": "stopped", "reason": choice.reason, "model": "", "embedder": ""}
    await choice.embedder.aclose()
    model = choice.embedder.space.model
    return {"state": "stopped", "reason": _ABSENT, "model": model, "embedder": choice.reason}


async def _backfill(pocketbase: PocketBase, settings: Settings) -> None:
    rows = EmbeddingRows(pocketbase)
    state = await _state(settings)
    async with contextlib.AsyncExitStack() as stack:
        worker = None
        if state["reason"] == _ABSENT:
            worker = await stack.enter_async_context(_own_worker(rows, settings))
            errors.print("No sidecar runs here, so this command embeds by itself.")
        await _watch(rows, settings, worker)
    output.print("Everything is embedded.")


async def _watch(rows: EmbeddingRows, settings: Settings, worker: EmbeddingWorker | None) -> None:
    columns = (
        TextColumn("Embedding"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[reason]}", markup=False),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task("", total=None, reason="")
        most = 0
        while True:
            waiting = (await rows.counts()).pending
            state = vars(worker.state) if worker else await _state(settings)
            most = max(most, waiting)
            progress.update(
                task, total=most or 1, completed=most - waiting or not most, reason=state["reason"]
            )
            if not waiting:
                return
            if state["state"] == "stopped":
                raise ConfigError(state["reason"] or _ABSENT)
            await asyncio.sleep(_EVERY)


@asynccontextmanager
async def _own_worker(rows: EmbeddingRows, settings: Settings) -> AsyncIterator[EmbeddingWorker]:
    """Embed while nobody else does. The index reads it when the sidecar starts."""
    choice = chosen_embedder(settings)
    await rows.state()
    worker = EmbeddingWorker(rows, choice.embedder, None, pause=0.0, reason=choice.reason)
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop), name="embedder")
    try:
        yield worker
    finally:
        stop.set()
        await task
        if choice.embedder is not None:
            await choice.embedder.aclose()
