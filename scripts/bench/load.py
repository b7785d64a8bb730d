"""A lean HTTP/1.1 load client: one keep-alive connection a worker, the least parsing.

A general client costs more processor time a request than the server under test, and here both
share two cores.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Result:
    """Latencies in seconds of the answered requests, and answers by status."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    def percentile(self, percent: float) -> float:
        """Return a latency in milliseconds; percent from 0 to 100."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def failures(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 200)


class Connection:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self._host, self._port = parts.hostname, parts.port
        self._netloc = parts.netloc

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def post(self, path: str, body: bytes, authorization: str) -> tuple[int, bytes]:
        """Send one request; return status and body."""
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: {self._netloc}\r\nAuthorization: {authorization}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        self._writer.write(body)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        if "content-length" in headers:
            return status, await self._reader.readexactly(int(headers["content-length"]))
        return status, b"".join([chunk async for chunk in self._chunks()])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()


async def drive(
    url: str, path: str, authorization: str, bodies: Iterable[bytes], *, clients: int
) -> Result:
    """Send the bodies over `clients` connections, each as fast as it is answered."""
    result = Result()
    waiting: Iterator[bytes] = iter(bodies)

    async def work() -> None:
        async with Connection(url) as connection:
            for body in waiting:
                started = time.perf_counter()
                status, _ = await connection.post(path, body, authorization)
                result.latencies.append(time.perf_counter() - started)
                result.statuses[status] = result.statuses.get(status, 0) + 1

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(clients)))
    result.seconds = time.perf_counter() - started
    return result


def machine() -> str:
    """Return one line about the machine, for the reader of the figures."""
    model = next(
        (line.partition(": ")[2] for line in _cpuinfo() if line.startswith("model name")), "?"
    )
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
