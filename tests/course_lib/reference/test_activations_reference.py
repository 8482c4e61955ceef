"""Activations against PyTorch and JAX: values, derivatives, and where they have another slope or default."""

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")

from course_lib.activations import ACTIVATIONS  # noqa: E402

F = torch.nn.functional
X = np.concatenate([np.linspace(-8, 8, 160), [-1e4, -50.0, 50.0, 1e4]])  # without the kinks
TORCH = {
    "sigmoid": torch.sigmoid, "hard_sigmoid": F.hardsigmoid, "tanh": torch.tanh, "softplus": F.softplus,
    "relu": F.relu, "leaky_relu": lambda x: F.leaky_relu(x, 0.2), "elu": F.elu, "selu": F.selu, "gelu": F.gelu,
    "silu": F.silu,
}  # fmt: skip
JAX = {
    "sigmoid": jax.nn.sigmoid, "hard_sigmoid": jax.nn.hard_sigmoid, "tanh": jax.nn.tanh, "softplus": jax.nn.softplus,
    "relu": jax.nn.relu, "leaky_relu": lambda x: jax.nn.leaky_relu(x, 0.2), "elu": jax.nn.elu, "selu": jax.nn.selu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False), "silu": jax.nn.silu, "softmax": jax.nn.softmax,
}  # fmt: skip


def slope(function, x):
    point = torch.tensor(x, requires_grad=True)
    function(point).sum().backward()
    return point.grad.numpy()


@pytest.mark.parametrize("name", TORCH)
def test_values_and_derivatives_are_those_of_pytorch(name):
    function, derivative = ACTIVATIONS[name]
    # PyTorch's softplus is the line itself from 20 on, and the slope of its hard sigmoid is 1/6 in float32
    absolute = 3e-9 if name == "softplus" else 1e-15
    np.testing.assert_allclose(function(X), TORCH[name](torch.tensor(X)).numpy(), rtol=1e-12, atol=absolute)
    relative = 1e-7 if name == "hard_sigmoid" else 1e-9
    np.testing.assert_allclose(derivative(X), slope(TORCH[name], X), rtol=relative, atol=3e-9)


@pytest.mark.parametrize("name", JAX)
def test_values_are_those_of_jax(name):
    x = X.astype(np.float32)
    np.testing.assert_allclose(ACTIVATIONS[name][0](x), JAX[name](x), rtol=1e-4, atol=1e-6)


def test_the_jacobian_of_softmax_is_that_of_pytorch():
    x = torch.tensor(X[:6])
    theirs = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, -1), x)
    np.testing.assert_allclose(ACTIVATIONS["softmax"][1](x.numpy()), theirs.numpy(), atol=1e-15)


def test_the_default_slope_of_leaky_relu_and_the_default_form_of_gelu_differ():
    x = np.float32([-1.0])
    function = ACTIVATIONS["leaky_relu"][0]
    for theirs in (F.leaky_relu(torch.tensor(x)).numpy(), jax.nn.leaky_relu(x)):
        np.testing.assert_allclose(theirs, function(x, 0.01), rtol=1e-6)
    np.testing.assert_allclose(jax.nn.gelu(x), ACTIVATIONS["gelu"][0](x, approximate=True), rtol=1e-5)
    np.testing.assert_allclose(F.gelu(torch.tensor(x)).numpy(), ACTIVATIONS["gelu"][0](x), rtol=1e-5)


def test_at_kinks_the_libraries_do_not_agree():
    zero = np.zeros(1)
    assert slope(F.relu, zero) == ACTIVATIONS["relu"][1](zero) == jax.grad(jax.nn.relu)(0.0) == 0
    assert slope(TORCH["leaky_relu"], zero) == ACTIVATIONS["leaky_relu"][1](zero) == 0.2
    assert jax.grad(JAX["leaky_relu"])(0.0) == 1
    left, right = 1.7580993408473766, 1.0507009873554805
    assert ACTIVATIONS["selu"][1](zero) == pytest.approx(right)
    assert slope(F.selu, zero) == pytest.approx(left)
    assert float(jax.grad(jax.nn.selu)(0.0)) == pytest.approx(left)
