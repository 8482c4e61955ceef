"""The figures of penalties draw what they are given, and 0 has a place on their logarithmic axis."""

import doctest

import numpy as np

from course_lib.plots import penalties as plots
from course_lib.plots import style

STRENGTHS = [0, 1e-4, 1e-3, 1e-2]


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(plots)
    assert result.attempted > 0 and result.failed == 0


def test_no_penalty_stands_one_place_before_the_weakest(ax):
    plots.over_strengths(STRENGTHS, {"loss": [4.0, 3.0, 2.0, 1.0]}, ax, "loss")
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [1e-5, 1e-4, 1e-3, 1e-2])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "0.0001", "0.001", "0.01"]
    assert ax.get_xscale() == "log" and ax.get_ylabel() == "loss"


def test_a_line_is_the_mean_of_the_runs_and_its_color_and_name_are_those_given(ax):
    runs = [[4.0, 3.0, 2.0, 1.0], [6.0, 3.0, 4.0, 1.0]]
    plots.over_strengths(STRENGTHS, {"test": runs, "other": runs[0]}, ax, "loss", colors={"test": style.RED})
    assert ax.lines[0].get_ydata().tolist() == [5.0, 3.0, 3.0, 1.0]
    assert ax.lines[0].get_color() == style.RED
    assert [text.get_text() for text in ax.texts] == ["test", "other"]


def test_parts_stand_on_top_of_each_other(ax):
    parts = {"bias": [1.0, 1.0, 2.0, 3.0], "variance": [4.0, 2.0, 1.0, 0.0]}
    plots.stacked(STRENGTHS, parts, ax, "error", {"bias": style.BLUE, "variance": style.ORANGE})
    assert ax.lines[0].get_ydata().tolist() == [1.0, 1.0, 2.0, 3.0]
    assert ax.lines[1].get_ydata().tolist() == [5.0, 3.0, 3.0, 3.0]
    assert [text.get_color() for text in ax.texts] == [style.BLUE, style.ORANGE]
    assert ax.get_ylim()[0] == 0
