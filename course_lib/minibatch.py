"""Minibatches: how far the gradient of a few examples is from that of all, and what this does to SGD.

    noise = gradient_noise(gradients, batch_size=32)         # of any model, from its gradients example by example
    edge = largest_rate(x, batch_size=32)                    # of a linear model with squared error
    floor = noise_floor(x, y - x @ best, 32, learning_rate)

All three hold for batches that are drawn without repetition, each independently of the others. Then a batch mean of B
out of n numbers scatters around the mean of all n by a known share of the variance of one number,

    c = (n - B) / (B · (n - 1))

which is 1 for one example, nearly 1/B for a few, and 0 for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, whole
from course_lib._numbers import reals

Array = NDArray[Any]


@np.errstate(all="ignore")
def gradient_noise(gradients: ArrayLike, batch_size: int) -> float:
    """The mean square distance between the gradient of a batch and the gradient of all examples.

        noise = c · mean of ‖g_i - g‖²,    g = mean of g_i,    c = (n - B) / (B · (n - 1))

    The mean over all batches of their gradients is g: a batch is wrong in one direction as often as in the other.

    Args:
        gradients: g_i, of shape (examples, …), one a row: at least one row.
        batch_size: B, 1 to the number of examples.

    Returns:
        The noise, a number of at least 0.

    Raises:
        ValueError: batch_size is out of its range, there is no example, or a number is not finite.
        TypeError: gradients hold no real numbers, or batch_size is no whole number.

    >>> gradient_noise([[1.0], [-1.0]], 1), gradient_noise([[1.0], [-1.0]], 2)
    (1.0, 0.0)
    """
    g = _rows("gradients", gradients)
    spread = (g - g.mean(axis=0)) ** 2
    return _scatter(len(g), batch_size) * float(spread.sum() / len(g))


@np.errstate(all="ignore")
def largest_rate(x: ArrayLike, batch_size: int) -> float:
    """The learning rate from which on SGD drives a linear model with squared error away from its minimum.

        loss = mean of (x · w - y)² / 2,    H = mean of x xᵀ
        for one weight:  edge = 2 · m_2 / ((1 - c) · m_2² + c · m_4),    m_k = mean of x^k

    A step multiplies the distance to the minimum by I - rate · A, where A is the mean of x xᵀ over the batch. Below the
    edge, the mean square distance shrinks but for a floor (`noise_floor`); above it, the mean square grows without
    limit. With all examples the edge is 2 / (largest eigenvalue of H). With one, it is lower: long inputs are then
    met alone, and a step that is right for the mean of all is too long for them.

    Args:
        x: inputs of shape (examples, features), whose columns are linearly independent.
        batch_size: B, 1 to the number of examples.

    Returns:
        The edge, a positive number.

    Raises:
        ValueError: batch_size is out of its range, there is no example, a number is not finite, or the columns are
            linearly dependent.
        TypeError: x holds no real numbers, or batch_size is no whole number.

    >>> largest_rate([[1.0], [3.0]], 2), round(largest_rate([[1.0], [3.0]], 1), 4)
    (0.4, 0.2439)
    """
    a, b = _operators(x, batch_size)
    # The mean square moves by C -> C - rate · (a - rate · b) C, which has a fixed point first at 1 / (largest of a⁻¹ b)
    return 1 / float(np.max(np.linalg.eigvals(np.linalg.solve(a, b)).real))


@np.errstate(all="ignore")
def noise_floor(x: ArrayLike, residuals: ArrayLike, batch_size: int, learning_rate: float) -> float:
    """How far above its lowest value the mean loss of SGD stays, in the long run at a constant rate.

        for one weight:  floor = c · rate · mean of (r · x)² / (2 · (2 - rate · m_2 - rate · c · (m_4 / m_2 - m_2)))
        for a small rate:  floor ≈ c · rate · mean of ‖r · x‖² / 4

    The second line says it all but for rates near the edge: the floor is proportional to the rate, and to 1 / B.

    Args:
        x: inputs of shape (examples, features), whose columns are linearly independent.
        residuals: r, the errors x · w - y at the minimum, of shape (examples,).
        batch_size: B, 1 to the number of examples.
        learning_rate: positive.

    Returns:
        The mean of loss minus lowest loss; inf from `largest_rate` on.

    Raises:
        ValueError: a number is out of its range or not finite, a shape does not fit, or the columns of x are linearly
            dependent.
        TypeError: x or residuals hold no real numbers, or batch_size is no whole number.

    Differs from what `fit` does in Keras, which goes through all examples before it shows one again. Batches are then
    not independent of each other, and the floor is lower.

    Source: B. Widrow and M. E. Hoff, Adaptive switching circuits, 1960 (with B = 1; the misadjustment of LMS is
    floor / lowest loss).

    >>> noise_floor([[1.0], [-1.0]], [0.5, 0.5], batch_size=1, learning_rate=0.5)
    0.041666666666666664
    """
    rows = _table(x)
    r = _rows("residuals", reals("residuals", residuals, (len(rows),), "x"))
    rate = number("learning_rate", learning_rate, 0, np.inf, "()")
    if rate >= largest_rate(rows, batch_size):
        return float("inf")
    a, b = _operators(rows, batch_size)
    g = rows * r[:, None]
    noise = _scatter(len(rows), batch_size) * (g.T @ g) / len(rows)
    scatter = np.linalg.solve(a - rate * b, rate * noise.ravel())
    return float(np.sum(_mean_square(rows) * scatter.reshape(noise.shape))) / 2


def _operators(x: ArrayLike, batch_size: int) -> tuple[Array, Array]:
    """How one step acts on the mean square C of the distances: C -> C - rate · a C + rate² · b C, as matrices."""
    rows = _table(x)
    c, h, eye = _scatter(len(rows), batch_size), _mean_square(rows), np.eye(rows.shape[1])
    products = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)  # x xᵀ of each example
    fourth = np.einsum("nij,nkl->ikjl", *2 * [products.reshape(len(rows), *h.shape)], optimize=True) / len(rows)
    return np.kron(h, eye) + np.kron(eye, h), (1 - c) * np.kron(h, h) + c * fourth.reshape(h.size, h.size)


def _table(x: ArrayLike) -> Array:
    """Inputs as rows of independent columns."""
    rows = _rows("x", x)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(f"x: got the shape {np.shape(x)}; takes (examples, features)")
    if np.linalg.matrix_rank(rows) < rows.shape[1]:
        raise ValueError(f"x: got {rows.shape[1]} columns that are linearly dependent; takes independent ones")
    return rows


def _mean_square(rows: Array) -> Array:
    return np.asarray(rows.T @ rows / len(rows))


def _scatter(n: int, batch_size: int) -> float:
    """The variance of a batch mean, as a share of the variance of one number."""
    batch_size = whole("batch_size", batch_size, 1)
    if batch_size > n:
        raise ValueError(f"batch_size: got {batch_size}; takes at most {n}, the number of examples")
    return (n - batch_size) / (batch_size * max(n - 1, 1))


def _rows(name: str, x: ArrayLike) -> Array:
    """One example a row, in float64."""
    rows = reals(name, x).astype(np.float64)
    if rows.ndim == 0 or len(rows) == 0:
        raise ValueError(f"{name}: got the shape {rows.shape}; takes one row an example, one or more")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name}: got {rows[~np.isfinite(rows)][0]}; takes finite numbers")
    return rows
