"""Refs, commits and tags out of git, in bulk. The index is built from them.

Nothing here trusts the repository. A name that does not fit the grammar does not belong
to nbmodel. A commit that cannot be read is reported, and does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbmodel import layout, refs
from nbmodel.errors import InvalidName
from nbmodel.records import Person, Release, StageMove
from nbmodel.repo import raw_objects, references, tag_trailers, trash
from nbmodel.repo.bulk_reader import NO_OBJECT, Answer, BulkReader
from nbmodel.repo.references import Listing
from nbmodel.repo.summaries import MANIFEST_NAME, Commit, CommitSummary, summarize, unreadable

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from nbmodel.repo.git import Git

MAX_OBJECT_BYTES = layout.max_bytes("model.json")  # bytes of a commit, a tag or a manifest

NO_MANIFEST = "its tree has none"
SHARED_REFS = (refs.NOTES_REF, "refs/nbmodel")  # notes, alert rules, the trash


@dataclass(frozen=True, slots=True)
class TagContent:
    """The content of a tag's object.

    Attributes
    ----------
    record : Release, StageMove or None
        None if it is not an annotated tag of a commit. GTO does not count such a tag.
    why : str
        Why git could not read it, or an empty text.
    own : str
        The name in the object, if it differs from the name of its reference.
    previous : str
        Id of the object of the tag before it, ``none`` for the first; empty if it is not stated.
    """

    record: Release | StageMove | None
    why: str = ""
    own: str = ""
    previous: str = ""


# -- refs --------------------------------------------------------------------


def listing(git: Git) -> Listing:
    """All references that may belong to nbmodel, as git prints them. This is one fast command.

    Raises
    ------
    GitFailed
        If ``packed-refs`` is damaged.
    """
    return references.listing(git, refs.BRANCH_PREFIX[:-1], refs.TAG_PREFIX[:-1], *SHARED_REFS)


def branches(refs_listing: Listing) -> dict[str, str]:
    """Commit by full ref name, for each branch of versions in a `listing`."""
    return {ref: oid for ref, oid in refs_listing.items() if refs.parse_branch_ref(ref)}


def tags(refs_listing: Listing) -> dict[str, str]:
    """Object id by short name, for each tag in a `listing` that fits GTO's grammar."""
    return {name: oid for name, oid in marked_tags(refs_listing).items() if refs.is_label(name)}


def marked_tags(refs_listing: Listing) -> dict[str, str]:
    """Like `tags`, and also names with ``#`` or ``@``, which may be damaged."""
    pairs = (
        (ref.removeprefix(refs.TAG_PREFIX), oid)
        for ref, oid in refs_listing.items()
        if ref[:10] == refs.TAG_PREFIX
    )
    return {name: oid for name, oid in pairs if "#" in name or "@" in name}


def visible_tags(refs_listing: Listing) -> dict[str, str]:
    """Like `marked_tags`, without the tags of deleted models; see `nbmodel.repo.trash`."""
    hidden = trash.hidden_models(ref for ref, _ in refs_listing.items())
    all_tags = marked_tags(refs_listing)
    return {name: oid for name, oid in all_tags.items() if refs.model_of(name) not in hidden}


# -- objects -----------------------------------------------------------------


def reader(git: Git) -> BulkReader:
    """A reader for the functions below. It is a context manager."""
    return BulkReader(git, MAX_OBJECT_BYTES)


def read_tags(bulk: BulkReader, oids: Mapping[str, str]) -> Iterator[tuple[str, TagContent]]:
    """Yield ``(name, content)`` of each tag in `oids`, which maps names to object ids."""
    for name, answer in zip(oids, bulk.read(oids.values()), strict=True):
        if answer.why:
            yield name, TagContent(None, answer.why)
            continue
        signed = raw_objects.tag(answer.data) if answer.kind == "tag" else None
        own = "" if signed is None or signed.name == name else signed.name
        if signed is None or not signed.parents or not refs.is_label(name) or own:
            yield name, TagContent(None, own=own)
            continue
        text, facts = tag_trailers.split(signed.message)
        record = _tag_record(name, replace(signed, message=text), facts)
        yield name, TagContent(record, previous=facts.get(tag_trailers.PREVIOUS, ""))


def _tag_record(
    name: str, signed: raw_objects.SignedObject, facts: Mapping[str, str]
) -> Release | StageMove:
    (commit,) = signed.parents
    end = refs.parse_release_end(name)
    if release := end or refs.parse_release_tag(name):
        return Release(
            model=release[0],
            version=release[1],
            commit=commit,
            author=signed.person,
            time=signed.time,
            message=signed.message,
            removed=end is not None,
        )
    move = refs.parse_stage_tag(name)
    if move is None:
        raise InvalidName("tag", name)
    model, stage, is_removal, counter = move
    return StageMove(
        model=model,
        stage=stage,
        counter=counter,
        commit=commit,
        removed=is_removal,
        author=signed.person,
        time=signed.time,
        message=signed.message,
        rolled_back=facts.get(tag_trailers.ROLLED_BACK, "").removeprefix(tag_trailers.FIRST),
    )


def read_commits(bulk: BulkReader, oids: Iterable[str]) -> Iterator[Commit]:
    """Yield each commit of `oids`, in order. If one cannot be read, its `why` says why."""
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
    """Yield each commit with its manifest, in order.

    The manifest is found through the commit's tree, because the content of each object that
    is read is checked. git does not check what it finds by ``commit:path``.
    """
    commits = list(commits)
    manifests = [_manifest_of(answer) for answer in bulk.read(c.tree or NO_OBJECT for c in commits)]
    answers = bulk.read(manifest or NO_OBJECT for manifest, _ in manifests)
    for commit, (_, problem), answer in zip(commits, manifests, answers, strict=True):
        if commit.why:
            yield unreadable(commit, commit.why, lost=True)
        elif problem or answer.why:
            why = f"its {MANIFEST_NAME}: {problem or answer.why}"
            yield unreadable(commit, why, lost=problem != NO_MANIFEST)
        elif answer.kind != "blob":
            yield unreadable(commit, f"its {MANIFEST_NAME} is a {answer.kind}, not a file")
        else:
            yield summarize(commit, answer.data)


def _manifest_of(tree: Answer) -> tuple[str, str]:
    """``(object id, "")`` of the manifest in a tree, or ``("", why)`` if there is none."""
    if tree.kind != "tree":
        return "", f"its tree: {tree.why or f'it is a {tree.kind}'}"
    oid = raw_objects.entry(tree.data, MANIFEST_NAME.encode())
    return (oid, "") if oid else ("", NO_MANIFEST)


def versions(
    git: Git, new: Iterable[str], known_oids: Container[str] = ()
) -> Iterator[CommitSummary]:
    """Yield what is reachable from `new` without passing through `known_oids`, children first.

    The walk ends at parents that a shallow clone lacks.
    """
    with reader(git) as bulk:
        frontier = {oid for oid in new if oid not in known_oids}
        visited_oids = set(frontier)
        is_tip = True  # a tip must exist; a shallow clone may lack a parent
        while frontier:
            commits = list(read_commits(bulk, sorted(frontier)))
            yield from read_summaries(bulk, [c for c in commits if is_tip or not c.why])
            is_tip = False
            parents = {parent for commit in commits for parent in commit.parents}
            frontier = {oid for oid in parents - visited_oids if oid not in known_oids}
            visited_oids |= frontier
