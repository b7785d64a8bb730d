"""The worker of jobs, with a database that is told how to answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sidecar.errors import PocketBaseUnavailable, UpstreamError
from sidecar.pocketbase.client import Json, PocketBase, Record
from sidecar.workers import jobs as module
from sidecar.workers.jobs import JobRunner

PATIENCE = 60.0

Answer = Callable[[str], Json]


class ScriptedPocketBase(PocketBase):
    """Holds unfinished jobs; a step of one is answered by `answer`, or raises what that raises."""

    def __init__(self, *jobs: str, answer: Answer, kind: str = "deleteSessions") -> None:
        self.kind = kind
        self.is_gone = True  # whose account is deleted
        self.unfinished = list(jobs)
        self.steps: list[Json] = []
        self.failed: list[str] = []
        self._answer = answer

    async def page(
        self, collection: str, filter: str, *, sort: str, limit: int, fields: str = "*"
    ) -> list[Record]:
        return [{"id": job, "user": "ada", "kind": self.kind} for job in self.unfinished]

    async def first(self, collection: str, filter: str, *, fields: str = "*") -> Record | None:
        return None if self.is_gone else {"id": "ada"}

    async def send(self, method: str, path: str, body: Any) -> Json:
        job = body["id"]
        if path.endswith("do=fail"):
            self.failed.append(job)
            self.unfinished.remove(job)
            return {}
        self.steps.append(body)
        answer = self._answer(job)
        if answer["isFinished"]:
            self.unfinished.remove(job)
        return answer


def done() -> Json:
    return {"isFinished": True, "ms": 1}


def going(ms: int) -> Json:
    return {"isFinished": False, "ms": ms}


@pytest.fixture(autouse=True)
def no_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AWAY", 0.0)
    monkeypatch.setattr(module, "_SHORTEST_REST", 0.0)


@asynccontextmanager
async def running(runner: JobRunner) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(runner.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def worked(pocketbase: ScriptedPocketBase, **arguments: Any) -> None:
    """Run until no job is unfinished."""
    runner = JobRunner(pocketbase, on_deleted=arguments.get("on_deleted", lambda user: None))
    async with running(runner), asyncio.timeout(PATIENCE):
        while pocketbase.unfinished:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_jobs_take_turns_so_that_a_small_one_does_not_wait_for_a_large_one() -> None:
    left = {"large": 4, "small": 2}

    def answer(job: str) -> Json:
        left[job] -= 1
        return going(1) if left[job] else done()

    pocketbase = ScriptedPocketBase("large", "small", answer=answer)
    await worked(pocketbase)

    assert [step["id"] for step in pocketbase.steps] == [
        *("large", "small", "large", "small", "large", "large"),
    ]


async def test_a_step_that_takes_long_is_followed_by_smaller_ones_which_grow_again() -> None:
    times = iter([400, 40, 1, 1, 0])
    pocketbase = ScriptedPocketBase(
        "a", answer=lambda job: going(ms) if (ms := next(times)) else done()
    )

    await worked(pocketbase)

    sizes = [step["size"] for step in pocketbase.steps]
    assert sizes[1] < sizes[0]
    assert sizes[2] == sizes[1] < sizes[3] < sizes[4]


async def test_the_owner_is_not_told_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TELL", 3600.0)
    numbers = iter(range(20))
    pocketbase = ScriptedPocketBase(
        "a", answer=lambda job: going(0) if next(numbers) < 19 else done()
    )

    await worked(pocketbase)

    assert [step["tell"] for step in pocketbase.steps] == [True, *[False] * 19]


async def test_a_job_that_the_database_refuses_again_and_again_is_given_up() -> None:
    def refuse(job: str) -> Json:
        raise UpstreamError("no")

    pocketbase = ScriptedPocketBase("a", answer=refuse)
    await worked(pocketbase)

    assert (pocketbase.failed, len(pocketbase.steps)) == (["a"], 5)


async def test_a_database_that_is_away_costs_a_job_nothing() -> None:
    numbers = iter(range(20))

    def answer(job: str) -> Json:
        if next(numbers) < 15:
            raise PocketBaseUnavailable("away")
        return done()

    pocketbase = ScriptedPocketBase("a", answer=answer)
    await worked(pocketbase)

    assert pocketbase.failed == []


async def test_who_was_deleted_is_told() -> None:
    deleted: list[str] = []
    pocketbase = ScriptedPocketBase("a", answer=lambda job: done(), kind="deleteAccount")

    await worked(pocketbase, on_deleted=deleted.append)

    assert deleted == ["ada"]


async def test_who_was_deleted_is_told_when_the_answer_was_lost() -> None:
    deleted: list[str] = []

    def lost(job: str) -> Json:
        pocketbase.unfinished.remove(job)
        raise PocketBaseUnavailable("away")

    pocketbase = ScriptedPocketBase("a", answer=lost, kind="deleteAccount")
    runner = JobRunner(pocketbase, on_deleted=deleted.append)
    async with running(runner), asyncio.timeout(PATIENCE):
        while not deleted:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    assert deleted == ["ada"]


async def test_who_stopped_the_deletion_of_the_account_stays_remembered() -> None:
    deleted: list[str] = []
    pocketbase = ScriptedPocketBase("a", answer=lambda job: done(), kind="deleteAccount")
    pocketbase.is_gone = False

    await worked(pocketbase, on_deleted=deleted.append)

    assert deleted == []


async def test_who_only_deletes_sessions_stays_remembered() -> None:
    deleted: list[str] = []

    await worked(ScriptedPocketBase("a", answer=lambda job: done()), on_deleted=deleted.append)

    assert deleted == []


async def test_a_new_job_is_begun_when_the_worker_hears_of_it() -> None:
    pocketbase = ScriptedPocketBase(answer=lambda job: done())
    runner = JobRunner(pocketbase, on_deleted=lambda user: None)

    async with running(runner), asyncio.timeout(PATIENCE):
        await asyncio.sleep(0)
        pocketbase.unfinished.append("later")
        runner.nudge()
        while pocketbase.unfinished:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    assert [step["id"] for step in pocketbase.steps] == ["later"]
