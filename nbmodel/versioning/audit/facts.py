"""The facts of a model: each is one commit, tag, approval, purge, rule or deletion in git.

Another kind of fact is a function that reads it from a `Scan`, and a row in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from nbmodel.errors import GitFailed, RemoteConflict
from nbmodel.records import Release, Verification
from nbmodel.repo import notes as git_notes
from nbmodel.repo import tag_trailers
from nbmodel.repo.deletion_log import Action, reason_of
from nbmodel.versioning import events, purges, verifications
from nbmodel.versioning.approvals import approvals_of
from nbmodel.versioning.audit.scan import Scan
from nbmodel.versioning.events import Event, Kind, newest_first
from nbmodel.versioning.sharing import notes as shared_notes
from nbmodel.versioning.sharing.shared import RULES_REF

UNSIGNED = Verification("unsigned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact of a model.

    Attributes
    ----------
    event : Event
        What happened, when, by whom and why.
    name : str
        What it is called: ``churn@3``, ``churn#prod#2``.
    id : str
        The id of its object in git; for an approval or a purge, the digest of what is signed.
    previous : tuple of str, optional
        The ids of the facts before it; empty for the first one, None if they are not stated.
    verification : Verification
        The state of its signature.
    is_object : bool
        Whether `id` names a commit or a tag that git can sign.
    absent : tuple of str
        For an approval or a purge: the ids in `previous` that are not there.
    """

    event: Event
    name: str
    id: str
    previous: tuple[str, ...] | None = None
    verification: Verification = UNSIGNED
    is_object: bool = True
    absent: tuple[str, ...] = ()

    @property
    def predecessor(self) -> str:
        """The short ids of the facts before it, or that they are not stated."""
        if self.event.kind in ("release", "rule"):
            return ""
        if self.previous is None:
            return "not stated"
        return ", ".join(oid[:10] for oid in self.previous) or "first"


def facts(scan: Scan) -> list[Fact]:
    """Every fact of a model with the state of its signature, the newest first."""
    every = [fact for source in SOURCES for fact in source(scan)]
    states = verifications.of_objects(scan.context, [fact.id for fact in every if fact.is_object])
    checked = [
        replace(fact, verification=states[fact.id]) if fact.is_object else fact for fact in every
    ]
    return sorted(checked, key=lambda fact: newest_first(fact.event))


def _commits(scan: Scan) -> Iterator[Fact]:
    for version in sorted(scan.versions, key=lambda v: -v.number):  # of one second, too
        name = scan.name_of(version.commit)
        event = events.of_commit(version, name)
        yield Fact(event=event, name=name, id=version.commit, previous=version.parents)


def _labels(scan: Scan) -> Iterator[Fact]:
    """Releases, their ends, and stage moves."""
    for tag in scan.tags.values():
        record, stated = tag.content.record, tag.content.previous
        if record is None:  # `findings` says why
            continue
        if isinstance(record, Release):
            event = events.of_release(record, scan.names)
        else:
            event = events.of_move(record, scan.names)
        yield Fact(
            event=event,
            name=tag.name,
            id=tag.oid,
            previous=_previous(stated),
        )


def _previous(stated: str) -> tuple[str, ...] | None:
    if not stated:
        return None
    return () if stated == tag_trailers.FIRST else (stated,)


def _approvals(scan: Scan) -> Iterator[Fact]:
    git = scan.context.git
    for version in scan.versions:
        if version.commit not in scan.noted:
            continue
        try:
            notes = git_notes.read(git, version.commit)
        except GitFailed:  # `findings` says why
            continue
        name = scan.name_of(version.commit)
        for approval in approvals_of(scan.context, version.commit, notes):
            yield Fact(
                event=events.of_note(approval.note, version, name),
                name=f"the approval of {name}",
                id=approval.id,
                previous=approval.previous,
                verification=approval.verification,
                is_object=False,
                absent=approval.absent,
            )


def _purges(scan: Scan) -> Iterator[Fact]:
    """The records of purges. Each names those that were the last ones of the registry."""
    by_commit = purges.by_commit(scan.context)
    ids = {purge.id for each in by_commit.values() for purge in each}
    own = [(v, purge) for v in scan.versions for purge in by_commit.get(v.commit, ())]
    states = purges.verifications(scan.context, [purge for _, purge in own])
    for (version, purge), state in zip(own, states, strict=True):
        name = scan.name_of(version.commit)
        yield Fact(
            event=events.of_note(purge.note, version, name),
            name=f"the purge of {name}",
            id=purge.id,
            previous=purge.previous,
            verification=state,
            is_object=False,
            absent=tuple(oid for oid in purge.previous if oid not in ids),
        )


def _rules(scan: Scan) -> Iterator[Fact]:
    """The rules that are set now: git has not when others were removed."""
    git = scan.context.git
    oid = git.resolve(RULES_REF)
    try:
        entries = shared_notes.rule_entries(scan.context, oid) if oid else {}
    except RemoteConflict:  # `findings` says why
        return
    for (model, stage, rule), entry in entries.items():
        time = entry.get("time")
        if model == scan.model:
            yield Fact(
                event=Event(
                    kind="rule", time=time if isinstance(time, int) else 0, ref="", commit="",
                    label=stage, author=str(entry.get("who", "")), text=rule,
                ),
                name=rule,
                id=oid or "",
                is_object=False,
            )  # fmt: skip


def _deletions(scan: Scan) -> Iterator[Fact]:
    """What the log of deletions has, and entries of the trash from before there was a log."""
    names = {record.entry for record in scan.deletions}
    for record in scan.deletions:
        commit = record.commit
        yield Fact(
            event=Event(
                kind=_KINDS[record.action], time=commit.time, ref=scan.names.get(record.tip, ""),
                commit=record.tip, label=record.name, author=commit.author.name,
                text=reason_of(commit),
            ),
            name=f"the record that {record.name} was {record.action.lower()}",
            id=commit.oid,
            previous=commit.parents,
        )  # fmt: skip
    for entry in scan.trash:
        if entry.oid not in names:
            yield Fact(
                event=Event(
                    kind="deletion", time=entry.time, ref=scan.names.get(entry.tip, ""),
                    commit=entry.tip, label=entry.name, author=entry.author.name,
                    text=entry.message,
                ),
                name=entry.ref,
                id=entry.oid,
            )  # fmt: skip


_KINDS: Mapping[Action, Kind] = {
    "Deleted": "deletion",
    "Restored": "restoration",
    "Emptied": "emptying",
}
SOURCES: tuple[Callable[[Scan], Iterator[Fact]], ...] = (
    _commits,
    _labels,
    _approvals,
    _purges,
    _rules,
    _deletions,
)
