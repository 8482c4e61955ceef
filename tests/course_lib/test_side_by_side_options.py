"""What can be added to trainings side by side: penalties, masks, frozen layers, another loss; alone and together."""

import numpy as np
import pytest
from test_side_by_side import SIZES, X, Y, assert_same_training, one

from course_lib.backprop import backward, forward
from course_lib.losses import mse, mse_gradient, sparse_categorical_crossentropy
from course_lib.optimizers import RULES, Rule
from course_lib.penalties import l1, l2
from course_lib.side_by_side import first_weights, orders, outputs, train

pytestmark = pytest.mark.filterwarnings("error")

ROWS = X.reshape(60, 6).astype(np.float64)
TARGETS = np.random.default_rng(7).normal(size=(60, 4)).astype(np.float32)
L1, L2 = np.array([0.0, 0.02, 0.01]), np.array([0.03, 0.0, 0.01])


def with_biases(runs, seed, size=0.5):
    """First weights with biases other than 0: a penalty would be seen on them, and no sum lies on ReLU's kink."""
    return [(kernels, biases + np.float32(size)) for kernels, biases in first_weights(SIZES, runs, seed)]


def one_step(weights, run, y, **settings):
    """The step of plain SGD at the rate 1, on all examples: minus the gradient. Kernels, then biases."""
    after = train(weights, X, y, np.tile(np.arange(60), (2, 1, 1)), np.ones(1), **settings).weights
    pairs = zip(one(weights, run), one(after, run), strict=True)
    return [b - a for old, new in pairs for b, a in zip(old, new, strict=True)]


def by_differences(loss, arrays, h=1e-5):
    """The gradient of a loss of several arrays, number by number."""
    gradients = []
    for array in arrays:
        gradient = np.empty_like(array)
        for place in np.ndindex(array.shape):
            old, ends = array[place], []
            for array[place] in (old + h, old - h):
                ends.append(loss())
            array[place] = old
            gradient[place] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return gradients


def relu_network(kernels, biases, factors):
    x = ROWS
    for k, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        x = np.maximum(x, 0) if k else x
        x = (x if factors[k] is None else x * factors[k]) @ kernel + bias
    return x


def some_factors(k, shape):
    """Of the inputs and of the last layer: zeros, and numbers of both signs. Of the one between there are none."""
    if k == 1:
        return None
    draws = np.random.default_rng([8, k])
    return np.where(draws.random(shape) < 0.3, 0, draws.normal(1, 1, shape))


# --- penalties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "proximal"), [("sgd", False), ("adam", False), ("sgd", True)])
def test_each_run_has_the_penalties_of_its_strengths_on_its_kernels(name, proximal):
    weights, order, rates = with_biases(3, 1), orders(60, 3, 20, 8, 2), np.full((20, 3), 0.05)
    trained = train(weights, X, Y, order, rates, name, l1=L1, l2=L2, proximal=proximal)
    assert_same_training(trained, weights, order, rates, name, l1=L1, l2=L2, proximal=proximal)


def test_one_strength_for_all_runs_is_the_same_strength_for_each():
    weights, order, rates = first_weights(SIZES, 2, 0), orders(60, 2, 5, 8, 0), np.full(5, 0.1)
    shared, each = (
        train(weights, X, Y, order, rates, l1=a, l2=b).weights for a, b in ((0.1, 0.2), ([0.1, 0.1], [0.2, 0.2]))
    )
    np.testing.assert_array_equal(shared[0][0], each[0][0])


def test_only_proximal_steps_make_exact_zeros():
    weights, order = first_weights(SIZES, 1, 0), orders(60, 1, 300, 8, 0)
    by_gradient, proximal = (
        train(weights, X, Y, order, np.full(300, 0.1), l1=0.1, proximal=p).weights[0][0] for p in (False, True)
    )
    assert (by_gradient != 0).all() and (proximal == 0).mean() > 0.9


def test_the_losses_that_come_back_are_without_the_penalties():
    weights, order = first_weights(SIZES, 2, 0), orders(60, 2, 1, 8, 0)
    plain, penalized = (train(weights, X, Y, order, np.ones(1), l1=s, l2=s).batch_losses for s in (0.0, 0.5))
    np.testing.assert_array_equal(plain, penalized)


# --- masks -----------------------------------------------------------------------------------------------------------


def test_with_masks_the_gradient_is_that_of_the_masked_network():
    weights = with_biases(2, 4, 0.1)
    shapes = [(2, 60, units) for units in SIZES[:-1]]
    factors = [None if f is None else f[1] for f in map(some_factors, range(3), shapes)]
    kernels, biases = one(weights, 1)

    def loss():
        return sparse_categorical_crossentropy(Y, relu_network(kernels, biases, factors), from_logits=True)

    expected = by_differences(loss, [*kernels, *biases])
    for mine, theirs in zip(one_step(weights, 1, Y, masks=some_factors), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-6)


def test_masks_are_asked_for_in_each_step_from_the_inputs_to_the_last_layer_frozen_ones_too():
    asked = []

    def watch(k, shape):
        asked.append((k, shape))

    train(first_weights(SIZES, 2, 0), X, Y, orders(60, 2, 2, 8, 0), np.ones(2), masks=watch, frozen=2)
    assert asked == 2 * [(0, (2, 8, 6)), (1, (2, 8, 5)), (2, (2, 8, 5))]


