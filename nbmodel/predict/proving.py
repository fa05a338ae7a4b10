"""The proof of a version: its rows are drawn and answered once, and asked again later."""

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
from nbmodel.predict.acceptance import Acceptance, Refusal, decoded
from nbmodel.predict.agreement import Difference
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import acceptable
from nbmodel.predict.outputs import Outputs, classes_of
from nbmodel.predict.predictor import Predictor, without_side_effects
from nbmodel.predict.rows import Array, Rows, cut
from nbmodel.predict.synthetic_rows import ROWS, Drawn, NotDrawn, draw

BUDGET = 0.050  # seconds that a commit may spend on answers
_MOST_VALUES = files.LIMIT // 2  # of all answers: each is a digit and a comma at least
_SHARE = 1 / 8  # of the time of one row that a further row takes at least to be counted
_SEVERAL = 4  # rows of the call that tells what each one costs
_RANDOM = 1e-4  # of the largest value: threads that add in another order stay far below


def prove(
    model: Any, inputs: Inputs, profile: Mapping[str, Any], *, data: Any = None,
    budget: float = math.inf,
) -> Acceptance:  # fmt: skip
    """Draw rows, answer them together and one by one.

    Parameters
    ----------
    model : object
        Left as it is: see `nbmodel.predict.predictor.without_side_effects`.
    inputs : Inputs
    profile : mapping
        Of the training data; empty if there is none.
    data : DataFrame, array, list or mapping, optional
        The training data itself: see `nbmodel.predict.training_rows`.
    budget : float
        Seconds. One row is timed first; if all would take longer, none are kept.

    Returns
    -------
    Acceptance
        Without rows, and `why`, if the object cannot be asked, nothing is known to draw from,
        or it takes too long.
    """
    inputs = acceptable(model, inputs)
    try:
        predictor = Predictor(model, inputs)
    except InvalidInput as error:
        return Acceptance(inputs=inputs, why=error.what)
    if not predictor.methods:
        return Acceptance(inputs=inputs, why="the object has no method to ask")
    try:
        return _fitting(predictor, profile, budget, data)
    except (NotDrawn, InvalidInput) as error:
        return Acceptance(inputs=inputs, why=f"no rows can be drawn: {error}")
    except Exception as error:  # noqa: BLE001  no oddity of an object may cost its commit
        why = f"no rows can be drawn and answered ({type(error).__name__})"
        return Acceptance(inputs=inputs, why=why, detail=in_a_line(error))


