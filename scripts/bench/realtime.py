"""How long from a sync request to the event in a browser, through Traefik, under load.

Fifty subscribers of the dashboard's kind (PocketBase's server-sent events, authenticated as the
user) listen while four clients sync other sessions; one probe at a time is timed from the moment
the request is sent to the moment each subscriber has the event. The busiest of agents sends a few
messages a second, which is the load that is judged; the last line shows what happens beyond.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import orjson

from scripts.bench import rows
from scripts.bench.load import Connection, machine
from tests.e2e.stack import Stack, temporary_stack

SUBSCRIBERS = 50
PROBES = 100
LOAD_CLIENTS = 4
LOADS = {  # pause of a load client between requests, in seconds
    "idle": None,
    "4 agents at about 5 messages/s": 0.2,
    "4 agents as fast as they can": 0.0,
}
JUDGED = "4 agents at about 5 messages/s"
TARGET_MS = 50.0

_EXTERNAL_ID = re.compile(rb'"externalId":"([^"]+)"')
_CLIENT_ID = re.compile(rb'"clientId":"([^"]+)"')


def main() -> None:
    """Run everything on a stack of its own in a temporary folder."""
    with temporary_stack() as stack:
        asyncio.run(measure(stack))


async def measure(stack: Stack) -> None:
    print(f"Machine: {machine()}")
    async with httpx.AsyncClient(base_url=stack.url) as browser:
        token = (await browser.get("/api/me")).json()["token"]
    authorization = f"Bearer {stack.key}"
    arrivals: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    async with _listening(stack.url, token, arrivals), asyncio.TaskGroup() as tasks:
        for number, (name, pause) in enumerate(LOADS.items()):
            stop = asyncio.Event()
            work = [
                tasks.create_task(
                    _load(stack.url, authorization, f"{number}-{client}", pause, stop)
                )
                for client in range(LOAD_CLIENTS)
                if pause is not None
            ]
            latencies, seconds = await _probe(stack.url, authorization, arrivals, f"{number}")
            stop.set()
            sent = sum([await task for task in work])
            _report(name, latencies, sent / seconds)


def _report(name: str, latencies: list[float], rate: float) -> None:
    ordered = sorted(latencies)
    p50, p95, p99 = (ordered[int(len(ordered) * p)] * 1000 for p in (0.5, 0.95, 0.99))
    print(
        f"{SUBSCRIBERS} subscribers, {name} ({rate:.0f} requests/s): p50 {p50:.1f} ms, "
        f"p95 {p95:.1f} ms, p99 {p99:.1f} ms, {len(ordered)} events"
    )
    if name == JUDGED:
        print(f"{'met   ' if p95 <= TARGET_MS else 'MISSED'} p95 <= {TARGET_MS:.0f} ms: {p95:.1f}")


async def _probe(
    url: str, authorization: str, arrivals: asyncio.Queue[tuple[str, float]], prefix: str
) -> tuple[list[float], float]:
    """Send one session at a time; return the latency at every subscriber, and the time it took."""
    latencies: list[float] = []
    begun = time.perf_counter()
    async with Connection(url) as connection:
        for number in range(PROBES):
            external = f"probe-{prefix}-{number}"
            body = orjson.dumps({"externalId": external, "title": "probe"})
            started = time.perf_counter()
            status, _ = await connection.post("/sync/session", body, authorization)
            assert status == 200, status
            missing = SUBSCRIBERS
            async with asyncio.timeout(10):
                while missing:
                    name, at = await arrivals.get()
                    if name == external:
                        latencies.append(at - started)
                        missing -= 1
    return latencies, time.perf_counter() - begun


async def _load(
    url: str, authorization: str, session: str, pause: float, stop: asyncio.Event
) -> int:
    """Sync messages into a session of its own until stopped; return how many requests it took."""
    sent = 0
    async with Connection(url) as connection:
        while not stop.is_set():
            body = orjson.dumps(rows.message(f"load-{session}", sent))
            await connection.post("/sync/message", body, authorization)
            sent += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.5, 1.5)):
                    await stop.wait()
    return sent


class Listener(asyncio.Protocol):
    """One subscriber. It does the least it can: what it costs is taken from the server's cores."""

    def __init__(self, host: str, arrivals: asyncio.Queue[tuple[str, float]]) -> None:
        self.client_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._host = host
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"GET /api/realtime HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        *events, self._buffer = (self._buffer + data).split(b"\n\n")
        for event in events:
            if found := _EXTERNAL_ID.search(event):
                self._arrivals.put_nowait((found[1].decode(), at))
            elif (found := _CLIENT_ID.search(event)) and not self.client_id.done():
                self.client_id.set_result(found[1].decode())


@contextlib.asynccontextmanager
async def _listening(
    url: str, token: str, arrivals: asyncio.Queue[tuple[str, float]]
) -> AsyncIterator[None]:
    """Keep SUBSCRIBERS streams open that are subscribed to the user's sessions."""
    loop = asyncio.get_running_loop()
    host, port = urlsplit(url).hostname, urlsplit(url).port
    listeners = [Listener(urlsplit(url).netloc, arrivals) for _ in range(SUBSCRIBERS)]
    opened = [
        await loop.create_connection(lambda each=each: each, host, port) for each in listeners
    ]
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": token}) as http:
        for each in listeners:
            wanted = {"clientId": await each.client_id, "subscriptions": ["sessions/*"]}
            answer = await http.post("/api/realtime", json=wanted)
            assert answer.status_code == 204, answer.text
    try:
        yield
    finally:
        for transport, _ in opened:
            transport.close()


if __name__ == "__main__":
    main()
