"""What a remote had at the last push or pull.

Branches are in ``refs/remotes/NAME/``, as git keeps them. `git fetch` moves these, and with
``--prune`` it removes what the remote has no more. So notes, rules and one document are elsewhere,
in ``refs/remotes-nbmodel/NAME/``. The document has what the remote and this clone both had at the
last push or pull: the labels (releases and stage moves), and how far each branch was. Only a push
or a pull of nbmodel changes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nbmodel import refs
from nbmodel.errors import RemoteFailed
from nbmodel.repo import history
from nbmodel.repo.git import Git
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import RECORDS_PREFIX, Remote
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing.shared import (
    PATTERNS,
    RULES_REF,
    SharedRefs,
    is_ancestor,
    relation,
    select,
)

COMMON_REF = "refs/nbmodel/labels"  # at a remote of this clone; no such reference travels
MAX_COMMON_BYTES = 1 << 26
_LINE_RE = re.compile(r"([0-9a-f]{40}) (\S+)", re.ASCII)


def note(context: Context, remote: Remote, theirs: SharedRefs) -> None:
    """Keep what a remote has now. A branch or label that it has no more keeps its last place."""
    here = dict(history.listing(context.git).items())
    earlier = _common(context.git, remote)
    current, targets = tips(context, remote), places(context.git, remote, theirs, here, earlier)
    lines = [f"update {ref} {oid}\n" for ref, oid in targets.items() if current.get(ref) != oid]
    if lines:
        context.git.run("update-ref", "--no-deref", "--stdin", data="".join(lines).encode())


def is_one_repository(context: Context, remote: Remote, network: Network) -> bool:
    """Whether a pull reads what a push writes.

    A remote may have one address to read and one to write: two protocols for one repository, or a
    fork of another one. What a fork has is not what the remote had, so it is not recorded.

    Parameters
    ----------
    context : Context
    remote : Remote
    network : Network
        The address that a push writes to.
    """
    if remote.push_url in ("", remote.url):
        return True
    try:
        with Network(context.git, remote.url, context.location.cache) as read:
            return select(read.names(*PATTERNS)) == select(network.names(*PATTERNS))
    except RemoteFailed:
        return False


def branches(context: Context, remote: Remote) -> dict[str, str]:
    """The branches of models that the remote had: commit id by their full names here."""
    prefix = f"refs/remotes/{remote.name}/"
    names = {
        f"refs/heads/{ref.removeprefix(prefix)}": o for ref, o in tips(context, remote).items()
    }
    return {ref: oid for ref, oid in names.items() if refs.parse_branch_ref(ref)}


def forget(context: Context, remote: Remote, names: Iterable[str]) -> None:
    """Drop the record of branches that the remote has no more."""
    git, current, former = context.git, tips(context, remote), {*names}
    lines = [
        f"delete {ref} {current[ref]}\n"
        for ref in (_name(remote, name) for name in former)
        if ref in current
    ]
    common = _common(git, remote)
    if former & common.keys():
        blob = _document(git, {name: oid for name, oid in common.items() if name not in former})
        lines.append(f"update {_name(remote, COMMON_REF)} {blob}\n")
    if lines:
        git.run("update-ref", "--no-deref", "--stdin", data="".join(lines).encode())


def places(
    git: Git,
    remote: Remote,
    theirs: SharedRefs,
    here: Mapping[str, str],
    earlier: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The references that keep what a remote has: object id by full name.

    Parameters
    ----------
    git : Git
    remote : Remote
    theirs : SharedRefs
    here : mapping of str to str
        The references of this clone, by full name.
    earlier : mapping of str to str, optional
        The document of the last push or pull: another model may be in it.
    """
    targets = {_name(remote, ref): oid for ref, oid in theirs.branches.items()}
    for ref, oid in ((RULES_REF, theirs.rules), (refs.NOTES_REF, theirs.notes)):
        if oid:
            targets[_name(remote, ref)] = oid
    if every := {**(earlier or {}), **_in_both(git, theirs, here)}:
        targets[_name(remote, COMMON_REF)] = _document(git, every)
    return targets


def common_branches(git: Git, remote: Remote) -> dict[str, str]:
    """The last version of each branch that the remote and this clone had, by full name."""
    return {ref: o for ref, o in _common(git, remote).items() if refs.parse_branch_ref(ref)}


def common_labels(git: Git, remote: Remote) -> dict[str, str]:
    """The labels that the remote and this clone had: the id of the tag's object by short name."""
    return {name: o for name, o in _common(git, remote).items() if refs.is_label(name)}


def notes_ref(remote: Remote) -> str:
    """The reference that keeps the notes of a remote."""
    return _name(remote, refs.NOTES_REF)


def tips(context: Context, remote: Remote) -> dict[str, str]:
    """What the remote had, by the full names of this clone."""
    places = (f"refs/remotes/{remote.name}", f"{RECORDS_PREFIX}{remote.name}")
    text = context.git.run("for-each-ref", "--format=%(objectname) %(refname)", *places)
    pairs = (line.partition(" ") for line in text.decode(errors="replace").splitlines())
    return {ref: oid for oid, _, ref in pairs}


def rewritten(context: Context, remote: Remote, theirs: SharedRefs) -> list[str]:
    """Branches that have lost versions at a remote since the last push or pull, by full name.

    A fetch of stock git moves ``refs/remotes``, so the document counts too.
    """
    records = (branches(context, remote), common_branches(context.git, remote))
    return [
        ref for ref, oid in theirs.branches.items()
        if any(_has_lost(context.git, earlier.get(ref, oid), oid) for earlier in records)
    ]  # fmt: skip


def _has_lost(git: Git, earlier: str, now: str) -> bool:
    return earlier != now and not is_ancestor(git, earlier, now)


def rules(context: Context, remote: Remote) -> str:
    """The rules that the remote had, as the id of their document; empty if that is unknown."""
    return context.git.resolve(_name(remote, RULES_REF)) or ""


def _name(remote: Remote, ref: str) -> str:
    if refs.parse_branch_ref(ref):
        return f"refs/remotes/{remote.name}/{ref.removeprefix('refs/heads/')}"
    return f"{RECORDS_PREFIX}{remote.name}/{ref.removeprefix('refs/')}"


def _in_both(git: Git, theirs: SharedRefs, here: Mapping[str, str]) -> dict[str, str]:
    """The labels that are here and there, and the newest version of each branch that is."""
    common = {
        ref.removeprefix(refs.TAG_PREFIX): oid
        for ref, oid in theirs.tags.items()
        if here.get(ref) == oid
    }
    for ref, oid in theirs.branches.items():
        if mine := here.get(ref):
            related = relation(git, mine, oid)
            if related != "diverged":
                common[ref] = mine if related == "behind" else oid
    return common


def _common(git: Git, remote: Remote) -> dict[str, str]:
    """The document: labels by short name, branches by full name."""
    blob = git.read(_name(remote, COMMON_REF), MAX_COMMON_BYTES)
    lines = b"" if blob is None or blob.kind != "blob" else blob.data
    matches = map(_LINE_RE.fullmatch, lines.decode(errors="replace").splitlines())
    return {match[2]: match[1] for match in matches if match}


def _document(git: Git, common: Mapping[str, str]) -> str:
    data = "".join(f"{oid} {name}\n" for name, oid in sorted(common.items())).encode()
    return git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
