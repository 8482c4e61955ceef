"""What the NumPy rules may cost at most: ratios within one run, with room for a busy machine.

The exact figures are measured by hand: see benchmarks/.
"""

import statistics
import time

import numpy as np

from course_lib.optimizers import descend, in_place, rule
from course_lib.test_functions import TEST_FUNCTIONS

BEALE = TEST_FUNCTIONS["beale"].gradient


def seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def test_ten_thousand_starts_at_once_take_less_than_a_second():
    starts = np.random.default_rng(0).uniform(-4.5, 4.5, (10_000, 2))
    assert min(seconds(lambda: descend("adam", BEALE, starts, 100, 0.1)) for _ in range(3)) < 1  # measured: 0.03


def test_many_starts_at_once_are_far_cheaper_than_one_after_the_other():
    starts = np.random.default_rng(0).uniform(-4.5, 4.5, (2_000, 2))
    together = min(seconds(lambda: descend("adam", BEALE, starts, 50, 0.1)) for _ in range(5)) / 2_000
    alone = min(seconds(lambda: descend("adam", BEALE, starts[0], 50, 0.1)) for _ in range(20))
    assert alone / together > 30  # measured: 250


def test_a_step_of_adam_costs_little_more_than_the_textbook_s_three_lines():
    shape = (300, 800)
    g, w = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    adam = rule("adam")
    state = adam.init(w)
    m = v = np.zeros_like(w)

    def textbook(t=3, lr=0.001):
        m_, v_ = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m_ / (1 - 0.9**t), v_ / (1 - 0.999**t)
        return lr * m_hat / (np.sqrt(v_hat) + 1e-7)

    ratios = [seconds(lambda: adam.update(g, state, 3, 0.001)) / seconds(textbook) for _ in range(41)]
    assert statistics.median(ratios) < 1.25  # measured: 0.75


def test_in_place_a_long_vector_moves_in_a_fraction_of_the_time_of_the_pure_rule():
    g, w = np.random.default_rng(0).normal(size=(2, 4_000_000)).astype(np.float32)
    adam, step = rule("adam"), in_place("adam", w.copy())
    state = adam.init(w)
    ratios = [seconds(lambda: step(g, 0.001)) / seconds(lambda: w - adam.update(g, state, 3, 0.001)[0])
              for _ in range(11)]  # fmt: skip
    assert statistics.median(ratios) < 0.8  # measured: 0.35


def test_momentum_costs_no_more_than_the_textbook_s_two_lines():
    g, m = np.random.default_rng(0).normal(size=(2, 300, 800)).astype(np.float32)
    momentum = rule("momentum")
    state = momentum.init(g)
    ratios = [seconds(lambda: momentum.update(g, state, 3, 0.001)) / seconds(lambda: 0.9 * m + 0.001 * g)
              for _ in range(41)]  # fmt: skip
    assert statistics.median(ratios) < 1.25  # measured: 1.0; with a factor of 1 multiplied to the step 1.3


def test_the_checks_of_a_small_step_cost_no_more_than_its_arithmetic_tenfold():
    g = np.ones(2)
    sgd = rule("sgd")
    state = sgd.init(g)

    def many(step):
        return lambda: [step() for _ in range(200)]

    ratios = [seconds(many(lambda: sgd.update(g, state, 3, 0.1))) / seconds(many(lambda: 0.1 * g)) for _ in range(21)]
    assert statistics.median(ratios) < 15  # measured: 5
