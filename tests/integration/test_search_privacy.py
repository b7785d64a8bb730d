"""What search gives away: nothing of others, no secret, nothing that was deleted, no error page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from sidecar.app import create_app
from sidecar.domain import ids
from sidecar.domain.space import Space
from sidecar.index.opening import open_index
from tests import embedded
from tests.conftest import Tenant, make_tenant, settings_for
from tests.embedded import until
from tests.embeddings_api import DIMENSIONS, KEY, MODEL, counting_api
from tests.integration.test_jobs import delete
from tests.pocketbase import RealPocketBase, own_pocketbase
from tests.serving import Service, serving
from tests.stored import accepted, read

MODES: Final = ("fulltext", "semantic", "hybrid")
MS: Final = 1_790_000_000_000
SECRET: Final = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[tuple[Service, RealPocketBase]]:
    """A sidecar that searches by meaning, too, on a PocketBase of its own."""
    async with own_pocketbase(folder) as process, counting_api() as api:
        settings = settings_for(
            process.url,
            folder / "data",
            embedder="openai",
            embedding_api_key=KEY,
            embedding_base_url=api.url,
            embedding_model=MODEL,
            embedding_dimensions=DIMENSIONS,
            embedding_pause_seconds=0.1,
        )
        async with serving(create_app(settings), settings) as running:
            yield running, process


@pytest.fixture(scope="module")
async def searching(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with started(tmp_path_factory.mktemp("searching")) as (service, _):
        yield service


async def settled(service: Service) -> None:
    """Wait until all words and meanings are indexed."""

    async def words_are() -> bool:
        path = "/api/opensync/search/prepare"
        answer = await service.context.pocketbase.send("POST", path, {})
        return int(answer["remaining"]) == 0

    await until(words_are)
    await embedded.settled(service)


async def said(tenant: Tenant, *texts: str, session: str = "s", title: str = "A title") -> None:
    sent = [
        {
            "sessionExternalId": session,
            "externalId": f"m{n}",
            "role": "user",
            "textContent": text,
            "createdAt": MS + n,
            "parts": [{"type": "text", "content": text}],
        }
        for n, text in enumerate(texts)
    ]
    head = {"externalId": session, "title": title, "createdAt": MS}
    await accepted(tenant, "batch", {"sessions": [head], "messages": sent})


async def searched(tenant: Tenant, q: str, mode: str, scope: str = "messages") -> dict[str, Any]:
    answer: dict[str, Any] = await read(
        tenant, "/api/search", q=q, type=mode, scope=scope, limit="100"
    )
    assert answer["realisedMode"] == mode, answer["reason"]
    return answer


def standing(answer: dict[str, Any], tenant: Tenant) -> list[tuple[str, float, str]]:
    """Return what was found and its score, by names that are the same for everybody."""
    session = ids.session_id(tenant.id, "s")
    names = {ids.message_id(session, f"m{n}"): f"m{n}" for n in range(9)} | {None: "session"}
    found = [(r["sessionId"], r["messageId"], r["score"], r["snippet"]) for r in answer["results"]]
    assert {id for id, _, _, _ in found} <= {session}
    return [(names[message], score, snippet) for _, message, score, snippet in found]


@pytest.mark.parametrize("scope", ["messages", "sessions"])
@pytest.mark.parametrize("mode", MODES)
async def test_two_users_with_identical_texts_see_their_own_in_every_mode(
    mode: str, scope: str, searching: Service
) -> None:
    first, second = await make_tenant(searching), await make_tenant(searching)
    texts = [f"selfsame words about topic{n}" for n in range(7)]
    await said(first, *texts)
    await settled(searching)
    alone = await searched(first, "selfsame topic3", mode, scope)
    await said(second, *texts)
    await settled(searching)

    both = [await searched(one, "selfsame topic3", mode, scope) for one in (first, second)]

    # Neither ids nor scores nor totals show that there is somebody else.
    assert both[0] == alone and alone["results"]
    assert both[0]["total"] == both[1]["total"] == len(both[1]["results"])
    assert standing(both[0], first) == standing(both[1], second)


async def got(tenant: Tenant, query: dict[str, str]) -> tuple[int, Any]:
    """Search by GET with an address that is longer than httpx allows."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/search",
        "raw_path": b"/api/search",
        "query_string": urlencode(query).encode(),
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {tenant.key}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("opensync.test", 80),
        "state": {"context": tenant.service.context},
    }
    app: Any = tenant.service._app
    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(m.get("body", b"") for m in sent))


ODD: Final = [
    *(
        "AND",
        "OR NOT",
        "NEAR(",
        "NEAR(a b, 5)",
        "a NEAR/3 b",
        "a AND",
        "(((",
        ")",
        '"',
        '"""',
        'a"b',
    ),
    *(
        "''; DROP TABLE sessions; --",
        "*",
        "**",
        "*a",
        "^a",
        "said:x",
        "{said tools}: x",
        "- said : x",
    ),
    *("a + b", "-a", "%", "\\", "{:user}", "{:match}", "?1", "$1", "@a", "\x00", "\x02x\x03"),
    *("\U0001f600", "\u202e", "\ufeff", "<script>alert(1)</script>", '" ' * 1900, "a " * 1900),
]


