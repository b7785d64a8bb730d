"""The security defects of the PocketBase fork of OpenSync, F1 to F10, tried here by name."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from sidecar import api
from sidecar.api.http import Auth
from sidecar.app import create_app
from sidecar.cli.serve import serve
from sidecar.config import Settings
from sidecar.errors import ConfigError, UpstreamError
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, free_port
from tests.processes import running
from tests.serving import PROXY, STRANGER, Service, serving

ROOT: Final = Path(__file__).parents[2]

# What would break out of a filter that is put together from text.
INJECTIONS: Final = (
    '" || id != "',
    '" || 1=1 || "',
    "' || id != '",
    '\\" || id != \\"',
    "x\\",
    '") || (id != "',
    "x' OR 1=1 --",
    '" || user.id != "',
    '{:user}" || {:id} != "',
    '" //',
    "%",
    "\x00",
    "\n\r\t",
    "@request.auth.id",
    "a" * 5000,
    "é\U0001f600\u202e",
)
NAMED: Final = [*(text[:24] for text in INJECTIONS)]

ENDPOINTS: Final = [e for e in api.endpoints() if e.auth is not Auth.NONE]
READS: Final = [e for e in ENDPOINTS if e.method == "GET"]


@pytest.fixture(scope="module")
async def direct(pocketbase_process: RealPocketBase) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=pocketbase_process.url, trust_env=False) as http:
        yield http


@pytest.fixture(scope="module")
async def victim(service: Service) -> Tenant:
    """Somebody with a session that says `a private matter`."""
    victim = await make_tenant(service)
    async with victim.api as http:
        await http.post("/sync/batch", json=transcript("a private matter"))
    return victim


@pytest.fixture(scope="module")
async def attacker(service: Service) -> Tenant:
    return await make_tenant(service)


def transcript(text: str, session: str = "session", message: str = "message") -> dict[str, Any]:
    """Return a batch of one session with one message, every text of it `text`."""
    words = dict.fromkeys(("title", "projectName", "model"), text)
    return {
        "sessions": [{"externalId": session, "source": "codex", **words}],
        "messages": [
            {
                "sessionExternalId": session,
                "externalId": message,
                "role": "user",
                "textContent": text,
                "parts": [{"type": "text", "content": text}],
            }
        ],
    }


async def sessions_of(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the user's sessions with all their messages, as their key reads them."""
    async with tenant.api as http:
        page = (await http.get("/api/sessions?limit=200")).json()
        return [
            (await http.get(f"/api/sessions/{session['id']}")).json()
            for session in page["sessions"]
        ]


@pytest.mark.parametrize("injection", INJECTIONS, ids=NAMED)
async def test_f1_a_key_that_is_a_filter_opens_nothing(
    injection: str, service: Service, victim: Tenant
) -> None:
    in_a_header = re.sub(r"[\r\n\0]", " ", injection).encode()
    for start in ("osk_x", "osk_", "os_x", f"{victim.key}x", ""):
        headers = {b"Authorization": b"Bearer " + start.encode() + in_a_header}
        async with service.client() as http:
            read = await http.get("/api/sessions", headers=headers)
            written = await http.post("/sync/session", json={"externalId": "x"}, headers=headers)
        for answer in (read, written):
            assert answer.status_code == 401, headers
            assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("injection", INJECTIONS, ids=NAMED)
async def test_f2_a_parameter_that_is_a_filter_reads_no_other_users_rows(
    injection: str, victim: Tenant, attacker: Tenant
) -> None:
    seen = []
    async with attacker.api as http:
        for path, name in [(e.path, query.name) for e in READS for query in e.query]:
            answer = await http.get(path, params={name: injection})
            seen.append((path, name, answer))

    assert {name for _, name, _ in seen} >= {"source", "model", "project", "cursor", "id"}
    assert [(path, name) for path, name, answer in seen if answer.status_code >= 500] == []
    for path, name, answer in seen:
        assert "private" not in answer.text, (path, name)
        assert victim.id not in answer.text, (path, name)


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forged",
    [
        *(cursor(f"0:{text}") for text in INJECTIONS),
        *(cursor(f"{text}:{'a' * 15}") for text in INJECTIONS),
        cursor(f"{'9' * 4000}:{'a' * 15}"),
        cursor(f"-1:{'a' * 15}"),
        cursor(f"1_0:{'a' * 15}"),
        cursor(f"{10**30}:{'z' * 15}"),
        cursor(""),
        "=",
        "é",
        "%%%",
    ],
)
async def test_f2_a_forged_cursor_reads_no_other_users_rows(
    forged: str, victim: Tenant, attacker: Tenant
) -> None:
    async with attacker.api as http:
        answer = await http.get("/api/sessions", params={"cursor": forged})

    assert answer.status_code in (200, 400)
    assert "private" not in answer.text


