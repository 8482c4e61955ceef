"""Temperature scaling: one number that makes a network more or less sure of itself, and changes none of its decisions.

    p = softmax(s / T)

Above T = 1 the probabilities come nearer to each other, below they move apart. The largest stays the largest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib._numbers import Array, finite, nonnegative


@np.errstate(all="ignore")
def best_temperature(scores: ArrayLike, labels: ArrayLike, temperatures: ArrayLike) -> Array:
    """Of some temperatures the one with the lowest cross-entropy, for each network.

        T = arg min of the mean of (ln Σ_k exp(s_k / T) - s_y / T)

    Choose it on validation examples, and judge it on others.

    Args:
        scores: s, before the softmax, of shape (…, n, classes), finite.
        labels: y, the right classes, whole numbers of shape (n,).
        temperatures: numbers above 0, of shape (m,) with m of at least 1.

    Returns:
        Temperatures of shape (…), float64; where two do as well, the one that is named first.

    Raises:
        ValueError: a shape does not fit, or a number is out of its range.
        TypeError: scores or temperatures hold no real numbers, or labels no whole ones.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On calibration of modern neural networks, 2017.

    >>> too_sure = [[9.0, 0.0], [9.0, 0.0], [9.0, 0.0], [0.0, 9.0]]
    >>> best_temperature(too_sure, [0, 0, 1, 1], [1.0, 2.0, 4.0, 8.0, 16.0])
    array(8.)
    """
    s, grid, y = finite("scores", scores), nonnegative("temperatures", temperatures, positive=True), np.asarray(labels)
    if s.ndim < 2 or s.size == 0:
        raise ValueError(f"scores: got the shape {s.shape}; takes (…, n, classes)")
    if grid.ndim != 1 or len(grid) == 0:
        raise ValueError(f"temperatures: got the shape {grid.shape}; takes one or more, (m,)")
    if y.dtype.kind not in "iu":
        raise TypeError(f"labels: got an array of {y.dtype}; takes whole numbers")
    if y.shape != s.shape[-2:-1]:
        raise ValueError(f"labels, scores: got the shapes {y.shape} and {s.shape}; they take as many examples")
    if ((y < 0) | (y >= s.shape[-1])).any():
        raise ValueError(f"labels: got {y.min()} to {y.max()}; takes whole numbers in [0, {s.shape[-1]})")
    s = s.astype(np.float64)
    s = s - s.max(axis=-1, keepdims=True)
    right = np.take_along_axis(s, np.broadcast_to(y[:, None], (*s.shape[:-1], 1)), -1)[..., 0]
    costs = [np.mean(np.log(np.exp(s / t).sum(axis=-1)) - right / t, axis=-1) for t in grid]
    return np.asarray(grid[np.argmin(costs, axis=0)])
