"""Numbers that stay finite: what every numeric function makes of extreme, constant and empty arrays, in every dtype.

The functions are those of the table of refusals (test_refusals.py), with the kinds of their arguments: an array of
real numbers is filled with whatever it may hold, and any other argument goes to the ends of its range. Everything
that NumPy could warn of is an error here, and no argument can be written to.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from refusable import Anything, Reals, Row, Sequence
from test_refusals import ARRAYS, INITIALIZERS, OPTIMIZERS, RULE_ROWS, SCHEDULES, SEARCH

from course_lib import backprop, batch_norm, clipping, dropout, losses, penalties, signals
from course_lib.activations import ACTIVATIONS
from course_lib.early_stopping import early_stop
from course_lib.initializers import INITIALIZERS as MAKERS
from course_lib.optimizers import RULES, descend, frequency_response, in_place, rule

DTYPES = [np.float16, np.float32, np.float64]


def strict():
    """Everything that NumPy could warn of is an error."""
    return np.errstate(all="raise")


pytestmark = pytest.mark.filterwarnings("error")


def of_logits(row):
    """The same loss of logits, which may be any numbers."""
    return row._replace(arguments={**row.arguments, "y_pred": (row.arguments["y_pred"][0], Reals()),
                                   "from_logits": (True, Anything())})  # fmt: skip


NUMERIC: dict[str, Row] = {
    **{name: row for name, row in ARRAYS.items() if "points" in row.arguments
       or any(isinstance(kind, Reals | Sequence) for _, kind in row.arguments.values())},
    **{f"{name}, of logits": of_logits(row) for name, row in ARRAYS.items() if "from_logits" in row.arguments},
    **{name: OPTIMIZERS[name] for name in ("optimizers.responses.frequency_response", "optimizers.loop.decay",
       "optimizers.loop.noise_floor", "optimizers.loop.weight_response")},
    "search.expected_best": SEARCH["search.expected_best"],
}  # fmt: skip

#: What does not have the dtype of the arrays that were given, and the dtype that it has instead.
OTHER_DTYPE = {
    "approximation.network": np.float64,
    "backprop.deltas": np.float64,
    "early_stopping.learned": np.float64,
    "early_stopping.expected_error": np.float64,
    "early_stopping.judge_twice": np.float64,
    "optimizers.loop.decay": np.float64,
    "optimizers.loop.noise_floor": np.float64,
    "optimizers.loop.weight_response": np.complex128,
    "noisy_bowl.mean_square": np.float64,
    "noisy_bowl.floor": np.float64,
    "schedules.reduce_on_plateau": np.float64,
    "optimizers.responses.frequency_response": np.complex128,
    "search.expected_best": np.float64,
}
#: What may be nan for large numbers, although all of them are finite, and why.
NAN = {
    **{name: "the difference of two numbers beyond the range" for name in ARRAYS if "points" in ARRAYS[name].arguments},
    **{name: "sums of products beyond the range of float64, of both signs" for name in (
        "backprop.forward", "backprop.backward", "backprop.deltas", "signals.network_signals",
        "batch_norm.batch_norm_gradient", "batch_norm.fold",
    )},
}  # fmt: skip
EXTREMES = (
    "zeros", "ones", "1e4", "-1e4", "±1e4", "largest", "-largest", "±largest", "smallest", "±smallest", "subnormal"
)  # fmt: skip


def extreme(which, shape, dtype):
    """An array of numbers that are all extreme in this way; ± changes from one to the next."""
    info = np.finfo(dtype)
    size = {"zeros": 0.0, "ones": 1.0, "1e4": 1e4, "largest": info.max, "smallest": info.smallest_subnormal,
            "subnormal": info.smallest_normal / 2}[which.lstrip("-±")]  # fmt: skip
    array = np.full(shape, size, dtype)
    if which[0] == "-":
        array = -array
    elif which[0] == "±":
        array.flat[::2] *= -1
    return array


def is_free(name, kind):
    """Whether an argument may hold any finite numbers; edges have to rise."""
    return name != "edges" and (name in ("points", "state") or (
        isinstance(kind, Reals) and all(not math.isfinite(number) for number in kind.bad)
    ) or (isinstance(kind, Sequence) and isinstance(kind.of, Reals)))  # fmt: skip


def read_only(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def is_array(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def filled(row, dtype, fill):
    """Arguments of a row: arrays in this dtype and read-only; `fill` makes those that may hold any numbers."""

    def of(name, valid, kind):
        if isinstance(valid, list | tuple) and valid and all(map(is_array, valid)):
            made = [of(name, array, kind) for array in valid]
            return (made[0], read_only(np.abs(made[1]))) if name == "state" else made
        if not is_array(valid):
            return valid
        return read_only(fill(valid.shape, dtype) if is_free(name, kind) else valid.astype(dtype))

    return {name: of(name, valid, kind) for name, (valid, kind) in row.arguments.items()}


def at_ends(row):
    """Values of the other arguments: all as in the table, and then each of them at each end of its range."""
    yield {}
    for name, (valid, kind) in row.arguments.items():
        if not isinstance(kind, Reals | Sequence | Anything):
            yield from ({name: value} for value in kind.right(valid))


def numbers(result):
    """All arrays and numbers in what a function gives."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        for part in result:
            yield from numbers(part)
    elif isinstance(result, np.ndarray | np.generic | float):
        yield result


