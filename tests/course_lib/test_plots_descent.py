"""The figures of gradient descent draw what they are given."""

import numpy as np
import pytest

from course_lib.plots import descent as plots
from course_lib.plots import style

WINDOW = ((-2, 2), (-1, 1))


def height(points):
    return np.sum(np.asarray(points) ** 2, axis=-1)


def drawn(ax, path):
    """The lines that are this path."""
    return [line for line in ax.lines if np.array_equal(line.get_xydata(), path)]


def test_a_walk_has_every_point_with_a_mark_at_each_and_shows_start_and_end(ax):
    path = np.array([[1.0, 0.5], [-0.5, 0.25], [0.25, 0.1]])
    plots.walk(path, height, WINDOW, ax, "a walk", style.RED)
    (line,) = drawn(ax, path)
    assert line.get_color() == style.RED and line.get_marker() == "o" and not line.get_rasterized()
    assert len(drawn(ax, path[:1])) == len(drawn(ax, path[-1:])) == 1
    assert ax.get_title(loc="left") == "a walk" and ax.get_xlim() == WINDOW[0] and ax.get_ylim() == WINDOW[1]


@pytest.mark.parametrize(("steps", "pixels"), [(60, False), (61, True)])
def test_a_long_walk_is_pixels_without_marks(ax, steps, pixels):
    path = np.random.default_rng(0).uniform(-1, 1, (steps + 1, 2))
    plots.walk(path, height, WINDOW, ax, "long")
    (line,) = drawn(ax, path)
    assert bool(line.get_rasterized()) == pixels == (line.get_marker() == "")


def test_floors_are_marks_and_the_formula_is_a_line_in_the_same_color_named_at_its_end(ax):
    rates = [0.01, 0.1]
    fine = np.array([0.01, 0.03, 0.1, 0.3])
    lines = {"1": (fine, np.array([1.0, 3.0, 10.0, np.inf])), "8": (fine, fine)}
    plots.floors(rates, {"1": [1.1, np.inf], "8": [0.01, 0.1]}, lines, ax, "level")
    formula, marks = ax.lines[:2]
    assert formula.get_ydata().tolist() == [1.0, 3.0, 10.0]
    assert marks.get_xydata()[0].tolist() == [0.01, 1.1]
    assert formula.get_color() == marks.get_color() != ax.lines[2].get_color()
    assert [text.get_text() for text in ax.texts] == ["1", "8"]
    assert ax.get_xscale() == ax.get_yscale() == "log" and ax.get_ylabel() == "level"
