"""The index inside this process: exactness, isolation, what removing leaves, and threads."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.domain.space import Space
from sidecar.errors import ConfigError
from sidecar.index import scan, store, tenant
from sidecar.index.base import Entry, IndexUnavailable, Vector
from sidecar.index.codec import HALF, encode_vector
from sidecar.index.codes import Codes, Distances, distances, sign_codes
from sidecar.index.exact import ExactIndex, open_exact
from sidecar.index.store import Store
from sidecar.index.vectors import Slots, VectorFile
from tests.indexes import SPACE, clustered, entries, expected, recall, record

MANY = Space("test-model", 128)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[ExactIndex]:
    async with open_exact(tmp_path, SPACE) as opened:
        yield opened


@contextmanager
def opened(folder: Path, space: Space = SPACE) -> Iterator[Store]:
    made = Store.open(folder, space)
    try:
        yield made
    finally:
        made.close()


def ids(found: Store, query: Vector, limit: int = 10, user: str = "ann") -> list[str]:
    return [hit.id for hit in found.search(user, query, limit, "all", None, ())]


USERS = st.sampled_from(["ann", "bob", "cat"])
NUMBERS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), USERS, st.lists(NUMBERS, max_size=12)),
        st.tuples(st.just("remove"), USERS, st.lists(NUMBERS, max_size=12)),
        st.tuples(st.just("remove_session"), USERS, NUMBERS),
        st.tuples(st.just("remove_user"), USERS, st.none()),
        st.tuples(st.just("save"), st.none(), st.none()),
        st.tuples(st.just("reopen"), st.none(), st.none()),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(0, 2**32))
def test_whatever_was_done_a_search_finds_what_a_plain_one_finds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    held: dict[str, Entry] = {}
    folder = tmp_path_factory.mktemp("index")
    found = Store.open(folder, SPACE)
    with pytest.MonkeyPatch.context() as patch:
        # Compaction of memory and file happens within a few rows.
        patch.setattr(tenant, "_COMPACT_FROM", 3)
        patch.setattr(store, "_REWRITE_FROM", 5)
        for step, user, detail in steps:
            if step == "upsert":
                pool = random.standard_normal((31, SPACE.dimensions)).astype(np.float32)
                chosen = [entries(pool, user=user)[number] for number in detail]
                found.upsert(chosen)
                held |= {entry.id: entry for entry in chosen}
            elif step == "remove":
                gone = [record("embedding", f"{user}/{number}") for number in detail]
                found.remove(gone)
                held = {id: entry for id, entry in held.items() if id not in gone}
            elif step == "remove_session":
                session = record("session", f"{user}/{detail}")
                found.remove_session(session)
                held = {id: entry for id, entry in held.items() if entry.session != session}
            elif step == "remove_user":
                found.remove_user(user)
                held = {id: entry for id, entry in held.items() if entry.user != user}
            else:
                found.save("now")
                if step == "reopen":
                    found.close()
                    found = Store.open(folder, SPACE)
        query = random.standard_normal(SPACE.dimensions).astype(np.float32)
        for user in ("ann", "bob", "cat"):
            wanted = [id for id, _ in expected(list(held.values()), query, 100, user=user)]
            assert set(ids(found, query, 100, user)) == set(wanted)
            hits = found.search(user, query, 3, "all", None, ())
            scores = [score for _, score in expected(list(held.values()), query, 3, user=user)]
            assert [hit.score for hit in hits] == pytest.approx(scores, abs=2e-3)
        assert found.ids() == held.keys()
        for known in found._tenants.values():
            view = known.view()
            rows = np.flatnonzero(view.kinds)
            stored = found._vectors.read(view.table.rows["slot"][rows]).astype(HALF)
            assert np.array_equal(view.table.codes[:, rows], sign_codes(stored))
    found.close()


@pytest.mark.parametrize("clusters", [2_000, 200, 20])
def test_of_many_clustered_vectors_99_of_100_hits_are_right(tmp_path: Path, clusters: int) -> None:
    # The fewer the clusters, the more rows are about equally near, and codes tell less.
    vectors = clustered(20_000, MANY.dimensions, clusters=clusters, spread=0.8)
    held = entries(vectors)
    with opened(tmp_path, MANY) as found:
        for start in range(0, len(held), 2_000):
            found.upsert(held[start : start + 2_000])
        found_part = []
        for number in range(0, len(held), 400):
            query = vectors[number] + vectors[number - 7] * np.float32(0.3)
            best = np.argsort(-(vectors @ query))[:10]
            found_part.append(recall(ids(found, query), [held[row].id for row in best]))

    assert np.mean(found_part) >= 0.99


def test_thousands_of_equal_vectors_do_not_hide_a_nearer_one(tmp_path: Path) -> None:
    equal = np.ones((5_000, SPACE.dimensions), dtype=np.float32)
    query = np.ones(SPACE.dimensions, dtype=np.float32)
    query[0] = -1
    with opened(tmp_path) as found:
        found.upsert(entries(equal))
        found.upsert([nearer := entries(query[np.newaxis], user="ann", messages_a_session=9)[0]])

        hits = found.search("ann", query, 3, "all", None, ())

    assert hits[0].id == nearer.id
    assert hits[0].score == pytest.approx(1.0, abs=1e-3)
    assert len(hits) == 3


def test_a_search_reads_codes_and_vectors_of_its_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = clustered(1_500, SPACE.dimensions, clusters=5, spread=0.5)
    scanned: list[Codes] = []
    read: list[int] = []
    read_rows = VectorFile._read

    def watched_distances(codes: Codes, query: Codes) -> Distances:
        scanned.append(codes)
        return distances(codes, query)

    def watched_read(file: VectorFile, slots: Slots) -> Iterator[Vector]:
        read.extend(slots.tolist())
        return read_rows(file, slots)

    with opened(tmp_path) as found:
        for start in range(0, 1_500, 100):  # so that the rows of both lie mixed in the file
            for user in ("ann", "bob"):
                found.upsert(entries(vectors, user=user)[start : start + 100])
        monkeypatch.setattr(scan, "distances", watched_distances)
        monkeypatch.setattr(VectorFile, "_read", watched_read)
        found.search("ann", vectors[0], 10, "all", None, ())
        found.search("eve", vectors[0], 10, "all", None, ())
        theirs = found._tenants["bob"].view().table

    assert len(scanned) == 1
    assert scanned[0].shape == (1, 1_500)
    assert not np.shares_memory(scanned[0], theirs.codes)
    assert 0 < len(read) < 1_500
    assert not set(read) & set(theirs.rows["slot"][: theirs.count].tolist())


def test_memory_of_removed_rows_is_given_back(tmp_path: Path) -> None:
    held = entries(clustered(3_000, SPACE.dimensions, clusters=9, spread=0.5))
    with opened(tmp_path) as found:
        found.upsert(held)
        full = found.stats()
        found.remove([entry.id for entry in held[100:]])
        found.save("now")

        assert found.stats().memory_bytes < full.memory_bytes / 5
        assert set(ids(found, held[0].vector, 3_000)) == {entry.id for entry in held[:100]}


def test_replacing_again_and_again_does_not_grow_the_index(tmp_path: Path) -> None:
    held = entries(clustered(300, SPACE.dimensions, clusters=9, spread=0.5))
    with opened(tmp_path) as found:
        found.upsert(held)
        for round in range(60):
            found.upsert(held)
            if round % 5 == 0:
                found.save("now")
        found.save("now")
        stats = found.stats()

        assert stats.rows == 300
        assert stats.memory_bytes < 300 * 2_000
        assert found._vectors.rows < 300 + store._REWRITE_FROM
        assert ids(found, held[7].vector, 1) == [held[7].id]


def test_what_was_removed_leaves_the_disk_with_the_next_save(tmp_path: Path) -> None:
    gone, *kept = entries(clustered(12, SPACE.dimensions, clusters=4, spread=0.9))[4:]
    stored = base64.b64decode(encode_vector(gone.vector))
    with opened(tmp_path) as found:
        found.upsert([gone, *kept])
        found.save("one")
        snapshot, vectors = tmp_path / "snapshot", found._vectors.path
        assert stored in vectors.read_bytes()
        assert gone.session.encode() in snapshot.read_bytes()
        found.remove([gone.id])
        found.save("two")

        assert stored not in vectors.read_bytes()
        assert gone.id.encode() not in snapshot.read_bytes()
        assert gone.session.encode() not in snapshot.read_bytes()
        assert set(ids(found, gone.vector)) == {entry.id for entry in kept}


def test_a_search_under_way_still_reads_what_a_save_wipes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = entries(clustered(20, SPACE.dimensions, clusters=4, spread=0.9))
    reads, proceeds = threading.Event(), threading.Event()
    read = VectorFile._read

    def slow_read(file: VectorFile, slots: Slots) -> Iterator[Vector]:
        reads.set()
        proceeds.wait(60)
        return read(file, slots)

    with opened(tmp_path) as found, ThreadPoolExecutor(2) as threads:
        found.upsert(held)
        monkeypatch.setattr(VectorFile, "_read", slow_read)
        search = threads.submit(ids, found, held[7].vector, 1)
        assert reads.wait(60)
        found.remove([entry.id for entry in held])
        save = threads.submit(found.save, "now")
        assert not wait([save], timeout=0.1).done
        proceeds.set()

        assert search.result(60) == [held[7].id]
        save.result(60)
        assert not found._vectors.path.read_bytes()[4_096:].strip(b"\0")


async def test_searches_see_each_write_whole_while_it_goes_on(index: ExactIndex) -> None:
    # Every round replaces all vectors; a search that saw half a write would find both kinds.
    up = np.ones((200, SPACE.dimensions), dtype=np.float32)
    await index.upsert(entries(up))
    writing = True

    async def write() -> None:
        nonlocal writing
        for round in range(40):
            await index.upsert(entries(up if round % 2 else -up))
            if round % 10 == 0:
                await index.save("now")
        writing = False

    async def search() -> int:
        searches = 0
        while writing:
            hits = await index.search("ann", up[0], 300)
            assert len({hit.id for hit in hits}) == len(hits) == 200
            assert len({round(hit.score) for hit in hits}) == 1
            searches += 1
        return searches

    _, *searches = await asyncio.gather(write(), search(), search())
    assert all(searches)


async def test_a_long_search_does_not_hold_up_the_event_loop(
    index: ExactIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    await index.upsert(entries(clustered(10, SPACE.dimensions, clusters=2, spread=0.5)))
    running = threading.Semaphore(0)
    free = threading.Event()
    most = 0

    def slow(*args: object) -> list[Any]:
        nonlocal most
        running.release()
        most = max(most, threading.active_count())
        free.wait(60)
        return []

    monkeypatch.setattr(store, "best", slow)
    before = threading.active_count()
    query = np.ones(SPACE.dimensions, dtype=np.float32)
    searches = [asyncio.create_task(index.search("ann", query, 1)) for _ in range(9)]
    await asyncio.sleep(0.05)
    free.set()
    await asyncio.gather(*searches)

    assert most - before <= 2


async def test_writes_happen_in_the_order_in_which_they_were_asked_for(index: ExactIndex) -> None:
    held = entries(clustered(50, SPACE.dimensions, clusters=4, spread=0.5))
    tasks = []
    for _ in range(20):
        tasks.append(index.upsert(held))
        tasks.append(index.remove_user("ann"))
    tasks.append(index.upsert(held[:7]))
    await asyncio.gather(*tasks)

    assert await index.count("ann") == 7


async def test_a_disk_that_fails_is_told_without_its_words(
    index: ExactIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device: /secret")

    monkeypatch.setattr(VectorFile, "_write", full)

    with pytest.raises(IndexUnavailable, match="cannot use its disk") as raised:
        await index.upsert(entries(clustered(3, SPACE.dimensions, clusters=1, spread=0.5)))
    assert "secret" not in raised.value.message
    assert await index.count("ann") == 0


async def test_two_processes_cannot_use_one_folder(tmp_path: Path) -> None:
    async with open_exact(tmp_path, SPACE):
        with pytest.raises(ConfigError, match="in use by another process"):
            await open_exact(tmp_path, SPACE).__aenter__()
        async with open_exact(tmp_path, MANY):
            pass
    async with open_exact(tmp_path, SPACE):
        pass
