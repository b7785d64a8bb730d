"""Looking at processes that a test started."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Tell whether the process runs. One that has ended but was not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def children(pid: int) -> dict[str, int]:
    """Return the running children of a process: the name of the program, and its id."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {name_of(int(child)): int(child) for child in listed if is_alive(int(child))}


def name_of(pid: int) -> str:
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    is_module = arguments[1:2] == ["-m"]
    return arguments[2] if is_module else Path(arguments[0]).name


def eventually(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
