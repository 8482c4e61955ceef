"""Each thing that goes wrong ends the real command with a status that is not zero; its last lines say where and why."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from small_book import call, last_lines


class Case(NamedTuple):
    """A fixture lecture, the command, and what its last lines say: cell, the cell's first line, the reason."""

    lecture: str
    command: str
    cell: int
    first_line: str
    reason: str


CASES = [
    Case("exception", "run", 3, "ratio = n / (n - 3)", "ZeroDivisionError: division by zero"),
    Case("false_claim", "run", 4, 'claim("half", n / 2, 2.0, 3.0, "half of n")', "FalseClaim: claim 'half' is false"),
    Case("hidden_false_claim", "run", 3, "from course_lib.claims import claim", "FalseClaim: claim 'half' is false"),
    Case("differs", "check", 4, "print(os.urandom(8).hex())", "second run: Cell outputs differ in stdout"),
    Case("slow", "run", 4, "time.sleep(60)", "takes longer than 2 s"),
    Case("killed", "run", 4, "os.kill(os.getpid(), signal.SIGKILL)", "the kernel died while this cell ran"),
    Case("exits", "run", 4, "sys.exit(0)", "exit would end the run here"),
    Case("exits_unseen", "run", 4, 'getattr(sys, "ex" + "it")(0)', "SystemExit: 0"),
    Case("undefined", "build", 1, "# An undefined reference", "fig-nowhere"),
    Case("typed", "run", 1, "# A typed number", "`93.7` is typed"),
    Case("silenced", "run", 4, "print(os.getppid())", "is the second cell tagged nbval-ignore-output"),
    Case("no_alt", "run", 3, "import matplotlib.pyplot as plt", "shows an image without alt text"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.lecture)
def test_a_failure_is_named_in_the_last_lines(case: Case, make_book: Callable[..., Path]) -> None:
    result = call(make_book(case.lecture), case.command)
    assert result.returncode == 1, result.stdout + result.stderr
    said = last_lines(result)
    assert f"part/{case.lecture}, cell {case.cell} ({case.first_line})" in said
    assert f"book/part/{case.lecture}.md:" in said
    assert case.reason in said


def test_a_failed_lecture_leaves_no_result_and_its_notebook_to_look_at(make_book: Callable[..., Path]) -> None:
    root = make_book("exception", "good")
    result = call(root, "run")
    assert result.returncode == 1
    assert "_build/failed/part/exception.ipynb" in result.stderr
    assert (root / "_build/failed/part/exception.ipynb").is_file()
    assert not (root / "_build/executed/part/exception.ipynb").exists()
    assert (root / "_build/executed/part/good.ipynb").is_file()  # the others go on


def test_a_failed_run_keeps_the_last_good_one_but_is_tried_again(copy_of_ran: Path) -> None:
    page = copy_of_ran / "book/part/other.md"
    page.write_text(page.read_text().replace("\nn\n", "\nn / 0\n"))
    before = (copy_of_ran / "_build/executed/part/other.ipynb").read_bytes()
    for _ in range(2):
        result = call(copy_of_ran, "run", "other")
        assert "lecture 1 of 1  part/other" in result.stdout and result.returncode == 1
    assert (copy_of_ran / "_build/executed/part/other.ipynb").read_bytes() == before


@pytest.mark.parametrize("named", ["good", "other"])  # whether it is checked again, or only shown
def test_an_output_left_by_a_cell_that_never_ran_is_refused(copy_of_ran: Path, named: str) -> None:
    path = copy_of_ran / "_build/executed/part/good.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].execution_count = None
    nbformat.write(notebook, path)
    result = call(copy_of_ran, "build", named)
    assert result.returncode == 1
    assert "part/good, cell 3 (import numpy as np), book/part/good.md:21: " in last_lines(result)
    assert "holds an output, but never ran" in last_lines(result)


def test_an_exception_that_is_meant_is_shown_and_the_lecture_goes_on(ran: Path) -> None:
    notebook = nbformat.read(ran / "_build/executed/part/raises.ipynb", as_version=4)
    assert notebook.cells[2].outputs[0].ename == "ZeroDivisionError"
    assert notebook.cells[3].outputs[0].text == "goes on\n"


REFUSED = [
    (["run", "nosuch"], "no lecture 'nosuch'; there are part/good, part/other, part/raises"),
    (["run", "godo", "othr"], "no lecture 'othr'; did you mean part/other?"),
    (["run", "good", "-p", "m=1"], "part/good: no parameter 'm'; there are seed, n"),
    (["run", "good", "-p", "n=many"], "part/good: parameter n takes a value like 3 (int), got 'many'"),
    (["run", "good", "-p", "n"], "-p: got 'n'; takes NAME=VALUE"),
    (["run", "--profile", "fast"], "--profile: got 'fast'; takes full or quick"),
    (["check", "--kernel", "spark"], "--kernel: got 'spark'; takes plain or zygote"),
    (["ranges", "nosuch"], "no lecture 'nosuch'"),
    (["build", "nosuch"], "no lecture 'nosuch'"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED, ids=lambda value: " ".join(value))
def test_names_and_parameters_are_refused_before_anything_runs(ran: Path, arguments: list[str], reason: str) -> None:
    result = call(ran, *arguments)
    assert result.returncode == 1
    assert reason in last_lines(result)
    assert "lecture 1" not in result.stdout


def test_a_folder_without_a_book_is_refused(tmp_path: Path) -> None:
    result = call(tmp_path, "run")
    assert result.returncode == 1
    assert "no book here" in last_lines(result)
