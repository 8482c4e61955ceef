"""Functions of two variables on which optimizers are compared, with gradients written out by hand.

    value, gradient, minima, window = TEST_FUNCTIONS["beale"]

Each is known for one difficulty: a curved valley (rosenbrock), flat wings and steep corners (beale), several minima
(himmelblau), a saddle, a valley that is much longer than wide (elongated_quadratic); booth is the easy one.
Points are arrays of shape (…, 2): thousands of them are served at once.

Powers are written as products: NumPy's y**3 takes several times as long as y * y * y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
"""An array of real numbers. Functions keep float16, float32 and float64, and take integers as float64."""

Interval = tuple[float, float]


class TestFunction(NamedTuple):
    """A function of two variables.

    Args:
        value: points of shape (…, 2) -> values of shape (…).
        gradient: points of shape (…, 2) -> gradients of shape (…, 2).
        minima: the points at which it takes its least value, of shape (n, 2); n = 0 if it has none.
        window: ((x low, x high), (y low, y high)), the part of the plane worth looking at.
    """

    value: Callable[[ArrayLike], Array]
    gradient: Callable[[ArrayLike], Array]
    minima: Array
    window: tuple[Interval, Interval]


@np.errstate(all="ignore")
def beale(points: ArrayLike) -> Array:
    """Beale's function: steep corners around a flat valley that bends to the minimum.

        f(x, y) = (1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²

    Its minimum is f(3, 0.5) = 0; at (0, 1) there is a saddle with f = 14.203125.

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: E. M. L. Beale, On an iterative method for finding a local minimum of a function of more than one
    variable, Princeton University, 1958.

    >>> float(beale([0.0, 1.0]))
    14.203125
    """
    x, y = _coordinates(points)
    a, b, c = _beale_terms(x, y)
    return _array(a * a + b * b + c * c)


@np.errstate(all="ignore")
def beale_gradient(points: ArrayLike) -> Array:
    """Gradient of Beale's function; a, b and c are its three brackets.

        ∂f/∂x = 2a (y - 1) + 2b (y² - 1) + 2c (y³ - 1),    ∂f/∂y = 2x (a + 2b y + 3c y²)

    Args, Raises: as `beale`.

    Returns:
        Gradients of shape (…, 2).

    >>> beale_gradient([[3.0, 0.5], [1.0, 1.0]])
    array([[-0.  ,  0.  ],
           [ 0.  , 27.75]])
    """
    x, y = _coordinates(points)
    a, b, c = _beale_terms(x, y)
    return _pair(
        2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1)),
        2 * x * (a + 2 * b * y + 3 * c * y * y),
    )


def _beale_terms(x: Array, y: Array) -> tuple[Array, Array, Array]:
    return 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y


@np.errstate(all="ignore")
def rosenbrock(points: ArrayLike) -> Array:
    """Rosenbrock's function: a narrow valley along the parabola y = x², easy to enter and slow to follow.

        f(x, y) = (1 - x)² + 100 (y - x²)²

    Its minimum is f(1, 1) = 0.

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: H. H. Rosenbrock, An automatic method for finding the greatest or least value of a function,
    The Computer Journal 3, 1960.

    >>> float(rosenbrock([-1.0, 1.0]))
    4.0
    """
    x, y = _coordinates(points)
    a, b = 1 - x, y - x * x
    return _array(a * a + 100 * (b * b))


@np.errstate(all="ignore")
def rosenbrock_gradient(points: ArrayLike) -> Array:
    """Gradient of Rosenbrock's function.

        ∂f/∂x = -2 (1 - x) - 400 x (y - x²),    ∂f/∂y = 200 (y - x²)

    Args, Raises: as `rosenbrock`.

    Returns:
        Gradients of shape (…, 2).

    >>> rosenbrock_gradient([-1.0, 1.0])
    array([-4.,  0.])
    """
    x, y = _coordinates(points)
    b = y - x * x
    return _pair(-2 * (1 - x) - 400 * x * b, 200 * b)


@np.errstate(all="ignore")
def himmelblau(points: ArrayLike) -> Array:
    """Himmelblau's function: four minima of the same depth, so that the start decides.

        f(x, y) = (x² + y - 11)² + (x + y² - 7)²

    It is 0 at (3, 2) and near (-2.81, 3.13), (-3.78, -3.28) and (3.58, -1.85).

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: D. M. Himmelblau, Applied Nonlinear Programming, McGraw-Hill, 1972.

    >>> float(himmelblau([0.0, 0.0]))
    170.0
    """
    x, y = _coordinates(points)
    a, b = x * x + y - 11, x + y * y - 7
    return _array(a * a + b * b)


@np.errstate(all="ignore")
def himmelblau_gradient(points: ArrayLike) -> Array:
    """Gradient of Himmelblau's function; a and b are its two brackets.

        ∂f/∂x = 4x a + 2b,    ∂f/∂y = 2a + 4y b

    Args, Raises: as `himmelblau`.

    Returns:
        Gradients of shape (…, 2).

    >>> himmelblau_gradient([0.0, 0.0])
    array([-14., -22.])
    """
    x, y = _coordinates(points)
    a, b = x * x + y - 11, x + y * y - 7
    return _pair(4 * x * a + 2 * b, 2 * a + 4 * y * b)


@np.errstate(all="ignore")
def booth(points: ArrayLike) -> Array:
    """Booth's function: a quadratic bowl, nine times as steep across as along.

        f(x, y) = (x + 2y - 7)² + (2x + y - 5)²

    Its minimum is f(1, 3) = 0; its curvatures are 2 and 18.

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: M. Jamil and X.-S. Yang, A literature survey of benchmark functions for global optimisation problems,
    2013, function 17.

    >>> float(booth([0.0, 0.0]))
    74.0
    """
    x, y = _coordinates(points)
    a, b = x + 2 * y - 7, 2 * x + y - 5
    return _array(a * a + b * b)


@np.errstate(all="ignore")
def booth_gradient(points: ArrayLike) -> Array:
    """Gradient of Booth's function.

        ∂f/∂x = 10x + 8y - 34,    ∂f/∂y = 8x + 10y - 38

    Args, Raises: as `booth`.

    Returns:
        Gradients of shape (…, 2).

    >>> booth_gradient([1.0, 3.0])
    array([0., 0.])
    """
    x, y = _coordinates(points)
    return _pair(10 * x + 8 * y - 34, 8 * x + 10 * y - 38)


@np.errstate(all="ignore")
def saddle(points: ArrayLike) -> Array:
    """A saddle: the gradient vanishes at (0, 0), which is no minimum; there is none.

        f(x, y) = x² - y²

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: the hyperbolic paraboloid, the normal form of a saddle.

    >>> saddle([[2.0, 0.0], [0.0, 2.0]])
    array([ 4., -4.])
    """
    x, y = _coordinates(points)
    return _array(x * x - y * y)


@np.errstate(all="ignore")
def saddle_gradient(points: ArrayLike) -> Array:
    """Gradient of the saddle: (2x, -2y).

    Args, Raises: as `saddle`.

    Returns:
        Gradients of shape (…, 2).

    >>> saddle_gradient([2.0, 3.0])
    array([ 4., -6.])
    """
    x, y = _coordinates(points)
    return _pair(2 * x, -2 * y)


@np.errstate(all="ignore")
def elongated_quadratic(points: ArrayLike) -> Array:
    """A valley with parallel walls, 25 times as steep across as along: the smallest ill-conditioned problem.

        f(x, y) = (x² + 25 y²) / 2

    Its minimum is f(0, 0) = 0; its curvatures are 1 and 25.

    Args:
        points: array of shape (…, 2).

    Returns:
        Values of shape (…).

    Raises:
        ValueError: the last axis of points is not of length 2.
        TypeError: points are no real numbers.

    Source: the model of momentum's analysis, as in G. Goh, Why momentum really works, Distill, 2017.

    >>> float(elongated_quadratic([1.0, 1.0]))
    13.0
    """
    x, y = _coordinates(points)
    return _array((x * x + 25 * (y * y)) / 2)


@np.errstate(all="ignore")
def elongated_quadratic_gradient(points: ArrayLike) -> Array:
    """Gradient of the elongated quadratic: (x, 25y).

    Args, Raises: as `elongated_quadratic`.

    Returns:
        Gradients of shape (…, 2).

    >>> elongated_quadratic_gradient([1.0, 1.0])
    array([ 1., 25.])
    """
    x, y = _coordinates(points)
    return _pair(x, 25 * y)


def _coordinates(points: ArrayLike) -> tuple[Array, Array]:
    """x and y of the points; of a single point as scalars, with which NumPy computes several times as fast."""
    try:
        p = np.asarray(points)
    except ValueError:
        raise ValueError("points: got rows of different lengths; takes shape (…, 2)") from None
    if p.ndim == 0 or p.shape[-1] != 2:
        raise ValueError(f"points: got shape {p.shape}; takes shape (…, 2)")
    if p.dtype.kind in "iu":
        p = p.astype(np.float64)
    if p.dtype.kind not in "fc":  # complex ones are for derivatives by complex steps
        raise TypeError(f"points: got an array of {p.dtype}; takes real numbers")
    return p[..., 0][()], p[..., 1][()]


def _pair(x: Array, y: Array) -> Array:
    """Gradients of shape (…, 2) from their two coordinates."""
    pair: Array = np.empty((*x.shape, 2), x.dtype)
    pair[..., 0], pair[..., 1] = x, y
    return pair


def _array(values: Any) -> Array:
    """An array also for a single point, where NumPy makes a scalar of it."""
    array: Array = np.asarray(values)
    return array


def _points(*points: tuple[float, float]) -> Array:
    """The minima, of shape (n, 2); nobody may write to them."""
    array = np.array(points, dtype=np.float64).reshape(-1, 2)
    array.flags.writeable = False
    return array


TEST_FUNCTIONS: dict[str, TestFunction] = {
    "beale": TestFunction(beale, beale_gradient, _points((3.0, 0.5)), ((-4.5, 4.5), (-4.5, 4.5))),
    "rosenbrock": TestFunction(rosenbrock, rosenbrock_gradient, _points((1.0, 1.0)), ((-2.0, 2.0), (-1.0, 3.0))),
    "himmelblau": TestFunction(
        himmelblau,
        himmelblau_gradient,
        _points(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.7793102533777469, -3.2831859912861694),
            (3.5844283403304917, -1.8481265269644036),
        ),
        ((-5.0, 5.0), (-5.0, 5.0)),
    ),
    "booth": TestFunction(booth, booth_gradient, _points((1.0, 3.0)), ((-10.0, 10.0), (-10.0, 10.0))),
    "saddle": TestFunction(saddle, saddle_gradient, _points(), ((-2.0, 2.0), (-2.0, 2.0))),
    "elongated_quadratic": TestFunction(
        elongated_quadratic, elongated_quadratic_gradient, _points((0.0, 0.0)), ((-2.0, 2.0), (-2.0, 2.0))
    ),
}
"""Name -> TestFunction."""
