"""Backpropagation: a worked example to all of its digits, gradients by differences, laws, dtypes, and refusals."""

import itertools
import re

import numpy as np
import pytest

from course_lib.activations import ACTIVATIONS
from course_lib.backprop import Cache, backward, deltas, forward
from course_lib.losses import categorical_crossentropy_gradient, mse, mse_gradient

pytestmark = pytest.mark.filterwarnings("error")


def network(sizes=(3, 5, 4, 2), seed=0, dtype=np.float64):
    """Kernels and biases of random numbers."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 0.7, pair).astype(dtype) for pair in itertools.pairwise(sizes)]
    return weights, [rng.normal(0, 0.5, n).astype(dtype) for n in sizes[1:]]


X, TARGET = np.random.default_rng(1).normal(size=(6, 3)), np.random.default_rng(2).normal(size=(6, 2))


def gradients(x, weights, biases, activation, output_activation=None, target=TARGET):
    output, cache = forward(x, weights, biases, activation, output_activation)
    return backward(cache, weights, biases, mse_gradient(target, output))


# --- the worked example ----------------------------------------------------------------------------------------------

EXAMPLE, ANSWER = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
#: Gradients for w1 … w8 and the loss, in three iterations with a learning rate of 0.5.
PRINTED = [
    ([0.000439, 0.000877, 0.000498, 0.000995, 0.082167, 0.082668, -0.022603, -0.022740], 0.298371109),
    ([0.000366, 0.000733, 0.000426, 0.000852, 0.083706, 0.084219, -0.023732, -0.023877], 0.285750887),
    ([0.000285, 0.000570, 0.000345, 0.000689, 0.084819, 0.085340, -0.024896, -0.025049], 0.272797264),
]


def start():
    """Kernels (in, out): w2 leads from the second input to the first hidden unit."""
    return [np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([[0.40, 0.50], [0.45, 0.55]])], [
        np.full(2, 0.35),
        np.full(2, 0.60),
    ]


def iterations(shared=True):
    """(gradients for w1 … w8, loss) of each; a bias of a layer is one number, if it is shared by its units."""
    weights, biases = start()
    for _ in PRINTED:
        output, cache = forward(EXAMPLE, weights, biases, "sigmoid")
        dw, db = backward(cache, weights, biases, output - ANSWER)
        yield np.concatenate([g.T.ravel() for g in dw]), 0.5 * np.sum((output - ANSWER) ** 2)
        weights = [w - 0.5 * g for w, g in zip(weights, dw, strict=True)]
        biases = [b - 0.5 * (g.sum() if shared else g) for b, g in zip(biases, db, strict=True)]


def test_three_iterations_of_a_worked_example_to_all_printed_digits():
    for (gradient, loss), (printed, printed_loss) in zip(iterations(), PRINTED, strict=True):
        np.testing.assert_allclose(gradient, printed, rtol=0, atol=5.1e-7)
        assert loss == pytest.approx(printed_loss, abs=5.1e-10)


def test_with_a_bias_for_each_unit_the_second_iteration_is_another():
    (first, _), (second, _), _ = iterations(shared=False)
    np.testing.assert_allclose(first, PRINTED[0][0], rtol=0, atol=5.1e-7)
    assert np.abs(second - PRINTED[1][0]).max() > 1e-3


def test_the_first_iteration_of_the_worked_example_in_full():
    weights, biases = start()
    output, cache = forward(EXAMPLE, weights, biases, "sigmoid")
    dw, db = backward(cache, weights, biases, output - ANSWER)
    np.testing.assert_allclose(
        np.concatenate([g.T.ravel() for g in dw]),
        [0.00043857, 0.00087714, 0.00049771, 0.00099543, 0.08216704, 0.08266763, -0.02260254, -0.02274024],
        atol=5.1e-9,
    )
    np.testing.assert_allclose(db, [[0.00877135, 0.00995425], [0.13849856, -0.03809824]], atol=5.1e-9)
    assert np.linalg.norm(dw[0]) / np.linalg.norm(dw[1]) == pytest.approx(0.012271, abs=5.1e-7)
    assert np.linalg.norm(db[0]) / np.linalg.norm(db[1]) == pytest.approx(0.092364, abs=5.1e-7)


def test_in_the_worked_example_a_factor_of_ten_is_the_inputs_alone():
    weights, biases = start()
    output, cache = forward(10 * EXAMPLE, weights, biases, "sigmoid")
    dw, db = backward(cache, weights, biases, output - ANSWER)
    assert np.linalg.norm(dw[0]) / np.linalg.norm(dw[1]) == pytest.approx(0.1052, abs=5.1e-5)
    assert np.linalg.norm(db[0]) / np.linalg.norm(db[1]) == pytest.approx(0.0889, abs=5.1e-5)


def test_gradients_of_one_unit_are_in_the_ratio_of_its_inputs():
    for gradient, _ in iterations():
        np.testing.assert_allclose(gradient[[1, 3]], 2 * gradient[[0, 2]], rtol=1e-12)


# --- gradients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_activation", [None, "linear", "softmax"])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_gradients_are_the_slopes_of_the_loss(activation, output_activation):
    weights, biases = network()
    dw, db = gradients(X, weights, biases, activation, output_activation)

    def slope(array, index):
        losses, kept = [], array[index]
        for h in (1e-6, -1e-6):
            array[index] = kept + h
            losses.append(mse(TARGET, forward(X, weights, biases, activation, output_activation)[0]))
        array[index] = kept
        return (losses[0] - losses[1]) / 2e-6

    for ours, arrays in ((dw, weights), (db, biases)):
        for gradient, array in zip(ours, arrays, strict=True):
            by_differences = [slope(array, index) for index in np.ndindex(array.shape)]
            np.testing.assert_allclose(gradient.ravel(), by_differences, rtol=1e-6, atol=2e-9)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_errors_are_the_slopes_of_the_loss_for_each_weighted_sum(activation):
    weights, biases = network()
    output, cache = forward(X, weights, biases, activation)
    errors = deltas(cache, weights, output - TARGET)
    for k, delta in enumerate(errors):
        assert delta.shape == cache.sums[k].shape

        def loss(sums, k=k):
            a = ACTIVATIONS[activation][0](sums)
            if k + 1 < len(weights):
                a = forward(a, weights[k + 1 :], biases[k + 1 :], activation)[0]
            return 0.5 * np.sum((a - TARGET) ** 2)

        for place in ((0, 0), (2, 1), (-1, -1)):
            step = np.zeros_like(cache.sums[k])
            step[place] = 1e-6
            slope = (loss(cache.sums[k] + step) - loss(cache.sums[k] - step)) / 2e-6
            assert delta[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_without_hidden_layers_and_activation_it_is_the_gradient_of_least_squares():
    weights, biases = network((3, 2))
    (dw,), (db,) = gradients(X, weights, biases, "linear")
    residual = X @ weights[0] + biases[0] - TARGET
    np.testing.assert_allclose(dw, 2 * X.T @ residual / residual.size, rtol=1e-12)
    np.testing.assert_allclose(db, 2 * residual.sum(0) / residual.size, rtol=1e-12)


def test_softmax_at_the_output_is_its_logits_with_the_gradient_for_logits():
    weights, biases = network()
    y = np.eye(2)[[0, 1, 1, 0, 1, 0]]
    p, cache = forward(X, weights, biases, "tanh", "softmax")
    through = backward(cache, weights, biases, categorical_crossentropy_gradient(y, p))
    z, cache = forward(X, weights, biases, "tanh", "linear")
    fused = backward(cache, weights, biases, categorical_crossentropy_gradient(y, z, True))
    for ours, expected in zip(through[0] + through[1], fused[0] + fused[1], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def test_the_gradient_of_a_batch_is_the_sum_over_its_examples():
    weights, biases = network()
    output, cache = forward(X, weights, biases, "gelu")
    dw, db = backward(cache, weights, biases, TARGET)
    sums = [0.0] * 6
    for x, upstream in zip(X, TARGET, strict=True):
        parts = backward(forward(x, weights, biases, "gelu")[1], weights, biases, upstream)
        sums = [a + b for a, b in zip(sums, parts[0] + parts[1], strict=True)]
    for ours, expected in zip(dw + db, sums, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)
    assert output.shape == (6, 2)


def test_units_that_start_equal_stay_equal():
    weights, biases = [np.full((3, 4), 0.1), np.full((4, 2), 0.1)], [np.zeros(4), np.zeros(2)]
    (hidden, _), _ = gradients(X, weights, biases, "sigmoid")
    np.testing.assert_allclose(hidden, hidden[:, :1] * np.ones(4), rtol=1e-12)
    weights = [np.zeros_like(w) for w in weights]
    dw, db = gradients(X, weights, biases, "tanh")
    assert not dw[0].any() and not dw[1].any() and not db[0].any() and db[1].all()  # only the output's biases learn


# --- shapes, dtypes, and whose arrays they are -----------------------------------------------------------------------


def test_one_example_and_further_axes():
    weights, biases = network()
    output, cache = forward(X, weights, biases, "tanh")
    dw, db = backward(cache, weights, biases, TARGET)
    cube, cache = forward(X.reshape(2, 3, 3), weights, biases, "tanh")
    np.testing.assert_array_equal(cube.reshape(6, 2), output)
    again = backward(cache, weights, biases, TARGET.reshape(2, 3, 2))
    for ours, expected in zip(again[0] + again[1], dw + db, strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert forward(X[0], weights, biases, "tanh")[0].shape == (2,)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_an_empty_batch_gives_gradients_of_0(shape):
    weights, biases = network()
    output, cache = forward(np.zeros(shape), weights, biases, "selu", "softmax")
    assert output.shape == (*shape[:-1], 2)
    dw, db = backward(cache, weights, biases, output)
    assert [g.shape for g in dw] == [w.shape for w in weights]
    assert not any(g.any() for g in dw + db)


def test_a_layer_without_inputs_gives_its_biases():
    output, cache = forward(np.zeros((4, 0)), [np.zeros((0, 2))], [[1.0, 2.0]], "linear")
    np.testing.assert_array_equal(output, [[1, 2]] * 4)
    assert backward(cache, [np.zeros((0, 2))], [[1.0, 2.0]], output)[0][0].shape == (0, 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_output_has_the_dtype_of_x_and_each_gradient_that_of_its_weights(dtype):
    weights, biases = network(dtype=dtype)
    x = X.astype(dtype)
    output, cache = forward(x, weights, biases, "tanh")
    dw, db = backward(cache, weights, biases, TARGET)
    assert output.dtype == dtype and {g.dtype for g in dw + db} == {np.dtype(dtype)}
    wide = [w.astype(np.float64) for w in weights], [b.astype(np.float64) for b in biases]
    exact = backward(forward(x.astype(np.float64), *wide, "tanh")[1], *wide, TARGET)
    for ours, expected in zip(dw + db, exact[0] + exact[1], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2 * np.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_extreme_numbers_make_no_warning_and_no_nan(activation):
    weights, biases = network()
    output, cache = forward(1e4 * X, [1e4 * w for w in weights], biases, activation)
    dw, db = backward(cache, weights, biases, np.ones_like(output))
    assert np.isfinite(output).all() and all(np.isfinite(g).all() for g in dw + db)


def test_arguments_are_neither_changed_nor_handed_back():
    weights, biases = network()
    x, upstream = X.copy(), TARGET.copy()
    for array in (x, upstream, *weights, *biases):
        array.flags.writeable = False
    output, cache = forward(x, weights, biases, "linear")
    first = backward(cache, weights, biases, upstream)
    for array in (output, *first[0], *first[1]):
        kept = array.copy()
        array[...] = np.nan
        again = backward(cache, weights, biases, upstream)
        assert not any(np.isnan(g).any() for g in again[0] + again[1])
        array[...] = kept


# --- refusals --------------------------------------------------------------------------------------------------------

W, B = network()
OUTPUT, CACHE = forward(X, W, B, "tanh")
REFUSED = {
    "activation": (lambda: forward(X, W, B, "sine"), ValueError, "activation: got 'sine'; takes 'linear', 'sigmoid',"),
    "output": (lambda: forward(X, W, B, "tanh", "id"), ValueError, "output_activation: got 'id'; takes 'linear',"),
    "x": (lambda: forward([[1, 2, 3]], W, B, "tanh"), TypeError, "x: got an array of int64; takes float16, float32"),
    "x, shape": (
        lambda: forward(X[:, :2], W, B, "tanh"),
        ValueError,
        "x, weights[0]: got the shapes (6, 2) and (3, 5); they take (…, n) and (n, …)",
    ),
    "x, number": (lambda: forward(1.0, W, B, "tanh"), ValueError, "x, weights[0]: got the shapes () and (3, 5); they"),
    "no layer": (lambda: forward(X, [], [], "tanh"), ValueError, "weights, biases: got 0 and 0; they take as"),
    "a bias less": (lambda: forward(X, W, B[:2], "tanh"), ValueError, "weights, biases: got 3 and 2; they take as"),
    "one array": (lambda: forward(X, W[0], B, "tanh"), TypeError, "weights: got a ndarray; takes a list with"),
    "no biases": (lambda: forward(X, W, None, "tanh"), TypeError, "biases: got a NoneType; takes a list with"),
    "a kernel of one axis": (
        lambda: forward(X, [B[0]], B[:1], "tanh"), ValueError, "weights[0]: got the shape (5,); takes (in, out)"
    ),
    "kernels": (
        lambda: forward(X, [W[0], W[2]], B[:2], "tanh"),
        ValueError,
        "weights[0], weights[1]: got the shapes (3, 5) and (4, 2); they take (…, n) and (n, …)",
    ),
    "biases": (
        lambda: forward(X, W, [B[0], B[0], B[2]], "tanh"), ValueError, "biases[1]: got the shape (5,); takes (4,)"
    ),
    "cache": (lambda: backward(tuple(CACHE), W, B, OUTPUT), TypeError, "cache: got a tuple; takes the second of what"),
    "cache of others": (
        lambda: backward(CACHE, W[:2], B[:2], OUTPUT),
        ValueError,
        "weights: got the shapes [(3, 5), (5, 4)]; the cache is of [(3, 5), (5, 4), (4, 2)]",
    ),
    "errors of no cache": (lambda: deltas(tuple(CACHE), W, OUTPUT), TypeError, "cache: got a tuple; takes the second"),
    "errors of others": (
        lambda: deltas(CACHE, W[:2], OUTPUT), ValueError, "weights: got the shapes [(3, 5), (5, 4)]; the cache is of"
    ),
    "errors of no layer": (lambda: deltas(CACHE, [], OUTPUT), ValueError, "weights: got the shapes []; the cache is"),
    "errors, one array": (lambda: deltas(CACHE, W[0], OUTPUT), TypeError, "weights: got a ndarray; takes a list with"),
    "errors, gradient": (
        lambda: deltas(CACHE, W, OUTPUT[0]), ValueError, "output_gradient: got the shape (2,); takes (6, 2)"
    ),
    "gradient": (
        lambda: backward(CACHE, W, B, OUTPUT[0]), ValueError, "output_gradient: got the shape (2,); takes (6, 2)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_the_cache_holds_inputs_and_sums_of_every_layer():
    assert isinstance(CACHE, Cache)
    np.testing.assert_array_equal(CACHE.inputs[0], X)
    np.testing.assert_allclose(CACHE.sums[0], X @ W[0] + B[0])
    np.testing.assert_allclose(CACHE.inputs[1], np.tanh(CACHE.sums[0]))
    assert (CACHE.activations, CACHE.shape) == (("tanh",) * 3, (6, 2))