def is_nan(result):
    return any(np.isnan(number).any() for number in numbers(result))


# --- dtypes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NUMERIC)
def test_what_comes_back_has_the_dtype_that_was_given(name, dtype):
    row = NUMERIC[name]
    result = row.call(**filled(row, dtype, lambda shape, dtype: np.ones(shape, dtype)))
    if name == "backprop.forward":
        result, cache = result
        assert {array.dtype for array in (*cache.inputs, *cache.sums)} == {np.dtype(np.float64)}
    of_numpy = [number for number in numbers(result) if isinstance(number, np.ndarray | np.generic)]
    if name in ("signals.summary", "signals.network_signals", "early_stopping.early_stop",
                "noisy_bowl.best_rate"):  # fmt: skip
        assert not of_numpy  # Python numbers
    else:
        assert {number.dtype for number in of_numpy} == {np.dtype(OTHER_DTYPE.get(name, dtype))}


# --- extreme numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EXTREMES)
@pytest.mark.parametrize("name", NUMERIC)
def test_extreme_numbers_make_no_warning_and_no_nan(name, which):
    row = NUMERIC[name]
    for dtype in DTYPES:
        arguments = filled(row, dtype, lambda shape, dtype: extreme(which, shape, dtype))
        for others in at_ends(row):
            with strict():
                result = row.call(**{**arguments, **others})
            if name not in NAN or ("1e4" not in which and "largest" not in which):
                assert not is_nan(result), (dtype, others)


@pytest.mark.parametrize("name", NUMERIC)
@settings(deadline=None, max_examples=25, derandomize=True)
@given(data=st.data(), dtype=st.sampled_from(DTYPES))
def test_no_finite_numbers_make_a_warning_or_a_nan(name, data, dtype):
    row = NUMERIC[name]
    width = np.dtype(dtype).itemsize * 8
    elements = st.floats(allow_nan=False, allow_infinity=False, width=width)

    arguments = filled(row, dtype, lambda shape, dtype: data.draw(arrays.arrays(dtype, shape, elements=elements)))
    with strict():
        result = row.call(**arguments)
    assert name in NAN or not is_nan(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "linear"])
def test_at_logits_of_10_000_every_activation_is_where_it_tends_to(name, dtype):
    x = np.array([-1e4, 1e4], dtype)
    function, derivative = ACTIVATIONS[name]
    y, slope = function(x), derivative(x)
    assert np.isfinite(y).all() and np.isfinite(slope).all()
    if name == "softmax":
        assert y.tolist() == [0, 1] and not slope.any()
    elif name in ("sigmoid", "hard_sigmoid", "tanh"):
        assert y.tolist() == [-1.0 if name == "tanh" else 0.0, 1] and not slope.any()
    elif name in ("softplus", "relu", "gelu", "silu"):
        assert y.tolist() == [0, 1e4] and slope.tolist() == [0, 1]


# --- nothing, one number, and the same number again and again --------------------------------------------------------


def emptied(array):
    return read_only(array[:0])


