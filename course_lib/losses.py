"""Losses: one number for how far predictions are from the truth, and its gradient for the predictions.

Each is a mean: over all elements, for the categorical ones over examples. So is its gradient, which has the number of
elements or examples in it. An empty batch has the loss 0.

`y_true` may hold any real numbers or integers, `y_pred` float16, float32 or float64; both have the same shape, for
(n,) against (n, 1) would be the n² differences of each with each. All is computed in float64, and the result has the
dtype of y_pred: the loss as a NumPy scalar, the gradient as an array of the shape of y_pred.

A cross-entropy takes probabilities, or with from_logits what sigmoid or softmax would make them of. Prefer logits:
probabilities near 0 or 1 have lost the digits that the loss depends on. They are clipped to [1e-7, 1 - 1e-7], as in
Keras (rounded to the dtype of y_pred, float16 to float32), so that no loss exceeds 16.2, and what is cut off has no
gradient.

All raise TypeError for numbers of another kind and ValueError for shapes that differ or values out of their range.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number
from course_lib._numbers import Array, reals
from course_lib.activations import sigmoid, softmax


@np.errstate(all="ignore")
def mse(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean squared error: mean of (y_pred - y_true)².

    Differs from the ½ Σ (y_pred - y_true)² of textbooks, whose gradient is the error itself.

    >>> float(mse([1.0, 2.0], [2.0, 5.0]))
    5.0
    """
    y, p, dtype = _pair(y_true, y_pred)
    return _mean(np.square(p - y), dtype)


@np.errstate(all="ignore")
def mse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """2 (y_pred - y_true) / n."""
    y, p, dtype = _pair(y_true, y_pred)
    return _shared(2 * (p - y), dtype)


