"""Numbers in prose: what a sentence says was measured has to be glued from a claim, not typed.

Typed numbers of these forms are refused: a decimal, per cent, × or ± beside a digit, `n times`, `n-fold`. They may
stand in mathematics, code, citations and other roles (among them {fixed}`0.5`, for what nobody measured), in links,
and in a table of settings: a `{table}` or `{list-table}` directive of class `settings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from course_tools.export.myst import Directive, blocks, directive

LITERAL = frozenset(
    "code-cell code-block code sourcecode literalinclude raw math eval-rst bibliography toctree tableofcontents image"
    " mermaid glue:figure embed".split()
)
"""Directives whose body is no prose."""

_EXEMPT = re.compile(
    r"""\\.
    | \{[A-Za-z][\w:.+-]*\}(`+).+?(?<!`)\1(?!`)          # a role
    | (?<!`)(`+)(?!`).*?(?<!`)\2(?!`)                     # code
    | \$\$.+?\$\$ | \$(?:\\.|[^$\\])+\$                   # mathematics
    | \]\([^()]*\) | <[A-Za-z/!][^<>\n]*> | https?://\S+  # where a link goes
    | \{[.\#][^}\n]*\}                                    # attributes
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    "|ninety|hundred|thousand|million"
)
_TYPED = re.compile(
    rf"""(?<![\w.])[-−]?\d*\.\d+(?:[eE][-+−]?\d+)?(?![\w]|\.\d)
    | (?<![\w.])\d+[eE][-−]\d+\b
    | \b(?:\d[\d,.]*|{_WORD})\s*(?:%|per\s?cent\b)
    | [\d.]\s*[×±] | [×±]\s*[\d.]
    | \b(?:\d[\d,.]*|{_WORD})[\s-]+times\b
    | \b(?:\d[\d,.]*|{_WORD})-?fold\b | \b\d+x\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Typed(NamedTuple):
    """A typed number, on this line of the text (from 0)."""

    number: str
    line: int


def typed_numbers(text: str) -> Iterator[Typed]:
    """The measured-looking numbers that are typed in a Markdown text."""
    for start, passage in passages(text):
        masked = _EXEMPT.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), passage)
        for match in _TYPED.finditer(masked):
            yield Typed(" ".join(match[0].split()), start + masked.count("\n", 0, match.start()))


def passages(text: str) -> Iterator[tuple[int, str]]:
    """The pieces of prose in a text, each with the line that it begins on: also titles and bodies of directives."""
    lines = text.split("\n")
    for block in blocks(text):
        if block.kind in ("prose", "heading"):
            yield block.start, "\n".join(lines[block.start : block.end])
        elif block.kind == "directive":
            inner = directive(block)
            if inner.name not in LITERAL and "settings" not in classes(inner):
                yield block.start, inner.argument
                for line, passage in passages(inner.body):
                    yield block.start + 1 + inner.line + line, passage


def directives(text: str) -> Iterator[tuple[int, Directive]]:
    """The directives of a text with the line that each begins on, also those that lie in others."""
    for block in blocks(text):
        if block.kind == "directive":
            inner = directive(block)
            yield block.start, inner
            if inner.name not in LITERAL:
                for line, deeper in directives(inner.body):
                    yield block.start + 1 + inner.line + line, deeper


def classes(of: Directive) -> list[str]:
    """The classes that a directive sets."""
    return str(of.options.get("class", "")).split()
