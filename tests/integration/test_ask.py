"""Questions are answered from one's own sessions, as a stream of events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import respx

from sidecar.app import create_app
from sidecar.config import Settings
from sidecar.domain import ids
from sidecar.lifespan import chosen_chat
from sidecar.services import ask as ask_module
from sidecar.services.search import SearchFilters
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase
from tests.serving import Service, serving
from tests.stored import accepted

BASE: Final = "http://chat.test/v1"
KEY: Final = "a-chat-key"
SECRET: Final = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"
MS: Final = 1_790_000_000_000
ANY: Final = SearchFilters()

Frame = tuple[str, dict[str, Any]]


def chunk(text: str = "", finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    value = {"id": "1", "object": "chat.completion.chunk", "model": "m", "created": 1}
    return b"data: " + json.dumps(value | {"choices": [choice]} | more).encode() + b"\n\n"


USAGE: Final = (
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],'
    b'"usage":{"prompt_tokens":120,"completion_tokens":7,"total_tokens":127}}\n\n'
)
DONE: Final = b"data: [DONE]\n\n"
GOOD: Final = [chunk("Raise "), chunk("max_overflow [1]."), chunk(finish="stop"), USAGE, DONE]


class Stream(httpx.AsyncByteStream):
    """A body that comes piece by piece; a wait stands for a model that thinks."""

    def __init__(self, pieces: list[bytes | asyncio.Event | Exception]) -> None:
        self._pieces = pieces
        self.closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                yield piece

    async def aclose(self) -> None:
        self.closed.set()


@dataclass
class Chat:
    """Stands in for the chat service: gives the answers it is told to, the last one for ever."""

    answers: list[Callable[[], httpx.Response] | Exception] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    thought: asyncio.Event = field(default_factory=asyncio.Event)  # cleared: answers wait for it

    def __post_init__(self) -> None:
        self.thought.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        self.headers.append(request.headers)
        await self.thought.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer()

    def says(self, *pieces: bytes | asyncio.Event | Exception) -> None:
        def answer() -> httpx.Response:
            self.streams.append(stream := Stream(list(pieces)))
            kind = {"Content-Type": "text/event-stream"}
            return httpx.Response(200, headers=kind, stream=stream)

        self.answers = [answer]

    def refuses(self, status: int, **headers: str) -> None:
        body = {"error": {"message": f"secret words {KEY}", "code": None}}
        self.answers = [lambda: httpx.Response(status, headers=headers, json=body)]

    @property
    def given(self) -> str:
        """All that the model was given the last time."""
        return "\n".join(message["content"] for message in self.asked[-1]["messages"])


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine, an answer begins with what the model says first."""
    monkeypatch.setattr(ask_module, "GRACE_SECONDS", 60.0)


@pytest.fixture
def chat() -> Iterator[Chat]:
    with respx.mock(assert_all_called=False) as router:
        chat = Chat()
        chat.says(*GOOD)
        router.post(f"{BASE}/chat/completions").mock(side_effect=chat)
        router.route(host="127.0.0.1").pass_through()
        yield chat


