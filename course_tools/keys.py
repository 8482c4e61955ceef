"""Run by need: a run is trusted as long as its key is the key of the present.

The key is a digest of all that can change what a lecture's run shows: code cells, tags, parameters, the environment,
the Python version, the lock file, and each file that the code depends on. Prose is not in it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import course_lib
from course_tools import dependencies
from course_tools.environment import FIXED
from course_tools.lecture import Lecture
from course_tools.project import Project

#: To be raised when executing itself changes what it leaves, so that earlier runs are no longer trusted.
FORMAT = 2


def key(project: Project, lecture: Lecture, parameters: Mapping[str, Any], claims: str) -> str:
    """The key of a lecture's run.

    Args:
        parameters: those that differ from the lecture's own.
        claims: `enforce`, `not-comparable` or empty, as the run has it.
    """
    roots = tuple(dict.fromkeys((project.root, Path(course_lib.__file__).parents[1])))
    reached = dependencies.files([cell.source for cell in lecture.code], roots)
    content = {
        "format": FORMAT,
        "cells": [(cell.source, sorted(cell.tags)) for cell in lecture.code],
        "parameters": sorted((name, repr(value)) for name, value in parameters.items()),
        "claims": claims,
        "limit": lecture.limit,
        "environment": FIXED,
        "python": platform.python_version(),
        "lock": _checksum(project.root / "requirements.lock"),
        "files": sorted((_name(path, roots), dependencies.checksum(path)) for path in reached),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _checksum(path: Path) -> str:
    return dependencies.checksum(path) if path.is_file() else ""


def _name(path: Path, roots: tuple[Path, ...]) -> str:
    root = next(root for root in roots if path.is_relative_to(root))
    return path.relative_to(root).as_posix()
