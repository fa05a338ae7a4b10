"""One person deletes at the remote while another pushes: in both orders, and at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nbmodel
from nbmodel.errors import RemoteAhead
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import model, same

ROOT = Path(__file__).resolve().parents[3]
EXP = "refs/heads/models/churn/exp"
KINDS = {"delete": ("churn:exp", [EXP]), "delete all": ("churn", [EXP, EXP[:-3] + "main"])}

ACT = """
import json, sys, nbmodel
with nbmodel.open(sys.argv[1]) as registry:
    try:
        result = registry.push(prune=sys.argv[2] == "delete")
        print(json.dumps(["done", result.text()]))
    except nbmodel.NbModelError as error:
        print(json.dumps([type(error).__name__, f"{error.what} {error.hint}"]))
"""

# Runs at the remote when all of a push has arrived, and before a reference moves. Both wait there
# for each other. Then the first one goes on, and the second one when the first has moved a branch.
HOOK = """#!{python}
import subprocess, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.waiting import until
updates = [line.split() for line in sys.stdin]
me = "delete" if any(not new.strip("0") for _, new, _ in updates) else "push"
here = Path(__file__).parent
(here / f"arrived-{{me}}").touch()
until(lambda: all((here / f"arrived-{{each}}").exists() for each in ("delete", "push")))

def moved():
    names = subprocess.run(["git", "for-each-ref", "--format=%(refname) %(objectname)"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    return any(f"{{ref}} {{old}}" not in names for old, _, ref in updates)

if me != {first!r}:
    until(moved)
"""


@pytest.fixture
def shared(team):
    """``churn`` and ``churn:exp`` in three places; Nina has a new version of the second one."""
    team.ann.commit(model(1), "churn")
    team.ann.branch("churn", "exp")
    team.ann.commit(model(2), "churn", branch="exp")
    team.ann.push()
    team.nina.pull()
    team.new = team.nina.commit(model(3), "churn", branch="exp").version.commit
    return team


def remote_branches(team):
    return git(team.remote, "for-each-ref", "--format=%(refname)", "refs/heads").split()


def require_nothing_lost(team):
    """Nina's version is at the remote, and both have it and load it; no registry is damaged."""
    for person in (team.ann, team.nina):
        assert person.pull(fetch="all").sides == ()
        assert person.show("churn:exp").version.commit == team.new
        assert same(person.checkout("churn:exp"), model(3))
        assert person.verify()
    assert git(team.remote, "rev-parse", EXP).strip() == team.new
    with nbmodel.open(team.remote) as registry:
        assert registry.verify()


def send_again(team, kind):
    """What Nina does after her push was refused: as the messages say."""
    said = team.nina.pull().text()
    if kind == "delete":
        assert "It stays here, because it has versions that were never there." in said
        team.nina.push()
    else:
        assert "origin has no models any more. What it had stays here: churn:exp, churn." in said
        with pytest.raises(RemoteAhead, match="is not there any more"):
            team.nina.push()
        team.nina.push(repair=True)


@pytest.mark.parametrize("kind", [*KINDS])
def test_a_deletion_and_then_a_push(shared, kind):
    name, branches = KINDS[kind]
    shared.ann.delete(name)
    shared.ann.push(prune=True)
    assert not set(branches) & set(remote_branches(shared))
    with pytest.raises(RemoteAhead, match=r"churn:exp.* was there .* and is not there any more"):
        shared.nina.push()
    send_again(shared, kind)
    if kind == "delete all":
        assert "churn is in the trash here" in shared.ann.pull().text()
        shared.ann.restore("churn")
    require_nothing_lost(shared)


@pytest.mark.parametrize("kind", [*KINDS])
def test_a_push_and_then_a_deletion(shared, kind):
    name, _ = KINDS[kind]
    shared.ann.delete(name)
    shared.nina.push()
    with pytest.raises(RemoteAhead, match="churn:exp has versions there that are not in the trash"):
        shared.ann.push(prune=True)
    assert EXP in remote_branches(shared)
    if kind == "delete all":
        shared.ann.restore("churn")
    require_nothing_lost(shared)


@pytest.mark.parametrize("first", ["delete", "push"])
@pytest.mark.parametrize("kind", [*KINDS])
def test_a_deletion_and_a_push_at_the_same_time(shared, kind, first):
    shared.ann.delete(KINDS[kind][0])
    hook = shared.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(python=sys.executable, root=str(ROOT), first=first))
    hook.chmod(0o755)
    people = {"delete": shared.ann, "push": shared.nina}
    processes = {
        what: subprocess.Popen(
            [sys.executable, "-c", ACT, str(person.path), what], cwd=ROOT, text=True,
            stdout=subprocess.PIPE,
        ) for what, person in people.items()
    }  # fmt: skip
    ends = {
        what: json.loads(process.communicate(timeout=200)[0]) for what, process in processes.items()
    }
    hook.unlink()
    (second,) = {*people} - {first}
    assert ends[first][0] == "done", ends
    assert ends[second][0] == "RemoteFailed", ends
    assert "Another clone pushed at the same time. Pull, then push again." in ends[second][1]
    if first == "delete":
        send_again(shared, kind)
    else:
        with pytest.raises(RemoteAhead, match="churn:exp has versions there"):
            shared.ann.push(prune=True)
    if kind == "delete all":
        shared.ann.restore("churn")
    require_nothing_lost(shared)
