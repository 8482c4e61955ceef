"""One name for the two array libraries that the formulas of this package are written in."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

#: A NumPy array (float16, float32 or float64), or a tensor of the Keras backend.
Array = Any

SCALARS = (int, float, np.generic, np.ndarray)
"""Types of what may be a number outside of a backend: with `isinstance`, a tuple is checked faster than a union."""

_NUMPY = (*SCALARS, list, tuple)


def namespace(x: Array) -> ModuleType:
    """The module whose functions (`sqrt`, `zeros_like`, …) serve `x`.

    NumPy for NumPy arrays, Python numbers and sequences of them; `keras.ops` for everything else. Keras is imported
    only when a tensor arrives, so that pure NumPy work never pays for it.

    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    if isinstance(x, _NUMPY):
        return np
    import keras

    ops: ModuleType = keras.ops
    return ops


def real(name: str, x: Array) -> Array:
    """The argument as an array of real floating-point numbers. Tensors pass: their library checks them.

    Args:
        name: the argument, as the caller calls it.
        x: a NumPy array, a Python float, a sequence of them, or a tensor.

    Raises:
        TypeError: the numbers are integers (which cannot take a step smaller than one), complex, or none at all.

    >>> real("w", np.array([1, 2]))
    Traceback (most recent call last):
    TypeError: w: got an array of int64; takes float16, float32 or float64
    """
    if not isinstance(x, _NUMPY) and hasattr(x, "dtype"):
        return x
    array = np.asarray(x)
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: got an array of {array.dtype}; takes float16, float32 or float64")
    return array
