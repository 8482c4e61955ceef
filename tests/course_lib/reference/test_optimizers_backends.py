"""RuleOptimizer on Keras' other backends: its own tests, in a process a backend.

Not all of them: what is inherited from Keras is compared on TensorFlow, and here gradient accumulation alone, which
every backend does in a way of its own.
"""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_adapter_passes_its_tests_on_this_backend(backend, root):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here: make references")
    # not CI: what only TensorFlow has is skipped there on purpose
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | {"KERAS_BACKEND": backend}
    which = "training_with or share_no_slot or goes_on_with or mixed"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", which]
    command += ["tests/course_lib/test_optimizers_keras.py"]
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    passed = next(word for word in run.stdout.split("\n")[-2].split(", ") if "passed" in word)
    assert int(passed.split()[0]) >= 18
