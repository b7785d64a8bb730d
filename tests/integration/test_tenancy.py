"""Who may do what with whose rows, through PocketBase and through every route of the sidecar.

The tables come first. They are compared with `pb_schema/` and with the list of routes, so a
collection or a route without a row here fails.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from sidecar import api
from sidecar.pocketbase import schema
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.filters import bind
from sidecar.resources import resource
from tests.conftest import Tenant, make_tenant
from tests.pocketbase import RealPocketBase
from tests.serving import STRANGER, Service

# Through PocketBase: whose rows the verb works on. `-` is nobody's, for anyone but the superuser.
COLLECTIONS: Final = """
                     list   view   create  update  delete
    users            own    own    -       own     -
    apiKeys          own    own    -       -       -
    sessions         own    own    -       own     own
    messages         own    own    -       -       -
    parts            own    own    -       -       -
    sessionEmbeddings  -    -      -       -       -
    messageEmbeddings  -    -      -       -       -
    apiLogs          own    own    -       -       -
    jobs             own    own    -       -       -
    trash            own    own    -       -       -
    trashRows        -      -      -       -       -
    cleanupRules     own    own    -       -       -
    usageHourly      own    own    -       -       -
    agents           own    own    -       -       -
    evalCounts       own    own    -       -       -
    evalTags         own    own    -       -       -
"""

# Through the sidecar: the answer to a request that names the owner's rows, by who makes it.
# `forged` comes from a peer that is no proxy, with headers that say it is the owner.
ROUTES: Final = """
                                               ------ owner ------   ------ other ------
                               nobody  forged   key  token  browser   key  token  browser
    POST   /sync/session         401     401    200   200     200     200   200     200
    POST   /sync/message         401     401    200   200     200     200   200     200
    POST   /sync/batch           401     401    200   200     200     200   200     200
    GET    /sync/sessions/list   401     401    200   200     200     200   200     200
    GET    /api/sessions         401     401    200   200     200     200   200     200
    GET    /api/sessions/get     401     401    200   200     200     404   404     404
    GET    /api/sessions/{id}    401     401    200   200     200     404   404     404
    GET    /api/sessions/{id}/transcript  401  401  403  200  200     403   404     404
    GET    /api/search          401     401    200   200     200     200   200     200
    POST   /api/search          401     401    200   200     200     200   200     200
    POST   /api/ask             401     401    501   501     501     501   501     501
    GET    /api/context         401     401    200   200     200     200   200     200
    GET    /api/stats            401     401    200   200     200     200   200     200
    GET    /api/usage            401     401    200   200     200     200   200     200
    GET    /api/me               401     401    200   200     200     200   200     200
    GET    /api/keys             401     401    403   200     200     403   200     200
    POST   /api/sessions/preview 401     401    403   200     200     403   200     200
    POST   /api/sessions/update  401     401    403   200     200     403   200     200
    POST   /api/sessions/delete  401     401    403   202     202     403   202     202
    POST   /api/sessions/{id}/publish    401  401  403  200   200     403   404     404
    POST   /api/sessions/{id}/unpublish  401  401  403  200   200     403   404     404
    GET    /api/public/{slug}    404     404    404   404     404     404   404     404
    GET    /s/{slug}             404     404    404   404     404     404   404     404
    GET    /api/export           401     401    200   200     200     404   404     404
    POST   /api/export           401     401    200   200     200     404   404     404
    GET    /api/export/evals     401     401    200   200     200     404   404     404
    POST   /api/export/evals     401     401    200   200     200     404   404     404
    GET    /api/export/evals/preview  401  401  200   200     200     200   200     200
    POST   /api/jobs/{id}/cancel 401     401    403   200     200     403   404     404
    DELETE /api/me               401     401    403   202     202     403   202     202
    DELETE /api/me/data          401     401    403   202     202     403   202     202
    POST   /api/cleanup          401     401    403   202     202     403   202     202
    POST   /api/cleanup/preview  401     401    403   200     200     403   200     200
    POST   /api/cleanup/rules    401     401    403   201     201     403   201     201
    PATCH  /api/cleanup/rules/{id}  401  401    403   200     200     403   404     404
    DELETE /api/cleanup/rules/{id}  401  401    403   200     200     403   404     404
    GET    /api/trash            401     401    403   200     200     403   200     200
    POST   /api/trash/restore    401     401    403   202     202     403   202     202
    POST   /api/trash/delete     401     401    403   202     202     403   202     202
    GET    /api/embeddings       401     401    403   200     200     403   200     200
    GET    /api/storage          401     401    403   200     200     403   200     200
    GET    /api/request-log      401     401    403   200     200     403   200     200
    POST   /api/embeddings/backfill  401  401   403   202     202     403   202     202
    POST   /api/keys             401     401    403   201     201     403   201     201
    DELETE /api/keys/{id}        401     401    403   200     200     403   404     404
    GET    /health               200     200    200   200     200     200   200     200
    GET    /ready                200     200    200   200     200     200   200     200
    GET    /metrics              200     403    200   200     200     200   200     200
    GET    /internal/admin       401     401    401   401     403     401   401     403
    GET    /openapi.json         200     200    200   200     200     200   200     200
    GET    /docs                 200     200    200   200     200     200   200     200
