"""Batch normalization: every feature gets mean 0 and variance 1 over the batch, and then a scale and a shift to learn.

In training, mean and variance are those of the batch, so that the output of one example depends on the others. At
inference there may be no others: then a moving average of what the batches had is used, which training keeps as its
state. The two outputs differ, and most of all after few steps: with momentum 0.99 the first batch counts for 1 %.

The last axis is that of the features; statistics are taken over all others, in float64. y and dx have the dtype of x,
everything else that of its own counterpart.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number
from course_lib._numbers import Array, reals

State = tuple[Array, Array]
"""Moving mean and moving variance, one number a feature. A fresh layer has zeros and ones."""


@np.errstate(all="ignore")
def batch_norm(
    x: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    state: tuple[ArrayLike, ArrayLike],
    training: bool,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    *,
    unbiased: bool = False,
) -> tuple[Array, State]:
    """The layer, in training and at inference.

        y = gamma · (x - mean) / sqrt(variance + epsilon) + beta

        training:   mean = Σ x / n,    variance = Σ (x - mean)² / n        over the batch
                    state <- momentum · state + (1 - momentum) · (mean, variance)
        inference:  (mean, variance) = state, which stays as it is

    Args:
        x: of shape (…, features), n numbers a feature.
        gamma, beta: scale and shift, of shape (features,).
        state: (mean, variance), each of shape (features,), variance at least 0. Start from zeros and ones.
        training: True or False.
        momentum: the weight of the old state, in [0, 1].
        epsilon: in (0, inf).
        unbiased: whether the state takes Σ (x - mean)² / (n - 1) for the variance, which needs n of 2 or more. The
            output of training has the biased one in either case.

    Returns:
        (y, state): y in shape and dtype of x. An empty batch leaves the state as it is.

    Raises:
        ValueError: a shape does not fit x, an argument is out of its range, or unbiased is asked of one number.
        TypeError: an array holds no real numbers, state is no pair, or training or unbiased is no bool.

    Differs from PyTorch: its momentum is the weight of the new, 0.1 (here: 0.9); its running variance is unbiased
    (here: unbiased=True); its epsilon is 1e-5. In Keras a layer with `trainable = False` is at inference always.

    Source: S. Ioffe and C. Szegedy, Batch normalization: accelerating deep network training by reducing internal
    covariate shift, 2015, algorithms 1 and 2 (there the variance for inference is unbiased).

    >>> y, state = batch_norm([[1.0], [3.0]], [1.0], [0.0], ([0.0], [1.0]), training=True, epsilon=1e-9)
    >>> y.round(6).tolist(), state[0].round(6).tolist(), state[1].round(6).tolist()
    ([[-1.0], [1.0]], [0.02], [1.0])
    """
    momentum = number("momentum", momentum, 0, 1)
    epsilon = number("epsilon", epsilon, 0, np.inf, "()")
    training, unbiased = flag("training", training), flag("unbiased", unbiased)
    x = _features("x", x)
    gamma, beta = (reals(name, array, x.shape[-1:], "x") for name, array in (("gamma", gamma), ("beta", beta)))
    old_mean, old_variance = _state(state, x.shape[-1:], "x")
    if not training:
        root = np.sqrt(old_variance.astype(np.float64) + epsilon)
        return np.asarray((x - old_mean.astype(np.float64)) / root * gamma + beta, x.dtype), (old_mean, old_variance)
    normal, mean, deviation, _ = _normalized(x, epsilon)
    n = math.prod(x.shape[:-1])
    if unbiased and n < 2:
        raise ValueError(f"x: got {n} number(s) a feature; an unbiased variance takes two or more")
    if n == 0:
        return x.copy(), (old_mean, old_variance)
    variance = deviation**2 * (n / (n - 1) if unbiased else 1.0)
    y = np.asarray(normal * gamma + beta, x.dtype)
    return y, (_moved(old_mean, mean, momentum), _moved(old_variance, variance, momentum))


@np.errstate(all="ignore")
def batch_norm_gradient(
    upstream: ArrayLike, x: ArrayLike, gamma: ArrayLike, epsilon: float = 1e-3
) -> tuple[Array, Array, Array]:
    """The gradient of `batch_norm` in training.

        z = (x - mean) / sqrt(variance + epsilon)
        dbeta = Σ upstream,    dgamma = Σ upstream · z
        dx = gamma / sqrt(variance + epsilon) · (upstream - dbeta / n - z · dgamma / n)

    Mean and variance depend on x too. That is what the last two terms are: they take out of the upstream gradient
    what a change of mean or variance would take out of y again.

    Args:
        upstream: the gradient of the loss for y, of shape (…, features).
        x: what the layer was given, of the same shape.
        gamma: of shape (features,).
        epsilon: in (0, inf).

    Returns:
        (dx, dgamma, dbeta): dx in shape and dtype of x, the others of shape (features,) in the dtype of gamma.

    Raises:
        ValueError: the shapes do not fit each other, or epsilon is out of its range.
        TypeError: an array holds no real numbers.

    Source: as for `batch_norm`, section 3.

    >>> dx, dgamma, dbeta = batch_norm_gradient([[1.0], [0.0]], [[1.0], [3.0]], [1.0])
    >>> dx.round(4).tolist(), dgamma.round(4).tolist(), dbeta.tolist()
    ([[0.0005], [-0.0005]], [-0.9995], [1.0])
    """
    epsilon = number("epsilon", epsilon, 0, np.inf, "()")
    x, upstream = _features("x", x), reals("upstream", upstream)
    if upstream.shape != x.shape:
        raise ValueError(f"upstream, x: got the shapes {upstream.shape} and {x.shape}; they take the same")
    gamma = reals("gamma", gamma, x.shape[-1:], "x")
    normal, _, _, root = _normalized(x, epsilon)
    upstream = upstream.astype(np.float64)
    batch = tuple(range(x.ndim - 1))
    n = max(math.prod(x.shape[:-1]), 1)
    dbeta, dgamma = upstream.sum(batch), (upstream * normal).sum(batch)
    dx = gamma / root * (upstream - dbeta / n - normal * (dgamma / n))
    return np.asarray(dx, x.dtype), dgamma.astype(gamma.dtype), dbeta.astype(gamma.dtype)


@np.errstate(all="ignore")
def fold(
    gamma: ArrayLike, beta: ArrayLike, state: tuple[ArrayLike, ArrayLike], epsilon: float = 1e-3
) -> tuple[Array, Array]:
    """The layer at inference as one scale and one shift, which the layer before it can take in.

        y = scale · x + shift,    scale = gamma / sqrt(variance + epsilon),    shift = beta - scale · mean

    Args:
        gamma, beta, state, epsilon: as for `batch_norm`.

    Returns:
        (scale, shift), of shape (features,), in the dtypes of gamma and beta.

    Raises: as `batch_norm`.

    Source: B. Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-only
    inference, 2018, section 3.2.

    >>> fold([3.0], [1.0], ([2.0], [8.75]), epsilon=0.25)
    (array([1.]), array([-1.]))
    """
    epsilon = number("epsilon", epsilon, 0, np.inf, "()")
    gamma = _features("gamma", gamma)
    beta = reals("beta", beta, gamma.shape, "gamma")
    mean, variance = _state(state, gamma.shape, "gamma")
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    return scale.astype(gamma.dtype), np.asarray(beta - scale * mean, beta.dtype)


def _normalized(x: Array, epsilon: float) -> tuple[Array, Array, Array, Array]:
    """(x - mean) / root, mean, standard deviation and root = sqrt(variance + epsilon), in float64.

    x is divided by a power of 2 that is not above its largest number, so that no square overflows, and the first
    number is taken off before the mean, so that equal numbers have the variance 0 exactly.
    """
    batch = tuple(range(x.ndim - 1))
    wide = x.astype(np.float64)
    size = np.exp2(np.maximum(np.frexp(np.max(np.abs(wide), axis=batch, initial=0.0))[1] - 1, 0))
    count = math.prod(x.shape[:-1])
    scaled = (wide / size).reshape(count, x.shape[-1])
    first, n = scaled[:1], max(count, 1)
    from_first = (scaled - first).sum(0) / n
    centered = scaled - first - from_first
    deviation = np.sqrt(np.square(centered).sum(0) / n)
    root = np.hypot(size * deviation, np.sqrt(epsilon))
    divisor = root / size  # vanishes only if all numbers are equal, and epsilon next to nothing beside them
    normal = (centered / np.where(divisor == 0, 1.0, divisor)).reshape(x.shape)
    return normal, (first.sum(0) + from_first) * size, deviation * size, root


def _moved(old: Array, new: Array, momentum: float) -> Array:
    """The moving average; at its ends without the other side, which may be infinite, and 0 · inf is nan."""
    if momentum == 0 or momentum == 1:
        return np.asarray(old if momentum else new, old.dtype)
    return np.asarray(momentum * old.astype(np.float64) + (1 - momentum) * new, old.dtype)


def _features(name: str, x: ArrayLike) -> Array:
    """The argument as an array with an axis of features."""
    array = reals(name, x)
    if array.ndim == 0:
        raise ValueError(f"{name}: got a single number; takes an array whose last axis is that of the features")
    return array


def _state(state: tuple[ArrayLike, ArrayLike], shape: tuple[int, ...], beside: str) -> State:
    """Copies of the moving mean and variance."""
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(f"state: got a {type(state).__name__}; takes the pair (mean, variance)")
    mean, variance = (reals(f"state[{i}]", array, shape, beside).copy() for i, array in enumerate(state))
    if np.any(variance < 0):
        raise ValueError(f"state[1]: got a variance of {variance.min():g}; takes at least 0")
    return mean, variance
