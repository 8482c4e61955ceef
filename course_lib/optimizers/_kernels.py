"""Updates that write over their state: the rules of two parts, and some more, once again with `out=`.

What each operation computes, and in which order, is that of `parts` and `rules` to the last bit; only where it puts the
result differs. So a step makes no array at all: it needs three of them as scratch, which are used again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.optimizers.parts import State, may_vanish, transient

Array = NDArray[Any]


class Scratch(NamedTuple):
    """Arrays of a block's length that hold nothing between blocks: a filter's input x and output y, a divisor d."""

    x: Array
    y: Array
    d: Array


Kernel = Callable[[Array, Array, State, int, float, Scratch], tuple[Array, State]]
"""(w, g, state, t, lr, scratch) -> (step, state) for one block: as the update of a Rule, but the state is written over
and the step may lie in the scratch arrays or in the state. w and g are only read."""

Filter = Callable[[Array, State, int, Scratch], tuple[Array, float]]
"""(x, state, t, scratch) -> (array, gain), as the update of a Part; x may lie in scratch.x."""

Normalizer = Callable[[Array, State, int, Scratch], tuple[Array | None, float]]
"""(g, state, t, scratch) -> (array, gain); the array lies in scratch.d."""


# --- the two ways to combine -----------------------------------------------------------------------------------------


def _parallel(filter: Filter, normalizer: Normalizer, lr_at: str = "output") -> Kernel:
    """`rules.parallel`, in place."""
    at_input = lr_at == "input"

    def kernel(w: Array, g: Array, state: State, t: int, lr: float, scratch: Scratch) -> tuple[Array, State]:
        of_filter, of_normalizer = state
        y, gain = filter(np.multiply(g, lr, out=scratch.x) if at_input else g, of_filter, t, scratch)
        d, scale = normalizer(g, of_normalizer, t, scratch)
        y = _times(y, gain / scale if at_input else lr * (gain / scale), scratch.y)
        return _over(y, d, scratch.y), state

    return kernel


def _series(normalizer: Normalizer, filter: Filter, lr_at: str = "output") -> Kernel:
    """`rules.series`, in place."""
    at_input = lr_at == "input"

    def kernel(w: Array, g: Array, state: State, t: int, lr: float, scratch: Scratch) -> tuple[Array, State]:
        of_normalizer, of_filter = state
        d, scale = normalizer(g, of_normalizer, t, scratch)
        normalized = _over(_times(g, lr / scale if at_input else 1 / scale, scratch.x), d, scratch.x)
        y, gain = filter(normalized, of_filter, t, scratch)
        return _times(y, gain if at_input else lr * gain, scratch.y), state

    return kernel


def _decaying(bare: Kernel, decay: float) -> Kernel:
    """The bare rule, and beside it the weights decay, in place."""

    def kernel(w: Array, g: Array, state: State, t: int, lr: float, scratch: Scratch) -> tuple[Array, State]:
        step, state = bare(w, g, state, t, lr, scratch)
        return np.add(step, np.multiply(w, lr * decay, out=scratch.x), out=scratch.y), state

    return kernel if decay else bare


def _times(x: Array, factor: float, out: Array) -> Array:
    """x · factor; a factor of 1 changes no bit, and costs no pass."""
    return x if factor == 1 else np.multiply(x, factor, out=out)


def _over(x: Array, d: Array | None, out: Array) -> Array:
    """x / d; d is None where nothing is to be divided by."""
    return x if d is None else np.divide(x, d, out=out)


# --- filters ---------------------------------------------------------------------------------------------------------


def _no_filter(x: Array, state: State, t: int, scratch: Scratch) -> tuple[Array, float]:
    """`parts.no_filter`, in place."""
    return x, 1.0


def _ar1(beta: float, unit_dc: bool = False, compensated: bool = False) -> Filter:
    """`parts.ar1`, in place."""
    b = 1 - beta if unit_dc else 1.0

    def filter(x: Array, m: State, t: int, scratch: Scratch) -> tuple[Array, float]:
        np.multiply(m, beta, out=m)
        np.add(m, x, out=m)
        return m, (b / transient(beta, t) if compensated else b)

    return filter


def _arma1(beta: float) -> Filter:
    """`parts.arma1`, in place."""

    def filter(x: Array, m: State, t: int, scratch: Scratch) -> tuple[Array, float]:
        np.multiply(m, beta, out=m)
        np.add(m, x, out=m)
        np.multiply(m, beta, out=scratch.y)
        return np.add(scratch.y, x, out=scratch.y), 1.0

    return filter


# --- normalizers -----------------------------------------------------------------------------------------------------


def _no_normalizer(g: Array, state: State, t: int, scratch: Scratch) -> tuple[None, float]:
    """`parts.no_normalizer`, in place."""
    return None, 1.0


def _sum_of_squares(epsilon: float, epsilon_at: str) -> Normalizer:
    """`parts.sum_of_squares`, in place."""

    def normalizer(g: Array, v: State, t: int, scratch: Scratch) -> tuple[Array, float]:
        np.add(v, np.multiply(g, g, out=scratch.d), out=v)
        return _root(v, epsilon, epsilon_at, 1.0, scratch.d), 1.0

    return normalizer


def _ar1_of_squares(beta: float, epsilon: float, epsilon_at: str, compensated: bool = False) -> Normalizer:
    """`parts.ar1_of_squares`, in place."""

    def normalizer(g: Array, v: State, t: int, scratch: Scratch) -> tuple[Array, float]:
        _mean_of_squares(v, g, beta, scratch.d)
        c = transient(beta, t) if compensated else 1.0
        return _root(v, epsilon, epsilon_at, c, scratch.d), c**-0.5

    return normalizer


def _mean_of_squares(v: Array, g: Array, beta: float, square: Array) -> None:
    """v <- beta · v + (1 - beta) · g²"""
    np.multiply(g, g, out=square)
    np.multiply(square, 1 - beta, out=square)
    np.multiply(v, beta, out=v)
    np.add(v, square, out=v)


def _root(v: Array, epsilon: float, epsilon_at: str, c: float, d: Array) -> Array:
    """`parts.root`, in place: into d."""
    if epsilon_at == "inside":
        np.sqrt(np.add(v, c * epsilon, out=d), out=d)
    else:
        np.add(np.sqrt(v, out=d), c**0.5 * epsilon if epsilon_at == "outside" else epsilon, out=d)
    if may_vanish(epsilon, v):
        np.copyto(d, np.inf, where=d == 0)
    return d


# --- the rules by name -----------------------------------------------------------------------------------------------


def _adam(beta_1: float, beta_2: float, epsilon: float, epsilon_at: str = "hat") -> Kernel:
    return _parallel(_ar1(beta_1, True, True), _ar1_of_squares(beta_2, epsilon, epsilon_at, True))


def _nadam(beta_1: float, beta_2: float, epsilon: float) -> Kernel:
    memory = _ar1(beta_1)

    def mu(t: int) -> float:
        return beta_1 * (1 - 0.5 * 0.96**t)

    def filter(x: Array, state: State, t: int, scratch: Scratch) -> tuple[Array, float]:
        m, p = state
        memory(x, m, t, scratch)
        np.multiply(p, mu(t), out=p)
        np.multiply(m, (1 - beta_1) * mu(t + 1) / (1 - p * mu(t + 1)), out=scratch.y)
        np.multiply(x, (1 - mu(t)) / (1 - p), out=scratch.x)
        return np.add(scratch.y, scratch.x, out=scratch.y), 1.0

    return _parallel(filter, _ar1_of_squares(beta_2, epsilon, "outside", True))


def _adadelta(rho: float, epsilon: float) -> Kernel:
    def kernel(w: Array, g: Array, state: State, t: int, lr: float, scratch: Scratch) -> tuple[Array, State]:
        v, a = state
        delta = np.sqrt(np.add(a, epsilon, out=scratch.y), out=scratch.y)
        np.multiply(delta, g, out=delta)
        _mean_of_squares(v, g, rho, scratch.d)
        np.divide(delta, _root(v, epsilon, "inside", 1.0, scratch.d), out=delta)
        _mean_of_squares(a, delta, rho, scratch.d)
        return np.multiply(delta, lr, out=delta), state

    return kernel


def _lion(beta_1: float, beta_2: float) -> Kernel:
    def kernel(w: Array, g: Array, m: State, t: int, lr: float, scratch: Scratch) -> tuple[Array, State]:
        mean = _mean(m, g, beta_1, scratch.y, scratch.x)
        vote = np.sign(mean, out=scratch.x)  # into another array: over its own argument it is ten times slower
        return np.multiply(vote, lr, out=scratch.y), _mean(m, g, beta_2, m, scratch.x)

    return kernel


def _mean(m: Array, g: Array, beta: float, out: Array, scratch: Array) -> Array:
    """beta · m + (1 - beta) · g"""
    np.multiply(m, beta, out=out)
    return np.add(out, np.multiply(g, 1 - beta, out=scratch), out=out)


KERNELS: dict[str, Callable[..., Kernel]] = {
    "sgd": lambda: _parallel(_no_filter, _no_normalizer),
    "momentum": lambda momentum, lr_at: _parallel(_ar1(momentum), _no_normalizer, lr_at),
    "momentum_torch": lambda momentum: _parallel(_ar1(momentum), _no_normalizer),
    "nesterov": lambda momentum, lr_at: _parallel(_arma1(momentum), _no_normalizer, lr_at),
    "adagrad": lambda initial_accumulator_value, epsilon, epsilon_at: _parallel(
        _no_filter, _sum_of_squares(epsilon, epsilon_at)
    ),
    "rmsprop": lambda rho, epsilon, epsilon_at: _parallel(_no_filter, _ar1_of_squares(rho, epsilon, epsilon_at)),
    "rmsprop_momentum": lambda rho, momentum, epsilon, epsilon_at, lr_at: _series(
        _ar1_of_squares(rho, epsilon, epsilon_at), _ar1(momentum), lr_at
    ),
    "adam": _adam,
    "adam_paper": lambda beta_1, beta_2, epsilon: _adam(beta_1, beta_2, epsilon, "outside"),
    "adamw": lambda beta_1, beta_2, epsilon, decay: _decaying(_adam(beta_1, beta_2, epsilon), decay),
    "nadam": _nadam,
    "adadelta": _adadelta,
    "lion": lambda beta_1, beta_2, decay: _decaying(_lion(beta_1, beta_2), decay),
}
"""Name of a rule -> function of all its hyperparameters -> Kernel.

The state that it starts from and the checks of the hyperparameters are those of the pure rule.
"""
