"""What to do while a Keras model trains: try learning rates, set one for each batch, look at gradients, keep the best.

    seen = range_test(model, x, y, low=1e-5, high=10.0, steps=300, batch_size=32)
    best = BestModel("val_loss")
    model.fit(x, y, …, callbacks=[PerBatchSchedule(one_cycle(suggest(seen).steepest, total_steps)), best])

It imports Keras. What is per batch needs `compile(…, steps_per_execution=1)`: with 50, Keras calls a callback once in
50 batches, and these functions refuse. Keras' own callbacks do the rest: `EarlyStopping` stops, `ModelCheckpoint`
writes files, `ReduceLROnPlateau` and `LearningRateScheduler` set a learning rate for each epoch.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, one_of, whole
from course_lib._numbers import reals
from course_lib.early_stopping import early_stop
from course_lib.schedules import exponential
from course_lib.signals import watch


class PerBatchSchedule(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed
    """Sets the learning rate of each batch, and keeps a list of them in `rates`.

        learning rate of batch t = schedule(t),    t = 0 at the first batch of a fit

    Every fit starts at 0 again, and leaves the learning rate of its last batch.

    Args:
        schedule: one of `course_lib.schedules`, one of Keras, or any function of the step, with values in [0, inf).

    Raises, when training begins:
        TypeError: schedule is no function.
        ValueError: steps_per_execution is not 1, the learning rate is a schedule already, or one of this schedule is
            out of its range.

    Differs from `course_lib.schedules.to_keras(schedule)`, which is computed where the model is, in float32, goes on
    counting in the next fit, is saved with the model, and knows only the schedules of this package. Keras'
    `LearningRateScheduler` sets one learning rate for a whole epoch.
    """

    def __init__(self, schedule: Any) -> None:  # callable, which mypy does not see of a NamedTuple
        super().__init__()
        if not callable(schedule):
            raise TypeError(f"schedule: got {schedule!r}; takes a function of the step")
        self.schedule = schedule
        self.rates: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:
        _refuse_blocks(self.model)
        if not isinstance(self.model.optimizer.learning_rate, keras.Variable):
            raise ValueError("learning_rate: got an optimizer with a schedule; takes one with a number")
        self.rates = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        t = len(self.rates)
        rate = self.schedule(t)
        rate = keras.ops.convert_to_numpy(rate) if keras.ops.is_tensor(rate) else rate
        self.rates.append(number(f"schedule({t})", rate, 0, math.inf, "[)"))
        # by self.model, never by a model kept from before: on JAX it is what brings the weights and the optimizer back
        # from the training loop, and makes the loop read them again
        self.model.optimizer.learning_rate = self.rates[-1]


class RangeTest(NamedTuple):
    """The learning rates that a range test tried, and the loss of the batch that met each; both of shape (n,)."""

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]


def range_test(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    diverged: float = 4.0,
    **fit_arguments: Any,
) -> RangeTest:
    """Train for a while with a learning rate that grows from batch to batch, and undo it.

        rate of batch t = low · (high / low)^(t / (steps - 1)),    t = 0, …, steps - 1

    The loss hardly moves, then falls, and where it rises again the learning rate is too large. Weights, moving
    statistics, random states of layers, the state of the optimizer and its learning rate are afterwards, to the bit,
    what they were, also if the test was interrupted. Batches are shuffled with Keras' random numbers: where later
    training shall not depend on the test, set the seed after it.

    Each loss is that of one batch, before its update, with penalties. Keras' own logs show the mean since the epoch
    began, a curve that lags behind and hides the rise.

    Args:
        model: built and compiled.
        x, y: training data, as `fit` takes it.
        low, high: the first learning rate and the last one, 0 < low < high.
        steps: how many batches, at least 2; the data is gone through again where it has fewer.
        diverged: in (1, inf). The test ends before `steps` after a loss that is not finite, or when the median of the
            last five losses is above `diverged` times the median of all.
        fit_arguments: what `fit` takes besides, such as batch_size, but not epochs and callbacks.

    Returns:
        Learning rates and losses; the last loss may be infinite or nan.

    Raises:
        TypeError: model is no Keras model, or an argument of `fit` is one that the test sets itself.
        ValueError: a number is out of its range, the model is not built or not compiled, steps_per_execution is not 1,
            or its optimizer has a schedule.

    Differs from Smith's test in that the learning rate grows by a factor, not by an amount.

    Source: L. N. Smith, Cyclical learning rates for training neural networks, 2017, section 3.3.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: got a {type(model).__name__}; takes a Keras model")
    low = number("low", low, 0, math.inf, "()")
    high = number("high", high, low, math.inf, "()")
    if math.isinf(high / low):
        raise ValueError(f"low, high: got {low:g} and {high:g}; they take a finite quotient")
    steps = whole("steps", steps, 2)
    diverged = number("diverged", diverged, 1, math.inf, "()")
    for name in ("epochs", "callbacks"):
        if name in fit_arguments:
            raise TypeError(f"{name}: got {fit_arguments[name]!r}; the test sets it itself")
    if not model.built:
        raise ValueError("model: got one that is not built; takes one that knows the shape of its input")
    if not model.compiled or model.optimizer is None:
        raise ValueError("model: got one that is not compiled; takes one with an optimizer and a loss")
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    growth = _Growth(exponential(low, steps - 1, high / low), steps, diverged)
    kept = [(v, _copy(v)) for v in (*model.variables, *model.optimizer.variables)]
    try:
        # every epoch has a batch or more; the callback ends the training
        model.fit(x, y, **{"verbose": 0, **fit_arguments}, epochs=steps, callbacks=[growth])
    finally:
        for variable, value in kept:
            variable.assign(value)
        model.reset_metrics()
    return RangeTest(np.array(growth.rates[: len(growth.losses)]), np.array(growth.losses))


