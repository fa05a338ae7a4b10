"""The methods of a version as functions from rows to outputs.

Of several ways with the same bits the fastest is taken, and is timed: so many rows of it are
scored in the event loop itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import outputs as named_outputs
from nbmodel.predict.acceptance import Acceptance, decoded
from nbmodel.predict.asking import Asked
from nbmodel.predict.compiled import NotCompiled, Scorer, agrees, compile_scorer, one_job
from nbmodel.predict.draw import Facts, NotDrawn, draw
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.proving import compared
from nbmodel.predict.rows import Array, Rows, joined, rows_in

QUICK = 0.002  # seconds; a call below that is made in the event loop itself
MANY = 64  # rows of the call that tells what each one costs
MOST_QUICK = 4096  # rows that are scored in the event loop, however fast they are

Call = Callable[[Rows], Outputs]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A scorer that gives the model's own bits, and a row that it scores."""

    call: Call
    sample: Array


def scorers(
    asked: Asked, acceptance: Acceptance | None, calls: Mapping[str, Call], profile: Facts
) -> dict[str, Compiled]:
    """Compiled scorers by method, where synthetic rows show the bits of the model itself.

    The rows are the acceptance rows; a model that was too slow to answer them at commit, a large
    forest, is asked rows that are drawn here as they were drawn there.
    """
    found: dict[str, Compiled] = {}
    compiled = compile_scorer(asked.model) if asked.decoder.numeric else {}
    with one_job(asked.model):
        for method, scorer in compiled.items():
            rows = _rows(asked, acceptance, method, profile)
            if method in calls and rows is not None:
                whole = rows[np.isfinite(rows).all(axis=1)]
                own = partial(_one_output, calls[method], method)
                if agrees(scorer, own, [rows, whole]):
                    found[method] = Compiled(partial(_scored, scorer, method), whole[:1])
    return found


def _rows(asked: Asked, acceptance: Acceptance | None, method: str, profile: Facts) -> Array | None:
    """Rows to hold a scorer against its model; None if there are none of numbers alone."""
    try:
        if acceptance is not None and method in acceptance.answers:
            drawn, chosen = acceptance.rows, acceptance.accepted(method)
        else:
            drawn = draw(asked.decoder, asked.model, profile)
            count = len(next(iter(drawn.values()))) if isinstance(drawn, dict) else len(drawn)
            chosen = list(range(count))
        rows = decoded(asked.decoder, drawn, chosen) if chosen else {}
    except (NotDrawn, InvalidInput):
        return None
    return None if isinstance(rows, dict) or rows.ndim != 2 else rows


def _one_output(call: Call, method: str, rows: Array) -> Array:
    return call(rows)[method]


def _scored(scorer: Scorer, method: str, rows: Rows) -> Outputs:
    if isinstance(rows, dict):
        raise NotCompiled
    return {method: scorer(rows)}


def call_of(asked: Asked, method: str, acceptance: Acceptance | None) -> Call:
    """A method as a function from rows to outputs.

    Where the acceptance rows show that an array of numbers gives the same bits as the frame that
    the model was fitted on, the array is passed: to build a frame costs more than most models.
    """
    direct = asked.methods[method]

    def by_frame(rows: Rows) -> Outputs:
        return asked.answer(method, rows)

    def by_array(rows: Rows) -> Outputs:
        if isinstance(rows, dict):  # whole numbers that float64 does not hold
            return asked.answer(method, rows)
        return named_outputs.named(method, direct(rows.copy()), rows_in(rows))

    if asked.inputs.kind != "frame" or not asked.decoder.numeric or acceptance is None:
        return by_frame
    return by_array if _same_bits(by_array, asked, method, acceptance) else by_frame


def _same_bits(call: Call, asked: Asked, method: str, acceptance: Acceptance) -> bool:
    expected = acceptance.answers.get(method)
    if not expected or method in acceptance.random:
        return False
    rows = decoded(asked.decoder, acceptance.rows, acceptance.accepted(method))
    if isinstance(rows, dict):
        return False
    try:
        frame, array = asked.answer(method, rows), call(rows)
    except Exception:  # noqa: BLE001  a model that needs names raises anything on an array
        return False
    return compared(acceptance, method, frame, array) == ([], True)


@dataclass(frozen=True, slots=True)
class Try:
    """What a call with one row gave, and how many rows take less than `QUICK`."""

    answer: Outputs | None = None
    quick_rows: int = 0


def try_out(compiled: Compiled | None, call: Call, sample: Rows | None) -> Try:
    """Call a method with one row and with several; a failure leaves everything unknown."""
    if compiled is not None:
        call, sample = compiled.call, compiled.sample
    if sample is None:
        return Try()
    try:
        call(sample)  # warms it
        answer, one = _timed(call, sample)
        if one >= QUICK:
            return Try(answer)
        several = joined([sample] * MANY)
        call(several)
        _, many = _timed(call, several)
    except Exception:  # noqa: BLE001  an invented row may not suit the model; that is no fault
        return Try()
    each = max(many - one, 0.0) / (MANY - 1)
    return Try(answer, min(MOST_QUICK, 1 + int((QUICK - one) / max(each, 1e-9))))


def _timed(call: Call, rows: Rows) -> tuple[Outputs, float]:
    begin = time.perf_counter()
    answer = call(rows)
    return answer, time.perf_counter() - begin
