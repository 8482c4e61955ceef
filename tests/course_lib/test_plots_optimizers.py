"""The figures of the part on optimizers: what is drawn is what was given, and labels do not overlap."""

import matplotlib

matplotlib.use("Agg")

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from course_lib.plots import optimizers as plots
from course_lib.plots import style


def texts(ax):
    return [text.get_text() for text in ax.texts]


def labels_do_not_overlap(ax):
    ax.figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the lines that lead from names to marks
    return not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


WALK = np.cumsum(np.full((11, 2), 0.1), axis=0)
FIVE = ("sgd", "nesterov", "adam", "adagrad", "rmsprop")


@given(st.lists(st.floats(-5, 5), max_size=8), st.floats(0.01, 2))
def test_spread_keeps_the_order_and_the_gap(positions, gap):
    placed = plots.spread(positions, gap)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= gap - 1e-9).all()


def test_spread_leaves_alone_what_is_far_enough_apart():
    assert plots.spread([3.0, 1.0, 2.0], 0.5).tolist() == [3.0, 1.0, 2.0]


def test_spread_moves_a_crowd_around_its_middle():
    assert plots.spread([1.0, 1.0, 1.0], 1.0).tolist() == [0.0, 1.0, 2.0]


def test_spread_stays_inside_of_its_limits():
    assert plots.spread([0.9, 1.0], 0.5, 0.0, 1.0).tolist() == pytest.approx([0.5, 1.0])
    assert plots.spread([0.0, 0.1], 0.5, 0.0, 1.0).tolist() == pytest.approx([0.0, 0.5])


def test_contours_have_heights_that_grow_by_a_constant_factor(ax):
    plots.contours(lambda p: p[..., 0] ** 2 + p[..., 1] ** 2, ((-1, 2), (-1, 3)), ax, [(0.0, 0.0)])
    levels = ax.collections[0].levels
    assert np.ptp(levels[1:] / levels[:-1]) < 1e-9
    assert ax.get_xlim() == (-1, 2) and ax.get_ylim() == (-1, 3)
    assert ax.lines[0].get_xydata().tolist() == [[0.0, 0.0]]


def test_a_path_has_every_point_and_its_rule_s_color_and_name(ax):
    ax.set(xlim=(0, 2), ylim=(0, 2))
    plots.paths({"adam": WALK, "sgd": WALK[:, ::-1] * 1.5}, ax)
    adam, sgd, start = ax.lines
    assert np.array_equal(adam.get_xydata(), WALK)
    assert (adam.get_color(), sgd.get_color()) == (style.OPTIMIZERS["adam"], style.OPTIMIZERS["sgd"])
    assert np.array_equal(start.get_xydata()[0], WALK[0])
    assert texts(ax) == ["Adam", "SGD"]


def test_names_of_paths_that_end_together_do_not_overlap(ax):
    ax.set(xlim=(0, 2), ylim=(0, 2))
    plots.paths({name: WALK for name in FIVE}, ax)
    assert labels_do_not_overlap(ax)


def test_two_steps_draws_two_arrows_a_rule_from_point_to_point_and_names_it_at_its_end(ax):
    ax.set(xlim=(0, 3), ylim=(0, 3))
    ends = {"momentum": np.array([2.0, 1.5]), "nesterov": np.array([1.0, 2.5])}
    plots.two_steps({name: (np.zeros(2), np.ones(2), end) for name, end in ends.items()}, ax)
    arrows = [text for text in ax.texts if text.get_text() == ""]
    assert [(tuple(arrow.xyann), tuple(arrow.xy)) for arrow in arrows] == [
        ((0, 0), (1, 1)), ((1, 1), (2, 1.5)), ((0, 0), (1, 1)), ((1, 1), (1, 2.5))]  # fmt: skip
    assert [tuple(text.xy) for text in ax.texts if text.get_text() in ("Momentum", "Nesterov")] == [
        tuple(end) for end in ends.values()]  # fmt: skip
    assert ax.lines[0].get_xydata().tolist() == [[0, 0]] and "velocity" in texts(ax)


def test_ranks_puts_the_best_first_and_rings_it(ax):
    plots.ranks({"one": ["sgd", "adam"], "two": ["adam", "sgd"]}, ax)
    sgd = ax.lines[0]
    assert sgd.get_ydata().tolist() == [1, 2]
    rings = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert [(int(ring.get_xdata()[0]), ring.get_markeredgecolor()) for ring in rings] == [
        (0, style.OPTIMIZERS["sgd"]), (1, style.OPTIMIZERS["adam"])]  # fmt: skip
    assert ax.yaxis_inverted()


def test_curves_names_each_line_at_its_last_finite_value(ax):
    ax.set_yscale("log")
    plots.curves([1, 2, 3], {"adam": [1.0, 10.0, 100.0], "mine": [1.0, 2.0, np.nan]}, ax)
    assert texts(ax) == ["Adam", "mine"]
    assert ax.lines[0].get_color() == style.OPTIMIZERS["adam"]
    assert ax.texts[0].get_position()[1] > ax.texts[1].get_position()[1]


def test_curves_that_end_together_have_names_that_do_not_overlap(ax):
    plots.curves([0, 1], {name: [0.0, 1.0] for name in FIVE}, ax)
    assert labels_do_not_overlap(ax)


