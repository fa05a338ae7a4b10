"""Our refs, commits and tags out of git, in bulk: what the index is built from.

Nothing here trusts the repository. What does not fit our grammar is not ours,
and a commit that cannot be read says so without hiding the others.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbmodel import refs
from nbmodel.errors import InvalidName
from nbmodel.manifest import FORMAT
from nbmodel.records import Person, Release, StageMove, Use, VersionInfo
from nbmodel.repo import raw
from nbmodel.repo.bulk import Bulk

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from nbmodel.repo.git import Git

OBJECT_LIMIT = 1 << 26  # bytes of a commit, a tag or a manifest
REASON_LIMIT = 300  # characters: a reason may quote a stranger's bytes
MANIFEST = "model.json"

_TAGS = "refs/tags/"
_OID = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ROLLED_BACK = re.compile(r"^Rolled-Back: ([0-9a-f]{40})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit without its tree; `why` tells what kept git from reading it."""

    oid: str
    parents: tuple[str, ...]
    author: Person
    time: int
    message: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit and what its manifest says.

    Attributes
    ----------
    info : VersionInfo
        Model, branch and number are the manifest's word: the ref and the
        parents may know better. Where the manifest cannot be read they are
        ``""``, ``""`` and 0, and `info.summary` is `why`.
    segments : tuple of str
        sha256 of the skeleton and of each segment.
    why : str
        Why the manifest cannot be read, or an empty string.
    """

    info: VersionInfo
    segments: tuple[str, ...]
    why: str = ""


# -- refs --------------------------------------------------------------------


def listing(git: Git) -> bytes:
    """All branches and tags that could be ours, as git prints them: one quick question."""
    return git.run(
        "for-each-ref", "--format=%(objectname)%00%(refname)", refs.BRANCH_PREFIX[:-1], _TAGS[:-1]
    )


def branches(listed: bytes) -> dict[str, str]:
    """Commit by full ref name of every line of versions in a `listing`."""
    return {ref: oid for ref, oid in _listed(listed) if refs.parse_branch_ref(ref)}


def tags(listed: bytes) -> dict[str, str]:
    """Object id by short name of every tag in a `listing` that fits GTO's grammar."""
    found = ((ref.removeprefix(_TAGS), oid) for ref, oid in _listed(listed) if ref[:10] == _TAGS)
    return {
        name: oid
        for name, oid in found
        if refs.parse_release_tag(name) or refs.parse_stage_tag(name)
    }


def _listed(listed: bytes) -> Iterator[tuple[str, str]]:
    for line in listed.decode(errors="replace").split("\n"):
        oid, _, ref = line.partition("\0")
        if _OID.fullmatch(oid):
            yield ref, oid


# -- objects -----------------------------------------------------------------


def reader(git: Git) -> Bulk:
    """A reader for the functions below; a context manager."""
    return Bulk(git, OBJECT_LIMIT)


def read_tags(bulk: Bulk, wanted: Mapping[str, str]) -> Iterator[tuple[str, Release | StageMove]]:
    """``(name, record)`` of each annotated tag of a commit in `wanted` (name to object id)."""
    for name, answer in zip(wanted, bulk.read(wanted.values()), strict=True):
        if answer.kind != "tag":  # lightweight, as GTO does not count it
            continue
        signed = raw.tag(answer.data)
        if signed.parents:
            yield name, _tag_record(name, signed)


def _tag_record(name: str, signed: raw.Signed) -> Release | StageMove:
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
        model,
        stage,
        counter,
        commit,
        removed,
        signed.person,
        signed.time,
        message,
        trailers[-1] if trailers else "",
    )


def read_commits(bulk: Bulk, oids: Iterable[str]) -> Iterator[Commit]:
    """Each commit of `oids`, in order; one that is none tells by `why`."""
    for answer in bulk.read(oids):
        if answer.kind == "commit":
            signed = raw.commit(answer.data)
            yield Commit(answer.spec, signed.parents, signed.person, signed.time, signed.message)
        else:
            why = answer.why or f"it is a {answer.kind}, not a commit"
            yield Commit(answer.spec, (), Person("", ""), 0, "", why)


