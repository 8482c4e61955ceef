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


SHARES = np.array([[0.1, 0.2, 0.9], [0.3, 0.6, 0.7]])


def test_shares_over_rates_are_means_with_a_band_from_the_lowest_to_the_highest_run(ax):
    plots.over_rates([0.01, 0.1, 1.0], {"relu": SHARES}, ax, "share")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0.01, 0.2], [0.1, 0.4], [1.0, 0.8]])
    corners = ax.collections[0].get_paths()[0].vertices
    for rate, low, high in ((0.01, 0.1, 0.3), (0.1, 0.2, 0.6), (1.0, 0.7, 0.9)):
        at = corners[corners[:, 0] == rate, 1]
        assert (at.min(), at.max()) == (low, high)


def test_shares_over_rates_name_every_rate_and_every_curve_in_its_color(ax):
    plots.over_rates([0.01, 0.1, 1.0], {"relu": SHARES, "other": SHARES}, ax, "share", colors={"other": style.RED})
    assert ax.get_xscale() == "log" and ax.get_ylim() == (0, 1)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.01", "0.1", "1"]
    assert [(text.get_text(), text.get_color()) for text in ax.texts] == [
        ("ReLU", plots.ACTIVATIONS["relu"]), ("other", style.RED)]  # fmt: skip
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()


def test_shapes_are_drawn_as_they_are_with_lines_that_differ_in_gray(ax):
    x = np.linspace(-1, 1, 5)
    plots.shapes(x, {"relu": np.maximum(x, 0), "mine": x**2}, ax, "two")
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), x**2)
    assert texts(ax) == ["ReLU", "mine"] and ax.get_title(loc="left") == "two"
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_shapes_that_end_together_can_have_their_names_where_they_begin(ax):
    x = np.linspace(-1, 1, 5)
    plots.shapes(x, {"flat": 0 * x, "steep": np.minimum(9 * x, 0)}, ax, at_left=True)
    assert all(text.get_ha() == "right" and text.get_position()[0] < 0 for text in ax.texts)
    assert ax.texts[0].get_position()[1] > ax.texts[1].get_position()[1]


def test_shapes_have_a_shaded_ground_where_it_is_said_to_be_flat_and_nowhere_else(ax):
    x = np.arange(5.0)
    plots.shapes(x, {"tanh": x}, ax, flat=[True, True, False, False, False])
    (ground,) = ax.collections
    assert ground.get_paths()[0].get_extents().intervalx.tolist() == [0, 1]


def test_a_portrait_has_the_value_solid_in_the_activations_color_and_the_slope_dashed(ax):
    x = np.linspace(-2, 2, 5)
    plots.portrait(x, np.maximum(x, 0), x > 0, ax, "relu")
    value, slope = ax.lines[1:]
    np.testing.assert_array_equal(value.get_ydata(), [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(slope.get_ydata(), [0, 0, 0, 1, 1])
    assert (value.get_color(), slope.get_linestyle()) == (plots.ACTIVATIONS["relu"], "--")
    assert ax.get_title(loc="left") == "ReLU" and ax.get_xlim() == (-2, 2)


def test_the_title_of_a_portrait_is_a_name_that_the_text_uses(ax):
    plots.portrait([0.0, 1.0], [0.0, 1.0], [1.0, 1.0], ax, "hard_sigmoid")
    assert ax.get_title(loc="left") == "hard logistic"


def test_standings_show_every_run_and_the_mean_with_two_standard_errors(ax):
    plots.standings({"tanh": [0.1, 0.3], "relu, He": [0.5, 0.5]}, ax, "accuracy")
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 0], [0.3, 0]]
    mean, error = ax.containers[0].lines[0], ax.containers[0].lines[2][0]
    assert mean.get_xdata().tolist() == [0.2]
    np.testing.assert_allclose(error.get_segments()[0][:, 0], [0.0, 0.4], atol=1e-12)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["tanh", "ReLU, He"]
    assert ax.containers[1].lines[0].get_color() == plots.ACTIVATIONS["relu"]
    assert ax.yaxis_inverted()


