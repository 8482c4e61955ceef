"""Claims as they stand in sources and pages: the calls of `claim`, and the roles that show their values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from course_lib.claims import MIME
from course_tools.lecture import Cell, Lecture

__all__ = ["MIME", "Call", "Glue", "calls", "glues"]

_GLUE = re.compile(r"\{glue(?::\w*)?\}`(?P<target>[^`]+)`")


class Glue(NamedTuple):
    """The role that shows a claim's value.

    Args:
        text: the whole role.
        page: the page that it names, relative to its own; empty for its own.
        name: the claim.
        offset: where it stands in the text.
    """

    text: str
    page: str
    name: str
    offset: int


def glues(text: str) -> list[Glue]:
    """The glue roles of a text, in order."""
    found = []
    for match in _GLUE.finditer(text):
        page, _, rest = match["target"].rpartition("::")
        found.append(Glue(match[0], page, rest.partition(":")[0].strip(), match.start()))
    return found


class Call(NamedTuple):
    """A call of `claim`, as far as its arguments are literal.

    Args:
        cell: where it stands, at this line.
        name, low, high, statement: its arguments; None where they are not literal.
        is_plain: whether it is a statement at the top level of its cell.
    """

    cell: Cell
    line: int
    name: str | None
    low: float | None
    high: float | None
    statement: str | None
    is_plain: bool


_ARGUMENTS = ("name", "value", "low", "high", "statement")


def calls(lecture: Lecture) -> Iterator[Call]:
    """The calls of `claim` in a lecture's code, in order."""
    for cell in lecture.code:
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue
        plain = {id(statement.value) for statement in tree.body if isinstance(statement, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) == "claim":
                given = dict(zip(_ARGUMENTS, node.args, strict=False))
                given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                name, low, high, statement = (_literal(given.get(a)) for a in ("name", "low", "high", "statement"))
                yield Call(
                    cell, node.lineno,
                    name if isinstance(name, str) else None, _number(low), _number(high),
                    statement if isinstance(statement, str) else None, id(node) in plain,
                )  # fmt: skip


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(node: ast.expr | None) -> object:
    try:
        return ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
