"""Searching for hyperparameters: a space of them, a budget of trials, and what the best of so many is worth.

    space = {"learning_rate": LogUniform(1e-4, 1.0), "units": Whole(8, 128), "activation": Choice(("relu", "tanh"))}
    trials = search(objective, space, n_trials=40, rng=rng)        # objective(values) -> loss on the validation data
    trials.best.values, trials.best.loss

The search is Optuna's, which is imported when `search` is called: grid, random, or the model-based search TPE; and the
rules that stop a hopeless trial early. What is here besides are the two formulas that say what to expect of a random
search. What has been searched for on the validation data is tested once on data that took no part.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import number, one_of, whole
from course_lib._numbers import generator, reals


class Uniform(NamedTuple):
    """A real number from low to high, all equally likely."""

    low: float
    high: float


class LogUniform(NamedTuple):
    """A positive number from low to high, all orders of magnitude equally likely.

        log(value) is uniform from log(low) to log(high)
    """

    low: float
    high: float


class Whole(NamedTuple):
    """A whole number from low to high, both included, all equally likely."""

    low: int
    high: int


class Choice(NamedTuple):
    """One of some values of any kind, all equally likely."""

    values: Sequence[Any]


class Trial(NamedTuple):
    """One trial of a search.

    values: name -> value of each hyperparameter.
    losses: what the objective gave, one or more; what is not finite is inf here.
    pruned: whether it was stopped early.
    """

    values: dict[str, Any]
    losses: tuple[float, ...]
    pruned: bool

    @property
    def loss(self) -> float:
        """The last one."""
        return self.losses[-1]


class Trials(NamedTuple):
    """The trials of a search, in the order in which they ran."""

    all: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial that ended with the smallest loss, the first of these; a pruned one did not end."""
        ended = [trial for trial in self.all if not trial.pruned and trial.loss < math.inf]
        if not ended:
            raise ValueError("trials: got none that ended with a finite loss; the space needs other ranges")
        return min(ended, key=lambda trial: trial.loss)

    @property
    def so_far(self) -> NDArray[np.float64]:
        """The smallest loss after each trial, infinite before the first that ended with a finite one."""
        return np.minimum.accumulate([math.inf if trial.pruned else trial.loss for trial in self.all])

    def table(self, rows: int = 10) -> str:
        """The best trials that ended, a line each, with what they tried."""
        ended = sorted((trial for trial in self.all if not trial.pruned), key=lambda trial: trial.loss)
        lines = [["loss", *self.all[0].values]]
        lines += [[_shown(cell) for cell in (trial.loss, *trial.values.values())] for trial in ended[:rows]]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)

    @property
    def cost(self) -> int:
        """How many losses were computed in all: epochs, if the objective yields one an epoch."""
        return sum(len(trial.losses) for trial in self.all)


def grid(space: Mapping[str, Any], points: int) -> dict[str, Choice]:
    """The space as a grid, for `search(…, sampler="grid")`: on every axis, so many values at equal distances.

    A grid of d axes has up to pointsᵈ nodes, and only `points` different values of the hyperparameter that matters;
    as many random trials have pointsᵈ of them.

    Args:
        space: as for `search`.
        points: at least 2. Uniform: from low to high; LogUniform: the same with equal factors; Whole: rounded, each
            once; Choice: its values.

    Returns:
        A space of choices.

    Raises: as `search` for the space.

    Source: J. Bergstra, Y. Bengio, Random search for hyper-parameter optimization, 2012, figure 1.

    >>> grid({"learning_rate": LogUniform(0.001, 0.1), "units": Whole(8, 9)}, 3)
    {'learning_rate': Choice(values=(0.001, 0.01, 0.1)), 'units': Choice(values=(8, 9))}
    """
    points = whole("points", points, 2)
    axes = {}
    for name, axis in _checked(space).items():
        if isinstance(axis, Choice):
            axes[name] = axis
            continue
        steps = np.geomspace if isinstance(axis, LogUniform) else np.linspace
        values = steps(axis.low, axis.high, points).tolist()
        axes[name] = Choice(tuple(dict.fromkeys(map(round, values)) if isinstance(axis, Whole) else values))
    return axes


