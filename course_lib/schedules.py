"""Learning rate schedules: the learning rate as a function of the step.

    schedule = cosine(0.1, decay_steps=1000)
    schedule(0), schedule(np.arange(1000))

Steps count from 0, and a step is one update of the weights: one batch, not one epoch. A schedule is a callable
NamedTuple of its arguments. It takes one step (and gives a float), an array of steps (and gives an array of that shape,
in float16 or float32 if these are, else in float64), or a tensor of Keras. `to_keras` makes a Keras schedule of it.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, one_of, whole
from course_lib._array import Array, namespace
from course_lib._numbers import reals

if TYPE_CHECKING:
    from course_lib._keras_schedule import KerasSchedule as KerasSchedule


class _Schedule:
    """What all schedules share: steps are checked, and computed with in float64 or as the tensors that they are."""

    __slots__ = ()

    def __call__(self, step: Array) -> Array:
        if hasattr(step, "dtype") and not isinstance(step, np.ndarray | np.generic):
            return self._at(step)
        given = reals("step", step, integers=True)
        steps = given.astype(np.float64)
        bad = ~((steps >= 0) & (steps <= 2.0**53))
        if bad.any():
            raise ValueError(f"step: got {given[bad].flat[0]:.16g}; takes numbers in [0, 2**53]")
        with np.errstate(all="ignore"):
            rates = np.asarray(self._at(steps), given.dtype)
        return rates if rates.ndim else rates.item()

    _at: Callable[[Array], Array]
    """The learning rates at the steps t: the formula of the schedule, which each one defines."""

    if not TYPE_CHECKING:  # a namedtuple declares it otherwise

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Self:
            """A schedule of these arguments, checked like any other; `_replace` comes this way."""
            return cls(*values)


class constant(_Schedule, namedtuple("constant", "initial_learning_rate")):
    """The same learning rate at every step.

        lr(t) = initial_learning_rate

    Args:
        initial_learning_rate: in [0, inf).

    >>> constant(0.1)([0, 1, 1000])
    array([0.1, 0.1, 0.1])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float) -> Self:
        return super().__new__(cls, number("initial_learning_rate", initial_learning_rate, 0, math.inf, "[)"))

    def _at(self, t: Array) -> Array:
        return namespace(t).full_like(t, self.initial_learning_rate)


class power(_Schedule, namedtuple("power", "initial_learning_rate decay_steps power")):
    """A power of time: it falls fast at first, then ever more slowly, and never stops.

        lr(t) = initial_learning_rate / (1 + t / decay_steps)^power

    With power 1 it is halved after decay_steps, down to a third after twice as many, and so on.

    Args:
        initial_learning_rate: in (0, inf).
        decay_steps: in [1, inf).
        power: in [0, inf).

    Differs from Keras' `InverseTimeDecay(initial_learning_rate, decay_steps, decay_rate)`, which has power 1 only, and
    decay_steps / decay_rate in the place of decay_steps.

    Source: H. Robbins and S. Monro, A stochastic approximation method, 1951.

    >>> power(0.01, 10000)([0, 10000, 20000]).round(7)
    array([0.01     , 0.005    , 0.0033333])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, decay_steps: float, power: float = 1.0) -> Self:
        power = number("power", power, 0, math.inf, "[)")
        return super().__new__(cls, _initial(initial_learning_rate), _steps("decay_steps", decay_steps), power)

    def _at(self, t: Array) -> Array:
        return self.initial_learning_rate / namespace(t).power(1 + t / self.decay_steps, self.power)


class exponential(_Schedule, namedtuple("exponential", "initial_learning_rate decay_steps decay_rate")):
    """The same factor for the same time: decay_rate every decay_steps, and in between smoothly.

        lr(t) = initial_learning_rate · decay_rate^(t / decay_steps)

    Args:
        initial_learning_rate: in (0, inf).
        decay_steps: in [1, inf).
        decay_rate: in (0, inf); above 1 the learning rate grows, as in a range test.

    Differs from PyTorch's `ExponentialLR` in decay_steps, which is 1 there.

    >>> exponential(0.1, 10, 0.5)([0, 10, 15]).round(7)
    array([0.1      , 0.05     , 0.0353553])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, decay_steps: float, decay_rate: float) -> Self:
        decay_rate = number("decay_rate", decay_rate, 0, math.inf, "()")
        return super().__new__(cls, _initial(initial_learning_rate), _steps("decay_steps", decay_steps), decay_rate)

    def _at(self, t: Array) -> Array:
        return self.initial_learning_rate * namespace(t).power(self.decay_rate, t / self.decay_steps)


