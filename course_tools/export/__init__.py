"""`course export`: each lecture as a notebook in plain Markdown, for Colab and a plain Jupyter.

Nothing is executed and no built site is needed. A number that the page measures becomes the range that its claim
allows; a solution becomes folded text; every other code cell is copied exactly. The same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import course_lib
from course_tools.errors import CourseError
from course_tools.export.book import Book, no_plain_form
from course_tools.export.plain import Plain, cited_keys, folded_code
from course_tools.lecture import KERNELSPEC, is_folded
from course_tools.project import Project

INSTALL = """\
# Installs the release of the course's package that this notebook belongs to, unless it is already here.
# What is here already (NumPy, TensorFlow, …) stays as it is, and nothing needs a restart.
try:
    import course_lib

    installed = course_lib.__version__
except ImportError:
    installed = None
if installed != "{version}":
    %pip install -q "{requirement}"
"""
ABOUT = """\
This is a lecture to run and to change. Where [its page]({url}) shows a number that it measured, the text here says in
which range that number lies, and a cell measures it anew."""


def requirement(address: str, version: str) -> str:
    """What the install cell installs: the release at this address, with all that a lecture imports."""
    return f"course-lib[lectures] @ git+{address}@v{version}"


def notebook(book: Book, page: str) -> nbformat.NotebookNode:
    """The lecture of this name as a notebook."""
    lecture = book.project.lectures[page]
    plain = Plain(book, page, cited_keys("\n".join(cell.source for cell in lecture.cells if cell.kind == "markdown")))
    cells: list[nbformat.NotebookNode] = []
    for cell in lecture.cells:
        goes_on = plain.in_solution  # the text of a solution is one cell: folded text cannot span two
        if cell.kind == "markdown":
            text = plain.convert(cell.source, cell.line).strip("\n")
        elif goes_on:
            text = folded_code(cell.source)
        else:
            cells.append(new_code_cell(cell.source, metadata=_metadata(cell.tags)))
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            text = plain.caption(figure["caption"], cell.line) if figure else ""
        if goes_on:
            cells[-1].source += "\n\n" + text
        elif text:
            cells.append(new_markdown_cell(text))
    if plain.in_solution:
        raise no_plain_form(page, lecture.cells[-1].line, "solution-start: no solution-end follows")
    cells[:1] = _opening(book, page, cells[0].source)
    for cell, id in zip(cells, _ids(cells), strict=True):
        cell["id"] = id
    return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})


def _opening(book: Book, page: str, text: str) -> list[nbformat.NotebookNode]:
    """The first cell divided: title, the install cell, and the rest of the text."""
    title, _, rest = text.partition("\n")
    if not title.startswith("# "):
        raise no_plain_form(page, 1, "a lecture begins with its title")
    version = course_lib.__version__
    install = INSTALL.format(version=version, requirement=requirement(book.repository, version)).rstrip("\n")
    about = ABOUT.format(url=f"{book.site}/{page}.html")
    head = [new_markdown_cell(f"{title}\n\n{about}"), new_code_cell(install)]
    return head + ([new_markdown_cell(rest.strip("\n"))] if rest.strip() else [])


def _metadata(tags: tuple[str, ...]) -> dict[str, object]:
    """Tags are kept. Code that the page folds is folded here too, but not the parameters: a reader changes them."""
    metadata: dict[str, object] = {"tags": list(tags)} if tags else {}
    if is_folded(tags) and "parameters" not in tags:
        metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}  # in Colab, in Jupyter
    return metadata


def _ids(cells: list[nbformat.NotebookNode]) -> list[str]:
    """An id for each cell made from its content, so that an edit changes the ids of no other cell."""
    seen = Counter[str]()
    ids = []
    for cell in cells:
        content = f"{cell.cell_type}\n{cell.source}"
        ids.append(hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12])
        seen[content] += 1
    return ids


def export(project: Project) -> dict[Path, bytes]:
    """Each notebook's path under notebooks/ and its bytes. Raises CourseError for what has no plain form."""
    book = Book(project)
    made = {}
    for page in project.lectures:
        node = notebook(book, page)
        nbformat.validate(node)
        made[project.root / "notebooks" / f"{page}.ipynb"] = (nbformat.writes(node).rstrip("\n") + "\n").encode()
    return made


def out_of_step(project: Project, made: dict[Path, bytes]) -> dict[Path, str]:
    """What differs between notebooks/ and what the lectures give: path -> why."""
    there = {path: path.read_bytes() for path in (project.root / "notebooks").rglob("*.ipynb")}
    why = {path: "differs from its lecture" for path in made if there.get(path) != made[path]}
    why |= {path: "is missing" for path in made.keys() - there.keys()}
    why |= {path: "has no lecture" for path in there.keys() - made.keys()}
    return {path: why[path] for path in sorted(why)}


def export_command(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail if notebooks/ is out of step")] = False,
) -> None:
    """Make notebooks/ from the lectures, for Colab and Jupyter, without executing anything."""
    project: Project = context.obj
    made = export(project)
    stale = out_of_step(project, made)
    lines = [f"{path.relative_to(project.root).as_posix()} {why}" for path, why in stale.items()]
    if check and stale:
        raise CourseError(*lines, "notebooks/ is out of step with book/: run `course export` and commit what it makes")
    for path in stale:
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path])
        else:
            path.unlink()
    typer.echo(f"notebooks/ is in step with book/: {len(made)} lectures, {len(stale)} files changed")
