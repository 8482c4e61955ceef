"""The exported notebooks: plain Markdown, the same code, and nothing of MyST left standing."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from typer.testing import CliRunner

import course_lib
from course_tools.cli import app
from course_tools.errors import CourseError
from course_tools.export import export, notebook, requirement
from course_tools.export.book import Book, Range
from course_tools.export.plain import DIRECTIVES, Plain
from course_tools.export.prose import ROLES
from course_tools.project import Project

ROOT = Path(__file__).parents[2]
SITE = "https://owner.github.io/course"
TICKS = "`" * 3

FRONT = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
course: {minutes: 5}
---
"""

FIRST = (
    FRONT
    + """\
(sec-first)=
# First steps

(sec-why)=
## Why $x^2$?

$$
x^2
$$ (eq-square)

```{math}
:label: eq-cube
x^3
```

```{code-cell} ipython3
:tags: [parameters, hide-input]

seed = 0
```

```{code-cell} ipython3
:tags: [hide-input]

folded = 1
```

```{code-cell} ipython3
---
mystnb:
  image: {alt: "a line"}
  figure:
    name: fig-line
    caption: "A line of slope {glue:text}`slope:.1f`."
---
from course_lib.claims import claim
claim("slope", 2 * 1.0, 1.50, 2.5, "the slope")
claim("two", 2, 1.9999, 2.0001, "two")
claim("share", 0.5, 0.4, 0.62, "the share")
claim("tiny", 0.0, -1e-9, 1e-9, "nothing")
_ = print("drawn;  ")   # spaces  stay
```

```{exercise-start} Try it
:label: ex-first-1
```
What is {math}`x`?
```{exercise-end}
```

```{code-cell} ipython3
:tags: [stub]

answer = ...
```

```{solution-start} ex-first-1
:class: dropdown
```
It is two:

```{code-cell} ipython3
:tags: [solution]

answer = 2
```

so it is.
```{solution-end}
```

After it.
"""
)

SECOND = FRONT + "# Second *steps*\n\n```{figure} ../_static/cat.png\n:name: fig-cat\n\nA cat.\n```\n"
NOTATION = """\
# Notation

```{glossary}
Learning rate
  How far a step goes.
```
"""
WORKS = """\
@article{polyak, author={Polyak, Boris T.}, title={Some methods}, journal={J}, year=1964, doi={10.1/x}}
@misc{three, author={A, B and {\\'E}l\\'en, C and D, E}, title={Three}, year=2015, eprint={1412.6980}}
@misc{two, author={van der One, A and Two, B}, title={Two}, year=2016}
"""
CONFIG = """\
repository: {url: "https://github.com/OWNER/course"}
sphinx: {config: {generated_pages: [ledger]}}
"""


def write(root, **pages):
    """A small book: two lectures, a page, works, a picture."""
    texts = {"book/a/first.md": FIRST, "book/b/second.md": SECOND, "book/notation.md": NOTATION}
    texts |= {"book/references.bib": WORKS, "_config.yml": CONFIG, "_toc.yml": "", "book/_static/cat.png": ""}
    texts |= {f"book/{name.replace('__', '/')}.md": text for name, text in pages.items()}
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return Project(root)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return Book(write(tmp_path_factory.mktemp("book")))


def plain(book, text, page="a/first", works=("polyak",)):
    return Plain(book, page, list(works)).convert(text, 1)


def block(name, body="", argument="", marks=TICKS):
    return f"{marks}{{{name}}} {argument}".rstrip() + f"\n{body}\n{marks}"


