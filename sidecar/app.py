"""The HTTP app: routes, middleware, and the one place where exceptions become answers."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from sidecar import api
from sidecar.api.http import error_response
from sidecar.api.middleware import Cors, Observed, PluginPaths
from sidecar.config import Settings
from sidecar.domain.clock import Clock
from sidecar.errors import NoRoom, NotSetUp, OpenSyncError, PocketBaseUnavailable
from sidecar.lifespan import lifespan_of

logger = structlog.get_logger(__name__)

_HTTP_SENTENCES = {
    404: "There is nothing at this address. The API is described at /docs.",
    405: "This address does not take that method. The API is described at /docs.",
}


def create_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the app. Its lifespan connects to PocketBase and starts the workers."""
    app = Starlette(
        routes=api.routes(),
        # Outermost first: paths are put right before anything looks at them.
        middleware=[
            Middleware(PluginPaths),
            Middleware(Observed),
            Middleware(Cors, allowed=settings.allowed_origins),
        ],
        exception_handlers={
            OpenSyncError: _known_error,
            HTTPException: _http_error,
            Exception: _unknown_error,
        },
        lifespan=lifespan_of(settings, clock or Clock()),
    )
    # Plugins would not follow a redirect with their body.
    app.router.redirect_slashes = False
    return app


async def _known_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, OpenSyncError)
    headers = {"Retry-After": str(exc.retry_after)} if exc.retry_after is not None else {}
    if exc.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if exc.status == 408:
        headers["Connection"] = "close"
    # A setting that nobody made is no failure, and anybody may ask for what it wants.
    if isinstance(exc, PocketBaseUnavailable | NoRoom):
        # Many come at once, and where is known.
        logger.warning("Request failed", action="request_failed", cause=type(exc).__name__)
    elif exc.status >= 500 and not isinstance(exc, NotSetUp):
        logger.error("Request failed", action="request_failed", exc_info=exc)
    return error_response(exc.status, exc.message, headers)


async def _http_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    message = _HTTP_SENTENCES.get(exc.status_code, "The request cannot be answered.")
    return error_response(exc.status_code, message, exc.headers)


async def _unknown_error(request: Request, exc: Exception) -> Response:
    # It is called outside of the middleware that gives requests their id.
    request_id: str = getattr(request.state, "request_id", "")
    logger.error("Request failed", action="request_failed", request_id=request_id, exc_info=exc)
    return error_response(
        500,
        "Something went wrong on the server. Its log says what, beside the X-Request-Id.",
        {"X-Request-Id": request_id},
    )