async def test_f2_a_cursor_of_another_user_continues_in_ones_own_sessions(service: Service) -> None:
    one, two = [await make_tenant(service) for _ in range(2)]
    for home in (one, two):
        async with home.api as http:
            for n in range(4):
                await http.post("/sync/session", json={"externalId": f"{home.id} {n}"})
    async with one.api as http:
        given = (await http.get("/api/sessions?limit=1")).json()["cursor"]

    async with two.api as http:
        page = (await http.get("/api/sessions", params={"cursor": given})).json()

    assert all(item["externalId"].startswith(two.id) for item in page["sessions"])


async def test_f2_quotes_in_a_project_or_model_are_found_by_just_those_quotes(
    tenant: Tenant,
) -> None:
    texts = [text for text in INJECTIONS if text.isprintable() and len(text) < 100]
    async with tenant.api as http:
        for text in texts:
            session = {"externalId": text, "projectName": text, "model": text}
            await http.post("/sync/session", json=session)
        for text in texts:
            for parameter in ("project", "model"):
                found = (await http.get("/api/sessions", params={parameter: text})).json()
                assert [item["externalId"] for item in found["sessions"]] == [text]


async def test_f3_ids_that_are_filters_are_ids(service: Service) -> None:
    one, two = [await make_tenant(service) for _ in range(2)]
    ids = [text for text in INJECTIONS if "\0" not in text and len(text) < 500]
    for tenant, text in ((one, "first"), (two, "second"), (one, "first")):
        async with tenant.api as http:
            for id in ids:
                batch = transcript(text, session=id, message=id)
                answer = await http.post("/sync/batch", json=batch)
                assert (answer.status_code, answer.json()["errors"]) == (200, [])

    for tenant, text in ((one, "first"), (two, "second")):
        found = await sessions_of(tenant)
        assert sorted(f["session"]["externalId"] for f in found) == sorted(ids)
        for each in found:
            messages = [(m["externalId"], m["textContent"]) for m in each["messages"]]
            assert messages == [(each["session"]["externalId"], text)]


@pytest.mark.parametrize("injection", INJECTIONS, ids=NAMED)
async def test_f3_an_id_in_a_path_or_query_that_is_a_filter_finds_nothing(
    injection: str, service: Service, victim: Tenant, attacker: Tenant
) -> None:
    quoted = str(httpx.QueryParams(x=injection))[2:].replace("+", "%20")
    statuses = {}
    async with attacker.api as http, attacker.browser as browser:
        for prefix in ("", victim.key_id, "a" * 15):
            get = await http.get("/api/sessions/get", params={"id": prefix + injection})
            path = await http.get(f"/api/sessions/{prefix}{quoted}")
            key = await browser.delete(f"/api/keys/{prefix}{quoted}")
            for answer in (get, path, key):
                statuses[answer.request.url, prefix] = answer.status_code

    assert {k: v for k, v in statuses.items() if v not in (400, 404)} == {}
    async with victim.api as http:  # the key of the victim still works
        assert (await http.get("/api/sessions")).status_code == 200


async def test_f4_a_password_that_follows_from_the_email_signs_nobody_in(
    victim: Tenant, direct: httpx.AsyncClient
) -> None:
    email = str(victim.record["email"])
    guesses = [email, "", hashlib.sha256(f"{email}opensync-salt".encode()).hexdigest()]

    for guess in guesses:
        answer = await direct.post(
            "/api/collections/users/auth-with-password",
            json={"identity": email, "password": guess},
        )
        assert answer.status_code in (400, 403)
        assert "token" not in answer.json()


