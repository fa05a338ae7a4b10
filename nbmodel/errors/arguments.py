"""Errors of what a user passes: variables, values, queries, and packages that an argument needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors.base import NbModelError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


class VariableNotFound(NbModelError):
    """A variable that the notebook does not define."""

    def __init__(self, name: str, known_names: Iterable[str]) -> None:
        super().__init__(
            f"The notebook has no variable {name!r}.",
            did_you_mean(name, known_names) or "Define it, or run the cell that defines it.",
        )


class InvalidValue(NbModelError):
    """An argument with a value that is not allowed. The message says which, and why."""


class InvalidQuery(NbModelError):
    """A query that cannot be parsed."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"Cannot search for {text!r}: {why}.",
            'Write words or conditions: metrics.auc > 0.9 and stage = prod and name ~ "churn".',
        )


class ExtraMissing(NbModelError):
    """A package is not installed. Without an extra, it is one that nbmodel always needs."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        requirement = f'"nbmodel[{extra}]"' if extra else package
        super().__init__(
            f"{purpose} needs {package}, which is not installed.",
            f"Install it: pip install {requirement}.",
        )
