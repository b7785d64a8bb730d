"""Which vectors can be compared: those of one space."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Space:
    """The model that made vectors, and their length."""

    model: str
    dimensions: int

    @property
    def key(self) -> str:
        """A name for folders and collections, different for every space."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.model.lower()).strip("-")[:40]
        digest = hashlib.sha256(f"{self.model}\0{self.dimensions}".encode()).hexdigest()
        return f"{slug}-{self.dimensions}-{digest[:8]}"

    def __str__(self) -> str:
        return f"{self.model} with {self.dimensions} dimensions"