ROLE_CASES = {
    "math": [("{math}`a^2`", "$a^2$")],
    "fixed": [("{fixed}`0.5`", "0.5")],
    "glue:text": [
        ("{glue:text}`slope:.2f`", "between 1.50 and 2.50"),
        ("{glue:text}`two:.3f`", "2.000"),
        ("{glue:text}`two:.4f`", "between 1.9999 and 2.0001"),
        ("{glue:text}`share:.0%`", "between 40% and 62%"),
        ("{glue:text}`share`", "between 0.40 and 0.62"),
        ("{glue:text}`tiny:.1f`", "0.0"),
        ("{glue:text}`tiny:.1e`", r"between $-1 \cdot 10^{-9}$ and $10^{-9}$"),
        ("{glue:text}`../a/first.ipynb::share:.2f`", "between 0.40 and 0.62"),
    ],
    "cite": [("{cite}`polyak`", "([Polyak, 1964](https://doi.org/10.1/x))")],
    "cite:p": [
        ("{cite:p}`polyak, two`", "([Polyak, 1964](https://doi.org/10.1/x); van der One and Two, 2016)"),
    ],
    "cite:t": [("{cite:t}`three`", "[A et al. (2015)](https://arxiv.org/abs/1412.6980)")],
    "ref": [
        ("{ref}`sec-why`", f"[Why $x^2$?]({SITE}/a/first.html#sec-why)"),
        ("{ref}`here <sec-why>`", f"[here]({SITE}/a/first.html#sec-why)"),
        ("{ref}`here\nor <sec-why>`", f"[here or]({SITE}/a/first.html#sec-why)"),
    ],
    "numref": [
        ("{numref}`fig-line`", f"[Figure 1]({SITE}/a/first.html#fig-line)"),
        ("{numref}`Fig. %s <fig-line>`", f"[Fig. 1]({SITE}/a/first.html#fig-line)"),
        ("{numref}`fig-cat`", f"[Figure 1 of Second *steps*]({SITE}/b/second.html#fig-cat)"),
    ],
    "eq": [("{eq}`eq-cube`", f"[(2)]({SITE}/a/first.html#equation-eq-cube)")],
    "prf:ref": [("{prf:ref}`ex-first-1`", f"[Exercise 1]({SITE}/a/first.html#ex-first-1)")],
    "doc": [
        ("{doc}`../b/second`", f"[Second *steps*]({SITE}/b/second.html)"),
        ("{doc}`the other </b/second>`", f"[the other]({SITE}/b/second.html)"),
        ("{doc}`/ledger`", f"[Ledger]({SITE}/ledger.html)"),
    ],
    "term": [
        ("{term}`learning rate`", f"[learning rate]({SITE}/notation.html#term-Learning-rate)"),
        ("{term}`rates <Learning rate>`", f"[rates]({SITE}/notation.html#term-Learning-rate)"),
    ],
    "abbr": [("{abbr}`SGD (stochastic)`", "SGD (stochastic)")],
    "sub": [("H{sub}`2`O", "H<sub>2</sub>O")],
    "sup": [("{sup}`2`", "<sup>2</sup>")],
    "kbd": [("{kbd}`Enter`", "<kbd>Enter</kbd>")],
    "code": [("{code}`x = 1`", "`x = 1`")],
}

FOLDED = "<details>\n<summary><b>{}</b></summary>\n\n{}\n\n</details>"
ADMONITION_TITLES = ["note", "warning", "tip", "important", "hint", "caution", "attention", "danger", "error"]

