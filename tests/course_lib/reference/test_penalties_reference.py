"""Penalties against PyTorch, JAX and Optax: gradients, weight decay, and the norm that renorm bounds."""

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from course_lib.penalties import (  # noqa: E402
    elastic_net,
    elastic_net_gradient,
    l1,
    l1_gradient,
    l2,
    l2_gradient,
    max_norm,
    weight_decay,
)

W = np.random.default_rng(0).normal(size=(5, 4))
W[0, 0] = 0.0


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def step_of_torch(make, gradient, **arguments):
    parameter = torch.nn.Parameter(torch.tensor(W))
    optimizer = make([parameter], lr=0.1, **arguments)
    parameter.grad = torch.tensor(gradient)
    optimizer.step()
    return parameter.detach().numpy()


@pytest.mark.parametrize(
    "penalty, gradient, arguments, formula",
    [
        (l1, l1_gradient, (0.3,), lambda w: 0.3 * abs(w).sum()),
        (l2, l2_gradient, (0.3,), lambda w: 0.3 * (w * w).sum()),
        (elastic_net, elastic_net_gradient, (0.3, 0.25), lambda w: 0.3 * (0.25 * abs(w).sum() + 0.75 * (w * w).sum())),
    ],
)
def test_gradients_are_those_of_automatic_differentiation(penalty, gradient, arguments, formula):
    point = torch.tensor(W, requires_grad=True)
    value = formula(point)
    value.backward()
    assert float(penalty(W, *arguments)) == pytest.approx(value.item(), rel=1e-13)
    np.testing.assert_allclose(gradient(W, *arguments), point.grad.numpy(), rtol=1e-13)
    of_jax = np.asarray(jax.grad(formula)(jax.numpy.asarray(W)))
    np.testing.assert_allclose(gradient(W, *arguments)[W != 0], of_jax[W != 0], rtol=1e-13)


def test_at_0_pytorch_gives_0_and_jax_1():
    # the difference that the docstring of l1_gradient names
    point = torch.zeros(1, requires_grad=True)
    abs(point).sum().backward()
    assert point.grad.tolist() == l1_gradient([0.0], 1.0).tolist() == [0.0]
    assert float(jax.grad(abs)(0.0)) == 1.0


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_weight_decay_of_pytorch_s_sgd_and_adam_is_the_gradient_of_half_an_l2_penalty(make):
    g = np.random.default_rng(1).normal(size=W.shape)
    theirs = step_of_torch(make, g, weight_decay=0.5)
    np.testing.assert_allclose(theirs, step_of_torch(make, g + l2_gradient(W, 0.5, half=True)), rtol=1e-12)


def test_weight_decay_of_adamw_is_decoupled_in_pytorch_and_optax():
    zero = np.zeros_like(W)
    np.testing.assert_allclose(step_of_torch(torch.optim.AdamW, zero, weight_decay=0.5), weight_decay(W, 0.5, 0.1))
    transformation, w = optax.adamw(0.1, weight_decay=0.5), jax.numpy.asarray(W)
    updates, _ = transformation.update(jax.numpy.asarray(zero), transformation.init(w), w)
    np.testing.assert_allclose(optax.apply_updates(w, updates), weight_decay(W, 0.5, 0.1), rtol=1e-12)


def test_renorm_of_pytorch_shortens_alike_but_leaves_short_ones_as_they_are():
    theirs = torch.renorm(torch.tensor(W), p=2, dim=1, maxnorm=1.5).numpy()
    norms = np.linalg.norm(W, axis=0)
    assert (norms > 1.5).any() and (norms < 1.5).any()
    ours = max_norm(W, 1.5)
    np.testing.assert_allclose(ours[:, norms > 1.5], theirs[:, norms > 1.5], rtol=1e-12)
    np.testing.assert_array_equal(W[:, norms < 1.5], theirs[:, norms < 1.5])
    assert np.all(np.abs(ours[:, norms < 1.5]) <= np.abs(theirs[:, norms < 1.5]))
    np.testing.assert_array_equal(max_norm(W, 1.5, epsilon=0.0)[:, norms < 1.5], W[:, norms < 1.5])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_penalty_of_scikit_learn_s_networks_is_half_of_alpha_over_the_number_of_examples():
    from sklearn.neural_network import MLPRegressor

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    losses = {}
    for alpha in (0.0, 0.5):  # one epoch of one batch: the loss is that of the weights before it
        model = MLPRegressor(hidden_layer_sizes=4, alpha=alpha, solver="sgd", batch_size=20, max_iter=1,
                             learning_rate_init=1e-12, momentum=0.0, random_state=0).fit(x, y)  # fmt: skip
        losses[alpha] = model.loss_
    assert losses[0.5] - losses[0.0] == pytest.approx(
        sum(float(l2(w, 0.5 * 0.5 / 20)) for w in model.coefs_), rel=1e-6
    )
