"""Update rules that need a part of their own, or more than a filter and a normalizer.

With a part of their own, and otherwise like `adam`:

    amsgrad     a normalizer that never shrinks
    adamax      a normalizer that keeps the largest gradient, and lets it fade
    nadam       a filter that looks ahead, and whose memory lengthens in the first steps

With more than two parts:

    adadelta    remembers its own steps too, to know in which unit they are
    adamw       reads the weights: it lets them decay
    lion        takes the sign of a filter, and remembers by another one

The defaults and the names of the hyperparameters are those of Keras.
"""

from __future__ import annotations

import numpy as np

from course_lib._arguments import number
from course_lib._array import Array, namespace
from course_lib.optimizers.parts import (
    Part,
    Scalar,
    State,
    ar1,
    ar1_of_squares,
    arma,
    fitting,
    may_vanish,
    no_filter,
    root,
    transient,
    zeros,
)
from course_lib.optimizers.rules import Rule, Updated, adam, checked, fraction, parallel

# --- like Adam, with another part ------------------------------------------------------------------------------------


def amsgrad(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Rule:
    """AMSGrad: `adam`, divided by the largest running mean so far, so that the scale never shrinks.

        m_t, v_t as in adam,    u_t = max(u_{t-1}, v_t),    u_0 = 0
        step_t = lr · sqrt(1 - beta_2^t) / (1 - beta_1^t) · m_t / (sqrt(u_t) + epsilon)

    Where Adam forgets a large gradient after some 1 / (1 - beta_2) steps, this rule does not.

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf).

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from the paper, which makes up for no transient and has no epsilon; from PyTorch: epsilon outside, 1e-8;
    from Optax, which takes the largest v_t / (1 - beta_2^t), so that the first gradients count for more.
    Source: S. J. Reddi, S. Kale, S. Kumar, On the convergence of Adam and beyond, 2018, algorithm 2.

    >>> rule = amsgrad(beta_1=0.0, beta_2=0.0, epsilon=0.0)
    >>> step, state = rule.update(np.array([8.0]), rule.init(np.zeros(1)), 1, 1.0)
    >>> step, rule.update(np.array([1.0]), state, 2, 1.0)[0]
    (array([1.]), array([0.125]))
    """
    beta_2 = fraction("beta_2", beta_2)
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    mean = ar1_of_squares(beta_2, epsilon)

    def update(g: Array, state: State, t: Scalar) -> tuple[Array, Scalar, State]:
        v, u = state
        _, _, v = mean.update(g, v, t)
        u = namespace(u).maximum(u, v)
        return root(u, epsilon, "hat", 1.0), transient(beta_2, t) ** -0.5, (v, u)

    normalizer = Part(lambda w: (zeros(w), zeros(w)), update, f"largest {mean.kind} so far")
    return parallel(ar1(fraction("beta_1", beta_1), unit_dc=True, compensated=True), normalizer)


def adamax(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Rule:
    """Adamax: `adam` with the largest gradient in the place of the mean square; it fades by beta_2 a step.

        m_t as in adam,    u_t = max(beta_2 · u_{t-1}, |g_t|),    u_0 = 0
        step_t = lr / (1 - beta_1^t) · m_t / (u_t + epsilon)

    A maximum has no transient to make up for: u_1 = |g_1|.

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf). With 0, a weight that has seen no gradient yet stays where it is.

    Returns:
        A Rule.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch and Optax: u_t = max(beta_2 · u_{t-1}, |g_t| + epsilon), 1e-8.
    Source: D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 2 (without epsilon).

    >>> rule = adamax(beta_1=0.0, beta_2=0.5, epsilon=0.0)
    >>> step, state = rule.update(np.array([-8.0]), rule.init(np.zeros(1)), 1, 1.0)
    >>> step, rule.update(np.array([1.0]), state, 2, 1.0)[0]
    (array([-1.]), array([0.25]))
    """
    beta_2 = fraction("beta_2", beta_2)
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    filter = ar1(fraction("beta_1", beta_1), unit_dc=True, compensated=True)

    def update(g: Array, u: State, t: Scalar) -> tuple[Array, Scalar, State]:
        xp = namespace(u)
        u = xp.maximum(beta_2 * u, xp.abs(g))
        d = u + epsilon
        return (xp.where(d == 0, np.inf, d) if may_vanish(epsilon, d) else d), 1.0, u

    return parallel(filter, Part(zeros, update, f"largest gradient, fading by {beta_2}"))


def nadam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Rule:
    """Nadam: `adam` with Nesterov's look ahead, and a momentum that grows to beta_1 over the first steps.

        mu_t = beta_1 · (1 - 0.96^t / 2),    p_t = mu_1 · mu_2 · … · mu_t
        m_t, v_t as in adam
        y_t = mu_{t+1} · m_t / (1 - p_{t+1}) + (1 - mu_t) · g_t / (1 - p_t)
        step_t = lr · y_t / (sqrt(v_t / (1 - beta_2^t)) + epsilon)

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf).

    Returns:
        A Rule. The state of its filter is (m, p): p is one number for all weights.

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch: 0.96^(0.004 · t), which makes the momentum grow 250 times as slowly, and epsilon 1e-8; and it
    keeps p in float32. From Optax, whose mu_t is beta_1 throughout.
    Source: T. Dozat, Incorporating Nesterov momentum into Adam, 2016 (without the schedule of mu in its algorithm 2).

    >>> nadam().update(np.array([0.3]), nadam().init(np.zeros(1)), 1, 1.0)[0].round(5)
    array([1.06279])
    """
    beta_1 = fraction("beta_1", beta_1)
    memory = ar1(beta_1)

    def mu(t: Scalar) -> Scalar:
        return beta_1 * (1 - 0.5 * 0.96**t)

    def init(w: Array) -> State:
        m = memory.init(w)
        return m, namespace(m).ones((), m.dtype)

    def update(g: Array, state: State, t: Scalar) -> tuple[Array, Scalar, State]:
        m, p = state
        y, _, m = memory.update(g, m, t)
        p = p * mu(t)
        ahead = (1 - beta_1) * mu(t + 1) / (1 - p * mu(t + 1))  # the memory keeps m / (1 - beta_1)
        return ahead * y + (1 - mu(t)) / (1 - p) * g, 1.0, (m, p)

    normalizer = ar1_of_squares(fraction("beta_2", beta_2), epsilon, epsilon_at="outside", compensated=True)
    return parallel(Part(init, update, f"AR1({beta_1}) looking ahead, its memory growing"), normalizer)


# --- more than a filter and a normalizer -----------------------------------------------------------------------------


def adadelta(rho: float = 0.95, epsilon: float = 1e-7) -> Rule:
    """Adadelta: `rmsprop`, times the size that its own steps had of late.

        v_t = rho · v_{t-1} + (1 - rho) · g_t²,          v_0 = 0
        delta_t = sqrt(a_{t-1} + epsilon) / sqrt(v_t + epsilon) · g_t
        a_t = rho · a_{t-1} + (1 - rho) · delta_t²,      a_0 = 0
        step_t = lr · delta_t

    The quotient of the roots gives the step the unit of the weights, so that lr = 1 is meant. It starts slowly: the
    first steps are as long as epsilon lets them be.

    Args:
        rho: in [0, 1).
        epsilon: in (0, inf). With 0, no step would be the first.

    Returns:
        A Rule; its state is (v, a).

    Raises:
        ValueError: a hyperparameter is out of its range.

    Differs from PyTorch and Optax: rho 0.9 and epsilon 1e-6. The default learning rate of Keras is 0.001, with which it
    hardly moves; in the paper and in PyTorch it is 1. In float16 epsilon has to be far larger: there the squares of the
    first steps round to 0.
    Source: M. D. Zeiler, ADADELTA: an adaptive learning rate method, 2012, algorithm 1.

    >>> adadelta().update(np.array([0.3]), adadelta().init(np.zeros(1)), 1, 1.0)[0].round(7)
    array([0.0014142])
    """
    rho = fraction("rho", rho)
    epsilon = number("epsilon", epsilon, 0, np.inf, "()")
    size = ar1_of_squares(rho, epsilon, epsilon_at="inside")

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated:
        g, t, lr = checked(g, t, lr)
        v, a = state
        d, _, v = size.update(g, v, t)
        delta = namespace(a).sqrt(a + epsilon) * g / d
        _, _, a = size.update(delta, a, t)
        return lr * delta, (v, a)

    by_own_steps = f"{size.kind}, over that of its own steps"
    return Rule(lambda w: (zeros(w), zeros(w)), update, no_filter(), by_own_steps, "feedback")


def adamw(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, decay: float = 0.004) -> Rule:
    """AdamW: `adam`, and beside it the weights decay.

        step_t = (step of adam)_t + lr_t · decay · w_{t-1}

    A penalty of decay / 2 · sum w² in the loss would add decay · w to the gradient instead, and Adam would divide it
    by the size of the gradients: weights with large gradients would hardly decay. Here all decay alike.

    Args:
        beta_1, beta_2: in [0, 1).
        epsilon: in [0, inf).
        decay: in [0, inf); 0 gives `adam`.

    Returns:
        A Rule that needs the weights.

    Raises:
        ValueError: a hyperparameter is out of its range. From update: it is not given the weights.

    Differs from the paper, where the decay is multiplied by the schedule, but not by the learning rate. PyTorch: decay
    0.01; Optax: 1e-4; both have epsilon outside, 1e-8. In Keras the decay is called weight_decay, which every optimizer
    takes, `RuleOptimizer` too: there variables can be excepted from it.
    Source: I. Loshchilov and F. Hutter, Decoupled weight decay regularization, 2019, algorithm 2.

    >>> rule = adamw(decay=0.5)
    >>> rule.update(np.array([0.0]), rule.init(np.zeros(1)), 1, 0.1, np.array([4.0]))[0]
    array([0.2])
    """
    return _decaying("adamw", adam(beta_1, beta_2, epsilon), decay)


def lion(beta_1: float = 0.9, beta_2: float = 0.99, decay: float = 0.0) -> Rule:
    """Lion: the sign of a filtered gradient, and another filter for what it remembers.

        step_t = lr · sign(beta_1 · m_{t-1} + (1 - beta_1) · g_t) + lr · decay · w_{t-1}
        m_t = beta_2 · m_{t-1} + (1 - beta_2) · g_t,    m_0 = 0

    Every weight moves by lr, or not at all: gradients only vote on the direction. With beta_1 below beta_2 the newest
    one has more weight in the vote than in the memory.

    Args:
        beta_1, beta_2: in [0, 1).
        decay: in [0, inf).

    Returns:
        A Rule, which needs the weights where decay is not 0.

    Raises:
        ValueError: a hyperparameter is out of its range. From update: it needs the weights, and is not given them.

    Optax: decay 1e-3. In Keras the decay is called weight_decay; see `adamw`.
    Source: X. Chen and others, Symbolic discovery of optimization algorithms, 2023, algorithm 2.

    >>> lion().update(np.array([3.0, -0.01, 0.0]), lion().init(np.zeros(3)), 1, 0.5)[0]
    array([ 0.5, -0.5,  0. ])
    """
    beta_1, beta_2 = fraction("beta_1", beta_1), fraction("beta_2", beta_2)

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated:
        g, t, lr = checked(g, t, lr)
        m = state
        g = fitting(g, m)
        vote = namespace(m).sign(beta_1 * m + (1 - beta_1) * g)
        return lr * vote, beta_2 * m + (1 - beta_2) * g

    same_vote = arma([1 - beta_1, beta_1 - beta_2], [1, -beta_2])  # as one filter of the gradients
    return _decaying("lion", Rule(zeros, update, same_vote, "the filter's own size", "sign of the filter"), decay)


def _decaying(name: str, bare: Rule, decay: float) -> Rule:
    """The rule of this name: the bare one, and beside it the weights decay."""
    decay = number("decay", decay, 0, np.inf, "[)")
    if decay == 0:
        return bare

    @np.errstate(all="ignore")
    def update(g: Array, state: State, t: Scalar, lr: Scalar, w: Array = None) -> Updated:
        if w is None:
            raise TypeError(f"w: got None; takes the weights, which {name} with decay needs")
        step, state = bare.update(g, state, t, lr)
        _, _, lr = checked(g, t, lr)
        return step + lr * decay * fitting(w, step, "w"), state

    return bare._replace(update=update, combined=f"{bare.combined}, decay beside it")
