"""Run lectures side by side, each in a worker of its own, and say how it goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from rich.console import Console

from course_tools.dependencies import checksum
from course_tools.environment import environment
from course_tools.errors import CourseError, Failure
from course_tools.keys import key
from course_tools.lecture import Lecture
from course_tools.project import Project

KERNELS = ("plain", "zygote")
ENFORCE, NOT_COMPARABLE, RECORD = "enforce", "not-comparable", ""

console = Console(highlight=False, soft_wrap=True)


class Run(NamedTuple):
    """One lecture with one set of parameters.

    Args:
        parameters: those that differ from what the lecture says.
        claims: what happens to a claim that does not hold.
    """

    lecture: Lecture
    parameters: dict[str, Any]
    claims: str = ENFORCE

    @property
    def label(self) -> str:
        changed = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return self.lecture.name + (f" ({changed})" if changed else "")

    def path(self, project: Project) -> Path:
        """Where the executed notebook belongs: only the run as written is what the site shows."""
        if not self.parameters and self.claims == ENFORCE:
            return project.executed / f"{self.lecture.name}.ipynb"
        changed = ",".join(f"{name}={value!r}" for name, value in sorted(self.parameters.items())) or "as-written"
        safe = "".join(character if character.isalnum() or character in "=,.-_" else "_" for character in changed)
        return project.runs / f"{self.lecture.name}-{safe[:100]}.ipynb"

    def key(self, project: Project) -> str:
        return key(project, self.lecture, self.parameters, self.claims)

    def is_done(self, project: Project) -> bool:
        return record(self.path(project)).get("key") == self.key(project)


def plan(lecture: Lecture, changed: dict[str, Any], profile: str = "full") -> Run:
    """The run of a lecture with these parameters in this profile; its claims stand if at most the seed differs.

    Raises:
        CourseError: the lecture has no such parameter, or the value is of another kind than the lecture's.
    """
    own = lecture.parameters
    wanted = {**(lecture.quick if profile == "quick" else {}), **changed}
    problems = []
    for name, value in wanted.items():
        if name not in own:
            problems.append(Failure(lecture.name, f"no parameter {name!r}; there are {', '.join(own)}"))
        elif not _fits(value, own[name]):
            kind = type(own[name]).__name__
            problems.append(
                Failure(lecture.name, f"parameter {name} takes a value like {own[name]!r} ({kind}), got {value!r}")
            )
    if problems:
        raise CourseError(*problems)
    parameters = {name: value for name, value in wanted.items() if value != own[name]}
    return Run(lecture, parameters, ENFORCE if set(parameters) <= {"seed"} else NOT_COMPARABLE)


def _fits(value: Any, own: Any) -> bool:
    if own is None:
        return True
    if isinstance(own, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is type(own)


def record(path: Path) -> dict[str, Any]:
    """What is known of the run that left this notebook; empty if there is none."""
    if not path.is_file():
        return {}
    return dict(nbformat.read(path, as_version=4).metadata.get("course", {}))


def execute(
    project: Project, runs: Sequence[Run], *, jobs: int = 2, kernel: str = "plain", force: bool = False
) -> None:
    """Execute those of the runs that need it, `jobs` side by side. Raises CourseError when any fails."""
    needed = [run for run in runs if force or not run.is_done(project)]
    if len(needed) < len(runs):
        console.print(f"{len(runs) - len(needed)} of {len(runs)} need no run")

    def job(run: Run) -> dict[str, Any]:
        return {
            "action": "execute", "kernel": kernel, "limit": run.lecture.limit, "notebook": run.lecture.notebook(),
            "parameters": run.parameters, "key": run.key(project), "output": str(run.path(project)),
            "failed": str(project.failed / f"{run.lecture.name}.ipynb"),
        }  # fmt: skip

    _work(project, needed, job, jobs, kernel, "lecture")


def check(project: Project, runs: Sequence[Run], *, jobs: int = 2, kernel: str = "plain", all: bool = False) -> None:
    """Execute what was run a second time and compare: all of the runs, or those without a verdict since they ran."""
    needed = [run for run in runs if all or not verdict(project, run).is_file()]
    if len(needed) < len(runs):
        console.print(f"{len(runs) - len(needed)} of {len(runs)} need no second run")

    def job(run: Run) -> dict[str, Any]:
        passed = verdict(project, run)
        passed.unlink(missing_ok=True)
        return {
            "action": "validate", "kernel": kernel, "limit": run.lecture.limit, "notebook": str(run.path(project)),
            "passed": str(passed),
        }  # fmt: skip

    _work(project, needed, job, jobs, kernel, "second run")


def verdict(project: Project, run: Run) -> Path:
    """The file that exists when this very notebook passed its second execution."""
    return project.verdicts / checksum(run.path(project))


def _work(
    project: Project, runs: Sequence[Run], job: Callable[[Run], dict[str, Any]], jobs: int, kernel: str, what: str
) -> None:
    failures = asyncio.run(_all(project, runs, job, jobs, kernel, what)) if runs else []
    if failures:
        raise CourseError(*failures)


async def _all(
    project: Project, runs: Sequence[Run], job: Callable[[Run], dict[str, Any]], jobs: int, kernel: str, what: str
) -> list[Failure]:
    gate = asyncio.Semaphore(jobs)
    failures: list[Failure] = []
    done = 0

    async def one(run: Run, zygote: str) -> None:
        nonlocal done
        async with gate:
            begun = time.monotonic()
            failure = await _one(project, run, job(run), zygote)
            done += 1
            mark = "failed" if failure else "ok"
            console.print(f"{what} {done} of {len(runs)}  {run.label}  {time.monotonic() - begun:.1f} s  {mark}")
            if failure:
                failures.append(failure)

    async with _kernels(project, kernel) as zygote, asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(one(run, zygote))
    return sorted(failures)


@contextlib.asynccontextmanager
async def _kernels(project: Project, kernel: str) -> AsyncIterator[str]:
    """The address of the process that forks kernels, while it is needed; empty for plain kernels."""
    if kernel == "plain":
        yield ""
        return
    with tempfile.TemporaryFile() as log:
        async with _process("course_tools.zygote", environment(project, ""), log) as process:
            try:
                address = (await process.stdout.readline()).decode().strip()
            except asyncio.CancelledError:
                process.kill()  # it is still loading, and would not notice
                raise
            if not address:
                raise CourseError(Failure("", f"the process that forks kernels did not start\n{_text(log)}"))
            yield address


async def _one(project: Project, run: Run, job: dict[str, Any], zygote: str) -> Failure | None:
    variables = environment(project, run.claims) | {"COURSE_ZYGOTE": zygote}
    with tempfile.TemporaryFile() as log:
        async with _process("course_tools.worker", variables, log) as process:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            answer = await process.stdout.read()
        if not answer:
            reason = f"the process that executes it ended early (status {process.returncode})"
            return Failure(run.label, f"{reason}\n{_text(log)}")
    result = json.loads(answer)
    if "reason" not in result:
        return None
    if job["action"] == "execute":
        result["reason"] += f"\nThe notebook as far as it came: {Path(job['failed']).relative_to(project.root)}"
    if result["cell"]:
        return run.lecture.failure(result["cell"], result["reason"])._replace(page=run.label)
    return Failure(run.label, result["reason"])


def _text(log: Any) -> str:
    log.seek(0)
    return str(log.read().decode(errors="replace"))


@contextlib.asynccontextmanager
async def _process(module: str, variables: dict[str, str], log: Any) -> AsyncIterator[Any]:
    """A Python process that lives until its standard input is closed, which this does however it is left."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=pipe, stdout=pipe, stderr=log, env=variables, start_new_session=True
    )
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()
