"""The stage and the site that is made of it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from small_book import call, last_lines, write_book

from course_tools import site
from course_tools.errors import CourseError
from course_tools.project import Project
from course_tools.stage import Staged, stage


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book that was built once. Look at it; to change it take `copy`."""
    root = write_book(tmp_path_factory.mktemp("built") / "course", "good", "other", "raises")
    result = call(root, "build")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1].endswith("_build/html/index.html; `course serve` shows it.")
    return root


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "course"))


def page(root: Path, name: str) -> str:
    """A page's HTML without tags."""
    return re.sub(r"<[^>]+>", "", (root / f"_build/html/{name}.html").read_text())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_page_of_the_contents_is_there(built: Path) -> None:
    for name in ("index", "part/good", "part/other", "part/raises", "ledger", "execution"):
        assert (built / f"_build/html/{name}.html").is_file()


def test_prose_shows_the_measured_numbers_also_of_other_lectures(built: Path) -> None:
    assert "A third of n is 1.00, and the draw was 10.01" in page(built, "part/good")
    assert "The good one says 1.00" in page(built, "part/other")


def test_a_lecture_says_under_its_title_how_long_it_takes(built: Path) -> None:
    assert re.search(r"A good lecture.*?5 minutes to read, ran in \d+ s", page(built, "part/good"), re.DOTALL)


def test_the_ledger_has_a_row_for_each_claim(built: Path) -> None:
    ledger = " ".join(page(built, "ledger").split())
    assert "a third of n 0.999 to 1.001 1 —" in ledger
    assert re.search(r"a draw 9\.6 to 10\.4 10\.0\d —", ledger)


def test_the_execution_report_has_a_row_for_each_lecture(built: Path) -> None:
    report = " ".join(page(built, "execution").split())
    for title in ("A good lecture", "Another lecture", "An exception that is meant"):
        assert re.search(rf"{title} \d+\.\d \d+ MiB plain", report)
    assert re.search(r"Python 3\.\d+\.\d+ on .*numpy \d", report)


def test_the_stage_holds_no_records_timings_or_private_files(copy: Path) -> None:
    (copy / "book/claims.yml").write_text("{}\n")
    project = Project(copy)
    stage(project)
    text = (project.stage / "part/good.ipynb").read_text()
    assert "vnd.course.claim" not in text and '"execution": {' not in text and "papermill.record" in text
    assert not (project.stage / "claims.yml").exists()


def test_staging_again_writes_nothing_and_removes_what_is_gone(copy: Path) -> None:
    project = Project(copy)
    (copy / "book/gone.md").write_text("# Gone\n")
    stage(project)
    times = {path: path.stat().st_mtime_ns for path in project.stage.rglob("*") if path.name != "gone.md"}
    assert (project.stage / "gone.md").exists()
    (copy / "book/gone.md").unlink()
    stage(Project(copy))
    assert not (project.stage / "gone.md").exists()
    assert {path: path.stat().st_mtime_ns for path in project.stage.rglob("*")} == times


def test_new_prose_gets_the_outputs_of_the_last_run(copy: Path) -> None:
    edit(copy / "book/part/good.md", "More text.\n\n", "")
    edit(
        copy / "book/part/good.md",
        "```{code-cell} ipython3\nimport",
        "New prose before it.\n\n```{code-cell} ipython3\nimport",
    )
    stage(Project(copy))
    staged = nbformat.read(copy / "_build/stage/part/good.ipynb", as_version=4)
    assert [cell.cell_type for cell in staged.cells] == ["markdown", "code", "markdown", "code", "code"]
    assert staged.cells[3].outputs and staged.cells[4].outputs


def test_a_lecture_whose_code_was_changed_is_shown_as_it_ran_and_says_so(copy: Path) -> None:
    edit(copy / "book/part/good.md", "print({", "print(1, {")
    stage(Project(copy))
    staged = nbformat.read(copy / "_build/stage/part/good.ipynb", as_version=4)
    assert "was changed since the run" in staged.cells[0].source
    assert staged.cells[-1].source.startswith("print({") and staged.cells[-1].outputs


def test_records_of_other_parameters_are_refused(copy: Path) -> None:
    result = call(copy, "run", "good", "-p", "n=6")
    assert result.returncode == 0
    shutil.copy(copy / "_build/runs/part/good-n=6.ipynb", copy / "_build/executed/part/good.ipynb")
    with pytest.raises(CourseError, match="part/good: its run holds claims that are not comparable"):
        stage(Project(copy))


