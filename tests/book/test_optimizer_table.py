"""The page of all optimizers: every rule has its row, what stands there was measured, and what is drawn is true."""

import re
from pathlib import Path

import numpy as np
import pytest

import course_lib
from course_lib.optimizers import RULES, ar1, arma1, descend, describe, frequency_response
from course_tools import optimizer_table as table
from course_tools.reference import Library

LIBRARY = Library(Path(course_lib.__file__).parent)
ROWS = dict(zip(RULES, table.page(lecture=True).partition("| :-- |")[2].split("\n")[1:], strict=False))
every_rule = pytest.mark.parametrize("name", RULES)
AGE = np.arange(table.AGES)
MEMORIES = {
    "sgd": np.eye(1, table.AGES)[0],
    "momentum": 0.9**AGE,
    "nesterov": np.concatenate([[1.9], 0.9 ** (AGE[1:] + 1)]),
    "adam": 0.1 * 0.9**AGE,
    "nadam": np.concatenate([[0.19], 0.1 * 0.9 ** (AGE[1:] + 1)]),
    "lion": np.concatenate([[0.1], 0.9 * 0.01 * 0.99 ** AGE[:-1]]),
}
STEP = np.arange(1, table.STEPS + 1)
STEPS = {
    "sgd": np.ones(table.STEPS),
    "momentum": (1 - 0.9**STEP) / 0.1,
    "adagrad": 1 / np.sqrt(0.1 + STEP + 1e-7),
    "rmsprop": 1 / np.sqrt(1 - 0.9**STEP + 1e-7),
    "adam": 1 / (1 + 1e-7 / np.sqrt(1 - 0.999**STEP)),
    "lion": np.ones(table.STEPS),
}
HALVES = {
    "sgd": np.nan,  # its steps grow with the gradient
    "momentum": np.nan,
    "lion": np.nan,  # a sign has one length
    "adagrad": np.sqrt((0.1 + 1e-7) / 3),
    "rmsprop": np.sqrt(1e-7 / 0.3),
    "adadelta": np.sqrt(1e-7 / 0.15),
    "adam": 1e-7 / np.sqrt(0.001),
    "adam_paper": 1e-8,
    "adamw": 1e-7 / np.sqrt(0.001),
    "adamax": 1e-7,
}


def test_every_rule_has_its_row_in_the_order_of_the_library():
    lines = [line for line in table.page(lecture=True).split("\n") if line.startswith("| {py:obj}")]
    assert [line.split("`")[1].split()[0] for line in lines] == list(RULES)


@every_rule
def test_a_row_says_what_describe_finds(name: str):
    cells = ROWS[name].strip("| ").split(" | ")
    found = describe(name)
    assert [cell.partition("<")[0] for cell in cells[1:3]] == [found.filter, found.normalizer]
    parts = found.combined + "; needs the weights" * found.needs_weights
    assert re.findall(r'class="fact">([^<]+)<', cells[0]) == [
        f"compensated: {found.compensation}",
        f"rate at: {found.lr_at}",
        f"parts: {parts}",
    ]


@every_rule
def test_a_largest_value_between_the_ends_is_shown(name: str):
    shown = re.findall(r'class="spark-ends">(memory|gain|steps) ([^<]+)<', ROWS[name])
    for (_, text), values in zip(shown, table.responses(RULES[name]()), strict=True):
        ends = f"{values[0]:.3g}", f"{values[-1]:.3g}"
        top = f"{values.max():.3g}"
        assert text == " to ".join(ends) + (f", at most {top}" if top not in ends else "")


@every_rule
def test_a_name_leads_to_its_formula(name: str):
    text, full = ROWS[name].split("`")[1].rstrip(">").split(" <")
    assert (text, full.rpartition(".")[2]) == (name, name)
    assert "step_t = " in LIBRARY.names[full].docstring


@every_rule
def test_memory_gain_and_steps_are_drawn_and_said(name: str):
    pictures = table.pictured(ROWS[name])
    assert [said.partition(" ")[0] for said, _ in pictures] == ["Memory", "Gain", "Steps"]
    for (said, heights), values in zip(pictures, table.responses(RULES[name]()), strict=True):
        assert np.allclose(heights, values / values.max(), atol=2e-4)
        assert f"from {values[0]:.3g} to {values[-1]:.3g} " in said and said.endswith(f"at most {values.max():.3g}")


@pytest.mark.parametrize("name", MEMORIES)
def test_the_memory_is_that_of_the_formula(name: str):
    assert np.allclose(table.responses(RULES[name]()).memory, MEMORIES[name], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "filter"),
    [
        ("momentum", ar1(0.9)),
        ("nesterov", arma1(0.9)),
        ("adam", ar1(0.9, unit_dc=True)),
        ("adamax", ar1(0.9, unit_dc=True)),
    ],
)
def test_the_gain_is_that_of_the_filter_without_compensation(name: str, filter):
    gain = np.abs(frequency_response(filter, table.FREQUENCIES))
    assert np.allclose(table.responses(RULES[name]()).gain, gain, rtol=1e-9)


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_are_those_of_the_formula(name: str):
    assert np.allclose(table.responses(RULES[name]()).steps, STEPS[name], rtol=1e-6)


def test_the_steps_are_those_that_the_rule_takes_downhill():
    way = descend("adadelta", np.ones_like, 0.0, table.STEPS, 1.0)
    assert np.allclose(table.responses(RULES["adadelta"]()).steps, -np.diff(way))


@pytest.mark.parametrize("name", HALVES)
def test_the_half_is_that_of_the_formula(name: str):
    assert np.isclose(table.half_at(RULES[name]()), HALVES[name], rtol=1e-5, equal_nan=True)


@every_rule
def test_the_half_is_said_under_the_normalizer(name: str):
    half = table.half_at(RULES[name]())
    said = ROWS[name].strip("|").split(" | ")[2]
    assert (f"half at {half:.2g}<" in said) if half > 0 else ("half" not in said)


def test_a_part_that_is_told_in_words_has_no_picture():
    assert table.picture("Memory", "x", [], "steps later") == ""
    assert len(table.responses(RULES["sgd"]()._replace(filter="own")).memory) == 0


def test_the_page_links_to_the_lecture_once_it_is_there():
    assert "[](/optimizers/adaptive-methods.ipynb)" in table.page(lecture=True)
    assert "adaptive-methods.ipynb" not in table.page(lecture=False)
