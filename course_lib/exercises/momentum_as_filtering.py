"""Exercises of the lecture "Momentum as a filter"."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, NotYet, Refused, a_function, a_number, an_array, an_order, unanswered
from course_lib.optimizers import (
    ar1,
    arma,
    descend,
    frequency_response,
    impulse_response,
    no_normalizer,
    parallel,
    rule,
)
from course_lib.optimizers.loop import decay, edge

Array = NDArray[np.float64]

# 1. One hole: the rate in the other form -------------------------------------------------------------------------

_FORMS = ((0.1, 0.9), (0.5, 0.5), (0.02, 0.99))
"""Rates and betas of the form with the factor 1 - beta."""


def _rates(answer: Any) -> Array:
    function = a_function(answer)
    return np.array([an_array(function(rate, beta), ()) for rate, beta in _FORMS])


def _is_same_path(rates: Array) -> bool:
    """Keras' form with these rates goes where the other form went."""
    if (rates < 0).any():
        return False
    for keras_rate, (rate, beta) in zip(rates, _FORMS, strict=True):
        mean = parallel(ar1(beta, unit_dc=True), no_normalizer())
        there = descend(mean, lambda w: w, 1.0, 30, rate)
        here = descend(rule("momentum", momentum=beta), lambda w: w, 1.0, 30, float(keras_rate))
        if not np.allclose(here, there, rtol=1e-6, atol=1e-9):
            return False
    return True


RATE = Exercise(
    observe=_rates,
    right=_is_same_path,
    mistakes=(
        Mistake("a rate is a rate", lambda rate, beta: rate,
                "Not yet: Keras' memory is the sum of the gradients, and not their mean: at one rate its steps are "
                "longer."),
        Mistake("the factor is turned round", lambda rate, beta: rate / (1 - beta),
                "Not yet: the right factor, at the wrong place. Which of the two memories is larger, and what has to "
                "make up for it?"),
        Mistake("beta for 1 - beta", lambda rate, beta: rate * beta,
                "Not yet: beta is the share that is kept. By which factor is the newest gradient multiplied there?"),
        Mistake("divided by beta", lambda rate, beta: rate / beta,
                "Not yet: divided by beta, the rates of the two forms would be alike at 0.99. Put in the gradients "
                "1, 0, 0, … in both forms."),
    ),
    otherwise="Not yet: put the gradients 1, 0, 0, … into both forms and compare the first steps.",
)  # fmt: skip

# 2. Lines to put in order: Nesterov's look-ahead -------------------------------------------------------------------

LETTERS = "ABCDEFG"


def _is_nesterov(order: str) -> bool:
    """Velocity, then in each step: look, measure, renew, move. Only then return."""
    at = [order.index(letter) for letter in "FBECDAG"]
    return at == sorted(at)


ORDER = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_nesterov,
    mistakes=(
        Mistake("the gradient comes before its place", "FBCEDAG",
                "Not yet: you measure the gradient at `ahead` before you know where that is."),
        Mistake("the velocity is emptied in every step", "BFECDAG",
                "Not yet: the velocity is emptied in every step, so nothing is ever remembered."),
        Mistake("the move comes before the gradient", "FBEACDG",
                "Not yet: you move by the old velocity. The new gradient has to be in it."),
        Mistake("the move comes before the new velocity", "FBECADG",
                "Not yet: you measured ahead, and then moved by the velocity that had not heard of it."),
        Mistake("the velocity is renewed before the look", "FBDECAG",
                "Not yet: the velocity is renewed with a gradient of the step before."),
    ),
    otherwise="Not yet: ask of each line which names it needs. Ahead comes first, then what is measured there.",
)  # fmt: skip

# 3. A planted bug: what was divided went back -----------------------------------------------------------------------

_STREAMS = (([1.0] * 6, 0.9), ([1.0, 0.0, 0.0, 4.0, -2.0], 0.5), ([2.0, 3.0], 0.99))


def _means(answer: Any) -> Array:
    function = a_function(answer)
    return np.concatenate([an_array(function(list(gradients), beta), (len(gradients),))
                           for gradients, beta in _STREAMS])  # fmt: skip


def _are_weighted_means(means: Array) -> bool:
    """Each is a mean of the gradients so far, of which each older one counts for beta times as much."""
    expected = []
    for gradients, beta in _STREAMS:
        for t in range(1, len(gradients) + 1):
            expected.append(np.average(gradients[:t], weights=[beta ** (t - 1 - k) for k in range(t)]))
    return bool(np.allclose(means, expected))


def _running(output: Callable[[float, float, int], float], keep: bool = False) -> Callable[..., list[float]]:
    """A running mean whose output is made of (m, beta, t); keep: it is also what is remembered."""

    def running_means(gradients: list[float], beta: float) -> list[float]:
        m, means = 0.0, []
        for t, g in enumerate(gradients, start=1):
            m = beta * m + (1 - beta) * g
            means.append(output(m, beta, t))
            m = means[-1] if keep else m
        return means

    return running_means


