"""What a local stack remembers between starts: `stack.json`, and the lock on its folder."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sidecar.config import STACK_FILE, read_stack_file
from sidecar.errors import ConfigError

_LOCK_FILE: Final = "up.lock"


class StackFile:
    """`stack.json`: settings by their names, which every command beside the stack reads.

    The local stack keeps two values of its own there too: `local_user` and `api_key`.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / STACK_FILE
        self.values: dict[str, Any] = read_stack_file(data)

    def text(self, name: str) -> str:
        """Return a remembered text, empty when there is none."""
        return str(self.values.get(name) or "")

    def keep(self, values: Mapping[str, Any]) -> None:
        """Remember the values. The file is replaced as a whole and readable by its owner only."""
        self.values |= values
        draft = self.path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.values, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


def make_folder(path: Path) -> None:
    """Make a folder for its owner only; one that is there stays as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise ConfigError(
            f"The folder {path} cannot be made ({exc.strerror}). Set OPENSYNC_DATA to another one."
        ) from exc


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold the folder, so that no second stack runs on it. The lock ends with this process."""
    descriptor = os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            raise ConfigError(
                f"A stack is running on {data} already (process {holder or 'unknown'}). "
                "Use that one, stop it, or set OPENSYNC_DATA to another folder."
            ) from exc
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def new_secret() -> str:
    """Return 192 random bits, in characters that mean nothing to a shell or a file format."""
    return secrets.token_hex(24)
