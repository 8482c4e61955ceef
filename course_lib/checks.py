"""Self-checks: they say what is wrong with a wrong answer, and keep the right one to themselves.

    check("optimizer-race/1", my_gradient)

An exercise is what can be observed of an answer, the property that the observation of a right answer has, and the
mistakes that readers make: each an answer that somebody who holds a misconception would give, with what to tell
them. An answer that does the same as a known mistake gets that mistake's message. No right answer is stored.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Verdict(NamedTuple):
    """What a check found: `passed`, and the message that it printed."""

    passed: bool
    message: str


class Mistake(NamedTuple):
    """A wrong answer that readers give.

    Args:
        name: the misconception in a few words.
        answer: what somebody who holds it would submit: right in type and shape.
        message: what to tell them; says what is wrong and where to look, not the solution.
    """

    name: str
    answer: Any
    message: str


class Exercise(NamedTuple):
    """What makes an answer right, and what readers get wrong.

    Args:
        observe: answer -> what it does: a number, a string, or an array (or a tuple of these). Raises `Refused` for
            what is no answer at all (wrong type, wrong shape, not finite).
        right: observation -> whether it has the property that is asked for.
        mistakes: at least three; compared with the answer by what is observed of them.
        otherwise: message for a wrong answer that nobody foresaw.
    """

    observe: Callable[[Any], Any]
    right: Callable[[Any], bool]
    mistakes: tuple[Mistake, ...]
    otherwise: str


class Refused(Exception):
    """Not an answer to this exercise; the message says what one looks like."""


class NotYet(Exception):
    """The answer is still the stub of the lecture."""


def check(id: str, answer: Any) -> Verdict:
    """Check an answer; print and return the verdict. Never raises for a wrong answer.

    Args:
        id: lecture and number of the exercise, such as "optimizer-race/1".
        answer: what the exercise asks for: a number, a string, an array or a function.

    Raises:
        KeyError: there is no such exercise; the message names those that there are.
    """
    verdict = _judge(find(id), answer)
    print(f"{'✓' if verdict.passed else '✗'} {id}: {verdict.message}")
    return verdict


def find(id: str) -> Exercise:
    """The exercise of this id. Raises KeyError, naming the id, for an unknown one."""
    lecture, _, number = id.partition("/")
    name = "course_lib.exercises." + lecture.replace("-", "_")
    known: dict[int, Exercise] = {}
    if lecture.replace("-", "_").isidentifier() and importlib.util.find_spec(name):
        known = importlib.import_module(name).EXERCISES
    if not number.isdecimal() or int(number) not in known:
        there = ", ".join(f"{lecture}/{n}" for n in known) or "none of this lecture"
        raise KeyError(f"no exercise {id!r}; known: {there}")
    return known[int(number)]


def _judge(exercise: Exercise, answer: Any) -> Verdict:
    if answer is None or answer is ...:
        return Verdict(False, "Not yet: put your answer in the place of the dots, and run the cell again.")
    try:
        observed = exercise.observe(answer)
    except NotYet:
        return Verdict(False, "Not yet: put your answer in the place of the dots, and run the cell again.")
    except Refused as reason:
        return Verdict(False, str(reason))
    except Exception as error:  # the reader's own code failed: that is a verdict, not an accident
        return Verdict(False, f"Your answer stopped with {type(error).__name__}: {error}")
    if exercise.right(observed):
        return Verdict(True, "Right.")
    for mistake in exercise.mistakes:
        if same(observed, exercise.observe(mistake.answer)):
            return Verdict(False, mistake.message)
    return Verdict(False, exercise.otherwise)


def same(a: Any, b: Any) -> bool:
    """Whether two observations are the same up to rounding (relative 1e-6, absolute 1e-9)."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b)
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True))


def a_number(answer: Any, low: float = -np.inf, high: float = np.inf) -> float:
    """The answer as a float between low and high; refuses anything else."""
    if isinstance(answer, (bool, str)) or np.ndim(answer) != 0:
        raise Refused(f"The answer is a number; got {type(answer).__name__}.")
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise Refused(f"The answer is a number; got {type(answer).__name__}.") from None
    if not np.isfinite(number) or not low <= number <= high:
        raise Refused(f"The answer is a finite number between {low:g} and {high:g}; got {number:g}.")
    return number


def an_array(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The answer as a float64 array of this shape, all finite; refuses anything else."""
    if answer is None or answer is ...:
        raise NotYet
    try:
        array = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise Refused(f"Expected an array of numbers of shape {shape}; got {type(answer).__name__}.") from None
    if array.shape != shape:
        raise Refused(f"Expected shape {shape}; got {array.shape}.")
    if not np.isfinite(array).all():
        raise Refused("Not all of the numbers are finite.")
    return array


def a_function(answer: Any) -> Callable[..., Any]:
    """The answer if it can be called; refuses anything else."""
    if not callable(answer):
        raise Refused(f"The answer is a function (without calling it); got {type(answer).__name__}.")
    function: Callable[..., Any] = answer
    return function


def an_order(answer: Any, letters: str) -> str:
    """The answer as a string that holds each of the letters once; refuses anything else."""
    text = "".join(answer) if isinstance(answer, Sequence) and all(isinstance(c, str) for c in answer) else ""
    text = text.replace(" ", "").replace(",", "").upper()
    if sorted(text) != sorted(letters):
        raise Refused(f"The answer is a string with each of the letters {', '.join(letters)} once.")
    return text
