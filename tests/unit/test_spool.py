"""The spool: what is kept, in which order it goes, what bounds it, and what damages it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from sidecar.domain.clock import Clock
from sidecar.domain.keys import ApiKey
from sidecar.domain.writes import Write
from sidecar.errors import Conflict, PocketBaseUnavailable, SpoolRefused
from sidecar.pocketbase.ingest import Committer
from sidecar.services.writer import GroupWriter
from sidecar.spool.file import NAME, SpoolFile
from sidecar.spool.spool import Spool
from sidecar.workers.spool import Drainer
from tests.unit.test_writer import STORED, NotedPocketBase, Sent, outcomes, started, write

PATIENCE = 60.0
SOON = 0.05
_DAY = 86_400_000


def spool_in(folder: Path, *, now: int = 1_000, **bounds: Any) -> Spool:
    wanted = {"most_bytes": 1_000_000, "most_hours": 1.0} | bounds
    return Spool(folder, Clock(lambda: now), **wanted)


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[Spool]:
    spool = spool_in(folder, **options)
    await spool.open()
    try:
        yield spool
    finally:
        await spool.aclose()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path) as found:
        yield found


def session(name: str, **options: Any) -> Write:
    return write(name, **options)


def name_of(write: Write) -> str:
    return write.sessions.decode().split('"')[3]


async def names(spool: Spool) -> list[str]:
    return [name_of(kept.write) for kept in await spool.oldest()]


# What is kept.


async def test_writes_come_back_whole_and_in_order_after_a_restart(tmp_path: Path) -> None:
    given = Write("u", None, b'{"id":"s"}', b'{"id":"m"}', b'{"id":"p"}', frozenset({"m", "n"}))
    async with opened(tmp_path) as spool:
        await spool.append([session("a"), given])
        await spool.append([session("b")])
    async with opened(tmp_path) as spool:
        assert spool.state.counts.waiting == 3
        found = [kept.write for kept in await spool.oldest()]

    assert [name_of(one) for one in found] == ["a", "s", "b"]
    assert (found[1].user, found[1].key, found[1].replaces) == ("u", None, given.replaces)
    assert (found[1].messages, found[1].parts) == (given.messages, given.parts)


async def test_nobody_else_may_read_the_files(spool: Spool, tmp_path: Path) -> None:
    await spool.append([session("a")])

    names = ("lock", NAME, f"{NAME}-journal")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in names} == {0o600}


async def test_what_is_taken_is_removed_and_what_is_refused_is_set_aside(spool: Spool) -> None:
    await spool.append([session(name) for name in "abc"])
    a, b, _ = await spool.oldest()
    await spool.settle([a], [(b, "no")])

    assert await names(spool) == ["c"]
    counts = spool.state.counts
    assert (counts.waiting, counts.aside) == (1, 1)
    assert counts.aside_bytes == b.write.size


async def test_what_the_command_line_lets_wait_again_is_noticed(
    spool: Spool, tmp_path: Path
) -> None:
    await spool.append([session(name) for name in "abc"])
    a, b, c = await spool.oldest()
    await spool.settle([c], [(a, "no"), (b, "no")])
    with closing(SpoolFile(tmp_path / NAME)) as file:
        assert [(one.id, one.reason, one.sessions) for one in file.aside()] == [
            (a.id, "no", ["a"]),
            (b.id, "no", ["b"]),
        ]
        assert file.retry([b.id, 999]) == 1
        assert file.discard(None) == 1
    await spool.look_again()

    assert await names(spool) == ["b"]
    assert (spool.state.counts.waiting, spool.state.counts.aside) == (1, 0)


async def test_the_space_of_what_was_taken_is_given_back(tmp_path: Path) -> None:
    async with opened(tmp_path, most_bytes=10_000_000) as spool:
        await spool.append([session("large", size=3_000_000)])
        assert _bytes_in(tmp_path) > 3_000_000
        await spool.settle(await spool.oldest(), [])
        assert _bytes_in(tmp_path) < 300_000


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


async def test_writes_of_a_deleted_user_are_removed(spool: Spool) -> None:
    await spool.append([session("a", user="gone"), session("b", user="stays")])
    spool.forget_user("gone")

    assert await names(spool) == ["b"]
    assert spool.state.counts.waiting == 1


async def test_a_user_may_be_deleted_while_their_writes_are_brought(spool: Spool) -> None:
    await spool.append([session("a", user="gone"), session("b", user="stays")])
    brought = await spool.oldest()
    spool.forget_user("gone")
    await spool.append([session("c")])
    await spool.settle(brought, [])

    assert await names(spool) == ["c"]
    assert spool.state.counts.waiting == 1


async def test_keys_are_known_after_a_restart_until_they_are_forgotten(tmp_path: Path) -> None:
    keys = [ApiKey(id, "u", f"hash-{id}", 5, 0) for id in "ab"]
    async with opened(tmp_path) as spool:
        for key in keys:
            spool.remember(key)
        spool.forget(["hash-a"])
    async with opened(tmp_path) as spool:
        assert await spool.known_keys() == [keys[1]]


async def test_turns_sort_behind_those_of_earlier_starts(tmp_path: Path) -> None:
    turns = []
    for _ in range(3):
        async with opened(tmp_path) as spool:
            turns += [spool.turn() for _ in range(11)]

    assert None not in turns
    assert len({turn[0] for turn in turns if turn}) == 1
    assert turns == sorted(turns, key=lambda turn: turn or ("", ""))


# Bounds.


async def test_beyond_the_bytes_nothing_is_taken_and_nothing_dropped(tmp_path: Path) -> None:
    async with opened(tmp_path, most_bytes=1_000) as spool:
        await spool.append([session("a", size=300)])
        with pytest.raises(SpoolRefused) as refused:
            await spool.append([session("b", size=300), session("c", size=400)])
        assert refused.value.retry_after
        assert "OPENSYNC_SPOOL_BYTES" in spool.state.full
        assert await names(spool) == ["a"]

        # What was set aside takes room, too; what was taken makes it.
        (a,) = await spool.oldest()
        await spool.settle([], [(a, "no")])
        with pytest.raises(SpoolRefused):
            await spool.append([session("d", size=700)])
        await spool.append([session("e", size=100)])
        assert spool.state.full == ""


async def test_when_nothing_went_for_too_long_nothing_more_is_taken(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        await spool.append([session("a")])
    async with opened(tmp_path, now=_DAY) as spool:
        with pytest.raises(SpoolRefused):
            await spool.append([session("b")])
        assert "OPENSYNC_SPOOL_HOURS" in spool.state.full
        (a,) = await spool.oldest()
        await spool.settle([], [(a, "no")])
        await spool.append([session("c")])


async def test_the_last_of_the_disk_is_left_free(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
    with pytest.raises(SpoolRefused):
        await spool.append([session("a")])
    await spool.look_again()
    assert "full" in spool.state.problem
    monkeypatch.undo()
    await spool.look_again()
    assert spool.state.problem == ""
    await spool.append([session("b")])

    assert await names(spool) == ["b"]


async def test_a_disk_that_is_full_in_the_middle_keeps_none_of_the_writes(spool: Spool) -> None:
    await spool.append([session("a")])
    assert spool._file is not None
    pages = spool._file._db.execute("PRAGMA page_count").fetchone()[0]
    spool._file._db.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(SpoolRefused):
        await spool.append([session("b"), session("c", size=500_000)])
    assert "full" in spool.state.problem
    # What waits can still be brought to PocketBase, and that makes room.
    assert await names(spool) == ["a"]
    await spool.settle(await spool.oldest(), [])
    await spool.append([session("d")])

    assert await names(spool) == ["d"]


# Damage.


@pytest.mark.parametrize("damage", [b"not a database" * 100, None], ids=["replaced", "overwritten"])
async def test_a_damaged_file_is_put_aside_and_told(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / NAME
    async with opened(tmp_path) as spool:
        await spool.append([session(name, size=9_000) for name in "abc"])
    before = path.read_bytes()
    path.write_bytes(damage or before[:4096] + b"\xff" * (len(before) - 4096))
    spoiled = path.read_bytes()
    async with opened(tmp_path) as spool:
        (name,) = spool.state.damaged
        assert name in " ".join(spool.state.notices)
        await spool.append([session("d")])
        assert await names(spool) == ["d"]
    async with opened(tmp_path) as spool:
        assert spool.state.damaged == (name,)

    assert (tmp_path / name).read_bytes() == spoiled


async def test_only_one_process_keeps_a_spool(spool: Spool, tmp_path: Path) -> None:
    async with opened(tmp_path) as second:
        assert "Another sidecar" in second.state.problem
        with pytest.raises(SpoolRefused):
            await second.append([session("a")])
        assert second.turn() is None


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        await spool.append([session("a")])
    with closing(sqlite3.connect(tmp_path / NAME)) as database:
        database.execute("PRAGMA user_version = 99")
    async with opened(tmp_path) as spool:
        assert "newer version" in spool.state.problem
        assert spool.state.damaged == ()


# PocketBase away, and back.


class Away(NotedPocketBase):
    """Takes groups unless it is away."""

    def __init__(self, answer: Callable[[Sent], Any] = lambda sent: STORED) -> None:
        super().__init__(lambda sent: PocketBaseUnavailable("away") if self.away else answer(sent))
        self.away = True

    async def healthy(self) -> bool:
        return not self.away

    @property
    def stored(self) -> list[str]:
        return [name for group in self.groups for name in group.names]


@asynccontextmanager
async def service(
    pocketbase: NotedPocketBase, spool: Spool, *, patience: float = SOON
) -> AsyncIterator[GroupWriter]:
    """Run the writer and what drains the spool."""
    committer = Committer(pocketbase, turn=spool.turn)
    drainer = Drainer(spool, committer, longest_pause=0.1, look_every=0.1)
    writer = GroupWriter(committer, spool, patience=patience, on_kept=drainer.nudge)
    stop = asyncio.Event()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        group.create_task(writer.run(stop))
        group.create_task(drainer.run(stop))
        yield writer
        stop.set()


async def empty(spool: Spool) -> None:
    while spool.state.counts.waiting:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_while_pocketbase_is_away_writes_are_kept_and_brought_in_order(spool: Spool) -> None:
    pocketbase = Away()
    async with service(pocketbase, spool) as writer:
        for name in "abc":
            await writer.write(session(name))
        assert await names(spool) == ["a", "b", "c"]
        pocketbase.groups.clear()
        pocketbase.away = False
        await empty(spool)
        await writer.write(session("d"))

    tried = pocketbase.stored
    assert tried[-4:] == ["a", "b", "c", "d"]
    assert spool.state.counts.waiting == 0


async def test_while_anything_waits_what_comes_goes_behind_it(spool: Spool) -> None:
    """PocketBase is back already, and in the middle of what waited."""
    pocketbase = Away()
    async with service(pocketbase, spool) as writer:
        await writer.write(session("a"))
        pocketbase.groups.clear()
        pocketbase.gate.clear()
        pocketbase.asked.clear()
        pocketbase.away = False
        await pocketbase.asked.wait()
        for name in "bc":
            await writer.write(session(name))
        pocketbase.gate.set()
        await empty(spool)

    assert pocketbase.stored == ["a", "b", "c"]


async def test_no_write_overtakes_another_while_pocketbase_comes_and_goes(spool: Spool) -> None:
    taken: list[str] = []

    def note(sent: Sent) -> Any:
        taken.extend(sent.names)
        return STORED

    pocketbase = Away(note)
    sent = [f"{number:04}" for number in range(300)]
    async with service(pocketbase, spool, patience=0.02) as writer:
        for number, name in enumerate(sent):
            if number % 15 == 0:
                pocketbase.away = not pocketbase.away
            await writer.write(session(name))
        pocketbase.away = False
        await empty(spool)

    assert taken == sent


async def test_pocketbase_that_hangs_is_not_waited_for(spool: Spool) -> None:
    pocketbase = NotedPocketBase()
    pocketbase.gate.clear()
    async with service(pocketbase, spool) as writer:
        await asyncio.gather(*(writer.write(session(name)) for name in "abc"))
        assert spool.state.counts.waiting == 3
        pocketbase.gate.set()
        await empty(spool)


async def test_a_write_that_is_refused_is_set_aside_and_the_others_go(spool: Spool) -> None:
    def answer(sent: Sent) -> Any:
        return Conflict("It is somebody else's.") if "c" in sent.names else STORED

    pocketbase = Away(answer)
    async with service(pocketbase, spool) as writer:
        for name in "abcdef":
            await writer.write(session(name))
        pocketbase.groups.clear()
        pocketbase.away = False
        await empty(spool)

    assert spool.state.counts.aside == 1
    brought = [group.names for group in pocketbase.groups if "c" not in group.names]
    assert sorted({name for names in brought for name in names}) == list("abdef")


async def test_a_write_over_which_pocketbase_dies_is_set_aside_and_the_others_go(
    spool: Spool,
) -> None:
    """A supervisor starts it again each time."""

    class Dying(Away):
        ended = False

        async def healthy(self) -> bool:
            ended, self.ended = self.ended, False
            return not (self.away or ended)

    def answer(sent: Sent) -> Any:
        pocketbase.ended = "deadly" in sent.names
        return PocketBaseUnavailable("ended") if pocketbase.ended else STORED

    pocketbase = Dying(answer)
    async with service(pocketbase, spool) as writer:
        for name in ("a", "b", "deadly", "c", "d"):
            await writer.write(session(name))
        pocketbase.groups.clear()
        pocketbase.away = False
        await empty(spool)
        counts = spool.state.counts

    assert counts.aside == 1
    taken = [group.names for group in pocketbase.groups if "deadly" not in group.names]
    assert [name for names in taken for name in names] == ["a", "b", "c", "d"]


async def test_writes_that_replace_the_same_parts_are_brought_one_after_the_other(
    spool: Spool,
) -> None:
    pocketbase = Away()
    async with service(pocketbase, spool) as writer:
        for name in "abc":
            await writer.write(session(name, replaces=["m"]))
        pocketbase.groups.clear()
        pocketbase.away = False
        await empty(spool)

    assert [group.names for group in pocketbase.groups][-3:] == [["a"], ["b"], ["c"]]


async def test_a_stop_keeps_what_pocketbase_did_not_take(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        pocketbase = NotedPocketBase()
        pocketbase.gate.clear()
        async with service(pocketbase, spool) as writer:
            tasks = started(writer.write(session(name)) for name in "abc")
            await pocketbase.asked.wait()
        assert await outcomes(tasks) == ["", "", ""]
    async with opened(tmp_path) as spool:
        assert await names(spool) == ["a", "b", "c"]


async def test_where_the_spool_cannot_keep_a_write_it_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, most_bytes=0) as spool:
        pocketbase = Away()
        async with service(pocketbase, spool) as writer:
            with pytest.raises(SpoolRefused):
                await writer.write(session("a"))
            pocketbase.away = False
            await writer.write(session("b"))


async def test_the_spool_is_not_touched_while_pocketbase_is_there(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pocketbase = NotedPocketBase()
    committer = Committer(pocketbase, turn=spool.turn)
    writer = GroupWriter(committer, spool, patience=PATIENCE)

    def touched(work: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(spool, "_do", touched)
        stop = asyncio.Event()
        running = asyncio.create_task(writer.run(stop))
        for name in "abc":
            await writer.write(session(name))
        stop.set()
        await running

    assert [group.names for group in pocketbase.groups] == [["a"], ["b"], ["c"]]
