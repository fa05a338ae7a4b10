"""A registry with references that cannot be read: the error of each verb, and what verify names.

The damages are those of `tests.index.test_problems`, met by the verbs.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    GitFailed,
    NbModelError,
    ReferenceDamaged,
    ReferenceGone,
    SegmentDamaged,
)
from nbmodel.monitor.alerts import store
from nbmodel.repo import locks
from nbmodel.serve.inference.slots import ServingPlan, Slots
from tests.fixtures.projects import git


@pytest.fixture
def staged(registry):
    """Three versions; the stage went from the first to the second."""
    for number in range(1, 4):
        registry.commit({"n": number, "w": np.full(2000, number)}, "churn")
    registry.promote("churn@1", "prod")
    registry.promote("churn@2", "prod")
    return registry


def tag_file(project, number=2):
    return project / f".git/refs/tags/churn#prod#{number}"


def test_a_stage_with_a_damaged_tag_is_an_error_everywhere(staged, project):
    tag_file(project).write_text("")
    for ask in (staged.show, staged.checkout, staged.export):
        arguments = ("churn@prod",) if ask != staged.export else ("churn@prod", project / "out")
        with pytest.raises(ReferenceDamaged, match="churn#prod#2"):
            ask(*arguments)
    with pytest.raises(ReferenceDamaged):
        staged.rollback("churn@prod", "back")
    assert "churn#prod#2" in staged.list().text()
    assert "@prod" not in str(staged.list(all_versions=True).labels)
    verified = staged.verify()
    assert not verified
    assert "churn#prod#2" in verified.text()
    assert staged.show("churn@3").version.number == 3


def test_a_later_promotion_replaces_a_damaged_tag(staged, project):
    tag_file(project).write_text("")
    moved = staged.promote("churn@3", "prod")
    assert moved.move.tag == "churn#prod#3"
    assert staged.show("churn@prod").version.number == 3
    with pytest.raises(ReferenceDamaged):  # its version before is not known
        staged.rollback("churn@prod", "back")


def test_a_stage_whose_tag_is_gone_is_an_error_with_its_commit(staged, project):
    staged.list()
    oid = tag_file(project).read_text().strip()
    tag_file(project).unlink()
    with pytest.raises(ReferenceGone, match=rf"(?s)existed at 20.*update-ref.*{oid}"):
        staged.show("churn@prod")
    assert "churn#prod#2" in staged.verify().text()
    git(project, "update-ref", "refs/tags/churn#prod#2", oid)  # as it says
    assert staged.show("churn@prod").version.number == 2
    assert staged.verify()


def test_without_an_earlier_look_verify_finds_the_tag_that_no_reference_names(staged, project):
    tag_file(project).unlink()
    staged.context.index._database.discard()
    assert staged.show("churn@prod").version.number == 1
    (hint,) = staged.verify().hints
    assert hint.where == "churn#prod#2"
    assert "all is well" not in staged.verify().text()


def test_a_gap_in_the_counters_is_named(staged, project):
    staged.promote("churn@3", "prod")
    tag_file(project).unlink()
    staged.context.index._database.discard()
    assert "churn#prod#2" in {hint.where for hint in staged.verify().hints}


def test_a_branch_of_another_name_than_its_versions_say_is_named(staged, project):
    heads = "refs/heads/models/churn"
    tip = git(project, "rev-parse", f"{heads}/main").strip()
    git(project, "branch", "-m", "models/churn/main", "models/churn/maiN")
    staged.context.index._database.discard()
    (hint,) = [hint for hint in staged.verify().hints if hint.where.startswith(heads)]
    assert hint.where == f"{heads}/maiN"
    git(project, *hint.problem.partition("git ")[2].split()[:3])  # as it says
    assert git(project, "rev-parse", f"{heads}/main").strip() == tip
    assert not [hint for hint in staged.verify().hints if "maiN" in hint.problem]


def test_a_branch_that_cannot_be_read_takes_no_commit(staged, project):
    path = project / ".git/refs/heads/models/churn/main"
    whole = path.read_text()
    path.write_bytes(b"\0" * 41)
    for do in (lambda: staged.commit({"n": 4}, "churn"), lambda: staged.show("churn@1"),
               lambda: staged.log("churn")):  # fmt: skip
        with pytest.raises(ReferenceDamaged, match="models/churn/main"):
            do()
    assert "models/churn/main" in staged.list().text()
    path.write_text(whole)
    assert staged.commit({"n": 4}, "churn").version.number == 4


def test_a_branch_that_is_begun_again_says_what_was_there(staged, project):
    staged.list()
    git(project, "update-ref", "-d", "refs/heads/models/churn/main")
    done = staged.commit({"n": 1}, "churn")
    assert any("existed at" in warning for warning in done.warnings)


def test_notes_that_cannot_be_read_are_not_absent(staged, project):
    staged.annotate("churn@1", "approved")
    (project / ".git/refs/notes/nbmodel").write_text("")
    assert "refs/notes/nbmodel cannot be read" in staged.show("churn@1").text()
    assert staged.context.index.state()  # faces ask for it again and again
    with pytest.raises(NbModelError, match="refs/notes/nbmodel"):
        staged.annotate("churn@1", "again")
    assert "refs/notes/nbmodel" in staged.verify().text()


def test_rules_that_cannot_be_read_are_not_absent(staged, project):
    store.add(staged.context, "churn", "volume > 3")
    (project / ".git/refs/nbmodel/alerts").write_text("")
    with pytest.raises(ReferenceDamaged, match="refs/nbmodel/alerts"):
        store.list_alerts(staged.context)
    assert "refs/nbmodel/alerts" in staged.verify().text()


@pytest.mark.parametrize("ref", ["refs/notes/nbmodel", "refs/nbmodel/alerts"])
def test_notes_and_rules_that_got_another_name_are_missed(staged, project, ref):
    staged.annotate("churn@1", "approved")
    store.add(staged.context, "churn", "volume > 3")
    staged.list()
    oid = git(project, "rev-parse", ref).strip()
    git(project, "update-ref", "-d", ref)
    git(project, "update-ref", ref.replace("nbmodel", "nbmo`el"), oid)
    if "notes" in ref:
        assert "existed at" in staged.show("churn@1").text()
    else:
        with pytest.raises(ReferenceGone):
            store.list_alerts(staged.context)
    assert ref in staged.verify().text()
    staged.context.index._database.discard()
    verified = staged.verify()
    assert "all is well" not in verified.text()
    assert any("nbmo`el" in hint.where for hint in verified.hints)


def test_a_release_that_cannot_be_read_keeps_its_number(staged, project):
    staged.release("churn@1")
    (project / ".git/refs/tags/churn@v0.1.0").write_text("")
    with pytest.raises(ReferenceDamaged):
        staged.show("churn@v0.1.0")
    assert staged.release("churn@2").release.version == "v0.2.0"
    with pytest.raises((AlreadyExists, GitFailed)):
        staged.release("churn@3", version="v0.1.0")


def test_a_server_keeps_the_last_good_version_and_says_so(staged, project, pipeline):
    staged.commit(pipeline, "churn")
    staged.promote("churn@4", "prod")
    slots = Slots(staged, [ServingPlan("churn@prod")])
    slot = slots["churn"]
    commit = slot.primary.info.commit
    tag_file(project, 3).write_text("")
    assert "churn#prod#3 cannot be read" in slots._update(slot, "primary")
    assert slot.primary.info.commit == commit
    tag_file(project, 3).unlink()
    staged.context.index.refresh()
    slot.rejected.clear()
    assert "is gone" in slots._update(slot, "primary")
    assert slot.primary.info.commit == commit
    slots.executor.shutdown()


def test_damaged_packed_references_are_reported(staged, project):
    git(project, "pack-refs", "--all")
    packed = project / ".git/packed-refs"
    whole = packed.read_bytes()
    for wrong in (b"", whole.replace(b"prod#2", b"prod#0"), whole[:-7]):
        packed.write_bytes(wrong)
        with pytest.raises(GitFailed, match="packed-refs"):
            staged.show("churn@prod")
        assert not staged.verify()
    packed.write_bytes(whole)
    assert staged.verify()


def test_a_held_lock_is_named_with_the_time_to_wait(staged, project, monkeypatch):
    lock = project / ".git/refs/heads/models/churn/main.lock"
    lock.write_text("")
    monkeypatch.setattr("nbmodel.versioning.publish.MAX_ATTEMPTS", 2)
    with pytest.raises(NbModelError, match=r"(?s)main is locked: .*main\.lock.*try again in \d+ s"):
        staged.commit({"n": 4}, "churn")
    verified = staged.verify()
    assert "refs/heads/models/churn/main" in verified.text()
    assert "all is well" not in verified.text()
    assert lock.exists()


def test_gc_removes_nothing_while_references_are_being_packed(staged, project):
    lock = project / ".git/packed-refs.lock"
    lock.write_text("")
    with pytest.raises(NbModelError, match="packed-refs"):
        staged.gc(force=True, grace=0)
    old = locks.STALE_SECONDS + 60
    os.utime(lock, (time.time() - old,) * 2)
    assert "packed-refs.lock" in staged.verify().text()
    staged.gc(force=True)
    assert not lock.exists()


def test_a_damaged_pack_gives_no_traceback_of_a_thread(staged, project, monkeypatch):
    uncaught = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    git(project, "repack", "-a", "-d", "-q")
    (pack,) = (project / ".git/objects/pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    pack.chmod(0o644)
    pack.write_bytes(data)
    with nbmodel.open(project) as again:
        show, checkout = (lambda: again.show("churn@prod")), (lambda: again.checkout("churn@2"))
        for ask in (again.list, again.verify, lambda: again.gc(force=True), show, checkout):
            with contextlib.suppress(NbModelError):
                ask()
        assert not again.verify()
    assert uncaught == []


@pytest.mark.parametrize("step", ["fsync of the folder", "index", "packs"])
def test_an_error_after_the_branch_moved_says_that_the_version_is_stored(staged, monkeypatch, step):
    def fails(*_):
        raise OSError(5, "Input/output error")

    place = {
        "fsync of the folder": "nbmodel.repo.ref_updates.sync_ref",
        "index": "nbmodel.index.index.Index.note",
        "packs": "nbmodel.repo.packs.tidy",
    }[step]
    monkeypatch.setattr(place, fails)
    done = staged.commit({"n": 4}, "churn")
    assert done.version.number == 4
    (warning,) = done.warnings
    assert "do not repeat" in warning.lower()
    assert "Input/output error" in warning
    monkeypatch.undo()
    assert staged.show("churn@latest").version == done.version


@pytest.mark.parametrize("verb", ["promote", "release", "annotate"])
def test_other_verbs_also_say_that_their_change_is_stored(staged, monkeypatch, verb):
    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nbmodel.repo.ref_updates.sync_ref", fails)
    done = {
        "promote": lambda: staged.promote("churn@3", "prod"),
        "release": lambda: staged.release("churn@3"),
        "annotate": lambda: staged.annotate("churn@3", "x"),
    }[verb]()
    assert "Do not repeat" in done.text()
    assert "No space left" in done.html()


def test_a_skeleton_that_changes_after_its_check_is_not_unpickled(registry, monkeypatch):
    """Somebody who shares the store may write into a file that is mapped here."""
    registry.commit({"many": list(range(700_000))}, "long")
    store = registry.context.store
    opened = store.open

    def open_then_lose(segments, where, progress=None):
        views = opened(segments, where, progress)
        if not segments:
            return views
        path = store.path(segments[0].sha256)
        path.chmod(0o644)
        with path.open("r+b") as file:  # in place: the mapping sees it
            file.seek(segments[0].size // 2)
            file.write(b"0" * 64)
        return views

    monkeypatch.setattr(store, "open", open_then_lose)
    with pytest.raises(SegmentDamaged, match="long@1"):
        registry.checkout("long")


def test_verify_rebuilds_an_index_whose_rows_changed(registry):
    registry.commit({"n": 1}, "churn", metrics={"auc": 0.75})
    index = registry.context.index
    index._database.use(
        lambda db: db.execute("UPDATE details SET data = replace(data, '75', '95')")
    )
    assert registry.log("churn").versions[0].metrics == {"auc": 0.95}  # not seen
    assert registry.verify()
    assert registry.log("churn").versions[0].metrics == {"auc": 0.75}
