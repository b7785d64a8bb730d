"""What is typed becomes an expression in which nothing but our own operators are operators."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.query import MOST_WORDS, text_query


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("timeout", '"timeout"'),
        ("  pool   timeout ", '"pool" AND "timeout"'),
        ('"pool timeout" retry', '"pool timeout" AND "retry"'),
        ('an "unfinished phrase', '"unfinished phrase"'),
        ("the pool", '"pool"'),
        ("to be or not", '"not"'),
        ("how did we", '"how" AND "did" AND "we"'),
        ("NEAR(a b)", '"NEAR(a" AND "b)"'),
        ("x AND y", '"x" AND "y"'),
        ("x NOT y", '"x" AND "NOT" AND "y"'),
        ("said: ^x + y", '"said:" AND "^x" AND "y"'),
        ("snake_case", '"snake_case"'),
        ("camelCase", '("camelCase" OR "camel Case")'),
        ("HTTPServer", '("HTTPServer" OR "HTTP Server")'),
        ("c++", '"cplusplus"'),
        ("C#", '"Csharp"'),
        (".NET", '"dotNET"'),
        ("--dry-run", '"--dry-run"'),
        ("conf*", '"conf"*'),
        ("connectio*", '("connectio"* OR "connect")'),
        ("same same", '"same"'),
    ],
)
def test_the_narrowest_expression(q: str, first: str) -> None:
    assert text_query(q).matches[0] == first


def test_any_of_several_words_will_do_at_last() -> None:
    assert text_query("pool timeout").matches == ('"pool" AND "timeout"', '"pool" OR "timeout"')
    assert text_query("pool").matches == ('"pool"',)
    assert text_query("pool timeout").widest == '"pool" OR "timeout"'


@pytest.mark.parametrize("q", ["", "   ", '"', '""', "*", "***", "-- ++ ::", "\0", '" "'])
def test_what_has_no_word_matches_nothing(q: str) -> None:
    assert text_query(q).matches == ()


def test_a_long_text_is_asked_by_its_first_words() -> None:
    query = text_query(" ".join(f"word{number}" for number in range(1000)))

    assert len(query.words) == MOST_WORDS


@given(st.text(max_size=300) | st.text(alphabet='ab"*()^:+-{} \tNEARORD\0', max_size=60))
def test_sqlite_understands_whatever_is_typed(q: str) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE texts USING fts5 (text, other, tokenize = 'porter')")
        for match in text_query(q.encode(errors="replace").decode()).matches:
            db.execute("SELECT * FROM texts WHERE texts MATCH ?", (match,)).fetchall()
