"""How fast, how right and how small the vector index is, next to faiss, usearch and NumPy.

One user, ten hits. Three sets: clustered vectors of 1,536 dimensions, by which the targets are
judged; the same with clusters so large that neighbours hardly stand out, the worst a model may
do; and vectors that the local embedder made of real text, the docstrings and functions of Python's
own library. These are made once, in some minutes, and kept in .cache.

The engines take turns, ten queries at a time, so that whatever else the machine does hits them
alike. Memory and start are measured in a process of their own.
"""

from __future__ import annotations

import ast
import asyncio
import json
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.bench.load import machine
from sidecar.domain.ids import derive
from sidecar.domain.space import Space
from sidecar.index.base import Entry
from sidecar.index.exact import open_exact

HITS = 10
QUERIES = 200
AT_A_TIME = 10
ROWS, DIMENSIONS = 100_000, 1_536
TEXTS = 20_000
CACHE = Path(".cache/bench")

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Search = Callable[[Vectors], Rows]


@dataclass
class Engine:
    """A search of the set at hand, which takes one query and gives row numbers."""

    name: str
    search: Search
    seconds: list[float] = field(default_factory=list)
    right: int = 0

    def ask(self, query: Vectors, wanted: set[int]) -> None:
        started = time.perf_counter()
        rows = self.search(query)
        self.seconds.append(time.perf_counter() - started)
        self.right += len(wanted & set(rows.tolist()))

    def percentile(self, percent: float) -> float:
        """Return a time in milliseconds."""
        return float(np.percentile(self.seconds, percent)) * 1000

    @property
    def recall(self) -> float:
        return self.right / (len(self.seconds) * HITS)


def main() -> None:
    if sys.argv[1:2] == ["start"]:
        asyncio.run(start(Path(sys.argv[2]), Path(sys.argv[3])))
        return
    print(f"Machine: {machine()}")
    print("Clustered: 1,000 clusters")
    ratio, recall, started = compare(clustered(1_000))
    print("Clustered: 50 clusters, the worst")
    compare(clustered(50))
    print("Text: docstrings and functions, all-MiniLM-L6-v2")
    _, text_recall, _ = compare(text())
    _verdict("at least 8 x faster than faiss IndexFlatIP", f"{ratio:.1f} x", ratio >= 8)
    _verdict(
        f"recall@{HITS} at least 0.99",
        f"{recall:.4f} clustered, {text_recall:.4f} text",
        min(recall, text_recall) >= 0.99,
    )
    _verdict("resident at most 250 MB", f"{started['peak']:.0f} MB", started["peak"] <= 250)
    _verdict(
        "ready at most 2 s after the start", f"{started['ready']:.2f} s", started["ready"] <= 2
    )


def _verdict(target: str, figure: str, met: bool) -> None:
    print(f"{'met   ' if met else 'MISSED'} {target}: {figure}")


def compare(vectors: Vectors) -> tuple[float, float, dict[str, float]]:
    """Print the figures of all engines; return ours: ratio to faiss, recall, memory and start.

    The last `QUERIES` vectors are the queries; the others are searched.
    """
    held, queries = vectors[:-QUERIES], vectors[-QUERIES:]
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        space = Space("bench", held.shape[1])
        ours = open_exact(Path(folder), space)
        index = runner.run(ours.__aenter__())
        seconds = time.perf_counter()
        for start in range(0, len(held), 1_000):
            runner.run(index.upsert(entries(held[start : start + 1_000], start)))
        runner.run(index.save("now"))
        seconds = time.perf_counter() - seconds

        def search(query: Vectors) -> Rows:
            hits = runner.run(index.search("ann", query, HITS))
            return np.array([int(hit.message) for hit in hits])

        engines = [Engine("this index", search), *others(held)]
        wanted = [set(np.argsort(-(held @ query))[:HITS].tolist()) for query in queries]
        for first in range(0, len(queries), AT_A_TIME):
            for engine in engines:
                for number in range(first, min(first + AT_A_TIME, len(queries))):
                    engine.ask(queries[number], wanted[number])
        runner.run(ours.__aexit__(None, None, None))
        np.save(Path(folder) / "queries.npy", queries)
        started = in_own_process(Path(folder))

    yardstick = statistics.median(engines[1].seconds)
    print(f"  {len(held):,} x {held.shape[1]:,}; filled in {seconds:.1f} s")
    for engine in engines:
        ratio = yardstick / statistics.median(engine.seconds)
        print(
            f"  {engine.name:20} p50 {engine.percentile(50):7.2f} ms  p95 "
            f"{engine.percentile(95):7.2f} ms  {ratio:5.1f} x faiss  recall {engine.recall:.4f}"
        )
    print(
        f"  ready {started['ready']:.2f} s after the start; resident {started['resident']:.0f} MB, "
        f"at most {started['peak']:.0f} MB, of which {started['before']:.0f} MB before the start"
    )
    return yardstick / statistics.median(engines[0].seconds), engines[0].recall, started


