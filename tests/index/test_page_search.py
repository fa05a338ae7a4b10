"""A search in the index and one in a static page give the same answers and errors."""

from __future__ import annotations

import os
from unicodedata import category

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel.index.folding import begins_word, fold, words
from tests.index.searches import (
    PageSearch,
    Searches,
    answer_of_index,
    index_of,
    page_of,
    registries,
)

EXAMPLES = int(os.environ.get("NBMODEL_CAMPAIGN", "60"))
QUESTIONS = 30


@pytest.fixture(scope="module")
def page_search(tmp_path_factory):
    started = PageSearch(tmp_path_factory.mktemp("page"))
    yield started
    started.close()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(versions=registries(), seed=st.integers(0, 2**32))
def test_a_page_answers_as_the_index(page_search, versions, seed):
    searches = Searches(versions, seed)
    questions = [searches.question() for _ in range(QUESTIONS)]
    db = index_of(versions)
    try:
        expected = [answer_of_index(db, question) for question in questions]
        page = page_of(db, versions)
    finally:
        db.close()
    for question, one, other in zip(
        questions, expected, page_search.answers(page, questions), strict=True
    ):
        assert other == one, question


def test_every_character_is_compared_alike(page_search):
    """Those that this Python knows: a newer Unicode only adds characters."""
    ideographs = {*range(0x3400, 0xA000), *range(0x20000, 0x2F800), *range(0x30000, 0x110000)}
    codes = (code for code in range(0x110000) if code not in ideographs)
    known = [c for c in map(chr, codes) if category(c) not in ("Cn", "Cs", "Co")]
    folded = [[fold(c), words(c).strip(), begins_word(f"a{c}", fold(c))] for c in known]
    found = page_search.characters(known)
    assert [
        (c, one, other) for c, one, other in zip(known, folded, found, strict=True) if one != other
    ] == []
