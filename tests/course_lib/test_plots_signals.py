"""The figures of the part on signals: what is drawn is what was given, and labels do not overlap."""

import matplotlib

matplotlib.use("Agg")

import io
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from course_lib.activations import ACTIVATIONS
from course_lib.plots import signals as plots
from course_lib.plots import style

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def ax():
    with matplotlib.rc_context(style.settings()):
        figure, axes = plt.subplots()
        yield axes
        figure.draw_without_rendering()  # a figure that cannot be drawn fails here
        plt.close(figure)


def texts(ax):
    return [text.get_text() for text in ax.texts]


RUNS = np.array([[1.0, 0.1, 0.01], [4.0, 0.4, 0.04]])


def test_a_profile_is_the_geometric_mean_of_the_runs_on_a_logarithmic_axis(ax):
    plots.depth_profile({"tanh": RUNS}, ax)
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 2.0], [2, 0.2], [3, 0.02]])


def test_the_band_of_a_profile_reaches_from_the_lowest_to_the_highest_run(ax):
    plots.depth_profile({"tanh": RUNS}, ax)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    for layer, low, high in ((1, 1.0, 4.0), (2, 0.1, 0.4), (3, 0.01, 0.04)):
        at = corners[corners[:, 0] == layer, 1]
        assert (at.min(), at.max()) == (low, high)


def test_a_single_run_has_no_band(ax):
    plots.depth_profile({"tanh": RUNS[0]}, ax)
    assert not ax.collections
    np.testing.assert_allclose(ax.lines[0].get_ydata(), RUNS[0])


def test_a_profile_of_zeros_which_a_logarithm_cannot_show_has_no_name(ax):
    plots.depth_profile({"dead": np.zeros(3), "tanh": RUNS[0]}, ax)
    assert texts(ax) == ["tanh"]


def test_profiles_are_named_at_their_ends_in_their_colors(ax):
    colors = plots.by_activation({"mine": "relu"})
    plots.depth_profile({"mine": RUNS, "other": 10 * RUNS}, ax, "size", colors=colors)
    assert texts(ax) == ["mine", "other"]
    assert ax.texts[0].get_color() == ax.lines[0].get_color() == plots.ACTIVATIONS["relu"]
    assert ax.lines[1].get_color() == style.SERIES[1]
    assert ax.texts[1].get_position()[1] > ax.texts[0].get_position()[1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("layer", "size")


def test_names_of_profiles_that_end_together_do_not_overlap(ax):
    plots.depth_profile({f"network {i}": RUNS for i in range(7)}, ax)
    ax.figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_prediction_is_dashed_and_the_others_have_markers_of_their_own(ax):
    plots.depth_profile({"a": RUNS, "b": RUNS, "formula": RUNS[0]}, ax, dashed=["formula"])
    assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "--"]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker() and ax.lines[2].get_marker() == "None"


def test_a_profile_can_be_over_something_else_than_layers(ax):
    plots.depth_profile({"a": RUNS}, ax, x=[4, 16, 64], xlabel="width")
    assert ax.lines[0].get_xdata().tolist() == [4, 16, 64] and ax.get_xlabel() == "width"


@pytest.mark.parametrize("gone", [0.0, np.inf, np.nan])
def test_a_profile_breaks_where_a_signal_is_gone_and_warns_of_nothing(ax, gone):
    plots.depth_profile({"a": [[1.0, 0.1, gone], [1.0, 0.1, 0.01]]}, ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1.0, 0.1, np.nan])
    assert texts(ax) == ["a"]


def test_every_layer_has_a_tick_as_long_as_there_is_room(ax):
    plots.depth_profile({"a": np.ones(10)}, ax)
    assert ax.get_xticks().tolist() == list(range(1, 11))
    plots.depth_profile({"a": np.ones(30)}, ax)
    assert ax.get_xticks().tolist() == list(range(3, 31, 3))


def test_every_activation_of_the_palette_exists_and_has_a_name_and_a_color_of_its_own():
    assert set(plots.ACTIVATIONS) == set(plots.NAMES) <= set(ACTIVATIONS)
    assert len(set(plots.ACTIVATIONS.values())) == len(plots.ACTIVATIONS)
    assert set(plots.ACTIVATIONS.values()) <= set(style.DARK)


def test_cross_sections_share_one_scale_and_do_not_touch(ax):
    x = np.linspace(-1, 1, 5)
    curves = {"1": 0.1 * x, "2": 3 + x, "3": -x}
    plots.cross_sections(x, curves, ax, "output", style.BLUE)
    drawn = [line.get_ydata() for line in ax.lines]
    for line, y in zip(drawn, curves.values(), strict=True):
        np.testing.assert_allclose(np.diff(line), np.diff(y), atol=1e-12)
    assert all(above.min() > below.max() for above, below in pairwise(drawn))
    assert texts(ax) == ["1", "2", "3"]


def test_a_small_network_has_a_circle_a_unit_and_every_weight_on_a_line(ax):
    first, second = [[0.15, 0.25], [0.2, 0.3]], [[0.4], [0.45]]
    plots.small_network((first, second), (["i", "j"], ["k", "l"], ["m"]), ax)
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    lines = [line for line in ax.lines if line.get_marker() == "None"]
    assert (len(circles), len(lines)) == (5, 6)
    assert texts(ax) == ["0.15", "0.25", "0.2", "0.3", "0.4", "0.45", "i", "j", "k", "l", "m"]


def test_the_weights_of_a_small_network_stand_apart(ax):
    kernels = [[0.15, 0.25], [0.2, 0.3]], [[0.4, 0.5], [0.45, 0.55]]
    plots.small_network(kernels, (["i", "j"], ["k", "l"], ["m", "n"]), ax)
    ax.figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_figure_is_the_same_bits_in_every_run():
    def drawn():
        with matplotlib.rc_context(style.settings()):
            figure, axes = plt.subplots(1, 3)
            plots.depth_profile({"a": RUNS}, axes[0])
            plots.cross_sections([0, 1], {"a": [0, 1]}, axes[1], "y", style.BLUE)
            plots.small_network(([[1.0]], [[2.0]]), (["i"], ["j"], ["k"]), axes[2])
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None})
            plt.close(figure)
        return text.getvalue()

    assert drawn() == drawn()
