"""What all of side_by_side takes: stacks of weights, and examples and targets that fit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._numbers import reals

Stack = NDArray[Any]
Weights = list[tuple[Stack, Stack]]
"""Of each layer the kernels, (runs, in, out), and the biases, (runs, 1, out)."""

Masks = Callable[[int, tuple[int, ...]], ArrayLike | None]
"""Asked for the factors of what layer k is given, of the shape (runs, examples, units); None where there are none."""


def checked(weights: Weights) -> Weights:
    """The weights, if they are stacks that fit each other."""
    if not isinstance(weights, list) or not weights or not all(isinstance(w, tuple) and len(w) == 2 for w in weights):
        raise TypeError(f"weights: got {type(weights).__name__}; takes a list of pairs, as first_weights gives it")
    shapes = [(kernels.shape, biases.shape) for kernels, biases in weights]
    runs, into = shapes[0][0][:2]
    for kernels, biases in shapes:
        if kernels[:2] != (runs, into) or biases != (runs, 1, kernels[2]):
            raise ValueError(f"weights: got the shapes {shapes}; takes (runs, in, out) and (runs, 1, out) that fit")
        into = kernels[2]
    return weights


def rows(weights: Weights, x: ArrayLike) -> Stack:
    """Examples as rows in float32, if they fit the networks."""
    n_in = checked(weights)[0][0].shape[1]
    flat = reals("x", x)
    if flat.ndim < 2 or len(flat) == 0 or flat[0].size != n_in:
        raise ValueError(f"x: got the shape {flat.shape}; takes one or more examples of {n_in} numbers to fit weights")
    return flat.reshape(len(flat), -1).astype(np.float32, copy=False)


def with_classes(weights: Weights, x: ArrayLike, y: ArrayLike) -> tuple[Stack, Stack]:
    """Examples as rows and their classes, if they fit each other and the networks."""
    flat = rows(weights, x)
    classes = whole_numbers("y", y, weights[-1][0].shape[2])
    if classes.shape != (len(flat),):
        raise ValueError(f"x, y: got the shapes {np.shape(x)} and {classes.shape}; they take as many")
    return flat, classes


def with_targets(weights: Weights, x: ArrayLike, y: ArrayLike) -> tuple[Stack, Stack]:
    """Examples as rows and the outputs that they should have, in float32, if they fit each other and the networks."""
    flat = rows(weights, x)
    targets = reals("y", y)
    if targets.shape != (len(flat), weights[-1][0].shape[2]):
        raise ValueError(f"x, y: got the shapes {np.shape(x)} and {targets.shape}; they take as many rows, (n, out)")
    return flat, targets.astype(np.float32, copy=False)


def whole_numbers(name: str, values: ArrayLike, below: int) -> Stack:
    """An array of whole numbers from 0 to below."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: got an array of {array.dtype}; takes whole numbers")
    bad = (array < 0) | (array >= below)
    if bad.any():
        raise ValueError(f"{name}: got {array[bad].flat[0]}; takes whole numbers in [0, {below})")
    return array