def _fitting(
    predictor: Predictor, profile: Mapping[str, Any], budget: float, data: Any
) -> Acceptance:
    """As many rows as fit into the file."""
    count = ROWS
    while count:
        rows = draw(predictor.decoder, predictor.model, profile, count)
        found = _Proof(predictor, rows, budget, data).run()
        width = found.width
        if width * found.count <= _MOST_VALUES and len(files.dumps(found)) <= files.LIMIT:
            return found
        count = min(found.count // 2, _MOST_VALUES // max(1, width))
    return Acceptance(inputs=predictor.inputs, why="the answers to one row are too large to keep")


def differences(proof: Acceptance, predictor: Predictor) -> tuple[list[Difference], bool]:
    """Ask an object the rows of a proof; where it differs, and whether it agrees bit for bit.

    Raises
    ------
    InvalidInput
        If the rows do not fit what the object takes here.
    """
    found: list[Difference] = []
    same_bits = not proof.random
    with without_side_effects(predictor.model):
        for method, expected in proof.answers.items():
            if method not in predictor.methods:
                found.append(Difference(output=method, row=-1, expected="a method", got="none"))
                continue
            rows = decoded(predictor.decoder, proof.rows, proof.accepted(method))
            try:
                got = predictor.answer(method, rows)
            except Exception as error:  # noqa: BLE001  a model may raise anything
                found.append(
                    Difference(output=method, row=-1, expected="answers", got=in_a_line(error))
                )
                continue
            gaps, bits = compared(proof, method, expected, got)
            found += gaps
            same_bits = same_bits and bits
    return found, same_bits and not found


def compared(
    proof: Acceptance,
    method: str,
    expected: Mapping[str, Array],
    got: Outputs,
    *,
    measured: bool = True,
) -> tuple[list[Difference], bool]:
    """Where the outputs of a method differ from a proof's, and whether they agree bit for bit.

    Parameters
    ----------
    proof : Acceptance
    method : str
    expected, got : mapping of str to ndarray
    measured : bool
        Whether the commit answered these rows in this grouping too. If not, its noise says too
        little, and numbers may differ by what a difference of large numbers loses.
    """
    if set(expected) != set(got):
        return [
            Difference(output=method, row=-1, expected=sorted(expected), got=sorted(got))
        ], False
    loose = method in proof.random
    gaps = [
        agreement.difference(
            name,
            values,
            got[name],
            proof.tolerance(method, name, measured=measured),
            shape_only=loose,
        )
        for name, values in expected.items()
    ]
    bits = all(agreement.exact(values, got[name]) for name, values in expected.items())
    return [gap for gap in gaps if gap is not None], bits


def in_a_line(error: BaseException) -> str:
    """Class and first line of an error."""
    text = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass(slots=True)
class _Proof:
    """One attempt at a proof."""

    predictor: Predictor
    rows: Drawn
    budget: float
    data: Any = None
    refusals: list[Refusal] = field(default_factory=list)
    noise: dict[str, float] = field(default_factory=dict)
    random: list[str] = field(default_factory=list)
    _begin: float = 0.0
    _width: int = 0  # numbers and texts of the answer to one row

    def run(self) -> Acceptance:
        inputs = self.predictor.inputs
        with without_side_effects(self.predictor.model):
            self._begin = time.perf_counter()
            count = Acceptance(inputs=inputs, rows=self.rows).count
            every = decoded(self.predictor.decoder, self.rows, range(count))
            first = next(iter(self.predictor.methods))
            seconds = self._time(first, every)
            if seconds * (1 + len(self.predictor.methods)) > self.budget > seconds:
                seconds = self._time(first, every)  # the first call of all may have warmed up
            if seconds * (1 + len(self.predictor.methods)) > self.budget:
                return Acceptance(inputs=inputs, why=_slow(seconds), seconds=seconds)
            whole = self._time_all(first, every, count, seconds)
            if whole * 2 * len(self.predictor.methods) > self.budget:
                why = f"{count} rows take {whole * 1000:.0f} ms"
                return Acceptance(inputs=inputs, why=why, seconds=seconds)
            if self._width * count > _MOST_VALUES:  # before all of them are answered
                return Acceptance(inputs=inputs, rows=self.rows, width=self._width)
            lost = training_rows.mismatch(self.predictor, self.data)
            if lost:
                why = "a request cannot give it what it was trained on"
                return Acceptance(inputs=inputs, why=why, detail=lost)
            answers = {
                method: answer
                for method in self.predictor.methods
                if (answer := self._together(method, every, count)) is not None
            }
            for method, answer in answers.items():
                self._repeat(method, every, answer)
            counts = [self._one_by_one(method, every, answer) for method, answer in answers.items()]
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

    def _time(self, method: str, every: Rows) -> float:
        """Seconds that one row takes."""
        begin = time.perf_counter()
        found = self._try(method, cut(every, 0, 1))
        if not isinstance(found, Exception):
            self._width = sum(values.size for values in found.values())
        return time.perf_counter() - begin

    def _time_all(self, method: str, every: Rows, count: int, one: float) -> float:
        """Seconds that all rows take at least; more are asked only where that could matter."""
        if count <= _SEVERAL or one * count * 2 * len(self.predictor.methods) <= self.budget:
            return one
        each = one
        for _ in range(2):  # the lesser time counts: other work on the machine only adds to it
            begin = time.perf_counter()
            self._try(method, cut(every, 0, _SEVERAL))
            each = min(each, (time.perf_counter() - begin - one) / (_SEVERAL - 1))
            if each < _SHARE * one:  # the call costs, not the row
                return one
        return one + each * (count - 1)

    def _try(self, method: str, rows: Rows) -> Outputs | Exception:
        try:
            return self.predictor.answer(method, rows)
        except Exception as error:  # noqa: BLE001  a model may raise anything
            return error

    def _together(self, method: str, every: Rows, count: int) -> Outputs | None:
        """The answer to all rows that the method does not refuse."""
        found = self._try(method, every)
        if not isinstance(found, Exception):
            return found
        taken = []
        for row in range(count):
            outcome = self._try(method, cut(every, row, row + 1))
            if isinstance(outcome, Exception):
                reason = in_a_line(outcome)
                self.refusals.append(Refusal(row=row, method=method, reason=reason))
            else:
                taken.append(row)
        if not taken:
            return None
        found = self._try(method, _taken(every, taken))
        if isinstance(found, Exception):  # each row alone, but not together
            self.refusals += [
                Refusal(row=row, method=method, reason=in_a_line(found)) for row in taken
            ]
            return None
        return found

    def _repeat(self, method: str, every: Rows, answer: Outputs) -> None:
        """Ask once more: an object that answers otherwise does so at random."""
        self.noise |= dict.fromkeys(answer, 0.0)
        again = self._try(method, _taken(every, self._accepted(method)))
        if isinstance(again, Exception) or set(again) != set(answer):
            self.random.append(method)
            return
        for name, values in answer.items():
            gap = agreement.spread(values, again[name])
            if gap > _RANDOM * _scale(values):
                self.random.append(method)
                return
            self.noise[name] = max(self.noise[name], gap)

    def _one_by_one(self, method: str, every: Rows, answer: Outputs) -> int:
        """Answer rows alone while there is time; how many were."""
        accepted = self._accepted(method)
        if method in self.random:
            return len(accepted)
        for place, row in enumerate(accepted):
            if place and time.perf_counter() - self._begin > self.budget:
                return place
            got = self._try(method, cut(every, row, row + 1))
            for name, values in answer.items():
                alone = {} if isinstance(got, Exception) else got
                together = values[place : place + 1]
                gap = agreement.spread(together, alone[name]) if name in alone else math.inf
                gap = math.inf if gap > _RANDOM * _scale(values) else gap  # no matter of rounding
                self.noise[name] = max(self.noise[name], gap)
        return len(accepted)

    def _accepted(self, method: str) -> list[int]:
        drawn = Acceptance(
            inputs=self.predictor.inputs, rows=self.rows, refusals=tuple(self.refusals)
        )
        return drawn.accepted(method)


def _scale(values: Array) -> float:
    """The largest number of an output; 0 for labels, which are equal or are not."""
    if values.dtype.kind not in "fc":
        return 0.0
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _taken(rows: Rows, chosen: list[int]) -> Rows:
    if isinstance(rows, dict):
        return {name: values[chosen] for name, values in rows.items()}
    return rows[chosen]


def _width(answers: Mapping[str, Outputs]) -> int:
    """Values of the answers to one row."""
    arrays = [values for answer in answers.values() for values in answer.values()]
    return sum(values.size // max(1, len(values)) for values in arrays)


def _slow(seconds: float) -> str:
    return f"one row takes {seconds * 1000:.0f} ms"
