"""Cases of an evaluation, and the datasets made of them, compared with files that a person read."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from sidecar.domain.evals import EvalOptions, Format, Talk, cases, count
from sidecar.domain.transcript import Message, Piece, Role, Session
from sidecar.exporters.evals import Promptfoo
from sidecar.exporters.files import Cases, Masks, evals_file
from tests.conftest import DATA

FOLDER = DATA / "exports"
NOW = 1_750_000_000_000
STORED = json.loads((FOLDER / "session.json").read_text("utf-8"))
SESSION: Session = STORED["session"]
PLAIN = EvalOptions()
FORMATS: tuple[Format, ...] = ("deepeval", "openai", "promptfoo", "filesystem", "text")


def said(role: Role, textContent: str | None = None, **given: Any) -> Message:
    return {
        "id": "message",
        "session": SESSION["id"],
        "externalId": "m",
        "role": role,
        "textContent": textContent,
        "model": None,
        "promptTokens": given.get("promptTokens"),
        "completionTokens": given.get("completionTokens"),
        "durationMs": given.get("durationMs"),
        "createdAt": SESSION["createdAt"],
        "seq": 0,
        "parts": given.get("parts", []),
    }


MESSAGES = [said(**stored) for stored in STORED["messages"]]


def heard(messages: Sequence[Message]) -> Talk:
    talk = Talk()
    for message in messages:
        talk.hear(message)
    return talk


def written(format: Format, options: EvalOptions = PLAIN, *, raw: bool = False) -> bytes:
    file = evals_file(format, options, raw=raw, now=NOW)
    # In three slices, as a long session comes.
    pieces = [
        Piece(SESSION, MESSAGES[:3], first=True, last=False),
        Piece(SESSION, MESSAGES[3:6], first=False, last=False),
        Piece(SESSION, MESSAGES[6:], first=False, last=True),
    ]
    return file.begin() + b"".join(file.write([piece]) for piece in pieces) + file.end()


def readable(format: Format, content: bytes) -> str:
    if format != "filesystem":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return "".join(f"--- {name}\n{files.read(name).decode()}" for name in files.namelist())


VARIANTS = {
    "per-turn": EvalOptions(),
    "full": EvalOptions(turn_mode="full", system_prompts=True, anonymize=False),
    "final": EvalOptions(turn_mode="final", context_turns=1, min_length=5),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_dataset_is_the_one_that_was_read_and_found_good(format: Format, variant: str) -> None:
    """Write it anew with WRITE_GOLDEN=1 and read what changed."""
    path = FOLDER / f"{format}.{variant}.txt"
    made = readable(format, written(format, VARIANTS[variant]))
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(made, "utf-8")

    assert made == path.read_text("utf-8")


def test_a_turn_is_what_was_said_until_the_other_side_spoke() -> None:
    talk = heard(
        [
            said("assistant", "before anybody asked"),
            said("user", "one"),
            said("user", "two"),
            said("user", "   "),
            said("assistant", None, completionTokens=3),
            said("tool", "output"),
            said("assistant", "three", promptTokens=10, completionTokens=4),
            said("unknown", "noise"),
            said("assistant", "four", durationMs=7),
            said("user", "five"),
        ]
    )

    [case] = cases(SESSION, talk, EvalOptions())

    assert (case.input, case.output) == ("one\n\ntwo", "three\n\nfour")
    assert (case.prompt_tokens, case.completion_tokens, case.duration_ms) == (10, 7, 7)


TALK = heard(
    [
        said("system", "be brief"),
        *(said("user", "short"), said("assistant", "no")),
        *(said("user", "longer question"), said("assistant", "```py\nx = 1\n```")),
        *(said("user", "another question"), said("assistant", "a long answer in prose")),
    ]
)


@pytest.mark.parametrize(
    ("options", "inputs", "contexts"),
    [
        (EvalOptions(), ["short", "longer question", "another question"], [0, 2, 4]),
        (EvalOptions(context_turns=1), ["short", "longer question", "another question"], [0, 2, 2]),
        (EvalOptions(context_turns=0), ["short", "longer question", "another question"], [0, 0, 0]),
        (
            EvalOptions(system_prompts=True, min_length=3),
            ["longer question", "another question"],
            [1, 3],
        ),
        (EvalOptions(code_only=True), ["longer question"], [0]),
        (EvalOptions(min_length=17), [], []),
        (EvalOptions(turn_mode="final"), ["another question"], [4]),
        (EvalOptions(turn_mode="final", context_turns=0), ["another question"], [0]),
        (EvalOptions(turn_mode="full", min_length=3), ["longer question\n\nanother question"], [0]),
    ],
)
def test_options_decide_what_becomes_a_case(
    options: EvalOptions, inputs: list[str], contexts: list[int]
) -> None:
    made = cases(SESSION, TALK, options)

    assert [case.input for case in made] == inputs
    assert [len(case.context) for case in made] == contexts
    assert count(TALK, options) == len(inputs)


@pytest.mark.parametrize("mode", ["per_turn", "full", "final"])
def test_the_expected_output_belongs_to_the_last_case_only(
    mode: Literal["per_turn", "full", "final"],
) -> None:
    made = cases(SESSION, TALK, EvalOptions(turn_mode=mode))

    assert [case.expected for case in made[:-1]] == [None] * (len(made) - 1)
    assert made[-1].expected == SESSION["expectedOutput"]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_honours_every_option(format: Format) -> None:
    plain = readable(format, written(format, EvalOptions(anonymize=False), raw=True))

    for options, gone in (
        (EvalOptions(anonymize=True), ["/home/ann", "tidemark"]),
        (EvalOptions(anonymize=False, code_only=True), ["What is left?"]),
        (EvalOptions(anonymize=False, min_length=60), ["What is left?"]),
        (EvalOptions(anonymize=False, turn_mode="final", context_turns=0), ["Only on Sundays"]),
    ):
        made = readable(format, written(format, options, raw=True))
        for text in gone:
            assert text in plain
            assert text not in made, options
    with_system = EvalOptions(system_prompts=True)
    assert "You are careful." not in plain
    assert "You are careful." in readable(format, written(format, with_system))
    assert "ghp_" in plain
    assert "ghp_" not in readable(format, written(format))


class DeepEvalCase(BaseModel):
    """What DeepEval's loader takes of an item: its `LLMTestCase`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: str
    actual_output: str
    expected_output: str | None
    context: list[str]
    retrieval_context: list[str] | None
    metadata: dict[str, Any]


class ChatMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["system", "user", "assistant"]
    content: str


class OpenAISample(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    input: list[ChatMessage]
    ideal: str
    metadata: dict[str, Any]


class Assertion(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["llm-rubric"]
    value: str


class PromptfooCase(BaseModel):
    """What is written of promptfoo's `TestCase`; variables that are lists would multiply it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    vars: dict[str, str]
    assert_: list[Assertion] | None = None
    metadata: dict[str, Any]


@pytest.mark.parametrize("variant", VARIANTS)
def test_datasets_have_the_shape_that_their_readers_take(variant: str) -> None:
    options = VARIANTS[variant]
    items = json.loads(written("deepeval", options))
    samples = [json.loads(line) for line in written("openai", options).splitlines()]
    tests = [json.loads(line) for line in written("promptfoo", options).splitlines()]

    assert len(items) == len(samples) == len(tests) > 0
    for item in items:
        DeepEvalCase.model_validate(item)
    for sample in samples:
        OpenAISample.model_validate(sample)
        assert sample["input"][-1]["role"] == "user"
    for test in tests:
        PromptfooCase.model_validate({"assert_": test.pop("assert", None), **test})


def test_promptfoo_neither_reads_files_nor_fills_in_braces_of_a_transcript() -> None:
    talk = heard(
        [said("user", "file:///etc/passwd"), said("assistant", "{{ env.KEY }} {% endraw %}")]
    )
    [case] = cases({**SESSION, "expectedOutput": None}, talk, EvalOptions())

    test = json.loads(Promptfoo(projects=False).case(case))

    assert not test["vars"]["input"].startswith("file://")
    assert "{% raw %}{{ env.KEY }} { % endraw %}{% endraw %}" in test["assert"][0]["value"]


def test_sessions_of_the_same_name_get_files_of_their_own() -> None:
    file = evals_file("filesystem", EvalOptions(), raw=False, now=NOW)
    titles = ("Same", "same", "../SAME?", None, "...")
    written = [file.write([Piece({**SESSION, "title": title}, MESSAGES)]) for title in titles]

    with zipfile.ZipFile(io.BytesIO(b"".join([file.begin(), *written, file.end()]))) as files:
        names = files.namelist()
        manifest = json.loads(files.read("manifest.json"))

    assert manifest["files"] == [name for name in names if name.startswith("sessions/")]
    assert len({name.lower() for name in names}) == len(titles) + 2
    assert not any(".." in name for name in names)


def test_a_session_without_cases_is_skipped() -> None:
    made = Cases(EvalOptions(), Masks(raw=False))

    assert made.of(Piece(SESSION, [said("user", "nobody answers")])) == []
