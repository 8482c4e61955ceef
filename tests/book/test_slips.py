"""The page of what is often said, and wrong: each test on it is true, and lectures and page are in step."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from test_coverage import is_there

from course_tools import coverage, slips
from course_tools.lecture import Lecture
from course_tools.project import Project
from course_tools.prose import classes, directives, typed_numbers

PROJECT = Project(Path(__file__).parents[2])
SLIPS = slips.read(PROJECT)
TITLES = coverage.read(PROJECT).titles
LECTURES = [pytest.param(lecture, id=name) for name, lecture in PROJECT.lectures.items()]


def called(slip: slips.Slip) -> str:
    """A name for a slip's tests: its first words."""
    return "-".join(re.findall(r"[a-z0-9]+", slip.says.lower())[:9])


def boxes(lecture: Lecture) -> list[str]:
    """What the boxes of a lecture quote."""
    titles = [
        one.argument
        for cell in lecture.cells
        if cell.kind == "markdown"
        for _, one in directives(cell.source)
        if one.name == "admonition" and "myth" in classes(one)
    ]
    assert [title for title in titles if not re.fullmatch(f'{slips.BOX}".+"', title)] == []
    return [title.removeprefix(slips.BOX)[1:-1] for title in titles]


def names(*imports: str) -> dict[str, object]:
    """What the imports of the page make known."""
    known: dict[str, object] = {}
    for lines in imports:
        exec(lines, known)
    return known


def is_true(slip: slips.Slip, known: dict[str, object]) -> bool:
    """Whether the test of a slip ends in True; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept a copy keyword")
        result = slip.holds(known)
    assert isinstance(result, bool | np.bool_)
    return bool(result)


@pytest.mark.parametrize("slip", [pytest.param(one, id=called(one)) for one in SLIPS.slips if not one.keras])
def test_what_is_said_is_shown_to_be_wrong(slip: slips.Slip):
    assert is_true(slip, names(SLIPS.imports))


def test_a_test_that_ends_in_no_expression_is_refused():
    slip = SLIPS.slips[0]._replace(test="x = True\n")
    with pytest.raises(ValueError, match=r"^.+: the last line of its test is no expression$"):
        slip.holds({})


def test_the_tests_need_keras_only_where_they_say_so():
    known = set(names(SLIPS.imports))
    assert not known & {"keras", "layers"}
    for slip in SLIPS.slips:
        assert slip.keras == bool(re.search(r"\b(keras|layers)\.|\brefused\(", slip.test)), slip.says


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_box_of_a_lecture_is_on_the_page(lecture: Lecture):
    assert set(boxes(lecture)) - {slip.says for slip in SLIPS.slips if slip.place.lecture == lecture.name} == set()


def test_every_slip_is_there_once():
    says = [slip.says for slip in SLIPS.slips]
    assert sorted(says) == sorted(set(says))


def test_every_slip_names_a_lecture_that_is_written_or_planned():
    assert {slip.place.lecture for slip in SLIPS.slips} <= set(TITLES)


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_slip_has_its_place_in_its_lecture(lecture: Lecture):
    for slip in SLIPS.slips:
        if slip.place.lecture == lecture.name:
            assert is_there(slip.place), slip.says


def test_what_is_right_holds_no_typed_measurement():
    assert [(slip.says, typed.number) for slip in SLIPS.slips for typed in typed_numbers(slip.right)] == []


def test_the_code_fits_on_the_page():
    for code in (SLIPS.imports, SLIPS.keras, *(slip.test for slip in SLIPS.slips)):
        assert max(map(len, code.splitlines())) <= 88, code


def test_a_test_is_short():
    assert [slip.says for slip in SLIPS.slips if len(slip.test.splitlines()) > 7] == []


def test_the_page_shows_each_saying_with_its_test_and_its_lecture():
    shown = {one.argument: one.body for _, one in directives(slips.page(PROJECT)) if "myth" in classes(one)}
    assert len(shown) == len(SLIPS.slips)
    for slip in SLIPS.slips:
        box = shown[f"“{slip.says}”"]
        assert slip.right in box and f"```python\n{slip.test}```" in box
        assert ("Needs Keras." in box) == slip.keras
        assert TITLES[slip.place.lecture] in box and ("to come" in box) == (slip.place.lecture not in PROJECT.lectures)