class _Growth(PerBatchSchedule):
    """The training of a range test."""

    def __init__(self, schedule: Any, steps: int, diverged: float) -> None:
        super().__init__(schedule)
        self.steps, self.diverged = steps, diverged
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_begin(batch, logs)
        self.model.reset_metrics()  # so that the mean in the logs is over this batch alone

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append(float(logs["loss"]))
        if (
            len(self.losses) == self.steps
            or not math.isfinite(self.losses[-1])
            or np.median(self.losses[-5:]) > self.diverged * np.median(self.losses)
        ):
            self.model.stop_training = True


class Suggestion(NamedTuple):
    """Two learning rates that a range test suggests; try both, and trust neither.

    steepest: where the smoothed loss falls fastest.
    tenth: a tenth of the one where it is lowest.
    """

    steepest: float
    tenth: float


def suggest(seen: RangeTest | tuple[ArrayLike, ArrayLike], width: int = 11) -> Suggestion:
    """Learning rates to start from, by two rules of thumb, from the result of a range test.

        smooth[t] = mean(losses[t - h], …, losses[t + h]),    h = (width - 1) / 2, fewer at both ends
        lowest = argmin smooth
        steepest = rates[argmin_{t ≤ lowest} ((d smooth) / (d log(rate)))],    tenth = rates[lowest] / 10

    The mean is centered: an average over the past alone would shift the curve to larger learning rates. Losses from the
    first that is not finite on are left out.

    Args:
        seen: learning rates, positive and increasing, and losses, both of shape (n,), as `range_test` returns them.
        width: over how many losses each mean is, an odd number of at least 1.

    Returns:
        The two learning rates.

    Raises:
        ValueError: the shapes differ, the learning rates do not increase, width is even, or the loss never fell: then
            the test has to begin at a lower learning rate.

    Differs from fastai's `lr_find`, whose averages are over the past, exponentially weighted, and whose lowest loss is
    one of these.

    Source: practice, after L. N. Smith (2017), who reads the range off the figure; the rules are fastai's.
    """
    if not isinstance(seen, tuple | list) or len(seen) != 2:
        raise TypeError(f"seen: got a {type(seen).__name__}; takes the pair (rates, losses)")
    rates, losses = reals("rates", seen[0]), reals("losses", seen[1])
    if rates.ndim != 1 or rates.shape != losses.shape:
        raise ValueError(f"rates, losses: got the shapes {rates.shape} and {losses.shape}; they take (n,) both")
    bad = ~((np.diff(rates, prepend=0) > 0) & np.isfinite(rates))
    if bad.any():
        raise ValueError(f"rates: got {rates[bad][0]:g}; takes positive numbers that increase")
    width = whole("width", width, 1)
    if width % 2 == 0:
        raise ValueError(f"width: got {width}; takes an odd number")
    n = int(np.argmin(np.append(np.isfinite(losses), False)))
    losses, h = losses[:n], width // 2
    smooth = np.array([losses[max(t - h, 0) : t + h + 1].mean() for t in range(n)])
    lowest = int(np.argmin(smooth)) if n else 0
    if lowest == 0:
        raise ValueError("losses: got a loss that never fell; the test has to begin at a lower learning rate")
    steepest = int(np.argmin(np.gradient(smooth, np.log(rates[:n]))[: lowest + 1]))
    return Suggestion(float(rates[steepest]), float(rates[lowest]) / 10)


