"""diff: what changed between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry
    from nbmodel.versioning.verbs.diff import ChangedValue


def diff(registry: Registry, *, before: str, after: str) -> Answer:
    """Sections of changed values, arrays, and the cells as a unified diff."""
    result = registry.diff(before, after)
    return {
        "before": result.before.ref,
        "after": result.after.ref,
        "sections": [
            {"title": title, "changes": [_change(change) for change in changes]}
            for title, changes in result.sections.items()
        ],
        "arrays": [
            {
                "path": display.visible(array.path),
                "shape": display.visible(array.shape),
                "change": display.visible(array.describe()),
            }
            for array in result.arrays
        ],
        "cells": [display.visible(line) for line in result.cells],
        "sharedBytes": result.shared,
        "storedBytes": result.stored,
    }


def _change(change: ChangedValue) -> Answer:
    return {
        "name": display.visible(change.name),
        "before": display.visible(change.before),
        "after": display.visible(change.after),
        "note": display.visible(change.note),
    }
