"""The supervisor with small real programs."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from sidecar.stack import supervisor as supervisor_module
from sidecar.stack.supervisor import Program, StartFailed, Supervisor
from tests.pocketbase import free_port
from tests.processes import children, is_alive

# Answers every request, and does on SIGTERM what BEHAVIOUR says.
SERVER: Final = """
import http.server, os, signal, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass

def on_term(*_):
    with open("ended", "a") as file:
        file.write(NAME + "\\n")
    if BEHAVIOUR != "stubborn":
        os._exit(0)

signal.signal(signal.SIGTERM, on_term)
server = http.server.HTTPServer(("127.0.0.1", PORT), Handler)
with open(NAME + ".new", "w") as file:
    file.write(str(os.getpid()))
# In one step, or a reader could meet an empty file.
os.replace(NAME + ".new", NAME + ".pid")
print(TEXT * REPEAT, flush=True)
server.serve_forever()
"""


def program(
    name: str, *, behaviour: str = "", text: str = "hello", repeat: int = 1, grace: float = 60
) -> Program:
    port = free_port()
    said = {"TEXT": text, "REPEAT": repeat}
    values = {"NAME": name, "BEHAVIOUR": behaviour, "PORT": port, **said}
    preamble = "\n".join(f"{key} = {value!r}" for key, value in values.items())
    return Program(
        name=name,
        command=(sys.executable, "-c", preamble + SERVER),
        ready_url=f"http://127.0.0.1:{port}/",
        colour="cyan",
        grace=grace,
    )


class Stage:
    """A supervisor on a folder, with what it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hurry = asyncio.Event()
        self._printed = io.StringIO()
        console = Console(file=self._printed, force_terminal=False, width=60)
        self.supervisor = Supervisor(console, folder, self.hurry)

    @property
    def printed(self) -> str:
        return self._printed.getvalue()

    def pid(self, name: str) -> int:
        return int((self.folder / f"{name}.pid").read_text())

    @property
    def ended(self) -> list[str]:
        file = self.folder / "ended"
        return file.read_text().split() if file.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)


async def test_programs_end_in_the_reverse_order_of_their_start(stage: Stage) -> None:
    async with stage.supervisor as supervisor:
        for name in ("first", "second", "third"):
            await supervisor.start(program(name))

    assert stage.ended == ["third", "second", "first"]


async def test_a_program_that_dies_comes_back_after_growing_pauses(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the start takes here, what dies after it has not run for long.
    monkeypatch.setattr(supervisor_module, "_SETTLED", 600.0)
    async with stage.supervisor as supervisor:
        await supervisor.start(program("server"))
        for _ in range(2):
            before = stage.pid("server")
            os.kill(before, 9)
            await eventually(lambda before=before: stage.pid("server") != before)  # type: ignore[misc]

    assert "server     ended (SIGKILL); it is started again in 0.5 s" in stage.printed
    assert "server     ended (SIGKILL); it is started again in 1 s" in stage.printed


async def test_a_program_is_not_started_again_once_the_end_has_begun(stage: Stage) -> None:
    async with stage.supervisor as supervisor:
        await supervisor.start(program("server"))
        os.kill(stage.pid("server"), 9)
        await eventually(lambda: "started again" in stage.printed)

    before = stage.pid("server")
    await asyncio.sleep(0.7)
    assert stage.pid("server") == before
    assert not is_alive(before)


async def test_a_program_that_ends_at_once_is_reported_with_its_last_words(stage: Stage) -> None:
    broken = Program("broken", ("sh", "-c", "echo no such thing; exit 3"), "http://[::1]:9", "red")

    with pytest.raises(StartFailed, match=r"broken ended right after .*\nno such thing"):
        async with stage.supervisor as supervisor:
            await supervisor.start(broken)


async def test_a_program_that_cannot_be_run_is_reported(stage: Stage) -> None:
    (stage.folder / "notes.txt").write_text("not a program")
    command = (str(stage.folder / "notes.txt"),)

    with pytest.raises(StartFailed, match="broken cannot be run: Permission denied"):
        async with stage.supervisor as supervisor:
            await supervisor.start(Program("broken", command, "http://[::1]:9", "red"))


async def test_a_program_that_never_answers_is_reported_and_ended(stage: Stage) -> None:
    silent = Program("silent", ("sleep", "600"), "http://[::1]:9", "red", ready_within=0.5)
    before = children(os.getpid())

    with pytest.raises(StartFailed, match="silent did not answer within"):
        async with stage.supervisor as supervisor:
            await supervisor.start(silent)

    assert children(os.getpid()) == before


async def test_an_earlier_program_ends_when_a_later_one_fails(stage: Stage) -> None:
    with pytest.raises(StartFailed):
        async with stage.supervisor as supervisor:
            await supervisor.start(program("first"))
            await supervisor.start(Program("broken", ("false",), "http://[::1]:9", "red"))

    assert stage.ended == ["first"]


async def test_a_program_that_ignores_the_request_is_killed_after_its_grace(stage: Stage) -> None:
    async with stage.supervisor as supervisor:
        await supervisor.start(program("server", behaviour="stubborn", grace=0.3))

    assert not is_alive(stage.pid("server"))


async def test_a_second_signal_ends_a_stubborn_program_at_once(stage: Stage) -> None:
    async def ask_again() -> None:
        await eventually(lambda: stage.ended == ["server"])
        stage.hurry.set()

    async with asyncio.TaskGroup() as beside, stage.supervisor as supervisor:
        await supervisor.start(program("server", behaviour="stubborn", grace=600))
        beside.create_task(ask_again())

    assert stage.ended == ["server"]
    assert not is_alive(stage.pid("server"))


async def test_what_a_program_starts_ends_with_it(stage: Stage) -> None:
    nested = program("server")
    family = Program(
        "family",
        ("sh", "-c", 'sleep 60 & echo $! > family.pid; exec "$@"', "sh", *nested.command),
        nested.ready_url,
        "red",
    )
    async with stage.supervisor as supervisor:
        await supervisor.start(family)
        assert is_alive(stage.pid("family"))

    await eventually(lambda: not is_alive(stage.pid("family")))


async def test_lines_are_held_back_until_logs_are_shown(stage: Stage) -> None:
    async with stage.supervisor as supervisor:
        await supervisor.start(program("early"))
        await asyncio.sleep(0.1)
        assert stage.printed == ""
        supervisor.show_logs()
        await supervisor.start(program("late", text="\x1b[31mred\x1b[0m [bold]not markup[/] \x07"))
        await eventually(lambda: stage.printed != "")

    assert stage.printed == "late       red [bold]not markup[/]\n"


async def test_a_line_longer_than_any_buffer_is_shown_in_pieces(stage: Stage) -> None:
    def shown() -> str:
        return "".join(line.removeprefix("server     ") for line in stage.printed.splitlines())

    async with stage.supervisor as supervisor:
        supervisor.show_logs()
        await supervisor.start(program("server", repeat=50_000))
        await eventually(lambda: shown() == "hello" * 50_000)


async def test_a_program_gets_its_own_variables_and_none_that_are_unset(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("DROPPED", "1")
    show = Program(
        "show",
        ("sh", "-c", 'echo "kept=$KEPT dropped=$DROPPED added=$ADDED"'),
        "http://[::1]:9",
        "red",
        environment={"ADDED": "1"},
        unset=frozenset({"DROPPED"}),
    )

    with pytest.raises(StartFailed, match="kept=1 dropped= added=1"):
        async with stage.supervisor as supervisor:
            await supervisor.start(show)
