"""The exercises of every lecture: known mistakes get their own message, and no answer can break a check.

That stubs fail and solutions pass where they stand, in the lectures, is proven by
tests/book/test_exercises_in_lectures.py.
"""

import importlib
import math
import subprocess
import sys
import types

import numpy as np
import pytest

from course_lib import checks
from course_lib.checks import NOT_YET, Exercise, Mistake, judge


def _modules() -> dict[str, types.ModuleType]:
    return {
        lecture: importlib.import_module("course_lib.exercises." + lecture.replace("-", "_"))
        for lecture in checks.lectures()
    }


ALL = [
    pytest.param(module, exercise, id=f"{lecture}/{number}")
    for lecture, module in _modules().items()
    for number, exercise in getattr(module, "EXERCISES", {}).items()
]
EVERY = [pytest.param(param.values[1], id=param.id) for param in ALL]
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{param.id}: {mistake.name}")
    for param in ALL
    for exercise in [param.values[1]]
    for mistake in exercise.mistakes
]
OF_FUNCTIONS = [param for param in MISTAKES if callable(param.values[1].answer)]


class Hostile:
    """Fails at every touch."""

    __array__ = __float__ = __getitem__ = __len__ = __iter__ = __eq__ = __call__ = lambda *a: 1 / 0


GARBAGE = [
    object(), int, len, b"x", "garbage", "A", float("nan"), float("inf"), -(10**400), 1j, True, [], {}, set(),
    [[1], [2, 3]], np.array(["a"]), np.array([None]), np.zeros((0, 3)), np.full(7, np.nan), range(3), iter([]),
    Exception(), NotImplemented, Hostile(), {"a": 1}, {1: ...}, lambda: 1, lambda *a, **k: a,
]  # fmt: skip

RESULTS = [
    object(), "garbage", float("nan"), float("inf"), 1j, [], {}, [[1], [2, 3]], np.array(["a"]), np.zeros((0, 3)),
    np.zeros(7), np.full((2, 3, 4), np.nan), Hostile(), (1, 2), NotImplemented,
]  # fmt: skip


def _raising(error):
    def answer(*args, **kwargs):
        raise error

    return answer


@pytest.mark.parametrize("lecture", checks.lectures())
def test_a_lecture_has_three_to_six_exercises_numbered_from_1(lecture):
    exercises = _modules()[lecture].EXERCISES
    assert list(exercises) == list(range(1, len(exercises) + 1)) and 3 <= len(exercises) <= 6


@pytest.mark.parametrize("exercise", EVERY)
def test_an_exercise_knows_three_mistakes_and_tells_them_apart(exercise: Exercise):
    messages = [mistake.message for mistake in exercise.mistakes]
    assert len(messages) >= 3
    assert len({*messages, exercise.otherwise, NOT_YET, "Right."}) == len(messages) + 3
    assert len({mistake.name for mistake in exercise.mistakes}) == len(messages)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_gets_its_own_message(exercise: Exercise, mistake: Mistake):
    assert judge(exercise, mistake.answer) == (False, mistake.message)


@pytest.mark.parametrize("exercise", EVERY)
def test_messages_are_sentences_on_one_line(exercise: Exercise):
    for message in (exercise.otherwise, *(mistake.message for mistake in exercise.mistakes)):
        assert message == message.strip() and "\n" not in message and message[-1] in ".?!", message


@pytest.mark.parametrize("answer", [..., None, "...", "", [...], (1, ...)])
@pytest.mark.parametrize("exercise", EVERY)
def test_the_dots_are_not_yet_an_answer(exercise: Exercise, answer):
    assert judge(exercise, answer) == (False, NOT_YET)


@pytest.mark.parametrize("result", [None, ...])
@pytest.mark.parametrize(("exercise", "mistake"), OF_FUNCTIONS)
def test_a_function_without_a_body_is_not_yet_an_answer(exercise: Exercise, mistake: Mistake, result):
    assert judge(exercise, lambda *args, **kwargs: result) == (False, NOT_YET)