"""

# What an owner may change; every other field of these collections is refused.
OWNERS_FIELDS: Final = {
    "sessions": {
        "title",
        "titleEdited",
        "projectName",
        "evalReady",
        "evalStatus",
        "evalNotes",
        "evalTags",
        "expectedOutput",
        "reviewedAt",
        "summary",
    },
    "users": {"name", "avatarUrl", "profilePhotoId", "enabledAgents"},
}

VERBS: Final = ("list", "view", "create", "update", "delete")
DIRECT_ACTORS: Final = ("nobody", "owner", "other", "owner's key", "other's key")
ROUTE_ACTORS: Final = (
    *("nobody", "forged", "owner key", "owner token", "owner browser"),
    *("other key", "other token", "other browser"),
)
DENIED: Final = (400, 401, 403, 404)
# PocketBase sets or hides these: what a request says of them is not refused but ignored.
IGNORED: Final = {"created", "updated", "tokenKey", "embedded"}
SYSTEM_FIELDS: Final = {
    "users": {"id": "text", "password": "password", "tokenKey": "text"}
    | {"emailVisibility": "bool", "verified": "bool"},
    "sessions": {"id": "text"},
}

ENDPOINTS: Final = tuple(api.endpoints())
SCHEMA: Final = {
    wanted["name"]: wanted for wanted in schema.load(resource("pb_schema")).collections
}
HIDDEN: Final = {
    **{
        name: [field["name"] for field in wanted.get("fields", ()) if field.get("hidden")]
        for name, wanted in SCHEMA.items()
    },
    "users": ["password", "tokenKey"],
}
SECRETS: Final = {field for fields in HIDDEN.values() for field in fields}


def table(text: str, key_words: int) -> dict[str, dict[str, str]]:
    """Read a table: rows by their first words, cells by the words of the last heading line."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    rows = [words for words in lines if len(words) > key_words and words[0] in (*SCHEMA, *METHODS)]
    return {" ".join(words[:key_words]): _cells(words[key_words:]) for words in rows}


def _cells(words: list[str]) -> dict[str, str]:
    return dict(zip(VERBS if len(words) == len(VERBS) else ROUTE_ACTORS, words, strict=True))


# Nobody works on a job that has ended.
ENDED: Final = {"status": "done", "finishedAt": 1}

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALLOWED: Final = table(COLLECTIONS, 1)
ANSWERS: Final = table(ROUTES, 2)


@dataclass(frozen=True)
class Home:
    """A user with a row in every collection and `marker` in their texts.

    Their agents' ids are those of every other home.
    """

    tenant: Tenant
    token: str
    marker: str
    rows: Mapping[str, str]  # the id of one of their rows, by collection

    @property
    def id(self) -> str:
        return self.tenant.id


async def furnished(service: Service, pocketbase: PocketBase) -> Home:
    tenant = await make_tenant(service)
    marker = f"marker{uuid.uuid4().hex}"
    message = {
        "sessionExternalId": "session",
        "externalId": "message",
        "role": "user",
        "textContent": f"text {marker}",
        "parts": [{"type": "text", "content": f"part {marker}"}],
    }
    session = {
        "externalId": "session",
        **{name: f"{name} {marker}" for name in ("title", "projectName", "model", "provider")},
        "promptTokens": 7,
    }
    async with tenant.api as http:
        synced = await http.post("/sync/batch", json={"sessions": [session], "messages": [message]})
        assert synced.json()["errors"] == []
        page = (await http.get("/api/sessions")).json()
    rows = {"users": tenant.id, "sessions": page["sessions"][0]["id"]}
    await pocketbase.update("sessions", rows["sessions"], {"evalReady": True, "evalTags": [marker]})
    rows["usageHourly"] = rows["agents"] = rows["evalCounts"] = rows["sessions"]
    rows["evalTags"] = f"{rows['sessions']}0"  # of its first tag
    for collection, owner in (("messages", "session.user"), ("parts", "message.session.user")):
        rows[collection] = await _one(pocketbase, collection, f"{owner} = {{:user}}", tenant.id)
    spare = await service.context.keys.create(tenant.id, f"spare {marker}")
    rows["apiKeys"] = spare.record["id"]
    vector = {"user": tenant.id, "session": rows["sessions"], "vector": "AAAA", "model": marker}
    made = await pocketbase.create("sessionEmbeddings", vector)
    rows["sessionEmbeddings"] = made["id"]
    made = await pocketbase.create("messageEmbeddings", {**vector, "message": rows["messages"]})
    rows["messageEmbeddings"] = made["id"]
    entry = {"endpoint": f"/{marker}", "createdAt": service.context.clock.now()}
    made = await pocketbase.create("apiLogs", {"user": tenant.id, **entry})
    rows["apiLogs"] = made["id"]
    job = {"user": tenant.id, "kind": "deleteSessions", "error": marker, **ENDED}
    rows["jobs"] = (await pocketbase.create("jobs", job))["id"]
    in_trash = {"session": rows["sessions"], "title": marker, **kept(service)}
    rows["trash"] = (await pocketbase.create("trash", {"user": tenant.id, **in_trash}))["id"]
    copy = {"trash": rows["trash"], "collection": "sessions", "parent": rows["sessions"]}
    rows["trashRows"] = (await pocketbase.create("trashRows", {**copy, "data": marker}))["id"]
    rule = {"user": tenant.id, "name": marker}
    rows["cleanupRules"] = (await pocketbase.create("cleanupRules", rule))["id"]
    return Home(tenant, await tenant.token(), marker, rows)


