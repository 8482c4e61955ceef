"""The figures of the part "Practice" draw what they are given."""

import numpy as np

from course_lib.plots import practice as plots

ROWS = {"frozen": [1.0, 3.0], "thawed": [0.0, 0.5]}


def test_each_row_has_a_bar_a_run_and_a_mark_at_the_mean_with_its_number(ax):
    plots.strips(ROWS, ax, "test error")
    bars, mark = ax.lines[:2]
    assert bars.get_xdata().tolist() == [1.0, 3.0] and mark.get_xdata().tolist() == [2.0]
    assert bars.get_color() == mark.get_color() != ax.lines[2].get_color()
    assert [text.get_text() for text in ax.texts] == ["2", "0.25"]
    assert ax.get_xlabel() == "test error"


def test_the_first_row_is_on_top_and_rows_are_named(ax):
    plots.strips(ROWS, ax, "test error")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["frozen", "thawed"]
    assert ax.lines[0].get_ydata()[0] < ax.lines[2].get_ydata()[0] and ax.yaxis_inverted()


def test_on_a_logarithmic_axis_nothing_is_below_the_least_and_the_mean_is_that_of_all(ax):
    ax.set_xscale("log")
    plots.strips(ROWS, ax, "test error", least=0.3)
    assert ax.lines[2].get_xdata().tolist() == [0.3, 0.5] and ax.lines[3].get_xdata().tolist() == [0.3]
    assert ax.texts[1].get_text() == "0.25"
    assert np.isfinite(ax.lines[3].get_xdata()).all()


def test_a_transplant_shows_the_layers_of_both_networks_and_copies_of_the_base_alone(ax):
    plots.transplant_scheme(["layer 1", "layer 2"], ax)
    words = [text.get_text() for text in ax.texts]
    for name, times in {"layer 1": 2, "layer 2": 2, "pixels": 2, "head of A": 1, "new head": 1, "copy": 2}.items():
        assert words.count(name) == times
    at = {text.get_text(): text.xy for text in ax.texts if text.get_text() in ("layer 2", "new head")}
    cut = ax.lines[0].get_xdata()
    assert at["layer 2"][0] < cut[0] == cut[1] < at["new head"][0]
