"""What is particular to the index in Qdrant."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from sidecar.errors import ConfigError
from sidecar.index.base import IndexUnavailable
from sidecar.index.opening import open_index
from sidecar.index.qdrant import QdrantIndex, open_qdrant
from tests.indexes import SPACE, clustered, entries

HELD = entries(clustered(12, SPACE.dimensions, clusters=3, spread=0.5))
QUERY = HELD[3].vector


@pytest.fixture
async def index() -> AsyncIterator[QdrantIndex]:
    async with open_qdrant(":memory:", SPACE) as opened:
        await opened.upsert(HELD)
        yield opened


@pytest.mark.parametrize("scope", ["sessions", "messages", "all"])
async def test_every_search_is_filtered_by_user(
    index: QdrantIndex, monkeypatch: pytest.MonkeyPatch, scope: Any
) -> None:
    filters: list[Any] = []
    query_points = index._client.query_points

    async def watched(*args: Any, **named: Any) -> Any:
        filters.append(named["query_filter"])
        return await query_points(*args, **named)

    monkeypatch.setattr(index._client, "query_points", watched)
    await index.search("ann", QUERY, 5, scope=scope)
    await index.search("ann", QUERY, 5, scope=scope, sessions={HELD[0].session}, exclude={"x"})

    assert len(filters) == 2
    for used in filters:
        assert used.must[0].key == "user"
        assert used.must[0].match.value == "ann"


async def test_nobody_owns_the_watermark(index: QdrantIndex) -> None:
    await index.save("now")

    assert await index.search("", QUERY, 100) == []
    assert await index.count("") == 0
    await index.remove_user("")
    await index.start()
    assert index.watermark == "now"
    assert await index.ids() == {entry.id for entry in HELD}


async def test_points_and_watermark_are_there_after_a_start(tmp_path: Path) -> None:
    for _ in range(2):  # the same ids again make no further points
        async with open_qdrant(str(tmp_path), SPACE) as index:
            await index.upsert(HELD)
            await index.save("now")

    async with open_qdrant(str(tmp_path), SPACE) as index:
        assert index.watermark == "now"
        assert await index.count("ann") == len(HELD)
        assert [hit.id for hit in await index.search("ann", QUERY, 1)] == [HELD[3].id]


async def test_more_points_than_one_request_takes(index: QdrantIndex) -> None:
    many = entries(clustered(700, SPACE.dimensions, clusters=9, spread=0.5), user="bob")

    await index.upsert(many)

    assert await index.count("bob") == 700
    await index.remove([entry.id for entry in many])
    assert await index.count("bob") == 0


@pytest.mark.parametrize(
    "failure",
    [
        ResponseHandlingException(httpx.ConnectError("secret-host refused")),
        UnexpectedResponse(500, "secret", b"secret", httpx.Headers()),
    ],
)
async def test_what_qdrant_says_when_it_fails_reaches_no_answer(
    index: QdrantIndex, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(index._client, "query_points", fail)

    with pytest.raises(IndexUnavailable) as raised:
        await index.search("ann", QUERY, 1)
    assert raised.value.status == 503
    assert "secret" not in raised.value.message


async def test_without_the_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "sidecar.index.qdrant")
    monkeypatch.setitem(sys.modules, "qdrant_client", None)

    with pytest.raises(ConfigError, match=r"opensync-pocketbase\[qdrant\]"):
        await open_index(SPACE, folder=tmp_path, qdrant_url="http://qdrant.test").__aenter__()


async def test_an_index_without_a_url_is_kept_in_the_folder(tmp_path: Path) -> None:
    async with open_index(SPACE, folder=tmp_path) as index:
        await index.upsert(HELD)
        await index.save("now")

    async with open_index(SPACE, folder=tmp_path) as index:
        assert await index.count("ann") == len(HELD)


async def test_a_url_leads_to_qdrant(tmp_path: Path) -> None:
    async with open_index(SPACE, folder=tmp_path, qdrant_url=":memory:") as index:
        assert isinstance(index, QdrantIndex)
