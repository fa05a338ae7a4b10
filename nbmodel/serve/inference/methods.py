"""The methods of a version as functions from rows to outputs.

If several ways to call a method give the same bits, the fastest is taken. It is timed, which
decides how many rows are scored in the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import outputs as named_outputs
from nbmodel.predict.acceptance import Acceptance, decode_rows
from nbmodel.predict.acceptance_replay import compare
from nbmodel.predict.compiled import NotCompiled, Scorer, agrees, compile_scorer, one_job
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.predictor import Predictor
from nbmodel.predict.rows import Array, Rows, concatenate, count_rows
from nbmodel.predict.synthetic_rows import draw
from nbmodel.predict.synthetic_values import Facts, NotDrawn

QUICK_SECONDS = 0.002  # a shorter call is made in the event loop
TIMED_ROWS = 64  # of the call that shows what one row costs
MAX_QUICK_ROWS = 4096  # scored in the event loop, however fast the model is

Call = Callable[[Rows], Outputs]


@dataclass(frozen=True, slots=True)
class CompiledCall:
    """A compiled scorer that gives the model's own bits, and a row that it can score."""

    call: Call
    sample: Array


def scorers(
    predictor: Predictor, acceptance: Acceptance | None, calls: Mapping[str, Call], profile: Facts
) -> dict[str, CompiledCall]:
    """Compiled scorers by method; each gives the model's own bits for synthetic rows.

    These rows are the acceptance rows. A model such as a large forest may have been too slow to
    score them at commit. It gets rows that are drawn in the same way now.
    """
    result: dict[str, CompiledCall] = {}
    compiled = compile_scorer(predictor.model) if predictor.decoder.numeric else {}
    with one_job(predictor.model):
        for method, scorer in compiled.items():
            rows = _rows(predictor, acceptance, method, profile)
            if method in calls and rows is not None:
                finite = rows[np.isfinite(rows).all(axis=1)]
                own = partial(_one_output, calls[method], method)
                if agrees(scorer, own, [rows, finite]):
                    result[method] = CompiledCall(partial(_scored, scorer, method), finite[:1])
    return result


def _rows(
    predictor: Predictor, acceptance: Acceptance | None, method: str, profile: Facts
) -> Array | None:
    """Rows for comparing a scorer with its model; None unless all their values are numbers."""
    try:
        if acceptance is not None and method in acceptance.answers:
            drawn, indices = acceptance.rows, acceptance.accepted(method)
        else:
            drawn = draw(predictor.decoder, predictor.model, profile)
            count = len(next(iter(drawn.values()))) if isinstance(drawn, dict) else len(drawn)
            indices = list(range(count))
        rows = decode_rows(predictor.decoder, drawn, indices) if indices else {}
    except (NotDrawn, InvalidInput):
        return None
    return None if isinstance(rows, dict) or rows.ndim != 2 else rows


def _one_output(call: Call, method: str, rows: Array) -> Array:
    return call(rows)[method]


def _scored(scorer: Scorer, method: str, rows: Rows) -> Outputs:
    if isinstance(rows, dict):
        raise NotCompiled
    return {method: scorer(rows)}


def call_of(predictor: Predictor, method: str, acceptance: Acceptance | None) -> Call:
    """A method as a function from rows to outputs.

    A model that was fitted on a data frame gets an array instead if the acceptance rows show the
    same bits: building a frame takes longer than most models need to score.
    """
    direct = predictor.methods[method]

    def by_frame(rows: Rows) -> Outputs:
        return predictor.answer(method, rows)

    def by_array(rows: Rows) -> Outputs:
        if isinstance(rows, dict):  # whole numbers that float64 cannot represent
            return predictor.answer(method, rows)
        return named_outputs.named_arrays(method, direct(rows.copy()), count_rows(rows))

    if predictor.inputs.kind != "frame" or not predictor.decoder.numeric or acceptance is None:
        return by_frame
    return by_array if _same_bits(by_array, predictor, method, acceptance) else by_frame


def _same_bits(call: Call, predictor: Predictor, method: str, acceptance: Acceptance) -> bool:
    expected = acceptance.answers.get(method)
    if not expected or method in acceptance.random:
        return False
    rows = decode_rows(predictor.decoder, acceptance.rows, acceptance.accepted(method))
    if isinstance(rows, dict):
        return False
    try:
        frame, array = predictor.answer(method, rows), call(rows)
    except Exception:  # noqa: BLE001  a model that needs names raises anything on an array
        return False
    return compare(acceptance, method, frame, array) == ([], True)


@dataclass(frozen=True, slots=True)
class Trial:
    """The outputs of a call with one row, and how many rows take less than `QUICK_SECONDS`."""

    outputs: Outputs | None = None
    quick_rows: int = 0


def try_out(compiled: CompiledCall | None, call: Call, sample: Rows | None) -> Trial:
    """Call a method with one row and with several; a failed call leaves the result empty."""
    if compiled is not None:
        call, sample = compiled.call, compiled.sample
    if sample is None:
        return Trial()
    try:
        call(sample)  # warms it
        outputs, base_s = _timed(call, sample)
        if base_s >= QUICK_SECONDS:
            return Trial(outputs)
        several = concatenate([sample] * TIMED_ROWS)
        call(several)
        _, several_s = _timed(call, several)
    except Exception:  # noqa: BLE001  the model may refuse an invented row
        return Trial()
    row_s = max(several_s - base_s, 0.0) / (TIMED_ROWS - 1)
    quick_rows = 1 + int((QUICK_SECONDS - base_s) / max(row_s, 1e-9))
    return Trial(outputs, min(MAX_QUICK_ROWS, quick_rows))


def _timed(call: Call, rows: Rows) -> tuple[Outputs, float]:
    start = time.perf_counter()
    outputs = call(rows)
    return outputs, time.perf_counter() - start
