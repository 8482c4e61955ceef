"""Early stopping: training ends when the loss on the validation data has not improved for a while.

The weights worth keeping are those of the best epoch, not the last ones: at the stop, these are `patience` epochs
past it. `early_stop` is the rule. `learned` and `expected_error` say why there is a best time to stop: training goes to
where the training data point to, in each direction at a pace of its own, and what they point to is the truth and noise.
`judge_twice` says what the choice of an epoch by its own score does to that score.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, whole
from course_lib._numbers import Array, finite, nonnegative, reals


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


@np.errstate(all="ignore")
def learned(curvature: ArrayLike, learning_rate: float, steps: ArrayLike) -> Array:
    """The share of the way from 0 to the minimum that gradient descent has gone in a direction.

        c = 1 - (1 - eta · lambda)^t

    so that the weight is c times that of the minimum: steep directions arrive first.

    Args:
        curvature: lambda, numbers in [0, inf), of any shape.
        learning_rate: eta, in [0, inf).
        steps: t, whole numbers of at least 0, of a shape that fits.

    Returns:
        c, float64: 0 at the start and 1 at the minimum; beyond 1 is an overshoot, and from eta · lambda = 2 on it
        does not arrive.

    Raises:
        ValueError: a number is out of its range, or the shapes do not fit.
        TypeError: curvature or steps hold no real numbers.

    Differs from an L2 penalty of strength mu / 2, under which the weight is lambda / (lambda + mu) of that of the
    minimum. No mu makes the two the same for all lambda.

    Source: I. Goodfellow, Y. Bengio, A. Courville, Deep learning, 2016, section 7.8; A. Ali, J. Z. Kolter,
    R. J. Tibshirani, A continuous-time view of early stopping for least squares regression, 2019.

    >>> learned([1.0, 0.01], 0.1, 22).round(2)
    array([0.9 , 0.02])
    """
    lambda_, eta = nonnegative("curvature", curvature), number("learning_rate", learning_rate, 0, np.inf, "[)")
    t = nonnegative("steps", steps)
    if (t % 1 != 0).any():
        raise ValueError(f"steps: got {t[t % 1 != 0][0]:g}; takes whole numbers")
    _together(curvature=lambda_, steps=t)
    return np.asarray(1 - (1 - eta * lambda_) ** t)


@np.errstate(all="ignore")
def expected_error(share: ArrayLike, signal: ArrayLike, noise: ArrayLike) -> Array:
    """How far from the truth a weight is, in the mean square, that has gone a share of the way to what the data say.

        weight = c · z,    z = w + noise of standard deviation sigma
        error = mean of (weight - w)² = (1 - c)² · w² + c² · sigma²

    The lowest error is w² · sigma² / (w² + sigma²), at c = w² / (w² + sigma²).

    Args:
        share: c, finite numbers of any shape.
        signal: w, the true weight, w* in the lecture; finite numbers of a shape that fits.
        noise: sigma, numbers in [0, inf), of a shape that fits.

    Returns:
        The error, float64: w² at c = 0, where nothing is learned, and sigma² at c = 1, where the noise is learned too.

    Raises:
        ValueError: a number is out of its range, or the shapes do not fit.
        TypeError: an argument holds no real numbers.

    Source: the mean squared error as the square of the bias and the variance, as in any textbook of statistics.

    >>> expected_error([0.0, 0.5, 1.0], 1.0, 1.0)
    array([1. , 0.5, 1. ])
    """
    c, w = (finite(name, x, integers=True).astype(np.float64) for name, x in (("share", share), ("signal", signal)))
    sigma = nonnegative("noise", noise)
    _together(share=c, signal=w, noise=sigma)
    return np.asarray(((1 - c) * w) ** 2 + (c * sigma) ** 2)


class Judged(NamedTuple):
    """What a choice says of itself, and what others say of it; both of shape (…), without the axis of the choices.

    reported: the mean error on those who chose.
    honest: the mean error on the others.
    """

    reported: NDArray[np.float64]
    honest: NDArray[np.float64]


@np.errstate(all="ignore")
def judge_twice(a: ArrayLike, b: ArrayLike) -> Judged:
    """Two sets of examples take turns: one chooses what has the lowest error, the other judges it.

        i = argmin a,    j = argmin b
        reported = (a[i] + b[j]) / 2
        honest = (b[i] + a[j]) / 2
        honest - reported = ((b[i] - b[j]) + (a[j] - a[i])) / 2 ≥ 0

    The report is never too bad: b has nothing below b[j], and a nothing below a[i]. It is right where both choose the
    same.

    Args:
        a, b: errors of the same networks, or of one network after each epoch, on the one and on the other set, of shape
            (…, choices), with at least one choice. The sets hold as many examples, drawn alike.

    Returns:
        A Judged. Where a value is nan, so is the result.

    Raises:
        ValueError: the shapes differ, or there is no choice.
        TypeError: an argument holds no real numbers.

    Differs from the usual report, a[i], in that it takes both turns, so that one set being easier than the other drops
    out of the difference.

    Source: G. C. Cawley and N. L. C. Talbot, On over-fitting in model selection and subsequent selection bias in
    performance evaluation, 2010, for the problem; the identity is one line.

    >>> judged = judge_twice([0.50, 0.48, 0.52], [0.49, 0.53, 0.51])
    >>> [round(float(error), 3) for error in judged]
    [0.485, 0.515]
    """
    one, other = (reals(name, e, integers=True).astype(np.float64) for name, e in (("a", a), ("b", b)))
    if one.shape != other.shape or one.ndim == 0 or one.shape[-1] == 0:
        raise ValueError(f"a, b: got the shapes {one.shape} and {other.shape}; they take (…, choices) both")
    i, j = (errors.argmin(axis=-1)[..., None] for errors in (one, other))
    at = np.take_along_axis
    reported = at(one, i, -1) / 2 + at(other, j, -1) / 2
    honest = at(other, i, -1) / 2 + at(one, j, -1) / 2
    return Judged(reported[..., 0], honest[..., 0])


def _together(**arrays: Array) -> None:
    """Refuse arrays whose shapes do not fit each other."""
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        raise ValueError(f"{', '.join(arrays)}: got the shapes {shapes}; they take shapes that fit") from None
