"""Steps after a reference has moved: none of them may say that nothing happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from nbmodel.errors import NbModelError


def best_effort(where: str, what: str, step: Callable[[], object]) -> tuple[str, ...]:
    """Do a step that only makes things faster or nicer; what to tell the user if it fails.

    Parameters
    ----------
    where : str
        What is there already: ``churn@5``.
    what : str
        The step: ``the index``.
    step : callable
    """
    try:
        step()
    except (NbModelError, OSError, sqlite3.Error, RuntimeError) as error:
        why = error.what if isinstance(error, NbModelError) else _said(error)
        return (f"{where} is there; do not repeat the command. But {what} failed: {why}",)
    return ()


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{type(error).__name__}: {error}."
