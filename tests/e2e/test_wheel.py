"""The wheel, installed into an empty environment, works from an empty folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds only the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", f"{wheel}[local]"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return python


@pytest.fixture
def stack(installed: Path, tmp_path: Path) -> Iterator[Stack]:
    running = Stack(tmp_path / "data", program=[str(installed.parent / "opensync")])
    running.start()
    try:
        yield running
    finally:
        running.stop()


def test_up_works_from_the_wheel_in_an_empty_folder(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, headers=stack.authorization) as api:
        stored = api.post("/sync/session", json={"externalId": "s-1", "title": "From a wheel"})
        [session] = api.get("/api/sessions").json()["sessions"]

    assert stored.status_code == 200
    assert (session["externalId"], session["title"]) == ("s-1", "From a wheel")
