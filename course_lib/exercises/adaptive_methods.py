"""Exercises of the lecture "Adaptive methods"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks import Exercise, Mistake, Refused, a_function, a_number, an_array, an_order
from course_lib.optimizers import ar1, ar1_of_squares, descend, parallel, rule

Array = NDArray[np.float64]

# 1. One hole: the step of Adam -----------------------------------------------------------------------------------

_STREAMS = ([2.0], [1.0, -0.5, 3.0], [1e-3, 2e-3, -4e-3, 1e-3, 5e-3])
_SETTINGS = ((0.1, 0.9, 0.999, 1e-8), (1.0, 0.5, 0.8, 1e-3))
"""eta, beta_1, beta_2, epsilon."""


def _last_steps(answer: Any) -> Array:
    adam_step = a_function(answer)
    return np.array([a_number(adam_step(stream, *one)) for stream in _STREAMS for one in _SETTINGS])


def _is_adam(steps: Array) -> bool:
    """The same steps as those of the library's rule in its published form."""
    expected = []
    for stream in _STREAMS:
        for eta, beta_1, beta_2, epsilon in _SETTINGS:
            adam = rule("adam_paper", beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
            due = iter(stream)
            path = descend(adam, lambda w, due=due: np.full_like(w, next(due)), 0.0, len(stream), eta)  # type: ignore[misc]
            expected.append(path[-2] - path[-1])
    return bool(np.allclose(steps, expected, rtol=1e-9))


def _memories(gradients: list[float], beta_1: float, beta_2: float) -> tuple[float, float, int]:
    m = v = 0.0
    for g in gradients:
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    return m, v, len(gradients)


def _uncorrected(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, _ = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (np.sqrt(v) + epsilon))


def _constant_divisors(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, _ = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (1 - beta_1) / (np.sqrt(v / (1 - beta_2)) + epsilon))


def _filter_only(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (1 - beta_1**t) / (np.sqrt(v) + epsilon))


def _under_the_root(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (1 - beta_1**t) / np.sqrt(v / (1 - beta_2**t) + epsilon))


def _as_keras(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(eta * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon))


def _no_root(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (1 - beta_1**t) / (v / (1 - beta_2**t) + epsilon))


def _one_step_late(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(eta * m / (1 - beta_1 ** (t + 1)) / (np.sqrt(v / (1 - beta_2 ** (t + 1))) + epsilon))


def _turned_sign(gradients: list[float], eta: float, beta_1: float, beta_2: float, epsilon: float) -> float:
    m, v, t = _memories(gradients, beta_1, beta_2)
    return float(-eta * m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon))


ADAM = Exercise(
    observe=_last_steps,
    right=_is_adam,
    mistakes=(
        Mistake("no correction", _uncorrected,
                "Not yet: m and v began at 0, and nothing makes up for it. Try a single gradient."),
        Mistake("constant divisors", _constant_divisors,
                "Not yet: right for one gradient, and wrong for more. After many steps there is nothing left to make "
                "up for: what has to depend on t?"),
        Mistake("the filter is corrected, the normalizer not", _filter_only,
                "Not yet: m is corrected, v is not. It starts from 0 as well."),
        Mistake("epsilon under the root", _under_the_root,
                "Not yet: your epsilon stands under the root. Small gradients tell."),
        Mistake("Keras' place of epsilon", _as_keras,
                "Not yet: that is Keras' form, in which epsilon is added before the correction. The paper adds it to "
                "the root of the corrected mean."),
        Mistake("t is off by one", _one_step_late,
                "Not yet: t is the number of gradients, and the newest counts. After one gradient, t is 1."),
        Mistake("the sign is turned", _turned_sign,
                "Not yet: the sizes are right, the sign is not. Who uses the step subtracts it."),
        Mistake("no root", _no_root,
                "Not yet: you divide by the mean of squares, not by its root. Double all gradients, and look."),
    ),
    otherwise="Not yet: feed it one gradient, and epsilon 0: the step is the rate, with the gradient's sign.",
)  # fmt: skip

# 2. Lines to put in order: a step of Adadelta --------------------------------------------------------------------

LETTERS = "ABCDE"
_NEEDS = {"E": "D", "C": "E", "B": "C", "A": "C"}
"""What each line needs before it. D: g, E: v, C: step, B: a, A: w."""


def _is_in_order(order: str) -> bool:
    return all(order.index(first) < order.index(then) for then, firsts in _NEEDS.items() for first in firsts)


ORDER = Exercise(
    observe=lambda answer: an_order(answer, LETTERS),
    right=_is_in_order,
    mistakes=(
        Mistake("all memories first", "DEBCA",
                "Not yet: you gather the square of a step that is not made yet. Which size of steps is known when a "
                "step is made?"),
        Mistake("the step before its divisor", "DCEBA",
                "Not yet: the divisor lags one gradient behind. The newest square belongs into v before you divide."),
        Mistake("the weights move first", "ADECB",
                "Not yet: the weights move by a step that nobody has computed."),
        Mistake("squares of a gradient that is not there yet", "EDCBA",
                "Not yet: you square a gradient that nobody has computed."),
    ),
    otherwise="Not yet: ask of each line which names it needs from this step, and which line makes them.",
)  # fmt: skip

# 3. A planted bug: decay through Adam ----------------------------------------------------------------------------

_W, _G = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.3, 1e-3, -2.0, 0.0])


