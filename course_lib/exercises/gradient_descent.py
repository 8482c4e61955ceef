"""Exercises of the lecture "Gradient descent"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: the gradient of a minibatch ------------------------------------------------------------------------

_draw = np.random.default_rng(31)
_X, _Y, _W = _draw.normal(size=(7, 2)), _draw.normal(size=7), np.array([0.5, -1.5])
_SIZES = (1, 3, 7)


def _gradients(answer: Any) -> Array:
    f = a_function(answer)
    return np.array([an_array(f(_W, _X[:size], _Y[:size]), (2,)) for size in _SIZES])


def _loss(w: Array, x: Array, y: Array) -> float:
    return float(np.mean((x @ w - y) ** 2) / 2)


def _are_slopes(gradients: Array) -> bool:
    h = 1e-6
    slopes = [[(_loss(_W + h * e, _X[:n], _Y[:n]) - _loss(_W - h * e, _X[:n], _Y[:n])) / (2 * h) for e in np.eye(2)]
              for n in _SIZES]  # fmt: skip
    return bool(np.allclose(gradients, slopes, rtol=1e-5, atol=1e-7))


def _sum(w: Array, x: Array, y: Array) -> Array:
    return np.asarray((x @ w - y) @ x)


def _uphill(w: Array, x: Array, y: Array) -> Array:
    return np.asarray((y - x @ w) @ x / len(x))


def _doubled(w: Array, x: Array, y: Array) -> Array:
    return np.asarray(2 * (x @ w - y) @ x / len(x))


def _mean_error_times_mean_input(w: Array, x: Array, y: Array) -> Array:
    return np.asarray(np.mean(x @ w - y) * np.mean(x, axis=0))


GRADIENT = Exercise(
    observe=_gradients,
    right=_are_slopes,
    mistakes=(
        Mistake("the sum over the batch", _sum,
                "Not yet: that is the sum over the batch. The loss is a mean: with a sum, a batch of 64 would take "
                "steps as long as 64 batches of one."),
        Mistake("the sign", _uphill,
                "Not yet: the sign is turned. The update subtracts the gradient, so it has to point uphill."),
        Mistake("the factor of the square", _doubled,
                "Not yet: it is larger by a factor of 2. The loss has a half, which takes the 2 of the square away."),
        Mistake("mean error times mean input", _mean_error_times_mean_input,
                "Not yet: you average errors and inputs apart, and multiply then. Each error has its own input."),
    ),
    otherwise="Not yet: compare with (loss(w + h) - loss(w - h)) / 2h for each of the two weights.",
)  # fmt: skip

# 2. Lines to put in order: one epoch after the other -------------------------------------------------------------

LETTERS = "ABCDEF"
"""A: step, B: for epoch, C: batch, D: order, E: gradient, F: for start."""
_BEFORE = {"D": "B", "F": "D", "C": "F", "E": "C", "A": "E"}
"""The line that each line comes right after."""


def _is_in_order(order: str) -> bool:
    return all(before + line in order for line, before in _BEFORE.items())


LOOP = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_in_order,
    mistakes=(
        Mistake("one order for all epochs", "DBFCEA",
                "Not yet: the order is drawn once, so every epoch shows the same batches again."),
        Mistake("a new order for every batch", "BFDCEA",
                "Not yet: a new order is drawn for every batch. Some examples are then met twice in an epoch, and "
                "others not at all: that is no epoch."),
        Mistake("the step before its gradient", "BDFCAE",
                "Not yet: you step before you look. The first step has no gradient, and each later one an old one."),
        Mistake("one gradient an epoch", "BDEFCA",
                "Not yet: the gradient is computed once an epoch, and on a batch that nobody has drawn yet."),
        Mistake("the gradient of the batch before", "BDFECA",
                "Not yet: you compute the gradient before the batch is drawn, so it is that of the batch before."),
    ),
    otherwise="Not yet: ask of each line how often it has to happen: once, once an epoch, or once a batch?",
)  # fmt: skip

# 3. A planted bug: a shuffle that tears inputs and targets apart -------------------------------------------------

_N = 10


def _batches(answer: Any) -> Array:
    """Rows (epoch, batch, x, y) for each example of two epochs of batches of 4."""
    f = a_function(answer)
    x, y, rng = np.arange(_N) + 0.0, 100.0 + np.arange(_N), np.random.default_rng(8)
    rows: list[Array] = []
    for epoch in range(2):
        batches = f(x[:, None], y, 4, rng)
        if not isinstance(batches, list | tuple) or not 1 <= len(batches) <= _N:
            raise Refused("The function returns a list of pairs (x, y), one a batch.")
        for number, pair in enumerate(batches):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise Refused("Each batch is a pair (x, y).")
            size = len(np.atleast_1d(np.asarray(pair[1])))
            inputs, targets = an_array(pair[0], (size, 1)), an_array(pair[1], (size,))
            rows += [np.array([epoch, number, *both]) for both in zip(inputs[:, 0], targets, strict=True)]
    return np.array(rows)


def _is_shuffled_together(rows: Array) -> bool:
    """Every epoch has each example once, beside its own target, in an order of its own, in batches of 4, 4 and 2."""
    if rows.shape != (2 * _N, 4):
        return False
    orders = rows[:, 2].reshape(2, _N)
    return bool(
        np.array_equal(rows[:, 3], rows[:, 2] + 100)
        and np.array_equal(np.sort(orders), np.tile(np.arange(_N), (2, 1)))
        and np.array_equal(rows[:, 1].reshape(2, _N), np.tile([0, 0, 0, 0, 1, 1, 1, 1, 2, 2], (2, 1)))
        and not np.array_equal(orders[0], orders[1])
        and not np.array_equal(orders[0], np.arange(_N))
    )


def _cut(x: Array, y: Array, size: int) -> list[tuple[Array, Array]]:
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


def _apart(x: Array, y: Array, size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return _cut(x[rng.permutation(len(x))], y[rng.permutation(len(x))], size)


def _not_at_all(x: Array, y: Array, size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return _cut(x, y, size)


def _same_every_epoch(x: Array, y: Array, size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    order = np.random.default_rng(0).permutation(len(x))
    return _cut(x[order], y[order], size)


def _rest_dropped(x: Array, y: Array, size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    order = rng.permutation(len(x))
    return [batch for batch in _cut(x[order], y[order], size) if len(batch[0]) == size]


def _batches_shuffled(x: Array, y: Array, size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    batches = _cut(x, y, size)
    return [batches[i] for i in rng.permutation(len(batches))]


SHUFFLE = Exercise(
    observe=_batches,
    right=_is_shuffled_together,
    mistakes=(
        Mistake("inputs and targets apart", _apart,
                "Not yet: the bug is still there. Take one batch, and look which target stands beside which input."),
        Mistake("no shuffle", _not_at_all,
                "Not yet: inputs and targets stay together now, but nothing is shuffled: every epoch has the same "
                "batches, and sorted data give batches of one class."),
        Mistake("the same order in every epoch", _same_every_epoch,
                "Not yet: each call draws the same order. Use the generator that is handed over."),
        Mistake("the rest is dropped", _rest_dropped,
                "Not yet: the last batch is dropped where it is smaller. An epoch shows every example."),
        Mistake("only the batches are shuffled", _batches_shuffled,
                "Not yet: batches change places, but who is in a batch with whom never changes."),
    ),
    otherwise="Not yet: in each epoch every example once, beside its own target; batches of `size`, the last one with "
    "what is left.",
)  # fmt: skip

# 4. Open: the rate of small batches ----------------------------------------------------------------------

_LIMIT, _SIZE = 0.02, 4


def _problem() -> tuple[Array, Array, float]:
    """Inputs, errors at the minimum, and the lowest loss, of body mass and blood pressure of the 442 patients."""
    from course_lib.data.progression import _load, _moments

    x, y = _load()
    x = x[:, 2:4]
    mean, std = _moments(x)
    x, y = (x - mean) / std, (y - y.mean()) / y.std()
    r = x @ np.linalg.lstsq(x, y, rcond=None)[0] - y
    return x, r, float(np.mean(r**2) / 2)


def _misadjustment(rate: float, size: int = _SIZE) -> float:
    from course_lib.minibatch import noise_floor

    x, r, lowest = _problem()
    return min(noise_floor(x, r, size, rate) / lowest, 1e6)


def _is_as_large_as_allowed(rate: float) -> bool:
    return 0.8 * _LIMIT <= _misadjustment(rate) <= _LIMIT


def _rounded(answer: Any) -> float:
    """The rate to two digits: nobody's rate is wrong in the third."""
    return float(f"{a_number(answer, 0.0):.2g}")