#: Of an empty batch: the loss is 0, and so are penalties and norms.
EMPTY = {
    **{f"losses.{name}": 0.0 for name in (
        "mse", "mae", "huber", "hinge", "binary_crossentropy", "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    )},
    **{f"penalties.{name}": 0.0 for name in ("l1", "l2", "elastic_net")},
    "signals.summary": (0.0, 0.0, 0.0, 0.0),
}  # fmt: skip
#: The argument that holds the batch, where it is not all arrays.
BATCH = ("x", "y_true", "y_pred", "points", "w", "g", "upstream")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name, row in NUMERIC.items() if set(BATCH) & set(row.arguments)])
def test_an_empty_batch_gives_an_empty_array_or_zero(name, dtype):
    row = NUMERIC[name]
    arguments = filled(row, dtype, lambda shape, dtype: np.ones(shape, dtype))
    arguments |= {key: emptied(arguments[key]) for key in BATCH if key in arguments}
    with strict():
        result = row.call(**arguments)
    if (key := name.removesuffix(", of logits")) in EMPTY:
        assert tuple(map(float, np.atleast_1d(result))) == tuple(np.atleast_1d(EMPTY[key]))
    else:
        first = result[0] if isinstance(result, tuple) else result
        assert first.shape[0] == 0 and first.dtype == dtype and not is_nan(result)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_empty_batch_leaves_the_statistics_and_has_zero_gradients(dtype):
    x, ones, state = np.ones((0, 3), dtype), np.ones(3, dtype), (np.full(3, 2, dtype), np.full(3, 3, dtype))
    for training in (True, False):
        _, new = batch_norm.batch_norm(x, ones, ones, state, training)
        np.testing.assert_array_equal(new, state)
    _, dgamma, dbeta = batch_norm.batch_norm_gradient(x, x, ones)
    assert not dgamma.any() and not dbeta.any()
    w, b = [np.ones((3, 2), dtype)], [np.ones(2, dtype)]
    output, cache = backprop.forward(x, w, b, "tanh")
    (dw,), (db,) = backprop.backward(cache, w, b, output)
    assert not dw.any() and not db.any()
    assert signals.network_signals(cache, w, b, output).gradients["1"] == (0.0, 0.0, 0.0, 1.0)


def test_what_a_mean_of_nothing_would_be_needed_for_is_refused():
    with pytest.raises(ValueError, match=r"history: got the shape \(0,\); takes"):
        early_stop([], 1)
    with pytest.raises(ValueError, match=r"x: got 0 number.*; .* takes two or more"):
        ones = np.ones(3)
        batch_norm.batch_norm(np.ones((0, 3)), ones, ones, (ones, ones), True, unbiased=True)
    with pytest.raises(ValueError, match=r"y_pred: got the shape \(2, 0\); takes .* one class or more"):
        losses.categorical_crossentropy(np.ones((2, 0)), np.ones((2, 0)), from_logits=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (1, 1), (3, 0)])
def test_no_gradients_and_zero_gradients_are_clipped_to_themselves(shape, dtype):
    g = read_only(np.zeros(shape, dtype))
    with strict():
        for c in (0.0, 1.0):
            for clipped in (clipping.by_value(g, c), clipping.by_norm(g, c), clipping.by_global_norm([g, g], c)[0][1]):
                assert clipped.shape == shape and clipped.dtype == dtype and not clipped.any()
            assert clipping.by_global_norm([], c) == ([], 0.0)
            if shape:
                assert not penalties.max_norm(g, c, epsilon=0.0).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("drop", [dropout.dropout, dropout.alpha_dropout])
def test_rate_0_drops_nothing_and_rate_1_everything(drop, dtype):
    x = read_only(np.array([np.finfo(dtype).max, -1.0, 0.0, np.finfo(dtype).smallest_subnormal], dtype))
    with strict():
        np.testing.assert_array_equal(drop(x, 0.0, np.random.default_rng(0)), x)
        assert not drop(x, 1.0, np.random.default_rng(0)).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 1.0, -1e4, "largest", "smallest"])
def test_a_constant_batch_is_normalized_to_beta_exactly(value, dtype):
    value = extreme(value, (), dtype) if isinstance(value, str) else value
    x, gamma, beta = np.full((5, 3), value, dtype), np.full(3, 2, dtype), np.array([0.0, 0.5, -1.0], dtype)
    with strict():
        y, (mean, variance) = batch_norm.batch_norm(x, gamma, beta, (gamma, gamma), True, momentum=0.0, epsilon=1e-300)
    np.testing.assert_array_equal(y, np.broadcast_to(beta, (5, 3)))
    np.testing.assert_array_equal(mean, x[0])
    assert not variance.any()


# --- rules, schedules, initializers ----------------------------------------------------------------------------------


