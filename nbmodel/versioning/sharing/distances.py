"""How many versions a remote lacks, or has more, as of the last push or pull.

Only references of this clone are read, never the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbmodel import refs
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.repo import history, trash
from nbmodel.repo.git import Git
from nbmodel.repo.remote_settings import choose
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing import tracking

Refs = Mapping[str, str]  # commit id by full name


@dataclass(frozen=True, slots=True)
class Distance:
    """How many versions are only here, and how many only at the remote."""

    ahead: int = 0
    behind: int = 0

    def __str__(self) -> str:
        """Such as ``3 ahead, 1 behind``; empty if there is no difference."""
        parts = ((self.ahead, "ahead"), (self.behind, "behind"))
        return ", ".join(f"{number:,} {word}" for number, word in parts if number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteState:
    """The remote that a push goes to, and its distance.

    Attributes
    ----------
    name : str
    total : Distance
        Of the whole registry.
    models : mapping of str to Distance
        Of each model that differs.
    """

    name: str
    total: Distance
    models: Mapping[str, Distance]


def remote_state(context: Context) -> RemoteState | None:
    """Compare this clone with what is known of its remote; None if there is no remote to choose."""
    try:
        remote = choose(context.git)
    except (NotFound, InvalidValue):
        return None
    listed = dict(history.listing(context.git).items())
    mine = {ref: oid for ref, oid in listed.items() if refs.parse_branch_ref(ref)}
    there = tracking.branches(context, remote)
    basis = (remote.name, mine, there, trash.deleted_branches(listed))
    cached = _answers.get(context.git.git_dir)
    if cached is None or cached[0] != basis:
        models = _distances(context, *basis[1:])
        total = Distance(
            sum(each.ahead for each in models.values()),
            sum(each.behind for each in models.values()),
        )
        cached = (basis, RemoteState(name=remote.name, total=total, models=models))
        _answers[context.git.git_dir] = cached
    return cached[1]


# The last answer about each registry, with what it depends on.
_answers: dict[Path, tuple[object, RemoteState]] = {}


def fingerprint(git: Git) -> str:
    """A text that changes with the remotes, and with what is known of them."""
    refs_text = git.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes")
    try:
        settings = (git.git_dir / "config").stat()
        change = (settings.st_mtime_ns, settings.st_size)
    except OSError:  # it was deleted; git goes on without it
        change = (0, 0)
    return hashlib.sha256(refs_text + repr(change).encode()).hexdigest()[:12]


def _distances(
    context: Context, mine: Refs, there: Refs, deleted: Collection[str]
) -> dict[str, Distance]:
    different = {
        _model(ref) for ref in mine.keys() | there.keys() if mine.get(ref) != there.get(ref)
    }
    known_models = {_model(ref) for ref in there}
    ahead = _only(
        context.git,
        {ref: oid for ref, oid in mine.items() if _model(ref) in different & known_models},
        there.values(),
    )
    # A model that was never there may have many versions; the index has counted them.
    ahead |= context.index.version_counts(different - known_models)
    behind = _only(
        context.git,
        {r: oid for r, oid in there.items() if _model(r) in different and r not in deleted},
        mine.values(),
    )
    distances = {
        model: Distance(ahead.get(model, 0), behind.get(model, 0)) for model in sorted(different)
    }
    return {model: each for model, each in distances.items() if each != Distance()}


def _only(git: Git, tips: Refs, others: Iterable[str]) -> dict[str, int]:
    """How many commits the branches of each model have that no other tip has."""
    if not tips:
        return {}
    ends = [*tips.values(), *(f"^{oid}" for oid in others)]
    printed = git.run("rev-list", "--parents", "--stdin", data="\n".join(ends).encode())
    lines = (line.split() for line in printed.decode().splitlines())
    parents = {oid: rest for oid, *rest in lines}
    starts: dict[str, list[str]] = {}
    for ref, oid in tips.items():
        starts.setdefault(_model(ref), []).append(oid)
    return {model: _count(parents, oids) for model, oids in starts.items()}


def _count(parents: Mapping[str, list[str]], waiting: list[str]) -> int:
    """How many of these commits are ancestors of the waiting ones, or are among them."""
    reach = set()
    while waiting:
        oid = waiting.pop()
        if oid in parents and oid not in reach:
            reach.add(oid)
            waiting.extend(parents[oid])
    return len(reach)


def _model(ref: str) -> str:
    return (refs.parse_branch_ref(ref) or ("", ""))[0]
