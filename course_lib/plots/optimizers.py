"""Figures of the part on optimizers: races, maps of endings, scans of the learning rate, paths of a number.

Each function takes data and `ax`, draws, and returns `ax`. Series are labeled where they are, not in a legend: the
labels of one axis are moved apart until they do not overlap. Optimizers have the colors of `style.OPTIMIZERS`, and
markers of their own, so that the figures can be read in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots import style

NAMES = {
    "sgd": "SGD", "momentum": "Momentum", "nesterov": "Nesterov", "adagrad": "Adagrad", "rmsprop": "RMSprop",
    "rmsprop_momentum": "RMSprop + momentum", "adam": "Adam",
}  # fmt: skip
"""How a figure writes the name of a rule."""

MARKERS = {"sgd": "o", "momentum": "h", "nesterov": "s", "adagrad": "^", "rmsprop": "D", "rmsprop_momentum": "p",
           "adam": "X"}  # fmt: skip

ENDINGS = {
    "reached": style.BLUE, "on the way": style.GRID, "left valley": style.ORANGE, "diverged": style.INK,
}  # fmt: skip
"""Endings of a race in the order of their numbers, and their colors: from dark to light also in grey."""


def spread(positions: ArrayLike, gap: float, low: float = -np.inf, high: float = np.inf) -> NDArray[np.float64]:
    """Positions that keep the order of the given ones, at least `gap` apart, moved as little as a sweep can.

    >>> spread([0.0, 0.1, 5.0], 1.0).tolist()
    [-0.45, 0.55, 5.0]
    """
    given = np.asarray(positions, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    groups: list[list[float]] = []  # [sum of targets, count]: neighbors that touch move together
    for i, index in enumerate(order):
        groups.append([given[index] - i * gap, 1.0])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + count]
    placed = np.concatenate([np.full(int(count), total / count) for total, count in groups]) if groups else given[:0]
    placed = placed + gap * np.arange(len(placed))
    placed -= max(0.0, placed[-1] - high) if len(placed) else 0.0
    placed += max(0.0, low - placed[0]) if len(placed) else 0.0
    result = np.empty_like(given)
    result[order] = placed
    return result


def contours(value: Callable[[ArrayLike], Any], window: Any, ax: Any, minima: ArrayLike = (), levels: int = 14) -> Any:
    """Contour lines of a function of two variables, at heights in geometric steps, and a star at each minimum.

    Heights grow by a constant factor from line to line: with constant differences, a function that spans five powers
    of ten would show its walls and hide its floor.
    """
    (x_low, x_high), (y_low, y_high) = window
    x, y = np.linspace(x_low, x_high, 121), np.linspace(y_low, y_high, 121)
    heights = np.asarray(value(np.stack(np.meshgrid(x, y), axis=-1)))
    positive = heights[heights > 0]
    at = np.geomspace(np.quantile(positive, 0.01), positive.max(), levels)
    ax.contour(x, y, heights, levels=at, colors=style.MUTED, linewidths=0.5, alpha=0.55)
    points = np.asarray(minima, dtype=np.float64).reshape(-1, 2)
    ax.plot(*points.T, "*", color=style.INK, markersize=13, zorder=5)
    ax.set(xlim=(x_low, x_high), ylim=(y_low, y_high), xlabel="$x$", ylabel="$y$")
    ax.grid(False)
    return ax


def paths(ways: Mapping[str, NDArray[Any]], ax: Any, every: int = 20) -> Any:
    """Paths of shape (steps + 1, 2), one a rule: a line, a marker every `every` steps, the name beside the end.

    Names stand at the right border, in the order of the ends' heights, and a thin line leads to each end.
    """
    x_low, x_high = ax.get_xlim()
    y_low, y_high = ax.get_ylim()
    names = list(ways)
    ends = np.array([ways[name][-1] for name in names])
    shown = np.clip(ends, [x_low, y_low], [x_high, y_high])
    heights = spread(shown[:, 1], 0.09 * (y_high - y_low), y_low, y_high)
    for name, end, height in zip(names, shown, heights, strict=True):
        color = style.OPTIMIZERS[name]
        ax.plot(*ways[name].T, color=color, marker=MARKERS[name], markevery=every, markersize=4.5, linewidth=1.5)
        ax.annotate(
            NAMES[name], end, xytext=(x_high + 0.04 * (x_high - x_low), height), color=color, va="center",
            annotation_clip=False, arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.6, "shrinkB": 0},
        )  # fmt: skip
    start = next(iter(ways.values()))[0]
    ax.plot(*start, "o", color=style.INK, markersize=6, markerfacecolor=style.PAPER, zorder=6)
    return ax


def two_steps(parts: Mapping[str, Sequence[NDArray[Any]]], ax: Any) -> Any:
    """Steps of rules in the plane, each of two arrows: along the velocity, and then against a slope.

    Args:
        parts: rule -> where it stood, where the velocity alone leads, where it ends; each of shape (2,).
    """
    for name, points in parts.items():
        color = style.OPTIMIZERS[name]
        for begin, end in pairwise(points):
            ax.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 2.0, "shrinkA": 0,
                                                    "shrinkB": 0, "mutation_scale": 13})  # fmt: skip
        ax.annotate(NAMES[name], points[-1], xytext=(7, 0), textcoords="offset points", color=color, va="center")
    first, middle = next(iter(parts.values()))[:2]
    ax.annotate("velocity", (np.asarray(first) + middle) / 2, xytext=(8, 2), textcoords="offset points")
    ax.plot(*first, "o", color=style.INK, markersize=6, markerfacecolor=style.PAPER, zorder=6)
    return ax


def ranks(orders: Mapping[str, Sequence[str]], ax: Any) -> Any:
    """A line a rule through its place in each of several orders: {what was done: names, best first}."""
    columns = list(orders)
    for name in orders[columns[0]]:
        places = [list(orders[column]).index(name) + 1 for column in columns]
        color = style.OPTIMIZERS[name]
        ax.plot(range(len(columns)), places, color=color, marker=MARKERS[name], markersize=8, linewidth=2.2)
        for x, place in enumerate(places):
            if place == 1:
                ax.plot(x, 1, "o", markersize=19, markerfacecolor="none", markeredgecolor=color, markeredgewidth=1.6)
        for x, place, side in ((0, places[0], "right"), (len(columns) - 1, places[-1], "left")):
            ax.annotate(NAMES[name], (x, place), xytext=(-16 if side == "right" else 16, 0), va="center", ha=side,
                        textcoords="offset points", color=color)  # fmt: skip
    count = len(orders[columns[0]])
    ax.set(xlim=(-0.75, len(columns) - 0.25), ylim=(count + 0.5, 0.4), ylabel="place after the race")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(1, count + 1))
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(False)
    return ax


def curves(
    x: ArrayLike, series: Mapping[str, ArrayLike], ax: Any, colors: Mapping[str, str] | None = None,
    gap: float = 0.065,
) -> Any:  # fmt: skip
    """Lines over x on the scales that `ax` has, each with its name at its right end.

    Names of rules get the rule's color and are written as in `NAMES`; others take the next color of the palette.
    """
    x = np.asarray(x)
    drawn = []
    for i, (name, y) in enumerate(series.items()):
        color = (colors or {}).get(name) or style.OPTIMIZERS.get(name) or style.SERIES[i % len(style.SERIES)]
        ax.plot(x, y, color=color)
        shown = np.flatnonzero(np.isfinite(np.asarray(y, dtype=np.float64)))
        drawn.append((name, color, (float(x[shown[-1]]), float(np.asarray(y)[shown[-1]]))))
    label_ends(drawn, ax, gap)
    return ax


def label_ends(ends: Sequence[tuple[str, str, tuple[float, float]]], ax: Any, gap: float) -> None:
    """Write (name, color, end) beside the right border of `ax`, at the height of the end, `gap` of the axis apart."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)  # what is labeled stays where it is
    to_axis = ax.transData + ax.transAxes.inverted()
    heights = np.clip([to_axis.transform(point)[1] for _, _, point in ends], 0, 1)
    for (name, color, _), y in zip(ends, spread(heights, gap, 0.0, 1.0), strict=True):
        ax.text(1.015, y, NAMES.get(name, name), transform=ax.transAxes, color=color, va="center")