def _three_steps(answer: Any) -> Array:
    adamw_step = a_function(answer)
    w, m, v, seen = _W, np.zeros(4), np.zeros(4), []
    for t in (1, 2, 3):
        result = adamw_step(w, _G / t, m, v, t)
        if not isinstance(result, tuple) or len(result) != 3:
            raise Refused("The function returns three things: the new weights, m and v.")
        w, m, v = (an_array(one, (4,)) for one in result)
        seen += [w, m, v]
    return np.concatenate(seen)


def _is_adamw(seen: Array) -> bool:
    due = iter([_G, _G / 2, _G / 3])
    adamw = rule("adamw", decay=0.1, epsilon=0.0)
    path = descend(adamw, lambda w: next(due), _W, 3, 0.01)
    m, v = np.zeros(4), np.zeros(4)
    expected = []
    for t in (1, 2, 3):
        m, v = 0.9 * m + 0.1 * _G / t, 0.999 * v + 0.001 * (_G / t) ** 2
        expected += [path[t], m, v]
    return bool(np.allclose(seen, np.concatenate(expected), rtol=1e-4, atol=1e-12))


def _adamw(through: float, beside: float, rate_on_decay: bool = True) -> Any:
    def step(
        w: Array, g: Array, m: Array, v: Array, t: int, eta: float = 0.01, decay: float = 0.1
    ) -> tuple[Array, Array, Array]:
        g = g + through * decay * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = eta * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return w - step - (eta if rate_on_decay else 1.0) * beside * decay * w, m, v

    return step


def _after_the_memories(
    w: Array, g: Array, m: Array, v: Array, t: int, eta: float = 0.01, decay: float = 0.1
) -> tuple[Array, Array, Array]:
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t) + decay * w
    return w - eta * m_hat / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


DECAY = Exercise(
    observe=_three_steps,
    right=_is_adamw,
    mistakes=(
        Mistake("an L2 penalty", _adamw(1.0, 0.0),
                "Not yet: the bug is still there. What is added to the gradient is divided by the gradient's size."),
        Mistake("both", _adamw(1.0, 1.0),
                "Not yet: now the weights decay beside the step, and through it as well."),
        Mistake("no decay at all", _adamw(0.0, 0.0),
                "Not yet: that is Adam. No weight decays."),
        Mistake("the rate is forgotten", _adamw(0.0, 1.0, rate_on_decay=False),
                "Not yet: the decay stands beside the step, but it is not multiplied by the rate: a tenth of each "
                "weight goes in every step."),
        Mistake("the sign is turned", _adamw(0.0, -1.0),
                "Not yet: your weights grow. Decay is subtracted."),
        Mistake("added after the memories, before the division", _after_the_memories,
                "Not yet: the memories are clean now, but the decay is still divided by the size of the gradients."),
    ),
    otherwise="Not yet: with a gradient of 0, each step leaves the share 1 - eta · decay of a weight, whatever its "
    "gradients were.",
)  # fmt: skip

# 4. A number: the first step without compensation, for other memories --------------------------------------------


def _is_first_step(length: float) -> bool:
    """As long as that of the library's rule without compensation, for these memories."""
    bare = parallel(ar1(0.95, unit_dc=True), ar1_of_squares(0.99, 0.0))
    return bool(np.isclose(length, -descend(bare, np.ones_like, 0.0, 1, 1.0)[-1], rtol=1e-6))


