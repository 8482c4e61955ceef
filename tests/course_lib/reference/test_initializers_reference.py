"""Initializers against PyTorch: variances for its transposed kernels, and where it does not truncate."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.initializers import (  # noqa: E402
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    orthogonal,
    variance_scaling,
)

I = torch.nn.init  # noqa: E741
RNG = np.random.default_rng(0)


def theirs(initializer, out, n, **arguments):
    torch.manual_seed(0)
    return initializer(torch.empty(out, n, dtype=torch.float64), **arguments).numpy()


@pytest.mark.parametrize(
    "ours, initializer, arguments",
    [
        (glorot_uniform, I.xavier_uniform_, {}),
        (glorot_normal, I.xavier_normal_, {}),
        (he_uniform, I.kaiming_uniform_, {}),
        (he_normal, I.kaiming_normal_, {}),
    ],
)
def test_variances_are_those_of_pytorch_for_a_kernel_the_other_way_round(ours, initializer, arguments):
    w, v = ours((300, 100), RNG), theirs(initializer, 100, 300, **arguments)
    assert np.mean(w**2) / np.mean(v**2) == pytest.approx(1, abs=4 * math.sqrt(2 * 2 / w.size))
    if "normal" in ours.__name__:
        assert np.abs(w).max() / w.std() < 2.3 < 3.5 < np.abs(v).max() / v.std()
    else:
        assert np.abs(w).max() == pytest.approx(np.abs(v).max(), rel=1e-3)


def test_what_pytorch_calls_normal_is_the_untruncated_one():
    w = variance_scaling((300, 100), 2.0, "fan_in", "untruncated_normal", RNG)
    v = theirs(I.kaiming_normal_, 100, 300)
    assert np.abs(w).max() == pytest.approx(np.abs(v).max(), rel=0.2)
    assert np.mean(w**4) / np.mean(v**4) == pytest.approx(1, abs=0.1)


def test_fans_are_those_of_pytorch_for_kernels_the_other_way_round():
    for shape in ((300, 100), (3, 3, 16, 64), (5, 3, 4)):
        there = (shape[-1], shape[-2], *shape[:-2])
        assert I._calculate_fan_in_and_fan_out(torch.empty(there)) == fans(shape)


def test_both_are_orthogonal():
    for w in (orthogonal((70, 20), 1.5, RNG), theirs(I.orthogonal_, 70, 20, gain=1.5)):
        np.testing.assert_allclose(w.T @ w, 2.25 * np.eye(20), atol=1e-12)


def test_the_gain_of_pytorch_for_selu_is_3_quarters_and_that_of_lecun_1():
    # with which signals keep their size: tests/course_lib/test_initializers.py
    w = lecun_normal((400, 100), RNG)
    assert w.var() * 400 == pytest.approx(1, rel=0.03)
    assert I.calculate_gain("selu") == 0.75
    v = theirs(I.kaiming_normal_, 100, 400, nonlinearity="selu")
    assert v.var() * 400 == pytest.approx(0.75**2, rel=0.03)
    assert theirs(I.kaiming_normal_, 100, 400, nonlinearity="linear").var() * 400 == pytest.approx(1, rel=0.03)
