"""What the whole book defines, read from its sources: places to refer to, claims' ranges, and works cited.

Nothing is executed and no built site is needed. Figures, equations and exercises are numbered within their lecture.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import NamedTuple

import yaml
from pybtex.database import Person, parse_file
from pybtex.richtext import Text

from course_tools.errors import CourseError, Failure
from course_tools.export.myst import Block, blocks, directive, slug
from course_tools.lecture import Cell
from course_tools.project import Project


def no_plain_form(page: str, line: int, reason: str) -> CourseError:
    """What stops the export: a page holds something, on this line, that no rule makes plain."""
    return CourseError(Failure(page, reason, where=f"book/{page}.md:{line}"))


class Target(NamedTuple):
    """A place to refer to: its page, its anchor there, and what it is called ("Figure 2", a heading, "(3)")."""

    page: str
    anchor: str
    text: str


class Range(NamedTuple):
    """The range of a claim, its bounds as they are written in the lecture."""

    low: str
    high: str

    def text(self, form: str) -> str:
        """The range as prose; one number if both bounds are the same in this format.

        >>> Range("0.8", "0.86").text(".3f"), Range("1.9999", "2.0001").text(".2f")
        ('between 0.80 and 0.86', '2.00')
        """
        low, high = (float(bound) for bound in self)
        if (one := _zero(format(low, form))) == _zero(format(high, form)):
            return one
        if form.endswith("%"):
            return f"between {100 * low:.6g}% and {100 * high:.6g}%"
        if all(re.fullmatch(r"-?[\d_]+(\.\d*)?", bound) for bound in self):
            decimals = max(len(bound.partition(".")[2]) for bound in self)
            return f"between {low:.{decimals}f} and {high:.{decimals}f}"
        return f"between {_power(low)} and {_power(high)}"


def _power(number: float) -> str:
    """The number, with a power of ten as mathematics: 2e-07 is $2 \\cdot 10^{-7}$."""
    digits, e, exponent = f"{number:g}".partition("e")
    if not e:
        return digits
    power = f"10^{{{int(exponent)}}}"
    return f"${power}$" if digits == "1" else f"${digits} \\cdot {power}$"


def _zero(number: str) -> str:
    """-0.00 is 0.00."""
    return number[1:] if re.fullmatch(r"-[0.]+(e[+-]\d+)?%?", number) else number


NUMBERED = {"figure": "Figure", "table": "Table", "list-table": "Table", "exercise": "Exercise"} | {
    f"prf:{kind}": kind.title()
    for kind in ("theorem", "proposition", "lemma", "corollary", "definition", "remark", "example", "algorithm")
}


class Book:
    """The sources of a project.

    pages: name -> title.  targets: label -> Target.  terms: term, in lower case -> Target.
    anchors: (page, slug of a heading) -> Target.  claims: (lecture, name) -> Range.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        config = yaml.safe_load((project.root / "_config.yml").read_text("utf-8"))
        self.repository: str = config["repository"]["url"].rstrip("/")
        owner, name = self.repository.split("/")[-2:]
        self.site = f"https://{owner.lower()}.github.io/{name}"
        generated = config.get("sphinx", {}).get("config", {}).get("generated_pages", [])
        self.pages = {page: page.replace("-", " ").capitalize() for page in generated if "*" not in page}
        self.targets: dict[str, Target] = {}
        self.terms: dict[str, Target] = {}
        self.anchors: dict[tuple[str, str], Target] = {}
        self.claims: dict[tuple[str, str], Range] = {}
        bibliography = project.book / "references.bib"
        self.references = parse_file(bibliography).entries if bibliography.exists() else {}
        self._count = Counter[str]()
        for page in [*project.pages, *project.lectures]:
            self.pages[page] = page
            self._count.clear()
            self._targets(page, (project.book / f"{page}.md").read_text("utf-8"))
        for lecture in project.lectures.values():
            for cell in lecture.code:
                self.claims |= {(lecture.name, name): found for name, found in _claims(lecture.name, cell).items()}

    def _number(self, page: str, kind: str, label: str | None) -> None:
        """Give the next figure, equation, … of a page its number, and its label the number as text."""
        self._count[NUMBERED[kind]] += 1
        if label:
            self.targets[label] = Target(page, label, f"{NUMBERED[kind]} {self._count[NUMBERED[kind]]}")

    def _equation(self, page: str, label: str) -> None:
        self._count["equation"] += 1
        self.targets[label] = Target(page, f"equation-{label}", f"({self._count['equation']})")

    def _targets(self, page: str, text: str) -> None:
        waiting: list[str] = []  # labels that stand before what they name
        for block in blocks(text):
            if block.kind == "target":
                waiting.append(block.content)
                continue
            title = ""
            if block.kind == "heading":
                title = block.content
                self.anchors[page, slug(title)] = Target(page, slug(title), title)
                if block.info == "1" and self.pages[page] == page:
                    self.pages[page] = title
            elif block.kind == "math" and block.info:
                self._equation(page, block.info)
            elif block.kind == "directive":
                title = self._directive(page, block)
            for label in waiting if block.kind != "comment" else ():
                self.targets[label] = Target(page, label.lower(), title or self.pages[page])
            if block.kind != "comment":
                waiting = []

    def _directive(self, page: str, block: Block) -> str:
        name, argument, options, body, _ = directive(block)
        label = options.get("label") or options.get("name")
        if name == "code-cell":
            figure = (options.get("mystnb") or {}).get("figure")
            if figure:
                self._number(page, "figure", figure.get("name"))
        elif name == "glossary":
            for term in re.findall(r"^\S.*$", body, flags=re.M):
                self.terms[term.lower()] = Target(page, "term-" + re.sub(r"[^\w.]+", "-", term).strip("-"), term)
        elif name == "math":
            if label:
                self._equation(page, label)
        else:
            kind = {"image": "", "exercise-start": "exercise"}.get(name, name)
            if kind in NUMBERED:
                self._number(page, kind, label)
            elif label:
                self.targets[label] = Target(page, label, argument or self.pages[page])
            self._targets(page, body)
        return argument

    def url(self, target: Target) -> str:
        return f"{self.site}/{target.page}.html" + (f"#{target.anchor}" if target.anchor else "")

    def cited(self, key: str) -> tuple[str, str, str | None]:
        """Authors, year and address of a work. Raises KeyError for a key that references.bib does not hold."""
        entry = self.references[key]
        people = [_last_name(p) for p in entry.persons.get("author", entry.persons.get("editor", []))]
        who = f"{people[0]} et al." if len(people) > 2 else " and ".join(people)
        return who or _plain(entry.fields["title"]), entry.fields.get("year", "n.d."), _address(entry.fields)

    def work(self, key: str) -> str:
        """A line of the list of references."""
        who, year, address = self.cited(key)
        entry = self.references[key]
        venues = ("journal", "booktitle", "publisher", "howpublished")
        where = next((entry.fields[field] for field in venues if field in entry.fields), "")
        title = f"*{_plain(entry.fields['title'])}*"
        line = f"{who} ({year}). {f'[{title}]({address})' if address else title}."
        return line + (f" {_plain(where)}." if where else "")


