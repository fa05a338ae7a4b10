"""Clones and remotes that are not plain: shallow, partial, submodules, newer, rewritten, full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nbmodel
from nbmodel.errors import (
    ManifestTooNew,
    NbModelError,
    RemoteAhead,
    RemoteConflict,
    RemoteFailed,
)
from tests.fixtures.projects import git, make_project
from tests.versioning.sharing.conftest import model, refs_of, same

ROOT = Path(__file__).resolve().parents[3]
MAIN = "refs/heads/models/churn/main"


@pytest.fixture
def pushed(team):
    """Three versions at the remote, the second of which is live."""
    for number in range(3):
        team.ann.commit(model(number), "churn", f"number {number}")
    team.ann.promote("churn@2", "prod")
    team.ann.push()
    return team


def with_newer_format(folder, parent):
    """A commit on top of another whose manifest is of a format that does not exist yet."""
    text = git(folder, "show", f"{parent}:model.json")
    newer = folder / "newer.json"
    newer.write_text(
        text.replace('"format": 1', '"format": 99').replace('"format": 2', '"format": 99')
    )
    assert '"format": 99' in newer.read_text()
    blob = git(folder, "hash-object", "-w", str(newer)).strip()
    newer.unlink()
    lines = git(folder, "ls-tree", parent).splitlines()
    tree = "\n".join(
        f"100644 blob {blob}\tmodel.json" if x.endswith("\tmodel.json") else x for x in lines
    )
    done = subprocess.run(
        ["git", "-C", str(folder), "mktree"], input=tree, capture_output=True, text=True, check=True
    )
    words = ("commit-tree", done.stdout.strip(), "-p", parent, "-m", "newer")
    return git(folder, *words).strip()


def test_versions_of_a_newer_format_travel_and_say_so_when_they_are_read(pushed):
    pushed.nina.pull()
    project = pushed.ann.context.location.work_tree
    newer = with_newer_format(project, MAIN)
    git(project, "push", "--quiet", str(pushed.remote), f"{newer}:{MAIN}")
    assert pushed.nina.pull().branches == ("churn",)
    assert "1 version cannot be read" in pushed.nina.list().text()
    for action in (lambda: pushed.nina.show("churn"), lambda: pushed.nina.checkout("churn")):
        with pytest.raises(ManifestTooNew):
            action()
    assert same(pushed.nina.checkout("churn@prod"), model(1))
    pushed.nina.annotate("churn@1", "fine")
    assert pushed.nina.push().others == ("notes",)


def test_a_remote_that_was_force_pushed_loses_nothing_here(pushed):
    pushed.nina.pull()
    tip = pushed.nina.show("churn").version.commit
    project = pushed.ann.context.location.work_tree
    git(project, "update-ref", MAIN, f"{MAIN}~2")
    other = pushed.ann.commit(model(9), "churn", "rewritten").version.commit
    git(project, "push", "--quiet", "--force", str(pushed.remote), MAIN)
    with pytest.raises(RemoteAhead, match="churn"):
        pushed.nina.push()
    result = pushed.nina.pull()
    assert [(each.line, each.side) for each in result.sides] == [("churn", "churn:nina-simone")]
    assert "churn was rewritten at origin" in result.text()
    assert pushed.nina.show("churn").version.commit == other
    assert pushed.nina.show("churn:nina-simone").version.commit == tip
    assert "rewritten" not in pushed.nina.pull().text()
    assert pushed.nina.push().branches == ("churn:nina-simone",)


def test_a_branch_that_was_moved_back_is_not_moved_forward_again_unseen(pushed):
    """Somebody removed the newest version from the branch of the remote."""
    pushed.nina.pull()
    tip = pushed.nina.show("churn").version.commit
    git(pushed.remote, "update-ref", MAIN, f"{MAIN}~1")
    with pytest.raises(RemoteAhead, match="churn was rewritten there"):
        pushed.nina.push()
    assert "churn was rewritten at origin" in pushed.nina.pull().text()
    assert pushed.nina.show("churn").version.commit == tip
    assert pushed.nina.push().branches == ("churn",)


@pytest.mark.parametrize("name", ["shallow", "partial"])
def test_a_clone_that_git_made_incomplete_pulls_and_pushes(pushed, tmp_path, name):
    options = {"shallow": ["--depth=1"], "partial": ["--filter=blob:none"]}[name]
    git(pushed.remote, "config", "uploadpack.allowFilter", "true")
    place = tmp_path / name
    git(tmp_path, "clone", "--quiet", "--no-checkout", *options, "-b", "models/churn/main",
        f"file://{pushed.remote}", str(place))  # fmt: skip
    git(place, "config", "user.name", "Paul")
    git(place, "config", "user.email", "paul@example.org")
    git(place, "update-ref", "--no-deref", "HEAD", "refs/heads/models/churn/main")
    pushed.ann.commit(model(4), "churn", "later")
    pushed.ann.push()
    with nbmodel.open(place) as registry:
        result = registry.pull()
        assert result.branches == ("churn",)
        assert same(registry.checkout("churn"), model(4))
        registry.commit(model(5), "churn", "from an incomplete clone")
        assert registry.push().branches == ("churn",)
    pushed.nina.pull()
    assert same(pushed.nina.checkout("churn"), model(5))
    assert same(pushed.nina.checkout("churn@1"), model(0))
    git(pushed.remote, "fsck", "--strict")


def test_a_partial_clone_that_lacks_what_a_push_needs_names_the_command_that_fetches_it(
    pushed, tmp_path
):
    git(pushed.remote, "config", "uploadpack.allowFilter", "true")
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--bare",
        "--filter=blob:none",
        f"file://{pushed.remote}",
        "p.git",
    )
    git(tmp_path, "init", "--quiet", "--bare", "backup.git")
    with nbmodel.open(tmp_path / "p.git") as registry:
        registry.add_remote("backup", str(tmp_path / "backup.git"))
        with pytest.raises(NbModelError, match="git fetch --refetch --no-filter origin"):
            registry.push(remote="backup")
    assert git(tmp_path / "backup.git", "for-each-ref") == ""


def test_a_shallow_remote_is_named(pushed, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", "-b", "models/churn/main",
        f"file://{pushed.remote}", "shallow.git")  # fmt: skip
    pushed.nina.add_remote("thin", str(tmp_path / "shallow.git"))
    before = refs_of(pushed.nina)
    with pytest.raises(NbModelError, match="shallow"):
        pushed.nina.pull(remote="thin")
    with pytest.raises(NbModelError, match="shallow"):
        nbmodel.clone(tmp_path / "shallow.git", tmp_path / "c")
    assert refs_of(pushed.nina) == before
    assert not (tmp_path / "c").exists()


def test_a_submodule_is_a_registry_like_any_other(pushed, tmp_path):
    project = make_project(tmp_path / "project", {"a.py": "1\n"}, author="Sue")
    git(project, "-c", "protocol.file.allow=always", "-c", "filter.lfs.smudge=",
        "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false", "submodule", "--quiet",
        "add", "-b", "models/churn/main", str(pushed.remote), "models")  # fmt: skip
    git(project / "models", "config", "user.name", "Sue")
    git(project / "models", "config", "user.email", "sue@example.org")
    git(project / "models", "checkout", "--quiet", "--detach")
    with nbmodel.open(project / "models") as registry:
        registry.pull()
        assert same(registry.checkout("churn@prod"), model(1))
        registry.commit(model(6), "churn", "from a submodule")
        assert registry.push().branches == ("churn",)
    pushed.nina.pull()
    assert same(pushed.nina.checkout("churn"), model(6))


PUSH = """
import sys, nbmodel
with nbmodel.open(sys.argv[1]) as registry:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print("pushed", registry.push().branches)
    except nbmodel.NbModelError as error:
        print("refused", type(error).__name__)