def endings(kinds: NDArray[Any], window: Any, ax: Any, title: str = "") -> Any:
    """A map of starts, colored by how the race from there ended: kinds are numbers into `ENDINGS`.

    Args:
        kinds: shape (rows, columns), the row of the lowest y first.
        window: ((x low, x high), (y low, y high)).
    """
    from matplotlib.colors import ListedColormap

    (x_low, x_high), (y_low, y_high) = window
    ax.imshow(kinds, origin="lower", extent=(x_low, x_high, y_low, y_high), cmap=ListedColormap(list(ENDINGS.values())),
              vmin=-0.5, vmax=len(ENDINGS) - 0.5, interpolation="nearest", aspect="auto", rasterized=True)  # fmt: skip
    ax.set(xlabel="$x$ of the start", title=title)
    ax.grid(False)
    return ax


def key_of_endings(ax: Any) -> Any:
    """Names of the endings, each with its color. The squares are pixels like the maps: day and night they agree."""
    ax.axis("off")
    for i, (name, color) in enumerate(ENDINGS.items()):
        y = 0.8 - 0.2 * i
        square = ax.fill([0, 0.12, 0.12, 0], [y - 0.05, y - 0.05, y + 0.05, y + 0.05], color=color, linewidth=0)[0]
        square.set_rasterized(True)
        ax.plot([0, 0.12, 0.12, 0, 0], y + 0.05 * np.array([-1, -1, 1, 1, -1]), color=style.MUTED, linewidth=0.6)
        ax.text(0.18, y, name, va="center")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def scans(
    rates: ArrayLike, scores: Mapping[str, ArrayLike], ax: Any, used: Mapping[str, tuple[float, float]],
    moved: Mapping[str, tuple[float, float]] | None = None,
) -> Any:  # fmt: skip
    """A score over the learning rate, one line a rule, with its name above its peak.

    Args:
        rates: learning rates, shape (n,).
        scores: rule -> scores, shape (n,).
        used: rule -> (rate, score) of a race elsewhere: a ring in the rule's color.
        moved: rule -> where its name stands from the peak instead, in points.
    """
    rates = np.asarray(rates, dtype=np.float64)
    ax.set_xscale("log")
    for name, score in scores.items():
        score = np.asarray(score, dtype=np.float64)
        color = style.OPTIMIZERS[name]
        ax.plot(rates, score, color=color, marker=MARKERS[name], markersize=4)
        peak = int(np.argmax(score))
        ax.annotate(NAMES[name], (rates[peak], score[peak]), xytext=(moved or {}).get(name, (0, 7)), color=color,
                    textcoords="offset points", ha="center")  # fmt: skip
        ax.plot(*used[name], "o", markersize=11, markerfacecolor="none", markeredgecolor=color, markeredgewidth=1.4)
    return ax


