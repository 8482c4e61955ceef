"""Keras' other backends: all tests of Keras pass on JAX and on PyTorch too, in one process a backend.

Left out is only what is marked as belonging to another backend. The table of book/setup.md says what that is.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

COLUMNS = {"jax": "JAX", "torch": "PyTorch"}
BACKENDS = pytest.mark.parametrize("backend", COLUMNS)


class Run(NamedTuple):
    """What came of a run of the tests: how many passed in each file, and how many were left out, for which reason."""

    passed: Counter[str]
    left_out: dict[tuple[str, str], int]
    deselected: int


@pytest.fixture(scope="module")
def runs(root, tmp_path_factory):
    """backend -> Run of all tests of Keras on it, made when it is asked for."""
    made = {}

    def run(backend):
        if backend not in made:
            made[backend] = run_on(backend, root, tmp_path_factory.mktemp(backend) / "report.xml")
        return made[backend]

    return run


def run_on(backend, root, report):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here: make references")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *files(root)]
    environment = os.environ | {"KERAS_BACKEND": backend, "CI": "true"}  # nothing may be skipped
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    lines = re.findall(rf"^left out on {backend}: (\w+\.py): (\d+): (.*)$", done.stdout, re.MULTILINE)
    deselected = re.search(r"(\d+) deselected", done.stdout)
    return Run(
        Counter(case.get("classname").split(".")[2] + ".py" for case in ElementTree.parse(report).iter("testcase")),
        {(file, reason): int(count) for file, count, reason in lines},
        int(deselected[1]) if deselected else 0,
    )


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.glob("tests/course_lib/test_*_keras.py"))


def name(file):
    return re.fullmatch(r"(?:.*/)?test_(\w+)_keras\.py", file)[1]


@BACKENDS
def test_all_tests_of_keras_pass_but_those_that_are_marked(backend, runs, root):
    run = runs(backend)
    assert {name(file) for file in run.passed} == {name(file) for file in files(root)}
    assert sum(run.passed.values()) >= 500
    assert run.deselected == sum(run.left_out.values()) < sum(run.passed.values()) / 3


@pytest.fixture(scope="module")
def table(root):
    """backend -> module -> reasons: the table "Other backends", and the list of reasons under it."""
    text = (root / "book/setup.md").read_text("utf-8").partition("\n## Other backends\n")[2].partition("\n## ")[0]
    reasons = dict(re.findall(r"^- \*\*(\w)\*\*: (.*)$", text, re.MULTILINE))
    header, _, *rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return {
        backend: {
            module: {reasons[letter] for letter in row[header.index(column)].split() if letter != "✓"}
            for row in rows for module in re.findall(r"`(\w+)`", row[0])
        }
        for backend, column in COLUMNS.items()
    }  # fmt: skip


@BACKENDS
def test_the_table_for_readers_says_what_is_left_out(backend, runs, table, root):
    modules = {path.stem for path in (root / "course_lib").rglob("*")}
    expected = {name(file): set() for file in files(root) if name(file) in modules}  # some files are about all of them
    for file, reason in runs(backend).left_out:
        expected.setdefault(name(file), set()).add(reason)
    assert table[backend] == expected
