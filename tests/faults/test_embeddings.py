"""The embeddings service misbehaves, and the index is damaged. Sync must not notice."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import signal
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.embeddings_api import DIMENSIONS, KEY, MODEL, CountingApi, counting_api
from tests.faults.conftest import Extent, Judge, Stage
from tests.faults.scene import Scene

MOODS: dict[str, tuple[int, Any, Any] | None] = {
    "429": (429, {"Retry-After": "1"}, {"error": {"message": "slow", "code": "rate_limit"}}),
    "500": (500, {}, {"error": {"message": "no"}}),
    "garbage": (200, {}, b"<html>\xff not what you asked for"),
    "wrong vectors": (200, {}, {"object": "list", "data": [{"index": 7, "embedding": "AAAA"}]}),
    "never": None,
}


class Moody(CountingApi):
    """Answers what its mood says, and properly once it has none.

    Its vectors mean nothing: those of the counting service would take the time of the load.
    """

    mood = ""
    misbehaved = 0

    async def answer(self, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Any, Any]:
        if not self.mood:
            data = [
                {"object": "embedding", "index": place, "embedding": vector(text)}
                for place, text in enumerate(body["input"])
            ]
            return 200, {}, {"object": "list", "data": data, "model": MODEL}
        self.misbehaved += 1
        answer = MOODS[self.mood]
        if answer is None:
            await asyncio.Event().wait()
        assert answer is not None
        return answer


def vector(text: str) -> str:
    noise = hashlib.shake_128(text.encode()).digest(DIMENSIONS)
    numbers = np.frombuffer(noise, np.uint8).astype("<f4") - 127.5
    return base64.b64encode(numbers.tobytes()).decode()


def settings(api: CountingApi) -> dict[str, str]:
    return {
        "OPENSYNC_EMBEDDER": "openai",
        "OPENSYNC_EMBEDDING_BASE_URL": api.url,
        "OPENSYNC_EMBEDDING_API_KEY": KEY,
        "OPENSYNC_EMBEDDING_MODEL": MODEL,
        "OPENSYNC_EMBEDDING_DIMENSIONS": str(DIMENSIONS),
        "OPENSYNC_EMBEDDING_TIMEOUT_SECONDS": "3",
        "OPENSYNC_EMBEDDING_PAUSE_SECONDS": "0.5",
    }


@pytest.mark.parametrize("mood", MOODS)
async def test_the_embeddings_service_misbehaves(
    stage: Stage, extent: Extent, judge: Judge, mood: str
) -> None:
    api = Moody()
    async with counting_api(api), stage(**settings(api)) as scene:
        async with scene.disturbed():
            api.mood = mood
            await asyncio.sleep(extent.seconds / 2)
            await scene.until(lambda: api.misbehaved > 0, "a request for embeddings")
            api.mood = ""
        outcome = await scene.outcome(f"embeddings service answers: {mood}")
        await all_embedded(scene)

    judge(outcome)


@pytest.mark.parametrize("damage", ["truncated", "corrupted"])
async def test_the_snapshot_of_the_index_is_damaged(
    stage: Stage, judge: Judge, damage: str
) -> None:
    async with counting_api(Moody()) as api, stage(**settings(api)) as scene:
        await all_embedded(scene)
        # An orderly end leaves a snapshot; what damages it comes before the next start.
        scene.signal(signal.SIGTERM, "sidecar")
        await scene.until(lambda: "sidecar" not in scene.pids(), "the end of the sidecar")
        async with scene.disturbed():
            for file in snapshots(scene):
                spoil(file, damage)
        outcome = await scene.outcome(f"snapshot of the index {damage}")
        await all_embedded(scene)
        await meaning_finds(scene)
    judge(outcome)


def snapshots(scene: Scene) -> list[Path]:
    found = [file for file in (scene.stack.folder / "index").rglob("*") if file.is_file()]
    assert found
    return found


def spoil(file: Path, damage: str) -> None:
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    if damage == "truncated":
        del content[middle:]
    else:
        content[middle : middle + 64] = bytes(64)
    file.write_bytes(content)


async def all_embedded(scene: Scene) -> None:
    """Wait until nothing waits to be embedded, and the index is open."""
    async with httpx.AsyncClient(base_url=scene.sidecar_url, timeout=30) as http:
        for _ in range(1200):
            try:
                ready = (await http.get("/ready")).json()
            except httpx.HTTPError:
                ready = {"embedding": {}}
            if ready["embedding"].get("state") == "idle":
                return
            await asyncio.sleep(0.25)
    raise AssertionError(f"Not everything was embedded: {ready}")


async def meaning_finds(scene: Scene) -> None:
    query = {"q": "look at the failing test", "type": "semantic", "scope": "messages"}
    async with httpx.AsyncClient(
        base_url=scene.stack.url, headers=scene.stack.authorization, timeout=60
    ) as http:
        for _ in range(600):
            answer = (await http.get("/api/search", params=query)).json()
            if answer["realisedMode"] == "semantic":
                break
            await asyncio.sleep(0.2)
    assert answer["realisedMode"] == "semantic" and answer["results"], answer
