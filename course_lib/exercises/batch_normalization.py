"""Exercises of the lecture "Batch normalization"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order

Array = NDArray[np.float64]

# 1. One hole: folding the layer into the one before it -----------------------------------------------------------

_draw = np.random.default_rng(23)
_KERNEL, _BIAS = _draw.normal(size=(3, 2)), _draw.normal(size=2)
_LAYER = (np.array([2.0, 0.5]), np.array([0.3, -1.0]), np.array([1.5, -0.7]), np.array([0.2, 3.0]), 0.1)
"""gamma, beta, mean, variance, epsilon."""
_PROBES = np.concatenate([np.zeros((1, 3)), np.eye(3), [[1.0, -2.0, 0.5]]])


def _folded_outputs(answer: Any) -> Array:
    result = a_function(answer)(_KERNEL, _BIAS, *_LAYER)
    if not isinstance(result, tuple) or len(result) != 2:
        raise Refused("The function returns two things: the new kernel and the new bias.")
    kernel, bias = an_array(result[0], _KERNEL.shape), an_array(result[1], _BIAS.shape)
    return np.asarray(_PROBES @ kernel + bias)


def _is_the_same_layer(outputs: Array) -> bool:
    gamma, beta, mean, variance, epsilon = _LAYER
    sums = _PROBES @ _KERNEL + _BIAS
    return bool(np.allclose(outputs, gamma * (sums - mean) / np.sqrt(variance + epsilon) + beta, rtol=1e-6))


def _bias_as_it_was(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, bias + beta - mean * scale


def _no_mean(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, bias * scale + beta


def _beta_inside(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, (bias - mean + beta) * scale


def _epsilon_outside(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / (np.sqrt(variance) + epsilon)
    return kernel * scale, (bias - mean) * scale + beta


def _variance_for_deviation(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / (variance + epsilon)
    return kernel * scale, (bias - mean) * scale + beta


def _bias_alone(
    kernel: Array, bias: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel, (bias - mean) * scale + beta


FOLD = Exercise(
    observe=_folded_outputs,
    right=_is_the_same_layer,
    mistakes=(
        Mistake("the old bias is not scaled", _bias_as_it_was,
                "Not yet: the old bias goes through the normalization as well, so it is scaled too."),
        Mistake("the mean is forgotten", _no_mean,
                "Not yet: your layer scales and shifts, but nobody subtracts the moving mean."),
        Mistake("beta is scaled", _beta_inside,
                "Not yet: beta is added after the scaling, and is not scaled itself."),
        Mistake("epsilon outside of the root", _epsilon_outside,
                "Not yet: epsilon is added to the variance, inside of the root."),
        Mistake("the variance for the deviation", _variance_for_deviation,
                "Not yet: you divide by the variance. The layer divides by its root."),
        Mistake("the kernel as it was", _bias_alone,
                "Not yet: the bias is right, but every input is scaled too: what happens to the kernel?"),
    ),
    otherwise="Not yet: put x @ kernel + bias in the place of x in the formula of inference, and collect what stands "
    "beside x.",
)  # fmt: skip

# 2. Lines to put in order: one step of training ------------------------------------------------------------------

LETTERS = "ABCDEF"
_RULES = {"B": "D", "F": "BD", "A": "F", "E": "BD", "C": "AE"}
"""What each line needs before it. D: m, B: v, F: z, A: y, E: state, C: return."""


def _is_in_order(order: str) -> bool:
    """Statistics, then z and y from them; the state comes in anywhere after the statistics."""
    return all(order.index(first) < order.index(then) for then, firsts in _RULES.items() for first in firsts)


STEP = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_in_order,
    mistakes=(
        Mistake("the variance before the mean", "BDFAEC",
                "Not yet: you take the variance around a mean that nobody has computed."),
        Mistake("scale and shift first", "ADBFEC",
                "Not yet: scale and shift come first here. They act on z, and would be divided away on x."),
        Mistake("the state is moved before the batch was looked at", "EDBFAC",
                "Not yet: the state moves toward the statistics of this batch. Where are they?"),
        Mistake("the state is moved after the return", "DBFACE",
                "Not yet: nothing behind the return is run, so the moving statistics would stay at 0 and 1 forever."),
        Mistake("z before its variance", "DFBAEC",
                "Not yet: you divide by a deviation that nobody has computed."),
    ),
    otherwise="Not yet: ask of each line which names it needs, and which line makes them.",
)  # fmt: skip

# 3. A planted bug: predicting with the batch's own statistics ----------------------------------------------------

_X = np.array([[1.0, 10.0], [2.0, -20.0], [4.0, 5.0], [-3.0, 0.0]])
_GAMMA, _BETA = np.array([2.0, 0.5]), np.array([0.3, -1.0])
_MEAN, _VARIANCE = np.array([0.5, 1.0]), np.array([4.0, 90.0])


def _predictions(answer: Any) -> Array:
    predict = a_function(answer)
    alone = [an_array(predict(x[None], _GAMMA, _BETA, _MEAN, _VARIANCE), (1, 2)) for x in _X]
    return np.concatenate([an_array(predict(_X, _GAMMA, _BETA, _MEAN, _VARIANCE), _X.shape), *alone])


def _is_inference(outputs: Array) -> bool:
    expected = _GAMMA * (_X - _MEAN) / np.sqrt(_VARIANCE + 1e-3) + _BETA
    return bool(np.allclose(outputs, np.concatenate([expected, expected]), rtol=1e-9))


def _batch_statistics(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    return np.asarray(gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3) + beta)


def _moved_first(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    mean = 0.99 * mean + 0.01 * x.mean(axis=0)
    variance = 0.99 * variance + 0.01 * x.var(axis=0)
    return np.asarray(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta)


def _half_mended(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    return np.asarray(gamma * (x - mean) / np.sqrt(x.var(axis=0) + 1e-3) + beta)


def _single_rows_mended(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    if len(x) > 1:
        return _batch_statistics(x, gamma, beta, mean, variance)
    return np.asarray(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta)


def _by_the_variance(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    return np.asarray(gamma * (x - mean) / (variance + 1e-3) + beta)


def _over_features(x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    centered = x - x.mean(axis=1, keepdims=True)
    return np.asarray(gamma * centered / np.sqrt(x.var(axis=1, keepdims=True) + 1e-3) + beta)


ALONE = Exercise(
    observe=_predictions,
    right=_is_inference,
    mistakes=(
        Mistake("training=True at prediction", _batch_statistics,
                "Not yet: the bug is still there. The output for a row depends on the other rows: a single row gives "
                "beta, whatever it holds."),
        Mistake("the moving statistics are moved at prediction", _moved_first,
                "Not yet: you move the statistics toward the batch before you use them, so the others still count a "
                "little. Prediction uses what training left."),
        Mistake("mean mended, variance not", _half_mended,
                "Not yet: the mean is that of training now, the variance is still that of the batch."),
        Mistake("only single rows are mended", _single_rows_mended,
                "Not yet: a row alone is right now. Among others its output still depends on them."),
        Mistake("divided by the variance", _by_the_variance,
                "Not yet: no row depends on another any more, but you divide by the variance and not by its root."),
        Mistake("statistics over the features", _over_features,
                "Not yet: you normalize each row by itself. That is another layer; it was not trained that way."),
    ),
    otherwise="Not yet: predict a row alone, and again among others. Both times it has to give the formula of "
    "inference, with the epsilon of the stub.",
)  # fmt: skip

# 4. A number: when the moving statistics can be trusted ----------------------------------------------------------

_MOMENTUM, _LEFT = 0.9, 0.01


def _is_enough(steps: float) -> bool:
    """After so many steps a hundredth of the start, or less, is left; after one step less, more."""
    if steps != int(steps) or steps > 10_000:
        return False
    left = 1.0
    for _ in range(int(steps) - 1):
        left *= _MOMENTUM
    return left > _LEFT >= left * _MOMENTUM


STEPS = Exercise(
    observe=lambda answer: a_number(answer, 1.0),
    right=_is_enough,
    mistakes=(
        Mistake("PyTorch's momentum for the weight of the old", 2,
                "Not yet: 0.1 to the power of 2 is a hundredth, but in PyTorch momentum is the weight of the new. What "
                "is left for the old?"),
        Mistake("one over one minus momentum", 10,
                "Not yet: 1 / (1 - momentum) steps are the memory's time constant. After them more than a third of "
                "the start is left."),
        Mistake("a tenth for a hundredth", 22,
                "Not yet: after so many steps a tenth of the start is left, not a hundredth."),
        Mistake("the momentum of Keras' default", 459,
                "Not yet: that is for momentum 0.99, Keras' default. Here it is 0.9."),
        Mistake("one step too few", 43,
                "Not yet: after 43 steps a little more than a hundredth is left. Round up."),
    ),
    otherwise="Not yet: a whole number of steps, the first at which the weight of the old state, to this power, is at "
    "most a hundredth.",
)  # fmt: skip

# 5. Open: a normalization that needs no company ------------------------------------------------------------------

_ROWS = np.random.default_rng(24).normal(3.0, 2.0, (5, 40))
_ROWS[2] *= 50


def _normalized(answer: Any) -> Array:
    """What is made of the rows; of one of them alone; of the rows times ten; and of the rows plus seven."""
    f = a_function(answer)
    together = an_array(f(_ROWS), _ROWS.shape)
    alone = an_array(f(_ROWS[:1]), (1, _ROWS.shape[1]))
    return np.concatenate([together, alone, an_array(f(10 * _ROWS), _ROWS.shape), an_array(f(_ROWS + 7), _ROWS.shape)])


def _is_company_free(outputs: Array) -> bool:
    together, alone, scaled, shifted = np.split(outputs, [5, 6, 11])
    return bool(
        np.allclose(alone, together[:1], rtol=0, atol=1e-6)
        and np.allclose(together, scaled, rtol=0, atol=1e-2)
        and np.allclose(together, shifted, rtol=0, atol=1e-2)
        and np.allclose(together.mean(axis=1), 0, atol=1e-6)
        and np.allclose(together.std(axis=1), 1, atol=1e-2)
    )


def _over_batch(x: Array) -> Array:
    return np.asarray((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3))


def _over_all(x: Array) -> Array:
    return np.asarray((x - x.mean()) / np.sqrt(x.var() + 1e-3))


def _scale_only(x: Array) -> Array:
    return np.asarray(x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-3))


def _shift_only(x: Array) -> Array:
    return np.asarray(x - x.mean(axis=1, keepdims=True))


def _row_variance(x: Array) -> Array:
    return np.asarray((x - x.mean(axis=1, keepdims=True)) / (x.var(axis=1, keepdims=True) + 1e-3))


LAYER = Exercise(
    observe=_normalized,
    right=_is_company_free,
    mistakes=(
        Mistake("over the batch", _over_batch,
                "Not yet: that is batch normalization: a row's output depends on the other rows."),
        Mistake("over everything", _over_all,
                "Not yet: one mean for the whole array: a row's output still depends on the other rows."),
        Mistake("scale only", _scale_only,
                "Not yet: each row is divided by its size, but its mean is not 0. Many large models do just that; "
                "here a shift shall be invisible too."),
        Mistake("shift only", _shift_only,
                "Not yet: each row has mean 0, but a row that is ten times as large gives ten times as much."),
        Mistake("divided by the variance", _row_variance,
                "Not yet: you divide by the variance of the row. Its deviation is the root."),
    ),
    otherwise="Not yet: each row by itself: mean 0, standard deviation 1, and the same output for the row times ten.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: FOLD, 2: STEP, 3: ALONE, 4: STEPS, 5: LAYER}
