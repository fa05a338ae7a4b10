"""What a remote had at the last push or pull: ``refs/remotes/NAME/...``, as git keeps it.

Branches, notes and rules have a reference each. The labels (releases and stage moves) are one
document, so that git does not list each of them as a branch of the remote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nbmodel import refs
from nbmodel.repo.git import Git
from nbmodel.repo.remote_settings import Remote
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing.shared import RULES_REF, SharedRefs, is_ancestor

LABELS_REF = "refs/nbmodel/labels"  # at a remote of this clone; no such reference travels
MAX_LABELS_BYTES = 1 << 26
_LABEL_RE = re.compile(r"([0-9a-f]{40}) (\S+)", re.ASCII)


def note(context: Context, remote: Remote, theirs: SharedRefs) -> None:
    """Keep what a remote has now. A branch or label that it has no more keeps its last place."""
    earlier = labels(context.git, remote)
    current, targets = tips(context, remote), places(context.git, remote, theirs, earlier)
    lines = [f"update {ref} {oid}\n" for ref, oid in targets.items() if current.get(ref) != oid]
    if lines:
        context.git.run("update-ref", "--no-deref", "--stdin", data="".join(lines).encode())


def branches(context: Context, remote: Remote) -> dict[str, str]:
    """The branches of models that the remote had: commit id by their full names here."""
    prefix = f"refs/remotes/{remote.name}/"
    names = {
        f"refs/heads/{ref.removeprefix(prefix)}": o for ref, o in tips(context, remote).items()
    }
    return {ref: oid for ref, oid in names.items() if refs.parse_branch_ref(ref)}


def forget(context: Context, remote: Remote, names: Iterable[str]) -> None:
    """Drop the record of branches that the remote has no more."""
    current = tips(context, remote)
    targets = (_name(remote, ref) for ref in names)
    lines = [f"delete {ref} {current[ref]}\n" for ref in targets if ref in current]
    if lines:
        context.git.run("update-ref", "--no-deref", "--stdin", data="".join(lines).encode())


def places(
    git: Git, remote: Remote, theirs: SharedRefs, earlier: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The references that keep what a remote has: object id by full name.

    Parameters
    ----------
    git : Git
    remote : Remote
    theirs : SharedRefs
    earlier : mapping of str to str, optional
        Labels that it had, by short name: another model may have them.
    """
    targets = {_name(remote, ref): oid for ref, oid in theirs.branches.items()}
    for ref, oid in ((RULES_REF, theirs.rules), (refs.NOTES_REF, theirs.notes)):
        if oid:
            targets[_name(remote, ref)] = oid
    names = {ref.removeprefix(refs.TAG_PREFIX): oid for ref, oid in theirs.tags.items()}
    if every := {**(earlier or {}), **names}:
        data = "".join(f"{oid} {name}\n" for name, oid in sorted(every.items())).encode()
        blob = git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
        targets[_name(remote, LABELS_REF)] = blob
    return targets


def labels(git: Git, remote: Remote) -> dict[str, str]:
    """The labels that the remote had: the id of the tag's object by its short name."""
    blob = git.read(_name(remote, LABELS_REF), MAX_LABELS_BYTES)
    lines = b"" if blob is None or blob.kind != "blob" else blob.data
    matches = map(_LABEL_RE.fullmatch, lines.decode(errors="replace").splitlines())
    return {match[2]: match[1] for match in matches if match}


def notes_ref(remote: Remote) -> str:
    """The reference that keeps the notes of a remote."""
    return _name(remote, refs.NOTES_REF)


def tips(context: Context, remote: Remote) -> dict[str, str]:
    """What the remote had, by the full names of this clone."""
    text = context.git.run(
        "for-each-ref", "--format=%(objectname) %(refname)", f"refs/remotes/{remote.name}"
    )
    pairs = (line.partition(" ") for line in text.decode(errors="replace").splitlines())
    return {ref: oid for oid, _, ref in pairs}


def rewritten(context: Context, remote: Remote, theirs: SharedRefs) -> list[str]:
    """Branches that have lost versions at a remote since the last push or pull, by full name."""
    earlier = branches(context, remote)
    return [
        ref for ref, oid in theirs.branches.items()
        if earlier.get(ref, oid) != oid and not is_ancestor(context.git, earlier[ref], oid)
    ]  # fmt: skip


def rules(context: Context, remote: Remote) -> str:
    """The rules that the remote had, as the id of their document; empty if that is unknown."""
    return context.git.resolve(_name(remote, RULES_REF)) or ""


def _name(remote: Remote, ref: str) -> str:
    rest = ref.removeprefix("refs/heads/").removeprefix("refs/")
    return f"refs/remotes/{remote.name}/{rest}"
