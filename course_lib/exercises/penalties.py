"""Exercises of the lecture "Penalties"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: what L1 leaves of a weight -------------------------------------------------------------------------

_WANTED = np.array([3.0, -2.0, 0.4, -0.3, 0.0, 1.0])
_STRENGTHS = (0.0, 0.5, 1.0)


def _left(answer: Any) -> Array:
    shrink = a_function(answer)
    return np.concatenate([an_array(shrink(_WANTED.copy(), s), _WANTED.shape) for s in _STRENGTHS])


def _is_lowest(left: Array) -> bool:
    """No weight nearby has a lower sum of half the squared distance and the penalty."""
    z, s = np.tile(_WANTED, len(_STRENGTHS)), np.repeat(_STRENGTHS, len(_WANTED))

    def height(w: Array) -> Array:
        return np.asarray(0.5 * (w - z) ** 2 + s * np.abs(w))

    steps = (1e-3, -1e-3, 0.1, -0.1, 1.0, -1.0)
    return all(bool((height(left) <= height(left + step) + 1e-12).all()) for step in steps)


SHRINK = Exercise(
    observe=_left,
    right=_is_lowest,
    mistakes=(
        Mistake("small weights change their sign", lambda z, s: z - s * np.sign(z),
                "Not yet: a weight that is smaller than the strength comes out on the other side of 0. That is the "
                "jump of a gradient step; the minimum is at 0."),
        Mistake("large weights are left alone", lambda z, s: np.where(np.abs(z) > s, z, 0.0),
                "Not yet: you cut off small weights and leave large ones alone. L1 takes the same length of all."),
        Mistake("negative weights are cut off", lambda z, s: np.maximum(z - s, 0.0),
                "Not yet: right for positive weights. Negative ones are all 0 here."),
        Mistake("the square for the absolute value", lambda z, s: z / (1 + 2 * s),
                "Not yet: that is L2: it takes the same share of all, and nothing becomes 0."),
        Mistake("the maximum is forgotten", lambda z, s: np.sign(z) * np.abs(np.abs(z) - s),
                "Not yet: a weight that is smaller than the strength comes out as large as it was too small. Below 0 "
                "a length ends: it is 0 there."),
        Mistake("the square with a half", lambda z, s: z / (1 + s),
                "Not yet: that is L2 with a half. It divides, and nothing becomes 0; L1 takes a length off."),
        Mistake("twice the strength", lambda z, s: np.sign(z) * np.maximum(np.abs(z) - 2 * s, 0.0),
                "Not yet: the slope of |w| is 1, not 2. The factor 2 belongs to the square."),
    ),
    otherwise="Not yet: try z = 3, -2 and 0.4 with the strength 1. What is left has the sign of z, and is shorter by "
    "1, or 0.",
)  # fmt: skip

# 2. Lines to put in order: a step with both penalties ------------------------------------------------------------

LETTERS = "ABCDE"


STEP = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=lambda order: order == "BEADC",
    mistakes=(
        Mistake("zeros before the step", "BEDAC",
                "Not yet: the gradient step comes after the zeros were made, and moves them away from 0 again."),
        Mistake("zeros first of all", "DBEAC",
                "Not yet: the step comes last here, and hardly a weight is exactly 0 after it."),
        Mistake("the penalty after the step", "BAEDC",
                "Not yet: the slope of L2 is added to a gradient that was used already."),
        Mistake("the penalty before the gradient", "EBADC",
                "Not yet: you add to a gradient that is not there yet; the next line overwrites it."),
        Mistake("nothing is returned to", "BEACD",
                "Not yet: nothing behind the return is run, so no weight becomes 0."),
    ),
    otherwise="Not yet: the gradient of the loss, then what is added to it, then the step. What makes zeros has the "
    "last word.",
)  # fmt: skip

# 3. A planted bug: choosing a strength by a loss that holds the penalty ------------------------------------------

_GRID = np.array([0.0, 0.001, 0.01, 0.1, 1.0])
_TRAINING = np.array([[0.02, 0.05, 0.30, 0.70, 2.2], [0.01, 0.20, 0.50, 0.90, 2.0]])
_VALIDATION = np.array([[0.90, 0.70, 0.55, 0.80, 2.2], [0.60, 0.58, 0.52, 0.50, 2.0]])
_PENALTY = np.array([[0.00, 0.10, 0.30, 0.40, 0.0], [0.00, 0.01, 0.40, 0.30, 0.1]])


def _choices(answer: Any) -> Array:
    choose = a_function(answer)
    rows = zip(_TRAINING, _VALIDATION, _PENALTY, strict=True)
    return np.array([a_number(choose(_GRID.copy(), *(row.copy() for row in one)), 0.0) for one in rows])


def _is_best_on_validation(chosen: Array) -> bool:
    return all(
        validation[np.argmin(np.abs(_GRID - strength))] == validation.min() and strength in _GRID
        for strength, validation in zip(chosen, _VALIDATION, strict=True)
    )


CHOOSE = Exercise(
    observe=_choices,
    right=_is_best_on_validation,
    mistakes=(
        Mistake("the penalty is part of the validation loss", lambda s, t, v, p: s[np.argmin(v + p)],
                "Not yet: the bug is still there. Each strength is judged with a penalty of its own on top. What "
                "predictions cost has no penalty in it."),
        Mistake("the penalty is taken off once more", lambda s, t, v, p: s[np.argmin(v - p)],
                "Not yet: there is no penalty in these losses to take off. Now strong penalties look too good."),
        Mistake("where the curves meet", lambda s, t, v, p: s[np.argmin(np.abs(v - t))],
                "Not yet: you close the gap. It is also closed where the network learns nothing: look how high both "
                "losses are there."),
        Mistake("by the training loss", lambda s, t, v, p: s[np.argmin(t)],
                "Not yet: the training loss prefers no penalty, and so does its sum with the penalty. Both say nothing "
                "about new pictures."),
        Mistake("the strongest that does no harm", lambda s, t, v, p: s[np.flatnonzero(v <= v[0])[-1]],
                "Not yet: you take the strongest penalty that is no worse than none. Take the one that is best."),
    ),
    otherwise="Not yet: return the strength, not its place, at which predictions on validation pictures cost least.",
)  # fmt: skip

# 4. A number: a strength in another convention -------------------------------------------------------------------

_SUMMED, _N = 5.0, 50_000


def _is_the_same_objective(strength: float) -> bool:
    """The mean of the losses and the penalty without a half are the paper's sum with a half, but for one factor."""
    losses, squares = np.array([3.0, 1000.0]), np.array([7.0, 2.0])
    paper = losses * _N + 0.5 * _SUMMED * squares
    mine = losses + strength * squares
    return bool(np.isclose(mine[0] / mine[1], paper[0] / paper[1], rtol=1e-12) and np.isclose(mine[0], paper[0] / _N))


