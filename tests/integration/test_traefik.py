"""The rendered configuration in a real Traefik, in front of upstreams that echo."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from sidecar.domain.proxy import ProxyIdentity
from sidecar.stack import traefik
from tests.pocketbase import free_port, program
from tests.processes import running
from tests.stand_ins import (
    COOKIE,
    SIGN_IN,
    Answer,
    Asked,
    Headers,
    Person,
    Reply,
    StandIn,
    echo,
    forward_auth,
)

SECRET: Final = 'a secret with "quotes", {{ braces }} and \\ in it'
KEY: Final = ("Authorization", "Bearer osk_0123456789abcdef")
LOCAL: Final = ProxyIdentity("local", "local@opensync.local", "Local user", ("admins",))
ADA: Final = Person("ada", "ada@example.org", "Ada", ("people", "admins"))
BOB: Final = Person("bob", "bob@example.org", "Bob", ("people",))
TRUSTED_PROXY: Final = "127.0.0.2"

IDENTITY: Final = ("remote-user", "remote-email", "remote-name", "remote-groups")
FORGED: Final = [
    ("Remote-User", "ada"),
    ("Remote-User", "root"),
    ("remote-email", "ada@example.org"),
    ("REMOTE-NAME", "Ada"),
    ("Remote-Groups", "admins"),
    ("X-OpenSync-Proxy", "guess"),
]


def signed_in(person: Person) -> tuple[str, str]:
    return ("Cookie", f"{COOKIE}={person.name}")


@dataclass(frozen=True)
class Received:
    """What a client got; `heard` is what the upstream says it was asked."""

    status: int
    headers: Headers
    body: bytes

    @property
    def heard(self) -> dict[str, Any]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    @property
    def upstream(self) -> str:
        """The program that answered, or the status when it was Traefik itself."""
        return str(self.heard["server"]) if self.status == 200 else str(self.status)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def passed_on(self, *names: str) -> dict[str, str]:
        """Return those of the named headers that reached the upstream, each exactly once."""
        pairs = [(name.lower(), value) for name, value in self.heard["headers"]]
        found = [(name, value) for name, value in pairs if name in names]
        assert len(found) == len(dict(found)), f"doubled: {found}"
        return dict(found)


@dataclass
class Front:
    """A running Traefik and the stand-ins behind it."""

    port: int
    sidecar: StandIn
    pocketbase: StandIn
    authelia: StandIn
    complaints: str
    visitor: dict[str, str]
    credentials: Headers
    second_event: threading.Event

    def ask(
        self,
        path: str,
        *headers: tuple[str, str],
        method: str = "GET",
        host: str = "127.0.0.1",
        body: bytes | None = None,
        source: str = "127.0.0.1",
    ) -> Received:
        """Send a request byte for byte as told: no clean-up of paths, no merging of headers."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(source, 0)
        )
        return send(connection, path, *headers, method=method, host=host, body=body)


