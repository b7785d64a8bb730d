"""Programs from npm that tests run."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

_CACHE = Path(__file__).parents[1] / ".cache" / "npm"


def npm_package(name: str, version: str) -> Path:
    """Return a folder in which exactly this version is installed, from the cache if it is there."""
    folder = _CACHE / f"{name.replace('/', '-').lstrip('@')}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules" / name / "package.json").exists():
            subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--silent", f"{name}@{version}"],
                cwd=folder,
                check=True,
                timeout=300,
                stdin=subprocess.DEVNULL,
            )
    return folder
