"""Each exported notebook runs in an environment that holds what its install cell installs, and nothing else.

The freshly built wheel stands in for the address of the release. One more thing differs from what a reader does: on
Linux with x86-64 processors `tensorflow-cpu` is installed in the place of `tensorflow`. It is the same code without
CUDA, and takes half a gigabyte less on the disk.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").rglob("*.ipynb"))


@pytest.fixture(scope="session", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request, python, tmp_path_factory):
    """A notebook as its reader sees it after running all of its cells; an exception in a cell fails here."""
    folder = tmp_path_factory.mktemp("run")
    node = nbformat.read(request.param, 4)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "clean").mkdir()
    (folder / "clean/kernel.json").write_text(json.dumps({"argv": command, "display_name": "clean"}))
    kernels = KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)
    ours = ("PYTHON", "COURSE", "MPL", "JUPYTER", "KERAS", "TF_", "OMP_", "OPENBLAS_")  # a reader sets none of these
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    manager = AsyncKernelManager(kernel_name="clean", kernel_spec_manager=kernels)
    client = NotebookClient(node, km=manager, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    return node


def shown(cell):
    """The lines of text that a code cell shows."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return "\n".join(texts).split("\n")


def test_the_package_comes_from_the_wheel(python, tmp_path):
    where = [str(python), "-c", "import course_lib, keras; print(course_lib.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).is_relative_to(python.parents[1])


def test_the_install_cell_has_nothing_to_do(ran):
    assert "%pip" in ran.cells[1].source
    assert ran.cells[1].outputs == []


def test_every_claim_holds(ran):
    lines = [line for cell in ran.cells for line in shown(cell) if line[:1] in "✓✗" and "(claimed: " in line]
    claims = sum(len(re.findall(r"^claim\(", cell.source, re.MULTILINE)) for cell in ran.cells if "outputs" in cell)
    assert len(lines) == claims > 0
    assert [line for line in lines if line.startswith("✗")] == []


def test_every_exercise_waits_for_its_answer(ran):
    for cell in ran.cells:
        verdicts = [line for line in shown(cell) if line.startswith(("✓", "✗")) and "(claimed: " not in line]
        stub = "stub" in cell.metadata.get("tags", [])
        assert [line.split(": ")[1] for line in verdicts] == ["Not yet"] * stub, cell.source
