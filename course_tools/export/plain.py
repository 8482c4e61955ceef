"""MyST Markdown -> the Markdown that Colab and Jupyter show.

Ordinary Markdown stays byte for byte; roles, directives, targets, comments and links within the book are replaced.
What has no rule raises CourseError: nothing of MyST is ever left standing.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable

from markdown_it import MarkdownIt

from course_tools.errors import CourseError
from course_tools.export.book import NUMBERED, Book, Target, no_plain_form
from course_tools.export.myst import Block, Directive, blocks, directive

# In prose, what comes first wins: so nothing inside code or mathematics is taken for a role or a link.
_INLINE = re.compile(
    r"""(?P<escaped>\\.)
    | \{(?P<role>[A-Za-z][\w:.+-]*)\}(?P<ticks>`+)(?P<body>.+?)(?<!`)(?P=ticks)(?!`)
    | (?P<code>(?<!`)(?P<run>`+)(?!`).*?(?<!`)(?P=run)(?!`))
    | (?P<math>\$\$.+?\$\$|\$(?:\\.|[^$\\])+\$)
    | !\[(?P<alt>[^\]]*)\]\((?P<image>[^)\s]+)\)
    | \]\((?P<link>[^()\s]+)\)
    | (?P<html><[A-Za-z/!][^<>\n]*>)
    """,
    re.VERBOSE | re.DOTALL,
)
_MYST = re.compile(r"\{[A-Za-z][\w:.+-]*\}(?=`)|\{\{|\{[.#%][^}\n]*\}|\[\^|^:{3,}|^:\s|^\([^()\s]+\)=$", re.MULTILINE)
"""What is left of MyST in prose when a role, a target or an extension was mistyped or is not known here."""

_MARKDOWN = MarkdownIt("commonmark")

ADMONITIONS = ("note", "warning", "tip", "important", "hint", "caution", "attention", "danger", "error", "seealso")


class Plain:
    """Turns the text of one lecture into plain Markdown, cell by cell and in order."""

    def __init__(self, book: Book, page: str, works: list[str]) -> None:
        self.book, self.page, self.works = book, page, works
        self.in_solution = False  # between solution-start and solution-end
        self._count = Counter[str]()
        self._line = 0

    def convert(self, text: str, line: int) -> str:
        """The text, whose first line is this line of the lecture, in plain Markdown."""
        source, out, at = text.split("\n"), [], 0
        for block in blocks(text):
            out += source[at : block.start]
            at = block.end
            self._line = line + block.start
            raw = source[block.start : block.end]
            if block.kind in ("prose", "heading"):
                out += self.inline("\n".join(raw)).split("\n")
                continue
            if block.kind in ("target", "comment"):
                new = ""
            elif block.kind == "math":
                if not block.info:
                    out += raw
                    continue
                new = self._math(block.content, block.info)
            else:
                new = self._directive(block, line + block.start)
            before = re.match(r"[^`~:$(%]*", raw[0])[0]  # the marks of the list or quotation that the block stands in
            after = re.sub(r"[^\s>]", " ", before)
            if out and out[-1].strip(" >") and new:
                out.append(after.rstrip())
            out += [((after if i else before) + row).rstrip() for i, row in enumerate(new.split("\n"))] if new else []
            if not new and (not out or not out[-1].strip()):
                at += sum(1 for row in source[at : at + 1] if not row.strip())  # no gap where something was dropped
            elif new and at < len(source) and source[at].strip(" >"):
                out.append(after.rstrip())
        return "\n".join(out + source[at:])

    # Prose

    def inline(self, text: str) -> str:
        """The text of a paragraph, a heading or a title in plain Markdown; its first line is the current one."""
        first = self._line
        if left := _MYST.search(_INLINE.sub(lambda known: re.sub(r"[^\n]", "x", known[0]), text)):
            self._line += text.count("\n", 0, left.start())
            raise self._error(f"no rule for {left[0]!r}")
        out, at = "", 0
        for match in _INLINE.finditer(text):
            self._line = first + text.count("\n", 0, match.start())
            out += text[at : match.start()]
            at = match.end()
            if match["role"]:
                body = re.sub(r"\s*\n[\s>]*", " ", match["body"]).strip()
                out += self._role(match["role"], body)
            elif match["image"]:
                out += f"![{match['alt']}]({self._file(match['image'])})"
            elif match["link"]:
                target = self._target(match["link"])
                if target and out.endswith("["):
                    out += self._called(target)
                out += f"]({self.book.url(target) if target else match['link']})"
            else:
                out += match[0]
        self._line = first
        return out + text[at:]

    def _error(self, reason: str) -> CourseError:
        return no_plain_form(self.page, self._line, reason)

    def _link(self, target: Target, text: str = "") -> str:
        return f"[{text or self._called(target)}]({self.book.url(target)})"

    def _called(self, target: Target) -> str:
        """What a place is called from here: a number tells its lecture where that is another one."""
        if target.page != self.page and re.search(r"\d+\)?$", target.text) and target.text != target.page:
            return f"{target.text} of {self.book.pages[target.page]}"
        return self.inline(target.text)

    def _label(self, label: str) -> Target:
        if label not in self.book.targets:
            raise self._error(f"no target {label!r}")
        return self.book.targets[label]

    def _page(self, path: str) -> Target:
        path = path.removesuffix(".md").removesuffix(".ipynb")
        name = path[1:] if path.startswith("/") else self._beside(path)
        if name not in self.book.pages:
            raise self._error(f"no page {path!r}")
        return Target(name, "", self.book.pages[name])

    def _beside(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.page), path))

    def _target(self, link: str) -> Target | None:
        """Where a Markdown link leads; None if out of the book."""
        if re.match(r"[A-Za-z][\w+.-]*:", link):
            return None
        path, _, anchor = link.partition("#")
        page = self._page(path) if re.search(r"\.(md|ipynb)$", path) else None
        if page and not anchor:
            return page
        here = page.page if page else self.page
        if "#" in link and (page or not path) and (here, anchor) in self.book.anchors:
            return self.book.anchors[here, anchor]
        return self._label(anchor or path)

    def _file(self, path: str) -> str:
        """The address on the site of a picture beside the lecture."""
        if re.match(r"https?:", path):
            return path
        if not (self.book.project.book / self._beside(path)).is_file():
            raise self._error(f"no file {path!r}")
        return f"{self.book.site}/_images/{posixpath.basename(path)}"

    def _role(self, name: str, body: str) -> str:
        if name not in ROLES:
            raise self._error(f"no rule for the role {name!r}")
        return ROLES[name](self, body)

    def _reference(self, body: str) -> str:
        """{ref}, {numref}, {eq}, {prf:ref}: `label`, or `text <label>`, where the text may hold %s for the number."""
        text, label = _titled(body)
        target = self._label(label)
        number = (re.search(r"\d+", target.text) or [target.text])[0]
        return self._link(target, re.sub(r"%s|\{number\}", number, text))

    def _doc(self, body: str) -> str:
        text, path = _titled(body)
        return self._link(self._page(path), text)

    def _term(self, body: str) -> str:
        text, term = _titled(body)
        if term.lower() not in self.book.terms:
            raise self._error(f"no term {term!r} in a glossary")
        return self._link(self.book.terms[term.lower()], text or term)

    def _glue(self, body: str) -> str:
        key = re.fullmatch(r"(?:(.+?)::)?(\w+)(?::([^:]+))?", body)
        if not key:
            raise self._error(f"no rule for glue {body!r}")
        lecture = self._page(key[1]).page if key[1] else self.page
        if (lecture, key[2]) not in self.book.claims:
            raise self._error(f"no claim {key[2]!r} in {lecture}")
        try:
            return self.book.claims[lecture, key[2]].text(key[3] or "g")
        except ValueError:
            raise self._error(f"no format {key[3]!r}") from None

    def _cite(self, body: str, textual: bool = False) -> str:
        cited = []
        for key in body.split(","):
            try:
                who, year, address = self.book.cited(key.strip())
            except KeyError:
                raise self._error(f"no work {key.strip()!r} in references.bib") from None
            text = f"{who} ({year})" if textual else f"{who}, {year}"
            cited.append(f"[{text}]({address})" if address else text)
        return ", ".join(cited) if textual else f"({'; '.join(cited)})"

    # Blocks

    def _directive(self, block: Block, line: int) -> str:
        self._line = line
        if block.info not in DIRECTIVES:
            raise self._error(f"no rule for the directive {block.info!r}")
        given = directive(block)
        return DIRECTIVES[given.name](self, given, line + 1 + given.line)

    def _math(self, formula: str, label: str | None) -> str:
        tag = f"\n\\tag{{{self._label(label).text.strip('()')}}}" if label else ""
        return f"$$\n{formula.strip()}{tag}\n$$"

    def _numbered(self, kind: str, title: str = "") -> str:
        """The bold beginning of a figure, an exercise, a theorem, …; counts as `Book` does."""
        self._count[NUMBERED[kind]] += 1
        title = f" ({self.inline(title)})" if title else ""
        return f"**{NUMBERED[kind]} {self._count[NUMBERED[kind]]}{title}.**"

    def caption(self, text: str, line: int) -> str:
        """The caption of the figure that a code cell draws."""
        self._line = line
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
        title = f"Solution of {self._called(self._label(given.argument))}"
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
        picture = f"![{given.options.get('alt', '')}]({self._file(given.argument)})"
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
            raise self._error("list-table: takes rows of the same number of cells")
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


def _titled(body: str) -> tuple[str, str]:
    """`text <target>` -> (text, target); `target` -> ("", target)."""
    both = re.fullmatch(r"(.*?)\s*<([^<>]+)>", body, flags=re.S)
    return (both[1], both[2]) if both else ("", body)


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


ROLES: dict[str, Callable[[Plain, str], str]] = {
    "math": lambda plain, body: f"${body}$",
    "fixed": lambda plain, body: body,
    "glue:text": Plain._glue,
    "cite": Plain._cite,
    "cite:p": Plain._cite,
    "cite:t": lambda plain, body: plain._cite(body, textual=True),
    "ref": Plain._reference,
    "numref": Plain._reference,
    "eq": Plain._reference,
    "prf:ref": Plain._reference,
    "doc": Plain._doc,
    "term": Plain._term,
    "abbr": lambda plain, body: body,
    "sub": lambda plain, body: f"<sub>{body}</sub>",
    "sup": lambda plain, body: f"<sup>{body}</sup>",
    "kbd": lambda plain, body: f"<kbd>{body}</kbd>",
    "code": lambda plain, body: f"`{body}`",
}

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
