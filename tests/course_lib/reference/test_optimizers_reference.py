"""The rules against PyTorch, Optax and scikit-learn in float64, at every step: what agrees, and what does not.

Two tables. In `SAME`, each rule stands beside the optimizers that take its steps, with the arguments that make them the
same. In `APART`, the same hyperparameters go to both, and what is left is the convention: how far it leads them apart,
and from which step on.
"""

import functools
import inspect

import numpy as np
import pytest

# PyTorch comes first: imported after TensorFlow it brings the interpreter down.
torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")
jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")
optax = pytest.importorskip("optax", reason="Optax is not installed here: make references")

from sklearn.neural_network import _stochastic_optimizers  # noqa: E402

from course_lib.optimizers import RULES, ar1, descend, no_normalizer, parallel, rule  # noqa: E402

CONSTANT = np.full(50, 0.05)
DROP = np.where(np.arange(50) < 25, 0.05, 0.005)
SMOOTH = 0.05 * np.cos(np.arange(50) * np.pi / 100)
RATES = {"constant": CONSTANT, "drop": DROP, "smooth": SMOOTH}


@pytest.fixture(autouse=True)
def float64():
    """JAX, and the scalars that PyTorch's optimizers keep, in float64: for these tests only."""
    before = jax.config.jax_enable_x64, torch.get_default_dtype()
    jax.config.update("jax_enable_x64", True)
    torch.set_default_dtype(torch.float64)
    yield
    jax.config.update("jax_enable_x64", before[0])
    torch.set_default_dtype(before[1])


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
    update = jax.jit(transformation.update)
    for g in stream:
        updates, state = update(jax.numpy.asarray(g), state, w)
        w = optax.apply_updates(w, updates)
        path.append(np.asarray(w))
    return np.array(path)


def of_sklearn(make, rates, **arguments):
    w, stream = problem()
    w = [w]
    optimizer = make(w, 1.0, **arguments)
    path = []
    for g, lr in zip(stream, rates, strict=True):
        # SGD steps by the one name; Adam makes that anew from the other, with the compensation in it
        optimizer.learning_rate = optimizer.learning_rate_init = lr
        optimizer.update_params(w, [g])
        path.append(w[0].copy())
    return np.array(path)


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)  # weights are of size 1, and move by up to 20


def pytorch(name, **arguments):
    """rates -> path of an optimizer of PyTorch."""
    return functools.partial(of_torch, getattr(torch.optim, name), **arguments)


def of(make, **arguments):
    """rates -> path of an optimizer of Optax."""
    return functools.partial(of_optax, make, **arguments)


def sklearn(name, **arguments):
    """rates -> path of an optimizer of scikit-learn."""
    return functools.partial(of_sklearn, getattr(_stochastic_optimizers, name), **arguments)


# --- the same steps --------------------------------------------------------------------------------------------------

OUT, OUTSIDE = {"lr_at": "output"}, {"epsilon_at": "outside"}

