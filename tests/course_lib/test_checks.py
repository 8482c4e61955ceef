"""Self-checks: the frame that every exercise stands in, proven on exercises made up here."""

import sys
import types
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from course_lib import checks
from course_lib.checks import (
    NOT_YET,
    Exercise,
    Mistake,
    NotYet,
    Refused,
    Verdict,
    a_function,
    a_number,
    an_array,
    an_order,
    check,
    judge,
    same,
    unanswered,
)


class Tensor:
    """What a tensor of any framework offers NumPy."""

    def __init__(self, value):
        self.value = np.asarray(value)

    def __array__(self, dtype=None, copy=None):
        return self.value.astype(dtype) if dtype else self.value


X = np.array([1.0, 2.0, 3.0])

#: f(x) must give the squares of x; known mistakes: doubling, and forgetting that x is an array.
SQUARES = Exercise(
    observe=lambda answer: an_array(a_function(answer)(X), (3,)),
    right=lambda observed: bool(np.allclose(observed, X * X)),
    mistakes=(
        Mistake("doubles", lambda x: 2 * x, "2x is not x times x."),
        Mistake("cubes", lambda x: x**3, "One factor too many."),
        Mistake("forgets the first", lambda x: np.append(0.0, x[1:] ** 2), "Look at the first element."),
    ),
    otherwise="Not the squares.",
)

#: A number and a direction.
PAIR = Exercise(
    observe=lambda answer: (a_number(answer[0]), str(answer[1])),
    right=lambda observed: observed == (0.5, "down"),
    mistakes=(Mistake("turned", (0.5, "up"), "The other way."), Mistake("sign", (-0.5, "down"), "The sign.")),
    otherwise="No.",
)


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """A lecture `made-up` with one exercise, number 1."""
    import course_lib.exercises as package

    (tmp_path / "made_up.py").touch()
    module = types.ModuleType("course_lib.exercises.made_up")
    module.EXERCISES = {1: SQUARES}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])


# ------------------------------------------------------------------------------------------ check


def test_a_right_answer_passes_and_is_printed(made_up, capsys):
    assert check("made-up/1", lambda x: x * x) == Verdict(True, "Right.")
    assert capsys.readouterr().out == "✓ made-up/1: Right.\n"


def test_a_known_mistake_gets_its_own_message(made_up, capsys):
    assert check("made-up/1", lambda x: x + x) == Verdict(False, "2x is not x times x.")
    assert check("made-up/1", lambda x: x * x * x) == Verdict(False, "One factor too many.")
    assert capsys.readouterr().out == "✗ made-up/1: 2x is not x times x.\n✗ made-up/1: One factor too many.\n"


def test_an_unforeseen_mistake_gets_the_other_message(made_up):
    assert check("made-up/1", lambda x: x - 7) == Verdict(False, "Not the squares.")


@pytest.mark.parametrize("id", ["made-up/2", "made-up/0", "made-up/01", "made-up/١", "made-up", "made_up/1"])
def test_an_unknown_number_is_a_key_error_that_names_it(made_up, id):
    with pytest.raises(KeyError) as caught:
        check(id, 1)
    assert repr(id) in caught.value.args[0]


def test_the_key_error_names_the_exercises_that_there_are(made_up):
    with pytest.raises(KeyError, match="no exercise 'made-up/9'; known: made-up/1"):
        check("made-up/9", 1)
    with pytest.raises(KeyError, match=r"no exercise 'nowhere/1'; known: .*made-up/…"):
        check("nowhere/1", 1)


@pytest.mark.parametrize("id", ["", "/", "../checks/1", "os.path/1", "--init--/1", "a b/1", None, ("made-up", 1), [1]])
def test_an_odd_id_is_a_key_error(made_up, id):
    with pytest.raises(KeyError):
        check(id, 1)


# ------------------------------------------------------------------------------------------ stubs


def unfinished(x):
    """A stub whose body is the dots."""
    ...


def hole(x):
    scale = ...
    return scale * x


def raises(error):
    def answer(x):
        raise error

    return answer


@pytest.mark.parametrize(
    "answer",
    [..., None, "...", "…", "", "  ", [..., 2], (1, ...), unfinished, hole, lambda x: ..., lambda x: (x, ...),
     lambda x: np.sqrt(...), lambda x: (...).shape, raises(NotImplementedError())],
)  # fmt: skip
def test_a_stub_is_not_yet_an_answer(answer):
    assert judge(SQUARES, answer) == Verdict(False, NOT_YET)


@pytest.mark.parametrize("answer", [0, 0.0, False, (), [], "a", np.zeros(3), {}, lambda: None])
def test_what_merely_looks_empty_is_an_answer(answer):
    assert not unanswered(answer)


