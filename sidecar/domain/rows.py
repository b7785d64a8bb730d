"""From what a plugin sent to rows of the ingest hook: cleaned, cut, placeholders left out.

In a row an absent column means "not said"; the hook keeps what is stored (`pb_hooks/lib/ingest.js`
has the merge rules). Nothing here reads a database, so equal requests give equal rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sidecar.domain import ids, sources
from sidecar.domain.clock import Clock
from sidecar.domain.text import clean, clean_json, shortened
from sidecar.domain.wire import MessageIn, PartIn, SessionIn, TokenClasses
from sidecar.errors import InvalidRequest, Unprocessable

Row = dict[str, Any]
Limits = Mapping[str, Mapping[str, int]]

ROLES: Final = frozenset({"user", "assistant", "system", "tool"})
PLACEHOLDER_TITLES: Final = frozenset({"untitled", "untitled session"})
PLACEHOLDER_MODELS: Final = frozenset({"unknown", "test"})

_TOKENS: Final = (
    "promptTokens",
    "completionTokens",
    "cacheReadTokens",
    "cacheWriteTokens",
    "reasoningTokens",
)

_TOO_DEEP: Final = "A value is nested too deeply: at most 250 levels are kept."


@dataclass(frozen=True)
class MessageRows:
    """One message with the session it belongs to; `parts` is None when none were sent."""

    session: Row
    message: Row
    parts: list[Row] | None


class RowBuilder:
    """Makes rows. `limits` gives the longest value of each column (`Schema.text_limits`)."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock

    def session(self, user: str, sent: SessionIn) -> Row:
        """Return the row of a session request. Raises InvalidRequest without an id."""
        external = self._external_id(sent.externalId, "Missing externalId or sessionId")
        now = self._clock.now()
        row = self._session_row(user, external)
        self._put_source(row, sent.source)
        title, model = self._said(sent.title), self._said(sent.model)
        self._put(row, "sessions", "title", title, PLACEHOLDER_TITLES)
        self._put(row, "sessions", "model", model, PLACEHOLDER_MODELS)
        for name in ("projectPath", "projectName", "provider", "gitBranch", "endReason"):
            self._put(row, "sessions", name, self._said(getattr(sent, name)))
        _put_numbers(row, sent, (*_TOKENS, "cost", "durationMs", "toolCallCount"))
        row["createdAt"] = sent.createdAt or now
        # History that is imported keeps its own time; a live session, which gives none, is of now.
        row["updatedAt"] = max(sent.updatedAt or sent.createdAt or now, sent.createdAt or 0)
        self._put_extra(row, "sessions", sent)
        return row

    def message(self, user: str, sent: MessageIn) -> MessageRows:
        """Return the rows of a message request. Raises InvalidRequest without both ids."""
        session_external = self._external_id(sent.sessionExternalId, "Missing sessionExternalId")
        external = self._external_id(sent.externalId, "Missing externalId or messageId")
        created = sent.createdAt or self._clock.now()
        session = self._session_row(user, session_external)
        session |= {"stub": True, "createdAt": created, "updatedAt": created}
        self._put_source(session, sent.source)
        model = self._said(sent.model)
        self._put(session, "sessions", "model", model, PLACEHOLDER_MODELS)
        row: Row = {
            "id": ids.message_id(session["id"], external),
            "session": session["id"],
            "externalId": external,
            "createdAt": created,
            "seq": self._clock.arrival(),
        }
        role = (sent.role or "").strip().lower()
        if role in ROLES:
            row["role"] = role
        self._put(row, "messages", "textContent", clean(sent.textContent or ""))
        self._put(row, "messages", "model", model, PLACEHOLDER_MODELS)
        self._put(row, "messages", "provider", self._said(sent.provider))
        _put_numbers(row, sent, (*_TOKENS, "cost", "durationMs"))
        self._put_extra(row, "messages", sent)
        parts = sent.all_parts()
        if parts is None:
            return MessageRows(session, row, None)
        part_rows = [self._part(row["id"], order, part) for order, part in enumerate(parts)]
        row["partCount"] = len(part_rows)
        row["partsHash"] = _parts_hash(part_rows)
        return MessageRows(session, row, part_rows)

    def _session_row(self, user: str, external: str) -> Row:
        return {"id": ids.session_id(user, external), "user": user, "externalId": external}

    def _external_id(self, value: str | None, missing: str) -> str:
        if value is None or value == "":
            raise InvalidRequest(missing)
        limit = self._limits["sessions"]["externalId"]
        if len(value) > limit:
            raise Unprocessable(f"An id may have at most {limit} characters; this has more.")
        # A changed id would be another record, so an id is refused where a text is mended.
        if clean(value) != value:
            raise Unprocessable("An id may not hold NUL characters or broken Unicode.")
        return value

    def _said(self, text: str | None) -> str:
        return clean(text).strip() if text else ""

    def _put(
        self,
        row: Row,
        collection: str,
        name: str,
        text: str,
        placeholders: frozenset[str] = frozenset(),
    ) -> None:
        if text and text.lower() not in placeholders:
            row[name] = shortened(text, self._limits[collection][name])

    def _put_source(self, row: Row, source: str | None) -> None:
        said = sources.normalised(clean(source)) if source else ""
        if said:
            row["source"] = shortened(said, self._limits["sessions"]["source"])
        else:
            row["source"] = sources.DEFAULT_SOURCE
            row["sourceAssumed"] = True

    def _put_extra(self, row: Row, collection: str, sent: TokenClasses) -> None:
        """Keep unknown keys aside, unless they are larger than the column takes."""
        extra = {k: v for k, v in (sent.model_extra or {}).items() if v is not None}
        if extra:
            extra = _cleaned(extra)
            # In a list, because the row it is part of is one level more.
            if len(_json([extra])) <= self._limits[collection]["extra"]:
                row["extra"] = extra

    def _part(self, message: str, order: int, part: PartIn) -> Row:
        return {
            "id": ids.part_id(message, order),
            "message": message,
            "type": shortened(clean(part.type), self._limits["parts"]["type"]),
            # As JSON text: SQLite stores it as it is and never parses it on the way in.
            "content": _json(_cleaned(part.content)).decode(),
            "order": order,
        }


def _put_numbers(row: Row, sent: TokenClasses, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(sent, name)
        if value:
            row[name] = value


def _cleaned(value: Any) -> Any:
    try:
        return clean_json(value)
    except RecursionError as exc:
        raise Unprocessable(_TOO_DEEP) from exc


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as exc:
        raise Unprocessable(_TOO_DEEP) from exc


def _parts_hash(parts: list[Row]) -> str:
    """Return what tells one list of parts from another: 32 hexadecimal characters."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part['type']}\0{part['content']}\0".encode())
    return digest.hexdigest()[:32]
