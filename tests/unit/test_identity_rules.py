"""Whose word about the visitor is believed, and in which order."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from sidecar.config import Settings
from sidecar.domain.clock import Clock
from sidecar.domain.keys import ApiKey
from sidecar.domain.principal import Principal, Via
from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import Forbidden, Unauthenticated
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.services.identity import Evidence, IdentityService
from sidecar.services.keys import KeyService
from sidecar.services.users import UserService

HOME = "https://sync.example.org"
PROXY = "10.0.0.2"
KEY = "osk_" + "k" * 38
NOW = 1_800_000_000_000


def token_until(seconds: int) -> str:
    """Return a token as PocketBase makes them, save for the signature."""
    claims = json.dumps({"exp": seconds, "id": "ada", "type": "auth"}).encode()
    return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


TOKEN = token_until(NOW // 1000 + 3600)
ADA = [("remote-user", "ada"), ("remote-email", "ada@example.org")]
SAME_ORIGIN = ("sec-fetch-site", "same-origin")


class Directory:
    """Stands in for the database: one key, one token, and whoever visits. Notes each question."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tokens = {TOKEN}

    async def find(self, presented: str, *, fresh: bool) -> ApiKey | None:
        self.asked.append("key" if fresh else "remembered key")
        return ApiKey("key", "owner of the key", "", 0, 0) if presented == KEY else None

    async def user_of(self, token: str) -> Record | None:
        self.asked.append("token")
        return {"id": "owner of the token"} if token in self.tokens else None

    async def visit(self, identity: ProxyIdentity) -> Record:
        self.asked.append("visit")
        return {"id": identity.user}


class Scene:
    """An identity service with a directory and a clock of its own."""

    def __init__(self, **settings: Any) -> None:
        self.now = NOW
        self.directory = Directory()
        self.service = IdentityService(
            Settings(
                data=Path("nowhere"),
                public_url=HOME + "/",
                **{"trusted_proxies": f"{PROXY}/32", **settings},
            ),
            cast(PocketBase, self.directory),
            cast(UserService, self.directory),
            cast(KeyService, self.directory),
            Clock(lambda: self.now),
        )

    async def who(
        self, *headers: tuple[str, str], method: str = "GET", peer: str = PROXY, fresh: bool = True
    ) -> Principal:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        return await self.service.authenticate(Evidence(method, raw, peer), fresh=fresh)


@pytest.mark.parametrize(
    ("networks", "peer", "believed"),
    [
        ("10.0.0.2/32", "10.0.0.2", True),
        ("10.0.0.2", "10.0.0.2", True),
        ("10.0.0.2/32", "10.0.0.3", False),
        ("10.0.0.0/24,192.168.1.5", "10.0.0.77", True),
        ("10.0.0.0/24,192.168.1.5", "192.168.1.5", True),
        ("10.0.0.0/24,192.168.1.5", "10.0.1.1", False),
        ("::1/128", "::1", True),
        ("fd00::/8", "fd12::1", True),
        ("::1/128", "127.0.0.1", False),
        ("10.0.0.2/32", "::ffff:10.0.0.3", False),
        ("10.0.0.2/32", "", False),
        ("10.0.0.2/32", "10.0.0.2, 1.2.3.4", False),
        ("10.0.0.2/32", "localhost", False),
        ("", "10.0.0.2", False),
        ("", "127.0.0.1", False),
        ((), "10.0.0.2", False),
    ],
)
async def test_the_headers_count_only_from_a_trusted_address(
    networks: object, peer: str, believed: bool
) -> None:
    scene = Scene(trusted_proxies=networks)

    if believed:
        assert await scene.who(*ADA, peer=peer) == Principal("ada", Via.PROXY)
    else:
        with pytest.raises(Unauthenticated):
            await scene.who(*ADA, peer=peer)


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "x-client-ip"]
)
async def test_no_header_makes_an_address_trusted(name: str) -> None:
    with pytest.raises(Unauthenticated):
        await Scene().who(*ADA, (name, PROXY), ("via", PROXY), peer="203.0.113.9")


@pytest.mark.parametrize(
    ("shown", "believed"),
    [
        ([("x-opensync-proxy", "right")], True),
        ([("X-OpenSync-Proxy", "right")], True),
        ([], False),
        ([("x-opensync-proxy", "")], False),
        ([("x-opensync-proxy", "wrong")], False),
        ([("x-opensync-proxy", "Right")], False),
        ([("x-opensync-proxy", "right ")], False),
        ([("x-opensync-proxy", "right\u00e9")], False),
        ([("x_opensync_proxy", "right")], False),
        ([("x-opensync-proxy", "wrong"), ("x-opensync-proxy", "right")], False),
    ],
)
async def test_a_configured_secret_must_stand_beside_the_headers(
    shown: list[tuple[str, str]], believed: bool
) -> None:
    scene = Scene(proxy_secret=SecretStr("right"))

    if believed:
        assert (await scene.who(*ADA, *shown)).user == "ada"
    else:
        with pytest.raises(Unauthenticated):
            await scene.who(*ADA, *shown)
        assert scene.directory.asked == []


async def test_the_secret_alone_makes_nobody_known_and_no_address_trusted() -> None:
    scene = Scene(proxy_secret=SecretStr("right"))
    secret = ("x-opensync-proxy", "right")

    for headers, peer in (([secret], PROXY), ([*ADA, secret], "10.0.0.3")):
        with pytest.raises(Unauthenticated):
            await scene.who(*headers, peer=peer)


