"""A transcript is written by strangers: whatever it holds is shown, and does nothing."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.scrolling import walk
from tests.e2e.browser.visitor import Visitor

TALL: Final = {"width": 1280, "height": 8000}  # one line of 1 MB is hundreds of ordinary screens

# Everything that must not come from a transcript, each with where it was found.
_HARM: Final = r"""
() => {
  const main = document.querySelector("main");
  const found = [];
  const tags = ["script", "iframe", "frame", "object", "embed", "base", "meta", "link", "style",
                "form", "applet", "math", "foreignObject"];
  for (const e of main.querySelectorAll(tags.join()))
    found.push(`element: ${e.outerHTML.slice(0, 120)}`);
  for (const e of main.querySelectorAll("*")) {
    for (const { name, value } of e.attributes) {
      if (/^on/i.test(name)) found.push(`handler: ${name}=${value.slice(0, 80)}`);
      if (/^(href|src|action|formaction|xlink:href|srcdoc|data|poster|background)$/i.test(name)) {
        const { protocol, host } = URL.parse(value, location.href) ?? {};
        const isLink = e.tagName === "A" && /^(https?|mailto):/i.test(protocol ?? value);
        const isOwn = host === location.host && /^https?:$/.test(protocol);
        const isPixels = /^(data:image\/(png|jpeg|gif|webp)[;,]|blob:)/.test(value);
        if (!isLink && !isOwn && !(e.tagName === "IMG" && isPixels))
          found.push(`address: ${e.tagName} ${value.slice(0, 80)}`);
      }
    }
  }
  for (const a of main.querySelectorAll("a[href]")) {
    if (a.host !== location.host && !/noopener|noreferrer/.test(a.rel) && a.target === "_blank")
      found.push(`opener: ${a.href.slice(0, 80)}`);
  }
  return found;
}
"""

# Opening one moves others in and out, so this tells whether there were any.
_UNFOLD: Final = """
async () => {
  const folds = document.querySelectorAll("main li button[aria-expanded=false]");
  for (const fold of folds) fold.click();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return folds.length > 0;
}
"""


async def test_a_hostile_transcript_is_inert(site: Site, visit_site: Visit) -> None:
    visitor = await visit_site(site.url, None, viewport=TALL)
    await visitor.page.add_init_script("window.boom = (what) => reportViolation(`it ran: ${what}`)")
    page = await visitor.open(f"/sessions/{site.id_of('generated-hostile')}")
    await expect(page.get_by_role("heading", name="Hostile").first).to_be_visible()
    await expect(page.get_by_role("region", name="Messages")).to_be_visible()
    harm: set[str] = set()
    seen: set[str] = set()

    async def look(page: Page) -> None:
        await unfold(page)
        harm.update(await page.evaluate(_HARM))
        seen.update(await page.get_by_role("listitem").all_inner_texts())

    await walk(page, look)

    assert harm == set()
    whole = "\n".join(seen)
    assert "The last message is harmless: the end." in whole
    for text in ("<script>window.boom('script')</script>", "one line of 1 MB: A<b>A<b>", "six"):
        assert text in whole
    assert await page.title() != ""
    assert page.url.endswith(site.id_of("generated-hostile"))
    # Nothing lies above the page, and nothing of it was hidden or renamed.
    await page.get_by_role("link", name="Sessions").first.click()
    await expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


async def test_hostile_facts_of_a_session_are_inert_everywhere(
    site: Site, visitor: Visitor
) -> None:
    await visitor.page.add_init_script("window.boom = (what) => reportViolation(`it ran: ${what}`)")
    page = await visitor.open("/sessions?q=Hostile")
    link = page.get_by_role("link", name="Hostile")
    await expect(link).to_be_visible()

    await link.hover()

    assert await page.evaluate(_HARM) == []


async def unfold(page: Page) -> None:
    """Open what is folded on the part of the transcript that is drawn."""
    while await page.evaluate(_UNFOLD):
        pass
