"""Exercises of the lecture "Initialization"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, a_function, a_number, an_array, an_order
from course_lib.signals import mean_square

Array = NDArray[np.float64]

# 1. One hole: the standard deviation of a weight -----------------------------------------------------------------

_FANS = (50, 200, 512)


def _deviations(answer: Any) -> Array:
    function = a_function(answer)
    return np.array([float(an_array(function(n), ())) for n in _FANS])


def _keeps_relu(deviations: Array) -> bool:
    """Half of n · Var(w) is 1: what ReLU lets through of a weighted sum is as large as its inputs."""
    return bool((deviations > 0).all() and np.allclose(np.sqrt(0.5 * np.array(_FANS)) * deviations, 1))


DEVIATION = Exercise(
    observe=_deviations,
    right=_keeps_relu,
    mistakes=(
        Mistake("the variance is given for the standard deviation", lambda n: 2 / n,
                "Not yet: that is the variance of a weight. Which power of it is the standard deviation?"),
        Mistake("the rule for linear layers", lambda n: (1 / n) ** 0.5,
                "Not yet: that keeps the mean square of a linear layer. How much of it does ReLU let through?"),
        Mistake("the limit of the uniform distribution", lambda n: (6 / n) ** 0.5,
                "Not yet: that is how far a uniform distribution reaches, which is more than its standard deviation."),
        Mistake("only n stands under the root", lambda n: 2 / n**0.5,
                "Not yet: only n stands under your root. The whole variance belongs there."),
        Mistake("the deviation of a sum", lambda n: 2**0.5,
                "Not yet: that does not depend on n. It is the deviation of a sum, not of one weight."),
        Mistake("ReLU is made up for in the wrong direction", lambda n: (0.5 / n) ** 0.5,
                "Not yet: these weights are smaller than those of a linear layer. ReLU takes half away already."),
    ),
    otherwise="Not yet: half of n times the square of your number has to be 1.",
)  # fmt: skip

# 2. Lines to put in order: a look at the layers ------------------------------------------------------------------

LETTERS = "ABCDEFG"


def _in_order(answer: Any) -> str:
    """The letters; those before the loop sorted, for their order does not matter."""
    before, loop, after = an_order(answer, LETTERS).partition("B")
    return "".join(sorted(before)) + loop + after


def _looks(order: str) -> bool:
    """Input, empty list and weights before the loop; in it a layer, then its size; the picture last."""
    return set(order[:3]) == {"A", "E", "F"} and order[3:] == "BCDG"


LOOK = Exercise(
    observe=_in_order,
    right=_looks,
    mistakes=(
        Mistake("the size is taken before the layer", "AEFBDCG",
                "Not yet: you look before the layer has acted, so the first number is that of the input and the last "
                "layer is missing."),
        Mistake("every layer gets the input", "EFBACDG",
                "Not yet: the input is put back for every layer, so no layer ever sees what the one before gave."),
        Mistake("the list is emptied in the loop", "AFBECDG",
                "Not yet: the list is emptied for every layer, so only the last one is left."),
        Mistake("new weights for every layer", "AEBFCDG",
                "Not yet: thirty kernels are drawn anew while the loop runs over thirty kernels, and the loop needs "
                "them before it begins."),
        Mistake("the picture comes first", "AEFGBCD",
                "Not yet: you draw the list before anything is in it."),
    ),
    otherwise="Not yet: ask of each line which names it needs, and whether it has to happen once or once a layer.",
)  # fmt: skip

# 3. A planted bug: the truncated normal distribution -------------------------------------------------------------

_SHAPE = (300, 400)
_DEVIATION = np.sqrt(2 / _SHAPE[0])
_LEFT = 0.7426
"""What is left of the standard deviation of N(0, 1) when all numbers beyond 1.5 are drawn again."""


def _drawn(answer: Any) -> tuple[float, float]:
    """Standard deviation, over He's; and the largest weight in standard deviations, 3 for whatever is beyond 2.5."""
    weights = an_array(a_function(answer)(_SHAPE, np.random.default_rng(7)), _SHAPE)
    deviation = float(weights.std())
    largest = float(np.abs(weights).max()) / max(deviation, 1e-300)
    return round(deviation / float(_DEVIATION), 2), round(min(largest, 3.0) if largest <= 2.5 else 3.0, 1)


def _is_he(drawn: tuple[float, float]) -> bool:
    return abs(drawn[0] - 1) < 0.011 and 1.9 <= drawn[1] <= 2.1


def _cut(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 1.5).any():
        z[far] = rng.standard_normal(far.sum())
    return z


def _times(factor: float) -> Callable[[tuple[int, ...], np.random.Generator], Array]:
    return lambda shape, rng: np.sqrt(2 / shape[0]) * factor * _cut(shape, rng)


