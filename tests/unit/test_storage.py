"""What the storage page advises."""

from __future__ import annotations

from pathlib import Path

from sidecar.domain.storage import QDRANT_ADVISED

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "choose-an-index.md"


def test_the_guide_and_the_page_advise_qdrant_from_the_same_number_on() -> None:
    assert f"more than about {QDRANT_ADVISED:,} vectors" in GUIDE.read_text(encoding="utf-8")
