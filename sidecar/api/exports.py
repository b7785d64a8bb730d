"""Exports: sessions as files, and datasets for evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final, get_args
from urllib.parse import quote

from pydantic import BaseModel, Field, StrictBool
from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse

from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.domain.evals import MOST_CONTEXT, EvalOptions, Format, TurnMode
from sidecar.domain.ids import is_record_id
from sidecar.domain.selection import MOST_IDS, Selection
from sidecar.errors import InvalidRequest, NotFound
from sidecar.exporters.files import SessionFormat
from sidecar.exporters.html import POLICY
from sidecar.services.exports import Download
from sidecar.services.ingest import parse

_DAY_MS: Final = 86_400_000
_LONGEST: Final = 1_000_000  # characters


class ExportIn(Selection):
    """A selection, and the kind of file."""

    format: SessionFormat = "json"
    zip: StrictBool = Field(default=False, description="A file for each session, in a zip.")
    raw: StrictBool = Field(default=False, description="With secrets as they are.")


class EvalsIn(Selection):
    """A selection, and what becomes a test case."""

    format: Format = "deepeval"
    turnMode: TurnMode = Field(
        default="per_turn",
        description="A case for each turn, one for the whole session, or one for its last turn.",
    )
    contextTurns: Annotated[int, Field(ge=0, le=MOST_CONTEXT)] = Field(
        default=EvalOptions.context_turns, description="Turns before it that a case carries."
    )
    systemPrompts: StrictBool = False
    codeOnly: StrictBool = Field(
        default=False, description="Only turns whose answer has a block of code."
    )
    minLength: Annotated[int, Field(ge=0, le=_LONGEST)] = Field(
        default=0, description="Characters that question and answer have at least."
    )
    anonymize: StrictBool = Field(
        default=True, description="Without names of folders and projects."
    )
    raw: StrictBool = Field(default=False, description="With secrets as they are.")

    @property
    def options(self) -> EvalOptions:
        return EvalOptions(
            turn_mode=self.turnMode,
            context_turns=self.contextTurns,
            system_prompts=self.systemPrompts,
            code_only=self.codeOnly,
            min_length=self.minLength,
            anonymize=self.anonymize,
        )


class EvalPreviewOut(BaseModel):
    """What a dataset would hold."""

    sessions: int
    testCases: int
    skipped: int = Field(description="Sessions without a case.")
    bySource: dict[str, int]
    byModel: dict[str, int]
    byStatus: dict[str, int]
    warnings: list[str]


async def export(call: Call) -> Response:
    asked = parse(ExportIn, await _asked(call, ExportIn))
    download = await call.context.exports.sessions(
        call.principal.user, asked, asked.format, zipped=asked.zip, raw=asked.raw
    )
    return _sent(download)


async def evals(call: Call) -> Response:
    asked = parse(EvalsIn, await _asked(call, EvalsIn))
    download = await call.context.exports.evals(
        call.principal.user, asked, asked.format, asked.options, raw=asked.raw
    )
    return _sent(download)


async def preview_evals(call: Call) -> Response:
    asked = parse(EvalsIn, await _asked(call, EvalsIn))
    preview = await call.context.exports.preview_evals(call.principal.user, asked, asked.options)
    return json_response(
        {
            "sessions": preview.sessions,
            "testCases": preview.test_cases,
            "skipped": preview.skipped,
            "bySource": preview.by_source,
            "byModel": preview.by_model,
            "byStatus": preview.by_status,
            "warnings": preview.warnings,
        }
    )


async def _asked(call: Call, model: type[Selection]) -> Any:
    """Return what is asked for in the body or, as a body has it, in the query."""
    if call.request.method == "POST":
        body = await call.json()
    else:
        body = body_of(call.request.query_params, options=_options(model))
    if isinstance(body, dict) and "ids" not in body and "filter" not in body:
        if model is ExportIn:
            raise InvalidRequest(
                "Missing session ID. Name sessions as id or ids, or send a filter; all=true means "
                "every session."
            )
        body["filter"] = {}
    return body


def _options(model: type[Selection]) -> frozenset[str]:
    return frozenset(model.model_fields) - Selection.model_fields.keys()


# Names of the API that plugins and scripts were written for, in camel case.
_ALIASES: Final = {
    "id": "ids",
    "tool": "source",
    "project": "projectName",
    "status": "evalStatus",
    "dateFrom": "createdFrom",
    "dateTo": "createdTo",
}
_NAMES: Final = frozenset({"source", "model", "provider", "projectName", "evalStatus"})
_LISTS: Final = frozenset({"ids", "except", "tags"})
_FIRST_DAYS: Final = frozenset({"from", "createdFrom"})
_LAST_DAYS: Final = frozenset({"to", "createdTo"})
_TURN_MODES: Final = {"per-turn": "per_turn", "final_only": "final", "final-only": "final"}
_BOOLS: Final = frozenset(
    {"zip", "raw", "systemPrompts", "codeOnly", "anonymize", "untitled", "zeroCost", "isPublic"}
    | {"evalReady", "all", "includeMetadata"}
)


def body_of(query: QueryParams, *, options: frozenset[str]) -> dict[str, Any]:
    """Return a query as the body of the same request by POST.

    Names may be written in snake case. A name that is neither an option nor about ids belongs to
    the filter, which refuses what it does not know.
    """
    body: dict[str, Any] = {}
    filter: dict[str, Any] = {}
    for name, value in _values(query):
        if name == "all":
            body |= {"filter": filter} if value is True else {}
        elif name == "includeMetadata":
            body |= {} if value else {"contextTurns": 0}
        elif name in ("ids", "except") or name in options:
            body[name] = value
        else:
            filter[name] = value
            body["filter"] = filter
    ids = body.get("ids")
    if ids and len(ids) == 1 and not is_record_id(ids[0]):
        raise NotFound("Session not found")
    return body


def _values(query: QueryParams) -> Iterator[tuple[str, Any]]:
    for given in dict.fromkeys(query.keys()):
        name = re.sub(r"_([a-z])", lambda match: match[1].upper(), given)
        name = _ALIASES.get(name, name)
        # An empty value of a name means "not known", as in a body.
        values = [value for value in query.getlist(given) if value or name in _NAMES]
        if not values:
            continue
        if name in _LISTS:
            yield name, [item for value in values for item in value.split(",") if item]
        elif name in _BOOLS:
            yield name, {"true": True, "false": False}.get(values[-1], values[-1])
        elif name in _FIRST_DAYS | _LAST_DAYS:
            yield name, _moment(values[-1], end=name in _LAST_DAYS)
        elif name == "turnMode":
            yield name, _TURN_MODES.get(values[-1], values[-1])
        else:
            yield name, values if len(values) > 1 else values[0]


def _moment(text: str, *, end: bool) -> int | str:
    """Return a day, to its end, or a time as Unix ms."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return text
    return int(day.timestamp() * 1000) + (_DAY_MS - 1 if end else 0)


