"""Exercises of the lecture "Dropout"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: what is kept ---------------------------------------------------------------------------------------

_H = np.array([[3.0, -1.0, 0.5, 2.0], [0.0, 4.0, -2.0, 1.0]])
_MASK = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]])
_RATES = (0.4, 0.2, 0.5)


def _kept(answer: Any) -> Array:
    drop = a_function(answer)
    return np.concatenate([an_array(drop(_H, _MASK, rate), _H.shape) for rate in _RATES])


def _keeps_the_mean(outputs: Array) -> bool:
    """A kept number, times the share that is kept, is the number again; a dropped one is 0."""
    shares = np.repeat([1 - rate for rate in _RATES], len(_H))[:, None]
    return bool(np.allclose(outputs * shares, np.tile(_H * _MASK, (len(_RATES), 1)), rtol=1e-9, atol=1e-12))


def _no_scale(h: Array, mask: Array, rate: float) -> Array:
    return mask * h


def _by_the_rate(h: Array, mask: Array, rate: float) -> Array:
    return mask * h / rate


def _made_smaller(h: Array, mask: Array, rate: float) -> Array:
    return mask * h * (1 - rate)


def _by_this_mask(h: Array, mask: Array, rate: float) -> Array:
    return np.asarray(mask * h / mask.mean(), np.float64)


def _scale_alone(h: Array, mask: Array, rate: float) -> Array:
    return h / (1 - rate)


def _the_others(h: Array, mask: Array, rate: float) -> Array:
    return (1 - mask) * h / (1 - rate)


HOLE = Exercise(
    observe=_kept,
    right=_keeps_the_mean,
    mistakes=(
        Mistake("nothing is made larger", _no_scale,
                "Not yet: on average your units pass on less than without dropout, and at inference, when all are "
                "there, the next layer gets more than it ever saw."),
        Mistake("divided by the rate", _by_the_rate,
                "Not yet: you divide by the share that is dropped. Which share carries the signal?"),
        Mistake("multiplied by what is kept, as the paper does at inference", _made_smaller,
                "Not yet: that makes the kept ones smaller, and there are fewer of them already."),
        Mistake("divided by what this mask keeps", _by_this_mask,
                "Not yet: you divide by the share that this mask happens to keep. The mean over masks is right for a "
                "fixed divisor, the share kept on average."),
        Mistake("nothing is dropped", _scale_alone,
                "Not yet: the size is right for what is kept, but nothing is dropped."),
        Mistake("the mask the other way round", _the_others,
                "Not yet: 1 in the mask stands for kept."),
    ),
    otherwise="Not yet: a dropped number is 0; a kept one is so much larger that the mean over the masks is h.",
)  # fmt: skip

# 2. Lines to put in order: a step of training --------------------------------------------------------------------

LETTERS = "ABCDEF"
_NEEDS = {"B": "D", "A": "BD", "E": "A", "F": "BDEA", "C": "EF"}
"""What each line needs before it. D: h, B: factor, A: dropped and scores, E: error, F: gradient, C: update."""


def _is_in_order(order: str) -> bool:
    return all(order.index(first) < order.index(then) for then, firsts in _NEEDS.items() for first in firsts)


STEP = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_in_order,
    mistakes=(
        Mistake("a mask before there are units", "BDAEFC",
                "Not yet: the factors have the shape of h. Where is h?"),
        Mistake("dropout after the scores", "DABEFC",
                "Not yet: the scores are computed before anything is dropped, so that nothing is dropped at all."),
        Mistake("new factors on the way back", "DAEBFC",
                "Not yet: the factors of the way back have to be those of the way up. You draw them after the loss."),
        Mistake("the update before the gradient of the layer below", "DBAECF",
                "Not yet: the last kernel is changed before the error was sent down through it."),
        Mistake("the error sent down before it is known", "DBAFEC",
                "Not yet: you send an error down that nobody has computed."),
    ),
    otherwise="Not yet: up, then down, then the update. The same factors multiply on both ways.",
)  # fmt: skip

# 3. A planted bug: one mask for the whole batch ------------------------------------------------------------------

_ROWS, _UNITS, _RATE = 400, 60, 0.25


def _statistics(answer: Any) -> Array:
    """Of the mask that the function makes for ones: values, shares, and how masks of examples and units differ."""
    drop = a_function(answer)
    y = an_array(drop(np.ones((_ROWS, _UNITS)), _RATE, np.random.default_rng(5)), (_ROWS, _UNITS))
    again = an_array(drop(2 * np.ones((_ROWS, _UNITS)), _RATE, np.random.default_rng(6)), (_ROWS, _UNITS))
    numbers = [float(x) for x in (y.max(), again.max(), y.min())]
    shares = [float(np.mean(x == 0)) for x in (y, again)]
    different = [float(len(np.unique(x, axis=axis)) > 1) for x, axis in ((y, 0), (y.T, 0))]
    counts = float((y == 0).sum(axis=1).std() > 1)
    new = float(not np.array_equal(y == 0, again == 0))
    return np.array([*numbers, *np.round(shares, 1), *different, counts, new])


def _is_dropout(seen: Array) -> bool:
    largest, twice, least, *_ = seen
    scale = 1 / (1 - _RATE)
    return bool(np.allclose([largest, twice, least], [scale, 2 * scale, 0])) and _shares_and_masks(seen)


def _shares_and_masks(seen: Array) -> bool:
    return bool(np.all(np.abs(seen[3:5] - _RATE) < 0.06) and np.all(seen[5:] == 1))


def _one_for_all(h: Array, rate: float, rng: np.random.Generator) -> Array:
    mask = rng.random(h.shape[1]) >= rate
    return np.asarray(h * mask / (1 - rate))


def _whole_examples(h: Array, rate: float, rng: np.random.Generator) -> Array:
    mask = rng.random((len(h), 1)) >= rate
    return np.asarray(h * mask / (1 - rate))


def _an_exact_share(h: Array, rate: float, rng: np.random.Generator) -> Array:
    order = rng.random(h.shape).argsort(axis=1).argsort(axis=1)
    return np.asarray(h * (order >= round(rate * h.shape[1])) / (1 - rate))


def _keeps_the_rate(h: Array, rate: float, rng: np.random.Generator) -> Array:
    return np.asarray(h * (rng.random(h.shape) < rate) / (1 - rate))


def _scale_lost(h: Array, rate: float, rng: np.random.Generator) -> Array:
    return np.asarray(h * (rng.random(h.shape) >= rate))


BUG = Exercise(
    observe=_statistics,
    right=_is_dropout,
    mistakes=(
        Mistake("one mask for the whole batch", _one_for_all,
                "Not yet: the bug is still there. Give it rows of ones, and compare the zeros of two rows."),
        Mistake("whole examples are dropped", _whole_examples,
                "Not yet: now some examples lose all of their units, and the others none."),
        Mistake("an exact share of each example", _an_exact_share,
                "Not yet: you drop the same number of units in each example. Dropout draws for each unit by itself."),
        Mistake("rate as the share that is kept", _keeps_the_rate,
                "Not yet: each example has its own mask now, but rate is the share that is dropped, and you keep it."),
        Mistake("the scale got lost", _scale_lost,
                "Not yet: each example has its own mask now, but the kept units are no longer made larger."),
    ),
    otherwise="Not yet: one number is drawn for each unit of each example; those below rate are dropped.",
)  # fmt: skip

# 4. A number: translating a paper's p ----------------------------------------------------------------------------

_INPUTS, _P = 784, 0.8

INPUTS = Exercise(
    observe=lambda answer: a_number(answer, 0.0, _INPUTS),
    right=lambda count: abs(count + _P * _INPUTS - _INPUTS) < 0.5,
    mistakes=(
        Mistake("p for the share that is dropped", _P * _INPUTS,
                "Not yet: that many are kept. In the paper p is the share that is kept."),
        Mistake("the share for the number", 1 - _P,
                "Not yet: that is Keras' rate. How many inputs are dropped?"),
        Mistake("Keras' default habit of one half", _INPUTS / 2,
                "Not yet: one half is the paper's p for hidden units."),
        Mistake("none, as at inference", 0,
                "Not yet: none are dropped at inference. The question is about training."),
    ),
    otherwise="Not yet: translate p into the share that is dropped, and take it of 784 inputs.",
)  # fmt: skip

# 5. Open: the weights that dropout leads to ----------------------------------------------------------------------

_draw = np.random.default_rng(31)
_X = _draw.normal(1, size=(30, 4)) * (0.5, 1.0, 3.0, 10.0)  # with means, so that variance and mean square differ
_Y = _X @ (2.0, -1.0, 0.5, 0.1) + _draw.normal(size=30)
_R = (0.2, 0.5)


def _weights(answer: Any) -> Array:
    fit = a_function(answer)
    return np.stack([an_array(fit(_X, _Y, rate), (4,)) for rate in _R])


def _are_at_the_minimum(weights: Array) -> bool:
    """The slope of the mean loss over all masks is 0."""
    for w, rate in zip(weights, _R, strict=True):
        pull = rate / (1 - rate) * (_X**2).mean(axis=0) * w
        slope = _X.T @ (_X @ w - _Y) / len(_X) + pull
        if not np.allclose(slope, 0, atol=1e-6 * np.abs(_X.T @ _Y).max() / len(_X)):
            return False
    return True


def _solve(strengths: Any, x: Array, y: Array) -> Array:
    return np.asarray(np.linalg.solve(x.T @ x / len(x) + np.diag(strengths), x.T @ y / len(x)), np.float64)


def _least_squares(x: Array, y: Array, rate: float) -> Array:
    return _solve(np.zeros(x.shape[1]), x, y)


def _ridge(x: Array, y: Array, rate: float) -> Array:
    return _solve(np.full(x.shape[1], rate / (1 - rate)), x, y)


def _rate_alone(x: Array, y: Array, rate: float) -> Array:
    return _solve(rate * (x**2).mean(axis=0), x, y)


def _exchanged(x: Array, y: Array, rate: float) -> Array:
    return _solve((1 - rate) / rate * (x**2).mean(axis=0), x, y)


def _not_divided_by_n(x: Array, y: Array, rate: float) -> Array:
    return _solve(rate / (1 - rate) * (x**2).sum(axis=0), x, y)


def _variance(x: Array, y: Array, rate: float) -> Array:
    return _solve(rate / (1 - rate) * x.var(axis=0), x, y)


def _scaled_afterwards(x: Array, y: Array, rate: float) -> Array:
    return np.asarray((1 - rate) * _least_squares(x, y, rate))


def _observed_weights(answer: Any) -> Array:
    try:
        return _weights(answer)
    except np.linalg.LinAlgError as error:
        raise Refused("The equations that you solve have no unique solution.") from error


LIMIT = Exercise(
    observe=_observed_weights,
    right=_are_at_the_minimum,
    mistakes=(
        Mistake("least squares: the masks have mean 1", _least_squares,
                "Not yet: these are the weights without dropout. The mean of the factors is 1, the mean of their "
                "squares is not."),
        Mistake("the same strength for all weights", _ridge,
                "Not yet: that is an L2 penalty of the same strength for all weights. Dropping a large input costs "
                "more than dropping a small one."),
        Mistake("rate for rate / (1 - rate)", _rate_alone,
                "Not yet: the kept inputs are made larger, too, and that adds to their variance."),
        Mistake("kept and dropped exchanged", _exchanged,
                "Not yet: you took the rate for the share that is kept. The more is dropped, the stronger it pulls."),
        Mistake("a sum for a mean", _not_divided_by_n,
                "Not yet: the loss is a mean over examples, and your penalty is a sum."),
        Mistake("variance for mean square", _variance,
                "Not yet: a dropped input becomes 0, not its mean. What counts is its mean square, not its variance."),
        Mistake("least squares times the share kept", _scaled_afterwards,
                "Not yet: every weight is shortened by the same factor. Weights that can stand in for each other "
                "should be treated differently."),
    ),
    otherwise="Not yet: the weights at which the mean squared error plus linear_penalty has no slope.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: HOLE, 2: STEP, 3: BUG, 4: INPUTS, 5: LIMIT}
