"""The API reference: an OpenAPI 3.1 document and a page, both made from the list of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import HTMLResponse, Response

from sidecar import __version__
from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, Handler, json_response

_PATH_NAME = re.compile(r"\{(\w+)\}")

_MEANING = {
    400: "The request cannot be understood.",
    401: "Nobody known makes the request.",
    403: "Known, but not allowed.",
    404: "No such thing, or not yours.",
    408: "The body stopped arriving.",
    413: "The body is larger than the limit.",
    422: "A field has the wrong type or range.",
    429: "Too many requests; `Retry-After` says when to come back.",
    501: "A setting is missing that this wants; the sentence names it.",
    502: "The model gives no answer.",
    504: "The model was silent for too long.",
    503: "The database is away; `Retry-After` says when to come back.",
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the OpenAPI document of the public endpoints."""
    public = [endpoint for endpoint in endpoints if endpoint.public]
    names, definitions = _definitions(public)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in public:
        operation = _operation(endpoint, names)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenSync",
            "version": __version__,
            "description": "Sessions of AI coding agents, kept on your own server.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `osk_...`, or a PocketBase user token.",
                }
            },
        },
    }


def handlers(endpoints: Sequence[Endpoint]) -> tuple[Handler, Handler]:
    """Return the handlers of `/openapi.json` and `/docs`."""
    content = document(endpoints)
    encoded = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    environment = Environment(
        loader=PackageLoader("sidecar.api"), autoescape=select_autoescape(), trim_blocks=True
    )
    page = environment.get_template("reference.html.j2").render(document=content)

    async def openapi(_: Call) -> Response:
        return json_response(encoded)

    async def reference(_: Call) -> Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    return openapi, reference


def _definitions(
    endpoints: Sequence[Endpoint],
) -> tuple[dict[type[BaseModel], str], dict[str, Any]]:
    models: dict[type[BaseModel], None] = {schemas.ErrorOut: None}
    for endpoint in endpoints:
        models |= {m: None for m in (endpoint.request, endpoint.response) if m is not None}
    refs, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    names = {model: refs[(model, "validation")]["$ref"] for model in models}
    return names, schema["$defs"]


def _operation(endpoint: Endpoint, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    verb, name = endpoint.method.lower(), _PATH_NAME.sub(r"by_\1", endpoint.path)
    operation: dict[str, Any] = {
        "operationId": verb + re.sub(r"\W+", "_", name),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [
            *(_parameter(name, "path", {"type": "string"}, "") for name in _names(endpoint.path)),
            *(
                _parameter(q.name, "query", q.schema, q.description, q.required)
                for q in endpoint.query
            ),
        ],
        "responses": _responses(endpoint, names),
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": names[endpoint.request]}}},
        }
    if endpoint.auth is not Auth.NONE:
        operation["security"] = [{"apiKey": []}]
    return operation


def _names(path: str) -> list[str]:
    return _PATH_NAME.findall(path)


def _parameter(
    name: str, place: str, schema: Any, description: str, required: bool = True
) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": required,
        "schema": dict(schema),
        "description": description,
    }


def _responses(endpoint: Endpoint, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    ok: dict[str, Any] = {"description": endpoint.summary + "."}
    if endpoint.response is not None:
        ok["content"] = {endpoint.media: {"schema": {"$ref": names[endpoint.response]}}}
    elif endpoint.media == "*/*":
        ok["content"] = {endpoint.media: {}}
    elif endpoint.media != "application/json":
        ok["content"] = {endpoint.media: {"schema": {"type": "string"}}}
    error = {"application/json": {"schema": {"$ref": names[schemas.ErrorOut]}}}
    return {
        str(endpoint.status): ok,
        **{
            str(code): {"description": _MEANING[code], "content": error}
            for code in sorted({*endpoint.errors, *_by_limits(endpoint)})
        },
    }


def _by_limits(endpoint: Endpoint) -> Iterator[int]:
    """Give what the limits of time and rate may answer."""
    if endpoint.request is not None:
        yield 408
    if endpoint.auth is not Auth.NONE:
        yield 429
