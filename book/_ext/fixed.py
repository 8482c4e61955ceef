"""The role {fixed}`0.5`: a number in prose that nobody measured (a definition, a date, a published figure).

It shows its text and nothing else; it is there for the lint, which refuses every other typed number.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def fixed(name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None):  # type: ignore[no-untyped-def]
    return [nodes.inline(rawtext, text)], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("fixed", fixed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
