"""Check references: those that are damaged, and traces of those that may have been lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.errors import NbModelError
from nbmodel.index.problems import forget_command, moment
from nbmodel.repo import history
from nbmodel.versioning.context import Context, trouble
from nbmodel.versioning.lost_refs import LostRef, find_lost_refs

_HEADS = "refs/heads/"
_PLACES = (refs.BRANCH_PREFIX, refs.TAG_PREFIX, refs.NOTES_REF, "refs/nbmodel/alerts")
MAX_HINTS = 100  # of one kind


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem or a hint: where, and what."""

    where: str
    problem: str


def damaged(context: Context) -> Iterator[Finding]:
    """References of nbmodel that cannot be read, or whose objects cannot."""
    listed = history.listing(context.git)
    problems = {problem.ref: problem for problem in context.index.problems()}
    for ref, problem in problems.items():
        yield Finding(
            ref, f"{problem.why}. {trouble(problem).hint}" if problem.last_time else problem.why
        )
    tags = {
        n: oid for n, oid in history.tags(listed).items() if refs.TAG_PREFIX + n not in problems
    }
    with history.reader(context.git) as bulk:
        for name, tag in history.read_tags(bulk, tags):
            if tag.why:
                yield Finding(refs.TAG_PREFIX + name, tag.why)
    for ref in dict(listed.items()):
        if ref.startswith(history.SHARED_REFS):
            yield from _objects_of(context, ref)


def _objects_of(context: Context, ref: str) -> Iterator[Finding]:
    """Objects of a reference to notes or rules that are damaged."""
    try:
        listing = context.git.run("rev-list", "--objects", "--no-walk", "--end-of-options", ref)
    except NbModelError as error:
        yield Finding(ref, error.what)
        return
    oids = [line[:40].decode() for line in listing.splitlines()]
    with history.reader(context.git) as bulk:
        for answer in bulk.read(oids):
            if answer.why:
                yield Finding(ref, f"its object {answer.spec}: {answer.why}")


def hints(context: Context) -> Iterator[Finding]:
    """Facts that may be correct, or may be traces of a lost reference."""
    for model in context.index.names():
        for tag in context.index.missing_counters(model):
            yield Finding(tag, "a later move of the stage is there, and this one is not")
    for sight in context.index.abandoned_tips():
        yield Finding(
            sight.ref,
            f"held {sight.oid} until {moment(sight.time)}, and does not now: it was moved by "
            f"force, or went back. git branch NAME {sight.oid} brings that back; "
            f"if that was on purpose: {forget_command(sight.ref)}",
        )
    lost_refs: list[LostRef] = []
    try:
        yield from _near_names(context)
        lost_refs = find_lost_refs(context)
        yield from _unnamed(lost_refs)
    except NbModelError as error:
        yield Finding("objects", f"git cannot list them all: {error.what}")
    yield from _renamed(context, lost_refs)


def _renamed(context: Context, lost_refs: Sequence[LostRef]) -> Iterator[Finding]:
    """Branches with the versions of a branch that is missing, unless its last commit is known.

    `damaged` or `_unnamed` then gives the command that restores it.
    """
    restorable = {item.ref for item in lost_refs}
    restorable |= {problem.ref for problem in context.index.problems() if problem.last_time}
    for model, branch, name in context.index.renamed_branches():
        if refs.branch_ref(model, name) not in restorable:
            here, there = (refs.branch_ref(model, b).removeprefix(_HEADS) for b in (branch, name))
            yield Finding(
                _HEADS + here,
                f"its last version was committed to {name!r}, which is not here: that branch was "
                f"renamed, deleted or lost. git branch {there} {here} makes it again",
            )


def _near_names(context: Context) -> Iterator[Finding]:
    """Other references whose name differs in one character from one of nbmodel, or blocks one."""
    for line in context.git.run("for-each-ref", "--format=%(refname)").splitlines():
        ref = line.decode(errors="replace")
        if f"{ref}/".startswith(refs.BRANCH_PREFIX) and refs.parse_branch_ref(ref) is None:
            yield Finding(
                ref,
                "it is not a line of versions, and git makes none below it or in its place. "
                "git branch -m moves it elsewhere",
            )
        for place in _PLACES:
            fits = place.endswith("/") or len(ref) == len(place)
            if fits and sum(a != b for a, b in zip(ref, place, strict=False)) == 1:
                yield Finding(ref, f"its name is damaged, perhaps: it is near to {place}")


def _unnamed(lost_refs: Sequence[LostRef]) -> Iterator[Finding]:
    """Tags and versions of nbmodel that no reference leads to."""
    listed = 0
    for item in lost_refs:
        is_branch = item.ref.startswith(_HEADS)
        listed += is_branch
        if not is_branch or listed <= MAX_HINTS:
            where = item.ref if is_branch else item.ref.removeprefix(refs.TAG_PREFIX)
            yield Finding(where, f"{item.why}. git update-ref {item.ref} {item.oid} brings it back")
