"""Sync requests: from a parsed body to the write of its rows.

Nothing here waits, so however many bodies arrive, one at a time is there in parsed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sidecar.domain.principal import Principal
from sidecar.domain.rows import MessageRows, Row, RowBuilder
from sidecar.domain.wire import BatchIn, MessageIn, SessionIn
from sidecar.domain.writes import Write, encode
from sidecar.errors import InvalidRequest, Unprocessable

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: items to store, and a sentence for each that cannot be stored."""

    sessions: int
    messages: int
    errors: list[str]
    write: Write | None


class IngestService:
    """Understands what plugins send. Ids are known before anything is written."""

    def __init__(self, rows: RowBuilder) -> None:
        self._rows = rows

    def session(self, principal: Principal, body: Any) -> tuple[str, Write]:
        """Return the id of one session, and the write that upserts it."""
        row = self._rows.session(principal.user, parse(SessionIn, body))
        return str(row["id"]), _write(principal, [row], [])

    def message(self, principal: Principal, body: Any) -> tuple[str, Write]:
        """Return the id of one message, and the write that upserts it.

        It makes the session, too, where there is none yet.
        """
        rows = self._rows.message(principal.user, parse(MessageIn, body))
        return str(rows.message["id"]), _write(principal, [], [rows])

    def batch(self, principal: Principal, body: Any) -> BatchResult:
        """Make one write of many; an item that cannot be understood is reported and fails no other.

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
        if not sessions and not messages:
            if errors:
                raise Unprocessable(errors[0])
            return BatchResult(0, 0, [], None)
        write = _write(principal, sessions, messages)
        return BatchResult(len(sessions), len(messages), errors, write)


def _write(principal: Principal, sessions: list[Row], messages: list[MessageRows]) -> Write:
    key = principal.key.id if principal.key else None
    return encode(principal.user, key, sessions, messages)


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
