"""A local stack as a user starts it, for end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests import secrecy
from tests.pocketbase import free_port


@dataclass
class Stack:
    """`opensync up` on a folder and a port of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    # Off unless a test is about it: the model would take the processors from everything else.
    embedder: str = "off"
    # Tests of the dashboard build it first; the others must run without.
    web: bool = False
    # Further variables. As it is, what is written can be read at once, however busy the machine.
    settings: dict[str, str] = field(default_factory=lambda: {"OPENSYNC_SPOOL_AFTER_SECONDS": "60"})
    program: list[str] = field(default_factory=lambda: [sys.executable, "-m", "sidecar"])
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text(errors="replace")

    @property
    def facts(self) -> dict[str, Any]:
        """What `up` wrote down about the stack."""
        facts: dict[str, Any] = json.loads((self.folder / "stack.json").read_text())
        return facts

    @property
    def key(self) -> str:
        return str(self.facts["api_key"])

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OPENSYNC_DATA": str(self.folder),
            "OPENSYNC_PORT": str(self.port),
            "OPENSYNC_EMBEDDER": self.embedder,
            "COLUMNS": "160",
            **self.settings,
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `opensync` beside the stack."""
        return subprocess.run(
            [*self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self) -> None:
        """Start it and return when the public address answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "up.log").open("w") as log:
            self.process = subprocess.Popen(
                [*self.program, "up", *(() if self.web else ("--no-web",))],
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
                # Not the checkout, so that a wheel cannot lean on it.
                cwd=self.folder if self.program[0] != sys.executable else None,
                start_new_session=True,
            )
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process is not None and self.process.poll() is None, self.log
            try:
                if httpx.get(f"{self.url}/health", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"The stack did not answer in {seconds} s.\n{self.log}")

    def stop(self) -> int:
        """Ask it to stop as Ctrl-C does and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise
        code = self.process.returncode
        self.process = None
        secrecy.check(self.log, self._secrets)
        return code

    @property
    def _secrets(self) -> list[str]:
        facts = self.facts if (self.folder / "stack.json").exists() else {}
        return [str(facts.get(name, "")) for name in ("pocketbase_password", "proxy_secret")]


@contextmanager
def temporary_stack(
    *, embedder: str = "off", web: bool = False, settings: dict[str, str] | None = None
) -> Iterator[Stack]:
    """Run a stack in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), embedder=embedder, web=web, settings=settings or {})
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()
