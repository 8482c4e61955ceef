"""Exercises of the lecture "An optimizer race"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order
from course_lib.optimizers import descend
from course_lib.test_functions import TEST_FUNCTIONS

Array = NDArray[np.float64]

# 1. One hole: half of the gradient of another test function ------------------------------------------------------

_himmelblau = TEST_FUNCTIONS["himmelblau"]
_PROBES = np.array([[1.0, 2.0], [-0.5, 3.0], [2.5, -1.5], [0.0, 0.0]])


def _slopes(answer: Any) -> Array:
    x, y = _PROBES.T
    return an_array(a_function(answer)(x, y), x.shape)


def _is_slope(slopes: Array) -> bool:
    h = np.array([0.0, 1e-6])
    up, down = _PROBES + h, _PROBES - h
    return bool(np.allclose(slopes, (_himmelblau.value(up) - _himmelblau.value(down)) / 2e-6, rtol=1e-5, atol=1e-5))


def _brackets(x: Array, y: Array) -> tuple[Array, Array]:
    return x**2 + y - 11, x + y**2 - 7


def _no_inner(x: Array, y: Array) -> Array:
    a, b = _brackets(x, y)
    return 2 * a + 2 * b


def _for_x(x: Array, y: Array) -> Array:
    a, b = _brackets(x, y)
    return 4 * x * a + 2 * b


def _no_square(x: Array, y: Array) -> Array:
    a, b = _brackets(x, y)
    return a + 2 * y * b


def _downhill(x: Array, y: Array) -> Array:
    a, b = _brackets(x, y)
    return -2 * a - 4 * y * b


GRADIENT = Exercise(
    observe=_slopes,
    right=_is_slope,
    mistakes=(
        Mistake("the inner derivative is left out", _no_inner,
                "Not yet: you differentiated the squares, but not what is inside of them. How does b change with y?"),
        Mistake("the derivative for x", _for_x,
                "Not yet: that is the slope in x. The hole is the slope in y: hold x fixed."),
        Mistake("the factor of the square is left out", _no_square,
                "Not yet: the derivative of a square is two times what is squared, times the inner derivative."),
        Mistake("the downhill direction", _downhill,
                "Not yet: the sign is turned. A gradient points uphill; the optimizer subtracts it."),
    ),
    otherwise="Not yet: compare with (f(x, y + h) - f(x, y - h)) / 2h for a small h, at a point of your choice.",
)  # fmt: skip

# 2. Lines to put in order: a fair tuning -------------------------------------------------------------------------

LETTERS = "ABCDEFG"


def _is_fair(order: str) -> bool:
    """Starts and an empty list, each once; for each rate race, then score; then choose, then race from fresh starts."""
    once, rest = set(order[:2]), order[2:]
    return once == {"D", "F"} and rest == "BGAEC"


TUNING = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_fair,
    mistakes=(
        Mistake("the list is emptied for every rate", "DBFGAEC",
                "Not yet: your list of scores is emptied for every rate, so only the last rate is ever remembered."),
        Mistake("new starts for every rate", "FBDGAEC",
                "Not yet: you draw new starts for every rate. Then a rate can win because it was given easier starts, "
                "and the fresh starts are drawn anew as well."),
        Mistake("the score comes before the race", "DFBAGEC",
                "Not yet: you score before you race, so each score belongs to the rate before it."),
        Mistake("the report comes before the choice", "DFBGACE",
                "Not yet: you report a rate that nobody has chosen yet."),
        Mistake("the choice is made inside of the loop, before the scores", "DFBEGAC",
                "Not yet: you choose before the scores are in."),
    ),
    otherwise="Not yet: ask of each line which names it needs, and whether it has to happen once or once a rate.",
)  # fmt: skip

# 3. A planted bug: who is counted --------------------------------------------------------------------------------

_MINIMUM = np.array([3.0, 0.5])
_ENDS = np.array(
    [[3.0, 0.5], [3.05, 0.5], [2.99, 0.45], [3.0, 1.5], [1.0, 0.5], [-2.0, 1.4], [np.nan, np.nan], [np.inf, -np.inf],
     [np.nan, 0.5], [3.0, np.inf], [3.08, 0.58], [4.0, 0.5]]
)  # fmt: skip


def _share(answer: Any) -> Array:
    with np.errstate(all="ignore"):
        return an_array(a_function(answer)(_ENDS.copy()), ())


def _distances(ends: Array) -> Array:
    return np.asarray(np.hypot(*(ends - _MINIMUM).T))


def _survivors(ends: Array) -> Any:
    return np.mean(_distances(ends[np.isfinite(ends).all(axis=-1)]) < 0.1)


def _nan_is_near(ends: Array) -> Any:
    return 1 - np.mean(_distances(ends) >= 0.1)


def _each_coordinate(ends: Array) -> Any:
    return np.mean(np.abs(ends - _MINIMUM) < 0.1)


def _box(ends: Array) -> Any:
    return np.mean((np.abs(ends - _MINIMUM) < 0.1).all(axis=-1))


def _count(ends: Array) -> Any:
    return np.sum(_distances(ends) < 0.1)


SURVIVORS = Exercise(
    observe=_share,
    right=lambda share: bool(np.isclose(share, np.mean(np.nan_to_num(_distances(_ENDS), nan=np.inf) < 0.1))),
    mistakes=(
        Mistake("survivors only", _survivors,
                "Not yet: the bug is still there. Runs that diverged are dropped before you divide, so an optimizer "
                "gains by blowing up. Whom should the share be a share of?"),
        Mistake("nan counts as near", _nan_is_near,
                "Not yet: now a run that ended in nan counts as arrived: nan >= 0.1 is False, and so is nan < 0.1."),
        Mistake("coordinates instead of runs", _each_coordinate,
                "Not yet: you count coordinates. A run has arrived when both of its coordinates are near at once."),
        Mistake("a square instead of a disk", _box,
                "Not yet: you count a square around the minimum. Its corners are farther away than the tolerance."),
        Mistake("a count", _count, "Not yet: that is how many arrived, not which share."),
    ),
    otherwise="Not yet: try it on three ends, one at the minimum, one far away and one nan: it must give one third.",
)  # fmt: skip

# 4. A number: the edge at another minimum ------------------------------------------------------------------------

_X, _Y = 3.0, 2.0
_HESSIAN = np.array([[12 * _X**2 + 4 * _Y - 42, 4 * _X + 4 * _Y], [4 * _X + 4 * _Y, 12 * _Y**2 + 4 * _X - 26]])
"""Second derivatives of Himmelblau's function at its minimum (3, 2)."""


