"""The glossary and the table of notation hold what lectures use. That a term is defined, Sphinx looks after."""

import re
from collections import Counter
from pathlib import Path

import pytest
from test_pages import LECTURES as SOURCES_OF_LECTURES
from test_pages import SOURCES, formulas

from course_tools.export.book import Book
from course_tools.lecture import Lecture
from course_tools.project import Project

PROJECT = Project(Path(__file__).parents[2])
BOOK = Book(PROJECT)
LECTURES = [pytest.param(lecture, id=name) for name, lecture in PROJECT.lectures.items()]


def terms(lecture: Lecture) -> list[str]:
    """The terms that a lecture refers to, in order and in lower case."""
    text = "\n".join(cell.source for cell in lecture.cells if cell.kind == "markdown")
    return [(inner or word).lower() for word, inner in re.findall(r"\{term\}`([^`<]+?)(?:\s*<([^`>]+)>)?`", text)]


def plain(texts: list[str]) -> list[str]:
    """All formulas of these texts, without spaces."""
    return [re.sub(r"\s|\\,", "", formula) for text in texts for formula in formulas(text)]


def test_every_term_of_the_glossary_is_referred_to_by_a_lecture():
    assert set(BOOK.terms) - {term for lecture in PROJECT.lectures.values() for term in terms(lecture)} == set()


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_refers_to_terms_that_the_glossary_has(lecture: Lecture):
    assert set(terms(lecture)) - set(BOOK.terms) == set()


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_refers_to_a_term_where_it_first_means_it_and_not_again(lecture: Lecture):
    assert [term for term, count in Counter(terms(lecture)).items() if count > 1] == []


def test_the_glossary_is_in_alphabetical_order_and_each_entry_says_where_its_term_is_explained():
    text = (PROJECT.book / "glossary.md").read_text("utf-8")
    entries = dict(re.findall(r"^(\w.*)\n((?:  .*\n)+)", text.partition("{glossary}")[2], flags=re.M))
    assert [term.lower() for term in entries] == sorted(BOOK.terms)
    for term, said in entries.items():
        lecture, anchor = re.search(r"See\s+\[\]\(/(.+)\.ipynb#(.+)\)\.\n\Z", said).groups()
        assert (lecture, anchor) in BOOK.anchors, f"{term}: {lecture}#{anchor}"


def test_each_symbol_of_the_table_of_notation_stands_in_a_lecture():
    rows = re.findall(r"^\| ([^|]*\$[^|]*) \|", SOURCES["notation"], flags=re.M)
    used = " ".join(plain(list(SOURCES_OF_LECTURES.values())))
    assert [symbol for symbol in plain(rows) if symbol not in used] == []
