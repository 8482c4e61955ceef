"""Early stopping: training ends when the loss on the validation data has not improved for a while.

The weights worth keeping are those of the best epoch, not the last ones: at the stop, these are `patience` epochs
past it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import number, whole
from course_lib._numbers import reals


def early_stop(history: ArrayLike, patience: int, min_delta: float = 0.0) -> tuple[int, int | None]:
    """The epoch whose weights are kept, and the epoch after which training stops.

        history[i] improves  ⟺  history[i] + min_delta < history[best],    best = the last that improved; 0 at first
        stop = the first i that did not improve, with i - best ≥ patience

    Args:
        history: a loss after each epoch, one or more numbers; for what should grow, such as the accuracy, its negative.
            A value of nan improves on nothing, and nothing improves on a first value of nan.
        patience: how many epochs without improvement are too many, at least 0; 0 does what 1 does.
        min_delta: in [0, inf), by how much a value must be below the best one. A tie is no improvement.

    Returns:
        (best, stop): the index of the last improvement before the stop, and the index of the value after which to
        stop, or None if there is no reason to. Because of min_delta, best is not always the smallest value.

    Raises:
        ValueError: history is empty or no row of numbers, or an argument is out of its range.
        TypeError: history holds no real numbers, or patience is no whole number.

    Differs from scikit-learn's `n_iter_no_change`, which waits one epoch longer, and where every new smallest value
    becomes the one to beat, by however little. Keras' `EarlyStopping` as here, but it compares in float32, where a loss
    that is better by less than about 1e-7 of it is a tie; and it keeps the best weights only with
    `restore_best_weights=True`, which is not its default.

    Source: L. Prechelt, Early stopping — but when?, 1998.

    >>> early_stop([0.9, 0.7, 0.8, 0.6, 0.7, 0.8, 0.5], patience=2)
    (3, 5)
    >>> early_stop([0.5, 0.4991, 0.4995], patience=5, min_delta=0.001)
    (0, None)
    """
    patience = whole("patience", patience, 0)
    min_delta = number("min_delta", min_delta, 0, np.inf, "[)")
    values = reals("history", history, integers=True)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"history: got the shape {values.shape}; takes a row of one or more numbers")
    losses: list[float] = values.tolist()
    best = 0
    for i, loss in enumerate(losses[1:], 1):
        if loss + min_delta < losses[best]:
            best = i
        elif i - best >= patience:
            return best, i
    return best, None
