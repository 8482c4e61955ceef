"""A step of Adam and of momentum, ours and that of others, against the time of copying as many bytes.

With PyTorch and Optax where they are installed. python benchmarks/steps.py
"""

from __future__ import annotations

from blocks import SIZES, VECTOR, arrays, copying, in_turns, passes, publish, quartiles, ratio, table
from in_place import in_place, pure

# isort: split
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

if importlib.util.find_spec("torch"):
    import torch  # before TensorFlow: the other way round, loading it ends the process

    torch.set_num_threads(1)

import keras
import numpy as np
import tensorflow as tf
from sklearn.neural_network import _stochastic_optimizers as sklearn

from course_lib.optimizers import RuleOptimizer, rule

LR = 1e-3
LIMIT = "copying as many bytes"
Shapes = list[tuple[int, ...]]
Step = Callable[[], object]


def textbook(name: str, shapes: Shapes) -> Step:
    """The lines as a textbook has them: a new array for every operation."""
    weights, gradients = arrays(shapes, 0), arrays(shapes, 1)
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    t = 3

    def adam() -> None:
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            weights[i] = weights[i] - LR * (m[i] / (1 - 0.9**t)) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-7)

    def momentum() -> None:
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + LR * g
            weights[i] = weights[i] - m[i]

    return adam if name == "adam" else momentum


def of_sklearn(name: str, shapes: Shapes) -> Step:
    weights, gradients = arrays(shapes, 0), arrays(shapes, 1)
    made = sklearn.AdamOptimizer if name == "adam" else sklearn.SGDOptimizer
    optimizer = made(weights, LR, **({} if name == "adam" else {"nesterov": False}))
    return lambda: optimizer.update_params(weights, gradients)


def of_keras(optimizer: Any, shapes: Shapes, how: str) -> Step:
    """A step of an optimizer of Keras, or of a rule through the adapter: eager, compiled, or compiled by XLA."""
    variables = [keras.Variable(w) for w in arrays(shapes, 0)]
    gradients = [tf.constant(g) for g in arrays(shapes, 1)]
    optimizer.build(variables)

    def step() -> None:
        optimizer.apply(gradients, variables)

    return step if how == "eager" else tf.function(step, jit_compile=how == "XLA")


def of_torch(name: str, shapes: Shapes, **how: bool) -> Step:
    parameters = [torch.nn.Parameter(torch.from_numpy(w)) for w in arrays(shapes, 0)]
    for parameter, g in zip(parameters, arrays(shapes, 1), strict=True):
        parameter.grad = torch.from_numpy(g)
    made = torch.optim.Adam if name == "adam" else torch.optim.SGD
    return made(parameters, LR, **({} if name == "adam" else {"momentum": 0.9}), **how).step


def of_optax(name: str, shapes: Shapes, donate: bool) -> Step:
    """Jitted; with donated buffers weights and state are written over."""
    import jax
    import optax

    optimizer = optax.adam(LR) if name == "adam" else optax.sgd(LR, momentum=0.9)
    gradients = [jax.numpy.asarray(g) for g in arrays(shapes, 1)]
    weights = [jax.numpy.array(w) for w in arrays(shapes, 0)]
    now = [weights, optimizer.init(weights)]

    def update(weights: Any, state: Any, gradients: Any) -> Any:
        changes, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, changes), state

    compiled = jax.jit(update, donate_argnums=(0, 1) if donate else ())

    def step() -> None:
        now[:] = jax.block_until_ready(compiled(*now, gradients))

    return step


def candidates(name: str, shapes: Shapes) -> dict[str, Step]:
    def theirs() -> Any:
        return keras.optimizers.Adam(LR) if name == "adam" else keras.optimizers.SGD(LR, momentum=0.9)

    steps = {
        LIMIT: copying(shapes, passes(rule(name).init(np.zeros(1)))),
        "NumPy, the textbook's lines": textbook(name, shapes),
        "**NumPy, our pure rule**": pure(name, shapes),
        "**NumPy, ours in place**": in_place(name, shapes),
        "scikit-learn": of_sklearn(name, shapes),
        "Keras, eager": of_keras(theirs(), shapes, "eager"),
        "Keras, compiled": of_keras(theirs(), shapes, "compiled"),
        "**Keras, our rule, compiled**": of_keras(RuleOptimizer(name, LR), shapes, "compiled"),
        "Keras, compiled by XLA": of_keras(theirs(), shapes, "XLA"),
        "**Keras, our rule, compiled by XLA**": of_keras(RuleOptimizer(name, LR), shapes, "XLA"),
    }
    if "torch" in sys.modules:
        steps["PyTorch, foreach"] = of_torch(name, shapes, foreach=True)
        steps["PyTorch, fused"] = of_torch(name, shapes, fused=True)
    if importlib.util.find_spec("optax"):
        steps["Optax, jitted"] = of_optax(name, shapes, donate=False)
        steps["Optax, jitted, buffers donated"] = of_optax(name, shapes, donate=True)
    return steps


TEXT = """
Time of one step, as a multiple of the time in which NumPy copies as many bytes as the step must move: Adam reads and
writes the weights and two arrays of memory and reads the gradient, which makes seven passes, momentum five. Copying
is no hard floor: it fetches memory that it is about to overwrite, which a step in place does not. The first row is
that time itself, a parameter. The size of {size} is that of a network for Fashion-MNIST, whose arrays fit the last
cache.
"""


def main() -> int:
    rows: dict[str, list[Any]] = {}
    columns, textbooks = [], []
    for name in ("adam", "momentum"):
        for size, shapes in SIZES.items():
            columns.append(f"{name}, {size}")
            count = sum(int(np.prod(shape)) for shape in shapes)
            long = shapes is VECTOR
            seconds = in_turns(candidates(name, shapes), blocks=9 if long else 41, steps=3 if long else 15)
            limit = seconds.pop(LIMIT)
            rows.setdefault(LIMIT, []).append(quartiles([1e9 * s / count for s in limit], "ns"))
            for candidate, measured in seconds.items():
                bound = 3.0 if long and candidate == "**NumPy, ours in place**" else None
                rows.setdefault(candidate, []).append(ratio(measured, limit, bound))
            ours, theirs = seconds["**NumPy, our pure rule**"], seconds["NumPy, the textbook's lines"]
            textbooks.append(ratio(ours, theirs, 1.1 if name == "adam" else None))
    text = TEXT.format(size=next(iter(SIZES)).split()[0])
    return publish(
        [
            table("A step of Adam and of momentum", text, ["a step", *columns], rows),
            table(
                "The pure rule and the textbook",
                """The same runs: a step of our rule, as a reader sees it, over the textbook's lines. Checking the
                arguments takes some microseconds an array, which shows where there is little else to do.""",
                ["a step", *columns],
                {"our pure rule": textbooks},
            ),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
