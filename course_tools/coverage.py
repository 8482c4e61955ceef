"""What the course covers: book/coverage.yml, and the page that is made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from course_tools.project import Project

PAGE = "coverage"
HEAD = """\
# What the course covers

Every topic, and the place where it is explained. Where there is no link, the lecture is still to come.
"""
_LABEL = re.compile(r"(fig|tab|ex|eq|sec)-")
"""How labels begin; another anchor is the slug of a heading."""


class Place(NamedTuple):
    """A lecture, and an anchor in it: a label, the slug of a heading, or nothing for the lecture as a whole."""

    lecture: str
    anchor: str = ""

    def link(self, text: str) -> str:
        if _LABEL.match(self.anchor):
            return f"[{text}](#{self.anchor})"
        return f"[{text}](/{self.lecture}.ipynb{self.anchor and '#' + self.anchor})"


class Coverage(NamedTuple):
    """What is planned.

    Args:
        parts: name of a part -> its lectures, by name, with their titles.
        topics: id -> what it is, and where.
    """

    parts: dict[str, dict[str, str]]
    topics: dict[str, tuple[str, Place]]

    @property
    def titles(self) -> dict[str, str]:
        """The title of every lecture, written or planned."""
        return {name: title for lectures in self.parts.values() for name, title in lectures.items()}


class _Once(yaml.SafeLoader):
    """Reads YAML, and refuses a key that is there twice: YAML's own readers keep the last."""


def _mapping(loader: _Once, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value]
    found = dict(pairs)
    if len(found) < len(pairs):
        raise yaml.constructor.ConstructorError(None, None, "a key is there twice", node.start_mark)
    return found


_Once.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str) -> Coverage:
    """What a coverage.yml says. Raises yaml.YAMLError for a topic that is there twice."""
    told = yaml.load(text, _Once)
    return Coverage(told["parts"], {id: (row["what"], place_of(row)) for id, row in told["topics"].items()})


def place_of(row: Mapping[str, str]) -> Place:
    return Place(row["lecture"], row.get("anchor", ""))


def read(project: Project) -> Coverage:
    return parse((project.book / "coverage.yml").read_text("utf-8"))


def page(project: Project) -> str:
    """The page: a section a part, a list a lecture."""
    coverage = read(project)
    lines = [HEAD]
    for part, lectures in coverage.parts.items():
        lines.append(f"## {part}\n\n:::{{div}} course-map")
        for name, title in lectures.items():
            topics = [(what, place) for what, place in coverage.topics.values() if place.lecture == name]
            if name in project.lectures:
                lines.append(f"{Place(name).link(title)}")
                rows = [place.link(what) for what, place in topics]
            else:
                lines.append(f"{title} — *to come*")
                rows = [what for what, _ in topics]
            lines += [f"{':' if n == 0 else ' '} - {row}" for n, row in enumerate(rows)]
            lines.append("")
        lines.append(":::\n")
    return "\n".join(lines)