def kept(service: Service) -> dict[str, Any]:
    """Return what an entry of the trash has that does not expire at once."""
    return {"status": "kept", "deletedAt": service.context.clock.now()}


async def _one(pocketbase: PocketBase, collection: str, filter: str, user: str) -> str:
    record = await pocketbase.first(collection, bind(filter, user=user))
    assert record is not None
    return str(record["id"])


@pytest.fixture(scope="module")
async def owner(service: Service, pocketbase: PocketBase) -> Home:
    """Somebody whose rows no test changes."""
    return await furnished(service, pocketbase)


@pytest.fixture(scope="module")
async def other(service: Service, pocketbase: PocketBase) -> Home:
    """Somebody else with rows of their own."""
    return await furnished(service, pocketbase)


@pytest.fixture(scope="module")
async def third(service: Service, pocketbase: PocketBase) -> Home:
    """Somebody who gets further rows, and nothing else happens to them."""
    return await furnished(service, pocketbase)


@pytest.fixture(scope="module")
async def direct(pocketbase_process: RealPocketBase) -> AsyncIterator[httpx.AsyncClient]:
    """PocketBase, spoken to without anything in between."""
    async with httpx.AsyncClient(base_url=pocketbase_process.url, trust_env=False) as http:
        yield http


def authorization(actor: str, owner: Home, other: Home) -> dict[str, str]:
    """Return the header by which an actor of the first table shows who they are."""
    values = {
        "owner": owner.token,
        "other": other.token,
        "owner's key": f"Bearer {owner.tenant.key}",
        "other's key": f"Bearer {other.tenant.key}",
    }
    return {"Authorization": values[actor]} if actor in values else {}


def new_row(collection: str, owner: Home) -> dict[str, Any]:
    """Return a row for the owner that the superuser could create."""
    values: dict[str, Any] = {"id": uuid.uuid4().hex[:15]}
    for field in SCHEMA[collection].get("fields", ()):
        if field["type"] == "relation":
            values[field["name"]] = owner.rows[field["collection"]]
        elif field.get("required"):
            text = uuid.uuid4().hex[: field.get("max")]
            values[field["name"]] = (field.get("values") or [text])[0]
    if collection == "users":
        password = uuid.uuid4().hex
        values |= {"password": password, "passwordConfirm": password}
    if collection == "messageEmbeddings":
        values["chunk"] = 1
    if collection == "parts":
        values["order"] = 1
    if collection == "jobs":
        values |= ENDED
    if collection == "trash":
        values |= kept(owner.tenant.service)
    return values


CHANGES: Final = {
    "users": {"name": "changed"},
    "apiKeys": {"name": "changed"},
    "sessions": {"title": "changed"},
    "messages": {"textContent": "changed"},
    "parts": {"content": "changed"},
    "sessionEmbeddings": {"model": "changed"},
    "messageEmbeddings": {"model": "changed"},
    "apiLogs": {"endpoint": "changed"},
    "jobs": {"error": "changed"},
    "trash": {"title": "changed"},
    "trashRows": {"parent": "changed"},
    "cleanupRules": {"name": "changed"},
    "usageHourly": {"source": "changed"},
    "agents": {"source": "changed"},
    "evalCounts": {"source": "changed"},
    "evalTags": {"tag": "changed"},
}


def request_of(verb: str, collection: str, owner: Home) -> tuple[str, str, dict[str, Any] | None]:
    path = f"/api/collections/{collection}/records"
    row = f"{path}/{owner.rows[collection]}"
    return {
        "list": ("GET", f"{path}?perPage=1000", None),
        "view": ("GET", row, None),
        "create": ("POST", path, new_row(collection, owner)),
        "update": ("PATCH", row, CHANGES[collection]),
        "delete": ("DELETE", row, None),
    }[verb]


async def stored(pocketbase: PocketBase, collection: str, home: Home) -> dict[str, Any]:
    """Return the row as the superuser sees it."""
    return await pocketbase.get(f"/api/collections/{collection}/records/{home.rows[collection]}")


