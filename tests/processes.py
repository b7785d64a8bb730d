"""Starting programs, and looking at processes that a test started."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import secrecy


@contextmanager
def running(
    command: Sequence[str], log: Path, secrets: Iterable[str] = (), **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program while the block runs; in what it has logged by then there may be no secret."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        secrecy.check(log.read_text(errors="replace"), secrets)


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
