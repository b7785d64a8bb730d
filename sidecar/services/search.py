"""Finds sessions and messages of one user: by words, by meaning, or by both."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any, Final, Literal, Protocol

import orjson

from sidecar.domain import fusion
from sidecar.domain.query import TextQuery, text_query
from sidecar.domain.snippets import SHOWN, Snippet, around, unmarked
from sidecar.errors import InvalidRequest
from sidecar.pocketbase.client import PocketBase

Mode = Literal["fulltext", "semantic", "hybrid"]
Scope = Literal["sessions", "messages"]
Item = tuple[str, str]
"""A session and the record in it that was found: a message, or the session itself."""

SEMANTIC_DEPTH: Final = 200  # hits by meaning that are ranked; further ones are hardly alike
_SLOWER: Final = 1.5  # times as long as by words alone, a search may take for something in doubt

NO_SEMANTIC: Final = "Search by meaning is not set up."
SEMANTIC_LATE: Final = "Search by meaning takes too long at the moment."


@dataclass(frozen=True)
class SearchFilters:
    """What a hit must be; None does not matter. Times are Unix ms, of a message its own."""

    source: str | None = None
    model: str | None = None
    project: str | None = None
    session: str | None = None
    role: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def given(self) -> dict[str, str | int]:
        """The filters that matter, by their names in PocketBase's route."""
        names = {"since": "from", "until": "to"}
        return {names.get(k, k): v for k, v in asdict(self).items() if v is not None}


@dataclass(frozen=True)
class SemanticAnswer:
    """Hits (session, message or '' for the session as a whole, score), best first.

    `known` is the part of the user's records that could be found, 0 where nothing could;
    where it is not 1, `reason` is a sentence that says why.
    """

    hits: list[tuple[str, str, float]]
    reason: str | None = None
    known: float = 1.0


def without(reason: str) -> SemanticAnswer:
    """Return the answer where search by meaning takes no part."""
    return SemanticAnswer([], reason, known=0.0)


@dataclass(frozen=True)
class Begun:
    """A search by meaning under way.

    The answer is never an exception. It comes some time, also where nobody waits for it. For
    `patience` seconds it is worth waiting, 0 where it is in doubt that it comes soon.
    """

    answer: asyncio.Future[SemanticAnswer]
    patience: float


class SemanticSearch(Protocol):
    """Search by meaning. It gives an answer with a reason where it cannot search."""

    def begin(
        self, user: str, q: str, limit: int, *, scope: Scope, filters: SearchFilters
    ) -> Begun:
        """Start to look for at most `limit` of the user's hits."""


@dataclass(frozen=True)
class Search:
    """What is asked for."""

    q: str
    mode: Mode = "hybrid"
    scope: Scope = "sessions"
    filters: SearchFilters = field(default_factory=SearchFilters)


@dataclass(frozen=True)
class Ranking:
    """All that was found, best first: items with their scores, and how it was found."""

    items: list[tuple[Item, float]]
    by_words: frozenset[Item]
    more: bool
    match: str
    words: tuple[str, ...]
    realised: Mode
    reason: str | None


@dataclass(frozen=True)
class SearchPage:
    """One page. `cursor` is None on the last; `total` is a lower bound where there may be more."""

    results: list[dict[str, Any]]
    total: int
    total_is_lower_bound: bool
    cursor: str | None
    realised: Mode
    reason: str | None


@dataclass(frozen=True)
class _Found:
    """What matches the words."""

    items: list[Item]
    more: bool = False
    match: str = ""


