"""MyST Markdown by lines: which lines of a text are a directive, a target, mathematics, and which are prose.

Positions are kept, so that whatever is not MyST can be copied byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin


class Block(NamedTuple):
    """Lines start to end (the last not included) of a text, counted from 0.

    kind: prose, heading, directive, target, comment, math.
    content: the text of a heading or directive, the label of a target, the formula.
    info: the name of a directive, the level of a heading, the label of a formula.
    """

    kind: str
    start: int
    end: int
    content: str = ""
    info: str = ""
    argument: str = ""


class Directive(NamedTuple):
    """A directive taken apart; `line` is the line of its body, counted from 0 within the directive's text."""

    name: str
    argument: str
    options: dict[str, Any]
    body: str
    line: int


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    for plugin in (front_matter_plugin, myst_block_plugin, colon_fence_plugin, amsmath_plugin):
        parser.use(plugin)
    parser.use(dollarmath_plugin, allow_labels=True)
    parser.core.ruler.disable("inline")  # only the blocks are asked for
    return parser


_PARSER = _parser()
_KINDS = {
    "paragraph_open": "prose",
    "table_open": "prose",
    "myst_target": "target",
    "myst_line_comment": "comment",
    "myst_block_break": "comment",
    "front_matter": "comment",
    "math_block": "math",
    "math_block_label": "math",
}


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text in order; lines between them (code, HTML, list marks, blank lines) are left out."""
    tokens = _PARSER.parse(text)
    end = 0  # a table holds cells that are reported too: what lies inside a block already given is passed over
    for i, token in enumerate(tokens):
        if token.map is None or token.map[0] < end:
            continue
        start, stop = token.map
        if token.type in ("fence", "colon_fence"):
            name = re.match(r"\s*\{([^}\s]+)\}\s*(.*)", token.info)
            if name or token.type == "colon_fence":
                yield Block("directive", start, stop, token.content, *((name[1], name[2].strip()) if name else ()))
        elif token.type == "heading_open":
            yield Block("heading", start, stop, tokens[i + 1].content, token.tag[1:])
        elif token.type == "paragraph_open" and re.match(r"\{[.#][^}\n]*\}(\n|$)", tokens[i + 1].content):
            yield Block("comment", start, start + 1)  # attributes of what follows
            if stop > start + 1:
                yield Block("prose", start + 1, stop)
        elif token.type in _KINDS:
            yield Block(_KINDS[token.type], start, stop, token.content, token.info)
        else:
            continue
        end = stop


def directive(block: Block) -> Directive:
    """Take a directive's options from its body: `:key: value` lines, or YAML between lines of three hyphens."""
    lines = block.content.split("\n")
    at, options = 0, {}
    if lines[0].strip() == "---":
        at = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---") + 1
        options = yaml.safe_load("\n".join(lines[1 : at - 1])) or {}
    else:
        while at < len(lines) and (option := re.match(r":([\w-]+):(?:\s+(.*))?$", lines[at])):
            options[option[1]] = (option[2] or "").strip()
            at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    return Directive(block.info, block.argument, options, "\n".join(lines[at:]).rstrip("\n"), at)


def slug(heading: str) -> str:
    """The anchor that a heading gets by itself."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
