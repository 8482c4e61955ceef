"""What several trainings say together: one that differs in its random numbers alone gives another result each time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from course_lib._numbers import reals


@np.errstate(all="ignore")
def mean_and_error(values: ArrayLike) -> tuple[float, float]:
    """The mean of what several runs gave, and its standard error.

        m = Σ_i x_i / n
        SE = s / sqrt(n),    s² = Σ_i (x_i - m)² / (n - 1)

    To compare two recipes whose runs share their random numbers, give it the differences, run by run: what the runs
    have in common drops out of these.

    Args:
        values: a number a run, of shape (n,) with n of at least 2.

    Returns:
        (m, SE), Python floats; nan where a value is nan or not finite.

    Raises:
        ValueError: the shape is another, or there is one value alone.
        TypeError: values holds no real numbers.

    Source: any textbook of statistics.

    >>> mean_and_error([1.0, 3.0])
    (2.0, 1.0)
    """
    x = reals("values", values, integers=True).astype(np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise ValueError(f"values: got the shape {x.shape}; takes (n,), a number a run, of two runs or more")
    return float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x)))
