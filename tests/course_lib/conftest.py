"""What tests of figures share, axes to draw on, and tests of Keras: the marker for what only some of its backends have.

    @pytest.mark.backend("tensorflow", reason="sparse gradients")

A marked test is collected on these backends alone. It is not skipped elsewhere, since there is nothing to wait for: it
is left out, and the summary of the run says how many were, of which file and for which reason. That is what
reference/test_backends_reference.py reads, and what book/setup.md says in the same words.
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")

_left_out: Counter[tuple[str, str]] = Counter()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "backend(*names, reason): concerns something that only these backends have")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = {item: mark for item in items for mark in item.iter_markers("backend") if BACKEND not in mark.args}
    if elsewhere:
        _left_out.update((item.path.name, mark.kwargs["reason"]) for item, mark in elsewhere.items())
        config.hook.pytest_deselected(items=list(elsewhere))
        items[:] = [item for item in items if item not in elsewhere]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for (file, reason), count in sorted(_left_out.items()):
        terminalreporter.write_line(f"left out on {BACKEND}: {file}: {count}: {reason}")


@pytest.fixture
def ax() -> Iterator[Any]:
    """Axes in the style of the course. A figure that cannot be drawn fails when its test ends."""
    import matplotlib  # here, for tests of NumPy modules load this file too

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from course_lib.plots import style

    with matplotlib.rc_context(style.settings()):
        figure, axes = plt.subplots()
        yield axes
        figure.draw_without_rendering()
        plt.close(figure)
