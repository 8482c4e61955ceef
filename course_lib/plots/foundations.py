"""Figures of the part "Foundations": pictures, learning curves, and how far a measured accuracy can be trusted.

Each function takes data and `ax`, draws one idea, and returns `ax`. What belongs to the training pictures is dashed,
what belongs to pictures that were held out is solid: so the figures can be read in gray as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Curve(NamedTuple):
    """A quantity after each epoch: values of shape (epochs,), or (runs, epochs) for several runs; and its look."""

    values: ArrayLike
    color: str
    dashed: bool = False


def gallery(images: NDArray[Any], names: Sequence[str], ax: Axes) -> Axes:
    """Pictures of shape (rows, columns, height, width) side by side; a row is one class, named at its left."""
    rows, columns, height, width = images.shape
    sheet = images.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    sheet = np.round(31 * (sheet / sheet.max()))  # 32 grays look the same, in a smaller file
    ax.imshow(sheet, cmap="gray_r", interpolation="none", rasterized=True)
    ax.set_yticks([height * (row + 0.5) for row in range(rows)], names)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def learning_curves(curves: Mapping[str, Curve], ax: Axes, ylabel: str, mark: tuple[int, str] | None = None) -> Axes:
    """Each curve over the epochs 1, 2, …, named at its end; `mark` is an epoch with the words that stand beside it."""
    ends = []
    last = 1
    for name, curve in curves.items():
        runs = np.atleast_2d(np.asarray(curve.values, dtype=float))
        last = runs.shape[1]
        lines = ax.plot(range(1, last + 1), runs.T, color=curve.color, ls="--" if curve.dashed else "-")
        for line in lines[1:]:
            line.set_linewidth(1.0)  # several runs: the first is drawn full, the others thin
        ends.append((float(runs[:, -1].mean()), name, curve.color))
    ax.set(xlabel="epoch", ylabel=ylabel, xlim=(1, 1 + max(last - 1, 1)))
    if mark is not None:
        epoch, words = mark
        ax.axvline(epoch, color=style.MUTED, lw=1, ls=":")
        ax.annotate(words, (epoch, 1), (4, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
                    va="top", color=style.MUTED, fontsize=9)  # fmt: skip
    _name_ends(ax, ends)
    return ax


def shares(right: ArrayLike, wrong: ArrayLike, ax: Axes) -> Axes:
    """The loss of each epoch as the sum of what rightly and what wrongly named pictures add to it."""
    below = np.asarray(right, dtype=float)
    above = below + np.asarray(wrong, dtype=float)
    epochs = np.arange(1, len(below) + 1)
    ax.fill_between(epochs, 0, below, color=style.BLUE, alpha=0.35, lw=0)
    ax.fill_between(epochs, below, above, color=style.RED, alpha=0.35, lw=0)
    ax.plot(epochs, below, color=style.BLUE)
    ax.plot(epochs, above, color=style.RED)
    middle = len(epochs) * 3 // 10  # early, where both bands are wide enough for words
    ax.text(epochs[middle], below[middle] / 2, "from pictures named right", color=style.INK, ha="center", va="center")
    ax.text(epochs[middle], (below[middle] + above[middle]) / 2, "from pictures named wrong", color=style.INK,
            ha="center", va="center")  # fmt: skip
    ax.set(xlabel="epoch", ylabel="validation loss", ylim=(0, None), xlim=(1, max(len(epochs), 2)))
    return ax


def cooling(temperatures: ArrayLike, losses: ArrayLike, floor: float, ax: Axes) -> Axes:
    """Loss after all scores were divided by a temperature; `floor` is the loss that is to be reached again."""
    x, y = np.asarray(temperatures, dtype=float), np.asarray(losses, dtype=float)
    ax.plot(x, y, color=style.PURPLE)
    ax.axhline(floor, color=style.MUTED, ls=":", lw=1.2)
    ax.annotate("lowest loss of all epochs", (x[-1], floor), (0, -3), textcoords="offset points", ha="right", va="top",
                color=style.MUTED, fontsize=9)  # fmt: skip
    lowest = min(floor, y.min())
    ax.set_ylim(lowest - 0.15 * (y.max() - lowest), None)  # room for the words under the line
    start = int(np.abs(x - 1).argmin())
    ax.plot(x[start], y[start], "o", color=style.PURPLE)
    ax.annotate("as trained", (x[start], y[start]), (7, 0), textcoords="offset points", va="center",
                color=style.PURPLE)  # fmt: skip
    ax.set(xlabel="temperature $T$ by which the scores are divided", ylabel="loss of the last network")
    return ax


def luck_of_pictures(accuracies: ArrayLike, p: float, n: int, ax: Axes) -> Axes:
    """Histogram of one network's accuracy on many sets of n pictures, and the bell curve of width sqrt(p(1-p)/n)."""
    values = np.asarray(accuracies, dtype=float)
    width = 2 / n  # an accuracy is a multiple of 1/n: a bin holds two of them
    lowest, highest = np.floor(values.min() * n / 2) * 2, np.ceil(values.max() * n / 2) * 2
    bins = (np.arange(lowest - 0.5, highest + 2.5, 2) / n).tolist()
    ax.hist(values, bins, color=style.SKY, alpha=0.5)
    error = np.sqrt(p * (1 - p) / n)
    x = np.linspace(p - 4 * error, p + 4 * error, 200)
    bell = np.exp(-(((x - p) / error) ** 2) / 2) / (error * np.sqrt(2 * np.pi))
    ax.plot(x, bell * len(values) * width, color=style.INK)
    ax.annotate("$\\sqrt{p(1-p)/n}$", (p + error, bell.max() * np.exp(-0.5) * len(values) * width), (8, 4),
                textcoords="offset points", color=style.INK)  # fmt: skip
    ax.set(xlabel=f"accuracy on {n} pictures", ylabel=f"number of sets, of {len(values)}")
    return ax


