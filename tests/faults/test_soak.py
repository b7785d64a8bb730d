"""Load for a long time: everything is stored, and nothing grows."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

from tests.faults.conftest import Extent, Judge, Stage
from tests.faults.load import CLIENTS
from tests.faults.scene import PROGRAMS, Scene

_TOP_SHARE = 0.05  # of the time is spent on finding the top rate
_SAMPLES = 60
_MEGABYTE = 1024 * 1024
_ROOM = 16 * _MEGABYTE  # that a program may grow between the second and the last quarter
_GROWTH = 1.25


async def test_memory_stays_flat_at_half_of_the_top_rate(
    stage: Stage, extent: Extent, judge: Judge
) -> None:
    # One key has the load of many here.
    async with stage(OPENSYNC_RATE_SYNC="0") as scene:
        top = await top_rate(scene, extent.soak * _TOP_SHARE)
        scene.load.rest = CLIENTS / (top / 2)
        before = scene.load.answers
        samples = []
        for _ in range(_SAMPLES):
            await asyncio.sleep(extent.soak / _SAMPLES)
            samples.append(memory(scene))
        rate = (scene.load.answers - before) / extent.soak
        title = f"{extent.soak:.0f} s at {rate:.0f} requests/s, top rate {top:.0f}/s"
        grown = [growth(name, [sample[name] for sample in samples]) for name in PROGRAMS]
        outcome = await scene.outcome(f"{title}; memory of {', '.join(grown)}")

    judge(outcome)


async def top_rate(scene: Scene, seconds: float) -> float:
    """Return how many requests a second are answered when no client rests."""
    rest, scene.load.rest = scene.load.rest, 0.0
    await asyncio.sleep(rest * 2)  # until all of them have noticed
    before = scene.load.answers
    await asyncio.sleep(seconds)
    scene.load.rest = rest
    return (scene.load.answers - before) / seconds


def memory(scene: Scene) -> dict[str, int]:
    return {name: resident(pid) for name, pid in scene.pids().items()}


def resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kilobytes) * 1024


def growth(name: str, samples: list[int]) -> str:
    """Say what a program had in the second and in the last quarter; fail when it grew."""
    quarter = len(samples) // 4
    early = statistics.median(samples[quarter : 2 * quarter])
    late = statistics.median(samples[-quarter:])
    said = f"{name} {early / _MEGABYTE:.0f} to {late / _MEGABYTE:.0f} MB"
    assert late <= early * _GROWTH + _ROOM, f"It grows: {said}"
    return said