class step_decay(_Schedule, namedtuple("step_decay", "initial_learning_rate decay_steps decay_rate")):
    """`exponential` in steps: constant for decay_steps, then at once lower by decay_rate.

        lr(t) = initial_learning_rate · decay_rate^floor(t / decay_steps)

    Args:
        initial_learning_rate, decay_steps, decay_rate: as for `exponential`.

    Differs from Keras in the name: `ExponentialDecay(..., staircase=True)`. PyTorch's `StepLR` as here.

    >>> step_decay(0.1, 10, 0.5)([9, 10, 20])
    array([0.1  , 0.05 , 0.025])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, decay_steps: float, decay_rate: float) -> Self:
        decay_rate = number("decay_rate", decay_rate, 0, math.inf, "()")
        return super().__new__(cls, _initial(initial_learning_rate), _steps("decay_steps", decay_steps), decay_rate)

    def _at(self, t: Array) -> Array:
        ops = namespace(t)
        return self.initial_learning_rate * ops.power(self.decay_rate, ops.floor(t / self.decay_steps))


class piecewise(_Schedule, namedtuple("piecewise", "boundaries values side")):
    """Constant between boundaries that are given, with values that are given.

        lr(t) = values[i],    boundaries[i - 1] < t ≤ boundaries[i]    side "left"
                              boundaries[i - 1] ≤ t < boundaries[i]    side "right"

    Args:
        boundaries: steps at which the value changes, in increasing order.
        values: learning rates in [0, inf), one more than there are boundaries.
        side: to which side of it a boundary belongs. The word is that of `numpy.searchsorted`.

    Differs from PyTorch's `MultiStepLR` and Optax' `piecewise_constant_schedule`: these have side "right", and factors
    in the place of values. Keras' `PiecewiseConstantDecay` has "left".

    >>> piecewise([50, 75], [0.1, 0.02, 0.004])([0, 50, 51, 75, 76])
    array([0.1  , 0.1  , 0.02 , 0.02 , 0.004])
    """

    __slots__ = ()

    def __new__(cls, boundaries: Sequence[float], values: Sequence[float], side: str = "left") -> Self:
        steps = _numbers("boundaries", boundaries)
        if any(b <= a for a, b in pairwise(steps)):
            raise ValueError(f"boundaries: got {steps}; takes increasing steps")
        rates = _numbers("values", values)
        if len(rates) != len(steps) + 1:
            raise ValueError(f"boundaries, values: got {len(steps)} and {len(rates)}; takes one more value")
        return super().__new__(cls, steps, rates, one_of("side", side, ("left", "right")))

    def _at(self, t: Array) -> Array:
        ops = namespace(t)
        rate = ops.full_like(t, self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = ops.where(t > boundary if self.side == "left" else t >= boundary, value, rate)
        return rate


class linear(_Schedule, namedtuple("linear", "initial_learning_rate decay_steps end_learning_rate")):
    """A straight line, and after it the value at its end.

        lr(t) = end + (initial - end) · (1 - min(t / decay_steps, 1))

    Args:
        initial_learning_rate, end_learning_rate: in [0, inf).
        decay_steps: in [1, inf).

    Differs from Keras in the name: `PolynomialDecay` with power 1. Optax' `linear_schedule` as here, without default.

    >>> linear(0.1, 100, 0.02)([0, 50, 100, 200])
    array([0.1 , 0.06, 0.02, 0.02])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, decay_steps: float, end_learning_rate: float = 1e-4) -> Self:
        initial = number("initial_learning_rate", initial_learning_rate, 0, math.inf, "[)")
        end = number("end_learning_rate", end_learning_rate, 0, math.inf, "[)")
        return super().__new__(cls, initial, _steps("decay_steps", decay_steps), end)

    def _at(self, t: Array) -> Array:
        left = 1 - namespace(t).minimum(t / self.decay_steps, 1.0)
        return self.end_learning_rate + (self.initial_learning_rate - self.end_learning_rate) * left


