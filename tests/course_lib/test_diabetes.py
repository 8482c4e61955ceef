"""The diabetes data: split before they are scaled, scaled by the training part alone, and otherwise as published."""

import re
import subprocess
import sys

import numpy as np
import pytest

sklearn_datasets = pytest.importorskip("sklearn.datasets")

from course_lib.data import FEATURE_NAMES, diabetes  # noqa: E402

pytestmark = pytest.mark.filterwarnings("error")


def split(seed=0, **arguments):
    return diabetes(np.random.default_rng(seed), **arguments)


def rows(x, y):
    return sorted(map(tuple, np.column_stack([x, y]).tolist()))


@pytest.mark.parametrize(
    ("valid", "test", "sizes"),
    [(89, 89, (264, 89, 89)), (89, 0, (353, 89, 0)), (0, 0, (442, 0, 0)), (1, 440, (1, 1, 440))],
)
def test_the_parts_have_the_sizes_that_were_asked_for(valid, test, sizes):
    data = split(valid=valid, test=test)
    assert tuple(len(x) for x in data[:6:2]) == tuple(len(y) for y in data[1:6:2]) == sizes
    assert all(x.shape[1:] == (10,) for x in data[:6:2]) and all(a.dtype == np.float64 for a in data[:6])


def test_353_patients_are_three_batches_of_128():
    assert -(-len(split(test=0).x_train) // 128) == 3


def test_every_patient_is_in_one_part_and_only_once():
    data = split(scale=False)
    x, y = sklearn_datasets.load_diabetes(return_X_y=True, scaled=False)
    assert rows(np.concatenate(data[:6:2]), np.concatenate(data[1:6:2])) == rows(x, y)


def test_without_scaling_it_is_as_measured():
    data = split(valid=0, test=0, scale=False)
    assert (data.y_mean, data.y_std) == (0.0, 1.0)
    assert data.y_train.mean() == pytest.approx(152.13348, abs=5.1e-6)
    assert data.y_train.std() == pytest.approx(77.00575, abs=5.1e-6)
    assert set(data.x_train[:, FEATURE_NAMES.index("sex")]) == {1.0, 2.0}


def test_the_names_are_those_of_scikit_learn():
    assert list(FEATURE_NAMES) == sklearn_datasets.load_diabetes().feature_names


def test_scaled_with_all_patients_it_is_scikit_learns_up_to_a_factor():
    x, y = sklearn_datasets.load_diabetes(return_X_y=True)
    np.testing.assert_allclose(x.std(0), 442**-0.5, rtol=1e-12)
    np.testing.assert_allclose((x**2).sum(0), 1, rtol=1e-12)
    data = split(valid=0, test=0)
    order = np.random.default_rng(0).permutation(442)
    np.testing.assert_allclose(data.x_train, x[order] * 442**0.5, atol=1e-11)
    np.testing.assert_allclose(data.y_mean + data.y_std * data.y_train, y[order], rtol=1e-12)


def test_the_training_part_has_mean_0_and_deviation_1_and_the_others_do_not():
    data = split()
    for part in (data.x_train, data.y_train):
        np.testing.assert_allclose(part.mean(0), 0, atol=1e-12)
        np.testing.assert_allclose(part.std(0), 1, rtol=1e-12)
    for part in (data.x_valid, data.x_test):
        assert np.abs(part.mean(0)).max() > 0.01 and np.abs(part.std(0) - 1).max() > 0.01


def test_all_parts_are_scaled_by_the_training_part_alone():
    scaled, raw = split(), split(scale=False)
    mean, std = raw.x_train.mean(0), raw.x_train.std(0)
    for ours, measured in zip(scaled[:6:2], raw[:6:2], strict=True):
        np.testing.assert_allclose(ours, (measured - mean) / std, atol=1e-12)
    assert (scaled.y_mean, scaled.y_std) == pytest.approx((raw.y_train.mean(), raw.y_train.std()), rel=1e-14)
    for ours, measured in zip(scaled[1:6:2], raw[1:6:2], strict=True):
        np.testing.assert_allclose(scaled.y_mean + scaled.y_std * ours, measured, rtol=1e-12)


def test_a_column_that_is_constant_in_training_is_only_shifted():
    data = split(valid=441, test=0)
    assert not data.x_train.any() and np.isfinite(data.x_valid).all() and data.y_std == 1.0


def test_the_same_seed_gives_the_same_split_and_another_gives_another():
    first, again, other = split(3), split(3), split(4)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.x_train, other.x_train)


def test_the_arrays_are_ones_own():
    data = split()
    assert all(a.flags.owndata and a.flags.writeable for a in data[:6])
    data.x_train[:] = 0
    assert split().x_train.any()


def test_scikit_learn_is_loaded_by_the_first_call_and_not_before():
    code = "import sys, course_lib.data; print('sklearn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


REFUSED = {
    "valid": ({"valid": 443}, ValueError, "valid: got 443; takes 0 to 442"),
    "valid below 0": ({"valid": -1}, ValueError, "valid: got -1; takes 0 to 442"),
    "test": ({"valid": 400, "test": 43}, ValueError, "test: got 43; takes 0 to 42"),
    "a share": ({"test": 0.2}, TypeError, "test: got 0.2; takes a whole number"),
    "scale": ({"scale": 1}, TypeError, "scale: got 1; takes True or False"),
    "nobody": ({"valid": 442, "test": 0}, ValueError, "valid, test: got 442 and 0, which leaves nobody to scale with"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    arguments, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        split(**arguments)


@pytest.mark.parametrize("rng", [0, None])
def test_a_seed_is_no_generator(rng):
    with pytest.raises(TypeError, match=f"^rng: got {rng}; takes a numpy.random.Generator"):
        diabetes(rng)


def test_without_scaling_nobody_need_be_left_to_train():
    assert split(valid=442, test=0, scale=False).x_train.shape == (0, 10)
