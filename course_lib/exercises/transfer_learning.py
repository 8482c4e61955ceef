"""Exercises of the lecture "Transfer learning"."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: a transplant that leaves the old network alone -------------------------------------------------------

_draw = np.random.default_rng(31)
_SHAPES = ((3, 4), (4,), (4, 2), (2,), (2, 5), (5,))
_OLD = [_draw.normal(size=shape) for shape in _SHAPES]
_HEAD = [_draw.normal(size=(2, 3)), _draw.normal(size=3)]


def _transplanted(answer: Any) -> tuple[str, Array]:
    """The shapes and numbers of the new network; then the old one's numbers after the new one has been trained."""
    old = SimpleNamespace(weights=[w.copy() for w in _OLD])
    new = a_function(answer)(old, _HEAD)
    if not isinstance(new, list) or not all(isinstance(w, np.ndarray) for w in new):
        raise Refused("The function returns a list of arrays: kernel, bias, kernel, bias, …")
    arrays = [an_array(w, w.shape) for w in new]
    for w in new:
        if w.flags.writeable:
            w += 1.0  # what training does: in place
    numbers = [*arrays, *old.weights]
    return str([w.shape for w in arrays]), np.concatenate([w.ravel() for w in numbers])


def _is_transplant(observed: tuple[str, Array]) -> bool:
    shapes, numbers = observed
    new = [*_OLD[:-2], *_HEAD]
    expected = np.concatenate([w.ravel() for w in (*new, *_OLD)])
    return shapes == str([w.shape for w in new]) and numbers.shape == expected.shape and np.allclose(numbers, expected)


def _shared(old: Any, head: list[Array]) -> list[Array]:
    return list(old.weights[:-2] + head)


def _bias_left(old: Any, head: list[Array]) -> list[Array]:
    return [w.copy() for w in old.weights[:-1]] + head


def _old_head_kept(old: Any, head: list[Array]) -> list[Array]:
    return [w.copy() for w in old.weights] + head


def _cloned(old: Any, head: list[Array]) -> list[Array]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=w.shape) for w in old.weights[:-2]] + head


def _too_deep(old: Any, head: list[Array]) -> list[Array]:
    return [w.copy() for w in old.weights[:-4]] + head


TRANSPLANT = Exercise(
    observe=_transplanted,
    right=_is_transplant,
    mistakes=(
        Mistake("layers are shared", _shared,
                "Not yet: the new network is right, but its base is made of the old one's own arrays. When the new one "
                "was trained in place, the old one changed with it. A new list alone does not help."),
        Mistake("the bias alone is left behind", _bias_left,
                "Not yet: a layer is a kernel and a bias. You left one array behind; the old head has two."),
        Mistake("the old head stays", _old_head_kept,
                "Not yet: the old head is still there, and the new one sits on top of its scores."),
        Mistake("fresh weights, as clone_model draws them", _cloned,
                "Not yet: the shapes are right, but the base has new random numbers: a clone of the architecture. What "
                "was learned stayed behind."),
        Mistake("two layers are left behind", _too_deep,
                "Not yet: you left two layers behind. Only the last one gives scores for the old classes."),
    ),
    otherwise="Not yet: all arrays of the old network but the last layer's kernel and bias, as copies, then the head.",
)  # fmt: skip

# 2. Lines to put in order: fine-tuning in two stages ---------------------------------------------------------------

LETTERS = "ABCDEFG"
_RULES = {"A": "B", "D": "B", "F": "AD", "C": "F", "G": "F", "E": "CG"}
"""What each line needs before it. B: transplant, D: freeze, A: compile, F: fit; then C: thaw, G: compile, E: fit."""


def _is_in_order(order: str) -> bool:
    return all(order.index(first) < order.index(then) for then, firsts in _RULES.items() for first in firsts)


STAGES = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_in_order,
    mistakes=(
        Mistake("thawed without a new compile", "BDAFCEG",
                "Not yet: you thaw, and fit at once. A model that was trained goes on as it was compiled: the base "
                "would stay frozen, at the old rate."),
        Mistake("frozen after the head has learned", "BAFDCGE",
                "Not yet: nothing is frozen when the first `fit` comes, so the random head reaches the base."),
        Mistake("thawed before the head has learned", "BDCAFGE",
                "Not yet: you thaw what you have just frozen, before the head has learned anything."),
        Mistake("all first, the head alone afterwards", "BCGEDAF",
                "Not yet: all layers learn first here, while the head is still random. What should have protected the "
                "base comes too late."),
        Mistake("rates exchanged", "BDGFCAE",
                "Not yet: the order is right, the rates are not. The head alone bears the larger one; then all layers "
                "get a tenth of it."),
        Mistake("epochs exchanged", "BDAECGF",
                "Not yet: the order is right, the epochs are not: 5 for the head alone, 20 for all."),
        Mistake("trained before it is built", "DABFCGE",
                "Not yet: you freeze and compile a model that nobody has built yet."),
    ),
    otherwise="Not yet: build; freeze and compile; fit. Then thaw and compile anew; fit again.",
)  # fmt: skip

