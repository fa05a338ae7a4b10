"""Three clones commit, label, delete, purge, restore, push and pull in any order.

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
)
from nbmodel.store import lfs_format
from tests.faults import campaign
from tests.fixtures.projects import git, make_project

PEOPLE = ("Ann", "Bo", "Cy")
BRANCHES = ("main", "exp")
STAGES = ("prod", "staging")
person = st.sampled_from(PEOPLE)
branch = st.sampled_from(BRANCHES)


class Clones(RuleBasedStateMachine):
    """Three clones of a remote, and what each person has made."""

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
        self.dropped = {name: set() for name in PEOPLE}  # branches that a person deleted
        self.purged = set()  # commits whose arrays a person removed
        self.count = 0

    # -- what people do ----------------------------------------------------------------------

    @rule(who=person, line=branch)
    def commit(self, who, line):
        self.count += 1
        obj = {"weight": self.count, "array": np.full(2000, self.count)}
        version = self.clones[who].commit(obj, "churn", branch=line).version
        self.made[who][version.commit] = self.count

    @rule(who=person, stage=st.sampled_from(STAGES), line=branch)
    def promote(self, who, stage, line):
        try:
            self.clones[who].promote(f"churn:{line}", stage, new_stage=True)
        except NotFound:
            assert line not in self.tips(who)

    @rule(who=person)
    def release(self, who):
        try:
            self.clones[who].release("churn:main")
        except NotFound:
            assert "main" not in self.tips(who)

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

    @rule(who=person, prune=st.booleans())
    def push(self, who, prune):
        try:
            self.clones[who].push(prune=prune)
        except RemoteAhead:
            return
        except RemoteConflict as error:
            self.give_way(who, error)
            return
        theirs = self.remote_tips()
        for line, tip in self.tips(who).items():
            assert self.contains(who, theirs[line], tip)

    @rule(who=person)
    def pull(self, who):
        theirs = self.remote_tips()
        try:
            self.clones[who].pull()
        except RemoteConflict as error:
            self.give_way(who, error)
            return
        kept = {**self.tips(who), **self.trash_tips(who)}
        for line, tip in theirs.items():
            held = [self.tips(who).get(line, ""), *self.trashed(who, line)]
            assert any(self.contains(who, mine, tip) for mine in held if mine), (line, kept)

    def give_way(self, who, error):
        """Do what the message says: drop the own tag."""
        name = error.what.split()[2]
        git(self.clones[who].path.parent, "tag", "-d", name)
        self.clones[who].gc(forget=[f"refs/tags/{name}"])

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
        if not hasattr(self, "remote"):
            return
        everything = git(self.remote, "rev-list", "--objects", "--all").splitlines()
        paths = [line.split(" ", 1) for line in everything if " " in line]
        there = {path.name for path in (self.remote / "lfs" / "objects").rglob("*")}
        for oid, path in paths:
            if "payload/" not in path:
                continue
            words = ["git", "-C", str(self.remote), "cat-file", "blob", oid]
            data = subprocess.run(words, check=True, capture_output=True).stdout
            if lfs_format.is_pointer(data):
                assert lfs_format.read_pointer(data, path)[0] in there

    @invariant()
    def the_trash_stays_at_home(self):
        if hasattr(self, "remote"):
            assert not self.refs(self.remote, "refs/nbmodel/trash")

    def teardown(self):
        """Everybody can load what they made, and no registry is damaged."""
        if not hasattr(self, "clones"):
            return
        for who, registry in self.clones.items():
            for commit, weight in list(self.made[who].items())[-2:]:
                reached = git(registry.path, "branch", "--contains", commit, "--list", "models/*")
                if reached and commit not in self.purged:
                    assert registry.checkout(f"churn@{commit}")["weight"] == weight
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
    run(campaign.size(6), 20)


@pytest.mark.stress
@pytest.mark.timeout(10_800)
def test_three_clones_in_any_order_for_long():
    run(campaign.size(500), 40)
