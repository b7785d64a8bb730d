from __future__ import annotations

from typing import Any

import pytest
import yaml

from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import ConfigError
from sidecar.resources import resource
from sidecar.stack import traefik

LOCAL = ProxyIdentity("local", "local@opensync.local", "Local user", ("admins",))


def render_local(**changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "mode": "local",
        "host_names": ["127.0.0.1", "localhost", "::1"],
        "entry_points": {"local": "127.0.0.1:8080"},
        "sidecar_url": "http://127.0.0.1:8091",
        "pocketbase_url": "http://127.0.0.1:8090",
        "dynamic_file": "/data/traefik/dynamic.yml",
        "user": LOCAL,
    }
    return traefik.render(**(values | changes))


def parsed(text: str) -> Any:
    """Return the YAML, after what Traefik's own templating would do with it."""
    return yaml.safe_load(text.replace('{{ env "OPENSYNC_PROXY_SECRET" | quote }}', '"secret"'))


def test_the_production_files_are_what_the_templates_make() -> None:
    fresh = traefik.render_production("opensync.example.org")

    checked_in = resource("deploy/traefik/production")
    assert {name: (checked_in / name).read_text("utf-8") for name in fresh} == fresh


def test_local_and_production_share_every_router() -> None:
    local = parsed(render_local()[traefik.DYNAMIC])["http"]["routers"]
    production = parsed(traefik.render_production("opensync.example.org")[traefik.DYNAMIC])
    routers = production["http"]["routers"]
    del routers["opensync-to-https"]

    def shared(router: dict[str, Any]) -> dict[str, Any]:
        same = {key: value for key, value in router.items() if key not in ("tls", "entryPoints")}
        return same | {"rule": router["rule"].partition(" && ")[2]}

    assert {name: shared(router) for name, router in local.items()} == {
        name: shared(router) for name, router in routers.items()
    }


def test_authelias_own_pages_are_served_where_they_have_a_name() -> None:
    files = traefik.render_production(
        "opensync.example.org",
        authelia_url="http://authelia:9091/api/authz/forward-auth",
        sign_in_host="auth.example.org",
    )
    http = parsed(files[traefik.DYNAMIC])["http"]

    router = http["routers"]["opensync-sign-in"]
    assert router["rule"] == "Host(`auth.example.org`)"
    assert router["middlewares"] == ["opensync-strip", "opensync-browser"]
    assert router["tls"] == {"certResolver": "opensync"}
    assert http["services"]["opensync-authelia"]["loadBalancer"]["servers"] == [
        {"url": "http://authelia:9091"}
    ]
    assert "Host(`auth.example.org`)" in http["routers"]["opensync-to-https"]["rule"]


def test_every_router_checks_the_host_and_strips_identity() -> None:
    for name, router in parsed(render_local()[traefik.DYNAMIC])["http"]["routers"].items():
        assert router["rule"].startswith(
            "(Host(`127.0.0.1`) || Host(`localhost`) || Host(`::1`)) && "
        ), name
        middlewares = router["middlewares"]
        assert "opensync-strip" in middlewares, name
        assert "opensync-identity" not in middlewares[: middlewares.index("opensync-strip")], name


def test_traefik_reads_the_proxy_secret_from_its_environment() -> None:
    text = render_local()[traefik.DYNAMIC]

    assert 'X-OpenSync-Proxy: {{ env "OPENSYNC_PROXY_SECRET" | quote }}' in text


@pytest.mark.parametrize(
    "name", ['a"b', "a: b", "{{ env `HOME` }}", "a\nb", "Ünï 漢 \U0001f600", "#", "'", "\\"]
)
def test_values_come_through_as_they_are(name: str) -> None:
    text = render_local(user=ProxyIdentity("local", "", name, ()))[traefik.DYNAMIC]

    identity = parsed(text)["http"]["middlewares"]["opensync-identity"]
    assert identity["headers"]["customRequestHeaders"]["Remote-Name"] == name
    assert text.count("{{") == 1


@pytest.mark.parametrize("name", ["a`) || Host(`b", "", "a b", "http://a", "a:80", "-a", "a/b"])
def test_what_is_not_a_host_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="not a host name"):
        render_local(host_names=[name])


def test_forwarded_headers_are_believed_from_named_proxies_only() -> None:
    default = parsed(render_local()[traefik.STATIC])
    named = parsed(render_local(trusted_ips=["10.0.0.1/32"])[traefik.STATIC])

    assert "forwardedHeaders" not in default["entryPoints"]["local"]
    assert named["entryPoints"]["local"]["forwardedHeaders"] == {"trustedIPs": ["10.0.0.1/32"]}
