"""How fast search is through the running service, with 100,000 messages of one user.

Prints the latency of each kind of query by words, by meaning and by both, of all mixed, what an
embedder that hangs costs, and whether the targets are met. Everything runs on this machine at once:
the load, the model, Traefik, the sidecar and PocketBase share its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from scripts.bench.embedder import DIMENSIONS, HashedApi, hashed_api
from scripts.bench.load import Connection, Result, drive, machine
from sidecar.pocketbase import client
from sidecar.workers.embedding_rows import EmbeddingRows
from tests.e2e.stack import Stack, temporary_stack
from tests.pocketbase import free_port

MESSAGES = 100_000
A_SESSION = 50
WORDS = 40_000  # different ones; how often each occurs falls as in natural text
EVERYWHERE = "everywhere"  # stands in every second message
QUERIES = 60  # of each kind

TARGET_P50, TARGET_P99 = 20, 150  # ms, full text, mixed
SLOWER = 1.5  # times as slow as full text, a search with an embedder that hangs


class Texts:
    """Made-up messages of about 300 characters, the same on every run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        names: set[str] = set()
        while len(names) < WORDS:
            names.add("".join(self._random.choices(letters, k=self._random.randint(4, 10))))
        self._words = sorted(names)
        self._random.shuffle(self._words)
        weights = (1 / (place + 10) for place in range(WORDS))
        self._steps = list(itertools.accumulate(weights))
        self.said: list[list[str]] = []

    def word(self, first: int = 0, last: int = WORDS) -> str:
        return self._words[self._random.randrange(first, last)]

    def batches(self) -> Iterator[bytes]:
        """Yield bodies of `/sync/batch`, a session each."""
        for number in range(MESSAGES // A_SESSION):
            session = f"bench-{number}"
            sent = [self._message(session, index) for index in range(A_SESSION)]
            title = " ".join(self.said[-1][:5])
            body = {"sessions": [{"externalId": session, "title": title}], "messages": sent}
            yield orjson.dumps(body)

    def _message(self, session: str, index: int) -> dict[str, Any]:
        words = self._random.choices(self._words, cum_weights=self._steps, k=45)
        if index % 2:
            words[7] = EVERYWHERE
        self.said.append(words)
        return {
            "sessionExternalId": session,
            "externalId": f"{session}-m{index}",
            "role": "assistant" if index % 2 else "user",
            "textContent": " ".join(words),
        }

    def queries(self) -> dict[str, Callable[[], str]]:
        """Return what makes a query of each kind."""

        def some(count: int) -> list[str]:
            said = self._random.choice(self.said)
            start = self._random.randrange(len(said) - count)
            return said[start : start + count]

        return {
            "rare word": lambda: self.word(WORDS // 4),
            "two words": lambda: " ".join(some(2)),
            "three words, any of them": lambda: " ".join(
                (self.word(50, 500), self.word(500, 5_000), self.word(WORDS // 2))
            ),
            "common word": lambda: EVERYWHERE,
            "phrase": lambda: f'"{" ".join(some(3))}"',
            "prefix": lambda: f"{self.word(500)[:4]}*",
        }


def main() -> None:
    """Run everything on a stack of its own in a temporary folder."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    port = free_port()
    settings = {"BASE_URL": f"http://127.0.0.1:{port}/v1", "MODEL": "bench"}
    settings |= {"DIMENSIONS": str(DIMENSIONS), "PAUSE_SECONDS": "0"}
    os.environ |= {f"OPENSYNC_EMBEDDING_{name}": value for name, value in settings.items()}
    with temporary_stack(embedder="openai") as stack:
        asyncio.run(run(stack, port))


async def run(stack: Stack, port: int) -> None:
    print(f"Machine: {machine()}")
    texts = Texts(seed=7)
    async with hashed_api(port) as api, Service(stack) as service:
        await service.fill(texts.batches())
        await compare(service, texts)
        await compare_hanging(service, texts, api)


class Service:
    """The running service, asked one thing after the other, as people do."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._connection = Connection(stack.url)

    async def __aenter__(self) -> Service:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connection.__aexit__(*exc)

    async def fill(self, batches: Iterator[bytes]) -> None:
        """Write the messages, and return when full text and vector index have them all."""
        authorization = f"Bearer {self._stack.key}"
        started = time.perf_counter()
        loaded = await drive(self._stack.url, "/sync/batch", authorization, batches, clients=2)
        if loaded.failures:
            print(f"Some were not taken, by status: {loaded.statuses}")
        facts = self._stack.facts
        account = (facts["pocketbase_email"], facts["pocketbase_password"])
        async with client.connect(facts["pocketbase_url"], *account) as pocketbase:
            while (await pocketbase.send("POST", "/api/opensync/search/prepare", {}))["remaining"]:
                pass
            indexed = time.perf_counter() - started
            rows = EmbeddingRows(pocketbase)
            while (await rows.counts()).pending:  # noqa: ASYNC110
                await asyncio.sleep(1)
        while (await self.search("ready", "semantic"))[1]["realisedMode"] != "semantic":  # noqa: ASYNC110
            await asyncio.sleep(1)
        embedded = time.perf_counter() - started
        print(f"{MESSAGES:,} messages indexed in {indexed:.0f} s, embedded in {embedded:.0f} s")

    async def search(self, q: str, mode: str) -> tuple[float, dict[str, Any]]:
        """Return the seconds that it took, and the answer."""
        body = orjson.dumps({"q": q, "type": mode, "limit": 20})
        started = time.perf_counter()
        status, answer = await self._connection.post("/search", body, f"Bearer {self._stack.key}")
        took = time.perf_counter() - started
        assert status == 200, answer
        return took, orjson.loads(answer)


# Case matters to the memory of vectors and not to the search for words. So each mode asks the same,
# and has it embedded anew.
WRITTEN: dict[str, Callable[[str], str]] = {
    "fulltext": str,
    "semantic": str.lower,
    "hybrid": str.upper,
}


async def compare(service: Service, texts: Texts) -> None:
    """Print the figures of every mode; the modes take turns, so that noise hits them alike."""
    mixed = {mode: Result() for mode in WRITTEN}
    for kind, query in texts.queries().items():
        results = {mode: Result() for mode in WRITTEN}
        degraded = 0
        for turn in range(QUERIES):
            q = query()
            order = list(WRITTEN)
            for mode in order[turn % 3 :] + order[: turn % 3]:
                took, answer = await service.search(WRITTEN[mode](q), mode)
                results[mode].latencies.append(took)
                degraded += answer["realisedMode"] != mode
        for mode, result in results.items():
            mixed[mode].latencies += result.latencies
            _print(f"{mode}, {kind}", result)
        if degraded:
            print(f"{degraded} of {3 * QUERIES} answers were not of the mode that was asked for")
    for mode, result in mixed.items():
        _print(f"{mode}, mixed", result, mixed["fulltext"])
    p50, p99 = (mixed["fulltext"].percentile(percent) for percent in (50, 99))
    met = "met   " if p50 <= TARGET_P50 and p99 <= TARGET_P99 else "MISSED"
    print(f"{met} full text mixed p50 <= {TARGET_P50} ms, p99 <= {TARGET_P99} ms")


async def compare_hanging(service: Service, texts: Texts, api: HashedApi) -> None:
    """Print what an embedder costs that takes requests and does not answer.

    Only the first request waits for it. What was asked before is found by meaning nevertheless.
    """
    api.goes.clear()
    first, _ = await service.search(next(iter(texts.queries().values()))(), "hybrid")
    alone, beside = Result(), Result()
    for query in texts.queries().values():
        for turn in range(QUERIES):
            q = query()
            for mode in ("hybrid", "fulltext") if turn % 2 else ("fulltext", "hybrid"):
                took, _ = await service.search(q, mode)
                (alone if mode == "fulltext" else beside).latencies.append(took)
    api.goes.set()
    print(f"with a hanging embedder, the first request: {first * 1000:.1f} ms")
    _print("with a hanging embedder, fulltext", alone)
    _print("with a hanging embedder, hybrid", beside, alone)
    ratio = beside.percentile(50) / alone.percentile(50)
    print(
        f"{'met   ' if ratio <= SLOWER else 'MISSED'} at most {SLOWER} x full text: {ratio:.2f} x"
    )


def _print(what: str, result: Result, yardstick: Result | None = None) -> None:
    figures = [f"p{percent} {result.percentile(percent):.1f} ms" for percent in (50, 90, 99)]
    if yardstick is not None and yardstick is not result:
        ratios = (result.percentile(p) / yardstick.percentile(p) for p in (50, 99))
        figures.append("{:.2f} x and {:.2f} x full text at p50 and p99".format(*ratios))
    print(f"{what}: {', '.join(figures)}")


if __name__ == "__main__":
    main()
