"""Settings and where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sidecar.config import (
    PREFIX,
    STACK_FILE,
    Settings,
    load_settings,
    misspelt_variables,
    read_stack_file,
)
from sidecar.errors import ConfigError

Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default data folder is in the current one; here there is none."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Sets `OPENSYNC_*` variables by the lower-case names of settings."""

    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)

    return set_all


def stack_file(folder: Path, values: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STACK_FILE
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


# Sources.


def test_every_setting_has_a_default_and_a_sentence() -> None:
    load_settings()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description[0].isupper(), name
        assert field.description.endswith("."), name


def test_variables_are_read(environment: Environment) -> None:
    environment(port="9000", public_url="https://example.test", log_format="json")

    settings = load_settings()
    assert (settings.port, settings.public_url, settings.log_format) == (
        9000,
        "https://example.test",
        "json",
    )


def test_credentials_are_read_from_files_and_give_way_to_variables(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    for name in ("pocketbase_password", "proxy_secret", "admin_group"):
        (folder / f"opensync_{name}").write_text("from a file\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    stack_file(tmp_path / "data", {"pocketbase_password": "of the local stack"})
    environment(admin_group="from a variable")

    settings = load_settings()
    assert settings.pocketbase_password.get_secret_value() == "from a file"
    assert settings.proxy_secret is not None
    assert settings.proxy_secret.get_secret_value() == "from a file"
    assert settings.admin_group == "from a variable"


def test_the_strongest_source_wins(environment: Environment, tmp_path: Path) -> None:
    stack_file(tmp_path / "data", {"port": 1, "sidecar_port": 1, "host": "file"})
    environment(port="2", sidecar_port="2")
    settings = load_settings(port=3)

    assert (settings.port, settings.sidecar_port, settings.host) == (3, 2, "file")
    assert settings.admin_group == "admins"


def test_the_stack_file_is_looked_for_where_the_data_are(
    environment: Environment, tmp_path: Path
) -> None:
    for name in ("argument", "variable", "data"):
        stack_file(tmp_path / name, {"host": name})

    assert load_settings().host == "data"
    environment(data=str(tmp_path / "variable"))
    assert load_settings().host == "variable"
    assert load_settings(data=tmp_path / "argument").host == "argument"


def test_what_a_stack_file_holds_beyond_settings_is_ignored(tmp_path: Path) -> None:
    stack_file(tmp_path / "data", {"pocketbase_password": "s", "processes": [1], "PORT": 5})

    settings = load_settings()
    assert settings.pocketbase_password.get_secret_value() == "s"
    assert settings.port == 8080


def test_there_need_be_no_stack_file(tmp_path: Path) -> None:
    assert read_stack_file(tmp_path) == {}
    assert read_stack_file(tmp_path / "missing") == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "5", "\udcff"])
def test_a_stack_file_that_cannot_be_used_is_named_with_the_cure(
    tmp_path: Path, content: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / STACK_FILE).write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(ConfigError) as refused:
        load_settings()

    assert str(Path("data") / STACK_FILE) in refused.value.message
    assert "opensync up" in refused.value.message


# Values.


def test_lists_are_written_with_commas(environment: Environment) -> None:
    environment(
        trusted_proxies="10.0.0.0/8, ::1/128,192.0.2.7",
        allowed_origins=" https://a.test ,,https://b.test",
        metrics_networks="",
    )

    settings = load_settings()
    networks = [ip_network(text) for text in ("10.0.0.0/8", "::1/128", "192.0.2.7/32")]
    assert list(settings.trusted_proxies) == networks
    assert settings.allowed_origins == ("https://a.test", "https://b.test")
    assert settings.metrics_networks == ()


def test_nobody_is_trusted_by_default() -> None:
    settings = load_settings()

    assert (settings.trusted_proxies, settings.allowed_origins) == ((), ())
    assert settings.host == "127.0.0.1"
    assert all(network.is_loopback for network in settings.metrics_networks)


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1  # type: ignore[misc]


def test_secrets_are_not_shown(environment: Environment) -> None:
    environment(pocketbase_password="correct-horse", proxy_secret="battery-staple")

    settings = load_settings()
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "correct-horse" not in shown
        assert "battery-staple" not in shown


# Mistakes.


def test_every_bad_variable_is_listed_by_its_name(environment: Environment) -> None:
    bad = {
        "port": "many",
        "sidecar_port": "70000",
        "log_level": "loud",
        "log_format": "xml",
        "max_body_bytes": "1",
        "user_token_seconds": "5",
        "api_log_days": "0",
        "trusted_proxies": "10.0.0.0/8,nowhere",
        "metrics_networks": "10.0.0.1/8",
    }
    environment(**bad, public_url="https://fine.test")

    with pytest.raises(ConfigError) as refused:
        load_settings()

    message = refused.value.message
    for name in bad:
        assert f"{PREFIX}{name.upper()}: " in message
    assert f"{PREFIX}PUBLIC_URL" not in message
    assert "opensync config" in message


def test_a_bad_variable_is_listed_once(environment: Environment) -> None:
    environment(trusted_proxies="nowhere", port="many")

    with pytest.raises(ConfigError) as refused:
        load_settings()

    assert refused.value.message.count(f"{PREFIX}TRUSTED_PROXIES") == 1
    assert refused.value.message.count(f"{PREFIX}PORT") == 1


def test_a_bad_secret_is_not_repeated(environment: Environment, tmp_path: Path) -> None:
    stack_file(tmp_path / "data", {"pocketbase_password": ["correct-horse"]})

    with pytest.raises(ConfigError) as refused:
        load_settings()

    assert "correct-horse" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("OPENSYNC_PROT", "OPENSYNC_PORT"),
        ("OPENSYNC_PUBLICURL", "OPENSYNC_PUBLIC_URL"),
        ("OPENSYNC_TRUSTED_PROXY", "OPENSYNC_TRUSTED_PROXIES"),
        ("OPENSYNC_XYZZY_PLUGH_QUUX", None),
    ],
)
def test_a_variable_that_no_setting_reads_is_reported(name: str, suggestion: str | None) -> None:
    [sentence] = misspelt_variables({name: "x", "OPENSYNC_PORT": "1", "PATH": "/", "PROT": "y"})

    assert name in sentence
    if suggestion is None:
        assert "Did you mean" not in sentence
    else:
        assert sentence.endswith(f"Did you mean {suggestion}?")


def test_all_misspelt_variables_are_reported_in_order() -> None:
    sentences = misspelt_variables({"OPENSYNC_ZZZ": "", "OPENSYNC_AAA": "", "OPENSYNC_DATA": "x"})

    assert ["AAA" in sentences[0], "ZZZ" in sentences[1], len(sentences)] == [True, True, 2]


def test_every_setting_is_a_known_variable() -> None:
    assert (
        misspelt_variables({f"{PREFIX}{name.upper()}": "x" for name in Settings.model_fields}) == []
    )
