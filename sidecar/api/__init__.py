"""The one list of all routes, and how a route becomes an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sidecar.api import (
    account,
    ask,
    cleanup,
    embeddings,
    exports,
    jobs,
    logs,
    openapi,
    public,
    search,
    selection,
    service,
    sessions,
    storage,
    sync,
    transcript,
    usage,
)
from sidecar.api.http import Auth, Call, Endpoint
from sidecar.domain.principal import Via
from sidecar.errors import Forbidden, Unauthenticated

_DOCUMENTED: tuple[Endpoint, ...] = (
    *sync.ENDPOINTS,
    *sessions.ENDPOINTS,
    *selection.ENDPOINTS,
    *public.ENDPOINTS,
    *exports.ENDPOINTS,
    *transcript.ENDPOINTS,
    *usage.ENDPOINTS,
    *search.ENDPOINTS,
    *ask.ENDPOINTS,
    *account.ENDPOINTS,
    *jobs.ENDPOINTS,
    *cleanup.ENDPOINTS,
    *embeddings.ENDPOINTS,
    *storage.ENDPOINTS,
    *logs.ENDPOINTS,
    *service.ENDPOINTS,
)


def endpoints() -> Sequence[Endpoint]:
    """Return every endpoint, in the order in which they are matched."""
    document, page = openapi.handlers(_DOCUMENTED)
    return (
        *_DOCUMENTED,
        Endpoint("GET", "/openapi.json", document, "", Auth.NONE, "Service", public=False),
        Endpoint("GET", "/docs", page, "", Auth.NONE, "Service", public=False),
    )


def routes() -> list[BaseRoute]:
    return [
        Route(path, _endpoint(endpoint), methods=[endpoint.method])
        for endpoint in endpoints()
        for path in (endpoint.path, *endpoint.aliases)
    ]


def _endpoint(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        request.state.endpoint = endpoint.path
        call = Call(request, request.state.context)
        try:
            return await _answer(call, endpoint)
        finally:
            call.forget_body()

    return answer


async def _answer(call: Call, endpoint: Endpoint) -> Response:
    if endpoint.auth is not Auth.NONE:
        await _authenticate(call, endpoint.auth)
    try:
        return await endpoint.handler(call)
    except Unauthenticated:
        # The database refused somebody who was remembered: the key was revoked, or the user
        # deleted. A visitor whose sign-on still holds is a new user then.
        if endpoint.auth is Auth.NONE:
            raise
        call.context.identity.forget(call.principal)
        if call.principal.via is not Via.PROXY:
            raise
    await _authenticate(call, endpoint.auth)
    return await endpoint.handler(call)


async def _authenticate(call: Call, auth: Auth) -> None:
    identity, limits = call.context.identity, call.context.limits
    is_writer = auth is Auth.WRITER
    try:
        principal = await identity.authenticate(call.evidence, fresh=not is_writer)
    except Unauthenticated:
        if call.evidence.header(b"authorization"):
            await limits.wrong_key(identity.origin(call.evidence))
        raise
    call.request.state.principal = call.known(principal)
    if auth is Auth.PERSON and principal.via is Via.KEY:
        raise Forbidden("API keys are managed by people: sign in to the dashboard, not with a key.")
    # Before the body is read: who waits takes no memory.
    await (limits.sync if is_writer else limits.read)(principal)
