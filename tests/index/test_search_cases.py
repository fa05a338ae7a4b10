"""The queries of `tests/data/search_cases.json`, which the front end's tests read too.

A page without a server searches in the browser (`search.ts`): each query finds the same there.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbmodel.errors import InvalidQuery
from nbmodel.index import Index
from tests.builder import Builder

PATH = Path(__file__).parents[1] / "data/search_cases.json"
REGISTRIES = json.loads(PATH.read_text())["registries"]
CASES = [
    pytest.param(at, query, refs, id=f"{at}-{query[:60]}")
    for at, registry in enumerate(REGISTRIES)
    for cases in registry["cases"].values()
    for query, refs in cases
]


def _scalar(value):
    """A value of the cases, in which ``{"int": "1"}`` and ``{"float": "inf"}`` are numbers."""
    match value:
        case {"int": text}:
            return int(text)
        case {"float": text}:
            return float(text)
    return value


def _index(versions, folder):
    repo = Builder(folder / "r.git")
    commits = {}
    for version in versions:
        name, email = version["author"]
        parent = commits["churn@1"] if version["branch"] == "exp" else None
        commits[version["ref"]] = repo.version(
            version["model"],
            version["branch"],
            version["number"],
            parents=[parent] if parent else None,
            message=version["message"].encode(),
            who=f"{name} <{email}>".encode(),
            when=version["time"],
            segments=("x" * (version["size"] - len("skeleton")),),
            metrics={name: float(value) for name, value in version["metrics"].items()},
            params={name: _scalar(value) for name, value in version["params"].items()},
            **{key: version[key] for key in ("type", "flavor", "summary", "tags")},
        )
    for version in versions:
        commit, model = commits[version["ref"]], version["model"]
        for stage in version["stages"]:
            repo.tag(f"{model}#{stage}#1", commit)
        for release in version["releases"]:
            repo.tag(f"{model}@{release}", commit)
    opened = Index(folder / "index", repo.git)
    opened.refresh()
    return opened, repo


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    """One index for each registry of the cases."""
    made = [
        _index(registry["versions"], tmp_path_factory.mktemp("search")) for registry in REGISTRIES
    ]
    yield [opened for opened, _ in made]
    for opened, repo in made:
        opened.close()
        repo.git.close()


@pytest.mark.parametrize(("at", "query", "refs"), CASES)
def test_a_query_finds_the_versions_of_the_shared_cases(indexes, at, query, refs):
    if isinstance(refs, str):
        position, _, why = refs.removeprefix("error at ").partition(": ")
        with pytest.raises(InvalidQuery) as refused:
            indexes[at].list(query, all_versions=True)
        assert refused.value.what.endswith(f": {why} (at character {position}).")
        return
    if isinstance(refs, dict):
        assert indexes[at].unused_names(query) == refs["hint"]
        refs = []
    found = [version.ref for version in indexes[at].list(query, all_versions=True)]
    if REGISTRIES[at]["ordered"]:
        assert found == refs
    else:
        assert sorted(found) == sorted(refs)


@pytest.mark.parametrize("few", [0, 2])
def test_every_query_plan_sorts_alike(indexes, few, monkeypatch):
    monkeypatch.setattr("nbmodel.index.search.MAX_LISTED_MATCHES", few)
    for query, refs in REGISTRIES[1]["cases"]["order"]:
        assert [v.ref for v in indexes[1].list(query, all_versions=True)] == refs
