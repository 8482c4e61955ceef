"""Backpropagation against PyTorch: outputs and gradients of random networks, in float64."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.backprop import backward, forward  # noqa: E402

F = torch.nn.functional
ACTIVATIONS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "elu": F.elu, "selu": F.selu, "gelu": F.gelu,
    "silu": F.silu, "hard_sigmoid": F.hardsigmoid, "softplus": F.softplus, "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "softmax": lambda x: torch.softmax(x, -1), "linear": lambda x: x,
}  # fmt: skip


@pytest.mark.parametrize("output_activation", [None, "linear", "softmax"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_gradients_are_those_of_pytorch(activation, output_activation):
    rng = np.random.default_rng(0)
    sizes = (5, 8, 7, 6, 3)
    weights = [rng.normal(0, 0.6, pair) for pair in itertools.pairwise(sizes)]
    biases = [rng.normal(0, 0.6, n) for n in sizes[1:]]
    x, upstream = rng.normal(size=(9, 5)), rng.normal(size=(9, 3))

    parameters = [torch.tensor(p, requires_grad=True) for p in weights + biases]
    names = [activation] * 3 + [output_activation or activation]
    a = torch.tensor(x)
    for w, b, name in zip(parameters[:4], parameters[4:], names, strict=True):
        a = ACTIVATIONS[name](a @ w + b)
    a.backward(torch.tensor(upstream))

    output, cache = forward(x, weights, biases, activation, output_activation)
    np.testing.assert_allclose(output, a.detach().numpy(), rtol=1e-12, atol=1e-14)
    dw, db = backward(cache, weights, biases, upstream)
    relative = 1e-6 if activation == "hard_sigmoid" else 1e-10  # the slope of PyTorch's is 1/6 in float32
    for ours, theirs in zip(dw + db, parameters, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=relative, atol=1e-12)