class cosine(_Schedule, namedtuple("cosine", "initial_learning_rate decay_steps alpha")):
    """Half a cosine: flat at both ends, steepest in the middle; after it the value at its end.

        lr(t) = initial_learning_rate · (alpha + (1 - alpha) · (1 + cos(π · min(t / decay_steps, 1))) / 2)

    Args:
        initial_learning_rate: in (0, inf).
        decay_steps: in [1, inf).
        alpha: the last learning rate as a share of the first, in [0, 1].

    Differs from PyTorch's `CosineAnnealingLR`, which takes eta_min = alpha · initial_learning_rate and, after its end,
    goes up again. Keras' `CosineDecay` and Optax' `cosine_decay_schedule` as here.

    Source: I. Loshchilov and F. Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.

    >>> cosine(0.1, 100)([0, 25, 50, 100, 200]).round(7)
    array([0.1      , 0.0853553, 0.05     , 0.       , 0.       ])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, decay_steps: float, alpha: float = 0.0) -> Self:
        alpha = number("alpha", alpha, 0, 1)
        return super().__new__(cls, _initial(initial_learning_rate), _steps("decay_steps", decay_steps), alpha)

    def _at(self, t: Array) -> Array:
        fall = _fall(namespace(t).minimum(t / self.decay_steps, 1.0))
        return self.initial_learning_rate * (self.alpha + (1 - self.alpha) * fall)


class cosine_restarts(
    _Schedule, namedtuple("cosine_restarts", "initial_learning_rate first_decay_steps t_mul m_mul alpha")
):
    """`cosine` again and again, each time longer by t_mul and from a peak lower by m_mul.

        lr(t) = initial_learning_rate · (alpha + (1 - alpha) · m_mul^i · (1 + cos(π · f)) / 2)
        i: how many restarts there were,    f in [0, 1): which part of the cycle is over
        cycle i begins at first_decay_steps · (1 + t_mul + … + t_mul^(i-1)), at the full rate

    Args:
        initial_learning_rate: in (0, inf).
        first_decay_steps: length of the first cycle, in [1, inf).
        t_mul: in [1, inf).
        m_mul: in (0, 1].
        alpha: the end of a cycle as a share of the first learning rate, in [0, 1].

    Differs from Keras' `CosineDecayRestarts`, which finds i by a logarithm in float32. Where that is rounded down, it
    restarts one step late: for a first cycle of 10 steps and t_mul 1.1 at the step 22, not 21.

    Source: as for `cosine`.

    >>> cosine_restarts(0.1, 10, t_mul=2.0, m_mul=0.5)([0, 5, 10, 20, 30])
    array([0.1  , 0.05 , 0.05 , 0.025, 0.025])
    """

    __slots__ = ()

    def __new__(
        cls,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
    ) -> Self:
        t_mul = number("t_mul", t_mul, 1, math.inf, "[)")
        m_mul = number("m_mul", m_mul, 0, 1, "(]")
        first = _steps("first_decay_steps", first_decay_steps)
        return super().__new__(cls, _initial(initial_learning_rate), first, t_mul, m_mul, number("alpha", alpha, 0, 1))

    def _at(self, t: Array) -> Array:
        ops, x = namespace(t), t / self.first_decay_steps
        if self.t_mul == 1:
            i = ops.floor(x)
            part = x - i
        else:
            growth = self.t_mul - 1
            i = ops.floor((ops.log(x + 1 / growth) + math.log(growth)) / math.log(self.t_mul))

            def begin(i: Array) -> Array:
                return (ops.power(self.t_mul, i) - 1) / growth

            # logarithms and powers are rounded: at the restarts themselves i may be one short, unless we lean forward
            i = ops.where(x * (1 + 1e-6) >= begin(i + 1), i + 1, i)
            part = (x - begin(i)) / ops.power(self.t_mul, i)
        peak = ops.power(self.m_mul, i)
        return self.initial_learning_rate * (self.alpha + (1 - self.alpha) * peak * _fall(part))


class triangular(_Schedule, namedtuple("triangular", "initial_learning_rate max_learning_rate step_size")):
    """Up in a straight line, down in a straight line, and again.

        lr(t) = initial + (max - initial) · (1 - |1 - t / step_size mod 2|)

    Args:
        initial_learning_rate: the lowest, in [0, inf).
        max_learning_rate: the highest, in [initial_learning_rate, inf).
        step_size: half the length of a cycle, in [1, inf).

    Differs from no library: PyTorch's `CyclicLR` with step_size_up = step_size is the same; Keras and Optax have none.

    Source: L. N. Smith, Cyclical learning rates for training neural networks, 2017, section 3.1.

    >>> triangular(0.0, 1.0, 4)([0, 1, 4, 6, 8, 9])
    array([0.  , 0.25, 1.  , 0.5 , 0.  , 0.25])
    """

    __slots__ = ()

    def __new__(cls, initial_learning_rate: float, max_learning_rate: float, step_size: float) -> Self:
        low = number("initial_learning_rate", initial_learning_rate, 0, math.inf, "[)")
        high = number("max_learning_rate", max_learning_rate, low, math.inf, "[)")
        return super().__new__(cls, low, high, _steps("step_size", step_size))

    def _at(self, t: Array) -> Array:
        ops = namespace(t)
        height = 1 - ops.absolute(1 - ops.mod(t / self.step_size, 2.0))
        return self.initial_learning_rate + (self.max_learning_rate - self.initial_learning_rate) * height


class one_cycle(
    _Schedule, namedtuple("one_cycle", "max_learning_rate total_steps pct_start div_factor final_div_factor end_at")
):
    """One rise and one long fall, each half a cosine; the end lies far below the start.

        first = max / div_factor,    last = first / final_div_factor
        lr(t) = first + (max - first) · (1 - cos(π · t / peak)) / 2                      t ≤ peak
                last + (max - last) · (1 + cos(π · (t - peak) / (end - peak))) / 2       peak < t ≤ end, then last
        peak = pct_start · total_steps - 1,    end = total_steps - 1       end_at "last_step"
        peak = pct_start · total_steps,        end = total_steps           end_at "total_steps"

    Args:
        max_learning_rate: in (0, inf).
        total_steps: a whole number of at least 2.
        pct_start: the share of the rise, in (0, 1). A peak before the step 0 is taken to it.
        div_factor, final_div_factor: in [1, inf).
        end_at: whether the last of total_steps steps has the last learning rate, or the one after it.

    Differs from Optax' `cosine_onecycle_schedule`, which has end_at "total_steps", and the peak at a whole step.
    PyTorch's `OneCycleLR` as here, and it changes the momentum too.

    Source: L. N. Smith and N. Topin, Super-convergence: very fast training of neural networks using large learning
    rates, 2018 (there the rise and the fall are straight).

    >>> one_cycle(1.0, 11, pct_start=6 / 11)([0, 5, 10]).round(6)
    array([4.e-02, 1.e+00, 4.e-06])
    """

    __slots__ = ()

    def __new__(
        cls,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        end_at: str = "last_step",
    ) -> Self:
        return super().__new__(
            cls,
            number("max_learning_rate", max_learning_rate, 0, math.inf, "()"),
            whole("total_steps", total_steps, 2),
            number("pct_start", pct_start, 0, 1, "()"),
            number("div_factor", div_factor, 1, math.inf, "[)"),
            number("final_div_factor", final_div_factor, 1, math.inf, "[)"),
            one_of("end_at", end_at, ("last_step", "total_steps")),
        )

    def _at(self, t: Array) -> Array:
        ops, early = namespace(t), 1 if self.end_at == "last_step" else 0
        peak, end = max(self.pct_start * self.total_steps - early, 0.0), self.total_steps - early
        top, first = self.max_learning_rate, self.max_learning_rate / self.div_factor
        last = first / self.final_div_factor
        rise = top + (first - top) * _fall(ops.minimum(t / (peak or 1.0), 1.0))
        fall = last + (top - last) * _fall(ops.clip((t - peak) / (end - peak), 0.0, 1.0))
        return ops.where(t < peak, rise, fall)


class warmup(_Schedule, namedtuple("warmup", "schedule warmup_steps start_factor")):
    """A straight rise to the first learning rate of a schedule, and then that schedule, from its own step 0 on.

        lr(t) = schedule(max(t - warmup_steps, 0)) · (start_factor + (1 - start_factor) · min(t / warmup_steps, 1))

    Args:
        schedule: a schedule, or any function of an array of steps.
        warmup_steps: in [0, inf); 0 gives the schedule as it is.
        start_factor: the share at step 0, in [0, 1]; None for 1 / (warmup_steps + 1), which makes equal steps of the
            rise and wastes none at a learning rate of 0.

    Differs from Keras' `CosineDecay(0, ..., warmup_target, warmup_steps)` and Optax' `warmup_cosine_decay_schedule(0,
    ...)`, where start_factor is 0. Optax counts the steps of warming up into decay_steps. PyTorch's `LinearLR` has 1/3.

    Source: P. Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.2.

    >>> warmup(cosine(0.1, 100), 4)([0, 1, 2, 3, 4, 54]).round(7)
    array([0.02, 0.04, 0.06, 0.08, 0.1 , 0.05])
    """

    __slots__ = ()

    def __new__(
        cls, schedule: Callable[[Array], Array], warmup_steps: float, start_factor: float | None = None
    ) -> Self:
        if not callable(schedule):
            raise TypeError(f"schedule: got {schedule!r}; takes a schedule, or a function of the step")
        factor = None if start_factor is None else number("start_factor", start_factor, 0, 1)
        return super().__new__(cls, schedule, number("warmup_steps", warmup_steps, 0, math.inf, "[)"), factor)

    def _at(self, t: Array) -> Array:
        ops, n = namespace(t), self.warmup_steps
        start = 1 / (n + 1) if self.start_factor is None else self.start_factor
        share = ops.minimum(t / n, 1.0) if n else 1.0
        return self.schedule(ops.maximum(t - n, 0.0)) * (start + (1 - start) * share)


SCHEDULES: dict[str, Any] = {
    schedule.__name__: schedule
    for schedule in (
        constant, power, exponential, step_decay, piecewise, linear, cosine, cosine_restarts, triangular, one_cycle,
        warmup,
    )
}  # fmt: skip
"""Name -> schedule."""


def reduce_on_plateau(
    history: ArrayLike,
    initial_learning_rate: float,
    factor: float = 0.1,
    patience: int = 10,
    min_delta: float = 1e-4,
    cooldown: int = 0,
    min_learning_rate: float = 0.0,
) -> NDArray[np.float64]:
    """Learning rates that depend on the losses so far: lower by a factor where these have not improved for a while.

        history[i] improves  ⟺  history[i] + min_delta < best,    best = the last that improved; the first does
        rates[i + 1] = max(rates[i] · factor, min_learning_rate)    after `patience` epochs without, else rates[i]

    After a reduction it waits anew, and for `cooldown` epochs it does not count at all. The best loss stays.

    Args:
        history: a loss after each epoch; may be empty.
        initial_learning_rate: in (0, inf).
        factor: in (0, 1).
        patience: how many epochs without improvement are too many, at least 0; 0 does what 1 does.
        min_delta: in [0, inf).
        cooldown: at least 0.
        min_learning_rate: in [0, inf); a learning rate that is below it is left alone.

    Returns:
        The learning rates of the epochs 0, 1, …, of shape (len(history) + 1,): the last is that of the next epoch.

    Raises:
        ValueError: history is no row, or an argument is out of its range.
        TypeError: history holds no real numbers, or an argument is no number.

    Differs from PyTorch's `ReduceLROnPlateau`, which is relative by default (best · (1 - threshold)) and waits one
    epoch longer. Keras' as here.

    >>> reduce_on_plateau([0.9, 0.7, 0.8, 0.8, 0.6], 0.1, patience=2).tolist()
    [0.1, 0.1, 0.1, 0.1, 0.010000000000000002, 0.010000000000000002]
    """
    losses = reals("history", history, integers=True)
    if losses.ndim != 1:
        raise ValueError(f"history: got the shape {losses.shape}; takes a row of losses")
    rates = [_initial(initial_learning_rate)]
    factor = number("factor", factor, 0, 1, "()")
    patience, cooldown = whole("patience", patience, 0), whole("cooldown", cooldown, 0)
    min_delta = number("min_delta", min_delta, 0, math.inf, "[)")
    lowest = number("min_learning_rate", min_learning_rate, 0, math.inf, "[)")
    best, wait, cooling = math.inf, 0, 0
    for i, loss in enumerate(losses.astype(np.float64).tolist()):
        rate = rates[-1]
        if cooling:
            cooling, wait = cooling - 1, 0
        if i == 0 or loss + min_delta < best:
            best, wait = loss, 0
        elif not cooling:
            wait += 1
            if wait >= patience:
                rate, wait, cooling = max(rate * factor, min(rate, lowest)), 0, cooldown
        rates.append(rate)
    return np.array(rates)


def to_keras(schedule: Any) -> KerasSchedule:
    """The schedule as one of Keras, for `learning_rate=` of any optimizer; it is saved with the model.

    To load a model that was trained with it, import its class first: `from course_lib.schedules import KerasSchedule`.

    Args:
        schedule: a schedule of this module; that of `warmup` must be one too.

    Returns:
        A `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        TypeError: it is another kind of function, which cannot be saved.
    """
    from course_lib._keras_schedule import KerasSchedule

    return KerasSchedule(**_described(schedule))


def _described(schedule: Any) -> dict[str, Any]:
    """Name and arguments, in what JSON knows."""
    if not isinstance(schedule, _Schedule):
        raise TypeError(f"schedule: got {schedule!r}; takes one of {', '.join(SCHEDULES)}")
    arguments = {
        name: _described(value) if name == "schedule" else list(value) if isinstance(value, tuple) else value
        for name, value in schedule._asdict().items()  # type: ignore[attr-defined]  # of the namedtuple
    }
    return {"schedule": type(schedule).__name__, "arguments": arguments}


def __getattr__(name: str) -> Any:
    """`KerasSchedule`, the one name that needs Keras, which is loaded when somebody asks for it and not before."""
    if name == "KerasSchedule":
        from course_lib._keras_schedule import KerasSchedule

        return KerasSchedule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _fall(part: Array) -> Array:
    """Half a cosine from 1 at 0 to 0 at 1."""
    return 0.5 * (1 + namespace(part).cos(math.pi * part))


def _initial(value: float) -> float:
    return number("initial_learning_rate", value, 0, math.inf, "()")


def _steps(name: str, value: float) -> float:
    return number(name, value, 1, math.inf, "[)")


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        raise TypeError(f"{name}: got {values!r}; takes a sequence of numbers")
    return tuple(number(f"{name}[{i}]", value, 0, math.inf, "[)") for i, value in enumerate(values))
