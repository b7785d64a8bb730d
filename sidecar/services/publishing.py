"""Publishing sessions: an address that cannot be guessed, and what is shown there."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import secrets
from dataclasses import asdict
from typing import Any, Final

import orjson

from sidecar.domain.ids import is_record_id
from sidecar.domain.sharing import Include, Scrubber, message_shown, session_shown
from sidecar.errors import InvalidRequest, NotFound
from sidecar.pocketbase.client import Json, PocketBase

_PAGE: Final = 200  # messages
_SLUG_BYTES: Final = 24
_SLUG: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LARGEST: Final = 2**53
_NONE: Final = "There is no shared session at this address. It may have been made private again."


class PublishingService:
    """Publishes one user's sessions, and reads published ones for anybody."""

    def __init__(self, pocketbase: PocketBase, *, public_url: str) -> None:
        self._pocketbase = pocketbase
        self._public_url = public_url.rstrip("/")
        self._masking = asyncio.Lock()

    async def publish(self, user: str, id: str, include: Include) -> dict[str, str]:
        """Publish a session of the user; one that is public keeps its address."""
        fresh = secrets.token_urlsafe(_SLUG_BYTES)
        # PocketBase decides which counts: others may be publishing it, too, or making it private.
        published = await self._change(
            "publish", user, id, {"slug": fresh, "include": asdict(include)}
        )
        slug = str(published["slug"])
        return {"slug": slug, "url": self.url(slug)}

    async def unpublish(self, user: str, id: str) -> None:
        """Make a session private; its address is never used again."""
        await self._change("unpublish", user, id, {})

    def url(self, slug: str) -> str:
        return f"{self._public_url}/s/{slug}"

    async def session(self, slug: str) -> dict[str, Any]:
        """Return what is shown of the session itself. Raises NotFound."""
        stored = await self._stored(slug)
        include = Include.of(stored["include"])
        return session_shown(stored, include, Scrubber(include, stored["projectPath"]))

    async def page(self, slug: str, cursor: str | None) -> dict[str, Any]:
        """Return the session, up to 200 messages, and where the next page begins."""
        after = _place_of(cursor)
        stored = await self._stored(slug)
        # It takes a moment of a processor and megabytes; one at a time, however many strangers ask.
        async with self._masking:
            wanted = {"session": stored["id"], "after": after, "most": _PAGE}
            found = await self._ask("messages", wanted)
            return await asyncio.to_thread(_shown, stored, found)

    async def _change(self, name: str, user: str, id: str, values: Json) -> Json:
        try:
            if not is_record_id(id):
                raise NotFound(id)
            changed: Json = await self._ask(name, {"user": user, "session": id, **values})
        except NotFound as exc:
            raise NotFound("Session not found") from exc
        return changed

    async def _stored(self, slug: str) -> Json:
        if _SLUG.fullmatch(slug) is None:
            raise NotFound(_NONE)
        try:
            stored: Json = await self._ask("session", {"slug": slug})
        except NotFound as exc:
            raise NotFound(_NONE) from exc
        return stored

    async def _ask(self, name: str, body: Json) -> Any:
        response = await self._pocketbase.request(
            "POST", "/api/opensync/shared", params={"do": name}, json=body
        )
        return orjson.loads(response.content)


def _shown(stored: Json, found: Json) -> dict[str, Any]:
    messages = found["messages"]
    include = Include.of(stored["include"])
    scrubber = Scrubber(include, stored["projectPath"])
    return {
        "session": session_shown(stored, include, scrubber),
        "messages": [message_shown(message, scrubber) for message in messages],
        "cursor": _cursor(messages[-1]) if found["hasMore"] else None,
        "redactions": scrubber.redactions,
    }


def _cursor(message: Json) -> str:
    place = orjson.dumps([message["createdAt"], message["seq"], message["id"]])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _place_of(cursor: str | None) -> Json:
    if cursor is None:
        return {"createdAt": -1, "seq": 0, "id": ""}
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        created, seq, id = place
        if not (_is_number(created) and _is_number(seq) and is_record_id(id)):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as exc:
        raise InvalidRequest(
            "The cursor is not one this server gave out. Leave it out to start from the top."
        ) from exc
    return {"createdAt": created, "seq": seq, "id": id}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and -1 <= value <= _LARGEST
