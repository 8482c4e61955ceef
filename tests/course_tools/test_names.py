"""How a lecture is named, and what is read from its file."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from course_tools.errors import CourseError, Failure
from course_tools.lecture import Lecture
from course_tools.project import Project


@pytest.fixture
def book(make_book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Project:
    root = make_book("good", "other")
    (root / "book/more").mkdir()
    (root / "book/more/good.md").write_text((root / "book/part/good.md").read_text())
    monkeypatch.chdir(root / "book" / "part")
    return Project.around(Path.cwd())


@pytest.mark.parametrize("name", ["part/good", "part/good.md", "book/part/good.md", "good.md", "../part/good.md"])
def test_a_lecture_is_named_by_path_or_by_part_and_name(book: Project, name: str) -> None:
    assert [lecture.name for lecture in book.find([name])] == ["part/good"]


def test_a_lecture_is_named_by_its_name_alone(book: Project) -> None:
    assert [lecture.name for lecture in book.find(["other"])] == ["part/other"]


def test_no_name_means_all_lectures_in_order(book: Project) -> None:
    assert [lecture.name for lecture in book.find([])] == ["more/good", "part/good", "part/other"]


def test_a_lecture_that_is_named_twice_is_meant_once(book: Project) -> None:
    assert [lecture.name for lecture in book.find(["other", "part/other"])] == ["part/other"]


def test_ambiguous_and_unknown_names_are_all_reported(book: Project) -> None:
    with pytest.raises(CourseError) as error:
        book.find(["good", "other", "oter", "nothing"])
    assert [failure.reason for failure in error.value.failures] == [
        "good means several lectures: more/good, part/good",
        "no lecture 'oter'; did you mean part/other?",
        "no lecture 'nothing'; there are more/good, part/good, part/other",
    ]


def test_a_plain_page_is_no_lecture(book: Project) -> None:
    assert list(book.pages) == ["index"]
    with pytest.raises(CourseError, match="no lecture 'index'"):
        book.find(["index"])


def test_cells_are_counted_over_all_cells_and_know_their_line(book: Project) -> None:
    lecture = book.lectures["part/good"]
    assert [(cell.number, cell.kind) for cell in lecture.cells] == [
        (1, "markdown"), (2, "code"), (3, "code"), (4, "markdown"), (5, "code"),
    ]  # fmt: skip
    lines = lecture.path.read_text().splitlines()
    for cell in lecture.cells:
        assert lines[cell.line - 1] == cell.source.splitlines()[0]


def test_a_long_first_line_is_shortened(book: Project) -> None:
    lecture = book.lectures["part/good"]
    assert lecture.cells[2]._replace(source="\n" + "x" * 99).first_line == "x" * 59 + "…"


def test_a_notebook_is_valid_and_the_same_bytes_each_time(book: Project) -> None:
    lecture = book.lectures["part/good"]
    nbformat.validate(lecture.notebook())
    assert nbformat.writes(lecture.notebook()) == nbformat.writes(lecture.notebook())


def test_front_matter_that_is_no_yaml_is_named(book: Project) -> None:
    path = book.book / "part" / "bad.md"
    path.write_text("---\na: [\n---\n")
    with pytest.raises(CourseError, match=r"part/bad\.md: the front matter is no YAML"):
        Project(book.root).lectures  # noqa: B018


def test_cell_options_that_are_no_yaml_are_named(book: Project) -> None:
    path = book.lectures["part/good"].path
    path.write_text(path.read_text() + "\n```{code-cell} ipython3\n---\na: [\n---\n```\n")
    with pytest.raises(CourseError, match="part/good: cannot be read: "):
        Lecture.read(path, book.book)


def test_a_failure_says_lecture_cell_place_and_reason_on_one_line() -> None:
    failure = Failure("a/b", "ZeroDivisionError: division by zero\nTraceback\n  …", 3, "1 / 0", "book/a/b.md:9")
    assert failure.sentence == "a/b, cell 3 (1 / 0), book/a/b.md:9: ZeroDivisionError: division by zero"
    assert failure.details == "Traceback\n  …"
    assert Failure("", "no such thing").sentence == "no such thing"
