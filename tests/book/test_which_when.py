"""The page "Which when": each line has the support that it says it has, and the page shows it."""

import re
from pathlib import Path

import numpy as np
import pytest
from test_coverage import is_there
from test_pages import entries

from course_tools import coverage, which_when
from course_tools.claims import calls, glues
from course_tools.errors import CourseError
from course_tools.project import Project
from course_tools.prose import typed_numbers
from course_tools.which_when import Line

PROJECT = Project(Path(__file__).parents[2])
GUIDE = which_when.read(PROJECT)
TITLES = coverage.read(PROJECT).titles
SAID = {name: {call.name: call.statement for call in calls(one)} for name, one in PROJECT.lectures.items()}
PAGE = which_when.page(PROJECT)
CITE = re.compile(r"\{cite(?::\w)?\}`([^`]+)`")


def called(line: Line) -> str:
    """A name for a line's tests: its situation."""
    return "-".join(re.findall(r"[a-z0-9]+", line.when.lower()))


def words(line: Line) -> int:
    """The words of a line, with what it quotes; a formula or a code is one, a citation is none."""
    text = CITE.sub("", f"{line.when} {line.often} {line.do}")
    return len(re.sub(r"\$[^$]+\$|`[^`]+`", "x", text).split())


def cited(line: Line) -> list[str]:
    return [key.strip() for group in CITE.findall(line.do) for key in group.split(",")]


def known() -> dict[str, object]:
    """What the imports of the page make known."""
    names: dict[str, object] = {}
    exec(GUIDE.imports, names)
    return names


every_line = pytest.mark.parametrize("line", [pytest.param(line, id=called(line)) for line in GUIDE.lines])
checked = pytest.mark.parametrize("line", [pytest.param(line, id=called(line)) for line in GUIDE.lines if line.check])


@checked
def test_the_check_of_a_line_is_true(line: Line):
    result = line.holds(known())
    assert isinstance(result, bool | np.bool_) and result


@every_line
def test_a_line_says_how_well_it_is_known_and_has_the_support_for_it(line: Line):
    assert line.known in which_when.STANDINGS
    assert bool(line.claims) == (line.known == "measured")
    if line.known == "proven":
        assert line.check
    if line.known == "measured":
        assert line.place and line.place.anchor
    if line.known == "contested":
        assert len(cited(line)) >= 2
    if line.known in ("contested", "believed"):
        assert not line.often and not line.check


@every_line
def test_the_place_of_a_line_is_there_or_planned(line: Line):
    if line.place:
        assert line.place.lecture in TITLES
        assert line.place.lecture not in PROJECT.lectures or is_there(line.place)


@every_line
def test_the_claims_that_carry_a_line_are_there(line: Line):
    if line.place and line.place.lecture in PROJECT.lectures:
        assert set(line.claims) - set(SAID[line.place.lecture]) == set()


@every_line
def test_the_first_claim_of_a_line_can_be_understood_by_itself(line: Line):
    if line.claims and line.place.lecture in PROJECT.lectures:
        first = SAID[line.place.lecture][next(iter(line.claims))]
        assert not re.match(r"(the same|its|that|this|these)\b", first)


def test_a_claim_that_is_gone_stops_the_page(monkeypatch: pytest.MonkeyPatch):
    lines = [line._replace(claims={"gone": ".2g"}) if line.when == "Units die" else line for line in GUIDE.lines]
    monkeypatch.setattr(which_when, "read", lambda project: GUIDE._replace(lines=lines))
    with pytest.raises(CourseError, match=r"Units die: signals/activations has no claim 'gone'"):
        which_when.page(PROJECT)


@every_line
def test_a_line_is_short_and_holds_no_typed_measurement(line: Line):
    assert words(line) <= 35
    assert [typed.number for typed in typed_numbers(f"{line.when} {line.text}")] == []


def test_every_situation_is_there_once():
    situations = [(line.section, line.when) for line in GUIDE.lines]
    assert sorted(situations) == sorted(set(situations))


@every_line
def test_what_a_line_cites_is_in_the_bibliography(line: Line):
    assert set(cited(line)) - entries() == set()


def test_a_line_says_what_to_do_and_not_that_it_depends():
    vague = r"\bdepends\b|\bit may\b|\bexperiment with\b|\bconsider\b|\bsometimes\b|\bappropriate\b"
    assert [line.when for line in GUIDE.lines if re.search(vague, line.text, flags=re.I)] == []


def test_the_code_fits_on_the_page():
    for code in (GUIDE.imports, *(line.check for line in GUIDE.lines)):
        assert max(map(len, code.splitlines()), default=0) <= 96, code


def entry(line: Line) -> str:
    """What the page has of a line."""
    _, found, rest = PAGE.partition(f"\n{line.when}\n: {line.text}\n")
    assert found, line.when
    return re.split(r"\n\S", rest, maxsplit=1)[0]


@every_line
def test_the_page_shows_a_line_with_its_support(line: Line):
    shown = entry(line)
    assert which_when.STANDINGS[line.known] in shown and f"standing {line.known}" in shown
    if line.place:
        there = line.place.lecture in PROJECT.lectures
        assert (line.place.link(TITLES[line.place.lecture]) in shown) == there
        assert ("to come" in shown) != there
        measured = line.claims if there else {}
        assert [(glue.page, glue.name) for glue in glues(shown)] == [
            (f"{line.place.lecture}.ipynb", name) for name in measured
        ]
        for name, form in measured.items():
            assert f"- {SAID[line.place.lecture][name]}: {{glue:text}}" in shown and f"::{name}:{form}`" in shown
    for row in line.check.splitlines():
        assert row in shown


def test_the_page_counts_its_lines():
    for name in ("proven", "measured", "contested", "believed"):
        number = sum(line.known == name for line in GUIDE.lines)
        assert re.search(rf"(?i)\b{name}( here)? \({number}\)", PAGE.partition("## ")[0])


def test_what_is_often_advised_is_quoted_before_what_was_found():
    quoted = [line for line in GUIDE.lines if line.often]
    assert quoted
    for line in quoted:
        assert f"\n: *Often advised:* “{line.often}” {line.do}\n" in PAGE


def test_each_section_is_a_block_of_its_own():
    _, *parts = re.split(r"^## (.+)$", PAGE, flags=re.M)
    assert parts[::2] == [*dict.fromkeys(line.section for line in GUIDE.lines), "To run the checks"]
    for block in parts[1:-1:2]:
        assert re.fullmatch(r"\s*:::::\{div\} which-when\n.*\n:::::\s*", block, flags=re.S)
        assert len(re.findall(r"^:::::", block, flags=re.M)) == 2
