"""What systemd hears of the sidecar, on a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar import notify


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """An address for NOTIFY_SOCKET and the socket that listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(5)
        if request.param == "a path":
            address = str(tmp_path / "notify")
            listening.bind(address)
        else:
            address = f"@opensync-test-{os.getpid()}"
            listening.bind(f"\0{address[1:]}")
        yield address, listening


async def next_word(listening: socket.socket) -> str:
    return (await asyncio.to_thread(listening.recv, 100)).decode()


async def test_systemd_hears_ready_then_signs_of_life_then_the_stop(
    systemd: tuple[str, socket.socket],
) -> None:
    address, listening = systemd
    environment = {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "30000",
        "WATCHDOG_PID": str(os.getpid()),
    }

    async with notify.telling(environment):
        heard = [await next_word(listening) for _ in range(3)]
    rest = [await next_word(listening)]
    while rest[-1] == "WATCHDOG=1":
        rest.append(await next_word(listening))

    assert heard == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    assert rest[-1] == "STOPPING=1"


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}])
async def test_no_sign_of_life_is_sent_that_nobody_asked_of_this_process(
    systemd: tuple[str, socket.socket], watchdog: dict[str, str]
) -> None:
    address, listening = systemd

    async with notify.telling({"NOTIFY_SOCKET": address, **watchdog}):
        first = await next_word(listening)
        await asyncio.sleep(0.05)

    assert [first, await next_word(listening)] == ["READY=1", "STOPPING=1"]


async def test_a_service_manager_that_went_away_is_no_failure(tmp_path: Path) -> None:
    async with notify.telling({"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        pass


async def test_without_systemd_nothing_is_sent(systemd: tuple[str, socket.socket]) -> None:
    _, listening = systemd
    listening.setblocking(False)

    async with notify.telling({"WATCHDOG_USEC": "30000"}):
        await asyncio.sleep(0.02)

    with pytest.raises(BlockingIOError):
        listening.recv(100)
