"""Where the files that travel with the program are: in the wheel, or in the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the path of a bundled file or folder, such as `pb_schema` or `deploy/traefik`.

    An installed wheel carries them under `sidecar/_resources`; a checkout has them at its root.
    The path may not exist (the dashboard is optional); callers that need it say so themselves.
    """
    packaged = _PACKAGE / "_resources" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name
