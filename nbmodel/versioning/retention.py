"""Rules that say which versions keep their arrays, as in ``restic forget``: one is enough.

The last version of each branch always stays. So does what a purge refuses without force: a version
that holds a stage or a release, to which a rollback returns, or from which others were made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbmodel.errors import InvalidValue
from nbmodel.records import VersionInfo
from nbmodel.repo import trash
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.live_spans import holders_in_turn

MAX_USERS = 3  # versions made from one, named as its reason
EVERYTHING = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRules:
    """Which versions keep their arrays.

    Attributes
    ----------
    last : int
        The newest ones of each branch; 0 for no such rule.
    staged, released : bool
        Those that ever held a stage, or had a release.
    days : float
        Those that are younger; 0 for no such rule.
    """

    last: int = 0
    staged: bool = False
    released: bool = False
    days: float = 0.0

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.last or self.staged or self.released or self.days)

    def check(self) -> None:
        """Refuse numbers that are not possible.

        Raises
        ------
        InvalidValue
        """
        if not 0 <= self.last < EVERYTHING or not self.days >= 0 or math.isinf(self.days):
            raise InvalidValue(
                f"To keep the last {self.last} versions, or {self.days:g} days, is not possible.",
                "Use numbers above 0.",
            )

    @property
    def text(self) -> str:
        """The rules as options of the command."""
        parts = [
            f"--keep-last {self.last}" if self.last else "",
            "--keep-staged" if self.staged else "",
            "--keep-released" if self.released else "",
            f"--keep {self.days:g}d" if self.days else "",
        ]
        return " ".join(filter(None, parts))


def reasons_of(context: Context, model: str, rules: KeepRules) -> dict[str, list[str]]:
    """Why each version of a model keeps its arrays, by commit; empty for one that can go.

    Parameters
    ----------
    context : Context
    model : str
    rules : KeepRules
    """
    versions = context.index.log(model, limit=EVERYTHING)
    reasons: dict[str, list[str]] = {version.commit: [] for version in versions}
    for commit, reason in _reasons(context, model, versions, rules):
        if commit in reasons and reason not in reasons[commit]:
            reasons[commit].append(reason)
    targets = _rollback_targets(context, model)
    for version in versions:
        if not reasons[version.commit]:
            reasons[version.commit] += _needs(context, version, targets)
    return reasons


def reasons_to_keep(context: Context, version: VersionInfo) -> list[str]:
    """Why a version is not purged without force.

    It has a label, a rollback returns to it, or versions were made from it.
    """
    return _needs(context, version, _rollback_targets(context, version.model))


def _rollback_targets(context: Context, model: str) -> dict[str, str]:
    """By stage, the commit of the version that a rollback returns to."""
    moves = context.index.moves(model)
    holders = {stage: holders_in_turn(moves, stage) for stage in context.index.stages(model)}
    return {stage: commits[-2] for stage, commits in holders.items() if len(commits) > 1}


def _needs(context: Context, version: VersionInfo, targets: Mapping[str, str]) -> list[str]:
    marks = context.index.marks([version])[version.model, version.commit]
    users = context.index.users(version, MAX_USERS)
    merges = context.index.merges(version, MAX_USERS)
    reasons = [f"it holds the stage {stage}" for stage in marks.stages]
    reasons += [f"it is released as {release}" for release in marks.releases]
    reasons += [f"{user.ref} was made from it" for user in users]
    reasons += [f"{merge.ref} merged it" for merge in merges]
    stages = [stage for stage, commit in targets.items() if commit == version.commit]
    return reasons + [f"a rollback of {stage} returns to it" for stage in stages]


def _reasons(
    context: Context, model: str, versions: list[VersionInfo], rules: KeepRules
) -> Iterator[tuple[str, str]]:
    index = context.index
    for branch, tip in index.branches(model).items():
        yield tip.commit, f"it is the last one of {model}:{branch}"
        chain = index.log(model, branch, limit=rules.last) if rules.last > 1 else []
        yield from ((v.commit, f"it is one of the last {rules.last}") for v in chain)
    for entry in trash.entries(context.git):
        if entry.model == model and entry.tip:
            yield entry.tip, f"it is the last one of {entry.name} in the trash"
    if rules.staged:
        yield from ((move.commit, f"it held {move.stage}") for move in index.moves(model))
    if rules.released:
        events = index.release_events(model)
        yield from ((event.commit, f"it was released as {event.version}") for event in events)
    if rules.days:
        oldest = now() - rules.days * trash.DAY_SECONDS
        young = f"it is younger than {rules.days:g} days"
        yield from ((v.commit, young) for v in versions if v.time > oldest)
