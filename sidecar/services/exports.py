"""Exports: sessions and datasets, read in slices and sent while they are read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sidecar.domain.clock import Clock, iso
from sidecar.domain.evals import EvalOptions, Format, Talk, count
from sidecar.domain.redaction import redacted
from sidecar.domain.selection import Selection
from sidecar.domain.transcript import Message, Piece, Session, bounded
from sidecar.errors import NotFound
from sidecar.exporters.archive import file_name
from sidecar.exporters.files import TOGETHER, File, SessionFormat, evals_file, sessions_file
from sidecar.pocketbase.client import Json, PocketBase
from sidecar.services.limits import Places

# A step reads no more than this. Two are in memory at a time: one is written, the next one read.
SESSIONS: Final = 50
MESSAGES: Final = 500
BYTES: Final = 2 << 20

AT_ONCE: Final = 4  # steps a user; further exports take turns with them

_BEGINNING: Final = {"createdAt": -1, "seq": 0, "id": ""}
_MANY: Final = 1_000  # sessions of which a preview says that they take a while


@dataclass(frozen=True)
class Download:
    """A file on its way: `chunks` reads as they are asked for."""

    name: str
    media_type: str
    sessions: int
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True)
class EvalPreview:
    """What a dataset would hold."""

    sessions: int
    test_cases: int
    skipped: int
    by_source: dict[str, int]
    by_model: dict[str, int]
    by_status: dict[str, int]
    warnings: list[str]


class ExportService:
    """Exports of one user's sessions. Every query names the user."""

    def __init__(self, pocketbase: PocketBase, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._clock = clock
        self._places = Places(AT_ONCE)

    async def sessions(
        self, user: str, selection: Selection, format: SessionFormat, *, zipped: bool, raw: bool
    ) -> Download:
        """Return the selected sessions as a file; raises NotFound when one of `ids` is not there.

        It is a zip with a file for each where `zipped`, and where a file of this format holds one
        session and more were asked for.
        """
        found = await self._ids(user, selection.conditions())
        several = selection.ids is None or len(selection.ids) > 1
        missing = len(set(selection.ids or ())) - len(found) if selection.ids else 0
        if missing and not several:
            raise NotFound("Session not found")
        if missing:
            raise NotFound(
                f"{missing} of these sessions are not there, or not yours. Select them anew."
            )
        zipped = zipped or (several and format not in TOGETHER)
        file = sessions_file(format, several=several, zipped=zipped, raw=raw)
        name = f"opensync-sessions-{self._today()}.{file.extension}"
        if not several and not zipped:
            name = await self._name_of(user, found, file)
        return self._download(user, found, file, name)

    async def evals(
        self, user: str, selection: Selection, format: Format, options: EvalOptions, *, raw: bool
    ) -> Download:
        """Return the selected sessions that are ready for evals as a dataset."""
        found = await self._ids(user, {**selection.conditions(), "evalReady": True})
        if not found:
            raise NotFound(
                "No session that is marked ready for evals matches. Mark some, or select others."
            )
        file = evals_file(format, options, raw=raw, now=self._clock.now())
        name = f"opensync-{format}-{self._today()}.{file.extension}"
        return self._download(user, found, file, name)

    async def preview_evals(
        self, user: str, selection: Selection, options: EvalOptions
    ) -> EvalPreview:
        """Count what `evals` would write, by reading what it would read."""
        found = await self._ids(user, {**selection.conditions(), "evalReady": True})
        counts = _Counts(options, unready=len(set(selection.ids or ())) - len(found))
        async for pieces in _one_ahead(self.pieces(user, found)):
            await asyncio.to_thread(counts.add, pieces)
        return counts.preview()

    async def pieces(self, user: str, ids: Sequence[str]) -> AsyncIterator[list[Piece]]:
        """Yield the sessions with their messages in order, some at a time."""
        for start in range(0, len(ids), SESSIONS):
            pending = await self._sessions(user, ids[start : start + SESSIONS])
            place, is_new = dict[str, Any](_BEGINNING), True
            while pending:
                content = await self._messages(user, [s["id"] for s in pending], place)
                messages, has_more = await asyncio.to_thread(_read, content)
                pieces, pending = cut(pending, messages, is_new=is_new, has_more=has_more)
                yield pieces
                if has_more:
                    place = {name: messages[-1][name] for name in _BEGINNING}  # type: ignore[literal-required]
                is_new = False

    async def _without_messages(self, user: str, ids: Sequence[str]) -> AsyncIterator[list[Piece]]:
        for start in range(0, len(ids), SESSIONS):
            found = await self._sessions(user, ids[start : start + SESSIONS])
            yield [Piece(session, []) for session in found]

    def _download(self, user: str, ids: Sequence[str], file: File, name: str) -> Download:
        return Download(name, file.media_type, len(ids), self._chunks(user, ids, file))

    async def _chunks(self, user: str, ids: Sequence[str], file: File) -> AsyncIterator[bytes]:
        yield file.begin()
        read = self.pieces if file.reads_messages else self._without_messages
        async for pieces in _one_ahead(read(user, ids)):
            yield await asyncio.to_thread(file.write, pieces)
        yield await asyncio.to_thread(file.end)

    async def _name_of(self, user: str, ids: Sequence[str], file: File) -> str:
        sessions = await self._sessions(user, ids)
        if not sessions:  # deleted since
            raise NotFound("Session not found")
        title = redacted(sessions[0]["title"] or "").text
        return file_name({**sessions[0], "title": title}, file.extension)

    async def _ids(self, user: str, conditions: Json) -> list[str]:
        found: list[str] = await self._ask("ids", {"user": user, "selection": conditions})
        return found

    async def _sessions(self, user: str, ids: Sequence[str]) -> list[Session]:
        found: list[Session] = await self._ask("sessions", {"user": user, "ids": ids})
        return found

    async def _messages(self, user: str, ids: Sequence[str], after: Json) -> bytes:
        limits = {"most": MESSAGES, "bytes": BYTES}
        body = {"user": user, "ids": ids, "after": after, **limits}
        return await self._answer("messages", body)

    async def _ask(self, name: str, body: Json) -> Any:
        return orjson.loads(await self._answer(name, body))

    async def _answer(self, name: str, body: Json) -> bytes:
        # Not around a whole export: one that nobody reads on would keep its place.
        async with self._places.of(body["user"]):
            response = await self._pocketbase.request(
                "POST", "/api/opensync/export", params={"do": name}, json=body
            )
        return response.content

    def _today(self) -> str:
        return iso(self._clock.now())[:10]


async def _one_ahead(steps: AsyncIterator[list[Piece]]) -> AsyncIterator[list[Piece]]:
    """Yield what `steps` yields; the next one is read while this one is made use of."""
    following = asyncio.ensure_future(anext(steps, None))
    try:
        while (pieces := await following) is not None:
            following = asyncio.ensure_future(anext(steps, None))
            yield pieces
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _read(content: bytes) -> tuple[list[Message], bool]:
    answer = orjson.loads(content)
    messages: list[Message] = answer["messages"]
    for message in messages:
        for part in message["parts"]:
            part["content"] = bounded(part["content"])
    return messages, answer["hasMore"]


def cut(
    pending: Sequence[Session], messages: Sequence[Message], *, is_new: bool, has_more: bool
) -> tuple[list[Piece], list[Session]]:
    """Divide an answer among its sessions; return the pieces and what is still to be read.

    `is_new` says that nothing of the first session was read before, `has_more` that there is more
    of the one the last message is in.
    """
    said: dict[str, list[Message]] = {session["id"]: [] for session in pending}
    for message in messages:
        said[message["session"]].append(message)
    ids = [session["id"] for session in pending]
    whole = ids.index(messages[-1]["session"]) if has_more else len(pending)
    pieces = [
        Piece(session, said[session["id"]], first=n > 0 or is_new, last=n < whole)
        for n, session in enumerate(pending[: whole + 1])
    ]
    return pieces, list(pending[whole:])


class _Counts:
    """Counts cases without making them."""

    def __init__(self, options: EvalOptions, *, unready: int) -> None:
        self._options = options
        self._unready = max(0, unready)
        self._talk = Talk()
        self._cases = self._skipped = self._unnamed = 0
        self._sources, self._models, self._statuses = (Counter[str]() for _ in range(3))

    def add(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.first:
                self._talk = Talk()
            for message in piece.messages:
                self._talk.hear(message)
            if piece.last:
                self._end(piece.session)

    def _end(self, session: Session) -> None:
        found = count(self._talk, self._options)
        if not found:
            self._skipped += 1
            return
        self._cases += found
        self._unnamed += not session["model"]
        self._sources[session["source"] or "unknown"] += 1
        self._models[session["model"] or "unknown"] += 1
        self._statuses[session["evalStatus"] or "unset"] += 1

    def preview(self) -> EvalPreview:
        sessions = self._sources.total()
        return EvalPreview(
            sessions=sessions,
            test_cases=self._cases,
            skipped=self._skipped,
            by_source=dict(self._sources.most_common()),
            by_model=dict(self._models.most_common()),
            by_status=dict(self._statuses.most_common()),
            warnings=[
                *_warning(self._unready, "not marked ready for evals and is left out"),
                *_warning(self._skipped, "without a case under these options and is left out"),
                *_warning(self._unnamed, "without the name of a model"),
                *(["Many sessions: the export takes a while."] if sessions > _MANY else []),
            ],
        )


def _warning(number: int, what: str) -> list[str]:
    if not number:
        return []
    if number == 1:
        return [f"1 session is {what}."]
    return [f"{number:,} sessions are {what.replace(' is ', ' are ')}."]