# ------------------------------------------------------------------------------------------ answers that misbehave


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no good"), "Your answer stopped with ValueError: no good"),
        (ValueError("two\nlines"), "Your answer stopped with ValueError: two"),
        (ZeroDivisionError(), "Your answer stopped with ZeroDivisionError"),
        (SystemExit(3), "Your answer stopped with SystemExit: 3"),
        (GeneratorExit(), "Your answer stopped with GeneratorExit"),
        (RecursionError("deep"), "Your answer stopped with RecursionError: deep"),
        (type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})(), "Your answer stopped with Mute"),
    ],
)
def test_an_answer_that_raises_gets_a_verdict(error, message):
    assert judge(SQUARES, raises(error)) == Verdict(False, message)


def test_the_reader_can_still_stop_an_answer_that_does_not_end():
    with pytest.raises(KeyboardInterrupt):
        judge(SQUARES, raises(KeyboardInterrupt()))


def test_an_answer_that_never_returns_from_itself_gets_a_verdict():
    def forever(x):
        return forever(x)

    assert judge(SQUARES, forever).message.startswith("Your answer stopped with RecursionError")


def test_an_answer_may_print(capsys):
    assert judge(SQUARES, lambda x: print("looking", x) or x * x).passed
    assert capsys.readouterr().out == "looking [1. 2. 3.]\n"


def test_an_answer_that_writes_into_its_arguments_spoils_nothing():
    def writes(x):
        x *= x
        return x

    assert judge(SQUARES, writes).passed
    assert X.tolist() == [1.0, 2.0, 3.0]
    assert judge(SQUARES, lambda x: x * x).passed


def test_lists_and_dictionaries_are_handed_over_as_copies_too():
    given = {"a": [X]}

    def writes(first, *, second):
        first[0][:] = second["a"][0][:] = 0
        return 1

    assert a_function(writes)([X], second=given) == 1
    assert X.tolist() == [1.0, 2.0, 3.0] and given == {"a": [X]}


@pytest.mark.parametrize("result", [None, ..., (1, ...), [...], ""])
def test_a_function_that_gives_back_the_dots_is_not_yet_an_answer(result):
    with pytest.raises(NotYet):
        a_function(lambda: result)()


def test_what_is_no_array_is_handed_over_as_it_is():
    thing = object()
    assert a_function(lambda x: x)(thing) is thing


def test_a_wrong_number_of_arguments_gets_a_verdict():
    assert "takes 0 positional arguments" in judge(SQUARES, lambda: 1).message


def test_wrong_types_are_refused_by_name():
    assert judge(SQUARES, 5).message == "The answer is a function (without calling it); got int."
    assert judge(SQUARES, X).message == "The answer is a function (without calling it); got an array."
    assert judge(SQUARES, lambda x: "abc").message == "Expected an array of numbers of shape (3,); got str."
    assert judge(SQUARES, lambda x: x[:2]).message == "Expected shape (3,); got (2,)."
    assert judge(SQUARES, lambda x: x * np.inf).message == "Not all of the numbers are finite."


@pytest.mark.filterwarnings("error")
def test_a_mistake_that_overflows_warns_nobody():
    overflow = SQUARES._replace(mistakes=(Mistake("big", lambda x: np.exp(1e5 * x) * 0 + 1e300, "big"),))
    overflow = overflow._replace(observe=lambda answer: np.asarray(answer(X)))
    assert judge(overflow, lambda x: x) == Verdict(False, "Not the squares.")


GARBAGE = [
    object(), int, len, b"x", "right", float("nan"), float("inf"), -(10**400), 1j, True, [], {}, set(), [[1], [1, 2]],
    np.array(["a"]), np.array([None]), np.zeros((0, 3)), np.ma.masked, np.datetime64("2020-01-01"), lambda *a, **k: a,
    range(3), iter([]), Exception(), NotImplemented, types.SimpleNamespace(),
]  # fmt: skip


@pytest.mark.parametrize("exercise", [SQUARES, PAIR])
@pytest.mark.parametrize("answer", GARBAGE, ids=lambda a: type(a).__name__)
def test_garbage_gets_a_verdict_and_never_an_exception(exercise, answer):
    verdict = judge(exercise, answer)
    assert verdict.passed is False and verdict.message and "\n" not in verdict.message


def test_an_answer_that_fails_at_every_touch_gets_a_verdict():
    class Hostile:
        def __getattribute__(self, name):
            raise SystemExit(name)

        __array__ = __float__ = __getitem__ = __len__ = __iter__ = __eq__ = lambda *a: 1 / 0

    assert judge(SQUARES, Hostile()).passed is False
    assert judge(PAIR, Hostile()).passed is False
    assert judge(SQUARES, lambda x: Hostile()).passed is False


def test_passed_is_a_plain_bool():
    numpy_bool = SQUARES._replace(right=lambda observed: np.all(observed == X * X))
    assert judge(numpy_bool, lambda x: x * x).passed is True


# ------------------------------------------------------------------------------------------ observations


