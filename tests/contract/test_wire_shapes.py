"""Every shape of request that a published plugin has sent, and the answers they rely on.

The shapes are those of `wire.md` §3 and §4; where a plugin's source could not be had, its
documentation is the witness.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.conftest import Tenant, make_tenant
from tests.serving import Service
from tests.stored import accepted, message_of, post, session_of, transcript

Body = dict[str, Any]
ISO = "2025-03-01T10:00:00.123Z"
ISO_MS = 1_740_823_200_123
MS = 1_760_000_000_000
BASE = "http://opensync.test"


@dataclass(frozen=True)
class Shape:
    """What one plugin sends about the session `s`, and what is shown of it afterwards."""

    name: str
    requests: list[tuple[str, Body]]
    session: Body = field(default_factory=dict)
    messages: list[Body] = field(default_factory=list)


SHAPES = [
    Shape(
        "claude-code-sync up to 0.1.7: raw hook data",
        [
            (
                "session",
                {
                    "sessionId": "s",
                    "source": "claude-code",
                    "cwd": "/home/dev/proj",
                    "gitBranch": "main",
                    "permissionMode": "default",
                    "mcpServers": ["github"],
                    "model": "claude-sonnet-4",
                    "tokenUsage": {"input": 120, "output": 30},
                    "costEstimate": 0.0123,
                    "messageCount": 3,
                    "toolCallCount": 1,
                    "startedAt": ISO,
                    "endedAt": "2025-03-01T10:05:00Z",
                },
            ),
            (
                "message",
                {
                    "sessionId": "s",
                    "messageId": "m1",
                    "role": "user",
                    "content": "Read hello.txt",
                    "timestamp": ISO,
                },
            ),
            (
                "message",
                {
                    "sessionId": "s",
                    "messageId": "m2",
                    "role": "assistant",
                    "content": "",
                    "timestamp": "2025-03-01T11:00:01+01:00",
                    "toolName": "Read",
                    "toolArgs": {"file_path": "hello.txt"},
                    "toolResult": {"content": "hello"},
                },
            ),
        ],
        session={
            "externalId": "s",
            "source": "claude-code",
            "projectPath": "/home/dev/proj",
            "model": "claude-sonnet-4",
            "promptTokens": 120,
            "completionTokens": 30,
            "totalTokens": 150,
            "cost": 0.0123,
            "createdAt": ISO_MS,
            "messageCount": 2,
        },
        messages=[
            {
                "externalId": "m1",
                "role": "user",
                "textContent": "Read hello.txt",
                "createdAt": ISO_MS,
                "parts": [],
            },
            {
                "externalId": "m2",
                "createdAt": 1_740_823_201_000,
                "parts": [
                    {
                        "type": "tool-call",
                        "content": {"toolName": "Read", "args": {"file_path": "hello.txt"}},
                    },
                    {"type": "tool-result", "content": {"content": "hello"}},
                ],
            },
        ],
    ),
    Shape(
        "claude-code-sync 0.1.8: tool_use parts",
        [
            ("session", {"externalId": "s", "source": "claude-code"}),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "toolu_01",
                    "role": "assistant",
                    "source": "claude-code",
                    "parts": [
                        {
                            "type": "tool_use",
                            "content": {"toolName": "Bash", "args": {"c": "ls"}, "result": "a b"},
                        }
                    ],
                },
            ),
        ],
        messages=[
            {
                "textContent": None,
                "parts": [
                    {
                        "type": "tool_use",
                        "content": {"toolName": "Bash", "args": {"c": "ls"}, "result": "a b"},
                    }
                ],
            }
        ],
    ),
    Shape(
        "claude-code-sync before 0.1.10: tool content as a JSON string",
        [
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "t",
                    "role": "assistant",
                    "parts": [{"type": "tool-call", "content": '{"toolName":"Read","args":{}}'}],
                },
            ),
        ],
        messages=[
            {"parts": [{"type": "tool-call", "content": '{"toolName":"Read","args":{}}'}]},
        ],
    ),
    Shape(
        "claude-code-sync 0.1.15: nulls where a hook had nothing",
        [
            (
                "session",
                {
                    "externalId": "s",
                    "source": "claude-code",
                    "title": "",
                    "model": None,
                    "cost": None,
                    "durationMs": None,
                    "promptTokens": None,
                    "endReason": "prompt_input_exit",
                    "messageCount": 2,
                    "toolCallCount": 4,
                },
            ),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "m",
                    "role": "assistant",
                    "source": "claude-code",
                    "durationMs": None,
                    "textContent": "Hi",
                },
            ),
        ],
        session={"title": None, "cost": 0, "durationMs": None, "messageCount": 1},
        messages=[{"textContent": "Hi", "durationMs": None}],
    ),
    Shape(
        "opencode: a live message without source, and its session from the command line",
        [
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "msg_1",
                    "role": "assistant",
                    "textContent": "Done.",
                    "model": "gpt-5",
                    "promptTokens": 10,
                    "completionTokens": 2,
                    "durationMs": 900,
                },
            ),
            (
                "session",
                {
                    "externalId": "s",
                    "title": "Fix the build",
                    "projectPath": "/home/dev/p",
                    "projectName": "p",
                    "model": {"id": "gpt-5", "providerID": "openai", "variant": "high"},
                    "provider": "openai",
                    "promptTokens": 0,
                    "completionTokens": 0,
                    "cost": 0,
                },
            ),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "msg_2",
                    "role": "assistant",
                    "textContent": "",
                    "model": {"modelID": "gpt-5-mini", "providerID": "openai"},
                },
            ),
        ],
        session={
            "source": "opencode",
            "title": "Fix the build",
            "model": "gpt-5",
            "provider": "openai",
            "totalTokens": 0,
        },
        messages=[
            {"textContent": "Done.", "model": "gpt-5", "promptTokens": 10, "durationMs": 900},
            {"textContent": None, "model": "gpt-5-mini"},
        ],
    ),
    Shape(
        "opencode: the session of a connection test",
        [
            (
                "session",
                {
                    "externalId": "s",
                    "title": "Connection Test",
                    "model": "test",
                    "provider": "opencode-sync-cli",
                    "promptTokens": 0,
                    "completionTokens": 0,
                    "cost": 0,
                },
            )
        ],
        session={"title": "Connection Test", "model": None, "provider": "opencode-sync-cli"},
    ),
    Shape(
        "droid-sync: a session, then its whole history in a batch",
        [
            (
                "session",
                {
                    "externalId": "s",
                    "source": "factory-droid",
                    "title": "T",
                    "durationMs": 61000,
                },
            ),
            (
                "batch",
                {
                    "sessions": [],
                    "messages": [
                        {
                            "sessionExternalId": "s",
                            "externalId": "d1",
                            "role": "user",
                            "source": "factory-droid",
                            "textContent": "key [REDACTED]",
                        },
                        {
                            "sessionExternalId": "s",
                            "externalId": "d1-tool-x",
                            "role": "assistant",
                            "source": "factory-droid",
                            "parts": [
                                {
                                    "type": "tool_use",
                                    "content": {"toolName": "Edit", "args": {"f": 1}},
                                }
                            ],
                        },
                    ],
                },
            ),
        ],
        session={"source": "factory-droid", "durationMs": 61000, "messageCount": 2},
        messages=[
            {"externalId": "d1", "textContent": "key [REDACTED]"},
            {
                "externalId": "d1-tool-x",
                "parts": [{"type": "tool_use", "content": {"toolName": "Edit", "args": {"f": 1}}}],
            },
        ],
    ),
    Shape(
        "pi: messages with a time and without a source, before their session",
        [
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-user-1",
                    "role": "user",
                    "textContent": "go",
                    "createdAt": MS,
                },
            ),
            (
                "session",
                {
                    "externalId": "s",
                    "source": "pi",
                    "title": "Untitled",
                    "model": "Fake One",
                    "provider": "fake provider",
                    "messageCount": 2,
                    "totalTokens": 30,
                    "promptTokens": 20,
                    "completionTokens": 10,
                    "cost": 0.5,
                    "durationMs": 3000,
                },
            ),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-assistant-2",
                    "role": "assistant",
                    "textContent": "on it",
                    "model": "fake-1",
                    "promptTokens": 20,
                    "completionTokens": 10,
                    "createdAt": MS + 5,
                    "parts": [
                        {"type": "thinking", "content": "hm"},
                        {"type": "text", "content": "on it"},
                        {"type": "tool-call", "content": {"toolName": "ls", "args": {"p": "."}}},
                        {"type": "tool-result", "content": "a b c"},
                    ],
                },
            ),
            ("session", {"externalId": "s", "source": "pi", "title": "[Fork::0a1b2c3d] go"}),
        ],
        session={
            "source": "pi",
            "title": "[Fork::0a1b2c3d] go",
            "model": "Fake One",
            "provider": "fake provider",
            "totalTokens": 30,
            "durationMs": 3000,
            "createdAt": MS,
        },
        messages=[
            {"externalId": "s-user-1", "createdAt": MS},
            {
                "externalId": "s-assistant-2",
                "createdAt": MS + 5,
                "model": "fake-1",
                "parts": [
                    {"type": "thinking", "content": "hm"},
                    {"type": "text", "content": "on it"},
                    {"type": "tool-call", "content": {"toolName": "ls", "args": {"p": "."}}},
                    {"type": "tool-result", "content": "a b c"},
                ],
            },
        ],
    ),
    Shape(
        "pi: a fork's batch, with times that older servers refused",
        [
            (
                "batch",
                {
                    "sessions": [
                        {"externalId": "s", "source": "pi", "createdAt": MS, "messageCount": 1}
                    ],
                    "messages": [
                        {
                            "sessionExternalId": "s",
                            "externalId": "s-user-1",
                            "role": "user",
                            "textContent": "x",
                            "createdAt": MS + 1,
                        }
                    ],
                },
            )
        ],
        session={"createdAt": MS, "messageCount": 1},
        messages=[{"createdAt": MS + 1}],
    ),
    Shape(
        "codex-sync up to 1.0.6: its own names",
        [
            (
                "session",
                {
                    "sessionId": "s",
                    "source": "codex-cli",
                    "model": "gpt-5-codex",
                    "inputTokens": 400,
                    "outputTokens": 50,
                    "totalTokens": 450,
                    "cost": 0.02,
                    "startedAt": MS,
                    "endedAt": MS + 60_000,
                },
            ),
            (
                "message",
                {
                    "sessionId": "s",
                    "messageId": "0",
                    "role": "assistant",
                    "content": "Listing.",
                    "timestamp": MS + 1,
                    "toolCalls": [
                        {"id": "c1", "name": "shell", "arguments": '{"command":["ls"]}'},
                        {"id": "c2", "name": "shell", "arguments": "{}"},
                    ],
                },
            ),
        ],
        session={
            "source": "codex-cli",
            "promptTokens": 400,
            "completionTokens": 50,
            "totalTokens": 450,
            "createdAt": MS,
        },
        messages=[
            {
                "textContent": "Listing.",
                "createdAt": MS + 1,
                "parts": [
                    {
                        "type": "tool-call",
                        "content": {"id": "c1", "name": "shell", "arguments": '{"command":["ls"]}'},
                    },
                    {
                        "type": "tool-call",
                        "content": {"id": "c2", "name": "shell", "arguments": "{}"},
                    },
                ],
            }
        ],
    ),
    Shape(
        "codex-sync 1.0.7: a whole session again with every turn",
        [
            (
                "batch",
                {
                    "sessions": [{"externalId": "s", "source": "codex-cli", "promptTokens": turn}],
                    "messages": [
                        {
                            "sessionExternalId": "s",
                            "externalId": f"s-{index}",
                            "role": "user",
                            "textContent": f"turn {index}",
                        }
                        for index in range(turn)
                    ],
                },
            )
            for turn in (1, 2, 3)
        ],
        session={"promptTokens": 3, "messageCount": 3},
        messages=[{"textContent": f"turn {index}"} for index in range(3)],
    ),
    Shape(
        "cursor-opensync-plugin 1.0.10: the tool role, string contents, timestamp",
        [
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-user-1",
                    "source": "cursor",
                    "role": "user",
                    "textContent": "List files",
                    "timestamp": MS,
                    "promptTokens": 4,
                },
            ),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-shell-2",
                    "source": "cursor",
                    "role": "tool",
                    "parts": [{"type": "tool_use", "content": "ls -la"}],
                    "timestamp": MS + 1,
                },
            ),
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-edit-3",
                    "source": "cursor-sync",
                    "role": "tool",
                    "parts": [{"type": "tool_use", "content": '{"file":"a.py","edits":[]}'}],
                    "timestamp": MS + 2,
                },
            ),
            ("session", {"externalId": "s", "source": "cursor", "title": "List files"}),
        ],
        session={"source": "cursor-sync", "title": "List files", "createdAt": MS},
        messages=[
            {"role": "user", "createdAt": MS, "promptTokens": 4},
            {"role": "tool", "parts": [{"type": "tool_use", "content": "ls -la"}]},
            {
                "role": "tool",
                "parts": [{"type": "tool_use", "content": '{"file":"a.py","edits":[]}'}],
            },
        ],
    ),
    Shape(
        "cursor-opensync-plugin before 1.0.10: content, inputTokens, toolName",
        [
            (
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "s-mcp-1",
                    "source": "cursor",
                    "role": "tool",
                    "content": "called",
                    "inputTokens": 7,
                    "outputTokens": 8,
                    "toolName": "search",
                    "toolInput": {"q": "x"},
                    "toolOutput": "found",
                },
            )
        ],
        session={"source": "cursor-sync"},
        messages=[
            {
                "textContent": "called",
                "promptTokens": 7,
                "completionTokens": 8,
                "parts": [
                    {"type": "tool-call", "content": {"toolName": "search", "args": {"q": "x"}}},
                    {"type": "tool-result", "content": "found"},
                ],
            }
        ],
    ),
    Shape(
        "times as text, in seconds, with a fraction and without a zone",
        [
            ("session", {"externalId": "s", "createdAt": "2025-03-01T10:00:00.123"}),
            ("message", {"sessionExternalId": "s", "externalId": "1", "timestamp": 1_740_823_201}),
            (
                "message",
                {"sessionExternalId": "s", "externalId": "2", "timestamp": "1740823202000"},
            ),
            (
                "message",
                {"sessionExternalId": "s", "externalId": "3", "timestamp": 1_740_823_203_000.4},
            ),
        ],
        session={"createdAt": ISO_MS},
        messages=[
            {"createdAt": 1_740_823_201_000},
            {"createdAt": 1_740_823_202_000},
            {"createdAt": 1_740_823_203_000},
        ],
    ),
    Shape(
        "numbers where names are expected",
        [
            ("session", {"externalId": 42, "title": 7}),
            ("message", {"sessionExternalId": 42, "externalId": 1, "textContent": 3.5}),
        ],
        session={"externalId": "42", "title": "7"},
        messages=[{"externalId": "1", "textContent": "3.5"}],
    ),
]


@pytest.fixture(scope="module")
async def shared(service: Service) -> Tenant:
    """One tenant for tests that look only at answers."""
    return await make_tenant(service)


def holds(shown: Body, expected: Body) -> None:
    assert {key: shown[key] for key in expected} == expected


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
async def test_what_a_plugin_sends_is_shown_as_it_was_meant(tenant: Tenant, shape: Shape) -> None:
    for path, body in shape.requests:
        answer = await accepted(tenant, path, body)
        assert answer.get("errors", []) == []

    shown = await transcript(tenant, shape.session.get("externalId", "s"))
    holds(shown["session"], shape.session)
    assert len(shown["messages"]) == len(shape.messages)
    for message, expected in zip(shown["messages"], shape.messages, strict=True):
        holds(message, expected)


async def test_what_no_column_holds_is_kept_aside(tenant: Tenant) -> None:
    raw = {"sessionId": "s", "permissionMode": "default", "mcpServers": ["github"], "gone": None}
    await accepted(tenant, "session", raw)
    message = {"sessionExternalId": "s", "externalId": "m", "hookEvent": "Stop"}
    await accepted(tenant, "message", message)

    assert (await session_of(tenant))["extra"] == {
        "permissionMode": "default",
        "mcpServers": ["github"],
    }
    assert (await message_of(tenant))["extra"] == {"hookEvent": "Stop"}


ALIASES = [
    ("session", {"sessionId": "s"}),
    ("session", {"externalId": "s", "sessionId": "other"}),
    ("session", {"externalId": None, "sessionId": "s"}),
    ("message", {"sessionId": "s", "messageId": "m"}),
    ("message", {"sessionExternalId": None, "sessionId": "s", "externalId": "m"}),
    ("message", {"sessionExternalId": "s", "externalId": None, "messageId": "m"}),
]


@pytest.mark.parametrize(("path", "body"), ALIASES)
async def test_an_id_may_come_under_either_name_and_null_is_no_id(
    tenant: Tenant, path: str, body: Body
) -> None:
    await accepted(tenant, path, body)

    assert (await session_of(tenant))["externalId"] == "s"


ALIASED_VALUES = [
    ("session", {"projectPath": None, "cwd": "/p"}, "projectPath", "/p"),
    ("session", {"promptTokens": None, "inputTokens": 5}, "promptTokens", 5),
    ("session", {"completionTokens": None, "outputTokens": 5}, "completionTokens", 5),
    ("session", {"cost": None, "costEstimate": 0.5}, "cost", 0.5),
    ("session", {"createdAt": None, "startedAt": MS}, "createdAt", MS),
    ("session", {"promptTokens": None, "tokenUsage": {"input": 5}}, "promptTokens", 5),
    ("message", {"textContent": None, "content": "x"}, "textContent", "x"),
    ("message", {"promptTokens": None, "inputTokens": 5}, "promptTokens", 5),
    ("message", {"createdAt": None, "timestamp": MS}, "createdAt", MS),
]


@pytest.mark.parametrize(("path", "body", "name", "value"), ALIASED_VALUES)
async def test_a_null_under_one_name_does_not_hide_the_value_under_another(
    tenant: Tenant, path: str, body: Body, name: str, value: Any
) -> None:
    ids = {"session": {"externalId": "s"}, "message": {"sessionExternalId": "s", "externalId": "m"}}
    await accepted(tenant, path, {**ids[path], **body})

    record = await (session_of(tenant) if path == "session" else message_of(tenant))
    assert record[name] == value


# Addresses.

PREFIXES = [
    "",
    "/",
    "//",
    "/api",
    "//api",
    "/.convex.site",
    "/.convex.site/",
    "//.convex.site",
    "/.convex.site/api",
    "//.convex.site//api/",
]


def calls(name: str) -> list[tuple[str, str, Body | None]]:
    """Return every sync call, about the session `name`."""
    return [
        ("POST", "/sync/session", {"externalId": name}),
        ("POST", "/sync/message", {"sessionExternalId": name, "externalId": "m"}),
        ("POST", "/sync/batch", {"sessions": [{"externalId": name}]}),
        ("GET", "/sync/sessions/list", None),
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("suffix", ["", "/"])
async def test_every_way_to_write_the_address_leads_to_the_same_call(
    shared: Tenant, prefix: str, suffix: str
) -> None:
    name = uuid.uuid4().hex
    async with shared.api as api:
        for method, path, body in calls(name):
            # The full URL: httpx would mend the slashes of a path.
            answer = await api.request(method, f"{BASE}{prefix}{path}{suffix}", json=body)
            assert answer.status_code == 200, (path, answer.text)

    assert (await session_of(shared, name))["messageCount"] == 1


@pytest.mark.parametrize(
    "path", ["/health", "//health", "/health/", "/.convex.site/health", "/api/sync/health"]
)
async def test_health_answers_anybody(service: Service, path: str) -> None:
    async with service.client() as nobody:
        answer = await nobody.get(f"{BASE}{path}")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert isinstance(answer.json()["timestamp"], int)


async def test_read_calls_answer_under_the_convex_prefix_too(tenant: Tenant) -> None:
    async with tenant.api as api:
        for path in ("/api/sessions", "/api/stats"):
            assert (await api.get(f"{BASE}/.convex.site{path}")).status_code == 200


# Answers.

NODE = {
    "accept": "*/*",
    "accept-language": "*",
    "sec-fetch-mode": "cors",
    "user-agent": "node",
    "accept-encoding": "gzip, deflate",
}
BUN = {"user-agent": "opencode/1.18.33", "accept-encoding": "gzip, deflate, br, zstd"}

ANSWERS: list[tuple[str, str, Body | None, Body]] = [
    ("POST", "/sync/session", {"externalId": "s"}, {"ok": True, "success": True, "sessionId": ...}),
    (
        "POST",
        "/sync/message",
        {"sessionExternalId": "s", "externalId": "m"},
        {"ok": True, "success": True, "messageId": ...},
    ),
    (
        "POST",
        "/sync/batch",
        {
            "sessions": [{"externalId": "s"}],
            "messages": [{"sessionExternalId": "s", "externalId": str(n)} for n in range(400)],
        },
        {"ok": True, "success": True, "sessions": 1, "messages": 400, "errors": []},
    ),
    ("GET", "/sync/sessions/list", None, {"sessionIds": ...}),
    ("GET", "/health", None, {"status": "ok", "timestamp": ...}),
]


@pytest.mark.parametrize("headers", [NODE, BUN], ids=["node", "bun"])
@pytest.mark.parametrize(("method", "path", "body", "expected"), ANSWERS)
async def test_a_call_is_answered_200_with_plain_json(
    shared: Tenant, method: str, path: str, body: Body | None, expected: Body, headers: Body
) -> None:
    async with shared.api as api:
        answer = await api.request(method, path, json=body, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-length"] == str(len(answer.content))
    shown = answer.json()
    assert shown.keys() == expected.keys()
    assert {k: v for k, v in shown.items() if expected[k] is not ...} == {
        k: v for k, v in expected.items() if v is not ...
    }


async def test_the_answered_id_reads_the_session_back(tenant: Tenant) -> None:
    id = (await accepted(tenant, "session", {"externalId": "s", "title": "T"}))["sessionId"]

    async with tenant.api as api:
        shown = (await api.get("/api/sessions/get", params={"id": id})).json()
    assert shown["session"]["title"] == "T"


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("session", {"title": "T"}, "Missing externalId or sessionId"),
        ("session", {"externalId": ""}, "Missing externalId or sessionId"),
        ("session", {"externalId": None}, "Missing externalId or sessionId"),
        ("message", {"externalId": "m"}, "Missing sessionExternalId"),
        ("message", {"sessionExternalId": "s"}, "Missing externalId or messageId"),
    ],
)
async def test_a_missing_id_is_named(shared: Tenant, path: str, body: Body, sentence: str) -> None:
    answer = await post(shared, path, body)

    assert answer.status_code == 400
    assert answer.json() == {"error": sentence}


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        (None, "Missing Authorization header"),
        ("Bearer osk_0123456789abcdef", "Invalid API key"),
        ("Bearer sk-0123456789", "Invalid API key format"),
        ("Bearer", None),
        ("Basic dXNlcjpwYXNz", None),
    ],
)
@pytest.mark.parametrize(("method", "path", "body", "expected"), ANSWERS[:4])
async def test_a_caller_without_a_valid_key_is_told_so(
    service: Service,
    method: str,
    path: str,
    body: Body | None,
    expected: Body,
    authorization: str | None,
    sentence: str | None,
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with service.client() as nobody:
        answer = await nobody.request(method, path, json=body, headers=headers)

    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]
    if sentence is not None:
        assert answer.json() == {"error": sentence}


# Other origins.

CORS = "access-control-allow-origin"


def cors(answer: httpx.Response) -> str | None:
    value: str | None = answer.headers.get(CORS)
    return value


@pytest.mark.parametrize("path", ["/sync/session", "/api/sync/batch", "/api/sessions", "/health"])
async def test_a_preflight_is_answered_for_requests_with_a_key(service: Service, path: str) -> None:
    headers = {
        "Origin": "https://example.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with service.client() as nobody:
        answer = await nobody.options(path, headers=headers)

    assert answer.status_code == 204
    assert answer.content == b""
    assert cors(answer) == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert answer.headers["access-control-max-age"] == "86400"
    assert "access-control-allow-credentials" not in answer.headers


async def test_pages_of_other_origins_may_read_what_a_key_opens(tenant: Tenant) -> None:
    async with tenant.api as api:
        answers = [
            await api.get("/api/sessions"),
            await api.get("/api/sessions/000000000000000"),
            await api.post("/sync/session", json={"externalId": "s"}),
            await api.post("/sync/session", json={}),
        ]

    assert [answer.status_code for answer in answers] == [200, 404, 200, 400]
    assert {cors(answer) for answer in answers} == {"*"}


async def test_pages_of_other_origins_may_not_read_what_a_browser_session_opens(
    tenant: Tenant,
) -> None:
    async with tenant.browser as browser:
        answers = [
            await browser.get(path, headers={"Origin": "https://example.test"})
            for path in ("/api/me", "/api/sessions", "/api/keys", "/api/stats")
        ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert {cors(answer) for answer in answers} == {None}
