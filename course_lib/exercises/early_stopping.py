"""Exercises of the lecture "Early stopping"."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib import early_stopping
from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]
Losses = NDArray[np.float64]
Pair = tuple[int, int | None]

# 1. One hole: the rule -----------------------------------------------------------------------------------------------

_HISTORIES = (
    ([0.9, 0.7, 0.8, 0.6, 0.7, 0.65, 0.62, 0.5], 3),
    ([0.9, 0.7, 0.8, 0.6, 0.7, 0.65, 0.62, 0.5], 2),
    ([0.9, 0.8, 0.7, 0.6], 1),
    ([0.5, 0.6, 0.4, 0.45, 0.3, 0.35, 0.2, 0.25, 0.22, 0.21], 3),
    ([0.5, 0.5, 0.5, 0.5], 2),
)


def _pairs(answer: Any) -> Array:
    """The epoch that is kept and that of the stop, of each history; -1 for no stop."""
    stop, found = a_function(answer), []
    for losses, patience in _HISTORIES:
        pair = stop(np.array(losses), patience)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise Refused("The function returns two things: the epoch that is kept, and the epoch of the stop or None.")
        kept, last = pair
        found.append(an_array([kept, -1 if last is None else last], (2,)))
    return np.concatenate(found)


def _is_the_rule(pairs: Array) -> bool:
    right = [early_stopping.early_stop(losses, patience) for losses, patience in _HISTORIES]
    return bool(np.array_equal(pairs, np.array([[k, -1 if s is None else s] for k, s in right], float).ravel()))


def _loop(out: Callable[[Losses, int, int, int], bool], give: Callable[[int, int], Pair]) -> Callable[..., Pair]:
    """The loop of the exercise with something in its hole."""

    def stop(losses: Losses, patience: int) -> Pair:
        best = 0
        for i in range(1, len(losses)):
            if losses[i] < losses[best]:
                best = i
            elif out(losses, i, best, patience):
                return give(best, i)
        return best, None

    return stop


def _has_waited(losses: Losses, i: int, best: int, patience: int) -> bool:
    return i - best >= patience


def _all_failures(losses: Losses, patience: int) -> Pair:
    best, failures = 0, 0
    for i in range(1, len(losses)):
        if losses[i] < losses[best]:
            best = i
        else:
            failures += 1
            if failures >= patience:
                return best, i
    return best, None


RULE = Exercise(
    observe=_pairs,
    right=_is_the_rule,
    mistakes=(
        Mistake("one epoch too long", _loop(lambda losses, i, best, patience: i - best > patience, lambda b, i: (b, i)),
                "Not yet: you wait one epoch longer than patience says. With patience 1, the first epoch without "
                "improvement is one too many."),
        Mistake("the last weights are kept", _loop(_has_waited, lambda b, i: (i, i)),
                "Not yet: you stop in time, but keep the weights of the last epoch, which is patience epochs past the "
                "best."),
        Mistake("the first rise", _loop(lambda losses, i, best, patience: bool(losses[i] > losses[i - 1]),
                                        lambda b, i: (b, i)),
                "Not yet: you stop at the first loss that is above the one before it. Where is patience in that?"),
        Mistake("all failures are counted", _all_failures,
                "Not yet: you count all epochs without improvement since the start. An improvement starts the wait "
                "anew."),
        Mistake("epochs since the start", _loop(lambda losses, i, best, patience: i >= patience, lambda b, i: (b, i)),
                "Not yet: you count epochs since the start of training, not since the best one."),
        Mistake("the two exchanged", _loop(_has_waited, lambda b, i: (i, b)),
                "Not yet: the two numbers are the right ones, in the wrong order: first the epoch that is kept."),
    ),
    otherwise="Not yet: take the losses 0.9, 0.7, 0.8, 0.6, 0.7, 0.65, 0.62 with patience 3. Which epoch is the best, "
    "and how many are there after it?",
)  # fmt: skip

# 2. Lines to put in order: a loop that stops and gives back ----------------------------------------------------------

LETTERS = "ABCDEFGH"

LOOP = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=lambda order: order in ("BHCEFGAD", "BHACEFGD"),  # asked at the end of an epoch, or before the next
    mistakes=(
        Mistake("the loss is measured before the epoch", "BHECFGAD",
                "Not yet: you measure the loss, train another epoch, and keep the weights after it. The loss and the "
                "weights that you keep are one epoch apart."),
        Mistake("the best is forgotten in every epoch", "HBCEFGAD",
                "Not yet: best and wait are set back at the start of every epoch, so that every epoch is the best."),
        Mistake("weights are given back first", "DBHCEFGA",
                "Not yet: you give weights back before any are kept. After the loop the network has the last ones."),
        Mistake("else before its if", "BHCEGFAD",
                "Not yet: an else comes right after the lines of its if."),
        Mistake("asked before the loss is judged", "BHCEAFGD",
                "Not yet: you ask whether patience has run out before you have judged the loss of this epoch, and so "
                "train one epoch too many."),
        Mistake("break after the loop", "BHCEFGDA",
                "Not yet: the line that leaves the loop stands after it, where there is nothing to leave."),
    ),
    otherwise="Not yet: what is needed once stands before the loop, what gives back stands after it. In the loop: "
    "train, measure, judge, and ask whether to go on.",
)  # fmt: skip

# 3. A planted bug: the kept weights go on training -------------------------------------------------------------------

_START = np.array([0.0, 0.0])
_FITTED, _TRUE = np.array([4.0, -3.0]), np.array([2.0, -1.2])


def _slope(w: Array) -> Array:
    return np.asarray((w - _FITTED) * (1.0, 0.7))


def _valid_loss(w: Array) -> float:
    """Lowest on the way, with a bump before it: who stops at the first rise gets something else."""
    return float(((w - _TRUE) ** 2).sum() + 3 * np.exp(-((w[0] - 0.76) ** 2) / 0.005))


def _kept(answer: Any) -> Array:
    return an_array(a_function(answer)(_START.copy(), _slope, _valid_loss, 40), (2,))


def _walk(steps: int) -> list[Array]:
    way = [_START.copy()]
    for _ in range(steps):
        way.append(way[-1] - 0.1 * _slope(way[-1]))
    return way


def _is_the_best_on_the_way(w: Array) -> bool:
    return bool(np.allclose(w, min(_walk(40), key=_valid_loss), rtol=1e-9))


def _same_array(w: Array, gradient: Any, loss: Any, steps: int) -> Array:
    best, kept = loss(w), w
    for _ in range(steps):
        w -= 0.1 * gradient(w)
        if loss(w) < best:
            best, kept = loss(w), w
    return kept


def _before_the_step(w: Array, gradient: Any, loss: Any, steps: int) -> Array:
    best, kept = loss(w), w.copy()
    for _ in range(steps):
        before = w.copy()
        w = w - 0.1 * gradient(w)
        if loss(w) < best:
            best, kept = loss(w), before
    return kept


def _first_only(w: Array, gradient: Any, loss: Any, steps: int) -> Array:
    best, kept = loss(w), w.copy()
    for _ in range(steps):
        w -= 0.1 * gradient(w)
        best = min(best, loss(w))
    return kept


def _until_it_rises(w: Array, gradient: Any, loss: Any, steps: int) -> Array:
    way = [w]
    for _ in range(steps):
        way.append(way[-1] - 0.1 * gradient(way[-1]))
    return way[[loss(after) > loss(before) for before, after in pairwise(way)].index(True)]


COPY = Exercise(
    observe=_kept,
    right=_is_the_best_on_the_way,
    mistakes=(
        Mistake("kept is the array that is trained", _same_array,
                "Not yet: the bug is still there. kept and w are two names of one array, and `-=` writes into it."),
        Mistake("the weights before the step", _before_the_step,
                "Not yet: now kept is an array of its own, but holds the weights before the step. The loss was "
                "measured after it."),
        Mistake("only the first weights are kept", _first_only,
                "Not yet: the first weights are copied, but no better ones after them."),
        Mistake("the first rise ends it", _until_it_rises,
                "Not yet: you stop at the first rise. The loss has a bump on the way, and is lowest after it."),
    ),
    otherwise="Not yet: print loss(kept) and best at the end. They should be the same number.",
)  # fmt: skip

# 4. A number: when to stop in one direction --------------------------------------------------------------------------

_STEP, _NOISE = 0.1, 0.5


def _is_the_best_step(steps: float) -> bool:
    errors = early_stopping.expected_error(early_stopping.learned(1.0, _STEP, np.arange(200)), 1.0, _NOISE)
    return steps == int(errors.argmin())


STEPS = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_the_best_step,
    mistakes=(
        Mistake("noise instead of its square", 10,
                "Not yet: 10 steps learn two thirds. You took the noise for its square."),
        Mistake("the share of the noise", 2,
                "Not yet: 2 steps learn a fifth, which is the share of the noise. The share of the truth is to be "
                "learned."),
        Mistake("half of the way", 7,
                "Not yet: half of the way is right where truth and noise are equal. Here the truth is larger."),
        Mistake("nine tenths", 22,
                "Not yet: 22 steps learn nine tenths. That is more than the share of the truth."),
        Mistake("rounded up", 16,
                "Not yet: 16 comes of exp(-0.1 t) in the place of 0.9^t, or of rounding up. Compare the errors of the "
                "whole numbers beside the exact one."),
        Mistake("as far as it goes", 44,
                "Not yet: 44 steps learn 99 of 100 parts, and with them the noise."),
    ),
    otherwise="Not yet: which share should be learned? And after how many steps is 0.9 to their power what is left?",
)  # fmt: skip

# 5. Open: choosing the epoch of a noisy curve ------------------------------------------------------------------------

_EPOCHS = np.arange(60)
_TRUTH = 0.5 + 0.5 * np.exp(-_EPOCHS / 4) + 0.003 * _EPOCHS
_CURVES = _TRUTH + 0.06 * np.random.default_rng(31).standard_normal((200, 60))


def _choices(answer: Any) -> Array:
    """The epochs that are chosen of 200 curves."""
    choose = a_function(answer)
    chosen = np.array([a_number(choose(curve), 0, len(_EPOCHS) - 1) for curve in _CURVES])
    if (chosen != chosen.astype(int)).any():
        raise Refused("The function returns the index of an epoch, a whole number.")
    return chosen


def _excess(chosen: Array) -> float:
    """How far above the lowest the true loss of the chosen epochs is, on average."""
    return float(_TRUTH[chosen.astype(int)].mean() - _TRUTH.min())


_OF_THE_LOWEST = _excess(_CURVES.argmin(axis=1).astype(float))


def _is_half_as_bad(chosen: Array) -> bool:
    """At most half the excess of the lowest value, and not by an epoch that is known beforehand."""
    return _excess(chosen) <= _OF_THE_LOWEST / 2 and len(set(chosen.tolist())) > 3


def _padded(losses: Losses) -> int:
    return int(np.convolve(losses, np.ones(9) / 9, "same").argmin())


CHOOSE = Exercise(
    observe=_choices,
    right=_is_half_as_bad,
    mistakes=(
        Mistake("the lowest value", lambda losses: int(np.argmin(losses)),
                "Not yet: the lowest value of a noisy curve is where the noise was kindest. Look at its neighbors."),
        Mistake("patience", lambda losses: early_stopping.early_stop(losses, 5)[0],
                "Not yet: patience stops at the first lucky low, often long before the bottom."),
        Mistake("one epoch for all", lambda losses: 16,
                "Not yet: you give the same epoch whatever the curve is. It fits these curves, and no others."),
        Mistake("a mean with zeros at its ends", _padded,
                "Not yet: your mean takes zeros in at both ends of the curve, so that the ends look best. Print the "
                "smoothed curve."),
        Mistake("the first value of a smooth stretch", lambda losses: int(np.argmin([
            losses[i : i + 9].mean() for i in range(len(losses) - 8)])),
                "Not yet: you give the first epoch of the best stretch, which is its edge. Where is its middle?"),
    ),
    otherwise="Not yet: draw a few of the curves, and the mean of each value with its neighbors. A mean of nine has a "
    "third of the noise.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: RULE, 2: LOOP, 3: COPY, 4: STEPS, 5: CHOOSE}
