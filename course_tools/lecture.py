"""A lecture: one MyST Markdown file, read into numbered cells.

Cells are counted over all cells, text and code, from 1: so does Sphinx, and so does a person who scrolls through the
notebook. That is the only numbering that any message uses.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import yaml
from jupytext.myst import myst_to_notebook

from course_tools.errors import CourseError, Failure

#: Seconds that a cell may take unless the front matter says `course: {timeout: …}`.
CELL_LIMIT = 120


class Cell(NamedTuple):
    """One cell: its number, kind (`code` or `markdown`), source, metadata, and the line of the file it begins on."""

    number: int
    kind: str
    source: str
    metadata: dict[str, Any]
    line: int

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.metadata.get("tags", ()))

    @property
    def first_line(self) -> str:
        line = next((line.strip() for line in self.source.splitlines() if line.strip()), "")
        return line if len(line) <= 60 else line[:59] + "…"


def is_folded(tags: Iterable[str]) -> bool:
    """Whether the page folds the code of a cell with these tags away, or leaves it out."""
    return not {"hide-input", "hide-cell", "remove-input", "remove-cell"}.isdisjoint(tags)


def front_matter(text: str) -> dict[str, Any]:
    """The YAML block that a page may begin with; empty for a page without one."""
    if not text.startswith("---\n"):
        return {}
    block, end, _ = text[4:].partition("\n---\n")
    read = yaml.safe_load(block) if end else None
    return read if isinstance(read, dict) else {}


def is_lecture(path: Path) -> bool:
    """Whether the page is a lecture: its front matter says `jupytext`."""
    try:
        return "jupytext" in front_matter(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise CourseError(
            Failure(path.as_posix(), f"the front matter is no YAML: {' '.join(str(error).split())}")
        ) from None


class Lecture:
    """A lecture that was read from its file.

    Args:
        name: `part/name`.
        path: the file.
        front: what its front matter says under `course`.
        cells: its cells in order.
    """

    def __init__(self, name: str, path: Path, front: dict[str, Any], cells: tuple[Cell, ...]) -> None:
        self.name, self.path, self.front, self.cells = name, path, front, cells

    @classmethod
    def read(cls, path: Path, book: Path) -> Lecture:
        """Raises CourseError for a file that is no MyST notebook."""
        name = path.relative_to(book).with_suffix("").as_posix()
        text = path.read_text("utf-8")
        try:
            notebook = myst_to_notebook(text, add_source_map=True)
        except Exception as error:  # jupytext raises whatever its YAML reader raised
            raise CourseError(Failure(name, f"cannot be read: {' '.join(str(error).split())}")) from None
        lines = text.splitlines()
        cells = tuple(
            Cell(number, cell.cell_type, cell.source, dict(cell.metadata), _line(lines, start, cell.source))
            for number, (cell, start) in enumerate(
                zip(notebook.cells, notebook.metadata["source_map"], strict=True), start=1
            )
        )
        return cls(name, path, dict(notebook.metadata.get("course") or {}), cells)

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def limit(self) -> float:
        """Seconds that one cell may take."""
        return float(self.front.get("timeout", CELL_LIMIT))

    @property
    def quick(self) -> dict[str, Any]:
        """What the quick profile overrides."""
        return dict(self.front.get("quick") or {})

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Name -> value in the cell tagged `parameters`.

        Raises:
            CourseError: there is not exactly one such cell, or it holds something else than literal assignments.
        """
        tagged = [cell for cell in self.code if "parameters" in cell.tags]
        if len(tagged) != 1:
            raise CourseError(Failure(self.name, f"has {len(tagged)} cells tagged `parameters`; it needs one"))
        cell, values = tagged[0], {}
        try:
            statements = ast.parse(cell.source).body
        except SyntaxError as error:
            raise CourseError(self.failure(cell, f"SyntaxError: {error.msg}")) from None
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_plain(value):
                    values[name] = ast.literal_eval(value)
                case _:
                    reason = (
                        "the parameters cell holds one assignment a line, of a number, a string, True, False, None or"
                        " a list of these"
                    )
                    raise CourseError(self.failure(cell, reason, statement.lineno))
        if "seed" not in values:
            raise CourseError(self.failure(cell, "the parameters cell sets no `seed`"))
        return values

    def failure(self, cell: Cell | int, reason: str, line: int = 1) -> Failure:
        """A failure in a cell (or the cell of this number), at this line of its source."""
        if isinstance(cell, int):
            cell = self.cells[cell - 1]
        where = f"book/{self.name}.md:{cell.line + line - 1}"
        return Failure(self.name, reason, cell.number, cell.first_line, where)

    def notebook(self) -> nbformat.NotebookNode:
        """A fresh notebook without outputs, the same bytes for the same cells; each cell knows its number."""
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNELSPEC)})
        for cell in self.cells:
            make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
            made = make(cell.source, metadata={**deepcopy(cell.metadata), "course": {"cell": cell.number}})
            made["id"] = hashlib.sha1(f"{cell.number}\n{cell.source}".encode()).hexdigest()[:8]
            notebook.cells.append(made)
        return notebook


KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def _is_plain(value: ast.expr) -> bool:
    """Whether it is a literal that reaches the kernel as it is: papermill would make a list of a tuple."""
    try:
        literal = ast.literal_eval(value)
        return bool(json.loads(json.dumps(literal)) == literal)
    except (ValueError, TypeError):
        return False


def _line(lines: list[str], start: int, source: str) -> int:
    """The number, from 1, of the line of the file that the source begins on: the first at or after `start`."""
    first = source.split("\n", 1)[0]
    for number in range(start, len(lines)):
        if lines[number].strip() == first.strip():
            return number + 1
    return start + 1
