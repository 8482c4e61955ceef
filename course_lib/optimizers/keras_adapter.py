"""Any rule as a Keras optimizer."""

from __future__ import annotations

from typing import Any

import keras  # type: ignore[import-untyped]
import numpy as np

from course_lib.optimizers.rules import rule as named


@keras.saving.register_keras_serializable("course_lib")
class RuleOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]
    """A Keras optimizer that takes its steps by a rule of `course_lib.optimizers`."""

    def __init__(
        self,
        rule: str = "adam",
        learning_rate: Any = 1e-3,
        hyperparameters: dict[str, Any] | None = None,
        **keras_arguments: Any,
    ) -> None:
        if isinstance(learning_rate, int | np.generic):
            learning_rate = float(learning_rate)  # Keras itself refuses an integer
        super().__init__(learning_rate=learning_rate, **keras_arguments)
        self.rule = rule
        self.hyperparameters = dict(hyperparameters or {})
        self._rule = named(rule, **self.hyperparameters)

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        self._structures: list[Any] = []
        self._slots: list[list[Any]] = []
        for variable in variables:
            state = self._rule.init(np.zeros(variable.shape, "float32"))
            self._structures.append(state)
            self._slots.append(
                [self._slot(variable, f"state_{i}", leaf) for i, leaf in enumerate(keras.tree.flatten(state))]
            )

    def _slot(self, variable: Any, name: str, start: Any) -> Any:
        def initializer(shape: tuple[int, ...], dtype: Any = None) -> Any:
            return keras.ops.cast(start, dtype)

        if start.shape == tuple(variable.shape):
            return self.add_variable_from_reference(variable, name, initializer)
        return self.add_variable(start.shape, initializer, variable.dtype, name=name)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        ops, dtype = keras.ops, variable.dtype
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf  # type: ignore[import-untyped]

            gradient = tf.convert_to_tensor(gradient)  # an embedding's rows, sums of repeated ones included
        index = self._get_variable_index(variable)
        slots = self._slots[index]
        state = keras.tree.pack_sequence_as(self._structures[index], [ops.convert_to_tensor(s) for s in slots])
        step, state = self._rule.update(
            ops.cast(gradient, dtype),
            state,
            ops.cast(self.iterations + 1, dtype),
            ops.cast(learning_rate, dtype),
            variable,
        )
        for slot, value in zip(slots, keras.tree.flatten(state), strict=True):
            self.assign(slot, value)
        self.assign_sub(variable, step)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return {**config, "rule": self.rule, "hyperparameters": dict(self.hyperparameters)}
