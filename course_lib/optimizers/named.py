"""The rules by name: the one table that lectures, figures and the Keras adapter take them from."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from course_lib._arguments import one_of
from course_lib.optimizers.other_rules import adadelta, adamax, adamw, amsgrad, lion, nadam
from course_lib.optimizers.rules import (
    Rule,
    adagrad,
    adam,
    adam_paper,
    momentum,
    momentum_torch,
    nesterov,
    rmsprop,
    rmsprop_momentum,
    sgd,
)

RULES: dict[str, Callable[..., Rule]] = {
    "sgd": sgd,
    "momentum": momentum,
    "momentum_torch": momentum_torch,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "rmsprop_momentum": rmsprop_momentum,
    "adam": adam,
    "adam_paper": adam_paper,
    "adamax": adamax,
    "amsgrad": amsgrad,
    "nadam": nadam,
    "adamw": adamw,
    "lion": lion,
}
"""Name -> function of hyperparameters -> Rule."""


def rule(name: str, **hyperparameters: Any) -> Rule:
    """The rule of this name.

    Args:
        name: one of RULES.
        **hyperparameters: what the rule takes; the others keep their defaults.

    Returns:
        A Rule.

    Raises:
        ValueError: there is no such rule, or a hyperparameter is out of its range; the message names those that are.
        TypeError: the rule takes no such hyperparameter; the message names those that it takes.

    >>> rule("adam", rho=0.9)
    Traceback (most recent call last):
    TypeError: rho: adam takes no such hyperparameter; it takes beta_1, beta_2, epsilon, epsilon_at
    """
    one_of("name", name, RULES)
    known = inspect.signature(RULES[name]).parameters
    for unknown in hyperparameters.keys() - known.keys():
        raise TypeError(f"{unknown}: {name} takes no such hyperparameter; it takes {', '.join(known) or 'none'}")
    return RULES[name](**hyperparameters)
