"""Curvature: how fast the slope of a function changes, and in which direction it changes fastest.

    found = largest_curvature(gradient, w, start)
    2 / found.value                            # the edge: in a bowl, a larger learning rate diverges

The matrix of second derivatives H of a function of n weights has n² numbers. Its product with one direction takes two
gradients, and a few such products lead to the direction of the largest curvature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, number, whole
from course_lib._numbers import reals, scaled_norm

Array = NDArray[Any]


class Curvature(NamedTuple):
    """A curvature and its direction, which has length 1 and the shape of the weights."""

    value: float
    direction: Array


def largest_curvature(
    gradient: Callable[[Array], ArrayLike], w: ArrayLike, start: ArrayLike, steps: int = 20, h: float = 1e-4
) -> Curvature:
    """The eigenvalue of H with the largest size, and its eigenvector, by power iteration.

        v <- H v / ‖H v‖,    H v ≈ (gradient(w + h · v) - gradient(w - h · v)) / (2h),    value = v · H v

    Each product stretches v along an eigenvector by its eigenvalue, so that the largest one wins. Where it is negative,
    the value is: there, the function bends downward more than upward.

    Args:
        gradient: w -> gradient there, in the shape of w.
        w: where, an array of any shape.
        start: a first direction in the shape of w, such as random numbers, or the direction found nearby. Its part
            along the eigenvector must not be 0.
        steps: how many products, at least 1. More of them where the two largest eigenvalues are close.
        h: positive; half of the distance over which slopes are compared. With kinks, as of ReLU, take it larger: where
            the slope jumps between the two points, the jump counts as a curvature of jump / (2h).

    Returns:
        (value, direction), computed in float64.

    Raises:
        ValueError: a number is out of its range, a shape does not fit w, the start is 0, or no slope changes along it.
        TypeError: w, start, or what gradient gives holds no real numbers, or gradient is no function.

    Source: R. von Mises and H. Pollaczek-Geiringer, Praktische Verfahren der Gleichungsauflösung, 1929.

    >>> found = largest_curvature(lambda w: [1.0, 9.0] * w, [5.0, 5.0], start=[1.0, 1.0])
    >>> round(found.value, 6), found.direction.round(6).tolist()
    (9.0, [0.0, 1.0])
    """
    a_callable("gradient", gradient)
    w = reals("w", w).astype(np.float64)
    v = reals("start", start, w.shape, "w").astype(np.float64)
    steps, h = whole("steps", steps, 1), number("h", h, 0, np.inf, "()")

    def slope(w: Array) -> Array:
        return reals("gradient", gradient(w), w.shape, "w").astype(np.float64)

    product = v
    with np.errstate(all="ignore"):
        for _ in range(steps):
            v = _unit(product)
            product = (slope(w + h * v) - slope(w - h * v)) / (2 * h)
        return Curvature(float(np.sum(v * product)), v)


def _unit(direction: Array) -> Array:
    """The direction with length 1."""
    size, ratio = scaled_norm(direction)
    unit: Array = direction / size / ratio
    if not np.isfinite(unit).all():
        raise ValueError("start: got a direction along which no slope changes; takes another, finite one")
    return unit
