"""The parts of an update rule: filters and normalizers.

An optimizer sees a stream of gradients g_1, g_2, … A filter turns it into a smoother stream y; a normalizer turns it
into the scale d by which a step is divided. Both carry a state from one step to the next:

    state = part.init(w)
    array, gain, state = part.update(g, state, t)          t = 1, 2, …

and their output is gain · array. The gain is one scalar for all weights: compensating for the transient, in which a
filter that starts from zero is still filling up, is a gain that changes with time and nothing more. Kept apart from
the array, it costs no pass over the weights.

The parts are pure functions of NumPy arrays or of tensors. The filter may be replaced without touching the normalizer,
and the other way round; `rules` combines them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course_lib._arguments import number, one_of
from course_lib._array import Array, namespace

State = Any
"""An array, a scalar, or a tuple of states (the empty one included)."""

Scalar = Any
"""A Python number, or a tensor without axes."""

EPSILON_AT = ("inside", "outside", "hat")
"""Where a normalizer puts its epsilon."""


class Part(NamedTuple):
    """A filter or a normalizer: two pure functions.

    Args:
        init: weights -> state before the first step. Reads shape and dtype of the weights only.
        update: (gradient, state, t) -> (array, gain, state), t = 1, 2, … The part's output is gain · array.
            A normalizer that divides by nothing gives None for the array.
    """

    init: Callable[[Array], State]
    update: Callable[[Array, State, Scalar], tuple[Array, Scalar, State]]


def no_filter() -> Part:
    """The gradient as it is: y_t = g_t.

    >>> no_filter().update(np.array([1.0, -2.0]), (), 1)
    (array([ 1., -2.]), 1.0, ())
    """
    return Part(_stateless, lambda g, state, t: (real(g), 1.0, ()))


def ar1(beta: float, *, unit_dc: bool = False, compensated: bool = False) -> Part:
    r"""Autoregressive filter of order one: a memory that fades by beta a step.

        m_t = beta · m_{t-1} + b · g_t,    m_0 = 0,    y_t = m_t

    with b = 1, or b = 1 - beta with `unit_dc`. Its answer to one impulse is b · beta^k; to a constant gradient
    g it is b (1 - beta^t) / (1 - beta) · g, which tends to g / (1 - beta), or to g with `unit_dc`. `compensated`
    divides by 1 - beta^t, so that a constant is answered by its limit from the first step on.

    Args:
        beta: in [0, 1); 1 / (1 - beta) is how many gradients it remembers.
        unit_dc: whether a constant passes with its own size (a running mean) or is summed up (momentum).
        compensated: whether the gain makes up for the start from zero.

    Raises:
        ValueError: beta is outside of [0, 1).

    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (momentum);
    D. P. Kingma and J. Ba, Adam, 2015, section 3 (compensation).

    >>> mean = ar1(0.75, unit_dc=True, compensated=True)
    >>> m, gain, _ = mean.update(np.float64(8.0), mean.init(np.float64(0.0)), 1)
    >>> float(m), gain, float(gain * m)
    (2.0, 4.0, 8.0)
    """
    beta = number("beta", beta, 0, 1, "[)")
    b = 1 - beta if unit_dc else 1.0

    @np.errstate(all="ignore")
    def update(g: Array, m: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = matching(g, m)
        m = beta * m + (b * g if unit_dc else g)
        return m, 1 / transient(beta, t) if compensated else 1.0, m

    return Part(zeros, update)


def arma1(beta: float) -> Part:
    r"""Autoregressive moving average of order (1, 1): Nesterov's filter.

        m_t = beta · m_{t-1} + g_t,    m_0 = 0,    y_t = beta · m_t + g_t

    It is the memory of `ar1`, read one step ahead. Its answer to an impulse is 1 + beta, beta², beta³, …: the newest
    gradient counts for more than in `ar1`, and the answer to a constant is the same, 1 / (1 - beta).

    Args:
        beta: in [0, 1).

    Raises:
        ValueError: beta is outside of [0, 1).

    Source: Yu. E. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983;
    in this form Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, Advances in optimizing recurrent networks, 2013.

    >>> part = arma1(0.5)
    >>> y, _, m = part.update(np.float64(1.0), part.init(np.float64(0.0)), 1)
    >>> float(y), float(part.update(np.float64(0.0), m, 2)[0])
    (1.5, 0.25)
    """
    beta = number("beta", beta, 0, 1, "[)")

    @np.errstate(all="ignore")
    def update(g: Array, m: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = matching(g, m)
        m = beta * m + g
        return beta * m + g, 1.0, m

    return Part(zeros, update)


def no_normalizer() -> Part:
    """No division: every weight takes the step that its filter asks for.

    >>> no_normalizer().update(np.array([1.0, -2.0]), (), 1)
    (None, 1.0, ())
    """
    return Part(_stateless, lambda g, state, t: (None, 1.0, ()))


def sum_of_squares(epsilon: float = 1e-7, *, start: float = 0.0, epsilon_at: str = "inside") -> Part:
    r"""Root of the running sum of squares: it never forgets, so steps only shrink.

        v_t = v_{t-1} + g_t²,    v_0 = start
        d_t = sqrt(v_t + epsilon)      inside
        d_t = sqrt(v_t) + epsilon      outside (hat is the same: there is no transient)

    Args:
        epsilon: in [0, inf). With 0, a weight that never had a gradient stays where it is.
        start: in [0, inf); makes the first steps smaller.
        epsilon_at: "inside", "outside" or "hat".

    Raises:
        ValueError: epsilon or start is out of its range, or epsilon_at unknown.

    Source: J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods, 2011, section 1.1 (outside).

    >>> part = sum_of_squares(0.0)
    >>> d, _, v = part.update(np.float64(3.0), part.init(np.float64(0.0)), 1)
    >>> float(d), float(part.update(np.float64(4.0), v, 2)[0])
    (3.0, 5.0)
    """
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    start = number("start", start, 0, np.inf, "[)")
    one_of("epsilon_at", epsilon_at, EPSILON_AT)

    @np.errstate(all="ignore")
    def update(g: Array, v: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = matching(g, v)
        v = v + g * g
        return _root(v, epsilon, epsilon_at, 1.0), 1.0, v

    return Part(lambda w: namespace(real(w)).full_like(real(w), start), update)


def ar1_of_squares(
    beta: float, epsilon: float = 1e-7, *, epsilon_at: str = "outside", compensated: bool = False
) -> Part:
    r"""Root of the running mean of squares: the size that gradients had of late.

        v_t = beta · v_{t-1} + (1 - beta) · g_t²,    v_0 = 0
        c_t = 1 - beta^t with `compensated`, else 1
        d_t = sqrt(v_t / c_t + epsilon)            inside
        d_t = sqrt(v_t / c_t) + epsilon            outside
        d_t = (sqrt(v_t) + epsilon) / sqrt(c_t)    hat

    All three are sqrt(1 / c_t), a scalar gain, times a root of v_t alone: of v_t + c_t · epsilon (inside), or a root
    plus sqrt(c_t) · epsilon (outside), or plus epsilon (hat). So hat is the form with the largest epsilon early on:
    with beta = 0.999 it works at t = 1 as an epsilon that is 31.6 times larger does outside.

    Args:
        beta: in [0, 1).
        epsilon: in [0, inf). With 0, a weight that never had a gradient stays where it is.
        epsilon_at: "inside", "outside" or "hat".
        compensated: whether the start from zero is made up for.

    Raises:
        ValueError: beta or epsilon is out of its range, or epsilon_at unknown.

    Source: T. Tieleman and G. Hinton, Lecture 6.5, rmsprop, 2012; D. P. Kingma and J. Ba, Adam, 2015: algorithm 1
    (outside) and the end of section 2, with "epsilon hat".

    >>> part = ar1_of_squares(0.75, 0.0, compensated=True)
    >>> d, gain, _ = part.update(np.float64(-3.0), part.init(np.float64(0.0)), 1)
    >>> float(d), gain, float(gain * d)
    (1.5, 2.0, 3.0)
    """
    beta = number("beta", beta, 0, 1, "[)")
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    one_of("epsilon_at", epsilon_at, EPSILON_AT)

    @np.errstate(all="ignore")
    def update(g: Array, v: State, t: Scalar) -> tuple[Array, Scalar, State]:
        g = matching(g, v)
        v = beta * v + (1 - beta) * (g * g)
        c = transient(beta, t) if compensated else 1.0
        return _root(v, epsilon, epsilon_at, c), c**-0.5, v

    return Part(zeros, update)


def _root(v: Array, epsilon: float, epsilon_at: str, c: Scalar) -> Array:
    """sqrt(c) · d: the denominator for mean squares v / c, without the gain 1 / sqrt(c)."""
    xp = namespace(v)
    if epsilon_at == "inside":
        d = xp.sqrt(v + c * epsilon)
    elif epsilon_at == "outside":
        d = xp.sqrt(v) + c**0.5 * epsilon
    else:
        d = xp.sqrt(v) + epsilon
    if epsilon == 0 or v.dtype == np.float16:  # in float16 the product c · epsilon can round to zero
        d = xp.where(d == 0, np.inf, d)  # nothing seen yet: the step is 0, not 0 / 0
    return d


def transient(beta: float, t: Scalar) -> Scalar:
    """How far a running mean that starts from zero has filled up after t steps: 1 - beta^t.

    Args:
        beta: in [0, 1).
        t: 1, 2, …, a Python or NumPy number, or a tensor.

    Raises:
        ValueError: t < 1: there is no mean of nothing.

    >>> transient(0.5, 2)
    0.75
    """
    if isinstance(t, np.generic):
        t = t.item()  # a Python number: it widens no float32 array
    if isinstance(t, int | float) and t < 1:
        raise ValueError(f"t: got {t}; takes 1, 2, …: it counts the gradients seen, this one included")
    return 1 - beta**t


def zeros(w: Array) -> Array:
    """A state of zeros in the shape and dtype of the weights."""
    return namespace(real(w)).zeros_like(real(w))


def real(x: Array) -> Array:
    """The array, if NumPy holds it as real floating-point numbers; tensors and Python floats pass.

    Raises:
        TypeError: integers (they cannot take a step smaller than 1), complex numbers, objects, lists.
    """
    if (namespace(x) is np and np.asarray(x).dtype.kind != "f") or isinstance(x, list | tuple):
        got = np.asarray(x).dtype
        raise TypeError(f"array: got {type(x).__name__} of {got}; takes an array of float16, float32 or float64")
    return x


def matching(g: Array, state: Array) -> Array:
    """The gradient in the dtype of the state, if it has the shape of the state. Tensors pass: their library checks.

    Raises:
        ValueError: the shapes differ; NumPy would broadcast, and train another number of weights.
        TypeError: the gradient holds no real numbers, or wider ones, which would widen the weights.
    """
    if not isinstance(state, np.ndarray | np.generic):
        return g
    g = np.asarray(g)
    if g.shape != state.shape:
        raise ValueError(f"gradient, state: got the shapes {g.shape} and {state.shape}; take the same shape")
    if g.dtype != state.dtype:
        if np.result_type(g, state) != state.dtype:
            raise TypeError(
                f"gradient, state: got {g.dtype} and {state.dtype}; the gradient takes the dtype of the weights"
            )
        g = g.astype(state.dtype)
    return g


def _stateless(w: Array) -> State:
    """The state of a part that has none."""
    return ()
