"""API keys: how they look, and what may be told from the look alone."""

from __future__ import annotations

import math
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.keys import (
    PREFIX,
    SHOWN,
    ApiKey,
    generate,
    has_valid_checksum,
    is_key_prefixed,
    key_hash,
    looks_like_key,
)

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
NOW = 1_800_000_000_000


class Chooser:
    """Picks as a CSPRNG would, and remembers from how many characters it picked."""

    def __init__(self) -> None:
        self.bits = 0.0

    def __call__(self, alphabet: str) -> str:
        assert len(set(alphabet)) == len(alphabet)
        self.bits += math.log2(len(alphabet))
        return secrets.choice(alphabet)


def api_key(*, expires_at: int = 0, revoked_at: int = 0) -> ApiKey:
    return ApiKey("a" * 15, "u" * 15, "0" * 64, expires_at, revoked_at)


def test_a_key_holds_at_least_190_random_bits() -> None:
    chooser = Chooser()

    generate(chooser)

    assert chooser.bits >= 190


def test_a_key_is_the_prefix_and_base62_alone() -> None:
    for _ in range(200):
        key = generate(secrets.choice)
        assert key.startswith("osk_")
        assert len(key) == 42
        assert set(key.removeprefix("osk_")) <= set(BASE62)


def test_every_random_character_comes_from_the_chooser() -> None:
    chosen = iter(BASE62[:32])

    key = generate(lambda _: next(chosen))

    assert key[len(PREFIX) : -6] == BASE62[:32]
    assert next(chosen, None) is None


def test_the_checksum_is_the_crc32_in_base62_so_that_a_scanner_can_verify_it() -> None:
    key = generate(lambda _: "0")

    digits = [BASE62.index(digit) for digit in key[-6:]]
    value = sum(digit * 62**place for place, digit in enumerate(reversed(digits)))
    assert value == crc32_bit_by_bit(key[:-6].encode())


def crc32_bit_by_bit(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def test_no_two_of_many_keys_are_alike() -> None:
    assert len({generate(secrets.choice) for _ in range(1000)}) == 1000


@given(st.integers(0, 41), st.sampled_from(BASE62))
def test_one_changed_character_never_passes_the_checksum(place: int, character: str) -> None:
    key = generate(secrets.choice)
    changed = key[:place] + character + key[place + 1 :]

    assert has_valid_checksum(key)
    assert has_valid_checksum(changed) == (changed == key)


@given(st.integers(4, 40))
def test_two_swapped_characters_never_pass_the_checksum(place: int) -> None:
    key = generate(secrets.choice)
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert has_valid_checksum(swapped) == (swapped == key)


# What a header may hold, as the app decodes it.
HEADER_TEXT = st.binary(max_size=60).map(lambda value: value.decode("latin-1"))


@given(HEADER_TEXT | HEADER_TEXT.map(PREFIX.__add__))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert not has_valid_checksum(text) or looks_like_key(text)
    assert not looks_like_key(text) or is_key_prefixed(text)


@pytest.mark.parametrize(
    "token",
    [
        "osk_V1StGXR8_Z5jdHi6B-myT",  # hosted OpenSync: nanoid
        "os_0123456789abcdef",  # the fork
        "osk_" + "x" * 200,
        "osk_!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ],
)
def test_keys_of_other_makers_are_looked_up_too(token: str) -> None:
    assert looks_like_key(token)
    assert is_key_prefixed(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "osk_",
        "osk_short",
        "OSK_0123456789abcdef",
        "osk-0123456789abcdef",
        "sk_0123456789abcdef",
        "osk_0123456789 abcdef",
        "osk_0123456789abcdef\n",
        "osk_0123456789abcdef\0",
        "osk_0123456789abcdef\u00e9",
        " osk_0123456789abcdef",
        "osk_" + "x" * 201,
    ],
)
def test_what_cannot_be_a_key_is_never_looked_up(token: str) -> None:
    assert not looks_like_key(token)


def test_the_stored_hash_is_the_sha_256_of_the_whole_key() -> None:
    assert key_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(BASE62, min_size=32, max_size=32))
def test_what_may_be_shown_again_leaves_the_secret_beyond_guessing(body: str) -> None:
    chosen = iter(body)
    key = generate(lambda _: next(chosen))
    hidden = len(key) - SHOWN - 6  # the checksum follows from the rest

    assert hidden * math.log2(62) >= 128


@pytest.mark.parametrize(
    ("key", "live"),
    [
        (api_key(), True),
        (api_key(expires_at=NOW + 1), True),
        (api_key(expires_at=NOW), False),
        (api_key(expires_at=NOW - 1), False),
        (api_key(revoked_at=NOW - 1), False),
        (api_key(revoked_at=NOW + 1), False),  # revoked by a machine whose clock is ahead
        (api_key(expires_at=NOW + 1, revoked_at=1), False),
    ],
)
def test_a_key_lives_until_it_expires_or_is_revoked(key: ApiKey, live: bool) -> None:
    assert key.is_live(NOW) is live