async def test_f4_even_the_right_password_signs_nobody_in(
    tenant: Tenant, pocketbase: PocketBase, direct: httpx.AsyncClient
) -> None:
    password = uuid.uuid4().hex
    change = {"password": password, "passwordConfirm": password}
    await pocketbase.update("users", tenant.id, change)

    for identity in (tenant.record["email"], tenant.record["autheliaId"], tenant.id):
        answer = await direct.post(
            "/api/collections/users/auth-with-password",
            json={"identity": identity, "password": password},
        )
        assert answer.status_code in (400, 403)
        assert "token" not in answer.json()


async def test_f4_no_other_way_to_sign_in_is_open(
    victim: Tenant, direct: httpx.AsyncClient
) -> None:
    email = victim.record["email"]
    users = "/api/collections/users"
    methods = (await direct.get(f"{users}/auth-methods")).json()

    assert not any(methods[kind]["enabled"] for kind in ("password", "oauth2", "otp", "mfa"))
    for path, body in (
        ("request-otp", {"email": email}),
        ("auth-with-otp", {"otpId": "a" * 15, "password": "123456"}),
        ("auth-with-oauth2", {"provider": "github", "code": "c", "redirectURL": "r"}),
        ("request-password-reset", {"email": email}),
        ("confirm-password-reset", {"token": "a.b.c", "password": "p", "passwordConfirm": "p"}),
        ("request-email-change", {"newEmail": "eve@example.test"}),
        ("confirm-email-change", {"token": "a.b.c", "password": "p"}),
        ("confirm-verification", {"token": "a.b.c"}),
        ("impersonate/" + victim.id, {}),
        ("auth-refresh", {}),
    ):
        answer = await direct.post(f"{users}/{path}", json=body)
        assert answer.status_code in (400, 401, 403), path
        assert "token" not in answer.json(), path


async def test_f4_a_browsers_token_cannot_be_made_to_last_longer(
    tenant: Tenant, direct: httpx.AsyncClient
) -> None:
    token = await tenant.token()

    answer = await direct.post(
        "/api/collections/users/auth-refresh", headers={"Authorization": token}
    )

    assert answer.json()["token"] == token


@pytest.mark.parametrize("route", ["/sync/message", "/sync/batch"])
async def test_f5_a_known_id_moves_no_message_to_another_user(
    route: str, service: Service, pocketbase: PocketBase
) -> None:
    alice, eve = [await make_tenant(service) for _ in range(2)]
    async with alice.api as http:
        await http.post("/sync/batch", json=transcript("alice's"))
    before = await sessions_of(alice)
    stolen = transcript("eve's")

    async with eve.api as http:
        body = stolen if route == "/sync/batch" else stolen["messages"][0]
        assert (await http.post(route, json=body)).status_code == 200
        # Nor by the ids of the records themselves.
        session, message = before[0]["session"]["id"], before[0]["messages"][0]["id"]
        body = transcript("eve's", session, message)
        body["sessions"][0] |= {"id": session, "user": alice.id}
        body["messages"][0] |= {"id": message, "session": session, "user": alice.id}
        assert (await http.post("/sync/batch", json=body)).json()["errors"] == []

    assert await sessions_of(alice) == before
    theirs = await sessions_of(eve)
    assert {found["session"]["externalId"] for found in theirs} == {"session", session}
    assert {m["textContent"] for found in theirs for m in found["messages"]} == {"eve's"}
    assert {found["session"]["id"] for found in theirs}.isdisjoint({session})
    parts = bind("message = {:message}", message=message)
    assert [p["content"] async for p in pocketbase.every("parts", parts)] == ["alice's"]


