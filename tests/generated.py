"""Sessions that never happened, for tests, benchmarks and looking at the dashboard.

All of it follows from a seed and the time at which it ends; nothing else is random.

    python -m tests.generated --url http://127.0.0.1:8080 --key osk_…
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import Any, Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Json = dict[str, Any]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@dataclass
class Transcript:
    """One session as a plugin sends it: a session and its messages."""

    session: Json
    messages: list[Json] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.session["externalId"])

    def say(self, role: str, text: str = "", **more: Any) -> None:
        """Add a message, a quarter of a minute after the one before."""
        number = len(self.messages)
        message = {
            "sessionExternalId": self.id,
            "externalId": f"{self.id}-{number}",
            "role": role,
            "source": self.session.get("source"),
            "textContent": text,
            "createdAt": self.session["createdAt"] + number * MINUTE // 4,
            **more,
        }
        self.messages.append({name: value for name, value in message.items() if value != ""})


@dataclass(frozen=True)
class Agent:
    source: str
    weight: int
    models: tuple[tuple[str, str], ...]  # model, provider


AGENTS: Final = (
    Agent(
        "claude-code",
        44,
        (
            ("claude-sonnet-4-20250514", "anthropic"),
            ("claude-opus-4-1-20250805", "anthropic"),
            ("claude-haiku-4-5", "anthropic"),
        ),
    ),
    Agent(
        "opencode",
        20,
        (
            ("gpt-5.1-codex", "openai"),
            ("kimi-k2", "moonshot"),
            ("claude-sonnet-4-20250514", "anthropic"),
        ),
    ),
    Agent("codex-cli", 13, (("gpt-5.1-codex", "openai"), ("gpt-5-mini", "openai"))),
    Agent("cursor-sync", 9, (("composer-1", "cursor"), ("gpt-5-mini", "openai"))),
    Agent("factory-droid", 8, (("claude-opus-4-1-20250805", "anthropic"), ("glm-4.6", "zai"))),
    Agent("pi", 6, (("gemini-2.5-pro", "google"), ("gemini-2.5-flash", "google"))),
)

# Dollars for a million tokens: prompt, completion.
PRICES: Final = {
    "claude-sonnet-4-20250514": (3.0, 15.0),
    "claude-opus-4-1-20250805": (15.0, 75.0),
    "claude-haiku-4-5": (1.0, 5.0),
    "gpt-5.1-codex": (1.25, 10.0),
    "gpt-5-mini": (0.25, 2.0),
    "gemini-2.5-pro": (1.25, 10.0),
    "gemini-2.5-flash": (0.3, 2.5),
    "kimi-k2": (0.6, 2.5),
    "glm-4.6": (0.6, 2.2),
    "composer-1": (1.25, 10.0),
}

PROJECTS: Final = (
    *("harbour-api", "tidemark", "ledger", "night-train", "orchard", "paperboat", "weathervane"),
    *("quarry", "lanternfish", "field-notes", "dotfiles", "kiln", "sextant", "brickwork"),
    *("mail-room", "greenhouse", "cartographer", "abacus", "switchyard", "infra"),
)
VERBS: Final = (
    *("Fix", "Explain", "Refactor", "Add tests for", "Speed up", "Document", "Review", "Replace"),
    *("Simplify", "Find out what breaks", "Port to Go", "Roll back", "Log"),
)
THINGS: Final = (
    *("the retry loop", "pagination", "the login form", "rate limiting", "the CSV import"),
    *("cache invalidation", "the search index", "time zones", "the billing webhook"),
    *("image resizing", "the job queue", "database migrations", "the settings page"),
    *("websocket reconnects", "the release script", "flaky tests", "memory use", "the diff view"),
)
PLACES: Final = (
    *("in the worker", "on startup", "for guests", "behind the proxy", "on phones", "in CI"),
    *("under load", "after the upgrade", "in the admin area", "for empty input", "on Windows"),
)
ASKS: Final = (
    "It worked before Friday. Please look at the log first and change as little as you can.",
    "Keep the public interface as it is; I only want the inside to be clearer.",
    "Say what you would do before you do it.",
    "There is a failing test that shows it. Make it pass and tell me why it failed.",
    "Is there a simpler way? The current one has grown over the years.",
)
ANSWERS: Final = (
    "The cause is a missing check: an empty list reaches the loop and the first item is read.",
    "Two requests share one connection, so the second sees the answer of the first.",
    "The value is kept in local time and compared with UTC, which is wrong for half the year.",
    "Nothing waits for the write to end, therefore the reader sometimes finds the old row.",
    "The limit is applied before the filter; I turned the two around.",
)
CODE: Final = (
    "```python\ndef first(items, default=None):\n    return next(iter(items), default)\n```",
    "```ts\nexport const isDue = (at: Date, now: Date) => at <= now;\n```",
    "```sql\nSELECT id, title FROM notes WHERE owner = :owner ORDER BY updated DESC LIMIT 50;\n```",
    "```sh\ngit switch --create fix-limit && make test\n```",
    '```go\nif err := tx.Commit(); err != nil {\n\treturn fmt.Errorf("commit: %w", err)\n}\n```',
)


def many(
    count: int, end: int, *, seed: int = 4, days: int = 200, messages: tuple[int, int] = (3, 8)
) -> Iterator[Transcript]:
    """Yield sessions of a busy half-year that ends at `end` (Unix ms), in no order of time."""
    random = Random(seed)
    for number in range(count):
        yield _ordinary(random, number, _moment(random, end, days), messages)


def _moment(random: Random, end: int, days: int) -> int:
    """Return a time at which people work, mostly, and more often of late."""
    day = int(days * random.random() ** 1.4)
    hour = min(23.9, max(0.0, random.gauss(14.5, 3.6)))
    moment = end - end % DAY - day * DAY + int(hour * HOUR)
    if _weekday(moment) >= 5 and random.random() < 0.65:
        moment -= 3 * DAY
    return moment if moment < end else moment - 2 * DAY


def _weekday(moment: int) -> int:
    return (moment // DAY + 3) % 7  # day 0 of Unix was a Thursday


def _ordinary(random: Random, number: int, created: int, messages: tuple[int, int]) -> Transcript:
    [agent] = random.choices(AGENTS, [agent.weight for agent in AGENTS])
    [(model, provider)] = random.choices(agent.models, range(len(agent.models), 0, -1))
    [project] = random.choices(PROJECTS, [1 / (rank + 1) for rank in range(len(PROJECTS))])
    lines = random.randint(*messages)
    prompt = int(random.lognormvariate(9.6, 1.1)) * lines
    completion = int(prompt * random.uniform(0.02, 0.12))
    per_prompt, per_completion = PRICES[model]
    title = f"{random.choice(VERBS)} {random.choice(THINGS)} {random.choice(PLACES)}"
    transcript = Transcript(
        {
            "externalId": f"generated-{number:05}",
            "source": agent.source,
            "title": title,
            "projectName": project,
            "projectPath": f"/home/dev/{project}",
            "model": model,
            "provider": provider,
            "promptTokens": prompt,
            "completionTokens": completion,
            "cost": round((prompt * per_prompt + completion * per_completion) / 1e6, 6),
            "durationMs": lines * random.randint(4_000, 240_000),
            "createdAt": created,
            "updatedAt": created + lines * MINUTE // 4,
        }
    )
    _make_some_odd(random, transcript.session)
    for line in range(lines):
        _ordinary_line(random, transcript, line)
    return transcript


def _make_some_odd(random: Random, session: Json) -> None:
    """Leave out what real plugins leave out."""
    chance = random.random()
    if chance < 0.06:
        del session["title"]
    elif chance < 0.14:
        del session["cost"]
    elif chance < 0.17:
        del session["projectName"], session["projectPath"]
    elif chance < 0.19:
        for name in ("promptTokens", "completionTokens", "cost"):
            del session[name]


def _ordinary_line(random: Random, transcript: Transcript, line: int) -> None:
    title = transcript.session.get("title", "Look around")
    if line % 2 == 0:
        transcript.say("user", f"{title}. {random.choice(ASKS)}" if line == 0 else _ask(random))
        return
    text = f"{random.choice(ANSWERS)}\n\n{random.choice(CODE)}\n\nShall I go on with the *tests*?"
    transcript.say(
        "assistant",
        text,
        model=transcript.session["model"],
        promptTokens=random.randint(800, 40_000),
        completionTokens=random.randint(40, 900),
        durationMs=random.randint(900, 60_000),
    )


def _ask(random: Random) -> str:
    return f"And {random.choice(THINGS)} {random.choice(PLACES)}? {random.choice(ASKS)}"


def long(end: int, *, messages: int = 5_000, parts: int = 20_000, seed: int = 5) -> Transcript:
    """Return one session as long as a week of work; its messages are numbered in their text."""
    random = Random(seed)
    transcript = Transcript(
        {
            "externalId": "generated-long",
            "source": "claude-code",
            "title": "A week of rebuilding the night train",
            "projectName": "night-train",
            "projectPath": "/home/dev/night-train",
            "model": "claude-opus-4-1-20250805",
            "provider": "anthropic",
            "promptTokens": 61_000_000,
            "completionTokens": 2_400_000,
            "cost": 1_095.0,
            "durationMs": messages * MINUTE // 4,
            "createdAt": end - messages * MINUTE // 4,
            "updatedAt": end,
        }
    )
    users = len(range(0, messages, 5))
    shares = _shares(parts - users, messages - users)
    for number in range(messages):
        name = f"Message {number + 1} of {messages}"
        if number % 5 == 0:
            text = f"{name}. {_ask(random)}"
            transcript.say("user", text, parts=[{"type": "text", "content": text}])
            continue
        said = f"{name}. {random.choice(ANSWERS)}\n\n{random.choice(CODE)}"
        transcript.say(
            "assistant",
            said,
            model="claude-opus-4-1-20250805",
            promptTokens=random.randint(4_000, 16_000),
            completionTokens=random.randint(60, 900),
            durationMs=random.randint(1_000, 30_000),
            parts=_working_parts(random, said, next(shares)),
        )
    return transcript


def _shares(total: int, among: int) -> Iterator[int]:
    """Divide evenly; the first get what is left over."""
    each, rest = divmod(total, among)
    return (each + (index < rest) for index in range(among))


def _working_parts(random: Random, said: str, count: int) -> list[Json]:
    """Return text first, then calls of tools with their results."""
    parts: list[Json] = [{"type": "text", "content": said}]
    while len(parts) < count:
        call, result = _tool_run(random)
        parts += [call, result]
    return parts[:count]


def _tool_run(random: Random) -> tuple[Json, Json]:
    file = f"/home/dev/night-train/src/{random.choice(PROJECTS)}.py"
    lines = "\n".join(f"{n:>4}  wagon_{n} = couple(wagon_{n - 1})" for n in range(1, 9))
    name, args, output = random.choice(
        (
            ("Bash", {"command": "make test", "description": "Run the tests"}, "128 passed"),
            ("Read", {"file_path": file}, lines),
            (
                "Edit",
                {"file_path": file, "old_string": "limit = 5", "new_string": "limit = 50"},
                "ok",
            ),
            ("Grep", {"pattern": "couple\\(", "path": "src"}, f"{file}:3:  couple(wagon_2)"),
        )
    )
    call = {"type": "tool-call", "content": {"toolName": name, "args": args}}
    return call, {"type": "tool-result", "content": {"result": output}}


def golden(end: int) -> list[Transcript]:
    """Return two dozen sessions with round numbers, whose sums a test can work out by itself."""
    made = []
    for number in range(24):
        agent = AGENTS[number % len(AGENTS)]
        model, provider = agent.models[number % len(agent.models)]
        created = end - (number * 7 % 80) * DAY - number * HOUR - HOUR
        transcript = Transcript(
            {
                "externalId": f"golden-{number}",
                "source": agent.source,
                "title": f"Golden {number}",
                "projectName": PROJECTS[number % 5],
                "model": model,
                "provider": provider,
                "promptTokens": 1_000 * (number + 1),
                "completionTokens": 100 * (number + 1),
                "cost": 0.25 * (number + 1),
                "durationMs": MINUTE * (number + 1),
                "createdAt": created,
                "updatedAt": created + MINUTE,
            }
        )
        for _ in range(number % 3 + 1):
            transcript.say("user", f"Question of session {number}")
            transcript.say("assistant", f"Answer of session {number}", model=model)
        made.append(transcript)
    return made


def batches(transcripts: Iterable[Transcript], size: int = 2_000) -> Iterator[Json]:
    """Yield bodies for `/sync/batch` of about `size` rows each."""
    sessions: list[Json] = []
    messages: list[Json] = []
    for transcript in transcripts:
        sessions.append(transcript.session)
        for message in transcript.messages:
            messages.append(message)
            if len(sessions) + len(messages) >= size:
                yield {"sessions": sessions, "messages": messages}
                sessions, messages = [], []
    if sessions or messages:
        yield {"sessions": sessions, "messages": messages}


def load(api: httpx.Client, transcripts: Iterable[Transcript]) -> Iterator[int]:
    """Send them; yield after each request how many sessions it brought."""
    for body in batches(transcripts):
        answer = api.post("/sync/batch", json=body, timeout=120).raise_for_status().json()
        if answer["errors"]:
            raise RuntimeError(f"Not everything was taken: {answer['errors'][:3]}")
        yield len(body["sessions"])


def now() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    # Here, because it is made of the same Transcript.
    from tests.showcase import every_tool, hostile

    parser = argparse.ArgumentParser(description="Fill an OpenSync with generated sessions.")
    parser.add_argument("--url", required=True, help="where it answers, http://127.0.0.1:8080")
    parser.add_argument("--key", required=True, help="an API key, osk_…")
    parser.add_argument("--sessions", type=int, default=10_000, help="ordinary ones (10000)")
    parser.add_argument(
        "--messages", type=int, nargs=2, default=(3, 8), metavar=("LEAST", "MOST"), help="in each"
    )
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args()
    end = now()
    everything = chain(
        (every_tool(end), hostile(end), long(end)),
        many(chosen.sessions, end, seed=chosen.seed, messages=tuple(chosen.messages)),
    )
    columns = (TextColumn("sessions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    headers = {"Authorization": f"Bearer {chosen.key}"}
    with (
        httpx.Client(base_url=chosen.url, headers=headers) as api,
        Progress(*columns, console=Console(stderr=True)) as progress,
    ):
        task = progress.add_task("sessions", total=chosen.sessions + 3)
        for sent in load(api, everything):
            progress.advance(task, sent)


if __name__ == "__main__":
    main()
