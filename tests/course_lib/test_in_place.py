"""The path that writes over the weights: the numbers of the pure rules, to the last bit, and what it refuses."""

import importlib
import re
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib.optimizers import RULES, in_place, rule
from course_lib.optimizers._kernels import KERNELS

pytestmark = pytest.mark.filterwarnings("error")

NAMES = sorted(RULES)
DTYPES = [np.float16, np.float32, np.float64]
EPSILONS = [{"epsilon": e, "epsilon_at": at} for e in (0.0, 1e-3) for at in ("inside", "outside", "hat")]
ARGUMENTS = [
    *((name, {}) for name in NAMES),
    *((name, {"momentum": 0.5, "lr_at": at}) for name in ("momentum", "nesterov") for at in ("input", "output")),
    *((name, {"momentum": 0.0}) for name in ("momentum", "momentum_torch", "nesterov")),
    *((name, epsilon) for name in ("adam", "rmsprop", "adagrad") for epsilon in EPSILONS),
    ("adam", {"beta_1": 0.0, "beta_2": 0.0}),
    ("adam", {"beta_1": 0.5, "beta_2": 0.75}),
    ("adam_paper", {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.0}),
    ("adagrad", {"initial_accumulator_value": 0.0, "epsilon": 0.0}),
    ("rmsprop", {"rho": 0.5}),
    *(
        ("rmsprop_momentum", {"rho": 0.5, "momentum": 0.75, "lr_at": at, **epsilon})
        for at in ("input", "output")
        for epsilon in EPSILONS
    ),
    ("adamw", {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 1e-3, "decay": 0.5}),
    ("adamw", {"decay": 0.0}),
    ("nadam", {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 1e-3}),
    ("lion", {"beta_1": 0.5, "beta_2": 0.75, "decay": 0.5}),
    ("adadelta", {"rho": 0.5, "epsilon": 1e-9}),
]


def named(case):
    name, arguments = case
    return ", ".join([name, *(f"{k} {v}" for k, v in arguments.items())])


CASES = pytest.mark.parametrize(("name", "arguments"), ARGUMENTS, ids=map(named, ARGUMENTS))


def blocks_of(size):
    """A block of so many bytes, so that small arrays have several, the last of them shorter."""
    return mock.patch.object(importlib.import_module("course_lib.optimizers.in_place"), "BLOCK", size)


def bits(array):
    """The bits as integers; what is not a number is one and the same whatever its sign."""
    array = np.where(np.isnan(array), np.nan, array).astype(array.dtype)
    return array.view(f"u{array.itemsize}")


def assert_same_bits_at_every_step(name, arguments, start, gradients, rates):
    pure, w = rule(name, **arguments), start
    state, moved = pure.init(start), start.copy()
    with blocks_of(64):
        step = in_place(name, moved, **arguments)
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), 1):
        s, state = pure.update(g, state, t, lr, w)
        with np.errstate(all="ignore"):
            w = w - s
        step(g, lr)
        np.testing.assert_array_equal(bits(moved), bits(np.asarray(w)), err_msg=f"step {t}")


