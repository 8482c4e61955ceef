"""A filter in the loop: what it does where its output moves the weight that its input depends on.

`responses` drives a filter with gradients that come from elsewhere. In training they come from where the weights are,
and the filter is part of a loop. The smallest loop is one weight in a bowl, whose gradient is noisy:

    g_t = curvature · w_{t-1} + n_t,    w_t = w_{t-1} - learning_rate · y_t

y_t is what the filter gives for g_1 … g_t, and the n_t are independent, with mean 0 and variance 1. All that the filter
remembers of the weight, and the weight itself, make one state s, and a step is a matrix:

    s_t = M s_{t-1} + u n_t

Its largest eigenvalue says how fast the weight comes home, its noise how far it scatters there. Learning rate and
curvature may be arrays: every function computes all loops of an array at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number
from course_lib._numbers import nonnegative
from course_lib.optimizers.parts import Part
from course_lib.optimizers.responses import checked_frequencies, filter_matrix

Floats = NDArray[np.float64]


@np.errstate(all="ignore")
def decay(part: Part, learning_rate: ArrayLike, curvature: ArrayLike = 1.0) -> Floats:
    """By what factor a step brings the weight nearer to the minimum, in the end.

        r = max of |z|    for all eigenvalues z of M,    |w_t| falls like r^t

    With r < 1 the loop is stable; with r > 1 it diverges. SGD has |1 - learning_rate · curvature|. Momentum has
    sqrt(beta) wherever its eigenvalues are complex, whatever the learning rate, for their product is beta.

    Args:
        part: a filter as `frequency_response` takes it: linear, alike at every t, and forgetting.
        learning_rate: numbers of at least 0, of any shape.
        curvature: numbers of at least 0, of any shape that goes with that of learning_rate.

    Returns:
        r: float64 in the common shape of learning_rate and curvature.

    Raises:
        ValueError: an argument is out of its range, or the part is no such filter.
        TypeError: part is no Part, or learning_rate or curvature holds no floats.

    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.

    >>> from course_lib.optimizers.parts import ar1, no_filter
    >>> decay(no_filter(), [0.5, 1.5, 2.5])
    array([0.5, 0.5, 1.5])
    >>> (decay(ar1(0.81), [0.1, 1.0, 3.0]) ** 2).round(6)
    array([0.81, 0.81, 0.81])
    """
    m, _ = _loop(part, learning_rate, curvature)
    return np.asarray(np.abs(np.linalg.eigvals(m)).max(axis=-1))


@np.errstate(all="ignore")
def edge(part: Part) -> float:
    """The largest stable rate: below it, the weight comes home for every product of learning rate and curvature.

        decay(part, k) < 1    for all k = learning_rate · curvature between 0 and the edge

    It is 2 for SGD and 2 · (1 + beta) for momentum. A filter may be stable again beyond: that does not count, for a
    network has small curvatures as well.

    Args:
        part: a filter as `frequency_response` takes it.

    Returns:
        The edge, up to rounding, if it lies between 1e-6 and 1e6; 0 if it is lower, and inf if it is higher.

    Raises:
        ValueError: the part is no such filter.
        TypeError: part is no Part.

    >>> from course_lib.optimizers.parts import ar1, arma1, no_filter
    >>> [round(edge(part), 6) for part in (no_filter(), ar1(0.9), arma1(0.9))]
    [2.0, 3.8, 1.357143]
    """
    grid = np.geomspace(1e-6, 1e6, 4801)
    beyond = np.flatnonzero(decay(part, grid) >= 1)
    if not len(beyond):
        return float("inf")
    if beyond[0] == 0:
        return 0.0
    low, high = float(grid[beyond[0] - 1]), float(grid[beyond[0]])
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if decay(part, middle) < 1 else (low, middle)
    return low


@np.errstate(all="ignore")
def noise_floor(part: Part, learning_rate: ArrayLike, curvature: ArrayLike = 1.0) -> Floats:
    """How far the noise of the gradient keeps the weight from the minimum, in the end: the mean of w².

        P = M P Mᵀ + u uᵀ,    floor = P_{ww}

    Momentum with the effective rate r = learning_rate · curvature / (1 - beta) has

        floor = r / (2 - r · (1 - beta) / (1 + beta)) / curvature²

    and SGD the same with beta = 0. With curvature 1 that is at least r / 2, whatever beta is.

    Args:
        part: a filter as `frequency_response` takes it.
        learning_rate: numbers of at least 0, of any shape.
        curvature: numbers of at least 0, of any shape that goes with that of learning_rate.

    Returns:
        The mean of w² for noise of variance 1: float64 in the common shape of learning_rate and curvature; inf where
        the loop is not stable.

    Raises:
        ValueError: an argument is out of its range, or the part is no such filter.
        TypeError: part is no Part, or learning_rate or curvature holds no floats.

    >>> from course_lib.optimizers.parts import ar1, no_filter
    >>> noise_floor(no_filter(), [0.01, 0.1, 2.5]).round(4)
    array([0.005 , 0.0526,    inf])
    >>> noise_floor(ar1(0.9), [0.001, 0.01, 0.1]).round(4)
    array([0.005 , 0.0501, 0.5135])
    """
    m, u = _loop(part, learning_rate, curvature)
    k = m.shape[-1]
    stable = np.abs(np.linalg.eigvals(m)).max(axis=-1) < 1
    still = np.where(stable[..., None, None], m, 0.0)  # what stands in the place of a loop that has no floor
    twice = np.einsum("...ij,...kl->...ikjl", still, still).reshape(*stable.shape, k * k, k * k)
    noise = (u[..., :, None] * u[..., None, :]).reshape(*stable.shape, k * k, 1)
    p = np.linalg.solve(np.eye(k * k) - twice, noise)
    return np.where(stable, p[..., -1, 0], np.inf)


@np.errstate(all="ignore")
def weight_response(
    part: Part, frequencies: ArrayLike, learning_rate: float, curvature: float = 1.0
) -> NDArray[np.complex128]:
    """How the weight answers to waves in the noise of the gradient: the frequency response of the whole loop.

        G(f) = (z (z I - M)^-1 u)_w,    z = exp(2 pi i f)

    The mean of |G|² over all frequencies is the noise floor.

    Args:
        part: a filter as `frequency_response` takes it.
        frequencies: in [0, 1/2], in cycles per step; any shape.
        learning_rate: in (0, inf).
        curvature: in (0, inf); the product of both is below the edge.

    Returns:
        G: complex128 in the shape of frequencies.

    Raises:
        ValueError: an argument is out of its range, the part is no such filter, or the loop is not stable.
        TypeError: part is no Part, frequencies are no floats, or learning_rate or curvature is no number.

    A constant push of 1 moves the weight to where the slope of the bowl balances it, whatever the filter is:

    >>> from course_lib.optimizers.parts import ar1, no_filter
    >>> [np.abs(weight_response(part, [0.0, 0.5], 0.1, 2.0)).round(4).tolist() for part in (no_filter(), ar1(0.9))]
    [[0.5, 0.0556], [0.5, 0.0278]]
    """
    f = checked_frequencies(frequencies)
    learning_rate = number("learning_rate", learning_rate, 0, np.inf, "()")
    curvature = number("curvature", curvature, 0, np.inf, "()")
    m, u = _loop(part, learning_rate, curvature)
    size = float(np.abs(np.linalg.eigvals(m)).max())
    if size >= 1:
        raise ValueError(
            f"learning_rate: got {learning_rate:g} with curvature {curvature:g}, where an eigenvalue has size"
            f" {size:.6g}; takes a stable loop"
        )
    z = np.exp(2j * np.pi * f)[..., None, None]
    s = np.linalg.solve(z * np.eye(len(m)) - m, z * np.broadcast_to(u[:, None], (*f.shape, len(u), 1)))
    g: NDArray[np.complex128] = s[..., -1, 0]
    return g


def _loop(part: Part, learning_rate: ArrayLike, curvature: ArrayLike) -> tuple[Floats, Floats]:
    """M, shape (…, k + 1, k + 1), and u, (…, k + 1), of the loops; the weight is the last number of the state."""
    update = filter_matrix(part)
    eta, c = np.broadcast_arrays(nonnegative("learning_rate", learning_rate), nonnegative("curvature", curvature))
    into = np.concatenate([np.broadcast_to(update[:-1, -1], (*eta.shape, len(update) - 1)),
                           -eta[..., None] * update[-1, -1]], axis=-1)  # fmt: skip
    m = np.zeros((*eta.shape, len(update), len(update)))
    m[..., :-1, :-1] = update[:-1, :-1]
    m[..., -1, :-1] = -eta[..., None] * update[-1, :-1]
    m[..., :, -1] = c[..., None] * into
    m[..., -1, -1] += 1
    return m, into
