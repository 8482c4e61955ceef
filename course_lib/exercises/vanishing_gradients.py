"""Exercises of the lecture "Vanishing and exploding gradients"."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.activations import sigmoid, sigmoid_derivative
from course_lib.backprop import deltas, forward
from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order
from course_lib.clipping import by_value

Array = NDArray[np.float64]

# 1. One hole: the error of a layer from that of the layer above --------------------------------------------------

_RNG = np.random.default_rng(5)
_SUMS, _ABOVE = _RNG.normal(size=(2, 3, 4))
_KERNEL = _RNG.normal(size=(4, 4))  # square, so that the transposed one fits as well


def _errors(answer: Any) -> Array:
    return an_array(a_function(answer)(_SUMS, _KERNEL, _ABOVE), _SUMS.shape)


def _is_the_slope_of_the_loss(errors: Array) -> bool:
    """Central differences of the loss Σ above · (sigmoid(z) W), which has these errors above."""
    slopes = np.empty_like(_SUMS)
    for place in np.ndindex(_SUMS.shape):
        step = np.zeros_like(_SUMS)
        step[place] = 1e-5
        up, down = (np.sum(_ABOVE * (sigmoid(_SUMS + s * step) @ _KERNEL)) for s in (1, -1))
        slopes[place] = (up - down) / 2e-5
    return bool(np.allclose(errors, slopes, rtol=1e-6, atol=1e-8))


def _no_slope(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return np.asarray(delta_2 @ W_2.T)


def _not_transposed(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return (delta_2 @ W_2) * sigmoid_derivative(z_1)


def _slope_of_the_activation(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return (delta_2 @ W_2.T) * sigmoid_derivative(sigmoid(z_1))


def _activation(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return (delta_2 @ W_2.T) * sigmoid(z_1)


def _slope_before_the_kernel(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return (delta_2 * sigmoid_derivative(z_1)) @ W_2.T


def _quarter(z_1: Array, W_2: Array, delta_2: Array) -> Array:
    return (delta_2 @ W_2.T) / 4


ONE_DOWN = Exercise(
    observe=_errors,
    right=_is_the_slope_of_the_loss,
    mistakes=(
        Mistake("the slope is left out", _no_slope,
                "Not yet: that is the derivative for this layer's activation. Its sum lies one slope farther down."),
        Mistake("the kernel is not transposed", _not_transposed,
                "Not yet: the shapes fit only because this kernel is square. Row i of W_2 holds the weights that lead "
                "from unit i; the error of unit i comes back through these."),
        Mistake("the slope is taken at the activation", _slope_of_the_activation,
                "Not yet: you put the activation into the slope. It takes the weighted sum."),
        Mistake("the activation for its slope", _activation,
                "Not yet: you multiplied by the activation, not by its slope. The activation enters the gradient of "
                "the next kernel."),
        Mistake("the slope before the kernel", _slope_before_the_kernel,
                "Not yet: you took the slopes of this layer before the errors had come down to it. The shapes fit only "
                "because this kernel is square."),
        Mistake("a quarter for the slope", _quarter,
                "Not yet: a quarter is the steepest slope of a logistic unit, at 0. These sums are elsewhere."),
    ),
    otherwise="Not yet: compare with the change of the loss when one number of z_1 is raised by a millionth.",
)  # fmt: skip

# 2. Lines to put in order: one step of SGD, backward --------------------------------------------------------------

ORDER = Exercise(
    observe=lambda answer: an_order(answer, "ABCDE"),
    right=lambda order: order == "CEBAD",
    mistakes=(
        Mistake("the weights change before the error passes", "CEBDA",
                "Not yet: you change the weights, and then pass the error down through the new ones. The gradient is "
                "that of the old ones."),
        Mistake("every layer starts from the output", "ECBAD",
                "Not yet: each layer starts again from the error of the output. It has to start from what the layer "
                "above passed down."),
        Mistake("the error passes before the slope", "CEABD",
                "Not yet: you pass an error down before you have multiplied by the slope of this layer, and with the "
                "delta of the layer above."),
        Mistake("the step comes before its error", "CEDBA",
                "Not yet: the step uses a delta that is not there yet, or that of the layer above."),
    ),
    otherwise="Not yet: ask of each line which names it needs, who makes them, and whether it happens once or once a "
    "layer.",
)  # fmt: skip

# 3. A planted bug: clipping that keeps the direction --------------------------------------------------------------

_LONG = [np.array([[3.0, -4.0], [0.0, 12.0]]), np.array([0.5, -0.25]), np.array([84.0])]
_SHORT = [np.array([0.03, -0.04]), np.array([[0.0]]), np.array([0.02])]
_BOUND = 2.0


def _flat(answer: Any, gradient: list[Array]) -> Array:
    """The clipped gradient as one vector; refuses what is no list of arrays of these shapes."""
    clipped = a_function(answer)(gradient, _BOUND)
    if not isinstance(clipped, list | tuple) or len(clipped) != len(gradient):
        raise Refused(f"Expected a list of {len(gradient)} arrays, as many as went in.")
    return np.concatenate([an_array(part, g.shape).ravel() for part, g in zip(clipped, gradient, strict=True)])


def _clipped(answer: Any) -> tuple[Array, Array, Array]:
    nothing = [np.zeros_like(g) for g in _SHORT]
    with np.errstate(all="ignore"):
        return _flat(answer, _LONG), _flat(answer, _SHORT), _flat(answer, nothing)


def _only_shortened(clipped: tuple[Array, Array, Array]) -> bool:
    long, short, nothing = clipped
    before = np.concatenate([g.ravel() for g in _LONG])
    kept = np.concatenate([g.ravel() for g in _SHORT])
    same_direction = np.allclose(long * np.linalg.norm(before), before * np.linalg.norm(long), rtol=1e-5, atol=1e-6)
    of_length = np.isclose(np.linalg.norm(long), _BOUND, rtol=1e-4)
    return bool(same_direction and of_length and np.allclose(short, kept, rtol=1e-4) and not nothing.any())


def _length(gradient: list[Array]) -> float:
    return float(np.sqrt(sum(np.sum(g**2) for g in gradient)))


def _each_by_itself(gradient: list[Array], c: float) -> list[Array]:
    return [g * min(1.0, c / _length([g])) if _length([g]) > 0 else g for g in gradient]


def _each_value(gradient: list[Array], c: float) -> list[Array]:
    return [by_value(g, c) for g in gradient]


def _always(gradient: list[Array], c: float) -> list[Array]:
    length = _length(gradient)
    return [g * (c / length) if length > 0 else g for g in gradient]


def _sum_of_lengths(gradient: list[Array], c: float) -> list[Array]:
    length = sum(_length([g]) for g in gradient)
    return [g * (c / length) if length > c else g for g in gradient]


def _not_rooted(gradient: list[Array], c: float) -> list[Array]:
    length = _length(gradient) ** 2
    return [g * (c / length) if length > c else g for g in gradient]


CLIP = Exercise(
    observe=_clipped,
    right=_only_shortened,
    mistakes=(
        Mistake("each array by itself", _each_by_itself,
                "Not yet: each array is shortened by a factor of its own, and so the whole is turned."),
        Mistake("by value", _each_value,
                "Not yet: cutting off each number turns the gradient even more. All numbers must share one factor."),
        Mistake("short gradients are stretched", _always,
                "Not yet: the direction is right. But a gradient that is shorter than `bound` is stretched to it: "
                "near a minimum, steps would never become small."),
        Mistake("the sum of the lengths", _sum_of_lengths,
                "Not yet: the direction is right, the length is not. Lengths of parts do not add up to that of the "
                "whole; their squares do."),
        Mistake("the square of the length", _not_rooted,
                "Not yet: the direction is right, the length is not. You divided by the square of the length."),
    ),
    otherwise="Not yet: the result should have the length `bound` and the direction of what went in, or be what went "
    "in if that is shorter; zeros stay zeros.",
)  # fmt: skip

# 4. The formula, solved for the weights ---------------------------------------------------------------------------

_CASES = ((100.0, 1.0), (512.0, 0.5), (64.0, 1 / 16), (1000.0, 0.03))


def _deviations(answer: Any) -> Array:
    function = a_function(answer)
    return np.array([a_number(function(n, q), 0.0) for n, q in _CASES])


def _level(deviations: Array) -> bool:
    n, q = np.transpose(_CASES)
    return bool(np.allclose(np.sqrt(n * q) * deviations, 1, rtol=1e-6))


DEVIATION = Exercise(
    observe=_deviations,
    right=_level,
    mistakes=(
        Mistake("the variance", lambda n, q: 1 / (n * q),
                "Not yet: that is the variance of the weights. The standard deviation was asked for."),
        Mistake("the mean square taken for the slope", lambda n, q: 1 / (np.sqrt(n) * q),
                "Not yet: q already is the mean of a square. You treated it as a slope."),
        Mistake("the slopes are left out", lambda n, q: 1 / np.sqrt(n),
                "Not yet: that keeps a gradient level only where all slopes are 1. Where is q?"),
        Mistake("turned over", lambda n, q: np.sqrt(n * q),
                "Not yet: wider layers need smaller weights. You multiplied where a division belongs."),
        Mistake("the width is not under the root", lambda n, q: 1 / (n * np.sqrt(q)),
                "Not yet: the sum of n independent errors grows like the root of n."),
    ),
    otherwise="Not yet: put your deviation into n · Var(w) · q. It should give 1, for any n and q.",
)  # fmt: skip

# 5. Which signal dies, from two profiles --------------------------------------------------------------------------

_SEEN = (  # what goes into layers 1 and 10; the kernels' gradients there
    ((0.5, 0.5), (2e-8, 1e-3)),
    ((0.4, 0.003), (1e-3, 1e-3)),
    ((0.4, 0.002), (2e-3, 1e-5)),
    ((0.4, 4.0), (2e-4, 1e-3)),
)
_DIES = ("none", "forward", "back", "both")


def _words(answer: Any) -> tuple[str, ...]:
    words = tuple(answer) if isinstance(answer, list | tuple) else ()
    if len(words) != len(_SEEN) or not all(isinstance(word, str) and word.lower().strip() in _DIES for word in words):
        raise Refused('The answer is a list of four words, each of them "forward", "back", "both" or "none".')
    return tuple(word.lower().strip() for word in words)


def _diagnosed(words: tuple[str, ...]) -> bool:
    """A kernel's gradient is what goes in times the error: the ratio of the errors is the quotient of the two."""
    right = []
    for (low, high), (first, last) in _SEEN:
        dies_forward, dies_back = high / low <= 0.1, (first / last) / (low / high) <= 0.1
        right.append(_DIES[dies_forward + 2 * dies_back])
    return words == tuple(right)


