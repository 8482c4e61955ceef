"""Every public function refuses what it cannot take, in words that name the argument, what it got and what it takes.

One table, a row a function. Kinds of arguments say which values are wrong (refusable.py); the first test fails when a
public function has no row, and names it. Functions of Keras have a table of their own, test_refusals_keras.py.
"""

import inspect

import numpy as np
import pytest
from refusable import (
    INF,
    KERAS,
    Anything,
    Flag,
    Instance,
    Name,
    Real,
    Reals,
    Rng,
    Sequence,
    Shape,
    Whole,
    mismatch,
    pairs,
    public,
    refusal,
    row,
)

from course_lib import (
    activations,
    approximation,
    backprop,
    batch_norm,
    calibration,
    checks,
    claims,
    clipping,
    curvature,
    dropout,
    early_stopping,
    initializers,
    linear_transfer,
    losses,
    minibatch,
    noisy_bowl,
    penalties,
    runs,
    schedules,
    search,
    side_by_side,
    signals,
    source,
    test_functions,
    thinned,
    transfer,
)
from course_lib.data import fashion, pictures, progression
from course_lib.optimizers import RULES, descend, loop, named, parts, responses, rules, table
from course_lib.optimizers.in_place import in_place

ONES = np.ones
NOT_FINITE = (np.nan, INF, -INF)
RNG = np.random.default_rng(0)
X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -3.0]])

NONNEGATIVE = Real(0, INF, "[)")
POSITIVE = Real(0, INF, "()")
ANY = Real(-INF, INF)
FRACTION = Real(0, 1, "[)")

# --- arrays in, arrays out -------------------------------------------------------------------------------------------

FURTHER = {
    "hard_sigmoid": {"slope": (0.2, POSITIVE)},
    "leaky_relu": {"negative_slope": (0.2, NONNEGATIVE)},
    "elu": {"alpha": (1.0, NONNEGATIVE)},
    "gelu": {"approximate": (False, Flag())},
}
ACTIVATIONS = {
    f"activations.{function.__name__}": row(
        function, x=(X, Reals(shapes=((),) if name == "softmax" else ())), **FURTHER.get(name, {})
    )
    for name, both in activations.ACTIVATIONS.items()
    for function in both
}