def stream(shape, dtype, n=50, seed=0):
    """Gradients of very different sizes, some of them 0, and a start."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(-4, 1, (n, *(1 for _ in shape)))
    gradients = rng.normal(size=(n, *shape)) * sizes * (rng.random((n, *shape)) < 0.8)
    return rng.normal(size=shape).astype(dtype), gradients.astype(dtype)


# --- the same bits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@CASES
def test_each_of_50_steps_has_the_bits_of_the_pure_rule_also_under_a_schedule(name, arguments, dtype):
    start, gradients = stream((7, 13), dtype)
    assert_same_bits_at_every_step(name, arguments, start, gradients, np.geomspace(0.1, 0.001, 50))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_gradients_of_any_shape_give_the_bits_of_the_pure_rule(name, data):
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9))
    values = st.floats(allow_nan=False, width=8 * dtype.itemsize)  # inf too: runs that diverge go on
    draw = arrays.arrays(dtype, shape, elements=values | st.just(0.0))
    gradients = [data.draw(draw) for _ in range(4)]
    assert_same_bits_at_every_step(name, {}, data.draw(draw), gradients, data.draw(st.tuples(*4 * [st.floats(0, 2)])))


@pytest.mark.parametrize("name", NAMES)
def test_after_many_steps_without_gradient_the_bits_are_still_those_of_the_pure_rule(name):
    start, gradients = stream((20,), np.float32, n=3000)
    gradients[100:2990] = 0  # memories fade through the smallest numbers there are
    assert_same_bits_at_every_step(name, {}, start, gradients, np.full(3000, 1e-3))


@settings(deadline=None, max_examples=50)
@given(size=st.integers(0, 100), block=st.integers(8, 900))
@example(size=16, block=64)
def test_where_blocks_end_changes_no_bit(size, block):
    start, gradients = stream((size,), np.float64, n=3)
    together, apart = start.copy(), start.copy()
    step = in_place("adam", together)
    with blocks_of(block):
        step_of_blocks = in_place("adam", apart)
    for g in gradients:
        step(g, 0.1)
        step_of_blocks(g, 0.1)
    np.testing.assert_array_equal(bits(together), bits(apart))


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_are_their_own_gradient_move_as_if_it_were_a_copy(name):
    memory = np.random.default_rng(0).normal(size=41)
    for w_at, g_at in ((slice(40), slice(40)), (slice(1, 41), slice(40)), (slice(40), slice(1, 41))):
        shared = memory.copy()
        with blocks_of(64):
            step = in_place(name, shared[w_at])
        pure, w = rule(name), memory[w_at]
        step(shared[g_at], 0.1)
        np.testing.assert_array_equal(shared[w_at], w - pure.update(memory[g_at], pure.init(w), 1, 0.1, w)[0])


def test_a_gradient_may_lie_in_memory_in_any_order():
    start, gradients = stream((6, 8), np.float32, n=5)
    one, other = start.copy(), start.copy()
    step, step_of_others = in_place("adam", one), in_place("adam", other)
    for g in gradients:
        step(g, 0.1)
        step_of_others(np.asfortranarray(g), 0.1)
    np.testing.assert_array_equal(one, other)


# --- what is written over, and what is not ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_only_read(name):
    start, gradients = stream((50,), np.float64)
    before = gradients.copy()
    gradients.flags.writeable = False
    with blocks_of(64):
        step = in_place(name, start)
    for g in gradients:
        step(g, 0.1)
    np.testing.assert_array_equal(gradients, before)


def test_the_array_that_was_given_is_the_one_that_moves():
    w = np.ones((3, 4))
    row = w[1]
    in_place("sgd", w)(np.full((3, 4), 2.0), 0.25)
    assert (row == 0.5).all()


def test_two_functions_know_nothing_of_each_other():
    start, gradients = stream((50,), np.float64, n=6)
    alone, first, second = start.copy(), start.copy(), start.copy()
    step = in_place("adam", alone)
    step_first, step_second = in_place("adam", first), in_place("adam", second)
    for g in gradients:
        step(g, 0.1)
        step_first(g, 0.1)
        step_second(-g, 0.1)
    np.testing.assert_array_equal(first, alone)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_kernel_makes_no_array(name):
    import tracemalloc

    w, g = np.ones((2, 300_000), np.float32)
    step = in_place(name, w)
    step(g, 0.1)
    tracemalloc.start()
    try:
        step(g, 0.1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000  # bytes; an array of one block takes 262,144


def test_every_kernel_is_of_a_rule():
    assert set(KERNELS) < set(RULES)


# --- what is refused -------------------------------------------------------------------------------------------------

W = np.zeros((2, 3))
READ_ONLY = np.zeros(3)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    "w, error, message",
    [
        ([1.0, 2.0], TypeError, "w: got a list; takes an array of float16, float32 or float64"),
        (np.zeros(3, int), TypeError, "w: got an array of int64; takes an array of float16, float32 or float64"),
        (np.zeros(3, complex), TypeError, "w: got an array of complex128; takes an array of float16,"),
        (np.zeros(3, ">f4"), TypeError, "w: got an array of >f4; takes an array of float16,"),
        (np.float64(1.0), TypeError, "w: got a float64; takes an array of float16, float32 or float64"),
        (READ_ONLY, ValueError, "w: got a read-only array; takes a contiguous one that can be written over"),
        (np.zeros((4, 3)).T, ValueError, "w: got an array that is not contiguous; takes a contiguous one"),
        (np.zeros(6)[::2], ValueError, "w: got an array that is not contiguous; takes a contiguous one"),
    ],
    ids=["list", "integers", "complex", "swapped", "scalar", "read-only", "transposed", "every other"],
)
def test_weights_that_cannot_be_written_over_are_refused(w, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        in_place("adam", w)


@pytest.mark.parametrize("name", ["adam", "lion"])
@pytest.mark.parametrize(
    "g, lr, error, message",
    [
        (np.zeros((3, 2)), 0.1, ValueError, "g, w: got the shapes (3, 2) and (2, 3); they take the same"),
        (np.zeros(6), 0.1, ValueError, "g, w: got the shapes (6,) and (2, 3); they take the same"),
        (np.zeros((2, 3), "f4"), 0.1, TypeError, "g, w: got float32 and float64; they take the same dtype"),
        (W, -0.1, ValueError, "lr: got -0.1; takes a number in [0, inf)"),
        (W, float("nan"), ValueError, "lr: got nan; takes a number in [0, inf)"),
        (W, "0.1", TypeError, "lr: got '0.1'; takes a number in [0, inf)"),
    ],
    ids=["shape", "flat", "dtype", "negative", "nan", "text"],
)
def test_a_refused_step_says_why_and_changes_nothing(name, g, lr, error, message):
    w, other = np.ones((2, 2, 3))
    step, step_of_other = in_place(name, w), in_place(name, other)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        step(g, lr)
    for gradient in (np.full((2, 3), 3.0), np.full((2, 3), -1.0)):  # t and state are still those of the start
        step(gradient, 0.1)
        step_of_other(gradient, 0.1)
    np.testing.assert_array_equal(w, other)


def test_names_and_hyperparameters_are_refused_as_by_rule():
    with pytest.raises(ValueError, match=r"^name: got 'adan'; takes 'sgd', 'momentum'"):
        in_place("adan", np.zeros(2))
    with pytest.raises(TypeError, match=r"^rho: adam takes no such hyperparameter"):
        in_place("adam", np.zeros(2), rho=0.9)
    with pytest.raises(ValueError, match=r"^beta_1: got 1.0; takes a number in \[0, 1\)"):
        in_place("adam", np.zeros(2), beta_1=1.0)
