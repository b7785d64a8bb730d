"""From the headers of a request to a principal."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.config import Settings
from sidecar.domain import keys
from sidecar.domain.clock import Clock
from sidecar.domain.principal import Principal, Via
from sidecar.domain.proxy import (
    ProxyIdentity,
    client_network,
    is_same_origin,
    is_within,
    read_identity,
)
from sidecar.domain.remembered import Remembered
from sidecar.errors import Forbidden, Unauthenticated
from sidecar.pocketbase.client import PocketBase
from sidecar.services.keys import KeyService
from sidecar.services.users import UserService

PROXY_SECRET_HEADER = b"x-opensync-proxy"
_TOKEN_MS: Final = 30_000  # how long a verified PocketBase token is believed
_VISITOR_MS: Final = 300_000  # how long a visitor is known without asking PocketBase
_REMEMBERED: Final = 10_000
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Evidence:
    """What of a request says who makes it. `peer` is the address of the TCP connection."""

    method: str
    headers: Headers
    peer: str

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


class IdentityService:
    """Establishes the principal: API key, then PocketBase token, then the proxy's headers.

    A request that presents a key or token stands and falls with it; it is never taken for
    somebody else because the key was wrong.
    """

    def __init__(
        self,
        settings: Settings,
        pocketbase: PocketBase,
        users: UserService,
        keys: KeyService,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._pocketbase = pocketbase
        self._users = users
        self._keys = keys
        self._clock = clock
        self._origins = tuple(
            origin.rstrip("/") for origin in (settings.public_url, *settings.allowed_origins)
        )
        self._tokens = Remembered[str, str](_REMEMBERED)
        self._visitors = Remembered[ProxyIdentity, str](_REMEMBERED)

    async def authenticate(self, evidence: Evidence, *, fresh: bool = True) -> Principal:
        """Return who makes the request, or raise Unauthenticated or Forbidden.

        `fresh` is about API keys: see `KeyService.find`.
        """
        authorization = evidence.header(b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
            if not token:
                scheme, token = "", scheme
            if scheme.lower() in ("", "bearer"):
                return await self._by_bearer(token.strip(), fresh=fresh)
            raise Unauthenticated("Send the API key as `Authorization: Bearer osk_...`.")
        identity = self.proxy_identity(evidence)
        if identity is None:
            raise Unauthenticated("Missing Authorization header")
        if evidence.method not in _SAFE and not is_same_origin(evidence.headers, self._origins):
            raise Forbidden(
                "A signed-in browser may change things only from the dashboard's own pages. "
                "Programs send an API key as `Authorization: Bearer osk_...`."
            )
        return Principal(await self._visitor(identity), Via.PROXY, groups=identity.groups)

    def proxy_identity(self, evidence: Evidence) -> ProxyIdentity | None:
        """Return what a trusted proxy says of the visitor; None from any other peer."""
        if not is_within(evidence.peer, self._settings.trusted_proxies):
            return None
        secret = self._settings.proxy_secret
        if secret is not None:
            shown = evidence.header(PROXY_SECRET_HEADER) or b""
            if not hmac.compare_digest(shown, secret.get_secret_value().encode()):
                return None
        return read_identity(evidence.headers)

    def origin(self, evidence: Evidence) -> str:
        """Return where the request comes from, as far as our own proxies know."""
        return client_network(evidence.peer, evidence.headers, self._settings.trusted_proxies)

    def forget(self, principal: Principal) -> None:
        """Drop what is remembered of a principal whose key or user is gone."""
        if principal.key is not None:
            self._keys.forget(principal.key)
        self._forget_sign_ins(principal.user)

    def forget_user(self, user: str) -> None:
        """Drop all that is remembered of a user who was deleted."""
        self._keys.forget_user(user)
        self._forget_sign_ins(user)

    def _forget_sign_ins(self, user: str) -> None:
        self._tokens.forget(user)
        self._visitors.forget(user)

    async def _by_bearer(self, token: str, *, fresh: bool) -> Principal:
        if keys.is_key_prefixed(token):
            key = await self._keys.find(token, fresh=fresh)
            if key is None:
                raise Unauthenticated("Invalid API key")
            return Principal(key.user, Via.KEY, key)
        if _TOKEN.fullmatch(token) is None:
            raise Unauthenticated("Invalid API key format")
        return Principal(await self._by_token(token), Via.TOKEN)

    async def _by_token(self, token: str) -> str:
        now = self._clock.now()
        user = self._tokens.get(token, now)
        if user is None:
            record = await self._pocketbase.user_of(token)
            if record is None:
                raise Unauthenticated("Invalid or expired token")
            user = str(record["id"])
            self._tokens.put(token, user, min(now + _TOKEN_MS, _expiry(token)))
        return user

    async def _visitor(self, identity: ProxyIdentity) -> str:
        now = self._clock.now()
        # The whole identity is the key: a changed name, e-mail or group is looked at anew.
        user = self._visitors.get(identity, now)
        if user is None:
            user = str((await self._users.visit(identity))["id"])
            self._visitors.put(identity, user, now + _VISITOR_MS)
        return user


def _expiry(token: str) -> int:
    """Return when a token that PocketBase has verified expires: Unix ms, 0 if it does not say."""
    payload = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return int(claims["exp"]) * 1000
    except (ValueError, KeyError, TypeError):
        return 0
