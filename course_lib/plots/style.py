"""The look of every figure: one palette for the whole book, readable by day, by night and by the color-blind.

Figures are drawn once, in the light colors, on a transparent ground. The site shows a second copy in dark mode, in
which each color of `DARK` is replaced by its partner: so whatever is drawn uses the colors of this module.

The colors of the series are Okabe and Ito's (Color Universal Design, 2008), two of them darkened until they reach a
contrast of 3:1 on white.
"""

from __future__ import annotations

from typing import Any

INK = "#1f2328"
MUTED = "#59636e"
GRID = "#d1d9e0"
PAPER = "#fefefe"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BROWN = (
    "#0072b2", "#c87a00", "#00805e", "#d55e00", "#a8478a", "#3a8fc4", "#7a5c3e")  # fmt: skip
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BROWN)

DARK = {
    INK: "#e6edf3", MUTED: "#a9b4bf", GRID: "#3d444d", PAPER: "#14181e",
    BLUE: "#58b0e8", ORANGE: "#f0ac3c", GREEN: "#2cc19a", RED: "#ff8a3d", PURPLE: "#e08fc4", SKY: "#8fd0f5",
    BROWN: "#c9a37e",
}  # fmt: skip
"""Color in light mode -> color in dark mode."""

OPTIMIZERS = {
    "sgd": BLUE, "momentum": SKY, "nesterov": ORANGE, "adagrad": GREEN, "rmsprop": RED, "rmsprop_momentum": BROWN,
    "adam": PURPLE,
}  # fmt: skip
"""The color of each optimizer, the same in the whole book."""


def use() -> None:
    """Set Matplotlib to the book's style: SVG figures that are the same bits in every run."""
    import matplotlib as mpl

    mpl.rcParams.update(settings())
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # not in a notebook
        return
    set_matplotlib_formats("svg")


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
        "svg.hashsalt": "course", "svg.fonttype": "path",
    }  # fmt: skip