MEANS = Exercise(
    observe=_means,
    right=_are_weighted_means,
    mistakes=(
        Mistake("what was divided is kept", _running(lambda m, beta, t: m / (1 - beta**t), keep=True),
                "Not yet: the bug is still there. What is divided in one step is divided again in the next: what goes "
                "back into the memory?"),
        Mistake("divided by 1 - beta", _running(lambda m, beta, t: m / (1 - beta)),
                "Not yet: that makes the first mean right, and all later ones too large: it is the sum. What has come "
                "through after t steps?"),
        Mistake("no division", _running(lambda m, beta, t: m),
                "Not yet: without the division the explosion is gone, and the slow start is back: for a constant 1 the "
                "first mean is 1 - beta."),
        Mistake("t is one too large", _running(lambda m, beta, t: m / (1 - beta ** (t + 1))),
                "Not yet: t is off by one. At t = 1 the memory holds 1 - beta of the gradient."),
    ),
    otherwise="Not yet: for a constant gradient every mean is that constant; for 1, 0, beta = 0.5 it is 1, then 1/3.",
)  # fmt: skip

# 4. A number: momentum's edge ---------------------------------------------------------------------------------------


def _is_edge(rate: float) -> bool:
    """Just below the rate the loop is stable; just above, it is not."""
    below, above = decay(ar1(0.5), [0.999 * rate, 1.001 * rate], 40.0)
    return bool(below < 1 < above)


EDGE = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_edge,
    mistakes=(
        Mistake("SGD's edge", 2 / 40,
                "Not yet: that is SGD's edge. The filter attenuates the alternation that makes SGD diverge."),
        Mistake("the effective rate at SGD's edge", 2 * (1 - 0.5) / 40,
                "Not yet: you kept the effective rate below SGD's edge. At the edge the weight alternates; what is the "
                "filter's gain for that?"),
        Mistake("the rate divided by 1 - beta", 2 / 40 / (1 - 0.5),
                "Not yet: that is the gain for a constant. At the edge the weight alternates."),
        Mistake("multiplied by the gain", 2 / (1 + 0.5) / 40,
                "Not yet: you multiplied by the gain of the alternation instead of dividing. What is attenuated allows "
                "*more*."),
        Mistake("the curvature forgotten", 2 * (1 + 0.5),
                "Not yet: that is the edge for curvature 1."),
        Mistake("Nesterov's edge", 2 * (1 + 0.5) / (1 + 2 * 0.5) / 40,
                "Not yet: that is Nesterov's edge. Plain momentum has another gain for the alternation."),
    ),
    otherwise="Not yet: at the edge the weight alternates. Its steps are 2 long; its slope is 40, of either sign.",
)  # fmt: skip

# 5. Open: a filter of one's own ---------------------------------------------------------------------------------------


def _properties(answer: Any) -> Array:
    """Gain of a constant and of the alternation, variance of white noise, edge."""
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        raise Refused("The answer is a pair: the coefficients b, and the coefficients a, each a list of numbers.")
    if any(unanswered(row) for row in answer):
        raise NotYet
    try:
        part = arma(*answer)
    except (TypeError, ValueError) as error:
        raise Refused(f"`arma` refuses these coefficients: {error}") from None
    constant, alternation = np.abs(frequency_response(part, [0.0, 0.5]))
    return np.array([constant, alternation, np.sum(impulse_response(part, 3000) ** 2), min(edge(part), 1e6)])


def _is_as_asked(properties: Array) -> bool:
    constant, alternation, noise, end = properties
    return bool(abs(constant - 1) < 1e-6 and alternation < 0.01 and noise <= 0.06 and end > 1.5)


_K, _ROOT = math.tan(math.pi / 30), math.sqrt(2)

DESIGN = Exercise(
    observe=_properties,
    right=_is_as_asked,
    mistakes=(
        Mistake("Adam's filter", ([0.1], [1.0, -0.9]),
                "Not yet: that is AR1. It is calm and stable, but lets a twentieth of the alternation through."),
        Mistake("momentum", ([1.0], [1.0, -0.9]),
                "Not yet: that is momentum, whose gain for a constant is 10 and not 1."),
        Mistake("the mean of two", ([0.5, 0.5], [1.0]),
                "Not yet: the mean of two has no alternation left, but half of the noise."),
        Mistake("a long mean", ([0.05] * 20, [1.0]),
                "Not yet: the mean of twenty is calm, but in the loop it diverges early: what leaves it is ten steps "
                "old. Look at its edge."),
        Mistake("Butterworth's filter",
                ([_K**2, 2 * _K**2, _K**2], [1 + _ROOT * _K + _K**2, 2 * _K**2 - 2, 1 - _ROOT * _K + _K**2]),
                "Not yet: as a filter it has all that is asked for. In the loop it turns waves so far that it diverges "
                "early. Look at its edge, and try a lower order."),
    ),
    otherwise="Not yet: print the gain at the frequencies 0 and 0.5, the sum of squares of the impulse response, and "
    "the edge; one of the four is not as asked. Which zero removes an alternation?",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: RATE, 2: ORDER, 3: MEANS, 4: EDGE, 5: DESIGN}