Y = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
P = np.array([[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])
NO_PROBABILITIES = (-0.25, 1.25, np.nan)
LABELS = np.array([1, 2])
SAME = mismatch("y_true", "y_pred", y_true=ONES(3), y_pred=ONES((3, 1)))
LOGITS = {"from_logits": (False, Flag())}


def loss_rows(name, *also, **arguments):
    return {f"losses.{f}": row(getattr(losses, f), *also, **arguments) for f in (name, f"{name}_gradient")}


LOSSES = {
    **loss_rows("mse", SAME, y_true=(Y, Reals(integers=True)), y_pred=(P, Reals())),
    **loss_rows("mae", SAME, y_true=(Y, Reals(integers=True)), y_pred=(P, Reals())),
    **loss_rows("huber", SAME, y_true=(Y, Reals(integers=True)), y_pred=(P, Reals()), delta=(1.0, POSITIVE)),
    **loss_rows(
        "hinge", SAME, y_true=(ONES((2, 3)), Reals(integers=True, bad=(0.0, 0.5, np.nan, INF))), y_pred=(P, Reals())
    ),
    **loss_rows(
        "binary_crossentropy",
        SAME,
        y_true=(Y, Reals(integers=True, bad=NO_PROBABILITIES)),
        y_pred=(P, Reals(bad=(-0.25, 1.25, INF))),
        **LOGITS,
    ),
    **loss_rows(
        "categorical_crossentropy",
        SAME,
        refusal(ValueError, "y_true", "got 2; takes rows with the sum 1", y_true=ONES((2, 2)), y_pred=ONES((2, 2)) / 2),
        refusal(ValueError, "y_pred", r"\(\)", y_true=np.array(1.0), y_pred=np.array(1.0)),
        refusal(ValueError, "y_pred", r"\(2, 0\)", y_true=ONES((2, 0)), y_pred=ONES((2, 0))),
        y_true=(Y, Reals(integers=True, bad=NO_PROBABILITIES)),
        y_pred=(P, Reals(bad=(-0.25, -INF))),
        **LOGITS,
    ),
    **loss_rows(
        "sparse_categorical_crossentropy",
        mismatch("y_true", "y_pred", y_true=np.zeros(3, int), y_pred=ONES((2, 3))),
        refusal(TypeError, "y_true: got an array of float64; takes .*integers", y_true=ONES(2)),
        refusal(ValueError, "y_true: got 3; takes .* 0 to 2", y_true=np.array([0, 3])),
        refusal(ValueError, "y_true: got -1; takes .* 0 to 2", y_true=np.array([0, -1])),
        y_true=(LABELS, Anything()),  # whole numbers: the three lines above
        y_pred=(P, Reals(bad=(-0.25, -INF), shapes=((), (2, 0)))),
        **LOGITS,
    ),
}

TEST_FUNCTIONS = {
    f"test_functions.{function.__name__}": row(
        function,
        *(
            refusal(error, "points: got .*; takes", shown, points=points)
            for points, error, shown in (
                (ONES(3), ValueError, r"\(3,\)"), (1.0, ValueError, r"\(\)"), (["a", "b"], TypeError, "<U1"),
                ([True, False], TypeError, "bool"), ([None, None], TypeError, "object"), (None, ValueError, r"\(\)"),
                ([[1.0], [1.0, 2.0]], ValueError, "rows of different lengths"),
            )
        ),
        points=(ONES((3, 2)), Anything()),  # real or complex numbers, integers too: the lines above
    )
    for of in test_functions.TEST_FUNCTIONS.values()
    for function in (of.value, of.gradient)
}  # fmt: skip

W, B = [ONES((3, 4)), ONES((4, 2))], [ONES(4), ONES(2)]
KNOWN = tuple(activations.ACTIVATIONS)
CACHE = backprop.forward(X, W, B, "tanh")[1]
NETWORK = (
    mismatch("weights", "biases", weights=W, biases=B[:1]),
    refusal(ValueError, "weights", "biases", "got 0 and 0", weights=[], biases=[]),
    refusal(ValueError, r"weights\[1\]: got the shape \(3,\); takes \(in, out\)", weights=[W[0], ONES(3)]),
    mismatch(r"biases[1]", r"weights[1]", biases=[B[0], B[0]]),
)
BACK = (
    *NETWORK,
    mismatch("weights", "cache", weights=[ONES((3, 5)), ONES((5, 2))], biases=[ONES(5), ONES(2)]),
    mismatch("output_gradient", "cache", output_gradient=ONES(2)),
)
BACK_ARGUMENTS = {
    "cache": (CACHE, Instance("forward", ((X, W),))),
    "weights": (W, Sequence()),
    "biases": (B, Sequence()),
    "output_gradient": (ONES((2, 2)), Reals()),
}

GAMMA, STATE = ONES(3), (np.zeros(3), ONES(3))
NO_PAIR = (
    *(
        refusal(TypeError, r"^state: got an? \w+; takes the pair", state=state)
        for state in (None, ONES((2, 3)), (ONES(3),), [ONES(3)] * 3, "ab")
    ),
    refusal(TypeError, r"state\[0\]: got an array of int64; takes", state=(np.ones(3, int), ONES(3))),
    refusal(ValueError, r"state\[1\]: got .*-0.5; takes", state=(ONES(3), np.array([1.0, -0.5, 1.0]))),
)
UNIT = {"edges": (np.array([0.0, 0.5, 1.0]), Reals(bad=NOT_FINITE, shapes=((), (1,), (2, 2)))),
        "heights": (ONES(2), Reals(bad=NOT_FINITE)), "weight": (10.0, POSITIVE)}  # fmt: skip
UNITS = (
    mismatch("heights", "edges", heights=ONES(3)),
    refusal(ValueError, "edges: got .*1.* not .*0.5; takes|edges: got .*0.5", edges=[0.0, 1.0, 0.5]),
    refusal(ValueError, "edges: got ", edges=[0.0, 0.5, 0.5]),
)
AXIS = tuple(
    refusal(error, *shown, axis=axis)
    for axis, error, shown in (
        (2, ValueError, (r"\baxis\b", r"\bw\b", "2", r"\(2, 3\)")), (-3, ValueError, ("axis", "-3")),
        ((0, 0), ValueError, ("axis", r"\(0, 0\)")), (0.5, TypeError, ("axis: got 0.5; takes a whole number",)),
        ("0", TypeError, ("axis: got '0'; takes",)), (True, TypeError, ("axis: got True; takes",)),
        ((True,), TypeError, (r"axis: got \(True,\); takes",)), (None, TypeError, ("axis: got None; takes",)),
        ([0], TypeError, (r"axis: got \[0\]; takes",)),
    )
)  # fmt: skip
SHARE = {"strength": (0.1, NONNEGATIVE), "ratio": (0.5, Real(0, 1)), "half": (False, Flag())}


def penalty_rows(name, *arguments):
    of = {"w": (X, Reals()), **{argument: SHARE[argument] for argument in arguments}}
    return {f"penalties.{f}": row(getattr(penalties, f), **of) for f in (name, f"{name}_gradient")}


ARRAYS = {
    **ACTIVATIONS,
    **LOSSES,
    **TEST_FUNCTIONS,
    **penalty_rows("l1", "strength"),
    **penalty_rows("l2", "strength", "half"),
    **penalty_rows("elastic_net", "strength", "ratio", "half"),
    "penalties.elastic_net_proximal": row(
        penalties.elastic_net_proximal,
        w=(X, Reals()),
        **{name: SHARE[name] for name in ("strength", "ratio", "half")},
    ),
    "penalties.max_norm": row(
        penalties.max_norm,
        *AXIS,
        w=(X, Reals(shapes=((),))),
        limit=(1.0, NONNEGATIVE),
        axis=(0, Anything()),  # a whole number, or a tuple of them: AXIS
        epsilon=(1e-7, NONNEGATIVE),
    ),
    "penalties.weight_decay": row(
        penalties.weight_decay,
        refusal(ValueError, "learning_rate", "decay", "got 1.0 and 1.5", "at most 1", learning_rate=1.0, decay=1.5),
        w=(X, Reals()),
        decay=(0.5, Real(0, INF, "[)", last=1.0)),
        learning_rate=(1.0, Real(0, INF, "[)", last=2.0)),
    ),
    "clipping.by_value": row(clipping.by_value, g=(X, Reals()), c=(1.0, NONNEGATIVE)),
    "clipping.by_norm": row(clipping.by_norm, g=(X, Reals()), c=(1.0, NONNEGATIVE), epsilon=(0.0, NONNEGATIVE)),
    "clipping.by_global_norm": row(
        clipping.by_global_norm,
        refusal(TypeError, r"gs: got an? ndarray; takes a list", gs=X),
        gs=([X, GAMMA], Sequence()),
        c=(1.0, NONNEGATIVE),
        epsilon=(0.0, NONNEGATIVE),
    ),
    "dropout.dropout": row(dropout.dropout, x=(X, Reals()), rate=(0.5, Real(0, 1)), rng=(RNG, Rng())),
    "dropout.alpha_dropout": row(dropout.alpha_dropout, x=(X, Reals()), rate=(0.5, Real(0, 1)), rng=(RNG, Rng())),
    "batch_norm.batch_norm": row(
        batch_norm.batch_norm,
        *NO_PAIR,
        mismatch("gamma", "x", gamma=ONES(2)),
        mismatch("beta", "x", beta=ONES(())),
        mismatch("state[0]", "x", state=(ONES(2), ONES(3))),
        mismatch("state[1]", "x", state=(ONES(3), ONES((3, 1)))),
        refusal(ValueError, "x: got 1 number.* a feature; .* takes two or more", x=X[:1], unbiased=True),
        x=(X, Reals(shapes=((),))),
        gamma=(GAMMA, Reals()),
        beta=(GAMMA, Reals()),
        state=(STATE, Anything()),  # a pair of arrays: NO_PAIR
        training=(True, Flag()),
        momentum=(0.5, Real(0, 1)),
        epsilon=(0.5, POSITIVE),
        unbiased=(False, Flag()),
    ),
    "batch_norm.batch_norm_gradient": row(
        batch_norm.batch_norm_gradient,
        mismatch("upstream", "x", upstream=ONES((3, 2))),
        mismatch("gamma", "x", gamma=ONES(2)),
        upstream=(X, Reals()),
        x=(X, Reals(shapes=((),))),
        gamma=(GAMMA, Reals()),
        epsilon=(0.5, POSITIVE),
    ),
    "batch_norm.fold": row(
        batch_norm.fold,
        *NO_PAIR,
        mismatch("beta", "gamma", beta=ONES(2)),
        mismatch("state[1]", "gamma", state=(ONES(3), ONES(2))),
        gamma=(GAMMA, Reals(shapes=((),))),
        beta=(GAMMA, Reals()),
        state=(STATE, Anything()),  # a pair of arrays: NO_PAIR
        epsilon=(0.5, POSITIVE),
    ),
    "backprop.forward": row(
        backprop.forward,
        *NETWORK,
        mismatch("x", "weights[0]", x=ONES((2, 4))),
        mismatch("weights[0]", "weights[1]", weights=[W[0], ONES((3, 2))]),
        x=(X, Reals(shapes=((),))),
        weights=(W, Sequence()),
        biases=(B, Sequence()),
        activation=("tanh", Name(KNOWN)),
        output_activation=(None, Name(KNOWN, optional=True)),
    ),
    "backprop.backward": row(backprop.backward, *BACK, **BACK_ARGUMENTS),
    "backprop.deltas": row(
        backprop.deltas,
        mismatch("weights", "cache", weights=[ONES((3, 5)), ONES((5, 2))]),
        mismatch("output_gradient", "cache", output_gradient=ONES(2)),
        **{name: kind for name, kind in BACK_ARGUMENTS.items() if name != "biases"},
    ),
    "signals.network_signals": row(signals.network_signals, *BACK, **BACK_ARGUMENTS),
    "signals.mean_square": row(
        signals.mean_square,
        activation=("tanh", Name([name for name in KNOWN if name != "softmax"])),
        incoming=(1.0, NONNEGATIVE),
        slope=(False, Flag()),
    ),
    "signals.summary": row(signals.summary, x=(X, Reals())),
    "early_stopping.early_stop": row(
        early_stopping.early_stop,
        refusal(TypeError, "history: got an array of bool; takes", history=[True, False]),
        history=(np.array([3.0, 2.0, 1.0]), Reals(integers=True, shapes=((), (0,), (2, 2)))),
        patience=(1, Whole(0)),
        min_delta=(0.0, NONNEGATIVE),
    ),
    "early_stopping.learned": row(
        early_stopping.learned,
        refusal(ValueError, "steps: got 1.5; takes whole numbers", steps=np.array([1.5])),
        refusal(ValueError, r"curvature, steps: got the shapes \(3,\), \(2,\); they take", steps=ONES(2)),
        curvature=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
        learning_rate=(0.5, NONNEGATIVE),
        steps=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
    ),
    "early_stopping.expected_error": row(
        early_stopping.expected_error,
        share=(ONES(3), Reals(integers=True, bad=NOT_FINITE, shapes=((2, 2),))),
        signal=(ONES(3), Reals(integers=True, bad=NOT_FINITE, shapes=((2, 2),))),
        noise=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
    ),
    "early_stopping.judge_twice": row(
        early_stopping.judge_twice,
        refusal(ValueError, r"a, b: got the shapes \(0,\) and \(0,\); they take", a=ONES(0), b=ONES(0)),
        a=(X, Reals(integers=True, shapes=((), (2, 2)))),
        b=(X, Reals(integers=True, shapes=((), (2, 2)))),
    ),
    "schedules.reduce_on_plateau": row(
        schedules.reduce_on_plateau,
        history=(np.array([3.0, 2.0, 1.0]), Reals(integers=True, shapes=((), (2, 2)))),
        initial_learning_rate=(0.5, POSITIVE),
        factor=(0.5, Real(0, 1, "()")),
        patience=(1, Whole(0)),
        min_delta=(0.0, NONNEGATIVE),
        cooldown=(0, Whole(0)),
        min_learning_rate=(0.0, NONNEGATIVE),
    ),
    "noisy_bowl.mean_square": row(
        noisy_bowl.mean_square,
        refusal(ValueError, r"curvature, noise, start: got .* \(2,\), \(3,\), \(3,\); they take", curvature=ONES(2)),
        rates=(np.array([0.5, 0.25]), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((), (2, 2)))),
        curvature=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0, 0.0), shapes=((2, 2),))),
        noise=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
        start=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
    ),
    "noisy_bowl.floor": row(
        noisy_bowl.floor,
        rate=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0, 0.0), shapes=((2, 2),))),
        curvature=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0, 0.0), shapes=((2, 2),))),
        noise=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
    ),
    "noisy_bowl.best_rate": row(
        noisy_bowl.best_rate,
        m=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0, 0.0), shapes=((2, 2),))),
        curvature=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0, 0.0), shapes=((2, 2),))),
        noise=(ONES(3), Reals(integers=True, bad=(*NOT_FINITE, -1.0), shapes=((2, 2),))),
    ),
    "approximation.wiggly": row(approximation.wiggly, x=(X, Reals(bad=NOT_FINITE))),
    "approximation.step": row(
        approximation.step, x=(X, Reals(bad=NOT_FINITE)), weight=(2.0, ANY), bias=(-1.0, ANY)
    ),
    "approximation.step_position": row(
        approximation.step_position,
        refusal(ValueError, "weight: got 0.0; takes", weight=0.0),
        weight=(2.0, Real(-INF, INF, last=1e300)),
        bias=(-1.0, ANY),
    ),
    "approximation.bump": row(
        approximation.bump,
        refusal(ValueError, r"\bstart\b", r"\bend\b", "got 1.0 and 1.0; .* start < end", start=1.0, end=1.0),
        x=(X, Reals(bad=NOT_FINITE)),
        start=(-1.0, Real(-INF, INF, last=0.0)),
        end=(1.0, Real(-INF, INF, first=0.0)),
        height=(2.0, ANY),
        weight=(10.0, POSITIVE),
    ),
    "approximation.bumps": row(approximation.bumps, *UNITS, x=(X, Reals(bad=NOT_FINITE)), **UNIT),
    "approximation.network": row(
        approximation.network,
        *UNITS,
        refusal(ValueError, r"\bweight\b", r"\bedges\b", r"1e\+300 and .*1e\+10", weight=1e300, edges=[0.0, 1, 1e10]),
        **UNIT,
    ),
    "approximation.fit_bumps": row(
        approximation.fit_bumps,
        refusal(ValueError, r"\blow\b", r"\bhigh\b", "got 1.0 and 1.0; .* low < high", low=1.0, high=1.0),
        refusal(ValueError, r"function: got the shape \(\); takes \(2,\)", function=lambda x: 1.0),
        refusal(ValueError, r"function: got .*nan.*; takes .*finite", function=lambda x: x * np.nan),
        refusal(TypeError, "function: got an array of int64; takes", function=lambda x: np.ones(2, int)),
        function=(np.tanh, Instance("function")),
        n=(2, Whole(1)),
        low=(-1.0, Real(-INF, INF, last=0.0)),
        high=(1.0, Real(-INF, INF, first=0.0)),
    ),
}  # fmt: skip

