"""Claims: what is shown, glued, recorded and raised, in a notebook and outside, in each of the three modes."""

import json
import math
import re
import subprocess
import sys
from fractions import Fraction

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course_lib.claims import GLUE, MIME, FalseClaim, claim


class Tensor:
    """What a tensor without axes offers."""

    def __init__(self, value):
        self.value = value

    def __float__(self):
        return self.value


def run(*cells: str) -> list:
    """The outputs of each cell of a notebook, run by a kernel; the imports stand in a cell before them."""
    sources = ("import numpy as np\nfrom course_lib.claims import claim", *cells)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    try:
        NotebookClient(notebook, kernel_name="python3").execute()
    except CellExecutionError:
        pass  # a cell that raises ends the run: its outputs are looked at
    nbformat.validate(notebook)
    return [cell.outputs for cell in notebook.cells[1:]]


# ------------------------------------------------------------------------------------------ outside a notebook


def test_a_true_claim_prints_what_was_measured(capsys):
    assert claim("gain", 9.99, 9.9, 10.1, "gain of the filter") is None
    assert capsys.readouterr().out == "✓ gain of the filter: 9.99 (claimed: 9.9 to 10.1)\n"


def test_a_false_claim_prints_a_cross_and_goes_on(capsys):
    claim("gain", 8.0, 9.9, 10.1, "gain of the filter")
    assert capsys.readouterr().out == "✗ gain of the filter: 8.0 (claimed: 9.9 to 10.1)\n"


def test_a_false_claim_shows_enough_digits_to_see_that_it_is_false(capsys):
    claim("accuracy", 0.8600001, 0.8, 0.86, "accuracy")
    assert capsys.readouterr().out == "✗ accuracy: 0.8600001 (claimed: 0.8 to 0.86)\n"


def test_a_claim_of_one_value_shows_it_once(capsys):
    claim("parameters", 266_610, 266_610, 266_610, "parameters of the network")
    assert capsys.readouterr().out == "✓ parameters of the network: 266610 (claimed: 266610)\n"


def test_enforce_raises_a_message_that_names_the_claim(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_CLAIMS", "enforce")
    message = "claim 'gain' is false: gain of the filter: measured 8.0, claimed 9.9 to 10.1"
    with pytest.raises(FalseClaim, match=f"^{re.escape(message)}$"):
        claim("gain", 8, 9.9, 10.1, "gain of the filter")
    assert capsys.readouterr().out.startswith("✗ gain of the filter")


def test_enforce_lets_true_claims_pass(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_CLAIMS", "enforce")
    claim("gain", 10.1, 9.9, 10.1, "gain")  # both ends belong to the range
    claim("gain", 9.9, 9.9, 10.1, "gain")
    assert capsys.readouterr().out.count("✓") == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_enforce_raises_for_what_is_not_finite(monkeypatch, value):
    monkeypatch.setenv("COURSE_CLAIMS", "enforce")
    with pytest.raises(FalseClaim, match=f"measured {float(value)!r}"):
        claim("loss", value, -1e308, 1e308, "loss")


def test_not_comparable_says_so_and_stops_nothing(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_CLAIMS", "not-comparable")
    claim("gain", 8.0, 9.9, 10.1, "gain")
    claim("gain", 10.0, 9.9, 10.1, "gain")
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["✗", "✓"]
    assert all(line.endswith("— not comparable: the parameters were changed") for line in lines)


@pytest.mark.parametrize("word", ["Enforce", "enforced", "1", "not comparable", " "])
def test_an_unknown_mode_is_refused_rather_than_ignored(monkeypatch, word):
    monkeypatch.setenv("COURSE_CLAIMS", word)
    with pytest.raises(ValueError, match=f"^COURSE_CLAIMS: got {word!r}; takes"):
        claim("gain", 1, 0, 2, "gain")


@pytest.mark.parametrize(
    "value",
    [1, 1.0, True, np.float16(1), np.float32(1), np.float64(1), np.int64(1), np.bool_(True), np.array(1.0),
     np.array([1.0]), np.array([[1]]), Fraction(1), Tensor(1.0)],
)  # fmt: skip
def test_every_kind_of_number_is_taken(value, capsys):
    claim("one", value, 1, 1, "one")
    assert capsys.readouterr().out == "✓ one: 1 (claimed: 1)\n"


@pytest.mark.parametrize(
    "value", ["1", b"1", None, ..., 1j, np.complex128(1), np.array([1.0, 2.0]), np.array([]), [1.0], lambda: 1]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"^value: got .*; takes one real number$"):
        claim("one", value, 1, 1, "one")


@pytest.mark.parametrize("name", ["", "two words", "1st", "a-b", None, 3, "ä.b"])
def test_a_name_is_an_identifier(name):
    with pytest.raises(ValueError, match=r"^name: got .*; takes an identifier"):
        claim(name, 1, 0, 2, "one")


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, 1), (0, math.nan), (-math.inf, 1), (0, math.inf)])
def test_a_range_is_finite_and_not_empty(low, high):
    with pytest.raises(ValueError, match=r"^low, high: got .*; takes two finite numbers with low <= high$"):
        claim("one", 1, low, high, "one")


def test_bounds_are_numbers():
    with pytest.raises(TypeError, match=r"^low: got 'a'; takes one real number$"):
        claim("one", 1, "a", 2, "one")
    with pytest.raises(TypeError, match=r"^high: got None; takes one real number$"):
        claim("one", 1, 0, None, "one")


