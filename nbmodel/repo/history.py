"""Our refs, commits and tags out of git, in bulk: what the index is built from.

Nothing here trusts the repository. What does not fit our grammar is not ours,
and a commit that cannot be read says so without hiding the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel import layout, refs
from nbmodel.errors import InvalidName
from nbmodel.records import Person, Release, StageMove
from nbmodel.repo import raw_objects, references
from nbmodel.repo.bulk_reader import NO_OBJECT, Answer, BulkReader
from nbmodel.repo.references import Listing
from nbmodel.repo.summaries import MANIFEST_NAME, Commit, CommitSummary, summarize, unreadable

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from nbmodel.repo.git import Git

MAX_OBJECT_BYTES = layout.max_bytes("model.json")  # bytes of a commit, a tag or a manifest

NO_MANIFEST = "its tree lists none"
SHARED_REFS = (refs.NOTES_REF, "refs/nbmodel")  # what belongs to no single model: notes, rules
_ROLLED_BACK = re.compile(r"^Rolled-Back: ([0-9a-f]{40})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TagContent:
    """What a tag's object says.

    Attributes
    ----------
    record : Release, StageMove or None
        None where it is not an annotated tag of a commit, as GTO does not count it.
    why : str
        What kept git from reading it, or an empty text.
    own : str
        The name that the object gives itself, if that is another than its reference's.
    """

    record: Release | StageMove | None
    why: str = ""
    own: str = ""


# -- refs --------------------------------------------------------------------


def listing(git: Git) -> Listing:
    """All references that could be ours, as git prints them: one quick question.

    Raises
    ------
    GitFailed
        If ``packed-refs`` is damaged.
    """
    return references.listing(git, refs.BRANCH_PREFIX[:-1], refs.TAG_PREFIX[:-1], *SHARED_REFS)


def branches(listed: Listing) -> dict[str, str]:
    """Commit by full ref name of every line of versions in a `listing`."""
    return {ref: oid for ref, oid in listed.items() if refs.parse_branch_ref(ref)}


def tags(listed: Listing) -> dict[str, str]:
    """Object id by short name of every tag in a `listing` that fits GTO's grammar."""
    return {name: oid for name, oid in marked_tags(listed).items() if is_tag(name)}


def marked_tags(listed: Listing) -> dict[str, str]:
    """The same with those whose name has a mark of that grammar, and may be a damaged one."""
    found = (
        (ref.removeprefix(refs.TAG_PREFIX), oid)
        for ref, oid in listed.items()
        if ref[:10] == refs.TAG_PREFIX
    )
    return {name: oid for name, oid in found if "#" in name or "@" in name}


def is_tag(name: str) -> bool:
    """Whether a short name fits GTO's grammar."""
    return bool(refs.parse_release_tag(name) or refs.parse_stage_tag(name))


# -- objects -----------------------------------------------------------------


def reader(git: Git) -> BulkReader:
    """A reader for the functions below; a context manager."""
    return BulkReader(git, MAX_OBJECT_BYTES)


def read_tags(bulk: BulkReader, wanted: Mapping[str, str]) -> Iterator[tuple[str, TagContent]]:
    """What the tags in `wanted` (name to object id) say, by name, in order."""
    for name, answer in zip(wanted, bulk.read(wanted.values()), strict=True):
        if answer.why:
            yield name, TagContent(None, answer.why)
            continue
        signed = raw_objects.tag(answer.data) if answer.kind == "tag" else None
        own = "" if signed is None or signed.name == name else signed.name
        counts = signed is not None and signed.parents and is_tag(name) and not own
        yield name, TagContent(_tag_record(name, signed) if signed and counts else None, own=own)


def _tag_record(name: str, signed: raw_objects.SignedObject) -> Release | StageMove:
    (commit,) = signed.parents
    if release := refs.parse_release_tag(name):
        return Release(*release, commit, signed.person, signed.time, signed.message)
    move = refs.parse_stage_tag(name)
    if move is None:
        raise InvalidName("tag", name)
    model, stage, removed, counter = move
    trailers = _ROLLED_BACK.findall(signed.message)
    message = _ROLLED_BACK.sub("", signed.message).strip() if trailers else signed.message
    return StageMove(
        model=model,
        stage=stage,
        counter=counter,
        commit=commit,
        removed=removed,
        author=signed.person,
        time=signed.time,
        message=message,
        rolled_back=trailers[-1] if trailers else "",
    )


def read_commits(bulk: BulkReader, oids: Iterable[str]) -> Iterator[Commit]:
    """Each commit of `oids`, in order; one that is none tells by `why`."""
    for answer in bulk.read(oids):
        if answer.kind == "commit":
            signed = raw_objects.commit(answer.data)
            yield Commit(
                oid=answer.spec,
                parents=signed.parents,
                author=signed.person,
                time=signed.time,
                message=signed.message,
                tree=signed.tree,
            )
        else:
            why = answer.why or f"it is a {answer.kind}, not a commit"
            yield Commit(
                oid=answer.spec, parents=(), author=Person("", ""), time=0, message="", why=why
            )


def read_summaries(bulk: BulkReader, commits: Iterable[Commit]) -> Iterator[CommitSummary]:
    """Each commit with its manifest, in order.

    By way of its tree, whose content is checked as the others' is: what git
    finds by ``commit:path`` it has not held against any address.
    """
    commits = list(commits)
    found = [_manifest_of(answer) for answer in bulk.read(c.tree or NO_OBJECT for c in commits)]
    answers = bulk.read(manifest or NO_OBJECT for manifest, _ in found)
    for commit, (_, missing), answer in zip(commits, found, answers, strict=True):
        if commit.why:
            yield unreadable(commit, commit.why, lost=True)
        elif missing or answer.why:
            why = f"its {MANIFEST_NAME}: {missing or answer.why}"
            yield unreadable(commit, why, lost=missing != NO_MANIFEST)
        elif answer.kind != "blob":
            yield unreadable(commit, f"its {MANIFEST_NAME} is a {answer.kind}, not a file")
        else:
            yield summarize(commit, answer.data)


def _manifest_of(tree: Answer) -> tuple[str, str]:
    """Object id of the manifest that a tree lists; without one, why."""
    if tree.kind != "tree":
        return "", f"its tree: {tree.why or f'it is a {tree.kind}'}"
    oid = raw_objects.entry(tree.data, MANIFEST_NAME.encode())
    return (oid, "") if oid else ("", NO_MANIFEST)


def versions(git: Git, new: Iterable[str], known: Container[str] = ()) -> Iterator[CommitSummary]:
    """What is reachable from `new` without passing through `known`, children first.

    Parents outside the clone (a shallow one) end the walk.
    """
    with reader(git) as bulk:
        frontier = {oid for oid in new if oid not in known}
        seen = set(frontier)
        missing_counts = True  # a tip must be there, a parent may lie behind a shallow border
        while frontier:
            commits = list(read_commits(bulk, sorted(frontier)))
            yield from read_summaries(bulk, [c for c in commits if missing_counts or not c.why])
            missing_counts = False
            parents = {parent for commit in commits for parent in commit.parents}
            frontier = {oid for oid in parents - seen if oid not in known}
            seen |= frontier
