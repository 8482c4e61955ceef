"""Any schedule of `course_lib.schedules` as one of Keras. It is a module of its own because it imports Keras."""

from __future__ import annotations

from typing import Any

import keras

from course_lib._arguments import one_of
from course_lib.schedules import SCHEDULES, _described


@keras.saving.register_keras_serializable("course_lib")
class KerasSchedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras is not typed
    """A Keras schedule that computes what the schedule of this name and these arguments does.

    Args:
        schedule: name of a schedule, one of SCHEDULES.
        arguments: its arguments by name; the schedule inside of `warmup` by name and arguments again.

    >>> KerasSchedule("cosine", {"initial_learning_rate": 0.1, "decay_steps": 100})
    KerasSchedule(cosine(initial_learning_rate=0.1, decay_steps=100.0, alpha=0.0))
    """

    def __init__(self, schedule: str, arguments: dict[str, Any]) -> None:
        self.schedule = _made(schedule, arguments)

    def __call__(self, step: Any) -> Any:
        # in float32, which holds steps up to 16,777,216 exactly, also where weights have less
        dtype = keras.backend.result_type(keras.backend.floatx(), "float32")
        return self.schedule(keras.ops.cast(step, dtype))

    def __repr__(self) -> str:
        return f"KerasSchedule({self.schedule})"

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same schedule from: names and numbers."""
        return _described(self.schedule)


def _made(schedule: str, arguments: dict[str, Any]) -> Any:
    """The schedule of this name, with the one inside of it."""
    make = SCHEDULES[one_of("schedule", schedule, SCHEDULES)]
    inner = {"schedule": _made(**arguments["schedule"])} if "schedule" in arguments else {}
    return make(**{**arguments, **inner})
