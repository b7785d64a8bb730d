"""A real S3 server for tests, on a folder and a port of its own; it checks signatures."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.pocketbase import free_port, program
from tests.processes import running

NAME = "backups"


@dataclass
class RealBucket:
    """A bucket whose objects are files below `folder`."""

    folder: Path
    port: int = field(default_factory=free_port)
    access_key_id: str = "an-access-key-id"
    secret_access_key: str = "a-secret-of-the-store"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def objects(self) -> Path:
        return self.folder / NAME


@contextmanager
def serving_bucket(folder: Path) -> Iterator[RealBucket]:
    bucket = RealBucket(folder)
    bucket.objects.mkdir(parents=True)
    command = [program("rclone"), "serve", "s3", "--addr", f"127.0.0.1:{bucket.port}"]
    keys = {"RCLONE_AUTH_KEY": f'"{bucket.access_key_id},{bucket.secret_access_key}"'}
    with running(
        [*command, "--config", os.devnull, str(folder)],
        folder.parent / f"{folder.name}.log",
        [bucket.secret_access_key],
        env={**os.environ, **keys},
    ) as process:
        _wait_until_it_answers(bucket, process)
        yield bucket


def _wait_until_it_answers(bucket: RealBucket, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "rclone has ended"
        try:
            httpx.get(bucket.endpoint, timeout=2, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("rclone did not answer in 60 s.")
