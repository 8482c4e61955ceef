"""The roles and links in a line of prose -> the Markdown that Colab and Jupyter show."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from course_tools.errors import CourseError
from course_tools.export.book import Book, Target, no_plain_form

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


class Prose:
    """Turns prose of one lecture into plain Markdown. `line` is where it stands, for messages."""

    def __init__(self, book: Book, page: str) -> None:
        self.book, self.page, self.line = book, page, 0

    def inline(self, text: str) -> str:
        """The text of a paragraph, a heading or a title in plain Markdown; its first line is the current one."""
        first = self.line
        if left := _MYST.search(_INLINE.sub(lambda known: re.sub(r"[^\n]", "x", known[0]), text)):
            self.line += text.count("\n", 0, left.start())
            raise self.error(f"no rule for {left[0]!r}")
        out, at = "", 0
        for match in _INLINE.finditer(text):
            self.line = first + text.count("\n", 0, match.start())
            out += text[at : match.start()]
            at = match.end()
            if match["role"]:
                body = re.sub(r"\s*\n[\s>]*", " ", match["body"]).strip()
                out += self._role(match["role"], body)
            elif match["image"]:
                out += f"![{match['alt']}]({self.file(match['image'])})"
            elif match["link"]:
                target = self._target(match["link"])
                if target and out.endswith("["):
                    out += self.called(target)
                out += f"]({self.book.url(target) if target else match['link']})"
            else:
                out += match[0]
        self.line = first
        return out + text[at:]

    def error(self, reason: str) -> CourseError:
        return no_plain_form(self.page, self.line, reason)

    def _link(self, target: Target, text: str = "") -> str:
        return f"[{text or self.called(target)}]({self.book.url(target)})"

    def called(self, target: Target) -> str:
        """What a place is called from here: a number tells its lecture where that is another one."""
        if target.page != self.page and target.anchor and re.search(r"\d+\)?$", target.text):
            return f"{target.text} of {self.book.pages[target.page]}"
        return self.inline(target.text)

    def label(self, label: str) -> Target:
        if label not in self.book.targets:
            raise self.error(f"no target {label!r}")
        return self.book.targets[label]

    def _page(self, path: str) -> Target:
        path = path.removesuffix(".md").removesuffix(".ipynb")
        name = path[1:] if path.startswith("/") else self._beside(path)
        if name not in self.book.pages:
            raise self.error(f"no page {path!r}")
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
        return self.label(anchor or path)

    def file(self, path: str) -> str:
        """The address on the site of a picture beside the lecture."""
        if re.match(r"https?:", path):
            return path
        if not (self.book.project.book / self._beside(path)).is_file():
            raise self.error(f"no file {path!r}")
        return f"{self.book.site}/_images/{posixpath.basename(path)}"

    def _role(self, name: str, body: str) -> str:
        if name not in ROLES:
            raise self.error(f"no rule for the role {name!r}")
        return ROLES[name](self, body)

    def _reference(self, body: str) -> str:
        """{ref}, {numref}, {eq}, {prf:ref}: `label`, or `text <label>`, where the text may hold %s for the number."""
        text, label = _titled(body)
        target = self.label(label)
        number = (re.search(r"\d+", target.text) or [target.text])[0]
        return self._link(target, re.sub(r"%s|\{number\}", number, text))

    def _doc(self, body: str) -> str:
        text, path = _titled(body)
        return self._link(self._page(path), text)

    def _term(self, body: str) -> str:
        text, term = _titled(body)
        if term.lower() not in self.book.terms:
            raise self.error(f"no term {term!r} in a glossary")
        return self._link(self.book.terms[term.lower()], text or term)

    def _glue(self, body: str) -> str:
        key = re.fullmatch(r"(?:(.+?)::)?(\w+)(?::([^:]+))?", body)
        if not key:
            raise self.error(f"no rule for glue {body!r}")
        lecture = self._page(key[1]).page if key[1] else self.page
        if (lecture, key[2]) not in self.book.claims:
            raise self.error(f"no claim {key[2]!r} in {lecture}")
        try:
            return self.book.claims[lecture, key[2]].text(key[3] or "g")
        except ValueError:
            raise self.error(f"no format {key[3]!r}") from None

    def _cite(self, body: str, textual: bool = False) -> str:
        cited = []
        for key in body.split(","):
            try:
                who, year, address = self.book.cited(key.strip())
            except KeyError:
                raise self.error(f"no work {key.strip()!r} in references.bib") from None
            text = f"{who} ({year})" if textual else f"{who}, {year}"
            cited.append(f"[{text}]({address})" if address else text)
        return ", ".join(cited) if textual else f"({'; '.join(cited)})"


def _titled(body: str) -> tuple[str, str]:
    """`text <target>` -> (text, target); `target` -> ("", target)."""
    both = re.fullmatch(r"(.*?)\s*<([^<>]+)>", body, flags=re.S)
    return (both[1], both[2]) if both else ("", body)


ROLES: dict[str, Callable[[Prose, str], str]] = {
    "math": lambda prose, body: f"${body}$",
    "fixed": lambda prose, body: body,
    "glue:text": Prose._glue,
    "cite": Prose._cite,
    "cite:p": Prose._cite,
    "cite:t": lambda prose, body: prose._cite(body, textual=True),
    "ref": Prose._reference,
    "numref": Prose._reference,
    "eq": Prose._reference,
    "prf:ref": Prose._reference,
    "doc": Prose._doc,
    "term": Prose._term,
    "abbr": lambda prose, body: body,
    "sub": lambda prose, body: f"<sub>{body}</sub>",
    "sup": lambda prose, body: f"<sup>{body}</sup>",
    "kbd": lambda prose, body: f"<kbd>{body}</kbd>",
    "code": lambda prose, body: f"`{body}`",
}
