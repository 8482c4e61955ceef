"""Early stopping against PyTorch, which has the same rule for a plateau, after which the rate drops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make references")

from course_lib.early_stopping import early_stop  # noqa: E402

losses = st.lists(st.integers(0, 12).map(lambda k: k / 8), min_size=1, max_size=30)


def of_torch(history, patience, min_delta):
    """(epoch of the best value, epoch after which the learning rate drops), waiting for as many bad epochs as ours."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, patience=patience - 1, threshold=min_delta, threshold_mode="abs"  # it drops past its patience
    )
    best = 0
    for epoch, loss in enumerate(history):
        before = plateau.best
        plateau.step(loss)
        best = epoch if plateau.best != before else best
        if optimizer.param_groups[0]["lr"] < 1:
            return best, epoch
    return best, None


# eighths and quarters, so that differences are exact: PyTorch takes best - min_delta, and ours loss + min_delta
@given(history=losses, patience=st.integers(1, 6), min_delta=st.sampled_from([0.0, 0.125, 0.25]))
@settings(deadline=None, max_examples=300)
def test_training_stops_where_pytorch_would_drop_the_learning_rate(history, patience, min_delta):
    assert early_stop(history, patience, min_delta) == of_torch(history, patience, min_delta)


def test_pytorch_improves_on_a_first_value_that_is_no_number_and_keras_does_not():
    history = [np.nan, 1.0, 2.0, 2.0]
    assert of_torch(history, 2, 0.0) == (1, 3)
    assert early_stop(history, 2) == (0, 2)
