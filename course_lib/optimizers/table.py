"""What every rule is made of: the table of all optimizers, a row a rule.

A filter, a normalizer, and how they are combined, is what a rule is built from, and it knows. The rest of its row is
measured on the rule, so that it is true of the code and not of an intention.

>>> for name in RULES:
...     row = describe(name)
...     print(f"{name:16} | {row.filter} | {row.normalizer} | {row.compensation} | {row.lr_at}")
sgd              | none | none | none | output
momentum         | AR1(0.9) | none | none | input
momentum_torch   | AR1(0.9) | none | none | output
nesterov         | ARMA1(0.9) | none | none | input
adagrad          | none | sum of squares | none | output
adadelta         | none | AR1(0.95) of squares, over that of its own steps | none | output
rmsprop          | none | AR1(0.9) of squares | none | output
rmsprop_momentum | AR1(0.9) | AR1(0.9) of squares | none | input
adam             | AR1(0.9), unit DC gain | AR1(0.999) of squares | both | output
adam_paper       | AR1(0.9), unit DC gain | AR1(0.999) of squares | both | output
adamax           | AR1(0.9), unit DC gain | largest gradient, fading by 0.999 | filter | output
amsgrad          | AR1(0.9), unit DC gain | largest AR1(0.999) of squares so far | both | output
nadam            | AR1(0.9) looking ahead, its memory growing | AR1(0.999) of squares | both | output
adamw            | AR1(0.9), unit DC gain | AR1(0.999) of squares | both | output
lion             | ARMA(1, 1), unit DC gain | the filter's own size | none | output

Without a filter the two places of the learning rate are one: what it scales is forgotten after the step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib._arguments import one_of
from course_lib.optimizers.named import RULES
from course_lib.optimizers.parts import Part
from course_lib.optimizers.responses import outputs
from course_lib.optimizers.rules import Rule

GRADIENTS = np.array([1.0, -0.5, 2.0, 0.25])
"""What the rules are tried with."""


class Row(NamedTuple):
    """What a rule is made of.

    Args:
        filter: what it does to the gradient, "none" included.
        normalizer: what it divides by. Of squares, it is the root.
        combined: "parallel" or "series", or in words; see `course_lib.optimizers.rules`.
        compensation: which of the two makes up for its transient: "none", "filter", "normalizer" or "both".
        lr_at: "input" if the learning rate of a step still counts in later steps, else "output".
        needs_weights: whether the step depends on where the weights are, and not on the gradient alone.
    """

    filter: str
    normalizer: str
    combined: str
    compensation: str
    lr_at: str
    needs_weights: bool


def describe(rule: Rule | str) -> Row:
    """What a rule is made of: its row of the table.

    Args:
        rule: the name of a rule, one of RULES (with its default hyperparameters), or a Rule.

    Returns:
        A Row. What parts there are, the rule says. Compensation, the place of the learning rate and the need of the
        weights are measured, at t = 1, 2, … and another time at t = 101, 102, …; with another learning rate at the
        first step; with other weights.

    Raises:
        ValueError: there is no rule of this name.
        TypeError: rule is neither.

    >>> describe("adamw")._asdict()  # doctest: +NORMALIZE_WHITESPACE
    {'filter': 'AR1(0.9), unit DC gain', 'normalizer': 'AR1(0.999) of squares',
     'combined': 'parallel, decay beside it', 'compensation': 'both', 'lr_at': 'output', 'needs_weights': True}
    >>> describe(RULES["nesterov"](momentum=0.5, lr_at="output"))[:5]
    ('ARMA1(0.5)', 'none', 'parallel', 'none', 'output')
    """
    if not isinstance(rule, Rule | str):
        raise TypeError(f"rule: got a {type(rule).__name__}; takes a Rule, or the name of one")
    tried = RULES[one_of("rule", rule, RULES)]() if isinstance(rule, str) else rule
    once = _steps(tried)
    return Row(
        filter=_kind(tried.filter),
        normalizer=_kind(tried.normalizer),
        combined=tried.combined,
        compensation=_compensation(tried),
        lr_at="output" if np.array_equal(_steps(tried, first_lr=2.0)[1:], once[1:]) else "input",
        needs_weights=not np.array_equal(_steps(tried, w=1.0), once),
    )


def _kind(part: Part | str) -> str:
    """What a part is; what does its work is said in words anyway."""
    return part.kind if isinstance(part, Part) else part


def _compensation(rule: Rule) -> str:
    """Which of the parts makes up for its transient: the one that does other things at another t."""
    if np.array_equal(_steps(rule), _steps(rule, first_t=101)):
        return "none"
    parts = {"filter": rule.filter, "normalizer": rule.normalizer}
    found = [name for name, part in parts.items() if isinstance(part, Part) and _changes_with_t(part)]
    return "both" if len(found) == 2 else found[0] if found else "own"


def _changes_with_t(part: Part) -> bool:
    """Whether a part gives something else for the same gradients where it meets them later."""
    return not np.array_equal(outputs(part, GRADIENTS), outputs(part, GRADIENTS, first=101))


def _steps(rule: Rule, first_t: int = 1, first_lr: float = 1.0, w: float = 0.0) -> NDArray[np.float64]:
    """The steps of a rule for GRADIENTS, at weights that stay where they are."""
    weights, rates = np.array([w]), [first_lr, *np.ones(len(GRADIENTS) - 1)]
    state, steps = rule.init(weights), []
    for k, (g, lr) in enumerate(zip(GRADIENTS, rates, strict=True)):
        step, state = rule.update(np.array([g]), state, first_t + k, lr, weights)
        steps.append(step[0])
    return np.array(steps)