def search(
    objective: Callable[[dict[str, Any]], Any],
    space: Mapping[str, Any],
    n_trials: int,
    rng: np.random.Generator,
    sampler: str = "tpe",
    pruner: str | None = None,
) -> Trials:
    """Try hyperparameters for the smallest loss, one trial after the other.

    Args:
        objective: is given a dictionary of values, and returns the loss on the validation data; or a generator
            function, which yields the loss after every epoch, so that a pruner can stop it. A loss that is not finite,
            as after divergence, is the worst one. For what should grow, give its negative.
        space: name -> Uniform, LogUniform, Whole or Choice.
        n_trials: the budget, at least 1.
        rng: a generator; the same one gives the same trials.
        sampler: how the next values are found.
            "random": independently of all that was tried.
            "grid": every node of a grid once, in random order, until there are no more. The space holds choices alone.
            "tpe": ten random trials; from then on, for each hyperparameter by itself, the densities l(x) of the better
            trials and g(x) of the others are estimated, and of some x drawn from l, that of largest l(x) / g(x) is it.
        pruner: after which losses a trial ends early.
            None: after none.
            "median": when the smallest one so far is above the median of what the trials that ended had after as many
            epochs; once five trials have ended.
            "halving": after 1, 4, 16, … epochs, when it is not in the best quarter of all that came as far; of fewer
            than eight, not the best.

    Returns:
        The trials.

    Raises:
        TypeError: rng is no generator, an axis of the space is of another kind, or the objective gives no number.
        ValueError: a number is out of its range, low is not below high, a choice is empty, sampler or pruner is
            unknown, or the space is no grid.
        What objective raises, as it is.

    Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, Algorithms for hyper-parameter optimization, 2011, section 4,
    on TPE; L. Li et al., A system for massively parallel hyperparameter tuning, 2020, on halving. The implementation
    is Optuna's: T. Akiba et al., Optuna, 2019.
    """
    if not callable(objective):
        raise TypeError(f"objective: got {objective!r}; takes a function of a dictionary of values")
    axes = _checked(space)
    n_trials = whole("n_trials", n_trials, 1)
    seed = int(generator("rng", rng).integers(1, 2**32))  # 0 is none for Optuna's grid
    one_of("sampler", sampler, ("random", "grid", "tpe"))
    if pruner is not None:
        one_of("pruner", pruner, ("median", "halving"))
    if sampler == "grid" and not all(isinstance(axis, Choice) for axis in axes.values()):
        raise ValueError("space: got ranges for a grid; takes choices alone, as `grid(space, points)` makes them")
    import optuna

    samplers: dict[str, Callable[[], Any]] = {
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "grid": lambda: optuna.samplers.GridSampler({k: range(len(a.values)) for k, a in axes.items()}, seed=seed),
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
    }
    pruners: dict[str | None, Callable[[], Any]] = {
        None: optuna.pruners.NopPruner,
        "median": optuna.pruners.MedianPruner,
        "halving": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1),
    }
    trials: list[Trial] = []

    def run(trial: Any) -> float:
        values = {name: _suggested(trial, name, axis) for name, axis in axes.items()}
        result = objective(dict(values))
        losses: list[float] = []
        for loss in result if inspect.isgenerator(result) else (result,):
            losses.append(_loss(loss))
            trial.report(losses[-1], len(losses))
            if trial.should_prune():
                trials.append(Trial(values, tuple(losses), True))
                raise optuna.TrialPruned
        if not losses:
            raise ValueError("objective: got a generator without a loss; it yields one or more")
        trials.append(Trial(values, tuple(losses), False))
        return losses[-1]

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(sampler=samplers[sampler](), pruner=pruners[pruner]())
        study.optimize(run, n_trials=n_trials)
    finally:
        optuna.logging.set_verbosity(before)
    return Trials(tuple(trials))


def trials_needed(share: float, confidence: float) -> int:
    """How many random trials it takes to have one among the best, probably.

        P(one of n trials is in the best share) = 1 - (1 - share)ⁿ ≥ confidence
        n = ⌈log(1 - confidence) / log(1 - share)⌉

    It depends neither on how many hyperparameters there are nor on what the loss is like. And it says little: the best
    twentieth of a space that is too wide can be bad, and each hyperparameter that has to be right as well makes the
    good share smaller by its factor.

    Args:
        share: in [1e-12, 1), measured as the space is drawn from.
        confidence: in (0, 1).

    Returns:
        The smallest such n.

    Source: each trial misses with probability 1 - share, and they are independent. The count is often quoted as 60 for
    (0.05, 0.95), from discussions of Bergstra and Bengio (2012); it is 59.

    >>> trials_needed(0.05, 0.95)
    59
    """
    share, confidence = number("share", share, 1e-12, 1, "[)"), number("confidence", confidence, 0, 1, "()")
    quotient = math.log1p(-confidence) / math.log1p(-share)
    return math.ceil(quotient * (1 - 1e-12))  # one that should be whole may come out a little above it


