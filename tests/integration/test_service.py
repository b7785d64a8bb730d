"""The state of the service: health, readiness, metrics, who is an administrator."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.app import create_app
from tests.conftest import Tenant, settings_for
from tests.pocketbase import free_port
from tests.serving import STRANGER, Service, serving


async def test_health_needs_neither_key_nor_database(tmp_path: Path) -> None:
    settings = settings_for(f"http://127.0.0.1:{free_port()}", tmp_path)

    async with serving(create_app(settings), settings) as service, service.client() as anybody:
        health = await anybody.get("/health")
        ready = await anybody.get("/ready")

    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert isinstance(health.json()["timestamp"], int)
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert settings.pocketbase_url in ready.json()["reasons"][0]


async def test_ready_says_so_while_everything_works(service: Service) -> None:
    async with service.client() as anybody:
        ready = await anybody.get("/ready")

    assert (ready.status_code, ready.json()["reasons"]) == (200, [])


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("::1", 200), (STRANGER, 403)])
async def test_metrics_are_for_allowed_networks_only(
    service: Service, peer: str, status: int
) -> None:
    async with service.client(peer) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == status
    assert ("opensync_requests_total" in answer.text) == (status == 200)


async def test_requests_are_counted_by_route_and_not_by_id(tenant: Tenant) -> None:
    async with tenant.api as api:
        await api.get("/api/sessions/aaaaaaaaaaaaaaa")
        metrics = (await api.get("/metrics")).text

    assert 'endpoint="/api/sessions/{id}"' in metrics
    assert "aaaaaaaaaaaaaaa" not in metrics


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {"Remote_User": "ada", "Remote_Groups": "people,admins"}, 200),
        ("127.0.0.1", {"Remote_User": "ada", "Remote_Groups": "people"}, 403),
        ("127.0.0.1", {"Remote_User": "ada", "Remote_Groups": "administrators-not"}, 403),
        ("127.0.0.1", {"Remote_Groups": "admins"}, 401),
        ("127.0.0.1", {}, 401),
        (STRANGER, {"Remote_User": "ada", "Remote_Groups": "admins"}, 401),
    ],
)
async def test_only_a_member_of_the_admin_group_is_an_administrator(
    service: Service, peer: str, headers: dict[str, str], status: int
) -> None:
    async with service.client(peer, **headers) as client:
        answer = await client.get("/internal/admin")

    assert answer.status_code == status


async def test_every_answer_carries_a_request_id(service: Service) -> None:
    async with service.client() as anybody:
        given = await anybody.get("/health", headers={"X-Request-Id": "from-the-proxy.1"})
        made = await anybody.get("/nothing-here", headers={"X-Request-Id": "bad id\t!"})

    assert given.headers["x-request-id"] == "from-the-proxy.1"
    assert made.headers["x-request-id"] not in ("", "bad id\t!")
    assert made.status_code == 404
    assert made.json()["error"].endswith("/docs.")


async def test_a_failure_names_the_request_under_which_the_log_has_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret of the database")

    monkeypatch.setattr(service.context.publishing, "page", broken)
    async with service.client() as anybody:
        answer = await anybody.get("/api/public/abc", headers={"X-Request-Id": "mine"})

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "mine"
    assert "secret" not in answer.text


async def test_the_reference_is_served(service: Service) -> None:
    async with service.client() as anybody:
        document = await anybody.get("/openapi.json")
        page = await anybody.get("/docs")

    assert "/sync/session" in document.json()["paths"]
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
