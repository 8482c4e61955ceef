"""Every topic of the course has its lecture, and its place in it once the lecture is written."""

import re
from pathlib import Path

import pytest
import yaml

from course_tools import coverage
from course_tools.export.book import Book
from course_tools.project import Project

PROJECT = Project(Path(__file__).parents[2])
COVERAGE = coverage.read(PROJECT)
BOOK = Book(PROJECT)
TOPICS = {"A": 29, "B": 8, "C": 18, "D": 14, "E": 8, "F": 20, "G": 8, "H": 19, "I": 5, "J": 6}
"""How many topics each group has; they are numbered from 1."""
WRITTEN = [pytest.param(name, id=name) for name in PROJECT.lectures]


def is_there(place: coverage.Place) -> bool:
    """Whether a lecture has the heading, the figure or the exercise that an anchor names."""
    if place.anchor in BOOK.targets:
        return BOOK.targets[place.anchor].page == place.lecture
    return (place.lecture, place.anchor) in BOOK.anchors


def test_every_topic_is_there_once_and_in_order():
    assert list(COVERAGE.topics) == [f"{group}{n + 1}" for group, count in TOPICS.items() for n in range(count)]


def test_a_topic_that_is_there_twice_is_refused():
    text = "parts: {}\ntopics:\n  A1: {what: a, lecture: b}\n  A1: {what: c, lecture: d}\n"
    with pytest.raises(yaml.YAMLError, match=r"a key is there twice\n.*line 3"):
        coverage.parse(text)


def test_every_topic_is_described_in_words_of_its_own():
    described = [what for what, _ in COVERAGE.topics.values()]
    assert len(set(described)) == len(described)
    assert not [what for what in described if re.search(r"\b[A-J]\d+\b", what) or what.endswith(".")]


def test_every_lecture_that_is_named_is_written_or_planned():
    assert {place.lecture for _, place in COVERAGE.topics.values()} <= set(COVERAGE.titles)


def test_every_planned_lecture_has_a_topic():
    assert set(COVERAGE.titles) == {place.lecture for _, place in COVERAGE.topics.values()}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_lecture_stands_in_the_plan_under_its_title(name: str):
    assert COVERAGE.titles[name] == BOOK.pages[name]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_topics_of_a_lecture_have_their_place_in_it(name: str):
    places = {id: place for id, (_, place) in COVERAGE.topics.items() if place.lecture == name}
    assert {id: place.anchor for id, place in places.items() if not is_there(place)} == {}


def test_the_map_of_the_course_shows_the_plan_and_the_question_of_each_lecture():
    text = (PROJECT.book / "index.md").read_text("utf-8").partition("## Map of the course")[2]
    shown = {
        part: set(re.findall(r"- (?:\{doc\}`(.+?)`: .+\?|(.+?) — \*to come\*)$", rows, flags=re.M))
        for part, rows in re.findall(r"^\*\*(.+?)\*\*\n(: +- .+\n(?: +- .+\n)*)", text, flags=re.M)
    }
    assert shown == {
        part: {(name, "") if name in PROJECT.lectures else ("", title) for name, title in lectures.items()}
        for part, lectures in COVERAGE.parts.items()
    }


def test_the_page_links_to_what_is_there_and_names_the_rest():
    page = coverage.page(PROJECT)
    for what, place in COVERAGE.topics.values():
        assert f"- {place.link(what) if place.lecture in PROJECT.lectures else what}\n" in page
    assert page.count("— *to come*") == len(set(COVERAGE.titles) - set(PROJECT.lectures))