def test_outputs_have_masks_on_demand_and_a_mask_may_be_shared_by_all_examples():
    weights = first_weights(SIZES, 2, 5)
    factor = np.random.default_rng(9).normal(size=(2, 1, 5))
    plain, masked = outputs(weights, X), outputs(weights, X, lambda k, shape: factor if k == 2 else None)
    for run in range(2):
        kernels, biases = one(weights, run)
        np.testing.assert_allclose(plain[run], relu_network(kernels, biases, 3 * [None]), atol=1e-5)
        np.testing.assert_allclose(masked[run], relu_network(kernels, biases, [None, None, factor[run]]), atol=1e-5)


# --- frozen layers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [1, 2])
def test_above_frozen_layers_the_others_learn_as_they_do_on_what_those_give(frozen):
    weights, order = first_weights(SIZES, 1, seed=1), orders(60, 1, 15, 8, seed=2)
    whole = train(weights, X, Y, order, np.full(15, 0.1), frozen=frozen)
    given = X.reshape(60, 6)
    for kernels, biases in weights[:frozen]:
        given = np.maximum(given @ kernels[0] + biases[0], 0)
    above = train(weights[frozen:], given, Y, order, np.full(15, 0.1))
    assert_unchanged(whole.weights[:frozen], weights[:frozen])
    for mine, theirs in zip(whole.weights[frozen:], above.weights, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(whole.batch_losses, above.batch_losses, rtol=1e-5)


def assert_unchanged(weights, before):
    for mine, start in zip(weights, before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, start, strict=True))


def test_with_all_layers_frozen_nothing_learns():
    weights, order = first_weights(SIZES, 2, seed=1), orders(60, 2, 5, 8, seed=2)
    assert_unchanged(train(weights, X, Y, order, np.full(5, 0.1), l1=0.1, l2=0.1, frozen=3).weights, weights)


@pytest.mark.parametrize(("name", "proximal"), [("sgd", False), ("adam", False), ("sgd", True)])
def test_frozen_layers_have_no_penalty_and_those_above_have_theirs(name, proximal):
    weights, order, rates = with_biases(3, 1), orders(60, 3, 20, 8, 2), np.full((20, 3), 0.05)
    settings = {"l1": L1, "l2": L2, "proximal": proximal, "frozen": 1}
    trained = train(weights, X, Y, order, rates, name, **settings)
    assert_unchanged(trained.weights[:1], weights[:1])
    assert_same_training(trained, weights, order, rates, name, **settings)


def test_frozen_layers_have_no_state_of_the_optimizer(monkeypatch):
    begun = []

    def watched():
        adam = RULES["adam"]()
        return Rule(lambda w: begun.append(w.shape) or adam.init(w), adam.update)

    monkeypatch.setitem(RULES, "watched", watched)
    train(first_weights(SIZES, 2, 0), X, Y, orders(60, 2, 2, 8, 0), np.ones(2), "watched", frozen=2)
    assert begun == [(2, 5, 4), (2, 1, 4)]


# --- the squared error, and all of it together -----------------------------------------------------------------------


def test_the_squared_error_and_its_gradient_are_those_of_losses():
    weights, y = first_weights(SIZES, 2, 0), TARGETS.astype(np.float64)
    trained = train(weights, X, TARGETS, np.tile(np.arange(60), (2, 1, 1)), np.ones(1), loss="squared")
    for run in range(2):
        kernels, biases = one(weights, run)
        given, cache = forward(ROWS, kernels, biases, "relu", "linear")
        np.testing.assert_allclose(trained.batch_losses[0, run], mse(y, given), rtol=1e-5)
        expected = [g for group in backward(cache, kernels, biases, mse_gradient(y, given)) for g in group]
        for mine, theirs in zip(one_step(weights, run, TARGETS, loss="squared"), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=2e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_masks_penalties_and_frozen_layers_together_step_along_the_gradient_of_the_whole_objective(loss):
    weights, y = with_biases(2, 4, 0.1), Y if loss == "cross_entropy" else TARGETS
    factors = [None if f is None else f[1] for f in (some_factors(k, (2, 60, SIZES[k])) for k in range(3))]
    kernels, biases = one(weights, 1)

    def objective():
        given = relu_network(kernels, biases, factors)
        by_loss = (
            sparse_categorical_crossentropy(Y, given, from_logits=True)
            if y is Y
            else mse(TARGETS.astype(np.float64), given)
        )
        return by_loss + sum(l1(k, 0.03) + l2(k, 0.05) for k in kernels[1:])

    settings = {"l1": [0.0, 0.03], "l2": [0.0, 0.05], "masks": some_factors, "frozen": 1, "loss": loss}
    mine = one_step(weights, 1, y, **settings)
    expected = by_differences(objective, [*kernels[1:], *biases[1:]])
    assert not mine[0].any() and not mine[3].any()
    for a, b in zip([*mine[1:3], *mine[4:]], expected, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
