"""Delete and restore: a branch and a model come back exactly as they were."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    InTrash,
    InvalidReference,
    InvalidValue,
    LostRace,
    NotFound,
    ReadOnlyRegistry,
)
from nbmodel.repo import ref_updates, trash
from nbmodel.versioning import deletion
from tests.fixtures.projects import git
from tests.versioning.deletion.conftest import labels, refs_below

TRASH = "refs/nbmodel/trash/"


def test_a_deleted_branch_comes_back_as_it_was(filled):
    before = labels(filled)
    log = filled.log("churn:exp").text()
    result = filled.delete("churn:exp", "it did not help")
    assert result.versions == 5
    assert "Undo: %model_restore churn:exp" in result.text()
    assert "churn@staging stays: a tag names its version." in result.warnings
    assert list(filled.branch("churn").branches) == ["main"]
    (entry,) = filled.trash().entries
    assert (entry.name, entry.message, entry.keep_days) == ("churn:exp", "it did not help", 30)
    assert "it did not help" in filled.trash().text()
    with pytest.raises(InTrash, match=r"churn:exp was deleted on .* by "):
        filled.checkout("churn:exp")
    assert filled.restore("churn:exp").branches == ("churn:exp",)
    assert labels(filled) == before
    assert filled.log("churn:exp").text() == log
    assert filled.trash().text() == "The trash is empty."
    assert not filled.verify().findings


def test_a_deleted_model_hides_its_labels_and_comes_back_as_it_was(filled):
    before = labels(filled)

    def seen():
        """Without the order of what was committed in one second."""
        events = sorted(filled.timeline("churn").events, key=repr)
        return sorted(map(repr, filled.list())), events, filled.show("churn@prod").text()

    shown = seen()
    result = filled.delete("churn")
    assert result.versions == 5
    assert "are hidden until it is restored" in result.text()
    assert [version.model for version in filled.list()] == ["price"]
    for reference in ("churn", "churn@1", "churn@prod", "churn@v1.0.0", "churn:exp"):
        with pytest.raises(InTrash, match="churn was deleted on"):
            filled.show(reference)
    with pytest.raises(AlreadyExists, match=r"churn was deleted on .* can be restored"):
        filled.commit({"weight": 1}, "churn")
    with pytest.raises(InvalidReference, match="the whole model is in the trash: restore churn"):
        filled.restore("churn:exp")
    assert not filled.verify().findings
    assert set(filled.restore("churn").branches) == {"churn", "churn:exp"}
    assert labels(filled) == before
    assert seen() == shown
    assert not refs_below(filled, TRASH)


def test_a_model_whose_mark_is_gone_comes_back_with_all_of_its_branches(filled):
    before = labels(filled)
    filled.branch("churn", "old")
    filled.delete("churn:old")
    filled.delete("churn")
    (mark,) = [ref for ref in refs_below(filled, "refs/nbmodel/trash/") if ref.endswith("@model")]
    git(filled.context.git.git_dir, "update-ref", "-d", mark)
    with pytest.raises(InvalidValue, match="is a whole model"):
        filled.restore("churn", branch="again")
    assert set(filled.restore("churn").branches) == {"churn", "churn:exp"}
    assert labels(filled) == before
    assert filled.checkout("churn:exp@5") == {"weight": 11}


def test_a_branch_that_was_deleted_before_its_model_stays_in_the_trash(filled):
    filled.delete("churn:exp")
    filled.delete("churn")
    assert filled.restore("churn").branches == ("churn",)
    assert [entry.name for entry in filled.trash().entries] == ["churn:exp"]


def test_the_name_of_a_deleted_branch_can_be_used_again(filled):
    tip = filled.show("churn:exp").version.commit
    filled.delete("churn:exp")
    filled.branch("churn", "exp", "churn@1")
    with pytest.raises(AlreadyExists, match="churn:exp has other versions now"):
        filled.restore("churn:exp")
    assert filled.restore("churn:exp", branch="old").branches == ("churn:old",)
    assert filled.show("churn:old").version.commit == tip
    assert [entry.name for entry in filled.trash().entries] == ["churn:exp"]
    assert filled.restore("churn:exp", branch="old").branches == ("churn:old",)


def test_the_newest_of_several_deleted_branches_comes_back_first(filled):
    for number in range(2):
        filled.branch("churn", "trial", f"churn@{number + 1}")
        filled.delete("churn:trial", f"attempt {number + 1}")
    assert [entry.message for entry in filled.trash().entries] == ["attempt 2", "attempt 1"]
    filled.restore("churn:trial")
    assert filled.show("churn:trial").version.number == 2
    filled.restore("churn:trial", branch="first")
    assert filled.show("churn:first").version.number == 1


def test_main_can_be_deleted_beside_another_branch(filled):
    assert "It has churn:exp." in filled.delete("churn:main").text()
    assert filled.checkout("churn:exp")["weight"] == 11
    with pytest.raises(InTrash, match="churn:main was deleted"):
        filled.checkout("churn")
    assert filled.restore("churn:main").branches == ("churn",)
    assert filled.checkout("churn")["weight"] == 2


@pytest.mark.parametrize("reference", ["churn~1", "churn:exp~1", "churn@latest~1"])
def test_what_counts_back_is_not_deleted(filled, reference):
    with pytest.raises(InvalidReference, match="name its number"):
        filled.delete(reference)


@pytest.mark.parametrize(
    ("reference", "error"),
    [("nothing", NotFound), ("churn:nothing", NotFound), ("churn@v9.9.9", NotFound)],
)
def test_what_is_not_there_is_not_deleted(filled, reference, error):
    before = labels(filled)
    with pytest.raises(error):
        filled.delete(reference)
    assert labels(filled) == before


def test_what_was_deleted_already_is_said(filled):
    filled.delete("churn:exp")
    with pytest.raises(InTrash, match="Restore it: %model_restore churn:exp"):
        filled.delete("churn:exp")


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 1e9])
def test_impossible_days_delete_nothing(filled, days):
    with pytest.raises(InvalidValue, match="days are not possible"):
        filled.delete("churn:exp", days=days)
    assert "exp" in filled.branch("churn").branches


@pytest.mark.parametrize("reference", ["nothing", "churn:nothing", "price"])
def test_what_is_not_in_the_trash_is_not_restored(filled, reference):
    filled.delete("churn:exp")
    with pytest.raises(NotFound, match="in the trash"):
        filled.restore(reference)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("churm", "no model 'churm' in the trash. Did you mean churn?"),
        ("churm:exp", "no model 'churm' in the trash. Did you mean churn?"),
        ("churn:exq", "no branch 'churn:exq' in the trash. Did you mean churn:exp?"),
    ],
)
def test_a_typing_error_is_answered_with_what_is_in_the_trash(filled, reference, says):
    filled.delete("churn:exp")
    with pytest.raises(NotFound) as caught:
        filled.restore(reference)
    assert says in " ".join(str(caught.value).split())


@pytest.mark.parametrize("reference", ["churn@1", "churn@v1.0.0", "churn@prod", "churn~1"])
def test_only_models_and_branches_are_restored(filled, reference):
    with pytest.raises(InvalidReference, match="name a model or a branch to restore"):
        filled.restore(reference)


def test_a_branch_that_is_checked_out_is_not_deleted(filled, project):
    git(project, "switch", "--quiet", "--force", "models/churn/exp")
    with pytest.raises(AlreadyExists, match="is checked out"):
        filled.delete("churn:exp")
    with pytest.raises(AlreadyExists, match="is checked out"):
        filled.delete("churn")
    assert "exp" in filled.branch("churn").branches


def test_a_read_only_registry_deletes_nothing(filled):
    with nbmodel.open(filled.path, read_only=True) as reader:
        for call in (reader.delete, reader.restore):
            with pytest.raises(ReadOnlyRegistry):
                call("churn:exp")


def test_a_commit_meanwhile_is_not_deleted(filled, monkeypatch):
    """The branch moves after its tip was read: the deletion is refused, and nothing is lost."""
    move_all = ref_updates.move_all

    def late(git_, moves):
        monkeypatch.setattr(ref_updates, "move_all", move_all)
        with nbmodel.open(filled.path) as other:
            other.commit({"weight": 99}, "churn", branch="exp")
        return move_all(git_, moves)

    monkeypatch.setattr(ref_updates, "move_all", late)
    with pytest.raises(LostRace, match="was changed by another writer"):
        filled.delete("churn:exp")
    assert filled.checkout("churn:exp")["weight"] == 99
    assert not filled.trash().entries


def test_another_process_sees_what_was_deleted_and_restored(filled):
    def said(code):
        script = f"import nbmodel\nregistry = nbmodel.open({str(filled.path)!r})\n"
        done = subprocess.run(
            [sys.executable, "-c", script + textwrap.dedent(code)], capture_output=True, text=True
        )
        return done.stdout.strip() or done.stderr

    assert said("print(registry.delete('churn:exp', 'from elsewhere').name)") == "churn:exp"
    assert list(filled.branch("churn").branches) == ["main"]
    filled.restore("churn:exp")
    assert said("print(sorted(registry.branch('churn').branches))") == "['exp', 'main']"


def test_gc_empties_the_trash_when_the_time_is_over(filled, monkeypatch):
    filled.delete("churn:exp", days=2)
    filled.delete("price")
    assert not deletion.expired(filled.context)
    clock = deletion.now()
    monkeypatch.setattr(deletion, "now", lambda: clock + 3 * 86_400)
    assert "Over their time in the trash" in filled.gc().text()
    assert len(filled.trash().entries) == 3  # the branch, the model and its branch
    assert "Removed from the trash: churn:exp." in filled.gc(force=True).text()
    assert [entry.model for entry in filled.trash().entries] == ["price", "price"]
    monkeypatch.setattr(deletion, "now", lambda: clock + 31 * 86_400)
    filled.gc(force=True)
    assert not filled.trash().entries
    assert not filled.verify().findings
    filled.commit({"weight": 1}, "price")  # the name is free again


def test_a_model_with_labels_stays_hidden_when_its_time_is_over(filled, monkeypatch):
    filled.delete("churn")
    clock = deletion.now()
    monkeypatch.setattr(deletion, "now", lambda: clock + 31 * 86_400)
    filled.gc(force=True)
    assert [version.model for version in filled.list()] == ["price"]
    assert [entry.name for entry in filled.trash().entries] == ["churn"]


def test_segments_in_the_trash_stay(filled, tmp_path):
    import numpy as np

    array = np.arange(300_000)
    filled.commit({"array": array}, "churn", branch="exp")
    filled.delete("churn:exp")
    filled.gc(force=True, grace=0)
    filled.restore("churn:exp")
    assert np.array_equal(filled.checkout("churn:exp")["array"], array)


def test_a_damaged_entry_is_named_and_not_restored(filled):
    filled.delete("churn:exp")
    (entry,) = filled.trash().entries
    oid = filled.context.git.run("rev-parse", "HEAD^{tree}").decode().strip()
    filled.context.git.run("update-ref", entry.ref, oid)
    (damaged,) = filled.trash().entries
    assert damaged.why
    assert "damaged" in filled.trash().text()
    with pytest.raises(nbmodel.NbModelError):
        filled.restore("churn:exp")
    assert not deletion.expired(filled.context, deletion.now() + 10**9)


def test_names_that_are_not_of_the_trash_are_left_alone(filled):
    tip = filled.show("churn:exp").version.commit
    for name in ("20261301T000000Z/churn/exp", "today/churn/exp", "20260101T000000Z/churn/.."):
        assert trash.refs.parse_trash_ref(TRASH + name) is None
    filled.context.git.run("update-ref", f"{TRASH}today/churn/exp", tip)
    assert not filled.trash().entries
    assert filled.list()
