"""Filters in the loop: against loops that are run, and against formulas that are derived elsewhere."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.optimizers import ar1, arma, arma1, descend, no_filter, no_normalizer, parallel
from course_lib.optimizers.loop import decay, edge, noise_floor, weight_response

pytestmark = pytest.mark.filterwarnings("error")

#: A filter with its coefficients (b, a).
FILTERS = {
    "no filter": (no_filter(), [1.0], [1.0]),
    "momentum": (ar1(0.9), [1.0], [1.0, -0.9]),
    "Nesterov": (arma1(0.8), [1.8, -0.8], [1.0, -0.8]),
    "mean of five": (arma([0.2] * 5), [0.2] * 5, [1.0]),
    "Butterworth": (arma(*scipy.signal.butter(2, 0.1)), *scipy.signal.butter(2, 0.1)),
}
BOWLS = [(0.03, 1.0), (0.02, 3.0), (0.1, 0.5)]
betas = st.floats(0, 0.98)


def characteristic(b, a, k):
    """The polynomial whose zeros are the eigenvalues of the loop: (z - 1) a(z) + k b(z), in falling powers."""
    n = max(len(a), len(b))
    a, b = np.pad(a, (0, n - len(a))), np.pad(b, (0, n - len(b)))
    return np.polyadd(np.polymul([1.0, -1.0], a), k * b)


@pytest.mark.parametrize("rate, curvature", BOWLS)
@pytest.mark.parametrize("name", FILTERS)
def test_the_decay_is_the_largest_zero_of_the_characteristic_polynomial(name, rate, curvature):
    part, b, a = FILTERS[name]
    expected = np.abs(np.roots(characteristic(b, a, rate * curvature))).max()
    assert decay(part, rate, curvature) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", FILTERS)
def test_a_run_falls_as_fast_as_the_decay_says(name):
    part, *_ = FILTERS[name]
    path = np.abs(descend(parallel(part, no_normalizer()), lambda w: 2.0 * w, 1.0, 4000, 0.02))
    early, late = path[:400].max(), path[400:800].max()
    assert (late / early) ** (1 / 400) == pytest.approx(float(decay(part, 0.02, 2.0)), rel=3e-3)


@settings(deadline=None)
@given(betas, st.floats(0.01, 0.99))
def test_momentum_decays_like_the_root_of_beta_wherever_it_turns(beta, where):
    low, high = (1 - beta**0.5) ** 2, (1 + beta**0.5) ** 2
    assert decay(ar1(beta), low + where * (high - low)) == pytest.approx(beta**0.5, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(betas)
def test_the_edge_of_momentum_and_of_nesterov_is_the_known_one(beta):
    assert edge(ar1(beta)) == pytest.approx(2 * (1 + beta), rel=1e-9)
    assert edge(arma1(beta)) == pytest.approx(2 * (1 + beta) / (1 + 2 * beta), rel=1e-9)


@pytest.mark.parametrize("name", FILTERS)
def test_the_edge_is_where_the_open_loop_passes_minus_one(name):
    """By Nyquist's criterion: where the phase of F(z) / (z - 1) is half a turn, its size times k is 1."""
    part, b, a = FILTERS[name]
    f = np.linspace(1e-4, 0.5, 200_001)
    z = np.exp(2j * np.pi * f)
    n = max(len(a), len(b))
    b, a = np.pad(b, (0, n - len(b))), np.pad(a, (0, n - len(a)))
    opened = np.polyval(b, z) / np.polyval(a, z) / (z - 1)
    crossings = np.flatnonzero((opened.imag[:-1] * opened.imag[1:] <= 0) & (opened.real[:-1] < 0))
    gains = [1 / abs(opened[i].real) for i in crossings] + [1 / abs(opened[-1].real)]
    assert edge(part) == pytest.approx(min(gains), rel=1e-3)


def test_a_loop_that_never_comes_home_has_edge_0_and_one_that_never_leaves_has_none():
    assert edge(arma([-1.0])) == 0
    assert edge(arma([0.0])) == 0
    assert edge(arma([1e-9])) == np.inf


@pytest.mark.parametrize("rate, curvature", BOWLS)
@pytest.mark.parametrize("name", FILTERS)
def test_the_floor_is_the_scatter_of_many_weights(name, rate, curvature):
    part, *_ = FILTERS[name]
    rng = np.random.default_rng(3)
    end = descend(parallel(part, no_normalizer()), lambda w: curvature * w + rng.normal(size=w.shape), np.zeros(20_000),
                  1000, rate)[-1]  # fmt: skip
    assert noise_floor(part, rate, curvature) == pytest.approx(np.mean(end**2), rel=0.06)


@settings(deadline=None)
@given(betas, st.floats(1e-3, 0.99), st.floats(0.1, 10))
def test_the_floor_of_momentum_is_the_formula(beta, where, curvature):
    rate = where * 2 * (1 + beta) / curvature
    r = rate * curvature / (1 - beta)
    assert noise_floor(ar1(beta), rate, curvature) == pytest.approx(
        r / (2 - r * (1 - beta) / (1 + beta)) / curvature**2, rel=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(betas, st.floats(0.01, 1.9))
def test_without_the_alternation_momentum_scatters_as_gradient_descent_does(beta, rate):
    without_alternation = arma([(1 - beta) / 2, (1 - beta) / 2], [1.0, -beta])
    assert noise_floor(without_alternation, rate) == pytest.approx(float(noise_floor(no_filter(), rate)), rel=1e-6)
    assert edge(without_alternation) == pytest.approx(2, rel=1e-6)


def test_there_is_no_floor_beyond_the_edge_and_none_without_a_rate():
    assert noise_floor(ar1(0.9), [3.7, 3.9]).tolist() == [pytest.approx(703), np.inf]
    assert noise_floor(no_filter(), 0.0) == np.inf


@pytest.mark.parametrize("name", FILTERS)
def test_the_mean_of_the_squared_response_is_the_floor(name):
    part, *_ = FILTERS[name]
    f = (np.arange(200_000) + 0.5) / 400_000
    response = weight_response(part, f, 0.03, 1.5)
    assert np.mean(np.abs(response) ** 2) == pytest.approx(float(noise_floor(part, 0.03, 1.5)), rel=1e-6)


@pytest.mark.parametrize("name", FILTERS)
def test_a_wave_in_the_gradient_moves_the_weight_by_the_response(name):
    part, *_ = FILTERS[name]
    f, t = 0.05, iter(range(1, 4001))
    path = descend(
        parallel(part, no_normalizer()), lambda w: 1.5 * w + np.cos(2 * np.pi * f * next(t)), 0.0, 4000, 0.03
    )
    at = np.arange(3001, 4001)
    measured = 2 * np.mean(path[3001:] * np.exp(-2j * np.pi * f * at))
    assert abs(measured - weight_response(part, f, 0.03, 1.5)) < 1e-9


def test_many_loops_are_computed_at_once():
    rates, curvatures = np.array([0.01, 0.02, 0.5]), np.array([[1.0], [2.0]])
    for function in (decay, noise_floor):
        together = function(ar1(0.5), rates, curvatures)
        assert together.shape == (2, 3)
        assert together[1, 2] == pytest.approx(float(function(ar1(0.5), 0.5, 2.0)))
