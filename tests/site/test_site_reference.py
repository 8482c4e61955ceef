"""The reference pages: every public name has its place, and lectures and names lead to each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from built_site import LECTURES, LIBRARY, ROOT

from course_tools import reference
from course_tools.project import Project

PROJECT = Project(ROOT)


def entry(site: Path, full: str) -> str:
    """What the page of a name says of it, up to the next name."""
    text = (site / f"{reference.page(LIBRARY.names[full].module)}.html").read_text("utf-8")
    return re.split(r'<dt class="sig sig-object', text.split(f' id="{full}"')[1])[0]


@pytest.mark.parametrize("module", LIBRARY.public)
def test_every_public_name_of_a_module_has_a_place_on_its_page(site, module):
    text = (site / f"{reference.page(module)}.html").read_text("utf-8")
    for name in LIBRARY.of(LIBRARY.modules[module]):
        assert f' id="{name.full}"' in text, name.full


def test_the_index_leads_to_every_module_and_every_name(site):
    text = (site / "reference/index.html").read_text("utf-8")
    for module in LIBRARY.public:
        assert f'href="{reference.page(module).rpartition("/")[2]}.html#module-{module}"' in text
    for full, name in LIBRARY.names.items():
        assert f'href="{reference.page(name.module).rpartition("/")[2]}.html#{full}"' in text


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_leads_to_each_name_that_it_uses_and_each_of_these_back(site, lecture):
    used = LIBRARY.used_by(PROJECT.lectures[lecture])
    assert used
    text = (site / f"{lecture}.html").read_text("utf-8")
    box = text.split("What this lecture uses of course_lib")[1]
    for full in used:
        assert f'{reference.page(LIBRARY.names[full].module)}.html#{full}"' in box, full
        assert f'href="../{lecture}.html"' in entry(site, full), full


def test_what_no_lecture_uses_says_of_none_that_it_does(site):
    used = {full for lecture in PROJECT.lectures.values() for full in LIBRARY.used_by(lecture)}
    unused = [full for full, name in LIBRARY.names.items() if full not in used and "." not in name.name]
    assert unused
    assert [full for full in unused if "Used in" in entry(site, full).split("<dl")[0]] == []


@pytest.mark.parametrize("full", [full for full, name in LIBRARY.names.items() if "." not in name.name])
def test_a_name_leads_to_the_lines_that_define_it(site, full):
    name = LIBRARY.names[full]
    path, first, last = re.findall(r"/blob/[^/]+/(course_lib/[\w/]+\.py)#L(\d+)-L(\d+)", entry(site, full))[-1]
    lines = (ROOT / path).read_text("utf-8").splitlines()[int(first) - 1 : int(last)]
    assert any(re.match(rf"(def |class )?{name.name}\b", line) for line in lines)


def test_the_search_finds_a_function_of_the_library(browser, server):
    page = browser.new_context().new_page()
    page.goto(f"{server.address}search.html?q=ar1_of_squares", wait_until="load")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    page.context.close()
    assert any("reference/optimizers-parts.html#course_lib.optimizers.parts.ar1_of_squares" in href for href in found)
