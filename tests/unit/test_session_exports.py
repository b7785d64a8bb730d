"""Pages and tables of sessions: what stands in them, and that no text breaks out of its place."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from markdown_it import MarkdownIt
from starlette.datastructures import QueryParams

from sidecar.api.exports import body_of
from sidecar.domain.redaction import Redactor
from sidecar.domain.transcript import Message, Piece, Role, Session, blocks, bounded, text_of
from sidecar.errors import NotFound
from sidecar.exporters.archive import Names, file_name
from sidecar.exporters.files import SessionFormat, sessions_file
from sidecar.exporters.markdown import fenced
from sidecar.services.exports import _one_ahead
from tests.conftest import DATA

SESSION: Session = json.loads((DATA / "exports" / "session.json").read_text("utf-8"))["session"]


def message(text: str | None = None, *parts: tuple[str, Any], role: Role = "user") -> Message:
    return {
        "id": "m1",
        "session": SESSION["id"],
        "externalId": "m-1",
        "role": role,
        "textContent": text,
        "model": None,
        "promptTokens": None,
        "completionTokens": None,
        "durationMs": None,
        "createdAt": SESSION["createdAt"],
        "seq": 0,
        "parts": [{"type": type, "content": content} for type, content in parts],
    }


def written(format: SessionFormat, *messages: Message, session: Session = SESSION) -> str:
    file = sessions_file(format, several=False, zipped=False, raw=False)
    return b"".join([file.begin(), file.write([Piece(session, messages)]), file.end()]).decode()


CALL = ("tool-call", {"toolName": "Bash", "args": {"command": "ls"}})
PIXEL = "iVBORw0KGgo="


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([], ["Text:beside"]),
        ([("text", "said")], ["Text:said"]),
        ([("text", {"text": "said"}), CALL], ["Text:said", "ToolCall:Bash"]),
        (
            [CALL, ("tool-result", {"result": "a\nb"})],
            ["Text:beside", "ToolCall:Bash", "ToolResult:a\nb"],
        ),
        (
            [("tool_use", {"toolName": "Read", "args": "x", "result": "y"})],
            ["Text:beside", "ToolCall:Read", "ToolResult:y"],
        ),
        (
            [("tool_result", {"content": [{"type": "text", "text": "out"}]})],
            ["Text:beside", "ToolResult:out"],
        ),
        ([("tool-result", {"stdout": "o", "stderr": "e"})], ["Text:beside", "ToolResult:o\ne"]),
        ([("thinking", "hm")], ["Text:beside", "Thinking:hm"]),
        (
            [("image", {"source": {"media_type": "image/png", "data": PIXEL}})],
            ["Text:beside", "Picture:Picture"],
        ),
        (
            [("image", {"url": "http://e/p.png"})],
            ["Text:beside", "Picture:A picture kept elsewhere: http://e/p.png"],
        ),
        (
            [("text", [{"type": "text", "text": "a"}, {"type": "tool_use", "name": "Ls"}])],
            ["Text:a", "ToolCall:Ls"],
        ),
        ([("never-heard-of", {"a": 1})], ["Text:beside", "Other:never-heard-of"]),
    ],
)
def test_a_message_says_what_its_parts_say(parts: list[tuple[str, Any]], shown: list[str]) -> None:
    said = blocks(message("beside", *parts))

    names = ("text", "name", "note", "type")
    assert [
        f"{type(block).__name__}:{next(getattr(block, n) for n in names if hasattr(block, n))}"
        for block in said
    ] == shown


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("format", get_args(SessionFormat))
def test_no_depth_of_nesting_ends_an_export(format: SessionFormat) -> None:
    deep = bounded(nested(900))

    assert written(format, message("hello", ("text", deep), ("tool-call", deep), ("x", deep)))

    # Some plugins send JSON as a string; what is in it was nobody's to bound before.
    text = json.dumps(nested(400))
    parts = [("tool-call", text), ("tool-result", text), ("unheard-of", text)]
    assert written(format, message("hello", *parts))


def test_tools_are_shown_with_what_went_in_and_out() -> None:
    said = message(
        "Look.",
        CALL,
        ("tool-result", {"result": "```\nnot the end\n````"}),
        ("thinking", "why <not>"),
        role="assistant",
    )

    assert written("markdown", said).endswith(
        "## Assistant\n\n*2025-06-12 12:00:00 UTC*\n\nLook.\n\n"
        '**Tool: Bash**\n\n```json\n{\n  "command": "ls"\n}\n```\n\n'
        "**Result:**\n\n`````\n```\nnot the end\n````\n`````\n\n"
        "**Thinking:**\n\n```\nwhy <not>\n```\n"
    )
    page = written("html", said)
    assert (
        "<summary>Tool: Bash <code>ls</code></summary>"
        "<pre>{\n  &quot;command&quot;: &quot;ls&quot;\n}</pre>" in page
    )
    assert "<summary>Thinking</summary><pre>why &lt;not&gt;</pre>" in page


@pytest.mark.parametrize("text", ["plain", "`", "a ``` b", "`````\n```", "~~~", ""])
def test_a_fence_holds_whatever_is_in_it(text: str) -> None:
    [token] = MarkdownIt("commonmark").parse(fenced(text))

    assert (token.type, token.content) == ("fence", f"{text}\n")


PIECES = (
    *("```\n", "~~~\n", "```py\n", "    ", "  ", " ", "- ", "> ", "1. ", "text\n", "\n", "`x`"),
    *("<div>", "<!-- ", "\n<script>\n", "\n<?", "-->", "a ``` b\n", "\t", "````\n", "# h\n"),
    *("[x]: http://a\n", "\r", "\x0b", "===\n", "<http://a.b>", "\\", "`", "|a|\n|-|\n"),
)


def test_no_text_swallows_the_message_after_it_in_markdown() -> None:
    chance, parser = random.Random(1), MarkdownIt("commonmark")
    for _ in range(1_000):
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 14)))
        made = written("markdown", message(text), message("the next"))

        found = [
            token
            for token in parser.parse(made)
            if token.type == "html_block"
            and token.level == 0
            and "<!-- message m1" in token.content
        ]
        assert len(found) == 2, text


def test_deep_lists_do_not_make_a_reader_lose_its_place() -> None:
    text = "\n".join("  " * depth + "- item" for depth in range(60))

    made = written("markdown", message(text), message("the next"))

    headings = [t for t in MarkdownIt("commonmark").parse(made) if t.tag == "h2" and t.nesting == 1]
    assert len(headings) == 2


def test_a_text_that_is_plain_markdown_stays_as_it_is() -> None:
    text = "# Plan\n\n1. do:\n   ```sh\n   ls > x\n   ```\n2. see `<b>` and <https://a.example>\n\n~~~\n<div>\n~~~"

    assert f"\n{text}\n" in written("markdown", message(text))


def test_names_of_a_session_break_no_table_and_no_page() -> None:
    odd: Session = {**SESSION, "title": "a | b\n</title><script>", "projectPath": "x|`y`<i>"}

    markdown, page = written("markdown", session=odd), written("html", session=odd)

    assert markdown.startswith("# a \\| b \\</title\\>\\<script\\>\n")
    assert "| Project | x\\|\\`y\\`\\<i\\> |" in markdown
    assert "<script" not in page
    assert "<title>a | b &lt;/title&gt;&lt;script&gt;</title>" in page


def test_links_of_a_page_lead_to_the_web_or_to_mail_and_pictures_are_words() -> None:
    text = "[a](javascript:x) [b](HTTPS://b) [c](mailto:c@d) [d](/local) ![pic](http://e/f.png)"

    page = written("html", message(text))

    assert page.count("<a ") == 2
    assert "<img" not in page
    assert "[pic]" in page


def test_a_picture_of_the_transcript_is_in_the_page_itself() -> None:
    good = ("image", {"media_type": "image/png", "data": PIXEL})
    script = ("image", {"media_type": "image/svg+xml", "data": PIXEL})
    broken = ("image", {"media_type": "image/png", "data": '"><script>'})

    page = written("html", message(None, good, script, broken))

    assert page.count("<img") == 1
    assert f'<img src="data:image/png;base64,{PIXEL}"' in page


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("- a list\n- of two", "'- a list\n- of two"),
        ("\uff1dx", "'\uff1dx"),
        ("a = b", "a = b"),
        ('say "hi", twice\r\n', 'say "hi", twice\r\n'),
    ],
)
def test_no_cell_of_a_table_is_a_formula(text: str, cell: str) -> None:
    [row] = csv.DictReader(io.StringIO(written("csv", message(text)), newline=""))

    assert row["content"] == cell


def test_the_list_as_a_table_has_a_row_for_a_session_and_no_formulas() -> None:
    session: Session = {**SESSION, "title": "=1+1", "externalId": "-e", "updatedAt": 0}

    [row] = csv.DictReader(io.StringIO(written("list-csv", message("no"), session=session)))

    assert (row["Title"], row["External ID"]) == ("'=1+1", "'-e")
    assert (row["Cost"], row["Total Tokens"], row["Tags"]) == ("0.025300", "5840", "dates; short")
    assert (row["Is Public"], row["Public Slug"], row["Eval Ready"]) == ("false", "", "true")
    assert (row["Created At"], row["Updated At"]) == ("2025-06-12T12:00:00Z", "")


def test_the_list_as_json_has_texts_as_they_are() -> None:
    session: Session = {**SESSION, "title": "=1+1", "updatedAt": 0}
    file = sessions_file("list-json", several=True, zipped=False, raw=False)
    pieces = [Piece(session, []), Piece(SESSION, [])]

    first, second = json.loads(file.begin() + file.write(pieces) + file.end())

    assert (first["title"], first["updatedAt"]) == ("=1+1", None)
    assert (second["cost"], second["evalTags"]) == (0.0253, ["dates", "short"])


def test_each_line_of_json_is_one_for_every_reader() -> None:
    made = written("jsonl", message("a\u2028b\x85c\nd"), message("e"))

    assert [json.loads(line)["content"] for line in made.splitlines()] == ["a\u2028b\x85c\nd", "e"]


def test_json_keeps_a_text_that_its_parts_do_not_repeat() -> None:
    [same, other] = json.loads(
        written("json", message("a", ("text", "a")), message("beside", ("text", "within")))
    )["messages"]

    assert (same["content"], "textContent" in same) == ("a", False)
    assert (other["content"], other["textContent"]) == ("within", "beside")
    assert text_of(message(None, CALL)) == ""


def test_a_zip_says_when_a_session_ended_whatever_its_clock_said() -> None:
    for moment, year in ((1_749_729_693_000, 2025), (0, 1980), (10**15, 2107)):
        file = sessions_file("markdown", several=True, zipped=True, raw=False)
        session: Session = {**SESSION, "updatedAt": moment, "createdAt": moment}
        content = file.begin() + file.write([Piece(session, [])]) + file.end()
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            assert files.infolist()[0].date_time[0] == year


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Mend the parser!", "2025-06-12-Mend-the-parser.md"),
        ("../../etc/passwd", "2025-06-12-etc-passwd.md"),
        ("CON\0 nul", "2025-06-12-CON-nul.md"),
        ("Größe, 大きさ", "2025-06-12-Größe-大きさ.md"),
        ("x" * 500, f"2025-06-12-{'x' * 60}.md"),
        ("…", "2025-06-12-session.md"),
        (None, "2025-06-12-Untitled-session.md"),
    ],
)
def test_a_file_is_named_after_its_session_and_safe_everywhere(title: str, name: str) -> None:
    assert file_name({**SESSION, "title": title}, "md") == name


def test_no_two_files_of_a_zip_share_a_name() -> None:
    names = Names()

    assert [names.unique(name) for name in ("a.md", "A.md", "a-2.md", "a.md")] == [
        *("a.md", "A-2.md", "a-2-2.md", "a-3.md")
    ]


OPTIONS = frozenset({"format", "zip", "turnMode", "contextTurns"})


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("ids=a,b&ids=c", {"ids": ["a", "b", "c"]}),
        ("all=true&format=csv", {"filter": {}, "format": "csv"}),
        (
            "source=a&source=b&tags=x,y&zip=true",
            {"filter": {"source": ["a", "b"], "tags": ["x", "y"]}, "zip": True},
        ),
        (
            "tool=codex-cli&min_tokens=5&status=golden",
            {"filter": {"source": "codex-cli", "minTokens": "5", "evalStatus": "golden"}},
        ),
        (
            "date_from=1970-01-02&date_to=1970-01-02",
            {"filter": {"createdFrom": 86_400_000, "createdTo": 172_799_999}},
        ),
        (
            "from=1970-01-02&to=1970-01-02",
            {"filter": {"from": 86_400_000, "to": 172_799_999}},
        ),
        (
            "from=5&project=p&except=x",
            {"filter": {"from": "5", "projectName": "p"}, "except": ["x"]},
        ),
        ("turn_mode=final_only&include_metadata=false", {"turnMode": "final", "contextTurns": 0}),
        ("untitled=true&zeroCost=maybe", {"filter": {"untitled": True, "zeroCost": "maybe"}}),
        ("evalStatus=&q=&model=", {"filter": {"evalStatus": "", "model": ""}}),
        ("", {}),
    ],
)
def test_a_query_says_what_a_body_says(query: str, body: dict[str, Any]) -> None:
    assert body_of(QueryParams(query), options=OPTIONS) == body


def test_one_id_that_is_none_is_no_session() -> None:
    with pytest.raises(NotFound):
        body_of(QueryParams("id=../x"), options=OPTIONS)


def test_a_redactor_counts_in_names_and_values_and_lets_nothing_else_through() -> None:
    token = "ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1"
    redactor = Redactor()

    masked = redactor.value({"a": [token, 1, None, True, 2.5], token: {"deep": f"x {token}"}})

    mask = "[GitHub token removed]"
    assert masked == {"a": [mask, 1, None, True, 2.5], mask: {"deep": f"x {mask}"}}
    assert redactor.counts == {"GitHub token": 3}
    with pytest.raises(TypeError):
        redactor.value({"a": b"bytes"})


def test_all_sessions_are_meant_only_where_that_is_said() -> None:
    assert body_of(QueryParams("all=true"), options=OPTIONS) == {"filter": {}}
    for value in ("false", "null", "", "1"):
        assert body_of(QueryParams(f"all={value}"), options=OPTIONS) == {}


class Steps:
    """Steps of an export; `read` has those that were begun, the one numbered `bad` fails."""

    def __init__(self, count: int, *, bad: int = -1) -> None:
        self.read: list[int] = []
        self._count, self._bad = count, bad

    async def __aiter__(self) -> AsyncIterator[list[Piece]]:
        for number in range(self._count):
            self.read.append(number)
            await asyncio.sleep(0)
            if number == self._bad:
                raise NotFound("gone")
            yield [Piece(SESSION, [])] * number


async def test_one_step_is_read_ahead_and_no_more() -> None:
    before = asyncio.all_tasks()
    steps = Steps(9)
    ahead = _one_ahead(aiter(steps))

    got = [len(await anext(ahead)), len(await anext(ahead))]
    for _ in range(20):
        await asyncio.sleep(0)

    assert (got, steps.read) == ([0, 1], [0, 1, 2])
    await ahead.aclose()  # type: ignore[attr-defined]
    assert steps.read == [0, 1, 2]
    assert not asyncio.all_tasks() - before


async def test_every_step_comes_in_order_and_an_empty_one_ends_nothing() -> None:
    assert [len(pieces) async for pieces in _one_ahead(aiter(Steps(5)))] == [0, 1, 2, 3, 4]


async def test_what_was_read_before_a_failure_still_comes() -> None:
    got = []

    with pytest.raises(NotFound):
        async for pieces in _one_ahead(aiter(Steps(5, bad=3))):
            got.append(len(pieces))

    assert got == [0, 1, 2]