DIRECTIVE_CASES = {
    **{name: [(block(name, "Text."), f"> **{name.title()}**\n>\n> Text.")] for name in ADMONITION_TITLES},
    "seealso": [(block("seealso", "Text."), "> **See also**\n>\n> Text.")],
    "admonition": [
        (block("admonition", ":class: predict\n\nWhich {math}`x`?", "Predict"), "> **Predict**\n>\n> Which $x$?"),
        (block("admonition", "---\nclass: myth\n---\nNo.", "Often said", ":::"), "> **Often said**\n>\n> No."),
        (block("admonition", ":class: tip dropdown\n\nNo.", "Hint"), FOLDED.format("Hint", "No.")),
    ],
    "dropdown": [
        (block("dropdown", ":open:\n\nYes.", "Option {math}`a`", ":::"), FOLDED.format("Option $a$", "Yes.")),
        (
            block("dropdown", "Yes.", "The *list* `<b>` of $a*b*c$", ":::"),
            FOLDED.format("The <em>list</em> <code>&lt;b&gt;</code> of $a*b*c$", "Yes."),
        ),
    ],
    "exercise": [
        (block("exercise", ":label: ex-x\n\nDo it.", "Again"), "> **Exercise 1 (Again).**\n>\n> Do it."),
    ],
    "exercise-start": [(block("exercise-start", ":label: ex-x"), "**Exercise 1.**")],
    "exercise-end": [(f"A\n\n{block('exercise-end')}\n\nB", "A\n\nB")],
    "solution": [
        (block("solution", ":class: dropdown\n\nTwo.", "ex-first-1"), FOLDED.format("Solution of Exercise 1", "Two.")),
    ],
    "solution-start": [
        (
            block("solution-start", ":class: dropdown", "ex-first-1"),
            "<details>\n<summary><b>Solution of Exercise 1</b></summary>",
        )
    ],
    "solution-end": [(block("solution-end"), "</details>")],
    "math": [
        (block("math", "x^2"), "$$\nx^2\n$$"),
        (block("math", ":label: eq-cube\n\nx^3"), "$$\nx^3\n\\tag{2}\n$$"),
    ],
    "figure": [
        (
            block("figure", ":alt: a cat\n:name: fig-x\n\nA {math}`c`.", "../_static/cat.png"),
            f"![a cat]({SITE}/_images/cat.png)\n\n**Figure 1.** A $c$.",
        )
    ],
    "image": [(block("image", ":alt: a cat", "../_static/cat.png"), f"![a cat]({SITE}/_images/cat.png)")],
    "table": [(block("table", "| a |\n|---|\n| {math}`x` |", "T"), "**Table 1.** T\n\n| a |\n|---|\n| $x$ |")],
    "list-table": [
        (
            block("list-table", ":header-rows: 1\n\n* - a\n  - b\n* - {math}`x`\n  - two\n    lines", "T"),
            "**Table 1.** T\n\n| a | b |\n| --- | --- |\n| $x$ | two lines |",
        ),
        (block("list-table", "* - a"), "**Table 1.**\n\n|  |\n| --- |\n| a |"),
    ],
    "tab-set": [
        (
            "::::{tab-set}\n:::{tab-item} A\nOne.\n:::\n:::{tab-item} B\nTwo.\n:::\n::::",
            "**A**\n\nOne.\n\n**B**\n\nTwo.",
        )
    ],
    "tab-item": [(block("tab-item", "One.", "A", ":::"), "**A**\n\nOne.")],
    "code": [(block("code", "x = {1}", "python"), f"{TICKS}python\nx = {{1}}\n{TICKS}")],
    "code-block": [(block("code-block", ":caption: c\n\nx", "python"), f"{TICKS}python\nx\n{TICKS}")],
    "bibliography": [
        (block("bibliography", ":filter: cited"), "- Polyak (1964). [*Some methods*](https://doi.org/10.1/x). J."),
    ],
    "prf:proof": [(block("prf:proof", "Clear."), "> **Proof.** Clear.")],
    **{
        f"prf:{kind}": [(block(f"prf:{kind}", ":label: prf-x\n\nSo.", "Name"), f"> **{kind.title()} 1 (Name).** So.")]
        for kind in ("theorem", "proposition", "lemma", "corollary", "definition", "remark", "example", "algorithm")
    },
}


def flat(cases):
    return [pytest.param(*case, id=f"{name}-{i}") for name, some in cases.items() for i, case in enumerate(some)]


def test_every_rule_has_a_golden_case():
    assert set(ROLE_CASES) == set(ROLES)
    assert set(DIRECTIVE_CASES) == set(DIRECTIVES)


@pytest.mark.parametrize(("myst", "expected"), flat(ROLE_CASES))
def test_a_role_becomes_plain_markdown(book, myst, expected):
    assert plain(book, f"Before {myst}, after.") == f"Before {expected}, after."


@pytest.mark.parametrize(("myst", "expected"), flat(DIRECTIVE_CASES))
def test_a_directive_becomes_plain_markdown(book, myst, expected):
    assert plain(book, myst).rstrip() == expected


