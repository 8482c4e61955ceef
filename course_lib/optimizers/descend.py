"""Follow an update rule downhill, and keep every point of the way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import number, whole
from course_lib._array import Array
from course_lib.optimizers.rules import Rule
from course_lib.optimizers.rules import rule as named


def descend(
    rule: Rule | str,
    gradient: Callable[[Array], Array],
    start: ArrayLike,
    steps: int,
    learning_rate: float | Callable[[int], float],
) -> Array:
    """The path w_0, w_1, …, w_steps of a rule from a start, or from many at once.

        w_{t} = w_{t-1} - step_t,    step_t = rule(gradient(w_{t-1}), learning_rate(t - 1))

    Args:
        rule: a Rule, or the name of one with its default hyperparameters.
        gradient: w -> gradient at w, of the shape of w. It sees the whole array, and must not write to it: with start
            of shape (10000, 2) it is asked for 10,000 gradients at once.
        start: weights of any shape, float16, float32 or float64; integers become float64.
        steps: whole number, at least 0.
        learning_rate: a number >= 0, or a schedule: a function of the step 0, 1, …, steps - 1.

    Returns:
        Array of shape (steps + 1, *start.shape) and of the dtype of start; path[0] is start, path[-1] the end.
        A run that diverges goes on to inf and nan, quietly: runs side by side must not stop because one of them
        left the scale. `np.isfinite(path[-1])` tells them apart.

    Raises:
        ValueError: an argument is out of its range, or gradient returns another shape.
        TypeError: start holds no real numbers, or a number is none.

    >>> descend("sgd", lambda w: 2 * w, [1.0, -2.0], steps=2, learning_rate=0.25)
    array([[ 1.  , -2.  ],
           [ 0.5 , -1.  ],
           [ 0.25, -0.5 ]])
    """
    follow = named(rule) if isinstance(rule, str) else rule
    steps = whole("steps", steps, 0)
    rate = learning_rate if callable(learning_rate) else number("learning_rate", learning_rate, 0, np.inf, "[)")
    w = np.array(start)
    if w.dtype.kind in "iu":
        w = w.astype(np.float64)
    if w.dtype.kind != "f":
        raise TypeError(f"start: got an array of {w.dtype}; takes real numbers")
    path = np.empty((steps + 1, *w.shape), w.dtype)
    path[0] = w
    state = follow.init(w)
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            w = path[t - 1].view()
            w.flags.writeable = False
            g = np.asarray(gradient(w))
            if g.shape != w.shape:
                raise ValueError(f"gradient, start: got the shapes {g.shape} and {w.shape}; take the same shape")
            step, state = follow.update(
                g.astype(w.dtype, copy=False), state, t, float(rate(t - 1)) if callable(rate) else rate, w
            )
            path[t] = w - step
    return path