DIAGNOSIS = Exercise(
    observe=_words,
    right=_diagnosed,
    mistakes=(
        Mistake("the kernels' gradients taken for the errors", ["back", "forward", "forward", "none"],
                "Not yet: you read the gradients of the kernels as if they were the errors. What else is in them?"),
        Mistake("only the gradients", ["back", "none", "none", "none"],
                "Not yet: you looked at the gradients only. A signal that dies on its way up is not seen there alone."),
        Mistake("only the way forward", ["none", "forward", "forward", "none"],
                "Not yet: you looked at what goes in only. The errors are hidden in the gradients: get them out."),
        Mistake("the two directions exchanged", ["forward", "both", "back", "none"],
                "Not yet: you have the two directions the wrong way round. Forward is from layer 1 to layer 10."),
        Mistake("what goes up counts as trouble", ["back", "both", "forward", "back"],
                "Not yet: in one network you did not divide by what goes in. A small number there makes a small "
                "gradient, with errors of any size."),
        Mistake("every fall forward is a fall back", ["back", "both", "both", "none"],
                "Not yet: where the inputs fall, a level error still makes a gradient that falls. Work out the ratio "
                "of the errors in each network."),
    ),
    otherwise="Not yet: for each network, divide the ratio of the two gradients by the ratio of what goes in. That is "
    "the ratio of the errors.",
)  # fmt: skip

