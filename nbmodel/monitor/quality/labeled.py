"""Predictions beside what was true: the labeled rows of a version, their task, their classes.

Classes are texts or numbers. As texts "1", "01" and "1.0" are three classes; as numbers 1, 1.0,
true and "1" are one, in whatever form a label came.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX, original_names
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.records import Signature

Task = Literal["classification", "regression", ""]
ClassKind = Literal["texts", "numbers", ""]

MAX_CLASSES = 100
_MAX_LABELS = 10_000  # different ones that are compared with the names of classes
_MAX_DISCRETE = 20  # different whole numbers that are still classes
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
# The last label of each id: text and number of the same row.
_LAST = "SELECT id, arg_max(struct_pack(label, value), time) AS given FROM labels GROUP BY id"
_TASKS: Mapping[str, Task] = {
    "label": "classification", "probability": "classification", "prediction": "regression",
}  # fmt: skip


def signature_task(signature: Signature) -> Task:
    """What a version's outputs say of its labels."""
    return next((_TASKS[c.name] for c in signature.outputs if c.name in _TASKS), "")


def signature_kind(signature: Signature) -> ClassKind:
    """What a version's classes are; empty where its signature does not say (``object``)."""
    labels = (c.dtype for c in signature.outputs if c.name == "label")
    return _KINDS.get(next(labels, "").lower().rstrip("0123456789"), "")


def log_kind(log: LogReader, told: ClassKind = "") -> ClassKind:
    """What the classes in a log are: as its predictions show, else as the signature says.

    Where neither says it, they are texts if every label is the name of a class, as it stands.
    """
    dtype = log.columns.get(_PREDICT, "")
    if dtype in _NUMBERS:
        return "numbers"
    if told or dtype:
        return told or "texts"
    names = set(_names(log))
    if not names or any(not _is_number(name) for name in names):
        return "texts" if names else "numbers"
    rows = log.rows(
        f"SELECT DISTINCT label FROM labels WHERE label IS NOT NULL LIMIT {_MAX_LABELS}"
    )
    return "texts" if {str(row[0]) for row in rows} <= names else "numbers"


def labeled_rows(
    log: LogReader, version: str, width: int, task: Task = "", kind: ClassKind = ""
) -> str:
    """Labeled rows: window, stage, ``actual`` and ``number``, ``predicted`` and ``guess``."""
    have = log.columns
    decision = f"{OUTPUT_PREFIX}decision_function"
    guess = identifier(_PREDICT) if _PREDICT in have else "NULL"
    margin = f"TRY_CAST({identifier(decision)} AS DOUBLE)" if decision in have else "NULL::DOUBLE"
    shares = [
        f"TRY_CAST(p.{identifier(name)} AS DOUBLE) AS q{n}"
        for n, name in enumerate(proba_columns(log))
    ]
    # Texts of millions of numbers take longer than all the rest: only where they may be classes.
    actual = predicted = "NULL::VARCHAR"
    if task != "regression" and kind == "texts":
        actual, predicted = "l.given.label", f"CAST({guess} AS VARCHAR)"
    elif task != "regression":
        numeric = have.get(_PREDICT, "") in _NUMBERS
        actual = _canonical("l.given.label", "l.given.value")
        predicted = _canonical(f"CAST({guess} AS VARCHAR)", guess if numeric else "NULL")
    columns = [
        f"{windows.sql('p.time', width)} AS window_",
        "p.stage AS stage",
        f"{actual} AS actual",
        "l.given.value AS number",
        f"{predicted} AS predicted",
        f"TRY_CAST({guess} AS DOUBLE) AS guess",
        f"{margin} AS margin",
        *shares,
    ]
    return (
        f"SELECT {', '.join(columns)} FROM predictions p JOIN ({_LAST}) l ON p.id = l.id "
        f"WHERE p.version = {literal(version)} AND l.given.label IS NOT NULL"
    )


def _canonical(column: str, number: str) -> str:
    """Classes as one text each, whether they came as 1, 1.0, true or "1"."""
    truth = f"CASE lower({column}) WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {column} END"
    parsed = f"coalesce(CAST(TRY_CAST({truth} AS DOUBLE) AS VARCHAR), {column})"
    plain = f"CAST(CAST({number} AS DOUBLE) AS VARCHAR)"
    return f"CASE WHEN ({number}) IS NOT NULL THEN {plain} ELSE {parsed} END"


def proba_columns(log: LogReader) -> list[str]:
    """Columns of probabilities, one a class."""
    return [name for name in log.columns if name.startswith(_PROBA)]


def infer_task(log: LogReader, kind: ClassKind = "") -> Task:
    """Classes if they are texts, or if labels and predictions are few whole numbers."""
    row = log.rows(
        "SELECT count(*) FILTER (number IS NULL), count(*) FILTER (number != floor(number)), "
        "count(*) FILTER (guess != floor(guess)), count(DISTINCT number) FROM scored"
    )[0]
    texts, broken, broken_guesses, different = row
    whole = not broken and not broken_guesses and different <= _MAX_DISCRETE
    named = kind == "texts" or texts or proba_columns(log)
    return "classification" if named or whole else "regression"


def list_classes(log: LogReader, kind: ClassKind = "") -> list[str]:
    """Those seen as labels or predictions, in scikit-learn's order: numbers by size.

    Raises
    ------
    InvalidValue
        If there are more than make sense.
    """
    rows = log.rows(
        "SELECT DISTINCT c FROM (SELECT actual AS c FROM scored UNION ALL "
        f"SELECT predicted FROM scored) WHERE c IS NOT NULL LIMIT {MAX_CLASSES + 1}"
    )
    found = [str(row[0]) for row in rows]
    names = _names(log, kind)
    if set(found) <= set(names):
        found = names
    if len(found) > MAX_CLASSES:
        raise InvalidValue(
            f"The labels of {log.model} have more than {MAX_CLASSES} different values.",
            "If they are numbers, not classes, ask for the metrics of a regression.",
        )
    return sorted(found) if kind == "texts" else sorted(found, key=_in_order)


def probability_by_class(
    log: LogReader, classes: Sequence[str], kind: ClassKind = ""
) -> dict[str, int]:
    """Which probability belongs to which class; empty if that cannot be told."""
    names = _names(log, kind)
    if set(classes) <= set(names):
        return {name: names.index(name) for name in classes}
    numbered = names == _named([str(n) for n in range(len(names))], kind)
    if numbered and len(classes) == len(names):  # columns by number, in the classes' order
        return {name: n for n, name in enumerate(classes)}
    return {}


def _names(log: LogReader, kind: ClassKind = "texts") -> list[str]:
    """The classes that probabilities are of, as `actual` has them."""
    return _named(original_names([name.removeprefix(_PROBA) for name in proba_columns(log)]), kind)


def _named(names: Sequence[str], kind: ClassKind) -> list[str]:
    return list(names) if kind == "texts" else list(map(_plain, names))


def _is_number(name: str) -> bool:
    return _in_order(_plain(name))[0] == 0


def _plain(name: str) -> str:
    try:
        return repr(float({"true": "1", "false": "0"}.get(name.lower(), name)))
    except ValueError:
        return name


def _in_order(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
