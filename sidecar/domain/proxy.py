"""Who the proxy says is there: the `Remote-*` headers that Authelia sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sidecar.errors import Unauthenticated

_NAMES: Final = frozenset({"remote-user", "remote-email", "remote-name", "remote-groups"})

_LONGEST_USER: Final = 255


@dataclass(frozen=True)
class ProxyIdentity:
    """The person behind a request. `user` is stable; the rest are attributes that may change."""

    user: str
    email: str
    name: str
    groups: tuple[str, ...]


def read_identity(headers: Iterable[tuple[bytes, bytes]]) -> ProxyIdentity | None:
    """Return the identity in the headers, or None when there is none.

    A header that is there twice, or under a spelling that some proxies let through
    (`Remote_User`, `Remote.User`), is the mark of an attempt to smuggle one past the proxy: the
    request is refused with Unauthenticated.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        plain = name.replace("_", "-").replace(".", "-")
        if plain not in _NAMES:
            continue
        if plain != name or name in found:
            raise Unauthenticated("The identity headers of this request are ambiguous.")
        try:
            found[name] = raw_value.decode("utf-8").strip()
        except UnicodeDecodeError as exc:
            raise Unauthenticated("The identity headers are not valid UTF-8.") from exc
    # Without a user name Authelia has authenticated nobody, whatever else is there.
    if not found.get("remote-user"):
        return None
    if len(found["remote-user"]) > _LONGEST_USER:
        # Cut short, it could be somebody else's.
        raise Unauthenticated(f"A user name may have at most {_LONGEST_USER} characters.")
    return ProxyIdentity(
        user=found["remote-user"],
        # An attribute, not a key: one too long to be an address (RFC 5321) is as good as none.
        email=email if len(email := found.get("remote-email", "").lower()) <= 254 else "",
        name=found.get("remote-name", "")[:255],
        groups=tuple(
            group for part in found.get("remote-groups", "").split(",") if (group := part.strip())
        ),
    )


def is_same_origin(headers: Iterable[tuple[bytes, bytes]], allowed_origins: Iterable[str]) -> bool:
    """Tell whether a browser sent this from one of our own pages.

    Browsers set `Sec-Fetch-Site` and, on state-changing requests, `Origin`; pages cannot. A
    request with neither is not from a browser's page and does not count as same-origin.
    """
    values = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    if values.get("sec-fetch-site") == "same-origin":
        return True
    return values.get("origin") in set(allowed_origins)