#: rule -> what it is compared with: (setting, hyperparameters of ours, theirs). At least two settings for each library
#: that has the rule.
SAME = {
    "sgd": [("PyTorch", {}, pytorch("SGD")), ("Optax", {}, of(optax.sgd))],
    "momentum": [
        row for m in (0.5, 0.9)
        for row in (
            (f"PyTorch, {m}", dict(momentum=m, **OUT), pytorch("SGD", momentum=m)),
            (f"Optax, {m}", dict(momentum=m, **OUT), of(optax.sgd, momentum=m)),
            (f"scikit-learn, {m}", dict(momentum=m), sklearn("SGDOptimizer", momentum=m, nesterov=False)),
        )
    ],
    "momentum_torch": [
        row for m in (0.5, 0.9)
        for row in (
            (f"PyTorch, {m}", dict(momentum=m), pytorch("SGD", momentum=m)),
            (f"Optax, {m}", dict(momentum=m), of(optax.sgd, momentum=m)),
        )
    ],
    "nesterov": [
        row for m in (0.5, 0.9)
        for row in (
            (f"PyTorch, {m}", dict(momentum=m, **OUT), pytorch("SGD", momentum=m, nesterov=True)),
            (f"Optax, {m}", dict(momentum=m, **OUT), of(optax.sgd, momentum=m, nesterov=True)),
            (f"scikit-learn, {m}", dict(momentum=m), sklearn("SGDOptimizer", momentum=m, nesterov=True)),
        )
    ],
    "adagrad": [
        row for start, e in ((0.0, 1e-10), (0.25, 1e-3))
        for row in (
            (
                f"PyTorch, {start}, {e}",
                dict(initial_accumulator_value=start, epsilon=e, **OUTSIDE),
                pytorch("Adagrad", initial_accumulator_value=start, eps=e),
            ),
            (
                f"Optax, {start}, {e}",
                dict(initial_accumulator_value=start, epsilon=e),
                of(optax.adagrad, initial_accumulator_value=start, eps=e),
            ),
        )
    ] + [("Optax, its defaults", {}, of(optax.adagrad))],
    "rmsprop": [
        row for rho, e in ((0.9, 1e-3), (0.99, 1e-8))
        for row in (
            (f"PyTorch, {rho}, {e}", dict(rho=rho, epsilon=e, **OUTSIDE), pytorch("RMSprop", alpha=rho, eps=e)),
            (f"Optax, {rho}, {e}", dict(rho=rho, epsilon=e), of(optax.rmsprop, decay=rho, eps=e)),
            (
                f"Optax, {rho}, {e}, outside",
                dict(rho=rho, epsilon=e, **OUTSIDE),
                of(optax.rmsprop, decay=rho, eps=e, eps_in_sqrt=False),
            ),
        )
    ] + [("Optax, its defaults but for epsilon", {}, of(optax.rmsprop, eps=1e-7))],
    "rmsprop_momentum": [
        row for rho, m, e in ((0.9, 0.8, 1e-3), (0.99, 0.5, 1e-8))
        for row in (
            (
                f"PyTorch, {rho}, {m}, {e}",
                dict(rho=rho, momentum=m, epsilon=e, **OUTSIDE, **OUT),
                pytorch("RMSprop", alpha=rho, momentum=m, eps=e),
            ),
            (
                f"Optax, {rho}, {m}, {e}",
                dict(rho=rho, momentum=m, epsilon=e),
                of(optax.rmsprop, decay=rho, momentum=m, eps=e),
            ),
        )
    ],
    "adam": [
        row for b1, b2, e in ((0.8, 0.99, 1e-3), (0.9, 0.999, 1e-8))
        for row in (
            (
                f"PyTorch, {b1}, {b2}, {e}",
                dict(beta_1=b1, beta_2=b2, epsilon=e, **OUTSIDE),
                pytorch("Adam", betas=(b1, b2), eps=e),
            ),
            (
                f"Optax, {b1}, {b2}, {e}, inside",
                dict(beta_1=b1, beta_2=b2, epsilon=e, epsilon_at="inside"),
                of(optax.adam, b1=b1, b2=b2, eps=0.0, eps_root=e),
            ),
            (
                f"scikit-learn, {b1}, {b2}, {e}",
                dict(beta_1=b1, beta_2=b2, epsilon=e),
                sklearn("AdamOptimizer", beta_1=b1, beta_2=b2, epsilon=e),
            ),
        )
    ],
    "adam_paper": [
        row for b1, b2, e in ((0.8, 0.99, 1e-3), (0.9, 0.999, 1e-8))
        for row in (
            (
                f"PyTorch, {b1}, {b2}, {e}",
                dict(beta_1=b1, beta_2=b2, epsilon=e),
                pytorch("Adam", betas=(b1, b2), eps=e),
            ),
            (f"Optax, {b1}, {b2}, {e}", dict(beta_1=b1, beta_2=b2, epsilon=e), of(optax.adam, b1=b1, b2=b2, eps=e)),
        )
    ] + [("PyTorch, its defaults", {}, pytorch("Adam")), ("Optax, its defaults", {}, of(optax.adam))],
    "adadelta": [
        row for rho, e in ((0.8, 1e-3), (0.95, 1e-7))
        for row in (
            (f"PyTorch, {rho}, {e}", dict(rho=rho, epsilon=e), pytorch("Adadelta", rho=rho, eps=e)),
            (f"Optax, {rho}, {e}", dict(rho=rho, epsilon=e), of(optax.adadelta, rho=rho, eps=e)),
        )
    ],
    # without epsilon, which they take elsewhere: see APART
    "adamax": [
        row for b1, b2 in ((0.8, 0.9), (0.9, 0.999))
        for row in (
            (f"PyTorch, {b1}, {b2}", dict(beta_1=b1, beta_2=b2, epsilon=0.0),
             pytorch("Adamax", betas=(b1, b2), eps=0.0)),
            (f"Optax, {b1}, {b2}", dict(beta_1=b1, beta_2=b2, epsilon=0.0), of(optax.adamax, b1=b1, b2=b2, eps=0.0)),
        )
    ],
    "amsgrad": [
        row for b1, b2 in ((0.8, 0.9), (0.9, 0.999))
        for row in (
            (f"PyTorch, {b1}, {b2}", dict(beta_1=b1, beta_2=b2, epsilon=0.0),
             pytorch("Adam", betas=(b1, b2), eps=0.0, amsgrad=True)),
        )
    ],
    "adamw": [
        row for b1, b2, d in ((0.8, 0.9, 0.25), (0.9, 0.999, 0.004))
        for row in (
            (f"PyTorch, {b1}, {b2}, {d}", dict(beta_1=b1, beta_2=b2, epsilon=0.0, decay=d),
             pytorch("AdamW", betas=(b1, b2), eps=0.0, weight_decay=d)),
            (f"Optax, {b1}, {b2}, {d}", dict(beta_1=b1, beta_2=b2, epsilon=0.0, decay=d),
             of(optax.adamw, b1=b1, b2=b2, eps=0.0, weight_decay=d)),
        )
    ],
    # PyTorch's exponent is t times momentum_decay
    "nadam": [
        (f"PyTorch, {b1}, {b2}, {e}", dict(beta_1=b1, beta_2=b2, epsilon=e),
         pytorch("NAdam", betas=(b1, b2), eps=e, momentum_decay=1.0))
        for b1, b2, e in ((0.8, 0.99, 1e-3), (0.9, 0.999, 1e-8))
    ],
    "lion": [
        (f"Optax, {b1}, {b2}, {d}", dict(beta_1=b1, beta_2=b2, decay=d),
         of(optax.lion, b1=b1, b2=b2, weight_decay=d))
        for b1, b2, d in ((0.8, 0.95, 0.25), (0.9, 0.99, 0.0))
    ],
}  # fmt: skip