async def everything(pocketbase: PocketBase, home: Home) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the user, save what notes that they were here themselves."""
    paths = {"users": "id", "messages": "session.user", "parts": "message.session.user"}
    paths["trashRows"] = "trash.user"
    rows = {}
    for collection in SCHEMA:
        wanted = bind(f"{paths.get(collection, 'user')} = {{:user}}", user=home.id)
        page = await pocketbase.page(collection, wanted, sort="id", limit=1000)
        rows[collection] = [{k: v for k, v in row.items() if k != "lastUsedAt"} for row in page]
    rows["apiLogs"] = [row for row in rows["apiLogs"] if home.marker in row["endpoint"]]
    return rows


def test_every_collection_has_a_row_in_the_table() -> None:
    assert ALLOWED.keys() == SCHEMA.keys() == CHANGES.keys()


async def test_pocketbase_has_no_collection_that_the_table_leaves_out(
    pocketbase: PocketBase,
) -> None:
    page = await pocketbase.get("/api/collections", perPage=200)

    live = {item["name"] for item in page["items"] if not item["name"].startswith("_")}
    assert live == ALLOWED.keys()


def test_every_route_of_the_sidecar_has_a_row_in_the_table() -> None:
    assert ANSWERS.keys() == {f"{e.method} {e.path}" for e in ENDPOINTS}


@pytest.mark.parametrize("actor", DIRECT_ACTORS)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("collection", SCHEMA)
async def test_pocketbase_allows_what_the_table_says(
    collection: str,
    verb: str,
    actor: str,
    owner: Home,
    other: Home,
    direct: httpx.AsyncClient,
    pocketbase: PocketBase,
    service: Service,
) -> None:
    rule = ALLOWED[collection][verb]
    allowed = rule == "own" and actor == "owner"
    # What is allowed changes rows, so it is done with somebody nobody else looks at.
    home = await furnished(service, pocketbase) if allowed and verb in VERBS[2:] else owner
    before = await stored(pocketbase, collection, home)
    method, path, body = request_of(verb, collection, home)

    answer = await direct.request(
        method, path, json=body, headers=authorization(actor, home, other)
    )

    if verb == "list" and rule == "own":
        assert answer.status_code == 200
        listed = {row["id"] for row in answer.json()["items"]}
        mine = {"owner": owner, "other": other}.get(actor)
        rows = (await everything(pocketbase, mine))[collection] if mine else []
        assert {row["id"] for row in rows} <= listed
        assert (home.rows[collection] in listed) is allowed
        assert bool(listed) is bool(mine)
    elif not allowed:
        assert answer.status_code in DENIED
        assert home.marker not in answer.text
        assert await stored(pocketbase, collection, home) == before
        if body is not None and verb == "create":
            assert await pocketbase.first(collection, bind("id = {:id}", id=body["id"])) is None
    else:
        assert answer.is_success
        if verb == "view":
            assert answer.json()["id"] == home.rows[collection]
        elif verb == "update":
            after = await stored(pocketbase, collection, home)
            assert after == {**before, **CHANGES[collection], "updated": after["updated"]}
        else:
            assert verb == "delete"
            wanted = bind("id = {:id}", id=home.rows[collection])
            assert await pocketbase.first(collection, wanted) is None


@pytest.mark.parametrize("collection", [c for c in SCHEMA if SCHEMA[c]["type"] != "view"])
async def test_what_the_table_sees_refused_is_refused_for_who_asks_not_for_what(
    collection: str, third: Home, pocketbase: PocketBase
) -> None:
    row = new_row(collection, third)
    if collection == "sessionEmbeddings":  # one for each session
        row["session"] = await new_session(third, pocketbase)

    made = await pocketbase.create(collection, row)
    changed = await pocketbase.update(collection, made["id"], CHANGES[collection])
    await pocketbase.delete(collection, made["id"])

    assert changed.items() >= CHANGES[collection].items()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("collection", SCHEMA)
async def test_the_sidecar_serves_no_records_of_pocketbase(
    collection: str, verb: str, owner: Home, other: Home, pocketbase: PocketBase
) -> None:
    before = await stored(pocketbase, collection, owner)
    method, path, body = request_of(verb, collection, owner)

    for home in (owner, other):
        async with home.tenant.api as http:
            answer = await http.request(method, path, json=body)
        assert answer.status_code == 404

    assert await stored(pocketbase, collection, owner) == before


def paths_of(route: str) -> Iterator[str]:
    method, path = route.split()
    for endpoint in ENDPOINTS:
        if (endpoint.method, endpoint.path) == (method, path):
            yield from (endpoint.path, *endpoint.aliases)


def aimed_at(path: str, owner: Home) -> tuple[str, dict[str, Any] | None]:
    """Return path and body of a request that names the owner's rows wherever a row is named."""
    kinds = {"/api/keys": "apiKeys", "/api/jobs": "jobs", "/api/cleanup/rules": "cleanupRules"}
    kind = next((kinds[start] for start in kinds if path.startswith(start)), "sessions")
    target = path.replace("{id}", owner.rows[kind])
    if path.endswith("/get"):
        target += f"?id={owner.rows['sessions']}"
    if path.startswith("/api/export"):
        target += f"?ids={owner.rows['sessions']}"
    if path in ("/api/search", "/api/context"):
        target += "?q=text"
    session = {"externalId": "session", "gitBranch": "mine"}
    message = {"sessionExternalId": "session", "externalId": "message", "durationMs": 5}
    selected = {"ids": [owner.rows["sessions"]]}
    bodies: dict[str, dict[str, Any]] = {
        "session": session,
        "message": message,
        "batch": {"sessions": [session], "messages": [message]},
        "keys": {"name": "another"},
        "search": {"q": "text"},
        "ask": {"q": "text"},
        "preview": selected,
        "update": {**selected, "set": {"evalReady": True}},
        "delete": selected,
        "export": selected,
        "evals": selected,
        "publish": {},
    }
    old = {"olderThanDays": 1}
    in_trash = {"ids": [owner.rows["trash"]]}
    of_cleanup: dict[str, dict[str, Any]] = {
        "/api/cleanup": old,
        "/api/cleanup/preview": old,
        "/api/cleanup/rules": {"name": "mine", "conditions": old},
        "/api/cleanup/rules/{id}": {"name": "changed"},
        "/api/trash/restore": in_trash,
        "/api/trash/delete": in_trash,
    }
    return target, of_cleanup.get(path) or bodies.get(path.rpartition("/")[2])


