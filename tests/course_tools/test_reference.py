"""Docstrings become pages: formulas as mathematics, names as links, and nothing that is not there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import course_lib
from course_tools import formulas, reference
from course_tools.docstrings import parts
from course_tools.errors import CourseError
from course_tools.formulas import NotUnderstood, to_tex
from course_tools.lecture import Lecture
from course_tools.project import Project
from course_tools.reference import Library

LIBRARY = Library(Path(course_lib.__file__).parent)
DOCSTRINGS = {module.name: module.docstring for module in LIBRARY.public.values()} | {
    full: name.docstring for full, name in LIBRARY.names.items()
}
FORMULAS = [
    pytest.param(part.text, id=f"{place}, line {part.line}")
    for place, docstring in DOCSTRINGS.items()
    for part in parts(docstring, place)
    if part.kind == "block" and not formulas.is_python(part.text) and not formulas.is_table(part.text)
]


def inner(text: str) -> str:
    """The TeX of one cell without relation."""
    tex = to_tex(text)
    assert tex.startswith(r"\begin{aligned}&") and tex.endswith(r"\end{aligned}")
    return tex.removeprefix(r"\begin{aligned}&").removesuffix(r"\end{aligned}")


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("beta_1 · m_{t-1}", r"\beta_{1} \cdot m_{t - 1}"),
        ("decay_steps", r"\mathrm{decay\_steps}"),
        ("g_t²", r"g_{t}^{2}"),
        ("beta_2^t", r"\beta_{2}^{t}"),
        ("(z I - A)^-1 B", r"(z\,I - A)^{-1}\,B"),
        ("a / b", r"\frac{a}{b}"),
        ("a · b / c", r"\frac{a \cdot b}{c}"),
        ("a / b · c", r"\frac{a}{b} \cdot c"),
        ("a / b · c / d", r"\frac{a}{b} \cdot \frac{c}{d}"),
        ("a / b / c", r"\frac{a / b}{c}"),
        ("(a + b) / (c + d)", r"\frac{a + b}{c + d}"),
        ("a / (b / (c + d))", r"\frac{a}{b / (c + d)}"),
        ("a · dJ/dz_k", r"a \cdot \frac{\mathrm{d}J}{\mathrm{d}z_{k}}"),
        ("a - b / c", r"a - \frac{b}{c}"),
        ("-bias / weight", r"{-}\frac{\mathrm{bias}}{\mathrm{weight}}"),
        ("x^(t / s)", r"x^{t / s}"),
        ("x^floor(t / s)", r"x^{\lfloor t / s\rfloor}"),
        ("sqrt(v_t) + epsilon", r"\sqrt{v_{t}} + \epsilon"),
        ("sqrt(v_t + epsilon)", r"\sqrt{v_{t} + \epsilon}"),
        ("⌈log(1 - c) / s⌉", r"\left\lceil  \frac{\log(1 - c)}{s} \right\rceil"),
        ("(1 - s)ⁿ", r"(1 - s)^{n}"),
        ("losses_(i)", r"\mathrm{losses}_{(i)}"),
        ("√3 σ", r"\sqrt{3}\,\sigma"),
        ("1/√(2π)", r"\frac{1}{\sqrt{2\pi}}"),
        ("½ e²", r"\tfrac{1}{2}\,e^{2}"),
        ("Σ_k y_k - y_i", r"\sum_{k} y_{k} - y_{i}"),
        ("Σ upstream · z", r"\sum \mathrm{upstream} \cdot z"),
        ("max(z, 0) - |z|", r"\max(z,~0) - |z|"),
        ("‖g‖²", r"\|g\|^{2}"),
        ("min(1, c / ‖g‖)", r"\min\left( 1,~\frac{c}{\|g\|} \right)"),
        ("1 - t / s mod 2", r"1 - \frac{t}{s} \bmod 2"),
        ("edges[k + 1]", r"{\mathrm{edges}}_{k + 1}"),
        ("norms[layer][i]", r"{\mathrm{norms}}_{\mathrm{layer},i}"),
        ("2b y", r"2b\,y"),
        ("a_{k-1}ᵀ delta_k", r"a_{k - 1}^{\top}\,\delta_{k}"),
        ("y ln p", r"y\,\ln p"),
        ("sign(diag R)", r"\mathrm{sign}(\mathrm{diag}\, R)"),
        ("f in [0, 1)", r"f \in [0,~1)"),
        ("|e| <= delta", r"|e| \le \delta"),
        ("or 1 - beta^t with compensated", r"\text{or }1 - \beta^{t}\text{ with compensated}"),
        ("the bias is -weight · s", r"\text{the bias is }{-}\mathrm{weight} \cdot s"),
        ('lr_at "output"', r"\mathrm{lr\_at}\,\text{“output”}"),
        ("(step of adam)_t + w", r"(\text{step of adam})_{t} + w"),
    ],
)
def test_plain_notation_becomes_tex(text: str, tex: str) -> None:
    assert inner(text) == tex


@pytest.mark.parametrize(
    "text", ["a +", "a · · b", "(a + b", "a + b)", "a / b c", "= = b", "a $ b", "sqrt(", "|a", "a . b", "x_", "\\alpha"]
)
def test_what_has_no_meaning_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood, match="after"):
        to_tex(text)


def test_rows_are_aligned_at_their_relations_and_cells_below_each_other() -> None:
    tex = to_tex("m_t = a,      m_0 = 0\nstate = b,    v_0 = 1")
    assert tex == (
        r"\begin{aligned}m_{t} &= a,~ & m_{0} &= 0\\ \mathrm{state} &= b,~ & v_{0} &= 1\end{aligned}"
    )


def test_an_indented_row_goes_on_below_what_begins_above_it() -> None:
    assert to_tex("f = a    t < 1\n    b    t > 1").count(r"\\") == 1
    assert to_tex("f = a\n  = b") == r"\begin{aligned}f &= a\\  &= b\end{aligned}"
    assert r"\phantom{\text{training}{:}~}" in to_tex("training:  a = b,    c = d\n           s = a")
    with pytest.raises(NotUnderstood, match="begins below nothing"):
        to_tex("m_t = a\n  b")


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_of_a_formula_is_lost_and_nothing_changes_its_place(text: str) -> None:
    tex = re.sub(r"\\phantom\{.*?~\}|\\begin\{\w+\}(\{l\})?|\\end\{\w+\}|\[0.5em\]", " ", to_tex(text))
    tex = re.sub(r"\\(?:mathrm|text|texttt|tfrac)\b", " ", tex)
    said = {"infty": "inf", "in": "in", "sqrt": "sqrt", "lfloor": "floor"}
    silent = (
        "frac cdot left right qquad sum le ge leftarrow approx iff top bmod ldots partial rfloor lceil rceil".split()
    )
    symbols = {value: key for key, value in formulas.GREEK.items()}

    def spelled(match: re.Match[str]) -> str:
        name = match[1]
        return " " if name in silent else f" {symbols.get(name, said.get(name, name))} "

    shown = re.sub(r"\\([A-Za-z]+)", spelled, tex.replace(r"\_", "_")).replace(r"{1}{2}", " ½ ")
    assert _letters(shown) == _letters(text)


def _letters(text: str) -> str:
    for letter, name in formulas.GREEK.items():
        if name in formulas.GREEK_NAMES:
            text = re.sub(rf"(?<![A-Za-z]){name}(?![A-Za-z])|(?<=d){name}(?![A-Za-z])", letter, text)
    text = text.replace("²", "2").replace("³", "3").replace("ⁿ", "n").replace("√", "sqrt").replace("mod ", " ")
    text = re.sub(r"\bin\b", "", text)  # the relation, or the word
    return "".join(re.findall(r"[^\W_]|½", text.replace("Σ", "").replace("ᵀ", "")))


def test_every_formula_of_the_package_was_seen() -> None:
    assert len(FORMULAS) > 80


def package(folder: Path, **modules: str) -> Library:
    (folder / "course_lib").mkdir()
    for name, text in {"__init__": '"""A package."""\n', **modules}.items():
        (folder / "course_lib" / f"{name}.py").write_text(text)
    return Library(folder / "course_lib")


ONE = '"""One."""\n\n\ndef f(x: float = 1.0) -> float:\n    """{}"""\n    return x\n'


def test_a_public_name_without_docstring_fails_with_its_place(tmp_path: Path) -> None:
    library = package(tmp_path, one='"""One."""\n\n\ndef bare(x: int) -> int:\n    return x\n')
    with pytest.raises(CourseError) as error:
        reference.pages(library, {})
    assert error.value.failures[0].sentence == (
        f"course_lib.one.bare, {tmp_path}/course_lib/one.py:4: has no docstring"
    )


def test_a_formula_that_is_not_understood_fails_with_its_place(tmp_path: Path) -> None:
    library = package(tmp_path, one=ONE.format("Double.\n\n        y = 2 ·\n    "))
    with pytest.raises(CourseError) as error:
        reference.pages(library, {})
    assert "course_lib.one.f: docstring, line 3: a formula is not understood" in error.value.failures[0].sentence


def test_a_name_that_leads_nowhere_fails(tmp_path: Path) -> None:
    library = package(tmp_path, one=ONE.format("As `course_lib.one.gone`."))
    with pytest.raises(CourseError) as error:
        reference.pages(library, {})
    assert error.value.failures[0].sentence == "course_lib.one: `course_lib.one.gone` names nothing that is documented"


def test_names_between_backticks_become_links_and_arguments_do_not(tmp_path: Path) -> None:
    two = '"""Two."""\nfrom course_lib.one import f\n\n\ndef g(f: float) -> float:\n    """Not `f`, but `g`."""\n'
    library = package(tmp_path, one=ONE.format("See `g` and `numpy.sum`; |x| < 3 * y_1."), two=two)
    made = reference.pages(library, {})
    assert "See {py:obj}`g <course_lib.two.g>` and `numpy.sum`; \\|x\\| \\< 3 \\* y\\_1." in made["reference/one"]
    assert "Not `f`, but {py:obj}`g <course_lib.two.g>`." in made["reference/two"]


def test_a_page_has_signature_and_lines_of_the_source(tmp_path: Path) -> None:
    text = reference.pages(package(tmp_path, one=ONE.format("Nothing.")), {})["reference/one"]
    assert "{py:function} f(x: float=1.0) -> float" in text
    assert "{repository}`course_lib/one.py#L4-L6`" in text


def test_a_signature_links_classes_and_names_aliases_shortly(tmp_path: Path) -> None:
    one = '"""One."""\nState = dict\n"""What is remembered."""\n\n\nclass C:\n    """A class."""\n'
    two = '"""Two."""\nfrom course_lib.one import C, State\n\n\ndef f(c: C) -> State:\n    """Fine."""\n'
    text = reference.pages(package(tmp_path, one=one, two=two), {})["reference/two"]
    assert "{py:function} f(c: course_lib.one.C) -> State" in text


def test_what_a_lecture_uses_is_found_however_it_is_imported(lecture: Callable[..., tuple[Lecture, Project]]) -> None:
    cell = """\
