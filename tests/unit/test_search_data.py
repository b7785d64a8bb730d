"""The judged search set is what its README says it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.bench.search_quality import DATA, HELD, KINDS, TUNE, batches
from scripts.bench.search_quality import load_queries as queries
from scripts.bench.search_quality import load_sessions as sessions
from sidecar.domain.rows import ROLES
from sidecar.domain.wire import BatchIn, MessageIn, SessionIn

MOST_OVERLAP = 1 / 3  # of a paraphrase's words, in any message that answers it
MEAN_OVERLAP = 0.15
SMALL = 80  # characters; shorter messages distract nobody

# Words that say nothing about the subject, in the languages of the paraphrases.
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
    a an and any are as at be because been but by can could did do does done due each else every
    for from get go got had has have he her his how if in into is it its just keep kept made make
    more most no nor not now of off on once one only onto or other our out over own per same so
    some still such than that the their them then there these they this those through to too two
    until up us use very was we were what when where which who whose why will with you your
    aus bei beide beim da das dem den der des die ein eine einen einer im in mit oder ohne und
    vom von war wegen wie zu zum zur
    aux dans de des du en est et faute la le les ou par pour sans sur un une
    """,
    )
)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def said(message: dict[str, Any]) -> str:
    """Return everything a message says, wherever it stands."""
    parts = (part["content"] for part in message.get("parts", []))
    return "\n".join([message.get("textContent", ""), *strings(list(parts))])


def messages() -> dict[str, str]:
    """Return what each message says, by external id."""
    return {m["externalId"]: said(m) for s in sessions() for m in s["messages"]}


def content_words(text: str) -> set[str]:
    """Return what a text is about: words cut to five letters, so that inflection hides nothing."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    return {word[:5] for word in re.findall(r"[^\W\d_]{3,}", spaced) if word not in _STOP}


def overlap(query: str, message: str) -> float:
    wanted = content_words(query)
    return len(wanted & content_words(message)) / len(wanted)


def paraphrase_overlaps() -> dict[tuple[str, str], float]:
    texts = messages()
    return {
        (query.id, id): overlap(query.text, texts[id])
        for query in queries()
        if query.kind == "paraphrase"
        for id in query.relevant
    }


def test_there_are_enough_sessions_and_messages() -> None:
    assert len(sessions()) >= 60
    assert len(messages()) >= 420


def test_ids_are_unique() -> None:
    all_sessions = sessions()
    external = [m["externalId"] for s in all_sessions for m in s["messages"]]
    assert len({s["externalId"] for s in all_sessions}) == len(all_sessions)
    assert len(set(external)) == len(external)
    assert len({query.id for query in queries()}) == len(queries())
    assert len({query.text for query in queries()}) == len(queries())


def test_most_messages_answer_nothing() -> None:
    relevant = frozenset().union(*(query.relevant for query in queries()))
    distracting = {id: text for id, text in messages().items() if id not in relevant}
    assert len(distracting) >= 300
    assert sum(len(text) >= SMALL for text in distracting.values()) >= 250


def test_each_query_is_answered_by_one_to_four_messages_that_exist() -> None:
    known = messages().keys()
    for query in queries():
        assert 1 <= len(query.relevant) <= 4, query.id
        assert query.relevant <= known, query.id


def test_kinds_and_halves_are_balanced() -> None:
    counts = Counter((query.kind, query.split) for query in queries())
    assert set(counts) == {(kind, split) for kind in KINDS for split in (TUNE, HELD)}
    for kind in KINDS:
        assert counts[kind, TUNE] == counts[kind, HELD] >= 10


def test_no_session_answers_queries_of_both_halves() -> None:
    halves: dict[str, set[str]] = {}
    for query in queries():
        for id in query.relevant:
            halves.setdefault(id.rpartition("-")[0], set()).add(query.split)
    assert [session for session, splits in halves.items() if len(splits) > 1] == []


def test_an_identifier_is_answered_by_each_message_that_has_it() -> None:
    texts = messages()
    for query in queries():
        if query.kind == "identifier":
            having = {id for id, text in texts.items() if query.text.lower() in text.lower()}
            assert query.relevant == having, query.id


def test_a_pasted_error_shares_words_with_a_message_that_answers_it() -> None:
    texts = messages()
    for query in queries():
        if query.kind == "error":
            assert max(overlap(query.text, texts[id]) for id in query.relevant) >= 0.5, query.id


def test_a_paraphrase_shares_few_words_with_what_answers_it() -> None:
    overlaps = paraphrase_overlaps()
    assert {pair: share for pair, share in overlaps.items() if share > MOST_OVERLAP} == {}
    assert sum(overlaps.values()) / len(overlaps) <= MEAN_OVERLAP


@pytest.mark.parametrize(
    ("query", "message", "expected"),
    [
        ("restart the servers", "the server was restarted", 1.0),
        ("use IdleTimeout", "an idle connection", 0.5),
        ("purge credential", "remove the key", 0.0),
    ],
)
def test_inflection_and_spelling_hide_no_overlap(query: str, message: str, expected: float) -> None:
    assert overlap(query, message) == expected


def test_bodies_are_what_the_sync_routes_take() -> None:
    for body in batches(sessions()):
        batch = BatchIn.model_validate(body)
        for session in batch.sessions or []:
            parsed = SessionIn.model_validate(session)
            assert parsed.externalId and parsed.title and parsed.projectName
            assert parsed.source and parsed.model and parsed.createdAt
            assert not parsed.model_extra
        for message in batch.messages or []:
            sent = MessageIn.model_validate(message)
            assert sent.externalId and sent.sessionExternalId and sent.createdAt
            assert sent.role in ROLES
            assert sent.textContent or sent.parts
            assert not sent.model_extra


def test_text_stands_in_the_text_and_in_parts() -> None:
    sent = [m for s in sessions() for m in s["messages"]]
    kinds = Counter(part["type"] for m in sent for part in m.get("parts", []))
    assert sum("textContent" in m and "parts" not in m for m in sent) >= 100
    assert sum(bool(m.get("parts")) and not m.get("textContent") for m in sent) >= 50
    assert {"text", "thinking", "tool-call", "tool-result", "tool_use"} <= set(kinds)


def test_the_set_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 600_000
