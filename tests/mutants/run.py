"""The mutation run: faults are put into the modules of course_lib, one at a time, and a test has to notice.

    make mutants                             # all modules
    make mutants MODULES='schedules losses'  # some

Each mutant is a fork of this process, which has the libraries loaded but nothing of course_lib. When the module is
imported, in the fork or in a Python that a test starts, it gets the changed source; no file of the project is written.
The fork runs the module's own test files up to the first failure, and of every test the first case before any second
one. Before the mutants, the same is done with the module as it is: it has to pass.

A mutant is killed by a test that fails, by an error when the test file is imported, or by time: it runs on where the
module as it is was done long ago. A mutant that passes all tests is a survivor: a missing test, or else listed in
EQUIVALENTS with the proof that it changes nothing. The run fails if a survivor is not listed, or if a listed one is
killed or gone; if a mutant ends in any other way; and if more than one kill in twenty is by import, for that kind of
fault says little about the tests.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import runpy
import selectors
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

import changed
from faults import EQUIVALENTS, TABLE, Subject
from syntax import drawn

ROOT = Path(__file__).resolve().parents[2]

GRACE = 20.0
"""Seconds that a mutant has, beyond five times what the module as it is takes."""


class Mutant(NamedTuple):
    """A module with a fault.

    module: its name. name: of the fault, unique within the module. chosen: or else drawn.
    line: where the fault is. source: the changed text, or None for the module as it is.
    """

    module: str
    name: str
    chosen: bool
    line: int
    source: str | None

    @property
    def key(self) -> str:
        return f"{self.module}: {self.name}"


class Outcome(NamedTuple):
    """How a run of the tests ended.

    how: "survived", "test", "import", "time", or "broken" for every other way.
    what: the test, or what happened. seconds: how long it took. output: the last lines that pytest printed.
    """

    how: str
    what: str
    seconds: float
    output: str


def path_of(module: str, root: Path) -> Path:
    """The file of a module."""
    return root.joinpath(*module.split(".")).with_suffix(".py")


def mutants(module: str, subject: Subject, root: Path) -> list[Mutant]:
    """The chosen faults of a module, and as many that are drawn, or what there is.

    Raises:
        ValueError: the text of a chosen fault is not in the module, or there more than once.
    """
    source = path_of(module, root).read_text("utf-8")
    found = []
    for fault in subject.chosen:
        if source.count(fault.old) != 1:
            raise ValueError(f"{module}: {fault.name}: {source.count(fault.old)} times in the module: {fault.old!r}")
        line = source[: source.index(fault.old)].count("\n") + 1
        found.append(Mutant(module, fault.name, True, line, source.replace(fault.old, fault.new)))
    texts = {mutant.source for mutant in found if mutant.source}
    for place in drawn(module, source, len(subject.chosen), subject.scopes, texts):
        found.append(Mutant(module, place.name, False, place.line, place.source))
    return found


# --- in the fork -----------------------------------------------------------------------------------------------------


class _Witness:
    """A plugin of pytest: which test failed first."""

    how, what, passed = "", "", 0

    def pytest_load_initial_conftests(self) -> None:
        # before that of pytest, which takes course_lib.test_functions for a file of tests, and reads it itself
        sys.meta_path.sort(key=lambda finder: not isinstance(finder, changed.Finder))

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """The first case of every test, then the second of every test: what one test misses, another may notice."""
        seen: Counter[str] = Counter()
        turn = {}
        for item in items:
            name = item.nodeid.partition("[")[0]
            turn[item] = seen[name]
            seen[name] += 1
        items.sort(key=turn.__getitem__)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.how:
            self.how, self.what = "import", str(report.longrepr).strip().splitlines()[-1]

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.passed += report.passed and report.when == "call"
        if report.failed and not self.how:
            self.how, self.what = "test", report.nodeid.rpartition("/")[2]


def _change(name: str, path: str, text: str, folder: Path) -> None:
    """Let the module have this text, here and in every Python that a test starts, which runs `sitecustomize` first."""
    site = folder.with_name(f"{folder.name}-site")
    site.mkdir()
    program = f"{Path(changed.__file__).read_text('utf-8')}\ninstall({name!r}, {path!r}, {text!r})\n"
    site.joinpath("sitecustomize.py").write_text(program, "utf-8")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    changed.install(name, path, text)


def _be(mutant: Mutant, tests: Sequence[str], root: Path, folder: Path, output: IO[bytes], answer: int) -> NoReturn:
    """In the fork: run the tests of a mutant, and write how they ended."""
    try:
        os.setsid()  # what the tests start ends with them
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(root)
        if mutant.source is not None:
            _change(mutant.module.removesuffix(".__init__"), str(path_of(mutant.module, root)), mutant.source, folder)
        import pytest

        witness = _Witness()
        options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=line", f"--basetemp={folder}", f"--rootdir={root}"]
        code = pytest.main([*options, *tests], plugins=[witness])
        if not witness.how:
            fine = code == 0 and witness.passed
            witness.how, witness.what = ("survived", "") if fine else ("broken", f"pytest ended with {code!r}")
            if mutant.source is not None and not changed.Loader.served:
                witness.how, witness.what = "broken", "its tests never imported the module"
        sys.stdout.flush()
        os.write(answer, json.dumps([witness.how, witness.what]).encode())
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(0)


# --- in the process that forks ---------------------------------------------------------------------------------------


class _Job(NamedTuple):
    """A mutant that is being run."""

    mutant: Mutant
    pid: int
    begin: float
    limit: float
    output: IO[bytes]


def run(
    tasks: Sequence[tuple[Mutant, Sequence[str], float]], root: Path, side_by_side: int = 2
) -> Iterator[tuple[Mutant, Outcome]]:
    """Run mutants, some side by side, and give each with its outcome as soon as it ended.

    Args:
        tasks: a mutant, its test files, and how many seconds it has.
        root: the folder that modules and test files are named from.
        side_by_side: how many at a time.
    """
    waiting = list(tasks)[::-1]
    with selectors.DefaultSelector() as selector, tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        try:
            while waiting or selector.get_map():
                while waiting and len(selector.get_map()) < side_by_side:
                    mutant, tests, limit = waiting.pop()
                    output, (answer, end) = tempfile.TemporaryFile(), os.pipe()
                    pid = os.fork()
                    if pid == 0:
                        _be(mutant, tests, root, Path(folder, str(len(waiting))), output, end)
                    os.close(end)
                    selector.register(answer, selectors.EVENT_READ, _Job(mutant, pid, time.monotonic(), limit, output))
                now = time.monotonic()
                left = min(key.data.begin + key.data.limit - now for key in selector.get_map().values())
                ready = {key.fd for key, _ in selector.select(max(left, 0.0))}
                for key in list(selector.get_map().values()):
                    late = time.monotonic() > key.data.begin + key.data.limit
                    if key.fd in ready or late:
                        selector.unregister(key.fd)
                        yield key.data.mutant, _end(key.data, key.fd, late and key.fd not in ready)
        finally:
            for key in list(selector.get_map().values()):
                _end(key.data, key.fd, True)


def _end(job: _Job, answer: int, late: bool) -> Outcome:
    """What a fork says at its end, or what is to be said of one that is late and is ended here."""
    written = b"" if late else os.read(answer, 1 << 20)
    os.close(answer)
    for group in (True, False):  # with what it started; itself, where it was ended before it had a group
        try:
            (os.killpg if group else os.kill)(job.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    _, status = os.waitpid(job.pid, 0)
    seconds = time.monotonic() - job.begin
    job.output.seek(0)
    lines = "\n".join(job.output.read().decode(errors="replace").splitlines()[-15:])
    job.output.close()
    if late:
        return Outcome("time", f"not done after {job.limit:.0f} s", seconds, lines)
    if not written:
        return Outcome("broken", f"the process ended with {os.waitstatus_to_exitcode(status)}", seconds, lines)
    return Outcome(*json.loads(written), seconds, lines)


def warm(libraries: Sequence[str]) -> None:
    """Load what every fork needs, so that none has to do it again."""
    # what pytest finds by itself (xdist, for one) would be loaded by each fork anew, and is not needed here
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("numpy", "pytest", "hypothesis.strategies", *libraries):
        importlib.import_module(name)
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutants", derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate], print_blob=False, report_multiple_bugs=False,
    )  # fmt: skip
    settings.load_profile("mutants")
    ours = [name for name in sys.modules if name.split(".")[0] == "course_lib"]
    assert not ours, f"loaded before the mutants: {ours}"


def selected(names: Sequence[str], table: Mapping[str, Subject]) -> dict[str, Subject]:
    """The modules of these names, of which what stands in front may be left out; all if there are none."""
    wanted = set()
    for name in names or table:
        found = {module for module in table if f".{module}".endswith(f".{name}")}
        if not found:
            raise SystemExit(f"{name}: not in the table of faults.py; known: {', '.join(table)}")
        wanted |= found
    return {module: subject for module, subject in table.items() if module in wanted}


def report(mutant: Mutant, outcome: Outcome, listed: bool) -> str:
    """A line of the table."""
    verdict = {
        "test": outcome.what, "import": f"IMPORT: {outcome.what}", "time": f"TIME: {outcome.what}",
        "broken": f"BROKEN: {outcome.what}", "survived": "changes nothing" if listed else "SURVIVED",
    }[outcome.how]  # fmt: skip
    module = mutant.module.partition(".")[2] or mutant.module
    fault = ("" if mutant.chosen else "~ ") + mutant.name
    fault = fault if len(fault) <= 70 else fault[:69] + "…"
    return f"{module:<26} {mutant.line:>4}  {fault:<70}  {outcome.seconds:>5.1f} s  {verdict[:110]}"


def main(
    names: Sequence[str],
    table: Mapping[str, Subject] = TABLE,
    equivalents: Mapping[str, str] = EQUIVALENTS,
    root: Path = ROOT,
    grace: float = GRACE,
) -> int:
    """Run the mutants of these modules, print the table, and give the exit code: 0 if all is as it should be."""
    begin = time.monotonic()
    subjects = selected(names, table)
    every: dict[str, list[Mutant]] = {}
    wrong = []
    for module, subject in subjects.items():
        try:
            every[module] = mutants(module, subject, root)
        except ValueError as error:
            wrong.append(str(error))
    known = {mutant.key for found in every.values() for mutant in found}
    wrong += [f"listed as changing nothing, but there is no such fault: {key}" for key in equivalents
             if key.partition(": ")[0] in every and key not in known]  # fmt: skip
    outcomes: list[tuple[Mutant, Outcome]] = []
    print("module, line, fault (~ marks those that are drawn), time, and what noticed it")
    # first those that need no more than NumPy; what is loaded then for the others would only slow these down
    for heavy in (False, True):
        part = {module: subject for module, subject in subjects.items()
                if module in every and bool(subject.libraries) == heavy}  # fmt: skip
        if not part:
            continue
        warm(sorted({library for subject in part.values() for library in subject.libraries}))
        limits: dict[str, float] = {}
        whole = [(Mutant(module, "as it is", True, 0, None), subject.tests, 300.0) for module, subject in part.items()]
        for mutant, outcome in run(whole, root):
            if outcome.how == "survived":
                limits[mutant.module] = grace + 5 * outcome.seconds
            else:
                wrong.append(f"{mutant.module} as it is does not pass its tests: {outcome.what}\n{outcome.output}")
        tasks = [(m, part[module].tests, limits[module]) for module in limits for m in every[module]]
        tasks.sort(key=lambda task: list(part).index(task[0].module))
        for mutant, outcome in run(tasks, root):
            print(report(mutant, outcome, mutant.key in equivalents), flush=True)
            outcomes.append((mutant, outcome))
    for mutant, outcome in outcomes:
        if outcome.how == "broken":
            wrong.append(f"neither passed nor failed: {mutant.key}: {outcome.what}\n{outcome.output}")
        elif outcome.how == "survived" and mutant.key not in equivalents:
            wrong.append(f"survived, a test is missing: {mutant.key} (line {mutant.line})")
        elif outcome.how != "survived" and mutant.key in equivalents:
            wrong.append(f"listed as changing nothing, but was killed: {mutant.key}")
    by = {how: sum(outcome.how == how for _, outcome in outcomes) for how in ("test", "import", "time", "survived")}
    killed = by["test"] + by["import"] + by["time"]
    if not names and by["import"] > killed / 20:  # of a few modules, one such kill may be many
        wrong.append(f"{by['import']} of {killed} were killed by import, which says little about the tests")
    same = sum(outcome.how == "survived" and mutant.key in equivalents for mutant, outcome in outcomes)
    print(
        f"\n{len(outcomes)} mutants of {len(subjects)} modules in {time.monotonic() - begin:.0f} s: "
        f"{by['test']} killed by a test, {by['import']} by import, {by['time']} by time; "
        f"{by['survived']} survived, of which {same} change nothing"
    )
    for line in wrong:
        print(f"✗ {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    runpy.run_path(str(ROOT / "tests" / "conftest.py"))  # the environment of all tests, before NumPy is loaded
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("modules", nargs="*", help="such as schedules or optimizers.parts; all if none is named")
    sys.exit(main(parser.parse_args().modules))
