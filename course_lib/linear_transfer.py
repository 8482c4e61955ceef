"""Transfer in the smallest model that has it: a linear one, whose start is what another task left.

    w = nearest_fit(x, y, start=w_a)                         # where gradient descent from w_a ends
    left(np.sum((w_a - w_b)**2), examples=50, features=100)  # how wrong that is on average, in advance

The targets are those of task B, y = x · w_b, without noise, and there are fewer examples than features. The inputs have
mean 0 and no preferred direction: then the mean square error on new inputs is the squared distance ‖w - w_b‖², and the
start counts only through its distance to w_b. A start at 0 is training from scratch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, whole
from course_lib._numbers import finite


@np.errstate(all="ignore")
def nearest_fit(x: ArrayLike, y: ArrayLike, start: ArrayLike) -> NDArray[np.float64]:
    """The weights at which gradient descent on a linear model ends: of all that fit the examples, those nearest.

        w = w_0 + pinv(X) · (y - X · w_0)

    with the pseudoinverse of X. Each gradient is a sum of rows of X, so the weights move among these alone. What lies
    across all of them stays as it was in w_0. So, if X · w_b = y and every example is fitted,

        ‖w_0 - w_b‖² = ‖w - w_0‖² + ‖w - w_b‖²

    Args:
        x: the rows of X, of shape (examples, features), at least one.
        y: targets, of shape (examples,).
        start: w_0, of shape (features,).

    Returns:
        w, of shape (features,). If no weights fit, the nearest of those with the smallest squared error.

    Raises:
        ValueError: a shape does not fit, or a number is not finite.
        TypeError: an argument holds no real numbers.

    >>> nearest_fit([[0.0, 1.0]], [1.0], start=[1.0, 0.0]).round(12)
    array([1., 1.])
    """
    rows = finite("x", x).astype(np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"x: got the shape {rows.shape}; takes (examples, features)")
    targets = finite("y", y, (len(rows),), "x").astype(np.float64)
    w_0 = finite("start", start, (rows.shape[1],), "x").astype(np.float64)
    return np.asarray(w_0 + np.linalg.pinv(rows) @ (targets - rows @ w_0))


def left(distance: float, examples: int, features: int) -> float:
    """The mean error of `nearest_fit` on new inputs, over all draws of its examples.

        left = (1 - n / d) · D,    D = ‖w_0 - w_b‖²

    The rest, n / d · D, is how far the weights move from the start on average: if the start was perfect for task A,
    that is the damage to A.

    Args:
        distance: D, the squared distance between start and goal, at least 0.
        examples: n, at least 0. From n = d on nothing is left.
        features: d, at least 1.

    Raises:
        ValueError, TypeError: an argument is out of its range, or no number.

    Source: M. Belkin, D. Hsu, J. Xu, Two models of double descent for weak features, 2020, theorem 1 (a start at 0).

    >>> left(4.0, examples=25, features=100)
    3.0
    """
    n, d = whole("examples", examples, 0), whole("features", features, 1)
    distance = number("distance", distance, 0, np.inf, "[)")
    return max(1 - n / d, 0.0) * distance


def frozen_left(outside: float, examples: int, kept: int) -> float:
    """The mean error on new inputs if a new last layer is fitted to k frozen features, over all draws of the examples.

        left = (1 + k / (n - k - 1)) · O,    O: squared length of the part of w_b that the features do not pass on

    It does not go to 0: what the frozen layer does not pass on, no number of examples brings back. To the head that
    part is noise.

    Args:
        outside: O, at least 0.
        examples: n, at least k + 2; with fewer the mean does not exist, or depends on what is inside too.
        kept: k, how many directions the frozen layer passes on, at least 1.

    Raises:
        ValueError, TypeError: an argument is out of its range, or no number.

    Source: M. Belkin, D. Hsu, J. Xu, Two models of double descent for weak features, 2020, theorem 1, for inputs with a
    normal distribution.

    >>> frozen_left(0.5, examples=12, kept=1)
    0.55
    """
    k = whole("kept", kept, 1)
    n = whole("examples", examples, k + 2)
    outside = number("outside", outside, 0, np.inf, "[)")
    return (1 + k / (n - k - 1)) * outside