@pytest.fixture(scope="module")
async def asking(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A sidecar with a chat model."""
    settings = settings_for(
        pocketbase_process.url,
        tmp_path_factory.mktemp("asking"),
        chat_model="m",
        chat_base_url=BASE,
        chat_api_key=KEY,
    )
    async with serving(create_app(settings), settings) as running:
        yield running


def message(external: str, text: str, session: str = "pool", **more: Any) -> dict[str, Any]:
    base = {"sessionExternalId": session, "externalId": external, "role": "assistant"}
    return {**base, "textContent": text, "createdAt": MS, **more}


@pytest.fixture(scope="module")
async def ann(asking: Service) -> Tenant:
    """Somebody who once raised `max_overflow`, and pasted a secret."""
    tenant = await make_tenant(asking)
    session = {
        "externalId": "pool",
        "title": "Pool timeouts",
        "source": "pi",
        "projectName": "shop",
    }
    texts = ["Raise max_overflow in db.py", f"max_overflow wants {SECRET}", "A palette of colours"]
    sent = [message(f"m{n}", text) for n, text in enumerate(texts)]
    await accepted(tenant, "batch", {"sessions": [session], "messages": sent})
    return tenant


def frames(answer: httpx.Response) -> list[Frame]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    found: list[Frame] = []
    for block in answer.text.split("\n\n"):
        if block and not block.startswith(":"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def asked(tenant: Tenant, q: str = "max_overflow", **body: Any) -> httpx.Response:
    async with tenant.api as api:
        return await api.post("/api/ask", json={"q": q, **body})


def said(found: list[Frame]) -> str:
    return "".join(value["text"] for name, value in found if name == "delta")


async def test_a_question_is_answered_with_its_sources(ann: Tenant, chat: Chat) -> None:
    answer = await asked(ann)

    found = frames(answer)
    assert [name for name, _ in found] == ["sources", "delta", "delta", "done"]
    told = found[0][1]
    assert (told["requestedMode"], told["realisedMode"]) == ("hybrid", "fulltext")
    assert told["reason"]
    assert [source["n"] for source in told["sources"]] == [1, 2]
    session = ids.session_id(ann.id, "pool")
    by_message = {source["messageId"]: source for source in told["sources"]}
    source = by_message[ids.message_id(session, "m0")]
    assert source == {
        "n": source["n"],
        "sessionId": session,
        "messageId": ids.message_id(session, "m0"),
        "title": "Pool timeouts",
        "source": "pi",
        "projectName": "shop",
        "role": "assistant",
        "createdAt": MS,
        "snippet": "Raise max_overflow in db.py",
    }
    assert said(found) == "Raise max_overflow [1]."
    assert found[-1][1] == {
        "citations": [1],
        "usage": {"promptTokens": 120, "completionTokens": 7},
        "finishReason": "stop",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"


async def test_the_model_is_given_the_found_texts_without_secrets_and_nothing_else(
    ann: Tenant, chat: Chat
) -> None:
    await asked(ann)

    (body,) = chat.asked
    assert body.keys() == {"model", "messages", "stream", "stream_options", "max_tokens"}
    assert (body["model"], body["stream"], body["max_tokens"]) == ("m", True, 2_000)
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert "Raise max_overflow in db.py" in chat.given
    assert "palette" not in chat.given
    assert SECRET not in chat.given and chat.given.count("[GitHub token removed]") == 1
    for private in (ann.id, ann.record["email"], ann.key):
        assert private not in chat.given
    assert chat.headers[0]["authorization"] == f"Bearer {KEY}"

    await asked(ann, f"max_overflow {SECRET}")
    assert SECRET not in chat.given and chat.given.count("[GitHub token removed]") == 2


async def test_what_others_said_never_reaches_the_model(asking: Service, chat: Chat) -> None:
    first, second = await make_tenant(asking), await make_tenant(asking)
    for tenant, marker in ((first, "hers"), (second, "his")):
        sent = [message("m", f"identical selfsame words {marker}marker")]
        head = {"externalId": "pool", "title": f"Title {marker}marker"}
        await accepted(tenant, "batch", {"sessions": [head], "messages": sent})

    for tenant, own, foreign in ((first, "hers", "his"), (second, "his", "hers")):
        (told,) = [v for n, v in frames(await asked(tenant, "selfsame words")) if n == "sources"]
        assert f"{own}marker" in chat.given and f"{foreign}marker" not in chat.given
        assert [s["sessionId"] for s in told["sources"]] == [ids.session_id(tenant.id, "pool")]

    session = ids.session_id(second.id, "pool")
    chat.asked.clear()
    found = frames(await asked(first, "selfsame words", session=session))
    assert found[0][1]["sources"] == [] and chat.asked == []


async def test_where_nothing_is_found_no_model_is_asked(ann: Tenant, chat: Chat) -> None:
    for body in ({"q": "zebra"}, {"q": "max_overflow", "role": "tool"}, {"q": "***"}):
        found = frames(await asked(ann, **body))

        assert [name for name, _ in found] == ["sources", "delta", "done"]
        assert said(found).startswith("Nothing in your sessions matches")
        assert found[-1][1] == {"citations": [], "usage": None, "finishReason": "nothing_found"}
    assert chat.asked == []


async def test_no_more_sources_than_asked(ann: Tenant, chat: Chat) -> None:
    found = frames(await asked(ann, limit=1))

    assert len(found[0][1]["sources"]) == 1


async def test_a_browser_may_ask_and_another_site_may_not(ann: Tenant, chat: Chat) -> None:
    body = {"q": "max_overflow"}
    async with ann.browser as page:
        assert said(frames(await page.post("/api/ask", json=body)))
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await page.post("/api/ask", json=body, headers=foreign)).status_code == 403
    async with ann.service.client() as nobody:
        assert (await nobody.post("/api/ask", json=body)).status_code == 401
    assert len(chat.asked) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "Missing query parameter 'q'"),
        ([], "must be a JSON object"),
        ({"q": "x" * 100_000}, "4000"),
        ({"q": "x", "limit": 0}, "limit must be a whole number from 1 to 12."),
        ({"q": "x", "from": "soon"}, "from must be a time"),
    ],
)
async def test_what_cannot_be_understood_is_refused(
    body: Any, says: str, ann: Tenant, chat: Chat
) -> None:
    async with ann.api as api:
        answer = await api.post("/api/ask", json=body)

    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert chat.asked == []


async def test_without_a_model_the_answer_names_the_settings(
    service: Service, tenant: Tenant
) -> None:
    answer = await asked(tenant)

    assert answer.status_code == 501
    for name in ("OPENSYNC_CHAT_MODEL", "OPENSYNC_CHAT_API_KEY", "OPENSYNC_CHAT_BASE_URL"):
        assert name in answer.json()["error"]


@pytest.mark.parametrize(
    ("status", "calls", "answered", "says"),
    [
        (401, 1, 502, "OPENSYNC_CHAT_API_KEY"),
        (404, 1, 502, "OPENSYNC_CHAT_MODEL"),
        (400, 1, 502, "lower limit"),
        (307, 1, 502, "redirects"),
        (429, 2, 502, "rate limit"),
        (503, 2, 502, "again in a moment"),
        (504, 2, 504, "too long"),
    ],
)
async def test_a_model_that_fails_at_once_is_a_plain_error(
    status: int, calls: int, answered: int, says: str, ann: Tenant, chat: Chat
) -> None:
    chat.refuses(status, **{"Retry-After": "0.01", "Location": "http://else.test/"})

    answer = await asked(ann)

    assert answer.status_code == answered
    assert list(answer.json()) == ["error"] and says in answer.json()["error"]
    assert KEY not in answer.text and "secret words" not in answer.text
    assert len(chat.asked) == calls


async def test_a_model_that_cannot_be_reached_is_tried_once_more(ann: Tenant, chat: Chat) -> None:
    good = chat.answers[0]
    chat.answers = [httpx.ConnectError("no"), good]
    assert said(frames(await asked(ann)))

    chat.answers = [httpx.ConnectError("no")]
    answer = await asked(ann)

    assert answer.status_code == 502 and "cannot be reached" in answer.json()["error"]
    assert len(chat.asked) == 4


BROKEN: Final[list[tuple[list[Any], str]]] = [
    ([chunk("Half"), httpx.ReadError("gone")], "broke off"),
    ([chunk("Half")], "broke off"),
    ([chunk("Half"), b"data: {not json\n\n"], "broke off"),
    ([chunk("Half"), b'data: {"error": {"message": "secret words"}}\n\n'], "broke off"),
    ([chunk("Half"), b'data: {"choices": [{"delta": 5}]}\n\n'], "broke off"),
]


@pytest.mark.parametrize(("pieces", "says"), BROKEN)
async def test_a_model_that_fails_later_is_an_event_and_not_tried_again(
    pieces: list[Any], says: str, ann: Tenant, chat: Chat
) -> None:
    chat.says(*pieces)

    answer = await asked(ann)

    found = frames(answer)
    assert [name for name, _ in found] == ["sources", "delta", "error"]
    assert said(found) == "Half"
    assert says in found[-1][1]["error"] and "secret words" not in answer.text
    assert len(chat.asked) == 1


# The second has to say something in its time, on a busy machine, too.
@pytest.mark.parametrize(("answered", "seconds"), [("at once", 0.1), ("late", 3.0)])
async def test_a_model_that_falls_silent_is_given_up(
    answered: str, seconds: float, ann: Tenant, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()
    chat.says(*([chunk("Half")] if answered == "late" else []), never)
    monkeypatch.setattr(ann.service.context.ask._chat, "_timeout", seconds)

    answer = await asked(ann)

    if answered == "late":
        assert [name for name, _ in frames(answer)] == ["sources", "delta", "error"]
    else:
        assert answer.status_code == 504
    assert "was silent" in answer.text


async def test_while_the_model_thinks_the_sources_are_there_and_the_line_is_kept_open(
    ann: Tenant, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_module, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(ask_module, "HEARTBEAT_SECONDS", 0.01)
    thought = asyncio.Event()
    chat.says(thought, *GOOD)
    answer = await ann.service.context.ask.begin(ann.id, "max_overflow", ANY, 6)
    async with answer:
        events = answer.events()
        first = await anext(events)
        assert first is not None and first[0] == "sources"
        assert await anext(events) is None
        thought.set()
        names = [event[0] async for event in events if event is not None]
    assert names == ["delta", "delta", "done"]


async def test_a_failure_after_the_stream_began_is_an_event(
    ann: Tenant, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_module, "GRACE_SECONDS", 0.01)
    chat.refuses(401)
    chat.thought.clear()
    answer = await ann.service.context.ask.begin(ann.id, "max_overflow", ANY, 6)
    chat.thought.set()

    async with answer:
        names = [event[0] async for event in answer.events() if event is not None]

    assert names == ["sources", "error"]


async def test_who_goes_away_ends_the_request_to_the_model(ann: Tenant, chat: Chat) -> None:
    chat.says(chunk("Half"), asyncio.Event())
    gone = asyncio.Event()
    body = json.dumps({"q": "max_overflow"}).encode()
    received = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        if (first := next(received, None)) is not None:
            return first
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(sent: Any) -> None:
        if b"Half" in sent.get("body", b""):
            gone.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/ask",
        "raw_path": b"/api/ask",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {ann.key}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("opensync.test", 80),
        "state": {"context": ann.service.context},
    }
    app: Any = ann.service._app

    async with asyncio.timeout(60):
        await app(scope, receive, send)
        (stream,) = chat.streams
        await stream.closed.wait()


def chosen(tmp_path: Path, **values: Any) -> tuple[str, str, dict[str, Any]]:
    """Return address, key and limits of the chat model that these settings choose."""
    settings: Settings = settings_for("http://127.0.0.1:1", tmp_path, chat_model="m", **values)
    model: Any = chosen_chat(settings)
    client = model._client
    return str(client.base_url).rstrip("/"), client.api_key, model._limits


def test_the_embeddings_service_is_asked_where_no_other_is_named(tmp_path: Path) -> None:
    ollama = "http://127.0.0.1:11434/v1"
    openai = "https://api.openai.com/v1"

    assert chosen(tmp_path, embedding_api_key="e")[:2] == (openai, "e")
    assert chosen(tmp_path, embedding_base_url=ollama)[:2] == (ollama, "none")
    assert chosen(tmp_path, chat_api_key="c", embedding_api_key="e")[:2] == (openai, "c")
    # A key goes nowhere but to the service it was made for.
    assert chosen(tmp_path, chat_base_url=ollama, embedding_api_key="e")[:2] == (ollama, "none")
    assert chosen(tmp_path, chat_api_key="c")[2] == {"max_completion_tokens": 2_000}
    assert chosen(tmp_path, chat_base_url=ollama)[2] == {"max_tokens": 2_000}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "OPENSYNC_CHAT_API_KEY"),
        ({"chat_base_url": "not an address"}, "OPENSYNC_CHAT_BASE_URL is not an address"),
        ({"chat_api_key": "two words"}, "OPENSYNC_CHAT_API_KEY holds characters"),
    ],
)
async def test_a_wrong_setting_keeps_only_questions_from_being_answered(
    values: dict[str, str],
    says: str,
    pocketbase_process: RealPocketBase,
    tmp_path: Path,
) -> None:
    settings = settings_for(pocketbase_process.url, tmp_path, chat_model="m", **values)
    async with serving(create_app(settings), settings) as running:
        tenant = await make_tenant(running)
        answer = await asked(tenant)
        async with tenant.api as api:
            searched = await api.get("/api/search", params={"q": "x"})

    assert answer.status_code == 501 and says in answer.json()["error"]
    assert searched.status_code == 200
