"""Figures of dropout: differences between recipes, and curves that were fitted to points.

Each function takes data and `ax`, draws, and returns `ax`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots import style
from course_lib.plots.signals import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def differences(groups: Mapping[str, ArrayLike], ax: Axes, xlabel: str) -> Axes:
    """A row a recipe, the first on top: a bar for each run's difference, a mark for the mean with two standard errors.

    Args:
        groups: name -> differences of shape (runs,), two runs or more, each to the same run of what is compared with.
        ax: where. A line stands at 0.
        xlabel: of the axis.
    """
    ax.axvline(0, color=style.MUTED, lw=1)
    return rows(groups, ax, xlabel)


def fits(
    x: ArrayLike, truth: ArrayLike, points: tuple[ArrayLike, ArrayLike], curves: Mapping[str, ArrayLike], ax: Axes,
    title: str,
) -> Axes:  # fmt: skip
    """A function (dashed), the points that were drawn from it (dots), and curves that were fitted to these.

    Args:
        x: of shape (n,), ascending.
        truth: the function there.
        points: (x, y) of the points; more than 200 are drawn as pixels.
        curves: name -> values of shape (n,); the names are in a legend below the title.
        ax: where.
        title: of the panel.
    """
    px, py = (np.asarray(part, dtype=np.float64) for part in points)
    many = len(px) > 200
    ax.plot(px, py, ".", color=style.MUTED, ms=1.6 if many else 4, alpha=0.5, rasterized=many)
    for i, (name, values) in enumerate(curves.items()):
        color, ls = style.SERIES[i % len(style.SERIES)], ("-", "-.", ":")[i % 3]
        ax.plot(x, np.asarray(values, dtype=np.float64), color=color, ls=ls, label=name)
    ax.plot(x, np.asarray(truth, dtype=np.float64), "--", color=style.INK, lw=1.2, label="the function")
    ax.set(title=title, xlabel="$x$", ylabel="$y$")
    ax.legend(fontsize=8.5, loc="upper left", handlelength=2.2)
    return ax
