"""Figures of gradient descent: its way over a surface, and how high its noise holds it above the ground.

Each function takes data and `ax`, draws, and returns `ax`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots import style
from course_lib.plots.optimizers import contours, label_ends

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def walk(
    path: NDArray[Any], value: Callable[[ArrayLike], Any], window: Any, ax: Axes, title: str, color: str = style.BLUE
) -> Axes:
    """One path of shape (steps + 1, 2) on the contour lines of a function.

    A ring stands at the start, a dot at the end. A path of up to 60 steps has a small mark at each of its points; in a
    longer one they would cover the line, which is then drawn as pixels.

    Args:
        path: the points, the start first.
        value: points of shape (…, 2) -> heights above the lowest.
        window: ((x low, x high), (y low, y high)).
        ax: where.
        title: of the panel.
        color: of the path.
    """
    contours(value, window, ax, levels=9)
    long = len(path) > 61
    ax.plot(*path.T, color=color, lw=0.7 if long else 1.3, marker="" if long else "o", ms=2.8, rasterized=long)
    ax.plot(*path[0], "o", ms=8, mfc="none", mec=style.INK, mew=1.4)
    ax.plot(*path[-1], "o", ms=6, color=style.INK)
    ax.set(title=title, xlabel="$w_1$", ylabel="$w_2$")
    return ax


def floors(
    rates: ArrayLike, measured: Mapping[str, ArrayLike], lines: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes,
    ylabel: str,
) -> Axes:  # fmt: skip
    """Measured levels over learning rates as marks, and a line through what a formula says of them; both axes log.

    Args:
        rates: of the measurements, of shape (rates,).
        measured: name -> levels of shape (rates,). What is not finite is not drawn.
        lines: name -> (rates, levels) of the formula. Each line is named at its right end.
        ax: where.
        ylabel: of the axis.
    """
    ends = []
    for i, (name, levels) in enumerate(measured.items()):
        color = style.SERIES[i % len(style.SERIES)]
        x, y = (np.asarray(part, dtype=np.float64) for part in lines[name])
        shown = np.isfinite(y)
        ax.plot(x[shown], y[shown], color=color, lw=1.3)
        ax.plot(rates, np.asarray(levels, dtype=np.float64), style.MARKERS[i % len(style.MARKERS)], color=color, ms=6)
        ends.append((name, color, (float(x[shown][-1]), float(y[shown][-1]))))
    ax.set(xscale="log", yscale="log", xlabel="learning rate", ylabel=ylabel)
    label_ends(ends, ax, 0.075)
    return ax
