"""Secrets are masked, what only looks similar is not. Every token here is made up."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.domain import credentials, redaction
from sidecar.domain.redaction import Redactor, redacted, redacted_as, secrets

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
TOKEN_MASK = "[GitHub token removed]"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("postgres://ann:hunter2@db:5432/x", f"postgres://ann:{MASK}@db:5432/x"),
        ("redis://:hunter2@cache", f"redis://:{MASK}@cache"),
        ("https://a:b%40c@host/p?q", f"https://a:{MASK}@host/p?q"),
        (f"https://ghp_{LONG}:x-oauth-basic@host", f"https://{TOKEN_MASK}:x-oauth-basic@host"),
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


# Secrets that only the name in front of them tells. What is masked stands between the two signs.
NAMED = """
PASSWORD=«hunter2»
export DB_PASSWORD="«hunter 2»"
POSTGRES_PASSWORD='«hunter2»'
SMTP_PASS=«hunter2»
MYSQL_PWD=«hunter2» mysql
PGPASSWORD=«hunter» psql
API_KEY=«abcdef»
SECRET_KEY=«django-insecure-abc»
password: «hunter2»
  db_password: "«hunter2»"  # of the database
api_key: «8f14e45fceea167a»
apiKey: '«8f14e45fceea167a»',
"password": "«hunter2»",
{\\"password\\": \\"«hunter2»\\"}
{"client_secret":"«GOCSPX-1a2b3c4d»"}
password = "«hunter2»"
password: str = "«hunter2»"
password := "«hunter2»"
'password' => '«hunter2»',
os.environ["API_KEY"] = "«8f14e45fceea167a»"
mysql --password=«hunter»
password=«123456»
https://example.org/?token=«8f14e45fceea»&page=2
Server=db;Password=«hunter2»;Encrypt=true
Server=db;Pwd=«hunter2»;
aws_secret_access_key = «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»
AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»
"SecretAccessKey": "«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»"
AWS Secret Access Key [None]: «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»
AccountName=a;AccountKey=«wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY==»;
Authorization: Bearer «8f14e45fceea167a»
curl -H "Authorization: bearer «abcdEFGH1234_-x=»" https://example.org
Authorization: Basic «YW5uOmh1bnRlcjI=»
Cookie: «session=8f14e45f; theme=dark»
Set-Cookie: «sid=8f14e45f; Path=/; HttpOnly»
{"cookie": "«sid=8f14e45f»"}
"""

# What looks like one and is a variable, a type, a placeholder, or a word.
UNNAMED = """
password = get_password()
password=password
connect(password=settings.password, api_key=self.api_key)
def sign_in(password: str = None, token=None): ...
password: Optional[str]
api_key: str = Field(default=None)
token: str
token: string;
token: Uint8Array
if password == "x": token = next(tokens)
const token = await sign(user)
const readonlyToken = type2.declaration.readonlyToken ? one : two
api_key = os.environ["API_KEY"]
token => token.id
PASSWORD=$PASS
PASSWORD=${PASS:-x}
PASSWORD=$(cat file)
PASSWORD=<your password>
PASSWORD=********
PASSWORD=...
PASSWORD=
PASSWORD=[password removed]
PASSWORD_FILE=/run/secrets/password
SECRET=/run/secrets/secret1
API_KEY=xxxx
API_KEY=your-api-key
api_key: "<your key>"
password: ${{ secrets.PASSWORD }}
token: {{ token }}
private_key: ~/.ssh/id_ed25519
PWD=/home/ann/work1 OLDPWD=/srv/work2
secrets: inherit
secretName: my-secret-2024
max_tokens=4096 token_count = 12345678 "token": 12345678
"tokens": {"input_token": 1234567}
"token": "identifier", "type": "password"
"password": "Kennwort"
"password": "Please enter your password"
"password": null, "token": true
<input type="password" value="x1234">
the password is long; Bearer token authentication, the bearer of bad news
Authorization: Bearer $TOKEN
Authorization: Bearer <token>
Basic authentication, basic research2
cookie: string; cookies = 12; a cookie: the thing with chocolate
for token in tokens: print(token)
"""


@pytest.mark.parametrize("line", NAMED.strip().splitlines())
def test_what_a_name_gives_away_is_masked_and_nothing_around_it(line: str) -> None:
    before, secret, after = re.split("[«»]", line)

    answer = redacted(f"{before}{secret}{after}")

    assert re.fullmatch(rf"{re.escape(before)}\[[\w ]+ removed\]{re.escape(after)}", answer.text), (
        answer.text
    )
    assert answer.total == 1


@pytest.mark.parametrize("line", UNNAMED.strip().splitlines())
def test_what_only_has_such_a_name_stays(line: str) -> None:
    assert redacted(line).text == line


def test_a_shape_says_more_than_a_name() -> None:
    assert redacted(f"TOKEN=ghp_{LONG}").counts == {"GitHub token": 1}
    assert redacted(f'"token": "ghp_{LONG}", "password": "hunter2"').counts == {
        "GitHub token": 1,
        "password": 1,
    }


def test_the_secret_key_beside_the_id_of_an_aws_key_is_masked() -> None:
    row = "AKIAABCDEFGH12345678,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    assert redacted(row).text == "[AWS key removed],[AWS secret key removed]"


def test_names_are_found_where_lower_case_is_longer() -> None:
    assert redacted("İİİ PASSWORD=hunter2").text == "İİİ PASSWORD=[password removed]"


def test_masking_twice_is_masking_once() -> None:
    text = NAMED.replace("«", "").replace("»", "")

    once = redacted(text).text
    assert redacted(once).text == once


@pytest.mark.parametrize(
    "beginning",
    [
        *("token=", 'token="', "password='", 'password=\\"', "password: a", "secret = "),
        *("Bearer a ", "basic ", "cookie: ", "PASSWORD=${", "token: x = ", "token [x", "api_key "),
    ],
)
def test_a_hostile_megabyte_takes_no_longer_than_its_length_asks_for(beginning: str) -> None:
    """In quadratic time this would take an hour."""
    for text in (beginning * (1_000_000 // len(beginning)), f"{beginning}{'a' * 1_000_000}"):
        assert len(redacted(text).text) > 0


# The rules as one would write them if time did not matter.
PLAIN_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "".join(f"(?P<kind{n}>{shape})|" for n, (_, shape) in enumerate(redaction._TOKENS))
    + r"(?<=://)(?P<user>[^\s/:@'\"<>]{0,200}):[^\s/@'\"<>]{1,500}(?=@))"
    rf"|(?:{redaction._PRIVATE_KEY})"
)
PLAIN_NAMES = re.compile(
    r"(?P<password>passw(?:or)?d|passphrase|(?<=[_;-])pwd|(?<=_)pass(?=\\{0,3}[\"']?[ \t]?[=:]))"
    r"|(?P<secret>secret(?:[_ -]?(?:access[_ -]?)?key)?|token"
    r"|(?:access|account|api|auth|encryption|master|private|shared|signing)[_ -]?key)"
    r"|(?P<scheme>bearer|basic)(?=[ \t])|(?P<cookie>cookie)"
    r"|(?P<aws>a[ks]ia[a-z0-9]{16})(?![a-z0-9])"
)

FRAGMENTS = (
    *("osk_", "os_", "sk-", "sk-ant-", "sk-proj-", "ghp_", "github_pat_", "glpat-", "xoxb-"),
    *("AKIA", "ASIA", "AIza", "npm_", "pypi-", "hf_", "sk_live_", "rk_test_", "eyJ", ".eyJ"),
    *("https://", "://", "/", ".", ":", "@", "ann:pw@", "-", "_", "-----BEGIN ", "-----END "),
    *("PRIVATE KEY-----", "password", "PASSWORD", "passwd", "passphrase", "pwd", "_pwd", ";PWD"),
    *("_pass", "SMTP_PASS", "pass", "secret", "SECRET_KEY", "access", "account", "api_key"),
    *("apiKey", "auth", "master", "private", "shared", "token", "key", "KEY", "Bearer", "basic"),
    *("Cookie", "AKIAABCDEFGH12345678", "\u0130", "\u017f", "=", ": ", " = ", ":=", "=>", " "),
    *("\n", "\t", '"', "'", '\\"', '": "', ",", ";", "[", "]", "{", LONG, LONG[:16]),
    *(LONG.lower(), "ABCDEFGH12345678", "hunter2", "8f14e45fceea167a", "YW5uOmh1bnRlcjI="),
    *("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "sid=8f14e45f", "your", "None", "a", "9"),
)
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)


@settings(max_examples=1_000)
@given(texts)
@example("pwd=hunter2")
@example(f"https://sk-ant-{LONG}:hunter2@host")
@example(f"https://sk-{LONG[:8]}:hunter2@host")
@example("------BEGIN PRIVATE KEY-----")
@example("secretoken=8f14e45fceea167a")
def test_what_is_found_fast_is_what_the_plain_rules_find(text: str) -> None:
    found = list(secrets(text))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redaction, "_SECRET", PLAIN_SECRET)
        patch.setattr(credentials, "_NAMES", PLAIN_NAMES)
        assert found == list(secrets(text))
        telling = bool(PLAIN_SECRET.search(text) or credentials.tells(text))
    assert not (telling and redaction.is_plain(text))


@given(texts, texts)
@example("token", "8f14e45fceea167a")
@example(f"ghp_{LONG}", "hunter2")
def test_a_name_that_was_met_before_counts_as_it_did(name: str, text: str) -> None:
    redactor = Redactor()

    first, second = redactor.value([{name: text}, {name: text}])

    named, said = redacted(name), redacted_as(name, text)
    assert first == second == {named.text: said.text}
    once = Counter(named.counts) + Counter(said.counts)
    assert redactor.counts == once + once


def test_more_names_than_are_remembered_are_masked_all_the_same() -> None:
    redactor = Redactor()
    value = {f"{number}_token": "8f14e45fceea167a" for number in range(2_000)}

    assert set(redactor.value(value).values()) == {"[secret removed]"}
    assert set(redactor.value(value).values()) == {"[secret removed]"}


def test_in_json_the_name_of_a_value_counts() -> None:
    redactor = Redactor()
    value = {
        "env": {"DB_PASSWORD": "hunter2", "API_KEY": ["8f14e45fceea167a"], "PORT": "5432"},
        "headers": {"Authorization": "Bearer 8f14e45fceea167a", "Cookie": "sid=8f14e45f"},
        "password": None,
        "token": "identifier",
    }

    assert redactor.value(value) == {
        "env": {
            "DB_PASSWORD": "[password removed]",
            "API_KEY": ["[secret removed]"],
            "PORT": "5432",
        },
        "headers": {
            "Authorization": "Bearer [bearer token removed]",
            "Cookie": "[cookie removed]",
        },
        "password": None,
        "token": "identifier",
    }
    assert sum(redactor.counts.values()) == 4