```{code-cell} ipython3
import course_lib.schedules as rates
from course_lib import clipping
from course_lib.optimizers import RULES, ar1
def late():
    from course_lib.losses import huber
    return rates.cosine(0.1, 10), clipping.by_norm, "adam", rates.SCHEDULES
```
"""
    one, _ = lecture(cell)
    used = LIBRARY.used_by(one)
    assert used == [
        "course_lib.clipping.by_norm", "course_lib.losses.huber", "course_lib.optimizers.named.RULES",
        "course_lib.optimizers.parts.ar1", "course_lib.schedules.SCHEDULES", "course_lib.schedules.cosine",
    ]  # fmt: skip
    box = reference.uses(LIBRARY, one)
    assert "{py:obj}`ar1 <course_lib.optimizers.parts.ar1>`" in box
    made = reference.pages(LIBRARY, {one.name: one})
    entry = made["reference/schedules"].split("{py:class} cosine(")[1].split("{py:class}")[0]
    assert "Used in [](/part/one.ipynb)." in entry
    assert "Used in" not in made["reference/dropout"]


def test_a_lecture_that_uses_nothing_has_no_box(lecture: Callable[..., tuple[Lecture, Project]]) -> None:
    assert reference.uses(LIBRARY, lecture("Words.\n")[0]) == ""


def test_a_class_shows_its_fields_its_methods_and_its_properties(tmp_path: Path) -> None:
    one = '''"""One."""\nfrom typing import NamedTuple\n\n\nclass C(NamedTuple):
    """A class."""

    x: int
    y: float = 2.0

    def twice(self, n: int) -> int:
        """Twice."""
        return n

    @property
    def size(self) -> int:
        """How large."""
        return 1

    def _own(self) -> None: ...
'''
    text = reference.pages(package(tmp_path, one=one), {})["reference/one"]
    assert "{py:class} C(x: int, y: float=2.0)" in text
    assert "{py:method} twice(n: int) -> int" in text
    assert "{py:property} size\n:type: int" in text
    assert "_own" not in text


def test_exercises_and_private_modules_have_no_page() -> None:
    made = reference.pages(LIBRARY, {})
    assert "reference/schedules" in made
    assert [page for page in made if "exercises" in page or "/_" in page] == []
