"""The figures of the lecture on learning rates: what is drawn is what was given."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.plots import schedules as plots
from course_lib.plots import style
from course_lib.schedules import constant, linear

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def axes():
    with matplotlib.rc_context(style.settings()):
        figure, axes = plt.subplots(1, 3)
        yield axes
        figure.draw_without_rendering()
        plt.close(figure)


def test_each_schedule_is_drawn_in_its_panel_under_its_name(axes):
    plots.gallery({"constant": constant(0.1), "linear": linear(0.2, 10, 0.0)}, 10, axes)
    assert [ax.get_title(loc="left") or ax.get_title() for ax in axes[:2]] == ["constant", "linear"]
    np.testing.assert_allclose(axes[1].lines[0].get_ydata(), linear(0.2, 10, 0.0)(np.arange(10)))
    np.testing.assert_allclose(axes[1].lines[1].get_ydata(), [0.2, 0.02])


def test_a_panel_without_a_schedule_is_switched_off(axes):
    plots.gallery({"constant": constant(0.1)}, 10, axes)
    assert [ax.axison for ax in axes] == [True, False, False]


def test_rows_are_in_the_order_of_their_means_and_the_reference_is_a_line_through_all(axes):
    plots.ranking({"constant": [3.0, 4.0], "late": [1.0, 2.0], "early": [5.0, 6.0]}, axes[0], "constant")
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["late", "constant", "early"]
    assert axes[0].lines[0].get_xdata() == [3.5, 3.5]
    low, high = axes[0].get_ylim()
    assert low > high  # the first row is on top


def test_a_row_shows_every_run_and_the_mean(axes):
    plots.ranking({"constant": [3.0, 4.0], "late": [1.0, 2.0]}, axes[0], "constant")
    runs, mean = axes[0].lines[1:3]
    assert runs.get_xdata().tolist() == [1.0, 2.0] and float(np.squeeze(mean.get_xdata())) == 1.5


def test_notes_stand_in_their_rows(axes):
    plots.ranking({"constant": [3.0], "late": [1.0]}, axes[0], "constant", {"late": "0.2"})
    (note,) = axes[0].texts
    assert note.get_text() == "0.2" and note.xy[1] == 0