# --- learning rates and random weights -------------------------------------------------------------------------------

LR, LR0, STEPS = (0.5, POSITIVE), (0.5, NONNEGATIVE), (10, Real(1, INF, "[)"))
RATE = (0.5, POSITIVE)
STEP = tuple(
    refusal(error, "^step: got ", shown, step=step)
    for step, error, shown in (
        (-1, ValueError, "got -1; takes"), ([0, -2.5], ValueError, "got -2.5; takes"), (np.nan, ValueError, "got nan"),
        (INF, ValueError, "got inf"), (2.0**53 + 2, ValueError, r"takes numbers in \[0, 2\*\*53\]"),
        (True, TypeError, "bool; takes"), ("1", TypeError, "<U1; takes"), (None, TypeError, "object; takes"),
        (1j, TypeError, "complex128; takes"), ([[1.0], [1.0, 2.0]], ValueError, "rows of different lengths"),
    )
)  # fmt: skip


def at_step(schedule):
    return lambda step: schedule(step)


SCHEDULES = {
    "schedules.constant": row(schedules.constant, initial_learning_rate=LR0),
    "schedules.power": row(schedules.power, initial_learning_rate=LR, decay_steps=STEPS, power=(1.0, NONNEGATIVE)),
    "schedules.exponential": row(schedules.exponential, initial_learning_rate=LR, decay_steps=STEPS, decay_rate=RATE),
    "schedules.step_decay": row(schedules.step_decay, initial_learning_rate=LR, decay_steps=STEPS, decay_rate=RATE),
    "schedules.piecewise": row(
        schedules.piecewise,
        refusal(ValueError, r"boundaries: got \(5.0, 5.0\); takes increasing", boundaries=[5, 5], values=[1, 2, 3]),
        refusal(ValueError, r"\bboundaries\b", r"\bvalues\b", "got 2 and 2; takes one more", values=[0.5, 0.25]),
        boundaries=((5.0, 10.0), Sequence(Real(0, INF, "[)"))),
        values=((0.5, 0.25, 0.125), Sequence(Real(0, INF, "[)"))),
        side=("left", Name(("left", "right"))),
    ),
    "schedules.linear": row(
        schedules.linear, initial_learning_rate=LR0, decay_steps=STEPS, end_learning_rate=(0.0, NONNEGATIVE)
    ),
    "schedules.cosine": row(schedules.cosine, initial_learning_rate=LR, decay_steps=STEPS, alpha=(0.5, Real(0, 1))),
    "schedules.cosine_restarts": row(
        schedules.cosine_restarts,
        initial_learning_rate=LR,
        first_decay_steps=STEPS,
        t_mul=(2.0, Real(1, INF, "[)")),
        m_mul=(0.5, Real(0, 1, "(]")),
        alpha=(0.5, Real(0, 1)),
    ),
    "schedules.triangular": row(
        schedules.triangular,
        refusal(ValueError, "max_learning_rate: got 0.25; takes", r"\[0.5, inf\)", max_learning_rate=0.25),
        initial_learning_rate=(0.5, Real(0, INF, "[)", last=1.0)),
        max_learning_rate=(1.0, Real(0.5, INF, "[)")),
        step_size=STEPS,
    ),
    "schedules.one_cycle": row(
        schedules.one_cycle,
        max_learning_rate=LR,
        total_steps=(10, Whole(2)),
        pct_start=(0.25, Real(0, 1, "()")),
        div_factor=(25.0, Real(1, INF, "[)")),
        final_div_factor=(25.0, Real(1, INF, "[)")),
        end_at=("last_step", Name(("last_step", "total_steps"))),
    ),
    "schedules.warmup": row(
        schedules.warmup,
        schedule=(schedules.constant(0.5), Instance("function of the step")),
        warmup_steps=(10, NONNEGATIVE),
        start_factor=(0.5, Real(0, 1, optional=True)),
    ),
}  # fmt: skip
CALLED = {
    f"{name}: called": row(at_step(of.call()), *STEP, step=(1, Anything())) for name, of in SCHEDULES.items()
}  # a step may be of many types: STEP says which not

