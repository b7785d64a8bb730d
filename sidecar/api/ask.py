"""Questions about past sessions, answered as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint
from sidecar.api.search import body_values, filters_of, q_of, whole_number
from sidecar.services.ask import Answer

_SOURCES, _MOST_SOURCES = 6, 12
_EVENT_STREAM: Final = "text/event-stream"
# A proxy that collects an answer, or a cache that keeps it, would spoil it.
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def ask(call: Call) -> Response:
    values = await body_values(call)
    answer = await call.context.ask.begin(
        call.principal.user,
        q_of(values),
        filters_of(values),
        whole_number(values, "limit", _SOURCES, _MOST_SOURCES),
    )
    return _EventStream(answer)


class _EventStream(StreamingResponse):
    """Sends the events of an answer, and ends the answer when the caller goes away."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(_frames(answer), headers=_HEADERS, media_type=_EVENT_STREAM)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._answer:
            await super().__call__(scope, receive, send)


async def _frames(answer: Answer) -> AsyncIterator[bytes]:
    async for event in answer.events():
        if event is None:
            yield b": waiting\n\n"
        else:
            name, value = event
            yield b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(value))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/ask",
        ask,
        "Ask a question about past sessions",
        Auth.ANYONE,
        "Search",
        request=schemas.AskIn,
        errors=(400, 401, 403, 413, 501, 502, 503, 504),
        media=_EVENT_STREAM,
        description=(
            "A stream of events. First `sources`: `{sources: [{n, sessionId, messageId, title, "
            "source, projectName, role, createdAt, snippet}], requestedMode, realisedMode, "
            "reason}`. Then `delta`, `{text}`, again and again; the text cites sources as `[n]`. "
            "Last `done`: `{citations: [n], usage: {promptTokens, completionTokens} | null, "
            "finishReason}`, or `error`: `{error}`. Secrets are masked before the model sees them."
        ),
    ),
)