def visitor(actor: str, owner: Home, other: Home) -> Callable[[], httpx.AsyncClient]:
    service = owner.tenant.service
    if actor == "nobody":
        return service.client
    if actor == "forged":
        record = owner.tenant.record
        return lambda: service.client(
            STRANGER,
            Remote_User=record["autheliaId"],
            Remote_Email=record["email"],
            Remote_Groups="admins",
            Sec_Fetch_Site="same-origin",
            X_Forwarded_For="127.0.0.1",
        )
    who, way = actor.split()
    home = owner if who == "owner" else other
    ways: dict[str, Callable[[], httpx.AsyncClient]] = {
        "key": lambda: home.tenant.api,
        "token": lambda: service.client(Authorization=home.token),
        "browser": lambda: home.tenant.browser,
    }
    return ways[way]


# What these do is done to somebody nobody else looks at.
CHANGING: Final = {
    *("DELETE /api/me", "DELETE /api/me/data", "POST /api/sessions/delete"),
    *("POST /api/sessions/update", "POST /api/sessions/{id}/publish"),
    *("POST /api/cleanup", "POST /api/trash/restore", "POST /api/trash/delete"),
    *("PATCH /api/cleanup/rules/{id}", "DELETE /api/cleanup/rules/{id}"),
}


@pytest.mark.parametrize("actor", ROUTE_ACTORS)
@pytest.mark.parametrize("route", ANSWERS)
async def test_the_sidecar_answers_what_the_table_says(
    route: str, actor: str, owner: Home, other: Home, pocketbase: PocketBase
) -> None:
    if route in CHANGING:
        owner, other = [await furnished(owner.tenant.service, pocketbase) for _ in range(2)]
    method = route.split()[0]
    writes = method != "GET" and not actor.startswith("owner")
    before = await everything(pocketbase, owner) if writes else None
    open_client = visitor(actor, owner, other)

    for path in paths_of(route):
        target, body = aimed_at(path, owner)
        async with open_client() as http:
            answer = await http.request(method, target, json=body)

        assert answer.status_code == int(ANSWERS[route][actor]), path
        if not answer.is_success:
            assert list(answer.json()) == ["error"]
        if not actor.startswith("owner"):
            assert owner.marker not in answer.text
            assert owner.rows["sessions"] not in answer.text
    if writes:
        assert await everything(pocketbase, owner) == before


SUPERUSER_ROUTES: Final = [
    "GET /api/collections",
    "POST /api/collections",
    "GET /api/collections/users",
    "PATCH /api/collections/users",
    "DELETE /api/collections/sessions",
    "DELETE /api/collections/sessions/truncate",
    "PUT /api/collections/import",
    "POST /api/collections/users/impersonate/{user}",
    "GET /api/collections/_superusers/records",
    "POST /api/collections/_superusers/records",
    "GET /api/collections/_externalAuths/records?perPage=1&filter=provider='x'",
    "GET /api/settings",
    "PATCH /api/settings",
    "GET /api/logs",
    "GET /api/backups",
    "POST /api/backups",
    "GET /api/crons",
    "POST /api/sql",
    "POST /api/batch",
]
HOOK_ROUTES: Final = [
    f"{method} {path.replace('{part}', 'jobs')}?user={{user}}&id={{session}}"
    for file in sorted(resource("pb_hooks").glob("*.pb.js"))
    for method, path in re.findall(r'routerAdd\(\s*"(\w+)",\s*"([^"]+)"', file.read_text("utf-8"))
]


@pytest.mark.parametrize("actor", DIRECT_ACTORS)
@pytest.mark.parametrize("route", [*SUPERUSER_ROUTES, *HOOK_ROUTES])
async def test_what_is_for_the_superuser_is_refused_to_everybody_else(
    route: str, actor: str, owner: Home, other: Home, direct: httpx.AsyncClient
) -> None:
    method, path = route.format(user=owner.id, session=owner.rows["sessions"]).split(" ")

    answer = await direct.request(method, path, headers=authorization(actor, owner, other))

    if answer.status_code == 200:  # a list under a rule that nobody here fulfils
        assert answer.json()["items"] == []
    else:
        assert answer.status_code in (401, 403)
    assert owner.marker not in answer.text


def names_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)


EXPANSIONS: Final = {
    "users": "apiKeys_via_user,jobs_via_user,apiLogs_via_user.apiKey,"
    "trash_via_user.trashRows_via_trash,cleanupRules_via_user,"
    "sessions_via_user.messages_via_session.parts_via_message,"
    "sessionEmbeddings_via_user,messageEmbeddings_via_user",
    "apiKeys": "user,apiLogs_via_apiKey",
    "sessions": "user,messages_via_session,sessionEmbeddings_via_session,"
    "messageEmbeddings_via_session",
    "messages": "session.user.apiKeys_via_user,parts_via_message,messageEmbeddings_via_message",
    "parts": "message.session.user.apiKeys_via_user",
    "apiLogs": "user,apiKey.user",
    "jobs": "user",
    "trash": "user,trashRows_via_trash",
    "cleanupRules": "user",
}


