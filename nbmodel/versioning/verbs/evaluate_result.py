"""The result of an evaluation, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbmodel import display
from nbmodel.display import Result, Table, escaped, number
from nbmodel.evaluation.record import Comparison, Estimate, Evaluation, SliceResult
from nbmodel.figures.charted import Charted, Charts
from nbmodel.metric_directions import direction_of
from nbmodel.records import Note, VersionInfo
from nbmodel.versioning.verbs.evaluate_charts import evaluation_charts

MAX_SLICES = 20  # of a table; the note has all


@dataclass(frozen=True, kw_only=True)
class VersionEvaluation:
    """The evaluation of one version; `unchanged` if the same was done before."""

    version: VersionInfo
    evaluation: Evaluation
    note: Note
    unchanged: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class EvaluateResult(Charted, Result):
    """The evaluations of one version or several on the same rows."""

    evaluated: tuple[VersionEvaluation, ...]

    @property
    def version(self) -> VersionInfo:
        """The first version."""
        return self.evaluated[0].version

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of the first version."""
        return self.evaluated[0].evaluation

    @property
    def metrics(self) -> Mapping[str, Estimate]:
        """The metrics of the first version, the main one first."""
        return self.evaluation.metrics

    def charts(self) -> Charts:
        """Return metrics and slices with intervals, curves of all versions, and ``confusion``."""
        return evaluation_charts([(each.version.ref, each.evaluation) for each in self.evaluated])

    def text(self) -> str:
        """A line for each version, then tables, then remarks."""
        parts = [headline(each) for each in self.evaluated]
        parts += [table.text() for table in self._tables()]
        return "\n".join([*parts, *(f"  {line}" for line in self._remarks())])

    def html(self) -> str:
        """The same, with warnings set off."""
        lines = "".join(f"<div>{escaped(headline(each))}</div>" for each in self.evaluated)
        tables = "".join(table.html() for table in self._tables())
        return lines + tables + display.warned(self._remarks())

    def _tables(self) -> list[Table]:
        if len(self.evaluated) > 1:
            return [versions_table(self.evaluated)]
        evaluation = self.evaluation
        tables = [metrics_table(evaluation)]
        if evaluation.slices:
            tables.append(slices_table(evaluation))
        return tables

    def _remarks(self) -> list[str]:
        lines = []
        for each in self.evaluated:
            subject = f"{each.version.ref}: " if len(self.evaluated) > 1 else ""
            if each.unchanged:
                since = display.moment(each.note.time)
                lines.append(f"{subject}Evaluated already on the same data, {since}.")
            lines += [f"{subject}{line}" for line in (*each.evaluation.remarks, *each.warnings)]
        return list(dict.fromkeys(lines))


def headline(each: VersionEvaluation) -> str:
    """One line: the version, the rows, the main metric, the comparison and the worst slice."""
    return "  ".join(headline_parts(each))


def headline_parts(each: VersionEvaluation) -> list[str]:
    """The parts of the headline, of which the first is always there."""
    evaluation = each.evaluation
    on = f" of {evaluation.data}" if evaluation.data else ""
    noun = "row" if evaluation.rows == 1 else "rows"
    folds = f" in {len(evaluation.folds)} folds" if evaluation.folds else ""
    words = [f"{each.version.ref} on {evaluation.rows:,} {noun}{on}{folds}"]
    main = next(iter(evaluation.metrics), "")
    if main:
        words.append(f"{main} {interval(evaluation.metrics[main])}")
        words += [_against(c) for c in evaluation.comparisons if c.metric == main]
        if worst := worst_slice(evaluation, main):
            words.append(f"worst slice {worst.name} {number(worst.metrics[main].value)}")
    return words


def _against(comparison: Comparison) -> str:
    chance = f" (p {comparison.p:.2g})" if comparison.p is not None else ""
    return f"{comparison.difference:+.3g} over {comparison.other}{chance}"


