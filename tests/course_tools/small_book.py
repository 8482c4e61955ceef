"""Small books of fixture lectures, and the real command on them."""

import shutil
import subprocess
import sys
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
CONFIG = 'title: A small book\nonly_build_toc_files: true\nexecute: {execute_notebooks: "off"}\n'
COMMAND = Path(sys.executable).with_name("course")


def write_book(root: Path, *lectures: str) -> Path:
    """A project of these fixture lectures, with an index page."""
    book = root / "book"
    book.mkdir(parents=True)
    (root / "_config.yml").write_text(CONFIG)
    names = [f"part/{name}" for name in lectures]
    chapters = "".join(f"  - file: {name}\n" for name in [*names, "ledger", "execution"])
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{chapters}")
    (book / "index.md").write_text("# A small book\n\nWelcome.\n")
    (book / "part").mkdir()
    for name in lectures:
        shutil.copy(FIXTURES / f"{name}.md", book / "part")
    return root


def call(root: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the real command on this project."""
    return subprocess.run(
        [COMMAND, "--root", root, *arguments], capture_output=True, text=True, timeout=timeout, cwd=root
    )


def last_lines(result: subprocess.CompletedProcess[str]) -> str:
    """The lines at the end of a failed command's output that say why it failed."""
    return "\n".join(line for line in result.stderr.splitlines()[-4:] if line.startswith("✗"))
