"""Signals: summaries to the digit, by layer, and what is known of vanishing and exploding ones."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.integrate import quad

from course_lib.activations import ACTIVATIONS
from course_lib.backprop import backward, forward
from course_lib.initializers import glorot_uniform, he_normal
from course_lib.signals import Summary, mean_square, network_signals, summary

pytestmark = pytest.mark.filterwarnings("error")

X = np.random.default_rng(0).normal(size=(64, 100))


def signals(activation, initial, depth=10, seed=1):
    """Of a deep network with random weights, for a random gradient of its output."""
    rng = np.random.default_rng(seed)
    weights, biases = [initial((100, 100), rng) for _ in range(depth)], [np.zeros(100)] * depth
    output, cache = forward(X, weights, biases, activation)
    upstream = rng.normal(size=output.shape)
    return network_signals(cache, weights, biases, upstream), backward(cache, weights, biases, upstream)[0], output


# --- the summary of one array ----------------------------------------------------------------------------------------


@given(x=arrays.arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6)))
@settings(deadline=None)
def test_the_summary_is_its_four_formulas(x):
    seen = summary(x)
    np.testing.assert_allclose(seen, [x.mean(), x.std(), np.abs(x).max(), (x == 0).mean()], rtol=1e-12, atol=1e-9)
    assert all(type(number) is float for number in seen)


@given(x=arrays.arrays(np.float64, (3, 2), elements=st.floats(allow_nan=False, allow_infinity=False)))
@settings(deadline=None)
def test_no_finite_array_has_a_summary_that_is_not_finite(x):
    seen = summary(x)
    assert np.isfinite(seen).all() and seen.std <= seen.largest * (1 + 1e-12)


def test_neither_the_largest_nor_the_smallest_numbers_are_lost():
    assert summary([1e308, -1e308]).std == pytest.approx(1e308)
    assert summary([1e-300, -1e-300]).std == pytest.approx(1e-300)
    assert summary(np.full(1000, 6e4, np.float16)).mean == pytest.approx(6e4, rel=1e-3)


def test_minus_zero_is_a_zero_and_an_empty_array_has_nothing():
    assert summary([-0.0, 0.0, 1.0, 5e-324]).zeros == 0.5
    assert summary(np.zeros((0, 3))) == Summary(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows(value):
    seen = summary([0.0, value])
    assert np.isnan([seen.mean, seen.std]).all() and not np.isfinite(seen.largest) and seen.zeros == 0.5


def test_integers_have_no_summary():
    with pytest.raises(TypeError, match=re.escape("x: got an array of int64; takes float16")):
        summary([1, 2])


# --- the signals of a network ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "softmax"])
def test_every_layer_has_the_summaries_of_its_activation_and_gradient(activation):
    seen, gradients, output = signals(activation, glorot_uniform, depth=3)
    assert list(seen.activations) == list(seen.gradients) == ["1", "2", "3"]
    assert [seen.gradients[str(k + 1)] for k in range(3)] == [summary(g) for g in gradients]
    assert seen.activations["3"] == summary(output)


def test_the_activation_of_a_layer_is_what_the_next_one_takes():
    rng = np.random.default_rng(1)
    weights, biases = [he_normal((100, 100), rng) for _ in range(3)], [np.zeros(100)] * 3
    _, cache = forward(X, weights, biases, "relu", "linear")
    seen = network_signals(cache, weights, biases, X)
    assert [seen.activations[name] for name in "12"] == [summary(a) for a in cache.inputs[1:]]
    assert seen.activations["1"].zeros == pytest.approx(0.5, abs=0.05) and seen.activations["3"].zeros == 0.0


def test_with_logistic_units_the_gradient_shrinks_to_about_a_quarter_in_each_layer():
    stds = [s.std for s in signals("sigmoid", glorot_uniform)[0].gradients.values()]
    factor = (stds[0] / stds[-1]) ** (1 / 9)
    assert 0.2 < factor < 0.29


def test_with_relu_and_he_both_signals_keep_their_size():
    seen, _, _ = signals("relu", he_normal)
    for by_layer in seen:
        stds = [s.std for s in by_layer.values()]
        assert 0.4 < stds[0] / stds[-1] < 2.5


def test_tanh_with_weights_of_deviation_1_explodes_backward():
    stds = [s.std for s in signals("tanh", lambda shape, rng: rng.normal(size=shape))[0].gradients.values()]
    assert stds[0] / stds[-1] > 100


def test_arguments_stay_as_they_are_and_a_cache_is_asked_for():
    weights, biases = [np.eye(100)], [np.zeros(100)]
    _, cache = forward(X, weights, biases, "relu")
    for array in (*weights, *biases, *cache.inputs, *cache.sums):
        array.flags.writeable = False
    assert network_signals(cache, weights, biases, np.ones((64, 100))).gradients["1"].std > 0
    with pytest.raises(TypeError, match=r"^cache: got a NoneType; takes"):
        network_signals(None, weights, biases, X)


# --- what theory says of wide layers ---------------------------------------------------------------------------------

SMOOTH = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "linear"]


@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("incoming", [1e-6, 0.3, 1.0, 25.0])
@pytest.mark.parametrize("activation", SMOOTH)
def test_the_mean_square_is_the_integral_that_scipy_finds(activation, incoming, slope):
    f = ACTIVATIONS[activation][slope]

    def density(z):
        return float(f(np.float64(np.sqrt(incoming) * z))) ** 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    halves = [quad(density, *ends, epsabs=0, epsrel=1e-12, limit=500)[0] for ends in ((-12, 0), (0, 12))]
    assert mean_square(activation, incoming, slope) == pytest.approx(sum(halves), rel=1e-9)


@pytest.mark.parametrize("incoming", [0.0, 1e-300, 0.5, 2.0, 1e300])
def test_relu_halves_a_mean_square_and_its_slope_is_1_for_half_of_the_units(incoming):
    assert mean_square("relu", incoming) == pytest.approx(incoming / 2, rel=1e-12)
    if incoming:
        assert mean_square("relu", incoming, slope=True) == pytest.approx(0.5, rel=1e-12)


def test_selu_keeps_a_mean_square_of_1():
    assert mean_square("selu", 1.0) == pytest.approx(1.0, rel=1e-9)


def test_tanh_of_many_layers_falls_like_half_of_one_over_the_layer():
    m = 1.0
    for _ in range(1000):
        m = mean_square("tanh", m)
    assert m == pytest.approx(1 / 2000, rel=0.01)


def test_the_mean_squares_of_a_wide_network_follow_the_integrals():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((8, 2000))
    m = 1.0
    for _ in range(3):
        a = ACTIVATIONS["gelu"][0](a @ rng.normal(0, np.sqrt(2 / 2000), (2000, 2000)))
        m = mean_square("gelu", 2 * m)
        assert (a**2).mean() == pytest.approx(m, rel=0.05)
