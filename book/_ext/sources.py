"""Where a page comes from: its Markdown source to edit; a lecture's notebook for Colab and for download.

All of it is made from `repository` in _config.yml, and nothing else knows the public address. The staged lecture is an
.ipynb, which the theme would link to: but what is kept in the repository is book/<page>.md and notebooks/<page>.ipynb.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

PLACEHOLDER = "OWNER"


def split(url: str) -> tuple[str, str]:
    """Owner and name of a GitHub repository, from its address."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", url)
    if not match:
        raise ConfigError(f"_config.yml, repository.url: got {url!r}; takes https://github.com/OWNER/NAME")
    return match[1], match[2]


def set_address(app: Sphinx, config: Config) -> None:
    """The address of the site, where GitHub publishes it; none while the owner is a placeholder."""
    owner, name = split(config.html_theme_options["repository_url"])
    if owner != PLACEHOLDER and not config.html_baseurl:
        config.html_baseurl = f"https://{owner.lower()}.github.io/{name}/"


def add_links(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    options = app.config.html_theme_options
    repository, branch = options["repository_url"].rstrip("/"), options["repository_branch"]
    owner, name = split(repository)
    context["repository_url"] = repository
    if doctree is None or any(fnmatch(pagename, pattern) for pattern in app.config.generated_pages):
        return
    context["edit_url"] = f"{repository}/edit/{branch}/{options['path_to_docs']}/{pagename}.md"
    if Path(app.env.doc2path(pagename)).suffix == ".ipynb":
        notebook = f"{branch}/notebooks/{pagename}.ipynb"
        context["colab_url"] = f"https://colab.research.google.com/github/{owner}/{name}/blob/{notebook}"
        context["notebook_url"] = f"{repository}/raw/{notebook}"


def source_of(name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None):  # type: ignore[no-untyped-def]
    """The role {repository}`path#L1-L9`: a link to lines of a file in the repository."""
    settings = inliner.document.settings.env.config.html_theme_options
    path, _, lines = text.partition("#")
    address = f"{settings['repository_url'].rstrip('/')}/blob/{settings['repository_branch']}/{text}"
    shown = path + (", lines " + lines.replace("L", "").replace("-", " to ") if lines else "")
    return [nodes.inline("", "", nodes.reference(rawtext, shown, refuri=address), classes=["source-link"])], []


def name_private_types(app: Sphinx, env: Any, node: Any, content: nodes.TextElement) -> nodes.TextElement | None:
    """A type of a private module, in a signature, goes by its last name and leads nowhere."""
    target = node.get("reftarget", "")
    return nodes.inline("", target.rpartition(".")[2]) if target.startswith("course_lib._") else None


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("generated_pages", [], "html")
    app.add_role("repository", source_of)
    app.connect("missing-reference", name_private_types)
    app.connect("config-inited", set_address)
    app.connect("html-page-context", add_links, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
