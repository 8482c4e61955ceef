"""How the lectures train: two settings of `compile`, held in one place and explained once.

    model.compile(optimizer="sgd", loss=…, metrics=["accuracy"], **FAST)

* `steps_per_execution=50` hands 50 batches at a time to the compiled training loop, so that Python is entered once
  in 50 steps. The arithmetic is the same. Callbacks that act on every batch are then called once in 50 batches:
  a lecture that needs every step writes `{**FAST, "steps_per_execution": 1}`.
* `jit_compile=True` lets XLA fuse the operations of a step into a few loops over memory. Sums are taken in another
  order, so that results differ from the uncompiled ones in the last digits.

Together they make these small networks train two to four times faster on a CPU. They serve
TensorFlow and JAX as the backend of Keras; on PyTorch, Keras refuses more than one step per execution: leave `FAST`
out there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FAST: Mapping[str, Any] = MappingProxyType({"steps_per_execution": 50, "jit_compile": True})
"""Keyword arguments of `keras.Model.compile` with which every lecture trains; read-only."""
