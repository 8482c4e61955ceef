"""The figures of dropout draw what they are given."""

import numpy as np
import pytest

from course_lib.plots import dropout as plots


def test_a_difference_has_a_bar_for_each_run_and_its_mean_with_two_standard_errors(ax):
    plots.differences({"a": [-0.1, -0.3], "b": [0.0, 0.1]}, ax, "loss")
    zero, bars = ax.lines[:2]
    assert list(zero.get_xdata()) == [0, 0]
    assert bars.get_xydata().tolist() == [[-0.1, 0], [-0.3, 0]]
    (mark, _, (error,)) = ax.containers[0]
    assert mark.get_xdata()[0] == pytest.approx(-0.2)
    assert error.get_segments()[0][:, 0] == pytest.approx([-0.4, 0.0])  # standard error 0.1
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is on top


@pytest.mark.parametrize(("count", "pixels"), [(200, False), (201, True)])
def test_fits_show_points_curves_and_the_function(ax, count, pixels):
    x = np.linspace(0, 1, 5)
    points = np.linspace(0, 1, count), np.zeros(count)
    plots.fits(x, x**2, points, {"plain": x, "dropout": 2 * x}, ax, "noisy")
    dots, plain, dropped, truth = ax.lines
    assert np.array_equal(dots.get_xydata(), np.transpose(points)) and bool(dots.get_rasterized()) == pixels
    assert np.array_equal(plain.get_ydata(), x) and np.array_equal(dropped.get_ydata(), 2 * x)
    assert np.array_equal(truth.get_ydata(), x**2) and truth.get_linestyle() == "--"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["plain", "dropout", "the function"]
    assert len({line.get_color() for line in ax.lines}) == 4 and ax.get_title(loc="left") == "noisy"
