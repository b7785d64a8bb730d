"""Nobody sees anything of anybody else while both write: their rows share groups and caches."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

import httpx

from sidecar.domain import ids
from tests.conftest import Tenant, make_tenant
from tests.integration.test_jobs import Json, delete
from tests.pocketbase import RealPocketBase
from tests.realtime import Subscriber, subscribed
from tests.serving import Service
from tests.stored import accepted, sessions_of

WRITERS: Final = 4  # for each person
ROUNDS: Final = 12
SESSIONS: Final = 3
ALL: Final = "/api/export?all=true&format=jsonl"
READS: Final = (
    "/api/sessions?limit=100",
    "/api/search?q=word&limit=100",
    "/api/search?q=word&scope=messages&limit=100",
    "/api/context?q=word",
    ALL,
    "/sync/sessions/list",
    "/api/usage",
)
DIRECT: Final = ("sessions", "messages", "parts", "agents", "apiLogs", "users", "usageHourly")


@dataclass
class Person:
    """Somebody whose every text holds `marker`; their agents' ids are those of the others."""

    tenant: Tenant
    token: str
    marker: str = field(default_factory=lambda: f"marker{uuid.uuid4().hex}")
    seen: dict[str, str] = field(default_factory=dict)  # the last answer of each kind
    job: str = ""
    entry: str = ""  # in the trash

    async def begin(self, direct: httpx.AsyncClient) -> None:
        """Write a session that others can ask for, and delete one: a job, and an entry."""
        sessions = [{"externalId": name, "title": self.marker} for name in ("session-0", "gone")]
        await accepted(self.tenant, "batch", {"sessions": sessions})
        gone = ids.session_id(self.tenant.id, "gone")
        self.job = (await delete(self.tenant, {"ids": [gone]}))["id"]
        trash = "/api/collections/trash/records"
        found = await direct.get(trash, headers={"Authorization": self.token})
        self.entry = found.json()["items"][0]["id"]

    @property
    def named(self) -> list[tuple[str, str]]:
        """Requests for what is theirs, by its id."""
        session = ids.session_id(self.tenant.id, "session-0")
        return [
            ("GET", f"/api/sessions/{session}"),
            ("GET", f"/api/sessions/{session}/transcript"),
            ("GET", f"/api/export?id={session}"),
            ("POST", f"/api/sessions/{session}/publish"),
            ("POST", f"/api/jobs/{self.job}/cancel"),
        ]

    @property
    def records(self) -> list[str]:
        """Addresses of what is theirs in PocketBase."""
        session = ids.session_id(self.tenant.id, "session-0")
        names = {"sessions": session, "jobs": self.job, "trash": self.entry}
        return [f"/api/collections/{name}/records/{id}" for name, id in names.items()]

    async def ask_for(self, whose: Person, direct: httpx.AsyncClient) -> list[int]:
        """Ask for everything of somebody by its id; return what a browser is answered."""
        found = []
        async with self.tenant.api as with_key, self.tenant.browser as browser:
            for method, path in whose.named:
                body: Json | None = {} if method == "POST" else None
                found.append(await browser.request(method, path, json=body))
                answer = await with_key.request(method, path, json=body)
                assert whose is self or answer.status_code in (403, 404), (path, answer.text)
        for path in whose.records:
            found.append(await direct.get(path, headers={"Authorization": self.token}))
        assert whose is self or all(whose.marker not in answer.text for answer in found)
        return [answer.status_code for answer in found]

    async def write(self, writer: int) -> None:
        async with self.tenant.api as http:
            for round in range(ROUNDS):
                name = f"session-{(writer + round) % SESSIONS}"
                text = f"word {self.marker} {writer} {round}"
                message = {
                    "sessionExternalId": name,
                    "externalId": f"{writer}-{round}",
                    "role": "user",
                    "textContent": text,
                    "parts": [{"type": "text", "content": text}],
                }
                session = {"externalId": name, "title": text, "projectName": self.marker}
                body = {"sessions": [session], "messages": [message]}
                answer = await http.post("/sync/batch", json=body)
                assert (answer.status_code, answer.json()["errors"]) == (200, [])

    async def read(self, direct: httpx.AsyncClient) -> None:
        async with self.tenant.api as http:
            for path in READS:
                await self._keep(path, await http.get(path))
        for collection in DIRECT:
            path = f"/api/collections/{collection}/records?perPage=1000"
            answer = await direct.get(path, headers={"Authorization": self.token})
            await self._keep(collection, answer)

    async def _keep(self, name: str, answer: httpx.Response) -> None:
        assert answer.status_code == 200, (name, answer.text)
        self.seen[name] = answer.text


async def test_two_who_write_at_once_see_only_their_own(
    service: Service, pocketbase_process: RealPocketBase
) -> None:
    tenants = [await make_tenant(service) for _ in range(2)]
    people = [Person(tenant, await tenant.token()) for tenant in tenants]
    topics = ("sessions/*", "messages/*", "parts/*", "users/*")

    async with AsyncExitStack() as stack:
        direct = await stack.enter_async_context(
            httpx.AsyncClient(base_url=pocketbase_process.url, timeout=60, trust_env=False)
        )
        ears = [
            await stack.enter_async_context(
                subscribed(pocketbase_process.url, person.token, *topics)
            )
            for person in people
        ]
        await asyncio.gather(*(person.begin(direct) for person in people))
        writing = asyncio.gather(*(p.write(n) for p in people for n in range(WRITERS)))
        while not writing.done():
            await asyncio.gather(*(person.read(direct) for person in people))
            assert_apart(people)
            for person, stranger in zip(people, reversed(people), strict=True):
                assert set(await person.ask_for(stranger, direct)) == {404}
        await writing
        for person in people:
            assert set(await person.ask_for(person, direct)) == {200}
        await asyncio.gather(*(person.read(direct) for person in people))
        heard = [await heard_by(person, ear) for person, ear in zip(people, ears, strict=True)]

    assert_apart(people)
    for person, events, stranger in zip(people, heard, reversed(people), strict=True):
        assert person.marker in events and stranger.marker not in events
        told = {name for name, text in person.seen.items() if person.marker in text}
        assert told >= {*READS, "sessions", "messages", "parts"} - {"/sync/sessions/list"}
        assert len(await sessions_of(person.tenant)) == SESSIONS
        assert len(person.seen[ALL].splitlines()) == WRITERS * ROUNDS


def assert_apart(people: list[Person]) -> None:
    """Check the last answers of everybody for what belongs to anybody else."""
    for person in people:
        for stranger in people:
            if stranger is not person:
                for name, text in person.seen.items():
                    assert stranger.marker not in text, name
                    assert stranger.tenant.id not in text, name


async def heard_by(person: Person, ear: Subscriber) -> str:
    """Return all events until one that comes after everything else."""
    async with person.tenant.api as http:
        await http.post("/sync/session", json={"externalId": "last", "title": person.marker})
        answer = await http.get("/api/sessions?limit=100")
    last = next(s["id"] for s in answer.json()["sessions"] if s["externalId"] == "last")
    events = await ear.until(last)
    await person.tenant.service.context.pocketbase.delete("sessions", last)
    return repr([event.record for event in events])
