"""Exports, opened by readers that are not ours, and how little is read at a time."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, get_args

import httpx
import pytest
from markdown_it import MarkdownIt

from sidecar.domain import ids
from sidecar.domain.selection import Selection
from sidecar.errors import NotFound
from sidecar.exporters.files import SessionFormat
from sidecar.pocketbase.client import PocketBase
from sidecar.services import exports
from sidecar.services.exports import ExportService
from tests import generated, showcase, transcripts
from tests.conftest import DATA, Tenant, make_tenant
from tests.pocketbase import RealPocketBase
from tests.serving import Service
from tests.stored import accepted

Json = dict[str, Any]

END = 1_750_000_000_000
SECRET = "ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1"


@dataclass(frozen=True)
class Archive:
    """A user with some sessions, and the ids of their messages in order, by session."""

    tenant: Tenant
    messages: dict[str, list[str]]


@pytest.fixture(scope="module")
async def archive(service: Service) -> Archive:
    """Recorded sessions, every tool, hostile texts, two dozen plain ones."""
    tenant = await make_tenant(service)
    recording = DATA / "wire" / "claude-code-sync-real.jsonl"
    async with tenant.api as http:
        for line in recording.read_text("utf-8").splitlines():
            request = json.loads(line)
            await http.request(request["method"], request["path"], json=request["body"])
    recorded = transcripts.recorded()
    made = [showcase.every_tool(END), showcase.hostile(END), *generated.golden(END), *recorded]
    for body in generated.batches(made):
        assert (await accepted(tenant, "batch", body))["errors"] == []
    async with tenant.api as http:
        sessions = (await http.get("/api/sessions?limit=200")).json()["sessions"]
        messages = {}
        for session in sessions:
            shown = (await http.get(f"/api/sessions/{session['id']}")).json()
            messages[session["id"]] = [message["id"] for message in shown["messages"]]
    assert sum(map(len, messages.values())) > 100
    for one in recorded:
        id = ids.session_id(tenant.id, one.id)
        said = [ids.message_id(id, message["externalId"]) for message in one.messages]
        assert messages[id] == said, one.id
    return Archive(tenant, messages)


async def exported(tenant: Tenant, path: str = "", **query: str) -> httpx.Response:
    async with tenant.api as http:
        answer = await http.get(f"/api/export{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def in_markdown(text: str) -> list[str]:
    """Return the ids of messages in the order in which a Markdown parser meets them."""
    tokens = MarkdownIt("commonmark").parse(text)
    found = []
    for place, token in enumerate(tokens):
        comment = token.content.strip()
        if token.type == "html_block" and token.level == 0 and "<!-- message " in comment:
            assert (tokens[place + 1].tag, tokens[place + 1].level) == ("h2", 0)
            found.append(comment.removeprefix("<!-- message ").removesuffix(" -->"))
    return found


class Page(HTMLParser):
    """What a browser would make of a page: the ids of its articles, and every tag and address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.articles: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.addresses += [values[name] or "" for name in ("src", "href") if name in values]
        self.handlers += [name for name in values if name.startswith("on")]
        if tag == "article":
            self.articles.append(values["id"] or "")


def in_csv(text: str) -> Iterator[tuple[str, str]]:
    csv.field_size_limit(sys.maxsize)
    for row in csv.DictReader(io.StringIO(text, newline="")):
        assert None not in row and len(row) == 16
        yield row["sessionId"], row["messageId"]


