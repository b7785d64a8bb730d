"""The signed-in user and their API keys."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sidecar import __version__
from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, json_response
from sidecar.api.jobs import JobAnswer
from sidecar.domain.principal import Via
from sidecar.errors import NotFound, Unauthenticated
from sidecar.services.ingest import parse
from sidecar.services.users import shown


async def me(call: Call) -> Response:
    settings = call.context.settings
    try:
        user = await call.context.users.get(call.principal.user)
    except NotFound as exc:
        raise Unauthenticated("This user was deleted.") from exc
    body: dict[str, Any] = {
        "user": shown(user),
        "token": None,
        "tokenExpiresAt": None,
        "record": None,
        "isAdmin": settings.admin_group in call.principal.groups,
        "signOutUrl": settings.sign_out_url or None,
        "version": __version__,
    }
    # Only single sign-on is worth a new token: a leaked key or token must not renew itself.
    if call.principal.via is Via.PROXY:
        expires = call.context.clock.now() + settings.user_token_seconds * 1000
        issued = await call.context.users.browser_token(user["id"], settings.user_token_seconds)
        body |= {"token": issued.token, "tokenExpiresAt": expires, "record": issued.record}
    return json_response(body, headers={"Cache-Control": "no-store"})


async def data_delete(call: Call) -> Response:
    job = await call.context.jobs.create(call.principal.user, "deleteData", {})
    return json_response({"job": job}, 202)


async def delete(call: Call) -> Response:
    job = await call.context.jobs.create(call.principal.user, "deleteAccount", {})
    return json_response({"job": job}, 202)


async def keys_list(call: Call) -> Response:
    return json_response({"keys": await call.context.keys.list(call.principal.user)})


async def keys_create(call: Call) -> Response:
    wanted = parse(schemas.KeyIn, await call.json())
    made = await call.context.keys.create(call.principal.user, wanted.name, wanted.expiresAt or 0)
    return json_response(
        {"key": made.key, "record": made.record}, 201, {"Cache-Control": "no-store"}
    )


async def keys_revoke(call: Call) -> Response:
    id = str(call.request.path_params["id"])
    return json_response(await call.context.keys.revoke(call.principal.user, id))


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/me",
        me,
        "Get the signed-in user",
        Auth.ANYONE,
        "Account",
        schemas.MeOut,
        errors=(401, 503),
        description="On the first visit the user is made. A browser behind single sign-on also "
        "gets a PocketBase token; calling again renews it.",
    ),
    Endpoint(
        "DELETE",
        "/api/me/data",
        data_delete,
        "Delete all your synced data",
        Auth.PERSON,
        "Account",
        JobAnswer,
        errors=(401, 403, 503),
        status=202,
        description="In the background: sessions with all that belongs to them, the trash, and the "
        "request log. Account and keys stay, and what is synced from now on.",
    ),
    Endpoint(
        "DELETE",
        "/api/me",
        delete,
        "Delete your account",
        Auth.PERSON,
        "Account",
        JobAnswer,
        errors=(401, 403, 503),
        status=202,
        description="In the background: all data, keys, the user and, in the end, the job itself. "
        "Until then it can be cancelled.",
    ),
    Endpoint(
        "GET",
        "/api/keys",
        keys_list,
        "List your API keys",
        Auth.PERSON,
        "Account",
        schemas.KeysOut,
        errors=(401, 403, 503),
    ),
    Endpoint(
        "POST",
        "/api/keys",
        keys_create,
        "Make an API key",
        Auth.PERSON,
        "Account",
        schemas.NewKeyOut,
        schemas.KeyIn,
        errors=(400, 401, 403, 422, 503),
        status=201,
    ),
    Endpoint(
        "DELETE",
        "/api/keys/{id}",
        keys_revoke,
        "Revoke an API key",
        Auth.PERSON,
        "Account",
        schemas.KeyOut,
        errors=(401, 403, 404, 503),
        description="It is refused from the next request on.",
    ),
)
