"""Large bodies take turns, nobody is passed by for ever, and room always comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.config import load_settings
from sidecar.domain.room import Body, Room
from sidecar.errors import NoRoom
from sidecar.services.bodies import HELD_UP, TAKEN, WAITING, Bodies, Place


def joined(room: Room, *bodies: Body) -> list[Body]:
    for body in bodies:
        room.join(body)
    return let_in(room)


def let_in(room: Room) -> list[Body]:
    return list(iter(room.let_in, None))


def left(room: Room, body: Body) -> list[Body]:
    room.leave(body)
    return let_in(room)


def test_bodies_come_in_while_there_is_room_and_the_others_in_order() -> None:
    room = Room(10, share=10)
    first, second, third, fourth = (Body("ada", size) for size in (6, 4, 5, 1))

    assert joined(room, first, second, third, fourth) == [first, second]
    assert left(room, first) == [third, fourth]
    assert room.taken == 10


def test_a_large_body_is_not_passed_by_smaller_ones() -> None:
    room = Room(10, share=10)
    inside, large, small = Body("ada", 4), Body("bob", 8), Body("eve", 1)
    joined(room, inside)

    assert joined(room, large, small) == []
    assert left(room, inside) == [large, small]


def test_who_has_their_share_keeps_nobody_else_waiting() -> None:
    room = Room(10, share=5)
    mine = [Body("ada", 5) for _ in range(100)]
    assert joined(room, *mine) == mine[:1]

    other = Body("bob", 5)

    assert joined(room, other) == [other]
    assert left(room, other) == []
    assert left(room, mine[0]) == [mine[1]]


def test_an_upload_beyond_the_share_does_not_stop_smaller_bodies_of_its_user() -> None:
    room = Room(10, share=5)
    uploads, message = [Body("ada", 4) for _ in range(2)], Body("ada", 1)

    assert joined(room, *uploads, message) == [uploads[0], message]
    assert left(room, uploads[0]) == [uploads[1]]


def test_whoever_has_the_least_inside_is_next() -> None:
    room = Room(10, share=8)
    mine, others = [Body("ada", 4) for _ in range(3)], [Body("bob", 2) for _ in range(2)]
    assert joined(room, *mine, others[0]) == [mine[0], others[0], mine[1]]
    assert joined(room, others[1]) == []

    late = Body("eve", 4)

    assert joined(room, late) == []
    assert left(room, mine[0]) == [late]


def test_who_gives_up_is_not_waited_for() -> None:
    room = Room(10, share=10)
    inside, large, small = Body("ada", 4), Body("bob", 8), Body("eve", 1)
    joined(room, inside, large, small)

    assert left(room, large) == [small]
    assert room.taken == 5


MOST = 20

Act = tuple[str, int]
ACTS = st.lists(
    st.tuples(st.sampled_from(["ada", "bob", "eve"]), st.integers(1, MOST))
    | st.tuples(st.just("leave"), st.integers(0, 100)),
    max_size=60,
)


@settings(deadline=None)
@given(acts=ACTS, share=st.integers(1, MOST))
def test_whatever_comes_and_goes_the_bounds_hold_and_everybody_gets_in(
    acts: list[Act], share: int
) -> None:
    room = Room(MOST, share)
    came: list[Body] = []
    waiting: list[Body] = []
    inside: list[Body] = []

    def taken(user: str) -> int:
        return sum(body.size for body in inside if body.user == user)

    def admit() -> None:
        for body in let_in(room):
            earlier = waiting[: waiting.index(body)]
            mine = [b for b in earlier if b.user == body.user]
            assert all(taken(b.user) + b.size > share for b in mine), "what fits keeps its order"
            assert all(taken(b.user) for b in earlier), "who has nothing is passed by nobody"
            waiting.remove(body)
            inside.append(body)
            assert taken(body.user) <= share
        assert room.taken == sum(body.size for body in inside) <= MOST
        assert inside or not waiting

    for name, number in acts:
        if name != "leave":
            came.append(Body(name, min(number, share)))
            waiting.append(came[-1])
            room.join(came[-1])
        elif came:
            gone = came.pop(number % len(came))
            (inside if gone in inside else waiting).remove(gone)
            room.leave(gone)
        admit()
    while inside:
        room.leave(inside.pop(0))
        admit()

    assert not waiting
    assert room.taken == 0


LARGEST = 1_000_000


@pytest.fixture
def bodies(tmp_path: Path) -> Bodies:
    return bodies_of(tmp_path)


def bodies_of(tmp_path: Path, **values: Any) -> Bodies:
    """Room for two of the largest bodies, one for each user."""
    wanted = {"max_body_bytes": LARGEST, "body_room_bytes": 2 * LARGEST, "rate_delay_seconds": 60}
    return Bodies(load_settings(data=tmp_path, **(wanted | values)))


async def taken(bodies: Bodies, user: str) -> Place:
    place = bodies.place(user)
    await place.take(LARGEST)
    return place


async def waiting(bodies: Bodies, user: str, size: int = LARGEST) -> asyncio.Task[None]:
    task = asyncio.create_task(bodies.place(user).take(size))
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_who_waits_gets_the_room_that_is_given_back(bodies: Bodies) -> None:
    delayed = HELD_UP.labels("delayed")._value.get()
    first = await taken(bodies, "ada")
    other = await taken(bodies, "bob")
    second = await waiting(bodies, "ada")
    assert (TAKEN._value.get(), WAITING._value.get()) == (2 * LARGEST, 1)

    first.give_back()
    first.give_back()
    await second

    assert HELD_UP.labels("delayed")._value.get() == delayed + 1
    other.give_back()
    assert (TAKEN._value.get(), WAITING._value.get()) == (LARGEST, 0)


async def test_who_waits_in_vain_is_told_when_to_come_again(tmp_path: Path) -> None:
    bodies = bodies_of(tmp_path, rate_delay_seconds=0)
    refused = HELD_UP.labels("refused")._value.get()
    first = await taken(bodies, "ada")
    place = bodies.place("ada")

    with pytest.raises(NoRoom) as told:
        await place.take(LARGEST)

    assert (told.value.status, bool(told.value.retry_after)) == (503, True)
    assert HELD_UP.labels("refused")._value.get() == refused + 1
    first.give_back()
    place.give_back()
    assert (TAKEN._value.get(), WAITING._value.get()) == (0, 0)
    await taken(bodies, "ada")


async def test_who_hangs_up_while_waiting_or_when_let_in_leaves_nothing_behind(
    bodies: Bodies,
) -> None:
    first = await taken(bodies, "ada")
    gone, let_in, last = [await waiting(bodies, "ada") for _ in range(3)]

    gone.cancel()
    await asyncio.wait({gone})
    first.give_back()
    let_in.cancel()  # before it hears that it may come in
    await asyncio.wait({let_in})

    await last
    assert (let_in.cancelled(), TAKEN._value.get()) == (True, LARGEST)


async def test_room_for_less_than_the_largest_body_is_room_for_that(tmp_path: Path) -> None:
    bodies = bodies_of(tmp_path, body_room_bytes=LARGEST // 2)

    await taken(bodies, "ada")

    (await waiting(bodies, "bob", 1)).cancel()
