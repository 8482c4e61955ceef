"""How the lectures train: two settings of `compile`, held in one place and explained once.

    model.compile(optimizer="sgd", loss=…, metrics=["accuracy"], **FAST)

* `steps_per_execution=50` hands 50 batches at a time to the compiled training loop, so that Python is entered once
  in 50 steps. The arithmetic is the same. Callbacks that act on every batch are then called once in 50 batches:
  a lecture that needs every step writes `{**FAST, "steps_per_execution": 1}`.
* `jit_compile=True` lets XLA fuse the operations of a step into a few loops over memory. Sums are taken in another
  order, so that results differ from the uncompiled ones in the last digits.

Together they make these small networks train two to four times faster on a CPU.

`FAST` has them where the backend of Keras is TensorFlow or JAX. On PyTorch, Keras refuses more than one step at a time,
and compiling asks for a C++ compiler: there `FAST` is one step at a time, not compiled, so that lectures run as
they are. Which backend it is, Keras knows: `from course_lib.training import FAST` imports it.

`batches` makes what `fit` is given once, for a lecture that trains many networks on the same pictures:

    passed = batches(x, y, 32, rng)
    model.fit(passed, shuffle=False)   # as often as you like

Given arrays, `fit` makes this anew at every call, which takes longer than a hundred steps of a small network.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import whole
from course_lib._numbers import generator

if TYPE_CHECKING:
    FAST: Mapping[str, Any]


def __getattr__(name: str) -> Any:
    """`FAST`: keyword arguments of `keras.Model.compile` with which every lecture trains; read-only."""
    if name != "FAST":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import keras

    fast = keras.backend.backend() != "torch"
    return MappingProxyType({"steps_per_execution": 50 if fast else 1, "jit_compile": fast})


def batches(x: ArrayLike, y: ArrayLike, size: int, rng: np.random.Generator) -> Any:
    """Examples in batches, in one order that is drawn, for many calls of `fit` with `shuffle=False`.

    Args:
        x: examples, of shape (n, …).
        y: what belongs to them, of shape (n, …).
        size: examples in a batch, 1 or more. The last batch may have fewer.
        rng: draws the order.

    Returns:
        A `tf.data.Dataset` where the backend of Keras is TensorFlow, a `keras.utils.PyDataset` elsewhere.

    Raises:
        ValueError: x and y are of different lengths, or size is below 1.
        TypeError: size is no whole number, or rng no generator.
    """
    import keras

    xs, ys, size = np.asarray(x), np.asarray(y), whole("size", size, 1)
    if xs.ndim == 0 or ys.ndim == 0 or len(xs) != len(ys):
        raise ValueError(f"x, y: got the shapes {xs.shape} and {ys.shape}; they take (n, …) and (n, …)")
    order = generator("rng", rng).permutation(len(xs))
    xs, ys = xs[order], ys[order]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices((xs, ys)).batch(size)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return -(-len(xs) // size)

        def __getitem__(self, k: int) -> tuple[Any, Any]:
            return xs[k * size : (k + 1) * size], ys[k * size : (k + 1) * size]

    return Batches()
