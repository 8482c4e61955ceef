"""Run by need: what makes a lecture run again, and what does not."""

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from small_book import call

from course_tools.keys import key
from course_tools.project import Project
from course_tools.runner import plan

HELPERS = {
    "helpers/__init__.py": "",
    "helpers/direct.py": "VALUE = 1\n",
    "helpers/late.py": "def value():\n    from helpers import deep\n    return deep.VALUE\n",
    "helpers/deep.py": "from .deepest import VALUE\n",
    "helpers/deepest.py": "VALUE = 2\n",
    "helpers/unused.py": "VALUE = 3\n",
    "helpers/data/__init__.py": "",
    "helpers/data/table/rows.csv": "1,2\n",
}
CODE = {
    "direct": "import helpers.direct",
    "late": "from helpers.late import value\n\nvalue()",
    "data": "def load():\n    import helpers.data\n",
    "alone": "n",
    "exercise": 'from course_lib.checks import check\n\ncheck("first-model/1", ...)',
}


@pytest.fixture
def book(make_book: Callable[..., Path]) -> Path:
    """A book with a package of helpers and a lecture for each way to depend on it; nothing in it was run."""
    root = make_book("good")
    for name, source in HELPERS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(source)
    frame = (root / "book/part/good.md").read_text().partition("```{code-cell} ipython3\nimport numpy")[0]
    for name, code in CODE.items():
        (root / f"book/part/{name}.md").write_text(f"{frame}```{{code-cell}} ipython3\n{code}\n```\n")
    return root


def keys(root: Path, **changed: object) -> dict[str, str]:
    """The key of each lecture of the book as it is now."""
    project = Project(root)
    runs = [plan(lecture, changed) for lecture in project.lectures.values()]
    return {run.lecture.name: key(project, run.lecture, run.parameters, run.claims) for run in runs}


def rerun(root: Path, edit: Callable[[], object]) -> set[str]:
    """The lectures whose run is no longer trusted after the edit."""
    before = keys(root)
    edit()
    return {name.removeprefix("part/") for name, now in keys(root).items() if now != before[name]}


def replace(path: Path, old: str, new: str) -> Callable[[], object]:
    text = path.read_text()
    assert old in text
    return lambda: path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("edited", "lectures"),
    [
        ("helpers/direct.py", {"direct"}),
        ("helpers/late.py", {"late"}),
        ("helpers/deep.py", {"late"}),  # imported inside a function
        ("helpers/deepest.py", {"late"}),  # by a relative import, two steps away
        ("helpers/unused.py", set()),
        ("helpers/__init__.py", {"direct", "late", "data"}),  # a package runs before its modules
        ("helpers/data/table/rows.csv", {"data"}),
    ],
)
def test_an_edit_of_a_module_reruns_exactly_the_lectures_that_reach_it(book: Path, edited: str, lectures: set) -> None:
    assert rerun(book, lambda: (book / edited).write_text((book / edited).read_text() + "\n")) == lectures


def test_an_edit_of_the_exercises_reruns_the_lecture_that_checks_them(book: Path) -> None:
    exercises = book / "course_lib" / "exercises"
    exercises.mkdir(parents=True)
    for package in (exercises, exercises.parent):
        (package / "__init__.py").write_text("")
    (exercises / "first_model.py").write_text("EXERCISES = {}\n")
    assert rerun(book, lambda: (exercises / "first_model.py").write_text("EXERCISES = {1: None}\n")) == {"exercise"}


def test_prose_reruns_nothing(book: Path) -> None:
    page = book / "book/part/alone.md"
    assert rerun(book, replace(page, "# A good lecture", "# A better lecture\n\nMore is said.")) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nn\n", "\nn + 1\n"),
        ("\nn\n", "\n:tags: [raises-exception]\nn\n"),
        ("n = 3", "n = 4"),
        ("quick: {n: 1}", "timeout: 9"),
    ],
    ids=["code", "tag", "parameter", "limit"],
)
def test_code_tags_and_parameters_rerun_their_lecture(book: Path, old: str, new: str) -> None:
    assert rerun(book, replace(book / "book/part/alone.md", old, new)) == {"alone"}


