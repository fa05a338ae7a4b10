"""Acceptance rows again: the same rows go to a model, and the answers are compared."""

from __future__ import annotations

from collections.abc import Mapping

from nbmodel.predict import agreement
from nbmodel.predict.acceptance import Acceptance, decode_rows
from nbmodel.predict.agreement import Difference
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.predictor import Predictor, without_side_effects
from nbmodel.predict.rows import Array


def replay(acceptance: Acceptance, predictor: Predictor) -> tuple[list[Difference], bool]:
    """Call a model with the acceptance rows of a version.

    Returns
    -------
    differences : list of Difference
        Where the answers differ from those at commit.
    same_bits : bool
        Whether all answers agree bit for bit. False if a method answers at random.

    Raises
    ------
    InvalidInput
        If the rows do not fit what the model takes here.
    """
    differences: list[Difference] = []
    same_bits = not acceptance.random
    with without_side_effects(predictor.model):
        for method, expected in acceptance.answers.items():
            if method not in predictor.methods:
                differences.append(
                    Difference(output=method, row=-1, expected="a method", actual="none")
                )
                continue
            rows = decode_rows(predictor.decoder, acceptance.rows, acceptance.accepted(method))
            try:
                actual = predictor.answer(method, rows)
            except Exception as error:  # noqa: BLE001  a model may raise anything
                reason = one_line(error)
                differences.append(
                    Difference(output=method, row=-1, expected="answers", actual=reason)
                )
                continue
            gaps, bits = compare(acceptance, method, expected, actual)
            differences += gaps
            same_bits = same_bits and bits
    return differences, same_bits and not differences


def compare(
    acceptance: Acceptance,
    method: str,
    expected: Mapping[str, Array],
    actual: Outputs,
    *,
    measured: bool = True,
) -> tuple[list[Difference], bool]:
    """Compare the outputs of a method with those at commit.

    Parameters
    ----------
    acceptance : Acceptance
    method : str
    expected, actual : mapping of str to ndarray
    measured : bool
        Whether the commit answered these rows in this grouping too. If not, the noise that it
        measured is too small, and numbers may also differ by the rounding of a small difference
        of large numbers.

    Returns
    -------
    differences : list of Difference
    same_bits : bool
        Whether all outputs agree bit for bit.
    """
    if set(expected) != set(actual):
        names = Difference(output=method, row=-1, expected=sorted(expected), actual=sorted(actual))
        return [names], False
    is_random = method in acceptance.random
    gaps = [
        agreement.difference(
            name,
            values,
            actual[name],
            acceptance.tolerance(method, name, measured=measured),
            shape_only=is_random,
        )
        for name, values in expected.items()
    ]
    bits = all(agreement.exact(values, actual[name]) for name, values in expected.items())
    return [gap for gap in gaps if gap is not None], bits


def one_line(error: BaseException) -> str:
    """Class and first line of an error."""
    text = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
