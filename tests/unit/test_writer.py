"""Group commit, with a PocketBase that only takes notes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sidecar.domain.rows import MessageRows
from sidecar.domain.writes import Write, encode, group_length
from sidecar.errors import (
    PocketBaseUnavailable,
    SpoolRefused,
    Unauthenticated,
    UpstreamError,
)
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.ingest import Committer
from sidecar.services import writer as module
from sidecar.services.writer import GroupWriter
from sidecar.spool.spool import Spool, State

PATIENCE = 60.0


@dataclass(frozen=True)
class Sent:
    """One group as it was sent."""

    keys: list[list[str]]
    users: list[str]
    sessions: list[Any]
    messages: list[Any]
    parts: list[Any]

    @property
    def names(self) -> list[str]:
        return [row["id"] for row in self.sessions]


STORED: dict[str, Any] = {"changed": [], "subscribers": 0}

Answer = Callable[[Sent], Any]


class NotedPocketBase(PocketBase):
    """Takes groups while its gate is open, and answers what it is told to."""

    def __init__(self, answer: Answer = lambda sent: STORED) -> None:
        self.groups: list[Sent] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self._answer = answer

    async def healthy(self) -> bool:
        return True

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        content: bytes | None = None,
        seconds: float | None = None,
    ) -> httpx.Response:
        assert (method, path) == ("POST", "/api/opensync/ingest")
        assert content is not None
        sent = parsed(content)
        self.groups.append(sent)
        self.asked.set()
        await self.gate.wait()
        answer = self._answer(sent)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, content=answer) if isinstance(answer, bytes) else ok(answer)


class NoSpool(Spool):
    """Keeps nothing."""

    def __init__(self) -> None:
        self.state = State()

    async def append(self, writes: Sequence[Write]) -> None:
        raise SpoolRefused("The database is away. Send it again.")


def writer_of(
    pocketbase: PocketBase,
    *,
    patience: float = PATIENCE,
    on_change: Callable[[Sequence[str], int], None] = lambda sessions, subscribers: None,
) -> GroupWriter:
    committer = Committer(pocketbase, on_change=on_change)
    return GroupWriter(committer, NoSpool(), patience=patience)


def ok(value: Any) -> httpx.Response:
    return httpx.Response(200, json=value)


def parsed(content: bytes) -> Sent:
    head, *rows = [json.loads(line) for line in content.split(b"\n")]
    return Sent(head["keys"], head["users"], *rows)


def write(
    name: str,
    *,
    user: str = "user",
    key: str | None = "key",
    replaces: Iterable[str] = (),
    size: int = 0,
) -> Write:
    row = json.dumps({"id": name, "padding": "x" * size}).encode()
    return Write(user, key, row, b"", b"", frozenset(replaces))


@asynccontextmanager
async def running(writer: GroupWriter) -> AsyncIterator[asyncio.Event]:
    """Run the writer; at the end ask it to stop and wait until it has."""
    stop = asyncio.Event()
    task = asyncio.create_task(writer.run(stop))
    async with asyncio.timeout(PATIENCE):
        yield stop
        stop.set()
        await task


@asynccontextmanager
async def one_in_flight(
    pocketbase: NotedPocketBase, writer: GroupWriter
) -> AsyncIterator[asyncio.Event]:
    """Run the writer with its first write under way; the block adds more, then the gate opens."""
    async with running(writer) as stop:
        pocketbase.gate.clear()
        first = asyncio.create_task(writer.write(write("first")))
        await pocketbase.asked.wait()
        yield stop
        pocketbase.gate.set()
        await first


def started(writes: Iterable[Coroutine[Any, Any, None]]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(one) for one in writes]


async def outcomes(tasks: Sequence[asyncio.Task[None]]) -> list[str]:
    """Return the kind of exception of each write, '' for one that was stored."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return ["" if result is None else type(result).__name__ for result in results]


# Groups.


async def test_writes_that_arrive_while_one_is_in_flight_share_the_next() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(write(name)) for name in "abc")
        await asyncio.sleep(0)
        assert writer.pending == 3

    assert await outcomes(tasks) == ["", "", ""]
    assert [group.names for group in pocketbase.groups] == [["first"], ["a", "b", "c"]]
    assert writer.pending == 0


