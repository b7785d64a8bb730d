"""Reading sessions: a page of them, one whole, totals."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sidecar.domain.ids import is_record_id
from sidecar.domain.redaction import Redactor
from sidecar.domain.transcript import bounded
from sidecar.errors import InvalidRequest, NotFound
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import Value, bind

_LONGEST: Final = 512  # of a filter's value; what is stored is no longer
_OPTIONAL: Final = ("title", "projectPath", "projectName", "model", "provider", "source")
_ALWAYS: Final = (
    "id",
    "externalId",
    "promptTokens",
    "completionTokens",
    "totalTokens",
    "cost",
    "isPublic",
    "messageCount",
    "createdAt",
    "updatedAt",
)
_FIELDS: Final = ",".join((*_ALWAYS, *_OPTIONAL, "durationMs"))

_CALLED: Final = (
    *("externalId", "title", "projectName", "projectPath"),
    *("gitBranch", "source", "model", "provider"),
)

# Where a page of messages ended, and when a message was last written.
_PLACE: Final = re.compile(r"\d{1,16}:\d{1,16}:[a-z0-9]{15}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)

FILTERS: Final = {"source": "source", "model": "model", "project": "projectName"}


@dataclass(frozen=True)
class SessionPage:
    """Sessions, the latest updated first; `cursor` is None on the last page."""

    sessions: list[dict[str, Any]]
    cursor: str | None


class SessionService:
    """Reads of one user's sessions. Every query names the user."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase

    async def page(
        self, user: str, *, limit: int, cursor: str | None, filters: dict[str, str]
    ) -> SessionPage:
        """Return up to `limit` sessions; `filters` maps names of FILTERS to exact values."""
        if any(len(value) > _LONGEST for value in filters.values()):
            return SessionPage([], None)
        terms = ["user = {:user}"]
        values: dict[str, Value] = {"user": user}
        for name, value in filters.items():
            terms.append(f"{FILTERS[name]} = {{:{name}}}")
            values[name] = value
        if cursor is not None:
            at, last = _decode_cursor(cursor)
            terms.append("(updatedAt < {:at} || (updatedAt = {:at} && id < {:last}))")
            values |= {"at": at, "last": last}
        records = await self._pocketbase.page(
            "sessions",
            bind(" && ".join(terms), **values),
            sort="-updatedAt,-id",
            limit=limit,
            fields=_FIELDS,
        )
        full = len(records) == limit
        return SessionPage(
            sessions=[_shown(record) for record in records],
            cursor=_encode_cursor(records[-1]) if full else None,
        )

    async def transcript(self, user: str, id: str) -> bytes:
        """Return the session with all messages and parts as JSON text.

        SQLite writes it and nobody here parses it, so 5,000 messages cost one query.
        """
        if not is_record_id(id):
            raise NotFound("Session not found")
        try:
            response = await self._pocketbase.request(
                "GET", "/api/opensync/transcript", params={"user": user, "id": id}
            )
        except NotFound as exc:
            raise NotFound("Session not found") from exc
        return response.content

    async def transcript_page(
        self, user: str, id: str, *, after: str | None, since: str | None, limit: int
    ) -> bytes:
        """Return up to `limit` messages of the session as JSON text.

        They are those that follow the cursor `after` in order and, when a watermark is given as
        `since`, changed after it.
        """
        if not is_record_id(id):
            raise NotFound("Session not found")
        if after is not None and not _PLACE.fullmatch(after):
            raise InvalidRequest(
                "The cursor is not one this server gave out. Leave `after` out to start anew."
            )
        if since is not None and not _MOMENT.fullmatch(since):
            raise InvalidRequest(
                "The watermark is not one this server gave out. Leave `since` out to read all."
            )
        params = {"user": user, "id": id, "after": after or "", "since": since or ""}
        try:
            response = await self._pocketbase.request(
                "GET", "/api/opensync/transcript/page", params={**params, "limit": limit}
            )
        except NotFound as exc:
            raise NotFound("Session not found") from exc
        return response.content

    async def masked_transcript_page(
        self, user: str, id: str, *, after: str | None, since: str | None, limit: int
    ) -> bytes:
        """Return the same page without secrets, and with what the session is called."""
        page = await self.transcript_page(user, id, after=after, since=since, limit=limit)
        found = await self._pocketbase.page(
            "sessions",
            bind("user = {:user} && id = {:id}", user=user, id=id),
            sort="id",
            limit=1,
            fields=",".join(_CALLED),
        )
        if not found:  # deleted since
            raise NotFound("Session not found")
        return await asyncio.to_thread(_masked, page, found[0])

    async def stats(self, user: str) -> bytes:
        """Return the totals of the user as JSON text."""
        response = await self._pocketbase.request(
            "GET", "/api/opensync/stats", params={"user": user}
        )
        return response.content

    async def external_ids(self, user: str) -> bytes:
        """Return the agents' own ids of all sessions as a JSON array.

        Sessions known only from their messages are left out: a plugin that fetches the list to
        skip what is there then sends them whole.
        """
        response = await self._pocketbase.request(
            "GET", "/api/opensync/external-ids", params={"user": user}
        )
        return response.content


def _shown(record: Record) -> dict[str, Any]:
    return {
        **{name: record[name] for name in _ALWAYS},
        **{name: record[name] or None for name in (*_OPTIONAL, "durationMs")},
    }


def _masked(page: bytes, session: Record) -> bytes:
    shown, redactor = orjson.loads(page), Redactor()
    for message in shown["messages"]:
        for part in message["parts"]:
            part["content"] = bounded(part["content"])
    return orjson.dumps(
        {
            **shown,
            "session": redactor.value({name: session[name] for name in _CALLED}),
            "messages": redactor.value(shown["messages"]),
        }
    )


def _encode_cursor(record: Record) -> str:
    text = f"{record['updatedAt']}:{record['id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, last = text.partition(":")
        if not is_record_id(last) or not (at.isascii() and at.isdigit() and len(at) <= 16):
            raise ValueError(cursor)
        return int(at), last
    except (ValueError, binascii.Error) as exc:
        raise InvalidRequest(
            "The cursor is not one this server gave out. Leave it out to start from the top."
        ) from exc
