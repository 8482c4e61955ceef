"""Formulas in the text: they hold on to the comma that follows, and have a name where they stand alone.

* MathJax draws a formula as a box, and a line may break after a box: so a box and its punctuation are kept together.
* What is drawn has no text. A column or a folded answer that is headed by a formula alone gets its TeX as its name.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_FORMULA = r'<span class="math notranslate nohighlight">\\\([^<]*\\\)</span>'
_PUNCTUATED = re.compile(rf"({_FORMULA}[,.;:!?)]+)")
_ALONE = re.compile(
    r'(<(?:th|summary)\b[^>]*>(?:\s|<p>|<span class="sd-summary-text">)*<span class="math[^>]*)(>\\\(([^<]*)\\\)</span>'
    r'(?:\s|</p>|</span>)*(?:</th>|<span class="sd-summary-state))'
)


def mend(body: str) -> str:
    """The page's markup with each formula as above."""
    return _ALONE.sub(r'\1 role="img" aria-label="\3"\2', _PUNCTUATED.sub(r'<span class="unbroken">\1</span>', body))


def mend_page(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        context["body"] = mend(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
