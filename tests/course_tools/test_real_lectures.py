"""The lectures of the book in forked kernels: the same outputs, bit for bit, as in plain ones."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from small_book import call

from course_tools.project import Project
from course_tools.runner import plan


@pytest.fixture(scope="module")
def executed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    """Lecture -> kind of kernel -> its notebook, executed in the quick profile."""
    made: dict[str, dict[str, Path]] = {name: {} for name in Project(root).lectures}
    book = tmp_path_factory.mktemp("book") / "course"
    shutil.copytree(root / "book", book / "book")
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(root / name, book)
    for kernel in ("plain", "zygote"):
        there = Path(shutil.copytree(book, tmp_path_factory.mktemp(kernel) / "course"))
        result = call(there, "run", "--profile", "quick", "--kernel", kernel, timeout=600)
        assert result.returncode == 0, result.stderr
        project = Project(there)
        for name, lecture in project.lectures.items():
            made[name][kernel] = plan(lecture, {}, "quick").path(project)
    return made


def outputs(path: Path) -> list[list[str]]:
    """What each cell shows, but for cells that show seconds; whether stdout or stderr comes first is left to chance."""
    return [
        sorted(json.dumps(output, sort_keys=True) for output in cell.outputs)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize("name", Project(Path(__file__).parents[2]).lectures)
def test_forked_kernels_give_what_plain_ones_give(executed: dict[str, dict[str, Path]], name: str) -> None:
    plain, forked = outputs(executed[name]["plain"]), outputs(executed[name]["zygote"])
    assert any(plain) and plain == forked
