"""These tests make environments of their own and take minutes: they run only where this folder is named."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    folder = Path(__file__).parent
    named = (Path(config.invocation_params.dir, argument.split("::")[0]) for argument in config.args)
    return None if any(path.resolve().is_relative_to(folder) for path in named) else True


@pytest.fixture(scope="session")
def uv(tmp_path_factory):
    """Run uv where it sees no settings of this project; gives what it reports."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments):
        command = [sys.executable, "-m", "uv", "--no-config", *map(str, arguments)]
        done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


@pytest.fixture(scope="session")
def requirement(tmp_path_factory):
    """What the install cells ask for, with a new wheel as the address."""
    installs = {nbformat.read(path, 4).cells[1].source for path in (ROOT / "notebooks").rglob("*.ipynb")}
    assert len(installs) == 1, "one environment serves all notebooks because their install cells are the same"
    needed = Requirement(re.search(r'%pip install -q "(.+)"', installs.pop())[1])
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    return f"{needed.name}[{','.join(needed.extras)}] @ {wheel.as_uri()}"


@pytest.fixture(scope="session")
def python(uv, requirement, tmp_path_factory):
    """The Python of an environment with what is asked for, and a kernel as Colab and Jupyter have one."""
    folder = tmp_path_factory.mktemp("clean")
    (folder / "override.txt").write_text("tensorflow; sys_platform != 'linux' or platform_machine != 'x86_64'\n")
    instead = "tensorflow-cpu; sys_platform == 'linux' and platform_machine == 'x86_64'"
    uv("venv", "--python", sys.executable, folder / "env")
    options = ("--python", folder / "env", "--compile-bytecode", "--override", folder / "override.txt")
    uv("pip", "install", *options, requirement, instead, "ipykernel")
    return folder / "env/bin/python"