@pytest.mark.parametrize("statement", ["", "  ", "two\nlines", "two\u2028lines", None, 5])
def test_a_statement_is_one_line_of_text(statement):
    with pytest.raises(ValueError, match=r"^statement: got .*; takes one line of text"):
        claim("one", 1, 0, 2, statement)


numbers = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(value=numbers, a=finite, b=finite)
def test_a_claim_raises_exactly_when_it_is_false(value, a, b):
    low, high = sorted((a, b))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CLAIMS", "enforce")
        if low <= value <= high:
            claim("x", value, low, high, "x")
        else:
            with pytest.raises(FalseClaim):
                claim("x", value, low, high, "x")


# ------------------------------------------------------------------------------------------ in a notebook


@pytest.fixture(scope="module")
def outputs():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_CLAIMS", raising=False)
        return run(
            "claim('first', np.float64(0.1234567), 0, np.float64(1), 'a first number')",
            "claim('second', np.float32(2), 0, 1, 'a second')\nprint('goes on')",
            "claim('third', float('nan'), 0, 1, 'a third')\nclaim('fourth', -float('inf'), 0, 1, 'a fourth')",
        )


def test_the_record_stands_beside_the_line(outputs):
    line, _ = outputs[0]
    assert line.output_type == "display_data"
    assert line.data == {
        "text/plain": "✓ a first number: 0.1235 (claimed: 0 to 1)",
        MIME: {"name": "first", "value": 0.1234567, "low": 0.0, "high": 1.0, "statement": "a first number",
               "holds": True, "comparable": True},
    }  # fmt: skip


def test_the_value_is_glued_where_myst_nb_looks_for_it(outputs):
    _, glued = outputs[0]
    assert glued.data == {GLUE + "text/plain": "0.1234567"}
    assert glued.metadata == {"scrapbook": {"name": "first", "mime_prefix": "application/papermill.record/"}}


def test_without_a_mode_a_false_claim_is_shown_and_the_cell_goes_on(outputs):
    line, _, printed = outputs[1]
    assert line.data["text/plain"] == "✗ a second: 2.0 (claimed: 0 to 1)"
    assert line.data[MIME]["holds"] is False and line.data[MIME]["value"] == 2.0
    assert printed.text == "goes on\n"


def test_what_is_not_finite_is_recorded_by_name_and_the_record_stays_json(outputs):
    third, glued, fourth, _ = outputs[2]
    assert third.data[MIME]["value"] == "nan" and fourth.data[MIME]["value"] == "-inf"
    assert glued.data == {GLUE + "text/plain": "nan"}  # a number to a format such as {glue:text}`third:.3f`
    json.dumps([third.data, fourth.data], allow_nan=False)


def test_myst_nb_finds_the_glued_values_and_hides_their_outputs(outputs):
    from myst_nb.ext.glue import extract_glue_data

    cells = [nbformat.v4.new_code_cell("", outputs=list(cell)) for cell in outputs]
    notebook = nbformat.from_dict(json.loads(json.dumps(nbformat.v4.new_notebook(cells=cells))))
    values = extract_glue_data(notebook, [0] * len(cells), logger=None)
    assert {name: float(value.data["text/plain"]) for name, value in values.items()} == pytest.approx(
        {"first": 0.1234567, "second": 2.0, "third": math.nan, "fourth": -math.inf}, nan_ok=True
    )
    assert [len(cell.outputs) for cell in notebook.cells] == [1, 2, 2]


def test_in_a_notebook_enforce_records_the_false_claim_and_then_raises(monkeypatch):
    monkeypatch.setenv("COURSE_CLAIMS", "enforce")
    (good, _), (bad, glued, error) = run("claim('a', 1, 0, 2, 'a')", "claim('b', 3, 0, 2, 'b')\nprint('not reached')")
    assert good.data[MIME]["holds"] is True
    assert bad.data[MIME]["holds"] is False and glued.data == {GLUE + "text/plain": "3.0"}
    assert (error.ename, error.evalue) == ("FalseClaim", "claim 'b' is false: b: measured 3.0, claimed 0.0 to 2.0")


def test_in_a_notebook_not_comparable_is_recorded(monkeypatch):
    monkeypatch.setenv("COURSE_CLAIMS", "not-comparable")
    ((line, _, printed),) = run("claim('b', 3, 0, 2, 'b')\nprint('goes on')")
    assert line.data[MIME]["comparable"] is False and line.data[MIME]["holds"] is False
    assert "not comparable" in line.data["text/plain"] and printed.text == "goes on\n"


def test_ipython_in_a_terminal_shows_the_line_and_nothing_else(tmp_path):
    code = "from course_lib.claims import claim; claim('a', 1, 0, 2, 'a number')"
    options = ["--no-banner", "--colors=NoColor", f"--ipython-dir={tmp_path}"]
    shown = subprocess.run(
        [sys.executable, "-m", "IPython", *options, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert shown.stdout == "✓ a number: 1 (claimed: 0 to 2)\n", shown.stderr


def test_importing_claims_imports_neither_ipython_nor_a_framework():
    code = "import sys, course_lib.claims; print([m for m in ('IPython', 'keras', 'matplotlib') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
