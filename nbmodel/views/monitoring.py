"""monitor, distribution, monitoringState, health: what the prediction log of a model shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.errors import NbModelError
from nbmodel.views.monitor_report import report_answer
from nbmodel.views.monitoring_records import MICROSECONDS, seconds
from nbmodel.views.texts import Answer, real, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbmodel.monitor.report.result import MonitorReport
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry

MAX_WINDOWS = 3000  # of a report: more are neither drawn nor distinguishable


# The functions import the monitoring package when they are called: it needs optional packages.


def monitor(
    registry: Registry, *, ref: str, since: str = "", until: str = "", window: str = ""
) -> Answer:
    """Return traffic, quality, drift, anomalies and alerts of a model, a stage or a version.

    Without `window`, the length of the windows fits the logged time.
    """
    report = panel_report(registry.context, ref, since, until, window)
    ranged = bool(since or until)
    return report_answer(registry.context, report, ref, partial=ranged, ended=bool(until))


def distribution(
    registry: Registry, *, version: str, stage: str, column: str, window: str = "1d", time: int = 0
) -> Answer:
    """Return one column in the training data and in one window, as shares of rows."""
    from nbmodel.monitor.report import distribution as distributions

    result = distributions.distribution(
        registry.context, version, stage, column, window=window, time=time * MICROSECONDS
    )
    reference = result.reference
    categories = [*map(text, reference.values), "others"] if reference.kind == "category" else []
    return {
        "column": display.visible(reference.name),
        "version": display.visible(version),
        "stage": stage,
        "time": seconds(result.start),
        "kind": reference.kind,
        "edges": [real(edge) for edge in reference.edges],
        "categories": categories,
        "reference": _shares(reference.counts),
        "current": _shares(result.counts),
        "rows": {"reference": reference.rows, "current": result.rows},
        "missing": {
            "reference": _share(reference.missing, reference.rows),
            "current": _share(result.missing, result.rows),
        },
    }


def monitoring_state(registry: Registry, *, model: str) -> Answer:
    """Return a text that changes when rows, labels or alerts of a model are added or removed."""
    from nbmodel.monitor.report import state

    context = registry.context
    context.index.refresh()
    context.require_model(refs.check_name("model", model))
    return {"state": state.monitoring_state(context, model)}


def health(registry: Registry, *, models: list[str]) -> Answer:
    """Return the health of each stage by model; models that the registry lacks are left out.

    If the log of a model cannot be read, the health of its stages is unknown, and the reason says
    why.
    """
    from nbmodel.monitor.report.health import health_or_problem

    return {
        "health": {
            model: [
                {
                    "stage": stage.stage,
                    "version": stage.version,
                    "state": stage.state,
                    "reason": display.visible(stage.reason),
                    "rollback": display.visible(stage.rollback),
                    "verdict": display.visible(stage.text),
                }
                for stage in health_or_problem(registry.context, model)
            ]
            for model in _existing(registry, models)
        }
    }


def traffic(registry: Registry, *, models: list[str]) -> Answer:
    """Return the recent traffic of each stage by model; models without a log are left out.

    ``problems`` says by model why a log, or a part of it, cannot be read.
    """
    from nbmodel.monitor.report.traffic import stage_traffic

    answers: dict[str, list[Answer]] = {}
    problems: dict[str, str] = {}
    for model in _existing(registry, models):
        try:
            measured = stage_traffic(registry.context, model)
        except NbModelError as error:
            problems[model] = display.visible(error)
            continue
        if measured.unreadable:
            problems[model] = display.visible(measured.unreadable)
        if measured.stages:
            answers[model] = [
                {
                    "stage": display.visible(stage.stage),
                    "rows": list(stage.rows),
                    "last": seconds(stage.last),
                }
                for stage in measured.stages
            ]
    return {"traffic": answers, "problems": problems}


def _existing(registry: Registry, models: Iterable[str]) -> list[str]:
    """Return the models that the registry has, each once."""
    registry.context.index.refresh()
    names = set(registry.context.index.names())
    return [model for model in dict.fromkeys(models) if model in names]


def panel_report(context: Context, ref: str, since: str, until: str, window: str) -> MonitorReport:
    """Return the report that panels draw; it is cached until the log changes or a window ends.

    Raises
    ------
    NbModelError
        Any error of `nbmodel.monitor.report.report.make_report`, such as `InvalidValue` for more
        than `MAX_WINDOWS` windows.
    """
    from nbmodel.monitor.report.cached import cached_report

    return cached_report(context, ref, since, until, window, MAX_WINDOWS, datetime.now(UTC))


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [_share(count, total) for count in counts]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
