"""What public functions take and refuse, and in which words."""

import re

import numpy as np
import pytest

from course_lib._arguments import number, one_of, whole
from course_lib._array import namespace, real


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5)])
def test_a_number_comes_back_as_a_python_float(value):
    assert type(number("rate", value, 0, 1)) is float
    assert number("rate", value, 0, 1) == 0.5


def test_a_whole_number_is_a_number():
    assert type(number("rate", 1, 0, 1)) is float
    assert type(number("rate", np.int64(1), 0, 1)) is float


@pytest.mark.parametrize(
    "ends, taken, refused",
    [("[]", [0, 1], []), ("[)", [0], [1]), ("(]", [1], [0]), ("()", [], [0, 1])],
)
def test_the_ends_of_an_interval_belong_to_it_or_not(ends, taken, refused):
    for value in taken:
        assert number("rate", value, 0, 1, ends) == value
    for value in refused:
        with pytest.raises(ValueError, match=re.escape(f"rate: got {value}; takes a number in {ends[0]}0, 1{ends[1]}")):
            number("rate", value, 0, 1, ends)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_refused_also_by_an_infinite_interval(value):
    with pytest.raises(ValueError, match="rate: got"):
        number("rate", value, -np.inf, np.inf)


@pytest.mark.parametrize("value", [True, None, "1", 1j, [1.0], np.ones(1), np.bool_(True)])
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(TypeError, match="rate: got"):
        number("rate", value, 0, 2)


@pytest.mark.parametrize("value", [3, np.int32(3), np.array(3)])
def test_a_whole_number_comes_back_as_a_python_int(value):
    assert type(whole("steps", value, 0)) is int


@pytest.mark.parametrize("value", [3.0, True, "3", None, np.ones(2, int)])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match=r"steps: got .*; takes a whole number of at least 0"):
        whole("steps", value, 0)


@pytest.mark.parametrize("value", ["c", "", None, 1, ["a"]])
def test_an_unknown_name_is_refused_with_the_known_ones(value):
    with pytest.raises(ValueError, match=re.escape(f"mode: got {value!r}; takes 'a', 'b'")):
        one_of("mode", value, ("a", "b"))


def test_a_long_value_is_cut_short_in_the_message():
    with pytest.raises(TypeError) as refusal:
        number("rate", "x" * 1000, 0, 1)
    assert len(str(refusal.value)) < 120


def test_a_value_of_60_characters_is_shown_whole():
    text = repr("x" * 58)
    assert len(text) == 60
    with pytest.raises(TypeError, match=f"rate: got {text}; takes"):
        number("rate", "x" * 58, 0, 1)


@pytest.mark.parametrize("x", [1.0, 2, np.float32(1), np.ones(2), [1.0], (1.0, 2.0)])
def test_numpy_serves_arrays_numbers_and_sequences(x):
    assert namespace(x) is np


@pytest.mark.parametrize("x", [1.5, np.float16(1.5), np.float32(1.5), np.ones((2, 3)), [1.0, 2.0]])
def test_real_numbers_come_back_as_an_array_of_their_dtype(x):
    array = real("w", x)
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.asarray(x).dtype


@pytest.mark.parametrize("x", [1, np.array([True]), np.array([1j]), ["a"], [None]])
def test_numbers_that_are_not_floating_point_are_refused(x):
    with pytest.raises(TypeError, match=r"w: got an array of .*; takes float16, float32 or float64"):
        real("w", x)
