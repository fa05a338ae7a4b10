"""Log: the history of a branch, newest first."""

from __future__ import annotations

import pytest

from nbmodel.errors import InvalidValue, NotFound
from tests.versioning.conftest import table


def refs(result):
    return [version.ref for version in result]


def test_the_latest_version_comes_first(history):
    result = history.log("net")
    assert (refs(result), result.more) == (["net@4", "net@3", "net@2", "net@1"], False)


def test_a_branch_has_the_versions_before_its_beginning(history):
    assert refs(history.log("net:exp")) == ["net:exp@3", "net@2", "net@1"]


def test_the_log_begins_at_the_version_of_a_reference(history):
    history.release("net@2")
    for reference in ("net@2", "net@v0.1.0", "net~2"):
        assert refs(history.log(reference)) == ["net@2", "net@1"]


def test_a_page_and_the_one_before_it(history):
    page = history.log("net", limit=3)
    assert (refs(page), page.more) == (["net@4", "net@3", "net@2"], True)
    assert page.text().splitlines()[-1] == "... older ones: -n, or --before REF"
    page = history.log("net", limit=3, before="net@2")
    assert (refs(page), page.more) == (["net@1"], False)


def test_a_page_that_begins_at_a_version(history):
    page = history.log("net@3", limit=1)
    assert (refs(page), page.more) == (["net@3"], True)


def test_the_table(history):
    history.release("net@2")
    history.promote("net@2", "prod")
    result = history.log("net")
    commits = [version.commit[:7] for version in result]
    headings, fourth, _, second, _ = table(result.text())
    assert headings == ["version", "commit", "labels", "metrics", "date", "author", "message"]
    assert fourth == ["net@4", commits[0], "2023-11-14 22:18", "Ann", "on main"]
    labels, metrics = "@prod v0.1.0", "auc 0.91"
    assert second == ["net@2", commits[2], labels, metrics, "2023-11-14 22:15", "Ann", "number 1"]


def test_the_graph_has_every_branch(history):
    result = history.log("net", graph=True)
    assert refs(result) == ["net@4", "net@3", "net:exp@3", "net@2", "net@1"]
    commits = [version.commit for version in result]
    assert list(result.graph) == [
        ("*", commits[0]),
        ("*", commits[1]),
        ("| *", commits[2]),
        ("|/", ""),
        ("*", commits[3]),
        ("*", commits[4]),
    ]
    assert result.html().startswith("<pre>")


def test_the_graph_ends_at_its_limit(history):
    assert len(history.log("net", graph=True, limit=2)) == 2


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(history, limit):
    with pytest.raises(InvalidValue, match=f"A log of {limit} versions") as caught:
        history.log("net", limit=limit)
    assert caught.value.hint == "Use 1 or more."


@pytest.mark.parametrize("graph", [False, True])
def test_an_unknown_model(history, graph):
    with pytest.raises(NotFound, match="no model 'nets'") as caught:
        history.log("nets", graph=graph)
    assert caught.value.hint == "Did you mean net?"
