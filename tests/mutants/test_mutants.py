"""The mutation run itself: every module has its faults, each changes something, and the runner is not blind."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from faults import EQUIVALENTS, LEFT_OUT, TABLE
from run import ROOT, mutants, path_of
from syntax import drawn, places

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8")
    for path in sorted((ROOT / "course_lib").rglob("*.py"))
}


# ------------------------------------------------------------------------------------------------ the faults


def test_every_module_with_a_place_for_a_fault_has_faults_or_a_reason():
    with_places = {module for module, source in MODULES.items() if places(source)}
    left_out = {of: {module for module in with_places if f"{module}.".startswith(f"{of}.")} for of in LEFT_OUT}
    assert all(left_out.values()) and all(LEFT_OUT.values())
    assert set(TABLE) == with_places.difference(*left_out.values())


@pytest.mark.parametrize("module", TABLE)
def test_a_module_has_3_to_8_faults_half_of_them_chosen(module):
    found = mutants(module, TABLE[module], ROOT)
    chosen = sum(mutant.chosen for mutant in found)
    assert 3 <= len(found) <= 8
    assert abs(len(found) - 2 * chosen) <= 1
    assert all((ROOT / test).is_file() for test in TABLE[module].tests)


@pytest.mark.parametrize("module", TABLE)
def test_every_fault_of_a_module_is_another_program(module):
    found = mutants(module, TABLE[module], ROOT)
    programs = {ast.dump(ast.parse(source)) for source in [MODULES[module], *(m.source for m in found)]}
    assert len(programs) == len(found) + 1
    assert len({mutant.key for mutant in found}) == len(found)


def test_what_is_said_to_change_nothing_is_a_fault_of_the_table_with_a_proof():
    known = {mutant.key for module in TABLE for mutant in mutants(module, TABLE[module], ROOT)}
    assert set(EQUIVALENTS) <= known
    assert all(len(proof.split()) > 3 for proof in EQUIVALENTS.values())


# ------------------------------------------------------------------------------------------------ places by syntax


@pytest.mark.parametrize(
    "line, changed",
    [
        ("a + b", {"a - b"}),
        ("(a) * (b  # +\n)", {"(a) / (b  # +"}),
        ("a < b <= c", {"a <= b <= c", "a < b < c"}),
        ("a is None or not b", {"a is not None or not b", "a is None and not b", "a is None or b"}),
        ("a not in b", {"a  in b"}),
        ("-x", {"x"}),
        ("'é' + f(0.5, 2, True)", {"'é' - f(0.5, 2, True)", "'é' + f(1.0, 2, True)", "'é' + f(0.5, 3, True)",
                                   "'é' + f(0.5, 2, False)"}),
        ("a[0.0]", {"a[1.0]"}),
        ("a += b", {"a -= b"}),
        ("f'{a + 1}' 'one 1'", set()),
        ("zip(a, strict=True)", set()),
        ("x: int | float", set()),
        ("isinstance(a, int | float)", set()),
    ],
)  # fmt: skip
def test_the_places_of_a_line(line, changed):
    found = places(line)
    assert {place.name.removeprefix("module: ") for place in found} == changed
    for place in found:
        ast.parse(place.source)


def test_annotations_and_what_is_for_types_alone_are_no_places():
    source = "if TYPE_CHECKING:\n    a = 1\ndef f(x: A[1]) -> None:\n    y: A[2] = 0"
    assert [place.name for place in places(source)] == ["f: y: A[2] = 1"]


def test_places_can_be_limited_to_a_function():
    source = "def f(x):\n    return x + 1\ndef g(x):\n    return x < 2"
    assert {place.line for place in places(source, ("g",))} == {4}


def test_an_edit_of_a_line_redraws_that_line_alone():
    source = MODULES["course_lib.losses"]
    before = {place.name for place in drawn("m", source, 8)}
    line = next(place for place in places(source) if place.name not in before)
    after = {place.name for place in drawn("m", line.source, 8)}
    assert before == {place.name for place in drawn("m", source, 8)}
    assert len(before - after) <= 1
    assert before != {place.name for place in drawn("another", source, 8)}


# ------------------------------------------------------------------------------------------------ the runner

SUBJECT = """
import functools

def twice(x):
    return 2 * x

def count(n):
    while n > 0:
        n -= 1
    return n

def nobody_asks(x):
    return x + 1

LIMIT = 3
"""

TESTS = """
import inspect
import subprocess
import sys

import pytest
import test_subject

@pytest.fixture
def four():
    return test_subject.twice(2)

