"""Requests that try to be somebody else, or to get somewhere else, on their way through Traefik.

They are sent byte by byte to a real Traefik; whatever of them arrives behind it is looked at.
"""

from __future__ import annotations

import posixpath
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

import pytest

from sidecar.domain.proxy import read_identity
from sidecar.errors import Unauthenticated
from tests.conftest import Tenant
from tests.integration.test_traefik import ADA, BOB, IDENTITY, SECRET, Front, front, signed_in
from tests.serving import PROXY, Service
from tests.stand_ins import Asked, StandIn

# One path of every router, and whether it is for those who signed in.
FACES: Final = {
    "/sync/session": False,
    "/.convex.site/sync/session": False,
    "/health": False,
    "/s/abc": False,
    "/assets/index.js": False,
    "/api/public/abc": False,
    "/api/me": True,
    "/api/collections/sessions/records": True,
    "/api/realtime": True,
    "/_/": True,
    "/": True,
}
VISITOR: Final = {
    "remote-user": "bob",
    "remote-email": "bob@example.org",
    "remote-name": "Bob",
    "remote-groups": "people",
}
END: Final = "\r\n"
LAST: Final = "GET /s/last HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Traefik in front of a sign-on that knows the visitor as Bob, who is no administrator."""
    folder = tmp_path_factory.mktemp("spoof")
    with front("authelia", folder, VISITOR, [signed_in(BOB)]) as running:
        yield running


def arrived(behind: Front, request: str, *, cookie: bool = True) -> tuple[bytes, list[Asked]]:
    """Send the bytes on a connection of their own; return the answer and what came behind.

    A last request follows on the same connection: with its answer, the others are done.
    """
    programs: tuple[StandIn, ...] = (behind.sidecar, behind.pocketbase)
    before = [len(program.asked) for program in programs]
    name, value = signed_in(BOB)
    text = request.replace("{cookie}", f"{name}: {value}{END}" if cookie else "")
    answer = b""
    with socket.create_connection(("127.0.0.1", behind.port), timeout=60) as connection:
        connection.sendall((text + LAST).encode("latin-1"))
        with suppress(ConnectionError):
            while received := connection.recv(65_536):
                answer += received
    return answer, [
        asked
        for program, start in zip(programs, before, strict=True)
        for asked in program.asked[start:]
        if asked.path != "/s/last"
        # Traefik's own question whether the visitor is an administrator.
        and (asked.path != "/internal/admin" or asked.header("Cookie"))
    ]


def identity_of(asked: Asked) -> list[tuple[str, str]]:
    """Return every header that some program might take for who is there."""
    plain = [(re.sub(r"[^a-z]", "-", name.lower()), value) for name, value in asked.headers]
    return sorted(pair for pair in plain if pair[0] in IDENTITY)


def is_internal(asked: Asked) -> bool:
    """Tell whether the path, however a program may read it, is one that has no route."""
    path = unquote(asked.path.partition("?")[0]).replace("\\", "/")
    path = posixpath.normpath(re.sub("/+", "/", path.removeprefix("/.convex.site")))
    return re.match(r"/(internal|ready|metrics|api/opensync)(/|$)", path) is not None


SPOOFS: Final = [
    "Remote_User: ada",
    "Remote.User: ada",
    "remote_groups: admins",
    "REMOTE-USER: ada\r\nremote-user: root",
    "Remote-User: ada, bob",
    "Remote-User:ada\r\nRemote-Groups:\tadmins",
    "Remote-User : ada",
    "Remote-User\t: ada",
    "Remote-User:\r\n ada",
    "X-A: b\r\n Remote-User: ada",
    "X-A: b\nRemote-User: ada",
    "X-A: b\rRemote-User: ada",
    "Connection: Remote-User, Remote-Groups\r\nRemote-User: ada",
    "Connection: close, X-OpenSync-Proxy, Remote-Email",
    "Proxy-Connection: Remote-User\r\nKeep-Alive: Remote-User",
    "X-Forwarded-User: ada\r\nX-Forwarded-Groups: admins\r\nX-Remote-User: ada",
    "X-Forwarded-For: 127.0.0.1\r\nX-Real-Ip: 127.0.0.1\r\nForwarded: for=127.0.0.1",
    "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1",
    "X-Forwarded-Uri: /health\r\nX-Original-Url: /internal/admin\r\nX-Rewrite-Url: /ready",
    "X-OpenSync-Proxy: " + SECRET + "\r\nRemote-User: ada",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nRemote-User: ada",
]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("spoof", SPOOFS, ids=repr)
def test_no_header_makes_a_visitor_somebody_else(behind: Front, spoof: str, version: str) -> None:
    for path, for_signed_in in FACES.items():
        request = f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\n{{cookie}}{spoof}\r\n\r\n"

        for cookie in (True, False):
            answer, heard = arrived(behind, request, cookie=cookie)

            shown = sorted(VISITOR.items()) if for_signed_in else []
            assert [identity_of(asked) for asked in heard] in ([], [shown]), path
            is_refused = re.match(rb"HTTP/1\.\d (400|401|403) ", answer) is not None
            assert bool(heard) is not is_refused, path
            assert is_refused or cookie or not for_signed_in
            for asked in heard:
                is_vouched = asked in behind.sidecar.asked and for_signed_in
                assert asked.header("X-OpenSync-Proxy") == (SECRET if is_vouched else None)


