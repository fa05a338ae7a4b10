"""Curves with fewer points, whose area is almost the same."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

MAX_POINTS = 100
TOLERANCE = 1e-4  # of the area between the curve and its simplified form


def simplify(x: Any, y: Any) -> tuple[Any, Any]:
    """Return a curve through some of its points.

    From the line between the ends, points are added where the curve is farthest away: Ramer 1972,
    "An iterative procedure for the polygonal approximation of plane curves"; Douglas and Peucker
    1973. The part with the largest area is divided first, until all areas are below `TOLERANCE`
    together, or there are `MAX_POINTS` points.

    Parameters
    ----------
    x : ndarray of float, shape (n,)
        Rising, from 0 to 1.
    y : ndarray of float, shape (n,)
        From 0 to 1.

    Returns
    -------
    x, y : ndarray of float
        At most `MAX_POINTS` points, the ends included.

    Examples
    --------
    >>> x = np.linspace(0, 1, 1001)
    >>> simplify(x, np.minimum(2 * x, 1))[0]
    array([0. , 0.5, 1. ])
    """
    below = np.concatenate([[0], np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2)])
    heap = [_part(x, y, below, 0, len(x) - 1)]
    points = {0, len(x) - 1}
    while len(points) < MAX_POINTS and -sum(part[0] for part in heap) > TOLERANCE:
        _, begin, middle, end = heapq.heappop(heap)
        if middle == begin:
            break
        points.add(middle)
        heapq.heappush(heap, _part(x, y, below, begin, middle))
        heapq.heappush(heap, _part(x, y, below, middle, end))
    places = sorted(points)
    return x[places], y[places]


def _part(x: Any, y: Any, below: Any, begin: int, end: int) -> tuple[float, int, int, int]:
    """The negative area between a part and its chord, and its ends with the farthest point."""
    if end - begin < 2:
        return 0.0, begin, begin, end
    inside = slice(begin + 1, end)
    width, height = x[end] - x[begin], y[end] - y[begin]
    distance = np.abs(width * (y[inside] - y[begin]) - height * (x[inside] - x[begin]))
    middle = begin + 1 + int(np.argmax(distance))
    length = np.hypot(width, height)
    # The area may cancel on both sides of the chord: the farthest point counts, too.
    area = abs(below[end] - below[begin] - width * (y[begin] + y[end]) / 2)
    far = distance[middle - begin - 1] / length if length > 0 else 0.0
    return -float(max(area, far * width / 4)), begin, middle, end
