"""Figures of the part "Signals": how large activations and gradients are from layer to layer.

Each function takes data and `ax`, draws, and returns `ax`. Sizes are drawn on a logarithmic axis, where a signal that
shrinks or grows by one factor a layer is a straight line. Series are named at their right ends, and have markers of
their own, so that the figures can be read in gray.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots import style
from course_lib.plots.optimizers import label_ends

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACTIVATIONS = {
    "sigmoid": style.BLUE, "tanh": style.ORANGE, "relu": style.GREEN, "leaky_relu": style.SKY, "elu": style.RED,
    "selu": style.PURPLE, "gelu": style.BROWN, "silu": style.MUTED, "linear": style.INK,
}  # fmt: skip
"""The color of each activation, the same in the whole book."""

NAMES = {
    "sigmoid": "logistic", "tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU", "elu": "ELU", "selu": "SELU",
    "gelu": "GELU", "silu": "SiLU", "linear": "linear",
}  # fmt: skip
"""How a figure writes the name of an activation."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h", "*")


def depth_profile(
    curves: Mapping[str, ArrayLike], ax: Axes, ylabel: str = "standard deviation", *,
    colors: Mapping[str, str] | None = None, dashed: Collection[str] = (), xlabel: str = "layer",
    x: ArrayLike | None = None, gap: float = 0.075,
) -> Axes:  # fmt: skip
    """A size over the layers on a logarithmic axis: a line for the geometric mean, a band from lowest to highest run.

    Args:
        curves: name -> sizes of shape (layers,), or (runs, layers) for several runs. A line breaks where a size of
            some run is not positive, or not finite.
        ylabel, xlabel: of the axes.
        colors: name -> color; others take the next color of the palette.
        dashed: names whose line is dashed and has no markers: what a formula predicts.
        x: numbers of the layers, or what else the sizes are over, of shape (layers,). None for 1, 2, ….
        gap: between the names at the right, as a share of the axis.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> depth_profile({"ReLU": [[1.0, 2.0], [4.0, 2.0]]}, ax).lines[0].get_ydata().tolist()
    [2.0, 2.0]
    >>> plt.close()
    """
    ax.set_yscale("log")
    ends = []
    places = np.zeros(0)
    for i, (name, sizes) in enumerate(curves.items()):
        runs = np.atleast_2d(np.asarray(sizes, dtype=np.float64))
        places = np.arange(1.0, runs.shape[1] + 1) if x is None else np.asarray(x, dtype=np.float64)
        logs = np.log(runs, out=np.full_like(runs, np.nan), where=(runs > 0) & np.isfinite(runs))
        mean = np.exp(logs.mean(axis=0))
        color = (colors or {}).get(name, style.SERIES[i % len(style.SERIES)])
        mark: dict[str, Any] = {"ls": "--"} if name in dashed else {"marker": MARKERS[i % len(MARKERS)], "ms": 4.5}
        ax.plot(places, mean, color=color, **mark)
        if len(runs) > 1:
            ax.fill_between(places, runs.min(axis=0), runs.max(axis=0), where=np.isfinite(mean).tolist(), color=color,
                            alpha=0.18, lw=0)  # fmt: skip
        if (shown := np.flatnonzero(np.isfinite(mean))).size:
            ends.append((name, color, (float(places[shown[-1]]), float(mean[shown[-1]]))))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if x is None:
        step = 1 + len(places) // 12
        ax.set_xticks(places[step - 1 :: step] if step > 1 else places)
    label_ends(ends, ax, gap)
    return ax


def by_activation(names: Mapping[str, str]) -> dict[str, str]:
    """Colors for `depth_profile`: {label: activation} -> {label: the activation's color}."""
    return {label: ACTIVATIONS[activation] for label, activation in names.items()}


def cross_sections(x: ArrayLike, curves: Mapping[str, ArrayLike], ax: Axes, ylabel: str, color: str) -> Axes:
    """Functions of one number, one above the other, each in a lane of its own that its name stands beside.

    Each lane is as high as the largest range of all, so that the curves share one scale.
    """
    places = np.asarray(x, dtype=np.float64)
    lines = {name: np.asarray(y, dtype=np.float64) for name, y in curves.items()}
    middles = {name: (y.max() + y.min()) / 2 for name, y in lines.items()}
    height = 1.15 * max(np.ptp(y) for y in lines.values())
    for lane, (name, y) in enumerate(lines.items()):
        ax.plot(places, y - middles[name] - lane * height, color=color, lw=1.1)
        ax.annotate(name, (1, -lane * height), (6, 0), xycoords=("axes fraction", "data"), va="center",
                    textcoords="offset points", annotation_clip=False)  # fmt: skip
    ax.set(ylabel=ylabel, xlim=(places[0], places[-1]), yticks=[])
    ax.grid(axis="y", visible=False)
    return ax


def small_network(
    kernels: tuple[ArrayLike, ArrayLike], below: tuple[ArrayLike, ArrayLike, ArrayLike], ax: Axes
) -> Axes:
    """A drawing of a network of two layers: a circle a unit, a line a weight.

    Args:
        kernels: of shapes (inputs, hidden) and (hidden, outputs); each weight is written on its line.
        below: three lists of words, for inputs, hidden units and outputs: what stands under each circle.
    """
    sizes = [len(words) for words in map(list, map(np.asarray, below))]
    spots = [[(3.0 * column, -1.9 * row) for row in range(size)] for column, size in enumerate(sizes)]
    for column, kernel in enumerate(kernels):
        weights: NDArray[Any] = np.asarray(kernel, dtype=np.float64)
        for (i, j), weight in np.ndenumerate(weights):
            (x0, y0), (x1, y1) = spots[column][i], spots[column + 1][j]
            ax.plot([x0, x1], [y0, y1], color=style.MUTED, lw=0.9, zorder=1)
            at = 0.3 if i == j else 0.22
            ax.text(x0 + at * (x1 - x0), y0 + at * (y1 - y0), f"{weight:g}", ha="center", va="center", fontsize=9,
                    color=style.MUTED, bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.8})  # fmt: skip
    colors = (style.INK, style.BLUE, style.GREEN)
    for column, words in enumerate(below):
        for (x0, y0), text in zip(spots[column], list(np.asarray(words)), strict=True):
            ax.plot(x0, y0, "o", ms=19, mfc=style.PAPER, mec=colors[column], mew=1.6, zorder=2)
            ax.text(x0, y0 - 0.42, str(text), ha="center", va="top", fontsize=9, color=colors[column], zorder=3)
    ax.set(xlim=(-0.8, 6.8), ylim=(-1.9 * max(sizes) + 0.7, 0.5))
    ax.axis("off")
    return ax
