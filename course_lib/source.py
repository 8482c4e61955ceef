"""Lines of the library for a lecture to show: a formula stands beside the very lines that compute it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from course_lib._arguments import a_callable


def excerpt(function: Callable[..., Any], first: str, last: str) -> str:
    """The source of a function from the line that holds one text to the line that holds another.

    Args:
        function: one that is written in Python.
        first, last: parts of lines: of the first line that has the one, and of the first from there on that has the
            other.

    Returns:
        The lines as they are, those two among them.

    Raises:
        ValueError: no line holds the text.
        TypeError: function is none, or not written in Python.

    >>> print(excerpt(excerpt, "def excerpt", "def excerpt"))
    def excerpt(function: Callable[..., Any], first: str, last: str) -> str:
    """
    rows = inspect.getsource(a_callable("function", function)).splitlines()
    start = _row_of("first", first, rows)
    stop = start + _row_of("last", last, rows[start:])
    return "\n".join(rows[start : stop + 1])


def _row_of(name: str, text: str, rows: list[str]) -> int:
    """The first row that holds the text."""
    for i, row in enumerate(rows):
        if text in row:
            return i
    raise ValueError(f"{name}: got {text!r}; takes a part of a line of the function, not above that of first")
