"""Requests recorded from the published plugins, replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sidecar.pocketbase.filters import bind
from tests.conftest import DATA, Tenant

RECORDINGS = sorted((DATA / "wire").glob("*.jsonl"))


def requests_of(recording: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in recording.read_text("utf-8").splitlines()]


async def replay(tenant: Tenant, recording: Path) -> list[int]:
    async with tenant.api as api:
        answers = [
            await api.request(r["method"], r["path"], json=r["body"] if r["body"] else None)
            for r in requests_of(recording)
        ]
    return [answer.status_code for answer in answers]


async def rows(tenant: Tenant, collection: str, filter: str) -> list[dict[str, Any]]:
    found = tenant.service.context.pocketbase.every(collection, bind(filter, user=tenant.id))
    return [record async for record in found]


def expected(recording: Path) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the ids of the sessions and messages that the recording names."""
    sessions, messages = set(), set()
    for request in requests_of(recording):
        body = request["body"] or {}
        if request["path"].endswith("/session"):
            sessions.add(body["externalId"])
        elif request["path"].endswith("/message"):
            messages.add((body["sessionExternalId"], body["externalId"]))
    return sessions | {session for session, _ in messages}, messages


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
async def test_a_replayed_plugin_leaves_each_row_once_and_true_counters(
    tenant: Tenant, recording: Path
) -> None:
    first = await replay(tenant, recording)
    before = await rows(tenant, "messages", "session.user = {:user}")
    second = await replay(tenant, recording)

    assert set(first) == set(second) == {200}
    sessions = await rows(tenant, "sessions", "user = {:user}")
    messages = await rows(tenant, "messages", "session.user = {:user}")
    names = {session["id"]: session["externalId"] for session in sessions}
    wanted_sessions, wanted_messages = expected(recording)
    assert sorted(names.values()) == sorted(wanted_sessions)
    assert sorted((names[m["session"]], m["externalId"]) for m in messages) == sorted(
        wanted_messages
    )
    for session in sessions:
        mine = [message for message in messages if message["session"] == session["id"]]
        assert session["messageCount"] == len(mine)
    assert messages == before
