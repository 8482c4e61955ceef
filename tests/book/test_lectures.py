"""What makes a lecture a lecture (the rules that every page of any book could have are in `course_tools.lint`)."""

import re
from pathlib import Path

import nbformat
import pytest

from course_tools.claims import calls
from course_tools.export.myst import Directive, blocks, directive
from course_tools.lecture import Cell, Lecture, is_folded
from course_tools.lint import WIDTH
from course_tools.project import Project
from course_tools.prose import classes, directives, passages

PROJECT = Project(Path(__file__).parents[2])
LECTURES = [pytest.param(lecture, id=name) for name, lecture in PROJECT.lectures.items()]


def admonitions(cell: Cell, kind: str) -> list[Directive]:
    """The admonitions of this class in a cell."""
    if cell.kind != "markdown":
        return []
    return [one for _, one in directives(cell.source) if one.name == "admonition" and kind in classes(one)]


def options(question: Directive) -> list[list[Directive]]:
    """The options of each question in an admonition: dropdowns that follow one another belong to one question."""
    groups: list[list[Directive]] = [[]]
    for block in blocks(question.body):
        if block.kind == "directive" and block.info == "dropdown":
            groups[-1].append(directive(block))
        else:
            groups.append([])
    return [group for group in groups if group]


def words(text: str) -> int:
    """How many words a reader sees; a role or a formula is one."""
    text = re.sub(r"\{[\w:.+-]+\}`[^`]*`|\$[^$]+\$", "word", text)
    return len(re.findall(r"\w[\w'’.,-]*", text))


def is_figure(cell: Cell) -> bool:
    return "figure" in cell.metadata.get("mystnb", {})


def executed(lecture: Lecture) -> list[nbformat.NotebookNode]:
    """The code cells of the lecture's last run."""
    path = PROJECT.executed / f"{lecture.name}.ipynb"
    if not path.is_file():
        pytest.skip(f"{lecture.name} never ran: make book")
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("lecture", LECTURES)
def test_fewer_than_120_words_stand_before_the_first_figure(lecture: Lecture):
    seen = 0
    for cell in lecture.cells:
        if is_figure(cell):
            break
        if cell.kind == "markdown":
            seen += sum(words(text) for _, text in passages(re.sub(r"\A# .+\n", "", cell.source)))
    else:
        pytest.fail("the lecture has no figure")
    assert seen < 120


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_claims_at_least_four_things(lecture: Lecture):
    assert len(list(calls(lecture))) >= 4


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_asks_at_least_two_questions_with_options(lecture: Lecture):
    questions = [group for cell in lecture.cells for one in admonitions(cell, "question") for group in options(one)]
    assert sum(len(group) >= 3 for group in questions) >= 2


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_option_of_a_question_is_answered(lecture: Lecture):
    for cell in lecture.cells:
        for question in admonitions(cell, "question"):
            for group in options(question):
                for option in group:
                    assert option.argument and words(option.body) >= 2, f"{question.argument}: {option.argument}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_question_with_options_has_one_right_answer(lecture: Lecture):
    for cell in lecture.cells:
        for question in admonitions(cell, "question"):
            for group in options(question):
                if len(group) >= 3:
                    right = [option.argument for option in group if option.body.startswith("Right")]
                    assert len(right) == 1, f"{question.argument}: right are {right}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_something_often_said_is_shown_to_be_wrong_by_a_cell_that_runs(lecture: Lecture):
    claiming = {call.cell.number for call in calls(lecture)}

    def shown(myth: Cell) -> bool:
        """Whether a claim stands in the code that follows the box, before the next section."""
        for cell in lecture.cells[myth.number :]:
            if cell.kind == "markdown" and any(block.kind == "heading" for block in blocks(cell.source)):
                return False
            if cell.number in claiming:
                return True
        return False

    assert any(shown(cell) for cell in lecture.cells if admonitions(cell, "myth"))


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_lecture_closes_in_the_same_four_sections(lecture: Lecture):
    text = [cell.source for cell in lecture.cells if cell.kind == "markdown"]
    sections = [line[3:] for source in text for line in source.splitlines() if line.startswith("## ")]
    assert sections[-4:] == ["Practice", "What is known, and how well", "Remember", "Worth your time"]


@pytest.mark.parametrize("lecture", LECTURES)
def test_code_that_is_shown_fits_on_a_screen(lecture: Lecture):
    for cell in lecture.code:
        if not is_folded(cell.tags):
            assert len(cell.source.splitlines()) <= 25, f"cell {cell.number}: {cell.first_line}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_what_a_cell_prints_fits_on_the_page(lecture: Lecture):
    for cell in executed(lecture):
        for output in cell.outputs:
            for line in str(output.get("text", "")).splitlines():
                if line[:1] not in "✓✗":  # those of `claim` and `check`, which the page makes paragraphs
                    assert len(line) <= WIDTH, f"{cell.source.splitlines()[0]} prints {line!r}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_alt_texts_and_captions_are_sentences(lecture: Lecture):
    for cell in lecture.code:
        if is_figure(cell):
            shown = cell.metadata["mystnb"]
            for text in (shown["image"]["alt"], shown["figure"]["caption"]):
                assert words(text) >= 6 and text.strip()[-1] in '.!?")', f"cell {cell.number}: {text}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_whatever_picture_a_cell_shows_has_an_alt_text(lecture: Lecture):
    for cell in executed(lecture):
        if any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", ())):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            assert alt, f"no alt text: {cell.source.splitlines()[0]}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_figure_stands_alone(lecture: Lecture):
    """Nothing such as `<Axes: …>` is printed beside it: the cell ends in `_ = plot(…)`."""
    for cell in executed(lecture):
        if "figure" in cell.metadata.get("mystnb", {}):
            shown = [output for output in cell.outputs if output.output_type == "execute_result"]
            assert not shown, f"{cell.source.splitlines()[-1]} shows {shown[0].data.get('text/plain')}"


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_ends_with_what_is_known_to_what_standing(lecture: Lecture):
    standings = ("proven", "measured here", "contested")
    text = " ".join(cell.source.lower() for cell in lecture.cells if cell.kind == "markdown")
    assert all(re.search(rf"\|[^|\n]*{standing}", text) for standing in standings)


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_names_at_least_three_sources(lecture: Lecture):
    cited = {
        key.strip()
        for cell in lecture.cells
        for keys in re.findall(r"\{cite[\w:]*\}`([^`]+)`", cell.source)
        for key in keys.split(",")
    }
    assert len(cited) >= 3
