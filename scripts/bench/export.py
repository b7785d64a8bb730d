"""What exports of 10,000 sessions with 200,000 messages need of memory, and how long they take.

Then 5,000 of the sessions are deleted while a plugin goes on syncing. Prints both, and whether the
targets are met. The sidecar's memory is what Linux says of its process.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson

from scripts.bench.load import Connection, Result, drive, machine
from sidecar.domain import ids
from tests import generated
from tests.e2e.stack import Stack, temporary_stack

SESSIONS, MESSAGES = 10_000, 20
DELETED = 5_000
END = 1_750_000_000_000

MOST_GROWTH, MOST_P99 = 200, 250  # MB, ms

EXPORTS = {
    "json": "/api/export?all=true&format=json",
    "jsonl": "/api/export?all=true&format=jsonl",
    "csv": "/api/export?all=true&format=csv",
    "markdown, zip": "/api/export?all=true&format=markdown",
    "html, zip": "/api/export?all=true&format=html",
    "evals, DeepEval": "/api/export/evals?format=deepeval",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    chosen = parser.parse_args()
    with temporary_stack() as stack:
        asyncio.run(run(stack, chosen.sessions))


async def run(stack: Stack, sessions: int) -> None:
    print(f"Machine: {machine()}")
    authorization = f"Bearer {stack.key}"
    started = time.perf_counter()
    loaded = await drive(stack.url, "/sync/batch", authorization, bodies(sessions), clients=2)
    if loaded.failures:
        print(f"Some were not taken, by status: {loaded.statuses}")
    print(f"{sessions:,} sessions, {sessions * MESSAGES:,} messages written", end=" ")
    print(f"in {time.perf_counter() - started:.0f} s")
    # As the local stack's browser: no key, the page's own origin.
    headers = {"Origin": stack.url, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=None) as http:
        ready = {"filter": {}, "set": {"evalReady": True}}
        (await http.post("/api/sessions/update", json=ready)).raise_for_status()
        await compare_exports(stack, http, sessions)
        await measure_deletion(stack, http, min(DELETED, sessions // 2))


def bodies(sessions: int) -> Iterator[bytes]:
    made = generated.many(sessions, END, messages=(MESSAGES, MESSAGES))
    return (orjson.dumps(body) for body in generated.batches(made))


async def compare_exports(stack: Stack, http: httpx.AsyncClient, sessions: int) -> None:
    process = sidecar_of(stack)
    worst = 0.0
    for name, path in EXPORTS.items():
        before = process.reset()
        started = time.perf_counter()
        size, lines = await fetched(http, path)
        seconds = time.perf_counter() - started
        growth = process.peak() - before
        worst = max(worst, growth)
        print(f"{name:16} {size / 1e6:7.1f} MB in {seconds:6.1f} s, memory +{growth:.0f} MB")
        if name == "jsonl" and lines != sessions * MESSAGES:
            print(f"MISSED {lines:,} messages came, not {sessions * MESSAGES:,}")
    met = "met   " if worst < MOST_GROWTH else "MISSED"
    print(f"{met} memory grows by less than {MOST_GROWTH} MB: {worst:.0f} MB")


async def fetched(http: httpx.AsyncClient, path: str) -> tuple[int, int]:
    """Read an export to its end; return its bytes and lines."""
    size = lines = 0
    async with http.stream("GET", path, headers={"Accept-Encoding": "identity"}) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            lines += chunk.count(b"\n")
    return size, lines


class Process:
    """A process's memory: what it holds, and the most it held since `reset`."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def reset(self) -> float:
        """Forget the peak; return the memory it holds now, in MB."""
        (self._folder / "clear_refs").write_text("5")
        return self._megabytes("VmRSS")

    def peak(self) -> float:
        return self._megabytes("VmHWM")

    def _megabytes(self, name: str) -> float:
        for line in (self._folder / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"This system does not say {name} of a process.")


def sidecar_of(stack: Stack) -> Process:
    """Return the process that `opensync up` started as the sidecar."""
    assert stack.process is not None
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if parent == str(stack.process.pid) and b"serve" in command and b"sidecar" in command:
            return Process(int(folder.name))
    raise RuntimeError("The sidecar of the stack was not found.")


async def measure_deletion(stack: Stack, http: httpx.AsyncClient, count: int) -> None:
    user = (await http.get("/api/me")).json()["user"]["id"]
    names = [t.id for t in generated.many(count, END, messages=(1, 1))]
    kept = {"filter": {}, "except": [ids.session_id(user, name) for name in names]}
    result = Result()
    started = time.perf_counter()
    job = (await http.post("/api/sessions/delete", json=kept)).raise_for_status().json()["job"]
    async with Connection(stack.url) as connection:
        while job["status"] in ("queued", "running"):
            for _ in range(20):
                await sync_one(connection, stack, result)
            job = await reread(http, job["id"])
    seconds = time.perf_counter() - started
    print(f"{job['done']:,} sessions deleted in {seconds:.1f} s: {job['status']} {job['counts']}")
    p50, p99 = (result.percentile(percent) for percent in (50, 99))
    print(f"sync meanwhile: {len(result.latencies)} messages, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    met = "met   " if p99 < MOST_P99 and not result.failures else "MISSED"
    print(f"{met} sync p99 < {MOST_P99} ms while sessions are deleted")


async def sync_one(connection: Connection, stack: Stack, result: Result) -> None:
    body = orjson.dumps(
        {
            "sessionExternalId": "goes-on",
            "externalId": f"m{len(result.latencies)}",
            "role": "user",
            "textContent": "still here " * 20,
        }
    )
    started = time.perf_counter()
    status, _ = await connection.post("/sync/message", body, f"Bearer {stack.key}")
    result.latencies.append(time.perf_counter() - started)
    result.statuses[status] = result.statuses.get(status, 0) + 1


async def reread(http: httpx.AsyncClient, id: str) -> dict[str, object]:
    token = (await http.get("/api/me")).json()["token"]
    path = f"/api/collections/jobs/records/{id}"
    record: dict[str, object] = (await http.get(path, headers={"Authorization": token})).json()
    return record


if __name__ == "__main__":
    main()
