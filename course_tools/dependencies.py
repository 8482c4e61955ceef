"""Which files does a piece of Python source depend on? Found by reading, nothing is run.

Reached are: the modules it imports, wherever the import statement stands, those that these import, the parents of
each (importing `a.b` runs `a/__init__.py`), and the data that lie in a reached package.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path


def files(sources: Iterable[str], roots: tuple[Path, ...]) -> set[Path]:
    """The files under `roots` that running the sources can read as modules or as a package's data.

    Args:
        sources: Python source (of the code cells).
        roots: folders of the import path, in its order; what lies elsewhere is an installed library.
    """
    reached: set[Path] = set()
    seen: set[str] = set()
    todo = [name for source in sources for name in _imports(source, "")]
    while todo:
        parts = todo.pop().split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            path = _locate(name, roots)
            if path is None:
                break
            if name in seen:
                continue
            seen.add(name)
            reached.add(path)
            is_package = path.name == "__init__.py"
            if is_package:
                reached.update(_data(path.parent))
            package = name if is_package else name.rpartition(".")[0]
            todo += _imports(path.read_text("utf-8"), package)
    return reached


def _imports(source: str, package: str) -> Iterator[str]:
    """Dotted names that the source imports; `from a import b` gives both a and a.b, b may be a module.

    `check("first-model/1", …)` imports the module of that lecture's exercises by its name.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # the run will say so
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield base
                yield from (f"{base}.{alias.name}" for alias in names)
            case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(id)), *_]):
                yield "course_lib.exercises." + id.partition("/")[0].replace("-", "_")


def _locate(name: str, roots: tuple[Path, ...]) -> Path | None:
    for root in roots:
        path = root.joinpath(*name.split("."))
        for file in (path / "__init__.py", path.with_name(path.name + ".py")):
            if file.is_file():
                return file
    return None


def _data(package: Path) -> Iterator[Path]:
    """Files that lie in a package and are no modules; those of its subpackages belong to these."""
    for path in package.iterdir():
        if path.name.startswith((".", "__pycache__")):
            continue
        if path.is_dir() and not (path / "__init__.py").exists():
            yield from _data(path)
        elif path.is_file() and path.suffix != ".py":
            yield path


def checksum(path: Path) -> str:
    """SHA-256 of the file; each state of a file is read once."""
    status = path.stat()
    return _checksum(path, status.st_mtime_ns, status.st_size)


@cache
def _checksum(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
