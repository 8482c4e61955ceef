"""SGD in a bowl with noisy slopes: the smallest model in which a learning rate schedule can be computed, not guessed.

    w_{t+1} = w_t - eta_t · (lambda · w_t + noise_t)

The noise of a step has the mean 0 and the variance sigma², and is independent of all before. So the mean of w² over
all runs that there could be follows from step to step, and nothing has to be drawn. A bowl of several directions has a
curvature lambda and a noise sigma for each, and one learning rate for all. In a network noise and curvature change
while it learns; here both stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._numbers import nonnegative

Array = NDArray[np.float64]


@np.errstate(all="ignore")
def mean_square(rates: ArrayLike, curvature: ArrayLike = 1.0, noise: ArrayLike = 1.0, start: ArrayLike = 1.0) -> Array:
    """The mean of w², before the first step and after every step.

        m_{t+1} = (1 - eta_t · lambda)² · m_t + eta_t² · sigma²,    m_0 = start

    The first term is what a step leaves of the distance, the second what the noise of the step adds.

    Args:
        rates: learning rates eta_0, eta_1, …, in [0, inf), of shape (steps,).
        curvature: lambda, in (0, inf): a number, or one for each direction.
        noise: sigma, the standard deviation of the slope's noise, in [0, inf); likewise.
        start: the mean square m_0, in [0, inf); likewise.

    Returns:
        m_0, m_1, …, of shape (steps + 1,), or (steps + 1, directions); float64. Where steps diverge it grows, in the
        end to inf, and stays there.

    Raises:
        ValueError: a number is out of its range, rates is no row, or the directions are not as many everywhere.
        TypeError: an argument holds no real numbers.

    Source: T. Schaul, S. Zhang and Y. LeCun, No more pesky learning rates, 2013.

    >>> mean_square([0.1, 0.1], curvature=1.0, noise=1.0, start=0.0).round(4)
    array([0.    , 0.01  , 0.0181])
    """
    eta = nonnegative("rates", rates)
    if eta.ndim != 1:
        raise ValueError(f"rates: got the shape {eta.shape}; takes a row of learning rates")
    bend, sigma, m = _directions(curvature=curvature, noise=noise, start=start)
    path = np.empty((len(eta) + 1, *m.shape))
    path[0] = m
    for t, rate in enumerate(eta):
        after = np.square(1 - rate * bend) * path[t] + np.square(rate * sigma)
        path[t + 1] = np.where(np.isfinite(path[t]), after, np.inf)
    return path


@np.errstate(all="ignore")
def floor(rate: ArrayLike, curvature: ArrayLike = 1.0, noise: ArrayLike = 1.0) -> Array:
    """Where the mean of w² settles under a constant learning rate: a step adds as much as it takes away.

        m = eta · sigma² / (lambda · (2 - eta · lambda))

    While eta · lambda is far below 2, half the learning rate means half the floor.

    Args:
        rate: eta, in (0, inf): a number, or a row of them.
        curvature, noise: as for `mean_square`.

    Returns:
        The mean square, float64; inf where eta · lambda is 2 or more, and nothing settles.

    Raises:
        ValueError: a number is out of its range, or the rows are not of one length.
        TypeError: an argument holds no real numbers.

    >>> floor([0.1, 0.02]).round(4)
    array([0.0526, 0.0101])
    """
    eta, bend, sigma = _directions(rate=rate, curvature=curvature, noise=noise)
    left = 2 - eta * bend
    return np.where(left > 0, eta / left * (sigma / bend) * sigma, np.inf)


@np.errstate(all="ignore")
def best_rate(m: ArrayLike, curvature: ArrayLike = 1.0, noise: ArrayLike = 1.0) -> float:
    """The learning rate after whose step the loss, the sum of lambda · m / 2, is smallest.

        eta = G / H,    G = Σ lambda² · m,    H = Σ (lambda³ · m + lambda · sigma²)    over the directions

    In a bowl of one direction it is lambda · m / (lambda² · m + sigma²): far out 1 / lambda, and small where noise
    rules. There, who takes it in every step has the smallest loss at the end. In a bowl of several directions that is
    not so: the best next step is not the first step of the best way.

    Args:
        m: the mean square now, in (0, inf): a number, or one for each direction.
        curvature, noise: as for `mean_square`.

    Returns:
        The learning rate.

    Raises:
        ValueError: a number is out of its range, or the directions are not as many everywhere.
        TypeError: an argument holds no real numbers.

    Source: as for `mean_square`.

    >>> best_rate(1.0), round(best_rate(0.5), 4), best_rate(0.25)
    (0.5, 0.3333, 0.2)
    """
    square, bend, sigma = _directions(m=m, curvature=curvature, noise=noise)
    gain = np.square(bend) * square
    return float(gain.sum() / (bend * (gain + np.square(sigma))).sum())


def _directions(**values: ArrayLike) -> list[Array]:
    """Numbers in their ranges, or one for each direction, broadcast to one shape."""
    arrays = []
    for name, value in values.items():
        arrays.append(nonnegative(name, value, positive=name not in ("noise", "start")))
        if arrays[-1].ndim > 1:
            raise ValueError(f"{name}: got the shape {arrays[-1].shape}; takes a number, or a row of them")
    if len({a.shape for a in arrays if a.ndim}) > 1:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ValueError(f"{', '.join(values)}: got the shapes {shapes}; they take rows of one length")
    return [np.array(a) for a in np.broadcast_arrays(*arrays)]
