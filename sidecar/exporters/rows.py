"""JSON, JSON lines and CSV: for programs and spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, Final

from sidecar.domain.clock import iso
from sidecar.domain.transcript import Message, Session, text_of
from sidecar.exporters.base import Exporter, as_json, json_line

# What a spreadsheet takes for a formula, also after blanks and as its full-width twin.
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")

_OF_SESSION: Final = ("externalId", "title", "source", "projectName", "projectPath")
_COLUMNS: Final = (
    *("sessionId", "sessionExternalId", "title", "source", "projectName", "projectPath"),
    *("messageId", "externalId", "role", "model", "createdAt"),
    *("promptTokens", "completionTokens", "durationMs", "content", "parts"),
)

_LISTED: Final = {
    "Session ID": "id",
    "External ID": "externalId",
    "Source": "source",
    "Title": "title",
    "Project Name": "projectName",
    "Project Path": "projectPath",
    "Model": "model",
    "Provider": "provider",
    "Prompt Tokens": "promptTokens",
    "Completion Tokens": "completionTokens",
    "Total Tokens": "totalTokens",
    "Cost": "cost",
    "Duration (ms)": "durationMs",
    "Message Count": "messageCount",
    "Is Public": "isPublic",
    "Public Slug": "publicSlug",
    "Eval Ready": "evalReady",
    "Eval Status": "evalStatus",
    "Tags": "evalTags",
    "Created At": "createdAt",
    "Updated At": "updatedAt",
}


def _written(message: Message) -> dict[str, Any]:
    """Return a message as JSON has it: `role` and `content` as models take them, and the rest."""
    content = text_of(message)
    beside = message["textContent"]
    return {
        "role": message["role"],
        "content": content,
        "id": message["id"],
        "externalId": message["externalId"],
        "model": message["model"],
        "promptTokens": message["promptTokens"],
        "completionTokens": message["completionTokens"],
        "durationMs": message["durationMs"],
        "createdAt": message["createdAt"],
        **({"textContent": beside} if beside is not None and beside != content else {}),
        "parts": message["parts"],
    }


class Json(Exporter):
    """`{"session", "messages", "redactions"}`; of several sessions an array of these."""

    extension = "json"
    media_type = "application/json"

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._sessions = self._messages = 0

    def begin(self) -> str:
        return "[" if self._several else ""

    def session(self, session: Session) -> str:
        self._sessions += 1
        self._messages = 0
        comma = ",\n" if self._sessions > 1 else ""
        return f'{comma}{{"session":{as_json(session)},\n"messages":['

    def message(self, session: Session, message: Message) -> str:
        self._messages += 1
        return ("\n" if self._messages == 1 else ",\n") + as_json(_written(message))

    def end_session(self, masked: int) -> str:
        return f'],\n"redactions":{masked}}}'

    def end(self) -> str:
        return "]\n" if self._several else "\n"


class JsonLines(Exporter):
    """One message a line, with the names of its session."""

    extension = "jsonl"
    media_type = "application/x-ndjson"

    def message(self, session: Session, message: Message) -> str:
        written = _written(message)
        about = {name: session[name] for name in ("id", *_OF_SESSION)}
        return json_line({**written, "session": about})


class Csv(Exporter):
    """One message a row; `parts` is JSON."""

    extension = "csv"
    media_type = "text/csv; charset=utf-8"

    def begin(self) -> str:
        return _row(_COLUMNS)

    def message(self, session: Session, message: Message) -> str:
        return _row(
            (
                session["id"],
                *(session[name] for name in _OF_SESSION),
                message["id"],
                message["externalId"],
                message["role"],
                message["model"],
                iso(message["createdAt"]),
                message["promptTokens"],
                message["completionTokens"],
                message["durationMs"],
                text_of(message) or None,
                as_json(message["parts"]) if message["parts"] else None,
            )
        )


class _List(Exporter):
    """The sessions themselves."""

    reads_messages = False

    def message(self, session: Session, message: Message) -> str:
        return ""


class ListJson(_List):
    """An array of sessions."""

    extension = "json"
    media_type = "application/json"

    def __init__(self) -> None:
        self._mark = ""

    def begin(self) -> str:
        return "["

    def session(self, session: Session) -> str:
        mark, self._mark = self._mark, ",\n"
        return mark + as_json(_listed(session))

    def end(self) -> str:
        return "]\n"


class ListCsv(_List):
    """One session a row."""

    extension = "csv"
    media_type = "text/csv; charset=utf-8"

    def begin(self) -> str:
        return _row(tuple(_LISTED))

    def session(self, session: Session) -> str:
        return _row(tuple(map(_cell, _listed(session).values())))


def _listed(session: Session) -> dict[str, Any]:
    known: dict[str, Any] = {
        **session,
        "createdAt": iso(session["createdAt"]) or None,
        "updatedAt": iso(session["updatedAt"]) or None,
    }
    return {name: known[name] for name in _LISTED.values()}


def _cell(value: str | float | list[Any] | None) -> str | int | None:
    if isinstance(value, bool):
        return as_json(value)
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return value


def _row(cells: tuple[str | int | None, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_inert(cell) for cell in cells])
    return line.getvalue()


def _inert(cell: str | int | None) -> str | int | None:
    """Texts are not trusted: a spreadsheet shows one after an apostrophe and does not run it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
