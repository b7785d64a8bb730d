"""Who a request is taken to come from: visitors through the proxy, PocketBase tokens, CSRF."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sidecar import api
from sidecar.api.http import Auth
from sidecar.app import create_app
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase
from tests.serving import Service, serving

ENDPOINTS: Final = tuple(api.endpoints())


@pytest.fixture(scope="module")
async def second(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """Another sidecar on the same PocketBase: it shares no memory with the first."""
    settings = settings_for(pocketbase_process.url, tmp_path_factory.mktemp("second"))
    async with serving(create_app(settings), settings) as running:
        yield running


@pytest.fixture(scope="module")
async def direct(pocketbase_process: RealPocketBase) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=pocketbase_process.url, trust_env=False) as http:
        yield http


def new_name() -> str:
    return f"visitor-{uuid.uuid4().hex[:12]}"


async def visit(service: Service, name: str, email: str = "", **more: str) -> httpx.Response:
    """Open the dashboard as the proxy would let this person do it."""
    headers = {"Remote_User": name, "Remote_Email": email, **more}
    async with service.client(**headers) as http:
        return await http.get("/api/me")


async def visitor_id(service: Service, name: str, email: str = "", **more: str) -> str:
    answer = await visit(service, name, email, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["user"]["id"])


async def users_where(pocketbase: PocketBase, filter: str, value: str) -> list[Record]:
    return [row async for row in pocketbase.every("users", bind(filter, value=value))]


# Visitors


async def test_sixteen_first_visits_at_once_to_two_sidecars_make_one_user(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    doors = cycle([service, second])

    found = await asyncio.gather(
        *(visitor_id(next(doors), name, f"{name}@example.test") for _ in range(16))
    )

    (row,) = await users_where(pocketbase, "autheliaId = {:value}", name)
    assert set(found) == {row["id"]}
    (same,) = await users_where(pocketbase, "email = {:value}", f"{name}@example.test")
    assert same["id"] == row["id"]


async def test_sixteen_first_visits_at_once_link_one_user_who_was_added_by_email(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    added = await service.context.users.add(f"{name}@example.test")
    doors = cycle([service, second])

    found = await asyncio.gather(
        *(visitor_id(next(doors), name, f"{name}@example.test") for _ in range(16))
    )

    assert set(found) == {added["id"]}
    assert len(await users_where(pocketbase, "autheliaId = {:value}", name)) == 1


async def test_people_who_share_an_email_and_come_at_once_all_get_in(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    email = f"{new_name()}@example.test"
    names = [new_name() for _ in range(6)]
    doors = cycle([service, second])

    answers = await asyncio.gather(*(visit(next(doors), name, email) for name in names))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["user"]["id"] for answer in answers}) == 6
    assert len(await users_where(pocketbase, "email = {:value}", email)) == 1


async def test_a_user_who_was_added_by_email_keeps_their_key_and_sessions_when_they_come(
    service: Service,
) -> None:
    name = new_name()
    added = await service.context.users.add(f"{name}@example.test")
    made = await service.context.keys.create(added["id"], "before the first visit")
    async with service.client(Authorization=f"Bearer {made.key}") as http:
        await http.post("/sync/session", json={"externalId": "early"})

    async with service.client(Remote_User=name, Remote_Email=f"{name}@example.test") as http:
        page = (await http.get("/api/sessions")).json()

    assert [session["externalId"] for session in page["sessions"]] == ["early"]


async def test_a_linked_user_is_never_taken_over_by_email(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    ann, eve = new_name(), new_name()
    email = f"{ann}@example.test"
    mine = await visitor_id(service, ann, email)

    eves = {await visitor_id(door, eve, email) for door in (service, second, service)}
    anns = {await visitor_id(door, ann, email) for door in (service, second, service)}

    assert len(eves) == 1
    assert anns == {mine}
    assert eves != anns

    (row,) = await users_where(pocketbase, "email = {:value}", email)
    assert (row["id"], row["autheliaId"]) == (mine, ann)


async def test_of_names_that_come_at_once_with_one_email_only_one_is_linked(
    service: Service, pocketbase: PocketBase
) -> None:
    email = f"{new_name()}@example.test"
    added = await service.context.users.add(email)
    names = [new_name() for _ in range(4)]

    first = await asyncio.gather(*(visitor_id(service, name, email) for name in names))
    again = await asyncio.gather(*(visitor_id(service, name, email) for name in names))

    assert first == again
    assert len(set(first)) == 4
    assert added["id"] in first
    (row,) = await users_where(pocketbase, "email = {:value}", email)
    assert row["autheliaId"] == names[first.index(added["id"])]


async def test_an_email_links_once(service: Service) -> None:
    ann, eve = new_name(), new_name()
    email = f"{ann}@example.test"
    added = await service.context.users.add(email)

    assert await visitor_id(service, ann, email) == added["id"]
    assert await visitor_id(service, eve, email) != added["id"]
    assert await visitor_id(service, ann, f"{eve}@example.test") == added["id"]


async def test_without_an_email_nobody_is_linked(service: Service) -> None:
    one, two = new_name(), new_name()

    assert await visitor_id(service, one) != await visitor_id(service, two)


async def test_the_case_of_an_email_does_not_matter(service: Service) -> None:
    name = new_name()
    added = await service.context.users.add(f"Mixed.{name}@Example.TEST")

    assert await visitor_id(service, name, f"MIXED.{name}@example.test") == added["id"]
    found = await service.context.users.by_email(f"mixed.{name.upper()}@EXAMPLE.test")
    assert found is not None
    assert found["id"] == added["id"]


async def test_an_email_is_found_in_whatever_case_an_administrator_typed_it(
    service: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    password = uuid.uuid4().hex
    row = {"password": password, "passwordConfirm": password, "email": f"Mixed.{name}@Example.test"}
    typed = await pocketbase.create("users", row)

    assert await visitor_id(service, name, f"mixed.{name}@example.test") == typed["id"]


@pytest.mark.parametrize("email", ["root@localhost", "not an address", "@", "a@b@c", "ä@x"])
async def test_an_address_that_pocketbase_does_not_take_keeps_nobody_out(
    email: str, service: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    headers = {"Remote-User": name.encode(), "Remote-Email": email.encode()}
    raw = {key.encode(): value for key, value in headers.items()}

    for _ in range(2):
        async with service.client() as http:
            answer = await http.get("/api/me", headers=raw)
        assert answer.status_code == 200

    (row,) = await users_where(pocketbase, "autheliaId = {:value}", name)
    assert row["id"] == answer.json()["user"]["id"]


@pytest.mark.parametrize("header", ["Remote_Email", "Remote_Name", "Remote_Groups"])
async def test_an_attribute_that_is_too_long_to_keep_is_not_a_failure_of_the_server(
    header: str, service: Service
) -> None:
    name = new_name()
    long = {
        "Remote_Email": "a" * 4000 + "@example.test",
        "Remote_Name": "n" * 4000,
        "Remote_Groups": ",".join(f"group-{n}" for n in range(3000)),
    }

    async with service.client(Remote_User=name, **{header: long[header]}) as http:
        answer = await http.get("/api/me")

    assert answer.status_code < 500


async def test_a_sign_on_name_that_is_somebody_elses_email_is_a_person_of_their_own(
    service: Service,
) -> None:
    name = new_name()
    ann = await service.context.users.add(f"{name}@example.test")

    namesake = await visitor_id(service, f"{name}@example.test", f"other-{name}@example.test")

    assert namesake != ann["id"]
    assert await visitor_id(service, name, f"{name}@example.test") == ann["id"]


async def test_a_name_that_an_administrator_took_from_a_user_is_free_again(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    old, new = new_name(), new_name()
    user = await visitor_id(service, old)
    await pocketbase.update("users", user, {"autheliaId": new})

    assert await visitor_id(second, new) == user
    assert await visitor_id(second, old) != user


async def test_what_the_proxy_says_of_a_visitor_is_kept_fresh(
    service: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    mail, new_mail = f"{name}@example.test", f"new-{name}@example.test"

    user = await visitor_id(service, name, mail, Remote_Name="Ann", Remote_Groups="people")
    await visitor_id(service, name, new_mail, Remote_Name="Ann B", Remote_Groups="people,admins")
    row = await pocketbase.get(f"/api/collections/users/records/{user}")
    assert (row["email"], row["name"], row["groups"]) == (new_mail, "Ann B", ["people", "admins"])

    await visitor_id(service, name)  # empty e-mail and name are "not said"; no group is no group
    row = await pocketbase.get(f"/api/collections/users/records/{user}")
    assert (row["email"], row["name"], row["groups"]) == (new_mail, "Ann B", [])


async def test_an_email_that_belongs_to_another_user_stays_with_them(
    service: Service, pocketbase: PocketBase
) -> None:
    ann, bob = new_name(), new_name()
    anns, bobs = f"{ann}@example.test", f"{bob}@example.test"
    ids_before = [await visitor_id(service, ann, anns), await visitor_id(service, bob, bobs)]

    ids_after = [
        await visitor_id(service, ann, bobs, Remote_Name="Ann"),
        await visitor_id(service, bob, bobs),
    ]

    assert ids_after == ids_before
    (row,) = await users_where(pocketbase, "autheliaId = {:value}", ann)
    assert (row["email"], row["name"]) == (anns, "Ann")


@pytest.mark.parametrize(("groups", "admin"), [("people,admins", True), ("people", False)])
async def test_who_is_an_administrator_follows_from_the_groups_of_this_very_request(
    groups: str, admin: bool, service: Service
) -> None:
    name = new_name()
    opposite = "people" if admin else "people,admins"

    await visit(service, name, Remote_Groups=opposite)
    answer = await visit(service, name, Remote_Groups=groups)

    assert answer.json()["isAdmin"] is admin


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        ("GET /api/me", {200}),
        ("GET /api/sessions", {200}),
        ("GET /api/keys", {200}),
        ("POST /api/keys", {201}),
        ("POST /sync/session", {200, 401}),  # browsers read; a plugin would be refused as well
    ],
)
async def test_a_user_who_was_deleted_is_made_anew_on_the_next_visit(
    route: str, statuses: set[int], service: Service, pocketbase: PocketBase
) -> None:
    tenant = await make_tenant(service)
    body = {"name": "laptop", "externalId": "again"}
    async with tenant.browser as http:
        assert (await http.get("/api/me")).status_code == 200
        await pocketbase.delete("users", tenant.id)

        method, path = route.split()
        answer = await http.request(method, path, json=body if method == "POST" else None)
        assert answer.status_code in statuses

        me = (await http.get("/api/me")).json()
        assert me["user"]["autheliaId"] == tenant.record["autheliaId"]
        assert (await http.post("/sync/session", json={"externalId": "new"})).status_code == 200
    (row,) = await users_where(pocketbase, "autheliaId = {:value}", me["user"]["autheliaId"])
    assert row["id"] == me["user"]["id"]


async def test_a_user_who_was_deleted_elsewhere_is_not_shut_out_for_ever(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    name = new_name()
    user = await visitor_id(service, name)
    assert await visitor_id(second, name) == user
    await pocketbase.delete("users", user)
    await visit(second, name)

    answers = [await visit(door, name) for door in (service, second, service, second)]

    assert [answer.status_code for answer in answers[-2:]] == [200, 200]
    assert (await users_where(pocketbase, "autheliaId = {:value}", name)) != []


# `/api/me`


async def test_a_browser_gets_a_token_that_is_theirs_and_expires(
    tenant: Tenant, direct: httpx.AsyncClient
) -> None:
    before = tenant.service.context.clock.now()
    async with tenant.browser as http:
        answer = await http.get("/api/me")
    me = answer.json()

    assert answer.headers["cache-control"] == "no-store"
    assert me["record"]["id"] == me["user"]["id"] == tenant.id
    assert me["user"]["email"] == tenant.record["email"]
    seconds = tenant.service.settings.user_token_seconds
    assert before <= me["tokenExpiresAt"] - seconds * 1000 <= tenant.service.context.clock.now()
    seen = await direct.get(
        "/api/collections/users/records", headers={"Authorization": me["token"]}
    )
    assert [row["id"] for row in seen.json()["items"]] == [tenant.id]


async def test_a_key_or_token_gets_no_new_token(tenant: Tenant) -> None:
    for proof in (f"Bearer {tenant.key}", await tenant.token()):
        async with tenant.service.client(Authorization=proof) as http:
            me = (await http.get("/api/me")).json()
        assert me["user"]["id"] == tenant.id
        assert (me["token"], me["tokenExpiresAt"], me["record"]) == (None, None, None)
        assert me["isAdmin"] is False


async def test_a_key_beside_the_proxys_headers_counts_for_its_owner(
    tenant: Tenant, other: Tenant
) -> None:
    headers = {"Authorization": f"Bearer {tenant.key}", "Remote-Groups": "admins"}
    async with other.browser as http:
        me = (await http.get("/api/me", headers=headers)).json()

    assert (me["user"]["id"], me["token"], me["isAdmin"]) == (tenant.id, None, False)


# PocketBase tokens


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}"])
async def test_a_token_of_pocketbase_is_its_user(form: str, tenant: Tenant) -> None:
    header = form.format(await tenant.token())
    async with tenant.service.client(Authorization=header) as http:
        await http.post("/sync/session", json={"externalId": "by token"})
        page = (await http.get("/api/sessions")).json()

    assert [session["externalId"] for session in page["sessions"]] == ["by token"]


def altered(token: str) -> list[str]:
    head, body, signature = token.split(".")
    return [
        f"{head}.{body}.{signature[::-1]}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}..{signature}",
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{token}.{token}",
        f"{token}\u00e9",
        "a.b.c",
        "..",
        "a.\u00e9.c",
        f"a.{'b' * 20_000}.c",
    ]


async def test_what_is_no_valid_token_is_nobody(tenant: Tenant) -> None:
    for token in altered(await tenant.token()):
        for form in (token, f"Bearer {token}"):
            async with tenant.browser as http:
                headers = {b"Authorization": form.encode("latin-1")}
                read = await http.get("/api/me", headers=headers)
                write = await http.post("/sync/session", json={"externalId": "x"}, headers=headers)
            assert (read.status_code, write.status_code) == (401, 401), form[:200]
            assert list(read.json()) == ["error"]


async def test_the_superusers_token_is_no_users(
    service: Service, pocketbase_process: RealPocketBase, direct: httpx.AsyncClient
) -> None:
    identity = {
        "identity": service.settings.pocketbase_email,
        "password": service.settings.pocketbase_password.get_secret_value(),
    }
    signed_in = await direct.post("/api/collections/_superusers/auth-with-password", json=identity)
    async with service.client(Authorization=signed_in.json()["token"]) as http:
        assert (await http.get("/api/me")).status_code == 401


async def just_used(service: Service, tenant: Tenant) -> str:
    """Return a token that was good a moment ago and lives for a second at most."""
    async with asyncio.timeout(60):
        while True:
            token = (await service.context.users.browser_token(tenant.id, 1)).token
            async with service.client(Authorization=token) as http:
                # On a busy machine the second may be over before the answer.
                if (await http.get("/api/stats")).status_code == 200:
                    return token


async def test_an_expired_token_is_nobodys_even_where_it_was_just_used(
    service: Service, second: Service, pocketbase: PocketBase, tenant: Tenant
) -> None:
    token = await just_used(service, tenant)
    async with (
        service.client(Authorization=token) as here,
        second.client(Authorization=token) as elsewhere,
    ):
        deadline = time.monotonic() + 60
        while await pocketbase.user_of(token) is not None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)

        assert (await elsewhere.get("/api/stats")).status_code == 401
        assert (await here.get("/api/stats")).status_code == 401
        assert (await here.post("/sync/session", json={"externalId": "x"})).status_code == 401


@pytest.mark.parametrize("route", ["GET /api/me", "POST /api/keys", "POST /sync/session"])
async def test_a_token_of_a_deleted_user_is_nobodys_and_makes_no_user(
    route: str, service: Service, pocketbase: PocketBase
) -> None:
    tenant = await make_tenant(service)
    async with service.client(Authorization=await tenant.token()) as http:
        assert (await http.get("/api/me")).status_code == 200
        await pocketbase.delete("users", tenant.id)

        method, path = route.split()
        body = {"name": "n", "externalId": "x"} if method == "POST" else None
        assert (await http.request(method, path, json=body)).status_code == 401

    assert await users_where(pocketbase, "id = {:value}", tenant.id) == []


# Pages of other origins


FROM: Final = {
    "same-origin": ({"Sec-Fetch-Site": "same-origin", "Origin": "http://opensync.test"}, True),
    "same-origin, no Origin": ({"Sec-Fetch-Site": "same-origin"}, True),
    "our Origin alone": ({"Origin": "http://opensync.test"}, True),
    "no header at all": ({}, False),
    "another site": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, False),
    "another site, old browser": ({"Origin": "https://evil.test"}, False),
    "a sibling": ({"Sec-Fetch-Site": "same-site", "Origin": "http://a.opensync.test"}, False),
    "a sandboxed frame": ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, False),
    "typed into the address bar": ({"Sec-Fetch-Site": "none"}, False),
    "a link of another scheme": ({"Origin": "https://opensync.test"}, False),
}


@pytest.fixture(scope="module")
async def ann(service: Service) -> Tenant:
    """Somebody whose browser is used from all over."""
    return await make_tenant(service)


@pytest.mark.parametrize("origin", FROM)
async def test_only_our_own_pages_change_things_with_a_browsers_session(
    origin: str, ann: Tenant
) -> None:
    headers, allowed = FROM[origin]
    name = str(ann.record["autheliaId"])
    key = (await ann.service.context.keys.create(ann.id, "to be revoked")).record["id"]
    new = uuid.uuid4().hex
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/api/keys", {"name": new}),
        ("DELETE", f"/api/keys/{key}", None),
        ("POST", "/sync/session", {"externalId": new}),
        ("POST", "/sync/message", {"sessionExternalId": new, "externalId": "m"}),
        ("POST", "/api/sync/batch", {"sessions": [{"externalId": new}]}),
    ]
    async with ann.service.client(Remote_User=name) as http:
        answers = [
            await http.request(method, path, json=body, headers=headers)
            for method, path, body in requests
        ]
        keys = {found["id"]: found for found in (await http.get("/api/keys")).json()["keys"]}
        sessions = (await http.get("/api/sessions?limit=200")).json()["sessions"]

    expected = [201, 200, 200, 200, 200] if allowed else [403] * 5
    assert [answer.status_code for answer in answers] == expected
    assert (new in {found["name"] for found in keys.values()}) is allowed
    assert (keys[key]["revokedAt"] is not None) is allowed
    assert (new in {session["externalId"] for session in sessions}) is allowed


async def test_a_plain_form_of_another_site_changes_nothing(tenant: Tenant) -> None:
    name = str(tenant.record["autheliaId"])
    body = '{"name": "planted", "x": "="}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        async with tenant.service.client(Remote_User=name, Origin="https://evil.test") as http:
            answer = await http.post("/api/keys", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 403

    assert len(await tenant.service.context.keys.list(tenant.id)) == 1


async def test_no_other_origin_may_read_what_a_browsers_session_opens(tenant: Tenant) -> None:
    name = str(tenant.record["autheliaId"])
    readable = []
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET" or endpoint.auth is Auth.NONE:
            continue
        for path in (endpoint.path, *endpoint.aliases):
            async with tenant.service.client(Remote_User=name, Origin="https://evil.test") as http:
                answer = await http.get(path)
            if "access-control-allow-origin" in answer.headers:
                readable.append(path)

    assert readable == []


async def test_an_origin_that_is_configured_may_use_a_browsers_session(
    pocketbase_process: RealPocketBase, tmp_path: Path, tenant: Tenant
) -> None:
    name, origin = str(tenant.record["autheliaId"]), "https://dashboard.test"
    settings = settings_for(pocketbase_process.url, tmp_path, allowed_origins=f"{origin}/")
    async with serving(create_app(settings), settings) as service:
        async with service.client(Remote_User=name, Origin=origin) as http:
            asked = {"Access-Control-Request-Method": "PATCH"}
            preflight = await http.options("/api/me", headers=asked)
            answer = await http.get("/api/me")
            made = await http.post("/api/keys", json={"name": "from elsewhere"})
        async with service.client(Remote_User=name, Origin=f"{origin}.evil.test") as http:
            other = await http.get("/api/me")

    for response in (preflight, answer, made):
        assert response.headers["access-control-allow-origin"] == origin
        # A download is saved under the name that the server gives it.
        assert "Content-Disposition" in response.headers["access-control-expose-headers"]
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["vary"] == "Origin"
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert (answer.status_code, made.status_code) == (200, 201)
    assert "access-control-allow-origin" not in other.headers


async def test_no_answer_lets_another_origin_use_a_browsers_session(tenant: Tenant) -> None:
    name = str(tenant.record["autheliaId"])
    for path in ("/api/keys", "/sync/session", "/api/me"):
        async with tenant.service.client(Remote_User=name, Origin="https://evil.test") as http:
            asked = {"Access-Control-Request-Method": "POST"}
            preflight = await http.options(path, headers=asked)
            answer = await http.get(path)
        for response in (preflight, answer):
            assert "access-control-allow-credentials" not in response.headers
            assert response.headers.get("access-control-allow-origin") != "https://evil.test"
