"""The figures of the lecture on early stopping: what is drawn is what was given."""

import doctest

import numpy as np
import pytest

from course_lib.plots import stopping as plots

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(plots)
    assert result.attempted > 0 and result.failed == 0


def test_each_run_is_a_line_from_column_to_column_and_the_mean_stands_above_them(ax):
    plots.slopes({"chose": [-0.2, 0.0, 0.1], "others": [0.0, 0.3, 0.3]}, ax, ("line ahead", "network ahead"))
    _, *runs, mean = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"]
    assert [line.get_ydata().tolist() for line in runs] == [[-0.2, 0.0], [0.0, 0.3], [0.1, 0.3]]
    np.testing.assert_allclose(mean.get_ydata(), [-0.1 / 3, 0.2])
    assert mean.get_linewidth() > runs[0].get_linewidth()


def test_the_bars_are_two_standard_errors(ax):
    values = np.array([1.0, 2.0, 4.0, 9.0])
    plots.slopes({"a": values, "b": values}, ax)
    (bars,) = ax.containers
    low, high = bars[2][0].get_segments()[0][:, 1]
    np.testing.assert_allclose(high - low, 4 * values.std(ddof=1) / 2)


def test_the_words_say_who_is_ahead_on_which_side(ax):
    plots.slopes({"a": [1.0, 2.0], "b": [1.0, 2.0]}, ax, ("above", "below"))
    assert [(text.get_text(), text.get_va()) for text in ax.texts] == [("above", "bottom"), ("below", "top")]


def test_each_mean_is_marked_where_it_is_lowest(ax):
    plots.turns([0, 4, 8], {"few": [[3.0, 1.0, 2.0], [5.0, 1.0, 4.0]], "many": [3.0, 2.0, 1.0]}, ax)
    *_, few, many = ax.lines
    assert (few.get_xdata().tolist(), few.get_ydata().tolist()) == ([4.0], [1.0])
    assert (many.get_xdata().tolist(), many.get_ydata().tolist()) == ([8.0], [1.0])
    assert few.get_color() == ax.lines[0].get_color() != many.get_color()
    assert {text.get_text() for text in ax.texts} == {"few", "many"}
