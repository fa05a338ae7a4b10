"""timeline, alertHistory: what happened to a model, and which version held each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.views.monitoring_records import alert_period_answer
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

MAX_SPANS = 1000
MAX_PERIODS = 1000  # in which alerts fired
MAX_REASON_CHARACTERS = 200


def timeline(registry: Registry, *, model: str, limit: int = 200) -> Answer:
    """The newest events of a model, newest first, and the spans of its stages, oldest first."""
    result = registry.timeline(model, limit=limit)
    return {
        "model": result.model,
        "events": [
            {
                "kind": event.kind,
                "time": event.time,
                "ref": event.ref,
                "label": event.label,
                "author": display.visible(event.author),
                "text": display.visible(display.first_line(event.text, MAX_REASON_CHARACTERS)),
            }
            for event in result.events
        ],
        "spans": [
            {
                "stage": span.move.stage,
                "ref": result.names.get(span.move.commit, ""),
                "begin": span.move.time,
                "end": span.end,
                "author": display.visible(span.move.author.name),
                "text": display.visible(
                    display.first_line(span.move.message, MAX_REASON_CHARACTERS)
                ),
            }
            for span in result.spans[-MAX_SPANS:]
        ],
        "hasMore": result.has_more,
    }


def alert_history(registry: Registry, *, model: str, limit: int = 200) -> Answer:
    """Return the newest periods in which alerts of a model fired, newest first.

    This is another question than the timeline, because it reads the prediction log. ``unreadable``
    says why a part of the log cannot be read, so that periods may be missing.
    """
    from nbmodel.monitor.report.alert_history import fired_alerts

    history = fired_alerts(registry.context, model)
    page = list(reversed(history.periods))[: min(limit, MAX_PERIODS)]
    return {
        "model": model,
        "periods": [alert_period_answer(period) for period in page],
        "hasMore": len(history.periods) > len(page),
        "unreadable": display.visible(history.unreadable),
    }
