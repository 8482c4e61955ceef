"""What stops a command: failures, each of which names lecture, cell and reason on one line."""

from __future__ import annotations

from typing import Any, NamedTuple


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

    def __str__(self) -> str:
        """The details first and the sentence last, because the end of the output is what is read."""
        sentence, _, details = self.reason.partition("\n")
        cell = f"cell {self.cell} ({self.source.strip()})" if self.cell else ""
        place = ", ".join(part for part in (self.page, cell, self.where) if part)
        return (f"{details.rstrip()}\n" if details.strip() else "") + (f"{place}: " if place else "") + sentence

    def to_json(self) -> dict[str, Any]:
        return self._asdict()


class CourseError(Exception):
    """A command cannot go on. Its failures are the last lines that the user reads."""

    def __init__(self, *failures: Failure | str) -> None:
        self.failures = tuple(Failure("", one) if isinstance(one, str) else one for one in failures)
        super().__init__("\n".join(map(str, self.failures)))
