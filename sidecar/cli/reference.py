"""The pages of `docs/reference` that are made from the program itself."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sidecar.config import PREFIX, Settings

_HEAD = """\
# Settings

Made from `sidecar/config.py` by `scripts/docs`; change the descriptions there.

Every setting is an environment variable, or a file of that name in lower case in the folder
`$CREDENTIALS_DIRECTORY` (systemd credentials, Docker secrets). Beside a local stack started with
`opensync up`, those that the stack decides come from `stack.json` in the data folder.
`opensync config` shows what is in effect, secrets starred. A variable that starts with `OPENSYNC_`
and is not in this table is reported at the start.

| Variable | Default | Meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the settings reference as Markdown."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


PAGES = {"settings.md": settings_page}


def write(folder: Path) -> None:
    """Write all pages into the folder."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), "utf-8")


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", ()):
        return "empty"
    return f"`{value}`"
