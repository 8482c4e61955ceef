"""In Colab the install cell brings course-lib and leaves all else as it is.

Colab is stood for by an environment whose packages are names and versions only, those of tests/colab.txt.
"""

import re
import sys
from pathlib import Path

COLAB = Path(__file__).parents[1] / "colab.txt"


def test_the_resolver_finds_only_course_lib_to_install(uv, requirement, tmp_path):
    uv("venv", "--python", sys.executable, tmp_path / "env")
    (packages,) = (tmp_path / "env/lib").glob("python3*/site-packages")
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", COLAB.read_text("utf-8"), re.MULTILINE):
        folder = packages / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (folder / "RECORD").write_text("")
    report = uv("pip", "install", "--dry-run", "--python", tmp_path / "env", "--python-version", "3.12", requirement)
    assert re.findall(r"^ ([-+~]) ([\w-]+)", report, re.MULTILINE) == [("+", "course-lib")], report
