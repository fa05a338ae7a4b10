"""Warnings about the column of a rule: the data profile does not have it, or it does not fit."""

from __future__ import annotations

from nbmodel.display import visible
from nbmodel.errors import NbModelError, did_you_mean
from nbmodel.monitor.alerts.rules import ANY_COLUMN, ANY_OUTPUT, AlertRule
from nbmodel.monitor.drift.detection import drift_measures
from nbmodel.monitor.drift.references import ColumnReference, references
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

KIND_NAMES = {"number": "numbers", "category": "categories"}


def column_warnings(context: Context, model: str, stage: str, rule: AlertRule) -> tuple[str, ...]:
    """Return what may be wrong with the column of a rule, for the versions that serve now.

    A later version may have the column, so a rule with an unknown column is allowed. Versions
    without a data profile are not checked.
    """
    if rule.column in ("", ANY_COLUMN, ANY_OUTPUT) or rule.column.startswith(OUTPUT_PREFIX):
        return ()
    context.index.refresh()
    stages = [stage] if stage else sorted(context.index.stages(model))
    warnings = []
    for subject in [f"{model}#{name}" for name in stages] or [model]:
        try:
            version = resolve(context, subject)
            snapshot = snapshots.read(context, version)
            columns = references(snapshot.profile(context), snapshot.manifest.signature)
        except NbModelError:  # no version holds the stage, or it cannot be read
            continue
        if columns:
            warnings.append(_warning(version, columns, rule))
    return tuple(dict.fromkeys(filter(None, warnings)))


def _warning(version: VersionInfo, columns: list[ColumnReference], rule: AlertRule) -> str:
    name = visible(rule.column)
    kinds = [column.kind for column in columns if column.name == rule.column]
    if not kinds:
        hint = did_you_mean(rule.column, [column.name for column in columns])
        problem = f"The data profile of {version.ref} has no input {name!r}."
        return " ".join(filter(None, [problem, visible(hint)]))
    measured = next((m.kinds for m in drift_measures() if m.name == rule.metric), frozenset(kinds))
    if measured & set(kinds):
        return ""
    takes = " and ".join(KIND_NAMES[kind] for kind in sorted(measured, reverse=True)
                         if kind in KIND_NAMES)  # fmt: skip
    what = "a " + kinds[0] if kinds[0] in KIND_NAMES else "neither a number nor a category"
    return f"{rule.metric} measures {takes} only: {name!r} of {version.ref} is {what}."
