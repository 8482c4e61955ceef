"""Trainings side by side: each is what it is alone, and its gradients are those of `backprop` and `losses`."""

import doctest

import numpy as np
import pytest

from course_lib.backprop import backward, forward
from course_lib.losses import sparse_categorical_crossentropy, sparse_categorical_crossentropy_gradient
from course_lib.optimizers import RULES
from course_lib.penalties import elastic_net_proximal, l1_gradient, l2_gradient
from course_lib.side_by_side import (
    accuracy,
    cross_entropy,
    first_weights,
    networks,
    orders,
    outputs,
    repeated,
    select,
    train,
    training,
)

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3, 2)).astype(np.float32)
Y = RNG.integers(0, 4, 60)
SIZES = [6, 5, 5, 4]


@pytest.mark.parametrize("module", [networks, training], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_right(module):
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


def one(weights, run):
    """The weights of one run as `backprop` has them, in float64."""
    return ([k[run].astype(np.float64) for k, _ in weights], [b[run, 0].astype(np.float64) for _, b in weights])


def by_backprop(kernels, biases, order, rates, name, l1=0.0, l2=0.0, proximal=False, frozen=0):
    """The same training with `backprop`, `losses`, `penalties` and a rule, in float64."""
    rule, arrays, layers = RULES[name](), [*kernels, *biases], len(kernels)
    states, losses = [rule.init(a) for a in arrays], []
    for t, (batch, rate) in enumerate(zip(order, rates, strict=True)):
        kernels, biases = arrays[:layers], arrays[layers:]
        scores, cache = forward(X.reshape(60, 6)[batch].astype(np.float64), kernels, biases, "relu", "linear")
        losses.append(sparse_categorical_crossentropy(Y[batch], scores, from_logits=True))
        upstream = sparse_categorical_crossentropy_gradient(Y[batch], scores, from_logits=True)
        gradients = [g for group in backward(cache, kernels, biases, upstream) for g in group]
        for i, g in enumerate(gradients):
            if i % layers < frozen:
                continue
            if i < layers:
                g = g + l2_gradient(arrays[i], l2) + (0 if proximal else l1_gradient(arrays[i], l1))
            step, states[i] = rule.update(g, states[i], t + 1, rate)
            arrays[i] = arrays[i] - step
            if i < layers and proximal:
                arrays[i] = elastic_net_proximal(arrays[i], rate * l1, 1.0)
    return arrays, losses


def assert_same_training(trained, weights, order, rates, name="sgd", **settings):
    """Each run against `by_backprop`; of settings that are arrays, each run has one entry."""
    for run in range(len(order)):
        own = {key: value[run] if np.ndim(value) else value for key, value in settings.items()}
        arrays, losses = by_backprop(*one(weights, run), order[run], rates[:, run], name, **own)
        found = [a for group in one(trained.weights, run) for a in group]
        for mine, theirs in zip(found, arrays, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=2e-5)
        np.testing.assert_allclose(trained.batch_losses[:, run], losses, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_each_run_is_the_training_that_backprop_and_the_rule_make(name):
    weights, order = first_weights(SIZES, 3, seed=1), orders(60, 3, 20, 8, seed=2)
    rates = np.abs(np.random.default_rng(3).normal(size=(20, 3))) * (0.1 if name == "sgd" else 0.01)
    assert_same_training(train(weights, X, Y, order, rates, name), weights, order, rates, name)


def plain_training(weights, x, y, order, rates, name):
    """`train` before it knew penalties, masks, frozen layers and other losses: what it does by default."""
    rule, arrays = RULES[name](), [array for layer in weights for array in layer]
    states, losses = [rule.init(array) for array in arrays], []
    for t in range(order.shape[1]):
        at = y[order[:, t]][..., None]
        given = [x[order[:, t]]]
        for k in range(0, len(arrays), 2):
            sums = given[-1] @ arrays[k] + arrays[k + 1]
            given.append(np.maximum(sums, 0) if k + 2 < len(arrays) else sums)
        scores = given.pop()
        scores = scores - scores.max(-1, keepdims=True)
        p = np.exp(scores)
        total = p.sum(-1, keepdims=True)
        losses.append((np.log(total) - np.take_along_axis(scores, at, -1)).mean((1, 2)))
        delta = p / total
        np.put_along_axis(delta, at, np.take_along_axis(delta, at, -1) - 1, -1)
        delta /= at.shape[1]
        gradients = []
        for k in reversed(range(len(given))):
            gradients[:0] = [given[k].swapaxes(1, 2) @ delta, delta.sum(1, keepdims=True)]
            delta = (delta @ arrays[2 * k].swapaxes(1, 2)) * (given[k] > 0)
        for i, g in enumerate(gradients):
            step, states[i] = rule.update(g, states[i], t + 1, 1.0, arrays[i])
            arrays[i] = arrays[i] - rates[t].astype(np.float32)[:, None, None] * step
    return arrays, np.array(losses)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_by_default_a_training_is_the_plain_one_bit_by_bit(name):
    weights, order = first_weights(SIZES, 3, 4), orders(60, 3, 30, 8, 5)
    rates = np.abs(np.random.default_rng(6).normal(size=(30, 3))) * (0.1 if name == "sgd" else 0.01)
    trained = train(weights, X, Y, order, rates, name)
    arrays, losses = plain_training(weights, X.reshape(60, 6), Y, order, rates, name)
    for mine, theirs in zip((a for layer in trained.weights for a in layer), arrays, strict=True):
        assert mine.dtype == theirs.dtype == np.float32 and mine.tobytes() == theirs.tobytes()
    assert trained.batch_losses.tobytes() == losses.tobytes()


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


def test_outputs_are_those_of_backprop_and_cross_entropy_and_accuracy_follow_from_them():
    weights = first_weights(SIZES, 2, 5)
    scores = outputs(weights, X)
    assert scores.shape == (2, 60, 4) and scores.dtype == np.float32
    for run in range(2):
        expected, _ = forward(X.reshape(60, 6).astype(np.float64), *one(weights, run), "relu", "linear")
        np.testing.assert_allclose(scores[run], expected, rtol=1e-5, atol=1e-6)
        loss = sparse_categorical_crossentropy(Y, expected, from_logits=True)
        np.testing.assert_allclose(cross_entropy(weights, X, Y)[run], loss, rtol=1e-5)
        assert accuracy(weights, X, Y)[run] == np.mean(expected.argmax(axis=1) == Y)


def test_of_a_stack_the_networks_that_are_asked_for_are_taken_in_order():
    weights = [(kernels, RNG.normal(size=biases.shape)) for kernels, biases in first_weights(SIZES, 4, 0)]
    np.testing.assert_array_equal(outputs(select(weights, [2, 0]), X), outputs(weights, X)[[2, 0]])
    np.testing.assert_array_equal(outputs(select(weights, range(1, 3)), X), outputs(weights, X)[1:3])


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
