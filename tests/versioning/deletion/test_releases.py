"""A release and a stage end by the tags that GTO knows."""

from __future__ import annotations

import pytest

from nbmodel.errors import AlreadyExists, NotFound
from tests.versioning.deletion.conftest import refs_below


def test_a_release_ends_by_a_tag(filled):
    result = filled.delete("churn@v1.0.0", "withdrawn")
    assert result.text() == (
        "churn@v1.0.0 ended. Its tags stay: everybody sees that there was such a release."
    )
    assert "refs/tags/churn@v1.0.0!" in refs_below(filled, "refs/tags/")
    assert filled.context.index.releases("churn") == []
    assert not filled.list("release = v1.0.0")
    assert filled.list("stage = prod")
    with pytest.raises(NotFound, match=r"The release churn@v1\.0\.0 ended on"):
        filled.checkout("churn@v1.0.0")
    events = [(e.kind, e.label, e.text) for e in filled.timeline("churn").events]
    assert ("removal", "v1.0.0", "withdrawn") in events
    assert any(kind == "release" for kind, _, _ in events)
    assert filled.delete("churn@v1.0.0").unchanged
    assert not filled.verify().findings


def test_the_number_of_an_ended_release_is_not_given_again(filled):
    filled.delete("churn@v1.0.0")
    with pytest.raises(AlreadyExists, match=r"The release churn@v1\.0\.0 ended on"):
        filled.release("churn@3", version="1.0.0")
    assert filled.release("churn@2").release.version == "v1.1.0"
    assert [r.version for r in filled.context.index.releases("churn")] == ["v1.1.0"]


def test_a_release_without_its_end_holds_again(filled):
    filled.delete("churn@v1.0.0")
    filled.context.git.run("update-ref", "-d", "refs/tags/churn@v1.0.0!")
    filled.context.index.forget_refs(["refs/tags/churn@v1.0.0!"])
    assert filled.checkout("churn@v1.0.0")["weight"] == 1


def test_a_stage_is_taken_from_its_version(filled):
    result = filled.delete("churn@prod", "no more")
    assert result.move.removed
    assert "prod" not in filled.context.index.stages("churn")
