"""The site: Jupyter Book over the stage, with warnings as errors, and then a look at what it made."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import yaml

from course_tools.environment import environment
from course_tools.errors import CourseError, Failure
from course_tools.project import Project
from course_tools.runner import console
from course_tools.stage import Staged

_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
_PLACE = re.compile(r"(?:\S*?/stage/)?(?P<page>[\w./-]+)\.(?:ipynb|md):(?P<line>\d*):? *(?P<reason>.*)")
_PROBLEM = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b:? *")


@contextlib.contextmanager
def alone(project: Project) -> Iterator[None]:
    """Wait until no other command makes the stage and the site of this project."""
    project.build.mkdir(exist_ok=True)
    with open(project.build / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(project: Project, staged: Staged) -> None:
    """Bring `_build/html` up to date with the stage.

    Raises:
        CourseError: a warning of Sphinx, a page without HTML, or a traceback in a page.
    """
    stamp = project.build / "site.json"
    made = json.loads(stamp.read_text()) if stamp.is_file() else {}
    if made == {"text": staged.text, "rest": staged.rest} and not list(_missing(project)):
        console.print("site: nothing changed")
        return
    stamp.unlink(missing_ok=True)
    if made.get("rest") != staged.rest:  # no earlier result, or every page may look different
        for folder in (project.html, project.build / ".doctrees"):
            shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", "-W", "--keep-going", "--path-output", str(project.root)]
    result = subprocess.run(
        [*command, str(project.stage)], env=environment(project, ""), text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    failures = list(problems(project, staged, result.stdout))
    if result.returncode and not failures:
        failures.append(Failure("site", f"Jupyter Book failed\n{result.stdout}"))
    failures = failures or [*_missing(project), *_tracebacks(project)]
    if failures:
        raise CourseError(*failures)
    stamp.write_text(json.dumps({"text": staged.text, "rest": staged.rest}))


def problems(project: Project, staged: Staged, output: str) -> Iterator[Failure]:
    """The warnings in Sphinx' output, each at lecture, cell and line.

    MyST-NB counts lines of a notebook as 10,000 times the cell plus the line in it plus one.
    """
    for line in dict.fromkeys(re.sub(r"\x1b\[[\d;]*m", "", output).splitlines()):
        if not _PROBLEM.search(line):
            continue
        place = _PLACE.match(line)
        if not place:
            if "build finished with problems" not in line:
                yield Failure("site", line.strip())
            continue
        page, number = place["page"], int(place["line"] or 0)
        reason = _PROBLEM.sub("", place["reason"], count=1)
        lecture = project.lectures.get(page)
        if lecture is None or not 1 <= number // 10000 <= len(lecture.cells):
            is_made = page not in project.pages and page not in project.lectures
            file = page if is_made else f"book/{page}.md"
            yield Failure(file + (f":{number}" if number else ""), reason)
            continue
        cell, line_in_cell = lecture.cells[number // 10000 - 1], number % 10000 - 1
        if cell.source.startswith("# ") or "\n# " in cell.source:
            title = 1 + next(n for n, text in enumerate(cell.source.split("\n")) if text.startswith("# "))
            if line_in_cell > title:
                line_in_cell = max(title, line_in_cell - staged.inserted.get(page, 0))
        yield lecture.failure(cell, reason, max(line_in_cell, 1))


def contents(project: Project) -> Iterator[str]:
    """The pages that the table of contents names, without suffix."""

    def walk(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for name in ("root", "file"):
                if name in node:
                    yield str(node[name]).removesuffix(".md").removesuffix(".ipynb")
            if "glob" in node:  # of pages that the build made
                found = sorted(project.stage.glob(f"{node['glob']}.md"))
                yield from (path.relative_to(project.stage).with_suffix("").as_posix() for path in found)
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    yield from walk(yaml.safe_load((project.root / "_toc.yml").read_text("utf-8")))


def _missing(project: Project) -> Iterator[Failure]:
    for page in contents(project):
        if not (project.html / f"{page}.html").is_file():
            yield Failure(page, "has no HTML page, though _toc.yml names it")


def _tracebacks(project: Project) -> Iterator[Failure]:
    """Tracebacks that no cell announced with the tag raises-exception."""
    for page in contents(project):
        html = (project.html / f"{page}.html").read_text("utf-8")
        lecture = project.lectures.get(page)
        announced = sum("raises-exception" in cell.tags for cell in lecture.code) if lecture else 0
        if html.count('class="output traceback') > announced:
            yield Failure(page, "its page shows a traceback")


def serve(project: Project, port: int) -> None:
    """Serve the built site on this machine until interrupted."""
    if not (project.html / "index.html").is_file():
        raise CourseError("no site is built: `course build` builds it")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(project.html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        console.print(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("ended")
