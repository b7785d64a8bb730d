"""The worker of chores."""

from __future__ import annotations

import asyncio

from sidecar.errors import PocketBaseUnavailable
from sidecar.workers.housekeeper import Housekeeper

PATIENCE = 60.0


async def test_chores_are_done_again_and_again_and_one_that_fails_keeps_no_other_from_it() -> None:
    stop = asyncio.Event()
    done: list[str] = []

    async def fails() -> None:
        done.append("fails")
        raise PocketBaseUnavailable("away")

    async def works() -> None:
        done.append("works")
        if len(done) == 6:
            stop.set()

    async with asyncio.timeout(PATIENCE):
        await Housekeeper((fails, works), every=0.001).run(stop)

    assert done == ["fails", "works"] * 3
