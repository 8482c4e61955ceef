"""Exercises of the lecture "Learning rates"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, an_array, an_order
from course_lib.noisy_bowl import best_rate, mean_square
from course_lib.schedules import cosine, linear, piecewise, power

Array = NDArray[np.float64]

# 1. One hole: a schedule that Keras calls with the rate as it is ------------------------------------------------------

_EPOCHS = 40


def _as_keras_calls(answer: Any) -> Array:
    """The rates of the epochs, in units of the first, when each call is given what the one before gave back."""
    schedule, rates = a_function(answer), [0.001]
    for epoch in range(_EPOCHS):
        rates.append(float(an_array(schedule(epoch, rates[-1]), ())))
    return np.array(rates[1:]) / 0.001


def _decays(rates: Array) -> bool:
    flat, falling = rates[:10], rates[9:]
    return bool(np.allclose(flat, 1) and np.allclose(falling[1:] / falling[:-1], math.exp(-0.1), rtol=1e-5))


def _flat_then(later: Any) -> Any:
    return lambda epoch, lr: 0.001 if epoch < 10 else later(epoch, lr)


SCHEDULER = Exercise(
    observe=_as_keras_calls,
    right=_decays,
    mistakes=(
        Mistake("it compounds", _flat_then(lambda epoch, lr: lr * np.exp(-0.1 * epoch)),
                "Not yet: lr is the rate of the epoch before, with all its factors. You multiply all of them in again. "
                "Print the rate of epoch 20."),
        Mistake("it compounds from epoch 10 on", _flat_then(lambda epoch, lr: lr * np.exp(-0.1 * (epoch - 9))),
                "Not yet: epoch 10 is right, but epoch 11 gets two factors on top of the one that lr holds."),
        Mistake("epochs are counted from 0", _flat_then(lambda epoch, lr: 0.001 * np.exp(-0.1 * epoch)),
                "Not yet: from epoch 9 to epoch 10 your rate jumps to about a third. How many factors are due in "
                "epoch 10?"),
        Mistake("one epoch late", _flat_then(lambda epoch, lr: 0.001 * np.exp(-0.1 * (epoch - 10))),
                "Not yet: your epoch 10 still has the full rate. The first factor is due in epoch 10."),
        Mistake("one cut, and no more", _flat_then(lambda epoch, lr: 0.001 * np.exp(-0.1)),
                "Not yet: your rate is cut once and then stays. What does Keras hand over as lr?"),
        Mistake("0.9 for the exponential", _flat_then(lambda epoch, lr: 0.9 * lr),
                "Not yet: 0.9 is near the factor, and after thirty epochs the difference is visible."),
        Mistake("the exponent has no sign", _flat_then(lambda epoch, lr: lr * np.exp(0.1)),
                "Not yet: your rate grows."),
    ),
    otherwise="Not yet: print the rates of the epochs 9, 10 and 11, each call with what the one before gave back. The "
    "quotient of two that follow one another has to be the same from epoch 10 on.",
)  # fmt: skip

# 2. Lines to put in order: a range test ------------------------------------------------------------------------------

LETTERS = "ABCDEFG"


def _tests_a_range(order: str) -> bool:
    """Weights kept and an empty list; then rate and loss, in either order, before the step; then the way back."""
    once, loop, last = set(order[:2]), order[2:6], order[6]
    return once == {"C", "G"} and loop in ("BDAE", "BADE") and last == "F"


RANGE = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_tests_a_range,
    mistakes=(
        Mistake("the loss is noted after the step", "CGBDEAF",
                "Not yet: you note each loss after the step on the same batch. The network has just been fitted to it, "
                "and the curve flatters."),
        Mistake("the rate is set after the step", "CGBAEDF",
                "Not yet: each step is taken with the rate of the batch before, and the first with whatever rate the "
                "network had."),
        Mistake("the weights are kept after the test", "GBDAECF",
                "Not yet: you keep the weights that the test has ruined, and give these back."),
        Mistake("the way back comes first", "CFGBDAE",
                "Not yet: you go back before you have gone anywhere. After the test the network stays as a rate far "
                "too large left it."),
        Mistake("the list is emptied in the loop", "CBGDAEF",
                "Not yet: the list of losses is emptied at every batch, so that the last one is all you have."),
        Mistake("the weights are kept in the loop", "GBCDAEF",
                "Not yet: you keep the weights anew at every batch, so that you go back by one step only."),
    ),
    otherwise="Not yet: ask of each line whether it is due once or at every batch, and which line needs it.",
)  # fmt: skip

# 3. A planted bug: steps and epochs ----------------------------------------------------------------------------------

_CASES = ((5, 1000, 32), (3, 640, 64), (10, 100, 16))


def _rates_of(answer: Any) -> Array:
    """For each case how many rates there are, and forty of them from the first to the last."""
    seen = []
    for case in _CASES:
        rates = a_function(answer)(*case)
        if np.ndim(rates) != 1 or not np.size(rates):
            raise Refused("The answer returns a row of rates, one for each step.")
        rates = an_array(rates, np.shape(rates))
        at = np.linspace(0, len(rates) - 1, 40).round().astype(int)
        seen.append(np.append(rates[at], len(rates)))
    return np.concatenate(seen)


def _batches(examples: int, batch_size: int) -> int:
    return -(-examples // batch_size)


def _is_cosine(seen: Array) -> bool:
    for (epochs, examples, batch_size), part in zip(_CASES, np.split(seen, len(_CASES)), strict=True):
        n = epochs * _batches(examples, batch_size)
        at = np.linspace(0, n - 1, 40).round()
        # the end may lie at the last step or at the one after it
        if part[-1] != n or not any(np.allclose(part[:-1], 0.05 * (1 + np.cos(np.pi * at / m))) for m in (n, n - 1)):
            return False
    return True


def _of(make: Any) -> Any:
    def rates_of(epochs: int, examples: int, batch_size: int) -> Any:
        batches = _batches(examples, batch_size)
        t = np.arange(epochs * batches)
        return make(t, epochs, batches)

    return rates_of


def _whole_batches_only(epochs: int, examples: int, batch_size: int) -> Any:
    n = epochs * (examples // batch_size)
    return cosine(0.1, n)(np.arange(n))


COSINE = Exercise(
    observe=_rates_of,
    right=_is_cosine,
    mistakes=(
        Mistake("decay_steps is a number of epochs", _of(lambda t, epochs, batches: cosine(0.1, epochs)(t)),
                "Not yet: the bug is still there. After as many steps as there are epochs the rate is 0. What does a "
                "schedule count?"),
        Mistake("decay_steps is the length of one epoch", _of(lambda t, epochs, batches: cosine(0.1, batches)(t)),
                "Not yet: now the rate is 0 after the first epoch. How many steps are there in all?"),
        Mistake("it starts again in every epoch", _of(lambda t, epochs, batches: cosine(0.1, batches)(t % batches)),
                "Not yet: your schedule starts again in every epoch. That is a cosine with restarts."),
        Mistake("one rate for each epoch", _of(lambda t, epochs, batches: cosine(0.1, epochs)(t // batches)),
                "Not yet: your rate stays for a whole epoch. That is a staircase."),
        Mistake("the incomplete batch is left out", _whole_batches_only,
                "Not yet: the number of rates is not the number of steps. The last batch of an epoch may be "
                "incomplete, and is a step like any other."),
        Mistake("one rate for each epoch, and no more", _of(lambda t, epochs, batches: cosine(0.1, epochs)(t[:epochs])),
                "Not yet: you give one rate for each epoch. The training takes one for each step."),
    ),
    otherwise="Not yet: for 5 epochs of 32 batches there are 160 rates; the first is 0.1, the 80th about 0.05, and the "
    "last nearly 0.",
)  # fmt: skip

# 4. Open: beat the cosine in a bowl of three directions ---------------------------------------------------------------

STEPS = 300
_BENDS = np.array([1.0, 0.1, 0.01])


def _loss(rates: Any) -> float:
    """The mean loss after all steps."""
    return float(mean_square(rates, _BENDS, np.sqrt(_BENDS), 1 / _BENDS)[-1] @ _BENDS / 2)


def _end(answer: Any) -> float:
    rates = a_function(answer)(np.arange(STEPS)) if callable(answer) else answer
    rates = an_array(rates, (STEPS,))
    if (rates < 0).any():
        raise Refused("A rate below 0 goes uphill; the answer has 300 rates of at least 0.")
    return min(_loss(rates), 1e300)


def _next_steps() -> Array:
    """The best next step, again and again."""
    m, rates = 1 / _BENDS, []
    for _ in range(STEPS):
        rates.append(best_rate(m, _BENDS, np.sqrt(_BENDS)))
        m = mean_square(rates[-1:], _BENDS, np.sqrt(_BENDS), m)[-1]
    return np.array(rates)


_T = np.arange(STEPS)

BEAT = Exercise(
    observe=_end,
    right=lambda loss: loss < 0.017,
    mistakes=(
        Mistake("best next steps", _next_steps(),
                "Not yet: these are the best next steps. The flat direction has hardly moved: see what the third "
                "component of mean_square says."),
        Mistake("best in one direction", power(0.5, 2)(_T),
                "Not yet: this power schedule is the best one for a single direction. Here it leaves the flat one "
                "where it was."),
        Mistake("a cosine", cosine(1.9, STEPS)(_T),
                "Not yet: that is a cosine. Its rate leaves the top too early for the flat direction, and stays too "
                "long in the middle."),
        Mistake("a line", linear(1.7, STEPS, 0.0)(_T),
                "Not yet: a straight line spends as long on every rate. Which rates does nobody need?"),
        Mistake("a cut at the end", piecewise([270], [1.0, 0.1])(_T),
                "Not yet: after the cut the floor of the small rate is what remains. One cut is not enough."),
        Mistake("high to the end", np.full(STEPS, 1.9),
                "Not yet: the flat direction is done, and the steep one still rattles. The end is for noise."),
        Mistake("beyond the edge", np.full(STEPS, 2.1),
                "Not yet: beyond the edge of the steepest direction the loss grows without end."),
    ),
    otherwise="Not yet: look at the three components of mean_square at the end. Where the flat one is large, stay high "
    "for longer; where the steep one is, end lower.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: SCHEDULER, 2: RANGE, 3: COSINE, 4: BEAT}
