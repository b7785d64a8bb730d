"""The clock of the sidecar jumps, and jumps back.

PocketBase and Traefik are linked statically: what changes the clock of one program does not reach
them, and the clock of the machine is not ours to change.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import Extent, Judge, Stage
from tests.faults.scene import Scene

DAY = 86_400
JUMPS = {"+2d": 2 * DAY, "-2d": -2 * DAY, "+0": 0}
LIBRARIES = [str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]


@pytest.mark.skipif(not LIBRARIES, reason="libfaketime is missing: apt install libfaketime")
async def test_the_clock_jumps(tmp_path: Path, stage: Stage, extent: Extent, judge: Judge) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    settings = {
        "LD_PRELOAD": LIBRARIES[0],
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    async with stage(**settings) as scene:
        for jump in JUMPS:
            await scene.settled("sidecar")
            async with scene.disturbed():
                clock.write_text(jump)
                await asyncio.sleep(extent.seconds / len(JUMPS))
            assert abs(latest(scene) - (time.time() + JUMPS[jump])) < DAY
        judge(await scene.outcome("clock of the sidecar two days on, two days back", len(JUMPS)))


def latest(scene: Scene) -> float:
    """Return what the sidecar took for the time when it stored the last message."""
    with closing(sqlite3.connect(f"file:{scene.database}?mode=ro", uri=True)) as db:
        [milliseconds] = db.execute("SELECT createdAt FROM messages ORDER BY rowid DESC").fetchone()
    return float(milliseconds) / 1000
