"""Every link of the site leads somewhere; read from the files, without a browser."""

from __future__ import annotations

import functools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from built_site import LECTURES, PAGES, ROOT

from course_lib.plots.style import DARK

_REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
_COLAB = _REPOSITORY["url"].replace("https://github.com/", "https://colab.research.google.com/github/")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if found.get("id"):
            self.ids.add(found["id"] or "")
        for name in ("href", "src"):
            if found.get(name):
                self.targets.append(found[name] or "")


@functools.cache
def read(file: Path) -> _Links:
    links = _Links()
    links.feed(file.read_text(encoding="utf-8"))
    return links


def in_repository(target: str) -> str | None:
    """The path of the file in the repository that a link names, if it names one."""
    place = rf"(?:{re.escape(_REPOSITORY['url'])}|{re.escape(_COLAB)})/(?:edit|raw|blob)"
    match = re.match(rf"{place}/([^/]+)/([^#]+)", target)
    if match is None:
        return None
    assert match[1] == _REPOSITORY["branch"]
    return match[2]


def test_every_page_of_the_contents_is_built_and_nothing_else(site):
    built = {str(file.relative_to(site).with_suffix("")) for file in site.rglob("*.html")}
    built = {page for page in built if not page.startswith("_static/")}  # the theme leaves templates of its own there
    assert built == {*PAGES, "search"}


@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_every_link_within_the_site_leads_to_a_place_that_exists(site, page):
    file = site / f"{page}.html"
    broken = []
    for target in read(file).targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not there.is_file() or (there.suffix == ".html" and parts.fragment
                                   and unquote(parts.fragment) not in read(there).ids):  # fmt: skip
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_every_link_into_the_repository_names_a_file_that_exists(site, page):
    named = [path for target in read(site / f"{page}.html").targets if (path := in_repository(target))]
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_links_to_its_source_and_to_its_notebook_twice(site, lecture):
    named = [path for target in read(site / f"{lecture}.html").targets if (path := in_repository(target))]
    assert named.count(f"book/{lecture}.md") == 1
    assert named.count(f"notebooks/{lecture}.ipynb") == 2


def test_no_light_color_is_left_in_a_figure_for_dark_mode(site):
    twins = list((site / "_images").glob("*-dark.svg"))
    assert twins
    for twin in twins:
        text = twin.read_text(encoding="utf-8").lower()
        assert [color for color in DARK if re.search(rf"{color}\b", text)] == []


def test_the_index_of_the_search_is_loaded_where_one_searches_and_nowhere_else(site):
    loading = {page for page in [*PAGES, "search"] if "searchindex.js" in (site / f"{page}.html").read_text("utf-8")}
    assert loading == {"search"}
