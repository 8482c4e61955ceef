"""Print environment.yml, made from pyproject.toml: `make lock` writes it, and a test compares."""

import tomllib
from pathlib import Path

HEAD = """\
# For users of conda; made from pyproject.toml by `make lock`, so edit that instead. Tests run in the pinned
# environment of `make test`, not in this one.
#     conda env create --file environment.yml && conda activate course && jupyter lab notebooks
name: course
channels: [conda-forge]
dependencies:
"""


def environment() -> str:
    """What the lectures import, and JupyterLab to open them, come from conda-forge; the rest from the package index."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    python = f"python{project['requires-python']},<3.14"
    conda = [python, "pip", "jupyterlab", *project["dependencies"], *extras["lectures"]]
    pip = [*(need for need in extras["book"] if not need.startswith(project["name"])), "--editable ."]
    lines = [f'  - "{need}"' for need in conda] + ["  - pip:"] + [f'      - "{need}"' for need in pip]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(environment(), end="")
