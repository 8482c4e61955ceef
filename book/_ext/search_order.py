"""The order of what the search finds: pages before the functions whose names hold the word.

Sphinx reads the file of scores from the folder it was started in, wherever the book is; so it gets the whole path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def set_scores(app: Sphinx, config: Config) -> None:
    config.html_search_scorer = str(Path(app.srcdir) / "_static" / "scorer.js")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", set_scores)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
