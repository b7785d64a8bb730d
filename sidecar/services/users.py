"""Users: made on the first visit, linked to the single sign-on name, read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sidecar.domain import ids
from sidecar.domain.clock import Clock
from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import Conflict, InvalidRequest, NotFound
from sidecar.pocketbase.client import PocketBase, Record, segment
from sidecar.pocketbase.filters import bind

_SHOWN = ("id", "autheliaId", "email", "name", "avatarUrl", "enabledAgents", "createdAt")
FIELDS = ",".join((*_SHOWN, "groups"))


@dataclass(frozen=True)
class BrowserToken:
    """A PocketBase token of a user, for the browser's SDK."""

    token: str
    record: Record


class UserService:
    def __init__(self, pocketbase: PocketBase, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._clock = clock

    async def get(self, user: str) -> Record:
        path = f"/api/collections/users/records/{segment(user)}"
        return await self._pocketbase.get(path, fields=FIELDS)

    async def all(self) -> AsyncIterator[Record]:
        async for record in self._pocketbase.every("users", "", fields=FIELDS):
            yield record

    async def add(self, email: str, *, name: str = "", authelia_id: str = "") -> Record:
        """Make a user. Raises Conflict when the e-mail or the sign-on name is taken."""
        email = email.strip().lower()
        if "@" not in email:
            raise InvalidRequest(f"{email!r} is not an e-mail address.")
        try:
            return await self._create(ids.user_id(authelia_id or email), email, name, authelia_id)
        except Conflict as exc:
            raise Conflict(f"There is already a user with the e-mail {email}.") from exc

    async def by_email(self, email: str) -> Record | None:
        wanted = bind("email = {:email}", email=email.strip().lower())
        return await self._pocketbase.first("users", wanted, fields=FIELDS)

    async def visit(self, identity: ProxyIdentity) -> Record:
        """Return the user the proxy speaks of; made on the first visit, attributes kept fresh.

        A user is known by the sign-on name. One that was added by e-mail alone is linked to the
        first name that comes with that e-mail; a linked user is never taken over through e-mail.
        """
        wanted = bind("autheliaId = {:name}", name=identity.user)
        record = await self._pocketbase.first("users", wanted, fields=FIELDS)
        if record is None:
            return await self._first_visit(identity)
        return await self._refresh(record, identity)

    async def browser_token(self, user: str, seconds: int) -> BrowserToken:
        """Return a token that acts as the user in PocketBase for `seconds`."""
        answer = await self._pocketbase.send(
            "POST", f"/api/collections/users/impersonate/{segment(user)}", {"duration": seconds}
        )
        return BrowserToken(token=str(answer["token"]), record=answer["record"])

    async def _first_visit(self, identity: ProxyIdentity) -> Record:
        owner = await self.by_email(identity.email) if identity.email else None
        if owner is not None and not owner["autheliaId"]:
            return await self._update(owner["id"], {"autheliaId": identity.user}, identity)
        email = "" if owner is not None else identity.email
        try:
            return await self._create(
                ids.user_id(identity.user), email, identity.name, identity.user, identity.groups
            )
        except Conflict:
            # A parallel first visit was faster; both mean the same row.
            wanted = bind("autheliaId = {:name}", name=identity.user)
            record = await self._pocketbase.first("users", wanted, fields=FIELDS)
            if record is None:
                raise
            return record

    async def _refresh(self, record: Record, identity: ProxyIdentity) -> Record:
        changes: dict[str, Any] = {}
        if identity.name and record["name"] != identity.name:
            changes["name"] = identity.name
        if identity.email and record["email"] != identity.email:
            changes["email"] = identity.email
        if list(identity.groups) != (record["groups"] or []):
            changes["groups"] = list(identity.groups)
        if not changes:
            return record
        try:
            return await self._update(record["id"], changes)
        except Conflict:
            # The address belongs to another user now; the sign-on name is what counts.
            changes.pop("email")
            return await self._update(record["id"], changes) if changes else record

    async def _update(
        self, user: str, changes: dict[str, Any], identity: ProxyIdentity | None = None
    ) -> Record:
        if identity is not None:
            changes |= {"groups": list(identity.groups)}
            changes |= {"name": identity.name} if identity.name else {}
        return await self._pocketbase.update(
            "users", user, {**changes, "updatedAt": self._clock.now()}
        )

    async def _create(
        self,
        user: str,
        email: str,
        name: str,
        authelia_id: str,
        groups: tuple[str, ...] = (),
    ) -> Record:
        password = secrets.token_urlsafe(48)  # required by PocketBase; sign-in with it is off
        now = self._clock.now()
        return await self._pocketbase.create(
            "users",
            {
                "id": user,
                "email": email,
                "emailVisibility": False,
                "verified": True,
                "name": name,
                "autheliaId": authelia_id,
                "groups": list(groups),
                "password": password,
                "passwordConfirm": password,
                "createdAt": now,
                "updatedAt": now,
            },
        )

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
