"""Thinned networks: means over all masks, taken one by one, are what the formulas say."""

import doctest
from itertools import product

import numpy as np
import pytest

from course_lib import thinned
from course_lib.activations import softmax
from course_lib.dropout import dropout
from course_lib.penalties import l2
from course_lib.thinned import every_mask, geometric_mean, linear_penalty

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(0)


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(thinned)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 1.0])
def test_every_mask_is_there_once_and_as_likely_as_its_units(rate):
    kept, weights = every_mask(5, rate)
    expected = list(product([0.0, 1.0], repeat=5))
    assert kept.tolist() == [list(mask) for mask in expected]
    assert weights == pytest.approx([rate ** mask.count(0.0) * (1 - rate) ** mask.count(1.0) for mask in expected])
    assert weights.sum() == pytest.approx(1, rel=1e-14)


def test_the_masks_of_dropout_are_as_likely_as_every_mask_says():
    kept, weights = every_mask(3, 0.3)
    drawn = dropout(np.ones((100_000, 3)), 0.3, np.random.default_rng(1)) > 0
    seen = np.bincount(drawn @ [4, 2, 1], minlength=8) / len(drawn)
    np.testing.assert_allclose(seen, weights, atol=5 * np.sqrt(0.25 / len(drawn)))
    assert (kept @ [4, 2, 1]).tolist() == list(range(8))


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.5])
def test_one_pass_with_all_units_is_the_geometric_mean_of_all_thinned_networks(rate):
    h, kernel, bias = RNG.normal(size=(6, 7)), RNG.normal(size=(7, 4)), RNG.normal(size=4)
    kept, weights = every_mask(7, rate)
    each = softmax((kept[:, None] * h / (1 - rate)) @ kernel + bias)
    np.testing.assert_allclose(geometric_mean(each, weights), softmax(h @ kernel + bias), rtol=1e-12)


def test_the_geometric_mean_is_its_formula():
    p, weights = RNG.dirichlet(np.ones(4), size=(3, 5)), np.array([0.5, 2.0, 1.0])
    product_of_powers = np.prod(p ** (weights / weights.sum())[:, None, None], axis=0)
    expected = product_of_powers / product_of_powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(geometric_mean(p, weights), expected, rtol=1e-12)
    np.testing.assert_allclose(geometric_mean(p, 1e300 * weights / 8), expected, rtol=1e-12)


def test_of_equal_predictions_the_mean_is_the_prediction():
    p = RNG.dirichlet(np.ones(4), size=5)
    np.testing.assert_allclose(geometric_mean(np.stack([p, p]), [0.3, 0.7]), p, rtol=1e-12)


def test_a_network_that_gives_0_forbids_a_class_unless_its_weight_is_0():
    p = [[0.0, 1.0], [0.5, 0.5]]
    assert geometric_mean(p, [1.0, 1.0]).tolist() == [0, 1]
    assert geometric_mean(p, [0.0, 1.0]).tolist() == [0.5, 0.5]
    assert np.isnan(geometric_mean([[0.0, 1.0], [1.0, 0.0]], [1.0, 1.0])).all()


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.7])
def test_the_mean_squared_error_over_all_masks_is_that_without_dropout_and_the_penalty(rate):
    x, w, y = RNG.normal(size=(20, 5)), RNG.normal(size=5), RNG.normal(size=20)
    kept, weights = every_mask(5, rate)
    each = [np.mean((y - x @ (mask * w) / (1 - rate)) ** 2) for mask in kept]
    assert weights @ each == pytest.approx(np.mean((y - x @ w) ** 2) + linear_penalty(x, w, rate), rel=1e-12)


def test_on_inputs_of_mean_square_1_it_is_an_l2_penalty_and_units_of_measurement_do_not_matter():
    x, w = RNG.normal(size=(20, 5)), RNG.normal(size=5)
    x /= np.sqrt(np.mean(x**2, axis=0))
    assert linear_penalty(x, w, 0.2) == pytest.approx(l2(w, 0.25), rel=1e-12)
    assert linear_penalty(x * [10, 1, 1, 1, 1], w / [10, 1, 1, 1, 1], 0.2) == pytest.approx(l2(w, 0.25), rel=1e-12)


def test_numbers_of_float32_give_what_they_give_in_float64():
    x, w = RNG.normal(size=(20, 5)).astype(np.float32), RNG.normal(size=5).astype(np.float32)
    assert linear_penalty(x, w, 0.3) == linear_penalty(x.astype(np.float64), w.astype(np.float64), 0.3)
