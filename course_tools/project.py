"""Where things are, and how a lecture is named."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from course_tools.errors import CourseError
from course_tools.lecture import Lecture, is_lecture


class Project:
    """A folder that holds `book/`, `_config.yml` and `_toc.yml`, and what is built in it.

    Args:
        root: that folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.book = self.root / "book"
        self.build = self.root / "_build"
        self.executed = self.build / "executed"
        """Executed notebooks of the parameters as written: what the site shows."""
        self.runs = self.build / "runs"
        """Executed notebooks of other parameters."""
        self.failed = self.build / "failed"
        """Where a failed run's notebook is left, to be looked at."""
        self.verdicts = self.build / "verdicts"
        self.stage = self.build / "stage"
        self.html = self.build / "html"
        self.claims_file = self.book / "claims.yml"
        self.benchmarks_file = self.root / "benchmarks" / "results.json"
        if not self.book.is_dir():
            raise CourseError(f"no book here: {self.book} is not a folder (see --root)")

    @classmethod
    def around(cls, start: Path) -> Project:
        """The project that `start` lies in."""
        for folder in (start, *start.parents):
            if (folder / "book").is_dir() and (folder / "_toc.yml").is_file():
                return cls(folder)
        raise CourseError(f"no folder around {start} holds book/ and _toc.yml; name it with --root or COURSE_ROOT")

    @cached_property
    def lectures(self) -> dict[str, Lecture]:
        """All lectures by name, in alphabetical order."""
        paths = [path for path in sorted(self.book.rglob("*.md")) if is_lecture(path)]
        return {lecture.name: lecture for lecture in (Lecture.read(path, self.book) for path in paths)}

    @cached_property
    def pages(self) -> dict[str, Path]:
        """The pages that are no lectures, by path without suffix."""
        return {
            path.relative_to(self.book).with_suffix("").as_posix(): path
            for path in sorted(self.book.rglob("*.md"))
            if not is_lecture(path) and not any(part.startswith("_") for part in path.relative_to(self.book).parts)
        }

    @property
    def has_reference(self) -> bool:
        """Whether the contents name the pages about course_lib (course_tools/reference.py)."""
        return "reference/index" in (self.root / "_toc.yml").read_text("utf-8")

    def find(self, names: Sequence[str]) -> list[Lecture]:
        """The lectures of these names (path, `part/name` or name alone); all of them for no name.

        Raises:
            CourseError: a name is unknown or means several lectures. All such names are reported.
        """
        if not names:
            return list(self.lectures.values())
        found: dict[str, Lecture] = {}
        problems = []
        for name in names:
            matches = self._matches(name)
            if len(matches) == 1:
                found[matches[0]] = self.lectures[matches[0]]
            elif matches:
                problems.append(f"{name} means several lectures: {', '.join(matches)}")
            else:
                problems.append(f"no lecture {name!r}{self._near(name)}")
        if problems:
            raise CourseError(*problems)
        return list(found.values())

    def _matches(self, name: str) -> list[str]:
        path = Path(name).resolve()
        if path.is_file() and path.suffix == ".md" and path.is_relative_to(self.book):
            name = path.relative_to(self.book).with_suffix("").as_posix()
        name = name.removesuffix(".md").removeprefix("book/")
        if name in self.lectures:
            return [name]
        return [full for full in self.lectures if full.rpartition("/")[2] == name]

    def _near(self, name: str) -> str:
        short = {full.rpartition("/")[2]: full for full in self.lectures}
        last = name.rpartition("/")[2].removesuffix(".md")
        near = [
            *get_close_matches(name, list(self.lectures)),
            *(short[s] for s in get_close_matches(last, list(short))),
        ]
        if near:
            return f"; did you mean {' or '.join(dict.fromkeys(near))}?"
        return f"; there are {', '.join(self.lectures) or 'none'}"
