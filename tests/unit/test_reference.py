"""What is documented is what is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar import api
from sidecar.api import openapi
from sidecar.api.http import Auth
from sidecar.cli import reference
from sidecar.config import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    page = (DOCS / "reference" / name).read_text("utf-8")

    assert page == reference.PAGES[name](), "Run scripts/docs and commit what it writes."


def test_every_setting_is_documented_with_its_variable() -> None:
    page = reference.settings_page()

    assert [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in page] == []


def test_every_public_route_is_in_the_openapi_document() -> None:
    document = openapi.document(api.endpoints())

    served = {(e.path, e.method.lower()) for e in api.endpoints() if e.public}
    described = {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == served


def test_internal_routes_are_not_in_the_openapi_document() -> None:
    document = openapi.document(api.endpoints())

    assert not [path for path in document["paths"] if path.startswith(("/internal", "/metrics"))]


def test_the_document_says_which_routes_need_a_key() -> None:
    document = openapi.document(api.endpoints())

    for endpoint in api.endpoints():
        if endpoint.public:
            operation = document["paths"][endpoint.path][endpoint.method.lower()]
            assert ("security" in operation) == (endpoint.auth is not Auth.NONE), endpoint.path


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = openapi.document(api.endpoints())
    wanted: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            wanted.update(v for k, v in value.items() if k == "$ref")
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)

    collect(document)

    schemas = document["components"]["schemas"]
    assert wanted
    assert {ref.rpartition("/")[2] for ref in wanted} <= schemas.keys()


def test_operation_ids_are_unique() -> None:
    document = openapi.document(api.endpoints())

    ids = [op["operationId"] for verbs in document["paths"].values() for op in verbs.values()]
    assert len(ids) == len(set(ids))


async def test_the_reference_page_shows_every_public_route() -> None:
    _, page = openapi.handlers(api.endpoints())

    html = bytes((await page(None)).body).decode()  # type: ignore[arg-type]

    for endpoint in api.endpoints():
        if endpoint.public:
            assert f"<code>{endpoint.path}</code>" in html
