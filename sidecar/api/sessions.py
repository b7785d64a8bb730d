"""Reading sessions."""

from __future__ import annotations

from starlette.responses import Response

from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.domain import sources
from sidecar.errors import InvalidRequest
from sidecar.services.sessions import FILTERS

_TEXT = {"type": "string"}


async def listed(call: Call) -> Response:
    filters = {name: value for name in FILTERS if (value := call.query(name)) is not None}
    if "source" in filters:
        filters["source"] = sources.normalised(filters["source"])
    page = await call.context.sessions.page(
        call.principal.user, limit=call.limit(50, 200), cursor=call.query("cursor"), filters=filters
    )
    return json_response({"sessions": page.sessions, "cursor": page.cursor})


async def one(call: Call) -> Response:
    id = call.request.path_params.get("id") or call.query("id")
    if id is None:
        raise InvalidRequest("Missing session ID")
    return json_response(await call.context.sessions.transcript(call.principal.user, id))


async def stats(call: Call) -> Response:
    return json_response(await call.context.sessions.stats(call.principal.user))


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/sessions",
        listed,
        "List sessions, the latest updated first",
        Auth.ANYONE,
        "Sessions",
        schemas.SessionsOut,
        query=(
            Query(
                "limit",
                "Sessions a page; more than 200 are taken as 200.",
                {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
            ),
            Query("cursor", "Where the page before ended.", _TEXT),
            Query("source", "Only sessions of this agent.", _TEXT),
            Query("model", "Only sessions of this model.", _TEXT),
            Query("project", "Only sessions of this project name.", _TEXT),
        ),
        errors=(400, 401, 503),
    ),
    Endpoint(
        "GET",
        "/api/sessions/get",
        one,
        "Get a session with all its messages",
        Auth.ANYONE,
        "Sessions",
        schemas.TranscriptOut,
        query=(Query("id", "The session's id.", _TEXT, required=True),),
        errors=(400, 401, 404, 503),
    ),
    Endpoint(
        "GET",
        "/api/sessions/{id}",
        one,
        "Get a session with all its messages",
        Auth.ANYONE,
        "Sessions",
        schemas.TranscriptOut,
        errors=(401, 404, 503),
    ),
    Endpoint(
        "GET",
        "/api/stats",
        stats,
        "Get totals, also by model",
        Auth.ANYONE,
        "Sessions",
        schemas.StatsOut,
        errors=(401, 503),
    ),
)
