"""Every page in a browser: nothing from elsewhere, no error, no barrier, by day and by night, wide and narrow."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from built_site import LECTURES, PAGES, REFERENCE

WEIGHT = 700_000  # bytes on the wire, compressed, with an empty cache, all figures seen
NARROW = 360
MODULES = ["reference/optimizers-parts", "reference/schedules"]  # of the pages of modules, which are of one kind
ALL = [*(page for page in PAGES if page not in REFERENCE), "reference/index", *MODULES, "search"]
DARK = [*LECTURES, "index", "notation", "reference/index", *MODULES]  # one page a kind besides the lectures

every_page = pytest.mark.parametrize("page", ALL)
every_lecture = pytest.mark.parametrize("page", LECTURES)
dark_pages = pytest.mark.parametrize("page", DARK)


@every_page
def test_a_page_asks_no_other_server(visit, page):
    assert visit(page).external == []


@every_page
def test_a_page_makes_no_error_in_the_console(visit, page):
    assert visit(page).errors == []


@every_page
def test_all_that_a_page_asks_for_is_there(visit, page):
    assert visit(page).failed == []


@every_page
def test_axe_finds_no_barrier_on_a_page(visit, page):
    assert visit(page).violations == []


@every_page
def test_code_stands_out_and_can_be_scrolled_with_the_keys(visit, page):
    facts = visit(page).facts
    assert facts["faint"] == []
    assert facts["unreachable"] == []


@every_page
def test_a_page_is_light_on_the_wire(visit, page):
    assert visit(page).bytes_sent <= WEIGHT


@every_page
def test_a_page_has_a_title_a_description_and_one_heading(visit, page):
    facts = visit(page).facts
    assert "Training Deep Networks" in facts["title"]
    assert 15 <= len(facts["description"]) <= 200
    assert facts["h1"] == 1


@every_page
def test_every_formula_is_typeset(visit, page):
    facts = visit(page).facts
    assert facts["math_errors"] == []
    assert facts["raw_math"] == []


@pytest.mark.parametrize("page", [page for page in REFERENCE if page not in ALL])
def test_every_formula_of_a_module_is_typeset_and_fits_a_narrow_page(visit, page):
    seen = visit(page, NARROW)
    facts = seen.facts
    assert facts["math_errors"] == []
    assert facts["raw_math"] == []
    assert facts["widest"] <= facts["window"]
    assert seen.violations == []


@every_lecture
def test_a_lecture_has_formulas(visit, page):
    assert visit(page).facts["math"] > 0


@every_page
def test_every_image_is_shown_and_says_what_it_shows(visit, page):
    facts = visit(page).facts
    assert facts["without_alt"] == []
    assert facts["broken"] == []


@every_page
def test_no_markup_is_left_in_the_text(visit, page):
    text = visit(page).facts["text"]
    assert re.findall(r"```|:::|\{[a-z][\w:-]*\}`|\]\(|\$\$|Traceback \(most recent", text) == []


@every_page
def test_an_id_stands_once_on_a_page(visit, page):
    assert [id for id, times in Counter(visit(page).facts["ids"]).items() if times > 1] == []


@pytest.mark.parametrize("page", [page for page in ALL if page not in DARK])
def test_a_narrow_page_does_not_scroll_sideways(visit, page):
    facts = visit(page, NARROW).facts
    assert facts["widest"] <= facts["window"]


@dark_pages
def test_a_dark_and_narrow_page_does_not_scroll_sideways(visit, page):
    facts = visit(page, NARROW, "dark").facts
    assert facts["widest"] <= facts["window"]


@dark_pages
def test_no_formula_is_cut_off_on_a_narrow_page(visit, page):
    assert visit(page, NARROW, "dark").facts["cut"] == []


@dark_pages
def test_axe_finds_no_barrier_on_a_dark_and_narrow_page(visit, page):
    seen = visit(page, NARROW, "dark")
    assert seen.violations == []
    assert seen.errors == []
    assert seen.facts["faint"] == []


@dark_pages
def test_a_page_is_dark_where_the_reader_prefers_it(visit, page):
    facts = visit(page, NARROW, "dark").facts
    assert facts["theme"] == "dark"
    assert max(int(part) for part in re.findall(r"\d+", facts["ground"])[:3]) < 60


@every_lecture
@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (NARROW, "dark")])
def test_of_each_pair_of_figures_the_one_for_the_mode_is_seen_on_the_ground_of_the_page(visit, page, width, mode):
    pairs = visit(page, width, mode).facts["pairs"]
    assert pairs
    for shown in pairs:
        assert [f"only-{mode}" in name for name, _ in shown] == [True]
        assert [ground for _, ground in shown] == ["rgba(0, 0, 0, 0)"]
