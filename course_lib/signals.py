"""Signals by layer: how large activations are on the way forward, and gradients on the way back.

    look = watch(model)                # once
    seen = look(x, y)                  # as often as you like: after every epoch
    seen.gradients["dense"].std

A signal that shrinks by the same factor in every layer vanishes, one that grows explodes. Both show as a straight line
over the layers when the standard deviations are drawn on a logarithmic axis.

`network_signals` is for the networks of `course_lib.backprop`, `watch` for models of Keras, which is imported when
somebody calls it and not before. `mean_square` is what theory says of layers that are wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib._arguments import flag, number, one_of
from course_lib._keras_gradients import with_gradients
from course_lib._numbers import Array, reals
from course_lib.activations import ACTIVATIONS
from course_lib.backprop import Cache, backward


class Summary(NamedTuple):
    """What an array is like.

    mean, std: over all of its numbers; the standard deviation is that with n below.
    largest: the largest absolute value.
    zeros: the share of numbers that are 0 exactly: of a ReLU, those that pass nothing on.
    """

    mean: float
    std: float
    largest: float
    zeros: float


class Signals(NamedTuple):
    """Summaries by the name of the layer, in the order of the layers.

    activations: of what each layer gives.
    gradients: of dJ/dW, for each layer that has a kernel W.
    """

    activations: dict[str, Summary]
    gradients: dict[str, Summary]


@np.errstate(all="ignore")
def summary(x: ArrayLike) -> Summary:
    """Mean, standard deviation, largest absolute value and share of zeros.

        mean = Σ x / n,    std = sqrt(Σ (x - mean)² / n)

    Args:
        x: of any shape. In an array that holds a nan or an infinite number, the mean and the deviation are nan.

    Returns:
        Four Python numbers; those of an empty array are 0.

    Raises:
        TypeError: x holds no real numbers.

    >>> summary([[0.0, 0.0], [2.0, -2.0]])
    Summary(mean=0.0, std=1.4142135623730951, largest=2.0, zeros=0.5)
    """
    x = reals("x", x)
    if x.size == 0:
        return Summary(0.0, 0.0, 0.0, 0.0)
    largest = float(np.max(np.abs(x)))
    zeros = 1.0 - int(np.count_nonzero(x)) / x.size
    if not np.isfinite(largest):
        return Summary(np.nan, np.nan, largest, zeros)
    # by a power of 2, so that no square overflows or vanishes and no digit is lost
    size = float(np.exp2(np.frexp(largest)[1] - 1)) if largest else 1.0
    scaled = x.astype(np.float64) / size
    return Summary(float(scaled.mean()) * size, float(scaled.std()) * size, largest, zeros)


def network_signals(
    cache: Cache, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike], output_gradient: ArrayLike
) -> Signals:
    """The signals of a network of `course_lib.backprop`.

    Args:
        cache: of `forward` with the same weights and biases.
        weights, biases: kernels and biases, one a layer.
        output_gradient: dJ/d(output), as for `backward`.

    Returns:
        The signals; the layers are called "1", "2", ….

    Raises: as `course_lib.backprop.backward`.

    >>> from course_lib.backprop import forward
    >>> weights, biases = [[[1.0, -1.0]], [[2.0], [3.0]]], [[0.0, 0.0], [0.0]]
    >>> output, cache = forward([[4.0]], weights, biases, "relu", "linear")
    >>> seen = network_signals(cache, weights, biases, [[1.0]])
    >>> seen.activations["1"].zeros, seen.activations["2"].mean, seen.gradients["1"].largest
    (0.5, 8.0, 8.0)
    """
    gradients, _ = backward(cache, weights, biases, output_gradient)
    with np.errstate(all="ignore"):
        output = ACTIVATIONS[cache.activations[-1]][0](cache.sums[-1])
    names = [str(k + 1) for k in range(len(gradients))]
    return Signals(
        dict(zip(names, map(summary, (*cache.inputs[1:], output)), strict=True)),
        dict(zip(names, map(summary, gradients), strict=True)),
    )


@np.errstate(all="ignore")
def mean_square(activation: str, incoming: float, slope: bool = False) -> float:
    """The mean square of what an activation f makes of normal numbers of mean 0: what a wide random layer passes on.

        mean of f(z)²,    z normal, of mean 0 and mean square incoming

    A weighted sum of n inputs with independent random weights of mean 0 is nearly normal for large n, and has the mean
    square n · Var(w) · (mean square of the inputs). So the mean squares of one layer follow from those of the layer
    before it, forward with f, and backward, for errors, with f'.

    Args:
        activation: a name in `course_lib.activations.ACTIVATIONS`, but for "softmax", whose outputs need each other.
        incoming: mean square of z, in [0, inf).
        slope: whether f is the derivative of the activation.

    Returns:
        The integral, a Python number; to nine digits for functions with kinks at 0 only and incoming up to 100.

    Raises:
        ValueError: incoming is out of its range, or the activation unknown.
        TypeError: incoming is no real number, or slope no bool.

    Source: B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein, S. Ganguli, Exponential expressivity in deep neural
    networks through transient chaos, 2016, equation 3.

    >>> round(mean_square("relu", 3.0), 6), round(mean_square("tanh", 1.0), 6)
    (1.5, 0.394294)
    """
    name = one_of("activation", activation, [known for known in ACTIVATIONS if known != "softmax"])
    f = ACTIVATIONS[name][flag("slope", slope)]
    z = np.sqrt(number("incoming", incoming, 0, np.inf, "[)")) * _NODES
    squares = (np.stack([f(z), f(-z)]) * _ROOTS) ** 2
    return float(np.sum(squares))


def _normal_rule() -> tuple[Array, Array]:
    """Points z > 0 and roots of weights so that Σ (root · f(z))² + (root · f(-z))² is the mean of f² over N(0, 1).

    Gauss and Legendre's rule on each side of 0 by itself, since activations have kinks there; beyond 12 nothing is
    left. The roots are multiplied before squaring, so that no square overflows that the mean does not.
    """
    at, weights = np.polynomial.legendre.leggauss(200)
    z = 6 * (at + 1)
    weights = weights * np.exp(-(z**2) / 2)
    return z, np.sqrt(weights / (2 * weights.sum()))


_NODES, _ROOTS = _normal_rule()


def watch(model: Any, training: bool = True) -> Callable[[Any, Any], Signals]:
    """A function that gives the signals of a Keras model for a batch.

    It costs about what one step of training with the batch costs, and changes nothing: the weights stay, and so do
    the moving statistics of batch normalization and the random states of dropout, which training moves.

    Args:
        model: compiled, with one input and one output, of the functional kind or `Sequential`, and built.
        training: whether its layers are in training, where batch normalization takes the statistics of the batch and
            dropout drops, or at inference.

    Returns:
        look(x, y) -> Signals for a batch and its targets, under the names of the layers. The gradients are those of
        the loss that the model is compiled with, its mean over the batch, without penalties on the weights. Frozen
        kernels are included. A model inside of the model counts as one layer, without gradients.

    Raises:
        TypeError: model is no Keras model, or training no bool.
        ValueError: the model is not built, not compiled, or has several inputs or outputs.
        NotImplementedError: another backend of Keras than TensorFlow, JAX or PyTorch.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError(f"model: got a {type(model).__name__}; takes a Keras model")
    if not isinstance(training, bool):
        raise TypeError(f"training: got {training!r}; takes True or False")
    if not model.built or not getattr(model, "outputs", None):
        raise ValueError("model: got one that is not built; takes one that knows the shape of its input")
    for what, some in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(some) != 1:
            raise ValueError(f"model: got {len(some)} {what}; takes one")
    if not model.compiled or model.loss is None:
        raise ValueError("model: got one without a loss; takes a compiled one")
    ops = keras.ops
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    with_kernel = [layer for layer in layers if getattr(layer, "kernel", None) is not None]
    kernels = [layer.kernel for layer in with_kernel]
    loss = keras.losses.get(model.loss)
    parts = keras.Model(model.inputs, [*(layer.output for layer in layers), model.outputs[0]])
    others = [v for v in parts.variables if all(v is not kernel for kernel in kernels)]

    def forward(values: list[Any], rest: list[Any], x: Any, y: Any) -> tuple[Any, list[Any]]:
        # in the scope variables have these values; what layers assign to them stays there, and is gone afterwards
        with keras.StatelessScope([*zip(kernels, values, strict=True), *zip(others, rest, strict=True)]):
            *outputs, prediction = parts([x], training=training)
        return ops.mean(loss(y, prediction)), outputs

    both = with_gradients(forward)

    def look(x: Any, y: Any) -> Signals:
        values, rest = ([ops.convert_to_tensor(v) for v in group] for group in (kernels, others))
        outputs, gradients = both(values, rest, *(a if ops.is_tensor(a) else np.asarray(a) for a in (x, y)))
        return Signals(
            {layer.name: summary(_numpy(a)) for layer, a in zip(layers, outputs, strict=True)},
            {layer.name: summary(_numpy(g)) for layer, g in zip(with_kernel, gradients, strict=True)},
        )

    return look


def _numpy(tensor: Any) -> Array:
    """A tensor as an array of real numbers; bfloat16, which NumPy does not have, as float32."""
    import keras

    array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return array if array.dtype.kind == "f" else array.astype(np.float32)
