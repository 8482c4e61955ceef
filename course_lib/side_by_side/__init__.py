"""Many trainings of a small network side by side: other seeds and other learning rates in one pass through NumPy.

    weights = first_weights([784, 32, 10], runs=5, seed=0)
    trained = train(weights, x, y, orders(len(x), 5, steps=400, batch=16, seed=0), rates)
    cross_entropy(trained.weights, x_valid, y_valid)            shape (5,)

The arrays of all trainings are stacked along their first axis, so that a step of all is a few products of stacks. For
networks as small as these that is several times faster than one training after the other: what takes time is not the
arithmetic but the calls. Dense layers with ReLU, softmax and cross-entropy at the end (or the squared error), float32,
as in Keras.

* `networks`: the first weights, stacks of other networks, and what networks give: outputs, losses, right answers.
* `training`: train, which steps along the gradient of the loss, with penalties, masks and frozen layers where wanted.
"""

from course_lib.side_by_side._stacks import Weights
from course_lib.side_by_side.networks import (
    accuracy,
    cross_entropy,
    first_weights,
    outputs,
    repeated,
    select,
)
from course_lib.side_by_side.training import Trained, orders, train

__all__ = [
    "Trained",
    "Weights",
    "accuracy",
    "cross_entropy",
    "first_weights",
    "orders",
    "outputs",
    "repeated",
    "select",
    "train",
]