@pytest.mark.parametrize(
    ("myst", "expected"),
    [
        ("[](#sec-why)", f"[Why $x^2$?]({SITE}/a/first.html#sec-why)"),
        ("[](sec-why)", f"[Why $x^2$?]({SITE}/a/first.html#sec-why)"),
        ("[*my* text](#sec-why)", f"[*my* text]({SITE}/a/first.html#sec-why)"),
        ("[](#why-x2)", f"[Why $x^2$?]({SITE}/a/first.html#why-x2)"),
        ("[t](../b/second.md)", f"[t]({SITE}/b/second.html)"),
        ("[](../b/second.md)", f"[Second *steps*]({SITE}/b/second.html)"),
        ("[t](../notation.md#notation)", f"[t]({SITE}/notation.html#notation)"),
        ("[](#ex-first-1)", f"[Exercise 1]({SITE}/a/first.html#ex-first-1)"),
        ("![a cat](../_static/cat.png)", f"![a cat]({SITE}/_images/cat.png)"),
    ],
)
def test_a_link_within_the_book_leads_to_the_site(book, myst, expected):
    assert plain(book, f"See {myst}.") == f"See {expected}."


@pytest.mark.parametrize(
    "text",
    [
        "[text](https://example.org/a#b), <https://example.org>, ![x](https://example.org/x.png)",
        "Code: `{math}`, ``{glue:text}`x` ``, `[](#no)`, `{{ no }}`, `[^1]`",
        "Mathematics: $\\frac{{a}}{b}$, $a[i](j)$, costs \\$5",
        f"{TICKS}python\n{{note}}: {{{{ x }}}}\n{{math}}`x`\n(a)=\n{TICKS}",
        "    {math}`indented code`\n    (a)=",
        "$$\n{{a}} \\tag{1}\n$$",
        "\\begin{align}\n{{a}} &= [](b)\n\\end{align}",
        "> quoted\n> > twice\n\n* a\n* b\n  1. c\n\n---\n\n| a | b |\n|---|---|\n| `x` | $y$ |",
        "<div>{{ html }}</div>\n\n<!-- {note} -->\n",
        "Two\n\n\n\nblank lines, trailing  \nspaces\tand tabs",
    ],
)
def test_ordinary_markdown_stays_as_it_is(book, text):
    assert plain(book, text) == text


words = st.text("abc $*_#->|`1.!\\éß\t", max_size=12)


@given(st.lists(words, max_size=8).map("\n".join))
def test_any_text_without_myst_passes_byte_for_byte(book, text):
    assert plain(book, text) == text


@pytest.mark.parametrize(
    ("myst", "expected"),
    [
        ("a\n\n(lab)=\n## Head\n\nb", "a\n\n## Head\n\nb"),
        ("a\n\n(lab)=\n\nb", "a\n\nb"),
        ("a\n\n% a comment\n% of two lines\n\nb", "a\n\nb"),
        ("{.epigraph}\na {math}`x`", "a $x$"),
        ("a\n\n{.epigraph}\n```{note}\nb\n```", "a\n\n> **Note**\n>\n> b"),
        ("a\n\n$$x$$ (eq-square)\n\nb", "a\n\n$$\nx\n\\tag{1}\n$$\n\nb"),
        ("a\n```{note}\nb\n```\nc", "a\n\n> **Note**\n>\n> b\n\nc"),
        ("* a\n\n  ```{note}\n  b\n  ```\n* c", "* a\n\n  > **Note**\n  >\n  > b\n\n* c"),
        ("> :::{tip}\n> b\n> :::\n> c", "> > **Tip**\n> >\n> > b\n>\n> c"),
        ("> a {math}`x\n> y` b", "> a $x y$ b"),
        ("| a |\n|---|\n| {math}`x` |", "| a |\n|---|\n| $x$ |"),
        (
            "::::{admonition} Q\n:class: question\n\nWhich?\n\n:::{dropdown} A\nNo: {math}`x`.\n:::\n::::",
            "> **Q**\n>\n> Which?\n>\n> <details>\n> <summary><b>A</b></summary>\n>\n> No: $x$.\n>\n> </details>",
        ),
        (
            "````{note}\n```{tip}\n$$\nx\n= y\n$$\n```\n````",
            "> **Note**\n>\n> > **Tip**\n> >\n> > $$x = y$$",
        ),
        (":::{note} In the {math}`first` line.\n:::", "> **Note**\n>\n> In the $first$ line."),
    ],
)
def test_blocks_fit_into_what_surrounds_them(book, myst, expected):
    assert plain(book, myst).rstrip() == expected


