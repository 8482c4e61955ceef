"""Every SVG figure gets a twin for dark mode: the same drawing in the dark colors of course_lib.plots.style.DARK.

The page shows one of the two; the browser hides the other from the eye and from reading aids alike, and does not load
it. Both keep the alternative text.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.plots.style import DARK

_PALETTE = re.compile("|".join(re.escape(color) + r"\b" for color in DARK), re.IGNORECASE)


def darken(svg: str) -> str:
    """The drawing with each color of the palette replaced by its partner for dark mode."""
    return _PALETTE.sub(lambda match: DARK[match[0].lower()], svg)


def add_twins(app: Sphinx, doctree: nodes.document) -> None:
    """Put beside each SVG image its dark twin. Runs before Sphinx collects the images, so that it takes both."""
    for image in list(doctree.findall(nodes.image)):
        uri = image["uri"]
        if not uri.endswith(".svg") or "://" in uri or {"only-light", "only-dark"} & set(image["classes"]):
            continue
        light = Path(app.env.relfn2path(uri, app.env.docname)[1])
        if not light.is_file():
            continue  # Sphinx warns of it
        dark = light.with_name(light.stem + "-dark.svg")
        drawing = darken(light.read_text(encoding="utf-8"))
        if not dark.is_file() or dark.read_text(encoding="utf-8") != drawing:
            dark.write_text(drawing, encoding="utf-8")
        twin = copy.copy(image)
        twin.attributes = copy.deepcopy(image.attributes)
        twin.attributes.update(ids=[], names=[], uri=uri.removesuffix(".svg") + "-dark.svg")
        twin["classes"].append("only-dark")
        image["classes"].append("only-light")
        pair = nodes.inline(classes=["figure-pair"])  # the theme hides a caption that is a sibling of a hidden image
        image.parent[image.parent.index(image)] = pair
        pair += [image, twin]


def load_when_seen(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the browser load an image when it comes near the window: so never the one of the other mode."""
    if context.get("body"):
        context["body"] = re.sub(r"<img (?![^>]*\bloading=)", '<img loading="lazy" ', context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", add_twins, priority=400)
    app.connect("html-page-context", load_when_seen, priority=900)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