def luck_of_seeds(accuracies: ArrayLike, errors: ArrayLike, ax: Axes) -> Axes:
    """Accuracy of each run, with two standard errors up and down."""
    values = np.asarray(accuracies, dtype=float)
    runs = np.arange(1, len(values) + 1)
    ax.errorbar(runs, values, 2 * np.asarray(errors, dtype=float), fmt="o", color=style.BLUE, capsize=4)
    ax.axhline(values.mean(), color=style.MUTED, ls=":", lw=1.2)
    ax.set(xlabel="run (each with its own seed)", ylabel="accuracy", xticks=runs, xlim=(0.5, len(values) + 0.5))
    return ax


def optimism(sizes: ArrayLike, curves: Mapping[str, Curve], ax: Axes) -> Axes:
    """How much too high the best of many scores is, against the number of pictures that it was chosen on."""
    x = np.asarray(sizes, dtype=float)
    ends = []
    for name, curve in curves.items():
        y = np.asarray(curve.values, dtype=float)
        ax.plot(x, y, "o" + ("--" if curve.dashed else "-"), color=curve.color, markersize=4)
        ends.append((float(y[0]), name, curve.color))
    for value, name, color in ends:
        ax.annotate(name, (x[0], value), (8, 3), textcoords="offset points", color=color)
    ax.axhline(0, color=style.MUTED, lw=0.8)
    ax.set(xscale="log", xlabel="pictures on which the epoch is chosen", ylabel="reported minus true accuracy")
    ax.set_xticks(x, [f"{int(size):,}" for size in x])
    ax.set_xticks([], minor=True)
    return ax


def _name_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each name at the right of its curve's last value, pushed apart where they would touch."""
    low, high = ax.get_ylim()
    gap = 0.075
    floor = -np.inf
    for value, name, color in sorted(ends):
        place = max((value - low) / (high - low), floor)
        ax.annotate(name, (1, place), (6, 0), xycoords="axes fraction", textcoords="offset points", color=color,
                    va="center", annotation_clip=False)  # fmt: skip
        floor = place + gap