def test_a_tuple_of_number_and_text_is_compared_part_by_part():
    assert judge(PAIR, (0.5, "down")).passed
    assert judge(PAIR, (0.5, "up")).message == "The other way."
    assert judge(PAIR, (-0.5, "down")).message == "The sign."
    assert judge(PAIR, (0.7, "up")).message == "No."


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (1.0, 1.0 + 1e-9, True),
        (1.0, 1.0 + 1e-4, False),
        (1e-12, 0.0, True),
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        ("a", "a", True),
        ("a", "b", False),
        ("a", 1.0, False),
        ("a", np.array([1.0]), False),
        (X, X + 1e-12, True),
        (X, X[:2], False),
        (X, 1.0, False),
        ((1.0, X), (1.0, X), True),
        ((1.0, X), (1.0, X + 1), False),
        ((1.0,), (1.0, 2.0), False),
        ((1.0,), 1.0, False),
        ((X,), X, False),
        (True, True, True),
        ((), (), True),
    ],
)
def test_same(a, b, alike):
    assert same(a, b) is alike and same(b, a) is alike


@pytest.mark.parametrize(
    "answer",
    [2, 2.0, np.float16(2), np.float32(2), np.int8(2), np.array(2), Fraction(2), Decimal(2), Tensor(2.0)],
)
def test_every_kind_of_number_is_a_number(answer):
    number = a_number(answer)
    assert number == 2.0 and type(number) is float


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("2", "The answer is a number; got str."),
        (b"2", "The answer is a number; got bytes."),
        (True, "The answer is a number; got bool."),
        (np.True_, "The answer is a number; got bool"),
        (2j, "The answer is a number; got complex."),
        (np.complex64(2), "The answer is a number; got complex64."),
        ([2.0], "The answer is one number; got list of shape (1,)."),
        (np.array([2.0]), "The answer is one number; got an array of shape (1,)."),
        ([[1], [1, 2]], "The answer is a number; got list."),
        (len, "The answer is a number; got builtin_function_or_method."),
        (np.nan, "The answer is a finite number; got nan."),
        (10**400, "The answer is a number; got int."),
    ],
)
def test_what_is_no_number_is_refused(answer, message):
    with pytest.raises(Refused) as caught:
        a_number(answer)
    assert str(caught.value).startswith(message.rstrip("."))


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [(0, 1, " between 0 and 1"), (0, np.inf, ", at least 0"), (-np.inf, 1, ", at most 1")],
)
def test_a_number_out_of_bounds_is_told_the_bounds(low, high, bounds):
    outside = 5.0 if high == 1 else -5.0
    with pytest.raises(Refused) as caught:
        a_number(outside, low, high)
    assert str(caught.value) == f"The answer is a finite number{bounds}; got {outside:g}."
    assert a_number(0.5, low, high) == 0.5


@pytest.mark.parametrize("answer", [[1, 2, 3], (1.0, 2, 3), X, X.astype(np.float16), Tensor(X), range(1, 4)])
def test_every_kind_of_array_is_an_array(answer):
    array = an_array(answer, (3,))
    assert array.dtype == np.float64 and array.tolist() == [1.0, 2.0, 3.0]


def test_an_array_is_copied():
    array = an_array(X, (3,))
    array[0] = 7
    assert X[0] == 1.0


@pytest.mark.parametrize(
    "answer", [["1", "2", "3"], np.array([True, False, True]), X + 1j, [1, 2, None], [[1], [2, 3]], {1, 2, 3}, "123"]
)
def test_what_is_no_array_of_numbers_is_refused(answer):
    with pytest.raises(Refused, match=r"^Expected an array of numbers of shape \(3,\); got"):
        an_array(answer, (3,))


@pytest.mark.parametrize("answer", [[1, 2], [[1, 2, 3]], 1.0, []])
def test_a_wrong_shape_is_named(answer):
    with pytest.raises(Refused, match=r"^Expected shape \(3,\); got \("):
        an_array(answer, (3,))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_array_is_finite(bad):
    with pytest.raises(Refused, match="finite"):
        an_array([1.0, bad, 2.0], (3,))


@pytest.mark.parametrize("take", [a_number, lambda a: an_array(a, (3,))])
@pytest.mark.parametrize("answer", [..., None])
def test_the_dots_are_not_refused_but_not_yet(take, answer):
    with pytest.raises(NotYet):
        take(answer)


@pytest.mark.parametrize("answer", ["CAB", "cab", "C A B", "c,a,b", ["C", "A", "B"], ("c", "a", "b")])
def test_an_order_is_taken_in_every_spelling(answer):
    assert an_order(answer, "ABC") == "CAB"


@pytest.mark.parametrize("answer", ["CA", "CAAB", "CABD", ["C", 1], {"C", "A", "B"}, np.array(["C", "A", "B"]), b"CAB"])
def test_what_is_no_order_is_refused(answer):
    with pytest.raises(Refused, match=r"^The answer is a string with each of the letters A, B, C once\.$"):
        an_order(answer, "ABC")


def test_checks_need_numpy_alone():
    import subprocess

    code = "import sys, course_lib.checks; print([m for m in ('keras', 'matplotlib', 'sklearn') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_every_module_of_exercises_is_a_lecture():
    assert "--init--" not in checks.lectures()
