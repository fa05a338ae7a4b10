"""After any change of refs, the index answers as a new index does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nbmodel.index import Index
from nbmodel.repo import history
from tests.builder import Builder
from tests.index.dump import dump

MODELS = st.sampled_from(["churn", "price"])
BRANCHES = st.sampled_from(["main", "exp", "a"])
PICKS = st.integers(0, 1 << 30)


class Refs(RuleBasedStateMachine):
    """Commits are only ever added; refs move to any of them, in any way."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.repo = Builder(Path(self.folder.name) / "r.git")
        self.index = Index(Path(self.folder.name) / "index", self.repo.git)
        self.index.refresh()
        self.parents: dict[str, list[str]] = {}
        self.refs: dict[str, str] = {}
        self.tags = 0

    def teardown(self) -> None:
        self.index.close()
        self.repo.git.close()
        self.folder.cleanup()

    def pick(self, number: int) -> str:
        return sorted(self.parents)[number % len(self.parents)]

    def set_ref(self, ref: str, oid: str | None) -> None:
        self.repo.set_ref(ref, oid)
        self.refs.pop(ref, None)
        if oid is not None:
            self.refs[ref] = oid

    @rule(model=MODELS, branch=BRANCHES, readable=st.booleans(), late=st.integers(-200, 200))
    def commit(self, model, branch, readable, late):
        ref = f"refs/heads/models/{model}/{branch}"
        parents = [self.refs[ref]] if ref in self.refs else []
        tree = self.repo.tree_of(model, branch, 1) if readable else self.repo.tree()
        oid = self.repo.commit(tree, parents, when=self.repo.tick() + late)
        self.parents[oid] = parents
        self.set_ref(ref, oid)

    @rule(model=MODELS, branch=BRANCHES)
    def commit_and_note(self, model, branch):
        ref = f"refs/heads/models/{model}/{branch}"
        parents = [self.refs[ref]] if ref in self.refs else []
        oid = self.repo.version(model, branch, parents=parents)
        self.parents[oid] = parents
        self.refs[ref] = oid
        (snapshot,) = history.versions(self.repo.git, [oid], known_oids=parents)
        self.index.note(snapshot.info, ref, snapshot.segments)

    @precondition(lambda self: self.parents)
    @rule(model=MODELS, branch=BRANCHES, left=PICKS, right=PICKS)
    def merge(self, model, branch, left, right):
        parents = list(dict.fromkeys([self.pick(left), self.pick(right)]))
        oid = self.repo.version(model, branch, parents=parents)
        self.parents[oid] = parents
        self.refs[f"refs/heads/models/{model}/{branch}"] = oid

    @precondition(lambda self: self.parents)
    @rule(model=MODELS, branch=BRANCHES, where=PICKS)
    def move(self, model, branch, where):
        self.set_ref(f"refs/heads/models/{model}/{branch}", self.pick(where))

    @precondition(lambda self: any("heads" in ref for ref in self.refs))
    @rule(which=PICKS)
    def delete(self, which):
        heads = sorted(ref for ref in self.refs if "heads" in ref)
        self.set_ref(heads[which % len(heads)], None)

    @precondition(lambda self: self.parents)
    @rule(model=MODELS, where=PICKS, name=st.sampled_from(["@v1.0.0", "#prod#1", "#prod!#2"]))
    def tag(self, model, where, name):
        oid = self.pick(where)
        self.refs[f"refs/tags/{model}{name}"] = oid
        self.repo.tag(f"{model}{name}", oid, message=b"%d" % self.tags)
        self.tags += 1

    @precondition(lambda self: any("tags" in ref for ref in self.refs))
    @rule(which=PICKS)
    def delete_tag(self, which):
        tags = sorted(ref for ref in self.refs if "tags" in ref)
        self.set_ref(tags[which % len(tags)], None)

    @rule()
    def refresh(self):
        self.index.refresh()

    @invariant()
    def sometimes_equal(self):
        if self.repo.clock % 180 == 0 or not self.parents:
            self.compare()

    @rule()
    def compare(self):
        self.index.refresh()
        answers = dump(self.index)
        fresh = Index(Path(self.folder.name) / "other" / "index", self.repo.git)
        fresh.rebuild()
        assert dump(fresh) == answers
        fresh.close()
        self.against_the_oracle(answers)

    def against_the_oracle(self, answers):
        """Branches are chains of first parents, numbered by depth; nothing else is there."""
        for ref, tip in self.refs.items():
            if "heads" not in ref:
                continue
            _, _, _, model, branch = ref.split("/")
            chain, oid = [], tip
            while oid:
                chain.append(oid)
                oid = self.parents[oid][0] if self.parents[oid] else None
            log = answers["logs"][model, branch]
            assert [info.commit for info in log] == chain
            assert [info.number for info in log] == [self.depth(oid) for oid in chain]
            for info in log:
                assert self.index.find(model, branch, info.number) == info
        lines = {(v.model, v.branch, v.number): v for v in answers["versions"].values()}
        for (model, branch, number), info in lines.items():
            chain = [v.commit for v in answers["logs"].get((model, branch), [])]
            if info.commit in chain:
                assert self.index.find(model, branch, number) == info
        heads = {ref.split("/")[3] for ref in self.refs if "heads" in ref}
        assert heads <= {model.name for model in answers["models"]}

    def depth(self, oid: str) -> int:
        return 1 + max((self.depth(parent) for parent in self.parents[oid]), default=0)


TestRefs = Refs.TestCase
TestRefs.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
