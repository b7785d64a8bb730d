"""Search by meaning never holds a search up and never fails it: it says why it took no part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pytest

from sidecar.domain.chunks import Window
from sidecar.domain.embedding import space_name
from sidecar.domain.patience import LEAST, MOST
from sidecar.domain.space import Space
from sidecar.embeddings.base import EmbedderUnavailable, Vectors
from sidecar.index.base import Entry, Hit, IndexUnavailable, VectorIndex
from sidecar.index.exact import ExactIndex, open_exact
from sidecar.services.search import (
    SEMANTIC_LATE,
    Scope,
    SearchFilters,
    SemanticAnswer,
    without,
)
from sidecar.services.semantic import NOTHING_KNOWN, SemanticService
from sidecar.workers.embedding_rows import Removed
from sidecar.workers.vector_keeper import Position

SPACE: Final = Space("m", 3)
ONE, TWO = [1.0, 0.0, 0.0], [0.8, 0.6, 0.0]


def nothing() -> None:
    """Take no time."""


@dataclass
class FakeEmbedder:
    """Gives every text the same vector, late or not at all where it is told to."""

    space: Space = SPACE
    max_batch: int = 8
    max_input_tokens: int = 8
    window_bytes: int = 64
    calls: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    takes: Callable[[], None] = nothing
    error: EmbedderUnavailable | None = None

    def __post_init__(self) -> None:
        self.go.set()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls += texts
        await self.go.wait()
        self.takes()
        if self.error is not None:
            raise self.error
        return np.array([ONE] * len(texts), np.float32)

    async def aclose(self) -> None:
        pass


class Broken(ExactIndex):
    """An index whose service is away."""

    def __init__(self) -> None:
        pass

    async def search(self, *_: Any, **__: Any) -> list[Hit]:
        raise IndexUnavailable("The index is away.")


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@dataclass
class Holder:
    index: VectorIndex | None
    reason: str = "The index is still being loaded."


@dataclass
class Database:
    """Says how many of the user's records wait to be embedded, and in which space they are."""

    waiting: int = 0
    space: str = space_name(SPACE.model, SPACE.dimensions, Window.of(64))
    asked: int = 0

    async def request(self, *_: str, params: dict[str, str], json: Any) -> httpx.Response:
        assert params == {"do": "progress"}
        self.asked += 1
        found = {
            "space": self.space,
            "messages": {"done": 9 - self.waiting + 1, "total": 9},
            "sessions": {"done": 0, "total": 1},
        }
        return httpx.Response(200, json=found)


