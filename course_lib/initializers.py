"""Initializers: how large the random weights are that training starts from.

A sum of n products of weights and inputs, independent and of mean 0, has n · Var(w) · Var(x) for its variance. So a
variance of 1/n for the weights is what keeps signals of one size from layer to layer, and most initializers are this
one with another n, a factor for the activation, and a distribution of their own.

All give float64, draw from a generator that they are given, and take kernels as Keras has them: (…, in, out).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib._arguments import number, one_of, whole
from course_lib._numbers import Array, generator

if TYPE_CHECKING:
    from course_lib._keras_initializer import KerasInitializer

Shape = tuple[int, ...] | list[int]
MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs meet in one output of a kernel, and how many outputs one input takes part in.

        shape (n,):           n, n             a vector, such as a bias
        shape (in, out):      in, out          a dense layer
        shape (…, in, out):   r · in, r · out  a convolution, whose window … has r places

    Args:
        shape: a tuple or list of at least one whole number.

    Returns:
        (fan_in, fan_out).

    Raises:
        ValueError: shape is empty, or a number in it is below 0.
        TypeError: shape is no tuple or list of whole numbers.

    Differs from PyTorch, whose kernels are (out, in, …), and from Keras for the empty shape, which it gives (1, 1).

    >>> fans((300, 100)), fans((3, 3, 64, 128))
    ((300, 100), (576, 1152))
    """
    shape = _shape(shape)
    window = math.prod(shape[:-2])
    return window * shape[max(len(shape) - 2, 0)], window * shape[-1]


@np.errstate(all="ignore")
def variance_scaling(shape: Shape, scale: float, mode: str, distribution: str, rng: np.random.Generator) -> Array:
    """Random numbers of mean 0 and the variance scale / n, n being one of the fans or their mean.

        n = fan_in, fan_out or (fan_in + fan_out) / 2,    σ² = scale / n
        uniform:             in [-√3 σ, √3 σ)
        truncated_normal:    normal, drawn again where |z| > 2, and divided by what that leaves of the standard
                             deviation, 0.8796…: so it is σ, and no number exceeds 2 σ / 0.8796 = 2.27 σ
        untruncated_normal:  normal

    Args:
        shape: of the kernel, (…, in, out).
        scale: in (0, inf).
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "uniform", "truncated_normal" or "untruncated_normal". Plain "normal" is refused: it is the
            truncated one in Keras and the other elsewhere.
        rng: draws the numbers.

    Returns:
        The weights, float64, of this shape. A fan of 0, of an empty kernel, counts as 1.

    Raises:
        ValueError: scale is out of its range, a name is unknown, or shape is not one that `fans` takes.
        TypeError: shape is no tuple of whole numbers, or rng is no generator.

    >>> w = variance_scaling((400, 100), 2.0, "fan_in", "uniform", np.random.default_rng(0))
    >>> round(float(w.var()), 4)
    0.005
    """
    fan_in, fan_out = fans(shape)
    scale = number("scale", scale, 0, np.inf, "()")
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[one_of("mode", mode, MODES)]
    one_of("distribution", distribution, DISTRIBUTIONS)
    rng, sigma = generator("rng", rng), math.sqrt(scale) / math.sqrt(max(n, 1))
    if distribution == "uniform":
        return rng.uniform(-math.sqrt(3) * sigma, math.sqrt(3) * sigma, shape)
    if distribution == "untruncated_normal":
        return sigma * rng.standard_normal(shape)
    return sigma / _LEFT * _truncated(tuple(shape), rng)


def glorot_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Var(w) = 2 / (fan_in + fan_out), uniform: a compromise between signals forward and gradients backward.

    For tanh and other activations with slope 1 at 0. A logistic layer, of slope ¼, needs weights 4 times as large.

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.

    >>> w = glorot_uniform((300, 100), np.random.default_rng(0))
    >>> round(float(abs(w).max()), 3)  # √(6 / 400) = 0.1225
    0.122
    """
    return variance_scaling(shape, 1.0, "fan_avg", "uniform", rng)


def glorot_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """As `glorot_uniform`, from the truncated normal distribution.

    Differs from PyTorch's `xavier_normal_`, which is not truncated.
    """
    return variance_scaling(shape, 1.0, "fan_avg", "truncated_normal", rng)


def he_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Var(w) = 2 / fan_in, uniform: relu lets half of the mean square through, which the 2 makes up for.

    Source: K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, 2015.
    """
    return variance_scaling(shape, 2.0, "fan_in", "uniform", rng)


def he_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """As `he_uniform`, from the truncated normal distribution.

    Differs from the paper and from PyTorch's `kaiming_normal_`, which are not truncated.
    """
    return variance_scaling(shape, 2.0, "fan_in", "truncated_normal", rng)


