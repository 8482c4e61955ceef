"""The process that executes one lecture: a job comes as a line on standard input, its result goes to standard output.

A worker lives as long as its standard input is open. When it closes (the command ended, was interrupted or killed),
the worker ends its kernel, removes its scratch folder and ends itself: one way out for every kind of end.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import psutil


def lifeline(scratch: Path) -> None:
    """Wait until standard input is closed, then leave nothing behind."""
    while os.read(0, 1024):
        pass
    for child in psutil.Process().children(recursive=True):
        child.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


def main() -> None:
    line = bytearray()
    while not line.endswith(b"\n"):  # byte by byte: whatever follows belongs to the lifeline
        line += os.read(0, 1) or sys.exit("no job")
    job = json.loads(line)
    answer = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no result
    scratch = Path(tempfile.mkdtemp(prefix="course-"))
    threading.Thread(target=lifeline, args=(scratch,), daemon=True).start()
    os.environ.update(JUPYTER_RUNTIME_DIR=str(scratch / "runtime"), TMPDIR=str(scratch))
    tempfile.tempdir = str(scratch)
    work = scratch / "work"
    work.mkdir()
    os.chdir(work)  # lectures may write files; they see an empty folder, in both executions
    try:
        if job["action"] == "execute":
            from course_tools.execute import execute as action
        else:
            from course_tools.validate import validate as action
        result = action(job)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    with os.fdopen(answer, "w") as out:
        json.dump(result, out)
    os._exit(0)


if __name__ == "__main__":
    main()
