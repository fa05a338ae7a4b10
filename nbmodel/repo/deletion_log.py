"""The log of deletions of this clone: a chain of commits, each of which names the one before it.

The trash holds what can be restored, and loses its entries. ``refs/nbmodel/deletions`` keeps who
deleted, restored or emptied what, when and why. It is never pushed. A commit has no files, and a
line ``Deleted: MODEL/BRANCH TIP ENTRY`` for each entry of the trash; see `nbmodel.repo.trash`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from nbmodel.errors import GitFailed, LostRace
from nbmodel.records import Person
from nbmodel.repo import ref_updates, user_settings
from nbmodel.repo.identity import signature_line
from nbmodel.repo.signed_objects import sign_commit
from nbmodel.repo.signing import signer
from nbmodel.repo.trash import TrashEntry

if TYPE_CHECKING:
    from nbmodel.repo.git import Git
    from nbmodel.repo.summaries import Commit

Action = Literal["Deleted", "Restored", "Emptied"]

DELETIONS_REF = "refs/nbmodel/deletions"
MAX_RETRIES = 20
_LINE_RE = re.compile(
    r"^(?P<action>Deleted|Restored|Emptied): (?P<model>[A-Za-z0-9_-]+)/(?P<branch>[A-Za-z0-9_-]*) "
    r"(?P<tip>[0-9a-f]{40}|-) (?P<entry>[0-9a-f]{40})$",
    re.MULTILINE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRecord:
    """A line of the log: what was done to a branch, or to a model if `branch` is empty.

    Attributes
    ----------
    commit : Commit
        Who did it, when and why.
    action : {"Deleted", "Restored", "Emptied"}
    model, branch : str
    tip : str
        Commit id of its last version; empty if it was unknown.
    entry : str
        Object id of the entry of the trash.
    """

    commit: Commit
    action: Action
    model: str
    branch: str
    tip: str
    entry: str

    @property
    def name(self) -> str:
        """As a reference: ``churn:exp``, or ``churn`` for a model."""
        return f"{self.model}:{self.branch}" if self.branch else self.model


def append(
    git: Git, action: Action, entries: Iterable[TrashEntry], author: Person, time: int, why: str
) -> None:
    """Add a commit to the log.

    Raises
    ------
    LostRace, Locked
        If other writers moved the log before each retry, or may hold its lock.
    SigningFailed
        If the user signs, and the key is missing or refused.
    WriteFailed, GitFailed
    """
    lines = [f"{action}: {e.model}/{e.branch} {e.tip or '-'} {e.oid}" for e in entries]
    if not lines:
        return
    person = signature_line(author, time)
    text = "\n\n".join(filter(None, [why.replace("\0", "\ufffd").strip(), "\n".join(lines)]))
    tree = _write(git, "tree", b"")
    for _ in range(MAX_RETRIES):
        tip = git.resolve(DELETIONS_REF) or ""
        parent = f"parent {tip}\n" if tip else ""
        body = f"tree {tree}\n{parent}author {person}\ncommitter {person}\n\n{text}\n"
        oid = _write(git, "commit", body.encode(errors="replace"))
        if signs := signer(user_settings.read(git), "commit"):
            oid = sign_commit(git, oid, signs)
        try:
            ref_updates.move(git, DELETIONS_REF, oid, tip, is_new_object=True)
        except GitFailed:
            if (git.resolve(DELETIONS_REF) or "") == tip:
                raise  # nobody moved the log, so git has another reason
            continue
        return
    raise LostRace(f"{DELETIONS_REF} is being moved by other writers.", "Run the command again.")


def records_of(commit: Commit) -> list[DeletionRecord]:
    """The lines of a commit of the log."""
    paragraph = commit.message.rpartition("\n\n")[2]
    return [
        DeletionRecord(
            commit=commit,
            action=cast("Action", match["action"]),
            model=match["model"],
            branch=match["branch"],
            tip=match["tip"].removeprefix("-"),
            entry=match["entry"],
        )
        for match in _LINE_RE.finditer(paragraph)
    ]


def reason_of(commit: Commit) -> str:
    """Why: the message of a commit of the log without its lines."""
    text, _, paragraph = commit.message.rpartition("\n\n")
    return text.strip() if _LINE_RE.match(paragraph) else commit.message


def commits(git: Git) -> list[str]:
    """Ids of the commits of the log, the newest first."""
    if git.resolve(DELETIONS_REF) is None:
        return []
    return git.run("rev-list", "--first-parent", DELETIONS_REF, "--").decode().split()


def _write(git: Git, kind: str, data: bytes) -> str:
    words = ("hash-object", "-t", kind, "-w", "--stdin")
    return git.run(*words, data=data).decode().strip()