def dots(groups: Mapping[str, Mapping[str, ArrayLike]], ax: Any) -> Any:
    """Values of each rule in each group: {group: {rule: values}}. A row a group; a mark for the mean, bars for runs.

    Set the limits of x before: the names above a row are moved apart within them, and a thin line leads to each mark.
    """
    for row, values in enumerate(groups.values()):
        means = {name: float(np.mean(np.asarray(v))) for name, v in values.items()}
        for name, v in values.items():
            runs = np.atleast_1d(np.asarray(v, dtype=np.float64))
            color = style.OPTIMIZERS[name]
            if len(runs) > 1:
                ax.plot(runs, np.full(len(runs), row), "|", color=color, markersize=11, markeredgewidth=1.2)
            ax.plot(means[name], row, MARKERS[name], color=color, markersize=8)
        low, high = ax.get_xlim()
        at = spread(list(means.values()), 0.115 * (high - low), low, high)
        for name, x in zip(means, at, strict=True):
            ax.annotate(NAMES[name], (means[name], row), xytext=(x, row - 0.3), color=style.OPTIMIZERS[name],
                        ha="center", va="center", fontsize=9,
                        arrowprops={"arrowstyle": "-", "color": style.OPTIMIZERS[name], "linewidth": 0.5})  # fmt: skip
    ax.set_yticks(range(len(groups)), list(groups))
    ax.set_ylim(len(groups) - 0.6, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def chains(rows: Mapping[str, Sequence[str]], ax: Any) -> Any:
    """Block diagrams, one above the other: what a number passes through, a box a stage, an arrow between two boxes.

    Args:
        rows: name -> its stages from left to right; each is as long as the longest. The first and the last stand
            without a box: what goes in, and what comes out. An empty stage is a place that the arrow passes by.
    """
    width = max(map(len, rows.values()))
    for row, (name, stages) in enumerate(rows.items()):
        ax.text(-0.55, -row, name, ha="right", va="center", color=style.INK, fontweight="bold")
        shown = [column for column, stage in enumerate(stages) if stage]
        for left, right in pairwise(shown):
            ax.annotate("", (right - 0.42, -row), (left + 0.42, -row),
                        arrowprops={"arrowstyle": "->", "color": style.MUTED, "linewidth": 1.1})  # fmt: skip
        for column in shown:
            box = {"boxstyle": "round,pad=0.35", "facecolor": style.PAPER, "edgecolor": style.BLUE, "linewidth": 1.2}
            ends = column in (0, len(stages) - 1)
            ax.text(column, -row, stages[column], ha="center", va="center", fontsize=9, bbox=None if ends else box)
    ax.set(xlim=(-1.6, width - 0.4), ylim=(-len(rows) + 0.4, 0.6))
    ax.axis("off")
    return ax


def heat(images: Mapping[str, ArrayLike], ax: Any, label: str) -> Any:
    """Images side by side on one scale of colors, a title above each, and the scale at the right.

    Args:
        images: title -> values, all of one shape (rows, columns).
        label: what the values are.
    """
    shown = {title: np.asarray(values, dtype=np.float64) for title, values in images.items()}
    rows, columns = next(iter(shown.values())).shape
    top = max(float(values.max()) for values in shown.values())
    for place, (title, values) in enumerate(shown.items()):
        left = 1.1 * columns * place
        drawn = ax.imshow(values, extent=(left, left + columns, 0, rows), vmin=0.0, vmax=top, cmap="viridis",
                          interpolation="nearest", rasterized=True)  # fmt: skip
        ax.text(left + columns / 2, rows + 1, title, ha="center", va="bottom")
    ax.set(xlim=(0, 1.1 * columns * (len(shown) - 1) + columns), ylim=(0, rows))
    ax.axis("off")
    ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8)
    return ax
