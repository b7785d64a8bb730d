"""What is known of stored data beyond its size."""

from __future__ import annotations

from typing import Final

QDRANT_ADVISED: Final = 500_000
"""Vectors of one user from which a Qdrant server pays: docs/howto/choose-an-index.md says why."""
