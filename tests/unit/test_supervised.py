"""Background tasks that are watched."""

from __future__ import annotations

import asyncio

import pytest

from sidecar.workers.supervised import Supervised

PATIENCE = 60.0


async def until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_a_worker_runs_until_it_is_asked_to_stop_and_may_finish_what_it_holds() -> None:
    log: list[str] = []

    async def main(stop: asyncio.Event) -> None:
        log.append("started")
        await stop.wait()
        await asyncio.sleep(0)
        log.append("finished")

    async with Supervised("worker", main) as worker:
        await asyncio.sleep(0)
        assert log == ["started"]

    assert log == ["started", "finished"]
    assert (worker.crashes, worker.last_error) == (0, None)


async def test_a_worker_that_crashes_is_started_again() -> None:
    running = asyncio.Event()
    starts = 0

    async def main(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts < 4:
            raise KeyError("lost")
        running.set()
        await stop.wait()

    async with asyncio.timeout(PATIENCE), Supervised("worker", main, retry_in=0.001) as worker:
        await running.wait()

    assert starts == 4
    assert (worker.crashes, worker.last_error) == (3, "KeyError")


async def test_a_worker_that_returns_is_done() -> None:
    starts = 0

    async def main(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1

    async with Supervised("worker", main, retry_in=0):
        for _ in range(5):
            await asyncio.sleep(0)

    assert starts == 1


async def test_a_stop_does_not_wait_for_the_pause_after_a_crash() -> None:
    crashed = asyncio.Event()

    async def main(stop: asyncio.Event) -> None:
        crashed.set()
        raise ValueError

    async with asyncio.timeout(PATIENCE), Supervised("worker", main, retry_in=3600) as worker:
        await crashed.wait()
        await asyncio.sleep(0)

    assert worker.crashes == 1


async def test_a_worker_that_does_not_finish_in_its_time_is_cut_off() -> None:
    cut = asyncio.Event()

    async def main(stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.set()
            raise

    async with asyncio.timeout(PATIENCE), Supervised("worker", main, grace=0.01):
        await asyncio.sleep(0)

    assert cut.is_set()


async def test_an_error_in_the_block_stops_the_worker_and_is_passed_on() -> None:
    stopped = asyncio.Event()

    async def main(stop: asyncio.Event) -> None:
        await stop.wait()
        stopped.set()

    with pytest.raises(LookupError):
        async with Supervised("worker", main):
            await asyncio.sleep(0)
            raise LookupError

    assert stopped.is_set()


async def test_pauses_between_restarts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()
    real = asyncio.timeout

    def noted(delay: float | None) -> asyncio.Timeout:
        task = asyncio.current_task()
        if task is None or task.get_name() != "worker":
            return real(delay)  # of others in this loop
        assert delay is not None
        pauses.append(delay)
        if len(pauses) == 8:
            enough.set()
        return real(0)

    async def main(stop: asyncio.Event) -> None:
        raise ValueError

    async with Supervised("worker", main, retry_in=0.5):
        monkeypatch.setattr("sidecar.workers.supervised.asyncio.timeout", noted)
        await enough.wait()
        monkeypatch.undo()

    assert pauses[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]