def read_snapshots(bulk: Bulk, commits: Iterable[Commit]) -> Iterator[Snapshot]:
    """Each commit with its manifest, in order."""
    commits = list(commits)
    answers = bulk.read(f"{commit.oid}:{MANIFEST}" for commit in commits)
    for commit, answer in zip(commits, answers, strict=True):
        why = commit.why or (f"its {MANIFEST}: {answer.why}" if answer.why else "")
        if not why and answer.kind != "blob":
            why = f"its {MANIFEST} is a {answer.kind}, not a file"
        yield _unreadable(commit, why) if why else _snapshot(commit, answer.data)


def versions(git: Git, new: Iterable[str], known: Container[str] = ()) -> Iterator[Snapshot]:
    """What is reachable from `new` without passing through `known`, children first.

    Parents outside the clone (a shallow one) end the walk.
    """
    with reader(git) as bulk:
        frontier = {oid for oid in new if oid not in known}
        seen = set(frontier)
        missing_counts = True  # a tip must be there, a parent may lie behind a shallow border
        while frontier:
            commits = list(read_commits(bulk, sorted(frontier)))
            yield from read_snapshots(bulk, [c for c in commits if missing_counts or not c.why])
            missing_counts = False
            parents = {parent for commit in commits for parent in commit.parents}
            frontier = {oid for oid in parents - seen if oid not in known}
            seen |= frontier


# -- the manifest, as far as lists need it -----------------------------------


def _unreadable(commit: Commit, why: str) -> Snapshot:
    info = VersionInfo(
        commit=commit.oid,
        parents=commit.parents,
        model="",
        branch="",
        number=0,
        author=commit.author,
        time=commit.time,
        message=commit.message,
        type="",
        flavor="",
        summary=why,
        params={},
        metrics={},
        tags={},
        size=0,
    )
    return Snapshot(info, (), why)


def _snapshot(commit: Commit, data: bytes) -> Snapshot:
    try:
        document = json.loads(data)
        found = document["format"]
        if type(found) is not int or found < 1:
            return _unreadable(commit, f"its {MANIFEST} is of format {found!r}"[:REASON_LIMIT])
        if found > FORMAT:
            why = f"format {found} is newer than this nbmodel reads: pip install -U nbmodel"
            return _unreadable(commit, why)
        return _summary(commit, document)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, InvalidName) as error:
        why = f"{type(error).__name__}: {error}"[:REASON_LIMIT]
        return _unreadable(commit, f"its {MANIFEST} is not valid: {why}")


def _summary(commit: Commit, document: Mapping[str, Any]) -> Snapshot:
    """The fields of `manifest.loads` that lists show, as strictly, at a third of its cost."""
    described, payload = document["object"], document["payload"]
    segments = [payload["skeleton"], *payload["segments"]]
    info = VersionInfo(
        commit=commit.oid,
        parents=commit.parents,
        model=refs.check_name("model", _typed(document["model"], str)),
        branch=refs.check_name("branch", _typed(document["branch"], str)),
        number=_natural(document["number"]),
        author=commit.author,
        time=commit.time,
        message=commit.message,
        type=_typed(described["type"], str),
        flavor=_typed(described["flavor"], str),
        summary=_typed(described["summary"], str),
        params=_checked(document["params"], {str, bool, int, float, type(None)}),
        metrics=_checked(document["metrics"], {int, float}),
        tags=_checked(document["tags"], {str}),
        size=_natural(sum(_natural(segment["size"]) for segment in segments)),
        uses=tuple([_use(use) for use in document["uses"]]),
    )
    return Snapshot(info, tuple(_sha256(segment["sha256"]) for segment in segments))


def _use(document: Mapping[str, Any]) -> Use:
    oid = _typed(document["commit"], str)
    if not _OID.fullmatch(oid):
        raise TypeError(f"{oid!r} where 40 hex digits belong")
    return Use(refs.check_name("model", _typed(document["model"], str)), oid)


def _checked(mapping: dict[str, Any], kinds: set[type]) -> dict[str, Any]:
    # JSON gives exact types: its true is no metric, though Python's bool is an int.
    for kind in set(map(type, mapping.values())) - kinds:
        raise TypeError(f"{kind.__name__} among {sorted(mapping)}")
    return mapping


def _typed(value: Any, kind: type[str]) -> str:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} where a text belongs")
    return value


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise TypeError(f"{value!r} where a number from 0 belongs")
    return value


def _sha256(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise TypeError(f"{value!r} where 64 hex digits belong")
    return value
