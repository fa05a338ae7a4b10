"""firing: the alerts of a registry that fire now, for a notification of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

MAX_MODELS = 50  # with rules; each needs a look at its log


def firing(registry: Registry) -> Answer:
    """Return one entry for each stage in which an alert fires, with the ids of its alerts.

    Results are those of `nbmodel.views.monitoring.health`, which are cached. A model whose log
    cannot be read does not hide the alerts of others.
    """
    from nbmodel.monitor.alerts import store
    from nbmodel.monitor.report.health import health_or_problem

    context = registry.context
    context.index.refresh()
    names = set(context.index.names())
    watched = dict.fromkeys(alert.model for alert in store.list_alerts(context).alerts)
    models = [model for model in watched if model in names][:MAX_MODELS]
    return {
        "registry": context.location.key,
        "stages": [
            {
                "alerts": list(verdict.firing),
                "subject": refs.stage_reference(model, verdict.stage),
                "version": verdict.version,
                "verdict": display.visible(verdict.text),
            }
            for model in models
            for verdict in health_or_problem(context, model)
            if verdict.firing
        ],
    }
