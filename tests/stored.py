"""What PocketBase holds of a tenant, and how a test puts it there."""

from __future__ import annotations

from typing import Any

import httpx

from sidecar.domain import ids
from sidecar.pocketbase.client import Record
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant

Body = dict[str, Any]


async def post(tenant: Tenant, path: str, body: Any) -> httpx.Response:
    """Send one sync request (`session`, `message` or `batch`) with the tenant's key."""
    async with tenant.api as api:
        return await api.post(f"/sync/{path}", json=body)


async def accepted(tenant: Tenant, path: str, body: Any) -> Body:
    """Send one sync request that must be taken; return the answer."""
    answer = await post(tenant, path, body)
    assert answer.status_code == 200, answer.text
    result: Body = answer.json()
    assert result["ok"] is True
    return result


async def read(tenant: Tenant, path: str, **query: str) -> Any:
    """Return what the read API answers to the tenant's key."""
    async with tenant.api as api:
        answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def transcript(tenant: Tenant, session: str) -> Body:
    """Return the session with this external id as the read API shows it."""
    shown: Body = await read(tenant, f"/api/sessions/{ids.session_id(tenant.id, session)}")
    return shown


async def sessions_of(tenant: Tenant) -> list[Record]:
    pocketbase = tenant.service.context.pocketbase
    wanted = bind("user = {:user}", user=tenant.id)
    return [record async for record in pocketbase.every("sessions", wanted)]


async def session_of(tenant: Tenant, session: str = "s") -> Record:
    """Return the record of the session with this external id; there must be exactly one."""
    pocketbase = tenant.service.context.pocketbase
    wanted = bind("user = {:user} && externalId = {:id}", user=tenant.id, id=session)
    found = [record async for record in pocketbase.every("sessions", wanted)]
    assert len(found) == 1, found
    return found[0]


async def messages_of(tenant: Tenant, session: str = "s") -> list[Record]:
    """Return the messages of a session in the order in which they are shown."""
    pocketbase = tenant.service.context.pocketbase
    wanted = bind("session = {:id}", id=ids.session_id(tenant.id, session))
    found = [record async for record in pocketbase.every("messages", wanted)]
    return sorted(found, key=lambda record: (record["createdAt"], record["seq"]))


async def message_of(tenant: Tenant, message: str = "m", session: str = "s") -> Record:
    """Return the record of the message with this external id; there must be exactly one."""
    found = [r for r in await messages_of(tenant, session) if r["externalId"] == message]
    assert len(found) == 1, found
    return found[0]


async def parts_of(tenant: Tenant, message: str = "m", session: str = "s") -> list[Record]:
    """Return the parts of a message in order."""
    pocketbase = tenant.service.context.pocketbase
    id = ids.message_id(ids.session_id(tenant.id, session), message)
    found = [r async for r in pocketbase.every("parts", bind("message = {:id}", id=id))]
    return sorted(found, key=lambda record: int(record["order"]))


async def contents_of(tenant: Tenant, message: str = "m", session: str = "s") -> list[Any]:
    """Return the contents of a message's parts in order."""
    return [part["content"] for part in await parts_of(tenant, message, session)]