def _is_edge(rate: float) -> bool:
    """Just below the rate, SGD comes nearer to the minimum; just above, it is driven away."""
    minimum = _himmelblau.minima[0]
    start = minimum + 1e-7 * np.linalg.eigh(_HESSIAN)[1][:, -1]

    def change(factor: float) -> float:
        way = descend("sgd", _himmelblau.gradient, start, 300, factor * rate) - minimum
        return float(np.hypot(*way[-1]) / np.hypot(*way[0]))

    return change(0.99) < 0.1 and change(1.01) > 10


_CURVATURES = np.linalg.eigvalsh(_HESSIAN)

EDGE = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_edge,
    mistakes=(
        Mistake("overshoot is taken for divergence", 1 / _CURVATURES[1],
                "Not yet: from this rate on SGD overshoots the minimum, but it lands nearer than it was. When does it "
                "land farther away?"),
        Mistake("the smallest curvature", 2 / _CURVATURES[0],
                "Not yet: you took the flattest direction. Which direction gives way first?"),
        Mistake("the sum of the curvatures", 2 / _CURVATURES.sum(),
                "Not yet: you took the trace, the sum of both curvatures. Each direction has its own multiplier."),
        Mistake("one axis only", 2 / _HESSIAN[0, 0],
                "Not yet: you took the curvature along x. The steepest direction is no axis here: use eigenvalues."),
    ),
    otherwise="Not yet: the edge is where the multiplier of the steepest direction reaches -1.",
)  # fmt: skip

# 5. Open: a fair race on another function ------------------------------------------------------------------------

RACERS = ("sgd", "nesterov", "adam", "adagrad", "rmsprop")
STEPS = 30


def _starts() -> Array:
    return np.random.default_rng(20).uniform(-5, 5, (200, 2))


def _arrived(name: str, rate: float) -> float:
    """The share of the starts from which the rule ends within 0.1 of one of the four minima."""
    ends = descend(name, _himmelblau.gradient, _starts(), STEPS, rate)[-1]
    distance = np.hypot(*np.moveaxis(ends[:, None] - _himmelblau.minima, -1, 0))
    return float(np.mean((distance < 0.1).any(axis=1)))


def _shares(answer: Any) -> Array:
    if not isinstance(answer, dict) or set(answer) != set(RACERS):
        raise Refused(f"The answer is a dict with one learning rate for each of {', '.join(RACERS)}.")
    return np.array([_arrived(name, a_number(answer[name], 0.0)) for name in RACERS])


def _is_tuned(shares: Array) -> bool:
    """No rule of the answer falls short of the best of 21 rates by more than a tenth of it."""
    best = np.array([max(_arrived(name, rate) for rate in np.logspace(-4, 1, 21)) for name in RACERS])
    return bool((shares >= 0.9 * best).all())


def _all(rate: float) -> dict[str, float]:
    return dict.fromkeys(RACERS, rate)


FAIR = Exercise(
    observe=_shares,
    right=_is_tuned,
    mistakes=(
        Mistake("the rates of the usual race",
                {"sgd": 0.01, "nesterov": 0.001, "adam": 0.1, "adagrad": 0.1, "rmsprop": 0.05},
                "Not yet: these are the rates that somebody chose for Beale's function. On this function at least one "
                "of the five does far better with another rate."),
        Mistake("the defaults", {"sgd": 0.01, "nesterov": 0.01, "adam": 0.001, "adagrad": 0.001, "rmsprop": 0.001},
                "Not yet: these are Keras' defaults. A rule that moves 0.001 a step does not cross this plane in 30."),
        Mistake("one rate for all", _all(0.01),
                "Not yet: one rate for all looks fair, but a rate has another unit in SGD than in Adam."),
        Mistake("one large rate for all", _all(0.1),
                "Not yet: one rate for all looks fair. See who diverged: a rate has another unit in SGD than in Adam."),
    ),
    otherwise="Not yet: at least one of the five does far better with another of 21 rates between 0.0001 and 10. "
    "Print the share of each rule for each rate.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: GRADIENT, 2: TUNING, 3: SURVIVORS, 4: EDGE, 5: FAIR}
