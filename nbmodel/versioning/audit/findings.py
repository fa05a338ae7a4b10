"""What is wrong with the facts of a model: bad signatures, broken chains, counters with gaps.

Another check is a function of a `Scan` and its facts, and a row in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nbmodel import refs
from nbmodel.errors import GitFailed, NbModelError
from nbmodel.index.problems import absent_moves
from nbmodel.repo import notes as git_notes
from nbmodel.repo import tag_trailers
from nbmodel.repo.deletion_log import DELETIONS_REF, DeletionRecord
from nbmodel.versioning.audit.facts import Fact
from nbmodel.versioning.audit.scan import Scan, Tag
from nbmodel.versioning.sharing import notes as shared_notes
from nbmodel.versioning.sharing.shared import RULES_REF, line_of

Check = Callable[[Scan, Sequence[Fact]], Iterator["AuditFinding"]]


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What is wrong: with what, in which respect, and how."""

    where: str
    kind: str
    problem: str


def _signatures(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    for fact in facts:
        if fact.verification.state == "bad":
            why = fact.verification.why or "it does not fit the content"
            yield AuditFinding(fact.name, "signature", f"its signature is bad: {why}")


def _moves(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Moves of a stage whose predecessor is not the one that they name."""
    for tags in _stages(scan).values():
        for before, tag in pairwise([None, *tags]):
            stated = tag.content.previous if tag else ""
            if tag is None or stated in ("", before.oid if before else tag_trailers.FIRST):
                continue
            yield AuditFinding(tag.name, "predecessor", _difference(scan, stated, before))


def _difference(scan: Scan, stated: str, before: Tag | None) -> str:
    now = f"{before.name} is" if before else "there is none"
    if stated == tag_trailers.FIRST:
        return f"it says that it is the first move of the stage, but {now} before it"
    name = next((tag.name for tag in scan.tags.values() if tag.oid == stated), "")
    if name:
        return f"it names {name} as the move before it, but {now} now"
    why = "which no tag has: that move was removed or replaced"
    return f"it names the object {stated[:10]} as the move before it, {why}"


def _stages(scan: Scan) -> dict[str, list[Tag]]:
    """The tags of each stage in the order of their counters."""
    stages: dict[str, list[tuple[int, str]]] = {}
    for name in scan.tags:
        if parsed := refs.parse_stage_tag(name):
            stages.setdefault(parsed[1], []).append((parsed[3], name))
    return {
        stage: [scan.tags[name] for _, name in sorted(items)]
        for stage, items in sorted(stages.items())
    }


def _ends(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Ends of releases that name another tag than the one that is there."""
    for tag in scan.tags.values():
        end, stated = refs.parse_release_end(tag.name), tag.content.previous
        if end is None or not stated:
            continue
        release = scan.tags.get("@".join(end))
        if release is None:
            problem = "the release that it ends is not there: its tag was removed"
            yield AuditFinding(tag.name, "predecessor", problem)
        elif release.oid != stated:
            problem = f"it ends the tag {stated[:10]}, but {release.name} is {release.oid[:10]} now"
            yield AuditFinding(tag.name, "predecessor", problem)


def _notes_before(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    for fact in facts:
        for oid in fact.absent:
            problem = f"it names {oid[:10]} as the one before it, which is not there"
            yield AuditFinding(fact.name, "predecessor", problem)


def _counters(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    for name in absent_moves(scan.model, scan.tags):
        yield AuditFinding(
            name, "counter", "a later move of the stage is there, and this one is not"
        )
    for name in scan.tags:
        parsed = refs.parse_stage_tag(name)
        if parsed and parsed[2] and (other := name.replace("!", "")) in scan.tags:
            yield AuditFinding(name, "counter", f"{other} has the same counter")


def _numbers(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Versions whose number does not follow that of their parents."""
    for version in scan.versions:
        parents = [scan.commits.get(commit) for commit in version.parents]
        numbers = [each.info.number if each and not each.why else 0 for each in parents]
        if all(numbers) and version.number != 1 + max(numbers, default=0):
            after = f"follows number {max(numbers)}" if numbers else "is the first one"
            problem = f"its number is {version.number}, and it {after}"
            yield AuditFinding(scan.name_of(version.commit), "counter", problem)


def _objects(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """References and objects that cannot be read, or are not what their name says."""
    for ref, why in scan.unreadable.items():
        yield AuditFinding(ref, "object", why)
    for tag in scan.tags.values():
        if tag.content.why:
            yield AuditFinding(tag.name, "object", tag.content.why)
        elif tag.content.own:
            yield AuditFinding(tag.name, "object", f"its object is the tag {tag.content.own}")
        elif tag.content.record is None:
            problem = "it is not an annotated tag of a version: it says neither who nor why"
            yield AuditFinding(tag.name, "object", problem)
    for summary in scan.commits.values():
        if summary.why and summary.lost:
            yield AuditFinding(scan.name_of(summary.info.commit), "object", summary.why)
    for entry in scan.trash:
        if entry.why:
            yield AuditFinding(entry.ref, "object", entry.why)
    for why in scan.log_problems:
        yield AuditFinding(DELETIONS_REF, "object", why)


def _others(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Commits to which a branch leads, and that hold no version: nbmodel makes none."""
    for ref, tip in sorted(scan.branches.items()):
        waiting, visited = [tip], set()
        while waiting:
            summary = scan.commits.get(oid := waiting.pop())
            if summary is None or oid in visited:
                continue
            visited.add(oid)
            waiting.extend(summary.info.parents)
            if summary.why and not (summary.lost or summary.newer):
                problem = f"it leads to {oid[:10]}, which is not a version: {summary.why}"
                yield AuditFinding(line_of(ref), "object", problem)


def _trash(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Branches that were deleted and are gone from the trash, and entries without a record."""
    last: dict[str, DeletionRecord] = {}
    for record in scan.deletions:  # the newest first
        last.setdefault(record.branch, record)
    oids = {entry.oid for entry in scan.trash}
    for branch, record in last.items():
        is_there = not branch or refs.branch_ref(scan.model, branch) in scan.branches
        if record.action == "Deleted" and not is_there and record.entry not in oids:
            problem = "it was deleted, and is neither here nor in the trash"
            yield AuditFinding(record.name, "deletion", problem)
    begin = min((record.commit.time for record in scan.deletions), default=None)
    names = {record.entry for record in scan.deletions}
    for entry in scan.trash:
        if begin is not None and entry.time >= begin and entry.oid not in names:
            problem = "it is in the trash, and the log of deletions does not say why"
            yield AuditFinding(entry.name, "deletion", problem)


def _notes(scan: Scan, facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Notes and rules that cannot be read."""
    git = scan.context.git
    for version in scan.versions:
        try:
            if version.commit in scan.noted:
                git_notes.read(git, version.commit)
        except GitFailed as error:
            yield AuditFinding(f"the notes of {scan.name_of(version.commit)}", "object", error.what)
    try:
        if oid := git.resolve(RULES_REF):
            shared_notes.rule_entries(scan.context, oid)
    except NbModelError as error:
        yield AuditFinding(RULES_REF, "object", error.what)


CHECKS: tuple[Check, ...] = (
    _signatures,
    _moves,
    _ends,
    _notes_before,
    _counters,
    _numbers,
    _objects,
    _others,
    _trash,
    _notes,
)


def findings(scan: Scan, facts: Sequence[Fact]) -> list[AuditFinding]:
    """What is wrong with the facts of a model."""
    return [finding for check in CHECKS for finding in check(scan, facts)]
