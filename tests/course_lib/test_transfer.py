"""Splitting a data set into two tasks: known shapes and labels, laws, and refusals."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.data import fashion_mnist
from course_lib.transfer import Tasks, split_tasks

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def parts() -> dict[str, Tasks]:
    """Sandals and shirts apart from the other clothes, in all three parts of Fashion-MNIST."""
    data = fashion_mnist(valid=5_000)
    pairs = {"train": data[0:2], "valid": data[2:4], "test": data[4:6]}
    return {name: split_tasks(x, y, (5, 6)) for name, (x, y) in pairs.items()}


def test_the_shapes_are_the_known_ones(parts):
    assert parts["train"].x_a.shape == (43_986, 28, 28)
    assert [len(a) for a in parts["valid"]] == [4_014, 4_014, 986, 986]
    assert [len(a) for a in parts["test"]] == [8_000, 8_000, 2_000, 2_000]
    assert -(-43_986 // 32) == 1_375 and -(-200 // 32) == 7


def test_the_labels_are_the_known_ones(parts):
    assert "".join(map(str, parts["train"].y_a[:30])) == "405777443401634326534513420671"
    assert "".join(map(str, parts["train"].y_b[:30])) == "110000111001100000011001101111"
    assert parts["train"].y_b[:200].sum() == 99


@given(y=st.lists(st.integers(0, 9), max_size=30), chosen=st.lists(st.integers(0, 9), min_size=1, unique=True))
@settings(deadline=None)
def test_every_example_goes_to_one_task_and_its_class_can_be_told_from_its_label(y, chosen):
    y, x = np.array(y, np.int64), np.arange(len(y))
    tasks = split_tasks(x, y, chosen)
    others = [c for c in range(10) if c not in chosen]
    assert sorted([*tasks.x_a, *tasks.x_b]) == x.tolist()
    assert [others[k] for k in tasks.y_a] == y[tasks.x_a].tolist()
    assert [chosen[k] for k in tasks.y_b] == y[tasks.x_b].tolist()
    assert (np.diff(tasks.x_a) > 0).all() and (np.diff(tasks.x_b) > 0).all()


def test_labels_do_not_depend_on_which_classes_occur():
    assert split_tasks([0.0], [9], (5, 6)).y_a.tolist() == [7]
    assert split_tasks([0.0], [6], (5, 6)).y_b.tolist() == [1]
    assert split_tasks([0.0], [6], (6, 5)).y_b.tolist() == [0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_dtypes_are_kept_and_the_arrays_are_copies(dtype):
    x, y = np.zeros((4, 2), np.float32), np.array([0, 1, 2, 3], dtype)
    x.flags.writeable = y.flags.writeable = False
    tasks = split_tasks(x, y, (1,))
    assert [a.dtype for a in tasks] == [np.float32, dtype, np.float32, dtype]
    assert not any(np.shares_memory(a, b) for a in tasks for b in (x, y))


REFUSED = {
    "lengths": (([1.0, 2.0], [1], (1,)), ValueError, "x, y: got the shapes (2,) and (1,); they take (n, …) and (n,)"),
    "y of two axes": (([1.0], [[1]], (1,)), ValueError, "x, y: got the shapes (1,) and (1, 1); they take"),
    "y of floats": (([1.0], [1.0], (1,)), TypeError, "y: got an array of float64; takes whole numbers"),
    "y below 0": (([1.0], [-1], (1,)), ValueError, "y: got a class -1; takes classes of at least 0"),
    "no class": (([1.0], [1], ()), ValueError, "classes_b: got []; takes one class or more, each once"),
    "twice": (([1.0], [1], (1, 1)), ValueError, "classes_b: got [1, 1]; takes one class or more, each once"),
    "a number": (([1.0], [1], 1), TypeError, "classes_b: got a int; takes a list of classes"),
    "a name": (([1.0], [1], ["shirt"]), TypeError, "classes_b[0]: got 'shirt'; takes a whole number of at least 0"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    arguments, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        split_tasks(*arguments)
