"""Faults that nobody chose: one operator, comparison or constant of a module changed, at places drawn by a fixed seed.

A place is drawn by the hash of seed, module, scope and the changed line. So an edit of one line redraws that line
alone: the other faults of the module stay the same ones.

Left out before anything is drawn, because no test could tell: annotations, texts, what stands under `TYPE_CHECKING`,
and `strict=` of `zip`, which asserts what the lines above it have made sure of.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Collection
from typing import NamedTuple

SEED = 2026

OPERATORS = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"), ast.Pow: ("**", "*"), ast.BitAnd: ("&", "|"),
    ast.And: ("and", "or"), ast.Or: ("or", "and"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.Is: ("is", "is not"),
    ast.NotIn: ("not", ""), ast.IsNot: ("not", ""),
}  # fmt: skip
"""Kind of operator -> how it is written, and what it becomes. `|` also joins types, so that it is left alone."""


class Place(NamedTuple):
    """Where a module can be changed, and into what.

    name: scope and changed line: two places of a module never have the same.
    line: number of the line, from 1.
    source: the whole module with the change.
    """

    name: str
    line: int
    source: str


def drawn(
    module: str, source: str, count: int, scopes: tuple[str, ...] = (), besides: Collection[str] = ()
) -> list[Place]:
    """So many places of the module, the same ones in every run; all of them, if there are not as many.

    Args:
        module: its name, a part of the seed.
        source: its text.
        count: how many.
        scopes: functions and classes to draw from; the empty tuple for all of the module.
        besides: changed texts of the module that are there already, and not to be drawn again.
    """

    def lot(place: Place) -> str:
        return hashlib.sha256(f"{SEED} {module} {place.name}".encode()).hexdigest()

    return sorted((place for place in places(source, scopes) if place.source not in besides), key=lot)[:count]


def places(source: str, scopes: tuple[str, ...] = ()) -> list[Place]:
    """All places of a module, or of some of its functions and classes, in the order of its lines.

    >>> [place.name for place in places("def f(a):\\n    return 2 * a")]
    ['f: return 2 / a', 'f: return 3 * a']
    """
    finder = _Finder(source)
    finder.visit(ast.parse(source))
    names = set()
    found = []
    for place in finder.found:
        scope = place.name.partition(": ")[0]
        if place.name not in names and (not scopes or scope.split(".")[0] in scopes):
            names.add(place.name)
            found.append(place)
    return found


class _Finder(ast.NodeVisitor):
    """Walks through a module and notes what can be changed."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.splitlines(keepends=True)
        self.tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        self.scope: list[str] = []
        self.found: list[Place] = []

    def _change(self, start: tuple[int, int], end: tuple[int, int], new: str) -> None:
        """Note the module with `new` between two positions, which stand in one line."""
        line = self.lines[start[0] - 1]
        changed = line[: start[1]] + new + line[end[1] :]
        text = "".join([*self.lines[: start[0] - 1], changed, *self.lines[start[0] :]])
        self.found.append(Place(f"{'.'.join(self.scope) or 'module'}: {changed.strip()}", start[0], text))

    def _begin(self, node: ast.expr) -> tuple[int, int]:
        return node.lineno, self._column(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return node.end_lineno, self._column(node.end_lineno, node.end_col_offset)

    def _column(self, line: int, offset: int) -> int:
        """Where a character stands; the parser counts bytes."""
        return len(self.lines[line - 1].encode()[:offset].decode())

    def _operator(self, operator: ast.AST, left: ast.expr, right: ast.expr) -> None:
        """Change the operator between two operands, if it is one that is changed."""
        if type(operator) not in OPERATORS:
            return
        old, new = OPERATORS[type(operator)]
        for token in self.tokens:
            if self._end(left) <= token.start < self._begin(right) and token.string == old:
                self._change(token.start, token.end, new)
                return

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._operator(node.op, node.left, node.right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._operator(node.op, left, right)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators, strict=False):
            self._operator(operator, left, right)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        old, new = OPERATORS.get(type(node.op), ("", ""))
        for token in self.tokens:
            if self._end(node.target) <= token.start < self._begin(node.value) and token.string == f"{old}=":
                self._change(token.start, token.end, f"{new}=")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub | ast.Not):
            line, column = self._begin(node)
            self._change((line, column), (line, column + (1 if isinstance(node.op, ast.USub) else 4)), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._change(self._begin(node), self._end(node), str(not node.value))
        elif isinstance(node.value, int):
            self._change(self._begin(node), self._end(node), str(node.value + 1))
        elif isinstance(node.value, float):
            self._change(self._begin(node), self._end(node), repr(2 * node.value) if node.value else "1.0")

    # what opens a scope

    def _scope(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    visit_FunctionDef = visit_ClassDef = _scope

    # what no test could tell

    def visit_arg(self, node: ast.arg) -> None:
        pass  # its annotation

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass  # a text

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg != "strict":
            self.generic_visit(node)
