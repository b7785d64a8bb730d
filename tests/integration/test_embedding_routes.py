"""What a person is told of their embeddings, and what they can do about them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Tenant, make_tenant
from tests.embedded import Starter, rows_of, settled, synced, until, vectors_of
from tests.embeddings_api import MODEL, CountingApi


async def asked(tenant: Tenant, method: str, path: str) -> dict[str, Any]:
    async with tenant.browser as http:
        answer = await http.request(method, f"/api/embeddings{path}")
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_person_is_told_how_far_their_own_sessions_are(starter: Starter) -> None:
    service = await starter.start()
    one, other = await make_tenant(service), await make_tenant(service)
    await synced(one, 10)
    await settled(service)

    mine, theirs = [await asked(tenant, "GET", "") for tenant in (one, other)]

    assert (mine["enabled"], mine["state"], mine["model"]) == (True, "ok", MODEL)
    assert mine["dimensions"] > 0
    assert mine["messages"] == {"done": 10, "total": 10}
    assert mine["sessions"] == {"done": 1, "total": 1}
    assert theirs["messages"] == theirs["sessions"] == {"done": 0, "total": 0}


async def test_without_an_embedder_the_reason_is_told(starter: Starter) -> None:
    service = await starter.start(embedder="off")
    tenant = await make_tenant(service)
    await synced(tenant, 3)

    found = await asked(tenant, "GET", "")
    after = await asked(tenant, "POST", "/backfill")

    assert (found["enabled"], found["state"]) == (False, "off")
    assert found["reason"]
    assert found["messages"] == {"done": 0, "total": 3}
    assert after == found


async def test_a_backfill_tries_again_what_was_refused_and_nothing_else(
    starter: Starter, api: CountingApi
) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 5)
    await settled(service)
    pocketbase = service.context.pocketbase
    row = await pocketbase.first("messageEmbeddings", f"user = '{tenant.id}' && chunk = 0")
    assert row is not None
    await pocketbase.update("messageEmbeddings", row["id"], {"vector": "", "dimensions": 0})
    await pocketbase.update("messageEmbeddings", row["id"], {"textHash": "another"})
    api.forget()

    await asked(tenant, "POST", "/backfill")
    await settled(service)

    assert len(api.texts) == 1
    mended = await pocketbase.get(f"/api/collections/messageEmbeddings/records/{row['id']}")
    assert mended["dimensions"] > 0


async def test_of_deleted_data_no_vector_is_left_in_database_index_or_snapshot(
    starter: Starter,
) -> None:
    service = await starter.start()
    tenant, other = await make_tenant(service), await make_tenant(service)
    for one in (tenant, other):
        await synced(one, 10)
    await settled(service)

    async with tenant.browser as http:
        assert (await http.delete("/api/me/data")).status_code == 202

    async def gone() -> bool:
        return await vectors_of(tenant) == 0

    await until(gone)
    assert (await rows_of(tenant), await rows_of(other)) == (0, 11)
    await starter.stop()
    service = await starter.start()
    await settled(service)
    tenant, other = (Tenant(t.record, t.key, t.key_id, service) for t in (tenant, other))
    assert (await vectors_of(tenant), await vectors_of(other)) == (0, 11)
