"""`npm run dev` beside a running stack."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import ROOT, Site, Visit
from tests.e2e.browser.test_live import live, session
from tests.e2e.stack import Stack
from tests.pocketbase import free_port
from tests.processes import eventually


@pytest.fixture
def vite(site: Site, tmp_path: Path) -> Iterator[str]:
    """The address of Vite's server, which passes requests on to the site."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "vite.log").open("w") as log:
        process = subprocess.Popen(
            ["npm", "run", "dev", "--", "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT / "web",
            env={**os.environ, "OPENSYNC_URL": site.url},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            eventually(lambda: answers(url), "Vite")
            yield url
        finally:
            os.killpg(process.pid, 15)
            process.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


async def test_the_working_tree_runs_against_a_running_stack(
    site: Site, vite: str, visit_site: Visit
) -> None:
    page = (await visit_site(vite, "/sessions")).page

    await live(page)
    made = session("Seen through the development server")
    site.put(made)

    await expect(page.get_by_role("link", name=made.session["title"])).to_be_visible()


_ASK = """
async (path) => {
  try {
    const answer = await fetch(path, { credentials: "include" });
    return (await answer.json()).user.email;
  } catch (error) {
    return error.name;
  }
}
"""


@pytest.mark.parametrize("configured", [True, False])
async def test_a_page_of_another_origin_is_answered_only_when_it_is_configured(
    vite: str,
    tmp_path: Path,
    visit_site: Visit,
    monkeypatch: pytest.MonkeyPatch,
    configured: bool,
) -> None:
    monkeypatch.setenv("OPENSYNC_ALLOWED_ORIGINS", vite if configured else "http://other.test")
    stack = Stack(tmp_path / "data")
    stack.start()
    try:
        visitor = await visit_site(vite, "/settings")
        visitor.expect_problems("request to another host|CORS|ERR_FAILED")
        told = await visitor.page.evaluate(_ASK, f"{stack.url}/api/me")
    finally:
        stack.stop()

    assert told == ("local@opensync.local" if configured else "TypeError")