async def test_a_write_alone_does_not_wait_for_others() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    async with running(writer):
        for name in ("a", "b"):
            await writer.write(write(name))

    assert [group.names for group in pocketbase.groups] == [["a"], ["b"]]


async def test_a_group_names_each_key_and_user_once_and_no_key_where_there_is_none() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    who = [("u2", "k2"), ("u1", "k1"), ("u2", None), ("u1", "k1"), ("u3", None)]
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(write("x", user=user, key=key)) for user, key in who)
        await asyncio.sleep(0)

    assert await outcomes(tasks) == [""] * 5
    assert pocketbase.groups[1].keys == [["k1", "u1"], ["k2", "u2"]]
    assert pocketbase.groups[1].users == ["u1", "u2", "u3"]


async def test_writes_that_replace_the_parts_of_one_message_never_share_a_group() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    replaced = [["m1"], ["m2"], [], ["m1", "m3"], ["m4"], ["m3"], ["m3"]]
    async with one_in_flight(pocketbase, writer):
        tasks = started(
            writer.write(write(str(number), replaces=messages))
            for number, messages in enumerate(replaced)
        )
        await asyncio.sleep(0)

    assert await outcomes(tasks) == [""] * len(replaced)
    names = [group.names for group in pocketbase.groups[1:]]
    assert names == [["0", "1", "2"], ["3", "4"], ["5"], ["6"]]


def test_a_group_is_closed_when_it_is_large() -> None:
    sizes = {"a": 300, "b": 300, "c": 600, "huge": 5000, "d": 10}
    writes = [write(name, size=size) for name, size in sizes.items()]

    lengths = []
    while writes:
        lengths.append(group_length(writes, 1000))
        writes = writes[lengths[-1] :]
    assert lengths == [2, 1, 1, 1]


async def test_what_changed_is_passed_on_once_it_is_stored() -> None:
    heard: list[tuple[list[str], int]] = []
    answers: list[Any] = [{"changed": ["s1", "s2"], "subscribers": 3}, UpstreamError("no")]
    writer = writer_of(
        NotedPocketBase(lambda sent: answers.pop(0)),
        on_change=lambda sessions, subscribers: heard.append((list(sessions), subscribers)),
    )
    async with running(writer):
        await writer.write(write("a"))
        with pytest.raises(UpstreamError):
            await writer.write(write("b"))

    assert heard == [(["s1", "s2"], 3)]


# Refusals.


@pytest.mark.parametrize("culprits", [{"3"}, {"0"}, {"7"}, {"2", "5"}, set("01234567"), set()])
async def test_a_refused_group_is_divided_until_the_culprits_are_alone(culprits: set[str]) -> None:
    def answer(sent: Sent) -> Any:
        return UpstreamError("clash") if culprits & set(sent.names) else STORED

    pocketbase = NotedPocketBase(answer)
    writer = writer_of(pocketbase)
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(write(str(number))) for number in range(8))
        await asyncio.sleep(0)

    assert await outcomes(tasks) == [
        "UpstreamError" if str(number) in culprits else "" for number in range(8)
    ]
    stored = [name for g in pocketbase.groups if not culprits & set(g.names) for name in g.names]
    assert sorted(stored) == sorted({"first", *map(str, range(8))} - culprits)
    # Halving, not trying one by one: two groups a level for a single culprit.
    assert len(culprits) != 1 or len(pocketbase.groups) == 2 + 2 * 3


async def test_writes_of_a_key_or_user_that_is_gone_are_refused_and_the_others_stored() -> None:
    def answer(sent: Sent) -> Any:
        writers = {*(key for key, _ in sent.keys), *sent.users}
        gone = [name for name in ("revoked", "deleted") if name in writers]
        return {"refused": gone} if gone else STORED

    pocketbase = NotedPocketBase(answer)
    writer = writer_of(pocketbase)
    writes = [
        write("a"),
        write("b", key="revoked"),
        write("c", user="deleted", key="other"),
        write("d", key=None),
        write("e", user="deleted", key=None),
    ]
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(one) for one in writes)
        await asyncio.sleep(0)

    assert await outcomes(tasks) == [
        "",
        "Unauthenticated",
        "Unauthenticated",
        "",
        "Unauthenticated",
    ]
    assert [group.names for group in pocketbase.groups[1:]] == [list("abcde"), ["a", "d"]]


