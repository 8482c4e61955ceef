"""`import course_lib.optimizers` is cheap: Keras is loaded by the first use of RuleOptimizer, and not before."""

import subprocess
import sys

import pytest


def output(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


WITHOUT_KERAS = "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\n"  # importing them fails


def test_the_numpy_part_works_where_there_is_no_keras():
    code = (
        WITHOUT_KERAS + "from course_lib.optimizers import descend; print(descend('adam', lambda w: w, [1.0], 9, 0.1))"
    )
    assert "0.1" in output(code)


def test_a_star_import_loads_no_keras():
    assert output(WITHOUT_KERAS + "from course_lib.optimizers import *; print(sorted(RULES)[0])") == "adadelta\n"


def test_the_adapter_asks_for_keras_when_it_is_used():
    code = "\ntry: from course_lib.optimizers import RuleOptimizer\nexcept ImportError as error: print(error)"
    assert "keras" in output(WITHOUT_KERAS + code)


def test_an_unknown_name_is_none_of_the_module():
    import course_lib.optimizers

    with pytest.raises(AttributeError, match="has no attribute 'RulesOptimizer'"):
        course_lib.optimizers.RulesOptimizer  # noqa: B018


def test_every_name_that_the_module_offers_is_there():
    import course_lib.optimizers

    for name in course_lib.optimizers.__all__:
        assert getattr(course_lib.optimizers, name) is not None


def test_importing_the_optimizers_takes_a_fraction_of_the_time_of_numpy():
    code = """
import time
start = time.perf_counter(); import numpy; numpy_ = time.perf_counter() - start
start = time.perf_counter(); import course_lib.optimizers, course_lib.test_functions; ours = time.perf_counter() - start
print(ours / numpy_, ours)
"""
    ratio, seconds = min(tuple(map(float, output(code).split())) for _ in range(3))
    assert ratio < 0.5  # measured: 0.03
    assert seconds < 0.15
