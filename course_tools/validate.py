"""Execute a lecture a second time with nbval, and compare text and SVG with what the reader sees. Runs in a worker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_tools.execute import flaw

NOTEBOOK = Path("lecture.ipynb")


class Differences:
    """A pytest plugin that keeps what nbval says about each cell."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """nbval has read the notebook: the kernel is to see an empty folder, as in the first execution."""
        NOTEBOOK.unlink()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: pytest.CallInfo[None]) -> Any:
        report = (yield).get_result()
        if report.failed or (report.outcome == "skipped" and hasattr(report, "wasxfail")):
            error = call.excinfo.value if call.excinfo else None
            detail = getattr(error, "inner_traceback", None) or ""
            number = getattr(item, "cell", {}).get("metadata", {}).get("course", {}).get("cell", 0)
            self.found.append({"cell": number, "reason": f"second run: {error}{_what(detail)}\n{detail.strip()}"})


def validate(job: dict[str, Any]) -> dict[str, Any]:
    """Run the executed notebook at `job["notebook"]` again; if nothing differs, `job["passed"]` becomes a file.

    Returns `{"cell", "reason"}` for the first difference, and an empty result if there is none.
    """
    problem = flaw(nbformat.read(job["notebook"], as_version=4))
    if problem:
        return problem
    shutil.copy(job["notebook"], NOTEBOOK)  # nbval works in the folder that holds it
    differences = Differences()
    code = pytest.main(
        ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=.", "--color=no", "--nbval",
         f"--nbval-kernel-name={job['kernel']}", f"--nbval-cell-timeout={job['limit']}",
         "--nbval-kernel-startup-timeout=120", str(NOTEBOOK)],
        plugins=[differences],
    )  # fmt: skip
    if differences.found:
        first, *others = differences.found
        if others:
            sentence, _, detail = first["reason"].partition("\n")
            first["reason"] = f"{sentence} (and {len(others)} more)\n{detail}"
        return first
    if code != pytest.ExitCode.OK:
        return {"cell": 0, "reason": f"second run: nbval ended with {pytest.ExitCode(code).name}"}
    passed = Path(job["passed"])
    passed.parent.mkdir(parents=True, exist_ok=True)
    passed.touch()
    return {}


def _what(detail: str) -> str:
    """Which output differs, from nbval's report: ` in stdout`, or what is missing."""
    _, found, rest = detail.partition("mismatch '")
    if found:
        return f" in {rest.partition(chr(39))[0]}"
    return f": {detail.strip().splitlines()[0]}" if detail.strip() else ""