# 3. A number: what a start is worth in examples --------------------------------------------------------------------

_FEATURES, _EXAMPLES, _NEAR = 200, 80, 0.25


def _is_worth(more: float) -> bool:
    """From scratch, with so many examples more, the error is that of the near start."""
    left_near = (1 - _EXAMPLES / _FEATURES) * _NEAR
    return bool(np.isclose(1 - (_EXAMPLES + more) / _FEATURES, left_near, atol=1e-9))


WORTH = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_worth,
    mistakes=(
        Mistake("all examples, not those in addition", 170,
                "Not yet: so many examples training from scratch needs in all. How many more than 80 is that?"),
        Mistake("a quarter of the distance, four times the examples", 240,
                "Not yet: the error does not fall like one over n. It falls on a straight line, and 200 examples "
                "settle everything."),
        Mistake("the distance for its square", 60,
                "Not yet: you took a root. The given numbers are squared distances already."),
        Mistake("the start alone, and all examples", 150,
                "Not yet: with 150 examples scratch is where the near start begins. What do its own 80 examples do to "
                "the near start? And how many *more* than 80 is it?"),
        Mistake("the near start does not learn", 70,
                "Not yet: scratch would then be where the near start begins. The 80 examples shrink its error too."),
        Mistake("the share that is learned for the one that is left", 100,
                "Not yet: 0.4 of the near start's error is what 80 examples take away. How much do they leave?"),
        Mistake("nothing: only the share n / d counts", 0,
                "Not yet: both lose the same share. But they begin at different errors."),
    ),
    otherwise="Not yet: (1 - n / d) times the squared distance, once for the near start with 80 examples, once for "
    "scratch with the number that you look for.",
)  # fmt: skip

# 4. A planted bug: the base is fed as it was not trained -----------------------------------------------------------

_PIXELS = np.random.default_rng(32).integers(0, 256, (6, 4)).astype(np.float64)
_PIXELS[3:] *= 0.4  # dark pictures
_A_MEAN, _A_STD = 0.3, 0.35


def _prepared(answer: Any) -> Array:
    """What is made of six pictures at once, and of the last three by themselves."""
    f = a_function(answer)
    parts = (_PIXELS, _PIXELS[3:])
    return np.concatenate([an_array(f(pixels, _A_MEAN, _A_STD), pixels.shape) for pixels in parts])


def _is_as_in_a(observed: Array) -> bool:
    expected = (_PIXELS / 255 - _A_MEAN) / _A_STD
    return bool(np.allclose(observed, np.concatenate([expected, expected[3:]])))


def _own_statistics(pixels: Array, mean: float, std: float) -> Array:
    x = pixels / 255
    return np.asarray((x - x.mean()) / x.std())


def _not_scaled(pixels: Array, mean: float, std: float) -> Array:
    return np.asarray((pixels - mean) / std)


def _only_scaled(pixels: Array, mean: float, std: float) -> Array:
    return np.asarray(pixels / 255)


def _own_mean(pixels: Array, mean: float, std: float) -> Array:
    x = pixels / 255
    return np.asarray((x - x.mean()) / std)


def _largest(pixels: Array, mean: float, std: float) -> Array:
    return np.asarray((pixels / pixels.max() - mean) / std)


def _each_by_its_own(pixels: Array, mean: float, std: float) -> Array:
    x = pixels / 255
    return np.asarray((x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True))


def _not_divided(pixels: Array, mean: float, std: float) -> Array:
    return np.asarray(pixels / 255 - mean)


