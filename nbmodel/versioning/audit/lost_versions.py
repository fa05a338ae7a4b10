"""Versions that a label or git's reflog names, and that no branch leads to any more.

The log of deletions explains some of them: their branch was deleted, and the trash was emptied. A
clone does not know what was deleted in another clone. So a label alone proves that a branch was
moved back, but not that it was rewritten, if there are remotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from nbmodel import refs
from nbmodel.errors import GitFailed
from nbmodel.repo.remote_settings import remotes
from nbmodel.versioning.audit.facts import Fact
from nbmodel.versioning.audit.findings import AuditFinding
from nbmodel.versioning.audit.scan import Scan
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import is_ancestor, line_of, listed

KIND = "branch"


def lost_versions(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Labels and entries of the reflog that show that a branch has lost versions.

    In a shallow clone, or where commits are damaged, it is not known what a branch leads to.
    """
    explained = _explained(scan)
    if explained is not None:
        yield from _labels(scan, explained)
        yield from _reflogs(scan, explained)


def _explained(scan: Scan) -> frozenset[str] | None:
    """Commits to which a branch, the trash, the record of a remote or the log of deletions leads.

    None if that is unknown: git cannot read some of it, or has no more what left the trash.
    """
    waiting = {*scan.branches.values(), *(entry.tip for entry in scan.trash if entry.tip)}
    commits: set[str] = set()
    while waiting:
        oid = waiting.pop()
        if oid not in scan.commits or (scan.commits[oid].lost and scan.commits[oid].why):
            return None
        commits.add(oid)
        waiting.update(set(scan.commits[oid].info.parents) - commits)
    records = {
        oid for remote in remotes(scan.context.git).values()
        for oid in tracking.branches(scan.context, remote).values()
    }  # fmt: skip
    emptied = {each.tip for each in scan.deletions if each.action == "Emptied" and each.tip}
    if not all(_is_here(scan, tip) for tip in emptied):
        return None
    ends = emptied | {oid for oid in records if _is_here(scan, oid)}
    if others := "".join(f"{oid}\n" for oid in ends - commits):
        try:
            printed = scan.context.git.run("rev-list", "--stdin", data=others.encode())
        except GitFailed:
            return None
        commits.update(printed.decode().split())
    return frozenset(commits)


def _has_lost(scan: Scan, commit: str, explained: Collection[str]) -> bool:
    """Whether a commit is here, and nothing leads to it or says why."""
    return commit not in explained and _is_here(scan, commit)


def _labels(scan: Scan, explained: Collection[str]) -> Iterator[AuditFinding]:
    shared = bool(remotes(scan.context.git))
    for tag in scan.tags.values():
        summary = scan.commits.get(tag.content.record.commit) if tag.content.record else None
        if summary is None or summary.why or summary.info.model != scan.model:
            continue
        commit = summary.info.commit
        ref = refs.branch_ref(scan.model, summary.info.branch)
        tip = scan.branches.get(ref, "")
        if not tip or not _has_lost(scan, commit, explained):
            continue
        what = f"it names {scan.name_of(commit)}, to which no branch leads"
        if is_ancestor(scan.context.git, tip, commit):
            yield AuditFinding(tag.name, KIND, f"{what}: {line_of(ref)} was moved back")
        elif not shared:
            yield AuditFinding(tag.name, KIND, f"{what}: {line_of(ref)} was rewritten")


def _reflogs(scan: Scan, explained: Collection[str]) -> Iterator[AuditFinding]:
    for ref in scan.branches:
        former_tips = [oid for oid in _reflog(scan, ref) if _has_lost(scan, oid, explained)]
        if former_tips:
            names = listed([oid[:10] for oid in former_tips])
            problem = f"it was at {names}, as git's reflog says, to which no branch leads any more"
            yield AuditFinding(line_of(ref), KIND, problem)


def _reflog(scan: Scan, ref: str) -> list[str]:
    """What a branch was at, the newest first; empty if git has no log of it, or cannot read it."""
    try:
        printed = scan.context.git.run("reflog", "show", "--format=%H", ref, "--")
    except GitFailed:
        return []
    return [*dict.fromkeys(printed.decode("ascii", "replace").split())]


def _is_here(scan: Scan, commit: str) -> bool:
    return commit in scan.commits or scan.context.git.measure(commit) is not None
