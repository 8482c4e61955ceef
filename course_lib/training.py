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
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    FAST: Mapping[str, Any]


def __getattr__(name: str) -> Any:
    """`FAST`: keyword arguments of `keras.Model.compile` with which every lecture trains; read-only."""
    if name != "FAST":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import keras

    fast = keras.backend.backend() != "torch"
    return MappingProxyType({"steps_per_execution": 50 if fast else 1, "jit_compile": fast})
