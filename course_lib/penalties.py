"""Penalties: what is added to the loss, or done to the weights, so that they stay small.

`l1`, `l2` and `elastic_net` are added to the loss, and so reach the weights through the gradient and whatever the
optimizer makes of it. `weight_decay`, `max_norm` and `elastic_net_proximal` change the weights themselves, past the
optimizer; the last one makes the exact zeros that steps along the gradient of l1 only jump across. For plain
gradient descent an l2 penalty and weight decay are the same (`weight_decay` says with which factor); for Adam, which
divides the gradient by its size, they are not.

Sums are taken in float64; penalties and gradients have the dtype of the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number
from course_lib._numbers import Array, reals, scaled_norm


def l1(w: ArrayLike, strength: float) -> Any:
    """The sum of sizes: each weight costs as much as it is long, which drives useless ones to 0 exactly.

        penalty = strength · Σ |w|

    Args:
        w: weights, an array of any shape.
        strength: in [0, inf).

    Returns:
        The penalty, a NumPy scalar of the dtype of w.

    Raises:
        ValueError: strength is out of its range.
        TypeError: w holds no real numbers.

    Differs from no library: Keras' `L1` and Optax' users compute the same.

    Source: R. Tibshirani, Regression shrinkage and selection via the lasso, 1996.

    >>> float(l1([[1.0, -2.0], [3.0, 0.0]], 0.01))
    0.06
    """
    return elastic_net(w, strength, 1.0)


def l1_gradient(w: ArrayLike, strength: float) -> Array:
    """The gradient of `l1`: a push of constant size toward 0.

        gradient = strength · sign(w),    sign(0) = 0

    Args, Raises: as `l1`.

    Returns:
        The gradient, in shape and dtype of w. At 0, where |w| has a kink, it is 0: one of the subgradients.

    Differs from JAX, whose derivative of |w| at 0 is 1. TensorFlow and PyTorch have 0.

    >>> l1_gradient([2.0, -3.0, 0.0], 0.5)
    array([ 0.5, -0.5,  0. ])
    """
    return elastic_net_gradient(w, strength, 1.0)


def l2(w: ArrayLike, strength: float, *, half: bool = False) -> Any:
    """The sum of squares: large weights cost most, small ones next to nothing.

        penalty = strength · Σ w²,    or ½ · strength · Σ w² with half

    Args:
        w: weights, an array of any shape.
        strength: in [0, inf).
        half: whether the sum is halved, so that the gradient has no factor of 2.

    Returns:
        The penalty, a NumPy scalar of the dtype of w.

    Raises:
        ValueError: strength is out of its range.
        TypeError: w holds no real numbers, or half is no bool.

    Differs from scikit-learn and from most textbooks, which halve it; and PyTorch's `weight_decay` of SGD and Adam is
    the gradient of the halved one. Keras' `L2` as here.

    Source: A. N. Tikhonov, Solution of incorrectly formulated problems and the regularization method, 1963; A. Hoerl
    and R. Kennard, Ridge regression, 1970.

    >>> float(l2([[1.0, -2.0], [3.0, 0.0]], 0.01))
    0.14
    """
    return elastic_net(w, strength, 0.0, half=half)


def l2_gradient(w: ArrayLike, strength: float, *, half: bool = False) -> Array:
    """The gradient of `l2`: a pull toward 0 in proportion to the weight.

        gradient = 2 · strength · w,    or strength · w with half

    Args, Raises, Differs from: as `l2`.

    Returns:
        The gradient, in shape and dtype of w.

    >>> l2_gradient([2.0, -3.0], 0.5), l2_gradient([2.0, -3.0], 0.5, half=True)
    (array([ 2., -3.]), array([ 1. , -1.5]))
    """
    return elastic_net_gradient(w, strength, 0.0, half=half)


@np.errstate(all="ignore")
def elastic_net(w: ArrayLike, strength: float, ratio: float, *, half: bool = False) -> Any:
    """A mixture of `l1` and `l2`.

        penalty = strength · (ratio · Σ |w| + (1 - ratio) · Σ w²)

    Args:
        w: weights, an array of any shape.
        strength: in [0, inf).
        ratio: the share of l1, in [0, 1].
        half: whether the sum of squares is halved.

    Returns:
        The penalty, a NumPy scalar of the dtype of w.

    Raises:
        ValueError: strength or ratio is out of its range.
        TypeError: w holds no real numbers, or half is no bool.

    Differs from Keras' `L1L2(l1, l2)` in its arguments only: l1 = strength · ratio, l2 = strength · (1 - ratio). There
    `l1_l2(0.01)` is no elastic net: it sets l1 alone. scikit-learn's `ElasticNet(alpha, l1_ratio)` halves the squares.

    Source: H. Zou and T. Hastie, Regularization and variable selection via the elastic net, 2005.

    >>> float(elastic_net([[1.0, -2.0], [3.0, 0.0]], 0.02, 0.5))
    0.2
    """
    w, by_size, by_square = _checked(w, strength, ratio, half)
    wide = w.astype(np.float64)
    # the factor first: 0 · inf is nan, and a square may leave the range that its penalty lies in
    penalty = np.sum(by_size * np.abs(wide)) + np.sum(by_square * wide * wide)
    return w.dtype.type(penalty)


@np.errstate(all="ignore")
def elastic_net_gradient(w: ArrayLike, strength: float, ratio: float, *, half: bool = False) -> Array:
    """The gradient of `elastic_net`.

        gradient = strength · (ratio · sign(w) + 2 · (1 - ratio) · w)

    Args, Raises, Differs from: as `elastic_net`.

    Returns:
        The gradient, in shape and dtype of w.

    >>> elastic_net_gradient([2.0, -3.0, 0.0], 1.0, 0.5)
    array([ 2.5, -3.5,  0. ])
    """
    w, by_size, by_square = _checked(w, strength, ratio, half)
    wide = w.astype(np.float64)
    return np.asarray(by_size * np.sign(wide) + by_square * wide * 2, w.dtype)


@np.errstate(all="ignore")
def elastic_net_proximal(w: ArrayLike, strength: float, ratio: float, *, half: bool = False) -> Array:
    """What a penalty makes of weights that, without it, would be w: the minimum of a bowl of curvature 1 and of it.

        u = arg min of ½ · Σ (u - w)² + elastic_net(u, strength, ratio)
        u = sign(w) · max(|w| - by_size, 0) / (1 + 2 · by_square)
        by_size = strength · ratio,    by_square = strength · (1 - ratio)

    With ratio 1, l1: each weight is brought nearer to 0 by the same distance, and one that was nearer than that is 0.
    With ratio 0, l2: each weight is divided by the same number, and none becomes 0.

    A bowl of curvature h has the same minimum with strength / h. And as a step of training, after one of length
    learning_rate against the gradient of the loss alone, it takes the strength learning_rate · strength.

    Args:
        w: weights, an array of any shape.
        strength: in [0, inf).
        ratio: the share of l1, in [0, 1].
        half: whether the sum of squares is halved; then 2 · by_square becomes by_square.

    Returns:
        u, in shape and dtype of w.

    Raises:
        ValueError: strength or ratio is out of its range.
        TypeError: w holds no real numbers, or half is no bool.

    Differs from Keras, which has nothing of the kind: there l1 is a part of the gradient.

    Source: D. L. Donoho, De-noising by soft-thresholding, 1995; N. Parikh and S. Boyd, Proximal algorithms, 2014,
    section 6.5.

    >>> elastic_net_proximal([3.0, -0.5, 0.2], 1.0, 1.0).tolist()
    [2.0, 0.0, 0.0]
    >>> elastic_net_proximal([3.0, -0.5, 0.2], 1.0, 0.0).round(3).tolist()
    [1.0, -0.167, 0.067]
    """
    w, by_size, by_square = _checked(w, strength, ratio, half)
    wide = w.astype(np.float64)
    nearer = wide - np.clip(wide, -by_size, by_size)
    return np.asarray(nearer / (1 + 2 * by_square), w.dtype)


@np.errstate(all="ignore")
def max_norm(w: ArrayLike, limit: float, *, axis: int | tuple[int, ...] = 0, epsilon: float = 1e-7) -> Array:
    """The weights into each unit are shortened, if they are longer than the limit.

        w <- w · min(‖w‖, limit) / (‖w‖ + epsilon)

    Args:
        w: weights; a kernel (in, out), or any array for which axis is given.
        limit: in [0, inf).
        axis: over which the norm is taken: 0 for a kernel (in, out), (0, 1, 2) for one of a convolution.
        epsilon: in [0, inf). With 0, weights within the limit come out as they are.

    Returns:
        The weights, in shape and dtype of w.

    Raises:
        ValueError: limit or epsilon is out of its range, or w has no such axis.
        TypeError: w holds no real numbers, or axis is no whole number.

    Differs from PyTorch's `renorm`, which adds its epsilon of 1e-7 only where it shortens. Keras' `MaxNorm` as here,
    with the limit of 2 that it has by default.

    Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014, section 5.1.

    >>> max_norm([[3.0, 0.3], [4.0, 0.4]], 1.0, epsilon=0.0)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """
    limit = number("limit", limit, 0, np.inf, "[)")
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    w = reals("w", w)
    if w.ndim == 0:
        raise ValueError("w: got a single number; takes an array with axes")
    for one in axis if isinstance(axis, tuple) else (axis,):
        if isinstance(one, bool) or not isinstance(one, int | np.integer):
            raise TypeError(f"axis: got {axis!r}; takes a whole number, or a tuple of them")
    try:
        size, ratio = scaled_norm(w, axis)
    except ValueError:
        raise ValueError(f"axis, w: got {axis!r} and the shape {w.shape}; takes axes that w has, each once") from None
    # everything in units of the largest weight, for in these no norm overflows
    length = ratio + epsilon / size
    shortened = (w / size) * (limit / np.where(length == 0, 1.0, length))
    kept = w * (ratio / np.where(length == 0, 1.0, length))
    return np.asarray(np.where(ratio > limit / size, shortened, kept), w.dtype)


@np.errstate(all="ignore")
def weight_decay(w: ArrayLike, decay: float, learning_rate: float) -> Array:
    """All weights are shortened by the same factor, apart from the step that the gradient takes.

        w <- w · (1 - learning_rate · decay)

    For plain gradient descent that is what `l2` of strength decay / 2 does: w - learning_rate · (2 · (decay / 2) · w).

    Args:
        w: weights, an array of any shape.
        decay: in [0, inf).
        learning_rate: of this step, in [0, inf); 1 for the form of the paper, in which the decay stands alone.

    Returns:
        The weights, in shape and dtype of w, before the step of the gradient.

    Raises:
        ValueError: an argument is out of its range, or learning_rate · decay is above 1, which turns weights around.
        TypeError: w holds no real numbers.

    Differs from the paper, where the decay is not multiplied by the learning rate but by the schedule alone. Keras'
    `weight_decay` of every optimizer, and `AdamW` of PyTorch and Optax, as here; PyTorch's `weight_decay` of SGD and
    Adam is the gradient of `l2` with half.

    Source: I. Loshchilov and F. Hutter, Decoupled weight decay regularization, 2019, algorithm 2.

    >>> weight_decay([1.0, -2.0], 0.5, 0.1)
    array([ 0.95, -1.9 ])
    """
    decay = number("decay", decay, 0, np.inf, "[)")
    learning_rate = number("learning_rate", learning_rate, 0, np.inf, "[)")
    product = learning_rate * decay
    if product > 1:
        raise ValueError(f"learning_rate, decay: got {learning_rate} and {decay}; their product takes at most 1")
    w = reals("w", w)
    return np.asarray(w.astype(np.float64) * (1 - product), w.dtype)


def _checked(w: ArrayLike, strength: float, ratio: float, half: bool) -> tuple[Array, float, float]:
    """The weights, and the factors of their sizes and of their squares."""
    strength = number("strength", strength, 0, np.inf, "[)")
    ratio = number("ratio", ratio, 0, 1)
    half = flag("half", half)
    return reals("w", w), strength * ratio, strength * (1 - ratio) * (0.5 if half else 1.0)
