"""Self-checks: they say what is wrong with a wrong answer, and keep the right one to themselves.

    check("optimizer-race/1", my_gradient)

An exercise is what can be observed of an answer, the property that the observation of a right answer has, and the
mistakes that readers make: each an answer that somebody who holds a misconception would give, with what to tell
them. An answer that does the same as a known mistake gets that mistake's message. No right answer is stored.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

NOT_YET = "Not yet: put your answer in the place of the dots, and run the cell again."


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
    """Check an answer; print and return the verdict. Never raises for a wrong answer, whatever it is or does.

    Args:
        id: lecture and number of the exercise, such as "optimizer-race/1".
        answer: what the exercise asks for: a number, a string, an array or a function.

    Raises:
        KeyError: there is no such exercise; the message names those that there are.
    """
    verdict = judge(find(id), answer)
    print(f"{'✓' if verdict.passed else '✗'} {id}: {verdict.message}")
    return verdict


def find(id: str) -> Exercise:
    """The exercise of this id. Raises KeyError, naming the id, for an unknown one."""
    lecture = id.partition("/")[0] if isinstance(id, str) else ""
    known = {f"{lecture}/{number}": exercise for number, exercise in _exercises(lecture).items()}
    if not isinstance(id, str) or id not in known:
        raise KeyError(f"no exercise {id!r}; known: {', '.join(known or [f'{name}/…' for name in lectures()])}")
    return known[id]


def lectures() -> list[str]:
    """The names of the lectures that have exercises."""
    import course_lib.exercises as package

    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(package.__path__))


def _exercises(lecture: str) -> dict[int, Exercise]:
    if lecture not in lectures():
        return {}
    exercises: dict[int, Exercise] = importlib.import_module(
        "course_lib.exercises." + lecture.replace("-", "_")
    ).EXERCISES
    return exercises


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict on an answer, without printing it."""
    try:
        if unanswered(answer):
            raise NotYet
        observed = exercise.observe(answer)
        if exercise.right(observed):
            return Verdict(True, "Right.")
    except (NotYet, NotImplementedError):
        return Verdict(False, NOT_YET)
    except Refused as reason:
        return Verdict(False, str(reason))
    except KeyboardInterrupt:  # the reader stops an answer that does not end
        raise
    except BaseException as error:  # also SystemExit: the reader's own code failed, and that is a verdict
        return Verdict(False, _failure(error))
    with np.errstate(all="ignore"):  # a mistake may overflow; a warning about it would not be about the answer
        for mistake in exercise.mistakes:
            if same(observed, exercise.observe(mistake.answer)):
                return Verdict(False, mistake.message)
    return Verdict(False, exercise.otherwise)


def unanswered(answer: Any) -> bool:
    """Whether the answer still is, or still holds, what the stub has: dots, None, or an empty string."""
    if isinstance(answer, str):
        return not answer.strip(" .…")
    if isinstance(answer, (tuple, list)):
        return any(part is ... for part in answer)
    return answer is None or answer is ...


def _failure(error: BaseException) -> str:
    """What to say of an answer that raised: one line. An error about dots is about the stub."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # somebody's error may fail to name itself
        lines = []
    if isinstance(error, (TypeError, AttributeError)) and lines and "ellipsis" in lines[0]:
        return NOT_YET
    return f"Your answer stopped with {type(error).__name__}{': ' + lines[0] if lines else ''}"


def same(a: Any, b: Any) -> bool:
    """Whether two observations are the same up to rounding (relative 1e-6, absolute 1e-9).

    >>> same((1.0, "up"), (1.0 + 1e-12, "up")), same([1.0, 2.0], [1.0, 2.0, 3.0])
    (True, False)
    """
    if isinstance(a, tuple) or isinstance(b, tuple):
        alike = isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b)
        return alike and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True))


def a_number(answer: Any, low: float = -np.inf, high: float = np.inf) -> float:
    """The answer as a float between low and high; refuses anything else."""
    array = _real(answer, "The answer is a number")
    if array.shape != ():
        raise Refused(f"The answer is one number; got {_named(answer)} of shape {array.shape}.")
    number = float(array)
    if not np.isfinite(number) or not low <= number <= high:
        bounds = f" between {low:g} and {high:g}" if np.isfinite([low, high]).all() else ""
        bounds = bounds or (f", at least {low:g}" if np.isfinite(low) else "")
        bounds = bounds or (f", at most {high:g}" if np.isfinite(high) else "")
        raise Refused(f"The answer is a finite number{bounds}; got {number:g}.")
    return number


def an_array(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The answer as a float64 array of this shape, all finite; refuses anything else."""
    array = _real(answer, f"Expected an array of numbers of shape {shape}")
    if array.shape != shape:
        raise Refused(f"Expected shape {shape}; got {array.shape}.")
    if not np.isfinite(array).all():
        raise Refused("Not all of the numbers are finite.")
    return array


def _real(answer: Any, expected: str) -> np.ndarray:
    """The answer as a new float64 array; refuses what holds anything but real numbers."""
    if unanswered(answer):
        raise NotYet
    try:
        array = np.asarray(answer)
        # Truth values, texts and complex numbers turn into float64 without complaint; they are no answers.
        if array.dtype.kind not in "iuf" and not (array.dtype.kind == "O" and _all_real(array)):
            raise TypeError
        with np.errstate(all="ignore"):
            return array.astype(np.float64)
    except Exception:
        raise Refused(f"{expected}; got {_named(answer)}.") from None


def _all_real(array: np.ndarray) -> bool:
    """Whether all objects of an array are numbers such as fractions, or integers beyond 64 bits."""
    return all(hasattr(x, "__float__") and not isinstance(x, (str, bool, complex)) for x in array.flat)


def _named(answer: Any) -> str:
    """The type of an answer, for a message."""
    return "an array" if isinstance(answer, np.ndarray) else type(answer).__name__


def a_function(answer: Any) -> Callable[..., Any]:
    """The answer as a function; refuses what cannot be called.

    The function that comes back hands copies to the answer, so that an answer that writes into its arguments
    spoils nothing, and raises `NotYet` where the answer gives back what a stub gives back.
    """
    if not callable(answer):
        raise Refused(f"The answer is a function (without calling it); got {_named(answer)}.")

    def function(*args: Any, **kwargs: Any) -> Any:
        result = answer(*map(_copied, args), **{name: _copied(value) for name, value in kwargs.items()})
        if unanswered(result):
            raise NotYet
        return result

    return function


def _copied(argument: Any) -> Any:
    """A copy of what an answer could write into."""
    return copy.deepcopy(argument) if isinstance(argument, (np.ndarray, list, tuple, dict)) else argument


def an_order(answer: Any, letters: str) -> str:
    """The answer as a string that holds each of the letters once; refuses anything else."""
    text = "".join(answer) if isinstance(answer, Sequence) and all(isinstance(c, str) for c in answer) else ""
    text = text.replace(" ", "").replace(",", "").upper()
    if sorted(text) != sorted(letters):
        raise Refused(f"The answer is a string with each of the letters {', '.join(letters)} once.")
    return text
