"""What dropout averages over: all the networks that are left when units are dropped.

A layer of n units has 2^n masks, and each leaves a *thinned* network. For a few units they can all be written down, so
that means over them are exact:

    kept, weights = every_mask(10, 0.4)               # 1024 masks, and how likely each is
    scores = (kept * h / (1 - 0.4)) @ kernel + bias   # of each thinned network
    geometric_mean(softmax(scores), weights)          # is softmax(h @ kernel + bias): all units, no mask

And dropout of the inputs of a linear model is, on average, a penalty on its weights: `linear_penalty`.

All is computed in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import number, whole
from course_lib._numbers import Array, finite, nonnegative

MOST = 20  # units: a million masks


def every_mask(units: int, rate: float) -> tuple[Array, Array]:
    """All masks of a layer, and how likely each of them is.

        weight = rate^dropped · (1 - rate)^kept,    sum of all weights = 1

    Args:
        units: how many, 1 to 20.
        rate: the probability of being dropped, in [0, 1].

    Returns:
        (masks, weights), float64, of shapes (2^units, units) and (2^units,): 1 is kept, 0 is dropped. The first mask
        drops all, the last one none.

    Raises:
        ValueError, TypeError: an argument is out of its range, or of a wrong type.

    >>> kept, weights = every_mask(2, 0.25)
    >>> kept.tolist(), weights.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0625, 0.1875, 0.1875, 0.5625])
    """
    units, rate = whole("units", units, 1), number("rate", rate, 0, 1)
    if units > MOST:
        raise ValueError(f"units: got {units}; takes at most {MOST}, for there are 2^units masks")
    kept = (np.arange(2**units)[:, None] >> np.arange(units)[::-1]) % 2
    return kept.astype(np.float64), np.where(kept == 1, 1 - rate, rate).prod(axis=1)


@np.errstate(all="ignore")
def geometric_mean(p: ArrayLike, weights: ArrayLike) -> Array:
    """The weighted geometric mean of several predictions, divided by its sum so that it is a prediction again.

        L_k = Σ_i weights[i] · l[i, k],    l = ln(p),    mean = softmax(L)

    If p = softmax(s), it is the softmax of the weighted mean of the scores s. That is why one network with all of its
    units can stand for the mean of many thinned ones.

    Args:
        p: probabilities of shape (networks, …, classes), rows of sum 1; 0 is allowed.
        weights: of the networks, of shape (networks,), numbers of at least 0 whose sum is not 0; they are divided by
            their sum.

    Returns:
        Probabilities of shape (…, classes), float64; nan where every class is given 0 by one of the networks.

    Raises:
        ValueError: a shape does not fit, a number is below 0 or not finite, or all weights are 0.
        TypeError: p or weights hold no real numbers.

    Differs from the arithmetic mean, which is what one gets from averaging predictions: the geometric one is small
    where a single network gives a small probability.

    Source: P. Baldi and P. Sadowski, Understanding dropout, 2013.

    >>> geometric_mean([[0.5, 0.5], [0.9, 0.1]], [1.0, 1.0])
    array([0.75, 0.25])
    """
    array = nonnegative("p", p)
    if array.ndim < 2 or len(array) == 0:
        raise ValueError(f"p: got the shape {array.shape}; takes (networks, …, classes)")
    share = nonnegative("weights", weights)
    if share.shape != (len(array),):
        raise ValueError(f"weights, p: got the shapes {share.shape} and {array.shape}; takes one weight a network")
    if not share.any():
        raise ValueError("weights: got zeros; takes numbers of which one is above 0")
    used = share > 0  # a network of weight 0 has no say, also where it gives 0
    logs = np.tensordot(share[used] / share.sum(), np.log(array[used]), axes=1)
    logs -= logs.max(axis=-1, keepdims=True)
    means = np.exp(logs)
    return np.asarray(means / means.sum(axis=-1, keepdims=True))


@np.errstate(all="ignore")
def linear_penalty(x: ArrayLike, w: ArrayLike, rate: float) -> float:
    """What dropout of the inputs adds, on average, to the mean squared error of a linear model.

        mean of (y - Σ_j m_j x_j w_j / (1 - rate))² = mean of (y - x · w)² + penalty
        penalty = rate / (1 - rate) · Σ_j w_j² · (mean of x_j²)

    The first line is a mean over masks and examples. So it is `l2` with a strength for each weight: the mean square of
    its input. A column in other units, x_j times 10 and w_j divided by 10, has the same penalty.

    Args:
        x: inputs of shape (examples, features), one example or more, finite.
        w: weights of shape (features,), finite.
        rate: the probability of being dropped, in [0, 1).

    Returns:
        The penalty, a number of at least 0.

    Raises:
        ValueError: a shape does not fit, a number is not finite, or rate is out of its range.
        TypeError: x or w hold no real numbers.

    Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014, section 9.1;
    S. Wager, S. Wang, P. Liang, Dropout training as adaptive regularization, 2013.

    >>> linear_penalty([[2.0]], [1.0], 0.5)
    4.0
    """
    rate = number("rate", rate, 0, 1, "[)")
    rows = finite("x", x).astype(np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"x: got the shape {rows.shape}; takes (examples, features)")
    kernel = finite("w", w, (rows.shape[1],), "x").astype(np.float64)
    if rate == 0:  # also where the squares are beyond the range of float64
        return 0.0
    return float(np.sum(np.mean((rows * kernel) ** 2, axis=0)) * rate / (1 - rate))
