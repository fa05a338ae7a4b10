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

SHARED = json.loads((Path(__file__).parents[1] / "data/search_cases.json").read_text())
CASES = [(query, refs) for cases in SHARED["cases"].values() for query, refs in cases]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    repo = Builder(folder / "r.git")
    commits = {}
    for version in SHARED["versions"]:
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
            **{key: version[key] for key in ("type", "flavor", "summary", "params", "tags")},
        )
    for version in SHARED["versions"]:
        commit, model = commits[version["ref"]], version["model"]
        for stage in version["stages"]:
            repo.tag(f"{model}#{stage}#1", commit)
        for release in version["releases"]:
            repo.tag(f"{model}@{release}", commit)
    opened = Index(folder / "index", repo.git)
    opened.refresh()
    yield opened
    opened.close()
    repo.git.close()


@pytest.mark.parametrize(("query", "refs"), CASES)
def test_a_query_finds_the_versions_of_the_shared_cases(index, query, refs):
    if isinstance(refs, str):
        position, _, why = refs.removeprefix("error at ").partition(": ")
        with pytest.raises(InvalidQuery) as refused:
            index.list(query, all_versions=True)
        assert refused.value.what.endswith(f": {why} (at character {position}).")
    else:
        assert {v.ref for v in index.list(query, all_versions=True)} == set(refs)