def test_twice(four):
    assert four == 4

def test_count():
    assert test_subject.count(3) == 0

def test_a_process_of_its_own():
    code = "import test_subject; print(test_subject.LIMIT)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "3\\n"

def test_the_source_is_the_one_that_runs():
    assert "functools" in inspect.getsource(test_subject)
"""

PROGRAM = """
import sys
from pathlib import Path

sys.path[:0] = [{here!r}]
import run
from faults import Fault, Subject

def of(*faults, tests=("test_of_subject.py",)):
    return Subject(tuple(Fault(*fault) for fault in faults), tests, scopes=("none",))

table = {{
    "test_subject": of(
        ("noticed", "2 * x", "3 * x"),
        ("unnoticed", "x + 1", "x + 2"),
        ("unnoticed, and known", "x + 1", "x + 3"),
        ("never ends", "n -= 1", "pass"),
        ("does not load", "LIMIT = 3", "LIMIT = 1 / 0"),
        ("the process dies", "2 * x", "__import__('os')._exit(3)"),
        ("seen from another process", "LIMIT = 3", "LIMIT = 4"),
        ("seen in the source", "import functools", "import math"),
    ),
    "failing": of(("any", "a = 1", "a = 2"), tests=("test_failing.py",)),
    "elsewhere": of(("any", "b = 1", "b = 2")),
    "gone": of(("any", "c = 1", "c = 2")),
}}
equivalents = {{
    "test_subject: unnoticed, and known": "…",
    "test_subject: noticed": "…",
    "test_subject: of old": "…",
}}
sys.exit(run.main([], table, equivalents, Path.cwd(), grace=2.0))
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A run over modules whose tests notice some faults and miss others."""
    folder = tmp_path_factory.mktemp("mutants")
    files = {
        "test_subject.py": SUBJECT, "test_of_subject.py": TESTS, "failing.py": "a = 1\n", "elsewhere.py": "b = 1\n",
        "test_failing.py": "def test_a():\n    assert False\n", "gone.py": "d = 1\n", "program.py":
        PROGRAM.format(here=str(Path(__file__).parent)),
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    run = subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert sorted(path.name for path in folder.iterdir() if path.suffix) == sorted(files), run.stderr
    assert {name: (folder / name).read_text("utf-8") for name in files} == files
    return run


@pytest.mark.parametrize(
    "fault, verdict",
    [
        ("noticed", "test_of_subject.py::test_twice"),
        ("unnoticed", "SURVIVED"),
        ("unnoticed, and known", "changes nothing"),
        ("never ends", "TIME: not done after"),
        ("does not load", "IMPORT: "),
        ("the process dies", "BROKEN: the process ended with 3"),
        ("seen from another process", "test_of_subject.py::test_a_process_of_its_own"),
        ("seen in the source", "test_of_subject.py::test_the_source_is_the_one_that_runs"),
    ],
)
def test_the_table_says_what_became_of_a_mutant(result, fault, verdict):
    (line,) = (line for line in result.stdout.splitlines() if line[33:].startswith(f"{fault}  "))
    assert line[114:].startswith(verdict), line


@pytest.mark.parametrize(
    "complaint",
    [
        "survived, a test is missing: test_subject: unnoticed (line 13)",
        "listed as changing nothing, but was killed: test_subject: noticed",
        "listed as changing nothing, but there is no such fault: test_subject: of old",
        "neither passed nor failed: test_subject: the process dies: the process ended with 3",
        "neither passed nor failed: elsewhere: any: its tests never imported the module",
        "failing as it is does not pass its tests: test_failing.py::test_a",
        "gone: any: 0 times in the module: 'c = 1'",
        "1 of 5 were killed by import, which says little about the tests",
    ],
)
def test_the_run_says_what_is_wrong_and_fails(result, complaint):
    assert f"✗ {complaint}\n" in result.stdout
    assert result.returncode == 1


def test_the_run_complains_of_nothing_else(result):
    assert result.stdout.count("✗") == 8
    assert (
        "9 mutants of 4 modules" in result.stdout
        and "3 killed by a test, 1 by import, 1 by time; 2 survived, of which 1 change nothing" in result.stdout
    )


def test_an_unknown_module_is_refused():
    program = str(Path(__file__).with_name("run.py"))
    run = subprocess.run([sys.executable, program, "schedule"], capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.startswith("schedule: not in the table of faults.py; known: course_lib.")


def test_the_file_of_a_module():
    assert path_of("course_lib.optimizers.__init__", ROOT).is_file()
