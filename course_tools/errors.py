"""What stops a command: failures, each of which names lecture, cell and reason on one line."""

from __future__ import annotations

from typing import NamedTuple


class Failure(NamedTuple):
    """One thing that is wrong.

    Args:
        page: the lecture's name, or the path of a page; empty if no page is to blame.
        reason: what is wrong; what follows the first line is detail.
        cell: number of the cell, counted over all cells from 1; 0 if no cell is to blame.
        source: the first line of that cell.
        where: file and line to open, such as `book/part/name.md:12`.
    """

    page: str
    reason: str
    cell: int = 0
    source: str = ""
    where: str = ""

    @property
    def sentence(self) -> str:
        """Lecture, cell, place and reason on one line."""
        cell = f"cell {self.cell} ({self.source})" if self.cell else ""
        place = ", ".join(part for part in (self.page, cell, self.where) if part)
        return (f"{place}: " if place else "") + self.reason.partition("\n")[0]

    @property
    def details(self) -> str:
        """What follows the first line of the reason, such as a traceback."""
        return self.reason.partition("\n")[2].strip("\n")


class CourseError(Exception):
    """A command cannot go on. Its failures are the last lines that the user reads."""

    def __init__(self, *failures: Failure | str) -> None:
        self.failures = tuple(Failure("", one) if isinstance(one, str) else one for one in failures)
        super().__init__("\n".join(failure.sentence for failure in self.failures))
