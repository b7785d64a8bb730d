"""Traefik's two files, made from the templates in `deploy/traefik`.

The local stack and a production server share every router; only the identity middleware, TLS
and the addresses differ. `opensync traefik HOST` writes the files of a server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import jinja2
import typer

from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import ConfigError
from sidecar.resources import resource

STATIC: Final = "traefik.yml"
DYNAMIC: Final = "dynamic.yml"

Mode = Literal["local", "authelia"]

AUTHELIA_URL: Final = "http://127.0.0.1:9091/api/authz/forward-auth"
SIDECAR_URL: Final = "http://127.0.0.1:8091"
POCKETBASE_URL: Final = "http://127.0.0.1:8090"

_TEMPLATES: Final = {STATIC: "static.yml.j2", DYNAMIC: "dynamic.yml.j2"}
# What may stand between the backticks of a Host rule: a DNS name, an IPv4 or an IPv6 address.
_HOST_NAME: Final = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f]*(:[0-9A-Fa-f]*){2,7}"
)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')

_CONTENT_SECURITY_POLICY: Final = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    # No address elsewhere: an image in a transcript would tell its host who reads it.
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def render(
    *,
    mode: Mode,
    host_names: Sequence[str],
    entry_points: Mapping[str, str],
    sidecar_url: str,
    pocketbase_url: str,
    dynamic_file: str,
    user: ProxyIdentity | None = None,
    authelia_url: str = "http://authelia:9091/api/authz/forward-auth",
    sign_in_host: str = "",
    trusted_ips: Sequence[str] = (),
    tls: bool = False,
    acme_email: str = "",
    acme_storage: str = "acme.json",
    grace: str = "10s",
) -> dict[str, str]:
    """Return the text of each file by its name.

    The first of `entry_points` (name to address) serves everything; with `tls` a second one may
    follow, which sends browsers that come without it to the first. In mode `local` everybody is
    `user`; in mode `authelia` the server at `authelia_url` says who is there, and its own pages
    are at `sign_in_host`, unless another proxy serves them. Traefik itself reads the secret it
    shares with the sidecar from the variable OPENSYNC_PROXY_SECRET.
    """
    if mode == "local" and user is None:
        raise ValueError("In mode `local` somebody has to be the user.")
    for name in (*host_names, *([sign_in_host] if sign_in_host else [])):
        if not _HOST_NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is not a host name; write it without port and scheme.")
    names = list(entry_points)
    values = {
        "mode": mode,
        "host_names": host_names,
        "entry_points": entry_points,
        "main_entry_point": names[0],
        "plain_entry_point": names[1] if len(names) > 1 else "",
        "sidecar_url": sidecar_url.rstrip("/"),
        "pocketbase_url": pocketbase_url.rstrip("/"),
        "dynamic_file": dynamic_file,
        "user": user,
        "authelia_url": authelia_url,
        "sign_in_host": sign_in_host,
        "sign_in_url": "{0.scheme}://{0.netloc}".format(urlsplit(authelia_url)),
        "trusted_ips": trusted_ips,
        "tls": tls,
        "acme_email": acme_email,
        "acme_storage": acme_storage,
        "resolver": "opensync",
        "grace": grace,
        "content_security_policy": "; ".join(
            f"{directive} {sources}" for directive, sources in _CONTENT_SECURITY_POLICY.items()
        ),
    }
    templates = _environment()
    return {
        name: templates.get_template(template).render(values)
        for name, template in _TEMPLATES.items()
    }


def render_production(
    host_name: str,
    *,
    sidecar_url: str = SIDECAR_URL,
    pocketbase_url: str = POCKETBASE_URL,
    authelia_url: str = AUTHELIA_URL,
    sign_in_host: str = "",
    acme_email: str = "admin@example.org",
    trusted_ips: Sequence[str] = (),
) -> dict[str, str]:
    """Return the files of a server; by default everything runs beside Traefik, as units do."""
    return render(
        mode="authelia",
        host_names=[host_name],
        entry_points={"websecure": ":443", "web": ":80"},
        sidecar_url=sidecar_url,
        pocketbase_url=pocketbase_url,
        dynamic_file="/etc/traefik/dynamic.yml",
        authelia_url=authelia_url,
        sign_in_host=sign_in_host,
        trusted_ips=trusted_ips,
        tls=True,
        acme_email=acme_email,
        acme_storage="/var/lib/traefik/acme.json",
    )


def _environment() -> jinja2.Environment:
    # The output is YAML, in which HTML escapes would be wrong; `_yaml` does the quoting.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(resource("deploy/traefik")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = _yaml
    return environment


def _yaml(value: object) -> str:
    """Return `value` as YAML on one line that means the same after Traefik's own templating."""
    # JSON is YAML. Traefik runs the file through Go templates first, which must find no braces
    # in a string; YAML reads the escape as the same character.
    text = json.dumps(value, ensure_ascii=False)
    return _STRING.sub(lambda string: string[0].replace("{", "\\u007b"), text)


def write(
    host_name: Annotated[str, typer.Argument(help="Name people reach the server by.")],
    folder: Annotated[
        Path, typer.Option("--into", help="Folder that gets the two files.")
    ] = Path(),
    authelia_url: Annotated[
        str, typer.Option(help="Authelia's forward-auth address, as Traefik reaches it.")
    ] = AUTHELIA_URL,
    sign_in_host: Annotated[
        str, typer.Option(help="Name of Authelia's own pages, if this Traefik serves them.")
    ] = "",
    sidecar_url: Annotated[
        str, typer.Option(help="The sidecar, as Traefik reaches it.")
    ] = SIDECAR_URL,
    pocketbase_url: Annotated[
        str, typer.Option(help="PocketBase, as Traefik reaches it.")
    ] = POCKETBASE_URL,
    acme_email: Annotated[
        str, typer.Option(help="Your address for Let's Encrypt; empty to bring certificates.")
    ] = "admin@example.org",
    trusted_ip: Annotated[
        list[str] | None, typer.Option(help="Address of a proxy in front of this one.")
    ] = None,
) -> None:
    """Write Traefik's files for a server."""
    files = render_production(
        host_name,
        sidecar_url=sidecar_url,
        pocketbase_url=pocketbase_url,
        authelia_url=authelia_url,
        sign_in_host=sign_in_host,
        acme_email=acme_email,
        trusted_ips=trusted_ip or (),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
