"""What a filter does: its answers to an impulse, to a step, and to a wave of any frequency.

    impulse response    h_k = y_{k+1}  for the gradients 1, 0, 0, …      what a gradient still counts for k steps later
    step response       s_k = y_{k+1}  for the gradients 1, 1, 1, …      how a constant gradient gets through
    frequency response  H(f) = h_0 + h_1 / z + h_2 / z² + …,  z = exp(2 pi i f)

A wave cos(2 pi f t) comes out |H(f)| times as large, and shifted by the angle of H(f), once the filter is under way.
Frequencies f are in cycles per step: 0 is a constant, 1/2 the fastest that there is, +1, -1, +1, … (Nyquist).

They serve any `Part`, one of your own as well. Say that you want an optimizer with Butterworth's low-pass filter of
order two, which passes waves slower than 20 steps. Three lines make its coefficients, by the bilinear transform:

>>> import math
>>> from course_lib.optimizers import arma, descend, no_normalizer, parallel
>>> k = math.tan(math.pi / 20)
>>> b = [k**2, 2 * k**2, k**2]
>>> a = [1 + math.sqrt(2) * k + k**2, 2 * k**2 - 2, 1 - math.sqrt(2) * k + k**2]

One makes the filter: a constant passes, at 1/20 the power is cut in half, and the alternation is gone:

>>> butterworth = arma(b, a)
>>> (np.abs(frequency_response(butterworth, [0.0, 1 / 20, 1 / 2])) ** 2).round(6)
array([1. , 0.5, 0. ])

And one makes the optimizer. Wherever a rule is asked for, it is one:

>>> slow = parallel(butterworth, no_normalizer())
>>> descend(slow, lambda w: w, [1.0, -2.0], 60, 0.05)[[0, 10, 60]].round(2)
array([[ 1.  , -2.  ],
       [ 0.75, -1.49],
       [ 0.02, -0.04]])
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import whole
from course_lib._numbers import reals
from course_lib.optimizers.parts import Part, Scalar, State, a_part

Floats = NDArray[np.float64]


def impulse_response(part: Part, n: int) -> Floats:
    """What a filter gives for the gradients 1, 0, 0, …: its weights for gradients 0, 1, 2, … steps old.

        h_k = y_{k+1}

    Args:
        part: a filter; its gain is part of the answer. A filter with compensation answers an impulse at t = 1 by these
            numbers, and a later one by others.
        n: how many steps, at least 1.

    Returns:
        h_0 … h_{n-1}: float64, shape (n,).

    Raises:
        ValueError: n < 1.
        TypeError: part is no Part, or n is no whole number.

    >>> from course_lib.optimizers.parts import ar1, arma1
    >>> impulse_response(ar1(0.5), 4), impulse_response(arma1(0.5), 4)
    (array([1.   , 0.5  , 0.25 , 0.125]), array([1.5   , 0.25  , 0.125 , 0.0625]))
    """
    n = whole("n", n, 1)
    return outputs(a_part("part", part), np.eye(1, n)[0])


def step_response(part: Part, n: int) -> Floats:
    """What a filter gives for the gradients 1, 1, 1, …: how it comes up to speed.

        s_k = y_{k+1}    and without compensation    s_k = h_0 + h_1 + … + h_k

    Args:
        part: a filter; its gain is part of the answer.
        n: how many steps, at least 1.

    Returns:
        s_0 … s_{n-1}: float64, shape (n,).

    Raises:
        ValueError: n < 1.
        TypeError: part is no Part, or n is no whole number.

    >>> from course_lib.optimizers.parts import ar1
    >>> step_response(ar1(0.5, unit_dc=True), 4), step_response(ar1(0.5, unit_dc=True, compensated=True), 4)
    (array([0.5   , 0.75  , 0.875 , 0.9375]), array([1., 1., 1., 1.]))
    """
    n = whole("n", n, 1)
    return outputs(a_part("part", part), np.ones(n))


@np.errstate(all="ignore")
def frequency_response(part: Part, frequencies: ArrayLike) -> NDArray[np.complex128]:
    """By how much a filter amplifies and shifts waves of these frequencies: exactly, and not from a cut-off sum.

        H(f) = D + C (z I - A)^-1 B,    z = exp(2 pi i f)

    One update of a linear filter is a matrix: x_t = A x_{t-1} + B g_t, y_t = C x_{t-1} + D g_t, where x is all that
    it remembers of one weight. Its columns are the updates of unit states and of the unit gradient.

    Args:
        part: a filter that is linear, works alike at every t (it has no compensation), and forgets.
        frequencies: in [0, 1/2], in cycles per step; any shape. A wave of frequency f has a period of 1 / f steps.

    Returns:
        H: complex128 in the shape of frequencies. np.abs(H) is the gain, np.angle(H) the shift in radians, negative
        where the wave comes later.

    Raises:
        ValueError: a frequency is outside of [0, 1/2], or the part is no such filter.
        TypeError: part is no Part, or frequencies are no floats.

    Differs from SciPy's freqz, whose frequencies are in radians per step: 2 pi times these.
    Source: A. V. Oppenheim and R. W. Schafer, Discrete-time signal processing, 2010, sections 5.1 (H) and 6.4.

    Momentum makes a constant ten times as large, and halves a zigzag. Nesterov's filter does not: it makes it larger.

    >>> from course_lib.optimizers.parts import ar1, arma1
    >>> np.abs(frequency_response(ar1(0.9), [0.0, 0.5])).round(4)
    array([10.    ,  0.5263])
    >>> np.abs(frequency_response(arma1(0.9), [0.0, 0.5])).round(4)
    array([10.    ,  1.4737])
    """
    f = checked_frequencies(frequencies)
    update = filter_matrix(part)
    a, b, c, d = update[:-1, :-1], update[:-1, -1:], update[-1:, :-1], update[-1, -1]
    z = np.exp(2j * np.pi * f)[..., None, None]
    x = np.linalg.solve(z * np.eye(len(a)) - a, np.broadcast_to(b, (*f.shape, *b.shape)))
    h: NDArray[np.complex128] = d + (c @ x)[..., 0, 0]
    return h


@np.errstate(all="ignore")
def outputs(part: Part, gradients: Floats, first: int = 1) -> Floats:
    """gain · array for gradients of one weight, (n,), met at t = first, first + 1, …; an array of None counts as 1."""
    state, out = part.init(np.zeros(1)), np.empty(len(gradients))
    for k, g in enumerate(gradients):
        array, gain, state = part.update(np.array([g]), state, first + k)
        out[k] = gain * (1.0 if array is None else array[0])
    return out


def checked_frequencies(frequencies: ArrayLike) -> Floats:
    """Frequencies as float64, if all are in [0, 1/2]."""
    f = reals("frequencies", frequencies).astype(np.float64)
    bad = ~((f >= 0) & (f <= 0.5))
    if bad.any():
        raise ValueError(f"frequencies: got {f[bad].flat[0]}; takes cycles per step in [0, 0.5]")
    return f


@np.errstate(all="ignore")
def filter_matrix(part: Part) -> Floats:
    """One update of a filter, (states, gradient) -> (states, output), as a matrix [[A, B], [C, D]].

    Raises:
        ValueError: the update is no matrix, another one at another t, or never forgets.
        TypeError: part is no Part.
    """
    update = _matrix(a_part("part", part))
    if np.abs(np.linalg.eigvals(update[:-1, :-1])).max(initial=0.0) >= 1:
        raise ValueError(f"part: got {part.kind!r}, which keeps what went in for ever; takes a filter that forgets")
    return update


def _matrix(part: Part) -> Floats:
    """That matrix, or ValueError if the update is no matrix, or another one at another t."""
    rest = part.init(np.zeros(1))
    size = len(_numbers(rest))

    def updated(x: Floats, t: Scalar) -> Floats:
        array, gain, state = part.update(x[-1:], _filled(rest, iter(x[:-1])), t)
        y = gain * (np.ones(1) if array is None else array)
        return np.concatenate([_numbers(state), y])

    matrix = np.stack([updated(unit, 1) for unit in np.eye(size + 1)], axis=1)
    some = np.cos(3.0 * np.arange(size + 1) ** 2)  # no symmetry that a filter could share
    for t in (2, 3, 1000):
        if not _close(updated(some, t), updated(some, 1)):
            raise ValueError(f"part: got {part.kind!r}, which changes with t; takes a filter without compensation")
    for x in (0 * some, some, -some[::-1], 1e3 * some, 1e-3 * some):
        if not _close(updated(x, 1), matrix @ x):
            raise ValueError(f"part: got {part.kind!r}, which is not linear; takes a filter")
    return matrix


def _close(x: Floats, y: Floats) -> bool:
    """Equal up to the rounding of sums of numbers of this size."""
    return bool(np.abs(x - y).max() <= 1e-9 * np.abs(y).max())


def _numbers(state: State) -> Floats:
    """All numbers of a state, in a row."""
    if isinstance(state, tuple):
        return np.concatenate([np.empty(0), *map(_numbers, state)])
    return reals("state of the part", state).astype(np.float64).ravel()


def _filled(like: State, numbers: Iterator[float]) -> State:
    """A state of this shape, with these numbers in it."""
    if isinstance(like, tuple):
        return tuple(_filled(one, numbers) for one in like)
    return np.array([next(numbers) for _ in range(np.size(like))]).reshape(np.shape(like))
