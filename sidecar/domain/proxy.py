"""Who the proxy says is there: the `Remote-*` headers that Authelia sets, and from what address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sidecar.config import Network
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
        if name == "trailer":
            # Uvicorn puts what follows a chunked body among the headers.
            raise Unauthenticated("The identity headers of this request are ambiguous.")
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


def is_within(address: str, networks: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def client_network(
    peer: str, headers: Iterable[tuple[bytes, bytes]], trusted: Iterable[Network]
) -> str:
    """Return where a request comes from: an IPv4 address, or the /64 that one IPv6 client has.

    Every proxy adds the address of its peer to the right of `X-Forwarded-For`. So what the last
    of our own added is true, and what stands left of that is what the client wrote itself.
    """
    trusted = tuple(trusted)
    forwarded = ",".join(
        value.decode("latin-1") for name, value in headers if name.lower() == b"x-forwarded-for"
    )
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = peer
    while is_within(address, trusted) and hops:
        address = hops.pop()
    try:
        parsed = ip_address(address)
    except ValueError:
        return peer
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)
