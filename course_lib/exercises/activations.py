"""Exercises of the lecture "Activations"."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: which units are dead -------------------------------------------------------------------------------

_H = np.array(
    [[0.0, 0.5, 0.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 3.0, 0.0, 1.0], [0.0, 0.2, 1e-4, 0.0, 0.0, 4.0],
     [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
)  # fmt: skip
"""Four pictures, six units: units 0 and 4 are dead, unit 2 hardly ever speaks, and picture 3 silences all."""


def _share_of_dead(answer: Any) -> Array:
    share = a_function(answer)
    return an_array([share(h) for h in (_H, _H[:3], _H[:, 1:])], (3,))


def _counted(shares: Array) -> bool:
    """Two of six units are dead; without the first one it is one of five."""
    return bool(np.allclose(shares, [2 / 6, 2 / 6, 1 / 5]))


DEAD = Exercise(
    observe=_share_of_dead,
    right=_counted,
    mistakes=(
        Mistake("the share of zeros", lambda h: np.mean(h == 0),
                "Not yet: this is the share of zeros. A healthy unit is 0 for about half of the pictures; a dead one "
                "for all of them."),
        Mistake("zero for some picture", lambda h: np.mean((h == 0).any(axis=0)),
                "Not yet: this counts units that are 0 for at least one picture. That is what a ReLU is for."),
        Mistake("the other axis", lambda h: np.mean((h == 0).all(axis=1)),
                "Not yet: this is the share of pictures that silence every unit. Pictures stand along axis 0."),
        Mistake("the share of the living", lambda h: np.mean((h > 0).any(axis=0)),
                "Not yet: this is the share of units that live. You are asked for the others."),
        Mistake("a count", lambda h: np.sum((h == 0).all(axis=0)),
                "Not yet: that is how many units are dead, not which share."),
        Mistake("small counts as dead", lambda h: np.mean(h.mean(axis=0) < 1e-3),
                "Not yet: a unit that speaks softly for one picture has a gradient for that picture: it is alive."),
    ),
    otherwise="Not yet: try it on two units and two pictures: h = [[0, 0], [0, 1]] has one dead unit of two.",
)  # fmt: skip

# 2. Lines to put in order: the constants of SELU from random numbers ---------------------------------------------

SELU = Exercise(
    observe=lambda answer: an_order(answer, "ABCDE"),
    right=lambda order: all(order.index(first) < order.index(then) for first, then in ("BD", "DC", "CA", "AE")),
    mistakes=(
        Mistake("the function before its alpha", "BCDAE",
                "Not yet: you apply the function before you know its alpha."),
        Mistake("the scale before the function", "BDACE",
                "Not yet: you measure the spread of y before there is a y."),
        Mistake("alpha before the numbers", "DBCAE",
                "Not yet: alpha is computed from random numbers that are not drawn yet."),
        Mistake("the scale first of all", "ABDCE",
                "Not yet: which scale is right depends on alpha, and alpha does not depend on the scale: a mean of 0 "
                "stays 0 whatever it is multiplied with."),
        Mistake("returned too early", "BDCEA",
                "Not yet: what stands after return never runs."),
    ),
    otherwise="Not yet: ask of each line which names it needs, and which line makes them.",
)  # fmt: skip

# 3. A planted bug: a branch that nobody chose ---------------------------------------------------------------------

_Z = np.array([-800.0, -30.0, -2.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 2.0, 30.0, 800.0])


class _Watched(np.ndarray[Any, Any]):
    """An array that keeps the largest number that it or what is made of it was raised to."""

    largest: list[float]

    def __array_finalize__(self, made_of: Any) -> None:
        self.largest = getattr(made_of, "largest", [])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(one) for one in inputs]
        if ufunc in (np.exp, np.expm1, np.exp2):
            self.largest.append(float(np.max(plain[0])))
        made = np.asarray(getattr(ufunc, method)(*plain, **options)).view(_Watched)
        made.largest = self.largest
        return made


def _values_and_complaints(answer: Any) -> tuple[Array, float, float]:
    elu = a_function(answer)
    z = _Z.copy().view(_Watched)
    with warnings.catch_warnings(record=True) as heard, np.errstate(over="warn", invalid="warn"):
        warnings.simplefilter("always")
        values = [an_array(elu(z, alpha), z.shape) for alpha in (1.0, 0.5)]
    complaints = float(any(issubclass(one.category, RuntimeWarning) for one in heard))
    return np.array(values), complaints, max([0.0, *z.largest])


def _is_elu(observed: tuple[Array, float, float]) -> bool:
    """Each value by itself; no complaint; and nothing raised to a number whose power has no place in 32 bits."""
    values, complaints, largest = observed
    one_by_one = [[z if z > 0 else alpha * math.expm1(z) for z in _Z] for alpha in (1.0, 0.5)]
    right = bool(np.allclose(values, one_by_one, rtol=1e-9, atol=1e-12))
    return right and not complaints and largest < math.log(float(np.finfo(np.float32).max))


def _both_branches(z: Array, alpha: float) -> Any:
    return np.where(z < 0, alpha * (np.exp(z) - 1), z)


def _silenced(z: Array, alpha: float) -> Any:
    with np.errstate(all="ignore"):
        return _both_branches(z, alpha)


ELU = Exercise(
    observe=_values_and_complaints,
    right=_is_elu,
    mistakes=(
        Mistake("both branches are computed", _both_branches,
                "Not yet: the bug is still there. np.where chooses after both branches were computed for every number, "
                "and exp(800) was one of them."),
        Mistake("silenced", _silenced,
                "Not yet: the overflow still happens, you only told NumPy not to speak of it. In a framework the "
                "gradient would still be nan."),
        Mistake("room for 64 bits only",
                lambda z, alpha: np.where(z < 0, alpha * np.expm1(np.minimum(z, 700)), z),
                "Not yet: exp(700) has a place in 64 bits, and overflows in 32. The branch is never needed for "
                "positive numbers: how large does z have to be in it?"),
        Mistake("the wrong side is cut off", lambda z, alpha: np.where(z < 0, alpha * np.expm1(np.maximum(z, 0)), z),
                "Not yet: all negative numbers became 0, and the overflow is still there. Which side of 0 has to be "
                "cut off?"),
        Mistake("cut off too early", lambda z, alpha: np.where(z < 0, alpha * np.expm1(np.clip(z, -1, 1)), z),
                "Not yet: the exponential is now flat from -1 on. Cut off only what never is chosen."),
        Mistake("the positive side is gone", lambda z, alpha: alpha * np.expm1(np.minimum(z, 0)),
                "Not yet: the exponential is safe, but positive numbers come out as 0."),
        Mistake("of the absolute value", lambda z, alpha: alpha * np.expm1(-np.abs(z)),
                "Not yet: the exponential is safe, but positive numbers take the negative branch too."),
    ),
    otherwise="Not yet: compare with `z if z > 0 else alpha * math.expm1(z)` for single numbers, also at 800.",
)  # fmt: skip

# 4. A number: the rate that kills a unit in one step -------------------------------------------------------------

_W, _B, _X, _Y = 2.0, 1.0, 3.0, 5.0
"""A ReLU unit, the example that it sees, and the target."""


def _after(rate: float) -> tuple[float, float]:
    """Weight and bias after one step down the loss ½ (relu(w x + b) - y)²."""
    error = max(_W * _X + _B, 0.0) - _Y
    return _W - rate * error * _X, _B - rate * error


def _is_edge(rate: float) -> bool:
    """Just above the rate, the unit is 0 for every input from 0 on; just below, it is not."""
    inputs = np.concatenate([np.linspace(0, 20, 201), [1e6]])

    def dead(factor: float) -> bool:
        w, b = _after(factor * rate)
        return bool((w * inputs + b <= 0).all())

    return dead(1 + 1e-6) and not dead(1 - 1e-6)


EDGE = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_edge,
    mistakes=(
        Mistake("the weight alone", 1 / 3,
                "Not yet: from this rate on the weight is negative. But the bias is still positive: the unit speaks "
                "when x is small."),
        Mistake("for its own example only", 0.35,
                "Not yet: from this rate on the unit is 0 for x = 3. Dead means 0 for every x from 0 on."),
        Mistake("overshoot of a linear unit", 0.1,
                "Not yet: at this rate the step lands exactly on the target. Beyond it the unit overshoots the target, "
                "which is 5, not 0."),
        Mistake("divergence of a linear unit", 0.2,
                "Not yet: from this rate on a linear unit diverges. Is the ReLU already silent for every x there?"),
        Mistake("the error is left out", 1.0,
                "Not yet: the bias moves by the rate times the error, and the error is 7 - 5 = 2."),
    ),
    otherwise="Not yet: write down w and b after one step. For every x from 0 on, w x + b has to be at most 0.",
)  # fmt: skip

# 5. Open: a network without its dead units -----------------------------------------------------------------------

_INPUTS = np.array([[1.0, 0.0, 2.0], [-1.0, 1.0, 0.0], [0.5, -2.0, 1.0], [0.0, 1.0, -1.0]])
_KERNEL = np.array([[1.0, -1.0, 0.5, 0.0, 0.2], [0.0, -0.5, 1.0, 0.0, 0.1], [0.0, -1.0, -1.0, 0.0, 0.3]])
_BIAS = np.array([-0.6, -2.5, 0.1, 0.3, -5.0])
_FOLLOWING = np.array([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5], [0.7, 1.1], [4.0, 4.0]])
"""Five units: 1 and 4 are dead, both by their bias alone; 0 and 2 speak for some inputs, and 3 is its bias for all."""


def _what_is_left(answer: Any) -> tuple[Array, float]:
    """The sizes of the three arrays, and how far the outputs are from those of the whole layer."""
    arrays = a_function(answer)(_KERNEL.copy(), _BIAS.copy(), _FOLLOWING.copy(), _INPUTS.copy())
    kernel, bias, following = (np.asarray(one, dtype=np.float64) for one in arrays)
    sizes = an_array([*kernel.shape, *bias.shape, *following.shape], (5,))
    before = np.maximum(_INPUTS @ _KERNEL + _BIAS, 0) @ _FOLLOWING
    if not (kernel.shape[0] == 3 and kernel.shape[1] == len(bias) == len(following) and following.shape[1] == 2):
        return sizes, -1.0
    return sizes, float(np.abs(np.maximum(_INPUTS @ kernel + bias, 0) @ following - before).max())


def _is_smaller(observed: tuple[Array, float]) -> bool:
    sizes, change = observed
    return sizes.tolist() == [3, 3, 3, 3, 2] and 0 <= change < 1e-9


def _kept(kernel: Array, bias: Array, following: Array, alive: NDArray[Any]) -> Any:
    return kernel[:, alive], bias[alive], following[alive]


def _alive(kernel: Array, bias: Array | float, x: Array) -> NDArray[Any]:
    return np.asarray(np.any(x @ kernel + bias > 0, axis=0))


SMALLER = Exercise(
    observe=_what_is_left,
    right=_is_smaller,
    mistakes=(
        Mistake("silent for some", lambda w, b, v, x: _kept(w, b, v, np.all(x @ w + b > 0, axis=0)),
                "Not yet: you keep only units that speak for every row of x. Dead means silent for every row."),
        Mistake("without the bias", lambda w, b, v, x: _kept(w, b, v, _alive(w, 0.0, x)),
                "Not yet: whether a unit speaks depends on its bias, too: look at x @ kernel + bias."),
        Mistake("the dead are kept", lambda w, b, v, x: _kept(w, b, v, ~_alive(w, b, x)),
                "Not yet: you kept the dead and took the living out."),
        Mistake("set to 0", lambda w, b, v, x: (w, b, np.where(_alive(w, b, x)[:, None], v, 0.0)),
                "Not yet: nothing changes, and nothing is saved: the arrays are as large as before."),
        Mistake("the bias is left whole",
                lambda w, b, v, x: (w[:, _alive(w, b, x)], b, v[_alive(w, b, x)]),
                "Not yet: the bias has a number for each unit, so it becomes shorter, too."),
        Mistake("the kernel behind is left whole",
                lambda w, b, v, x: (*_kept(w, b, v, _alive(w, b, x))[:2], v),
                "Not yet: each unit has a row in the kernel of the layer behind it. Those rows go, too."),
    ),
    otherwise="Not yet: kernel[:, alive], bias[alive], and which part of the kernel behind? When is a unit alive?",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: DEAD, 2: SELU, 3: ELU, 4: EDGE, 5: SMALLER}