def test_every_rule_is_compared():
    assert set(SAME) == set(RULES)


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize(
    ("name", "hyperparameters", "theirs"),
    [pytest.param(name, *row[1:], id=f"{name}: {row[0]}") for name, rows in SAME.items() for row in rows],
)
def test_the_rule_takes_the_same_50_steps(name, hyperparameters, theirs, rates):
    assert_same(ours(rule(name, **hyperparameters), RATES[rates]), theirs(RATES[rates]))


# --- what each takes if it is told nothing ---------------------------------------------------------------------------

#: What the docstrings say of PyTorch and Optax.
DEFAULTS = {
    "SGD": dict(momentum=0, dampening=0), "Adagrad": dict(eps=1e-10, initial_accumulator_value=0),
    "RMSprop": dict(eps=1e-8, alpha=0.99), "Adam": dict(eps=1e-8, betas=(0.9, 0.999)), "Adamax": dict(eps=1e-8),
    "Adadelta": dict(lr=1.0, rho=0.9, eps=1e-6), "AdamW": dict(eps=1e-8, weight_decay=0.01),
    "NAdam": dict(eps=1e-8, momentum_decay=0.004),
    "adagrad": dict(eps=1e-7, initial_accumulator_value=0.1), "rmsprop": dict(eps=1e-8, decay=0.9, eps_in_sqrt=True),
    "adam": dict(eps=1e-8, b1=0.9, b2=0.999), "adamax": dict(eps=1e-8), "adadelta": dict(rho=0.9, eps=1e-6),
    "adamw": dict(eps=1e-8, weight_decay=1e-4), "lion": dict(b1=0.9, b2=0.99, weight_decay=1e-3),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_defaults_are_those_that_the_docstrings_name(name):
    if name[0].isupper():
        found = getattr(torch.optim, name)([torch.nn.Parameter(torch.zeros(1))]).defaults
    else:
        found = {k: p.default for k, p in inspect.signature(getattr(optax, name)).parameters.items()}
    assert {k: found[k] for k in DEFAULTS[name]} == DEFAULTS[name]


# --- where they differ -----------------------------------------------------------------------------------------------

E = 1e-3
#: What differs -> (ours as it is by default but for these hyperparameters, theirs with the same, the rates, the largest
#: difference of a weight in 50 steps, the first step with one).
APART = {
    "Adam: epsilon hat, not outside": (rule("adam", epsilon=E), pytorch("Adam", eps=E), CONSTANT, 0.0353, 1),
    "AdaGrad: epsilon inside": (
        rule("adagrad", epsilon=E), pytorch("Adagrad", eps=E, initial_accumulator_value=0.1), CONSTANT, 4.511e-05, 1
    ),
    "AdaGrad: from 0.1, not from 0": (
        rule("adagrad", epsilon_at="outside", epsilon=1e-10), pytorch("Adagrad"), CONSTANT, 0.05445, 1
    ),
    "RMSprop: epsilon inside": (rule("rmsprop", epsilon=E), pytorch("RMSprop", alpha=0.9, eps=E), CONSTANT, 0.09173, 1),
    "RMSprop with momentum: learning rate at the input": (
        rule("rmsprop_momentum", epsilon=E, epsilon_at="outside"),
        pytorch("RMSprop", alpha=0.9, momentum=0.9, eps=E), DROP, 1.294, 26,
    ),
    "momentum: learning rate at the input": (rule("momentum"), pytorch("SGD", momentum=0.9), DROP, 2.746, 26),
    "Nesterov: learning rate at the input": (
        rule("nesterov"), pytorch("SGD", momentum=0.9, nesterov=True), DROP, 2.472, 26
    ),
    "Adamax: epsilon beside the maximum, PyTorch": (
        rule("adamax", epsilon=E), pytorch("Adamax", eps=E), CONSTANT, 4.966e-07, 3
    ),
    "Adamax: epsilon beside the maximum, Optax": (
        rule("adamax", epsilon=E), of(optax.adamax, eps=E), CONSTANT, 4.966e-07, 3
    ),
    "AMSGrad: epsilon hat, not outside": (
        rule("amsgrad", epsilon=E), pytorch("Adam", eps=E, amsgrad=True), CONSTANT, 0.0353, 1
    ),
    "AMSGrad: the largest of what is not made up for": (
        rule("amsgrad", epsilon=0.0), of(optax.amsgrad, eps=0.0), CONSTANT, 0.4518, 3
    ),
    "Nadam: momentum grows 250 times as fast": (
        rule("nadam", epsilon=1e-8), pytorch("NAdam"), CONSTANT, 0.1102, 1
    ),
    "Nadam: momentum grows at all": (rule("nadam", epsilon=0.0), of(optax.nadam, eps=0.0), CONSTANT, 0.1623, 1),
    "AdamW: epsilon hat, PyTorch": (
        rule("adamw", epsilon=E, decay=0.25), pytorch("AdamW", eps=E, weight_decay=0.25), CONSTANT, 0.0349, 1
    ),
    "AdamW: epsilon hat, Optax": (
        rule("adamw", epsilon=E, decay=0.25), of(optax.adamw, eps=E, weight_decay=0.25), CONSTANT, 0.0349, 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", APART)
def test_they_are_as_far_apart_as_the_convention_leads_them_and_from_this_step_on(what):
    built, theirs, rates, size, first = APART[what]
    difference = np.abs(ours(built, rates) - theirs(rates)).max(axis=(1, 2))
    assert difference.max() == pytest.approx(size, rel=0.01)
    assert np.flatnonzero(difference > 1e-12)[0] + 1 == first


def test_at_the_first_step_epsilon_hat_is_pytorch_s_epsilon_times_31_6():
    wide = of_torch(torch.optim.Adam, CONSTANT, eps=1e-3 / np.sqrt(0.001))
    hat = ours(rule("adam", epsilon=1e-3), CONSTANT)
    np.testing.assert_allclose(hat[0], wide[0], rtol=1e-12)
    assert np.abs(hat[-1] - wide[-1]).max() > 1e-3


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


def by_formula(update):
    """The path of steps that a formula gives: (t, g, m, v) -> step, with the running means of Adam in it."""
    w, stream = problem()
    m, v, path = 0.0, 0.0, []
    for t, g in enumerate(stream, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.05 * update(t, g, m, v)
        path.append(w)
    return np.array(path)


def test_the_momentum_of_nadam_in_optax_is_beta_1_throughout():
    def update(t, g, m, v):
        ahead = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        return ahead / (np.sqrt(v / (1 - 0.999**t)) + E)

    np.testing.assert_allclose(of_optax(optax.nadam, CONSTANT, eps=E), by_formula(update), rtol=0, atol=1e-12)


def test_amsgrad_of_optax_keeps_the_largest_mean_whose_transient_is_made_up_for():
    largest = [0.0]

    def update(t, g, m, v):
        largest.append(np.maximum(largest[-1], v / (1 - 0.999**t)))
        return m / (1 - 0.9**t) / (np.sqrt(largest[-1]) + E)

    np.testing.assert_allclose(of_optax(optax.amsgrad, CONSTANT, eps=E), by_formula(update), rtol=0, atol=1e-12)


@pytest.mark.parametrize("theirs", [pytorch("Adamax", eps=E), of(optax.adamax, eps=E)], ids=["PyTorch", "Optax"])
def test_adamax_of_the_others_adds_epsilon_to_the_gradient_of_which_it_takes_the_maximum(theirs):
    largest = [0.0]

    def update(t, g, m, v):
        largest.append(np.maximum(0.999 * largest[-1], np.abs(g) + E))
        return m / (1 - 0.9**t) / largest[-1]

    np.testing.assert_allclose(theirs(CONSTANT), by_formula(update), rtol=0, atol=1e-12)


# --- momentum as a mean ----------------------------------------------------------------------------------------------


def mean(momentum):
    """A filter with the gain 1, as the running mean of Adam."""
    return parallel(ar1(momentum, unit_dc=True), no_normalizer())


def test_dampening_of_pytorch_makes_a_mean_whose_first_gradient_is_not_damped():
    difference = np.abs(
        ours(mean(0.75), CONSTANT) - of_torch(torch.optim.SGD, CONSTANT, momentum=0.75, dampening=0.75)
    )
    # all of the first gradient in the place of a quarter; what is too much of it fades, and adds up to 3 lr g
    g = np.abs(problem()[1][0])
    for t in range(1, 51):
        np.testing.assert_allclose(difference[t - 1], 0.05 * 3 * (1 - 0.75**t) * g, rtol=1e-9)


@pytest.mark.parametrize("debias", [False, True])
@pytest.mark.parametrize("decay", [0.5, 0.9])
def test_a_compensated_filter_is_the_debiased_mean_of_optax(decay, debias):
    def chain(learning_rate):
        return optax.chain(optax.ema(decay, debias), optax.scale_by_learning_rate(learning_rate))

    built = parallel(ar1(decay, unit_dc=True, compensated=debias), no_normalizer())
    assert_same(ours(built, SMOOTH), of_optax(chain, SMOOTH))


# --- weight decay ----------------------------------------------------------------------------------------------------


def test_the_decay_is_times_the_current_learning_rate_in_all_three_and_not_so_in_the_paper():
    rates = np.array([0.5, 0.125])
    w = np.array([4.0])
    built = rule("adamw", decay=0.25)
    state = built.init(w)
    parameter = torch.nn.Parameter(torch.tensor(w))
    theirs = torch.optim.AdamW([parameter], weight_decay=0.25)
    transformation = optax.adamw(lambda step: jax.numpy.asarray(rates)[step], weight_decay=0.25)
    of_jax = jax.numpy.asarray(w)
    kept = transformation.init(of_jax)
    for t, lr in enumerate(rates, 1):  # without gradients, nothing but decay moves the weights
        step, state = built.update(np.zeros(1), state, t, lr, w)
        w = w - step
        theirs.param_groups[0]["lr"] = lr
        parameter.grad = torch.zeros(1)
        theirs.step()
        updates, kept = transformation.update(jax.numpy.zeros(1), kept, of_jax)
        of_jax = optax.apply_updates(of_jax, updates)
    expected = 4 * (1 - 0.5 * 0.25) * (1 - 0.125 * 0.25)
    assert [w[0], parameter.item(), float(of_jax[0])] == pytest.approx([expected] * 3, rel=1e-14)
    paper = 4 * (1 - 0.25) * (1 - 0.25 * 0.25)  # times a schedule of 1 and 1/4
    assert expected - paper == pytest.approx(0.578125)


# --- RMSprop, centered: not among our rules --------------------------------------------------------------------------


def test_centered_pytorch_has_epsilon_outside_of_the_root_and_optax_inside():
    def centered(inside):
        w, stream = problem()
        v, m, path = 0.0, 0.0, []
        for g in stream:
            v, m = 0.9 * v + 0.1 * g * g, 0.9 * m + 0.1 * g
            d = v - m * m
            w = w - 0.05 * g / (np.sqrt(d + E) if inside else np.sqrt(d) + E)
            path.append(w)
        return np.array(path)

    outside = of_torch(torch.optim.RMSprop, CONSTANT, alpha=0.9, eps=E, centered=True)
    inside = of_optax(optax.rmsprop, CONSTANT, eps=E, centered=True)
    np.testing.assert_allclose(outside, centered(False), rtol=0, atol=1e-10)  # of a difference, the root
    np.testing.assert_allclose(inside, centered(True), rtol=0, atol=1e-10)
    assert np.abs(outside - inside).max() == pytest.approx(0.09512, rel=0.01)
