"""Verify acceptance: load a version and compare its answers with those at commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel.display import Result, Table, escaped
from nbmodel.errors import InvalidValue
from nbmodel.predict.acceptance import Acceptance
from nbmodel.predict.acceptance_replay import replay
from nbmodel.predict.agreement import Difference
from nbmodel.predict.methods import supported_inputs
from nbmodel.predict.predictor import Predictor
from nbmodel.provenance import environment
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.acceptance import add_later, of_version
from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.checkout import checkout


@dataclass(frozen=True, repr=False)
class AcceptanceResult(Result):
    """The answers of a version to its acceptance rows, compared with those at commit.

    Attributes
    ----------
    version : VersionInfo
    acceptance : Acceptance
    differences : sequence of Difference
    exact : bool
        Whether all answers agree bit for bit.
    drawn : bool
        Whether the rows were recorded just now, because the version had none.
    changes : sequence of str
        Packages of another version than at commit: ``scikit-learn 1.9.1 here, 1.5.2 at commit``.
    """

    version: VersionInfo
    acceptance: Acceptance
    differences: Sequence[Difference] = ()
    exact: bool = False
    drawn: bool = False
    changes: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether the version is proved."""
        return bool(self.acceptance.count) and not self.differences

    def text(self) -> str:
        """A line, then the differences and what changed."""
        lines = [self._headline()]
        if self.differences:
            lines.append(self._table().text())
        return "\n".join([*lines, *(f"  {change}" for change in self.changes)])

    def html(self) -> str:
        """The same."""
        table = self._table().html() if self.differences else ""
        changes = "".join(f"<div>{escaped(change)}</div>" for change in self.changes)
        return f"<div>{escaped(self._headline())}</div>{table}{changes}"

    def _headline(self) -> str:
        count = self.acceptance.count
        if not count:
            return f"{self.version.ref}  not proved: {self.acceptance.why}"
        random = self.acceptance.random
        if self.drawn:
            outcome = "recorded; there were none to compare with"
        elif self.differences:
            outcome = f"{len(self.differences)} outputs differ from those at commit"
        elif random:
            outcome = f"same shapes as at commit; {', '.join(random)} gives random answers"
        elif self.exact:
            outcome = "same answers as at commit, bit for bit"
        else:
            outcome = "same answers as at commit, within the model's noise"
        return f"{self.version.ref}  {count} acceptance rows: {outcome}"

    def _table(self) -> Table:
        rows = [
            (gap.output, "all" if gap.row < 0 else str(gap.row), str(gap.expected), str(gap.actual))
            for gap in self.differences
        ]
        return Table(("output", "row", "at commit", "here"), rows)


def verify_acceptance(context: Context, reference: str, *, trust: bool = False) -> AcceptanceResult:
    """Load a version and replay its acceptance rows; record them if it has none.

    Parameters
    ----------
    context : Context
    reference : str
    trust : bool
        Load a version of another person as if it were the user's own.

    Raises
    ------
    InvalidValue
        If the reference is empty.
    Untrusted, SegmentMissing, SegmentDamaged, ManifestInvalid
        If it cannot be loaded.
    """
    if not reference:
        raise InvalidValue("No version is named.", "Write %model_verify churn@3 --acceptance.")
    loaded = checkout(context, reference, trust=trust)
    snapshot = snapshots.read(context, loaded.version)
    changes = [
        f"{c.distribution} {c.installed or 'is not installed'} here, {c.recorded} at commit"
        for c in environment.package_changes(snapshot.manifest.environment)
    ]
    rows = of_version(context, snapshot)
    if rows is None or not rows.count:
        context.require_writable("verify --acceptance")
        new_rows = add_later(context, snapshot, loaded.model)
        return AcceptanceResult(loaded.version, new_rows, drawn=True, changes=changes)
    predictor = Predictor(loaded.model, supported_inputs(loaded.model, rows.inputs))
    gaps, exact = replay(rows, predictor)
    return AcceptanceResult(loaded.version, rows, gaps, exact, changes=changes)
