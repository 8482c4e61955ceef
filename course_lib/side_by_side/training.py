"""The training of all networks of a stack: which examples each step sees, and the steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, flag, one_of, whole
from course_lib._numbers import nonnegative, reals
from course_lib.optimizers import RULES
from course_lib.side_by_side._passes import LOSSES, gradients
from course_lib.side_by_side._stacks import Masks, Stack, Weights, whole_numbers, with_classes, with_targets


class Trained(NamedTuple):
    """What `train` gives.

    weights: after the last step.
    batch_losses: of each step's batch before its update, without penalties, of shape (steps, runs).
    looks: what `look` gave, of shape (looks, …); empty without it.
    """

    weights: Weights
    batch_losses: NDArray[np.float32]
    looks: NDArray[Any]


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
    *,
    l1: ArrayLike = 0.0,
    l2: ArrayLike = 0.0,
    proximal: bool = False,
    masks: Masks | None = None,
    frozen: int = 0,
    loss: str = "cross_entropy",
) -> Trained:
    """Train all networks, each with its own batches, learning rates and strengths of penalties.

        objective = loss + l1 · Σ |w| + l2 · Σ w²,    the sums over all kernels, not over the biases
        g = gradient + l1 · sign(w) + 2 · l2 · w,    gradient: that of the loss, of the batch under its masks
        w <- w - eta_t · step_t,    step_t: what the rule makes of g for a learning rate of 1

    With proximal, l1 is no part of g. After the step each kernel is soft-thresholded instead:

        w <- sign(w) · max(|w| - eta_t · l1, 0)

    Args:
        weights: as `first_weights` gives them; they stay as they are.
        x: examples, (n, in) or with more axes, which are made one.
        y: their classes, whole numbers, (n,); for the squared error numbers of shape (n, out).
        order: indices of the examples of each step, (runs, steps, batch), as `orders` gives them.
        rates: learning rates, of shape (steps,) for all runs, or (steps, runs).
        rule: a name in RULES.
        look: a function of the weights, called before the first step, after every `every` steps, and given back.
        every: at least 1.
        l1, l2: strengths of the penalties of `course_lib.penalties`, numbers of at least 0, of shape () or (runs,).
        proximal: whether l1 acts after the step, which makes exact zeros. Takes the rule "sgd", whose step is g itself.
        masks: a function that is asked in each step, layer by layer, for the factors of what layer k is given, of shape
            (runs, batch, units), or None. It has a state: each training takes a fresh one.
        frozen: so many layers, the first ones, stay as they are, without penalty: 0 to all of them. Masks are drawn for
            them too.
        loss: "cross_entropy" of softmax, or "squared": the mean of (output - y)².

    Returns:
        A Trained. Its losses are without the penalties. A run that diverges goes on to inf and nan, and disturbs no
        other.

    Raises:
        ValueError: a shape does not fit, a number is out of its range, there is no such rule or loss, or proximal has
            no l1 or another rule.
        TypeError: x, rates or a strength holds no real numbers, y or order no whole ones, or weights is no list of
            pairs.

    Differs from Keras in momentum and nesterov under a schedule: there the learning rate enters before the filter, here
    after it. For the other rules that is the same. And Keras has no proximal steps, and adds the penalties to its
    losses.

    >>> from course_lib.side_by_side import first_weights
    >>> x, y = np.eye(2, dtype="float32"), np.array([0, 1])
    >>> trained = train(first_weights([2, 2], 1, seed=0), x, y, np.array([[[0, 1]] * 50]), np.full(50, 1.0))
    >>> bool(trained.batch_losses[-1, 0] < 0.1 < trained.batch_losses[0, 0])
    True
    """
    fitted = with_classes if one_of("loss", loss, LOSSES) == "cross_entropy" else with_targets
    flat, targets = fitted(weights, x, y)
    runs, indices = len(weights[0][0]), whole_numbers("order", order, len(flat))
    if indices.ndim != 3 or len(indices) != runs:
        raise ValueError(f"order: got the shape {indices.shape}; takes (runs, steps, batch) with {runs} runs")
    steps = indices.shape[1]
    eta = _rates(rates, steps, runs)
    update, every = RULES[one_of("rule", rule, RULES)](), whole("every", every, 1)
    if whole("frozen", frozen, 0) > len(weights):
        raise ValueError(f"frozen: got {frozen}; takes 0 to {len(weights)}, the number of layers")
    for name, function in (("look", look), ("masks", masks)):
        if function is not None:
            a_callable(name, function)
    by_size, by_square = _strengths("l1", l1, runs), _strengths("l2", l2, runs)
    if flag("proximal", proximal) and rule != "sgd":
        raise ValueError(f"proximal, rule: got True and {rule!r}; takes the rule 'sgd'")
    if proximal and not by_size.any():
        raise ValueError("proximal, l1: got True and zeros; takes an l1 above 0, which is what acts after the step")
    push, pull = by_size.any() and not proximal, by_square.any()

    arrays = [array.copy() for layer in weights for array in layer]
    states = {i: update.init(arrays[i]) for i in range(2 * frozen, len(arrays))}
    losses, looks = np.empty((steps, runs), np.float32), []
    for t in range(steps):
        if look is not None and t % every == 0:
            looks.append(look(_layers(arrays)))
        batch = indices[:, t]
        losses[t], found = gradients(_layers(arrays), flat[batch], targets[batch], loss, masks, frozen)
        for i, g in zip(states, found, strict=True):
            w, is_kernel = arrays[i], i % 2 == 0
            if is_kernel and push:
                g = g + by_size * np.sign(w)
            if is_kernel and pull:
                g = g + 2 * by_square * w
            step, states[i] = update.update(g, states[i], t + 1, 1.0, w)
            w = w - eta[t] * step
            if is_kernel and proximal:
                w = w - np.clip(w, -eta[t] * by_size, eta[t] * by_size)
            arrays[i] = w
    if look is not None and steps % every == 0:
        looks.append(look(_layers(arrays)))
    return Trained(_layers(arrays), losses, np.array(looks))


def _rates(rates: ArrayLike, steps: int, runs: int) -> Stack:
    """Learning rates of each step and run, of shape (steps, runs, 1, 1)."""
    eta = reals("rates", rates)
    if eta.shape not in ((steps,), (steps, runs)):
        raise ValueError(f"rates: got the shape {eta.shape}; takes {(steps,)} or {(steps, runs)} to fit order")
    if not (np.isfinite(eta) & (eta >= 0)).all():
        raise ValueError("rates: got a number below 0 or none that is finite; takes numbers in [0, inf)")
    return np.broadcast_to(eta.reshape(steps, -1), (steps, runs)).astype(np.float32)[:, :, None, None]


def _strengths(name: str, values: ArrayLike, runs: int) -> Stack:
    """The strengths of a penalty in each run, of shape (1, 1, 1) or (runs, 1, 1)."""
    strengths = nonnegative(name, values)
    if strengths.shape not in ((), (runs,)):
        raise ValueError(f"{name}: got the shape {strengths.shape}; takes () or {(runs,)} to fit weights")
    return strengths.reshape(-1, 1, 1).astype(np.float32)


def _layers(arrays: list[Stack]) -> Weights:
    return list(zip(arrays[::2], arrays[1::2], strict=True))