async def test_a_group_of_refused_writers_alone_is_not_sent_again() -> None:
    pocketbase = NotedPocketBase(lambda sent: {"refused": sent.users})
    writer = writer_of(pocketbase)
    async with running(writer):
        with pytest.raises(Unauthenticated):
            await writer.write(write("a"))

    assert len(pocketbase.groups) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"", b"null", b"[]", b'{"refused":["somebody"]}'])
async def test_an_answer_that_is_not_understood_fails_the_write_and_leaves_nobody_waiting(
    answer: bytes,
) -> None:
    writer = writer_of(NotedPocketBase(lambda sent: answer))
    run = asyncio.create_task(writer.run(asyncio.Event()))
    tasks = started([writer.write(write("a"))])
    _, waiting = await asyncio.wait(tasks, timeout=PATIENCE)
    run.cancel()
    await asyncio.wait({run})
    # Whether the writer crashed over it is for whoever supervises it.
    _ = run.cancelled() or run.exception()
    for task in waiting:
        task.cancel()

    assert await outcomes(tasks) == ["UpstreamError"]


# PocketBase away.


async def test_a_write_waits_for_pocketbase_to_come_back() -> None:
    answers: list[Any] = [PocketBaseUnavailable("away"), PocketBaseUnavailable("away"), STORED]
    pocketbase = NotedPocketBase(lambda sent: answers.pop(0))
    writer = writer_of(pocketbase)
    async with running(writer):
        await writer.write(write("a"))

    assert [group.names for group in pocketbase.groups] == [["a"]] * 3


async def test_without_a_spool_a_write_is_given_up_and_the_next_is_tried_anew() -> None:
    away = True
    pocketbase = NotedPocketBase(
        lambda sent: PocketBaseUnavailable("The database is away.") if away else STORED
    )
    writer = writer_of(pocketbase, patience=0.05)
    async with running(writer):
        with pytest.raises(PocketBaseUnavailable, match="away") as refused:
            await writer.write(write("a"))
        away = False
        await writer.write(write("b"))

    assert refused.value.retry_after
    assert pocketbase.groups[-1].names == ["b"]


async def test_a_group_that_pocketbase_could_not_take_is_not_divided() -> None:
    pocketbase = NotedPocketBase(lambda sent: PocketBaseUnavailable("away"))
    writer = writer_of(pocketbase, patience=0.05)
    async with running(writer):
        pocketbase.gate.clear()
        tasks = started(writer.write(write(name)) for name in "abcd")
        await pocketbase.asked.wait()
        pocketbase.gate.set()
        assert await outcomes(tasks) == ["SpoolRefused"] * 4

    assert {tuple(group.names) for group in pocketbase.groups} == {tuple("abcd")}


async def test_more_than_can_be_held_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING_BYTES", 1000)
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(write(name, size=400)) for name in "ab")
        await asyncio.sleep(0)
        with pytest.raises(PocketBaseUnavailable, match="again"):
            await writer.write(write("c", size=400))
        pocketbase.gate.set()
        assert await outcomes(tasks) == ["", ""]
        # What has been written makes room.
        await writer.write(write("d", size=400))


# Endings.


async def test_a_shutdown_writes_what_is_pending_and_takes_no_more() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    async with one_in_flight(pocketbase, writer) as stop:
        tasks = started(writer.write(write(name, replaces=["m"])) for name in "abc")
        await asyncio.sleep(0)
        stop.set()

    assert await outcomes(tasks) == ["", "", ""]
    assert [name for group in pocketbase.groups for name in group.names] == ["first", *"abc"]
    with pytest.raises(PocketBaseUnavailable):
        await writer.write(write("late"))


async def test_a_client_that_hangs_up_takes_nobody_with_it() -> None:
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    async with one_in_flight(pocketbase, writer):
        tasks = started(writer.write(write(name)) for name in "abc")
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)

    assert await outcomes(tasks) == ["", "CancelledError", ""]


async def test_an_unforeseen_error_fails_its_group_and_the_writer_can_go_on() -> None:
    answers: list[Any] = [ZeroDivisionError("a bug"), STORED]
    writer = writer_of(NotedPocketBase(lambda sent: answers.pop(0)))
    run = asyncio.create_task(writer.run(asyncio.Event()))
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(UpstreamError) as refused:
            await writer.write(write("a"))
        with pytest.raises(ZeroDivisionError):
            await run

        async with running(writer):
            await writer.write(write("b"))

    assert "bug" not in refused.value.message


