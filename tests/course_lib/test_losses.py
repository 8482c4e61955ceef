"""Losses: values by hand, gradients by differences, laws, clipping, extreme logits, dtypes, and refusals."""

import inspect
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import losses as module
from course_lib.activations import sigmoid, softmax
from course_lib.losses import (
    binary_crossentropy,
    binary_crossentropy_gradient,
    categorical_crossentropy,
    categorical_crossentropy_gradient,
    hinge,
    hinge_gradient,
    huber,
    huber_gradient,
    mae,
    mae_gradient,
    mse,
    mse_gradient,
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_gradient,
)

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(0)
DTYPES = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
Z, SOFT = RNG.normal(0, 2, (4, 3)), softmax(RNG.normal(size=(4, 3)))
HARD = np.eye(3)[[0, 2, 2, 1]]
LOGITS = {"from_logits": True}
#: name -> (loss, gradient, y_true, y_pred, options)
CASES = {
    "mse": (mse, mse_gradient, RNG.normal(size=(4, 3)), Z, {}),
    "mae": (mae, mae_gradient, RNG.normal(size=(4, 3)), Z, {}),
    "huber": (huber, huber_gradient, RNG.normal(size=(4, 3)), Z, {}),
    "huber, delta": (huber, huber_gradient, RNG.normal(size=(4, 3)), Z, {"delta": 0.3}),
    "hinge": (hinge, hinge_gradient, np.sign(RNG.normal(size=(4, 3))), Z, {}),
    "binary": (binary_crossentropy, binary_crossentropy_gradient, HARD, sigmoid(Z), {}),
    "binary, soft": (binary_crossentropy, binary_crossentropy_gradient, SOFT, sigmoid(Z), {}),
    "binary, logits": (binary_crossentropy, binary_crossentropy_gradient, SOFT, Z, LOGITS),
    "categorical": (categorical_crossentropy, categorical_crossentropy_gradient, SOFT, softmax(Z), {}),
    "categorical, sums": (categorical_crossentropy, categorical_crossentropy_gradient, SOFT, np.exp(Z), {}),
    "categorical, logits": (categorical_crossentropy, categorical_crossentropy_gradient, SOFT, Z, LOGITS),
    "sparse": (
        sparse_categorical_crossentropy, sparse_categorical_crossentropy_gradient, HARD.argmax(-1), softmax(Z), {}
    ),
    "sparse, logits": (
        sparse_categorical_crossentropy, sparse_categorical_crossentropy_gradient, HARD.argmax(-1), Z, LOGITS
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("case", CASES)


# --- gradients -------------------------------------------------------------------------------------------------------


def test_every_loss_has_its_gradient_with_the_same_arguments():
    names = [name for name, value in vars(module).items() if inspect.isfunction(value) and name[0] != "_"]
    names = [name for name in names if getattr(module, name).__module__ == module.__name__]
    losses = [name for name in names if not name.endswith("_gradient")]
    assert losses == [
        "mse", "mae", "huber", "hinge", "binary_crossentropy", "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    ]  # fmt: skip
    for name in losses:
        gradient = getattr(module, f"{name}_gradient")
        assert inspect.signature(gradient).parameters == inspect.signature(getattr(module, name)).parameters


@EACH
def test_the_gradient_is_the_slope_of_the_loss(case):
    loss, gradient, y, p, options = CASES[case]
    by_differences = [
        (loss(y, p + d.reshape(p.shape), **options) - loss(y, p - d.reshape(p.shape), **options)) / 2e-6
        for d in 1e-6 * np.eye(p.size)
    ]
    np.testing.assert_allclose(gradient(y, p, **options).ravel(), by_differences, rtol=1e-6, atol=1e-9)


@EACH
def test_two_batches_of_equal_size_have_the_mean_of_their_losses_and_half_of_their_gradients(case):
    loss, gradient, y, p, options = CASES[case]
    halves = [(y[:2], p[:2]), (y[2:], p[2:])]
    assert loss(y, p, **options) == pytest.approx(np.mean([loss(*half, **options) for half in halves]), rel=1e-12)
    joined = np.concatenate([gradient(*half, **options) for half in halves]) / 2
    np.testing.assert_allclose(gradient(y, p, **options), joined, rtol=1e-12, atol=1e-16)


@EACH
def test_further_axes_are_more_elements_or_examples(case):
    loss, gradient, y, p, options = CASES[case]
    y2, p2 = y.reshape(2, 2, *y.shape[1:]), p.reshape(2, 2, 3)
    assert loss(y2, p2, **options) == pytest.approx(loss(y, p, **options), rel=1e-14)
    np.testing.assert_allclose(gradient(y2, p2, **options).reshape(4, 3), gradient(y, p, **options), rtol=1e-14)


def test_at_kinks_the_gradient_is_0():
    np.testing.assert_array_equal(mae_gradient([1.0, 1.0], [1.0, 2.0]), [0, 0.5])
    np.testing.assert_array_equal(hinge_gradient([1, -1], [1.0, 0.0]), [0, 0.5])


def test_the_signs_of_the_gradients_of_errors():
    # downhill from below the truth is upward
    assert mse_gradient([1.0], [0.3])[0] == pytest.approx(-1.4)
    assert mae_gradient([1.0], [0.3])[0] == -1


def test_the_gradient_for_logits_is_the_difference_to_the_label():
    gradient = categorical_crossentropy_gradient([[0.2, 0.5, 0.3]], [[1.0, 2.0, -1.0]], True)
    np.testing.assert_allclose(gradient, [[0.0595, 0.2054, -0.2649]], atol=1e-4)
    np.testing.assert_allclose(gradient, softmax([[1.0, 2.0, -1.0]]) - [[0.2, 0.5, 0.3]], rtol=1e-14)
    np.testing.assert_allclose(binary_crossentropy_gradient([[1, 0]], [[1.3, 1.3]], True) * 2, sigmoid(1.3) - [[1, 0]])


@given(z=arrays.arrays(np.float64, (3, 4), elements=st.floats(-6, 6)))
@settings(deadline=None)
def test_the_gradient_for_logits_is_that_for_probabilities_through_the_activation(z):
    y, p = np.eye(4)[:3], softmax(z)
    upstream = categorical_crossentropy_gradient(y, p)
    through = p * (upstream - (upstream * p).sum(-1, keepdims=True))
    np.testing.assert_allclose(categorical_crossentropy_gradient(y, z, True), through, atol=1e-12)
    s = sigmoid(z)
    np.testing.assert_allclose(
        binary_crossentropy_gradient(y, z, True), binary_crossentropy_gradient(y, s) * s * (1 - s), atol=1e-9
    )


# --- values ----------------------------------------------------------------------------------------------------------


def test_values_by_hand():
    assert mse([[0.0, 1.0]], [[2.0, 2.0]]) == 2.5
    assert mae([[0.0, 1.0]], [[2.0, 2.0]]) == 1.5
    assert huber([0.0, 0.0], [0.5, 3.0]) == 1.3125
    assert hinge([1, -1, 1], [0.5, -2.0, -1.0]) == pytest.approx(2.5 / 3, rel=1e-14)
    assert binary_crossentropy([0, 1, 0], [0.6, 0.8, 0.1]) == pytest.approx(0.4149316, abs=1e-7)
    p = [[0.9, 0.05, 0.05], [0.05, 0.89, 0.06], [0.05, 0.01, 0.94]]
    assert categorical_crossentropy(np.eye(3), p) == pytest.approx(0.0945899, abs=1e-7)
    assert sparse_categorical_crossentropy([0, 1, 2], p) == pytest.approx(0.0945899, abs=1e-7)


def test_a_uniform_guess_among_ten_costs_the_logarithm_of_ten():
    for y in range(10):
        assert sparse_categorical_crossentropy([y], np.zeros((1, 10)), True) == pytest.approx(math.log(10), rel=1e-14)
        assert sparse_categorical_crossentropy([y], np.full((1, 10), 0.1)) == pytest.approx(math.log(10), rel=1e-14)


def test_the_loss_of_a_logit_of_1_point_3_and_its_two_labels():
    assert binary_crossentropy([0.0], [1.3], True) == pytest.approx(1.5410085, abs=1e-7)
    assert binary_crossentropy([1.0], [1.3], True) == pytest.approx(0.2410085, abs=1e-7)
    for y in (0.0, 1.0):
        assert binary_crossentropy([y], [1.3], True) == pytest.approx(math.log1p(math.exp(-(2 * y - 1) * 1.3)))


def test_the_logarithm_of_a_sum_of_exponentials_of_1000_and_999():
    # the surprise at class 1 is ln(exp(1000) + exp(999)) - 999
    assert sparse_categorical_crossentropy([1], [[1000.0, 999.0]], True) + 999 == pytest.approx(1000.3132617, abs=1e-7)


@given(z=arrays.arrays(np.float64, (3, 4), elements=st.floats(-6, 6)), k=st.integers(0, 3))
@settings(deadline=None)
def test_logits_and_the_probabilities_that_they_stand_for_cost_the_same(z, k):
    y = np.eye(4)[[k, 0, 3]]
    for loss, activation in ((categorical_crossentropy, softmax), (binary_crossentropy, sigmoid)):
        assert loss(y, z, True) == pytest.approx(loss(y, activation(z)), rel=1e-9, abs=1e-12)


def test_soft_labels_cost_their_entropy_and_the_divergence_from_them():
    p = softmax(Z)
    entropy = -(SOFT * np.log(SOFT)).sum(-1).mean()
    divergence = (SOFT * np.log(SOFT / p)).sum(-1).mean()
    assert categorical_crossentropy(SOFT, p) == pytest.approx(entropy + divergence, rel=1e-12)
    assert categorical_crossentropy(SOFT, SOFT) == pytest.approx(entropy, rel=1e-12)


def test_two_classes_are_one_logit():
    z = Z[:, 0]
    y = np.array([0, 1, 1, 0])
    assert sparse_categorical_crossentropy(y, np.stack([0 * z, z], -1), True) == pytest.approx(
        binary_crossentropy(y, z, True), rel=1e-14
    )


def test_rows_are_divided_by_their_sums():
    p = softmax(Z)
    scaled = p * [[1.0], [10.0], [0.1], [7.0]]
    assert categorical_crossentropy(HARD, scaled) == pytest.approx(categorical_crossentropy(HARD, p), rel=1e-14)
    gradient = categorical_crossentropy_gradient(HARD, scaled)
    np.testing.assert_allclose((gradient * scaled).sum(-1), 0, atol=1e-15)  # to scale a row changes nothing


def test_huber_is_between_the_two_others():
    y, p = CASES["mse"][2:4]
    assert huber(y, p, 1e6) == pytest.approx(mse(y, p) / 2, rel=1e-12)
    assert huber(y, p, 1e-9) / 1e-9 == pytest.approx(mae(y, p), rel=1e-6)
    assert huber([0.0], [0.3], 0.3) == pytest.approx(0.045)  # both halves meet


@given(p=arrays.arrays(np.float64, 4, elements=st.floats(-1e3, 1e3)))
@settings(deadline=None)
def test_what_is_right_costs_nothing_and_what_is_not_something(p):
    for loss in (mse, mae, huber):
        assert loss(p, p) == 0
        assert loss(p, p + 1) > 0
    y = np.where(p >= 0, 1, -1)
    assert hinge(y, p + y) == pytest.approx(0, abs=1e-12)


def test_to_clip_at_1_is_what_makes_the_hinge():
    assert hinge([1.0], [5.0]) == 0
    assert hinge([-1.0], [5.0]) == 6


# --- clipping --------------------------------------------------------------------------------------------------------


def test_detached_probabilities_in_float32_cost_the_same_whatever_the_logit():
    for logit in (50.0, 100.0, 200.0):
        p = sigmoid(np.float32([logit]))
        assert binary_crossentropy([0.0], p) == pytest.approx(15.942385, abs=1e-6)
        assert binary_crossentropy([0.0], np.float32([logit]), True) == logit


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_worst_guess_costs_16_and_has_no_gradient(dtype):
    for y, p in ((1, 0.0), (0, 1.0)):
        p = np.array([p], dtype)
        assert 15.9 < binary_crossentropy([y], p) < 16.2
        assert binary_crossentropy_gradient([y], p)[0] == 0
    row = np.array([[0, 1]], dtype)
    assert 16.1 < sparse_categorical_crossentropy([0], row) < 16.2
    assert binary_crossentropy([1.0], np.array([0.0])) == pytest.approx(-math.log(1e-7), rel=1e-12)
    np.testing.assert_array_equal(sparse_categorical_crossentropy_gradient([0], row), [[0, 0]])


def test_a_row_of_zeros_costs_as_much():
    assert sparse_categorical_crossentropy([1], [[0.0, 0.0]]) == pytest.approx(-math.log(1e-7), rel=1e-12)
    np.testing.assert_array_equal(sparse_categorical_crossentropy_gradient([1], [[0.0, 0.0]]), [[0, 0]])


# --- numbers at the ends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e4, 1e300, 1.7e308])
def test_extreme_logits_cost_their_distance_and_have_a_gradient_of_at_most_1(size):
    z = np.array([[size, -size]])
    assert categorical_crossentropy([[0, 1]], z, True) == 2 * size
    assert categorical_crossentropy([[1, 0]], z, True) == 0
    assert binary_crossentropy([[0, 1]], z, True) == size
    assert binary_crossentropy([[1, 0]], z, True) == 0
    assert categorical_crossentropy([[1, 0]], [[-size, -size]], True) == pytest.approx(math.log(2))
    np.testing.assert_array_equal(categorical_crossentropy_gradient([[0, 1]], z, True), [[1, -1]])
    np.testing.assert_array_equal(binary_crossentropy_gradient([[0, 1]], z, True), [[0.5, -0.5]])


@EACH
@DTYPES
@given(numbers=arrays.arrays(np.float64, (4, 3), elements=st.floats(allow_nan=False, allow_infinity=False)))
@settings(deadline=None, max_examples=20)
def test_no_finite_prediction_makes_a_warning_or_a_nan(case, dtype, numbers):
    loss, gradient, y, _, options = CASES[case]
    with np.errstate(over="ignore"):
        numbers = np.clip(numbers, -np.finfo(dtype).max, np.finfo(dtype).max).astype(dtype)
    if case.startswith("binary") and not options:
        numbers = sigmoid(numbers)
    elif case in ("categorical", "categorical, sums", "sparse"):
        numbers = np.abs(numbers)
    value, slope = loss(y, numbers, **options), gradient(y, numbers, **options)
    assert not np.isnan(value) and not np.isnan(slope).any()
    assert value.dtype == dtype and slope.dtype == dtype and slope.shape == numbers.shape


@EACH
def test_an_empty_batch_costs_nothing(case):
    loss, gradient, y, p, options = CASES[case]
    assert loss(y[:0], p[:0], **options) == 0
    assert gradient(y[:0], p[:0], **options).shape == (0, 3)


# --- dtypes, and whose arrays they are -------------------------------------------------------------------------------


@EACH
@DTYPES
def test_results_have_the_dtype_of_the_prediction_and_its_digits(case, dtype):
    loss, gradient, y, p, options = CASES[case]
    p = p.astype(dtype)
    value, slope = loss(y, p, **options), gradient(y, p, **options)
    assert isinstance(value, dtype) and slope.dtype == dtype
    wide = p.astype(np.float64)
    np.testing.assert_allclose(value, loss(y, wide, **options), rtol=2 * np.finfo(dtype).eps)
    exact = gradient(y, wide, **options)
    np.testing.assert_allclose(slope, exact, rtol=2 * np.finfo(dtype).eps, atol=np.finfo(dtype).smallest_subnormal)


@EACH
def test_arguments_are_neither_changed_nor_handed_back(case):
    loss, gradient, y, p, options = CASES[case]
    y, p = y.copy(), p.copy()
    y.flags.writeable = p.flags.writeable = False
    loss(y, p, **options)
    slope = gradient(y, p, **options)
    assert not np.shares_memory(slope, y) and not np.shares_memory(slope, p)
    slope[...] = 0.0


def test_labels_may_be_integers_or_bools():
    p = sigmoid(Z)
    for y in (HARD.astype(int), HARD.astype(bool), HARD.astype(np.float32), HARD.astype(int).tolist()):
        assert binary_crossentropy(y, p) == binary_crossentropy(HARD, p)


# --- refusals --------------------------------------------------------------------------------------------------------

ELEMENTWISE = (mse, mae, huber, hinge, binary_crossentropy, categorical_crossentropy)


@pytest.mark.parametrize("function", [*ELEMENTWISE, *(getattr(module, f"{f.__name__}_gradient") for f in ELEMENTWISE)])
def test_shapes_that_would_broadcast_are_refused_and_integers_as_predictions(function):
    with pytest.raises(ValueError, match=re.escape("y_true, y_pred: got the shapes (3,) and (3, 1); they take the")):
        function([1.0, 1.0, 1.0], [[1.0], [1.0], [1.0]])
    with pytest.raises(TypeError, match=re.escape("y_pred: got an array of int64; takes float16, float32 or float64")):
        function([[1.0]], [[1]])
    with pytest.raises(TypeError, match=re.escape("y_true: got an array of complex128; takes float16")):
        function([[1j]], [[1.0]])


P = softmax(Z)
CCE, SPARSE = categorical_crossentropy, sparse_categorical_crossentropy
REFUSED = {
    "rows": (lambda: mse([[1.0], [1.0, 2.0]], [1.0]), ValueError, "y_true: got rows of different lengths; takes an"),
    "delta": (lambda: huber([1.0], [1.0], 0), ValueError, "delta: got 0; takes a number in (0, inf)"),
    "delta'": (lambda: huber_gradient([1.0], [1.0], "1"), TypeError, "delta: got '1'; takes a number in (0, inf)"),
    "hinge": (lambda: hinge([0, 1], [0.5, 0.5]), ValueError, "y_true: got 0; takes -1 and 1"),
    "hinge'": (lambda: hinge_gradient([1, 0.5], [0.5, 0.5]), ValueError, "y_true: got 0.5; takes -1 and 1"),
    "binary label": (lambda: binary_crossentropy([-1.0], [0.5]), ValueError, "y_true: got -1; takes probabilities in"),
    "logits as probabilities": (
        lambda: binary_crossentropy([1.0], [1.3]),
        ValueError,
        "y_pred: got 1.3; takes probabilities in [0, 1], or logits with from_logits=True",
    ),
    "from_logits": (
        lambda: binary_crossentropy([1.0], [1.0], "yes"), TypeError, "from_logits: got 'yes'; takes True or False"
    ),
    "from_logits, categories": (lambda: CCE(SOFT, P, 1), TypeError, "from_logits: got 1; takes True or False"),
    "categories below 0": (
        lambda: CCE(SOFT, -P), ValueError, "takes numbers of at least 0, or logits with from_logits=True"
    ),
    "labels of more": (lambda: CCE(2 * HARD, P), ValueError, "y_true: got 2; takes probabilities in [0, 1]"),
    "labels of two": (lambda: CCE(np.ones((4, 3)), P), ValueError, "y_true: got 3; takes rows with the sum 1"),
    "single number": (lambda: CCE(1.0, 1.0), ValueError, "y_pred: got the shape (); takes (…, classes)"),
    "no class": (lambda: SPARSE([0], np.zeros((1, 0))), ValueError, "y_pred: got the shape (1, 0); takes (…, classes)"),
    "sparse floats": (
        lambda: SPARSE([0.0] * 4, P), TypeError, "y_true: got an array of float64; takes numbers of classes, which are"
    ),
    "sparse column": (
        lambda: SPARSE([[0]] * 4, P),
        ValueError,
        "y_true, y_pred: got the shapes (4, 1) and (4, 3); they take (…) and (…, classes)",
    ),
    "class 3 of 3": (
        lambda: SPARSE([0, 1, 2, 3], P), ValueError, "y_true: got 3; takes numbers of classes from 0 to 2"
    ),
    "class -1": (
        lambda: sparse_categorical_crossentropy_gradient([0, 1, 2, -1], P), ValueError, "y_true: got -1; takes numbers"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
