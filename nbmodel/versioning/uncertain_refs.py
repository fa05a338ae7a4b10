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

from nbmodel import display
from nbmodel.errors import InvalidValue, NbModelError
from nbmodel.repo import references
from nbmodel.repo.failures import RESTORE
from nbmodel.repo.git import Git
from nbmodel.repo.packs import why_absent
from nbmodel.versioning import lost_refs
from nbmodel.versioning.context import Context, trouble

MAX_NAMES = 3  # of references that a message lists
_CUTS = ("shallow", "info/grafts")
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
    uncertain_refs = [
        UncertainRef(p.ref, p.why, trouble(p).hint if p.last_time else "") for p in ours
    ]
    problem_refs = {problem.ref for problem in ours}
    uncertain_refs += [
        UncertainRef(ref, why) for ref, why in listed.problems.items() if ref not in problem_refs
    ]
    return [*_cuts(context.git.git_dir), *uncertain_refs]


def _cuts(git_dir: Path) -> Iterator[UncertainRef]:
    """Files that cut off the history: it is unknown what the versions before the cut name."""
    for name in _CUTS:
        try:
            (git_dir / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            why = f"it cannot be read ({error.strerror}), and may cut off the history"
            yield UncertainRef(name, why, f"Make {git_dir / name} readable.")
        else:
            complete = "Fetch all of it: git fetch --unshallow. Or use a clone that has it."
            yield UncertainRef(name, "it cuts off the history of the versions", complete)


def refusal(uncertain_refs: Sequence[UncertainRef]) -> str:
    """Which references are in uncertain, and why."""
    listing = "; ".join(
        f"{uncertain.ref}: {uncertain.why}" for uncertain in uncertain_refs[:MAX_NAMES]
    )
    more = (
        f"; and {len(uncertain_refs) - MAX_NAMES} more ({display.advice('%model_verify')})"
        if len(uncertain_refs) > MAX_NAMES
        else ""
    )
    return f"{listing.rstrip('.')}{more}; what it named may be in use"


def advice(uncertain: UncertainRef) -> str:
    """What to do about an uncertain reference."""
    return uncertain.hint or RESTORE


def recent_tips(context: Context, grace_s: float) -> list[str]:
    """Commits that branches pointed to less than `grace_s` seconds ago, and do not any more."""
    clock = time.time()
    oids = [sight.oid for sight in context.index.abandoned_tips() if sight.time + grace_s > clock]
    oids += _logged(context.git)
    return [oid for oid in dict.fromkeys(oids) if context.git.measure(oid) is not None]


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
    sighted_refs = {
        sight.ref for sight in (*context.index.missing_refs(), *context.index.abandoned_tips())
    }
    unseen = {item.ref: item.oid for item in lost_refs.find_lost_refs(context)}
    all_refs = sighted_refs | logs.keys() | unseen.keys()
    for pattern in patterns:
        if not any(fnmatchcase(ref, pattern) for ref in all_refs):
            names = ", ".join(sorted(all_refs)[:MAX_NAMES]) or "none"
            raise InvalidValue(
                f"{pattern!r} matches no reference that is gone or was moved back.",
                f"Known ones: {names}. To forget a reference, first delete it: "
                "git update-ref -d REF.",
            )
    matching_refs = {
        ref for ref in all_refs if any(fnmatchcase(ref, pattern) for pattern in patterns)
    }
    for ref in matching_refs & logs.keys():
        logs[ref].unlink(missing_ok=True)
    context.index.forget_refs(
        matching_refs, {ref: oid for ref, oid in unseen.items() if ref in matching_refs}
    )


def _logged(git: Git) -> Iterator[str]:
    """Commits in the logs of references that do not exist."""
    for path in _left_logs(git).values():
        for line in path.read_bytes().splitlines():
            yield from line.decode("ascii", "replace").split(" ", 2)[:2]


def _left_logs(git: Git) -> dict[str, Path]:
    """Logs of references that do not exist, by name. ``rev-list --reflog`` skips them."""
    logs = git.git_dir / "logs"
    listed = references.listing(git)
    there = {ref for ref, _ in listed.items()} | listed.problems.keys()
    paths = (Path(folder, name) for folder, _, names in os.walk(logs / "refs") for name in names)
    log_paths = {str(path.relative_to(logs)): path for path in paths}
    return {ref: path for ref, path in log_paths.items() if ref not in there}
