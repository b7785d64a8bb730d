"""Vectors as text, and one-bit codes."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sidecar.index.base import BadVector, Vector, WrongSpace
from sidecar.index.codec import HALF, Half, decode_vector, encode_vector, unit, widen
from sidecar.index.codes import distances, nearest, sign_codes, words

FINITE = st.floats(-(2.0**100), 2.0**100, width=32)
HALVES = arrays.arrays(
    HALF, (3, 7), elements=st.floats(width=16, allow_nan=False, allow_infinity=False)
)


@given(arrays.arrays(np.float32, 24, elements=FINITE).filter(lambda vector: vector.any()))
def test_text_keeps_the_direction_of_a_vector(vector: Vector) -> None:
    decoded = decode_vector(encode_vector(vector), 24)

    assert decoded.dtype == np.float32
    assert np.linalg.norm(decoded) == pytest.approx(1.0, abs=1e-6)
    assert decoded @ unit(vector) == pytest.approx(1.0, abs=1e-5)


def test_text_takes_two_bytes_a_dimension() -> None:
    assert len(base64.b64decode(encode_vector(np.arange(1536, dtype=np.float32)))) == 3072


def test_text_is_the_same_on_every_machine() -> None:
    assert encode_vector(np.array([3, -4], dtype=np.float32)) == "zThmug=="


@pytest.mark.parametrize("text", ["", "zThmug=", "zThm ug==", "zThmugAA", "é"])
def test_text_of_another_length_is_refused(text: str) -> None:
    with pytest.raises((WrongSpace, BadVector)):
        decode_vector(text, 2)


@pytest.mark.parametrize("values", [[0, 0], [np.nan, 1], [np.inf, 1]])
def test_text_without_a_direction_is_refused(values: list[float]) -> None:
    text = base64.b64encode(np.array(values, dtype=HALF).tobytes()).decode()

    with pytest.raises(BadVector):
        decode_vector(text, 2)


@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1.0, 1e30, 3e38])
def test_very_small_and_very_large_vectors_have_a_direction(scale: float) -> None:
    vector = unit(np.array([scale, -scale], dtype=np.float32))

    assert vector == pytest.approx([0.5**0.5, -(0.5**0.5)])


@given(HALVES)
def test_widened_values_are_those_that_numpy_gives(half: Half) -> None:
    assert np.array_equal(widen(half), half.astype(np.float32))


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 2**32))
def test_the_distance_is_the_number_of_signs_that_differ(d: int, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    half = random.standard_normal((n, d)).astype(HALF)
    query = random.standard_normal((1, d)).astype(HALF)

    codes = sign_codes(half)

    assert codes.shape == (words(d), n)
    differ = (np.signbit(half) != np.signbit(query)).sum(axis=1)
    assert np.array_equal(distances(codes, sign_codes(query)), differ)


def test_distances_of_more_vectors_than_one_step_takes() -> None:
    random = np.random.default_rng(0)
    half = random.standard_normal((40_000, 330)).astype(HALF)

    found = distances(sign_codes(half), sign_codes(half[:1]))

    assert np.array_equal(found, (np.signbit(half) != np.signbit(half[0])).sum(axis=1))


def test_opposite_vectors_of_the_largest_size_are_furthest() -> None:
    half = np.ones((1, 32_768), dtype=HALF)

    assert distances(sign_codes(half), sign_codes(-half)).tolist() == [32_768]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=60), st.data())
def test_the_nearest_are_as_many_as_asked_for(found: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(found)))

    chosen = nearest(np.array(found, dtype=np.uint16), count)

    assert len(set(chosen.tolist())) == count
    assert sorted(found[row] for row in chosen) == sorted(found)[:count]
