"""The figures of the foundations show what they are given: each test reads the drawing back."""

from __future__ import annotations

import io

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from course_lib.plots import foundations, style
from course_lib.plots.foundations import Curve


def words(ax):
    return [text.get_text() for text in ax.texts]


def svg(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def test_a_gallery_has_a_row_a_class_and_keeps_each_picture_in_its_place(ax):
    images = np.arange(2 * 3)[:, None, None].repeat(4, 1).repeat(5, 2).reshape(2, 3, 4, 5)
    assert foundations.gallery(images, ["shirt", "bag"], ax) is ax
    sheet = ax.images[0].get_array()
    assert sheet.shape == (8, 15)
    assert len({float(sheet[4 * row + 1, 5 * column + 2]) for row in range(2) for column in range(3)}) == 6
    assert np.all(np.diff(sheet[1, 2::5]) > 0) and np.all(np.diff(sheet[5, 2::5]) > 0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["shirt", "bag"]


def test_a_gallery_of_ten_by_ten_stays_small_as_svg(ax):
    images = np.random.default_rng(0).random((10, 10, 28, 28)) ** 4
    foundations.gallery(images, list("abcdefghij"), ax)
    assert len(svg(ax.figure)) < 150_000


def test_learning_curves_count_epochs_from_one_and_name_each_curve_at_its_end(ax):
    curves = {"training": Curve([3.0, 2.0, 1.0], style.MUTED, dashed=True), "validation": Curve([3, 2, 2], style.RED)}
    assert foundations.learning_curves(curves, ax, "loss", mark=(2, "lowest")) is ax
    dashed, solid = ax.lines[:2]
    assert list(dashed.get_xdata()) == [1, 2, 3] and list(solid.get_ydata()) == [3, 2, 2]
    assert (dashed.get_linestyle(), solid.get_linestyle()) == ("--", "-")
    assert set(words(ax)) == {"training", "validation", "lowest"}
    assert ax.get_ylabel() == "loss" and ax.get_xlabel() == "epoch"


def test_learning_curves_draw_every_run(ax):
    foundations.learning_curves({"five": Curve(np.arange(15.0).reshape(5, 3), style.BLUE)}, ax, "loss")
    assert [list(line.get_ydata()) for line in ax.lines] == np.arange(15.0).reshape(5, 3).tolist()


def test_names_at_the_ends_of_equal_curves_do_not_touch(ax):
    curves = {name: Curve([1.0, 2.0], style.BLUE) for name in ("a", "b", "c")}
    foundations.learning_curves(curves, ax, "loss")
    heights = sorted(text.xy[1] for text in ax.texts)
    assert np.all(np.diff(heights) > 0.05)


def test_one_epoch_is_enough_for_a_figure(ax):
    foundations.learning_curves({"a": Curve([1.0], style.BLUE)}, ax, "loss")
    foundations.shares([0.1], [0.2], ax)
    assert ax.get_xlim() == (1, 2)


def test_shares_stack_to_the_loss(ax):
    assert foundations.shares([0.3, 0.2, 0.1], [0.1, 0.2, 0.4], ax) is ax
    below, above = ax.lines
    assert np.allclose(below.get_ydata(), [0.3, 0.2, 0.1])
    assert np.allclose(above.get_ydata(), [0.4, 0.4, 0.5])
    assert ax.get_ylim()[0] == 0  # an area lies about its size unless it starts at zero


def test_cooling_marks_the_network_as_trained_at_temperature_one(ax):
    assert foundations.cooling([0.5, 1.0, 2.0], [0.9, 0.6, 0.4], 0.35, ax) is ax
    dot = next(line for line in ax.lines if line.get_marker() == "o")
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (1.0, 0.6)
    floor = next(line for line in ax.lines if line.get_linestyle() == ":")
    assert set(floor.get_ydata()) == {0.35} and ax.get_ylim()[0] < 0.35


def test_the_bell_curve_is_that_of_the_formula_and_holds_all_sets(ax):
    accuracies = np.random.default_rng(1).binomial(100, 0.8, 500) / 100
    assert foundations.luck_of_pictures(accuracies, 0.8, 100, ax) is ax
    assert sum(bar.get_height() for bar in ax.patches) == 500
    x, y = ax.lines[0].get_data()
    assert np.isclose(x[y.argmax()], 0.8, atol=0.002)
    half = x[y >= y.max() * np.exp(-0.5)]
    assert np.isclose((half[-1] - half[0]) / 2, np.sqrt(0.8 * 0.2 / 100), atol=0.002)
    assert np.isclose(np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)) / 0.02, 500, rtol=0.01)  # a bin is two pictures wide


def test_the_bars_of_the_runs_are_two_standard_errors(ax):
    assert foundations.luck_of_seeds([0.80, 0.82], [0.01, 0.02], ax) is ax
    bars = ax.containers[0].lines[2][0].get_segments()
    assert np.allclose([bar[:, 1] for bar in bars], [[0.78, 0.82], [0.78, 0.86]])


def test_optimism_is_drawn_over_logarithmic_sizes(ax):
    curves = {"real": Curve([0.03, 0.01], style.RED), "coins": Curve([0.06, 0.02], style.MUTED, dashed=True)}
    assert foundations.optimism([100, 1_000], curves, ax) is ax
    assert ax.get_xscale() == "log" and set(words(ax)) == {"real", "coins"}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "1,000"]
    assert list(ax.lines[0].get_ydata()) == [0.03, 0.01]


def test_every_figure_uses_the_colors_of_the_book_only(ax):
    foundations.shares([0.3, 0.2], [0.1, 0.2], ax)
    foundations.cooling([1.0, 2.0], [0.6, 0.4], 0.3, ax)
    known = {value for value in vars(style).values() if isinstance(value, str) and value.startswith("#")}
    assert {to_hex(line.get_color()) for line in ax.lines} <= known
    assert {to_hex(area.get_facecolor()[0]) for area in ax.collections} <= known
    assert {to_hex(text.get_color()) for text in ax.texts} <= known


def test_the_same_figure_is_the_same_svg():
    drawings = []
    for _ in range(2):
        with plt.rc_context(style.settings()):
            figure, ax = plt.subplots()
            foundations.luck_of_seeds([0.80, 0.82], [0.01, 0.02], ax)
            drawings.append(svg(figure))
            plt.close(figure)
    assert drawings[0] == drawings[1]
