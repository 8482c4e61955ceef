"""The pages ask no other server for anything, and tell reading aids the truth.

* The theme's Font Awesome script is left out: a third of a page's weight, and the web font beside it draws the icons.
* The index of the search is left to the page of the search: other pages load it for a search while one types, which is
  off, and it grows with every page of the book.
* A bibliography is no ARIA list: docutils' role asks for children that it does not have.
* An empty cell heads nothing: in the corner of a table it is a plain cell.
* The arrow that unfolds pages below a page is drawn here, not by a web font, and says whose pages it unfolds.
* The arguments of a signature, a line each, are no list of definitions.
* An id stands once on a page: sphinx-exercise gives the same one to the text of every exercise and solution.
* A page has a description: that of its front matter, or else its first paragraph.
"""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_FONT_AWESOME = re.compile(r"<(?:script|link)\b[^>]*fontawesome\.js[^>]*>(?:</script>)?")
_SEARCH = re.compile(r"\s*<script\b[^>]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>")
_ROLES_AND_IDS = re.compile(
    r'(?<=<div) role="list"(?= class="citation-list">)| role="doc-biblioentry"| id="(?:exercise|solution)-content"'
)
_EMPTY_HEADER = re.compile(r"<th\b([^>]*)>(?:\s|<p>\s*</p>)*</th>")
_UNFOLDED = re.compile(
    r'(?P<page><a class="[^"]*" href="[^"]*">(?P<name>[^<]*)</a><details[^>]*>)<summary>'
    r"(?P<arrow>.*?)<i [^>]*></i>"
)
_ARROW = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 5.5l5 5 5-5" /></svg>'
_SIGNATURE = re.compile(r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL)
_WITHOUT_TEXT = {"search": "Search the book.", "404": "This page is not here."}


def without_font_awesome(markup: str) -> str:
    """The markup without the script that draws icons, and without what preloads it."""
    return _FONT_AWESOME.sub("", str(markup))


def without_search_index(markup: str) -> str:
    """The markup without the scripts of a search while one types."""
    return _SEARCH.sub("", str(markup))


def describe(doctree: nodes.document, length: int = 155) -> str:
    """The first paragraph of running text, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = re.sub(r"[\s$\\{}]+", " ", paragraph.astext()).strip()
            return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return ""


def arrows(contents: object) -> str:
    """The contents in the sidebar, with arrows that ask for no font and have a name."""
    return _UNFOLDED.sub(rf'\g<page><summary aria-label="\g<name>: its pages">\g<arrow>{_ARROW}', str(contents))


def _lines(arguments: str) -> str:
    """Arguments of a signature as lines, of which a reading aid makes no list."""
    return '<span class="sig-lines">' + arguments.replace("<dd>", "<span>").replace("</dd>", "</span>") + "</span>"


def mend_page(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if context.get("body"):
        body = _ROLES_AND_IDS.sub("", context["body"])
        body = _EMPTY_HEADER.sub(r"<td\1></td>", body)
        context["body"] = _SIGNATURE.sub(lambda match: _lines(match[1]), body)
    if "generate_toctree_html" in context:
        contents = context["generate_toctree_html"]
        context["generate_toctree_html"] = lambda *args, **options: arrows(contents(*args, **options))
    metatags = context.get("metatags") or ""
    if 'name="description"' not in metatags:
        text = _WITHOUT_TEXT.get(pagename) or (describe(doctree) if doctree else "")
        if text:
            context["metatags"] = metatags + f'\n<meta name="description" content="{html.escape(text)}" />'


def add_filters(app: Sphinx) -> None:
    if hasattr(app.builder, "templates"):
        for leave_out in (without_font_awesome, without_search_index):
            app.builder.templates.environment.filters[leave_out.__name__] = leave_out


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", add_filters, priority=900)
    app.connect("html-page-context", mend_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
