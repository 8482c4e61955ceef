"""Figures of the part "Practice": how networks are made of others, and what ways to them end with, run by run.

Each function takes data and `ax`, draws, and returns `ax`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        ax.plot([at], [row + 0.22], style.MARKERS[row % len(style.MARKERS)], color=color, ms=6)
        ax.annotate(f"{mean:.2g}", (at, row + 0.22), (7, 0), textcoords="offset points", va="center", fontsize=9,
                    color=style.INK)  # fmt: skip
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlabel=xlabel, ylim=(len(rows) - 0.4, -0.6))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax


def transplant_scheme(base: Sequence[str], ax: Axes) -> Axes:
    """Two networks, from left to right: A, cut before its head; below it B, copies of A's layers and a new head.

    Args:
        base: the names of the layers that B takes from A.
        ax: where; its axes are hidden.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> [text.get_text() for text in transplant_scheme(["layer 1"], ax).texts if text.get_text().startswith("head")]
    ['head of A']
    >>> plt.close()
    """
    cut = len(base) + 0.5
    heads = {"A": ("head of A", style.GREEN), "B": ("new head", style.ORANGE)}
    for row, (letter, (head, own)) in enumerate(heads.items()):
        ax.annotate(letter, (-0.75, -row), ha="center", va="center", fontweight="bold", color=style.INK)
        for place, name in enumerate(["pixels", *base, head]):
            color = style.MUTED if place == 0 else style.BLUE if place <= len(base) else own
            box = {"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": color, "linewidth": 1.6}
            ax.annotate(name, (place, -row), ha="center", va="center", fontsize=10, color=style.INK, bbox=box)
            if place:
                ax.annotate("", (place - 0.36, -row), (place - 0.64, -row),
                            arrowprops={"arrowstyle": "->", "color": style.MUTED})  # fmt: skip
            if row and 0 < place <= len(base):
                ax.annotate("", (place, -0.76), (place, -0.24), arrowprops={"arrowstyle": "->", "color": style.BLUE})
                ax.annotate("copy", (place + 0.05, -0.5), va="center", fontsize=9, color=style.MUTED)
    ax.plot([cut, cut], [0.42, -0.5], ls="--", lw=1.2, color=style.INK)
    ax.annotate("cut", (cut + 0.05, -0.45), va="center", fontsize=9, color=style.MUTED)
    ax.set(xlim=(-1, len(base) + 1.6), ylim=(-1.4, 0.5))
    ax.axis("off")
    return ax