@np.errstate(all="ignore")
def mae(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean absolute error: mean of |y_pred - y_true|. One outlier pulls no harder than any other element.

    >>> float(mae([1.0, 2.0], [2.0, 5.0]))
    2.0
    """
    y, p, dtype = _pair(y_true, y_pred)
    return _mean(np.abs(p - y), dtype)


@np.errstate(all="ignore")
def mae_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """sign(y_pred - y_true) / n, 0 at the kink (where JAX has 1)."""
    y, p, dtype = _pair(y_true, y_pred)
    return _shared(np.sign(p - y), dtype)


@np.errstate(all="ignore")
def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Any:
    """Squared for small errors, absolute for large ones: the mean over e = y_pred - y_true of one of two.

        ½ e²                       for |e| <= delta
        delta · |e| - ½ delta²     beyond,                 delta in (0, inf)

    Differs from PyTorch's `smooth_l1_loss`, which is this divided by delta; its `huber_loss` is this.
    Source: P. J. Huber, Robust estimation of a location parameter, 1964.

    >>> float(huber([0.0, 0.0], [0.5, 3.0]))
    1.3125
    """
    delta = number("delta", delta, 0, np.inf, "()")
    y, p, dtype = _pair(y_true, y_pred)
    size = np.abs(p - y)
    return _mean(np.where(size <= delta, np.square(size) / 2, delta * (size - delta / 2)), dtype)


@np.errstate(all="ignore")
def huber_gradient(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """y_pred - y_true, clipped to [-delta, delta], / n."""
    delta = number("delta", delta, 0, np.inf, "()")
    y, p, dtype = _pair(y_true, y_pred)
    return _shared(np.clip(p - y, -delta, delta), dtype)


@np.errstate(all="ignore")
def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
    """Mean of max(1 - y_true · y_pred, 0): nothing for the right side of the margin. y_true takes only -1 and 1.

    Differs from Keras, which takes 0 and 1 for -1 and 1, but only if a batch has nothing else in it.

    >>> float(hinge([1, -1, 1], [0.5, -2.0, -1.0])) * 3
    2.5
    """
    y, p, dtype = _sides(y_true, y_pred)
    return _mean(np.maximum(1 - y * p, 0.0), dtype)


@np.errstate(all="ignore")
def hinge_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """-y_true / n where y_true · y_pred < 1, else 0, also at the kink (where TensorFlow has -y_true / n)."""
    y, p, dtype = _sides(y_true, y_pred)
    return _shared(np.where(y * p < 1, -y, 0.0), dtype)


@np.errstate(all="ignore")
def binary_crossentropy(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Any:
    """Mean surprise at labels y in [0, 1] of a model that says p, or the logit z with p = sigmoid(z).

        -y ln p - (1 - y) ln(1 - p)    =    max(z, 0) - y z + ln(1 + exp(-|z|))

    The right side overflows for no logit; for y = 0 or 1 it is ln(1 + exp(-z)) with the sign of z turned for y = 0.

    >>> float(binary_crossentropy([0.0], [100.0], from_logits=True))
    100.0
    """
    y, p, dtype = _labeled(y_true, y_pred, from_logits)
    if from_logits:
        return _mean(np.where(p > 0, (1 - y) * p, -y * p) + np.log1p(np.exp(-np.abs(p))), dtype)
    p = np.clip(p, *_ends(dtype))
    return _mean(-y * np.log(p) - (1 - y) * np.log1p(-p), dtype)


@np.errstate(all="ignore")
def binary_crossentropy_gradient(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Array:
    """(p - y) / (p (1 - p)) / n for probabilities, and for logits (sigmoid(z) - y) / n, which divides by nothing."""
    y, p, dtype = _labeled(y_true, y_pred, from_logits)
    if from_logits:
        return _shared(sigmoid(p) - y, dtype)
    low, high = _ends(dtype)
    return _shared(np.where((p >= low) & (p <= high), (p - y) / (p * (1 - p)), 0.0), dtype)


@np.errstate(all="ignore")
def categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Any:
    """Mean over examples of the surprise at labels y, rows of probabilities, of a model that says p = softmax(z).

        -Σ y_i ln p_i    =    Σ y_i (ln Σ_j exp(z_j) - z_i)

    Args:
        y_true, y_pred: of shape (…, classes). y_true in [0, 1]; with one 1 a row it is the class, as by
            `sparse_categorical_crossentropy`; soft labels cost at least their entropy.
        from_logits: whether y_pred are logits. Else they are at least 0, and each row is divided by its sum first.

    Differs from PyTorch and Optax, which take logits only.

    >>> round(float(categorical_crossentropy([[0.0, 1.0]], [[1.0, 3.0]])), 6)  # 3 of 4
    0.287682
    """
    y, p, dtype = _classes(y_true, y_pred, from_logits)
    if from_logits:
        below = p - np.max(p, axis=-1, keepdims=True, initial=-np.inf)
        log = below - np.log(np.sum(np.exp(below), axis=-1, keepdims=True))
    else:
        log = np.log(np.clip(_renormalized(p)[0], *_ends(dtype)))
    return _mean(np.sum(np.where(y > 0, -y * log, 0.0), axis=-1), dtype)


@np.errstate(all="ignore")
def categorical_crossentropy_gradient(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Array:
    """For logits (softmax(z) · Σ y - y) / examples, Σ y being 1. For rows p of the sum s, with q = p / s, it is longer:

        (Σ_k y_k - y_i / q_i) / s / examples,    without the y of those that were clipped

    >>> categorical_crossentropy_gradient([[0.2, 0.5, 0.3]], [[1.0, 2.0, -1.0]], from_logits=True).round(4)
    array([[ 0.0595,  0.2054, -0.2649]])
    """
    y, p, dtype = _classes(y_true, y_pred, from_logits)
    if from_logits:
        each = softmax(p) * np.sum(y, axis=-1, keepdims=True) - y
    else:
        (q, s), (low, high) = _renormalized(p), _ends(dtype)
        y = np.where((q >= low) & (q <= high), y, 0.0)
        each = (np.sum(y, axis=-1, keepdims=True) - y / np.maximum(q, low)) / s
    return _shared(each, dtype, each.size // max(each.shape[-1], 1))


def sparse_categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Any:
    """`categorical_crossentropy` of labels that are numbers of classes: integers 0, 1, …, of the shape (…).

    Differs from Keras on TensorFlow, which renormalizes probabilities after clipping them, here in the seventh digit.

    >>> round(float(sparse_categorical_crossentropy([3], [[0.1] * 10])), 6)  # ln 10
    2.302585
    """
    return categorical_crossentropy(_one_hot(y_true, y_pred), y_pred, from_logits)


def sparse_categorical_crossentropy_gradient(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Array:
    """`categorical_crossentropy_gradient` of labels that are numbers of classes."""
    return categorical_crossentropy_gradient(_one_hot(y_true, y_pred), y_pred, from_logits)


def _mean(values: Array, dtype: Any) -> Any:
    """The mean as a scalar of this dtype; of nothing it is 0."""
    return dtype.type(np.sum(values / max(values.size, 1)))


def _shared(values: Array, dtype: Any, n: int | None = None) -> Array:
    """The gradient of a mean over n."""
    return np.asarray(values / max(values.size if n is None else n, 1), dtype)


def _pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array, Any]:
    """Both in float64, and the dtype of y_pred."""
    p, y = reals("y_pred", y_pred), _labels(y_true)
    if y.shape != p.shape:
        raise ValueError(f"y_true, y_pred: got the shapes {y.shape} and {p.shape}; they take the same")
    return y.astype(np.float64), p.astype(np.float64), p.dtype


def _labels(y_true: ArrayLike) -> Array:
    """The argument as an array of real numbers, integers and bools among them."""
    try:
        whole = np.asarray(y_true)
    except ValueError:
        whole = None
    return whole if whole is not None and whole.dtype.kind in "iub" else reals("y_true", y_true)


def _within(name: str, values: Array, good: Array, takes: str) -> None:
    """Refuse values, if there are any that are not good, by showing the first of them."""
    if not good.all():
        raise ValueError(f"{name}: got {values[~good].flat[0]:g}; takes {takes}")


def _sides(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array, Any]:
    """_pair with -1 and 1."""
    y, p, dtype = _pair(y_true, y_pred)
    _within("y_true", y, np.abs(y) == 1, "-1 and 1")
    return y, p, dtype


def _labeled(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool) -> tuple[Array, Array, Any]:
    """_pair with probabilities, and logits or probabilities."""
    from_logits = flag("from_logits", from_logits)
    y, p, dtype = _pair(y_true, y_pred)
    _within("y_true", y, (y >= 0) & (y <= 1), "probabilities in [0, 1]")
    if not from_logits:
        _within("y_pred", p, ~((p < 0) | (p > 1)), "probabilities in [0, 1], or logits with from_logits=True")
    return y, p, dtype


def _classes(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool) -> tuple[Array, Array, Any]:
    """_pair with rows of probabilities, and logits or rows that only need a sum of 1."""
    from_logits = flag("from_logits", from_logits)
    y, p, dtype = _pair(y_true, y_pred)
    _with_classes(p)
    _within("y_true", y, (y >= 0) & (y <= 1), "probabilities in [0, 1]")
    sums = np.sum(y, axis=-1)
    _within("y_true", sums, np.abs(sums - 1) < 0.01, "rows with the sum 1")
    if not from_logits:
        _within("y_pred", p, ~(p < 0), "numbers of at least 0, or logits with from_logits=True")
    return y, p, dtype


def _with_classes(p: Array) -> None:
    """Refuse an array that has no class to choose."""
    if p.ndim == 0 or p.shape[-1] == 0:
        raise ValueError(f"y_pred: got the shape {p.shape}; takes (…, classes) with one class or more")


def _one_hot(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """A 1 in each row, in the column of the class."""
    p, y = reals("y_pred", y_pred), _labels(y_true)
    _with_classes(p)
    if y.dtype.kind not in "iu":
        raise TypeError(f"y_true: got an array of {y.dtype}; takes numbers of classes, which are integers")
    if y.shape != p.shape[:-1]:
        raise ValueError(f"y_true, y_pred: got the shapes {y.shape} and {p.shape}; they take (…) and (…, classes)")
    classes = p.shape[-1]
    _within("y_true", y, (y >= 0) & (y < classes), f"numbers of classes from 0 to {classes - 1}")
    return np.asarray(y[..., None] == np.arange(classes))


def _renormalized(p: Array) -> tuple[Array, Array]:
    """Rows divided by their sums, and the sums; a row of zeros is left as it is."""
    s = np.sum(p, axis=-1, keepdims=True)
    s = np.where(s == 0, 1.0, s)
    return p / s, s


def _ends(dtype: Any) -> tuple[float, float]:
    """1e-7 and 1 - 1e-7 in this dtype; in float16 the latter would be 1, and its logarithm no help."""
    rounded = np.result_type(dtype, np.float32).type
    return float(rounded(1e-7)), float(rounded(1 - 1e-7))
