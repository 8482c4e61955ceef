"""Gradient clipping: a bound on how far one step can go.

On a cliff of the loss the gradient is huge, and one step along it undoes hours of training. Clipping shortens such
gradients and leaves all others as they are. It can bound every component by itself (`by_value`), which turns the
gradient; the gradient of each variable (`by_norm`), which keeps the direction of each but not of all together; or all
variables at once (`by_global_norm`), which keeps the direction.

Norms are computed in float64 and never overflow. A gradient with inf or nan in it comes out as nan, whole: to make it
look harmless would hide the fault.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import number
from course_lib._numbers import Array, reals, scaled_norm


@np.errstate(all="ignore")
def by_value(g: ArrayLike, c: float) -> Array:
    """Each component is cut off at -c and c.

        clipped = min(max(g, -c), c)

    The direction changes: the components that were cut now count for less against the others.

    Args:
        g: gradient, an array of any shape.
        c: in [0, inf).

    Returns:
        The clipped gradient, in shape and dtype of g.

    Raises:
        ValueError: c is out of its range.
        TypeError: g holds no real numbers.

    Differs from no library: Keras' `clipvalue`, PyTorch's `clip_grad_value_` and Optax' `clip` do the same.

    Source: T. Mikolov, Statistical language models based on neural networks, 2012 (there c = 15).

    >>> by_value([0.9, 100.0], 1.0)
    array([0.9, 1. ])
    """
    c = number("c", c, 0, np.inf, "[)")
    return np.asarray(np.clip(reals("g", g), -c, c))


def by_norm(g: ArrayLike, c: float, *, epsilon: float = 0.0) -> Array:
    """A gradient longer than c is shortened to c.

        clipped = g · min(1, c / (‖g‖ + epsilon))

    Args:
        g: gradient of one variable, an array of any shape.
        c: in [0, inf).
        epsilon: in [0, inf). Above 0 the result is a little shorter than c, also where ‖g‖ is just below c.

    Returns:
        The clipped gradient, in shape and dtype of g.

    Raises:
        ValueError: c or epsilon is out of its range.
        TypeError: g holds no real numbers.

    Differs from PyTorch: its `clip_grad_norm_` of one parameter has epsilon 1e-6. Keras' `clipnorm` and Optax'
    `clip_by_block_rms` both work variable by variable, but the latter bounds the root of the mean, not of the sum.

    Source: R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks, 2013,
    algorithm 1.

    >>> by_norm([3.0, 4.0], 1.0)
    array([0.6, 0.8])
    """
    return by_global_norm([reals("g", g)], c, epsilon=epsilon)[0][0]


@np.errstate(all="ignore")
def by_global_norm(gs: Sequence[ArrayLike], c: float, *, epsilon: float = 0.0) -> tuple[list[Array], float]:
    """All gradients are shortened by one common factor, if together they are longer than c.

        norm = sqrt(Σ ‖g‖²) over all gradients,    clipped = g · min(1, c / (norm + epsilon))

    Args:
        gs: gradients, one array a variable, of any shapes and dtypes.
        c: in [0, inf).
        epsilon: in [0, inf). Above 0 the result is a little shorter than c, also where the norm is just below c.

    Returns:
        (clipped, norm): the list of clipped gradients, each in shape and dtype of its own; and the norm before
        clipping, which is worth a look during training. It is inf where it leaves the range of float64; the clipped
        gradients are right even then.

    Raises:
        ValueError: c or epsilon is out of its range.
        TypeError: gs is no sequence of arrays, or one of them holds no real numbers.

    Differs from PyTorch: its `clip_grad_norm_` has epsilon 1e-6. Keras' `global_clipnorm` and Optax'
    `clip_by_global_norm` as here, but in the dtype of the gradients, so that the norm overflows sooner.

    Source: as for `by_norm`.

    >>> clipped, norm = by_global_norm([np.array([3.0]), np.array([[4.0]])], 1.0)
    >>> clipped, norm
    ([array([0.6]), array([[0.8]])], 5.0)
    """
    c = number("c", c, 0, np.inf, "[)")
    epsilon = number("epsilon", epsilon, 0, np.inf, "[)")
    if not isinstance(gs, list | tuple):
        raise TypeError(f"gs: got a {type(gs).__name__}; takes a list of arrays, one a variable")
    arrays = [reals(f"gs[{i}]", g) for i, g in enumerate(gs)]
    together = np.concatenate([array.ravel().astype(np.float64) for array in arrays]) if arrays else np.zeros(0)
    size, ratio = (float(part[0]) for part in scaled_norm(together))
    norm = size * ratio
    if not np.isfinite(size):
        return [np.full_like(array, np.nan) for array in arrays], norm
    # everything in units of the largest component, for in these no norm overflows
    length = ratio + epsilon / size
    if length <= c / size:
        return [array.copy() for array in arrays], norm
    return [np.asarray(array.astype(np.float64) / size * (c / length), array.dtype) for array in arrays], norm
