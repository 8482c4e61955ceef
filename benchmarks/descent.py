"""`descend` on Beale's function: one start, and 10,000 of them at once or one by one. python benchmarks/descent.py"""

from __future__ import annotations

from blocks import in_turns, publish, quartiles, ratio, table

# isort: split
import sys

import numpy as np

from course_lib.optimizers import descend
from course_lib.test_functions import TEST_FUNCTIONS

RACE = {"sgd": 0.01, "nesterov": 0.001, "adam": 0.1, "adagrad": 0.1, "rmsprop": 0.05}
STEPS = 100
STARTS = 10_000
OF_THEM = 10
"""How many starts the loop takes; its time for all of them is so many times longer."""


def main() -> int:
    gradient = TEST_FUNCTIONS["beale"].gradient
    starts = np.random.default_rng(0).uniform(-4.5, 4.5, (STARTS, 2))

    def race(start: object) -> None:
        for name, learning_rate in RACE.items():
            descend(name, gradient, start, STEPS, learning_rate)

    def loop() -> None:
        for start in starts[:OF_THEM]:
            race(start)

    candidates = {"one": lambda: race(starts[0]), "together": lambda: race(starts), "loop": loop}
    seconds = in_turns(candidates, blocks=21, steps=3)
    one_by_one = [s * STARTS / OF_THEM for s in seconds["loop"]]
    rows = {
        "one start": [quartiles([1e3 * s for s in seconds["one"]], "ms", bound=10)],
        "10,000 starts at once": [quartiles([1e3 * s for s in seconds["together"]], "ms", bound=1000)],
        "10,000 starts one by one, over at once": [ratio(one_by_one, seconds["together"])],
    }
    text = f"""{len(RACE)} rules, {STEPS} steps each, on Beale's function: {", ".join(RACE)}. `descend` takes an array
    of starts and computes all their gradients at once; the loop takes one start after the other, its time is that of
    {OF_THEM} starts, times {STARTS // OF_THEM:,}."""
    return publish([table("Thousands of starts side by side", text, ["what", "median (quartiles)"], rows)])


if __name__ == "__main__":
    sys.exit(main())
