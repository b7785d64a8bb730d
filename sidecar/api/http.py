"""Between ASGI and handlers: what a call carries, bodies in, JSON out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import orjson
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sidecar.context import AppContext
from sidecar.domain.principal import Principal
from sidecar.domain.text import clean_json
from sidecar.domain.wire import ID_NAMES
from sidecar.errors import InvalidRequest, TooLarge, TooSlow, Unauthenticated
from sidecar.services.bodies import SMALL, Place
from sidecar.services.identity import Evidence

_DISCARDED = 4  # times the limit that is read and thrown away, so that the client sees the 413


class Auth(StrEnum):
    """Who may call an endpoint."""

    NONE = "nobody in particular"
    ANYONE = "an API key, a PocketBase user token or a signed-in browser"
    WRITER = "the same; a remembered key will do, because the database checks it when it writes"
    PERSON = "a signed-in browser or a PocketBase user token"


@dataclass
class Call:
    """One request on its way through a handler."""

    request: Request
    context: AppContext
    _principal: Principal | None = None
    _body: bytes | None = None
    _place: Place | None = None

    @property
    def principal(self) -> Principal:
        if self._principal is None:
            raise Unauthenticated("Missing Authorization header")
        return self._principal

    def known(self, principal: Principal) -> Principal:
        self._principal = principal
        return principal

    @property
    def evidence(self) -> Evidence:
        return evidence_of(self.request)

    async def json(self) -> Any:
        """Return the body as parsed JSON."""
        if self._body is None:
            settings = self.context.settings
            self._place = self.context.bodies.place(self.principal.user)
            self._body = await read_body(
                self.request, settings.max_body_bytes, settings.body_pause_seconds, self._place
            )
        return parse_json(self._body)

    def forget_body(self) -> None:
        """Drop the body, and give back its room."""
        self._body = None
        if self._place is not None:
            self._place.give_back()

    def query(self, name: str) -> str | None:
        """Return a query parameter, None when it is absent or empty."""
        return self.request.query_params.get(name) or None

    def flag(self, name: str) -> bool:
        """Return a query parameter that is `true` or `false`, the latter when it is absent."""
        text = self.query(name) or "false"
        if text not in ("true", "false"):
            raise InvalidRequest(f"{name} must be true or false.")
        return text == "true"

    def limit(self, default: int, most: int) -> int:
        """Return the `limit` parameter, never more than `most`."""
        text = self.query("limit")
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
            raise InvalidRequest(f"limit must be a whole number from 1 to {most}.")
        return min(int(text), most)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class Query:
    """A query parameter, for the reference."""

    name: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True)
class Endpoint:
    """A route and what the reference says of it. `aliases` are further paths, not documented."""

    method: str
    path: str
    handler: Handler
    summary: str
    auth: Auth
    tag: str
    response: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    query: tuple[Query, ...] = ()
    aliases: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    status: int = 200
    media: str = "application/json"
    public: bool = True
    description: str = ""


def evidence_of(request: Request) -> Evidence:
    return Evidence(
        method=request.method,
        headers=request.headers.raw,
        peer=request.client.host if request.client else "",
    )


async def read_body(request: Request, limit: int, pause: float, place: Place) -> bytes:
    """Return the body, for which `place` takes room when it turns out not to be small.

    Raises TooLarge beyond `limit` bytes, TooSlow after a `pause` in seconds, NoRoom.
    """
    declared = request.headers.get("content-length", "")
    expected = int(declared) if declared.isascii() and declared.isdigit() else limit
    if expected > limit * _DISCARDED:
        _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in _without_pause(request.stream(), pause):
            size += len(chunk)
            if size > limit * _DISCARDED:
                break
            if max(size, expected) > limit:
                chunks.clear()
                place.give_back()
                continue
            # Not before so much is there: who only promises a body takes no room.
            if size > SMALL:
                await place.take(expected)
            chunks.append(chunk)
    except ClientDisconnect as exc:
        raise InvalidRequest("The connection was closed before the body was complete.") from exc
    if size > limit:
        _too_large(limit)
    return b"".join(chunks)


async def _without_pause(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(seconds):
                chunk = await anext(chunks, None)
        except TimeoutError as exc:
            raise TooSlow(
                f"Nothing of the body came for {seconds:g} seconds. Send the request again."
            ) from exc
        if chunk is None:
            return
        yield chunk


def _too_large(limit: int) -> NoReturn:
    raise TooLarge(f"The body is larger than {limit // 1_048_576} MB. Send it in several requests.")


def parse_json(body: bytes) -> Any:
    """Return the parsed JSON. Raises InvalidRequest when it is not valid JSON in UTF-8."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    # JSON.stringify writes half of an emoji as a lone surrogate, which strict parsers refuse.
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        return clean_json(parsed, but=ID_NAMES)
    except UnicodeDecodeError as exc:
        raise InvalidRequest("The body is not valid UTF-8.") from exc
    except RecursionError as exc:
        raise InvalidRequest("The body is nested too deeply.") from exc
    except ValueError as exc:
        raise InvalidRequest("The body is not valid JSON.") from exc


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    content = value if isinstance(value, bytes) else orjson.dumps(value)
    return Response(content, status, headers, "application/json")


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the one shape of an error: `{"error": "<sentence>"}`."""
    return json_response({"error": message}, status, headers)
