"""Signals by layer against the hooks of PyTorch and the gradients of JAX, in float64."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")

from course_lib.backprop import forward  # noqa: E402
from course_lib.signals import network_signals, summary  # noqa: E402

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
OF_JAX = {"relu": jax.nn.relu, "tanh": jax.numpy.tanh, "sigmoid": jax.nn.sigmoid}
SIZES = (7, 9, 8, 8, 3)


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def problem():
    """Kernels, biases, input, and the gradient of the output."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.7, pair) for pair in itertools.pairwise(SIZES)]
    biases = [rng.normal(0, 0.3, n) for n in SIZES[1:]]
    return weights, biases, rng.normal(size=(16, SIZES[0])), rng.normal(size=(16, SIZES[-1]))


def four(tensor):
    """Mean, deviation with n below, largest and share of zeros: by PyTorch."""
    t = tensor.detach()
    return [t.mean().item(), t.std(correction=0).item(), t.abs().max().item(), (t == 0).double().mean().item()]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs) == len(SIZES) - 1
    for a, b in zip(ours.values(), theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


def ours(activation):
    weights, biases, x, upstream = problem()
    _, cache = forward(x, weights, biases, activation, "linear")
    return network_signals(cache, weights, biases, upstream)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_they_are_what_the_hooks_of_pytorch_see(activation):
    weights, biases, x, upstream = problem()
    layers, seen = [], []
    for w, b in zip(weights, biases, strict=True):
        linear = torch.nn.Linear(*w.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(w.T)), linear.bias.copy_(torch.tensor(b))
        layers.append(torch.nn.Sequential(linear, ACTIVATIONS[activation]()))
    layers[-1] = layers[-1][0]  # the output is linear
    for layer in layers:
        layer.register_forward_hook(lambda module, given, output: seen.append(output))
    torch.nn.Sequential(*layers)(torch.tensor(x)).backward(torch.tensor(upstream))
    found = ours(activation)
    assert_same(found.activations, [four(a) for a in seen])
    linears = [layer if isinstance(layer, torch.nn.Linear) else layer[0] for layer in layers]
    assert_same(found.gradients, [four(linear.weight.grad) for linear in linears])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_have_the_statistics_of_those_of_jax(activation):
    weights, biases, x, upstream = problem()

    def value(kernels):
        a = x
        for k, (w, b) in enumerate(zip(kernels, biases, strict=True)):
            a = a @ w + b
            a = OF_JAX[activation](a) if k < len(kernels) - 1 else a
        return (a * upstream).sum()

    gradients = jax.grad(value)([jax.numpy.asarray(w) for w in weights])
    assert_same(ours(activation).gradients, [summary(np.asarray(g)) for g in gradients])


def test_the_deviation_of_pytorch_has_one_less_below_unless_it_is_told():
    x = np.array([1.0, 2.0, 4.0, 9.0])
    assert torch.tensor(x).std().item() == pytest.approx(summary(x).std * (4 / 3) ** 0.5)
