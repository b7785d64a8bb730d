"""What an index starts from, and what is left of it after a crash or a damaged disk."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from sidecar.domain.space import Space
from sidecar.errors import ConfigError
from sidecar.index import store, vectors
from sidecar.index.codec import encode_vector
from sidecar.index.store import Store
from tests.indexes import SPACE, clustered, entries, expected

ANN = entries(clustered(200, SPACE.dimensions, clusters=9, spread=0.6), user="ann")
BOB = entries(clustered(30, SPACE.dimensions, clusters=9, spread=0.6, seed=1), user="bob")


@contextmanager
def opened(folder: Path, space: Space = SPACE) -> Iterator[Store]:
    made = Store.open(folder, space)
    try:
        yield made
    finally:
        made.close()


def saved(folder: Path, watermark: str = "2026-11-23 06:43:21.123Z") -> None:
    with opened(folder) as made:
        made.upsert(ANN + BOB)
        made.save(watermark)


def holds(index: Store, user: str = "ann") -> list[tuple[str, float]]:
    hits = index.search(user, ANN[3].vector, 300, "all", None, ())
    return [(hit.id, round(hit.score, 2)) for hit in hits]


def test_an_index_starts_from_its_snapshot(tmp_path: Path) -> None:
    saved(tmp_path)

    with opened(tmp_path) as index:
        assert index.watermark == "2026-11-23 06:43:21.123Z"
        assert index.ids() == {entry.id for entry in ANN + BOB}
        for user, held in (("ann", ANN), ("bob", BOB)):
            hits = index.search(user, ANN[3].vector, 20, "messages", None, ())
            wanted = expected(held, ANN[3].vector, 20, user=user, scope="messages")
            # Not their order: rounding may swap rows that are equally near.
            assert [hit.score for hit in hits] == pytest.approx([s for _, s in wanted], abs=2e-3)
            by_id = {entry.id: entry for entry in held}
            for hit in hits:
                entry = by_id[hit.id]
                assert (hit.session, hit.message, hit.chunk) == (
                    entry.session,
                    entry.message,
                    entry.chunk,
                )


def test_an_index_goes_on_after_a_start(tmp_path: Path) -> None:
    saved(tmp_path)
    with opened(tmp_path) as index:
        index.remove([entry.id for entry in ANN[:50]])
        index.remove_session(ANN[60].session)
        index.upsert(entries(clustered(80, SPACE.dimensions, clusters=3, spread=0.4), user="cat"))
        before = {user: holds(index, user) for user in ("ann", "bob", "cat")}
        index.save("later")

    with opened(tmp_path) as index:
        assert {user: holds(index, user) for user in ("ann", "bob", "cat")} == before
        assert index.watermark == "later"


def test_what_was_not_saved_is_forgotten(tmp_path: Path) -> None:
    saved(tmp_path, "one")
    with opened(tmp_path) as index:
        index.upsert(entries(ANN[0].vector[None], user="cat"))
        index.remove_user("bob")

    with opened(tmp_path) as index:
        assert index.watermark == "one"
        assert index.ids() == {entry.id for entry in ANN + BOB}


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.save("nothing yet")

    with opened(tmp_path) as index:
        assert (index.watermark, index.ids()) == ("nothing yet", set())


def _cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    for length in (0, 1, 7, 12, 40, 100, len(data) // 2, len(data) - 33, len(data) - 1):
        yield f"cut to {length}", data[:length]


def _flipped(data: bytes) -> Iterator[tuple[str, bytes]]:
    for place in (0, 7, 9, 30, len(data) // 2, len(data) - 40, len(data) - 1):
        yield f"byte {place} flipped", data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("damage", [_cut, _flipped])
def test_a_damaged_snapshot_is_noticed_and_said(
    tmp_path: Path, damage: Callable[[bytes], Iterator[tuple[str, bytes]]]
) -> None:
    saved(tmp_path)
    snapshot = tmp_path / "snapshot"
    for what, data in damage(snapshot.read_bytes()):
        snapshot.write_bytes(data)
        with capture_logs() as logs, opened(tmp_path) as index:
            assert (index.watermark, index.ids()) == ("", set()), what
            index.upsert(BOB)
            assert len(holds(index, "bob")) == len(BOB)
            index.clear()
        (log,) = logs
        assert log["action"] == "index_snapshot_discarded"
        assert log["log_level"] == "warning"
        assert log["reason"]
        saved(tmp_path)


def _removed(path: Path) -> None:
    path.unlink()


def _shortened(path: Path) -> None:
    os.truncate(path, 4_096 + 229 * SPACE.dimensions * 2)


def _of_another_generation(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8] + b"\x07" + path.read_bytes()[9:])


def _of_other_vectors(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4_096] + bytes(byte ^ 0x80 for byte in data[4_096:]))


@pytest.mark.parametrize(
    "damage", [_removed, _shortened, _of_another_generation, _of_other_vectors]
)
def test_a_vector_file_that_does_not_belong_to_the_snapshot_is_noticed(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    saved(tmp_path)
    damage(tmp_path / "vectors-1")

    with capture_logs() as logs, opened(tmp_path) as index:
        assert (index.watermark, index.ids()) == ("", set())
    assert [log["action"] for log in logs] == ["index_snapshot_discarded"]


def test_a_snapshot_of_another_space_is_not_used(tmp_path: Path) -> None:
    saved(tmp_path)

    with capture_logs() as logs, opened(tmp_path, Space("other-model", 64)) as index:
        assert index.ids() == set()
    assert logs[0]["reason"] == "it holds vectors of test-model with 64 dimensions"


def test_a_snapshot_of_a_later_version_is_not_used(tmp_path: Path) -> None:
    saved(tmp_path)
    body = b"OSSNAP02" + (tmp_path / "snapshot").read_bytes()[8:-32]
    (tmp_path / "snapshot").write_bytes(body + hashlib.sha256(body).digest())

    with capture_logs() as logs, opened(tmp_path) as index:
        assert index.ids() == set()
    assert logs[0]["reason"] == "it is of another version, or no snapshot"


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class Killer:
    """Ends the process before the nth thing it does to the disk."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        for owner, name in (
            (os, "fsync"),
            (os, "truncate"),
            (Path, "replace"),
            (Path, "unlink"),
            (Path, "write_bytes"),
            (vectors.VectorFile, "_write"),
        ):
            patch.setattr(owner, name, self._guarded(getattr(owner, name)))

    def _guarded(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **named: Any) -> Any:
            if self.left is not None:
                if self.left == 0:
                    raise Killed
                self.left -= 1
            return act(*args, **named)

        return guarded


