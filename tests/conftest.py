"""What all tests share: the environment they run in, and that in CI nothing is skipped unseen.

In CI (the environment variable CI is set) a skipped test is a failed one: there, everything is installed.
"""

import os
from pathlib import Path

import pytest

# Before anything imports NumPy or TensorFlow: what the lectures run under (course_tools/environment.py says why).
for _name, _value in {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MPLBACKEND": "agg",
}.items():
    os.environ.setdefault(_name, _value)
os.environ.pop("COURSE_CLAIMS", None)

_skipped: list[str] = []


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parents[1]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") and _skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") and _skipped:
        terminalreporter.section("skipped, and in CI a skip is a failure", red=True)
        terminalreporter.write_line("\n".join(_skipped))
