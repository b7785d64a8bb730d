"""The published Claude Code plugin, unchanged, syncing through Traefik into PocketBase."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.tools import npm_package

TRANSCRIPT = Path(__file__).parents[1] / "data" / "transcripts" / "real-2.1.197-resume.jsonl"


@dataclass
class Plugin:
    """`claude-code-sync` with a home of its own."""

    command: Path
    home: Path
    url: str
    key: str

    def run(self, *arguments: str, event: dict[str, Any] | None = None) -> str:
        finished = subprocess.run(
            [str(self.command), *arguments],
            input=json.dumps(event) if event else "",
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "CLAUDE_SYNC_CONVEX_URL": self.url,
                "CLAUDE_SYNC_API_KEY": self.key,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout + finished.stderr


@pytest.fixture
def plugin(stack: Stack, tmp_path: Path) -> Plugin:
    folder = npm_package("claude-code-sync", "0.1.15")
    command = folder / "node_modules" / ".bin" / "claude-code-sync"
    return Plugin(command, tmp_path, stack.url, stack.key)


def sync_a_session(plugin: Plugin, session: str, folder: Path) -> None:
    """Send the events that Claude Code sends for the session of the transcript."""
    transcript = folder / f"{session}.jsonl"
    recorded = json.loads(TRANSCRIPT.read_text("utf-8").splitlines()[0])["sessionId"]
    transcript.write_text(TRANSCRIPT.read_text("utf-8").replace(recorded, session), "utf-8")
    common = {"session_id": session, "transcript_path": str(transcript)}
    events: list[dict[str, Any]] = [
        {
            "hook_event_name": "SessionStart",
            "source": "startup",
            "cwd": "/home/dev/proj-cc",
            "permission_mode": "default",
            "model": "claude-sonnet-4-20250514",
        },
        {"hook_event_name": "UserPromptSubmit", "prompt": "Please read hello.txt"},
        {
            "hook_event_name": "PostToolUse",
            "tool_name": "Read",
            "tool_input": {"file_path": "hello.txt"},
            "tool_response": {"type": "text"},
            "tool_use_id": f"toolu_{session[:8]}",
            "duration_ms": 4,
        },
        {"hook_event_name": "Stop", "stop_hook_active": False},
        {"hook_event_name": "SessionEnd", "reason": "prompt_input_exit"},
    ]
    for event in events:
        plugin.run("hook", event["hook_event_name"], event={**common, **event})


@pytest.mark.parametrize("suffix", ["", "/", "/.convex.site"])
def test_the_plugin_leaves_one_session_with_its_messages(
    stack: Stack, plugin: Plugin, tmp_path: Path, suffix: str
) -> None:
    plugin.url = stack.url + suffix
    session = str(uuid.uuid4())

    sync_a_session(plugin, session, tmp_path)

    with httpx.Client(base_url=stack.url, headers=stack.authorization) as api:
        sessions = api.get("/api/sessions", params={"limit": 200}).json()["sessions"]
        [mine] = [s for s in sessions if s["externalId"] == session]
        whole = api.get(f"/api/sessions/{mine['id']}").json()
    texts = [message["textContent"] for message in whole["messages"]]
    assert mine["source"] == "claude-code"
    assert mine["projectPath"] == "/home/dev/proj-cc"
    assert mine["model"] == "claude-sonnet-4-20250514"
    assert mine["promptTokens"] > 0
    assert mine["messageCount"] == len(whole["messages"])
    assert "Please read hello.txt" in texts
    assert "It says hello world." in texts
    [tool] = [m for m in whole["messages"] if m["externalId"].startswith("toolu_")]
    assert tool["parts"] == [
        {
            "type": "tool-call",
            "content": {"toolName": "Read", "args": {"file_path": "hello.txt"}},
        }
    ]


def test_status_and_synctest_of_the_plugin_succeed(stack: Stack, plugin: Plugin) -> None:
    status = plugin.run("status")
    test = plugin.run("synctest")

    assert "fail" not in (status + test).lower(), status + test
    with httpx.Client(base_url=stack.url, headers=stack.authorization) as api:
        sessions = api.get("/api/sessions", params={"limit": 200}).json()["sessions"]
    assert [s["title"] for s in sessions if s["projectName"] == "synctest"] == ["Connection Test"]


def test_a_wrong_key_is_told_to_the_plugin_and_stores_nothing(
    stack: Stack, plugin: Plugin, tmp_path: Path
) -> None:
    plugin.key = "osk_" + "x" * 38
    session = str(uuid.uuid4())

    output = plugin.run(
        "hook",
        "SessionStart",
        event={"session_id": session, "hook_event_name": "SessionStart", "source": "startup"},
    )

    assert "401" in output or "Invalid API key" in output
    with httpx.Client(base_url=stack.url, headers=stack.authorization) as api:
        sessions = api.get("/api/sessions", params={"limit": 200}).json()["sessions"]
    assert session not in [s["externalId"] for s in sessions]
