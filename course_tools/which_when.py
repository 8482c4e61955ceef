"""Which when: book/which_when.yml, advice by decision, and the page that is made of it.

A line that was measured names claims of its lecture, and the page shows what these say. So a line whose support is gone
stops the build.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from course_tools import coverage, slips
from course_tools.claims import calls
from course_tools.coverage import Place
from course_tools.errors import CourseError, Failure
from course_tools.project import Project

PAGE = "which_when"
STANDINGS = {
    "proven": "Proven",
    "measured": "Measured here",
    "contested": "Contested; not decided here",
    "believed": "Believed; nobody shows it here",
}
"""How well a line may be known, in the order of the page, and in its words."""
HEAD = """\
# Which when

What to try first, in the order in which the decisions come up. {count} lines, each with how well it is known.

Proven ({proven})
: It follows, for the case that the line names. A few lines of Python, which you can run, check it.

Measured here ({measured})
: A lecture measured it. Below the line stands what was measured, in the words of the {{doc}}`claim <ledger>`, with its
  value. These are small networks and one or two data sets: begin with the line, then measure yours.

Contested ({contested}), believed ({believed})
: No lecture decides it. The line says why you may do it all the same.

Where common advice did not hold, the line quotes it, and says what was found.
"""
TAIL = """\
## To run the checks

The checks are Python. They run whenever this book is tested, and the last line of each is true. They need these
imports:

```{{code-block}} python
:class: copy
{imports}```
"""


class Line(NamedTuple):
    """One piece of advice.

    Args:
        section: the decision.
        when: the situation.
        do: what to use or to try first.
        often: what is often advised, where that did not hold.
        known: one of STANDINGS.
        place: where it is shown; None where it is nowhere.
        claims: that lecture's claims which carry it: name -> how its value is written.
        check: Python whose last line is true.
    """

    section: str
    when: str
    do: str
    often: str
    known: str
    place: Place | None
    claims: dict[str, str]
    check: str

    @property
    def text(self) -> str:
        """What the page says after the situation."""
        return f"*Often advised:* “{self.often}” {self.do}" if self.often else self.do

    def holds(self, names: dict[str, Any]) -> object:
        """What the last line of the check gives, where these names are known."""
        return slips.last_line(self.check, names, self.when)


class Guide(NamedTuple):
    """All lines, and the imports that their checks need."""

    imports: str
    lines: list[Line]


def read(project: Project) -> Guide:
    told = yaml.safe_load((project.book / "which_when.yml").read_text("utf-8"))
    lines = [
        Line(
            section, row["when"], row["do"], row.get("often", ""), row["known"],
            coverage.place_of(row) if "lecture" in row else None,
            {name: form or ".2g" for name, _, form in (claim.partition(":") for claim in row.get("claims", ()))},
            row.get("check", ""),
        )
        for section, rows in told["sections"].items()
        for row in rows
    ]  # fmt: skip
    return Guide(told["imports"], lines)


def page(project: Project) -> str:
    """The page: a section a decision; a situation, the advice, and how well it is known.

    Raises:
        CourseError: lines name claims that their lectures do not have. All such lines are reported.
    """
    imports, lines = read(project)
    counts = {known: sum(line.known == known for line in lines) for known in STANDINGS}
    parts = [HEAD.format(count=len(lines), **counts)]
    titles = coverage.read(project).titles
    said = {name: {call.name: call.statement for call in calls(one)} for name, one in project.lectures.items()}
    problems = [
        Failure(f"book/{PAGE}.yml", f"{line.when}: {line.place.lecture} has no claim {claim!r}")
        for line in lines
        if line.place and line.place.lecture in said
        for claim in line.claims
        if claim not in said[line.place.lecture]
    ]
    if problems:
        raise CourseError(*problems)
    section = ""
    for line in lines:
        if line.section != section:
            parts += ([":::::\n"] if section else []) + [f"## {line.section}\n\n:::::{{div}} which-when"]
            section = line.section
        parts.append(f"{line.when}\n: {line.text}\n\n{_indented(_support(line, project, titles, said))}\n")
    return "\n".join([*parts, ":::::\n", TAIL.format(imports=imports)])


def _support(line: Line, project: Project, titles: dict[str, str], said: dict[str, dict[Any, Any]]) -> str:
    """How well a line is known, where that is shown, and what was measured."""
    where = STANDINGS[line.known]
    rows = []
    if line.place:
        title = titles[line.place.lecture]
        if line.place.lecture in project.lectures:
            where += f": {line.place.link(title)}"
            rows = [
                f"- {said[line.place.lecture][name]}: {{glue:text}}`{line.place.lecture}.ipynb::{name}:{form}`"
                for name, form in line.claims.items()
            ]
        else:
            where += f". Lecture: {title} — *to come*"
    check = ["", f":::{{dropdown}} The check\n```python\n{line.check}```\n:::"] if line.check else []
    return "\n".join([f"::::{{div}} standing {line.known}", where, *([""] if rows else []), *rows, *check, "::::"])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
