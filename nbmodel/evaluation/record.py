"""The records of an evaluation, and their document: numbers and names, never a row.

A document may come from another person. `Evaluation.from_json` checks each of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbmodel.evaluation.documents import document_of, record_of
from nbmodel.evaluation.sample import EvaluationTask

FORMAT = 1
EvaluationProtocol = Literal["holdout", "cv"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its interval.

    Attributes
    ----------
    value : float
        Exact for the rows.
    low, high : float or None
        Ends of the interval; None if the metric has none.
    rounds : int
        Rounds of the bootstrap, which may be fewer than demanded. 0 without an interval.
    """

    value: float
    low: float | None = None
    high: float | None = None
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class SliceEstimate:
    """A metric of a slice.

    Attributes
    ----------
    value : float
    low, high : float or None
    difference : float or None
        The value minus that of all other rows.
    p : float or None
        Probability of such a difference by chance.
    adjusted_p : float or None
        `p` after the correction for the number of slices.
    """

    value: float
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    p: float | None = None
    adjusted_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceResult:
    """The rows with one value of a column, or of two.

    Attributes
    ----------
    columns, levels : tuple of str
        The columns, and the value of each.
    rows : int
    positive_share : float or None
        Share of rows whose true class is the second one; None for other tasks.
    metrics : mapping of str to SliceEstimate
    reason : str
        Why the slice is not judged; empty if it is.
    """

    columns: tuple[str, ...]
    levels: tuple[str, ...]
    rows: int
    positive_share: float | None = None
    metrics: Mapping[str, SliceEstimate] = field(default_factory=dict)
    reason: str = ""

    @property
    def name(self) -> str:
        """The slice as a text.

        Examples
        --------
        >>> SliceResult(columns=("region",), levels=("north",), rows=40).name
        'region=north'
        """
        return ", ".join(f"{c}={v}" for c, v in zip(self.columns, self.levels, strict=True))


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of a curve, or the cells of a table.

    Attributes
    ----------
    kind : str
        ``roc``, ``precision_recall``, ``calibration``, ``gain``, ``residuals``, ``confusion`` or
        ``thresholds``.
    of : str
        The class, label or output, if the sample has several.
    series : mapping of str to tuple of float
        The coordinates by name, of equal length for points.
    names : tuple of str
        What the cells are about, such as the classes of a confusion matrix.
    """

    kind: str
    of: str
    series: Mapping[str, tuple[float | None, ...]]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A metric beside that of another version on the same rows.

    Attributes
    ----------
    metric, other : str
        The metric, and a reference to the other version.
    difference : float
        This version minus the other one.
    low, high : float or None
    p : float or None
        Probability of such a difference by chance.
    test : str
        The name of the test.
    """

    metric: str
    other: str
    difference: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    test: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How good a version is on some rows.

    Attributes
    ----------
    task : str
    rows : int
    seed : int
        Of the bootstrap.
    level : float
        Of the intervals.
    metrics : mapping of str to Estimate
        The main metric comes first.
    slices : tuple of SliceResult
    curves : tuple of Curve
    comparisons : tuple of Comparison
    remarks : tuple of str
        What the numbers leave out.
    fingerprint : str
        Digest of the rows.
    against : str
        Commit of the version that it is compared with; empty without comparisons.
    settings : str
        Digest of the settings. A repetition on the same data has the same one.
    data : str
        What the user calls the rows.
    protocol : {"holdout", "cv"}
    folds : tuple of mapping of str to float
        The metrics of each fold of a cross-validation.
    """

    task: EvaluationTask
    rows: int
    seed: int = 0
    level: float = 0.95
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    slices: tuple[SliceResult, ...] = ()
    curves: tuple[Curve, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    remarks: tuple[str, ...] = ()
    fingerprint: str = ""
    settings: str = ""
    against: str = ""
    data: str = ""
    protocol: EvaluationProtocol = "holdout"
    folds: tuple[Mapping[str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document, which only has values that JSON has.

        Examples
        --------
        >>> evaluation = Evaluation(task="binary", rows=3, metrics={"f1": Estimate(0.5)})
        >>> Evaluation.from_json(evaluation.to_json()) == evaluation
        True
        """
        return {"format": FORMAT, **document_of(self)}

    @staticmethod
    def from_json(document: object) -> Evaluation:
        """Return the evaluation of a document.

        Raises
        ------
        ValueError
            If the document has another form, or a number that is not finite.
        """
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"The evaluation does not have the format {FORMAT}")
        rest = {name: value for name, value in document.items() if name != "format"}
        evaluation = record_of(Evaluation, rest)
        if not 0 < evaluation.level < 1:
            raise ValueError(f"The level {evaluation.level} is not between 0 and 1")
        for part in evaluation.slices:
            if len(part.columns) != len(part.levels):
                raise ValueError("A slice has more columns than levels, or fewer")
        return evaluation
