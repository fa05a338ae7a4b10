"""The differences of `tests/data/diff_cases.json`, which the front end's tests read too.

A page without a server compares versions in the browser (`diff.ts`): it shows the same changes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nbmodel
from nbmodel import manifest
from nbmodel.records import Column, Signature
from tests.builder import Builder, manifest_of

CASES = json.loads((Path(__file__).parents[1] / "data/diff_cases.json").read_text())["cases"]
PAIRS = ("metrics", "params", "tags", "counts", "environment")


def plain(value):
    """A value of the cases, in which ``{"float": "1.0"}`` and ``{"int": "1"}`` are numbers."""
    if isinstance(value, dict):
        match value:
            case {"float": text}:
                return float(text)
            case {"int": text}:
                return int(text)
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def commit(repo: Builder, number: int, case: dict) -> None:
    """A version with a manifest, and the profile and cells that the case names."""
    fields = {name: dict(plain(case[name])) for name in PAIRS if name in case}
    if "metrics" in fields:
        fields["metrics"] = {name: float(value) for name, value in fields["metrics"].items()}
    sides = [
        tuple(Column(name, dtype, tuple(shape)) for name, dtype, shape in case.get(side, []))
        for side in ("inputs", "outputs")
    ]
    fields |= {name: case[name] for name in ("type", "summary") if name in case}
    document = manifest_of("churn", "main", number, signature=Signature(*sides), **fields)
    files = {"model.json": manifest.dumps(document)}
    if "profile" in case:
        files["profile.json"] = json.dumps(plain(case["profile"])).encode()
    if "cells" in case:
        files["cells.py"] = case["cells"].encode()
    entries = [("100644", name, repo.put("blob", data)) for name, data in sorted(files.items())]
    ref = "refs/heads/models/churn/main"
    parents = [tip] if (tip := repo.read_ref(ref)) else []
    repo.set_ref(ref, repo.commit(repo.tree(*entries), parents))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_two_versions_differ_as_the_shared_case_says(bare_repo, case):
    commit(bare_repo, 1, case["before"])
    commit(bare_repo, 2, case["after"])
    with nbmodel.open(bare_repo.path) as registry:
        result = registry.diff("churn@1", "churn@2")
    sections = {
        title: [[change.name, change.before, change.after, change.note] for change in changes]
        for title, changes in result.sections.items()
    }
    assert sections == case["sections"]
    assert [line.rstrip() for line in result.cells[:2]] == case["cells"][:2]
    assert list(result.cells[2:]) == case["cells"][2:]
