"""Joins predictions with their labels, and finds the task and the classes of a version.

A label belongs to the prediction with the same id. If an id has several labels, the latest counts.
Classes are texts or numbers. As texts, "1", "01" and "1.0" are three classes. As numbers, 1, 1.0,
true and "1" are the same class, for labels of any type.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import sql
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.prediction_log.column_names import original_names
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.records import Signature

Task = Literal["classification", "regression", ""]
ClassKind = Literal["texts", "numbers", ""]

MAX_CLASSES = 100
_MAX_LABELS = 10_000  # distinct labels that are compared with the names of classes
_MAX_DISCRETE = 20  # distinct whole numbers up to which they are classes
_NUMBERS = frozenset({
    "DOUBLE", "FLOAT", "BOOLEAN", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER",
    "USMALLINT", "UTINYINT", "HUGEINT",
})  # fmt: skip
_KINDS: Mapping[str, ClassKind] = {
    "str": "texts", "string": "texts", "bytes": "texts", "large_string": "texts",
    "int": "numbers", "uint": "numbers", "float": "numbers", "bool": "numbers",
}  # fmt: skip
_PREDICT = f"{OUTPUT_PREFIX}predict"
_PROBA = f"{OUTPUT_PREFIX}predict_proba."
# The latest label of each id: its text and its number.
_LATEST_LABELS = (
    "SELECT id, arg_max(struct_pack(label, value), time) AS latest FROM labels GROUP BY id"
)
_TASKS: Mapping[str, Task] = {
    "label": "classification", "probability": "classification", "prediction": "regression",
}  # fmt: skip


def signature_task(signature: Signature) -> Task:
    """Return the task that the outputs in a signature imply; empty if they imply none."""
    return next((_TASKS[c.name] for c in signature.outputs if c.name in _TASKS), "")


def signature_kind(signature: Signature) -> ClassKind:
    """Return the kind of classes in a signature; empty if unknown (dtype ``object``)."""
    labels = (c.dtype for c in signature.outputs if c.name == "label")
    return _KINDS.get(next(labels, "").lower().rstrip("0123456789"), "")


def log_kind(log: LogReader, declared: ClassKind = "") -> ClassKind:
    """Return the kind of classes in a log: that of its predictions, else the `declared` kind.

    If neither is known, classes are texts if every label is exactly the name of a class.
    """
    type_ = log.columns.get(_PREDICT, "")
    if type_ in _NUMBERS:
        return "numbers"
    if declared or type_:
        return declared or "texts"
    names = set(_names(log))
    if not names or any(not _is_number(name) for name in names):
        return "texts" if names else "numbers"
    labels = log.rows(
        f"SELECT DISTINCT label FROM labels WHERE label IS NOT NULL LIMIT {_MAX_LABELS}"
    )
    return "texts" if {str(row[0]) for row in labels} <= names else "numbers"


def labeled_rows(
    log: LogReader, version: str, width: int, task: Task = "", kind: ClassKind = ""
) -> str:
    """Return SQL for the labeled rows of a version.

    The columns are ``window_``, ``stage`` and ``margin``, and a probability ``q0``, ``q1``, ... for
    each class. ``actual`` and ``number`` are the label as a class and as a number; ``predicted``
    and ``guess`` are the prediction in the same forms.
    """
    types = log.columns
    decision = f"{OUTPUT_PREFIX}decision_function"
    prediction = identifier(_PREDICT) if _PREDICT in types else "NULL"
    margin = f"TRY_CAST({identifier(decision)} AS DOUBLE)" if decision in types else "NULL::DOUBLE"
    probabilities = [
        f"TRY_CAST(p.{identifier(name)} AS DOUBLE) AS q{n}"
        for n, name in enumerate(proba_columns(log))
    ]
    # Converting millions of numbers to texts is slow: it is done only if they may be classes.
    actual = predicted = "NULL::VARCHAR"
    if task != "regression" and kind == "texts":
        actual, predicted = "l.latest.label", f"CAST({prediction} AS VARCHAR)"
    elif task != "regression":
        numeric = types.get(_PREDICT, "") in _NUMBERS
        actual = _canonical("l.latest.label", "l.latest.value")
        predicted = _canonical(f"CAST({prediction} AS VARCHAR)", prediction if numeric else "NULL")
    columns = [
        f"{sql.window_start('p.time', width)} AS window_",
        "p.stage AS stage",
        f"{actual} AS actual",
        "l.latest.value AS number",
        f"{predicted} AS predicted",
        f"TRY_CAST({prediction} AS DOUBLE) AS guess",
        f"{margin} AS margin",
        *probabilities,
    ]
    return (
        f"SELECT {', '.join(columns)} FROM predictions p JOIN ({_LATEST_LABELS}) l ON p.id = l.id "
        f"WHERE p.version = {literal(version)} AND l.latest.label IS NOT NULL"
    )


def _canonical(column: str, number: str) -> str:
    """Return SQL that gives each class one text, for labels such as 1, 1.0, true and "1"."""
    without_bool = (
        f"CASE lower({column}) WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {column} END"
    )
    parsed = f"coalesce(CAST(TRY_CAST({without_bool} AS DOUBLE) AS VARCHAR), {column})"
    from_number = f"CAST(CAST({number} AS DOUBLE) AS VARCHAR)"
    return f"CASE WHEN ({number}) IS NOT NULL THEN {from_number} ELSE {parsed} END"


def proba_columns(log: LogReader) -> list[str]:
    """Return the columns of probabilities, one for each class."""
    return [name for name in log.columns if name.startswith(_PROBA)]


def infer_task(log: LogReader, kind: ClassKind = "") -> Task:
    """Infer the task: classes if labels are texts, or if all values are few whole numbers."""
    row = log.rows(
        "SELECT count(*) FILTER (number IS NULL), count(*) FILTER (number != floor(number)), "
        "count(*) FILTER (guess != floor(guess)), count(DISTINCT number) FROM labeled"
    )[0]
    texts, fractional_labels, fractional_predictions, distinct = row
    whole = not fractional_labels and not fractional_predictions and distinct <= _MAX_DISCRETE
    has_class_names = kind == "texts" or texts or proba_columns(log)
    return "classification" if has_class_names or whole else "regression"


def list_classes(log: LogReader, kind: ClassKind = "") -> list[str]:
    """Return the classes among labels and predictions, in scikit-learn's order: numbers by size.

    Raises
    ------
    InvalidValue
        If there are more than `MAX_CLASSES`.
    """
    rows = log.rows(
        "SELECT DISTINCT c FROM (SELECT actual AS c FROM labeled UNION ALL "
        f"SELECT predicted FROM labeled) WHERE c IS NOT NULL LIMIT {MAX_CLASSES + 1}"
    )
    classes = [str(row[0]) for row in rows]
    names = _names(log, kind)
    if set(classes) <= set(names):
        classes = names
    if len(classes) > MAX_CLASSES:
        raise InvalidValue(
            f"The labels of {log.model} have more than {MAX_CLASSES} different values.",
            "If they are numbers, not classes, use the metrics of a regression.",
        )
    return sorted(classes) if kind == "texts" else sorted(classes, key=_sort_key)


def probability_by_class(
    log: LogReader, classes: Sequence[str], kind: ClassKind = ""
) -> dict[str, int]:
    """Return the number of the probability for each class; empty if that is not known."""
    names = _names(log, kind)
    if set(classes) <= set(names):
        return {name: names.index(name) for name in classes}
    numbered = names == _written([str(n) for n in range(len(names))], kind)
    if numbered and len(classes) == len(names):  # columns are numbered in the order of the classes
        return {name: n for n, name in enumerate(classes)}
    return {}


def _names(log: LogReader, kind: ClassKind = "texts") -> list[str]:
    """Return the classes of the probabilities, written like `actual`."""
    return _written(
        original_names([name.removeprefix(_PROBA) for name in proba_columns(log)]), kind
    )


def _written(names: Sequence[str], kind: ClassKind) -> list[str]:
    return list(names) if kind == "texts" else list(map(_as_number, names))


def _is_number(name: str) -> bool:
    return _sort_key(_as_number(name))[0] == 0


def _as_number(name: str) -> str:
    try:
        return repr(float({"true": "1", "false": "0"}.get(name.lower(), name)))
    except ValueError:
        return name


def _sort_key(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
