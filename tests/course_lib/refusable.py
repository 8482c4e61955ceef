"""Kinds of arguments: of each, what it must refuse, and what at the ends of its range it must take.

    TABLE = {"dropout.dropout": row(dropout, x=(X, Reals()), rate=(0.5, Real(0, 1)), rng=(RNG, Rng()))}

A row says how a public function is called, and of which kind each of its arguments is; the wrong values follow from
the kinds. Both tables of refusals are made of these: that of the NumPy side and that of the Keras side.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from test_docs import MODULES

INF = math.inf

#: Public names that need Keras; all others are of the NumPy side.
KERAS = {
    "callbacks.BestModel",
    "callbacks.GradientNorms",
    "callbacks.PerBatchSchedule",
    "callbacks.range_test",
    "callbacks.suggest",
    "initializers.to_keras",
    "optimizers.keras_adapter.RuleOptimizer",
    "schedules.to_keras",
    "signals.watch",
    "training.batches",
    "transfer.fine_tune",
    "transfer.freeze",
    "transfer.thaw",
    "transfer.transplant",
}


def public() -> set[str]:
    """Every public function and class of the package, by module and name."""
    return {
        f"{module.removeprefix('course_lib.')}.{node.name}"
        for module, path in MODULES.items()
        if not any(part.startswith("_") for part in module.split("."))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }


class Wrong(NamedTuple):
    """A value that is refused, the error, and a pattern of what the message shows of it."""

    value: Any
    error: type[Exception]
    shown: str


class Kind:
    """What an argument takes: `takes` are patterns that the message of a refusal holds."""

    takes: tuple[str, ...] = ()
    optional: bool = False

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        """Values to be refused."""
        raise NotImplementedError

    def right(self, valid: Any) -> Iterator[Any]:
        """Values at the ends of the range, and of other types that count for the same."""
        yield valid

    def of_another_type(self, *values: Any) -> Iterator[Wrong]:
        """Values to be refused for their type, None among them unless it is a value of this argument."""
        for value in values if self.optional else (*values, None):
            yield Wrong(value, TypeError, _shown(value))


@dataclass(frozen=True)
class Real(Kind):
    """A finite number in an interval; first and last stand for its ends where other arguments bound it more."""

    low: float
    high: float
    ends: str = "[]"
    optional: bool = False
    first: float | None = None
    last: float | None = None

    @property
    def takes(self) -> tuple[str, ...]:
        return (re.escape(f"{self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"),)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(True, np.bool_(True), "1", 1j, [0.5], np.ones(2))
        outside = [math.nan, INF, -INF]
        if math.isfinite(self.low):
            outside.append(math.nextafter(self.low, -INF) if self.ends[0] == "[" else float(self.low))
        if math.isfinite(self.high):
            outside.append(math.nextafter(self.high, INF) if self.ends[1] == "]" else float(self.high))
        for value in outside:
            yield Wrong(value, ValueError, _shown(value))

    def right(self, valid: Any) -> Iterator[Any]:
        yield from (valid, np.float32(valid), np.array(valid))
        low = max(self.low, -np.finfo(np.float64).max) if self.first is None else self.first
        high = min(self.high, np.finfo(np.float64).max) if self.last is None else self.last
        yield low if self.ends[0] == "[" or low != self.low else math.nextafter(low, INF)
        yield high if self.ends[1] == "]" or high != self.high else math.nextafter(high, -INF)


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number of at least low; at most high, if there is one."""

    low: int
    high: int | None = None
    optional: bool = False
    last: int | None = None

    @property
    def takes(self) -> tuple[str, ...]:
        return ("a whole number",) if self.high is None else ()

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(True, 1.0, math.nan, "1", [1], np.ones(1, int))
        takes = f"at least {self.low}" if self.high is None else f"{self.low} to {self.high}"
        for value in (self.low - 1,) if self.high is None else (self.low - 1, self.high + 1):
            yield Wrong(value, ValueError, rf"got {value}; takes .*{takes}")

    def right(self, valid: Any) -> Iterator[Any]:
        yield from (valid, np.int64(valid), np.array(valid), self.low)
        if self.high is not None:
            yield self.high if self.last is None else self.last


