"""Purge: the arrays of one version are gone, everything else stays, and nothing looks damaged."""

from __future__ import annotations

import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import nbmodel
from nbmodel.errors import (
    InvalidReference,
    InvalidValue,
    ReadOnlyRegistry,
    ReferencesInDoubt,
    VersionInUse,
    VersionPurged,
)
from nbmodel.versioning import purges
from nbmodel.versioning.verbs import purge as purge_verb
from nbmodel.views import answer
from tests.fixtures.projects import git
from tests.versioning.deletion.conftest import FORGED, labels
from tests.versioning.sharing.conftest import model, same

SHARED_BYTES = OWN_BYTES = 1_600_000


def stored(registry):
    root = registry.context.store.root / "objects"
    return {path.name for path in root.rglob("?" * 64)}


@pytest.fixture
def three(registry):
    """``churn`` with three versions, each with its own segment, and one that all share."""
    for seed in range(3):
        registry.commit(model(seed), "churn", f"number {seed}", metrics={"auc": float("nan")})
    return registry


def test_the_arrays_of_a_version_go_and_the_rest_stays(three):
    before, there = labels(three), stored(three)
    others = [three.checkout(f"churn@{number}") for number in (1, 3)]
    result = three.delete("churn@2", "trained on <i>wrong</i> rows")
    assert (len(result.segments), result.size, result.done) == (1, OWN_BYTES, True)
    assert there - stored(three) == {item.sha256 for item in result.segments}
    text = result.text()
    assert "churn@2 is purged: 1 segment, 1.6 MB removed." in text
    assert "payload/skeleton" in text
    assert "In the store stays what churn@1, churn@3 has too: 1 segment." in text
    kept = {ref: oid for ref, oid in labels(three).items() if not ref.startswith("refs/notes/")}
    assert kept == {ref: oid for ref, oid in before.items() if not ref.startswith("refs/notes/")}
    for number, other in zip((1, 3), others, strict=True):
        assert same(three.checkout(f"churn@{number}"), other)


def test_a_purged_version_is_explained_everywhere(three, tmp_path):
    three.delete("churn@2", "trained on wrong rows")
    for act in (three.checkout, lambda ref: three.export(ref, tmp_path / "out")):
        with pytest.raises(VersionPurged, match=r"churn@2 was purged by .* trained on wrong rows"):
            act("churn@2")
    verified = three.verify()
    assert verified
    assert [finding.where for finding in verified.purged] == ["churn@2"]
    assert "all is well; 1 version purged" in verified.text()
    assert three.verify("churn@2").purged
    assert not three.verify("churn@1").purged
    assert "trained on wrong rows (unsigned)" in three.show("churn@2").text()
    assert not three.show("churn@2").notes
    assert three.log("churn").labels[three.show("churn@2").version.commit] == ["purged"]
    assert "one of the versions was purged" in three.diff("churn@1", "churn@2").text()
    assert "its segment" not in three.diff("churn@1", "churn@2").text()


def test_a_repetition_changes_nothing(three):
    three.delete("churn@2", "wrong rows")
    before = labels(three)
    again = three.delete("churn@2", "another reason")
    assert again.unchanged
    assert "churn@2 was purged by" in again.text()
    assert "wrong rows. Nothing was left to remove." in again.text()
    assert labels(three) == before


def test_the_same_bytes_are_stored_again(three):
    three.delete("churn@3")
    result = three.commit(model(2), "churn", again=False)
    assert (result.unchanged, result.version.number) == (False, 4)
    assert result.stored >= OWN_BYTES
    assert same(three.checkout("churn@4"), model(2))
    # The purged version has them too now, and says so.
    assert same(three.checkout("churn@3"), model(2))
    assert "Its arrays are still here." in three.load("churn@3").text()
    assert three.verify()


def test_versions_that_share_all_bytes_go_one_after_the_other(registry):
    registry.commit(model(1), "churn")
    card = registry.card("churn").card + "\n## Limits\n\nnone\n"
    registry.edit_card("churn", card)
    first = registry.delete("churn@1")
    assert first.segments == ()
    assert "what churn@2 has too: 2 segments" in first.text()
    assert len(registry.delete("churn@2").segments) == 2
    assert stored(registry) == set()
    assert {finding.where for finding in registry.verify().purged} == {"churn@1", "churn@2"}
    with pytest.raises(VersionPurged):
        registry.edit_card("churn", card + "more\n")


def test_a_large_skeleton_and_large_files_go_too(registry, tmp_path):
    file = tmp_path / "report ü.bin"
    file.write_bytes(np.random.default_rng(1).bytes(2_000_000))
    registry.commit({"text": "é" * 2_000_000}, "notes", files={"report.bin": file})
    result = registry.delete("notes@1")
    assert len(result.segments) == 2
    assert "payload/skeleton" not in result.files
    assert stored(registry) == set()
    assert registry.verify().purged
    with pytest.raises(VersionPurged):
        registry.checkout("notes@1")
    with pytest.raises(VersionPurged):
        registry.file("notes@1", "report.bin")


def test_a_version_without_arrays_has_nothing_to_purge(registry):
    registry.commit({"weight": 1}, "small")
    with pytest.raises(InvalidValue, match="no arrays outside of git"):
        registry.delete("small@1")


