"""Figures of the part "Signals": how large activations and gradients are from layer to layer.

Each function takes data and `ax`, draws, and returns `ax`. Sizes are drawn on a logarithmic axis, where a signal that
shrinks or grows by one factor a layer is a straight line. Series are named at their right ends, and have markers of
their own, so that the figures can be read in gray.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots import style
from course_lib.plots.optimizers import label_ends
from course_lib.runs import mean_and_error

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
        marker = style.MARKERS[i % len(style.MARKERS)]
        mark: dict[str, Any] = {"ls": "--"} if name in dashed else {"marker": marker, "ms": 4.5}
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


def over_rates(
    rates: ArrayLike, curves: Mapping[str, ArrayLike], ax: Axes, ylabel: str, *,
    colors: Mapping[str, str] | None = None, gap: float = 0.09,
) -> Axes:  # fmt: skip
    """A share over learning rates: a line for the mean of the runs, a band from the lowest to the highest.

    Args:
        rates: of shape (rates,), drawn on a logarithmic axis.
        curves: name -> values of shape (runs, rates). A name is written as in `NAMES`, where it stands there.
        ylabel: of the axis, which begins at 0.
        colors: name -> color; others take the activation's color, or the next one of the palette.
        gap: between the names at the right, as a share of the axis.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> over_rates([0.1, 1.0], {"relu": [[0.2, 0.4], [0.4, 0.8]]}, ax, "share").lines[0].get_ydata().round(6).tolist()
    [0.3, 0.6]
    >>> plt.close()
    """
    places = np.asarray(rates, dtype=np.float64)
    own = {
        NAMES.get(name, name): (colors or {}).get(name) or ACTIVATIONS.get(name, style.SERIES[i % len(style.SERIES)])
        for i, name in enumerate(curves)
    }
    ax.set(xscale="log", xlabel="learning rate", ylabel=ylabel, ylim=(0, 1))
    bands(places, dict(zip(own, curves.values(), strict=True)), ax, colors=own, gap=gap)
    ax.set_xticks(places, [f"{rate:g}" for rate in places])
    ax.minorticks_off()
    return ax


def shapes(
    x: ArrayLike, curves: Mapping[str, ArrayLike], ax: Axes, title: str = "", *,
    colors: Mapping[str, str] | None = None, flat: ArrayLike | None = None, gap: float = 0.09, at_left: bool = False,
) -> Axes:  # fmt: skip
    """Functions of one number, each with its name at its right end, or at its left one.

    Args:
        x: of shape (points,), ascending.
        curves: name -> values of shape (points,). A name is written as in `NAMES`, where it stands there.
        title: of the panel.
        colors: name -> color; others take the activation's color, or the next one of the palette.
        flat: truth values of shape (points,): where the ground is shaded.
        gap: between the names, as a share of the axis.
        at_left: whether the names stand at the left. Then the numbers of the axis stand at the right.
    """
    places = np.asarray(x, dtype=np.float64)
    if flat is not None:
        ax.fill_between(places, 0, 1, where=np.asarray(flat, dtype=bool).tolist(), color=style.GRID, alpha=0.6, lw=0,
                        transform=ax.get_xaxis_transform())  # fmt: skip
    ends = []
    for i, (name, values) in enumerate(curves.items()):
        y = np.asarray(values, dtype=np.float64)
        color = (colors or {}).get(name) or ACTIVATIONS.get(name, style.SERIES[i % len(style.SERIES)])
        ax.plot(places, y, color=color, ls=("-", "--", "-.", ":")[i % 4])
        end = 0 if at_left else -1
        ends.append((NAMES.get(name, name), color, (float(places[end]), float(y[end]))))
    ax.set(xlabel="$z$", title=title, xlim=(places[0], places[-1]))
    label_ends(ends, ax, gap)
    if at_left:
        for text in ax.texts:
            text.set(x=-0.015, ha="right")
        ax.yaxis.tick_right()
        ax.spines["left"].set_visible(False)
    return ax


def portrait(x: ArrayLike, value: ArrayLike, slope: ArrayLike, ax: Axes, name: str) -> Axes:
    """An activation by itself, between -2 and 4: its value as a solid line, its slope as a dashed one.

    Args:
        x, value, slope: of shape (points,), x ascending.
        name: the title; written as in `NAMES`, where it stands there, and in the activation's color.
    """
    places = np.asarray(x, dtype=np.float64)
    color = ACTIVATIONS.get(name, style.INK)
    ax.axhline(0, color=style.GRID, lw=0.8)
    ax.plot(places, np.asarray(value, dtype=np.float64), color=color, lw=1.8)
    ax.plot(places, np.asarray(slope, dtype=np.float64), "--", color=style.MUTED, lw=1.1)
    ax.set(xlim=(places[0], places[-1]), ylim=(-2, 4))
    ax.set_title(NAMES.get(name, name.replace("_", " ").replace("sigmoid", "logistic")), loc="left", fontsize=10)
    return ax


def standings(values: Mapping[str, ArrayLike], ax: Axes, xlabel: str) -> Axes:
    """A row a name, the first on top: a bar for each run, a mark for the mean with two standard errors to each side.

    Args:
        values: name -> values of shape (runs,), two runs or more. A name is that of an activation, which is written
            as in `NAMES` and has its color, or begins with one, such as "relu, small weights".
        xlabel: of the axis.
    """
    rows(values, ax, xlabel, [ACTIVATIONS[name.split(",")[0]] for name in values])
    words = [name.partition(",") for name in values]
    ax.set_yticks(range(len(values)), [NAMES[activation] + comma + more for activation, comma, more in words])
    return ax


def rows(values: Mapping[str, ArrayLike], ax: Axes, xlabel: str, colors: Sequence[str] = style.SERIES) -> Axes:
    """A row a name, the first on top: a bar for each run, a mark for the mean with two standard errors to each side.

    Args:
        values: name -> values of shape (runs,), two runs or more.
        xlabel: of the axis.
        colors: of the rows, in turn.
    """
    for row, one in enumerate(values.values()):
        runs = np.asarray(one, dtype=np.float64)
        color, marker = colors[row % len(colors)], style.MARKERS[row % len(style.MARKERS)]
        mean, error = mean_and_error(runs)
        ax.plot(runs, np.full(len(runs), row), "|", color=color, ms=11, mew=1.2)
        ax.errorbar(mean, row + 0.28, xerr=2 * error, fmt=marker, color=color, ms=5.5, elinewidth=1.2, capsize=2.5)
    ax.set_yticks(range(len(values)), list(values))
    ax.set(xlabel=xlabel, ylim=(len(values) - 0.4, -0.5))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax


def bands(
    x: ArrayLike, curves: Mapping[str, ArrayLike], ax: Axes, *, colors: Mapping[str, str] | None = None,
    dashed: Collection[str] = (), gap: float = 0.085,
) -> Axes:  # fmt: skip
    """Lines over x on the scales that `ax` has: the mean of the runs, and a band from the lowest run to the highest.

    Args:
        x: of shape (n,).
        curves: name -> values of shape (n,), or (runs, n) for several runs. A name of blanks is not written.
        colors: name -> color; others take the next color of the palette.
        dashed: names whose line is dashed and has no markers: a formula, or what the others are compared with.
        gap: between the names at the right, as a share of the axis; a name of two lines takes two.

    >>> import matplotlib.pyplot as plt
    >>> _, ax = plt.subplots()
    >>> bands([1, 2], {"before": [[0.2, 0.4], [0.4, 0.8]]}, ax).lines[0].get_ydata().round(6).tolist()
    [0.3, 0.6]
    >>> plt.close()
    """
    places = np.asarray(x, dtype=np.float64)
    ends = []
    for i, (name, values) in enumerate(curves.items()):
        runs = np.atleast_2d(np.asarray(values, dtype=np.float64))
        mean = runs.mean(axis=0)
        color = (colors or {}).get(name, style.SERIES[i % len(style.SERIES)])
        mark: dict[str, Any] = {"marker": style.MARKERS[i % len(style.MARKERS)], "ms": 4.5} if len(places) <= 40 else {}
        look: dict[str, Any] = {"ls": "--", "lw": 1.2} if name in dashed else mark
        ax.plot(places, mean, color=color, **look)
        if len(runs) > 1:
            ax.fill_between(places, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.18, lw=0)
        if name.strip():
            ends.append((name, color, (float(places[-1]), float(mean[-1]))))
    label_ends(ends, ax, gap)
    return ax


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


def ridges(groups: Mapping[str, ArrayLike], ax: Axes, xlabel: str, color: str, limit: float = 1.0) -> Axes:
    """A histogram of each group, one above the other from the last to the first, named at the left.

    All share the axis from -limit to limit, and each is as high as its lane: what is compared is how wide they are.
    The standard deviation stands at the right of each.
    """
    edges = np.linspace(-limit, limit, 42)  # an odd number of bins: 0 is in the middle of one
    for lane, (_, values) in enumerate(groups.items()):
        numbers = np.asarray(values, dtype=np.float64)
        counts, _ = np.histogram(numbers, edges)
        heights = lane + 0.86 * counts / max(int(counts.max()), 1)
        ax.fill_between(edges, lane, np.append(heights, heights[-1]), step="post", color=color, alpha=0.75, lw=0)
        ax.annotate(f"{numbers.std():.2g}", (1, lane + 0.3), (4, 0), xycoords=("axes fraction", "data"), va="center",
                    textcoords="offset points", annotation_clip=False, fontsize=9)  # fmt: skip
    ax.set(xlim=(-limit, limit), ylim=(-0.08, len(groups)), xlabel=xlabel)
    ax.set_yticks(np.arange(len(groups)) + 0.3, list(groups))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax


def mean_bands(x: ArrayLike, bands: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes, xlabel: str) -> Axes:
    """Means over x as lines, each in a band of one standard deviation on both sides: {name: (means, deviations)}."""
    places = np.asarray(x, dtype=np.float64)
    ends = []
    for i, (name, band) in enumerate(bands.items()):
        means, deviations = (np.asarray(part, dtype=np.float64) for part in band)
        color = style.SERIES[i % len(style.SERIES)]
        ax.plot(places, means, color=color, marker=style.MARKERS[i % len(style.MARKERS)], markevery=4, ms=4.5)
        ax.fill_between(places, means - deviations, means + deviations, color=color, alpha=0.16, lw=0)
        ends.append((name, color, (float(places[-1]), float(means[-1]))))
    ax.set(xlabel=xlabel)
    label_ends(ends, ax, 0.085)
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
