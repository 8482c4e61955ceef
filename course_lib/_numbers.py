"""Arrays of real numbers as arguments of the NumPy modules, generators of random ones, and a norm that never overflows.

What these modules compute, they compute in float64, and give back in the dtype that they were given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._array import real

Array = NDArray[Any]
"""A NumPy array of float16, float32 or float64."""


def reals(
    name: str, x: ArrayLike, shape: tuple[int, ...] | None = None, beside: str = "", *, integers: bool = False
) -> Array:
    """The argument as a NumPy array of real floating-point numbers; a sequence of Python floats becomes float64.

    Args:
        name: the argument, as the caller calls it.
        x: an array, a number or a sequence of them.
        shape: the shape that it must have, if one is asked for.
        beside: the other argument, whose shape asks for it.
        integers: whether these are taken too; they become float64.

    Raises:
        TypeError: the numbers are integers, complex, wider than float64, or none at all.
        ValueError: the rows are of different lengths, or the shape is not the one asked for.

    >>> reals("gamma", [1.0, 2.0], (3,), beside="x")
    Traceback (most recent call last):
    ValueError: gamma: got the shape (2,); takes (3,) to fit x
    """
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths; takes an array") from None
    if integers and array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise TypeError(f"{name}: got an array of {array.dtype}; takes float16, float32 or float64")
    array = np.asarray(real(name, array))
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name}: got the shape {array.shape}; takes {shape}{f' to fit {beside}' if beside else ''}")
    return array


def finite(
    name: str, x: ArrayLike, shape: tuple[int, ...] | None = None, beside: str = "", *, integers: bool = False
) -> Array:
    """The argument as `reals` gives it, if all of its numbers are finite.

    Args:
        name, x, shape, beside, integers: as for `reals`.

    >>> finite("w", [1.0, float("nan")])
    Traceback (most recent call last):
    ValueError: w: got nan; takes finite numbers
    """
    array = reals(name, x, shape, beside, integers=integers)
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{name}: got {array[bad].flat[0]:g}; takes finite numbers")
    return array


def nonnegative(name: str, x: ArrayLike, *, positive: bool = False) -> NDArray[np.float64]:
    """The argument as an array of float64, if all of its numbers are finite and at least 0; integers are taken too.

    Args:
        name: the argument, as the caller calls it.
        x: an array, a number or a sequence of them.
        positive: whether 0 is refused as well.

    >>> nonnegative("rate", [0.5, 0.0], positive=True)
    Traceback (most recent call last):
    ValueError: rate: got 0; takes numbers in (0, inf)
    """
    array = reals(name, x, integers=True).astype(np.float64)
    bad = ~(np.isfinite(array) & ((array > 0) if positive else (array >= 0)))
    if bad.any():
        raise ValueError(f"{name}: got {array[bad].flat[0]:g}; takes numbers in {'(' if positive else '['}0, inf)")
    return array


def generator(name: str, rng: Any) -> np.random.Generator:
    """The argument, if it is a generator of NumPy: random numbers never come from a hidden global state.

    >>> generator("rng", 0)
    Traceback (most recent call last):
    TypeError: rng: got 0; takes a numpy.random.Generator, as numpy.random.default_rng(0) makes one
    """
    if not isinstance(rng, np.random.Generator):
        got = repr(rng) if rng is None or isinstance(rng, int | float | str) else f"a {type(rng).__name__}"
        raise TypeError(f"{name}: got {got}; takes a numpy.random.Generator, as numpy.random.default_rng(0) makes one")
    return rng


@np.errstate(all="ignore")
def scaled_norm(x: Array, axis: int | tuple[int, ...] | None = None) -> tuple[Array, Array]:
    """The Euclidean norm as a product of two numbers, so that no square overflows or vanishes.

        norm = size · ratio,    size = max|x|,    ratio = sqrt(sum((x / size)²))

    Args:
        x: an array of any shape; an empty one has the norm 1 · 0, as zeros have.
        axis: over which to take it; None over all.

    Returns:
        (size, ratio) in float64, with axes of length 1 where x had others: they broadcast against x.

    >>> size, ratio = scaled_norm(np.array([3e200, 4e200]))
    >>> float(size[0]), float(ratio[0])
    (4e+200, 1.25)
    """
    x = np.asarray(x, np.float64)
    size = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    size = np.where(size == 0, 1.0, size)
    return size, np.sqrt(np.sum(np.square(x / size), axis=axis, keepdims=True))
