"""API keys: made, listed, revoked, and looked up by what a request presents."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sidecar.domain import keys
from sidecar.domain.clock import Clock
from sidecar.domain.ids import is_record_id
from sidecar.domain.keys import ApiKey
from sidecar.errors import (
    InvalidRequest,
    NotFound,
    PocketBaseUnavailable,
    RecordRefused,
    Unauthenticated,
)
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import bind

_FIELDS: Final = "id,user,name,prefix,createdAt,lastUsedAt,expiresAt,revokedAt"
_CACHED: Final = 10_000
_LONGEST: Final = 10.0  # seconds that a key is looked up


class Notebook(Protocol):
    """Where keys are noted in the background, for the next start."""

    def remember(self, key: ApiKey) -> None: ...

    def forget(self, hashes: Sequence[str]) -> None: ...


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; `key` is shown this once and stored nowhere."""

    key: str
    record: Record


class KeyService:
    """Keys in the `apiKeys` collection, by their hash.

    Those that were good are remembered, in `notebook` beyond a restart.
    """

    def __init__(
        self, pocketbase: PocketBase, clock: Clock, notebook: Notebook | None = None
    ) -> None:
        self._pocketbase = pocketbase
        self._clock = clock
        self._notebook = notebook
        self._cache: OrderedDict[str, ApiKey] = OrderedDict()

    def recall(self, known: Iterable[ApiKey]) -> None:
        """Remember keys from before a restart."""
        self._cache.update((key.key_hash, key) for key in known)

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
        self.forget_key(id)
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
        self._drop([key.key_hash])

    def forget_key(self, id: str) -> None:
        self._drop(hash for hash, key in self._cache.items() if key.id == id)

    def forget_user(self, user: str) -> None:
        """Drop the keys of a user who was deleted from memory."""
        self._drop(hash for hash, key in self._cache.items() if key.user == user)

    async def _look_up(self, presented_hash: str) -> ApiKey | None:
        wanted = bind("keyHash = {:hash}", hash=presented_hash)
        try:
            async with asyncio.timeout(_LONGEST):
                record = await self._pocketbase.first("apiKeys", wanted)
        except TimeoutError as exc:
            raise PocketBaseUnavailable(
                "The database is not reachable at the moment. Try again in a few seconds."
            ) from exc
        # The database compares for us; this keeps the answer right whatever its collation does.
        if record is None or not hmac.compare_digest(record["keyHash"], presented_hash):
            self._drop([presented_hash])
            return None
        key = ApiKey(
            id=record["id"],
            user=record["user"],
            key_hash=presented_hash,
            expires_at=int(record["expiresAt"]),
            revoked_at=int(record["revokedAt"]),
        )
        if key.is_live(self._clock.now()):
            self._remember(key)
        else:
            self._drop([presented_hash])
        return key

    def _remember(self, key: ApiKey) -> None:
        if self._cache.get(key.key_hash) == key:
            return
        self._cache[key.key_hash] = key
        if self._notebook is not None:
            self._notebook.remember(key)
        self._drop(list(self._cache)[: max(0, len(self._cache) - _CACHED)])

    def _drop(self, hashes: Iterable[str]) -> None:
        dropped = [hash for hash in list(hashes) if self._cache.pop(hash, None) is not None]
        if dropped and self._notebook is not None:
            self._notebook.forget(dropped)


def shown(record: Record) -> dict[str, Any]:
    """Return a key as its owner sees it: times in Unix ms, null where there is none."""
    return {
        "id": record["id"],
        "name": record["name"],
        "prefix": record["prefix"],
        "createdAt": int(record["createdAt"]),
        **{name: int(record[name]) or None for name in ("lastUsedAt", "expiresAt", "revokedAt")},
    }
