"""The table of all optimizers: a row a rule, as `describe` finds it, with its responses drawn.

Nothing of it is typed here: what kind of part it is, a part says, and the rest is measured. A rule that is added to
RULES gets its row by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.optimizers import RULES, Part, Rule, describe, frequency_response
from course_lib.optimizers.responses import outputs
from course_tools import reference

PAGE = "optimizers/optimizer-table"
HEAD = """\
# All optimizers in one table

Every rule of the library as a filter and a normalizer, with its responses drawn. Names lead to formulas;
[below the table](#sec-how-to-read-the-table) each column is explained.

What a rule is made of, it says itself. Compensation, the place of the learning rate, and whether it needs the weights
are measured on it, and so is what is drawn, with default settings. The lecture {lecture} explains the parts.

Each picture has a scale of its own, and the two numbers below it are its ends, with the largest between them where that
is higher: momentum and Adam are drawn alike, and the gain of one is 10, that of the other 1.

```{table}
:class: rules
| rule | filter | normalizer | steps |
| :-- | :-- | :-- | :-- |
"""
LEGEND = """\
```

(sec-how-to-read-the-table)=
## How to read the table

AR1(β), ARMA1(β)
: a memory that fades by the factor β a step, and Nesterov's form of it, which looks one step ahead. They are sums; with
  unit DC gain they are means, which in the end leave a constant as it is. Lion's ARMA(1, 1) is such a mean with a
  weight of its own for the newest gradient.

Memory
: what a gradient still counts for in the filter, 0, 1, 2, … steps later, once the filter is under way.

Gain
: by how much the filter amplifies waves, from a constant at the left to +1, −1, +1, … at the right; the line at the
  bottom is 0.

Half at (below the normalizer)
: the size of the very first gradient for which the step is half as long as for large ones. Larger gradients are divided
  by their size, smaller ones are multiplied by a constant, as SGD does. It says how much ε weighs, and where it stands;
  in Adagrad, how much the start of its sum weighs.

Steps
: the first steps of the whole rule for a gradient that is always 1, at weight 0, as multiples of the learning rate.

Compensated (below the name)
: which of the two parts makes up for having started from 0.

Rate at
: where the learning rate enters. At the input of the filter: each gradient keeps the rate of its own step. At the
  output: the newest rate scales all that is remembered. Under a constant rate there is no difference.

Parts
: how the two are combined. Parallel is filter over normalizer, both of the gradient; series filters the gradient after
  its division; feedback means that the rule also remembers its own steps. Sign of the filter: every weight moves by one
  rate. Decay beside it: the weights also shrink by themselves.
"""
AGES, STEPS, FREQUENCIES = 30, 40, np.linspace(0, 0.5, 41)
UNDER_WAY, FADED = 400, 2000
"""Steps before the impulse, and steps until nothing of it is left in any filter."""
WIDTH, HEIGHT = 120, 36

Floats = NDArray[np.float64]


def half_at(rule: Rule) -> float:
    """The size of a first gradient whose step is half of that for large ones; nan where there is none.

    SGD has none, for its steps grow for ever; nor has Lion, whose steps all have one length.
    """

    def step(size: float) -> float:
        w = np.zeros(1)
        return float(rule.update(np.array([size]), rule.init(w), 1, 1.0, w)[0][0])

    low, high = -30.0, 6.0
    whole = step(10**high)
    if not np.isclose(step(10 ** (high - 1)), whole, rtol=1e-3) or step(10**low) > whole / 2:
        return float("nan")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if step(10**middle) < whole / 2 else (low, middle)
    return float(10**high)


class Responses(NamedTuple):
    """What is drawn of a rule; memory and gain are empty where it has no filter of its own."""

    memory: Floats
    gain: Floats
    steps: Floats


def responses(rule: Rule) -> Responses:
    """Memory and gain of a rule's filter once it is under way, and the rule's steps for ones."""
    memory, gain = np.empty(0), np.empty(0)
    if isinstance(rule.filter, Part):
        answer = outputs(rule.filter, np.eye(1, UNDER_WAY + FADED, UNDER_WAY)[0])[UNDER_WAY:]
        memory, gain = answer[:AGES], _gain(rule.filter, answer)
    state, steps = rule.init(np.zeros(1)), np.empty(STEPS)
    for k in range(STEPS):
        step, state = rule.update(np.ones(1), state, k + 1, 1.0, np.zeros(1))
        steps[k] = step[0]
    return Responses(memory, gain, steps)


def _gain(filter: Part, answer: Floats) -> Floats:
    """Exactly, where the filter does the same in every step; else from its answer to an impulse."""
    try:
        return np.abs(frequency_response(filter, FREQUENCIES))
    except ValueError:
        return np.abs(np.exp(-2j * np.pi * np.outer(FREQUENCIES, np.arange(len(answer)))) @ answer)


def page(lecture: bool) -> str:
    """The page.

    Args:
        lecture: whether the lecture that explains it is there.
    """
    title = "[](/optimizers/adaptive-methods.ipynb)" if lecture else "on adaptive methods"
    return HEAD.replace("{lecture}", title) + "".join(row(name) for name in RULES) + LEGEND


def row(name: str) -> str:
    """The row of one rule, as a line of Markdown."""
    made_of, drawn = describe(name), responses(RULES[name]())
    filter = [
        made_of.filter,
        picture("Memory", name, drawn.memory, f"{AGES - 1} steps later"),
        picture("Gain", name, drawn.gain, "for the fastest wave"),
    ]
    facts = [
        f"compensated: {made_of.compensation}",
        f"rate at: {made_of.lr_at}",
        f"parts: {made_of.combined}" + ("; needs the weights" if made_of.needs_weights else ""),
    ]
    cells = [
        reference.link(f"{RULES[name].__module__}.{name}", name)
        + "".join(f'<br><small class="fact">{fact}</small>' for fact in facts),
        "<br>".join(filter),
        made_of.normalizer + _half(half_at(RULES[name]())),
        picture("Steps", name, drawn.steps, f"at step {STEPS}"),
    ]
    return f"| {' | '.join(cells)} |\n"


def _half(size: float) -> str:
    """What is said of it under a normalizer; nothing where there is none."""
    return "" if np.isnan(size) else f'<br><small class="spark-ends">half at {size:.2g}</small>'


def picture(kind: str, name: str, values: Sequence[float] | Floats, last: str) -> str:
    """Values as a line from left to right, from 0 at the bottom to the largest at the top, with its ends in words.

    It is drawn in the color of the text, by day and by night.
    """
    if not len(values):
        return ""
    top = max(float(np.max(values)), 1e-300)
    x = np.linspace(2, WIDTH - 2, len(values))
    y = HEIGHT - 2 - (HEIGHT - 4) * np.asarray(values) / top
    points = " ".join(f"{a:.1f},{b:.2f}" for a, b in zip(x, y, strict=True))
    ends = f"{values[0]:.3g} to {values[-1]:.3g}"
    peak = f", at most {top:.3g}" if f"{top:.3g}" not in ends.split(" to ") else ""
    said = f"{kind} of {name}: from {ends} {last}, at most {top:.3g}"
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">'
        f'<path d="M0 {HEIGHT - 2}H{WIDTH}" class="zero"/><polyline points="{points}"/></svg>'
        f'<small class="spark-ends">{kind.lower()} {ends}{peak}</small>'
    )


def pictured(markup: str) -> list[tuple[str, Floats]]:
    """What is drawn in a row, read back: what is said of each picture, and its heights from 0 to 1."""
    found = re.findall(r'aria-label="([^"]+)">.*?points="([^"]+)"', markup)
    return [
        (said, np.array([(HEIGHT - 2 - float(pair.split(",")[1])) / (HEIGHT - 4) for pair in points.split()]))
        for said, points in found
    ]
