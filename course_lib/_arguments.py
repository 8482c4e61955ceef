"""How public functions refuse a bad argument: one line that names it, what it got and what it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def number(name: str, value: Any, low: float, high: float, ends: str = "[]") -> float:
    """The argument as a Python float, if it is a finite number in the interval from low to high.

    A Python float keeps the dtype of the array it is multiplied with; NumPy's own float64 would widen it.

    Args:
        name: the argument, as the caller calls it.
        value: a Python or NumPy number, or an array without axes.
        low, high: the ends of the interval; high may be infinite.
        ends: which ends belong to it: "[]" both, "[)" the lower, "(]" the upper, "()" none.

    Raises:
        TypeError: not a real number. A bool is none: it is a mistake for one.
        ValueError: outside of the interval, or not finite.

    >>> number("rho", np.float32(0.5), 0, 1, "[)")
    0.5
    >>> number("rho", 1.0, 0, 1, "[)")
    Traceback (most recent call last):
    ValueError: rho: got 1.0; takes a number in [0, 1)
    """
    got = _python(value)
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        raise TypeError(f"{name}: got {_shown(value)}; takes a number in {ends[0]}{low:g}, {high:g}{ends[1]}")
    above = got >= low if ends[0] == "[" else got > low
    below = got <= high if ends[1] == "]" else got < high
    if not (above and below and math.isfinite(got)):
        raise ValueError(f"{name}: got {got!r}; takes a number in {ends[0]}{low:g}, {high:g}{ends[1]}")
    return float(got)


def whole(name: str, value: Any, low: int) -> int:
    """The argument as a Python int, if it is a whole number of at least low.

    >>> whole("steps", -1, 0)
    Traceback (most recent call last):
    ValueError: steps: got -1; takes a whole number of at least 0
    """
    got = _python(value)
    if isinstance(got, bool) or not isinstance(got, int):
        raise TypeError(f"{name}: got {_shown(value)}; takes a whole number of at least {low}")
    if got < low:
        raise ValueError(f"{name}: got {got}; takes a whole number of at least {low}")
    return got


def one_of(name: str, value: Any, known: Iterable[str]) -> str:
    """The argument, if it is one of the known names.

    >>> one_of("epsilon_at", "out", ("inside", "outside", "hat"))
    Traceback (most recent call last):
    ValueError: epsilon_at: got 'out'; takes 'inside', 'outside', 'hat'
    """
    names = list(known)
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"{name}: got {_shown(value)}; takes {', '.join(map(repr, names))}")
    return value


def flag(name: str, value: Any) -> bool:
    """The argument as a Python bool, if it is one. What merely counts as true may be a mistake: "no" does.

    >>> flag("training", 1)
    Traceback (most recent call last):
    TypeError: training: got 1; takes True or False
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: got {_shown(value)}; takes True or False")
    return bool(value)


def a_callable(name: str, value: Any) -> Callable[..., Any]:
    """The argument, if it can be called.

    >>> a_callable("gradient", 1.0)
    Traceback (most recent call last):
    TypeError: gradient: got 1.0; takes a function
    """
    if not callable(value):
        raise TypeError(f"{name}: got {_shown(value)}; takes a function")
    return value  # type: ignore[no-any-return]  # callable() says no more than that it is one


def _python(value: Any) -> Any:
    """A NumPy scalar, or an array without axes, as the Python number that it holds."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0 else value


def _shown(value: Any) -> str:
    """The value as a message shows it: an array by dtype and shape, anything else by its repr, cut short."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
