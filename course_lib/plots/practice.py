"""Figures of the part "Practice": what several ways to a network end with, run by run.

Each function takes data and `ax`, draws, and returns `ax`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def strips(rows: Mapping[str, ArrayLike], ax: Axes, xlabel: str, *, least: float | None = None) -> Axes:
    """A row a name, the first on top: a bar for each run, and below it a mark for their mean, with its number.

    Args:
        rows: name -> values of shape (runs,).
        ax: where; on the scale that it has.
        xlabel: of the axis.
        least: smaller values are drawn there: for a logarithmic axis, which has no 0. The mean is that of all values.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> strips({"frozen": [1.0, 3.0]}, ax, "error").lines[1].get_xdata().tolist()
    [2.0]
    >>> plt.close()
    """
    for row, (_, values) in enumerate(rows.items()):
        runs = np.asarray(values, dtype=np.float64)
        color = style.SERIES[row % len(style.SERIES)]
        drawn = runs if least is None else np.maximum(runs, least)
        ax.plot(drawn, np.full(len(runs), row - 0.12), "|", color=color, ms=10, mew=1.2)
        mean = float(runs.mean())
        at = mean if least is None else max(mean, least)
        ax.plot([at], [row + 0.22], MARKERS[row % len(MARKERS)], color=color, ms=6)
        ax.annotate(f"{mean:.2g}", (at, row + 0.22), (7, 0), textcoords="offset points", va="center", fontsize=9,
                    color=style.INK)  # fmt: skip
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlabel=xlabel, ylim=(len(rows) - 0.4, -0.6))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax
