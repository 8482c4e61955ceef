"""The search: formulas against counting all cases, samplers against their laws and Optuna itself."""

import itertools
import math
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.search import Choice, LogUniform, Trial, Trials, Uniform, Whole, expected_best, grid, search
from course_lib.search import trials_needed as needed

SPACE = {
    "rate": LogUniform(1e-4, 1.0), "decay": Uniform(-1.0, 3.0), "units": Whole(2, 5),
    "name": Choice(("a", (1, 2), None)),
}  # fmt: skip
SAMPLERS = ["random", "tpe"]


def rng(seed=0):
    return np.random.default_rng(seed)


def bowl(values):
    """Smallest, 0, at rate 0.01, decay 1, units 4 and the name (1, 2)."""
    return (
        math.log10(values["rate"] / 0.01) ** 2
        + (values["decay"] - 1) ** 2
        + abs(values["units"] - 4)
        + (values["name"] != (1, 2))
    )


def epochs(values):
    """The bowl, approached from above in nine epochs."""
    for epoch in range(9):
        yield bowl(values) + 1 / (1 + epoch)


# --- how many trials -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "confidence", "n"),
    [(0.05, 0.95, 59), (0.01, 0.95, 299), (0.1, 0.9, 22), (0.5, 0.75, 2), (0.5, 0.76, 3), (0.3, 0.51, 2)],
)
def test_so_many_trials_it_takes(share, confidence, n):
    assert needed(share, confidence) == n


@given(share=st.floats(0.001, 0.999), confidence=st.floats(0.001, 0.999))
@settings(deadline=None)
def test_so_many_are_enough_and_one_less_is_not_in_exact_arithmetic(share, confidence):
    n, miss = needed(share, confidence), 1 - Fraction(share)
    slack = Fraction(1, 10**9)
    assert 1 - miss**n >= Fraction(confidence) * (1 - slack)
    assert n == 1 or 1 - miss ** (n - 1) <= Fraction(confidence) * (1 + slack)


def test_it_is_how_often_one_of_so_many_is_among_the_best():
    hits = np.any(rng().random((20_000, needed(0.05, 0.95))) < 0.05, axis=1)
    assert 0.945 < hits.mean() < 0.957  # 1 - 0.95**59 = 0.9515


def test_a_share_that_is_tiny_has_an_answer():
    assert needed(1e-12, 0.95) == pytest.approx(math.log(20) * 1e12, rel=1e-9)


# --- the best of k ---------------------------------------------------------------------------------------------------

losses = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8)


@given(losses)
@settings(deadline=None)
def test_it_is_the_mean_over_all_sets_of_k(x):
    expected = [np.mean([min(chosen) for chosen in itertools.combinations(x, k)]) for k in range(1, len(x) + 1)]
    np.testing.assert_allclose(expected_best(x), expected, rtol=1e-12, atol=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.floats(-10, 10), st.floats(0.1, 10))
@settings(deadline=None)
def test_it_falls_from_the_mean_to_the_smallest_and_is_in_the_units_of_the_losses(x, shift, factor):
    e = expected_best(x)
    np.testing.assert_allclose([e[0], e[-1]], [np.mean(x), min(x)], rtol=1e-12, atol=1e-9)
    assert np.all(np.diff(e) <= 1e-9)
    np.testing.assert_allclose(expected_best(np.array(x) * factor + shift), e * factor + shift, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(expected_best(x[::-1]), e)


def test_of_uniform_numbers_it_estimates_what_it_should_without_bias():
    k = np.arange(1, 11)
    runs = np.array([expected_best(row) for row in rng().random((20_000, 10))])
    error = runs.std(axis=0) / math.sqrt(len(runs))
    assert np.all(np.abs(runs.mean(axis=0) - 1 / (k + 1)) < 5 * error)


def test_drawing_with_replacement_as_dodge_et_al_do_is_biased_upwards():
    def with_replacement(x):
        n, k = len(x), np.arange(1, len(x) + 1)[:, None]
        above = (n - np.arange(n + 1)) / n
        return np.sum(np.sort(x) * (above[:-1] ** k - above[1:] ** k), axis=1)

    assert with_replacement(np.array([3.0, 1.0, 2.0]))[2] == pytest.approx((19 * 1 + 7 * 2 + 1 * 3) / 27)
    rows = rng().random((2_000, 10))
    theirs = np.mean([with_replacement(row) for row in rows], axis=0)
    ours = np.mean([expected_best(row) for row in rows], axis=0)
    assert theirs[0] == pytest.approx(ours[0])
    assert np.all(theirs[1:] > ours[1:])


def test_trials_without_a_result_count_as_infinite():
    np.testing.assert_array_equal(expected_best([math.inf, 1.0, math.inf, 3.0]), [math.inf, math.inf, 1.5, 1.0])
    np.testing.assert_array_equal(expected_best([math.inf]), [math.inf])


def test_many_trials_are_no_matter():
    e = expected_best(np.arange(2000.0))
    assert np.isfinite(e).all()
    # the smallest of k of 0, …, n - 1 is (n - k) / (k + 1) on average
    np.testing.assert_allclose(e, (2000 - np.arange(1, 2001)) / np.arange(2, 2002), rtol=1e-9, atol=1e-9)


# --- the grid --------------------------------------------------------------------------------------------------------


def test_a_grid_has_its_values_at_equal_distances_or_factors():
    axes = grid(SPACE, 5)
    np.testing.assert_allclose(axes["rate"].values, [1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert axes["decay"].values == (-1.0, 0.0, 1.0, 2.0, 3.0)
    assert axes["units"].values == (2, 3, 4, 5)
    assert all(type(value) is int for value in axes["units"].values)
    assert axes["name"] == SPACE["name"]


@given(low=st.floats(1e-8, 1e3), factor=st.floats(1.001, 1e6), points=st.integers(2, 9))
@settings(deadline=None)
def test_its_ends_are_those_of_the_range_to_the_bit(low, factor, points):
    for axis in (Uniform(low, low * factor), LogUniform(low, low * factor)):
        values = grid({"x": axis}, points)["x"].values
        assert values[0] == low and values[-1] == low * factor and len(values) == points


def test_a_grid_is_searched_node_by_node_each_once():
    axes = grid({name: SPACE[name] for name in ("rate", "units", "name")}, 3)
    trials = search(lambda v: bowl({"decay": 1.0, **v}), axes, 100, rng(), "grid")
    tried = [tuple(trial.values.values()) for trial in trials.all]
    assert len(tried) == 3 * 3 * 3
    assert set(tried) == set(itertools.product(*(axis.values for axis in axes.values())))
    assert trials.best.values == {"rate": pytest.approx(0.01), "units": 4, "name": (1, 2)}


def test_a_smaller_budget_is_a_part_of_the_grid_in_another_order_for_another_seed():
    axes = grid({"decay": SPACE["decay"], "units": SPACE["units"]}, 4)
    a, b = (search(lambda v: v["decay"], axes, 6, rng(seed), "grid").all for seed in (0, 1))
    assert len(a) == len(b) == 6 and a != b


def test_random_trials_try_more_values_of_what_matters():
    by_grid = search(lambda v: v["decay"], grid({"decay": Uniform(0, 1), "idle": Uniform(0, 1)}, 3), 9, rng(), "grid")
    by_chance = search(lambda v: v["decay"], {"decay": Uniform(0, 1), "idle": Uniform(0, 1)}, 9, rng(), "random")
    assert len({trial.values["decay"] for trial in by_grid.all}) == 3
    assert len({trial.values["decay"] for trial in by_chance.all}) == 9


# --- the search ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_values_are_in_their_ranges_and_of_their_kinds(sampler):
    seen = {name: set() for name in SPACE}
    for trial in search(bowl, SPACE, 60, rng(), sampler).all:
        assert list(trial.values) == list(SPACE)
        assert 1e-4 <= trial.values["rate"] <= 1 and -1 <= trial.values["decay"] <= 3
        assert type(trial.values["units"]) is int and type(trial.values["rate"]) is float
        for name, value in trial.values.items():
            seen[name].add(value)
    assert seen["units"] == {2, 3, 4, 5} and seen["name"] == {"a", (1, 2), None}


def test_random_values_are_distributed_as_the_ranges_say():
    trials = search(lambda v: 0.0, SPACE, 2000, rng(), "random")
    rates = np.sort([math.log10(trial.values["rate"]) for trial in trials.all]) / 4 + 1
    decays = np.sort([trial.values["decay"] for trial in trials.all]) / 4 + 0.25
    for values in (rates, decays):  # uniform, by the statistic of Kolmogorov and Smirnov
        assert np.max(np.abs(values - np.arange(2000) / 2000)) < 2 / math.sqrt(2000)
    for name, count in (("units", 4), ("name", 3)):
        counts = np.unique([str(trial.values[name]) for trial in trials.all], return_counts=True)[1]
        assert len(counts) == count and np.all(np.abs(counts - 2000 / count) < 5 * math.sqrt(2000 / count))


@pytest.mark.parametrize("pruner", [None, "median", "halving"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_trials_and_another_one_others(sampler, pruner):
    a, b, c = (search(epochs, SPACE, 25, rng(seed), sampler, pruner) for seed in (1, 1, 2))
    assert a == b != c


def test_it_draws_from_the_generator_and_from_no_global_state():
    one = rng()
    assert search(bowl, SPACE, 3, one) != search(bowl, SPACE, 3, one)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    search(bowl, SPACE, 12, rng())
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    ("sampler", "pruner", "theirs"),
    [
        ("tpe", None, (optuna.samplers.TPESampler, optuna.pruners.NopPruner)),
        ("random", "median", (optuna.samplers.RandomSampler, optuna.pruners.MedianPruner)),
        ("tpe", "halving", (optuna.samplers.TPESampler, lambda: optuna.pruners.SuccessiveHalvingPruner(1))),
    ],
)
def test_it_is_what_optuna_does_by_itself(sampler, pruner, theirs):
    def objective(trial):
        values = {
            "rate": trial.suggest_float("rate", 1e-4, 1.0, log=True),
            "decay": trial.suggest_float("decay", -1.0, 3.0),
            "units": trial.suggest_int("units", 2, 5),
            "name": (1, 2) if trial.suggest_categorical("name", (0, 1, 2)) == 1 else "",
        }
        for epoch, loss in enumerate(epochs(values), 1):
            trial.report(loss, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    study = optuna.create_study(
        sampler=theirs[0](seed=int(rng().integers(1, 2**32))), pruner=theirs[1](), direction="minimize"
    )
    study.optimize(objective, n_trials=40)
    ours = search(epochs, SPACE, 40, rng(), sampler, pruner)
    assert ours.best.loss == study.best_value
    for name in ("rate", "decay", "units"):
        assert [trial.values[name] for trial in ours.all] == [trial.params[name] for trial in study.trials]
    for trial, other in zip(ours.all, study.trials, strict=True):
        assert trial.pruned == (other.state == optuna.trial.TrialState.PRUNED)
        assert trial.losses == tuple(other.intermediate_values.values())


def test_tpe_finds_what_random_search_does_not():
    found = {
        sampler: [search(bowl, SPACE, 60, rng(seed), sampler).best.loss for seed in range(5)] for sampler in SAMPLERS
    }
    assert np.median(found["tpe"]) < np.median(found["random"]) / 2


def test_median_pruning_saves_epochs_and_stops_nothing_before_five_trials_have_ended():
    full, pruned = (search(epochs, SPACE, 40, rng(), "random", pruner) for pruner in (None, "median"))
    assert full.cost == 40 * 9 > 2 * pruned.cost == 2 * sum(len(trial.losses) for trial in pruned.all)
    assert not any(trial.pruned for trial in pruned.all[:5])
    assert [trial.values for trial in full.all] == [trial.values for trial in pruned.all]
    assert pruned.best == full.best
    ended = []
    for trial in pruned.all:
        if len(ended) >= 5 and trial.pruned:
            epoch = len(trial.losses) - 1
            assert min(trial.losses) > np.median([other.losses[epoch] for other in ended])
        ended += [] if trial.pruned else [trial]


def test_halving_stops_after_1_4_and_16_epochs_alone():
    def long(values):
        for _ in range(20):
            yield bowl(values)

    trials = search(long, SPACE, 60, rng(), "random", "halving")
    assert {len(trial.losses) for trial in trials.all if trial.pruned} == {1, 4, 16}
    for i, trial in enumerate(trials.all):
        first = sorted(other.loss for other in trials.all[: i + 1])
        assert (len(trial.losses) > 1) == (trial.loss <= first[max(len(first) // 4 - 1, 0)])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan")])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_loss_that_is_not_finite_is_the_worst(sampler, bad):
    trials = search(lambda v: bad if v["rate"] > 0.01 else v["rate"], SPACE, 30, rng(), sampler)
    diverged = [trial for trial in trials.all if trial.values["rate"] > 0.01]
    assert len(trials.all) == 30 and diverged and all(trial.loss == math.inf for trial in diverged)
    assert trials.best.loss == min(trial.values["rate"] for trial in trials.all)


def test_a_search_in_which_all_diverged_has_no_best_one():
    with pytest.raises(ValueError, match=r"^trials: got none that ended with a finite loss"):
        search(lambda v: math.nan, SPACE, 3, rng()).best  # noqa: B018


def test_a_result_may_be_a_number_of_any_kind():
    for kind in (int, np.float32, np.array):
        assert search(lambda v, kind=kind: kind(3), SPACE, 1, rng()).best.losses == (3.0,)


def test_the_values_kept_are_those_that_were_given():
    def changes(values):
        values["rate"] = "spoiled"
        return 0.0

    assert type(search(changes, SPACE, 1, rng()).best.values["rate"]) is float


def test_it_says_nothing_not_even_of_a_trial_that_fails():
    code = """
import warnings; warnings.simplefilter("error")
import numpy as np
from course_lib.search import Uniform, search
for pruner in ("median", "halving"):
    search(lambda v: (v["x"] for _ in range(5)), {"x": Uniform(0, 1)}, 15, np.random.default_rng(0), "tpe", pruner)
try:
    search(lambda v: 1 / 0, {"x": Uniform(0, 1)}, 3, np.random.default_rng(0))
except ZeroDivisionError:
    print("raised")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("raised\n", "")


def test_it_leaves_optuna_as_loud_as_it_was():
    before = optuna.logging.get_verbosity()
    try:
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        search(bowl, SPACE, 1, rng())
        with pytest.raises(ZeroDivisionError):
            search(lambda v: 1 / 0, SPACE, 1, rng())
        assert optuna.logging.get_verbosity() == optuna.logging.CRITICAL
    finally:
        optuna.logging.set_verbosity(before)


def test_importing_it_imports_no_optuna():
    code = "import sys, course_lib.search as s; s.trials_needed(0.5, 0.5); print('optuna' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


# --- what comes out --------------------------------------------------------------------------------------------------

THREE = Trials((
    Trial({"rate": 0.12345678, "units": 4}, (3.0, 2.0), False),
    Trial({"rate": 0.5, "units": 16}, (1.0,), True),
    Trial({"rate": 0.001, "units": 8}, (4.0, 1.5), False),
    Trial({"rate": 0.002, "units": 8}, (4.0, 1.5), False),
))  # fmt: skip


def test_the_best_is_the_first_that_ended_with_the_smallest_loss():
    assert THREE.best is THREE.all[2]


def test_so_far_the_best_falls_at_trials_that_ended():
    assert THREE.so_far.tolist() == [2.0, 2.0, 1.5, 1.5]
    assert Trials(THREE.all[1:]).so_far.tolist() == [math.inf, 1.5, 1.5]


def test_the_cost_is_all_that_was_computed():
    assert THREE.cost == 7


def test_the_table_has_the_best_first_in_columns():
    assert THREE.table(2) == "loss   rate  units\n 1.5  0.001      8\n 1.5  0.002      8"
    assert THREE.table().splitlines()[-1].split() == ["2", "0.1235", "4"]


REFUSED = {
    "objective": (lambda: search(1, SPACE, 1, rng()), TypeError, "objective: got 1; takes a function of a dictionary"),
    "space": (lambda: search(bowl, [1], 1, rng()), TypeError, "space: got a list; takes a dictionary of ranges"),
    "empty": (lambda: search(bowl, {}, 1, rng()), ValueError, "space: got no hyperparameter; takes one or more"),
    "axis": (
        lambda: search(bowl, {"x": (0, 1)}, 1, rng()), TypeError,
        "space['x']: got (0, 1); takes Uniform, LogUniform, Whole or Choice",
    ),
    "low": (
        lambda: search(bowl, {"x": LogUniform(0, 1)}, 1, rng()), ValueError,
        "space['x'].low: got 0; takes a number in (0, inf)",
    ),
    "high": (
        lambda: grid({"x": Uniform(1, 1)}, 2), ValueError, "space['x'].high: got 1; takes a number in (1, inf)"
    ),
    "whole": (
        lambda: grid({"x": Whole(1, 1)}, 2), ValueError, "space['x'].high: got 1; takes a whole number of at least 2"
    ),
    "half": (lambda: grid({"x": Whole(1.5, 3)}, 2), TypeError, "space['x'].low: got 1.5; takes a whole number"),
    "no choice": (lambda: grid({"x": Choice(())}, 2), ValueError, "space['x'].values: got none; takes one or more"),
    "a word": (lambda: grid({"x": Choice("ab")}, 2), TypeError, "space['x'].values: got 'ab'; takes a tuple of values"),
    "points": (lambda: grid(SPACE, 1), ValueError, "points: got 1; takes a whole number of at least 2"),
    "n_trials": (lambda: search(bowl, SPACE, 0, rng()), ValueError, "n_trials: got 0; takes a whole number"),
    "rng": (lambda: search(bowl, SPACE, 1, 0), TypeError, "rng: got 0; takes a numpy.random.Generator"),
    "sampler": (lambda: search(bowl, SPACE, 1, rng(), "cma"), ValueError, "sampler: got 'cma'; takes 'random', 'grid'"),
    "pruner": (
        lambda: search(bowl, SPACE, 1, rng(), "tpe", "none"), ValueError, "pruner: got 'none'; takes 'median', "
    ),
    "no grid": (lambda: search(bowl, SPACE, 1, rng(), "grid"), ValueError, "space: got ranges for a grid; takes choi"),
    "no number": (
        lambda: search(lambda v: None, SPACE, 1, rng()), TypeError,
        "objective: got None; takes a function whose result is a number",
    ),
    "no loss": (
        lambda: search(lambda v: (x for x in ()), SPACE, 1, rng()), ValueError, "objective: got a generator without a"
    ),
    "share": (lambda: needed(0, 0.5), ValueError, "share: got 0; takes a number in [1e-12, 1)"),
    "confidence": (lambda: needed(0.5, 1), ValueError, "confidence: got 1; takes a number in (0, 1)"),
    "losses": (lambda: expected_best([]), ValueError, "losses: got the shape (0,); takes a row of one or more numbers"),
    "table": (lambda: expected_best([[1.0]]), ValueError, "losses: got the shape (1, 1); takes a row"),
    "nan": (lambda: expected_best([1.0, np.nan]), ValueError, "losses: got nan; takes numbers, or inf for no result"),
    "-inf": (lambda: expected_best([1.0, -np.inf]), ValueError, "losses: got -inf; takes numbers, or inf"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
