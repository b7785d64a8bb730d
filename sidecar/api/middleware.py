"""What happens to every request: its path, its id, its log line, CORS."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sidecar.api.http import error_response
from sidecar.context import AppContext
from sidecar.domain.keys import is_key_prefixed
from sidecar.domain.principal import Principal
from sidecar.workers.request_log import LogRow

logger = structlog.get_logger(__name__)

REQUESTS = Counter("opensync_requests_total", "Requests.", ["method", "endpoint", "status"])
SECONDS = Histogram("opensync_request_seconds", "Time to answer.", ["method", "endpoint"])

_SLASHES: Final = re.compile(r"/{2,}")
_MOUNT: Final = "/.convex.site"
_REQUEST_ID: Final = re.compile(r"[\w.-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class PluginPaths:
    """Serves what plugins make of a configured URL: `//sync/session`, `/.convex.site/sync/…`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = _SLASHES.sub("/", scope["path"])
            if path == _MOUNT or path.startswith(_MOUNT + "/"):
                path = path[len(_MOUNT) :] or "/"
            if len(path) > 1:
                path = path.rstrip("/")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)


class Cors:
    """Lets pages of other origins call with an API key, and those that are `allowed` with anything.

    To any other origin a browser's own session never opens an answer: only requests that carry a
    key get the header, and the health check, which tells nothing of anybody.
    """

    def __init__(self, app: ASGIApp, *, allowed: Collection[str] = ()) -> None:
        self._app = app
        self._allowed = {origin.rstrip("/") for origin in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        is_allowed = origin in self._allowed
        opened = _open_to(origin) if is_allowed else _OPEN_TO_ALL
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            asked = opened | (_FOR_PAGES if is_allowed else _FOR_KEYS)
            await _preflight(asked, scope, receive, send)
            return
        bearer = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        if not (is_allowed or is_key_prefixed(bearer) or scope["path"] == "/health"):
            await self._app(scope, receive, send)
            return

        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(opened)
            await send(message)

        await self._app(scope, receive, send_open)


_OPEN_TO_ALL: Final = {"Access-Control-Allow-Origin": "*"}
_FOR_KEYS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}
_FOR_PAGES: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Requested-With",
}


def _open_to(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "Content-Disposition, X-Export-Sessions",
        "Vary": "Origin",
    }


async def _preflight(answer: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(204, "")
    response.body = b""
    response.headers.update(answer | {"Access-Control-Max-Age": "86400"})
    del response.headers["content-length"]
    await response(scope, receive, send)


class Observed:
    """Gives a request an id, counts and times it, and notes it in the request log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in _METHODS:
            await error_response(405, "There is no such method.")(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        context: AppContext = scope["state"]["context"]
        request_id = _request_id(scope) or f"{context.clock.arrival():x}"
        scope["state"]["request_id"] = request_id

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_observed)
            finally:
                self._note(scope, context, status, time.perf_counter() - started)

    def _note(self, scope: Scope, context: AppContext, status: int, seconds: float) -> None:
        state = scope["state"]
        endpoint: str = state.get("endpoint", "(none)")
        REQUESTS.labels(scope["method"], endpoint, status).inc()
        SECONDS.labels(scope["method"], endpoint).observe(seconds)
        milliseconds = round(seconds * 1000, 2)
        logger.debug(
            "Answered",
            action="request",
            method=scope["method"],
            endpoint=endpoint,
            status=status,
            ms=milliseconds,
        )
        principal: Principal | None = state.get("principal")
        if principal is not None:
            context.request_log.add(
                LogRow(
                    user=principal.user,
                    apiKey=principal.key.id if principal.key else "",
                    endpoint=endpoint,
                    method=scope["method"],
                    statusCode=status,
                    responseTimeMs=milliseconds,
                    createdAt=context.clock.now(),
                )
            )


def _request_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.fullmatch(text) else None
    return None
