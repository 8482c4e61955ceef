"""Schedules against PyTorch and Optax at every step: where conventions agree, and where they do not."""

import warnings

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from course_lib.schedules import (  # noqa: E402
    constant,
    cosine,
    cosine_restarts,
    exponential,
    linear,
    one_cycle,
    piecewise,
    step_decay,
    triangular,
    warmup,
)

N = 400
T = np.arange(N)
LR = torch.optim.lr_scheduler


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def of_torch(make, n=N, rate=0.1):
    """The learning rates of n steps; PyTorch's schedulers change that of an optimizer."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CyclicLR of the order of calls at its own first step
        scheduler, rates = make(optimizer), []
        for _ in range(n):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return np.array(rates)


def of_optax(schedule):
    return np.array([float(schedule(t)) for t in T.tolist()])


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)


AS_IN_PYTORCH = {
    "constant": (constant(0.1), lambda o: LR.ConstantLR(o, factor=1.0)),
    "exponential": (exponential(0.1, 1, 0.99), lambda o: LR.ExponentialLR(o, 0.99)),
    "step_decay": (step_decay(0.1, 30, 0.5), lambda o: LR.StepLR(o, 30, 0.5)),
    "piecewise, right": (
        piecewise([50, 200], [0.1, 0.05, 0.025], "right"),
        lambda o: LR.MultiStepLR(o, [50, 200], 0.5),
    ),
    "linear": (linear(0.1, 100, 0.02), lambda o: LR.LinearLR(o, 1.0, 0.2, 100)),
    "cosine_restarts": (
        cosine_restarts(0.1, 10, 2, alpha=0.1),
        lambda o: LR.CosineAnnealingWarmRestarts(o, 10, 2, eta_min=0.01),
    ),
    "triangular": (triangular(0.01, 0.1, 25), lambda o: LR.CyclicLR(o, 0.01, 0.1, 25, cycle_momentum=False)),
    "warmup": (warmup(constant(0.1), 50, 1 / 3), lambda o: LR.LinearLR(o, 1 / 3, 1.0, 50)),
}


@pytest.mark.parametrize("case", AS_IN_PYTORCH)
def test_a_schedule_is_that_of_pytorch(case):
    ours, theirs = AS_IN_PYTORCH[case]
    assert_same(ours(T), of_torch(theirs))


@pytest.mark.parametrize("arguments", [{}, dict(pct_start=0.5, div_factor=10.0, final_div_factor=100.0)])
def test_one_cycle_that_ends_at_the_last_step_is_that_of_pytorch(arguments):
    theirs = of_torch(lambda o: LR.OneCycleLR(o, 0.1, total_steps=N, cycle_momentum=False, **arguments))
    assert_same(one_cycle(0.1, N, **arguments)(T), theirs)
    assert np.abs(one_cycle(0.1, N, end_at="total_steps", **arguments)(T) - theirs).max() > 1e-4


def test_pytorch_s_cosine_agrees_until_its_end_and_then_goes_up_again():
    theirs = of_torch(lambda o: LR.CosineAnnealingLR(o, 100, eta_min=0.01))
    ours = cosine(0.1, 100, 0.1)(T)
    assert_same(ours[:101], theirs[:101])
    assert theirs[150] > 5 * ours[150]


def test_pytorch_has_the_new_value_at_a_boundary_and_side_left_the_old_one():
    theirs = of_torch(lambda o: LR.MultiStepLR(o, [50], 0.5))
    assert (theirs[49], theirs[50]) == (0.1, 0.05)
    assert piecewise([50], [0.1, 0.05])([49, 50, 51]).tolist() == [0.1, 0.1, 0.05]


AS_IN_OPTAX = {
    "constant": (constant(0.1), lambda: optax.constant_schedule(0.1)),
    "exponential": (exponential(0.1, 30, 0.5), lambda: optax.exponential_decay(0.1, 30, 0.5)),
    "step_decay": (step_decay(0.1, 30, 0.5), lambda: optax.exponential_decay(0.1, 30, 0.5, staircase=True)),
    "piecewise, right": (
        piecewise([50, 200], [0.1, 0.05, 0.025], "right"),
        lambda: optax.piecewise_constant_schedule(0.1, {50: 0.5, 200: 0.5}),
    ),
    "linear": (linear(0.1, 100, 0.02), lambda: optax.linear_schedule(0.1, 0.02, 100)),
    "cosine": (cosine(0.1, 100, 0.2), lambda: optax.cosine_decay_schedule(0.1, 100, 0.2)),
    "one_cycle": (
        one_cycle(0.1, 300, end_at="total_steps"),
        lambda: optax.cosine_onecycle_schedule(300, 0.1),
    ),
    # Optax counts the steps of warming up into decay_steps
    "warmup": (
        warmup(cosine(0.1, 200), 50, 0.0),
        lambda: optax.warmup_cosine_decay_schedule(0.0, 0.1, 50, 250),
    ),
    "cosine_restarts": (
        cosine_restarts(0.1, 100, 2.0, 0.5),
        lambda: optax.sgdr_schedule(
            [
                dict(init_value=peak, peak_value=peak, warmup_steps=0, decay_steps=steps)
                for peak, steps in ((0.1, 100), (0.05, 200), (0.025, 400))
            ]
        ),
    ),
}


@pytest.mark.parametrize("case", AS_IN_OPTAX)
def test_a_schedule_is_that_of_optax(case):
    ours, theirs = AS_IN_OPTAX[case]
    assert_same(ours(T), of_optax(theirs()))
