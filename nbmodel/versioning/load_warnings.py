"""What libraries warn of while an object is loaded: shown, with a stranger's text escaped.

A warning may quote the object: scikit-learn prints the release that a stranger's
estimator names. In a terminal its control characters would act.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from nbmodel.display import visible


@contextmanager
def escaped_warnings() -> Iterator[None]:
    """Let through what is warned of in the body when it has ended, control characters visible."""
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as found:
            try:
                yield
            finally:
                caught = list(found)
    finally:
        for warning in caught:
            warnings.showwarning(
                _readable(warning.message), warning.category, warning.filename, warning.lineno
            )


def _readable(message: Warning | str) -> Warning | str:
    text = str(message)
    return message if visible(text) == text else Warning(visible(text))