@pytest.mark.parametrize(
    ("myst", "reason", "where"),
    [
        ("{unknown}`x`", "no rule for the role 'unknown'", ""),
        ("a\nb {unknown}`x`", "no rule for the role 'unknown'", "b"),
        ("{glue:text}`no`", "no claim 'no' in a/first", ""),
        ("{glue:text}`../b/second.ipynb::slope`", "no claim 'slope' in b/second", ""),
        ("{glue:text}`slope:.q`", "no format '.q'", ""),
        ("{glue:text}`a b`", "no rule for glue 'a b'", ""),
        ("{ref}`nowhere`", "no target 'nowhere'", ""),
        ("{doc}`nowhere`", "no page 'nowhere'", ""),
        ("{cite}`nobody`", "no work 'nobody' in references.bib", ""),
        ("{term}`nothing`", "no term 'nothing' in a glossary", ""),
        ("[](#nowhere)", "no target 'nowhere'", ""),
        ("[x](nowhere.md)", "no page 'nowhere'", ""),
        ("![x](nowhere.png)", "no file 'nowhere.png'", ""),
        ("a {math}`x`: b {{ substitution }}", "no rule for '{{'", ""),
        ("a footnote[^1]", "no rule for '[^'", ""),
        ("[a span]{.red}", "no rule for '{.red}'", ""),
        ("a term\n: its definition", "no rule for ': '", ":"),
        ("{math}`unclosed", "no rule for '{math}'", ""),
        (block("unknown"), "no rule for the directive 'unknown'", ""),
        (":::\nx\n:::", "no rule for the directive ''", ""),
        ("::::{note}\n:class: tip\n\n:::{unknown}\n:::\n::::", "no rule for the directive 'unknown'", "unknown"),
        ("* a\n\n  > {unknown}`x`", "no rule for the role 'unknown'", "unknown"),
        (block("solution", "x", "nowhere"), "no target 'nowhere'", ""),
        (block("list-table", "* - a\n  - b\n* - c"), "takes rows of the same number of cells", ""),
        (block("figure", "", "nowhere.png"), "no file 'nowhere.png'", ""),
    ],
)
def test_what_has_no_rule_is_refused_with_lecture_and_line(book, myst, reason, where):
    with pytest.raises(CourseError) as caught:
        Plain(book, "a/first", []).convert(f"One.\n\n{myst}", 10)
    line = 12 + next(i for i, row in enumerate(myst.split("\n")) if where in row)
    assert reason in str(caught.value)
    assert f"a/first, book/a/first.md:{line}:" in str(caught.value)


@pytest.fixture(scope="module")
def first(book):
    return notebook(book, "a/first")


def test_the_install_cell_comes_right_after_the_title(first):
    title, install = first.cells[:2]
    assert title.source.startswith("# First steps\n")
    asked = f"course-lib[lectures] @ git+https://github.com/OWNER/course@v{course_lib.__version__}"
    assert f'%pip install -q "{asked}"' in install.source
    assert Requirement(asked).extras == {"lectures"}
    assert asked == requirement("https://github.com/OWNER/course", course_lib.__version__)


@pytest.mark.parametrize(("version", "installs"), [(course_lib.__version__, 0), ("0.0.0", 1)])
def test_the_install_cell_does_nothing_where_this_release_is_installed(first, monkeypatch, version, installs):
    from IPython.core.interactiveshell import InteractiveShell

    shell, asked = InteractiveShell(), []
    shell.register_magic_function(asked.append, "line", "pip")
    monkeypatch.setattr(course_lib, "__version__", version)
    shell.run_cell(first.cells[1].source).raise_error()
    assert asked == [f'install -q "{requirement("https://github.com/OWNER/course", "0.1.0")}"'] * installs