PREPARE = Exercise(
    observe=_prepared,
    right=_is_as_in_a,
    mistakes=(
        Mistake("mean and deviation of B's own pictures", _own_statistics,
                "Not yet: the bug is still there. The same picture becomes other numbers, depending on the pictures "
                "beside it; and the base never saw such numbers."),
        Mistake("each picture by its own mean and deviation", _each_by_its_own,
                "Not yet: now no picture depends on those beside it. But a dark one becomes as bright as the others, "
                "and the base was trained on A's mean and deviation."),
        Mistake("pixels up to 255", _not_scaled,
                "Not yet: A's mean and deviation are those of pixels from 0 to 1. Yours go up to 255."),
        Mistake("scaled only", _only_scaled,
                "Not yet: from 0 to 1, but the base was trained on standardized numbers."),
        Mistake("A's deviation, B's mean", _own_mean,
                "Not yet: the deviation is A's now, the mean still is that of the pictures at hand."),
        Mistake("divided by the largest pixel at hand", _largest,
                "Not yet: you divide by the largest pixel that happens to be there. Dark pictures become bright."),
        Mistake("the deviation is forgotten", _not_divided,
                "Not yet: the mean is subtracted, but nobody divides by the deviation."),
    ),
    otherwise="Not yet: do to each picture exactly what was done to the pictures of A, with A's numbers.",
)  # fmt: skip

# 5. Open: will a frozen base do? ------------------------------------------------------------------------------------


def _cases() -> list[tuple[Array, NDArray[np.int64]]]:
    """Features and labels of four bases, 120 examples each: bad, fair, good, and many units that say nothing."""
    rng = np.random.default_rng(33)
    y = np.tile([0, 1], 60)
    sign = (2 * y - 1)[:, None]
    loud = 30 * rng.normal(size=(120, 6)) + 3 * sign * np.eye(6)[0]  # a large difference of means, and larger noise
    fair = rng.normal(size=(120, 6)) + 0.8 * sign * np.eye(6)[1]
    good = 0.01 * (rng.normal(size=(120, 6)) + 2.5 * sign * np.eye(6)[2])  # small numbers, well apart
    many = rng.normal(size=(120, 150))
    return [(loud, y), (fair, y), (good, y), (many, y)]


_CASES = _cases()


def _scores(answer: Any) -> Array:
    """The score of each base, and of the good one with its numbers times 1,000."""
    f = a_function(answer)
    good, y = _CASES[2]
    return np.array([a_number(f(x.copy(), y.copy())) for x, y in (*_CASES, (1000 * good, y))])


def _ranks_them(scores: Array) -> bool:
    loud, fair, good, many, scaled = scores
    span = good - max(loud, many)
    return bool(good > fair > max(loud, many) and abs(scaled - good) < 0.2 * span)


def _means_apart(features: Array, y: NDArray[np.int64]) -> float:
    return float(np.linalg.norm(features[y == 1].mean(axis=0) - features[y == 0].mean(axis=0)))


def _fit_to_itself(features: Array, y: NDArray[np.int64]) -> float:
    rows = np.column_stack([features, np.ones(len(y))])
    kernel = np.linalg.lstsq(rows, 2.0 * y - 1)[0]
    return float(np.mean((rows @ kernel > 0) == (y == 1)))


def _variance(features: Array, y: NDArray[np.int64]) -> float:
    return float(features.var(axis=0).mean())


def _best_unit(features: Array, y: NDArray[np.int64]) -> float:
    difference = features[y == 1].mean(axis=0) - features[y == 0].mean(axis=0)
    return float(np.abs(difference).max())


def _negative_error(features: Array, y: NDArray[np.int64]) -> float:
    return -_fit_to_itself(features, y)


SCORE = Exercise(
    observe=_scores,
    right=_ranks_them,
    mistakes=(
        Mistake("how far apart the class means are", _means_apart,
                "Not yet: your score is larger for features times 1,000, which a head does not care about. Far apart "
                "compared with what?"),
        Mistake("accuracy on the examples that the head was fitted to", _fit_to_itself,
                "Not yet: with more features than examples a head fits any labels. Your score likes 150 units of noise "
                "best. Judge on examples that the head did not see."),
        Mistake("how much the features vary", _variance,
                "Not yet: you measure how much the features vary, whatever the labels are."),
        Mistake("the largest difference of one unit", _best_unit,
                "Not yet: one unit's difference of means, in its own units: 1,000 times the features, 1,000 times the "
                "score."),
        Mistake("the sign is wrong", _negative_error,
                "Not yet: a better base has to get a larger score."),
    ),
    otherwise="Not yet: larger for features with which a head is right on examples that it did not see; the same for "
    "features times 1,000.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: TRANSPLANT, 2: STAGES, 3: WORTH, 4: PREPARE, 5: SCORE}