@pytest.mark.parametrize(
    ("authorization", "via"),
    [
        (f"Bearer {KEY}", Via.KEY),
        (f"bearer {KEY}", Via.KEY),
        (f"Bearer   {KEY}  ", Via.KEY),
        (KEY, Via.KEY),
        (f"Bearer {TOKEN}", Via.TOKEN),
        (TOKEN, Via.TOKEN),  # as PocketBase's SDK sends it
    ],
)
async def test_a_key_or_token_stands_before_the_proxy(authorization: str, via: Via) -> None:
    principal = await Scene().who(("authorization", authorization), *ADA)

    assert (principal.via, principal.user) == (via, f"owner of the {via.value}")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer osk_",
        "Bearer osk_wrong-wrong-wrong",
        "Bearer os_wrong-wrong-wrong",
        "Bearer ada",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer ..",
        "Bearer a.b.c.d",
        f"Basic {KEY}",
        "Basic YWRhOmFkYQ==",
        "Digest username=ada",
        f"Bearer {KEY}, Bearer {TOKEN}",
        f"Bearer {KEY} {TOKEN}",
        "\u00e9",
    ],
)
@pytest.mark.parametrize("peer", [PROXY, "203.0.113.9"])
async def test_a_wrong_key_never_falls_through_to_the_proxy(authorization: str, peer: str) -> None:
    scene = Scene()

    with pytest.raises(Unauthenticated):
        await scene.who(("authorization", authorization), *ADA, SAME_ORIGIN, peer=peer)

    assert "visit" not in scene.directory.asked


async def test_of_two_authorization_headers_a_wrong_first_one_decides() -> None:
    wrong, right = ("authorization", "Bearer osk_wrong-wrong"), ("authorization", f"Bearer {KEY}")

    with pytest.raises(Unauthenticated):
        await Scene().who(wrong, right)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY", "post"])
async def test_a_browser_changes_things_only_from_our_own_pages(method: str) -> None:
    scene = Scene(allowed_origins="https://other.example.org,https://third.example.org/")

    for allowed in (SAME_ORIGIN, ("origin", HOME), ("origin", "https://other.example.org")):
        assert (await scene.who(*ADA, allowed, method=method)).user == "ada"
    for refused in ("null", "https://evil.example", HOME + ".evil.example", "http://10.0.0.2"):
        with pytest.raises(Forbidden):
            await scene.who(*ADA, ("origin", refused), method=method)
    with pytest.raises(Forbidden):
        await scene.who(*ADA, method=method)


async def test_an_allowed_origin_may_be_written_with_a_slash_at_its_end() -> None:
    scene = Scene(allowed_origins="https://other.example.org/")

    origin = ("origin", "https://other.example.org")
    assert (await scene.who(*ADA, origin, method="POST")).user == "ada"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_reading_needs_no_origin(method: str) -> None:
    assert (await Scene().who(*ADA, method=method)).user == "ada"


async def test_programs_with_a_key_or_token_need_no_origin() -> None:
    for proof in (KEY, TOKEN):
        evil = ("origin", "https://evil.example")
        await Scene().who(("authorization", f"Bearer {proof}"), evil, method="POST")


async def test_a_page_elsewhere_does_not_make_a_first_visit_happen() -> None:
    scene = Scene()

    with pytest.raises(Forbidden):
        await scene.who(*ADA, ("origin", "https://evil.example"), method="POST")

    assert scene.directory.asked == []


async def test_a_token_is_verified_again_after_a_while() -> None:
    scene = Scene()
    bearer = ("authorization", f"Bearer {TOKEN}")

    await scene.who(bearer)
    await scene.who(bearer)
    assert scene.directory.asked == ["token"]
    scene.now += 60_000
    await scene.who(bearer)

    assert scene.directory.asked == ["token", "token"]


async def test_a_token_is_not_believed_beyond_its_own_time() -> None:
    scene = Scene()
    short = token_until(NOW // 1000 + 5)
    scene.directory.tokens = {short}
    await scene.who(("authorization", short))

    scene.now += 5_001
    scene.directory.tokens = set()

    with pytest.raises(Unauthenticated):
        await scene.who(("authorization", short))


async def test_a_visitor_is_looked_up_again_after_a_while() -> None:
    scene = Scene()

    await scene.who(*ADA)
    await scene.who(*ADA)
    assert scene.directory.asked == ["visit"]
    scene.now += 600_000
    await scene.who(*ADA)

    assert scene.directory.asked == ["visit", "visit"]


async def test_a_wrong_token_is_not_remembered() -> None:
    scene = Scene()

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await scene.who(("authorization", "Bearer a.b.c"))

    assert scene.directory.asked == ["token", "token"]


async def test_a_changed_group_is_seen_at_once() -> None:
    scene = Scene()

    before = await scene.who(*ADA, ("remote-groups", "people"))
    after = await scene.who(*ADA, ("remote-groups", "people,admins"))

    assert (before.groups, after.groups) == (("people",), ("people", "admins"))
    assert scene.directory.asked == ["visit", "visit"]


async def test_only_writes_may_use_a_remembered_key() -> None:
    scene = Scene()
    bearer = ("authorization", f"Bearer {KEY}")

    await scene.who(bearer)
    await scene.who(bearer, fresh=False)

    assert scene.directory.asked == ["key", "remembered key"]
