"""Trainings side by side: each is what it is alone, and its gradients are those of `backprop` and `losses`."""

import doctest

import numpy as np
import pytest

from course_lib import side_by_side
from course_lib.backprop import backward, forward
from course_lib.losses import sparse_categorical_crossentropy, sparse_categorical_crossentropy_gradient
from course_lib.optimizers import RULES
from course_lib.side_by_side import accuracy, cross_entropy, first_weights, orders, repeated, train

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3, 2)).astype(np.float32)
Y = RNG.integers(0, 4, 60)
SIZES = [6, 5, 5, 4]


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(side_by_side)
    assert result.attempted > 0 and result.failed == 0


def one(weights, run):
    """The weights of one run as `backprop` has them, in float64."""
    return ([k[run].astype(np.float64) for k, _ in weights], [b[run, 0].astype(np.float64) for _, b in weights])


def by_backprop(kernels, biases, order, rates, name):
    """The same training with `backprop`, `losses` and a rule, in float64."""
    rule, arrays = RULES[name](), [*kernels, *biases]
    states, losses = [rule.init(a) for a in arrays], []
    for t, (batch, rate) in enumerate(zip(order, rates, strict=True)):
        kernels, biases = arrays[: len(kernels)], arrays[len(kernels) :]
        scores, cache = forward(X.reshape(60, 6)[batch].astype(np.float64), kernels, biases, "relu", "linear")
        losses.append(sparse_categorical_crossentropy(Y[batch], scores, from_logits=True))
        upstream = sparse_categorical_crossentropy_gradient(Y[batch], scores, from_logits=True)
        gradients = [g for group in backward(cache, kernels, biases, upstream) for g in group]
        for i, g in enumerate(gradients):
            step, states[i] = rule.update(g, states[i], t + 1, rate)
            arrays[i] = arrays[i] - step
    return arrays, losses


@pytest.mark.parametrize("frozen", [1, 2])
def test_above_frozen_layers_the_others_learn_as_they_do_on_what_those_give(frozen):
    weights, order = first_weights(SIZES, 1, seed=1), orders(60, 1, 15, 8, seed=2)
    whole = train(weights, X, Y, order, np.full(15, 0.1), frozen=frozen)
    given = X.reshape(60, 6)
    for kernels, biases in weights[:frozen]:
        given = np.maximum(given @ kernels[0] + biases[0], 0)
    above = train(weights[frozen:], given, Y, order, np.full(15, 0.1))
    for mine, start in zip(whole.weights[:frozen], weights[:frozen], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, start, strict=True))
    for mine, theirs in zip(whole.weights[frozen:], above.weights, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(whole.batch_losses, above.batch_losses, rtol=1e-5)


def test_with_all_layers_frozen_nothing_learns():
    weights, order = first_weights(SIZES, 2, seed=1), orders(60, 2, 5, 8, seed=2)
    trained = train(weights, X, Y, order, np.full(5, 0.1), frozen=3)
    for mine, start in zip(trained.weights, weights, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, start, strict=True))


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_each_run_is_the_training_that_backprop_and_the_rule_make(name):
    weights, order = first_weights(SIZES, 3, seed=1), orders(60, 3, 20, 8, seed=2)
    rates = np.abs(np.random.default_rng(3).normal(size=(20, 3))) * (0.1 if name == "sgd" else 0.01)
    trained = train(weights, X, Y, order, rates, name)
    for run in range(3):
        arrays, losses = by_backprop(*one(weights, run), order[run], rates[:, run], name)
        found = [a for group in one(trained.weights, run) for a in group]
        for mine, theirs in zip(found, arrays, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=2e-5)
        np.testing.assert_allclose(trained.batch_losses[:, run], losses, rtol=2e-5, atol=1e-6)


def test_a_run_does_not_depend_on_the_runs_beside_it():
    weights, order, rates = first_weights(SIZES, 3, 0), orders(60, 3, 15, 8, 0), np.full(15, 0.1)
    together = train(weights, X, Y, order, rates).weights
    alone = train(first_weights(SIZES, 1, 0), X, Y, order[:1], rates).weights
    for (kernels, biases), (kernels_alone, biases_alone) in zip(together, alone, strict=True):
        np.testing.assert_allclose(kernels[:1], kernels_alone, atol=1e-6)
        np.testing.assert_allclose(biases[:1], biases_alone, atol=1e-6)


