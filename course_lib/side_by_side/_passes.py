"""The pass forward through a stack of networks, and the one back that gives the gradients.

    given_0 = factor_0 · x,    given_k = factor_k · max(given_{k-1} · W_{k-1} + b_{k-1}, 0)

The last layer gives given_k · W_k + b_k. The factors are those of masks; without them they are 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_lib._numbers import reals
from course_lib.side_by_side._stacks import Masks, Stack, Weights


def forward(weights: Weights, x: Stack, factors: Sequence[Stack | None] = ()) -> list[Stack]:
    """What each layer is given, after its factors, and at the end the outputs."""
    given = []
    for k, (w, b) in enumerate(weights):
        x = np.maximum(x, 0) if k else x
        if factors and (factor := factors[k]) is not None:
            x = x * factor
        given.append(x)
        x = x @ w + b
    return [*given, x]


def drawn(masks: Masks | None, weights: Weights, examples: int) -> list[Stack | None]:
    """The factors of what each layer is given, if they fit; the masks are asked layer by layer."""
    if masks is None:
        return [None] * len(weights)
    factors: list[Stack | None] = []
    for k, (w, _) in enumerate(weights):
        shape = (len(w), examples, w.shape[1])
        factor = masks(k, shape)
        factors.append(None if factor is None else reals("masks", factor).astype(np.float32, copy=False))
        if factor is not None and not _fits(np.shape(factor), shape):
            raise ValueError(f"masks: got the shape {np.shape(factor)} for layer {k}; takes {shape}")
    return factors


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array can be multiplied with another, and the result has the shape of that."""
    return len(shape) <= len(wanted) and all(
        mine in (1, other) for mine, other in zip(shape[::-1], wanted[::-1], strict=False)
    )


def gradients(
    weights: Weights, x: Stack, y: Stack, loss: str = "cross_entropy", masks: Masks | None = None, frozen: int = 0
) -> tuple[Stack, list[Stack]]:
    """The losses of the batches, (runs,), and the gradients for kernels and biases above the frozen layers."""
    factors = drawn(masks, weights, x.shape[1])
    *given, outputs = forward(weights, x, factors)
    losses, delta = LOSSES[loss](outputs, y)
    found: list[Stack] = []
    for k in reversed(range(frozen, len(weights))):
        found[:0] = [given[k].swapaxes(1, 2) @ delta, delta.sum(1, keepdims=True)]
        if k > frozen:
            delta = (delta @ weights[k][0].swapaxes(1, 2)) * (given[k] != 0)  # a factor may be below 0
            if (factor := factors[k]) is not None:
                delta *= factor
    return losses, found


def _of_classes(scores: Stack, y: Stack) -> tuple[Stack, Stack]:
    """The cross-entropy of softmax, (runs,), and its gradient for the scores."""
    scores = scores - scores.max(-1, keepdims=True)
    p = np.exp(scores)
    total = p.sum(-1, keepdims=True)
    at = y[..., None]
    losses = (np.log(total) - np.take_along_axis(scores, at, -1)).mean((1, 2))
    delta = p / total
    np.put_along_axis(delta, at, np.take_along_axis(delta, at, -1) - 1, -1)
    return losses, delta / y.shape[1]


def _of_squares(outputs: Stack, y: Stack) -> tuple[Stack, Stack]:
    """The mean squared error, (runs,), and its gradient for the outputs."""
    error = outputs - y
    return (error**2).mean((1, 2)), error * np.float32(2 / (y.shape[1] * y.shape[2]))


LOSSES = {"cross_entropy": _of_classes, "squared": _of_squares}
"""Of outputs and y: the losses of the runs, and the gradient for the outputs."""
