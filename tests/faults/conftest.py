"""Faults take their time: `scripts/test faults` runs them, and nothing else does.

The full form is the default. These variables make it shorter while something is being worked on:
FAULTS_KILLS (20), FAULTS_SECONDS (60) of a fault that lasts, FAULTS_SOAK (600) seconds, and
FAULTS_SEED, which is otherwise drawn and printed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Protocol

import pytest

from scripts.bench.load import machine
from tests.e2e.stack import Stack
from tests.faults.scene import Outcome, Scene
from tests.pocketbase import free_port

Stage = Callable[..., AbstractAsyncContextManager[Scene]]


class Judge(Protocol):
    def __call__(self, outcome: Outcome, *, may_refuse: bool = False) -> None: ...


_EXTENT = pytest.StashKey["Extent"]()
_OUTCOMES = pytest.StashKey[list[Outcome]]()


@dataclass(frozen=True)
class Extent:
    """How much is done."""

    kills: int
    seconds: float
    soak: float
    seed: int


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_EXTENT] = Extent(
        kills=int(os.environ.get("FAULTS_KILLS", "20")),
        seconds=float(os.environ.get("FAULTS_SECONDS", "60")),
        soak=float(os.environ.get("FAULTS_SOAK", "600")),
        seed=int(os.environ.get("FAULTS_SEED") or SystemRandom().randrange(10**6)),
    )
    config.stash[_OUTCOMES] = []


def pytest_report_header(config: pytest.Config) -> str:
    return f"faults: {config.stash[_EXTENT]}"


@pytest.fixture
def extent(pytestconfig: pytest.Config) -> Extent:
    return pytestconfig.stash[_EXTENT]


@pytest.fixture
def stage(tmp_path: Path, extent: Extent) -> Stage:
    """Makes a scene: a stack of its own, with settings that are given, under load."""

    @asynccontextmanager
    async def staged(**settings: str) -> AsyncIterator[Scene]:
        # Not the usual port: while the sidecar is down, another stack could take it.
        ports = {"OPENSYNC_SIDECAR_PORT": str(free_port())}
        stack = Stack(tmp_path / "data", settings=ports | settings)
        try:
            await asyncio.to_thread(stack.start)
            scene = Scene(stack, extent.seed)
            async with scene.under_load():
                yield scene
        finally:
            if stack.process is not None:
                await asyncio.to_thread(stack.stop)

    return staged


@pytest.fixture
async def scene(stage: Stage) -> AsyncIterator[Scene]:
    async with stage() as staged:
        yield staged


@pytest.fixture
def judge(pytestconfig: pytest.Config) -> Judge:
    """Puts an outcome into the table printed at the end, and fails when anything is wrong."""

    def judged(outcome: Outcome, *, may_refuse: bool = False) -> None:
        pytestconfig.stash[_OUTCOMES].append(outcome)
        assert not outcome.verdict.wrong
        assert may_refuse or not outcome.refused

    return judged


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table of `docs/reliability.md`."""
    outcomes = config.stash[_OUTCOMES]
    if not outcomes:
        return
    terminalreporter.section("what was done and what was lost")
    today = datetime.now(UTC).date().isoformat()
    terminalreporter.line(f"{today}, {machine()}, {config.stash[_EXTENT]}\n")
    terminalreporter.line(
        "| Fault | Times | Acknowledged | Refused | Lost | Doubled or wrong | Back after |"
    )
    terminalreporter.line("|---|---|---|---|---|---|---|")
    for each in outcomes:
        terminalreporter.line(_row(each))


def _row(outcome: Outcome) -> str:
    verdict = outcome.verdict
    wrong = sum(map(len, verdict.wrong.values())) - len(verdict.wrong.get("lost", ()))
    refused = f"{outcome.refused:,}" + (f" ({outcome.reasons})" if outcome.reasons else "")
    back = "" if outcome.recovery is None else f"{outcome.recovery:.2f} s"
    cells = (
        outcome.fault,
        str(outcome.times),
        f"{outcome.acknowledged:,}",
        refused,
        str(len(verdict.lost)),
        str(wrong),
        back,
    )
    return f"| {' | '.join(cells)} |"
