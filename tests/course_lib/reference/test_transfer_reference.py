"""Transplanted layers against PyTorch and against a plain clone of Keras, on each of Keras' other backends."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

#: Writes the weights of a source, what the transplanted layers predict, and what a clone made by hand predicts.
SCRIPT = """
import sys
import keras, numpy as np
from course_lib.transfer import transplant

keras.utils.set_random_seed(0)
source = keras.Sequential([
    keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(7, "selu"), keras.layers.Dense(4, "softmax")
])
x = np.random.default_rng(0).normal(size=(20, 6)).astype("float32")
before = source.predict(x, verbose=0)
new = transplant(source)
clone = keras.models.clone_model(source)
bare = clone.predict(x, verbose=0)
clone.set_weights(source.get_weights())
arrays = dict(
    x=x, before=before, bare=bare, new=new.predict(x, verbose=0),
    whole=transplant(source, drop=0).predict(x, verbose=0), clone=clone.predict(x, verbose=0),
    after=source.predict(x, verbose=0),
)
arrays |= {f"w{k}": w for k, w in enumerate(source.get_weights())}
arrays |= {f"n{k}": w for k, w in enumerate(new.get_weights())}
np.savez(sys.argv[1], backend=keras.backend.backend(), **arrays)
"""


@pytest.fixture(scope="module", params=["jax", "torch"])
def found(request, tmp_path_factory):
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed here: make references")
    path = tmp_path_factory.mktemp(request.param) / "found.npz"
    environment = os.environ | {"KERAS_BACKEND": request.param}
    subprocess.run([sys.executable, "-c", SCRIPT, str(path)], env=environment, check=True, capture_output=True)
    arrays = dict(np.load(path))
    assert arrays.pop("backend") == request.param
    return arrays


def test_weights_are_copied(found):
    for k in range(4):
        np.testing.assert_array_equal(found[f"n{k}"], found[f"w{k}"])
    assert "n4" not in found and "w5" in found


def test_the_kept_layers_predict_what_pytorch_does_with_their_weights(found):
    a = torch.tensor(found["x"], dtype=torch.float64)
    for k, activation in enumerate((torch.tanh, torch.nn.functional.selu)):
        a = activation(a @ torch.tensor(found[f"w{2 * k}"]).double() + torch.tensor(found[f"w{2 * k + 1}"]).double())
    np.testing.assert_allclose(found["new"], a.numpy(), rtol=1e-5, atol=1e-6)


def test_the_whole_predicts_what_a_clone_does_that_was_given_the_weights(found):
    np.testing.assert_array_equal(found["whole"], found["clone"])
    assert np.abs(found["bare"] - found["clone"]).max() > 0.01  # a clone alone has random weights


def test_the_source_predicts_what_it_did(found):
    np.testing.assert_array_equal(found["after"], found["before"])
