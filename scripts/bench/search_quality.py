"""How well search finds what is looked for: full text, semantic and hybrid, on a judged set.

The set is `tests/data/search/`. Half of its queries are for tuning; what the other half says is
looked at only when nothing is being tuned. `--tune` leaves the held half out, and `--misses` names
the queries of the tuning half that a mode did not answer in full.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import orjson

from scripts.bench.load import machine
from sidecar.domain import ids
from tests.e2e.stack import Stack, temporary_stack

DATA = Path(__file__).parents[2] / "tests" / "data" / "search"
MODES = ("fulltext", "semantic", "hybrid")
KINDS = ("identifier", "error", "paraphrase", "recollection")
TUNE, HELD = "tune", "held"
DEPTH = 10
SESSIONS = 20  # a batch request
EMBEDDING_SECONDS = 600.0
POLL_SECONDS = 1.0
TRIES = 5
RETRY_SECONDS = 0.1
SETTLING_SECONDS = 6.0  # the index takes in new vectors within five

Search = Callable[[str, str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class Query:
    """What somebody types, and the external ids of the messages that answer it."""

    id: str
    kind: str
    split: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What one mode found for one query, best first."""

    query: Query
    mode: str
    found: tuple[str, ...]

    @property
    def reciprocal_rank(self) -> float:
        return reciprocal_rank(self.found, self.query.relevant)

    @property
    def recall(self) -> float:
        return recall(self.found, self.query.relevant)


@dataclass(frozen=True)
class Score:
    """Means over some queries."""

    queries: int
    mrr: float
    recall: float


@dataclass(frozen=True)
class Verdict:
    """A target, the figures behind it, and whether it is met."""

    target: str
    figures: str
    met: bool


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str], depth: int = DEPTH) -> float:
    """Return 1 / the place of the first relevant hit, 0 when it is not among the first `depth`."""
    return next((1 / (i + 1) for i, id in enumerate(found[:depth]) if id in relevant), 0.0)


def recall(found: Sequence[str], relevant: frozenset[str], depth: int = DEPTH) -> float:
    """Return the share of the relevant that is among the first `depth`."""
    if not relevant:
        raise ValueError("A query without relevant messages has no recall.")
    return len(relevant.intersection(found[:depth])) / len(relevant)


def score(
    outcomes: Iterable[Outcome], mode: str, *, split: str | None = None, kind: str | None = None
) -> Score:
    """Return the means of `mode` over the queries of a split and a kind; None is any."""
    chosen = [
        o
        for o in outcomes
        if o.mode == mode
        and (split is None or o.query.split == split)
        and (kind is None or o.query.kind == kind)
    ]
    if not chosen:
        return Score(0, 0.0, 0.0)
    return Score(
        len(chosen), fmean(o.reciprocal_rank for o in chosen), fmean(o.recall for o in chosen)
    )


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Judge the whole set and each half; a target is met when all of them meet it."""
    splits = sorted({o.query.split for o in outcomes}, reverse=True)  # tune before held
    parts: list[tuple[str, str | None]] = [(split, split) for split in splits]
    if len(splits) > 1:
        parts.insert(0, ("all", None))

    def judge(
        target: str,
        figure: Callable[[Score], float],
        holds: Callable[[float, float], bool],
        kind: str | None = None,
    ) -> Verdict:
        figures, met = [], bool(parts)
        for name, split in parts:
            ours = figure(score(outcomes, "hybrid", split=split, kind=kind))
            theirs = figure(score(outcomes, "fulltext", split=split, kind=kind))
            figures.append(f"{name} {ours:.3f} against {theirs:.3f}")
            met = met and holds(ours, theirs)
        return Verdict(target, ", ".join(figures), met)

    return [
        judge(
            "hybrid MRR at least full text", lambda s: s.mrr, lambda ours, theirs: ours >= theirs
        ),
        judge(
            "hybrid recall above full text", lambda s: s.recall, lambda ours, theirs: ours > theirs
        ),
        judge(
            "paraphrase recall of hybrid at least 1.3 x full text",
            lambda s: s.recall,
            # Nothing found is no success, however little full text found.
            lambda ours, theirs: ours > 0 and ours >= 1.3 * theirs,
            "paraphrase",
        ),
    ]


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of a table: split and kind downwards, mode and measure across."""
    modes = [mode for mode in MODES if any(o.mode == mode for o in outcomes)]
    yield f"{'':24}" + "".join(f"{mode:^18}" for mode in modes)
    yield f"{'':18}{'n':>4}  " + f"{'MRR@10':>9}{'rec@10':>8} " * len(modes)
    for split in (TUNE, HELD, None):
        if split and not any(o.query.split == split for o in outcomes):
            continue
        for kind in (*KINDS, None):
            scores = [score(outcomes, mode, split=split, kind=kind) for mode in modes]
            if scores and scores[0].queries:
                figures = "".join(f"{s.mrr:9.3f}{s.recall:8.3f} " for s in scores)
                yield f"{split or 'both':5}{kind or 'all':13}{scores[0].queries:4}  {figures}"


