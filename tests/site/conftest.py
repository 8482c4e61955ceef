"""A local server for the site, and a browser that can reach no other.

A page is visited once; the tests read what was seen on that visit.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from built_site import CHROMIUM, FACTS, SITE, Handler, Server, Visit, note_external, see_all


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").is_file():
        pytest.fail("there is no site in _build/html: run `make book` (or `course build`) first")
    return SITE


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser(site: Path) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    no_other_server = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                no_other_server,
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visit(browser: Any, server: Server) -> Callable[..., Visit]:
    """A function (page, width, mode) -> Visit; each visit starts with an empty cache."""
    from axe_playwright_python.sync_playwright import Axe

    @functools.cache
    def visit(name: str, width: int, mode: str) -> Visit:
        external: list[str] = []
        errors: list[str] = []
        failed: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode)
        page = context.new_page()
        page.on("request", lambda request: note_external(request.url, server, external))
        page.on("console", lambda m: errors.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: failed.append(f"{request.url}: {request.failure}"))
        page.on("response", lambda r: failed.append(f"{r.url}: {r.status}") if r.status >= 400 else None)
        before = server.sent
        page.goto(f"{server.address}{name}.html")
        see_all(page)
        weight = server.sent - before
        facts = page.evaluate(FACTS)
        # Formulas are MathJax' own markup; code is thousands of spans, and FACTS looks at its colors and its focus.
        without = [["mjx-container"], ["div.highlight pre"]]
        found = Axe().run(page, context={"exclude": without}, options={"preload": False}).response["violations"]
        violations = [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:4]]}" for v in found]
        context.close()
        return Visit(external, errors, failed, violations, weight, facts)

    return lambda name, width=1280, mode="light": visit(name, width, mode)
