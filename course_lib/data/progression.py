"""Diabetes progression: 442 patients, ten measurements each, and how far the disease went in the year after.

    data = diabetes(np.random.default_rng(0), valid=89, test=89)
    data.x_train                      # float64, shape (264, 10), each column with mean 0 and standard deviation 1

The split comes first. Mean and standard deviation are those of the training part alone: taken over all patients they
would tell the training something about the patients it is tested with.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib._arguments import flag
from course_lib._numbers import generator
from course_lib.data.fashion import _count

PATIENTS = 442

FEATURE_NAMES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
"""The columns of x: age, sex, body mass index, blood pressure, and six measurements of blood serum."""


class Diabetes(NamedTuple):
    """Measurements x of shape (n, 10) and progressions y of shape (n,), in three parts that share no patient.

    y_mean and y_std bring a scaled y back: progression = y_mean + y_std · y. Without scaling they are 0 and 1.
    """

    x_train: NDArray[np.float64]
    y_train: NDArray[np.float64]
    x_valid: NDArray[np.float64]
    y_valid: NDArray[np.float64]
    x_test: NDArray[np.float64]
    y_test: NDArray[np.float64]
    y_mean: float
    y_std: float


def diabetes(rng: np.random.Generator, valid: int = 89, test: int = 89, *, scale: bool = True) -> Diabetes:
    """The diabetes data of scikit-learn, split at random and then scaled.

        scaled = (value - mean) / std,    mean and std (divided by n) of the column over the training part

    Args:
        rng: a `numpy.random.Generator`; it decides who comes into which part.
        valid: number of patients for validation, 0 to 442.
        test: number of patients for the test, 0 to 442 - valid. All others are for training.
        scale: True scales measurements and progressions; False leaves them as they were taken. A column that is
            constant over the training part is only shifted.

    Returns:
        (x_train, y_train, x_valid, y_valid, x_test, y_test, y_mean, y_std): new float64 arrays, and two numbers.

    Raises:
        ValueError: a count is out of its range, or scale is asked for without a patient to train on.
        TypeError: a count is no whole number, scale no bool, or rng no generator.
        ImportError: there is no scikit-learn, in which the data travel.

    Differs from `sklearn.datasets.load_diabetes()`, which scales with all 442 patients, so that a column has the
    squares sum 1 and the standard deviation 442^-½ = 0.0476. With valid=0 and test=0, x is that times √442.

    Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle regression, 2004.

    >>> data = diabetes(np.random.default_rng(0))
    >>> data.x_train.shape, data.x_valid.shape, data.x_test.shape
    ((264, 10), (89, 10), (89, 10))
    """
    generator("rng", rng)
    n_valid = _count("valid", valid, PATIENTS)
    n_test = _count("test", test, PATIENTS - n_valid)
    scale = flag("scale", scale)
    n_train = PATIENTS - n_valid - n_test
    if scale and n_train == 0:
        raise ValueError(f"valid, test: got {n_valid} and {n_test}, which leaves nobody to scale with; take fewer")
    x, y = _load()
    order = rng.permutation(PATIENTS)
    x, y = x[order], y[order]
    y_mean, y_std = 0.0, 1.0
    if scale:
        x_mean, x_std = _moments(x[:n_train])
        mean, std = _moments(y[:n_train, None])
        x, y_mean, y_std = (x - x_mean) / x_std, float(mean[0]), float(std[0])
        y = (y - y_mean) / y_std
    parts = (slice(0, n_train), slice(n_train, n_train + n_valid), slice(n_train + n_valid, PATIENTS))
    (x_train, y_train), (x_valid, y_valid), (x_test, y_test) = ((x[part].copy(), y[part].copy()) for part in parts)
    return Diabetes(x_train, y_train, x_valid, y_valid, x_test, y_test, y_mean, y_std)


def _load() -> tuple[NDArray[Any], NDArray[Any]]:
    """The measurements as they were taken; scikit-learn reads them from its own files."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _moments(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of each column; 1 for the deviation of a constant one."""
    std = np.where(np.ptp(x, axis=0) == 0, 1.0, x.std(0))
    return x.mean(0), std
