"""Approximation of a function by a network with one hidden layer, built by hand: a step, a bump, a sum of bumps.

A sigmoid unit with a large weight is almost a step. Two steps, one up and one down, are a bump. Bumps side by side,
each as high as the function in its middle, follow the function as a bar chart does: n bumps are off by about the slope
of the function divided by 2n. The theorem that a network can approximate every continuous function begins here; that
training finds such weights, it does not say.

All is computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import a_callable, number, whole
from course_lib._numbers import Array, finite
from course_lib.activations import ACTIVATIONS


@np.errstate(all="ignore")
def wiggly(x: ArrayLike) -> Array:
    """Nielsen's test function: a slope with waves of two lengths.

        f(x) = 0.2 + 0.4 x² + 0.3 x sin(15 x) + 0.05 cos(50 x)

    It is meant for x in [0, 1], where it stays between 0 and 1.

    Args:
        x: of any shape, finite.

    Returns:
        f(x), in shape and dtype of x.

    Raises:
        TypeError: x holds no real numbers.
        ValueError: x is not finite.

    Source: M. Nielsen, Neural networks and deep learning, 2015, chapter 4.

    >>> wiggly([0.0, 0.5, 1.0]).round(7).tolist()
    [0.25, 0.4902601, 0.8433347]
    """
    x = finite("x", x)
    z = x.astype(np.float64)
    # the sine and the cosine of 50 x need 50 x to be a number
    waves = 0.3 * z * np.sin(np.clip(15 * z, -_MOST, _MOST)) + 0.05 * np.cos(np.clip(50 * z, -_MOST, _MOST))
    return np.asarray(0.2 + 0.4 * z * z + waves, x.dtype)


@np.errstate(all="ignore")
def step(x: ArrayLike, weight: float, bias: float) -> Array:
    """One sigmoid unit with one input: the steeper, the larger its weight.

        step(x) = 1 / (1 + exp(-(weight · x + bias)))

    Args:
        x: of any shape, finite.
        weight: any number but infinite ones; a negative one gives a step down.
        bias: as weight.

    Returns:
        Values in [0, 1], in shape and dtype of x.

    Raises:
        TypeError: an argument holds no real numbers.
        ValueError: an argument is not finite.

    >>> step([0.3, 0.4, 0.5], 1000.0, -400.0).round(6).tolist()
    [0.0, 0.5, 1.0]
    """
    x = finite("x", x)
    weight, bias = number("weight", weight, -np.inf, np.inf), number("bias", bias, -np.inf, np.inf)
    return np.asarray(_sigmoid(weight * x.astype(np.float64) + bias), x.dtype)


def step_position(weight: float, bias: float) -> float:
    """Where the step is at half of its height.

        s = -bias / weight

    Args:
        weight: a finite number that is not 0.
        bias: a finite number.

    Returns:
        The position s, at which step(s, weight, bias) = 1/2.

    Raises:
        TypeError: an argument is no real number.
        ValueError: an argument is not finite, or the weight is 0: then the unit is constant.

    >>> step_position(1000.0, -400.0)
    0.4
    """
    weight, bias = number("weight", weight, -np.inf, np.inf), number("bias", bias, -np.inf, np.inf)
    if weight == 0:
        raise ValueError("weight: got 0.0; takes another number: with 0 the unit is constant and has no step")
    return -bias / weight


@np.errstate(all="ignore")
def bump(x: ArrayLike, start: float, end: float, height: float, weight: float) -> Array:
    """Two steps, one up at start and one down at end: a rectangle with edges as steep as the weight is large.

        bump(x) = height · (sigmoid(weight · (x - start)) - sigmoid(weight · (x - end)))

    Args:
        x: of any shape, finite.
        start, end: finite numbers, start < end.
        height: a finite number; a negative one gives a dent.
        weight: in (0, inf). For a flat top it has to be many times 1 / (end - start).

    Returns:
        Values from 0 to height, in shape and dtype of x.

    Raises:
        TypeError: an argument holds no real numbers.
        ValueError: an argument is not finite, start is not below end, or weight is out of its range.

    Source: as for `wiggly`.

    >>> bump([0.1, 0.5, 0.9], 0.3, 0.7, 2.0, 1000.0).round(6).tolist()
    [0.0, 2.0, 0.0]
    """
    start, end = number("start", start, -np.inf, np.inf), number("end", end, -np.inf, np.inf)
    height = number("height", height, -np.inf, np.inf)
    if not start < end:
        raise ValueError(f"start, end: got {start} and {end}; they take start < end")
    return bumps(x, [start, end], [height], weight)


@np.errstate(all="ignore")
def bumps(x: ArrayLike, edges: ArrayLike, heights: ArrayLike, weight: float) -> Array:
    """A sum of bumps side by side.

        F(x) = Σ_k heights[k] · (sigmoid(weight · (x - edges[k])) - sigmoid(weight · (x - edges[k + 1])))

    Near the first and the last edge F falls to 0: at the edge itself it is at half of the height.

    Args:
        x: of any shape, finite.
        edges: n + 1 finite numbers, each above the one before.
        heights: n finite numbers, one a bump.
        weight: in (0, inf), the same for all edges.

    Returns:
        F(x), in shape and dtype of x.

    Raises:
        TypeError: an argument holds no real numbers.
        ValueError: a shape does not fit, a number is not finite, the edges do not rise, or weight is out of its range.

    Source: as for `wiggly`.

    >>> bumps([0.25, 0.75], [0.0, 0.5, 1.0], [3.0, 4.0], 1000.0).round(6).tolist()
    [3.0, 4.0]
    """
    x = finite("x", x)
    edges, heights, weight = _bumps(edges, heights, weight)
    up = _sigmoid(weight * (x.astype(np.float64)[..., None] - edges))
    return np.asarray((up[..., :-1] - up[..., 1:]) @ heights, x.dtype)


def fit_bumps(
    function: Callable[[Array], ArrayLike], n: int, low: float = 0.0, high: float = 1.0
) -> tuple[Array, Array]:
    """The bumps that follow a function: equally wide, each as high as the function in its middle.

        edges[k] = low + k (high - low) / n,    heights[k] = f((edges[k] + edges[k + 1]) / 2)

    Nothing is trained. Where the steps are steep, F is off by at most max|f'| · (high - low) / (2n) between the edges.

    Args:
        function: takes n numbers in an array of shape (n,) and gives as many.
        n: number of bumps, 1 or more.
        low, high: the interval, low < high.

    Returns:
        (edges, heights), float64, of shapes (n + 1,) and (n,), for `bumps` and `network`.

    Raises:
        TypeError: n is no whole number, low or high no real number, or the function gives no real numbers.
        ValueError: n is below 1, low is not below high, or the function gives another shape or numbers not finite.

    Source: as for `wiggly`.

    >>> fit_bumps(lambda x: x**2, 2)
    (array([0. , 0.5, 1. ]), array([0.0625, 0.5625]))
    """
    function, n = a_callable("function", function), whole("n", n, 1)
    low, high = number("low", low, -np.inf, np.inf), number("high", high, -np.inf, np.inf)
    if not low < high:
        raise ValueError(f"low, high: got {low} and {high}; they take low < high")
    edges = 2 * np.linspace(low / 2, high / 2, n + 1)  # the same bits, and high - low never overflows
    heights = finite("function", function(edges[:-1] / 2 + edges[1:] / 2), (n,))
    return edges, heights.astype(np.float64)


@np.errstate(all="ignore")
def network(edges: ArrayLike, heights: ArrayLike, weight: float) -> tuple[list[Array], list[Array]]:
    """The sum of bumps as the network that it is: 2n sigmoid units in one hidden layer, and one linear output.

        hidden:  every kernel weight is `weight`, the bias of a unit is -weight · (its edge)
        output:  +heights[k] for the unit at edges[k], -heights[k] for the one at edges[k + 1], bias 0

    Args:
        edges, heights, weight: as for `bumps`.

    Returns:
        (weights, biases), float64, for `course_lib.backprop.forward(x, …, "sigmoid", "linear")` with x of shape
        (…, 1), and for `set_weights` of a Keras model with the same layers.

    Raises: as `bumps`; also ValueError if a bias, weight · edge, is no finite number.

    >>> weights, biases = network([0.0, 1.0], [3.0], 8.0)
    >>> weights[0].tolist(), biases[0].tolist(), weights[1].tolist()
    ([[8.0, 8.0]], [-0.0, -8.0], [[3.0], [-3.0]])
    """
    edges, heights, weight = _bumps(edges, heights, weight)
    positions = np.stack([edges[:-1], edges[1:]], 1).ravel()
    biases = -weight * positions
    if not np.isfinite(biases).all():
        raise ValueError(f"weight, edges: got {weight:g} and up to {np.abs(edges).max():g}; their product is infinite")
    output = np.stack([heights, -heights], 1).reshape(-1, 1)
    return [np.full((1, len(positions)), weight), output], [biases, np.zeros(1)]


_sigmoid = ACTIVATIONS["sigmoid"][0]

#: Stands for the infinite in a sine or a cosine.
_MOST = float(np.finfo(np.float64).max)


def _bumps(edges: ArrayLike, heights: ArrayLike, weight: float) -> tuple[Array, Array, float]:
    """Edges, heights and weight that fit each other, in float64."""
    edges = finite("edges", edges).astype(np.float64)
    if edges.ndim != 1 or len(edges) < 2:
        raise ValueError(f"edges: got the shape {edges.shape}; takes (n + 1,) for n bumps, one or more")
    rises = edges[:-1] < edges[1:]
    if not rises.all():
        k = int(np.argmin(rises))
        raise ValueError(f"edges: got {edges[k]:g} and then {edges[k + 1]:g}; takes each above the one before")
    heights = finite("heights", heights, (len(edges) - 1,), "edges").astype(np.float64)
    return edges, heights, number("weight", weight, 0, np.inf, "()")
