"""The user's request log, summed up. Its rows are records of PocketBase's `apiLogs`."""

from __future__ import annotations

from typing import Final, get_args

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.domain.logs import SpanName
from sidecar.errors import InvalidRequest
from sidecar.services.logs import LogFilter

_SPANS: Final[tuple[SpanName, ...]] = get_args(SpanName)
_NO_KEY: Final = "none"


class RequestsOut(BaseModel):
    requests: int
    refused: int = Field(description="Answered 4xx.")
    failed: int = Field(description="Answered 5xx.")
    p50: float | None = Field(description="Half were answered within so many ms.")
    p95: float | None
    p99: float | None


class StepOut(RequestsOut):
    start: int = Field(description="Unix ms.")


class KeyRequestsOut(RequestsOut):
    id: str = Field(description="Empty for requests without a key, such as the dashboard's.")
    name: str
    prefix: str


class EndpointRequestsOut(RequestsOut):
    method: str
    endpoint: str


class StatusRequestsOut(RequestsOut):
    status: int


class LogSummaryOut(BaseModel):
    """Requests of a span of time. Times to answer are exact to 3 %."""

    model_config = ConfigDict(populate_by_name=True)

    from_: int = Field(alias="from", description="Unix ms.")
    to: int
    step: int = Field(description="Ms that a step lasts.")
    keepDays: int = Field(description="Older rows are dropped: `OPENSYNC_API_LOG_DAYS`.")
    total: RequestsOut
    steps: list[StepOut]
    keys: list[KeyRequestsOut] = Field(description="The busiest first, as in the other lists.")
    endpoints: list[EndpointRequestsOut]
    statuses: list[StatusRequestsOut]


async def summary(call: Call) -> Response:
    key = call.query("key")
    wanted = LogFilter(
        key="" if key == _NO_KEY else key,
        method=call.query("method"),
        endpoint=call.query("endpoint"),
        status=_status(call),
    )
    found = await call.context.logs.summary(call.principal.user, _span(call), wanted)
    return json_response({**found, "keepDays": call.context.settings.api_log_days})


def _span(call: Call) -> SpanName:
    wanted = call.query("range") or "24h"
    for name in _SPANS:
        if name == wanted:
            return name
    raise InvalidRequest(f"range must be one of {', '.join(_SPANS)}.")


def _status(call: Call) -> int | None:
    text = call.query("status")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 3):
        raise InvalidRequest("status must be an HTTP status, such as 401.")
    return int(text)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/request-log",
        summary,
        "Sum up your requests",
        Auth.PERSON,
        "Account",
        LogSummaryOut,
        query=(
            Query(
                "range", "How far back.", {"type": "string", "enum": [*_SPANS], "default": "24h"}
            ),
            Query("key", "Only with the key of this id; `none`: without.", {"type": "string"}),
            Query("method", "Only with this method.", {"type": "string"}),
            Query("endpoint", "Only to this path.", {"type": "string"}),
            Query("status", "Only answered with this status.", {"type": "integer"}),
        ),
        errors=(400, 401, 403, 503),
    ),
)