SHAPE = ((3, 4), Shape())
INITIALIZERS = {
    "initializers.fans": row(initializers.fans, shape=SHAPE),
    "initializers.variance_scaling": row(
        initializers.variance_scaling,
        refusal(ValueError, "distribution: got 'normal'; takes .*truncated_normal", distribution="normal"),
        shape=SHAPE,
        scale=(1.0, POSITIVE),
        mode=("fan_in", Name(initializers.MODES)),
        distribution=("uniform", Name(initializers.DISTRIBUTIONS)),
        rng=(RNG, Rng()),
    ),
    "initializers.orthogonal": row(
        initializers.orthogonal,
        refusal(ValueError, r"shape: got \(3,\); takes two axes or more", shape=(3,)),
        shape=SHAPE,
        gain=(1.0, POSITIVE),
        rng=(RNG, Rng()),
    ),
    **{
        f"initializers.{name}": row(function, shape=SHAPE, rng=(RNG, Rng()))
        for name, function in initializers.INITIALIZERS.items()
        if name not in ("variance_scaling", "orthogonal")
    },
}

# --- optimizers ------------------------------------------------------------------------------------------------------

BETA, EPSILON, AT = (0.5, FRACTION), (1e-7, NONNEGATIVE), ("hat", Name(parts.EPSILON_AT))
HYPERPARAMETERS = {
    "momentum": BETA, "rho": BETA, "beta_1": BETA, "beta_2": BETA, "epsilon": EPSILON, "epsilon_at": AT,
    "lr_at": ("input", Name(rules.LR_AT)), "decay": (0.5, NONNEGATIVE), "initial_accumulator_value": (0.5, NONNEGATIVE),
}  # fmt: skip
RULE_ROWS = {
    f"{make.__module__.removeprefix('course_lib.')}.{name}": row(
        make,
        **{
            argument: (1e-7, POSITIVE) if (name, argument) == ("adadelta", "epsilon") else HYPERPARAMETERS[argument]
            for argument in inspect.signature(make).parameters
        },
    )
    for name, make in RULES.items()
}


def update_of(rule):
    """The update of a rule, with everything that it is given by name."""
    return lambda g, t, lr, w: rule.update(g, rule.init(ONES((2, 3))), t, lr, w)


def init_of(rule):
    return lambda w: rule.init(w)


UPDATES = {
    f"{name}: update": row(
        update_of(of.function()),
        mismatch("gradient", "state", g=ONES((3, 2))) if name != "optimizers.rules.sgd" else
        refusal(TypeError, "gradient: got an array of int64; takes", g=np.ones((2, 3), int)),
        refusal(TypeError, "gradient: got an array of (object|<U1); takes", g=np.array([["a"] * 3] * 2)),
        refusal(TypeError, "gradient: got .*; takes", g=None),
        g=(X, Anything()),  # an array like the weights: the lines above
        t=(1, Whole(1)),
        lr=(0.5, NONNEGATIVE),
        w=(X, Anything()),  # read by few rules: below
    )
    for name, of in RULE_ROWS.items()
}  # fmt: skip
INITS = {
    f"{name}: init": row(
        init_of(of.function()),
        *(
            refusal(TypeError, "^w: got .*; takes", w=w)
            for w in (np.ones(2, int), [True], ["a"], None, "a", 1j, {0: 1.0})
            if name != "optimizers.rules.sgd"  # remembers nothing, and so has nothing to make of w
        ),
        w=(X, Anything()),
    )
    for name, of in RULE_ROWS.items()
}
WITH_WEIGHTS = {
    f"{name}: weights": row(
        update_of(RULES[name.rpartition(".")[2]](decay=0.5)),
        mismatch("w", "state", w=ONES(3)),
        refusal(TypeError, "w: got None; takes the weights", w=None),
        refusal(TypeError, "w, state: got float32 and float64; they take", w=ONES((2, 3), np.float32)),
        g=(X, Anything()), t=(1, Whole(1)), lr=(0.5, NONNEGATIVE), w=(X, Anything()),
    )
    for name in ("optimizers.other_rules.adamw", "optimizers.other_rules.lion")
}  # fmt: skip

W0 = ONES((2, 3))
READ_ONLY = ONES(3)
READ_ONLY.flags.writeable = False


#: Not a filter that forgets: it sums up.
SUM = parts.Part(parts.zeros, lambda g, state, t: (state + g, 1.0, state + g))


def step_of(name):
    return lambda g, lr: in_place(name, W0.copy())(g, lr)


PART = Instance("Part", (RULES["sgd"](), len, "ar1"))


def loop_row(function):
    return row(
        function,
        refusal(ValueError, "part: got 'sum of squares', .*; takes", part=parts.sum_of_squares()),
        refusal(ValueError, "part: got .* changes with t; takes", part=parts.ar1(0.5, compensated=True)),
        refusal(ValueError, "part: got .* for ever; takes", part=SUM),
        part=(parts.ar1(0.5), PART),
        learning_rate=(np.array([0.5, 0.25]), Reals(integers=True, bad=(-0.25, *NOT_FINITE))),
        curvature=(np.array([1.0, 2.0]), Reals(integers=True, bad=(-0.25, *NOT_FINITE))),
    )


