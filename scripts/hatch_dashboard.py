"""Puts the built dashboard into the wheel; a checkout without Node still makes one without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Dashboard(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `web/dist` under the name by which `sidecar.resources` looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        dist = Path(self.root) / "web" / "dist"
        if version == "standard" and (dist / "index.html").is_file():
            build_data["force_include"][str(dist)] = "sidecar/_resources/web/dist"
