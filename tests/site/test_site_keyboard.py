"""What a reader does with a page works, and works without a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from built_site import LECTURES


@pytest.fixture
def page(browser: Any, server: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}{LECTURES[0]}.html", wait_until="load")
    yield page
    context.close()


def test_enter_opens_a_folded_solution(page):
    solution = page.locator("div.solution").first
    button = solution.locator("button.toggle-button")
    assert not solution.locator("section").is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert solution.locator("section").is_visible()


def test_enter_opens_an_answer_to_a_question(page):
    answer = page.locator(".question details").first
    answer.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.evaluate("node => node.open")


def test_what_has_the_focus_is_outlined(page):
    page.keyboard.press("Tab")
    page.locator("article a.reference").first.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_first_tab_leads_past_the_navigation(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#main-content"


def test_the_switch_changes_the_mode_and_the_next_page_keeps_it(page):
    switch = page.locator(".theme-switch-button").first
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.mode") == "dark":
            break
        switch.press("Enter")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_search_finds_a_lecture_before_the_functions_whose_names_hold_the_word(page, server):
    page.goto(f"{server.address}search.html?q=gradient", wait_until="load")
    page.wait_for_function("document.querySelector('.search-summary')?.textContent.includes('finished')")  # all shown
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    of_lectures, of_functions = (
        [place for place, href in enumerate(found) if any(part in href for part in parts)]
        for parts in (LECTURES, ["reference/"])
    )
    assert of_lectures and of_functions and of_lectures[0] < of_functions[0]
