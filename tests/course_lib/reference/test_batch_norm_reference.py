"""Batch normalization against PyTorch: with its momentum, variance and epsilon, and how far they are from Keras'."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.batch_norm import batch_norm, batch_norm_gradient  # noqa: E402


def case(seed=0, shape=(8, 3)):
    rng, n = np.random.default_rng(seed), shape[-1]
    return (
        rng.normal(2, 3, shape), rng.normal(size=n), rng.normal(size=n),
        (rng.normal(size=n), rng.uniform(0.5, 2, n)),
    )  # fmt: skip


def layer_of(gamma, beta, state):
    layer = torch.nn.BatchNorm1d(len(gamma), dtype=torch.float64)
    with torch.no_grad():
        for tensor, value in zip(
            (layer.weight, layer.bias, layer.running_mean, layer.running_var), (gamma, beta, *state), strict=True
        ):
            tensor.copy_(torch.tensor(value))
    return layer


def test_with_its_momentum_turned_around_an_unbiased_state_and_its_epsilon_it_is_that_of_pytorch():
    _, gamma, beta, state = case()
    layer = layer_of(gamma, beta, state)
    for seed in range(20):
        x = case(seed)[0]
        layer.train()
        theirs = layer(torch.tensor(x)).detach().numpy()
        y, state = batch_norm(x, gamma, beta, state, True, 1 - layer.momentum, layer.eps, unbiased=True)
        np.testing.assert_allclose(y, theirs, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(state, (layer.running_mean.numpy(), layer.running_var.numpy()), rtol=1e-12)
        layer.eval()
        y, _ = batch_norm(x, gamma, beta, state, False, epsilon=layer.eps)
        np.testing.assert_allclose(y, layer(torch.tensor(x)).detach().numpy(), rtol=1e-10, atol=1e-12)


def test_its_defaults_are_those_that_the_docstring_names():
    layer = torch.nn.BatchNorm1d(3)
    assert (layer.momentum, layer.eps) == (0.1, 1e-5)


def test_the_biased_state_of_keras_is_another_one():
    x, gamma, beta, state = case()
    layer = layer_of(gamma, beta, state)
    layer(torch.tensor(x))
    _, (mean, variance) = batch_norm(x, gamma, beta, state, True, 0.9, 1e-5)
    np.testing.assert_allclose(mean, layer.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy() - variance, 0.1 * x.var(0) * (8 / 7 - 1), rtol=1e-9)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3)])
def test_the_gradient_is_what_pytorch_finds(shape):
    x, gamma, beta, state = case(1, shape)
    upstream = np.random.default_rng(2).normal(size=shape)
    layer, point = layer_of(gamma, beta, state), torch.tensor(x, requires_grad=True)
    (layer(point) * torch.tensor(upstream)).sum().backward()
    theirs = (point.grad, layer.weight.grad, layer.bias.grad)
    for ours, expected in zip(batch_norm_gradient(upstream, x, gamma, layer.eps), theirs, strict=True):
        np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-9, atol=1e-12)


def test_both_refuse_an_unbiased_variance_of_one_number():
    with pytest.raises(ValueError, match="more than 1 value"):
        torch.nn.BatchNorm1d(3)(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="an unbiased variance takes two or more"):
        batch_norm(np.zeros((1, 3)), np.ones(3), np.zeros(3), (np.zeros(3), np.ones(3)), True, unbiased=True)
