"""How fast the sync path is, next to PocketBase's own batch API with the same rows.

Prints figures and, last, the ratio and whether the targets are met. Everything runs on this
machine at once: the load, Traefik, the sidecar and PocketBase share its cores.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from scripts.bench import rows
from scripts.bench.load import Result, drive, machine
from sidecar.domain import ids
from tests.e2e.stack import Stack, temporary_stack

ROUNDS = 3
REQUESTS = 60  # batch requests a round
PEER_BATCH = 1_000  # rows a request of PocketBase's batch API


def main() -> None:
    """Run everything on a stack of its own in a temporary folder."""
    with temporary_stack() as stack:
        asyncio.run(measure(stack))


async def measure(stack: Stack) -> None:
    authorization = f"Bearer {stack.key}"
    print(f"Machine: {machine()}")
    peer = await Peer.connect(stack)
    ours, theirs = [], []
    for number in range(ROUNDS):
        ours.append(await _batch(stack.url, authorization, f"round{number}"))
        theirs.append(await peer.write(f"peer{number}"))
        print(
            f"round {number + 1}: /sync/batch through Traefik {ours[-1]:,.0f} rows/s, "
            f"PocketBase /api/batch {theirs[-1]:,.0f} rows/s"
        )
    await peer.settle()
    ratio = statistics.median(ours) / statistics.median(theirs)
    idle = await _single(stack.url, authorization, "idle", 400, clients=1)
    busy = await _single(stack.url, authorization, "busy", 8_000, clients=32)
    exact = await _is_exact(stack, "busy", 8_000)
    await peer.close()
    print(f"/sync/message idle: p50 {idle.percentile(50):.1f} ms, p99 {idle.percentile(99):.1f} ms")
    print(
        f"/sync/message 32 clients: {busy.rate:,.0f}/s, p50 {busy.percentile(50):.1f} ms, "
        f"p99 {busy.percentile(99):.1f} ms, {busy.failures} failures, "
        f"counters {'exact' if exact else 'WRONG'}"
    )
    _verdict("/sync/batch at least 3 x /api/batch", f"{ratio:.1f} x", ratio >= 3)
    fast = idle.percentile(50) <= 8 and idle.percentile(99) <= 30
    _verdict("/sync/message idle p50 <= 8 ms, p99 <= 30 ms", "see above", fast)
    good = busy.rate >= 800 and busy.failures == 0 and exact
    _verdict("32 clients at least 800/s, no error, exact counters", "see above", good)


def _verdict(target: str, figure: str, met: bool) -> None:
    print(f"{'met   ' if met else 'MISSED'} {target}: {figure}")


async def _batch(url: str, authorization: str, prefix: str) -> float:
    """Return rows a second of batch requests from 8 clients."""
    bodies = [orjson.dumps(body) for body in rows.batches(prefix, REQUESTS)]
    result = await drive(url, "/sync/batch", authorization, bodies, clients=8)
    assert result.failures == 0, result.statuses
    return REQUESTS * (rows.ROWS + 1) / result.seconds


async def _single(url: str, authorization: str, prefix: str, count: int, *, clients: int) -> Result:
    """Send single messages to as many sessions as there are clients."""
    bodies = [
        orjson.dumps(rows.message(f"{prefix}-{index % clients}", index, parts=0))
        for index in range(count)
    ]
    return await drive(url, "/sync/message", authorization, bodies, clients=clients)


async def _is_exact(stack: Stack, prefix: str, count: int) -> bool:
    async with httpx.AsyncClient(base_url=stack.url, headers=stack.authorization) as api:
        page = (await api.get("/api/sessions", params={"limit": 200})).json()
    counted = [s["messageCount"] for s in page["sessions"] if s["externalId"].startswith(prefix)]
    return sum(counted) == count


class Peer:
    """PocketBase's batch API, spoken to directly, with upserts of the same rows."""

    def __init__(self, http: httpx.AsyncClient, user: str) -> None:
        self._http = http
        self._user = user

    @classmethod
    async def connect(cls, stack: Stack) -> Peer:
        facts = stack.facts
        http = httpx.AsyncClient(base_url=facts["pocketbase_url"], timeout=60, trust_env=False)
        identity = {
            "identity": facts["pocketbase_email"],
            "password": facts["pocketbase_password"],
        }
        answer = await http.post("/api/collections/_superusers/auth-with-password", json=identity)
        http.headers["Authorization"] = answer.json()["token"]
        limits = {"enabled": True, "maxRequests": PEER_BATCH, "timeout": 30}
        (await http.patch("/api/settings", json={"batch": limits})).raise_for_status()
        users = (await http.get("/api/collections/users/records")).json()["items"]
        return cls(http, users[0]["id"])

    async def settle(self) -> None:
        """Wait until what was written is indexed: "idle" means that nothing is under way."""
        left = 1
        while left:
            left = (await self._http.post("/api/opensync/search/prepare")).json()["remaining"]

    async def close(self) -> None:
        await self._http.aclose()

    async def write(self, prefix: str) -> float:
        """Return rows a second."""
        requests = list(self._requests(prefix))
        chunks = [requests[i : i + PEER_BATCH] for i in range(0, len(requests), PEER_BATCH)]
        started = asyncio.get_running_loop().time()
        for chunk in chunks:
            body = orjson.dumps({"requests": chunk})
            headers = {"Content-Type": "application/json"}
            answer = await self._http.post("/api/batch", content=body, headers=headers)
            assert answer.status_code == 200, answer.text[:500]
        return len(requests) / (asyncio.get_running_loop().time() - started)

    def _requests(self, prefix: str) -> Iterator[dict[str, Any]]:
        for batch in rows.batches(prefix, REQUESTS):
            external = batch["sessions"][0]["externalId"]
            session = ids.session_id(self._user, external)
            yield self._put(
                "sessions",
                {
                    "id": session,
                    "user": self._user,
                    "externalId": external,
                    "title": batch["sessions"][0]["title"],
                    "messageCount": rows.MESSAGES,
                },
            )
            for sent in batch["messages"]:
                message = ids.message_id(session, sent["externalId"])
                yield self._put(
                    "messages",
                    {
                        "id": message,
                        "session": session,
                        **{k: sent[k] for k in ("externalId", "role", "model", "textContent")},
                    },
                )
                for order, part in enumerate(sent["parts"]):
                    id = ids.part_id(message, order)
                    yield self._put("parts", {"id": id, "message": message, "order": order, **part})

    def _put(self, collection: str, row: dict[str, Any]) -> dict[str, Any]:
        return {"method": "PUT", "url": f"/api/collections/{collection}/records", "body": row}


if __name__ == "__main__":
    main()
