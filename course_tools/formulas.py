r"""Formulas of docstrings as TeX.

A docstring is read in an editor first: its formulas are plain text, `m_t = beta · m_{t-1} + g_t`. For the book they are
set as mathematics. Understood is:

    + - · / ^ mod    √ ½ ² ³ ⁿ ᵀ    = <- < > ≤ ≥ <= >= ≈ ⟺ in
    Σ Σ_k ∂    |x| ‖x‖ ⌈x⌉ ⌊x⌋    f(x) sqrt(x) exp(x) floor(x) x'    x_t x_{t-1} values[i]
    Greek letters by name or as such, names of several letters (`decay_steps`), products (`2b y`), and words

A row is a line. Cells of a row stand two or more spaces apart; a row that is indented goes on below the cell, or below
the relation or the right side, that begins above it. A block with an attribute (`rule.init(w)`) or a string as argument
is Python.

What is not understood is refused, with what was read so far. Nothing is dropped and nothing changes its place.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import NamedTuple

GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
).split()
GREEK = dict(zip("αβγδεζηθκλμνξπρστφχψωΦΣΔ", [*GREEK_NAMES, "Phi", "Sigma", "Delta"], strict=True))
FUNCTIONS = {name: rf"\{name}" for name in "exp ln log sin cos tan tanh max min".split()}
WITHOUT_PARENTHESES = ("ln", "log", "exp", "sin", "cos", "tanh", "diag")
PRODUCTS = ("xy",)
RELATIONS = {
    "=": "=", "<-": r"\leftarrow", "<": "<", ">": ">", "≤": r"\le", "≥": r"\ge", "<=": r"\le", ">=": r"\ge",
    "≈": r"\approx", "⟺": r"\iff", "in": r"\in",
}  # fmt: skip
WORDS = frozenset(
    "all and as at beyond by else for from if in is it no not of off or over so than the then there to what where"
    " which with without".split()
)
_TOKEN = re.compile(
    r"""(?P<number>\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?)|(?P<quoted>"[^"]*"|`[^`]*`)|(?P<name>[A-Za-z]+(?:_[A-Za-z0-9]+)*)
    |(?P<greek>[αβγδεζηθκλμνξπρστφχψωΦΔ])|(?P<sign><-|<=|>=|[-+·/^=<>≤≥≈⟺Σ√∂½²³ⁿᵀ'|‖⌈⌉⌊⌋()\[\]{},;:_…])""",
    re.VERBOSE,
)
_POWERS = {"²": "2", "³": "3", "ⁿ": "n", "ᵀ": r"\top"}
_CEILING = {"⌈": ("⌉", r"\lceil ¤\rceil"), "⌊": ("⌋", r"\lfloor ¤\rfloor")}
WITH_SPACE = ("mark", "relation")
HOLE = "¤"
"""Where a part of a node goes."""


class NotUnderstood(ValueError):
    """What stands in a formula and has no meaning here."""


class Token(NamedTuple):
    kind: str
    text: str
    spaced: bool  # whether a space stands before it


class Node(NamedTuple):
    """A piece of a formula: `tex` is a template of its parts."""

    tex: str
    parts: tuple[Node, ...] = ()
    kind: str = ""  # group, fraction, indexed, script, operator, relation, text, mark, or none

    def render(self, inline: bool = False) -> str:
        """The TeX; `inline` within a fraction or an exponent, where no second fraction is stacked."""
        if self.kind == "fraction":
            above, below = self.parts
            if inline:
                return f"{above.render(True)} / {below.render(True)}"
            return rf"\frac{{{above.bare().render(True)}}}{{{below.bare().render(True)}}}"
        if self.kind == "group":
            inside = "".join(part.render(inline) for part in self.parts)
            opening, closing = self.tex.split(HOLE)
            if r"\frac" in inside or r"\sum" in inside:
                return rf"\left{opening} {inside} \right{closing}"
            return f"{opening}{inside}{closing}"
        rendered = [part.render(inline or self.kind == "script") for part in self.parts]
        pieces = self.tex.split(HOLE)
        return pieces[0] + "".join(part + piece for part, piece in zip(rendered, pieces[1:], strict=True))

    def bare(self) -> Node:
        """What stands in round parentheses, without them."""
        return Node("¤" * len(self.parts), self.parts) if self.kind == "group" and self.tex == "(¤)" else self


def is_python(block: str) -> bool:
    """Whether an indented block of a docstring is code: it has an attribute, a comment, or a string as argument."""
    return bool(re.search(r"[A-Za-z_\])]\.[A-Za-z_]|[(\[]\"|(^|\s)# |\*\*", block))


def is_table(block: str) -> bool:
    """Whether a block has words only: rows of names, and what is said of them."""
    return not re.search(r"[^\w\s,;:.…'`-]|_\{|\b\d", block)


def to_tex(block: str) -> str:
    """A block of formulas as TeX for display.

    Raises:
        NotUnderstood: a place in it has no meaning here.

    >>> to_tex("m_t = beta · m_{t-1} + g_t")
    '\\\\begin{aligned}m_{t} &= \\\\beta \\\\cdot m_{t - 1} + g_{t}\\\\end{aligned}'
    """
    groups = [_aligned([row for row, _ in rows]) for _, rows in groupby(_rows(block), key=lambda pair: pair[1])]
    if len(groups) == 1:
        return groups[0]
    return r"\begin{array}{l}" + r"\\[0.5em] ".join(groups) + r"\end{array}"


class _Cell(NamedTuple):
    column: int  # of the text, where it begins
    relation: int  # of the text, where the first = or <- stands; -1 without one
    right: int  # of the text, where the right side begins; -1 without a relation
    left_tex: str
    right_tex: str


def _rows(block: str) -> list[tuple[list[_Cell | None], int]]:
    """The rows and the number of the group that each is aligned in: rows of one pattern, and those that go on."""
    rows: list[tuple[list[_Cell | None], int]] = []
    pattern: tuple[bool, ...] = ()
    for line in block.splitlines():
        if not line.strip():
            continue
        joined = re.sub(r" {2,}(=|⟺) {2,}", r" \1 ", line)
        found = [(m.start(), m[0]) for m in re.finditer(r"\S+(?: \S+)*", joined)]
        cells: list[_Cell | None] = [_cell(text, column) for column, text in found]
        if rows and line.startswith(" ") and found[0][0] > 0:
            above, group = rows[-1]
            cells = _below(above, cells, line)
            if len(cells) < len(above):  # a long cell of this row shall not push those of the rows above apart
                cells = [_hidden(over) if cell is None else cell for over, cell in zip(above, cells, strict=False)]
                group += 1
            rows.append((cells, group))
            continue
        now = tuple(cell is not None and cell.right >= 0 for cell in cells)
        shared = min(len(now), len(pattern))
        is_alike = now[:shared] == pattern[:shared] and (shared > 1 or len(now) == len(pattern))
        rows.append((cells, (rows[-1][1] + (not is_alike)) if rows else 0))
        pattern = now
    return rows


def _below(above: list[_Cell | None], cells: list[_Cell | None], line: str) -> list[_Cell | None]:
    """The cells of an indented row, moved below the cell or the right side that begins where they do."""
    first = cells[0]
    assert first is not None
    for number, cell in enumerate(above):
        if cell is not None and first.column in (cell.column, cell.relation, cell.right):
            whole = first.left_tex + first.right_tex
            if first.column == cell.right:  # goes on on the right side: no relation of its own to align at
                cells[0] = _Cell(first.column, -1, first.column, "", "{} " + whole)
            elif cell.right < 0:
                cells[0] = _Cell(first.column, -1, -1, whole, "")
            return [None] * number + cells
    raise NotUnderstood(f"an indented row begins below nothing: {line.strip()!r}")


def _hidden(cell: _Cell | None) -> _Cell | None:
    """The room that a cell takes."""
    return cell and _Cell(cell.column, -1, -1, rf"\phantom{{{cell.left_tex}{cell.right_tex}}}", "")


def _aligned(rows: list[list[_Cell | None]]) -> str:
    """Pairs of columns: what stands left of a relation, and the rest. TeX leaves room between pairs."""
    lines = []
    for row in rows:
        parts = []
        for cell in row:
            if cell is None:
                parts.append("& ")
            elif cell.right < 0:
                parts.append(f"&{cell.left_tex}")
            else:
                parts.append(f"{cell.left_tex} &{cell.right_tex}")
        lines.append(" & ".join(parts))
    end = r"\\[0.5em] " if any(r"\frac" in line for line in lines) else r"\\ "
    return r"\begin{aligned}" + end.join(lines) + r"\end{aligned}"


def _cell(text: str, column: int) -> _Cell:
    nodes, at = _Reader(text).pieces()
    split = next((n for n, node in enumerate(nodes) if node.tex in ("=", r"\leftarrow")), -1)
    if split < 0:
        return _Cell(column, -1, -1, _joined(nodes), "")
    after = at[split + 1] if split + 1 < len(at) else len(text)
    return _Cell(column, column + at[split], column + after, _joined(nodes[:split]), _joined(nodes[split:]))


def _joined(nodes: list[Node]) -> str:
    return "".join(node.render() for node in _spaced(nodes)).strip()


def _spaced(nodes: list[Node]) -> list[Node]:
    """The pieces with a space between words and what is not punctuation."""
    spaced = []
    for number, node in enumerate(nodes):
        if node.kind == "text":
            before = nodes[number - 1].kind if number else "mark"
            after = nodes[number + 1].kind if number + 1 < len(nodes) else "mark"
            text = " " * (before not in WITH_SPACE) + node.tex + " " * (after not in WITH_SPACE)
            spaced.append(Node(rf"\text{{{text}}}", kind="text"))
        else:
            spaced.append(node._replace(tex=f" {node.tex} ") if node.kind == "relation" else node)
    return spaced


class _Reader:
    """Reads one cell from left to right: formulas, relations, marks and words in any order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.starts: list[int] = []
        self.at = 0
        place = 0
        while place < len(text):
            spaces = len(text[place:]) - len(text[place:].lstrip())
            place += spaces
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise NotUnderstood(f"{text[place]!r} after {text[:place]!r}")
            self.tokens.append(Token(match.lastgroup, match[0], spaces > 0))
            self.starts.append(place)
            place = match.end()

    def pieces(self, until: str = "") -> tuple[list[Node], list[int]]:
        """The pieces of the cell, or those before a mark of `until`, and where in the text each begins."""
        nodes: list[Node] = []
        starts: list[int] = []
        words: list[str] = []

        def end_of_words() -> None:
            if words:
                nodes.append(Node(" ".join(words), kind="text"))
                words.clear()

        while self.at < len(self.tokens) and (not until or self._peek() not in until):
            start = self.starts[self.at]
            token = self.tokens[self.at]
            after_math = bool(nodes) and not words and nodes[-1].kind == ""
            if token.text in RELATIONS and (token.text != "in" or after_math):
                end_of_words()
                if nodes and nodes[-1].kind == "relation":
                    self._refuse()
                nodes.append(Node(RELATIONS[token.text], kind="relation"))
                self.at += 1
            elif token.text in (",", ";", ":"):
                end_of_words()
                nodes.append(Node({":": "{:}"}.get(token.text, token.text) + "~", kind="mark"))
                self.at += 1
            elif self._is_word(bool(words), after_math):
                if not words:
                    starts.append(start)
                words.append(token.text)
                self.at += 1
                continue
            else:
                end_of_words()
                if after_math:
                    self._refuse()
                nodes.append(self._sum())
            starts += [start] * (len(nodes) - len(starts))
        end_of_words()
        return nodes, starts

    def _is_word(self, in_words: bool, after_math: bool) -> bool:
        """Whether the token is part of a remark, rather than the name of a quantity."""
        token, next_ = self.tokens[self.at], self._token(1)
        if token.kind != "name" or (next_ is not None and next_.text in ("(", "[") and not next_.spaced):
            return False
        follows = next_ is not None and (next_.kind in ("name", "number", "greek") or next_.text in "(|√½")
        if token.text == "a":
            return next_ is not None and next_.kind == "name" and not _is_symbol(next_.text)
        if token.text in WORDS:
            return True
        if _is_symbol(token.text) or (token.text in WITHOUT_PARENTHESES and follows):
            return False
        operator = next_ is not None and next_.text in ("·", "/", "^", "+", "_", "'", *RELATIONS) and next_.text != "in"
        if next_ is not None and next_.text == "-":
            third = self._token(2)
            operator = not next_.spaced or (third is not None and third.spaced)  # else a sign: is -1
        if next_ is not None and next_.text == "mod":
            return False
        if follows and next_ is not None and next_.spaced:
            return True
        return ((in_words or after_math) and not operator) or (next_ is not None and next_.text == ":")

    def _token(self, ahead: int) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _peek(self) -> str:
        token = self._token(0)
        return token.text if token else ""

    def _take(self, text: str) -> bool:
        if self._peek() == text:
            self.at += 1
            return True
        return False

    def _refuse(self) -> None:
        place = self.starts[self.at] if self.at < len(self.starts) else len(self.text)
        raise NotUnderstood(f"{self.text[place:] or 'the end'!r} after {self.text[:place]!r}")

    def _sum(self) -> Node:
        parts = [self._signed()]
        tex = "¤"
        while self._peek() in ("+", "-"):
            tex += f" {self._peek()} ¤"
            self.at += 1
            parts.append(self._product())
        return Node(tex, tuple(parts))

    def _signed(self) -> Node:
        sign = self._peek()
        if sign in ("-", "+"):
            self.at += 1
            return Node(f"{{{sign}}}¤", (self._product(),))
        return self._product()

    def _product(self) -> Node:
        """Factors from left to right.

        A slash between spaces divides all that was multiplied since the last one; one without, its neighbors.
        """
        done: list[tuple[str, Node]] = []  # how it is joined to what stands before, and the factor
        open_from = 0
        join = ""
        while True:
            if self._peek() == "√" or self._starts_factor():
                done.append((join, self._power()))
            else:
                self._refuse()
            while self._peek() == "/":
                is_tight = not self.tokens[self.at].spaced
                self.at += 1
                first = len(done) - 1 if is_tight or open_from == len(done) else open_from
                how, above = done[first][0], _chain([("", done[first][1]), *done[first + 1 :]])
                done[first:] = [(how, Node("", (above, self._power()), "fraction"))]
                open_from = open_from if is_tight else len(done)
                if not is_tight and self._starts_factor() and not self._is_word(False, True):
                    self._refuse()  # a / b c: is c below the line?
            if self._take("·"):
                join = r" \cdot "
            elif self._take("mod"):
                join = r" \bmod "
                open_from = len(done)
            elif done[-1][1].kind == "operator":
                join = " "
            elif self._starts_factor() and not self._is_word(False, True):
                join = r"\," if self.tokens[self.at].spaced else ""
            else:
                return _chain(done)

    def _starts_factor(self) -> bool:
        token = self._token(0)
        if token is None:
            return False
        if token.text in ("|", "‖"):
            return self.text.count(token.text, 0, self.starts[self.at]) % 2 == 0
        return token.kind in ("name", "number", "greek", "quoted") or token.text in (
            "(",
            "[",
            "⌈",
            "⌊",
            "Σ",
            "√",
            "∂",
            "½",
            "…",
        )

    def _power(self) -> Node:
        node = self._primary()
        while True:
            token = self._token(0)
            if token is None or token.spaced:
                return node
            if token.text in _POWERS:
                self.at += 1
                node = Node(f"¤^{{{_POWERS[token.text]}}}", (node,), node.kind if node.kind == "operator" else "")
            elif token.text == "'":
                self.at += 1
                node = Node("¤'", (node,))
            elif token.text == "^":
                self.at += 1
                sign = "-" if self._take("-") else ""
                node = Node(f"¤^{{{sign}¤}}", (node, Node("¤", (self._primary().bare(),), "script")))
            elif token.text == "_":
                self.at += 1
                kind = node.kind if node.kind == "operator" else ""
                node = Node("¤_{¤}", (node, Node("¤", (self._script(),), "script")), kind)
            elif token.text in ("(", "["):
                node = self._applied(node)
            else:
                return node

    def _script(self) -> Node:
        if self._peek() == "{":
            group = self._group()
            return Node("¤" * len(group.parts), group.parts)
        return self._primary()

    def _applied(self, node: Node) -> Node:
        """`f(x)`, `values[i]`."""
        square = self._peek() == "["
        inside = self._group()
        if square:
            index = Node("¤" * len(inside.parts), inside.parts, "script")
            if node.kind == "indexed":
                node, first = node.parts
                index = Node("¤,¤", (first, index))
            return Node("{¤}_{¤}", (node, index), "indexed")
        return Node("¤¤", (node, inside))

    def _group(self) -> Node:
        """What stands between parentheses; an interval may be closed by the other kind."""
        opening = self._peek()
        self.at += 1
        closings = ")]" if opening in "([" else "}"
        nodes, _ = self.pieces(until=closings)
        closing = self._peek()
        if not closing:
            self._refuse()
        self.at += 1
        return Node(f"{opening}{HOLE}{closing}" if opening != "{" else "(¤)", tuple(_spaced(nodes)), "group")

    def _primary(self) -> Node:
        token = self._token(0)
        if token is None:
            self._refuse()
            raise AssertionError
        match token.text:
            case "(" | "[":
                return self._group()
            case "|" | "‖":
                self.at += 1
                inside = self._sum()
                if not self._take(token.text):
                    self._refuse()
                return Node("|¤|" if token.text == "|" else r"\|¤\|", (inside,), "group")
            case "⌈" | "⌊" as opening:
                self.at += 1
                closing, tex = _CEILING[opening]
                inside = self._sum()
                if not self._take(closing):
                    self._refuse()
                return Node(tex, (inside,), "group")
            case "√":
                self.at += 1
                return Node(r"\sqrt{¤}", (self._primary().bare(),))
        self.at += 1
        match token.text:
            case "Σ":
                return Node(r"\sum", (), "operator")
            case "∂":
                return Node(r"\partial ¤", (self._primary(),))
            case "½":
                return Node(r"\tfrac{1}{2}")
            case "…":
                return Node(r"\ldots")
        if token.kind == "number":
            return Node(token.text.replace(",", "{,}") + (r"\ldots" if self._take_attached("…") else ""))
        if token.kind == "greek":
            return Node(rf"\{GREEK[token.text]}")
        if token.kind == "quoted":
            return Node(_quoted(token.text))
        if token.kind != "name":
            self.at -= 1
            self._refuse()
        return self._name(token.text)

    def _take_attached(self, text: str) -> bool:
        token = self._token(0)
        return token is not None and not token.spaced and self._take(text)

    def _name(self, name: str) -> Node:
        next_ = self._token(0)
        called = next_ is not None and next_.text == "(" and not next_.spaced
        if called and name in ("sqrt", "floor"):
            inside = self._group().bare()
            return Node(r"\sqrt{¤}", (inside,)) if name == "sqrt" else Node(_CEILING["⌊"][1], (inside,), "group")
        if name in FUNCTIONS and (called or (name in WITHOUT_PARENTHESES and self._starts_factor())):
            return Node(FUNCTIONS[name], (), "" if called else "operator")
        if name in WITHOUT_PARENTHESES and not called and self._starts_factor():
            return Node(rf"\mathrm{{{name}}}\,", (), "operator")
        return Node(_named(name))


def _chain(factors: list[tuple[str, Node]]) -> Node:
    if len(factors) == 1:
        return factors[0][1]
    return Node("".join(join + "¤" for join, _ in factors), tuple(node for _, node in factors))


def _is_symbol(name: str) -> bool:
    base, _, script = name.partition("_")
    return (
        (len(base) == 1 or base in GREEK_NAMES or base in PRODUCTS or _is_differential(base))
        and (len(script) <= 1 or script.isdigit())
    ) or name == "inf"  # fmt: skip


def _is_differential(base: str) -> bool:
    return base[0] == "d" and (len(base) == 2 or base[1:] in GREEK_NAMES)


def _named(name: str) -> str:
    """A name: a letter, a Greek letter, a name of several letters; with a subscript of one letter or number."""
    if name == "inf":
        return r"\infty"
    base, _, script = name.partition("_")
    if script and not (len(script) == 1 or script.isdigit()):
        base, script = name, ""
    if len(base) == 1:
        tex = base
    elif base in GREEK_NAMES:
        tex = rf"\{base}"
    elif base in PRODUCTS:
        tex = r"\,".join(base)
    elif _is_differential(base):
        tex = rf"\mathrm{{d}}{_named(base[1:])}"
    else:
        tex = r"\mathrm{" + base.replace("_", r"\_") + "}"
    return tex + (f"_{{{script}}}" if script else "")


def _quoted(text: str) -> str:
    inside = text[1:-1]
    return rf"\text{{“{inside}”}}" if text[0] == '"' else rf"\texttt{{{inside}}}"