def _plain(latex: str) -> str:
    return str(Text.from_latex(latex))


def _last_name(person: Person) -> str:
    return _plain(" ".join(person.prelast_names + person.last_names))


def _address(fields: dict[str, str]) -> str | None:
    if "doi" in fields:
        return "https://doi.org/" + fields["doi"]
    if "eprint" in fields and fields.get("archiveprefix", "arXiv").lower() == "arxiv":
        return "https://arxiv.org/abs/" + fields["eprint"]
    return fields.get("url")


def _claims(page: str, cell: Cell) -> dict[str, Range]:
    """The claims of a code cell: name -> range. A bound or a name that is not literal is refused."""
    source = re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M)  # magics are no Python
    found = {}
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise no_plain_form(page, cell.line + (error.lineno or 1) - 1, f"SyntaxError: {error.msg}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "claim":
            given = dict(zip(("name", "value", "low", "high", "statement"), node.args, strict=False))
            given |= {word.arg: word.value for word in node.keywords if word.arg}
            try:
                name = ast.literal_eval(given["name"])
                bounds = [ast.get_source_segment(source, given[bound]) or "" for bound in ("low", "high")]
                found[name] = Range(*bounds)
                found[name].text("g")
            except (KeyError, ValueError):
                line = cell.line + node.lineno - 1
                raise no_plain_form(page, line, "claim: takes its name and both bounds as literals") from None
    return found
