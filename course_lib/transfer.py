"""Transfer: the layers of a network that learned one task, as the start of a network for another.

    x_a, y_a, x_b, y_b = split_tasks(x, y, classes_b=(5, 6))
    model = transplant(model_a, keras.layers.Dense(1, "sigmoid"))           # all but its last layer, and a new one
    fine_tune(model, x_b, y_b, [Stage(5, 4, 1e-3), Stage(0, 16, 1e-4)], loss="binary_crossentropy")

First the new layer learns alone, because its random weights would send large gradients into layers that are good
already. Then all learn, with a smaller learning rate.

Layers that two models share are trained by both: training the new model would spoil the old one. `transplant` copies.
`keras.models.clone_model` alone does not: it copies the layers, with new random weights. Keras is imported by the
functions that need it, when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib._arguments import a_callable, number, whole


class Tasks(NamedTuple):
    """Examples x and labels y of two tasks that share no class."""

    x_a: NDArray[Any]
    y_a: NDArray[Any]
    x_b: NDArray[Any]
    y_b: NDArray[Any]


class Stage(NamedTuple):
    """A part of fine-tuning: the first `frozen` layers stay as they are, the others learn for so many epochs."""

    frozen: int
    epochs: int
    learning_rate: float


def split_tasks(x: ArrayLike, y: ArrayLike, classes_b: Sequence[int]) -> Tasks:
    """The examples of some classes as task B, all others as task A, each with labels that count from 0.

        B: the label is the position of the class in classes_b
        A: the label is the class less the number of classes of B below it

    Labels do not depend on which classes occur in y, so that training and test parts get the same.

    Args:
        x: examples, of shape (n, …).
        y: their classes, whole numbers of at least 0, of shape (n,).
        classes_b: the classes of task B, each once.

    Returns:
        (x_a, y_a, x_b, y_b): copies in the dtypes of x and y, in the order in which they were.

    Raises:
        ValueError: x and y are of different lengths, y is not of shape (n,) or holds a number below 0, or classes_b
            is empty or names a class twice.
        TypeError: y or classes_b hold no whole numbers.

    >>> tasks = split_tasks([[0.0], [0.1], [0.2], [0.3]], [7, 5, 4, 6], classes_b=(5, 6))
    >>> tasks.y_a.tolist(), tasks.y_b.tolist(), tasks.x_b.tolist()
    ([5, 4], [0, 1], [[0.1], [0.3]])
    """
    x, y = np.asarray(x), np.asarray(y)
    if y.dtype.kind not in "iu":
        raise TypeError(f"y: got an array of {y.dtype}; takes whole numbers")
    if y.ndim != 1 or x.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x, y: got the shapes {x.shape} and {y.shape}; they take (n, …) and (n,)")
    if y.size and y.min() < 0:
        raise ValueError(f"y: got a class {y.min()}; takes classes of at least 0")
    if not isinstance(classes_b, Sequence | np.ndarray) or isinstance(classes_b, str):
        raise TypeError(f"classes_b: got a {type(classes_b).__name__}; takes a list of classes")
    chosen = [whole(f"classes_b[{k}]", c, 0) for k, c in enumerate(classes_b)]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"classes_b: got {chosen}; takes one class or more, each once")
    in_b = np.isin(y, chosen)
    y_a, y_b = y[~in_b], y[in_b]
    position = {c: k for k, c in enumerate(chosen)}
    new_a = y_a - np.searchsorted(np.sort(chosen), y_a)
    new_b = np.array([position[int(c)] for c in y_b], y.dtype)
    return Tasks(x[~in_b], new_a.astype(y.dtype), x[in_b], new_b)


def transplant(source: Any, *head: Any, drop: int = 1) -> Any:
    """A model with the layers of another but its last ones, which new layers take the place of.

    The layers are copies with the same weights: whatever is done to the new model, the source stays as it was. Which
    are frozen is copied too. The new model is not compiled.

    Args:
        source: a built `keras.Sequential`.
        head: the new layers, none of which belongs to the source.
        drop: how many of its last layers stay behind, 0 to all.

    Returns:
        A new `keras.Sequential`.

    Raises:
        TypeError: source is no `keras.Sequential`, one of the head no layer, or drop no whole number.
        ValueError: the source is not built, drop is out of its range, a layer of the head belongs to the source or has
            the name of a kept one (which happens with a source from a file: give the head names), or no layer is left.

    Source: J. Yosinski, J. Clune, Y. Bengio, H. Lipson, How transferable are features in deep neural networks?, 2014.
    """
    import keras

    layers = _layers("source", source)
    if not source.built or source.inputs is None:
        raise ValueError("source: got a model that is not built; takes one that knows the shape of its input")
    kept = len(layers) - whole("drop", drop, 0)
    if kept < 0:
        raise ValueError(f"drop: got {drop}; takes 0 to {len(layers)}, the number of layers")
    for k, layer in enumerate(head):
        if not isinstance(layer, keras.layers.Layer):
            raise TypeError(f"head[{k}]: got a {type(layer).__name__}; takes a Keras layer")
        if any(layer is other for other in layers):
            raise ValueError(f"head[{k}]: got the layer {layer.name!r} of the source; takes a new one")
        if any(layer.name == other.name for other in layers[:kept]):
            raise ValueError(f"head[{k}]: got the name {layer.name!r}, which a kept layer has; takes another")
    if kept + len(head) == 0:
        raise ValueError(f"drop, head: got {drop} and no layer; one layer or more has to be left")
    clone = keras.models.clone_model(source)
    for new, old in zip(clone.layers, layers, strict=True):
        new.set_weights(old.get_weights())
    start = keras.Input(source.input_shape[1:], dtype=source.inputs[0].dtype)
    return keras.Sequential([start, *clone.layers[:kept], *head])


def freeze(model: Any, count: int) -> None:
    """Freeze the first layers of a model: training leaves their weights as they are.

    A frozen layer of batch normalization is at inference: its statistics stay too. Compile the model afterwards: one
    that has been trained since it was compiled goes on as it was.

    Args:
        model: a `keras.Sequential`, changed in place.
        count: how many layers, 0 to all. What the others are, they stay.

    Raises:
        TypeError: model is no `keras.Sequential`, or count no whole number.
        ValueError: count is out of its range.
    """
    for layer in _first(model, count):
        layer.trainable = False


def thaw(model: Any, count: int | None = None) -> None:
    """Undo `freeze` for the first layers of a model. Compile the model afterwards.

    Args:
        model: a `keras.Sequential`, changed in place.
        count: how many layers, 0 to all; None for all.

    Raises: as `freeze`.
    """
    for layer in _first(model, len(_layers("model", model)) if count is None else count):
        layer.trainable = True


def fine_tune(
    model: Any,
    x: Any,
    y: Any,
    stages: Sequence[Stage],
    *,
    loss: Any,
    metrics: Sequence[Any] | None = None,
    optimizer: Callable[[float], Any] | None = None,
    **fit_arguments: Any,
) -> list[dict[str, list[float]]]:
    """Train a model stage by stage, each with other layers frozen and another learning rate.

    For each stage the first `frozen` layers are frozen and all others thawed, and the model is compiled anew, with a
    fresh optimizer: momentum of one stage does not carry into the next.

    Args:
        model: a `keras.Sequential`, trained in place; afterwards frozen as the last stage asked for.
        x, y: examples and targets.
        stages: of type Stage, or triples (frozen, epochs, learning_rate): 0 to all layers, 1 epoch or more, a
            learning rate in (0, inf).
        loss, metrics: as for `compile`. Metrics are given by name, so that every stage has its own.
        optimizer: makes one from a learning rate; None for `keras.optimizers.SGD`.
        fit_arguments: what `fit` takes besides, such as batch_size and validation_data; not epochs.

    Returns:
        The history of each stage: name -> one number an epoch.

    Raises:
        TypeError: model is no `keras.Sequential`, a stage is no triple of numbers, or optimizer no function.
        ValueError: there is no stage, or one has a number out of its range. Nothing is trained then.

    Source: as for `transplant`; J. Howard, S. Ruder, Universal language model fine-tuning for text classification,
    2018, section 3.3, on thawing step by step.
    """
    import keras

    layers = _layers("model", model)
    if not isinstance(stages, list | tuple):
        raise TypeError(f"stages: got a {type(stages).__name__}; takes a list of Stage(frozen, epochs, learning_rate)")
    if not stages:
        raise ValueError("stages: got none; takes one or more")
    if "epochs" in fit_arguments:
        raise TypeError("epochs: got one for all; each stage has its own")
    if optimizer is not None:
        a_callable("optimizer", optimizer)
    checked = [_stage(f"stages[{k}]", stage, len(layers)) for k, stage in enumerate(stages)]
    make = keras.optimizers.SGD if optimizer is None else optimizer
    histories = []
    for stage in checked:
        thaw(model)
        freeze(model, stage.frozen)
        model.compile(optimizer=make(stage.learning_rate), loss=loss, metrics=None if metrics is None else [*metrics])
        histories.append(dict(model.fit(x, y, epochs=stage.epochs, **fit_arguments).history))
    return histories


def _layers(name: str, model: Any) -> list[Any]:
    """The layers of a sequential model, without that of its input."""
    import keras

    if not isinstance(model, keras.Sequential):
        raise TypeError(f"{name}: got a {type(model).__name__}; takes a keras.Sequential")
    return list(model.layers)


def _first(model: Any, count: int) -> list[Any]:
    """The first layers of a sequential model."""
    layers = _layers("model", model)
    if whole("count", count, 0) > len(layers):
        raise ValueError(f"count: got {count}; takes 0 to {len(layers)}, the number of layers")
    return layers[:count]


def _stage(name: str, stage: Any, layers: int) -> Stage:
    """A stage whose numbers are in their ranges."""
    if not isinstance(stage, list | tuple) or len(stage) != 3:
        raise TypeError(f"{name}: got {stage!r}; takes Stage(frozen, epochs, learning_rate)")
    frozen = whole(f"{name}.frozen", stage[0], 0)
    if frozen > layers:
        raise ValueError(f"{name}.frozen: got {frozen}; takes 0 to {layers}, the number of layers")
    rate = number(f"{name}.learning_rate", stage[2], 0, np.inf, "()")
    return Stage(frozen, whole(f"{name}.epochs", stage[1], 1), rate)
