"""The parts of an update rule: filters and normalizers.

An optimizer sees a stream of gradients g_1, g_2, … A filter turns it into a smoother stream y_1, y_2, …; a normalizer
turns it into the scale d_1, d_2, … by which steps are divided. Both carry a state from one step to the next:

    state = part.init(w)
    array, gain, state = part.update(g, state, t)          t = 1, 2, …

and what they give is gain · array. The gain is one scalar for all weights. A filter that starts from zero is still
filling up during its first steps; to make up for that transient (the "bias correction") takes a gain that changes
with t, and nothing more. Kept apart from the array, it costs no pass over the weights.

All are pure functions of NumPy arrays or of tensors of the Keras backend, in float16, float32 or float64. They give
no floating-point warning: a sum or a square that leaves the range of its type becomes inf. A square does so early in
float16, which holds the squares of numbers between 2.4e-4 and 256 only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib._arguments import flag, number, one_of
from course_lib._array import SCALARS, Array, namespace, real

State = Any
"""What a part or a rule remembers: an array, a scalar, or a tuple of states (the empty one included)."""

Scalar = Any
"""A Python number, or a tensor without axes."""

EPSILON_AT = ("inside", "outside", "hat")
"""Where a normalizer may put its epsilon."""

UNIT_DC = ", unit DC gain"
"""What the kind of a filter says if it leaves a constant, in the end, as it is."""


class Part(NamedTuple):
    """A filter or a normalizer: two pure functions.

    Args:
        init: weights -> state before the first step. Only their shape and dtype count.
        update: (gradient, state, t) -> (array, gain, state), t = 1, 2, … The part's output is gain · array.
            A normalizer that divides by nothing gives None for the array. Raises ValueError for a gradient whose
            shape is not that of the state, and TypeError if its dtype is not.
        kind: what it is, in a few words with its numbers: what `describe` shows of it.

    >>> fading = ar1(0.5)
    >>> m, gain, state = fading.update(np.array([4.0, 8.0]), fading.init(np.zeros(2)), 1)
    >>> fading.update(np.array([0.0, 0.0]), state, 2)[0]
    array([2., 4.])
    """

    init: Callable[[Array], State]
    update: Callable[[Array, State, Scalar], tuple[Array, Scalar, State]]
    kind: str = "own"


# --- filters ---------------------------------------------------------------------------------------------------------


def no_filter() -> Part:
    """The gradient as it is.

        y_t = g_t

    Returns:
        A Part without state.

    >>> no_filter().update(np.array([1.0, -2.0]), (), 1)
    (array([ 1., -2.]), 1.0, ())
    """
    return Part(_nothing, lambda g, state, t: (g, 1.0, ()), "none")


def ar1(beta: float, *, unit_dc: bool = False, compensated: bool = False) -> Part:
    """Autoregressive filter of order one: a memory that fades by the factor beta a step.

        m_t = beta · m_{t-1} + g_t,    m_0 = 0
        y_t = gain_t · m_t,            gain_t = (1 - beta if unit_dc else 1) / (1 - beta^t if compensated else 1)

    Without the gain it answers an impulse by beta^k, k steps later, and a constant 1 by (1 - beta^t) / (1 - beta): the
    DC gain 1 / (1 - beta), which unit_dc makes 1, times the transient 1 - beta^t, which compensated takes away.

    Args:
        beta: in [0, 1). About 1 / (1 - beta) gradients are remembered; 0 remembers the newest alone.
        unit_dc: False sums gradients up (momentum), True takes their running mean (Adam).
        compensated: whether the gain makes up for the transient.

    Returns:
        A Part; its state is m, in the shape and dtype of the weights.

    Raises:
        ValueError: beta is outside of [0, 1).
        TypeError: unit_dc or compensated is no bool.

    Differs from Adam as others write it in what is kept: their m_t has the factor 1 - beta in it. As a part of the gain
    it costs no pass over the weights.
    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (momentum);
    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, section 3 (the transient).

    >>> mean = ar1(0.75, unit_dc=True, compensated=True)
    >>> m, gain, state = mean.update(np.array([8.0]), mean.init(np.zeros(1)), 1)
    >>> gain * m
    array([8.])
    >>> m, gain, state = mean.update(np.array([8.0]), state, 2)
    >>> gain * m
    array([8.])
    """
    beta = number("beta", beta, 0, 1, "[)")
    unit_dc, compensated = flag("unit_dc", unit_dc), flag("compensated", compensated)
    b = 1 - beta if unit_dc else 1.0

    @np.errstate(all="ignore")
    def update(g: Array, m: State, t: Scalar) -> tuple[Array, Scalar, State]:
        m = beta * m + fitting(g, m)
        return m, (b / transient(beta, t) if compensated else b), m

    return Part(zeros, update, f"AR1({beta})" + (UNIT_DC if unit_dc else ""))


def arma1(beta: float) -> Part:
    """Autoregressive moving average of order (1, 1): Nesterov's filter.

        m_t = beta · m_{t-1} + g_t,    m_0 = 0
        y_t = beta · m_t + g_t

    It reads the memory of `ar1` one step ahead. It answers an impulse by 1 + beta, beta², beta³, …: the newest
    gradient counts for more than in `ar1`, the older ones for less; the DC gain 1 / (1 - beta) is the same.

    Args:
        beta: in [0, 1).

    Returns:
        A Part; its state is m, in the shape and dtype of the weights.

    Raises:
        ValueError: beta is outside of [0, 1).

    Source: Yu. E. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983;
    in this form: Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu, Advances in optimizing recurrent networks, 2013.

    >>> ahead = arma1(0.5)
    >>> y, _, m = ahead.update(np.array([1.0]), ahead.init(np.zeros(1)), 1)
    >>> y, ahead.update(np.array([0.0]), m, 2)[0]
    (array([1.5]), array([0.25]))
    """
    beta = number("beta", beta, 0, 1, "[)")

    @np.errstate(all="ignore")
    def update(g: Array, m: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = fitting(g, m)
        m = beta * m + g
        return beta * m + g, 1.0, m

    return Part(zeros, update, f"ARMA1({beta})")


def arma(b: Sequence[float], a: Sequence[float] = (1.0,)) -> Part:
    """Autoregressive moving average of any order: every linear filter with finitely many numbers to remember.

        a_0 · y_t = b_0 · g_t + b_1 · g_{t-1} + … - a_1 · y_{t-1} - a_2 · y_{t-2} - …
        H(z) = (b_0 + b_1 / z + b_2 / z² + …) / (a_0 + a_1 / z + a_2 / z² + …)

    ar1(beta) is arma([1], [1, -beta]); arma1(beta) is arma([1 + beta, -beta], [1, -beta]); without a it is a weighted
    mean of the newest gradients.

    Args:
        b: what the newest gradients count for, (q + 1,), the newest first; also called feedforward.
        a: the feedback, (p + 1,); a_0 is not 0, and the zeros of its polynomial, the poles of the filter, lie inside
            the unit circle: what went in fades.

    Returns:
        A Part; its state is a tuple of max(p, q) arrays in the shape and dtype of the weights.

    Raises:
        ValueError: b or a is empty or not finite, a_0 is 0, or a pole lies on the unit circle or outside.
        TypeError: b or a is no row of numbers.

    SciPy and Matlab have the signs of a as here; textbooks of statistics write + in the first line.
    Source: A. V. Oppenheim and R. W. Schafer, Discrete-time signal processing, 2010, section 6.3 (the transposed direct
    form II, which needs the fewest arrays).

    >>> mean_of_two = arma([0.5, 0.5])
    >>> y, _, state = mean_of_two.update(np.array([4.0]), mean_of_two.init(np.zeros(1)), 1)
    >>> y, mean_of_two.update(np.array([6.0]), state, 2)[0]
    (array([2.]), array([5.]))
    """
    forward, back = _coefficients("b", b), _coefficients("a", a)
    if back[0] == 0:
        raise ValueError("a[0]: got 0.0; takes another number, for it divides")
    pole = float(np.abs(np.roots(back)).max(initial=0.0))
    if pole >= 1:
        raise ValueError(f"a: got a pole of size {pole:.6g}; takes poles inside the unit circle, or nothing ever fades")
    p, q = len(back) - 1, len(forward) - 1
    unit_dc = math.isclose(forward.sum(), back.sum(), rel_tol=1e-9)
    order = max(p, q)
    # Python floats, which widen no float32 array
    b_0, *newest = (np.pad(forward, (0, order - q)) / back[0]).tolist()
    _, *feedback = (np.pad(back, (0, order - p)) / back[0]).tolist()

    def init(w: Array) -> State:
        return tuple(zeros(w) for _ in range(order))

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar) -> tuple[Array, Scalar, State]:
        if not state:
            return b_0 * g, 1.0, ()
        g = fitting(g, state[0])
        y = b_0 * g + state[0]
        due = [b_k * g - a_k * y for b_k, a_k in zip(newest, feedback, strict=True)]
        return y, 1.0, (*(x + later for x, later in zip(due, state[1:], strict=False)), due[-1])

    return Part(init, update, f"ARMA({p}, {q})" + (UNIT_DC if unit_dc else ""))


def _coefficients(name: str, values: Sequence[float]) -> NDArray[np.float64]:
    """The coefficients of a filter, if they are a row of finite numbers."""
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        raise TypeError(f"{name}: got {values!r}; takes a row of numbers")
    row = [number(f"{name}[{k}]", value, -np.inf, np.inf, "()") for k, value in enumerate(values)]
    if not row:
        raise ValueError(f"{name}: got no number; takes at least one")
    return np.array(row)


# --- normalizers -----------------------------------------------------------------------------------------------------


def no_normalizer() -> Part:
    """No division: every weight takes the step that its filter asks for.

    Returns:
        A Part without state, whose array is None.

    >>> no_normalizer().update(np.array([1.0, -2.0]), (), 1)
    (None, 1.0, ())
    """
    return Part(_nothing, lambda g, state, t: (None, 1.0, ()), "none")


def sum_of_squares(epsilon: float = 1e-7, *, start: float = 0.0, epsilon_at: str = "outside") -> Part:
    """Root of the sum of all squares so far: it never forgets, so that steps only shrink.

        v_t = v_{t-1} + g_t²,    v_0 = start
        d_t = sqrt(v_t) + epsilon       "outside"; "hat" is the same, for there is no transient to make up for
        d_t = sqrt(v_t + epsilon)       "inside"

    Args:
        epsilon: in [0, inf). With 0, a weight that has seen no gradient yet has d = inf: it stays where it is.
        start: in [0, inf); the larger, the smaller the first steps.
        epsilon_at: "inside", "outside" or "hat".

    Returns:
        A Part; its state is v, in the shape and dtype of the weights.

    Raises:
        ValueError: epsilon or start is out of its range, or epsilon_at is none of the three.

    Source: J. Duchi, E. Hazan, Y. Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, 2011, figure 1 (outside).

    >>> root = sum_of_squares(0.0)
    >>> d, _, v = root.update(np.array([3.0]), root.init(np.zeros(1)), 1)
    >>> d, root.update(np.array([4.0]), v, 2)[0]
    (array([3.]), array([5.]))
    """
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    start = number("start", start, 0, np.inf, "[)")
    one_of("epsilon_at", epsilon_at, EPSILON_AT)

    @np.errstate(all="ignore")
    def init(w: Array) -> State:
        return zeros(w) + start

    @np.errstate(all="ignore")
    def update(g: Array, v: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = fitting(g, v)
        v = v + g * g
        return root(v, epsilon, epsilon_at, 1.0), 1.0, v

    return Part(init, update, "sum of squares")


def ar1_of_squares(
    beta: float, epsilon: float = 1e-7, *, epsilon_at: str = "outside", compensated: bool = False
) -> Part:
    """Root of the running mean of squares: the size that gradients had of late.

        v_t = beta · v_{t-1} + (1 - beta) · g_t²,    v_0 = 0
        c_t = 1, or 1 - beta^t with compensated
        d_t = sqrt(v_t / c_t + epsilon)              "inside"
        d_t = sqrt(v_t / c_t) + epsilon              "outside"
        d_t = (sqrt(v_t) + epsilon) / sqrt(c_t)      "hat"

    Each is the gain 1 / sqrt(c_t) times an array:

        sqrt(v_t + c_t · epsilon)    sqrt(v_t) + sqrt(c_t) · epsilon    sqrt(v_t) + epsilon

    in which the only difference between outside and hat stands alone. With beta = 0.999 and t = 1, sqrt(c_t) is
    0.0316: an epsilon in the place of hat acts 31.6 times as strongly as outside.

    Args:
        beta: in [0, 1).
        epsilon: in [0, inf). With 0, a weight that has seen no gradient yet has d = inf: it stays where it is.
        epsilon_at: "inside", "outside" or "hat".
        compensated: whether d makes up for the transient.

    Returns:
        A Part; its state is v, in the shape and dtype of the weights.

    Raises:
        ValueError: beta or epsilon is out of its range, or epsilon_at is none of the three.
        TypeError: compensated is no bool.

    Source: T. Tieleman and G. Hinton, Neural networks for machine learning, lecture 6.5, 2012; D. P. Kingma and J. Ba,
    Adam, 2015: algorithm 1 (outside), and the end of section 2, where epsilon wears the hat.

    >>> size = ar1_of_squares(0.75, 0.0, compensated=True)
    >>> d, gain, _ = size.update(np.array([-3.0]), size.init(np.zeros(1)), 1)
    >>> d, gain, gain * d
    (array([1.5]), 2.0, array([3.]))
    """
    beta = number("beta", beta, 0, 1, "[)")
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    one_of("epsilon_at", epsilon_at, EPSILON_AT)
    compensated = flag("compensated", compensated)

    @np.errstate(all="ignore")
    def update(g: Array, v: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = fitting(g, v)
        v = beta * v + (1 - beta) * (g * g)
        c = transient(beta, t) if compensated else 1.0
        return root(v, epsilon, epsilon_at, c), c**-0.5, v

    return Part(zeros, update, f"AR1({beta}) of squares")


def root(v: Array, epsilon: float, epsilon_at: str, c: Scalar) -> Array:
    """The array of a normalizer: sqrt(c) times its d."""
    sqrt = namespace(v).sqrt
    if epsilon_at == "inside":
        d = sqrt(v + c * epsilon)
    elif epsilon_at == "outside":
        d = sqrt(v) + c**0.5 * epsilon
    else:
        d = sqrt(v) + epsilon
    if may_vanish(epsilon, v):
        d = namespace(v).where(d == 0, np.inf, d)  # no gradient yet: the step is 0 / inf = 0, not 0 / 0
    return d


def may_vanish(epsilon: float, v: Array) -> bool:
    """Whether epsilon, or c times it, rounds to 0 in the dtype of the array: in float16, that of 1e-7 does."""
    return epsilon < 1e-28 or v.dtype == np.float16


def transient(beta: float, t: Scalar) -> Scalar:
    """How far a running mean that starts from zero has filled up after t steps.

        1 - beta^t

    Args:
        beta: in [0, 1).
        t: 1, 2, …: a number, or a tensor without axes.

    Returns:
        A Python float (which widens no array), or a tensor.

    Raises:
        ValueError: t < 1. The mean of no gradients is not defined: its compensation would divide by 0.
        TypeError: t is no number.

    >>> transient(0.5, 2)
    0.75
    """
    if isinstance(t, SCALARS) or not hasattr(t, "dtype"):
        t = number("t", t, 1, np.inf, "[)")
    return 1 - beta**t


def a_part(name: str, part: Any) -> Part:
    """The argument, if it is a Part."""
    if not isinstance(part, Part):
        raise TypeError(f"{name}: got a {type(part).__name__}; takes a Part, such as ar1(0.9) or rule('adam').filter")
    return part


# --- states ----------------------------------------------------------------------------------------------------------


def _nothing(w: Array) -> State:
    """The state of a part that remembers nothing."""
    return ()


def zeros(w: Array) -> Array:
    """Zeros in the shape and dtype of the weights."""
    w = real("w", w)  # first: what is refused loads no Keras
    return namespace(w).zeros_like(w)


def fitting(g: Array, state: Array, name: str = "gradient") -> Array:
    """The gradient (or what is named instead), if it fits the state. Tensors pass: their library checks them.

    Raises:
        ValueError: the shapes differ. NumPy would broadcast, and the weights would change their shape.
        TypeError: the dtypes differ. NumPy would widen the weights, or round as the narrower of the two does.
    """
    if not isinstance(state, (np.ndarray, np.generic)):
        return g
    g = np.asarray(g)
    if g.shape != state.shape:
        raise ValueError(f"{name}, state: got the shapes {g.shape} and {state.shape}; they take the same")
    if g.dtype != state.dtype:
        raise TypeError(f"{name}, state: got {g.dtype} and {state.dtype}; they take the same dtype")
    return g