@pytest.mark.parametrize("collection", [c for c in SCHEMA if ALLOWED[c]["list"] == "own"])
async def test_hidden_fields_and_rows_of_others_are_in_no_record_whatever_is_asked_for(
    collection: str, owner: Home, other: Home, direct: httpx.AsyncClient
) -> None:
    path = f"/api/collections/{collection}/records"
    fields = ",".join(["*", *SECRETS, *(f"expand.*.{name}" for name in SECRETS)])
    expand = EXPANSIONS.get(collection, "")
    for query in ({}, {"fields": fields}, {"expand": expand}):
        for target in (path, f"{path}/{owner.rows[collection]}"):
            answer = await direct.get(target, params=query, headers={"Authorization": owner.token})
            assert answer.status_code == 200
            assert owner.rows[collection] in answer.text
            assert SECRETS.isdisjoint(names_in(answer.json()))
            assert other.marker not in answer.text
            assert ("expand" in names_in(answer.json())) is bool(query.get("expand"))


async def test_expand_does_not_reach_through_a_relation_to_somebody_elses_row(
    owner: Home, other: Home, direct: httpx.AsyncClient, pocketbase: PocketBase
) -> None:
    now = owner.tenant.service.context.clock.now()  # an old entry would be swept away
    crossed = {"user": other.id, "apiKey": owner.rows["apiKeys"], "createdAt": now}
    row = await pocketbase.create("apiLogs", crossed)

    for expand in ("apiKey", "apiKey.user", "apiKey.user.sessions_via_user"):
        answer = await direct.get(
            f"/api/collections/apiLogs/records/{row['id']}",
            params={"expand": expand},
            headers={"Authorization": other.token},
        )
        assert answer.status_code == 200
        assert not answer.json().get("expand")
        assert owner.marker not in answer.text


def hidden_field_queries() -> Iterator[tuple[str, str, str]]:
    """Yield collection, parameter and value for each way to ask about a hidden field."""
    for collection, fields in HIDDEN.items():
        for name in fields:
            reach = [(collection, name)]
            for field in SCHEMA[collection].get("fields", ()):
                if field["type"] == "relation":
                    via = f"{collection}_via_{field['name']}"
                    reach.append((field["collection"], f"{via}.{name}"))
            for source, wanted in SCHEMA.items():
                reach += [
                    (source, f"{field['name']}.{name}")
                    for field in wanted.get("fields", ())
                    if field.get("collection") == collection
                ]
            for source, path in reach:
                yield source, "filter", f"{path} != ''"
                yield source, "filter", f"{path} ?~ 'a'"
                yield source, "filter", f"{path}:length > 0"
                yield source, "sort", path
                yield source, "sort", f"-{path}"
    yield "parts", "filter", "message.session.user.tokenKey != ''"
    yield "parts", "filter", "message.session.user.apiKeys_via_user.keyHash ?~ 'a'"
    for relation in ("sessionEmbeddings_via_session", "messageEmbeddings_via_session"):
        yield "sessions", "filter", f"{relation}.model != ''"
    yield "sessions", "filter", "@collection.sessions.title ~ 'a'"
    yield "sessions", "filter", "@collection.apiKeys.keyHash ~ 'a'"
    yield "sessions", "filter", "@request.auth.tokenKey ~ 'a'"
    yield "sessions", "sort", "@collection.apiKeys.keyHash"


async def test_no_filter_or_sort_asks_about_a_hidden_field(
    owner: Home, direct: httpx.AsyncClient
) -> None:
    answers = {}
    for collection, parameter, value in hidden_field_queries():
        answer = await direct.get(
            f"/api/collections/{collection}/records",
            params={parameter: value},
            headers={"Authorization": owner.token},
        )
        answers[collection, parameter, value] = answer.status_code

    assert len(answers) > 50
    assert {asked: status for asked, status in answers.items() if status not in (400, 403)} == {}


async def test_hidden_fields_are_in_no_answer_of_the_sidecar(owner: Home, other: Home) -> None:
    for route in ANSWERS:
        method, path = route.split()
        if method == "DELETE" or route in CHANGING:
            continue
        for actor in ROUTE_ACTORS:
            target, body = aimed_at(path, owner)
            async with visitor(actor, owner, other)() as http:
                answer = await http.request(method, target, json=body)
            if answer.headers["content-type"] == "application/json":
                assert SECRETS.isdisjoint(names_in(answer.json())), (route, actor)


def fields_of(collection: str) -> dict[str, str]:
    """Return the kind of each field of the collection by its name."""
    own = {field["name"]: field["type"] for field in SCHEMA[collection]["fields"]}
    return own | SYSTEM_FIELDS[collection]


REFUSED_FIELDS: Final = [
    (collection, field)
    for collection, allowed in OWNERS_FIELDS.items()
    for field in fields_of(collection)
    if field not in allowed
]


@pytest.mark.parametrize("collection", OWNERS_FIELDS)
async def test_the_fields_of_the_schema_are_those_that_pocketbase_has(
    collection: str, pocketbase: PocketBase
) -> None:
    live = await pocketbase.get(f"/api/collections/{collection}")

    assert {field["name"] for field in live["fields"]} == fields_of(collection).keys()
    assert OWNERS_FIELDS[collection] <= fields_of(collection).keys()


