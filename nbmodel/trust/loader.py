"""Load a stranger's skeleton: scan it, then build it; every refusal is an `Untrusted`."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.errors import NbModelError, Untrusted
from nbmodel.plugins import rules_for
from nbmodel.trust.pickle_machine import Machine
from nbmodel.trust.regular_expressions import few_patterns
from nbmodel.trust.rules import require
from nbmodel.trust.scan import examine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


UNKNOWN = "something that is not known to be safe"


def load_untrusted(skeleton: bytes, buffers: Sequence[memoryview], where: str) -> Any:
    """Load a stranger's object without running any code of theirs.

    Parameters
    ----------
    skeleton : bytes
        The pickle, protocol 5.
    buffers : sequence of memoryview
        Its out-of-band buffers in order, contiguous. Arrays use their memory without a copy.
    where : str
        The version that is loaded, for the error message: ``churn@7``.

    Raises
    ------
    Untrusted
        If the skeleton names a class or function without a rule, if it asks for more than a rule
        allows, or if the checks of its class refuse an object.
    """
    skeleton = bytes(skeleton)
    findings = examine(skeleton, rules_for)
    if findings:
        raise Untrusted(where, findings)
    try:
        _check_disjoint(buffers)
        with _without_collection(), few_patterns():
            return Machine(skeleton, buffers).run()
    except NbModelError:
        raise
    except Exception as error:  # a hostile stream makes any constructor raise anything
        raise Untrusted(where, (f"{UNKNOWN}: {_reason(error)}",)) from error


@contextmanager
def _without_collection() -> Iterator[None]:
    """Stop the garbage collector: everything that the load makes is still in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _reason(error: Exception) -> str:
    text = str(error)[:300]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__} {text}"


def _check_disjoint(buffers: Sequence[memoryview]) -> None:
    """Refuse buffers that share memory: one array could change another that was checked."""
    spans = []
    for buffer in buffers:
        require(buffer.contiguous, "a buffer that is not contiguous")
        address = np.frombuffer(buffer, np.uint8).__array_interface__["data"][0]
        spans.append((address, address + buffer.nbytes))
    spans = sorted(span for span in spans if span[0] < span[1])
    for (_, end), (begin, _) in pairwise(spans):
        require(end <= begin, "two buffers that share memory")