def entries(vectors: Vectors, first: int) -> list[Entry]:
    """Return entries whose message is the number of the row."""
    return [
        Entry(
            id=derive("embedding", str(row)),
            user="ann",
            session=derive("session", str(row // 20)),
            message=str(row),
            chunk=0,
            model="bench",
            vector=vector,
        )
        for row, vector in enumerate(vectors, start=first)
    ]


def others(held: Vectors) -> list[Engine]:
    """Return the engines to compare with, faiss first."""
    # Imported here, so that they are not in the process whose memory is measured.
    import faiss
    from usearch.index import MetricKind
    from usearch.index import search as usearch_exact

    flat = faiss.IndexFlatIP(held.shape[1])
    flat.add(held)
    half, small = held.astype(np.float16), _bytes(held)

    def by_faiss(query: Vectors) -> Rows:
        return flat.search(query[np.newaxis], HITS)[1][0]

    def by_usearch(query: Vectors) -> Rows:
        found = usearch_exact(half, query.astype(np.float16), HITS, MetricKind.IP, exact=True)
        return found.keys.astype(np.int64)

    def by_usearch_bytes(query: Vectors) -> Rows:
        found = usearch_exact(small, _bytes(query), HITS, MetricKind.Cos, exact=True)
        return found.keys.astype(np.int64)

    def by_numpy(query: Vectors) -> Rows:
        scores = held @ query
        return np.argpartition(-scores, HITS)[:HITS]

    return [
        Engine("faiss IndexFlatIP", by_faiss),
        Engine("usearch exact f16", by_usearch),
        Engine("usearch exact i8", by_usearch_bytes),
        Engine("NumPy", by_numpy),
    ]


def _bytes(vectors: Vectors) -> npt.NDArray[np.int8]:
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    return np.round(vectors / largest * 127).astype(np.int8)


def in_own_process(folder: Path) -> dict[str, float]:
    """Start the index in a process of its own, ask it all queries, and return what that took."""
    command = [sys.executable, "-m", "scripts.bench.vectors", "start"]
    command += [str(folder), str(folder / "queries.npy")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(answer.stdout))


async def start(folder: Path, queries: Path) -> None:
    """Print, as JSON, the seconds of the start and the memory in MB: before, after, at most."""
    asked = np.load(queries)
    before = _memory("VmRSS")
    started = time.perf_counter()
    async with open_exact(folder, Space("bench", asked.shape[1])) as index:
        ready = time.perf_counter() - started
        assert index.watermark == "now"
        for query in asked:
            await index.search("ann", query, HITS)
        resident, peak = _memory("VmRSS"), _memory("VmHWM")
    print(json.dumps({"before": before, "ready": ready, "resident": resident, "peak": peak}))


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def clustered(clusters: int) -> Vectors:
    """Return unit vectors as far from their centre as centres are from each other."""
    chance = np.random.default_rng(1)
    centres = chance.standard_normal((clusters, DIMENSIONS), dtype=np.float32)
    made = np.empty((ROWS + QUERIES, DIMENSIONS), dtype=np.float32)
    for start in range(0, len(made), 10_000):
        some = made[start : start + 10_000]
        some[:] = centres[chance.integers(0, clusters, len(some))]
        some += chance.standard_normal(some.shape, dtype=np.float32)
        some /= np.linalg.norm(some, axis=1, keepdims=True)
    return made


def text() -> Vectors:
    """Return vectors of text, from the cache as far as it goes."""
    path = CACHE / "text-vectors.npy"
    done = np.load(path) if path.exists() else np.empty((0, 384), dtype=np.float32)
    wanted = TEXTS + QUERIES
    if len(done) < wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = asyncio.run(_embedded(list(texts())[:wanted], done, path))
    return done[:wanted]


async def _embedded(wanted: list[str], done: Vectors, path: Path) -> Vectors:
    from sidecar.embeddings.local import LocalEmbedder

    embedder = LocalEmbedder()
    for start in range(len(done), len(wanted), 512):
        print(f"\r  {start:,} of {len(wanted):,} texts embedded", end="", flush=True)
        done = np.concatenate([done, await embedder.embed(wanted[start : start + 512])])
        np.save(path, done)
    print()
    await embedder.aclose()
    return done


def texts() -> list[str]:
    """Return paragraphs of docstrings, and functions, of Python's library, in a fixed disorder."""
    found = set()
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if not {"site-packages", "test", "tests"} & set(path.parts):
            found.update(_texts_of(path))
    ordered = sorted(found)
    random.Random(0).shuffle(ordered)
    return ordered


def _texts_of(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
                if len(paragraph) > 30:
                    yield " ".join(paragraph.split())[:300]
        if isinstance(node, ast.FunctionDef):
            yield ast.unparse(node)[:300]


if __name__ == "__main__":
    main()