def _clipped(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    return np.asarray(np.sqrt(2 / shape[0]) * np.clip(rng.standard_normal(shape), -1.5, 1.5))


def _whole(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    return np.asarray(np.sqrt(2 / shape[0]) * rng.standard_normal(shape))


def _of_outputs(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    z = _cut(shape, rng)
    return np.asarray(np.sqrt(2 / shape[1]) * z / z.std())


TRUNCATED = Exercise(
    observe=_drawn,
    right=_is_he,
    mistakes=(
        Mistake("nothing is made up for", _times(1.0),
                "Not yet: the bug is still there. Print the standard deviation of what is drawn: cutting the tails off "
                "makes a distribution narrower."),
        Mistake("the tails are pressed to the limit", _clipped,
                "Not yet: clipping piles weights up at the limit. They are still too narrow, though less so."),
        Mistake("the tails are kept", _whole,
                "Not yet: the standard deviation is right, but nothing is cut off. The largest weight is too large."),
        Mistake("the wrong direction", _times(_LEFT),
                "Not yet: now the weights are narrower still. Turn the correction around."),
        Mistake("the correction for another cut", _times(1 / 0.8796),
                "Not yet: that corrects a cut at two standard deviations. What does a cut at 1.5 leave?"),
        Mistake("the variance is divided by twice", _times(1 / _LEFT**2),
                "Not yet: you corrected by what is left of the variance. These numbers are multiplied by a deviation."),
        Mistake("the fan out", _of_outputs,
                "Not yet: the correction works, but the number of outputs has taken the place of that of inputs."),
    ),
    otherwise="Not yet: the standard deviation of the kernel has to be the root of 2 / n, n inputs, and the largest "
    "weight about 2 of these.",
)  # fmt: skip

# 4. A number: the variance for a layer that folds ----------------------------------------------------------------

_ALPHA, _INPUTS = 0.5, 100


def _keeps_folded(variance: float) -> bool:
    """Of a symmetric sum, say one that is 1 or -1, the layer gives back the mean square of its inputs."""
    z = np.array([1.0, -1.0])
    passed = np.maximum(z, -_ALPHA * z) ** 2
    return bool(np.isclose(_INPUTS * variance * passed.mean(), 1, rtol=1e-3))


FOLDED = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_keeps_folded,
    mistakes=(
        Mistake("ReLU", 2 / _INPUTS,
                "Not yet: that is right for ReLU, which lets nothing of the negative numbers through. Here a part "
                "comes through, turned round."),
        Mistake("the slope is not squared", 2 / (1 + _ALPHA) / _INPUTS,
                "Not yet: you averaged the slopes. The mean square is a mean of squares."),
        Mistake("the square of the mean slope", 4 / (1 + _ALPHA) ** 2 / _INPUTS,
                "Not yet: you squared the mean of the slopes. The mean square is the mean of their squares."),
        Mistake("the standard deviation", (2 / (1 + _ALPHA**2) / _INPUTS) ** 0.5,
                "Not yet: that is the standard deviation. The question asks for the variance."),
        Mistake("the parts are taken to cancel", 2 / (1 - _ALPHA**2) / _INPUTS,
                "Not yet: you let the two halves cancel. A square has no sign."),
        Mistake("the mean of the two slopes, with sign", 4 / (1 - _ALPHA) ** 2 / _INPUTS,
                "Not yet: you squared a mean of slopes, signs and all. The mean square is the mean of their squares."),
        Mistake("no half", 1 / (1 + _ALPHA**2) / _INPUTS,
                "Not yet: each kind of number is only half of them."),
        Mistake("linear", 1 / _INPUTS,
                "Not yet: that keeps the mean square of a linear layer. The negative numbers are made smaller here."),
    ),
    otherwise="Not yet: which share of the mean square of a symmetric sum comes through the layer?",
)  # fmt: skip

# 5. Open: tanh that settles at a quarter -------------------------------------------------------------------------


def _settled(scale: float, start: float) -> float:
    m = start
    for _ in range(300):
        m = mean_square("tanh", min(scale, 1e6) * m)
    return m


def _settles(scale: float) -> bool:
    """From a small and from a large signal, the mean square comes to a quarter."""
    return all(abs(_settled(scale, start) - 0.25) < 0.001 for start in (0.05, 1.0))


QUARTER = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_settles,
    mistakes=(
        Mistake("Glorot", 1.0,
                "Not yet: that is Glorot's rule, with which the mean square falls like one over twice the layer."),
        Mistake("the mean square of the sums", 0.43078,
                "Not yet: that is the mean square of z. It is n · Var(w) times a quarter."),
        Mistake("the standard deviation", 1.31268,
                "Not yet: that is a factor of the deviation. The question asks for one of the variance."),
        Mistake("the gain of five thirds, squared", 25 / 9,
                "Not yet: with this number the mean square settles, but well above a quarter."),
        Mistake("the quarter is turned around", 4.0,
                "Not yet: one over a quarter would be right if tanh were linear. It settles, far above a quarter."),
        Mistake("the rule of logistic units", 16.0,
                "Not yet: that is the factor for the slope of the logistic function. Most of these units saturate."),
        Mistake("smaller weights", 0.5,
                "Not yet: below 1 every layer loses a share of the signal, and it vanishes."),
    ),
    otherwise="Not yet: put your number into m = mean_square('tanh', number * m) and repeat it. Where does m end?",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: DEVIATION, 2: LOOK, 3: TRUNCATED, 4: FOLDED, 5: QUARTER}
