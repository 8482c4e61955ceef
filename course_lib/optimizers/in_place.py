"""The same rules for long vectors: the weights are written over, block by block.

A pure rule makes a new array for each operation. If the weights are too many for the caches, each of these arrays goes
to main memory and comes back, and that, not the arithmetic, is what a step costs. Two things help, and neither changes
a bit of the result:

* blocks: all operations on one part of the weights, while that part is in the cache, and then on the next part. No rule
  of RULES mixes the weights, so each can be taken this way, as it is;
* `out=`: no new arrays. This takes the formulas written once more, in `_kernels`; the rules that are not there go by
  blocks alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._arguments import number
from course_lib._numbers import reals
from course_lib.optimizers._kernels import KERNELS, Kernel, Scratch
from course_lib.optimizers.named import RULES
from course_lib.optimizers.named import rule as rule_of_name
from course_lib.optimizers.rules import Rule

Array = NDArray[Any]

BLOCK = 2**18
"""Bytes of an array that make a block: so few that the arrays of a block stay in the caches nearby, and so many that
the calls of NumPy cost little beside their work."""


def in_place(name: str, w: Array, **hyperparameters: Any) -> Callable[[Array, float], None]:
    """A function that takes one step of a rule after the other, and writes over the weights.

        step(g, lr)    does what    s, state = rule.update(g, state, t, lr, w);  w = w - s    would, bit for bit

    Args:
        name: one of RULES.
        w: weights, a contiguous and writable array of any shape, float16, float32 or float64. Each step changes them.
        **hyperparameters: what the rule takes; the others keep their defaults.

    Returns:
        step(g, lr). It keeps state and t; g, the gradient in shape and dtype of w, is only read. It raises ValueError
        for another shape and for lr outside of [0, inf), TypeError for another dtype, and has then changed nothing.

    Raises:
        ValueError: there is no such rule, a hyperparameter is out of its range, or w is read-only or not contiguous.
        TypeError: the rule takes no such hyperparameter, or w is no array of real floating-point numbers.

    >>> w = np.array([1.0, -2.0])
    >>> step = in_place("momentum", w, momentum=0.5)
    >>> for _ in range(2):
    ...     step(np.array([1.0, 0.0]), 0.25)
    >>> w
    array([ 0.375, -2.   ])
    """
    rule = rule_of_name(name, **hyperparameters)
    if not isinstance(w, np.ndarray) or w.dtype not in (np.float16, np.float32, np.float64):
        got = f"an array of {w.dtype}" if isinstance(w, np.ndarray) else f"a {type(w).__name__}"
        raise TypeError(f"w: got {got}; takes an array of float16, float32 or float64")
    if not (w.flags.c_contiguous and w.flags.writeable):
        got = "a read-only array" if w.flags.c_contiguous else "an array that is not contiguous"
        raise ValueError(f"w: got {got}; takes a contiguous one that can be written over")
    kernel = _kernel(name, rule, hyperparameters)
    length = BLOCK // w.itemsize
    flat = w.reshape(-1)
    scratch = np.empty((3, min(length, w.size)), w.dtype)
    blocks = [flat[i : i + length] for i in range(0, w.size, length)]
    scratches = [Scratch(*scratch[:, : len(block)]) for block in blocks]
    states = [rule.init(block) for block in blocks]
    t = 0

    @np.errstate(all="ignore")
    def step(g: Array, lr: float) -> None:
        nonlocal t
        g, lr = reals("g", g), number("lr", lr, 0, np.inf, "[)")
        if g.shape != w.shape:
            raise ValueError(f"g, w: got the shapes {g.shape} and {w.shape}; they take the same")
        if g.dtype != w.dtype:
            raise TypeError(f"g, w: got {g.dtype} and {w.dtype}; they take the same dtype")
        # a block that was moved must not change the gradient of the next
        g = (g.copy() if np.may_share_memory(g, w) else g).reshape(-1)
        t += 1
        for i, block in enumerate(blocks):
            s, states[i] = kernel(block, g[i * length : (i + 1) * length], states[i], t, lr, scratches[i])
            np.subtract(block, s, out=block)

    return step


def _kernel(name: str, rule: Rule, hyperparameters: dict[str, Any]) -> Kernel:
    """How a block is dealt with: the rule written with `out=`, or the pure rule itself."""
    if name not in KERNELS:
        return lambda w, g, state, t, lr, scratch: rule.update(g, state, t, lr, w)
    # NumPy's own numbers would widen what is computed with them
    plain = {k: v.item() if isinstance(v, np.generic | np.ndarray) else v for k, v in hyperparameters.items()}
    bound = inspect.signature(RULES[name]).bind(**plain)
    bound.apply_defaults()
    return KERNELS[name](**bound.arguments)
