"""From a session to cases of an evaluation: what was asked, and what the agent answered.

A turn is what a person said until the agent spoke, and all it said until the person spoke again.
Messages without words, of tools and of unknown roles are no part of it. Every option acts here, so
every format honours it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sidecar.domain.transcript import Message, Role, Session, text_of

MOST_CONTEXT: Final = 1_000

TurnMode = Literal["per_turn", "full", "final"]
Format = Literal["deepeval", "openai", "promptfoo", "filesystem", "text"]

_CODE: Final = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*([\w+#.-]*)", re.MULTILINE)


@dataclass(frozen=True)
class EvalOptions:
    """What becomes a case."""

    turn_mode: TurnMode = "per_turn"
    context_turns: int = 10  # turns before it that a case has as context
    system_prompts: bool = False
    code_only: bool = False  # only turns whose answer has a block of code
    min_length: int = 0  # characters that both sides of a turn have at least
    anonymize: bool = True


@dataclass(frozen=True)
class Said:
    role: Role
    text: str


@dataclass(frozen=True)
class Turn:
    asked: str = ""
    answered: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    duration_ms: int = 0


@dataclass(frozen=True)
class Case:
    """`number` counts the cases of a session, from 1."""

    session: Session
    number: int
    input: str
    output: str
    context: tuple[Said, ...]
    expected: str | None
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int


@dataclass
class Talk:
    """What was said in a session, as far as cases are made of it."""

    system: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def hear(self, message: Message) -> None:
        text = text_of(message).strip()
        match message["role"]:
            case "system" if text:
                self.system.append(text)
            case "user" if text:
                self._asked(text, message)
            case "assistant" if self.turns:
                self._answered(text, message)

    def _asked(self, text: str, message: Message) -> None:
        if not self.turns or self.turns[-1].answered:
            self.turns.append(Turn())
        last = self.turns[-1]
        self.turns[-1] = replace(
            last,
            asked="\n\n".join(filter(None, (last.asked, text))),
            prompt_tokens=last.prompt_tokens + (message["promptTokens"] or 0),
        )

    def _answered(self, text: str, message: Message) -> None:
        last = self.turns[-1]
        self.turns[-1] = replace(
            last,
            answered="\n\n".join(filter(None, (last.answered, text))),
            prompt_tokens=last.prompt_tokens + (message["promptTokens"] or 0),
            completion_tokens=last.completion_tokens + (message["completionTokens"] or 0),
            duration_ms=last.duration_ms + (message["durationMs"] or 0),
        )


def cases(
    session: Session, talk: Talk, options: EvalOptions, clean: Callable[[str], str] = str
) -> list[Case]:
    """Return the cases of a session, their texts passed through `clean`.

    What counts is decided before: a mask makes no answer longer.
    """
    counted = [turn for turn in talk.turns if _counts(turn, options)]
    if options.turn_mode == "final":
        counted = counted[-1 - options.context_turns :]
    turns = [
        replace(turn, asked=clean(turn.asked), answered=clean(turn.answered)) for turn in counted
    ]
    if not turns:
        return []
    system = tuple(Said("system", clean(text)) for text in talk.system if options.system_prompts)
    # The person who wrote it had the end of the session in mind.
    expected = clean(session["expectedOutput"]) if session["expectedOutput"] else None
    if options.turn_mode == "full":
        return [_whole(session, system, turns, expected)]
    last = len(turns) - 1
    wanted = range(last, last + 1) if options.turn_mode == "final" else range(len(turns))
    return [
        Case(
            session,
            number,
            turns[at].asked,
            turns[at].answered,
            (*system, *_before(turns, at, options.context_turns)),
            expected if at == last else None,
            turns[at].prompt_tokens,
            turns[at].completion_tokens,
            turns[at].duration_ms,
        )
        for number, at in enumerate(wanted, 1)
    ]


def count(talk: Talk, options: EvalOptions) -> int:
    """Return how many cases there will be."""
    counted = sum(_counts(turn, options) for turn in talk.turns)
    return counted if options.turn_mode == "per_turn" else min(counted, 1)


def language_of(text: str) -> str | None:
    """Return the language of the first block of code that names one."""
    return next((found for found in _CODE.findall(text)[::2] if found), None)


def _counts(turn: Turn, options: EvalOptions) -> bool:
    return bool(
        turn.answered
        and len(turn.asked) >= options.min_length
        and len(turn.answered) >= options.min_length
        and (not options.code_only or _CODE.search(turn.answered))
    )


def _before(turns: Sequence[Turn], at: int, most: int) -> Iterable[Said]:
    for turn in turns[max(0, at - most) : at]:
        yield Said("user", turn.asked)
        yield Said("assistant", turn.answered)


def _whole(
    session: Session, system: tuple[Said, ...], turns: Sequence[Turn], expected: str | None
) -> Case:
    return Case(
        session,
        1,
        "\n\n".join(turn.asked for turn in turns),
        "\n\n".join(turn.answered for turn in turns),
        system,
        expected,
        session["promptTokens"],
        session["completionTokens"],
        session["durationMs"] or 0,
    )
