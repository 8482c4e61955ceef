"""The look of every figure: one palette for the whole book, readable by day, by night and by the color-blind.

Figures are drawn once, in the light colors, on a transparent ground. The site shows a second copy in dark mode, in
which each color of `DARK` is replaced by its partner: so whatever is drawn uses the colors of this module.

The colors of the series were found by a search: each has a contrast of 3:1 or more with the page in both modes, as
lines need, and every pair stays apart for normal sight, without red, green or blue cones, and in gray (the tests
compute all of this). That is enough for lines and marks; write text in INK or MUTED, which have 4.5:1 and more.
"""

from __future__ import annotations

import sys
from typing import Any

INK = "#1f2328"
MUTED = "#59636e"
GRID = "#d1d9e0"
PAPER = "#fefefe"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BROWN = (
    "#364a9d", "#c58406", "#097a53", "#cd2c0b", "#7f035e", "#0592d0", "#583402")  # fmt: skip
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BROWN)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h", "*")

DARK = {
    INK: "#e6edf3", MUTED: "#a9b4bf", GRID: "#3d444d", PAPER: "#14181e",
    BLUE: "#6887ff", ORANGE: "#ffb40c", GREEN: "#97e8a2", RED: "#e5481c", PURPLE: "#d054b8", SKY: "#66c8f9",
    BROWN: "#b99783",
}  # fmt: skip
"""Color in light mode -> color in dark mode. PAPER is the page itself: white, and nearly black."""

OPTIMIZERS = {
    "sgd": BLUE, "momentum": SKY, "nesterov": ORANGE, "adagrad": GREEN, "rmsprop": RED, "rmsprop_momentum": BROWN,
    "adam": PURPLE,
}  # fmt: skip
"""The color of each optimizer, the same in the whole book."""


def use() -> None:
    """Set Matplotlib to the book's style; in a notebook also to SVG figures, the same bits in every run."""
    import matplotlib as mpl

    parameters: Any = mpl.rcParams  # its type names the settings of one version
    parameters.update(settings())
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell is None:
        return
    from matplotlib_inline.config import InlineBackend

    inline: Any = InlineBackend.instance(parent=shell)
    inline.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}
    inline.figure_formats = {"svg"}


def settings() -> dict[str, Any]:
    """Matplotlib's settings (rcParams) for the book's figures."""
    from cycler import cycler

    return {
        "figure.figsize": (7.2, 3.6), "figure.constrained_layout.use": True,
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
        "font.size": 10, "axes.titlesize": 11, "axes.titlelocation": "left", "axes.titlecolor": INK,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": GRID,
        "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.8, "legend.frameon": False,
        "axes.prop_cycle": cycler(color=SERIES), "image.cmap": "viridis",
        "svg.hashsalt": "course", "svg.fonttype": "path",  # ids and letters that are the same in every run
    }  # fmt: skip
