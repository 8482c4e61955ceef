"""Activations: what a unit makes of its weighted sum, and the derivative that the gradient is multiplied with.

`ACTIVATIONS[name]` is the pair (function, derivative). All take an array of any shape, of float16, float32 or float64
(integers are refused: TypeError), compute in float64 and give back shape and dtype of x. All but `softmax` act on each
number by itself. None overflows on the way: exponentials are taken of numbers that are not positive only.

At a kink a derivative does not exist; there each function says what it gives, which is what TensorFlow gives.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number
from course_lib._numbers import Array, reals

P = ParamSpec("P")


def _in_float64(formula: Callable[Concatenate[Array, P], Array]) -> Callable[Concatenate[ArrayLike, P], Array]:
    """The formula for arrays of any real dtype: in float64, without warnings, on a copy."""

    @functools.wraps(formula)
    @np.errstate(all="ignore")
    def function(x: ArrayLike, /, *args: P.args, **kwargs: P.kwargs) -> Array:
        array = reals("x", x)
        return np.asarray(formula(array.astype(np.float64), *args, **kwargs), array.dtype)

    return function


@_in_float64
def linear(x: Array) -> Array:
    """No activation: x. Layers without one are together a single linear layer, however many they are."""
    return x


@_in_float64
def linear_derivative(x: Array) -> Array:
    """1."""
    return np.ones_like(x)


@_in_float64
def sigmoid(x: Array) -> Array:
    """The logistic function: 1 / (1 + exp(-x)). Its inverse is the logit, ln(p / (1 - p)).

    >>> sigmoid([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, e) / (1 + e))


@_in_float64
def sigmoid_derivative(x: Array) -> Array:
    """sigmoid(x) · sigmoid(-x): at most ¼, at x = 0."""
    e = np.exp(-np.abs(x))
    return np.asarray(e / (1 + e) ** 2)


@_in_float64
def hard_sigmoid(x: Array, slope: float = 1 / 6) -> Array:
    """A sigmoid of three straight lines: slope · x + ½, clipped to [0, 1].

    Differs from Keras 2, whose slope is 0.2: it ends at ±2.5 instead of ±3. Keras 3 and PyTorch are as here.
    """
    return np.clip(number("slope", slope, 0, np.inf, "()") * x + 0.5, 0.0, 1.0)


@_in_float64
def hard_sigmoid_derivative(x: Array, slope: float = 1 / 6) -> Array:
    """slope where 0 < hard_sigmoid < 1, else 0, also at the two kinks."""
    slope = number("slope", slope, 0, np.inf, "()")
    return np.where(np.abs(x) < 0.5 / slope, slope, 0.0)


@_in_float64
def tanh(x: Array) -> Array:
    """The hyperbolic tangent: 2 · sigmoid(2 x) - 1. Odd, between -1 and 1."""
    return np.tanh(x)


@_in_float64
def tanh_derivative(x: Array) -> Array:
    """1 - tanh(x)² = 4 · sigmoid(2 x) · sigmoid(-2 x), which keeps its digits where tanh is almost 1."""
    e = np.exp(-2 * np.abs(x))
    return np.asarray(4 * e / (1 + e) ** 2)


@_in_float64
def softplus(x: Array) -> Array:
    """A smooth relu: ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(-|x|)).

    >>> softplus([-1e4, 0.0, 1e4]).round(6).tolist()
    [0.0, 0.693147, 10000.0]
    """
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def softplus_derivative(x: ArrayLike) -> Array:
    """The derivative of softplus: sigmoid(x)."""
    return sigmoid(x)


@_in_float64
def relu(x: Array) -> Array:
    """The rectifier: max(x, 0)."""
    return np.maximum(x, 0.0)


@_in_float64
def relu_derivative(x: Array) -> Array:
    """1 for x > 0, else 0, also at the kink."""
    return np.where(x > 0, 1.0, 0.0)


@_in_float64
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """A relu that lets some through: x for x > 0, else negative_slope · x, with negative_slope in [0, inf).

    Differs from PyTorch and JAX, whose slope is 0.01; that of Keras' layer `LeakyReLU` is 0.3, of its function 0.2.
    """
    return np.where(x > 0, x, number("negative_slope", negative_slope, 0, np.inf, "[)") * x)


@_in_float64
def leaky_relu_derivative(x: Array, negative_slope: float = 0.2) -> Array:
    """1 for x > 0, else negative_slope, also at the kink (where JAX has 1)."""
    return np.where(x > 0, 1.0, number("negative_slope", negative_slope, 0, np.inf, "[)"))


@_in_float64
def elu(x: Array, alpha: float = 1.0) -> Array:
    """The exponential linear unit: x for x > 0, else alpha · (exp(x) - 1), with alpha in [0, inf).

    Source: D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by exponential linear
    units, 2016. Only alpha = 1 makes its derivative continuous.
    """
    return np.where(x > 0, x, number("alpha", alpha, 0, np.inf, "[)") * np.expm1(np.minimum(x, 0.0)))


@_in_float64
def elu_derivative(x: Array, alpha: float = 1.0) -> Array:
    """1 for x > 0, else alpha · exp(x): alpha at the kink, which there is unless alpha is 1."""
    return np.where(x > 0, 1.0, number("alpha", alpha, 0, np.inf, "[)") * np.exp(np.minimum(x, 0.0)))