def another(kind: str, stored_value: object, other: Home) -> object:
    """Return a value of the kind that is not the stored one."""
    return {
        "text": "elsewhere",
        "email": "elsewhere@example.test",
        "password": "a-chosen-password",
        "number": 424_242,
        "bool": not stored_value,
        "json": {"elsewhere": [1]},
        "relation": other.id,
        "autodate": "2001-02-03 04:05:06.000Z",
    }[kind]


def spellings(field: str, value: Any, kept: Any) -> Iterator[dict[str, Any]]:
    """Yield further bodies that try to give the field another value."""
    for wrong in (None, "", [], {}, [kept, value], {"a": value}, str(value), -1):
        yield {field: wrong}
    for modifier in ("{}+", "+{}", "{}-", "{}:autogenerate", "{}:each"):
        yield {modifier.format(field): value}
    yield {field: kept, f"{field}+": value}
    yield {"title": "x", "name": "x", field: value}


@pytest.mark.parametrize(("collection", "field"), REFUSED_FIELDS)
async def test_an_owner_cannot_change_what_is_not_on_the_list(
    collection: str,
    field: str,
    owner: Home,
    other: Home,
    direct: httpx.AsyncClient,
    pocketbase: PocketBase,
) -> None:
    path = f"/api/collections/{collection}/records/{owner.rows[collection]}"
    before = await stored(pocketbase, collection, owner)
    value = another(fields_of(collection)[field], before.get(field), other)
    headers = {"Authorization": owner.token}
    confirmed = {"passwordConfirm": value, "oldPassword": ""} if field == "password" else {}

    answer = await direct.patch(path, json={field: value, **confirmed}, headers=headers)
    assert answer.status_code in DENIED or field in IGNORED
    for body in spellings(field, value, before.get(field)):
        await direct.patch(path, json=body | confirmed, headers=headers)
    text = json.dumps({field: value} | confirmed)
    for form in (
        [(field, (None, str(value)))],
        [(f"{field}+", (None, str(value)))],
        [("@jsonPayload", (None, text))],
        [(field, ("file.txt", b"elsewhere"))],
    ):
        await direct.patch(path, files=form, headers=headers)

    after = await stored(pocketbase, collection, owner)
    harmless = {"updated", "title", "name"}
    assert {k: v for k, v in after.items() if k not in harmless} == {
        k: v for k, v in before.items() if k not in harmless
    }
    assert after["updated"] >= before["updated"]
    # The token is bound to password and token key: it works, so both are what they were.
    assert (await direct.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize("collection", OWNERS_FIELDS)
async def test_an_owner_may_change_each_field_on_the_list_alone_and_all_at_once(
    collection: str, service: Service, pocketbase: PocketBase, direct: httpx.AsyncClient
) -> None:
    home = await furnished(service, pocketbase)
    path = f"/api/collections/{collection}/records/{home.rows[collection]}"
    values: dict[str, Any] = {
        "title": "Ω",
        "titleEdited": True,
        "projectName": "project",
        "evalReady": True,
        "evalStatus": "golden",
        "evalNotes": "notes",
        "evalTags": ["a", "b"],
        "expectedOutput": "o" * 6000,
        "reviewedAt": 1_800_000_000_000,
        "summary": "summary",
        "name": "Ada",
        "avatarUrl": "/ada.png",
        "profilePhotoId": "photo",
        "enabledAgents": ["codex"],
    }
    wanted = {name: values[name] for name in OWNERS_FIELDS[collection]}
    before = await stored(pocketbase, collection, home)

    for change in (*({name: value} for name, value in wanted.items()), wanted):
        answer = await direct.patch(path, json=change, headers={"Authorization": home.token})
        assert answer.status_code == 200, change
        assert answer.json().items() >= change.items()

    after = await stored(pocketbase, collection, home)
    assert after == {**before, **wanted, "updated": after["updated"]}


@pytest.mark.parametrize(
    "body", [{"user": "{}"}, {"user+": "{}"}, {"+user": "{}"}, {"user": ["{}"]}, {"user": None}]
)
async def test_a_session_cannot_be_moved_to_another_user(
    body: dict[str, Any],
    owner: Home,
    other: Home,
    direct: httpx.AsyncClient,
    pocketbase: PocketBase,
) -> None:
    path = f"/api/collections/sessions/records/{owner.rows['sessions']}"
    moved = json.loads(json.dumps(body).replace("{}", other.id))

    for token in (owner.token, other.token):
        for change in (moved, {**moved, "title": "given"}):
            await direct.patch(path, json=change, headers={"Authorization": token})

    assert (await stored(pocketbase, "sessions", owner))["user"] == owner.id
    seen = await direct.get(path, headers={"Authorization": other.token})
    assert seen.status_code == 404


class Subscriber:
    """A browser's connection to PocketBase's realtime events."""

    def __init__(self, http: httpx.AsyncClient, lines: AsyncIterator[str], id: str) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._http = http
        self._lines = lines
        self._id = id

    async def subscribe(self, topics: list[str], token: str = "") -> httpx.Response:
        body = {"clientId": self._id, "subscriptions": topics}
        return await self._http.post("/api/realtime", json=body, headers={"Authorization": token})

    async def read_until(self, *ids: str) -> None:
        """Read events until each of the records was in one."""
        missing = set(ids)
        async with asyncio.timeout(60):
            while missing:
                name, data = await read_event(self._lines)
                self.events.append((name, data))
                missing.discard(data["record"]["id"])


async def read_event(lines: AsyncIterator[str]) -> tuple[str, dict[str, Any]]:
    found = {}
    async for line in lines:
        if not line:
            break
        name, _, value = line.partition(":")
        found[name] = value
    return found["event"], json.loads(found["data"])


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Subscriber]:
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http,
        http.stream("GET", "/api/realtime") as stream,
    ):
        lines = stream.aiter_lines()
        _, connected = await read_event(lines)
        yield Subscriber(http, lines, connected["clientId"])


