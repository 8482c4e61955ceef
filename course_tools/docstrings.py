"""course_lib as its source says it: modules, public names, signatures, docstrings. Nothing is imported or run.

A docstring has one form (CONTRIBUTING.md): a sentence, paragraphs and indented blocks, `Args:`, `Returns:`, `Raises:`,
"Differs from …", "Source: …", and examples.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from course_tools.errors import CourseError, Failure

LEFT_OUT = ("exercises",)
"""Packages without a page: exercises know the wrong answers, and what is said of them."""
INHERITED = {"build", "update_step", "get_config", "from_config", "get_build_config"}
"""Methods that a base class of Keras describes."""

Definition = ast.FunctionDef | ast.ClassDef


class Part(NamedTuple):
    """A part of a docstring.

    Args:
        kind: `text`, `list`, `block` (indented), `example`, or the heading of a section, such as `Args`.
        text: what it says, without its indentation.
        line: its first line, counted in the docstring from 0.
    """

    kind: str
    text: str
    line: int


class Name(NamedTuple):
    """A public name.

    Args:
        module: the module that it is documented in.
        name: its name there; `Class.method` for a method.
        kind: `function`, `class`, `method`, `property` or `data`.
        signature: its arguments with types and defaults, and what it returns; empty for data.
        docstring: what it says of itself.
        file, first, last: where it stands.
        arguments: names of its arguments.
    """

    module: str
    name: str
    kind: str
    signature: str
    docstring: str
    file: Path
    first: int
    last: int
    arguments: tuple[str, ...]

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}"


class Module:
    """A module that was read from its file.

    Args:
        name: its dotted name.
        path: the file.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self.tree = ast.parse(path.read_text("utf-8"))
        self.docstring = _docstring(self.tree)
        self.is_package = path.name == "__init__.py"

    @property
    def short(self) -> str:
        """Its name below the package."""
        return self.name.partition(".")[2]

    @cached_property
    def imports(self) -> dict[str, str]:
        """Name -> what it is called elsewhere; also those that only type checkers import."""
        return dict(imported(self.tree, self.name if self.is_package else self.name.rpartition(".")[0]))

    @cached_property
    def defined(self) -> dict[str, ast.stmt]:
        """Name -> statement at the top level that makes it."""
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found[name] = node
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    found[name] = node
        return found

    def names(self) -> Iterator[Name]:
        """The public names in the order of the source: functions, classes with their methods, documented data."""
        for node, after in zip(self.tree.body, [*self.tree.body[1:], None], strict=True):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not name.startswith("_"):
                    yield from self._described(node, self.name)
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    if not name.startswith("_") and (docstring := _docstring_of_data(after)):
                        last = after.end_lineno if after else None
                        yield Name(
                            self.name, name, "data", "", docstring, self.path, node.lineno, last or node.lineno, ()
                        )

    def _described(self, node: Definition, shown_in: str, prefix: str = "") -> Iterator[Name]:
        docstring = _docstring(node)
        place = f"{self.name}.{prefix}{node.name}"
        if not docstring:
            raise CourseError(Failure(place, "has no docstring", where=f"{self.path}:{node.lineno}"))
        kind = "class" if isinstance(node, ast.ClassDef) else "method" if prefix else "function"
        if any(isinstance(one, ast.Name) and one.id.endswith("property") for one in node.decorator_list):
            kind = "property"
        signature, arguments = self._signature(node, bool(prefix))
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield Name(
            shown_in, prefix + node.name, kind, signature, docstring, self.path, first, node.end_lineno or first,
            arguments,
        )  # fmt: skip
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith(("_", "on_")):
                    if method.name not in INHERITED:
                        yield from self._described(method, shown_in, f"{node.name}.")

    def elsewhere(self, name: str, shown_in: str) -> Iterator[Name]:
        """A public name of this private module, as another one shows it."""
        node = self.defined.get(name)
        if isinstance(node, Definition):
            yield from self._described(node, shown_in)

    def _signature(self, node: Definition, is_method: bool) -> tuple[str, tuple[str, ...]]:
        if isinstance(node, ast.FunctionDef):
            arguments, returns = node.args, node.returns
        else:
            made = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
            maker = made.get("__new__") or made.get("__init__")
            arguments, returns = (maker.args if maker else _fields(node)), None
            is_method = maker is not None
        arguments = ast.parse(f"def f({ast.unparse(arguments)}): pass").body[0].args  # type: ignore[attr-defined]
        if is_method:
            (arguments.posonlyargs or arguments.args).pop(0)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        names = tuple(argument.arg for argument in every if argument is not None)
        text = f"({ast.unparse(self._qualified(arguments))})"
        if returns is not None:
            text += f" -> {ast.unparse(self._qualified(ast.parse(ast.unparse(returns), mode='eval')))}"
        return text, names

    def _qualified(self, tree: ast.AST) -> ast.AST:
        """Annotations in which names of this package are dotted, so that they mean one thing only."""
        module = self

        class Dotted(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.AST:
                full = module.imports.get(node.id, f"{module.name}.{node.id}" if node.id in module.defined else "")
                return ast.parse(full, mode="eval").body if full.startswith("course_lib.") else node

        return Dotted().visit(tree)  # type: ignore[no-any-return]


def _fields(node: ast.ClassDef) -> ast.arguments:
    """The arguments of a class without a method that takes any: its annotated fields, or those of a namedtuple."""
    fields = [
        ast.unparse(field.target) + f": {ast.unparse(field.annotation)}"
        + (f" = {ast.unparse(field.value)}" if field.value else "")
        for field in node.body
        if isinstance(field, ast.AnnAssign)
    ]  # fmt: skip
    for base in node.bases:
        match base:
            case ast.Call(func=ast.Name(id="namedtuple"), args=[_, ast.Constant(value=str(text))]):
                fields += text.split()
    return ast.parse(f"def f({', '.join(fields)}): pass").body[0].args  # type: ignore[attr-defined,no-any-return]


def _docstring(node: ast.Module | Definition) -> str:
    """The docstring without the indentation of its first line: what stands further in is a block, also if all does."""
    text = ast.get_docstring(node, clean=False)
    if not text:
        return ""
    margin = " " * node.body[0].col_offset
    return "\n".join(line.removeprefix(margin).rstrip() for line in text.strip().expandtabs().split("\n"))


def _docstring_of_data(after: ast.stmt | None) -> str:
    match after:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return textwrap.dedent(text).strip()
    return ""


def imported(tree: ast.AST, package: str = "") -> Iterator[tuple[str, str]]:
    """Names that import statements make, wherever they stand, and what these are called elsewhere."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.asname or alias.name, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from ((alias.asname or alias.name, f"{base}.{alias.name}") for alias in names)


def parts(docstring: str, place: str) -> Iterator[Part]:
    """The parts of a docstring in order.

    Raises:
        CourseError: it does not have the form of a docstring; `place` says whose it is.
    """
    lines = docstring.split("\n")
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        if not line.strip():
            at += 1
            continue
        if line.startswith(">>> "):
            at = _end(lines, at, lambda text: bool(text.strip()))
            yield Part("example", "\n".join(lines[start:at]), start)
        elif line.endswith(":") and at + 1 < len(lines) and lines[at + 1].startswith("    "):
            at = _end(lines, at + 1, lambda text: not text.strip() or text.startswith("    "))
            yield Part(line[:-1], textwrap.dedent("\n".join(lines[start + 1 : at])).strip("\n"), start + 1)
        elif line.startswith("    "):
            at = _end(lines, at, lambda text: text.startswith("    "))
            yield Part("block", textwrap.dedent("\n".join(lines[start:at])), start)
        elif line.startswith("* "):
            at = _end(lines, at, lambda text: text.startswith(("* ", "  ")))
            yield Part("list", "\n".join(lines[start:at]), start)
        elif line.startswith(" "):
            raise CourseError(Failure(place, f"docstring, line {start + 1}: indented by less than four: {line!r}"))
        else:
            at = _end(lines, at + 1, lambda text: bool(text.strip()) and not text.startswith(("Source:", "* ")))
            yield Part("text", " ".join(" ".join(lines[start:at]).split()), start)


def _end(lines: list[str], at: int, goes_on: object) -> int:
    while at < len(lines) and goes_on(lines[at]):  # type: ignore[operator]
        at += 1
    return at


def entries(section: Part) -> list[tuple[str, str]]:
    """The entries of a section: names, and what is said of them. A remark without a name may follow them."""
    found: list[tuple[str, list[str]]] = []
    for line in section.text.split("\n"):
        match = re.match(r"(\*{0,2}[A-Za-z_][\w.]*(?:, \*{0,2}[A-Za-z_][\w.]*)*): (.+)", line)
        if match:
            found.append((match[1], [match[2]]))
        elif line.startswith(" ") and found:
            found[-1][1].append(line.strip())
        elif found:
            found.append(("", [line]))
        else:
            return []
    return [(names, " ".join(words)) for names, words in found]


def read(package: Path) -> dict[str, Module]:
    """All modules of a package by dotted name, in alphabetical order, private ones included."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name = ".".join([package.name, *path.relative_to(package).with_suffix("").parts]).removesuffix(".__init__")
        if not set(LEFT_OUT) & set(name.split(".")):
            found[name] = Module(name, path)
    return found


def is_public(module: Module) -> bool:
    """Whether a module has a page: it is neither private nor the package itself."""
    return bool(module.short) and not any(part.startswith("_") for part in module.short.split("."))
