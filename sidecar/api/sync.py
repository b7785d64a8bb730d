"""What plugins call to put sessions here."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, json_response
from sidecar.domain.principal import Via
from sidecar.domain.wire import BatchIn, MessageIn, SessionIn, items_in
from sidecar.domain.writes import Write
from sidecar.errors import TooLarge

# `success` is what Cursor plugins before 1.0.10 look for.
_OK = {"ok": True, "success": True}


async def session(call: Call) -> Response:
    id, write = call.context.ingest.session(call.principal, await _sent(call))
    await _store(call, write)
    return json_response({**_OK, "sessionId": id})


async def message(call: Call) -> Response:
    id, write = call.context.ingest.message(call.principal, await _sent(call))
    await _store(call, write)
    return json_response({**_OK, "messageId": id})


async def batch(call: Call) -> Response:
    result = call.context.ingest.batch(call.principal, await _sent(call))
    if result.write is not None:
        await _store(call, result.write)
    return json_response(
        {
            **_OK,
            "sessions": result.sessions,
            "messages": result.messages,
            "errors": result.errors,
        }
    )


async def _sent(call: Call) -> Any:
    body = await call.json()
    most = call.context.settings.max_body_items
    if items_in(body) > most:
        raise TooLarge(
            f"The body has more than {most:,} sessions, messages and parts. Send it in several "
            "requests."
        )
    return body


async def _store(call: Call, write: Write) -> None:
    # The writer counts it from here on. A visitor's body is kept: the call may be made once more.
    if call.principal.via is not Via.PROXY:
        call.forget_body()
    await call.context.writer.write(write)


async def sessions_list(call: Call) -> Response:
    ids = await call.context.sessions.external_ids(call.principal.user)
    return json_response(b'{"sessionIds":' + ids + b"}")


_WRITE_ERRORS = (400, 401, 403, 413, 422, 503)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/sync/session",
        session,
        "Create or update a session",
        Auth.WRITER,
        "Sync",
        schemas.SessionSynced,
        SessionIn,
        aliases=("/api/sync/session",),
        errors=_WRITE_ERRORS,
        description="Absent, null, 0 and placeholder values never replace a stored one. Token "
        "counts and cost are absolute totals.",
    ),
    Endpoint(
        "POST",
        "/sync/message",
        message,
        "Create or update a message",
        Auth.WRITER,
        "Sync",
        schemas.MessageSynced,
        MessageIn,
        aliases=("/api/sync/message",),
        errors=_WRITE_ERRORS,
        description="The session is made when it is not known yet.",
    ),
    Endpoint(
        "POST",
        "/sync/batch",
        batch,
        "Create or update many sessions and messages",
        Auth.WRITER,
        "Sync",
        schemas.BatchSynced,
        BatchIn,
        aliases=("/api/sync/batch",),
        errors=_WRITE_ERRORS,
        description="Items as in the single calls. What can be understood is stored in one "
        "transaction; the rest is listed in `errors`.",
    ),
    Endpoint(
        "GET",
        "/sync/sessions/list",
        sessions_list,
        "List the agents' own ids of all sessions",
        Auth.ANYONE,
        "Sync",
        schemas.SessionIds,
        aliases=("/api/sync/sessions/list",),
        errors=(401, 503),
    ),
)
