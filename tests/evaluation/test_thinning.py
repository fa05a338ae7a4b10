"""A simplified curve has few points and the same area."""

from __future__ import annotations

import numpy as np
import pytest

from nbmodel.evaluation.thinning import MAX_POINTS, simplify

RNG = np.random.default_rng(6)


def area(x, y):
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())


def shapes():
    x = np.linspace(0, 1, 20_001)
    yield "line", x, x
    yield "corner", x, np.minimum(5 * x, 1)
    yield "arc", x, np.sqrt(1 - (1 - x) ** 2)
    yield "steep", x, x**0.01
    yield "wave", x, 0.5 + 0.4 * np.sin(12 * x)
    yield "steps", x, np.floor(8 * x) / 8
    yield "vertical", np.repeat(np.linspace(0, 1, 9), 2), np.arange(18) / 17
    noise = np.sort(RNG.random((2, 5000)), axis=1)
    yield "noise", noise[0], noise[1]
    yield "two points", np.array([0.0, 1.0]), np.array([0.0, 1.0])
    yield "one place", np.zeros(5), np.linspace(0, 1, 5)


@pytest.mark.parametrize(("name", "x", "y"), [*shapes()])
def test_the_area_stays_and_the_points_are_few(name, x, y):
    short_x, short_y = simplify(x, y)
    assert len(short_x) == len(short_y) <= MAX_POINTS
    assert area(short_x, short_y) == pytest.approx(area(x, y), abs=1e-3)
    assert (short_x[0], short_y[0], short_x[-1], short_y[-1]) == (x[0], y[0], x[-1], y[-1])
    points = set(zip(x, y, strict=True))
    assert set(zip(short_x, short_y, strict=True)) <= points


def test_no_part_of_a_curve_is_lost():
    """Areas on both sides of a chord do not cancel."""
    x = np.linspace(0, 1, 2001)
    y = 0.5 + 0.3 * np.sin(2 * np.pi * x)
    short_x, short_y = simplify(x, y)
    assert np.abs(np.interp(x, short_x, short_y) - y).max() < 0.02


def test_a_line_needs_its_ends_only():
    x = np.linspace(0, 1, 100)
    assert simplify(x, x)[0].tolist() == [0, 1]
