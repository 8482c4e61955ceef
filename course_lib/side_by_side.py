"""Many trainings of a small network side by side: other seeds and other learning rates in one pass through NumPy.

    weights = first_weights([784, 32, 10], runs=5, seed=0)
    trained = train(weights, x, y, orders(len(x), 5, steps=400, batch=16, seed=0), rates)
    cross_entropy(trained.weights, x_valid, y_valid)            shape (5,)

The arrays of all trainings are stacked along their first axis, so that a step of all is a few products of stacks. For
networks as small as these that is several times faster than one training after the other: what takes time is not the
arithmetic but the calls. Dense layers with ReLU, softmax and cross-entropy at the end, float32, as in Keras.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, one_of, whole
from course_lib._numbers import reals
from course_lib.initializers import he_uniform
from course_lib.optimizers import RULES

Stack = NDArray[Any]
Weights = list[tuple[Stack, Stack]]
"""Of each layer the kernels, (runs, in, out), and the biases, (runs, 1, out)."""


class Trained(NamedTuple):
    """What `train` gives.

    weights: after the last step.
    batch_losses: of each step's batch before its update, of shape (steps, runs).
    looks: what `look` gave, of shape (looks, …); empty without it.
    """

    weights: Weights
    batch_losses: NDArray[np.float32]
    looks: NDArray[Any]


def first_weights(sizes: Sequence[int], runs: int, seed: int) -> Weights:
    """He's initial kernels and zero biases for as many networks as there are runs.

    Args:
        sizes: of the input, of each hidden layer, and of the output: two or more whole numbers of at least 1.
        runs: how many networks, at least 1.
        seed: run i draws from `numpy.random.default_rng([seed, i])`, however many runs there are.

    Returns:
        A list with (kernels, biases) for each layer, float32.

    Raises:
        ValueError, TypeError: a number is out of its range, or none.

    >>> [kernels.shape for kernels, biases in first_weights([784, 32, 10], runs=5, seed=0)]
    [(5, 784, 32), (5, 32, 10)]
    """
    sizes = [whole(f"sizes[{i}]", size, 1) for i, size in enumerate(sizes)]
    if len(sizes) < 2:
        raise ValueError(f"sizes: got {len(sizes)} number(s); takes two or more")
    rngs = [np.random.default_rng([whole("seed", seed, 0), run]) for run in range(whole("runs", runs, 1))]
    return [
        (
            np.stack([he_uniform((size, after), rng) for rng in rngs]).astype(np.float32),
            np.zeros((len(rngs), 1, after), np.float32),
        )
        for size, after in pairwise(sizes)
    ]


def repeated(weights: Weights, times: int) -> Weights:
    """The stack again and again: for trainings that start alike and differ in their learning rates.

    Args:
        weights: as `first_weights` gives them, of so many runs.
        times: at least 1.

    Returns:
        Weights of times · runs networks: all runs, then all of them again.

    >>> repeated(first_weights([2, 2], runs=3, seed=0), 2)[0][0].shape
    (6, 2, 2)
    """
    times = whole("times", times, 1)
    return [(np.tile(kernels, (times, 1, 1)), np.tile(biases, (times, 1, 1))) for kernels, biases in _checked(weights)]


def orders(examples: int, runs: int, steps: int, batch: int, seed: int) -> NDArray[np.int64]:
    """Which examples each step of each run sees: a shuffled pass, and another one where that is not enough.

    Args:
        examples: how many there are, at least `batch`. What does not fill a batch at the end of a pass is left out.
        runs, steps, batch: how many, at least 1.
        seed: run i draws from `numpy.random.default_rng([seed, i, 1])`.

    Returns:
        Indices of shape (runs, steps, batch).

    Raises:
        ValueError, TypeError: a number is out of its range, or none.

    >>> np.sort(orders(6, 1, steps=3, batch=2, seed=0)).ravel().tolist() == orders(6, 1, 3, 2, 0).ravel().tolist()
    False
    """
    examples, batch = whole("examples", examples, 1), whole("batch", batch, 1)
    runs, steps, seed = whole("runs", runs, 1), whole("steps", steps, 1), whole("seed", seed, 0)
    if batch > examples:
        raise ValueError(f"batch, examples: got {batch} and {examples}; takes no more than there are")
    in_pass = examples // batch
    shuffled = []
    for run in range(runs):
        rng = np.random.default_rng([seed, run, 1])
        passes = [rng.permutation(examples)[: in_pass * batch] for _ in range(math.ceil(steps / in_pass))]
        shuffled.append(np.concatenate(passes)[: steps * batch].reshape(steps, batch))
    return np.stack(shuffled)


@np.errstate(all="ignore")
def train(
    weights: Weights,
    x: ArrayLike,
    y: ArrayLike,
    order: ArrayLike,
    rates: ArrayLike,
    rule: str = "sgd",
    look: Callable[[Weights], ArrayLike] | None = None,
    every: int = 1,
    frozen: int = 0,
) -> Trained:
    """Train all networks, each with its own batches and its own learning rates.

        w <- w - eta_t · step_t,    step_t: that of the rule for a learning rate of 1

    Args:
        weights: as `first_weights` gives them; they stay as they are.
        x: examples, (n, in) or with more axes, which are made one.
        y: their classes, whole numbers, (n,).
        order: indices of the examples of each step, (runs, steps, batch), as `orders` gives them.
        rates: learning rates, of shape (steps,) for all runs, or (steps, runs).
        rule: a name in RULES.
        look: a function of the weights, called before the first step, after every `every` steps, and given back.
        every: at least 1.
        frozen: so many layers, the first ones, stay as they are: 0 to all of them.

    Returns:
        A Trained. A run that diverges goes on to inf and nan, and disturbs no other.

    Raises:
        ValueError: a shape does not fit, a number is out of its range, or there is no such rule.
        TypeError: x or rates holds no real numbers, y or order no whole ones, or weights is no list of pairs.

    Differs from Keras in momentum and nesterov under a schedule: there the learning rate enters before the filter, here
    after it. For the other rules that is the same.

    >>> x, y = np.eye(2, dtype="float32"), np.array([0, 1])
    >>> trained = train(first_weights([2, 2], 1, seed=0), x, y, np.array([[[0, 1]] * 50]), np.full(50, 1.0))
    >>> bool(trained.batch_losses[-1, 0] < 0.1 < trained.batch_losses[0, 0])
    True
    """
    flat, classes = _examples(weights, x, y)
    runs, indices = len(weights[0][0]), _whole_numbers("order", order, len(flat))
    if indices.ndim != 3 or len(indices) != runs:
        raise ValueError(f"order: got the shape {indices.shape}; takes (runs, steps, batch) with {runs} runs")
    eta, steps = reals("rates", rates), indices.shape[1]
    if eta.shape not in ((steps,), (steps, runs)):
        raise ValueError(f"rates: got the shape {eta.shape}; takes {(steps,)} or {(steps, runs)} to fit order")
    if not (np.isfinite(eta) & (eta >= 0)).all():
        raise ValueError("rates: got a number below 0 or none that is finite; takes numbers in [0, inf)")
    eta = np.broadcast_to(eta.reshape(steps, -1), (steps, runs)).astype(np.float32)
    update, every = RULES[one_of("rule", rule, RULES)](), whole("every", every, 1)
    if whole("frozen", frozen, 0) > len(weights):
        raise ValueError(f"frozen: got {frozen}; takes 0 to {len(weights)}, the number of layers")
    if look is not None:
        a_callable("look", look)
    arrays = [array.copy() for layer in weights for array in layer]
    states = [update.init(array) for array in arrays]
    losses, looks = np.empty((steps, runs), np.float32), []
    for t in range(steps):
        if look is not None and t % every == 0:
            looks.append(look(_layers(arrays)))
        batch = indices[:, t]
        losses[t], gradients = _gradients(_layers(arrays), flat[batch], classes[batch], frozen)
        for i, g in enumerate(gradients, start=2 * frozen):
            step, states[i] = update.update(g, states[i], t + 1, 1.0, arrays[i])
            arrays[i] = arrays[i] - eta[t, :, None, None] * step
    if look is not None and steps % every == 0:
        looks.append(look(_layers(arrays)))
    return Trained(_layers(arrays), losses, np.array(looks))


@np.errstate(all="ignore")
def cross_entropy(weights: Weights, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """The mean cross-entropy of each network on all examples, of shape (runs,); nan for one that diverged.

    Args:
        weights, x, y: as for `train`.

    >>> zeros = [(np.zeros((1, 2, 10), "float32"), np.zeros((1, 1, 10), "float32"))]
    >>> cross_entropy(zeros, np.ones((3, 2), "float32"), [0, 1, 2]).round(4)  # ln 10
    array([2.3026])
    """
    flat, classes = _examples(weights, x, y)
    found = []
    for network in _one_by_one(weights):
        scores = _forward(network, flat)[-1][0].astype(np.float64)
        scores -= scores.max(-1, keepdims=True)
        found.append(np.mean(np.log(np.exp(scores).sum(-1)) - scores[np.arange(len(classes)), classes]))
    return np.array(found)


@np.errstate(all="ignore")
def accuracy(weights: Weights, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """The share of the examples that each network gets right, of shape (runs,).

    Args:
        weights, x, y: as for `train`.
    """
    flat, classes = _examples(weights, x, y)
    scores = [_forward(network, flat)[-1][0] for network in _one_by_one(weights)]
    return np.array([np.mean(s.argmax(-1) == classes) for s in scores])


def _examples(weights: Weights, x: ArrayLike, y: ArrayLike) -> tuple[Stack, Stack]:
    """Examples as rows in float32 and their classes, if they fit each other and the networks."""
    _checked(weights)
    n_in, n_out = weights[0][0].shape[1], weights[-1][0].shape[2]
    flat = reals("x", x)
    if flat.ndim < 2 or len(flat) == 0 or flat[0].size != n_in:
        raise ValueError(f"x: got the shape {flat.shape}; takes one or more examples of {n_in} numbers to fit weights")
    classes = _whole_numbers("y", y, n_out)
    if classes.shape != (len(flat),):
        raise ValueError(f"x, y: got the shapes {flat.shape} and {classes.shape}; they take as many")
    return flat.reshape(len(flat), -1).astype(np.float32, copy=False), classes


def _checked(weights: Weights) -> Weights:
    """The weights, if they are stacks that fit each other."""
    if not isinstance(weights, list) or not weights or not all(isinstance(w, tuple) and len(w) == 2 for w in weights):
        raise TypeError(f"weights: got {type(weights).__name__}; takes a list of pairs, as first_weights gives it")
    shapes = [(kernels.shape, biases.shape) for kernels, biases in weights]
    runs, into = shapes[0][0][:2]
    for kernels, biases in shapes:
        if kernels[:2] != (runs, into) or biases != (runs, 1, kernels[2]):
            raise ValueError(f"weights: got the shapes {shapes}; takes (runs, in, out) and (runs, 1, out) that fit")
        into = kernels[2]
    return weights


def _whole_numbers(name: str, values: ArrayLike, below: int) -> Stack:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: got an array of {array.dtype}; takes whole numbers")
    bad = (array < 0) | (array >= below)
    if bad.any():
        raise ValueError(f"{name}: got {array[bad].flat[0]}; takes whole numbers in [0, {below})")
    return array


def _layers(arrays: list[Stack]) -> Weights:
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def _one_by_one(weights: Weights) -> list[Weights]:
    """The networks, each as a stack of one: what is large is then one product of matrices."""
    return [[(w[run : run + 1], b[run : run + 1]) for w, b in weights] for run in range(len(weights[0][0]))]


def _forward(weights: Weights, x: Stack) -> list[Stack]:
    """What each layer is given, and at the end the scores."""
    given = [x]
    for k, (w, b) in enumerate(weights):
        sums = given[-1] @ w + b
        given.append(np.maximum(sums, 0) if k + 1 < len(weights) else sums)
    return given


def _gradients(weights: Weights, x: Stack, y: Stack, frozen: int) -> tuple[Stack, list[Stack]]:
    """The losses of the batches, (runs,), and the gradients for kernels and biases above the frozen ones, in order."""
    *given, scores = _forward(weights, x)
    scores = scores - scores.max(-1, keepdims=True)
    p = np.exp(scores)
    total = p.sum(-1, keepdims=True)
    at = y[..., None]
    loss = (np.log(total) - np.take_along_axis(scores, at, -1)).mean((1, 2))
    delta = p / total
    np.put_along_axis(delta, at, np.take_along_axis(delta, at, -1) - 1, -1)
    delta /= y.shape[1]
    gradients: list[Stack] = []
    for k in reversed(range(frozen, len(weights))):
        gradients[:0] = [given[k].swapaxes(1, 2) @ delta, delta.sum(1, keepdims=True)]
        if k > frozen:
            delta = (delta @ weights[k][0].swapaxes(1, 2)) * (given[k] > 0)
    return loss, gradients