async def test_f5_even_a_session_moved_by_the_superuser_takes_nothing_from_its_former_owner(
    service: Service, pocketbase: PocketBase
) -> None:
    former, heir = [await make_tenant(service) for _ in range(2)]
    async with former.api as http:
        await http.post("/sync/batch", json=transcript("as it was given"))
        (found,) = await sessions_of(former)
        with suppress(UpstreamError):  # to refuse the move is as good
            await pocketbase.update("sessions", found["session"]["id"], {"user": heir.id})
        given = await sessions_of(heir)

        batch = transcript("meddled with")
        message = transcript("added", message="more")["messages"][0]
        answers = [
            await http.post("/sync/batch", json=batch),
            await http.post("/sync/message", json=message),
            await http.post("/sync/session", json=batch["sessions"][0]),
        ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert await sessions_of(heir) == given


@pytest.mark.parametrize("actor", ["nobody", "key", "token"])
async def test_f6_nobody_registers_themselves_or_chooses_a_key(
    actor: str,
    service: Service,
    attacker: Tenant,
    pocketbase: PocketBase,
    direct: httpx.AsyncClient,
) -> None:
    key = "osk_" + uuid.uuid4().hex
    email = f"{uuid.uuid4().hex}@example.test"
    password = uuid.uuid4().hex
    user = {"email": email, "password": password, "passwordConfirm": password, "apiKey": key}
    stored = {"user": attacker.id, "keyHash": hashlib.sha256(key.encode()).hexdigest()}
    header = {
        "nobody": {},
        "key": {"Authorization": f"Bearer {attacker.key}"},
        "token": {"Authorization": await attacker.token()},
    }[actor]

    for collection, body in (("users", user), ("apiKeys", stored)):
        path = f"/api/collections/{collection}/records"
        for method, target in (("POST", path), ("PUT", path), ("PUT", f"{path}/{'a' * 15}")):
            answer = await direct.request(method, target, json=body, headers=header)
            assert answer.status_code in (400, 401, 403, 404, 405)
    await direct.patch(
        f"/api/collections/users/records/{attacker.id}", json={"apiKey": key}, headers=header
    )

    assert await pocketbase.first("users", bind("email = {:email}", email=email)) is None
    async with service.client(Authorization=f"Bearer {key}") as http:
        assert (await http.post("/sync/session", json={"externalId": "x"})).status_code == 401


def forged_headers(record: dict[str, Any]) -> Iterator[list[tuple[str, str]]]:
    """Yield sets of headers that say, each in its way, that the user is there."""
    name, email = str(record["autheliaId"]), str(record["email"])
    for dash in ("-", "_", "."):
        yield [(f"Remote{dash}User", name), (f"Remote{dash}Email", email)]
        yield [(f"Remote{dash}Email", email)]
    yield [("X-Remote-User", name), ("X-Remote-Email", email)]
    yield [("X-Forwarded-User", name), ("X-Forwarded-Email", email)]
    yield [("X-Auth-Request-User", name), ("X-Auth-Request-Email", email)]


@pytest.mark.parametrize("route", ["GET /api/me", "GET /api/sessions", "POST /sync/session"])
async def test_f7_nobody_is_believed_who_is_not_the_proxy(
    route: str, service: Service, victim: Tenant
) -> None:
    method, path = route.split()
    for headers in forged_headers(victim.record):
        for extra in ([], [("X-Forwarded-For", PROXY)], [("X-Real-IP", PROXY)], [("Via", PROXY)]):
            async with service.client(STRANGER, Sec_Fetch_Site="same-origin") as http:
                answer = await http.request(
                    method,
                    path,
                    headers=[*headers, *extra],
                    json={"externalId": "forged"} if method == "POST" else None,
                )
            assert answer.status_code == 401
            assert victim.id not in answer.text


async def test_f7_no_user_is_made_for_who_is_not_believed(
    service: Service, pocketbase: PocketBase
) -> None:
    name = f"forged-{uuid.uuid4().hex}"
    async with service.client(STRANGER, Remote_User=name, Remote_Email=f"{name}@x.test") as http:
        assert (await http.get("/api/me")).status_code == 401

    assert await pocketbase.first("users", bind("autheliaId = {:name}", name=name)) is None


@pytest.mark.parametrize("dash", ["_", "."])
@pytest.mark.parametrize("beside", [True, False], ids=["beside the real one", "alone"])
async def test_f7_an_alias_of_the_header_is_refused_even_from_the_proxy(
    dash: str, beside: bool, service: Service, victim: Tenant, attacker: Tenant
) -> None:
    real = [("Remote-User", attacker.record["autheliaId"])] if beside else []
    for alias, value in (
        (f"Remote{dash}User", victim.record["autheliaId"]),
        (f"remote{dash}email", victim.record["email"]),
        (f"REMOTE{dash}GROUPS", "admins"),
    ):
        for headers in ([*real, (alias, value)], [(alias, value), *real]):
            async with service.client(PROXY) as http:
                answer = await http.get("/api/me", headers=headers)
            assert answer.status_code == 401


@pytest.mark.parametrize("header", ["Remote-User", "Remote-Email", "Remote-Groups", "Remote-Name"])
async def test_f7_a_header_that_comes_twice_is_refused_even_from_the_proxy(
    header: str, service: Service, victim: Tenant, attacker: Tenant
) -> None:
    real = [
        ("Remote-User", str(attacker.record["autheliaId"])),
        ("Remote-Email", str(attacker.record["email"])),
        ("Remote-Name", "Eve"),
        ("Remote-Groups", "people"),
    ]
    forged = {
        "Remote-User": victim.record["autheliaId"],
        "Remote-Email": victim.record["email"],
        "Remote-Name": "Alice",
        "Remote-Groups": "admins",
    }[header]
    for headers in ([*real, (header, forged)], [(header.lower(), forged), *real]):
        async with service.client(PROXY) as http:
            answer = await http.get("/api/me", headers=headers)
        assert answer.status_code == 401


async def test_f7_an_email_alone_is_nobody_even_from_the_proxy(
    service: Service, victim: Tenant
) -> None:
    async with service.client(PROXY, Remote_Email=str(victim.record["email"])) as http:
        assert (await http.get("/api/me")).status_code == 401


@pytest.fixture(scope="module")
async def guarded(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A sidecar that shares a secret with its proxy."""
    settings = settings_for(
        pocketbase_process.url,
        tmp_path_factory.mktemp("guarded"),
        proxy_secret=SecretStr("between-the-two"),
    )
    async with serving(create_app(settings), settings) as running:
        yield running


@pytest.mark.parametrize("shown", [None, "", "wrong", "between-the-tw", "BETWEEN-THE-TWO"])
@pytest.mark.parametrize("path", ["/api/me", "/api/sessions", "/internal/admin"])
async def test_f7_without_the_secret_another_program_on_the_proxys_address_is_nobody(
    shown: str | None, path: str, guarded: Service, victim: Tenant
) -> None:
    headers = {"Remote-User": str(victim.record["autheliaId"]), "Remote-Groups": "admins"}
    if shown is not None:
        headers["X-OpenSync-Proxy"] = shown
    async with guarded.client(PROXY) as http:
        answer = await http.get(path, headers=headers)

    assert answer.status_code == 401


async def test_f7_with_the_secret_the_proxy_is_believed_and_a_stranger_is_not(
    guarded: Service, victim: Tenant
) -> None:
    headers = {
        "Remote-User": str(victim.record["autheliaId"]),
        "Remote-Email": str(victim.record["email"]),
        "X-OpenSync-Proxy": "between-the-two",
    }
    async with guarded.client(PROXY) as http:
        assert (await http.get("/api/me", headers=headers)).json()["user"]["id"] == victim.id
    async with guarded.client(STRANGER) as http:
        assert (await http.get("/api/me", headers=headers)).status_code == 401


async def test_f7_a_key_needs_no_secret(guarded: Service, victim: Tenant) -> None:
    async with guarded.client(STRANGER, Authorization=f"Bearer {victim.key}") as http:
        assert (await http.get("/api/stats")).status_code == 200


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ("admins", 200),
        ("people,admins", 200),
        ("people", 403),
        ("", 403),
        ("administrators", 403),
        ("Admins", 403),
        ("not-admins,admins2", 403),
    ],
)
async def test_f7_the_admin_ui_is_for_administrators_alone(
    groups: str, status: int, service: Service, attacker: Tenant
) -> None:
    name = str(attacker.record["autheliaId"])
    for peer, expected in ((PROXY, status), (STRANGER, 401)):
        async with service.client(peer, Remote_User=name, Remote_Groups=groups) as http:
            assert (await http.get("/internal/admin")).status_code == expected


SHIPPED: Final = ("sidecar", "pb_hooks", "pb_schema", "deploy", "scripts")
# A value in quotes where a secret belongs, unless it is a name, a variable or left empty.
A_SECRET_SET: Final = re.compile(
    r"""(password|passwd|secret|api_?key|token)["']?\s*[:=]\s*["'](?![$\[{<%])[^"'\s]{6,}["']""",
    re.IGNORECASE,
)
AN_ADDRESS: Final = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
NOBODYS: Final = re.compile(
    r"@(?:[\w-]+\.)*(?:example(?:\.\w+)?|your-domain\.\w+|test|local|localhost|invalid)$"
)


def shipped_texts() -> Iterator[tuple[Path, str]]:
    for folder in SHIPPED:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path.relative_to(ROOT), path.read_text("utf-8", errors="replace")


def test_f8_no_file_that_is_shipped_holds_a_password_or_somebodys_address() -> None:
    found = [
        (str(path), match[0])
        for path, text in shipped_texts()
        for match in (*A_SECRET_SET.finditer(text), *AN_ADDRESS.finditer(text))
        if not NOBODYS.search(match[0])
    ]

    assert found == []


def test_f8_the_settings_have_no_credentials_of_their_own(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)

    assert settings.pocketbase_email == ""
    assert settings.pocketbase_password.get_secret_value() == ""
    assert settings.proxy_secret is None
    assert settings.trusted_proxies == ()


def test_f8_the_sidecar_does_not_start_without_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match="OPENSYNC_POCKETBASE_EMAIL"):
        serve()


async def test_f9_no_session_is_made_for_another_owner(
    victim: Tenant, attacker: Tenant, pocketbase: PocketBase, direct: httpx.AsyncClient
) -> None:
    external = uuid.uuid4().hex
    planted = {"user": victim.id, "externalId": external, "owner": victim.id}
    token = await attacker.token()

    answer = await direct.post(
        "/api/collections/sessions/records", json=planted, headers={"Authorization": token}
    )
    assert answer.status_code == 403
    message = {**planted, "sessionExternalId": external, "externalId": "m"}
    async with attacker.api as http, attacker.browser as browser:
        for client in (http, browser):
            await client.post("/sync/session", json=planted)
            await client.post("/sync/message", json=message)
            await client.post("/sync/batch", json={"sessions": [planted], "messages": [message]})

    rows = pocketbase.every("sessions", bind("externalId = {:id}", id=external))
    assert [row["user"] async for row in rows] == [attacker.id]


async def test_f9_the_owner_of_a_session_cannot_be_changed(
    tenant: Tenant, victim: Tenant, pocketbase: PocketBase, direct: httpx.AsyncClient
) -> None:
    async with tenant.api as http:
        made = (await http.post("/sync/session", json={"externalId": "mine"})).json()["sessionId"]
        resent = {"externalId": "mine", "user": victim.id}
        assert (await http.post("/sync/session", json=resent)).json()["sessionId"] == made
    path = f"/api/collections/sessions/records/{made}"
    header = {"Authorization": await tenant.token()}

    for body in ({"user": victim.id}, {"user": ""}, {"user": victim.id, "title": "yours"}):
        assert (await direct.patch(path, json=body, headers=header)).status_code == 404

    row = await pocketbase.get(path)
    assert (row["user"], row["title"]) == (tenant.id, "")


async def test_f10_a_key_is_stored_as_its_hash_alone(
    tenant: Tenant, pocketbase: PocketBase
) -> None:
    row = await pocketbase.get(f"/api/collections/apiKeys/records/{tenant.key_id}")

    assert row["keyHash"] == hashlib.sha256(tenant.key.encode()).hexdigest()
    assert row["prefix"] == tenant.key[: len(row["prefix"])]
    assert len(row["prefix"]) <= 8
    assert tenant.key not in json.dumps(row)


async def test_f10_no_two_rows_have_the_same_key(tenant: Tenant, pocketbase: PocketBase) -> None:
    page = await pocketbase.get("/api/collections/apiKeys")

    (index,) = [text for text in page["indexes"] if "`keyHash`" in text]
    assert index.startswith("CREATE UNIQUE INDEX")


async def test_f10_a_key_is_shown_once_and_then_nowhere(
    tenant: Tenant, direct: httpx.AsyncClient
) -> None:
    async with tenant.browser as http:
        made = await http.post("/api/keys", json={"name": "laptop"})
        key = made.json()["key"]
        assert made.text.count(key) == 1
        assert made.headers["cache-control"] == "no-store"
        answers = [await http.get(e.path) for e in READS if "{" not in e.path]
        answers.append(await http.delete(f"/api/keys/{made.json()['record']['id']}"))
    token = await tenant.token()
    for collection in ("apiKeys", "users", "apiLogs"):
        path = f"/api/collections/{collection}/records"
        answers.append(await direct.get(path, headers={"Authorization": token}))

    secret = key.removeprefix("osk_")[4:]
    hashed = hashlib.sha256(key.encode()).hexdigest()
    for answer in answers:
        assert secret not in answer.text
        assert hashed not in answer.text
        assert key not in str(answer.headers)


async def test_f10_no_byte_that_pocketbase_keeps_holds_a_key_or_token(
    service: Service, pocketbase_process: RealPocketBase
) -> None:
    tenant = await make_tenant(service)
    token = await tenant.token()
    wrong = "osk_" + uuid.uuid4().hex
    for proof in (tenant.key, token, wrong):
        async with service.client(Authorization=f"Bearer {proof}") as http:
            for endpoint in READS:
                await http.get(endpoint.path)
            await http.post("/sync/batch", json=transcript("text"))
            await http.post("/sync/session", content=b"not JSON")
    await service.context.request_log.flush()

    secrets = [tenant.key, tenant.key[8:], token, token.rpartition(".")[2], wrong]
    hashed = hashlib.sha256(tenant.key.encode()).hexdigest()
    files = [path for path in pocketbase_process.folder.rglob("*") if path.is_file()]
    kept = {path.name: path.read_bytes() for path in files}
    assert [name for name in kept if hashed.encode() in kept[name]]  # what is kept is seen
    for name, data in kept.items():
        assert not [secret for secret in secrets if secret.encode() in data], name


async def test_f10_no_line_of_the_log_holds_a_key_token_or_password(
    service: Service, pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    tenant = await make_tenant(service)
    token = await tenant.token()
    wrong = "osk_" + uuid.uuid4().hex
    proofs = (tenant.key, token, wrong, f"{token}x", PASSWORD)
    port = free_port()
    variables = {
        "DATA": tmp_path,
        "SIDECAR_PORT": port,
        "POCKETBASE_URL": pocketbase_process.url,
        "POCKETBASE_EMAIL": EMAIL,
        "POCKETBASE_PASSWORD": PASSWORD,
        "PROXY_SECRET": "between-the-two",
        "TRUSTED_PROXIES": "192.0.2.1",
        "LOG_LEVEL": "debug",
    }
    log = tmp_path / "log"
    command = [sys.executable, "-m", "sidecar", "serve"]
    environment = {f"OPENSYNC_{k}": str(v) for k, v in variables.items()}
    with running(command, log, env=environment, cwd=ROOT) as process:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as http:
            await answering(http, process)
            for proof in proofs:
                for header in (f"Bearer {proof}", proof, f"Basic {proof}"):
                    headers = {"Authorization": header, "X-OpenSync-Proxy": "between-the-two"}
                    await http.get("/api/sessions", headers=headers)
                    await http.get("/api/me", headers=headers)
                    await http.get(f"/{proof}", headers=headers)
                    await http.post("/sync/session", content=b"{", headers=headers)
                    await http.post("/sync/session", json={"externalId": "x"}, headers=headers)
            # This process is no trusted proxy, whatever is forwarded.
            forged = {"Remote-User": str(tenant.record["autheliaId"])}
            forged |= {"X-Forwarded-For": "192.0.2.1", "X-OpenSync-Proxy": "between-the-two"}
            assert (await http.get("/api/me", headers=forged)).status_code == 401

    text = log.read_text("utf-8", errors="replace")
    assert text.count("action=request ") > 30
    for secret in (*proofs, "between-the-two", tenant.key[8:], token.rpartition(".")[2]):
        assert secret not in text


async def answering(http: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            if (await http.get("/ready")).status_code == 200:
                return
        except httpx.HTTPError:
            await asyncio.sleep(0.05)
