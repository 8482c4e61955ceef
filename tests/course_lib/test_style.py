"""The style of figures: colors that everybody can tell apart, by day and by night, and figures of the same bits."""

import os
import re
import subprocess
import sys
from itertools import combinations

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from course_lib.plots import style

LIGHT_PAGE, DARK_PAGE = "#ffffff", "#14181e"
DARK_SERIES = tuple(style.DARK[color] for color in style.SERIES)
MODES = [
    pytest.param(style.SERIES, (style.INK, style.MUTED), LIGHT_PAGE, id="light"),
    pytest.param(DARK_SERIES, (style.DARK[style.INK], style.DARK[style.MUTED]), DARK_PAGE, id="dark"),
]

#: Machado, Oliveira and Fernandes (2009), severity 1: what is left of linear RGB without one kind of cone.
SIGHT = {
    "normal": np.eye(3),
    "no red cones": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                              [-0.003882, -0.048116, 1.051998]]),
    "no green cones": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                                [-0.011820, 0.042940, 0.968881]]),
    "no blue cones": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                               [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


def linear(color: str) -> np.ndarray:
    """Linear RGB of a color, by the definition of sRGB."""
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """Contrast ratio by WCAG 2."""
    low, high = sorted(linear(color) @ [0.2126, 0.7152, 0.0722] for color in (a, b))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Oklab (Ottosson, 2020), times 100: equal distances look about equally different."""
    cones = np.cbrt(
        np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                  [0.0883024619, 0.2817188376, 0.6299787005]]) @ np.clip(rgb, 0, 1)
    )  # fmt: skip
    return 100 * (
        np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                  [0.0259040371, 0.7827717662, -0.8086757660]]) @ cones
    )  # fmt: skip


def distance(a: str, b: str, sight: str) -> float:
    return float(np.linalg.norm(oklab(SIGHT[sight] @ linear(a)) - oklab(SIGHT[sight] @ linear(b))))


# ------------------------------------------------------------------------------------------ colors


def test_the_measures_agree_with_their_definitions():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    np.testing.assert_allclose(oklab(linear("#ffffff")), [100, 0, 0], atol=1e-4)


@pytest.mark.parametrize(("series", "text", "page"), MODES)
def test_lines_have_a_contrast_of_3_with_the_page(series, text, page):
    assert min(contrast(color, page) for color in series) >= 3


@pytest.mark.parametrize(("series", "text", "page"), MODES)
def test_text_has_a_contrast_of_4_5_with_the_page(series, text, page):
    assert min(contrast(color, page) for color in text) >= 4.5


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("series", "text", "page"), MODES)
def test_every_pair_of_series_is_told_apart(series, text, page, sight):
    # For comparison: Okabe and Ito's seven colors come to 7.6 at worst, and three of them lack 3:1 on white.
    assert min(distance(a, b, sight) for a, b in combinations(series, 2)) >= (17 if sight == "normal" else 8.5)


@pytest.mark.parametrize(("series", "text", "page"), MODES)
def test_series_are_told_apart_from_text_and_axes(series, text, page):
    assert min(distance(a, b, sight) for a in series for b in text for sight in SIGHT) >= 5


def test_most_series_are_told_apart_in_gray():
    for series, _, _ in (mode.values for mode in MODES):
        lightness = sorted(oklab(linear(color))[0] for color in series)
        assert np.diff(lightness).min() >= 1.5 and np.ptp(lightness) >= 24


def test_every_color_has_a_partner_in_the_dark_and_none_is_used_twice():
    used = {style.INK, style.MUTED, style.GRID, style.PAPER, *style.SERIES}
    assert set(style.DARK) == used and len(set(style.DARK.values())) == len(used) == 11
    assert style.DARK[style.PAPER] == DARK_PAGE
    # The dark copy of a figure is made by replacing one by the other: no color may be another's partner.
    assert not used & set(style.DARK.values())
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for pair in style.DARK.items() for color in pair)


def test_optimizers_have_colors_of_their_own():
    assert len(set(style.OPTIMIZERS.values())) == len(style.OPTIMIZERS)
    assert set(style.OPTIMIZERS.values()) <= set(style.SERIES)


# ------------------------------------------------------------------------------------------ figures

DRAW = """
import io
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from course_lib.plots import style
style.use()
fig, ax = plt.subplots()
ax.plot(np.sin(np.arange(50)), label="a line")
ax.fill_between(np.arange(50), -1, np.cos(np.arange(50)), alpha=0.3)
ax.set(title="$\\\\beta_1 = 0.9$", xlabel="step", ylabel="µm")
ax.pcolormesh(np.eye(4), rasterized=True)
ax.legend()
file = io.StringIO()
fig.savefig(file, format="svg", metadata={"Date": None})
print(file.getvalue())
"""


def test_a_figure_is_the_same_bits_in_two_processes():
    first, second = (
        subprocess.check_output([sys.executable, "-c", DRAW], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    )
    assert first == second and b"<svg" in first


@pytest.fixture(scope="module")
def notebooks():
    """Two notebooks, run by a kernel each: one imports pyplot before the style, one after."""
    draw = "fig, ax = plt.subplots()\nax.plot([1, 3, 2])\n_ = ax.set_title('a title')"
    pyplot, use = "import matplotlib.pyplot as plt", "from course_lib.plots import style\nstyle.use()"
    done = []
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # the kernel sets its own
        for sources in ((f"{pyplot}\n{use}\n{draw}", draw), (use, pyplot, draw)):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
            NotebookClient(notebook, kernel_name="python3").execute()
            done.append(notebook)
    return done


def test_notebooks_show_svg_of_the_same_bits(notebooks):
    figures = [
        output.data["image/svg+xml"]
        for notebook in notebooks
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "display_data"
    ]
    assert len(figures) == 3 and len(set(figures)) == 1
    assert "<dc:date>" not in figures[0]


def test_every_color_of_a_figure_has_a_partner_in_the_dark(notebooks):
    svg = notebooks[0].cells[0].outputs[-1].data["image/svg+xml"]
    assert set(re.findall("#[0-9a-f]{6}", svg)) == {style.INK, style.MUTED, style.GRID, style.BLUE}


def test_use_outside_a_notebook_sets_the_parameters_and_starts_no_ipython():
    code = (
        "import sys, matplotlib as mpl; from course_lib.plots import style; style.use();"
        "print(mpl.rcParams['svg.hashsalt'], mpl.rcParams['text.color'], 'IPython' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == f"course {style.INK} False\n"


def test_every_setting_is_one_of_matplotlib():
    import matplotlib

    assert set(style.settings()) <= set(matplotlib.rcParams)


def test_importing_the_style_imports_no_matplotlib():
    code = "import sys, course_lib.plots.style; print('matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
