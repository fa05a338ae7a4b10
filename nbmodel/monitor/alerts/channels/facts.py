"""An alert as a title, facts and a command, from the document of a notification."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nbmodel.display import cut, line, number

MAX_TITLE_CHARACTERS = 200
MAX_FACT_CHARACTERS = 300

Document = Mapping[str, Any]


def title(document: Document) -> str:
    """Return state, version, stage and rule on one line."""
    state = line(document.get("state") or "alert")
    stage = document.get("stage")
    place = f" in {line(stage)}" if stage else ""
    subject = line(document.get("version") or document.get("model") or "")
    rule = document.get("rule")
    return cut(
        f"{state}: {subject}{place}{f', {line(rule)}' if rule else ''}", MAX_TITLE_CHARACTERS
    )


def facts(document: Document) -> list[tuple[str, str]]:
    """Return names and values of what is known; each is one line."""
    values = {
        "model": document.get("model"),
        "version": document.get("version"),
        "stage": document.get("stage"),
        "rule": document.get("rule"),
        "value": _value(document),
        "since": _since(document.get("since")),
        "last good": document.get("last_good"),
        "roll back": document.get("rollback"),
    }
    return [
        (name, cut(line(value), MAX_FACT_CHARACTERS)) for name, value in values.items() if value
    ]


def fact_lines(document: Document) -> list[str]:
    """Return the facts as aligned lines."""
    pairs = facts(document)
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name.ljust(width)}  {value}" for name, value in pairs]


def _value(document: Document) -> str:
    value = document.get("value")
    if not isinstance(value, int | float):
        return ""
    return f"{document.get('metric') or 'value'} = {number(value)}"


def _since(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return ""
