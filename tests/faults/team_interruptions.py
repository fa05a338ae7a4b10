"""Interrupts a push or a pull. Both sides are complete, and a repetition finishes the work."""

from __future__ import annotations

import random
import shutil
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

import nbmodel
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts import store
from nbmodel.repo.location import Location
from tests.faults import registry_template
from tests.faults.interruptions import DEPTH, KILLED, InterruptedRegistry, Interruption
from tests.fixtures.projects import git, make_project
from tests.waiting import until

TRAVELS = ("refs/heads/models/", "refs/tags/", "refs/notes/", "refs/nbmodel/")
ORPHAN_S = 30.0
LATEST_MOMENT_S = 1.5  # a push of this team takes about a second


class InterruptedTeam(InterruptedRegistry):
    """Ann's registry and two remotes: ``one`` is behind, and ``two`` has other versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = registry_template.build(folder, "half")
        self.cache = Location(self.project / ".git").cache
        self.remotes = {name: folder / f"{name}.git" for name in ("one", "two")}
        git(folder, "init", "--quiet", "--bare", str(self.remotes["one"]))
        with nbmodel.open(self.project) as ann:
            for name, path in self.remotes.items():
                ann.add_remote(name, str(path))
            ann.push(remote="one")
            shutil.copytree(self.remotes["one"], self.remotes["two"])
            self._others_work()
            for number in range(2):
                ann.commit({"big": np.full(1 << 18, float(number)), "n": number}, "churn", "ann's")
            ann.commit({"n": 1}, "fresh")
            ann.promote("churn@latest", "prod", "ann's")
            ann.annotate("churn@1", "ann's")
            store.add(ann.context, "churn", "volume > 7")
            self.mine = ann.show("churn").version.commit
        self.before = {name: travelling(path) for name, path in self.places().items()}
        for path in self.places().values():
            shutil.copytree(path, self._kept(path), symlinks=True)
        shutil.copytree(self.cache, folder / "cache")
        self.counts: Counter = Counter()
        self.failures: list[str] = []

    def places(self) -> dict[str, Path]:
        """All that an interruption may change, by name."""
        return {"ann": self.project, **self.remotes}

    def interrupt(self, interruption: Interruption) -> list[str]:
        """Interrupt once, and list what is wrong afterwards."""
        for path in self.places().values():
            registry_template.copy(self._kept(path), path)
        registry_template.copy(self.folder / "cache", self.cache)
        try:
            out, err = self._run(interruption)
        except Exception as error:  # noqa: BLE001  a hang, too
            return [str(error)]
        wrong = [f"an error that is not ours: {err[-1500:]}"] if "Traceback" in err else []
        wrong += self._state(interruption.verb, '["done"' in out)
        wrong += self._repetition(interruption.verb)
        self.counts["interruptions"] += 1
        self.counts[f"{interruption.verb} done" if '["done"' in out else interruption.verb] += 1
        return wrong

    def _others_work(self) -> None:
        """Nina's versions: some on both sides of a branch of `two`, only a note in `one`."""
        with nbmodel.open(make_project(self.folder / "nina", {}, author="Nina")) as nina:
            for name, path in self.remotes.items():
                nina.add_remote(name, str(path))
            nina.pull(remote="one")
            nina.annotate("churn@1", "nina's")
            nina.push(remote="one")
            nina.commit({"big": np.full(1 << 18, 9.0)}, "churn", "nina's")
            nina.commit({"n": 2}, "price", "nina's")
            nina.promote("price@latest", "staging", "nina's")
            store.add(nina.context, "price", "volume > 8")
            nina.push(remote="two")

    def _kept(self, path: Path) -> Path:
        return self.folder / "kept" / path.name

    def _state(self, verb: str, done: bool):
        """What others see at once: everything complete, and everything or nothing."""
        if verb == "push":
            try:  # the git that a killed process started goes on without it
                until(lambda: self._arrived() or (not done and self._unchanged()), ORPHAN_S)
            except AssertionError:
                yield f"the push is there in part, or lost: {travelling(self.remotes['one'])}"
        for name, path in self.remotes.items():
            yield from _incomplete(name, path)
        if travelling(self.remotes["two"]) != self.before["two"]:
            yield "a pull changed the remote"
        if not git(self.project, "for-each-ref", "--contains", self.mine, "refs/heads/models"):
            yield f"the version {self.mine} of this clone is lost"

    def _arrived(self) -> bool:
        there = travelling(self.remotes["one"])
        return all(there.get(ref) == oid for ref, oid in travelling(self.project).items())

    def _unchanged(self) -> bool:
        return travelling(self.remotes["one"]) == self.before["one"]

    def _repetition(self, verb: str):
        """The same command again, in a new process's state: it finishes the work."""
        try:
            with nbmodel.open(self.project) as registry:
                result = (
                    registry.push(remote="one") if verb == "push" else registry.pull(remote="two")
                )
                if result.warnings:
                    yield f"the repetition warns: {result.warnings}"
                verified = registry.verify() if verb == "push" else ""
                if verb == "push" and not verified:
                    yield f"torn: {verified.text()}"
        except NbModelError as error:
            yield f"the repetition fails: {error}"
        except Exception:  # noqa: BLE001  what is not ours is what is looked for
            yield f"the repetition fails: {traceback.format_exc()[-1500:]}"
        ann = travelling(self.project)
        if verb == "push":
            if travelling(self.remotes["one"]) != ann:
                yield "the remote has something else than this clone"
            yield from _incomplete("one", self.remotes["one"])
        else:
            theirs = travelling(self.remotes["two"])
            branches = {ref: oid for ref, oid in theirs.items() if ref.startswith(TRAVELS[:2])}
            if any(ann.get(ref) != oid for ref, oid in branches.items()):
                yield "the pull did not bring everything"
            if ann.get("refs/heads/models/churn/ann") != self.mine:
                yield "the versions of this clone have no branch of their own"
        left = [path.name for path in (self.project / ".git").glob("**/*.lock")]
        if left:
            yield f"locks stay: {left}"


def travelling(repository: Path) -> dict[str, str]:
    """The references of a repository that travel: object id by name."""
    lines = git(repository, "for-each-ref", "--format=%(refname) %(objectname)", *TRAVELS)
    return dict(line.split(" ") for line in lines.splitlines())


def _incomplete(name: str, path: Path):
    """What a clone of a remote would miss."""
    shutil.rmtree(Location(path).cache, ignore_errors=True)  # it remembers the interruption before
    try:
        with nbmodel.open(path) as registry:
            verified = registry.verify()
            if not verified:
                yield f"{name} is not complete: {verified.text()}"
    except NbModelError as error:
        yield f"{name} cannot be read: {error}"


def drawn(choice: random.Random) -> Interruption:
    """A kill of a push or a pull at any call, or at a random moment.

    Only nbmodel's own process is killed. If the git of the host is killed while it moves several
    references, some have moved and others not: git's own limit.
    """
    verb = choice.choice(["push", "pull"])
    if choice.random() < 0.3:
        return Interruption(verb, "moment", "", "SIGKILL", LATEST_MOMENT_S * choice.random())
    call = choice.choice(KILLED)
    when = 1 + int(DEPTH[call] * choice.random() ** 2)
    return Interruption(verb, "alone", call, "SIGKILL", when)


def killed(folder: Path, count: int, seed: str) -> tuple[Counter, list[str]]:
    """Kill pushes and pulls."""
    team, choice = InterruptedTeam(folder), random.Random(seed)
    for _ in range(count):
        team.judge(drawn(choice))
    return team.counts, team.failures
