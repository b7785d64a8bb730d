"""Tells systemd how the service is (`Type=notify`, `WatchdogSec=`); does nothing elsewhere.

The protocol is sd_notify(3): a datagram of `NAME=value` to the socket in NOTIFY_SOCKET.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def telling(environment: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Say that the service is ready, now and then that its event loop turns, and when it stops.

    Whether PocketBase answers plays no part: a restart of this process would not bring it back.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        yield
        return
    _tell(address, "READY=1")
    alive = asyncio.create_task(_stay_alive(address, _pause(environment)), name="systemd watchdog")
    try:
        yield
    finally:
        alive.cancel()
        _tell(address, "STOPPING=1")


async def _stay_alive(address: str, pause: float) -> None:
    while pause:
        _tell(address, "WATCHDOG=1")
        # A pause of the event loop's clock, which does not jump with the wall's.
        await asyncio.sleep(pause)


def _pause(environment: Mapping[str, str]) -> float:
    """Return the seconds between two signs of life, a third of what is allowed; 0: none wanted."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    return int(environment.get("WATCHDOG_USEC") or 0) / 3_000_000


def _tell(address: str, state: str) -> None:
    name = f"\0{address[1:]}" if address.startswith("@") else address
    # A service manager that does not listen is no reason to stop serving.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)
        channel.sendto(state.encode(), name)