def test_a_run_that_diverges_disturbs_no_other():
    weights, order = first_weights(SIZES, 2, 0), orders(60, 2, 40, 8, 0)
    rates = np.stack([np.full(40, 1e6), np.full(40, 0.1)], axis=1)
    trained = train(weights, X, Y, order, rates)
    assert np.isfinite(cross_entropy(trained.weights, X, Y)[1])
    assert not np.isfinite(trained.batch_losses[:, 0]).all()


def test_what_is_given_is_not_changed():
    weights = first_weights(SIZES, 2, 0)
    before = [(k.copy(), b.copy()) for k, b in weights]
    train(weights, X, Y, orders(60, 2, 5, 8, 0), np.full(5, 0.1))
    for (k, b), (k0, b0) in zip(weights, before, strict=True):
        np.testing.assert_array_equal(k, k0), np.testing.assert_array_equal(b, b0)


def test_one_rate_for_all_runs_is_the_same_rate_for_each():
    weights, order = first_weights(SIZES, 2, 0), orders(60, 2, 5, 8, 0)
    rates = np.linspace(0.1, 0.2, 5)
    shared, each = (train(weights, X, Y, order, r).weights for r in (rates, np.stack([rates, rates], axis=1)))
    np.testing.assert_array_equal(shared[0][0], each[0][0])


def test_it_looks_before_the_first_step_and_after_every_so_many():
    weights, order = first_weights(SIZES, 2, 0), orders(60, 2, 6, 8, 0)
    trained = train(weights, X, Y, order, np.full(6, 0.1), look=lambda w: cross_entropy(w, X, Y), every=3)
    half = train(weights, X, Y, order[:, :3], np.full(3, 0.1)).weights
    expected = [cross_entropy(w, X, Y) for w in (weights, half, trained.weights)]
    np.testing.assert_allclose(trained.looks, expected, rtol=1e-6)


def test_without_a_look_there_are_none():
    assert train(first_weights(SIZES, 1, 0), X, Y, orders(60, 1, 2, 8, 0), np.ones(2)).looks.size == 0


def test_the_cross_entropy_is_that_of_losses_and_the_accuracy_the_share_of_right_answers():
    weights = first_weights(SIZES, 2, 5)
    for run in range(2):
        scores, _ = forward(X.reshape(60, 6).astype(np.float64), *one(weights, run), "relu", "linear")
        loss = sparse_categorical_crossentropy(Y, scores, from_logits=True)
        np.testing.assert_allclose(cross_entropy(weights, X, Y)[run], loss, rtol=1e-5)
        assert accuracy(weights, X, Y)[run] == np.mean(scores.argmax(axis=1) == Y)


def test_first_weights_are_he_uniform_with_zero_biases_and_differ_from_run_to_run():
    (kernels, biases), *_ = first_weights([600, 50], 2, 0)
    assert abs(np.abs(kernels).max() - np.sqrt(6 / 600)) < 1e-3 and not biases.any()
    assert not np.array_equal(kernels[0], kernels[1])
    np.testing.assert_array_equal(first_weights([600, 50], 1, 0)[0][0][0], kernels[0])
    assert not np.array_equal(first_weights([600, 50], 1, 1)[0][0][0], kernels[0])


def test_a_pass_takes_each_example_once_and_the_next_one_shuffles_anew():
    order = orders(10, 2, 10, 2, 0)
    assert order.shape == (2, 10, 2)
    for run in order:
        assert sorted(run[:5].ravel()) == sorted(run[5:].ravel()) == list(range(10))
        assert not np.array_equal(run[:5], run[5:])
    assert not np.array_equal(order[0], order[1])


def test_what_does_not_fill_a_batch_waits_for_the_next_pass():
    order = orders(7, 1, 4, 3, 0)[0]
    assert len(set(order[:2].ravel())) == len(set(order[2:].ravel())) == 6


def test_repeated_is_all_runs_and_then_all_of_them_again():
    weights = first_weights(SIZES, 3, 0)
    for (kernels, biases), (more, more_biases) in zip(weights, repeated(weights, 2), strict=True):
        np.testing.assert_array_equal(more, np.concatenate([kernels, kernels]))
        np.testing.assert_array_equal(more_biases, np.concatenate([biases, biases]))
