"""How long a step of an update rule takes: through Keras beside Keras' own, and in NumPy on a test function.

python benchmarks/optimizer_step.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

# before NumPy and TensorFlow are imported: one thread each, or the neighbors decide
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np  # noqa: E402

from course_lib.optimizers import RuleOptimizer, descend, rule  # noqa: E402
from course_lib.test_functions import TEST_FUNCTIONS  # noqa: E402

SHAPES = [(784, 300), (300,), (300, 100), (100,), (100, 10), (10,)]  # 266,610 parameters
RACE = {"sgd": 0.01, "nesterov": 0.001, "adam": 0.1, "adagrad": 0.1, "rmsprop": 0.05}
missed: list[str] = []


def report(what: str, value: float, bound: float, unit: str) -> None:
    verdict = "ok" if value <= bound else "MISSED"
    print(f"{what:<76} {value:8.3f} {unit:<2} (bound {bound:g}) {verdict}")
    if value > bound:
        missed.append(what)


def interleaved(candidates: dict[str, Callable[[], object]], blocks: int, steps: int) -> dict[str, list[float]]:
    """Seconds a step, by candidate and block. Every block runs all candidates, in a new order."""
    rng = np.random.default_rng(0)
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(blocks):
        for name in rng.permutation(list(candidates)):
            step = candidates[name]
            step()
            start = time.perf_counter()
            for _ in range(steps):
                step()
            seconds[name].append((time.perf_counter() - start) / steps)
    return seconds


def keras_step(optimizer: object, jit_compile: bool) -> Callable[[], object]:
    """A compiled step of the optimizer on a network's worth of weights."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(size=s).astype("float32")) for s in SHAPES]
    gradients = [tf.constant(rng.normal(size=s).astype("float32")) for s in SHAPES]
    optimizer.build(variables)  # type: ignore[attr-defined]

    @tf.function(jit_compile=jit_compile)
    def step() -> None:
        optimizer.apply(gradients, variables)  # type: ignore[attr-defined]

    step()
    return step


def against_keras() -> None:
    import keras

    for jit_compile, bound in ((False, 1.10), (True, 1.05)):
        candidates = {
            "ours": keras_step(RuleOptimizer("adam", 1e-3), jit_compile),
            "theirs": keras_step(keras.optimizers.Adam(1e-3), jit_compile),
        }
        seconds = interleaved(candidates, blocks=61, steps=30)
        ratios = [a / b for a, b in zip(seconds["ours"], seconds["theirs"], strict=True)]
        how = "with XLA" if jit_compile else "without XLA"
        times = " / ".join(f"{1e3 * statistics.median(s):.3f}" for s in seconds.values())
        report(f"Adam's step, ours / Keras', {how}: {times} ms", statistics.median(ratios), bound, "")


def against_the_textbook() -> None:
    rng = np.random.default_rng(0)
    weights, gradients = ([rng.normal(size=s).astype(np.float32) for s in SHAPES] for _ in range(2))
    adam = rule("adam")
    states = [adam.init(w) for w in weights]
    moments = [(0 * w, 0 * w) for w in weights]
    t = 3

    def ours() -> None:
        for w, g, state in zip(weights, gradients, states, strict=True):
            step, _ = adam.update(g, state, t, 0.001)
            w - step

    def textbook() -> None:
        for w, g, (m, v) in zip(weights, gradients, moments, strict=True):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            w - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)

    seconds = interleaved({"ours": ours, "theirs": textbook}, blocks=61, steps=5)
    ratios = [a / b for a, b in zip(seconds["ours"], seconds["theirs"], strict=True)]
    times = " / ".join(f"{1e3 * statistics.median(s):.3f}" for s in seconds.values())
    report(f"Adam's step in NumPy, ours / the textbook's three lines: {times} ms", statistics.median(ratios), 1.1, "")


def on_beale() -> None:
    gradient = TEST_FUNCTIONS["beale"].gradient
    starts = np.random.default_rng(0).uniform(-4.5, 4.5, (10_000, 2))

    def race(start: object) -> float:
        begin = time.perf_counter()
        for name, learning_rate in RACE.items():
            descend(name, gradient, start, 100, learning_rate)
        return time.perf_counter() - begin

    report("five rules by 100 steps on Beale's function", 1e3 * min(race([1.0, 1.0]) for _ in range(20)), 10, "ms")
    report("the same from 10,000 starts at once", min(race(starts) for _ in range(5)), 1, "s")


def of_import() -> None:
    def seconds(statement: str) -> float:
        code = f"import numpy, time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7))

    report("import course_lib.optimizers beyond NumPy", seconds("import course_lib.optimizers"), 0.15, "s")


if __name__ == "__main__":
    of_import()
    on_beale()
    against_the_textbook()
    against_keras()
    sys.exit(1 if missed else 0)
