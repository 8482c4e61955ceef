"""Update rules: a filter and a normalizer, combined.

    state = rule.init(w)
    step, state = rule.update(g, state, t, lr)             t = 1, 2, …
    w = w - step

There are two ways to combine them, and they are not the same:

    parallel:  step = lr · filter(g) / normalizer(g)       Adam: both see the raw gradient
    series:    step = filter(lr · g / normalizer(g))       RMSprop with momentum: the filter sees the normalized one

and `lr_at` says where the learning rate enters: at the input of the filter or at its output. With a constant
learning rate that changes nothing. Under a schedule it does: at the input, gradients keep the learning rate that held
when they arrived.

A rule that needs more than this (the weights, its own output, a sign) is a `Rule` of its own beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from course_lib._arguments import number, one_of, whole
from course_lib._array import Array
from course_lib.optimizers.parts import (
    Part,
    Scalar,
    State,
    ar1,
    ar1_of_squares,
    arma1,
    no_filter,
    no_normalizer,
    sum_of_squares,
)

LR_AT = ("input", "output")
"""Where the learning rate enters: at the input of the filter or at its output."""


class Update(Protocol):
    """(gradient, state, t, lr, weights) -> (step to subtract, state)."""

    def __call__(self, g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> tuple[Array, State]: ...


class Rule(NamedTuple):
    """An update rule: two pure functions. The step is subtracted: w <- w - step.

    Args:
        init: weights -> state before the first step.
        update: (gradient, state, t, lr, w=None) -> (step, state), t = 1, 2, …, lr >= 0. Gradient, weights and step
            have one shape and one dtype. Only rules that need the weights read w.
    """

    init: Callable[[Array], State]
    update: Update


def parallel(filter: Part, normalizer: Part, lr_at: str = "output") -> Rule:
    """lr · filter(g) / normalizer(g): both parts see the raw gradient.

    Args:
        filter, normalizer: the parts.
        lr_at: "output": lr · filter(g); "input": filter(lr · g).

    Raises:
        ValueError: lr_at is unknown.

    >>> heavy_ball = parallel(ar1(0.5), no_normalizer())
    >>> step, state = heavy_ball.update(np.array([4.0]), heavy_ball.init(np.zeros(1)), 1, 0.25)
    >>> step, heavy_ball.update(np.array([0.0]), state, 2, 0.25)[0]
    (array([1.]), array([0.5]))
    """
    one_of("lr_at", lr_at, LR_AT)

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> tuple[Array, State]:
        t, lr = _counted(t), _rate(lr)
        of_filter, of_normalizer = state
        if lr_at == "input":
            y, gain, of_filter = filter.update(lr * g, of_filter, t)
        else:
            y, gain, of_filter = filter.update(g, of_filter, t)
        d, scale, of_normalizer = normalizer.update(g, of_normalizer, t)
        y = y * (gain / scale if lr_at == "input" else lr * (gain / scale))
        return (y if d is None else y / d), (of_filter, of_normalizer)

    return Rule(lambda w: (filter.init(w), normalizer.init(w)), update)


def series(normalizer: Part, filter: Part, lr_at: str = "output") -> Rule:
    """filter(lr · g / normalizer(g)): the filter sees the normalized gradient.

    Args:
        normalizer, filter: the parts, in the order in which the gradient meets them.
        lr_at: "output": lr · filter(g / normalizer(g)); "input": filter(lr · g / normalizer(g)).

    Raises:
        ValueError: lr_at is unknown.

    >>> signs = series(ar1_of_squares(0.0, 0.0), ar1(0.5))
    >>> signs.update(np.array([4.0, -9.0]), signs.init(np.zeros(2)), 1, 0.25)[0]
    array([ 0.25, -0.25])
    """
    one_of("lr_at", lr_at, LR_AT)

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> tuple[Array, State]:
        t, lr = _counted(t), _rate(lr)
        of_normalizer, of_filter = state
        d, scale, of_normalizer = normalizer.update(g, of_normalizer, t)
        x = g * (lr / scale if lr_at == "input" else 1 / scale)
        y, gain, of_filter = filter.update(x if d is None else x / d, of_filter, t)
        return y * (gain if lr_at == "input" else lr * gain), (of_normalizer, of_filter)

    return Rule(lambda w: (normalizer.init(w), filter.init(w)), update)


def sgd() -> Rule:
    return parallel(no_filter(), no_normalizer())


def momentum(momentum: float = 0.9, lr_at: str = "input") -> Rule:
    return parallel(ar1(momentum), no_normalizer(), lr_at)


def nesterov(momentum: float = 0.9, lr_at: str = "input") -> Rule:
    return parallel(arma1(momentum), no_normalizer(), lr_at)


def adagrad(initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, epsilon_at: str = "inside") -> Rule:
    return parallel(no_filter(), sum_of_squares(epsilon, start=initial_accumulator_value, epsilon_at=epsilon_at))


def rmsprop(rho: float = 0.9, epsilon: float = 1e-7, epsilon_at: str = "inside") -> Rule:
    return parallel(no_filter(), ar1_of_squares(rho, epsilon, epsilon_at=epsilon_at))


def rmsprop_momentum(
    rho: float = 0.9, momentum: float = 0.9, epsilon: float = 1e-7, epsilon_at: str = "inside", lr_at: str = "input"
) -> Rule:
    return series(ar1_of_squares(rho, epsilon, epsilon_at=epsilon_at), ar1(momentum), lr_at)


def adam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, epsilon_at: str = "hat") -> Rule:
    return parallel(
        ar1(beta_1, unit_dc=True, compensated=True),
        ar1_of_squares(beta_2, epsilon, epsilon_at=epsilon_at, compensated=True),
    )


RULES: dict[str, Callable[..., Rule]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "rmsprop_momentum": rmsprop_momentum,
    "adam": adam,
}
"""Name -> function of hyperparameters -> Rule."""


def rule(name: str, **hyperparameters: Any) -> Rule:
    one_of("name", name, RULES)
    takes = inspect.signature(RULES[name]).parameters
    for unknown in hyperparameters.keys() - takes.keys():
        raise TypeError(f"{unknown}: no hyperparameter of {name!r}, which takes {', '.join(takes) or 'none'}")
    return RULES[name](**hyperparameters)


def _counted(t: Scalar) -> Scalar:
    return whole("t", t, 1) if isinstance(t, int | float | np.generic | np.ndarray) else t


def _rate(lr: Scalar) -> Scalar:
    return number("lr", lr, 0, np.inf, "[)") if isinstance(lr, int | float | np.generic | np.ndarray) else lr
