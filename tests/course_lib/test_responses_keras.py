"""arma on tensors of the Keras backend, as on NumPy arrays."""

import keras
import numpy as np

from course_lib.optimizers import arma, no_normalizer, parallel


def test_an_optimizer_with_a_filter_of_any_order_takes_the_same_steps_on_tensors():
    slow = parallel(arma([0.2, 0.3, 0.1], [1.0, -0.5, 0.1]), no_normalizer())
    g = np.random.default_rng(0).normal(size=(20, 2, 3)).astype(np.float32)
    ours, theirs = slow.init(g[0]), slow.init(keras.ops.convert_to_tensor(g[0]))
    for t in range(20):
        step, ours = slow.update(g[t], ours, t + 1, 0.1)
        tensor, theirs = slow.update(keras.ops.convert_to_tensor(g[t]), theirs, t + 1, 0.1)
        assert keras.ops.is_tensor(tensor)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(tensor), step, rtol=1e-5, atol=1e-7)