def interval(estimate: Estimate) -> str:
    """A value and its interval.

    Examples
    --------
    >>> interval(Estimate(0.91234, 0.9, 0.92, 1000)), interval(Estimate(0.5))
    ('0.9123 [0.9, 0.92]', '0.5')
    """
    if estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def worst_slice(evaluation: Evaluation, metric: str) -> SliceResult | None:
    """The slice with the worst value of a metric; None if its direction is unknown."""
    direction = direction_of(metric)
    judged = [each for each in evaluation.slices if metric in each.metrics]
    if not judged or not direction:
        return None
    choose = min if direction == "higher" else max
    return choose(judged, key=lambda each: each.metrics[metric].value)


def metrics_table(evaluation: Evaluation) -> Table:
    """One row for each metric; comparisons as further columns."""
    compared = {each.metric: each for each in evaluation.comparisons}
    headings: tuple[str, ...] = ("metric", "value", f"{evaluation.level:.0%} interval")
    rows: list[tuple[str, ...]] = []
    for name, estimate in evaluation.metrics.items():
        low, high = estimate.low, estimate.high
        ends = f"{number(low)} to {number(high)}" if low is not None and high is not None else ""
        row = (name, number(estimate.value), ends)
        rows.append((*row, *_comparison_cells(compared.get(name))) if compared else row)
    if compared:
        other = next(iter(compared.values())).other
        headings = (*headings, f"over {other}", "interval of the difference", "p", "test")
    return Table(headings, rows, frozenset({"value", "p"}))


def _comparison_cells(comparison: Comparison | None) -> tuple[str, ...]:
    if comparison is None:
        return ("", "", "", "")
    low, high, p = comparison.low, comparison.high, comparison.p
    ends = f"{low:+.3g} to {high:+.3g}" if low is not None and high is not None else ""
    chance = f"{p:.2g}" if p is not None else ""
    return (f"{comparison.difference:+.3g}", ends, chance, comparison.test)


def slices_table(evaluation: Evaluation) -> Table:
    """The slices with their main metric; those that are not judged say why."""
    main = next(iter(evaluation.metrics), "")
    rows = [_slice_cells(each, main) for each in worst_first(evaluation)[:MAX_SLICES]]
    if (rest := len(evaluation.slices) - len(rows)) > 0:
        rows.append((f"and {rest} more", "", "", "", ""))
    headings = ("slice", "rows", main, "to the rest", "adjusted p")
    return Table(headings, rows, frozenset({"rows", main, "to the rest", "adjusted p"}))


def worst_first(evaluation: Evaluation) -> list[SliceResult]:
    """The slices by their main metric, the worst first; those that are not judged last."""
    main = next(iter(evaluation.metrics), "")
    higher = direction_of(main) != "lower"
    judged = [each for each in evaluation.slices if main in each.metrics]
    judged.sort(key=lambda each: each.metrics[main].value, reverse=not higher)
    return [*judged, *(each for each in evaluation.slices if main not in each.metrics)]


def _slice_cells(each: SliceResult, main: str) -> tuple[str, ...]:
    estimate = each.metrics.get(main)
    if estimate is None:
        return (each.name, str(each.rows), f"not judged: {each.reason}", "", "")
    difference = "" if estimate.difference is None else f"{estimate.difference:+.3g}"
    chance = "" if estimate.adjusted_p is None else f"{estimate.adjusted_p:.2g}"
    value = interval(Estimate(estimate.value, estimate.low, estimate.high))
    return (each.name, str(each.rows), value, difference, chance)


def versions_table(evaluated: Sequence[VersionEvaluation]) -> Table:
    """One row for each version, one column for each metric."""
    names = list(dict.fromkeys(name for e in evaluated for name in e.evaluation.metrics))
    rows = [
        (
            each.version.ref,
            *(
                interval(each.evaluation.metrics[name]) if name in each.evaluation.metrics else ""
                for name in names
            ),
        )
        for each in evaluated
    ]
    return Table(("version", *names), rows, frozenset(names))
