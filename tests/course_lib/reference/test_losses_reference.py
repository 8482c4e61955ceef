"""Losses and their gradients against PyTorch, and losses against Optax."""

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from course_lib import losses  # noqa: E402
from course_lib.activations import sigmoid, softmax  # noqa: E402

F = torch.nn.functional
RNG = np.random.default_rng(0)
Z, Y = RNG.normal(0, 2, (6, 4)), RNG.normal(size=(6, 4))
SOFT, CLASSES, SIDES = softmax(Y), np.array([0, 3, 1, 2, 2, 0]), np.sign(Y)
#: name -> (our name, y_true, y_pred, options, PyTorch's of prediction and truth)
TORCH = {
    "mse": ("mse", Y, Z, {}, F.mse_loss),
    "mae": ("mae", Y, Z, {}, F.l1_loss),
    "huber": ("huber", Y, Z, {"delta": 0.5}, lambda p, y: F.huber_loss(p, y, delta=0.5)),
    "smooth": ("huber", Y, Z, {"delta": 0.5}, lambda p, y: 0.5 * F.smooth_l1_loss(p, y, beta=0.5)),
    "binary": ("binary_crossentropy", SOFT, sigmoid(Z), {}, F.binary_cross_entropy),
    "binary, logits": ("binary_crossentropy", SOFT, Z, {"from_logits": True}, F.binary_cross_entropy_with_logits),
    "categorical": ("categorical_crossentropy", SOFT, Z, {"from_logits": True}, F.cross_entropy),
    "categorical, far": ("categorical_crossentropy", SOFT, 1e4 * Z, {"from_logits": True}, F.cross_entropy),
    "sparse": ("sparse_categorical_crossentropy", CLASSES, Z, {"from_logits": True}, F.cross_entropy),
}


@pytest.mark.parametrize("case", TORCH)
def test_losses_and_gradients_are_those_of_pytorch(case):
    name, y, p, options, theirs = TORCH[case]
    point = torch.tensor(p, requires_grad=True)
    loss = theirs(point, torch.tensor(y))
    loss.backward()
    assert getattr(losses, name)(y, p, **options) == pytest.approx(loss.item(), rel=1e-12)
    gradient = getattr(losses, f"{name}_gradient")(y, p, **options)
    np.testing.assert_allclose(gradient, point.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    "ours, y, p, theirs",
    [
        (losses.mse(Y, Z), Y, Z, optax.squared_error),
        (losses.huber(Y, Z, 0.5), Y, Z, lambda p, y: optax.huber_loss(p, y, delta=0.5)),
        (losses.hinge(SIDES, Z), SIDES, Z, optax.hinge_loss),
        (losses.binary_crossentropy(SOFT, Z, True), SOFT, Z, optax.sigmoid_binary_cross_entropy),
        (losses.categorical_crossentropy(SOFT, Z, True), SOFT, Z, optax.softmax_cross_entropy),
        (
            losses.sparse_categorical_crossentropy(CLASSES, Z, True),
            CLASSES, Z, optax.softmax_cross_entropy_with_integer_labels,
        ),
    ],
)  # fmt: skip
def test_losses_are_those_of_optax(ours, y, p, theirs):
    assert ours == pytest.approx(float(np.mean(theirs(np.float32(p), y if y is CLASSES else np.float32(y)))), rel=1e-5)


def test_pytorch_clips_the_logarithm_and_not_the_probability():
    certain = torch.tensor([0.0], dtype=torch.float64)
    assert F.binary_cross_entropy(certain, 1 + certain).item() == 100
    assert losses.binary_crossentropy([1.0], certain.numpy()) == pytest.approx(-np.log(1e-7))
