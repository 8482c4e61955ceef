"""The `course` command: what authors and instructors run."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from course_tools.errors import CourseError
from course_tools.export import export_command
from course_tools.project import Project
from course_tools.runner import KERNELS, console


class Course(TyperGroup):
    """The commands; what stops one is said in the last lines, and the exit status is not zero."""

    def invoke(self, ctx: typer.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            details = [failure.details for failure in error.failures if failure.details]
            sentences = [f"✗ {failure.sentence}" for failure in error.failures]
            print(*details, *sentences, sep="\n", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            print("✗ interrupted; what was finished is kept", file=sys.stderr)
            raise typer.Exit(130) from None


app = typer.Typer(cls=Course, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Lectures = Annotated[
    list[str] | None, typer.Argument(metavar="[LECTURE]...", help="path, part/name or name; default: all")
]
Jobs = Annotated[int, typer.Option(min=1, help="lectures side by side, one thread each")]
Kernel = Annotated[str, typer.Option(help="plain, or zygote: forked from a process that has Keras loaded")]
Force = Annotated[bool, typer.Option("--force", help="run also what needs no run")]


@app.callback()
def main(
    context: typer.Context,
    root: Annotated[
        Path | None, typer.Option(envvar="COURSE_ROOT", help="folder that holds book/ and _toc.yml")
    ] = None,
) -> None:
    """Run, check and build the course. Nothing in it is taken on trust."""
    context.obj = Project(root) if root else Project.around(Path.cwd())


@app.command()
def run(
    context: typer.Context,
    lectures: Lectures = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="change a parameter")] = None,
    profile: Annotated[str, typer.Option(help="full, or quick: the overrides of the front matter")] = "full",
    jobs: Jobs = 2,
    kernel: Kernel = "plain",
    force: Force = False,
) -> None:
    """Execute the lectures that need it."""
    from course_tools import lint, runner

    project: Project = context.obj
    _one_of("--profile", profile, ("full", "quick"))
    _one_of("--kernel", kernel, KERNELS)
    changed = dict(map(_assignment, parameter or []))
    found = project.find(lectures or [])
    lint.refuse(project, found)
    runs = [runner.plan(lecture, changed, profile) for lecture in found]
    runner.execute(project, runs, jobs=jobs, kernel=kernel, force=force)
    for one in runs:
        if one.parameters:
            console.print(f"{one.label}: {one.path(project).relative_to(project.root)}")


@app.command()
def check(
    context: typer.Context,
    lectures: Lectures = None,
    all: Annotated[bool, typer.Option("--all", help="also lectures that passed since they ran")] = False,
    jobs: Jobs = 2,
    kernel: Kernel = "plain",
) -> None:
    """Execute what was run a second time, and compare text and SVG."""
    from course_tools import lint, runner

    project: Project = context.obj
    _one_of("--kernel", kernel, KERNELS)
    found = project.find(lectures or [])
    lint.refuse(project, found)
    runs = [runner.plan(lecture, {}) for lecture in found]
    runner.execute(project, runs, jobs=jobs, kernel=kernel)
    runner.check(project, runs, jobs=jobs, kernel=kernel, all=all)


@app.command()
def build(
    context: typer.Context,
    lectures: Lectures = None,
    jobs: Jobs = 2,
    kernel: Kernel = "plain",
    force: Force = False,
) -> None:
    """Run and check by need, then make the site; lectures that are not named are shown as their last run left them."""
    from course_tools import lint, runner, site
    from course_tools.stage import stage

    project: Project = context.obj
    _one_of("--kernel", kernel, KERNELS)
    found = project.find(lectures or [])
    lint.refuse(project, found)
    lint.refuse_pages(project)
    runs = [runner.plan(lecture, {}) for lecture in found]
    runner.execute(project, runs, jobs=jobs, kernel=kernel, force=force)
    runner.check(project, runs, jobs=jobs, kernel=kernel)
    with site.alone(project):
        site.build(project, stage(project))
    console.print(f"The site is at {project.html / 'index.html'}; `course serve` shows it.")


@app.command()
def ranges(
    context: typer.Context,
    lecture: Annotated[str, typer.Argument(help="path, part/name or name")],
    seeds: Annotated[int, typer.Option(min=2, help="number of seeds")] = 8,
    first: Annotated[int, typer.Option("--from", help="the first of them")] = 1,
    jobs: Jobs = 2,
    kernel: Kernel = "zygote",
) -> None:
    """Run a lecture with other seeds, keep what its claims measure in book/claims.yml, and judge their ranges."""
    from course_tools import lint, ranges

    project: Project = context.obj
    _one_of("--kernel", kernel, KERNELS)
    [found] = project.find([lecture])
    lint.refuse(project, [found], [rule for rule in lint.RULES if rule is not lint.claim_ranges])
    ranges.measure(project, found, range(first, first + seeds), jobs=jobs, kernel=kernel)
    console.print(ranges.table(project, found))
    failures = ranges.too_wide(project, found)
    if failures:
        raise CourseError(*failures)


@app.command()
def serve(context: typer.Context, port: Annotated[int, typer.Option(help="port on this machine")] = 8000) -> None:
    """Show the built site at an address of this machine."""
    from course_tools import site

    site.serve(context.obj, port)


@app.command()
def clean(context: typer.Context) -> None:
    """Remove everything that was built."""
    shutil.rmtree(context.obj.build, ignore_errors=True)


app.command("export")(export_command)


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise CourseError(f"{option}: got {value!r}; takes {' or '.join(choices)}")


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise CourseError(f"-p: got {text!r}; takes NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