@pytest.mark.parametrize("path", FACES)
def test_what_is_put_behind_a_body_is_nobody(behind: Front, path: str) -> None:
    trailer = "Trailer: Remote-User, Remote-Groups\r\n"
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{{cookie}}{trailer}"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
        "Remote-User: ada\r\nRemote-Groups: admins\r\n\r\n"
    )

    _, heard = arrived(behind, request)

    assert all(("remote-user", "ada") not in identity_of(asked) for asked in heard)


HIDDEN: Final = "GET /internal/admin HTTP/1.1\r\nHost: 127.0.0.1\r\nRemote-User: ada\r\n\r\n"
SMUGGLED: Final = {
    "both lengths": f"Content-Length: {len(HIDDEN) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n"
    f"0\r\n\r\n{HIDDEN}",
    "chunked, and a short length": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n",
    "two lengths": f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a list of lengths": f"Content-Length: 0, {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a signed length": f"Content-Length: +0\r\n\r\n{HIDDEN}",
    "an unknown encoding": f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "two encodings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
    f"0\r\n\r\n{HIDDEN}",
    "a blank before the colon": f"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a tab before chunked": f"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a vertical tab": f"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a folded encoding": f"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "an extension of a chunk": "Transfer-Encoding: chunked\r\n\r\n"
    f"0;a=\n\r\n{HIDDEN}0\r\n\r\n{HIDDEN}",
    "bare ends of lines": f"Transfer-Encoding: chunked\r\n\r\n0\n\n{HIDDEN}",
    "a size too large for a number": "Transfer-Encoding: chunked\r\n\r\n"
    f"f0000000000000000\r\n\r\n{HIDDEN}",
}


@pytest.mark.parametrize("path", ["/sync/session", "/api/me", "/", "/s/abc"])
@pytest.mark.parametrize("name", SMUGGLED)
def test_no_request_hides_in_the_body_of_another(behind: Front, name: str, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{{cookie}}"

    answer, heard = arrived(behind, head + SMUGGLED[name])

    assert not any(is_internal(asked) for asked in heard)
    assert all(("remote-user", "ada") not in identity_of(asked) for asked in heard)
    # What follows the end of the body is a request like any other, and as such has no route.
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    if statuses[-1] == b"200":
        statuses.pop()  # of the last request, or of this one
    assert set(statuses[1:]) <= {b"404", b"400"}


@pytest.mark.parametrize(
    "path",
    [
        "/%69nternal/admin",
        "/%2e%2e/internal/admin",
        "/s/%2e%2e/internal/admin",
        "/s/..%2finternal/admin",
        "/s/..%252finternal/admin",
        "/s/.%2e/%72eady",
        "/sync/../metrics",
        "/sync/..;/internal/admin",
        "/sync\\..\\internal\\admin",
        "//internal/admin",
        "/./internal/./admin",
        "/.convex.site/../internal/admin",
        "/.convex.site//internal/admin",
        "/.convex.site/%2e%2e/ready",
        "/.convex.site/%69nternal/admin",
        "/%2econvex.site/internal/admin",
        "/health/../ready",
        "/health%2f..%2fready",
        "/api/%6fpensync/ingest",
        "/api/./opensync/ingest",
        "/api/collections/users/records/../../../opensync/ingest",
        "/api/files/%2e%2e/opensync/ingest",
        "/api/public/%2e%2e/%6fpensync/ingest",
        "/api%2fopensync/ingest",
        "/assets/../internal/admin",
        "/assets/%2e%2e/api/opensync/ingest",
        "/_/../api/opensync/ingest",
        "/internal/admin?/health",
        "/internal/admin#/health",
        "/internal/admin%00/health",
        "http://127.0.0.1/internal/admin",
        "http://evil.example/health",
        "http:///internal/admin",
        "https://127.0.0.1:1/ready",
        "*",
        "internal/admin",
    ],
)
@pytest.mark.parametrize("credentials", ["{cookie}", "Authorization: Bearer osk_0123456789\r\n"])
def test_no_spelling_of_a_path_leads_inside(behind: Front, path: str, credentials: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        request = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}\r\n"

        answer, heard = arrived(behind, request)

        assert not any(is_internal(asked) for asked in heard)
        assert b"evil.example" not in answer


def test_administrators_are_named_by_the_sign_on_alone(behind: Front) -> None:
    claims = "Remote-Groups: admins\r\nRemote-User: ada\r\nX-Forwarded-Groups: admins\r\n"
    request = f"GET /api/backups HTTP/1.1\r\nHost: 127.0.0.1\r\n{{cookie}}{claims}\r\n"

    answer, heard = arrived(behind, request)

    assert b" 403 " in answer.partition(b"\r\n")[0]
    assert heard == []


async def test_names_that_other_proxies_use_mean_nothing(service: Service, tenant: Tenant) -> None:
    name = tenant.record["autheliaId"]
    foreign = {
        f"{prefix}{header}": value
        for prefix in (
            "X_",
            "X_Forwarded_",
            "X_Auth_Request_",
            "X_Remote_",
            "Auth_",
            "X_Authentik_",
        )
        for header, value in (("User", name), ("Email", tenant.record["email"]))
    }
    async with service.client(PROXY, Sec_Fetch_Site="same-origin", **foreign) as http:
        answer = await http.get("/api/me")

    assert answer.status_code == 401


def test_an_identity_beside_a_trailer_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        read_identity([(b"remote-user", b"bob"), (b"trailer", b"Remote-Groups")])


def test_the_visitors_of_these_tests_are_two_people() -> None:
    assert ADA.name != VISITOR["remote-user"]