@np.errstate(all="ignore")
def expected_best(losses: ArrayLike) -> NDArray[np.float64]:
    """The loss to expect of the best of k trials, for every k up to the number n of trials there were.

        E_k = mean of the smallest loss over all sets of k of the n trials
            = Σ_i losses_(i) · C(n - i, k - 1) / C(n, k),    losses_(1) ≤ losses_(2) ≤ … ≤ losses_(n)

    E_1 is the mean of all, E_n the smallest. So two methods of which one was tried more often are compared at the same
    budget, and a figure of it over k shows what more trials would have been good for.

    Args:
        losses: of independent random trials, of shape (n,), n ≥ 1; each a number or inf. The trials of a search that
            learns from earlier ones are not independent.

    Returns:
        E_1, …, E_n, of shape (n,); infinite where a set may hold nothing but infinite losses.

    Raises:
        TypeError: losses are no real numbers.
        ValueError: their shape is another one, or one is nan or -inf.

    Differs from Dodge et al., who draw k of the n with replacement: their estimate is biased, for losses upwards, that
    is, towards a worse result. This one is not.

    Source: J. Dodge, S. Gururangan, D. Card, R. Schwartz, N. A. Smith, Show your work: improved reporting of
    experimental results, 2019; on the bias R. Tang et al., Showing your work doesn't always work, 2020.

    >>> expected_best([3.0, 1.0, 2.0])
    array([2.        , 1.33333333, 1.        ])
    """
    x = reals("losses", losses)
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"losses: got the shape {x.shape}; takes a row of one or more numbers")
    x = np.sort(x.astype(np.float64))
    if np.isnan(x).any() or x[0] == -np.inf:
        raise ValueError(f"losses: got {x[-1] if np.isnan(x).any() else x[0]}; takes numbers, or inf for no result")
    n = x.size
    k, i = np.arange(1, n + 1)[:, None], np.arange(1, n)
    # C(n - 1, k - 1) / C(n, k) = k / n, and from each binomial coefficient to the next a factor, which becomes 0
    factors = (n - i - k + 1) / (n - i)
    weights = np.cumprod(np.hstack([k / n, factors]), axis=1)
    best: NDArray[np.float64] = np.sum(np.where(weights > 0, weights * x, 0.0), axis=1)
    return best


def _checked(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space, with Python numbers, if its ranges are ranges."""
    if not isinstance(space, Mapping):
        raise TypeError(f"space: got a {type(space).__name__}; takes a dictionary of ranges by name")
    if not space:
        raise ValueError("space: got no hyperparameter; takes one or more")
    return {name: _axis(f"space[{name!r}]", axis) for name, axis in space.items()}


def _axis(name: str, axis: Any) -> Any:
    if isinstance(axis, Choice):
        if isinstance(axis.values, str) or not isinstance(axis.values, Iterable):
            raise TypeError(f"{name}.values: got {axis.values!r}; takes a tuple of values")
        values = tuple(axis.values)
        if not values:
            raise ValueError(f"{name}.values: got none; takes one or more")
        return Choice(values)
    if not isinstance(axis, Uniform | LogUniform | Whole):
        raise TypeError(f"{name}: got {axis!r}; takes Uniform, LogUniform, Whole or Choice")
    if isinstance(axis, Whole):
        low: float = whole(f"{name}.low", axis.low, -(2**53))
        return Whole(int(low), whole(f"{name}.high", axis.high, int(low) + 1))
    least = 0.0 if isinstance(axis, LogUniform) else -math.inf
    low = number(f"{name}.low", axis.low, least, math.inf, "()")
    return type(axis)(low, number(f"{name}.high", axis.high, low, math.inf, "()"))


def _suggested(trial: Any, name: str, axis: Any) -> Any:
    """A value on the axis, as Optuna suggests it; of a choice the position, so that it can be of any kind."""
    if isinstance(axis, Choice):
        return axis.values[trial.suggest_categorical(name, range(len(axis.values)))]
    if isinstance(axis, Whole):
        return trial.suggest_int(name, axis.low, axis.high)
    return trial.suggest_float(name, axis.low, axis.high, log=isinstance(axis, LogUniform))


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _loss(value: Any) -> float:
    """What an objective gave, as a number, and inf if it is not finite."""
    try:
        loss = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"objective: got {value!r}; takes a function whose result is a number") from None
    return loss if math.isfinite(loss) else math.inf
