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
from typing import SupportsFloat, SupportsIndex

MIME = "application/vnd.course.claim+json"
"""Media type of a claim's record in the notebook."""

_GLUE = "application/papermill.record/"  # the prefix under which MyST-NB looks for glued values


class FalseClaim(AssertionError):
    """A claim does not hold; the message names it, its value and its range."""


def claim(name: str, value: SupportsFloat | SupportsIndex, low: float, high: float, statement: str) -> None:
    """Check that low <= value <= high, show it, glue it as `name` and record it.

    Args:
        name: identifier of the claim, unique in its lecture.
        value: the measured number: anything that `float` takes (a NumPy scalar, a tensor of one element).
        low, high: the range in which the statement is true, both ends included, low <= high.
        statement: what is claimed, as a phrase that the value completes ("test accuracy of the plain network").

    Raises:
        FalseClaim: value is outside the range or not finite, and COURSE_CLAIMS is `enforce`.
        ValueError: the name is no identifier, the range is empty or not finite, or the statement is blank.

    >>> claim("beale_minimum", 0.0, 0.0, 1e-12, "Beale's function at its minimum")
    ✓ Beale's function at its minimum: 0 (claimed: 0 to 1e-12)
    """
    if not name.isidentifier():
        raise ValueError(f"name: got {name!r}; takes an identifier such as 'test_accuracy'")
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"low, high: got {low!r}, {high!r}; takes two finite numbers with low <= high")
    if not statement.strip():
        raise ValueError("statement: got a blank one; takes the phrase that the value completes")
    mode = os.environ.get("COURSE_CLAIMS", "")
    number = float(value)  # also turns np.float64(0.12), which a page would show as such, into 0.12
    holds = math.isfinite(number) and low <= number <= high
    comparable = mode != "not-comparable"
    claimed = f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
    line = f"{'✓' if holds else '✗'} {statement}: {number:.4g} (claimed: {claimed})"
    if not comparable:
        line += " — not comparable: the parameters were changed"
    _show(line, dict(name=name, value=number, low=float(low), high=float(high), statement=statement,
                     holds=holds, comparable=comparable))  # fmt: skip
    if mode == "enforce" and not holds:
        raise FalseClaim(f"claim {name!r} is false: {statement}: measured {number!r}, claimed {low!r} to {high!r}")


def _show(line: str, record: dict[str, object]) -> None:
    """Display the line with its record, and glue the value; outside a notebook, print the line."""
    try:
        from IPython import get_ipython  # type: ignore[attr-defined]
        from IPython.display import display
    except ImportError:
        get_ipython = lambda: None  # noqa: E731
    if get_ipython() is None:
        print(line)
        return
    if not math.isfinite(record["value"]):  # type: ignore[arg-type]
        record = {**record, "value": repr(record["value"])}  # JSON knows no nan and no infinity
    display({"text/plain": line, MIME: record}, raw=True)
    glued = {"scrapbook": {"name": record["name"], "mime_prefix": _GLUE}}
    display({_GLUE + "text/plain": repr(record["value"])}, raw=True, metadata=glued)
