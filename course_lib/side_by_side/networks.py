"""Stacks of networks: their first weights, other stacks made of one, and what the networks give.

A layer gives max(x · W + b, 0), the last one x · W + b: the scores of a softmax, or numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, whole
from course_lib.initializers import he_uniform
from course_lib.side_by_side._passes import drawn, forward
from course_lib.side_by_side._stacks import Masks, Stack, Weights, checked, rows, whole_numbers, with_classes


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
    return [(np.tile(kernels, (times, 1, 1)), np.tile(biases, (times, 1, 1))) for kernels, biases in checked(weights)]


def select(weights: Weights, runs: ArrayLike) -> Weights:
    """Some networks of a stack, as a stack of their own.

    Args:
        weights: as `first_weights` gives them.
        runs: which ones: whole numbers from 0 to the number of networks minus 1, of shape (k,) with k of at least 1.

    Returns:
        Weights of k networks, in the order of runs.

    >>> select(first_weights([2, 2], runs=8, seed=0), range(4, 6))[0][0].shape
    (2, 2, 2)
    """
    which = whole_numbers("runs", runs, len(checked(weights)[0][0]))
    if which.ndim != 1 or len(which) == 0:
        raise ValueError(f"runs: got the shape {which.shape}; takes one or more whole numbers, (k,)")
    return [(kernels[which], biases[which]) for kernels, biases in weights]


@np.errstate(all="ignore")
def outputs(weights: Weights, x: ArrayLike, masks: Masks | None = None) -> Stack:
    """What the last layer of each network gives for each example; no softmax.

    Args:
        weights: as `first_weights` gives them.
        x: examples, (n, in) or with more axes, which are made one.
        masks: as for `train`, asked once for each layer; None for none.

    Returns:
        Scores, or numbers, of shape (runs, n, out), float32.

    >>> outputs(first_weights([784, 32, 10], runs=5, seed=0), np.ones((3, 28, 28))).shape
    (5, 3, 10)
    """
    flat = rows(weights, x)
    if masks is not None:
        a_callable("masks", masks)
    return forward(weights, flat, drawn(masks, weights, len(flat)))[-1]


@np.errstate(all="ignore")
def cross_entropy(weights: Weights, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """The mean cross-entropy of each network on all examples, of shape (runs,); nan for one that diverged.

    Args:
        weights: as `first_weights` gives them.
        x: examples, (n, in) or with more axes, which are made one.
        y: their classes, whole numbers, (n,).

    >>> zeros = [(np.zeros((1, 2, 10), "float32"), np.zeros((1, 1, 10), "float32"))]
    >>> cross_entropy(zeros, np.ones((3, 2), "float32"), [0, 1, 2]).round(4)  # ln 10
    array([2.3026])
    """
    flat, classes = with_classes(weights, x, y)
    found = []
    for network in _one_by_one(weights):
        scores = forward(network, flat)[-1][0].astype(np.float64)
        scores -= scores.max(-1, keepdims=True)
        found.append(np.mean(np.log(np.exp(scores).sum(-1)) - scores[np.arange(len(classes)), classes]))
    return np.array(found)


@np.errstate(all="ignore")
def accuracy(weights: Weights, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """The share of the examples that each network gets right, of shape (runs,).

    Args:
        weights, x, y: as for `cross_entropy`.
    """
    flat, classes = with_classes(weights, x, y)
    scores = [forward(network, flat)[-1][0] for network in _one_by_one(weights)]
    return np.array([np.mean(s.argmax(-1) == classes) for s in scores])


def _one_by_one(weights: Weights) -> list[Weights]:
    """The networks, each as a stack of one: what is large is then one product of matrices."""
    return [[(w[run : run + 1], b[run : run + 1]) for w, b in weights] for run in range(len(weights[0][0]))]
