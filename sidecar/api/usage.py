"""What was used when: the figures of the dashboard's overview."""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.responses import Response

from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.errors import InvalidRequest

_LATEST: Final = 8_640_000_000_000_000  # the last moment that JavaScript's Date knows
_TIME: Final = {"type": "integer", "minimum": 0, "maximum": _LATEST}


async def usage(call: Call) -> Response:
    begin, end = _time(call, "from", 0), _time(call, "to", _LATEST)
    content = await call.context.usage.columns(call.principal.user, begin, end)
    # Weak, because the proxy compresses the answer.
    tag = f'W/"{hashlib.blake2b(content, digest_size=15).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in _asked(call):
        return Response(status_code=304, headers=headers)
    return json_response(content, headers=headers)


def _asked(call: Call) -> list[str]:
    return [tag.strip() for tag in call.request.headers.get("if-none-match", "").split(",")]


def _time(call: Call, name: str, default: int) -> int:
    text = call.query(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _LATEST):
        raise InvalidRequest(f"{name} must be a time in Unix milliseconds.")
    return int(text)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/usage",
        usage,
        "Get sums by quarter of an hour, agent, model, provider and project",
        Auth.ANYONE,
        "Sessions",
        schemas.UsageOut,
        query=(
            Query(
                "from", "Only quarters of an hour that begin at this time or later, Unix ms.", _TIME
            ),
            Query("to", "Only quarters of an hour that begin before this time, Unix ms.", _TIME),
        ),
        errors=(400, 401, 503),
        description="With `If-None-Match`, 304 when nothing changed.",
    ),
)
