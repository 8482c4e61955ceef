"""What is often said, and wrong: book/slips.yml, and the page that is made of it."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

import yaml

from course_tools import coverage
from course_tools.coverage import Place
from course_tools.project import Project

PAGE = "slips"
BOX = "Often said, and wrong: "
"""How the title of such a box in a lecture begins; the saying follows between quotation marks."""
HEAD = """\
# Often said, and wrong

{count} sentences that are often said, each with what is right, and a test that shows it. The tests are Python. They run
whenever this book is tested, and the last line of each is true. Copy these imports, and you can run any of them:

```{{code-block}} python
:class: copy
{imports}```

Where it says Keras, also these:

```{{code-block}} python
:class: copy
{keras}```
"""


class Slip(NamedTuple):
    """A saying that is wrong, as book/slips.yml explains."""

    topic: str
    says: str
    right: str
    test: str
    place: Place
    keras: bool

    def holds(self, names: dict[str, Any]) -> object:
        """What the last line of the test gives, where these names are known."""
        return last_line(self.test, names, self.says)


def last_line(test: str, names: dict[str, Any], says: str) -> object:
    """What the last line of a test gives, where these names are known; `says` is what it is a test of."""
    tree, known = ast.parse(test), dict(names)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise ValueError(f"{says}: the last line of its test is no expression")
    exec(compile(tree, says, "exec"), known)
    return eval(compile(ast.Expression(last.value), says, "eval"), known)


class Slips(NamedTuple):
    """All of them, and the imports that their tests need: without Keras, and what comes besides with it."""

    imports: str
    keras: str
    slips: list[Slip]


def read(project: Project) -> Slips:
    told = yaml.safe_load((project.book / "slips.yml").read_text("utf-8"))
    slips = [
        Slip(topic, row["says"], row["right"], row["test"], coverage.place_of(row), row.get("keras", False))
        for topic, rows in told["topics"].items()
        for row in rows
    ]
    return Slips(told["imports"], told["keras"], slips)


def page(project: Project) -> str:
    """The page: a section a topic; a saying, what is right, its test, and where a lecture shows it."""
    imports, keras, slips = read(project)
    titles = coverage.read(project).titles
    lines = [HEAD.format(count=len(slips), imports=imports, keras=keras)]
    topic = ""
    for slip in slips:
        if slip.topic != topic:
            topic = slip.topic
            lines.append(f"## {topic}\n")
        title = titles[slip.place.lecture]
        where = slip.place.link(title) if slip.place.lecture in project.lectures else f"{title} — *to come*"
        lines += [
            f":::{{admonition}} “{slip.says}”\n:class: myth\n{slip.right}\n",
            f"```python\n{slip.test}```\n",
            f"{'Needs Keras. ' if slip.keras else ''}Lecture: {where}\n:::\n",
        ]
    return "\n".join(lines)
