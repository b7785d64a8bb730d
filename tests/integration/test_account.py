"""What a person sets of their own account."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Tenant
from tests.pocketbase import RealPocketBase


async def chosen(tenant: Tenant, process: RealPocketBase, agents: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as http:
        return await http.patch(
            f"/api/collections/users/records/{tenant.id}",
            json={"enabledAgents": agents},
            headers={"Authorization": await tenant.token()},
        )


async def test_the_chosen_agents_are_kept(
    tenant: Tenant, pocketbase_process: RealPocketBase
) -> None:
    for agents in (["codex-cli", "pi"], [], None):
        answer = await chosen(tenant, pocketbase_process, agents)

        assert answer.status_code == 200
        async with tenant.browser as http:
            assert (await http.get("/api/me")).json()["user"]["enabledAgents"] == agents


@pytest.mark.parametrize("agents", ["pi", {"pi": True}, [1], ["a" * 65], ["a"] * 101, 0, False])
async def test_what_is_no_list_of_names_is_refused(
    tenant: Tenant, pocketbase_process: RealPocketBase, agents: Any
) -> None:
    await chosen(tenant, pocketbase_process, ["pi"])

    answer = await chosen(tenant, pocketbase_process, agents)

    assert answer.status_code == 400
    async with tenant.browser as http:
        assert (await http.get("/api/me")).json()["user"]["enabledAgents"] == ["pi"]
