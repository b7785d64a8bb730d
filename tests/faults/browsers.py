"""Fifty open dashboards, as far as PocketBase's realtime API sees them.

Real ones would need more processors than the stack itself. These do what the dashboard's SDK does:
hold a stream, subscribe, and connect anew when the stream breaks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import httpx

BROWSERS: Final = 50

_PAUSE: Final = 0.5  # before a browser connects again
_CLIENT_ID: Final = re.compile(rb'"clientId":"([^"]+)"')
_EXTERNAL_ID: Final = re.compile(rb'"externalId":"(probe-[^"]+)"')
_LARGEST_EVENT: Final = 1024 * 1024


class Browsers:
    """Subscribers to the user's sessions."""

    def __init__(self, url: str) -> None:
        self.breaks = 0  # streams that ended
        self._url = url
        self._heard: dict[str, set[int]] = {}  # the browsers that heard of a probe
        self._news = asyncio.Condition()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=4)
        async with httpx.AsyncClient(
            base_url=self._url, timeout=30, limits=limits, trust_env=False
        ) as http:
            tasks = [
                asyncio.create_task(self._browser(number, http), name=f"browser {number}")
                for number in range(BROWSERS)
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def heard_by_all(self, probe: str) -> None:
        """Wait until every browser has an event about the session `probe-…`."""
        async with self._news:
            await self._news.wait_for(lambda: len(self._heard.get(probe, ())) == BROWSERS)

    def missing(self, probe: str) -> int:
        return BROWSERS - len(self._heard.get(probe, ()))

    async def _browser(self, number: int, http: httpx.AsyncClient) -> None:
        while True:
            with suppress(OSError, EOFError, ValueError, httpx.HTTPError, TimeoutError):
                await self._watch(number, http)
            self.breaks += 1
            await asyncio.sleep(_PAUSE)

    async def _watch(self, number: int, http: httpx.AsyncClient) -> None:
        parts = urlsplit(self._url)
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port, limit=_LARGEST_EVENT
        )
        try:
            request = f"GET /api/realtime HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
            writer.write(request.encode())
            async with asyncio.timeout(30):
                head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                raise ConnectionError
            while True:
                event = await reader.readuntil(b"\n\n")
                if found := _CLIENT_ID.search(event):
                    await self._subscribe(http, found[1].decode())
                elif found := _EXTERNAL_ID.search(event):
                    await self._note(number, found[1].decode())
        finally:
            writer.close()

    @staticmethod
    async def _subscribe(http: httpx.AsyncClient, client: str) -> None:
        me = (await http.get("/api/me")).raise_for_status().json()
        answer = await http.post(
            "/api/realtime",
            json={"clientId": client, "subscriptions": ["sessions/*"]},
            headers={"Authorization": me["token"]},
        )
        answer.raise_for_status()

    async def _note(self, number: int, probe: str) -> None:
        async with self._news:
            self._heard.setdefault(probe, set()).add(number)
            self._news.notify_all()
