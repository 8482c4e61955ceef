"""What can be seen without running: each rule is a function from a lecture to what is wrong with it."""

from __future__ import annotations

import ast
import io
import posixpath
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence

from course_lib.checks import find
from course_tools import ranges
from course_tools.claims import calls, glues
from course_tools.errors import CourseError, Failure
from course_tools.lecture import Cell, Lecture, is_folded
from course_tools.project import Project
from course_tools.prose import classes, directives, typed_numbers

Rule = Callable[[Lecture, Project], Iterator[Failure]]
IGNORE = "nbval-ignore-output"
SETTINGS: dict[str, type | tuple[type, ...]] = {"minutes": (int, float), "quick": dict, "timeout": (int, float)}
"""What the front matter may say under `course`."""
WIDTH = 96
"""Columns of code that the page shows beside its two margins; a longer line would have to be scrolled."""


def front_matter(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """The front matter says under `course` only what is known, and the reading time."""
    for name, value in lecture.front.items():
        if name not in SETTINGS:
            yield Failure(
                lecture.name, f"front matter: course has no setting {name!r}; there are {', '.join(SETTINGS)}"
            )
        elif not isinstance(value, SETTINGS[name]):
            yield Failure(lecture.name, f"front matter: course.{name}: got {value!r}")
    if "minutes" not in lecture.front:
        yield Failure(lecture.name, "front matter: course.minutes (the reading time) is missing")


def parameters(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """There is one parameters cell of literal assignments, and the quick profile overrides only these."""
    try:
        own = lecture.parameters
    except CourseError as error:
        yield from error.failures
        return
    for name in lecture.quick:
        if name not in own:
            yield Failure(lecture.name, f"front matter: quick overrides {name!r}; the parameters are {', '.join(own)}")


def python(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """Cells hold Python: no magics, no syntax errors, but for a cell that shows one."""
    for cell in lecture.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            if "raises-exception" not in cell.tags:
                yield lecture.failure(cell, f"SyntaxError: {error.msg}", error.lineno or 1)


def widths(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """Code that the page shows unfolded is not wider than the page."""
    for cell in lecture.code:
        if not is_folded(cell.tags):
            for number, line in enumerate(cell.source.splitlines(), 1):
                if len(line) > WIDTH:
                    yield lecture.failure(cell, f"has {len(line)} columns; the page shows {WIDTH}", number)


def semicolons(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """No cell ends in `;`, which does not silence a cell in the second execution."""
    blank = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER, tokenize.DEDENT)
    for cell in _readable(lecture):
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(cell.source).readline) if t.type not in blank]
        if tokens and tokens[-1].string == ";":
            yield lecture.failure(cell, "ends in `;`; write `_ = …`", tokens[-1].start[0])


def exits(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """Nothing ends the kernel: papermill takes the rest of the lecture as done."""
    for cell in _readable(lecture):
        for node in ast.walk(ast.parse(cell.source)):
            match node:
                case (
                    ast.Call(func=ast.Name(id="exit" | "quit" as name))
                    | ast.Call(func=ast.Attribute(value=ast.Name(id="sys" | "os"), attr="exit" | "_exit" as name))
                    | ast.Name(id="SystemExit" as name)
                ):
                    yield lecture.failure(cell, f"{name} would end the run here", node.lineno)


def claims(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """A claim is literal, stands by itself at the top level of its cell, and its name is used once."""
    seen: set[str] = set()
    for call in calls(lecture):
        if not call.is_plain:
            yield lecture.failure(call.cell, "a claim stands by itself at the top level, not in a loop", call.line)
        for argument in ("name", "low", "high", "statement"):
            if getattr(call, argument) is None:
                yield lecture.failure(call.cell, f"claim: {argument} is not a literal", call.line)
        if call.name in seen:
            yield lecture.failure(call.cell, f"claim {call.name!r} is there twice", call.line)
        seen.add(call.name or "")


def claim_ranges(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """No claim has a range wider than the runs with other seeds allow."""
    yield from ranges.too_wide(project, lecture)


def ignored_outputs(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """At most one cell is left out of the comparison of outputs."""
    ignored = [
        cell for cell in lecture.code if IGNORE in cell.tags or f"# {IGNORE.upper().replace('-', '_')}" in cell.source
    ]
    for cell in ignored[1:]:
        yield lecture.failure(cell, f"is the second cell tagged {IGNORE}; a lecture may have one")
    for cell in lecture.code:
        if "nbval-skip" in cell.tags or "NBVAL_SKIP" in cell.source:
            yield lecture.failure(cell, "leaves a cell out of the second execution")


def figures(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """A cell that shows a figure says in words what is in it."""
    for cell in lecture.code:
        shown = cell.metadata.get("mystnb", {})
        if "figure" in shown and not shown.get("image", {}).get("alt"):
            yield lecture.failure(cell, "its figure has no alt text (mystnb: image: alt)")


def numbers(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """No measured number is typed in prose or in a caption."""
    for cell in lecture.cells:
        if cell.kind == "markdown":
            for typed in typed_numbers(cell.source):
                yield lecture.failure(cell, _typed(typed.number), typed.line + 1)
        else:
            for typed in typed_numbers(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")):
                yield lecture.failure(cell, "in the caption: " + _typed(typed.number))


def shown_claims(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """Each number that is glued is a claim."""
    for cell in lecture.cells:
        caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        text = cell.source if cell.kind == "markdown" else caption
        for line, reason in _unknown_claims(text, f"{lecture.name}.ipynb", project):
            yield lecture.failure(cell, reason, line if cell.kind == "markdown" else 1)


def exercises(lecture: Lecture, project: Project) -> Iterator[Failure]:
    """An exercise has a stub cell, then a folded solution with a solution cell, and both check their answer."""
    open_: tuple[str, Cell] | None = None  # label and place of the exercise that awaits its solution
    solves = ""
    had: set[str] = set()
    for cell in lecture.cells:
        if cell.kind == "code":
            tag = next((tag for tag in ("stub", "solution") if tag in cell.tags), None)
            if tag:
                yield from _checks(lecture, cell)
                if (tag == "solution" and not solves) or (tag == "stub" and (solves or not open_)):
                    yield lecture.failure(
                        cell, f"is tagged {tag}, but stands in no {'solution' if tag == 'solution' else 'exercise'}"
                    )
                had.add(tag)
            continue
        for line, one in directives(cell.source):
            if one.name in ("exercise", "exercise-start"):
                if open_:
                    yield lecture.failure(open_[1], f"exercise {open_[0]!r} has no solution")
                open_, had = (str(one.options.get("label", "")), cell), set()
                if not open_[0]:
                    yield lecture.failure(cell, "an exercise has no label", line + 1)
            elif one.name in ("solution", "solution-start"):
                solves = one.argument
                if not open_ or solves != open_[0]:
                    yield lecture.failure(cell, f"solves {solves!r}, which is not the exercise before it", line + 1)
                if "dropdown" not in classes(one):
                    yield lecture.failure(cell, "a solution is folded: `:class: dropdown`", line + 1)
            if one.name in ("solution", "solution-end"):
                for tag in ("stub", "solution"):
                    if tag not in had:
                        yield lecture.failure(cell, f"exercise {solves!r} has no cell tagged {tag}", line + 1)
                open_, solves = None, ""
    if open_:
        yield lecture.failure(open_[1], f"exercise {open_[0]!r} has no solution")


def _checks(lecture: Lecture, cell: Cell) -> Iterator[Failure]:
    """The cell calls `check` with the id of an exercise that there is."""
    ids = []
    for node in ast.walk(ast.parse(cell.source)):
        match node:
            case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(id)), *_]):
                ids.append(id)
    if not ids:
        yield lecture.failure(cell, 'does not check its answer: `check("lecture/1", answer)`')
    for id in ids:
        try:
            find(id)
        except KeyError as error:
            yield lecture.failure(cell, str(error.args[0]))
        except Exception as error:  # the module of the exercises itself is broken
            yield lecture.failure(cell, f"check({id!r}): {type(error).__name__}: {error}")


RULES: tuple[Rule, ...] = (
    front_matter, parameters, python, widths, semicolons, exits, claims, claim_ranges, ignored_outputs, figures,
    numbers, shown_claims, exercises,
)  # fmt: skip


def refuse(project: Project, lectures: Sequence[Lecture], rules: Iterable[Rule] = RULES) -> None:
    """Raise CourseError if a lecture breaks one of the rules."""
    failures = [failure for lecture in lectures for rule in rules for failure in rule(lecture, project)]
    if failures:
        raise CourseError(*failures)


def refuse_pages(project: Project) -> None:
    """Raise CourseError if a page that is no lecture has a typed number, or shows a claim that there is not."""
    failures = []
    for name, path in project.pages.items():
        text = path.read_text("utf-8")
        found = [(typed.line + 1, _typed(typed.number)) for typed in typed_numbers(text)]
        found += _unknown_claims(text, f"{name}.md", project)
        failures += [Failure(f"book/{name}.md:{line}", reason) for line, reason in found]
    if failures:
        raise CourseError(*failures)


def _typed(number: str) -> str:
    return f"`{number}` is typed: glue a claim, or say that nobody measured it with {{fixed}}`{number}`"


def _unknown_claims(text: str, page: str, project: Project) -> Iterator[tuple[int, str]]:
    """Line and reason for each glue role that names no claim."""
    for glue in glues(text):
        line = text.count("\n", 0, glue.offset) + 1
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), glue.page)) if glue.page else page
        name = target.removesuffix(".ipynb")
        if glue.page and not glue.page.endswith(".ipynb"):
            yield line, f"{glue.text}: name the other page with .ipynb"
        elif name not in project.lectures:
            yield line, f"{glue.text}: there is no lecture {name}"
        elif glue.name not in {call.name for call in calls(project.lectures[name])}:
            yield line, f"{glue.text}: {name} has no claim {glue.name!r}"


def _readable(lecture: Lecture) -> Iterator[Cell]:
    """The code cells that are Python; of the others `python` says so."""
    for cell in lecture.code:
        try:
            ast.parse(cell.source)
        except SyntaxError:
            continue
        yield cell
