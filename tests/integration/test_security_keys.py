"""Nothing about an answer says how near a wrong key is to a right one.

`scripts/bench_key_timing` measures; here is what makes the measurement come out as it does, without
a clock: a key is looked up by its hash, which shares nothing with that of a key like it.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

import pytest

from sidecar.domain import keys
from sidecar.pocketbase.client import PocketBase, Record
from tests.conftest import Tenant


def changed(key: str, place: int) -> str:
    return key[:place] + ("x" if key[place] != "x" else "y") + key[place:][1:]


async def test_wrong_keys_get_one_answer_after_one_look_up_by_hash(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    compared: list[tuple[Any, Any]] = []
    first, compare = PocketBase.first, hmac.compare_digest

    async def counted(self: PocketBase, collection: str, filter: str, **more: Any) -> Record | None:
        if collection == "apiKeys":
            looked_up.append(filter)
        return await first(self, collection, filter, **more)

    def compare_counted(a: Any, b: Any) -> bool:
        compared.append((a, b))
        return compare(a, b)

    revoked = await tenant.service.context.keys.create(tenant.id, "revoked")
    await tenant.service.context.keys.revoke(tenant.id, revoked.record["id"])
    right = tenant.key
    wrong = [
        *(changed(right, place) for place in (5, 20, len(right) - 1)),
        right[:-1],
        right + "0",
        right.swapcase().replace("OSK_", "osk_"),
        revoked.key,
    ]
    monkeypatch.setattr(PocketBase, "first", counted)
    monkeypatch.setattr(hmac, "compare_digest", compare_counted)

    answers = set()
    for key in wrong:
        async with tenant.service.client(Authorization=f"Bearer {key}") as http:
            answer = await http.get("/api/sessions")
        named = {n: v for n, v in answer.headers.items() if n not in ("date", "x-request-id")}
        answers.add((answer.status_code, answer.text, tuple(sorted(named.items()))))
    async with tenant.api as http:
        assert (await http.get("/api/sessions")).status_code == 200

    assert len(answers) == 1 and next(iter(answers))[0] == 401
    asked = [*wrong, right]
    assert len(looked_up) == len(asked)
    for key, filter in zip(asked, looked_up, strict=True):
        assert re.search(r"\b[0-9a-f]{64}\b", filter)
        assert keys.key_hash(key) in filter and key not in filter
    # What was found is compared once more, in constant time, whatever the database's collation.
    found = [keys.key_hash(key) for key in (revoked.key, right)]
    assert [pair for pair in compared if pair[1] in found] == [(hash, hash) for hash in found]