def topics(*homes: Home) -> list[str]:
    named = [f"{c}/{row}" for home in homes for c, row in home.rows.items()]
    everything_of_it = json.dumps({"query": {"fields": "*", "expand": "user,session.user"}})
    return [
        *(f"{collection}/*" for collection in SCHEMA),
        *(f"{collection}/*?options={everything_of_it}" for collection in SCHEMA),
        *named,
    ]


async def sync(home: Home) -> None:
    messages = [
        {"sessionExternalId": "session", "externalId": f"m{n}", "textContent": home.marker}
        for n in range(5)
    ]
    async with home.tenant.api as http:
        assert (await http.post("/sync/batch", json={"messages": messages})).is_success


async def stir(home: Home, pocketbase: PocketBase) -> None:
    """Change every row of the user, and make and delete a session."""
    for collection, change in CHANGES.items():
        if SCHEMA[collection]["type"] != "view":
            await pocketbase.update(collection, home.rows[collection], change)
    short_lived = {"user": home.id, "externalId": uuid.uuid4().hex, "title": home.marker}
    made = await pocketbase.create("sessions", short_lived)
    await pocketbase.delete("sessions", made["id"])


async def new_session(home: Home, pocketbase: PocketBase) -> str:
    made = await pocketbase.create("sessions", {"user": home.id, "externalId": uuid.uuid4().hex})
    return str(made["id"])


async def test_a_subscriber_gets_events_of_their_own_rows_and_of_no_others(
    service: Service, pocketbase: PocketBase, pocketbase_process: RealPocketBase
) -> None:
    mine, theirs = [await furnished(service, pocketbase) for _ in range(2)]

    async with listening(pocketbase_process.url) as subscriber:
        answer = await subscriber.subscribe(topics(mine, theirs), mine.token)
        assert answer.status_code == 204
        await sync(theirs)
        await stir(theirs, pocketbase)
        await sync(mine)
        await stir(mine, pocketbase)
        await stir(theirs, pocketbase)
        last = await new_session(mine, pocketbase)
        tables = [c for c in SCHEMA if SCHEMA[c]["type"] != "view" and ALLOWED[c]["view"] == "own"]
        await subscriber.read_until(last, *(mine.rows[name] for name in tables))

    text = json.dumps(subscriber.events)
    assert theirs.marker not in text
    assert not [row for row in theirs.rows.values() if row in text]
    assert SECRETS.isdisjoint(names_in([data for _, data in subscriber.events]))
    assert {data["action"] for _, data in subscriber.events} == {"create", "update", "delete"}


async def test_a_subscriber_who_is_nobody_gets_no_event(
    service: Service, pocketbase: PocketBase, pocketbase_process: RealPocketBase
) -> None:
    home = await furnished(service, pocketbase)

    async with (
        listening(pocketbase_process.url) as nobody,
        listening(pocketbase_process.url) as owner,
    ):
        await nobody.subscribe(topics(home))
        await owner.subscribe(["sessions/*"], home.token)
        await sync(home)
        await owner.read_until(home.rows["sessions"])
        await stir(home, pocketbase)
        # Signed in, the same connection gets what comes after; what came before would show.
        await nobody.subscribe(["sessions/*"], home.token)
        last = await new_session(home, pocketbase)
        await nobody.read_until(last)

    assert [data["record"]["id"] for _, data in nobody.events] == [last]


async def test_nobody_takes_over_the_connection_of_a_subscriber(
    service: Service, pocketbase: PocketBase, pocketbase_process: RealPocketBase
) -> None:
    mine, theirs = [await furnished(service, pocketbase) for _ in range(2)]

    async with listening(pocketbase_process.url) as subscriber:
        await subscriber.subscribe(["sessions/*"], mine.token)
        for token in (theirs.token, ""):
            answer = await subscriber.subscribe(["messages/*"], token)
            assert answer.status_code == 403


async def test_a_sync_request_is_one_event_for_its_owner_with_what_was_stored(
    service: Service, pocketbase: PocketBase, pocketbase_process: RealPocketBase
) -> None:
    mine, theirs = [await furnished(service, pocketbase) for _ in range(2)]

    async with listening(pocketbase_process.url) as subscriber:
        await subscriber.subscribe(["sessions/*"], mine.token)
        await sync(theirs)
        await sync(mine)
        await subscriber.read_until(mine.rows["sessions"])
        last = await new_session(mine, pocketbase)
        await subscriber.read_until(last)

    update, create = [data for _, data in subscriber.events]
    assert (update["action"], update["record"]["id"]) == ("update", mine.rows["sessions"])
    assert update["record"]["messageCount"] == 6
    assert (create["action"], create["record"]["id"]) == ("create", last)
