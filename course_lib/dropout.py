"""Dropout: during training, units are left out at random, so that none can rely on a certain other one.

Which are left out is drawn anew for every unit of every example. What is kept is made larger, so that at inference
nothing needs to be done: all units are there, as they are. (In the paper it is the other way round: training leaves
the kept ones as they are, and inference makes all of them smaller. Its p is the share that is kept; `rate` is the
share that is dropped.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number, whole
from course_lib._numbers import Array, generator, reals
from course_lib.activations import ALPHA, SCALE

ALPHA_PRIME = -ALPHA * SCALE  # where selu tends to on the left: what a unit that is left out is set to


@np.errstate(all="ignore")
def dropout(x: ArrayLike, rate: float, rng: np.random.Generator) -> Array:
    """Each number becomes 0 with probability rate, or else is divided by the share that is kept.

        y = m · x / (1 - rate),    m = 0 with probability rate, else 1
        mean of y = x,             variance of y = x² · rate / (1 - rate)

    Args:
        x: activations, an array of any shape.
        rate: the probability of being dropped, in [0, 1]; 0 gives x, 1 gives zeros.
        rng: draws one number in [0, 1) for each of x; those below rate are dropped.

    Returns:
        y, in shape and dtype of x.

    Raises:
        ValueError: rate is out of its range.
        TypeError: x holds no real numbers, or rng is no generator.

    Differs from the paper as said above; Keras and PyTorch as here.

    Source: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014; in
    section 10 the form above, often called inverted dropout.

    >>> dropout(np.ones(5), 0.5, np.random.default_rng(0))
    array([2., 0., 0., 0., 2.])
    """
    rate = number("rate", rate, 0, 1)
    x = reals("x", x)
    kept = generator("rng", rng).random(x.shape) >= rate
    scale = 1 / (1 - rate) if rate < 1 else 0.0
    return np.asarray(np.where(kept, x.astype(np.float64) * scale, 0.0), x.dtype)


@np.errstate(all="ignore")
def alpha_dropout(x: ArrayLike, rate: float, rng: np.random.Generator) -> Array:
    """Dropout for `selu`: it keeps mean 0 and variance 1, which plain dropout would not.

        y = a · (m · x + (1 - m) · α') + b,    m = 0 with probability rate, else 1
        α' = -α · scale = -1.7581, the value of selu far to the left
        a = ((1 - rate) · (1 + rate · α'²))^(-½),    b = -a · α' · rate

    A dropped unit is set to α', as if it were switched off; a and b then restore mean and variance.

    Args:
        x: activations of mean 0 and variance 1, an array of any shape.
        rate: the probability of being dropped, in [0, 1]; 0 gives x, 1 gives zeros, the mean.
        rng: draws one number in [0, 1) for each of x; those below rate are dropped.

    Returns:
        y, in shape and dtype of x.

    Raises:
        ValueError: rate is out of its range.
        TypeError: x holds no real numbers, or rng is no generator.

    Differs from Keras in rate 1, where its layer divides by zero; PyTorch gives zeros, as here.

    Source: G. Klambauer et al., Self-normalizing neural networks, 2017, section 3.

    >>> alpha_dropout(np.zeros(5), 0.5, np.random.default_rng(0)).round(4)
    array([ 0.7792, -0.7792, -0.7792, -0.7792,  0.7792])
    """
    rate = number("rate", rate, 0, 1)
    x = reals("x", x)
    kept = generator("rng", rng).random(x.shape) >= rate
    a = 1 / math.sqrt((1 - rate) * (1 + rate * ALPHA_PRIME**2)) if rate < 1 else 0.0
    b = -a * ALPHA_PRIME * rate
    dropped = a * (ALPHA_PRIME - ALPHA_PRIME * rate)  # a · α' + b, without the difference of two large numbers
    return np.asarray(np.where(kept, a * x.astype(np.float64) + b, dropped), x.dtype)


@np.errstate(all="ignore")
def masks(
    rates: ArrayLike, runs: int, seed: int, *, shared: bool = False
) -> Callable[[int, tuple[int, int, int]], Array | None]:
    """Inverted dropout for many networks at once: what `course_lib.side_by_side.train` takes as `masks`.

        factor = m / (1 - rate),    m = 0 with probability rate, else 1

    Networks of the same run that differ in their rates are dealt the same random numbers, so that they differ in their
    rates alone.

    Args:
        rates: of what each layer is given, the inputs first: numbers in [0, 1) of shape (layers,), the same for all
            networks, or (layers, networks).
        runs: how many generators, 1 or more. Network i has the draws of generator i mod runs.
        seed: generator j is `numpy.random.default_rng([seed, j, 2])`.
        shared: whether all examples of a batch have one mask. That is no dropout, but a misreading of it.

    Returns:
        A function of k and (networks, batch, units): it draws the factors of what layer k is given, float32 of that
        shape, or None where nothing is dropped. With shared the batch's axis has length 1.

    Raises:
        ValueError, TypeError: an argument is out of its range, or of a wrong type.

    >>> draw = masks([0.0, 0.5], runs=1, seed=0)
    >>> draw(0, (1, 2, 5)) is None
    True
    >>> draw(1, (1, 2, 5))
    array([[[0., 2., 0., 0., 2.],
            [2., 2., 2., 2., 2.]]], dtype=float32)
    """
    share = reals("rates", rates)
    if share.ndim not in (1, 2) or share.size == 0:
        raise ValueError(f"rates: got the shape {share.shape}; takes (layers,) or (layers, networks)")
    bad = ~((share >= 0) & (share < 1))
    if bad.any():
        raise ValueError(f"rates: got {share[bad].flat[0]:g}; takes numbers in [0, 1)")
    seed, shared = whole("seed", seed, 0), flag("shared", shared)
    rngs = [np.random.default_rng([seed, run, 2]) for run in range(whole("runs", runs, 1))]

    def draw(k: int, shape: tuple[int, int, int]) -> Array | None:
        networks, examples, units = shape
        rate = np.broadcast_to(share[k], (networks,)).astype(np.float32)[:, None, None]
        if not rate.any():
            return None
        numbers = np.stack([rng.random((1 if shared else examples, units), np.float32) for rng in rngs])
        kept = np.resize(numbers, (networks, *numbers.shape[1:])) >= rate
        return np.asarray(kept / (1 - rate), np.float32)

    return draw