class SearchService:
    """Searches of one user. Every question to the database names the user."""

    def __init__(self, pocketbase: PocketBase, semantic: SemanticSearch | None = None) -> None:
        self._pocketbase = pocketbase
        self._semantic = semantic

    async def page(
        self, user: str, search: Search, *, limit: int, cursor: str | None = None
    ) -> SearchPage:
        """Return up to `limit` results, those after `cursor`."""
        start = _decoded(cursor, search) if cursor is not None else 0
        ranking = await self.ranking(user, search)
        shown = ranking.items[start : start + limit]
        end = start + limit
        return SearchPage(
            results=await self._results(user, ranking, shown),
            total=len(ranking.items),
            total_is_lower_bound=ranking.more,
            cursor=_encoded(end, search) if end < len(ranking.items) else None,
            realised=ranking.realised,
            reason=ranking.reason,
        )

    async def ranking(self, user: str, search: Search) -> Ranking:
        """Return all that is found, best first."""
        query = text_query(search.q)
        if search.mode == "fulltext":
            words, meaning = await self._by_words(user, query, search), None
        else:
            words, meaning = await self._by_both(user, query, search)
        by_words = (fusion.FULL_TEXT, words.items)
        by_meaning = _items(meaning, search.scope) if meaning is not None else []
        realised: Mode = "hybrid"
        if meaning is None or not meaning.known:
            realised, weighted = "fulltext", [by_words]
        elif meaning.known < 1:
            # Also for who asks for meaning alone: what it does not know, words find.
            weighted = [(1.0, _filled_in(words.items, by_meaning, meaning.known))]
        elif search.mode == "semantic":
            realised, weighted = "semantic", [(fusion.SEMANTIC, by_meaning)]
        else:
            weighted = [by_words, (fusion.SEMANTIC, by_meaning)]
        items = _fused(weighted, search.scope)
        by_meaning_only = realised == "semantic"
        full = meaning is not None and len(meaning.hits) >= SEMANTIC_DEPTH
        return Ranking(
            items=items,
            by_words=frozenset(words.items),
            more=full if by_meaning_only else words.more,
            match=words.match or query.widest,
            words=query.words,
            realised=realised,
            reason=meaning.reason if meaning is not None else None,
        )

    async def texts(
        self, user: str, items: Sequence[Item], chars: int
    ) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        """Return messages {id, session, role, createdAt, content} in order, and their sessions.

        Content is what was said, or else what tools were given, each at most `chars` long.
        """
        answer = await self._show(user, "", items, chars)
        messages = {
            record: {
                "id": record,
                "session": session,
                "role": role,
                "createdAt": created_at,
                "content": (said or tools).strip(),
            }
            for record, session, role, created_at, said, tools in answer["texts"]
        }
        sessions = {session["id"]: session for session in answer["sessions"]}
        return [messages[record] for _, record in items if record in messages], sessions

    async def _by_both(
        self, user: str, query: TextQuery, search: Search
    ) -> tuple[_Found, SemanticAnswer]:
        """Search in both ways at once. Words wait for meaning while it is worth it, not longer."""
        if self._semantic is None:
            return await self._by_words(user, query, search), without(NO_SEMANTIC)
        began = time.monotonic()
        meaning = self._semantic.begin(
            user, search.q, SEMANTIC_DEPTH, scope=search.scope, filters=search.filters
        )
        words = await self._by_words(user, query, search)
        took = time.monotonic() - began
        longest = max(meaning.patience, _SLOWER * took)
        await asyncio.wait({meaning.answer}, timeout=longest - took)
        answer = meaning.answer
        return words, answer.result() if answer.done() else without(SEMANTIC_LATE)

    async def _by_words(self, user: str, query: TextQuery, search: Search) -> _Found:
        if not query.matches:
            return _Found([])
        asked = {
            "user": user,
            "matches": query.matches[:1],
            "words": query.alternatives,
            "scope": search.scope,
            "filters": search.filters.given,
        }
        response = await self._pocketbase.request("POST", "/api/opensync/search", json=asked)
        answer = orjson.loads(response.content)
        items = [(session, record) for session, record in answer["hits"]]
        return _Found(items, answer["more"], answer["match"])

    async def _results(
        self, user: str, ranking: Ranking, shown: Sequence[tuple[Item, float]]
    ) -> list[dict[str, Any]]:
        if not shown:
            return []
        items = [item for item, _ in shown]
        answer = await self._show(user, ranking.match, items, SHOWN)
        sessions = {session["id"]: session for session in answer["sessions"]}
        marked = {record: (said, tools) for record, said, tools in answer["marked"]}
        texts = {record: (said, tools) for record, _, _, _, said, tools in answer["texts"]}
        results = []
        for (session, record), score in shown:
            # Deleted since, or no longer the user's.
            if session not in sessions:
                continue
            snippet, places = _snippet(marked.get(record), texts.get(record), ranking.words)
            found = _places(places, is_session=session == record)
            if (session, record) not in ranking.by_words:
                found = ["meaning"]
            results.append(
                {
                    **sessions[session],
                    "_id": session,
                    "sessionId": session,
                    "messageId": None if session == record else record,
                    "score": round(score, 6),
                    "snippet": snippet.text,
                    "matches": snippet.matches,
                    "matchedIn": found,
                }
            )
        return results

    async def _show(
        self, user: str, match: str, items: Sequence[Item], chars: int
    ) -> dict[str, Any]:
        asked = {"user": user, "match": match, "items": items, "chars": chars}
        response = await self._pocketbase.request("POST", "/api/opensync/search/show", json=asked)
        answer: dict[str, Any] = orjson.loads(response.content)
        return answer


