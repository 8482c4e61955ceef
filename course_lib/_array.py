"""One name for the two array libraries that the formulas of this package are written in."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

#: A NumPy array (float16, float32 or float64), or a tensor of the Keras backend.
Array = Any


def namespace(x: Array) -> ModuleType:
    """The module whose functions (`sqrt`, `zeros_like`, …) serve `x`.

    NumPy for NumPy arrays and Python numbers, `keras.ops` for everything else. Keras is imported only when a
    tensor arrives, so that pure NumPy work never pays for it.

    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    if isinstance(x, (np.ndarray, np.generic, float, int)):
        return np
    import keras

    ops: ModuleType = keras.ops
    return ops