SMALL_BATCHES = Exercise(
    observe=_rounded,
    right=_is_as_large_as_allowed,
    mistakes=(  # to two digits, for the data are not loaded before somebody asks
        Mistake("the edge of the full batch", 1.4,
                "Not yet: this is the edge of the full batch. With batches of 4, the mean square grows without limit "
                "there."),
        Mistake("the edge of the small batches", 0.98,
                "Not yet: this is the edge for these batches, where there is no floor. The floor asks for less."),
        Mistake("the rate of one example", 0.023,
                "Not yet: this rate is right for one patient a step. Four of them allow more."),
        Mistake("the noise falls like the root of the batch", 0.046,
                "Not yet: at this rate the floor is half of what is allowed. Did you take it to fall like the root of "
                "the batch size, or halve the loss twice?"),
        Mistake("the loss without its half", 0.16,
                "Not yet: this floor is two hundredths of the mean square error. The loss is half of that."),
        Mistake("divided by four", 0.0057,
                "Not yet: larger batches make less noise, so they allow a larger rate and not a smaller one."),
        Mistake("half the edge of the full batch", 0.72,
                "Not yet: that is the best rate for the steepest direction when there is no noise. Here the noise "
                "decides."),
        Mistake("the share in place of the rate", _LIMIT,
                "Not yet: the two hundredths are a share of the lowest loss, not the rate."),
    ),
    otherwise="Not yet: print noise_floor(x, r, 4, rate) over the lowest loss for your rate. It has to be at most two "
    "hundredths, and not much less.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: GRADIENT, 2: LOOP, 3: SHUFFLE, 4: SMALL_BATCHES}
