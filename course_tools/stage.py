"""What Jupyter Book builds: the book, with each lecture's Markdown replaced by its executed notebook.

Only files whose bytes changed are written, so that Sphinx reads only these again.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

import course_lib
from course_tools import coverage, optimizer_table, pages, reference, slips, which_when
from course_tools.claims import MIME, Glue, glues
from course_tools.errors import CourseError, Failure
from course_tools.execute import flaw
from course_tools.lecture import Lecture
from course_tools.project import Project
from course_tools.reference import Library
from course_tools.runner import plan

NOT_RUN = "not run yet"
PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="40">'
    f'<text x="4" y="26" fill="currentColor">{NOT_RUN}</text></svg>'
)
PRIVATE = ("claims.yml", "coverage.yml", "slips.yml", "which_when.yml")
"""Files of book/ that are no part of the site."""


class Staged(NamedTuple):
    """What lies in the stage.

    Args:
        text: digest of the pages; a change of one needs that page built again.
        rest: digest of all else (settings, contents, extensions, styles); a change needs everything built again.
        inserted: page -> number of lines that stand below its title and not in its source.
    """

    text: str
    rest: str
    inserted: dict[str, int]


class Shown(NamedTuple):
    """A lecture as the site shows it.

    Args:
        notebook: its cells with what the last run left.
        run: the record of that run; empty if there was none.
        claims: their records by name.
        is_current: whether the run is of the lecture as it is now.
    """

    lecture: Lecture
    notebook: nbformat.NotebookNode
    run: dict[str, Any]
    claims: dict[str, dict[str, Any]]
    is_current: bool


def stage(project: Project) -> Staged:
    """Bring `_build/stage` up to date.

    Raises:
        CourseError: a run that would be shown is not whole, or holds claims of other parameters.
    """
    shown = {name: show(project, lecture) for name, lecture in project.lectures.items()}
    values = {
        f"{name}.ipynb::{claim}": record["value"] for name, one in shown.items() for claim, record in one.claims.items()
    }
    inserted = {}
    content: dict[str, bytes] = {}
    for path in sorted(project.book.rglob("*")):
        relative = path.relative_to(project.book)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in relative.parts):
            if relative.name not in PRIVATE and relative.with_suffix("").as_posix() not in project.lectures:
                content[relative.as_posix()] = path.read_bytes()
    for name, path in project.pages.items():
        content[f"{name}.md"] = _with_values(path.read_text("utf-8"), name, values).encode()
    library = Library(Path(course_lib.__file__).parent) if project.has_reference else None
    if library:
        made = reference.pages(library, project.lectures)
        content |= {f"{name}.md": text.encode() for name, text in made.items()}
        table = optimizer_table.page(lecture="optimizers/adaptive-methods" in project.lectures)
        content[f"{optimizer_table.PAGE}.md"] = table.encode()
    for name, one in shown.items():
        inserted[name] = _add_facts(one)
        if library:
            _add_uses(one, library)
        for cell in one.notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = _with_values(cell.source, f"{name}.ipynb", values)
        content[f"{name}.ipynb"] = nbformat.writes(one.notebook).encode()
    content["ledger.md"] = pages.ledger(project, list(shown.values())).encode()
    content["execution.md"] = pages.execution(list(shown.values())).encode()
    if project.benchmarks_file.is_file():
        content["speed.md"] = pages.speed(json.loads(project.benchmarks_file.read_text("utf-8"))).encode()
    for made_of in (coverage, slips, which_when):
        if (project.book / f"{made_of.PAGE}.yml").is_file():
            content[f"{made_of.PAGE}.md"] = _with_values(made_of.page(project), made_of.PAGE, values).encode()
    for settings in ("_config.yml", "_toc.yml"):
        content[settings] = (project.root / settings).read_bytes()
    _write(project, content)
    text = {name: data for name, data in content.items() if name.endswith((".md", ".ipynb"))}
    rest = {name: data for name, data in content.items() if name not in text}
    return Staged(_digest(text), _digest(rest), inserted)


def show(project: Project, lecture: Lecture) -> Shown:
    """The lecture's present prose around the outputs of its last run.

    If its code was changed since that run, the outputs belong to the old text: then all is shown as it was.
    """
    run = plan(lecture, {})
    path = run.path(project)
    notebook, record = lecture.notebook(), {}
    if path.is_file():
        executed = nbformat.read(path, as_version=4)
        record = dict(executed.metadata.get("course", {}))
        executed.cells = [cell for cell in executed.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
        if _code(executed) == _code(notebook):
            ran = iter(cell for cell in executed.cells if cell.cell_type == "code")
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    result = next(ran)
                    cell.outputs, cell.execution_count = result.outputs, result.execution_count
        else:
            notebook = executed
        problem = flaw(notebook)
        if problem:
            raise CourseError(lecture.failure(problem["cell"], problem["reason"]))
    else:
        _hold_places(notebook)
    claims = {}
    for cell in notebook.cells:
        cell.metadata.pop("course", None)
        for output in cell.get("outputs", []):
            claim = output.get("data", {}).pop(MIME, None)  # no business of MyST-NB
            if claim:
                claims[claim["name"]] = claim
    if not all(claim["comparable"] for claim in claims.values()):
        raise CourseError(Failure(lecture.name, "its run holds claims that are not comparable: run it again"))
    notebook.metadata.pop("course", None)
    return Shown(lecture, notebook, record, claims, record.get("key") == run.key(project))


def _hold_places(notebook: nbformat.NotebookNode) -> None:
    """Put an image that says so in the place of each figure, so that references to the figure have an aim."""
    for cell in notebook.cells:
        shown = cell.metadata.get("mystnb", {})
        if "figure" in shown:
            shown["image"] = {"alt": NOT_RUN}
            cell.outputs = [nbformat.v4.new_output("display_data", {"image/svg+xml": PLACEHOLDER})]


def _code(notebook: nbformat.NotebookNode) -> list[tuple[str, list[str]]]:
    return [(c.source, sorted(c.metadata.get("tags", []))) for c in notebook.cells if c.cell_type == "code"]


def _add_facts(one: Shown) -> int:
    """Say under the title how long the lecture takes, and what its outputs are worth. Returns the lines added."""
    facts = [f"{one.lecture.front['minutes']} minutes to read"] if "minutes" in one.lecture.front else []
    if one.run:
        facts.append(f"ran in {one.run['seconds']:.0f} s")
    lines = ["", "```{container} lecture-facts", ", ".join(facts), "```"] if facts else []
    if not one.run:
        lines += ["", "```{note}", f"This lecture was not run yet: `course build {one.lecture.name}`.", "```"]
    elif not one.is_current:
        lines += ["", "```{note}", "The code of this lecture was changed since the run that is shown here.", "```"]
    for cell in one.notebook.cells:
        if cell.cell_type == "markdown":
            source = cell.source.split("\n")
            title = next((n for n, line in enumerate(source) if line.startswith("# ")), None)
            if title is not None:
                cell.source = "\n".join([*source[: title + 1], *lines, *source[title + 1 :]])
            return len(lines) if title is not None else 0
    return 0


def _add_uses(one: Shown, library: Library) -> None:
    """Say at the end of the lecture what it uses of course_lib, with links."""
    text = reference.uses(library, one.lecture)
    if text:
        cell = nbformat.v4.new_markdown_cell(text)
        cell["id"] = "uses-of-course-lib"
        one.notebook.cells.append(cell)


def _with_values(text: str, page: str, values: dict[str, Any]) -> str:
    """The text, in which a number of a lecture that never ran reads `not run yet`.

    The other numbers stand in a comment at its end: Sphinx then builds the page again when one of them changed.
    """
    used = {}

    def resolve(glue: Glue) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), glue.page)) if glue.page else page
        if f"{target}::{glue.name}" not in values:
            return NOT_RUN
        if glue.page:
            used[f"{target}::{glue.name}"] = values[f"{target}::{glue.name}"]
        return glue.text

    for glue in glues(text):
        text = text.replace(glue.text, resolve(glue))
    return text + "".join(f"\n\n% shows {name} = {value!r}" for name, value in sorted(used.items()))


def _write(project: Project, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        path = project.stage / name
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    for path in project.stage.rglob("*"):
        if path.is_file() and path.relative_to(project.stage).as_posix() not in content:
            path.unlink()


def _digest(content: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(content.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
