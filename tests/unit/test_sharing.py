from __future__ import annotations

from typing import Any

import pytest

from sidecar.domain.sharing import (
    LONGEST,
    Include,
    PathMask,
    Scrubber,
    message_shown,
    session_shown,
)

PROJECT = "/home/ada/work/engine"
SECRET = "sk-ant-" + "a1B2" * 8
SESSION: dict[str, Any] = {
    "title": f"Mend {PROJECT}/main.py",
    "source": "claude-code",
    "model": "a-model",
    "provider": "",
    "projectName": "engine",
    "projectPath": PROJECT,
    "cost": 1.5,
    "evalNotes": "mine",
    "totalTokens": 3,
    "promptTokens": 1,
    "completionTokens": 2,
    "messageCount": 1,
    "durationMs": 0,
    "createdAt": 10,
    "updatedAt": 20,
}


def scrubber(**include: bool) -> Scrubber:
    return Scrubber(Include(**include), PROJECT)


def message(*parts: tuple[str, Any], text: str = "") -> dict[str, Any]:
    return {
        "id": "m",
        "role": "assistant",
        "textContent": text,
        "model": "",
        "createdAt": 1,
        "promptTokens": 0,
        "completionTokens": 7,
        "parts": [
            {"type": type, "content": content, "order": n}
            for n, (type, content) in enumerate(parts)
        ],
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"cd {PROJECT} && ls", "cd [project] && ls"),
        (f"{PROJECT}/src/a.py:3", "[project]/src/a.py:3"),
        (f"{PROJECT}-old/a.py", "~/work/engine-old/a.py"),
        ("~/.claude/projects/-home-ada-work-engine/x", "~/.claude/projects/[project]/x"),
        ("~/.claude/projects/-home-ada-other", "~/.claude/projects/~-other"),
        (f"cc -I{PROJECT}/include -L/home/ada/lib", "cc -I[project]/include -L~/lib"),
        ("diff --git a/home/ada/x b/home/ada/x", "diff --git a~/x b~/x"),
        ("/home/bob/notes", "~/notes"),
        ("/Users/Bob/notes", "~/notes"),
        ("file:///home/bob/a", "file:~/a"),
        (r"C:\Users\Bob\a.txt", r"~\a.txt"),
        (r"C:\\Users\\Bob\\a.txt", r"~\\a.txt"),
        ("/mnt/c/Users/Bob/a", "~/a"),
        ("/var/home/bob/a", "~/a"),
        (r"c:\users\bob\a.txt", r"~\a.txt"),
        (r"C:\Users\Bob Smith\a.txt", r"~\a.txt"),
        ("/c/Users/Bob/a", "~/a"),
        (r"\\wsl.localhost\Ubuntu\home\bob\a", r"~\a"),
        ("cc -I/home/bob/include", "cc -I~/include"),
        ("/users/7/edit", "/users/7/edit"),
        ("HOME=/home/bob;", "HOME=~;"),
        ("src/home/components", "src/home/components"),
        ("https://example.org/home/page", "https://example.org/home/page"),
        ("/etc/hosts", "/etc/hosts"),
        ("at home / Users", "at home / Users"),
    ],
)
def test_names_of_folders_are_hidden(text: str, shown: str) -> None:
    assert PathMask(PROJECT)(text) == shown


@pytest.mark.parametrize("project", ["", "/", "/app", "engine"])
def test_a_short_name_of_a_project_is_no_reason_to_spoil_words(project: str) -> None:
    assert PathMask(project)("the engine of /app is /") == "the engine of /app is /"


def test_a_windows_project_is_hidden_in_either_spelling() -> None:
    mask = PathMask(r"D:\work\engine")

    assert mask(r"D:\work\engine\a.py") == r"[project]\a.py"
    assert mask(r'"D:\\work\\engine\\a.py"') == r'"[project]\\a.py"'


def test_a_very_deep_project_is_hidden_without_reading_texts_again_and_again() -> None:
    mask = PathMask("/a" * 2_000 + "/b")

    assert mask("x /" + "a/" * 63 + "a") == "x [project]"
    assert "[project]" in mask("/a" * 50_000)


def test_of_a_session_only_what_was_agreed_to_is_shown() -> None:
    shown = session_shown(SESSION, Include(), scrubber())

    assert shown["title"] == "Mend [project]/main.py"
    assert (shown["provider"], shown["durationMs"]) == (None, None)
    assert shown.keys().isdisjoint({"projectName", "projectPath", "cost", "notes", "id", "include"})


def test_what_is_ticked_is_shown() -> None:
    include = Include(paths=True, cost=True, notes=True)

    shown = session_shown(SESSION, include, Scrubber(include, PROJECT))

    assert (shown["cost"], shown["notes"], shown["projectPath"]) == (1.5, "mine", PROJECT)
    assert shown["title"] == f"Mend {PROJECT}/main.py"


@pytest.mark.parametrize("stored", [None, [], {"paths": 1, "cost": "true"}, {"all": True}])
def test_only_what_is_plainly_agreed_to_counts(stored: Any) -> None:
    assert Include.of(stored) == Include()


def test_secrets_are_masked_wherever_they_are_and_counted() -> None:
    scrub = scrubber(paths=True)

    shown = message_shown(
        message(
            ("tool-call", {"args": {"env": [SECRET], SECRET: 1}}),
            ("tool-result", f"key {SECRET}"),
            text=f"use {SECRET}",
        ),
        scrub,
    )

    assert SECRET not in repr(shown)
    assert scrub.redactions == 4


def test_in_arguments_of_tools_the_name_of_a_value_counts() -> None:
    scrub = scrubber(paths=True)

    assert scrub.value({"env": {"PASSWORD": "hunter2", "USER": "ann"}}) == {
        "env": {"PASSWORD": "[password removed]", "USER": "ann"}
    }
    assert scrub.redactions == 1


def test_thinking_and_unknown_kinds_of_parts_are_left_out() -> None:
    shown = message_shown(
        message(
            ("thinking", "hm"),
            ("reasoning", {"text": "hm"}),
            ("step-finish", {"cost": 1}),
            ("text", [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]),
            ("tool_use", {"name": "Read", "args": {}}),
        ),
        scrubber(),
    )

    assert [(part["order"], part["content"]) for part in shown["parts"]] == [
        (3, [{"type": "text", "text": "yes"}]),
        (4, {"name": "Read", "args": {}}),
    ]


def test_a_picture_is_shown_as_it_is() -> None:
    base64 = "AKIA" + "A" * 16 + "/home/ada/x" + "A" * LONGEST
    source = {"type": "base64", "media_type": "image/png", "data": base64}
    address = f"data:image/png;base64,{base64}"

    shown = message_shown(
        message(("image", {"source": source}), ("image", {"image_url": {"url": address}})),
        scrubber(),
    )

    assert shown["parts"][0]["content"]["source"]["data"] == base64
    assert shown["parts"][1]["content"]["image_url"]["url"] == address


def test_what_only_says_that_it_is_a_picture_is_masked() -> None:
    shown = message_shown(
        message(
            ("image", {"media_type": "image/png", "data": f"{SECRET} "}),
            ("image", {"url": f"data:image/png;base64,{SECRET}!"}),
        ),
        scrubber(),
    )

    assert SECRET not in repr(shown)


def test_a_long_text_is_cut_and_no_secret_is_cut_in_half() -> None:
    text = "x " * (LONGEST // 2 - 10) + SECRET + " and more" * 1000

    shown = message_shown(message(text=text), scrubber())["textContent"]

    assert len(shown) == LONGEST
    assert shown.endswith("\u2026")
    assert "sk-ant" not in shown
