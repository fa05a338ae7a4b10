"""Rows mark the versions whose arrays were removed for good."""

import numpy as np
import pytest

from nbmodel.views import answer


@pytest.fixture
def tables(own_shop):
    """A registry with ``table@1``, which was purged, and ``table@2``."""
    for number in (1, 2):
        own_shop.commit({"rates": np.full(9_999, number)}, "table", "rates")
    before = answer(own_shop, "state", {})
    assert not any(row["purged"] for row in rows(own_shop).values())
    own_shop.delete("table@1", "its owner asked for it")
    assert answer(own_shop, "state", {}) != before  # panels ask again
    return own_shop


def rows(registry):
    page = answer(registry, "rows", {"query": 'name = "table"', "every": True})["rows"]
    return {row["ref"]: row for row in page}


def test_a_purged_version_is_marked_wherever_a_row_is(tables):
    assert {ref: row["purged"] for ref, row in rows(tables).items()} == {
        "table@1": True,
        "table@2": False,
    }
    assert answer(tables, "version", {"ref": "table@1"})["row"]["purged"]
    history = answer(tables, "history", {"model": "table"})["versions"]
    assert [row["ref"] for row in history if row["purged"]] == ["table@1"]


def test_notes_that_git_cannot_read_hide_no_row(tables):
    git_dir = tables.context.location.git_dir
    (git_dir / "refs" / "notes" / "nbmodel").write_text("1" * 40 + "\n")
    assert set(rows(tables)) == {"table@1", "table@2"}
