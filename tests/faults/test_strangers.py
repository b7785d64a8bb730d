"""Others keep connections open, and send next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.faults.conftest import Extent, Judge
from tests.faults.scene import Scene

IDLE = 1_000
SLOW = 300


async def test_many_streams_are_open_and_idle(scene: Scene, extent: Extent, judge: Judge) -> None:
    request = "GET /api/realtime HTTP/1.1\r\nHost: {host}\r\n\r\n"
    async with connections(scene, IDLE) as lines:
        async with scene.disturbed():
            for reader, writer in lines:
                writer.write(request.format(host=urlsplit(scene.stack.url).netloc).encode())
                async with asyncio.timeout(60):
                    head = await reader.readuntil(b"\r\n\r\n")
                assert b" 200 " in head.split(b"\r\n", 1)[0]
            await asyncio.sleep(extent.seconds / 2)
        outcome = await scene.outcome(f"{IDLE:,} idle realtime streams")

    judge(outcome)


async def test_many_send_their_requests_byte_by_byte(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    """Half of them in the middle of the headers, half in the middle of a body."""
    host = urlsplit(scene.stack.url).netloc
    headers = f"POST /sync/message HTTP/1.1\r\nHost: {host}\r\nX-Slow: "
    body = (
        f"POST /sync/message HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n"
        f"Authorization: Bearer {scene.stack.key}\r\n\r\n"
    )
    async with connections(scene, SLOW) as lines:
        async with scene.disturbed():
            for number, (_, writer) in enumerate(lines):
                writer.write((body if number % 2 else headers).encode())
            for _ in range(int(extent.seconds / 2)):
                for _, writer in lines:
                    with suppress(OSError):
                        writer.write(b"x")
                await asyncio.sleep(1)
        outcome = await scene.outcome(f"{SLOW} requests a byte a second (slowloris)")

    judge(outcome)


@asynccontextmanager
async def connections(
    scene: Scene, number: int
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    parts = urlsplit(scene.stack.url)
    lines = []
    try:
        for _ in range(number):
            lines.append(await asyncio.open_connection(parts.hostname, parts.port))
        yield lines
    finally:
        for _, writer in lines:
            writer.close()
