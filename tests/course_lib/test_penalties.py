"""Penalties against their formulas, gradients by central differences, laws of what changes weights, and refusals."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import penalties
from course_lib.penalties import (
    elastic_net,
    elastic_net_gradient,
    elastic_net_proximal,
    l1,
    l1_gradient,
    l2,
    l2_gradient,
    max_norm,
    weight_decay,
)

pytestmark = pytest.mark.filterwarnings("error")

W = np.array([[1.0, -2.0], [3.0, 0.0]])
some_weights = arrays.arrays(np.float64, (3, 2), elements=st.floats(-100, 100))
any_weights = arrays.arrays(np.float64, (3, 2), elements=st.floats(allow_nan=False, allow_infinity=False))
strengths = st.floats(0, 10)

WITH_GRADIENT = {
    "l1": (l1, l1_gradient, {}),
    "l2": (l2, l2_gradient, {}),
    "l2, half": (l2, l2_gradient, {"half": True}),
    "elastic net": (elastic_net, elastic_net_gradient, {"ratio": 0.3}),
    "elastic net, half": (elastic_net, elastic_net_gradient, {"ratio": 0.3, "half": True}),
}
CHANGES = {
    "l1_gradient": lambda w: l1_gradient(w, 0.5),
    "l2_gradient": lambda w: l2_gradient(w, 0.5),
    "elastic_net_gradient": lambda w: elastic_net_gradient(w, 0.5, 0.5),
    "elastic_net_proximal": lambda w: elastic_net_proximal(w, 0.5, 0.5),
    "max_norm": lambda w: max_norm(w, 1.0),
    "max_norm that need not": lambda w: max_norm(w, 1e5, epsilon=0.0),
    "weight_decay": lambda w: weight_decay(w, 0.5, 0.5),
    "weight_decay by nothing": lambda w: weight_decay(w, 0.0, 0.5),
}
EVERY = {
    "l1": lambda w: l1(w, 0.5),
    "l2": lambda w: l2(w, 0.5),
    "elastic_net": lambda w: elastic_net(w, 0.5, 0.5),
    **CHANGES,
}


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(penalties)
    assert result.attempted > 0
    assert result.failed == 0


def test_penalties_are_those_published_for_four_weights():
    assert l2(W, 0.01) == pytest.approx(0.14, rel=1e-14)
    assert l1(W, 0.01) == pytest.approx(0.06, rel=1e-14)
    assert elastic_net(W, 0.01, 1.0) == pytest.approx(0.06, rel=1e-14)
    assert elastic_net(W, 0.02, 0.5) == pytest.approx(0.20, rel=1e-14)
    assert l2(2.0, 0.1) == pytest.approx(0.4, rel=1e-14)


@given(w=some_weights, strength=strengths, ratio=st.floats(0, 1))
@settings(deadline=None)
def test_elastic_net_is_the_mixture_and_its_ends_are_l1_and_l2(w, strength, ratio):
    mixture = ratio * l1(w, strength) + (1 - ratio) * l2(w, strength)
    assert elastic_net(w, strength, ratio) == pytest.approx(mixture, rel=1e-12, abs=1e-300)
    assert elastic_net(w, strength, 1.0) == l1(w, strength)
    assert elastic_net(w, strength, 0.0) == l2(w, strength)
    assert l1(w, strength) == pytest.approx(strength * np.abs(w).sum(), rel=1e-12, abs=1e-300)
    assert l2(w, strength) == pytest.approx(strength * (w * w).sum(), rel=1e-12, abs=1e-300)


@given(w=some_weights, strength=strengths)
@settings(deadline=None)
def test_half_halves_the_squares_and_nothing_else(w, strength):
    assert l2(w, strength, half=True) == pytest.approx(l2(w, strength) / 2, rel=1e-12, abs=1e-300)
    half = elastic_net(w, strength, 0.25, half=True)
    assert half == pytest.approx(0.25 * l1(w, strength) + 0.375 * l2(w, strength), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("case", WITH_GRADIENT)
@given(w=some_weights, strength=strengths)
@settings(deadline=None, max_examples=30)
def test_the_gradient_is_the_derivative_of_the_penalty(case, w, strength):
    penalty, gradient, arguments = WITH_GRADIENT[case]
    w, h = np.where(np.abs(w) < 0.01, 0.5, w), 1e-4  # away from the kink at 0

    def value(moved):
        return penalty(moved.reshape(w.shape), strength, **arguments)

    by_differences = [(value(w.ravel() + d) - value(w.ravel() - d)) / (2 * h) for d in h * np.eye(w.size)]
    expected = np.reshape(by_differences, w.shape)
    np.testing.assert_allclose(gradient(w, strength, **arguments), expected, rtol=1e-6, atol=1e-6)


def test_at_zero_the_gradient_of_l1_is_zero():
    np.testing.assert_array_equal(l1_gradient(np.array([0.0, -0.0]), 1.0), [0, 0])


def test_only_l1_pushes_small_weights_as_hard_as_large_ones():
    small, large = np.array([1e-6]), np.array([1e3])
    assert l1_gradient(small, 0.5) == l1_gradient(large, 0.5) == 0.5
    assert l2_gradient(small, 0.5) == 1e-6
    assert l2_gradient(large, 0.5) == 1e3


# --- the minimum of a bowl and a penalty -----------------------------------------------------------------------------


@pytest.mark.parametrize("half", [False, True])
@given(w=some_weights, strength=strengths, ratio=st.floats(0, 1))
@settings(deadline=None)
def test_proximal_weights_are_lower_than_all_others_nearby(half, w, strength, ratio):
    def height(u):
        squares = (0.5 if half else 1) * (1 - ratio) * u**2
        return 0.5 * (u - w) ** 2 + strength * (ratio * np.abs(u) + squares)

    u = elastic_net_proximal(w, strength, ratio, half=half)
    for away in (1e-4, -1e-4, 0.1, -0.1, 30.0, -30.0):
        assert (height(u) <= height(u + away) + 1e-12 * (1 + w**2)).all()


def test_proximal_weights_are_those_of_scikit_learn():
    from sklearn.linear_model import ElasticNet

    z, n = np.array([3.0, -0.5, 0.2, -2.0]), 4
    for strength, ratio in ((0.3, 1.0), (0.3, 0.5), (1.0, 0.2)):
        net = ElasticNet(alpha=strength, l1_ratio=ratio, fit_intercept=False, tol=1e-12)
        fit = net.fit(n**0.5 * np.eye(n), n**0.5 * z)  # then the mean of squares over n is that of z - w
        np.testing.assert_allclose(elastic_net_proximal(z, strength, ratio, half=True), fit.coef_, atol=1e-9)


def test_l1_takes_the_same_from_all_weights_and_l2_the_same_share():
    np.testing.assert_allclose(elastic_net_proximal([3.0, -1.5, 0.9, -1.0], 1.0, 1.0), [2.0, -0.5, 0, 0])
    np.testing.assert_allclose(elastic_net_proximal([3.0, -1.5, 0.9], 1.0, 0.0), [1.0, -0.5, 0.3])
    np.testing.assert_allclose(elastic_net_proximal([3.0, -1.5, 0.9], 2.0, 0.0, half=True), [1.0, -0.5, 0.3])
    np.testing.assert_allclose(elastic_net_proximal([3.0, -1.5, 0.9], 2.0, 0.5), [2 / 3, -0.5 / 3, 0])


# --- max_norm --------------------------------------------------------------------------------------------------------


@given(w=some_weights, limit=st.floats(0.01, 100))
@settings(deadline=None)
def test_max_norm_shortens_long_columns_and_leaves_the_others(w, limit):
    w = np.where(np.abs(w) < 1e-6, 0.0, w)
    result, norms = max_norm(w, limit, epsilon=0.0), np.linalg.norm(w, axis=0)
    assert np.all(np.linalg.norm(result, axis=0) <= limit * (1 + 1e-12))
    within = norms < limit * (1 - 1e-12)
    np.testing.assert_array_equal(result[:, within], w[:, within])
    np.testing.assert_allclose(result * norms, w * np.minimum(norms, limit), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(max_norm(result, limit, epsilon=0.0), result, rtol=1e-12)


@given(w=some_weights, limit=st.floats(0, 100), epsilon=st.floats(1e-9, 1))
@settings(deadline=None)
def test_max_norm_is_its_formula_with_epsilon_under_every_norm(w, limit, epsilon):
    norms = np.linalg.norm(w, axis=0)
    expected = w * (np.minimum(norms, limit) / (norms + epsilon))
    np.testing.assert_allclose(max_norm(w, limit, epsilon=epsilon), expected, rtol=1e-9, atol=1e-15)


def test_max_norm_takes_the_norm_over_the_axes_that_it_is_told():
    w = np.random.default_rng(0).normal(size=(3, 3, 2, 5))
    result = max_norm(w, 0.5, axis=(0, 1, 2), epsilon=0.0)
    np.testing.assert_allclose(np.sqrt((result**2).sum((0, 1, 2))), 0.5)
    np.testing.assert_allclose(np.linalg.norm(max_norm(w[0, 0], 0.1, axis=1, epsilon=0.0), axis=1), 0.1)


def test_max_norm_of_the_largest_numbers_is_right_though_their_norm_overflows():
    np.testing.assert_allclose(max_norm([[1e308], [-1e308]], 1.0), [[0.5**0.5], [-(0.5**0.5)]], rtol=1e-14)


# --- weight decay ----------------------------------------------------------------------------------------------------


def test_weight_decay_is_multiplied_by_the_learning_rate():
    np.testing.assert_allclose(weight_decay([1.0], 0.5, 0.1), [0.95], rtol=1e-15)
    np.testing.assert_array_equal(weight_decay([1.0], 2.0, 0.5), [0.0])  # as much as there is, and no more


@given(w=some_weights, decay=st.floats(0, 1), learning_rate=st.floats(0, 1))
@settings(deadline=None)
def test_for_gradient_descent_weight_decay_is_an_l2_penalty_of_half_its_strength(w, decay, learning_rate):
    descended = w - learning_rate * l2_gradient(w, decay / 2)
    np.testing.assert_allclose(weight_decay(w, decay, learning_rate), descended, rtol=1e-12, atol=1e-12)
    halved = w - learning_rate * l2_gradient(w, decay, half=True)
    np.testing.assert_allclose(weight_decay(w, decay, learning_rate), halved, rtol=1e-12, atol=1e-12)


def test_for_adam_weight_decay_is_no_l2_penalty():
    from course_lib.optimizers import rule

    adam, w = rule("adam"), np.array([1.0])
    for strength in (0.25, 0.025):  # whatever the strength, the first step is the learning rate
        step, _ = adam.update(l2_gradient(w, strength), adam.init(w), 1, 0.1)
        assert float(w[0] - step[0]) == pytest.approx(0.9, abs=1e-5)
    assert float(weight_decay(w, 0.5, 0.1)[0]) == pytest.approx(0.95)


# --- every one of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@given(w=any_weights)
@settings(deadline=None, max_examples=30)
def test_no_finite_weights_make_a_warning_or_a_nan(name, w):
    for dtype in (np.float16, np.float32, np.float64):
        with np.errstate(over="ignore"):
            given = w.astype(dtype)
        given[~np.isfinite(given)] = np.finfo(dtype).max
        result = EVERY[name](given)
        assert result.dtype == dtype
        assert not np.isnan(result).any()


@pytest.mark.parametrize("strength", [0.0, 1e-300, 1e308])
def test_strengths_at_their_ends_make_no_nan(strength):
    w = np.array([1e308, -1e200, 5e-324, 0.0])
    for penalty, gradient, arguments in WITH_GRADIENT.values():
        assert not np.isnan(penalty(w, strength, **arguments))
        assert not np.isnan(gradient(w, strength, **arguments)).any()
    assert l1(np.full(4, 1e308), 0.0) == 0
    assert l2(np.array([1e200]), 1e-300) == pytest.approx(1e100)


@pytest.mark.parametrize("name", EVERY)
def test_no_weights_and_weights_of_zero_cost_nothing_and_stay(name):
    for w in (np.zeros((0, 3)), np.zeros((2, 3))):
        np.testing.assert_array_equal(EVERY[name](w), w if name in CHANGES else 0.0)


@pytest.mark.parametrize("name", EVERY)
def test_weights_are_neither_changed_nor_handed_back(name):
    w = W.copy()
    w.flags.writeable = False
    assert not np.shares_memory(EVERY[name](w), w)
    np.testing.assert_array_equal(w, W)


@pytest.mark.parametrize("name", CHANGES)
def test_shapes_are_kept(name):
    for shape in ((4,), (2, 3), (2, 3, 4)):
        assert CHANGES[name](np.ones(shape)).shape == shape


REFUSED = {
    "l1, strength": (lambda: l1(W, -0.1), ValueError, "strength: got -0.1; takes a number in [0, inf)"),
    "l1_gradient, strength": (lambda: l1_gradient(W, np.inf), ValueError, "strength: got inf; takes a number"),
    "l1, w": (lambda: l1([1, 2], 0.1), TypeError, "w: got an array of int64; takes float16, float32 or float64"),
    "l2, strength": (lambda: l2(W, "0.1"), TypeError, "strength: got '0.1'; takes a number in [0, inf)"),
    "l2, half": (lambda: l2(W, 0.1, half=0.5), TypeError, "half: got 0.5; takes True or False"),
    "l2_gradient, w": (lambda: l2_gradient(None, 0.1), TypeError, "w: got an array of object"),
    "elastic_net, ratio": (lambda: elastic_net(W, 0.1, 1.1), ValueError, "ratio: got 1.1; takes a number in [0, 1]"),
    "elastic_net_gradient, ratio": (lambda: elastic_net_gradient(W, 0.1, -1), ValueError, "ratio: got -1; takes"),
    "elastic_net_proximal, half": (lambda: elastic_net_proximal(W, 0.1, 0.5, half=1), TypeError, "half: got 1; takes"),
    "max_norm, limit": (lambda: max_norm(W, -1.0), ValueError, "limit: got -1.0; takes a number in [0, inf)"),
    "max_norm, epsilon": (lambda: max_norm(W, 1.0, epsilon=-1.0), ValueError, "epsilon: got -1.0; takes a number"),
    "max_norm, axis": (lambda: max_norm(W, 1.0, axis=2), ValueError, "axis, w: got 2 and the shape (2, 2); takes axes"),
    "max_norm, a number": (lambda: max_norm(1.0, 1.0), ValueError, "w: got a single number; takes an array"),
    "max_norm, axis is no number": (lambda: max_norm(W, 1.0, axis="in"), TypeError, "axis: got 'in'; takes a whole"),
    "weight_decay, decay": (lambda: weight_decay(W, -0.1, 0.1), ValueError, "decay: got -0.1; takes a number"),
    "weight_decay, learning_rate": (lambda: weight_decay(W, 0.1, -1), ValueError, "learning_rate: got -1; takes"),
    "weight_decay, product": (
        lambda: weight_decay(W, 3.0, 0.5),
        ValueError,
        "learning_rate, decay: got 0.5 and 3.0; their product takes at most 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
