"""References that cannot be read or may have been lost. `gc` removes nothing while there are any.

Besides the references that `verify` checks, every other reference and log of the repository
counts, because the folder of segments is that of git-lfs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from nbmodel.errors import InvalidValue, NbModelError
from nbmodel.repo import references
from nbmodel.repo.failures import RESTORE
from nbmodel.repo.git import Git
from nbmodel.repo.packs import why_absent
from nbmodel.versioning import lost_refs
from nbmodel.versioning.context import Context, trouble

MAX_NAMES = 3  # of references that a message lists
_READ = ("refs", "logs", "worktrees")  # rev-list takes an unreadable file here for an absent one


@dataclass(frozen=True, slots=True)
class UncertainRef:
    """A reference, what is wrong with it, and what to do."""

    ref: str
    why: str
    hint: str = ""


def find_uncertain_refs(context: Context) -> list[UncertainRef]:
    """All references because of which it is not known which segments are in use."""
    try:
        for name in _READ:
            references.require_readable(context.git.git_dir / name, files=True)
        if why := why_absent(context.git.git_dir, ""):
            return [UncertainRef("objects", why, "Then repeat.")]
        context.index.refresh()
        listed = references.listing(context.git, "refs")
        ours = context.index.problems()
    except NbModelError as error:  # no reference can be listed
        return [UncertainRef("references", error.what.removesuffix("."), error.hint)]
    found = [UncertainRef(p.ref, p.why, trouble(p).hint if p.seen else "") for p in ours]
    known = {problem.ref for problem in ours}
    return found + [
        UncertainRef(ref, why) for ref, why in listed.broken.items() if ref not in known
    ]


def refusal(found: Sequence[UncertainRef]) -> str:
    """Which references are in uncertain, and why."""
    shown = "; ".join(f"{uncertain.ref}: {uncertain.why}" for uncertain in found[:MAX_NAMES])
    more = f"; and {len(found) - MAX_NAMES} more (%model_verify)" if len(found) > MAX_NAMES else ""
    return f"{shown.rstrip('.')}{more}; what it named may be in use"


def advice(uncertain: UncertainRef) -> str:
    """What to do about an uncertain reference."""
    return uncertain.hint or RESTORE


def left(context: Context, grace_s: float) -> list[str]:
    """Commits that branches pointed to less than `grace_s` seconds ago, and do not any more."""
    clock = time.time()
    seen = [sight.oid for sight in context.index.abandoned_tips() if sight.time + grace_s > clock]
    seen += _logged(context.git)
    return [oid for oid in dict.fromkeys(seen) if context.git.measure(oid) is not None]


def forget(context: Context, patterns: Sequence[str]) -> None:
    """Record that references were deleted or moved back on purpose.

    Raises
    ------
    InvalidValue
        If a pattern matches no reference that was deleted or moved back.
    """
    context.require_writable("forget a reference")
    context.index.refresh()
    logs = _left_logs(context.git)
    seen = {sight.ref for sight in (*context.index.missing_refs(), *context.index.abandoned_tips())}
    unseen = {item.ref: item.oid for item in lost_refs.find_lost_refs(context)}
    known = seen | logs.keys() | unseen.keys()
    for pattern in patterns:
        if not any(fnmatchcase(ref, pattern) for ref in known):
            names = ", ".join(sorted(known)[:MAX_NAMES]) or "none"
            raise InvalidValue(
                f"{pattern!r} matches no reference that is gone or was moved back.",
                f"Known ones: {names}. To forget a reference, first delete it: "
                "git update-ref -d REF.",
            )
    chosen = {ref for ref in known if any(fnmatchcase(ref, pattern) for pattern in patterns)}
    for ref in chosen & logs.keys():
        logs[ref].unlink(missing_ok=True)
    context.index.forget_refs(chosen, {ref: oid for ref, oid in unseen.items() if ref in chosen})


def _logged(git: Git) -> Iterator[str]:
    """Commits in the logs of references that do not exist."""
    for path in _left_logs(git).values():
        for line in path.read_bytes().splitlines():
            yield from line.decode("ascii", "replace").split(" ", 2)[:2]


def _left_logs(git: Git) -> dict[str, Path]:
    """Logs of references that do not exist, by name. ``rev-list --reflog`` skips them."""
    logs = git.git_dir / "logs"
    listed = references.listing(git)
    there = {ref for ref, _ in listed.items()} | listed.broken.keys()
    paths = (Path(folder, name) for folder, _, names in os.walk(logs / "refs") for name in names)
    found = {str(path.relative_to(logs)): path for path in paths}
    return {ref: path for ref, path in found.items() if ref not in there}
