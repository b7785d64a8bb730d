"""What every vector index does, asked of each."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain.space import Space
from sidecar.index.base import (
    BadVector,
    Entry,
    Scope,
    Vector,
    VectorError,
    VectorIndex,
    WrongSpace,
)
from sidecar.index.exact import open_exact
from sidecar.index.qdrant import open_qdrant
from tests.indexes import SPACE, clustered, entries, expected

VECTORS = clustered(60, SPACE.dimensions, clusters=8, spread=0.7)
QUERY = clustered(1, SPACE.dimensions, clusters=1, spread=0.5, seed=9)[0]


@pytest.fixture(params=["exact", "qdrant"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    if request.param == "exact":
        async with open_exact(tmp_path, SPACE) as exact:
            yield exact
        return
    async with open_qdrant(":memory:", SPACE) as qdrant:
        yield qdrant


def at(entry: Entry, **changes: object) -> Entry:
    return dataclasses.replace(entry, **changes)  # type: ignore[arg-type]


async def found(index: VectorIndex, vector: Vector = QUERY, user: str = "ann") -> list[str]:
    return [hit.id for hit in await index.search(user, vector, 100)]


async def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert await index.search("ann", QUERY, 10) == []
    assert await index.count("ann") == 0
    assert await index.ids() == set()


async def test_hits_come_best_first_and_say_what_they_stand_for(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)

    hits = await index.search("ann", QUERY, 7)

    assert [hit.id for hit in hits] == [id for id, _ in expected(held, QUERY, 7)]
    by_id = {entry.id: entry for entry in held}
    for hit, (_, score) in zip(hits, expected(held, QUERY, 7), strict=True):
        entry = by_id[hit.id]
        assert (hit.session, hit.message, hit.chunk) == (entry.session, entry.message, entry.chunk)
        assert hit.score == pytest.approx(score, abs=1e-3)


async def test_a_vector_finds_itself_whatever_its_length(index: VectorIndex) -> None:
    held = entries(VECTORS * np.float32(17.5))
    await index.upsert(held)

    (hit,) = await index.search("ann", VECTORS[3] * np.float32(0.01), 1)

    assert hit.id == held[3].id
    assert hit.score == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("scope", ["sessions", "messages", "all"])
async def test_a_scope_is_searched_alone(index: VectorIndex, scope: Scope) -> None:
    held = entries(VECTORS)
    await index.upsert(held)

    hits = await index.search("ann", QUERY, 100, scope=scope)

    assert [hit.id for hit in hits] == [id for id, _ in expected(held, QUERY, 100, scope=scope)]


async def test_sessions_can_be_asked_for_and_left_out(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)
    asked = {held[0].session, held[10].session, held[20].session, "unknown"}
    left_out = {held[10].session, "unknown-too"}

    hits = await index.search("ann", QUERY, 100, sessions=asked, exclude=left_out)

    wanted = expected(held, QUERY, 100, sessions=asked, exclude=left_out)
    assert [hit.id for hit in hits] == [id for id, _ in wanted]
    assert {hit.session for hit in hits} == {held[0].session, held[20].session}


async def test_no_sessions_asked_for_finds_nothing(index: VectorIndex) -> None:
    await index.upsert(entries(VECTORS))

    assert await index.search("ann", QUERY, 10, sessions=set()) == []


async def test_users_with_the_same_vectors_never_see_each_other(index: VectorIndex) -> None:
    ann, bob = entries(VECTORS, user="ann"), entries(VECTORS, user="bob")
    await index.upsert([entry for pair in zip(ann, bob, strict=True) for entry in pair])

    assert set(await found(index, user="ann")) == {entry.id for entry in ann}
    assert set(await found(index, user="bob")) == {entry.id for entry in bob}
    assert await found(index, user="eve") == []
    theirs = {entry.session for entry in bob}
    assert await index.search("ann", QUERY, 100, sessions=theirs) == []


async def test_an_id_held_already_is_replaced(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)
    moved = at(held[5], vector=-held[5].vector, chunk=9)
    await index.upsert([moved])

    (hit,) = await index.search("ann", -held[5].vector, 1)

    assert (hit.id, hit.chunk) == (held[5].id, 9)
    assert await index.count("ann") == len(held)
    assert len(await found(index)) == len(held)


async def test_the_last_of_equal_ids_in_one_call_counts(index: VectorIndex) -> None:
    held = entries(VECTORS[:1])
    await index.upsert([held[0], at(held[0], chunk=1), at(held[0], chunk=2)])

    assert [hit.chunk for hit in await index.search("ann", QUERY, 10)] == [2]


async def test_an_id_belongs_to_the_last_user_it_was_given(index: VectorIndex) -> None:
    held = entries(VECTORS[:3])
    await index.upsert(held)
    await index.upsert([at(held[1], user="bob")])

    assert await found(index, user="bob") == [held[1].id]
    assert held[1].id not in await found(index, user="ann")
    assert (await index.count("ann"), await index.count("bob")) == (2, 1)


async def test_what_is_removed_is_not_found(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)

    await index.remove([held[0].id, held[7].id, "neverwasthere"])

    assert set(await found(index)) == {e.id for e in held} - {held[0].id, held[7].id}
    assert await index.count("ann") == len(held) - 2
    assert await index.ids() == {e.id for e in held} - {held[0].id, held[7].id}


async def test_a_removed_session_takes_its_messages_along(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)
    gone = held[12].session

    await index.remove_session(gone)
    await index.remove_session("neverwasthere")

    assert set(await found(index)) == {e.id for e in held if e.session != gone}


async def test_a_removed_user_leaves_the_others(index: VectorIndex) -> None:
    ann, bob = entries(VECTORS, user="ann"), entries(VECTORS, user="bob")
    await index.upsert(ann + bob)

    await index.remove_user("ann")

    assert await found(index, user="ann") == []
    assert set(await found(index, user="bob")) == {entry.id for entry in bob}
    assert await index.ids() == {entry.id for entry in bob}
    await index.upsert(ann)
    assert await index.count("ann") == len(ann)


async def test_clear_leaves_nothing(index: VectorIndex) -> None:
    held = entries(VECTORS)
    await index.upsert(held)
    await index.save("yesterday")

    await index.clear()

    assert (await index.ids(), await index.count("ann"), index.watermark) == (set(), 0, "")
    await index.upsert(held[:2])
    assert len(await found(index)) == 2


async def test_stats_count_rows_and_users(index: VectorIndex) -> None:
    await index.upsert(entries(VECTORS, user="ann") + entries(VECTORS[:5], user="bob"))
    await index.save("now")

    stats = await index.stats()

    assert (stats.rows, stats.users) == (65, 2)
    assert (stats.model, stats.dimensions) == (SPACE.model, SPACE.dimensions)


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_below_one_finds_nothing(index: VectorIndex, limit: int) -> None:
    await index.upsert(entries(VECTORS[:3]))

    assert await index.search("ann", QUERY, limit) == []


async def test_vectors_of_another_space_are_refused(index: VectorIndex) -> None:
    good, other = entries(VECTORS[:1]), entries(VECTORS[1:2], model="other-model")
    short = [at(good[0], vector=VECTORS[0][:32])]

    for wrong in (good + other, good + short):
        with pytest.raises(WrongSpace, match="index holds test-model with 64 dimensions"):
            await index.upsert(wrong)
    with pytest.raises(WrongSpace):
        await index.search("ann", QUERY[:32], 1)
    assert await index.ids() == set()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
async def test_vectors_without_a_direction_are_refused(index: VectorIndex, value: float) -> None:
    bad = np.full(SPACE.dimensions, value, dtype=np.float32)

    with pytest.raises(BadVector):
        await index.upsert([*entries(VECTORS[:1]), *entries(bad[np.newaxis], user="bob")])
    with pytest.raises(BadVector):
        await index.search("ann", bad, 1)
    assert await index.ids() == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"user": ""},
        {"session": ""},
        {"id": "x" * 16},
        {"message": "é"},
        {"id": "a\0"},
        {"chunk": -1},
        {"chunk": 2**32},
    ],
)
async def test_what_no_record_can_have_is_refused(
    index: VectorIndex, changes: dict[str, object]
) -> None:
    with pytest.raises(VectorError):
        await index.upsert([at(entries(VECTORS[:1])[0], **changes)])


def test_every_space_has_a_name_of_its_own() -> None:
    keys = {Space(*space).key for space in [("a/b", 64), ("a-b", 64), ("A/b", 64), ("a/b", 128)]}

    assert len(keys) == 4
    assert all(key.replace("-", "").isalnum() and key.isascii() for key in keys)
