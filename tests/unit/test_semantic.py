"""Search by meaning never holds a search up and never fails it: it says why it took no part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from sidecar.embeddings.base import EmbedderUnavailable, Space, Vectors
from sidecar.index import base as index_base
from sidecar.index.base import Entry, VectorIndex
from sidecar.index.exact import open_exact
from sidecar.services.search import Scope, SearchFilters, SemanticAnswer
from sidecar.services.semantic import SemanticService
from sidecar.workers.embedding_rows import Removed
from sidecar.workers.vector_keeper import Position

SPACE: Final = Space("m", 3)
ONE, TWO = [1.0, 0.0, 0.0], [0.8, 0.6, 0.0]


@dataclass
class FakeEmbedder:
    """Gives every text the same vector, late or not at all where it is told to."""

    space: Space = SPACE
    max_batch: int = 8
    max_input_tokens: int = 8
    window_bytes: int = 64
    calls: list[str] = field(default_factory=list)
    seconds: float = 0.0
    error: EmbedderUnavailable | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls += texts
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        return np.array([ONE] * len(texts), np.float32)

    async def aclose(self) -> None:
        pass


@dataclass
class Holder:
    index: VectorIndex | None
    reason: str = "The index is still being loaded."


def entry(id: str, vector: list[float], *, user: str = "ann", message: str = "") -> Entry:
    return Entry(id, user, f"s-{user}", message, 0, SPACE.model, np.array(vector, np.float32))


@asynccontextmanager
async def searching(
    folder: Path, embedder: FakeEmbedder | None, *entries: Entry, ready: bool = True
) -> AsyncIterator[SemanticService]:
    nobody: Any = None  # asked for filters only
    async with open_exact(folder, index_base.Space(SPACE.model, SPACE.dimensions)) as index:
        await index.upsert(entries)
        holder = Holder(index if ready else None)
        service = SemanticService(nobody, embedder, holder, reason="Nothing embeds.")
        yield service
        await service.aclose()


async def find(
    service: SemanticService,
    q: str = "what",
    *,
    user: str = "ann",
    scope: Scope = "sessions",
    deadline: float = 5.0,
) -> SemanticAnswer:
    return await service.search(
        user, q, 10, scope=scope, filters=SearchFilters(), deadline=deadline
    )


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


async def test_a_late_vector_is_not_waited_for_and_serves_the_next_search(tmp_path: Path) -> None:
    embedder = FakeEmbedder(seconds=0.2)
    async with searching(tmp_path, embedder, entry("a", ONE)) as service:
        began = asyncio.get_running_loop().time()
        late = await find(service, deadline=0.05)
        took = asyncio.get_running_loop().time() - began
        again = await find(service, "  what ")
        third = await find(service, deadline=0.1)

    assert took < 0.15
    assert late.hits == [] and late.reason and "too long" in late.reason
    assert len(again.hits) == len(third.hits) == 1
    assert embedder.calls == ["what"]


async def test_an_embedder_that_fails_is_left_alone_for_a_while(tmp_path: Path) -> None:
    embedder = FakeEmbedder(error=EmbedderUnavailable("The service is away."))
    async with searching(tmp_path, embedder, entry("a", ONE)) as service:
        first, second = await find(service), await find(service, "other words")
    assert first == second == SemanticAnswer([], "The service is away.")
    assert embedder.calls == ["what"]


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