@pytest.mark.parametrize("rewrites", [True, False])
def test_killed_at_any_moment_the_old_or_the_new_snapshot_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rewrites: bool
) -> None:
    if rewrites:
        monkeypatch.setattr(store, "_REWRITE_FROM", 1)
    killer = Killer(monkeypatch)
    seen = set()
    for moment in range(100):
        folder = tmp_path / str(moment)
        saved(folder, "one")
        index = Store.open(folder, SPACE)
        old = {user: holds(index, user) for user in ("ann", "bob", "cat")}
        killer.left = moment
        killed = False
        try:
            index.remove([entry.id for entry in ANN[:150]])
            index.remove_user("bob")
            index.upsert([*ANN[100:110], *entries(ANN[0].vector[None], user="cat")])
            index.save("two")
        except Killed:
            killed = True
        killer.left = None
        new = {user: holds(index, user) for user in ("ann", "bob", "cat")}
        index.close()

        with capture_logs() as logs, opened(folder) as index:
            found = {user: holds(index, user) for user in ("ann", "bob", "cat")}
            assert found == (old if index.watermark == "one" else new), moment
            assert index.watermark in ("one", "two")
            seen.add(index.watermark)
            files = sorted(path.name for path in folder.iterdir())
            assert files == ["lock", "snapshot", index._vectors.path.name]
        assert logs == []
        if not killed:
            break
    assert not killed
    assert seen == {"one", "two"}
    assert moment >= 5


def test_what_a_kill_kept_from_being_wiped_is_wiped_by_the_next_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise Killed

    saved(tmp_path, "one")
    stored = base64.b64decode(encode_vector(ANN[7].vector))
    with monkeypatch.context() as patch, opened(tmp_path) as index, pytest.raises(Killed):
        patch.setattr(vectors.VectorFile, "wipe", kill)
        index.remove([ANN[7].id])
        index.save("two")
    assert stored in (tmp_path / "vectors-1").read_bytes()

    with opened(tmp_path) as index:
        assert index.watermark == "two"
        index.save("three")

    assert stored not in (tmp_path / "vectors-1").read_bytes()


def test_a_start_that_is_killed_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = Killer(monkeypatch)
    for damaged in (False, True):
        for moment in range(20):
            folder = tmp_path / f"{damaged}-{moment}"
            saved(folder, "one")
            if damaged:
                (folder / "snapshot").write_bytes(b"damaged")
            (folder / "vectors-9").write_bytes(b"left behind")
            (folder / "snapshot.tmp").write_bytes(b"left behind")
            killer.left = moment
            try:
                Store.open(folder, SPACE).close()
            except Killed:
                killer.left = None
                with opened(folder) as index:
                    assert index.watermark == ("" if damaged else "one")
            else:
                killer.left = None
                break
            assert len(list(folder.iterdir())) <= 3


def test_a_full_disk_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, "one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with opened(tmp_path) as index:
        with monkeypatch.context() as patch:
            patch.setattr(vectors.VectorFile, "_write", full)
            patch.setattr(store, "_REWRITE_FROM", 1)
            with pytest.raises(OSError, match="No space left"):
                index.upsert(entries(ANN[0].vector[None], user="cat"))
            assert index.count("cat") == 0
            index.remove([entry.id for entry in ANN[20:]])
            with pytest.raises(OSError, match="No space left"), capture_logs() as logs:
                index.save("two")
            assert [log["action"] for log in logs] == ["index_rewrite_failed"]
        held = holds(index)
        assert len(held) == 20
        index.upsert(ANN[20:40])
        index.save("three")
        held = holds(index)

    with opened(tmp_path) as index:
        assert (index.watermark, holds(index)) == ("three", held)


@pytest.mark.parametrize("dimensions", [0, 32_769])
def test_a_space_of_no_sensible_size_is_refused(tmp_path: Path, dimensions: int) -> None:
    with pytest.raises(ConfigError, match="1 to 32,768 dimensions"):
        Store.open(tmp_path, Space("test-model", dimensions))
