"""The embedder for OpenAI's protocol against an API that respx stands in for."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import httpx
import numpy as np
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.space import Space
from sidecar.embeddings.answers import Expected, decoded
from sidecar.embeddings.base import (
    EmbedderMisconfigured,
    EmbedderRefused,
    EmbedderUnavailable,
    EmbeddingError,
    Vectors,
)
from sidecar.embeddings.openai import OpenAIEmbedder
from sidecar.embeddings.vectors import normalised
from sidecar.errors import ConfigError

BASE: Final = "http://embeddings.test/v1"
DIMENSIONS: Final = 8


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A vector that depends on the text and is not of length 1."""
    seed = int.from_bytes(text.encode()[:8], "big") + len(text)
    return [float(x) for x in np.random.default_rng(seed).normal(size=dimensions) * 7]


def unit(text: str) -> Vectors:
    row: Vectors = normalised(np.array([vector(text)]))[0]
    return row


class FakeApi:
    """Answers as OpenAI does, or, where it does not obey, lists whatever was asked for."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.length: int | None = None
        self.obeys = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.bodies.append(body)
        texts = body["input"]
        if not 1 <= len(texts) <= 2048 or not all(texts):
            return httpx.Response(400, json={"error": {"message": "bad input"}})
        length = self.length or body.get("dimensions", DIMENSIONS)
        items = [
            {"object": "embedding", "index": place, "embedding": self._shaped(text, body, length)}
            for place, text in enumerate(texts)
        ]
        return httpx.Response(200, json={"object": "list", "data": items[::-1], "model": "m"})

    def _shaped(self, text: str, body: dict[str, Any], length: int) -> Any:
        numbers = vector(text, length)
        if body["encoding_format"] == "base64" and self.obeys:
            return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()
        return numbers


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with respx.mock:
        fake = FakeApi()
        respx.post(f"{BASE}/embeddings").mock(side_effect=fake)
        yield fake


@pytest.fixture
async def embedder() -> AsyncIterator[OpenAIEmbedder]:
    made = OpenAIEmbedder(model="test-model", api_key="sk-1", base_url=BASE, dimensions=DIMENSIONS)
    yield made
    await made.aclose()


Answer = Callable[..., respx.Route]


@pytest.fixture
def answers() -> Iterator[Answer]:
    """Sets what the API answers."""
    with respx.mock:
        yield respx.post(f"{BASE}/embeddings").respond


# Vectors.


async def test_vectors_are_float32_of_length_1_and_in_the_order_of_the_texts(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    texts = ["one", "two", "three"]

    vectors = await embedder.embed(texts)

    assert vectors.dtype == np.float32
    assert vectors.shape == (3, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(vectors, [unit(text) for text in texts], atol=1e-6)


async def test_a_server_that_answers_lists_where_base64_was_asked_for_is_understood(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    api.obeys = False

    vectors = await embedder.embed(["one"])

    assert api.bodies[0]["encoding_format"] == "base64"
    np.testing.assert_allclose(vectors, [unit("one")], atol=1e-6)


async def test_a_server_that_refuses_base64_is_asked_for_lists_from_then_on(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    def picky(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["encoding_format"] == "base64":
            return httpx.Response(422, json={"detail": "encoding_format must be float"})
        return api(request)

    route = respx.post(f"{BASE}/embeddings").mock(side_effect=picky)

    for _ in range(2):
        np.testing.assert_allclose(await embedder.embed(["one"]), [unit("one")], atol=1e-6)
    assert route.call_count == 3


async def test_the_request_carries_model_key_and_texts_and_nothing_from_the_environment(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORG_ID", "PROJECT_ID", "API_KEY", "BASE_URL"):
        monkeypatch.setenv(f"OPENAI_{name}", "http://elsewhere.test")
    made = OpenAIEmbedder(model="m", api_key=" sk-1\n", base_url=f"{BASE}/", dimensions=DIMENSIONS)

    await made.embed(["one"])
    await made.aclose()

    headers = respx.calls.last.request.headers
    assert headers["authorization"] == "Bearer sk-1"
    assert not any("elsewhere" in value for value in headers.values())
    assert api.bodies == [{"model": "m", "input": ["one"], "encoding_format": "base64"}]


# Calls.


async def test_a_thousand_messages_are_one_call(api: FakeApi, embedder: OpenAIEmbedder) -> None:
    await embedder.embed([f"Message {number} says something short." for number in range(1_000)])

    assert len(api.bodies) == 1


async def test_calls_are_no_more_than_the_limits_of_the_api_ask_for(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    vectors = await embedder.embed([f"text {number}" for number in range(5_000)])

    assert [len(body["input"]) for body in api.bodies] == [2048, 2048, 904]
    np.testing.assert_allclose(vectors[4_999], unit("text 4999"), atol=1e-6)


async def test_blank_texts_are_not_sent_and_have_a_zero_row(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    vectors = await embedder.embed(["", "one", " \n\t"])

    assert [body["input"] for body in api.bodies] == [["one"]]
    assert not vectors[[0, 2]].any()
    np.testing.assert_allclose(vectors[1], unit("one"), atol=1e-6)


@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"]])
async def test_nothing_to_embed_is_no_call(
    api: FakeApi, embedder: OpenAIEmbedder, texts: list[str]
) -> None:
    vectors = await embedder.embed(texts)

    assert vectors.shape == (len(texts), DIMENSIONS)
    assert api.bodies == []


async def test_a_text_over_the_models_limit_is_cut(api: FakeApi, embedder: OpenAIEmbedder) -> None:
    await embedder.embed(["word " * 10_000])

    (sent,) = api.bodies[0]["input"]
    assert len(sent) <= embedder.max_input_tokens * 2


async def test_broken_unicode_and_nul_are_mended_before_they_are_sent(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    await embedder.embed(["half \ud83d", "nul \0."])

    assert api.bodies[0]["input"] == ["half \ufffd", "nul \ufffd."]


# Dimensions.


async def test_openais_models_need_no_dimensions(api: FakeApi) -> None:
    made = OpenAIEmbedder(model="text-embedding-3-small", api_key="k", base_url=BASE)
    api.length = 1536

    vectors = await made.embed(["one"])
    await made.aclose()

    assert made.space == Space("text-embedding-3-small", 1536)
    assert vectors.shape == (1, 1536)
    assert "dimensions" not in api.bodies[0]


@pytest.mark.parametrize("obeys", [True, False], ids=["shortened there", "shortened here"])
async def test_fewer_dimensions_are_asked_for_and_scaled_anew(api: FakeApi, obeys: bool) -> None:
    made = OpenAIEmbedder(
        model="text-embedding-3-small", api_key="k", base_url=BASE, dimensions=512
    )
    api.length = 512 if obeys else 1536

    vectors = await made.embed(["one"])
    await made.aclose()

    assert api.bodies[0]["dimensions"] == 512
    assert vectors.shape == (1, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_ollamas_names_are_known_with_and_without_their_tag() -> None:
    for name in ("nomic-embed-text", "nomic-embed-text:latest"):
        assert OpenAIEmbedder(model=name, base_url=BASE).space == Space(name, 768)


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [("unheard-of", None), ("text-embedding-3-small", 3072), ("nomic-embed-text", 256)],
)
def test_dimensions_that_are_missing_or_not_to_be_had_are_a_setting(
    model: str, dimensions: int | None
) -> None:
    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_DIMENSIONS"):
        OpenAIEmbedder(model=model, base_url=BASE, dimensions=dimensions)


async def test_vectors_of_another_length_name_the_setting_that_mends_it(
    api: FakeApi, embedder: OpenAIEmbedder
) -> None:
    api.length = 12

    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_DIMENSIONS=12"):
        await embedder.embed(["one"])


def test_pieces_fit_the_model_and_are_not_longer_than_a_page() -> None:
    small = OpenAIEmbedder(model="mxbai-embed-large", base_url=BASE)
    large = OpenAIEmbedder(model="text-embedding-3-small", base_url=BASE)
    told = OpenAIEmbedder(model="m", base_url=BASE, dimensions=8, input_tokens=1_000)

    assert [e.window_bytes for e in (small, large, told)] == [1_024, 4_000, 2_000]


# Errors.


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_a_setting(
    answers: Answer, embedder: OpenAIEmbedder, status: int
) -> None:
    answers(status, json={"error": {"message": "Incorrect API key provided: sk-1"}})

    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_API_KEY") as caught:
        await embedder.embed(["one"])
    assert isinstance(caught.value, ConfigError)
    assert "sk-1" not in caught.value.message


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 529])
async def test_what_passes_is_tried_once_and_can_be_tried_again(
    answers: Answer, embedder: OpenAIEmbedder, status: int
) -> None:
    route = answers(status)

    with pytest.raises(EmbedderUnavailable) as caught:
        await embedder.embed(["one"])
    assert caught.value.retry_after is None
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.2"}, 1),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "1e99"}, 3_600),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"retry-after-ms": "1500", "Retry-After": "60"}, 2),
        (
            {
                "Date": "Mon, 23 Nov 2026 06:00:00 GMT",
                "Retry-After": "Mon, 23 Nov 2026 06:00:30 GMT",
            },
            30,
        ),
        ({"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}, 0),
        ({"Retry-After": "Sat, 99 Jan 2000 00:00:00 GMT"}, None),
    ],
)
async def test_the_wait_that_the_api_asks_for_is_passed_on(
    answers: Answer, embedder: OpenAIEmbedder, headers: dict[str, str], seconds: int | None
) -> None:
    answers(429, headers=headers)

    with pytest.raises(EmbedderUnavailable) as caught:
        await embedder.embed(["one"])
    assert caught.value.retry_after == seconds


async def test_an_account_without_credit_is_not_asked_again_soon(
    answers: Answer, embedder: OpenAIEmbedder
) -> None:
    answers(429, json={"error": {"message": "Quota", "code": "insufficient_quota"}})

    with pytest.raises(EmbedderUnavailable, match="credit") as caught:
        await embedder.embed(["one"])
    assert caught.value.retry_after == 600


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refused_text_is_the_texts_fault(
    answers: Answer, embedder: OpenAIEmbedder, status: int
) -> None:
    answers(status, json={"error": {"message": "too long", "param": "input", "code": 400}})

    with pytest.raises(EmbedderRefused):
        await embedder.embed(["one"])


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"param": "dimensions"}),
        (400, {"param": "model"}),
        (400, {"code": "model_not_found"}),
        (404, {"message": 'model "nomic" not found, try pulling it first'}),
        (404, "model not found"),
        (405, {}),
        (418, {}),
    ],
)
async def test_what_no_text_would_change_is_a_setting(
    answers: Answer, embedder: OpenAIEmbedder, status: int, error: Any
) -> None:
    answers(status, json={"error": error})

    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_MODEL"):
        await embedder.embed(["one"])


async def test_a_redirect_is_not_followed(answers: Answer, embedder: OpenAIEmbedder) -> None:
    answers(307, headers={"Location": "http://elsewhere.test/v1/embeddings"})
    elsewhere = respx.post("http://elsewhere.test/v1/embeddings").respond(200)

    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_BASE_URL"):
        await embedder.embed(["one"])
    assert not elsewhere.called


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.ReadError("reset"),
    ],
)
async def test_a_broken_connection_may_be_tried_again(
    embedder: OpenAIEmbedder, failure: httpx.TransportError
) -> None:
    with respx.mock:
        respx.post(f"{BASE}/embeddings").mock(side_effect=failure)
        with pytest.raises(EmbedderUnavailable, match=r"embeddings\.test"):
            await embedder.embed(["one"])


async def test_an_answer_that_drips_is_given_up_after_the_timeout() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    made = OpenAIEmbedder(model="m", base_url=BASE, dimensions=8, timeout=0.05)
    with respx.mock:
        respx.post(f"{BASE}/embeddings").mock(side_effect=never)
        with pytest.raises(EmbedderUnavailable, match=r"within 0\.05 seconds"):
            await made.embed(["one"])
    await made.aclose()


def item(embedding: Any, index: Any = 0) -> dict[str, Any]:
    return {"index": index, "embedding": embedding}


GOOD: Final = [1.0] * DIMENSIONS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[]",
        b'{"data": null}',
        b'{"data": [null]}',
        json.dumps({"data": []}).encode(),
        json.dumps({"data": [item(GOOD), item(GOOD)]}).encode(),
        json.dumps({"data": [item(GOOD), item(GOOD, 1)]}).encode(),
        json.dumps({"data": [item(GOOD, 3)]}).encode(),
        json.dumps({"data": [item(GOOD, -1)]}).encode(),
        json.dumps({"data": [item(GOOD, "0")]}).encode(),
        json.dumps({"data": [item(GOOD, [])]}).encode(),
        json.dumps({"data": [item("not base64!")]}).encode(),
        json.dumps({"data": [item("AAAAAAA=")]}).encode(),
        json.dumps({"data": [item("é")]}).encode(),
        json.dumps({"data": [item({"a": 1})]}).encode(),
        json.dumps({"data": [item([[1.0], [2.0]])]}).encode(),
        json.dumps({"data": [item([[1.0], 2.0])]}).encode(),
        json.dumps({"data": [item(["a"])]}).encode(),
        json.dumps({"data": [item(7)]}).encode(),
        json.dumps({"data": [{"index": 0}]}).encode(),
        b'{"data": [{"index": 0, "embedding": [NaN]}]}',
        b'{"data": [{"index": 0, "embedding": [1.0, ',
    ],
)
async def test_an_answer_that_is_not_embeddings_may_be_tried_again(
    answers: Answer, embedder: OpenAIEmbedder, body: bytes
) -> None:
    answers(200, content=body)

    with pytest.raises(EmbedderUnavailable, match="not embeddings"):
        await embedder.embed(["one"])


def packed(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


@pytest.mark.parametrize(
    "row",
    [
        [0.0] * DIMENSIONS,
        [None] * DIMENSIONS,
        packed(*[0.0] * DIMENSIONS),
        packed(*[float("nan")] * DIMENSIONS),
        packed(float("inf"), *[1.0] * (DIMENSIONS - 1)),
        [1e300] * DIMENSIONS,
        [1e-300] * DIMENSIONS,
    ],
)
async def test_a_vector_without_direction_is_the_texts_fault(
    answers: Answer, embedder: OpenAIEmbedder, row: Any
) -> None:
    answers(200, json={"data": [item(row)]})

    with pytest.raises(EmbedderRefused):
        await embedder.embed(["one"])


async def test_vectors_of_several_lengths_are_refused(
    answers: Answer, embedder: OpenAIEmbedder
) -> None:
    answers(200, json={"data": [item(GOOD), item([1.0, 2.0], 1)]})

    with pytest.raises(EmbedderMisconfigured, match="several lengths"):
        await embedder.embed(["one", "two"])


async def test_items_without_an_index_are_taken_in_their_order(
    answers: Answer, embedder: OpenAIEmbedder
) -> None:
    rows = [vector("one"), vector("two")]
    answers(200, json={"data": [{"embedding": row} for row in rows]})

    vectors = await embedder.embed(["one", "two"])

    np.testing.assert_allclose(vectors, [unit("one"), unit("two")], atol=1e-6)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "index", "embedding"]), inner, max_size=3)
    ),
)


@given(
    JSON | st.builds(lambda row: {"data": [item(row)]}, JSON | st.lists(st.floats(), max_size=3))
)
def test_no_answer_raises_anything_but_our_own_errors(answer: Any) -> None:
    try:
        vectors = decoded(json.dumps(answer).encode(), 1, Expected("m", 2, shortens=True))
    except EmbeddingError:
        return
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


# Settings.


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:11434",
        "ftp://x.test/v1",
        "http://",
        "http://a:b@x.test/v1",
        "http://x.test:port",
    ],
)
def test_an_address_that_is_none_is_a_setting(url: str) -> None:
    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_BASE_URL"):
        OpenAIEmbedder(model="m", base_url=url, dimensions=8)


@pytest.mark.parametrize("key", ["sk-é", "sk-1\r\nX: y", "two words"])
def test_a_key_that_no_header_can_carry_is_a_setting(key: str) -> None:
    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_API_KEY") as caught:
        OpenAIEmbedder(model="m", base_url=BASE, dimensions=8, api_key=key)
    assert key not in caught.value.message