def test_a_line_over_x_is_the_mean_of_the_runs_and_its_band_reaches_from_the_lowest_to_the_highest(ax):
    ax.set_xscale("log")
    plots.bands([1, 10], {"before": [[0.2, 0.5], [0.4, 0.7]]}, ax)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 0.3], [10, 0.6]])
    corners = ax.collections[0].get_paths()[0].vertices
    for x, low, high in ((1, 0.2, 0.4), (10, 0.5, 0.7)):
        at = corners[corners[:, 0] == x, 1]
        assert (at.min(), at.max()) == (low, high)
    assert ax.get_xscale() == "log"


def test_lines_over_x_are_named_at_their_ends_in_their_colors_and_a_name_of_blanks_is_not_written(ax):
    curves = {"a": [1.0, 2.0], "b": [1.0, 3.0], " ": [1.0, 1.0]}
    plots.bands([0, 1], curves, ax, colors={"b": style.RED}, dashed=[" "])
    assert texts(ax) == ["a", "b"]
    assert [text.get_color() for text in ax.texts] == [style.BLUE, style.RED]
    assert not ax.collections and [line.get_linestyle() for line in ax.lines] == ["-", "-", "--"]


@pytest.mark.parametrize(("points", "marker"), [(40, "o"), (41, "None")])
def test_a_line_over_few_x_has_markers(ax, points, marker):
    plots.bands(np.arange(points), {"a": np.arange(points)}, ax)
    assert ax.lines[0].get_marker() == marker


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


def test_ridges_are_as_high_as_their_lanes_and_as_wide_as_the_values(ax):
    values = {"layer 1": [-0.5, 0.0, 0.0, 0.5], "layer 2": [0.0, 0.0, 0.0, 0.1]}
    plots.ridges(values, ax, "activation", style.BLUE)
    for lane, (polygon, widest) in enumerate(zip(ax.collections, [0.5, 0.1], strict=True)):
        corners = polygon.get_paths()[0].vertices
        raised = corners[corners[:, 1] > lane + 1e-9]
        assert raised[:, 1].max() == pytest.approx(lane + 0.86)
        assert raised[:, 0].max() == pytest.approx(widest, abs=2 / 41)
    assert texts(ax) == [f"{np.std(v):.2g}" for v in values.values()]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(values)


def test_a_ridge_of_values_that_are_all_beyond_the_limit_is_flat_and_warns_of_nothing(ax):
    plots.ridges({"a": [3.0, -4.0]}, ax, "x", style.BLUE)
    assert ax.collections[0].get_paths()[0].vertices[:, 1].max() == 0


def test_bands_reach_one_deviation_to_both_sides_of_the_mean(ax):
    plots.mean_bands([0, 1], {"layer 1": ([0.5, 0.25], [0.1, 0.2]), "layer 2": ([0.0, 1.0], [0.0, 0.5])}, ax, "epoch")
    assert ax.lines[0].get_ydata().tolist() == [0.5, 0.25]
    corners = ax.collections[0].get_paths()[0].vertices
    at_end = corners[corners[:, 0] == 1, 1]
    assert (at_end.min(), at_end.max()) == (pytest.approx(0.05), pytest.approx(0.45))
    assert texts(ax) == ["layer 1", "layer 2"] and ax.get_xlabel() == "epoch"


def test_a_figure_is_the_same_bits_in_every_run():
    def drawn():
        with matplotlib.rc_context(style.settings()):
            figure, axes = plt.subplots(1, 6)
            plots.depth_profile({"a": RUNS}, axes[0])
            plots.cross_sections([0, 1], {"a": [0, 1]}, axes[1], "y", style.BLUE)
            plots.small_network(([[1.0]], [[2.0]]), (["i"], ["j"], ["k"]), axes[2])
            plots.ridges({"a": [0.0, 0.1]}, axes[3], "x", style.BLUE)
            plots.mean_bands([0, 1], {"a": ([0, 1], [1, 1])}, axes[4], "epoch")
            plots.bands([0, 1], {"a": RUNS[:, :2]}, axes[5])
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None})
            plt.close(figure)
        return text.getvalue()

    assert drawn() == drawn()
