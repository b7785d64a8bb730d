"""API keys: made, listed, revoked, and looked up by what a request presents."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sidecar.domain import keys
from sidecar.domain.clock import Clock
from sidecar.domain.ids import is_record_id
from sidecar.domain.keys import ApiKey
from sidecar.errors import InvalidRequest, NotFound, RecordRefused, Unauthenticated
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import bind

_FIELDS: Final = "id,user,name,prefix,createdAt,lastUsedAt,expiresAt,revokedAt"
_CACHED: Final = 10_000


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; `key` is shown this once and stored nowhere."""

    key: str
    record: Record


class KeyService:
    """Keys in the `apiKeys` collection, by their hash."""

    def __init__(self, pocketbase: PocketBase, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._clock = clock
        self._cache: OrderedDict[str, ApiKey] = OrderedDict()

    async def create(self, user: str, name: str, expires_at: int = 0) -> NewKey:
        """Make a key for the user. `expires_at` is Unix ms, 0 for never."""
        name = name.strip()
        if not name or len(name) > 100:
            raise InvalidRequest("A key needs a name of 1 to 100 characters, such as `laptop`.")
        if expires_at and expires_at <= self._clock.now():
            raise InvalidRequest("The time of expiry is in the past.")
        key = keys.generate(secrets.choice)
        row = {
            "user": user,
            "name": name,
            "prefix": key[: keys.SHOWN],
            "keyHash": keys.key_hash(key),
            "expiresAt": expires_at,
            "createdAt": self._clock.now(),
        }
        try:
            record = await self._pocketbase.create("apiKeys", row)
        except RecordRefused as exc:
            if exc.fields == {"user"}:
                raise Unauthenticated("This user was deleted.") from exc
            raise
        return NewKey(key, shown(record))

    async def list(self, user: str) -> list[Record]:
        """Return the keys of the user, the newest first, revoked ones too."""
        wanted = bind("user = {:user}", user=user)
        records = await self._pocketbase.page(
            "apiKeys", wanted, sort="-createdAt", limit=1000, fields=_FIELDS
        )
        return [shown(record) for record in records]

    async def revoke(self, user: str, id: str) -> Record:
        """Revoke a key of the user; from now on it is refused. Raises NotFound for any other."""
        if not is_record_id(id):
            raise NotFound("There is no such key.")
        wanted = bind("id = {:id} && user = {:user}", id=id, user=user)
        record = await self._pocketbase.first("apiKeys", wanted, fields=_FIELDS)
        if record is None:
            raise NotFound("There is no such key.")
        if not record["revokedAt"]:
            record = await self._pocketbase.update("apiKeys", id, {"revokedAt": self._clock.now()})
        self._keep(lambda key: key.id != id)
        return shown(record)

    async def find(self, presented: str, *, fresh: bool) -> ApiKey | None:
        """Return the live key that was presented, or None.

        With `fresh` the database is asked. Without, a remembered key will do: for writes, because
        the ingest hook checks the key again inside its transaction.
        """
        if not keys.looks_like_key(presented):
            return None
        presented_hash = keys.key_hash(presented)
        now = self._clock.now()
        remembered = None if fresh else self._cache.get(presented_hash)
        if remembered is not None and remembered.is_live(now):
            return remembered
        key = await self._look_up(presented_hash)
        return key if key is not None and key.is_live(now) else None

    def forget(self, key: ApiKey) -> None:
        """Drop a key from memory after the database refused it."""
        self._cache.pop(key.key_hash, None)

    def forget_user(self, user: str) -> None:
        """Drop the keys of a user who was deleted from memory."""
        self._keep(lambda key: key.user != user)

    def _keep(self, wanted: Callable[[ApiKey], bool]) -> None:
        self._cache = OrderedDict((h, k) for h, k in self._cache.items() if wanted(k))

    async def _look_up(self, presented_hash: str) -> ApiKey | None:
        wanted = bind("keyHash = {:hash}", hash=presented_hash)
        record = await self._pocketbase.first("apiKeys", wanted)
        # The database compares for us; this keeps the answer right whatever its collation does.
        if record is None or not hmac.compare_digest(record["keyHash"], presented_hash):
            self._cache.pop(presented_hash, None)
            return None
        key = ApiKey(
            id=record["id"],
            user=record["user"],
            key_hash=presented_hash,
            expires_at=int(record["expiresAt"]),
            revoked_at=int(record["revokedAt"]),
        )
        self._cache[presented_hash] = key
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return key


def shown(record: Record) -> dict[str, Any]:
    """Return a key as its owner sees it: times in Unix ms, null where there is none."""
    return {
        "id": record["id"],
        "name": record["name"],
        "prefix": record["prefix"],
        "createdAt": int(record["createdAt"]),
        **{name: int(record[name]) or None for name in ("lastUsedAt", "expiresAt", "revokedAt")},
    }
