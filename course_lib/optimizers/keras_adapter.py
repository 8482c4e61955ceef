"""Any rule of this package as a Keras optimizer.

A rule is pure: it is given a state and returns the next one. A Keras optimizer keeps variables. The adapter is what
lies between: it makes a variable ("slot") for every array of a rule's state, reads them before the update and assigns
to them after it. All else — schedules, clipping, weight decay, gradient accumulation, moving averages of the weights,
loss scaling, saving — is inherited from Keras.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from course_lib._arguments import number, one_of
from course_lib.optimizers.named import RULES
from course_lib.optimizers.named import rule as rule_of_name


@keras.saving.register_keras_serializable("course_lib")
class RuleOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]  # Keras is not typed
    """A Keras optimizer that takes its steps by a rule of `course_lib.optimizers`.

        w <- w - step,    step, state = rule.update(g, state, t, learning_rate, w)

    It is saved by the name of the rule and the hyperparameters. To load a model that was trained with it, import it
    first: `from course_lib.optimizers import RuleOptimizer`.

    Args:
        rule: name of a rule, one of RULES.
        learning_rate: a number in [0, inf), a schedule of Keras, or a function without arguments.
        hyperparameters: those of the rule, by name; the others keep their defaults.
        **keras_arguments: what every Keras optimizer takes: weight_decay, clipnorm, clipvalue, global_clipnorm,
            use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name.

    Raises:
        ValueError: there is no such rule, or the learning rate or a hyperparameter is out of its range.
        TypeError: the rule takes no such hyperparameter, or the learning rate is neither number nor function.

    Differs from Keras' own optimizers in one thing: the gradient of an embedding is made dense before the update. So
    the rows of a word that occurs twice are summed before they are squared, as everywhere else; Keras' Adam on
    TensorFlow squares them first. Rows that did not occur get a gradient of zero, as they do in Keras.

    >>> optimizer = RuleOptimizer("rmsprop", 0.01, {"rho": 0.99}, clipnorm=1.0)
    >>> RuleOptimizer.from_config(optimizer.get_config()).hyperparameters
    {'rho': 0.99}
    """

    def __init__(
        self,
        rule: str = "adam",
        learning_rate: Any = 1e-3,
        hyperparameters: dict[str, Any] | None = None,
        **keras_arguments: Any,
    ) -> None:
        one_of("rule", rule, RULES)
        given = {} if hyperparameters is None else hyperparameters
        if not isinstance(given, dict):
            raise TypeError(f"hyperparameters: got {given!r}; takes a dictionary of those of the rule")
        if not callable(learning_rate):  # schedules can be called, too
            learning_rate = number("learning_rate", learning_rate, 0, np.inf, "[)")
        super().__init__(learning_rate=learning_rate, **keras_arguments)
        self.rule = rule
        self.hyperparameters = {k: v.item() if isinstance(v, np.generic) else v for k, v in given.items()}
        self._rule = rule_of_name(rule, **self.hyperparameters)

    def build(self, variables: list[Any]) -> None:
        """Make the slots of each variable: one for each array of the rule's state, with what the rule starts from."""
        if self.built:
            return
        super().build(variables)
        self._slots = []
        for variable in variables:
            start = keras.tree.flatten(self._rule.init(np.zeros(variable.shape, np.float32)))
            self._slots.append([self._slot(variable, f"state_{i}", array) for i, array in enumerate(start)])
        # a state without its arrays: the nesting of tuples that the slots are packed into
        self._nesting = keras.tree.map_structure(lambda _: 0, self._rule.init(np.zeros((), np.float32)))

    def _slot(self, variable: Any, name: str, start: Any) -> Any:
        """A variable for one array of the state; in the layout of the weights where it has their shape."""

        def initializer(shape: tuple[int, ...], dtype: Any = None) -> Any:
            return keras.ops.cast(start, dtype)

        if start.shape == tuple(variable.shape):
            return self.add_variable_from_reference(variable, name, initializer)
        return self.add_variable(start.shape, initializer, variable.dtype, name=f"{variable.name}_{name}")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Read the slots, let the rule compute, assign its state to the slots and its step to the variable."""
        ops, dtype = keras.ops, variable.dtype
        slots = self._slots[self._get_variable_index(variable)]
        step, state = self._rule.update(
            ops.cast(_dense(gradient), dtype),
            keras.tree.pack_sequence_as(self._nesting, [ops.convert_to_tensor(slot) for slot in slots]),
            ops.cast(self.iterations + 1, dtype),
            ops.cast(learning_rate, dtype),
            variable,
        )
        for slot, array in zip(slots, keras.tree.flatten(state), strict=True):
            self.assign(slot, array)
        self.assign_sub(variable, step)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same optimizer from: names and numbers, no functions of the rule."""
        return {**super().get_config(), "rule": self.rule, "hyperparameters": dict(self.hyperparameters)}


def _dense(gradient: Any) -> Any:
    """The gradient as one tensor; on TensorFlow an embedding gives the rows that occurred, repeated ones apart."""
    if keras.backend.backend() != "tensorflow":
        return gradient
    import tensorflow as tf

    return tf.convert_to_tensor(gradient)