@dataclass(frozen=True)
class Name(Kind):
    """One of several names."""

    known: tuple[str, ...]
    optional: bool = False

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(re.escape(name) for name in self.known)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        for value in ("unheard of", "", self.known[0].upper(), 1, [self.known[0]]):
            yield Wrong(value, ValueError, _shown(value))
        if not self.optional:
            yield Wrong(None, ValueError, "None")

    def right(self, valid: Any) -> Iterator[Any]:
        yield from self.known


class Flag(Kind):
    """True or False."""

    takes = ("True or False",)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(1, 0.0, "yes", np.ones(2, bool))

    def right(self, valid: Any) -> Iterator[Any]:
        yield from (True, False)


@dataclass(frozen=True)
class Reals(Kind):
    """An array of real numbers.

    integers: whether it takes these too.
    bad: numbers that it does not take, nan and infinite ones among them; each is put in the place of the first.
    shapes: shapes that it does not take, whatever the other arguments are.
    """

    integers: bool = False
    bad: tuple[float, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        valid = np.asarray(valid)
        wide = [np.longdouble] if np.dtype(np.longdouble).itemsize > 8 else []
        for kind in (str, object, complex, *wide, *(() if self.integers else (int, bool))):
            array = valid.astype(kind)
            yield Wrong(array, TypeError, re.escape(str(array.dtype)))
        yield Wrong(None, TypeError, "object")
        yield Wrong([[1.0], [1.0, 2.0]], ValueError, "rows of different lengths")
        for number in self.bad:
            array = valid.astype(np.float64)
            array.flat[0] = number
            yield Wrong(array, ValueError, re.escape(f"{number:g}"))
        for shape in self.shapes:
            yield Wrong(np.ones(shape), ValueError, _of_shape(shape))

    def right(self, valid: Any) -> Iterator[Any]:
        yield np.asarray(valid).tolist()
        for dtype in (np.float16, np.float32, np.float64, *([np.int64, np.uint8] if self.integers else [])):
            yield np.asarray(valid).astype(dtype)


@dataclass(frozen=True)
class Sequence(Kind):
    """A list or tuple of arrays, or of numbers (`of`); a single one, and text, is none."""

    of: Kind = field(default_factory=Reals)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type("12", 1, {0: 1.0})
        for wrong in self.of.wrong(valid[0]):
            yield Wrong([wrong.value, *valid[1:]], wrong.error, rf"\[0\].*: .*({wrong.shown})")

    def right(self, valid: Any) -> Iterator[Any]:
        yield from (list(valid), tuple(valid))


class Shape(Kind):
    """Lengths of axes, one or more."""

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(3, "34", 3.0, np.array([3, 4]), True)
        yield Wrong((), ValueError, re.escape("()"))
        for value in (-1, 2.0, True, "2", None):
            error = ValueError if value == -1 else TypeError
            yield Wrong((value, 2), error, rf"\[0\]: got {value!r}; takes a whole number of at least 0")

    def right(self, valid: Any) -> Iterator[Any]:
        yield from (tuple(valid), list(valid), (0, *valid[1:]), tuple(np.int64(n) for n in valid))


class Rng(Kind):
    """A generator of random numbers: no seed, no None, no global state."""

    takes = ("numpy.random.Generator",)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(0, "0", np.random, np.random.RandomState(0), np.random.PCG64(0))

    def right(self, valid: Any) -> Iterator[Any]:
        yield np.random.Generator(np.random.Philox(0))


@dataclass(frozen=True)
class Instance(Kind):
    """Something of a type of its own, which the message calls by `called`; or a function."""

    called: str
    others: tuple[Any, ...] = ("unheard of",)

    @property
    def takes(self) -> tuple[str, ...]:
        return (f"takes .*{re.escape(self.called)}",)

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from self.of_another_type(1, 0.5, [1.0], *self.others)


class Anything(Kind):
    """An argument that takes whatever it is given; the comment beside it says why."""

    def wrong(self, valid: Any) -> Iterator[Wrong]:
        yield from ()


class Refusal(NamedTuple):
    """Arguments that do not go together: the message matches all of the patterns."""

    changes: Mapping[str, Any]
    error: type[Exception]
    patterns: tuple[str, ...]


class Row(NamedTuple):
    """A public function, its arguments with their kinds, and what it refuses besides."""

    function: Callable[..., Any]
    arguments: Mapping[str, tuple[Any, Kind]]
    also: tuple[Refusal, ...] = ()

    def call(self, **changes: Any) -> Any:
        """The function with valid arguments but for the changes. The first has no name in some functions."""
        values = {name: valid for name, (valid, _) in self.arguments.items()} | changes
        first: list[Any] = []
        for i, parameter in enumerate(inspect.signature(self.function).parameters.values()):
            if parameter.kind is parameter.VAR_POSITIONAL:
                first += values.pop(parameter.name)
            elif parameter.kind is parameter.VAR_KEYWORD:
                values |= values.pop(parameter.name)
            elif i == 0:
                first.append(values.pop(parameter.name))
        return self.function(*first, **values)

    def complaints(self, name: str) -> list[str]:
        """What is wrong with how the values that argument `name` must not take are refused."""
        valid, kind = self.arguments[name]
        return [
            text
            for wrong in kind.wrong(valid)
            if (text := self._complaint({name: wrong.value}, wrong.error, (wrong.shown, *kind.takes), name))
        ]

    def also_complaints(self) -> list[str]:
        """The same for arguments that do not go together."""
        return [text for changes, error, patterns in self.also if (text := self._complaint(changes, error, patterns))]

    def _complaint(self, changes: Mapping[str, Any], error: type[Exception], patterns: Any, name: str = "") -> str:
        told = reprlib.repr(dict(changes))
        try:
            self.call(**changes)
        except (TypeError, ValueError, KeyError) as refusal:
            message = str(refusal)
            missing = [pattern for pattern in patterns if not re.search(pattern, message)]
            if type(refusal) is not error:
                return f"{told}: {type(refusal).__name__} in the place of {error.__name__}: {message}"
            if name and not re.search(rf"\b{name}\b", message.partition(": ")[0]):
                return f"{told}: the message does not begin with the argument: {message}"
            if not re.search(r"\bgot\b.*; |no such .*; ", message) and error is not KeyError:
                return f"{told}: the message does not say what it got, and what it takes: {message}"
            return f"{told}: without {missing}: {message}" if missing else ""
        except Exception as other:
            return f"{told}: {type(other).__name__}: {other}"
        return f"{told}: taken"


def row(function: Callable[..., Any], /, *also: Refusal, **arguments: tuple[Any, Kind]) -> Row:
    """A row of the table; what is refused besides the kinds comes first."""
    return Row(function, arguments, also)


def refusal(error: type[Exception], /, *patterns: str, **changes: Any) -> Refusal:
    """These arguments are refused, in words that match all of the patterns."""
    return Refusal(changes, error, patterns)


def mismatch(first: str, second: str, /, **changes: Any) -> Refusal:
    """These shapes do not go together: the message names both arguments."""
    shapes = [_of_shape(np.shape(value)) for value in changes.values() if isinstance(value, np.ndarray)]
    return Refusal(changes, ValueError, (rf"\b{re.escape(first)}(?!\w)", rf"\b{re.escape(second)}(?!\w)", *shapes))


def pairs(table: Mapping[str, Row]) -> list[tuple[str, str]]:
    """Each argument of each function of the table."""
    return [(name, argument) for name, of in table.items() for argument in of.arguments]


def _of_shape(shape: tuple[int, ...]) -> str:
    return rf"{re.escape(str(shape))}|a single number" if shape == () else re.escape(str(shape))


def _shown(value: Any) -> str:
    """A pattern of how a message may show a value: as it is, or by its type where that says more."""
    if isinstance(value, np.ndarray):
        return rf"shape {re.escape(str(value.shape))}|an? (nd)?array|{re.escape(repr(value))}"
    kind = "module" if inspect.ismodule(value) else type(value).__name__
    if isinstance(value, bool | int | float | str | complex | np.generic) or value is None:
        return rf"got ({re.escape(repr(value))}|an? {kind}\b|an array of (bool|int64|<U\d+|object|complex128)\b)"
    return rf"{re.escape(repr(value)[:50])}|an? {kind}\b"
