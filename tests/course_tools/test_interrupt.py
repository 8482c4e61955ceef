"""However a command ends, its processes end with it, and what it leaves can be trusted."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from small_book import COMMAND, call

PATIENCE = 90
"""Seconds to wait for what takes one on a free machine."""


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


@pytest.fixture
def interrupted(make_book: Callable[..., Path], request: pytest.FixtureRequest) -> tuple[Path, Path, Path]:
    """A book whose second lecture hangs until it is let go; the files that say that it hangs, and that let it go."""
    root = make_book("raises", "slow")
    page, hangs, go = root / "book/part/slow.md", root / "hangs", root / "go"
    code = f"""\
:tags: [hide-input]
from pathlib import Path
Path("{hangs}").touch()
while not Path("{go}").exists():
    time.sleep(0.1)"""  # folded, since the paths may be longer than a line of code may be
    page.write_text(page.read_text().replace("time.sleep(60)", code).replace("timeout: 2", "timeout: 300"))
    return root, hangs, go


@pytest.mark.parametrize("kernel", ["plain", "zygote"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupt", "kill"])
def test_the_end_of_a_run_leaves_nothing_that_a_later_run_would_trust(
    interrupted: tuple[Path, Path, Path], kernel: str, end: signal.Signals, tmp_path: Path
) -> None:
    root, hangs, go = interrupted
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = subprocess.Popen(
        [COMMAND, "--root", root, "run", "--kernel", kernel],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(scratch)},
        # as in a terminal: whatever a shell starts in the background is deaf to Ctrl-C, and so are these tests there
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    finished = root / "_build/executed/part/raises.ipynb"
    wait_for(lambda: (hangs.exists() and finished.exists()) or command.poll() is not None, "the middle of the run")
    assert command.poll() is None, command.communicate()[1]
    children = psutil.Process(command.pid).children(recursive=True)
    assert len(children) >= 2  # at least a worker and its kernel
    command.send_signal(end)
    _, said = command.communicate(timeout=PATIENCE)
    if end == signal.SIGINT:
        assert command.returncode == 130
        assert said.splitlines()[-1] == "✗ interrupted; what was finished is kept"
    wait_for(lambda: not any(child.is_running() for child in children), "the end of all processes")
    wait_for(lambda: not list(scratch.iterdir()), "an empty scratch folder")
    left = [path.relative_to(root).as_posix() for path in root.glob("_build/*/**/*.ipynb*")]
    assert left == ["_build/executed/part/raises.ipynb"]
    go.touch()
    again = call(root, "run")
    assert again.returncode == 0, again.stderr
    assert re.search(r"1 of 2 need no run\nlecture 1 of 1  part/slow .* ok", again.stdout)
