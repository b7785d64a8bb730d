"""What the headers of a request say of the person behind it, and from where it was sent."""

from __future__ import annotations

import string
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.proxy import ProxyIdentity, client_network, is_same_origin, read_identity
from sidecar.errors import Unauthenticated

NAMES = ("remote-user", "remote-email", "remote-name", "remote-groups")
HOME = "https://sync.example.org"


def raw(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in pairs]


def test_all_four_headers_are_read() -> None:
    headers = raw(
        ("host", "sync.example.org"),
        ("Remote-User", "ada"),
        ("REMOTE-EMAIL", "Ada@Example.org"),
        ("remote-name", "Ada Łovelace"),
        ("Remote-Groups", "people,admins"),
    )

    assert read_identity(headers) == ProxyIdentity(
        "ada", "ada@example.org", "Ada Łovelace", ("people", "admins")
    )


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("host", "sync.example.org"),),
        (("remote-user", ""),),
        (("remote-user", "  "),),
        (("remote-email", "ada@example.org"),),
        (("remote-email", "ada@example.org"), ("remote-groups", "admins")),
        (("remote-user", ""), ("remote-email", "ada@example.org")),
        (("x-remote-user", "ada"),),
        (("remoteuser", "ada"),),
    ],
)
def test_without_a_user_name_there_is_nobody(headers: tuple[tuple[str, str], ...]) -> None:
    assert read_identity(raw(*headers)) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("again", ["ada", "eve", ""])
def test_a_header_that_is_there_twice_is_refused(name: str, again: str) -> None:
    with pytest.raises(Unauthenticated):
        read_identity(raw(("remote-user", "ada"), (name, "ada"), (name.upper(), again)))


@given(
    name=st.sampled_from(NAMES),
    separator=st.sampled_from("_."),
    upper=st.booleans(),
    value=st.text(string.ascii_letters + string.digits),
    beside=st.booleans(),
)
def test_an_alias_of_a_header_is_refused(
    name: str, separator: str, upper: bool, value: str, beside: bool
) -> None:
    alias = name.replace("-", separator)
    headers = raw((alias.upper() if upper else alias, value))

    with pytest.raises(Unauthenticated):
        read_identity([*raw(("remote-user", "ada")), *headers] if beside else headers)


def test_a_name_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        read_identity([(b"remote-user", b"ad\xe4")])


def test_a_long_user_name_is_not_cut_to_that_of_somebody_else() -> None:
    ada = read_identity(raw(("remote-user", "a" * 255)))
    assert ada is not None

    with pytest.raises(Unauthenticated):
        read_identity(raw(("remote-user", "a" * 256)))


@given(
    st.dictionaries(
        st.sampled_from([*NAMES, "remote_user", "remote.user", "x-remote-user", "cookie"]),
        st.binary(max_size=40),
    )
)
def test_any_bytes_are_either_an_identity_or_refused(headers: dict[str, bytes]) -> None:
    try:
        identity = read_identity([(name.encode(), value) for name, value in headers.items()])
    except Unauthenticated:
        return
    if identity is not None:
        assert identity.user == headers["remote-user"].decode().strip()
        assert "remote_user" not in headers
        assert "remote.user" not in headers


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": HOME}, True),
        ({"origin": HOME}, True),
        ({}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"origin": ""}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "http://sync.example.org"}, False),
        ({"origin": HOME + ":8443"}, False),
        ({"origin": HOME + ".evil.example"}, False),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, False),
        ({"referer": HOME + "/"}, False),
        ({"host": "sync.example.org"}, False),
    ],
)
def test_only_a_page_of_ours_is_of_the_same_origin(headers: dict[str, str], same: bool) -> None:
    assert is_same_origin(raw(*headers.items()), [HOME]) is same


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        # Nobody in front: what the client wrote does not count.
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.7",), "203.0.113.9"),
        # One of our proxies in front: what it wrote last counts, not what it was told.
        ("127.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("127.0.0.1", ("198.51.100.7, 203.0.113.9",), "203.0.113.9"),
        ("127.0.0.1", ("198.51.100.7", "203.0.113.9"), "203.0.113.9"),
        ("127.0.0.1", ("127.0.0.1, 203.0.113.9",), "203.0.113.9"),
        # Two of ours.
        ("127.0.0.1", ("198.51.100.7, 203.0.113.9, 10.0.0.2",), "203.0.113.9"),
        # A request of our own, and what is no address.
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("10.0.0.2",), "10.0.0.2"),
        ("127.0.0.1", ("unknown",), "127.0.0.1"),
        ("127.0.0.1", (" , ",), "127.0.0.1"),
        # One client has as many IPv6 addresses as it likes.
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64"),
        ("127.0.0.1", ("2001:db8:1:2:ffff::1",), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", (), "203.0.113.9"),
    ],
)
def test_a_client_is_where_our_own_proxies_saw_it(
    peer: str, forwarded: tuple[str, ...], network: str
) -> None:
    headers = raw(*(("X-Forwarded-For", value) for value in forwarded))
    trusted = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))

    assert client_network(peer, headers, trusted) == network
