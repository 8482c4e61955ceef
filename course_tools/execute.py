"""Execute one lecture with papermill, and judge what came of it. Runs in a worker (worker.py)."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import papermill_engines
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from course_tools import zygote

#: Libraries whose versions a run records, where they are installed.
LIBRARIES = ("numpy", "keras", "tensorflow", "tensorflow-cpu", "matplotlib", "scikit-learn", "optuna", "ipykernel")
STARTING = 120
"""Seconds that a kernel may take to start."""


def execute(job: dict[str, Any]) -> dict[str, Any]:
    """Run `job["notebook"]`; leave it at `job["output"]` if all is well, else at `job["failed"]`.

    Returns `{"cell", "reason"}` for a failure, and the record of the run otherwise. `output` appears as a whole or
    not at all.
    """
    notebook = load_notebook_node(nbformat.from_dict(job["notebook"]))
    if job["parameters"]:
        notebook = parameterize_notebook(notebook, job["parameters"], kernel_name=job["kernel"], language="python")
    running: list[nbformat.NotebookNode] = []
    failure = None
    started = time.monotonic()
    try:
        papermill_engines.execute_notebook_with_engine(
            None, notebook, kernel_name=job["kernel"], progress_bar=False, start_timeout=STARTING,
            execution_timeout=job["limit"], on_cell_start=lambda cell, cell_index: running.append(cell),
            coalesce_streams=True,  # how prints are cut into messages depends on time
        )  # fmt: skip
    except CellTimeoutError:
        failure = _at(running[-1], f"takes longer than {job['limit']:g} s")
    except DeadKernelError:
        failure = _at(running[-1], "the kernel died while this cell ran")
    seconds = time.monotonic() - started
    failure = failure or flaw(notebook)
    if failure:
        write(notebook, Path(job["failed"]))
        return failure
    run = {
        "key": job["key"],
        "parameters": job["parameters"],
        "kernel": job["kernel"],
        "seconds": round(seconds, 1),
        "peak_mib": round(peak_kib() / 1024),
        "python": platform.python_version(),
        "processor": _processor(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("papermill", None)
    notebook.metadata["course"] = run
    write(notebook, Path(job["output"]))
    Path(job["failed"]).unlink(missing_ok=True)
    return run


def flaw(notebook: nbformat.NotebookNode) -> dict[str, Any] | None:
    """What is wrong with an executed notebook: the first failure, or None.

    papermill calls a run that `sys.exit(0)` ended a success, so that we look at every cell ourselves.
    """
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        may_raise = "raises-exception" in cell.metadata.get("tags", [])
        errors = [output for output in cell.outputs if output.output_type == "error"]
        for error in errors:
            if not may_raise or error.ename in ("FalseClaim", "SystemExit"):
                return _at(cell, f"{error.ename}: {error.evalue}" + "\n" + "\n".join(error.traceback))
        if cell.execution_count is None and cell.outputs:
            return _at(cell, "holds an output, but never ran")
        if cell.execution_count is None and cell.source.strip():
            return _at(cell, "did not run")
        if may_raise and not errors:
            return _at(cell, "is tagged raises-exception, and raised none")
        if any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {})):
            if not cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
                return _at(cell, "shows an image without alt text (mystnb: image: alt)")
    return None


def peak_kib() -> int:
    """Largest memory that a kernel of this worker held, in KiB.

    For a forked kernel that is less than for a plain one: pages of libraries that it never touches are not its own.
    """
    return max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, zygote.peak_kib)


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write the notebook so that it appears as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    nbformat.write(notebook, part)
    part.replace(path)


def _at(cell: nbformat.NotebookNode, reason: str) -> dict[str, Any]:
    """A failure in this cell; papermill's own cell of injected parameters has no number of its own."""
    return {"cell": cell.metadata.get("course", {}).get("cell", 0), "reason": reason}


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
