"""Steps, bumps and their network against PyTorch, in float64."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.approximation import bump, bumps, fit_bumps, network, step, wiggly  # noqa: E402

X = np.linspace(-0.5, 1.5, 401)
POINTS = torch.tensor(X)


def assert_same(ours, theirs, atol=1e-14):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=atol)


def test_the_wiggly_function_is_that_of_pytorch_s_sine_and_cosine():
    x = POINTS
    assert_same(wiggly(X), 0.2 + 0.4 * x**2 + 0.3 * x * torch.sin(15 * x) + 0.05 * torch.cos(50 * x))


@pytest.mark.parametrize("weight", [-3.0, 40.0, 1e4])
def test_a_step_is_a_sigmoid_unit_of_pytorch(weight):
    unit = torch.nn.Linear(1, 1, dtype=torch.float64)
    with torch.no_grad():
        unit.weight.fill_(weight), unit.bias.fill_(-0.4 * weight)
    theirs = torch.sigmoid(unit(POINTS[:, None]))[:, 0]
    # near the step the sum cancels, and its slope magnifies what is rounded there
    assert_same(step(X, weight, -0.4 * weight), theirs, abs(weight) * 1e-16)


@pytest.mark.parametrize("weight", [10.0, 300.0])
def test_the_area_of_a_bump_is_the_integral_in_closed_form(weight):
    # the integral of sigmoid is softplus: of the bump from minus to plus infinity, height · (end - start)
    x = np.linspace(-8, 9, 200_001)
    area = np.trapezoid(bump(x, 0.3, 0.7, 2.0, weight), x)
    ends = torch.tensor([[-8 - 0.3, 9 - 0.3], [-8 - 0.7, 9 - 0.7]], dtype=torch.float64) * weight
    (low_up, high_up), (low_down, high_down) = torch.logaddexp(ends, torch.zeros(())).tolist()
    assert area == pytest.approx(2.0 / weight * ((high_up - low_up) - (high_down - low_down)), rel=1e-9)
    assert area == pytest.approx(2.0 * 0.4, rel=1e-6)


@pytest.mark.parametrize("n", [1, 7, 50])
def test_the_sum_of_bumps_is_a_network_of_pytorch(n):
    edges, heights = fit_bumps(wiggly, n)
    weight = 50.0 * n
    weights, biases = network(edges, heights, weight)
    theirs = torch.nn.Sequential(
        torch.nn.Linear(1, 2 * n, dtype=torch.float64), torch.nn.Sigmoid(),
        torch.nn.Linear(2 * n, 1, dtype=torch.float64),
    )  # fmt: skip
    with torch.no_grad():
        for layer, w, b in zip((theirs[0], theirs[2]), weights, biases, strict=True):
            layer.weight.copy_(torch.tensor(w.T)), layer.bias.copy_(torch.tensor(b))
    assert_same(bumps(X, edges, heights, weight), theirs(POINTS[:, None])[:, 0], 1e-12)


def test_the_slope_that_bounds_the_error_is_that_of_automatic_differentiation():
    x = torch.linspace(0, 1, 20_001, dtype=torch.float64, requires_grad=True)
    f = 0.2 + 0.4 * x**2 + 0.3 * x * torch.sin(15 * x) + 0.05 * torch.cos(50 * x)
    slope = torch.autograd.grad(f.sum(), x)[0].abs().max().item()
    inside = np.linspace(0.02, 0.98, 20_011)
    for n in (50, 200):
        error = np.abs(bumps(inside, *fit_bumps(wiggly, n), 1e6) - wiggly(inside)).max()
        assert slope / (2 * n) / 4 < error <= slope / (2 * n) * (1 + 1e-6)