def _items(meaning: SemanticAnswer, scope: Scope) -> list[Item]:
    """Return the hits as items; a session as a whole is no message."""
    return [
        (session, message or session)
        for session, message, _ in meaning.hits
        if message or scope == "sessions"
    ]


def _filled_in(words: Sequence[Item], meaning: Sequence[Item], known: float) -> list[Item]:
    """Return what words find, filled in with what meaning finds in the part that it knows.

    Fused by their places, what happens to be known would go before everything that is not. Measured
    on the judged set, neither way finds less than words alone, and from a half on turns find more.
    """
    if known < 0.5:
        return [*words, *meaning]
    turns = zip_longest(words, meaning)
    return [item for turn in turns for item in turn if item is not None]


def _fused(
    rankings: Sequence[tuple[float, Sequence[Item]]], scope: Scope
) -> list[tuple[Item, float]]:
    """Fuse by message or by session; a session stands for its first item."""
    place = 1 if scope == "messages" else 0
    items: dict[str, Item] = {}
    for _, ranking in rankings:
        for item in ranking:
            items.setdefault(item[place], item)
    keys = [(weight, [item[place] for item in ranking]) for weight, ranking in rankings]
    return [(items[key], score) for key, score in fusion.fused(keys)]


def _snippet(
    marked: tuple[str, str] | None, texts: tuple[str, str] | None, words: Sequence[str]
) -> tuple[Snippet, list[str]]:
    """Return a snippet and the columns that match, the one that is shown first."""
    columns = [unmarked(column) for column in marked or ()]
    matching = [
        (snippet, name)
        for snippet, name in zip(columns, ("said", "tools"), strict=False)
        if snippet.matches
    ]
    if matching:
        return matching[0][0], [name for _, name in matching]
    said, tools = texts or ("", "")
    pieces = [(around(said, words), "said"), (around(tools, words), "tools")]
    best = next((piece for piece in pieces if piece[0].matches), None)
    if best is None:
        best = pieces[0] if said else pieces[1]
    return best[0], [best[1]]


def _places(columns: Sequence[str], *, is_session: bool) -> list[str]:
    names: Mapping[str, str] = (
        {"said": "title", "tools": "project"} if is_session else {"said": "text", "tools": "tools"}
    )
    return [names[column] for column in columns]


def _encoded(offset: int, search: Search) -> str:
    text = f"{offset}:{_digest(search)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str, search: Search) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        offset, _, digest = text.partition(":")
        if not (offset.isascii() and offset.isdigit() and len(offset) <= 6):
            raise ValueError(cursor)
    except (ValueError, binascii.Error) as exc:
        raise InvalidRequest(
            "The cursor is not one this server gave out. Leave it out to start from the top."
        ) from exc
    if digest != _digest(search):
        raise InvalidRequest(
            "The cursor belongs to another search. Leave it out to start from the top."
        )
    return int(offset)


def _digest(search: Search) -> str:
    return hashlib.sha256(orjson.dumps(search)).hexdigest()[:16]
