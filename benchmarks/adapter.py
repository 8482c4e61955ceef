"""A step of a rule through the Keras adapter against Keras' own optimizer. python benchmarks/adapter.py"""

from __future__ import annotations

from blocks import NETWORK, arrays, in_turns, publish, ratio, table

# isort: split
import functools
import sys
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import optimizers

from course_lib.optimizers import RuleOptimizer

OF_KERAS: dict[str, Callable[..., Any]] = {
    "sgd": optimizers.SGD,
    "momentum": functools.partial(optimizers.SGD, momentum=0.9),
    "nesterov": functools.partial(optimizers.SGD, momentum=0.9, nesterov=True),
    "adagrad": optimizers.Adagrad,
    "adadelta": optimizers.Adadelta,
    "rmsprop": optimizers.RMSprop,
    "rmsprop_momentum": functools.partial(optimizers.RMSprop, momentum=0.9),
    "adam": optimizers.Adam,
    "adamax": optimizers.Adamax,
    "amsgrad": functools.partial(optimizers.Adam, amsgrad=True),
    "nadam": optimizers.Nadam,
    "adamw": optimizers.AdamW,
    "lion": optimizers.Lion,
}
"""Rules that Keras has too, and how they are made there."""

HOW = {"compiled": False, "compiled by XLA": True}
BOUNDS = {"compiled": 1.10, "compiled by XLA": 1.05}


def compiled_step(optimizer: Any, jit_compile: bool) -> Callable[[], object]:
    """A step of the optimizer on a network's worth of weights, in a `tf.function`."""
    variables = [keras.Variable(w) for w in arrays(NETWORK, 0)]
    gradients = [tf.constant(g) for g in arrays(NETWORK, 1)]
    optimizer.build(variables)
    return tf.function(lambda: optimizer.apply(gradients, variables), jit_compile=jit_compile)


def main() -> int:
    rows: dict[str, list[Any]] = {}
    for name, theirs in OF_KERAS.items():
        for how, jit_compile in HOW.items():
            candidates = {
                "ours": compiled_step(RuleOptimizer(name, 1e-3), jit_compile),
                "theirs": compiled_step(theirs(learning_rate=1e-3), jit_compile),
            }
            seconds = in_turns(candidates, blocks=41, steps=20)
            bound = BOUNDS[how] if name == "adam" else None
            rows.setdefault(name, []).append(ratio(seconds["ours"], seconds["theirs"], bound))
    text = """Time of a step of `RuleOptimizer` over that of Keras' own optimizer of this kind, 266,610 parameters in
    six arrays, in a `tf.function`."""
    return publish([table("Our rules through Keras", text, ["rule", *HOW], rows)])


if __name__ == "__main__":
    sys.exit(main())
