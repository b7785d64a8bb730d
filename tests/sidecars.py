"""A sidecar in a process of its own, beside a PocketBase of the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, free_port
from tests.processes import eventually, running

_ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Sidecar:
    """A running sidecar: its port, its process, and the file it logs to."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def sidecar_running(pocketbase: RealPocketBase, folder: Path, **settings: Any) -> Iterator[Sidecar]:
    """Run a sidecar with its data in this folder while the block runs."""
    wanted: dict[str, Any] = {
        "data": folder,
        "pocketbase_url": pocketbase.url,
        "pocketbase_email": EMAIL,
        "pocketbase_password": PASSWORD,
        "sidecar_port": free_port(),
        "embedder": "off",
        "spool_after_seconds": 60,
        "log_format": "json",
        "log_level": "debug",
    }
    wanted |= settings
    environment = {f"OPENSYNC_{name.upper()}": str(value) for name, value in wanted.items()}
    environment["PATH"] = "/usr/bin:/bin"
    log, command = folder / "log", [sys.executable, "-m", "sidecar", "serve"]
    with running(command, log, [PASSWORD], env=environment, cwd=_ROOT) as process:
        sidecar = Sidecar(wanted["sidecar_port"], process.pid, log)

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return httpx.get(f"{sidecar.url}/health", trust_env=False).is_success
            except httpx.HTTPError:
                return False

        eventually(answers, "The sidecar answers")
        yield sidecar
