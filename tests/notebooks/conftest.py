"""These tests make environments of their own and take minutes: they run only where this folder is named.

Two things differ from what a reader does. The freshly built wheel stands in for the address of the release. And on
Linux with x86-64 processors `tensorflow-cpu` is installed in the place of `tensorflow`: it is the same code without
CUDA, and takes half a gigabyte less on the disk.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from packaging.requirements import Requirement
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from course_tools.project import Project

pytest.register_assert_rewrite("reader")  # so that a failed check says what was there
ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
#: Run with their own parameters, so that every claim has to hold. The others run with those of the quick profile: that
#: their code is the lecture's is proven elsewhere, and here that it runs where nothing else is installed.
IN_FULL = ("first-model", "optimizer-race")
HERE = "sys_platform == 'linux' and platform_machine == 'x86_64'"  # where `tensorflow-cpu` is
ELSEWHERE = "sys_platform != 'linux' or platform_machine != 'x86_64'"


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
    installs = {nbformat.read(path, 4).cells[1].source for path in NOTEBOOKS}
    assert len(installs) == 1, "one environment serves all notebooks because their install cells are the same"
    needed = Requirement(re.search(r'%pip install -q "(.+)"', installs.pop())[1])
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    return f"{needed.name}[{','.join(needed.extras)}] @ {wheel.as_uri()}"


@pytest.fixture(scope="session")
def colab():
    """name==version of what Colab has, from documentation."""
    return re.findall(r"^[\w.-]+==\S+$", (ROOT / "tests/colab.txt").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="session")
def environment(uv, requirement, tmp_path_factory):
    """Make an environment of what the install cell asks for, and a kernel as Jupyter has one; gives its Python."""

    def make(python=sys.executable, versions=()):
        folder = tmp_path_factory.mktemp("environment")
        tensorflow = next((version for version in versions if version.startswith("tensorflow==")), "tensorflow")
        (folder / "override.txt").write_text(f"{tensorflow}; {ELSEWHERE}")
        (folder / "versions.txt").write_text("\n".join(versions))
        uv("venv", "--python", python, folder / "env")
        options = ("--python", folder / "env", "--compile-bytecode", "--override", folder / "override.txt")
        instead = f"{tensorflow.replace('tensorflow', 'tensorflow-cpu')}; {HERE}"
        uv("pip", "install", *options, requirement, instead, "ipykernel", "-r", folder / "versions.txt")
        return folder / "env/bin/python"

    return make


@pytest.fixture(scope="session", autouse=True)
def processors():
    """Each worker keeps to processors of its own: threads of two notebooks on the same ones wait for each other."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if workers > 1 and hasattr(os, "sched_setaffinity"):  # Linux has it
        one = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[one::workers] or os.sched_getaffinity(0))


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Run all cells of a notebook in an environment, as its reader does; an exception in a cell is raised."""
    lectures = Project(ROOT).lectures

    def in_environment(path, python):
        folder = tmp_path_factory.mktemp("run")
        (folder / "clean").mkdir()
        command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (folder / "clean/kernel.json").write_text(json.dumps({"argv": command, "display_name": "clean"}))
        kernels = KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)
        manager = AsyncKernelManager(kernel_name="clean", kernel_spec_manager=kernels)
        ours = ("PYTHON", "COURSE", "MPL", "JUPYTER", "KERAS", "TF_", "OMP_", "OPENBLAS_")  # a reader sets none
        settings = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        if path.stem in IN_FULL:
            node = nbformat.read(path, 4)
        else:
            quick = lectures[f"{path.parent.name}/{path.stem}"].quick
            node = parameterize_notebook(load_notebook_node(str(path)), quick, kernel_name="python3", language="python")
        client = NotebookClient(node, km=manager, timeout=300, resources={"metadata": {"path": str(folder)}})
        client.execute(env=settings, cleanup_kc=True)  # a kernel whose manager is ours would keep its memory to the end
        return node

    return in_environment
