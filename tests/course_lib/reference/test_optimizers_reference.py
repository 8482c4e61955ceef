"""The rules against PyTorch and Optax in float64, at every step: where conventions agree, and where they do not."""

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from course_lib.optimizers import RULES, descend, rule  # noqa: E402

CONSTANT = np.full(50, 0.05)
DROP = np.where(np.arange(50) < 25, 0.05, 0.005)
SMOOTH = 0.05 * np.cos(np.arange(50) * np.pi / 100)
RATES = {"constant": CONSTANT, "drop": DROP, "smooth": SMOOTH}


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def problem():
    """Weights, and a stream of gradients of sizes from 1e-4 to 10."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 3)), rng.normal(size=(50, 4, 3)) * 10.0 ** rng.uniform(-4, 1, (50, 1, 1))


def ours(built, rates):
    w, stream = problem()
    state, path = built.init(w), []
    for t, (g, lr) in enumerate(zip(stream, rates, strict=True), 1):
        step, state = built.update(g, state, t, lr, w)
        w = w - step
        path.append(w)
    return np.array(path)


def of_torch(optimizer_class, rates, **arguments):
    w, stream = problem()
    parameter = torch.nn.Parameter(torch.tensor(w))
    optimizer = optimizer_class([parameter], lr=1.0, **arguments)
    path = []
    for g, lr in zip(stream, rates, strict=True):
        optimizer.param_groups[0]["lr"] = float(lr)
        parameter.grad = torch.tensor(g)
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    return np.array(path)


def of_optax(make, rates, **arguments):
    w, stream = problem()
    table = jax.numpy.asarray(rates)
    transformation = make(lambda step: table[step], **arguments)
    w = jax.numpy.asarray(w)
    state, path = transformation.init(w), []
    for g in stream:
        updates, state = transformation.update(jax.numpy.asarray(g), state, w)
        w = optax.apply_updates(w, updates)
        path.append(np.asarray(w))
    return np.array(path)


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)  # weights are of size 1, and move by up to 20


every_rate = pytest.mark.parametrize("rates", RATES)


# --- PyTorch: the learning rate at the output, epsilon outside -------------------------------------------------------


@every_rate
def test_sgd_is_that_of_pytorch(rates):
    assert_same(ours(rule("sgd"), RATES[rates]), of_torch(torch.optim.SGD, RATES[rates]))


@every_rate
@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_momentum_at_the_output_is_that_of_pytorch(name, rates):
    theirs = of_torch(torch.optim.SGD, RATES[rates], momentum=0.9, nesterov=name == "nesterov")
    assert_same(ours(rule(name, lr_at="output"), RATES[rates]), theirs)


@every_rate
def test_adagrad_with_epsilon_outside_is_that_of_pytorch(rates):
    theirs = of_torch(torch.optim.Adagrad, RATES[rates], eps=1e-3, initial_accumulator_value=0.25)
    built = rule("adagrad", epsilon=1e-3, epsilon_at="outside", initial_accumulator_value=0.25)
    assert_same(ours(built, RATES[rates]), theirs)


@every_rate
def test_rmsprop_with_epsilon_outside_is_that_of_pytorch(rates):
    theirs = of_torch(torch.optim.RMSprop, RATES[rates], alpha=0.9, eps=1e-3)
    assert_same(ours(rule("rmsprop", epsilon=1e-3, epsilon_at="outside"), RATES[rates]), theirs)


@every_rate
def test_rmsprop_with_momentum_at_the_output_and_epsilon_outside_is_that_of_pytorch(rates):
    theirs = of_torch(torch.optim.RMSprop, RATES[rates], alpha=0.9, eps=1e-3, momentum=0.8)
    built = rule("rmsprop_momentum", momentum=0.8, epsilon=1e-3, epsilon_at="outside", lr_at="output")
    assert_same(ours(built, RATES[rates]), theirs)


@every_rate
def test_adam_with_epsilon_outside_is_that_of_pytorch(rates):
    theirs = of_torch(torch.optim.Adam, RATES[rates], betas=(0.8, 0.99), eps=1e-3)
    built = rule("adam", beta_1=0.8, beta_2=0.99, epsilon=1e-3, epsilon_at="outside")
    assert_same(ours(built, RATES[rates]), theirs)


def test_the_defaults_of_pytorch_are_those_that_the_docstrings_name():
    w = [torch.nn.Parameter(torch.zeros(1))]
    adagrad, rmsprop, adam = (
        getattr(torch.optim, name)(w).defaults for name in ("Adagrad", "RMSprop", "Adam")
    )  # fmt: skip
    assert (adagrad["eps"], adagrad["initial_accumulator_value"]) == (1e-10, 0)
    assert (rmsprop["eps"], rmsprop["alpha"]) == (1e-8, 0.99)
    assert (adam["eps"], adam["betas"]) == (1e-8, (0.9, 0.999))


# --- Optax: as PyTorch, but for AdaGrad and RMSprop ------------------------------------------------------------------


@every_rate
def test_sgd_is_that_of_optax(rates):
    assert_same(ours(rule("sgd"), RATES[rates]), of_optax(optax.sgd, RATES[rates]))


@every_rate
@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_momentum_at_the_output_is_that_of_optax(name, rates):
    theirs = of_optax(optax.sgd, RATES[rates], momentum=0.9, nesterov=name == "nesterov")
    assert_same(ours(rule(name, lr_at="output"), RATES[rates]), theirs)


@every_rate
def test_adagrad_is_that_of_optax_with_its_defaults(rates):
    assert_same(ours(rule("adagrad"), RATES[rates]), of_optax(optax.adagrad, RATES[rates]))


@every_rate
def test_rmsprop_is_that_of_optax_but_for_the_default_of_epsilon(rates):
    theirs = of_optax(optax.rmsprop, RATES[rates])
    assert_same(ours(rule("rmsprop", epsilon=1e-8), RATES[rates]), theirs)
    assert_same(
        ours(rule("rmsprop", epsilon=1e-3, epsilon_at="outside"), RATES[rates]),
        of_optax(optax.rmsprop, RATES[rates], eps=1e-3, eps_in_sqrt=False),
    )


@every_rate
def test_rmsprop_with_momentum_is_that_of_optax_with_the_learning_rate_at_the_input(rates):
    theirs = of_optax(optax.rmsprop, RATES[rates], momentum=0.8)
    assert_same(ours(rule("rmsprop_momentum", momentum=0.8, epsilon=1e-8), RATES[rates]), theirs)


@every_rate
def test_adam_with_epsilon_outside_or_inside_is_that_of_optax(rates):
    outside = rule("adam", epsilon=1e-8, epsilon_at="outside")
    assert_same(ours(outside, RATES[rates]), of_optax(optax.adam, RATES[rates]))
    inside = rule("adam", epsilon=1e-3, epsilon_at="inside")
    assert_same(ours(inside, RATES[rates]), of_optax(optax.adam, RATES[rates], eps=0.0, eps_root=1e-3))


@every_rate
def test_the_named_conventions_are_those_of_optax(rates):
    assert_same(ours(rule("momentum_torch"), RATES[rates]), of_optax(optax.sgd, RATES[rates], momentum=0.9))
    assert_same(ours(rule("adam_paper"), RATES[rates]), of_optax(optax.adam, RATES[rates]))


@every_rate
def test_adadelta_is_that_of_optax(rates):
    theirs = of_optax(optax.adadelta, RATES[rates], rho=0.8, eps=1e-3)
    assert_same(ours(rule("adadelta", rho=0.8, epsilon=1e-3), RATES[rates]), theirs)


@every_rate
def test_without_epsilon_adamax_and_adamw_are_those_of_optax(rates):
    theirs = of_optax(optax.adamax, RATES[rates], b1=0.8, b2=0.9, eps=0.0)
    assert_same(ours(rule("adamax", beta_1=0.8, beta_2=0.9, epsilon=0.0), RATES[rates]), theirs)
    theirs = of_optax(optax.adamw, RATES[rates], eps=0.0, weight_decay=0.25)
    assert_same(ours(rule("adamw", epsilon=0.0, decay=0.25), RATES[rates]), theirs)


@every_rate
def test_lion_is_that_of_optax(rates):
    built = rule("lion", beta_1=0.8, beta_2=0.95, decay=0.25)
    assert_same(ours(built, RATES[rates]), of_optax(optax.lion, RATES[rates], b1=0.8, b2=0.95, weight_decay=0.25))


# --- where they differ -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_under_a_schedule_the_momentum_of_keras_is_not_that_of_pytorch(name):
    def apart(rates):
        theirs = of_torch(torch.optim.SGD, rates, momentum=0.9, nesterov=name == "nesterov")
        return np.abs(ours(rule(name), rates) - theirs).max(axis=(1, 2))

    assert apart(CONSTANT).max() < 1e-13
    difference = apart(DROP)
    assert difference[:25].max() < 1e-13  # up to the drop of the rate
    assert difference[25:].min() > 1e-3  # from there on


def test_the_epsilon_of_keras_adam_is_not_that_of_pytorch():
    # on the same stream, with the same epsilon: the smaller the gradient and the step number, the farther apart
    theirs = of_torch(torch.optim.Adam, CONSTANT, eps=1e-3)
    outside, hat = (ours(rule("adam", epsilon=1e-3, epsilon_at=place), CONSTANT) for place in ("outside", "hat"))
    assert_same(outside, theirs)
    assert np.abs(hat - theirs).max() > 0.02


def test_at_the_first_step_epsilon_hat_is_pytorch_s_epsilon_times_31_6():
    wide = of_torch(torch.optim.Adam, CONSTANT, eps=1e-3 / np.sqrt(0.001))
    hat = ours(rule("adam", epsilon=1e-3), CONSTANT)
    np.testing.assert_allclose(hat[0], wide[0], rtol=1e-12)
    assert np.abs(hat[-1] - wide[-1]).max() > 1e-3


def test_amsgrad_and_nadam_of_optax_are_other_rules():
    first = np.abs(ours(rule("amsgrad", epsilon=0.0), CONSTANT) - of_optax(optax.amsgrad, CONSTANT, eps=0.0))
    assert first[0].max() < 1e-13  # the largest of one is the same
    assert first.max() > 0.1
    assert np.abs(ours(rule("nadam", epsilon=0.0), CONSTANT) - of_optax(optax.nadam, CONSTANT, eps=0.0)).max() > 0.1


def test_every_rule_is_compared_here():
    compared = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "rmsprop_momentum", "adam"}
    compared |= {"momentum_torch", "adam_paper", "adadelta", "adamax", "amsgrad", "nadam", "adamw", "lion"}
    assert set(RULES) == compared


def test_descend_goes_the_way_of_pytorch_s_gradients_on_beale_s_function():
    from course_lib.test_functions import TEST_FUNCTIONS

    path = descend(
        rule("adam", epsilon=1e-8, epsilon_at="outside"), TEST_FUNCTIONS["beale"].gradient, [1.0, 1.0], 100, 0.1
    )
    point = torch.nn.Parameter(torch.tensor([1.0, 1.0], dtype=torch.float64))
    optimizer = torch.optim.Adam([point], lr=0.1)
    for w in path[1:]:
        optimizer.zero_grad()
        x, y = point
        f = (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
        f.backward()
        optimizer.step()
        np.testing.assert_allclose(w, point.detach().numpy(), rtol=0, atol=1e-9)