OPTIMIZERS = {
    "optimizers.parts.no_filter": row(parts.no_filter),
    "optimizers.parts.no_normalizer": row(parts.no_normalizer),
    "optimizers.parts.ar1": row(parts.ar1, beta=BETA, unit_dc=(False, Flag()), compensated=(False, Flag())),
    "optimizers.parts.arma1": row(parts.arma1, beta=BETA),
    "optimizers.parts.sum_of_squares": row(
        parts.sum_of_squares, epsilon=EPSILON, start=(0.0, NONNEGATIVE), epsilon_at=AT
    ),
    "optimizers.parts.ar1_of_squares": row(
        parts.ar1_of_squares, beta=BETA, epsilon=EPSILON, epsilon_at=AT, compensated=(False, Flag())
    ),
    "optimizers.parts.transient": row(
        parts.transient, beta=(0.5, Anything()), t=(1, Real(1, INF, "[)"))
    ),
    "optimizers.parts.fitting": row(
        parts.fitting,
        mismatch("gradient", "state", g=ONES(3)),
        refusal(TypeError, "gradient, state: got float32 and float64; they take", g=ONES((2, 3), np.float32)),
        g=(X, Anything()), state=(X, Anything()), name=("gradient", Anything()),  # by shape and dtype: the lines above
    ),
    "optimizers.parts.arma": row(
        parts.arma,
        *(
            refusal(ValueError, f"{name}: got no number; takes at least one", **{name: ()})
            for name in ("a", "b")
        ),
        refusal(ValueError, r"a\[0\]: got 0.0; takes", a=(0.0, 1.0)),
        refusal(ValueError, "a: got a pole of size 1; takes poles inside", a=(1.0, -1.0)),
        b=((0.5, 0.25), Sequence(ANY)),
        a=((1.0, -0.5), Sequence(Real(-INF, INF))),
    ),
    "optimizers.parts.a_part": row(lambda part: parts.a_part("part", part), part=(parts.ar1(0.5), PART)),
    "optimizers.responses.impulse_response": row(
        responses.impulse_response, part=(parts.ar1(0.5), PART), n=(2, Whole(1))
    ),
    "optimizers.responses.step_response": row(
        responses.step_response, part=(parts.ar1(0.5), PART), n=(2, Whole(1))
    ),
    "optimizers.responses.frequency_response": row(
        responses.frequency_response,
        refusal(ValueError, "part: got 'sum of squares', .*; takes", part=parts.sum_of_squares()),
        refusal(ValueError, "part: got .* changes with t; takes", part=parts.ar1(0.5, compensated=True)),
        refusal(ValueError, "part: got .* for ever; takes", part=SUM),
        part=(parts.ar1(0.5), PART),
        frequencies=(np.array([0.0, 0.25, 0.5]), Reals(bad=(-0.25, 0.625, *NOT_FINITE))),
    ),
    "optimizers.loop.decay": loop_row(loop.decay),
    "optimizers.loop.noise_floor": loop_row(loop.noise_floor),
    "optimizers.loop.edge": row(
        loop.edge, refusal(ValueError, "part: got .* for ever; takes", part=SUM), part=(parts.ar1(0.5), PART)
    ),
    "optimizers.loop.weight_response": row(
        loop.weight_response,
        refusal(ValueError, "part: got 'sum of squares', .*; takes", part=parts.sum_of_squares()),
        refusal(ValueError, "learning_rate: got 4 with curvature 1, .* takes a stable loop", learning_rate=4.0),
        part=(parts.ar1(0.5), PART),
        frequencies=(np.array([0.0, 0.25, 0.5]), Reals(bad=(-0.25, 0.625, *NOT_FINITE))),
        learning_rate=(0.25, Real(0, INF, "()", first=0.125, last=2.5)),
        curvature=(1.0, Real(0, INF, "()", first=0.125, last=10.0)),
    ),
    "optimizers.table.describe": row(
        table.describe,
        refusal(ValueError, "rule: got 'sgdd'; takes 'sgd', 'momentum'", rule="sgdd"),
        rule=("sgd", Instance("Rule", (parts.no_filter(),))),
    ),
    "optimizers.in_place.in_place": row(
        in_place,
        refusal(TypeError, "beta: sgd takes no such hyperparameter", hyperparameters={"beta": 1}),
        *(
            refusal(TypeError, "w: got .*; takes", w=w)
            for w in (None, [1.0], 1.0, "a", np.ones(3, int), np.ones(3, bool), np.ones(3, complex))
        ),
        refusal(ValueError, "w: got .*read-only.*; takes", w=READ_ONLY),
        refusal(ValueError, "w: got .*not contiguous; takes", w=ONES((2, 3)).T),
        name=("sgd", Name(tuple(RULES))),
        w=(W0.copy(), Anything()),  # an array that may be written over: the lines above
        hyperparameters=({}, Anything()),  # of the rule: the line above
    ),
    **{
        f"optimizers.in_place.in_place: step of {name}": row(
            step_of(name),
            mismatch("g", "w", g=ONES(3)),
            refusal(TypeError, "g, w: got float32 and float64; they take", g=ONES((2, 3), np.float32)),
            g=(X, Anything()),  # like w: the lines above
            lr=(0.5, NONNEGATIVE),
        )
        for name in ("sgd", "amsgrad")  # with a kernel, and without
    },
    "optimizers.rules.parallel": row(
        rules.parallel, filter=(parts.ar1(0.5), PART), normalizer=(parts.no_normalizer(), PART),
        lr_at=HYPERPARAMETERS["lr_at"],
    ),
    "optimizers.rules.series": row(
        rules.series, normalizer=(parts.no_normalizer(), PART), filter=(parts.ar1(0.5), PART),
        lr_at=HYPERPARAMETERS["lr_at"],
    ),
    "optimizers.rules.checked": row(
        rules.checked,
        refusal(TypeError, "gradient: got an array of int64; takes", g=np.ones(3, int)),
        g=(X, Anything()), t=(1, Whole(1)), lr=(0.5, NONNEGATIVE),  # called gradient: the line above
    ),
    "optimizers.rules.fraction": row(
        lambda value: rules.fraction("value", value), value=BETA
    ),
    "optimizers.named.rule": row(
        named.rule,
        refusal(TypeError, "rho: adam takes no such hyperparameter; it takes beta_1", hyperparameters={"rho": 1}),
        refusal(ValueError, r"beta_1: got 1; takes a number in \[0, 1\)", hyperparameters={"beta_1": 1}),
        name=("adam", Name(tuple(RULES))),
        hyperparameters=({}, Anything()),  # of the rule: the lines above
    ),
    "optimizers.descend.descend": row(
        descend,
        refusal(ValueError, "rule: got 'sgdd'; takes 'sgd', 'momentum'", rule="sgdd"),
        refusal(TypeError, "start: got an array of bool; takes", start=[True]),
        mismatch("gradient", "start", gradient=lambda w: w[..., 0]),
        refusal(TypeError, "gradient: got an array of (object|<U1); takes", gradient=lambda w: np.full(w.shape, "a")),
        refusal(TypeError, "learning_rate: got .*; takes", learning_rate=lambda t: "0.1"),
        refusal(ValueError, r"learning_rate: got -1.0; takes .*\[0, inf\)", learning_rate=lambda t: -1.0),
        rule=("sgd", Instance("Rule", (parts.no_filter(),))),
        gradient=(np.array, Instance("function")),
        start=(X, Reals(integers=True)),
        steps=(2, Whole(0)),
        learning_rate=(0.5, NONNEGATIVE),
    ),
    **RULE_ROWS,
}  # fmt: skip

# --- data, claims, checks, tasks -------------------------------------------------------------------------------------

LABELED = {"x": (X[:, 0], Anything()), "y": (LABELS, Anything()), "classes_b": ((1,), Sequence(Whole(0)))}
SPACE = {"rate": search.LogUniform(0.01, 1.0)}


def no_space(message, space, error=ValueError):
    return refusal(error, message, space=space)


