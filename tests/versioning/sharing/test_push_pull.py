"""Two people share a registry through a folder: nothing is lost, and nothing is rewritten."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    InTrash,
    NotFound,
    ReadOnlyRegistry,
    RemoteAhead,
    RemoteConflict,
    SegmentMissing,
)
from nbmodel.monitor.alerts import store as alerts
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import model, refs_of, same


@pytest.fixture
def shared(team):
    """A history that both have: three versions, a stage, a release and a note."""
    for number in range(3):
        team.ann.commit(model(number), "churn", f"number {number}", metrics={"auc": 0.9})
    team.ann.promote("churn@2", "prod", "fewer false alarms")
    team.ann.release("churn@2", version="1.0.0")
    team.ann.annotate("churn@1", "too slow")
    team.ann.push()
    team.nina.pull()
    return team


def test_a_push_takes_everything_along_and_says_it(team):
    team.ann.commit(model(1), "churn")
    team.ann.promote("churn@1", "prod")
    team.ann.annotate("churn@1", "checked")
    result = team.ann.push()
    assert result.branches == ("churn",)
    assert (result.tags, result.others) == (("churn#prod#1",), ("notes",))
    assert result.array_bytes == 3_200_000
    assert len(team.objects()) == 2
    assert result.text().startswith("Pushed to origin: 3.2 MB of arrays, ")
    again = team.ann.push()
    assert again.unchanged
    assert again.text() == "origin has everything already."


def test_a_pull_brings_the_history_and_a_checkout_its_arrays(shared):
    nina = shared.nina
    assert refs_of(nina) == refs_of(shared.ann)
    assert nina.show("churn@1").text() == shared.ann.show("churn@1").text()
    assert [version.ref for version in nina.log("churn")] == ["churn@3", "churn@2", "churn@1"]
    with pytest.raises(SegmentMissing, match="%model_pull --fetch all"):
        nina.checkout("churn@2", offline=True)
    assert same(nina.checkout("churn@prod"), model(1))
    # The segment of churn@3 alone is not here: exactly what was missing came.
    assert len(shared.objects(nina.path / "lfs" / "objects")) == 2
    assert nina.pull().text() == "Nothing new at origin."


def test_an_export_fetches_its_arrays(shared, tmp_path):
    shared.nina.pull()
    shared.nina.export("churn@1", tmp_path / "folder")
    sizes = sorted(
        path.stat().st_size for path in (tmp_path / "folder").rglob("*") if path.is_file()
    )
    assert sizes[-2:] == [1_600_000, 1_600_000], sizes


@pytest.mark.parametrize(("fetch", "count"), [("stages", 2), ("all", 4)])
def test_arrays_are_fetched_ahead(shared, fetch, count):
    result = shared.nina.pull(fetch=fetch)
    assert result.array_bytes > 3_000_000
    assert len(shared.objects(shared.nina.path / "lfs" / "objects")) == count
    assert same(shared.nina.checkout("churn@prod", offline=True), model(1))


def test_only_what_is_new_is_sent(shared):
    shared.ann.commit(model(7), "churn", "one array is new")
    size = next(iter(shared.objects().values())).stat().st_size
    assert shared.ann.push().array_bytes <= 1.01 * size


def test_both_have_new_versions(shared):
    ann, nina = shared.ann, shared.nina
    mine = nina.commit(model(8), "churn", "nina's").version.commit
    theirs = ann.commit(model(9), "churn", "ann's").version.commit
    ann.push()
    before = refs_of(nina)
    with pytest.raises(RemoteAhead, match=r"churn has versions there .* by Ann"):
        nina.push()
    assert refs_of(nina) == before
    result = nina.pull()
    assert [(each.line, each.side) for each in result.sides] == [("churn", "churn:nina-simone")]
    assert "yours are churn:nina-simone" in result.text()
    assert nina.show("churn").version.commit == theirs
    assert nina.show("churn:nina-simone").version.commit == mine
    assert nina.pull().sides == ()
    nina.push()
    ann.pull()
    assert refs_of(ann) == refs_of(nina)
    assert same(ann.checkout("churn:nina-simone"), model(8))
    # The next time, her branch has another name.
    nina.commit(model(10), "churn")
    ann.commit(model(11), "churn")
    ann.push()
    assert nina.pull().sides[0].side == "churn:nina-simone-2"


def test_a_pull_that_was_killed_half_way_is_finished_by_the_next_one(shared):
    """It keeps the branch of this clone first, and moves the branch of the remote then."""
    mine = shared.nina.commit(model(8), "churn", "nina's").version
    shared.ann.commit(model(9), "churn", "ann's")
    shared.ann.push()
    shared.nina.branch("churn", "nina-simone", mine.ref)
    assert shared.nina.pull().sides[0].side == "churn:nina-simone"
    assert [*shared.nina.branch("churn").branches] == ["main", "nina-simone"]


def test_notes_of_both_are_kept(shared):
    ann, nina = shared.ann, shared.nina
    ann.annotate("churn@1", "ann's", {"f1": 0.5})
    nina.annotate("churn@1", "nina's")
    nina.annotate("churn@2", "elsewhere")
    ann.push()
    nina.push()
    ann.pull()
    for registry in (ann, nina):
        assert {note.text for note in registry.show("churn@1").notes} == {
            "too slow", "ann's", "nina's",
        }  # fmt: skip
        assert [note.text for note in registry.show("churn@2").notes] == ["elsewhere"]


def test_a_pull_says_which_notes_and_rules_arrived(shared):
    ann, nina = shared.ann, shared.nina
    ann.annotate("churn@1", "ann's")
    nina.annotate("churn@2", "nina's own")
    ann.push()
    result = nina.pull()
    assert (result.noted, result.others) == (("churn@1",), ())
    assert result.text().startswith("Pulled from origin: ")
    assert "\n  notes: churn@1" in result.text()
    assert "notes: churn@1" in result.html()
    ann.delete("churn@1", "wrong rows", force=True)
    alerts.add(ann.context, "churn", "volume < 5")
    ann.pull()
    ann.push()
    result = nina.pull()
    assert (result.noted, result.others) == (("churn@1",), ("rules",))
    assert result.text().endswith("\n  notes: churn@1\n  also: rules")
    assert nina.pull().text() == "Nothing new at origin."


def test_notes_of_versions_that_are_not_here_are_named_by_their_ids(team):
    commit = team.ann.commit({"weight": 1}, "price").version.commit
    team.ann.commit({"weight": 1}, "churn")
    team.ann.annotate("price@1", "too slow")
    team.ann.push()
    assert team.nina.pull("churn").noted == (commit[:7],)


def test_damaged_notes_do_not_stop_a_pull_that_brings_notes(shared):
    shared.ann.annotate("churn@1", "ann's")
    shared.ann.push()
    tree = shared.nina.context.git.resolve("refs/notes/nbmodel^{tree}")
    path = shared.nina.path / "objects" / tree[:2] / tree[2:]
    path.unlink()
    assert shared.nina.pull().noted == ("unknown versions",)


def test_arrays_alone_are_something_new(shared):
    result = shared.nina.pull(fetch="all")
    assert result.text().startswith("Pulled from origin: 6.4 MB of arrays, ")
    assert shared.nina.pull(fetch="all").text() == "Nothing new at origin."


def test_a_stage_that_others_moved_is_not_moved_again_unseen(shared):
    shared.ann.promote("churn@3", "prod", "better")
    shared.ann.push()
    shared.nina.remove_stage("churn@prod", message="retired")
    with pytest.raises(RemoteAhead, match=r"churn@prod was moved there to churn@3 \(by Ann, "):
        shared.nina.push()


def test_the_same_tag_for_two_things_is_refused_and_both_are_named(shared):
    shared.ann.promote("churn@3", "prod", "better")
    shared.ann.push()
    shared.nina.promote("churn@1", "prod", "simpler")
    before = refs_of(shared.nina)
    for refused in (shared.nina.push, shared.nina.pull):
        with pytest.raises(RemoteConflict, match=r"churn#prod#2 names .*Nina.*by Ann"):
            refused()
    assert refs_of(shared.nina) == before


def test_rules_of_both_are_kept_and_a_removed_one_stays_removed(shared):
    ann, nina = shared.ann, shared.nina
    for registry, rule in ((ann, "volume < 5"), (ann, "volume < 6"), (nina, "volume < 7")):
        alerts.add(registry.context, "churn", rule)
    ann.push()
    nina.push()
    ann.pull()
    alerts.remove(ann.context, "churn", "volume < 6")
    alerts.add(nina.context, "churn", "volume < 8")
    ann.push()
    nina.push()
    ann.pull()
    for registry in (ann, nina):
        rules = sorted(str(alert.rule) for alert in alerts.list_alerts(registry.context).alerts)
        assert rules == ["volume < 5", "volume < 7", "volume < 8"]


def test_one_rule_with_two_receivers_is_refused_and_both_are_shown(shared):
    for registry, receiver in ((shared.ann, "mail:ann@example.org"), (shared.nina, "log:")):
        alerts.add(registry.context, "churn", "volume < 5", [receiver])
    shared.ann.push()
    with pytest.raises(RemoteConflict, match=r"volume < 5 \(log:\).*mail:ann@example.org"):
        shared.nina.push()


def test_one_model_is_pushed_and_pulled_alone(team):
    for name in ("churn", "price"):
        team.ann.commit(model(1), name)
        team.ann.promote(f"{name}@1", "prod")
    team.ann.push("churn")
    assert team.nina.pull().branches == ("churn",)
    team.ann.push()
    team.nina.pull("churn")
    with pytest.raises(NotFound):
        team.nina.show("price")
    with pytest.raises(NotFound):
        team.ann.push("chorn")


def test_a_pull_of_a_model_that_is_nowhere_is_refused(shared):
    shared.ann.commit({"weight": 1}, "price")
    shared.ann.push()
    shared.nina.annotate("churn@1", "hers")
    before = refs_of(shared.nina)
    for name, nearest in (("churm", "churn"), ("prise", "price"), ("churn:exp", "churn")):
        with pytest.raises(NotFound, match=f"no model '{name}' in .*, nor at origin") as caught:
            shared.nina.pull(name)
        assert caught.value.hint == f"Did you mean {nearest}?"
    assert refs_of(shared.nina) == before
    shared.nina.commit({"weight": 2}, "own")
    assert shared.nina.pull("own").text() == "Nothing new at origin."
    shared.nina.delete("own")
    with pytest.raises(InTrash, match="own was deleted"):
        shared.nina.pull("own")
    assert shared.nina.pull("price").branches == ("price",)


def test_the_users_own_branches_and_tags_stay_where_they_are(team):
    project = team.ann.context.location.work_tree
    git(project, "tag", "v1.0")
    team.ann.commit(model(1), "churn")
    team.ann.push()
    names = git(team.remote, "for-each-ref", "--format=%(refname)").split()
    assert names == ["refs/heads/models/churn/main"]


def test_a_branch_that_is_checked_out_is_not_moved(shared):
    project = shared.nina.context.location.work_tree
    git(project, "-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false",
        "-c", "filter.lfs.process=", "checkout", "--quiet", "models/churn/main")  # fmt: skip
    shared.ann.commit(model(5), "churn")
    shared.ann.push()
    with pytest.raises(AlreadyExists, match="checked out"):
        shared.nina.pull()


def test_names_that_differ_only_in_case_are_refused(team):
    team.ann.commit(model(1), "Churn")
    team.ann.push()
    team.nina.commit(model(2), "churn")
    for refused in (team.nina.push, team.nina.pull):
        with pytest.raises(RemoteConflict, match="a model Churn, and this clone has churn"):
            refused()


def test_arrays_that_are_nowhere_stop_the_push_before_a_reference_moves(team):
    team.ann.commit(model(1), "churn")
    for path in team.objects(team.ann.path / "lfs" / "objects").values():
        path.unlink()
    with pytest.raises(SegmentMissing, match="nor at"):
        team.ann.push()
    assert git(team.remote, "for-each-ref") == ""


def test_a_read_only_registry_neither_pushes_nor_pulls(team):
    team.ann.commit(model(1), "churn")
    with nbmodel.open(team.ann.path, read_only=True) as registry:
        for refused in (registry.push, registry.pull):
            with pytest.raises(ReadOnlyRegistry):
                refused()
        with pytest.raises(ReadOnlyRegistry):
            registry.add_remote("other", "elsewhere")


def test_a_clone_by_git_lfs_loads_what_was_pushed(shared, tmp_path):
    clone = tmp_path / "by git"
    git(tmp_path, "clone", "--quiet", "-b", "models/churn/main", str(shared.remote), str(clone))
    git(clone, "lfs", "install", "--local")
    git(clone, "lfs", "pull")
    assert same(nbmodel.load_folder(clone, trust=True), model(2))


def test_what_git_and_git_lfs_pushed_is_pulled(shared):
    version = shared.nina.commit(model(4), "churn", "by git").version
    project = shared.nina.context.location.work_tree
    git(project, "lfs", "install", "--local")
    git(project, "push", "--quiet", "origin", "models/churn/main")
    shared.ann.pull()
    assert shared.ann.show("churn").version == version
    assert same(shared.ann.checkout("churn"), model(4))
