"""Refusals of the functions that need Keras: a table of the same kinds as that of the NumPy side, test_refusals.py."""

import inspect
import math

import keras
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
    Rng,
    Whole,
    mismatch,
    pairs,
    refusal,
    row,
)

from course_lib import callbacks, initializers, schedules, signals, training, transfer
from course_lib.optimizers import RULES, RuleOptimizer

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

X, Y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
NONNEGATIVE, POSITIVE = Real(0, INF, "[)"), Real(0, INF, "()")


def model(*layers, compiled=True, **arguments):
    made = keras.Sequential([keras.Input((3,)), *(layers or (keras.layers.Dense(2), keras.layers.Dense(1)))])
    if compiled:
        made.compile(keras.optimizers.SGD(0.1), "mse", **arguments)
    return made


MODEL = model()
NOT_BUILT = keras.Sequential([keras.layers.Dense(1)])
SEQUENTIAL = Instance("keras.Sequential", ("unheard of", keras.Model(MODEL.inputs, MODEL.outputs)))
ANY_MODEL = Instance("Keras model", ("unheard of", keras.layers.Dense(1)))
TRIPLES = tuple(
    refusal(error, rf"^stages\[0\]{message}", stages=[stage])
    for stage, error, message in (
        ((0, 1), TypeError, r": got \(0, 1\); takes Stage"), ("abc", TypeError, ": got 'abc'; takes Stage"),
        (1, TypeError, ": got 1; takes Stage"), ((-1, 1, 0.1), ValueError, ".frozen: got -1; takes"),
        ((3, 1, 0.1), ValueError, ".frozen: got 3; takes 0 to 2"),
        ((True, 1, 0.1), TypeError, ".frozen: got True; takes"),
        ((0, 0, 0.1), ValueError, ".epochs: got 0; takes"), ((0, 1.0, 0.1), TypeError, ".epochs: got 1.0; takes"),
        *(((0, 1, rate), ValueError, rf".learning_rate: got {rate}; takes .*\(0, inf\)") for rate in
          (0.0, -0.5, math.inf, math.nan)),
        ((0, 1, "0.1"), TypeError, ".learning_rate: got '0.1'; takes"),
    )
)  # fmt: skip