async def test_what_waited_behind_a_group_that_failed_is_written_after_the_restart() -> None:
    answers: list[Any] = [ZeroDivisionError("a bug"), STORED]
    pocketbase = NotedPocketBase(lambda sent: answers.pop(0))
    writer = writer_of(pocketbase)
    run = asyncio.create_task(writer.run(asyncio.Event()))
    pocketbase.gate.clear()
    tasks = started([writer.write(write("in flight"))])
    await pocketbase.asked.wait()
    tasks += started([writer.write(write("behind"))])
    await asyncio.sleep(0)
    pocketbase.gate.set()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ZeroDivisionError):
            await run
        async with running(writer):
            found = await outcomes(tasks)

    assert found == ["UpstreamError", ""]


@pytest.mark.parametrize("asked", [True, False], ids=["asked to stop before", "out of the blue"])
async def test_nobody_waits_for_ever_when_the_writer_is_cut_off(asked: bool) -> None:
    """Shutting down, a writer that PocketBase keeps waiting is cancelled in the end."""
    pocketbase = NotedPocketBase()
    writer = writer_of(pocketbase)
    stop = asyncio.Event()
    run = asyncio.create_task(writer.run(stop))
    pocketbase.gate.clear()
    tasks = started([writer.write(write("in flight"))])
    await pocketbase.asked.wait()
    tasks += started([writer.write(write("pending"))])
    await asyncio.sleep(0)
    if asked:
        stop.set()
        await asyncio.sleep(0)
    run.cancel()
    _, waiting = await asyncio.wait(tasks, timeout=PATIENCE)
    for task in waiting:
        task.cancel()

    found = await outcomes(tasks)
    assert not waiting
    assert all(name in ("UpstreamError", "PocketBaseUnavailable") for name in found), found


# Encoding.


def message(
    id: str, text: str, parts: list[str] | None, session: str = "s", created: int = 1
) -> MessageRows:
    row: dict[str, Any] = {"id": id, "session": session, "textContent": text}
    if parts is not None:
        row |= {"partCount": len(parts), "partsHash": "".join(parts)}
    return MessageRows(
        session={"id": session, "stub": True, "createdAt": created},
        message=row,
        parts=None
        if parts is None
        else [{"id": f"{id}{n}", "content": part} for n, part in enumerate(parts)],
    )


def rows_of(encoded: bytes) -> list[Any]:
    found: list[Any] = json.loads(b"[" + encoded + b"]")
    return found


async def test_rows_are_encoded_in_the_order_given_and_sessions_come_before_stubs() -> None:
    items = [message("1", "a", ["x"]), message("2", "b", None, session="t")]
    done = encode("u", "k", [{"id": "s", "title": "T"}], items)

    assert rows_of(done.sessions) == [
        {"id": "s", "title": "T"},
        {"id": "s", "stub": True, "createdAt": 1},
        {"id": "t", "stub": True, "createdAt": 1},
    ]
    assert [row["id"] for row in rows_of(done.messages)] == ["1", "2"]
    assert rows_of(done.parts) == [{"id": "10", "content": "x"}]
    assert (done.user, done.key, done.replaces) == ("u", "k", frozenset({"1"}))


async def test_equal_stubs_are_encoded_once() -> None:
    items = [message(str(n), "x", None, created=1 + n // 5) for n in range(10)]

    assert [row["createdAt"] for row in rows_of(encode("u", None, [], items).sessions)] == [1, 2]


async def test_of_a_message_that_occurs_twice_only_the_last_list_of_parts_counts() -> None:
    items = [
        message("1", "first", ["a", "b", "c"]),
        message("1", "second", ["d"]),
        message("1", "third", None),
    ]
    done = encode("u", None, [], items)

    assert rows_of(done.parts) == [{"id": "10", "content": "d"}]
    assert [(r["textContent"], r.get("partCount")) for r in rows_of(done.messages)] == [
        ("first", None),
        ("second", 1),
        ("third", None),
    ]


async def test_an_empty_list_of_parts_replaces_too() -> None:
    done = encode("u", None, [], [message("1", "x", [])])

    assert (done.parts, done.replaces) == (b"", frozenset({"1"}))
    assert rows_of(done.messages)[0]["partCount"] == 0