def test_a_map_of_endings_has_the_lowest_row_at_the_bottom_and_is_pixels(ax):
    kinds = np.array([[0, 1], [2, 3]])
    plots.endings(kinds, ((-1, 1), (0, 2)), ax, "SGD")
    image = ax.images[0]
    assert image.origin == "lower" and image.get_rasterized()
    assert image.get_extent() == [-1, 1, 0, 2]
    colors = [matplotlib.colors.to_hex(image.cmap(image.norm(kind))) for kind in range(4)]
    assert colors == list(plots.ENDINGS.values())


def test_the_colors_of_endings_differ_also_in_grey():
    grey = sorted(np.dot(matplotlib.colors.to_rgb(c), (0.299, 0.587, 0.114)) for c in plots.ENDINGS.values())
    assert np.diff(grey).min() > 0.1


def test_the_key_of_endings_names_them_all_and_is_pixels_too(ax):
    plots.key_of_endings(ax)
    assert texts(ax) == list(plots.ENDINGS)
    assert all(patch.get_rasterized() for patch in ax.patches)


def test_a_scan_has_its_name_above_its_peak_and_a_ring_at_the_rate_used(ax):
    plots.scans([0.01, 0.1, 1.0], {"sgd": [0.0, 0.8, 0.2]}, ax, {"sgd": (0.05, 0.7)})
    assert ax.texts[0].xy == (0.1, 0.8)
    ring = ax.lines[1]
    assert ring.get_xydata().tolist() == [[0.05, 0.7]]


def test_the_name_of_a_scan_can_stand_elsewhere(ax):
    plots.scans([0.01, 0.1], {"sgd": [0.0, 0.8]}, ax, {"sgd": (0.01, 0.0)}, moved={"sgd": (40, -3)})
    assert ax.texts[0].xyann == (40, -3)


def test_dots_shows_every_run_and_the_mean(ax):
    ax.set(xlim=(0, 1))
    plots.dots({"tuned": {"sgd": [0.2, 0.4], "adam": [0.9, 0.7]}}, ax)
    runs, mean = ax.lines[0], ax.lines[1]
    assert runs.get_xdata().tolist() == [0.2, 0.4]
    assert mean.get_xdata()[0] == pytest.approx(0.3)
    assert texts(ax) == ["SGD", "Adam"]


def test_names_of_dots_that_agree_do_not_overlap(ax):
    ax.set(xlim=(0, 1))
    plots.dots({"tuned": {name: 0.98 for name in FIVE}}, ax)
    assert labels_do_not_overlap(ax)


def test_every_rule_of_the_palette_has_a_name_and_a_marker_of_its_own():
    assert set(plots.NAMES) == set(plots.MARKERS) == set(style.OPTIMIZERS)
    assert len(set(plots.MARKERS.values())) == len(plots.MARKERS)


def test_a_figure_is_the_same_bits_in_every_run():
    def drawn():
        with matplotlib.rc_context(style.settings()):
            figure, axes = plt.subplots()
            plots.endings(np.arange(4).reshape(2, 2), ((0, 1), (0, 1)), axes)
            plots.paths({"adam": WALK}, axes)
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None})
            plt.close(figure)
        return text.getvalue()

    assert drawn() == drawn()


CHAINS = {"first": ("g", "square", "sum", "root", "N"), "second": ("g", "square", "", "root", "N")}


def test_chains_write_every_stage_and_put_a_box_around_what_lies_between_the_ends(ax):
    plots.chains(CHAINS, ax)
    words = [text for text in ax.texts if text.get_text()]
    assert [text.get_text() for text in words] == ["first", *CHAINS["first"], "second", "g", "square", "root", "N"]
    boxed = [text.get_text() for text in words if text.get_bbox_patch() is not None]
    assert boxed == ["square", "sum", "root", "square", "root"]


def test_chains_have_an_arrow_from_each_stage_to_the_next_that_is_there(ax):
    plots.chains(CHAINS, ax)
    arrows = [(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 4 + 3
    assert all(start[1] == end[1] and start[0] < end[0] for start, end in arrows)
    assert arrows[-2] == ((1.42, -1), (2.58, -1))  # past the empty stage


def test_labels_of_chains_do_not_overlap(ax):
    ax.figure.set_size_inches(8, 3)
    plots.chains(CHAINS, ax)
    assert labels_do_not_overlap(ax)


IMAGES = {"left": np.arange(12.0).reshape(3, 4), "right": np.full((3, 4), 22.0)}


def test_heat_shows_each_image_as_it_is_on_one_scale(ax):
    plots.heat(IMAGES, ax, "size")
    left, right = ax.images
    assert np.array_equal(left.get_array(), IMAGES["left"]) and np.array_equal(right.get_array(), IMAGES["right"])
    assert left.get_clim() == right.get_clim() == (0.0, 22.0)
    assert left.get_extent()[1] < right.get_extent()[0]
    assert texts(ax) == ["left", "right"]


def test_heat_names_its_scale(ax):
    plots.heat(IMAGES, ax, "size")
    (scale,) = [axes for axes in ax.figure.axes if axes is not ax]
    assert scale.get_ylabel() == "size"
