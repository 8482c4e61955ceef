"""Gradients of a function of tensors, on each backend of Keras: the one thing that `keras.ops` has no name for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Tensors = list[Any]


def with_gradients(f: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Tensors]]:
    """A function that gives, instead of a number, its gradients.

        (more, gradients) = with_gradients(f)(watched, *others),    (value, more) = f(watched, *others)

    Args:
        f: takes a list of tensors and whatever else; returns a tensor without axes, and a list of further ones. On
            TensorFlow and JAX it is compiled: it computes from its arguments alone, and changes nothing.

    Returns:
        A function: more as f gives it, and the gradient of the value for each of the list; zeros where it has none.

    >>> import keras
    >>> half_square = with_gradients(lambda watched: (keras.ops.sum(watched[0] ** 2) / 2, []))
    >>> _, [gradient] = half_square([keras.ops.convert_to_tensor([3.0, -1.0])])
    >>> keras.ops.convert_to_numpy(gradient)
    array([ 3., -1.], dtype=float32)
    """
    import keras

    backend = keras.backend.backend()
    if backend not in _OF_BACKEND:
        raise NotImplementedError(f"keras: its backend is {backend}; takes {', '.join(_OF_BACKEND)}")
    return _OF_BACKEND[backend](f)


def _of_tensorflow(f: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Tensors]]:
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is not typed
    def both(watched: Tensors, *others: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            value, more = f(watched, *others)
        return more, tape.gradient(value, watched, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return lambda watched, *others: tuple(both(watched, *others))


def _of_jax(f: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Tensors]]:
    import jax

    both = jax.jit(jax.grad(f, has_aux=True))
    return lambda watched, *others: both(watched, *others)[::-1]


def _of_torch(f: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Tensors]]:
    import torch

    def both(watched: Tensors, *others: Any) -> tuple[Any, Tensors]:
        leaves = [w.detach().requires_grad_() for w in watched]  # share their memory, and no history
        with torch.enable_grad(), torch.random.fork_rng():  # what f draws, the next to draw is to draw again
            value, more = f(leaves, *others)
        gradients = torch.autograd.grad(value, leaves, allow_unused=True)
        return more, [torch.zeros_like(w) if g is None else g for w, g in zip(leaves, gradients, strict=True)]

    return both


_OF_BACKEND = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}
