"""From pieces of sessions to bytes of a file: one for all of them, or one each in a zip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal, Protocol

import orjson

from sidecar.domain.clock import iso
from sidecar.domain.evals import Case, EvalOptions, Format, Talk, cases
from sidecar.domain.redaction import Redactor
from sidecar.domain.sharing import PathMask
from sidecar.domain.transcript import Message, Piece, Session
from sidecar.exporters.archive import Archive, file_name
from sidecar.exporters.base import Exporter
from sidecar.exporters.evals import EvalExporter, PlainText, exporter, readme
from sidecar.exporters.html import Html
from sidecar.exporters.markdown import Markdown
from sidecar.exporters.rows import Csv, Json, JsonLines, ListCsv, ListJson

SessionFormat = Literal["json", "jsonl", "markdown", "csv", "html", "list-csv", "list-json"]

# Those of which a file holds many sessions.
TOGETHER: Final = frozenset({"json", "jsonl", "csv", "list-csv", "list-json"})

ZIP: Final = "application/zip"


class File(Protocol):
    """A file that is made while sessions are read. What a call returns comes next in it."""

    extension: str
    media_type: str
    reads_messages: bool

    def begin(self) -> bytes: ...
    def write(self, pieces: Iterable[Piece]) -> bytes: ...
    def end(self) -> bytes: ...


class Masks:
    """Masks the secrets of pieces, or of none where they are asked for raw."""

    def __init__(self, *, raw: bool) -> None:
        self._raw = raw
        self._redactor = Redactor()
        self._session: Session | None = None

    def piece(self, piece: Piece) -> Piece:
        if self._raw:
            return piece
        if piece.first or self._session is None:
            self._redactor.counts.clear()
            self._session = self._redactor.value(piece.session)
        messages: list[Message] = [self._redactor.value(message) for message in piece.messages]
        return replace(piece, session=self._session, messages=messages)

    def text(self, text: str) -> str:
        return text if self._raw else self._redactor.text(text)

    @property
    def count(self) -> int:
        """How many were masked in the session so far."""
        return self._redactor.counts.total()


def session_exporter(format: SessionFormat, *, several: bool) -> Exporter:
    """Return what writes one file; `several` says whether of more than one session."""
    match format:
        case "json":
            return Json(several=several)
        case "jsonl":
            return JsonLines()
        case "csv":
            return Csv()
        case "markdown":
            return Markdown()
        case "html":
            return Html()
        case "list-csv":
            return ListCsv()
        case "list-json":
            return ListJson()


class SessionsFile:
    """One file with all the sessions."""

    def __init__(self, exporter: Exporter, masks: Masks) -> None:
        self.extension, self.media_type = exporter.extension, exporter.media_type
        self.reads_messages = exporter.reads_messages
        self._exporter = exporter
        self._masks = masks

    def begin(self) -> bytes:
        return self._exporter.begin().encode()

    def write(self, pieces: Iterable[Piece]) -> bytes:
        texts = (
            text
            for piece in pieces
            for text in _texts(self._exporter, self._masks.piece(piece), self._masks)
        )
        return "".join(texts).encode()

    def end(self) -> bytes:
        return self._exporter.end().encode()


class SessionsZip:
    """A zip with a file for each session."""

    extension, media_type = "zip", ZIP

    def __init__(self, make: Callable[[], Exporter], masks: Masks) -> None:
        self._make = make
        self._exporter = make()
        self.reads_messages = self._exporter.reads_messages
        self._masks = masks
        self._archive = Archive()

    def begin(self) -> bytes:
        return b""

    def write(self, pieces: Iterable[Piece]) -> bytes:
        for piece in map(self._masks.piece, pieces):
            if piece.first:
                self._exporter = self._make()
                name = file_name(piece.session, self._exporter.extension)
                self._archive.open(name, piece.session["updatedAt"])
                self._archive.write(self._exporter.begin())
            for text in _texts(self._exporter, piece, self._masks):
                self._archive.write(text)
            if piece.last:
                self._archive.write(self._exporter.end())
                self._archive.close_file()
        return self._archive.taken()

    def end(self) -> bytes:
        self._archive.close()
        return self._archive.taken()


def _texts(exporter: Exporter, piece: Piece, masks: Masks) -> Iterator[str]:
    if piece.first:
        yield exporter.session(piece.session)
    for message in piece.messages:
        yield exporter.message(piece.session, message)
    if piece.last:
        yield exporter.end_session(masks.count)


class Cases:
    """Makes cases of pieces. It holds the words of one session, however long that is."""

    def __init__(self, options: EvalOptions, masks: Masks) -> None:
        self._options = options
        self._masks = masks
        self._talk = Talk()

    def of(self, piece: Piece) -> list[Case]:
        """Return the cases of a session with its last piece."""
        if piece.first:
            self._talk = Talk()
        for message in piece.messages:
            self._talk.hear(message)
        if not piece.last:
            return []
        path_mask = PathMask(piece.session["projectPath"] or "")
        session = self._masks.piece(replace(piece, first=True, messages=[])).session

        def clean(text: str) -> str:
            masked = self._masks.text(text)
            return path_mask(masked) if self._options.anonymize else masked

        expected = piece.session["expectedOutput"]
        return cases({**session, "expectedOutput": expected}, self._talk, self._options, clean)


class EvalsFile:
    """One dataset of all the cases."""

    reads_messages = True

    def __init__(self, exporter: EvalExporter, made: Cases) -> None:
        self.extension, self.media_type = exporter.extension, exporter.media_type
        self._exporter = exporter
        self._cases = made

    def begin(self) -> bytes:
        return self._exporter.begin().encode()

    def write(self, pieces: Iterable[Piece]) -> bytes:
        found = (case for piece in pieces for case in self._cases.of(piece))
        return "".join(map(self._exporter.case, found)).encode()

    def end(self) -> bytes:
        return self._exporter.end().encode()


class EvalsFolder:
    """A zip with a text file for each session, and what they are."""

    extension, media_type = "zip", ZIP
    reads_messages = True

    def __init__(self, made: Cases, *, projects: bool, now: int) -> None:
        self._cases = made
        self._projects = projects
        self._now = now
        self._archive = Archive()
        self._files: list[str] = []
        self._sources = Counter[str]()
        self._models: set[str] = set()
        self._count = self._skipped = 0

    def begin(self) -> bytes:
        return b""

    def write(self, pieces: Iterable[Piece]) -> bytes:
        for piece in pieces:
            found = self._cases.of(piece)
            if found:
                self._add(found)
            else:
                self._skipped += piece.last
        return self._archive.taken()

    def _add(self, found: list[Case]) -> None:
        session = found[0].session
        text = PlainText(projects=self._projects)
        name = f"sessions/{file_name(session, text.extension)}"
        self._files.append(self._archive.open(name, session["updatedAt"]))
        for case in found:
            self._archive.write(text.case(case))
        self._archive.close_file()
        self._count += len(found)
        self._sources[session["source"] or "unknown"] += 1
        self._models.add(session["model"] or "unknown")

    def end(self) -> bytes:
        about = {
            "export_version": "1.0",
            "export_date": iso(self._now),
            "total_sessions": len(self._files),
            "total_test_cases": self._count,
            "skipped_sessions": self._skipped,
        }
        manifest = {
            "opensync_metadata": about,
            "sources": dict(self._sources),
            "models": sorted(self._models),
            "files": self._files,
        }
        written = orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode()
        for name, text in (("manifest.json", written), ("README.md", readme(about))):
            self._archive.open(name, self._now)
            self._archive.write(text)
            self._archive.close_file()
        self._archive.close()
        return self._archive.taken()


def sessions_file(format: SessionFormat, *, several: bool, zipped: bool, raw: bool) -> File:
    """Return the file of a download; `zipped` is for a file each."""
    masks = Masks(raw=raw)
    if zipped:
        return SessionsZip(lambda: session_exporter(format, several=False), masks)
    return SessionsFile(session_exporter(format, several=several), masks)


def evals_file(format: Format, options: EvalOptions, *, raw: bool, now: int) -> File:
    """Return the file of a dataset."""
    made, projects = Cases(options, Masks(raw=raw)), not options.anonymize
    if format == "filesystem":
        return EvalsFolder(made, projects=projects, now=now)
    return EvalsFile(exporter(format, projects=projects), made)