"""


def test_of_two_pushes_at_once_one_wins_and_the_other_is_told(pushed):
    pushed.nina.pull()
    for number, registry in enumerate((pushed.ann, pushed.nina)):
        registry.commit(model(20 + number), "churn", "at once")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUSH, str(registry.path)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) for registry in (pushed.ann, pushed.nina)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0].split()[0] for process in processes]
    assert sorted(outputs) == ["pushed", "refused"]
    loser = (pushed.ann, pushed.nina)[outputs.index("refused")]
    winner = (pushed.ann, pushed.nina)[outputs.index("pushed")]
    assert len(loser.pull().sides) == 1
    loser.push()
    winner.pull()
    assert refs_of(winner) == refs_of(loser)
    with nbmodel.open(pushed.remote) as registry:
        assert registry.verify()


def test_a_damaged_reference_of_the_remote_is_named_and_deletes_nothing(pushed, tmp_path):
    pushed.nina.pull()
    (pushed.remote / MAIN).write_text("damaged\n")
    (pushed.remote / "refs" / "tags" / "v1.0").write_text("damaged, and not of a model\n")
    before = refs_of(pushed.nina)
    for refused in (
        pushed.nina.pull,
        pushed.nina.push,
        lambda: nbmodel.clone(pushed.remote, tmp_path / "clone"),
    ):
        with pytest.raises(RemoteFailed, match=f"a damaged reference: {MAIN}") as caught:
            refused()
        assert "nbmodel verify in that repository" in caught.value.hint
    assert refs_of(pushed.nina) == before
    for ref in (MAIN, "refs/tags/v1.0"):
        (pushed.remote / ref).unlink()
    pushed.nina.push(repair=True)
    assert pushed.ann.pull().text() == "Nothing new at origin."


def test_names_that_differ_in_case_are_refused_for_one_model_too(pushed):
    pushed.nina.commit({"n": 1}, "Churn")
    for refused in (pushed.nina.push, pushed.nina.pull):
        with pytest.raises(RemoteConflict, match="a model churn, and this clone has Churn"):
            refused("Churn")
    git(pushed.nina.context.location.work_tree, "branch", "-D", "models/Churn/main")
    pushed.nina.pull()
    pushed.ann.branch("churn", "exp")
    pushed.ann.push()
    pushed.nina.branch("churn", "Exp")
    for refused in (pushed.nina.push, pushed.nina.pull):
        with pytest.raises(RemoteConflict, match="churn:exp, and this clone has churn:Exp"):
            refused()


FULL = """
import subprocess, sys, nbmodel
from pathlib import Path
project, remote = map(Path, sys.argv[1:])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", remote], check=True)
subprocess.run(["git", "init", "--quiet", "--bare", str(remote / "m.git")], check=True)
with nbmodel.open(project) as registry:
    registry.add_remote("full", str(remote / "m.git"))
    try:
        registry.push(remote="full")
        print("pushed")
    except nbmodel.NbModelError as error:
        print(type(error).__name__, error)
    refs = subprocess.run(["git", "-C", str(remote / "m.git"), "for-each-ref"], capture_output=True)
    print("refs", len(refs.stdout))
    print("temporary", [p.name for p in remote.rglob("*") if p.name.startswith(".nbmodel")])
    subprocess.run(["mount", "-o", "remount,size=30m", remote], check=True)
    print("again", registry.push(remote="full").branches)
"""


def test_a_store_that_is_full_is_named_and_a_repetition_continues(pushed, tmp_path):
    (tmp_path / "small").mkdir()
    words = [str(pushed.ann.path), str(tmp_path / "small")]
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", FULL, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("RemoteFailed"), done.stdout + done.stderr
    assert "No space left on device" in lines[0]
    assert "Free some space" in lines[1]
    assert lines[2:] == ["refs 0", "temporary []", "again ('churn',)"]