NO_SPACE = (
    *(no_space("^space: got an? .*; takes", space, TypeError) for space in (None, [], "rate", 1)),
    no_space("^space: got no hyperparameter; takes", {}),
    *(no_space(r"^space\['a'\]: got .*; takes", {"a": axis}, TypeError) for axis in (1.0, (0.0, 1.0), None, "ab")),
    *(
        no_space(rf"^space\['a'\].high: got .*; takes a number in \({low:g}, inf\)", {"a": axis(low, high)})
        for axis, low in ((search.Uniform, 1.0), (search.LogUniform, 1.0))
        for high in (1.0, 0.5, *NOT_FINITE)
    ),
    no_space(r"^space\['a'\].low: got 0.0; takes a number in \(0, inf\)", {"a": search.LogUniform(0.0, 1.0)}),
    no_space(r"^space\['a'\].low: got True; takes a number", {"a": search.Uniform(True, 2.0)}, TypeError),
    no_space(r"^space\['a'\].high: got 3; takes a whole number of at least 4", {"a": search.Whole(3, 3)}),
    no_space(r"^space\['a'\].low: got 1.0; takes a whole number", {"a": search.Whole(1.0, 3)}, TypeError),
    no_space(r"^space\['a'\].values: got none; takes", {"a": search.Choice(())}),
    *(no_space(r"^space\['a'\].values: got .*; takes", {"a": search.Choice(v)}, TypeError) for v in ("ab", None, 1)),
)
SEARCH = {
    "search.grid": row(search.grid, *NO_SPACE, space=(SPACE, Anything()), points=(2, Whole(2))),  # space: NO_SPACE
    "search.search": row(
        search.search,
        *NO_SPACE,
        refusal(ValueError, "space: got ranges for a grid; takes choices", sampler="grid"),
        *(
            refusal(TypeError, "objective: got .*; takes a function whose result is", objective=lambda _, g=g: g)
            for g in (None, "a", 1j, [1.0, 2.0])
        ),
        refusal(ValueError, "objective: got a generator without a loss; it", objective=lambda _: (x for x in ())),
        objective=(lambda values: values["rate"], Instance("function")),
        space=(SPACE, Anything()),  # a dictionary: NO_SPACE
        n_trials=(1, Whole(1)),
        rng=(RNG, Rng()),
        sampler=("tpe", Name(("random", "tpe"))),
        pruner=("median", Name(("median", "halving"), optional=True)),
    ),
    "search.trials_needed": row(
        search.trials_needed, share=(0.05, Real(1e-12, 1, "[)")), confidence=(0.95, Real(0, 1, "()"))
    ),
    "search.expected_best": row(
        search.expected_best, losses=(np.array([3.0, 1.0, 2.0]), Reals(bad=(np.nan, -INF), shapes=((), (0,), (2, 2))))
    ),
}  # fmt: skip

