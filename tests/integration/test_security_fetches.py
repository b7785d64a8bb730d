"""The server fetches nothing because of what somebody wrote: no picture, no link, no redirect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

import sidecar
from sidecar.chat import OpenAIChat
from sidecar.embeddings.base import EmbeddingError
from sidecar.embeddings.openai import OpenAIEmbedder
from sidecar.errors import ChatFailed
from sidecar.resources import resource
from tests.conftest import Tenant
from tests.pocketbase import RealPocketBase
from tests.stand_ins import Asked, Reply, StandIn
from tests.stored import accepted

# Where the sidecar opens connections, and to what: addresses that the operator sets.
OPENS: Final = {
    "pocketbase/client.py",  # OPENSYNC_POCKETBASE_URL
    "openai_api.py",  # OPENSYNC_EMBEDDING_BASE_URL, OPENSYNC_CHAT_BASE_URL
    "index/qdrant.py",  # OPENSYNC_QDRANT_URL
    "backup/bucket.py",  # the store of backups
    "stack/supervisor.py",  # the programs of the local stack
    "cli/backup.py",  # whether PocketBase still runs
    "cli/doctor.py",  # the same addresses, to see whether they answer
    "cli/embed.py",  # the sidecar itself
}
OPENERS: Final = {
    *("AsyncClient", "Client", "HTTPTransport", "AsyncHTTPTransport", "urlopen", "urlretrieve"),
    *("HTTPConnection", "HTTPSConnection", "create_connection", "open_connection"),
    *("AsyncOpenAI", "AsyncQdrantClient", "QdrantClient", "S3Store"),
}
VERBS: Final = {"get", "post", "put", "patch", "delete", "head", "request", "stream"}


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    """A server that only somebody's text names."""
    with StandIn(lambda _: Reply(200, [("Content-Type", "image/png")], b"picture")).running() as it:
        yield it


def opens_connections(source: str) -> bool:
    """Tell whether a module makes an HTTP client, or asks without one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("httpx"), attr=name)) if name in VERBS:
                return True
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in OPENERS:
                return True
    return False


def test_connections_are_opened_where_the_operator_says_whereto_and_nowhere_else() -> None:
    package = Path(sidecar.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if opens_connections(path.read_text("utf-8"))
    }

    assert found == OPENS
    for hook in resource("pb_hooks").rglob("*.js"):
        assert "$http" not in hook.read_text("utf-8"), hook


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("import httpx\nhttpx.get(url)", True),
        ("from urllib.request import urlopen\nurlopen(url)", True),
        ("import httpx\nasync def f():\n  async with httpx.AsyncClient() as http: pass", True),
        ("import httpx\nx = httpx.URL(url)\nheaders.get(url)", False),
    ],
)
def test_opening_a_connection_is_noticed(source: str, opens: bool) -> None:
    assert opens_connections(source) is opens


async def test_nothing_that_a_session_names_is_fetched(
    tenant: Tenant, elsewhere: StandIn, pocketbase_process: RealPocketBase
) -> None:
    url = f"{elsewhere.url}/picture.png"
    texts = (
        f"![a]({url}) [b]({url}) <{url}> <img src='{url}'> <link rel=preload href='{url}'>",
        f'<meta property="og:image" content="{url}"><script src="{url}"></script>',
        f"<!DOCTYPE a [<!ENTITY b SYSTEM '{url}'>]><a>&b;</a>",
    )
    parts = [
        *({"type": "text", "content": text} for text in texts),
        {"type": "image", "content": {"source": {"type": "url", "url": url}}},
        {"type": "image_url", "content": {"image_url": {"url": url}}},
        {"type": "file", "content": {"url": url, "mime": "image/png"}},
        {"type": "tool-call", "content": {"name": "WebFetch", "args": {"url": url}}},
    ]
    session = {"externalId": "s", "title": url, "projectPath": url, "model": url}
    message = {
        "sessionExternalId": "s",
        "externalId": "m",
        "role": "user",
        "textContent": "\n".join(texts),
        "parts": parts,
    }
    synced = await accepted(tenant, "batch", {"sessions": [session], "messages": [message]})
    assert synced["errors"] == []
    async with tenant.api as http:
        id = (await http.get("/api/sessions")).json()["sessions"][0]["id"]
        for format in ("json", "jsonl", "markdown", "csv", "html"):
            assert (await http.get(f"/api/export?id={id}&format={format}")).status_code == 200
        for path in ("search?q=picture", "context?q=picture", f"sessions/{id}"):
            assert (await http.get(f"/api/{path}")).status_code == 200
    async with tenant.browser as http:
        made = (await http.post(f"/api/sessions/{id}/publish", json={})).json()
    async with tenant.service.client() as stranger:
        for path in (f"/api/public/{made['slug']}", f"/s/{made['slug']}"):
            await stranger.get(path)
    async with httpx.AsyncClient(base_url=pocketbase_process.url) as direct:
        changed = await direct.patch(
            f"/api/collections/users/records/{tenant.id}",
            json={"avatarUrl": url},
            headers={"Authorization": await tenant.token()},
        )
        assert changed.status_code == 200

    assert elsewhere.asked == []
    async with httpx.AsyncClient() as http:
        await http.get(url)
    assert len(elsewhere.asked) == 1  # it would have heard


async def test_a_redirect_of_a_model_server_is_not_followed_and_the_key_stays(
    elsewhere: StandIn,
) -> None:
    def redirecting(_: Asked) -> Reply:
        return Reply(307, [("Location", f"{elsewhere.url}/v1/embeddings")])

    with StandIn(redirecting).running() as server:
        base, key = f"{server.url}/v1", "a-key-of-the-operator"
        embedder = OpenAIEmbedder(model="m", api_key=key, base_url=base, dimensions=8)
        chat = OpenAIChat(model="m", api_key=key, base_url=base, timeout=30, output_tokens=9)
        with pytest.raises(EmbeddingError):
            await embedder.embed(["text"])
        with pytest.raises(ChatFailed):
            async for _ in chat.stream([{"role": "user", "content": "text"}]):
                pass
        await embedder.aclose()
        await chat.aclose()

        assert {asked.header("Authorization") for asked in server.asked} == {f"Bearer {key}"}
    assert elsewhere.asked == []