class Time:
    """Seconds that pass when a test says so."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def entry(id: str, vector: list[float], *, user: str = "ann", message: str = "") -> Entry:
    return Entry(id, user, f"s-{user}", message, 0, SPACE.model, np.array(vector, np.float32))


@asynccontextmanager
async def searching(
    folder: Path,
    embedder: FakeEmbedder | None,
    *entries: Entry,
    ready: bool = True,
    database: Database | None = None,
    now: Callable[[], float] | None = None,
) -> AsyncIterator[SemanticService]:
    pocketbase: Any = database or Database()
    async with open_exact(folder, SPACE) as index:
        await index.upsert(entries)
        service = SemanticService(
            pocketbase,
            embedder,
            Holder(index if ready else None),
            reason="Nothing embeds.",
            now=now or Time(),
        )
        yield service
        await service.aclose()


async def find(
    service: SemanticService, q: str = "what", *, user: str = "ann", scope: Scope = "sessions"
) -> SemanticAnswer:
    return await service.begin(user, q, 10, scope=scope, filters=SearchFilters()).answer


def patience(service: SemanticService, q: str = "never asked before") -> float:
    """Return for how long an answer would be worth waiting."""
    return service._patience(q)


async def test_a_session_is_found_once_by_the_best_it_has(tmp_path: Path) -> None:
    rows = [entry("a", TWO), entry("b", ONE, message="m"), entry("c", ONE, user="bob")]
    async with searching(tmp_path, FakeEmbedder(), *rows) as service:
        found = await find(service)
        messages = await find(service, scope="messages")
        nobody = await find(service, user="eve")

    assert [(s, m) for s, m, _ in found.hits] == [("s-ann", "m")]
    assert found.hits[0][2] == pytest.approx(1.0, abs=1e-3)
    assert [(s, m) for s, m, _ in messages.hits] == [("s-ann", "m")]
    assert nobody == SemanticAnswer([])


async def test_a_session_that_is_itself_the_nearest_shows_its_nearest_message(
    tmp_path: Path,
) -> None:
    rows = [entry("a", ONE), entry("b", TWO, message="m")]
    async with searching(tmp_path, FakeEmbedder(), *rows) as service:
        found = await find(service)
    assert [(s, m) for s, m, _ in found.hits] == [("s-ann", "m")]
    assert found.hits[0][2] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("ready", "reason"), [(True, "Nothing embeds."), (False, "loaded")])
async def test_what_is_not_there_is_named(tmp_path: Path, ready: bool, reason: str) -> None:
    embedder = None if ready else FakeEmbedder()
    async with searching(tmp_path, embedder, entry("a", ONE), ready=ready) as service:
        found = await find(service)
    assert found.hits == [] and found.reason is not None and reason in found.reason


async def test_who_was_late_is_not_waited_for_until_it_has_answered(tmp_path: Path) -> None:
    embedder, now = FakeEmbedder(), Time()
    async with searching(tmp_path, embedder, entry("a", ONE), now=now) as service:
        assert (await find(service)).hits and patience(service) == 2 * LEAST
        embedder.go.clear()
        hanging = service.begin("ann", "new", 10, scope="sessions", filters=SearchFilters())
        await until(lambda: patience(service) == 0)
        second = await find(service, "another")
        known, held = patience(service, "what"), await find(service)

        now.seconds += 0.5
        embedder.go.set()
        answer = await hanging.answer
        trusted, third = patience(service) > 0, await find(service, "new")

    # One request in doubt is enough; what was asked before needs none.
    assert second == without(SEMANTIC_LATE)
    assert held.hits and known > 0
    assert embedder.calls == ["what", "new"]
    assert answer.hits == third.hits != []
    assert trusted


async def test_an_embedder_that_takes_long_serves_those_who_ask_again(tmp_path: Path) -> None:
    now = Time()
    embedder = FakeEmbedder(takes=lambda: setattr(now, "seconds", now.seconds + 2 * MOST))
    async with searching(tmp_path, embedder, entry("a", ONE), now=now) as service:
        first = await find(service)
        doubted = patience(service) == 0
        again = await find(service, "  what ")
    assert doubted and first.hits == again.hits != []
    assert embedder.calls == ["what"]


async def test_an_embedder_that_fails_is_left_alone_for_a_while(tmp_path: Path) -> None:
    embedder, now = FakeEmbedder(error=EmbedderUnavailable("The service is away.")), Time()
    async with searching(tmp_path, embedder, entry("a", ONE), now=now) as service:
        first, second = await find(service), await find(service, "other words")
        doubted = patience(service) == 0
        now.seconds += 60
        embedder.error = None
        third = await find(service, "third")
    assert first == second == without("The service is away.") and doubted
    assert third.hits
    assert embedder.calls == ["what", "third"]


async def test_an_index_that_fails_is_in_doubt_until_it_answers(tmp_path: Path) -> None:
    async with searching(tmp_path, FakeEmbedder(), entry("a", ONE)) as service:
        whole, service._holder = service._holder, Holder(Broken())
        found, doubted = await find(service), patience(service, "what") == 0
        service._holder = whole
        again, trusted = await find(service), patience(service, "what") > 0
    assert found == without("The index is away.") and doubted
    assert again.hits and trusted


@pytest.mark.parametrize(("waiting", "known"), [(0, 1.0), (6, 0.4), (10, 0.0)])
async def test_what_is_not_embedded_yet_is_told(tmp_path: Path, waiting: int, known: float) -> None:
    database, now = Database(waiting), Time()
    rows = [entry("a", ONE)]
    async with searching(tmp_path, FakeEmbedder(), *rows, database=database, now=now) as service:
        found = await find(service)
        await find(service)
        database.waiting = 0
        now.seconds += 60
        later = await find(service)

    assert found.known == pytest.approx(known)
    assert (found.reason is None) == (known == 1)
    assert bool(found.hits) == (known > 0)
    if known == 0.4:
        assert found.reason and "40 %" in found.reason
    assert later.known == 1.0 and later.hits
    assert database.asked == 2


async def test_until_a_change_of_the_model_is_noted_nothing_is_known(tmp_path: Path) -> None:
    database = Database(space="2/another/3/64/8")
    async with searching(tmp_path, FakeEmbedder(), entry("a", ONE), database=database) as service:
        assert await find(service) == without(NOTHING_KNOWN)


async def test_a_blank_query_finds_nothing_and_asks_nobody(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    async with searching(tmp_path, embedder, entry("a", ONE)) as service:
        assert await find(service, " \n ") == SemanticAnswer([])
    assert embedder.calls == []


@pytest.mark.parametrize(
    ("first", "newest", "rebuild", "missed"),
    [
        (1, 10, "", False),
        (11, 10, "", False),  # all that was read has been dropped
        (12, 20, "", True),  # something was dropped unread
        (1, 9, "", True),  # an older database than the one that was read
        (1, 10, "now", True),
    ],
)
def test_an_index_that_cannot_follow_is_built_anew(
    first: int, newest: int, rebuild: str, missed: bool
) -> None:
    position = Position(removed=10)
    assert position.missed(Removed([], 10, first, newest, rebuild)) is missed


def test_a_position_outlives_the_process_and_a_strange_one_is_no_position() -> None:
    position = Position("2026-01-01 00:00:00.000Z", "", 7, "then")
    position.advance("session", "b")
    position.advance("session", "a")
    assert Position.of(str(position)) == position and position.session == "b"
    assert Position.of("") is None and Position.of('{"other": 1}') is None
