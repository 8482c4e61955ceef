"""Follow an update rule downhill, and keep every point of the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, number, one_of, whole
from course_lib._numbers import reals
from course_lib.optimizers.named import RULES
from course_lib.optimizers.rules import Rule

Array = NDArray[Any]


def descend(
    rule: Rule | str,
    gradient: Callable[[Array], ArrayLike],
    start: ArrayLike,
    steps: int,
    learning_rate: float | Callable[[int], float],
) -> Array:
    """The way of a rule from one start, or from thousands side by side.

        w_{t+1} = w_t - step_{t+1},    step_{t+1} = rule of gradient(w_t) and learning_rate(t),    t = 0, 1, …

    Args:
        rule: a Rule, or the name of one (then with its default hyperparameters).
        gradient: w -> gradient there, in the shape of w. It is given the whole of w, read-only: for a start of shape
            (10000, 2) it computes 10,000 gradients at once.
        start: w_0, an array of any shape; integers become float64.
        steps: how many, at least 0.
        learning_rate: a number of at least 0, or a schedule: a function of the step 0, 1, …, steps - 1.

    Returns:
        The path: an array of shape (steps + 1, *start.shape) in the dtype of start; path[0] is the start, path[-1] the
        end. Runs that diverge go on to inf and nan, in silence: of thousands side by side some do, and the others must
        not stop for them. `np.isfinite(path[-1])` tells them apart.

    Raises:
        ValueError: an argument is out of its range, there is no such rule, or the gradient has another shape than
            start.
        TypeError: rule is no Rule and no name, start or what gradient gives holds no real numbers, gradient is no
            function, or steps or learning_rate is no number.

    >>> descend("sgd", lambda w: 2 * w, [1.0, -2.0], steps=2, learning_rate=0.25)
    array([[ 1.  , -2.  ],
           [ 0.5 , -1.  ],
           [ 0.25, -0.5 ]])
    """
    if not isinstance(rule, Rule | str):
        raise TypeError(f"rule: got {rule!r}; takes a Rule, or the name of one")
    follow = RULES[one_of("rule", rule, RULES)]() if isinstance(rule, str) else rule
    a_callable("gradient", gradient)
    steps = whole("steps", steps, 0)
    if not callable(learning_rate):
        learning_rate = number("learning_rate", learning_rate, 0, np.inf, "[)")
    w = reals("start", start, integers=True)
    path = np.empty((steps + 1, *w.shape), w.dtype)
    path[0] = w
    state = follow.init(w)
    with np.errstate(all="ignore"):
        for t in range(steps):
            w = path[t, ...]
            w.flags.writeable = False
            g = gradient(w)
            if not isinstance(g, np.ndarray) or g.dtype != w.dtype:
                g = reals("gradient", g, integers=True).astype(w.dtype)
            if g.shape != w.shape:
                raise ValueError(f"gradient, start: got the shapes {g.shape} and {w.shape}; they take the same")
            lr = learning_rate
            if callable(lr):
                lr = number("learning_rate", lr(t), 0, np.inf, "[)")
            step, state = follow.update(g, state, t + 1, lr, w)
            path[t + 1] = w - step
    return path
