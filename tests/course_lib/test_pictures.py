"""Average pooling against loops."""

import doctest

import numpy as np
import pytest

from course_lib.data import average_pool, pictures

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(pictures)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("size", [1, 2, 3])
def test_each_pixel_is_the_mean_of_a_square(size):
    x = np.random.default_rng(0).normal(size=(3, 12, 6))
    found = average_pool(x, size)
    assert found.shape == (3, 12 // size, 6 // size)
    for i, j, k in np.ndindex(found.shape):
        square = x[i, j * size : (j + 1) * size, k * size : (k + 1) * size]
        assert found[i, j, k] == pytest.approx(square.mean(), rel=1e-14)


@pytest.mark.parametrize(("dtype", "expected"), [("float32", "float32"), ("float64", "float64"), ("uint8", "float64")])
def test_the_dtype_is_kept_and_that_of_whole_numbers_is_float64(dtype, expected):
    assert average_pool(np.full((1, 2, 2), 3, dtype)).dtype == expected