EXERCISE = tuple(
    refusal(KeyError, f"no exercise {id!r}; known: .*optimizer-race", id=id)
    for id in ("unheard-of/1", "optimizer-race/99", "optimizer-race", "", 1, None)
)
NETWORKS = side_by_side.first_weights([3, 4], runs=2, seed=0)
EXAMPLES = {
    "weights": (NETWORKS, Anything()),  # what it refuses is in STACKS
    "x": (ONES((4, 3)), Reals(shapes=((), (3,), (0, 3), (4, 2)))),
    "y": (np.array([0, 1, 2, 3]), Anything()),  # what it refuses is in SEEN
}
PER_RUN = Reals(bad=(-0.5, np.nan, INF), shapes=((1,), (3,), (2, 1)), integers=True)
STACKS = (
    refusal(TypeError, "weights: got tuple; takes a list of pairs", weights=tuple(NETWORKS)),
    refusal(TypeError, "weights: got list; takes a list of pairs", weights=[]),
    refusal(ValueError, "weights: got the shapes .*; takes", weights=[(ONES((2, 3, 4)), ONES((2, 1, 3)))]),
    refusal(ValueError, "weights: got the shapes .*; takes", weights=[*NETWORKS, (ONES((2, 3, 4)), ONES((2, 1, 4)))]),
)
SEEN = (
    refusal(ValueError, r"x, y: got the shapes \(4, 3\) and \(3,\); they take", y=np.zeros(3, int)),
    refusal(ValueError, r"y: got 4; takes whole numbers in \[0, 4\)", y=np.array([0, 1, 2, 4])),
    refusal(TypeError, "y: got an array of float64; takes whole numbers", y=ONES(4)),
)
MASKED = (
    refusal(ValueError, r"masks: got the shape \(5,\) for layer 0; takes \(2,", masks=lambda k, shape: ONES(5)),
    refusal(ValueError, r"masks: got the shape \(1, 2, .* for layer 0; takes \(2,", masks=lambda k, s: ONES((1, *s))),
    refusal(TypeError, "masks: got an array of int64; takes", masks=lambda k, shape: np.ones(1, int)),
    refusal(TypeError, "masks: got 1; takes a function", masks=1),
)
OTHERS = {
    "dropout.masks": row(
        dropout.masks,
        rates=(np.array([0.0, 0.5]), Reals(bad=(-0.5, 1.0, np.nan, INF), shapes=((), (0,), (1, 1, 1)))),
        runs=(2, Whole(1)),
        seed=(0, Whole(0)),
        shared=(False, Flag()),
    ),
    "thinned.every_mask": row(thinned.every_mask, refusal(ValueError, "units: got 21; takes at most 20", units=21),
                              units=(3, Whole(1)), rate=(0.5, Real(0, 1))),
    "thinned.geometric_mean": row(
        thinned.geometric_mean,
        mismatch("weights", "p", weights=ONES(3)),
        refusal(ValueError, "weights: got zeros; takes", weights=np.zeros(2)),
        p=(P, Reals(integers=True, bad=(-0.25, np.nan, INF), shapes=((), (2,), (0, 3)))),
        weights=(ONES(2), Reals(integers=True, bad=(-0.25, np.nan, INF))),
    ),
    "thinned.linear_penalty": row(
        thinned.linear_penalty,
        mismatch("w", "x", w=ONES(2)),
        x=(X, Reals(bad=NOT_FINITE, shapes=((), (3,), (0, 3), (1, 1, 3)))),
        w=(ONES(3), Reals(bad=NOT_FINITE)),
        rate=(0.5, FRACTION),
    ),
    "data.fashion.fashion_mnist": row(
        fashion.fashion_mnist,
        refusal(ValueError, "train: got 59001; takes .*0 to 59000", train=59_001, valid=1_000),
        train=(1, Whole(0, 60_000, optional=True)),
        valid=(0, Whole(0, 60_000, last=59_999)),
        test=(1, Whole(0, 10_000, optional=True)),
        scale=(False, Flag()),
    ),
    "data.progression.diabetes": row(
        progression.diabetes,
        refusal(ValueError, "test: got 43; takes .*0 to 42", valid=400, test=43),
        refusal(ValueError, r"\bvalid\b", r"\btest\b", "got 442 and 0", valid=442, test=0),
        rng=(RNG, Rng()),
        valid=(1, Whole(0, 442, last=441)),
        test=(0, Whole(0, 441, last=440)),
        scale=(True, Flag()),
    ),
    "transfer.split_tasks": row(
        transfer.split_tasks,
        mismatch("x", "y", x=ONES(3), y=np.zeros(4, int)),
        mismatch("x", "y", x=ONES(2), y=np.zeros((2, 1), int)),
        *(refusal(TypeError, f"y: got an array of {y.dtype}; takes", y=y) for y in (ONES(2), np.array(["a", "b"]))),
        refusal(ValueError, "y: got .*-1; takes", y=np.array([0, -1])),
        refusal(ValueError, r"classes_b: got \[\]; takes", classes_b=()),
        refusal(ValueError, r"classes_b: got \[1, 1\]; takes", classes_b=(1, 1)),
        **LABELED,
    ),
    "data.pictures.average_pool": row(
        pictures.average_pool,
        refusal(ValueError, r"size, pictures: got 3 and the shape \(1, 6, 4\); takes a divisor", size=3),
        pictures=(ONES((1, 6, 4)), Reals(integers=True, shapes=((4,), (6, 4), (1, 6, 4, 1)))),
        size=(2, Whole(1)),
    ),
    "runs.mean_and_error": row(
        runs.mean_and_error, values=(ONES(3), Reals(integers=True, shapes=((), (1,), (2, 2))))
    ),
    "calibration.best_temperature": row(
        calibration.best_temperature,
        refusal(TypeError, "labels: got an array of float64; takes whole numbers", labels=ONES(2)),
        refusal(ValueError, r"labels: got 0 to 3; takes whole numbers in \[0, 3\)", labels=[0, 3]),
        refusal(ValueError, r"labels: got -1 to 0; takes whole numbers in \[0, 3\)", labels=[0, -1]),
        refusal(ValueError, r"labels, scores: got the shapes \(3,\) and \(2, 3\); they take", labels=[0, 1, 2]),
        scores=(ONES((2, 3)), Reals(bad=NOT_FINITE, shapes=((3,), (0, 3)))),
        labels=(np.array([0, 2]), Anything()),  # as above
        temperatures=(ONES(2), Reals(integers=True, bad=(*NOT_FINITE, 0.0, -1.0), shapes=((), (0,), (1, 1)))),
    ),
    "source.excerpt": row(
        source.excerpt,
        refusal(TypeError, "function: got 1; takes a function", function=1),
        refusal(ValueError, "first: got 'unheard of'; takes a part of a line", first="unheard of"),
        refusal(ValueError, "last: got 'unheard of'; takes a part of a line", last="unheard of"),
        refusal(ValueError, "last: got 'def '; takes .* not above that of first", first="return", last="def "),
        function=(source.excerpt, Anything()),  # as above
        first=("def ", Anything()),
        last=("return", Anything()),
    ),
    "side_by_side.networks.first_weights": row(
        side_by_side.first_weights,
        refusal(ValueError, r"sizes: got 1 number\(s\); takes two or more", sizes=[3]),
        refusal(ValueError, r"sizes\[1\]: got 0; takes a whole number", sizes=[3, 0]),
        sizes=([3, 2], Anything()),  # as above
        runs=(2, Whole(1)),
        seed=(0, Whole(0)),
    ),
    "side_by_side.training.orders": row(
        side_by_side.orders,
        refusal(ValueError, "batch, examples: got 9 and 8; takes", batch=9),
        examples=(8, Whole(1)),
        runs=(2, Whole(1)),
        steps=(3, Whole(1)),
        batch=(1, Whole(1)),
        seed=(0, Whole(0)),
    ),
    "side_by_side.networks.repeated": row(
        side_by_side.repeated, *STACKS, weights=(NETWORKS, Anything()), times=(2, Whole(1))
    ),
    "side_by_side.networks.select": row(
        side_by_side.select,
        *STACKS,
        refusal(ValueError, r"runs: got 2; takes whole numbers in \[0, 2\)", runs=[0, 2]),
        refusal(ValueError, r"runs: got the shape \(\); takes one or more", runs=1),
        refusal(TypeError, "runs: got an array of float64; takes whole numbers", runs=[]),
        weights=EXAMPLES["weights"],
        runs=([0, 1], Anything()),  # as above
    ),
    "side_by_side.networks.outputs": row(
        side_by_side.outputs,
        *STACKS,
        *MASKED,
        weights=EXAMPLES["weights"],
        x=EXAMPLES["x"],
        masks=(lambda k, shape: None, Anything()),  # what it refuses is in MASKED
    ),
    "side_by_side.networks.cross_entropy": row(side_by_side.cross_entropy, *STACKS, *SEEN, **EXAMPLES),
    "side_by_side.networks.accuracy": row(side_by_side.accuracy, *STACKS, *SEEN, **EXAMPLES),
    "side_by_side.training.train": row(
        side_by_side.train,
        *STACKS,
        *SEEN,
        refusal(ValueError, r"order: got the shape \(3, 1\); takes \(runs, steps", order=np.zeros((3, 1), int)),
        refusal(ValueError, r"order: got the shape \(1, 3, 1\); takes", order=np.zeros((1, 3, 1), int)),
        refusal(ValueError, r"order: got 4; takes whole numbers in \[0, 4\)", order=np.full((2, 3, 1), 4)),
        refusal(TypeError, "order: got an array of float64; takes", order=np.zeros((2, 3, 1))),
        refusal(ValueError, "rates: got a number below 0 or .*; takes", rates=np.full(3, -0.5)),
        refusal(ValueError, "rates: got a number below 0 or .*; takes", rates=np.full(3, np.nan)),
        refusal(TypeError, "look: got 1; takes a function", look=1),
        *MASKED,
        refusal(ValueError, r"x, y: got the shapes \(4, 3\) and \(4, 3\); they take", y=ONES((4, 3)), loss="squared"),
        refusal(TypeError, "y: got an array of int64; takes", y=np.ones((4, 4), int), loss="squared"),
        refusal(ValueError, "loss: got 'mse'; takes 'cross_entropy', 'squared'", loss="mse"),
        refusal(ValueError, "frozen: got 2; takes 0 to 1, the number of layers", frozen=2),
        refusal(ValueError, "proximal, l1: got True and zeros; takes an l1 above 0", proximal=True, l1=[0.0, 0.0]),
        refusal(
            ValueError, "proximal, rule: got True and 'momentum'; takes the rule 'sgd'", proximal=True, l1=0.5,
            rule="momentum",
        ),
        **EXAMPLES,
        order=(np.zeros((2, 3, 1), int), Anything()),  # as above
        rates=(np.full(3, 0.5), Reals(shapes=((), (2,), (2, 3)))),
        rule=("sgd", Name(tuple(RULES))),
        look=(len, Anything()),  # as above
        every=(1, Whole(1)),
        l1=(0.5, PER_RUN),
        l2=(np.zeros(2), PER_RUN),
        proximal=(False, Flag()),
        masks=(lambda k, shape: None, Anything()),  # what it refuses is in MASKED
        frozen=(0, Whole(0)),
        loss=("cross_entropy", Anything()),  # as above
    ),
    "linear_transfer.nearest_fit": row(
        linear_transfer.nearest_fit,
        *(refusal(ValueError, "start: got .*; takes finite", start=[bad, 1.0]) for bad in (np.nan, np.inf)),
        refusal(ValueError, r"y: got the shape \(4,\); takes \(3,\) to fit x", y=ONES(4)),
        x=(ONES((3, 2)), Reals(shapes=((), (2,), (0, 2)))),
        y=(ONES(3), Reals(shapes=((), (2,)))),
        start=(ONES(2), Reals(shapes=((), (3,)))),
    ),
    "linear_transfer.left": row(
        linear_transfer.left, distance=(1.0, Real(0, INF, "[)")), examples=(3, Whole(0)), features=(5, Whole(1))
    ),
    "linear_transfer.frozen_left": row(
        linear_transfer.frozen_left,
        refusal(ValueError, "examples: got 4; takes a whole number of at least 6", examples=4, kept=4),
        outside=(1.0, Real(0, INF, "[)")),
        examples=(9, Whole(4)),
        kept=(2, Whole(1)),
    ),
    "claims.claim": row(
        claims.claim,
        *(refusal(ValueError, f"name: got {name!r}; takes an identifier", name=name) for name in ("a b", "", 1, None)),
        *(
            refusal(TypeError, f"{argument}: got .*; takes one real number", **{argument: value})
            for argument in ("value", "low", "high")
            for value in ("1", 1j, None, ONES(2))
        ),
        *(
            refusal(ValueError, "low, high: got .*; takes two finite numbers", **{argument: value})
            for argument in ("low", "high")
            for value in NOT_FINITE
        ),
        refusal(ValueError, "low, high: got 2.0, 1.0; takes .* low <= high", low=2, high=1),
        *(
            refusal(ValueError, "statement: got .*; takes one line", statement=text)
            for text in ("", " ", "a\nb", 1, None)
        ),
        name=("a_name", Anything()), value=(0.5, Anything()), low=(0, Anything()), high=(1, Anything()),
        statement=("a number", Anything()),  # all are above
    ),
    "checks.find": row(checks.find, *EXERCISE, id=("optimizer-race/1", Anything())),
    "checks.check": row(
        checks.check,
        *EXERCISE,
        id=("optimizer-race/1", Anything()),
        answer=(None, Anything()),  # never refused: a wrong one gets a verdict
    ),
}  # fmt: skip

