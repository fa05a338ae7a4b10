"""Three clones commit, merge, label, delete, purge, restore, push and pull in any order.

After each step, what the rules of sharing promise must hold: nothing that somebody made is lost,
nothing is half visible at the remote, and a version never changes.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    NotFound,
    RemoteAhead,
    RemoteConflict,
    VersionPurged,
)
from nbmodel.store import lfs_format
from tests.faults import campaign
from tests.fixtures.projects import git, make_project

PEOPLE = ("Ann", "Bo", "Cy")
BRANCHES = ("main", "exp")
STAGES = ("prod", "staging")
SHARED = ("refs/heads/models/", "refs/tags/", "refs/notes/")
person = st.sampled_from(PEOPLE)
branch = st.sampled_from(BRANCHES)


class Clones(RuleBasedStateMachine):
    """Three clones of a remote that begin with the same versions, and what each person makes."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.remote = self.folder / "team.git"
        git(self.folder, "init", "--quiet", "--bare", str(self.remote))
        self.clones = {}
        for name in PEOPLE:
            self.clones[name] = nbmodel.open(make_project(self.folder / name, {}, author=name))
            self.clones[name].add_remote("origin", str(self.remote))
        self.made = {name: {} for name in PEOPLE}  # weight by commit id
        self.weights = {}  # of all commits
        self.purged = set()  # commits whose arrays a person removed
        self.digests = {}  # of the pointers at the remote
        self.count = 0
        for line in ("main", "main", "exp"):
            self.commit("Ann", line)
        for name in PEOPLE:
            self.exchange(name)

    # -- what people do ----------------------------------------------------------------------

    @rule(who=person, line=branch)
    def commit(self, who, line):
        self.count += 1
        obj = {"weight": self.count, "array": np.full(2000, self.count)}
        version = self.clones[who].commit(obj, "churn", branch=line).version
        self.note(who, version, self.count)

    @rule(who=person, lines=st.permutations(BRANCHES))
    def merge(self, who, lines):
        (source, into), tips = lines, self.tips(who)
        try:
            result = self.clones[who].merge(f"churn:{source}", into=f"churn:{into}", how="theirs")
        except NotFound:
            assert not set(lines) <= tips.keys()
        except VersionPurged:
            assert tips[source] in self.purged
        else:
            assert result.unchanged == self.contains(who, tips[into], tips[source])
            if not result.unchanged:
                assert result.version.parents == (tips[into], tips[source])
                self.note(who, result.version, self.weights[tips[source]])

    def note(self, who, version, weight):
        """A person has made a version."""
        assert version.commit not in self.weights
        self.weights[version.commit] = self.made[who][version.commit] = weight

    @rule(who=person, stage=st.sampled_from(STAGES), line=branch)
    def promote(self, who, stage, line):
        try:
            self.clones[who].promote(f"churn:{line}", stage, new_stage=True)
        except NotFound:
            assert line not in self.tips(who)
        except VersionPurged:
            assert self.tips(who)[line] in self.purged

    @rule(who=person)
    def release(self, who):
        try:
            self.clones[who].release("churn:main")
        except NotFound:
            assert "main" not in self.tips(who)
        except VersionPurged:
            assert self.tips(who)["main"] in self.purged

    @rule(who=person, line=branch)
    def delete(self, who, line):
        there = line in self.tips(who)
        try:
            self.clones[who].delete(f"churn:{line}", "not needed")
        except NotFound:
            assert not there
        else:
            assert there
            assert line not in self.tips(who)

    @rule(who=person, number=st.integers(1, 6))
    def purge(self, who, number):
        try:
            result = self.clones[who].delete(f"churn@{number}", "not needed", force=True)
        except NotFound:
            return
        self.purged.add(result.version.commit)

    @rule(who=person, line=branch)
    def restore(self, who, line):
        names = {entry.name for entry in self.clones[who].trash().entries}
        try:
            self.clones[who].restore(f"churn:{line}")
        except NotFound:
            assert f"churn:{line}" not in names
        except AlreadyExists:
            assert line in self.tips(who)
        else:
            assert line in self.tips(who)

    @rule(who=person)
    def exchange(self, who):
        """Both, in the usual order."""
        self.pull(who)
        self.push(who, {})

    @rule(people=st.permutations(PEOPLE), line=branch)
    def race(self, people, line):
        """Two people commit to one branch before they know of each other."""
        for step in (lambda who: self.commit(who, line), self.exchange):
            for who in people[:2]:
                step(who)

    @rule(who=person, line=branch)
    def retire(self, who, line):
        self.pull(who)
        self.delete(who, line)
        self.push(who, {"prune": True})

    @rule(who=person, options=st.sampled_from(({}, {"prune": True}, {"repair": True})))
    def push(self, who, options):
        before, known = self.remote_tips(), self.known_tips(who)
        try:
            self.clones[who].push(**options)
        except RemoteAhead:
            assert self.remote_tips() == before
            return
        except RemoteConflict as error:
            self.give_way(who, error)
            return
        theirs = self.remote_tips()
        for line, tip in self.tips(who).items():
            assert self.contains(who, theirs[line], tip)
        if "repair" not in options:  # what others have deleted there does not come back unseen
            assert not (theirs.keys() - before.keys()) & known.keys()

    @rule(who=person)
    def pull(self, who):
        theirs, before = self.remote_tips(), self.shared_refs(who)
        try:
            result = self.clones[who].pull()
        except RemoteConflict as error:
            self.give_way(who, error)
            return
        assert result.unchanged <= (self.shared_refs(who) == before)
        kept = {**self.tips(who), **self.trash_tips(who)}
        for line, tip in theirs.items():
            held = [self.tips(who).get(line, ""), *self.trashed(who, line)]
            assert any(self.contains(who, mine, tip) for mine in held if mine), (line, kept)

    def give_way(self, who, error):
        """Do what the message says."""
        assert "%model_pull --theirs" in error.hint
        self.clones[who].pull(theirs=True)

    # -- what is there -----------------------------------------------------------------------

    def refs(self, git_dir, prefix):
        listed = git(git_dir, "for-each-ref", "--format=%(refname) %(objectname)", prefix)
        pairs = (line.partition(" ") for line in listed.splitlines())
        return {ref: oid for ref, _, oid in pairs}

    def tips(self, who):
        found = self.refs(self.clones[who].path, "refs/heads/models/churn")
        return {ref.rpartition("/")[2]: oid for ref, oid in found.items()}

    def remote_tips(self):
        found = self.refs(self.remote, "refs/heads/models/churn")
        return {ref.rpartition("/")[2]: oid for ref, oid in found.items()}

    def known_tips(self, who):
        found = self.refs(self.clones[who].path, "refs/remotes/origin/models/churn")
        return {ref.rpartition("/")[2]: oid for ref, oid in found.items()}

    def shared_refs(self, who):
        every = self.refs(self.clones[who].path, "refs")
        return {ref: oid for ref, oid in every.items() if ref.startswith(SHARED)}

    def trashed(self, who, line):
        return [e.tip for e in self.clones[who].trash().entries if e.branch == line]

    def trash_tips(self, who):
        return {e.name: e.tip for e in self.clones[who].trash().entries}

    def contains(self, who, tip, commit):
        known = git(self.clones[who].path, "rev-list", tip, "--").split()
        return commit in known

    # -- what always holds -------------------------------------------------------------------

    @invariant()
    def nothing_that_somebody_made_is_lost(self):
        for who, made in getattr(self, "made", {}).items():
            reached = set(git(self.clones[who].path, "rev-list", "--all").split())
            assert made.keys() <= reached

    @invariant()
    def the_remote_has_all_bytes_of_what_it_shows(self):
        """Except for versions that were purged before their first push."""
        if not hasattr(self, "remote"):
            return
        commits = set(git(self.remote, "rev-list", "--all").split()) - self.purged
        words = ("rev-list", "--objects", "--no-walk", *commits)
        everything = git(self.remote, *words).splitlines() if commits else []
        there = {path.name for path in (self.remote / "lfs" / "objects").rglob("*")}
        for line in everything:
            oid, _, path = line.partition(" ")
            if "payload/" in path:
                assert self.digest(oid, path) in {"", *there}

    def digest(self, oid, path):
        """What a pointer in the remote names; empty for another file."""
        if oid not in self.digests:
            words = ["git", "-C", str(self.remote), "cat-file", "blob", oid]
            data = subprocess.run(words, check=True, capture_output=True).stdout
            is_pointer = lfs_format.is_pointer(data)
            self.digests[oid] = lfs_format.read_pointer(data, path)[0] if is_pointer else ""
        return self.digests[oid]

    @invariant()
    def the_trash_stays_at_home(self):
        if hasattr(self, "remote"):
            assert not self.refs(self.remote, "refs/nbmodel/trash")

    def teardown(self):
        """Everybody can load what they made; no registry is damaged, or looks edited by hand."""
        if not hasattr(self, "clones"):
            return
        for who, registry in self.clones.items():
            for commit, weight in list(self.made[who].items())[-2:]:
                reached = git(registry.path, "branch", "--contains", commit, "--list", "models/*")
                if reached and commit not in self.purged:
                    assert registry.checkout(f"churn@{commit}")["weight"] == weight
            try:
                assert registry.audit("churn").findings == ()
            except NotFound:
                assert not self.tips(who)
            found = registry.verify().findings  # arrays of others come with a checkout
            assert [f for f in found if "is not in this clone" not in f.problem] == []
            registry.close()
        shutil.rmtree(self.folder)


def run(examples, steps):
    run_state_machine_as_test(
        Clones,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # a step takes long, so nothing is reduced
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_three_clones_in_any_order():
    run(campaign.size(4), 20)


@pytest.mark.stress
@pytest.mark.timeout(10_800)
def test_three_clones_in_any_order_for_long():
    run(campaign.size(500), 40)
