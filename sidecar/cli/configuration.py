"""`opensync config`: the settings in effect."""

from __future__ import annotations

import typer
from pydantic import SecretStr

from sidecar.cli.console import output, print_json, table
from sidecar.config import PREFIX, Settings, load_settings

STARS = "********"


def config(json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Show the settings in effect; secrets are starred."""
    values = shown(load_settings())
    if json:
        print_json(values)
        return
    rows = table("Variable", "Value", "Meaning")
    for name, field in Settings.model_fields.items():
        rows.add_row(f"{PREFIX}{name.upper()}", values[name], field.description or "")
    output.print(rows)


def shown(settings: Settings) -> dict[str, str]:
    """Return the settings as text, by their names, without secrets."""
    return {name: _text(getattr(settings, name)) for name in Settings.model_fields}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return STARS if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)
