"""The exercises where they stand: every stub is "Not yet", every solution is right, and none is forgotten.

That known mistakes get their own message is proven by tests/course_lib/test_exercises.py; that an exercise has a stub
and a folded solution is a rule of `course_tools.lint`.
"""

import ast
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from course_lib import checks
from course_tools.lecture import Cell, Lecture
from course_tools.project import Project
from course_tools.prose import directives

PROJECT = Project(Path(__file__).parents[2])
LECTURES = [pytest.param(lecture, id=name) for name, lecture in PROJECT.lectures.items()]


def known(lecture: Lecture) -> list[str]:
    """The ids of the lecture's exercises."""
    short = lecture.name.rpartition("/")[2]
    return [f"{short}/{number}" for number in checks._exercises(short)]


def checked(cell: Cell) -> list[str]:
    """The ids that a cell checks."""
    return [
        node.args[0].value
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check"
    ]


@cache
def verdicts(name: str) -> dict[int, list[str]]:
    """Cell number -> the verdicts printed when the lecture last ran. Skips the test if that was another lecture."""
    lecture, path = PROJECT.lectures[name], PROJECT.executed / f"{name}.ipynb"
    if not path.is_file():
        pytest.skip(f"{name} never ran: make book")
    notebook = nbformat.read(path, as_version=4)
    ran = {cell.metadata.get("course", {}).get("cell"): cell for cell in notebook.cells if cell.cell_type == "code"}
    if any(cell.number not in ran or ran[cell.number].source != cell.source for cell in lecture.code):
        pytest.skip(f"{name} was edited after it ran: make book")
    return {
        cell.number: re.findall(
            r"^[✓✗] .+$",
            "".join(output.get("text", "") for output in ran[cell.number].outputs if output.get("name") == "stdout"),
            re.MULTILINE,
        )
        for cell in lecture.code
    }


def test_every_module_of_exercises_belongs_to_a_lecture():
    assert set(checks.lectures()) <= {name.rpartition("/")[2] for name in PROJECT.lectures}


@pytest.mark.parametrize("lecture", LECTURES)
def test_each_exercise_stands_in_its_lecture_once(lecture: Lecture):
    labels = [
        str(one.options.get("label"))
        for cell in lecture.cells
        if cell.kind == "markdown"
        for _, one in directives(cell.source)
        if one.name == "exercise-start"
    ]
    assert labels == ["ex-" + id.replace("/", "-") for id in known(lecture)]


@pytest.mark.parametrize("tag", ["stub", "solution"])
@pytest.mark.parametrize("lecture", LECTURES)
def test_each_exercise_is_checked_in_its_stub_and_in_its_solution(lecture: Lecture, tag: str):
    assert [id for cell in lecture.code if tag in cell.tags for id in checked(cell)] == known(lecture)


@pytest.mark.parametrize("lecture", LECTURES)
def test_nothing_else_checks_an_answer(lecture: Lecture):
    for cell in lecture.code:
        if not {"stub", "solution"} & set(cell.tags):
            assert not checked(cell), cell.first_line


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_stub_runs_and_its_verdict_is_not_yet(lecture: Lecture):
    for cell in lecture.code:
        if "stub" in cell.tags:
            (verdict,) = verdicts(lecture.name)[cell.number]
            assert verdict.startswith(f"✗ {checked(cell)[0]}: Not yet")


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_solution_runs_and_its_verdict_is_right(lecture: Lecture):
    for cell in lecture.code:
        if "solution" in cell.tags:
            assert [v for v in verdicts(lecture.name)[cell.number] if re.match(r"[✓✗] [\w-]+/\d+:", v)] == [
                f"✓ {id}: Right." for id in checked(cell)
            ]
