"""What is stored, as the person who is signed in may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.e2e.browser.conftest import Site
from tests.generated import Json, Transcript

_SESSIONS = "/api/collections/sessions/records"


@asynccontextmanager
async def signed_in(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token that a page of the dashboard has."""
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as client:
        token = (await client.get("/api/me")).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def records(site: Site, name: str) -> list[Json]:
    """Return the sessions whose title has the name in it, by title."""
    wanted = {"filter": f'title ~ "{name}"', "sort": "title", "perPage": "200"}
    async with signed_in(site) as client:
        answer = await client.get(_SESSIONS, params=wanted)
    items: list[Json] = answer.raise_for_status().json()["items"]
    return items


async def record(site: Site, transcript: Transcript) -> Json:
    async with signed_in(site) as client:
        answer = await client.get(f"{_SESSIONS}/{site.id_of(transcript.id)}")
    found: Json = answer.raise_for_status().json()
    return found


async def delete(site: Site, transcript: Transcript) -> None:
    async with signed_in(site) as client:
        answer = await client.delete(f"{_SESSIONS}/{site.id_of(transcript.id)}")
    answer.raise_for_status()