def grouped(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for session, message in pairs:
        found.setdefault(session, []).append(message)
    return found


async def test_json_gives_back_every_message_once_and_in_order(archive: Archive) -> None:
    sessions = (await exported(archive.tenant, all="true", raw="true")).json()

    found = {s["session"]["id"]: [m["id"] for m in s["messages"]] for s in sessions}
    assert found == archive.messages
    begun = [s["session"]["createdAt"] for s in sessions]
    assert begun == sorted(begun, reverse=True)


async def test_json_holds_what_the_read_api_shows(archive: Archive) -> None:
    [exported_one, *_] = archive.messages
    async with archive.tenant.api as http:
        shown = (await http.get(f"/api/sessions/{exported_one}")).json()

    one = (await exported(archive.tenant, id=exported_one, raw="true")).json()

    assert isinstance(one, dict)
    assert one["session"].items() >= shown["session"].items()
    for ours, theirs in zip(one["messages"], shown["messages"], strict=True):
        assert (ours["role"], ours["parts"]) == (theirs["role"], theirs["parts"])
        assert theirs["textContent"] in (None, ours["content"], ours.get("textContent"))


@pytest.mark.parametrize("made", transcripts.recorded(), ids=lambda made: made.id)
async def test_what_was_recorded_is_in_the_export_as_it_was_said(
    archive: Archive, made: generated.Transcript
) -> None:
    id = ids.session_id(archive.tenant.id, made.id)

    shown = (await exported(archive.tenant, id=id, raw="true")).json()

    for sent, found in zip(made.messages, shown["messages"], strict=True):
        assert found["role"] == sent["role"]
        if "textContent" in sent:
            assert found["content"] == sent["textContent"]
        said = [part["content"] for part in sent.get("parts", ())]
        assert [part["content"] for part in found["parts"]] == said


async def test_json_lines_and_csv_give_back_every_message_once_and_in_order(
    archive: Archive,
) -> None:
    lines = (await exported(archive.tenant, format="jsonl", all="true")).text
    table = (await exported(archive.tenant, format="csv", all="true")).text

    written = [json.loads(line) for line in lines.splitlines()]
    wanted = {session: messages for session, messages in archive.messages.items() if messages}
    assert grouped((w["session"]["id"], w["id"]) for w in written) == wanted
    assert grouped(in_csv(table)) == wanted
    assert all(isinstance(w["content"], str) and w["role"] for w in written)


async def test_the_list_has_every_session_once_with_what_the_read_api_shows(
    archive: Archive,
) -> None:
    listed = (await exported(archive.tenant, format="list-json", all="true", raw="true")).json()
    table = (await exported(archive.tenant, format="list-csv", all="true", raw="true")).text
    async with archive.tenant.api as http:
        sessions = (await http.get("/api/sessions?limit=200")).json()["sessions"]

    assert sorted(one["id"] for one in listed) == sorted(archive.messages)
    shown = {session["id"]: session for session in sessions}
    for one in listed:
        for name in ("title", "projectPath", "messageCount", "totalTokens", "cost", "isPublic"):
            assert one[name] == shown[one["id"]][name]
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["Session ID"] for row in rows] == [one["id"] for one in listed]
    assert [float(row["Cost"]) for row in rows] == [round(one["cost"], 6) for one in listed]


@pytest.mark.parametrize("format", ["markdown", "html"])
async def test_a_zip_of_pages_gives_back_every_message_once_and_in_order(
    archive: Archive, format: str
) -> None:
    answer = await exported(archive.tenant, format=format, all="true")

    found = []
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert files.testzip() is None
        names = files.namelist()
        for name in names:
            text = files.read(name).decode()
            found.append(in_markdown(text) if format == "markdown" else Page(text).articles)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["x-export-sessions"] == str(len(archive.messages))
    assert len({name.lower() for name in names}) == len(archive.messages)
    assert sorted(found) == sorted(archive.messages.values())


async def test_a_page_runs_nothing_and_fetches_nothing(archive: Archive) -> None:
    hostile = ids.session_id(archive.tenant.id, showcase.hostile(END).id)

    answer = await exported(archive.tenant, format="html", id=hostile)

    page = Page(answer.text)
    assert page.tags.isdisjoint({"script", "iframe", "object", "embed", "form", "svg", "link"})
    assert page.handlers == []
    for address in page.addresses:
        assert address.startswith(("http://", "https://", "mailto:", "data:image/")), address
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment; ")


