"""Smaller pictures, for lectures that train many networks: a quarter of the pixels is a quarter of the arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import whole
from course_lib._numbers import Array, reals


def average_pool(pictures: ArrayLike, size: int = 2) -> Array:
    """Average pooling: each square of pixels becomes one pixel, their mean.

    Args:
        pictures: numbers of shape (n, height, width).
        size: the side of a square in pixels, at least 1; it divides height and width.

    Returns:
        Pictures of shape (n, height / size, width / size), in the dtype of pictures; whole numbers become float64.

    Raises:
        ValueError: the shape has not three axes, or size does not divide it or is below 1.
        TypeError: pictures holds no real numbers, or size is no whole one.

    Differs from Keras' AveragePooling2D, which takes channels too, and leaves out what does not fill a square.

    >>> average_pool([[[0.0, 2.0, 5.0, 5.0], [4.0, 6.0, 5.0, 5.0]]]).tolist()
    [[[3.0, 5.0]]]
    """
    x, size = reals("pictures", pictures, integers=True), whole("size", size, 1)
    if x.ndim != 3:
        raise ValueError(f"pictures: got the shape {x.shape}; takes (n, height, width)")
    n, height, width = x.shape
    if height % size or width % size:
        raise ValueError(f"size, pictures: got {size} and the shape {x.shape}; takes a divisor of height and width")
    return np.asarray(x.reshape(n, height // size, size, width // size, size).mean(axis=(2, 4)), x.dtype)
