"""Each exported notebook runs in an environment that holds what its install cell installs, and nothing else."""

import subprocess
from pathlib import Path

import pytest
import reader
from conftest import NOTEBOOKS


@pytest.fixture(scope="session")
def python(environment):
    return environment()


@pytest.fixture(scope="session", params=NOTEBOOKS, ids=lambda path: path.stem)
def node(request, run, python):
    return run(request.param, python)


def test_the_package_comes_from_the_wheel(python, tmp_path):
    where = [str(python), "-I", "-c", "import course_lib; print(course_lib.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).is_relative_to(python.parents[1])


def test_the_install_cell_has_nothing_to_do(node):
    reader.nothing_was_installed(node)


def test_every_claim_holds(node):
    reader.every_claim_holds(node)


def test_every_exercise_waits_for_its_answer(node):
    reader.every_exercise_waits_for_its_answer(node)
