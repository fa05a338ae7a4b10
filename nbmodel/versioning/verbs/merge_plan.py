"""What a merge would combine: the branch, its parents, and the members among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.errors import InvalidValue
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """The versions of a merge.

    Attributes
    ----------
    ref, branch : str
        The branch that is merged into: its full name, and its name in the model.
    tip : VersionInfo
        Its latest version.
    sources : tuple of VersionInfo
        What is new to it; empty if it contains all.
    members : tuple of VersionInfo
        The versions to combine: the tip and the sources, without those from which another of them
        was developed.
    left_out : tuple of VersionInfo
        Sources that the tip or another source contains.
    """

    ref: str
    branch: str
    tip: VersionInfo
    sources: tuple[VersionInfo, ...]
    members: tuple[VersionInfo, ...]
    left_out: tuple[VersionInfo, ...]

    @property
    def line(self) -> str:
        """The branch as a reference: ``churn``, ``churn:exp``."""
        main = self.branch == refs.DEFAULT_BRANCH
        return self.tip.model if main else f"{self.tip.model}:{self.branch}"


def plan_merge(context: Context, sources: Sequence[str], into: str) -> MergePlan:
    """Find the versions of a merge, as git does: what another one contains adds nothing.

    Raises
    ------
    InvalidValue
        If `into` is not a branch, no source is named, one is named twice, or one is a version of
        another model.
    NotFound
        If there is no such branch or version.
    """
    if not sources:
        raise InvalidValue(
            "No version to merge was named.", "Write %model_merge churn:exp --into churn."
        )
    target = refs.parse(into)
    if target.kind != "latest" or target.back:
        raise InvalidValue(
            f"{into} names a version. A merge goes into a branch.",
            f"Write --into {target.model}, or --into {target.model}:BRANCH.",
        )
    branch = target.branch or refs.DEFAULT_BRANCH
    tip = resolve(context, target)
    versions = [_source(context, source, tip) for source in sources]
    _require_distinct(versions)
    heads = _independent(context, [tip, *versions])
    new = tuple(version for version in versions if version.commit in heads)
    return MergePlan(
        ref=refs.branch_ref(tip.model, branch),
        branch=branch,
        tip=tip,
        sources=new,
        members=tuple(version for version in (tip, *new) if version.commit in heads),
        left_out=tuple(version for version in versions if version not in new),
    )


def _source(context: Context, reference: str, tip: VersionInfo) -> VersionInfo:
    version = resolve(context, reference)
    if version.model != tip.model:
        raise InvalidValue(
            f"{version.ref} is a version of another model: it has no history in common with "
            f"{tip.ref}.",
            f"Merge versions of {tip.model}. To note that a model was made from {version.ref}, "
            f"commit it with --uses {version.ref}.",
        )
    return version


def _require_distinct(versions: Sequence[VersionInfo]) -> None:
    commits = [version.commit for version in versions]
    for version in versions:
        if commits.count(version.commit) > 1:
            raise InvalidValue(f"{version.ref} is named twice.", "Name each version once.")


def _independent(context: Context, versions: Sequence[VersionInfo]) -> set[str]:
    """The commits that none of the others contains."""
    commits = [version.commit for version in versions]
    words = context.git.run("merge-base", "--independent", *commits).decode().split()
    return set(words)


def sample_counts(context: Context, members: Sequence[VersionInfo]) -> list[int]:
    """Number of training rows of each member, from its data profile.

    Raises
    ------
    InvalidValue
        If a version was committed without its data.
    """
    counts = []
    for version in members:
        rows = snapshots.read(context, version).profile(context).get("rows")
        if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
            raise InvalidValue(
                f"The number of training rows of {version.ref} is not recorded.",
                "Commit with --data, or give the numbers: --weights 100,200.",
            )
        counts.append(rows)
    return counts
