"""The built site, a local server for it, and what is seen on a visit to a page."""

from __future__ import annotations

import functools
import gzip
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import yaml

from course_tools import reference
from course_tools.reference import Library

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
_CHAPTERS = [chapter["file"] for part in _TOC["parts"] for chapter in part["chapters"]]
LIBRARY = Library(ROOT / "course_lib")
REFERENCE = [reference.INDEX_PAGE, *map(reference.page, LIBRARY.public)]
PAGES = ["index", *(page for page in _CHAPTERS if page not in REFERENCE), *REFERENCE]
LECTURES = [page for page in _CHAPTERS if "/" in page and (ROOT / "book" / f"{page}.md").is_file()]  # written, not made

_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
    ".png": "image/png", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".json": "application/json",
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Serves the site compressed, as public hosts do, and counts the bytes that it sends."""

    daemon_threads = True
    sent = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        file = SITE / unquote(urlsplit(self.path).path).lstrip("/")
        if file.is_dir():
            file /= "index.html"
        if not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", _TYPES.get(file.suffix, "application/octet-stream"))
        if file.suffix in {".html", ".css", ".js", ".svg", ".json"}:
            body = _compressed(file, file.stat().st_mtime_ns)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def log_message(self, *arguments: object) -> None:
        pass


@functools.cache
def _compressed(file: Path, changed: int) -> bytes:
    return gzip.compress(file.read_bytes(), 6)


class Visit(NamedTuple):
    """What was seen on one page."""

    external: list[str]  # requests to other servers
    errors: list[str]  # errors and warnings of the console, uncaught exceptions
    failed: list[str]  # requests that got no answer, or one that says no
    violations: list[str]  # what axe finds
    bytes_sent: int
    facts: dict[str, Any]  # see FACTS


FACTS = """() => ({
  title: document.title,
  description: document.querySelector('meta[name=description]')?.content ?? '',
  h1: [...document.querySelectorAll('h1')].filter(h => !h.closest('.onlyprint')).length,
  text: (() => {
    const copy = document.querySelector('article')?.cloneNode(true);
    copy?.querySelectorAll('pre, code, script, mjx-container').forEach(node => node.remove());
    return copy?.textContent ?? '';
  })(),
  math_errors: [...document.querySelectorAll('mjx-merror')].map(m => m.title || m.textContent),
  math: document.querySelectorAll('mjx-container').length,
  raw_math: [...document.querySelectorAll('.math')].filter(m => !m.querySelector('mjx-container')).map(
    m => m.textContent),
  without_alt: [...document.images].filter(image => !image.alt.trim()).map(image => image.src),
  broken: [...document.images].filter(i => i.getClientRects().length && !i.naturalWidth).map(i => i.src),
  ids: [...document.querySelectorAll('[id]')].map(node => node.id),
  theme: document.documentElement.dataset.theme,
  ground: getComputedStyle(document.body).backgroundColor,
  pairs: [...document.querySelectorAll('.figure-pair')].filter(
    pair => !pair.closest('.toggle-hidden, details:not([open])')).map(pair =>
      [...pair.querySelectorAll('img')].filter(image => image.getClientRects().length).map(
        image => [image.className, getComputedStyle(image).backgroundColor])),
  faint: (() => {  // colors of code whose contrast with the ground is below 4.5
    const parts = color => color.match(/[\\d.]+/g).map(Number);
    const light = color => parts(color).slice(0, 3).map(c => c / 255).map(
      c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
      (sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const ground = node => {
      for (; node; node = node.parentElement) {
        const color = getComputedStyle(node).backgroundColor;
        if (parts(color)[3] !== 0) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    const pairs = new Set([...document.querySelectorAll('div.highlight pre, div.highlight pre span')].map(
      node => getComputedStyle(node).color + ' on ' + ground(node)));
    return [...pairs].filter(pair => {
      const [low, high] = pair.split(' on ').map(light).sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05) < 4.5;
    });
  })(),
  unreachable: [...document.querySelectorAll('pre')].filter(
    pre => pre.getClientRects().length && pre.scrollWidth > pre.clientWidth + 1 && pre.tabIndex < 0).map(
    pre => pre.textContent.slice(0, 60)),
  cut: [...document.querySelectorAll('article mjx-container')].filter(formula => {
    const box = formula.getBoundingClientRect();
    return box.width && box.right > window.innerWidth && !formula.closest('div.math, .pst-scrollable-table-container');
  }).map(formula => formula.textContent),
  widest: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth),
  window: window.innerWidth,
})"""


def note_external(url: str, server: Server, found: list[str]) -> None:
    if not url.startswith((server.address, "data:", "blob:", "about:")):
        found.append(url)


def see_all(page: Any) -> None:
    """Wait until the page is as one sees it who has scrolled to its end: all images there, all formulas typeset."""
    page.evaluate("""async () => {
      const seen = [...document.images].filter(image => image.getClientRects().length);
      for (const image of seen) image.loading = 'eager';
      await Promise.all(seen.map(image => image.decode().catch(() => {})));
      await window.MathJax?.startup?.promise;
      await document.fonts.ready;
    }""")
    page.wait_for_load_state("networkidle")
