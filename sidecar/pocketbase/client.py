"""The one client of PocketBase: superuser token, retries, error translation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote as url_quote

import httpx
import orjson
import structlog

from sidecar.errors import (
    Conflict,
    NotFound,
    PocketBaseUnavailable,
    RecordRefused,
    SuperuserRefused,
    UpstreamError,
)
from sidecar.pocketbase import measured

logger = structlog.get_logger(__name__)

Record = dict[str, Any]
Json = dict[str, Any]

_EMPTY_LIST: Final = b'"items":[]'
PAGE: Final = 1000  # PocketBase's own maximum of records a page


# Asked before each request as superuser; what it raises keeps the request from being made.
Guard = Callable[["PocketBase", str], Awaitable[None]]


def segment(value: str) -> str:
    """Return `value` as one path segment: an id with a slash or a query mark stays an id."""
    return url_quote(value, safe="")


class PocketBase:
    """Requests to PocketBase as its superuser.

    The token is fetched when first needed and renewed when PocketBase stops accepting it (it
    expired, or the secret changed). Every method raises PocketBaseUnavailable when PocketBase
    cannot be reached, NotFound for a missing record, Conflict when a unique value is taken,
    RecordRefused for a value that its field does not take, and UpstreamError for any other
    refusal; httpx exceptions end here. A `guard` may stop requests with an error of its own.
    """

    def __init__(
        self, http: httpx.AsyncClient, email: str, password: str, guard: Guard | None = None
    ) -> None:
        self._http = http
        self._guard = guard
        self._email = email
        self._password = password
        self._token: str | None = None
        self._renewal = asyncio.Lock()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        content: bytes | None = None,
        seconds: float | None = None,
    ) -> httpx.Response:
        """Send one request as superuser and return the 2xx answer.

        `seconds` is for one that may take longer than usual.
        """
        if self._guard is not None:
            await self._guard(self, path)
        if json is not None:
            content = orjson.dumps(json)
        arguments: dict[str, Any] = {"params": params, "content": content}
        if seconds is not None:
            arguments["timeout"] = seconds
        token = self._token or await self._renew(None)
        response = await self._send_as(token, method, path, **arguments)
        if await self._is_a_guests(response, token):
            token = await self._renew(token)
            response = await self._send_as(token, method, path, **arguments)
        return _checked(response)

    async def get(self, path: str, **params: str | int) -> Json:
        return _object(await self.request("GET", path, params=params))

    async def send(self, method: str, path: str, body: Any) -> Json:
        response = await self.request(method, path, json=body)
        return _object(response) if response.content else {}

    async def first(self, collection: str, filter: str, *, fields: str = "*") -> Record | None:
        """Return the first record that matches, or None."""
        page = await self.get(
            f"/api/collections/{collection}/records",
            filter=filter,
            perPage=1,
            skipTotal=1,
            fields=fields,
        )
        items = page["items"]
        return items[0] if items else None

    async def page(
        self, collection: str, filter: str, *, sort: str, limit: int, fields: str = "*"
    ) -> list[Record]:
        """Return up to `limit` (1 to 1,000) matching records in order."""
        page = await self.get(
            f"/api/collections/{collection}/records",
            filter=filter,
            sort=sort,
            perPage=limit,
            skipTotal=1,
            fields=fields,
        )
        return list(page["items"])

    async def every(
        self, collection: str, filter: str, *, fields: str = "*"
    ) -> AsyncIterator[Record]:
        """Yield all matching records in the order of their ids, however many there are."""
        last = ""
        while True:
            after = f"id > '{last}'" if last else "id != ''"
            wanted = f"({filter}) && {after}" if filter else after
            items = await self.page(collection, wanted, sort="id", limit=PAGE, fields=fields)
            for item in items:
                yield item
            if len(items) < PAGE:
                return
            last = str(items[-1]["id"])

    async def create(self, collection: str, values: Mapping[str, Any]) -> Record:
        return await self.send("POST", f"/api/collections/{collection}/records", values)

    async def update(self, collection: str, id: str, values: Mapping[str, Any]) -> Record:
        path = f"/api/collections/{collection}/records/{segment(id)}"
        return await self.send("PATCH", path, values)

    async def delete(self, collection: str, id: str) -> None:
        await self.request("DELETE", f"/api/collections/{collection}/records/{segment(id)}")

    async def healthy(self) -> bool:
        """Tell whether PocketBase answers at all; needs no token."""
        try:
            return (await self._send("GET", "/api/health", timeout=3)).is_success
        except PocketBaseUnavailable:
            return False

    async def sign_in(self) -> None:
        """Fetch a fresh superuser token now. Raises SuperuserRefused when there is none."""
        await self._renew(self._token)

    async def user_of(self, token: str) -> Record | None:
        """Return the `users` record a user token belongs to, or None when it is not valid."""
        response = await self._send(
            "POST", "/api/collections/users/auth-refresh", headers={"Authorization": token}
        )
        if response.status_code in (400, 401, 403, 404):
            return None
        record = _object(_checked(response)).get("record")
        return record if isinstance(record, dict) else None

    async def _is_a_guests(self, response: httpx.Response, token: str) -> bool:
        """Tell whether PocketBase took the superuser for a guest, because the token is void.

        Guests get 401 from routes and 403 where a rule is closed. Where a rule names an owner they
        get an empty list or 404, and 400 for a filter by a hidden field, which only a question
        about the token itself tells from the truth.
        """
        if response.status_code in (401, 403):
            return True
        is_empty_list = len(response.content) < 200 and _EMPTY_LIST in response.content
        if response.status_code not in (400, 404) and not is_empty_list:
            return False
        answer = await self._send_as(token, "GET", "/api/opensync/superuser")
        return answer.status_code in (401, 403)

    async def _send_as(
        self, token: str, method: str, path: str, **arguments: Any
    ) -> httpx.Response:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        return await self._send(method, path, headers=headers, **arguments)

    async def _renew(self, rejected: str | None) -> str:
        async with self._renewal:
            # Somebody else may have renewed it while this caller waited.
            if self._token is not None and self._token != rejected:
                return self._token
            self._token = None
            response = await self._send(
                "POST",
                "/api/collections/_superusers/auth-with-password",
                content=orjson.dumps({"identity": self._email, "password": self._password}),
                headers={"Content-Type": "application/json"},
            )
            if response.status_code in (400, 401, 403):
                logger.error(SuperuserRefused.cure, action="superuser_refused")
                raise SuperuserRefused(
                    "The database is not reachable at the moment. Try again in a few seconds."
                )
            self._token = str(_object(_checked(response))["token"])
            return self._token

    async def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        started = time.perf_counter()
        try:
            response = await self._http.request(method, path, **arguments)
        except httpx.HTTPError as exc:
            measured.note(path, None, time.perf_counter() - started)
            logger.warning(
                "PocketBase did not answer",
                action="pocketbase_unreachable",
                method=method,
                path=path,
                cause=type(exc).__name__,
            )
            raise PocketBaseUnavailable(
                "The database is not reachable at the moment. Try again in a few seconds."
            ) from exc
        measured.note(path, response.status_code, time.perf_counter() - started)
        return response


@asynccontextmanager
async def connect(
    url: str, email: str, password: str, guard: Guard | None = None
) -> AsyncIterator[PocketBase]:
    """Open a client of the PocketBase at `url` and close its connections at the end."""
    async with httpx.AsyncClient(
        base_url=url,
        timeout=httpx.Timeout(60, connect=3),
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
        trust_env=False,
    ) as http:
        yield PocketBase(http, email, password, guard)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    status = response.status_code
    detail = _detail(response)
    logger.info(
        "PocketBase refused a request",
        action="pocketbase_refused",
        status=status,
        path=response.request.url.path,
        detail=detail,
    )
    if status == 404:
        raise NotFound("There is no such record.")
    fields = _refused_fields(response) if status == 400 else {}
    taken = frozenset(name for name, code in fields.items() if code == "validation_not_unique")
    if taken:
        raise Conflict("Another record already has this value.", taken)
    if fields:
        message = f"The database does not take the value of {', '.join(sorted(fields))}."
        raise RecordRefused(message, frozenset(fields))
    if status == 409:
        raise Conflict("A session of this name belongs to another user by now.")
    if status in (429, 502, 503, 504):
        raise PocketBaseUnavailable(
            "The database is busy at the moment. Try again in a few seconds."
        )
    error = UpstreamError("The database refused the request; the server's log says why.")
    error.add_note(f"{status} {detail}")
    raise error


def _detail(response: httpx.Response) -> str:
    return response.text[:500]


def _refused_fields(response: httpx.Response) -> dict[str, str]:
    """Return the code of the refusal by the name of the field."""
    data = _object(response).get("data")
    if not isinstance(data, dict):
        return {}
    return {name: str(e.get("code")) for name, e in data.items() if isinstance(e, dict)}


def _object(response: httpx.Response) -> Json:
    try:
        value = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise UpstreamError("The database gave an answer that is not understood.")
    return value