def _sent(download: Download) -> Response:
    """Send a file while it is read. A failure breaks it off, so that nobody takes it for whole."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", download.name)
    headers = {
        "Content-Disposition": (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(download.name)}"
        ),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": f"{POLICY}; sandbox",
        "X-Export-Sessions": str(download.sessions),
    }
    return StreamingResponse(download.chunks, headers=headers, media_type=download.media_type)


_TEXT: Final = {"type": "string"}
_BOOL: Final = {"type": "boolean", "default": False}

_SELECTED: Final = (
    Query("ids", f"Sessions, with commas between them; at most {MOST_IDS:,}.", _TEXT),
    Query("except", "Sessions that are not meant, beside a filter.", _TEXT),
    *(
        Query(name, f"As `{name}` of the filter of `POST`.", _TEXT)
        for name in (
            *("source", "model", "provider", "projectName", "evalStatus", "tags", "from", "to"),
            *("createdFrom", "createdTo", "minTokens", "maxTokens", "maxMessages"),
            *("untitled", "zeroCost", "isPublic", "q"),
        )
    ),
)
_RAW: Final = Query("raw", "With secrets as they are.", _BOOL)


def _choice(*names: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(names), "default": names[0]}


_EVAL_OPTIONS: Final = (
    Query(
        "format", "The dataset.", _choice("deepeval", "openai", "promptfoo", "filesystem", "text")
    ),
    Query("turnMode", "What a case is.", _choice("per_turn", "full", "final")),
    Query(
        "contextTurns",
        "Turns before it that a case carries.",
        {"type": "integer", "minimum": 0, "maximum": MOST_CONTEXT, "default": 10},
    ),
    Query("systemPrompts", "Carry system prompts, too.", _BOOL),
    Query("codeOnly", "Only turns whose answer has a block of code.", _BOOL),
    Query(
        "minLength",
        "Characters that question and answer have at least.",
        {"type": "integer", "minimum": 0, "default": 0},
    ),
    Query("anonymize", "Without names of folders and projects.", {**_BOOL, "default": True}),
    _RAW,
)
_ERRORS: Final = (400, 401, 404, 422, 503)
_STREAM: Final = "*/*"  # as the format says

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/export",
        export,
        "Download sessions",
        Auth.ANYONE,
        "Exports",
        query=(
            Query("format", "", _choice(*get_args(SessionFormat))),
            Query("id", "A session; the same as `ids`.", _TEXT),
            *_SELECTED,
            Query("evalReady", "As `evalReady` of the filter of `POST`.", _TEXT),
            Query("all", "Every session.", _BOOL),
            Query("zip", "A file for each session, in a zip.", _BOOL),
            _RAW,
        ),
        errors=_ERRORS,
        media=_STREAM,
        description="Sent while it is read. One session is a file; of several, `markdown` and "
        "`html` come as a zip. `list-csv` and `list-json` have no messages. Secrets are masked.",
    ),
    Endpoint(
        "POST",
        "/api/export",
        export,
        "Download a selection of sessions",
        Auth.ANYONE,
        "Exports",
        request=ExportIn,
        errors=(*_ERRORS, 403),
        media=_STREAM,
    ),
    Endpoint(
        "GET",
        "/api/export/evals",
        evals,
        "Download a dataset for evaluation",
        Auth.ANYONE,
        "Exports",
        query=(*_EVAL_OPTIONS, *_SELECTED),
        errors=_ERRORS,
        media=_STREAM,
        description="Of sessions that are marked ready for evals. Secrets are masked.",
    ),
    Endpoint(
        "POST",
        "/api/export/evals",
        evals,
        "Download a dataset of a selection",
        Auth.ANYONE,
        "Exports",
        request=EvalsIn,
        errors=(*_ERRORS, 403),
        media=_STREAM,
    ),
    Endpoint(
        "GET",
        "/api/export/evals/preview",
        preview_evals,
        "Count what a dataset would hold",
        Auth.ANYONE,
        "Exports",
        EvalPreviewOut,
        query=(*_EVAL_OPTIONS, *_SELECTED),
        errors=(400, 401, 404, 422, 503),
    ),
)
