"""Backpropagation: the gradient of a loss for all weights of a network of dense layers, in one pass back.

    forward:   a_0 = x,    z_k = a_{k-1} W_k + b_k,    a_k = activation(z_k)
    backward:  delta_k = dJ/dz_k = activation'(z_k) · dJ/da_k,    dJ/da_{k-1} = delta_k W_kᵀ
               dJ/dW_k = a_{k-1}ᵀ delta_k,                        dJ/db_k = Σ delta_k over the examples

Each delta is made from the one after it, so that all gradients together cost about twice what the output costs. The
products nest: delta_1 = activation'(z_1) · ((activation'(z_2) · (… W_3ᵀ)) W_2ᵀ). Where their factors are small, the
gradients of the first layers vanish.

The loss J is not part of it: `backward` starts from dJ/d(output), which a gradient of `course_lib.losses` gives. All
is computed in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import one_of
from course_lib._numbers import Array, reals
from course_lib.activations import ACTIVATIONS


class Cache(NamedTuple):
    """What `forward` leaves for `backward`: of each layer its input, its weighted sum, and its activation.

    inputs: a_0, …, of shape (examples, in), float64.
    sums: z_1, …, of shape (examples, out), float64.
    activations: names in ACTIVATIONS.
    shape: that of the output, which may have more axes than one in front.
    """

    inputs: tuple[Array, ...]
    sums: tuple[Array, ...]
    activations: tuple[str, ...]
    shape: tuple[int, ...]


@np.errstate(all="ignore")
def forward(
    x: ArrayLike,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    activation: str,
    output_activation: str | None = None,
) -> tuple[Array, Cache]:
    """The output of the network, and what its gradient will need.

    Args:
        x: of shape (…, in), an example a row.
        weights: kernels of shape (in, out), one a layer; each takes what the one before gives.
        biases: of shape (out,), one a layer.
        activation: of all layers but the last: a name in `course_lib.activations.ACTIVATIONS`.
        output_activation: that of the last; None for the same.

    Returns:
        (output, cache): output of shape (…, out) in the dtype of x.

    Raises:
        ValueError: there is no layer, a shape does not fit, or an activation is unknown.
        TypeError: an array holds no real numbers, or weights or biases is no list or tuple.

    Differs from PyTorch, whose `Linear` holds the transposed kernel, (out, in). Keras is as here.

    >>> output, cache = forward([[1.0, 2.0]], [[[3.0], [4.0]]], [[-1.0]], "relu")
    >>> output
    array([[10.]])
    """
    one_of("activation", activation, ACTIVATIONS)
    if output_activation is not None:
        one_of("output_activation", output_activation, ACTIVATIONS)
    x = reals("x", x)
    kernels, shifts = _layers(weights, biases)
    if x.ndim == 0 or x.shape[-1] != len(kernels[0]):
        raise ValueError(f"x, weights[0]: got the shapes {x.shape} and {kernels[0].shape}; they take (…, n) and (n, …)")
    names = (activation,) * (len(kernels) - 1) + (output_activation or activation,)
    examples = int(np.prod(x.shape[:-1]))
    a, inputs, sums = x.astype(np.float64).reshape(examples, -1 if examples else x.shape[-1]), [], []
    for w, b, name in zip(kernels, shifts, names, strict=True):
        inputs.append(a)
        sums.append(a @ w + b)
        a = ACTIVATIONS[name][0](sums[-1])
    shape = (*x.shape[:-1], a.shape[-1])
    return np.asarray(a.reshape(shape), x.dtype), Cache(tuple(inputs), tuple(sums), names, shape)


@np.errstate(all="ignore")
def backward(
    cache: Cache, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike], output_gradient: ArrayLike
) -> tuple[list[Array], list[Array]]:
    """The gradients for all kernels and biases.

    Args:
        cache: of `forward` with the same weights and biases.
        weights, biases: as for `forward`.
        output_gradient: dJ/d(output), of the shape of the output. What it is a mean of, the gradients are means of:
            here nothing is divided by the number of examples.

    Returns:
        (weight_gradients, bias_gradients): lists, each in shape and dtype of its weights.

    Raises:
        ValueError: a shape does not fit what the cache is of.
        TypeError: an array holds no real numbers, or the cache is none.

    Source: D. E. Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by back-propagating errors, 1986.

    >>> weights, biases = [[[3.0], [4.0]]], [[-1.0]]
    >>> output, cache = forward([[1.0, 2.0]], weights, biases, "relu")
    >>> backward(cache, weights, biases, [[0.5]])
    ([array([[0.5],
           [1. ]])], [array([0.5])])
    """
    kernels, shifts = _layers(weights, biases)
    errors = deltas(cache, weights, output_gradient)
    return (
        [np.asarray(a.T @ delta, w.dtype) for a, delta, w in zip(cache.inputs, errors, kernels, strict=True)],
        [np.asarray(delta.sum(0), b.dtype) for delta, b in zip(errors, shifts, strict=True)],
    )


@np.errstate(all="ignore")
def deltas(cache: Cache, weights: Sequence[ArrayLike], output_gradient: ArrayLike) -> list[Array]:
    """The errors of all layers: how much the loss changes with each weighted sum of each example.

        delta_k = dJ/dz_k = activation'(z_k) · (delta_{k+1} W_{k+1}ᵀ),    in the last layer activation'(z) · dJ/da

    Args:
        cache, weights, output_gradient: as for `backward`.

    Returns:
        delta_1, …, each of shape (examples, out), float64.

    Raises:
        ValueError: a shape does not fit what the cache is of.
        TypeError: an array holds no real numbers, or the cache is none.

    >>> weights, biases = [[[2.0]], [[3.0]]], [[0.0], [0.0]]
    >>> output, cache = forward([[1.0]], weights, biases, "relu")
    >>> deltas(cache, weights, [[0.5]])
    [array([[1.5]]), array([[0.5]])]
    """
    if not isinstance(cache, Cache):
        raise TypeError(f"cache: got a {type(cache).__name__}; takes the second of what forward returns")
    kernels = _kernels(weights)
    layers = [(a.shape[1], z.shape[1]) for a, z in zip(cache.inputs, cache.sums, strict=True)]
    if [kernel.shape for kernel in kernels] != layers:
        raise ValueError(f"weights: got the shapes {[kernel.shape for kernel in kernels]}; the cache is of {layers}")
    gradient = reals("output_gradient", output_gradient, cache.shape, "cache")
    upstream = gradient.astype(np.float64).reshape(cache.sums[-1].shape)
    errors = []
    for k in reversed(range(len(kernels))):
        slope = ACTIVATIONS[cache.activations[k]][1](cache.sums[k])
        if slope.ndim == upstream.ndim:
            errors.append(slope * upstream)
        else:  # softmax: its derivative is a matrix an example
            errors.append(np.einsum("...ij,...i->...j", slope, upstream))
        upstream = errors[-1] @ kernels[k].T.astype(np.float64)
    return errors[::-1]


def _layers(weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> tuple[list[Array], list[Array]]:
    """Kernels and biases as arrays that fit each other."""
    if not isinstance(biases, list | tuple):
        raise TypeError(_no_list("biases", biases))
    if isinstance(weights, list | tuple) and (not weights or len(weights) != len(biases)):
        raise ValueError(f"weights, biases: got {len(weights)} and {len(biases)}; they take as many, one or more")
    kernels = _kernels(weights)
    return kernels, [reals(f"biases[{k}]", b, kernels[k].shape[1:], f"weights[{k}]") for k, b in enumerate(biases)]


def _kernels(weights: Sequence[ArrayLike]) -> list[Array]:
    """Kernels as arrays, each of which takes what the one before gives."""
    if not isinstance(weights, list | tuple):
        raise TypeError(_no_list("weights", weights))
    kernels = [reals(f"weights[{k}]", w) for k, w in enumerate(weights)]
    for k, kernel in enumerate(kernels):
        if kernel.ndim != 2:
            raise ValueError(f"weights[{k}]: got the shape {kernel.shape}; takes (in, out)")
        if k and len(kernel) != kernels[k - 1].shape[1]:
            raise ValueError(
                f"weights[{k - 1}], weights[{k}]: got the shapes {kernels[k - 1].shape} and {kernel.shape}; "
                "they take (…, n) and (n, …)"
            )
    return kernels


def _no_list(name: str, value: object) -> str:
    return f"{name}: got a {type(value).__name__}; takes a list with one array a layer"
