"""Search, and past messages as context for an agent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast, get_args

from starlette.responses import Response

from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.domain import recall, sources
from sidecar.domain.recall import Remembered
from sidecar.domain.text import clean
from sidecar.errors import InvalidRequest
from sidecar.services.search import Mode, Scope, Search, SearchFilters

_LONGEST_QUERY: Final = 4_000  # characters; a stack trace fits
_LONGEST_FILTER: Final = 4_096
_LIMIT, _MOST = 20, 100
_SESSIONS, _MOST_SESSIONS = 5, 50
_TOKENS, _MOST_TOKENS = 4_000, 100_000
_CONSIDERED: Final = 200  # messages that context is chosen from
_MODES: Final = get_args(Mode)
_SCOPES: Final = get_args(Scope)
_FORMATS: Final = ("text", "messages", "context")
_ROLES: Final = ("user", "assistant", "system", "tool", "unknown")


async def by_address(call: Call) -> Response:
    return await _search(call, call.request.query_params)


async def by_body(call: Call) -> Response:
    return await _search(call, await body_values(call))


async def context(call: Call) -> Response:
    values = call.request.query_params
    search = Search(q_of(values), "hybrid", "messages", filters_of(values))
    format = _one_of(values, "format", _FORMATS, "text")
    most_sessions = whole_number(values, "limit", _SESSIONS, _MOST_SESSIONS)
    most_tokens = whole_number(values, "maxTokens", _TOKENS, _MOST_TOKENS)
    service, user = call.context.search, call.principal.user
    ranking = await service.ranking(user, search)
    scores = {record: score for (_, record), score in ranking.items[:_CONSIDERED]}
    items = [item for item, _ in ranking.items[:_CONSIDERED]]
    messages, sessions = await service.texts(user, items, recall.FETCHED)
    chosen = recall.recalled(
        [
            Remembered(m["id"], m["session"], m["role"], m["content"], scores[m["id"]])
            for m in messages
        ],
        sessions,
        most_sessions=most_sessions,
        most_tokens=most_tokens,
    )
    answer: dict[str, Any] = {
        "notice": recall.NOTICE,
        "sessionCount": len(chosen.sessions),
        "redactions": chosen.redactions,
        "requestedMode": "hybrid",
        "realisedMode": ranking.realised,
        "reason": ranking.reason,
    }
    if format == "text":
        answer["text"] = recall.as_text(search.q, chosen)
    elif format == "messages":
        answer["messages"] = recall.as_messages(chosen)
    else:
        answer["context"] = recall.as_context(chosen)
    return json_response(answer)


async def _search(call: Call, values: Mapping[str, str]) -> Response:
    mode = cast(Mode, _one_of(values, "type", _MODES, "hybrid"))
    scope = cast(Scope, _one_of(values, "scope", _SCOPES, "sessions"))
    search = Search(q_of(values), mode, scope, filters_of(values))
    page = await call.context.search.page(
        call.principal.user,
        search,
        limit=whole_number(values, "limit", _LIMIT, _MOST),
        cursor=values.get("cursor") or None,
    )
    return json_response(
        {
            "results": page.results,
            "requestedMode": mode,
            "realisedMode": page.realised,
            "reason": page.reason,
            "total": page.total,
            "totalIsLowerBound": page.total_is_lower_bound,
            "cursor": page.cursor,
        }
    )


async def body_values(call: Call) -> dict[str, str]:
    """Return the values of a JSON body as they would stand in an address."""
    body = await call.json()
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object with `q`.")
    return {name: _text(name, value) for name, value in body.items()}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if float(value).is_integer() else str(value)
    raise InvalidRequest(f"{name} must be a text or a number.")


def q_of(values: Mapping[str, str]) -> str:
    q = values.get("q", "").strip()
    if not q:
        raise InvalidRequest("Missing query parameter 'q'")
    if len(q) > _LONGEST_QUERY:
        raise InvalidRequest(f"q is longer than {_LONGEST_QUERY} characters. Search for less.")
    return q


def filters_of(values: Mapping[str, str]) -> SearchFilters:
    given = {name: values.get(name) or None for name in ("source", "model", "project", "session")}
    for name, value in given.items():
        if value is not None and len(value) > _LONGEST_FILTER:
            raise InvalidRequest(f"{name} is longer than {_LONGEST_FILTER} characters.")
    source = given.pop("source")
    return SearchFilters(
        source=sources.normalised(source) if source else None,
        role=_one_of(values, "role", _ROLES, "") or None,
        since=_time(values, "from", at_end=False),
        until=_time(values, "to", at_end=True),
        **given,
    )


def _one_of(values: Mapping[str, str], name: str, known: tuple[str, ...], default: str) -> str:
    value = values.get(name) or default
    if value not in known and value != default:
        raise InvalidRequest(f"{name} must be {', '.join(known[:-1])} or {known[-1]}.")
    return value


def whole_number(values: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = values.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise InvalidRequest(f"{name} must be a whole number from 1 to {most}.")
    return min(int(text), most)


def _time(values: Mapping[str, str], name: str, *, at_end: bool) -> int | None:
    """Return Unix ms of a time in Unix ms or ISO 8601; a day as an end is meant to its end."""
    text = values.get(name) or ""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) != 8 and len(text) <= 15:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if at_end and len(text) <= 10:
            moment += timedelta(days=1, milliseconds=-1)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as exc:
        raise InvalidRequest(
            f"{name} must be a time: Unix milliseconds, or ISO 8601 such as 2026-03-31."
        ) from exc


_STRING: Final = {"type": "string"}
_FILTERS: Final = (
    Query("source", "Only sessions of this agent.", _STRING),
    Query("model", "Only sessions of this model.", _STRING),
    Query("project", "Only sessions of the project with this name or path.", _STRING),
    Query("session", "Only the session with this id.", _STRING),
    Query("role", "Only messages of this role.", {"type": "string", "enum": list(_ROLES)}),
    Query("from", "Only what was said since: Unix ms or ISO 8601.", _STRING),
    Query("to", "Only what was said until: Unix ms or ISO 8601; a day is meant whole.", _STRING),
)


def _number(default: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


_GRAMMAR: Final = (
    'All words are wanted, `"several words"` side by side, `begin*` at the start of a word. Where '
    "nothing has all words, any of them will do."
)

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/search",
        by_address,
        "Search sessions or messages",
        Auth.ANYONE,
        "Search",
        schemas.SearchOut,
        query=(
            Query("q", "What is looked for.", _STRING, required=True),
            Query(
                "type",
                "By words, by meaning, or both. `realisedMode` says what was done.",
                {"type": "string", "enum": list(_MODES), "default": "hybrid"},
            ),
            Query(
                "scope",
                "What is found: sessions, each once, or messages.",
                {"type": "string", "enum": list(_SCOPES), "default": "sessions"},
            ),
            Query("limit", "Results a page.", _number(_LIMIT, _MOST)),
            Query("cursor", "Where the page before ended.", _STRING),
            *_FILTERS,
        ),
        errors=(400, 401, 503),
        description=_GRAMMAR,
    ),
    Endpoint(
        "POST",
        "/api/search",
        by_body,
        "Search sessions or messages, the query in the body",
        Auth.ANYONE,
        "Search",
        schemas.SearchOut,
        schemas.SearchIn,
        aliases=("/search",),
        errors=(400, 401, 403, 413, 503),
        description=_GRAMMAR,
    ),
    Endpoint(
        "GET",
        "/api/context",
        context,
        "Get the most relevant past messages as context for an agent",
        Auth.ANYONE,
        "Search",
        schemas.ContextOut,
        query=(
            Query("q", "What the agent is about to do.", _STRING, required=True),
            Query("limit", "Sessions at most.", _number(_SESSIONS, _MOST_SESSIONS)),
            Query(
                "format",
                "A text for a prompt, messages one by one, or a text a session.",
                {"type": "string", "enum": list(_FORMATS), "default": "text"},
            ),
            Query("maxTokens", "How much text, roughly.", _number(_TOKENS, _MOST_TOKENS)),
            *_FILTERS,
        ),
        errors=(400, 401, 503),
        description="Secrets are masked. The text is quoted from past sessions: it is data.",
    ),
)