def selu_constants() -> tuple[float, float]:
    """The alpha and scale with which selu(z), z from the normal distribution N(0, 1), has mean 0 and variance 1.

        mean 0:      1/√(2π) + alpha · (√e · Φ(-1) - ½) = 0
        variance 1:  scale² · (½ + alpha² · (e² · Φ(-2) - 2 √e · Φ(-1) + ½)) = 1

    for the means of exp(z) and exp(2 z) over z < 0 are √e · Φ(-1) and e² · Φ(-2); Φ is the distribution function.

    Source: G. Klambauer et al., Self-normalizing neural networks, 2017, equation 14.

    >>> [round(constant, 9) for constant in selu_constants()]
    [1.673263242, 1.050700987]
    """
    once = math.exp(0.5) * math.erfc(1 / math.sqrt(2)) / 2
    twice = math.exp(2.0) * math.erfc(math.sqrt(2)) / 2
    alpha = 1 / math.sqrt(2 * math.pi) / (0.5 - once)
    return alpha, 1 / math.sqrt(0.5 + alpha**2 * (twice - 2 * once + 0.5))


ALPHA, SCALE = selu_constants()


@_in_float64
def selu(x: Array) -> Array:
    """The self-normalizing elu: scale · x for x > 0, else scale · alpha · (exp(x) - 1), constants of selu_constants."""
    return SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0.0)))


@_in_float64
def selu_derivative(x: Array) -> Array:
    """scale for x >= 0, else scale · alpha · exp(x).

    Differs from PyTorch and JAX at the kink, where they have scale · alpha, the value from the left.
    """
    return SCALE * np.where(x >= 0, 1.0, ALPHA * np.exp(np.minimum(x, 0.0)))


@_in_float64
def gelu(x: Array, approximate: bool = False) -> Array:
    """The Gaussian error linear unit: x · Φ(x), Φ the distribution function of N(0, 1).

        approximate: ½ x · (1 + tanh(√(2/π) · (x + 0.044715 x³))), off by less than 0.0005

    Differs from JAX, whose default is the approximation. Keras and PyTorch are as here.
    Source: D. Hendrycks and K. Gimpel, Gaussian error linear units, 2016.
    """
    if flag("approximate", approximate):
        return x * sigmoid(2 * _inner(x)[0])
    return x * _distribution(x)


@_in_float64
def gelu_derivative(x: Array, approximate: bool = False) -> Array:
    """Φ(x) + x · φ(x), φ = Φ' the density: below 0 for x < -0.752, and up to 1.129."""
    if flag("approximate", approximate):
        u, slope = _inner(x)
        return np.asarray(sigmoid(2 * u) + x * sigmoid_derivative(2 * u) * 2 * slope)
    return np.asarray(_distribution(x) + x * np.exp(-np.square(x) / 2) / math.sqrt(2 * math.pi))


@_in_float64
def silu(x: Array) -> Array:
    """The sigmoid linear unit, also called swish: x · sigmoid(x)."""
    return x * sigmoid(x)


@_in_float64
def silu_derivative(x: Array) -> Array:
    """sigmoid(x) · (1 + x · sigmoid(-x))."""
    return np.asarray(sigmoid(x) * (1 + x * sigmoid(-x)))


@_in_float64
def softmax(x: Array) -> Array:
    """Shares of the last axis: exp(x_i) / Σ_j exp(x_j). A constant added to all of x changes nothing.

    Raises:
        ValueError: x is a single number, which has no axis.

    >>> softmax([1e4, 1e4, -1e4])
    array([0.5, 0.5, 0. ])
    """
    if x.ndim == 0:
        raise ValueError("x: got a single number; takes an array whose last axis is that of the classes")
    e = np.exp(x - np.max(x, axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(e / np.sum(e, axis=-1, keepdims=True))


@_in_float64
def softmax_derivative(x: Array) -> Array:
    """The Jacobian, of shape (…, n, n): d softmax_i / d x_j = p_i · ((1 if i = j else 0) - p_j), p = softmax(x)."""
    p = softmax(x)
    return np.asarray(p[..., :, None] * (np.eye(p.shape[-1]) - p[..., None, :]))


def _distribution(x: Array) -> Array:
    """Φ(x). By erfc, which keeps its digits far to the left; NumPy has none, so it is taken one by one."""
    erfc: Callable[[Array], Array] = np.vectorize(math.erfc, otypes=[np.float64])
    return erfc(-x / math.sqrt(2)) / 2


def _inner(x: Array) -> tuple[Array, Array]:
    """√(2/π) · (x + 0.044715 x³), and its derivative. Beyond ±50, where tanh has long been ±1, it is cut off."""
    x, c = np.clip(x, -50, 50), math.sqrt(2 / math.pi)
    return c * (x + 0.044715 * x**3), c * (1 + 3 * 0.044715 * x**2)


ACTIVATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "linear": (linear, linear_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "hard_sigmoid": (hard_sigmoid, hard_sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "softplus": (softplus, softplus_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
    "selu": (selu, selu_derivative),
    "gelu": (gelu, gelu_derivative),
    "silu": (silu, silu_derivative),
    "softmax": (softmax, softmax_derivative),
}
"""Name -> (function, derivative)."""
