"""How fast search is through the running service, with 100,000 messages of one user.

Prints the latency of each kind of query, of all mixed, and whether the target is met. Everything
runs on this machine at once: the load, Traefik, the sidecar and PocketBase share its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from scripts.bench.load import Result, drive, machine
from sidecar.pocketbase import client
from tests.e2e.stack import Stack, temporary_stack

MESSAGES = 100_000
A_SESSION = 50
WORDS = 40_000  # different ones; how often each occurs falls as in natural text
EVERYWHERE = "everywhere"  # stands in every second message
QUERIES = 60  # of each kind
MODES = ("fulltext", "hybrid")

TARGET_P50, TARGET_P99 = 20, 150  # ms, full text, mixed


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", nargs="+", default=MODES, help="types of search")
    modes = parser.parse_args().modes
    with temporary_stack() as stack:
        asyncio.run(measure(stack, modes))


async def measure(stack: Stack, modes: list[str]) -> None:
    authorization = f"Bearer {stack.key}"
    print(f"Machine: {machine()}")
    texts = Texts(seed=7)
    started = time.perf_counter()
    loaded = await drive(stack.url, "/sync/batch", authorization, texts.batches(), clients=2)
    if loaded.failures:
        print(f"Some were not taken, by status: {loaded.statuses}")
    await _indexed(stack)
    seconds = time.perf_counter() - started
    print(f"{MESSAGES:,} messages written and indexed in {seconds:.0f} s")
    for mode in modes:
        mixed = Result()
        for kind, query in texts.queries().items():
            result = await _search(stack, authorization, mode, [query() for _ in range(QUERIES)])
            mixed.latencies += result.latencies
            _print(f"{mode}, {kind}", result)
        _print(f"{mode}, mixed", mixed)
        if mode == "fulltext":
            p50, p99 = mixed.percentile(50), mixed.percentile(99)
            met = "met   " if p50 <= TARGET_P50 and p99 <= TARGET_P99 else "MISSED"
            print(f"{met} full text mixed p50 <= {TARGET_P50} ms, p99 <= {TARGET_P99} ms")


async def _indexed(stack: Stack) -> None:
    """Return when nothing is left to index."""
    facts = stack.facts
    account = (facts["pocketbase_email"], facts["pocketbase_password"])
    async with client.connect(facts["pocketbase_url"], *account) as pocketbase:
        while (await pocketbase.send("POST", "/api/opensync/search/prepare", {}))["remaining"]:
            pass


async def _search(stack: Stack, authorization: str, mode: str, queries: list[str]) -> Result:
    """Ask one after the other, as people do."""
    bodies = [orjson.dumps({"q": q, "type": mode, "limit": 20}) for q in queries]
    result = await drive(stack.url, "/search", authorization, bodies, clients=1)
    assert result.failures == 0, result.statuses
    return result


def _print(what: str, result: Result) -> None:
    figures = (f"p{percent} {result.percentile(percent):.1f} ms" for percent in (50, 90, 99))
    print(f"{what}: {', '.join(figures)}")


if __name__ == "__main__":
    main()
