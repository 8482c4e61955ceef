"""Reference pages, made from the docstrings of course_lib: a page a module, an index, links to lectures and back.

Sphinx' Python domain draws the signatures and knows the anchors. What is here turns docstrings into its Markdown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from course_tools import docstrings, formulas
from course_tools.docstrings import Module, Name, Part, entries, is_public, parts
from course_tools.errors import CourseError, Failure
from course_tools.lecture import Lecture

FOLDER = "reference"
INDEX_PAGE = f"{FOLDER}/index"
INDEX = """\
# The library

What the lectures import from `course_lib`, each with its formula, its arguments, its source and the lectures that use
it. These pages are made from the docstrings, whose examples run as tests.
"""
_WORD = re.compile(r"(`[^`]+`)")
_LEADS = ("Differs from", "Source")


class Library:
    """The package as its pages show it.

    Args:
        package: the folder of course_lib.
    """

    def __init__(self, package: Path) -> None:
        self.package = package
        self.modules = docstrings.read(package)

    @cached_property
    def public(self) -> dict[str, Module]:
        """The modules that have a page."""
        return {name: module for name, module in self.modules.items() if is_public(module)}

    @cached_property
    def names(self) -> dict[str, Name]:
        """All public names by their dotted names, those included that a module shows from a private one.

        Raises:
            CourseError: one has no docstring.
        """
        found: list[Name] = []
        for module in self.public.values():
            found += module.names()
            for full, shown in self.shown.items():
                origin, _, name = full.rpartition(".")
                if shown == f"{module.name}.{name}":
                    found += self.modules[origin].elsewhere(name, module.name)
        return {name.full: name for name in found}

    @cached_property
    def shown(self) -> dict[str, str]:
        """Names of private modules that a public one passes on, and what they are called there."""
        return {
            full: f"{module.name}.{name}"
            for module in self.public.values()
            for name, full in module.imports.items()
            if (hidden := self.modules.get(full.rpartition(".")[0])) is not None
            if not is_public(hidden) and _is_passed_on(module, name)
        }

    def of(self, module: Module) -> list[Name]:
        return [name for name in self.names.values() if name.module == module.name]

    def find(self, dotted: str) -> str:
        """The documented name or module that a dotted name means, also where a package passes it on; or nothing."""
        dotted = self.shown.get(dotted, dotted)
        if dotted in self.names or dotted in self.public:
            return dotted
        above, _, name = dotted.rpartition(".")
        passed_on = self.modules[above].imports.get(name, "") if above in self.modules else ""
        return self.find(passed_on) if passed_on and passed_on != dotted else ""

    def meaning(self, word: str, module: Module, own: Sequence[str] = ()) -> str:
        """The name or module that a word between backticks means: here, imported here, or the only one so called.

        Raises:
            CourseError: it begins with `course_lib.`, and is not there.
        """
        if not re.fullmatch(r"[A-Za-z]\w*(\.\w+)*", word) or word in own:
            return ""
        if word.startswith("course_lib."):
            found = self.find(word)
            if not found and word not in self.modules:
                raise CourseError(Failure(module.name, f"`{word}` names nothing that is documented"))
            return found
        for dotted in (f"{module.name}.{word}", module.imports.get(word, ""), f"course_lib.{word}"):
            if dotted and self.find(dotted):
                return self.find(dotted)
        alike = [full for full in [*self.names, *self.public] if full.endswith(f".{word}")]
        return alike[0] if len(alike) == 1 else ""

    def used_by(self, lecture: Lecture) -> list[str]:
        """The documented names that the code of a lecture imports, or reaches through a module that it imports."""
        used: dict[str, None] = {}
        trees = []
        for cell in lecture.code:
            try:
                trees.append(ast.parse(cell.source))
            except SyntaxError:  # shown on purpose: the lint refuses any other
                continue
        imports = dict(pair for tree in trees for pair in docstrings.imported(tree))
        for full in imports.values():
            if (found := self.find(full)) in self.names:
                used[found] = None
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    first, dot, rest = ast.unparse(node).partition(".")
                    start = "course_lib" if first == "course_lib" else imports.get(first, "")
                    if (found := self.find(f"{start}{dot}{rest}")) in self.names:
                        used[found] = None
        return sorted(used)


def _is_passed_on(module: Module, name: str) -> bool:
    """Whether a module imports the name only to pass it on: `from a import b as b`."""
    return any(
        alias.name == alias.asname == name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def page(module: str) -> str:
    """The page of a module, without suffix: its name below the package, with dashes."""
    return f"{FOLDER}/{module.partition('.')[2].replace('.', '-')}"


def pages(library: Library, lectures: Mapping[str, Lecture]) -> dict[str, str]:
    """Page without suffix -> Markdown.

    Raises:
        CourseError: a public name without a docstring, a docstring of another form, a formula that is not understood,
            or a name between backticks that leads nowhere.
    """
    users: dict[str, list[str]] = {}
    for lecture in lectures.values():
        for full in library.used_by(lecture):
            users.setdefault(full, []).append(lecture.name)
    made = {INDEX_PAGE: _index(library)}
    for module in library.public.values():
        made[page(module.name)] = _Page(library, module, users).text()
    return made


def uses(library: Library, lecture: Lecture) -> str:
    """The box at the end of a lecture: what it uses of course_lib. Empty if it uses nothing."""
    by_module: dict[str, list[str]] = {}
    for full in library.used_by(lecture):
        by_module.setdefault(library.names[full].module, []).append(full)
    rows = [
        f"{link(module)}\n: {', '.join(link(full, library.names[full].name) for full in names)}"
        for module, names in by_module.items()
    ]
    title = "What this lecture uses of course_lib"
    return "\n\n".join([f"````{{admonition}} {title}\n:class: uses", *rows, "````"]) if rows else ""


def link(full: str, text: str = "") -> str:
    return f"{{py:obj}}`{text or full} <{full}>`"


def _index(library: Library) -> str:
    rows = []
    for module in library.public.values():
        said = _Page(library, module, {}).prose(_sentence(module.docstring, module.name))
        rows.append(f"{link(module.name, module.short)}\n: {said}\n")
    names = sorted(library.names.values(), key=lambda name: (name.name.lower(), name.full))
    every = [f"* {link(name.full, name.name)} {name.module.partition('.')[2]}" for name in names]
    return "\n".join([INDEX, "## Modules\n", *rows, "\n## Names\n", "````{container} names", *every, "````", ""])


def _sentence(docstring: str, place: str) -> str:
    first = next(iter(parts(docstring, place)), None)
    if first is None or first.kind != "text":
        raise CourseError(Failure(place, "its docstring does not begin with a sentence"))
    return re.sub(":$", ".", re.split(r"(?<=\.)\s", first.text, maxsplit=1)[0])


class _Page:
    """The page of one module."""

    def __init__(self, library: Library, module: Module, users: Mapping[str, Sequence[str]]) -> None:
        self.library, self.module, self.users = library, module, users

    def text(self) -> str:
        heading = f"# {self.module.short}\n\n````{{py:module}} {self.module.name}\n````\n"
        names = [name for name in self.library.of(self.module) if "." not in name.name]
        body = [heading, *self.described(self.module.docstring, self.module.name, ()), self.source(self.module.path)]
        if self.module.is_package:
            body.append(self.passed_on())
        body += map(self.entry, sorted(names, key=lambda name: name.kind == "data"))
        return "\n\n".join(part for part in body if part) + "\n"

    def passed_on(self) -> str:
        """What a package can be asked for, though it is documented elsewhere."""
        found = [self.library.find(full) for full in self.module.imports.values()]
        links = [link(full, self.library.names[full].name) for full in found if full in self.library.names]
        return f"To be imported from here: {', '.join(links)}." if links else ""

    def entry(self, name: Name) -> str:
        signature = name.signature
        for full, shown in self.library.shown.items():
            signature = signature.replace(full, shown)
        signature = re.sub(r"\bcourse_lib(\.\w+)+", self.short, signature)
        is_member = name.kind in ("method", "property")
        lines = ["`" * (4 if is_member else 5) + f"{{py:{name.kind}}} {name.name}{signature}"]
        if name.kind == "property":
            lines = [lines[0].removesuffix(signature) + f"\n:type: {signature.partition(' -> ')[2]}"]
        lines += self.described(name.docstring, name.full, name.arguments)
        if not is_member:
            lines.append(self.source(name.file, name.first, name.last))
        if lectures := self.users.get(name.full):
            lines.append("Used in " + ", ".join(f"[](/{lecture}.ipynb)" for lecture in lectures) + ".")
        if name.kind == "class":
            methods = [one for one in self.library.of(self.module) if one.name.startswith(f"{name.name}.")]
            lines += [self.entry(method._replace(name=method.name.partition(".")[2])) for method in methods]
        return "\n\n".join([*(line for line in lines if line), lines[0][: lines[0].index("{")]])

    def short(self, match: re.Match[str]) -> str:
        """The last part of a dotted name that Sphinx cannot link from a signature: an alias of types, a constant."""
        found = self.library.names.get(self.library.find(match[0]))
        return match[0] if found and found.kind != "data" else match[1].removeprefix(".")

    def source(self, path: Path, first: int = 0, last: int = 0) -> str:
        lines = f"#L{first}-L{last}" if first else ""
        return f"{{repository}}`{path.relative_to(self.library.package.parent).as_posix()}{lines}`"

    def described(self, docstring: str, place: str, own: Sequence[str]) -> Iterator[str]:
        """The parts of a docstring as Markdown."""
        for part in parts(docstring, place):
            match part.kind:
                case "text":
                    yield self.paragraph(part.text, own)
                case "list":
                    yield self.items(part.text, own)
                case "block":
                    yield self.block(part, place, own)
                case "example":
                    yield f"```{{rubric}} Example\n```\n\n```pycon\n{part.text}\n```"
                case heading:
                    title = f"```{{rubric}} {'Arguments' if heading == 'Args' else heading}\n```"
                    rows = [] if heading == "Returns" else entries(part)
                    if heading in ("Args", "Raises") and not rows:
                        reason = f"docstring, line {part.line + 1}: {heading} takes `name: what it is`"
                        raise CourseError(Failure(place, reason))
                    yield title
                    for names, said in rows:
                        shown = ", ".join(f"`{one}`" for one in names.split(", "))
                        yield f"{shown}\n: {self.prose(said, own)}" if names else self.prose(said, own)
                    if not rows:
                        yield from self.described(part.text, place, own)

    def paragraph(self, text: str, own: Sequence[str]) -> str:
        for lead in _LEADS:
            if text.startswith((f"{lead} ", f"{lead}:")):
                return f"**{lead}**{self.prose(text.removeprefix(lead), own)}"
        return self.prose(text, own)

    def items(self, text: str, own: Sequence[str]) -> str:
        found = re.split(r"(?:^|\n)\* ", text)[1:]
        return "\n".join(f"* {self.prose(' '.join(item.split()), own)}" for item in found)

    def block(self, part: Part, place: str, own: Sequence[str]) -> str:
        if formulas.is_python(part.text):
            language = "text" if "…" in part.text else "python"  # which is no Python
            return f"```{language}\n{part.text}\n```"
        if formulas.is_table(part.text):
            rows = [re.split(r" {2,}", line.strip(), maxsplit=1) for line in part.text.splitlines()]
            shown = [f"`{row[0]}`: {self.prose(row[1], own)}" if row[1:] else self.prose(row[0], own) for row in rows]
            return "\n".join(f"* {row}" for row in shown)
        try:
            return f"```{{math}}\n{formulas.to_tex(part.text)}\n```"
        except formulas.NotUnderstood as error:
            reason = f"docstring, line {part.line + 1}: a formula is not understood: {error}"
            raise CourseError(Failure(place, reason)) from None

    def prose(self, text: str, own: Sequence[str] = ()) -> str:
        """Text with its marks kept from meaning anything in Markdown; words between backticks are code or links."""
        shown = []
        for piece in _WORD.split(text):
            if not _WORD.fullmatch(piece):
                shown.append(re.sub(r"([\\*_{}\[\]<>$|~#&%^+`]|^-|^\d+(?=[.)]))", _escaped, piece))
                continue
            word = piece[1:-1]
            full = self.library.meaning(word, self.module, own)
            shown.append(link(full, word) if full else piece)
        return "".join(shown)


def _escaped(match: re.Match[str]) -> str:
    return match[1] + "\\" if match[1].isdigit() else "\\" + match[1]
