"""A session is shared, looked at, and deleted, through the whole stack."""

from __future__ import annotations

import httpx

from tests.e2e.stack import Stack
from tests.processes import eventually


def test_a_shared_session_is_there_until_it_is_deleted(stack: Stack) -> None:
    body = {"externalId": "shared", "title": "Mend <it>", "source": "claude-code"}
    synced = httpx.post(f"{stack.url}/sync/session", json=body, headers=stack.authorization)
    session = synced.json()["sessionId"]

    with httpx.Client(base_url=stack.url, headers={"Origin": stack.url}) as dashboard:
        answer = dashboard.post(f"/api/sessions/{session}/publish", json={})
        address = answer.json()["url"]
        page = httpx.get(address)
        shared = httpx.get(address.replace("/s/", "/api/public/"))
        dashboard.post("/api/sessions/delete", json={"ids": [session]})

    assert page.status_code == 200
    assert '<meta property="og:title" content="Mend &lt;it&gt;">' in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for answer in (page, shared):
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert shared.json()["session"]["title"] == "Mend <it>"
    eventually(lambda: httpx.get(address).status_code == 404, "the deletion")
