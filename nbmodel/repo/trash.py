"""The trash: refs that keep deleted branches and models until they expire.

``refs/nbmodel/trash/TIME/MODEL/BRANCH`` names the object of an annotated tag. The object says who
deleted the branch, when and why, and names its last version. ``.../MODEL/@model`` marks a whole
model as deleted: its tags stay, and nbmodel does not show them. The trash is never pushed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.records import Person
from nbmodel.repo import raw_objects, references, tags
from nbmodel.repo.bulk_reader import BulkReader

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

DAY_SECONDS = 86_400
_MAX_OBJECT_BYTES = 1 << 20
_KEEP_DAYS_RE = re.compile(r"^Keep-Days: ([0-9]{1,6}(?:\.[0-9]{1,6})?)$", re.MULTILINE)
_REMOTE_RE = re.compile(r"^Deleted-At: (\S{1,200})$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashEntry:
    """A deleted branch, or a deleted model if `branch` is empty.

    Attributes
    ----------
    ref, oid : str
        The reference in the trash, and the object that it names.
    model, branch : str
    tip : str
        Commit id of its last version; empty if the object cannot be read.
    author : Person
        Who deleted it.
    time : int
        When, in seconds since the epoch.
    message : str
        Why; may be empty.
    keep_days : float
    remote : str
        The remote at which it was deleted, if a pull moved it to the trash.
    why : str
        Why its object cannot be read, or an empty text.
    """

    ref: str
    oid: str
    model: str
    branch: str
    tip: str
    author: Person
    time: int
    message: str = ""
    keep_days: float = refs.TRASH_DAYS
    remote: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """As a reference: ``churn:exp``, or ``churn`` for a model."""
        return f"{self.model}:{self.branch}" if self.branch else self.model

    @property
    def end(self) -> int:
        """When it may go, in seconds since the epoch."""
        return self.time + int(self.keep_days * DAY_SECONDS)


def hidden_models(names: Iterable[str]) -> frozenset[str]:
    """The models that are deleted as a whole, from the full names of all references."""
    parsed = (refs.parse_trash_ref(name) for name in names)
    return frozenset(entry[0] for entry in parsed if entry is not None and not entry[1])


def deleted_branches(names: Iterable[str]) -> frozenset[str]:
    """Full names of the branches in the trash, from the full names of all references."""
    parsed = (refs.parse_trash_ref(name) for name in names)
    return frozenset(refs.branch_ref(entry[0], entry[1]) for entry in parsed if entry and entry[1])


def entries(git: Git) -> list[TrashEntry]:
    """What is in the trash, the newest first.

    Raises
    ------
    GitFailed, ReadFailed
        If the references cannot be listed.
    """
    listed = references.listing(git, refs.TRASH_PREFIX[:-1]).items()
    parsed = [(ref, oid, name) for ref, oid in listed if (name := refs.parse_trash_ref(ref))]
    result = []
    with BulkReader(git, _MAX_OBJECT_BYTES) as bulk:
        answers = bulk.read(oid for _, oid, _ in parsed)
        for (ref, oid, (model, branch, time)), answer in zip(parsed, answers, strict=True):
            record = raw_objects.tag(answer.data)
            why = answer.why or ("" if record.parents else "it does not name a version")
            result.append(
                TrashEntry(
                    ref=ref,
                    oid=oid,
                    model=model,
                    branch=branch,
                    tip="" if why else record.parents[0],
                    author=record.person,
                    time=time,
                    message=_REMOTE_RE.sub("", _KEEP_DAYS_RE.sub("", record.message)).strip(),
                    keep_days=_keep_days(record.message),
                    remote=(_REMOTE_RE.findall(record.message) or [""])[-1],
                    why=why,
                )
            )
    return sorted(result, key=lambda entry: (-entry.time, entry.name))


def make_entry(
    git: Git,
    line: tuple[str, str],
    tip: str,
    who: tuple[Person, int],
    message: str,
    days: float,
    remote: str = "",
) -> TrashEntry:
    """Write the object of an entry; the caller moves its reference.

    Parameters
    ----------
    git : Git
    line : (str, str)
        Model and branch; an empty branch for the whole model.
    tip : str
        Commit id of the last version.
    who : (Person, int)
        Who deletes it, and when.
    message : str
    days : float
        How long it can be restored.
    remote : str
        The remote at which it was deleted, if a pull moves it.
    """
    (model, branch), (author, time) = line, who
    ref = refs.trash_ref(model, branch, time)
    text = f"{message.strip() or 'Deleted'}\n\nKeep-Days: {days:g}"
    if remote:
        text += f"\nDeleted-At: {remote}"
    oid = tags.make_object(git, ref.removeprefix("refs/"), tip, author, time, text)
    return TrashEntry(
        ref=ref,
        oid=oid,
        model=model,
        branch=branch,
        tip=tip,
        author=author,
        time=time,
        message=message.strip(),
        keep_days=days,
        remote=remote,
    )


def newest(among: Sequence[TrashEntry], model: str, branch: str) -> TrashEntry | None:
    """The newest entry of a branch, or of a model without a branch; None if there is none."""
    fits = [entry for entry in among if (entry.model, entry.branch) == (model, branch)]
    return max(fits, key=lambda entry: entry.time, default=None)


def _keep_days(message: str) -> float:
    days = _KEEP_DAYS_RE.findall(message)
    return float(days[-1]) if days else refs.TRASH_DAYS
