"""Any initializer of `course_lib.initializers` as one of Keras. It is a module of its own because it imports Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from course_lib._arguments import one_of, whole
from course_lib.initializers import INITIALIZERS


@keras.saving.register_keras_serializable("course_lib")
class KerasInitializer(keras.initializers.Initializer):  # type: ignore[misc]  # Keras is not typed
    """A Keras initializer that draws what the initializer of this name draws, from this seed at every call.

    Args:
        initializer: name of an initializer, one of INITIALIZERS.
        seed: at least 0.
        arguments: what it takes besides shape and rng, by name.
    """

    def __init__(self, initializer: str, seed: int, arguments: dict[str, Any]) -> None:
        self.initializer = one_of("initializer", initializer, INITIALIZERS)
        self.seed = whole("seed", seed, 0)
        self.arguments = dict(arguments)
        self._drawn((1, 1))  # so that bad arguments are refused here, and not when a layer is built

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        dtype = keras.backend.standardize_dtype(dtype or keras.config.floatx())
        return keras.ops.cast(keras.ops.convert_to_tensor(self._drawn(tuple(shape))), dtype)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same initializer from: names and numbers."""
        return {"initializer": self.initializer, "seed": self.seed, "arguments": self.arguments}

    def _drawn(self, shape: tuple[int, ...]) -> Any:
        return INITIALIZERS[self.initializer](shape, rng=np.random.default_rng(self.seed), **self.arguments)