def test_a_build_without_a_change_starts_no_sphinx(copy: Path) -> None:
    shutil.copytree(copy / "_build", copy / "before")
    result = call(copy, "build")
    assert "site: nothing changed" in result.stdout and result.returncode == 0


def test_an_edited_page_is_built_again_and_no_other(copy: Path) -> None:
    call(copy, "build")  # the copy has other paths: Sphinx starts afresh
    times = {path.name: path.stat().st_mtime_ns for path in (copy / "_build/stage/part").iterdir()}
    edit(copy / "book/part/other.md", "The good one says", "We hear from the good one:")
    result = call(copy, "build")
    assert "3 of 3 need no run" in result.stdout
    assert "We hear from the good one: 1.00" in page(copy, "part/other")
    changed = {
        path.name for path in (copy / "_build/stage/part").iterdir() if path.stat().st_mtime_ns != times[path.name]
    }
    assert changed == {"other.ipynb"}


def test_a_number_glued_from_another_lecture_follows_it(copy: Path) -> None:
    edit(copy / "book/part/good.md", 'claim("third", n / 3, 0.999, 1.001', 'claim("third", n / 6, 0.4999, 0.5001')
    result = call(copy, "build", "good")
    assert result.returncode == 0, result.stderr
    assert "The good one says 0.50" in page(copy, "part/other")


def test_a_lecture_that_never_ran_says_so_and_so_do_its_numbers(make_book: Callable[..., Path]) -> None:
    root = make_book("good", "other", "figure")
    (root / "book/index.md").write_text(
        "# A book\n\nA third is {glue:text}`part/good.ipynb::third:.2f` here. See {ref}`fig-rise`.\n"
    )
    result = call(root, "build", "other")
    assert result.returncode == 0, result.stderr  # warnings are errors: there was none
    assert "This lecture was not run yet: course build part/good." in page(root, "part/good")
    assert "A third of n is not run yet, and the draw was not run yet" in page(root, "part/good")
    assert "The good one says not run yet" in page(root, "part/other")
    assert "A third is not run yet here. See It rises." in page(root, "index")
    assert "not run yet" in page(root, "execution")
    result = call(root, "build", "good")
    assert result.returncode == 0, result.stderr
    assert "A third is 1.00 here" in page(root, "index")


def test_a_failed_build_is_not_taken_for_a_site(make_book: Callable[..., Path]) -> None:
    root = make_book("undefined")
    for _ in range(2):
        result = call(root, "build")
        assert result.returncode == 1
        assert "book/part/undefined.md:16: " in last_lines(result) and "fig-nowhere" in last_lines(result)


def test_a_missing_page_and_an_unannounced_traceback_are_found(copy: Path) -> None:
    project = Project(copy)
    assert list(site._missing(project)) == [] and list(site._tracebacks(project)) == []
    html = project.html / "part/good.html"
    html.write_text(html.read_text() + '<div class="output traceback highlight">')
    assert [failure.page for failure in site._tracebacks(project)] == ["part/good"]
    html.unlink()
    assert [failure.page for failure in site._missing(project)] == ["part/good"]


def test_a_warning_at_a_cell_is_translated_to_the_line_of_the_source(copy: Path) -> None:
    project = Project(copy)
    output = (
        f"{project.stage}/part/good.ipynb:30003: WARNING: nothing here\n"
        f"{project.stage}/part/good.ipynb:10008: WARNING: below the title\n"
        f"{project.stage}/part/good.ipynb:: WARNING: somewhere\n"
        "/elsewhere/_build/stage/index.md:3: WARNING: in a page\n"
        "WARNING: nowhere\n"
    )
    found = [failure.sentence for failure in site.problems(project, Staged("", "", {"part/good": 4}), output)]
    assert found == [
        "part/good, cell 3 (import numpy as np), book/part/good.md:22: nothing here",
        "part/good, cell 1 (# A good lecture), book/part/good.md:12: below the title",
        "book/part/good.md: somewhere",
        "book/index.md:3: in a page",
        "site: WARNING: nowhere",
    ]


def test_serving_needs_a_site(make_book: Callable[..., Path]) -> None:
    result = call(make_book("good"), "serve")
    assert result.returncode == 1 and "no site is built: `course build` builds it" in last_lines(result)


def test_clean_removes_what_was_built(copy: Path) -> None:
    assert call(copy, "clean").returncode == 0
    assert not (copy / "_build").exists() and (copy / "book/index.md").exists()
