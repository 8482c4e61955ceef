"""Clipping against PyTorch and Optax: where conventions agree, and where they do not."""

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from course_lib.clipping import by_global_norm, by_norm, by_value  # noqa: E402


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def gradients(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=s) * 10.0 ** rng.uniform(-2, 2) for s in ((4, 3), (3,), (2, 2, 2))]


def of_torch(clip, gs):
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gs]
    for parameter, g in zip(parameters, gs, strict=True):
        parameter.grad = torch.tensor(g)
    norm = clip(parameters)
    return [parameter.grad.numpy() for parameter in parameters], norm


def of_optax(transformation, gs):
    gs = [jax.numpy.asarray(g) for g in gs]
    return [np.asarray(g) for g in transformation.update(gs, transformation.init(gs))[0]]


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-300)


every = pytest.mark.parametrize("seed", range(5))
limit = pytest.mark.parametrize("c", [0.01, 1.0, 1000.0])


@every
@limit
def test_the_global_norm_with_epsilon_is_that_of_pytorch(seed, c):
    gs = gradients(seed)
    theirs, norm = of_torch(lambda p: torch.nn.utils.clip_grad_norm_(p, c), gs)
    ours, our_norm = by_global_norm(gs, c, epsilon=1e-6)
    assert_same(ours, theirs)
    assert our_norm == pytest.approx(float(norm), rel=1e-12)
    assert_same([by_norm(gs[0], c, epsilon=1e-6)], of_torch(lambda p: torch.nn.utils.clip_grad_norm_(p, c), gs[:1])[0])


def test_without_it_pytorch_is_a_little_shorter():
    theirs = of_torch(lambda p: torch.nn.utils.clip_grad_norm_(p, 1.0), [np.array([3.0, 4.0])])[0][0]
    assert np.linalg.norm(theirs) == pytest.approx(1 / (1 + 2e-7), rel=1e-12)
    assert np.linalg.norm(by_norm([3.0, 4.0], 1.0)) == pytest.approx(1, rel=1e-15)


@every
@limit
def test_the_global_norm_is_that_of_optax(seed, c):
    gs = gradients(seed)
    assert_same(by_global_norm(gs, c)[0], of_optax(optax.clip_by_global_norm(c), gs))


@every
@limit
def test_values_are_cut_as_by_pytorch_and_optax(seed, c):
    gs = gradients(seed)
    ours = [by_value(g, c) for g in gs]
    assert_same(ours, of_torch(lambda p: torch.nn.utils.clip_grad_value_(p, c), gs)[0])
    assert_same(ours, of_optax(optax.clip(c), gs))


def test_by_block_rms_bounds_the_root_of_the_mean():
    g = np.array([30.0, 40.0])
    np.testing.assert_allclose(of_optax(optax.clip_by_block_rms(1.0), [g])[0], by_norm(g, 2**0.5), rtol=1e-12)
