"""One user's questions do not take all that there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sidecar.domain.ask import Piece
from sidecar.errors import PocketBaseUnavailable, TooMany
from sidecar.services import ask as ask_module
from sidecar.services.ask import AT_ONCE, Answer, AskService
from sidecar.services.search import SearchFilters, SearchService


class Silent:
    """A model that thinks for ever."""

    async def stream(self, messages: Sequence[dict[str, str]]) -> AsyncGenerator[Piece]:
        await asyncio.Event().wait()
        yield Piece()

    async def aclose(self) -> None:
        """Nothing is open."""


class OneFound:
    """A search that finds one message, or fails."""

    fails = False

    async def ranking(self, *_: Any) -> SimpleNamespace:
        if self.fails:
            raise PocketBaseUnavailable("PocketBase is away.")
        item = (("session", "message"), 1.0)
        return SimpleNamespace(items=[item], words=("word",), realised="fulltext", reason=None)

    async def texts(self, *_: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        message = {"id": "message", "session": "session", "role": "user", "createdAt": 1}
        return [message | {"content": "a word"}], {"session": {"title": "A title"}}


@pytest.fixture
def search() -> OneFound:
    return OneFound()


@pytest.fixture
def service(search: OneFound, monkeypatch: pytest.MonkeyPatch) -> AskService:
    monkeypatch.setattr(ask_module, "GRACE_SECONDS", 0.001)
    return AskService(cast(SearchService, search), Silent())


async def begun(service: AskService, user: str = "ada") -> Answer:
    return await service.begin(user, "what?", SearchFilters(), 3)


async def test_a_question_too_many_is_refused_until_one_has_ended(service: AskService) -> None:
    answers = [await begun(service) for _ in range(AT_ONCE)]

    with pytest.raises(TooMany):
        await begun(service)
    of_another = await begun(service, "bob")
    async with answers.pop():
        pass
    answers.append(await begun(service))

    for answer in (*answers, of_another):
        async with answer:
            pass


async def test_questions_that_fail_do_not_count(service: AskService, search: OneFound) -> None:
    search.fails = True
    for _ in range(AT_ONCE):
        with pytest.raises(PocketBaseUnavailable):
            await begun(service)
    search.fails = False

    async with await begun(service):
        pass
