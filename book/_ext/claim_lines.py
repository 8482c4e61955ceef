"""Claims and verdicts are sentences of the book, not program output: show their lines as such.

A cell's output that consists of lines beginning with ✓ or ✗ (course_lib.claims, course_lib.checks) becomes one
paragraph a line, of class `claim-line`, with the measured value and the claimed range told apart.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_CLAIM = re.compile(r"(?P<statement>.*): (?P<value>\S+) \((?P<claimed>claimed: [^)]*)\)(?P<rest>.*)")


def sentence(line: str) -> nodes.paragraph:
    """One line as a paragraph."""
    mark, text = line[0], line[1:].strip()
    paragraph = nodes.paragraph(classes=["claim-line", "holds" if mark == "✓" else "fails"])
    paragraph += nodes.inline(mark, mark, classes=["claim-mark"])
    claim = _CLAIM.fullmatch(text)
    if claim is None:
        paragraph += nodes.Text(" " + text)
        return paragraph
    paragraph += nodes.Text(f" {claim['statement']}: ")
    paragraph += nodes.strong(claim["value"], claim["value"])
    paragraph += nodes.Text(" ")
    range_ = f"({claim['claimed']}){claim['rest']}"
    paragraph += nodes.inline(range_, range_, classes=["claim-range"])
    return paragraph


def show_as_sentences(app: Sphinx, doctree: nodes.document) -> None:
    for block in list(doctree.findall(nodes.literal_block)):
        if "output" not in block["classes"]:
            continue
        lines = [line for line in block.astext().splitlines() if line.strip()]
        if lines and all(line[0] in "✓✗" for line in lines):
            place = block.parent.index(block)
            block.parent[place : place + 1] = [sentence(line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", show_as_sentences)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
