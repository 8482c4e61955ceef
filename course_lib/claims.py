"""Claims: the sentences of a lecture that hold a number, checked whenever the lecture runs.

    claim("test_accuracy", accuracy, 0.80, 0.86, "test accuracy of the plain network")

does three things with one value:

* it shows a line that says what was measured, and whether the claim holds;
* it glues the value under its name, so that prose can show it: {glue:text}`test_accuracy:.3f`;
* it leaves a record beside the line, from which the claims ledger of the book is made.

What happens to a claim that does not hold is decided by whoever runs the notebook, through the environment
variable `COURSE_CLAIMS`:

* `enforce`: FalseClaim is raised. So the book cannot be built with a false sentence in it.
* `not-comparable`: the parameters were changed, the range no longer speaks of this run; nothing is stopped.
* unset (Colab, Jupyter): ✓ or ✗ is printed and the notebook goes on.
"""

from __future__ import annotations

import math
import os
import sys
from typing import SupportsFloat, SupportsIndex

import numpy as np

MIME = "application/vnd.course.claim+json"
"""Media type of a claim's record in the notebook."""

GLUE = "application/papermill.record/"
"""What MyST-NB puts before the media type of a value that is glued without being shown."""

MODES = ("", "enforce", "not-comparable")
"""What COURSE_CLAIMS may hold."""


class FalseClaim(AssertionError):
    """A claim does not hold; the message names it, its value and its range."""


def claim(name: str, value: SupportsFloat | SupportsIndex, low: float, high: float, statement: str) -> None:
    """Check that low <= value <= high, show it, glue it as `name` and record it.

    Args:
        name: identifier of the claim, unique in its lecture.
        value: the measured number: a Python or NumPy number, an array of one element, a tensor without axes.
        low, high: the range in which the statement is true, both ends included, low <= high, finite.
        statement: what is claimed, as a phrase that the value completes ("test accuracy of the plain network").

    Raises:
        FalseClaim: value is outside the range or not finite, and COURSE_CLAIMS is `enforce`.
        TypeError: value is not one real number.
        ValueError: the name is no identifier, the range is empty or not finite, the statement is not one line of
            text, or COURSE_CLAIMS holds an unknown word.

    >>> claim("beale_minimum", 0.0, 0.0, 1e-12, "Beale's function at its minimum")
    ✓ Beale's function at its minimum: 0 (claimed: 0 to 1e-12)
    >>> claim("gain", 9.2, 9.9, 10.1, "gain of the filter for constants")
    ✗ gain of the filter for constants: 9.2 (claimed: 9.9 to 10.1)
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"name: got {name!r}; takes an identifier such as 'test_accuracy'")
    low, high = _number("low", low), _number("high", high)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"low, high: got {low!r}, {high!r}; takes two finite numbers with low <= high")
    if not isinstance(statement, str) or not statement.strip() or len(statement.splitlines()) != 1:
        raise ValueError(f"statement: got {statement!r}; takes one line of text, the phrase that the value completes")
    mode = os.environ.get("COURSE_CLAIMS", "")
    if mode not in MODES:
        raise ValueError(f"COURSE_CLAIMS: got {mode!r}; takes 'enforce', 'not-comparable', or is unset")
    number = _number("value", value)
    holds = low <= number <= high  # nan and infinity never are
    comparable = mode != "not-comparable"
    # A false claim shows all digits: 0.86 (claimed: 0.8 to 0.86) would hide that it was 0.86001.
    measured = _digits(number, 4) if holds else f"{number!r}"
    claimed = _digits(low, 6) if low == high else f"{_digits(low, 6)} to {_digits(high, 6)}"
    line = f"{'✓' if holds else '✗'} {statement}: {measured} (claimed: {claimed})"
    if not comparable:
        line += " — not comparable: the parameters were changed"
    # JSON knows neither nan nor infinity: the record holds their names.
    kept = number if math.isfinite(number) else repr(number)
    record: dict[str, object] = dict(
        name=name, value=kept, low=low, high=high, statement=statement, holds=holds, comparable=comparable
    )
    _show(line, record, repr(number))
    if mode == "enforce" and not holds:
        raise FalseClaim(f"claim {name!r} is false: {statement}: measured {number!r}, claimed {low!r} to {high!r}")


def _number(argument: str, value: SupportsFloat | SupportsIndex) -> float:
    """The value as a Python float: pages would show NumPy's own as np.float64(0.12)."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, (str, bytes, np.ndarray, np.complexfloating)):
        raise TypeError(f"{argument}: got {value!r}; takes one real number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{argument}: got {value!r}; takes one real number") from None


def _digits(number: float, significant: int) -> str:
    """The number in so many significant digits; a whole number, such as a count, in all of its digits."""
    if number.is_integer() and abs(number) < 1e15:
        return f"{number:.0f}"
    return f"{number:.{significant}g}"


def _show(line: str, record: dict[str, object], glued: str) -> None:
    """Display the line with its record, and glue the value; outside IPython, print the line."""
    ipython = sys.modules.get("IPython")  # whoever runs in it has imported it
    if ipython is None or ipython.get_ipython() is None:
        print(line)
        return
    display = ipython.display.display
    display({"text/plain": line, MIME: record}, raw=True)
    scrapbook = {"name": record["name"], "mime_prefix": GLUE}
    display({GLUE + "text/plain": glued}, raw=True, metadata={"scrapbook": scrapbook})