def lecun_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Var(w) = 1 / fan_in, uniform: signals forward keep their size.

    Source: Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, Efficient backprop, 1998, section 4.6.
    """
    return variance_scaling(shape, 1.0, "fan_in", "uniform", rng)


def lecun_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """As `lecun_uniform`, from the truncated normal distribution: what `selu` needs to stay at variance 1.

    Differs from PyTorch, whose `calculate_gain("selu")` is 3/4; selu's own theory asks for the gain 1.
    """
    return variance_scaling(shape, 1.0, "fan_in", "truncated_normal", rng)


@np.errstate(all="ignore")
def orthogonal(shape: Shape, gain: float, rng: np.random.Generator) -> Array:
    """A random matrix whose columns are of length gain and at right angles, or whose rows are, if it is wide.

        A = Q R,  A of independent normal numbers;    W = gain · Q · sign(diag R)

    The signs make every orthogonal matrix as likely as every other. x W is as long as gain · x where out >= in; where
    out < in it is the part of x in a random subspace, on average √(out / in) as long.

    Args:
        shape: (…, in, out), of two axes or more; all but the last together are the rows.
        gain: in (0, inf).
        rng: draws A.

    Returns:
        The weights, float64, of this shape.

    Raises:
        ValueError: shape has fewer than two axes, or gain is out of its range.
        TypeError: shape is no tuple of whole numbers, or rng is no generator.

    Source: A. M. Saxe, J. L. McClelland, S. Ganguli, Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks, 2014.

    >>> w = orthogonal((3, 3), 2.0, np.random.default_rng(0))
    >>> np.allclose(w.T @ w, 4 * np.eye(3))
    True
    """
    shape, gain = _shape(shape), number("gain", gain, 0, np.inf, "()")
    if len(shape) < 2:
        raise ValueError(f"shape: got {shape}; takes two axes or more")
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(generator("rng", rng).standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diag(r) < 0, -gain, gain)
    return np.asarray(q if rows >= columns else q.T).reshape(shape)


INITIALIZERS: dict[str, Callable[..., Array]] = {
    initializer.__name__: initializer
    for initializer in (
        variance_scaling, glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal
    )
}  # fmt: skip
"""Name -> initializer."""


def to_keras(initializer: Callable[..., Array], seed: int, **arguments: Any) -> KerasInitializer:
    """The initializer as one of Keras, for `kernel_initializer=`; it is saved with the model.

    As with Keras' own and a seed, every call draws the same numbers: give each layer a seed of its own. To load a
    model that has it, import its class first: `from course_lib.initializers import KerasInitializer`.

    Args:
        initializer: a function of this module.
        seed: at least 0, for `numpy.random.default_rng`.
        arguments: what it takes besides shape and rng, such as gain.

    Returns:
        A `keras.initializers.Initializer`.

    Raises:
        TypeError: it is another function, which cannot be saved, or an argument is missing or one too many.
        ValueError: an argument is out of its range.
    """
    from course_lib._keras_initializer import KerasInitializer

    if initializer not in INITIALIZERS.values():
        raise TypeError(f"initializer: got {initializer!r}; takes one of {', '.join(INITIALIZERS)}")
    name = initializer.__name__
    known = [argument for argument in inspect.signature(initializer).parameters if argument not in ("shape", "rng")]
    if set(arguments) != set(known):
        got, takes = (", ".join(names) or "none" for names in (arguments, known))
        raise TypeError(f"arguments: got {got}; {name} takes {takes}")
    return KerasInitializer(name, seed, arguments)


def _shape(shape: Shape) -> tuple[int, ...]:
    """The argument as a tuple of Python integers."""
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape: got {shape!r}; takes a tuple of whole numbers")
    if not shape:
        raise ValueError("shape: got (); takes one axis or more")
    return tuple(whole(f"shape[{i}]", n, 0) for i, n in enumerate(shape))


def _truncated(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Normal numbers, those beyond 2 drawn again until there are none."""
    z = rng.standard_normal(shape)
    while (beyond := np.abs(z) > 2).any():
        z[beyond] = rng.standard_normal(np.count_nonzero(beyond))
    return z


#: Standard deviation of a normal number that is known to be within ±2: 1 - 2 · 2 φ(2) / (2 Φ(2) - 1) is its square.
_LEFT = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def __getattr__(name: str) -> Any:
    """`KerasInitializer`, the one name that needs Keras, which is loaded when somebody asks for it and not before."""
    if name == "KerasInitializer":
        from course_lib._keras_initializer import KerasInitializer

        return KerasInitializer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
