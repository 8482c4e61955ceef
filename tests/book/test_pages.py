"""The pages around the lectures say what is there: contents, map, notation, bibliography."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
GENERATED = {
    *("ledger", "execution", "speed", "coverage", "slips", "which_when"),
    *("optimizers/optimizer-table", "reference/index"),
}

_TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CONTENTS = [_TOC["root"], *(chapter["file"] for part in _TOC["parts"] for chapter in part["chapters"])]
SOURCES = {str(path.relative_to(BOOK).with_suffix("")): path.read_text(encoding="utf-8")
           for path in sorted(BOOK.rglob("*.md")) if not path.relative_to(BOOK).parts[0].startswith("_")}  # fmt: skip
LECTURES = {name: text for name, text in SOURCES.items() if "jupytext:" in text[:200]}

# TeX that shapes a formula or is the same everywhere, and stands for no quantity of the course
_SHAPE = set(
    """approx bar bigl bigr cdot cdots dfrac dots dot frac ge geq hat in infty int langle ldots le left leftarrow leq
    lVert lvert mapsto mathbb mathbf mid nabla ne neq odot partial pm prod qquad quad rangle right rVert rvert
    sim sqrt sum tfrac tilde times to top underbrace""".split()
)
_NAMED = set("arg det exp lim ln log max min sin cos tanh".split())


def prose(text: str) -> str:
    """A page without its front matter, code, and glued numbers."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^(`{3,}|~{3,})\{code-cell\}.*?^\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"^```\w+\n.*?^```$", "", text, flags=re.S | re.M)
    return re.sub(r"(?<!`)`[^`\n]+`(?!`)", "", text)


def formulas(text: str) -> list[str]:
    """The formulas of a page, displayed and inline."""
    text = prose(text)
    displayed = re.findall(r"\$\$(.+?)\$\$", text, flags=re.S)
    return displayed + re.findall(r"(?<![\\$])\$([^$]+?)\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.S))


def symbols(formula: str) -> set[str]:
    """The letters of a formula, Latin and Greek, without indices and accents: `\\hat w_{t+1}` holds w and t."""
    formula = re.sub(r"\\(?:text|mathrm|operatorname|textbf|begin|end)\*?\{[^}]*\}", " ", formula)
    commands = set(re.findall(r"\\([A-Za-z]+)", formula)) - _SHAPE - _NAMED
    return commands | set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", formula)))


def explained() -> set[str]:
    """The letters in the first column of the table of notation."""
    rows = re.findall(r"^\| ([^|]*\$[^|]*) \|", SOURCES["notation"], flags=re.M)
    return {letter for row in rows for formula in re.findall(r"\$([^$]+)\$", row) for letter in symbols(formula)}


@pytest.mark.parametrize("name", LECTURES)
def test_the_table_of_notation_explains_every_letter_of_a_lecture(name):
    used = {letter for formula in formulas(LECTURES[name]) for letter in symbols(formula)}
    assert used - explained() == set()


def test_the_table_of_notation_explains_no_letter_that_is_not_used():
    used = {letter for text in LECTURES.values() for formula in formulas(text) for letter in symbols(formula)}
    assert explained() - used == set()


def test_letters_are_found_in_a_formula_and_words_are_not():
    assert symbols(r"\hat w_{t+1} \leftarrow w_t - \eta\,\mathrm{sign}(g)") == {"w", "t", "eta", "g"}


def test_the_contents_name_every_lecture_and_every_page_once():
    assert sorted(CONTENTS) == sorted({*SOURCES, *GENERATED})


def test_the_generated_pages_of_the_settings_are_those_without_a_source():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    patterns = settings["sphinx"]["config"]["generated_pages"]
    assert {page for page in CONTENTS if any(fnmatch(page, pattern) for pattern in patterns)} == GENERATED


def test_the_map_of_the_course_links_to_every_lecture():
    linked = re.findall(r"\{doc\}`([^`]+/[^`]+)`", SOURCES["index"].split("## Map of the course")[1])
    assert sorted(linked) == sorted(LECTURES)


def cited() -> set[str]:
    texts = [*SOURCES.values(), (BOOK / "which_when.yml").read_text(encoding="utf-8")]
    keys = [key for text in texts for key in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)]
    return {key.strip() for group in keys for key in group.split(",")}


def entries() -> set[str]:
    return set(re.findall(r"^@\w+\{([^,\s]+)", (BOOK / "references.bib").read_text(encoding="utf-8"), flags=re.M))


def test_every_work_that_is_cited_is_in_the_bibliography():
    assert cited() - entries() == set()


def test_every_work_in_the_bibliography_is_cited():
    assert entries() - cited() == set()
