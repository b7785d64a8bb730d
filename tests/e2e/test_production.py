"""The form in which it runs on a server: the services of the Compose file, by their own commands.

PocketBase, the sidecar and Traefik are real, started outside of containers with the variables and
secrets that Compose would give them. In place of Authelia stands what follows its contract, in
place of a certificate of Let's Encrypt one that Traefik makes itself.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml

from tests.compose import Composed, composed, example
from tests.processes import eventually
from tests.stand_ins import COOKIE, SIGN_IN, Person, StandIn, forward_auth

NAME: Final = "opensync.example.org"
ADA: Final = Person("ada", "ada@example.org", "Ada", ("people", "admins"))
BOB: Final = Person("bob", "bob@example.org", "Bob", ("people",))
PLUGIN: Final = "carol@example.org"
PAGE: Final = {"Accept": "text/html"}

PAGES: Final = ("/", "/sessions/abc", "/search?q=a", "/_/")
KEY_ROUTES: Final = (
    "/sync/session",
    "/api/sync/batch",
    "/.convex.site/sync/message",
    "/mcp",
    "/api/sessions",
    "/search",
)


@pytest.fixture(scope="module")
def authelia() -> Iterator[StandIn]:
    with StandIn(forward_auth(ADA, BOB)).running() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def services(authelia: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    root = tmp_path_factory.mktemp("compose")
    variables = example() | {
        "SERVER_NAME": NAME,
        "ACME_EMAIL": "",  # without one, Traefik asks nobody for a certificate
        "EMBEDDER": "off",
        "LITESTREAM_REPLICA_URL": f"file://{root}/replica",
    }
    with composed(root, authelia.url, variables) as running:
        yield running


@pytest.fixture
def secure(services: Composed) -> Iterator[httpx.Client]:
    """A client of the public address, who does not ask who vouches for the certificate."""
    with _client(f"https://127.0.0.1:{services.secure_port}") as client:
        yield client


@pytest.fixture
def plain(services: Composed) -> Iterator[httpx.Client]:
    with _client(f"http://127.0.0.1:{services.plain_port}") as client:
        yield client


def _client(url: str) -> httpx.Client:
    return httpx.Client(
        base_url=url, headers={"Host": NAME}, verify=False, trust_env=False, timeout=60
    )


def signed_in(person: Person) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={person.name}"}


@pytest.fixture(scope="module")
def authorization(services: Composed) -> dict[str, str]:
    """The header of a plugin, whose key was made with the commands that the docs name."""
    opensync = partial(services.execute, "sidecar", "opensync")
    added = opensync("users", "add", PLUGIN)
    assert added.returncode == 0, added.stderr
    created = opensync("keys", "create", "--email", PLUGIN, "--name", "laptop")
    assert created.returncode == 0, created.stderr
    return {"Authorization": f"Bearer {created.stdout.strip()}"}


# The services.


def test_every_health_check_tells_whether_its_service_runs(services: Composed) -> None:
    running = [name for name, process in services.processes.items() if process.poll() is None]

    assert {"pocketbase", "sidecar", "traefik"} <= set(running)
    assert [name for name in running if not services.is_healthy(name)] == []
    port, services.sidecar_port = services.sidecar_port, 9
    try:
        assert not services.is_healthy("sidecar")
    finally:
        services.sidecar_port = port


def test_a_message_goes_all_the_way(secure: httpx.Client, authorization: dict[str, str]) -> None:
    message = {"sessionExternalId": "one", "externalId": "m", "role": "user", "textContent": "Hi"}

    stored = secure.post("/sync/message", json=message, headers=authorization)
    listed = secure.get("/api/sessions", headers=authorization)

    assert stored.json()["ok"] is True
    assert [session["externalId"] for session in listed.json()["sessions"]] == ["one"]


def test_litestream_copies_the_database(services: Composed) -> None:
    services.bring_up("litestream")

    services.wait_until_healthy("litestream")
    replica = services.root / "replica"
    eventually(lambda: any(replica.rglob("*.ltx")), "Litestream copies")


# TLS.


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asked_for_without_tls_moves_to_it(plain: httpx.Client, path: str) -> None:
    answer = plain.get(path, headers=PAGE)

    assert answer.status_code in (301, 308)
    assert answer.headers["location"] == f"https://{NAME}{path}"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", KEY_ROUTES)
def test_a_key_sent_without_tls_is_neither_taken_nor_led_on(
    plain: httpx.Client, authorization: dict[str, str], method: str, path: str
) -> None:
    answer = plain.request(method, path, headers=authorization)

    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", [*PAGES, "/api/me", "/docs", "/s/nothing"])
def test_a_browser_is_told_what_it_may_do(secure: httpx.Client, path: str) -> None:
    answer = secure.get(path, headers=PAGE | signed_in(ADA))

    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "server" not in answer.headers


# Who is who.


def test_authelia_is_told_what_it_needs_to_know(authelia: StandIn, secure: httpx.Client) -> None:
    secure.get("/sessions/abc?tab=1", headers=PAGE | signed_in(ADA))

    asked = authelia.asked[-1]
    assert asked.path == "/api/authz/forward-auth"
    described = {
        name: asked.header(f"X-Forwarded-{name}")
        for name in ("Method", "Proto", "Host", "Uri", "For")
    }
    assert described == {
        "Method": "GET",
        "Proto": "https",
        "Host": NAME,
        "Uri": "/sessions/abc?tab=1",
        "For": "127.0.0.1",
    }


@pytest.mark.parametrize(("method", "status"), [("GET", 302), ("POST", 303)])
def test_nobody_is_sent_to_sign_in_and_back(secure: httpx.Client, method: str, status: int) -> None:
    answer = secure.request(method, "/api/keys?a=b", headers=PAGE)

    assert answer.status_code == status
    assert answer.headers["location"].startswith(SIGN_IN)
    sent = parse_qs(urlsplit(answer.headers["location"]).query)
    assert sent == {"rd": [f"https://{NAME}/api/keys?a=b"], "rm": [method]}


def test_a_script_of_nobody_is_answered_401(secure: httpx.Client) -> None:
    answer = secure.get("/api/me", headers={"X-Requested-With": "XMLHttpRequest"})

    assert answer.status_code == 401


def test_only_authelia_says_who_somebody_is(secure: httpx.Client) -> None:
    forged = {"Remote-User": "ada", "Remote-Email": ADA.email, "Remote-Groups": "admins"}

    assert secure.get("/api/me", headers=PAGE | forged).status_code == 302
    mine: dict[str, Any] = secure.get("/api/me", headers=forged | signed_in(BOB)).json()
    assert mine["user"]["email"] == BOB.email
    assert secure.get("/_/", headers=forged | signed_in(BOB)).status_code == 403


@pytest.mark.parametrize(
    "path", ["/_/", "/api/settings", "/api/logs", "/api/backups", "/api/collections/_superusers"]
)
def test_the_admin_ui_is_for_administrators(secure: httpx.Client, path: str) -> None:
    assert secure.get(path, headers=signed_in(BOB)).status_code == 403
    # PocketBase's own answer: its page, or that a superuser has to sign in.
    assert secure.get(path, headers=signed_in(ADA)).status_code in (200, 401)


@pytest.mark.parametrize("path", ["/sync/session", "/.convex.site/sync/message", "/api/sync/batch"])
def test_a_plugin_with_a_wrong_key_gets_json(secure: httpx.Client, path: str) -> None:
    answer = secure.post(path, json={}, headers={"Authorization": f"Bearer osk_{'0' * 40}"})

    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid API key"}


def test_authelias_pages_have_a_name_of_their_own(authelia: StandIn, secure: httpx.Client) -> None:
    secure.get("/login", headers={"Host": example()["SIGN_IN_NAME"], "Remote-User": "ada"})

    asked = authelia.asked[-1]
    assert asked.path == "/login"
    assert asked.header("Remote-User") is None


# Realtime.


def test_events_come_as_they_happen_and_nothing_ends_the_stream(services: Composed) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        "127.0.0.1", services.secure_port, timeout=60, context=trusting
    )
    headers = {"Host": NAME, "Accept": "text/event-stream", **signed_in(ADA)}
    connection.request("GET", "/api/realtime", headers=headers)
    stream = connection.getresponse()
    first = [stream.readline() for _ in range(2)]
    connection.close()

    assert b"event:PB_CONNECT\n" in first
    folder = services.root / "etc/traefik"
    entry_point = yaml.safe_load((folder / "traefik.yml").read_text())["entryPoints"]["websecure"]
    assert entry_point["transport"]["respondingTimeouts"]["writeTimeout"] == "0s"
    # The one that would matter ends what has not begun to answer.
    assert "responseHeaderTimeout" not in (folder / "dynamic.yml").read_text()
