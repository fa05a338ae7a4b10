"""Acceptance rows at commit: they are drawn, the model answers them, its noise is measured."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import acceptance as files
from nbmodel.predict import agreement, training_rows
from nbmodel.predict.acceptance import Acceptance, Refusal, decode_rows
from nbmodel.predict.acceptance_replay import one_line
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import supported_inputs
from nbmodel.predict.outputs import Outputs, classes_of
from nbmodel.predict.predictor import Predictor, without_side_effects
from nbmodel.predict.rows import Array, Rows, slice_rows
from nbmodel.predict.synthetic_rows import ROW_COUNT, Drawn, draw
from nbmodel.predict.synthetic_values import NotDrawn

COMMIT_SECONDS = 0.050  # that a commit may spend on answers
NO_METHOD = "the object has no method that predicts"  # why there are no rows
_MAX_VALUES = files.MAX_FILE_BYTES // 2  # of all answers: each takes at least a digit and a comma
_MIN_SHARE = 1 / 8  # of the time of a call: a row that takes less is not counted
_TIMED_ROWS = 4  # of the call that measures the time of a further row
_MIN_RANDOM_GAP = 1e-4  # of the largest value: threads that add in another order stay far below


def record(
    model: Any, inputs: Inputs, profile: Mapping[str, Any], *, data: Any = None,
    budget: float = math.inf,
) -> Acceptance:  # fmt: skip
    """Draw rows and let the model answer them together and one by one.

    Parameters
    ----------
    model : object
        It is not changed: see `nbmodel.predict.predictor.without_side_effects`.
    inputs : Inputs
    profile : mapping
        The data profile of the training data; empty if there is none.
    data : DataFrame, array, list or mapping, optional
        The training data: see `nbmodel.predict.training_rows`.
    budget : float
        In seconds. One row is timed first. If all rows would take longer, none are kept.

    Returns
    -------
    Acceptance
        Without rows, and with the reason in `why`, if the model has no method to call, nothing
        is known to draw from, or the answers take too long.
    """
    inputs = supported_inputs(model, inputs)
    try:
        predictor = Predictor(model, inputs)
    except InvalidInput as error:
        return Acceptance(inputs=inputs, why=error.what)
    if not predictor.methods:
        return Acceptance(inputs=inputs, why=NO_METHOD)
    try:
        return _fitting(predictor, profile, budget, data)
    except (NotDrawn, InvalidInput) as error:
        return Acceptance(inputs=inputs, why=f"no rows can be drawn: {error}")
    except Exception as error:  # noqa: BLE001  an unusual object must not stop its commit
        why = f"no rows can be drawn and answered ({type(error).__name__})"
        return Acceptance(inputs=inputs, why=why, detail=one_line(error))


def _fitting(
    predictor: Predictor, profile: Mapping[str, Any], budget: float, data: Any
) -> Acceptance:
    """Record as many rows as fit into the file."""
    count = ROW_COUNT
    while count:
        rows = draw(predictor.decoder, predictor.model, profile, count)
        acceptance = _Recording(predictor=predictor, rows=rows, budget=budget, data=data).run()
        width = acceptance.width
        if (
            width * acceptance.count <= _MAX_VALUES
            and len(files.dumps(acceptance)) <= files.MAX_FILE_BYTES
        ):
            return acceptance
        count = min(acceptance.count // 2, _MAX_VALUES // max(1, width))
    return Acceptance(inputs=predictor.inputs, why="the answers to one row are too large to keep")


@dataclass(slots=True, kw_only=True)
class _Recording:
    """One attempt with a number of rows."""

    predictor: Predictor
    rows: Drawn
    budget: float
    data: Any = None
    refusals: list[Refusal] = field(default_factory=list)
    noise: dict[str, float] = field(default_factory=dict)
    random: list[str] = field(default_factory=list)
    _begin: float = 0.0
    _width: int = 0  # values of the answer to one row

    def run(self) -> Acceptance:
        inputs = self.predictor.inputs
        with without_side_effects(self.predictor.model):
            self._begin = time.perf_counter()
            count = Acceptance(inputs=inputs, rows=self.rows).count
            rows = decode_rows(self.predictor.decoder, self.rows, range(count))
            first = next(iter(self.predictor.methods))
            seconds = self._time(first, rows)
            if seconds * (1 + len(self.predictor.methods)) > self.budget > seconds:
                seconds = self._time(first, rows)  # the first call may have warmed up
            total = seconds * (1 + len(self.predictor.methods))
            if total > self.budget:
                return Acceptance(inputs=inputs, why=_slow(total), seconds=seconds)
            whole = self._time_all(first, rows, count, seconds)
            total = whole * 2 * len(self.predictor.methods)
            if total > self.budget:
                return Acceptance(inputs=inputs, why=_slow(total), seconds=seconds)
            if self._width * count > _MAX_VALUES:  # before all of them are answered
                return Acceptance(inputs=inputs, rows=self.rows, width=self._width)
            mismatch = training_rows.mismatch(self.predictor, self.data)
            if mismatch:
                why = "a request cannot contain the rows that it was trained on"
                return Acceptance(inputs=inputs, why=why, detail=mismatch)
            answers = {
                method: answer
                for method in self.predictor.methods
                if (answer := self._together(method, rows, count)) is not None
            }
            for method, answer in answers.items():
                self._repeat(method, rows, answer)
            counts = [self._one_by_one(method, rows, answer) for method, answer in answers.items()]
        if not answers:
            return Acceptance(
                inputs=inputs, why=f"the object refuses its rows: {self.refusals[0].reason}"
            )
        names = [name for answer in answers.values() for name in answer]
        return Acceptance(
            inputs=inputs, rows=self.rows, answers=answers, noise=self.noise,
            random=tuple(self.random), refusals=tuple(self.refusals),
            classes=classes_of(self.predictor.model, names), alone=min(counts), seconds=seconds,
            width=_width(answers),
        )  # fmt: skip

    def _time(self, method: str, rows: Rows) -> float:
        """Measure the seconds of one row."""
        begin = time.perf_counter()
        outputs = self._try(method, slice_rows(rows, 0, 1))
        if not isinstance(outputs, Exception):
            self._width = sum(values.size for values in outputs.values())
        return time.perf_counter() - begin

    def _time_all(self, method: str, rows: Rows, count: int, row_seconds: float) -> float:
        """Estimate the least seconds of all rows; call again only where that could matter."""
        if (
            count <= _TIMED_ROWS
            or row_seconds * count * 2 * len(self.predictor.methods) <= self.budget
        ):
            return row_seconds
        further = row_seconds
        for _ in range(2):  # the shorter time counts: other work on the machine only adds to it
            begin = time.perf_counter()
            self._try(method, slice_rows(rows, 0, _TIMED_ROWS))
            duration = time.perf_counter() - begin
            further = min(further, (duration - row_seconds) / (_TIMED_ROWS - 1))
            if further < _MIN_SHARE * row_seconds:  # the call takes the time, not the row
                return row_seconds
        return row_seconds + further * (count - 1)

    def _try(self, method: str, rows: Rows) -> Outputs | Exception:
        try:
            return self.predictor.answer(method, rows)
        except Exception as error:  # noqa: BLE001  a model may raise anything
            return error

    def _together(self, method: str, rows: Rows, count: int) -> Outputs | None:
        """Return the answer to all rows that the method does not refuse."""
        outputs = self._try(method, rows)
        if not isinstance(outputs, Exception):
            return outputs
        answered = []
        for row in range(count):
            outcome = self._try(method, slice_rows(rows, row, row + 1))
            if isinstance(outcome, Exception):
                reason = one_line(outcome)
                self.refusals.append(Refusal(row=row, method=method, reason=reason))
            else:
                answered.append(row)
        if not answered:
            return None
        outputs = self._try(method, _rows_at(rows, answered))
        if isinstance(outputs, Exception):  # each row alone, but not together
            self.refusals += [
                Refusal(row=row, method=method, reason=one_line(outputs)) for row in answered
            ]
            return None
        return outputs

    def _repeat(self, method: str, rows: Rows, answer: Outputs) -> None:
        """Call once more: a model that answers differently does so at random."""
        self.noise |= dict.fromkeys(answer, 0.0)
        again = self._try(method, _rows_at(rows, self._accepted(method)))
        if isinstance(again, Exception) or set(again) != set(answer):
            self.random.append(method)
            return
        for name, values in answer.items():
            gap = agreement.spread(values, again[name])
            if gap > _MIN_RANDOM_GAP * _scale(values):
                self.random.append(method)
                return
            self.noise[name] = max(self.noise[name], gap)

    def _one_by_one(self, method: str, rows: Rows, answer: Outputs) -> int:
        """Answer rows one by one while there is time; return how many were answered."""
        accepted = self._accepted(method)
        if method in self.random:
            return len(accepted)
        for place, row in enumerate(accepted):
            if place and time.perf_counter() - self._begin > self.budget:
                return place
            outcome = self._try(method, slice_rows(rows, row, row + 1))
            for name, values in answer.items():
                alone = {} if isinstance(outcome, Exception) else outcome
                together = values[place : place + 1]
                gap = agreement.spread(together, alone[name]) if name in alone else math.inf
                gap = (
                    math.inf if gap > _MIN_RANDOM_GAP * _scale(values) else gap
                )  # more than rounding
                self.noise[name] = max(self.noise[name], gap)
        return len(accepted)

    def _accepted(self, method: str) -> list[int]:
        acceptance = Acceptance(
            inputs=self.predictor.inputs, rows=self.rows, refusals=tuple(self.refusals)
        )
        return acceptance.accepted(method)


def _scale(values: Array) -> float:
    """The largest number of an output; 0 for labels, which are equal or not."""
    if values.dtype.kind not in "fc":
        return 0.0
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _rows_at(rows: Rows, indices: list[int]) -> Rows:
    if isinstance(rows, dict):
        return {name: values[indices] for name, values in rows.items()}
    return rows[indices]


def _width(answers: Mapping[str, Outputs]) -> int:
    """Values of the answers to one row."""
    arrays = [values for answer in answers.values() for values in answer.values()]
    return sum(values.size // max(1, len(values)) for values in arrays)


def _slow(seconds: float) -> str:
    return f"scoring rows would take {math.ceil(seconds * 1000)} ms"