@pytest.mark.parametrize("mode", MODES)
async def test_whatever_is_typed_gets_an_answer_in_every_mode(
    mode: str, searching: Service
) -> None:
    tenant = await make_tenant(searching)
    await said(tenant, "a NEAR b <script>alert(1)</script>")
    async with tenant.api as api:
        for q in ODD:
            body = {"q": q, "type": mode, "scope": "messages"}
            for answer in (
                await api.get("/api/search", params=body),
                await api.post("/api/search", json=body),
            ):
                assert answer.status_code in (200, 400), (q, answer.text)
                assert answer.headers["content-type"] == "application/json"
        for q in ("x" * 100_000, "word " * 20_000, '"' * 100_000, "NEAR(" * 20_000):
            posted = await api.post("/api/search", json={"q": q, "type": mode})
            assert posted.status_code == 400
            assert "4000" in posted.json()["error"]
            status, answer = await got(tenant, {"q": q, "type": mode})
            assert status == 400
            assert "4000" in answer["error"]


@pytest.mark.parametrize("mode", MODES)
async def test_snippets_show_no_secret_in_any_mode(mode: str, searching: Service) -> None:
    tenant = await make_tenant(searching)
    filler = "lorem ipsum dolor sit amet " * 20
    await said(
        tenant,
        f"needle {SECRET} \U0001f600 needle",
        # At some of these distances, the snippet begins or ends within the secret.
        *(f"{filler} {SECRET} {'x ' * n} needle {'x ' * n} {SECRET} {filler}" for n in range(34)),
        title=f"needle {SECRET}",
    )
    await settled(searching)

    for scope in ("messages", "sessions"):
        results = (await searched(tenant, "needle", mode, scope))["results"]
        assert results
        for result in results:
            assert SECRET[4:] not in result["snippet"] and SECRET[4:20] not in result["snippet"]
            units = result["snippet"].encode("utf-16-le")
            marked = [units[2 * a : 2 * b].decode("utf-16-le") for a, b in result["matches"]]
            assert set(marked) == {"needle"}
    whole = await searched(tenant, "needle", "fulltext")
    assert any("[GitHub token removed]" in result["snippet"] for result in whole["results"])


@dataclass(frozen=True)
class Held:
    """How many rows of a user there are, everywhere."""

    sessions: int
    messages: int
    parts: int
    texts: int
    embeddings: int
    vectors: int


TABLES: Final = {
    "sessions": "SELECT count(*) FROM sessions WHERE user = :user",
    "messages": "SELECT count(*) FROM messages WHERE session IN (SELECT value FROM json_each(:s))",
    "parts": "SELECT count(*) FROM parts WHERE message IN (SELECT value FROM json_each(:m))",
    "texts": "SELECT count(*) FROM searchDocs JOIN searchText ON searchText.rowid = doc "
    "WHERE user = :user",
    "embeddings": "SELECT (SELECT count(*) FROM sessionEmbeddings WHERE user = :user) "
    "+ (SELECT count(*) FROM messageEmbeddings WHERE user = :user)",
}
ORPHANS: Final = (
    "SELECT (SELECT count(*) FROM searchText WHERE rowid NOT IN (SELECT doc FROM searchDocs)) "
    "+ (SELECT count(*) FROM searchDocs WHERE session NOT IN (SELECT id FROM sessions))"
)


def held(process: RealPocketBase, tenant: Tenant, vectors: int) -> Held:
    sessions = [ids.session_id(tenant.id, name) for name in ("s", "t", "u")]
    messages = [ids.message_id(id, f"m{n}") for id in sessions for n in range(3)]
    values = {"user": tenant.id, "s": json.dumps(sessions), "m": json.dumps(messages)}
    with closing(sqlite3.connect(f"file:{process.database}?mode=ro", uri=True)) as database:
        counts = {
            name: int(database.execute(sql, values).fetchone()[0]) for name, sql in TABLES.items()
        }
    return Held(vectors=vectors, **counts)


async def test_what_is_deleted_is_gone_from_everywhere(tmp_path: Path) -> None:
    async with started(tmp_path) as (service, process):
        gone, emptied, kept = [await make_tenant(service) for _ in range(3)]
        for tenant in (gone, emptied, kept):
            for name in ("s", "t", "u"):
                await said(tenant, "one", "two", "three", session=name, title=f"Title {name}")
        await settled(service)
        index: Any = service.context.semantic._holder

        async def holds(tenant: Tenant, wanted: Held) -> None:
            async def reached() -> bool:
                return bool(await index.index.count(tenant.id) == wanted.vectors)

            await until(reached)
            assert held(process, tenant, wanted.vectors) == wanted

        everything, nothing = Held(3, 9, 9, 12, 12, 12), Held(0, 0, 0, 0, 0, 0)
        for tenant in (gone, emptied, kept):
            await holds(tenant, everything)

        superuser = service.context.pocketbase
        await superuser.delete("sessions", ids.session_id(gone.id, "s"))
        await holds(gone, Held(2, 6, 6, 8, 8, 8))
        job = await delete(gone, {"ids": [ids.session_id(gone.id, "t")]})
        assert (job["status"], job["done"]) == ("done", 1)
        await holds(gone, Held(1, 3, 3, 4, 4, 4))
        await superuser.delete("users", gone.id)
        await holds(gone, nothing)
        for name in ("s", "t", "u"):
            await superuser.delete("sessions", ids.session_id(emptied.id, name))
        await holds(emptied, nothing)
        await holds(kept, everything)
        with closing(sqlite3.connect(f"file:{process.database}?mode=ro", uri=True)) as database:
            assert database.execute(ORPHANS).fetchone() == (0,)

    # What the next start reads.
    folder = service.settings.data / "index"
    async with open_index(Space(MODEL, DIMENSIONS), folder=folder) as snapshot:
        for tenant, vectors in ((gone, 0), (emptied, 0), (kept, 12)):
            assert await snapshot.count(tenant.id) == vectors