# 6. Open: thirty logistic layers ----------------------------------------------------------------------------------

_LAYERS, _UNITS = 30, 64


@cache
def _attenuation(deviation: float) -> float:
    """Errors of the first layer over those of the last, geometric mean of three networks; 0 or inf where they are."""
    logs = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, back = rng.standard_normal((2, 128, _UNITS))
        kernels = [deviation * rng.standard_normal((_UNITS, _UNITS)) for _ in range(_LAYERS)]
        _, passed = forward(x, kernels, [np.zeros(_UNITS)] * _LAYERS, "sigmoid")
        errors = deltas(passed, kernels, back)
        with np.errstate(all="ignore"):
            first, last = (np.sqrt(np.mean(np.square(error))) for error in (errors[0], errors[-1]))
            logs.append(np.log(first) - np.log(last))
    mean = float(np.mean(logs))
    return float(np.exp(np.clip(mean, -700, 700))) if np.isfinite(mean) else 0.0


def _deviation_and_result(answer: Any) -> tuple[float, float]:
    deviation = a_number(answer, 0.0, 1e6)
    return deviation, _attenuation(deviation)


THIRTY = Exercise(
    observe=_deviation_and_result,
    right=lambda observed: 0.1 < observed[1] < 10,
    mistakes=(
        Mistake("the slopes are taken at 0", 0.5,
                "Not yet: with weights this large the sums leave the neighborhood of 0, so the slopes are below 1/4. "
                "Look at their mean square."),
        Mistake("Glorot's rule", 1 / 8,
                "Not yet: that is Glorot's deviation. It is meant for slopes near 1; here the errors lose a factor of "
                "four in each layer."),
        Mistake("the variance for the deviation", 0.25,
                "Not yet: 16/n is a variance. And its root, 0.5, is not the end of the story either."),
        Mistake("He's rule", float(np.sqrt(2 / 64)),
                "Not yet: He's rule makes up for the half of the slopes that are 0 in ReLU. These units are logistic."),
        Mistake("N(0, 1)", 1.0,
                "Not yet: at width 100 and ten layers this was nearly level. Here the layers are narrower, and thirty "
                "times a little adds up."),
        Mistake("as large as it takes", 4.0,
                "Not yet: now the errors explode on the way back. The slopes fall, but the matrices gain more."),
    ),
    otherwise="Not yet: measure the errors' root mean square in the first and in the last layer, for a list of "
    "deviations between 0.5 and 2.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: ONE_DOWN, 2: ORDER, 3: CLIP, 4: DEVIATION, 5: DIAGNOSIS, 6: THIRTY}