STRENGTH = Exercise(
    observe=lambda answer: a_number(answer, 1e-12),
    right=_is_the_same_objective,
    mistakes=(
        Mistake("the number as it stands", 5.0,
                "Not yet: the same number is a far stronger penalty here: the loss is a mean now, and small."),
        Mistake("the sum of the losses is taken for their mean", 2.5,
                "Not yet: the half is right. But the sum over 50,000 examples became a mean: what does the penalty?"),
        Mistake("the half is left out", 1e-4,
                "Not yet: divided by the number of examples, yes. But the paper halves the square. Keras does not."),
        Mistake("the half the wrong way round", 2e-4,
                "Not yet: without a half in Keras the number has to be smaller, not larger."),
        Mistake("times the number of examples", 125_000.0,
                "Not yet: the losses were divided by the number of examples, so the penalty is divided too."),
    ),
    otherwise="Not yet: divide the whole objective of the paper by 50,000. What stands before the sum of squares?",
)  # fmt: skip

# 5. Open: the shortest network that computes the same ------------------------------------------------------------

_draw = np.random.default_rng(31)
_W1, _B1 = _draw.normal(size=(3, 4)) * [1.0, 5.0, 0.2, 1.0], _draw.normal(size=4)
_W2, _B2 = _draw.normal(size=(4, 2)) * [[1.0], [3.0], [2.0], [0.1]], _draw.normal(size=2)
_PROBES = np.concatenate([np.zeros((1, 3)), _draw.normal(size=(20, 3)) * 3])
Network = tuple[Array, Array, Array, Array]


