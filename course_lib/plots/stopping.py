"""Figures of the lecture on early stopping: what choosing does to a score, and where errors turn.

Each function takes data and axes, draws, and returns the axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots import style
from course_lib.plots.signals import bands


def slopes(columns: Mapping[str, ArrayLike], ax: Any, words: tuple[str, str] = ("", "")) -> Any:
    """Each run as a thin line from column to column; in each column the mean, with two standard errors up and down.

    Args:
        columns: name -> values of the runs, in the same order in each column.
        ax: axes; the label of y is yours to set.
        words: what stands above the line of 0, and below it.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> [label.get_text() for label in slopes({"before": [1.0, 2.0], "after": [0.0, 1.0]}, ax).get_xticklabels()]
    ['before', 'after']
    >>> plt.close()
    """
    runs = np.array([np.asarray(values, dtype=np.float64) for values in columns.values()])
    places = np.arange(len(runs))
    ax.axhline(0, color=style.INK, lw=1)
    ax.plot(places, runs, color=style.MUTED, lw=0.7, alpha=0.7)
    error = 2 * runs.std(axis=1, ddof=1) / np.sqrt(runs.shape[1])
    ax.errorbar(places, runs.mean(axis=1), error, fmt="o-", color=style.RED, lw=2.4, ms=7, capsize=5, zorder=3)
    for text, side, where in zip(words, (3, -3), ("bottom", "top"), strict=True):
        ax.annotate(text, (places[-1] + 0.08, 0), (0, side), textcoords="offset points", va=where, color=style.MUTED,
                    annotation_clip=False)  # fmt: skip
    ax.set_xticks(places, list(columns))
    ax.set_xlim(-0.25, places[-1] + 0.75)
    ax.grid(axis="x", visible=False)
    return ax


def turns(x: ArrayLike, curves: Mapping[str, ArrayLike], ax: Any) -> Any:
    """Lines over x, named at their ends, each with a mark where it is lowest.

    Args:
        x: of shape (n,).
        curves: name -> values of shape (n,), or (runs, n), of which the mean is drawn.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> turns([0, 1, 2], {"loss": [1.0, 0.5, 0.7]}, ax).lines[-1].get_xdata().tolist()
    [1.0]
    >>> plt.close()
    """
    places = np.asarray(x, dtype=np.float64)
    means = {name: np.atleast_2d(np.asarray(values, dtype=np.float64)).mean(axis=0) for name, values in curves.items()}
    bands(places, means, ax, dashed=tuple(means), gap=0.1)
    for line, mean in zip(list(ax.lines[-len(means) :]), means.values(), strict=True):
        line.set(linestyle="-", linewidth=1.8)
        lowest = int(mean.argmin())
        ax.plot(places[[lowest]], mean[[lowest]], "o", color=line.get_color(), ms=7)
    return ax
