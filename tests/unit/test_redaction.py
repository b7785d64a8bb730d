"""Secrets are masked, what only looks similar is not. Every token here is made up."""

from __future__ import annotations

import pytest

from sidecar.domain.redaction import redacted

LONG = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
PEM = "-----BEGIN {0} KEY-----\nMIIEow\nIBAAK\n-----END {0} KEY-----"


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (f"osk_{LONG}", "OpenSync key"),
        (f"os_{LONG}", "OpenSync key"),
        ("osk_ab-_cd12ef34-_gh56ij78", "OpenSync key"),
        (f"sk-ant-api03-{LONG}", "Anthropic key"),
        (f"sk-proj-{LONG}", "OpenAI key"),
        (f"sk-svcacct-{LONG}", "OpenAI key"),
        (f"sk-admin-{LONG}", "OpenAI key"),
        (f"sk-{LONG}", "OpenAI key"),
        (f"ghp_{LONG}", "GitHub token"),
        (f"gho_{LONG}", "GitHub token"),
        (f"github_pat_{LONG}", "GitHub token"),
        (f"glpat-{LONG}", "GitLab token"),
        ("xoxb-1234567890-abcdefghij", "Slack token"),
        ("AKIA" + "ABCDEFGH12345678", "AWS key"),
        ("AIza" + LONG[:35], "Google key"),
        (f"npm_{LONG}", "npm token"),
        (f"pypi-{LONG}", "PyPI token"),
        (f"hf_{LONG}", "Hugging Face token"),
        (f"sk_live_{LONG}", "Stripe key"),
        (f"rk_test_{LONG}", "Stripe key"),
        (f"eyJ{LONG}.eyJ{LONG}.{LONG}", "JWT"),
        (PEM.format("RSA PRIVATE"), "private key"),
        (PEM.format("OPENSSH PRIVATE"), "private key"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "key={} and more", '"{}"', "({})", "Bearer {}\nnext"])
def test_a_secret_is_masked_wherever_it_stands(secret: str, kind: str, around: str) -> None:
    answer = redacted(around.format(secret))

    assert answer.text == around.format(f"[{kind} removed]")
    assert answer.counts == {kind: 1}
    assert answer.total == 1


MASK = "[password in an address removed]"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("postgres://ann:hunter2@db:5432/x", f"postgres://ann:{MASK}@db:5432/x"),
        ("redis://:hunter2@cache", f"redis://:{MASK}@cache"),
        ("https://a:b%40c@host/p?q", f"https://a:{MASK}@host/p?q"),
    ],
)
def test_a_password_in_an_address_is_masked(address: str, masked: str) -> None:
    assert redacted(f"use {address} here").text == f"use {masked} here"


def test_a_private_key_that_does_not_end_is_masked_to_the_end_of_the_text() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIEow\nIBAAK"

    assert redacted(f"look: {text}").text == "look: [private key removed]"


def test_each_secret_is_counted() -> None:
    answer = redacted(f"ghp_{LONG} ghp_{LONG} osk_{LONG}")

    assert answer.counts == {"GitHub token": 2, "OpenSync key": 1}
    assert answer.total == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def task_list(): ...",
        "the os_path_join_of_two_folders is task-1234567890abcdefghij",
        "https://example.org:8080/path@2x.png",
        "git@github.com:someone/something.git",
        "sk-learn, desk-top, npm_config_cache, ghp_ alone, AKIA, eyJ.eyJ.",
        "pypi-publish, hf_hub_download, risk_live_migration, sk_test_ alone",
        "http://localhost:8090/_/ and mail ann@example.org",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redacted(text).text == text
    assert redacted(text).counts == {}


def test_long_texts_take_no_longer_than_their_length_asks_for() -> None:
    for text in (
        *("eyJ" * 100_000, "://a" * 100_000, "-----BEGIN " * 30_000, "sk-" * 100_000),
        *("-eyJ" * 250_000, "_eyJ0eXAi" * 100_000),
    ):
        assert redacted(text).text == text


def test_a_token_is_masked_behind_what_only_begins_like_one() -> None:
    assert redacted(f"eyJa-eyJ{LONG}.eyJ{LONG}.{LONG}").text == "eyJa-[JWT removed]"
