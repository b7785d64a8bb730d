"""Starts programs, keeps them running, and ends them in order.

Each program runs in a session of its own: Ctrl-C in the terminal reaches only this process, which
then ends the others one after the other. On Linux the kernel ends them too when this process is
killed before it can.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx
from rich.console import Console
from rich.text import Text

from sidecar.errors import OpenSyncError

_TAIL: Final = 20  # lines of a program's log that are shown when it fails to start
_LINE_BYTES: Final = 64 * 1024
_POLL_SECONDS: Final = 0.05
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_SETTLED: Final = 10.0  # seconds; what ran for so long does not fail because of how it was started
_PR_SET_PDEATHSIG: Final = 1
# Colours and cursor movements of a program's log would spoil the terminal it is shown in.
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class StartFailed(OpenSyncError):
    """A program ended or stayed silent when it was started."""


@dataclass(frozen=True)
class Program:
    """How to run one program, and how to tell that it is ready: `ready_url` answers 2xx."""

    name: str
    command: tuple[str, ...]
    ready_url: str
    colour: str
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    ready_within: float = 60.0
    grace: float = 10.0

    def full_environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if key not in self.unset}
        return inherited | dict(self.environment)


class Supervisor:
    """The running programs. Left with `async with`, it ends them, the last started first.

    async with Supervisor(console, folder) as supervisor:
        await supervisor.start(database)
        await supervisor.start(server)
        supervisor.show_logs()
        await asyncio.Event().wait()
    """

    def __init__(self, console: Console, folder: Path, hurry: asyncio.Event) -> None:
        self._log = _Log(console)
        self._folder = folder
        self._hurry = hurry
        self._children: list[_Child] = []

    async def __aenter__(self) -> Supervisor:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.retire()
        for child in reversed(self._children):
            await child.stop(self._hurry)

    async def start(self, program: Program) -> None:
        """Start a program and return when it is ready. Raises StartFailed with its last lines."""
        child = _Child(program, self._folder, self._log)
        self._children.append(child)
        await child.start()

    def show_logs(self) -> None:
        """From now on print what the programs log; before, it is kept for when one fails."""
        self._log.show()


class _Log:
    """The lines of all programs, each with the name of its program in front."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = False
        self._tails: dict[str, deque[str]] = {}

    def add(self, program: Program, line: str) -> None:
        line = _ESCAPES.sub("", line).rstrip()
        self._tails.setdefault(program.name, deque(maxlen=_TAIL)).append(line)
        if self._shown:
            self._print(program, line)

    def note(self, program: Program, sentence: str) -> None:
        """Print something about a program, whatever is shown of its own lines."""
        self._print(program, sentence, style="yellow")

    def show(self) -> None:
        self._shown = True

    def tail(self, program: Program) -> str:
        return "\n".join(self._tails.get(program.name, ()))

    def _print(self, program: Program, line: str, style: str = "") -> None:
        prefix = Text(f"{program.name:<10} ", style=program.colour)
        self._console.print(prefix + Text(line, style=style), soft_wrap=True)


class _Child:
    """One program, started anew with growing pauses whenever it ends by itself."""

    def __init__(self, program: Program, folder: Path, log: _Log) -> None:
        self._program = program
        self._folder = folder
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        try:
            await self._launch()
        except OSError as exc:
            raise StartFailed(f"{self._program.name} cannot be run: {exc.strerror}.") from exc
        await self._until_ready()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self._program.name}")

    def retire(self) -> None:
        """Stop starting it anew."""
        if self._keeper is not None:
            self._keeper.cancel()

    async def stop(self, hurry: asyncio.Event) -> None:
        """End the program, gently first; it is gone when this returns."""
        if self._keeper is not None:
            await asyncio.wait([self._keeper])
        if self._process is None:
            return
        if self._process.returncode is None:
            self._send(signal.SIGTERM)
            await self._ended_within(self._program.grace, hurry)
        if self._process.returncode is None:
            self._send(signal.SIGKILL)
            await self._process.wait()
        if self._reader is not None:
            await asyncio.wait([self._reader], timeout=1)

    async def _launch(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LINE_BYTES,
            cwd=self._folder,
            env=self._program.full_environment(),
            start_new_session=True,
            umask=0o077,
            preexec_fn=_bound_to_this_process(),
        )
        assert process.stdout is not None
        self._process = process
        self._reader = asyncio.create_task(
            self._read(process.stdout), name=f"read {self._program.name}"
        )

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + self._program.ready_within
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            while not await _answers(http, self._program.ready_url):
                if self._process is None or self._process.returncode is not None:
                    raise await self._failure("ended right after its start")
                if time.monotonic() > deadline:
                    raise await self._failure(
                        f"did not answer within {self._program.ready_within:.0f} seconds"
                    )
                await asyncio.sleep(_POLL_SECONDS)

    async def _failure(self, what: str) -> StartFailed:
        if self._reader is not None and self._process and self._process.returncode is not None:
            await self._reader
        tail = self._log.tail(self._program) or "(nothing)"
        return StartFailed(f"{self._program.name} {what}. Its last words:\n{tail}")

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            started = time.monotonic()
            assert self._process is not None
            code = await self._process.wait()
            if time.monotonic() - started > _SETTLED:
                pause = _FIRST_PAUSE
            self._log.note(
                self._program, f"ended ({_cause(code)}); it is started again in {pause:g} s"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            await self._relaunch()

    async def _relaunch(self) -> None:
        try:
            await self._launch()
        except OSError as exc:
            self._log.note(self._program, f"cannot be started: {exc.strerror}")

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in _lines(stream):
            self._log.add(self._program, line)

    async def _ended_within(self, seconds: float, hurry: asyncio.Event) -> None:
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({ended, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, hurried):
            task.cancel()

    def _send(self, signal_number: signal.Signals) -> None:
        assert self._process is not None
        # The process leads a group of its own, which holds whatever it started.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal_number)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.HTTPError:
        return False


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Yield the lines of a stream; one that is longer than the buffer comes in pieces."""
    while True:
        try:
            line = await stream.readuntil()
        except asyncio.LimitOverrunError as exc:
            line = await stream.readexactly(exc.consumed)
        except asyncio.IncompleteReadError as exc:
            if exc.partial:
                yield exc.partial.decode("utf-8", "replace")
            return
        yield line.decode("utf-8", "replace")


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _bound_to_this_process() -> Callable[[], None] | None:
    """Return what a child does before it becomes its program: ask to die with this process.

    Only Linux knows how. Elsewhere a child outlives a parent that is killed outright.
    """
    if sys.platform != "linux":
        return None
    # Looked up here: between fork and exec a child should do as little as possible.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the request was made
            os._exit(1)

    return bind
