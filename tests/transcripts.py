"""Transcripts of Claude Code, as its plugin sends them: prompts, calls of tools, answers.

One that was recorded is always there. `OPENSYNC_TRANSCRIPTS` names folders with more of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.generated import Json, Transcript

# Read on import: a fixture takes the settings of the machine away.
FOLDERS: Final = (
    Path(__file__).parent / "data" / "transcripts",
    *map(Path, filter(None, os.environ.get("OPENSYNC_TRANSCRIPTS", "").split(os.pathsep))),
)
TITLE: Final = 80


def recorded() -> list[Transcript]:
    """Return what was said in each file, once where a file is in several folders."""
    files = {file.stem: file for folder in FOLDERS for file in sorted(folder.rglob("*.jsonl"))}
    return [made for file in files.values() if (made := read(file)).messages]


def read(file: Path) -> Transcript:
    """Return a session that is named as the file is, which is what Claude Code does."""
    lines = list(_conversation(file))
    results = {b["tool_use_id"]: b.get("content") for _, b in lines if b["type"] == "tool_result"}
    head: Json = {"externalId": file.stem, "source": "claude-code"}
    messages: dict[str, Json] = {}
    for number, (line, block) in enumerate(lines):
        said = line["message"]
        if block["type"] == "tool_use":
            name = block["id"]
            call = {"toolName": block["name"], "args": block["input"]}
            parts: list[Json] = [{"type": "tool-call", "content": call}]
            if results.get(name):
                parts.append({"type": "tool-result", "content": results[name]})
            body: Json = {"role": "assistant", "parts": parts}
        elif block["type"] == "text" and said["role"] == "assistant":
            name = line["uuid"]
            body = {"role": "assistant", "textContent": block["text"], "model": said["model"]}
            head["model"] = said["model"]
        elif block["type"] == "text":
            name = f"{file.stem}-user-{number}"  # the plugin numbers by the clock
            body = {"role": "user", "textContent": block["text"]}
            head.setdefault("title", block["text"][:TITLE])
        else:
            continue
        head |= {"projectPath": line["cwd"], "projectName": Path(line["cwd"]).name}
        common = {"sessionExternalId": file.stem, "externalId": name, "source": "claude-code"}
        messages.setdefault(name, common | body)
    return Transcript(head, list(messages.values()))


def _conversation(file: Path) -> Iterator[tuple[Json, Json]]:
    """Yield each block of what was said, with its line. Other lines, and broken ones, are noise."""
    for text in filter(None, file.read_text("utf-8").split("\n")):
        line: Any = json.loads(text)
        said = line.get("message") if isinstance(line, dict) else None
        content = said.get("content") if isinstance(said, dict) else None
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict):
                yield line, block
