"""Figures of penalties: what becomes of an error, or of a loss, from no penalty to a strong one.

Each function takes data and `ax`, draws, and returns `ax`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots.optimizers import label_ends
from course_lib.plots.signals import bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def over_strengths(
    strengths: ArrayLike, curves: Mapping[str, ArrayLike], ax: Axes, ylabel: str, *,
    colors: Mapping[str, str] | None = None, dashed: Collection[str] = (), gap: float = 0.085,
) -> Axes:  # fmt: skip
    """Lines over the strength of a penalty: the mean of the runs, and a band from the lowest run to the highest.

    Args:
        strengths: of shape (n,), ascending from 0, at least three. The axis is logarithmic, and 0 stands one place
            before the first that is positive.
        curves: name -> values of shape (n,), or (runs, n) for several runs.
        ylabel: of the axis.
        colors, dashed, gap: as for `course_lib.plots.signals.bands`.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> over_strengths([0, 0.1, 1.0], {"loss": [3.0, 2.0, 1.0]}, ax, "loss").lines[0].get_xdata().round(4).tolist()
    [0.01, 0.1, 1.0]
    >>> plt.close()
    """
    places = _axis(strengths, ax, ylabel)
    bands(places, curves, ax, colors=colors, dashed=dashed, gap=gap)
    return ax


def stacked(
    strengths: ArrayLike, parts: Mapping[str, ArrayLike], ax: Axes, ylabel: str, colors: Mapping[str, str]
) -> Axes:
    """Parts that add up, one on top of the other, over the strength of a penalty.

    Args:
        strengths: as for `over_strengths`.
        parts: name -> values of shape (n,), the lowest part first. Each name stands beside the middle of its end.
        ylabel: of the sum.
        colors: name -> color.
    """
    places = _axis(strengths, ax, ylabel)
    below, ends = np.zeros(len(places)), []
    for name, values in parts.items():
        above = below + np.asarray(values, dtype=np.float64)
        ax.fill_between(places, below, above, color=colors[name], alpha=0.35, lw=0)
        ax.plot(places, above, color=colors[name])
        ends.append((name, colors[name], (float(places[-1]), float(below[-1] + above[-1]) / 2)))
        below = above
    ax.set(ylim=(0, None), xlim=(places[0], places[-1]))
    label_ends(ends, ax, 0.09)
    return ax


def _axis(strengths: ArrayLike, ax: Axes, ylabel: str) -> NDArray[np.float64]:
    """A logarithmic axis on which 0 has a place too; and the places."""
    values = np.asarray(strengths, dtype=np.float64)
    places = np.append(values[1] ** 2 / values[2], values[1:])
    ax.set(xscale="log", xlabel="strength $\\lambda$", ylabel=ylabel)
    ax.set_xticks(places, [f"{value:g}".replace("e-0", "e-") for value in values])
    ax.minorticks_off()
    return places
