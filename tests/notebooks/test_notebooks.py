"""Each exported notebook runs in an environment that holds what its install cell installs, and nothing else."""

import subprocess
from pathlib import Path

import pytest
import reader
from conftest import IN_FULL, NOTEBOOKS


@pytest.fixture(scope="session")
def python(environment):
    return environment()


@pytest.fixture(scope="session", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request, run, python):
    return request.param.stem, run(request.param, python)


def test_the_package_comes_from_the_wheel(python, tmp_path):
    where = [str(python), "-I", "-c", "import course_lib; print(course_lib.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).is_relative_to(python.parents[1])


def test_the_install_cell_has_nothing_to_do(ran):
    reader.nothing_was_installed(ran[1])


def test_every_claim_is_shown_and_holds_for_the_lecture_s_own_parameters(ran):
    name, node = ran
    broken = reader.every_claim_is_shown(node)
    assert name not in IN_FULL or broken == []


def test_every_exercise_waits_for_its_answer(ran):
    reader.every_exercise_waits_for_its_answer(ran[1])
