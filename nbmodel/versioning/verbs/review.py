"""Review: a page about a version for a pull request, against the branch it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import AlreadyExists, InvalidValue, NbModelError, WriteFailed
from nbmodel.index.lineage import Lineage
from nbmodel.metric_directions import direction_of, judge
from nbmodel.records import VersionInfo
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs.compare import compare
from nbmodel.versioning.verbs.diff import DiffResult, diff
from nbmodel.versioning.verbs.review_text import HEADING, MetricRow, Side, page
from nbmodel.versioning.verbs.show import show

MAX_ANCESTORS = 1000  # first parents in which the branch of origin is looked for
MAX_RELATIVES = 20  # versions in the drawing of the lineage

DriftTest = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


@dataclass(frozen=True, repr=False, kw_only=True)
class ReviewResult(Result):
    """A review as Markdown; `path` is the file that was written, or None.

    Attributes
    ----------
    before, after : VersionInfo
    markdown : str
    changes : DiffResult
    path : Path or None
    """

    before: VersionInfo
    after: VersionInfo
    markdown: str
    changes: DiffResult
    path: Path | None = None

    def text(self) -> str:
        """The page, or where it was written."""
        if self.path is None:
            return self.markdown.removesuffix("\n")
        return f"{self.after.ref} against {self.before.ref}: wrote {self.path}"


def review(
    context: Context,
    reference: str,
    base: str = "",
    to: str | Path = "",
    drift: DriftTest | None = None,
) -> ReviewResult:
    """Describe a version for a pull request.

    Parameters
    ----------
    context : Context
    reference : str
        The version, or a branch.
    base : str
        What it is compared with: by default the latest version of the branch that its branch came
        from, or of main; on main the version before it.
    to : path
        The file to write. Another file than a review is not replaced.
    drift : callable, optional
        Compares two data profiles, as `nbmodel.monitor.drift.profiles.compare_profiles` does.

    Raises
    ------
    NotFound
        If there is no such version.
    InvalidValue
        If there is nothing to compare it with, or it is compared with itself.
    AlreadyExists, WriteFailed
        If the file has other content, or cannot be written.
    """
    context.index.refresh()
    after = resolve(context, reference)
    before = resolve(context, base) if base else _origin(context, after)
    if before.commit == after.commit:
        raise InvalidValue(
            f"{after.ref} and {before.ref} are the same version.", "Name another one: --base REF."
        )
    names = [_exact(version) for version in (before, after)]
    changes = diff(context, *names)
    sides = [show(context, name) for name in names]
    markdown = page(
        tuple(Side(each.version, each.verification, tuple(each.approvals)) for each in sides),
        metrics=_metrics(context, names),
        changes=changes,
        drift=_drift(drift, *(each.profile for each in sides)),
        rows=tuple(each.profile.get("rows") for each in sides),
        lineage=_lineage(context, before, after),
        acceptance=sides[1].acceptance,
    )
    path = _write(Path(to), markdown) if to else None
    return ReviewResult(before=before, after=after, markdown=markdown, changes=changes, path=path)


def _exact(version: VersionInfo) -> str:
    return f"{version.model}@{version.commit}"


def _origin(context: Context, version: VersionInfo) -> VersionInfo:
    """The latest version of the branch that a version's branch came from; else the one before."""
    index, model = context.index, version.model
    branches = index.branches(model)
    if version.branch != refs.DEFAULT_BRANCH:
        for back in range(1, MAX_ANCESTORS):
            ancestor = index.ancestor(model, version.commit, back)
            if ancestor is None:
                break
            if ancestor.branch != version.branch:
                return branches.get(ancestor.branch, ancestor)
        if refs.DEFAULT_BRANCH in branches:
            return branches[refs.DEFAULT_BRANCH]
    before = index.ancestor(model, version.commit, 1)
    if before is None:
        raise InvalidValue(
            f"{version.ref} is the first version: there is nothing to compare it with.",
            f"Name another version: %model_review {version.ref} --base REF.",
        )
    return before


def _metrics(context: Context, names: list[str]) -> tuple[MetricRow, ...]:
    """Every metric of both versions, with what its change means."""
    result = compare(context, names)
    old, new = (version.metrics for version in result.versions)
    return tuple(
        MetricRow(
            name=name,
            before=old.get(name),
            after=new.get(name),
            verdict=judge(new[name], old.get(name), direction_of(name, result.lower))
            if name in new
            else "",
        )
        for name in dict.fromkeys([*new, *old])
    )


def _drift(drift: DriftTest | None, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """What a test of drift says of two profiles; a text if there is nothing to say."""
    if not (before and after):
        return "There are not two data profiles: commit with `--data`."
    if drift is None:
        return "Drift was not measured."
    try:
        return drift(before, after)
    except NbModelError as error:
        return f"Drift was not measured: {display.line(error.what)}"


def _lineage(context: Context, before: VersionInfo, after: VersionInfo) -> Lineage:
    graph = context.index.lineage(after, MAX_RELATIVES)
    present = {version.commit for version in graph.versions}
    extra = [version for version in (after, before) if version.commit not in present]
    return Lineage((*graph.versions, *extra), graph.uses, graph.more)


def _write(path: Path, markdown: str) -> Path:
    try:
        path = path.expanduser()
        if path.exists() and not _is_review(path):
            raise AlreadyExists(
                f"{path} exists and is not a review.", "Choose another file: --to review.md."
            )
        path.write_text(markdown, "utf-8", errors="replace")
    except OSError as error:
        raise WriteFailed(
            f"{path} could not be written: {error.strerror}.", "Choose another file."
        ) from error
    except RuntimeError as error:  # the home folder of an unknown user
        raise WriteFailed(
            f"{path} could not be written: {error}", "Choose another file."
        ) from error
    return path


def _is_review(path: Path) -> bool:
    """Whether a file begins like a review, or is what a full disk left of one."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(HEADING)) in (HEADING.encode(), b"")