def test_the_lock_reruns_everything(book: Path) -> None:
    assert rerun(book, lambda: (book / "requirements.lock").write_text("numpy==1\n")) == {"good", *CODE}


def test_the_environment_reruns_everything(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rerun(book, lambda: monkeypatch.setitem(__import__("course_tools.keys").keys.FIXED, "TZ", "CET")) == {
        "good",
        *CODE,
    }


def test_other_parameters_are_another_run(book: Path) -> None:
    assert not set(keys(book).values()) & set(keys(book, n=4).values())
    assert keys(book) == keys(book, n=3)  # as the lecture has it


def test_the_command_runs_only_what_needs_it(copy_of_ran: Path) -> None:
    good, other = copy_of_ran / "book/part/good.md", copy_of_ran / "book/part/other.md"
    good.write_text(good.read_text().replace("More text.", "").replace("# A good lecture", "# The best one\n\nReally."))
    other.write_text(other.read_text().replace("\nn\n", "\nn + 1\n"))
    result = call(copy_of_ran, "run")
    assert result.returncode == 0, result.stderr
    assert "2 of 3 need no run" in result.stdout
    assert "lecture 1 of 1  part/other" in result.stdout
    assert "3 of 3 need no run" in call(copy_of_ran, "run").stdout


def test_the_second_execution_is_of_what_ran_since_its_verdict(copy_of_ran: Path) -> None:
    assert "3 of 3 need no second run" in call(copy_of_ran, "check").stdout
    other = copy_of_ran / "book/part/other.md"  # changed: run anew as it was, it may come out the same to the last byte
    other.write_text(other.read_text().replace("\nn\n", "\nn + 1\n"))
    result = call(copy_of_ran, "run", "other")
    assert "lecture 1 of 1  part/other" in result.stdout
    result = call(copy_of_ran, "check")
    assert "2 of 3 need no second run" in result.stdout
    assert "second run 1 of 1  part/other" in result.stdout


def test_runs_with_other_parameters_stand_beside_what_the_site_shows(copy_of_ran: Path) -> None:
    before = (copy_of_ran / "_build/executed/part/good.ipynb").read_bytes()
    result = call(copy_of_ran, "run", "good", "-p", "n=6", "-p", "seed=1")
    assert result.returncode == 0, result.stderr  # the false claim is not comparable, so it stops nothing
    assert "part/good (n=6, seed=1): _build/runs/part/good-n=6,seed=1.ipynb" in result.stdout
    left = nbformat.read(copy_of_ran / "_build/runs/part/good-n=6,seed=1.ipynb", as_version=4)
    assert "not comparable" in json.dumps(left.cells, ensure_ascii=False)
    assert left.cells[2].source.endswith("n = 6\nseed = 1\n")
    assert (copy_of_ran / "_build/executed/part/good.ipynb").read_bytes() == before
    assert "1 of 1 need no run" in call(copy_of_ran, "run", "good", "-p", "seed=1", "-p", "n=6").stdout
    assert "part/good (n=1): " in call(copy_of_ran, "run", "good", "--profile", "quick").stdout


def test_a_claim_is_enforced_when_only_the_seed_was_changed(make_book: Callable[..., Path]) -> None:
    result = call(make_book("false_claim"), "run", "-p", "seed=1")
    assert result.returncode == 1
    assert "part/false_claim (seed=1), cell 4" in result.stderr and "FalseClaim" in result.stderr


def test_what_a_cell_prints_is_one_output_however_it_was_cut_into_messages(make_book: Callable[..., Path]) -> None:
    root = make_book("good")
    page = root / "book/part/good.md"
    prints = "    print(i, flush=True)\n    print(i, file=sys.stderr, flush=True)\n    time.sleep(0.5)"
    slow = f"import sys\nimport time\n\nfor i in range(3):\n{prints}"
    page.write_text(page.read_text().replace('print({"hash", "order", "of", "a", "set"})', slow))
    assert call(root, "run").returncode == 0
    outputs = nbformat.read(root / "_build/executed/part/good.ipynb", as_version=4).cells[-1].outputs
    printed = sorted((output.name, output.text) for output in outputs)
    assert printed == [("stderr", "0\n1\n2\n"), ("stdout", "0\n1\n2\n")]
