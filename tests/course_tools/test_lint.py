"""Each rule of the lint, on the smallest lecture that breaks it, and on one that does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from course_tools import lint
from course_tools.errors import CourseError
from course_tools.lecture import Lecture
from course_tools.project import Project

Make = Callable[..., tuple[Lecture, Project]]


def cell(code: str, tags: str = "") -> str:
    options = f":tags: [{tags}]\n" if tags else ""
    return f"```{{code-cell}} ipython3\n{options}{code}\n```\n\n"


def said(make: Make, body: str, **front: str) -> list[str]:
    """What the lint says of a lecture with this body."""
    lecture, project = make(body, **front)
    try:
        lint.refuse(project, [lecture])
    except CourseError as error:
        return [failure.sentence for failure in error.failures]
    return []


CLAIM = 'claim("one", n, 0, 9, "one")'
START = "```{exercise-start}\n:label: ex-1\n```\n\nDo it.\n\n```{exercise-end}\n```\n\n"
STUB = cell('check("first-model/1", ...)', "stub")
SOLUTION_START = "```{solution-start} ex-1\n:class: dropdown\n```\n\nSo:\n\n"
SOLUTION = cell('check("first-model/1", 1)', "solution")
SOLUTION_END = "```{solution-end}\n```\n"
EXERCISE = START + STUB + SOLUTION_START + SOLUTION + SOLUTION_END

BROKEN = {
    "semicolon": (cell("print(n);  # quiet"), "cell 3 (print(n);  # quiet)", "ends in `;`"),
    "sys.exit": (cell("import sys\nsys.exit(0)"), "cell 3 (import sys), book/part/one.md:18", "exit would end the run"),
    "os._exit": (cell("import os\nos._exit(0)"), "cell 3", "_exit would end the run"),
    "quit": (cell("quit()"), "cell 3", "quit would end the run"),
    "SystemExit": (cell("raise SystemExit"), "cell 3", "SystemExit would end the run"),
    "syntax": (cell("x ="), "cell 3 (x =)", "SyntaxError"),
    "magic": (cell("%matplotlib inline"), "cell 3", "SyntaxError"),
    "too wide": (cell("n\n" + 97 * "n"), "cell 3 (n), book/part/one.md:18", "has 97 columns; the page shows 96"),
    "claim in a loop": (cell(f"for i in range(2):\n    {CLAIM}"), "book/part/one.md:18", "not in a loop"),
    "claim in a function": (cell(f"def f():\n    {CLAIM}"), "cell 3", "stands by itself at the top level"),
    "claim's name": (cell('claim(name, n, 0, 9, "one")'), "cell 3", "claim: name is not a literal"),
    "claim's bound": (cell('claim("one", n, low, high=9, statement="one")'), "cell 3", "claim: low is not a literal"),
    "claim's statement": (cell('claim("one", n, 0, 9, f"one {n}")'), "cell 3", "claim: statement is not a literal"),
    "claim twice": (cell(CLAIM) + cell(CLAIM), "cell 4", "claim 'one' is there twice"),
    "ignored outputs": (
        cell("n", "nbval-ignore-output") * 2,
        "cell 4",
        "is the second cell tagged nbval-ignore-output",
    ),
    "ignored by a comment": (cell("# NBVAL_IGNORE_OUTPUT\nn") * 2, "cell 4", "is the second cell"),
    "skipped": (cell("n", "nbval-skip"), "cell 3", "leaves a cell out of the second execution"),
    "alt": (
        "```{code-cell} ipython3\n---\nmystnb: {figure: {caption: A, name: f}}\n---\nn\n```",
        "cell 3",
        "no alt text",
    ),
    "caption": (
        "```{code-cell} ipython3\n---\nmystnb: {figure: {caption: It is 0.5}, image: {alt: A}}\n---\nn\n```",
        "cell 3 (n), book/part/one.md:20",
        "in the caption: `0.5` is typed",
    ),
    "typed number": ("Text,\nand 0.5.", "cell 3 (Text,), book/part/one.md:17", "`0.5` is typed"),
    "glue": ("{glue:text}`two:.2f`", "cell 3", "part/one has no claim 'two'"),
    "glue's page": ("{glue:text}`../part/no.ipynb::two`", "cell 3", "there is no lecture part/no"),
    "glue's suffix": ("{glue:text}`one::two`", "cell 3", "name the other page with .ipynb"),
    "no solution": (START + STUB, "cell 3", "exercise 'ex-1' has no solution"),
    "no stub": (START + SOLUTION_START + SOLUTION + SOLUTION_END, "cell 5", "exercise 'ex-1' has no cell tagged stub"),
    "no solution cell": (START + STUB + SOLUTION_START + SOLUTION_END, "cell 5", "no cell tagged solution"),
    "open solution": (EXERCISE.replace(":class: dropdown\n", ""), "cell 5", "a solution is folded"),
    "other solution": (EXERCISE.replace("start} ex-1", "start} ex-2"), "cell 5", "solves 'ex-2', which is not the"),
    "no label": (EXERCISE.replace(":label: ex-1\n", ""), "cell 3", "an exercise has no label"),
    "unknown check": (EXERCISE.replace("first-model/1", "first-model/99"), "cell 4", "no exercise 'first-model/99'"),
    "no check": (EXERCISE.replace('check("first-model/1", 1)', "n"), "cell 6", "does not check its answer"),
    "stray stub": (STUB, "cell 3", "is tagged stub, but stands in no exercise"),
}


@pytest.mark.parametrize(("body", "place", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_refused(lecture: Make, body: str, place: str, reason: str) -> None:
    found = said(lecture, body)
    assert any(one.startswith("part/one, cell") and place in one and reason in one for one in found), found


FINE = {
    "claim": cell(CLAIM) + "It is {glue:text}`one:.1f` and {glue:text}`../part/one.ipynb::one:.1f`.",
    "exercise": EXERCISE,
    "one ignored output": cell("n", "nbval-ignore-output"),
    "semicolon inside": cell("a = 1; b = 2"),
    "as wide as the page": cell(96 * "n"),
    "wide and folded": cell(97 * "n", "hide-input"),
    "syntax shown": cell("x =", "raises-exception"),
    "figure": "```{code-cell} ipython3\n---\nmystnb: {figure: {caption: A}, image: {alt: B}}\n---\nn\n```",
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_what_is_fine(lecture: Make, body: str) -> None:
    assert said(lecture, body) == []


FRONT = {
    "minutes: 5, quick: {m: 1}": "front matter: quick overrides 'm'; the parameters are seed, n",
    "minutes: 5, fast: 1": "front matter: course has no setting 'fast'",
    "minutes: soon": "front matter: course.minutes: got 'soon'",
    "quick: {n: 1}": "front matter: course.minutes (the reading time) is missing",
}


@pytest.mark.parametrize("front", FRONT)
def test_the_front_matter(lecture: Make, front: str) -> None:
    assert any(FRONT[front] in one for one in said(lecture, "", front=front))


PARAMETERS = {
    "n = 3": "the parameters cell sets no `seed`",
    "seed = 0\nn = 1 + n": "holds one assignment a line",
    "seed = 0\nprint(seed)": "holds one assignment a line",
    "seed = 0\nn = (1, 2)": "holds one assignment a line",
    "seed = ": "SyntaxError",
}


@pytest.mark.parametrize("source", PARAMETERS)
def test_the_parameters_cell(lecture: Make, source: str) -> None:
    one, project = lecture("")
    one.path.write_text(one.path.read_text().replace("seed = 0\nn = 3", source))
    with pytest.raises(CourseError, match=PARAMETERS[source]):
        lint.refuse(project, Project(project.root).find([]))


@pytest.mark.parametrize(("tag", "number"), [("", 0), ("parameters", 2)])
def test_there_is_one_parameters_cell(lecture: Make, tag: str, number: int) -> None:
    one, project = lecture(cell("seed = 0", "parameters"))
    one.path.write_text(one.path.read_text().replace(":tags: [parameters]", f":tags: [{tag}]"))
    with pytest.raises(CourseError, match=f"has {number} cells tagged `parameters`"):
        lint.refuse(project, Project(project.root).find([]))


def test_a_claim_may_not_have_a_wider_range_than_was_measured(lecture: Make) -> None:
    one, project = lecture(cell('claim("noisy", n, 0.0, 9.0, "a draw")'))
    values = "[1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 0.9]"
    project.claims_file.write_text(f"part/one:\n  noisy: {{seeds: [1, 2, 3, 4, 5, 6, 7, 8], values: {values}}}\n")
    with pytest.raises(CourseError, match=r"cell 3 .* claim 'noisy': wider than 0\.599 to 1\.401"):
        lint.refuse(project, [one])


def test_plain_pages_may_not_type_numbers_nor_show_what_is_not_claimed(lecture: Make) -> None:
    _, project = lecture("")
    (project.book / "index.md").write_text("# A book\n\nIt is 0.5.\n\n{glue:text}`part/one.ipynb::no:.2f`\n")
    with pytest.raises(CourseError) as error:
        lint.refuse_pages(project)
    typed, unknown = error.value.failures
    assert "book/index.md:3: `0.5` is typed" in typed.sentence
    assert "book/index.md:5: " in unknown.sentence and "part/one has no claim 'no'" in unknown.sentence


def test_the_pages_of_the_book_pass(root: Path) -> None:
    lint.refuse_pages(Project(root))


def test_the_lectures_pass(root: Path) -> None:
    project = Project(root)
    lint.refuse(project, project.find([]))
