"""Which numbers in prose count as typed."""

import pytest

from course_tools.prose import typed_numbers

TYPED = {
    "The loss is 0.25 now.": "0.25",
    "It fell by .5 at once.": ".5",
    "A gap of 1e-7 is left.": "1e-7",
    "About 83 % are right.": "83 %",
    "About 83% are right.": "83%",
    "Five per cent are wrong.": "Five per cent",
    "It is 3 × as fast.": "3 ×",
    "The mean is 7 ± 1.": "7 ±",
    "It is 10 times faster.": "10 times",
    "It is ten times faster.": "ten times",
    "A tenfold gain.": "tenfold",
    "It is 4x faster.": "4x",
    "# A heading with 0.5": "0.5",
    "- a list item with 0.5": "0.5",
    "> a quotation with 0.5": "0.5",
    "| a | b |\n|---|---|\n| x | 0.5 |": "0.5",
    "```{note}\nIt is 0.5.\n```": "0.5",
    "```{admonition} A title with 0.5\n:class: myth\nText.\n```": "0.5",
    ":::{admonition} Outer\n```{dropdown} Inner\nIt is 0.5.\n```\n:::": "0.5",
    "````{exercise-start}\n:label: ex-1\n````\n\nIt is 0.5.": "0.5",
    "[a link with 0.5](https://example.org)": "0.5",
}
FREE = [
    "There are 10 classes, 60,000 pictures and 3 runs.",
    "In 2014 it was version 3.",
    "The loss is {glue:text}`loss:.2f`, and {glue:text}`share:.0f` per cent are right.",
    "It is {glue:text}`ratio:.1f` times faster, with a spread of {glue:text}`spread:.2f` × the step.",
    "A rate of {fixed}`0.5` and {fixed}`ten times` as much.",
    "In mathematics $x = 0.5 \\times 3$, and\n\n$$\ny = 0.25\n$$ (eq-y)",
    "In code `learning_rate=0.5`.",
    "```python\nx = 0.5\n```",
    "```{code-cell} ipython3\nx = 0.5\n```",
    "```{math}\n:label: eq\nx = 0.5\n```",
    "\\begin{align}\nx &= 0.5\n\\end{align}",
    "{cite:t}`kingma2014` and {numref}`fig-0.5`",
    "[the paper](https://arxiv.org/abs/1412.6980) and <https://arxiv.org/abs/1412.6980>",
    "(sec-0.5)=\n## Title",
    "% a comment with 0.5",
    "<!-- a comment with 0.5 -->",
    "```{table} Settings\n:class: settings\n| a | b |\n|---|---|\n| x | 0.5 |\n```",
    "```{list-table}\n:class: settings wide\n* - rate\n  - 0.5\n```",
    "```{figure} x.svg\n:width: 50%\n:alt: a line\n\nA caption.\n```",
    "Sometimes, many times, at times.",
]


@pytest.mark.parametrize("text", TYPED, ids=TYPED.values())
def test_a_typed_number_is_found(text: str) -> None:
    assert [typed.number for typed in typed_numbers(text)] == [TYPED[text]]


@pytest.mark.parametrize("text", FREE)
def test_what_is_not_a_measured_number_is_left_alone(text: str) -> None:
    assert list(typed_numbers(text)) == []


def test_the_line_of_a_typed_number_is_right_inside_directives() -> None:
    text = "One.\n\n:::{admonition} Two\n:class: question\n\nThree\nis 0.5.\n\n```{dropdown} Four\nIs 0.7.\n```\n:::\n"
    assert [(typed.number, text.split("\n")[typed.line]) for typed in typed_numbers(text)] == [
        ("0.5", "is 0.5."),
        ("0.7", "Is 0.7."),
    ]
