"""Small books of fixture lectures: to be run, as they are after a run, or only to be read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_book import call, write_book

from course_tools.lecture import Lecture
from course_tools.project import Project


@pytest.fixture
def make_book(tmp_path: Path) -> Callable[..., Path]:
    return lambda *lectures: write_book(tmp_path / "course", *lectures)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book that was run and checked once. Look at it; to change it take `copy_of_ran`."""
    root = write_book(tmp_path_factory.mktemp("ran") / "course", "good", "other", "raises")
    result = call(root, "check")
    assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def copy_of_ran(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "course"))


@pytest.fixture
def lecture(tmp_path: Path) -> Callable[..., tuple[Lecture, Project]]:
    """A lecture `part/one` from text that follows its front matter, title and parameters cell, read and not run."""

    def make(body: str, front: str = "minutes: 5") -> tuple[Lecture, Project]:
        root = write_book(tmp_path / "course")
        head = (
            "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\n"
            "kernelspec: {name: python3, display_name: Python 3, language: python}\n"
            f"course: {{{front}}}\n---\n\n# One\n\n"
            "```{code-cell} ipython3\n:tags: [parameters]\nseed = 0\nn = 3\n```\n\n"
        )
        (root / "book/part/one.md").write_text(head + body)
        project = Project(root)
        return project.lectures["part/one"], project

    return make
