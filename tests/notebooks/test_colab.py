"""In Colab the install cell brings course-lib and Optuna, and leaves what is there as it is; then the notebooks run.

Colab's own versions are in tests/colab.txt, from its documentation; Colab itself is not here.
"""

import re
import sys

import pytest
import reader
from conftest import IN_FULL, NOTEBOOKS


def test_the_resolver_finds_only_course_lib_and_optuna_to_install(uv, requirement, colab, tmp_path):
    uv("venv", "--python", sys.executable, tmp_path / "env")
    (packages,) = (tmp_path / "env/lib").glob("python3*/site-packages")
    for name, version in (line.split("==") for line in colab):  # names and versions are all that a resolver asks for
        folder = packages / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (folder / "RECORD").write_text("")
    report = uv("pip", "install", "--dry-run", "--python", tmp_path / "env", "--python-version", "3.12", requirement)
    missing = {("+", "course-lib"), ("+", "optuna"), ("+", "colorlog")}  # Optuna imports colorlog
    assert set(re.findall(r"^ ([-+~]) ([\w-]+)", report, re.MULTILINE)) == missing, report


@pytest.fixture(scope="session")
def python(environment, colab):
    """Colab has Python 3.12; the same versions are there for 3.11, but not for later ones."""
    return environment(sys.executable if sys.version_info < (3, 13) else "3.12", colab)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_with_the_versions_of_colab(path, run, python):
    node = run(path, python)
    reader.nothing_was_installed(node)
    broken = reader.every_claim_is_shown(node)
    assert path.stem not in IN_FULL or broken == []
    reader.every_exercise_waits_for_its_answer(node)