FIRST = Exercise(
    observe=lambda answer: a_number(answer, 0.0),
    right=_is_first_step,
    mistakes=(
        Mistake("the default memories", 0.1 / np.sqrt(0.001),
                "Not yet: that is for the default memories. These are others."),
        Mistake("the inverse", 0.1 / 0.05,
                "Not yet: that is the factor by which the compensation changes the step. Asked is the step without."),
        Mistake("the filter alone", 0.05,
                "Not yet: you looked at the filter only. The divisor starts from 0 too."),
        Mistake("the normalizer alone", 10.0,
                "Not yet: you looked at the divisor only. The filter starts from 0 too."),
        Mistake("no root", 0.05 / 0.01,
                "Not yet: the divisor is the root of the mean of squares."),
        Mistake("no difference", 1.0,
                "Not yet: that is the step with compensation."),
    ),
    otherwise="Not yet: for one gradient g, what is m, what is v, and what is m over the root of v?",
)  # fmt: skip

# 5. Open: blind to the unit, and turning with the axes -----------------------------------------------------------

_GRADIENTS = np.random.default_rng(31).normal([1.0, 0.2, -3.0, 0.0], [1.0, 0.1, 2.0, 0.5], (12, 4))
_TURN = np.linalg.qr(np.random.default_rng(32).normal(size=(4, 4)))[0]


def _steps(answer: Any) -> Array:
    """The next step; that for gradients 1000 times as large; that for turned gradients; and with another past."""
    f = a_function(answer)
    other = np.concatenate([-_GRADIENTS[:-1], _GRADIENTS[-1:]])
    return np.stack([an_array(f(g), (4,)) for g in (_GRADIENTS, 1000 * _GRADIENTS, _GRADIENTS @ _TURN, other)])


def _is_blind_and_turns(steps: Array) -> bool:
    plain, scaled, turned, other = steps
    return bool(
        np.linalg.norm(plain) > 1e-6
        and plain @ _GRADIENTS.mean(axis=0) > 0
        and np.allclose(scaled, plain, rtol=1e-3, atol=1e-6)
        and np.allclose(turned, plain @ _TURN, rtol=1e-3, atol=1e-6)
        and not np.allclose(other, plain, rtol=1e-6)
    )


def _adam_itself(gradients: Array) -> Array:
    weights = 0.9 ** np.arange(len(gradients))[::-1]
    return np.asarray(weights @ gradients / weights.sum() / np.sqrt((gradients**2).mean(axis=0) + 1e-12))


def _mean_gradient(gradients: Array) -> Array:
    return np.asarray(gradients.mean(axis=0))


def _signs(gradients: Array) -> Array:
    return np.asarray(np.sign(gradients.mean(axis=0)))


def _largest(gradients: Array) -> Array:
    return np.asarray(gradients.mean(axis=0) / np.abs(gradients).max())


def _newest(gradients: Array) -> Array:
    return np.asarray(gradients[-1] / np.sqrt((gradients[-1] ** 2).sum()))


def _by_squares(gradients: Array) -> Array:
    return np.asarray(gradients.mean(axis=0) / (gradients**2).mean())


AXES = Exercise(
    observe=_steps,
    right=_is_blind_and_turns,
    mistakes=(
        Mistake("Adam", _adam_itself,
                "Not yet: a divisor for each weight does not turn with the axes. What is the same in all axes?"),
        Mistake("momentum", _mean_gradient,
                "Not yet: it turns with the axes, but gradients in another unit give other steps."),
        Mistake("signs", _signs,
                "Not yet: signs are blind to the unit, but they belong to the axes: a turned sign is no sign."),
        Mistake("over the largest number", _largest,
                "Not yet: the largest single number is another one when the axes turn."),
        Mistake("the newest gradient only", _newest,
                "Not yet: blind and turning, but only the newest gradient counts. Let the past count too."),
        Mistake("over the mean of squares", _by_squares,
                "Not yet: it turns, but squares grow faster than gradients: take a root."),
    ),
    otherwise="Not yet: multiply all gradients by 1000, then turn them: the step has to stay, and to turn with them. "
    "And it has to go the way of the mean.",
)  # fmt: skip

EXERCISES: dict[int, Exercise] = {1: ADAM, 2: ORDER, 3: DECAY, 4: FIRST, 5: AXES}
