"""The log of batch jobs: rows that were scored elsewhere, with or without what was true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from nbmodel import refs
from nbmodel.display import Result
from nbmodel.errors import InvalidInput
from nbmodel.monitor.common.arrays import column_array, text_array
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.entries import Matrix, label_table, output_columns
from nbmodel.monitor.prediction_log.inputs import match_inputs
from nbmodel.monitor.prediction_log.part_writer import PartWriter
from nbmodel.monitor.prediction_log.settings import LogSettings, log_root
from nbmodel.monitor.prediction_log.storage import open_storage
from nbmodel.monitor.prediction_log.timestamps import daily_slices, to_epoch_micros
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import configured_registry
from nbmodel.versioning.resolve import resolve

MAX_PART_CELLS = 1 << 25  # of one part: a quarter of a gigabyte, where all are numbers
MIN_PART_ROWS = 1_000  # of one part, however many columns there are


@dataclass(frozen=True, repr=False)
class BatchLogResult(Result):
    """Rows just logged.

    Attributes
    ----------
    version : VersionInfo
    ids : pyarrow.Array
        Of the rows, in their order: what labels are given by later.
    rows : int
    left_out : tuple of str
        Columns that the version does not take, and that were not logged.
    root : str
    columns : (int, int)
        That were logged, and that there are: of very many only some are logged.
    """

    version: VersionInfo
    ids: Any = field(compare=False)
    rows: int
    left_out: tuple[str, ...]
    root: str
    columns: tuple[int, int] = (0, 0)

    def text(self) -> str:
        """One line."""
        extra = f"; left out {', '.join(self.left_out)}" if self.left_out else ""
        logged, every = self.columns
        if logged < every:
            extra += f"; {logged:,} of {every:,} columns are logged and watched"
        return f"{self.version.ref}: {self.rows:,} rows logged in {self.root}{extra}"


def log(
    ref: str,
    X: Any,  # noqa: N803  as scikit-learn calls it
    y_pred: Any,
    y_true: Any = None,
    when: Any = None,
    *,
    ids: Sequence[str] | None = None,
    method: str = "predict",
    classes: Sequence[str] = (),
    context: Context | None = None,
    root: str | Path | None = None,
    settings: LogSettings | None = None,
) -> BatchLogResult:
    """Log rows that a batch job scored; they are on disk on return.

    Parameters
    ----------
    ref : str
        The version that scored: ``churn@7``, or ``churn#prod`` to note the stage too.
    X : DataFrame, mapping of str to array, array, tensor, sparse matrix, or list
        Its inputs: the columns of the version's signature, or rows x features in their order.
        Of more than 1,000 columns that many are logged, those that the data profile describes.
    y_pred : array
        Its outputs; a matrix for those of ``predict_proba``.
    y_true : array, optional
        What was true, if it is known already; `label` tells it later, by `BatchLogged.ids`.
    when : datetime, or array of datetimes, optional
        When the rows were scored, as a list, an array, a Series or an index; now by default.
        Without a zone it is UTC.
    ids : sequence of str, optional
        Made up if not given.
    method : str
        What was called.
    classes : sequence of str
        Of the columns of a matrix of outputs, the model's ``classes_``; else they go by number.
    context : Context, optional
        An opened registry; else that of the working folder.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.
    settings : LogSettings, optional
        Sampling and redaction.

    Raises
    ------
    NotFound, InvalidReference
        If there is no such version.
    InvalidInput
        If the columns or the number of rows do not fit.
    WriteFailed
        If the disk did not take the rows; parts written before are kept.
    """
    with ExitStack() as stack:
        context = context or stack.enter_context(configured_registry()).context
        version = resolve(context, ref)
        signature = snapshots.read(context, version).manifest.signature
        place = open_storage(root or log_root(context))
    stage = parsed.value if (parsed := refs.parse(ref)).kind == "stage" else ""
    outputs = np.asarray(y_pred)
    if outputs.ndim == 0:
        raise InvalidInput("y_pred is a single value.", "Pass one output for each row of X.")
    rows = len(outputs)
    inputs = match_inputs(X, signature)
    _check_length("X", inputs.rows, rows)
    kept = settings or LogSettings()
    identifiers = _ids(ids, rows)
    common = {
        "version": version.ref, "commit": version.commit, "stage": stage, "method": method,
    }  # fmt: skip
    labels = None if y_true is None else np.asarray(y_true)
    if labels is not None:
        _check_length("y_true", len(labels), rows)
    with PartWriter(place, version.model, kept) as writer:
        most = max(MIN_PART_ROWS, MAX_PART_CELLS // max(1, len(inputs.chosen)))
        for date_, chosen, times in daily_slices(to_epoch_micros(when, rows), rows, most):
            some = _some(identifiers, chosen)
            table = _table(some, times, common, inputs.columns(chosen, kept))
            for name, array in output_columns(
                outputs[chosen], method, list(map(str, classes))
            ).items():
                table = table.append_column(name, array)
            writer.write(parts.PREDICTIONS, date_, table)
            if labels is not None:
                writer.write(parts.LABELS, date_, label_table(some, times, labels[chosen]))
    counts = (len(inputs.chosen), inputs.width)
    return BatchLogResult(version, identifiers, rows, inputs.left_out, place.root, counts)


def label(
    model: str,
    ids: Sequence[str],
    labels: Any,
    when: Any = None,
    *,
    context: Context | None = None,
    root: str | Path | None = None,
    settings: LogSettings | None = None,
) -> int:
    """Log what turned out to be true, by id, in any order and at any time; return the rows.

    Ids that were never logged are kept: their predictions may come later.

    Raises
    ------
    InvalidInput, InvalidName
        If ids and labels differ in number, or `model` is no name.
    WriteFailed
        If the disk did not take them.
    """
    refs.check_name("model", model)
    with ExitStack() as stack:
        if root is None:
            context = context or stack.enter_context(configured_registry()).context
            root = log_root(context)
        place = open_storage(root)
    values = np.asarray(labels)
    _check_length("labels", len(values), len(ids))
    identifiers = _ids(ids, len(ids))
    with PartWriter(place, model, settings or LogSettings()) as writer:
        for date_, chosen, times in daily_slices(to_epoch_micros(when, len(ids)), len(ids)):
            some = _some(identifiers, chosen)
            writer.write(parts.LABELS, date_, label_table(some, times, values[chosen]))
    return len(ids)


# -- parts of a batch ----------------------------------------------------------


def _some(identifiers: Any, chosen: slice | Matrix) -> Any:
    return identifiers[chosen] if isinstance(chosen, slice) else identifiers.take(chosen)


def _check_length(what: str, found: int, rows: int) -> None:
    if found != rows:
        raise InvalidInput(f"{what} has {found} rows, not {rows}.", "Pass one value for each row.")


# -- ids and times -----------------------------------------------------------


def _ids(given: Sequence[str] | None, rows: int) -> Any:
    if given is not None:
        _check_length("ids", len(given), rows)
        array = given if type(given).__module__.startswith("pyarrow") else text_array(list(given))
        return array.combine_chunks() if hasattr(array, "combine_chunks") else array
    pyarrow, compute = (
        import_optional(name, "The prediction log") for name in ("pyarrow", "pyarrow.compute")
    )
    numbers = pyarrow.array(np.arange(rows)).cast(pyarrow.string())
    return compute.binary_join_element_wise(token_hex(8), numbers, "/")


def _table(ids: Any, times: Matrix, common: Mapping[str, str], inputs: Mapping[str, Any]) -> Any:
    pyarrow = import_optional("pyarrow", "The prediction log")
    same = np.zeros(len(times), np.int32)
    columns = {"id": ids, "time": pyarrow.array(times, pyarrow.timestamp("us", "UTC"))}
    for name, value in common.items():
        columns[name] = pyarrow.DictionaryArray.from_arrays(same, text_array([value]))
    columns["latency"] = column_array(np.full(len(times), np.nan))
    return pyarrow.table({**columns, **inputs})