async def test_selected_sessions_come_and_no_others(archive: Archive) -> None:
    first, second, *_ = archive.messages
    both = (await exported(archive.tenant, ids=f"{first},{second}")).json()
    as_upstream = (await exported(archive.tenant, id=f"{first},{second}")).json()
    filtered = (await exported(archive.tenant, q="Golden 1", source="claude-code")).json()
    async with archive.tenant.api as http:
        body = {"filter": {"q": "Golden"}, "except": [first, second], "format": "jsonl"}
        posted = await http.post("/api/export", json=body)

    assert {s["session"]["id"] for s in both} == {first, second}
    assert as_upstream == both
    assert filtered
    assert {s["session"]["source"] for s in filtered} == {"claude-code"}
    assert posted.status_code == 200
    assert {first, second}.isdisjoint(posted.text.split('"'))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?id=nothing", 404),
        ("?id=aaaaaaaaaaaaaaa", 404),
        ("?all=true&format=pdf", 422),
        ("?projekt=x", 422),
        ("?all=true&raw=yes", 422),
        ("/evals?ids=aaaaaaaaaaaaaaa", 404),
        ("/evals?turn_mode=half", 422),
    ],
)
async def test_what_cannot_be_exported_is_refused_with_a_sentence(
    tenant: Tenant, query: str, status: int
) -> None:
    async with tenant.api as http:
        answer = await http.get(f"/api/export{query}")

    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]


async def test_one_foreign_session_among_others_is_refused(
    archive: Archive, tenant: Tenant
) -> None:
    await accepted(tenant, "session", {"externalId": "mine"})
    mine, foreign = ids.session_id(tenant.id, "mine"), next(iter(archive.messages))

    async with tenant.api as http:
        answer = await http.get("/api/export", params={"ids": f"{mine},{foreign}"})

    assert answer.status_code == 404


@pytest.mark.parametrize("format", get_args(SessionFormat))
async def test_secrets_are_masked_unless_they_are_asked_for(tenant: Tenant, format: str) -> None:
    session = {"externalId": "s", "title": f"About {SECRET}", "projectPath": f"/x/{SECRET}"}
    parts = [
        {"type": "text", "content": f"it is {SECRET}"},
        {"type": "tool-call", "content": {"toolName": "Bash", "args": {f"{SECRET}": [SECRET]}}},
        {"type": "tool-result", "content": json.dumps({"result": SECRET})},
        {"type": "unheard-of", "content": {"deep": {"deeper": SECRET}}},
    ]
    message = {"sessionExternalId": "s", "externalId": "m", "textContent": SECRET, "parts": parts}
    await accepted(tenant, "batch", {"sessions": [session], "messages": [message]})
    id = ids.session_id(tenant.id, "s")

    masked = await exported(tenant, id=id, format=format)
    raw = await exported(tenant, id=id, format=format, raw="true")

    assert SECRET not in masked.text
    assert SECRET not in masked.headers["content-disposition"]
    assert "GitHub token removed" in masked.text
    if format == "json":
        assert masked.json()["redactions"] == 8
        assert raw.json()["redactions"] == 0
    assert SECRET in raw.text


