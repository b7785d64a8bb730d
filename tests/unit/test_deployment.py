"""What `deploy/` says: units, lock file, Compose, Authelia."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from packaging.requirements import Requirement

from sidecar.config import PREFIX, Settings
from tests.compose import example, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "docker-compose.yml").read_text("utf-8"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}

Service = dict[str, Any]


# The lock file.


def locked() -> dict[str, set[str]]:
    """Return the versions of each package in the lock file; each must have a SHA-256."""
    versions: dict[str, set[str]] = {}
    text = (DEPLOY / "requirements.txt").read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        name, _, rest = line.partition("==")
        assert "--hash=sha256:" in rest, f"{name} has no SHA-256"
        versions.setdefault(name.partition("[")[0], set()).add(rest.split()[0])
    return versions


def test_the_lock_file_holds_what_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["local"], *extras["backup"], *extras["qdrant"]]
    versions = locked()

    for requirement in map(Requirement, wanted):
        found = versions.get(requirement.name, set())
        assert found, f"{requirement.name} is missing; run scripts/lock"
        for version in found:
            assert requirement.specifier.contains(version), f"{requirement}; run scripts/lock"


# systemd.


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_confined(unit: Path) -> None:
    lines = set(unit.read_text("utf-8").splitlines())

    assert {
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    } <= lines
    assert "User=opensync" in lines or "DynamicUser=yes" in lines
    assert any(line.startswith("StateDirectory=") for line in lines)


def test_every_variable_of_the_units_and_of_compose_is_a_setting() -> None:
    texts = [path.read_text("utf-8") for path in (DEPLOY / "systemd").iterdir()]
    texts.append((DEPLOY / "compose" / "docker-compose.yml").read_text("utf-8"))
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", "\n".join(texts)))

    assert named
    assert named <= SETTINGS


# Compose.


def services() -> Iterator[tuple[str, Service]]:
    yield from COMPOSE["services"].items()


def test_the_file_says_nothing_that_compose_does_not_know() -> None:
    PyCompose.from_yaml(yaml.safe_dump(load(example()))).validate()


@pytest.mark.parametrize("name", ["SERVER_NAME", "SIGN_IN_NAME", "COOKIE_DOMAIN"])
def test_a_name_that_was_not_set_is_asked_for(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        load(example() | {name: ""})


def test_no_container_runs_as_root_or_writes_outside_its_volumes() -> None:
    for name, service in services():
        assert not service["user"].startswith("0"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_every_container_that_stays_has_a_health_check() -> None:
    for name, service in services():
        assert "healthcheck" in service or service["restart"] == "no", name


def test_only_traefik_can_be_reached_from_outside() -> None:
    assert [name for name, service in services() if "ports" in service] == ["traefik"]


def test_the_sidecar_trusts_exactly_the_address_that_traefik_has() -> None:
    address = COMPOSE["services"]["traefik"]["networks"]["opensync"]["ipv4_address"]

    trusted = COMPOSE["services"]["sidecar"]["environment"]["OPENSYNC_TRUSTED_PROXIES"]
    assert trusted == f"{address}/32"


def test_every_secret_and_volume_that_is_used_is_declared() -> None:
    for name, service in services():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {volume for volume in named if not volume.startswith(".")} <= set(
            COMPOSE["volumes"]
        ), name
    for secret in COMPOSE["secrets"]:
        if secret.startswith("opensync_"):
            assert secret.upper() in SETTINGS


def test_the_example_sets_every_variable_that_compose_reads() -> None:
    text = (DEPLOY / "compose" / "docker-compose.yml").read_text("utf-8")
    example = (DEPLOY / "compose" / ".env.example").read_text("utf-8")

    read = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))
    assert read == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


# Authelia.


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path


def authelia() -> Any:
    text = (DEPLOY / "authelia" / "configuration.yml").read_text("utf-8")
    return yaml.safe_load(re.sub(r'\{\{ env "(\w+)" \}\}', r"\1", text))


def test_authelia_is_given_only_keys_that_it_publishes() -> None:
    published = set(json.loads((ROOT / "tests/data/authelia_keys.json").read_text())["keys"])
    variables = COMPOSE["services"]["authelia"]["environment"]

    given = set(leaves(authelia()))
    assert given <= published
    as_variables = {f"AUTHELIA_{key.upper().replace('.', '_')}_FILE" for key in published}
    assert {name for name in variables if name.startswith("AUTHELIA_")} <= as_variables


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/sync/session", "bypass"),
        ("/.convex.site/sync/session", "bypass"),
        ("/health", "bypass"),
        ("/s/abc", "bypass"),
        ("/_/", "deny"),
        ("/api/settings", "deny"),
        ("/api/sessions", "two_factor"),
        ("/", "two_factor"),
        ("/syncs", "two_factor"),
    ],
)
def test_who_is_no_administrator_is_treated_by_path(path: str, policy: str) -> None:
    rules = [rule for rule in authelia()["access_control"]["rules"] if "subject" not in rule]

    first = next(
        rule
        for rule in rules
        if "resources" not in rule or any(re.search(r, path) for r in rule["resources"])
    )
    assert first["policy"] == policy


def test_no_rule_that_lets_everybody_in_names_a_subject() -> None:
    for rule in authelia()["access_control"]["rules"]:
        assert rule["policy"] != "bypass" or "subject" not in rule