class GradientNorms(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed
    """Keeps, for every layer, how long the gradient of the loss for its kernel is.

        norms[layer][i] = ‖dJ/dW‖ = sqrt(Σ (dJ/dW)²)    after steps[i] updates of the weights

    The first look is before training, the others are after every epoch, or after every so many batches. All are with
    the same examples, which training may hold or not: so it is the weights that make a difference, not the batch. It
    costs what a step of training with these examples costs.

    Args:
        x, y: a batch of examples and its targets.
        every: a number of batches, at least 1; None for an epoch.
        stop_below: a number in [0, inf): training stops after a look in which the norm over all kernels together is
            below it. None for no such rule. A small gradient says that training is at a halt, not that the model is
            good: to stop before it overfits, watch the validation loss.

    Attributes:
        steps: how many updates of the weights there were before each look, from 0.
        norms: layer -> a list of numbers, of the same length.

    Raises: as `course_lib.signals.watch` when training begins; or a ValueError if `every` is a number and
        steps_per_execution is not 1.
    """

    def __init__(self, x: Any, y: Any, every: int | None = None, stop_below: float | None = None) -> None:
        super().__init__()
        self.every = None if every is None else whole("every", every, 1)
        self.stop_below = None if stop_below is None else number("stop_below", stop_below, 0, math.inf, "[)")
        self.x, self.y = x, y
        self.steps: list[int] = []
        self.norms: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        if self.every is not None:
            _refuse_blocks(self.model)
        self._look = watch(self.model)
        self._batches, self._start = 0, self._updates(self.model)
        self.steps, self.norms = [], {}
        self._record()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batches += 1
        if self.every is not None and self._batches % self.every == 0:
            self._record()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.every is None:
            self._record()

    @staticmethod
    def _updates(model: Any) -> int:
        return int(keras.ops.convert_to_numpy(model.optimizer.iterations))

    def _record(self) -> None:
        model = self.model  # before the look: on JAX this is what brings the weights back from the training loop
        self.steps.append(self._updates(model) - self._start)
        for name, seen in self._look(self.x, self.y).gradients.items():
            n = math.prod(model.get_layer(name).kernel.shape)
            # Σ g² = n · (mean² + std²)
            self.norms.setdefault(name, []).append(math.sqrt(n) * math.hypot(seen.mean, seen.std))
        if self.stop_below is not None and math.hypot(*(norm[-1] for norm in self.norms.values())) < self.stop_below:
            model.stop_training = True


class BestModel(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed
    """Keeps the weights of the best epoch, and gives them back to the model when training ends.

    Which epoch is the best says `course_lib.early_stopping.early_stop`: a value improves when it is better than the
    best so far by more than min_delta. It does not stop training: stopping and keeping are two decisions, and with
    `keras.callbacks.EarlyStopping(min_delta=0.001)` beside it, the weights kept are still those of the smallest loss.

    Args:
        monitor: a name in the logs, such as "val_loss" or "val_accuracy".
        mode: "min" if smaller is better, "max" if larger is. Nothing is guessed from the name.
        min_delta: in [0, inf).

    Attributes:
        history: the value of each epoch.
        saves: the epochs that improved, in order; the last is the best. Epochs count from 0 at the start of a fit.
        weights: those of the best epoch, as of `get_weights`; None before the first epoch ended. An exception or Ctrl-C
            ends `fit` without a word to its callbacks: `model.set_weights(best.weights)` is then for you to do.

    Raises, when an epoch ends:
        ValueError: the logs do not hold such a value.

    Differs from Keras' `EarlyStopping`, which gives the best weights back only with `restore_best_weights=True`, and
    counts what is not better by min_delta as no improvement for both decisions; and from Keras' `ModelCheckpoint`,
    which writes a file (what outlives the process), knows no min_delta and gives nothing back.
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "min", min_delta: float = 0.0) -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise TypeError(f"monitor: got {monitor!r}; takes a name in the logs")
        self.monitor, self.mode = monitor, one_of("mode", mode, ("min", "max"))
        self.min_delta = number("min_delta", min_delta, 0, math.inf, "[)")
        self.on_train_begin()

    def on_train_begin(self, logs: Any = None) -> None:
        self.history: list[float] = []
        self.saves: list[int] = []
        self.weights: list[NDArray[Any]] | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.monitor not in (logs or {}):
            raise ValueError(f"monitor: got {self.monitor!r}; takes one of {', '.join(map(repr, logs or {}))}")
        self.history.append(float(logs[self.monitor]))
        last = len(self.history) - 1
        losses = np.array(self.history) * (1 if self.mode == "min" else -1)
        best, _ = early_stop(losses, patience=len(losses), min_delta=self.min_delta)
        if best == last:
            self.saves.append(last)
            self.weights = [_copy(v) for v in self.model.weights]

    def on_train_end(self, logs: Any = None) -> None:
        if self.weights is not None:
            self.model.set_weights(self.weights)


def _refuse_blocks(model: Any) -> None:
    """Refuse a model that runs several batches at a time: Keras tells its callbacks once for all of them."""
    blocks = model.steps_per_execution
    if blocks != 1:
        raise ValueError(
            f"steps_per_execution: got {blocks}, with which callbacks see one batch in {blocks}; "
            "takes 1: compile the model with steps_per_execution=1"
        )


def _copy(variable: Any) -> NDArray[Any]:
    """The value of a variable, in memory of its own: PyTorch's and JAX' arrays share theirs with the model."""
    return np.array(keras.ops.convert_to_numpy(variable))
