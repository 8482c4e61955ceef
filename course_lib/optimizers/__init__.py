"""Optimizers: a filter, a normalizer, a learning rate.

* `parts`: filters and normalizers.
* `rules`: the two ways to combine them, and the rules that are such a combination.
* `other_rules`: those that need a part of their own, or more than two parts.
* `named`: RULES, all of them by name.
* `responses`: what a filter answers to an impulse, to a step and to a frequency.
* `loop`: what becomes of a filter where its output moves the weight that its input depends on.
* `table`: describe, what a rule is made of, as a row of the table of all.
* `descend`: follow a rule downhill and keep the path.
* `in_place`: the same steps, written over the weights; for long vectors.
* `keras_adapter`: RuleOptimizer, any rule as a Keras optimizer.
"""

from typing import TYPE_CHECKING, Any

from course_lib.optimizers.descend import descend
from course_lib.optimizers.in_place import in_place
from course_lib.optimizers.named import RULES, rule
from course_lib.optimizers.parts import (
    Part,
    ar1,
    ar1_of_squares,
    arma,
    arma1,
    no_filter,
    no_normalizer,
    sum_of_squares,
)
from course_lib.optimizers.responses import frequency_response, impulse_response, step_response
from course_lib.optimizers.rules import Rule, parallel, series
from course_lib.optimizers.table import describe

if TYPE_CHECKING:
    from course_lib.optimizers.keras_adapter import RuleOptimizer as RuleOptimizer

__all__ = [  # RuleOptimizer is not among them: `import *` would load Keras
    "RULES",
    "Part",
    "Rule",
    "ar1",
    "ar1_of_squares",
    "arma",
    "arma1",
    "descend",
    "describe",
    "frequency_response",
    "impulse_response",
    "in_place",
    "no_filter",
    "no_normalizer",
    "parallel",
    "rule",
    "series",
    "step_response",
    "sum_of_squares",
]


def __getattr__(name: str) -> Any:
    """`RuleOptimizer`, the one name that needs Keras, which is loaded when somebody asks for it and not before."""
    if name == "RuleOptimizer":
        from course_lib.optimizers.keras_adapter import RuleOptimizer

        return RuleOptimizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
