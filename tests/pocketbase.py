"""A real PocketBase for tests: its own folder and port, started once, ended by its own id."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from tests import secrecy

EMAIL = "admin@opensync.test"
PASSWORD = "a-password-for-tests"


def program(name: str) -> str:
    """Return the path of a program that a wheel put beside the interpreter."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing: pip install -e '.[local]'"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RealPocketBase:
    """One PocketBase process on a folder of its own."""

    folder: Path
    hooks: Path = field(default_factory=lambda: resource("pb_hooks"))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "pb_data" / "data.db"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def make_superuser(self, password: str = PASSWORD) -> None:
        data = str(self.folder / "pb_data")
        command = [program("pocketbase"), "superuser", "upsert", EMAIL, password, "--dir", data]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        command = [
            *(program("pocketbase"), "serve", "--http", f"127.0.0.1:{self.port}"),
            *("--dir", str(self.folder / "pb_data"), "--hooksDir", str(self.hooks)),
            *("--migrationsDir", str(self.folder / "pb_migrations"), "--automigrate=false"),
            *("--hooksWatch=false", "--publicDir", str(self.folder / "public")),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process is not None and self.process.poll() is None, self.log
            try:
                if httpx.get(f"{self.url}/api/health", timeout=1).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"PocketBase did not answer in 60 s.\n{self.log}")

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
            secrecy.check(self.log, [PASSWORD])
            secrecy.check_request_log(self.folder / "pb_data" / "auxiliary.db", [PASSWORD])


@asynccontextmanager
async def own_pocketbase(folder: Path) -> AsyncIterator[RealPocketBase]:
    """A PocketBase in this folder, with the schema, while the block runs."""
    process = RealPocketBase(folder)
    process.make_superuser()
    process.start()
    try:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, schema.load(resource("pb_schema")))
        yield process
    finally:
        process.stop()