def misses(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield what the tuning half did not find; nothing about the held half."""
    for outcome in outcomes:
        missed = outcome.query.relevant.difference(outcome.found[:DEPTH])
        if missed and outcome.query.split == TUNE:
            names = " ".join(sorted(missed))
            yield f"{outcome.query.id} {outcome.mode}: {names} ({outcome.query.text[:60]})"


def load_sessions() -> list[dict[str, Any]]:
    """Return the sessions as request bodies, each with its messages beside it under `messages`."""
    return [json.loads(line) for line in (DATA / "sessions.jsonl").read_text().splitlines()]


def load_queries() -> list[Query]:
    rows = [json.loads(line) for line in (DATA / "queries.jsonl").read_text().splitlines()]
    return [
        Query(row["id"], row["kind"], row["split"], row["q"], frozenset(row["relevant"]))
        for row in rows
    ]


def batches(sessions: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the bodies of /sync/batch."""
    for start in range(0, len(sessions), SESSIONS):
        chunk = sessions[start : start + SESSIONS]
        yield {
            "sessions": [{k: v for k, v in s.items() if k != "messages"} for s in chunk],
            "messages": [
                {"sessionExternalId": s["externalId"], "source": s["source"], **message}
                for s in chunk
                for message in s["messages"]
            ],
        }


async def run(search: Search, queries: Iterable[Query]) -> list[Outcome]:
    """Ask every query in every mode, one after the other."""
    return [
        Outcome(query, mode, tuple(await search(query.text, mode, DEPTH)))
        for query in queries
        for mode in MODES
    ]


class Service:
    """The running service, spoken to as a plugin and a browser do."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient, externals: dict[str, str]) -> None:
        self._stack = stack
        self._http = http
        self._externals = externals
        self.answers = 0
        self.degraded: list[str] = []

    @classmethod
    async def connect(
        cls, stack: Stack, http: httpx.AsyncClient, sessions: Iterable[dict[str, Any]]
    ) -> Service:
        """Learn the user's id, from which the ids of records are derived."""
        answer = await http.get("/api/me")
        assert answer.status_code == 200, answer.text[:300]
        user = answer.json()["user"]["id"]
        externals = {
            ids.message_id(ids.session_id(user, s["externalId"]), m["externalId"]): m["externalId"]
            for s in sessions
            for m in s["messages"]
        }
        return cls(stack, http, externals)

    async def sync(self, sessions: Sequence[dict[str, Any]]) -> None:
        headers = {"Content-Type": "application/json"}
        for body in batches(sessions):
            answer = await self._http.post(
                "/sync/batch", content=orjson.dumps(body), headers=headers
            )
            assert answer.status_code == 200 and not answer.json()["errors"], answer.text[:300]

    async def wait_until_embedded(self, seconds: float = EMBEDDING_SECONDS) -> None:
        """Return when nothing has been waiting for an embedding twice in a row."""
        deadline = time.monotonic() + seconds
        idle = 0
        status = "no answer"
        while time.monotonic() < deadline:
            done = await asyncio.to_thread(self._stack.command, "embed", "status", "--json")
            assert done.returncode == 0, done.stderr or done.stdout
            status = done.stdout
            idle = idle + 1 if json.loads(status)["pending"] == 0 else 0
            if idle == 2:
                await asyncio.sleep(SETTLING_SECONDS)
                return
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError(f"Not embedded in {seconds:.0f} s: {status}\n{self._stack.log}")

    async def search(self, q: str, type: str, limit: int) -> list[str]:
        """Return external ids of messages, best first; a record that is not ours by its own id."""
        params: dict[str, str | int] = {"q": q, "type": type, "scope": "messages", "limit": limit}
        for _ in range(TRIES):
            answer = await self._http.get("/api/search", params=params)
            assert answer.status_code == 200, f"{q!r} ({type}): {answer.text[:300]}"
            body = answer.json()
            if body["realisedMode"] == type:
                break
            # On a busy machine the vector may be late. It is remembered once it is there.
            await asyncio.sleep(RETRY_SECONDS)
        self.answers += 1
        if body["realisedMode"] != type:
            self.degraded.append(f"{type} was answered by {body['realisedMode']}: {q[:60]!r}")
        found = [hit["messageId"] for hit in body["results"]]
        return [self._externals.get(id, id) for id in found]


def main() -> None:
    """Run everything on a stack of its own in a temporary folder."""
    parser = argparse.ArgumentParser(description="Measure how well search finds.")
    parser.add_argument("--tune", action="store_true", help="leave the held half out")
    parser.add_argument("--misses", action="store_true", help="name what the tuning half missed")
    options = parser.parse_args()
    with temporary_stack(embedder="local") as stack:
        asyncio.run(measure(stack, tune=options.tune, show_misses=options.misses))


async def measure(stack: Stack, *, tune: bool, show_misses: bool) -> None:
    print(f"Machine: {machine()}")
    sessions = load_sessions()
    queries = [query for query in load_queries() if not tune or query.split == TUNE]
    async with httpx.AsyncClient(
        base_url=stack.url, headers=stack.authorization, timeout=60, trust_env=False
    ) as http:
        service = await Service.connect(stack, http, sessions)
        await service.sync(sessions)
        started = time.perf_counter()
        await service.wait_until_embedded()
        count = sum(len(s["messages"]) for s in sessions)
        print(
            f"{len(sessions)} sessions with {count} messages, embedded after "
            f"{time.perf_counter() - started:.0f} s; {len(queries)} queries"
        )
        outcomes = await run(service.search, queries)
    for line in table(outcomes):
        print(line)
    if show_misses:
        for line in misses(outcomes):
            print(line)
    for line in service.degraded[:5]:
        print(line)
    realised = service.answers - len(service.degraded)
    _print(
        Verdict(
            "every answer is of the mode that was asked for",
            f"{realised} of {service.answers}",
            not service.degraded,
        )
    )
    for verdict in verdicts(outcomes):
        _print(verdict)


def _print(verdict: Verdict) -> None:
    print(f"{'met   ' if verdict.met else 'MISSED'} {verdict.target}: {verdict.figures}")


if __name__ == "__main__":
    main()
