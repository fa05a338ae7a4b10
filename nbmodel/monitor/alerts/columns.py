"""Checks that a new rule can be evaluated: its column, its measure, its metric and its stage."""

from __future__ import annotations

from collections.abc import Sequence

from nbmodel import refs
from nbmodel.display import visible
from nbmodel.errors import InvalidValue, NbModelError, did_you_mean
from nbmodel.monitor.alerts.rules import ANY_COLUMN, ANY_OUTPUT, AlertRule
from nbmodel.monitor.drift.detection import drift_measures
from nbmodel.monitor.drift.references import ColumnReference, references
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.quality.labeled import Task, signature_task
from nbmodel.monitor.quality.metrics import METRICS, PREFERRED_METRICS
from nbmodel.records import Signature, VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

KIND_NAMES = {"number": "numbers", "category": "categories"}
Problem = tuple[str, str]  # what is wrong, and a hint; both may be empty
TASK_OUTPUTS: dict[Task, str] = {"classification": "classes", "regression": "numbers"}


def check_rule(context: Context, model: str, stage: str, rule: AlertRule) -> tuple[str, ...]:
    """Check a rule against the versions that serve now.

    Returns
    -------
    tuple of str
        What is wrong for some of the versions, or may be wrong.

    Raises
    ------
    InvalidValue
        If the rule cannot be evaluated for any of them, for example because no version has the
        column.
    """
    context.index.refresh()
    held_stages = sorted(context.index.stages(model))
    if stage and stage not in held_stages:
        hint = did_you_mean(stage, held_stages)
        return (" ".join(filter(None, [f"No version of {model} holds {stage} yet.", hint])),)
    problems: list[Problem] = []
    warnings: list[str] = []
    stages = [stage] if stage else held_stages
    for subject in [refs.stage_reference(model, each) for each in stages] or [model]:
        try:
            version = resolve(context, subject)
            snapshot = snapshots.read(context, version)
            columns = references(snapshot.profile(context), snapshot.manifest.signature)
        except NbModelError:  # it cannot be read, which other commands report
            continue
        problems.append(_problem(version, snapshot.manifest.signature, columns, rule))
        if rule.column and not columns and not any(problems[-1]):
            warnings.append(
                f"{version.ref} has no data profile, so {rule.metric} has no value for its inputs. "
                "Commit with --data VARIABLE."
            )
    wrong = list(dict.fromkeys(problem for problem in problems if any(problem)))
    if wrong and all(any(problem) for problem in problems):
        problem, hint = wrong[0]
        raise InvalidValue(
            f"The rule {visible(rule)} cannot be evaluated: {problem}",
            hint or "Set it after a version that has it was promoted.",
        )
    return (*(" ".join(filter(None, each)) for each in wrong), *dict.fromkeys(warnings))


def _problem(
    version: VersionInfo, signature: Signature, columns: Sequence[ColumnReference], rule: AlertRule
) -> Problem:
    """Return why a rule has no value for a version; two empty texts if it may have one."""
    if rule.metric in METRICS:
        return _metric_problem(version, signature, rule)
    if rule.column in ("", ANY_COLUMN, ANY_OUTPUT) or rule.column.startswith(OUTPUT_PREFIX):
        return "", ""
    name = visible(rule.column)
    names = [column.name for column in columns] or [item.name for item in signature.inputs]
    kinds = [column.kind for column in columns if column.name == rule.column]
    if rule.column not in names and all(names) and names:
        where = f"the data profile of {version.ref}" if columns else version.ref
        hint = did_you_mean(rule.column, names)
        return f"{where} has no input {name!r}.", visible(hint)
    measured = next((m.kinds for m in drift_measures() if m.name == rule.metric), frozenset(kinds))
    if not kinds or measured & set(kinds):
        return "", ""
    takes = " and ".join(KIND_NAMES[kind] for kind in sorted(measured, reverse=True)
                         if kind in KIND_NAMES)  # fmt: skip
    what = "a " + kinds[0] if kinds[0] in KIND_NAMES else "neither a number nor a category"
    fitting = [m.name for m in drift_measures() if set(kinds) & m.kinds]
    return (
        f"{rule.metric} measures {takes} only: {name!r} of {version.ref} is {what}.",
        f"Measures for it: {', '.join(fitting)}.",
    )


def _metric_problem(version: VersionInfo, signature: Signature, rule: AlertRule) -> Problem:
    task, own = METRICS[rule.metric].task, signature_task(signature)
    if own in ("", task):
        return "", ""
    fitting = [name for name in PREFERRED_METRICS if METRICS[name].task == own]
    return (
        f"{rule.metric} is for {TASK_OUTPUTS[task]}, and {version.ref} predicts "
        f"{TASK_OUTPUTS[own]}.",
        f"Metrics for them: {', '.join(fitting)}.",
    )
