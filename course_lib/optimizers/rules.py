"""Update rules: a filter and a normalizer, combined.

    state = rule.init(w)
    step, state = rule.update(g, state, t, lr)             t = 1, 2, …
    w = w - step

There are two ways to combine them, and they are not the same:

    parallel    lr · filter(g) / normalizer(g)      both see the gradient: Adam
    series      filter(lr · g / normalizer(g))      the filter sees the normalized gradient: RMSprop with momentum

`lr_at` says where the learning rate enters: at the input of the filter or at its output. While it is constant that
makes no difference. Under a schedule it does: what entered a filter keeps the learning rate that held at the time.

The defaults are those of Keras, and so are the names of the hyperparameters; where others have other conventions, the
docstring says so under "Differs from", and an argument switches to them. A rule that needs a part of its own, or more
than a filter and a normalizer (the weights, say, or its own last step), is a `Rule` like these: see `other_rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from course_lib._arguments import number, one_of, whole
from course_lib._array import SCALARS, Array, real
from course_lib.optimizers.parts import (
    Part,
    Scalar,
    State,
    a_part,
    ar1,
    ar1_of_squares,
    arma1,
    no_filter,
    no_normalizer,
    sum_of_squares,
)

LR_AT = ("input", "output")
"""Where the learning rate may enter: at the input of the filter, or at its output."""


Updated = tuple[Array, State]
"""What an update gives: the step and the new state."""


class Update(Protocol):
    """(gradient, state, t, lr, weights) -> (step, state)."""

    def __call__(self, g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated: ...


class Rule(NamedTuple):
    """An update rule: two pure functions. Its step is subtracted, w <- w - step.

    Args:
        init: weights -> state before the first step.
        update: (gradient, state, t, lr, w=None) -> (step, state), t = 1, 2, …, lr >= 0. Gradient and step have shape
            and dtype of the weights. Only a rule that needs the weights reads w; the others do without it.
            The step may be an array of the new state: as everything here, it is not to be written to.
            Raises ValueError or TypeError for a gradient that does not fit the state, and for t or lr out of range.
        filter, normalizer: the Parts that it is made of; where there is no such part, in words what does its work.
        combined: how: "parallel", "series", or in words. With filter and normalizer it says what the rule is, for
            `describe`; update does without.

    >>> descent = sgd()
    >>> step, state = descent.update(np.array([2.0, -4.0]), descent.init(np.zeros(2)), 1, 0.25)
    >>> step
    array([ 0.5, -1. ])
    """

    init: Callable[[Array], State]
    update: Update
    filter: Part | str = "own"
    normalizer: Part | str = "own"
    combined: str = "own"


def parallel(filter: Part, normalizer: Part, *, lr_at: str = "output") -> Rule:
    """Both parts see the gradient.

        step_t = lr_t · filter(g)_t / normalizer(g)_t      lr_at "output"
        step_t = filter(lr · g)_t / normalizer(g)_t        lr_at "input"

    Args:
        filter, normalizer: Parts.
        lr_at: "output" or "input".

    Returns:
        A Rule; its state is (state of the filter, state of the normalizer).

    Raises:
        ValueError: lr_at is neither.
        TypeError: a part is none.

    >>> heavy_ball = parallel(ar1(0.5), no_normalizer())
    >>> step, state = heavy_ball.update(np.array([4.0]), heavy_ball.init(np.zeros(1)), 1, 0.25)
    >>> step, heavy_ball.update(np.array([0.0]), state, 2, 0.25)[0]
    (array([1.]), array([0.5]))
    """
    a_part("filter", filter), a_part("normalizer", normalizer)
    at_input = one_of("lr_at", lr_at, LR_AT) == "input"

    def init(w: Array) -> State:
        return filter.init(w), normalizer.init(w)

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated:
        g, t, lr = checked(g, t, lr)
        of_filter, of_normalizer = state
        y, gain, of_filter = filter.update(lr * g if at_input else g, of_filter, t)
        d, scale, of_normalizer = normalizer.update(g, of_normalizer, t)
        step = _times(y, gain / scale) if at_input else y * (lr * (gain / scale))
        return _over(step, d), (of_filter, of_normalizer)

    return Rule(init, update, filter, normalizer, "parallel")


def series(normalizer: Part, filter: Part, *, lr_at: str = "output") -> Rule:
    """The filter sees the normalized gradient.

        step_t = lr_t · filter(g / normalizer(g))_t        lr_at "output"
        step_t = filter(lr · g / normalizer(g))_t          lr_at "input"

    Args:
        normalizer, filter: Parts, in the order in which the gradient meets them.
        lr_at: "output" or "input".

    Returns:
        A Rule; its state is (state of the normalizer, state of the filter).

    Raises:
        ValueError: lr_at is neither.
        TypeError: a part is none.

    >>> signs = series(ar1_of_squares(0.0, 0.0), ar1(0.5))
    >>> step, state = signs.update(np.array([4.0, -9.0]), signs.init(np.zeros(2)), 1, 0.25)
    >>> step, signs.update(np.array([1.0, 1.0]), state, 2, 0.25)[0]
    (array([ 0.25, -0.25]), array([0.375, 0.125]))
    """
    a_part("normalizer", normalizer), a_part("filter", filter)
    at_input = one_of("lr_at", lr_at, LR_AT) == "input"

    def init(w: Array) -> State:
        return normalizer.init(w), filter.init(w)

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated:
        g, t, lr = checked(g, t, lr)
        of_normalizer, of_filter = state
        d, scale, of_normalizer = normalizer.update(g, of_normalizer, t)
        normalized = _over(g * (lr / scale if at_input else 1 / scale), d)
        y, gain, of_filter = filter.update(normalized, of_filter, t)
        return _times(y, gain) if at_input else y * (lr * gain), (of_normalizer, of_filter)

    return Rule(init, update, filter, normalizer, "series")


def checked(g: Array, t: Scalar, lr: Scalar) -> tuple[Array, Scalar, Scalar]:
    """The arguments of an update; NumPy scalars as Python numbers, which widen no float32 array."""
    if isinstance(t, SCALARS) or not hasattr(t, "dtype"):
        t = whole("t", t, 1)
    if isinstance(lr, SCALARS) or not hasattr(lr, "dtype"):
        lr = number("lr", lr, 0, np.inf, "[)")
    return real("gradient", g), t, lr


def _times(x: Array, factor: Scalar) -> Array:
    """x · factor; a factor of 1 costs no pass over the weights."""
    return x if isinstance(factor, float) and factor == 1 else x * factor


def _over(x: Array, d: Array) -> Array:
    """x / d; d is None where nothing is to be divided by."""
    return x if d is None else x / d


# --- the rules by name -----------------------------------------------------------------------------------------------


def sgd() -> Rule:
    """Gradient descent: straight down, as far as the learning rate says.

        step_t = lr · g_t

    Returns:
        A Rule without filter and normalizer.

    Source: A. Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847; with gradients
    from samples: H. Robbins and S. Monro, A stochastic approximation method, 1951.

    >>> sgd().update(np.array([2.0]), sgd().init(np.zeros(1)), 1, 0.1)[0]
    array([0.2])
    """
    return parallel(no_filter(), no_normalizer())


def momentum(momentum: float = 0.9, lr_at: str = "input") -> Rule:
    """Gradient descent with momentum: the filter `ar1`, no normalizer.

        m_t = momentum · m_{t-1} + lr_t · g_t,    step_t = m_t

    To a constant gradient it takes steps 1 / (1 - momentum) times as long as those of `sgd`, once it is up to speed.

    Args:
        momentum: in [0, 1); 0 gives `sgd`.
        lr_at: "input" as above; "output" for m_t = momentum · m_{t-1} + g_t, step_t = lr_t · m_t.

    Returns:
        A Rule.

    Raises:
        ValueError: momentum is outside of [0, 1), or lr_at is neither.

    Differs from PyTorch and Optax, which put the learning rate at the output. From Keras' `SGD` it differs in the
    default of momentum only, which is 0 there. scikit-learn as here.
    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964; I. Sutskever,
    J. Martens, G. Dahl, G. Hinton, On the importance of initialization and momentum in deep learning, 2013 ("input").

    The learning rate drops to 0 after the first step. At the input, the step already under way goes on:

    >>> def second_step(rule):
    ...     step, state = rule.update(np.array([1.0]), rule.init(np.zeros(1)), 1, 1.0)
    ...     return rule.update(np.array([1.0]), state, 2, 0.0)[0]
    >>> second_step(momentum(0.5, "input")), second_step(momentum(0.5, "output"))
    (array([0.5]), array([0.]))
    """
    return parallel(ar1(fraction("momentum", momentum)), no_normalizer(), lr_at=lr_at)


def momentum_torch(momentum: float = 0.9) -> Rule:
    """Momentum as PyTorch has it: `momentum` with the learning rate at the output.

        m_t = momentum · m_{t-1} + g_t,    step_t = lr_t · m_t

    While the learning rate is constant, these are the steps of `momentum`. When it drops, all of the memory is taken
    at the new rate, and not the new gradients alone.

    Args:
        momentum: in [0, 1); 0 gives `sgd`.

    Returns:
        A Rule.

    Raises:
        ValueError: momentum is outside of [0, 1).

    Differs from Keras as said. PyTorch's own default of momentum is 0, and its dampening is left out: it damps every
    gradient but the first. Optax as here.
    Source: PyTorch, torch.optim.SGD, "Note" on how it differs from I. Sutskever and others, 2013.

    >>> rule = momentum_torch(0.5)
    >>> step, state = rule.update(np.array([1.0]), rule.init(np.zeros(1)), 1, 1.0)
    >>> rule.update(np.array([1.0]), state, 2, 0.0)[0]
    array([0.])
    """
    return parallel(ar1(fraction("momentum", momentum)), no_normalizer(), lr_at="output")


def nesterov(momentum: float = 0.9, lr_at: str = "input") -> Rule:
    """Nesterov's momentum: the filter `arma1`, no normalizer.

        m_t = momentum · m_{t-1} + lr_t · g_t,    step_t = momentum · m_t + lr_t · g_t

    The weights that it moves are the ones looked ahead to, w_t = theta_t - momentum · m_t, where theta_t are those of
    the classic form, theta_t = theta_{t-1} - m_t with the gradient taken at w_{t-1}.

    Args:
        momentum: in [0, 1); 0 gives `sgd`.
        lr_at: "input" as above; "output" multiplies the whole step by lr_t instead.

    Returns:
        A Rule.

    Raises:
        ValueError: momentum is outside of [0, 1), or lr_at is neither.

    Differs from PyTorch and Optax, which put the learning rate at the output. From Keras' `SGD(nesterov=True)` it
    differs in the default of momentum only, which is 0 there. scikit-learn as here.
    Source: Yu. E. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983;
    Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu, Advances in optimizing recurrent networks, 2013 (this form).

    >>> nesterov(0.5).update(np.array([1.0]), nesterov().init(np.zeros(1)), 1, 0.1)[0]
    array([0.15])
    """
    return parallel(arma1(fraction("momentum", momentum)), no_normalizer(), lr_at=lr_at)


def adagrad(initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, epsilon_at: str = "inside") -> Rule:
    """AdaGrad: no filter, the normalizer `sum_of_squares`.

        v_t = v_{t-1} + g_t²,    v_0 = initial_accumulator_value
        step_t = lr · g_t / sqrt(v_t + epsilon)

    Args:
        initial_accumulator_value: in [0, inf); 0.1 makes the first steps shorter for gradients below 0.3 or so.
        epsilon: in [0, inf).
        epsilon_at: "inside" the root as above, or "outside": sqrt(v_t) + epsilon.

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch: epsilon outside, 1e-10, and v_0 = 0. Optax as here.
    Source: J. Duchi, E. Hazan, Y. Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, 2011, figure 1 (v_0 = 0, outside).

    >>> adagrad().update(np.array([0.3]), adagrad().init(np.zeros(1)), 1, 1.0)[0].round(7)
    array([0.688247])
    """
    start = number("initial_accumulator_value", initial_accumulator_value, 0, np.inf, "[)")
    return parallel(no_filter(), sum_of_squares(epsilon, start=start, epsilon_at=epsilon_at))


def rmsprop(rho: float = 0.9, epsilon: float = 1e-7, epsilon_at: str = "inside") -> Rule:
    """RMSprop: no filter, the normalizer `ar1_of_squares`; the transient is not made up for.

        v_t = rho · v_{t-1} + (1 - rho) · g_t²,    v_0 = 0
        step_t = lr · g_t / sqrt(v_t + epsilon)

    So the first step is 1 / sqrt(1 - rho) times lr, whatever the gradient: 3.16 with the default.

    Args:
        rho: in [0, 1).
        epsilon: in [0, inf).
        epsilon_at: "inside" the root as above, or "outside": sqrt(v_t) + epsilon.

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch: epsilon outside, 1e-8, and its alpha, which is rho, is 0.99. Optax: epsilon 1e-8.
    Source: T. Tieleman and G. Hinton, Neural networks for machine learning, lecture 6.5, 2012.

    >>> rmsprop().update(np.array([0.3]), rmsprop().init(np.zeros(1)), 1, 1.0)[0].round(5)
    array([3.16226])
    """
    squares = ar1_of_squares(fraction("rho", rho), epsilon, epsilon_at=epsilon_at)
    return parallel(no_filter(), squares)


def rmsprop_momentum(
    rho: float = 0.9, momentum: float = 0.9, epsilon: float = 1e-7, epsilon_at: str = "inside", lr_at: str = "input"
) -> Rule:
    """RMSprop with momentum: the normalizer `ar1_of_squares`, and after it the filter `ar1`.

        v_t = rho · v_{t-1} + (1 - rho) · g_t²,    v_0 = 0
        m_t = momentum · m_{t-1} + lr_t · g_t / sqrt(v_t + epsilon),    step_t = m_t

    Args:
        rho, momentum: in [0, 1); momentum 0 gives `rmsprop`.
        epsilon: in [0, inf).
        epsilon_at: "inside" the root as above, or "outside": sqrt(v_t) + epsilon.
        lr_at: "input" as above; "output" multiplies the whole step by lr_t instead.

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch as `rmsprop` does, and in the learning rate, which is at the output there. Optax as here but
    for its epsilon of 1e-8. From Keras' `RMSprop` it differs in the default of momentum only, which is 0 there.
    Source: A. Graves, Generating sequences with recurrent neural networks, 2013, section 4.2 (centered).

    >>> rule = rmsprop_momentum(rho=0.75, momentum=0.5, epsilon=0.0)
    >>> step, state = rule.update(np.array([0.3]), rule.init(np.zeros(1)), 1, 0.25)
    >>> step, rule.update(np.array([0.0]), state, 2, 0.25)[0]
    (array([0.5]), array([0.25]))
    """
    normalizer = ar1_of_squares(fraction("rho", rho), epsilon, epsilon_at=epsilon_at)
    return series(normalizer, ar1(fraction("momentum", momentum)), lr_at=lr_at)


def adam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, epsilon_at: str = "hat") -> Rule:
    """Adam: the filter `ar1` and the normalizer `ar1_of_squares` side by side, both with their transient made up for.

        m_t = beta_1 · m_{t-1} + (1 - beta_1) · g_t,     m_0 = 0
        v_t = beta_2 · v_{t-1} + (1 - beta_2) · g_t²,    v_0 = 0
        step_t = lr · sqrt(1 - beta_2^t) / (1 - beta_1^t) · m_t / (sqrt(v_t) + epsilon)

    The filter keeps m_t / (1 - beta_1), and has the factor in its gain.
    But for epsilon, the first step is lr · sign(g_1), and scaling all gradients changes nothing.

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf).
        epsilon_at: "hat" as above; "outside" for the paper's algorithm 1, where sqrt(v_t / (1 - beta_2^t)) + epsilon
            divides, an epsilon that counts for 31.6 times less at t = 1; or "inside" that root.

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch and Optax: epsilon outside, 1e-8. scikit-learn: hat, 1e-8.
    Source: D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1 (outside), and the
    end of section 2 (hat).

    >>> adam(epsilon=0.0).update(np.array([0.3, -4e-5]), adam().init(np.zeros(2)), 1, 0.01)[0]
    array([ 0.01, -0.01])
    """
    beta_1, beta_2 = fraction("beta_1", beta_1), fraction("beta_2", beta_2)
    return parallel(
        ar1(beta_1, unit_dc=True, compensated=True),
        ar1_of_squares(beta_2, epsilon, epsilon_at=epsilon_at, compensated=True),
    )


def adam_paper(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8) -> Rule:
    """Adam by algorithm 1 of the paper, as PyTorch and Optax have it: `adam` with epsilon outside, and 1e-8.

        step_t = lr · m_t / (1 - beta_1^t) / (sqrt(v_t / (1 - beta_2^t)) + epsilon)

    with m_t and v_t of `adam`. While gradients are much larger than epsilon, these are the steps of `adam`.

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf).

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from Keras: epsilon hat, 1e-7.
    Source: D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    >>> for named in (adam(epsilon=1e-3), adam_paper(epsilon=1e-3)):
    ...     print(named.update(np.array([1e-3]), named.init(np.zeros(1)), 1, 1.0)[0].round(4))
    [0.0307]
    [0.5]
    """
    return adam(beta_1, beta_2, epsilon, epsilon_at="outside")


def fraction(name: str, value: float) -> float:
    """The hyperparameter under its own name, if it is in [0, 1)."""
    return number(name, value, 0, 1, "[)")
