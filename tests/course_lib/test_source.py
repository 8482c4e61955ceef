"""Excerpts of source: the lines as they stand in the file."""

import doctest
from pathlib import Path

import pytest

from course_lib import dropout, source
from course_lib.source import excerpt

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(source)
    assert result.attempted > 0 and result.failed == 0


def test_an_excerpt_stands_in_the_file_line_by_line():
    found = excerpt(dropout.dropout, "def dropout", "rate = number").split("\n")
    assert found[0].startswith("def dropout(") and found[-1].lstrip().startswith("rate = number")
    text = Path(dropout.__file__).read_text("utf-8")
    assert "\n".join(found) in text


def test_of_several_lines_with_a_text_the_first_counts_from_the_first_line_on():
    assert excerpt(excerpt, "rows", "rows").strip().startswith("rows = inspect.getsource")
    found = excerpt(excerpt, "start = ", "last").split("\n")  # the docstring speaks of last, too
    assert len(found) == 2 and found[1].strip().startswith("stop = ")
