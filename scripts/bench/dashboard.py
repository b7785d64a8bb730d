"""How long the server takes for the dashboard's first page, with 10,000 sessions of one user.

All requests of the page go through Traefik as a browser sends them: the sign-in first, the others
at once. Beside it, in the same run, what the page replaced: reading all sessions from PocketBase, a
thousand a page, and adding them up. Everything runs on this machine at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from scripts.bench.load import Result, machine
from sidecar.pocketbase import client
from tests import generated
from tests.e2e.stack import Stack, temporary_stack

SESSIONS = 10_000
ROUNDS = 40
READ_ALL_ROUNDS = 5
TARGET_MS = 300.0

RECORDS = "/api/collections/sessions/records"
SUMMED = "createdAt,source,model,provider,projectName,messageCount,totalTokens,cost,durationMs"
LISTED = "id,title,projectName,projectPath,source,model,totalTokens,updatedAt,isPublic"

Request = Callable[[], Awaitable[object]]


def main() -> None:
    """Run everything on a stack of its own in a temporary folder."""
    with temporary_stack() as stack:
        print(f"Machine: {machine()}")
        _fill(stack)
        asyncio.run(_indexed(stack))
        asyncio.run(measure(stack.url))


async def _indexed(stack: Stack) -> None:
    """Return when the search index has taken everything in and leaves the processors alone."""
    facts = stack.facts
    account = (facts["pocketbase_email"], facts["pocketbase_password"])
    async with client.connect(facts["pocketbase_url"], *account) as pocketbase:
        while (await pocketbase.send("POST", "/api/opensync/search/prepare", {}))["remaining"]:
            pass


def _fill(stack: Stack) -> None:
    started = time.perf_counter()
    with httpx.Client(base_url=stack.url, headers=stack.authorization, trust_env=False) as api:
        sent = sum(generated.load(api, generated.many(SESSIONS, generated.now())))
    print(f"{sent:,} sessions written in {time.perf_counter() - started:.0f} s")


async def measure(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as browser:
        page = Page(browser)
        await page.sign_in()
        for name, request in page.requests().items():
            _print(name, await _timed(request, ROUNDS))
        whole = await _timed(page.open, ROUNDS)
        _print("the whole page", whole)
        _print("the same for all time", await _timed(page.open_for_all_time, ROUNDS))
        read_all = await _timed(page.read_all_sessions, READ_ALL_ROUNDS)
        _print("reading all sessions instead", read_all)
    ratio = read_all.percentile(50) / whole.percentile(50)
    print(f"The page is {ratio:.1f} times as fast as reading all sessions")
    met = "met   " if whole.percentile(95) <= TARGET_MS else "MISSED"
    print(f"{met} the whole page p95 <= {TARGET_MS:.0f} ms")


class Page:
    """The overview as far as the server sees it."""

    def __init__(self, browser: httpx.AsyncClient) -> None:
        self._browser = browser
        self._authorization: dict[str, str] = {}
        end = generated.now() + generated.DAY
        # Thirty days and as many before, as the page opens.
        self._recent = {"from": end - 61 * generated.DAY, "to": end}

    def requests(self) -> dict[str, Request]:
        """Return each request that the page makes, by what it asks for."""
        return {
            "sign-in": self.sign_in,
            "sums of 60 days": lambda: self._usage(self._recent),
            "sums of all time": lambda: self._usage({}),
            "recent sessions": self._recent_sessions,
            "agents": self._agents,
            "jobs": self._jobs,
        }

    async def sign_in(self) -> None:
        me = await self._get("/api/me")
        self._authorization = {"Authorization": f"Bearer {me['token']}"}

    async def open(self) -> None:
        await self._open(self._recent)

    async def open_for_all_time(self) -> None:
        await self._open({})

    async def _open(self, moments: dict[str, int]) -> None:
        await self.sign_in()
        await asyncio.gather(
            self._usage(moments), self._recent_sessions(), self._agents(), self._jobs()
        )

    async def read_all_sessions(self) -> float:
        """Return the sum of tokens as a page would get it that adds up sessions itself."""
        total, page = 0.0, 1
        while True:
            found = await self._list(RECORDS, page=page, perPage=1000, fields=SUMMED)
            total += sum(float(session["totalTokens"]) for session in found)
            if len(found) < 1000:
                return total
            page += 1

    async def _usage(self, moments: dict[str, int]) -> None:
        await self._get("/api/usage", **moments)

    async def _recent_sessions(self) -> None:
        await self._list(RECORDS, page=1, perPage=8, sort="-updatedAt,-id", fields=LISTED)

    async def _agents(self) -> None:
        await self._list(
            "/api/collections/agents/records",
            page=1,
            perPage=20,
            filter='source != ""',
            sort="-sessions",
            fields="source",
        )

    async def _jobs(self) -> None:
        await self._list("/api/collections/jobs/records", page=1, perPage=10, sort="-createdAt,-id")

    async def _list(self, path: str, **query: str | int) -> list[Any]:
        answer = await self._browser.get(
            path, params={**query, "skipTotal": "1"}, headers=self._authorization
        )
        items: list[Any] = answer.raise_for_status().json()["items"]
        return items

    async def _get(self, path: str, **query: int) -> Any:
        """Ask the sidecar, which knows who is signed in from the proxy."""
        answer = await self._browser.get(path, params=query)
        return answer.raise_for_status().json()


async def _timed(request: Request, rounds: int) -> Result:
    result = Result()
    await request()
    for _ in range(rounds):
        started = time.perf_counter()
        await request()
        result.latencies.append(time.perf_counter() - started)
    return result


def _print(what: str, result: Result) -> None:
    print(f"{what}: median {result.percentile(50):.0f} ms, p95 {result.percentile(95):.0f} ms")


if __name__ == "__main__":
    main()
