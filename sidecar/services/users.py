"""Users: made on the first visit, linked to the single sign-on name, read."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from sidecar.domain.clock import Clock
from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import Conflict, InvalidRequest, NotFound, RecordRefused
from sidecar.pocketbase.client import PocketBase, Record, segment
from sidecar.pocketbase.filters import bind

logger = structlog.get_logger(__name__)

_SHOWN: Final = ("id", "autheliaId", "email", "name", "avatarUrl", "enabledAgents", "createdAt")
FIELDS: Final = ",".join((*_SHOWN, "groups"))
_ATTRIBUTES: Final = frozenset({"email", "name", "groups"})


@dataclass(frozen=True)
class BrowserToken:
    """A PocketBase token of a user, for the browser's SDK."""

    token: str
    record: Record


class UserService:
    def __init__(self, pocketbase: PocketBase, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._clock = clock
        self._first_visits = asyncio.Lock()

    async def get(self, user: str) -> Record:
        path = f"/api/collections/users/records/{segment(user)}"
        return await self._pocketbase.get(path, fields=FIELDS)

    async def all(self) -> AsyncIterator[Record]:
        async for record in self._pocketbase.every("users", "", fields=FIELDS):
            yield record

    async def add(self, email: str, *, name: str = "", authelia_id: str = "") -> Record:
        """Make a user. Raises Conflict when the e-mail or the sign-on name is taken."""
        email = email.strip().lower()
        values = self._new_user(name=name, email=email, authelia_id=authelia_id)
        try:
            if await self.by_email(email) is not None:
                raise Conflict("Taken in another spelling.")
            return await self._pocketbase.create("users", values)
        except Conflict as exc:
            raise Conflict(
                f"There is already a user with the e-mail {email} or that sign-on name. "
                "`opensync users list` shows all."
            ) from exc
        except RecordRefused as exc:
            raise InvalidRequest(f"{email!r} is not an e-mail address.") from exc

    async def by_email(self, email: str) -> Record | None:
        wanted = bind("email:lower = {:email}", email=email.strip().lower())
        return await self._pocketbase.first("users", wanted, fields=FIELDS)

    async def visit(self, identity: ProxyIdentity) -> Record:
        """Return the user the proxy speaks of; made on the first visit, attributes kept fresh.

        A user is known by the sign-on name. One that was added by e-mail alone is linked to the
        first name that comes with that e-mail; a linked user is never taken over through e-mail.
        """
        record = await self._by_name(identity.user)
        if record is None:
            # One at a time, so that two names that come with one e-mail are not both linked to it.
            async with self._first_visits:
                record = await self._by_name(identity.user) or await self._first_visit(identity)
        return await self._refresh(record, identity)

    async def browser_token(self, user: str, seconds: int) -> BrowserToken:
        """Return a token that acts as the user in PocketBase for `seconds`."""
        answer = await self._pocketbase.send(
            "POST", f"/api/collections/users/impersonate/{segment(user)}", {"duration": seconds}
        )
        return BrowserToken(token=str(answer["token"]), record=answer["record"])

    async def _by_name(self, authelia_id: str) -> Record | None:
        wanted = bind("autheliaId = {:name}", name=authelia_id)
        return await self._pocketbase.first("users", wanted, fields=FIELDS)

    async def _first_visit(self, identity: ProxyIdentity) -> Record:
        owner = await self.by_email(identity.email) if identity.email else None
        if owner is not None and not owner["autheliaId"]:
            return await self._update(owner["id"], {"autheliaId": identity.user})
        email = "" if owner is not None else identity.email
        values = self._new_user(name=identity.name, email=email, authelia_id=identity.user)
        try:
            return await self._keeping_what_fits(
                lambda fitting: self._pocketbase.create("users", fitting), values
            )
        except Conflict:
            # Another process made the row between the look and the making; it means the same one.
            record = await self._by_name(identity.user)
            if record is None:
                raise
            return record

    async def _refresh(self, record: Record, identity: ProxyIdentity) -> Record:
        """Keep what the proxy says of the visitor; an empty e-mail or name is "not said"."""
        changes: dict[str, Any] = {}
        if identity.name and record["name"] != identity.name:
            changes["name"] = identity.name
        if identity.email and record["email"].lower() != identity.email:
            changes["email"] = identity.email
        if list(identity.groups) != (record["groups"] or []):
            changes["groups"] = list(identity.groups)
        return await self._update(record["id"], changes) if changes else record

    async def _update(self, user: str, changes: dict[str, Any]) -> Record:
        return await self._keeping_what_fits(
            lambda fitting: self._pocketbase.update("users", user, fitting),
            {**changes, "updatedAt": self._clock.now()},
        )

    async def _keeping_what_fits(
        self, write: Callable[[dict[str, Any]], Awaitable[Record]], values: dict[str, Any]
    ) -> Record:
        """Write without the attributes that PocketBase does not take or that are another user's.

        An odd e-mail or a very long list of groups is no reason to keep somebody out.
        """
        try:
            return await write(values)
        except (Conflict, RecordRefused) as exc:
            fitting = {k: v for k, v in values.items() if k not in exc.fields & _ATTRIBUTES}
            if len(fitting) == len(values):
                raise
            logger.warning(
                "Attributes of a visitor were left out",
                action="attributes_left_out",
                fields=sorted(exc.fields),
            )
            return await write(fitting)

    def _new_user(self, *, name: str, email: str, authelia_id: str) -> dict[str, Any]:
        password = secrets.token_urlsafe(48)  # required by PocketBase; sign-in with it is off
        now = self._clock.now()
        return {
            "email": email,
            "emailVisibility": False,
            "verified": True,
            "name": name,
            "autheliaId": authelia_id,
            "groups": [],
            "password": password,
            "passwordConfirm": password,
            "createdAt": now,
            "updatedAt": now,
        }

    async def require_by_email(self, email: str) -> Record:
        record = await self.by_email(email)
        if record is None:
            raise NotFound(
                f"There is no user with the e-mail {email}. "
                "`opensync users list` shows all; `opensync users add EMAIL` makes one."
            )
        return record


def shown(record: Record) -> Record:
    """Return the attributes of a user that the user may see."""
    return {name: record.get(name) for name in _SHOWN}
