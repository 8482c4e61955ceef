"""Figures of the lecture on learning rates: schedules as their code draws them, and who came how far with them.

Each function takes data and axes, draws, and returns the axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.plots import style


def gallery(schedules: Mapping[str, Callable[[Any], ArrayLike]], steps: int, axes: Sequence[Any]) -> Sequence[Any]:
    """Each schedule in a panel of its own, its name above it; the first and the last learning rate are marked.

    Args:
        schedules: name -> function of an array of steps.
        steps: how many are drawn, 0, …, steps - 1.
        axes: as many as there are schedules; they share their scales. Axes that are left over are switched off.

    >>> import matplotlib.pyplot as plt
    >>> _, axes = plt.subplots(1, 2)
    >>> gallery({"constant": lambda t: 0.1 + 0 * t}, 10, axes)[0].get_title()
    'constant'
    >>> plt.close()
    """
    t = np.arange(steps)
    for i, ax in enumerate(axes):
        if i >= len(schedules):
            ax.axis("off")
            continue
        name, schedule = list(schedules.items())[i]
        rates = np.asarray(schedule(t), dtype=np.float64)
        ax.plot(t, rates, color=style.BLUE)
        ax.plot(t[[0, -1]], rates[[0, -1]], "o", color=style.BLUE, markersize=4)
        ax.set_title(name, fontsize=10)
        ax.set(xticks=[0, steps], ylim=(0, None))
    return axes


def ranking(
    results: Mapping[str, ArrayLike], ax: Any, reference: str, notes: Mapping[str, str] | None = None
) -> Any:
    """A row for each name, the lowest mean on top: a mark for the mean, small bars for the runs.

    Args:
        results: name -> values of its runs.
        ax: axes; the label of x is yours to set.
        reference: the name whose mean is drawn as a vertical line through all rows.
        notes: name -> what stands at the right end of its row.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> [label.get_text() for label in ranking({"a": [2.0, 3.0], "b": [1.0, 1.0]}, ax, "a").get_yticklabels()]
    ['b', 'a']
    >>> plt.close()
    """
    runs = {name: np.atleast_1d(np.asarray(values, dtype=np.float64)) for name, values in results.items()}
    order = sorted(runs, key=lambda name: float(runs[name].mean()))
    ax.axvline(runs[reference].mean(), color=style.MUTED, linestyle="--", linewidth=1)
    for row, name in enumerate(order):
        color = style.MUTED if name == reference else style.BLUE
        ax.plot(runs[name], np.full(len(runs[name]), row), "|", color=color, markersize=10, markeredgewidth=1.2)
        ax.plot(runs[name].mean(), row, "o", color=color, markersize=6)
        if notes and name in notes:
            ax.annotate(notes[name], (1.01, row), xycoords=("axes fraction", "data"), va="center", color=style.MUTED)
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    return ax
