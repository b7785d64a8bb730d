"""A disk runs full, and is given room again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import Extent, Judge, Stage


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount memory at the folder, which only root may."""
    folder.mkdir(parents=True)
    options = f"size={megabytes}m,mode=0700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"No small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave nothing of a disk."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(65536)):
                    pass
            except OSError:
                pass
        yield
    finally:
        ballast.unlink()


async def test_pocketbases_disk_is_full(
    tmp_path: Path, stage: Stage, extent: Extent, judge: Judge
) -> None:
    folder = tmp_path / "data" / "pb_data"
    with small_disk(folder, 512):
        async with stage() as scene:
            await scene.settled("pocketbase")
            async with scene.disturbed():
                with full(folder):
                    await asyncio.sleep(extent.seconds)
                    assert scene.spooled()
            judge(await scene.outcome(f"PocketBase's disk full for {extent.seconds:.0f} s"))


async def test_the_spools_disk_is_full_while_pocketbase_is_away(
    tmp_path: Path, stage: Stage, extent: Extent, judge: Judge
) -> None:
    folder = tmp_path / "data" / "spool"
    with small_disk(folder, 8):
        async with stage() as scene:
            await scene.settled("pocketbase")
            async with scene.disturbed():
                scene.signal(signal.SIGSTOP, "pocketbase")
                try:
                    # It keeps some, until it is full.
                    await asyncio.sleep(extent.seconds / 2)
                    assert scene.spooled()
                    with full(folder):
                        await asyncio.sleep(extent.seconds / 2)
                    assert scene.load.ledger.reasons["503"]
                finally:
                    scene.signal(signal.SIGCONT, "pocketbase")
            outcome = await scene.outcome(
                f"SIGSTOP of PocketBase for {extent.seconds:.0f} s, the spool's disk full"
            )
            judge(outcome, may_refuse=True)
