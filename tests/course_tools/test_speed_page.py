"""The page of the benchmarks says what their results hold, and the results are those of the scripts."""

import ast
import json
import re
from pathlib import Path

import pytest
from small_book import write_book

from course_lib.optimizers import RULES
from course_tools.pages import speed
from course_tools.project import Project
from course_tools.stage import stage

ROOT = Path(__file__).resolve().parents[2]
RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text("utf-8"))
TABLES = {table["title"]: table for one in RESULTS.values() for table in one["tables"]}
SHARED = {"blocks"}


def rows(page, title):
    """The table under a heading of the page: name of the row -> its other cells."""
    section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {first: rest for first, *rest in cells[2:]}, cells[0]


@pytest.mark.parametrize("title", TABLES)
def test_the_page_has_every_row_and_column_of_the_results_and_no_other(title):
    shown, columns = rows(speed(RESULTS), title)
    assert list(shown) == list(TABLES[title]["rows"])
    assert columns == TABLES[title]["columns"]
    assert {1 + len(cells) for cells in shown.values()} == {len(columns)}


def test_a_figure_is_shown_with_quartiles_unit_and_bound_and_a_missed_bound_is_said():
    cells = [
        {"median": 1.0049, "low": 0.999, "high": 1.25, "bound": 1.1},
        {"median": 1234.5, "low": 1200.0, "high": 1300.0, "unit": "ms"},
        {"median": 3.21, "low": 3.0, "high": 3.5, "bound": 3.0},
        None,
    ]
    run = {"date": "2026-01-02", "python": "3.11", "cores": 2, "processor": "a CPU", "load": [0.5, 1.25],
           "libraries": {"numpy": "2.0"}}  # fmt: skip
    table = {"title": "A table", "text": "What it says.", "columns": list("abcde"), "rows": {"ours": cells}}
    page = speed({"steps": {"run": run, "tables": [table]}})
    shown, _ = rows(page, "A table")
    expected = ["1.00 (0.999–1.25), ≤ 1.1", "1234 ms (1200–1300)", "3.21 (3.00–3.50), missed: ≤ 3", "—"]
    assert shown == {"ours": expected}
    assert "What it says." in page
    assert (
        "`benchmarks/steps.py`, 2026-01-02: Python 3.11 on one of 2 cores of a CPU, load average 0.5 to 1.2, "
        "with numpy 2.0." in page
    )


def test_the_results_are_those_of_the_scripts_that_make_bench_runs():
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - SHARED
    named = re.search(r"^BENCHMARKS := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert named and set(named[1].split()) == scripts == set(RESULTS)


def test_the_results_are_of_the_tables_that_the_scripts_make():
    made = {
        node.args[0].value
        for path in (ROOT / "benchmarks").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "table"
        if isinstance(node.args[0], ast.Constant)
    }
    assert made == set(TABLES)


def test_every_rule_was_measured():
    assert set(TABLES["Every rule"]["rows"]) == set(RULES)
    # Keras has no optimizer of these conventions
    assert set(TABLES["Our rules through Keras"]["rows"]) == set(RULES) - {"momentum_torch", "adam_paper"}


def test_the_others_were_measured_too():
    steps = " ".join(TABLES["A step of Adam and of momentum"]["rows"])
    assert all(name in steps for name in ("NumPy", "scikit-learn", "Keras, eager", "PyTorch, fused", "Optax, jitted"))


def test_every_bound_was_kept():
    cells = [
        (title, row, cell)
        for title, table in TABLES.items()
        for row, all_of_it in table["rows"].items()
        for cell in all_of_it
        if cell and "bound" in cell
    ]
    assert len(cells) > 20
    assert [(title, row) for title, row, cell in cells if cell["median"] > cell["bound"]] == []


def test_a_book_without_results_has_no_such_page(tmp_path):
    project = Project(write_book(tmp_path / "course", "good"))
    stage(project)
    assert not (project.stage / "speed.md").exists()
    project.benchmarks_file.parent.mkdir()
    project.benchmarks_file.write_text(json.dumps(RESULTS))
    stage(project)
    assert (project.stage / "speed.md").read_text("utf-8") == speed(RESULTS)
