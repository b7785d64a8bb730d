"""Sync requests: from a parsed body to stored rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sidecar.domain.principal import Principal
from sidecar.domain.rows import MessageRows, Row, RowBuilder
from sidecar.domain.wire import BatchIn, MessageIn, SessionIn
from sidecar.domain.writes import encode
from sidecar.errors import InvalidRequest, Unprocessable
from sidecar.services.writer import GroupWriter

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: items stored, and a sentence for each that was not."""

    sessions: int
    messages: int
    errors: list[str]


class IngestService:
    """Stores what plugins send. Ids are known before anything is written."""

    def __init__(self, rows: RowBuilder, writer: GroupWriter) -> None:
        self._rows = rows
        self._writer = writer

    async def session(self, principal: Principal, body: Any) -> str:
        """Upsert one session and return its id."""
        row = self._rows.session(principal.user, parse(SessionIn, body))
        await self._write(principal, [row], [])
        return str(row["id"])

    async def message(self, principal: Principal, body: Any) -> str:
        """Upsert one message, and its session where there is none yet; return its id."""
        rows = self._rows.message(principal.user, parse(MessageIn, body))
        await self._write(principal, [], [rows])
        return str(rows.message["id"])

    async def batch(self, principal: Principal, body: Any) -> BatchResult:
        """Upsert many; an item that cannot be understood is reported and fails no other.

        Raises Unprocessable when not a single item can be understood.
        """
        batch = parse(BatchIn, body)
        errors: list[str] = []
        sessions: list[Row] = []
        messages: list[MessageRows] = []
        for index, item in enumerate(batch.sessions or ()):
            try:
                sessions.append(self._rows.session(principal.user, parse(SessionIn, item)))
            except InvalidRequest as exc:
                errors.append(f"Session {_name(item, index)}: {exc.message}")
        for index, item in enumerate(batch.messages or ()):
            try:
                messages.append(self._rows.message(principal.user, parse(MessageIn, item)))
            except InvalidRequest as exc:
                errors.append(f"Message {_name(item, index)}: {exc.message}")
        if sessions or messages:
            await self._write(principal, sessions, messages)
        elif errors:
            raise Unprocessable(errors[0])
        return BatchResult(len(sessions), len(messages), errors)

    async def _write(
        self, principal: Principal, sessions: list[Row], messages: list[MessageRows]
    ) -> None:
        key = principal.key.id if principal.key else None
        await self._writer.write(encode(principal.user, key, sessions, messages))


def parse(model: type[Model], body: Any) -> Model:
    """Validate a parsed JSON value, or raise InvalidRequest with a sentence naming the field."""
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in error["loc"]) or "body"
        raise Unprocessable(f"The field {field} is not usable: {error['msg']}.") from exc


def _name(item: object, index: int) -> str:
    external = item.get("externalId") if isinstance(item, dict) else None
    return external[:100] if isinstance(external, str) and external else f"#{index + 1}"
