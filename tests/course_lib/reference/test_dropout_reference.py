"""Dropout against PyTorch: values and moments, and rate 1."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.dropout import alpha_dropout, dropout  # noqa: E402

RNG = np.random.default_rng(0)
BOTH = pytest.mark.parametrize(
    "ours, theirs", [(dropout, torch.nn.functional.dropout), (alpha_dropout, torch.nn.functional.alpha_dropout)]
)


@BOTH
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("value", [0.0, 1.0, -2.0])
def test_what_is_kept_and_what_is_dropped_become_what_they_do_in_pytorch(ours, theirs, rate, value):
    x = np.full(2000, value)
    torch.manual_seed(0)
    expected = np.unique(theirs(torch.tensor(x), rate, training=True).numpy())
    # PyTorch's constant of selu has 9 digits
    np.testing.assert_allclose(np.unique(ours(x, rate, RNG)), expected, rtol=1e-6, atol=1e-7)


@BOTH
def test_moments_on_normal_numbers_are_those_of_pytorch(ours, theirs):
    x = RNG.normal(size=200_000)
    torch.manual_seed(0)
    expected = theirs(torch.tensor(x), 0.3, training=True).numpy()
    y = ours(x, 0.3, RNG)
    assert y.mean() == pytest.approx(expected.mean(), abs=0.02)
    assert y.std() == pytest.approx(expected.std(), abs=0.02)


@BOTH
def test_rate_1_gives_zeros_in_both(ours, theirs):
    x = RNG.normal(size=100)
    np.testing.assert_array_equal(theirs(torch.tensor(x), 1.0, training=True).numpy(), 0)
    np.testing.assert_array_equal(ours(x, 1.0, RNG), 0)
