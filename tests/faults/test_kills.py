"""Programs are killed outright at random moments."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Extent, Judge
from tests.faults.scene import PROGRAMS, Scene


@pytest.mark.parametrize(
    "names", [("pocketbase",), ("sidecar",), ("traefik",), PROGRAMS], ids="-".join
)
async def test_what_was_acknowledged_outlives_the_programs(
    scene: Scene, extent: Extent, judge: Judge, names: tuple[str, ...]
) -> None:
    for _ in range(extent.kills):
        await scene.settled(*names)
        async with scene.disturbed():
            scene.signal(signal.SIGKILL, *names)

    title = "all three at once" if names == PROGRAMS else names[0]
    outcome = await scene.outcome(f"`kill -9` of {title}", extent.kills)
    judge(outcome, may_refuse=names != ("pocketbase",))