def test_labels_and_users_need_force(three):
    three.promote("churn@1", "prod")
    three.release("churn@1", version="1.0.0")
    three.commit(model(9), "child", uses=["churn@1"])
    with pytest.raises(VersionInUse) as caught:
        three.delete("churn@1")
    message = str(caught.value)
    assert "it holds the stage prod" in message
    assert "it is released as v1.0.0" in message
    assert "child@1 was made from it" in message
    assert "--force" in message
    assert not purges.by_commit(three.context)
    assert three.delete("churn@1", force=True).segments
    assert three.show("churn@prod").version.number == 1
    with pytest.raises(VersionPurged):
        three.checkout("churn@prod")


def test_a_member_of_a_merge_needs_force(three):
    three.branch("churn", "exp", "churn@1")
    three.commit(model(7), "churn", branch="exp")
    three.merge("churn:exp", into="churn", how="theirs")
    with pytest.raises(VersionInUse, match="churn@4 merged it"):
        three.delete("churn:exp@2")


def test_what_tags_trash_and_other_files_name_stays(three, project):
    git(project, "tag", "keep", three.show("churn@1").version.commit)
    three.branch("churn", "exp")
    three.commit(model(8), "churn", branch="exp")
    three.delete("churn:exp")
    digest = next(iter(stored(three)))
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1600000\n"
    (project / "weights.bin").write_text(pointer)
    subprocess.run(["git", "-C", project, "add", "weights.bin"], check=True)
    there = stored(three)
    for number in (1, 2, 3):
        three.delete(f"churn@{number}")
    assert digest in stored(three)  # in the index of the user's own files
    three.restore("churn:exp")
    assert same(three.checkout("churn:exp@4"), model(8))
    assert len(there - stored(three)) in (2, 3)


def test_only_versions_with_a_number_or_a_commit_are_purged(three):
    for reference in ("churn@latest", "churn~1", "churn@prod~1"):
        with pytest.raises(InvalidReference, match="name its number"):
            three.delete(reference)
    commit = three.show("churn@2").version.commit
    assert three.delete(f"churn@{commit[:10]}").done


def test_nothing_goes_while_a_reference_is_in_doubt(three, project):
    git(project, "update-ref", "-d", "refs/heads/models/churn/main")
    with nbmodel.open(project) as registry:
        registry.commit(model(5), "other")
        with pytest.raises(ReferencesInDoubt):
            registry.delete("other@1")
    assert not purges.by_commit(three.context)


def test_a_read_only_registry_refuses(three, project):
    with nbmodel.open(project, read_only=True) as registry, pytest.raises(ReadOnlyRegistry):
        registry.delete("churn@1")


def test_a_purge_that_ended_between_record_and_removal_is_finished(three, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(purge_verb.removal, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            three.delete("churn@2", "wrong rows")
    there = stored(three)
    assert three.verify()
    assert same(three.checkout("churn@2"), model(1))
    result = three.delete("churn@2")
    assert there - stored(three) == {item.sha256 for item in result.segments} != set()
    assert len(purges.by_commit(three.context)[result.version.commit]) == 1


def test_a_record_of_somebody_else_removes_nothing_of_other_versions(registry, project):
    """A forged record must not make the purge of a sibling take shared arrays along."""
    registry.commit(model(1), "churn")
    registry.edit_card("churn", registry.card("churn").card + "\n## Limits\n\nnone\n")
    commit = registry.show("churn@2").version.commit
    git(project, "notes", "--ref", "nbmodel", "add", "-m", FORGED, commit)
    assert registry.delete("churn@1").segments == ()
    assert same(registry.checkout("churn@2"), model(1))
    assert "forged (unsigned)" in registry.show("churn@2").text()


def test_a_model_of_text_columns_and_missing_values(registry):
    frame = pd.DataFrame(
        {
            "größe, cm": pd.array([1, None, 3] * 400, dtype="Int64"),
            "city name": pd.Series(["Łódź", None, "x"] * 400, dtype="string"),
        }
    )
    columns = make_column_transformer(
        (SimpleImputer(), ["größe, cm"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city name"]),
    )
    frame = frame.astype({"größe, cm": float, "city name": object}).fillna({"city name": "?"})
    weights = make_pipeline(columns, Ridge()).fit(frame, np.arange(1200.0))
    registry.commit({"pipe": weights, "rows": np.arange(5000.0)}, "rent", data=frame)
    profile = registry.show("rent@1").profile
    assert registry.delete("rent@1").size == 40_000
    shown = registry.show("rent@1")
    assert shown.profile == profile
    assert registry.verify()


def test_the_panel_says_that_a_version_was_purged(three):
    three.delete("churn@2", "wrong <b>rows</b>")
    shown = answer(three, "version", {"ref": "churn@2"})
    (text,) = [fact for name, fact in shown["about"] if name == "purged"]
    assert text.startswith("by Ann on ")
    assert text.endswith(": wrong <b>rows</b> (unsigned)")
    assert shown["notes"] == []
    assert all(
        name != "purged" for name, _ in answer(three, "version", {"ref": "churn@1"})["about"]
    )