@pytest.mark.parametrize("exercise", EVERY)
def test_garbage_is_refused_and_never_raises(exercise: Exercise):
    answers = [
        *GARBAGE,
        *((lambda *a, result=result, **k: result) for result in RESULTS),
        *map(_raising, (ValueError("x"), SystemExit(1), MemoryError(), StopIteration())),
    ]
    for answer in answers:
        verdict = judge(exercise, answer)
        assert verdict.passed is False and verdict.message.strip() and "\n" not in verdict.message, answer


@pytest.mark.parametrize("number", [0.0, 1.0, -1.0, 1e-300, 1e300, np.float32(0.1), 10**30])
@pytest.mark.parametrize("exercise", EVERY)
def test_no_number_raises(exercise: Exercise, number):
    assert judge(exercise, number).message
    assert judge(exercise, lambda *args, **kwargs: number).message


@pytest.mark.parametrize(("exercise", "mistake"), OF_FUNCTIONS)
def test_an_answer_that_writes_into_its_arguments_spoils_no_later_check(exercise: Exercise, mistake: Mistake):
    def spoils(*args, **kwargs):
        result = mistake.answer(*args, **kwargs)
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, np.ndarray) and argument.flags.writeable and argument is not result:
                argument.fill(0)
        return np.copy(result) if isinstance(result, np.ndarray) else result

    judge(exercise, spoils)
    assert judge(exercise, mistake.answer) == (False, mistake.message)


@pytest.mark.parametrize(("module", "exercise"), ALL)
def test_nothing_in_the_module_is_a_right_answer(module: types.ModuleType, exercise: Exercise):
    for name, value in vars(module).items():
        if not name.startswith("__"):
            assert not judge(exercise, value).passed, name


@pytest.mark.parametrize("ddof", [0, 1])
def test_a_standard_error_may_divide_by_n_or_by_one_less(ddof):
    def difference_error(a, b):
        return np.std(a * 1.0 - b * 1.0, ddof=ddof) / np.sqrt(len(a))

    assert checks.check("first-model/4", difference_error).passed


@pytest.mark.parametrize("last", [0, 1])
def test_the_cosine_may_end_with_the_last_step_or_after_it(last):
    def rates_of(epochs, examples, batch_size):
        steps = epochs * math.ceil(examples / batch_size)
        return 0.05 * (1 + np.cos(np.pi * np.arange(steps) / (steps - last)))

    assert checks.check("learning-rates/3", rates_of).passed


def test_a_rate_below_0_is_refused_as_such():
    assert "uphill" in checks.check("learning-rates/4", lambda t: 1.0 - t).message


@pytest.mark.parametrize(("sign", "passed"), [(1, True), (-1, False)])
def test_the_rate_in_the_other_form_is_multiplied_by_the_share_of_the_newest_gradient(sign, passed):
    assert checks.check("momentum-as-filtering/1", lambda rate, beta: sign * rate * (1 - beta)).passed == passed


@pytest.mark.parametrize("answer", [([...], [1.0]), ([1.0], [1.0, ...])])
def test_a_filter_with_dots_in_it_is_not_yet_an_answer(answer):
    assert checks.check("momentum-as-filtering/5", answer).message == NOT_YET


def test_the_weights_of_dropout_are_those_of_a_penalty_by_the_squares_of_the_inputs():
    def weights(x, y, rate):
        pull = np.diag(rate / (1 - rate) * (x**2).mean(axis=0))
        return np.linalg.solve(x.T @ x / len(x) + pull, x.T @ y / len(x))

    assert checks.check("dropout/5", weights).passed


def test_equations_without_a_unique_solution_are_refused_as_such():
    message = checks.check("dropout/5", lambda x, y, rate: np.linalg.solve(np.zeros((4, 4)), np.zeros(4))).message
    assert "no unique solution" in message


def test_transplanted_layers_may_be_for_reading_only():
    def transplant(old, head):
        layers = [w.copy() for w in (*old.weights[:-2], *head)]
        for w in layers:
            w.flags.writeable = False
        return layers

    assert checks.check("transfer-learning/1", transplant).passed


def test_exercises_need_numpy_alone():
    code = (
        "import sys; from course_lib.checks import find, lectures\n"
        "for name in lectures(): find(name + '/1')\n"
        "print([m for m in ('keras', 'tensorflow', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
