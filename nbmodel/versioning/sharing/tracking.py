"""What a remote had at the last push or pull: ``refs/remotes/NAME/...``, as git keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel import refs
from nbmodel.repo.remote_settings import Remote
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing.shared import RULES_REF, SharedRefs, is_ancestor


def note(context: Context, remote: Remote, theirs: SharedRefs) -> None:
    """Keep what a remote has now. A branch that it has no more keeps its last place."""
    current, targets = tips(context, remote), places(remote, theirs)
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


def places(remote: Remote, theirs: SharedRefs) -> dict[str, str]:
    """The references that keep what a remote has: object id by full name."""
    targets = {_name(remote, ref): oid for ref, oid in theirs.branches.items()}
    if theirs.rules:
        targets[_name(remote, RULES_REF)] = theirs.rules
    return targets


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
