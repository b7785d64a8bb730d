"""Programs of others that tests run, each in a folder of its own that outlives the run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CACHE: Final = Path(__file__).parents[1] / ".cache"
_NPM: Final = ("npm", "--no-audit", "--no-fund", "--silent")


def npm_package(name: str, version: str) -> Path:
    """Return a folder in which exactly this version from npm is installed."""
    with _kept("npm", name, version) as folder:
        if not (folder / "node_modules" / name / "package.json").exists():
            _run([*_NPM, "install", f"{name}@{version}"], folder)
    return folder


def npm_module(name: str, version: str, *needs: str) -> Path:
    """Return the folder of a package from npm of which a module is wanted that needs only `needs`.

    The rest of what the package depends on is not installed.
    """
    with _kept("npm", f"{name}-module", version) as folder:
        module = folder / "package"
        if not (module / "node_modules").exists():
            _run([*_NPM, "pack", f"{name}@{version}"], folder)
            [archive] = folder.glob("*.tgz")
            _run(["tar", "-xzf", archive.name], folder)
            (module / "package.json").write_text("{}", "utf-8")
            _run([*_NPM, "install", *needs], module)
    return module


def python_package(name: str, version: str) -> Path:
    """Return the interpreter of an environment in which exactly this version from PyPI is."""
    with _kept("pypi", name, version) as folder:
        python = folder / "bin" / "python"
        done = folder / "installed"
        if not done.exists():
            venv.create(folder, with_pip=True, clear=False)
            _run([str(python), "-m", "pip", "install", "-q", f"{name}=={version}"], folder)
            done.touch()
    return python


@contextmanager
def _kept(kind: str, name: str, version: str) -> Iterator[Path]:
    """Hand out the folder of a package to one process at a time."""
    folder = _CACHE / kind / f"{name.replace('/', '-').lstrip('@')}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