INPUTS = (ONES((4, 1)), Reals(bad=NOT_FINITE, shapes=((), (0, 1), (3,), (2, 2, 2))))
TOO_MANY = refusal(ValueError, "batch_size: got 5; takes at most 4", batch_size=5)
DESCENT = {
    "curvature.largest_curvature": row(
        curvature.largest_curvature,
        mismatch("start", "w", start=ONES(3)),
        mismatch("gradient", "w", gradient=lambda w: w[..., 0]),
        refusal(ValueError, "start: got a direction along which no slope changes", start=np.zeros((2, 3))),
        refusal(TypeError, "gradient: got an array of (object|<U1); takes", gradient=lambda w: np.full(w.shape, "a")),
        gradient=(np.array, Instance("function")),
        w=(X, Reals()),
        start=(X, Reals()),
        steps=(2, Whole(1)),
        h=(1e-4, Real(0, INF, "()", first=1e-6, last=1.0)),
    ),
    "minibatch.gradient_noise": row(
        minibatch.gradient_noise,
        TOO_MANY,
        gradients=(ONES((4, 1)), Reals(bad=NOT_FINITE, shapes=((), (0, 1)))),
        batch_size=(2, Whole(1)),
    ),
    "minibatch.largest_rate": row(
        minibatch.largest_rate,
        TOO_MANY,
        refusal(ValueError, "x: got 2 columns that are linearly dependent; takes", x=ONES((4, 2))),
        x=INPUTS,
        batch_size=(2, Whole(1)),
    ),
    "minibatch.noise_floor": row(
        minibatch.noise_floor,
        TOO_MANY,
        mismatch("residuals", "x", residuals=ONES(3)),
        x=INPUTS,
        residuals=(ONES(4), Reals(bad=NOT_FINITE)),
        batch_size=(2, Whole(1)),
        learning_rate=(0.5, POSITIVE),
    ),
}

TABLE = {
    **ARRAYS,
    **DESCENT,
    **SCHEDULES,
    **CALLED,
    **INITIALIZERS,
    **OPTIMIZERS,
    **UPDATES,
    **INITS,
    **WITH_WEIGHTS,
    **SEARCH,
    **OTHERS,
}

RESULT = "holds what a function gives; nobody makes one of other numbers"
PARTS_OF_ONE = "holds functions, as whoever writes one gives them; what they take is tested where they are called"
AXIS_OF = "an axis of a space, which is checked where the space is"
DRAWS = "draws what it is given; what Matplotlib cannot draw, it refuses"
READER = "refuses a reader's answer by a verdict, which test_checks.py asserts"
#: Public names without a row, and why.
WITHOUT = {
    "activations.selu_constants": "takes nothing",
    "backprop.Cache": RESULT,
    "callbacks.RangeTest": RESULT,
    "callbacks.Suggestion": RESULT,
    "checks.Exercise": PARTS_OF_ONE,
    "checks.Mistake": PARTS_OF_ONE,
    "checks.NotYet": "an exception",
    "checks.Refused": "an exception",
    "checks.Verdict": RESULT,
    "checks.a_function": READER,
    "checks.a_number": READER,
    "checks.an_array": READER,
    "checks.an_order": READER,
    "checks.judge": READER,
    "checks.lectures": "takes nothing",
    "checks.same": "takes any two observations",
    "checks.unanswered": "takes any answer",
    "claims.FalseClaim": "an exception",
    "curvature.Curvature": RESULT,
    "data.fashion.DataError": "an exception",
    "data.fashion.FashionMNIST": RESULT,
    "data.fashion.File": "holds the names and sums of four files",
    "data.progression.Diabetes": RESULT,
    "optimizers.parts.Part": PARTS_OF_ONE,
    "optimizers.parts.may_vanish": "a question that the normalizers share; they check its arguments",
    "optimizers.parts.root": "a formula that the normalizers share; they check its arguments",
    "optimizers.parts.zeros": "the state of a part; the rows of init say what it refuses",
    "optimizers.rules.Rule": PARTS_OF_ONE,
    "optimizers.responses.checked_frequencies": "a check of two modules; their rows have it",
    "optimizers.responses.filter_matrix": "what responses and loops share; their rows say what it refuses",
    "optimizers.responses.outputs": "what the responses share; they check its arguments",
    "optimizers.rules.Update": "a type",
    "optimizers.table.Row": RESULT,
    "side_by_side.training.Trained": RESULT,
    "search.Choice": AXIS_OF,
    "search.LogUniform": AXIS_OF,
    "search.Trial": RESULT,
    "search.Trials": RESULT,
    "search.Uniform": AXIS_OF,
    "search.Whole": AXIS_OF,
    "signals.Signals": RESULT,
    "signals.Summary": RESULT,
    "test_functions.TestFunction": PARTS_OF_ONE,
    "early_stopping.Judged": RESULT,
    "transfer.Stage": "checked by fine_tune, which takes plain triples too",
    "transfer.Tasks": RESULT,
    **{name: DRAWS for name in public() if name.startswith("plots.")},
}


def test_every_public_function_has_a_row_or_a_reason_to_have_none():
    rows = {name.partition(":")[0] for name in TABLE} | set(WITHOUT)
    assert public() - KERAS - rows == set(), "without a row"
    assert rows - public() == set(), "rows of what is not public"


def test_no_function_has_both_a_row_and_a_reason_to_have_none():
    assert not set(TABLE) & set(WITHOUT)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_of_every_argument_of_which_kind_it_is(name):
    assert list(TABLE[name].arguments) == list(inspect.signature(TABLE[name].function).parameters)


@pytest.mark.parametrize(("name", "argument"), pairs(TABLE))
def test_what_an_argument_cannot_be_is_refused(name, argument):
    assert "\n".join(TABLE[name].complaints(argument)) == ""


@pytest.mark.parametrize("name", [name for name, of in TABLE.items() if of.also])
def test_what_does_not_go_together_is_refused(name):
    assert "\n".join(TABLE[name].also_complaints()) == ""


@pytest.mark.parametrize(("name", "argument"), pairs(TABLE))
def test_the_ends_of_a_range_are_taken(name, argument):
    of = TABLE[name]
    valid, kind = of.arguments[argument]
    for value in kind.right(valid):
        of.call(**{argument: value})
