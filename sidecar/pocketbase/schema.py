"""The wanted collections (`pb_schema/*.json`): load, compare with a live PocketBase, apply.

A file states what matters and leaves the rest to PocketBase's defaults. `diff` therefore compares
only stated properties, with one addition: a field that exists live and is not stated is reported,
and kept, because dropping it would drop data.

What a comparison cannot know, such as where a value that moved came from, is done by the steps of
`pb_hooks/lib/schema.js`: each once, in order, while old and new fields are both there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sidecar.errors import ConfigError
from sidecar.pocketbase import version
from sidecar.pocketbase.client import Json, PocketBase

_IMPLIED_FIELD = {"required": False, "hidden": False}
_NOT_COMPARED = {"collection", "fields", "indexes", "removedFields", "name", "type", "viewQuery"}


@dataclass(frozen=True)
class Change:
    """One difference. `apply` mends it unless it is only reported."""

    collection: str
    action: Literal["create", "change", "remove", "report", "rows", "version"]
    what: str

    def __str__(self) -> str:
        return f"{self.action:<7} {self.collection}: {self.what}"


@dataclass(frozen=True)
class Schema:
    """The wanted collections, in an order in which each finds those it refers to."""

    version: int
    collections: tuple[Json, ...]
    settings: Json

    @cached_property
    def text_limits(self) -> Mapping[str, Mapping[str, int]]:
        """Longest value in characters (bytes for JSON) of each field of each collection."""
        return {
            collection["name"]: {
                field["name"]: field.get("max") or field.get("maxSize")
                for field in collection.get("fields", ())
                if field["type"] in ("text", "json")
            }
            for collection in self.collections
        }


def load(folder: Path) -> Schema:
    """Read `pb_schema/`. Raises ConfigError when it is not there or not readable."""
    try:
        files = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    except ValueError as exc:
        raise ConfigError(f"A file in {folder} is not valid JSON: {exc}") from exc
    for name in ("settings", "version"):
        if name not in files:
            raise ConfigError(f"The schema is missing: there is no {folder / name}.json.")
    settings, number = files.pop("settings"), files.pop("version")["version"]
    return Schema(number, tuple(_in_order(files)), settings)


def _in_order(files: dict[str, Json]) -> Iterator[Json]:
    """Yield collections after those that their relations name; views, which read all, last."""
    tables = {name: wanted for name, wanted in files.items() if wanted["type"] != "view"}
    waiting = dict(sorted(tables.items()))
    done: set[str] = set()
    while waiting:
        ready = [name for name, wanted in waiting.items() if _relations(wanted) <= done]
        if not ready:
            raise ConfigError(f"The schema has a circle of relations among {sorted(waiting)}.")
        for name in ready:
            done.add(name)
            yield waiting.pop(name)
    yield from (wanted for _, wanted in sorted(files.items()) if wanted["type"] == "view")


def _relations(wanted: Json) -> set[str]:
    return {field["collection"] for field in wanted.get("fields", ()) if "collection" in field}


async def diff(pocketbase: PocketBase, schema: Schema) -> list[Change]:
    """Return what `apply` would do; empty when the live schema is as wanted. Changes nothing."""
    there = await version.found(pocketbase)
    changes = await _drift(pocketbase, schema)
    if there.version < schema.version:
        answer = await pocketbase.send("POST", f"{version.ROUTE}?do=plan", {"to": schema.version})
        changes += [
            Change(step["table"], "rows", f"{step['rows']:,} rows: {step['what']}")
            for step in answer["steps"]
        ]
    if there.version != schema.version:
        changes.append(Change("schema", "version", f"{there.version} becomes {schema.version}"))
    return changes


async def apply(pocketbase: PocketBase, schema: Schema, *, hooks: str = "") -> list[Change]:
    """Upgrade the database to the wanted schema and return what was changed.

    Safe to repeat, also after it was interrupted anywhere. Raises ConfigError for a database that
    is newer than the schema and, where `hooks` are given, for an upgrade by other ones.
    """
    there = await version.found(pocketbase)
    if there.version > schema.version:
        raise ConfigError(version.misfit(there.version, schema.version))
    is_upgrade = there.version < schema.version
    if is_upgrade and hooks not in ("", there.hooks):
        raise ConfigError(version.OTHER_HOOKS)
    changes = await diff(pocketbase, schema)
    to = {"to": schema.version}
    if is_upgrade:
        await pocketbase.send("POST", f"{version.ROUTE}?do=begin", to)
    await _add_what_is_missing(pocketbase, schema)
    while is_upgrade and (await pocketbase.send("POST", f"{version.ROUTE}?do=step", to))["version"]:
        pass
    await _make_as_wanted(pocketbase, schema)
    if is_upgrade:
        await pocketbase.send("POST", f"{version.ROUTE}?do=finish", to)
    return changes


async def _drift(pocketbase: PocketBase, schema: Schema) -> list[Change]:
    """Return how the live collections and settings differ from the wanted ones."""
    live = await _live(pocketbase)
    changes: list[Change] = []
    for wanted in schema.collections:
        name = wanted["name"]
        if name not in live:
            changes.append(Change(name, "create", "the collection"))
        else:
            changes.extend(_differences(wanted, live[name], _ids(live)))
    settings = await pocketbase.get("/api/settings")
    changes.extend(_settings_differences(schema.settings, settings))
    return changes


async def _add_what_is_missing(pocketbase: PocketBase, schema: Schema) -> None:
    """Make missing tables and fields, and take nothing away."""
    live = await _live(pocketbase)
    for wanted in schema.collections:
        if wanted["type"] == "view":
            continue
        found = live.get(wanted["name"])
        if found is None:
            await pocketbase.send("POST", "/api/collections", _body(wanted, None, _ids(live)))
            live = await _live(pocketbase)
            continue
        known = {field["name"] for field in found["fields"]}
        missing = [field for field in wanted["fields"] if field["name"] not in known]
        if missing:
            resolved = [_resolved(field, _ids(live)) for field in missing]
            body = {"fields": [*found["fields"], *resolved]}
            await pocketbase.send("PATCH", f"/api/collections/{wanted['name']}", body)


async def _make_as_wanted(pocketbase: PocketBase, schema: Schema) -> None:
    changes = await _drift(pocketbase, schema)
    touched = {change.collection for change in changes if change.action != "report"}
    # Views first: one of the old schema would hold on to a field that goes.
    for wanted in sorted(schema.collections, key=lambda wanted: wanted["type"] != "view"):
        name = wanted["name"]
        if name not in touched:
            continue
        live = await _live(pocketbase)
        body = _body(wanted, live.get(name), _ids(live))
        if name in live:
            await pocketbase.send("PATCH", f"/api/collections/{name}", body)
        else:
            await pocketbase.send("POST", "/api/collections", body)
    if "settings" in touched:
        await pocketbase.send("PATCH", "/api/settings", schema.settings)


async def _live(pocketbase: PocketBase) -> dict[str, Json]:
    page = await pocketbase.get("/api/collections", perPage=200, skipTotal=1)
    return {item["name"]: item for item in page["items"]}


def _ids(live: Mapping[str, Json]) -> dict[str, str]:
    return {name: item["id"] for name, item in live.items()}


def _body(wanted: Json, live: Json | None, ids: Mapping[str, str]) -> Json:
    """Return the create or update request for one collection."""
    body = {key: value for key, value in wanted.items() if key not in ("removedFields", "fields")}
    if wanted["type"] == "view":
        return body
    live_fields = {field["name"]: field for field in live["fields"]} if live else {}
    for name in wanted.get("removedFields", ()):
        live_fields.pop(name, None)
    fields = []
    for field in wanted["fields"]:
        resolved = _resolved(field, ids)
        # Matching by id keeps the column and its data; without it PocketBase makes a new one.
        fields.append({**live_fields.pop(field["name"], {}), **resolved})
    body["fields"] = [*live_fields.values(), *fields]
    return body


def _resolved(field: Json, ids: Mapping[str, str]) -> Json:
    """Return the field with PocketBase's collection id in place of the collection's name."""
    resolved = {**_IMPLIED_FIELD, **field}
    if "collection" in resolved:
        resolved["collectionId"] = ids.get(resolved.pop("collection"), "")
    return resolved


def _differences(wanted: Json, live: Json, ids: Mapping[str, str]) -> Iterator[Change]:
    name = wanted["name"]
    for key, value in wanted.items():
        if key not in _NOT_COMPARED and not _contains(live.get(key), value):
            yield Change(name, "change", f"{key} is {_short(live.get(key))}, not {_short(value)}")
    if wanted["type"] == "view":
        if _squeezed(live["viewQuery"]) != _squeezed(wanted["viewQuery"]):
            yield Change(name, "change", "viewQuery differs")
        return
    yield from _field_differences(wanted, live, ids)
    missing = set(wanted["indexes"]) - set(live["indexes"])
    extra = set(live["indexes"]) - set(wanted["indexes"])
    for index in sorted(missing):
        yield Change(name, "change", f"index missing: {index}")
    for index in sorted(extra):
        yield Change(name, "remove", f"index not wanted: {index}")


def _field_differences(wanted: Json, live: Json, ids: Mapping[str, str]) -> Iterator[Change]:
    name = wanted["name"]
    live_fields = {field["name"]: field for field in live["fields"]}
    for field in wanted["fields"]:
        found = live_fields.pop(field["name"], None)
        if found is None:
            yield Change(name, "change", f"field {field['name']} missing")
            continue
        for key, value in _resolved(field, ids).items():
            # Some kinds of field lack a property altogether, which says the same as its default.
            if not _contains(found.get(key, _IMPLIED_FIELD.get(key)), value):
                yield Change(
                    name,
                    "change",
                    f"field {field['name']}: {key} is {_short(found.get(key))}, "
                    f"not {_short(value)}",
                )
    for field_name in wanted.get("removedFields", ()):
        if live_fields.pop(field_name, None):
            yield Change(name, "remove", f"field {field_name}")
    for field_name, field in live_fields.items():
        if not field["system"]:
            yield Change(
                name, "report", f"field {field_name} is not part of the schema; it is left alone"
            )


def _settings_differences(wanted: Json, live: Json, path: str = "") -> Iterator[Change]:
    for key, value in wanted.items():
        if isinstance(value, dict):
            yield from _settings_differences(value, live.get(key) or {}, f"{path}{key}.")
        elif live.get(key) != value:
            yield Change(
                "settings",
                "change",
                f"{path}{key} is {_short(live.get(key))}, not {_short(value)}",
            )


def _contains(live: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(live, dict):
        return all(_contains(live.get(key), value) for key, value in wanted.items())
    return bool(live == wanted)


def _squeezed(sql: str) -> str:
    return " ".join(sql.split())


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