def _computed(network: Network) -> Array:
    w1, b1, w2, b2 = network
    return np.asarray(np.maximum(_PROBES @ w1 + b1, 0) @ w2 + b2)


def _twin(answer: Any) -> Array:
    """The scores of the twin, the lengths going into its hidden units, and the sum of squares of its kernels."""
    given = (_W1.copy(), _B1.copy(), _W2.copy(), _B2.copy())
    result = a_function(answer)(*given)
    if not isinstance(result, tuple) or len(result) != 4:
        raise Refused("The function returns four arrays: W1, b1, W2, b2.")
    w1, b1, w2, b2 = (an_array(one, shape.shape) for one, shape in zip(result, given, strict=True))
    lengths = np.append(np.linalg.norm(w1, axis=0), (w1**2).sum() + (w2**2).sum())
    return np.append(_computed((w1, b1, w2, b2)).ravel(), lengths)


def _is_the_shortest_twin(observed: Array) -> bool:
    lowest = 2 * np.sum(np.linalg.norm(_W1, axis=0) * np.linalg.norm(_W2, axis=1))
    return bool(
        np.allclose(observed[:-5], _computed((_W1, _B1, _W2, _B2)).ravel(), rtol=1e-6, atol=1e-9)
        and np.isclose(observed[-1], lowest, rtol=1e-6)
    )


def _ratio(w1: Array, w2: Array) -> Array:
    return np.asarray(np.linalg.norm(w2, axis=1) / np.linalg.norm(w1, axis=0))


def _halved(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    return w1 / 2, b1 / 2, w2 / 2, b2 / 4


def _one_factor(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    s = np.sqrt(np.linalg.norm(w2) / np.linalg.norm(w1))
    return w1 * s, b1 * s, w2 / s, b2


def _biases_left(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    s = np.sqrt(_ratio(w1, w2))
    return w1 * s, b1, w2 / s[:, None], b2


def _no_root(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    s = _ratio(w1, w2)
    return w1 * s, b1 * s, w2 / s[:, None], b2


def _ratio_upside_down(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    s = 1 / np.sqrt(_ratio(w1, w2))
    return w1 * s, b1 * s, w2 / s[:, None], b2


def _second_left(w1: Array, b1: Array, w2: Array, b2: Array) -> Network:
    s = np.sqrt(_ratio(w1, w2))
    return w1 * s, b1 * s, w2, b2


TWIN = Exercise(
    observe=_twin,
    right=_is_the_shortest_twin,
    mistakes=(
        Mistake("the network as it is", lambda w1, b1, w2, b2: (w1, b1, w2, b2),
                "Not yet: it computes the same, for it is the same. There is a shorter one."),
        Mistake("everything is made smaller", _halved,
                "Not yet: shorter, and with the same decisions. But all scores are smaller now: that is a temperature. "
                "What one kernel loses, the other has to get back."),
        Mistake("one factor for all units", _one_factor,
                "Not yet: the same scores, and shorter than before, but not the shortest. Each hidden unit may have a "
                "factor of its own."),
        Mistake("the biases are left", _biases_left,
                "Not yet: the lengths are right. But the scores changed: the bias of a hidden unit is multiplied along "
                "with its weights."),
        Mistake("the root is forgotten", _no_root,
                "Not yet: the same scores, but each unit's ratio of lengths is now the other way round. Go half of "
                "that way: a factor that is multiplied and divided by counts twice."),
        Mistake("the ratio is upside down", _ratio_upside_down,
                "Not yet: the same scores, but longer than before. A unit with long weights going in has to get "
                "shorter ones there, and you made them longer still."),
        Mistake("only one kernel", _second_left,
                "Not yet: you scaled what goes into the hidden units, and not what comes out of them."),
    ),
    otherwise="Not yet: for one hidden unit with length a going in and b coming out, find the factor s for which "
    "(a s)² + (b / s)² is smallest.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: SHRINK, 2: STEP, 3: CHOOSE, 4: STRENGTH, 5: TWIN}