TABLE = {
    "schedules.to_keras": row(
        schedules.to_keras,
        refusal(TypeError, "schedule: got .*; takes one of constant", schedule=schedules.warmup(len, 3)),
        schedule=(schedules.cosine(0.1, 10), Instance("constant, power", ("cosine", schedules.cosine, len))),
    ),
    "initializers.to_keras": row(
        initializers.to_keras,
        refusal(TypeError, "arguments: got none; orthogonal takes gain", arguments={}),
        refusal(TypeError, "arguments: got gain, mode; orthogonal takes gain", arguments={"gain": 1.0, "mode": "a"}),
        refusal(ValueError, r"gain: got 0; takes .*\(0, inf\)", arguments={"gain": 0}),
        initializer=(initializers.orthogonal, Instance("orthogonal", ("orthogonal", initializers.fans, len))),
        seed=(1, Whole(0)),
        arguments=({"gain": 1.0}, Anything()),  # of the initializer: the lines above
    ),
    "optimizers.keras_adapter.RuleOptimizer": row(
        RuleOptimizer,
        refusal(TypeError, "hyperparameters: got 1; takes a dictionary", hyperparameters=1),
        refusal(TypeError, r"hyperparameters: got \[\]; takes a dictionary", hyperparameters=[]),
        refusal(TypeError, "rho: adam takes no such hyperparameter; it takes", hyperparameters={"rho": 0.5}),
        refusal(ValueError, r"beta_1: got 1.0; takes .*\[0, 1\)", hyperparameters={"beta_1": 1.0}),
        rule=("adam", Name(tuple(RULES))),
        learning_rate=(0.5, NONNEGATIVE),
        hyperparameters=(None, Anything()),  # of the rule: the lines above
        keras_arguments=({}, Anything()),  # Keras checks them
    ),
    "signals.watch": row(
        signals.watch,
        refusal(ValueError, "model: got one that is not built; takes", model=NOT_BUILT),
        refusal(ValueError, "model: got one without a loss; takes", model=model(compiled=False)),
        model=(MODEL, ANY_MODEL),
        training=(True, Flag()),
    ),
    "training.batches": row(
        training.batches,
        mismatch("x", "y", y=Y[:3]),
        mismatch("x", "y", x=1.0),
        mismatch("x", "y", y=1.0),
        x=(X, Anything()),  # arrays of any kind: Keras checks it with the model
        y=(Y, Anything()),
        size=(2, Whole(1)),
        rng=(np.random.default_rng(0), Rng()),
    ),
    "transfer.transplant": row(
        transfer.transplant,
        refusal(ValueError, "source: got a model that is not built; takes", source=NOT_BUILT),
        refusal(ValueError, "drop: got 3; takes 0 to 2", drop=3),
        refusal(ValueError, r"\bdrop\b", r"\bhead\b", "got 2 and no layer; one layer or more", drop=2),
        refusal(TypeError, r"head\[0\]: got an? str; takes a Keras layer", head=["dense"]),
        refusal(ValueError, r"head\[0\]: got the layer .*; takes a new one", head=[MODEL.layers[-1]]),
        source=(MODEL, SEQUENTIAL),
        head=([], Anything()),  # any number of layers: the lines above
        drop=(1, Whole(0)),
    ),
    "transfer.freeze": row(
        transfer.freeze,
        refusal(ValueError, "count: got 3; takes 0 to 2", count=3),
        model=(MODEL, SEQUENTIAL),
        count=(1, Whole(0)),
    ),
    "transfer.thaw": row(
        transfer.thaw,
        refusal(ValueError, "count: got 3; takes 0 to 2", count=3),
        model=(MODEL, SEQUENTIAL),
        count=(1, Whole(0, optional=True)),
    ),
    "transfer.fine_tune": row(
        transfer.fine_tune,
        *TRIPLES,
        refusal(ValueError, "stages: got none; takes one or more", stages=[]),
        *(refusal(TypeError, "stages: got an? .*; takes a list", stages=stages) for stages in (None, 1, "ab", {})),
        refusal(TypeError, "epochs: got one for all; each stage", fit_arguments={"epochs": 3}),
        *(refusal(TypeError, "optimizer: got .*; takes a function", optimizer=made) for made in ("sgd", 0.1, [])),
        model=(MODEL, SEQUENTIAL),
        x=(X, Anything()),  # what `fit` takes, it checks; so with y, loss and metrics
        y=(Y, Anything()),
        stages=([(0, 1, 0.1)], Anything()),  # triples: the lines above
        loss=("mse", Anything()),
        metrics=(None, Anything()),
        optimizer=(None, Anything()),  # a function, or None: the line above
        fit_arguments=({"verbose": 0}, Anything()),
    ),
    "callbacks.PerBatchSchedule": row(
        callbacks.PerBatchSchedule, schedule=(schedules.cosine(0.1, 10), Instance("function of the step"))
    ),
    "callbacks.GradientNorms": row(
        callbacks.GradientNorms,
        x=(X, Anything()),  # what `watch` takes, when training begins
        y=(Y, Anything()),
        every=(1, Whole(1, optional=True)),
        stop_below=(0.5, Real(0, INF, "[)", optional=True)),
    ),
    "callbacks.BestModel": row(
        callbacks.BestModel,
        monitor=("val_loss", Instance("name in the logs", ())),
        mode=("min", Name(("min", "max"))),
        min_delta=(0.0, NONNEGATIVE),
    ),
    "callbacks.range_test": row(
        callbacks.range_test,
        refusal(ValueError, r"high: got 0.5; takes .*\(0.5, inf\)", low=0.5, high=0.5),
        refusal(ValueError, r"low, high: got 1e-300 and 1e\+300; they take a finite quotient", low=1e-300, high=1e300),
        refusal(TypeError, "epochs: got 3; the test", fit_arguments={"epochs": 3}),
        refusal(TypeError, r"callbacks: got \[\]; the test", fit_arguments={"callbacks": []}),
        refusal(ValueError, "model: got one that is not built; takes", model=NOT_BUILT),
        refusal(ValueError, "model: got one that is not compiled; takes", model=model(compiled=False)),
        model=(MODEL, ANY_MODEL),
        x=(X, Anything()),  # what `fit` takes, it checks
        y=(Y, Anything()),
        low=(1e-5, Real(0, INF, "()", first=1e-5, last=5.0)),
        high=(10.0, Real(1e-5, INF, "()", last=100.0)),
        steps=(2, Whole(2)),
        diverged=(4.0, Real(1, INF, "()")),
        fit_arguments=({}, Anything()),
    ),
    "callbacks.suggest": row(
        callbacks.suggest,
        *(
            refusal(TypeError, "seen: got an? .*; takes the pair", seen=seen)
            for seen in (None, 1, "ab", {}, np.ones((2, 3)), ([1.0],))
        ),
        *(
            refusal(ValueError, f"rates: got {bad:g}; takes positive numbers", seen=(rates, [3.0, 2.0, 1.0]))
            for bad, rates in ((0, [0.0, 1, 2]), (1, [1.0, 1, 2]), (INF, [1, 2, INF]), (np.nan, [1, np.nan, 2]))
        ),
        refusal(ValueError, "rates, losses: got the shapes", r"\(2,\) and \(3,\)", seen=([1.0, 2.0], [3.0, 2.0, 1.0])),
        refusal(TypeError, "losses: got an array of int64; takes", seen=([1.0, 2.0], [2, 1])),
        refusal(ValueError, "losses: got a loss that never fell; the test", seen=([1.0, 2.0], [1.0, 2.0]), width=1),
        refusal(ValueError, "width: got 2; takes an odd number", width=2),
        seen=(([0.5, 1.0, 2.0], [3.0, 2.0, 1.0]), Anything()),  # two rows: the lines above
        width=(1, Whole(1)),
    ),
}  # fmt: skip


def test_every_public_function_of_keras_has_a_row():
    assert set(TABLE) == KERAS


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