def test_code_cells_are_those_of_the_lecture_without_the_solution(first):
    code = [cell for cell in first.cells if cell.cell_type == "code"][1:]
    assert [cell.source for cell in code] == [
        "seed = 0",
        "folded = 1",
        FIRST.split("---\nfrom")[1].split("\n```")[0].join(["from", ""]),
        "answer = ...",
    ]
    assert [cell.metadata.get("tags", []) for cell in code] == [
        ["parameters", "hide-input"],
        ["hide-input"],
        [],
        ["stub"],
    ]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_code_that_the_page_folds_is_folded_but_not_the_parameters(first):
    folded = [cell.source for cell in first.cells if cell.metadata.get("cellView") == "form"]
    assert folded == [cell.source for cell in first.cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert [source.split("\n")[0] for source in folded] == ["folded = 1"]


def test_a_figure_keeps_its_caption_below_it(first):
    at = next(i for i, cell in enumerate(first.cells) if "drawn" in cell.source)
    assert first.cells[at + 1].source == "**Figure 1.** A line of slope between 1.50 and 2.50."


def test_a_solution_is_folded_text_with_its_code(first):
    text = first.cells[-1].source
    folded = f"It is two:\n\n{TICKS}python\nanswer = 2\n{TICKS}\n\nso it is."
    assert text == FOLDED.format("Solution of Exercise 1", folded) + "\n\nAfter it."


def test_a_solution_without_its_end_is_refused(tmp_path):
    project = write(tmp_path, a__first=FIRST.replace("```{solution-end}\n```\n", ""))
    with pytest.raises(CourseError, match=r"a/first, .*no solution-end follows"):
        export(project)


def test_a_lecture_without_a_title_is_refused(tmp_path):
    with pytest.raises(CourseError, match=r"b/second, book/b/second.md:1: a lecture begins with its title"):
        export(write(tmp_path, b__second=FRONT + "No title.\n"))


def test_a_claim_whose_bounds_are_not_literal_is_refused(tmp_path):
    text = FIRST.replace("1.50, 2.5,", "low, 2.5,")
    with pytest.raises(CourseError, match=r"first.md:\d+: claim: takes its name and both bounds as literals") as caught:
        export(write(tmp_path, a__first=text))
    line = int(re.search(r"md:(\d+)", str(caught.value))[1])
    assert "low, 2.5" in text.split("\n")[line - 1]


@pytest.mark.parametrize("page", ["a/first", "b/second"])
def test_a_notebook_is_valid_and_its_ids_are_unique(book, page):
    node = notebook(book, page)
    nbformat.validate(node)
    assert len({cell.id for cell in node.cells}) == len(node.cells)


def test_an_edit_changes_the_id_of_its_cell_alone(tmp_path, first):
    edited = notebook(Book(write(tmp_path, a__first=FIRST.replace("seed = 0", "seed = 1"))), "a/first")
    assert sum(old.id != new.id for old, new in zip(first.cells, edited.cells, strict=True)) == 1


def test_the_same_sources_give_the_same_bytes(tmp_path):
    one, two = (export(write(tmp_path / name)) for name in ("one", "two"))
    assert list(one.values()) == list(two.values())
    for content in one.values():
        assert content.endswith(b"}\n") and b"\r" not in content
        assert json.dumps(json.loads(content), indent=1, ensure_ascii=False, sort_keys=True) + "\n" == content.decode()


def command(root, *arguments):
    return CliRunner().invoke(app, ["--root", str(root), "export", *arguments])


def test_check_names_each_file_that_is_out_of_step(tmp_path):
    write(tmp_path)
    missing = command(tmp_path, "--check")
    assert missing.exit_code == 1
    assert "notebooks/a/first.ipynb is missing" in missing.output
    assert not (tmp_path / "notebooks").exists()
    assert command(tmp_path).exit_code == 0
    assert command(tmp_path, "--check").exit_code == 0

    write(tmp_path, a__first=FIRST.replace("After it.", "After that."))
    shutil.copy(tmp_path / "notebooks/a/first.ipynb", tmp_path / "notebooks/a/old.ipynb")
    edited = command(tmp_path, "--check")
    assert edited.exit_code == 1
    assert "notebooks/a/first.ipynb differs from its lecture" in edited.output
    assert "notebooks/a/old.ipynb has no lecture" in edited.output
    assert "second" not in edited.output

    assert command(tmp_path).exit_code == 0
    assert command(tmp_path, "--check").exit_code == 0
    assert not (tmp_path / "notebooks/a/old.ipynb").exists()


@pytest.mark.parametrize(
    ("low", "high", "form", "text"),
    [
        ("0.8", "0.86", ".3f", "between 0.80 and 0.86"),
        ("10_000", "12_500", ".0f", "between 10000 and 12500"),
        ("-0.5", "0.5", ".2f", "between -0.5 and 0.5"),
        ("1e-7", "2e-7", ".1e", r"between $10^{-7}$ and $2 \cdot 10^{-7}$"),
        ("-1e-9", "1e-9", ".2f", "0.00"),
        ("3", "3", "g", "3"),
    ],
)
def test_a_range_is_written_as_its_claim_has_it(low, high, form, text):
    assert Range(low, high).text(form) == text


# The book itself

LEAKS = re.compile(r"\{[A-Za-z][\w:.+-]*\}`|^\s*>?\s*[`:]{3,}\{|^\([\w-]+\)=\s*$|\[\]\(|\{\{|\[\^|^%", re.MULTILINE)
CODE = re.compile(r"^(`{3,}).*?^\1$|(?<!`)(`+)(?!`).*?(?<!`)\2(?!`)|\$\$.*?\$\$|\$[^$]+\$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def real():
    return Project(ROOT)


def test_nothing_of_myst_leaks_into_a_notebook(real):
    made = export(real)
    assert made
    for path, content in made.items():
        for cell in nbformat.reads(content.decode(), 4).cells:
            if cell.cell_type == "markdown":
                assert not LEAKS.search(CODE.sub("", cell.source)), (path.name, cell.source)


def test_the_code_of_a_notebook_is_the_code_of_its_lecture(real):
    for path, content in export(real).items():
        lecture = real.lectures[path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()]
        code = [cell.source for cell in nbformat.reads(content.decode(), 4).cells if cell.cell_type == "code"]
        assert code[1:] == [cell.source for cell in lecture.code if "solution" not in cell.tags]


def test_every_solution_of_a_lecture_is_folded(real):
    for path, content in export(real).items():
        lecture = real.lectures[path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()]
        text = "\n".join(c.source for c in nbformat.reads(content.decode(), 4).cells if c.cell_type == "markdown")
        for cell in lecture.code:
            if "solution" in cell.tags:
                folded = re.findall(r"<details>.*?</details>", text, flags=re.DOTALL)
                assert any(cell.source in one for one in folded)


def test_the_committed_notebooks_are_in_step(real):
    stale = command(ROOT, "--check")
    assert stale.exit_code == 0, stale.output


def colab():
    """name -> version of what Colab has installed."""
    rows = [row.split("==") for row in (ROOT / "tests/colab.txt").read_text("utf-8").splitlines() if "==" in row]
    return {name.lower().replace("_", "-"): version for name, version in rows}


def test_colab_has_what_a_lecture_needs_at_a_version_that_we_take():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for line in project["dependencies"] + project["optional-dependencies"]["lectures"]:
        needed = Requirement(line)
        if needed.name == "optuna":  # the one that the install cell brings, as tests/colab.txt says
            assert needed.name not in colab()
            continue
        assert needed.name in colab(), f"Colab lacks {needed.name}: the install cell would bring it"
        assert needed.specifier.contains(colab()[needed.name]), line


def test_the_address_is_the_one_setting_of_the_book(real):
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    for content in export(real).values():
        assert requirement(url, course_lib.__version__) in content.decode().replace('\\"', '"')
