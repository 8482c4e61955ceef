"""MyST Markdown -> the Markdown that Colab and Jupyter show.

Ordinary Markdown stays byte for byte; roles, directives, targets, comments and links within the book are replaced.
What has no rule raises CourseError: nothing of MyST is ever left standing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from markdown_it import MarkdownIt

from course_tools.export.book import NUMBERED, Book
from course_tools.export.myst import Block, Directive, blocks, directive
from course_tools.export.prose import Prose

_MARKDOWN = MarkdownIt("commonmark")

ADMONITIONS = ("note", "warning", "tip", "important", "hint", "caution", "attention", "danger", "error", "seealso")


class Plain(Prose):
    """Turns the text of one lecture into plain Markdown, cell by cell and in order."""

    def __init__(self, book: Book, page: str, works: list[str]) -> None:
        super().__init__(book, page)
        self.works = works
        self.in_solution = False  # between solution-start and solution-end
        self._count = Counter[str]()

    def convert(self, text: str, line: int) -> str:
        """The text, whose first line is this line of the lecture, in plain Markdown."""
        source, out, at = text.split("\n"), [], 0
        for block in blocks(text):
            out += source[at : block.start]
            at, raw = block.end, source[block.start : block.end]
            self.line = line + block.start
            if block.kind in ("prose", "heading"):
                out += self.inline("\n".join(raw)).split("\n")
            elif block.kind == "math" and not block.info:
                out += raw
            elif new := self._block(block):
                first = re.match(r"[^`~:$(%]*", raw[0])[0]  # the marks of the list or quotation that it stands in
                other = re.sub(r"[^\s>]", " ", first)
                blank = [other.rstrip()]  # what was told apart by its fence is now told apart by blank lines
                out += blank if out and out[-1].strip(" >") else []
                out += [((other if i else first) + row).rstrip() for i, row in enumerate(new.split("\n"))]
                out += blank if at < len(source) and source[at].strip(" >") else []
            elif (not out or not out[-1].strip()) and not "".join(source[at : at + 1]).strip():
                at += 1  # no gap where something was dropped
        return "\n".join(out + source[at:])

    def _block(self, block: Block) -> str:
        """What stands in the place of a target, a comment, a labeled formula or a directive."""
        if block.kind == "math":
            return self._math(block.content, block.info)
        if block.kind != "directive":
            return ""
        if block.info not in DIRECTIVES:
            raise self.error(f"no rule for the directive {block.info!r}")
        given = directive(block)
        return DIRECTIVES[given.name](self, given, self.line + 1 + given.line)

    def _math(self, formula: str, label: str | None) -> str:
        tag = f"\n\\tag{{{self.label(label).text.strip('()')}}}" if label else ""
        return f"$$\n{formula.strip()}{tag}\n$$"

    def _numbered(self, kind: str, title: str = "") -> str:
        """The bold beginning of a figure, an exercise, a theorem, …; counts as `Book` does."""
        self._count[NUMBERED[kind]] += 1
        title = f" ({self.inline(title)})" if title else ""
        return f"**{NUMBERED[kind]} {self._count[NUMBERED[kind]]}{title}.**"

    def caption(self, text: str, line: int) -> str:
        """The caption of the figure that a code cell draws."""
        self.line = line
        return f"{self._numbered('figure')} {self.inline(text.strip())}"

    def _admonition(self, given: Directive, line: int) -> str:
        title, body = (given.argument, "") if given.name == "admonition" else (given.name.title(), given.argument)
        title = {"Seealso": "See also"}.get(title, self.inline(title))
        body = "\n".join(part for part in (body and self.inline(body), self.convert(given.body, line)) if part)
        if "dropdown" in given.options.get("class", "").split():
            return _details(title, body)
        return _quote(f"**{title}**\n\n{body}")

    def _dropdown(self, given: Directive, line: int) -> str:
        return _details(self.inline(given.argument) or "More", self.convert(given.body, line))

    def _exercise(self, given: Directive, line: int) -> str:
        return _quote(f"{self._numbered('exercise', given.argument)}\n\n{self.convert(given.body, line)}")

    def _exercise_start(self, given: Directive, line: int) -> str:
        return f"{self._numbered('exercise', given.argument)}\n\n{self.convert(given.body, line)}".rstrip()

    def _solution(self, given: Directive, line: int) -> str:
        title = f"Solution of {self.called(self.label(given.argument))}"
        return _details(title, self.convert(given.body, line))

    def _solution_start(self, given: Directive, line: int) -> str:
        self.in_solution = True
        return self._solution(given, line).removesuffix("</details>").rstrip()

    def _solution_end(self, given: Directive, line: int) -> str:
        self.in_solution = False
        return "</details>"

    def _proof(self, given: Directive, line: int) -> str:
        title = f" ({self.inline(given.argument)})" if given.argument else ""
        begin = f"**Proof{title}.**" if given.name == "prf:proof" else self._numbered(given.name, given.argument)
        return _quote(f"{begin} {self.convert(given.body, line)}")

    def _figure(self, given: Directive, line: int) -> str:
        picture = f"![{given.options.get('alt', '')}]({self.file(given.argument)})"
        if given.name == "image":
            return picture
        caption = self.convert(given.body, line)
        return f"{picture}\n\n{self._numbered('figure')} {caption}".rstrip()

    def _table(self, given: Directive, line: int) -> str:
        title = f"{self._numbered('table')} {self.inline(given.argument)}".rstrip()
        if given.name == "table":
            return f"{title}\n\n{self.convert(given.body, line)}"
        rows = [
            [self.inline(" ".join(cell.split())) for cell in re.split(r"^\s+- ?", row, flags=re.M)[1:]]
            for row in re.split(r"^\* ", re.sub(r"^(\* )-", r"\1  -", given.body, flags=re.M), flags=re.M)[1:]
        ]
        if len({len(row) for row in rows}) != 1:
            raise self.error("list-table: takes rows of the same number of cells")
        head = rows.pop(0) if int(given.options.get("header-rows", 0)) else [""] * len(rows[0])
        table = [head, ["---"] * len(head), *rows]
        return f"{title}\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in table)

    def _tabs(self, given: Directive, line: int) -> str:
        return self.convert(given.body, line)

    def _tab(self, given: Directive, line: int) -> str:
        return f"**{self.inline(given.argument)}**\n\n{self.convert(given.body, line)}"

    def _code(self, given: Directive, line: int) -> str:
        return _fence(given.body, given.argument)

    def _references(self, given: Directive, line: int) -> str:
        return "\n".join(f"- {self.book.work(key)}" for key in sorted(self.works, key=self.book.work))


def _quote(text: str) -> str:
    """A block quotation. A displayed formula goes on one line: Jupyter would take the quotation marks into it."""
    text = re.sub(r"^\$\$\n(.+?)\n\$\$$", lambda m: f"$${' '.join(m[1].split())}$$", text, flags=re.M | re.S)
    return "\n".join(f"> {row}".rstrip() for row in text.rstrip().split("\n"))


def _details(title: str, body: str) -> str:
    """Folded text. Its title stands in HTML, where Markdown is not read, but mathematics is."""
    parts = re.split(r"(\$[^$]+\$)", title)
    title = "".join(part if i % 2 else _MARKDOWN.renderInline(part) for i, part in enumerate(parts))
    return f"<details>\n<summary><b>{title}</b></summary>\n\n{body.rstrip()}\n\n</details>"


def _fence(code: str, language: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    return f"{ticks}{language}\n{code}\n{ticks}"


def folded_code(code: str) -> str:
    """The code of a solution, to be read inside the folded text."""
    return _fence(code, "python")


def cited_keys(text: str) -> list[str]:
    """The works that a text cites, each once."""
    bodies = re.findall(r"\{cite(?::[pt])?\}`([^`]+)`", text)
    return list(dict.fromkeys(key.strip() for body in bodies for key in body.split(",")))


DIRECTIVES: dict[str, Callable[[Plain, Directive, int], str]] = {
    **dict.fromkeys((*ADMONITIONS, "admonition"), Plain._admonition),
    **{kind: Plain._proof for kind in NUMBERED if kind.startswith("prf:")},
    "prf:proof": Plain._proof,
    "dropdown": Plain._dropdown,
    "exercise": Plain._exercise,
    "exercise-start": Plain._exercise_start,
    "exercise-end": lambda plain, given, line: "",
    "solution": Plain._solution,
    "solution-start": Plain._solution_start,
    "solution-end": Plain._solution_end,
    "math": lambda plain, given, line: plain._math(given.body, given.options.get("label")),
    "figure": Plain._figure,
    "image": Plain._figure,
    "table": Plain._table,
    "list-table": Plain._table,
    "tab-set": Plain._tabs,
    "tab-item": Plain._tab,
    "code": Plain._code,
    "code-block": Plain._code,
    "bibliography": Plain._references,
}