def states(state):
    return [array for array in numbers(state) if isinstance(array, np.ndarray | np.generic)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_the_dtype_and_warns_of_no_gradient(name, dtype):
    row = RULE_ROWS[next(key for key in RULE_ROWS if key.endswith(f".{name}"))]
    w = read_only(np.ones((2, 3), dtype))
    for which in EXTREMES:
        g = read_only(extreme(which, (2, 3), dtype))
        for hyperparameters in at_ends(row):
            made = row.call(**hyperparameters)
            with strict():
                state = made.init(w)
                for t in (1, 2, 3, 10**6):
                    step, state = made.update(g, state, t, 0.5, w)
            assert {array.dtype for array in (step, *states(state))} == {np.dtype(dtype)}, (which, hyperparameters)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_in_place_a_rule_takes_the_same_steps_at_the_ends_of_its_hyperparameters(name, dtype):
    row = RULE_ROWS[next(key for key in RULE_ROWS if key.endswith(f".{name}"))]
    for which in ("zeros", "±1e4", "±largest", "±smallest"):
        g = read_only(extreme(which, (2, 3), dtype))
        for hyperparameters in at_ends(row):
            pure, w, moved = rule(name, **hyperparameters), np.ones((2, 3), dtype), np.ones((2, 3), dtype)
            step, state = in_place(name, moved, **hyperparameters), pure.init(w)
            for t in (1, 2, 3):
                with strict():
                    step(g, 0.5)
                    change, state = pure.update(g, state, t, 0.5, w)
                with np.errstate(all="ignore"):
                    w = w - change
            np.testing.assert_array_equal(moved, w, err_msg=f"{which}, {hyperparameters}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("which", ["zeros", "±smallest", "subnormal"])
@pytest.mark.parametrize("name", RULES)
def test_gradients_of_zero_and_next_to_zero_make_finite_steps(name, which, dtype):
    row = RULE_ROWS[next(key for key in RULE_ROWS if key.endswith(f".{name}"))]
    w, g = np.ones((2, 3), dtype), extreme(which, (2, 3), dtype)
    for hyperparameters in at_ends(row):
        if max((value for value in hyperparameters.values() if isinstance(value, float)), default=0) > 1:
            continue  # a decay of 1e308 is beyond the range, as it should be
        made = row.call(**hyperparameters)
        state = made.init(w)
        for t in (1, 2, 3):
            step, state = made.update(g, state, t, 0.5, w)
            assert np.isfinite(step).all(), hyperparameters
            assert which != "zeros" or name in ("adamw", "lion") or not step.any(), hyperparameters


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_a_descent_keeps_the_dtype_of_its_start_and_diverges_in_silence(name, dtype):
    with strict():
        path = descend(name, lambda w: 4 * w, read_only(np.array([1.0, 1e3, 0.0], dtype)), 50, 1e3)
        assert path.dtype == dtype and path.shape == (51, 3)
        assert descend(name, np.copy, np.ones((0, 2), dtype), 3, 0.1).shape == (4, 0, 2)


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_step_and_no_argument_of_a_schedule_makes_a_warning_or_a_nan(name):
    row = SCHEDULES[name]
    steps = np.array([0.0, 1.0, 9.0, 10.0, 11.0, 1e4, 65504.0])
    for arguments in at_ends(row):
        schedule = row.call(**arguments)
        for dtype in (*DTYPES, np.int64, np.uint8):
            given = read_only(steps[: 5 if dtype == np.uint8 else None].astype(dtype))
            with strict():
                rates = schedule(given)
                last = schedule(2**53)
            assert rates.dtype == (dtype if dtype in DTYPES else np.float64) and rates.shape == given.shape
            assert not np.isnan(rates).any() and not math.isnan(last), (arguments, dtype)
            assert isinstance(last, float) and schedule(np.zeros((0, 2))).shape == (0, 2)


SHAPES = [(0,), (1,), (1, 1), (0, 3), (3, 0), (2, 0, 3), (7, 5)]


@pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name in MAKERS for shape in SHAPES if name != "orthogonal" or len(shape) > 1]
)
def test_weights_of_every_shape_and_size_are_finite(name, shape):
    row = INITIALIZERS[f"initializers.{name}"]
    for arguments in at_ends(row):
        if "shape" not in arguments:
            with strict():
                w = row.call(**{**arguments, "shape": shape})
            assert w.shape == shape and w.dtype == np.float64 and np.isfinite(w).all(), arguments


def test_a_filter_of_any_memory_has_finite_responses():
    for beta in (0.0, math.nextafter(1, 0), 5e-324):
        with strict():
            assert np.isfinite(frequency_response(rule("momentum", momentum=beta).filter, [0.0, 0.25, 0.5])).all()


def test_the_checks_of_this_file_would_see_a_warning():
    for bad in (lambda x: x * x, lambda x: x / 0, lambda x: x - x):
        with strict(), pytest.raises(FloatingPointError):
            bad(np.array([np.finfo(np.float16).max, np.inf], np.float16))
        with pytest.raises(RuntimeWarning):
            bad(np.array([np.finfo(np.float16).max, np.inf], np.float16))