def send(
    connection: http.client.HTTPConnection,
    path: str,
    *headers: tuple[str, str],
    method: str = "GET",
    host: str = "127.0.0.1",
    body: bytes | None = None,
) -> Received:
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Received(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def sidecar_answer() -> Answer:
    """Echo, but for the internal route that the sidecar offers to Traefik."""
    fallback = echo("sidecar")

    def answer(asked: Asked) -> Reply:
        if asked.path != "/internal/admin":
            return fallback(asked)
        if asked.header("X-OpenSync-Proxy") != SECRET or not asked.header("Remote-User"):
            return Reply(401)
        if "admins" not in (asked.header("Remote-Groups") or "").split(","):
            return Reply(403, [("Content-Type", "application/json")], b'{"error":"No."}')
        return Reply(200)

    return answer


def with_events(fallback: Answer, second_event: threading.Event) -> Answer:
    """Answer a wish for events with a stream of two, the second of which waits for the test."""

    def events() -> Iterator[bytes]:
        yield b"data: 1\n"
        second_event.wait(60)
        second_event.clear()
        yield b"data: 2\n"

    def answer(asked: Asked) -> Reply:
        if asked.header("Accept") != "text/event-stream":
            return fallback(asked)
        return Reply(200, [("Content-Type", "text/event-stream")], stream=events())

    return answer


@contextmanager
def traefik_running(
    files: dict[str, str],
    folder: Path,
    port: int,
    *,
    ready_at: str = "/health",
    host: str = "127.0.0.1",
) -> Iterator[Path]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    log = folder / "log"
    command = [program("traefik"), f"--configFile={folder / traefik.STATIC}"]
    variables = {**os.environ, "OPENSYNC_PROXY_SECRET": SECRET}
    with running(command, log, [SECRET], env=variables) as process:
        wait_for_routers(port, ready_at, host, process, log)
        yield log


def wait_for_routers(
    port: int, path: str, host: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    """Return once Traefik has loaded its routers: before that it answers 404 to everything."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            if send(connection, path, host=host).status != 404:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"Traefik did not answer in 60 s.\n{log.read_text()}")


@contextmanager
def front(
    mode: traefik.Mode, folder: Path, visitor: dict[str, str], credentials: Headers
) -> Iterator[Front]:
    port = free_port()
    second_event = threading.Event()
    with (
        StandIn(with_events(sidecar_answer(), second_event)).running() as sidecar,
        StandIn(with_events(echo("pocketbase"), second_event)).running() as pocketbase,
        StandIn(forward_auth(ADA, BOB)).running() as authelia,
    ):
        files = traefik.render(
            mode=mode,
            host_names=["127.0.0.1", "localhost", "::1"],
            entry_points={"local": f"127.0.0.1:{port}"},
            sidecar_url=sidecar.url,
            pocketbase_url=pocketbase.url,
            dynamic_file=str(folder / traefik.DYNAMIC),
            user=LOCAL,
            authelia_url=f"{authelia.url}/api/authz/forward-auth",
            trusted_ips=[f"{TRUSTED_PROXY}/32"] if mode == "authelia" else (),
            grace="1s",
        )
        with traefik_running(files, folder, port) as log:
            complaints = log.read_text()
            yield Front(
                *(port, sidecar, pocketbase, authelia),
                *(complaints, visitor, credentials, second_event),
            )


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    visitor = {
        "remote-user": "local",
        "remote-email": "local@opensync.local",
        "remote-name": "Local user",
        "remote-groups": "admins",
    }
    with front("local", tmp_path_factory.mktemp("local"), visitor, []) as running:
        yield running


@pytest.fixture(scope="module")
def authelia(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    visitor = {
        "remote-user": "ada",
        "remote-email": "ada@example.org",
        "remote-name": "Ada",
        "remote-groups": "people,admins",
    }
    folder = tmp_path_factory.mktemp("authelia")
    with front("authelia", folder, visitor, [signed_in(ADA)]) as running:
        yield running


@pytest.fixture(params=["local", "authelia"])
def either(request: pytest.FixtureRequest) -> Front:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Front)
    return found


@dataclass(frozen=True)
class Row:
    """A line of the routing table."""

    path: str
    upstream: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    identity: bool = False

    def __str__(self) -> str:
        with_key = " with a key" if KEY in self.headers else ""
        return f"{self.method} {self.path}{with_key}"

    def ask(self, front: Front, *headers: tuple[str, str]) -> Received:
        return front.ask(self.path, *self.headers, *headers, method=self.method)


READ_PATHS: Final = (
    "/api/sessions",
    "/api/sessions/abc",
    "/api/sessions/get?id=abc",
    "/api/search",
    "/api/ask",
    "/api/context",
    "/api/export",
    "/api/stats",
    "/api/usage",
)

WITHOUT_IDENTITY: Final = (
    Row("/sync/session", "sidecar", "POST"),
    Row("/sync/session", "sidecar", "POST", (KEY,)),
    Row("/sync/session", "sidecar", "POST", (("Authorization", "Bearer wrong"),)),
    Row("/sync/session", "sidecar", "OPTIONS"),
    Row("/sync/sessions/list", "sidecar"),
    Row("/api/sync/batch", "sidecar", "POST"),
    Row("/.convex.site/sync/message", "sidecar", "POST"),
    Row("/.convex.site/api/sync/batch", "sidecar", "POST"),
    Row("/mcp", "sidecar", "POST"),
    Row("/mcp", "sidecar", "POST", (KEY,)),
    Row("/.convex.site/mcp", "sidecar", "POST", (KEY,)),
    *(Row(path, "sidecar", headers=(KEY,)) for path in READ_PATHS),
    *(Row(f"/.convex.site{path}", "sidecar", headers=(KEY,)) for path in READ_PATHS),
    *(Row(path, "sidecar", "OPTIONS") for path in READ_PATHS),
    Row("/search", "sidecar", headers=(KEY,)),
    Row("/search", "sidecar", "OPTIONS"),
    Row("/api/sessions", "sidecar", headers=(("authorization", "bearer osk_0123456789"),)),
    Row("/api/sessions", "sidecar", headers=(("Authorization", "Bearer os_0123456789"),)),
    Row("/api/sessions", "sidecar", headers=(("Authorization", "osk_0123456789"),)),
    Row("/health", "sidecar"),
    Row("/.convex.site/health", "sidecar"),
    Row("/api/public/abc", "sidecar"),
    Row("/s/abc", "sidecar"),
    Row("/assets/index-1a2b.js", "pocketbase"),
    Row("/favicon.svg", "pocketbase"),
)

APP: Final = (
    *(Row(path, "sidecar", identity=True) for path in READ_PATHS),
    Row("/api/sessions", "sidecar", headers=(("Authorization", "eyJ.a.b"),), identity=True),
    Row("/api/sessions", "sidecar", headers=(("Authorization", "Bearer wrong"),), identity=True),
    Row("/api/statsx", "sidecar", headers=(KEY,), identity=True),
    Row("/api/me", "sidecar", identity=True),
    Row("/api/keys", "sidecar", "POST", identity=True),
    Row("/api/keys/abc", "sidecar", "DELETE", identity=True),
    Row("/openapi.json", "sidecar", identity=True),
    Row("/docs", "sidecar", identity=True),
)

DATA: Final = (
    Row("/api/collections/sessions/records", "pocketbase", identity=True),
    Row("/api/collections/apiKeys/records/abc", "pocketbase", "PATCH", identity=True),
    Row("/api/collections/users/auth-refresh", "pocketbase", "POST", identity=True),
    Row("/api/realtime", "pocketbase", identity=True),
    Row("/api/files/abc/def/name.png", "pocketbase", identity=True),
    Row("/api/health", "pocketbase", identity=True),
)

DASHBOARD: Final = (
    Row("/", "pocketbase", identity=True),
    Row("/sessions/abc", "pocketbase", identity=True),
    Row("/search", "pocketbase", identity=True),
    Row("/synchrony", "pocketbase", identity=True),
    Row("/healthy", "pocketbase", identity=True),
)

ADMIN: Final = (
    Row("/_/", "pocketbase", identity=True),
    Row("/_/assets/index.js", "pocketbase", identity=True),
    Row("/api/collections", "pocketbase", identity=True),
    Row("/api/collections/sessions", "pocketbase", "PATCH", identity=True),
    Row("/api/collections/sessions/truncate", "pocketbase", "DELETE", identity=True),
    Row("/api/collections/import", "pocketbase", "PUT", identity=True),
    Row("/api/collections/_superusers/records", "pocketbase", identity=True),
    Row("/api/collections/%5Fsuperusers/records", "pocketbase", identity=True),
    Row("/api/collections/_superusers/auth-with-password", "pocketbase", "POST", identity=True),
    Row("/api/collections/pbc_3142635823/records", "pocketbase", identity=True),
    Row("/api/collections/users/impersonate/abc", "pocketbase", "POST", identity=True),
    Row("/api/collections/users/auth-with-password", "pocketbase", "POST", identity=True),
    *(
        Row(f"/api/{name}", "pocketbase", identity=True)
        for name in ("settings", "logs", "logs/stats", "backups", "backups/a.zip", "crons", "sql")
    ),
)

NOWHERE: Final = (
    "/internal/admin",
    "/internal",
    "//internal/admin",
    "/.convex.site/internal/admin",
    "/s/../internal/admin",
    "/s/%2e%2e/internal/admin",
    "/ready",
    "/.convex.site/ready",
    "/metrics",
    "/.convex.site/metrics",
    "/.convex.site/api/me",
    "/.convex.site/api/sessions",
    "/.convex.site/.convex.site/sync/session",
    "/api/opensync/ingest",
    "/api/opensync",
    "/api//opensync/ingest",
    "/api/public/../opensync/ingest",
    "/api",
)

WITH_IDENTITY: Final = (*APP, *DATA, *DASHBOARD, *ADMIN)
EVERY: Final = (*WITHOUT_IDENTITY, *WITH_IDENTITY)


@pytest.mark.parametrize("row", WITHOUT_IDENTITY, ids=str)
def test_a_public_path_reaches_its_upstream_without_any_identity(either: Front, row: Row) -> None:
    answer = row.ask(either, *FORGED, *either.credentials)

    assert answer.upstream == row.upstream
    assert answer.passed_on(*IDENTITY, "x-opensync-proxy") == {}


@pytest.mark.parametrize("row", WITH_IDENTITY, ids=str)
def test_a_private_path_reaches_its_upstream_as_the_visitor(either: Front, row: Row) -> None:
    answer = row.ask(either, *FORGED, *either.credentials)

    assert answer.upstream == row.upstream
    assert answer.passed_on(*IDENTITY) == either.visitor


@pytest.mark.parametrize("row", WITH_IDENTITY, ids=str)
def test_the_proxy_secret_is_shown_to_the_sidecar_only(either: Front, row: Row) -> None:
    answer = row.ask(either, *FORGED, *either.credentials)

    shown = {"x-opensync-proxy": SECRET} if row.upstream == "sidecar" else {}
    assert answer.passed_on("x-opensync-proxy") == shown


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_internal_is_not_found(either: Front, path: str) -> None:
    for credentials in (either.credentials, [KEY]):
        if path == "/.convex.site/api/sessions" and KEY in credentials:
            continue
        assert either.ask(path, *credentials).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/public/..%2finternal/admin",
        "/api/..%2Fopensync/ingest",
        "/sync/..%5c..%5cinternal",
        "/sync/a%00b",
    ],
)
def test_hidden_slashes_and_nul_characters_are_refused(either: Front, path: str) -> None:
    assert either.ask(path, *either.credentials).status == 400


@pytest.mark.parametrize(
    "name", ["Remote_User", "remote_email", "Remote.User", "Remote~Groups", "X_OpenSync_Proxy"]
)
@pytest.mark.parametrize("path", ["/sync/session", "/api/me", "/", "/_/", "/s/abc"])
def test_other_spellings_of_a_header_are_refused(either: Front, name: str, path: str) -> None:
    assert either.ask(path, (name, "ada"), *either.credentials).status == 400


def test_a_client_cannot_have_the_identity_dropped_on_the_way(either: Front) -> None:
    doomed = ("Connection", "Remote-User, Remote-Groups, X-OpenSync-Proxy")

    answer = either.ask("/api/me", doomed, *either.credentials)

    assert answer.passed_on(*IDENTITY) == either.visitor
    assert answer.passed_on("x-opensync-proxy") == {"x-opensync-proxy": SECRET}


@pytest.mark.parametrize("row", EVERY, ids=str)
def test_a_foreign_host_name_is_refused(either: Front, row: Row) -> None:
    for host in ("evil.example", f"evil.example:{either.port}", "127.0.0.1.evil.example"):
        answer = either.ask(row.path, *row.headers, method=row.method, host=host)
        assert answer.status == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "localhost."])
def test_every_own_name_is_served(either: Front, host: str) -> None:
    for named in (host, f"{host}:{either.port}"):
        assert either.ask("/health", host=named).upstream == "sidecar"


@pytest.mark.parametrize(
    ("path", "arrives_as"),
    [
        ("//sync/session", "/sync/session"),
        ("///sync//session", "/sync/session"),
        ("/.convex.site/sync/session", "/.convex.site/sync/session"),
        ("/.convex.site//sync/session", "/.convex.site/sync/session"),
        ("//health", "/health"),
        ("/sync/sessions/list?a=%2F&b=//", "/sync/sessions/list?a=%2F&b=//"),
        ("/sync/session/", "/sync/session/"),
        ("/api/sessions/a%20b", "/api/sessions/a%20b"),
    ],
)
def test_plugins_with_odd_base_urls_arrive(either: Front, path: str, arrives_as: str) -> None:
    answer = either.ask(path, KEY, method="POST", body=b'{"externalId":"a"}')

    assert answer.upstream == "sidecar"
    assert (answer.heard["path"], answer.heard["method"]) == (arrives_as, "POST")
    assert answer.heard["bodySize"] == 18
    assert answer.passed_on("authorization") == {"authorization": KEY[1]}


@pytest.mark.parametrize("row", WITHOUT_IDENTITY, ids=str)
def test_nobody_reaches_public_paths(authelia: Front, row: Row) -> None:
    assert row.ask(authelia).upstream == row.upstream


@pytest.mark.parametrize("row", WITH_IDENTITY, ids=str)
def test_nobody_is_sent_to_sign_in(authelia: Front, row: Row) -> None:
    answer = row.ask(authelia, *FORGED, ("Accept", "text/html"))

    assert answer.status == (302 if row.method == "GET" else 303)
    assert (answer.header("Location") or "").startswith(SIGN_IN)


@pytest.mark.parametrize("row", WITH_IDENTITY, ids=str)
def test_a_script_of_nobody_gets_a_plain_401(authelia: Front, row: Row) -> None:
    for asking in (("X-Requested-With", "XMLHttpRequest"), ("Accept", "application/json")):
        assert row.ask(authelia, asking, ("Cookie", f"{COOKIE}=mallory")).status == 401


def test_after_signing_in_the_visitor_comes_back_to_the_page(authelia: Front) -> None:
    answer = authelia.ask("/sessions/abc?tab=1", ("Accept", "text/html"), host="localhost")

    back = "http%3A%2F%2Flocalhost%2Fsessions%2Fabc%3Ftab%3D1"
    assert answer.header("Location") == f"{SIGN_IN}?rd={back}&rm=GET"


@pytest.mark.parametrize("row", ADMIN, ids=str)
def test_who_is_no_administrator_is_turned_away(authelia: Front, row: Row) -> None:
    before = len(authelia.pocketbase.asked)

    answer = row.ask(authelia, signed_in(BOB), *FORGED)

    assert answer.status == 403
    assert answer.body == b'{"error":"No."}'
    assert len(authelia.pocketbase.asked) == before


@pytest.mark.parametrize("row", (*APP, *DATA, *DASHBOARD), ids=str)
def test_who_is_no_administrator_reaches_the_rest(authelia: Front, row: Row) -> None:
    answer = row.ask(authelia, signed_in(BOB), *FORGED)

    assert answer.upstream == row.upstream
    assert answer.passed_on("remote-user", "remote-groups") == {
        "remote-user": "bob",
        "remote-groups": "people",
    }


def test_a_pocketbase_token_reaches_pocketbase_and_not_authelia(authelia: Front) -> None:
    before = len(authelia.authelia.asked)

    answer = authelia.ask(
        "/api/collections/sessions/records", ("Authorization", "eyJ.a.b"), signed_in(ADA)
    )

    assert answer.passed_on("authorization") == {"authorization": "eyJ.a.b"}
    (asked,) = authelia.authelia.asked[before:]
    assert asked.header("Authorization") is None


def test_authelia_learns_the_real_address_of_a_client(authelia: Front) -> None:
    forged = [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Uri", "/public"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Real-Ip", "203.0.113.9"),
    ]

    authelia.ask("/api/me", *forged, signed_in(ADA))

    asked = authelia.authelia.asked[-1]
    assert asked.header("X-Forwarded-For") == "127.0.0.1"
    assert asked.header("X-Forwarded-Uri") == "/api/me"
    assert asked.header("X-Forwarded-Method") == "GET"
    assert asked.header("X-Forwarded-Host") == "127.0.0.1"


def test_a_trusted_proxy_in_front_may_name_the_client(authelia: Front) -> None:
    authelia.ask(
        "/api/me", ("X-Forwarded-For", "203.0.113.9"), signed_in(ADA), source=TRUSTED_PROXY
    )

    chain = authelia.authelia.asked[-1].header("X-Forwarded-For") or ""
    assert chain.split(", ")[0] == "203.0.113.9"


def test_identity_is_refused_while_authelia_is_away(authelia: Front) -> None:
    authelia.authelia.stop()
    try:
        assert authelia.ask("/api/me", *FORGED, signed_in(ADA)).status == 500
        assert authelia.ask("/sync/session", KEY, method="POST").upstream == "sidecar"
    finally:
        authelia.authelia.start()


def test_a_plugin_waits_while_the_sidecar_restarts(either: Front) -> None:
    either.sidecar.stop()
    back = threading.Timer(1, either.sidecar.start)
    back.start()
    try:
        answer = either.ask("/sync/message", KEY, method="POST", body=b"{}")
    finally:
        back.join()

    assert answer.upstream == "sidecar"


def test_what_the_sidecar_died_over_is_sent_again(
    local: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter(range(2))

    def dies_twice(asked: Asked) -> Reply:
        if next(deaths, None) is not None:
            raise ConnectionResetError
        return echo("sidecar")(asked)

    monkeypatch.setattr(local.sidecar, "_answer", dies_twice)

    answer = local.ask("/sync/message", KEY, method="POST", body=b"{}")

    assert answer.upstream == "sidecar"
    assert answer.heard["bodySize"] == 2


def test_a_history_of_fifty_megabytes_passes(either: Front) -> None:
    body = bytes(50 * 1024 * 1024)

    answer = either.ask("/sync/batch", KEY, method="POST", body=body)

    assert answer.heard["bodySize"] == len(body)


@pytest.mark.parametrize("path", ["/", "/_/", "/s/abc", "/api/me", "/docs"])
def test_what_a_browser_shows_cannot_be_framed_or_sniffed(either: Front, path: str) -> None:
    answer = either.ask(path, *either.credentials)

    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Referrer-Policy") == "same-origin"
    assert answer.header("Strict-Transport-Security") is None


@pytest.mark.parametrize("path", ["/", "/sessions/abc", "/s/abc"])
def test_pages_run_no_foreign_scripts(either: Front, path: str) -> None:
    answer = either.ask(path, *either.credentials)

    policy = answer.header("Content-Security-Policy") or ""
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/sessions/abc", "/assets/index.js"])
def test_files_of_the_dashboard_are_checked_for_freshness(either: Front, path: str) -> None:
    assert either.ask(path, *either.credentials).header("Cache-Control") == "no-cache"


def test_a_shared_page_says_itself_how_long_it_may_be_kept(either: Front) -> None:
    assert either.ask("/s/abc").header("Cache-Control") is None


def test_long_answers_are_compressed(either: Front) -> None:
    padding = ("X-Padding", "a" * 4000)

    answer = either.ask("/api/me", ("Accept-Encoding", "gzip"), padding, *either.credentials)

    assert answer.header("Content-Encoding") == "gzip"
    assert b'"server": "sidecar"' in gzip.decompress(answer.body)


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [("GET", "/api/realtime", []), ("POST", "/api/ask", []), ("POST", "/api/ask", [KEY])],
)
def test_events_pass_as_they_happen(method: str, path: str, shown: Headers, either: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", either.port, timeout=60)
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    headers |= dict(shown or either.credentials)
    connection.request(method, path, body=None if method == "GET" else "{}", headers=headers)
    response = connection.getresponse()

    assert response.getheader("Content-Encoding") is None
    assert response.readline() == b"data: 1\n"
    either.second_event.set()
    assert response.readline() == b"data: 2\n"
    response.close()
    connection.close()


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The production form, but for the certificate: its two ports."""
    folder = tmp_path_factory.mktemp("tls")
    secure, plain = free_port(), free_port()
    with StandIn(sidecar_answer()).running() as sidecar:
        files = traefik.render(
            mode="authelia",
            host_names=["opensync.example.org"],
            entry_points={"websecure": f"127.0.0.1:{secure}", "web": f"127.0.0.1:{plain}"},
            sidecar_url=sidecar.url,
            pocketbase_url="http://127.0.0.1:9",
            dynamic_file=str(folder / traefik.DYNAMIC),
            tls=True,
            grace="1s",
        )
        with traefik_running(files, folder, plain, ready_at="/", host="opensync.example.org"):
            yield secure, plain


def ask_plain(ports: tuple[int, int], path: str, method: str = "GET") -> Received:
    connection = http.client.HTTPConnection("127.0.0.1", ports[1], timeout=60)
    return send(connection, path, method=method, host="opensync.example.org")


def test_a_page_without_tls_moves_to_tls(with_tls: tuple[int, int]) -> None:
    answer = ask_plain(with_tls, "/sessions/abc?tab=1")

    assert answer.status in (301, 308)
    assert answer.header("Location") == "https://opensync.example.org/sessions/abc?tab=1"


@pytest.mark.parametrize(
    "path",
    ["/sync/session", "/api/sync/batch", "/.convex.site/sync/session", "/api/sessions", "/mcp"],
)
def test_a_key_sent_without_tls_is_not_helped_along(with_tls: tuple[int, int], path: str) -> None:
    assert ask_plain(with_tls, path).status == 404
    assert ask_plain(with_tls, path, "POST").status == 404


def test_browsers_are_told_to_come_back_with_tls(with_tls: tuple[int, int]) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # Traefik made the certificate itself
    connection = http.client.HTTPSConnection("127.0.0.1", with_tls[0], timeout=60, context=context)

    answer = send(connection, "/api/public/abc", host="opensync.example.org")

    assert answer.upstream == "sidecar"
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"


def test_traefik_starts_without_a_complaint(either: Front) -> None:
    assert either.complaints == ""