class Counting:
    """Passes requests on and notes how much each answer brought."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase
        self.messages: list[int] = []
        self.sessions: list[int] = []

    async def request(self, *arguments: Any, **options: Any) -> httpx.Response:
        answer = await self._pocketbase.request(*arguments, **options)
        what = options["params"]["do"]
        if what == "messages":
            self.messages.append(len(answer.json()["messages"]))
        elif what == "sessions":
            self.sessions.append(len(answer.json()))
        return answer


async def chunks_of(
    download: AsyncIterator[bytes], counting: Counting
) -> AsyncIterator[tuple[bytes, int]]:
    async for chunk in download:
        yield chunk, sum(counting.messages)


async def test_the_list_is_made_without_reading_messages(
    archive: Archive, service: Service
) -> None:
    counting = Counting(service.context.pocketbase)
    export = ExportService(counting, service.context.clock)  # type: ignore[arg-type]

    everything = Selection.model_validate({"filter": {}})
    download = await export.sessions(
        archive.tenant.id, everything, "list-csv", zipped=False, raw=False
    )
    sent = b"".join([chunk async for chunk in download.chunks])

    assert sent.count(b"\r\n") >= sum(counting.sessions) == len(archive.messages)
    assert counting.messages == []


@pytest.mark.parametrize("format", ["json", "html"])
async def test_an_export_reads_a_slice_at_a_time_and_one_ahead_of_what_it_has_sent(
    service: Service, tenant: Tenant, format: Any
) -> None:
    long = generated.long(END, messages=1_300, parts=1_500)
    for body in generated.batches([long, *generated.many(120, END, messages=(1, 4))]):
        await accepted(tenant, "batch", body)
    counting = Counting(service.context.pocketbase)
    export = ExportService(counting, service.context.clock)  # type: ignore[arg-type]

    everything = Selection.model_validate({"filter": {}})
    download = await export.sessions(tenant.id, everything, format, zipped=False, raw=False)
    sent = [(len(chunk), read) async for chunk, read in chunks_of(download.chunks, counting)]

    total = sum(counting.messages)
    assert total == 1_300 + sum(len(t.messages) for t in generated.many(120, END, messages=(1, 4)))
    assert max(counting.messages) <= exports.MESSAGES
    assert max(counting.sessions) <= exports.SESSIONS
    assert len(counting.messages) >= 5
    # When a chunk went out, no more than the next slice had been read.
    assert sent[0][1] == 0
    for number, (_, read) in enumerate(sent):
        assert read <= sum(counting.messages[: number + 1])
    assert max(size for size, _ in sent) < 4 << 20


async def test_a_download_that_fails_on_the_way_is_not_taken_for_whole(
    service: Service, tenant: Tenant, pocketbase_process: RealPocketBase
) -> None:
    for body in generated.batches(generated.many(60, END)):
        await accepted(tenant, "batch", body)

    class Failing(Counting):
        async def request(self, *arguments: Any, **options: Any) -> httpx.Response:
            if len(self.messages) == 1:
                raise NotFound("gone")
            return await super().request(*arguments, **options)

    export = ExportService(Failing(service.context.pocketbase), service.context.clock)  # type: ignore[arg-type]
    everything = Selection.model_validate({"filter": {}})
    download = await export.sessions(tenant.id, everything, "json", zipped=False, raw=False)

    with pytest.raises(NotFound):
        [chunk async for chunk in download.chunks]


@pytest.fixture(scope="module")
async def reviewed(service: Service) -> Tenant:
    """Two sessions that are ready for evals, of three and one turn, and one that is not."""
    tenant = await make_tenant(service)
    made = [t for t in generated.golden(END) if t.id in ("golden-2", "golden-3", "golden-4")]
    for body in generated.batches(made):
        await accepted(tenant, "batch", body)
    for name, values in (
        ("golden-2", {"evalReady": True, "evalStatus": "golden", "evalTags": ["a"]}),
        ("golden-3", {"evalReady": True}),
    ):
        id = ids.session_id(tenant.id, name)
        await service.context.pocketbase.update("sessions", id, values)
    return tenant


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        ({}, 4),
        ({"turn_mode": "full"}, 2),
        ({"turn_mode": "final_only"}, 2),
        ({"tags": "a,b"}, 3),
        ({"status": "golden"}, 3),
        ({"evalStatus": ""}, 1),
        ({"tool": "nobody"}, 0),
        ({"min_length": "1000"}, 0),
        ({"code_only": "true"}, 0),
    ],
)
async def test_the_preview_counts_the_cases_that_the_dataset_has(
    reviewed: Tenant, query: Json, cases: int
) -> None:
    preview = (await exported(reviewed, "/evals/preview", **query)).json()
    async with reviewed.api as http:
        answer = await http.get("/api/export/evals", params={**query, "format": "deepeval"})

    assert preview["testCases"] == cases
    if cases:
        assert len(answer.json()) == cases
    assert preview["sessions"] + preview["skipped"] <= 2


async def test_a_preview_says_what_is_left_out(reviewed: Tenant) -> None:
    chosen = [ids.session_id(reviewed.id, f"golden-{n}") for n in (2, 4)]

    preview = (await exported(reviewed, "/evals/preview", ids=",".join(chosen))).json()
    dataset = (await exported(reviewed, "/evals", ids=",".join(chosen))).json()

    assert preview["warnings"] == ["1 session is not marked ready for evals and is left out."]
    assert preview["byStatus"] == {"golden": 1}
    assert {case["metadata"]["session_id"] for case in dataset} == {"golden-2"}


@pytest.mark.parametrize("format", ["deepeval", "openai", "promptfoo", "filesystem", "text"])
async def test_every_dataset_is_sent_with_a_name_and_a_type(reviewed: Tenant, format: str) -> None:
    answer = await exported(reviewed, "/evals", format=format)

    assert f"opensync-{format}-" in answer.headers["content-disposition"]
    assert answer.headers["x-export-sessions"] == "2"
    assert answer.content
