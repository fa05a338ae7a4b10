"""What a remote and this clone had at the last push or pull, and this clone has not any more.

What others have pushed since then, and stock git has fetched, is not a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbmodel import display, refs
from nbmodel.errors import GitFailed
from nbmodel.repo import notes as git_notes
from nbmodel.repo.remote_settings import Remote, remotes
from nbmodel.versioning.audit.facts import Fact
from nbmodel.versioning.audit.findings import AuditFinding
from nbmodel.versioning.audit.scan import Scan
from nbmodel.versioning.events import of_note
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import is_ancestor, line_of

KIND = "remote"


def remote_losses(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Branches, labels and notes that were here, as ``refs/remotes`` holds, and are not now."""
    for remote in remotes(scan.context.git).values():
        yield from _branches(scan, remote)
        yield from _labels(scan, remote)
        yield from _notes(scan, remote)


def _branches(scan: Scan, remote: Remote) -> Iterator[AuditFinding]:
    for ref, oid in tracking.common_branches(scan.context.git, remote).items():
        parsed = refs.parse_branch_ref(ref)
        if parsed is None or parsed[0] != scan.model:
            continue
        problem = _problem(scan, ref, parsed[1], oid)
        if problem:
            yield AuditFinding(
                line_of(ref), KIND, f"{remote.name} had {scan.name_of(oid)}: {problem}"
            )


def _problem(scan: Scan, ref: str, branch: str, oid: str) -> str:
    """What is wrong with a branch that a remote had at `oid`; empty if nothing is."""
    tip = scan.branches.get(ref, "")
    if tip:
        if _has(scan, tip, oid):
            return ""
        if _has(scan, oid, tip):
            return "later versions were here, and are not any more"
        return "the branch was rewritten here, and has not this version any more"
    whole = any(not entry.branch for entry in scan.trash)
    tips = [entry.tip for entry in scan.trash if entry.branch == branch or whole]
    if any(_has(scan, tip, oid) for tip in tips if tip):
        return ""
    last = next((record for record in scan.deletions if record.branch == branch), None)
    if last is not None and last.action == "Emptied":
        return ""
    return "the branch is not here, and not in the trash"


def _has(scan: Scan, tip: str, oid: str) -> bool:
    """Whether a commit is in the history of `tip`; False if one of them is not in this clone."""
    git = scan.context.git
    return all(git.measure(each) is not None for each in (tip, oid)) and is_ancestor(git, oid, tip)


def _labels(scan: Scan, remote: Remote) -> Iterator[AuditFinding]:
    for name, oid in tracking.common_labels(scan.context.git, remote).items():
        if refs.model_of(name) != scan.model or not refs.is_label(name):
            continue
        tag = scan.tags.get(name)
        if tag is None:
            problem = f"{remote.name} had it ({oid[:10]}), and it is not here any more"
            yield AuditFinding(name, KIND, problem)
        elif tag.oid != oid:
            yield AuditFinding(
                name, KIND, f"{remote.name} had {oid[:10]}, and here it is {tag.oid[:10]}"
            )


def _notes(scan: Scan, remote: Remote) -> Iterator[AuditFinding]:
    git, ref = scan.context.git, tracking.notes_ref(remote)
    try:
        noted = git_notes.commits(git, ref)
    except GitFailed as error:
        yield AuditFinding(ref, "object", error.what)
        return
    for version in scan.versions:
        if version.commit not in noted:
            continue
        name = scan.name_of(version.commit)
        try:
            there = git_notes.read(git, version.commit, ref)
            here = git_notes.read(git, version.commit)
        except GitFailed:  # `findings` says why
            continue
        for note in there:
            if note not in here:
                what = f"the {of_note(note, version, name).kind}"
                who = f"by {note.author.name} of {display.moment(note.time)}"
                problem = f"{remote.name} had {what} {who}, and it is not here any more"
                yield AuditFinding(name, KIND, problem)
